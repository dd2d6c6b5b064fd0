//! Memory for native code: one arena, whose pages are seen twice, once to be written and once to be
//! executed, so that nothing is ever both.
//!
//! It lies near the program's own code if the system gives it that place, so that native code calls what
//! it needs of the machine by how far it is away. A processor has to find out where a call leads whose
//! target is in a register, which takes some ten cycles longer.

use crate::free_ranges::FreeRanges;
use crate::sync::{Arc, Mutex};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};

/// Address space for native code; memory is taken as it is used.
const BYTES: usize = 128 << 20;

/// Blocks begin at multiples of this.
pub(super) const ALIGN: usize = 32;

/// How far before the program's code the arena shall begin, or up to twice as far: what is allocated lies
/// behind it.
const DISTANCE: usize = 512 << 20;

/// A call by distance in native code, which has to be told how far that is.
pub(super) struct Outward {
    /// Where the distance is in the code, from behind which it counts.
    pub(super) at: u32,
    pub(super) target: u64,
}

/// All native code of a machine.
pub(super) struct Arena {
    write: *mut u8,
    execute: *mut u8,
    free: Mutex<FreeRanges>,
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
        let program = crate::interp::called::order as *const () as usize;
        let near = (program & !(DISTANCE - 1)).saturating_sub(DISTANCE);
        let file = memfd_create("girder-code", MemfdFlags::CLOEXEC).ok()?;
        ftruncate(&file, BYTES as u64).ok()?;
        // SAFETY: a new mapping wherever the system likes: it takes the address for a wish.
        let map = |near, access| unsafe {
            mmap(near as *mut _, BYTES, access, MapFlags::SHARED, &file, 0).ok()
        };
        let write = map(0, ProtFlags::READ | ProtFlags::WRITE)?.cast();
        let Some(execute) = map(near, ProtFlags::READ | ProtFlags::EXEC) else {
            // SAFETY: mapped just now, and nobody knows of it.
            let _ = unsafe { munmap(write, BYTES) };
            return None;
        };
        let free = Mutex::new(FreeRanges::new(BYTES));
        Some(Arena { write: write.cast(), execute: execute.cast(), free })
    }

    /// Whether all of it is near enough to call that function by distance.
    pub(super) fn reaches(&self, target: u64) -> bool {
        let (start, most) = (self.execute as u64, i32::MAX as u64);
        target.abs_diff(start) < most && target.abs_diff(start + BYTES as u64) < most
    }

    /// A copy of `code` that can be executed, and that calls what is `outward`, all within
    /// [reach](Self::reaches). `None`: there is no room.
    pub(super) fn place(
        self: &Arc<Arena>,
        mut code: Vec<u8>,
        outward: &[Outward],
    ) -> Option<Block> {
        let size = code.len().next_multiple_of(ALIGN);
        let start = self.free.lock().take(size)?;
        for Outward { at, target } in outward {
            let at = *at as usize;
            let behind = self.execute as u64 + (start + at + 4) as u64;
            let distance = i32::try_from(target.wrapping_sub(behind) as i64)
                .expect("within reach, as it was asked for");
            code[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
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
        self.arena.free.lock().give_back(self.start, self.size);
    }
}
