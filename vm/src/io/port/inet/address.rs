//! Addresses of sockets: as bytes in `prim_inet`'s protocol, as terms, and as the system has them.

use super::codes::family;
use super::sys::local_path;
use crate::term::{Area, Term, atoms};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

/// The address families that can be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    Inet,
    Inet6,
    Local,
}

impl Family {
    pub fn from_code(code: u8) -> Option<Family> {
        match code {
            family::INET => Some(Family::Inet),
            family::INET6 => Some(Family::Inet6),
            family::LOCAL => Some(Family::Local),
            _ => None,
        }
    }

    pub fn code(self) -> u8 {
        match self {
            Family::Inet => family::INET,
            Family::Inet6 => family::INET6,
            Family::Local => family::LOCAL,
        }
    }

    pub fn to_system(self) -> AddressFamily {
        match self {
            Family::Inet => AddressFamily::INET,
            Family::Inet6 => AddressFamily::INET6,
            Family::Local => AddressFamily::UNIX,
        }
    }
}

/// The address of a socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    V4(SocketAddrV4),
    V6(SocketAddrV6),
    /// A path, or a name that begins with a zero.
    Local(Vec<u8>),
    /// None.
    Unspec,
    /// Of a family that OTP has no name for.
    Undefined,
}

/// The longest path that the system takes, with the zero behind it.
const MAX_PATH: usize = 108;

/// Takes `N` bytes from the front.
pub fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(head)
}

/// Takes a number from the front, most significant byte first.
pub fn take_u16(bytes: &mut &[u8]) -> Option<u16> {
    take::<2>(bytes).map(|b| u16::from_be_bytes(*b))
}

pub fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take::<4>(bytes).map(|b| u32::from_be_bytes(*b))
}

impl Address {
    /// Takes an address from the front of a request to a socket of `family`; an error is the name
    /// that is answered.
    pub fn take(bytes: &mut &[u8], of: Option<Family>) -> Result<Address, &'static str> {
        const EINVAL: &str = "einval";
        let [tag] = *take::<1>(bytes).ok_or(EINVAL)?;
        match tag {
            family::INET => {
                let port = take_u16(bytes).ok_or(EINVAL)?;
                let ip = take::<4>(bytes).ok_or(EINVAL)?;
                Ok(Address::V4(SocketAddrV4::new(Ipv4Addr::from(*ip), port)))
            }
            family::INET6 => {
                let port = take_u16(bytes).ok_or(EINVAL)?;
                let ip = take::<16>(bytes).ok_or(EINVAL)?;
                let flow = take_u32(bytes).ok_or(EINVAL)?;
                let scope = take_u32(bytes).ok_or(EINVAL)?;
                Ok(Address::V6(SocketAddrV6::new(Ipv6Addr::from(*ip), port, flow, scope)))
            }
            family::LOCAL => {
                let [n] = *take::<1>(bytes).ok_or(EINVAL)?;
                let path = bytes.get(..usize::from(n)).ok_or(EINVAL)?;
                *bytes = &bytes[path.len()..];
                let zero = usize::from(path.first() != Some(&0));
                if path.len() + zero > MAX_PATH {
                    return Err(EINVAL);
                }
                Ok(Address::Local(path.to_vec()))
            }
            family::ANY | family::LOOPBACK => {
                let port = take_u16(bytes).ok_or(EINVAL)?;
                let any = tag == family::ANY;
                match of {
                    Some(Family::Inet) => {
                        let ip = if any { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
                        Ok(Address::V4(SocketAddrV4::new(ip, port)))
                    }
                    Some(Family::Inet6) => {
                        let ip = if any { Ipv6Addr::UNSPECIFIED } else { Ipv6Addr::LOCALHOST };
                        Ok(Address::V6(SocketAddrV6::new(ip, port, 0, 0)))
                    }
                    _ => Err(EINVAL),
                }
            }
            _ => Err("eafnosupport"),
        }
    }

    /// As the system takes it.
    pub fn to_system(&self) -> Result<SocketAddrAny, Errno> {
        Ok(match self {
            Address::V4(a) => (*a).into(),
            Address::V6(a) => (*a).into(),
            Address::Local(path) => match path.split_first() {
                None => SocketAddrUnix::new_unnamed().into(),
                Some((0, name)) => SocketAddrUnix::new_abstract_name(name)?.into(),
                Some(_) => SocketAddrUnix::new(&path[..])?.into(),
            },
            Address::Unspec | Address::Undefined => return Err(Errno::AFNOSUPPORT),
        })
    }

    pub fn from_system(address: Option<SocketAddrAny>) -> Address {
        let Some(address) = address else { return Address::Unspec };
        match address.address_family() {
            AddressFamily::INET => address.try_into().map_or(Address::Undefined, Address::V4),
            AddressFamily::INET6 => address.try_into().map_or(Address::Undefined, Address::V6),
            AddressFamily::UNIX => Address::Local(local_path(&address)),
            AddressFamily::UNSPEC => Address::Unspec,
            _ => Address::Undefined,
        }
    }

    /// The port number of an address that has one.
    pub fn port(&self) -> Option<u16> {
        match self {
            Address::V4(a) => Some(a.port()),
            Address::V6(a) => Some(a.port()),
            _ => None,
        }
    }

    /// As `prim_inet` reads it.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Address::V4(a) => {
                out.push(family::INET);
                out.extend(a.port().to_be_bytes());
                out.extend(a.ip().octets());
            }
            Address::V6(a) => {
                out.push(family::INET6);
                out.extend(a.port().to_be_bytes());
                out.extend(a.ip().octets());
            }
            Address::Local(path) => {
                out.extend([family::LOCAL, path.len() as u8]);
                out.extend(path);
            }
            Address::Unspec => out.push(family::UNSPEC),
            Address::Undefined => out.push(family::UNDEFINED),
        }
    }

    /// As two terms: address, port number.
    pub fn terms<'q>(&self, a: &mut Area<'q>) -> [Term<'q>; 2] {
        let small = |n: u16| Term::small(i64::from(n));
        let zero = Term::small(0);
        match self {
            Address::V4(addr) => {
                let parts = addr.ip().octets().map(|b| small(u16::from(b)));
                [a.tuple(&parts), small(addr.port())]
            }
            Address::V6(addr) => {
                let parts = addr.ip().segments().map(small);
                [a.tuple(&parts), small(addr.port())]
            }
            Address::Local(path) => {
                let path = a.binary(path);
                [a.tuple(&[Term::atom(atoms::LOCAL), path]), zero]
            }
            Address::Unspec | Address::Undefined => {
                let tag = if *self == Address::Unspec { atoms::UNSPEC } else { atoms::UNDEFINED };
                let nothing = a.binary(b"");
                [a.tuple(&[Term::atom(tag), nothing]), zero]
            }
        }
    }
}
