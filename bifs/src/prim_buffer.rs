//! The native half of OTP's preloaded module `prim_buffer`: a queue of bytes that a process reads
//! from the front and writes at the back, for reading ahead and delaying writes.
//!
//! Large binaries are kept as they are; small ones are gathered into one.

use std::collections::VecDeque;
use std::sync::Arc;
use vm::heap::SharedBytes;
use vm::native::{Native, Outcome, Raise};
use vm::sync::{AtomicBool, Mutex, Ordering};
use vm::term::{Term, atoms};

vm::natives! {
    /// Buffers.
    pub static NATIVES: "prim_buffer" {
        "new"/0 = new,
        "size"/1 = size,
        "peek_head"/1 = peek_head,
        "copying_read"/2 = copying_read,
        "write"/2 = write,
        "skip"/2 = skip,
        "find_byte_index"/2 = find_byte_index,
        "try_lock"/1 = try_lock,
        "unlock"/1 = unlock,
    }
}

/// Writes of together less than this are gathered.
const GATHERED: usize = 2048;

struct Buffer {
    queue: Mutex<Queue>,
    /// What `try_lock` takes; users of a buffer keep others out with it.
    locked: AtomicBool,
}

#[derive(Default)]
struct Queue {
    parts: VecDeque<SharedBytes>,
    /// Small writes that come behind `parts`.
    gathered: Vec<u8>,
    /// Bytes in both.
    size: usize,
}

impl Queue {
    fn write(&mut self, bytes: SharedBytes) {
        let new = bytes.as_slice();
        self.size += new.len();
        if self.gathered.len() + new.len() >= GATHERED {
            self.flush();
        }
        if new.len() >= GATHERED / 2 {
            self.flush();
            self.parts.push_back(bytes);
        } else {
            self.gathered.extend_from_slice(new);
        }
    }

    fn flush(&mut self) {
        if !self.gathered.is_empty() {
            self.parts.push_back(SharedBytes::copied(&self.gathered));
            self.gathered.clear();
        }
    }

    /// Takes `n` bytes off the front, which are there, and shows them to `f` piece by piece.
    fn take(&mut self, mut n: usize, mut f: impl FnMut(&[u8])) {
        self.flush();
        self.size -= n;
        while n > 0 {
            let Some(part) = self.parts.front_mut() else { return };
            let len = part.as_slice().len();
            let here = len.min(n);
            f(&part.as_slice()[..here]);
            n -= here;
            if here == len {
                self.parts.pop_front();
            } else {
                part.skip(here);
            }
        }
    }

    fn find(&mut self, byte: u8) -> Option<usize> {
        self.flush();
        let mut before = 0;
        for part in &self.parts {
            match memchr::memchr(byte, part.as_slice()) {
                Some(i) => return Some(before + i),
                None => before += part.as_slice().len(),
            }
        }
        None
    }
}

fn buffer<'p>(t: Term<'p>) -> Result<&'p Buffer, Raise<'p>> {
    t.magic_object().ok_or_else(Raise::badarg)
}

fn new<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let empty = Buffer { queue: Mutex::default(), locked: AtomicBool::new(false) };
    Ok(cx.make_magic_ref(Arc::new(empty)))
}

fn size<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    let n = buffer(b)?.queue.lock().size;
    Ok(cx.uint(n as u64))
}

fn peek_head<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut queue = buffer(b)?.queue.lock();
    queue.flush();
    let head = queue.parts.front().ok_or_else(Raise::badarg)?;
    Ok(cx.shared_binary(head))
}

/// How many bytes an operation takes off the front: as many as are there at most.
fn taken<'p>(queue: &Queue, n: Term<'p>) -> Result<usize, Raise<'p>> {
    n.as_usize().filter(|n| *n <= queue.size).ok_or_else(Raise::badarg)
}

fn copying_read<'p>(cx: &mut Native<'p>, [b, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut queue = buffer(b)?.queue.lock();
    let n = taken(&queue, n)?;
    Ok(cx.binary_with(n, |to| {
        let mut at = 0;
        queue.take(n, |piece| {
            to[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        });
    }))
}

fn write<'p>(_: &mut Native<'p>, [b, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut queue = buffer(b)?.queue.lock();
    let parts = list.list_to_vec().ok_or_else(Raise::badarg)?;
    let parts: Option<Vec<SharedBytes>> = parts.into_iter().map(SharedBytes::of).collect();
    for part in parts.ok_or_else(Raise::badarg)? {
        queue.write(part);
    }
    Ok(Term::atom(atoms::OK))
}

fn skip<'p>(_: &mut Native<'p>, [b, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut queue = buffer(b)?.queue.lock();
    let n = taken(&queue, n)?;
    queue.take(n, |_| {});
    Ok(Term::atom(atoms::OK))
}

fn find_byte_index<'p>(cx: &mut Native<'p>, [b, byte]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut queue = buffer(b)?.queue.lock();
    let byte = byte.as_u64().and_then(|n| u8::try_from(n).ok()).ok_or_else(Raise::badarg)?;
    cx.bump_reductions(queue.size / 1024);
    match queue.find(byte) {
        Some(i) => {
            let i = cx.uint(i as u64);
            Ok(cx.tuple(&[Term::atom(atoms::OK), i]))
        }
        None => cx.atom("not_found"),
    }
}

fn try_lock<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    let was = buffer(b)?.locked.swap(true, Ordering::Acquire);
    cx.atom(if was { "busy" } else { "acquired" })
}

fn unlock<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    if buffer(b)?.locked.swap(false, Ordering::Release) {
        return Ok(Term::atom(atoms::OK));
    }
    let reason = cx.atom("lock_order_violation")?;
    Err(Raise::error(reason))
}
