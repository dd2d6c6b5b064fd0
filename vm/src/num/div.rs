//! Division, truncating as Erlang's `div` and `rem`: the remainder has the dividend's sign.

use std::cmp::Ordering;

use super::big::{BigBuf, BigRef, Limbs, cmp_magnitude};
use super::library;

/// `a div b` and `a rem b`; `None` when `b` is zero.
pub fn div_rem(a: BigRef<'_>, b: BigRef<'_>) -> Option<(BigBuf, BigBuf)> {
    if b.is_zero() {
        return None;
    }
    if cmp_magnitude(a.limbs, b.limbs) == Ordering::Less {
        return Some((BigBuf::default(), a.to_owned()));
    }
    let (quotient, remainder) = match (a.limbs, b.limbs) {
        (_, &[divisor]) => {
            let mut quotient = Limbs::from_slice(a.limbs);
            let remainder = div_limb(&mut quotient, divisor);
            (quotient, Limbs::from_slice(&[remainder]))
        }
        (&[a0, a1], &[b0, b1]) => {
            let (x, y) = (wide(a0, a1), wide(b0, b1));
            (halves(x / y), halves(x % y))
        }
        _ => library::div_rem(a.limbs, b.limbs),
    };
    Some((
        BigBuf::normalised(a.negative != b.negative, quotient),
        BigBuf::normalised(a.negative, remainder),
    ))
}

/// `a div b`; `None` when `b` is zero.
pub fn div(a: BigRef<'_>, b: BigRef<'_>) -> Option<BigBuf> {
    div_rem(a, b).map(|(quotient, _)| quotient)
}

/// `a rem b`; `None` when `b` is zero.
pub fn rem(a: BigRef<'_>, b: BigRef<'_>) -> Option<BigBuf> {
    div_rem(a, b).map(|(_, remainder)| remainder)
}

/// Divides in place by one limb, which is not zero; returns the remainder.
pub(super) fn div_limb(limbs: &mut Limbs, divisor: u64) -> u64 {
    let mut remainder = 0u64;
    for limb in limbs.iter_mut().rev() {
        let x = wide(*limb, remainder);
        // The high half is below the divisor, so the quotient is one limb.
        *limb = (x / u128::from(divisor)) as u64;
        remainder = (x % u128::from(divisor)) as u64;
    }
    remainder
}

fn wide(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

fn halves(n: u128) -> Limbs {
    Limbs::from_slice(&[n as u64, (n >> 64) as u64])
}
