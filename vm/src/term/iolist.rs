//! Walking iolists: lists, nested in any way, of bytes and binaries (or bitstrings).

use super::{BYTES_A_PART, BitsView, Term};
use crate::heap::words::Foresight;

/// Bytes that a list begins with. What is not taken is left.
pub struct Bytes<'p> {
    rest: Term<'p>,
    ahead: Foresight,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let (head, tail) = self.rest.as_cons()?;
        let byte = head.as_byte()?;
        self.rest = self.ahead.tail(self.rest, tail);
        Some(byte)
    }
}

/// What is done with the parts of an iolist, which come from left to right.
trait Visitor<'p> {
    /// At least one byte, which must be taken.
    fn bytes(&mut self, bytes: &mut Bytes<'p>);

    /// What should be a bitstring.
    fn bits(&mut self, term: Term<'p>) -> Result<(), NoIolist>;
}

/// The term is no iolist.
pub struct NoIolist;

/// What follows the lists that a part is in: a few in an array, whose length is in a machine register
/// (that of a `SmallVec` is not).
struct Outer<'p> {
    few: [Term<'p>; 8],
    more: Vec<Term<'p>>,
    depth: usize,
}

impl<'p> Outer<'p> {
    /// Where `term` begins, which stands for nothing yet.
    #[inline(always)]
    fn of(term: Term<'p>) -> Outer<'p> {
        Outer { few: [term; 8], more: Vec::new(), depth: 0 }
    }

    /// A list is entered that `tail` follows.
    #[inline(always)]
    fn push(&mut self, tail: Term<'p>) {
        if !tail.is_nil() {
            match self.few.get_mut(self.depth) {
                Some(place) => *place = tail,
                None => self.more.push(tail),
            }
            self.depth += 1;
        }
    }

    /// What follows the list that has ended.
    #[inline(always)]
    fn pop(&mut self) -> Option<Term<'p>> {
        self.depth = self.depth.checked_sub(1)?;
        self.few.get(self.depth).copied().or_else(|| self.more.pop())
    }
}

/// Shows all parts. Does not recurse, so that any depth will do.
#[inline(always)]
fn visit<'p>(term: Term<'p>, visitor: &mut impl Visitor<'p>) -> Result<(), NoIolist> {
    let mut outer = Outer::of(term);
    let mut rest = term;
    loop {
        if let Some(&[head, tail]) = rest.as_cell() {
            if head.as_byte().is_some() {
                let mut bytes = Bytes { rest, ahead: Foresight::default() };
                visitor.bytes(&mut bytes);
                rest = bytes.rest;
            } else if head.as_cons().is_some() {
                outer.push(tail);
                rest = head;
            } else {
                rest = tail;
                if !head.is_nil() {
                    visitor.bits(head)?;
                }
            }
        } else {
            if !rest.is_nil() {
                visitor.bits(rest)?;
            }
            let Some(next) = outer.pop() else { return Ok(()) };
            rest = next;
        }
    }
}

/// A part of an iolist.
pub enum Part<'w, 'p> {
    /// Bytes that follow each other in one list.
    Bytes(&'w mut Bytes<'p>),
    /// A bitstring: the term, and its bits.
    Bits(Term<'p>, BitsView<'p>),
}

/// Calls `f` with every part from left to right.
pub fn walk<'p>(term: Term<'p>, f: impl FnMut(Part<'_, 'p>)) -> Result<(), NoIolist> {
    struct Each<F>(F);

    impl<'p, F: FnMut(Part<'_, 'p>)> Visitor<'p> for Each<F> {
        fn bytes(&mut self, bytes: &mut Bytes<'p>) {
            (self.0)(Part::Bytes(bytes));
        }

        fn bits(&mut self, term: Term<'p>) -> Result<(), NoIolist> {
            (self.0)(Part::Bits(term, term.as_bits().ok_or(NoIolist)?));
            Ok(())
        }
    }

    visit(term, &mut Each(f))
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

/// How many bitstrings are measured before the parts are counted.
const RUN: usize = 1024;

/// Measures an iolist; ends early once there are more than `limit` parts.
pub fn measure(term: Term<'_>, limit: usize) -> Result<Measure, NoIolist> {
    measure_inline(term, limit)
}

/// [`measure`] for who does little else.
#[inline(always)]
pub fn measure_inline(term: Term<'_>, limit: usize) -> Result<Measure, NoIolist> {
    // Not by `visit`: here the walk is all that is done.
    let most = limit.saturating_add(1);
    let mut left = most;
    // All sizes in bits: their sum, and one put on the other.
    let (mut sum, mut sizes) = (0_u128, 0);
    let mut outer = Outer::of(term);
    let mut rest = term;
    while left > 0 {
        if let Some(&[head, tail]) = rest.as_cell() {
            if head.as_byte().is_some() {
                let mut bytes = Bytes { rest: tail, ahead: Foresight::default() };
                let before = left;
                left -= 1;
                while left > 0 && bytes.next().is_some() {
                    left -= 1;
                }
                sum += (before - left) as u128 * 8;
                rest = bytes.rest;
            } else if head.as_cons().is_some() {
                outer.push(tail);
                rest = head;
                left -= 1;
            } else if let Some(size) = head.bit_size() {
                let (mut run, mut count) = (size, 1);
                sizes |= size;
                let mut ahead = Foresight::default();
                rest = tail;
                // The sum of so many sizes fits a word, as none is more than `MAX_BITS`.
                while count < RUN
                    && let Some(&[head, tail]) = rest.as_cell()
                    && let Some(size) = head.bit_size()
                {
                    run += size;
                    count += 1;
                    sizes |= size;
                    rest = ahead.tail(rest, tail);
                }
                sum += run as u128;
                left = left.saturating_sub(count + run / 8 / BYTES_A_PART);
            } else if head.is_nil() {
                rest = tail;
                left -= 1;
            } else {
                return Err(NoIolist);
            }
        } else {
            if !rest.is_nil() {
                let size = rest.bit_size().ok_or(NoIolist)?;
                sum += size as u128;
                sizes |= size;
                left = left.saturating_sub(1 + size / 8 / BYTES_A_PART);
            }
            let Some(next) = outer.pop() else { break };
            rest = next;
        }
    }
    Ok(Measure { bits: sum, odd: !sizes.is_multiple_of(8), parts: most - left })
}

/// Size in bytes, if all parts are whole bytes.
pub fn size(term: Term<'_>) -> Result<usize, NoIolist> {
    let m = measure(term, usize::MAX)?;
    if m.odd { Err(NoIolist) } else { usize::try_from(m.bits / 8).map_err(|_| NoIolist) }
}

/// Writes the bits into `out`, which is zeroed and has room for them.
pub fn fill(term: Term<'_>, out: &mut [u8]) -> Result<(), NoIolist> {
    struct Filling<'o> {
        out: &'o mut [u8],
        /// How many bits are there.
        at: usize,
    }

    impl<'p> Visitor<'p> for Filling<'_> {
        #[inline(always)]
        fn bytes(&mut self, bytes: &mut Bytes<'p>) {
            if self.at.is_multiple_of(8) {
                let mut n = self.at / 8;
                for byte in bytes {
                    self.out[n] = byte;
                    n += 1;
                }
                self.at = n * 8;
            } else {
                for byte in bytes {
                    super::bits::copy_bits(&[byte], 0, self.out, self.at, 8);
                    self.at += 8;
                }
            }
        }

        #[inline(always)]
        fn bits(&mut self, term: Term<'p>) -> Result<(), NoIolist> {
            let bits = term.as_bits().ok_or(NoIolist)?;
            match bits.as_bytes() {
                Some(bytes) if self.at.is_multiple_of(8) => {
                    let n = self.at / 8;
                    self.out[n..n + bytes.len()].copy_from_slice(bytes);
                }
                _ => super::bits::copy_bits(bits.bytes, bits.start, self.out, self.at, bits.bits),
            }
            self.at += bits.bits;
            Ok(())
        }
    }

    visit(term, &mut Filling { out, at: 0 })
}

/// The bytes, if all parts are whole bytes.
pub fn to_bytes(term: Term<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut whole = true;
    walk(term, |part| match part {
        Part::Bytes(run) => bytes.extend(run),
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
