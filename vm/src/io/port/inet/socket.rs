//! What all sockets are made of: descriptor, state, settings, the operations that are under way, and
//! the messages by which those are answered.

use super::address::{Address, Family};
use super::codes::{active, status};
use super::sys::Control;
use crate::io::errno;
use crate::io::port::device::Context;
use crate::io::socket_set::Interest;
use crate::packet::{self, PacketType};
use crate::process::Parcel;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Area, Atom, Pid, PortId, Term, atoms};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

/// Sizes of buffers that are not told otherwise.
const DEFAULT_BUFFER: usize = 1460;
const HIGH_MSGQ_WATERMARK: i32 = 8 * 1024;
const LOW_MSGQ_WATERMARK: i32 = 4 * 1024;

/// Which driver a socket was opened by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    Tcp,
    Udp,
}

/// What is asked for and answered later.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The number in the answer.
    pub id: u16,
    pub caller: Pid,
    pub timer: Option<u64>,
}

/// What is not done with a descriptor that somebody else uses (`inet:ignorefd`, the distribution).
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignored {
    pub ignored: bool,
    /// What is to be watched again afterwards.
    pub read: bool,
    pub write: bool,
}

/// What has gone through a socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    pub count: u32,
    pub max: usize,
    pub average: f64,
    pub deviation: f64,
    pub octets: u64,
}

impl Traffic {
    pub fn add(&mut self, size: usize) {
        self.octets = self.octets.wrapping_add(size as u64);
        self.count = self.count.wrapping_add(1);
        let n = f64::from(self.count.max(1));
        self.max = self.max.max(size);
        self.average += (size as f64 - self.average) / n;
        self.deviation += ((size as f64 - self.average) - self.deviation) / n;
    }
}

/// A socket, as far as TCP and UDP are alike.
pub struct Socket {
    pub protocol: Protocol,
    /// Shared with nobody but who uses it at the moment.
    fd: Option<Arc<OwnedFd>>,
    /// The number of the descriptor that was given with `{fd, N}`: this one is a copy of it.
    pub lent: Option<i32>,
    /// Bits of `codes::status`.
    pub state: u32,
    pub family: Option<Family>,
    /// It carries a stream; `None` before it is open.
    pub stream: Option<bool>,
    /// It waits for these.
    pub selected: Interest,
    /// The poller watches for these.
    armed: Interest,
    pub ignored: Ignored,
    pub buffer: usize,
    pub buffer_set: bool,
    pub header: usize,
    pub binary: bool,
    /// Number of `{mode, M}` and `{deliver, D}` as they were set.
    pub deliver_port: bool,
    pub active: i32,
    pub active_count: i32,
    pub packet: u32,
    pub packet_size: usize,
    pub exit_on_close: bool,
    pub delimiter: u8,
    pub msgq_low: i32,
    pub msgq_high: i32,
    pub netns: Option<Vec<u8>>,
    pub debug: i32,
    /// Control data that is wanted with datagrams, as bits.
    pub control: u8,
    pub operation: Option<Operation>,
    last_id: u16,
    pub peer: Option<Address>,
    pub name: Option<Address>,
    /// Where it is connected to.
    pub remote: Address,
    pub received: Traffic,
    pub sent: Traffic,
    /// Who wants to know when everything is written.
    pub subscribers: Vec<Pid>,
}

impl Socket {
    pub fn new(protocol: Protocol) -> Socket {
        Socket {
            protocol,
            fd: None,
            lent: None,
            state: 0,
            family: None,
            stream: None,
            selected: Interest::default(),
            armed: Interest::default(),
            ignored: Ignored::default(),
            buffer: DEFAULT_BUFFER,
            buffer_set: false,
            header: 0,
            binary: false,
            deliver_port: false,
            active: active::PASSIVE,
            active_count: 0,
            packet: 0,
            packet_size: 0,
            exit_on_close: true,
            delimiter: b'\n',
            msgq_low: LOW_MSGQ_WATERMARK,
            msgq_high: HIGH_MSGQ_WATERMARK,
            netns: None,
            debug: 0,
            control: 0,
            operation: None,
            last_id: 0,
            peer: None,
            name: None,
            remote: Address::Unspec,
            received: Traffic::default(),
            sent: Traffic::default(),
            subscribers: Vec::new(),
        }
    }

    /// One that came in through this one, with what it inherits.
    pub fn accepted(&self, fd: OwnedFd, remote: Address) -> Socket {
        Socket {
            fd: Some(Arc::new(fd)),
            state: status::OPEN | status::ACTIVE,
            family: self.family,
            stream: self.stream,
            buffer: self.buffer,
            header: self.header,
            binary: self.binary,
            deliver_port: self.deliver_port,
            packet: self.packet,
            packet_size: self.packet_size,
            exit_on_close: self.exit_on_close,
            msgq_low: self.msgq_low,
            msgq_high: self.msgq_high,
            remote,
            ..Socket::new(self.protocol)
        }
    }

    /// The descriptor.
    pub fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.fd.as_ref().map(|fd| fd.as_fd()).ok_or(Errno::BADF)
    }

    pub fn set_fd(&mut self, fd: OwnedFd) {
        self.fd = Some(Arc::new(fd));
    }

    pub fn is_open(&self) -> bool {
        self.state & status::OPEN != 0
    }

    pub fn is_connected(&self) -> bool {
        const CONNECTED: u32 = status::OPEN | status::ACTIVE;
        self.state & CONNECTED == CONNECTED
    }

    pub fn is_active(&self) -> bool {
        self.active != active::PASSIVE
    }

    pub fn packet_type(&self) -> Option<PacketType> {
        PacketType::from_number(self.packet)
    }

    /// Waits for that, as far as the descriptor is not ignored.
    pub fn select(&mut self, cx: &mut Context<'_>, read: Option<bool>, write: Option<bool>) {
        self.selected.read = read.unwrap_or(self.selected.read);
        self.selected.write = write.unwrap_or(self.selected.write);
        // What is no longer to be read is found out when there is something.
        let read = self.selected.read || self.armed.read;
        self.arm(cx, Interest { read, write: self.selected.write });
    }

    fn arm(&mut self, cx: &mut Context<'_>, want: Interest) {
        let Some(fd) = self.fd.clone().filter(|_| want != self.armed) else { return };
        match cx.vm().sockets.change(cx.w, &fd, cx.id(), self.armed, want) {
            Ok(()) => self.armed = want,
            Err(e) => cx.fail(e),
        }
    }

    /// There is something to read that nobody wants, or not now.
    pub fn disarm_read(&mut self, cx: &mut Context<'_>) {
        self.arm(cx, Interest { read: false, write: self.armed.write });
    }

    /// Waits for nothing now, whatever is selected.
    pub fn disarm(&mut self, cx: &mut Context<'_>) {
        self.arm(cx, Interest::default());
    }

    /// Gives up the descriptor.
    pub fn close(&mut self, w: &Worker, id: PortId) {
        self.subscribers.clear();
        if let Some(fd) = self.fd.take() {
            // The system watches it as long as there is a copy, so it is told.
            let _ = w.vm.sockets.change(w, &fd, id, self.armed, Interest::default());
        }
        self.selected = Interest::default();
        self.armed = Interest::default();
        self.state = 0;
    }

    /// Remembers that the caller waits; the number that it waits for. `None` if somebody else does.
    pub fn begin(&mut self, cx: &mut Context<'_>) -> Option<u16> {
        let id = self.next_id();
        if self.operation.is_some() {
            return None;
        }
        let caller = cx.caller()?;
        self.operation = Some(Operation { id, caller, timer: None });
        Some(id)
    }

    /// A number for an operation.
    pub fn next_id(&mut self) -> u16 {
        let id = self.last_id;
        self.last_id = id.wrapping_add(1);
        id
    }

    /// Takes the operation that is under way, and its timer back.
    pub fn finish(&mut self, cx: &mut Context<'_>) -> Option<Operation> {
        let operation = self.operation.take()?;
        if let Some(timer) = operation.timer {
            cx.cancel_timer(timer);
        }
        Some(operation)
    }

    /// `{inet_async, S, Ref, ok}`
    pub fn finish_ok(&mut self, cx: &mut Context<'_>) {
        if let Some(o) = self.finish(cx) {
            answer(cx.w, cx.id(), o, 0, |_| Term::atom(atoms::OK));
        }
    }

    /// `{inet_async, S, Ref, {error, Reason}}`
    pub fn finish_error(&mut self, cx: &mut Context<'_>, reason: Atom) {
        if let Some(o) = self.finish(cx) {
            answer_error(cx.w, cx.id(), o, reason);
        }
    }

    /// `{ok, Data}` to who waits, or to the owner as `{Tag, S, ...}`: bytes that are handed on as the
    /// socket is set.
    pub fn data<'q>(&self, a: &mut Area<'q>, bytes: &[u8], header: usize) -> Term<'q> {
        if !self.binary || header > bytes.len() {
            return a.byte_list(bytes, Term::nil());
        }
        let (head, rest) = bytes.split_at(header);
        let rest = a.binary(rest);
        a.byte_list(head, rest)
    }

    /// About how many words that takes, beside what a large binary takes elsewhere.
    pub fn data_words(&self, bytes: usize) -> usize {
        if self.binary { self.header.min(bytes) * 2 + bytes.min(64) / 8 + 8 } else { bytes * 2 }
    }

    /// `{S, {data, Data}}`
    pub fn send_port_data(&mut self, cx: &mut Context<'_>, bytes: &[u8]) {
        let id = cx.id();
        // Ports of accepted connections were not opened as binary ones.
        let binary = self.binary && cx.is_binary();
        cx.count_input(bytes.len());
        cx.send_input(bytes.len(), 8 + self.data_words(bytes.len()), |a| {
            let data = match binary {
                true => self.data(a, bytes, self.header),
                false => a.byte_list(bytes, Term::nil()),
            };
            let data = a.tuple(&[Term::atom(atoms::DATA), data]);
            a.tuple(&[port_term(id), data])
        });
    }

    /// A message has gone to the owner of an active socket.
    pub fn count_active(&mut self, cx: &mut Context<'_>) {
        match self.active {
            active::ONCE => self.active = active::PASSIVE,
            active::MULTI => {
                self.active_count -= 1;
                if self.active_count == 0 {
                    self.active = active::PASSIVE;
                    self.tell_passive(cx);
                }
            }
            _ => {}
        }
    }

    /// `{tcp_passive, S}`
    pub fn tell_passive(&self, cx: &mut Context<'_>) {
        let tag = match self.protocol {
            Protocol::Tcp => atoms::TCP_PASSIVE,
            Protocol::Udp => atoms::UDP_PASSIVE,
        };
        tell(cx, tag, None);
    }

    /// What limits its packets, where `line` is the longest line.
    pub fn limits(&self, line: usize) -> packet::Limits {
        packet::Limits { packet: self.packet_size, line, delimiter: self.delimiter }
    }

    /// `{empty_out_q, S}` to whom it concerns.
    pub fn tell_written(&mut self, cx: &mut Context<'_>) {
        let id = cx.id();
        for pid in std::mem::take(&mut self.subscribers) {
            cx.send(pid, 8, |a| a.tuple(&[Term::atom(atoms::EMPTY_OUT_Q), port_term(id)]));
        }
    }
}

/// The port as a term.
pub fn port_term<'q>(id: PortId) -> Term<'q> {
    Term::port(id).expect("ports have numbers that fit")
}

/// `{inet_async, S, Ref, Result}`; `words` is about what the result takes.
pub fn answer(
    w: &mut Worker,
    id: PortId,
    operation: Operation,
    words: usize,
    result: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
) {
    let literals = w.vm.literals.range();
    let message = Parcel::build(SignalKind::Message, words + 8, literals, |a| {
        let result = result(a);
        let number = Term::small(i64::from(operation.id));
        a.tuple(&[Term::atom(atoms::INET_ASYNC), port_term(id), number, result])
    });
    drop(deliver(w, operation.caller, message));
}

/// `{inet_async, S, Ref, {error, Reason}}`
pub fn answer_error(w: &mut Worker, id: PortId, operation: Operation, reason: Atom) {
    answer(w, id, operation, 4, |a| a.tuple(&[Term::atom(atoms::ERROR), Term::atom(reason)]));
}

/// `{inet_reply, S, Result}`: `ok`, or the reason of an error.
pub fn reply(cx: &mut Context<'_>, to: Pid, result: Result<(), Atom>) {
    let id = cx.id();
    cx.send(to, 8, |a| {
        let result = match result {
            Ok(()) => Term::atom(atoms::OK),
            Err(reason) => a.tuple(&[Term::atom(atoms::ERROR), Term::atom(reason)]),
        };
        a.tuple(&[Term::atom(atoms::INET_REPLY), port_term(id), result])
    });
}

/// `{Tag, S}` or `{Tag, S, Reason}` to the owner.
pub fn tell(cx: &mut Context<'_>, tag: Atom, reason: Option<Atom>) {
    let (id, owner) = (cx.id(), cx.owner());
    cx.send(owner, 8, |a| match reason {
        None => a.tuple(&[Term::atom(tag), port_term(id)]),
        Some(reason) => a.tuple(&[Term::atom(tag), port_term(id), Term::atom(reason)]),
    });
}

/// The name of an error, as an atom.
pub fn error_atom(cx: &Context<'_>, e: Errno) -> Atom {
    cx.w.vm.atoms.intern(errno::name(e)).unwrap_or(atoms::ERROR)
}

/// `[{tos, T}, ...]`
pub fn control_term<'q>(a: &mut Area<'q>, items: &[Control]) -> Term<'q> {
    let items: Vec<Term<'q>> = items
        .iter()
        .filter_map(|c| {
            let tag = match (c.level, c.kind) {
                (libc::IPPROTO_IP, libc::IP_TOS) => atoms::TOS,
                (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => atoms::TCLASS,
                (libc::IPPROTO_IP, libc::IP_TTL) => atoms::TTL,
                _ => return None,
            };
            Some(a.tuple(&[Term::atom(tag), Term::small(i64::from(c.value))]))
        })
        .collect();
    a.list(&items)
}
