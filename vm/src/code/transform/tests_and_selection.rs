//! Tests and selection.

use super::super::ops::Op;
use super::{Emitter, Unsupported, arity_header};
use crate::term::Word;
use loader::{Arg, GenOp};

/// Emits the instruction, if it is of this family.
pub(super) fn instruction(
    e: &mut Emitter<'_>,
    op: GenOp,
    args: &[Arg],
) -> Result<bool, Unsupported> {
    use GenOp as G;
    let type_test = match op {
        G::IsInteger => Some(Op::IsInteger),
        G::IsFloat => Some(Op::IsFloat),
        G::IsNumber => Some(Op::IsNumber),
        G::IsAtom => Some(Op::IsAtom),
        G::IsBoolean => Some(Op::IsBoolean),
        G::IsPid => Some(Op::IsPid),
        G::IsPort => Some(Op::IsPort),
        G::IsReference => Some(Op::IsReference),
        G::IsNil => Some(Op::IsNil),
        G::IsBinary => Some(Op::IsBinary),
        G::IsBitstr => Some(Op::IsBitstr),
        G::IsList => Some(Op::IsList),
        G::IsNonemptyList => Some(Op::IsNonemptyList),
        G::IsTuple => Some(Op::IsTuple),
        G::IsMap => Some(Op::IsMap),
        G::IsFunction => Some(Op::IsFunction),
        _ => None,
    };
    if let (Some(op), [fail, a]) = (type_test, args) {
        let a = e.reg(*a);
        let at = e.op(op, a, 0, 0);
        e.rel_high(at, *fail);
        return Ok(true);
    }
    match (op, args) {
        (G::IsFunction2, [fail, a, arity]) => {
            let arity = e.tagged(*arity);
            let a = e.reg(*a);
            let at = e.op(Op::IsFunction2, a, 0, 0);
            e.rel_high(at, *fail);
            e.word(arity);
        }
        (G::TestArity, [fail, a, arity]) => {
            let a = e.reg(*a);
            let n = e.number(*arity);
            if e.fuse_tuple_test(a, *fail, arity_header(n)) {
                return Ok(true);
            }
            let op = if e.unproven() { Op::IsTupleOfArity } else { Op::TestArity };
            let at = e.op(op, a, 0, 0);
            e.rel_high(at, *fail);
            e.word(arity_header(n));
        }
        (G::IsTaggedTuple, [fail, a, arity, tag]) => {
            let a = e.reg(*a);
            let at = e.op(Op::IsTaggedTuple, a, 0, 0);
            e.rel_high(at, *fail);
            let n = e.number(*arity);
            e.word(arity_header(n));
            let tag = e.constant(*tag);
            e.word(tag.0);
        }
        (G::IsLt, [fail, a, b]) => order(e, [Op::IsLt, Op::IsLtRC, Op::IsLtCR], *fail, *a, *b),
        (G::IsGe, [fail, a, b]) => order(e, [Op::IsGe, Op::IsGeRC, Op::IsGeCR], *fail, *a, *b),
        (G::IsEq, [fail, a, b]) => two(e, Op::IsEq, *fail, *a, *b),
        (G::IsNe, [fail, a, b]) => two(e, Op::IsNe, *fail, *a, *b),
        (G::IsEqExact, [fail, a, b]) => exact(e, Op::IsEqExact, Op::IsEqExactImm, *fail, *a, *b),
        (G::IsNeExact, [fail, a, b]) => exact(e, Op::IsNeExact, Op::IsNeExactImm, *fail, *a, *b),
        (G::SelectVal, [a, fail, list]) => select_val(e, *a, *fail, *list),
        (G::SelectTupleArity, [a, fail, list]) => {
            let pairs = e
                .list(*list)
                .chunks_exact(2)
                .map(|p| (arity_header(e.number(p[0])), p[1]))
                .collect();
            select(e, Op::SelectArity, *a, *fail, pairs, true);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn two(e: &mut Emitter<'_>, op: Op, fail: Arg, a: Arg, b: Arg) {
    let a = e.reg(a);
    let b = e.reg(b);
    let at = e.op(op, a, b, 0);
    e.rel(at, fail);
}

fn with_word(e: &mut Emitter<'_>, op: Op, fail: Arg, a: Arg, w: u64) {
    let a = e.reg(a);
    let at = e.op(op, a, 0, 0);
    e.rel_high(at, fail);
    e.word(w);
}

/// A comparison of order: of two registers, with an immediate on the right or on the left.
fn order(e: &mut Emitter<'_>, [rr, rc, cr]: [Op; 3], fail: Arg, a: Arg, b: Arg) {
    if let Some(w) = e.immediate(b) {
        with_word(e, rc, fail, a, w.0);
    } else if let Some(w) = e.immediate(a) {
        with_word(e, cr, fail, b, w.0);
    } else {
        two(e, rr, fail, a, b);
    }
}

fn exact(e: &mut Emitter<'_>, rr: Op, imm: Op, fail: Arg, a: Arg, b: Arg) {
    if let Some(w) = e.plain_immediate(b) {
        with_word(e, imm, fail, a, w.0);
    } else if let Some(w) = e.plain_immediate(a) {
        with_word(e, imm, fail, b, w.0);
    } else {
        two(e, rr, fail, a, b);
    }
}

fn select_val(e: &mut Emitter<'_>, a: Arg, fail: Arg, list: Arg) {
    let pairs: Vec<(Arg, Arg)> = e.list(list).chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let immediate = pairs.iter().all(|(v, _)| e.plain_immediate(*v).is_some());
    let pairs = pairs.into_iter().map(|(v, l)| (e.constant(v).0, l)).collect();
    select(e, if immediate { Op::SelectImm } else { Op::SelectVal }, a, fail, pairs, immediate);
}

fn select(e: &mut Emitter<'_>, op: Op, a: Arg, fail: Arg, mut pairs: Vec<(u64, Arg)>, sort: bool) {
    if sort {
        pairs.sort_by_key(|p| p.0);
    }
    let a = e.reg(a);
    if op == Op::SelectImm && dense(&pairs) {
        let at = e.op(Op::SelectDense, a, 0, 0);
        e.rel_high(at, fail);
        let (lowest, count) = (pairs[0].0, span(&pairs));
        e.word(lowest);
        e.word(count);
        let mut rest = pairs.iter().peekable();
        for i in 0..count {
            let here = rest.next_if(|(v, _)| (*v).wrapping_sub(lowest) >> 4 == i);
            e.rel(at, here.map_or(fail, |(_, label)| *label));
        }
        return;
    }
    let at = e.op(op, a, 0, 0);
    e.rel_high(at, fail);
    e.word(pairs.len() as u64);
    for (value, _) in &pairs {
        e.word(*value);
    }
    for (_, label) in &pairs {
        e.rel(at, *label);
    }
}

/// How many integers there are from the lowest to the highest of ascending small ones.
fn span(pairs: &[(u64, Arg)]) -> u64 {
    let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return 0 };
    (last.0.wrapping_sub(first.0) >> 4) + 1
}

/// Whether the ascending values are small integers that fill at least half of their range.
fn dense(pairs: &[(u64, Arg)]) -> bool {
    pairs.len() >= 3
        && pairs.iter().all(|(v, _)| Word(*v).is_small())
        && span(pairs) <= 2 * pairs.len() as u64
}
