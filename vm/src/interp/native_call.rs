//! Calls of native functions.
//!
//! A native builds in the free room of the process's heap, then in fragments, and never collects;
//! if it leaves so much behind that a collection is due, that happens after it, when its result is
//! the only live register. A panic in a native is caught here: it ends the process, not the
//! machine.

use super::breakpoint::past_trace_frames;
use super::common::{pop_frame, push_frame};
use super::native_apply::apply;
use super::native_raise::raise;
use super::stubs::TraceFrame;
use super::trace::Addresses;
use super::{M, call as calls, collect_if_due, exception, preempt, stubs, term};
use crate::native::{
    Answer, Class, Exception, Native, NativeDef, NativeKind, Outcome, Raise, Stack, Trap,
    TrapTarget,
};
use crate::sched::dirty::Work;
use crate::sched::worker::After;
use crate::term::build::Closed;
use crate::term::{Term, Word, atoms};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// Calls `def` with `args`. Does not touch registers. `patiently`: it may take as long as it takes.
#[inline(always)]
pub(super) unsafe fn invoke<'p>(
    m: M,
    def: &NativeDef,
    args: &[Term<'p>],
    patiently: bool,
) -> (M, Answer<'p>) {
    // SAFETY: handed on.
    unsafe {
        (*m.w).spilled.reds = m.reds;
        let cx = begin(m);
        let answer =
            if patiently { cx.patiently(|cx| call(cx, def, args)) } else { call(cx, def, args) };
        (take_over(m, cx), answer)
    }
}

/// What a native works with. The process has the state that it may look at, and the worker the reductions
/// (`Worker::count_reductions`).
#[inline(always)]
pub(super) unsafe fn begin<'p>(m: M) -> &'p mut Native<'p> {
    // SAFETY: the worker owns the process; the words from `hp` to `sp` are free, and what the area
    // leaves is taken over after the call. Natives call none.
    unsafe {
        m.save_tops();
        (*m.p).ip = m.ip;
        (*m.p).cp = m.cp;
        (*m.w).native.begin(m.hp, m.sp)
    }
}

/// The call itself. Nothing collects during it, so the terms stay valid.
#[inline(always)]
pub(super) fn call<'p>(cx: &mut Native<'p>, def: &NativeDef, args: &[Term<'p>]) -> Answer<'p> {
    catch_unwind(AssertUnwindSafe(|| (def.call)(cx, args)))
        .unwrap_or_else(|panic| panicked(cx, def, panic))
}

/// What a panic has left.
pub(super) type Panic = Box<dyn Any + Send>;

/// Takes over what a native has built and counted.
#[inline(always)]
pub(super) unsafe fn take_over(mut m: M, cx: &mut Native<'_>) -> M {
    let (closed, reductions) = cx.finish();
    m.reds -= reductions as i64;
    // SAFETY: what the native has built is the process's.
    unsafe { adopt(m, closed) }
}

/// Has the process own what was built in its heap and beside it.
#[inline(always)]
pub(super) unsafe fn adopt(mut m: M, closed: Closed) -> M {
    m.hp = closed.top;
    // SAFETY: the worker owns the process, for which the caller has built.
    unsafe {
        let heap = &mut (*m.p).heap;
        if !closed.off_heap.0.is_null() {
            heap.adopt_off_heap(closed.off_heap);
        }
        if let Some(chain) = NonNull::new(closed.fragments) {
            heap.adopt(chain);
        }
    }
    m
}

/// What a native answers that has panicked. What the panic says has been printed.
#[cold]
pub(super) fn panicked<'p>(cx: &mut Native<'p>, def: &NativeDef, _: Panic) -> Answer<'p> {
    cx.recover();
    let exit = |cx: &mut Native<'p>| -> Outcome<'p> {
        let tag = cx.atom("native_function_failed")?;
        let m = cx.atom(def.module)?;
        let f = cx.atom(def.name)?;
        let mfa = cx.tuple(&[m, f, Term::small(i64::from(def.arity))]);
        let reason = cx.tuple(&[tag, mfa]);
        Err(Raise::with_class(Class::Exit, reason))
    };
    Answer::of(exit(cx))
}

#[inline(always)]
pub(super) unsafe fn def(m: M) -> &'static NativeDef {
    // SAFETY: further word 1 of these instructions is the address of a static.
    unsafe { &*(m.word(1) as *const NativeDef) }
}

/// The native that the instruction at `ip` calls, if it calls one.
///
/// # Safety
/// `ip` is the address of an instruction.
pub(crate) unsafe fn called_at(ip: *const u64) -> Option<&'static NativeDef> {
    use crate::code::ops::Op;
    use crate::sync::{AtomicU16, Ordering};
    // SAFETY: the caller's promise; opcodes change, as atomics; further word 1 of these is the
    // address of a static.
    unsafe {
        match Op::of((*ip.cast::<AtomicU16>()).load(Ordering::Relaxed)) {
            Op::CallNative | Op::CallNativeLast | Op::CallNativeStub => {
                Some(&*(*ip.add(1) as *const NativeDef))
            }
            _ => None,
        }
    }
}

#[inline(always)]
pub(super) unsafe fn args<'p>(m: M, def: &NativeDef) -> &'p [Term<'p>] {
    // SAFETY: the arguments are in the first X registers; a Term is a transparent Word.
    unsafe { std::slice::from_raw_parts(m.x.cast(), def.arity as usize) }
}

/// After a native has returned `result` to the code at `next`.
#[inline(always)]
unsafe fn returned(mut m: M, result: Word, next: *const u64) -> M {
    // SAFETY: x0 is the only live register where a call returns to.
    unsafe {
        *m.x = result;
        m.ip = next;
        m.reds -= 1;
        if m.reds <= 0 {
            return preempt(m, next, 1);
        }
        // The collector updates x0 as a live register.
        m = collect_if_due(m, 1, &mut Word::NIL.clone());
        if (*m.p).wants_attention() { attend(m, next, 1) } else { m }
    }
}

outlined! {
    /// The native has changed something about its own process that the interpreter must act on.
    pub(super) unsafe fn attend(m: M, next: *const u64, live: usize) -> M {
        // SAFETY: the worker owns the process; `live` registers hold terms.
        unsafe {
            if (*m.p).exiting {
                return exception::exit_process(m, (*m.p).exit_reason);
            }
            if (*m.p).yielding || (*m.p).suspended > 0 || (*m.p).collection_request.is_some() {
                (*m.p).yielding = false;
                return preempt(m, next, live);
            }
            m
        }
    }
}

/// Whether the call is one for a dirty worker and this is none.
#[inline(always)]
unsafe fn goes_dirty(m: M, def: &NativeDef) -> bool {
    // SAFETY: the worker is ours.
    unsafe { def.kind.is_dirty() && !(*m.w).dirty }
}

/// What is done in place of a call of a native that is not plain, if it is not to be called here. `leave`
/// sets where a function returns to that is called.
#[inline(always)]
unsafe fn in_place_of_call(m: M, def: &NativeDef, leave: impl FnOnce(M) -> M) -> Option<M> {
    // SAFETY: the worker is ours; the arguments are in the first X registers.
    unsafe {
        match (def.kind, def.kind.raises()) {
            (NativeKind::Apply, _) => apply(m, def, leave),
            (NativeKind::Raise, _) => raise(m),
            // Where it is on its way out the call ends it.
            (_, Some(class)) => (!(*m.p).exiting).then(|| raise_from_caller(m, class, *m.x)),
            (_, None) => goes_dirty(m, def).then(|| go_dirty(m, def)),
        }
    }
}

outlined! {
    /// Hands the process over to a dirty worker, which executes the current instruction again.
    unsafe fn go_dirty(m: M, def: &NativeDef) -> M {
        // SAFETY: the native's arguments are the live registers.
        unsafe {
            super::swap_out(m, m.ip, def.arity as usize);
            m.stop(After::Dirty(Work::of(def.kind)))
        }
    }
}

slow! {
    pub(super) unsafe fn call_native(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let def = def(m);
            if !def.kind.is_plain()
                && let Some(m) = in_place_of_call(m, def, |m| M { cp: m.ip.add(2), ..m })
            {
                return m;
            }
            let (m, answer) = invoke(m, def, args(m, def), false);
            answered(m, def, answer)
        }
    }
}

/// What becomes of what a [`call_native`] has answered.
#[inline(always)]
pub(super) unsafe fn answered(m: M, def: &NativeDef, answer: Answer<'_>) -> M {
    // SAFETY: as `call_native`.
    unsafe {
        match answer.term() {
            Some(t) => returned(m, t.word(), m.ip.add(2)),
            None => without_term(m, def, answer),
        }
    }
}

outlined! {
    /// What [`call_native`] does when there is no term. A call, as a match of all answers would be a
    /// jump by a table there.
    unsafe fn without_term(m: M, def: &NativeDef, answer: Answer<'_>) -> M {
        // SAFETY: as `call_native`.
        unsafe {
            match answer.raise() {
                Raise::Dirty => go_dirty(m, def),
                Raise::Exception(e) => failed(m, def, *e),
                Raise::Trap(t) => trap(M { cp: m.ip.add(2), ..m }, *t),
            }
        }
    }
}

slow! {
    pub(super) unsafe fn call_native_last(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let def = def(m);
            if !def.kind.is_plain()
                && let Some(m) = in_place_of_call(m, def, |m| leave_frame(m))
            {
                return m;
            }
            let (m, answer) = invoke(m, def, args(m, def), false);
            answered_last(m, def, answer)
        }
    }
}

/// What becomes of what a [`call_native_last`] has answered.
#[inline(always)]
pub(super) unsafe fn answered_last(m: M, def: &NativeDef, answer: Answer<'_>) -> M {
    // SAFETY: as `call_native_last`.
    unsafe {
        match answer.term() {
            Some(t) => return_to_caller(leave_frame(m), t.word()),
            None => without_term_last(m, def, answer),
        }
    }
}

outlined! {
    /// As [`without_term`], of [`call_native_last`].
    unsafe fn without_term_last(m: M, def: &NativeDef, answer: Answer<'_>) -> M {
        // SAFETY: as `call_native_last`.
        unsafe {
            match answer.raise() {
                Raise::Exception(e) => failed(m, def, *e),
                Raise::Dirty => go_dirty(m, def),
                Raise::Trap(t) if m.c() != 0 || raises(&t) => trap_with_frame(m, *t),
                Raise::Trap(t) => trap(leave_frame(m), *t),
            }
        }
    }
}

/// Gives up the frame of the function that calls a native last, if it has one.
#[inline(always)]
unsafe fn leave_frame(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        match m.b() as usize {
            0 => m,
            frame => pop_frame(m, frame - 1),
        }
    }
}

/// Whether what a native goes on with does nothing but raise an exception. Even `apply` stays in
/// the stack trace then.
fn raises(t: &Trap<'_>) -> bool {
    matches!(t.target, TrapTarget::Function(mo, f) if calls::only_raises(mo, f, &t.args))
}

outlined! {
    /// A native called last goes on with something else. Its caller stays in the stack trace, with
    /// the `DeallocateReturn` behind the instruction as what is returned to; where it has no frame
    /// it is given one.
    unsafe fn trap_with_frame(m: M, t: Trap<'_>) -> M {
        let (mut m, mut t) = (m, t);
        // SAFETY: operands as in the table. The trap's terms are roots of the collection and read
        // again after it.
        unsafe {
            if m.b() == 0 {
                if m.free() == 0 {
                    let live = t.args.len();
                    let mut fun = match t.target {
                        TrapTarget::Fun(fun) => fun.word(),
                        _ => Word::NIL,
                    };
                    put_args(m, &t.args);
                    m = super::garbage_collect_with(m, 1, live, &mut fun, false);
                    t.args = (0..live).map(|i| term(*m.x.add(i))).collect();
                    if let TrapTarget::Fun(moved) = &mut t.target {
                        *moved = term(fun);
                    }
                }
                m = push_frame(m, 0);
            }
            m.cp = m.ip.add(2);
            trap(m, t)
        }
    }
}

#[inline(always)]
unsafe fn return_to_caller(mut m: M, result: Word) -> M {
    let next = m.cp;
    m.cp = std::ptr::null();
    // SAFETY: as `returned`.
    unsafe { returned(m, result, next) }
}

slow! {
    /// A native called by name, or in place of a module's own function: its return address is in
    /// `cp`.
    pub(super) unsafe fn call_native_stub(m: M) -> M {
        // SAFETY: operands as in the table; the arguments are in the first X registers.
        unsafe {
            let def = def(m);
            if def.kind == NativeKind::Apply
                && let Some(m) = apply(m, def, |m| m)
            {
                return m;
            }
            if goes_dirty(m, def) {
                return go_dirty(m, def);
            }
            let (m, answer) = invoke(m, def, args(m, def), false);
            answered_stub(m, def, answer)
        }
    }
}

/// What becomes of what a [`call_native_stub`] has answered.
#[inline(always)]
pub(super) unsafe fn answered_stub(mut m: M, def: &'static NativeDef, answer: Answer<'_>) -> M {
    // SAFETY: as `call_native_stub`.
    unsafe {
        if let Some(t) = answer.term() {
            return return_to_caller(m, t.word());
        }
        match answer.raise() {
            Raise::Dirty => go_dirty(m, def),
            Raise::Exception(e) => {
                // The function that it stands for is no caller of it.
                m.ip = m.vm().code.native_stub(def);
                failed(m, def, *e)
            }
            Raise::Trap(t) => trap(m, *t),
        }
    }
}

/// Puts a trap's arguments into the X registers.
unsafe fn put_args(m: M, args: &[Term<'_>]) {
    for (i, a) in args.iter().enumerate() {
        // SAFETY: there are at most 255.
        unsafe { *m.x.add(i) = a.word() };
    }
}

outlined! {
    /// Goes on with what a native asks for in place of its own result; the return address is in `cp`
    /// or on the stack.
    unsafe fn trap(m: M, t: Trap<'_>) -> M {
        let mut m = m;
        // SAFETY: the arguments are terms; there are at most 255.
        unsafe {
            put_args(m, &t.args);
            let n = t.args.len();
            match t.target {
                TrapTarget::Function(mo, f) => calls::enter_named(m, mo, f, n),
                TrapTarget::Fun(fun) => calls::enter_fun(m, fun.word(), n, m),
                TrapTarget::Native(def) => {
                    // As if called through a stub: the calling instruction is found by the return
                    // address alone.
                    m.ip = m.vm().code.native_stub(def);
                    if (*m.p).wants_attention() {
                        return preempt(m, m.ip, n);
                    }
                    calls::enter(m, m.ip, n)
                }
                TrapTarget::Entry(entry) => calls::enter(m, entry, n),
                TrapTarget::Hibernate => super::message::hibernate(m),
            }
        }
    }
}

outlined! {
    /// Raises the exception that a native answered with.
    unsafe fn failed(m: M, def: &NativeDef, e: Exception<'_>) -> M {
        // SAFETY: the exception's terms are in the process's heap or fragments; the arguments are
        // still in the first X registers.
        unsafe {
            if (*m.p).exiting {
                // Nobody is to hear of the exception.
                return exception::exit_process(m, (*m.p).exit_reason);
            }
            let value = e.reason.word();
            match e.stack {
                Stack::Call(cause) => {
                    let (mo, f) = def.names(m.vm());
                    let cause = cause.map(Term::word);
                    let here = m.ip != stubs::stop();
                    raise_call(m, e.class, value, here, mo, f, args(m, def), cause)
                }
                Stack::Caller => raise_from_caller(m, e.class, value),
                Stack::CallerWith(args, info) => {
                    caller_with(m, e.class, value, args.map(Term::word), info.map(Term::word))
                }
                Stack::Given(list) => exception::raise_with_given(m, e.class, value, list.word()),
            }
        }
    }
}

/// Raises an exception whose trace begins with the current instruction.
#[inline(always)]
unsafe fn raise_from_caller(m: M, class: Class, value: Word) -> M {
    // SAFETY: the value is a term of the process.
    unsafe {
        if class == Class::Exit && exception::ends_process(m) {
            return exception::exit_process(m, value);
        }
        exception::raise_at(m, class, value)
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one stack item")]
#[inline(always)]
unsafe fn raise_call(
    m: M,
    class: Class,
    value: Word,
    here: bool,
    module: crate::term::Atom,
    function: crate::term::Atom,
    args: &[Term<'_>],
    cause: Option<Word>,
) -> M {
    // SAFETY: the words are terms; a Term is a transparent Word.
    unsafe {
        let args: &[Word] = std::slice::from_raw_parts(args.as_ptr().cast(), args.len());
        let with_info = class == Class::Error && !term(value).is_atom(atoms::UNDEF);
        exception::raise_with_item(m, class, value, here, |area| {
            let args = exception::arguments(area, args);
            let cause = cause.map(|w| term(w));
            exception::native_item(area, module, function, args, cause, with_info)
        })
    }
}

outlined! {
    /// `error/2,3`: the first item is the calling function, with the arguments it gives.
    unsafe fn caller_with(
        m: M,
        class: Class,
        value: Word,
        args: Option<Word>,
        info: Option<Word>,
    ) -> M {
        // SAFETY: the words are terms.
        unsafe {
            let vm = m.vm();
            // A tail call through a stub has the caller's return address, not its instruction.
            let at = if super::trace::current_function(vm, m.ip).is_some() {
                m.ip
            } else {
                past_trace_frames(m.cp, m.sp).0.wrapping_sub(1)
            };
            let Some(here) = super::trace::current_function(vm, at) else {
                return exception::raise_at(m, class, value);
            };
            let mut from = Addresses::none();
            // The caller is the first that is found past frames that trace.
            let mut known = 0;
            if std::ptr::eq(at, m.ip) {
                from.find(m, false, 1);
            } else if TraceFrame::of(m.cp).is_none() {
                from.find(M { cp: std::ptr::null(), ..m }, false, 1);
            } else {
                from.find(m, false, 0);
                known = 1;
            }
            exception::raise_from(m, &from.as_slice()[known..], class, value, |area| {
                let mut where_ = super::trace::location(area, here.line);
                if let Some(info) = info {
                    let pair = area.tuple(&[Term::atom(atoms::ERROR_INFO), term(info)]);
                    let items: Vec<Term<'_>> = where_.list().chain([pair]).collect();
                    where_ = area.list(&items);
                }
                let args = args.map_or(Term::small(i64::from(here.arity)), |w| term(w));
                area.tuple(&[Term::atom(here.module), Term::atom(here.function), args, where_])
            })
        }
    }
}
