//! Open files: opening, reading, writing, positions.
//!
//! Reading and writing go on until all is done, the end of the file or an error: nothing in
//! Erlang expects less. An interrupted call is made again. What may block for as long as somebody
//! else likes (FIFOs, terminals) is done aside, so that the process still answers and can be killed.

use super::{done, failed, int, is_number, ok, path};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Advice, FallocateFlags, FileType, Mode, OFlags, SeekFrom};
use rustix::io::{Errno, retry_on_intr};
use std::io::IoSlice;
use std::num::NonZeroU64;
use std::sync::Arc;
use vm::io::file::{File, duplicate};
use vm::native::{Aside, Native, Outcome, Raise};
use vm::term::{Term, atoms};

vm::natives! {
    /// Operations on open files, and those that open one.
    pub static NATIVES: "prim_file" {
        dirty_io "open_nif"/2 = open,
        dirty_io "file_desc_to_ref_nif"/1 = of_descriptor,
        dirty_io "close_nif"/1 = close,
        dirty_io "delayed_close_nif"/1 = delayed_close,
        dirty_io "read_nif"/2 = read,
        dirty_io "write_nif"/2 = write,
        dirty_io "pread_nif"/3 = pread,
        dirty_io "pwrite_nif"/3 = pwrite,
        dirty_io "seek_nif"/3 = seek,
        dirty_io "sync_nif"/2 = sync,
        dirty_io "truncate_nif"/1 = truncate,
        dirty_io "allocate_nif"/3 = allocate,
        dirty_io "advise_nif"/4 = advise,
        dirty_io "ipread_s32bu_p32bu_nif"/3 = ipread,
        dirty_io "read_file_nif"/1 = read_file,
        "get_handle_nif"/1 = get_handle,
    }
}

/// How many parts one call of the operating system takes.
const PARTS: usize = 1024;

/// The most bytes that one call of the operating system moves.
const CALL_MAX: usize = 0x7fff_f000;

pub(super) fn file<'p>(t: Term<'p>) -> Result<Arc<File>, Raise<'p>> {
    t.as_ref().and_then(|r| r.object::<File>()).ok_or_else(Raise::badarg)
}

/// The file's descriptor; a closed one answers `{error, einval}`.
macro_rules! descriptor {
    ($cx:ident, $file:expr) => {
        match file($file)?.descriptor() {
            Ok(fd) => fd,
            Err(e) => return failed($cx, e),
        }
    };
}

/// What `file:open/2` was asked for; modes for other layers are passed over.
struct Modes {
    flags: OFlags,
    directory: bool,
    any_type: bool,
}

fn modes(list: Term<'_>) -> Modes {
    let (mut read, mut write, mut append, mut exclusive) = (false, false, false, false);
    let (mut sync, mut directory, mut any_type) = (false, false, false);
    for mode in list.list() {
        let Some(mode) = mode.as_atom() else { continue };
        match mode.name() {
            "read" => read = true,
            "write" => write = true,
            "append" => append = true,
            "exclusive" => exclusive = true,
            "sync" => sync = true,
            "directory" => directory = true,
            "skip_type_check" => any_type = true,
            _ => {}
        }
    }
    write |= append || exclusive;
    let mut flags = match (read, write) {
        (_, false) => OFlags::RDONLY,
        (false, true) => OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
        (true, true) => OFlags::RDWR | OFlags::CREATE,
    };
    if append {
        flags.remove(OFlags::TRUNC);
        flags.insert(OFlags::APPEND);
    }
    flags.set(OFlags::EXCL, exclusive);
    flags.set(OFlags::SYNC, sync);
    flags.set(OFlags::DIRECTORY, directory);
    // Programs started by this one get no files of ours.
    Modes { flags: flags | OFlags::CLOEXEC, directory, any_type }
}

fn open_path(aside: &Aside<'_>, name: Term<'_>, modes: &Modes) -> Result<OwnedFd, Errno> {
    let name = path(name)?;
    let mode = Mode::from_raw_mode(if modes.directory { 0o777 } else { 0o666 });
    let fd = aside.run(|| retry_on_intr(|| rustix::fs::open(&*name, modes.flags, mode)))?;
    if !modes.any_type && !modes.directory {
        let kind = rustix::fs::fstat(&fd).map(|s| FileType::from_raw_mode(s.st_mode));
        if kind == Ok(FileType::Directory) {
            return Err(Errno::ISDIR);
        }
    }
    Ok(fd)
}

fn opened<'p>(cx: &mut Native<'p>, fd: Result<OwnedFd, Errno>) -> Outcome<'p> {
    match fd {
        Ok(fd) => {
            let file = cx.open_file(fd);
            ok(cx, file)
        }
        Err(e) => failed(cx, e),
    }
}

fn open<'p>(cx: &mut Native<'p>, [name, list]: [Term<'p>; 2]) -> Outcome<'p> {
    if !list.is_nil() && list.as_cons().is_none() {
        return Err(Raise::badarg());
    }
    let fd = open_path(&cx.aside(), name, &modes(list));
    opened(cx, fd)
}

/// A file of a descriptor that the program was started with (or that something in it opened): a
/// copy, so that closing it does not close what another part uses.
fn of_descriptor<'p>(cx: &mut Native<'p>, [number]: [Term<'p>; 1]) -> Outcome<'p> {
    let number = int(number).ok_or_else(Raise::badarg)?;
    opened(cx, duplicate(number))
}

fn close<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let file = file(of)?;
    let result = file.close();
    cx.file_closed(&file);
    done(cx, result)
}

fn delayed_close<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let file = file(of)?;
    // Whoever closed it before has told of errors.
    let _ = file.close();
    cx.file_closed(&file);
    Ok(Term::atom(atoms::OK))
}

/// Fills `to` with what `read` gives, at an offset from the start; how much there was.
fn fill(
    to: &mut [u8],
    mut read: impl FnMut(&mut [u8], u64) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    let mut n = 0;
    while n < to.len() {
        let end = to.len().min(n + CALL_MAX);
        match read(&mut to[n..end], n as u64) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// A binary of up to `max` bytes that `read` gives, or `eof`; an error is that of a call, or
/// `enomem`.
fn block<'p>(
    cx: &mut Native<'p>,
    max: usize,
    read: impl FnMut(&mut [u8], u64) -> Result<usize, Errno>,
) -> Result<Term<'p>, Errno> {
    let mut n = 0;
    let bytes = cx.binary_up_to(max, |to| {
        n = fill(to, read)?;
        Ok(n)
    });
    let bytes = bytes.ok_or(Errno::NOMEM)??;
    Ok(if n == 0 { Term::atom(atoms::EOF) } else { bytes })
}

/// `{ok, Bytes}`, `eof` or `{error, Reason}`.
fn read_answer<'p>(cx: &mut Native<'p>, bytes: Result<Term<'p>, Errno>) -> Outcome<'p> {
    match bytes {
        Ok(eof) if eof.is_atom(atoms::EOF) => Ok(eof),
        Ok(bytes) => ok(cx, bytes),
        Err(e) => failed(cx, e),
    }
}

/// A number of bytes, or a place in a file.
fn size(t: Term<'_>) -> Result<u64, Errno> {
    t.as_i64().and_then(|n| n.try_into().ok()).ok_or(Errno::INVAL)
}

fn read<'p>(cx: &mut Native<'p>, [of, max]: [Term<'p>; 2]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(max) {
        return Err(Raise::badarg());
    }
    let bytes = match size(max) {
        Ok(max) => {
            let aside = cx.aside();
            block(cx, max as usize, |to, _| aside.run(|| rustix::io::read(&*fd, to)))
        }
        Err(e) => Err(e),
    };
    read_answer(cx, bytes)
}

fn pread<'p>(cx: &mut Native<'p>, [of, at, max]: [Term<'p>; 3]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(at) || !is_number(max) {
        return Err(Raise::badarg());
    }
    let bytes = match (size(at), size(max)) {
        (Ok(at), Ok(max)) => {
            block(cx, max as usize, |to, n| rustix::io::pread(&*fd, to, at.wrapping_add(n)))
        }
        _ => Err(Errno::INVAL),
    };
    read_answer(cx, bytes)
}

/// Where the length and the place of a block are written in a file: two big-endian numbers of 32
/// bits. Answers `{ok, {Length, Place, Bytes | eof}}`, or `eof` if the two are not there or the
/// block is longer than allowed.
fn ipread<'p>(cx: &mut Native<'p>, [of, at, max]: [Term<'p>; 3]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(at) || !is_number(max) {
        return Err(Raise::badarg());
    }
    let (Ok(at), Some(max)) = (size(at), max.as_i64().filter(|n| *n < 1 << 31)) else {
        return failed(cx, Errno::INVAL);
    };
    let mut pointer = [0; 8];
    let head = fill(&mut pointer, |to, n| rustix::io::pread(&*fd, to, at.wrapping_add(n)));
    let [a, b, c, d, e, f, g, h] = pointer;
    let len = u32::from_be_bytes([a, b, c, d]);
    let place = u32::from_be_bytes([e, f, g, h]);
    match head {
        Err(e) => return failed(cx, e),
        Ok(n) if n < pointer.len() || i64::from(len) > max => return Ok(Term::atom(atoms::EOF)),
        Ok(_) => {}
    }
    let bytes = block(cx, len as usize, |to, n| rustix::io::pread(&*fd, to, u64::from(place) + n));
    match bytes {
        Ok(bytes) => {
            let parts = [Term::small(i64::from(len)), Term::small(i64::from(place)), bytes];
            let parts = cx.tuple(&parts);
            ok(cx, parts)
        }
        Err(e) => failed(cx, e),
    }
}

/// Writes all parts with `write`, which is given where they begin from the start; how much.
fn drain(
    parts: &[std::borrow::Cow<'_, [u8]>],
    mut write: impl FnMut(&[IoSlice<'_>], u64) -> Result<usize, Errno>,
) -> Result<u64, Errno> {
    let mut slices: Vec<IoSlice<'_>> =
        parts.iter().filter(|p| !p.is_empty()).map(|p| IoSlice::new(p)).collect();
    let mut rest = &mut slices[..];
    let mut n = 0;
    while !rest.is_empty() {
        match write(&rest[..rest.len().min(PARTS)], n) {
            Ok(done) => {
                n += done as u64;
                IoSlice::advance_slices(&mut rest, done);
            }
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// What is to be written: a list of binaries.
fn parts<'p>(list: Term<'p>) -> Result<Vec<std::borrow::Cow<'p, [u8]>>, Raise<'p>> {
    let list = list.list_to_vec().ok_or_else(Raise::badarg)?;
    list.into_iter().map(|t| crate::text::binary(t).ok_or_else(Raise::badarg)).collect()
}

fn write<'p>(cx: &mut Native<'p>, [of, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    let parts = parts(list)?;
    let aside = cx.aside();
    let written = drain(&parts, |slices, _| aside.run(|| rustix::io::writev(&*fd, slices)));
    done(cx, written.map(drop))
}

fn pwrite<'p>(cx: &mut Native<'p>, [of, at, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(at) {
        return Err(Raise::badarg());
    }
    let parts = parts(list)?;
    let written = size(at).and_then(|at| {
        drain(&parts, |slices, n| rustix::io::pwritev(&*fd, slices, at.wrapping_add(n)))
    });
    done(cx, written.map(drop))
}

fn seek<'p>(cx: &mut Native<'p>, [of, mark, offset]: [Term<'p>; 3]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    let n = offset.as_i64().ok_or_else(Raise::badarg)?;
    let to = match mark.as_atom().map(|a| a.name()) {
        Some("bof") => u64::try_from(n).map(SeekFrom::Start).map_err(|_| Errno::INVAL),
        Some("cur") => Ok(SeekFrom::Current(n)),
        Some("eof") => Ok(SeekFrom::End(n)),
        _ => return Err(Raise::badarg()),
    };
    match to.and_then(|to| rustix::fs::seek(&*fd, to)) {
        Ok(at) => {
            let at = cx.uint(at);
            ok(cx, at)
        }
        Err(e) => failed(cx, e),
    }
}

fn sync<'p>(cx: &mut Native<'p>, [of, data_only]: [Term<'p>; 2]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    let all = int(data_only).ok_or_else(Raise::badarg)? == 0;
    let result = cx.aside().run(|| match all {
        true => rustix::fs::fsync(&*fd),
        false => rustix::fs::fdatasync(&*fd),
    });
    done(cx, result)
}

fn truncate<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    let result = rustix::fs::tell(&*fd).and_then(|at| rustix::fs::ftruncate(&*fd, at));
    done(cx, result)
}

fn allocate<'p>(cx: &mut Native<'p>, [of, at, len]: [Term<'p>; 3]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(at) || !is_number(len) {
        return Err(Raise::badarg());
    }
    let result = match (size(at), size(len)) {
        (Ok(at), Ok(len)) => {
            retry_on_intr(|| rustix::fs::fallocate(&*fd, FallocateFlags::empty(), at, len))
        }
        _ => Err(Errno::INVAL),
    };
    done(cx, result)
}

fn advise<'p>(cx: &mut Native<'p>, [of, at, len, advice]: [Term<'p>; 4]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    if !is_number(at) || !is_number(len) {
        return Err(Raise::badarg());
    }
    let advice = match advice.as_atom().map(|a| a.name()) {
        Some("normal") => Advice::Normal,
        Some("random") => Advice::Random,
        Some("sequential") => Advice::Sequential,
        Some("will_need") => Advice::WillNeed,
        Some("dont_need") => Advice::DontNeed,
        Some("no_reuse") => Advice::NoReuse,
        _ => return failed(cx, Errno::INVAL),
    };
    let (Ok(at), Ok(len)) = (size(at), size(len)) else { return failed(cx, Errno::INVAL) };
    // Advice on what takes none (a pipe) is no error in Erlang.
    let _ = rustix::fs::fadvise(&*fd, at, NonZeroU64::new(len), advice);
    Ok(Term::atom(atoms::OK))
}

fn get_handle<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let fd = descriptor!(cx, of);
    Ok(cx.binary(&fd.as_raw_fd().to_ne_bytes()))
}

/// All of a file; of one that tells no size (`/proc`) what there is.
fn read_file<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let aside = cx.aside();
    let fd = match open_path(&aside, name, &modes(Term::nil())) {
        Ok(fd) => fd,
        Err(e) => return failed(cx, e),
    };
    let size = rustix::fs::fstat(&fd).map_or(0, |s| usize::try_from(s.st_size).unwrap_or(0));
    let bytes = if size > 0 {
        cx.binary_up_to(size, |to| fill(to, |to, _| rustix::io::read(&fd, to)))
            .ok_or(Errno::NOMEM)
            .flatten()
    } else {
        aside.run(|| read_to_end(&fd)).map(|bytes| cx.binary(&bytes))
    };
    match bytes {
        Ok(bytes) => ok(cx, bytes),
        Err(e) => failed(cx, e),
    }
}

fn read_to_end(fd: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    loop {
        bytes.try_reserve(16 << 10).map_err(|_| Errno::NOMEM)?;
        match rustix::io::read(fd, rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => return Ok(bytes),
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
}
