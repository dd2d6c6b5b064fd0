//! Arithmetic shifts. Right shifts round towards minus infinity, as two's complement does.

use super::big::{BigBuf, BigRef, Limbs};
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
    let mut limbs = Limbs::from_elem(0, left_len(a, count)?);
    left_to(&mut limbs, a.limbs, count);
    BigBuf::new(a.negative, limbs)
}

fn right(a: BigRef<'_>, count: u64) -> Result<BigBuf, SystemLimit> {
    let mut limbs = Limbs::from_elem(0, right_len(a, count));
    right_to(&mut limbs, a, count);
    BigBuf::new(a.negative, limbs)
}

/// How many limbs [`left_to`] writes to.
#[inline]
pub fn left_len(a: BigRef<'_>, count: u64) -> Result<usize, SystemLimit> {
    if a.is_zero() {
        return Ok(0);
    }
    // The exact size is known before anything is allocated. No overflow: both are below 2^64/2.
    if a.bit_len() + count > MAX_LIMBS as u64 * 64 {
        return Err(SystemLimit);
    }
    Ok((count / 64) as usize + a.limbs.len() + 1)
}

/// Writes a magnitude shifted left by `count` bits to `out`, which is zero and of [`left_len`] limbs.
#[inline]
pub fn left_to(out: &mut [u64], limbs: &[u64], count: u64) {
    let (whole, part) = ((count / 64) as usize, (count % 64) as u32);
    let mut low = 0;
    let mut places = out.iter_mut().skip(whole);
    for (&limb, place) in limbs.iter().zip(places.by_ref()) {
        let shifted = u128::from(limb) << part;
        *place = shifted as u64 | low;
        low = (shifted >> 64) as u64;
    }
    if let Some(place) = places.next() {
        *place = low;
    }
}

/// How many limbs [`right_to`] writes to.
#[inline]
pub fn right_len(a: BigRef<'_>, count: u64) -> usize {
    // A negative number is rounded away from zero.
    a.limbs.len() - whole_lost(a, count) + usize::from(a.negative)
}

/// Limbs that a shift to the right by `count` bits does away with.
fn whole_lost(a: BigRef<'_>, count: u64) -> usize {
    (count / 64).min(a.limbs.len() as u64) as usize
}

/// Writes the magnitude of an integer shifted right by `count` bits to `out`, which is zero and of
/// [`right_len`] limbs.
#[inline]
pub fn right_to(out: &mut [u64], a: BigRef<'_>, count: u64) {
    let (lost, kept) = a.limbs.split_at(whole_lost(a, count));
    let part = (count % 64) as u32;
    for (to, two) in out.iter_mut().zip(kept.windows(2)) {
        *to = ((u128::from(two[1]) << 64 | u128::from(two[0])) >> part) as u64;
    }
    if let (Some(last), Some(to)) = (kept.last(), out.get_mut(kept.len().wrapping_sub(1))) {
        *to = last >> part;
    }
    if !a.negative {
        return;
    }
    // The magnitude was truncated; a negative number that lost bits is one further down.
    let lost_part = kept.first().is_some_and(|limb| limb.trailing_zeros() < part);
    if lost_part || lost.iter().any(|&limb| limb != 0) {
        for limb in out {
            *limb = limb.wrapping_add(1);
            if *limb != 0 {
                break;
            }
        }
    }
}
