//! Copying terms from one place to another: messages, spawn arguments, table entries, literals.
//!
//! Literals are shared, off-heap binaries and magic references counted, everything else copied.
//! Sharing within a term is not kept (as in stock OTP). Neither pass recurses.

mod pass;

use super::bits::copy_bits;
use super::layout::{Kind, header, header_arity, header_kind};
use super::{Term, Word};
use crate::heap::LiteralRange;
use crate::heap::fragment::{Fragment, OffHeap};
use crate::heap::spares::{SPARE_WORDS, Spares};
use crate::heap::words::{Foresight, copy_immediates};
use crate::heap::{Binary, magic::Magic};
use pass::Waiting;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

/// Whether `w` refers to a literal that is shared and not copied.
#[inline(always)]
pub(super) fn is_literal(w: Word, literals: LiteralRange) -> bool {
    literals.keeps(w.ptr())
}

/// How many words a copy of `term` takes.
pub fn copied_size(term: Term<'_>, literals: LiteralRange) -> usize {
    size_up_to(term, literals, usize::MAX)
}

/// How many words a copy of `term` takes that shares nothing, not even literals. `None`: more than
/// `limit`.
pub fn flat_size(term: Term<'_>, limit: usize) -> Option<usize> {
    let size = size_up_to(term, LiteralRange::NONE, limit);
    (size <= limit).then_some(size)
}

/// How many words a copy of `term` takes. Once they are more than `limit`, no more are looked at.
#[inline(always)]
fn size_up_to(term: Term<'_>, literals: LiteralRange, limit: usize) -> usize {
    if term.is_immediate() {
        return 0;
    }
    let mut size = 0;
    let mut work: Waiting<Word> = Waiting::new(Word(0));
    let mut n = 1;
    let mut w = term.word();
    let mut ahead = Foresight::default();
    loop {
        // SAFETY: `w` is a term word of a valid term; layouts as in `layout`.
        unsafe {
            // Lists of immediates, strings above all.
            while w.is_cons() && !is_literal(w, literals) && (*w.cons_ptr()).is_immediate() {
                size += 2;
                if size > limit {
                    return size;
                }
                w = Word(ahead.next(w.0, (*w.cons_ptr().add(1)).0));
            }
            if w.is_cons() && !is_literal(w, literals) {
                size += 2;
                if size > limit {
                    return size;
                }
                let tail = *w.cons_ptr().add(1);
                if !tail.is_immediate() {
                    work.push(&mut n, tail);
                }
                w = *w.cons_ptr();
                continue;
            } else if w.is_boxed() && !is_literal(w, literals) {
                let p = w.boxed_ptr();
                let h = *p;
                match header_kind(h) {
                    // What a view refers to is copied as just its part.
                    Kind::SubBits => size += sub_bits_size(p),
                    Kind::MatchCtx => {}
                    k => {
                        let arity = header_arity(h);
                        size += 1 + arity;
                        if size > limit {
                            return size;
                        }
                        for i in k.raw_words(arity)..arity {
                            let e = *p.add(1 + i);
                            if !e.is_immediate() {
                                work.push(&mut n, e);
                            }
                        }
                    }
                }
            }
        }
        // SAFETY: as all calls for `work`: `n` is its number.
        match unsafe { work.pop(&mut n) } {
            Some(next) if size <= limit => w = next,
            _ => return size,
        }
    }
}

/// # Safety
/// `p` is a `SubBits`.
unsafe fn sub_bits_size(p: *const Word) -> usize {
    // SAFETY: fields as in `layout`.
    unsafe {
        let of = (*p.add(3)).boxed_ptr();
        if header_kind(*of) == Kind::BinRef { 4 + 3 } else { heap_bits_size((*p.add(2)).0) }
    }
}

/// Words of a `HeapBits` of so many bits.
fn heap_bits_size(bits: u64) -> usize {
    2 + bits.div_ceil(64) as usize
}

/// Copies the part that a view shows of a `HeapBits` as one of its own.
///
/// # Safety
/// `view` is a `SubBits` of a `HeapBits`, and there is room for the copy at `to`.
unsafe fn copy_part(view: *const Word, to: *mut Word) -> usize {
    // SAFETY: fields as in `layout`; the data of a `HeapBits` are all words behind its size.
    unsafe {
        let [offset, bits] = [1, 2].map(|i| (*view.add(i)).0);
        let of = (*view.add(3)).boxed_ptr();
        let size = heap_bits_size(bits);
        *to = header(Kind::HeapBits, size - 1);
        *to.add(1) = Word(bits);
        to.add(2).write_bytes(0, size - 2);
        let from = slice::from_raw_parts(of.add(2).cast::<u8>(), (header_arity(*of) - 1) * 8);
        let part = slice::from_raw_parts_mut(to.add(2).cast::<u8>(), (size - 2) * 8);
        copy_bits(from, offset as usize, part, 0, bits as usize);
        size
    }
}

/// Copies `term` to the words from `*hp` on, of which there are at least `copied_size`; moves
/// `*hp` past the copy and lists the copy's off-heap objects in `off_heap`.
///
/// # Safety
/// The room is there and unused.
pub unsafe fn copy_to(
    term: Term<'_>,
    hp: &mut *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
) -> Word {
    // SAFETY: there is room for all of it, so no end is met.
    unsafe {
        let end = std::ptr::without_provenance_mut(usize::MAX & !7);
        pass::copy::<false>(term.word(), hp, end, off_heap, literals).expect("there is room")
    }
}

/// As [`copy_to`], where there is only the room up to `end`. `None`: that is too little, and what
/// `off_heap` lists is to be released.
///
/// # Safety
/// The room is there and unused.
#[inline]
pub unsafe fn try_copy_to(
    term: Term<'_>,
    hp: &mut *mut Word,
    end: *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
) -> Option<Word> {
    // SAFETY: the caller's promise.
    unsafe { pass::copy::<false>(term.word(), hp, end, off_heap, literals) }
}

/// Copies `words` words that [`copy_to`] laid out at `from`, and that refer to nothing else than one
/// another, to `to`: in one pass, in which pointers move along.
///
/// # Safety
/// They are whole objects and cons cells, none of them off-heap; the room is there and unused.
pub unsafe fn copy_block(from: *const Word, to: *mut Word, words: usize) {
    let distance = (to as u64).wrapping_sub(from as u64);
    let mut i = 0;
    // SAFETY: the caller's words, each of which is met once: headers tell how many of those behind
    // them are no terms, and what is neither header nor immediate points into the block.
    unsafe {
        while i < words {
            let w = *from.add(i);
            let moved = w.is_cons() || w.is_boxed();
            *to.add(i) = if moved { Word(w.0.wrapping_add(distance)) } else { w };
            i += 1;
            if w.is_header() {
                for _ in 0..header_kind(w).raw_words(header_arity(w)) {
                    *to.add(i) = *from.add(i);
                    i += 1;
                }
            }
        }
    }
}

/// As `copy_shallow`, of a view at `p`.
///
/// # Safety
/// As there.
unsafe fn copy_view(slot: &mut Word, p: *const Word, hp: &mut *mut Word, off_heap: &mut OffHeap) {
    // SAFETY: the caller's promise; fields as in `layout`.
    unsafe {
        if header_kind(*p) == Kind::MatchCtx {
            // What programs see of it, if they see one at all.
            *slot = Word::NIL;
            return;
        }
        let (of, to) = ((*p.add(3)).boxed_ptr(), *hp);
        *slot = Word::from_boxed_ptr(to);
        if header_kind(*of) != Kind::BinRef {
            *hp = to.add(copy_part(p, to));
            return;
        }
        let (b, copy) = ((*of.add(1)).0 as *const Binary, to.add(4));
        (*b).retain();
        to.copy_from_nonoverlapping(p, 3);
        *to.add(3) = Word::from_boxed_ptr(copy);
        *copy = header(Kind::BinRef, 2);
        *copy.add(1) = Word(b as u64);
        off_heap.push(copy);
        *hp = copy.add(3);
    }
}

/// # Safety
/// As [`copy_to`]; `slot` holds a term word.
#[inline(always)]
pub(super) unsafe fn copy_shallow(
    slot: &mut Word,
    hp: &mut *mut Word,
    off_heap: &mut OffHeap,
    literals: LiteralRange,
) {
    let w = *slot;
    if w.is_immediate() || is_literal(w, literals) {
        return;
    }
    let to = *hp;
    // SAFETY: `w` points to a cons cell or a whole boxed object; there is room for its copy.
    unsafe {
        if w.is_cons() {
            *to = *w.cons_ptr();
            *to.add(1) = *w.cons_ptr().add(1);
            *hp = to.add(2);
            *slot = Word::from_cons_ptr(to);
            return;
        }
        let p = w.boxed_ptr();
        let h = *p;
        if matches!(header_kind(h), Kind::SubBits | Kind::MatchCtx) {
            copy_view(slot, p, hp, off_heap);
            return;
        }
        let n = 1 + header_arity(h);
        *slot = Word::from_boxed_ptr(to);
        to.copy_from_nonoverlapping(p, n);
        *hp = to.add(n);
        match header_kind(h) {
            // By itself only where it is copied out of a literal that a view refers to.
            Kind::BinRef => {
                (*((*to.add(1)).0 as *const Binary)).retain();
                off_heap.push(to);
            }
            Kind::MagicRef => {
                Arc::increment_strong_count((*to.add(2)).0 as *const Magic);
                off_heap.push(to);
            }
            _ => {}
        }
    }
}

/// Lays a copy of `term` into a spare fragment if it is what most messages are: an immediate, a
/// literal or a small tuple of immediates. False: it is something else, and the fragment is spare
/// as before.
///
/// # Safety
/// The fragment is the caller's, and spare.
#[inline(always)]
pub unsafe fn to_spare(term: Term<'_>, f: NonNull<Fragment>, literals: LiteralRange) -> bool {
    let w = term.word();
    let f = f.as_ptr();
    // SAFETY: a boxed term points to a header, a tuple's to that many words of terms behind it; the
    // fragment has room for SPARE_WORDS, and immediates refer to nothing.
    unsafe {
        if w.is_immediate() {
            (*f).term = w;
            (*f).used = 0;
            return true;
        }
        if literals.contains(w.ptr()) {
            // Asking whether it is given up is a call, for which the caller would need a frame.
            if literals.gives_some_up() {
                return false;
            }
            (*f).term = w;
            (*f).used = 0;
            return true;
        }
        if !w.is_boxed() {
            return false;
        }
        let from = w.boxed_ptr();
        let to = Fragment::words(f);
        let n = header_arity(*from);
        if header_kind(*from) != Kind::Tuple || n >= SPARE_WORDS {
            return false;
        }
        *to = *from;
        if !copy_immediates(from.add(1), to.add(1), n) {
            return false;
        }
        (*f).term = Word::from_boxed_ptr(to);
        (*f).used = 1 + n;
        true
    }
}

/// A fragment that holds a copy of `term`, as its `term`.
#[inline]
pub fn to_fragment(term: Term<'_>, literals: LiteralRange) -> NonNull<Fragment> {
    let size = copied_size(term, literals);
    let f = Fragment::new(size);
    // SAFETY: the fragment is fresh and has room for the copy.
    unsafe { fill(f, term, size, literals) };
    f
}

/// As [`to_fragment`], in a spare one if that has room.
#[inline]
pub fn to_any_fragment(
    term: Term<'_>,
    literals: LiteralRange,
    spares: &mut Spares,
) -> NonNull<Fragment> {
    if let Some(f) = spares.take_or_make() {
        // SAFETY: the fragment is ours, and spare.
        unsafe {
            if to_spare(term, f, literals) || small_to_spare(term, f, literals) {
                return f;
            }
            spares.give_back(f);
        }
    }
    large_to_fragment(term, literals, spares)
}

/// As [`to_spare`], of any small term without off-heap objects: in one pass, which finds out on the
/// way whether there is room.
///
/// # Safety
/// As there.
unsafe fn small_to_spare(term: Term<'_>, f: NonNull<Fragment>, literals: LiteralRange) -> bool {
    let f = f.as_ptr();
    let start = Fragment::words(f);
    // SAFETY: the fragment has room for SPARE_WORDS.
    unsafe {
        let (mut hp, end) = (start, start.add(SPARE_WORDS));
        let mut none = OffHeap::EMPTY;
        let Some(w) = pass::copy::<true>(term.word(), &mut hp, end, &mut none, literals) else {
            return false;
        };
        (*f).term = w;
        (*f).used = hp.offset_from(start) as usize;
    }
    true
}

/// A fragment that holds a copy of a large term, made in one pass if there is room in the fragment
/// that the worker keeps for that. If the copy nearly fills that, it is the message itself; else it is
/// moved to one of the right size.
#[inline(never)]
fn large_to_fragment(
    term: Term<'_>,
    literals: LiteralRange,
    spares: &mut Spares,
) -> NonNull<Fragment> {
    let Some(f) = spares.take_large() else { return to_fragment(term, literals) };
    let p = f.as_ptr();
    // SAFETY: the fragment is ours and unused, and has as much room as it says; what a pass that is
    // given up lists is whole.
    unsafe {
        let start = Fragment::words(p);
        let (mut hp, end) = (start, start.add((*p).capacity()));
        let mut off_heap = OffHeap::EMPTY;
        let copied = pass::copy::<false>(term.word(), &mut hp, end, &mut off_heap, literals);
        let Some(w) = copied else {
            off_heap.release_all();
            let exact = to_fragment(term, literals);
            spares.keep_large(f, exact.as_ref().used);
            return exact;
        };
        (*p).term = w;
        (*p).used = hp.offset_from(start) as usize;
        (*p).off_heap = off_heap;
        if (*p).used >= (*p).capacity() / 4 * 3 {
            return f;
        }
        let exact = Fragment::new((*p).used);
        (*p).move_to(exact.as_ptr());
        spares.keep_large(f, 0);
        exact
    }
}

/// # Safety
/// The fragment is the caller's, with room for `size` words, which a copy of `term` takes, and no
/// words in use.
#[inline(always)]
unsafe fn fill(f: NonNull<Fragment>, term: Term<'_>, size: usize, literals: LiteralRange) {
    // SAFETY: the caller's promise.
    unsafe {
        let p = f.as_ptr();
        let mut hp = Fragment::words(p);
        let mut off_heap = OffHeap::EMPTY;
        (*p).term = copy_to(term, &mut hp, &mut off_heap, literals);
        (*p).off_heap = off_heap;
        (*p).used = size;
    }
}

/// A copy of `term` in an area of another brand (or the same).
pub fn to_area<'q>(term: Term<'_>, area: &mut super::Area<'q>, literals: LiteralRange) -> Term<'q> {
    if term.is_immediate() {
        // SAFETY: it refers to nothing.
        return unsafe { Term::from_word(term.word()) };
    }
    let size = copied_size(term, literals);
    let mut hp = area.alloc(size);
    let mut off_heap = OffHeap::EMPTY;
    // SAFETY: the area has just given that room; the copy refers to nothing of the original's.
    unsafe {
        let w = copy_to(term, &mut hp, &mut off_heap, literals);
        area.note_off_heap_list(off_heap);
        Term::from_word(w)
    }
}

/// The fragment's term, seen for as long as the fragment is kept.
pub fn fragment_term(f: &Fragment) -> Term<'_> {
    // SAFETY: a fragment's term lies in it or in the literal arena, or is immediate.
    unsafe { Term::from_word(f.term) }
}
