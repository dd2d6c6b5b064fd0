//! `decode_packet/3`: the packet types of sockets, for binaries.

use vm::native::{Native, Outcome, Raise};
use vm::packet::{self, Limits, PacketType};
use vm::term::{Term, View, atoms};

vm::natives! {
    /// Cutting packets.
    pub static NATIVES: "erlang" {
        "decode_packet"/3 = decode_packet,
    }
}

fn packet_type(t: Term<'_>) -> Option<PacketType> {
    use PacketType::{
        Asn1, Cdr, Fcgi, Four, Http, HttpBin, Httph, HttphBin, Line, One, Raw, SslTls, Sunrm, Tpkt,
        Two,
    };
    if let Some(n) = t.as_small() {
        return match n {
            0 => Some(Raw),
            1 => Some(One),
            2 => Some(Two),
            4 => Some(Four),
            _ => None,
        };
    }
    Some(match t.as_atom()?.name() {
        "raw" => Raw,
        "asn1" => Asn1,
        "sunrm" => Sunrm,
        "cdr" => Cdr,
        "fcgi" => Fcgi,
        "line" => Line,
        "tpkt" => Tpkt,
        "http" => Http,
        "httph" => Httph,
        "http_bin" => HttpBin,
        "httph_bin" => HttphBin,
        "ssl_tls" => SslTls,
        _ => return None,
    })
}

fn limits(kind: PacketType, options: Term<'_>) -> Option<Limits> {
    let mut limits = Limits { packet: 0, line: 0, delimiter: b'\n' };
    for option in options.list_to_vec()? {
        let [name, value] = option.as_tuple_of::<2>()?;
        let value = u32::try_from(value.as_usize()?).ok()?;
        match name.as_atom()?.name() {
            "packet_size" => limits.packet = value as usize,
            "line_length" => limits.line = value as usize,
            "line_delimiter" if kind == PacketType::Line => {
                limits.delimiter = u8::try_from(value).ok()?;
            }
            _ => return None,
        }
    }
    Some(limits)
}

fn decode_packet<'p>(cx: &mut Native<'p>, [kind, bytes, options]: [Term<'p>; 3]) -> Outcome<'p> {
    let Some(kind) = packet_type(kind) else {
        let badopt = cx.atom("badopt")?;
        return Err(Raise::error_with_cause(atoms::BADARG, badopt));
    };
    let View::Bits(bits) = bytes.view() else { return Err(Raise::badarg()) };
    let limits = limits(kind, options).ok_or_else(Raise::badarg)?;
    // Bits behind the last whole byte belong to the rest.
    let all = bits.part(0, bits.bits / 8 * 8).to_bytes();
    let mut headers = false;
    let length = match packet::length(kind, &all, limits, &mut headers) {
        Ok(length) => length,
        Err(packet::Invalid) => {
            return Ok(cx.tuple(&[Term::atom(atoms::ERROR), Term::atom(atoms::INVALID)]));
        }
    };
    let Some(length) = length.filter(|n| *n <= all.len()) else {
        let length = match length {
            None => Term::atom(atoms::UNDEFINED),
            Some(n) => cx.uint(n as u64),
        };
        return Ok(cx.tuple(&[Term::atom(atoms::MORE), length]));
    };
    let packet = &all[..length];
    let result = match packet::parse(kind, packet, &mut headers) {
        Some(parsed) => {
            let names = &cx.vm().atoms;
            parsed.term(cx, names, kind.texts_are_binaries(), Term::nil())
        }
        None => {
            let from = kind.header();
            cx.sub_binary(bytes, &all, from, from + packet::body(kind, packet).len())
        }
    };
    let rest = if bits.is_binary() {
        cx.sub_binary(bytes, &all, length, all.len())
    } else {
        cx.sub_bits(bytes, length * 8, bits.bits - length * 8)
    };
    cx.bump_reductions(length / 1000);
    Ok(cx.tuple(&[Term::atom(atoms::OK), result, rest]))
}
