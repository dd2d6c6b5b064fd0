//! Functions allowed in guards. In a guard a failure branches; in a body it raises.

use super::native_call::invoke;
use super::{ANY, M, collect_if_due, exception, term};
use crate::code::ops::{NO_LIVE, Y_BIT};
use crate::native::{Answer, NativeDef, Raise};
use crate::sched::dirty::Work;
use crate::sched::worker::After;
use crate::term::layout::{Kind, header_arity, header_kind};
use crate::term::{Atom, Term, Word, atoms};

#[inline(always)]
pub(super) unsafe fn self_pid<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set_a::<K>(Word::from_pid((*m.p).pid));
        m.next(1)
    }
}

slow! {
    /// A guard function that the machine does not have.
    pub(super) unsafe fn guard_undefined(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let e = super::call::export(m);
            let (module, function) = (Term::atom(e.module), Term::atom(e.function));
            exception::raise_undef(m, module.word(), function.word(), 0)
        }
    }
}

slow! {
    pub(super) unsafe fn guard_call(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (def, args, n) = guard_operands(m);
            let (m, answer) = invoke(m, def, &args[..n], false);
            guard_answered(m, answer)
        }
    }
}

/// What is called in a guard, and with what: so many of these.
#[inline(always)]
unsafe fn guard_operands<'p>(m: M) -> (&'static NativeDef, [Term<'p>; 3], usize) {
    // SAFETY: operands as in the table; further word 2 is the address of a static.
    unsafe {
        let n = m.b() as usize;
        let mut args = [Term::nil(); 3];
        for (i, a) in args[..n].iter_mut().enumerate() {
            *a = term(m.tagged(m.word(3 + i)));
        }
        (&*(m.word(2) as *const NativeDef), args, n)
    }
}

/// What becomes of what a [`guard_call`] has answered.
#[inline(always)]
pub(super) unsafe fn guard_answered(mut m: M, mut answer: Answer<'_>) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (def, args, n) = guard_operands(m);
        let live = m.c();
        if answer.is_dirty() {
            if live != NO_LIVE && !(*m.p).peeking {
                super::swap_out(m, m.ip, live as usize);
                return m.stop(After::Dirty(Work::Cpu));
            }
            (m, answer) = invoke(m, def, &args[..n], true);
        }
        match answer.outcome() {
            Ok(t) if (*m.w).dirty => leave_dirty(m, t.word()),
            Ok(t) => finish(m, t.word(), m.a(), live, 6),
            Err(e) => {
                // Guard functions never trap; code that calls others here is not a compiler's.
                let Raise::Exception(e) = e else { return super::control::unreachable(m) };
                if m.word(1) as i32 != 0 {
                    return m.branch_w1();
                }
                let reason = e.reason.word();
                let (mo, f) = def.names(m.vm());
                let args: Vec<Word> = args[..n].iter().map(|a| a.word()).collect();
                exception::raise_native(m, reason, mo, f, &args)
            }
        }
    }
}

outlined! {
    /// A guard function has done on a dirty worker what it would not on an ordinary one; the process
    /// goes back there.
    unsafe fn leave_dirty(m: M, result: Word) -> M {
        // SAFETY: operands as in the table. The result's register may be beyond the live ones: those
        // between are set to terms.
        unsafe {
            let (to, mut live) = (m.a(), m.c() as usize);
            let m = finish(m, result, to, m.c(), 6);
            if to & Y_BIT == 0 && to as usize >= live {
                (live..to as usize).for_each(|i| *m.x.add(i) = Word::NIL);
                live = to as usize + 1;
            }
            super::preempt(m, m.ip, live)
        }
    }
}

/// Writes a result and collects if that is due: `live` registers and the result are alive.
#[inline(always)]
pub(super) unsafe fn finish(mut m: M, result: Word, to: u16, live: u16, words: usize) -> M {
    // SAFETY: as the instruction's live count says.
    unsafe {
        let mut result = result;
        if live != NO_LIVE {
            m = collect_if_due(m, live as usize, &mut result);
        }
        m.set(to, result);
        m.next(words)
    }
}

outlined! {
    /// Branches if there is a label, else raises the error of a function of module `erlang`.
    pub(super) unsafe fn fail_operator(m: M, reason: Atom, name: &'static str, args: &[Word]) -> M {
        // SAFETY: `rel` is in further word 1; 0 means that there is no label.
        unsafe {
            if m.word(1) as i32 != 0 {
                return m.branch_w1();
            }
            exception::raise_operator(m, reason, name, args)
        }
    }
}

outlined! {
    /// As [`fail_operator`], where the trace begins with the instruction itself: stock's compiled
    /// code does not name the operator when it adds or subtracts a small constant, nor in float
    /// arithmetic.
    pub(super) unsafe fn fail_unnamed(m: M, reason: Atom) -> M {
        // SAFETY: as `fail_operator`.
        unsafe {
            if m.word(1) as i32 != 0 {
                return m.branch_w1();
            }
            exception::raise_atom(m, reason)
        }
    }
}

/// Defines what becomes of an operator that does not apply to its operands.
macro_rules! failing {
    ($($fails:ident = $name:literal, $($get:ident),+;)*) => {
        $(slow! {
            unsafe fn $fails(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe { fail_operator(m, atoms::BADARG, $name, &[$(m.$get::<ANY>()),+]) }
            }
        })*
    };
}

failing! {
    hd_fails = "hd", get_a;
    tl_fails = "tl", get_a;
    element_fails = "element", get_a, get_b;
    tuple_size_fails = "tuple_size", get_a;
}

#[inline(always)]
pub(super) unsafe fn hd<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        if !w.is_cons() {
            return hd_fails(m);
        }
        m.set_c::<K>(*w.cons_ptr());
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn tl<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        if !w.is_cons() {
            return tl_fails(m);
        }
        m.set_c::<K>(*w.cons_ptr().add(1));
        m.next(2)
    }
}

#[inline(always)]
unsafe fn tuple_arity(w: Word) -> Option<usize> {
    // SAFETY: a boxed term points to a header.
    unsafe {
        (w.is_boxed() && header_kind(*w.boxed_ptr()) == Kind::Tuple)
            .then(|| header_arity(*w.boxed_ptr()))
    }
}

#[inline(always)]
pub(super) unsafe fn element<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the index has been tested.
    unsafe {
        let (i, t) = (m.get_a::<K>(), m.get_b::<K>());
        if let Some(n) = tuple_arity(t)
            && i.is_small()
            && i.small_value() >= 1
            && i.small_value() as usize <= n
        {
            m.set_c::<K>(*t.boxed_ptr().add(i.small_value() as usize));
            return m.next(2);
        }
        element_fails(m)
    }
}

#[inline(always)]
pub(super) unsafe fn tuple_size<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        match tuple_arity(w) {
            Some(n) => {
                m.set_c::<K>(Word::small(n as i64));
                m.next(2)
            }
            None => tuple_size_fails(m),
        }
    }
}
