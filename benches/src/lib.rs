//! The benchmark runner that compares with stock erl in one run.
#![forbid(unsafe_code)]
