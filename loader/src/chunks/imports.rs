//! The import table, chunk `ImpT`.

use super::{arity, atom_index};
use crate::error::LoadError;
use crate::reader::Reader;

/// A function that the code refers to by index into this table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// Atom index of the module.
    pub module: u32,
    /// Atom index of the function.
    pub function: u32,
    /// Number of arguments.
    pub arity: u8,
}

pub(crate) fn decode(data: &[u8], atoms: usize) -> Result<Vec<Import>, LoadError> {
    let mut r = Reader::new("ImpT", data);
    let count = r.count(12, "imports")?;
    let mut table = Vec::with_capacity(count);
    for _ in 0..count {
        table.push(Import {
            module: atom_index(&mut r, atoms)?,
            function: atom_index(&mut r, atoms)?,
            arity: arity(&mut r)?,
        });
    }
    Ok(table)
}
