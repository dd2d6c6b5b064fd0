//! Breakpoints: which functions are traced, and the code that says so.
//!
//! # How code is changed while it runs
//! Code words never change but for one bit of an instruction's opcode, [`BREAK`](super::ops::BREAK),
//! and what belongs to native code ([`jit`](crate::jit)).
//! It does not take the instruction's place: operands and length stay, and who meets it does what
//! is to be traced and then the instruction itself. So it does not matter when a worker sees it,
//! and no worker has to be stopped: before, the function is not traced yet, afterwards it is.
//!
//! - The opcode is the low 16 bits of the first word. They are read (dispatch, `M::opcode`) and
//!   written ([`set_break`](super::words::set_break)) as an atomic of that size and in no other way;
//!   operands are read as the half-words and words beside it. So nothing is read and written at
//!   once but by atomics, and reading costs what it cost before.
//! - What is to be done is published first: the [`Breakpoint`] in its [`Slot`], then the bit with
//!   release order. Who sees the bit makes an acquire fence and finds the slot full, or empty again.
//!   An empty slot means nothing. The bit is taken away after the slot is emptied.
//! - A breakpoint is never changed but replaced whole (an `Arc`), so who has found one may use it
//!   to the end. Counters are shared by what replaces it.
//! - Whoever learns of the end of `trace_pattern` (from a message, or because it is the caller)
//!   sees the bit: what happens before is seen.
//!
//! # Where the bits are
//! - Local, meta, count and time traces: at the function's `Entry`. Only calls come there: branches
//!   to its first label go behind it.
//! - Natives: at the placeholder in their module, in the export's stub, and in each instruction of
//!   any module that calls them (`LoadedModule::native_calls`). There is one slot for all of these.
//! - Global traces of other functions are no bits: the export leads to code of its own
//!   ([`ExportTrace`]), so that local calls do not meet it.
//!
//! Changes of patterns and of loaded modules exclude each other (`Breakpoints::changing`).

use super::ops::Op;
use super::table::{CodeTable, FunctionInfo, LoadedModule};
use super::words::set_break;
use super::{Export, Lambda};
use crate::ets::OwnedSpec;
use crate::native::NativeDef;
use crate::sync::{
    Arc, AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Mutex, MutexGuard, Ordering, RwLock,
};
use crate::term::{Atom, Pid, Word};
use hashbrown::HashMap;

/// Module, function and arity.
pub type Mfa = (Atom, Atom, u8);

/// A match specification, if there is one: without it all calls match.
pub type Spec = Option<Arc<OwnedSpec>>;

/// What is traced of one function.
#[derive(Clone)]
pub struct Breakpoint {
    /// The function.
    pub mfa: Mfa,
    /// `local`
    pub local: Option<Spec>,
    /// `global`; of natives and exports.
    pub global: Option<Spec>,
    /// `meta`
    pub meta: Option<Meta>,
    /// `call_count`
    pub count: Option<Arc<Count>>,
    /// `call_time`
    pub time: Option<Arc<Times>>,
    /// `erts_debug:breakpoint/2`: calls go to the error handler.
    pub debug: bool,
}

/// A meta trace.
#[derive(Clone)]
pub struct Meta {
    /// What matches.
    pub spec: Spec,
    /// Who traces: a pid or port; 0 once it is found to be gone.
    pub tracer: Arc<AtomicU64>,
}

/// How often a function was called.
pub struct Count {
    /// That.
    pub calls: AtomicI64,
    /// Whether it goes on.
    pub active: AtomicBool,
}

/// How long a function took, by process.
pub struct Times {
    /// By which frames on stacks find it.
    pub id: u64,
    /// Calls and nanoseconds.
    pub by_process: Mutex<HashMap<Pid, (u64, u64)>>,
    /// Whether it goes on.
    pub active: AtomicBool,
}

impl Breakpoint {
    fn new(mfa: Mfa) -> Breakpoint {
        Breakpoint {
            mfa,
            local: None,
            global: None,
            meta: None,
            count: None,
            time: None,
            debug: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.local.is_none()
            && self.global.is_none()
            && self.meta.is_none()
            && self.count.is_none()
            && self.time.is_none()
            && !self.debug
    }
}

/// Where a function's breakpoint is, if it has one.
#[derive(Default)]
pub struct Slot(RwLock<Option<Arc<Breakpoint>>>);

impl Slot {
    /// The breakpoint.
    pub fn get(&self) -> Option<Arc<Breakpoint>> {
        self.0.read().clone()
    }
}

/// The code that an export leads to while it is traced.
pub struct ExportTrace {
    code: [AtomicU64; 2],
    /// Where calls went before, and go on to.
    target: AtomicPtr<u64>,
    slot: Slot,
}

impl ExportTrace {
    fn code_ptr(&self) -> *mut u64 {
        self.code.as_ptr().cast_mut().cast()
    }
}

/// Breakpoints of one machine that are no function's own, and settings for modules to come.
#[derive(Default)]
pub struct Breakpoints {
    changing: Mutex<()>,
    /// By address of the native.
    natives: RwLock<HashMap<usize, Arc<Breakpoint>>>,
    /// By address of the export; made once, for good.
    exports: RwLock<HashMap<usize, &'static ExportTrace>>,
    /// `on_load`
    on_load: RwLock<OnLoad>,
    times: RwLock<HashMap<u64, std::sync::Weak<Times>>>,
    next_times: AtomicU64,
}

/// What is to be done with a pattern.
#[derive(Clone)]
pub enum Change {
    /// `false`
    Off,
    /// `true`, or a match specification.
    On(Spec),
    /// `restart`
    Restart,
    /// `pause`
    Pause,
}

/// Which kinds of traces a pattern is about; none of them: `global`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the kinds by their own names")]
pub struct Kinds {
    pub local: bool,
    pub meta: bool,
    pub count: bool,
    pub time: bool,
}

impl Kinds {
    /// Whether it is about breakpoints in functions.
    pub fn any(self) -> bool {
        self != Kinds::default()
    }
}

/// The settings for modules that are loaded.
#[derive(Clone, Default)]
pub struct OnLoad {
    /// Whether there are any.
    pub on: bool,
    /// What is traced.
    pub kinds: Kinds,
    /// For local and global traces.
    pub spec: Spec,
    /// For meta traces.
    pub meta_spec: Spec,
    /// Who gets meta traces; 0: nobody.
    pub meta_tracer: u64,
}

/// A pattern of functions: what is `None` matches all.
#[derive(Clone, Copy)]
pub struct Functions {
    /// Module.
    pub module: Option<Atom>,
    /// Function.
    pub function: Option<Atom>,
    /// Arity.
    pub arity: Option<u8>,
}

impl Functions {
    fn has(self, function: Atom, arity: u8) -> bool {
        self.function.is_none_or(|f| f == function) && self.arity.is_none_or(|a| a == arity)
    }
}

impl Breakpoints {
    /// The settings for modules that are loaded.
    pub fn on_load(&self) -> OnLoad {
        self.on_load.read().clone()
    }

    /// Sets them.
    pub fn set_on_load(&self, settings: OnLoad) {
        *self.on_load.write() = settings;
    }

    /// The breakpoint of a native.
    pub fn of_native(&self, def: &NativeDef) -> Option<Arc<Breakpoint>> {
        self.natives.read().get(&(std::ptr::from_ref(def) as usize)).cloned()
    }

    /// Where a call of an export that is traced goes on, and its breakpoint if it still has one.
    pub fn of_export(&self, export: &Export) -> (*const u64, Option<Arc<Breakpoint>>) {
        let trace = self.exports.read().get(&(std::ptr::from_ref(export) as usize)).copied();
        let now = export.code.load(Ordering::Acquire).cast_const();
        match trace {
            None => (now, None),
            Some(t) => match t.slot.get() {
                Some(breakpoint) => (t.target.load(Ordering::Acquire), Some(breakpoint)),
                // Taken away, or about to be.
                None if now == t.code_ptr().cast_const() => {
                    (t.target.load(Ordering::Acquire), None)
                }
                None => (now, None),
            },
        }
    }

    /// The times of that number, if they are still kept.
    pub fn times(&self, id: u64) -> Option<Arc<Times>> {
        self.times.read().get(&id)?.upgrade()
    }

    pub(super) fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock()
    }

    fn new_times(&self) -> Arc<Times> {
        let id = self.next_times.fetch_add(1, Ordering::Relaxed) + 1;
        let times =
            Arc::new(Times { id, by_process: Mutex::default(), active: AtomicBool::new(true) });
        let mut all = self.times.write();
        all.retain(|_, t| t.strong_count() > 0);
        all.insert(id, Arc::downgrade(&times));
        times
    }

    fn export_trace(&self, export: &'static Export) -> &'static ExportTrace {
        self.exports.write().entry(std::ptr::from_ref(export) as usize).or_insert_with(|| {
            Box::leak(Box::new(ExportTrace {
                code: [
                    AtomicU64::new(Op::TracedExport.opcode()),
                    AtomicU64::new(std::ptr::from_ref(export) as u64),
                ],
                target: AtomicPtr::new(std::ptr::null_mut()),
                slot: Slot::default(),
            }))
        })
    }

    fn trace_export(&self, export: &'static Export, spec: &Spec) {
        let t = self.export_trace(export);
        let mfa = (export.module, export.function, export.arity);
        let global = Some(spec.clone());
        *t.slot.0.write() = Some(Arc::new(Breakpoint { global, ..Breakpoint::new(mfa) }));
        let now = export.code.load(Ordering::Acquire);
        if now != t.code_ptr() {
            t.target.store(now, Ordering::Release);
            export.code.store(t.code_ptr(), Ordering::Release);
        }
    }

    fn untrace_export(&self, export: &Export) {
        let key = std::ptr::from_ref(export) as usize;
        let Some(t) = self.exports.read().get(&key).copied() else { return };
        if t.slot.0.write().take().is_some() && export.code.load(Ordering::Acquire) == t.code_ptr()
        {
            export.code.store(t.target.load(Ordering::Acquire), Ordering::Release);
        }
    }

    /// An export is about to lead elsewhere: its trace is gone.
    pub(super) fn export_changes(&self, export: &Export) {
        self.untrace_export(export);
    }
}

/// What one `trace_pattern` does.
pub struct PatternChange {
    /// Switches it on, off, ...
    pub change: Change,
    /// What it is about.
    pub kinds: Kinds,
    /// Who gets meta traces: a pid or port.
    pub meta_tracer: Option<Word>,
}

impl CodeTable {
    /// `erlang:trace_pattern/3`: how many functions match.
    pub fn set_pattern(&self, functions: Functions, change: &PatternChange) -> usize {
        let _changing = self.breakpoints.changing();
        let names = match functions.module {
            Some(m) => vec![m],
            None => self.loaded(),
        };
        let modules = names.into_iter().filter_map(|name| self.module(name).current);
        modules.map(|module| self.set_module_pattern(&module, functions, change)).sum()
    }

    /// `erts_debug:breakpoint/2`: how many functions match.
    pub fn set_debug_breaks(&self, functions: Functions, on: bool) -> usize {
        let _changing = self.breakpoints.changing();
        let names = match functions.module {
            Some(m) => vec![m],
            None => self.loaded(),
        };
        let mut matched = 0;
        for module in names.into_iter().filter_map(|name| self.module(name).current) {
            for f in module.functions.iter().filter(|f| functions.has(f.function, f.arity)) {
                matched += 1;
                let mfa = (module.name, f.function, f.arity);
                let changed = |old: Option<&Breakpoint>| {
                    let new = old.cloned().unwrap_or_else(|| Breakpoint::new(mfa));
                    let new = Breakpoint { debug: on, ..new };
                    (!new.is_empty()).then(|| Arc::new(new))
                };
                match self.native(module.name, f.function, f.arity) {
                    Some(def) => self.set_native(&module, f, def, changed),
                    None => self.set_function(&module, f, changed),
                }
            }
        }
        matched
    }

    fn set_module_pattern(
        &self,
        module: &LoadedModule,
        functions: Functions,
        change: &PatternChange,
    ) -> usize {
        let global = !change.kinds.any();
        let mut exports = 0;
        for (export, _) in &module.exports {
            if !functions.has(export.function, export.arity) {
                continue;
            }
            exports += 1;
            match &change.change {
                // Natives have one place for all kinds.
                _ if export.native.is_some() => {}
                Change::On(spec) if global => self.breakpoints.trace_export(export, spec),
                Change::Off if !global => {}
                _ => self.breakpoints.untrace_export(export),
            }
        }
        let mut matched = 0;
        for f in &module.functions {
            if !functions.has(f.function, f.arity) {
                continue;
            }
            matched += 1;
            let mfa = (module.name, f.function, f.arity);
            match self.native(module.name, f.function, f.arity) {
                None => {
                    self.set_function(module, f, |old| self.changed(mfa, old, change, false));
                }
                Some(def) => {
                    let exported = module
                        .exports
                        .iter()
                        .any(|(e, _)| e.function == f.function && e.arity == f.arity);
                    if !global || exported {
                        self.set_native(module, f, def, |old| self.changed(mfa, old, change, true));
                    }
                }
            }
        }
        if global { exports } else { matched }
    }

    fn set_function(
        &self,
        module: &LoadedModule,
        f: &FunctionInfo,
        changed: impl FnOnce(Option<&Breakpoint>) -> Option<Arc<Breakpoint>>,
    ) {
        let old = f.traced.get();
        let new = changed(old.as_deref());
        let on = new.is_some();
        // Emptied before the bit is taken away, filled before it is set.
        *f.traced.0.write() = new;
        if on != old.is_some() {
            self.set_entry_break(module, f.start + LoadedModule::FUNC_INFO_WORDS, on);
        }
    }

    /// Sets the breakpoint at a function's entry, or takes it away, unless the instruction there is
    /// a call of a native that has one.
    fn set_entry_break(&self, module: &LoadedModule, entry: u32, on: bool) {
        let called = module.native_calls.binary_search(&entry).ok().map(|_| {
            let def = module.code.operand(entry + 1) as usize;
            self.breakpoints.natives.read().contains_key(&def)
        });
        module.code.set_break(entry, on || called == Some(true));
    }

    fn set_native(
        &self,
        module: &LoadedModule,
        f: &FunctionInfo,
        def: &'static NativeDef,
        changed: impl FnOnce(Option<&Breakpoint>) -> Option<Arc<Breakpoint>>,
    ) {
        let key = std::ptr::from_ref(def) as usize;
        let old = self.breakpoints.of_native(def);
        let new = changed(old.as_deref());
        let on = new.is_some();
        {
            let mut natives = self.breakpoints.natives.write();
            match new {
                Some(b) => natives.insert(key, b),
                None => natives.remove(&key),
            };
        }
        if on != old.is_some() {
            module.code.set_break(f.start + LoadedModule::FUNC_INFO_WORDS, on);
            self.export(module.name, f.function, f.arity).set_stub_break(on);
            for module in self.all_code() {
                set_native_calls(&module, on, |called| called == key);
            }
        }
    }

    /// What becomes of a breakpoint.
    fn changed(
        &self,
        mfa: Mfa,
        old: Option<&Breakpoint>,
        c: &PatternChange,
        native: bool,
    ) -> Option<Arc<Breakpoint>> {
        if old.is_none() && matches!(c.change, Change::Restart | Change::Pause) {
            return None;
        }
        let mut b = old.cloned().unwrap_or_else(|| Breakpoint::new(mfa));
        let kinds = c.kinds;
        match &c.change {
            Change::On(spec) if !kinds.any() => {
                // A global trace takes the place of all others.
                b = Breakpoint { debug: b.debug, ..Breakpoint::new(mfa) };
                if native {
                    b.global = Some(spec.clone());
                }
            }
            Change::Off => {
                if kinds.local {
                    b.local = None;
                }
                if kinds.meta {
                    b.meta = None;
                }
                if kinds.count {
                    b.count = None;
                }
                if kinds.time {
                    b.time = None;
                }
                if !kinds.any() {
                    b.global = None;
                }
            }
            change => {
                let spec = if let Change::On(spec) = change { spec.clone() } else { None };
                b.global = None;
                if kinds.local {
                    b.local = Some(spec.clone());
                }
                if kinds.meta {
                    let tracer = c.meta_tracer.map_or(0, |t| t.0);
                    b.meta = Some(Meta { spec, tracer: Arc::new(AtomicU64::new(tracer)) });
                }
                if kinds.count {
                    b.count = changed_count(b.count, change);
                }
                if kinds.time {
                    b.time = self.changed_times(b.time, change);
                }
            }
        }
        (!b.is_empty()).then(|| Arc::new(b))
    }

    fn changed_times(&self, old: Option<Arc<Times>>, change: &Change) -> Option<Arc<Times>> {
        let Some(old) = old else { return Some(self.breakpoints.new_times()) };
        old.active.store(!matches!(change, Change::Pause), Ordering::Relaxed);
        if !matches!(change, Change::Pause) {
            old.by_process.lock().clear();
        }
        Some(old)
    }

    /// A module has become current: what is to be traced of it, and what it calls that is traced.
    /// Under `changing`.
    pub(super) fn trace_loaded(&self, module: &LoadedModule) {
        let natives: Vec<usize> = self.breakpoints.natives.read().keys().copied().collect();
        if !natives.is_empty() {
            set_native_calls(module, true, |called| natives.contains(&called));
            for f in &module.functions {
                if let Some(def) = self.native(module.name, f.function, f.arity)
                    && natives.contains(&(std::ptr::from_ref(def) as usize))
                {
                    module.code.set_break(f.start + LoadedModule::FUNC_INFO_WORDS, true);
                }
            }
        }
        let settings = self.breakpoints.on_load();
        if !settings.on {
            return;
        }
        let all = Functions { module: None, function: None, arity: None };
        let change = |kinds, spec| PatternChange {
            change: Change::On(spec),
            kinds,
            meta_tracer: Some(Word(settings.meta_tracer)).filter(|t| t.0 != 0),
        };
        let kinds = settings.kinds;
        if kinds.meta {
            let only_meta = Kinds { meta: true, ..Kinds::default() };
            self.set_module_pattern(module, all, &change(only_meta, settings.meta_spec.clone()));
        }
        let rest = Kinds { meta: false, ..kinds };
        if rest.any() || !kinds.any() {
            self.set_module_pattern(module, all, &change(rest, settings.spec.clone()));
        }
    }

    /// A module is no longer current: nothing of its own is traced. Under `changing`.
    pub(super) fn untrace(&self, module: &LoadedModule) {
        for f in &module.functions {
            if f.traced.0.write().take().is_some() {
                self.set_entry_break(module, f.start + LoadedModule::FUNC_INFO_WORDS, false);
            }
        }
    }

    /// The breakpoint of a function of current code, wherever it is kept; `None`: there is no such
    /// function.
    pub fn breakpoint(&self, m: Atom, f: Atom, arity: u8) -> Option<Option<Arc<Breakpoint>>> {
        if let Some(e) = self.existing_export(m, f, arity)
            && let (_, Some(b)) = self.breakpoints.of_export(e)
        {
            return Some(Some(b));
        }
        let module = self.module(m).current?;
        let info = module.functions.iter().find(|i| i.function == f && i.arity == arity)?;
        Some(match self.native(m, f, arity) {
            Some(def) => self.breakpoints.of_native(def),
            None => info.traced.get(),
        })
    }
}

fn changed_count(old: Option<Arc<Count>>, change: &Change) -> Option<Arc<Count>> {
    let active = !matches!(change, Change::Pause);
    let Some(old) = old else {
        return Some(Arc::new(Count { calls: AtomicI64::new(0), active: AtomicBool::new(active) }));
    };
    old.active.store(active, Ordering::Relaxed);
    if !matches!(change, Change::Pause) {
        old.calls.store(0, Ordering::Relaxed);
    }
    Some(old)
}

/// Sets or takes away the breakpoints at calls of the natives that `which` names.
fn set_native_calls(module: &LoadedModule, on: bool, which: impl Fn(usize) -> bool) {
    for at in &module.native_calls {
        if which(module.code.operand(at + 1) as usize) {
            // It may be the first of a function that is traced.
            let start = at.saturating_sub(LoadedModule::FUNC_INFO_WORDS);
            let function = module.functions.binary_search_by_key(&start, |f| f.start);
            let traced = function.is_ok_and(|i| module.functions[i].traced.get().is_some());
            module.code.set_break(*at, on || traced);
        }
    }
}

impl Export {
    /// Sets or takes away the breakpoint of the stub that calls a native.
    fn set_stub_break(&self, on: bool) {
        set_break(self.stub_opcode(), on);
    }
}

impl Lambda {
    /// The function that its body is.
    pub fn mfa(&self) -> Mfa {
        (self.module, self.function, self.arity + self.num_free as u8)
    }
}
