//! Finds, fetches and reads an OTP release's `.beam` files.
//!
//! The release is always the user's own or the system's packages: none of its files are
//! part of this repository. What lives here: where a release is ([`OtpRoot`]), the one that the
//! build has packed into the program (`embedded`), how one is
//! obtained without root ([`fetch`]), and Girder's few own Erlang modules ([`own_modules`]),
//! whose sources are in `src/erl/`. What a `.beam` means is the `loader`'s business.
#![forbid(unsafe_code)]

#[cfg(feature = "pack")]
mod embedded;
pub mod fetch;
#[cfg(feature = "own-modules")]
mod own;
mod root;

#[cfg(feature = "own-modules")]
pub use own::{ModuleSource, own_module, own_modules};
pub use root::{OTP_ROOT_VARIABLE, OtpError, OtpRoot};

/// The release to run programs on: one that was chosen (see [`OtpRoot::find_chosen`]), else the
/// embedded one, else, in a program without, what is found in the usual places.
pub fn find_release() -> Result<OtpRoot, OtpError> {
    if let Some(root) = OtpRoot::find_chosen(None)? {
        return Ok(root);
    }
    #[cfg(feature = "pack")]
    let root = embedded::open();
    #[cfg(not(feature = "pack"))]
    let root = OtpRoot::find(None);
    root
}

/// What the build has put on record of a release's modules: they need not be verified again.
pub fn records() -> loader::Records {
    #[cfg(feature = "pack")]
    let records = embedded::records();
    #[cfg(not(feature = "pack"))]
    let records = loader::Records::default();
    records
}
