//! Exports that a worker has looked up by name of late: what `apply` and calls of variable modules want
//! again and again. The table of all is shared, behind a lock.

use super::{CodeTable, Export};
use crate::term::{Atom, Term};

/// How many are kept, a power of two.
const KEPT: usize = 64;

/// Each has one place, where it stays until another takes it. Exports live as long as the machine, whose
/// only ones these are.
pub struct RecentExports([Option<&'static Export>; KEPT]);

impl Default for RecentExports {
    fn default() -> Self {
        RecentExports([None; KEPT])
    }
}

impl RecentExports {
    /// The export of that name, made if it is new.
    #[inline(always)]
    pub fn export(
        &mut self,
        table: &CodeTable,
        module: Atom,
        function: Atom,
        arity: u8,
    ) -> &'static Export {
        let kept = &mut self.0[place(module, function, arity)];
        match kept {
            Some(e) if e.module == module && e.function == function && e.arity == arity => e,
            _ => kept.insert(table.export(module, function, arity)),
        }
    }
}

#[inline(always)]
fn place(module: Atom, function: Atom, arity: u8) -> usize {
    let [module, function] = [module, function].map(|name| Term::atom(name).word().0);
    let mixed = (module ^ function.rotate_left(17)).wrapping_add(u64::from(arity) << 32);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - KEPT.ilog2())) as usize
}
