//! Integers as text in base 2 to 36, both ways.

use super::big::{BigBuf, BigRef, Limbs};
use super::div::div_limb;
use super::mul::mul_add_limb;
use super::{MAX_LIMBS, library};

/// Up to so many limbs repeated short division beats the library's set-up.
const PLAIN_LIMBS: usize = 8;
/// Up to so many digits, to take them one by one beats the library's set-up.
const PLAIN_DIGITS: usize = 1000;

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
    with_text(a, base, |text| text.iter().map(|&byte| char::from(byte)).collect())
}

/// Calls `f` with what [`to_text`] gives, which is ASCII.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn with_text<R>(a: BigRef<'_>, base: u32, f: impl FnOnce(&[u8]) -> R) -> R {
    check_base(base);
    if a.limbs.len() > PLAIN_LIMBS {
        let mut text = library::to_text(a.limbs, base as u8);
        text.make_ascii_uppercase();
        if a.negative {
            text.insert(0, '-');
        }
        return f(text.as_bytes());
    }
    // A sign and digits of one bit are the most.
    let mut text = [0; 1 + PLAIN_LIMBS * 64];
    let mut at = text.len();
    let (chunk_digits, chunk) = chunk(base);
    let mut rest = Limbs::from_slice(a.limbs);
    while rest.len() > 1 {
        let part = div_limb(&mut rest, chunk);
        while rest.last() == Some(&0) {
            rest.pop();
        }
        // Below the top every chunk has all its digits.
        at = push_limb(&mut text[..at], part, base, chunk_digits);
    }
    at = push_limb(&mut text[..at], rest.first().copied().unwrap_or(0), base, 1);
    if a.negative {
        at -= 1;
        text[at] = b'-';
    }
    f(&text[at..])
}

/// Calls `f` with what [`to_text`] gives for an integer of one limb, which is ASCII.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn with_text_of_limb<R>(negative: bool, limb: u64, base: u32, f: impl FnOnce(&[u8]) -> R) -> R {
    check_base(base);
    // A sign and 64 digits of one bit.
    let mut text = [0; 65];
    let mut at = push_limb(&mut text, limb, base, 1);
    if negative {
        at -= 1;
        text[at] = b'-';
    }
    f(&text[at..])
}

/// Writes the digits of a limb, at least so many, to the end of `text`; where they begin.
#[inline(always)]
fn push_limb(text: &mut [u8], limb: u64, base: u32, least: usize) -> usize {
    match base {
        // A division by a constant is a multiplication, one by a power of two less than that.
        10 => push_digits(text, limb, least, |n| (n / 10, n % 10)),
        _ if base.is_power_of_two() => {
            let (shift, mask) = (base.trailing_zeros(), u64::from(base - 1));
            push_digits(text, limb, least, |n| (n >> shift, n & mask))
        }
        _ => push_digits(text, limb, least, |n| (n / u64::from(base), n % u64::from(base))),
    }
}

/// The same, with what gives a number without its last digit, and that.
#[inline(always)]
fn push_digits(
    text: &mut [u8],
    limb: u64,
    least: usize,
    divide: impl Fn(u64) -> (u64, u64),
) -> usize {
    let mut at = text.len();
    let last = at - least;
    let mut rest = limb;
    loop {
        let (quotient, value) = divide(rest);
        at -= 1;
        text[at] = digit(value as u8);
        rest = quotient;
        if rest == 0 && at <= last {
            return at;
        }
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + value - 10 }
}

/// What a text begins with.
pub struct Prefix<R> {
    /// What was made of the integer, if there is a digit.
    pub integer: Option<R>,
    /// How many characters it has, with its sign.
    pub len: usize,
    /// Whether that is all of the text.
    pub is_all: bool,
}

/// What `f` makes of the integer in `base` that a text begins with: digits in either case, with or without
/// a sign in front. `None` if it is long, which [`parse`] is for. The integer may have leading zeros.
///
/// # Panics
/// When `base` is not 2 to 36.
#[inline]
pub fn parse_prefix<R>(
    mut text: impl Iterator<Item = u8>,
    base: u32,
    f: impl FnOnce(BigRef<'_>) -> R,
) -> Option<Prefix<R>> {
    check_base(base);
    let (chunk_digits, chunk) = chunk(base);
    let mut next = text.next();
    let sign = next.filter(|byte| matches!(byte, b'+' | b'-'));
    if sign.is_some() {
        next = text.next();
    }
    let negative = sign == Some(b'-');
    let mut len = usize::from(sign.is_some());
    let (mut part, mut digits) = read_chunk(&mut text, &mut next, base, chunk_digits);
    if digits < chunk_digits {
        let integer = (digits > 0).then(|| f(BigRef { negative, limbs: &[part] }));
        return Some(Prefix { integer, len: len + digits, is_all: next.is_none() });
    }
    let mut limbs = Limbs::new();
    while digits == chunk_digits {
        mul_add_limb(&mut limbs, chunk, part);
        len += digits;
        if len > PLAIN_DIGITS {
            return None;
        }
        (part, digits) = read_chunk(&mut text, &mut next, base, chunk_digits);
    }
    mul_add_limb(&mut limbs, u64::from(base).pow(digits as u32), part);
    let integer = Some(f(BigRef { negative, limbs: &limbs }));
    Some(Prefix { integer, len: len + digits, is_all: next.is_none() })
}

/// The integer in `base` that a text of few characters is: as many digits as a small integer surely has
/// room for, with or without a sign in front. `None` if it is none, or may be longer, which
/// [`parse_prefix`] is for.
#[inline(always)]
pub fn parse_short(mut text: impl Iterator<Item = u8>, base: u32) -> Option<i64> {
    let mut byte = text.next()?;
    let negative = byte == b'-';
    if negative || byte == b'+' {
        byte = text.next()?;
    }
    let mut n = 0;
    for _ in 0..short(base) {
        let value = if base == 10 { byte.wrapping_sub(b'0') } else { VALUES[usize::from(byte)] };
        if u32::from(value) >= base {
            return None;
        }
        n = n * i64::from(base) + i64::from(value);
        match text.next() {
            Some(next) => byte = next,
            None => return Some(if negative { -n } else { n }),
        }
    }
    None
}

/// How many digits a small integer surely has room for.
#[inline(always)]
fn short(base: u32) -> usize {
    match base {
        0..=10 => 17,
        11..=16 => 14,
        _ => 11,
    }
}

/// As [`parse_short`], of a text that lies in one place.
#[inline(always)]
pub fn parse_short_bytes(text: &[u8], base: u32) -> Option<i64> {
    let (negative, digits) = sign_and_digits(text);
    if digits.is_empty() || digits.len() > short(base) {
        return None;
    }
    let n = limb_of_digits(digits, base)? as i64;
    Some(if negative { -n } else { n })
}

/// Whether a text begins with a minus sign, and what follows the sign, if there is one.
#[inline(always)]
fn sign_and_digits(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    }
}

/// The integer in `base` that a text is with at most two limbs' worth of digits: whether it has a minus
/// sign, and its magnitude. `None` if it is none, or longer.
///
/// # Panics
/// When `base` is not 2 to 36.
#[inline]
pub fn parse_two_limbs(text: &[u8], base: u32) -> Option<(bool, u128)> {
    check_base(base);
    let (negative, digits) = sign_and_digits(text);
    let (most, chunk) = chunk(base);
    if digits.is_empty() || digits.len() > 2 * most {
        return None;
    }
    let (upper, lower) = digits.split_at(digits.len().saturating_sub(most));
    let (upper, lower) = (limb_of_digits(upper, base)?, limb_of_digits(lower, base)?);
    Some((negative, u128::from(upper) * u128::from(chunk) + u128::from(lower)))
}

/// What digits are worth that are no more than a limb has room for.
#[inline(always)]
fn limb_of_digits(mut digits: &[u8], base: u32) -> Option<u64> {
    let mut n = 0;
    if base == 10 {
        while let Some((eight, rest)) = digits.split_first_chunk() {
            n = n * 100_000_000 + eight_digits(u64::from_le_bytes(*eight))?;
            digits = rest;
        }
    }
    // In pairs, as each product has to wait for the one before.
    let (wide, square) = (u64::from(base), u64::from(base * base));
    let value = |byte: u8| u32::from(VALUES[usize::from(byte)]);
    while let [first, second, rest @ ..] = digits {
        let (first, second) = (value(*first), value(*second));
        if first >= base || second >= base {
            return None;
        }
        n = n * square + (u64::from(first) * wide + u64::from(second));
        digits = rest;
    }
    if let [last] = digits {
        let last = value(*last);
        if last >= base {
            return None;
        }
        n = n * wide + u64::from(last);
    }
    Some(n)
}

/// What eight decimal digits are worth, the first in the lowest byte: pairs, then fours, then all are put
/// together in one product each.
#[inline(always)]
fn eight_digits(digits: u64) -> Option<u64> {
    const UPPER: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // What is added carries from 0x3A on.
    let beyond = digits.wrapping_add(0x0606_0606_0606_0606);
    if digits & UPPER != ZEROS || beyond & UPPER != ZEROS {
        return None;
    }
    let pairs = (digits - ZEROS).wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// Reads digits, at most so many: what they are worth, and how many there were. `next` is what comes next.
#[inline(always)]
fn read_chunk(
    text: &mut impl Iterator<Item = u8>,
    next: &mut Option<u8>,
    base: u32,
    most: usize,
) -> (u64, usize) {
    let (mut part, mut digits) = (0, 0);
    while digits < most
        && let Some(byte) = *next
    {
        let value = u32::from(VALUES[usize::from(byte)]);
        if value >= base {
            break;
        }
        part = part * u64::from(base) + u64::from(value);
        digits += 1;
        *next = text.next();
    }
    (part, digits)
}

/// What digits stand for, by their bytes. That of other bytes is no digit of any base.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut byte = 0;
    while byte < values.len() {
        if let Some(value) = (byte as u8 as char).to_digit(36) {
            values[byte] = value as u8;
        }
        byte += 1;
    }
    values
};

/// An integer in `base`: digits in either case, with or without a sign in front.
///
/// # Panics
/// When `base` is not 2 to 36.
pub fn parse(text: &[u8], base: u32) -> Result<BigBuf, ParseError> {
    match parse_prefix(text.iter().copied(), base, |n| BigRef::new(n.negative, n.limbs).to_owned())
    {
        Some(Prefix { integer: Some(n), is_all: true, .. }) => Ok(n),
        Some(_) => Err(ParseError::Syntax),
        None => parse_long(text, base),
    }
}

fn parse_long(text: &[u8], base: u32) -> Result<BigBuf, ParseError> {
    let (negative, digits) = sign_and_digits(text);
    if digits.iter().any(|&byte| u32::from(VALUES[usize::from(byte)]) >= base) {
        return Err(ParseError::Syntax);
    }
    let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
    let digits = &digits[zeros..];
    // Every digit behind the first is worth at least this many bits.
    if digits.len().saturating_sub(1) * base.ilog2() as usize > MAX_LIMBS * 64 {
        return Err(ParseError::SystemLimit);
    }
    if digits.is_empty() {
        return Ok(BigBuf::default());
    }
    let digits = std::str::from_utf8(digits).map_err(|_| ParseError::Syntax)?;
    let limbs = library::from_text(digits, base).ok_or(ParseError::Syntax)?;
    BigBuf::new(negative, limbs).map_err(|_| ParseError::SystemLimit)
}

/// The most digits that always fit one limb, and the base to that power.
#[inline]
fn chunk(base: u32) -> (usize, u64) {
    const CHUNKS: [(usize, u64); 37] = {
        let mut chunks = [(0, 1); 37];
        let mut base = 2;
        while base < chunks.len() {
            let digits = u64::MAX.ilog(base as u64);
            chunks[base] = (digits as usize, (base as u64).pow(digits));
            base += 1;
        }
        chunks
    };
    CHUNKS[base as usize]
}

fn check_base(base: u32) {
    assert!((2..=36).contains(&base), "base {base} is not 2 to 36");
}
