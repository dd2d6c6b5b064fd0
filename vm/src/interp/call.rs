//! Calls, local and by name, of function values, and `apply`.

use super::common::pop_frame;
use super::{ANY, M, exception, preempt, term};
use crate::code::purge::Unloaded;
use crate::code::{Export, Lambda};
use crate::sync::Ordering;
use crate::term::layout::{Kind, header_kind};
use crate::term::{Term, View, Word, atoms};

/// Goes to the entry of a function of `arity`; its caller's return address is in `cp` or on the
/// stack.
#[inline(always)]
pub(super) unsafe fn enter(mut m: M, entry: *const u64, arity: usize) -> M {
    m.reds -= 1;
    if m.reds <= 0 {
        // SAFETY: a function's live registers at its entry are its arguments.
        return unsafe { preempt(m, entry, arity) };
    }
    m.ip = entry;
    m
}

/// As [`enter`], for instructions themselves: they leave for what has to be done at a slice's end.
#[inline(always)]
pub(super) unsafe fn go(mut m: M, entry: *const u64, arity: usize) -> M {
    // SAFETY: reductions are never near the least number; the worker is ours.
    unsafe {
        // So that the processor's flags after this tell what is asked next.
        m.reds = m.reds.unchecked_sub(1);
        m.ip = entry;
        if m.reds <= 0 {
            (*m.w).live = arity;
            return slice_over(m);
        }
        m
    }
}

slow! {
    unsafe fn slice_over(m: M) -> M {
        // SAFETY: `go` has said how many registers are live.
        unsafe { preempt(m, m.ip, (*m.w).live) }
    }
}

#[inline(always)]
pub(super) unsafe fn export<'a>(m: M) -> &'a Export {
    // SAFETY: further word 1 of these instructions is the address of an export, which lives as
    // long as the machine.
    unsafe { &*(m.word(1) as *const Export) }
}

#[inline(always)]
fn target(e: &Export) -> *const u64 {
    e.code.load(Ordering::Acquire)
}

#[inline(always)]
pub(super) unsafe fn call(mut m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.cp = m.ip.add(2);
        go(m, m.word(1) as *const u64, m.a() as usize)
    }
}

#[inline(always)]
pub(super) unsafe fn call_last(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { go(pop_frame(m, m.b() as usize), m.word(1) as *const u64, m.a() as usize) }
}

#[inline(always)]
pub(super) unsafe fn call_only(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { go(m, m.word(1) as *const u64, m.a() as usize) }
}

/// A move before a call.
#[inline(always)]
pub(super) unsafe fn move_call<const K: u8>(mut m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set_b::<K>(m.get_a::<K>());
        m.cp = m.ip.add(2);
        go(m, m.word(1) as *const u64, m.c() as usize)
    }
}

#[inline(always)]
pub(super) unsafe fn move_call_only<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set_b::<K>(m.get_a::<K>());
        go(m, m.word(1) as *const u64, m.c() as usize)
    }
}

#[inline(always)]
pub(super) unsafe fn call_ext(mut m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.cp = m.ip.add(2);
        go(m, target(export(m)), m.a() as usize)
    }
}

#[inline(always)]
pub(super) unsafe fn call_ext_last(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { go(pop_frame(m, m.b() as usize), target(export(m)), m.a() as usize) }
}

#[inline(always)]
pub(super) unsafe fn call_ext_only(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { go(m, target(export(m)), m.a() as usize) }
}

/// The code of a fun made in a module, if it can be called with `arity` arguments; what it has
/// caught is put behind them.
#[inline(always)]
unsafe fn ready_fun(m: M, fun: Word, arity: usize) -> Option<(*const u64, usize)> {
    // SAFETY: `fun` is a term; layouts as in `term::layout`.
    unsafe {
        if !fun.is_boxed() || header_kind(*fun.boxed_ptr()) != Kind::Fun {
            return None;
        }
        let p = fun.boxed_ptr();
        let lambda = &*((*p.add(1)).0 as *const Lambda);
        let code = lambda.code.load(Ordering::Acquire);
        if lambda.arity as usize != arity || code.is_null() {
            return None;
        }
        let free = lambda.num_free as usize;
        let mut i = 0;
        while i < free {
            m.x.add(arity + i).write_volatile(*p.add(3 + i));
            i += 1;
        }
        Some((code.cast_const(), arity + free))
    }
}

#[inline(always)]
pub(super) unsafe fn call_fun<const K: u8>(mut m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let Some((code, arity)) = ready_fun(m, m.get_b::<K>(), m.a() as usize) else {
            return call_other_fun(m);
        };
        m.cp = m.ip.add(1);
        go(m, code, arity)
    }
}

#[inline(always)]
pub(super) unsafe fn call_fun_last<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let Some((code, arity)) = ready_fun(m, m.get_b::<K>(), m.a() as usize) else {
            return call_other_fun_last(m);
        };
        go(pop_frame(m, m.c() as usize), code, arity)
    }
}

slow! {
    unsafe fn call_other_fun(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let next = m.ip.add(1);
            enter_fun(M { cp: next, ..m }, m.get_b::<ANY>(), m.a() as usize, m)
        }
    }
}

slow! {
    unsafe fn call_other_fun_last(m: M) -> M {
        // SAFETY: operands as in the table. An exception is the caller's, whose frame is in `m`.
        unsafe {
            let fun = m.get_b::<ANY>();
            enter_fun(pop_frame(m, m.c() as usize), fun, m.a() as usize, m)
        }
    }
}

/// Calls `fun` with the `arity` arguments in X registers. If it cannot be called, the exception is
/// that of `before`, the state at the calling instruction.
#[inline(always)]
pub(super) unsafe fn enter_fun(m: M, fun: Word, arity: usize, before: M) -> M {
    // SAFETY: `fun` is a term; layouts as in `term::layout`.
    unsafe {
        if fun.is_boxed() {
            let p = fun.boxed_ptr();
            match header_kind(*p) {
                Kind::Fun => {
                    let lambda = &*((*p.add(1)).0 as *const Lambda);
                    if lambda.arity as usize == arity {
                        let code = lambda.code.load(Ordering::Acquire);
                        if code.is_null() {
                            return call_unloaded_lambda(m, lambda, fun, arity, before);
                        }
                        let free = lambda.num_free as usize;
                        for i in 0..free {
                            *m.x.add(arity + i) = *p.add(3 + i);
                        }
                        return enter(m, code, arity + free);
                    }
                }
                Kind::ExportFun => {
                    let e = &*((*p.add(1)).0 as *const Export);
                    if e.arity as usize == arity {
                        return enter(m, target(e), arity);
                    }
                }
                _ => {}
            }
        }
        bad_fun(before, fun, arity)
    }
}

outlined! {
    /// `badarity`, or `badfun` of what is no fun or has no code.
    unsafe fn bad_fun(m: M, fun: Word, arity: usize) -> M {
        // SAFETY: `fun` and the argument registers are terms.
        unsafe {
            let fun = term(fun);
            let bad_arity = match fun.view() {
                View::Fun(f) => usize::from(f.lambda.arity) != arity,
                View::ExportFun(e) => usize::from(e.arity) != arity,
                _ => false,
            };
            exception::raise_built(m, |area| {
                if bad_arity {
                    let args: Vec<Term<'_>> = (0..arity).map(|i| term(*m.x.add(i))).collect();
                    let args = area.list(&args);
                    let pair = area.tuple(&[fun, args]);
                    area.tuple(&[Term::atom(atoms::BADARITY), pair])
                } else {
                    area.tuple(&[Term::atom(atoms::BADFUN), fun])
                }
            })
        }
    }
}

outlined! {
    /// A fun whose module is not loaded: `error_handler:undefined_lambda(Module, Fun, Args)`. If the
    /// module is being purged, the process waits for that first.
    unsafe fn call_unloaded_lambda(m: M, lambda: &Lambda, fun: Word, arity: usize, before: M) -> M {
        // SAFETY: as `bad_fun`. The worker owns the process.
        unsafe {
            match m.vm().code.unloaded(lambda, (*m.p).pid) {
                Unloaded::Again => return enter_fun(m, fun, arity, before),
                Unloaded::Waits => return wait_for_purge(m, lambda, fun, arity),
                // The module is there and has no such fun: asking for it would lead here again.
                Unloaded::Gone if m.vm().code.module(lambda.module).current.is_some() => {
                    return bad_fun(before, fun, arity);
                }
                Unloaded::Gone => {}
            }
            call_handler(m, atoms::UNDEFINED_LAMBDA, Term::atom(lambda.module).word(), fun, arity)
        }
    }
}

/// Suspends the process; when it goes on, it calls `fun` anew, by
/// `erts_code_purger:pending_purge_lambda(Module, Fun, Args)`.
unsafe fn wait_for_purge(m: M, lambda: &Lambda, fun: Word, arity: usize) -> M {
    // SAFETY: as `call_handler`.
    unsafe {
        let name = |s| m.vm().atoms.intern(s).expect("the machine's own names fit the atom table");
        let (purger, pending) = (name("erts_code_purger"), name("pending_purge_lambda"));
        let e = m.vm().code.export(purger, pending, 3);
        (*m.p).suspended += 1;
        let (m, args) = exception::build(m, |area| {
            let args: Vec<Term<'_>> = (0..arity).map(|i| term(*m.x.add(i))).collect();
            area.list(&args)
        });
        *m.x = Term::atom(lambda.module).word();
        *m.x.add(1) = fun;
        *m.x.add(2) = args;
        preempt(m, target(e), 3)
    }
}

/// `error_handler:Function(First, Second, Args)` with the arguments in X registers.
unsafe fn call_handler(
    m: M,
    function: crate::term::Atom,
    first: Word,
    second: Word,
    arity: usize,
) -> M {
    // SAFETY: the argument registers are terms.
    unsafe {
        let handler =
            (*m.p).rare.as_ref().and_then(|r| r.error_handler).unwrap_or(atoms::ERROR_HANDLER);
        let e = m.vm().code.export(handler, function, 3);
        if !e.is_defined() {
            return exception::raise_undef(m, first, second, arity);
        }
        let (mut m, args) = exception::build(m, |area| {
            let args: Vec<Term<'_>> = (0..arity).map(|i| term(*m.x.add(i))).collect();
            area.list(&args)
        });
        *m.x = first;
        *m.x.add(1) = second;
        *m.x.add(2) = args;
        m.ip = target(e);
        m
    }
}

outlined! {
    /// A function that is not loaded: `error_handler:undefined_function(Module, Function, Args)`.
    pub(super) unsafe fn call_error_handler(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let e = export(m);
            call_handler(
                m,
                atoms::UNDEFINED_FUNCTION,
                Term::atom(e.module).word(),
                Term::atom(e.function).word(),
                e.arity as usize,
            )
        }
    }
}

/// A function that the debugger is to be told of: `error_handler:breakpoint(Module, Function, Args)`
/// in its place, with the `arity` arguments in X registers.
pub(super) unsafe fn call_debugger(
    m: M,
    module: crate::term::Atom,
    function: crate::term::Atom,
    arity: usize,
) -> M {
    // SAFETY: the argument registers are terms.
    unsafe {
        let name = m.vm().atoms.intern("breakpoint");
        let name = name.expect("the machine's own names fit the atom table");
        let (module, function) = (Term::atom(module).word(), Term::atom(function).word());
        call_handler(m, name, module, function, arity)
    }
}

slow! {
    pub(super) unsafe fn apply(m: M) -> M {
        // SAFETY: operands as in the table: module and function follow the arguments.
        unsafe {
            let arity = m.a() as usize;
            let next = m.ip.add(1);
            enter_apply(M { cp: next, ..m }, arity, m)
        }
    }
}

slow! {
    pub(super) unsafe fn apply_last(m: M) -> M {
        // SAFETY: as `apply`. An exception is the caller's, whose frame is still there in `before`.
        unsafe {
            let arity = m.a() as usize;
            let name = (term(*m.x.add(arity)).as_atom(), term(*m.x.add(arity + 1)).as_atom());
            if let (Some(mo), Some(f)) = name
                && only_raises(mo, f, std::slice::from_raw_parts(m.x.cast(), arity))
            {
                // The function stays in the stack trace.
                let next = m.ip.add(1);
                return enter_apply(M { cp: next, ..m }, arity, m);
            }
            enter_apply(pop_frame(m, m.b() as usize), arity, m)
        }
    }
}

/// Whether it is one of those of which [`only_raises`] asks what its arguments are.
pub(super) fn may_only_raise(module: crate::term::Atom, function: crate::term::Atom) -> bool {
    module == atoms::ERLANG
        && [atoms::ERROR, atoms::EXIT, atoms::THROW, atoms::APPLY].contains(&function)
}

/// Whether a function does nothing but raise an exception, or apply one that does.
pub(super) fn only_raises(
    module: crate::term::Atom,
    mut function: crate::term::Atom,
    args: &[Term<'_>],
) -> bool {
    if !may_only_raise(module, function) {
        return false;
    }
    let mut args = args.to_vec();
    loop {
        match args[..] {
            [_] => return [atoms::ERROR, atoms::EXIT, atoms::THROW].contains(&function),
            [m, f, list] if function == atoms::APPLY => {
                let (Some(f), Some(list)) = (f.as_atom(), list.list_to_vec()) else { return false };
                if !m.is_atom(atoms::ERLANG) {
                    return false;
                }
                (function, args) = (f, list);
            }
            [_, _] | [_, _, _] => return function == atoms::ERROR,
            _ => return false,
        }
    }
}

outlined! {
    /// `Module:Function(Args...)` with both names in the registers after the `arity` arguments.
    unsafe fn enter_apply(m: M, arity: usize, before: M) -> M {
        // SAFETY: the registers are terms.
        unsafe {
            let module = term(*m.x.add(arity));
            let function = term(*m.x.add(arity + 1));
            let (Some(mo), Some(f)) = (module.as_atom(), function.as_atom()) else {
                return exception::raise_apply_badarg(before, module.word(), function.word(), arity);
            };
            enter_named(m, mo, f, arity)
        }
    }
}

/// Calls `Module:Function` with the arguments in X registers, as a trap asks; the return address
/// is in `cp` or on the stack.
#[inline(always)]
pub(super) unsafe fn enter_named(
    m: M,
    module: crate::term::Atom,
    function: crate::term::Atom,
    arity: usize,
) -> M {
    // SAFETY: the argument registers are terms; the worker is ours.
    unsafe {
        let recent = &mut (*m.w).recent_exports;
        let export = recent.export(&m.vm().code, module, function, arity as u8);
        enter(m, target(export), arity)
    }
}
