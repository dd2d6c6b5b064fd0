//! Native code: functions that are called often, as machine code.
//!
//! # How it works together with the interpreter
//! Machine code has the state of the running process in the same machine registers as the
//! interpreter's handlers, and jumps to them and they to it. So a function is compiled instruction by
//! instruction, and whatever is not compiled (or is a rare case of an instruction that is) is left to
//! the interpreter: the instruction pointer is set, and its handler goes on. Everything that outlasts
//! an instruction is as the interpreter has it: return addresses, catches, and where a process stopped
//! are addresses of code words, never of machine code. Stack traces, breakpoints, collections and
//! purging know nothing of it.
//!
//! Code words say where there is native code. Each function begins with an `Entry`, which counts
//! calls. Where compiled instructions follow what the interpreter does (a call that returns, an
//! instruction that is not compiled) there is a `Resume`, which does nothing. Once a function has been
//! compiled both become `Native`, which goes there. Native code itself looks at the opcode where it
//! goes next: so it meets breakpoints and whatever else the words say, as the interpreter does.
//!
//! # Returns
//! A processor foresees where its own returns lead, and other jumps to addresses in memory less well. So
//! native code that calls a function puts the address it returns to, of code words, on the machine's stack
//! and makes a call of the machine. Who returns compares, and makes a return of the machine if the process
//! returns there. Before native code is left what is still on the machine's stack is dropped; who returns
//! then finds 0 above it ([`interp`](crate::interp), `enter`) and goes by the words. So the machine's stack
//! has nothing that outlasts an instruction of the interpreter, and its entries are return addresses of
//! frames of the process that runs. They are no more than a slice has reductions.
//!
//! # Invariants
//! - Machine code is made of verified code alone and relies on what the interpreter's handlers rely
//!   on (see `interp`). A compiled instruction either does all that its handler would do, or leaves for
//!   the handler before it has changed anything.
//! - It uses the machine registers of the state and four more. What it puts on the machine's stack around
//!   a call of the machine's functions and while it looks for a key is off it again before it goes anywhere
//!   else.
//! - It has no unwinding information: what it calls (`interp::called`) lets no panic out.
//! - It lives as long as the code words it was made of.
//!
//! It exists on x86-64 in builds with optimisation, where instructions are functions (see
//! `interp::dispatch`); elsewhere all of it is left to the interpreter. Not here: the instructions'
//! meaning (`interp`), and the layout of their words (`code::ops`).

mod family;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
mod memory;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
mod words;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
mod x86;

#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
use crate::code::table::{CodeTable, LoadedModule};
use crate::vm::Vm;
pub use family::{comes_back, compiles, goes_on};

/// How often a function is called before it is compiled.
pub const CALLS: u32 = 50;

/// The calls that are left to what shall not be compiled.
const NEVER: u32 = u32::MAX;

/// The compiler of one machine.
pub struct Jit {
    calls: u32,
    /// Where native code goes; `None`: none is made. Whoever has the lock compiles.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    arena: Option<crate::sync::Mutex<crate::sync::Arc<memory::Arena>>>,
}

/// What has been compiled of a module. It is given up with this.
#[derive(Default)]
pub struct Compiled {
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    blocks: Vec<memory::Block>,
}

impl Compiled {
    /// How many bytes of native code there are.
    pub fn bytes(&self) -> usize {
        #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
        return self.blocks.iter().map(memory::Block::size).sum();
        #[cfg(not(all(target_arch = "x86_64", not(debug_assertions))))]
        return 0;
    }
}

impl Jit {
    /// Compiles functions that have been called that often; `None`: no function.
    pub fn new(calls: Option<u32>) -> Jit {
        Jit {
            calls: calls.unwrap_or(NEVER),
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            arena: calls.and_then(|_| Some(crate::sync::Mutex::new(memory::Arena::new()?.into()))),
        }
    }

    /// Whether native code is made at all.
    pub fn is_on(&self) -> bool {
        #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
        return self.arena.is_some();
        #[cfg(not(all(target_arch = "x86_64", not(debug_assertions))))]
        return false;
    }

    /// What an `Entry` counts from.
    pub fn calls_until_compiled(&self) -> u32 {
        self.calls
    }

    /// Compiles the function that is entered at `entry`. Gives the calls that are left until that
    /// shall be tried again.
    pub fn compile(&self, vm: &Vm, entry: *const u64) -> u32 {
        #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
        if let Some(arena) = &self.arena {
            // Nobody waits for somebody else who compiles.
            let Some(arena) = arena.try_lock() else { return CALLS };
            if let Some(module) = vm.code.module_at(entry) {
                Compiler { arena: &arena, modules: &vm.code, soon: self.calls / 2 }.compile(
                    &module,
                    entry,
                    &mut Vec::new(),
                );
            }
        }
        let _ = (vm, entry);
        NEVER
    }
}

/// How deep calls are followed for functions that are compiled first.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
const DEEPEST: usize = 8;

/// Compiles functions.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
struct Compiler<'a> {
    arena: &'a crate::sync::Arc<memory::Arena>,
    modules: &'a CodeTable,
    /// What has so few calls left is compiled before what calls it, which then goes to its native code
    /// directly. A loop has as many calls as what it calls.
    soon: u32,
}

#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
impl Compiler<'_> {
    /// Compiles the function that is entered there, if it is not yet compiled and there is room for it.
    /// `waiting` are those that are compiled after it.
    fn compile(
        &self,
        module: &LoadedModule,
        entry: *const u64,
        waiting: &mut Vec<*const u64>,
    ) -> Option<()> {
        let start =
            words::offset(&module.code, entry)?.checked_sub(LoadedModule::FUNC_INFO_WORDS)?;
        let function = module.functions.binary_search_by_key(&start, |f| f.start).ok()?;
        // Another one that waited for it may have had it compiled.
        words::calls_left(&module.code, entry)?;
        waiting.push(entry);
        for callee in words::calls(module, function) {
            if waiting.len() >= DEEPEST || waiting.contains(&callee) {
                continue;
            }
            let other = if module.has(callee) { None } else { self.modules.module_at(callee) };
            let module = other.as_deref().unwrap_or(module);
            if words::calls_left(&module.code, callee).is_some_and(|left| left <= self.soon) {
                self.compile(module, callee, waiting);
            }
        }
        waiting.pop();
        let made = x86::compile(self.arena, self.modules, module, function)?;
        let block = self.arena.place(made.code, &made.outward)?;
        let places: Vec<(u32, u64)> = made
            .entries
            .iter()
            .map(|(word, at)| (*word, block.address() + u64::from(*at)))
            .collect();
        module.native_code.lock().blocks.push(block);
        for (word, address) in places {
            words::set_native(&module.code, word, address);
        }
        Some(())
    }
}
