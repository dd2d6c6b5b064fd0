//! Structural check of the external term format: is this one complete term?
//!
//! Not here: making terms of it (that is `vm`). Invariant: no recursion, so that no nesting depth
//! in a file can exhaust the stack, and every element that is counted takes at least a byte.
//! Format: <https://www.erlang.org/doc/apps/erts/erl_ext_dist.html>.

use crate::error::LoadError;
use crate::reader::Reader;

/// Tags of the external term format.
pub mod tag {
    #![expect(missing_docs, reason = "the names are the format's own")]
    pub const VERSION: u8 = 131;
    pub const NEW_FLOAT: u8 = 70;
    pub const BIT_BINARY: u8 = 77;
    pub const COMPRESSED: u8 = 80;
    pub const ATOM_CACHE_REF: u8 = 82;
    pub const NEW_PID: u8 = 88;
    pub const NEW_PORT: u8 = 89;
    pub const NEWER_REFERENCE: u8 = 90;
    pub const SMALL_INTEGER: u8 = 97;
    pub const INTEGER: u8 = 98;
    pub const FLOAT: u8 = 99;
    pub const ATOM: u8 = 100;
    pub const REFERENCE: u8 = 101;
    pub const PORT: u8 = 102;
    pub const PID: u8 = 103;
    pub const SMALL_TUPLE: u8 = 104;
    pub const LARGE_TUPLE: u8 = 105;
    pub const NIL: u8 = 106;
    pub const STRING: u8 = 107;
    pub const LIST: u8 = 108;
    pub const BINARY: u8 = 109;
    pub const SMALL_BIG: u8 = 110;
    pub const LARGE_BIG: u8 = 111;
    pub const NEW_FUN: u8 = 112;
    pub const EXPORT: u8 = 113;
    pub const NEW_REFERENCE: u8 = 114;
    pub const SMALL_ATOM: u8 = 115;
    pub const MAP: u8 = 116;
    pub const ATOM_UTF8: u8 = 118;
    pub const SMALL_ATOM_UTF8: u8 = 119;
    pub const V4_PORT: u8 = 120;
}

/// Checks that `bytes` are one external term, from the version byte to the end. A compressed term
/// is only checked to say that it is one.
pub fn check(bytes: &[u8]) -> Result<(), LoadError> {
    let mut r = Reader::new("term", bytes);
    if r.u8()? != tag::VERSION {
        return Err(LoadError::new("term", 0, "an external term must start with byte 131"));
    }
    if bytes.get(1) == Some(&tag::COMPRESSED) {
        r.bytes(5)?;
        return Ok(());
    }
    let mut pending: u64 = 1;
    while pending > 0 {
        if pending > r.remaining() as u64 {
            return Err(r.err("a term announces more elements than there are bytes left"));
        }
        pending = pending - 1 + item(&mut r)?;
    }
    r.finish()
}

/// Reads one term without its elements; answers how many elements follow.
fn item(r: &mut Reader<'_>) -> Result<u64, LoadError> {
    let at = r.clone();
    let mut skip = 0;
    let mut elements: u64 = 0;
    match r.u8()? {
        tag::SMALL_INTEGER => skip = 1,
        tag::INTEGER => skip = 4,
        tag::NEW_FLOAT => skip = 8,
        tag::FLOAT => skip = 31,
        tag::NIL => {}
        tag::ATOM | tag::ATOM_UTF8 | tag::STRING => skip = r.u16()?.into(),
        tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => skip = r.u8()?.into(),
        tag::SMALL_TUPLE => elements = r.u8()?.into(),
        tag::LARGE_TUPLE => elements = r.u32()?.into(),
        tag::LIST => elements = u64::from(r.u32()?) + 1,
        tag::MAP => elements = u64::from(r.u32()?) * 2,
        tag::BINARY => skip = r.u32()? as usize,
        tag::BIT_BINARY => {
            skip = r.u32()? as usize;
            let bits = r.u8()?;
            if bits > 8 || (bits == 0) != (skip == 0) {
                return Err(at.err("a bitstring whose last byte has an impossible bit count"));
            }
        }
        tag::SMALL_BIG => skip = usize::from(r.u8()?) + 1,
        tag::LARGE_BIG => skip = r.u32()? as usize + 1,
        tag::EXPORT => elements = 3,
        tag::NEW_PID => skip = node_then(r, 12)?,
        tag::PID => skip = node_then(r, 9)?,
        tag::V4_PORT => skip = node_then(r, 12)?,
        tag::NEW_PORT => skip = node_then(r, 8)?,
        tag::PORT | tag::REFERENCE => skip = node_then(r, 5)?,
        tag::NEW_REFERENCE => {
            let words = usize::from(r.u16()?);
            skip = node_then(r, 1 + 4 * words)?;
        }
        tag::NEWER_REFERENCE => {
            let words = usize::from(r.u16()?);
            skip = node_then(r, 4 + 4 * words)?;
        }
        tag::NEW_FUN => {
            r.bytes(4 + 1 + 16 + 4)?;
            // Module, old index, old unique, pid, then the free variables.
            elements = u64::from(r.u32()?) + 4;
        }
        other => return Err(at.err(format!("unknown external term tag {other}"))),
    }
    r.bytes(skip)?;
    Ok(elements)
}

/// Reads the node name of a pid, port or reference, which fixed-size fields follow.
fn node_then(r: &mut Reader<'_>, skip: usize) -> Result<usize, LoadError> {
    let at = r.clone();
    let len = match r.u8()? {
        tag::ATOM | tag::ATOM_UTF8 => r.u16()?.into(),
        tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => r.u8()?.into(),
        _ => return Err(at.err("a node name must be an atom")),
    };
    r.bytes(len)?;
    Ok(skip)
}
