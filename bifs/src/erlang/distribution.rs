//! What net_kernel and carriers of the distribution use. This node has no name and no connections,
//! so these answer as stock does to a process that is no controller of one.

use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// What only the controller of a connection may do.
    pub static NATIVES: "erlang" {
        "dist_ctrl_get_data"/1 = not_controller,
        "dist_ctrl_get_data_notification"/1 = not_controller,
        "dist_ctrl_get_opt"/2 = not_controller,
        "dist_ctrl_set_opt"/3 = not_controller,
        "dist_ctrl_input_handler"/2 = not_controller,
        "dist_ctrl_put_data"/2 = no_handle,
    }
}

vm::natives! {
    /// Connections that are being made.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "create_dist_channel"/3 = create_dist_channel,
        "abort_pending_connection"/2 = abort_pending_connection,
    }
}

fn not_controller<'p, const N: usize>(_: &mut Native<'p>, _: [Term<'p>; N]) -> Outcome<'p> {
    Err(Raise::notsup())
}

/// Nothing is the handle of a connection.
fn no_handle<'p, const N: usize>(_: &mut Native<'p>, _: [Term<'p>; N]) -> Outcome<'p> {
    Err(Raise::badarg())
}

/// There is no net_kernel that has made this a node with a name.
fn create_dist_channel<'p>(_: &mut Native<'p>, [_, _, _]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(Term::atom(atoms::BADARG))
}

fn abort_pending_connection<'p>(cx: &mut Native<'p>, [node, handle]: [Term<'p>; 2]) -> Outcome<'p> {
    arg::<Atom>(node)?;
    no_handle(cx, [handle])
}
