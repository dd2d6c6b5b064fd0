//! Calls that are noted for `process_info(last_calls)`: the instruction's side.
//!
//! While a worker runs a process that saves its calls, the instructions that call something by name
//! have other handlers on that worker: they note what is called, then go on as ever. So the calls of
//! all other processes cost nothing.

use super::{ANY, M, call, term};
use crate::code::Export;
use crate::code::ops::Op;
use crate::native::NativeDef;
use crate::term::{Term, View, atoms};
use crate::trace::saved_calls::Saved;

/// The instructions that may call something by name.
pub(super) const CALLS: [Op; 11] = [
    Op::CallExt,
    Op::CallExtLast,
    Op::CallExtOnly,
    Op::CallNative,
    Op::CallNativeLast,
    Op::CallNativeStub,
    Op::CallFun,
    Op::CallFunLast,
    Op::Apply,
    Op::ApplyLast,
    Op::Send,
];

outlined! {
    /// The instruction at `ip`, one of [`CALLS`], is about to be executed.
    pub(super) unsafe fn note(m: M) -> M {
        // SAFETY: operands as in the table; the worker owns the process.
        unsafe {
            if let Some(call) = called(m) {
                (*m.p).note_call(call);
            }
            m
        }
    }
}

/// What is called by name, if it is something that stock notes.
unsafe fn called(m: M) -> Option<Saved> {
    // SAFETY: operands as in the table; arguments are in X registers.
    unsafe {
        match Op::of(m.opcode()) {
            Op::CallExt | Op::CallExtLast | Op::CallExtOnly => Some(by_export(call::export(m))),
            Op::CallNative | Op::CallNativeLast => native(m, &*(m.word(1) as *const NativeDef)),
            // Where a process begins, or goes on after hibernating.
            Op::CallNativeStub => {
                let def = &*(m.word(1) as *const NativeDef);
                if is_apply(def) { applied(m, def.arity) } else { None }
            }
            Op::CallFun | Op::CallFunLast => by_fun(term(m.get_b::<ANY>()), m.a() as usize),
            Op::Apply | Op::ApplyLast => {
                let arity = m.a() as usize;
                by_name(term(*m.x.add(arity)), term(*m.x.add(arity + 1)), arity)
            }
            // In stock a call like any other.
            Op::Send => {
                let send = m.vm().atoms.intern("send").expect("made when the machine was");
                Some(Saved::Call(atoms::ERLANG, send, 2))
            }
            _ => None,
        }
    }
}

unsafe fn native(m: M, def: &NativeDef) -> Option<Saved> {
    // SAFETY: as `called`.
    unsafe {
        match (def.module, def.name, def.arity) {
            _ if is_apply(def) => applied(m, def.arity),
            // Instructions of their own in stock.
            ("erlang", "hibernate", 3) | ("erlang", "yield", 0) => None,
            _ => {
                let (module, function) = def.names(m.vm());
                Some(Saved::Call(module, function, def.arity))
            }
        }
    }
}

fn is_apply(def: &NativeDef) -> bool {
    def.module == "erlang" && def.name == "apply"
}

/// What `apply/2` or `apply/3` calls with the arguments in X registers.
unsafe fn applied(m: M, arity: u8) -> Option<Saved> {
    // SAFETY: as `called`.
    unsafe {
        let [a, b] = [0, 1].map(|i| term(*m.x.add(i)));
        match arity {
            2 => by_fun(a, b.list_len()?),
            3 => by_name(a, b, term(*m.x.add(2)).list_len()?),
            _ => None,
        }
    }
}

fn by_export(e: &Export) -> Saved {
    Saved::Call(e.module, e.function, e.arity)
}

fn by_fun(fun: Term<'_>, arity: usize) -> Option<Saved> {
    match fun.view() {
        View::ExportFun(e) if usize::from(e.arity) == arity => Some(by_export(e)),
        _ => None,
    }
}

fn by_name(module: Term<'_>, function: Term<'_>, arity: usize) -> Option<Saved> {
    Some(Saved::Call(module.as_atom()?, function.as_atom()?, u8::try_from(arity).ok()?))
        .filter(|call| *call != Saved::Call(atoms::ERLANG, atoms::APPLY, 3))
}
