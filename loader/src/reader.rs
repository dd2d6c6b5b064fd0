//! A cursor over one chunk: big-endian numbers, byte runs and the compact tagged encoding.
//!
//! Every read is checked against the chunk's end and fails with the chunk's name and offset.
//! The tagged encoding is described in the comments of OTP's `beam_asm`: three tag bits, then the
//! value in 4 bits, 11 bits, 2 to 8 bytes, or more bytes with an explicit length.

use crate::error::LoadError;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, bytes::complete::take};

/// What the low three bits of an operand say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    U,
    I,
    A,
    X,
    Y,
    F,
    H,
    Z,
}

const TAGS: [Tag; 8] = [Tag::U, Tag::I, Tag::A, Tag::X, Tag::Y, Tag::F, Tag::H, Tag::Z];

/// A tagged value as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tagged<'a> {
    /// Fits in 11 bits, so never negative.
    Small(Tag, u64),
    /// Two or more bytes, big-endian; two's complement where the tag is `I`.
    Bytes(Tag, &'a [u8]),
}

#[derive(Clone)]
pub(crate) struct Reader<'a> {
    chunk: &'static str,
    data: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(chunk: &'static str, data: &'a [u8]) -> Self {
        Self { chunk, data, rest: data }
    }

    pub fn offset(&self) -> usize {
        self.data.len() - self.rest.len()
    }

    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn err(&self, what: impl Into<std::borrow::Cow<'static, str>>) -> LoadError {
        LoadError::new(self.chunk, self.offset(), what)
    }

    fn run<T>(
        &mut self,
        what: &'static str,
        parse: impl FnOnce(&'a [u8]) -> IResult<&'a [u8], T, ()>,
    ) -> Result<T, LoadError> {
        match parse(self.rest) {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(_) => Err(self.err(format!("the chunk ends where {what} should be"))),
        }
    }

    #[inline]
    pub fn u8(&mut self) -> Result<u8, LoadError> {
        self.run("a byte", be_u8)
    }

    pub fn u16(&mut self) -> Result<u16, LoadError> {
        self.run("a 16-bit number", be_u16)
    }

    pub fn u32(&mut self) -> Result<u32, LoadError> {
        self.run("a 32-bit number", be_u32)
    }

    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], LoadError> {
        if n > self.rest.len() {
            return Err(self.err(format!(
                "{n} bytes are announced but only {} are left in the chunk",
                self.rest.len()
            )));
        }
        self.run("a run of bytes", take(n))
    }

    /// A table's length: refused when the chunk cannot hold that many items of `min_size` bytes,
    /// so that callers may reserve for it.
    pub fn count(&mut self, min_size: usize, of: &str) -> Result<usize, LoadError> {
        let at = self.clone();
        let n = self.u32()? as usize;
        if n > self.remaining() / min_size {
            return Err(at.err(format!("{n} {of} are announced, more than the chunk can hold")));
        }
        Ok(n)
    }

    /// Fails unless everything has been read.
    pub fn finish(&self) -> Result<(), LoadError> {
        if self.is_empty() { Ok(()) } else { Err(self.err("unexpected bytes after the last item")) }
    }

    #[inline]
    pub fn tagged(&mut self) -> Result<Tagged<'a>, LoadError> {
        let first = self.u8()?;
        let tag = TAGS[usize::from(first & 7)];
        if first & 0x08 == 0 {
            return Ok(Tagged::Small(tag, u64::from(first >> 4)));
        }
        if first & 0x10 == 0 {
            let low = self.u8()?;
            return Ok(Tagged::Small(tag, u64::from(first & 0xe0) << 3 | u64::from(low)));
        }
        let len = match first >> 5 {
            7 => {
                let at = self.clone();
                // The length is itself a tagged value, but never one with a length: that would let
                // a file nest without end.
                match self.tagged_small()? {
                    (Tag::U, n) => n as usize + 9,
                    _ => return Err(at.err("the length of a large number must be untagged")),
                }
            }
            n => usize::from(n) + 2,
        };
        Ok(Tagged::Bytes(tag, self.bytes(len)?))
    }

    /// A tagged value of one or two bytes, which most are. Where the next one is longer, or there
    /// is none, nothing is read.
    #[inline]
    pub fn short(&mut self) -> Option<(Tag, u64)> {
        let (first, value, rest) = match *self.rest {
            [first, ref rest @ ..] if first & 0x08 == 0 => (first, u64::from(first >> 4), rest),
            [first, low, ref rest @ ..] if first & 0x10 == 0 => {
                (first, u64::from(first & 0xe0) << 3 | u64::from(low), rest)
            }
            _ => return None,
        };
        self.rest = rest;
        Some((TAGS[usize::from(first & 7)], value))
    }

    /// A tagged value of at most four bytes.
    fn tagged_small(&mut self) -> Result<(Tag, u64), LoadError> {
        let at = self.clone();
        let first = self.u8()?;
        let tag = TAGS[usize::from(first & 7)];
        let value = if first & 0x08 == 0 {
            u64::from(first >> 4)
        } else if first & 0x10 == 0 {
            u64::from(first & 0xe0) << 3 | u64::from(self.u8()?)
        } else {
            let len = usize::from(first >> 5) + 2;
            if len > 4 {
                return Err(at.err("a length beyond 32 bits"));
            }
            self.bytes(len)?.iter().fold(0, |n, &b| n << 8 | u64::from(b))
        };
        Ok((tag, value))
    }

    /// A tagged value that must be non-negative and fit in 64 bits.
    #[inline]
    pub fn tagged_u64(&mut self) -> Result<(Tag, u64), LoadError> {
        let at = self.clone();
        match self.tagged()? {
            Tagged::Small(tag, n) => Ok((tag, n)),
            Tagged::Bytes(tag, bytes) => {
                to_u64(bytes).map(|n| (tag, n)).ok_or_else(|| at.err("a number beyond 64 bits"))
            }
        }
    }

    /// A `U`-tagged value that fits in 32 bits: an index, a count, a size.
    #[inline]
    pub fn index(&mut self, what: &'static str) -> Result<u32, LoadError> {
        let at = self.clone();
        match self.tagged_u64()? {
            (Tag::U, n) => u32::try_from(n).map_err(|_| at.err(format!("{what} beyond 32 bits"))),
            (tag, _) => Err(at.err(format!("expected {what}, found an operand tagged {tag:?}"))),
        }
    }
}

/// Unsigned value of big-endian bytes.
pub(crate) fn to_u64(bytes: &[u8]) -> Option<u64> {
    let skip = bytes.iter().take_while(|&&b| b == 0).count();
    let bytes = &bytes[skip..];
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
}

/// Two's complement value of big-endian bytes, if it fits.
pub(crate) fn to_i64(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.first().is_some_and(|&b| b >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let extra = bytes.len().saturating_sub(8);
    let (high, low) = bytes.split_at(extra);
    if high.iter().any(|&b| b != fill) {
        return None;
    }
    let start: u64 = if negative { u64::MAX } else { 0 };
    let value = low.iter().fold(start, |n, &b| n << 8 | u64::from(b)) as i64;
    // The dropped bytes were sign bytes only if the sign bit of what is left agrees.
    ((value < 0) == negative).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values from the table in OTP's beam_disasm:decode_int.
    #[test]
    fn tagged_integers() {
        let read = |bytes: &[u8]| match Reader::new("Code", bytes).tagged().unwrap() {
            Tagged::Small(Tag::I, n) => n as i64,
            Tagged::Bytes(Tag::I, b) => to_i64(b).unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(read(&[81]), 5);
        assert_eq!(read(&[105, 232]), 1000);
        assert_eq!(read(&[233, 255]), 2047);
        assert_eq!(read(&[25, 8, 0]), 2048);
        assert_eq!(read(&[25, 255, 255]), -1);
        assert_eq!(read(&[121, 255, 0, 0, 0, 1]), -4294967295);
        assert_eq!(read(&[121, 0, 255, 255, 255, 255]), 4294967295);
        assert_eq!(read(&[121, 99, 255, 255, 255, 157]), 429496729501);
    }

    #[test]
    fn sign_of_long_numbers() {
        assert_eq!(to_i64(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(to_i64(&[0x80, 0, 0, 0, 0, 0, 0, 0]), Some(i64::MIN));
        assert_eq!(to_i64(&[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), Some(i64::MIN));
        assert_eq!(to_i64(&[0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
