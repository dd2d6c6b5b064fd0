//! Packets that are parsed: lines of HTTP, records of TLS. And the terms they become.

use super::{Invalid, Limits};
use crate::term::atom::AtomTable;
use crate::term::{Area, Term, atoms};
use std::borrow::Cow;

/// Names of headers that become atoms, in the order of the numbers that they have as terms, from 1.
const HEADERS: [&str; 52] = [
    "Cache-Control",
    "Connection",
    "Date",
    "Pragma",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "From",
    "Host",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "User-Agent",
    "Age",
    "Location",
    "Proxy-Authenticate",
    "Public",
    "Retry-After",
    "Server",
    "Vary",
    "Warning",
    "Www-Authenticate",
    "Allow",
    "Content-Base",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Md5",
    "Content-Range",
    "Content-Type",
    "Etag",
    "Expires",
    "Last-Modified",
    "Accept-Ranges",
    "Set-Cookie",
    "Set-Cookie2",
    "X-Forwarded-For",
    "Cookie",
    "Keep-Alive",
    "Proxy-Connection",
];

/// Methods that become atoms.
const METHODS: [&str; 7] = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"];

/// Longer names of headers are left as they came.
const MAX_NAME: usize = 50;

/// What a packet says.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the parts by the names that OTP's documentation explains")]
pub enum Parsed<'b> {
    Response { version: (i32, i32), status: i32, phrase: &'b [u8] },
    Request { method: &'b [u8], uri: Uri<'b>, version: (i32, i32) },
    Header { name: Cow<'b, [u8]>, original: &'b [u8], value: &'b [u8] },
    EndOfHeaders,
    Error(&'b [u8]),
    SslTls { kind: u8, version: (u8, u8), prefix: Option<[u8; 4]>, data: &'b [u8] },
}

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the parts by the names that OTP's documentation explains")]
pub enum Uri<'b> {
    Star,
    AbsPath(&'b [u8]),
    Absolute { secure: bool, host: &'b [u8], port: Option<i32>, path: &'b [u8] },
    Scheme(&'b [u8], &'b [u8]),
    Other(&'b [u8]),
}

fn is_space(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// Not part of a token.
fn is_special(b: u8) -> bool {
    b <= 32 || b >= 128 || b"()<>@,;:\\\"/[]?={}".contains(&b)
}

pub(super) fn length(
    bytes: &[u8],
    limits: Limits,
    headers: bool,
) -> Result<Option<usize>, Invalid> {
    if bytes == b"\n" || bytes == b"\r\n" {
        return Ok(Some(bytes.len()));
    }
    let most = match (limits.packet, limits.line) {
        (0, 0) => usize::MAX,
        (0, line) => line,
        (packet, _) => packet,
    };
    let mut from = 0;
    loop {
        let Some(at) = bytes[from..].iter().position(|b| *b == b'\n') else {
            return if bytes.len() >= most { Err(Invalid) } else { Ok(None) };
        };
        let n = from + at + 1;
        // A header goes on where the next line begins with a space.
        let continues = headers && n > 2 && bytes.get(n).is_some_and(|b| is_space(*b));
        if continues {
            from = n;
            continue;
        }
        if n > most {
            return Err(Invalid);
        }
        return Ok((!headers || n < bytes.len()).then_some(n));
    }
}

/// A line of HTTP; `headers` tells whether headers come, and is changed to what comes next.
pub(super) fn parse<'b>(packet: &'b [u8], headers: &mut bool) -> Parsed<'b> {
    let line = match packet {
        [line @ .., b'\r', _] => line,
        [line @ .., b'\n'] => line,
        line => line,
    };
    if !*headers {
        let start = if line.starts_with(b"HTTP/") { response(&line[5..]) } else { request(line) };
        *headers = start.is_some();
        return start.unwrap_or(Parsed::Error(packet));
    }
    if line.is_empty() {
        *headers = false;
        return Parsed::EndOfHeaders;
    }
    header(line).unwrap_or(Parsed::Error(packet))
}

/// A number at the head of `s`, which may have no digits, and the rest.
fn digits(s: &[u8]) -> (i32, &[u8]) {
    let n = s.iter().position(|b| !b.is_ascii_digit()).unwrap_or(s.len());
    let value =
        s[..n].iter().fold(0i32, |v, b| v.wrapping_mul(10).wrapping_add(i32::from(b - b'0')));
    (value, &s[n..])
}

fn skip_spaces(s: &[u8]) -> &[u8] {
    &s[s.iter().position(|b| !is_space(*b)).unwrap_or(s.len())..]
}

/// `MAJOR.MINOR` at the head of `s`, and the rest.
fn version(s: &[u8]) -> Option<((i32, i32), &[u8])> {
    let (major, rest) = digits(s);
    let after = rest.strip_prefix(b".").filter(|_| rest.len() < s.len())?;
    let (minor, rest) = digits(after);
    (rest.len() < after.len()).then_some(((major, minor), rest))
}

fn response(s: &[u8]) -> Option<Parsed<'_>> {
    let (version, rest) = version(s)?;
    let after = skip_spaces(rest);
    if after.len() == rest.len() {
        return None;
    }
    let (status, rest) = digits(after);
    let phrase = skip_spaces(rest);
    if phrase.len() == rest.len() && !phrase.is_empty() {
        return None;
    }
    Some(Parsed::Response { version, status, phrase })
}

fn request(line: &[u8]) -> Option<Parsed<'_>> {
    let n = line.iter().position(|b| is_special(*b))?;
    let (method, rest) = line.split_at(n);
    if method.is_empty() || !is_space(rest[0]) {
        return None;
    }
    let rest = skip_spaces(rest);
    let (target, rest) =
        rest.split_at(rest.iter().position(|b| is_space(*b)).unwrap_or(rest.len()));
    if target.is_empty() {
        return None;
    }
    let rest = skip_spaces(rest);
    let version = if rest.is_empty() {
        (0, 9)
    } else if rest.len() < 8 {
        return None;
    } else {
        version(rest.strip_prefix(b"HTTP/")?)?.0
    };
    Some(Parsed::Request { method, uri: uri(target), version })
}

fn uri(s: &[u8]) -> Uri<'_> {
    let after = |scheme: &[u8]| {
        s.get(..scheme.len()).filter(|head| head.eq_ignore_ascii_case(scheme))?;
        Some(&s[scheme.len()..])
    };
    if s == b"*" {
        Uri::Star
    } else if s.len() <= 1 || s[0] == b'/' {
        Uri::AbsPath(s)
    } else if let Some(rest) = after(b"http://") {
        absolute(false, rest)
    } else if let Some(rest) = after(b"https://") {
        absolute(true, rest)
    } else {
        match s.iter().position(|b| *b == b':') {
            None => Uri::Other(s),
            Some(at) => Uri::Scheme(&s[..at], &s[at + 1..]),
        }
    }
}

fn absolute(secure: bool, s: &[u8]) -> Uri<'_> {
    let (place, path): (&[u8], &[u8]) = match s.iter().position(|b| *b == b'/') {
        None => (s, b"/"),
        Some(at) => s.split_at(at),
    };
    let (host, port) = match place.iter().position(|b| *b == b':') {
        None => (place, None),
        Some(at) => {
            let (port, rest) = digits(&place[at + 1..]);
            (&place[..at], (rest.is_empty() && port != 0).then_some(port))
        }
    };
    Uri::Absolute { secure, host, port, path }
}

fn header(line: &[u8]) -> Option<Parsed<'_>> {
    let n = line.iter().position(|b| is_special(*b)).filter(|n| line[*n] == b':')?;
    let original = &line[..n];
    let name = if n <= MAX_NAME { Cow::Owned(adjusted(original)) } else { Cow::Borrowed(original) };
    Some(Parsed::Header { name, original, value: skip_spaces(&line[n + 1..]) })
}

/// The name of a header with capitals at the front of its words.
fn adjusted(name: &[u8]) -> Vec<u8> {
    let mut up = true;
    let adjust = |b: &u8| {
        if up {
            up = false;
            return b.to_ascii_uppercase();
        }
        up = *b == b'-';
        b.to_ascii_lowercase()
    };
    name.iter().map(adjust).collect()
}

pub(super) fn ssl_tls(packet: &[u8]) -> Parsed<'_> {
    if super::is_ssl2_hello(packet) {
        let data = &packet[3..];
        let [_, a, b, c] = (data.len() as u32).to_be_bytes();
        // What comes is given the head that it has in later versions.
        let version = (packet[3], packet[4]);
        Parsed::SslTls { kind: 22, version, prefix: Some([1, a, b, c]), data }
    } else {
        let version = (packet[1], packet[2]);
        Parsed::SslTls { kind: packet[0], version, prefix: None, data: &packet[5..] }
    }
}

impl Parsed<'_> {
    /// About how many words its term takes.
    pub fn words(&self) -> usize {
        let bytes = match self {
            Parsed::Response { phrase, .. } => phrase.len(),
            Parsed::Request { method, uri, .. } => method.len() + uri.len(),
            Parsed::Header { name, original, value } => name.len() + original.len() + value.len(),
            Parsed::EndOfHeaders => 0,
            Parsed::Error(line) => line.len(),
            Parsed::SslTls { .. } => 64,
        };
        32 + 2 * bytes
    }

    /// What it is called: `http` or `ssl_tls`.
    pub fn is_tls(&self) -> bool {
        matches!(self, Parsed::SslTls { .. })
    }

    /// Its term. `source` is where it came from, which stands in records of TLS.
    pub fn term<'q>(
        &self,
        a: &mut Area<'q>,
        names: &AtomTable,
        binaries: bool,
        source: Term<'q>,
    ) -> Term<'q> {
        let text = |a: &mut Area<'q>, s: &[u8]| {
            if binaries { a.binary(s) } else { a.byte_list(s, Term::nil()) }
        };
        let atom = |s: &[u8]| {
            let name = std::str::from_utf8(s).ok()?;
            Some(Term::atom(names.intern(name).ok()?))
        };
        let pair = |a: &mut Area<'q>, (major, minor): (i32, i32)| {
            a.tuple(&[Term::small(i64::from(major)), Term::small(i64::from(minor))])
        };
        match self {
            Parsed::Response { version, status, phrase } => {
                let version = pair(a, *version);
                let phrase = text(a, phrase);
                let status = Term::small(i64::from(*status));
                a.tuple(&[Term::atom(atoms::HTTP_RESPONSE), version, status, phrase])
            }
            Parsed::Request { method, uri, version } => {
                let known = METHODS.iter().any(|m| m.as_bytes() == *method);
                let method = match atom(method).filter(|_| known) {
                    Some(method) => method,
                    None => text(a, method),
                };
                let uri = uri.term(a, text);
                let version = pair(a, *version);
                a.tuple(&[Term::atom(atoms::HTTP_REQUEST), method, uri, version])
            }
            Parsed::Header { name, original, value } => {
                let known = HEADERS.iter().position(|h| h.as_bytes() == &**name);
                let number = known.map_or(0, |i| i as i64 + 1);
                let name = match atom(name).filter(|_| known.is_some()) {
                    Some(name) => name,
                    None => text(a, name),
                };
                let (original, value) = (text(a, original), text(a, value));
                let tag = Term::atom(atoms::HTTP_HEADER);
                a.tuple(&[tag, Term::small(number), name, original, value])
            }
            Parsed::EndOfHeaders => Term::atom(atoms::HTTP_EOH),
            Parsed::Error(line) => {
                let line = text(a, line);
                a.tuple(&[Term::atom(atoms::HTTP_ERROR), line])
            }
            Parsed::SslTls { kind, version, prefix, data } => {
                let data = match prefix {
                    None => a.binary(data),
                    Some(prefix) => a.binary(&[&prefix[..], data].concat()),
                };
                let version = pair(a, (i32::from(version.0), i32::from(version.1)));
                let kind = Term::small(i64::from(*kind));
                a.tuple(&[Term::atom(atoms::SSL_TLS), source, kind, version, data])
            }
        }
    }
}

impl Uri<'_> {
    fn len(&self) -> usize {
        match self {
            Uri::Star => 0,
            Uri::AbsPath(s) | Uri::Other(s) => s.len(),
            Uri::Absolute { host, path, .. } => host.len() + path.len(),
            Uri::Scheme(a, b) => a.len() + b.len(),
        }
    }

    fn term<'q>(
        &self,
        a: &mut Area<'q>,
        text: impl Fn(&mut Area<'q>, &[u8]) -> Term<'q>,
    ) -> Term<'q> {
        match *self {
            Uri::Star => Term::atom(atoms::STAR),
            Uri::AbsPath(path) => {
                let path = text(a, path);
                a.tuple(&[Term::atom(atoms::ABS_PATH), path])
            }
            Uri::Absolute { secure, host, port, path } => {
                let scheme = Term::atom(if secure { atoms::HTTPS } else { atoms::HTTP });
                let (host, path) = (text(a, host), text(a, path));
                let port = match port {
                    None => Term::atom(atoms::UNDEFINED),
                    Some(port) => Term::small(i64::from(port)),
                };
                a.tuple(&[Term::atom(atoms::ABSOLUTE_URI), scheme, host, port, path])
            }
            Uri::Scheme(scheme, rest) => {
                let (scheme, rest) = (text(a, scheme), text(a, rest));
                a.tuple(&[Term::atom(atoms::SCHEME), scheme, rest])
            }
            Uri::Other(s) => text(a, s),
        }
    }
}
