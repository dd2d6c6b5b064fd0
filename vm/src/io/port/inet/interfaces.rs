//! Network interfaces: what `inet:getifaddrs`, `getiflist`, `ifget` and `ifset` ask the driver.

use super::address::{Address, take, take_u16, take_u32};
use super::codes::{family, interface};
use super::sys::{self, InterfaceItem};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use std::net::Ipv4Addr;

/// The flags as `prim_inet` numbers them.
fn flags(system: u32) -> u32 {
    const PAIRS: [(i32, u32); 6] = [
        (libc::IFF_UP, interface::UP),
        (libc::IFF_BROADCAST, interface::BROADCAST),
        (libc::IFF_LOOPBACK, interface::LOOPBACK),
        (libc::IFF_POINTOPOINT, interface::POINTTOPOINT),
        // What is up counts as running.
        (libc::IFF_UP, interface::RUNNING),
        (libc::IFF_MULTICAST, interface::MULTICAST),
    ];
    let set = |(bit, flag): &(i32, u32)| if system & *bit as u32 != 0 { *flag } else { 0 };
    PAIRS.iter().map(set).fold(0, |all, flag| all | flag)
}

/// An address without its port.
fn put_ip(out: &mut Vec<u8>, address: &Address) {
    match address {
        Address::V4(a) => {
            out.push(family::INET);
            out.extend(a.ip().octets());
        }
        Address::V6(a) => {
            out.push(family::INET6);
            out.extend(a.ip().octets());
        }
        _ => {}
    }
}

/// All addresses of all interfaces: name, zero, items, zero.
pub fn all() -> Result<Vec<u8>, Errno> {
    let mut out = Vec::new();
    for entry in sys::interface_addresses()? {
        // Names are UTF-8 of Latin-1.
        out.extend(entry.name.iter().map(|b| char::from(*b)).collect::<String>().into_bytes());
        out.extend([0, interface::FLAGS]);
        out.extend(flags(entry.flags).to_be_bytes());
        if let Some(address) = &entry.address {
            let has = |flag: i32| entry.flags & flag as u32 != 0;
            let item = |out: &mut Vec<u8>, code: u8, address: &Address| {
                out.push(code);
                put_ip(out, address);
            };
            item(&mut out, interface::ADDR, address);
            if let Some(mask) = &entry.netmask {
                item(&mut out, interface::NETMASK, mask);
            }
            if let Some(other) = &entry.other {
                if has(libc::IFF_POINTOPOINT) {
                    item(&mut out, interface::DSTADDR, other);
                } else if has(libc::IFF_BROADCAST) {
                    item(&mut out, interface::BROADADDR, other);
                }
            }
        }
        if let Some(hardware) = entry.hardware.filter(|h| h.len() > 1) {
            out.push(interface::HWADDR);
            out.extend((hardware.len() as u16).to_be_bytes());
            out.extend(hardware);
        }
        out.push(0);
    }
    Ok(out)
}

/// Names of interfaces that have an IPv4 address, each with a zero behind it.
pub fn names() -> Result<Vec<u8>, Errno> {
    let mut out = Vec::new();
    for entry in sys::interface_addresses()? {
        if matches!(entry.address, Some(Address::V4(_))) {
            out.extend(&entry.name);
            out.push(0);
        }
    }
    Ok(out)
}

/// The name at the front of a request.
fn take_name<'b>(request: &mut &'b [u8]) -> Option<&'b [u8]> {
    let [n] = *take::<1>(request)?;
    let name = request.get(..usize::from(n))?;
    *request = &request[name.len()..];
    Some(&name[..name.len().min(libc::IFNAMSIZ - 1)])
}

fn ip_item(code: u8) -> Option<InterfaceItem> {
    Some(match code {
        interface::ADDR => InterfaceItem::Address,
        interface::BROADADDR => InterfaceItem::Broadcast,
        interface::DSTADDR => InterfaceItem::Destination,
        interface::NETMASK => InterfaceItem::Netmask,
        _ => return None,
    })
}

/// Items of an interface; what it does not have is left out. `None` if the request is wrong.
pub fn get(fd: BorrowedFd<'_>, mut request: &[u8]) -> Option<Vec<u8>> {
    let name = take_name(&mut request)?;
    let mut out = Vec::new();
    for &code in request {
        match code {
            interface::MTU => {
                if let Ok(mtu) = sys::interface_mtu(fd, name) {
                    out.push(code);
                    out.extend(mtu.to_be_bytes());
                }
            }
            interface::FLAGS => {
                out.push(code);
                let system = sys::interface_flags(fd, name).unwrap_or(0);
                out.extend(flags(system).to_be_bytes());
            }
            interface::HWADDR => {
                if let Ok(address) = sys::interface_hardware(fd, name) {
                    out.extend([code, 0, 6]);
                    out.extend(address);
                }
            }
            _ => {
                if let Ok(ip) = sys::interface_ip(fd, name, ip_item(code)?) {
                    out.extend([code, family::INET]);
                    out.extend(ip.octets());
                }
            }
        }
    }
    Some(out)
}

/// Sets items of an interface, as far as the system lets it. `None` if the request is wrong.
pub fn set(fd: BorrowedFd<'_>, mut request: &[u8]) -> Option<()> {
    let name = take_name(&mut request)?;
    while let Some([code]) = take::<1>(&mut request) {
        // Whether the system allows it is not told, as in OTP.
        match *code {
            interface::MTU => {
                let mtu = take_u32(&mut request)? as i32;
                let _ = sys::set_interface_mtu(fd, name, mtu);
            }
            interface::FLAGS => {
                let wanted = take_u32(&mut request)?;
                let before = sys::interface_flags(fd, name).unwrap_or(0);
                let mut now = before;
                let pairs = [
                    (interface::UP, interface::DOWN, libc::IFF_UP),
                    (interface::BROADCAST, interface::NO_BROADCAST, libc::IFF_BROADCAST),
                    (interface::POINTTOPOINT, interface::NO_POINTTOPOINT, libc::IFF_POINTOPOINT),
                ];
                for (on, off, bit) in pairs {
                    if wanted & on != 0 {
                        now |= bit as u32;
                    }
                    if wanted & off != 0 {
                        now &= !(bit as u32);
                    }
                }
                if now != before {
                    let _ = sys::set_interface_flags(fd, name, now);
                }
            }
            interface::HWADDR => {
                let n = take_u16(&mut request)?;
                let address = request.get(..usize::from(n))?;
                request = &request[address.len()..];
                let _ = sys::set_interface_hardware(fd, name, address);
            }
            code => {
                let item = ip_item(code)?;
                match take::<1>(&mut request)? {
                    [family::INET] => {
                        let ip = Ipv4Addr::from(*take::<4>(&mut request)?);
                        let _ = sys::set_interface_ip(fd, name, item, ip);
                    }
                    // The system has no such operation; the address is taken and forgotten.
                    [family::INET6] => drop(take::<16>(&mut request)?),
                    _ => return None,
                }
            }
        }
    }
    Some(())
}
