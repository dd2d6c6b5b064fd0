//! `erlang:load_nif/2`. The native halves of OTP's own preloaded modules are in the tables of
//! natives and take their place when the module is loaded, so loading them has nothing to do.
//! Libraries in files cannot be loaded: they are compiled for another machine's insides.

use crate::prim_file::names::encode_list;
use vm::io::file_names::Encoding;
use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, atoms};

vm::natives! {
    /// Libraries of native functions.
    pub static NATIVES: "erlang" {
        "load_nif"/2 = load_nif,
    }
}

/// The libraries that are part of the machine.
const OWN: [&[u8]; 4] = [b"erl_tracer", b"prim_buffer", b"prim_file", b"zlib"];

fn load_nif<'p>(cx: &mut Native<'p>, [path, _]: [Term<'p>; 2]) -> Outcome<'p> {
    let path = encode_list(path, Encoding::Utf8).ok_or_else(Raise::badarg)?;
    if OWN.contains(&&path[..]) {
        return Ok(Term::atom(atoms::OK));
    }
    let path = String::from_utf8_lossy(&path);
    let text = format!("Failed to load NIF library {path}: this machine loads no native libraries");
    let text = cx.string(&text);
    let reason = cx.atom("load_failed")?;
    let reason = cx.tuple(&[reason, text]);
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
}
