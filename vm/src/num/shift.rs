//! Arithmetic shifts. Right shifts round towards minus infinity, as two's complement does.

use super::big::{BigBuf, BigRef, Limbs};
use super::mul::mul_add_limb;
use super::{MAX_LIMBS, SystemLimit};

/// `a bsl count`; a negative count shifts right.
pub fn bsl(a: BigRef<'_>, count: i64) -> Result<BigBuf, SystemLimit> {
    if count >= 0 { left(a, count.unsigned_abs()) } else { right(a, count.unsigned_abs()) }
}

/// `a bsr count`; a negative count shifts left.
pub fn bsr(a: BigRef<'_>, count: i64) -> Result<BigBuf, SystemLimit> {
    if count >= 0 { right(a, count.unsigned_abs()) } else { left(a, count.unsigned_abs()) }
}

fn left(a: BigRef<'_>, count: u64) -> Result<BigBuf, SystemLimit> {
    if a.is_zero() || count == 0 {
        return Ok(a.to_owned());
    }
    // The exact size is known before anything is allocated. No overflow: both are below 2^64/2.
    let bits = a.bit_len() + count;
    if bits > MAX_LIMBS as u64 * 64 {
        return Err(SystemLimit);
    }
    let (whole, part) = ((count / 64) as usize, (count % 64) as u32);
    let mut limbs = Limbs::from_elem(0, whole);
    limbs.reserve(a.limbs.len() + 1);
    if part == 0 {
        limbs.extend_from_slice(a.limbs);
    } else {
        let mut carry = 0;
        for &limb in a.limbs {
            limbs.push(limb << part | carry);
            carry = limb >> (64 - part);
        }
        limbs.push(carry);
    }
    BigBuf::new(a.negative, limbs)
}

fn right(a: BigRef<'_>, count: u64) -> Result<BigBuf, SystemLimit> {
    let whole = count / 64;
    if whole >= a.limbs.len() as u64 {
        return Ok(if a.negative { BigBuf::from(-1i64) } else { BigBuf::default() });
    }
    let (whole, part) = (whole as usize, (count % 64) as u32);
    let (lost, kept) = a.limbs.split_at(whole);
    let mut limbs = Limbs::from_slice(kept);
    let mut lost_bits = lost.iter().any(|&limb| limb != 0);
    if part != 0 {
        let mut carry = 0;
        for limb in limbs.iter_mut().rev() {
            let low = *limb << (64 - part);
            *limb = *limb >> part | carry;
            carry = low;
        }
        lost_bits |= carry != 0;
    }
    // The magnitude was truncated; a negative number that lost bits is one further down.
    if a.negative && lost_bits {
        mul_add_limb(&mut limbs, 1, 1);
    }
    BigBuf::new(a.negative, limbs)
}
