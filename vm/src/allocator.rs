//! The allocator of the program: mimalloc, asked in the way that is quickest.
//!
//! `mimalloc`'s own type asks for every block as for one of special alignment, which costs twice as
//! much for most of them, and takes larger blocks whenever none is at hand. Blocks of a size that is a
//! multiple of the alignment are nearly always aligned so as they come.

use libmimalloc_sys::{mi_collect, mi_free, mi_malloc, mi_option_set, mi_realloc, mi_zalloc};
use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_int, c_uint, c_void};

/// The allocator.
pub struct Allocator;

/// Gives back to the system what the calling thread has freed. By itself the allocator does so a while
/// later, when the thread frees something else, which one that rests does not.
pub(crate) fn give_back() {
    // SAFETY: may be called at any time.
    unsafe { mi_collect(true) };
}

/// `mi_option_purge_delay`, which the bindings do not name.
const PURGE_DELAY: c_int = 15;

/// The machine ends, and the program with it. By itself the allocator gives memory back piece by piece
/// then, all of which the system takes at once anyway.
pub(crate) fn program_ends() {
    // SAFETY: may be called at any time; no such option would have no effect.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
}

/// A block for so many items of a size; null if there is no memory. For libraries in C.
///
/// # Safety
/// May be called at any time.
pub(crate) unsafe extern "C" fn get_items(
    _: *mut c_void,
    items: c_uint,
    size: c_uint,
) -> *mut c_void {
    // SAFETY: may be called at any time; a product of two 32-bit numbers fits.
    unsafe { mi_malloc(items as usize * size as usize) }
}

/// Frees a block.
///
/// # Safety
/// It is one of [`get_items`], and nobody uses it any more.
pub(crate) unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    // SAFETY: the promise above.
    unsafe { mi_free(block) };
}

/// Whether every block of the size is aligned as the layout asks: mimalloc aligns what has 16 bytes
/// or more to 16 (`MI_MAX_ALIGN_SIZE`), and everything to 8.
#[inline(always)]
fn is_ordinary(layout: Layout) -> bool {
    layout.align() <= 8 || layout.align() == 16 && layout.size() >= 16
}

// SAFETY: the functions of mimalloc keep what `GlobalAlloc` asks for. Blocks of either kind are
// mimalloc's, which frees and grows them whatever their alignment; growing keeps the alignment of
// ordinary ones.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            if is_ordinary(layout) {
                mi_malloc(layout.size()).cast()
            } else if layout.size().is_multiple_of(layout.align()) {
                let block = mi_malloc(layout.size()).cast::<u8>();
                if block.addr().is_multiple_of(layout.align()) {
                    return block;
                }
                mi_free(block.cast());
                MiMalloc.alloc(layout)
            } else {
                MiMalloc.alloc(layout)
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            if is_ordinary(layout) {
                mi_zalloc(layout.size()).cast()
            } else {
                MiMalloc.alloc_zeroed(layout)
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise; the new layout is as ordinary as the old one.
        unsafe {
            if is_ordinary(layout) && size >= layout.align() {
                mi_realloc(block.cast(), size).cast()
            } else {
                MiMalloc.realloc(block, layout, size)
            }
        }
    }
}
