//! Receiving: reading, cutting into packets, and handing these on to who asked or to the owner.

use super::super::address::take_u32;
use super::super::codes::active;
use super::super::control::{Answer, EINVAL};
use super::super::socket::{answer, port_term};
use super::{INFINITY, MAX_RECV, MOST_READ, Tcp};
use crate::io::poller::CHUNK;
use crate::io::port::device::Context;
use crate::io::port::stream::MOST_UNREAD;
use crate::packet::{self, Parsed};
use crate::term::{Term, atoms};
use rustix::io::Errno;
use rustix::net::RecvFlags;

/// What has come and is not handed on yet.
pub(super) struct Input {
    data: Vec<u8>,
    /// How much of it is handed on.
    start: usize,
    /// How long it may get. Lines that are longer come in pieces.
    limit: usize,
    /// How much is missing of what was asked for or of a packet, if that is known.
    missing: usize,
}

impl Input {
    fn new(limit: usize, missing: usize) -> Input {
        Input { data: Vec::new(), start: 0, limit, missing }
    }

    fn bytes(&self) -> &[u8] {
        &self.data[self.start..]
    }

    fn len(&self) -> usize {
        self.data.len() - self.start
    }

    /// Nobody asks for a certain amount any more.
    pub fn forget_request(&mut self) {
        self.missing = 0;
    }

    /// Gives up the room of what is handed on.
    fn compact(&mut self) {
        if self.start > 0 {
            self.data.drain(..self.start);
            self.start = 0;
        }
    }
}

/// What is at the head of the input.
enum Head {
    /// A packet of that length.
    Whole(usize),
    /// A part, of which that much is missing.
    Missing(usize),
    /// A part of something of unknown length, with room for that much.
    Unknown(usize),
    Invalid,
}

/// How receiving went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Received {
    /// There is nothing more to read for now.
    Blocked,
    /// There may be more to read.
    More,
    /// Nothing is to be read any more.
    Ended,
}

impl Received {
    pub fn goes_on(self) -> bool {
        self != Received::Ended
    }
}

impl Tcp {
    /// Timeout and length. Answered with a packet, or with that many bytes.
    pub(super) fn ask_recv(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Answer {
        if !self.socket.is_connected() {
            return Err(self.refuse_recv());
        }
        if self.socket.is_active() || data.len() != 8 {
            return Err(EINVAL);
        }
        let timeout = take_u32(&mut data).ok_or(EINVAL)?;
        let length = take_u32(&mut data).ok_or(EINVAL)?;
        if self.socket.packet != 0 && length != 0 {
            return Err(EINVAL);
        }
        if length > MAX_RECV {
            return Err(Errno::NOMEM.into());
        }
        let id = self.socket.begin(cx).ok_or(Errno::ALREADY)?;
        let ignored = self.socket.ignored.ignored;
        if !ignored {
            let mut received = self.receive(cx, length as usize);
            // What was asked for may be larger than what is read in one go.
            let mut read = CHUNK;
            while received == Received::More && self.socket.operation.is_some() && read < MOST_READ
            {
                received = self.receive(cx, 0);
                read += CHUNK;
            }
        }
        if self.socket.operation.is_some() {
            if timeout == 0 {
                if let Some(input) = &mut self.input {
                    input.forget_request();
                }
                self.socket.finish_error(cx, atoms::TIMEOUT);
            } else {
                if timeout != INFINITY
                    && let Some(operation) = &mut self.socket.operation
                {
                    operation.timer = Some(cx.start_timer(timeout.into()));
                }
                if ignored {
                    self.socket.ignored.read = true;
                } else {
                    self.socket.select(cx, Some(true), None);
                }
            }
        }
        Ok(id.to_be_bytes().to_vec())
    }

    /// Puts bytes in front of what has come.
    pub(super) fn unrecv(&mut self, bytes: &[u8]) {
        let buffer = bytes.len();
        let input = self.input.get_or_insert_with(|| Input::new(buffer, 0));
        input.limit = input.limit.max(input.len() + bytes.len());
        let mut data = bytes.to_vec();
        data.extend_from_slice(input.bytes());
        (input.data, input.start, input.missing) = (data, 0, 0);
    }

    /// There is something to read that is wanted.
    pub(super) fn receive_ready(&mut self, cx: &mut Context<'_>) {
        if self.socket.is_active() && cx.unread() > MOST_UNREAD {
            // The owner is far behind: a little every now and then.
            if self.receive(cx, 0).goes_on() && self.socket.is_active() {
                self.socket.disarm_read(cx);
                cx.slow_down();
            }
            return;
        }
        let mut read = 0;
        while self.receive(cx, 0) == Received::More {
            read += self.socket.buffer;
            let wanted = self.socket.is_active() || self.socket.operation.is_some();
            if !wanted || read >= MOST_READ || cx.unread() > MOST_UNREAD {
                break;
            }
        }
        if self.socket.selected.read {
            // After a slow time it is watched again.
            self.socket.select(cx, Some(true), None);
        }
    }

    fn head(&mut self) -> Head {
        let Some(input) = &mut self.input else { return Head::Unknown(0) };
        let Some(kind) = self.socket.packet_type() else { return Head::Invalid };
        let limits = self.socket.limits(input.limit);
        let n = input.len();
        match packet::length(kind, input.bytes(), limits, &mut self.headers) {
            Err(packet::Invalid) => Head::Invalid,
            Ok(Some(length)) if length <= n => Head::Whole(length),
            Ok(Some(length)) => {
                input.limit = input.limit.max(length);
                Head::Missing(length - n)
            }
            Ok(None) if n < input.limit => Head::Unknown(input.limit - n),
            Ok(None) if self.socket.packet_size > n => {
                input.limit = self.socket.packet_size;
                Head::Unknown(input.limit - n)
            }
            Ok(None) => Head::Invalid,
        }
    }

    /// Reads once and hands on what is whole; `request` bytes were asked for, or with 0 a packet.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, request: usize) -> Received {
        let want = match &mut self.input {
            None => {
                let size = if request > 0 { request } else { self.socket.buffer };
                self.input = Some(Input::new(size, request));
                size
            }
            Some(input) if request > 0 => {
                let n = input.len();
                if n >= request {
                    return self.deliver(cx, request);
                }
                input.limit = input.limit.max(request);
                input.missing = request - n;
                input.missing
            }
            Some(input) if input.missing > 0 => input.missing,
            Some(_) => match self.head() {
                Head::Invalid => return self.receive_error(cx, Errno::MSGSIZE),
                Head::Whole(length) => return self.deliver(cx, length),
                Head::Missing(n) => {
                    self.set_missing(n);
                    n
                }
                Head::Unknown(room) => room,
            },
        };
        self.read(cx, want)
    }

    fn set_missing(&mut self, n: usize) {
        if let Some(input) = &mut self.input {
            input.missing = n;
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, want: usize) -> Received {
        let (Ok(fd), Some(input)) = (self.socket.fd(), &mut self.input) else {
            return Received::Ended;
        };
        // Room grows with what has come, not with what is said to come.
        let want = want.min(CHUNK);
        let before = input.data.len();
        input.data.resize(before + want, 0);
        let got = rustix::net::recv(fd, &mut input.data[before..], RecvFlags::empty());
        let n = got.map_or(0, |(n, _)| n);
        input.data.truncate(before + n);
        match got {
            Ok((0, _)) => return self.peer_closed(cx),
            Ok(_) => {}
            Err(Errno::AGAIN | Errno::INTR) => {
                if input.data.is_empty() {
                    input.data = Vec::new();
                    if input.missing == 0 {
                        self.input = None;
                    }
                }
                return Received::Blocked;
            }
            Err(Errno::CONNRESET) if !self.options.show_econnreset => return self.peer_closed(cx),
            Err(e) => return self.receive_error(cx, e),
        }
        let more = if n == want { Received::More } else { Received::Blocked };
        if input.missing > 0 {
            input.missing -= n;
            if input.missing > 0 {
                return more;
            }
            let length = input.len();
            return self.deliver(cx, length).then(more);
        }
        match self.head() {
            Head::Invalid => self.receive_error(cx, Errno::MSGSIZE),
            Head::Whole(length) => self.deliver(cx, length).then(more),
            Head::Missing(n) => {
                self.set_missing(n);
                more
            }
            Head::Unknown(_) => more,
        }
    }

    /// Hands on packets that are whole, without reading.
    pub(super) fn deliver_ready(&mut self, cx: &mut Context<'_>) {
        if self.input.as_ref().is_none_or(|i| i.missing > 0) {
            return;
        }
        match self.head() {
            Head::Whole(length) => {
                self.deliver(cx, length);
            }
            Head::Missing(n) => self.set_missing(n),
            Head::Unknown(_) | Head::Invalid => {}
        }
    }

    /// Hands on a packet of `length` bytes, and in active mode all others that are whole.
    fn deliver(&mut self, cx: &mut Context<'_>, length: usize) -> Received {
        let mut length = length;
        loop {
            let Some(mut input) = self.input.take() else { return Received::More };
            self.socket.received.add(length);
            let end = input.start + length;
            let handed_on = self.hand_on(cx, &input.data[input.start..end]);
            input.start = end;
            if end < input.data.len() {
                input.missing = 0;
                self.input = Some(input);
            }
            if !handed_on || cx.is_ending() {
                return Received::Ended;
            }
            if !self.socket.is_active() {
                self.socket.selected.read = false;
                break;
            }
            if self.input.is_none() {
                return Received::More;
            }
            match self.head() {
                Head::Whole(n) => length = n,
                // It is found again, and an error, when more is to be read.
                Head::Invalid => return Received::Blocked,
                Head::Missing(n) => {
                    self.set_missing(n);
                    break;
                }
                Head::Unknown(_) => break,
            }
        }
        if let Some(input) = &mut self.input {
            input.compact();
        }
        Received::More
    }

    /// Hands on one packet; false if there is nobody to hand it to.
    fn hand_on(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> bool {
        let Some(kind) = self.socket.packet_type() else { return false };
        let body = packet::body(kind, bytes);
        if self.socket.deliver_port {
            if let Some(channel) = cx.channel() {
                return match cx.take_packet(&channel, body) {
                    Some(answers) => {
                        answers.into_iter().for_each(|a| self.send_packet(cx, a));
                        true
                    }
                    None => false,
                };
            }
            self.socket.send_port_data(cx, body);
        } else if let Some(parsed) = packet::parse(kind, bytes, &mut self.headers) {
            if !self.hand_on_parsed(cx, &parsed, kind.texts_are_binaries()) {
                return false;
            }
        } else if self.socket.active == active::PASSIVE {
            let Some(operation) = self.socket.finish(cx) else { return false };
            let socket = &self.socket;
            let words = socket.data_words(body.len());
            cx.count_input(body.len());
            answer(cx.w, cx.id(), operation, words + 4, |a| {
                let data = socket.data(a, body, socket.header);
                a.tuple(&[Term::atom(atoms::OK), data])
            });
            return true;
        } else {
            let socket = &self.socket;
            let id = cx.id();
            cx.count_input(body.len());
            cx.send_input(body.len(), 8 + socket.data_words(body.len()), |a| {
                let data = socket.data(a, body, socket.header);
                a.tuple(&[Term::atom(atoms::TCP), port_term(id), data])
            });
        }
        self.socket.count_active(cx);
        true
    }

    fn hand_on_parsed(
        &mut self,
        cx: &mut Context<'_>,
        parsed: &Parsed<'_>,
        binaries: bool,
    ) -> bool {
        let vm = cx.vm();
        let id = cx.id();
        let words = parsed.words();
        if self.socket.active == active::PASSIVE {
            let Some(operation) = self.socket.finish(cx) else { return false };
            answer(cx.w, cx.id(), operation, words + 4, |a| {
                let term = parsed.term(a, &vm.atoms, binaries, port_term(id));
                a.tuple(&[Term::atom(atoms::OK), term])
            });
        } else {
            cx.send_input(0, words, |a| {
                let term = parsed.term(a, &vm.atoms, binaries, port_term(id));
                if parsed.is_tls() {
                    return term;
                }
                a.tuple(&[Term::atom(atoms::HTTP), port_term(id), term])
            });
        }
        true
    }
}

impl Received {
    /// What comes of reading that went like `more`, once what came is handed on.
    fn then(self, more: Received) -> Received {
        if self == Received::More { more } else { self }
    }
}
