//! Terms: how every Erlang value is laid out in memory, read, built, compared and copied.
//!
//! Two types stand for a value. [`Word`] is the bare 64-bit tagged word; it promises nothing and
//! is used only inside this crate. [`Term`] is a word branded with the lifetime `'p` during which
//! everything it points to stays where it is; all reading code is written against it, safely.
//!
//! Not here: where the memory comes from (`heap`) and what processes do with it (`process`).

pub mod arith;
mod assembly;
pub mod atom;
pub mod atoms;
pub(crate) mod bitfield;
pub mod bits;
pub mod build;
pub mod compare;
pub mod copy;
pub mod external;
pub mod hash;
pub mod iolist;
pub mod layout;
pub mod map;
pub mod print;
pub mod sharing;
#[cfg(test)]
pub(crate) mod testing;
pub mod view;
pub mod word;

pub use atom::{Atom, AtomTable};
pub use bits::{BitsView, MAX_BITS};
pub use build::Area;
pub use view::{ElementAt, FewTerms, ListIter, Term, View};
pub use word::{Pid, PortId, Word};

/// Bytes of a binary that count as one part of a term, where the work is counted that walks it.
pub(crate) const BYTES_A_PART: usize = 32;
