//! What a port needs of a device, and what a device can do to its port.

use super::{Life, Port, State};
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, suspend};
use crate::sched::{Worker, accounts};
use crate::sync::{Arc, Ordering};
use crate::term::{Area, Atom, Pid, PortId, Term, Word, atoms};
use crate::trace::{events, tracees};
use crate::vm::Vm;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a device is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ready {
    /// What it watches can be read.
    Read,
    /// What it watches can be written.
    Write,
    /// Something else has changed that it asked to look at.
    Look,
    /// Its program has ended, with that exit status.
    ChildEnded(i32),
    /// The time of the timer of that number has come.
    Timer(u64),
}

/// What `port_control/3` answers.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// A list of bytes.
    List(Vec<u8>),
    /// A binary.
    Binary(Vec<u8>),
}

/// One kind of thing behind a port. Called under the port's lock; never blocks.
pub trait Device: Send {
    /// Takes what a process has sent to the port.
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>);

    /// Goes on. What is read goes through `buffer`.
    fn ready(&mut self, cx: &mut Context<'_>, ready: Ready, buffer: &mut [u8]);

    /// `port_control/3`; `None`: there is no such operation.
    fn control(&mut self, _: &mut Context<'_>, _operation: u32, _data: &[u8]) -> Option<Reply> {
        None
    }

    /// How many bytes it still has to write.
    fn queued(&self) -> usize {
        0
    }

    /// Is to call [`Context::end`] once it has written everything.
    fn flush(&mut self, _: &mut Context<'_>) {}

    /// Its port is gone: gives back what it holds.
    fn close(&mut self, w: &mut Worker, id: PortId);

    /// Whether it can carry a connection between nodes.
    fn carries_packets(&self) -> bool {
        false
    }

    /// Takes a packet of such a connection, of which nobody waits to hear.
    fn packet(&mut self, _: &mut Context<'_>, _packet: Vec<u8>) {}

    /// Whether `port_command/3` with `force` is allowed.
    fn can_be_forced(&self) -> bool {
        false
    }
}

/// How a device's work ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// There will be no more input.
    Eof,
    /// It has failed, or written everything after [`Device::flush`]; why.
    Exit(Atom),
}

/// What a device can use of its port.
pub struct Context<'a> {
    /// The worker of the thread that calls the device.
    pub w: &'a mut Worker,
    port: &'a Arc<Port>,
    pub(super) state: &'a mut State,
    end: Option<End>,
    caller: Option<Pid>,
}

impl Context<'_> {
    /// The process that calls, if one does.
    pub fn caller(&self) -> Option<Pid> {
        self.caller
    }

    /// The process that owns the port.
    pub fn owner(&self) -> Pid {
        self.state.owner
    }

    /// Sends a message to a process; `words` is about what it takes.
    pub fn send(
        &mut self,
        to: Pid,
        words: usize,
        message: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) {
        let literals = self.w.vm.literals.range();
        drop(deliver(self.w, to, Parcel::build(SignalKind::Message, words, literals, message)));
    }

    /// Sends the owner a message with `bytes` of what came in, which count as unread until it has
    /// received it; `words` is about what the message takes beside binaries.
    pub fn send_input(
        &mut self,
        bytes: usize,
        words: usize,
        message: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) {
        let size = words * 8 + bytes;
        let kind = SignalKind::PortMessage { port: self.port.id, size: size as u32 };
        let literals = self.w.vm.literals.range();
        let parcel = Parcel::build(kind, words, literals, message);
        if deliver(self.w, self.state.owner, parcel).is_ok() {
            self.port.unread.fetch_add(size, Ordering::Relaxed);
        }
    }

    /// Counts what has come in, for `port_info`.
    pub fn count_input(&mut self, bytes: usize) {
        self.state.input += bytes as u64;
        self.w.vm.ports.count_input(bytes);
    }

    /// Whether the device is about to be given up.
    pub fn is_ending(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the port hands on binaries, not lists.
    pub fn is_binary(&self) -> bool {
        self.state.delivery.binary
    }

    /// Starts a timer for the device; its number.
    pub fn start_timer(&mut self, milliseconds: u64) -> u64 {
        let vm = &self.w.vm;
        let number = vm.next_reference();
        let due = vm.world.now() + milliseconds * 1_000_000;
        vm.timers.start_for_port(vm, number, due, self.port.id);
        number
    }

    /// Cancels a timer. It may have gone off all the same and be on its way.
    pub fn cancel_timer(&mut self, number: u64) {
        let _ = self.w.vm.timers.cancel(&self.w.vm, number);
    }

    /// Opens another port that `owner` gets, with a device of the same kind. Fails if there are too
    /// many or if there is no such process.
    pub fn open_another(
        &mut self,
        owner: Pid,
        device: Box<dyn Device>,
    ) -> Result<PortId, Box<dyn Device>> {
        super::open::adopt(self.w, owner, self.state.label.clone(), device)
    }

    /// The machine.
    pub fn vm(&self) -> Arc<Vm> {
        self.w.vm.clone()
    }

    /// The port's identifier.
    pub fn id(&self) -> PortId {
        self.port.id
    }

    /// Says which program of the system the port is.
    pub fn set_os_pid(&mut self, pid: u32) {
        self.state.os_pid = Some(pid);
    }

    /// Hands what has come in to the owner, cut into lines if the port wants that.
    pub fn deliver(&mut self, bytes: &[u8]) {
        self.state.input += bytes.len() as u64;
        self.w.vm.ports.count_input(bytes.len());
        match self.state.delivery.lines.take() {
            None => self.message(None, bytes),
            Some(mut lines) => {
                lines.feed(bytes, |whole, line| self.message(Some(whole), line));
                self.state.delivery.lines = Some(lines);
            }
        }
    }

    /// `{Port, {data, Data}}`
    fn message(&mut self, line: Option<bool>, bytes: &[u8]) {
        let port = self.port.id;
        let binary = self.state.delivery.binary;
        let words = 16 + if binary { bytes.len().min(64) / 8 + 2 } else { bytes.len() * 2 };
        let size = if binary { bytes.len() + 128 } else { words * 8 };
        let kind = SignalKind::PortMessage { port, size: size as u32 };
        let parcel = Parcel::build(kind, words, self.w.vm.literals.range(), |a| {
            let data = if binary { a.binary(bytes) } else { a.byte_list(bytes, Term::nil()) };
            let data = match line {
                None => data,
                Some(whole) => {
                    let tag = if whole { atoms::EOL } else { atoms::NOEOL };
                    a.tuple(&[Term::atom(tag), data])
                }
            };
            let data = a.tuple(&[Term::atom(atoms::DATA), data]);
            a.tuple(&[term(port), data])
        });
        if deliver(self.w, self.state.owner, parcel).is_ok() {
            self.port.unread.fetch_add(size, Ordering::Relaxed);
        }
    }

    /// Hands an answer to the owner: a list of bytes, behind which come others, as a list or as a
    /// binary as the port wants its data.
    pub fn deliver_with_head(&mut self, head: &[u8], rest: Option<&[u8]>) {
        self.state.input += (head.len() + rest.map_or(0, <[u8]>::len)) as u64;
        let binary = self.state.delivery.binary;
        self.tell_owner(|a| {
            let rest = match rest {
                None => Term::nil(),
                Some(bytes) if binary => a.binary(bytes),
                Some(bytes) => a.byte_list(bytes, Term::nil()),
            };
            let data = a.byte_list(head, rest);
            a.tuple(&[Term::atom(atoms::DATA), data])
        });
    }

    /// The owner has not received much of what came: reads on slowly, or when it has.
    pub fn slow_down(&mut self) {
        self.port.slow.store(true, Ordering::Relaxed);
        self.w.vm.poller.read_later(self.port.id);
    }

    /// About how much memory the messages take that the owner has not received yet.
    pub fn unread(&self) -> usize {
        self.port.unread.load(Ordering::Relaxed)
    }

    /// `{Port, {exit_status, Status}}`
    pub fn deliver_exit_status(&mut self, status: i32) {
        self.state.tell_owner(self.w, self.port, |a| {
            let tag = Term::atom(atoms::EXIT_STATUS);
            a.tuple(&[tag, Term::small(i64::from(status))])
        });
    }

    /// `{Port, What}` to the owner.
    pub fn tell_owner(&mut self, what: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>) {
        self.state.tell_owner(self.w, self.port, what);
    }

    /// Says whether processes that send to the port are to wait.
    pub fn set_busy(&mut self, busy: bool) {
        self.state.set_busy(self.w, busy);
    }

    /// There will be no more input: closes the port, unless it was asked to stay open.
    pub fn eof(&mut self) {
        self.end.get_or_insert(End::Eof);
    }

    /// The device has failed: closes the port.
    pub fn fail(&mut self, error: rustix::io::Errno) {
        let name = super::super::errno::name(error);
        let reason = self.w.vm.atoms.intern(name).unwrap_or(atoms::ERROR);
        self.end.get_or_insert(End::Exit(reason));
    }

    /// As [`fail`](Self::fail), or without an error as [`end`](Self::end), but the owner, who has
    /// been told otherwise, gets no exit signal.
    pub fn exit_unlinked(&mut self, error: Option<rustix::io::Errno>) {
        let owner = self.state.owner;
        if self.state.links.remove(&owner) {
            let kind = SignalKind::PortUnlink { from: self.port.id };
            drop(deliver(self.w, owner, Parcel::empty(kind)));
        }
        match error {
            None => self.end(),
            Some(e) => self.fail(e),
        }
    }

    /// Closes the port as if it had been killed.
    pub(super) fn kill(&mut self) {
        self.end.get_or_insert(End::Exit(atoms::KILLED));
    }

    /// Everything has been written: closes the port.
    pub fn end(&mut self) {
        self.end.get_or_insert(End::Exit(atoms::NORMAL));
    }
}

impl State {
    /// `{Port, What}` to the owner.
    pub(super) fn tell_owner(
        &self,
        w: &mut Worker,
        port: &Port,
        what: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) {
        tell(w, port, self.owner, what);
    }

    /// Says whether processes that send to the port are to wait; lets those go on that do.
    pub(super) fn set_busy(&mut self, w: &mut Worker, busy: bool) {
        self.busy = busy;
        if !busy {
            for pid in std::mem::take(&mut self.suspended) {
                suspend::resume_self(w, pid);
            }
        }
    }
}

/// `{Port, What}` to a process.
pub(super) fn tell(
    w: &mut Worker,
    port: &Port,
    to: Pid,
    what: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
) {
    let id = port.id;
    let kind = SignalKind::PortMessage { port: id, size: 0 };
    let message = Parcel::build(kind, 16, w.vm.literals.range(), |a| {
        let what = what(a);
        a.tuple(&[term(id), what])
    });
    if port.trace.any(tracees::SEND) {
        events::port_sends(w, port, to, message.term());
    }
    drop(deliver(w, to, message));
}

fn term<'q>(port: PortId) -> Term<'q> {
    Term::port(port).expect("ports have numbers that fit")
}

/// The port as the sender of an exit signal.
pub(super) fn sender(port: &Port) -> Word {
    Word::from_port(port.id)
}

/// Calls the device and does what comes of it. Nothing if the port is gone.
pub(super) fn call<R>(
    w: &mut Worker,
    port: &Arc<Port>,
    state: &mut State,
    f: impl FnOnce(&mut dyn Device, &mut Context<'_>) -> R,
) -> Option<R> {
    call_for(w, port, state, None, f)
}

/// Calls the device for a process.
pub(super) fn call_for<R>(
    w: &mut Worker,
    port: &Arc<Port>,
    state: &mut State,
    caller: Option<Pid>,
    f: impl FnOnce(&mut dyn Device, &mut Context<'_>) -> R,
) -> Option<R> {
    let mut device = state.device.take()?;
    let before = w.enters(accounts::State::Port);
    let mut cx = Context { w, port, state, end: None, caller };
    let result = catch_unwind(AssertUnwindSafe(|| f(&mut *device, &mut cx)));
    let end = cx.end;
    w.leaves(before);
    let Ok(result) = result else {
        // A bug in a device ends its port, whoever has met it.
        drop(device);
        let reason = w.vm.atoms.intern("device_failed").unwrap_or(atoms::ERROR);
        super::exit::exit(w, port, state, Term::atom(reason), super::exit::How::Drop);
        return None;
    };
    state.device = Some(device);
    match end {
        None => {}
        Some(end) => ended(w, port, state, end),
    }
    Some(result)
}

fn ended(w: &mut Worker, port: &Arc<Port>, state: &mut State, end: End) {
    if end == End::Eof
        && let Some(mut lines) = state.delivery.lines.take()
    {
        let mut cx = Context { w, port, state, end: None, caller: None };
        lines.finish(|whole, line| cx.message(Some(whole), line));
        state.delivery.lines = Some(lines);
    }
    let reason = match end {
        // A machine that is about to stop tells nobody.
        _ if state.life != Life::Open || state.halting => {
            return super::exit::terminate(w, port, state);
        }
        End::Eof if state.delivery.eof => {
            return state.tell_owner(w, port, |_| Term::atom(atoms::EOF));
        }
        End::Eof => atoms::NORMAL,
        End::Exit(reason) => reason,
    };
    super::exit::exit(w, port, state, Term::atom(reason), super::exit::How::Drop);
}
