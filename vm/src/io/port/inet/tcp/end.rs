//! The end of a connection: the peer closes it, it fails, or it is closed here. Who is told what
//! depends on whether the socket is active and on `exit_on_close`, `show_econnreset` and its like.

use super::super::control::Refusal;
use super::super::socket::{error_atom, reply, tell};
use super::Tcp;
use super::input::Received;
use crate::io::port::device::Context;
use crate::term::{Atom, Pid, atoms};
use rustix::io::Errno;

impl Tcp {
    /// Gives up the descriptor, with what has come and what is to be written. The port stays.
    pub(super) fn close_socket(&mut self, cx: &mut Context<'_>) {
        self.input = None;
        self.output.clear();
        self.socket.tell_written(cx);
        self.delayed = false;
        self.sendfile = None;
        self.socket.close(cx.w, cx.id());
        if self.flushing {
            cx.end();
        }
    }

    /// Nothing more is read; what is to be written still is.
    fn close_read(&mut self, cx: &mut Context<'_>) {
        self.socket.select(cx, Some(false), None);
        self.socket.disarm_read(cx);
    }

    /// `{tcp_closed, S}`, once.
    fn tell_closed(&mut self, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.told_closed, true) {
            tell(cx, atoms::TCP_CLOSED, None);
        }
    }

    /// A sender that waits is told; true if there was one.
    fn refuse_busy(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_busy() {
            return false;
        }
        self.output.clear();
        self.socket.tell_written(cx);
        if let Some(caller) = self.take_busy_caller(cx) {
            reply(cx, caller, Err(atoms::CLOSED));
        }
        true
    }

    /// The peer sends no more.
    pub(super) fn peer_closed(&mut self, cx: &mut Context<'_>) -> Received {
        let mut told = self.refuse_busy(cx);
        if self.sendfile.is_some() {
            self.file_failed(cx, Errno::NOTCONN);
            told = true;
        }
        // The next send is to be told the same.
        self.closed_for_send |= !told;
        self.input = None;
        if self.socket.is_active() {
            self.tell_closed(cx);
            if self.socket.exit_on_close { cx.exit_unlinked(None) } else { self.close_read(cx) }
        } else {
            let operation = self.socket.finish(cx);
            if self.socket.exit_on_close {
                self.close_socket(cx)
            } else {
                self.close_read(cx)
            }
            if let Some(o) = operation {
                super::answer_error(cx.w, cx.id(), o, atoms::CLOSED);
            }
        }
        Received::Ended
    }

    /// Receiving has failed.
    pub(super) fn receive_error(&mut self, cx: &mut Context<'_>, e: Errno) -> Received {
        self.refuse_busy(cx);
        if self.sendfile.is_some() {
            self.file_failed(cx, e);
        }
        self.input = None;
        let reason = error_atom(cx, e);
        if self.socket.is_active() {
            tell(cx, atoms::TCP_ERROR, Some(reason));
            self.tell_closed(cx);
            if self.socket.exit_on_close { cx.exit_unlinked(Some(e)) } else { self.close_read(cx) }
        } else {
            let operation = self.socket.finish(cx);
            if self.socket.exit_on_close {
                self.close_socket(cx)
            } else {
                self.close_read(cx)
            }
            if let Some(o) = operation {
                super::answer_error(cx.w, cx.id(), o, reason);
            }
        }
        Received::Ended
    }

    /// Sending, or shutting down, has failed; `caller` has sent.
    pub(super) fn send_failed(&mut self, cx: &mut Context<'_>, e: Errno, caller: Option<Pid>) {
        let shown = e == Errno::CONNRESET && self.options.show_econnreset;
        let reason = if shown { error_atom(cx, e) } else { atoms::CLOSED };
        let waiting = if self.is_busy() { self.take_busy_caller(cx) } else { None };
        let caller = waiting.or(caller);
        let sends_file = self.sendfile.is_some();
        if self.socket.is_active() {
            if shown {
                tell(cx, atoms::TCP_ERROR, Some(reason));
            }
            self.tell_closed(cx);
            if let Some(caller) = caller.filter(|_| !sends_file) {
                reply(cx, caller, Err(reason));
            }
            if self.socket.exit_on_close {
                cx.exit_unlinked(None);
            } else {
                self.close_socket(cx);
            }
            return;
        }
        self.refuse_waiting(cx.w, cx.id());
        match caller {
            Some(caller) if !sends_file => reply(cx, caller, Err(reason)),
            Some(_) => {}
            None => self.closed_for_send = true,
        }
        self.close_socket(cx);
        // The next receive is to be told the same, so that errors of sending can be ignored.
        self.closed_for_recv = true;
        self.reset |= shown;
    }

    /// What a receive is answered that comes too late.
    pub(super) fn refuse_recv(&mut self) -> Refusal {
        if !std::mem::take(&mut self.closed_for_recv) {
            return Errno::NOTCONN.into();
        }
        self.closed_for_send = false;
        Refusal::Name(if std::mem::take(&mut self.reset) { "econnreset" } else { "closed" })
    }

    /// What a send is answered that comes too late.
    pub(super) fn refuse_send(&mut self, cx: &Context<'_>) -> Atom {
        if !std::mem::take(&mut self.closed_for_send) {
            return error_atom(cx, Errno::NOTCONN);
        }
        // The next receive hears of the reset too.
        if self.reset { error_atom(cx, Errno::CONNRESET) } else { atoms::CLOSED }
    }

    /// It becomes active after it was closed.
    pub(super) fn tell_closed_late(&mut self, cx: &mut Context<'_>) {
        if std::mem::take(&mut self.reset) {
            let reason = error_atom(cx, Errno::CONNRESET);
            tell(cx, atoms::TCP_ERROR, Some(reason));
        }
        self.tell_closed(cx);
        if self.socket.exit_on_close { cx.exit_unlinked(None) } else { self.close_read(cx) }
    }
}
