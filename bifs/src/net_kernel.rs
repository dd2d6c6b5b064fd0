//! Natives of `net_kernel`. This node has no connections to others.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, View};

vm::natives! {
    /// What can be asked of a connection.
    pub static NATIVES: "net_kernel" {
        "dflag_unicode_io"/1 = dflag_unicode_io,
    }
}

/// Whether the node of a pid takes unicode I/O requests: ours does.
fn dflag_unicode_io<'p>(_: &mut Native<'p>, [pid]: [Term<'p>; 1]) -> Outcome<'p> {
    match pid.view() {
        View::Pid(_) => Ok(Term::bool(true)),
        View::External(_) => Ok(Term::bool(false)),
        _ => Err(Raise::badarg()),
    }
}
