//! Code words, and the memory that they lie in.
//!
//! Native code ([`jit`](crate::jit)) names addresses of code words wherever it calls a function or is
//! returned to. Addresses of 31 bits take four bytes there in place of eight, and an instruction can look
//! at a word there without a register. So that is where code words are, as far as there is room and the system
//! gives such memory; others are where the allocator puts them.

use super::ops;
use crate::free_ranges::FreeRanges;
use crate::sync::{Arc, AtomicU16, Mutex, Ordering};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::ptr::NonNull;

/// Words of address space for code words; memory is taken as it is used.
const WORDS: usize = 32 << 20;

/// Where that is to begin: programs and what belongs to them are mostly elsewhere.
const START: usize = 256 << 20;

/// Code begins at multiples of so many words: of a cache line.
const ALIGN: usize = 8;

/// Memory for code words.
pub struct CodeMemory(Option<Arc<Low>>);

/// Memory whose addresses have 31 bits.
struct Low {
    first: *mut u64,
    free: Mutex<FreeRanges>,
}

// SAFETY: the mapping stays until this is dropped; what is written is a free range, which is given to one at
// a time.
unsafe impl Send for Low {}
// SAFETY: as for Send.
unsafe impl Sync for Low {}

impl Low {
    /// `None` if the system gives no such memory.
    fn new() -> Option<Low> {
        let (bytes, access) = (WORDS * 8, ProtFlags::READ | ProtFlags::WRITE);
        let kind = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping wherever the system likes: it takes the address for a wish.
        let first = unsafe { mmap_anonymous(START as *mut _, bytes, access, kind) }.ok()?;
        let low = Low { first: first.cast(), free: Mutex::new(FreeRanges::new(WORDS)) };
        (first as usize + bytes <= i32::MAX as usize).then_some(low)
    }
}

impl Drop for Low {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`; all code in it, which holds this, is gone.
        let _ = unsafe { munmap(self.first.cast(), WORDS * 8) };
    }
}

impl CodeMemory {
    /// Memory in which there is no code yet.
    pub fn new() -> CodeMemory {
        CodeMemory(Low::new().map(Arc::new))
    }

    /// Puts code there. Those of its words that are `places` are made addresses: so far they are offsets.
    pub fn put(&self, words: Vec<u64>, places: &[usize]) -> Code {
        let mut words = words.into_boxed_slice();
        let len = words.len();
        let size = len.next_multiple_of(ALIGN);
        let range = self.0.as_ref().and_then(|low| Some((low, low.free.lock().take(size)?)));
        let first = match range {
            // SAFETY: a range of the mapping.
            Some((low, start)) => unsafe { low.first.add(start) },
            None => words.as_mut_ptr(),
        };
        for place in places {
            words[*place] = first as u64 + words[*place] * 8;
        }
        let (first, low) = match range {
            Some((low, _)) => {
                // SAFETY: the range has so many words and was free.
                unsafe { first.copy_from_nonoverlapping(words.as_ptr(), len) };
                (first, Some(low.clone()))
            }
            // They stay where they are.
            None => (Box::into_raw(words).cast(), None),
        };
        Code { first: NonNull::new(first).expect("it is somewhere"), len, low }
    }
}

impl Default for CodeMemory {
    fn default() -> CodeMemory {
        CodeMemory::new()
    }
}

/// Code words. Nothing of them changes once others can see them but the bit [`ops::BREAK`] of
/// opcodes, which is read and written by itself; the number of calls left in an `Entry`; and what an
/// `Entry` or a `Resume` becomes once there is native code ([`jit`](crate::jit)).
pub struct Code {
    first: NonNull<u64>,
    len: usize,
    /// Where the words are; `None`: a boxed slice.
    low: Option<Arc<Low>>,
}

impl Code {
    /// The address of the first.
    pub fn as_ptr(&self) -> *const u64 {
        self.first.as_ptr()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of one.
    pub fn at(&self, offset: u32) -> *const u64 {
        let offset = offset as usize;
        assert!(offset < self.len, "one of the words");
        // SAFETY: there are so many.
        unsafe { self.as_ptr().add(offset) }
    }

    /// A word that is no instruction's first.
    pub fn operand(&self, offset: u32) -> u64 {
        // SAFETY: only opcodes change.
        unsafe { *self.at(offset) }
    }

    /// Sets a breakpoint at the instruction that begins there, or takes it away.
    pub fn set_break(&self, offset: u32, on: bool) {
        // SAFETY: the words are alive; opcodes are read and written as atomics of 16 bits alone.
        set_break(unsafe { AtomicU16::from_ptr(self.at(offset).cast_mut().cast()) }, on);
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let first = self.first.as_ptr();
        match &self.low {
            Some(low) => {
                let start = (first as usize - low.first as usize) / 8;
                low.free.lock().give_back(start, self.len.next_multiple_of(ALIGN));
            }
            None => {
                let words = std::ptr::slice_from_raw_parts_mut(first, self.len);
                // SAFETY: of a box that `put` has taken apart.
                drop(unsafe { Box::from_raw(words) });
            }
        }
    }
}

/// Sets a breakpoint in an opcode, or takes it away.
pub fn set_break(opcode: &AtomicU16, on: bool) {
    if on {
        opcode.fetch_or(ops::BREAK, Ordering::Release);
    } else {
        opcode.fetch_and(!ops::BREAK, Ordering::Release);
    }
}
