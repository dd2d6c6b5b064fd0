//! Bitwise operations: integers as two's complement of unlimited width.

use super::SystemLimit;
use super::add::{neg, sub};
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

/// `bnot a`, which is `-a - 1`.
pub fn bnot(a: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    sub(neg(a).as_ref(), InlineInt::from(1).as_ref())
}

fn bitwise(
    a: BigRef<'_>,
    b: BigRef<'_>,
    op: impl Fn(u64, u64) -> u64,
) -> Result<BigBuf, SystemLimit> {
    // One limb more than the longer: it is all sign, in both operands and so in the result.
    let width = a.limbs.len().max(b.limbs.len()) + 1;
    let mut limbs: Limbs =
        twos_complement(a).zip(twos_complement(b)).take(width).map(|(x, y)| op(x, y)).collect();
    let negative = limbs.last().is_some_and(|&top| top >> 63 == 1);
    if negative {
        negate(&mut limbs);
    }
    BigBuf::new(negative, limbs)
}

/// The limbs of `a` in two's complement, without end.
pub(super) fn twos_complement(a: BigRef<'_>) -> impl Iterator<Item = u64> {
    // Negation: everything below the lowest set bit stays zero, above it is inverted.
    let mut carry = a.negative;
    a.limbs.iter().copied().chain(std::iter::repeat(0)).map(move |limb| {
        if !a.negative {
            return limb;
        }
        let (limb, over) = (!limb).overflowing_add(u64::from(carry));
        carry = over;
        limb
    })
}

/// Two's complement negation in place.
pub(super) fn negate(limbs: &mut [u64]) {
    let mut carry = true;
    for limb in limbs {
        (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
    }
}
