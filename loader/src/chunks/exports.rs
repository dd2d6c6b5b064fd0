//! The export table, chunk `ExpT`, and the table of local functions, chunk `LocT`: one format.

use super::{arity, atom_index};
use crate::error::LoadError;
use crate::reader::Reader;

/// A function of this module and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// Atom index of the function.
    pub function: u32,
    /// Number of arguments.
    pub arity: u8,
    /// Label of its entry.
    pub label: u32,
}

pub(crate) fn decode(
    chunk: &'static str,
    data: &[u8],
    atoms: usize,
) -> Result<Vec<Export>, LoadError> {
    let mut r = Reader::new(chunk, data);
    let count = r.count(12, "functions")?;
    let mut table = Vec::with_capacity(count);
    for _ in 0..count {
        table.push(Export {
            function: atom_index(&mut r, atoms)?,
            arity: arity(&mut r)?,
            label: r.u32()?,
        });
    }
    Ok(table)
}
