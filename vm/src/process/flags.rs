//! `process_flag/2` as far as it is the process's own state: heap limits.

use super::Process;
use super::spawn::MaxHeapSize;
use crate::term::{Area, Term, atoms};

/// The smallest virtual heap for binaries, in words (OTP's default).
pub const MIN_BIN_VHEAP_SIZE: usize = 46_422;

impl Process {
    /// `min_bin_vheap_size` in words.
    pub fn min_bin_vheap_size(&self) -> usize {
        match self.rare.as_ref().map_or(0, |r| r.min_bin_vheap_size) {
            0 => MIN_BIN_VHEAP_SIZE,
            n => n,
        }
    }

    /// Sets `min_bin_vheap_size`.
    pub fn set_min_bin_vheap_size(&mut self, words: usize) {
        let words = words.clamp(MIN_BIN_VHEAP_SIZE, 1 << 40);
        self.rare().min_bin_vheap_size = words;
        self.heap.virtual_limit = self.heap.virtual_limit.max(words * 8);
    }

    /// Sets `max_heap_size`.
    pub fn set_max_heap_size(&mut self, max: MaxHeapSize) {
        let rare = self.rare();
        rare.max_heap_size = max.size;
        rare.max_heap_spares = !max.kill;
        rare.max_heap_silent = !max.log;
    }

    /// The `max_heap_size` that is set.
    pub fn max_heap_size(&self) -> MaxHeapSize {
        self.rare.as_ref().map_or(MaxHeapSize::default(), |r| MaxHeapSize {
            size: r.max_heap_size,
            kill: !r.max_heap_spares,
            log: !r.max_heap_silent,
        })
    }
}

impl MaxHeapSize {
    /// `#{error_logger => Log, kill => Kill, size => Size}`
    pub fn to_term<'q>(self, vm: &crate::vm::Vm, a: &mut Area<'q>) -> Term<'q> {
        let key = |s| super::info::name_term(vm, s);
        let keys = [key("error_logger"), Term::atom(atoms::KILL), Term::atom(atoms::SIZE)];
        let size = a.uint(self.size as u64);
        a.flat_map(&keys, &[Term::bool(self.log), Term::bool(self.kill), size])
    }
}
