//! Folders, links and names: what is where.

use super::{done, failed, int, ok, ok_bytes, path};
use rustix::fs::{Dir, Mode, OFlags, link, mkdir, readlink, rename, rmdir, stat, symlink, unlink};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{chdir, getcwd};
use std::ffi::CStr;
use vm::native::{Native, Outcome, Raise};
use vm::term::Term;

vm::natives! {
    /// Folders, links and names.
    pub static NATIVES: "prim_file" {
        dirty_io "get_cwd_nif"/0 = get_cwd,
        dirty_io "set_cwd_nif"/1 = set_cwd,
        dirty_io "get_device_cwd_nif"/1 = get_device_cwd,
        dirty_io "list_dir_nif"/1 = list_dir,
        dirty_io "make_dir_nif"/1 = make_dir,
        dirty_io "del_dir_nif"/1 = del_dir,
        dirty_io "del_file_nif"/1 = del_file,
        dirty_io "rename_nif"/2 = rename_file,
        dirty_io "read_link_nif"/1 = read_link,
        dirty_io "make_hard_link_nif"/2 = make_hard_link,
        dirty_io "make_soft_link_nif"/2 = make_soft_link,
        dirty_io "altname_nif"/1 = altname,
    }
}

fn get_cwd<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    ok_bytes(cx, getcwd(Vec::new()))
}

fn set_cwd<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = path(name).and_then(|path| chdir(&*path));
    done(cx, result)
}

/// Only some operating systems have one for each device.
fn get_device_cwd<'p>(cx: &mut Native<'p>, [device]: [Term<'p>; 1]) -> Outcome<'p> {
    int(device).ok_or_else(Raise::badarg)?;
    failed(cx, Errno::NOTSUP)
}

/// Only some operating systems have another, shorter name for a file.
fn altname<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let e = path(name).err().unwrap_or(Errno::NOTSUP);
    failed(cx, e)
}

fn names(path: &CStr) -> Result<Vec<Vec<u8>>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    let mut names = Vec::new();
    for entry in Dir::new(fd)? {
        // As OTP does: what was read until an error is the answer.
        let Ok(entry) = entry else { break };
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    Ok(names)
}

/// Names last first: `prim_file` turns them round.
fn list_dir<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    match path(name).and_then(|path| names(&path)) {
        Ok(names) => {
            let mut list = Term::nil();
            for name in &names {
                let name = cx.binary(name);
                list = cx.cons(name, list);
            }
            ok(cx, list)
        }
        Err(e) => failed(cx, e),
    }
}

fn make_dir<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = path(name).and_then(|path| mkdir(&*path, Mode::from_raw_mode(0o777)));
    done(cx, result)
}

fn del_dir<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = path(name).and_then(|path| {
        rmdir(&*path).map_err(|e| match e {
            Errno::NOTEMPTY | Errno::EXIST if is_cwd(&path) => Errno::INVAL,
            Errno::NOTEMPTY => Errno::EXIST,
            e => e,
        })
    });
    done(cx, result)
}

fn is_cwd(path: &CStr) -> bool {
    match (stat(path), stat(c".")) {
        (Ok(a), Ok(b)) => (a.st_ino, a.st_dev) == (b.st_ino, b.st_dev),
        _ => false,
    }
}

fn del_file<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let result = path(name).and_then(|path| {
        // POSIX has "not permitted" for folders.
        unlink(&*path).map_err(|e| if e == Errno::ISDIR { Errno::PERM } else { e })
    });
    done(cx, result)
}

fn rename_file<'p>(cx: &mut Native<'p>, [from, to]: [Term<'p>; 2]) -> Outcome<'p> {
    let result = path(from).and_then(|from| {
        let to = path(to)?;
        rename(&*from, &*to).map_err(|e| match e {
            Errno::NOTEMPTY => Errno::EXIST,
            _ if from.as_bytes() == b"/" => Errno::INVAL,
            e => e,
        })
    });
    done(cx, result)
}

fn read_link<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let target = path(name).and_then(|path| readlink(&*path, Vec::new()));
    ok_bytes(cx, target)
}

fn make_hard_link<'p>(cx: &mut Native<'p>, [existing, new]: [Term<'p>; 2]) -> Outcome<'p> {
    let result = path(existing).and_then(|existing| link(&*existing, &*path(new)?));
    done(cx, result)
}

fn make_soft_link<'p>(cx: &mut Native<'p>, [existing, new]: [Term<'p>; 2]) -> Outcome<'p> {
    let result = path(existing).and_then(|existing| symlink(&*existing, &*path(new)?));
    done(cx, result)
}
