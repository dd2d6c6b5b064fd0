//! The girder binary: reads the command line and runs the machine.
#![forbid(unsafe_code)]

fn main() {}
