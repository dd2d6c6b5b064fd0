//! How native functions are declared, called, and how they answer.
//!
//! A native is a function `fn name<'p>(cx: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p>`
//! listed in a table made by [`natives!`](crate::natives). Its terms are branded with `'p`: they
//! cannot be kept beyond the call or mixed with another process's. It never collects: what it
//! builds goes to the free room of the heap, then to fragments. It never re-enters the
//! interpreter: to call Erlang code it answers with a trap.

mod answer;
mod arg;
mod aside;
mod census;
mod distribution;
mod file;
mod kept;
mod port;
mod process;
mod signals;
mod stack_item;
mod table;
mod timer;
mod tracing;

pub use answer::Answer;
pub use arg::{BadArg, FromTerm, arg};
pub use aside::{Aside, Wanted};
pub(crate) use kept::Kept;
pub use process::{FlagError, SuspendError};
pub use stack_item::StackItem;
pub use table::{Callee, NativeDef, NativeFn, NativeKind};

use crate::process::Process;
use crate::sched::Worker;
use crate::term::BYTES_A_PART;
use crate::term::{Area, Atom, Pid, Term, View, atoms};
use crate::vm::Vm;
use std::ops::{Deref, DerefMut};

/// A native function's view of the machine and of the process that calls it.
///
/// Terms are built through it too: it derefs to the [`Area`] of the calling process.
pub struct Native<'p> {
    area: Area<'p>,
    vm: &'p Vm,
    /// The calling process and its worker; null in tests of natives that need neither.
    process: *mut Process,
    worker: *mut Worker,
    reductions: usize,
    /// Whether it may take as long as it takes.
    patient: bool,
}

/// More reductions than this are for a dirty worker: about a millisecond.
const LONG: usize = 4000;
/// Parts of a term that count as one reduction where a native walks all of them.
const PARTS_A_REDUCTION: usize = 8;

/// What a native function answers.
pub type Outcome<'p> = Result<Term<'p>, Raise<'p>>;

/// What a native answers other than a term.
pub enum Raise<'p> {
    /// An exception. In a box, so that an [`Answer`] holds it.
    Exception(Box<Exception<'p>>),
    /// Go on with another function in place of this one.
    Trap(Box<Trap<'p>>),
    /// There is more to do than an ordinary worker should: begin anew on a dirty one. See
    /// [`Native::work`].
    Dirty,
}

/// An exception on its way from a native.
pub struct Exception<'p> {
    /// `error`, `exit` or `throw`.
    pub class: Class,
    /// The reason.
    pub reason: Term<'p>,
    /// What its stack trace begins with.
    pub stack: Stack<'p>,
}

/// What the stack trace of an exception begins with.
pub enum Stack<'p> {
    /// The native's own call with its arguments, as failing functions of the machine have it, and
    /// the `cause` for error_info, if there is one.
    Call(Option<Term<'p>>),
    /// The function that called the native (`error/1`, `throw/1`, `exit/1`).
    Caller,
    /// The function that called the native, with these arguments in place of its arity and this
    /// error_info (`error/2,3`).
    CallerWith(Option<Term<'p>>, Option<Term<'p>>),
    /// Nothing but this: a stack trace the program gives (`raise/3`).
    Given(Term<'p>),
}

/// The class of an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the classes by their own names")]
pub enum Class {
    Error,
    Exit,
    Throw,
}

impl Class {
    /// The class as an atom.
    pub fn atom(self) -> Atom {
        match self {
            Class::Error => atoms::ERROR,
            Class::Exit => atoms::EXIT,
            Class::Throw => atoms::THROW,
        }
    }

    /// The class of that name.
    pub fn from_atom(a: Atom) -> Option<Class> {
        [Class::Error, Class::Exit, Class::Throw].into_iter().find(|c| c.atom() == a)
    }
}

/// A call that takes the place of the native's own.
pub struct Trap<'p> {
    /// What to call.
    pub target: TrapTarget<'p>,
    /// With what.
    pub args: Vec<Term<'p>>,
}

/// What a trap calls.
pub enum TrapTarget<'p> {
    /// `Module:Function/length(args)`
    Function(Atom, Atom),
    /// A function value.
    Fun(Term<'p>),
    /// Code at its entry point (`on_load`).
    Entry(*const u64),
    /// Giving up the stack and all memory that can be given up, and sleeping until there is a
    /// message; then `apply/3` of the three arguments (`hibernate/3`).
    Hibernate,
    /// A native that is in no table: the second half of one that yields, with what it has so far
    /// as arguments. The process may be swapped out and collected in between.
    Native(&'static NativeDef),
}

impl<'p> Raise<'p> {
    /// `Class:Reason` with a stack trace that begins with `stack`.
    pub fn exception(class: Class, reason: Term<'p>, stack: Stack<'p>) -> Raise<'p> {
        Raise::Exception(Box::new(Exception { class, reason, stack }))
    }

    /// `error:Reason`
    pub fn error(reason: Term<'p>) -> Raise<'p> {
        Raise::with_class(Class::Error, reason)
    }

    /// `error:Reason` of an atom.
    pub fn error_atom(reason: Atom) -> Raise<'p> {
        Raise::error(Term::atom(reason))
    }

    /// `Class:Reason`
    pub fn with_class(class: Class, reason: Term<'p>) -> Raise<'p> {
        Raise::exception(class, reason, Stack::Call(None))
    }

    /// `error:Reason` with a `cause` for error_info (how `erl_erts_errors` and its like tell
    /// what was wrong where the arguments alone do not).
    pub fn error_with_cause(reason: Atom, cause: Term<'p>) -> Raise<'p> {
        Raise::exception(Class::Error, Term::atom(reason), Stack::Call(Some(cause)))
    }

    /// `Class:Reason` whose stack trace begins with the native's caller.
    pub fn from_caller(class: Class, reason: Term<'p>) -> Raise<'p> {
        Raise::exception(class, reason, Stack::Caller)
    }

    /// `error:badarg`
    #[cold]
    pub fn badarg() -> Raise<'p> {
        Raise::error_atom(atoms::BADARG)
    }

    /// `error:badarith`
    #[cold]
    pub fn badarith() -> Raise<'p> {
        Raise::error_atom(atoms::BADARITH)
    }

    /// `error:system_limit`
    #[cold]
    pub fn system_limit() -> Raise<'p> {
        Raise::error_atom(atoms::SYSTEM_LIMIT)
    }

    /// `error:notsup`: for what the machine deliberately lacks.
    pub fn notsup() -> Raise<'p> {
        Raise::error_atom(atoms::NOTSUP)
    }

    /// Go on with the `on_load` function of a module, if it has one.
    pub fn on_load(module: &crate::code::LoadedModule) -> Option<Raise<'p>> {
        let target = TrapTarget::Entry(module.on_load?);
        Some(Raise::Trap(Box::new(Trap { target, args: Vec::new() })))
    }

    /// Go on with `module:function(args...)`.
    pub fn trap(module: Atom, function: Atom, args: Vec<Term<'p>>) -> Raise<'p> {
        Raise::Trap(Box::new(Trap { target: TrapTarget::Function(module, function), args }))
    }

    /// Go on with `def`, which may be in no table.
    pub fn trap_native(def: &'static NativeDef, args: Vec<Term<'p>>) -> Raise<'p> {
        Raise::Trap(Box::new(Trap { target: TrapTarget::Native(def), args }))
    }
}

impl From<BadArg> for Raise<'_> {
    fn from(BadArg: BadArg) -> Self {
        Raise::badarg()
    }
}

impl<'p> Native<'p> {
    /// A native's view over `area`, which is the room of `process` on `worker`.
    ///
    /// # Safety
    /// Both are null, or the worker is the caller's and owns the process, during `'p`.
    #[inline(always)]
    pub(crate) unsafe fn new(
        area: Area<'p>,
        vm: &'p Vm,
        process: *mut Process,
        worker: *mut Worker,
    ) -> Native<'p> {
        // SAFETY: the caller's promise.
        let patient = worker.is_null() || unsafe { (*worker).dirty };
        Native { area, vm, process, worker, reductions: 0, patient }
    }

    /// Ends the call: what it built, and the reductions it counted.
    #[inline(always)]
    pub(crate) fn finish(&mut self) -> (crate::term::build::Closed, usize) {
        (self.area.close(), self.reductions)
    }

    /// Where in it is the top of what it has built in the heap.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) const TOP: usize = std::mem::offset_of!(Native<'static>, area) + Area::TOP;

    /// The reductions counted, if the call has left nothing else behind: nothing
    /// beside the heap, and nothing that is not of words alone.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    #[inline(always)]
    pub(crate) fn plain_end(&self) -> Option<usize> {
        self.area.plain_end().map(|_| self.reductions)
    }

    /// The worker that runs the calling process.
    pub(crate) fn worker(&mut self) -> &mut Worker {
        assert!(!self.worker.is_null(), "this native needs a worker");
        // SAFETY: the worker is the caller's during the call, and this borrows `self` whole.
        unsafe { &mut *self.worker }
    }

    /// The calling process's pid.
    pub fn self_pid(&self) -> Pid {
        assert!(!self.process.is_null(), "this native needs a process");
        // SAFETY: the process is alive during the call; `pid` never changes.
        unsafe { (*self.process).pid }
    }

    /// The machine.
    #[inline]
    pub fn vm(&self) -> &'p Vm {
        self.vm
    }

    /// Counts `n` reductions of work done.
    #[inline]
    pub fn bump_reductions(&mut self, n: usize) {
        self.reductions += n;
    }

    /// How many reductions are left of the caller's slice.
    pub fn reductions_left(&mut self) -> usize {
        let left = self.worker().spilled.reds() - self.reductions as i64;
        left.max(0) as usize
    }

    /// Counts `n` reductions of work that is about to be done. If that makes more than an ordinary
    /// worker should do at a time, the native is to give up, which `?` does: it begins anew on a
    /// dirty worker, where this never fails. So it must not have had any effect before.
    #[inline]
    pub fn work(&mut self, n: usize) -> Result<(), Raise<'p>> {
        self.reductions += n;
        if self.reductions > LONG && !self.patient {
            // What was announced has not been done.
            self.reductions = self.reductions.min(LONG);
            return Err(Raise::Dirty);
        }
        Ok(())
    }

    /// Announces as [`work`](Self::work) does that all parts of a term will be walked. Looks at no
    /// more of them than make up its mind.
    #[inline]
    pub fn work_on(&mut self, t: Term<'p>) -> Result<(), Raise<'p>> {
        if t.is_immediate() || self.patient {
            return Ok(());
        }
        if let Some(bits) = t.as_bits() {
            return self.work((1 + bits.bits / 8 / BYTES_A_PART) / PARTS_A_REDUCTION);
        }
        let parts = weight(t, (LONG + 1) * PARTS_A_REDUCTION);
        self.work(parts / PARTS_A_REDUCTION)
    }

    /// How many parts of a term it may walk before that becomes [`too_much`](Self::too_much).
    pub fn parts_at_once(&self) -> usize {
        let left = LONG.saturating_sub(self.reductions) * PARTS_A_REDUCTION;
        if self.patient { usize::MAX } else { left }
    }

    /// Counts parts of a term that it has walked.
    pub fn bump_parts(&mut self, parts: usize) {
        self.reductions += parts / PARTS_A_REDUCTION;
    }

    /// What it has begun is more than an ordinary worker should do at a time: as where
    /// [`work`](Self::work) fails.
    pub fn too_much(&mut self) -> Raise<'p> {
        self.reductions = self.reductions.max(LONG);
        Raise::Dirty
    }

    /// Whether the native may take as long as it takes.
    pub fn is_patient(&self) -> bool {
        self.patient
    }

    /// Runs `f` with a view that lets it take as long as it takes. The view outlasts the call it is made
    /// for, so what it was before is put back.
    pub(crate) fn patiently<R>(&mut self, f: impl FnOnce(&mut Native<'p>) -> R) -> R {
        let before = std::mem::replace(&mut self.patient, true);
        let result = f(self);
        self.patient = before;
        result
    }

    /// Puts back what a panic has left changed.
    pub(crate) fn recover(&mut self) {
        self.patient = self.worker().dirty;
    }

    /// The atom of that name, made if new: `system_limit` if there is no room for it or the name
    /// is too long.
    pub fn atom(&self, name: &str) -> Result<Term<'p>, Raise<'p>> {
        self.vm.atoms.intern(name).map(Term::atom).map_err(|_| Raise::system_limit())
    }

    /// A new unique reference.
    pub fn make_ref(&mut self) -> Term<'p> {
        let n = self.vm.next_reference();
        self.area.reference(n, None)
    }

    /// The reference of this node of that number, which may have been text: a magic one, if one of that
    /// number still is somewhere.
    pub fn reference_of_text(&mut self, number: u64, alias_of: Option<Pid>) -> Term<'p> {
        match self.vm.magic_refs.find(number) {
            Some(object) => self.area.same_magic_reference(number, object),
            None => self.area.reference(number, alias_of),
        }
    }

    /// A new unique reference to `object`, which lives as long as the reference does.
    pub fn make_magic_ref<T: Send + Sync + 'static>(
        &mut self,
        object: std::sync::Arc<T>,
    ) -> Term<'p> {
        let n = self.vm.next_reference();
        self.area.magic_reference(n, object)
    }
}

/// How many parts a term has, counted up to `limit` or a little more.
fn weight(t: Term<'_>, limit: usize) -> usize {
    let mut n = 0;
    let mut waiting: smallvec::SmallVec<[Term<'_>; 32]> = smallvec::SmallVec::new();
    let mut next = Some(t);
    while let Some(t) = next.take().or_else(|| waiting.pop()) {
        n += 1;
        if n > limit {
            break;
        }
        match t.view() {
            View::Cons(head, tail) => {
                if !head.is_immediate() {
                    waiting.push(head);
                }
                // Mostly a run of immediates.
                let mut rest = tail;
                while let Some((head, tail)) = rest.as_cons()
                    && head.is_immediate()
                    && n <= limit
                {
                    n += 1;
                    rest = tail;
                }
                next = Some(rest);
            }
            View::Tuple(items) => {
                n += items.len();
                let room = limit.saturating_sub(n);
                waiting.extend(items.iter().filter(|t| !t.is_immediate()).take(room).copied());
            }
            View::Map(map) => {
                n += 2 * map.len();
                let room = limit.saturating_sub(n);
                let parts = map.iter().flat_map(|(k, v)| [k, v]);
                waiting.extend(parts.filter(|t| !t.is_immediate()).take(room));
            }
            View::Bits(bits) => n += bits.bits / 8 / BYTES_A_PART,
            View::Big(big) => n += big.limbs.len() / 4,
            View::Fun(fun) => waiting.extend(fun.env.iter().copied()),
            _ => {}
        }
    }
    n
}

impl<'p> Deref for Native<'p> {
    type Target = Area<'p>;

    fn deref(&self) -> &Area<'p> {
        &self.area
    }
}

impl<'p> DerefMut for Native<'p> {
    fn deref_mut(&mut self) -> &mut Area<'p> {
        &mut self.area
    }
}

/// Runs `f` with a native's view that belongs to no process: for tests of natives that only look
/// at and build terms. What it builds is freed afterwards.
pub fn with_detached<R>(vm: &Vm, f: impl for<'p> FnOnce(&mut Native<'p>) -> R) -> R {
    // SAFETY: the area is closed below, its fragments freed, and the brand does not escape `f`.
    let mut cx =
        unsafe { Native::new(Area::detached(0), vm, std::ptr::null_mut(), std::ptr::null_mut()) };
    let r = f(&mut cx);
    let closed = cx.area.close();
    let mut next = closed.fragments;
    let mut off_heap = closed.off_heap;
    // SAFETY: no term of the area is left: they are branded and `f` has returned.
    unsafe {
        off_heap.release_all();
        while let Some(f) = std::ptr::NonNull::new(next) {
            next = f.as_ref().next;
            crate::heap::Fragment::free(f);
        }
    }
    r
}
