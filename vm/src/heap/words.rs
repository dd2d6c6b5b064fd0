//! Copying of words where they are mostly few: a call would cost more than the copy. And asking for
//! memory ahead.

use crate::term::Word;

/// Copies `n` words.
///
/// # Safety
/// Both ranges are valid and do not overlap.
#[inline(always)]
pub(crate) unsafe fn copy_words(from: *const Word, to: *mut Word, n: usize) {
    // SAFETY: pieces at both ends that together cover all and reach no further.
    unsafe {
        if n <= 4 {
            if n >= 2 {
                let (a, b) = (pair(from), pair(from.add(n - 2)));
                to.cast::<u128>().write_unaligned(a);
                to.add(n - 2).cast::<u128>().write_unaligned(b);
            } else if n == 1 {
                *to = *from;
            }
        } else if n <= 8 {
            let (a, b) = (pair(from), pair(from.add(2)));
            let (c, d) = (pair(from.add(n - 4)), pair(from.add(n - 2)));
            to.cast::<u128>().write_unaligned(a);
            to.add(2).cast::<u128>().write_unaligned(b);
            to.add(n - 4).cast::<u128>().write_unaligned(c);
            to.add(n - 2).cast::<u128>().write_unaligned(d);
        } else {
            to.copy_from_nonoverlapping(from, n);
        }
    }
}

/// Writes `n` zeros.
///
/// # Safety
/// The words are valid.
#[inline(always)]
pub(crate) unsafe fn zero_words(at: *mut Word, n: usize) {
    // SAFETY: the caller's promise. Volatile, as the compiler would make it a call.
    unsafe {
        if n > 8 {
            return at.write_bytes(0, n);
        }
        for i in 0..n {
            at.add(i).write_volatile(Word(0));
        }
    }
}

/// Copies `n` words that have mostly just been written, one by one. A wider load would have to wait
/// until the words it spans have left the processor's queue of stores.
///
/// # Safety
/// As [`copy_words`].
#[inline(always)]
pub(crate) unsafe fn copy_fresh_words(from: *const Word, to: *mut Word, n: usize) {
    for i in 0..n {
        // SAFETY: the caller's promise. Volatile, as the compiler would make it a wide copy.
        unsafe { to.add(i).write_volatile(*from.add(i)) };
    }
}

/// Two words at once: one load into a machine register.
///
/// # Safety
/// Both are valid.
#[inline(always)]
unsafe fn pair(at: *const Word) -> u128 {
    // SAFETY: the caller's promise.
    unsafe { at.cast::<u128>().read_unaligned() }
}

/// Copies `n` words if they are immediates. False: some are none, and what is at `to` means nothing.
///
/// # Safety
/// As [`copy_words`].
#[inline(always)]
pub(crate) unsafe fn copy_immediates(from: *const Word, to: *mut Word, n: usize) -> bool {
    let mut i = n;
    // SAFETY: the caller's promise.
    unsafe {
        while i > 0 {
            i -= 1;
            let w = *from.add(i);
            // Leaving at once also keeps the compiler from preparing for many.
            if !w.is_immediate() {
                return false;
            }
            *to.add(i) = w;
        }
    }
    true
}

/// Asks for the cache line at `p`, which need not be valid.
#[inline(always)]
pub(crate) fn prefetch_line(p: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and faults nowhere.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Copies bytes, many as a rule, in the way that is the fastest for where they lie.
///
/// Many are best left to the system's `memcpy` and the instruction that copies. That takes longer, up to
/// twenty times, where the copy lies a little behind its source, pages aside: then they are copied in
/// pieces for which `memcpy` does not take it.
///
/// # Safety
/// `n` bytes at `from` may be read, and `n` at `to` be written, which are others.
#[inline]
pub(crate) unsafe fn copy_bytes(mut from: *const u8, mut to: *mut u8, mut n: usize) {
    const PAGE: usize = 4096;
    const LITTLE: usize = 256;
    const PIECE: usize = 2048;
    let behind = (to as usize).wrapping_sub(from as usize) % PAGE;
    // SAFETY: the caller's promise; the pieces are as many bytes as there are.
    unsafe {
        while n > PIECE && behind < LITTLE {
            to.copy_from_nonoverlapping(from, PIECE);
            (from, to, n) = (from.add(PIECE), to.add(PIECE), n - PIECE);
        }
        to.copy_from_nonoverlapping(from, n);
    }
}

/// Foresees where the next cell of a list lies: as far from this one as this one from the one before.
///
/// Where a list was built or moved at once, that is so, and a processor that takes it for granted need
/// not wait for a cell to be read before it begins with the next: it compares what was foreseen with
/// what is there once that has come. A list that lies otherwise is given up after a few misses, which
/// cost more than they save.
#[derive(Clone)]
pub(crate) struct Foresight {
    /// From one cell to the next, in bytes; 0, where no next cell lies, for no idea.
    step: u64,
    misses: u32,
}

impl Default for Foresight {
    /// At first the next cell is taken to lie behind the first: so it is in lists that natives have built or
    /// the collector has moved.
    fn default() -> Foresight {
        Foresight { step: 16, misses: 0 }
    }
}

impl Foresight {
    /// Misses after which nothing is foreseen any more.
    const LIMIT: u32 = 4;

    /// `found`, which comes after `cell`: addresses, or words that refer to cells.
    #[inline(always)]
    pub fn next(&mut self, cell: u64, found: u64) -> u64 {
        let foreseen = cell.wrapping_add(self.step);
        let taken = apart(foreseen);
        if foreseen == found {
            return taken;
        }
        self.misses += 1;
        self.step = if self.misses > Self::LIMIT { 0 } else { found.wrapping_sub(cell) };
        // So that this stays a branch.
        apart(found)
    }
}

/// The same value, computed in one of two ways that a program goes: a branch leads there, and is not made
/// a choice between values, for which the program would have to wait.
#[inline(always)]
pub(crate) fn stays_branch(value: usize) -> usize {
    apart(value as u64) as usize
}

/// The same value, of which the compiler does not know where it comes from: neither does it put another
/// in its place that is equal, nor does it compute both where there is a choice.
#[inline(always)]
pub(crate) fn apart(mut value: u64) -> u64 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    // SAFETY: there is no instruction in it.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever lies where: what comes next is what is there.
    #[test]
    fn what_is_found_counts() {
        let steps = [16, 16, 16_u64.wrapping_neg(), 16, 16, 40, 40, 0, 24, 32, 40, 48, 16, 16, 16];
        let mut ahead = Foresight::default();
        let mut at = 4096_u64;
        for step in steps.iter().cycle().take(200) {
            let found = at.wrapping_add(*step);
            assert_eq!(ahead.next(at, found), found);
            at = found;
        }
        // Nothing is foreseen any more.
        assert_eq!(ahead.step, 0);
    }

    #[test]
    fn equal_steps_are_no_misses() {
        let mut ahead = Foresight::default();
        for at in (4096..8192).step_by(16) {
            assert_eq!(ahead.next(at, at + 16), at + 16);
        }
        assert_eq!((ahead.step, ahead.misses), (16, 0));
        for at in (4096..8192).rev().step_by(16) {
            assert_eq!(ahead.next(at, at - 16), at - 16);
        }
        assert_eq!((ahead.step, ahead.misses), (16_u64.wrapping_neg(), 1));
    }
}
