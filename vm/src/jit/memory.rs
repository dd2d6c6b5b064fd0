//! Memory for native code: one arena, whose pages are seen twice, once to be written and once to be
//! executed, so that nothing is ever both.

use crate::sync::{Arc, Mutex};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};
use std::collections::BTreeMap;

/// Address space for native code; memory is taken as it is used.
const BYTES: usize = 128 << 20;

/// Blocks begin at multiples of this.
const ALIGN: usize = 16;

/// All native code of a machine.
pub(super) struct Arena {
    write: *mut u8,
    execute: *mut u8,
    /// Free ranges by where they begin.
    free: Mutex<BTreeMap<usize, usize>>,
}

// SAFETY: the mappings stay until the arena is dropped; what is written is a free range, which the
// list gives to one at a time.
unsafe impl Send for Arena {}
// SAFETY: as for Send.
unsafe impl Sync for Arena {}

impl Arena {
    /// `None` if the system gives no such memory.
    pub(super) fn new() -> Option<Arena> {
        // Who may not make files of that size is sent a signal by the system.
        if getrlimit(Resource::Fsize).current.is_some_and(|most| most < BYTES as u64) {
            return None;
        }
        let file = memfd_create("girder-code", MemfdFlags::CLOEXEC).ok()?;
        ftruncate(&file, BYTES as u64).ok()?;
        // SAFETY: a new mapping wherever the system likes.
        let map = |access| unsafe {
            mmap(std::ptr::null_mut(), BYTES, access, MapFlags::SHARED, &file, 0).ok()
        };
        let write = map(ProtFlags::READ | ProtFlags::WRITE)?.cast();
        let Some(execute) = map(ProtFlags::READ | ProtFlags::EXEC) else {
            // SAFETY: mapped just now, and nobody knows of it.
            let _ = unsafe { munmap(write, BYTES) };
            return None;
        };
        let free = Mutex::new(BTreeMap::from([(0, BYTES)]));
        Some(Arena { write: write.cast(), execute: execute.cast(), free })
    }

    /// A copy of `code` that can be executed. `None`: there is no room.
    pub(super) fn place(self: &Arc<Arena>, code: &[u8]) -> Option<Block> {
        let size = code.len().next_multiple_of(ALIGN);
        let mut free = self.free.lock();
        let (start, room) = free.iter().map(|(s, r)| (*s, *r)).find(|(_, room)| *room >= size)?;
        free.remove(&start);
        if room > size {
            free.insert(start + size, room - size);
        }
        drop(free);
        // SAFETY: the range is within the mapping and was free: nobody executes it.
        unsafe { self.write.add(start).copy_from_nonoverlapping(code.as_ptr(), code.len()) };
        Some(Block { start, size, arena: self.clone() })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        for mapping in [self.write, self.execute] {
            // SAFETY: mapped by `new`; all blocks, which hold the arena, are gone.
            let _ = unsafe { munmap(mapping.cast(), BYTES) };
        }
    }
}

/// Native code of one function. Its range is free once this is dropped: with the module, which no
/// process executes any more then.
pub(super) struct Block {
    start: usize,
    size: usize,
    arena: Arc<Arena>,
}

impl Block {
    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Where it can be executed.
    pub(super) fn address(&self) -> u64 {
        self.arena.execute as u64 + self.start as u64
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let (mut start, mut size) = (self.start, self.size);
        let mut free = self.arena.free.lock();
        if let Some(behind) = free.remove(&(start + size)) {
            size += behind;
        }
        if let Some((before, length)) = free.range(..start).next_back().map(|(s, l)| (*s, *l))
            && before + length == start
        {
            (start, size) = (before, size + length);
        }
        free.insert(start, size);
    }
}
