//! The interpreter: dispatch, and what every instruction family works on.
//!
//! The running process's state is in [`M`], a few words that are passed from handler to handler by
//! value so that they stay in machine registers. Handlers are inlined into what [`dispatch`]
//! goes through; what is long or rare is a function of its own that takes and returns an `M`.
//!
//! A handler never leaves the loop: to stop, it makes `ip` the address of a `Stop` instruction and
//! says in [`Worker::after`] what becomes of the process.
//!
//! # What handlers may rely on (kept by the verifier, the transformer and each other)
//! - `ip` is at an instruction of live code; its operands are as the table in `code::ops` says.
//! - Register operands name X registers below `FIRST_SCRATCH + SCRATCH_REGS`, or slots of the current
//!   frame.
//! - The words between `hp` and `sp` are free; an instruction that builds without checking has
//!   had them reserved by `TestHeap` or its like.

#[macro_use]
mod ways;

pub mod stubs;

mod arith;
mod bif;
pub(crate) mod binary_build;
pub(crate) mod binary_match;
mod breakpoint;
mod call;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) mod called;
mod common;
mod control;
mod dispatch;
mod exception;
mod float;
mod fun;
mod list;
pub(crate) mod map;
mod message;
mod narrow;
mod native_apply;
mod native_call;
mod native_code;
mod native_raise;
pub(crate) mod places;
mod saved_calls;
mod select;
mod state;
mod test;
pub mod trace;
mod tuple;
mod zeal;

pub(crate) use native_call::called_at as native_called_at;
pub use state::Spilled;
pub(crate) use state::{ANY, M};
pub(crate) use trace::item_at as trace_item;

use crate::code::ops::BREAK;
use crate::heap::collect::{Roots, collect, collect_out, is_major, shrink};
use crate::heap::copy_out::CopyOut;
use crate::heap::literals::Areas;
use crate::heap::put_off::ROOM;
use crate::process::{Collection, INLINE_REGS, Process};
use crate::sched::Worker;
use crate::sched::accounts::State;
use crate::sched::dirty::Work;
use crate::sched::worker::After;
use crate::sync::Ordering;
use crate::term::{Term, Word};
use crate::trace::{events, monitor, tracees};
use dispatch::dispatch;
#[cfg(not(debug_assertions))]
pub(crate) use dispatch::{HANDLERS, Handlers};
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) use dispatch::{Handler, STACK_BELOW_FRAME};

/// A word that is a term, seen as one.
#[inline(always)]
unsafe fn term<'a>(w: Word) -> Term<'a> {
    // SAFETY: the caller's words are terms; the lifetime ends before anything collects, since
    // handlers keep no `Term` across a collection.
    unsafe { Term::from_word(w) }
}

outlined! {
    /// Makes at least `need` words free. Registers from `live` on are dead. A collection that may
    /// take long is put off to the end of the slice, which then comes soon.
    unsafe fn garbage_collect(m: M, need: usize, live: usize) -> M {
        // SAFETY: the caller's promise: registers below `live` are terms.
        unsafe { garbage_collect_with(m, need, live, &mut Word::NIL.clone(), false) }
    }
}

outlined! {
    /// As [`garbage_collect`], with one more root, and a choice of kind.
    unsafe fn garbage_collect_with(m: M, need: usize, live: usize, extra: &mut Word, major: bool) -> M {
        // SAFETY: the worker owns the process; the roots are all there are: registers, the extra word,
        // the stack (which the collector finds itself), and what the process lists.
        unsafe {
            m.save_tops();
            let p = &mut *m.p;
            // A message that is looked at is to be brought to the heap now.
            if !(*m.w).dirty && !p.peeking && p.heap.collection_is_long(major) {
                let enough = p.heap.free_words() >= need;
                if !enough {
                    p.heap.put_off_collection(need);
                }
                p.request_collection(Collection::of(major));
                return M { reds: m.reds.min(0), ..m.load_tops() };
            }
            if p.peeking {
                let (words, list) = p.mailbox.bring_current_to_heap();
                // There must be room for them, as for what lies in the heap's own fragments.
                p.heap.fragment_words += words;
                p.heap.adopt_off_heap(list);
            }
            let traced = p.trace.any(tracees::GARBAGE_COLLECTION);
            let kind = if traced && is_major(&p.heap, major) { "major" } else { "minor" };
            if traced {
                events::collection(m.w, m.p, &format!("gc_{kind}_start"), need);
            }
            let watched = m.vm().tracing.watches_collections.load(Ordering::Relaxed);
            let (since, state) = match watched {
                0 => (0, None),
                _ => (m.vm().world.now(), (*m.w).enters(State::Gc)),
            };
            let p = &mut *m.p;
            let mut slices = smallvec::smallvec![(m.x, live), (std::ptr::from_mut(extra), 1)];
            p.roots(&mut slices);
            let range = m.vm().literals.range();
            (*m.w).collections += 1;
            let before = p.heap.used_words();
            collect(&mut p.heap, &Roots { slices: &slices }, need, range, major);
            (*m.w).reclaimed += before.saturating_sub(p.heap.used_words()) as u64;
            if traced {
                events::collection(m.w, m.p, &format!("gc_{kind}_end"), 0);
            }
            if watched != 0 {
                (*m.w).leaves(state);
            }
            if watched & monitor::MONITORED != 0 {
                monitor::collected(m.w, m.p, since);
            }
            let p = &mut *m.p;
            let over = p.rare.as_ref().is_some_and(|r| {
                r.max_heap_size != 0 && p.heap.words() + p.on_heap_message_words() > r.max_heap_size
            });
            let m = m.load_tops();
            if over { exception::max_heap_size_reached(m) } else { m }
        }
    }
}

outlined! {
    /// As [`garbage_collect`], for an instruction that has done nothing yet. A collection that may take
    /// long ends the slice, and the instruction is begun anew after it: `ip` leads to a stop then. Not
    /// so if float registers may be in use, which the process does not keep, or if the instruction has
    /// a breakpoint, which has been met.
    unsafe fn make_room(m: M, need: usize, live: usize, floats: bool) -> M {
        // SAFETY: the worker owns the process; registers below `live` are terms.
        unsafe {
            m.save_tops();
            let stays = (*m.w).dirty || (*m.p).peeking || floats || m.opcode() & BREAK != 0;
            let leaves = !stays && m.free() < need && need <= ROOM;
            if leaves && (*m.p).heap.collection_is_long(false) {
                (*m.p).request_collection(Collection::Minor);
                swap_out(m, m.ip, live);
                return m.stop(After::Dirty(Work::Cpu));
            }
            garbage_collect(m, need, live)
        }
    }
}

outlined! {
    /// Gives back what is free of a heap that has just been compacted. Registers from `live` on are
    /// dead.
    unsafe fn shrink_heap(m: M, live: usize) -> M {
        // SAFETY: the worker owns the process; the roots are as in `garbage_collect_with`.
        unsafe {
            m.save_tops();
            let p = &mut *m.p;
            let mut slices = smallvec::smallvec![(m.x, live)];
            p.roots(&mut slices);
            shrink(&mut p.heap, &Roots { slices: &slices }, m.vm().literals.range());
            m.load_tops()
        }
    }
}

/// Collects if fragments or binaries have made it due. Registers from `live` on are dead, `extra`
/// is a root.
#[inline(always)]
unsafe fn collect_if_due(m: M, live: usize, extra: &mut Word) -> M {
    // SAFETY: the worker owns the process; as `garbage_collect_with`.
    unsafe {
        if (*m.p).heap.collection_due(m.free()) {
            garbage_collect_with(m, 0, live, extra, false)
        } else {
            m
        }
    }
}

/// Puts a process's registers in place and runs it until its slice is over, it waits or exits.
/// Gives the reductions used and what becomes of it.
pub(crate) fn run_slice(w: &mut Worker, p: *mut Process) -> (i64, After) {
    // SAFETY: the worker has just become the process's owner.
    unsafe {
        // A dirty worker gives the process back after one instruction.
        let slice = if w.dirty { 1 } else { w.vm.world.slice() };
        loop {
            if !crate::process::receive::begin_slice(w, p) {
                return (1, After::Gone);
            }
            if (*p).collection_request.is_none() {
                break;
            }
            if let Some(after) = collect_requested(w, p) {
                return (1, after);
            }
        }
        w.current = p;
        (w.slice, w.counted) = (slice, 0);
        if (*p).trace.any(tracees::AT_SLICE) {
            events::slice(w, p, true);
            if (*p).trace.any(tracees::SAVES_CALLS) && !w.dirty {
                return execute_saving(w, p, slice);
            }
        }
        execute(w, p, slice)
    }
}

/// Executes a slice that has begun.
#[inline(always)]
unsafe fn execute(w: &mut Worker, p: *mut Process, slice: i64) -> (i64, After) {
    // SAFETY: the worker owns the process.
    unsafe {
        let mut m = swap_in(w, p, slice);
        dispatch(&mut m);
        let after = (*m.w).after;
        let used = slice - m.reds;
        if after != After::Gone {
            (*p).reductions += (used - (*m.w).counted).max(0) as u64;
        }
        (used, after)
    }
}

/// As [`execute`], of a process that saves its calls.
#[cold]
unsafe fn execute_saving(w: &mut Worker, p: *mut Process, slice: i64) -> (i64, After) {
    // SAFETY: the worker owns the process.
    unsafe {
        dispatch::save_calls(w, true);
        let done = execute(w, p, slice);
        dispatch::save_calls(w, false);
        done
    }
}

/// Makes the collection that is asked of a process whose registers are saved, on a dirty worker if
/// it may take long. `None`: the process goes on here, if nothing else has come up.
#[cold]
unsafe fn collect_requested(w: &mut Worker, p: *mut Process) -> Option<After> {
    // SAFETY: the worker owns the process; it is not touched any more once it sleeps.
    unsafe {
        let request = (*p).collection_request?;
        let major = request != Collection::Minor;
        if !w.dirty && (*p).heap.collection_is_long(major) {
            return Some(After::Dirty(Work::Cpu));
        }
        (*p).collection_request = None;
        // An instruction may have left for it.
        let need = if major || !(*p).heap.collection_is_long(false) { 0 } else { ROOM };
        w.current = p;
        let live = (*p).live as usize;
        let given_up = given_up(w, p);
        if request == Collection::Literals && given_up.is_none() {
            crate::process::literals::answer_requests(w, p);
            return if w.dirty || (*p).exiting { Some(After::Requeue) } else { None };
        }
        let m = swap_in(w, p, 1);
        let mut m = match given_up {
            Some(areas) => {
                let m = copy_out_literals(m, live, areas);
                if std::ptr::eq((*p).ip, message::hibernate_entry(&w.vm, false)) {
                    // It sleeps for long: what it has got is to lie where the rest does.
                    let m = garbage_collect_with(m, 0, live, &mut Word::NIL.clone(), true);
                    shrink_heap(m, live)
                } else {
                    m
                }
            }
            None => garbage_collect_with(m, need, live, &mut Word::NIL.clone(), major),
        };
        let has_message = (*p).mailbox.len > 0;
        if request == Collection::Hibernate && !(*p).exiting && !has_message {
            m = shrink_heap(m, live);
        }
        // It has not been taken up for a slice, and leaves none.
        save(m, m.ip, live);
        crate::process::literals::answer_requests(w, p);
        crate::process::receive::collected(w, p);
        if request == Collection::Hibernate && !(*p).exiting {
            (*p).ip = message::hibernate_entry(&w.vm, has_message);
            let sleeps = !has_message && crate::process::receive::park(p);
            return Some(if sleeps { After::Gone } else { After::Requeue });
        }
        if w.dirty || (*p).exiting { Some(After::Requeue) } else { None }
    }
}

/// The literal areas that are given up, if the process has been asked to let go of them and may
/// refer to them.
unsafe fn given_up<'a>(w: &Worker, p: *mut Process) -> Option<&'a Areas> {
    // SAFETY: the worker owns the process, whose registers are saved, and is at no quiescent point
    // before the collection has been made.
    unsafe {
        let asked = (*p).rare.as_ref().is_some_and(|r| !r.literal_requests.is_empty());
        if !asked {
            return None;
        }
        w.vm.literals.shown().filter(|areas| (*p).may_mean(areas))
    }
}

/// As [`garbage_collect_with`], copying what the process refers to of those literal areas.
unsafe fn copy_out_literals(m: M, live: usize, areas: &Areas) -> M {
    // SAFETY: the worker owns the process; the roots are as there.
    unsafe {
        m.save_tops();
        let p = &mut *m.p;
        if p.peeking {
            let (words, list) = p.mailbox.bring_current_to_heap();
            p.heap.fragment_words += words;
            p.heap.adopt_off_heap(list);
        }
        p.bring_to_heap_what_means(areas);
        let mut slices = smallvec::smallvec![(m.x, live)];
        p.roots(&mut slices);
        let range = m.vm().literals.range();
        let mut out = CopyOut::new(areas, range);
        (*m.w).collections += 1;
        collect_out(&mut p.heap, &Roots { slices: &slices }, range, &mut out);
        m.load_tops()
    }
}

unsafe fn swap_in(w: &mut Worker, p: *mut Process, slice: i64) -> M {
    // SAFETY: the worker owns the process; at most X_REGS registers were saved.
    unsafe {
        let w: *mut Worker = w;
        (*w).native.serve(w, p);
        let pr = &mut *p;
        // It will mostly send to the same process again.
        crate::process::prefetch(pr.sent_to);
        let live = pr.live as usize;
        let x = w.cast::<Word>().byte_add(std::mem::offset_of!(Worker, x));
        for i in 0..live.min(INLINE_REGS) {
            *x.add(i) = pr.regs[i];
        }
        if live > INLINE_REGS {
            load_more(pr, x.add(INLINE_REGS));
        }
        M {
            ip: pr.ip,
            x,
            sp: pr.heap.stop,
            hp: pr.heap.top,
            cp: pr.cp,
            reds: slice,
            p,
            w,
            #[cfg(not(debug_assertions))]
            then: None,
        }
    }
}

/// Ends a slice: saves what the process needs to go on at `ip`.
unsafe fn swap_out(m: M, ip: *const u64, live: usize) {
    // SAFETY: the worker owns the process; `live` registers hold terms.
    unsafe {
        save(m, ip, live);
        if (*m.p).trace.any(tracees::AT_SLICE) {
            events::slice(m.w, m.p, false);
        }
    }
}

/// Saves `live` registers and all else that the process needs to go on at `ip`.
#[inline(always)]
unsafe fn save(m: M, ip: *const u64, live: usize) {
    // SAFETY: the worker owns the process; `live` registers hold terms.
    unsafe {
        m.save_tops();
        let p = &mut *m.p;
        p.ip = ip;
        p.cp = m.cp;
        p.live = live as u16;
        for i in 0..live.min(INLINE_REGS) {
            p.regs[i] = *m.x.add(i);
        }
        if live > INLINE_REGS {
            save_more(p, m.x.add(INLINE_REGS), live - INLINE_REGS);
        }
    }
}

/// Puts the registers that are saved beyond the first at `x`, and keeps them no longer.
#[cold]
unsafe fn load_more(p: &mut Process, x: *mut Word) {
    let Some(more) = &mut p.more_regs else { return };
    // SAFETY: as many were saved from there.
    unsafe { x.copy_from_nonoverlapping(more.0.as_ptr(), more.0.len()) };
    more.0.clear();
}

/// Saves `n` registers from `x` on, beyond the first.
#[cold]
unsafe fn save_more(p: &mut Process, x: *const Word, n: usize) {
    // SAFETY: the caller's promise: so many registers hold terms.
    let regs = unsafe { std::slice::from_raw_parts(x, n) };
    let more = &mut p.more_regs.get_or_insert_default().0;
    more.clear();
    more.extend_from_slice(regs);
}

outlined! {
    /// The slice is over: the process goes on at `ip` with `live` registers when its turn comes.
    unsafe fn preempt(m: M, ip: *const u64, live: usize) -> M {
        let mut m = m;
        // SAFETY: the worker owns the process; `live` registers hold terms.
        unsafe {
            m.ip = ip;
            m = collect_if_due(m, live, &mut Word::NIL.clone());
            if (*m.w).after == After::Gone && m.ip == stubs::stop() {
                return m;
            }
            swap_out(m, m.ip, live);
            m.stop(After::Requeue)
        }
    }
}
