//! Walking iolists: lists, nested in any way, of bytes and binaries (or bitstrings).

use super::{BYTES_A_PART, BitsView, Term};

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
#[inline(always)]
pub fn walk<'p>(term: Term<'p>, mut f: impl FnMut(Part<'p>)) -> Result<(), NoIolist> {
    walk_while(term, |part| {
        if let Some(part) = part {
            f(part);
        }
        true
    })
}

/// As [`walk`], until `f` says no. It is called for what is no part too, lists in the list, so that
/// whoever counts how far it has come counts all.
#[inline(always)]
fn walk_while<'p>(
    term: Term<'p>,
    mut f: impl FnMut(Option<Part<'p>>) -> bool,
) -> Result<(), NoIolist> {
    let mut rest = term;
    // What follows the lists that it is in: a few in an array, whose length is in a machine register
    // (that of a `SmallVec` is not).
    let mut few = [Term::nil(); 8];
    let mut more: Vec<Term<'p>> = Vec::new();
    let mut depth = 0;
    loop {
        // One place where `f` is called, so that it becomes part of the loop.
        let part = if let Some((head, tail)) = rest.as_cons() {
            rest = tail;
            if let Some(n) = head.as_small() {
                Some(Part::Byte(u8::try_from(n).map_err(|_| NoIolist)?))
            } else if head.as_cons().is_some() {
                if !tail.is_nil() {
                    match few.get_mut(depth) {
                        Some(place) => *place = tail,
                        None => more.push(tail),
                    }
                    depth += 1;
                }
                rest = head;
                None
            } else if head.is_nil() {
                None
            } else {
                Some(Part::Bits(head, head.as_bits().ok_or(NoIolist)?))
            }
        } else if rest.is_nil() {
            if depth == 0 {
                return Ok(());
            }
            depth -= 1;
            let outer = few.get(depth).copied().or_else(|| more.pop());
            rest = outer.expect("as many as have been entered");
            continue;
        } else {
            let bits = rest.as_bits().ok_or(NoIolist)?;
            Some(Part::Bits(std::mem::replace(&mut rest, Term::nil()), bits))
        };
        if !f(part) {
            return Ok(());
        }
    }
}

/// What an iolist comes to.
#[derive(Default)]
pub struct Measure {
    /// Size in bits; an iolist that contains itself many times over may have more than memory has.
    pub bits: u128,
    /// Some part is not of whole bytes.
    pub odd: bool,
    /// How many cells have been looked at; `BYTES_A_PART` bytes of binaries count as one more.
    pub parts: usize,
}

/// Measures an iolist; ends early once there are more than `limit` parts.
pub fn measure(term: Term<'_>, limit: usize) -> Result<Measure, NoIolist> {
    let mut m = Measure::default();
    let mut bytes = 0_u64;
    walk_while(term, |part| {
        m.parts += 1;
        match part {
            None => {}
            Some(Part::Byte(_)) => bytes += 1,
            Some(Part::Bits(_, bits)) => {
                m.odd |= !bits.is_binary();
                m.bits += bits.bits as u128;
                m.parts += bits.bits / 8 / BYTES_A_PART;
            }
        }
        m.parts <= limit
    })?;
    m.bits += u128::from(bytes) * 8;
    Ok(m)
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
            match bits.as_bytes() {
                Some(bytes) if at % 8 == 0 => {
                    out[at / 8..at / 8 + bytes.len()].copy_from_slice(bytes);
                }
                _ => super::bits::copy_bits(bits.bytes, bits.start, out, at, bits.bits),
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::with_area;

    /// Work is counted where there is nothing to gather too: no list is walked for long unseen.
    #[test]
    fn measuring_ends_in_empty_lists_too() {
        with_area(|area, _| {
            let flat = area.list(&vec![Term::nil(); 1000]);
            let mut deep = Term::nil();
            for _ in 0..1000 {
                deep = area.list(&[deep, Term::nil()]);
            }
            for list in [flat, deep] {
                let Ok(m) = measure(list, 100) else { panic!("it is an iolist") };
                assert_eq!((m.parts, m.bits), (101, 0_u128));
                let Ok(m) = measure(list, usize::MAX) else { panic!("it is an iolist") };
                assert!(m.parts >= 1000 && m.bits == 0);
            }
        });
    }
}
