//! The type table, chunk `Type`: what the compiler proved about register operands.
//!
//! Four versions exist: 1 (OTP 25), 2 (OTP 26), 3 (OTP 27 and 28), 4 (OTP 29). They differ in which
//! bit means what and in how bounds are stored; here they become one form. A version that is not
//! known gives the table that knows nothing, as stock does. The entries are hints: nothing here
//! proves that they are true of the code.

use crate::error::LoadError;
use crate::reader::Reader;

/// One operand type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeEntry {
    /// Which kinds of terms it can be: the constants of [`TypeEntry`] or-ed together.
    pub kinds: u16,
    /// Least number, if bounded and within 64 bits.
    pub min: Option<i64>,
    /// Greatest number, if bounded and within 64 bits.
    pub max: Option<i64>,
    /// The size of a bitstring is a multiple of this many bits (1 to 256).
    pub unit: u16,
}

/// Names of the kind bits, lowest bit first.
pub const KIND_NAMES: [&str; 14] = [
    "atom",
    "bitstring",
    "match_context",
    "cons",
    "float",
    "fun",
    "integer",
    "map",
    "nil",
    "pid",
    "port",
    "reference",
    "tuple",
    "record",
];

impl TypeEntry {
    /// Atom.
    pub const ATOM: u16 = 1;
    /// Bitstring.
    pub const BITSTRING: u16 = 1 << 1;
    /// Match context.
    pub const MATCH_CONTEXT: u16 = 1 << 2;
    /// Non-empty list.
    pub const CONS: u16 = 1 << 3;
    /// Float.
    pub const FLOAT: u16 = 1 << 4;
    /// Fun.
    pub const FUN: u16 = 1 << 5;
    /// Integer.
    pub const INTEGER: u16 = 1 << 6;
    /// Map.
    pub const MAP: u16 = 1 << 7;
    /// Empty list.
    pub const NIL: u16 = 1 << 8;
    /// Pid.
    pub const PID: u16 = 1 << 9;
    /// Port.
    pub const PORT: u16 = 1 << 10;
    /// Reference.
    pub const REFERENCE: u16 = 1 << 11;
    /// Tuple.
    pub const TUPLE: u16 = 1 << 12;
    /// Native record (OTP 29).
    pub const RECORD: u16 = 1 << 13;

    /// Every kind, no bounds.
    pub const ANY: Self = Self { kinds: (1 << 14) - 1, min: None, max: None, unit: 1 };
}

/// The type table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Types {
    /// Version in the file; 0 when there was no chunk or its version is not known.
    pub version: u32,
    /// Entries; a typed operand's index refers to this, except when `version` is 0. Entry 0 is
    /// always "any".
    pub entries: Vec<TypeEntry>,
}

impl Types {
    /// The table of a module without usable type information.
    pub(crate) fn fallback() -> Self {
        Self { version: 0, entries: vec![TypeEntry::ANY] }
    }

    /// The type at an operand's index; "any" for every index when the table is not usable.
    pub fn get(&self, index: u32) -> TypeEntry {
        self.entries.get(index as usize).copied().unwrap_or(TypeEntry::ANY)
    }

    pub(crate) fn decode(data: &[u8]) -> Result<Self, LoadError> {
        let mut r = Reader::new("Type", data);
        let version = r.u32()?;
        if !(1..=4).contains(&version) {
            return Ok(Self::fallback());
        }
        let count = r.count(2, "types")?;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            entries.push(entry(&mut r, version)?);
        }
        if entries.first().is_none_or(|e| *e != TypeEntry::ANY) {
            return Err(r.err("the first type must be the one that admits every term"));
        }
        Ok(Self { version, entries })
    }
}

/// How many low bits of an entry tell kinds; three flag bits follow (from version 2 on).
fn kind_bits(version: u32) -> u32 {
    match version {
        1 | 2 | 4 => 13,
        _ => 12,
    }
}

fn entry(r: &mut Reader<'_>, version: u32) -> Result<TypeEntry, LoadError> {
    let at = r.clone();
    let word = r.u16()?;
    let bits = kind_bits(version);
    let raw = word & ((1 << bits) - 1);
    if raw == 0 {
        return Err(at.err("a type that admits no term"));
    }
    let mut entry = TypeEntry { kinds: kinds(raw, version), ..TypeEntry::ANY };
    if version == 1 {
        let (min, max) = (int(r)?, int(r)?);
        if min <= max {
            (entry.min, entry.max) = (Some(min), Some(max));
        }
        return Ok(entry);
    }
    if word >> bits & 1 != 0 {
        entry.min = Some(int(r)?);
    }
    if word >> (bits + 1) & 1 != 0 {
        entry.max = Some(int(r)?);
    }
    if word >> (bits + 2) & 1 != 0 {
        entry.unit = u16::from(r.u8()?) + 1;
    }
    Ok(entry)
}

fn int(r: &mut Reader<'_>) -> Result<i64, LoadError> {
    let high = r.u32()?;
    let low = r.u32()?;
    Ok((u64::from(high) << 32 | u64::from(low)) as i64)
}

/// Maps a version's bits to the constants of [`TypeEntry`].
fn kinds(raw: u16, version: u32) -> u16 {
    match version {
        // Version 1 and 2 have no native records: a term that can be anything can be one.
        1 | 2 if raw == 0x1fff => TypeEntry::ANY.kinds,
        1 | 2 => raw,
        // Version 3 dropped the match context bit; 4 added native records at the top.
        _ => {
            let low = raw & 0b11;
            let high = (raw & !0b11) << 1;
            let any = raw == (1 << kind_bits(version)) - 1;
            if any { TypeEntry::ANY.kinds } else { low | high }
        }
    }
}
