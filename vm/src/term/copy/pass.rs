//! The pass that copies a term: each object once, in the order in which a reader meets them.

use super::super::Word;
use super::super::layout::{Kind, header_arity, header_kind};
use super::{copy_view, is_literal, sub_bits_size};
use crate::heap::LiteralRange;
use crate::heap::fragment::OffHeap;
use crate::heap::words::copy_words;
use crate::heap::{Binary, magic::Magic};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Arc;

const FEW: usize = 32;

/// What waits to be looked at: mostly little, which takes no allocation. How much it is, the function
/// that uses it counts, so that the number stays in a machine register; it begins with 1.
pub(super) struct Waiting<T> {
    /// What came last; the first is `nothing`.
    few: [MaybeUninit<T>; FEW],
    /// What came before, while `few` was full.
    more: Vec<T>,
    nothing: T,
}

impl<T: Copy + PartialEq> Waiting<T> {
    /// Nothing waits. `nothing` is a value that is never pushed.
    #[inline(always)]
    pub(super) fn new(nothing: T) -> Waiting<T> {
        let mut few = [const { MaybeUninit::uninit() }; FEW];
        few[0] = MaybeUninit::new(nothing);
        Waiting { few, more: Vec::new(), nothing }
    }

    /// # Safety
    /// `n` has begun with 1, and nothing but this and [`Waiting::pop`] has changed it.
    #[inline(always)]
    pub(super) unsafe fn push(&mut self, n: &mut usize, t: T) {
        if *n == FEW {
            // SAFETY: all have been written.
            let few = self.few[1..].iter().map(|t| unsafe { t.assume_init() });
            put_aside(&mut self.more, few);
            *n = 1;
        }
        // SAFETY: `n` is less than `FEW`.
        unsafe { self.few.get_unchecked_mut(*n) }.write(t);
        *n += 1;
    }

    /// What was pushed last.
    ///
    /// # Safety
    /// As [`Waiting::push`].
    #[inline(always)]
    pub(super) unsafe fn pop(&mut self, n: &mut usize) -> Option<T> {
        *n -= 1;
        // SAFETY: `n` was between 1 and `FEW`; what lies below it has been written.
        let t = unsafe { self.few.get_unchecked(*n).assume_init() };
        if t == self.nothing {
            *n = 1;
            return self.more.pop();
        }
        Some(t)
    }
}

#[cold]
#[inline(never)]
fn put_aside<T>(more: &mut Vec<T>, few: impl Iterator<Item = T>) {
    more.extend(few);
}

/// Copies `root` to the words from `*to` on, up to `end`; moves `*to` past the copy and lists the
/// copy's off-heap objects. The copy of the root itself comes first. `None`: there is not so much
/// room, or with `PLAIN` there are parts that are more than words; the words are then as unused as
/// before, and what `off_heap` lists is to be released.
///
/// # Safety
/// The room is there and unused; `root` is a term that stays as it is meanwhile.
#[inline(always)]
pub(super) unsafe fn copy<const PLAIN: bool>(
    root: Word,
    to: &mut *mut Word,
    end: *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
) -> Option<Word> {
    let mut out = root;
    if root.is_immediate() {
        return Some(root);
    }
    let mut hp = *to;
    let mut waiting: Waiting<*mut Word> = Waiting::new(null_mut());
    let mut n_waiting = 1;
    // The place that is to refer to a copy of `w`, which is no immediate.
    let (mut slot, mut w): (*mut Word, Word) = (&raw mut out, root);
    // SAFETY: `w` points to a cons cell or a whole boxed object (layouts as in `layout`); nothing is
    // written beyond `end`, and `slot` is `out` or a word of the copy.
    unsafe {
        loop {
            if is_literal(w, literals) {
                *slot = w;
            } else if w.is_cons() {
                let (from, cell) = (w.cons_ptr(), hp);
                hp = hp.wrapping_add(2);
                if hp > end {
                    return None;
                }
                *slot = Word::from_cons_ptr(cell);
                let (head, tail) = (*from, *from.add(1));
                *cell = head;
                *cell.add(1) = tail;
                if !head.is_immediate() {
                    if !tail.is_immediate() {
                        waiting.push(&mut n_waiting, cell.add(1));
                    }
                    (slot, w) = (cell, head);
                    continue;
                }
                if !tail.is_immediate() {
                    (slot, w) = (cell.add(1), tail);
                    continue;
                }
            } else {
                let (from, object) = (w.boxed_ptr(), hp);
                let h = *from;
                let (kind, n) = (header_kind(h), header_arity(h));
                let mut raw = 0;
                if kind != Kind::Tuple {
                    if is_special(kind) {
                        if PLAIN {
                            return None;
                        }
                        hp = special(from, kind, slot, hp, end, off_heap)?;
                        match waiting.pop(&mut n_waiting) {
                            Some(next) => slot = next,
                            None => break,
                        }
                        w = *slot;
                        continue;
                    }
                    raw = kind.raw_words(n);
                }
                hp = hp.wrapping_add(1 + n);
                if hp > end {
                    return None;
                }
                *slot = Word::from_boxed_ptr(object);
                *object = h;
                if raw > 0 {
                    copy_words(from.add(1), object.add(1), raw);
                }
                // Backwards, so that the first is taken up first, at once.
                let mut first: *mut Word = null_mut();
                let mut i = n;
                while i > raw {
                    let e = *from.add(i);
                    *object.add(i) = e;
                    if !e.is_immediate() {
                        if !first.is_null() {
                            waiting.push(&mut n_waiting, first);
                        }
                        (first, w) = (object.add(i), e);
                    }
                    i -= 1;
                }
                if !first.is_null() {
                    slot = first;
                    continue;
                }
            }
            match waiting.pop(&mut n_waiting) {
                Some(next) => slot = next,
                None => break,
            }
            w = *slot;
        }
    }
    *to = hp;
    Some(out)
}

#[inline(always)]
fn is_special(kind: Kind) -> bool {
    matches!(kind, Kind::SubBits | Kind::MatchCtx | Kind::BinRef | Kind::MagicRef)
}

/// Copies an object that is more than its words to `to`; gives where that ends. `None`: there is no
/// room.
///
/// # Safety
/// As [`copy`]; `from` is an object of that kind.
#[inline(never)]
unsafe fn special(
    from: *mut Word,
    kind: Kind,
    slot: *mut Word,
    to: *mut Word,
    end: *mut Word,
    off_heap: &mut OffHeap,
) -> Option<*mut Word> {
    let room = (end as usize - to as usize) / 8;
    // SAFETY: the caller's promise; fields as in `layout`.
    unsafe {
        let n = 1 + header_arity(*from);
        let words = match kind {
            Kind::SubBits | Kind::MatchCtx => {
                if kind == Kind::SubBits && room < sub_bits_size(from) {
                    return None;
                }
                let mut hp = to;
                copy_view(&mut *slot, from, &mut hp, off_heap);
                return Some(hp);
            }
            // A BinRef by itself only where it is copied out of a literal that a view refers to.
            Kind::BinRef | Kind::MagicRef => {
                if room < n {
                    return None;
                }
                copy_words(from, to, n);
                if kind == Kind::BinRef {
                    (*((*to.add(1)).0 as *const Binary)).retain();
                } else {
                    Arc::increment_strong_count((*to.add(2)).0 as *const Magic);
                }
                off_heap.push(to);
                n
            }
            _ => unreachable!("{kind:?} is no more than its words"),
        };
        *slot = Word::from_boxed_ptr(to);
        Some(to.add(words))
    }
}
