//! `zlib`: compressing and decompressing whole data in one call.
//!
//! In the release these functions are Erlang code over streams (`zlib:open/0`, `deflate/3`, ..),
//! whose natives the machine does not have: calling those is `undef`. The bytes that compressing
//! gives may differ from stock's; what they decompress to does not.

use crate::iolist;
use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::{Read, Write};
use vm::native::{Native, Outcome, Raise};
use vm::term::Term;

vm::natives! {
    /// Whole data.
    pub static NATIVES: "zlib" {
        dirty_cpu "compress"/1 = compress,
        dirty_cpu "uncompress"/1 = uncompress,
        dirty_cpu "zip"/1 = zip,
        dirty_cpu "unzip"/1 = unzip,
        dirty_cpu "gzip"/1 = gzip,
        dirty_cpu "gunzip"/1 = gunzip,
    }
}

fn bytes<'p>(data: Term<'p>) -> Result<Vec<u8>, Raise<'p>> {
    let size = iolist::size(data).map_err(|_| Raise::badarg())?;
    let mut out = vec![0; size];
    iolist::fill(data, &mut out).map_err(|_| Raise::badarg())?;
    Ok(out)
}

/// Writing to memory does not fail.
fn packed<'p>(cx: &mut Native<'p>, out: std::io::Result<Vec<u8>>) -> Outcome<'p> {
    Ok(cx.binary(&out.map_err(|_| Raise::system_limit())?))
}

fn unpacked<'p>(cx: &mut Native<'p>, mut from: impl Read) -> Outcome<'p> {
    let mut out = Vec::new();
    match from.read_to_end(&mut out) {
        Ok(_) => Ok(cx.binary(&out)),
        Err(_) => {
            let reason = cx.atom("data_error")?;
            Err(Raise::error(reason))
        }
    }
}

fn compress<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let out = encoder.write_all(&bytes(data)?).and_then(|()| encoder.finish());
    packed(cx, out)
}

fn uncompress<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    unpacked(cx, ZlibDecoder::new(&bytes(data)?[..]))
}

fn zip<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let out = encoder.write_all(&bytes(data)?).and_then(|()| encoder.finish());
    packed(cx, out)
}

fn unzip<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    unpacked(cx, DeflateDecoder::new(&bytes(data)?[..]))
}

fn gzip<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let out = encoder.write_all(&bytes(data)?).and_then(|()| encoder.finish());
    packed(cx, out)
}

fn gunzip<'p>(cx: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    unpacked(cx, MultiGzDecoder::new(&bytes(data)?[..]))
}
