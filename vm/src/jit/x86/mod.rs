//! Making machine code of one function, for x86-64: which instruction is where, how one goes on to the
//! next, how the interpreter is left for.
//!
//! What is made of the instructions themselves is in a file for each family, as their handlers are.

#![expect(clippy::useless_conversion, reason = "what the assembler's macros make")]

mod arith;
mod asm;
mod binaries;
mod building;
mod calls;
mod comparisons;
mod data;
mod floats;
mod frames;
mod guards;
mod held;
mod layout;
mod maps;
mod messages;
mod natives;
mod select;
mod type_tests;

use super::family::{Family, family};
use super::memory::{Arena, Outward};
use super::words;
use crate::code::ops::Op;
use crate::code::table::{CodeTable, LoadedModule};
use crate::interp::STACK_BELOW_FRAME;
use crate::sched::Worker;
use asm::{IP, Mem, SP, X};
use calls::Way;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use hashbrown::HashMap;
use held::{FirstLoad, Held};
use layout::Assembler;
use std::ops::Range;

/// Longer functions are left to the interpreter: compiling must not hold up a worker for long.
const MOST_WORDS: u32 = 10_000;

/// Of how many calls a processor surely knows where they return to.
const MOST_RETURNS: i32 = 16;

/// Machine code.
pub(super) struct Made {
    pub(super) code: Vec<u8>,
    /// Where it is entered: offsets of code words, and of the machine code.
    pub(super) entries: Vec<(u32, u32)>,
    pub(super) outward: Vec<Outward>,
}

/// What is done at the end of the function's code, for cases that are rare.
#[derive(Clone, Copy)]
enum Rare {
    /// The interpreter goes on at an instruction. It is given back the reduction that has been
    /// counted, or nothing.
    Leave { at: u32, reduction: bool },
    /// Two words that are not both small integers may be floats.
    Floats { at: u32, then: floats::Then },
    /// What is no small integer may be a large one.
    LargeInteger { at: u32 },
    /// Arithmetic on terms that an operator does nothing with itself.
    Compute { at: u32 },
    /// Two words that do not tell themselves whether they are equal, or their order.
    Compare { at: u32 },
    /// Arguments with which a function or native that is made in place of its call is called after all.
    Call { at: u32 },
    /// A fun that is called, in `rax`, is not one that a module has made.
    ExportFun { at: u32 },
    /// A key is not at the place in a flat map where it was last.
    SearchMap { at: u32 },
    /// A map in which a key is looked for is not flat.
    SearchTrie { at: u32 },
    /// What an instruction relies on that registers have is loaded first.
    Load { at: u32 },
    /// What has been called has left the state with the worker, for that handler to go on with.
    Answered { handler: u64 },
    /// What is called by name has other native code than before.
    Exported { at: u32 },
    /// What returns was not called from native code, or that has been left since.
    Return,
    /// There is a breakpoint at the entry of a function.
    Traced { entry: u64 },
}

/// A function in the making.
struct Function<'a> {
    /// Where it will lie.
    arena: &'a Arena,
    modules: &'a CodeTable,
    ops: Assembler,
    module: &'a LoadedModule,
    /// Offsets of its first word and of the first behind it.
    words: Range<u32>,
    /// Offset of its entry.
    entry: u32,
    /// By word: where the instruction's machine code begins.
    labels: Vec<DynamicLabel>,
    /// By word: what registers have on all branches there that have been made; `None`: there are none.
    joined: Vec<Option<Held>>,
    /// By word: what registers have that the instruction relies on, and where that is loaded first.
    relied_on: HashMap<u32, (Held, Option<DynamicLabel>)>,
    /// The last instruction that is in place.
    made: u32,
    /// What registers have at `held_at`, an offset of the machine code.
    held: Held,
    held_at: usize,
    /// Whether what has been made goes on behind its end.
    falls_through: bool,
    /// The word that the function loads first of all, if it does so, and where it has been.
    first_load: FirstLoad,
    /// Goes on at the opcode in `eax` of the instruction at `rdi`.
    dispatch: DynamicLabel,
    /// Goes on at the handler in `rax`, for the instruction at `rdi`.
    out: DynamicLabel,
    rare: Vec<(DynamicLabel, Rare)>,
    outward: Vec<Outward>,
    entries: Vec<(u32, u32)>,
    /// How many of them there have to be in the end.
    entered: usize,
    /// The instruction in the making, and its opcode.
    at: u32,
    opcode: u16,
}

/// Compiles a function. `None`: it is too long.
pub(super) fn compile(
    arena: &Arena,
    modules: &CodeTable,
    module: &LoadedModule,
    function: usize,
) -> Option<Made> {
    let Range { start, end } = words::of_function(module, function);
    if end - start > MOST_WORDS {
        return None;
    }
    let mut ops = Assembler::new();
    let labels = (start..end).map(|_| ops.new_dynamic_label()).collect();
    let (dispatch, out) = (ops.new_dynamic_label(), ops.new_dynamic_label());
    let mut f = Function {
        arena,
        modules,
        ops,
        module,
        words: start..end,
        entry: start + LoadedModule::FUNC_INFO_WORDS,
        labels,
        joined: vec![None; (end - start) as usize],
        relied_on: HashMap::new(),
        made: start,
        held: Held::default(),
        held_at: 0,
        falls_through: true,
        first_load: FirstLoad::Later,
        dispatch,
        out,
        rare: Vec::new(),
        outward: Vec::new(),
        entries: Vec::new(),
        entered: 0,
        at: start,
        opcode: 0,
    };
    for at in words::instructions(module, start..end) {
        f.instruction(at);
    }
    Some(f.finish())
}

impl Function<'_> {
    fn instruction(&mut self, at: u32) {
        self.begin(at);
        let op = Op::of(self.opcode);
        if op == Op::Entry {
            // Its own calls come here.
            self.joined[(at - self.words.start) as usize] = Some(Held::default());
        }
        self.bind_instruction(at);
        if op == Op::Entry {
            self.first_load = FirstLoad::Next(self.ops.offset().0);
        }
        if is_entered(op) {
            self.entered += 1;
            if self.relied_on.contains_key(&at) {
                // Where what it relies on is loaded.
                self.label(at);
            } else {
                self.enter_here(at);
            }
            return;
        }
        if !self.compiled(op) {
            self.interpret(self.address(at));
        }
    }

    /// The interpreter comes to the instruction at `at` by the machine code that follows.
    fn enter_here(&mut self, at: u32) {
        self.entries.push((at, self.ops.offset().0 as u32));
    }

    /// What follows is machine code for the instruction at `at`.
    fn begin(&mut self, at: u32) {
        self.at = at;
        self.opcode = words::opcode(&self.module.code, at);
    }

    /// False: the instruction is left to the interpreter, and nothing has been made.
    fn compiled(&mut self, op: Op) -> bool {
        match family(op) {
            Some(Family::Data) => self.data(op),
            Some(Family::Calls) => self.call(op),
            Some(Family::Tests) => self.test(op),
            Some(Family::Comparisons) => self.comparison(op),
            Some(Family::Selection) => self.selection(op),
            Some(Family::Arithmetic) => self.arithmetic(op),
            Some(Family::Floats) => self.float(op),
            Some(Family::Maps) => self.map(op),
            Some(Family::Binaries) => self.binary(op),
            Some(Family::Building) => self.build(),
            Some(Family::Guards) => self.guard(),
            Some(Family::Natives) => self.native(op),
            Some(Family::Messages) => self.message(op),
            None => false,
        }
    }

    /// The interpreter goes on at the instruction with that address.
    fn interpret(&mut self, address: u64) {
        self.load_const(IP, address);
        let dispatch = self.dispatch;
        dynasm!(self.ops ; .arch x64
            ; movzx eax, WORD [rdi]
            ; jmp =>dispatch);
        self.does_not_fall_through();
    }

    fn finish(mut self) -> Made {
        self.made = self.words.end;
        let mut done = 0;
        while done < self.rare.len() {
            let (label, rare) = self.rare[done];
            self.bind(label);
            match rare {
                Rare::Leave { at, reduction } => {
                    if reduction {
                        dynasm!(self.ops ; .arch x64 ; inc r9);
                    }
                    self.interpret(self.address(at));
                }
                Rare::Floats { at, then } => {
                    self.begin(at);
                    self.floats(then);
                }
                Rare::LargeInteger { at } => {
                    self.begin(at);
                    self.large_integer();
                }
                Rare::Compute { at } => {
                    self.begin(at);
                    self.compute();
                }
                Rare::Compare { at } => {
                    self.begin(at);
                    self.compare();
                }
                Rare::Call { at } => {
                    self.begin(at);
                    self.call_after_all();
                }
                Rare::ExportFun { at } => {
                    self.begin(at);
                    self.export_fun();
                }
                Rare::SearchMap { at } => {
                    self.begin(at);
                    self.search_map();
                }
                Rare::SearchTrie { at } => {
                    self.begin(at);
                    self.search_trie();
                }
                Rare::Load { at } => self.load_relied_on(at),
                Rare::Answered { handler } => self.answered(handler),
                Rare::Exported { at } => {
                    self.begin(at);
                    self.exported();
                }
                Rare::Return => self.go(Way::Jump),
                Rare::Traced { entry } => self.interpret(entry),
            }
            done += 1;
        }
        assert_eq!(self.entries.len(), self.entered, "each is entered at one place");
        self.go_out();
        let (code, layout) = self.ops.finish();
        let place = |at: &mut u32| *at = layout.place(*at as usize) as u32;
        self.entries.iter_mut().for_each(|(_, at)| place(at));
        self.outward.iter_mut().for_each(|outward| place(&mut outward.at));
        Made { code, entries: self.entries, outward: self.outward }
    }

    /// Where native code is left for a handler, once what the machine's stack still has of calls is off it.
    fn go_out(&mut self) {
        let (dispatch, out) = (self.dispatch, self.out);
        let (more, all) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let handlers = std::mem::offset_of!(Worker, handlers) as i32;
        self.bind(dispatch);
        dynasm!(self.ops ; .arch x64 ; mov rax, [DWORD rsi + rax * 8 + handlers]);
        self.bind(out);
        // A processor knows where the next returns lead as long as each call is returned from, so that is
        // done here too: they come back to `out`, of their functions, as they find nothing equal. It knows
        // so of few calls alone.
        dynasm!(self.ops ; .arch x64
            ; lea r11, [BYTE rbp - STACK_BELOW_FRAME]
            ; sub r11, rsp
            ; jnz =>more
            ; jmp rax
            ; =>more
            ; cmp r11, MOST_RETURNS * 16
            ; ja =>all
            // Nor is that equal.
            ; test rsp, rsp
            ; ret
            ; =>all
            ; lea rsp, [BYTE rbp - STACK_BELOW_FRAME]
            ; jmp rax);
    }

    /// Where the instruction in the making is left for the interpreter.
    fn leave(&mut self) -> DynamicLabel {
        self.rare(Rare::Leave { at: self.at, reduction: false })
    }

    /// The same after a reduction has been counted.
    fn leave_counted(&mut self) -> DynamicLabel {
        self.rare(Rare::Leave { at: self.at, reduction: true })
    }

    fn rare(&mut self, rare: Rare) -> DynamicLabel {
        // What does not depend on the instruction is made once, as is what one instruction has ask for
        // more than once.
        let same = |(_, made): &&(_, Rare)| match (made, rare) {
            (Rare::Answered { handler }, Rare::Answered { handler: now }) => *handler == now,
            (Rare::Return, Rare::Return) => true,
            (Rare::Traced { entry }, Rare::Traced { entry: now }) => *entry == now,
            (Rare::Floats { at, .. }, Rare::Floats { at: now, .. })
            | (Rare::LargeInteger { at }, Rare::LargeInteger { at: now })
            | (Rare::Compute { at }, Rare::Compute { at: now }) => *at == now,
            _ => false,
        };
        if let Some((label, _)) = self.rare.iter().find(same) {
            return *label;
        }
        // All ways out of one instruction are one.
        if let (
            Some((label, Rare::Leave { at, reduction: had })),
            Rare::Leave { at: now, reduction },
        ) = (self.rare.last(), &rare)
            && at == now
            && had == reduction
        {
            return *label;
        }
        let label = self.ops.new_dynamic_label();
        self.rare.push((label, rare));
        label
    }

    /// Goes on behind this instruction of `words` words.
    fn go_on(&mut self, words: i32) {
        let next = self.label(self.by(words));
        dynasm!(self.ops ; .arch x64 ; jmp =>next);
        self.does_not_fall_through();
    }

    /// The address of a code word.
    fn address(&self, offset: u32) -> u64 {
        self.module.code.at(offset) as u64
    }

    /// The instruction that is `rel` words further. The verifier lets branches lead nowhere else than to
    /// the same function's instructions.
    fn by(&self, rel: i32) -> u32 {
        self.at.wrapping_add_signed(rel)
    }

    /// The instruction that the `rel` in the first word tells.
    fn by_rel(&self) -> u32 {
        self.by(i32::from(self.half(2)) | i32::from(self.half(3)) << 16)
    }

    /// The one that the `rel` in the low half of further word 1 tells.
    fn by_rel_w1(&self) -> u32 {
        self.by(self.word(1) as i32)
    }

    /// Its machine code.
    fn rel(&mut self) -> DynamicLabel {
        self.label(self.by_rel())
    }

    /// The same.
    fn rel_w1(&mut self) -> DynamicLabel {
        self.label(self.by_rel_w1())
    }

    /// The `i`th half-word of the instruction, from 1.
    fn half(&self, i: usize) -> u16 {
        words::half(&self.module.code, self.at, i)
    }

    /// Its `i`th further word, from 1.
    fn word(&self, i: u32) -> u64 {
        self.module.code.operand(self.at + i)
    }

    /// The register operand in the `i`th half-word, of an instruction that comes in variants.
    fn reg(&self, i: usize) -> Mem {
        register(self.half(i), self.opcode >> (i - 1) & 1 != 0)
    }

    /// Operand `d`.
    fn reg_d(&self) -> Mem {
        register(self.word(1) as u16, self.opcode >> 3 & 1 != 0)
    }
}

/// Whether the interpreter goes on in native code at such an instruction.
fn is_entered(op: Op) -> bool {
    matches!(op, Op::Entry | Op::Resume)
}

/// The place of a register.
fn register(index: u16, is_y: bool) -> Mem {
    Mem { base: if is_y { SP } else { X }, disp: i32::from(index) * 8 }
}
