//! What is wrong with a pattern, in the words of the PCRE that OTP 25 has.

/// The text for an error code of `pcre2_compile`, where OTP's PCRE says it in other words.
pub(super) fn text_of(code: i32) -> Option<&'static str> {
    Some(match code {
        ..0 => "invalid UTF-8 string",
        107 => "invalid escape sequence in character class",
        109 => "nothing to repeat",
        114 => "missing )",
        118 => "missing ) after comment",
        119 => "parentheses are too deeply nested",
        121 => "failed to get memory",
        122 => "unmatched parentheses",
        124 => "malformed number or name after (?(",
        125 | 135 | 187 | 200 => "lookbehind assertion is not fixed length",
        126 => "a numbered reference must not be zero",
        127 => "conditional group contains more than two branches",
        128 => "assertion expected after (?( or (?(?C)",
        129 => "(?R or (?[+-]digits must be followed by )",
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
        158 => "(?R or (?[+-]digits must be followed by )",
        161 => "number is too big",
        168 => "\\c must be followed by an ASCII character",
        174 => "setting UTF is disabled by the application",
        178 => "digits missing in \\x{} or \\o{}",
        _ => return None,
    })
}
