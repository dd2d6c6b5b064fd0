//! Integers as text in base 2 to 36, both ways.

use super::big::{BigBuf, BigRef, Limbs};
use super::div::div_limb;
use super::mul::mul_add_limb;
use super::{MAX_LIMBS, library};

/// Up to so many limbs repeated short division beats the library's set-up.
const PLAIN_LIMBS: usize = 8;

/// Why a text is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// No digits, or something that is not a digit of the base.
    Syntax,
    /// More than [`MAX_LIMBS`] limbs; Erlang raises `system_limit`.
    SystemLimit,
}

/// The integer in `base`, digits above 9 in upper case.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn to_text(a: BigRef<'_>, base: u32) -> String {
    if let [limb] = a.limbs {
        let text = |digits: &[u8]| digits.iter().map(|&byte| char::from(byte)).collect();
        return with_text_of_limb(a.negative, *limb, base, text);
    }
    check_base(base);
    let mut text = String::new();
    if a.negative {
        text.push('-');
    }
    if a.is_zero() {
        text.push('0');
    } else if a.limbs.len() > PLAIN_LIMBS {
        let mut digits = library::to_text(a.limbs, base as u8);
        digits.make_ascii_uppercase();
        text.push_str(&digits);
    } else {
        push_plain(&mut text, a.limbs, base);
    }
    text
}

/// Calls `f` with what [`to_text`] gives for an integer of one limb, which is ASCII.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn with_text_of_limb<R>(negative: bool, limb: u64, base: u32, f: impl FnOnce(&[u8]) -> R) -> R {
    check_base(base);
    // A sign and 64 digits of one bit.
    let mut text = [0; 65];
    let mut at = text.len();
    let mut push = |byte: u8| {
        at -= 1;
        text[at] = byte;
    };
    let mut rest = limb;
    if base == 10 {
        // A division by a constant is a multiplication.
        while rest >= 10 {
            push(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
    } else {
        let base = u64::from(base);
        while rest >= base {
            push(digit((rest % base) as u8));
            rest /= base;
        }
    }
    push(digit(rest as u8));
    if negative {
        push(b'-');
    }
    f(&text[at..])
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + value - 10 }
}

fn push_plain(text: &mut String, limbs: &[u64], base: u32) {
    let (chunk_digits, chunk) = chunk(base);
    let base = u64::from(base);
    let mut rest = Limbs::from_slice(limbs);
    // Least significant digit first; 512 bits at one a digit are the most.
    let mut digits: smallvec::SmallVec<[u8; 64]> = smallvec::SmallVec::new();
    while !rest.is_empty() {
        let mut part = if let [only] = rest[..] {
            rest.clear();
            only
        } else {
            let part = div_limb(&mut rest, chunk);
            while rest.last() == Some(&0) {
                rest.pop();
            }
            part
        };
        // Below the top every chunk has all its digits.
        let full = if rest.is_empty() { 0 } else { chunk_digits };
        let start = digits.len();
        while part != 0 || digits.len() - start < full {
            digits.push(digit((part % base) as u8));
            part /= base;
        }
    }
    text.extend(digits.iter().rev().map(|&byte| char::from(byte)));
}

/// An integer in `base`: digits in either case, with or without a sign in front.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn parse(text: &[u8], base: u32) -> Result<BigBuf, ParseError> {
    check_base(base);
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let is_digit = |byte: u8| char::from(byte).is_digit(base);
    if digits.is_empty() || !digits.iter().all(|&byte| is_digit(byte)) {
        return Err(ParseError::Syntax);
    }
    let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
    let digits = &digits[zeros..];
    let (chunk_digits, chunk) = chunk(base);
    // Every digit behind the first is worth at least this many bits.
    if digits.len().saturating_sub(1) * base.ilog2() as usize > MAX_LIMBS * 64 {
        return Err(ParseError::SystemLimit);
    }
    let limbs = if digits.len() <= PLAIN_LIMBS * chunk_digits {
        let mut limbs = Limbs::new();
        // The first chunk takes the odd digits, so that the others are full.
        let (first, others) = digits.split_at(digits.len() % chunk_digits);
        mul_add_limb(&mut limbs, 1, value(first, base));
        for digits in others.chunks(chunk_digits) {
            mul_add_limb(&mut limbs, chunk, value(digits, base));
        }
        limbs
    } else {
        let digits = std::str::from_utf8(digits).map_err(|_| ParseError::Syntax)?;
        library::from_text(digits, base).ok_or(ParseError::Syntax)?
    };
    BigBuf::new(negative, limbs).map_err(|_| ParseError::SystemLimit)
}

/// Value of digits that one limb holds.
fn value(digits: &[u8], base: u32) -> u64 {
    digits.iter().fold(0, |sum, &byte| {
        let digit = char::from(byte).to_digit(base).unwrap_or(0);
        sum * u64::from(base) + u64::from(digit)
    })
}

/// The most digits that always fit one limb, and the base to that power.
fn chunk(base: u32) -> (usize, u64) {
    let digits = u64::MAX.ilog(u64::from(base));
    (digits as usize, u64::from(base).pow(digits))
}

fn check_base(base: u32) {
    assert!((2..=36).contains(&base), "base {base} is not 2 to 36");
}
