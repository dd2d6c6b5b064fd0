//! Arithmetic on integers that are not small but fit 128 bits: identifiers, hashes, times, sums.
//!
//! They are computed in machine words. What is wider is left to `term::arith`.

use super::{M, garbage_collect_with};
use crate::code::ops::NO_LIVE;
use crate::term::Word;
use crate::term::layout::{Kind, header};

/// What an operator makes of two such integers; `None` if it does not fit or is an error.
pub(super) type Narrow = fn(i128, i128) -> Option<i128>;

pub(super) const ADD: Narrow = i128::checked_add;
pub(super) const SUB: Narrow = i128::checked_sub;
pub(super) const MUL: Narrow = i128::checked_mul;
pub(super) const DIV: Narrow = i128::checked_div;
pub(super) const REM: Narrow = i128::checked_rem;
pub(super) const BAND: Narrow = |a, b| Some(a & b);
pub(super) const BOR: Narrow = |a, b| Some(a | b);
pub(super) const BXOR: Narrow = |a, b| Some(a ^ b);
pub(super) const BSL: Narrow = |a, n| shift_left(a, i64::try_from(n).ok()?);
pub(super) const BSR: Narrow = |a, n| shift_left(a, i64::try_from(n).ok()?.checked_neg()?);

/// Shifted to the right if the count is negative.
fn shift_left(a: i128, n: i64) -> Option<i128> {
    if n <= 0 {
        return Some(a >> n.unsigned_abs().min(127));
    }
    let shifted = a.checked_shl(n.try_into().ok()?)?;
    (shifted >> n == a).then_some(shifted)
}

/// The result of `f` on two terms if all three are integers of at most 128 bits. If the heap has no
/// room for one that is not small it is collected first, with `live` registers alive, or if it must
/// not be, there is no result.
#[inline(always)]
pub(super) unsafe fn compute(m: M, f: Narrow, a: Word, b: Word, live: u16) -> Option<(M, Word)> {
    // SAFETY: both are terms.
    let n = unsafe { f(value(a)?, value(b)?)? };
    if let Some(small) = i64::try_from(n).ok().and_then(Word::try_small) {
        return Some((m, small));
    }
    let magnitude = n.unsigned_abs();
    let limbs = [magnitude as u64, (magnitude >> 64) as u64];
    let count = if limbs[1] == 0 { 1 } else { 2 };
    let mut m = m;
    if m.free() <= count {
        if live == NO_LIVE {
            return None;
        }
        // SAFETY: as the instruction's live count says; the operands are not needed any more.
        m = unsafe {
            garbage_collect_with(m, 1 + count, live.into(), &mut Word::NIL.clone(), false)
        };
    }
    // SAFETY: the words from `hp` to `sp` are free, and they are enough.
    unsafe {
        let p = m.hp;
        *p = header(if n < 0 { Kind::BigNeg } else { Kind::BigPos }, count);
        for (i, limb) in limbs.into_iter().take(count).enumerate() {
            *p.add(1 + i) = Word(limb);
        }
        m.hp = p.add(1 + count);
        Some((m, Word::from_boxed_ptr(p)))
    }
}

/// An integer of at most 128 bits with its sign.
#[inline(always)]
unsafe fn value(w: Word) -> Option<i128> {
    const POSITIVE: [Word; 2] = [header(Kind::BigPos, 1), header(Kind::BigPos, 2)];
    const NEGATIVE: [Word; 2] = [header(Kind::BigNeg, 1), header(Kind::BigNeg, 2)];
    if w.is_small() {
        return Some(w.small_value().into());
    }
    if !w.is_boxed() {
        return None;
    }
    // SAFETY: a boxed term points to a header, which tells how many words follow.
    let (header, magnitude) = unsafe {
        let p = w.boxed_ptr();
        let limb = |i: usize| u128::from((*p.add(1 + i)).0);
        match *p {
            h if h == POSITIVE[0] || h == NEGATIVE[0] => (h, limb(0)),
            h if h == POSITIVE[1] || h == NEGATIVE[1] => (h, limb(1) << 64 | limb(0)),
            _ => return None,
        }
    };
    let n = i128::try_from(magnitude).ok()?;
    Some(if NEGATIVE.contains(&header) { -n } else { n })
}
