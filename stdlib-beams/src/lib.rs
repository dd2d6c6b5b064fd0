//! Finds, fetches and reads an OTP release's `.beam` files.
//!
//! The release is always the user's own or the system's packages: none of its files are
//! part of this repository. What lives here: where a release is ([`OtpRoot`]), how one is
//! obtained without root ([`fetch`]), and Girder's few own Erlang modules ([`own_modules`]),
//! whose sources are in `src/erl/`. What a `.beam` means is the `loader`'s business.
#![forbid(unsafe_code)]

pub mod fetch;
#[cfg(feature = "own-modules")]
mod own;
mod root;

#[cfg(feature = "own-modules")]
pub use own::{ModuleSource, own_module, own_modules};
pub use root::{OTP_ROOT_VARIABLE, OtpError, OtpRoot};
