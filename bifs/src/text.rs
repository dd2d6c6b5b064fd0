//! Text in terms: lists of bytes or characters, binaries of bytes.

use std::borrow::Cow;
use vm::term::Term;

/// The bytes of a proper list of integers 0 to 255.
pub fn byte_list(t: Term<'_>) -> Option<Vec<u8>> {
    let mut it = t.list();
    // Mostly it has not to grow.
    let mut bytes = Vec::with_capacity(32);
    for c in it.by_ref() {
        bytes.push(c.as_byte()?);
    }
    it.rest().is_nil().then_some(bytes)
}

/// The characters of a proper list of code points.
pub fn char_list(t: Term<'_>) -> Option<String> {
    let mut it = t.list();
    let mut text = String::new();
    for c in it.by_ref() {
        text.push(char::from_u32(u32::try_from(c.as_small()?).ok()?)?);
    }
    it.rest().is_nil().then_some(text)
}

/// The bytes of a binary.
pub fn binary(t: Term<'_>) -> Option<Cow<'_, [u8]>> {
    t.as_bits().filter(|b| b.is_binary()).map(|b| b.to_bytes())
}
