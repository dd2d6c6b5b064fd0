//! Checksums: MD5, CRC-32, Adler-32.
//!
//! The context of an unfinished MD5 is a binary, as in stock; what is in it is our own.

use crate::iolist::{self, Part};
use md5::digest::common::hazmat::{SerializableState, SerializedState};
use md5::{Digest, Md5};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::Term;
use zlib_rs::adler32::{adler32, adler32_combine};
use zlib_rs::crc32::crc32_combine;

vm::natives! {
    /// Checksums.
    pub static NATIVES: "erlang" {
        "md5"/1 = md5,
        "md5_init"/0 = md5_init,
        "md5_update"/2 = md5_update,
        "md5_final"/1 = md5_final,
        "crc32"/1 = crc32_1,
        "crc32"/2 = crc32_2,
        "crc32_combine"/3 = crc32_combine_3,
        "adler32"/1 = adler32_1,
        "adler32"/2 = adler32_2,
        "adler32_combine"/3 = adler32_combine_3,
    }
}

/// Calls `f` with the bytes of an iolist, run by run.
fn each_run<'p>(
    cx: &mut Native<'p>,
    data: Term<'p>,
    mut f: impl FnMut(&[u8]),
) -> Result<(), Raise<'p>> {
    cx.work_on(data)?;
    // Mostly it is one binary.
    if let Some(bytes) = data.as_bits().and_then(|bits| bits.as_bytes()) {
        f(bytes);
        return Ok(());
    }
    iolist::size(data).map_err(|_| Raise::badarg())?;
    let mut bytes = Vec::new();
    iolist::walk(data, |part| match part {
        Part::Bytes(run) => bytes.extend(run),
        Part::Bits(_, bits) => {
            f(&bytes);
            bytes.clear();
            f(&bits.to_bytes());
        }
    })
    .map_err(|_| Raise::badarg())?;
    f(&bytes);
    Ok(())
}

fn md5<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut state = Md5::new();
    each_run(cx, data, |bytes| state.update(bytes))?;
    Ok(cx.binary(&state.finalize()))
}

fn save<'p>(cx: &mut Native<'p>, state: &Md5) -> Term<'p> {
    cx.binary(&state.serialize())
}

fn load<'p>(context: Term<'p>) -> Result<Md5, Raise<'p>> {
    let bytes = crate::text::binary(context).ok_or_else(Raise::badarg)?;
    let state = SerializedState::<Md5>::try_from(&*bytes).map_err(|_| Raise::badarg())?;
    Md5::deserialize(&state).map_err(|_| Raise::badarg())
}

fn md5_init<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(save(cx, &Md5::new()))
}

fn md5_update<'p>(cx: &mut Native<'p>, [context, data]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut state = load(context)?;
    each_run(cx, data, |bytes| state.update(bytes))?;
    Ok(save(cx, &state))
}

fn md5_final<'p>(cx: &mut Native<'p>, [context]: [Term<'p>; 1]) -> Outcome<'p> {
    let state = load(context)?;
    Ok(cx.binary(&state.finalize()))
}

/// From so many bytes on the library is faster: it copies a table of 2 KB first.
const LONG: usize = 128;

/// What every byte does to the lowest byte of a CRC-32.
const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < table.len() {
        let (mut rest, mut bit) = (i as u32, 0);
        while bit < 8 {
            // The polynomial of the IEEE's standard 802.3, lowest bit first.
            rest = rest >> 1 ^ if rest & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        table[i] = rest;
        i += 1;
    }
    table
};

fn crc32(from: u32, bytes: &[u8]) -> u32 {
    if bytes.len() >= LONG {
        return zlib_rs::crc32::crc32(from, bytes);
    }
    let step = |sum: u32, byte: &u8| sum >> 8 ^ CRC_TABLE[usize::from(sum as u8 ^ byte)];
    !bytes.iter().fold(!from, step)
}

type Update = fn(u32, &[u8]) -> u32;

fn checksum<'p>(cx: &mut Native<'p>, from: u32, data: Term<'p>, f: Update) -> Outcome<'p> {
    let mut sum = from;
    each_run(cx, data, |bytes| sum = f(sum, bytes))?;
    Ok(cx.uint(sum.into()))
}

fn crc32_1<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    checksum(cx, 0, data, crc32)
}

fn crc32_2<'p>(cx: &mut Native<'p>, [from, data]: [Term<'p>; 2]) -> Outcome<'p> {
    checksum(cx, arg(from)?, data, crc32)
}

fn adler32_1<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    checksum(cx, 1, data, adler32)
}

fn adler32_2<'p>(cx: &mut Native<'p>, [from, data]: [Term<'p>; 2]) -> Outcome<'p> {
    checksum(cx, arg(from)?, data, adler32)
}

fn crc32_combine_3<'p>(cx: &mut Native<'p>, [a, b, len]: [Term<'p>; 3]) -> Outcome<'p> {
    let sum = crc32_combine(arg(a)?, arg(b)?, arg(len)?);
    Ok(cx.uint(sum.into()))
}

fn adler32_combine_3<'p>(cx: &mut Native<'p>, [a, b, len]: [Term<'p>; 3]) -> Outcome<'p> {
    // Of no bytes the second sum says nothing, whatever it is.
    let (first, second, len) = (arg(a)?, arg(b)?, arg(len)?);
    let sum = if len == 0 { first } else { adler32_combine(first, second, len) };
    Ok(cx.uint(sum.into()))
}
