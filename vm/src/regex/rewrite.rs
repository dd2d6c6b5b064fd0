//! Patterns that this PCRE would understand otherwise than OTP's.

/// The pattern as it is to be compiled.
///
/// OTP's PCRE takes a pattern as a C string, which ends at a zero byte; it knows `(*UTF8)`; and to
/// it `{,3}` and `{ 1, 3 }` are not quantifiers but themselves.
pub(super) fn rewrite(pattern: &[u8]) -> Vec<u8> {
    let end = pattern.iter().position(|b| *b == 0).unwrap_or(pattern.len());
    let pattern = &pattern[..end];
    let (mut out, mut rest) = match pattern.strip_prefix(b"(*UTF8)") {
        Some(rest) => (b"(*UTF)".to_vec(), rest),
        None => (Vec::with_capacity(pattern.len()), pattern),
    };
    while let [c, tail @ ..] = rest {
        if rest.starts_with(b"\\Q") {
            let quoted = rest.windows(2).position(|w| w == b"\\E").unwrap_or(rest.len());
            out.extend(&rest[..quoted]);
            rest = &rest[quoted..];
            continue;
        }
        if *c == b'\\' && !tail.is_empty() {
            // With what is in the braces of \x{}, \p{} and the like.
            let braces = b"xopPgkN".contains(&tail[0]) && tail.get(1) == Some(&b'{');
            let n = if braces { 3 } else { 2 };
            out.extend(&rest[..n]);
            rest = &rest[n..];
            continue;
        }
        if *c == b'{' && is_new_quantifier(tail) {
            out.push(b'\\');
        }
        out.push(*c);
        rest = tail;
    }
    out
}

/// Whether what follows a brace is a quantifier only to newer versions of PCRE.
fn is_new_quantifier(after: &[u8]) -> bool {
    let Some(end) = after.iter().position(|c| *c == b'}') else { return false };
    let inside = &after[..end];
    inside.iter().any(u8::is_ascii_digit)
        && inside.iter().all(|c| c.is_ascii_digit() || b" \t,".contains(c))
        && (!inside[0].is_ascii_digit() || inside.iter().any(|c| b" \t".contains(c)))
}
