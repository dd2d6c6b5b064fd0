//! The atom table: chunk `AtU8`, or `Atom` (Latin-1) in files from before OTP 20.
//!
//! From OTP 28 the count is negative and each length is a compact tagged number, so that atoms of
//! 255 characters with more than 255 bytes fit.

use crate::container::Container;
use crate::error::LoadError;
use crate::reader::Reader;

/// Longest atom, in characters.
const MAX_CHARACTERS: usize = 255;

pub(crate) fn decode(container: &Container<'_>) -> Result<Vec<String>, LoadError> {
    if let Some(data) = container.get(b"AtU8") {
        table(Reader::new("AtU8", data), true)
    } else if let Some(data) = container.get(b"Atom") {
        table(Reader::new("Atom", data), false)
    } else {
        Err(LoadError::new("AtU8", 0, "the file has no atom table"))
    }
}

fn table(mut r: Reader<'_>, utf8: bool) -> Result<Vec<String>, LoadError> {
    let at = r.clone();
    let raw = r.u32()? as i32;
    let long = raw < 0 && utf8;
    let count = if long { raw.unsigned_abs() } else { raw as u32 } as usize;
    if count == 0 || count > r.remaining() {
        return Err(at.err(format!("{count} atoms are announced, which the chunk cannot hold")));
    }
    let mut atoms = Vec::with_capacity(count + 1);
    atoms.push(String::new());
    for _ in 0..count {
        let len = if long { r.index("the length of an atom")? as usize } else { r.u8()?.into() };
        let at = r.clone();
        let bytes = r.bytes(len)?;
        let text = if utf8 {
            std::str::from_utf8(bytes)
                .map_err(|_| at.err("an atom that is not valid UTF-8"))?
                .to_owned()
        } else {
            bytes.iter().map(|&b| char::from(b)).collect()
        };
        // Bytes bound characters, so most atoms need no counting.
        if len > MAX_CHARACTERS && text.chars().count() > MAX_CHARACTERS {
            return Err(at.err("an atom of more than 255 characters"));
        }
        atoms.push(text);
    }
    Ok(atoms)
}
