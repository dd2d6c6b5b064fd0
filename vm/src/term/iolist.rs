//! Walking iolists: lists, nested in any way, of bytes and binaries (or bitstrings).

use super::{BitsView, Term};

/// A part of an iolist.
pub enum Part<'p> {
    /// One byte.
    Byte(u8),
    /// A bitstring: the term, and its bits.
    Bits(Term<'p>, BitsView<'p>),
}

/// The term is no iolist.
pub struct NoIolist;

/// Calls `f` with every part from left to right. Does not recurse, so that any depth will do.
pub fn walk<'p>(term: Term<'p>, mut f: impl FnMut(Part<'p>)) -> Result<(), NoIolist> {
    let mut rest = term;
    let mut outer: Vec<Term<'p>> = Vec::new();
    loop {
        while let Some((head, tail)) = rest.as_cons() {
            rest = tail;
            if let Some(n) = head.as_small() {
                f(Part::Byte(u8::try_from(n).map_err(|_| NoIolist)?));
            } else if head.as_cons().is_some() {
                if !tail.is_nil() {
                    outer.push(tail);
                }
                rest = head;
            } else if !head.is_nil() {
                f(Part::Bits(head, head.as_bits().ok_or(NoIolist)?));
            }
        }
        if !rest.is_nil() {
            f(Part::Bits(rest, rest.as_bits().ok_or(NoIolist)?));
        }
        match outer.pop() {
            Some(t) => rest = t,
            None => return Ok(()),
        }
    }
}

/// Size in bits.
pub fn bit_size(term: Term<'_>) -> Result<usize, NoIolist> {
    let mut size = 0;
    walk(term, |part| {
        size += match part {
            Part::Byte(_) => 8,
            Part::Bits(_, bits) => bits.bits,
        };
    })?;
    Ok(size)
}

/// Size in bytes, if all parts are whole bytes.
pub fn size(term: Term<'_>) -> Result<usize, NoIolist> {
    let mut size = 0;
    let mut whole = true;
    walk(term, |part| match part {
        Part::Byte(_) => size += 1,
        Part::Bits(_, bits) => {
            whole &= bits.is_binary();
            size += bits.bits / 8;
        }
    })?;
    if whole { Ok(size) } else { Err(NoIolist) }
}

/// Writes the bits into `out`, which is zeroed and has room for them.
pub fn fill(term: Term<'_>, out: &mut [u8]) -> Result<(), NoIolist> {
    let mut at = 0;
    walk(term, |part| match part {
        Part::Byte(b) if at % 8 == 0 => {
            out[at / 8] = b;
            at += 8;
        }
        Part::Byte(b) => {
            super::bits::copy_bits(&[b], 0, out, at, 8);
            at += 8;
        }
        Part::Bits(_, bits) => {
            super::bits::copy_bits(bits.bytes, bits.start, out, at, bits.bits);
            at += bits.bits;
        }
    })
}

/// The bytes, if all parts are whole bytes.
pub fn to_bytes(term: Term<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut whole = true;
    walk(term, |part| match part {
        Part::Byte(b) => bytes.push(b),
        Part::Bits(_, bits) => {
            whole &= bits.is_binary();
            bytes.extend_from_slice(&bits.to_bytes());
        }
    })
    .ok()?;
    whole.then_some(bytes)
}
