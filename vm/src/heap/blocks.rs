//! Blocks of memory for process heaps: got from the allocator, or if they are large from the system,
//! and given back.
//!
//! What the system takes back of a large block costs time, which whoever gives the block back is to
//! spend and no other thread: so large ones do not go by way of the allocator, whose threads give back
//! what others have freed.
//!
//! Each thread keeps a few large blocks that it gave up last. A collection gives up one block right
//! after it got another, often of the same size; through the allocator the memory would go back to
//! the system and be cleared by it each time. What is kept is bounded, and no other thread sees it.
//!
//! Blocks of the system are kept for all threads too ([`SHARED`]): what a process had that has ended, which
//! a dirty worker frees, is of use to the next that grows as large. Else each would get its memory page
//! by page. A worker that rests gives them back.

use super::counted::{self, Purpose};
use crate::sync::Mutex;
use crate::term::Word;
use crate::vm::{Wanted, out_of_memory};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::ptr::null_mut;

/// How many blocks a thread keeps.
const KEPT: usize = 4;
/// Words of blocks that are kept: smaller ones the allocator is quick with, larger ones are not to
/// be held back from others.
const WORTH_KEEPING: std::ops::RangeInclusive<usize> = 1 << 11..=1 << 20;
/// Blocks of so many words and more come from the system.
pub(super) const MAPPED: usize = if cfg!(feature = "gc_zeal") { 1 << 13 } else { 1 << 18 };
/// How many bytes are given back to the system at once: other threads that need something of it wait
/// meanwhile.
const AT_ONCE: usize = 1 << 21;

/// Words of blocks of the system that are kept for all threads, one and together.
const WORTH_SHARING: std::ops::RangeInclusive<usize> = MAPPED..=1 << 21;
const MOST_SHARED: usize = 1 << 23;

/// Blocks of the system that are kept for whoever wants one of that size.
struct Shared {
    blocks: Vec<(*mut Word, usize)>,
    words: usize,
}

// SAFETY: the blocks were given up, and are in this list alone.
unsafe impl Send for Shared {}

static SHARED: Mutex<Shared> = Mutex::new(Shared { blocks: Vec::new(), words: 0 });

impl Shared {
    fn take(&mut self, words: usize) -> Option<*mut Word> {
        let i = self.blocks.iter().rposition(|b| b.1 == words)?;
        self.words -= words;
        Some(self.blocks.remove(i).0)
    }

    /// Keeps a block. False: there is enough.
    fn keep(&mut self, p: *mut Word, words: usize) -> bool {
        let keeps = WORTH_SHARING.contains(&words) && self.words + words <= MOST_SHARED;
        if keeps {
            self.blocks.push((p, words));
            self.words += words;
        }
        keeps
    }
}

/// The blocks a thread keeps, the one given up last at the end.
struct Kept(Vec<(*mut Word, usize)>);

impl Drop for Kept {
    fn drop(&mut self) {
        for &(p, words) in &self.0 {
            // SAFETY: the block was given up, and is in this list alone.
            unsafe { give_back(p, words) };
        }
    }
}

thread_local! {
    static BLOCKS: RefCell<Kept> = const { RefCell::new(Kept(Vec::new())) };
}

fn layout(words: usize) -> Layout {
    Layout::array::<Word>(words.max(1)).expect("a heap's size is below 2^60 words")
}

/// Gives back the blocks that the thread keeps, and those that are kept for all.
pub(crate) fn give_back_kept() {
    // Where the thread is ending they have been given back.
    let kept = BLOCKS.try_with(|kept| kept.replace(Kept(Vec::new())));
    drop(kept);
    let shared = {
        let mut shared = SHARED.lock();
        shared.words = 0;
        std::mem::take(&mut shared.blocks)
    };
    for (p, words) in shared {
        // SAFETY: the block was given up, and was in that list alone.
        unsafe { unmap(p, words) };
    }
}

/// Gets a block of `words` words, which nobody counts. Null: there is no memory for it.
pub(super) fn get(words: usize) -> *mut Word {
    let layout = layout(words);
    if words < MAPPED {
        // SAFETY: the layout is not empty.
        return unsafe { alloc(layout) }.cast();
    }
    if let Some(p) = SHARED.lock().take(words) {
        return p;
    }
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: new memory, where the system has room for it.
    let mapped = unsafe { mmap_anonymous(null_mut(), layout.size(), access, flags) };
    mapped.map_or(null_mut(), |p| p.cast())
}

/// # Safety
/// `p` came from `get(words)` and is not used again.
pub(super) unsafe fn give_back(p: *mut Word, words: usize) {
    let layout = layout(words);
    if words < MAPPED {
        // SAFETY: the caller's promise.
        return unsafe { dealloc(p.cast(), layout) };
    }
    if !SHARED.lock().keep(p, words) {
        // SAFETY: the caller's promise.
        unsafe { unmap(p, words) };
    }
}

/// # Safety
/// `p` came from the system and is not used again.
unsafe fn unmap(p: *mut Word, words: usize) {
    let layout = layout(words);
    for at in (0..layout.size()).step_by(AT_ONCE) {
        let bytes = AT_ONCE.min(layout.size() - at);
        // SAFETY: pages of the block, which is the caller's to give back. The system can have no
        // room for the division of a mapping; the rest stays mapped then.
        let _ = unsafe { munmap(p.byte_add(at).cast(), bytes) };
    }
}

/// A block of `words` words, whatever they hold. What a thread keeps does not count as in use.
pub(super) fn alloc_block(words: usize) -> *mut Word {
    counted::count(Purpose::Processes, layout(words).size() as i64);
    if WORTH_KEEPING.contains(&words) {
        let kept = BLOCKS.try_with(|kept| {
            let blocks = &mut kept.borrow_mut().0;
            let i = blocks.iter().rposition(|b| b.1 == words)?;
            Some(blocks.remove(i).0)
        });
        if let Ok(Some(p)) = kept {
            return p;
        }
    }
    let p = get(words);
    if p.is_null() {
        out_of_memory(Wanted::Heap, layout(words));
    }
    p
}

/// A block of so many words, which its owner keeps, is not in use for now.
#[inline(always)]
pub(super) fn set_aside_block(words: usize) {
    counted::count(Purpose::Processes, -(layout(words).size() as i64));
}

/// A block that was set aside is in use again.
#[inline(always)]
pub(super) fn take_up_block(words: usize) {
    counted::count(Purpose::Processes, layout(words).size() as i64);
}

/// # Safety
/// `p` came from `alloc_block(words)` and is not used again.
pub(super) unsafe fn free_block(p: *mut Word, words: usize) {
    counted::count(Purpose::Processes, -(layout(words).size() as i64));
    let mut block = (p, words);
    if WORTH_KEEPING.contains(&words) {
        // Where the thread is ending there is nothing to keep it in.
        let displaced = BLOCKS.try_with(|kept| {
            let blocks = &mut kept.borrow_mut().0;
            blocks.push(block);
            if blocks.len() > KEPT { Some(blocks.remove(0)) } else { None }
        });
        match displaced {
            Ok(None) => return,
            Ok(Some(oldest)) => block = oldest,
            Err(_) => {}
        }
    }
    // SAFETY: the caller's promise, or that of the call which gave up the oldest.
    unsafe { give_back(block.0, block.1) };
}
