//! Copying of words where they are mostly few: a call would cost more than the copy.

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
                let (a, b) = (from.cast::<[u64; 2]>(), from.add(n - 2).cast::<[u64; 2]>());
                let (a, b) = (a.read(), b.read());
                to.cast::<[u64; 2]>().write(a);
                to.add(n - 2).cast::<[u64; 2]>().write(b);
            } else if n == 1 {
                *to = *from;
            }
        } else if n <= 8 {
            let (a, b) = (from.cast::<[u64; 4]>(), from.add(n - 4).cast::<[u64; 4]>());
            let (a, b) = (a.read(), b.read());
            to.cast::<[u64; 4]>().write(a);
            to.add(n - 4).cast::<[u64; 4]>().write(b);
        } else {
            to.copy_from_nonoverlapping(from, n);
        }
    }
}
