//! The literal arena: terms that live outside process heaps and that no collector moves (module
//! literals, persistent terms).
//!
//! One reserved range of addresses, so that a collector tells a literal by comparing its address.
//! What is used of it is touched only then. A [`LiteralArea`] owns blocks of it: whoever has it says
//! how long they stay. Terms refer to them without counting, so an area that has been shown to
//! processes is never freed by its owner but given up (`given_up`), which has each process copy
//! out what it refers to first.
//!
//! The first word of the range leads to the areas that are being given up, if there are some: what
//! copies terms looks there for each literal that it meets, and copies those.

use super::fragment::OffHeap;
use super::space::Space;
use crate::sync::{AtomicPtr, AtomicUsize, Mutex, Ordering};
use crate::term::Word;

/// What is asked for first, and the least that is of use: where address space is short (`ulimit -v`,
/// a debugger's memory), a smaller arena is better than no machine.
const MOST_BYTES: usize = 64 << 30;
const LEAST_BYTES: usize = 64 << 20;

/// Words at the beginning that are no block: a cache line.
const FIRST: usize = 8;
/// Bytes at the end that are no block and that nothing else may lie in: the odd number of bytes that
/// says that areas are being given up takes the first of them in.
const BEHIND: usize = 4096;

/// Bytes of a block from which on its memory is given back to the system at once.
const WORTH_GIVING_BACK: usize = 1 << 16;

/// Where literals lie, and whether areas are being given up: asked for anew by whatever copies
/// terms, and good until the thread's next quiescent point. What it says does not change on the way,
/// so that one pass over a term can count the words which the next one takes.
#[derive(Clone, Copy, Debug)]
pub struct LiteralRange {
    /// The address of an arena that outlives all copies of this, if it has any bytes.
    base: usize,
    /// How many; odd if areas are being given up.
    bytes: usize,
}

impl LiteralRange {
    /// Nowhere: what is copied is copied whole.
    pub const NONE: LiteralRange = LiteralRange { base: 0, bytes: 0 };

    /// Whether `p` is the address of a literal.
    #[inline(always)]
    pub fn contains(self, p: *const Word) -> bool {
        (p as usize).wrapping_sub(self.base) < self.bytes
    }

    /// Whether `p` is the address of a literal that whoever refers to it may go on to refer to.
    #[inline(always)]
    pub fn keeps(self, p: *const Word) -> bool {
        self.contains(p) && (self.bytes & 1 == 0 || !self.gives_up(p))
    }

    /// Whether some of them are given up, which whoever refers to them is to copy.
    #[inline(always)]
    pub fn gives_some_up(self) -> bool {
        self.bytes & 1 != 0
    }

    #[cold]
    fn gives_up(self, p: *const Word) -> bool {
        // SAFETY: the number is odd, so the range is an arena's, which begins with this word. It may
        // have become null since, when nobody refers to the areas any more; what it leads to, and
        // that it leads to no others, does not change before all threads that copy terms have passed
        // a quiescent point (`given_up`).
        unsafe {
            let areas = (*(self.base as *const AtomicPtr<Areas>)).load(Ordering::Acquire);
            areas.as_ref().is_some_and(|a| a.contain(p))
        }
    }
}

/// The areas that are being given up at a time.
pub struct Areas {
    /// From where to where blocks lie, by place.
    blocks: Vec<(usize, usize)>,
}

impl Areas {
    /// Those.
    pub fn of<'a>(areas: impl Iterator<Item = &'a LiteralArea>) -> Areas {
        let bounds = |&(p, words): &(*mut Word, usize)| (p as usize, p as usize + words * 8);
        let mut blocks: Vec<_> = areas.flat_map(|a| &a.blocks).map(bounds).collect();
        blocks.sort_unstable();
        Areas { blocks }
    }

    /// Whether `p` is an address in one of them.
    #[inline]
    pub fn contain(&self, p: *const Word) -> bool {
        let (Some(first), Some(last)) = (self.blocks.first(), self.blocks.last()) else {
            return false;
        };
        let p = p as usize;
        if p < first.0 || p >= last.1 {
            return false;
        }
        let i = self.blocks.partition_point(|b| b.0 <= p);
        i > 0 && p < self.blocks[i - 1].1
    }

    /// Whether a word that may be a term or anything else could refer to one of them.
    #[inline]
    pub fn may_be_meant(&self, w: Word) -> bool {
        (w.is_cons() || w.is_boxed()) && self.contain(w.ptr())
    }
}

/// Some blocks of the arena, and the off-heap objects in them.
pub struct LiteralArea {
    blocks: smallvec::SmallVec<[(*mut Word, usize); 1]>,
    off_heap: OffHeap,
}

// SAFETY: an area owns its blocks, which are not tied to a thread.
unsafe impl Send for LiteralArea {}
// SAFETY: shared, an area tells only how large it is.
unsafe impl Sync for LiteralArea {}

impl LiteralArea {
    /// No blocks.
    pub fn new() -> LiteralArea {
        LiteralArea { blocks: smallvec::SmallVec::new(), off_heap: OffHeap::EMPTY }
    }

    /// How many words its blocks have.
    pub fn words(&self) -> usize {
        self.blocks.iter().map(|b| b.1).sum()
    }

    /// The list of its off-heap objects, for what lays some out in its blocks.
    pub(crate) fn off_heap(&mut self) -> &mut OffHeap {
        &mut self.off_heap
    }
}

impl Default for LiteralArea {
    fn default() -> Self {
        LiteralArea::new()
    }
}

/// The literal arena of one machine.
pub struct LiteralArena {
    base: *mut Word,
    /// How large it is; odd while areas are being given up, which is written after the first word.
    bytes: AtomicUsize,
    space: Mutex<Space>,
}

// SAFETY: the arena hands out disjoint blocks; what is written to them is written before the
// block's address is published, and never changed after.
unsafe impl Send for LiteralArena {}
// SAFETY: as for Send.
unsafe impl Sync for LiteralArena {}

impl LiteralArena {
    /// Reserves the range. Fails if the system refuses even the least.
    pub fn new() -> std::io::Result<LiteralArena> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let mut bytes = MOST_BYTES;
        loop {
            // SAFETY: a new anonymous mapping at an address of the system's choice. The first word
            // is zero, a null pointer.
            let mapped = unsafe {
                mmap_anonymous(
                    std::ptr::null_mut(),
                    bytes,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::PRIVATE | MapFlags::NORESERVE,
                )
            };
            match mapped {
                Ok(base) => {
                    let bytes = bytes - BEHIND;
                    let space = Mutex::new(Space::new(FIRST, bytes / 8));
                    let bytes = AtomicUsize::new(bytes);
                    return Ok(LiteralArena { base: base.cast(), bytes, space });
                }
                Err(_) if bytes > LEAST_BYTES => bytes /= 2,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The range, for a participant of quiescence.
    #[inline(always)]
    pub fn range(&self) -> LiteralRange {
        LiteralRange { base: self.base as usize, bytes: self.bytes.load(Ordering::Acquire) }
    }

    /// The word that leads to the areas that are being given up.
    fn first_word(&self) -> &AtomicPtr<Areas> {
        // SAFETY: the first word of the range is no block, and is read and written as this alone.
        unsafe { &*self.base.cast() }
    }

    /// A block of `words` words, whatever they hold, which belongs to `area`. `None` when the arena
    /// is full.
    pub fn alloc(&self, area: &mut LiteralArea, words: usize) -> Option<*mut Word> {
        let place = self.space.lock().take(words)?;
        // SAFETY: what has been taken is within the range.
        let p = unsafe { self.base.add(place) };
        area.blocks.push((p, words));
        Some(p)
    }

    /// Frees the blocks of an area, and drops what its off-heap objects hold.
    ///
    /// # Safety
    /// Nothing refers to terms of the area any more. It is one of this arena's.
    pub unsafe fn free(&self, mut area: LiteralArea) {
        // SAFETY: the caller's promise.
        unsafe { area.off_heap.release_all() };
        for &(p, words) in &area.blocks {
            // SAFETY: a block of this arena, which nobody looks at.
            unsafe {
                super::collect::poison(p, words);
                give_back_pages(p, words);
            }
        }
        let mut space = self.space.lock();
        for &(p, words) in &area.blocks {
            space.give_back((p as usize - self.base as usize) / 8, words);
        }
    }

    /// Bytes of areas that there are.
    pub fn used_bytes(&self) -> usize {
        self.space.lock().used() * 8
    }

    /// Has what copies terms copy these areas' too; null: none.
    pub(super) fn show(&self, areas: *mut Areas) {
        let bytes = self.bytes.load(Ordering::Relaxed) & !1;
        self.first_word().store(areas, Ordering::SeqCst);
        self.bytes.store(bytes | usize::from(!areas.is_null()), Ordering::SeqCst);
    }

    /// The areas that are being given up, if there are some.
    ///
    /// # Safety
    /// The caller is a participant of quiescence and lets go of it before its next quiescent point.
    pub unsafe fn shown<'a>(&self) -> Option<&'a Areas> {
        // SAFETY: what the word leads to stays that long.
        unsafe { self.first_word().load(Ordering::Acquire).as_ref() }
    }
}

/// Gives the memory of the whole pages of a large block back to the system.
///
/// # Safety
/// What the block holds is not needed any more.
unsafe fn give_back_pages(p: *mut Word, words: usize) {
    const PAGE: usize = 4096;
    if words * 8 < WORTH_GIVING_BACK {
        return;
    }
    let from = (p as usize).next_multiple_of(PAGE);
    let to = (p as usize + words * 8) / PAGE * PAGE;
    let pages = p.wrapping_byte_add(from - p as usize).cast();
    // SAFETY: whole pages of the block. Where the system refuses they stay as they are.
    let _ = unsafe { rustix::mm::madvise(pages, to - from, rustix::mm::Advice::LinuxDontNeed) };
}

impl Drop for LiteralArena {
    fn drop(&mut self) {
        let bytes = (*self.bytes.get_mut() & !1) + BEHIND;
        // SAFETY: the range is ours; the machine that read from it is gone.
        let _ = unsafe { rustix::mm::munmap(self.base.cast(), bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_the_arena_is_no_literal() {
        let mut arena = LiteralArena::new().unwrap();
        let bytes = *arena.bytes.get_mut() + BEHIND;
        let behind = arena.base.wrapping_byte_add(bytes);
        assert!(!arena.range().contains(behind));
        let mut areas = Areas::of(std::iter::empty());
        arena.show(&raw mut areas);
        assert!(arena.range().gives_some_up());
        assert!(!arena.range().contains(behind));
        arena.show(std::ptr::null_mut());
    }
}
