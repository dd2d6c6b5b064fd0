//! Names and addresses of hosts, from the system's resolver. Blocks; the machine itself never
//! calls it: OTP asks a program of its own, `inet_gethost`, for which the `girder` binary can stand
//! in.

use std::ffi::{CStr, CString};
use std::mem::{size_of, zeroed};
use std::net::IpAddr;
use std::ptr::{null, null_mut};

/// What is known of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: Vec<u8>,
    /// Its addresses, all of one family.
    pub addresses: Vec<IpAddr>,
}

/// Why a host is not found, by the names that OTP has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such host.
    NotFound,
    /// Nobody could be asked.
    TryAgain,
    /// The resolver has failed.
    Internal,
}

fn error(code: i32) -> Error {
    match code {
        libc::EAI_AGAIN => Error::TryAgain,
        libc::EAI_FAIL | libc::EAI_NONAME | libc::EAI_NODATA => Error::NotFound,
        _ => Error::Internal,
    }
}

/// The host of that name.
pub fn by_name(name: &[u8], version6: bool) -> Result<Host, Error> {
    let wanted = CString::new(name).map_err(|_| Error::NotFound)?;
    // SAFETY: of zeros it asks for everything.
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_family = if version6 { libc::AF_INET6 } else { libc::AF_INET };
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = libc::AI_CANONNAME;
    let mut first = null_mut();
    // SAFETY: the strings end in zeros and `first` takes a list, which is freed below.
    let code = unsafe { libc::getaddrinfo(wanted.as_ptr(), null(), &hints, &mut first) };
    if code != 0 {
        return Err(error(code));
    }
    let mut host = Host { name: name.to_vec(), addresses: Vec::new() };
    let mut next = first;
    // SAFETY: the list is the system's, whole and ours until it is freed; addresses are of the
    // family that their entry states.
    unsafe {
        while let Some(entry) = next.as_ref() {
            if !entry.ai_canonname.is_null() {
                host.name = CStr::from_ptr(entry.ai_canonname).to_bytes().to_vec();
            }
            match entry.ai_family {
                libc::AF_INET => {
                    let a = entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned();
                    let ip = u32::from_be(a.sin_addr.s_addr);
                    host.addresses.push(IpAddr::V4(ip.into()));
                }
                libc::AF_INET6 => {
                    let a = entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                    host.addresses.push(IpAddr::V6(a.sin6_addr.s6_addr.into()));
                }
                _ => {}
            }
            next = entry.ai_next;
        }
        libc::freeaddrinfo(first);
    }
    Ok(host)
}

/// The host of that address.
pub fn by_address(address: IpAddr) -> Result<Host, Error> {
    const LONGEST: usize = 1025;
    let mut name = [0u8; LONGEST];
    let mut ask = |to: *const libc::sockaddr, size: usize| {
        let flags = libc::NI_NAMEREQD;
        let out = name.as_mut_ptr().cast();
        // SAFETY: the address is `size` bytes long, the name has room for `LONGEST`.
        unsafe {
            let size = size as libc::socklen_t;
            libc::getnameinfo(to, size, out, LONGEST as libc::socklen_t, null_mut(), 0, flags)
        }
    };
    let code = match address {
        IpAddr::V4(ip) => {
            // SAFETY: of zeros it is an address.
            let mut a: libc::sockaddr_in = unsafe { zeroed() };
            a.sin_family = libc::AF_INET as libc::sa_family_t;
            a.sin_addr.s_addr = u32::from(ip).to_be();
            ask((&raw const a).cast(), size_of::<libc::sockaddr_in>())
        }
        IpAddr::V6(ip) => {
            // SAFETY: of zeros it is an address.
            let mut a: libc::sockaddr_in6 = unsafe { zeroed() };
            a.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            a.sin6_addr.s6_addr = ip.octets();
            ask((&raw const a).cast(), size_of::<libc::sockaddr_in6>())
        }
    };
    if code != 0 {
        return Err(error(code));
    }
    let end = name.iter().position(|b| *b == 0).unwrap_or(LONGEST);
    Ok(Host { name: name[..end].to_vec(), addresses: vec![address] })
}
