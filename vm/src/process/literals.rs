//! What a process refers to in literal areas that are given up (`heap::given_up`): finding out
//! whether there is anything, and copying it.
//!
//! Done between slices, where collections are made that are asked for. Heap, stack and messages are
//! looked through word by word, whatever the words are: one that only looks as if it referred to an
//! area costs a collection. What the search leaves out refers to no literals: tags of monitors,
//! requests that wait, tokens.

use super::receive::answer_task;
use super::roots::RootSlices;
use super::{Parcel, Process};
use crate::heap::literals::Areas;
use crate::sched::Worker;
use crate::term::{Pid, Term, Word, atoms};

/// Whether one of the words may refer to one of the areas.
///
/// # Safety
/// The words may be read, whatever they are.
unsafe fn any_means(from: *const Word, words: usize, areas: &Areas) -> bool {
    // SAFETY: the caller's promise; volatile, since not all of them need have been written.
    (0..words).any(|i| areas.may_be_meant(unsafe { from.add(i).read_volatile() }))
}

impl Process {
    /// Notes that somebody wants to know when it refers to no areas any more that are given up.
    pub(super) fn asked_for_literals(&mut self, from: Pid, request: Parcel) {
        self.rare().literal_requests.push((from, request));
        self.request_collection(super::Collection::Literals);
    }

    /// Whether it may refer to one of the areas. Its registers are saved.
    ///
    /// # Safety
    /// The worker owns the process.
    pub(crate) unsafe fn may_mean(&mut self, areas: &Areas) -> bool {
        let mut slices = RootSlices::new();
        self.roots(&mut slices);
        let regs = usize::from(self.live).min(self.regs.len());
        slices.push((self.regs.as_mut_ptr(), regs));
        let more = self.more_regs();
        slices.push((more.as_mut_ptr(), more.len()));
        slices.push((self.heap.stop, self.heap.stack_words()));
        self.heap.used_slices(|from, words| slices.push((from, words)));
        // SAFETY: the process's own words, up to where they are in use.
        slices.iter().any(|&(from, words)| unsafe { any_means(from, words, areas) })
            || self.mailbox.fragments().into_iter().any(|f| {
                // SAFETY: a message's fragment; so many words of it are in use.
                unsafe {
                    areas.may_be_meant((*f).term)
                        || any_means(crate::heap::Fragment::words(f), (*f).used, areas)
                }
            })
    }

    /// Makes messages that may refer to one of the areas part of the heap, as far as they are not.
    ///
    /// # Safety
    /// The worker owns the process, which is about to be collected.
    pub(crate) unsafe fn bring_to_heap_what_means(&mut self, areas: &Areas) {
        for f in self.mailbox.fragments() {
            // SAFETY: a message's fragment; so many words of it are in use. What the heap takes over
            // is no longer the message's.
            unsafe {
                let words = crate::heap::Fragment::words(f);
                if areas.may_be_meant((*f).term) || any_means(words, (*f).used, areas) {
                    let (words, list) = self.mailbox.bring_to_heap(f.cast_mut());
                    self.heap.fragment_words += words;
                    self.heap.adopt_off_heap(list);
                }
            }
        }
    }
}

/// Tells whoever has asked that the process refers to no areas any more that are given up.
///
/// # Safety
/// The worker owns the process.
pub(crate) unsafe fn answer_requests(w: &mut Worker, p: *mut Process) {
    // SAFETY: the caller's promise.
    let Some(rare) = (unsafe { &mut (*p).rare }) else { return };
    for (from, request) in std::mem::take(&mut rare.literal_requests) {
        answer_done(w, from, request.term());
    }
}

/// The answer to such a request.
pub(super) fn answer_done(w: &mut Worker, to: Pid, request: Term<'_>) {
    answer_task(w, to, request, Term::atom(atoms::OK));
}
