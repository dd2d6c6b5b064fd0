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
