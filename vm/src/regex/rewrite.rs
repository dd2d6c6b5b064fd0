//! Patterns that this PCRE would understand otherwise than OTP's.

use super::errors::Wrong;
use pcre2_sys as pcre;

/// A pattern in the making, and where in its source each of its bytes is from: errors are told by
/// places of the source.
pub(super) struct Pattern {
    bytes: Vec<u8>,
    from: Vec<usize>,
    /// Where the source ends.
    end: usize,
}

impl Pattern {
    /// The pattern as it is to be compiled.
    ///
    /// OTP's PCRE takes a pattern as a C string, which ends at a zero byte; it knows `(*UTF8)`; to it
    /// `{,3}` and `{ 1, 3 }` are not quantifiers but themselves, `\x` without digits is a zero byte,
    /// and behind `\c` may stand control characters.
    pub fn of(source: &[u8]) -> Pattern {
        let end = source.iter().position(|b| *b == 0).unwrap_or(source.len());
        let source = &source[..end];
        let mut pattern =
            Pattern { bytes: Vec::with_capacity(end), from: Vec::with_capacity(end), end };
        let mut at = 0;
        if source.starts_with(b"(*UTF8)") {
            pattern.push(b"(*UTF)", 0);
            at = b"(*UTF8)".len();
        }
        while at < end {
            let rest = &source[at..];
            let (n, instead) = token(rest);
            match instead {
                Some(bytes) => pattern.push(&bytes, at),
                None => (at..at + n).for_each(|i| pattern.push(&source[i..=i], i)),
            }
            at += n;
        }
        pattern
    }

    /// Adds bytes that are from one place.
    fn push(&mut self, bytes: &[u8], from: usize) {
        self.bytes.extend(bytes);
        self.from.resize(self.bytes.len(), from);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The place in the source.
    pub fn place(&self, at: usize) -> usize {
        self.from.get(at).copied().unwrap_or(self.end)
    }

    /// Makes what is wrong to this PCRE mean what it does to OTP's. False: it is wrong there too.
    pub fn mend(&mut self, wrong: Wrong) -> bool {
        let (code, at) = wrong;
        match u32::try_from(code) {
            // A hyphen between a class and something else stands for itself.
            Ok(pcre::PCRE2_ERROR_CLASS_INVALID_RANGE) => {
                let places = [at.wrapping_sub(1), at];
                let hyphen = places.into_iter().find(|i| self.bytes.get(*i) == Some(&b'-'));
                hyphen.is_some_and(|i| self.insert(i, b'\\'))
            }
            // So do letters in a class that mean something outside of classes only. A letter twice
            // is the same class as once, at either end of a range too.
            Ok(pcre::PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS) => {
                let Some(i) = self.escape_in_class(wrong) else { return false };
                self.bytes[i] = self.bytes[i + 1];
                true
            }
            // And eights and nines that are no references, because there are not so many groups.
            Ok(pcre::PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE) => {
                let places = [at.wrapping_sub(2), at.wrapping_sub(1), at];
                let starts =
                    |i: usize| matches!(self.bytes.get(i..), Some([b'\\', b'8' | b'9', ..]));
                let reference = places.into_iter().find(|i| starts(*i));
                reference.is_some_and(|i| self.remove(i))
            }
            _ => false,
        }
    }

    /// A class in place of a letter that would be mended, if that might be the end of a range: there it
    /// is as wrong as a class.
    pub fn as_end_of_range(&self, wrong: Wrong) -> Option<Vec<u8>> {
        let i = self.escape_in_class(wrong)?;
        if self.bytes.get(i.wrapping_sub(1)) != Some(&b'-') {
            return None;
        }
        let mut bytes = self.bytes.clone();
        bytes[i + 1] = b'd';
        Some(bytes)
    }

    /// Where the letter's backslash is that stands in a class and must not.
    fn escape_in_class(&self, (code, at): Wrong) -> Option<usize> {
        if u32::try_from(code) != Ok(pcre::PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS) {
            return None;
        }
        let escape = |i: &usize| match self.bytes.get(*i..) {
            Some(&[b'\\', letter, ..]) => letter.is_ascii_alphabetic() && letter != b'N',
            _ => false,
        };
        [at.wrapping_sub(2), at.wrapping_sub(1)].into_iter().find(escape)
    }

    fn insert(&mut self, at: usize, byte: u8) -> bool {
        self.from.insert(at, self.place(at));
        self.bytes.insert(at, byte);
        true
    }

    fn remove(&mut self, at: usize) -> bool {
        self.from.remove(at);
        self.bytes.remove(at);
        true
    }
}

/// How many bytes from the beginning of `rest` belong together, and what stands for them, if they
/// do not stand for themselves.
fn token(rest: &[u8]) -> (usize, Option<Vec<u8>>) {
    match rest {
        [b'\\', b'Q', ..] => {
            (rest.windows(2).position(|w| w == b"\\E").unwrap_or(rest.len()), None)
        }
        [b'\\', b'x', next, ..] if next.is_ascii_hexdigit() || *next == b'{' => (3, None),
        [b'\\', b'x', ..] => (2, Some(b"\\x00".to_vec())),
        [b'\\', b'c', control @ (1..=31 | 127), ..] => {
            (3, Some(format!("\\x{:02x}", control ^ 64).into_bytes()))
        }
        // With the brace of \p{}, \g{} and the like.
        [b'\\', b'o' | b'p' | b'P' | b'g' | b'k' | b'N', b'{', ..] => (3, None),
        [b'\\', _, ..] => (2, None),
        [b'{', tail @ ..] if is_new_quantifier(tail) => (1, Some(b"\\{".to_vec())),
        _ => (1, None),
    }
}

/// Whether what follows a brace is a quantifier only to newer versions of PCRE.
fn is_new_quantifier(after: &[u8]) -> bool {
    let Some(end) = after.iter().position(|c| *c == b'}') else { return false };
    let inside = &after[..end];
    inside.iter().any(u8::is_ascii_digit)
        && inside.iter().all(|c| c.is_ascii_digit() || b" \t,".contains(c))
        && (!inside[0].is_ascii_digit() || inside.iter().any(|c| b" \t".contains(c)))
}

/// A pattern that compiles, with each `\w` outside of classes as the class `[\w]`, which is the same
/// unless it has to be there several times: what must be there at least is counted as ASCII then.
/// `None`: it cannot be seen where classes are (comments), or whether that is so.
pub(super) fn words_as_classes(pattern: &[u8]) -> Option<Vec<u8>> {
    if pattern.contains(&b'#') {
        return None;
    }
    let mut out = Vec::with_capacity(pattern.len() + 8);
    let mut at = 0;
    while let rest @ [_, ..] = &pattern[at..] {
        let n = match rest {
            [b'[', ..] => class_length(rest)?,
            _ => token(rest).0,
        };
        let (token, behind) = rest.split_at(n.min(rest.len()));
        if token == b"\\w" && !is_repeated(behind) {
            if is_repeated(behind.trim_ascii_start()) {
                return None;
            }
            out.extend(b"[\\w]");
        } else {
            out.extend(token);
        }
        at += token.len();
    }
    Some(out)
}

/// Whether a quantifier says of what comes before that there are several, the first among them:
/// `{1,3}` is one and up to two more.
fn is_repeated(behind: &[u8]) -> bool {
    match behind {
        [b'+', ..] | [b'{', b'1', b',', b'}', ..] => true,
        [b'{', b'0' | b'1', b',' | b'}', ..] => false,
        [b'{', least @ ..] => {
            let digits = least.iter().take_while(|c| c.is_ascii_digit());
            digits.into_iter().any(|c| *c != b'0')
        }
        _ => false,
    }
}

/// How long the class is that `rest` begins with, if it ends.
fn class_length(rest: &[u8]) -> Option<usize> {
    let mut at = if rest.starts_with(b"[^") { 2 } else { 1 };
    // A bracket right at the beginning stands for itself.
    if rest.get(at) == Some(&b']') {
        at += 1;
    }
    loop {
        match rest.get(at..)? {
            [] => return None,
            [b']', ..] => return Some(at + 1),
            [b'[', b':', name @ ..] => {
                let letters = name.iter().take_while(|c| c.is_ascii_alphabetic() || **c == b'^');
                let n = letters.count();
                at += if name[n..].starts_with(b":]") { n + 4 } else { 1 };
            }
            [b'\\', ..] => at += token(&rest[at..]).0,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_outside_of_classes_become_classes() {
        let of = |pattern: &str| {
            words_as_classes(pattern.as_bytes()).map(|b| String::from_utf8(b).expect("as before"))
        };
        assert_eq!(of("a\\w?\\\\w").as_deref(), Some("a[\\w]?\\\\w"));
        assert_eq!(of("\\w+\\w{2}\\w{0,3}").as_deref(), Some("\\w+\\w{2}[\\w]{0,3}"));
        assert_eq!(of("\\w +"), None);
        assert_eq!(of("[\\w\\]]\\w").as_deref(), Some("[\\w\\]][\\w]"));
        assert_eq!(of("[^]\\w][[:alpha:]\\w]").as_deref(), Some("[^]\\w][[:alpha:]\\w]"));
        assert_eq!(of("\\Q\\w[\\E\\w").as_deref(), Some("\\Q\\w[\\E[\\w]"));
        assert_eq!(of("[\\Q]\\E]\\w").as_deref(), Some("[\\Q]\\E][\\w]"));
        assert_eq!(of("[[:x]\\w").as_deref(), Some("[[:x][\\w]"));
        assert_eq!(of("(?x) # [\n \\w"), None);
    }

    #[test]
    fn places_are_those_of_the_source() {
        let mut pattern = Pattern::of(b"\\xZ{,3}[a-\\d-z]");
        assert_eq!(pattern.bytes(), b"\\x00Z\\{,3}[a-\\d-z]");
        assert_eq!((pattern.place(4), pattern.place(6), pattern.place(99)), (2, 3, 15));
        let hyphen = pattern.bytes().len() - 3;
        assert!(pattern.mend((pcre::PCRE2_ERROR_CLASS_INVALID_RANGE as i32, hyphen)));
        assert_eq!(pattern.bytes(), b"\\x00Z\\{,3}[a-\\d\\-z]");
        assert_eq!(pattern.place(hyphen + 1), 12);
    }
}
