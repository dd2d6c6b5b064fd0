//! The literal arena: terms that live outside process heaps and that no collector copies (module
//! literals, persistent terms).
//!
//! One reserved range of addresses, so that a collector tells a literal by comparing its address.
//! Memory is handed out upwards and touched only when used.

use crate::sync::Mutex;
use crate::term::Word;

/// What is asked for first, and the least that is of use: where address space is short (`ulimit -v`,
/// a debugger's memory), a smaller arena is better than no machine.
const MOST_BYTES: usize = 64 << 30;
const LEAST_BYTES: usize = 64 << 20;

/// The literal arena of one machine.
pub struct LiteralArena {
    base: *mut Word,
    bytes: usize,
    used: Mutex<usize>,
}

// SAFETY: the arena hands out disjoint blocks; what is written to them is written before the
// block's address is published, and never changed after.
unsafe impl Send for LiteralArena {}
// SAFETY: as for Send.
unsafe impl Sync for LiteralArena {}

impl LiteralArena {
    /// Reserves the range. Fails if the system refuses even the least.
    pub fn new() -> std::io::Result<LiteralArena> {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let mut bytes = MOST_BYTES;
        loop {
            // SAFETY: a new anonymous mapping at an address of the system's choice.
            let mapped = unsafe {
                mmap_anonymous(
                    std::ptr::null_mut(),
                    bytes,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::PRIVATE | MapFlags::NORESERVE,
                )
            };
            match mapped {
                Ok(base) => {
                    return Ok(LiteralArena { base: base.cast(), bytes, used: Mutex::new(0) });
                }
                Err(_) if bytes > LEAST_BYTES => bytes /= 2,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The first address and the length in bytes of the range.
    pub fn range(&self) -> (usize, usize) {
        (self.base as usize, self.bytes)
    }

    /// A block of `words` words, all zero. `None` when the arena is full.
    pub fn alloc(&self, words: usize) -> Option<*mut Word> {
        let mut used = self.used.lock();
        if words > self.bytes / 8 - *used {
            return None;
        }
        // SAFETY: `used + words` is within the range, as just tested.
        let p = unsafe { self.base.add(*used) };
        *used += words;
        Some(p)
    }

    /// Bytes handed out.
    pub fn used_bytes(&self) -> usize {
        *self.used.lock() * 8
    }
}

impl Drop for LiteralArena {
    fn drop(&mut self) {
        // SAFETY: the range is ours; the machine that read from it is gone.
        let _ = unsafe { rustix::mm::munmap(self.base.cast(), self.bytes) };
    }
}
