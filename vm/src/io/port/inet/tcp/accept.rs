//! Accepting: who waits for connections, in order, and handing them out.

use super::super::address::Address;
use super::super::codes::status;
use super::super::control::{Answer, EINVAL};
use super::super::socket::{Operation, answer, answer_error, error_atom, port_term};
use super::{INFINITY, Tcp};
use crate::io::port::device::Context;
use crate::sched::Worker;
use crate::term::{Pid, PortId, Term, atoms};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::SocketFlags;

/// A process that waits for a connection.
pub(super) type Waiting = Operation;

impl Tcp {
    /// Timeout. Answered with the port of a connection.
    pub(super) fn accept(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Answer {
        let timeout = <[u8; 4]>::try_from(data).map(u32::from_be_bytes).map_err(|_| EINVAL)?;
        if self.socket.state & status::LISTEN == 0 {
            return Err(EINVAL);
        }
        let caller = cx.caller().ok_or(EINVAL)?;
        self.forget_dead(cx);
        let at_once = if self.waiting.is_empty() { self.next_connection() } else { Ok(None) };
        let connection = at_once?;
        let id = self.socket.next_id();
        let operation = Operation { id, caller, timer: None };
        match connection {
            Some((fd, remote)) => self.hand_out(cx, operation, fd, remote),
            None => {
                let timer = (timeout != INFINITY).then(|| cx.start_timer(timeout.into()));
                self.waiting.push_back(Operation { timer, ..operation });
                self.socket.state |= status::ACCEPTING;
                self.socket.select(cx, Some(true), None);
            }
        }
        Ok(id.to_be_bytes().to_vec())
    }

    fn next_connection(&self) -> Result<Option<(OwnedFd, Address)>, Errno> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        match rustix::net::acceptfrom_with(self.socket.fd()?, flags) {
            Ok((fd, remote)) => Ok(Some((fd, Address::from_system(remote)))),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Processes that have exited wait for nothing.
    pub(super) fn forget_dead(&mut self, cx: &mut Context<'_>) {
        let vm = cx.vm();
        self.waiting.retain(|o| {
            let alive = vm.processes.lookup(o.caller).is_some();
            if let Some(timer) = o.timer.filter(|_| !alive) {
                cx.cancel_timer(timer);
            }
            alive
        });
        self.stop_if_nobody_waits(cx);
    }

    fn stop_if_nobody_waits(&mut self, cx: &mut Context<'_>) {
        if self.waiting.is_empty() && self.socket.state & status::ACCEPTING != 0 {
            self.socket.state &= !status::ACCEPTING;
            self.socket.select(cx, Some(false), None);
        }
    }

    /// Makes a port of a connection and gives it to who has waited for it.
    fn hand_out(&mut self, cx: &mut Context<'_>, to: Operation, fd: OwnedFd, remote: Address) {
        let options = super::StreamOptions { delay_send: false, ..self.options };
        let device = Tcp::new(self.socket.accepted(fd, remote), options);
        match cx.open_another(to.caller, Box::new(device)) {
            Ok(port) => {
                answer(cx.w, cx.id(), to, 4, |a| a.tuple(&[Term::atom(atoms::OK), port_term(port)]))
            }
            Err(_) => answer_error(cx.w, cx.id(), to, atoms::SYSTEM_LIMIT),
        }
    }

    pub(super) fn accept_ready(&mut self, cx: &mut Context<'_>) {
        self.forget_dead(cx);
        while !self.waiting.is_empty() {
            let connection = match self.next_connection() {
                Ok(None) => break,
                other => other,
            };
            let Some(operation) = self.waiting.pop_front() else { break };
            if let Some(timer) = operation.timer {
                cx.cancel_timer(timer);
            }
            match connection {
                Ok(Some((fd, remote))) => self.hand_out(cx, operation, fd, remote),
                Ok(None) => break,
                Err(e) => {
                    let reason = error_atom(cx, e);
                    answer_error(cx.w, cx.id(), operation, reason);
                    break;
                }
            }
        }
        self.stop_if_nobody_waits(cx);
    }

    pub(super) fn accept_timed_out(&mut self, cx: &mut Context<'_>, number: u64) {
        let Some(i) = self.waiting.iter().position(|o| o.timer == Some(number)) else { return };
        if let Some(operation) = self.waiting.remove(i) {
            answer_error(cx.w, cx.id(), operation, atoms::TIMEOUT);
        }
        self.stop_if_nobody_waits(cx);
    }

    /// Tells all who wait for something of this socket that it is closed.
    pub(super) fn refuse_waiting(&mut self, w: &mut Worker, id: PortId) {
        self.socket.state &= !status::ACCEPTING;
        let waiting = std::mem::take(&mut self.waiting);
        for operation in waiting.into_iter().chain(self.socket.operation.take()) {
            if let Some(timer) = operation.timer {
                let _ = w.vm.timers.cancel(&w.vm, timer);
            }
            answer_error(w, id, operation, atoms::CLOSED);
        }
    }

    /// Takes back the timers that nobody waits for any more.
    pub(super) fn drop_timers(&mut self, w: &mut Worker) {
        for timer in [self.connect_timer.take(), self.send_timer.take()].into_iter().flatten() {
            let _ = w.vm.timers.cancel(&w.vm, timer);
        }
    }

    /// The process that is answered when the socket is no longer busy.
    pub(super) fn take_busy_caller(&mut self, cx: &mut Context<'_>) -> Option<Pid> {
        if let Some(timer) = self.send_timer.take() {
            cx.cancel_timer(timer);
        }
        self.socket.state &= !status::BUSY;
        let caller = self.busy_caller.take();
        cx.set_busy(false);
        caller
    }
}
