//! What the machine knows of code: exports, lambdas, modules, and which function an address is in.

use super::breakpoints::{Breakpoints, Slot};
use super::purge::Purging;
use super::words::{Code, CodeMemory};
use super::{Export, Lambda};
use crate::heap::LiteralArea;
use crate::jit;
use crate::native::NativeDef;
use crate::sync::{Arc, Mutex, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::term::{Atom, AtomTable, Term, Word, atoms};
use hashbrown::HashMap;

/// A function of loaded code. The word before its first instruction is the address of this.
pub struct FunctionInfo {
    /// Module.
    pub module: Atom,
    /// Function.
    pub function: Atom,
    /// Arity.
    pub arity: u8,
    /// Offset of its first word (its `func_info`) in the module's code.
    pub start: u32,
    /// What is traced of its calls.
    pub traced: Slot,
}

/// A module as it was loaded.
pub struct LoadedModule {
    /// Name.
    pub name: Atom,
    /// Code words.
    pub code: Code,
    /// Its functions, by ascending `start`.
    pub functions: Box<[FunctionInfo]>,
    /// Exported functions and their entry points.
    pub exports: Vec<(&'static Export, *const u64)>,
    /// Its lambdas.
    pub lambdas: Vec<&'static Lambda>,
    /// Where each line begins: offset in `code`, file (index in `files`), line. Ascending.
    pub lines: Vec<(u32, u32, u32)>,
    /// The source files of `lines`, as stack traces have them: a literal `{file, Name}` each.
    pub files: Vec<Word>,
    /// MD5 of its essential chunks.
    pub md5: [u8; 16],
    /// The attributes, a literal.
    pub attributes: Word,
    /// The compile information, a literal.
    pub compile_info: Word,
    /// Its literals; none once it has been purged.
    pub literals: Mutex<LiteralArea>,
    /// Where its `on_load` function starts, if it has one.
    pub on_load: Option<*const u64>,
    /// Offsets of the instructions that call natives.
    pub native_calls: Box<[u32]>,
    /// Where instructions begin: a bit for each code word.
    pub starts: Box<[u64]>,
    /// What has been compiled of it.
    pub native_code: Mutex<jit::Compiled>,
}

// SAFETY: the addresses lead to code and exports, which are shared and never change (but for
// atomic fields and opcodes); the words are literals.
unsafe impl Send for LoadedModule {}
// SAFETY: as for Send.
unsafe impl Sync for LoadedModule {}

/// The two versions of a module.
#[derive(Default, Clone)]
pub struct Versions {
    /// Calls by name go here.
    pub current: Option<Arc<LoadedModule>>,
    /// What processes may still be running.
    pub old: Option<Arc<LoadedModule>>,
    /// Loaded, but its `on_load` function has not yet succeeded.
    pub pending: Option<Arc<LoadedModule>>,
    /// Its `on_load` function has failed, and it has not been purged yet.
    pub failed: Option<Arc<LoadedModule>>,
}

type Mfa = (Atom, Atom, u8);
type LambdaKey = (Atom, u32, [u8; 16]);

/// All code of one machine.
pub struct CodeTable {
    /// Where loaded code lies.
    pub(super) memory: CodeMemory,
    natives: HashMap<Mfa, &'static NativeDef>,
    native_stubs: RwLock<HashMap<usize, Box<[u64; 2]>>>,
    exports: RwLock<HashMap<Mfa, &'static Export>>,
    /// By module, number and MD5: what modules made, and stand-ins for what no module has made.
    lambdas: RwLock<HashMap<LambdaKey, Vec<&'static Lambda>>>,
    modules: RwLock<HashMap<Atom, Versions>>,
    /// Modules that were there before the first process, in the order of loading.
    preloaded: RwLock<Vec<Atom>>,
    /// By the address of the first code word, ascending.
    ranges: RwLock<AllRanges>,
    pub(super) purging: Purging,
    /// What is traced of functions.
    pub breakpoints: Breakpoints,
}

/// A line of a source file.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    file: Word,
    /// Its number.
    pub number: u32,
}

impl Line {
    /// `{file, Name}`
    pub fn file<'p>(self) -> Term<'p> {
        // SAFETY: a literal of a module that had its code where somebody is: it stays, or whoever
        // refers to it has a copy made in time.
        unsafe { Term::from_word(self.file) }
    }
}

/// Where in the source an address is.
#[derive(Clone, Copy, Debug)]
pub struct Location {
    /// Module.
    pub module: Atom,
    /// Function.
    pub function: Atom,
    /// Arity.
    pub arity: u8,
    /// The line, if the module says.
    pub line: Option<Line>,
}

impl CodeTable {
    /// No modules; the natives of `tables`.
    pub fn new(atoms: &AtomTable, tables: &[&'static [NativeDef]]) -> CodeTable {
        let mut natives = HashMap::new();
        for def in tables.iter().copied().flatten() {
            let atom = |s| atoms.intern(s).expect("the machine's own names fit the atom table");
            natives.insert((atom(def.module), atom(def.name), def.arity), def);
        }
        CodeTable {
            memory: CodeMemory::new(),
            natives,
            native_stubs: RwLock::default(),
            exports: RwLock::default(),
            lambdas: RwLock::default(),
            modules: RwLock::default(),
            preloaded: RwLock::default(),
            ranges: RwLock::default(),
            purging: Purging::default(),
            breakpoints: Breakpoints::default(),
        }
    }

    /// The native function of that name.
    pub fn native(&self, module: Atom, function: Atom, arity: u8) -> Option<&'static NativeDef> {
        self.natives.get(&(module, function, arity)).copied()
    }

    /// Code that calls a native which has no name of its own (the second half of one that yields)
    /// with the arguments in X registers.
    pub fn native_stub(&self, def: &'static NativeDef) -> *const u64 {
        let mut stubs = self.native_stubs.write();
        stubs
            .entry(std::ptr::from_ref(def) as usize)
            .or_insert_with(|| {
                Box::new([super::ops::Op::CallNativeStub.opcode(), std::ptr::from_ref(def) as u64])
            })
            .as_ptr()
    }

    /// The natives of a module: name and arity.
    pub fn natives_of(&self, module: Atom) -> Vec<(Atom, u8)> {
        self.natives.keys().filter(|k| k.0 == module).map(|k| (k.1, k.2)).collect()
    }

    /// The export of that name, made if it is new.
    pub fn export(&self, module: Atom, function: Atom, arity: u8) -> &'static Export {
        let key = (module, function, arity);
        if let Some(e) = self.exports.read().get(&key) {
            return e;
        }
        let mut map = self.exports.write();
        map.entry(key).or_insert_with(|| {
            Export::leak(module, function, arity, self.native(module, function, arity))
        })
    }

    /// The export of that name, if there is one.
    pub fn existing_export(
        &self,
        module: Atom,
        function: Atom,
        arity: u8,
    ) -> Option<&'static Export> {
        let found = self.exports.read().get(&(module, function, arity)).copied();
        found.or_else(|| {
            self.native(module, function, arity).map(|_| self.export(module, function, arity))
        })
    }

    /// The lambda of a module that is being loaded, made without code if it is new.
    pub fn lambda(&self, make: Lambda) -> &'static Lambda {
        self.lambda_like(make, |a, b| a.function == b.function && same_shape(a, b))
    }

    /// The lambda that a term from outside means. Until a module makes it (or if none makes one of
    /// that shape) it is a stand-in, whose function is `undefined`: what is said outside never
    /// decides what a module's own lambda is.
    pub fn external_lambda(&self, make: Lambda) -> &'static Lambda {
        self.lambda_like(make, same_shape)
    }

    /// The newest that is like `make`, else `make` itself.
    fn lambda_like(
        &self,
        make: Lambda,
        like: impl Fn(&Lambda, &Lambda) -> bool,
    ) -> &'static Lambda {
        let find = |all: &Vec<&'static Lambda>| all.iter().rev().copied().find(|l| like(l, &make));
        let key = lambda_key(&make);
        if let Some(l) = self.lambdas.read().get(&key).and_then(find) {
            return l;
        }
        let mut map = self.lambdas.write();
        let all = map.entry(key).or_default();
        if let Some(l) = find(all) {
            return l;
        }
        let made: &'static Lambda = Box::leak(Box::new(make));
        all.push(made);
        made
    }

    /// Leads a lambda, and what stands in for it, to its code.
    fn set_lambda_code(&self, lambda: &Lambda, code: *mut u64) {
        lambda.code.store(code, Ordering::Release);
        for l in self.lambdas.read().get(&lambda_key(lambda)).into_iter().flatten() {
            if l.function == atoms::UNDEFINED && same_shape(l, lambda) {
                l.code.store(code, Ordering::Release);
            }
        }
    }

    /// The versions of a module.
    pub fn module(&self, name: Atom) -> Versions {
        self.modules.read().get(&name).cloned().unwrap_or_default()
    }

    /// Whether there is current code of a module.
    pub fn is_loaded(&self, name: Atom) -> bool {
        self.modules.read().get(&name).is_some_and(|versions| versions.current.is_some())
    }

    /// The modules that were there before the first process, last loaded first.
    pub fn preloaded(&self) -> Vec<Atom> {
        self.preloaded.read().iter().rev().copied().collect()
    }

    pub(super) fn note_preloaded(&self, name: Atom) {
        self.preloaded.write().push(name);
    }

    /// The names of all modules with current code.
    pub fn loaded(&self) -> Vec<Atom> {
        self.modules.read().iter().filter(|(_, v)| v.current.is_some()).map(|(n, _)| *n).collect()
    }

    /// All modules with code, by name.
    pub(crate) fn versions(&self) -> Vec<(Atom, Versions)> {
        let modules = self.modules.read();
        let some = |v: &Versions| v.current.is_some() || v.old.is_some();
        let mut all: Vec<_> =
            modules.iter().filter(|(_, v)| some(v)).map(|(n, v)| (*n, v.clone())).collect();
        all.sort_by(|a, b| a.0.order(b.0));
        all
    }

    /// All lambdas that modules have made, by module and number.
    pub(crate) fn all_lambdas(&self) -> Vec<&'static Lambda> {
        let lambdas = self.lambdas.read();
        let mut all: Vec<&'static Lambda> = lambdas
            .values()
            .flatten()
            .copied()
            .filter(|l| l.function != atoms::UNDEFINED)
            .collect();
        all.sort_by(|a, b| a.module.order(b.module).then(a.index.cmp(&b.index)));
        all
    }

    /// Makes `module` the current version: its exports and lambdas lead to it, what was current
    /// becomes old. Fails if there is an old version already (`not_purged`).
    pub(super) fn install(&self, module: Arc<LoadedModule>) -> Result<(), super::load::NotPurged> {
        let _changing = self.breakpoints.changing();
        let mut modules = self.modules.write();
        let versions = modules.entry(module.name).or_default();
        if versions.old.is_some() && versions.current.is_some() {
            return Err(super::load::NotPurged);
        }
        self.note_range(&module);
        self.publish(&module, versions.current.as_ref());
        if let Some(current) = versions.current.take() {
            self.untrace(&current);
            versions.old = Some(current);
        }
        self.trace_loaded(&module);
        versions.current = Some(module);
        Ok(())
    }

    /// Keeps `module` aside until its `on_load` function has been run.
    pub(super) fn install_pending(&self, module: Arc<LoadedModule>) {
        self.note_range(&module);
        // Its own funs and fully qualified calls to itself are not served yet, as documented; its
        // lambdas are, since `on_load` may make some.
        for (lambda, code) in lambda_entries(&module) {
            self.set_lambda_code(lambda, code);
        }
        let _changing = self.breakpoints.changing();
        let mut modules = self.modules.write();
        let versions = modules.entry(module.name).or_default();
        // Whatever is loaded ends the traces of what is current, as in stock.
        if let Some(current) = &versions.current {
            for (export, _) in &current.exports {
                self.breakpoints.export_changes(export);
            }
            self.untrace(current);
        }
        versions.pending = Some(module);
    }

    /// Ends `on_load`: with `true` the pending version becomes current, else it waits to be purged.
    /// False if there was none.
    pub fn finish_pending(&self, name: Atom, keep: bool) -> bool {
        let module = {
            let mut modules = self.modules.write();
            let Some(versions) = modules.get_mut(&name) else { return false };
            let Some(module) = versions.pending.take() else { return false };
            if !keep {
                versions.failed = Some(module);
                return true;
            }
            module
        };
        self.install(module).is_ok()
    }

    pub(super) fn modules_mut(&self) -> RwLockWriteGuard<'_, HashMap<Atom, Versions>> {
        self.modules.write()
    }

    /// All lambdas of a module, and what stands in for them.
    pub(super) fn lambdas_of(&self, name: Atom) -> Vec<&'static Lambda> {
        let lambdas = self.lambdas.read();
        lambdas.iter().filter(|(key, _)| key.0 == name).flat_map(|(_, all)| all).copied().collect()
    }

    /// Finds the module of its addresses no longer.
    pub(super) fn forget_range(&self, module: &LoadedModule) {
        let start = module.code.as_ptr() as usize;
        let mut ranges = self.ranges.write();
        ranges.generation += 1;
        ranges.all.retain(|range| range.0 != start);
    }

    fn note_range(&self, module: &Arc<LoadedModule>) {
        let start = module.code.as_ptr() as usize;
        let mut ranges = self.ranges.write();
        // Noted before, where its `on_load` function has run.
        if let Err(at) = ranges.all.binary_search_by_key(&start, |range| range.0) {
            ranges.all.insert(at, (start, module.clone()));
        }
    }

    fn publish(&self, module: &LoadedModule, before: Option<&Arc<LoadedModule>>) {
        for (lambda, code) in lambda_entries(module) {
            self.set_lambda_code(lambda, code);
        }
        for (export, code) in &module.exports {
            if export.native.is_none() {
                self.breakpoints.export_changes(export);
                export.code.store(code.cast_mut(), Ordering::Release);
            }
        }
        for (export, _) in before.iter().flat_map(|m| &m.exports) {
            if export.native.is_none()
                && !module.exports.iter().any(|(e, _)| std::ptr::eq(*e, *export))
            {
                self.breakpoints.export_changes(export);
                export.unload();
            }
        }
    }

    /// `delete_module`: the current version, if there still is one, becomes old. `None`: there has
    /// never been a module of that name; `Some(false)`: there is an old one already.
    pub fn delete(&self, name: Atom) -> Option<bool> {
        let _changing = self.breakpoints.changing();
        let mut modules = self.modules.write();
        let versions = modules.get_mut(&name)?;
        if versions.old.is_some() {
            return Some(false);
        }
        let Some(current) = versions.current.take() else { return Some(true) };
        for (export, _) in &current.exports {
            if export.native.is_none() {
                self.breakpoints.export_changes(export);
                export.unload();
            }
        }
        self.untrace(&current);
        versions.old = Some(current);
        Some(true)
    }

    /// All code that there is.
    pub(super) fn all_code(&self) -> Vec<Arc<LoadedModule>> {
        self.ranges.read().all.iter().map(|(_, module)| module.clone()).collect()
    }

    /// The module whose code `address` is in.
    pub fn module_at(&self, address: *const u64) -> Option<Arc<LoadedModule>> {
        self.ranges().module_at(address).cloned()
    }

    /// Where all code is, for several addresses.
    pub(crate) fn ranges(&self) -> Ranges<'_> {
        Ranges(self.ranges.read())
    }
}

#[derive(Default)]
struct AllRanges {
    /// By where they begin.
    all: Vec<(usize, Arc<LoadedModule>)>,
    /// How often code has gone, so that there may be other code at its addresses.
    generation: u64,
}

/// Where all code is, as it is for now.
pub(crate) struct Ranges<'a>(RwLockReadGuard<'a, AllRanges>);

impl Ranges<'_> {
    /// As long as it is the same, what was found at an address is there still.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation
    }

    /// The module whose code `address` is in.
    pub(crate) fn module_at(&self, address: *const u64) -> Option<&Arc<LoadedModule>> {
        let after = self.0.all.partition_point(|(start, _)| *start <= address as usize);
        let (_, module) = self.0.all.get(after.checked_sub(1)?)?;
        module.has(address).then_some(module)
    }
}

impl LoadedModule {
    /// Whether `address` is in its code.
    pub(crate) fn has(&self, address: *const u64) -> bool {
        (address as usize).wrapping_sub(self.code.as_ptr() as usize) < self.code.len() * 8
    }
}

fn lambda_key(l: &Lambda) -> LambdaKey {
    (l.module, l.index, l.uniq)
}

fn same_shape(a: &Lambda, b: &Lambda) -> bool {
    (a.arity, a.num_free) == (b.arity, b.num_free)
}

/// The lambdas of a module with the entry points of their bodies.
fn lambda_entries(module: &LoadedModule) -> impl Iterator<Item = (&'static Lambda, *mut u64)> + '_ {
    module.lambdas.iter().filter_map(|l| {
        let entry = module.entry(l.function, l.arity as usize + l.num_free as usize)?;
        Some((*l, entry.cast_mut()))
    })
}

impl LoadedModule {
    /// Words of `func_info` before a function's entry.
    pub const FUNC_INFO_WORDS: u32 = 2;
    /// Words of the `Entry` that code of modules has there.
    pub const ENTRY_WORDS: u32 = 2;

    /// Entry point of a function, exported or not.
    pub fn entry(&self, function: Atom, arity: usize) -> Option<*const u64> {
        let f =
            self.functions.iter().find(|f| f.function == function && f.arity as usize == arity)?;
        Some(self.code.at(f.start + Self::FUNC_INFO_WORDS))
    }

    /// The attributes as a term.
    pub fn attributes<'p>(&self, _: &crate::term::Area<'p>) -> Term<'p> {
        // SAFETY: a literal, which lives as long as the machine.
        unsafe { Term::from_word(self.attributes) }
    }

    /// The compile information as a term.
    pub fn compile_info<'p>(&self, _: &crate::term::Area<'p>) -> Term<'p> {
        // SAFETY: as `attributes`.
        unsafe { Term::from_word(self.compile_info) }
    }

    /// Where the function begins that `address`, in this module's code, is in.
    pub(crate) fn function_start(&self, address: *const u64) -> Option<*const u64> {
        let offset = ((address as usize - self.code.as_ptr() as usize) / 8) as u32;
        let i = self.functions.partition_point(|f| f.start <= offset).checked_sub(1)?;
        Some(self.code.at(self.functions[i].start))
    }

    /// Where `address`, which is in this module's code, is in the source.
    pub fn locate(&self, address: *const u64) -> Option<Location> {
        let offset = ((address as usize - self.code.as_ptr() as usize) / 8) as u32;
        let i = self.functions.partition_point(|f| f.start <= offset).checked_sub(1)?;
        let f = &self.functions[i];
        let line = self
            .lines
            .partition_point(|l| l.0 <= offset)
            .checked_sub(1)
            .map(|i| self.lines[i])
            .filter(|l| l.0 >= f.start && l.2 != 0)
            .map(|(_, file, number)| Line { file: self.files[file as usize], number });
        Some(Location { module: f.module, function: f.function, arity: f.arity, line })
    }
}
