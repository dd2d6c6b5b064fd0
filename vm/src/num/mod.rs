//! Numbers as such: integers of any size and the text of integers and floats.
//!
//! What lives here knows nothing of terms, heaps or processes. An integer comes in as a borrowed
//! sign and limbs ([`BigRef`]) and goes out as an owned one ([`BigBuf`]); whoever calls decides
//! whether the result is a small integer of the machine or a big one on some heap. Functions whose
//! names end in `_to` write the limbs of a result where the caller wants them.
//!
//! Invariant: every `BigBuf` a function returns is normalised (no leading zero limb, zero is not
//! negative) and has at most [`MAX_LIMBS`] limbs; what would be larger is [`SystemLimit`].

mod add;
mod big;
mod bits;
mod bytes;
mod div;
mod float;
pub mod float_text;
mod library;
mod mul;
mod shift;
mod small;
mod text;

pub use add::{abs, add, add_to, neg, sub, sub_to};
pub use big::{BigBuf, BigRef, InlineInt, Limbs, cmp, cmp_magnitude};
pub use bits::{band, bitwise_to, bnot, bor, bxor, is_negative_of, magnitudes_bitwise_to};
pub use bytes::{Endian, bytes_to, from_bits, from_bytes, limb_of, low_limb, to_bits, to_bytes};
pub use div::{Rest, div, div_limb, div_rem, div_to, divides_short, rem, rem_limb};
pub use float::{TWO_63, cmp_f64, mantissa, to_f64, whole};
pub use mul::{is_short, mul, mul_to};
pub use shift::{bsl, bsr, left_len, left_to, right_len, right_to};
pub use small::{
    SMALL_BITS, SMALL_MAX, SMALL_MIN, add_i64, bsl_i64, bsr_i64, cmp_i64_f64, is_small, mul_i64,
    sub_i64,
};
pub use text::{
    ParseError, Prefix, parse, parse_prefix, parse_short, parse_short_bytes, parse_two_limbs,
    to_text, with_text, with_text_of_limb,
};

/// Most limbs an integer may have, as in OTP 25 (`BIG_ARITY_MAX`): 2^19 - 1, about 4 MB.
pub const MAX_LIMBS: usize = (1 << 19) - 1;

/// The result would have more than [`MAX_LIMBS`] limbs; Erlang raises `system_limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemLimit;
