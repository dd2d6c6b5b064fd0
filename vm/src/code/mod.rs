//! Loaded code: modules, exports, lambdas, and what the interpreter executes.
//!
//! A module goes from the loader's verified form to specific instructions (`transform`), and from
//! there, with names looked up and literals built, into the tables here (`load`).

pub mod breakpoints;
pub mod entries;
pub mod load;
pub mod ops;
pub mod purge;
mod recent;
pub mod table;
pub mod transform;
pub mod words;

pub use entries::{Export, Lambda};
pub use recent::RecentExports;
pub(crate) use table::Ranges;
pub use table::{CodeTable, FunctionInfo, Line, LoadedModule, Location};
