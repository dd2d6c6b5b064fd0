//! Input and output: what the machine has of the operating system's files, one kind of thing a file.
//!
//! [`poller`] is the one thread that waits for descriptors to become ready, [`socket_set`] how
//! workers wait for sockets; [`port`] is what
//! processes see of them as ports. Of files there is here what natives share and what ends with a
//! process; the calls themselves are natives.

pub mod errno;
pub mod file;
pub mod file_names;
pub mod poller;
pub mod port;
pub mod resolver;
pub mod signals;
pub mod socket_set;
pub mod terminal;
