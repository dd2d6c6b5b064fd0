//! Natives of `net_kernel`.

use vm::dist::protocol::flags;
use vm::native::{Native, Outcome, Raise};
use vm::term::layout::Kind;
use vm::term::{Term, View};

vm::natives! {
    /// What can be asked of a connection.
    pub static NATIVES: "net_kernel" {
        "dflag_unicode_io"/1 = dflag_unicode_io,
    }
}

/// Whether the node of a pid takes unicode I/O requests: ours does.
fn dflag_unicode_io<'p>(cx: &mut Native<'p>, [pid]: [Term<'p>; 1]) -> Outcome<'p> {
    match pid.view() {
        View::Pid(_) => Ok(Term::bool(true)),
        View::External(e) if e.kind == Kind::ExtPid => {
            let can = cx.vm().nodes.find(e.node).and_then(|n| n.flags()).unwrap_or(0);
            Ok(Term::bool(can & flags::UNICODE_IO != 0))
        }
        _ => Err(Raise::badarg()),
    }
}
