//! Spare fragments: a few of one size that a worker keeps for the next small messages, so that a
//! message from hand to hand asks the allocator for nothing.
//!
//! Messages that are not received soon are not to take more memory than they need: when many have
//! gone out and none has come back, few spares are made until one does.
//!
//! Invariant: each has room for [`SPARE_WORDS`] words, none of them used, and no off-heap objects.

use super::Fragment;
use std::ptr::{NonNull, null_mut};

/// Words that there is room for in a spare fragment: for a call of a `gen_server` and its reply. With
/// its head it takes three cache lines.
pub const SPARE_WORDS: usize = 16;
/// More than so many are given back to the allocator: enough for the messages of a burst, little
/// beside all else that a worker has.
const MOST: u32 = 256;
/// So many may have been made since one last came back.
const MOST_OUT: u32 = 64;
/// Then one in so many is made all the same, to see whether they come back by now.
const RETRY: u32 = 16;

/// A worker's spare fragments.
pub struct Spares {
    first: *mut Fragment,
    count: u32,
    /// How many have been made since one last came back.
    out: u32,
    /// A fragment for the next large message, if there is one.
    large: *mut Fragment,
    /// How many words there should be room for in it.
    large_words: usize,
    /// So many large messages are not to be tried in it: one was larger than it is to get.
    too_large: u32,
}

/// The least room in the fragment for large messages, and the most.
const LARGE: std::ops::RangeInclusive<usize> = 64..=1 << 15;
/// How many large messages are copied in two passes after one that was too large.
const BACK_OFF: u32 = 15;

impl Spares {
    /// None.
    pub const fn new() -> Spares {
        Spares {
            first: null_mut(),
            count: 0,
            out: 0,
            large: null_mut(),
            large_words: *LARGE.start(),
            too_large: 0,
        }
    }

    /// The fragment for large messages, made if there is none; `None` if it is not worth trying.
    #[inline]
    pub fn take_large(&mut self) -> Option<NonNull<Fragment>> {
        if self.too_large > 0 {
            self.too_large -= 1;
            return None;
        }
        let kept = NonNull::new(std::mem::replace(&mut self.large, null_mut()));
        Some(kept.unwrap_or_else(|| Fragment::new(self.large_words)))
    }

    /// Keeps the fragment for large messages for the next one. A message of so many words has not
    /// fitted in it; 0: it has.
    ///
    /// # Safety
    /// The caller owns it and gives it up; nothing refers to its words or is listed by it.
    pub unsafe fn keep_large(&mut self, f: NonNull<Fragment>, wanted: usize) {
        debug_assert!(self.large.is_null());
        if wanted > *LARGE.end() {
            self.too_large = BACK_OFF;
        }
        if wanted == 0 {
            self.large = f.as_ptr();
        } else {
            self.large_words = wanted.clamp(*LARGE.start(), *LARGE.end());
            // SAFETY: the caller's promise.
            unsafe { Fragment::free(f) };
        }
    }

    /// Gives back what is kept for large messages.
    pub fn settle(&mut self) {
        self.large_words = *LARGE.start();
        if let Some(f) = NonNull::new(std::mem::replace(&mut self.large, null_mut())) {
            // SAFETY: ours, and nothing refers to it.
            unsafe { Fragment::free(f) };
        }
    }

    /// The one that [`Spares::take`] gives next.
    #[inline(always)]
    pub fn next(&self) -> Option<NonNull<Fragment>> {
        NonNull::new(self.first)
    }

    /// Takes the next one, which is then the caller's.
    #[inline(always)]
    pub fn take(&mut self) -> Option<NonNull<Fragment>> {
        let f = self.next()?;
        // SAFETY: the chain is ours.
        self.first = unsafe { f.as_ref().next };
        self.count -= 1;
        Some(f)
    }

    /// Takes what [`Spares::next`] has just given.
    ///
    /// # Safety
    /// It has, and nothing has been taken or kept since.
    #[inline(always)]
    pub unsafe fn take_next(&mut self, f: NonNull<Fragment>) {
        debug_assert!(self.first == f.as_ptr());
        // SAFETY: the chain is ours.
        self.first = unsafe { f.as_ref().next };
        self.count -= 1;
    }

    /// As [`Spares::take`]; makes one if there is none, unless too many are out.
    #[inline]
    pub fn take_or_make(&mut self) -> Option<NonNull<Fragment>> {
        self.take().or_else(|| {
            self.out = self.out.wrapping_add(1);
            let worth_it = self.out <= MOST_OUT || self.out.is_multiple_of(RETRY);
            worth_it.then(|| Fragment::new(SPARE_WORDS))
        })
    }

    /// Whether it keeps this fragment: it is of the right size, and there are not too many.
    #[inline(always)]
    pub fn keeps(&self, f: NonNull<Fragment>) -> bool {
        // SAFETY: the caller's own.
        self.count < MOST && unsafe { f.as_ref().capacity() == SPARE_WORDS }
    }

    /// Keeps a fragment that [`Spares::keeps`] says it keeps.
    ///
    /// # Safety
    /// The caller owns it and gives it up; nothing refers to its words, and it has no off-heap
    /// objects.
    #[inline(always)]
    pub unsafe fn keep(&mut self, f: NonNull<Fragment>) {
        debug_assert!(self.keeps(f));
        // SAFETY: ours now.
        unsafe {
            debug_assert!(f.as_ref().off_heap.0.is_null());
            if cfg!(feature = "gc_zeal") {
                Fragment::words(f.as_ptr()).write_bytes(0xA5, SPARE_WORDS);
            }
            (*f.as_ptr()).next = self.first;
        }
        self.first = f.as_ptr();
        self.count += 1;
        self.out = 0;
    }

    /// Gives the memory of a fragment back that nothing refers to any more: for the next message,
    /// or to the allocator.
    ///
    /// # Safety
    /// As for [`Spares::keep`].
    #[inline(always)]
    pub unsafe fn give_back(&mut self, f: NonNull<Fragment>) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.keeps(f) {
                self.keep(f);
            } else {
                Fragment::free(f);
            }
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.settle();
        while let Some(f) = self.take() {
            // SAFETY: ours, and nothing refers to it.
            unsafe { Fragment::free(f) };
        }
    }
}

impl Default for Spares {
    fn default() -> Self {
        Spares::new()
    }
}
