//! Floats as text, both ways, as `float_to_list/1,2` and `list_to_float/1` of OTP 25 have it.
//!
//! Option lists and terms are the caller's; floats are finite.

/// Stock formats into a buffer of so many bytes, terminator included; longer is `badarg`.
const BUFFER: usize = 256;

/// What `float_to_list/1` gives: scientific with 20 decimals, `1.00000000000000000000e+00`.
pub fn default(f: f64) -> String {
    exponent_form(f, 20)
}

/// What option `{scientific, Decimals}` gives; `None` is `badarg`.
///
/// Stock keeps 32 bits of the number of decimals and takes a negative one for 6, as C does.
pub fn scientific(f: f64, decimals: i64) -> Option<String> {
    let decimals = usize::try_from(decimals as i32).unwrap_or(6);
    if decimals >= BUFFER {
        return None;
    }
    Some(exponent_form(f, decimals)).filter(|text| text.len() < BUFFER)
}

/// What option `{decimals, Decimals}` gives, with or without `compact`; `None` is `badarg`.
///
/// Stock has two ways here. Up to 2^53 and 18 decimals it scales the fraction in float arithmetic
/// and rounds halves away from zero (1.005 with two decimals is `1.00`, 0.125 is `0.13`). Beyond,
/// the exact value is rounded, halves to even. `compact` leaves one digit after the point; in the
/// second way it also eats the zeros of a number without point (`1.0e17` with none is `1`).
pub fn fixed(f: f64, decimals: i64, compact: bool) -> Option<String> {
    const TWO_53: f64 = 9_007_199_254_740_992.0;
    // As with `scientific`, 32 bits are what stock looks at.
    let decimals = usize::try_from(decimals as i32).ok()?;
    let magnitude = f.abs();
    let mut text = empty();
    if magnitude > TWO_53 || decimals > 18 {
        if decimals >= BUFFER {
            return None;
        }
        write(&mut text, format_args!("{f:.decimals$}"));
        if text.len() >= BUFFER {
            return None;
        }
    } else {
        if f.is_sign_negative() {
            text.push('-');
        }
        if decimals == 0 {
            push_digits(&mut text, magnitude.round() as u64, 1);
            return Some(text);
        }
        let scale = 10u64.pow(decimals as u32);
        let whole = magnitude.floor();
        let fraction = ((magnitude - whole) * scale as f64).round();
        let (whole, fraction) = if fraction >= scale as f64 {
            (whole as u64 + 1, 0)
        } else {
            (whole as u64, fraction as u64)
        };
        push_digits(&mut text, whole, 1);
        text.push('.');
        push_digits(&mut text, fraction, decimals);
    }
    if compact {
        drop_zeros(&mut text);
    }
    Some(text)
}

/// What option `short` gives: the shortest text that reads back as `f`.
///
/// Plain when that is not longer than with exponent, except from 2^53 on, where not every integer
/// is a float any more and digits would claim a precision that is not there.
pub fn short(f: f64) -> String {
    const TWO_53: f64 = 9_007_199_254_740_992.0;
    let mut text = empty();
    if f.is_sign_negative() {
        text.push('-');
    }
    if f == 0.0 {
        text.push_str("0.0");
        return text;
    }
    let mut buffer = ryu::Buffer::new();
    let mut room = [0; MOST_DIGITS];
    let (digits, point) = digits_and_point(buffer.format_finite(f.abs()), &mut room);
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
    let zeros = |text: &mut String, n: i32| (0..n).for_each(|_| text.push('0'));
    if f.abs() >= TWO_53 || plain_length > exponent_length {
        let (first, rest) = digits.split_at(1);
        text.push_str(first);
        text.push('.');
        text.push_str(if rest.is_empty() { "0" } else { rest });
        text.push('e');
        if exponent < 0 {
            text.push('-');
        }
        push_digits(&mut text, exponent.unsigned_abs().into(), 1);
    } else if point <= 0 {
        text.push_str("0.");
        zeros(&mut text, -point);
        text.push_str(digits);
    } else if point >= length {
        text.push_str(digits);
        zeros(&mut text, point - length);
        text.push_str(".0");
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        text.push_str(whole);
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// No float has more digits that count.
const MOST_DIGITS: usize = 24;

/// Digits without zeros at either end, and where the point stands before or behind them, of a
/// positive number in any plain or exponent form.
fn digits_and_point<'a>(text: &str, room: &'a mut [u8; MOST_DIGITS]) -> (&'a str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (mut count, mut whole) = (0, None);
    for (i, c) in mantissa.bytes().enumerate() {
        if c == b'.' {
            whole = Some(i);
        } else {
            room[count] = c;
            count += 1;
        }
    }
    let point = whole.unwrap_or(count) as i32 + exponent;
    let digits = std::str::from_utf8(&room[..count]).expect("digits are ASCII");
    let leading = count - digits.trim_start_matches('0').len();
    (digits.trim_matches('0'), point - leading as i32)
}

/// C's `%.*e`: an exponent has a sign and at least two digits.
fn exponent_form(f: f64, decimals: usize) -> String {
    let mut text = empty();
    write(&mut text, format_args!("{f:.decimals$e}"));
    let at = text.rfind('e').map_or(text.len(), |e| e + 1);
    let exponent: i32 = text[at..].parse().unwrap_or(0);
    text.truncate(at);
    text.push(if exponent < 0 { '-' } else { '+' });
    push_digits(&mut text, exponent.unsigned_abs().into(), 2);
    text
}

/// Room for nearly every text, so that it is asked for once.
fn empty() -> String {
    String::with_capacity(32)
}

fn write(text: &mut String, what: std::fmt::Arguments<'_>) {
    std::fmt::Write::write_fmt(text, what).expect("a string takes all");
}

/// Appends `n` with at least `width` digits.
fn push_digits(text: &mut String, n: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut at) = (n, digits.len());
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let at = at.min(digits.len() - width);
    text.push_str(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"));
}

/// Drops zeros at the end, but not the one behind a point.
fn drop_zeros(text: &mut String) {
    let kept = text.trim_end_matches('0').len();
    text.truncate(kept);
    if text.ends_with('.') {
        text.push('0');
    }
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
