//! Copies of what a process refers to in literal areas that are given up (`given_up`): made while its
//! heap is collected, into fragments that the heap adopts afterwards. What a literal shares within
//! itself the copy does too, and a literal that is referred to from several places is copied once.

use super::fragment::{Fragment, OffHeap};
use super::literals::{Areas, LiteralRange};
use crate::term::sharing::{Copies, share_beside, size_beside};
use crate::term::{Term, Word};
use std::ptr::{NonNull, null_mut};

/// What has been copied for one process.
pub struct CopyOut<'a> {
    areas: &'a Areas,
    /// Says which literals stay.
    literals: LiteralRange,
    copies: Copies,
    fragments: *mut Fragment,
}

impl<'a> CopyOut<'a> {
    /// Nothing yet, of those areas, which `literals` knows of.
    pub fn new(areas: &'a Areas, literals: LiteralRange) -> CopyOut<'a> {
        CopyOut { areas, literals, copies: Copies::new(), fragments: null_mut() }
    }

    /// What is to stand for `w`: a copy if it refers to one of the areas.
    ///
    /// # Safety
    /// `w` is a term that is no immediate, and whole if it refers to one of the areas.
    pub(super) unsafe fn word(&mut self, w: Word) -> Word {
        if !self.areas.contain(w.ptr()) {
            return w;
        }
        if let Some(copy) = self.copies.get(&w) {
            return *copy;
        }
        // SAFETY: the caller's promise; the fragment is fresh and has room for the copy.
        unsafe {
            let term = Term::from_word(w);
            let words = size_beside(term, self.literals, &self.copies);
            let f = Fragment::new(words).as_ptr();
            let mut hp = Fragment::words(f);
            let mut off_heap = OffHeap::EMPTY;
            let copy = share_beside(term, &mut hp, &mut off_heap, self.literals, &mut self.copies);
            (*f).used = words;
            (*f).off_heap = off_heap;
            (*f).next = self.fragments;
            self.fragments = f;
            copy
        }
    }

    /// The fragments with the copies, which are the caller's now.
    pub(super) fn take_fragments(&mut self) -> Option<NonNull<Fragment>> {
        NonNull::new(std::mem::replace(&mut self.fragments, null_mut()))
    }
}
