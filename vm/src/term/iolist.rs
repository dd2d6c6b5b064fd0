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

    /// The bitstrings that a list begins with, of which there is at least one if it is an iolist: what
    /// comes after some of them.
    fn run(&mut self, cell: &'p [Term<'p>; 2]) -> Result<Term<'p>, NoIolist> {
        self.bits(cell[0]).map(|()| cell[1])
    }

    /// A list begins here, which is no part.
    fn list(&mut self) {}

    /// Whether that is enough.
    fn is_done(&self) -> bool {
        false
    }
}

/// The term is no iolist.
pub struct NoIolist;

/// Shows all parts. Does not recurse, so that any depth will do.
#[inline(always)]
fn visit<'p>(term: Term<'p>, visitor: &mut impl Visitor<'p>) -> Result<(), NoIolist> {
    let mut rest = term;
    // What follows the lists that it is in: a few in an array, whose length is in a machine register
    // (that of a `SmallVec` is not).
    let mut few = [Term::nil(); 8];
    let mut more: Vec<Term<'p>> = Vec::new();
    let mut depth = 0;
    loop {
        if let Some(cell) = rest.as_cell() {
            let [head, tail] = *cell;
            if head.as_byte().is_some() {
                let mut bytes = Bytes { rest, ahead: Foresight::default() };
                visitor.bytes(&mut bytes);
                rest = bytes.rest;
            } else if head.as_cons().is_some() {
                if !tail.is_nil() {
                    match few.get_mut(depth) {
                        Some(place) => *place = tail,
                        None => more.push(tail),
                    }
                    depth += 1;
                }
                rest = head;
                visitor.list();
            } else {
                if head.is_nil() {
                    visitor.list();
                    rest = tail;
                } else {
                    rest = visitor.run(cell)?;
                }
            }
        } else if rest.is_nil() {
            if depth == 0 {
                return Ok(());
            }
            depth -= 1;
            let outer = few.get(depth).copied().or_else(|| more.pop());
            rest = outer.expect("as many as have been entered");
        } else {
            visitor.bits(std::mem::replace(&mut rest, Term::nil()))?;
        }
        if visitor.is_done() {
            return Ok(());
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
    struct Measuring {
        so_far: Measure,
        bytes: usize,
        /// All sizes in bits, one put on the other.
        sizes: usize,
        limit: usize,
    }

    impl<'p> Visitor<'p> for Measuring {
        #[inline(always)]
        fn bytes(&mut self, bytes: &mut Bytes<'p>) {
            let n = bytes.take(self.limit.saturating_add(1) - self.so_far.parts).count();
            self.bytes += n;
            self.so_far.parts += n;
        }

        #[inline(always)]
        fn bits(&mut self, term: Term<'p>) -> Result<(), NoIolist> {
            let bits = term.bit_size().ok_or(NoIolist)?;
            self.sizes |= bits;
            self.so_far.bits += bits as u128;
            self.so_far.parts += 1 + bits / 8 / BYTES_A_PART;
            Ok(())
        }

        #[inline(always)]
        fn run(&mut self, cell: &'p [Term<'p>; 2]) -> Result<Term<'p>, NoIolist> {
            self.bits(cell[0])?;
            let (mut sizes, mut bits, mut count) = (0, 0, 0);
            let mut rest = cell[1];
            let mut ahead = Foresight::default();
            // The sum of so many sizes fits a word, as none is more than `MAX_BITS`.
            while count < RUN
                && let Some([head, tail]) = rest.as_cell()
                && let Some(size) = head.bit_size()
            {
                sizes |= size;
                bits += size;
                count += 1;
                rest = ahead.tail(rest, *tail);
            }
            self.sizes |= sizes;
            self.so_far.bits += bits as u128;
            self.so_far.parts += count + bits / 8 / BYTES_A_PART;
            Ok(rest)
        }

        #[inline(always)]
        fn list(&mut self) {
            self.so_far.parts += 1;
        }

        #[inline(always)]
        fn is_done(&self) -> bool {
            self.so_far.parts > self.limit
        }
    }

    let mut m = Measuring { so_far: Measure::default(), bytes: 0, sizes: 0, limit };
    visit(term, &mut m)?;
    m.so_far.bits += m.bytes as u128 * 8;
    m.so_far.odd = !m.sizes.is_multiple_of(8);
    Ok(m.so_far)
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
