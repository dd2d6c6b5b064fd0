//! Blocks of memory for binaries outside heaps, got and given back.
//!
//! Each thread keeps what it gave up last of middling size. A collection frees all the dead binaries of a
//! process at once, and the process goes on to make as many. The allocator has few blocks of such a size
//! in one of its pages, and gives up and makes anew a whole page every few blocks. What is kept is
//! bounded, does not count as in use, and no other thread sees it; a worker that rests gives it back.
//!
//! Invariant: a kept block has [`room`] for its class and nobody refers to it. A block whose size has a
//! class has always been got with that room, so that blocks of a class can take each other's place.

use super::counted::{self, Purpose};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// What has a class is larger than this, and at most 2 to the [`DOUBLINGS`] times as large.
const LARGER_THAN: usize = 1 << LARGER_THAN_BITS;
const LARGER_THAN_BITS: u32 = 12;
const DOUBLINGS: u32 = 4;
/// Classes between a size and twice that size: as many as the allocator has, so that no more is wasted.
const STEPS_BITS: u32 = 3;
const STEPS: usize = 1 << STEPS_BITS;
const CLASSES: usize = DOUBLINGS as usize * STEPS;
/// How many bytes a thread keeps: somewhat more than binaries make a process collect.
const MOST_KEPT: usize = 1 << 19;

/// The class of blocks of a size.
#[inline(always)]
fn class(size: usize) -> Option<usize> {
    if size <= LARGER_THAN || size > LARGER_THAN << DOUBLINGS {
        return None;
    }
    let last = size - 1;
    let doublings = last.ilog2() - LARGER_THAN_BITS;
    let step = last >> (last.ilog2() - STEPS_BITS);
    Some(doublings as usize * STEPS + step - STEPS)
}

/// How many bytes blocks of a class have.
#[inline(always)]
fn room(class: usize) -> usize {
    (STEPS + class % STEPS + 1) << (class / STEPS) << (LARGER_THAN_BITS - STEPS_BITS)
}

/// The layout that blocks of a layout are got with.
#[inline(always)]
fn with_room(layout: Layout) -> Layout {
    match class(layout.size()) {
        Some(class) => Layout::from_size_align(room(class), layout.align())
            .expect("a size of some thousand bytes"),
        None => layout,
    }
}

/// The alignment of all binaries.
pub(super) const ALIGN: usize = 16;

/// A block that is kept: its first word leads to the next one of its class.
struct Block(*mut Block);

/// What a thread keeps.
struct Kept {
    first: [*mut Block; CLASSES],
    bytes: usize,
    /// The class that has to make room next, if it has a block.
    gives_way: usize,
}

impl Kept {
    const NOTHING: Kept = Kept { first: [null_mut(); CLASSES], bytes: 0, gives_way: 0 };

    #[inline(always)]
    fn take(&mut self, class: usize) -> *mut u8 {
        let block = self.first[class];
        if !block.is_null() {
            // SAFETY: a kept block, whose first word is ours.
            self.first[class] = unsafe { (*block).0 };
            self.bytes -= room(class);
        }
        block.cast()
    }

    /// Keeps a block. False: there is enough, and all of that class. Blocks of other classes make room, as
    /// nobody may want such any more.
    ///
    /// # Safety
    /// The block is of that class, and nobody refers to it any more if this keeps it.
    #[inline(always)]
    unsafe fn keep(&mut self, block: *mut u8, class: usize) -> bool {
        let keeps = self.bytes + room(class) <= MOST_KEPT || self.make_room(class);
        if keeps {
            let block = block.cast::<Block>();
            // SAFETY: the caller's promise; blocks are aligned to more than a word.
            unsafe { block.write(Block(self.first[class])) };
            self.first[class] = block;
            self.bytes += room(class);
        }
        keeps
    }

    /// Frees blocks of other classes until there is room for one of this; whether there is.
    #[inline(never)]
    fn make_room(&mut self, class: usize) -> bool {
        for _ in 0..CLASSES {
            let other = self.gives_way;
            while other != class && self.free_one(other) {
                if self.bytes + room(class) <= MOST_KEPT {
                    return true;
                }
            }
            self.gives_way = (other + 1) % CLASSES;
        }
        false
    }

    /// Frees a block of a class; whether there was one.
    fn free_one(&mut self, class: usize) -> bool {
        let block = self.take(class);
        if !block.is_null() {
            let layout = Layout::from_size_align(room(class), ALIGN).expect("as when it was got");
            // SAFETY: a kept block, which was got with that layout.
            unsafe { dealloc(block, layout) };
        }
        !block.is_null()
    }

    fn free_all(&mut self) {
        for class in 0..CLASSES {
            while self.free_one(class) {}
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.free_all();
    }
}

thread_local! {
    static KEPT: UnsafeCell<Kept> = const { UnsafeCell::new(Kept::NOTHING) };
}

/// What `f` gives of what the thread keeps. `None`: the thread is ending, and keeps nothing.
#[inline(always)]
fn with_kept<R>(f: impl FnOnce(&mut Kept) -> R) -> Option<R> {
    // SAFETY: no two borrows meet: what is called with one here calls nothing that comes here again (the
    // allocator is asked for nothing but to free blocks).
    KEPT.try_with(|kept| f(unsafe { &mut *kept.get() })).ok()
}

/// Gives back what the thread keeps.
pub(crate) fn give_back_kept() {
    with_kept(Kept::free_all);
}

/// A block that was kept and has room for a layout; null: there is none.
#[inline(always)]
fn take_kept(layout: Layout) -> *mut u8 {
    match class(layout.size()) {
        Some(class) => with_kept(|kept| kept.take(class)).unwrap_or(null_mut()),
        None => null_mut(),
    }
}

/// Gets a block, whatever it holds. Null: there is no memory for it.
///
/// # Safety
/// The layout is not empty, and aligned to [`ALIGN`].
#[inline]
pub(super) unsafe fn get(layout: Layout) -> *mut u8 {
    counted::count(Purpose::Binaries, layout.size() as i64);
    let kept = take_kept(layout);
    // SAFETY: the caller's promise.
    if kept.is_null() { unsafe { alloc(with_room(layout)) } } else { kept }
}

/// Gets a block of zeros. Null: there is no memory for it.
///
/// # Safety
/// As for [`get`].
#[inline]
pub(super) unsafe fn get_zeroed(layout: Layout) -> *mut u8 {
    counted::count(Purpose::Binaries, layout.size() as i64);
    let kept = take_kept(layout);
    // SAFETY: the caller's promise; a kept block has the room.
    unsafe {
        if kept.is_null() {
            return alloc_zeroed(with_room(layout));
        }
        kept.write_bytes(0, layout.size());
    }
    kept
}

/// Gives a block back.
///
/// # Safety
/// It was got with that layout, and is not used again.
#[inline]
pub(super) unsafe fn give_back(block: *mut u8, layout: Layout) {
    counted::count(Purpose::Binaries, -(layout.size() as i64));
    // SAFETY: the caller's promise; a class is that of all blocks got with that layout.
    unsafe {
        if let Some(class) = class(layout.size())
            && let Some(true) = with_kept(|kept| kept.keep(block, class))
        {
            return;
        }
        dealloc(block, with_room(layout));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_room() {
        assert_eq!((class(LARGER_THAN), class((LARGER_THAN << DOUBLINGS) + 1)), (None, None));
        let mut before = 0;
        for size in LARGER_THAN + 1..=LARGER_THAN << DOUBLINGS {
            let class = class(size).expect("between them all have one");
            assert!(class == before || class == before + 1 && size == room(before) + 1, "{size}");
            assert!(size <= room(class) && room(class) - size < room(class) / STEPS, "{size}");
            before = class;
        }
        assert_eq!(before, CLASSES - 1);
    }

    #[test]
    fn what_is_kept_is_bounded_and_comes_back() {
        let layout = |size| Layout::from_size_align(size, ALIGN).expect("small");
        // SAFETY: blocks are given back once, with their layout.
        unsafe {
            let blocks: Vec<_> = (0..200).map(|i| (get(layout(5000 + i)), 5000 + i)).collect();
            for (block, size) in &blocks {
                block.write_bytes(1, *size);
            }
            for (block, size) in blocks {
                give_back(block, layout(size));
            }
            let kept = with_kept(|kept| kept.bytes).expect("the thread is there");
            assert!(kept <= MOST_KEPT && kept > MOST_KEPT - room(CLASSES - 1), "{kept}");
            let first = with_kept(|kept| kept.first[class(5000).expect("it has one")]);
            assert_eq!(first, Some(get(layout(4999)).cast()));
            give_back(first.expect("there was one").cast(), layout(4999));
            // Others make room.
            let others: Vec<_> = (0..12).map(|_| get(layout(60_000))).collect();
            others.iter().for_each(|block| give_back(*block, layout(60_000)));
            let class = class(60_000).expect("it has one");
            assert_eq!(with_kept(|kept| kept.first[class]), Some(others[7].cast()));
            assert_eq!(with_kept(|kept| kept.bytes), Some(8 * room(class)));
            give_back_kept();
            assert_eq!(with_kept(|kept| kept.bytes), Some(0));
        }
    }
}
