//! The device `udp_inet`: sockets of UDP, and those of the local domain that carry datagrams.

use super::address::{Address, take_u32};
use super::codes::{CONTROL, active, option, request, status};
use super::control::{Answer, EINVAL, EXBADPORT, Refusal, to_reply};
use super::get_options::Own;
use super::set_options::{StreamOptions, wanted};
use super::socket::{
    Protocol, Socket, answer, answer_error, control_term, error_atom, port_term, reply, tell,
};
use super::sys::{self, Control};
use crate::io::port::device::{Context, Device, Ready, Reply};
use crate::io::port::stream::MOST_UNREAD;
use crate::sched::Worker;
use crate::term::{PortId, Term, atoms};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

/// `INET_INFINITY`
const INFINITY: u32 = u32::MAX;

/// Datagrams that are read in one go, unless `read_packets` says otherwise.
const READ_PACKETS: i32 = 5;

/// A socket of datagrams.
pub struct Udp {
    socket: Socket,
    read_packets: i32,
    /// What only sockets of streams have; never used.
    stream: StreamOptions,
}

impl Default for Udp {
    fn default() -> Udp {
        Udp {
            socket: Socket::new(Protocol::Udp),
            read_packets: READ_PACKETS,
            stream: StreamOptions::default(),
        }
    }
}

/// A datagram: how long it is, where it came from and its control data.
type Datagram = (usize, Address, Option<Vec<Control>>);

impl Udp {
    fn ask(&mut self, cx: &mut Context<'_>, code: u32, data: &[u8]) -> Answer {
        match code {
            request::OPEN | request::FDOPEN => {
                let opened = if code == request::OPEN {
                    self.socket.open(data)
                } else {
                    self.socket.open_descriptor(data)
                };
                if opened.is_ok() && self.socket.is_active() {
                    self.socket.select(cx, Some(true), None);
                }
                opened
            }
            request::CLOSE => {
                self.socket.close(cx.w, cx.id());
                Ok(Vec::new())
            }
            request::CONNECT => self.connect(cx, data),
            request::PACKET_RECV => self.ask_recv(cx, data),
            request::SETOPTS => {
                let Udp { socket, read_packets, stream } = self;
                socket.set_options(cx, data, stream, read_packets)?;
                Ok(Vec::new())
            }
            request::GETOPTS => {
                let own = Own { stream: None, read_packets: Some(self.read_packets) };
                self.socket.get_options_with(data, &own).ok_or(EINVAL)
            }
            request::IGNOREFD if self.socket.is_connected() => Err(EINVAL),
            request::IGNOREFD => Err(Errno::NOTCONN.into()),
            _ => self.socket.ask(cx, code, data, 0),
        }
    }

    /// Timeout, which means nothing, and address; without them the socket is disconnected.
    fn connect(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Answer {
        if !self.socket.is_open() {
            return Err(EXBADPORT);
        }
        let fd = self.socket.fd()?;
        if data.is_empty() {
            let _ = rustix::net::connect_unspec(fd);
            self.socket.state &= !status::ACTIVE;
        } else if data.len() < 6 {
            return Err(EINVAL);
        } else {
            data = &data[4..];
            let remote = Address::take(&mut data, self.socket.family).map_err(Refusal::Name)?;
            if self.socket.is_connected() {
                // Else the system keeps the address that the socket has got for the old peer.
                let _ = rustix::net::connect_unspec(fd);
            }
            let connected =
                remote.to_system().and_then(|address| rustix::net::connect(fd, &address));
            if let Err(e) = connected {
                let _ = rustix::net::connect_unspec(fd);
                self.socket.state &= !status::ACTIVE;
                return Err(e.into());
            }
            self.socket.remote = remote;
            self.socket.state |= status::ACTIVE;
        }
        let id = self.socket.begin(cx).ok_or(EINVAL)?;
        self.socket.finish_ok(cx);
        Ok(id.to_be_bytes().to_vec())
    }

    /// Timeout and length, which means nothing. Answered with a datagram.
    fn ask_recv(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Answer {
        if !self.socket.is_open() {
            return Err(EXBADPORT);
        }
        if self.socket.is_active() || data.len() != 8 {
            return Err(EINVAL);
        }
        let timeout = take_u32(&mut data).ok_or(EINVAL)?;
        let id = self.socket.begin(cx).ok_or(Errno::ALREADY)?;
        self.receive(cx);
        if let Some(operation) = &mut self.socket.operation {
            if timeout != INFINITY {
                operation.timer = Some(cx.start_timer(timeout.into()));
            }
            self.socket.select(cx, Some(true), None);
        }
        Ok(id.to_be_bytes().to_vec())
    }

    fn read(&self, buffer: &mut [u8]) -> Result<Datagram, Errno> {
        let fd = self.socket.fd()?;
        let connected = self.socket.state & status::ACTIVE != 0;
        if self.socket.control != 0 {
            let (n, from, mut control) = sys::receive_message(fd, buffer)?;
            control.retain(|c| match c.kind {
                libc::IP_TOS => self.socket.control & wanted::TOS != 0,
                libc::IP_TTL => self.socket.control & wanted::TTL != 0,
                _ => true,
            });
            return Ok((n, Address::from_system(from), Some(control)));
        }
        if connected {
            let (n, _) = rustix::net::recv(fd, buffer, RecvFlags::empty())?;
            return Ok((n, self.socket.remote.clone(), None));
        }
        let (n, _, from) = rustix::net::recvfrom(fd, buffer, RecvFlags::empty())?;
        Ok((n, Address::from_system(from), None))
    }

    /// Reads what there is, as much as may be read in one go, and hands it on.
    fn receive(&mut self, cx: &mut Context<'_>) {
        let mut buffer = vec![0; self.socket.buffer];
        for _ in 0..self.read_packets {
            match self.read(&mut buffer) {
                Ok((n, from, control)) => {
                    self.socket.received.add(n);
                    self.hand_on(cx, &buffer[..n.min(buffer.len())], &from, control.as_deref());
                }
                Err(Errno::AGAIN | Errno::INTR) => return,
                Err(e) => {
                    let reason = error_atom(cx, e);
                    if self.socket.is_active() {
                        tell(cx, atoms::UDP_ERROR, Some(reason));
                    } else {
                        self.socket.selected.read = false;
                        self.socket.finish_error(cx, reason);
                    }
                    return;
                }
            }
            if !self.socket.is_active() {
                self.socket.selected.read = false;
                return;
            }
            if cx.unread() > MOST_UNREAD {
                return;
            }
        }
    }

    fn hand_on(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        from: &Address,
        control: Option<&[Control]>,
    ) {
        let socket = &self.socket;
        let id = cx.id();
        let words = 32 + control.map_or(0, |c| c.len() * 8) + socket.data_words(bytes.len());
        cx.count_input(bytes.len());
        if socket.active == active::PASSIVE {
            let mut all = Vec::new();
            from.put(&mut all);
            let header = socket.header + all.len();
            all.extend_from_slice(bytes);
            let Some(operation) = self.socket.finish(cx) else { return };
            let socket = &self.socket;
            answer(cx.w, cx.id(), operation, words + header * 2, |a| {
                let mut data = socket.data(a, &all, header);
                if let Some(control) = control {
                    let control = control_term(a, control);
                    data = a.tuple(&[data, control]);
                }
                a.tuple(&[Term::atom(atoms::OK), data])
            });
            return;
        }
        if socket.deliver_port {
            let mut all = Vec::new();
            from.put(&mut all);
            all.extend_from_slice(bytes);
            self.socket.send_port_data(cx, &all);
        } else {
            cx.send_input(bytes.len(), words, |a| {
                let [ip, number] = from.terms(a);
                let data = socket.data(a, bytes, socket.header);
                match control {
                    None => a.tuple(&[Term::atom(atoms::UDP), port_term(id), ip, number, data]),
                    Some(control) => {
                        let control = control_term(a, control);
                        a.tuple(&[Term::atom(atoms::UDP), port_term(id), ip, number, control, data])
                    }
                }
            });
        }
        self.socket.count_active(cx);
    }

    /// Address, control data with its length in front, datagram.
    fn send(&mut self, mut data: &[u8]) -> Result<(), Refusal> {
        if !self.socket.is_open() {
            return Err(EINVAL);
        }
        let to = Address::take(&mut data, self.socket.family).map_err(Refusal::Name)?;
        let size = take_u32(&mut data).ok_or(EINVAL)? as usize;
        let mut items = data.get(..size).ok_or(EINVAL)?;
        let bytes = &data[size..];
        let mut control = Vec::new();
        while let Some((code, rest)) = items.split_first() {
            items = rest;
            let (level, kind) = match *code {
                option::TOS => (libc::IPPROTO_IP, libc::IP_TOS),
                option::TTL => (libc::IPPROTO_IP, libc::IP_TTL),
                option::TCLASS => (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
                _ => return Err(EINVAL),
            };
            let value = take_u32(&mut items).ok_or(EINVAL)? as i32;
            control.push(Control { level, kind, value });
            // As many as OTP has room for.
            if control.len() > 2 {
                return Err(EINVAL);
            }
        }
        self.socket.sent.add(bytes.len());
        let fd = self.socket.fd()?;
        let connected = self.socket.state & status::ACTIVE != 0;
        let address = if connected { None } else { Some(to.to_system()?) };
        match (&address, control.is_empty()) {
            (_, false) => sys::send_message(fd, address.as_ref(), bytes, &control)?,
            (None, true) => drop(rustix::net::send(fd, bytes, SendFlags::NOSIGNAL)?),
            (Some(to), true) => drop(rustix::net::sendto(fd, bytes, SendFlags::NOSIGNAL, to)?),
        }
        Ok(())
    }

    fn readable(&mut self, cx: &mut Context<'_>) {
        if !self.socket.selected.read || !self.socket.is_open() {
            return self.socket.disarm_read(cx);
        }
        self.receive(cx);
        if !self.socket.selected.read {
            return;
        }
        if self.socket.is_active() && cx.unread() > MOST_UNREAD {
            self.socket.disarm_read(cx);
            cx.slow_down();
        } else {
            // After a slow time it is watched again.
            self.socket.select(cx, Some(true), None);
        }
    }
}

impl Device for Udp {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let result = match self.send(&data) {
            Ok(()) => Ok(()),
            Err(Refusal::Posix(e)) => Err(error_atom(cx, e)),
            Err(Refusal::Name(name)) => Err(cx.w.vm.atoms.intern(name).unwrap_or(atoms::ERROR)),
        };
        if let Some(caller) = cx.caller() {
            reply(cx, caller, result);
        }
    }

    fn ready(&mut self, cx: &mut Context<'_>, ready: Ready, _: &mut [u8]) {
        match ready {
            Ready::Read => self.readable(cx),
            Ready::Look => {
                if self.socket.selected.read {
                    self.socket.select(cx, Some(true), None);
                }
            }
            Ready::Timer(number) => {
                if self.socket.operation.is_some_and(|o| o.timer == Some(number)) {
                    self.socket.selected.read = false;
                    self.socket.finish_error(cx, atoms::TIMEOUT);
                }
            }
            Ready::Write | Ready::ChildEnded(_) => {}
        }
    }

    fn control(&mut self, cx: &mut Context<'_>, operation: u32, data: &[u8]) -> Option<Reply> {
        // What is below has no meaning either, and is answered the same.
        let code = operation.wrapping_sub(CONTROL);
        Some(to_reply(self.ask(cx, code, data)))
    }

    fn close(&mut self, w: &mut Worker, id: PortId) {
        if let Some(operation) = self.socket.operation.take() {
            if let Some(timer) = operation.timer {
                let _ = w.vm.timers.cancel(&w.vm, timer);
            }
            answer_error(w, id, operation, atoms::CLOSED);
        }
        self.socket.close(w, id);
    }
}
