//! What is inside the chunks of a .beam file, one kind of chunk a file.

pub mod atoms;
pub mod attributes;
pub mod code;
pub mod exports;
pub mod imports;
pub mod lambdas;
pub mod lines;
pub mod literals;
pub mod strings;
pub mod types;

use crate::error::LoadError;
use crate::reader::Reader;

/// Reads a 32-bit atom index and checks it. Index 0 (nil) names no function.
fn atom_index(r: &mut Reader<'_>, atoms: usize) -> Result<u32, LoadError> {
    let at = r.clone();
    let index = r.u32()?;
    if index == 0 || index as usize >= atoms {
        return Err(at.err(format!("atom index {index} is outside the atom table")));
    }
    Ok(index)
}

/// Reads a 32-bit arity and checks it.
fn arity(r: &mut Reader<'_>) -> Result<u8, LoadError> {
    let at = r.clone();
    let n = r.u32()?;
    u8::try_from(n).map_err(|_| at.err(format!("arity {n} is beyond 255")))
}
