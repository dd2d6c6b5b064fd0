//! The mailbox: messages in the order they came, with the place where a receive goes on.
//!
//! Private to the owner of the process. `before` leads to the message to be looked
//! at next; a selective receive that waits keeps it, so nothing is looked at twice. A receive
//! marker remembers the last message that was there before a reference was made; a receive that
//! waits for that reference starts after it.
//!
//! The terms of a message lie in its fragment, until it is moved to the heap: a small one when it
//! is looked at first in the mailbox, any one that is being looked at when the process is
//! collected. The fragment is then empty and of kind `Data`, and its `term` is a root.

use super::signal::SignalKind;
use crate::heap::Fragment;
use crate::heap::fragment::OffHeap;
use crate::term::Word;
use std::ptr::{NonNull, null_mut};

const MARKERS: usize = 8;

/// A message of so many words is copied rather than adopted: the copy lies where the process is
/// about to build, and the fragment's memory serves the next message.
const SMALL_MESSAGE: usize = 16;

#[derive(Clone, Copy)]
struct Marker {
    id: u16,
    reference: u64,
    /// The message it stands behind; null: it stands before all messages.
    after: *mut Fragment,
}

/// The messages of one process.
pub struct Mailbox {
    first: *mut Fragment,
    last: *mut Fragment,
    /// The node before the one to be looked at next; null: look at the first.
    before: *mut Fragment,
    /// How many messages.
    pub len: usize,
    /// Messages whose terms have been moved to the heap; their terms are roots.
    on_heap: u32,
    /// The id of the marker set last.
    last_marker: u16,
    /// How many markers there are.
    marked: u16,
    /// The markers, in the order in which they were set; made when first needed.
    markers: Option<Box<[Marker; MARKERS]>>,
}

impl Mailbox {
    // Where native code finds them.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) const FIRST: usize = std::mem::offset_of!(Mailbox, first);
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) const BEFORE: usize = std::mem::offset_of!(Mailbox, before);

    /// No messages.
    pub const fn new() -> Mailbox {
        Mailbox {
            first: null_mut(),
            last: null_mut(),
            before: null_mut(),
            len: 0,
            on_heap: 0,
            last_marker: 0,
            marked: 0,
            markers: None,
        }
    }

    /// Adds a message at the end.
    ///
    /// # Safety
    /// The caller owns the node and gives it up.
    #[inline]
    pub unsafe fn append(&mut self, node: NonNull<Fragment>) {
        let node = node.as_ptr();
        // SAFETY: the node is ours now; `last` is ours.
        unsafe {
            (*node).next = null_mut();
            if self.last.is_null() {
                self.first = node;
            } else {
                (*self.last).next = node;
            }
        }
        self.last = node;
        self.len += 1;
    }

    #[inline(always)]
    fn current(&self) -> *mut Fragment {
        if self.before.is_null() {
            self.first
        } else {
            // SAFETY: `before` is a node of the chain.
            unsafe { (*self.before).next }
        }
    }

    /// The message to be looked at, if there is one.
    #[inline(always)]
    pub fn next_message(&self) -> Option<NonNull<Fragment>> {
        NonNull::new(self.current())
    }

    /// Whether it is the first message that is looked at next.
    #[inline(always)]
    pub fn is_at_first(&self) -> bool {
        self.before.is_null()
    }

    /// Goes on to the next message.
    #[inline]
    pub fn advance(&mut self) {
        self.before = self.current();
    }

    /// Starts from the first message again.
    #[inline]
    pub fn restart(&mut self) {
        self.before = null_mut();
    }

    /// Starts behind all messages: none of them is what the next receive waits for.
    pub fn skip_all(&mut self) {
        self.before = self.last;
    }

    /// Takes the message just looked at out of the mailbox; the next receive starts from the
    /// first. The caller owns it.
    #[inline]
    pub fn remove(&mut self) -> NonNull<Fragment> {
        let m = NonNull::new(self.current()).expect("a message was looked at");
        // SAFETY: nodes of the chain.
        unsafe {
            self.unlink(self.before, m.as_ptr());
            if is_on_heap(m.as_ptr()) {
                self.on_heap -= 1;
            }
        }
        self.len -= 1;
        self.before = null_mut();
        m
    }

    /// The first message if it is the one just looked at, has no words of its own (any more) and is
    /// no more than a message.
    #[inline(always)]
    pub fn first_if_empty(&self) -> Option<NonNull<Fragment>> {
        let f = NonNull::new(self.first)?;
        // SAFETY: a node of the chain.
        let plain = unsafe {
            f.as_ref().used == 0
                && matches!(f.as_ref().signal, SignalKind::Message | SignalKind::Data)
        };
        (plain && self.before.is_null() && self.marked == 0).then_some(f)
    }

    /// As [`Mailbox::remove`], of what [`Mailbox::first_if_empty`] gives.
    #[inline(always)]
    pub fn remove_first(&mut self) -> NonNull<Fragment> {
        let f = self.first;
        // SAFETY: a node of the chain.
        unsafe {
            self.first = (*f).next;
            if self.first.is_null() {
                self.last = null_mut();
            }
            self.len -= 1;
            // As `first_if_empty` says it is that or a message.
            self.on_heap -= u32::from(matches!((*f).signal, SignalKind::Data));
            NonNull::new_unchecked(f)
        }
    }

    /// # Safety
    /// `node` is in the chain, right after `before` (null: it is the first).
    unsafe fn unlink(&mut self, before: *mut Fragment, node: *mut Fragment) {
        // SAFETY: the caller's promise.
        unsafe {
            let next = (*node).next;
            if before.is_null() {
                self.first = next;
            } else {
                (*before).next = next;
            }
            if self.last == node {
                self.last = before;
            }
            (*node).next = null_mut();
            for m in self.markers_mut().iter_mut().filter(|m| m.after == node) {
                m.after = before;
            }
        }
    }

    #[inline(always)]
    fn markers(&self) -> &[Marker] {
        self.markers.as_ref().map_or(&[], |all| &all[..usize::from(self.marked).min(MARKERS)])
    }

    #[inline(always)]
    fn markers_mut(&mut self) -> &mut [Marker] {
        let marked = usize::from(self.marked).min(MARKERS);
        self.markers.as_mut().map_or(&mut [], |all| &mut all[..marked])
    }

    /// Sets a marker at the end (`recv_marker_reserve`) and gives its id.
    pub fn reserve_marker(&mut self) -> u32 {
        let none = Marker { id: 0, reference: 0, after: null_mut() };
        let all = self.markers.get_or_insert_with(|| Box::new([none; MARKERS]));
        if usize::from(self.marked) == MARKERS {
            // The oldest makes room.
            all.rotate_left(1);
            self.marked -= 1;
        }
        self.reserve_marker_quickly().expect("there is room now")
    }

    /// As [`Mailbox::reserve_marker`] where there is room for one more. `None`: nothing is done.
    #[inline(always)]
    pub fn reserve_marker_quickly(&mut self) -> Option<u32> {
        let marker = self.markers.as_mut()?.get_mut(usize::from(self.marked))?;
        self.last_marker = self.last_marker.wrapping_add(1);
        *marker = Marker { id: self.last_marker, reference: 0, after: self.last };
        self.marked += 1;
        Some(u32::from(self.last_marker))
    }

    /// Has ids of markers go on from that number.
    pub fn set_next_marker(&mut self, n: u32) {
        self.last_marker = n as u16;
    }

    /// Says which reference marker `id` belongs to (`recv_marker_bind`).
    #[inline(always)]
    pub fn bind_marker(&mut self, id: u32, reference: u64) {
        if let Some(m) = self.markers_mut().iter_mut().find(|m| u32::from(m.id) == id) {
            m.reference = reference;
        }
    }

    /// Starts at the marker of that reference, if it still stands (`recv_marker_use`).
    #[inline(always)]
    pub fn use_marker(&mut self, reference: u64) {
        let marker = self.markers().iter().find(|m| m.reference == reference);
        self.before = marker.map_or(null_mut(), |m| m.after);
    }

    /// Gives up the marker of that reference, or that id (`recv_marker_clear`).
    pub fn clear_marker(&mut self, reference: Option<u64>, id: Option<u32>) {
        let mut kept = 0;
        let all = self.markers_mut();
        for i in 0..all.len() {
            let m = all[i];
            if reference != Some(m.reference) && id != Some(u32::from(m.id)) {
                all[kept] = m;
                kept += 1;
            }
        }
        self.marked = kept as u16;
    }

    /// As [`Mailbox::clear_marker`] of that reference, where there is no other marker. False: there
    /// is, and nothing is done.
    #[inline(always)]
    pub fn clear_only_marker(&mut self, reference: u64) -> bool {
        if self.marked > 1 {
            return false;
        }
        if self.markers().first().is_some_and(|m| m.reference == reference) {
            self.marked = 0;
        }
        true
    }

    /// Moves the message to be looked at, `f`, to `hp`, where there is room for `room` words, if it
    /// is the first, small and has no off-heap objects. Returns how many words it takes there.
    ///
    /// # Safety
    /// The room is there, unused and the process's.
    pub unsafe fn move_small(&mut self, f: NonNull<Fragment>, hp: *mut Word, room: usize) -> usize {
        let f = f.as_ptr();
        // SAFETY: a node of the chain, whose terms nothing refers to yet: as the first it has not
        // been looked at without being moved, unless it could not be.
        unsafe {
            if !self.can_move(f, room) {
                return 0;
            }
            let words = (*f).used;
            (*f).move_words(hp);
            self.now_on_heap(f);
            words
        }
    }

    /// As [`Mailbox::move_small`], of nothing but a plain message that is a tuple of immediates.
    ///
    /// # Safety
    /// As there; it is the first message that is looked at.
    #[inline(always)]
    pub unsafe fn move_flat_tuple(
        &mut self,
        f: NonNull<Fragment>,
        hp: *mut Word,
        room: usize,
    ) -> usize {
        let f = f.as_ptr();
        // SAFETY: as there.
        unsafe {
            let words = (*f).used;
            // Immediates are no off-heap objects.
            debug_assert!(self.is_at_first());
            if words == 0
                || words > SMALL_MESSAGE
                || words > room
                || !matches!((*f).signal, SignalKind::Message)
                || !(*f).copy_flat_tuple(words, hp)
            {
                return 0;
            }
            (*f).term = Word::from_boxed_ptr(hp);
            (*f).used = 0;
            (*f).signal = SignalKind::Data;
            self.on_heap += 1;
            words
        }
    }

    /// # Safety
    /// `f` is a node of the chain.
    #[inline(always)]
    unsafe fn can_move(&self, f: *const Fragment, room: usize) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let words = (*f).used;
            self.is_at_first()
                && words > 0
                && words <= SMALL_MESSAGE
                && words <= room
                && (*f).off_heap.0.is_null()
        }
    }

    /// # Safety
    /// `m` is a node of the chain, with terms that have just become part of the heap.
    unsafe fn now_on_heap(&mut self, m: *mut Fragment) {
        // SAFETY: ours.
        unsafe {
            (*m).used = 0;
            if matches!((*m).signal, SignalKind::Message) {
                (*m).signal = SignalKind::Data;
            } else {
                keep_kind(m);
            }
        }
        self.on_heap += 1;
    }

    /// Prepares for a collection while a message is being looked at: its terms become part of the
    /// heap. Returns how many words they take and its off-heap objects, which the heap takes over.
    pub fn bring_current_to_heap(&mut self) -> (usize, OffHeap) {
        let m = self.current();
        // SAFETY: a node of the chain, if any.
        unsafe {
            if m.is_null() || (*m).used == 0 {
                return (0, OffHeap::EMPTY);
            }
            let words = (*m).used;
            self.now_on_heap(m);
            (words, std::mem::replace(&mut (*m).off_heap, OffHeap::EMPTY))
        }
    }

    /// Makes the terms of message `m` part of the heap, as [`Mailbox::bring_current_to_heap`] does,
    /// if they are not; a term without words of its own becomes a root too.
    ///
    /// # Safety
    /// `m` is a node of the chain.
    pub unsafe fn bring_to_heap(&mut self, m: *mut Fragment) -> (usize, OffHeap) {
        // SAFETY: the caller's promise.
        unsafe {
            if is_on_heap(m) {
                return (0, OffHeap::EMPTY);
            }
            let words = (*m).used;
            self.now_on_heap(m);
            (words, std::mem::replace(&mut (*m).off_heap, OffHeap::EMPTY))
        }
    }

    /// Calls `f` with the address of each term that is a root.
    pub fn roots(&mut self, mut f: impl FnMut(*mut Word)) {
        let mut left = self.on_heap;
        let mut m = self.first;
        while left > 0 {
            // SAFETY: nodes of the chain, which has that many on the heap.
            unsafe {
                if is_on_heap(m) {
                    f(&raw mut (*m).term);
                    left -= 1;
                }
                m = (*m).next;
            }
        }
    }

    /// How many words the messages take that are not in the heap.
    pub fn words(&self) -> usize {
        let mut sum = 0;
        let mut m = self.first;
        while !m.is_null() {
            // SAFETY: nodes of the chain.
            unsafe {
                sum += (*m).used;
                m = (*m).next;
            }
        }
        sum
    }

    /// Calls `f` with each message's term, in order.
    pub fn for_each(&self, mut f: impl FnMut(Word)) {
        let mut m = self.first;
        while !m.is_null() {
            // SAFETY: nodes of the chain.
            unsafe {
                f((*m).term);
                m = (*m).next;
            }
        }
    }

    /// The fragments that messages are or were in.
    pub(crate) fn fragments(&self) -> Vec<*const Fragment> {
        let mut all = Vec::with_capacity(self.len);
        let mut m = self.first;
        while !m.is_null() {
            all.push(m.cast_const());
            // SAFETY: nodes of the chain.
            m = unsafe { (*m).next };
        }
        all
    }

    /// Frees all messages.
    ///
    /// # Safety
    /// Nothing refers to their terms any more.
    pub unsafe fn clear(&mut self) {
        while let Some(m) = NonNull::new(self.first) {
            // SAFETY: the chain is ours.
            unsafe {
                self.first = m.as_ref().next;
                Fragment::drop_whole(m);
            }
        }
        *self = Mailbox::new();
    }
}

/// A message whose words have gone to the heap keeps what more it is than a message. Not part of the
/// quick way, which has no room for a copy of the signal's kind.
///
/// # Safety
/// `m` is a node of the chain.
#[cold]
#[inline(never)]
unsafe fn keep_kind(m: *mut Fragment) {
    // SAFETY: ours.
    unsafe {
        (*m).signal = match (*m).signal {
            SignalKind::TokenMessage { token } => SignalKind::TokenData { token },
            SignalKind::PortMessage { port, size } => SignalKind::PortData { port, size },
            SignalKind::SystemMessage => SignalKind::SystemData,
            _ => SignalKind::Data,
        };
    }
}

/// # Safety
/// `m` is a node of the chain.
unsafe fn is_on_heap(m: *const Fragment) -> bool {
    // SAFETY: ours.
    unsafe {
        matches!(
            (*m).signal,
            SignalKind::Data
                | SignalKind::TokenData { .. }
                | SignalKind::PortData { .. }
                | SignalKind::SystemData
        )
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Mailbox::new()
    }
}
