//! The container of a .beam file: an IFF form `FOR1` of type `BEAM`, possibly gzip-compressed as a
//! whole. Splits it into named chunks; what is inside a chunk is `chunks/`.
//!
//! Invariant: chunks borrow from the (inflated) file, and inflating is bounded by the size that the
//! file itself declares and by [`MAX_INFLATED`].

use crate::error::LoadError;
use flate2::read::{GzDecoder, ZlibDecoder};
use nom::bytes::complete::{tag, take};
use nom::number::complete::be_u32;
use nom::{IResult, Parser};
use std::borrow::Cow;
use std::io::Read;

/// No file or literal table may inflate to more than this many bytes.
pub const MAX_INFLATED: usize = 256 << 20;

/// One chunk: its four-byte name and its data without padding.
#[derive(Clone, Copy, Debug)]
pub struct RawChunk {
    /// Four bytes, usually ASCII.
    pub name: [u8; 4],
    start: usize,
    len: usize,
}

/// A .beam file split into chunks.
#[derive(Debug)]
pub struct Container<'a> {
    data: Cow<'a, [u8]>,
    chunks: Vec<RawChunk>,
}

impl<'a> Container<'a> {
    /// Splits a file, inflating it first if it is gzip-compressed.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LoadError> {
        let data = if bytes.starts_with(&[0x1f, 0x8b]) {
            Cow::Owned(gunzip(bytes)?)
        } else {
            Cow::Borrowed(bytes)
        };
        let chunks = split(&data)?;
        Ok(Self { data, chunks })
    }

    /// All chunks in file order.
    pub fn chunks(&self) -> &[RawChunk] {
        &self.chunks
    }

    /// The data of a chunk of this container.
    pub fn data(&self, chunk: &RawChunk) -> &[u8] {
        &self.data[chunk.start..chunk.start + chunk.len]
    }

    /// The data of the last chunk with this name (stock keeps the last one too).
    pub fn get(&self, name: &[u8; 4]) -> Option<&[u8]> {
        self.chunks.iter().rev().find(|c| &c.name == name).map(|c| self.data(c))
    }
}

fn header(input: &[u8]) -> IResult<&[u8], u32, ()> {
    let (rest, (_, size, _)) =
        (tag(&b"FOR1"[..]), be_u32, tag(&b"BEAM"[..])).parse_complete(input)?;
    Ok((rest, size))
}

fn split(data: &[u8]) -> Result<Vec<RawChunk>, LoadError> {
    let Ok((body, size)) = header(data) else {
        return Err(LoadError::new("file", 0, "this is not a .beam file (no FOR1....BEAM header)"));
    };
    // `size` counts the form type too. Bytes after the form are ignored, as stock does.
    let Some(body) = (size as usize).checked_sub(4).and_then(|n| body.get(..n)) else {
        return Err(LoadError::new(
            "file",
            4,
            format!(
                "the header declares {size} bytes after byte 8 but the file has {}",
                data.len() - 8
            ),
        ));
    };
    let end = 12 + body.len();
    let mut chunks = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let at = end - rest.len();
        let parsed: IResult<&[u8], (&[u8], u32), ()> = (take(4usize), be_u32).parse_complete(rest);
        let Ok((after, (name, len))) = parsed else {
            return Err(LoadError::new("file", at, "the file ends inside a chunk header"));
        };
        let len = len as usize;
        // Padding to four bytes must be there, as stock demands.
        let stored = len.next_multiple_of(4);
        if stored > after.len() {
            return Err(LoadError::new(
                "file",
                at,
                format!(
                    "chunk {} declares {len} bytes but {} are left in the file",
                    String::from_utf8_lossy(name),
                    after.len()
                ),
            ));
        }
        let name = [name[0], name[1], name[2], name[3]];
        chunks.push(RawChunk { name, start: at + 8, len });
        rest = &after[stored..];
    }
    Ok(chunks)
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut decoder = GzDecoder::new(bytes);
    let bad = |e: std::io::Error| LoadError::new("file", 0, format!("bad gzip data: {e}"));
    let mut head = [0; 12];
    decoder.read_exact(&mut head).map_err(bad)?;
    let Ok((_, size)) = header(&head) else {
        return Err(LoadError::new("file", 0, "a gzip file whose content is not a .beam file"));
    };
    let total = size as usize + 8;
    if !(12..=MAX_INFLATED).contains(&total) {
        return Err(LoadError::new("file", 4, format!("unreasonable declared size {size}")));
    }
    let mut out = head.to_vec();
    decoder.take(total as u64 - 12).read_to_end(&mut out).map_err(bad)?;
    Ok(out)
}

/// Inflates zlib data that must come to exactly `declared` bytes. Memory grows with what really
/// comes out, never with what is merely declared.
pub(crate) fn inflate(
    chunk: &'static str,
    data: &[u8],
    declared: usize,
) -> Result<Vec<u8>, LoadError> {
    if declared > MAX_INFLATED {
        return Err(LoadError::new(chunk, 0, format!("unreasonable declared size {declared}")));
    }
    let mut out = Vec::with_capacity(declared.min(data.len().saturating_mul(8)));
    // One byte more than declared, to notice a longer stream.
    let read = ZlibDecoder::new(data).take(declared as u64 + 1).read_to_end(&mut out);
    if let Err(e) = read {
        return Err(LoadError::new(chunk, 4, format!("bad zlib data: {e}")));
    }
    if out.len() != declared {
        return Err(LoadError::new(
            chunk,
            0,
            format!("the declared size is {declared} bytes but the data does not inflate to that"),
        ));
    }
    Ok(out)
}
