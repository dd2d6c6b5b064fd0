//! The end of a port.
//!
//! Links and monitors hear of it at once, the name is given up at once; the device is given up
//! once it has written what it was given, unless the port was killed or the device has failed.

use super::device::{self, sender};
use super::{Life, Port, State};
use crate::process::Parcel;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Term, Word, atoms};
use crate::trace::{events, tracees};

/// What becomes of what is not written yet, and whether the owner is told of the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// It is lost.
    Drop,
    /// It is written first.
    Flush,
    /// It is written first, and then the owner gets `{Port, closed}`.
    FlushAndTell,
}

/// Ends a port that is open.
pub(super) fn exit(
    w: &mut Worker,
    port: &Arc<Port>,
    state: &mut State,
    reason: Term<'_>,
    how: How,
) {
    if state.life != Life::Open {
        return;
    }
    state.life = Life::Closing(how == How::FlushAndTell);
    if port.trace.any(tracees::PORTS) {
        let reason = reason.word();
        events::port(w, port, tracees::PORTS, "closed", |_| {
            // SAFETY: the reason is the caller's and stays for the call.
            smallvec::smallvec![unsafe { Term::from_word(reason) }]
        });
    }
    state.set_busy(w, false);
    if let Some(name) = state.registered.take() {
        w.vm.names.port_exits(port.id);
        events::port_event(w, port, "unregister", Word::from_atom(name));
    }
    let killed = reason.is_atom(atoms::KILL);
    let told = if killed { Term::atom(atoms::KILLED) } else { reason };
    let literals = w.vm.literals.range();
    for pid in std::mem::take(&mut state.links) {
        let kind = SignalKind::Exit { from: sender(port), linked: true };
        drop(deliver(w, pid, Parcel::copy(kind, told, literals)));
    }
    for (reference, pid) in std::mem::take(&mut state.watchers) {
        let kind = SignalKind::Down { reference };
        drop(deliver(w, pid, Parcel::copy(kind, told, literals)));
    }
    if let Some(channel) = state.channel.take() {
        crate::dist::connection::go_down(w, &channel, told);
    }
    let written = state.device.as_ref().is_none_or(|d| d.queued() == 0);
    if how == How::Drop || killed || written {
        terminate(w, port, state);
    } else {
        device::call(w, port, state, |d, cx| d.flush(cx));
    }
}

/// Gives up the device of a port that has exited, and the port with it.
pub(super) fn terminate(w: &mut Worker, port: &Arc<Port>, state: &mut State) {
    if state.life == Life::Closed {
        return;
    }
    let tell = state.life == Life::Closing(true);
    state.life = Life::Closed;
    let vm = w.vm.clone();
    if let Some(mut device) = state.device.take() {
        device.close(w, port.id);
    }
    *port.data.lock() = None;
    vm.ports.remove(port.id);
    if std::mem::take(&mut state.halting) {
        vm.ports.halted(&vm);
    }
    if tell {
        device::tell(w, port, state.owner, |_| Term::atom(atoms::CLOSED));
    }
}
