//! When a reserve point collects though there is room: under `gc_zeal`.
//!
//! In a small heap every one does. In a large one, where each collection copies or scans thousands of
//! words, only as many do as keep that to a few hundred words for each reserve point: a loop that
//! builds a list of a million would otherwise not end in a day. What the old heap and the size of the
//! block add to that counts too: a major collection comes once in many thousand, and a large block
//! costs to get. So building a heap of any size takes time in proportion to its size. Which reserve
//! points collect is a matter of where heap and stack end, so that no place of a loop is always passed
//! over.

use super::M;

/// Words up to which a heap is collected at every reserve point.
const SMALL: usize = 4096;
/// Words for each reserve point that a larger one may cost.
const COST: usize = 256;
/// A word of what a collection does not look at, but once in a long while, costs so many times less.
const SELDOM: usize = 1024;

/// Whether a reserve point collects whatever room there is.
#[inline(always)]
pub(super) unsafe fn zealous(m: M) -> bool {
    // SAFETY: the worker owns the process.
    cfg!(feature = "gc_zeal") && unsafe { is_due(m) }
}

unsafe fn is_due(m: M) -> bool {
    // SAFETY: the worker owns the process.
    let words = unsafe {
        let heap = &(*m.p).heap;
        let block = heap.block_words();
        block - m.free() + (block + heap.old_block_words()) / SELDOM
    };
    if words <= SMALL {
        return true;
    }
    let mixed = (m.hp as u64 ^ (m.sp as u64).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 32) as usize).is_multiple_of(words / COST)
}
