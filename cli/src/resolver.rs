//! The program `inet_gethost`, which OTP's `inet_gethost_native` starts to ask the system for names
//! of hosts. This binary stands in for it where a release does not have it.
//!
//! Requests and answers are packets with a length of four bytes in front: a number that comes
//! back, then operation, family and name or address; in the answer the size of an address, the
//! number of addresses and these, the number of names and these, or 0 and the name of an error.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use vm::io::resolver::{Error, Host, by_address, by_name};

/// The name by which this program is called then.
const NAME: &str = "inet_gethost";

const BY_NAME: u8 = 1;
const BY_ADDRESS: u8 = 2;
const VERSION_6: u8 = 2;

/// No request is longer than that: a name has at most 255 characters.
const LONGEST: usize = 64 * 1024;

/// The words of the command line, if this is called by that name.
pub fn call() -> Option<Vec<String>> {
    let mut words = std::env::args_os();
    let path = words.next()?;
    (std::path::Path::new(&path).file_name()? == NAME)
        .then(|| words.map(|w| w.to_string_lossy().into_owned()).collect())
}

/// Where this program is, for those that start it.
pub fn own_path() -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::env::current_exe().ok()?.into_os_string().into_vec())
}

/// Answers requests until there are no more. The first word is how many are worked on at a time.
pub fn serve(words: &[String]) -> Result<u8, String> {
    let workers = words.first().and_then(|w| w.parse().ok()).unwrap_or(4).clamp(1, 64);
    let (send, receive) = mpsc::channel::<Vec<u8>>();
    let receive = Arc::new(Mutex::new(receive));
    for _ in 0..workers {
        let receive = receive.clone();
        std::thread::spawn(move || {
            while let Ok(request) = receive.lock().unwrap_or_else(PoisonError::into_inner).recv() {
                if let Some(reply) = answer(&request) {
                    let packet = [&(reply.len() as u32).to_be_bytes(), &reply[..]].concat();
                    let mut out = std::io::stdout().lock();
                    if out.write_all(&packet).and_then(|()| out.flush()).is_err() {
                        std::process::exit(1);
                    }
                }
            }
        });
    }
    let mut input = std::io::stdin().lock();
    let mut size = [0; 4];
    while input.read_exact(&mut size).is_ok() {
        let size = u32::from_be_bytes(size) as usize;
        if size > LONGEST {
            return Err(format!("a request of {size} bytes"));
        }
        let mut request = vec![0; size];
        if input.read_exact(&mut request).is_err() || send.send(request).is_err() {
            break;
        }
    }
    Ok(0)
}

/// The answer to a request. To what asks for nothing (settings, cancelling) there is none.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    let (number, rest) = request.split_first_chunk::<4>()?;
    let [operation, family, data @ ..] = rest else { return None };
    let version6 = *family == VERSION_6;
    let found = match *operation {
        BY_NAME => by_name(data.split(|b| *b == 0).next()?, version6),
        BY_ADDRESS => {
            let address = match version6 {
                true => IpAddr::from(<[u8; 16]>::try_from(data).ok()?),
                false => IpAddr::from(<[u8; 4]>::try_from(data).ok()?),
            };
            by_address(address)
        }
        _ => return None,
    };
    let mut out = number.to_vec();
    match found {
        Ok(host) => put(&mut out, version6, &host),
        Err(e) => {
            let name: &[u8] = match e {
                Error::NotFound => b"notfound",
                Error::TryAgain => b"try_again",
                Error::Internal => b"netdb_internal",
            };
            out.push(0);
            out.extend(name);
            out.push(0);
        }
    }
    Some(out)
}

fn put(out: &mut Vec<u8>, version6: bool, host: &Host) {
    out.push(if version6 { 16 } else { 4 });
    out.extend((host.addresses.len() as u32).to_be_bytes());
    for address in &host.addresses {
        match address {
            IpAddr::V4(a) => out.extend(a.octets()),
            IpAddr::V6(a) => out.extend(a.octets()),
        }
    }
    out.extend(1u32.to_be_bytes());
    out.extend(&host.name);
    out.push(0);
}
