//! The native half of OTP's preloaded module `zlib`: streams that compress and decompress.
//!
//! A stream takes binaries into a queue and works on it piece by piece, so that no call takes
//! long. It belongs to one process, which may hand it on.

use std::collections::VecDeque;
use std::sync::Arc;
use vm::heap::SharedBytes;
use vm::native::{Native, Outcome, Raise, arg};
use vm::process::Parcel;
use vm::sync::{Mutex, MutexGuard};
use vm::term::{Pid, Term, atoms};
use vm::zstream::{Code, Kind, Step, Stream};
use zlib_rs::adler32::adler32;
use zlib_rs::crc32::crc32;

vm::natives! {
    /// Streams.
    pub static NATIVES: "zlib" {
        "open_nif"/0 = open,
        "close_nif"/1 = close,
        "set_controller_nif"/2 = set_controller,
        "deflateInit_nif"/6 = deflate_init,
        "deflateSetDictionary_nif"/2 = deflate_set_dictionary,
        "deflateReset_nif"/1 = deflate_reset,
        "deflateParams_nif"/3 = deflate_params,
        "deflate_nif"/4 = deflate,
        "deflateEnd_nif"/1 = deflate_end,
        "inflateInit_nif"/3 = inflate_init,
        "inflateSetDictionary_nif"/2 = inflate_set_dictionary,
        "inflateGetDictionary_nif"/1 = inflate_get_dictionary,
        "inflateReset_nif"/1 = inflate_reset,
        "inflate_nif"/4 = inflate,
        "inflateEnd_nif"/1 = inflate_end,
        "crc32_nif"/1 = running_crc,
        "getStash_nif"/1 = get_stash,
        "setStash_nif"/2 = set_stash,
        "clearStash_nif"/1 = clear_stash,
        "getBufSize_nif"/1 = get_buf_size,
        "setBufSize_nif"/2 = set_buf_size,
        "enqueue_nif"/2 = enqueue,
    }
}

/// What is done with input behind the end of a compressed stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtEnd {
    Error,
    Reset,
    Cut,
}

/// Which bytes the deprecated running checksum is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Summed {
    Nothing,
    Input,
    Output,
}

/// What a zlib reference refers to.
struct Zlib(Mutex<Inner>);

struct Inner {
    owner: Pid,
    closed: bool,
    stream: Option<Stream>,
    raw: bool,
    at_end: AtEnd,
    /// The end of the compressed stream has been seen.
    ended: bool,
    summed: Summed,
    crc: u32,
    queue: VecDeque<SharedBytes>,
    queued: usize,
    /// A term that `zlib` keeps from one call to the next.
    stash: Option<Parcel>,
    buf_size: i32,
}

/// The size of the pieces of `inflateChunk/1` until it is set.
const BUF_SIZE: i32 = 4000;

fn error<'p>(cx: &Native<'p>, reason: &str) -> Raise<'p> {
    match cx.atom(reason) {
        Ok(reason) => Raise::error(reason),
        Err(raise) => raise,
    }
}

/// What `zlib` makes of an answer that is not `Ok`: some are exceptions, others values.
fn answer<'p>(cx: &mut Native<'p>, code: Code) -> Outcome<'p> {
    match code {
        Code::Ok => Ok(Term::atom(atoms::OK)),
        Code::StreamEnd => cx.atom("stream_end"),
        Code::StreamError => Err(error(cx, "stream_error")),
        Code::DataError => Err(error(cx, "data_error")),
        Code::MemError => cx.atom("mem_error"),
        Code::BufError => cx.atom("buf_error"),
        Code::NeedDict | Code::Other => cx.atom("unknown_error"),
    }
}

fn answer_of<'p>(cx: &mut Native<'p>, result: Result<(), Code>) -> Outcome<'p> {
    answer(cx, result.err().unwrap_or(Code::Ok))
}

/// The stream of the calling process that a reference is.
fn own<'p>(cx: &Native<'p>, t: Term<'p>) -> Result<MutexGuard<'p, Inner>, Raise<'p>> {
    let zlib = t.magic_object::<Zlib>().ok_or_else(Raise::badarg)?;
    let inner = zlib.0.lock();
    if inner.owner == cx.self_pid() {
        Ok(inner)
    } else {
        Err(error(cx, "not_on_controlling_process"))
    }
}

/// As `own`, of a stream that does what is asked.
fn own_kind<'p>(
    cx: &Native<'p>,
    t: Term<'p>,
    kind: Kind,
) -> Result<MutexGuard<'p, Inner>, Raise<'p>> {
    let inner = own(cx, t)?;
    if inner.stream.as_ref().is_some_and(|s| s.kind() == kind) {
        Ok(inner)
    } else {
        Err(error(cx, "not_initialized"))
    }
}

fn int<'p>(t: Term<'p>) -> Result<i32, Raise<'p>> {
    t.as_i64().and_then(|n| n.try_into().ok()).ok_or_else(Raise::badarg)
}

fn bytes<'p>(data: Term<'p>) -> Result<Vec<u8>, Raise<'p>> {
    let size = crate::iolist::size(data).map_err(|_| Raise::badarg())?;
    let mut out = vec![0; size];
    crate::iolist::fill(data, &mut out).map_err(|_| Raise::badarg())?;
    Ok(out)
}

fn open<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let inner = Inner {
        owner: cx.self_pid(),
        closed: false,
        stream: None,
        raw: false,
        at_end: AtEnd::Cut,
        ended: false,
        summed: Summed::Nothing,
        crc: 0,
        queue: VecDeque::new(),
        queued: 0,
        stash: None,
        buf_size: BUF_SIZE,
    };
    Ok(cx.make_magic_ref(Arc::new(Zlib(Mutex::new(inner)))))
}

fn close<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut inner = own(cx, z)?;
    if inner.closed {
        return Err(error(cx, "not_initialized"));
    }
    inner.closed = true;
    inner.stream = None;
    inner.reset_input();
    Ok(Term::atom(atoms::OK))
}

fn set_controller<'p>(cx: &mut Native<'p>, [z, pid]: [Term<'p>; 2]) -> Outcome<'p> {
    // Whether it is a stream at all comes first.
    z.magic_object::<Zlib>().ok_or_else(Raise::badarg)?;
    let pid: Pid = arg(pid)?;
    own(cx, z)?.owner = pid;
    Ok(Term::atom(atoms::OK))
}

impl Inner {
    /// Takes a stream that was just made.
    fn begin(&mut self, stream: Stream, raw: bool, summed: Summed) {
        self.stream = Some(stream);
        self.raw = raw;
        self.ended = false;
        self.summed = summed;
        self.crc = 0;
    }

    fn reset_input(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.stash = None;
    }

    fn reset(&mut self) -> Result<(), Code> {
        let result = self.stream.as_mut().map_or(Ok(()), Stream::reset);
        self.crc = 0;
        self.ended = false;
        self.reset_input();
        result
    }

    /// Works on up to `limit` bytes of the queue until `out` is full.
    fn run(&mut self, limit: usize, out: &mut [u8], flush: i32) -> Step {
        let Some(stream) = &mut self.stream else {
            return Step { code: Code::StreamError, consumed: 0, produced: 0 };
        };
        let mut total = Step { code: Code::Ok, consumed: 0, produced: 0 };
        while total.code == Code::Ok && total.consumed < limit {
            let Some(part) = self.queue.front_mut() else { break };
            let input = part.as_slice();
            let input = &input[..input.len().min(limit)];
            let step = stream.step(input, &mut out[total.produced..], NO_FLUSH);
            if self.summed == Summed::Input {
                self.crc = crc32(self.crc, &input[..step.consumed]);
            }
            total.code = step.code;
            total.consumed += step.consumed;
            total.produced += step.produced;
            self.queued -= step.consumed;
            part.skip(step.consumed);
            if !part.as_slice().is_empty() {
                break;
            }
            self.queue.pop_front();
        }
        // The end of the input: what the stream keeps back is written now. Without a flush too,
        // because the last call may have filled the output.
        if total.code == Code::Ok && self.queued == 0 && total.produced < out.len() {
            let step = stream.step(&[], &mut out[total.produced..], flush);
            total.code = step.code;
            total.produced += step.produced;
        }
        if self.summed == Summed::Output {
            self.crc = crc32(self.crc, &out[..total.produced]);
        }
        self.ended |= total.code == Code::StreamEnd;
        total
    }
}

const NO_FLUSH: i32 = 0;

/// One piece of work: `{finished, Output}`, `{continue, Output}` or `{need_dictionary, Checksum,
/// Output}`.
fn work<'p>(
    cx: &mut Native<'p>,
    mut inner: MutexGuard<'p, Inner>,
    [in_size, out_size, flush]: [Term<'p>; 3],
) -> Outcome<'p> {
    let (in_size, out_size, flush) = (int(in_size)?, int(out_size)?, int(flush)?);
    let limit = usize::try_from(in_size).map_err(|_| Raise::badarg())?;
    let room = usize::try_from(out_size).map_err(|_| Raise::badarg())?;
    let mut step = Step { code: Code::Ok, consumed: 0, produced: 0 };
    let output = cx.binary_up_to(room, |out| {
        step = inner.run(limit, out, flush);
        match step.code {
            // No progress is no error yet.
            Code::StreamError | Code::DataError | Code::MemError | Code::Other => Err(step.code),
            _ => Ok(step.produced),
        }
    });
    cx.bump_reductions((step.consumed + step.produced) / 16);
    let output = match output {
        None => return answer(cx, Code::MemError),
        Some(Err(code)) => return answer(cx, code),
        Some(Ok(output)) => output,
    };
    if step.consumed == 0 && step.produced == 0 && inner.queued != 0 {
        return answer(cx, Code::DataError);
    }
    let output = if step.produced > 0 { cx.cons(output, Term::nil()) } else { Term::nil() };
    if inner.queued == 0 && step.produced < room {
        let tag = cx.atom("finished")?;
        return Ok(cx.tuple(&[tag, output]));
    }
    if step.code != Code::NeedDict {
        let tag = cx.atom("continue")?;
        return Ok(cx.tuple(&[tag, output]));
    }
    let checksum = inner.stream.as_ref().map_or(0, Stream::checksum);
    let tag = cx.atom("need_dictionary")?;
    Ok(cx.tuple(&[tag, signed(checksum), output]))
}

/// A checksum as OTP gives those of dictionaries: of 32 bits with a sign.
fn signed<'p>(checksum: u32) -> Term<'p> {
    Term::small(i64::from(checksum as i32))
}

fn deflate_init<'p>(
    cx: &mut Native<'p>,
    [z, level, method, window_bits, memory_level, strategy]: [Term<'p>; 6],
) -> Outcome<'p> {
    let (level, method, window_bits) = (int(level)?, int(method)?, int(window_bits)?);
    let (memory_level, strategy) = (int(memory_level)?, int(strategy)?);
    let mut inner = own(cx, z)?;
    if inner.closed || inner.stream.is_some() {
        return Err(error(cx, "already_initialized"));
    }
    match Stream::deflate(level, method, window_bits, memory_level, strategy) {
        Ok(stream) => {
            let raw = window_bits < 0;
            inner.begin(stream, raw, if raw { Summed::Input } else { Summed::Nothing });
            Ok(Term::atom(atoms::OK))
        }
        Err(code) => answer(cx, code),
    }
}

fn inflate_init<'p>(cx: &mut Native<'p>, [z, window_bits, at_end]: [Term<'p>; 3]) -> Outcome<'p> {
    let (window_bits, at_end) = (int(window_bits)?, int(at_end)?);
    let mut inner = own(cx, z)?;
    if inner.closed || inner.stream.is_some() {
        return Err(error(cx, "already_initialized"));
    }
    match Stream::inflate(window_bits) {
        Ok(stream) => {
            let raw = window_bits < 0;
            inner.begin(stream, raw, if raw { Summed::Output } else { Summed::Nothing });
            inner.at_end = match at_end {
                0 => AtEnd::Error,
                1 => AtEnd::Reset,
                _ => AtEnd::Cut,
            };
            Ok(Term::atom(atoms::OK))
        }
        Err(code) => answer(cx, code),
    }
}

fn set_dictionary(inner: &mut Inner, dictionary: &[u8]) -> Result<u32, Code> {
    let stream = inner.stream.as_mut().ok_or(Code::StreamError)?;
    stream.set_dictionary(dictionary)?;
    Ok(stream.checksum())
}

fn deflate_set_dictionary<'p>(cx: &mut Native<'p>, [z, dictionary]: [Term<'p>; 2]) -> Outcome<'p> {
    let dictionary = bytes(dictionary)?;
    let mut inner = own_kind(cx, z, Kind::Deflate)?;
    match set_dictionary(&mut inner, &dictionary) {
        // A raw stream has no checksum of its own.
        Ok(_) if inner.raw => Ok(signed(adler32(0, &dictionary))),
        Ok(checksum) => Ok(signed(checksum)),
        Err(code) => answer(cx, code),
    }
}

fn inflate_set_dictionary<'p>(cx: &mut Native<'p>, [z, dictionary]: [Term<'p>; 2]) -> Outcome<'p> {
    let dictionary = bytes(dictionary)?;
    let mut inner = own_kind(cx, z, Kind::Inflate)?;
    let result = set_dictionary(&mut inner, &dictionary).map(drop);
    answer_of(cx, result)
}

fn inflate_get_dictionary<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut inner = own_kind(cx, z, Kind::Inflate)?;
    match inner.stream.as_mut().map_or(Err(Code::StreamError), Stream::dictionary) {
        Ok(bytes) => Ok(cx.binary(&bytes)),
        Err(code) => answer(cx, code),
    }
}

fn deflate_reset<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = own_kind(cx, z, Kind::Deflate)?.reset();
    answer_of(cx, result)
}

fn inflate_reset<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = own_kind(cx, z, Kind::Inflate)?.reset();
    answer_of(cx, result)
}

fn deflate_params<'p>(cx: &mut Native<'p>, [z, level, strategy]: [Term<'p>; 3]) -> Outcome<'p> {
    let (level, strategy) = (int(level)?, int(strategy)?);
    let mut inner = own_kind(cx, z, Kind::Deflate)?;
    let result = match &mut inner.stream {
        Some(stream) => stream.set_parameters(level, strategy),
        None => Err(Code::StreamError),
    };
    answer_of(cx, result)
}

fn deflate<'p>(cx: &mut Native<'p>, [z, in_size, out_size, flush]: [Term<'p>; 4]) -> Outcome<'p> {
    let inner = own_kind(cx, z, Kind::Deflate)?;
    work(cx, inner, [in_size, out_size, flush])
}

fn inflate<'p>(cx: &mut Native<'p>, [z, in_size, out_size, flush]: [Term<'p>; 4]) -> Outcome<'p> {
    let mut inner = own_kind(cx, z, Kind::Inflate)?;
    if inner.ended && inner.queued > 0 {
        match inner.at_end {
            AtEnd::Error => return answer(cx, Code::DataError),
            AtEnd::Reset => {
                if let Some(Err(code)) = inner.stream.as_mut().map(Stream::reset) {
                    return answer(cx, code);
                }
                inner.ended = false;
            }
            AtEnd::Cut => inner.reset_input(),
        }
    }
    work(cx, inner, [in_size, out_size, flush])
}

/// Ends a stream; one with input left, or (decompressing) before its end, is `data_error`.
fn end<'p>(cx: &mut Native<'p>, mut inner: MutexGuard<'p, Inner>) -> Outcome<'p> {
    let Some(stream) = inner.stream.take() else { return Err(error(cx, "not_initialized")) };
    let unfinished = inner.queued > 0 || (stream.kind() == Kind::Inflate && !inner.ended);
    let result = match stream.end() {
        Ok(()) if unfinished => Err(Code::DataError),
        other => other,
    };
    inner.reset_input();
    answer_of(cx, result)
}

fn deflate_end<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let inner = own_kind(cx, z, Kind::Deflate)?;
    end(cx, inner)
}

fn inflate_end<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let inner = own_kind(cx, z, Kind::Inflate)?;
    end(cx, inner)
}

fn running_crc<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let inner = own(cx, z)?;
    if inner.stream.is_none() {
        return Err(error(cx, "not_initialized"));
    }
    Ok(Term::small(i64::from(inner.crc)))
}

fn get_stash<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let inner = own(cx, z)?;
    match &inner.stash {
        None => cx.atom("empty"),
        Some(stash) => {
            let term = cx.unpack(stash);
            Ok(cx.tuple(&[Term::atom(atoms::OK), term]))
        }
    }
}

fn set_stash<'p>(cx: &mut Native<'p>, [z, term]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut inner = own(cx, z)?;
    if inner.stash.is_some() {
        return Err(Raise::error_atom(atoms::ERROR));
    }
    inner.stash = Some(cx.parcel(term));
    Ok(Term::atom(atoms::OK))
}

fn clear_stash<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    match own(cx, z)?.stash.take() {
        Some(_) => Ok(Term::atom(atoms::OK)),
        None => Err(Raise::error_atom(atoms::ERROR)),
    }
}

fn get_buf_size<'p>(cx: &mut Native<'p>, [z]: [Term<'p>; 1]) -> Outcome<'p> {
    let size = own(cx, z)?.buf_size;
    Ok(Term::small(size.into()))
}

fn set_buf_size<'p>(cx: &mut Native<'p>, [z, size]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut inner = own(cx, z)?;
    inner.buf_size = int(size)?;
    Ok(Term::atom(atoms::OK))
}

fn enqueue<'p>(cx: &mut Native<'p>, [z, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut inner = own(cx, z)?;
    if inner.stream.is_none() {
        return Err(error(cx, "not_initialized"));
    }
    let parts = list.list_to_vec().ok_or_else(Raise::badarg)?;
    let parts: Option<Vec<SharedBytes>> = parts.into_iter().map(SharedBytes::of).collect();
    for part in parts.ok_or_else(Raise::badarg)? {
        let len = part.as_slice().len();
        if len > 0 {
            inner.queued += len;
            inner.queue.push_back(part);
        }
    }
    Ok(Term::atom(atoms::OK))
}
