//! How a stream of bytes is cut into packets: the packet types of `inet:setopts/2` and of
//! `erlang:decode_packet/3`, which share this. Plain data in, plain data out.
//!
//! A length that a packet states is believed only as far as 31 bits go, and nothing here allocates
//! for it: whoever reads a stream takes room as bytes come.

mod http;

pub use http::{Parsed, Uri};

/// The types of packets, numbered as `inet`'s drivers are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the types by the names that OTP's documentation explains")]
pub enum PacketType {
    Raw = 0,
    One = 1,
    Two = 2,
    Four = 3,
    Asn1 = 4,
    Sunrm = 5,
    Cdr = 6,
    Fcgi = 7,
    Line = 8,
    Tpkt = 9,
    Http = 10,
    Httph = 11,
    SslTls = 12,
    HttpBin = 13,
    HttphBin = 14,
}

use PacketType::{
    Asn1, Cdr, Fcgi, Four, Http, HttpBin, Httph, HttphBin, Line, One, Raw, SslTls, Sunrm, Tpkt, Two,
};

/// All types, in the order of their numbers.
const ALL: [PacketType; 15] = [
    Raw, One, Two, Four, Asn1, Sunrm, Cdr, Fcgi, Line, Tpkt, Http, Httph, SslTls, HttpBin, HttphBin,
];

impl PacketType {
    /// The type of that number.
    pub fn from_number(n: u32) -> Option<PacketType> {
        ALL.get(n as usize).copied()
    }

    /// Whether texts of parsed packets are binaries.
    pub fn texts_are_binaries(self) -> bool {
        matches!(self, HttpBin | HttphBin)
    }

    /// The number of bytes in front of what is sent that hold its length.
    pub fn header(self) -> usize {
        match self {
            One => 1,
            Two => 2,
            Four => 4,
            _ => 0,
        }
    }
}

/// What limits packets; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest packet.
    pub packet: usize,
    /// Lines that are longer come in pieces.
    pub line: usize,
    /// What ends a line.
    pub delimiter: u8,
}

/// The bytes are no packet of the type, or it is too large.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invalid;

/// The length of the packet at the head of `bytes`, which may be more than there are; `None` if
/// that cannot be told yet. `headers` is the state of HTTP: whether headers come next.
pub fn length(
    kind: PacketType,
    bytes: &[u8],
    limits: Limits,
    headers: &mut bool,
) -> Result<Option<usize>, Invalid> {
    let n = bytes.len();
    let (header, body) = match kind {
        Raw => return Ok((n > 0).then_some(n)),
        Line => return line(bytes, limits),
        Http | HttpBin | Httph | HttphBin => {
            *headers |= matches!(kind, Httph | HttphBin);
            return http::length(bytes, limits, *headers);
        }
        One | Two | Four | Sunrm => {
            let size = if kind == Sunrm { 4 } else { kind.header() };
            let Some(head) = bytes.get(..size) else { return Ok(None) };
            let mask = if kind == Sunrm { 0x7fff_ffff } else { u64::MAX };
            (size, number(head) & mask)
        }
        Asn1 => match asn1(bytes)? {
            Some(sizes) => sizes,
            None => return Ok(None),
        },
        Cdr => {
            let Some(head) = bytes.get(..12) else { return Ok(None) };
            if &head[..4] != b"GIOP" {
                return Err(Invalid);
            }
            let mut size = [head[8], head[9], head[10], head[11]];
            if head[6] & 1 != 0 {
                size.reverse();
            }
            (12, number(&size))
        }
        Fcgi => {
            let Some(head) = bytes.get(..8) else { return Ok(None) };
            if head[0] != 1 {
                return Err(Invalid);
            }
            (8, number(&head[4..6]) + u64::from(head[6]))
        }
        Tpkt => {
            let Some(head) = bytes.get(..4) else { return Ok(None) };
            if head[0] != 3 {
                return Err(Invalid);
            }
            (4, number(&head[2..4]).checked_sub(4).ok_or(Invalid)?)
        }
        SslTls => {
            let Some(head) = bytes.get(..5) else { return Ok(None) };
            if is_ssl2_hello(head) {
                (5, (number(&head[..2]) & 0x7fff).checked_sub(3).ok_or(Invalid)?)
            } else {
                (5, number(&head[3..5]))
            }
        }
    };
    if limits.packet > 0 && body > limits.packet as u64 {
        return Err(Invalid);
    }
    let total = header as u64 + body;
    if total > i32::MAX as u64 {
        return Err(Invalid);
    }
    Ok(Some(total as usize))
}

/// The part of a packet that is handed on.
pub fn body(kind: PacketType, packet: &[u8]) -> &[u8] {
    match kind {
        One | Two | Four => &packet[kind.header()..],
        Fcgi => &packet[..packet.len() - usize::from(packet[6])],
        _ => packet,
    }
}

/// What a packet says, for types whose packets are parsed.
pub fn parse<'b>(kind: PacketType, packet: &'b [u8], headers: &mut bool) -> Option<Parsed<'b>> {
    match kind {
        Http | HttpBin | Httph | HttphBin => Some(http::parse(packet, headers)),
        SslTls => Some(http::ssl_tls(packet)),
        _ => None,
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn is_ssl2_hello(head: &[u8]) -> bool {
    head[0] & 0x80 != 0 && head[2] == 1
}

fn line(bytes: &[u8], limits: Limits) -> Result<Option<usize>, Invalid> {
    let Limits { packet, line, delimiter } = limits;
    match bytes.iter().position(|b| *b == delimiter) {
        None if packet > 0 && bytes.len() > packet => Err(Invalid),
        None => Ok((line > 0 && bytes.len() >= line).then_some(line)),
        Some(at) if packet > 0 && at + 1 > packet => Err(Invalid),
        Some(at) if line > 0 && at + 1 > line => Ok(Some(line)),
        Some(at) => Ok(Some(at + 1)),
    }
}

/// Sizes of header and body of a packet with a BER tag and length.
fn asn1(bytes: &[u8]) -> Result<Option<(usize, u64)>, Invalid> {
    if bytes.len() < 2 {
        return Ok(None);
    }
    let mut at = 1;
    if bytes[0] & 0x1f == 0x1f {
        while at < bytes.len() && bytes[at] & 0x80 != 0 {
            at += 1;
        }
        if bytes.len() - at < 2 {
            return Ok(None);
        }
        at += 1;
    }
    let length = bytes[at];
    at += 1;
    if length & 0x80 == 0 {
        return Ok(Some((at, u64::from(length))));
    }
    let size = usize::from(length & 0x7f);
    let Some(digits) = bytes.get(at..at + size) else { return Ok(None) };
    if size > 4 {
        return Err(Invalid);
    }
    Ok(Some((at + size, number(digits))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever comes, the answer is a length or a refusal, and what is whole can be parsed.
        #[test]
        fn any_bytes_have_an_answer(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            kind in 0u32..15,
            packet in 0usize..40,
            line in 0usize..40,
        ) {
            let kind = PacketType::from_number(kind).unwrap();
            let limits = Limits { packet, line, delimiter: b'\n' };
            let mut headers = false;
            if let Ok(Some(n)) = length(kind, &bytes, limits, &mut headers) {
                prop_assert!(n > 0 && n <= i32::MAX as usize);
                if n <= bytes.len() {
                    body(kind, &bytes[..n]);
                    parse(kind, &bytes[..n], &mut headers);
                }
            }
        }

        /// More bytes never take back what fewer told.
        #[test]
        fn lengths_stay(
            bytes in prop::collection::vec(any::<u8>(), 1..60),
            kind in prop::sample::select(vec![One, Two, Four, Asn1, Sunrm, Cdr, Fcgi, Tpkt, SslTls]),
        ) {
            let limits = Limits { packet: 0, line: 0, delimiter: b'\n' };
            let mut told = None;
            for n in 0..=bytes.len() {
                let now = length(kind, &bytes[..n], limits, &mut false);
                if told.is_some() {
                    prop_assert_eq!(Some(now), told);
                } else if now != Ok(None) {
                    told = Some(now);
                }
            }
        }
    }
}
