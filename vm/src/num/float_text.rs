//! Floats as text, both ways, as `float_to_list/1,2` and `list_to_float/1` of OTP 25 have it.
//!
//! Option lists and terms are the caller's; floats are finite. Texts are ASCII, and are seen by a
//! function of the caller's where they were made: to hand on a few bytes in a small vector takes as
//! long as to make them.

use smallvec::SmallVec;

/// There is room in it for nearly every float.
type Text = SmallVec<[u8; 32]>;

/// Stock formats into a buffer of so many bytes, terminator included; longer is `badarg`.
const BUFFER: usize = 256;

/// What `float_to_list/1` gives: scientific with 20 decimals, `1.00000000000000000000e+00`.
pub fn default<R>(f: f64, then: impl FnOnce(&[u8]) -> R) -> R {
    then(&exponent_form(f, 20))
}

/// What option `{scientific, Decimals}` gives; `None` is `badarg`.
///
/// Stock keeps 32 bits of the number of decimals and takes a negative one for 6, as C does.
pub fn scientific<R>(f: f64, decimals: i64, then: impl FnOnce(&[u8]) -> R) -> Option<R> {
    let decimals = usize::try_from(decimals as i32).unwrap_or(6);
    if decimals >= BUFFER {
        return None;
    }
    let text = exponent_form(f, decimals);
    (text.len() < BUFFER).then(|| then(&text))
}

/// What option `{decimals, Decimals}` gives, with or without `compact`; `None` is `badarg`.
///
/// Stock has two ways here. Up to 2^53 and 18 decimals it scales the fraction in float arithmetic
/// and rounds halves away from zero (1.005 with two decimals is `1.00`, 0.125 is `0.13`). Beyond,
/// the exact value is rounded, halves to even. `compact` leaves one digit after the point; in the
/// second way it also eats the zeros of a number without point (`1.0e17` with none is `1`).
pub fn fixed<R>(f: f64, decimals: i64, compact: bool, then: impl FnOnce(&[u8]) -> R) -> Option<R> {
    const TWO_53: f64 = 9_007_199_254_740_992.0;
    // As with `scientific`, 32 bits are what stock looks at.
    let decimals = usize::try_from(decimals as i32).ok()?;
    let magnitude = f.abs();
    if magnitude > TWO_53 || decimals > 18 {
        if decimals >= BUFFER {
            return None;
        }
        let text = format!("{f:.decimals$}");
        let shown = if compact { without_zeros(text.as_bytes()) } else { text.as_bytes() };
        return (text.len() < BUFFER).then(|| then(shown));
    }
    // Up to 5 digits, or 6 if there are none before the point, and one more where it is rounded up; a
    // point and a sign.
    if decimals <= 5 && magnitude * (POWERS_OF_TEN[decimals] as f64) < 1e5 {
        let (text, len) = fixed_short(f, decimals);
        let text = &text.to_le_bytes()[..len];
        return Some(then(if compact && decimals > 0 { without_zeros(text) } else { text }));
    }
    let text = fixed_long(f, decimals);
    let text = text.text();
    Some(then(if compact && decimals > 0 { without_zeros(text) } else { text }))
}

/// What [`fixed`] makes of a float in its first way.
fn fixed_long(f: f64, decimals: usize) -> FromEnd {
    let magnitude = f.abs();
    let mut text = FromEnd::new();
    // Signed, as processors convert those at once.
    let mut whole = magnitude as i64;
    if decimals == 0 {
        whole = round(magnitude);
    } else {
        let scale = POWERS_OF_TEN[decimals];
        let mut fraction = round((magnitude - whole as f64) * scale as f64);
        if fraction >= scale {
            (whole, fraction) = (whole + 1, 0);
        }
        text.digits(fraction as u64, decimals);
        text.push(b'.');
    }
    text.digits(whole as u64, 1);
    if f.is_sign_negative() {
        text.push(b'-');
    }
    text
}

/// The same, without zeros taken away, if that is at most 8 bytes: the first is the lowest,
/// and how many they are. It is made in a word, as what is written byte by byte cannot be read at once
/// for a while, and that is the first thing that is done with a text.
#[inline(always)]
fn fixed_short(f: f64, decimals: usize) -> (u64, usize) {
    let (mut text, mut len) = (0_u64, 0);
    let mut push = |c: u8| {
        text = text << 8 | u64::from(c);
        len += 1;
    };
    let digit = |n: u32| b'0' + (n % 10) as u8;
    let magnitude = f.abs();
    let mut whole;
    if decimals == 0 {
        whole = nearest(magnitude);
    } else {
        let below;
        (whole, below) = floor(magnitude);
        let scale = POWERS_OF_TEN[decimals] as u32;
        let mut fraction = nearest((magnitude - below) * f64::from(scale));
        if fraction >= scale {
            (whole, fraction) = (whole + 1, 0);
        }
        for _ in 0..decimals {
            push(digit(fraction));
            fraction /= 10;
        }
        push(b'.');
    }
    loop {
        push(digit(whole));
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    if f.is_sign_negative() {
        push(b'-');
    }
    (text, len)
}

/// From here on floats are whole: what is added to this much is rounded to an integer, halves to even ones,
/// and is the lower half of the sum.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// The nearest integer to a float from 0 to 2^32, with halves away from zero, as [`round`] has it.
#[inline(always)]
fn nearest(f: f64) -> u32 {
    let sum = f + WHOLE;
    sum.to_bits() as u32 + u32::from(f - (sum - WHOLE) == 0.5)
}

/// The integer that a float from 0 to 2^32 begins with, in two forms.
#[inline(always)]
fn floor(f: f64) -> (u32, f64) {
    let sum = f + WHOLE;
    let near = sum - WHOLE;
    let above = near > f;
    (sum.to_bits() as u32 - u32::from(above), near - if above { 1.0 } else { 0.0 })
}

/// Those that fit.
const POWERS_OF_TEN: [i64; 19] = {
    let mut powers = [1; 19];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = 10 * powers[i - 1];
        i += 1;
    }
    powers
};

/// The nearest integer to a float from 0 to 2^63, with halves away from zero.
fn round(f: f64) -> i64 {
    // Exact, and so is what is behind the point.
    let whole = f as i64;
    whole + i64::from(f - whole as f64 >= 0.5)
}

/// A number as text, from its end on: a sign, 16 digits, a point, 18 digits.
struct FromEnd {
    bytes: [u8; 40],
    at: usize,
}

impl FromEnd {
    fn new() -> FromEnd {
        FromEnd { bytes: [b'0'; 40], at: 40 }
    }

    fn push(&mut self, c: u8) {
        self.at -= 1;
        self.bytes[self.at] = c;
    }

    /// `n` with at least `width` digits.
    fn digits(&mut self, mut n: u64, width: usize) {
        let mut at = self.at;
        while n > 0 {
            at -= 1;
            self.bytes[at] = b'0' + (n % 10) as u8;
            n /= 10;
        }
        self.at = at.min(self.at - width);
    }

    fn text(&self) -> &[u8] {
        &self.bytes[self.at..]
    }
}

/// What option `short` gives: the shortest text that reads back as `f`.
///
/// Plain when that is not longer than with exponent, except from 2^53 on, where not every integer
/// is a float any more and digits would claim a precision that is not there.
pub fn short<R>(f: f64, then: impl FnOnce(&[u8]) -> R) -> R {
    const TWO_53: f64 = 9_007_199_254_740_992.0;
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(f).as_bytes();
    let magnitude = f.abs();
    // From here to there it is plain, and as it is wanted but for large numbers that are whole.
    let is_near = (0.001..TWO_53).contains(&magnitude) || f == 0.0;
    if is_near && (shortest.len() <= 5 || !shortest.ends_with(b".0")) {
        return then(shortest);
    }
    let mut text = Text::new();
    if f.is_sign_negative() {
        text.push(b'-');
    }
    let mut room = [0; MOST_DIGITS];
    let (digits, point) = digits_and_point(shortest, &mut room);
    let length = digits.len() as i32;
    // Value is 0.DIGITS times ten to the `point`.
    let exponent = point - 1;
    let digits_of_exponent = match exponent.unsigned_abs() {
        0..10 => 1,
        10..100 => 2,
        _ => 3,
    };
    // The point, a zero behind it if there is nothing else, and `e`.
    let exponent_length = length.max(2) + 2 + i32::from(exponent < 0) + digits_of_exponent;
    let plain_length = if point <= 0 {
        2 - point + length
    } else if point >= length {
        point + 2
    } else {
        length + 1
    };
    let zeros = |text: &mut Text, n: i32| text.resize(text.len() + n as usize, b'0');
    if magnitude >= TWO_53 || plain_length > exponent_length {
        let (first, rest) = digits.split_at(1);
        text.extend_from_slice(first);
        text.push(b'.');
        text.extend_from_slice(if rest.is_empty() { b"0" } else { rest });
        text.push(b'e');
        if exponent < 0 {
            text.push(b'-');
        }
        push_digits(&mut text, exponent.unsigned_abs().into(), 1);
    } else if point <= 0 {
        text.extend_from_slice(b"0.");
        zeros(&mut text, -point);
        text.extend_from_slice(digits);
    } else if point >= length {
        text.extend_from_slice(digits);
        zeros(&mut text, point - length);
        text.extend_from_slice(b".0");
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        text.extend_from_slice(whole);
        text.push(b'.');
        text.extend_from_slice(fraction);
    }
    then(&text)
}

/// No float has more digits that count.
const MOST_DIGITS: usize = 24;

/// Digits without zeros at either end, and where the point stands before or behind them, of a
/// number in any plain or exponent form, whatever its sign.
fn digits_and_point<'a>(text: &[u8], room: &'a mut [u8; MOST_DIGITS]) -> (&'a [u8], i32) {
    let (mut count, mut point, mut exponent) = (0, None, 0);
    // Zeros behind the point and before all other digits.
    let mut leading = 0;
    for (i, &c) in text.iter().enumerate() {
        match c {
            b'.' => point = Some(count),
            b'e' => {
                exponent =
                    std::str::from_utf8(&text[i + 1..]).map_or(0, |e| e.parse().unwrap_or(0));
                break;
            }
            b'-' => {}
            b'0' if count == 0 => leading += i32::from(point.is_some()),
            _ => {
                room[count] = c;
                count += 1;
            }
        }
    }
    let point = point.unwrap_or(count) as i32 + exponent - leading;
    while count > 0 && room[count - 1] == b'0' {
        count -= 1;
    }
    (&room[..count], point)
}

/// C's `%.*e`: an exponent has a sign and at least two digits.
fn exponent_form(f: f64, decimals: usize) -> Text {
    let mut text = Text::new();
    let exponent = match rounded(f.abs(), decimals) {
        Some((n, exponent)) => {
            if f.is_sign_negative() {
                text.push(b'-');
            }
            let digits = digits_of(n);
            let (first, rest) = digits[MOST_ROUNDED - 1 - decimals..].split_at(1);
            text.extend_from_slice(first);
            if decimals > 0 {
                text.push(b'.');
                text.extend_from_slice(rest);
            }
            text.push(b'e');
            exponent
        }
        None => {
            let whole = format!("{f:.decimals$e}");
            let at = whole.rfind('e').map_or(whole.len(), |e| e + 1);
            let (mantissa, exponent) = whole.split_at(at);
            text.extend_from_slice(mantissa.as_bytes());
            exponent.parse().unwrap_or(0)
        }
    };
    text.push(if exponent < 0 { b'-' } else { b'+' });
    push_digits(&mut text, exponent.unsigned_abs().into(), 2);
    text
}

/// Digits that [`rounded`] gives at most: fewer than 73 bits.
const MOST_ROUNDED: usize = 21;

/// The first `decimals` + 1 digits of a positive float, rounded with halves to even as the standard
/// library has it, and the power of ten of the first one. `None`: such a float may have more bits than
/// there is room for here, which none of everyday size and none with 20 decimals has (10^-6 to 10^20).
fn rounded(f: f64, decimals: usize) -> Option<(u128, i32)> {
    const FRACTION: u32 = 52;
    /// The most that 5^k may be for 53 bits times it to fit.
    const MOST: i32 = 27;
    let bits = f.to_bits();
    let biased = (bits >> FRACTION) as i32;
    if !(1..0x7ff).contains(&biased) || decimals >= MOST_ROUNDED {
        return None;
    }
    let mantissa = bits & ((1 << FRACTION) - 1) | 1 << FRACTION;
    let power_of_two = biased - 1075;
    let decimals = decimals as i32;
    let end = 10u128.pow(decimals as u32 + 1);
    // The power of ten, or one less: 1233 / 4096 is the logarithm of two.
    let mut exponent = ((biased - 1023) * 1233) >> 12;
    loop {
        let k = decimals - exponent;
        if !(0..=MOST).contains(&k) {
            return None;
        }
        let scaled = u128::from(mantissa) * u128::from(5u64.pow(k as u32));
        let n = match power_of_two + k {
            // Digits that there is room for are not shifted out.
            left @ 0.. => scaled << left,
            right => {
                let right = right.unsigned_abs();
                if right > 127 {
                    return None;
                }
                let (n, rest, half) = (scaled >> right, scaled & !(!0 << right), 1 << (right - 1));
                n + u128::from(rest > half || rest == half && n & 1 == 1)
            }
        };
        if n < end {
            return Some((n, exponent));
        }
        exponent += 1;
    }
}

/// The digits of a number of [`rounded`].
fn digits_of(n: u128) -> [u8; MOST_ROUNDED] {
    const LOWER: u32 = 11;
    // Divided by two first, as often as by five, the upper part is a word.
    let upper = (n >> LOWER) as u64 / 5u64.pow(LOWER);
    let lower = (n - u128::from(upper) * 10u128.pow(LOWER)) as u64;
    let mut digits = [b'0'; MOST_ROUNDED];
    let (first, last) = digits.split_at_mut(MOST_ROUNDED - LOWER as usize);
    for (mut rest, digits) in [(upper, first), (lower, last)] {
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
    }
    digits
}

/// Appends `n` with at least `width` digits.
fn push_digits(text: &mut Text, n: u64, width: usize) {
    let mut digits = FromEnd::new();
    digits.digits(n, width);
    text.extend_from_slice(digits.text());
}

/// The text without zeros at its end, but not without the one behind a point.
fn without_zeros(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&c| c != b'0').map_or(0, |last| last + 1);
    let end = if text[..end].ends_with(b".") { end + 1 } else { end };
    &text[..end]
}

/// The float a text is, with nothing behind it. `None` is `badarg`, for syntax as for what is too
/// large; what is too small is zero.
pub fn parse(text: &[u8]) -> Option<f64> {
    let (f, length) = parse_prefix(text)?;
    (length == text.len()).then_some(f)
}

/// The longest float at the start of a text, and its length, as `string:to_float/1` finds it.
/// `None` when there is none or it is too large.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let length = scan(text)?;
    // Stock takes a comma for the point, too.
    let text = std::str::from_utf8(&text[..length]).ok()?.replace(',', ".");
    let f: f64 = text.parse().ok()?;
    f.is_finite().then_some((f, length))
}

/// Length of the longest float at the start of a text: a sign or none, digits, a point or comma,
/// digits, and an exponent or none.
fn scan(text: &[u8]) -> Option<usize> {
    let digits_from = |at: usize| {
        let digits = text.get(at..)?.iter().take_while(|b| b.is_ascii_digit());
        Some(digits.count()).filter(|&count| count > 0)
    };
    let sign_at = |at: usize| usize::from(matches!(text.get(at), Some(b'+' | b'-')));
    let mut at = sign_at(0);
    at += digits_from(at)?;
    if !matches!(text.get(at), Some(b'.' | b',')) {
        return None;
    }
    at += 1;
    at += digits_from(at)?;
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let exponent = at + 1 + sign_at(at + 1);
        if let Some(count) = digits_from(exponent) {
            at = exponent + count;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the standard library, which rounds any float to any number of digits.
    fn check(f: f64, decimals: usize) -> bool {
        let Some((n, exponent)) = rounded(f, decimals) else { return false };
        let digits = digits_of(n);
        let digits = std::str::from_utf8(&digits[MOST_ROUNDED - 1 - decimals..]).expect("ASCII");
        let (first, rest) = digits.split_at(1);
        let point = if decimals > 0 { "." } else { "" };
        assert_eq!(format!("{first}{point}{rest}e{exponent}"), format!("{f:.decimals$e}"), "{f:e}");
        true
    }

    /// What is made in a word is what is made in memory.
    #[test]
    fn short_texts_are_like_long_ones() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut check = |f: f64| {
            for decimals in 0..=5 {
                if f.abs() * 10f64.powi(decimals) < 1e5 {
                    let (text, len) = fixed_short(f, decimals as usize);
                    let long = fixed_long(f, decimals as usize);
                    assert_eq!(&text.to_le_bytes()[..len], long.text(), "{f:e} {decimals}");
                }
            }
        };
        for i in 0..200_000 {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let exponent = 1023 - 20 + (seed >> 32) % 37;
            check(f64::from_bits((seed & 1) << 63 | exponent << 52 | seed >> 12));
            for f in [f64::from(i) / 8.0, f64::from(i) / 1000.0, f64::from(i) / 200.0] {
                [f, f.next_up(), -f.next_down()].into_iter().for_each(&mut check);
            }
        }
        [0.0, -0.0, f64::MIN_POSITIVE, 5e-324, 99_999.999_999].into_iter().for_each(&mut check);
    }

    #[test]
    fn rounded_digits_are_exact() {
        let (mut seed, mut here) = (0x9e37_79b9_7f4a_7c15_u64, 0);
        for i in 0..400_000 {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let exponent = 1023 - 110 + (seed >> 32) % 220;
            here += usize::from(check(f64::from_bits(exponent << 52 | seed >> 12), i % 23));
        }
        assert!(here > 100_000, "{here}");
        // Halves, powers of ten, and what lies beside them.
        for decimals in 0..=MOST_ROUNDED {
            for power in -12..=22 {
                let f = 10f64.powi(power);
                for f in [f, f.next_up(), f.next_down(), f * 2.5, f * 0.5, f * 1.25, f * 9.5] {
                    check(f, decimals);
                }
            }
        }
        assert!(!check(f64::MIN_POSITIVE / 2.0, 0) && !check(1.0, MOST_ROUNDED));
        for power in -6..=20 {
            assert!(check(10f64.powi(power).next_up(), 20), "{power}");
        }
    }
}
