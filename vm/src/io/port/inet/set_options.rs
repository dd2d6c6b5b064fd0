//! `INET_REQ_SETOPTS`: options as bytes, the number of one and its value again and again.

use super::address::Family;
use super::address::{take, take_u32};
use super::codes::{active, family, option};
use super::socket::{Protocol, Socket};
use super::sys;
use crate::io::port::device::Context;
use rustix::io::Errno;

/// What only sockets of TCP have.
#[derive(Clone, Copy, Debug)]
pub struct StreamOptions {
    /// With that much to write senders wait, until there is this little.
    pub high: usize,
    pub low: usize,
    /// Milliseconds that a sender waits; negative: as long as it takes.
    pub send_timeout: i32,
    pub send_timeout_close: i32,
    pub delay_send: bool,
    pub show_econnreset: bool,
    /// `{linger, {true, 0}}`: what is not written is thrown away.
    pub linger_zero: bool,
}

impl Default for StreamOptions {
    fn default() -> StreamOptions {
        StreamOptions {
            high: 8 * 1024,
            low: 4 * 1024,
            send_timeout: -1,
            send_timeout_close: 0,
            delay_send: false,
            show_econnreset: false,
            linger_zero: false,
        }
    }
}

/// What the device has to do now that options are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    Nothing,
    /// Hand on what is in the buffer.
    Deliver,
    /// Look for input.
    Receive,
    /// It became active and is closed already.
    TellClosed,
}

/// The control data that a datagram socket was asked for.
pub mod wanted {
    pub const TOS: u8 = 1;
    pub const TCLASS: u8 = 2;
    pub const TTL: u8 = 4;
}

/// One option of the system.
struct Setting<'b> {
    level: i32,
    name: i32,
    value: std::borrow::Cow<'b, [u8]>,
    /// Whether it is told if it cannot be set.
    told: bool,
    /// Control data that comes or no longer comes because of it.
    control: Option<(u8, bool)>,
}

impl Socket {
    /// Sets options; an error leaves set what came before it.
    pub fn set_options(
        &mut self,
        cx: &mut Context<'_>,
        mut data: &[u8],
        stream: &mut StreamOptions,
        read_packets: &mut i32,
    ) -> Result<Then, Errno> {
        let (old_packet, old_active) = (self.packet, self.active);
        while data.len() >= 5 {
            let [code] = *take::<1>(&mut data).ok_or(Errno::INVAL)?;
            let value = take_u32(&mut data).ok_or(Errno::INVAL)? as i32;
            if code == option::ACTIVE {
                self.set_active(cx, value, &mut data)?;
                if self.stream == Some(true) && self.is_active() && self.state == 0 {
                    return Ok(Then::TellClosed);
                }
                continue;
            }
            if self.set_own(code, value, &mut data, stream, read_packets)? {
                continue;
            }
            let setting = self.setting(code, value, &mut data)?;
            if code == option::LINGER && self.protocol == Protocol::Tcp {
                stream.linger_zero = value != 0 && setting.value[4..8] == [0; 4];
            }
            let done = self.fd().and_then(|fd| apply(fd, &setting));
            match (done, setting.control) {
                (Ok(()), Some((bit, true))) => self.control |= bit,
                (Ok(()), Some((bit, false))) => self.control &= !bit,
                (Err(_), _) if setting.told => return Err(Errno::INVAL),
                _ => {}
            }
        }
        Ok(self.after_setting(cx, old_packet, old_active))
    }

    fn after_setting(&mut self, cx: &mut Context<'_>, old_packet: u32, old_active: i32) -> Then {
        let stream = self.stream == Some(true);
        let usable = if stream { self.is_connected() } else { self.is_open() };
        if !usable || self.stream.is_none() {
            return Then::Nothing;
        }
        let was_passive = old_active == active::PASSIVE;
        let counted = matches!(self.active, active::ONCE | active::MULTI);
        if stream && was_passive && counted && self.packet == old_packet {
            return Then::Receive;
        }
        if self.active != old_active {
            let read = self.is_active();
            self.select_unless_ignored(cx, read);
        }
        if stream && self.is_active() && (was_passive || self.packet != old_packet) {
            return Then::Deliver;
        }
        Then::Nothing
    }

    fn select_unless_ignored(&mut self, cx: &mut Context<'_>, read: bool) {
        if self.ignored.ignored {
            self.ignored.read = read;
        } else {
            self.select(cx, Some(read), None);
        }
    }

    fn set_active(
        &mut self,
        cx: &mut Context<'_>,
        value: i32,
        data: &mut &[u8],
    ) -> Result<(), Errno> {
        self.active = value;
        if value != active::MULTI {
            self.active_count = 0;
            return Ok(());
        }
        let more = take::<2>(data).ok_or(Errno::INVAL)?;
        let count = self.active_count + i32::from(i16::from_be_bytes(*more));
        if i16::try_from(count).is_err() {
            return Err(Errno::INVAL);
        }
        self.active_count = count.max(0);
        if self.active_count == 0 {
            self.active = active::PASSIVE;
            self.tell_passive(cx);
        }
        Ok(())
    }

    /// Sets what the driver itself keeps; false: it is an option of the system.
    fn set_own(
        &mut self,
        code: u8,
        value: i32,
        data: &mut &[u8],
        stream: &mut StreamOptions,
        read_packets: &mut i32,
    ) -> Result<bool, Errno> {
        // The largest and smallest that the limits of a queue of messages may be.
        const MSGQ: std::ops::RangeInclusive<i32> = 1..=i32::MAX;
        let is_stream = self.stream == Some(true);
        let size = usize::try_from(value).unwrap_or(0);
        match code {
            option::HEADER => self.header = value as u32 as usize,
            option::MODE => self.binary = value != 0,
            option::DELIVER => self.deliver_port = value == 0,
            option::BUFFER => (self.buffer, self.buffer_set) = (size.max(1), true),
            option::PACKET => self.packet = value as u32,
            option::PACKET_SIZE => self.packet_size = value as u32 as usize,
            option::EXITONCLOSE => self.exit_on_close = value != 0,
            option::HIGH_WATERMARK if is_stream => {
                stream.high = size;
                stream.low = stream.low.min(size);
            }
            option::LOW_WATERMARK if is_stream => {
                stream.low = size;
                stream.high = stream.high.max(size);
            }
            // There is no queue of messages in front of a port; the limits are only kept.
            option::MSGQ_HIGH_WATERMARK if MSGQ.contains(&value) => {
                self.msgq_high = value;
                self.msgq_low = self.msgq_low.min(value);
            }
            option::MSGQ_LOW_WATERMARK if MSGQ.contains(&value) => {
                self.msgq_low = value;
                self.msgq_high = self.msgq_high.max(value);
            }
            option::MSGQ_HIGH_WATERMARK | option::MSGQ_LOW_WATERMARK => return Err(Errno::INVAL),
            option::SEND_TIMEOUT if is_stream => stream.send_timeout = value,
            option::SEND_TIMEOUT_CLOSE if is_stream => stream.send_timeout_close = value,
            option::DELAY_SEND if is_stream => stream.delay_send = value != 0,
            option::HIGH_WATERMARK
            | option::LOW_WATERMARK
            | option::SEND_TIMEOUT
            | option::SEND_TIMEOUT_CLOSE
            | option::DELAY_SEND => {}
            option::READ_PACKETS if self.stream == Some(false) => {
                if value <= 0 {
                    return Err(Errno::INVAL);
                }
                *read_packets = value;
            }
            option::READ_PACKETS => {}
            option::NETNS => self.netns = Some(take_bytes(data, value)?.to_vec()),
            option::SHOW_ECONNRESET => {
                if self.protocol == Protocol::Tcp {
                    stream.show_econnreset = value != 0;
                }
            }
            option::LINE_DELIMITER => self.delimiter = value as u8,
            option::DEBUG => self.debug = i32::from(value != 0),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What an option means to the system. Takes the rest of its value.
    fn setting<'b>(
        &mut self,
        code: u8,
        value: i32,
        data: &mut &'b [u8],
    ) -> Result<Setting<'b>, Errno> {
        let of = |level, name| Setting {
            level,
            name,
            value: value.to_ne_bytes().to_vec().into(),
            told: false,
            control: None,
        };
        let told = |level, name| Setting { told: true, ..of(level, name) };
        let socket = |name| of(libc::SOL_SOCKET, name);
        let on = value != 0;
        Ok(match code {
            option::REUSEADDR => socket(libc::SO_REUSEADDR),
            option::KEEPALIVE => socket(libc::SO_KEEPALIVE),
            option::DONTROUTE => socket(libc::SO_DONTROUTE),
            option::BROADCAST => socket(libc::SO_BROADCAST),
            option::OOBINLINE => socket(libc::SO_OOBINLINE),
            option::SNDBUF => socket(libc::SO_SNDBUF),
            option::RCVBUF => {
                let size = usize::try_from(value).unwrap_or(0);
                if !self.buffer_set {
                    // No datagram is larger than that.
                    self.buffer = match self.stream {
                        Some(false) if size > 1 << 16 => 1 << 16,
                        _ => self.buffer.max(size),
                    };
                }
                socket(libc::SO_RCVBUF)
            }
            option::LINGER => {
                let seconds = take_u32(data).ok_or(Errno::INVAL)? as i32;
                let both = [value.to_ne_bytes(), seconds.to_ne_bytes()].concat();
                Setting { value: both.into(), ..socket(libc::SO_LINGER) }
            }
            option::PRIORITY => told(libc::SOL_SOCKET, libc::SO_PRIORITY),
            option::TOS => told(libc::IPPROTO_IP, libc::IP_TOS),
            option::TCLASS => told(libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
            option::TTL => told(libc::IPPROTO_IP, libc::IP_TTL),
            option::RECVTOS => Setting {
                control: Some((wanted::TOS, on)),
                ..told(libc::IPPROTO_IP, libc::IP_RECVTOS)
            },
            option::RECVTCLASS => Setting {
                control: Some((wanted::TCLASS, on)),
                ..told(libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS)
            },
            option::RECVTTL => Setting {
                control: Some((wanted::TTL, on)),
                ..told(libc::IPPROTO_IP, libc::IP_RECVTTL)
            },
            option::NODELAY => of(libc::IPPROTO_TCP, libc::TCP_NODELAY),
            option::NOPUSH => of(libc::IPPROTO_TCP, libc::TCP_CORK),
            option::MULTICAST_TTL => of(libc::IPPROTO_IP, libc::IP_MULTICAST_TTL),
            option::MULTICAST_LOOP => of(libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP),
            option::MULTICAST_IF => match self.family {
                Some(Family::Inet) => Setting {
                    value: value.to_be_bytes().to_vec().into(),
                    ..of(libc::IPPROTO_IP, libc::IP_MULTICAST_IF)
                },
                Some(Family::Inet6) => of(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF),
                _ => return Err(Errno::INVAL),
            },
            option::ADD_MEMBERSHIP | option::DROP_MEMBERSHIP => {
                self.membership(code == option::ADD_MEMBERSHIP, value, data)?
            }
            option::IPV6_V6ONLY => told(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
            option::RAW => {
                let name = take_u32(data).ok_or(Errno::INVAL)? as i32;
                let size = take_u32(data).ok_or(Errno::INVAL)? as i32;
                let bytes = take_bytes(data, size)?;
                Setting { value: bytes.into(), ..of(value, name) }
            }
            option::BIND_TO_DEVICE => {
                let name = take_bytes(data, value)?;
                if name.len() > libc::IFNAMSIZ {
                    return Err(Errno::INVAL);
                }
                let mut padded = name.to_vec();
                padded.resize(libc::IFNAMSIZ, 0);
                Setting { value: padded.into(), ..told(libc::SOL_SOCKET, libc::SO_BINDTODEVICE) }
            }
            _ => return Err(Errno::INVAL),
        })
    }

    fn membership<'b>(
        &self,
        add: bool,
        domain: i32,
        data: &mut &[u8],
    ) -> Result<Setting<'b>, Errno> {
        let interface = take_u32(data).ok_or(Errno::INVAL)?.to_ne_bytes();
        let setting = |level, name, value: Vec<u8>| Setting {
            level,
            name,
            value: value.into(),
            told: false,
            control: None,
        };
        match (u8::try_from(domain), self.family) {
            (Ok(family::INET), Some(Family::Inet)) => {
                let group = take::<4>(data).ok_or(Errno::INVAL)?;
                let local = take::<4>(data).ok_or(Errno::INVAL)?;
                let name = if add { libc::IP_ADD_MEMBERSHIP } else { libc::IP_DROP_MEMBERSHIP };
                Ok(setting(libc::IPPROTO_IP, name, [*group, *local, interface].concat()))
            }
            (Ok(family::INET6), Some(Family::Inet6)) => {
                let group = take::<16>(data).ok_or(Errno::INVAL)?;
                let name = if add { libc::IPV6_ADD_MEMBERSHIP } else { libc::IPV6_DROP_MEMBERSHIP };
                Ok(setting(libc::IPPROTO_IPV6, name, [&group[..], &interface].concat()))
            }
            _ => Err(Errno::INVAL),
        }
    }
}

fn take_bytes<'b>(data: &mut &'b [u8], size: i32) -> Result<&'b [u8], Errno> {
    let size = usize::try_from(size).map_err(|_| Errno::INVAL)?;
    let bytes = data.get(..size).ok_or(Errno::INVAL)?;
    *data = &data[size..];
    Ok(bytes)
}

/// Sets an option. The type of service changes the priority behind one's back, so that is put back.
fn apply(fd: rustix::fd::BorrowedFd<'_>, setting: &Setting<'_>) -> Result<(), Errno> {
    let Setting { level, name, value, .. } = setting;
    let priority = (*level == libc::IPPROTO_IP && *name == libc::IP_TOS)
        .then(|| sys::get_int(fd, libc::SOL_SOCKET, libc::SO_PRIORITY).ok())
        .flatten();
    sys::set_option(fd, *level, *name, value)?;
    match priority {
        None => Ok(()),
        Some(priority) => {
            let bytes = priority.to_ne_bytes();
            match sys::set_option(fd, libc::SOL_SOCKET, libc::SO_PRIORITY, &bytes) {
                // Some priorities are the system's and cannot be set.
                Ok(()) | Err(Errno::PERM) => Ok(()),
                Err(e) => Err(e),
            }
        }
    }
}
