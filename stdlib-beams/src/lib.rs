//! Finds, fetches and unpacks an OTP release's .beam files.
#![forbid(unsafe_code)]
