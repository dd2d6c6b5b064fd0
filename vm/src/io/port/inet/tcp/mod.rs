//! The device `tcp_inet`: connections and those that listen for them.
//!
//! `accept` has what a listening socket does, `input` and `output` what a connected one does,
//! `end` how connections end. Here is what can be asked of one and what becomes of events.

mod accept;
mod end;
mod input;
mod output;

use super::address::{Address, take_u32};
use super::codes::{CONTROL, request, status};
use super::control::{Answer, EINVAL, EXBADPORT, Refusal, pending_error, to_reply};
use super::get_options::Own;
use super::queue::Queue;
use super::set_options::{StreamOptions, Then};
use super::socket::{Protocol, Socket, answer_error};
use crate::io::poller::CHUNK;
use crate::io::port::device::{Context, Device, Ready, Reply};
use crate::sched::Worker;
use crate::term::{Pid, PortId, atoms};
use accept::Waiting;
use input::Input;
use output::Sendfile;
use rustix::io::Errno;
use rustix::net::Shutdown;
use std::collections::VecDeque;

/// No more can be asked for at once than that.
const MAX_RECV: u32 = 0x400_0000;

/// `INET_INFINITY`
const INFINITY: u32 = u32::MAX;

/// A socket of TCP, or one of the local domain that carries a stream.
pub struct Tcp {
    socket: Socket,
    options: StreamOptions,
    input: Option<Input>,
    /// HTTP: headers come next.
    headers: bool,
    output: Queue,
    /// Who has sent what made it busy, and is answered when it no longer is.
    busy_caller: Option<Pid>,
    /// When that one has waited long enough.
    send_timer: Option<u64>,
    /// What is delayed is to be written.
    delayed: bool,
    sendfile: Option<Sendfile>,
    waiting: VecDeque<Waiting>,
    connect_timer: Option<u64>,
    /// The write side is to be shut down, or both, when everything is written.
    pending_shutdown: Option<Shutdown>,
    shut_write: bool,
    /// `{tcp_closed, S}` has been sent.
    told_closed: bool,
    /// What the next receive and the next send are to be told though the state says otherwise.
    closed_for_recv: bool,
    closed_for_send: bool,
    reset: bool,
    flushing: bool,
}

impl Default for Tcp {
    fn default() -> Tcp {
        Tcp::new(Socket::new(Protocol::Tcp), StreamOptions::default())
    }
}

impl Tcp {
    fn new(socket: Socket, options: StreamOptions) -> Tcp {
        Tcp {
            socket,
            options,
            input: None,
            headers: false,
            output: Queue::default(),
            busy_caller: None,
            send_timer: None,
            delayed: false,
            sendfile: None,
            waiting: VecDeque::new(),
            connect_timer: None,
            pending_shutdown: None,
            shut_write: false,
            told_closed: false,
            closed_for_recv: false,
            closed_for_send: false,
            reset: false,
            flushing: false,
        }
    }

    fn is_busy(&self) -> bool {
        self.socket.state & status::BUSY != 0
    }

    fn ask(&mut self, cx: &mut Context<'_>, code: u32, data: &[u8]) -> Answer {
        match code {
            request::OPEN => self.socket.open(data),
            request::FDOPEN => self.socket.open_descriptor(data),
            request::LISTEN => {
                if !self.socket.is_open() {
                    return Err(EXBADPORT);
                }
                let backlog = <[u8; 2]>::try_from(data).map_err(|_| EINVAL)?;
                let backlog = i32::from(u16::from_be_bytes(backlog));
                rustix::net::listen(self.socket.fd()?, backlog)?;
                self.socket.state = status::OPEN | status::LISTEN;
                Ok(Vec::new())
            }
            request::CONNECT => self.connect(cx, data),
            request::ACCEPT => self.accept(cx, data),
            request::CLOSE => {
                self.refuse_waiting(cx.w, cx.id());
                self.close_socket(cx);
                Ok(Vec::new())
            }
            request::TCP_RECV => self.ask_recv(cx, data),
            request::TCP_UNRECV => {
                if !self.socket.is_connected() {
                    return Err(Errno::NOTCONN.into());
                }
                self.unrecv(data);
                if self.socket.is_active() {
                    self.deliver_ready(cx);
                }
                Ok(Vec::new())
            }
            request::TCP_SHUTDOWN => self.shutdown(data),
            request::TCP_SENDFILE => self.ask_sendfile(cx, data),
            request::SETOPTS => self.set_options(cx, data),
            request::GETOPTS => {
                let own = Own { stream: Some(self.options), read_packets: None };
                self.socket.get_options_with(data, &own).ok_or(EINVAL)
            }
            request::IGNOREFD => self.ignore(cx, data),
            request::GETSTATUS => {
                self.forget_dead(cx);
                self.socket.ask(cx, code, data, 0)
            }
            _ => self.socket.ask(cx, code, data, self.output.len()),
        }
    }

    /// Timeout and address. Answered when the connection is there.
    fn connect(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Answer {
        let socket = &mut self.socket;
        if !socket.is_open() {
            return Err(EXBADPORT);
        }
        if socket.is_connected() {
            return Err(Errno::ISCONN.into());
        }
        if socket.state & status::CONNECTING != 0 || data.len() < 6 {
            return Err(EINVAL);
        }
        let timeout = take_u32(&mut data).ok_or(EINVAL)?;
        let remote = Address::take(&mut data, socket.family).map_err(Refusal::Name)?;
        let result = rustix::net::connect(socket.fd()?, &remote.to_system()?);
        match result {
            Ok(()) | Err(Errno::INPROGRESS | Errno::AGAIN) => {}
            Err(e) => return Err(e.into()),
        }
        socket.remote = remote;
        let id = socket.begin(cx).ok_or(EINVAL)?;
        if result.is_ok() {
            self.connected(cx);
        } else {
            socket.state = status::OPEN | status::CONNECTING;
            socket.select(cx, None, Some(true));
            self.connect_timer = (timeout != INFINITY).then(|| cx.start_timer(timeout.into()));
        }
        Ok(id.to_be_bytes().to_vec())
    }

    fn connected(&mut self, cx: &mut Context<'_>) {
        self.socket.state = status::OPEN | status::ACTIVE;
        let active = self.socket.is_active();
        self.socket.select(cx, active.then_some(true), Some(false));
        self.socket.finish_ok(cx);
    }

    /// A connection that was under way is there, or is not to be.
    fn finish_connect(&mut self, cx: &mut Context<'_>) {
        if let Some(timer) = self.connect_timer.take() {
            cx.cancel_timer(timer);
        }
        match self.socket.fd().and_then(pending_error) {
            Ok(()) => self.connected(cx),
            Err(e) => {
                self.socket.select(cx, None, Some(false));
                self.socket.state = status::OPEN;
                let reason = super::socket::error_atom(cx, e);
                self.socket.finish_error(cx, reason);
            }
        }
    }

    fn shutdown(&mut self, data: &[u8]) -> Answer {
        if !self.socket.is_connected() {
            return Err(Errno::NOTCONN.into());
        }
        let how = match *data {
            [0] => Shutdown::Read,
            [1] => Shutdown::Write,
            [2] => Shutdown::Both,
            _ => return Err(EINVAL),
        };
        if how != Shutdown::Read && !self.output.is_empty() {
            self.pending_shutdown = Some(how);
            return Ok(Vec::new());
        }
        match rustix::net::shutdown(self.socket.fd()?, how) {
            Ok(()) => {
                self.shut_write |= how != Shutdown::Read;
                Ok(Vec::new())
            }
            Err(e) => Err(e.into()),
        }
    }

    fn set_options(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Answer {
        match self.socket.set_options(cx, data, &mut self.options, &mut 0)? {
            Then::Nothing => {}
            Then::Deliver => self.deliver_ready(cx),
            Then::Receive => {
                if self.socket.ignored.ignored {
                    self.socket.ignored.read = true;
                } else if self.receive(cx, 0).goes_on() && self.socket.is_active() {
                    self.socket.select(cx, Some(true), None);
                }
            }
            Then::TellClosed => self.tell_closed_late(cx),
        }
        Ok(Vec::new())
    }

    /// The descriptor is used by somebody else from now on, or no longer is.
    fn ignore(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Answer {
        if !self.socket.is_connected() {
            return Err(Errno::NOTCONN.into());
        }
        let socket = &mut self.socket;
        match (data, socket.ignored.ignored) {
            ([1], false) => {
                socket.ignored = super::socket::Ignored {
                    ignored: true,
                    read: socket.is_active(),
                    write: false,
                };
                socket.disarm(cx);
            }
            ([0], true) => {
                let was = std::mem::take(&mut socket.ignored);
                socket.select(cx, Some(was.read), Some(was.write));
            }
            _ => return Err(EINVAL),
        }
        Ok(Vec::new())
    }

    fn timer(&mut self, cx: &mut Context<'_>, number: u64) {
        if self.connect_timer == Some(number) {
            self.connect_timer = None;
            // What may come of the attempt later is of no use.
            let operation = self.socket.finish(cx);
            self.close_socket(cx);
            if let Some(o) = operation {
                answer_error(cx.w, cx.id(), o, atoms::TIMEOUT);
            }
        } else if self.send_timer == Some(number) {
            self.send_timed_out(cx);
        } else if self.socket.operation.is_some_and(|o| o.timer == Some(number)) {
            self.socket.selected.read = false;
            if let Some(input) = &mut self.input {
                input.forget_request();
            }
            self.socket.finish_error(cx, atoms::TIMEOUT);
        } else {
            self.accept_timed_out(cx, number);
        }
    }

    fn readable(&mut self, cx: &mut Context<'_>) {
        if !self.socket.selected.read || self.flushing {
            self.socket.disarm_read(cx);
        } else if self.socket.state & status::LISTEN != 0 {
            self.accept_ready(cx);
        } else if self.socket.is_connected() {
            self.receive_ready(cx);
        } else {
            self.socket.select(cx, Some(false), None);
            self.socket.disarm_read(cx);
        }
    }

    fn writable(&mut self, cx: &mut Context<'_>) {
        if !self.socket.selected.write {
            return;
        }
        if self.socket.state & status::CONNECTING != 0 {
            self.finish_connect(cx);
        } else if self.socket.is_connected() {
            self.write_queue(cx);
        } else {
            self.socket.select(cx, None, Some(false));
        }
    }
}

impl Device for Tcp {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        self.send(cx, data);
    }

    fn ready(&mut self, cx: &mut Context<'_>, ready: Ready, _: &mut [u8]) {
        match ready {
            Ready::Read => self.readable(cx),
            Ready::Write => self.writable(cx),
            Ready::Timer(number) => self.timer(cx, number),
            Ready::Look => self.look(cx),
            Ready::ChildEnded(_) => {}
        }
    }

    fn control(&mut self, cx: &mut Context<'_>, operation: u32, data: &[u8]) -> Option<Reply> {
        // What is below has no meaning either, and is answered the same.
        let code = operation.wrapping_sub(CONTROL);
        Some(to_reply(self.ask(cx, code, data)))
    }

    fn queued(&self) -> usize {
        // What nobody waits to write would keep the port for ever.
        let kept = self.socket.selected.write || self.delayed;
        if kept && !self.options.linger_zero && self.sendfile.is_none() {
            self.output.len()
        } else {
            0
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        self.flushing = true;
        self.socket.select(cx, Some(false), None);
        self.write_queue(cx);
    }

    fn close(&mut self, w: &mut Worker, id: PortId) {
        self.refuse_waiting(w, id);
        self.drop_timers(w);
        self.socket.close(w, id);
    }

    fn can_be_forced(&self) -> bool {
        true
    }

    fn carries_packets(&self) -> bool {
        true
    }

    fn packet(&mut self, cx: &mut Context<'_>, packet: Vec<u8>) {
        self.send_packet(cx, packet);
    }
}

/// How much is read in one go before others get their turn.
const MOST_READ: usize = 4 * CHUNK;
