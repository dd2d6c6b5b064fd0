//! What is known of a file (`#file_info{}`), and changing it.

use super::handle::file;
use super::{done, failed, int, path};
use rustix::fs::{
    Access, AtFlags, CWD, FileType, Gid, Mode, Stat, Timespec, Timestamps, Uid, access, chmod,
    chown, fstat, lstat, stat, utimensat,
};
use std::ffi::CStr;
use vm::native::{Native, Outcome, Raise};
use vm::term::Term;

vm::natives! {
    /// What is known of files.
    pub static NATIVES: "prim_file" {
        dirty_io "read_info_nif"/2 = read_info,
        dirty_io "read_handle_info_nif"/1 = read_handle_info,
        dirty_io "set_permissions_nif"/2 = set_permissions,
        dirty_io "set_owner_nif"/3 = set_owner,
        dirty_io "set_time_nif"/4 = set_time,
    }
}

/// The earliest time that is told, in seconds of the epoch: the first of January 1902.
const EARLIEST: i64 = -2_145_916_800;

/// Whether it can be read and written.
#[derive(Clone, Copy)]
struct Allowed {
    read: bool,
    write: bool,
}

impl Allowed {
    fn name(self) -> &'static str {
        match (self.read, self.write) {
            (true, true) => "read_write",
            (true, false) => "read",
            (false, true) => "write",
            (false, false) => "none",
        }
    }

    /// What the system says to the program's real user.
    fn of_path(path: &CStr) -> Allowed {
        let may = |what| access(path, what).is_ok();
        Allowed { read: may(Access::READ_OK), write: may(Access::WRITE_OK) }
    }

    /// What the permission bits say, of owner, group or others.
    fn of_bits(s: &Stat) -> Allowed {
        let shift = if s.st_uid == rustix::process::geteuid().as_raw() {
            6
        } else if s.st_gid == rustix::process::getegid().as_raw() {
            3
        } else {
            0
        };
        let bits = s.st_mode >> shift;
        Allowed { read: bits & 4 != 0, write: bits & 2 != 0 }
    }
}

fn kind(s: &Stat) -> &'static str {
    match FileType::from_raw_mode(s.st_mode) {
        FileType::CharacterDevice | FileType::BlockDevice => "device",
        FileType::Directory => "directory",
        FileType::RegularFile => "regular",
        FileType::Symlink => "symlink",
        _ => "other",
    }
}

/// Devices and the inode are told as 32 bits, as OTP tells them.
fn word<'p>(n: impl Into<u64>) -> Term<'p> {
    Term::small(i64::from(n.into() as u32))
}

/// `#file_info{}`
fn record<'p>(cx: &mut Native<'p>, s: &Stat, allowed: Allowed) -> Outcome<'p> {
    let time = |cx: &mut Native<'p>, t: i64| cx.int(t.max(EARLIEST));
    let size = cx.uint(s.st_size as u64);
    let times = [time(cx, s.st_atime), time(cx, s.st_mtime), time(cx, s.st_ctime)];
    let fields = [
        cx.atom("file_info")?,
        size,
        cx.atom(kind(s))?,
        cx.atom(allowed.name())?,
        times[0],
        times[1],
        times[2],
        word(s.st_mode),
        word(s.st_nlink),
        word(s.st_dev),
        word(s.st_rdev),
        word(s.st_ino),
        word(s.st_uid),
        word(s.st_gid),
    ];
    Ok(cx.tuple(&fields))
}

fn read_info<'p>(cx: &mut Native<'p>, [name, follow]: [Term<'p>; 2]) -> Outcome<'p> {
    let follow = int(follow).ok_or_else(Raise::badarg)? != 0;
    let found = path(name).and_then(|path| {
        let s = if follow { stat(&*path) } else { lstat(&*path) }?;
        Ok((s, Allowed::of_path(&path)))
    });
    match found {
        Ok((s, allowed)) => record(cx, &s, allowed),
        Err(e) => failed(cx, e),
    }
}

fn read_handle_info<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    match file(of)?.descriptor().and_then(|fd| fstat(&*fd)) {
        Ok(s) => record(cx, &s, Allowed::of_bits(&s)),
        Err(e) => failed(cx, e),
    }
}

fn set_permissions<'p>(cx: &mut Native<'p>, [name, bits]: [Term<'p>; 2]) -> Outcome<'p> {
    let bits: u32 = vm::native::arg(bits)?;
    let result = path(name).and_then(|path| {
        let set = |mask: u32| chmod(&*path, Mode::from_raw_mode(bits & mask));
        // Who may not set the two "run as" bits may still set the others.
        set(0o6777).or_else(|_| set(0o777))
    });
    done(cx, result)
}

fn set_owner<'p>(cx: &mut Native<'p>, [name, user, group]: [Term<'p>; 3]) -> Outcome<'p> {
    let (Some(user), Some(group)) = (int(user), int(group)) else { return Err(Raise::badarg()) };
    // -1 leaves it as it is.
    let user = (user != -1).then(|| Uid::from_raw(user as u32));
    let group = (group != -1).then(|| Gid::from_raw(group as u32));
    let result = path(name).and_then(|path| chown(&*path, user, group));
    done(cx, result)
}

fn set_time<'p>(
    cx: &mut Native<'p>,
    [name, accessed, modified, created]: [Term<'p>; 4],
) -> Outcome<'p> {
    let seconds = |t: Term<'p>| t.as_i64().ok_or_else(Raise::badarg);
    let (accessed, modified) = (seconds(accessed)?, seconds(modified)?);
    // Nothing can set when a file was made, but it has to be a time.
    seconds(created)?;
    let at = |tv_sec| Timespec { tv_sec, tv_nsec: 0 };
    let times = Timestamps { last_access: at(accessed), last_modification: at(modified) };
    let result = path(name).and_then(|path| utimensat(CWD, &*path, &times, AtFlags::empty()));
    done(cx, result)
}
