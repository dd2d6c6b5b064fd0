//! The native functions, one file per Erlang module and topic.
#![forbid(unsafe_code)]
