//! The fun table, chunk `FunT`.

use super::{arity, atom_index};
use crate::error::LoadError;
use crate::reader::Reader;

/// A fun that the code can make. Its body is a function of this module that takes the fun's own
/// arguments followed by the free variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lambda {
    /// Atom index of the body function.
    pub function: u32,
    /// Arity of the body function: the fun's own arguments plus `num_free`.
    pub arity: u8,
    /// Label of the body function's entry.
    pub label: u32,
    /// The index that identifies the fun across code versions.
    pub index: u32,
    /// Number of free variables.
    pub num_free: u32,
    /// Derived from the module's MD5 by the compiler; part of a fun's identity in external terms.
    pub old_uniq: u32,
}

pub(crate) fn decode(data: &[u8], atoms: usize) -> Result<Vec<Lambda>, LoadError> {
    let mut r = Reader::new("FunT", data);
    let count = r.count(24, "funs")?;
    let mut table = Vec::with_capacity(count);
    for _ in 0..count {
        let at = r.clone();
        let lambda = Lambda {
            function: atom_index(&mut r, atoms)?,
            arity: arity(&mut r)?,
            label: r.u32()?,
            index: r.u32()?,
            num_free: r.u32()?,
            old_uniq: r.u32()?,
        };
        if lambda.num_free > lambda.arity.into() {
            return Err(at.err("a fun with more free variables than its body has arguments"));
        }
        table.push(lambda);
    }
    Ok(table)
}
