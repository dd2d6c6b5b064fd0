//! `binary`: looking into binaries, and searching them.
//!
//! `list_to_bin/1` and `part/2,3` are `erlang`'s own and live there.

pub mod bytes;
pub mod pattern;
pub mod search;
