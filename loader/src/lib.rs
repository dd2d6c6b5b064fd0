//! Reads the bytes of a .beam file into checked, plain data. No terms, no processes.
#![forbid(unsafe_code)]
