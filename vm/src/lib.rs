//! The machine: terms, heaps, processes, schedulers, code and the interpreter.
//!
//! Natives are handed in as tables when a machine is made; nothing here knows which there are.

pub mod allocator;
pub mod boot;
mod census;
pub mod code;
pub mod crash_dump;
pub mod dist;
pub mod environment;
pub mod ets;
mod free_ranges;
pub mod heap;
pub mod interp;
pub mod io;
pub mod jit;
pub mod memory;
pub mod native;
pub mod num;
pub mod packet;
pub mod pages;
pub mod persistent;
pub mod process;
pub mod processors;
pub mod regex;
pub mod sched;
pub mod settings;
pub mod sync;
pub mod system_flags;
pub mod term;
pub mod timer;
pub mod topology;
pub mod trace;
pub mod vm;
pub mod zstream;

pub use vm::{Config, Vm};
