//! Memory got from the allocator, counted by what it is for: what `erlang:memory/0` tells.
//!
//! Each thread has counts of its own, which it alone writes, so that counting is an addition to
//! memory at hand; what one thread has got another may give back, and only the sums mean anything.
//! Counts outlive their thread. Like the allocator they are the program's, not a machine's: with two
//! machines in one program each tells what both have.

use crate::sync::{AtomicI64, Mutex, Ordering};
use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;

/// What memory is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Heaps, stacks and messages of processes.
    Processes,
    /// Binaries outside heaps.
    Binaries,
    /// Objects of tables.
    Tables,
}

const PURPOSES: usize = 3;

/// Bytes by purpose, written by one thread.
struct Counts([AtomicI64; PURPOSES]);

static ALL: Mutex<Vec<&'static Counts>> = Mutex::new(Vec::new());

thread_local! {
    static MINE: Cell<Option<&'static Counts>> = const { Cell::new(None) };
}

#[cold]
fn first_of_thread() -> &'static Counts {
    let counts: &'static Counts = Box::leak(Box::new(Counts(Default::default())));
    ALL.lock().push(counts);
    MINE.set(Some(counts));
    counts
}

/// Counts bytes that are in use from now on, or no longer.
#[inline(always)]
pub(super) fn count(purpose: Purpose, bytes: i64) {
    let mine = &MINE.get().unwrap_or_else(first_of_thread).0[purpose as usize];
    mine.store(mine.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
}

/// Bytes that are in use for something.
pub fn in_use(purpose: Purpose) -> u64 {
    let all = ALL.lock();
    let sum: i64 = all.iter().map(|c| c.0[purpose as usize].load(Ordering::Relaxed)).sum();
    // Read one after the other they may say that more was given back than got.
    sum.max(0) as u64
}

/// Gets a block.
///
/// # Safety
/// The layout is not empty.
#[inline]
pub(crate) unsafe fn get(purpose: Purpose, layout: Layout) -> *mut u8 {
    count(purpose, layout.size() as i64);
    // SAFETY: the caller's promise.
    unsafe { alloc(layout) }
}

/// Gives a block back.
///
/// # Safety
/// It was got for that purpose with that layout, and is not used again.
#[inline]
pub(crate) unsafe fn give_back(purpose: Purpose, block: *mut u8, layout: Layout) {
    count(purpose, -(layout.size() as i64));
    // SAFETY: the caller's promise.
    unsafe { dealloc(block, layout) }
}
