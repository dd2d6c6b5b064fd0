//! Memory that terms live in: process heaps and their collector, fragments, off-heap binaries,
//! literals. The main unsafe zone.

pub mod binary;
pub(crate) mod binary_blocks;
pub(crate) mod blocks;
pub mod collect;
pub mod copy_out;
pub mod counted;
pub mod fragment;
pub mod given_up;
pub mod literals;
pub mod magic;
pub mod magic_refs;
pub mod process_heap;
pub mod put_off;
pub mod shared;
mod space;
pub mod spares;
pub(crate) mod words;

pub use binary::Binary;
pub use fragment::Fragment;
pub use literals::{LiteralArea, LiteralArena, LiteralRange};
pub use process_heap::Heap;
pub use shared::SharedBytes;
