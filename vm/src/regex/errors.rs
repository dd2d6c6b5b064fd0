//! What is wrong with a pattern, in the words of the PCRE that OTP 25 has, and where.

use super::CompileError;
use pcre2_sys as pcre;
use std::ffi::c_int;

/// What `pcre2_compile` says of a pattern: a code and a place.
pub(super) type Wrong = (c_int, usize);

/// The most bytes of a group's name.
const NAME_MAX: usize = 32;

/// The text for an error code of `pcre2_compile`, where OTP's PCRE says it in other words.
fn text_of(code: c_int) -> Option<&'static str> {
    Some(match code {
        -28..=-3 => "invalid UTF-8 string",
        107 => "invalid escape sequence in character class",
        109 => "nothing to repeat",
        114 => "missing )",
        118 => "missing ) after comment",
        119 => "regular expression is too complicated",
        121 => "failed to get memory",
        122 => "unmatched parentheses",
        124 => "malformed number or name after (?(",
        125 | 135 | 187 | 200 => "lookbehind assertion is not fixed length",
        126 => "a numbered reference must not be zero",
        127 => "conditional group contains more than two branches",
        128 => "assertion expected after (?( or (?(?C)",
        129 | 158 => "(?R or (?[+-]digits must be followed by )",
        134 => "character value in \\x{} or \\o{} is too large",
        136 => "\\C not allowed in lookbehind assertion",
        137 => "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u",
        138 => "number after (?C is > 255",
        139 => "closing ) for (?C expected",
        142 => "syntax error in subpattern name (missing terminator)",
        143 => "two named subpatterns have the same name",
        144 => "group name must start with a non-digit",
        147 => "unknown property name after \\P or \\p",
        148 => "subpattern name is too long (maximum 32 characters)",
        154 => "DEFINE group contains more than one branch",
        161 => "number is too big",
        168 => "\\c must be followed by an ASCII character",
        174 => "setting UTF is disabled by the application",
        178 => "digits missing in \\x{} or \\o{}",
        _ => return None,
    })
}

/// The library's own text for any of its codes.
pub(super) fn message(code: c_int) -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is as long as said.
    let n = unsafe { pcre::pcre2_get_error_message_8(code, buffer.as_mut_ptr(), buffer.len()) };
    String::from_utf8_lossy(&buffer[..usize::try_from(n).unwrap_or(0)]).into_owned()
}

/// The error for what `pcre2_compile` says of the pattern that it was given.
pub(super) fn describe(pattern: &[u8], (code, at): Wrong) -> CompileError {
    let at = at.min(pattern.len());
    let text = text_of(code).map_or_else(|| message(code), str::to_string);
    let (text, offset) = match code {
        113 => (text, rfind(&pattern[..at], |w| w == b"[." || w == b"[=").unwrap_or(at)),
        114 if at == pattern.len() => cut_short(pattern).unwrap_or((text, at)),
        115 => (text, behind_reference(pattern, at)),
        125 | 127 | 135 | 187 | 200 => (text, end_of_group(pattern, at)),
        128 => (text, at + 1),
        130 => (text, rfind(&pattern[..at], |w| w == b"[:").map_or(at, |i| i + 2)),
        137 | 143 | 147 | 150 | 151 | 169 | 171 => (text, at.saturating_sub(1)),
        154 => {
            let group = rfind(&pattern[..at], |w| w == b"(?").unwrap_or(at);
            (text, end_of_group(pattern, group))
        }
        157 if pattern.ends_with(b"\\g") => {
            (text_of(126).unwrap_or_default().into(), at.saturating_sub(1))
        }
        162 if pattern.ends_with(b"(?P<") => (text_of(142).unwrap_or_default().into(), at),
        162 if pattern.ends_with(b"(?<") => ("unrecognized character after (?<".into(), at),
        _ => (text, at),
    };
    CompileError { text, offset: offset.min(pattern.len()) }
}

/// Names that are too long for OTP's PCRE, though not for this one.
pub(super) fn too_long_name(pattern: &[u8], names: &[(&[u8], usize)]) -> Option<CompileError> {
    let (name, _) = names.iter().find(|(name, _)| name.len() > NAME_MAX)?;
    let start = pattern.windows(name.len()).position(|w| w == *name)?;
    let text = text_of(148).unwrap_or_default().into();
    Some(CompileError { text, offset: start + name.len() })
}

/// Whether a range that cannot be one ends there; a hyphen that cannot begin one comes before.
pub(super) fn is_invalid_range((code, at): Wrong, there: usize) -> bool {
    code == pcre::PCRE2_ERROR_CLASS_INVALID_RANGE as c_int && (there..there + 2).contains(&at)
}

/// Where the last two bytes lie that are as wanted.
fn rfind(pattern: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Option<usize> {
    pattern.windows(2).rposition(wanted)
}

/// A pattern that ends within what opens a group.
fn cut_short(pattern: &[u8]) -> Option<(String, usize)> {
    let start = rfind(pattern, |w| w == b"(?")?;
    let text = match &pattern[start + 2..] {
        b"P" => "unrecognized character after (?P",
        b"(" => "assertion expected after (?( or (?(?C)",
        b"C" => "closing ) for (?C expected",
        letters if letters.iter().all(|c| b"imsxJUX-".contains(c)) => {
            "unrecognized character after (? or (?-"
        }
        _ => return None,
    };
    Some((text.into(), pattern.len()))
}

/// The place behind a reference to a group, where OTP's PCRE finds that there is none.
fn behind_reference(pattern: &[u8], at: usize) -> usize {
    let rest = &pattern[at..];
    match rest.first() {
        Some(b')') => at,
        Some(b'(') => at + rest.iter().position(|c| *c == b')').map_or(0, |i| i + 1),
        Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
            let word = |c: &u8| c.is_ascii_alphanumeric() || *c == b'_';
            let end = at + rest.iter().take_while(|c| word(c)).count();
            if pattern[..at].ends_with(b"(?(") { end + 1 } else { end }
        }
        // A number is looked up when all of the pattern has been seen.
        _ => pattern.len(),
    }
}

/// Where the group that begins at `start` is closed.
fn end_of_group(pattern: &[u8], start: usize) -> usize {
    let (mut depth, mut i, mut class) = (0usize, start, false);
    while i < pattern.len() {
        match pattern[i] {
            b'\\' => i += 1,
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => depth += 1,
            b')' if !class && depth <= 1 => return i,
            b')' if !class => depth -= 1,
            _ => {}
        }
        i += 1;
    }
    pattern.len()
}
