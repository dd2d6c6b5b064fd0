//! The benchmark runner that compares Girder with stock `erl` in one run.
//!
//! Here: the list of programs, running one of them on one machine, counting its instructions, and
//! the arithmetic and the forms of the table. The programs are in `programs/`; the order of runs is
//! in `main.rs`.
//! Invariant: both machines run the same `.beam` file, and a time counts only if both got
//! the same result.
#![forbid(unsafe_code)]

pub mod chart;
pub mod counting;
pub mod machine;
pub mod markdown;
pub mod natives;
pub mod options;
pub mod programs;
pub mod report;
