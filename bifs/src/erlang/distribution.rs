//! What `net_kernel` and carriers use: making connections and carrying them.

use vm::dist::Handle;
use vm::dist::node::{Channel, Controller, Node};
use vm::native::{Native, Outcome, Raise, arg};
use vm::sync::Arc;
use vm::term::{Atom, Term, View, atoms, iolist};

vm::natives! {
    /// What carries a connection.
    pub static NATIVES: "erlang" {
        "dist_ctrl_get_data"/1 = get_data,
        "dist_ctrl_get_data_notification"/1 = get_data_notification,
        "dist_ctrl_get_opt"/2 = get_option,
        "dist_ctrl_set_opt"/3 = set_option,
        "dist_ctrl_input_handler"/2 = input_handler,
        "dist_ctrl_put_data"/2 = put_data,
        "dist_get_stat"/1 = statistics,
    }
}

vm::natives! {
    /// Connections that are being made.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "create_dist_channel"/3 = create_dist_channel,
        "new_connection"/1 = new_connection,
        "abort_pending_connection"/2 = abort_pending_connection,
    }
}

fn new_connection<'p>(cx: &mut Native<'p>, [node]: [Term<'p>; 1]) -> Outcome<'p> {
    let name: Atom = arg(node)?;
    cx.new_connection(name).map_err(|_| Raise::badarg())
}

fn abort_pending_connection<'p>(cx: &mut Native<'p>, [node, handle]: [Term<'p>; 2]) -> Outcome<'p> {
    let name: Atom = arg(node)?;
    let (of, number) = Handle::of(handle).ok_or_else(Raise::badarg)?;
    if of.name != name || name == cx.vm().nodes.name() {
        return Err(Raise::badarg());
    }
    Ok(Term::bool(!cx.abort_connection(&of, number)))
}

fn create_dist_channel<'p>(
    cx: &mut Native<'p>,
    [node, controller, options]: [Term<'p>; 3],
) -> Outcome<'p> {
    let badarg = Ok(Term::atom(atoms::BADARG));
    let Some(name) = node.as_atom() else { return badarg };
    let controller = match controller.view() {
        View::Port(id) => Controller::Port(id),
        View::Pid(pid) if cx.is_there(pid) => Controller::Process(pid),
        _ => return badarg,
    };
    let Some([flags, creation]) = options.as_tuple_of::<2>() else { return badarg };
    let creation = creation.as_u64().and_then(|c| u32::try_from(c).ok());
    let (Some(flags), Some(creation)) = (flags.as_u64(), creation) else { return badarg };
    match cx.connected(name, controller, flags, creation) {
        Ok(handle) => Ok(cx.tuple(&[Term::atom(atoms::OK), handle])),
        Err(_) => badarg,
    }
}

/// The connection of a term that the calling process carries.
fn carried<'p>(
    cx: &Native<'p>,
    handle: Term<'p>,
) -> Result<(Arc<Node>, u32, Arc<Channel>), Raise<'p>> {
    let me = Controller::Process(cx.self_pid());
    if !cx.vm().nodes.carried_by(cx.self_pid()) {
        return Err(Raise::notsup());
    }
    let (node, number) = Handle::of(handle).ok_or_else(Raise::badarg)?;
    let channel = node.channel(number).filter(|c| c.controller == me);
    let channel = channel.ok_or_else(Raise::badarg)?;
    Ok((node, number, channel))
}

/// The next packet: a binary, with its size if that was asked for, or `none`.
fn get_data<'p>(cx: &mut Native<'p>, [handle]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, number, channel) = carried(cx, handle)?;
    let Some(packet) = cx.to_carry(&node, number) else { return cx.atom("none") };
    let size = cx.uint(packet.len() as u64);
    let data = cx.binary(&packet);
    // As OTP does, it is a list of binaries.
    let data = cx.list(&[data]);
    Ok(if channel.with_size(None) { cx.tuple(&[size, data]) } else { data })
}

fn get_data_notification<'p>(cx: &mut Native<'p>, [handle]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, number, _) = carried(cx, handle)?;
    let me = cx.self_pid();
    cx.notify_carrier(&node, number, me);
    Ok(Term::atom(atoms::OK))
}

fn is_get_size(t: Term<'_>) -> bool {
    t.as_atom().is_some_and(|o| o.name() == "get_size")
}

fn get_option<'p>(cx: &mut Native<'p>, [handle, option]: [Term<'p>; 2]) -> Outcome<'p> {
    let (.., channel) = carried(cx, handle)?;
    if is_get_size(option) { Ok(Term::bool(channel.with_size(None))) } else { Err(Raise::badarg()) }
}

fn set_option<'p>(cx: &mut Native<'p>, [handle, option, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let (.., channel) = carried(cx, handle)?;
    let on: bool = arg(value)?;
    if is_get_size(option) {
        Ok(Term::bool(channel.with_size(Some(on))))
    } else {
        Err(Raise::badarg())
    }
}

fn input_handler<'p>(cx: &mut Native<'p>, [handle, pid]: [Term<'p>; 2]) -> Outcome<'p> {
    let (.., channel) = carried(cx, handle)?;
    let pid = pid.as_pid().ok_or_else(Raise::badarg)?;
    channel.set_input_handler(pid);
    Ok(Term::atom(atoms::OK))
}

/// From the input handler, or the controller if there is none.
fn put_data<'p>(cx: &mut Native<'p>, [handle, data]: [Term<'p>; 2]) -> Outcome<'p> {
    let (node, number) = Handle::of(handle).ok_or_else(Raise::badarg)?;
    let packet = iolist::to_bytes(data).ok_or_else(Raise::badarg)?;
    let channel = node.channel(number).ok_or_else(Raise::notsup)?;
    let me = cx.self_pid();
    let may = match channel.input_handler() {
        Some(pid) => pid == me,
        None => channel.controller == Controller::Process(me),
    };
    if !may {
        return Err(Raise::notsup());
    }
    cx.bump_reductions(packet.len() / 64);
    cx.carried(&node, number, &packet);
    Ok(Term::atom(atoms::OK))
}

/// `{ok, Received, Sent, Waiting}`
fn statistics<'p>(cx: &mut Native<'p>, [handle]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, number) = Handle::of(handle).ok_or_else(Raise::badarg)?;
    let channel = node.channel(number).ok_or_else(Raise::badarg)?;
    let (received, sent, waiting) = channel.traffic();
    let numbers = [received, sent, waiting as u64].map(|n| cx.uint(n));
    let parts = [&[Term::atom(atoms::OK)][..], &numbers].concat();
    Ok(cx.tuple(&parts))
}
