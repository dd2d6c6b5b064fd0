//! Calls of the system that rustix does not have: options by number, messages with control data,
//! interfaces and their addresses, network namespaces. All `unsafe` of sockets is here.

use super::address::Address;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::SocketAddrAny;
use std::ffi::CStr;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

fn check(result: libc::c_int) -> Result<(), Errno> {
    if result < 0 { Err(last()) } else { Ok(()) }
}

fn last() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

/// Sets an option of a socket.
pub fn set_option(fd: impl AsFd, level: i32, name: i32, value: &[u8]) -> Result<(), Errno> {
    let fd = fd.as_fd().as_raw_fd();
    let size = value.len() as libc::socklen_t;
    // SAFETY: the system reads `size` bytes from `value` and no more.
    check(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), size) })
}

/// Reads an option of a socket into `value`, whose bytes may be an argument; how many bytes it has.
pub fn get_option(fd: impl AsFd, level: i32, name: i32, value: &mut [u8]) -> Result<usize, Errno> {
    let fd = fd.as_fd().as_raw_fd();
    let mut size = value.len() as libc::socklen_t;
    // SAFETY: the system writes at most `size` bytes to `value`, which has that many.
    check(unsafe { libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &mut size) })?;
    Ok((size as usize).min(value.len()))
}

/// Reads an option that is a C int.
pub fn get_int(fd: impl AsFd, level: i32, name: i32) -> Result<i32, Errno> {
    let mut value = [0; 4];
    get_option(fd, level, name, &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// The path of an address of the local domain: up to a zero, or all of a name that begins with one.
pub fn local_path(address: &SocketAddrAny) -> Vec<u8> {
    const PATH: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);
    let size = (address.addr_len() as usize).min(size_of::<libc::sockaddr_un>());
    // SAFETY: the address is that long, and all of its storage is initialised.
    let all = unsafe { std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), size) };
    let path = all.get(PATH..).unwrap_or_default();
    match path.iter().position(|b| *b == 0) {
        None | Some(0) => path.to_vec(),
        Some(n) => path[..n].to_vec(),
    }
}

/// One item of control data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Control {
    pub level: i32,
    pub kind: i32,
    pub value: i32,
}

/// Memory for control data, aligned as its headers need.
type ControlSpace = [u64; 32];

const HEADER: usize = size_of::<libc::cmsghdr>();

/// The items of control data that are numbers.
pub fn parse_control(mut bytes: &[u8]) -> Vec<Control> {
    const WORD: usize = size_of::<usize>();
    let number = |b: &[u8]| i32::from_ne_bytes([b[0], b[1], b[2], b[3]]);
    let mut items = Vec::new();
    // A header is a length, which counts itself, a level and a kind.
    while bytes.len() >= HEADER {
        let length = usize::from_ne_bytes(bytes[..WORD].try_into().expect("that many bytes"));
        let Some(data) = bytes.get(HEADER..length) else { break };
        let (level, kind) = (number(&bytes[WORD..]), number(&bytes[WORD + 4..]));
        let value = match *data {
            [a] => i32::from(a),
            [a, b] => i32::from(u16::from_ne_bytes([a, b])),
            [a, b, c, d] => i32::from_ne_bytes([a, b, c, d]),
            [a, b, c, d, e, f, g, h] => i64::from_ne_bytes([a, b, c, d, e, f, g, h]) as i32,
            _ => 0,
        };
        items.push(Control { level, kind, value });
        bytes = bytes.get(length.next_multiple_of(WORD)..).unwrap_or_default();
    }
    items
}

/// The bytes of control data that the system takes.
fn put_control(items: &[Control]) -> Option<(ControlSpace, usize)> {
    const SIZE: usize = HEADER + 8;
    let mut bytes = Vec::new();
    for item in items {
        bytes.extend((HEADER + 4).to_ne_bytes());
        bytes.extend(item.level.to_ne_bytes());
        bytes.extend(item.kind.to_ne_bytes());
        bytes.extend(item.value.to_ne_bytes());
        bytes.extend([0; SIZE - HEADER - 4]);
    }
    let mut space: ControlSpace = [0; 32];
    if bytes.len() > size_of::<ControlSpace>() {
        return None;
    }
    for (word, bytes) in space.iter_mut().zip(bytes.chunks(8)) {
        *word = u64::from_ne_bytes(bytes.try_into().ok()?);
    }
    Some((space, bytes.len()))
}

/// Sends a datagram with control data.
pub fn send_message(
    fd: impl AsFd,
    to: Option<&SocketAddrAny>,
    bytes: &[u8],
    control: &[Control],
) -> Result<(), Errno> {
    let (mut space, size) = put_control(control).ok_or(Errno::INVAL)?;
    let mut iov = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: of zeros it is a message without anything.
    let mut message: libc::msghdr = unsafe { zeroed() };
    if let Some(to) = to {
        message.msg_name = to.as_ptr().cast_mut().cast();
        message.msg_namelen = to.addr_len();
    }
    message.msg_iov = &mut iov;
    message.msg_iovlen = 1;
    message.msg_control = space.as_mut_ptr().cast();
    message.msg_controllen = size;
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: everything that the message points to outlives the call, which only reads it.
    let sent = unsafe { libc::sendmsg(fd, &message, libc::MSG_NOSIGNAL) };
    if sent < 0 { Err(last()) } else { Ok(()) }
}

/// Receives a datagram with its control data: how much came, and from where.
pub fn receive_message(
    fd: impl AsFd,
    buffer: &mut [u8],
) -> Result<(usize, Option<SocketAddrAny>, Vec<Control>), Errno> {
    let mut space: ControlSpace = [0; 32];
    let mut iov = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut name = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    // SAFETY: of zeros it is a message without anything.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_name = name.as_mut_ptr().cast();
    message.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    message.msg_iov = &mut iov;
    message.msg_iovlen = 1;
    message.msg_control = space.as_mut_ptr().cast();
    message.msg_controllen = size_of::<ControlSpace>();
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: everything that the message points to outlives the call and has the stated size.
    let n = unsafe { libc::recvmsg(fd, &mut message, 0) };
    if n < 0 {
        return Err(last());
    }
    let length = message.msg_namelen;
    // SAFETY: the system has written an address of `length` bytes there.
    let from = (length > 0).then(|| unsafe { SocketAddrAny::read(name.as_ptr().cast(), length) });
    let bytes: Vec<u8> = space.iter().flat_map(|w| w.to_ne_bytes()).collect();
    Ok((n as usize, from, parse_control(&bytes[..message.msg_controllen.min(bytes.len())])))
}

/// An address of an interface, as `getifaddrs` lists them.
#[derive(Debug)]
pub struct InterfaceAddress {
    pub name: Vec<u8>,
    pub flags: u32,
    pub address: Option<Address>,
    pub netmask: Option<Address>,
    /// Where broadcasts go, or the other end of a point-to-point interface.
    pub other: Option<Address>,
    /// Its hardware address.
    pub hardware: Option<Vec<u8>>,
}

/// The IP address in a `sockaddr`.
///
/// # Safety
/// It is null or points to one.
unsafe fn ip(address: *const libc::sockaddr) -> Option<Address> {
    if address.is_null() {
        return None;
    }
    // SAFETY: the caller's promise; the family says which structure it is, and it may be unaligned.
    unsafe {
        match i32::from((*address).sa_family) {
            libc::AF_INET => {
                let a = address.cast::<libc::sockaddr_in>().read_unaligned();
                let ip = Ipv4Addr::from(u32::from_be(a.sin_addr.s_addr));
                Some(Address::V4(SocketAddrV4::new(ip, 0)))
            }
            libc::AF_INET6 => {
                let a = address.cast::<libc::sockaddr_in6>().read_unaligned();
                let ip = Ipv6Addr::from(a.sin6_addr.s6_addr);
                Some(Address::V6(SocketAddrV6::new(ip, 0, 0, 0)))
            }
            _ => None,
        }
    }
}

/// All addresses of all interfaces.
pub fn interface_addresses() -> Result<Vec<InterfaceAddress>, Errno> {
    let mut first = std::ptr::null_mut();
    // SAFETY: it writes the head of a list, which is freed below.
    check(unsafe { libc::getifaddrs(&mut first) })?;
    let mut all = Vec::new();
    let mut next = first;
    // SAFETY: the list is the system's, whole and ours until it is freed; names are C strings and
    // addresses null or of their family.
    unsafe {
        while let Some(entry) = next.as_ref() {
            let hardware = entry.ifa_addr.as_ref().and_then(|a| {
                if i32::from(a.sa_family) != libc::AF_PACKET {
                    return None;
                }
                let link = entry.ifa_addr.cast::<libc::sockaddr_ll>().read_unaligned();
                Some(link.sll_addr[..usize::from(link.sll_halen).min(8)].to_vec())
            });
            all.push(InterfaceAddress {
                name: CStr::from_ptr(entry.ifa_name).to_bytes().to_vec(),
                flags: entry.ifa_flags,
                address: ip(entry.ifa_addr),
                netmask: ip(entry.ifa_netmask),
                other: ip(entry.ifa_ifu),
                hardware,
            });
            next = entry.ifa_next;
        }
        libc::freeifaddrs(first);
    }
    Ok(all)
}

/// A request about an interface: its name and what there is in or comes out, 24 bytes.
fn interface_request(
    fd: BorrowedFd<'_>,
    operation: libc::Ioctl,
    name: &[u8],
    value: [u8; 24],
) -> Result<[u8; 24], Errno> {
    let mut request = [0u8; 40];
    if name.len() >= libc::IFNAMSIZ || name.contains(&0) {
        return Err(Errno::NODEV);
    }
    request[..name.len()].copy_from_slice(name);
    request[16..].copy_from_slice(&value);
    const { assert!(size_of::<libc::ifreq>() == 40) };
    // Aligned as the structure is.
    let mut words = [0u64; 5];
    for (word, bytes) in words.iter_mut().zip(request.chunks(8)) {
        *word = u64::from_ne_bytes(bytes.try_into().expect("eight bytes"));
    }
    // SAFETY: the operations that this is used for read and write one `ifreq`, which `words` is.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), operation, words.as_mut_ptr()) })?;
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
    Ok(bytes[16..].try_into().expect("24 bytes"))
}

/// Which `sockaddr_in` of an interface is read or set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterfaceItem {
    Address,
    Broadcast,
    Destination,
    Netmask,
}

impl InterfaceItem {
    fn get(self) -> libc::Ioctl {
        match self {
            InterfaceItem::Address => libc::SIOCGIFADDR,
            InterfaceItem::Broadcast => libc::SIOCGIFBRDADDR,
            InterfaceItem::Destination => libc::SIOCGIFDSTADDR,
            InterfaceItem::Netmask => libc::SIOCGIFNETMASK,
        }
    }

    fn set(self) -> libc::Ioctl {
        match self {
            InterfaceItem::Address => libc::SIOCSIFADDR,
            InterfaceItem::Broadcast => libc::SIOCSIFBRDADDR,
            InterfaceItem::Destination => libc::SIOCSIFDSTADDR,
            InterfaceItem::Netmask => libc::SIOCSIFNETMASK,
        }
    }
}

/// An IPv4 address of an interface.
pub fn interface_ip(
    fd: BorrowedFd<'_>,
    name: &[u8],
    item: InterfaceItem,
) -> Result<Ipv4Addr, Errno> {
    // A `sockaddr_in`: family, port, address.
    let value = interface_request(fd, item.get(), name, [0; 24])?;
    Ok(Ipv4Addr::new(value[4], value[5], value[6], value[7]))
}

/// Sets an IPv4 address of an interface.
pub fn set_interface_ip(
    fd: BorrowedFd<'_>,
    name: &[u8],
    item: InterfaceItem,
    ip: Ipv4Addr,
) -> Result<(), Errno> {
    let mut value = [0; 24];
    value[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    value[4..8].copy_from_slice(&ip.octets());
    interface_request(fd, item.set(), name, value).map(drop)
}

/// The flags of an interface.
pub fn interface_flags(fd: BorrowedFd<'_>, name: &[u8]) -> Result<u32, Errno> {
    let value = interface_request(fd, libc::SIOCGIFFLAGS, name, [0; 24])?;
    Ok(u32::from(u16::from_ne_bytes([value[0], value[1]])))
}

/// Sets the flags of an interface.
pub fn set_interface_flags(fd: BorrowedFd<'_>, name: &[u8], flags: u32) -> Result<(), Errno> {
    let mut value = [0; 24];
    value[..2].copy_from_slice(&(flags as u16).to_ne_bytes());
    interface_request(fd, libc::SIOCSIFFLAGS, name, value).map(drop)
}

/// The largest packet of an interface.
pub fn interface_mtu(fd: BorrowedFd<'_>, name: &[u8]) -> Result<i32, Errno> {
    let value = interface_request(fd, libc::SIOCGIFMTU, name, [0; 24])?;
    Ok(i32::from_ne_bytes([value[0], value[1], value[2], value[3]]))
}

/// Sets the largest packet of an interface.
pub fn set_interface_mtu(fd: BorrowedFd<'_>, name: &[u8], mtu: i32) -> Result<(), Errno> {
    let mut value = [0; 24];
    value[..4].copy_from_slice(&mtu.to_ne_bytes());
    interface_request(fd, libc::SIOCSIFMTU, name, value).map(drop)
}

/// The hardware address of an interface.
pub fn interface_hardware(fd: BorrowedFd<'_>, name: &[u8]) -> Result<[u8; 6], Errno> {
    let value = interface_request(fd, libc::SIOCGIFHWADDR, name, [0; 24])?;
    Ok(value[2..8].try_into().expect("six bytes"))
}

/// Sets the hardware address of an interface.
pub fn set_interface_hardware(fd: BorrowedFd<'_>, name: &[u8], to: &[u8]) -> Result<(), Errno> {
    let mut value = [0; 24];
    value[..2].copy_from_slice(&libc::ARPHRD_ETHER.to_ne_bytes());
    let n = to.len().min(14);
    value[2..2 + n].copy_from_slice(&to[..n]);
    interface_request(fd, libc::SIOCSIFHWADDR, name, value).map(drop)
}
