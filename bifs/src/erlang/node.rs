//! Natives about this node and others: names, lists, watching.

use vm::dist::node::Kind;
use vm::dist::protocol::flags;
use vm::dist::watch::{Form, Watching, Wish};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Term, View, atoms, map};

vm::natives! {
    /// Names and lists of nodes.
    pub static NATIVES: "erlang" {
        guard "node"/0 = node,
        guard "node"/1 = node_of,
        "nodes"/0 = nodes,
        "nodes"/1 = nodes_of_kind,
        "nodes"/2 = nodes_with_info,
        "monitor_node"/2 = monitor_node,
        "monitor_node"/3 = monitor_node_with_options,
        "setnode"/2 = setnode,
    }
}

vm::natives! {
    /// What is told to other nodes.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "get_dflags"/0 = get_dflags,
        "get_creation"/0 = get_creation,
    }
}

fn node<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::atom(cx.vm().nodes.name()))
}

fn node_of<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    if t.as_pid().is_some() {
        return node(cx, []);
    }
    match t.view() {
        View::Port(_) | View::Ref(_) => node(cx, []),
        View::External(e) => Ok(Term::atom(e.node)),
        _ => Err(Raise::badarg()),
    }
}

/// What is told of a node.
#[derive(Clone, Copy)]
struct Told {
    name: Atom,
    kind: &'static str,
    connection: Option<u32>,
}

/// The nodes of those kinds, in the order in which OTP lists them: those without a connection, then
/// the others, each kind from the oldest connection on, this one last.
fn listed<'p>(cx: &Native<'p>, kinds: Term<'p>) -> Result<Vec<Told>, Raise<'p>> {
    let kinds = match kinds.as_atom() {
        Some(_) => vec![kinds],
        None => kinds.list_to_vec().ok_or_else(Raise::badarg)?,
    };
    let [mut visible, mut hidden, mut known, mut this] = [false; 4];
    for k in kinds {
        match k.as_atom().map(Atom::name) {
            Some("visible") => visible = true,
            Some("hidden") => hidden = true,
            Some("connected") => (visible, hidden) = (true, true),
            Some("this") => this = true,
            Some("known") => (visible, hidden, known, this) = (true, true, true, true),
            _ => return Err(Raise::badarg()),
        }
    }
    if known {
        cx.vm().nodes.forget(cx.vm());
    }
    let all = cx.vm().nodes.list();
    let mut listed = Vec::new();
    for (kind, wanted) in [(Kind::Known, known), (Kind::Hidden, hidden), (Kind::Visible, visible)] {
        let of_kind = all.iter().filter(|n| wanted && n.kind == kind);
        listed.extend(of_kind.map(|n| Told {
            name: n.name,
            kind: kind.name(),
            connection: n.connection,
        }));
    }
    if this {
        listed.push(Told { name: cx.vm().nodes.name(), kind: "this", connection: None });
    }
    Ok(listed)
}

fn nodes<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    // What runs for itself alone asks too.
    if cx.vm().nodes.are_none_known() {
        return Ok(Term::nil());
    }
    nodes_of_kind(cx, [Term::atom(atoms::VISIBLE)])
}

fn nodes_of_kind<'p>(cx: &mut Native<'p>, [kinds]: [Term<'p>; 1]) -> Outcome<'p> {
    let names: Vec<_> = listed(cx, kinds)?.iter().map(|n| Term::atom(n.name)).collect();
    Ok(cx.list(&names))
}

/// As `nodes/1`, with a map of what is asked for each.
fn nodes_with_info<'p>(cx: &mut Native<'p>, [kinds, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let nodes = listed(cx, kinds)?;
    let options = options.as_map().ok_or_else(Raise::badarg)?;
    let (mut connection, mut kind) = (false, false);
    for (name, on) in options.iter() {
        let on = on.as_bool().ok_or_else(Raise::badarg)?;
        match name.as_atom().map(Atom::name) {
            Some("connection_id") => connection = on,
            Some("node_type") => kind = on,
            _ => return Err(Raise::badarg()),
        }
    }
    let keys = [cx.atom("connection_id")?, cx.atom("node_type")?];
    let mut all = Vec::new();
    for n in nodes {
        let number = match n.connection {
            Some(c) => Term::small(c.into()),
            None => Term::atom(atoms::UNDEFINED),
        };
        let values = [number, cx.atom(n.kind)?];
        let wanted = [connection, kind];
        let mut pairs: Vec<_> =
            (0..2).filter(|i| wanted[*i]).map(|i| (keys[i], values[i])).collect();
        let info = map::from_pairs(cx, &mut pairs);
        all.push(cx.tuple(&[Term::atom(n.name), info]));
    }
    Ok(cx.list(&all))
}

fn monitor_node<'p>(cx: &mut Native<'p>, [node, on]: [Term<'p>; 2]) -> Outcome<'p> {
    watch_node(cx, node, on, Term::nil())
}

fn monitor_node_with_options<'p>(
    cx: &mut Native<'p>,
    [node, on, options]: [Term<'p>; 3],
) -> Outcome<'p> {
    watch_node(cx, node, on, options)
}

fn watch_node<'p>(
    cx: &mut Native<'p>,
    node: Term<'p>,
    on: Term<'p>,
    options: Term<'p>,
) -> Outcome<'p> {
    let known = |o: &Term<'p>| o.as_atom().is_some_and(|o| o.name() == "allow_passive_connect");
    let passive = match options.list_to_vec() {
        Some(all) if all.iter().all(known) => !all.is_empty(),
        _ => {
            let badopt = cx.atom("badopt")?;
            return Err(Raise::error_with_cause(atoms::BADARG, badopt));
        }
    };
    let name: Atom = arg(node)?;
    if name != atoms::NIL_NODE && !is_alive(cx)? {
        return Err(Raise::error(cx.atom("notalive")?));
    }
    if !arg::<bool>(on)? {
        cx.demonitor_node(name);
    } else if name != cx.vm().nodes.name() && cx.monitor_node(name, passive) != Watching::Yes {
        let [m, f] = [atoms::ERLANG, arg(cx.atom("dmonitor_node")?)?];
        return Err(Raise::trap(m, f, vec![node, on, options]));
    }
    Ok(Term::bool(true))
}

/// Whether this node has a name, or is to get one when it first connects.
fn is_alive<'p>(cx: &mut Native<'p>) -> Result<bool, Raise<'p>> {
    if cx.vm().nodes.is_alive() {
        return Ok(true);
    }
    let parts = [cx.atom("erts_internal")?, cx.atom("dynamic_node_name")?];
    let key = cx.tuple(&parts);
    let dynamic = cx.vm().persistent.get(key);
    Ok(dynamic.is_some_and(|d| d.as_bool() != Some(false)))
}

/// Becoming a node with a name.
fn setnode<'p>(cx: &mut Native<'p>, [name, creation]: [Term<'p>; 2]) -> Outcome<'p> {
    let (name, creation): (Atom, u32) = (arg(name)?, arg(creation)?);
    cx.set_node(name, creation).map_err(|_| Raise::badarg())?;
    Ok(Term::bool(true))
}

/// `{erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder}`
fn get_dflags<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let tag = cx.atom("erts_dflags")?;
    let ours = flags::OURS;
    let all = [ours, flags::MANDATORY, ours, flags::REJECTABLE, flags::STRICT_ORDER];
    let mut parts = vec![tag];
    parts.extend(all.map(|n| cx.uint(n)));
    Ok(cx.tuple(&parts))
}

fn get_creation<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(match cx.vm().nodes.this().1 {
        0 => Term::atom(atoms::UNDEFINED),
        n => Term::small(n.into()),
    })
}

/// `process_flag(monitor_nodes, On)`, with options `[]`, or `{monitor_nodes, Options}`: how often it
/// was on. `None`: bad options.
pub fn monitor_nodes<'p>(cx: &mut Native<'p>, options: Term<'p>, on: Term<'p>) -> Option<Term<'p>> {
    let on = on.as_bool()?;
    let mut wish = Wish::default();
    let mut list = options.is_nil();
    if !list {
        for (key, value) in options.as_map()?.iter() {
            match (key.as_atom()?.name(), value.as_atom()?.name()) {
                ("list", "true") => list = true,
                ("connection_id", "true") => wish.connection = true,
                ("nodedown_reason", "true") => wish.reason = true,
                ("connection_id" | "nodedown_reason", "false") => {}
                ("node_type", "visible") => wish.visible = true,
                ("node_type", "hidden") => wish.hidden = true,
                ("node_type", "all") => (wish.visible, wish.hidden) = (true, true),
                _ => return None,
            }
        }
    }
    let nothing = wish == Wish::default();
    wish.info = match list {
        true if nothing => None,
        true => Some(Form::List),
        false => Some(Form::Map),
    };
    let before = cx.monitor_nodes(wish, on);
    Some(Term::small(before.into()))
}
