//! A fragment that somebody owns: a signal on its way, with the terms that it carries.
//!
//! Invariant: a parcel owns its fragment whole, off-heap objects included; dropping it frees both.

use super::signal::SignalKind;
use crate::heap::Fragment;
use crate::heap::LiteralRange;
use crate::heap::spares::{SPARE_WORDS, Spares};
use crate::term::{Area, Term, Word, copy};
use std::ptr::NonNull;

/// An owned signal or message.
pub struct Parcel(NonNull<Fragment>);

// SAFETY: a parcel owns its fragment alone, and fragments are not tied to a thread.
unsafe impl Send for Parcel {}

impl Parcel {
    /// A signal without a term.
    #[inline]
    pub fn empty(kind: SignalKind) -> Parcel {
        let f = Fragment::new(0);
        // SAFETY: fresh and ours.
        unsafe { (*f.as_ptr()).signal = kind };
        Parcel(f)
    }

    /// As [`Parcel::empty`], in a spare fragment. Part of its callers, so that the kind is written
    /// there word by word as it is made, and not copied from where it has just been written.
    #[inline(always)]
    pub fn empty_spare(spares: &mut Spares, kind: SignalKind) -> Parcel {
        let Some(f) = spares.take_or_make() else { return Parcel::empty(kind) };
        // SAFETY: ours, and spare.
        unsafe {
            (*f.as_ptr()).term = Word::NONE;
            (*f.as_ptr()).used = 0;
            (*f.as_ptr()).signal = kind;
        }
        Parcel(f)
    }

    /// The signal has been handled: its fragment serves the next, if it is one that is kept.
    #[inline]
    pub fn is_done(self, spares: &mut Spares) {
        // SAFETY: ours; without off-heap objects and tokens there is nothing to give up but the
        // fragment.
        unsafe {
            let f = self.0;
            debug_assert!(!self.kind().has_token());
            if spares.keeps(f) && f.as_ref().off_heap.0.is_null() {
                (*f.as_ptr()).used = 0;
                spares.keep(self.into_raw());
            }
        }
    }

    /// A signal that carries a copy of `term`.
    #[inline]
    pub fn copy(kind: SignalKind, term: Term<'_>, literals: LiteralRange) -> Parcel {
        let f = copy::to_fragment(term, literals);
        // SAFETY: fresh and ours.
        unsafe { (*f.as_ptr()).signal = kind };
        Parcel(f)
    }

    /// A signal that carries what `make` builds; `words` is about what that takes.
    pub fn build(
        kind: SignalKind,
        words: usize,
        literals: LiteralRange,
        make: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) -> Parcel {
        Self::build_in(Fragment::new(words), kind, literals, make)
    }

    /// As [`Parcel::build`], in a spare fragment if that has room.
    #[inline]
    pub fn build_small(
        spares: &mut Spares,
        kind: SignalKind,
        words: usize,
        literals: LiteralRange,
        make: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) -> Parcel {
        let spare = if words <= SPARE_WORDS { spares.take_or_make() } else { None };
        let f = spare.unwrap_or_else(|| Fragment::new(words));
        Self::build_in(f, kind, literals, make)
    }

    /// As [`Parcel::build`], in a fragment of the caller's that is empty.
    #[inline(always)]
    fn build_in(
        f: NonNull<Fragment>,
        kind: SignalKind,
        literals: LiteralRange,
        make: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) -> Parcel {
        // SAFETY: the area builds in the empty fragment, which takes over what it leaves; what it
        // built beyond is copied to a fragment of its own and freed, with nothing referring to it.
        unsafe {
            let head = f.as_ptr();
            let start = Fragment::words(head);
            let mut area = Area::in_block(start, start.add((*head).capacity()));
            let term = make(&mut area).word();
            let closed = area.close();
            (*head).signal = kind;
            (*head).used = closed.top.offset_from(start) as usize;
            (*head).off_heap = closed.off_heap;
            (*head).term = term;
            let parcel = Parcel(f);
            if closed.fragments.is_null() {
                return parcel;
            }
            let whole = Parcel::copy(kind, Term::from_word(term), literals);
            drop(parcel);
            let mut next = closed.fragments;
            while let Some(more) = NonNull::new(next) {
                next = more.as_ref().next;
                Fragment::free(more);
            }
            whole
        }
    }

    /// The parcel that owns `f`.
    ///
    /// # Safety
    /// The caller owns the fragment and gives it up.
    #[inline]
    pub unsafe fn from_raw(f: NonNull<Fragment>) -> Parcel {
        Parcel(f)
    }

    /// The fragment, which is now the caller's.
    #[inline]
    pub fn into_raw(self) -> NonNull<Fragment> {
        let f = self.0;
        std::mem::forget(self);
        f
    }

    /// What signal it is.
    #[inline]
    pub fn kind(&self) -> SignalKind {
        // SAFETY: ours.
        unsafe { (*self.0.as_ptr()).signal }
    }

    /// Makes it another signal with the same term.
    pub fn set_kind(&mut self, kind: SignalKind) {
        // SAFETY: ours.
        unsafe { (*self.0.as_ptr()).signal = kind };
    }

    /// The term that it carries; only for signals that carry one.
    #[inline]
    pub fn term(&self) -> Term<'_> {
        // SAFETY: ours.
        let f = unsafe { self.0.as_ref() };
        debug_assert_ne!(f.term, Word::NONE, "a signal without a term");
        copy::fragment_term(f)
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        // SAFETY: ours; terms of it were borrowed from the parcel.
        unsafe { Fragment::drop_whole(self.0) };
    }
}

impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parcel({:?})", self.kind())
    }
}
