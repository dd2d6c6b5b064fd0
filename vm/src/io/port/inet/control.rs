//! What can be asked of every socket, by `port_control/3`.

use super::address::{Address, Family, take, take_u32};
use super::codes::{kind, reply, request, statistic, status};
use super::interfaces;
use super::socket::{Protocol, Socket, Traffic};
use super::sys;
use crate::io::errno;
use crate::io::file::duplicate;
use crate::io::port::device::{Context, Reply};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{SocketFlags, SocketType};

/// Why a request is refused: an error of the system, or a name that only the drivers have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Posix(Errno),
    Name(&'static str),
}

impl From<Errno> for Refusal {
    fn from(e: Errno) -> Refusal {
        Refusal::Posix(e)
    }
}

pub const EXBADPORT: Refusal = Refusal::Name("exbadport");
pub const EINVAL: Refusal = Refusal::Posix(Errno::INVAL);

/// What a request is answered.
pub type Answer = Result<Vec<u8>, Refusal>;

/// The answer as `prim_inet` reads it.
pub fn to_reply(answer: Answer) -> Reply {
    let (code, bytes) = match answer {
        Ok(bytes) => (reply::OK, bytes),
        Err(Refusal::Posix(e)) => (reply::ERROR, errno::name(e).as_bytes().to_vec()),
        Err(Refusal::Name(name)) => (reply::ERROR, name.as_bytes().to_vec()),
    };
    let mut all = bytes;
    all.insert(0, code);
    Reply::List(all)
}

/// No more than that is answered about options and statistics.
pub const MAX_ANSWER: usize = 64 * 1024;

impl Socket {
    /// `INET_REQ_OPEN`: family and type.
    pub fn open(&mut self, data: &[u8]) -> Answer {
        let [family, code] = *data else { return Err(EINVAL) };
        let (family, stream) = self.kind_of(family, code)?;
        if self.state != 0 {
            return Err(Refusal::Name("exbadseq"));
        }
        let kind = if stream { SocketType::STREAM } else { SocketType::DGRAM };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let protocol = match (family, self.protocol) {
            (Family::Local, _) => None,
            (_, Protocol::Tcp) => Some(rustix::net::ipproto::TCP),
            (_, Protocol::Udp) => Some(rustix::net::ipproto::UDP),
        };
        let open = || rustix::net::socket_with(family.to_system(), kind, flags, protocol);
        let fd = self.in_namespace(open)??;
        self.set_fd(fd);
        self.state = status::OPEN;
        (self.family, self.stream) = (Some(family), Some(stream));
        Ok(Vec::new())
    }

    fn kind_of(&self, family: u8, code: u8) -> Result<(Family, bool), Refusal> {
        let family = Family::from_code(family).ok_or(Refusal::Name("eafnosupport"))?;
        match code {
            kind::STREAM => Ok((family, true)),
            kind::DGRAM if self.protocol == Protocol::Udp => Ok((family, false)),
            _ => Err(EINVAL),
        }
    }

    /// Does something in the network namespace of the socket.
    fn in_namespace<R>(&self, f: impl FnOnce() -> R) -> Result<R, Errno> {
        use rustix::fs::{Mode, OFlags, open};
        use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
        use std::os::fd::AsFd;
        let Some(name) = &self.netns else { return Ok(f()) };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let current = open("/proc/self/ns/net", flags, Mode::empty())?;
        let other = open(&name[..], flags, Mode::empty())?;
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(other.as_fd(), kind)?;
        let result = f();
        move_into_link_name_space(current.as_fd(), kind)?;
        Ok(result)
    }

    /// `INET_REQ_FDOPEN`: family, type, descriptor and whether it is bound. The descriptor is
    /// copied: whoever gave it keeps it, as closing the port does not close it.
    pub fn open_descriptor(&mut self, data: &[u8]) -> Answer {
        if data.len() != 6 && data.len() != 10 {
            return Err(EINVAL);
        }
        let (family, stream) = self.kind_of(data[0], data[1])?;
        let mut rest = &data[2..];
        let number = take_u32(&mut rest).ok_or(EINVAL)? as i32;
        let bound = take_u32(&mut rest).is_none_or(|b| b != 0);
        let fd: OwnedFd = duplicate(number)?;
        let name = rustix::net::getsockname(&fd)?;
        if bound && name.address_family() != family.to_system() {
            return Err(EINVAL);
        }
        rustix::io::ioctl_fionbio(&fd, true)?;
        self.state = status::OPEN;
        if stream && rustix::net::getpeername(&fd).is_ok() {
            self.state |= status::ACTIVE;
        }
        self.set_fd(fd);
        self.lent = Some(number);
        (self.family, self.stream) = (Some(family), Some(stream));
        Ok(Vec::new())
    }

    /// What is asked of all sockets alike; `queued` is how much it has to write.
    pub fn ask(&mut self, cx: &mut Context<'_>, code: u32, data: &[u8], queued: usize) -> Answer {
        match code {
            request::GETSTAT => self.statistics(data, queued),
            request::SUBSCRIBE => self.subscribe(cx, data, queued),
            request::GETOPTS => self.get_options(data).ok_or(EINVAL),
            request::GETIFLIST => self.if_open(|s| s.in_namespace(interfaces::names)),
            request::GETIFADDRS => self.if_open(|s| s.in_namespace(interfaces::all)),
            request::IFGET => {
                let got = self.if_open(|s| Ok(Ok(interfaces::get(s.fd()?, data))))?;
                got.ok_or(EINVAL)
            }
            request::IFSET => {
                let set = self.if_open(|s| Ok(Ok(interfaces::set(s.fd()?, data))))?;
                set.map(|()| Vec::new()).ok_or(EINVAL)
            }
            request::GETSTATUS => Ok(self.state.to_be_bytes().to_vec()),
            request::GETTYPE => {
                let (Some(family), Some(stream)) = (self.family, self.stream) else {
                    return Err(EINVAL);
                };
                let kind = if stream { kind::STREAM } else { kind::DGRAM };
                Ok([0, 0, 0, family.code(), 0, 0, 0, kind].to_vec())
            }
            request::GETFD => {
                use rustix::fd::AsRawFd;
                if !self.is_open() {
                    return Err(EINVAL);
                }
                let number = self.lent.unwrap_or(self.fd()?.as_raw_fd());
                Ok(number.to_be_bytes().to_vec())
            }
            request::GETHOSTNAME if data.is_empty() => {
                Ok(rustix::system::uname().nodename().to_bytes().to_vec())
            }
            request::GETPADDRS | request::GETLADDRS => {
                if data.len() != 4 {
                    return Err(EINVAL);
                }
                let address = self.if_open(|s| {
                    let fd = s.fd()?;
                    Ok(if code == request::GETPADDRS { peer(fd) } else { name(fd) })
                })?;
                Ok(encoded(&address))
            }
            request::PEER => {
                if self.state & status::ACTIVE == 0 {
                    return Err(Errno::NOTCONN.into());
                }
                let address = match &self.peer {
                    Some(address) => address.clone(),
                    None => peer(self.fd()?)?,
                };
                known(&address)
            }
            request::NAME => {
                let address = match &self.name {
                    Some(address) => address.clone(),
                    None => name(self.fd()?)?,
                };
                known(&address)
            }
            request::SETPEER => {
                self.peer = self.override_of(data)?;
                Ok(Vec::new())
            }
            request::SETNAME => {
                self.name = self.override_of(data)?;
                Ok(Vec::new())
            }
            request::BIND => self.bind(data),
            request::GETSERVBYNAME => service_by_name(data).ok_or(EINVAL),
            request::GETSERVBYPORT => service_by_port(data).ok_or(EINVAL),
            request::GETHOSTNAME => Err(EINVAL),
            _ => Err(EXBADPORT),
        }
    }

    fn if_open<R>(
        &self,
        f: impl FnOnce(&Socket) -> Result<Result<R, Errno>, Errno>,
    ) -> Result<R, Refusal> {
        if !self.is_open() {
            return Err(EXBADPORT);
        }
        Ok(f(self)??)
    }

    fn override_of(&self, data: &[u8]) -> Result<Option<Address>, Refusal> {
        match data.len() {
            0 => Ok(None),
            1 => Err(EINVAL),
            _ => Address::take(&mut { data }, self.family).map(Some).map_err(Refusal::Name),
        }
    }

    fn bind(&mut self, mut data: &[u8]) -> Answer {
        if data.len() < 2 {
            return Err(EINVAL);
        }
        if self.state != status::OPEN {
            return Err(EXBADPORT);
        }
        let address = Address::take(&mut data, self.family).map_err(Refusal::Name)?;
        let fd = self.fd()?;
        rustix::net::bind(fd, &address.to_system()?)?;
        let port = match address.port() {
            Some(0) => name(fd)?.port().unwrap_or(0),
            port => port.unwrap_or(0),
        };
        Ok(port.to_be_bytes().to_vec())
    }

    fn statistics(&self, codes: &[u8], queued: usize) -> Answer {
        if codes.len() * 9 > MAX_ANSWER {
            return Err(EINVAL);
        }
        let mut out = Vec::new();
        for &code in codes {
            let of = |t: &Traffic| match code {
                statistic::RECV_CNT | statistic::SEND_CNT => t.count,
                statistic::RECV_MAX | statistic::SEND_MAX => t.max as u32,
                statistic::RECV_DVI => t.deviation.abs() as u32,
                _ => t.average as u32,
            };
            out.push(code);
            match code {
                statistic::RECV_OCT => out.extend(self.received.octets.to_be_bytes()),
                statistic::SEND_OCT => out.extend(self.sent.octets.to_be_bytes()),
                statistic::SEND_PEND => out.extend((queued as u32).to_be_bytes()),
                statistic::RECV_CNT
                | statistic::RECV_MAX
                | statistic::RECV_AVG
                | statistic::RECV_DVI => out.extend(of(&self.received).to_be_bytes()),
                statistic::SEND_CNT | statistic::SEND_MAX | statistic::SEND_AVG => {
                    out.extend(of(&self.sent).to_be_bytes());
                }
                _ => return Err(EINVAL),
            }
        }
        Ok(out)
    }

    fn subscribe(&mut self, cx: &Context<'_>, codes: &[u8], queued: usize) -> Answer {
        const EMPTY_OUT_Q: u8 = 1;
        if codes.len() * 5 > MAX_ANSWER || codes.iter().any(|c| *c != EMPTY_OUT_Q) {
            return Err(EINVAL);
        }
        if let Some(caller) = cx.caller().filter(|c| queued > 0 && !self.subscribers.contains(c)) {
            self.subscribers.push(caller);
        }
        let answer = |c: &u8| [&[*c][..], &(queued as u32).to_be_bytes()].concat();
        Ok(codes.iter().flat_map(answer).collect())
    }
}

fn peer(fd: rustix::fd::BorrowedFd<'_>) -> Result<Address, Errno> {
    Ok(Address::from_system(rustix::net::getpeername(fd)?))
}

fn name(fd: rustix::fd::BorrowedFd<'_>) -> Result<Address, Errno> {
    Ok(Address::from_system(Some(rustix::net::getsockname(fd)?)))
}

fn encoded(address: &Address) -> Vec<u8> {
    let mut out = Vec::new();
    address.put(&mut out);
    out
}

fn known(address: &Address) -> Answer {
    match address {
        Address::Unspec | Address::Undefined => Err(EINVAL),
        _ => Ok(encoded(address)),
    }
}

/// A text with its length in front.
fn take_text<'b>(data: &mut &'b [u8]) -> Option<&'b str> {
    let [n] = *take::<1>(data)?;
    let text = data.get(..usize::from(n))?;
    *data = &data[text.len()..];
    std::str::from_utf8(text).ok()
}

/// The lines of the system's list of services: name, port, protocol, other names.
fn services<R>(mut f: impl FnMut(&str, u16, &str, &[&str]) -> Option<R>) -> Option<R> {
    let text = std::fs::read("/etc/services").ok()?;
    String::from_utf8_lossy(&text).lines().find_map(|line| {
        let line = line.split('#').next()?;
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [name, place, aliases @ ..] = &words[..] else { return None };
        let (port, protocol) = place.split_once('/')?;
        f(name, port.parse().ok()?, protocol, aliases)
    })
}

fn service_by_name(mut data: &[u8]) -> Option<Vec<u8>> {
    let wanted = take_text(&mut data)?;
    let of = take_text(&mut data)?;
    services(|name, port, protocol, aliases| {
        let found = protocol == of && (name == wanted || aliases.contains(&wanted));
        found.then(|| port.to_be_bytes().to_vec())
    })
}

fn service_by_port(mut data: &[u8]) -> Option<Vec<u8>> {
    let wanted = super::address::take_u16(&mut data)?;
    let of = take_text(&mut data)?;
    services(|name, port, protocol, _| {
        (port == wanted && protocol == of).then(|| name.as_bytes().to_vec())
    })
}

/// The error that the system has kept for a socket.
pub fn pending_error(fd: rustix::fd::BorrowedFd<'_>) -> Result<(), Errno> {
    match sys::get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR)? {
        0 => Ok(()),
        e => Err(Errno::from_raw_os_error(e)),
    }
}
