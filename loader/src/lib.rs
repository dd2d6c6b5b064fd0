//! Reads the bytes of a .beam file into checked, plain data. No terms, no processes.
//!
//! Two steps, each from data to data: [`decode`] turns bytes into a [`Module`] (every table read,
//! every instruction split into operands, nothing believed that was not in the file), and
//! [`verify()`] turns a `Module` into a [`VerifiedModule`], the only form that the
//! linker takes. What was verified when the program was built need not be again ([`Records`]). Invariant: whatever the bytes are, the answer is a value or a [`LoadError`]; no
//! panic, and no allocation that the size of the file does not justify.
#![forbid(unsafe_code)]

pub mod chunks;
mod container;
pub mod disasm;
mod error;
pub mod etf;
mod module;
pub mod ops;
mod reader;
mod record;
pub mod verify;

pub use chunks::code::{Arg, Code, Instr, Reg};
pub use chunks::exports::Export;
pub use chunks::imports::Import;
pub use chunks::lambdas::Lambda;
pub use chunks::lines::{LineItem, Lines};
pub use chunks::literals::Literals;
pub use chunks::types::{TypeEntry, Types};
pub use container::{Container, RawChunk};
pub use error::LoadError;
pub use module::{Module, OtherChunk, decode};
pub use ops::GenOp;
pub use record::{Recorder, Records};
pub use verify::{Function, VerifiedModule, verify};

/// Decodes and verifies in one step.
pub fn load(bytes: &[u8]) -> Result<VerifiedModule, LoadError> {
    verify(decode(bytes)?)
}
