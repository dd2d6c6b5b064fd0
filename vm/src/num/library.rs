//! The door to the library that does what is more than linear on long integers.
//!
//! The library is `dashu-int`. Measured against `num-bigint`, its time is (below 1 is quicker), at
//! 1,000 limbs: multiply 0.97, divide 2,000 by 1,000 limbs 0.87, print in decimal 0.94, parse
//! 0.61; at 10,000 limbs: 1.15, 0.95, 1.02, 0.32. It also takes and lends 64-bit limbs as they
//! are, which the other copies into 32-bit halves (0.07 at 1,000 limbs).

use dashu_int::ops::DivRem;
use dashu_int::{UBig, Word};

use super::big::Limbs;

// The library's word is the machine's; limbs go through as they are.
const _: () = assert!(Word::BITS == 64);

fn from_library(n: &UBig) -> Limbs {
    Limbs::from_slice(n.as_words())
}

/// Product of two magnitudes.
pub(super) fn mul(a: &[u64], b: &[u64]) -> Limbs {
    if a == b {
        return from_library(&UBig::from_words(a).sqr());
    }
    from_library(&(UBig::from_words(a) * UBig::from_words(b)))
}

/// Quotient and remainder of two magnitudes; `b` is not zero.
pub(super) fn div_rem(a: &[u64], b: &[u64]) -> (Limbs, Limbs) {
    let (quotient, remainder) = UBig::from_words(a).div_rem(UBig::from_words(b));
    (from_library(&quotient), from_library(&remainder))
}

/// Digits in lower case; base 2 to 36.
pub(super) fn to_text(a: &[u64], base: u8) -> String {
    UBig::from_words(a).in_radix(base).to_string()
}

/// Magnitude of digits already checked to be digits of `base`.
pub(super) fn from_text(digits: &str, base: u32) -> Option<Limbs> {
    UBig::from_str_radix(digits, base).ok().map(|n| from_library(&n))
}
