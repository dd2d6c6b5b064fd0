//! Streams that compress and decompress (RFC 1950 to 1952): the zlib of `libz-sys`, made safe.
//!
//! The meaning of levels, strategies, window bits and flushes, and which answer comes when, is
//! that of zlib's manual; OTP's `zlib` is written against it.

use crate::allocator;
use libz_sys as z;
use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;

unsafe extern "C" {
    /// In the library since 1.2.8, but not among what the crate declares.
    fn inflateGetDictionary(z: *mut z::z_stream, out: *mut u8, len: *mut c_uint) -> c_int;
}

/// What zlib answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the answers by the names of zlib's manual")]
pub enum Code {
    Ok,
    StreamEnd,
    NeedDict,
    StreamError,
    DataError,
    MemError,
    BufError,
    Other,
}

impl Code {
    fn of(n: c_int) -> Code {
        match n {
            z::Z_OK => Code::Ok,
            z::Z_STREAM_END => Code::StreamEnd,
            z::Z_NEED_DICT => Code::NeedDict,
            z::Z_STREAM_ERROR => Code::StreamError,
            z::Z_DATA_ERROR => Code::DataError,
            z::Z_MEM_ERROR => Code::MemError,
            z::Z_BUF_ERROR => Code::BufError,
            _ => Code::Other,
        }
    }

    fn result(self) -> Result<(), Code> {
        if self == Code::Ok { Ok(()) } else { Err(self) }
    }
}

/// How a stream was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the kinds by their own names")]
pub enum Kind {
    Deflate,
    Inflate,
}

/// One call of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it answered.
    pub code: Code,
    /// Bytes of the input that it has taken.
    pub consumed: usize,
    /// Bytes of the output that it has written.
    pub produced: usize,
}

/// A stream. The library's own state lies behind pointers that only it knows.
pub struct Stream {
    z: Box<z::z_stream>,
    kind: Kind,
    /// Ending it is all that was left to do, and has been done.
    ended: bool,
}

// SAFETY: the state behind the pointers belongs to this stream alone and is tied to no thread.
unsafe impl Send for Stream {}

const SIZE: c_int = size_of::<z::z_stream>() as c_int;

/// Zeros, as the library wants a stream that it is to begin, but for the allocator: the C library's gives
/// such large blocks back to the system each time.
fn fresh() -> Box<MaybeUninit<z::z_stream>> {
    let mut z = Box::new(MaybeUninit::<z::z_stream>::zeroed());
    let p = z.as_mut_ptr();
    // SAFETY: fields of the stream, which nobody has seen yet.
    unsafe {
        (&raw mut (*p).zalloc).write(allocator::get_items);
        (&raw mut (*p).zfree).write(allocator::free);
    }
    z
}

impl Stream {
    /// A stream that compresses.
    pub fn deflate(
        level: i32,
        method: i32,
        window_bits: i32,
        memory_level: i32,
        strategy: i32,
    ) -> Result<Stream, Code> {
        let mut z = fresh();
        // SAFETY: a fresh stream; version and size are the library's.
        let code = unsafe {
            z::deflateInit2_(
                z.as_mut_ptr(),
                level,
                method,
                window_bits,
                memory_level,
                strategy,
                z::zlibVersion(),
                SIZE,
            )
        };
        Code::of(code).result()?;
        // SAFETY: its allocator is set, the only fields of which zeros are no value.
        let z = unsafe { z.assume_init() };
        Ok(Stream { z, kind: Kind::Deflate, ended: false })
    }

    /// A stream that decompresses.
    pub fn inflate(window_bits: i32) -> Result<Stream, Code> {
        let mut z = fresh();
        // SAFETY: as in `deflate`.
        let code = unsafe { z::inflateInit2_(z.as_mut_ptr(), window_bits, z::zlibVersion(), SIZE) };
        Code::of(code).result()?;
        // SAFETY: as in `deflate`.
        let z = unsafe { z.assume_init() };
        Ok(Stream { z, kind: Kind::Inflate, ended: false })
    }

    /// Which of the two it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Works on as much of `input` as fits `output`.
    pub fn step(&mut self, input: &[u8], output: &mut [u8], flush: i32) -> Step {
        let most = |n: usize| n.min(c_uint::MAX as usize) as c_uint;
        let (avail_in, avail_out) = (most(input.len()), most(output.len()));
        let z = &mut *self.z;
        z.next_in = input.as_ptr().cast_mut();
        z.avail_in = avail_in;
        z.next_out = output.as_mut_ptr();
        z.avail_out = avail_out;
        // SAFETY: the stream was initialised as its kind and not ended; the two buffers are as
        // long as it says and outlive the call, and the library writes to the output alone.
        let code = unsafe {
            match self.kind {
                Kind::Deflate => z::deflate(&raw mut *z, flush),
                Kind::Inflate => z::inflate(&raw mut *z, flush),
            }
        };
        let consumed = (avail_in - z.avail_in) as usize;
        let produced = (avail_out - z.avail_out) as usize;
        self.forget_buffers();
        Step { code: Code::of(code), consumed, produced }
    }

    /// No call sees the buffers of another.
    fn forget_buffers(&mut self) {
        let z = &mut *self.z;
        (z.next_in, z.avail_in) = (std::ptr::null_mut(), 0);
        (z.next_out, z.avail_out) = (std::ptr::null_mut(), 0);
    }

    /// The checksum that the stream has come to; after `NeedDict` and `set_dictionary` that of the
    /// dictionary.
    pub fn checksum(&self) -> u32 {
        self.z.adler as u32
    }

    /// Sets the dictionary.
    pub fn set_dictionary(&mut self, bytes: &[u8]) -> Result<(), Code> {
        let len = c_uint::try_from(bytes.len()).map_err(|_| Code::StreamError)?;
        let z = &raw mut *self.z;
        // SAFETY: initialised as its kind and not ended; `len` bytes can be read.
        let code = unsafe {
            match self.kind {
                Kind::Deflate => z::deflateSetDictionary(z, bytes.as_ptr(), len),
                Kind::Inflate => z::inflateSetDictionary(z, bytes.as_ptr(), len),
            }
        };
        Code::of(code).result()
    }

    /// The dictionary that a stream that decompresses has come to: the end of its output.
    pub fn dictionary(&mut self) -> Result<Vec<u8>, Code> {
        if self.kind != Kind::Inflate {
            return Err(Code::StreamError);
        }
        // What the manual says is enough.
        let mut bytes = vec![0; 32768];
        let mut len = 0;
        // SAFETY: initialised to decompress and not ended; at most 32768 bytes are written.
        let code = unsafe { inflateGetDictionary(&raw mut *self.z, bytes.as_mut_ptr(), &mut len) };
        Code::of(code).result()?;
        bytes.truncate(len as usize);
        Ok(bytes)
    }

    /// Begins anew with the same settings.
    pub fn reset(&mut self) -> Result<(), Code> {
        let z = &raw mut *self.z;
        // SAFETY: initialised as its kind and not ended.
        let code = unsafe {
            match self.kind {
                Kind::Deflate => z::deflateReset(z),
                Kind::Inflate => z::inflateReset(z),
            }
        };
        Code::of(code).result()
    }

    /// Goes on with another level and strategy. What came before must have been flushed.
    pub fn set_parameters(&mut self, level: i32, strategy: i32) -> Result<(), Code> {
        if self.kind != Kind::Deflate {
            return Err(Code::StreamError);
        }
        // The library wants room for what was not flushed, and uses none of it.
        let mut room = [0; 1];
        self.z.next_out = room.as_mut_ptr();
        self.z.avail_out = 1;
        // SAFETY: initialised to compress and not ended; there is one byte to write to.
        let code = unsafe { z::deflateParams(&raw mut *self.z, level, strategy) };
        let flushed = self.z.avail_out == 1;
        self.forget_buffers();
        if flushed { Code::of(code).result() } else { Err(Code::StreamError) }
    }

    /// Ends it: `DataError` if it is in the midst of compressing.
    pub fn end(mut self) -> Result<(), Code> {
        self.ended = true;
        self.end_in_place().result()
    }

    fn end_in_place(&mut self) -> Code {
        let z = &raw mut *self.z;
        // SAFETY: initialised as its kind; the callers end it once.
        Code::of(unsafe {
            match self.kind {
                Kind::Deflate => z::deflateEnd(z),
                Kind::Inflate => z::inflateEnd(z),
            }
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.end_in_place();
        }
    }
}
