//! Division, truncating as Erlang's `div` and `rem`: the remainder has the dividend's sign.

use std::cmp::Ordering;

use super::big::{BigBuf, BigRef, Limbs, cmp_magnitude};
use super::library;
use smallvec::SmallVec;

/// `a div b` and `a rem b`; `None` when `b` is zero.
pub fn div_rem(a: BigRef<'_>, b: BigRef<'_>) -> Option<(BigBuf, BigBuf)> {
    if b.is_zero() {
        return None;
    }
    if cmp_magnitude(a.limbs, b.limbs) == Ordering::Less {
        return Some((BigBuf::default(), a.to_owned()));
    }
    let (quotient, remainder) = if divides_short(a.limbs, b.limbs) {
        let mut quotient = Limbs::from_elem(0, a.limbs.len() + 1 - b.limbs.len());
        let mut rest = Rest::from_slice(a.limbs);
        div_to(&mut quotient, &mut rest, b.limbs);
        (quotient, Limbs::from_slice(&rest))
    } else {
        library::div_rem(a.limbs, b.limbs)
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

/// Up to so many limbs of the quotient times those of the divisor the plain method beats the library's
/// set-up.
const PLAIN_STEPS: usize = 64;

/// What is left of a dividend while it is divided. Limbs of an everyday one need no allocation.
pub type Rest = SmallVec<[u64; 12]>;

/// Whether a quotient is best made by [`div_to`].
pub fn divides_short(a: &[u64], b: &[u64]) -> bool {
    !b.is_empty() && a.len() >= b.len() && (a.len() + 1 - b.len()) * b.len() <= PLAIN_STEPS
}

/// Writes the quotient of the magnitude in `rest` and `b` to `quotient`, which has one limb more than
/// `rest` has beyond those of `b`, and leaves the remainder in `rest`. `b` is normalised, not zero, and
/// not longer than `rest`.
///
/// The method is Knuth's (The Art of Computer Programming, volume 2, 4.3.1, algorithm D).
pub fn div_to(quotient: &mut [u64], rest: &mut Rest, b: &[u64]) {
    if let &[divisor] = b {
        let remainder = div_limb(rest, divisor);
        quotient.copy_from_slice(rest);
        rest.truncate(1);
        rest[0] = remainder;
        return;
    }
    let n = b.len();
    // The divisor's highest bit is set, so that two of its limbs tell a limb of the quotient, or one
    // more than that.
    let shift = b[n - 1].leading_zeros();
    let mut divisor = Limbs::from_slice(b);
    shift_left(&mut divisor, shift);
    let out = shift_left(rest, shift);
    rest.push(out);
    let (top, next) = (Reciprocal::of(divisor[n - 1]), divisor[n - 2]);
    for (j, digit) in quotient.iter_mut().enumerate().rev() {
        let window = &mut rest[j..=j + n];
        let mut q = estimate([window[n], window[n - 1], window[n - 2]], top, next);
        if subtract_product(window, &divisor, q) {
            q -= 1;
            add_back(window, &divisor);
        }
        *digit = q;
    }
    rest.truncate(n);
    shift_right(rest, shift);
}

/// A limb of the quotient from the three highest limbs of what is left and the two highest of the divisor.
/// At most one too many.
fn estimate([high, middle, low]: [u64; 3], top: Reciprocal, next: u64) -> u64 {
    // What is left is less than the divisor, so its highest limb is at most `top`.
    let (mut q, mut left) = if high == top.divisor {
        (u64::MAX, u128::from(middle) + u128::from(high))
    } else {
        let (q, left) = top.divide(middle, high);
        (q, u128::from(left))
    };
    while left >> 64 == 0 && u128::from(q) * u128::from(next) > wide(low, left as u64) {
        q -= 1;
        left += u128::from(top.divisor);
    }
    q
}

/// What is multiplied by in place of dividing, which takes long. (Möller and Granlund, Improved division by
/// invariant integers, 2011, algorithm 4.)
#[derive(Clone, Copy)]
struct Reciprocal {
    /// Its highest bit is set.
    divisor: u64,
    /// The highest number of two limbs divided by it, less 2 to the 64.
    inverse: u64,
}

impl Reciprocal {
    fn of(divisor: u64) -> Reciprocal {
        Reciprocal { divisor, inverse: (wide(u64::MAX, !divisor) / u128::from(divisor)) as u64 }
    }

    /// Quotient and remainder of two limbs of which the higher is below the divisor: so the quotient is
    /// one limb.
    #[inline(always)]
    fn divide(self, low: u64, high: u64) -> (u64, u64) {
        let guess = u128::from(self.inverse) * u128::from(high) + wide(low, high);
        let mut quotient = ((guess >> 64) as u64).wrapping_add(1);
        let mut left = low.wrapping_sub(quotient.wrapping_mul(self.divisor));
        if left > guess as u64 {
            quotient = quotient.wrapping_sub(1);
            left = left.wrapping_add(self.divisor);
        }
        if left >= self.divisor {
            quotient += 1;
            left -= self.divisor;
        }
        (quotient, left)
    }
}

/// Takes `q` times the divisor from a window with one limb more; whether that was more than there was.
fn subtract_product(window: &mut [u64], divisor: &[u64], q: u64) -> bool {
    let (last, window) = window.split_last_mut().expect("it has one more than the divisor");
    let (mut carry, mut borrow) = (0, false);
    for (limb, &d) in window.iter_mut().zip(divisor) {
        let product = u128::from(q) * u128::from(d) + u128::from(carry);
        carry = (product >> 64) as u64;
        (*limb, borrow) = borrowing(*limb, product as u64, borrow);
    }
    (*last, borrow) = borrowing(*last, carry, borrow);
    borrow
}

/// `a - b - borrow` and whether that borrows.
fn borrowing(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (d, first) = a.overflowing_sub(b);
    let (d, second) = d.overflowing_sub(u64::from(borrow));
    (d, first | second)
}

/// Adds the divisor to a window that has fallen below zero.
fn add_back(window: &mut [u64], divisor: &[u64]) {
    let (last, window) = window.split_last_mut().expect("it has one more than the divisor");
    let mut carry = 0;
    for (limb, &d) in window.iter_mut().zip(divisor) {
        let sum = u128::from(*limb) + u128::from(d) + carry;
        *limb = sum as u64;
        carry = sum >> 64;
    }
    *last = last.wrapping_add(carry as u64);
}

/// Shifts by less than a limb; what goes out at the high end.
fn shift_left(limbs: &mut [u64], bits: u32) -> u64 {
    let mut low = 0;
    for limb in limbs {
        let shifted = u128::from(*limb) << bits;
        *limb = shifted as u64 | low;
        low = (shifted >> 64) as u64;
    }
    low
}

/// Shifts by less than a limb; what goes out at the low end is zero.
fn shift_right(limbs: &mut [u64], bits: u32) {
    let mut high = 0;
    for limb in limbs.iter_mut().rev() {
        let whole = wide(*limb, high);
        high = *limb;
        *limb = (whole >> bits) as u64;
    }
}

/// Divides in place by one limb, which is not zero; returns the remainder.
#[inline]
pub fn div_limb(limbs: &mut [u64], divisor: u64) -> u64 {
    if let [limb] = limbs {
        let remainder = *limb % divisor;
        *limb /= divisor;
        return remainder;
    }
    let shift = divisor.leading_zeros();
    let by = Reciprocal::of(divisor << shift);
    let mut remainder = shift_left(limbs, shift);
    for limb in limbs.iter_mut().rev() {
        (*limb, remainder) = by.divide(*limb, remainder);
    }
    remainder >> shift
}

/// What remains of a magnitude divided by one limb, which is not zero.
#[inline]
pub fn rem_limb(limbs: &[u64], divisor: u64) -> u64 {
    if let [limb] = limbs {
        return limb % divisor;
    }
    let shift = divisor.leading_zeros();
    let by = Reciprocal::of(divisor << shift);
    // What is below in the next limb comes with each.
    let (mut remainder, mut above) = (0, 0);
    for limb in limbs.iter().rev() {
        remainder = by.divide((wide(*limb, above) << shift >> 64) as u64, remainder).1;
        above = *limb;
    }
    by.divide(above << shift, remainder).1 >> shift
}

fn wide(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limbs at which carries, borrows and guesses of a quotient go to their ends.
    const EDGES: [u64; 6] = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1];

    /// Numbers of `n` such limbs, the highest not zero.
    fn numbers(n: u32) -> impl Iterator<Item = Vec<u64>> {
        let count = EDGES.len();
        (0..count.pow(n)).filter_map(move |i| {
            let limbs: Vec<u64> = (0..n).map(|k| EDGES[i / count.pow(k) % count]).collect();
            (limbs.last() != Some(&0)).then_some(limbs)
        })
    }

    #[test]
    fn quotients_and_remainders_are_the_librarys() {
        for (of, by) in [(1, 1), (2, 1), (4, 1), (3, 2), (4, 2), (4, 3), (3, 3)] {
            for b in numbers(by) {
                for a in numbers(of) {
                    let mut quotient = vec![0; a.len() + 1 - b.len()];
                    let mut rest = Rest::from_slice(&a);
                    div_to(&mut quotient, &mut rest, &b);
                    let (q, r) = library::div_rem(&a, &b);
                    if let [divisor] = b[..] {
                        assert_eq!(r.first().copied().unwrap_or(0), rem_limb(&a, divisor));
                    }
                    let told = (BigRef::new(false, &quotient), BigRef::new(false, &rest));
                    assert_eq!(
                        told,
                        (BigRef::new(false, &q), BigRef::new(false, &r)),
                        "{a:?} {b:?}"
                    );
                }
            }
        }
    }
}
