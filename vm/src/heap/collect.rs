//! The collector: Cheney copying in two generations.
//!
//! A minor collection moves what is alive in the young heap and the fragments: objects below the
//! high-water mark to the old block, the others to a new young block. A full one does the same and
//! moves the old block's live objects to a new old block; it comes when the old block is full. A
//! compacting one, which `garbage_collect`, `hibernate` and `fullsweep_after` ask for, moves
//! everything to a new young block. Literals are recognised by their address and never moved.
//!
//! A new block has room for the worst case, that everything is alive, and no more than that: a
//! process whose terms die young goes on in blocks of one size.
//!
//! Invariant used throughout: a moved object leaves a forwarding mark in place of its first word:
//! a boxed pointer where a header was, or `Word::NONE` as a cons cell's head (with the new
//! address in its tail). Neither can occur in a live object.

use super::blocks::{alloc_block, free_block};
use super::copy_out::CopyOut;
use super::fragment::OffHeap;
use super::literals::LiteralRange;
use super::process_heap::{FIRST_VIRTUAL_LIMIT, Heap, next_size, words_between};
use super::words::{Foresight, copy_words};
use crate::term::Word;
use crate::term::layout::{header_arity, header_kind};

/// What a collection starts from, besides the stack: words to be updated in place.
pub struct Roots<'a> {
    /// Slices of words: address and length.
    pub slices: &'a [(*mut Word, usize)],
}

/// Addresses: the first and how many bytes.
type Range = (usize, usize);

const NOWHERE: Range = (0, 0);

/// Moves objects. If `WHOLE`, whatever is no literal is moved; else what lies in the young block
/// or in fragments. If `OUT`, literals of areas that are given up are copied.
struct Collector<const WHOLE: bool, const OUT: bool = false> {
    literals: LiteralRange,
    /// The young block's used part.
    young: Range,
    /// The part of it whose objects go to the old block.
    mature: Range,
    /// The old block: its objects stay there, or, if `WHOLE`, go to the new old block.
    old: Range,
    /// Whether there are fragments.
    fragments: bool,
    new_top: *mut Word,
    old_top: *mut Word,
    /// Cells in the new and in the old block that are done before the scan comes to them.
    new_runs: Runs,
    old_runs: Runs,
    /// If `OUT`, where copies of literals are.
    out: Out,
}

/// So many lists may lie side by side with none of their cells between another's.
const MOST_RUNS: usize = 8;

/// Runs of moved cells of which only the last is not done, in the order of their addresses.
struct Runs {
    /// The first cell and the last one of each: a ring.
    waiting: [[*mut Word; 2]; MOST_RUNS],
    /// Which is the first, and how many there are.
    first: usize,
    count: usize,
    /// The first cell of the first, or null.
    next: *mut Word,
}

impl Runs {
    fn none() -> Runs {
        let null = std::ptr::null_mut();
        Runs { waiting: [[null; 2]; MOST_RUNS], first: 0, count: 0, next: null }
    }

    fn is_full(&self) -> bool {
        self.count == MOST_RUNS
    }

    /// Notes a run behind all others. There is room for it.
    fn push(&mut self, first: *mut Word, last: *mut Word) {
        if self.count == 0 {
            self.next = first;
        }
        self.waiting[(self.first + self.count) % MOST_RUNS] = [first, last];
        self.count += 1;
    }

    /// The object at `at`, which the scan has come to, or the last of the run that begins there.
    #[inline(always)]
    fn skip(&mut self, at: *mut Word) -> *mut Word {
        if at == self.next { self.pop() } else { at }
    }

    #[inline(never)]
    fn pop(&mut self) -> *mut Word {
        let [_, last] = self.waiting[self.first];
        self.first = (self.first + 1) % MOST_RUNS;
        self.count -= 1;
        self.next =
            if self.count == 0 { std::ptr::null_mut() } else { self.waiting[self.first][0] };
        last
    }
}

/// Null, or what an exclusive reference leads to for as long as the collection lasts.
type Out = *mut CopyOut<'static>;

/// No literals are copied.
const NO_COPIES: Out = std::ptr::null_mut();

/// Collects so that at least `need` words are free between heap and stack. `compact`: as
/// `garbage_collect` does, all into one block.
///
/// # Safety
/// `heap` satisfies its invariant, `roots` and the stack hold all terms that are used afterwards,
/// and nothing else of the process's terms is kept across the call.
pub unsafe fn collect(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
    compact: bool,
) {
    // SAFETY: the caller's promises are handed on.
    unsafe {
        if compact || heap.minors >= heap.fullsweep_after {
            compacting_collection::<false>(heap, roots, need, literals, NO_COPIES);
        } else if heap.old_is_full() {
            full_collection(heap, roots, need, literals);
        } else {
            minor_collection(heap, roots, need, literals);
        }
    }
}

/// Collects all of the heap and makes it refer to no literals any more but those that stay: what it
/// refers to of the others becomes part of it, as a fragment that it has adopted.
///
/// # Safety
/// As [`collect`].
pub unsafe fn collect_out(
    heap: &mut Heap,
    roots: &Roots<'_>,
    literals: LiteralRange,
    out: &mut CopyOut<'_>,
) {
    // SAFETY: the caller's promise. The copies refer to nothing in the blocks.
    unsafe {
        let copies = std::ptr::from_mut(out).cast();
        compacting_collection::<true>(heap, roots, 0, literals, copies);
        if let Some(fragments) = out.take_fragments() {
            heap.adopt(fragments);
            // What refers to the fragments must not grow old before they do.
            heap.high_water = heap.start;
        }
    }
}

/// Whether [`collect`] would look at all of the heap.
pub fn is_major(heap: &Heap, compact: bool) -> bool {
    compact || heap.minors >= heap.fullsweep_after || heap.old_is_full()
}

/// # Safety
/// As [`collect`]; the mature words fit in the old block, if there is one.
unsafe fn minor_collection(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
) {
    let mature = heap.mature_words();
    if heap.old_start.is_null() && mature > 0 {
        let words = next_size((mature * 2).max(heap.young_block_words()));
        heap.old_start = alloc_block(words);
        heap.old_top = heap.old_start;
        heap.old_end = heap.old_start.wrapping_add(words);
    }
    let words = young_size(heap, need);
    let old_scan = heap.old_top;
    // SAFETY: the new block holds all that may be moved to it (see `young_size`), the old block
    // all mature words; the rest is the caller's promise.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector::<false> {
            literals,
            young: range(heap.start, heap.top),
            mature: heap.mature(),
            old: range(heap.old_start, heap.old_end),
            fragments: heap.fragment_words > 0,
            new_top: new_start,
            new_runs: Runs::none(),
            old_runs: Runs::none(),
            old_top: heap.old_top,
            out: NO_COPIES,
        };
        let stop = c.move_roots(heap, roots, new_start.add(words));
        c.scan(new_start, old_scan);
        heap.old_top = c.old_top;
        let list = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        heap.sweep(list, c.old);
        heap.install(new_start, words, c.new_top, stop);
        heap.minors += 1;
        heap.minors_awake = heap.minors_awake.saturating_add(1);
        suit(heap, roots, need, literals);
    }
}

/// # Safety
/// As [`collect`].
unsafe fn full_collection(heap: &mut Heap, roots: &Roots<'_>, need: usize, literals: LiteralRange) {
    let words = young_size(heap, need);
    let old_used = words_between(heap.old_start, heap.old_top);
    // As much again can grow old before the next such collection.
    let old_words = next_size((old_used + heap.mature_words()) * 2);
    // SAFETY: the new blocks hold all that may be moved to them; the rest is the caller's promise.
    unsafe {
        let new_start = alloc_block(words);
        let old_start = alloc_block(old_words);
        let mut c = Collector::<true> {
            literals,
            young: range(heap.start, heap.top),
            mature: heap.mature(),
            old: range(heap.old_start, heap.old_end),
            fragments: heap.fragment_words > 0,
            new_top: new_start,
            new_runs: Runs::none(),
            old_runs: Runs::none(),
            old_top: old_start,
            out: NO_COPIES,
        };
        let stop = c.move_roots(heap, roots, new_start.add(words));
        c.scan(new_start, old_start);
        let young = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        let old = std::mem::replace(&mut heap.old_off_heap, OffHeap::EMPTY);
        let new_old = range(old_start, old_start.add(old_words));
        heap.sweep(old, new_old);
        heap.sweep(young, new_old);
        heap.free_old();
        (heap.old_start, heap.old_top) = (old_start, c.old_top);
        heap.old_end = old_start.add(old_words);
        heap.old_bytes_left = heap.old_off_heap.bytes().max(FIRST_VIRTUAL_LIMIT);
        heap.install(new_start, words, c.new_top, stop);
        heap.minors += 1;
        heap.minors_awake = heap.minors_awake.saturating_add(1);
        suit(heap, roots, need, literals);
    }
}

/// # Safety
/// As [`collect`].
unsafe fn compacting_collection<const OUT: bool>(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
    out: Out,
) {
    let upper = heap.used_words() + heap.stack_words();
    let words = next_size(upper.max(heap.min_words as usize));
    // SAFETY: the new block holds all that may be moved to it; the rest is the caller's promise.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector::<true, OUT> {
            literals,
            young: NOWHERE,
            mature: NOWHERE,
            old: NOWHERE,
            fragments: true,
            new_top: new_start,
            new_runs: Runs::none(),
            old_runs: Runs::none(),
            old_top: std::ptr::null_mut(),
            out,
        };
        let stop = c.move_roots(heap, roots, new_start.add(words));
        c.scan(new_start, std::ptr::null_mut());
        let young = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        let old = std::mem::replace(&mut heap.old_off_heap, OffHeap::EMPTY);
        heap.sweep(old, NOWHERE);
        heap.sweep(young, NOWHERE);
        heap.old_bytes_left = FIRST_VIRTUAL_LIMIT;
        heap.free_old();
        heap.install(new_start, words, c.new_top, stop);
        heap.minors = 0;
        suit(heap, roots, need, literals);
    }
}

/// The size of the next young block: room for all that may survive, which is mostly no more than
/// the block has now; larger if half of it survived last time, or if the process has been collected
/// several times: since it last slept, or ever if the block is very small (idle processes stay small).
/// For that half, what is on the stack counts twice. So does what lies in fragments, up to a third of
/// the whole: natives had no room for what they made, and most likely go on making as much.
fn young_size(heap: &Heap, need: usize) -> usize {
    const BUSY_LIMIT: usize = 4096;
    const SMALL: usize = 256;
    let same = heap.young_block_words();
    let stack = heap.stack_words();
    let expected = heap.mature_words() + stack + need;
    let brought = heap.fragment_words.min(expected / 2);
    let suits = if (expected + often_moved(stack) + brought) * 2 > same {
        (same + same / 2).max(expected)
    } else if heap.minors_awake % 4 == 3 && same < BUSY_LIMIT
        || heap.minors % 4 == 3 && same < SMALL
    {
        same * 2
    } else {
        same
    };
    let young = words_between(heap.start, heap.top) + heap.fragment_words - heap.mature_words();
    next_size(suits.max(young + stack).max(heap.min_words as usize))
}

/// How much of a stack's words count twice where blocks are sized: a deep stack is moved whole by each
/// collection, unlike what grows old, so there are to be fewer of them. Not for the memory that the
/// deepest would take.
fn often_moved(stack: usize) -> usize {
    stack.min(1 << 20)
}

/// Moves the young heap, which has just been collected, once more if its block has not the room
/// that is needed or far more than that.
///
/// # Safety
/// As [`collect`].
unsafe fn suit(heap: &mut Heap, roots: &Roots<'_>, need: usize, literals: LiteralRange) {
    const SMALL: usize = 4096;
    let words = heap.block_words();
    let stack = heap.stack_words();
    let needed = heap.mature_words() + stack + need;
    let suitable = needed + often_moved(stack);
    // A young heap that is small for what has grown old would be collected too often.
    let large = words > SMALL.max(heap.old_block_words() / 4);
    let wanted = if needed > words {
        next_size(needed + needed / 2)
    } else if large && suitable * 4 < words {
        next_size((suitable * 3).max(SMALL).max(heap.min_words as usize))
    } else {
        return;
    };
    if wanted != words {
        // SAFETY: as the caller promises; the heap is whole again.
        unsafe { resize(heap, roots, wanted, literals) };
    }
}

/// Moves a young heap that has just been collected to a block of `words` words, which must hold
/// all of it.
///
/// # Safety
/// As [`collect`]; there are no fragments, and nothing in the old block refers to the young one.
unsafe fn resize(heap: &mut Heap, roots: &Roots<'_>, words: usize, literals: LiteralRange) {
    debug_assert!(words_between(heap.start, heap.top) + heap.stack_words() <= words);
    // SAFETY: the block is large enough; the caller's promises.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector::<false> {
            literals,
            young: range(heap.start, heap.top),
            mature: NOWHERE,
            old: NOWHERE,
            fragments: false,
            new_top: new_start,
            new_runs: Runs::none(),
            old_runs: Runs::none(),
            old_top: std::ptr::null_mut(),
            out: NO_COPIES,
        };
        let stop = c.move_roots(heap, roots, new_start.add(words));
        c.scan(new_start, std::ptr::null_mut());
        let list = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        heap.sweep(list, NOWHERE);
        heap.install(new_start, words, c.new_top, stop);
    }
}

/// Gives back what a heap has free that has just been compacted: the process sleeps for long.
///
/// # Safety
/// As [`collect`].
pub unsafe fn shrink(heap: &mut Heap, roots: &Roots<'_>, literals: LiteralRange) {
    let words = (words_between(heap.start, heap.top) + heap.stack_words()).max(1);
    if words < heap.block_words() {
        // SAFETY: the caller's promise; there is neither an old block nor a fragment.
        unsafe { resize(heap, roots, words, literals) };
    }
}

pub(super) fn range(from: *const Word, to: *const Word) -> Range {
    (from as usize, to as usize - from as usize)
}

#[inline(always)]
fn within(p: *const Word, (base, len): Range) -> bool {
    (p as usize).wrapping_sub(base) < len
}

impl<const WHOLE: bool, const OUT: bool> Collector<WHOLE, OUT> {
    /// Copies the stack to the end of the new block, and moves what it and the roots refer to.
    /// Returns the new top of the stack.
    ///
    /// # Safety
    /// As [`collect`]; the block that ends at `end` holds stack and survivors.
    unsafe fn move_roots(&mut self, heap: &Heap, roots: &Roots<'_>, end: *mut Word) -> *mut Word {
        let stack = heap.stack_words();
        // SAFETY: the stack's words are the process's; the new block has room for them at its end.
        unsafe {
            let stop = end.sub(stack);
            for i in 0..stack {
                *stop.add(i) = *heap.stop.add(i);
                self.forward(stop.add(i));
            }
            for &(at, len) in roots.slices {
                for i in 0..len {
                    self.forward(at.add(i));
                }
            }
            stop
        }
    }

    /// Whether the object at `p` is one that is moved.
    #[inline(always)]
    fn moves(&self, p: *const Word) -> bool {
        if WHOLE {
            !self.literals.contains(p)
        } else {
            within(p, self.young)
                || self.fragments && !within(p, self.old) && !self.literals.contains(p)
        }
    }

    /// Moves what the word at `slot` refers to, if it is to be moved, and updates the word.
    ///
    /// # Safety
    /// `slot` holds a term, a code address or a header-tagged word; each slot is visited once.
    #[inline(always)]
    unsafe fn forward(&mut self, slot: *mut Word) {
        // SAFETY: a pointer term points to a whole object or to one with a forwarding mark.
        unsafe {
            let w = *slot;
            if w.is_immediate() || w.is_header() {
                return;
            }
            let p = w.ptr();
            if !self.moves(p) {
                if OUT {
                    *slot = (*self.out).word(w);
                }
                return;
            }
            let h = *p;
            if w.is_cons() {
                let tail = *p.add(1);
                if h.is_none() {
                    *slot = tail;
                    return;
                }
                let to = self.place(p, 2);
                put_cell(p, to, h, tail);
                *slot = Word::from_cons_ptr(to);
            } else {
                if h.is_boxed() {
                    *slot = h;
                    return;
                }
                let n = 1 + header_arity(h);
                let to = self.place(p, n);
                copy_words(p, to, n);
                let new = Word::from_boxed_ptr(to);
                *p = new;
                *slot = new;
            }
        }
    }

    /// Whether the object at `p`, which is moved, goes to the old block.
    #[inline(always)]
    fn grows_old(&self, p: *const Word) -> bool {
        within(p, self.mature) || WHOLE && within(p, self.old)
    }

    /// Where the next object goes that does, or does not, grow old.
    #[inline(always)]
    fn top(&mut self, old: bool) -> &mut *mut Word {
        if old { &mut self.old_top } else { &mut self.new_top }
    }

    fn runs(&mut self, old: bool) -> &mut Runs {
        if old { &mut self.old_runs } else { &mut self.new_runs }
    }

    /// Takes `n` words where the object at `from` goes.
    #[inline(always)]
    fn place(&mut self, from: *const Word, n: usize) -> *mut Word {
        let top = self.top(self.grows_old(from));
        let to = *top;
        *top = to.wrapping_add(n);
        to
    }

    /// Moves what the moved objects refer to, until nothing is left to move.
    ///
    /// # Safety
    /// The blocks from the two scan pointers on hold whole moved objects.
    unsafe fn scan(&mut self, mut new_scan: *mut Word, mut old_scan: *mut Word) {
        // SAFETY: the promise above; objects are stepped over by their header.
        unsafe {
            loop {
                while new_scan < self.new_top {
                    let at = self.new_runs.skip(new_scan);
                    new_scan = self.scan_object::<false>(at);
                }
                if old_scan >= self.old_top {
                    return;
                }
                while old_scan < self.old_top {
                    let at = self.old_runs.skip(old_scan);
                    old_scan = self.scan_object::<true>(at);
                }
            }
        }
    }

    /// Moves what the object at `at`, in the old block if `OLD`, refers to; gives the address behind it.
    ///
    /// # Safety
    /// A whole moved object begins at `at`.
    #[inline(always)]
    unsafe fn scan_object<const OLD: bool>(&mut self, at: *mut Word) -> *mut Word {
        // SAFETY: what begins with no header is a cons cell; a header says how many words follow,
        // and how many of them are not terms.
        unsafe {
            let h = *at;
            if !h.is_header() {
                if h.is_immediate() {
                    return self.scan_flat_list::<OLD>(at);
                }
                self.forward(at);
                self.forward(at.add(1));
                return at.add(2);
            }
            let arity = header_arity(h);
            let end = at.add(1 + arity);
            let mut slot = at.add(1 + header_kind(h).raw_words(arity));
            while slot < end {
                self.forward(slot);
                slot = slot.add(1);
            }
            end
        }
    }

    /// Moves the tail of the cell at `at`, whose head is immediate, and then the tails of cells as long as
    /// their heads are immediate too: they come to lie one behind the other, however many lists there are.
    /// Gives the address of the next object that is not done.
    ///
    /// # Safety
    /// A whole moved cell begins at `at`.
    #[inline(always)]
    unsafe fn scan_flat_list<const OLD: bool>(&mut self, at: *mut Word) -> *mut Word {
        // SAFETY: the promise above; what is moved is whole, and there is room for all that is.
        unsafe {
            let tail = *at.add(1);
            let mut from = tail.ptr();
            if !tail.is_cons() || !self.moves(from) || (*from).is_none() {
                self.forward(at.add(1));
                return at.add(2);
            }
            let old = self.grows_old(from);
            let first = *self.top(old);
            // Whether it comes to lie behind this one.
            let behind = old == OLD && first == at.add(2);
            if !behind && self.runs(old).is_full() {
                self.forward(at.add(1));
                return at.add(2);
            }
            let (mut last, mut to) = (at, first);
            let mut ahead = Foresight::default();
            loop {
                let (head, tail) = (*from, *from.add(1));
                *last.add(1) = Word::from_cons_ptr(to);
                put_cell(from, to, head, tail);
                last = to;
                to = to.add(2);
                if !head.is_immediate() || !tail.is_cons() {
                    break;
                }
                let next = ahead.next(from as u64, tail.ptr() as u64) as *mut Word;
                if !self.moves(next) || self.grows_old(next) != old || (*next).is_none() {
                    break;
                }
                from = next;
            }
            *self.top(old) = to;
            if behind {
                return last;
            }
            if first != last {
                self.runs(old).push(first, last);
            }
            at.add(2)
        }
    }
}

/// Moves the cell at `from`, which holds `head` and `tail`, to `to` and leaves a forwarding mark.
///
/// # Safety
/// A whole cell is there, and room for one at `to`.
#[inline(always)]
unsafe fn put_cell(from: *mut Word, to: *mut Word, head: Word, tail: Word) {
    // SAFETY: the caller's promise.
    unsafe {
        *to = head;
        *to.add(1) = tail;
        *from = Word::NONE;
        *from.add(1) = Word::from_cons_ptr(to);
    }
}

impl Heap {
    /// Sorts off-heap objects after a move: those that were moved stay listed, with the block they
    /// are in now; the others give up their reference. They keep their order, before what is listed
    /// there already.
    ///
    /// # Safety
    /// `list` holds the objects of the space that was just left.
    unsafe fn sweep(&mut self, list: OffHeap, old: (usize, usize)) {
        let mut obj = list.0;
        let (mut here, mut there) = (OffHeap::EMPTY, OffHeap::EMPTY);
        let (mut here_end, mut there_end) = (here.end_of_none(), there.end_of_none());
        while !obj.is_null() {
            // SAFETY: an object that was moved has a forwarding mark and its copy has the link;
            // one that was not is whole. The ends are those of the two lists.
            unsafe {
                let h = *obj;
                if h.is_boxed() {
                    let new = h.boxed_ptr();
                    obj = (*OffHeap::link(new)).0 as *mut Word;
                    if within(new, old) {
                        let bytes = OffHeap::object_bytes(new);
                        self.old_bytes_left = self.old_bytes_left.saturating_sub(bytes);
                        there_end = OffHeap::push_last(there_end, new);
                    } else {
                        here_end = OffHeap::push_last(here_end, new);
                    }
                } else {
                    let next = (*OffHeap::link(obj)).0 as *mut Word;
                    OffHeap::release(obj);
                    obj = next;
                }
            }
        }
        // SAFETY: as above.
        unsafe {
            *here_end = Word(self.off_heap.0 as u64);
            *there_end = Word(self.old_off_heap.0 as u64);
        }
        (self.off_heap, self.old_off_heap) = (here, there);
    }

    /// Frees the old block; there is none then.
    ///
    /// # Safety
    /// Everything alive has been moved out of it.
    unsafe fn free_old(&mut self) {
        if !self.old_start.is_null() {
            // SAFETY: the promise above.
            unsafe {
                poison_block(self.old_start, self.old_top, self.old_end, self.old_end);
                free_block(self.old_start, self.old_block_words());
            }
            self.old_start = std::ptr::null_mut();
            self.old_top = std::ptr::null_mut();
            self.old_end = std::ptr::null_mut();
        }
    }

    /// Words that survived the last collection; they grow old in the next.
    fn mature_words(&self) -> usize {
        self.mature().1 / 8
    }

    /// Whether the old heap has no room for what is about to grow old, or its binaries have grown
    /// so much that it is time to look which of them are alive.
    pub(super) fn old_is_full(&self) -> bool {
        !self.old_start.is_null()
            && (words_between(self.old_top, self.old_end) < self.mature_words()
                || self.old_bytes_left == 0)
    }

    /// Replaces the young block and drops the fragments.
    ///
    /// # Safety
    /// Everything alive has been moved out of the old young block and the fragments.
    unsafe fn install(&mut self, start: *mut Word, words: usize, top: *mut Word, stop: *mut Word) {
        // SAFETY: the promise above.
        unsafe {
            poison_block(self.start, self.top, self.stop, self.end);
            free_block(self.start, self.block_words());
            self.free_fragments();
            self.free_left();
            self.start = start;
            self.end = start.add(words);
            self.top = top;
            self.stop = stop;
            self.high_water = top;
            self.virtual_bytes = 0;
            // What is alive counts: collect again when as much has come to it, or the first limit.
            self.virtual_limit = (self.off_heap.bytes() * 2).max(FIRST_VIRTUAL_LIMIT);
        }
    }
}

/// Poisons a block: all of a small one; of a large one heap and stack, so that a collection costs
/// what the process has and not what there is room for.
///
/// # Safety
/// As [`poison`]; the heap ends at `top`, the stack begins at `stop`.
unsafe fn poison_block(start: *mut Word, top: *mut Word, stop: *mut Word, end: *mut Word) {
    const SMALL: usize = 4096;
    if words_between(start, end) <= SMALL {
        // SAFETY: the caller's promise.
        unsafe { poison(start, words_between(start, end)) };
    } else {
        // SAFETY: the caller's promise.
        unsafe {
            poison(start, words_between(start, top));
            poison(stop, words_between(stop, end));
        }
    }
}

/// Under `gc_zeal`, fills memory that is given up with words that no code can take for a term.
///
/// # Safety
/// The block is about to be freed.
pub(super) unsafe fn poison(p: *mut Word, words: usize) {
    if cfg!(feature = "gc_zeal") {
        for i in 0..words {
            // SAFETY: within the block.
            unsafe { *p.add(i) = Word(0xDEAD_DEAD_DEAD_DEA5) };
        }
    }
}
