//! Source positions, chunk `Line`: what a `line` instruction's index means.

use crate::error::LoadError;
use crate::reader::{Reader, Tag};

/// A source position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineItem {
    /// Index into [`Lines::files`].
    pub file: u32,
    /// Line number; 0 only in the "no position" item.
    pub line: u32,
}

/// The line table. Both parts have the entry that stock adds: item 0 is "no position", file 0 is
/// the module's own name with `.erl` and stands here as an empty string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Positions; operands of `line` are indices into this.
    pub items: Vec<LineItem>,
    /// File names; entry 0 (empty) means "module name + .erl".
    pub files: Vec<String>,
    /// How many `line` instructions the compiler counted.
    pub instructions: u32,
    /// Flags of the table, not used by any release so far.
    pub flags: u32,
}

impl Default for Lines {
    /// The table of a module without the chunk.
    fn default() -> Self {
        Self {
            items: vec![LineItem::default()],
            files: vec![String::new()],
            instructions: 0,
            flags: 0,
        }
    }
}

impl Lines {
    pub(crate) fn decode(data: &[u8]) -> Result<Self, LoadError> {
        let mut r = Reader::new("Line", data);
        if r.u32()? != 0 {
            // A later format; stock runs such modules without positions.
            return Ok(Self::default());
        }
        let flags = r.u32()?;
        let instructions = r.u32()?;
        let at = r.clone();
        let items = r.u32()? as usize;
        let files = r.u32()? as usize;
        if items.saturating_add(files.saturating_mul(2)) > r.remaining() {
            return Err(at.err(format!(
                "{items} positions in {files} files are announced, more than the chunk can hold"
            )));
        }
        let mut table = Self {
            items: Vec::with_capacity(items + 1),
            files: Vec::with_capacity(files + 1),
            instructions,
            flags,
        };
        table.items.push(LineItem::default());
        let mut file = 0;
        while table.items.len() <= items {
            let at = r.clone();
            let (tag, value) = r.tagged_u64()?;
            let value = u32::try_from(value).map_err(|_| at.err("a position beyond 32 bits"))?;
            match tag {
                Tag::A if value as usize <= files => file = value,
                Tag::A => return Err(at.err(format!("file {value} is outside the file table"))),
                Tag::I => table.items.push(LineItem { file, line: value }),
                _ => return Err(at.err("expected a file index or a line number")),
            }
        }
        table.files.push(String::new());
        for _ in 0..files {
            let len = r.u16()?.into();
            let at = r.clone();
            let name = std::str::from_utf8(r.bytes(len)?)
                .map_err(|_| at.err("a file name that is not valid UTF-8"))?;
            table.files.push(name.to_owned());
        }
        Ok(table)
    }
}
