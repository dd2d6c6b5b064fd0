//! What the machine has of the operating system's files: one kind of thing a file.
//!
//! Here is what natives share and what ends with a process; the calls themselves are natives.

pub mod errno;
pub mod file;
pub mod file_names;
pub mod signals;
