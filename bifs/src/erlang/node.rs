//! Natives about this node and others. A node without a name has no connections.

use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Term};

vm::natives! {
    /// Names and connections.
    pub static NATIVES: "erlang" {
        "nodes"/2 = nodes_with_info,
        "setnode"/2 = setnode,
        "dist_get_stat"/1 = dist_get_stat,
    }
}

vm::natives! {
    /// What connections are made of.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "get_dflags"/0 = get_dflags,
    }
}

/// As `nodes/1`, with a map of what is asked for each.
fn nodes_with_info<'p>(cx: &mut Native<'p>, [kinds, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let options = options.as_map().ok_or_else(Raise::badarg)?;
    for (name, on) in options.iter() {
        let known = ["connection_id", "node_type"];
        let name = name.as_atom().map(Atom::name).ok_or_else(Raise::badarg)?;
        if !known.contains(&name) || on.as_bool().is_none() {
            return Err(Raise::badarg());
        }
    }
    let nodes = super::system::nodes_of_kind(cx, [kinds])?;
    if nodes.is_nil() { Ok(nodes) } else { Err(Raise::notsup()) }
}

/// Becoming a node with a name.
fn setnode<'p>(_: &mut Native<'p>, [name, creation]: [Term<'p>; 2]) -> Outcome<'p> {
    let (name, _): (Atom, u32) = (arg(name)?, arg(creation)?);
    if name.name() == "nonode@nohost" || !name.name().contains('@') {
        return Err(Raise::badarg());
    }
    Err(Raise::notsup())
}

fn dist_get_stat<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::badarg())
}

/// `{erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder}`: flags of the
/// distribution protocol as its documentation names them. With no connections, it matters only
/// that they are those of the release.
fn get_dflags<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let tag = cx.atom("erts_dflags")?;
    let flags = [55_966_662_588_u64, 17_239_956, 55_966_662_588, 8_396_866, 8_192];
    let mut parts = vec![tag];
    parts.extend(flags.map(|n| cx.uint(n)));
    Ok(cx.tuple(&parts))
}
