//! The literal table, chunk `LitT`: terms that the code refers to, in the external term format.
//!
//! Compressed with zlib; from OTP 28 stored plain when the declared size is 0. Each entry is
//! checked to be one well-formed external term that ends with its entry, and not decoded further.

use crate::container::inflate;
use crate::error::LoadError;
use crate::etf;
use crate::reader::Reader;
use std::ops::Range;

/// The literals of a module.
#[derive(Clone, Debug, Default)]
pub struct Literals {
    bytes: Vec<u8>,
    ranges: Vec<Range<u32>>,
}

impl Literals {
    /// Number of literals.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// One literal as an external term, with the leading 131.
    pub fn get(&self, index: u32) -> Option<&[u8]> {
        let range = self.ranges.get(index as usize)?;
        Some(&self.bytes[range.start as usize..range.end as usize])
    }

    /// All literals in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ranges.iter().map(|r| &self.bytes[r.start as usize..r.end as usize])
    }

    pub(crate) fn decode(data: &[u8]) -> Result<Self, LoadError> {
        let mut r = Reader::new("LitT", data);
        let declared = r.u32()? as usize;
        let rest = r.bytes(r.remaining())?;
        let bytes = if declared == 0 { rest.to_vec() } else { inflate("LitT", rest, declared)? };
        let mut r = Reader::new("LitT", &bytes);
        let count = r.count(4, "literals")?;
        let mut ranges = Vec::with_capacity(count);
        for index in 0..count {
            let len = r.u32()? as usize;
            let start = r.offset() as u32;
            let term = r.bytes(len)?;
            etf::check(term).map_err(|e| {
                LoadError::new(
                    "LitT",
                    start as usize + e.offset,
                    format!("literal {index} (offset in the inflated table): {}", e.what),
                )
            })?;
            ranges.push(start..start + len as u32);
        }
        Ok(Self { bytes, ranges })
    }
}
