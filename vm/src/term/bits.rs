//! Bitstrings as seen from outside: where the bits are, whichever way they are stored.

use super::Word;
use super::layout::{Kind, header_kind};
use crate::heap::Binary;
use std::borrow::Cow;

/// More bits than this are no bitstring: 32 GiB. (Stock tries, and the machine goes down.)
pub const MAX_BITS: usize = 1 << 38;

/// The bits of a bitstring term.
#[derive(Clone, Copy)]
pub struct BitsView<'p> {
    /// The bytes that the bits lie in, no more than needed.
    pub bytes: &'p [u8],
    /// How many bits of the first byte come before the first bit: 0 to 7.
    pub start: usize,
    /// Size in bits.
    pub bits: usize,
}

impl<'p> BitsView<'p> {
    /// The bits of the `HeapBits` or `SubBits` object at `obj`.
    ///
    /// # Safety
    /// `obj` is such an object and stays as it is during `'p`.
    #[inline(always)]
    pub(super) unsafe fn of_object(obj: *const Word) -> BitsView<'p> {
        // SAFETY: as the caller promises; fields as in `layout`.
        unsafe {
            let (base, offset, bits) = if header_kind(*obj) == Kind::HeapBits {
                (obj.add(2).cast::<u8>(), 0, (*obj.add(1)).0 as usize)
            } else {
                let of = (*obj.add(3)).boxed_ptr();
                (base_of(of).cast_const(), (*obj.add(1)).0 as usize, (*obj.add(2)).0 as usize)
            };
            BitsView::new(base, offset, bits)
        }
    }

    /// The `bits` bits from bit `offset` after `base`.
    ///
    /// # Safety
    /// Those bits are readable and unchanged during `'p`.
    #[inline(always)]
    pub(crate) unsafe fn new(base: *const u8, offset: usize, bits: usize) -> BitsView<'p> {
        let start = offset % 8;
        // SAFETY: just the bytes that hold the bits.
        let bytes =
            unsafe { std::slice::from_raw_parts(base.add(offset / 8), (start + bits).div_ceil(8)) };
        BitsView { bytes, start, bits }
    }

    /// Whether it is a whole number of bytes.
    pub fn is_binary(&self) -> bool {
        self.bits.is_multiple_of(8)
    }

    /// The bytes where they lie, if they are whole bytes at a byte boundary.
    #[inline]
    pub fn as_bytes(&self) -> Option<&'p [u8]> {
        (self.start == 0 && self.bits.is_multiple_of(8)).then_some(self.bytes)
    }

    /// The bytes, copied only if they are not aligned; the last byte of a bitstring is filled up
    /// with zero bits.
    #[inline]
    pub fn to_bytes(&self) -> Cow<'p, [u8]> {
        match self.as_bytes() {
            Some(b) => Cow::Borrowed(b),
            None => self.to_copied_bytes(),
        }
    }

    #[inline(never)]
    fn to_copied_bytes(self) -> Cow<'p, [u8]> {
        let mut out = vec![0; self.bits.div_ceil(8)];
        copy_bits(self.bytes, self.start, &mut out, 0, self.bits);
        Cow::Owned(out)
    }

    /// Byte `i`, counted from the first; all of it lies within.
    #[inline]
    pub fn byte(&self, i: usize) -> u8 {
        match self.start {
            0 => self.bytes[i],
            start => self.bytes[i] << start | self.bytes[i + 1] >> (8 - start),
        }
    }

    /// Bit `i`, counted from the first.
    pub fn bit(&self, i: usize) -> bool {
        let p = self.start + i;
        self.bytes[p / 8] >> (7 - p % 8) & 1 == 1
    }

    /// The part of `bits` bits from bit `offset` on. Panics if it does not lie within.
    pub fn part(&self, offset: usize, bits: usize) -> BitsView<'p> {
        assert!(offset + bits <= self.bits, "part of a bitstring within it");
        let p = self.start + offset;
        let (first, start) = (p / 8, p % 8);
        BitsView { bytes: &self.bytes[first..first + (start + bits).div_ceil(8)], start, bits }
    }
}

/// Address of the first byte of what a `SubBits` or `MatchCtx` refers to.
///
/// # Safety
/// `of` is a `HeapBits` or `BinRef` object.
#[inline(always)]
pub(crate) unsafe fn base_of(of: *const Word) -> *mut u8 {
    // SAFETY: fields as in `layout`.
    unsafe {
        if header_kind(*of) == Kind::HeapBits {
            of.add(2).cast::<u8>().cast_mut()
        } else {
            Binary::data((*of.add(1)).0 as *const Binary)
        }
    }
}

/// How many bytes a bitstring keeps alive: those of the binary that it is a part of. `None` for
/// what is no bitstring.
pub fn referenced_bytes(t: super::Term<'_>) -> Option<usize> {
    let own = t.as_bits()?.bits.div_ceil(8);
    let o = t.word().boxed_ptr();
    // SAFETY: a bitstring is HeapBits or SubBits, with fields as in `layout`; a BinRef's word is
    // the address of a binary that it keeps alive.
    unsafe {
        if header_kind(*o) == Kind::HeapBits {
            return Some(own);
        }
        let of = (*o.add(3)).boxed_ptr();
        if header_kind(*of) == Kind::HeapBits {
            return Some(((*of.add(1)).0 as usize).div_ceil(8));
        }
        Some((*((*of.add(1)).0 as *const Binary)).capacity())
    }
}

/// The off-heap binary that a bitstring is a part of, if its bytes lie in one.
pub(crate) fn off_heap_binary(t: super::Term<'_>) -> Option<std::ptr::NonNull<Binary>> {
    t.as_bits()?;
    let o = t.word().boxed_ptr();
    // SAFETY: as in `referenced_bytes`.
    unsafe {
        if header_kind(*o) == Kind::HeapBits {
            return None;
        }
        let of = (*o.add(3)).boxed_ptr();
        if header_kind(*of) == Kind::HeapBits {
            return None;
        }
        std::ptr::NonNull::new((*of.add(1)).0 as *mut Binary)
    }
}

/// What is known of the off-heap binary that a bitstring is a part of.
#[derive(Clone, Copy, Debug)]
pub struct OffHeapInfo {
    /// Bytes in use.
    pub used: usize,
    /// Bytes that there is room for.
    pub capacity: usize,
    /// Whether the bitstring is all that is in use.
    pub whole: bool,
}

impl super::Term<'_> {
    /// What is known of the off-heap binary that it is a part of, if it is.
    pub fn off_heap_info(self) -> Option<OffHeapInfo> {
        let binary = off_heap_binary(self)?;
        // SAFETY: the term keeps the binary alive; it is a view, whose fields are as in `layout`.
        let (binary, offset, bits) = unsafe {
            let o = self.word().boxed_ptr();
            (binary.as_ref(), (*o.add(1)).0 as usize, (*o.add(2)).0 as usize)
        };
        let used = binary.used_bits();
        let whole = offset == 0 && bits == used;
        Some(OffHeapInfo { used: used.div_ceil(8), capacity: binary.capacity(), whole })
    }
}

/// Copies `bits` bits from bit `from` of `src` to bit `to` of `dst`; other bits of `dst` stay.
pub fn copy_bits(src: &[u8], from: usize, dst: &mut [u8], to: usize, bits: usize) {
    if bits == 0 {
        return;
    }
    if from.is_multiple_of(8) && to.is_multiple_of(8) {
        let n = bits / 8;
        dst[to / 8..to / 8 + n].copy_from_slice(&src[from / 8..from / 8 + n]);
        let rest = bits % 8;
        if rest > 0 {
            let mask = !(0xFFu8 >> rest);
            let d = &mut dst[to / 8 + n];
            *d = *d & !mask | src[from / 8 + n] & mask;
        }
        return;
    }
    // Eight bits at a time, each put together from at most two source bytes.
    let mut done = 0;
    while done < bits {
        let n = (bits - done).min(8);
        let value = read_up_to_8(src, from + done, n);
        write_up_to_8(dst, to + done, n, value);
        done += n;
    }
}

fn read_up_to_8(src: &[u8], at: usize, n: usize) -> u8 {
    let (byte, bit) = (at / 8, at % 8);
    let hi = u16::from(src[byte]) << 8;
    let lo = if bit + n > 8 { u16::from(src[byte + 1]) } else { 0 };
    ((hi | lo) << bit >> (16 - n)) as u8
}

fn write_up_to_8(dst: &mut [u8], at: usize, n: usize, value: u8) {
    let (byte, bit) = (at / 8, at % 8);
    let shift = 16 - n - bit;
    let mask = ((1u16 << n) - 1) << shift;
    let v = u16::from(value) << shift;
    dst[byte] = dst[byte] & !(mask >> 8) as u8 | (v >> 8) as u8;
    if bit + n > 8 {
        dst[byte + 1] = dst[byte + 1] & !mask as u8 | v as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_every_alignment() {
        let src: Vec<u8> = (0..16u32).map(|i| (i * 37 + 11) as u8).collect();
        let bit = |b: &[u8], i: usize| b[i / 8] >> (7 - i % 8) & 1;
        for from in 0..16 {
            for to in 0..16 {
                for bits in 0..40 {
                    for fill in [0u8, 0xFF] {
                        let mut dst = [fill; 9];
                        copy_bits(&src, from, &mut dst, to, bits);
                        for i in 0..72 {
                            let want = if i >= to && i < to + bits {
                                bit(&src, from + i - to)
                            } else {
                                fill & 1
                            };
                            assert_eq!(bit(&dst, i), want, "{from} {to} {bits} at {i}");
                        }
                    }
                }
            }
        }
    }
}
