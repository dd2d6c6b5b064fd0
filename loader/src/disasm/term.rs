//! External terms as text, near to how Erlang source writes them.
//!
//! For reading only: what has no source form (pids, references, local funs), nests too deeply or
//! is damaged is shown as a number of bytes.

use super::AtomText;
use crate::error::LoadError;
use crate::etf::tag;
use crate::reader::Reader;
use std::fmt::{self, Display, Write};

/// Deeper nesting than this is not shown.
const MAX_DEPTH: u32 = 64;

/// An external term (with the leading 131) as text.
pub struct Literal<'a>(pub &'a [u8]);

impl Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut r = Reader::new("term", self.0);
        let mut out = String::new();
        match r.u8() {
            Ok(tag::VERSION) if term(&mut r, &mut out, 0).is_ok() => f.write_str(&out),
            _ => write!(f, "<term of {} bytes>", self.0.len()),
        }
    }
}

/// Why a term has no text.
struct NotShown;

impl From<LoadError> for NotShown {
    fn from(_: LoadError) -> Self {
        Self
    }
}

impl From<fmt::Error> for NotShown {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}

fn term(r: &mut Reader<'_>, out: &mut String, depth: u32) -> Result<(), NotShown> {
    if depth > MAX_DEPTH {
        return Err(NotShown);
    }
    match r.u8()? {
        tag::SMALL_INTEGER => write!(out, "{}", r.u8()?)?,
        tag::INTEGER => write!(out, "{}", r.u32()? as i32)?,
        tag::NEW_FLOAT => {
            let bits = u64::from(r.u32()?) << 32 | u64::from(r.u32()?);
            write!(out, "{:?}", f64::from_bits(bits))?;
        }
        tag::NIL => out.push_str("[]"),
        tag::ATOM_UTF8 => {
            let len = r.u16()?.into();
            atom(r.bytes(len)?, out)?;
        }
        tag::SMALL_ATOM_UTF8 => {
            let len = r.u8()?.into();
            atom(r.bytes(len)?, out)?;
        }
        tag::ATOM => {
            let len = r.u16()?.into();
            let text: String = r.bytes(len)?.iter().map(|&b| char::from(b)).collect();
            write!(out, "{}", AtomText(&text))?;
        }
        tag::SMALL_TUPLE => {
            let n = r.u8()?.into();
            elements(r, out, depth, n, "{", "}")?;
        }
        tag::LARGE_TUPLE => {
            let n = r.u32()?;
            elements(r, out, depth, n, "{", "}")?;
        }
        tag::STRING => {
            let len = r.u16()?.into();
            let bytes = r.bytes(len)?;
            if bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
                write!(out, "{:?}", String::from_utf8_lossy(bytes))?;
            } else {
                write!(out, "{bytes:?}")?;
            }
        }
        tag::LIST => {
            let n = r.u32()?;
            elements(r, out, depth, n, "[", "")?;
            let at = out.len();
            term(r, out, depth + 1)?;
            if &out[at..] == "[]" {
                out.truncate(at);
            } else {
                out.insert_str(at, " | ");
            }
            out.push(']');
        }
        tag::MAP => {
            out.push_str("#{");
            for i in 0..r.u32()? {
                out.push_str(if i == 0 { "" } else { ", " });
                term(r, out, depth + 1)?;
                out.push_str(" => ");
                term(r, out, depth + 1)?;
            }
            out.push('}');
        }
        tag::BINARY => {
            let len = r.u32()? as usize;
            bytes(out, r.bytes(len)?)?;
        }
        tag::BIT_BINARY => {
            let len = r.u32()? as usize;
            let bits = r.u8()?;
            let Some((last, full)) = r.bytes(len)?.split_last() else { return Err(NotShown) };
            out.push_str("<<");
            for b in full {
                write!(out, "{b}, ")?;
            }
            let last = last.checked_shr(8 - u32::from(bits.min(8))).unwrap_or(0);
            write!(out, "{last}:{bits}>>")?;
        }
        tag::SMALL_BIG => {
            let len = r.u8()?.into();
            big(r, len, out)?;
        }
        tag::LARGE_BIG => {
            let len = r.u32()? as usize;
            big(r, len, out)?;
        }
        tag::EXPORT => {
            out.push_str("fun ");
            term(r, out, depth + 1)?;
            out.push(':');
            term(r, out, depth + 1)?;
            out.push('/');
            term(r, out, depth + 1)?;
        }
        _ => return Err(NotShown),
    }
    Ok(())
}

fn atom(bytes: &[u8], out: &mut String) -> Result<(), NotShown> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotShown)?;
    write!(out, "{}", AtomText(text))?;
    Ok(())
}

fn elements(
    r: &mut Reader<'_>,
    out: &mut String,
    depth: u32,
    n: u32,
    open: &str,
    close: &str,
) -> Result<(), NotShown> {
    out.push_str(open);
    for i in 0..n {
        out.push_str(if i == 0 { "" } else { ", " });
        term(r, out, depth + 1)?;
    }
    out.push_str(close);
    Ok(())
}

/// Sign byte, then magnitude with the least significant byte first.
fn big(r: &mut Reader<'_>, len: usize, out: &mut String) -> Result<(), NotShown> {
    if r.u8()? != 0 {
        out.push('-');
    }
    magnitude(out, r.bytes(len)?.iter().rev().copied())?;
    Ok(())
}

/// An integer in big-endian two's complement, in base 16.
pub(super) fn big_endian(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    if bytes.first().is_none_or(|&b| b < 0x80) {
        return magnitude(out, bytes.iter().copied());
    }
    // Negate: invert and add one, from the end.
    let mut digits: Vec<u8> = bytes.iter().map(|b| !b).collect();
    for digit in digits.iter_mut().rev() {
        let (sum, carry) = digit.overflowing_add(1);
        *digit = sum;
        if !carry {
            break;
        }
    }
    out.write_char('-')?;
    magnitude(out, digits.into_iter())
}

fn magnitude(out: &mut dyn Write, most_significant_first: impl Iterator<Item = u8>) -> fmt::Result {
    out.write_str("16#")?;
    let mut leading = true;
    for b in most_significant_first {
        match (leading, b) {
            (true, 0) => {}
            (true, b) => write!(out, "{b:X}")?,
            (false, b) => write!(out, "{b:02X}")?,
        }
        leading &= b == 0;
    }
    if leading { out.write_char('0') } else { Ok(()) }
}

/// A binary: as a string where all bytes are printable.
pub(super) fn bytes(out: &mut dyn Write, bytes: &[u8]) -> fmt::Result {
    if !bytes.is_empty() && bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
        return write!(out, "<<{:?}>>", String::from_utf8_lossy(bytes));
    }
    out.write_str("<<")?;
    for (i, b) in bytes.iter().enumerate() {
        write!(out, "{}{b}", if i == 0 { "" } else { ", " })?;
    }
    out.write_str(">>")
}
