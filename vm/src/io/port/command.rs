//! What processes do to ports: with messages and with the `port_` functions.

use super::device::{self, Context, Device, Reply, sender};
use super::exit::{How, exit};
use super::{Port, State};
use crate::heap::LiteralRange;
use crate::process::report::report_text;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process};
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::{Pid, PortId, Term, atoms, iolist};
use crate::trace::{events, tracees};

/// What came of sending something to a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// The port has it.
    Done,
    /// The port takes nothing now. If it was asked for, the caller is told when it does.
    Busy,
    /// There is no such port, or it is no iolist.
    Badarg,
    /// The device cannot be forced.
    Notsup,
}

/// What is done where a port is busy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfBusy {
    /// The caller is suspended until it no longer is.
    Wait,
    /// Nothing.
    Refuse,
    /// It takes it all the same.
    Force,
}

/// Writes what is no process's to a port, which takes it though it is busy: trace messages.
pub(crate) fn trace_output(w: &mut Worker, id: PortId, bytes: Vec<u8>) {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        state.output += bytes.len() as u64;
        vm.ports.count_output(bytes.len());
        device::call(w, port, state, |d, cx| d.output(cx, bytes));
    });
}

/// `port_command/3`. After `Busy` with `Wait` the process is suspended and tries again when it
/// goes on.
pub fn output(
    w: &mut Worker,
    p: &mut Process,
    id: PortId,
    data: Term<'_>,
    if_busy: IfBusy,
) -> Output {
    let vm = w.vm.clone();
    let done = vm.ports.with(id, |port, state| {
        if if_busy == IfBusy::Force && !state.device.as_ref().is_some_and(|d| d.can_be_forced()) {
            return Output::Notsup;
        }
        write(w, port, state, data, if_busy, p)
    });
    done.unwrap_or(Output::Badarg)
}

fn write(
    w: &mut Worker,
    port: &Arc<Port>,
    state: &mut State,
    data: Term<'_>,
    if_busy: IfBusy,
    p: &mut Process,
) -> Output {
    if w.vm.ports.halting() || state.busy && if_busy != IfBusy::Force {
        if if_busy == IfBusy::Wait {
            state.suspended.push(p.pid);
            p.suspended += 1;
            // SAFETY: the worker owns the process, which is not touched meanwhile.
            unsafe { crate::trace::monitor::busy_port(w, p, port.id) };
        }
        return Output::Busy;
    }
    let Some(bytes) = iolist::to_bytes(data) else {
        let label = String::from_utf8_lossy(&state.label);
        // Without a logger nobody is told.
        let _ = report_text(w, p, &format!("Bad value on output port '{label}'\n\n"));
        return Output::Badarg;
    };
    state.output += bytes.len() as u64;
    w.vm.ports.count_output(bytes.len());
    device::call_for(w, port, state, Some(p.pid), |d, cx| d.output(cx, bytes));
    Output::Done
}

/// `Port ! Message`: what is not understood is an exit signal `badsig` to the owner. `Busy`: the
/// process is suspended, if that was asked for, and has to send again when it goes on.
pub fn message(
    w: &mut Worker,
    p: &mut Process,
    id: PortId,
    message: Term<'_>,
    if_busy: IfBusy,
) -> Output {
    let vm = w.vm.clone();
    let done = vm.ports.with(id, |port, state| {
        let command = message.as_tuple_of::<2>().and_then(|[from, what]| {
            let from = from.as_pid()?;
            (from == state.owner).then_some(what)
        });
        if port.trace.any(tracees::RECEIVE)
            && let Some([from, what]) = message.as_tuple_of::<2>()
            && let Some(from) = from.as_pid()
        {
            events::port_receives(w, port, from, what);
        }
        let understood = match command {
            None => false,
            Some(close) if close.is_atom(atoms::CLOSE) => {
                let normal = Term::atom(atoms::NORMAL);
                exit(w, port, state, normal, How::FlushAndTell);
                true
            }
            Some(what) => match what.as_tuple_of::<2>() {
                Some([tag, data]) if tag.is_atom(atoms::COMMAND) => {
                    match write(w, port, state, data, if_busy, p) {
                        Output::Badarg => false,
                        done => return done,
                    }
                }
                Some([tag, to]) if tag.is_atom(atoms::CONNECT) && to.as_pid().is_some() => {
                    let old = state.owner;
                    connect_to(port, state, to.as_pid().unwrap_or(old));
                    device::tell(w, port, old, |_| Term::atom(atoms::CONNECTED));
                    true
                }
                _ => false,
            },
        };
        if !understood {
            let kind = SignalKind::Exit { from: sender(port), linked: false };
            let badsig = Parcel::copy(kind, Term::atom(atoms::BADSIG), LiteralRange::NONE);
            drop(deliver(w, state.owner, badsig));
        }
        Output::Done
    });
    // What is sent to a port that is gone is lost.
    done.unwrap_or(Output::Done)
}

fn connect_to(port: &Port, state: &mut State, to: Pid) {
    state.owner = to;
    // What the old owner has not received is not the new owner's fault.
    port.unread.store(0, Ordering::Relaxed);
}

/// `port_connect/2`: links the new owner too. False: there is no such port or process.
pub fn connect(w: &mut Worker, id: PortId, to: Pid) -> bool {
    let vm = w.vm.clone();
    let done = vm.ports.with(id, |port, state| {
        if !state.links.contains(&to) {
            let kind = SignalKind::PortLink { from: id };
            if deliver(w, to, Parcel::empty(kind)).is_err() {
                return false;
            }
            state.links.insert(to);
        }
        connect_to(port, state, to);
        true
    });
    done.unwrap_or(false)
}

/// `port_close/1`: false if there is no such port.
pub fn close(w: &mut Worker, id: PortId) -> bool {
    exit_signal(w, id, Term::atom(atoms::NORMAL))
}

/// `exit/2` to a port: false if there is no such port.
pub fn exit_signal(w: &mut Worker, id: PortId, reason: Term<'_>) -> bool {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| exit(w, port, state, reason, How::Flush)).is_some()
}

/// `port_control/3`: `None` if there is no such port or operation.
pub fn control(
    w: &mut Worker,
    caller: Pid,
    id: PortId,
    operation: u32,
    data: &[u8],
) -> Option<Reply> {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        let control = |d: &mut dyn Device, cx: &mut Context<'_>| d.control(cx, operation, data);
        device::call_for(w, port, state, Some(caller), control).flatten()
    })?
}

/// `port_set_data/2`: false if there is no such port.
pub fn set_data(w: &mut Worker, id: PortId, data: Term<'_>) -> bool {
    let Some(port) = w.vm.ports.find(id) else { return false };
    *port.data.lock() = Some(Parcel::copy(SignalKind::Data, data, LiteralRange::NONE));
    true
}

/// `port_get_data/1`: calls `f` with it. `None` if there is no such port.
pub fn data<R>(w: &mut Worker, id: PortId, f: impl FnOnce(Term<'_>) -> R) -> Option<R> {
    let port = w.vm.ports.find(id)?;
    let data = port.data.lock();
    Some(f(data.as_ref().map_or(Term::atom(atoms::UNDEFINED), Parcel::term)))
}
