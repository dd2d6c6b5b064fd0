//! The one error of this crate: where in the file, and what was expected there.
//!
//! Not here: any Erlang exception. A load error is about a file.

use std::borrow::Cow;
use std::fmt;

/// Why a .beam file cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// Module name, once the atom table has been read.
    pub module: Option<String>,
    /// `name/arity` of the function at fault, when the fault is inside one.
    pub function: Option<String>,
    /// Chunk name as in the file (`"Code"`, `"LitT"`), or `"file"` for the container itself.
    pub chunk: &'static str,
    /// Byte offset within the chunk's data (within the file for the container).
    pub offset: usize,
    /// What should have been there, or what is wrong, in plain English.
    pub what: Cow<'static, str>,
}

impl LoadError {
    /// An error at `offset` in `chunk`.
    pub fn new(chunk: &'static str, offset: usize, what: impl Into<Cow<'static, str>>) -> Self {
        Self { module: None, function: None, chunk, offset, what: what.into() }
    }

    pub(crate) fn in_module(mut self, module: &str) -> Self {
        self.module = Some(module.to_owned());
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.module, &self.function) {
            (Some(m), Some(name)) => write!(f, "module {m}, function {name}, ")?,
            (Some(m), None) => write!(f, "module {m}, ")?,
            _ => {}
        }
        if self.chunk == "file" {
            write!(f, "byte {} of the file: {}", self.offset, self.what)
        } else {
            write!(f, "chunk {}, byte {}: {}", self.chunk, self.offset, self.what)
        }
    }
}

impl std::error::Error for LoadError {}
