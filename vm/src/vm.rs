//! The machine as one value: everything that its processes share.

use crate::heap::LiteralArena;
use crate::sync::{AtomicU64, Ordering};
use crate::term::AtomTable;

/// One machine. There is no state outside it, so that two can live in one program.
pub struct Vm {
    /// All atoms.
    pub atoms: AtomTable,
    /// Terms outside process heaps.
    pub literals: LiteralArena,
    references: AtomicU64,
}

impl Vm {
    /// A machine without code or processes.
    pub fn new() -> std::io::Result<Vm> {
        Ok(Vm {
            atoms: AtomTable::new(1 << 20),
            literals: LiteralArena::new()?,
            references: AtomicU64::new(1),
        })
    }

    /// A number that no reference has had yet.
    pub fn next_reference(&self) -> u64 {
        self.references.fetch_add(1, Ordering::Relaxed)
    }
}
