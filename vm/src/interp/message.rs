//! Sending and receiving.

use super::{M, exception, stubs, swap_out, term};
use crate::process::send::{Quick, Sent};
use crate::process::signal::SignalKind;
use crate::process::{Collection, Process, receive, send};
use crate::sched::worker::After;
use crate::sync::Ordering;
use crate::term::{Word, atoms};
use crate::trace::saved_calls::Saved;
use crate::trace::{events, seq, tracees};
use crate::vm::Vm;

#[inline(always)]
pub(super) unsafe fn send(m: M) -> M {
    // SAFETY: destination and message are in x0 and x1; the worker owns the process.
    unsafe {
        let message = *m.x.add(1);
        match send::send_quickly(m.w, m.p, term(*m.x), term(message)) {
            Quick::Sent => {
                *m.x = message;
                m.next(1)
            }
            Quick::Woken(p) => {
                (*m.w).woken = p;
                make_ready(m)
            }
            Quick::No => send_to(m),
        }
    }
}

slow! {
    /// The message has been sent, and has woken a process.
    unsafe fn make_ready(m: M) -> M {
        // SAFETY: the process is the worker's; as `send`.
        unsafe {
            (*m.w).ready((*m.w).woken);
            *m.x = *m.x.add(1);
            m.next(1)
        }
    }
}

slow! {
    unsafe fn send_to(m: M) -> M {
        // SAFETY: destination and message are in x0 and x1.
        unsafe {
            let (to, message) = (*m.x, *m.x.add(1));
            m.save_tops();
            match send::send_to(&mut *m.w, m.p, term(to), term(message)) {
                Sent::Sent | Sent::NotConnected => {}
                Sent::ThenSuspended => {
                    *m.x = message;
                    return super::preempt(m, m.ip.add(1), 1);
                }
                Sent::TooLarge => {
                    return exception::raise_operator(m, atoms::SYSTEM_LIMIT, "send", &[to, message]);
                }
                Sent::BadDestination => {
                    return exception::raise_operator(m, atoms::BADARG, "send", &[to, message]);
                }
                // Suspended; sends again when it goes on.
                Sent::Busy => return super::preempt(m, m.ip, 2),
            }
            *m.x = message;
            m.next(1)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn loop_rec(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        match look_quickly(m) {
            Some(m) => m,
            None => look_at_any(m),
        }
    }
}

/// The quick way of a look: nothing has come, or what is next is in the mailbox and stays where it
/// is, as all but the first does, or is a small tuple of immediates. `None`: nothing has been done.
#[inline(always)]
unsafe fn look_quickly(mut m: M) -> Option<M> {
    // SAFETY: as `loop_rec`.
    unsafe {
        let p = m.p;
        let Some(f) = (*p).mailbox.next_message() else {
            if (*p).queue.has_signals() {
                return None;
            }
            (*p).peeking = false;
            return Some(m.branch());
        };
        if f.as_ref().used > 0 && (*p).mailbox.is_at_first() {
            let words = (*p).mailbox.move_flat_tuple(f, m.hp, m.free());
            if words == 0 {
                return None;
            }
            m.hp = m.hp.add(words);
        }
        (*p).peeking = true;
        m.set(m.a(), f.as_ref().term);
        Some(m.next(1))
    }
}

slow! {
    unsafe fn look_at_any(m: M) -> M {
        // SAFETY: as `loop_rec`.
        unsafe {
            let mut m = m;
            if (*m.p).mailbox.next_message().is_none() && (*m.p).queue.has_signals() {
                m = take_signals(m);
                if m.ip == stubs::stop() {
                    return m;
                }
            }
            let Some(f) = (*m.p).mailbox.next_message() else {
                (*m.p).peeking = false;
                return m.branch();
            };
            (*m.p).peeking = true;
            m.hp = m.hp.add((*m.p).mailbox.move_small(f, m.hp, m.free()));
            m.set(m.a(), f.as_ref().term);
            m.next(1)
        }
    }
}

slow! {
    /// Makes the message just looked at part of the heap, for code that passes it on before it
    /// takes it.
    pub(super) unsafe fn keep_message(m: M) -> M {
        // SAFETY: operands as in the table: `a` holds the message. No X register is live where a
        // receive looks for messages.
        unsafe {
            let mut message = m.get(m.a());
            let m = super::garbage_collect_with(m, 0, 0, &mut message, false);
            m.set(m.a(), message);
            m.next(1)
        }
    }
}

outlined! {
    /// Handles what has come in. May end the process.
    unsafe fn take_signals(m: M) -> M {
        // SAFETY: the worker owns the process; no X register is live where a receive looks for
        // messages.
        unsafe {
            m.save_tops();
            receive::handle_signals(&mut *m.w, m.p);
            let m = m.load_tops();
            if (*m.p).exiting {
                return exception::exit_process(m, (*m.p).exit_reason);
            }
            if (*m.p).collection_request.is_some() || (*m.p).yielding {
                (*m.p).yielding = false;
                return super::preempt(m, m.ip, 0);
            }
            m
        }
    }
}

#[inline(always)]
pub(super) unsafe fn loop_rec_end(m: M) -> M {
    // SAFETY: the worker owns the process.
    unsafe {
        (*m.p).peeking = false;
        (*m.p).mailbox.advance();
        let m = m.branch();
        super::call::go(m, m.ip, 0)
    }
}

#[inline(always)]
pub(super) unsafe fn remove_message(m: M) -> M {
    // SAFETY: the worker owns the process; a message was looked at.
    unsafe {
        let p = m.p;
        let quick = match (*p).mailbox.first_if_empty() {
            Some(f) if !(*p).trace.any(tracees::AT_REMOVE) => (*m.w).spares.keeps(f),
            _ => false,
        };
        if !quick {
            return remove_any_message(m);
        }
        (*m.w).spares.keep((*p).mailbox.remove_first());
        (*p).peeking = false;
        (*p).deadline = 0;
        m.next(1)
    }
}

slow! {
    unsafe fn remove_any_message(m: M) -> M {
        // SAFETY: a message was looked at; the process adopts it.
        unsafe {
            let p = &mut *m.p;
            if p.mailbox.next_message().is_none() {
                return super::control::unreachable(m);
            }
            let node = p.mailbox.remove();
            p.peeking = false;
            p.deadline = 0;
            match (*node.as_ptr()).signal {
                SignalKind::PortMessage { port, size } | SignalKind::PortData { port, size } => {
                    m.vm().ports.received(m.vm(), port, size);
                }
                SignalKind::TokenMessage { token } | SignalKind::TokenData { token } => {
                    let message = (*node.as_ptr()).term;
                    seq::received(m.w, m.p, Some(token), message);
                }
                SignalKind::SystemMessage | SignalKind::SystemData => {}
                _ if (*m.p).trace.any(tracees::SEQUENTIAL) => {
                    seq::received(m.w, m.p, None, Word::NIL);
                }
                _ => {}
            }
            let p = &mut *m.p;
            if p.trace.any(tracees::SAVES_CALLS) {
                p.note_call(Saved::Receive);
            }
            if (*node.as_ptr()).used == 0 {
                (*m.w).spares.give_back(node);
            } else {
                p.heap.adopt(node);
            }
            m.next(1)
        }
    }
}

/// Puts the process to sleep at the receive's `loop_rec`, which `rel` leads to.
#[inline(always)]
unsafe fn sleep(mut m: M) -> M {
    // SAFETY: no X register is live where a receive waits.
    unsafe {
        m = m.branch();
        if (*m.p).queue.has_signals() {
            // Straight back to look at them.
            m.reds -= 1;
            return if m.reds <= 0 { super::preempt(m, m.ip, 0) } else { m };
        }
        go_to_sleep(m, m.ip, 0)
    }
}

/// Ends the slice; the process sleeps until a signal comes and goes on at `ip`.
#[inline(always)]
unsafe fn go_to_sleep(mut m: M, ip: *const u64, live: usize) -> M {
    // SAFETY: the worker owns the process until `try_wait` succeeds; nothing of it is touched
    // afterwards.
    unsafe {
        m = super::collect_if_due(m, live, &mut Word::NIL.clone());
        if (*m.p).exiting {
            return exception::exit_process(m, (*m.p).exit_reason);
        }
        if (*m.p).collection_request.is_some() {
            return super::preempt(m, ip, live);
        }
        let p = m.p;
        // What is told of the end of the slice says that it waits.
        falls_asleep(p);
        swap_out(m, ip, live);
        if receive::park(p) { m.stop(After::Gone) } else { m.stop(After::Requeue) }
    }
}

#[inline(always)]
pub(super) unsafe fn wait(mut m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process until `park` succeeds.
    unsafe {
        let p = m.p;
        let quick = !(*p).queue.has_signals()
            && !(*p).heap.collection_due(m.free())
            && !(*p).exiting
            && (*p).collection_request.is_none()
            && !(*p).trace.any(tracees::AT_SLICE);
        if !quick {
            return wait_otherwise(m);
        }
        super::save(m, m.branch().ip, 0);
        falls_asleep(p);
        if !receive::park(p) {
            return requeue(m);
        }
        (*m.w).after = After::Gone;
        m.ip = stubs::stop();
        m
    }
}

slow! {
    unsafe fn wait_otherwise(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { sleep(m) }
    }
}

slow! {
    /// The process has something to look at after all.
    unsafe fn requeue(m: M) -> M {
        // SAFETY: the worker owns the process, whose state is saved.
        unsafe { m.stop(After::Requeue) }
    }
}

/// What is noted of a process whose slice ends in a receive.
#[inline(always)]
unsafe fn falls_asleep(p: *mut Process) {
    // SAFETY: the worker owns the process.
    unsafe {
        (*p).waiting = true;
        (*p).reductions += 1;
        (*p).heap.minors_awake = 0;
    }
}

#[inline(always)]
pub(super) unsafe fn wait_timeout(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        if (*m.p).deadline == 0 && m.get(m.a()) == Word::from_atom(atoms::INFINITY) {
            wait(m)
        } else {
            wait_until(m)
        }
    }
}

slow! {
    unsafe fn wait_until(m: M) -> M {
        // SAFETY: operands as in the table; the worker owns the process.
        unsafe {
            let time = m.get(m.a());
            let p = &mut *m.p;
            if p.deadline == 0 {
                if term(time).is_atom(atoms::INFINITY) {
                    return sleep(m);
                }
                if time == Word::small(0) {
                    return m.next(1);
                }
                let Some(ms) = term(time).as_u64().filter(|ms| *ms <= 0xFFFF_FFFF) else {
                    // The next receive is another one.
                    p.mailbox.restart();
                    return exception::raise_atom(m, atoms::TIMEOUT_VALUE);
                };
                p.deadline = m.vm().world.now() + ms * 1_000_000;
            } else if m.vm().world.now() >= p.deadline {
                p.deadline = 0;
                return m.next(1);
            }
            m.vm().timers.arm_alarm(&mut *m.w, m.p);
            sleep(m)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn timeout(m: M) -> M {
    // SAFETY: the worker owns the process.
    unsafe {
        (*m.p).deadline = 0;
        (*m.p).mailbox.restart();
        if (*m.p).trace.any(tracees::AT_TIMEOUT) {
            return traced_timeout(m);
        }
        m.next(1)
    }
}

slow! {
    unsafe fn traced_timeout(m: M) -> M {
        // SAFETY: the worker owns the process.
        unsafe {
            m.save_tops();
            events::times_out(m.w, m.p);
            (*m.p).note_call(Saved::Timeout);
            m.next(1)
        }
    }
}

/// Sets a receive marker behind all messages that have come.
#[inline(always)]
pub(super) unsafe fn marker_reserve(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        if (*m.p).queue.has_signals() {
            return marker_reserve_otherwise(m);
        }
        let Some(id) = (*m.p).mailbox.reserve_marker_quickly() else {
            return marker_reserve_otherwise(m);
        };
        m.set(m.a(), Word::small(i64::from(id)));
        m.next(1)
    }
}

slow! {
    unsafe fn marker_reserve_otherwise(m: M) -> M {
        // SAFETY: as `marker_reserve`.
        unsafe {
            m.save_tops();
            if (*m.p).queue.has_signals() {
                // What has arrived already comes before the marker. An exit signal among it is acted
                // on at the end of the slice.
                receive::handle_signals(&mut *m.w, m.p);
            }
            let m = m.load_tops();
            let id = (*m.p).mailbox.reserve_marker();
            m.set(m.a(), Word::small(i64::from(id)));
            m.next(1)
        }
    }
}

unsafe fn reference_number(w: Word) -> Option<u64> {
    // SAFETY: `w` is a term.
    unsafe { term(w).plain_ref_number().or_else(|| term(w).as_ref().map(|r| r.number)) }
}

#[inline(always)]
pub(super) unsafe fn marker_bind(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        let (Some(id), Some(r)) = (m.term_a().as_small(), term(m.get(m.b())).plain_ref_number())
        else {
            return marker_bind_otherwise(m);
        };
        (*m.p).mailbox.bind_marker(id as u32, r);
        m.next(1)
    }
}

slow! {
    unsafe fn marker_bind_otherwise(m: M) -> M {
        // SAFETY: as `marker_bind`.
        unsafe {
            if let (Some(id), Some(r)) = (m.term_a().as_small(), reference_number(m.get(m.b()))) {
                (*m.p).mailbox.bind_marker(id as u32, r);
            }
            m.next(1)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn marker_clear(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        match term(m.get(m.a())).plain_ref_number() {
            Some(r) if (*m.p).mailbox.clear_only_marker(r) => m.next(1),
            _ => marker_clear_otherwise(m),
        }
    }
}

slow! {
    unsafe fn marker_clear_otherwise(m: M) -> M {
        // SAFETY: as `marker_clear`.
        unsafe {
            let w = m.get(m.a());
            let id = term(w).as_small().map(|n| n as u32);
            (*m.p).mailbox.clear_marker(reference_number(w), id);
            m.next(1)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn marker_use(m: M) -> M {
    // SAFETY: operands as in the table; the worker owns the process.
    unsafe {
        let Some(r) = term(m.get(m.a())).plain_ref_number() else { return marker_use_otherwise(m) };
        (*m.p).mailbox.use_marker(r);
        m.next(1)
    }
}

slow! {
    unsafe fn marker_use_otherwise(m: M) -> M {
        // SAFETY: as `marker_use`.
        unsafe {
            if let Some(r) = reference_number(m.get(m.a())) {
                (*m.p).mailbox.use_marker(r);
            }
            m.next(1)
        }
    }
}

/// Where a process goes on that hibernates: with what its first three registers say if there is a
/// message, else with hibernating.
pub(super) fn hibernate_entry(vm: &Vm, has_message: bool) -> *const u64 {
    let function = if has_message { atoms::APPLY } else { atoms::HIBERNATE };
    vm.code.export(atoms::ERLANG, function, 3).code.load(Ordering::Acquire)
}

outlined! {
    /// Gives up the stack and what memory can be given up. With a message goes on with what the first
    /// three registers say; without one sleeps, and does all this again when a signal comes.
    pub(super) unsafe fn hibernate(m: M) -> M {
        let (mut m, live) = (m, 3);
        // SAFETY: the worker owns the process; the stack's frames will not be returned to.
        unsafe {
            m.sp = (*m.p).heap.end;
            m.cp = stubs::exit_normal_stub();
            m = super::garbage_collect_with(m, 0, live, &mut Word::NIL.clone(), true);
            if (*m.p).exiting {
                return exception::exit_process(m, (*m.p).exit_reason);
            }
            let has_message = (*m.p).mailbox.len > 0;
            m.ip = hibernate_entry(m.vm(), has_message);
            if has_message {
                m.reds -= 1;
                return if m.reds <= 0 { super::preempt(m, m.ip, live) } else { m };
            }
            if (*m.p).collection_request.is_some() {
                (*m.p).request_collection(Collection::Hibernate);
                return super::preempt(m, m.ip, live);
            }
            m = super::shrink_heap(m, live);
            go_to_sleep(m, m.ip, live)
        }
    }
}
