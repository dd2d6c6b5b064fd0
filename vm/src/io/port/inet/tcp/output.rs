//! Sending: at once as far as the peer takes it, the rest through a queue that the poller empties.

use super::super::address::take;
use super::super::codes::status;
use super::super::control::{Answer, EINVAL};
use super::super::socket::{error_atom, port_term, reply};
use super::Tcp;
use crate::io::file::duplicate;
use crate::io::port::device::Context;
use crate::term::{Term, atoms};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use std::io::IoSlice;

/// Writes that are made in one go before others get their turn.
const MOST_WRITES: usize = 16;

/// The most that the system copies from a file at once.
const FILE_CHUNK: u64 = (1 << 30) - 1;

/// A file that is sent.
pub(super) struct Sendfile {
    file: OwnedFd,
    offset: u64,
    left: u64,
    sent: u64,
    /// How much of the queue was there before it.
    before: usize,
    caller: crate::term::Pid,
}

fn write(fd: BorrowedFd<'_>, pieces: &[IoSlice<'_>]) -> Result<usize, Errno> {
    if let [piece] = pieces {
        return rustix::net::send(fd, piece, SendFlags::NOSIGNAL);
    }
    let mut control = SendAncillaryBuffer::default();
    rustix::net::sendmsg(fd, pieces, &mut control, SendFlags::NOSIGNAL)
}

impl Tcp {
    /// Takes what a process has sent and answers it.
    pub(super) fn send(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let Some(caller) = cx.caller() else { return };
        if !self.socket.is_connected() {
            let reason = self.refuse_send(cx);
            return reply(cx, caller, Err(reason));
        }
        if self.pending_shutdown.is_some() {
            return self.send_failed(cx, Errno::PIPE, Some(caller));
        }
        let header = self.socket.packet_type().map_or(0, |kind| kind.header());
        let length = (data.len() as u32).to_be_bytes();
        let header = &length[4 - header..];
        let size = header.len() + data.len();
        self.socket.sent.add(size);
        if self.sendfile.is_some() || !self.output.is_empty() {
            return self.enqueue(cx, header, data, caller);
        }
        if size > 0 {
            let mut written = 0;
            if self.socket.ignored.ignored {
                self.socket.ignored.write = true;
            } else if self.options.delay_send {
                self.delayed = true;
                cx.vm().poller.kick(cx.id());
            } else {
                let pieces = [IoSlice::new(header), IoSlice::new(&data)];
                let pieces = if header.is_empty() { &pieces[1..] } else { &pieces[..] };
                match self.socket.fd().and_then(|fd| write(fd, pieces)) {
                    Ok(n) => written = n,
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(e) => return self.send_failed(cx, self.meaning(e), Some(caller)),
                }
            }
            if written < size {
                if !header.is_empty() {
                    self.output.push(header.to_vec(), written.min(header.len()));
                }
                self.output.push(data, written.saturating_sub(header.len()));
                if !self.socket.ignored.ignored && !self.delayed {
                    self.socket.select(cx, None, Some(true));
                }
            }
        }
        reply(cx, caller, Ok(()));
    }

    /// Takes a packet of a connection between nodes. Nobody is answered; senders wait before they make
    /// the next if much is queued.
    pub(super) fn send_packet(&mut self, cx: &mut Context<'_>, packet: Vec<u8>) {
        if !self.socket.is_connected() || self.pending_shutdown.is_some() {
            return;
        }
        let header = self.socket.packet_type().map_or(0, |kind| kind.header());
        let length = (packet.len() as u32).to_be_bytes();
        let header = &length[4 - header..];
        let size = header.len() + packet.len();
        self.socket.sent.add(size);
        let mut written = 0;
        let at_once = self.sendfile.is_none() && self.output.is_empty() && !self.delayed;
        if at_once && !self.socket.ignored.ignored {
            let pieces = [IoSlice::new(header), IoSlice::new(&packet)];
            match self.socket.fd().and_then(|fd| write(fd, &pieces)) {
                Ok(n) => written = n,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(e) => return self.send_failed(cx, self.meaning(e), None),
            }
        }
        if written < size {
            self.output.push(header.to_vec(), written.min(header.len()));
            self.output.push(packet, written.saturating_sub(header.len()));
            if !self.socket.ignored.ignored && !self.delayed {
                self.socket.select(cx, None, Some(true));
            }
            cx.waits_to_be_written(self.output.len());
        }
    }

    /// Adds to the queue. Who makes it too long is answered when it is shorter.
    fn enqueue(
        &mut self,
        cx: &mut Context<'_>,
        header: &[u8],
        data: Vec<u8>,
        caller: crate::term::Pid,
    ) {
        self.output.push(header.to_vec(), 0);
        self.output.push(data, 0);
        if self.output.len() < self.options.high {
            return reply(cx, caller, Ok(()));
        }
        if self.options.send_timeout == 0 {
            return reply(cx, caller, Err(atoms::TIMEOUT));
        }
        // Who forced its way in while another waits takes its place, as in OTP.
        if let Some(timer) = self.send_timer.take() {
            cx.cancel_timer(timer);
        }
        self.socket.state |= status::BUSY;
        self.busy_caller = Some(caller);
        cx.set_busy(true);
        if let Ok(timeout) = u64::try_from(self.options.send_timeout) {
            self.send_timer = Some(cx.start_timer(timeout));
        }
    }

    /// What an error of sending means: a broken pipe is a reset, unless we have shut it down.
    fn meaning(&self, e: Errno) -> Errno {
        if e == Errno::PIPE && !self.shut_write { Errno::CONNRESET } else { e }
    }

    pub(super) fn send_timed_out(&mut self, cx: &mut Context<'_>) {
        self.send_timer = None;
        if let Some(caller) = self.take_busy_caller(cx) {
            reply(cx, caller, Err(atoms::TIMEOUT));
        }
        if self.options.send_timeout_close != 0 {
            self.close_socket(cx);
        }
    }

    /// Something was put off, or reading was slow and need not be any more.
    pub(super) fn look(&mut self, cx: &mut Context<'_>) {
        if std::mem::take(&mut self.delayed) && self.socket.is_connected() {
            self.write_queue(cx);
        }
        if self.socket.selected.read && !self.flushing && !self.socket.ignored.ignored {
            self.socket.select(cx, Some(true), None);
        }
    }

    /// Writes what there is to write, as far as the peer takes it.
    pub(super) fn write_queue(&mut self, cx: &mut Context<'_>) {
        if self.sendfile.is_some() {
            return self.go_on_with_file(cx);
        }
        for _ in 0..MOST_WRITES {
            if self.output.is_empty() {
                self.socket.select(cx, None, Some(false));
                return self.all_written(cx);
            }
            let written = match self.socket.fd() {
                Ok(fd) => self.output.peek(usize::MAX, |pieces| write(fd, pieces)),
                Err(e) => Err(e),
            };
            match written {
                Ok(n) => self.output.advance(n),
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(e) => return self.send_failed(cx, self.meaning(e), None),
            }
            self.no_longer_busy(cx);
        }
        if self.output.is_empty() {
            self.socket.select(cx, None, Some(false));
            return self.all_written(cx);
        }
        self.socket.select(cx, None, Some(true));
    }

    fn no_longer_busy(&mut self, cx: &mut Context<'_>) {
        cx.waits_to_be_written(self.output.len());
        if self.is_busy()
            && self.output.len() <= self.options.low
            && let Some(caller) = self.take_busy_caller(cx)
        {
            reply(cx, caller, Ok(()));
        }
    }

    fn all_written(&mut self, cx: &mut Context<'_>) {
        self.socket.tell_written(cx);
        if let Some(how) = self.pending_shutdown.take() {
            match self.socket.fd().and_then(|fd| rustix::net::shutdown(fd, how)) {
                Ok(()) => self.shut_write = true,
                Err(e) => return self.send_failed(cx, e, None),
            }
        }
        if self.flushing {
            cx.end();
        }
    }

    /// Descriptor of a file in the machine's own order of bytes, offset and length.
    pub(super) fn ask_sendfile(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Answer {
        if data.len() != 20 {
            return Err(EINVAL);
        }
        if !self.socket.is_connected() {
            return Err(Errno::NOTCONN.into());
        }
        if self.sendfile.is_some() {
            return Err(EINVAL);
        }
        let number = i32::from_ne_bytes(*take::<4>(&mut data).ok_or(EINVAL)?);
        let offset = u64::from_be_bytes(*take::<8>(&mut data).ok_or(EINVAL)?);
        let left = u64::from_be_bytes(*take::<8>(&mut data).ok_or(EINVAL)?);
        let caller = cx.caller().ok_or(EINVAL)?;
        let file = duplicate(number)?;
        let before = self.output.len();
        self.sendfile = Some(Sendfile { file, offset, left, sent: 0, before, caller });
        self.go_on_with_file(cx);
        if self.sendfile.is_some() {
            self.socket.select(cx, None, Some(true));
        }
        Ok(Vec::new())
    }

    fn go_on_with_file(&mut self, cx: &mut Context<'_>) {
        match self.send_file() {
            Ok(false) => {}
            Ok(true) => self.file_sent(cx),
            Err(e) => {
                self.file_failed(cx, e);
                self.send_failed(cx, self.meaning(e), None);
            }
        }
    }

    /// Sends what was queued before the file, then the file; true when that is done.
    fn send_file(&mut self) -> Result<bool, Errno> {
        let (Some(file), Ok(fd)) = (&mut self.sendfile, self.socket.fd()) else {
            return Ok(false);
        };
        while file.before > 0 {
            match self.output.peek(file.before, |pieces| write(fd, pieces)) {
                Ok(n) => {
                    self.output.advance(n);
                    file.before -= n;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        // One piece in one go: the socket takes no more than its buffer.
        while file.left > 0 {
            let most = file.left.min(FILE_CHUNK) as usize;
            let mut offset = file.offset;
            match rustix::fs::sendfile(fd, &file.file, Some(&mut offset), most) {
                Ok(0) => file.left = 0,
                Ok(n) => {
                    file.sent += n as u64;
                    file.offset += n as u64;
                    file.left -= n as u64;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// `{sendfile, S, {ok, Low, High}}`
    fn file_sent(&mut self, cx: &mut Context<'_>) {
        let Some(file) = self.sendfile.take() else { return };
        self.no_longer_busy(cx);
        if self.output.is_empty() {
            self.socket.select(cx, None, Some(false));
            self.all_written(cx);
        } else {
            self.socket.select(cx, None, Some(true));
        }
        let id = cx.id();
        let owner = cx.owner();
        let halves = [file.sent as u32, (file.sent >> 32) as u32];
        cx.send(owner, 16, |a| {
            let [low, high] = halves.map(|n| Term::small(i64::from(n)));
            let result = a.tuple(&[Term::atom(atoms::OK), low, high]);
            a.tuple(&[Term::atom(atoms::SENDFILE), port_term(id), result])
        });
    }

    /// `{sendfile, S, {error, Reason}}`
    pub(super) fn file_failed(&mut self, cx: &mut Context<'_>, e: Errno) {
        let Some(file) = &self.sendfile else { return };
        let _ = file.caller;
        let reason = match e {
            Errno::CONNRESET | Errno::NOTCONN | Errno::PIPE => atoms::CLOSED,
            e => error_atom(cx, e),
        };
        let id = cx.id();
        let owner = cx.owner();
        cx.send(owner, 16, |a| {
            let result = a.tuple(&[Term::atom(atoms::ERROR), Term::atom(reason)]);
            a.tuple(&[Term::atom(atoms::SENDFILE), port_term(id), result])
        });
    }
}
