//! Of the native half of `prim_net`: the name of the computer. The others are `notsup`, as OTP has
//! it when it is built without the natives of `socket`.

use vm::native::{Native, Outcome};
use vm::term::{Term, atoms};

vm::natives! {
    /// Names.
    pub static NATIVES: "prim_net" {
        "nif_gethostname"/0 = gethostname,
    }
}

fn gethostname<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let system = rustix::system::uname();
    let name = cx.byte_list(system.nodename().to_bytes(), Term::nil());
    Ok(cx.tuple(&[Term::atom(atoms::OK), name]))
}
