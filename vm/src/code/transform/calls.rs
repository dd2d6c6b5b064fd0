//! Calls, function values, guard functions and arithmetic.

use super::super::ops::{NO_LIVE, Op};
use super::emitter::FUN_WORDS;
use super::{Emitter, Unsupported};
use crate::code::Export;
use crate::native::NativeDef;
use crate::term::{Atom, atoms};
use loader::{Arg, GenOp};

/// Emits the instruction, if it is of this family.
pub(super) fn instruction(
    e: &mut Emitter<'_>,
    op: GenOp,
    args: &[Arg],
) -> Result<bool, Unsupported> {
    use GenOp as G;
    match (op, args) {
        (G::Call, [arity, label]) => local(e, Op::Call, *arity, None, *label),
        (G::CallLast, [arity, label, slots]) => {
            local(e, Op::CallLast, *arity, Some(*slots), *label)
        }
        (G::CallOnly, [arity, label]) => local(e, Op::CallOnly, *arity, None, *label),
        (G::CallExt, [arity, import]) => {
            external(e, Op::CallExt, Op::CallNative, *arity, None, *import)
        }
        (G::CallExtLast, [arity, import, slots]) => {
            external(e, Op::CallExtLast, Op::CallNativeLast, *arity, Some(*slots), *import);
        }
        (G::CallExtOnly, [arity, import]) => {
            external(e, Op::CallExtOnly, Op::CallNativeLast, *arity, None, *import);
        }
        (G::CallFun, [arity]) => {
            let n = e.small(*arity);
            e.call_fun(n, n);
        }
        (G::CallFun2, [_, arity, fun]) => {
            let fun = e.reg(*fun);
            e.call_fun(e.small(*arity), fun);
        }
        (G::Apply, [arity]) => {
            e.op(Op::Apply, e.small(*arity), 0, 0);
        }
        (G::ApplyLast, [arity, slots]) => {
            e.op(Op::ApplyLast, e.small(*arity), e.small(*slots), 0);
        }
        // As compilers before OTP 24 have it: what is free is in the first X registers, and there is
        // no reserve before.
        (G::MakeFun2, [index]) => {
            let lambda = e.resolved().lambdas[e.number(*index) as usize];
            let free = lambda.num_free as u16;
            e.op(Op::TestHeap, 0, free, 0);
            e.word(FUN_WORDS + u64::from(free));
            let to = e.dst(Arg::X(0));
            let free: Vec<u64> = (0..free).map(|x| e.tagged(Arg::X(x))).collect();
            e.op(Op::MakeFun, to, 0, 0);
            e.word(std::ptr::from_ref(lambda) as u64);
            e.word(free.len() as u64);
            free.into_iter().for_each(|w| e.word(w));
        }
        (G::MakeFun3, [index, to, list]) => {
            let lambda = e.resolved().lambdas[e.number(*index) as usize];
            let to = e.dst(*to);
            let free: Vec<u64> = e.list(*list).iter().map(|a| e.tagged(*a)).collect();
            e.op(Op::MakeFun, to, 0, 0);
            e.word(std::ptr::from_ref(lambda) as u64);
            e.word(free.len() as u64);
            free.into_iter().for_each(|w| e.word(w));
        }
        (G::Bif0, [import, to]) => guard(e, Arg::F(0), None, *import, &[], *to)?,
        (G::Bif1, [fail, import, a, to]) => guard(e, *fail, None, *import, &[*a], *to)?,
        (G::Bif2, [fail, import, a, b, to]) => guard(e, *fail, None, *import, &[*a, *b], *to)?,
        (G::GcBif1, [fail, live, import, a, to]) => {
            guard(e, *fail, Some(*live), *import, &[*a], *to)?
        }
        (G::GcBif2, [fail, live, import, a, b, to]) => {
            guard(e, *fail, Some(*live), *import, &[*a, *b], *to)?;
        }
        (G::GcBif3, [fail, live, import, a, b, c, to]) => {
            guard(e, *fail, Some(*live), *import, &[*a, *b, *c], *to)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn local(e: &mut Emitter<'_>, op: Op, arity: Arg, slots: Option<Arg>, label: Arg) {
    let slots = slots.map_or(0, |s| e.small(s));
    if !e.fuse_move_and_call(op, e.small(arity)) {
        e.op(op, e.small(arity), slots, 0);
    }
    e.address(label);
}

fn import<'a>(e: &Emitter<'a>, index: Arg) -> &'a Export {
    e.resolved().imports[e.number(index) as usize]
}

fn external(e: &mut Emitter<'_>, op: Op, native: Op, arity: Arg, slots: Option<Arg>, index: Arg) {
    let export = import(e, index);
    let arity = e.small(arity);
    match export.native {
        Some(def) => {
            // 0 in place of slots + 1 says that there is no frame to pop.
            let frame = slots.map_or(0, |s| e.small(s) + 1);
            let stays = native == Op::CallNativeLast && !gives_up_its_caller(def);
            let at = e.op(native, arity, frame, u16::from(stays));
            // What stock has instructions for is not traced where it is called by name.
            if !gives_up_its_caller(def) && !matches!((def.name, def.arity), ("yield", 0)) {
                e.note_native_call(at);
            }
            e.word(std::ptr::from_ref::<NativeDef>(def) as u64);
            if stays {
                // What a trap returns to.
                e.op(Op::DeallocateReturn, frame.saturating_sub(1), 0, 0);
            }
        }
        None => {
            let slots = slots.map_or(0, |s| e.small(s));
            e.op(op, arity, slots, 0);
            e.word(std::ptr::from_ref(export) as u64);
        }
    }
}

/// Natives whose traps are tail calls: programs loop through them, and the stack must stay flat.
fn gives_up_its_caller(def: &NativeDef) -> bool {
    def.module == "erlang" && matches!((def.name, def.arity), ("apply", 2 | 3) | ("hibernate", 3))
}

/// A function allowed in guards. Some have instructions of their own.
fn guard(
    e: &mut Emitter<'_>,
    fail: Arg,
    live: Option<Arg>,
    index: Arg,
    args: &[Arg],
    to: Arg,
) -> Result<(), Unsupported> {
    let export = import(e, index);
    let fail = e.failure(fail, to);
    let live = live.map_or(NO_LIVE, |l| e.small(l));
    if export.module == atoms::ERLANG && own_instruction(e, export.function, fail, live, args, to) {
        return Ok(());
    }
    let Some(def) = export.native else {
        // Even in a guard this is an error and no failed test: nothing may hide what is missing.
        e.op(Op::GuardUndefined, args.len() as u16, 0, 0);
        e.word(std::ptr::from_ref(export) as u64);
        return Ok(());
    };
    let mut words = [crate::term::Word::NIL.0; 3];
    for (w, a) in words.iter_mut().zip(args) {
        *w = e.tagged(*a);
    }
    let to = e.dst(to);
    let at = e.op(Op::GuardCall, to, args.len() as u16, live);
    e.rel(at, fail);
    e.word(std::ptr::from_ref::<NativeDef>(def) as u64);
    words.into_iter().for_each(|w| e.word(w));
    Ok(())
}

fn own_instruction(
    e: &mut Emitter<'_>,
    name: Atom,
    fail: Arg,
    live: u16,
    args: &[Arg],
    to: Arg,
) -> bool {
    let to = e.dst(to);
    match (name.name(), args) {
        ("self", []) => {
            e.op(Op::SelfPid, to, 0, 0);
        }
        ("hd", [a]) => one(e, Op::Hd, *a, to, fail, 0),
        ("tl", [a]) => one(e, Op::Tl, *a, to, fail, 0),
        ("tuple_size", [a]) => one(e, Op::TupleSize, *a, to, fail, 0),
        ("bnot", [a]) => one(e, Op::Bnot, *a, to, fail, live),
        ("-", [a]) => one(e, Op::Neg, *a, to, fail, live),
        // As stock has it: zero is added.
        ("+", [a]) => {
            one(e, Op::AddC, *a, to, fail, live);
            e.word(crate::term::Word::small(0).0);
        }
        ("map_get", [k, m]) => two(e, Op::MapGet, *k, *m, to, fail, 0),
        ("is_map_key", [k, m]) => two(e, Op::IsMapKey, *k, *m, to, fail, 0),
        ("element", [i, t]) => two(e, Op::Element, *i, *t, to, fail, 0),
        ("+", [a, b]) if e.are_floats(*a, *b) => two(e, Op::AddFloats, *a, *b, to, fail, live),
        ("-", [a, b]) if e.are_floats(*a, *b) => two(e, Op::SubFloats, *a, *b, to, fail, live),
        ("*", [a, b]) if e.are_floats(*a, *b) => two(e, Op::MulFloats, *a, *b, to, fail, live),
        ("+", [a, b]) => match (e.small_constant(*a), e.small_constant(*b)) {
            (_, Some(_)) => with_constant(e, Op::AddC, *a, *b, to, fail, live),
            (Some(_), None) => with_constant(e, Op::AddC, *b, *a, to, fail, live),
            _ => two(e, Op::Add, *a, *b, to, fail, live),
        },
        ("-", [a, b]) => match e.small_constant(*b) {
            Some(_) => with_constant(e, Op::SubC, *a, *b, to, fail, live),
            None => two(e, Op::Sub, *a, *b, to, fail, live),
        },
        ("*", [a, b]) => two(e, Op::Mul, *a, *b, to, fail, live),
        ("/", [a, b]) => two(e, Op::Div, *a, *b, to, fail, live),
        ("div", [a, b]) => two(e, Op::IntDiv, *a, *b, to, fail, live),
        ("rem", [a, b]) => two(e, Op::Rem, *a, *b, to, fail, live),
        ("band", [a, b]) => two(e, Op::Band, *a, *b, to, fail, live),
        ("bor", [a, b]) => two(e, Op::Bor, *a, *b, to, fail, live),
        ("bxor", [a, b]) => two(e, Op::Bxor, *a, *b, to, fail, live),
        ("bsl", [a, b]) => two(e, Op::Bsl, *a, *b, to, fail, live),
        ("bsr", [a, b]) => two(e, Op::Bsr, *a, *b, to, fail, live),
        ("<", [a, b]) => value(e, Op::LtValue, *a, *b, to),
        (">", [a, b]) => value(e, Op::LtValue, *b, *a, to),
        (">=", [a, b]) => value(e, Op::GeValue, *a, *b, to),
        ("=<", [a, b]) => value(e, Op::GeValue, *b, *a, to),
        ("==", [a, b]) => value(e, Op::EqValue, *a, *b, to),
        ("/=", [a, b]) => value(e, Op::NeValue, *a, *b, to),
        ("=:=", [a, b]) => value(e, Op::EqExactValue, *a, *b, to),
        ("=/=", [a, b]) => value(e, Op::NeExactValue, *a, *b, to),
        _ => return false,
    }
    true
}

fn one(e: &mut Emitter<'_>, op: Op, a: Arg, to: u16, fail: Arg, live: u16) {
    let a = e.reg(a);
    let at = e.op(op, a, 0, to);
    e.rel_with(at, fail, u32::from(live));
}

fn two(e: &mut Emitter<'_>, op: Op, a: Arg, b: Arg, to: u16, fail: Arg, live: u16) {
    let a = e.reg(a);
    let b = e.reg(b);
    let at = e.op(op, a, b, to);
    e.rel_with(at, fail, u32::from(live));
}

/// A comparison whose value is asked for: it never fails.
fn value(e: &mut Emitter<'_>, op: Op, a: Arg, b: Arg, to: u16) {
    let a = e.reg(a);
    let b = e.reg(b);
    e.op(op, a, b, to);
}

fn with_constant(
    e: &mut Emitter<'_>,
    op: Op,
    a: Arg,
    constant: Arg,
    to: u16,
    fail: Arg,
    live: u16,
) {
    let w = e.constant(constant);
    let a = e.reg(a);
    let at = e.op(op, a, 0, to);
    e.rel_with(at, fail, u32::from(live));
    e.word(w.0);
}
