//! `INET_REQ_GETOPTS`: the values of options that are asked for by number. What a socket does not
//! have is left out.

use super::address::{Family, take, take_u32};
use super::codes::{active, family, option};
use super::control::MAX_ANSWER;
use super::set_options::StreamOptions;
use super::socket::{Protocol, Socket};
use super::sys;

/// What a device has beside the socket.
pub struct Own {
    pub stream: Option<StreamOptions>,
    pub read_packets: Option<i32>,
}

impl Socket {
    /// As [`Socket::get_options_with`], for a socket that has nothing of its own.
    pub fn get_options(&self, request: &[u8]) -> Option<Vec<u8>> {
        self.get_options_with(request, &Own { stream: None, read_packets: None })
    }

    /// The values of options. `None` if the request is wrong or too long.
    pub fn get_options_with(&self, mut request: &[u8], own: &Own) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while let Some([code]) = take::<1>(&mut request) {
            self.get_option(*code, &mut request, own, &mut out)?;
            if out.len() >= MAX_ANSWER {
                return None;
            }
        }
        Some(out)
    }

    fn get_option(
        &self,
        code: u8,
        request: &mut &[u8],
        own: &Own,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let own_value = self.own_value(code, own);
        if let Some(value) = own_value {
            if let Some(value) = value {
                put(out, code, value);
                if code == option::ACTIVE && value == active::MULTI {
                    out.extend((self.active_count as i16).to_be_bytes());
                }
            }
            return Some(());
        }
        let (level, name) = match code {
            option::NETNS => {
                if let Some(name) = &self.netns {
                    put(out, code, name.len() as i32);
                    out.extend(name);
                }
                return Some(());
            }
            option::LINGER => {
                let mut both = [0; 8];
                if self.read(libc::SOL_SOCKET, libc::SO_LINGER, &mut both).is_some() {
                    let [a, b, c, d, e, f, g, h] = both;
                    put(out, code, i32::from_ne_bytes([a, b, c, d]));
                    out.extend(i32::from_ne_bytes([e, f, g, h]).to_be_bytes());
                }
                return Some(());
            }
            option::RAW => return self.get_raw(request, out),
            option::MULTICAST_IF => return self.get_multicast_interface(out),
            option::BIND_TO_DEVICE => {
                let mut name = [0; libc::IFNAMSIZ];
                if self.read(libc::SOL_SOCKET, libc::SO_BINDTODEVICE, &mut name).is_some() {
                    let n = name.iter().position(|b| *b == 0).unwrap_or(name.len());
                    put(out, code, n as i32);
                    out.extend(&name[..n]);
                }
                return Some(());
            }
            option::PKTOPTIONS => return self.get_packet_options(out),
            option::PRIORITY => (libc::SOL_SOCKET, libc::SO_PRIORITY),
            option::TOS => (libc::IPPROTO_IP, libc::IP_TOS),
            option::TCLASS => (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
            option::TTL => (libc::IPPROTO_IP, libc::IP_TTL),
            option::RECVTOS => (libc::IPPROTO_IP, libc::IP_RECVTOS),
            option::RECVTCLASS => (libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS),
            option::RECVTTL => (libc::IPPROTO_IP, libc::IP_RECVTTL),
            option::REUSEADDR => (libc::SOL_SOCKET, libc::SO_REUSEADDR),
            option::KEEPALIVE => (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
            option::DONTROUTE => (libc::SOL_SOCKET, libc::SO_DONTROUTE),
            option::BROADCAST => (libc::SOL_SOCKET, libc::SO_BROADCAST),
            option::OOBINLINE => (libc::SOL_SOCKET, libc::SO_OOBINLINE),
            option::SNDBUF => (libc::SOL_SOCKET, libc::SO_SNDBUF),
            option::RCVBUF => (libc::SOL_SOCKET, libc::SO_RCVBUF),
            option::NODELAY => (libc::IPPROTO_TCP, libc::TCP_NODELAY),
            option::NOPUSH => (libc::IPPROTO_TCP, libc::TCP_CORK),
            option::MULTICAST_TTL => (libc::IPPROTO_IP, libc::IP_MULTICAST_TTL),
            option::MULTICAST_LOOP => (libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP),
            option::IPV6_V6ONLY => (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
            _ => return None,
        };
        if let Some(value) = self.fd().ok().and_then(|fd| sys::get_int(fd, level, name).ok()) {
            put(out, code, value);
        }
        Some(())
    }

    /// The value of an option that the driver itself keeps: `None` if it is none,
    /// `Some(None)` if this socket does not have it.
    fn own_value(&self, code: u8, own: &Own) -> Option<Option<i32>> {
        let stream = own.stream.filter(|_| self.stream == Some(true));
        let of = |f: fn(&StreamOptions) -> i32| Some(stream.as_ref().map(f));
        let size = |n: usize| n.min(i32::MAX as usize) as i32;
        Some(match code {
            option::BUFFER => Some(size(self.buffer)),
            option::HEADER => Some(self.header as i32),
            option::MODE => Some(i32::from(self.binary)),
            option::DELIVER => Some(i32::from(!self.deliver_port)),
            option::ACTIVE => Some(self.active),
            option::PACKET => Some(self.packet as i32),
            option::PACKET_SIZE => Some(self.packet_size as i32),
            option::EXITONCLOSE => Some(i32::from(self.exit_on_close)),
            option::HIGH_WATERMARK => return of(|s| s.high as i32),
            option::LOW_WATERMARK => return of(|s| s.low as i32),
            option::MSGQ_HIGH_WATERMARK => Some(self.msgq_high),
            option::MSGQ_LOW_WATERMARK => Some(self.msgq_low),
            option::SEND_TIMEOUT => return of(|s| s.send_timeout),
            option::SEND_TIMEOUT_CLOSE => return of(|s| s.send_timeout_close),
            option::DELAY_SEND => return of(|s| i32::from(s.delay_send)),
            option::READ_PACKETS => own.read_packets.filter(|_| self.stream == Some(false)),
            option::SHOW_ECONNRESET => {
                let stream = own.stream.filter(|_| self.protocol == Protocol::Tcp);
                stream.map(|s| i32::from(s.show_econnreset))
            }
            option::DEBUG => Some(self.debug),
            _ => return None,
        })
    }

    fn read(&self, level: i32, name: i32, value: &mut [u8]) -> Option<usize> {
        sys::get_option(self.fd().ok()?, level, name, value).ok()
    }

    /// Level, name, whether a value is given, its size and maybe the value.
    fn get_raw(&self, request: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
        let level = take_u32(request)? as i32;
        let name = take_u32(request)? as i32;
        let given = take::<1>(request)?[0] != 0;
        let size = take_u32(request)? as usize;
        // With what stands in front of it, whatever of it the system then fills.
        if out.len() + 14 + size > MAX_ANSWER {
            return None;
        }
        let mut value = vec![0; size];
        if given {
            value.copy_from_slice(request.get(..size)?);
            *request = &request[size..];
        }
        if let Some(n) = self.read(level, name, &mut value) {
            put(out, option::RAW, level);
            out.extend(name.to_be_bytes());
            out.extend((n as u32).to_be_bytes());
            out.extend(&value[..n]);
        }
        Some(())
    }

    /// The value, then which family it is of.
    fn get_multicast_interface(&self, out: &mut Vec<u8>) -> Option<()> {
        let mut value = [0; 4];
        let (level, name, code) = match self.family? {
            Family::Inet => (libc::IPPROTO_IP, libc::IP_MULTICAST_IF, family::INET),
            Family::Inet6 => (libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, family::INET6),
            Family::Local => return None,
        };
        if self.read(level, name, &mut value).is_some() {
            out.push(option::MULTICAST_IF);
            out.extend(match code {
                family::INET => value,
                _ => i32::from_ne_bytes(value).to_be_bytes(),
            });
            out.extend([0, 0, 0, code]);
        }
        Some(())
    }

    fn get_packet_options(&self, out: &mut Vec<u8>) -> Option<()> {
        let (level, name) = match self.family? {
            Family::Inet => (libc::IPPROTO_IP, libc::IP_PKTOPTIONS),

            Family::Inet6 => (libc::IPPROTO_IPV6, libc::IPV6_2292PKTOPTIONS),
            Family::Local => return None,
        };
        let mut value = [0; 48];
        if let Some(n) = self.read(level, name, &mut value) {
            let mut items = Vec::new();
            for c in sys::parse_control(&value[..n]) {
                let code = match (c.level, c.kind) {
                    (libc::IPPROTO_IP, libc::IP_TOS) => option::TOS,
                    (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => option::TCLASS,
                    (libc::IPPROTO_IP, libc::IP_TTL) => option::TTL,
                    _ => continue,
                };
                put(&mut items, code, c.value);
            }
            put(out, option::PKTOPTIONS, items.len() as i32);
            out.extend(items);
        }
        Some(())
    }
}

fn put(out: &mut Vec<u8>, code: u8, value: i32) {
    out.push(code);
    out.extend(value.to_be_bytes());
}
