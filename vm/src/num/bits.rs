//! Bitwise operations: integers as two's complement of unlimited width.

use super::SystemLimit;
use super::big::{BigBuf, BigRef, InlineInt, Limbs};

/// `a band b`.
pub fn band(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    bitwise(a, b, |x, y| x & y)
}

/// `a bor b`.
pub fn bor(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    bitwise(a, b, |x, y| x | y)
}

/// `a bxor b`.
pub fn bxor(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    bitwise(a, b, |x, y| x ^ y)
}

/// `bnot a`.
pub fn bnot(a: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    bxor(a, InlineInt::from(-1).as_ref())
}

fn bitwise(
    a: BigRef<'_>,
    b: BigRef<'_>,
    op: impl Fn(u64, u64) -> u64,
) -> Result<BigBuf, SystemLimit> {
    let mut limbs = Limbs::from_elem(0, a.limbs.len().max(b.limbs.len()) + 1);
    bitwise_to(&mut limbs, a, b, &op);
    BigBuf::new(is_negative_of(a, b, op), limbs)
}

/// Whether what `op` makes of two integers, bit by bit, is below zero.
#[inline(always)]
pub fn is_negative_of(a: BigRef<'_>, b: BigRef<'_>, op: impl Fn(u64, u64) -> u64) -> bool {
    op(u64::from(a.negative), u64::from(b.negative)) & 1 == 1
}

/// Writes the magnitude of what `op` makes of two integers, bit by bit and the same whichever comes first,
/// to `out`, which has one limb more than the longer of them: that one is all sign.
#[inline(always)]
pub fn bitwise_to(out: &mut [u64], a: BigRef<'_>, b: BigRef<'_>, op: impl Fn(u64, u64) -> u64) {
    let mut negation = Negation::of(is_negative_of(a, b, &op));
    let (a, b) = if a.limbs.len() < b.limbs.len() { (b, a) } else { (a, b) };
    let (mut a_negation, mut b_negation) = (Negation::of(a.negative), Negation::of(b.negative));
    let (low, high) = a.limbs.split_at(b.limbs.len());
    let (to_low, to_high) = out.split_at_mut(b.limbs.len());
    for ((to, x), y) in to_low.iter_mut().zip(low).zip(b.limbs) {
        *to = negation.next(op(a_negation.next(*x), b_negation.next(*y)));
    }
    // What is left of the shorter one is all sign.
    let y = b_negation.mask;
    for (to, x) in to_high.iter_mut().zip(high) {
        *to = negation.next(op(a_negation.next(*x), y));
    }
    to_high[high.len()] = negation.next(op(a_negation.mask, y));
}

/// As [`bitwise_to`], of two magnitudes: `out` is as long as the longer, or the shorter if what has no
/// counterpart is masked out.
#[inline(always)]
pub fn magnitudes_bitwise_to(out: &mut [u64], a: &[u64], b: &[u64], op: impl Fn(u64, u64) -> u64) {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    for ((to, x), y) in out.iter_mut().zip(long).zip(short) {
        *to = op(*x, *y);
    }
    for (to, x) in out.iter_mut().zip(long).skip(short.len()) {
        *to = op(*x, 0);
    }
}

/// Negates a number in two's complement limb by limb, from the lowest on, or leaves it as it is.
#[derive(Clone, Copy)]
pub(super) struct Negation {
    /// All ones if it negates.
    mask: u64,
    carry: u64,
}

impl Negation {
    #[inline(always)]
    pub(super) fn of(negative: bool) -> Negation {
        let carry = u64::from(negative);
        Negation { mask: carry.wrapping_neg(), carry }
    }

    #[inline(always)]
    pub(super) fn next(&mut self, limb: u64) -> u64 {
        let (limb, over) = (limb ^ self.mask).overflowing_add(self.carry);
        self.carry = u64::from(over);
        limb
    }
}

/// Two's complement negation in place.
pub(super) fn negate(limbs: &mut [u64]) {
    let mut negation = Negation::of(true);
    for limb in limbs {
        *limb = negation.next(*limb);
    }
}
