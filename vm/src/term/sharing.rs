//! Copies that keep the sharing within a term: what occurs in several places is counted and copied
//! once. Sending does without (`copy`), since finding out what is shared takes a table of all
//! that a term consists of; terms that stay are worth it.

use super::copy::{copied_size, copy_shallow, is_literal};
use super::layout::{Kind, header_arity, header_kind};
use super::{Area, Term, Word};
use crate::heap::LiteralRange;
use crate::heap::fragment::OffHeap;
use hashbrown::{HashMap, HashSet};

/// What has been copied, by what it is a copy of.
pub(crate) type Copies = HashMap<Word, Word>;

/// How many words `term` takes where each of its parts is counted once, literals not at all.
pub fn shared_size(term: Term<'_>, literals: LiteralRange) -> usize {
    size_beside(term, literals, &Copies::new())
}

/// As [`shared_size`], without what has been copied already.
pub(crate) fn size_beside(term: Term<'_>, literals: LiteralRange, copies: &Copies) -> usize {
    let mut seen = HashSet::new();
    let mut size = 0;
    let mut work = vec![term.word()];
    while let Some(w) = work.pop() {
        if w.is_immediate() || is_literal(w, literals) || copies.contains_key(&w) || !seen.insert(w)
        {
            continue;
        }
        // SAFETY: `w` is a term word of a valid term; layouts as in `layout`.
        unsafe {
            if w.is_cons() {
                size += 2;
                work.extend([*w.cons_ptr().add(1), *w.cons_ptr()]);
                continue;
            }
            let p = w.boxed_ptr();
            let (kind, n) = (header_kind(*p), header_arity(*p));
            match kind {
                // A view counts with its part of what it refers to, as for other copies.
                Kind::SubBits | Kind::MatchCtx => {
                    size += copied_size(Term::from_word(w), literals);
                }
                _ => {
                    size += 1 + n;
                    work.extend((kind.raw_words(n)..n).map(|i| *p.add(1 + i)));
                }
            }
        }
    }
    size
}

/// Copies `term` as [`copy_to`](super::copy::copy_to) does, to [`shared_size`] words.
///
/// # Safety
/// The room is there and unused.
pub unsafe fn share_to(
    term: Term<'_>,
    hp: &mut *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
) -> Word {
    // SAFETY: the caller's promise.
    unsafe { share_beside(term, hp, off_heap, literals, &mut Copies::new()) }
}

/// As [`share_to`], without what has been copied already: to [`size_beside`] words.
///
/// # Safety
/// As there.
pub(crate) unsafe fn share_beside(
    term: Term<'_>,
    hp: &mut *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
    copies: &mut Copies,
) -> Word {
    let mut once = |slot: &mut Word, hp: &mut *mut Word, off_heap: &mut OffHeap| {
        let from = *slot;
        if from.is_immediate() || is_literal(from, literals) {
            return;
        }
        *slot = *copies.entry(from).or_insert_with(|| {
            let mut to = from;
            // SAFETY: a word of a whole object, with room for its first and only copy.
            unsafe { copy_shallow(&mut to, hp, off_heap, literals) };
            to
        });
    };
    let start = *hp;
    let mut root = term.word();
    once(&mut root, hp, off_heap);
    let mut scan = start;
    // SAFETY: Cheney's scheme, as in `copy_to`.
    unsafe {
        while scan < *hp {
            let w = *scan;
            if w.is_header() {
                scan = scan.add(1 + header_kind(w).raw_words(header_arity(w)));
                if header_kind(w) == Kind::SubBits {
                    scan = scan.add(1);
                }
            } else {
                once(&mut *scan, hp, off_heap);
                scan = scan.add(1);
            }
        }
    }
    root
}

/// A copy of `term` in an area that keeps its sharing.
pub fn share_to_area<'q>(term: Term<'_>, area: &mut Area<'q>, literals: LiteralRange) -> Term<'q> {
    let mut hp = area.alloc(shared_size(term, literals));
    let mut off_heap = OffHeap::EMPTY;
    // SAFETY: the area has just given that room; the copy refers to nothing of the original's.
    unsafe {
        let w = share_to(term, &mut hp, &mut off_heap, literals);
        area.note_off_heap_list(off_heap);
        Term::from_word(w)
    }
}
