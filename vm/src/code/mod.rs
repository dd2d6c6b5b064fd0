//! Loaded code: modules, exports, lambdas, and what the interpreter executes.

pub mod entries;

pub use entries::{Export, Lambda};
