//! The two things that function values point to: exports (by name) and lambdas (by module).
//!
//! Both are made once and live as long as the machine, so that terms can hold their addresses.

use crate::sync::{AtomicPtr, AtomicU64};
use crate::term::Atom;

/// A function by name: `Module:Function/Arity`, loaded or not.
pub struct Export {
    /// Where a call goes. Never null: code that calls the error handler stands in for a function
    /// that is not loaded.
    pub code: AtomicPtr<u64>,
    /// Module.
    pub module: Atom,
    /// Function.
    pub function: Atom,
    /// Arity.
    pub arity: u8,
    /// The native function of this name, if there is one.
    pub native: Option<&'static crate::native::NativeDef>,
    /// The code that `code` points to while nothing is loaded (its words refer back to here).
    pub stub: Box<[AtomicU64]>,
}

/// A function made by `fun` in some module.
pub struct Lambda {
    /// Where a call goes. Never null: code that raises `badfun` (or loads the module) stands in
    /// while the module is not loaded.
    pub code: AtomicPtr<u64>,
    /// Module that made it.
    pub module: Atom,
    /// The function its body was compiled to.
    pub function: Atom,
    /// Arguments that a caller gives.
    pub arity: u8,
    /// Free variables that come after the arguments.
    pub num_free: u32,
    /// Its number in the module.
    pub index: u32,
    /// Hash of its source form.
    pub old_uniq: u32,
    /// MD5 of the module that made it.
    pub uniq: [u8; 16],
}
