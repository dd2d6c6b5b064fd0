//! Building bitstrings, and parts of others.

use super::{Area, Kind, Term, Word, header, word_of};
use crate::heap::Binary;
use crate::heap::binary::Runs;
use crate::num::{BigRef, Endian, to_bytes};
use crate::term::bitfield;
use crate::term::bits::{BitsView, copy_bits};
use crate::term::layout::HEAP_BITS_MAX_BYTES;
use std::ptr::NonNull;

/// A view of a bitstring costs four words and keeps the whole alive: what is as small as that is copied.
const COPIED_BITS: usize = 128;

impl<'p> Area<'p> {
    /// A binary that holds a copy of `bytes`.
    pub fn binary(&mut self, bytes: &[u8]) -> Term<'p> {
        if bytes.len() > HEAP_BITS_MAX_BYTES {
            return self.adopt_binary(Binary::from_bytes(bytes), bytes.len() * 8);
        }
        let (len, words) = (bytes.len(), bytes.len().div_ceil(8));
        let p = self.alloc(2 + words);
        // SAFETY: 2 + words fresh words, of which the last may have bytes over: they are zero.
        unsafe {
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(len as u64 * 8);
            let to = p.add(2);
            match words {
                0 => {}
                1 => *to = Word(word_of(bytes)),
                2 => {
                    *to = Word(word_of(&bytes[..8]));
                    *to.add(1) = Word(word_of(&bytes[8..]));
                }
                _ => {
                    *to.add(words - 1) = Word(0);
                    to.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), len);
                }
            }
        }
        self.boxed(p)
    }

    /// A binary of `len` bytes that `fill` puts in, one run behind the other: more than fit a heap.
    pub(crate) fn binary_of_runs(&mut self, len: usize, fill: impl FnOnce(&mut Runs)) -> Term<'p> {
        assert!(len > HEAP_BITS_MAX_BYTES, "what is small lies on the heap");
        self.adopt_binary(Binary::from_runs(len, fill), len * 8)
    }

    /// A binary of the bytes of a number of so many limbs, the lowest first, of which the last is not 0.
    pub fn binary_of_limbs(&mut self, limbs: &[u64], endian: Endian) -> Term<'p> {
        let n = BigRef { negative: false, limbs };
        let (len, words) = (n.bit_len().div_ceil(8) as usize, limbs.len());
        if len > HEAP_BITS_MAX_BYTES {
            return self.binary_with(len, |out| to_bytes(n, out, endian));
        }
        assert_eq!(len.div_ceil(8), words, "the last limb is not 0");
        let p = self.alloc(2 + words);
        // What the highest limb leaves empty, which the lower ones fill if it comes first.
        let unused = (8 * words - len) * 8;
        // SAFETY: 2 + words fresh words. Bytes over are zero: of a number's highest bits, or of those below
        // its lowest.
        unsafe {
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(len as u64 * 8);
            let mut below = 0;
            for (i, limb) in limbs.iter().enumerate() {
                let (place, word) = match endian {
                    Endian::Little => (i, limb.to_le()),
                    // Shifts by 64 bits are two.
                    Endian::Big => {
                        (words - 1 - i, (limb << unused | below >> 1 >> (63 - unused)).to_be())
                    }
                };
                *p.add(2 + place) = Word(word);
                below = *limb;
            }
        }
        self.boxed(p)
    }

    /// A binary of `len` bytes, which `fill` writes.
    pub fn binary_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        self.bits_with(len * 8, fill)
    }

    /// A bitstring of `bits` bits, which `fill` writes into zeroed bytes. Bits of the last byte
    /// beyond the size must be left zero.
    pub fn bits_with(&mut self, bits: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        let len = bits.div_ceil(8);
        if len <= HEAP_BITS_MAX_BYTES {
            return self.heap_bits(bits, fill);
        }
        let b = Binary::new(len, len);
        // SAFETY: the binary is fresh, ours alone, and has `len` bytes.
        fill(unsafe { std::slice::from_raw_parts_mut(Binary::data(b.as_ptr()), len) });
        self.adopt_binary(b, bits)
    }

    /// A binary of what `fill` writes: as many of up to `max` bytes, which are zero, as it says,
    /// from the first. `None` if there is no memory for so many.
    pub fn binary_up_to<E>(
        &mut self,
        max: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Option<Result<Term<'p>, E>> {
        if max <= HEAP_BITS_MAX_BYTES {
            let mut bytes = [0; HEAP_BITS_MAX_BYTES];
            return Some(fill(&mut bytes[..max]).map(|n| self.binary(&bytes[..n])));
        }
        let b = Binary::try_new(max)?;
        // SAFETY: the binary is fresh, ours alone, and has `max` bytes.
        let filled = fill(unsafe { std::slice::from_raw_parts_mut(Binary::data(b.as_ptr()), max) });
        match filled {
            Ok(n) if n > max / 2 && n > HEAP_BITS_MAX_BYTES => {
                assert!(n <= max, "no more than there was room for");
                Some(Ok(self.adopt_binary(b, n * 8)))
            }
            // What would waste much of the room is copied.
            other => {
                let count = crate::heap::binary::BinaryCount::take(b);
                Some(other.map(|n| self.binary(count.bytes(0, n))))
            }
        }
    }

    /// A binary that shows bytes held outside.
    pub fn shared_binary(&mut self, bytes: &crate::heap::SharedBytes) -> Term<'p> {
        let len = bytes.as_slice().len();
        if len <= HEAP_BITS_MAX_BYTES {
            return self.binary(bytes.as_slice());
        }
        let (binary, start) = bytes.parts();
        let whole = self.adopt_binary(binary.another(), (start + len) * 8);
        self.sub_bits(whole, start * 8, len * 8)
    }

    /// A bitstring that is a copy of those bits.
    pub fn bits(&mut self, v: BitsView<'_>) -> Term<'p> {
        match (v.as_bytes(), v.bits) {
            (Some(bytes), 1..=64) => self.bits_of_word(word_of(bytes), v.bits),
            (Some(bytes), _) => self.binary(bytes),
            (None, 1..=64) => {
                // SAFETY: the view's bytes hold its bits.
                let bits = unsafe { bitfield::read(v.bytes.as_ptr(), v.start, v.bits) };
                self.bits_of_word((bits << (64 - v.bits)).to_be(), v.bits)
            }
            _ => self.bits_with(v.bits, |to| copy_bits(v.bytes, v.start, to, 0, v.bits)),
        }
    }

    /// A bitstring of up to 64 bits: those that the word begins with in memory. All others are zero.
    #[inline(always)]
    fn bits_of_word(&mut self, word: u64, bits: usize) -> Term<'p> {
        debug_assert!(
            (1..=64).contains(&bits) && word.to_be().trailing_zeros() >= 64 - bits as u32
        );
        let p = self.alloc(3);
        // SAFETY: three fresh words.
        unsafe {
            *p = header(Kind::HeapBits, 2);
            *p.add(1) = Word(bits as u64);
            *p.add(2) = Word(word);
        }
        self.boxed(p)
    }

    /// A binary of the first bytes of these, from 1 to 8.
    #[inline]
    pub fn short_binary(&mut self, bytes: [u8; 8], len: usize) -> Term<'p> {
        assert!((1..=8).contains(&len), "as many as there are");
        let mask = (!0_u64 << (64 - 8 * len)).to_be();
        self.bits_of_word(u64::from_ne_bytes(bytes) & mask, len * 8)
    }

    fn heap_bits(&mut self, bits: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        let (len, words) = (bits.div_ceil(8), bits.div_ceil(64));
        let p = self.alloc(2 + words);
        // SAFETY: 2 + words fresh words; the data words are zeroed before a slice shows them.
        unsafe {
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(bits as u64);
            p.add(2).write_bytes(0, words);
            fill(std::slice::from_raw_parts_mut(p.add(2).cast::<u8>(), len));
        }
        self.boxed(p)
    }

    /// The first `bits` bits of an off-heap binary; takes over the caller's reference.
    pub(crate) fn adopt_binary(&mut self, b: NonNull<Binary>, bits: usize) -> Term<'p> {
        let p = self.alloc(3 + 4);
        // SAFETY: seven fresh words: a BinRef and the SubBits that shows it.
        unsafe {
            *p = header(Kind::BinRef, 2);
            *p.add(1) = Word(b.as_ptr() as u64);
            self.off_heap.push(p);
            let s = p.add(3);
            *s = header(Kind::SubBits, 3);
            *s.add(1) = Word(0);
            *s.add(2) = Word(bits as u64);
            *s.add(3) = Word::from_boxed_ptr(p);
            self.boxed(s)
        }
    }

    /// As [`Area::sub_bits`] of a binary whose bytes are `bytes`: those from `start` to `end`.
    pub fn sub_binary(&mut self, of: Term<'p>, bytes: &[u8], start: usize, end: usize) -> Term<'p> {
        let part = &bytes[start..end];
        if part.len() * 8 <= COPIED_BITS && part.len() < bytes.len() {
            return self.binary(part);
        }
        self.sub_bits(of, start * 8, part.len() * 8)
    }

    /// The part of `bits` bits from bit `offset` of bitstring `of`, sharing its bytes. Panics if
    /// `of` is no bitstring or the part does not lie within it.
    pub fn sub_bits(&mut self, of: Term<'p>, offset: usize, bits: usize) -> Term<'p> {
        let v = of.as_bits().expect("sub_bits of a bitstring");
        assert!(
            offset.checked_add(bits).is_some_and(|e| e <= v.bits),
            "part of a bitstring within it"
        );
        // SAFETY: those are its bits, and the part lies within.
        unsafe { self.part_of(of, v, offset, bits) }
    }

    /// The same of whole bytes, from `from` on. `None` if `of` is no bitstring, or they do not lie within.
    #[inline]
    pub fn sub_bytes(&mut self, of: Term<'p>, from: usize, to: usize) -> Option<Term<'p>> {
        let v = of.as_bits()?;
        if from > to || to > v.bits / 8 {
            return None;
        }
        // SAFETY: those are its bits, and the part lies within.
        Some(unsafe { self.part_of(of, v, from * 8, (to - from) * 8) })
    }

    /// # Safety
    /// `v` are the bits of `of`, and the part lies within.
    #[inline(always)]
    unsafe fn part_of(
        &mut self,
        of: Term<'p>,
        v: BitsView<'p>,
        offset: usize,
        bits: usize,
    ) -> Term<'p> {
        if offset == 0 && bits == v.bits {
            return of;
        }
        if bits <= COPIED_BITS {
            return self.bits(v.part(offset, bits));
        }
        let o = of.word().boxed_ptr();
        // SAFETY: `of` is HeapBits (its own bytes, from 0) or SubBits (fields as in `layout`).
        let (base, target) = unsafe {
            if of.kind() == Some(Kind::HeapBits) {
                (0, of.word())
            } else {
                ((*o.add(1)).0 as usize, *o.add(3))
            }
        };
        let p = self.alloc(4);
        // SAFETY: four fresh words.
        unsafe {
            *p = header(Kind::SubBits, 3);
            *p.add(1) = Word((base + offset) as u64);
            *p.add(2) = Word(bits as u64);
            *p.add(3) = target;
        }
        self.boxed(p)
    }
}
