//! Processes talking to processes: messages, links, monitors, aliases, names, exit signals.

use super::spawn::monitor_options;
use vm::native::{Native, Outcome, Raise};
use vm::process::AliasMode;
use vm::process::monitor::MonitorOptions;
use vm::process::registry::Named;
use vm::process::send::Sent;
use vm::process::signal::{Target, Watched};
use vm::term::layout::Kind;
use vm::term::{Atom, Pid, Term, View, atoms};

vm::natives! {
    /// Processes.
    pub static NATIVES: "erlang" {
        guard "self"/0 = self_,
        "!"/2 = send,
        "send"/2 = send,
        "send"/3 = send_with_options,
        "link"/1 = link,
        "unlink"/1 = unlink,
        "monitor"/2 = monitor,
        "monitor"/3 = monitor_with_options,
        "demonitor"/1 = demonitor,
        "demonitor"/2 = demonitor_with_options,
        "alias"/1 = alias,
        "unalias"/1 = unalias,
        "exit"/2 = exit,
        "exit_signal"/2 = exit_signal,
        "register"/2 = register,
        "unregister"/1 = unregister,
        "whereis"/1 = whereis,
        "registered"/0 = registered,
        "processes"/0 = processes,
        "make_ref"/0 = make_ref,
        "group_leader"/0 = group_leader,
    }
}

fn local(t: Term<'_>) -> Option<Pid> {
    t.as_pid()
}

/// A process of another node: there is never a connection to it.
fn is_external_pid(t: Term<'_>) -> bool {
    why_not_there(t, Kind::ExtPid).is_some()
}

/// Why there is no process or port behind an identifier of another node, or of this one before it
/// was started last; `None` if it is none of that kind.
pub(super) fn why_not_there(t: Term<'_>, kind: Kind) -> Option<Atom> {
    match t.view() {
        View::External(e) if e.kind == kind => {
            let own = e.node == atoms::NIL_NODE;
            Some(if own { atoms::NOPROC } else { atoms::NOCONNECTION })
        }
        _ => None,
    }
}

fn self_<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::pid(cx.self_pid()))
}

fn send<'p>(cx: &mut Native<'p>, [to, message]: [Term<'p>; 2]) -> Outcome<'p> {
    match cx.send(to, message, true) {
        Sent::Sent => Ok(message),
        Sent::Busy => Err(Raise::trap_native(&AGAIN[0], vec![to, message])),
        Sent::BadDestination => Err(Raise::badarg()),
    }
}

vm::natives! {
    /// Sending again when a port is no longer busy.
    pub static AGAIN: "erlang" {
        "send"/2 = send,
        "send"/3 = send_with_options,
    }
}

/// `noconnect` makes no difference: nothing is ever to be connected.
fn send_with_options<'p>(cx: &mut Native<'p>, [to, message, all]: [Term<'p>; 3]) -> Outcome<'p> {
    let options = all.list_to_vec().ok_or_else(Raise::badarg)?;
    let name = |t: &Term<'p>| t.as_atom().map(Atom::name);
    if !options.iter().all(|o| matches!(name(o), Some("noconnect" | "nosuspend"))) {
        return Err(Raise::badarg());
    }
    let remote = is_external_pid(to)
        || matches!(to.as_tuple_of::<2>().and_then(|[_, n]| n.as_atom()),
                    Some(n) if n != atoms::NIL_NODE);
    let may_wait = !options.iter().any(|o| name(o) == Some("nosuspend"));
    match cx.send(to, message, may_wait) {
        Sent::Sent => {}
        Sent::BadDestination => return Err(Raise::badarg()),
        Sent::Busy if may_wait => {
            return Err(Raise::trap_native(&AGAIN[1], vec![to, message, all]));
        }
        Sent::Busy => return cx.atom("nosuspend"),
    }
    if remote && options.iter().any(|o| name(o) == Some("noconnect")) {
        return cx.atom("noconnect");
    }
    Ok(Term::atom(atoms::OK))
}

fn link<'p>(cx: &mut Native<'p>, [to]: [Term<'p>; 1]) -> Outcome<'p> {
    if let Some(pid) = local(to) {
        if cx.link(pid) {
            return Ok(Term::bool(true));
        }
    } else if let View::Port(port) = to.view() {
        if cx.link_port(port) {
            return Ok(Term::bool(true));
        }
    } else {
        let why = why_not_there(to, Kind::ExtPid).ok_or_else(Raise::badarg)?;
        let me = cx.self_pid();
        if cx.trap_exit() {
            let exit = cx.atom("EXIT")?;
            let message = cx.tuple(&[exit, to, Term::atom(why)]);
            cx.send_to_pid(me, message);
        } else if why == atoms::NOPROC {
            return Err(Raise::error_atom(why));
        } else {
            cx.exit_signal_from(Term::pid(me), why);
        }
        return Ok(Term::bool(true));
    }
    if cx.trap_exit() {
        cx.exit_signal_from(to, atoms::NOPROC);
        return Ok(Term::bool(true));
    }
    Err(Raise::error_atom(atoms::NOPROC))
}

fn unlink<'p>(cx: &mut Native<'p>, [to]: [Term<'p>; 1]) -> Outcome<'p> {
    if let Some(pid) = local(to) {
        cx.unlink(pid);
    } else if let View::Port(port) = to.view() {
        cx.unlink_port(port);
    } else if !is_external_pid(to) {
        return Err(Raise::badarg());
    }
    Ok(Term::bool(true))
}

fn target(t: Term<'_>) -> Option<Target> {
    if let Some(pid) = t.as_pid() {
        return Some(Target::Pid(pid));
    }
    if let Some(name) = t.as_atom() {
        return Some(Target::Name(name));
    }
    let [name, node] = t.as_tuple_of::<2>()?;
    let (name, node) = (name.as_atom()?, node.as_atom()?);
    // A node that is not alive can watch no process of another.
    (node == atoms::NIL_NODE).then_some(Target::Name(name))
}

fn watch<'p>(
    cx: &mut Native<'p>,
    kind: Term<'p>,
    item: Term<'p>,
    options: MonitorOptions,
) -> Outcome<'p> {
    let name = kind.as_atom().map(Atom::name);
    let why_not = match name {
        Some("process") => why_not_there(item, Kind::ExtPid),
        // Ports of other nodes cannot be watched at all.
        Some("port") => why_not_there(item, Kind::ExtPort).filter(|why| *why == atoms::NOPROC),
        _ => None,
    };
    if let Some(why) = why_not {
        return watch_nothing(cx, kind, item, why, options);
    }
    match name {
        Some("process") => {
            let target = target(item).ok_or_else(Raise::badarg)?;
            Ok(cx.monitor(Watched::Process(target), options))
        }
        Some("port") => {
            let target = match (item.view(), target(item)) {
                (View::Port(port), _) => Watched::Port(port),
                (_, Some(Target::Name(name))) => Watched::PortName(name),
                _ => return Err(Raise::badarg()),
            };
            Ok(cx.monitor(target, options))
        }
        // The time offset never changes, so nothing is ever told.
        Some("time_offset") if item.as_atom().is_some_and(|a| a.name() == "clock_service") => {
            Ok(cx.make_ref())
        }
        _ => Err(Raise::badarg()),
    }
}

/// Of what is on no node there is a connection to: the monitor ends at once.
fn watch_nothing<'p>(
    cx: &mut Native<'p>,
    kind: Term<'p>,
    item: Term<'p>,
    why: Atom,
    options: MonitorOptions,
) -> Outcome<'p> {
    // An alias that ends with its monitor has ended.
    let reference = match options.alias {
        Some(AliasMode::Explicit) => cx.alias(AliasMode::Explicit),
        _ => cx.make_ref(),
    };
    let tag = match &options.tag {
        Some(tag) => cx.unpack(tag),
        None => cx.atom("DOWN")?,
    };
    let message = cx.tuple(&[tag, reference, kind, item, Term::atom(why)]);
    let me = cx.self_pid();
    cx.send_to_pid(me, message);
    Ok(reference)
}

fn monitor<'p>(cx: &mut Native<'p>, [kind, item]: [Term<'p>; 2]) -> Outcome<'p> {
    watch(cx, kind, item, MonitorOptions::default())
}

fn monitor_with_options<'p>(
    cx: &mut Native<'p>,
    [kind, item, options]: [Term<'p>; 3],
) -> Outcome<'p> {
    let Some(options) = monitor_options(cx, options) else {
        let badopt = cx.atom("badopt")?;
        return Err(Raise::error_with_cause(atoms::BADARG, badopt));
    };
    watch(cx, kind, item, options)
}

fn demonitor<'p>(cx: &mut Native<'p>, [reference]: [Term<'p>; 1]) -> Outcome<'p> {
    let r = reference.as_ref().ok_or_else(Raise::badarg)?;
    cx.demonitor(r.number);
    Ok(Term::bool(true))
}

fn demonitor_with_options<'p>(
    cx: &mut Native<'p>,
    [reference, options]: [Term<'p>; 2],
) -> Outcome<'p> {
    let (mut flush, mut info) = (false, false);
    for o in options.list_to_vec().ok_or_else(Raise::badarg)? {
        match o.as_atom().map(Atom::name) {
            Some("flush") => flush = true,
            Some("info") => info = true,
            _ => return Err(Raise::badarg()),
        }
    }
    let r = reference.as_ref().ok_or_else(Raise::badarg)?;
    if cx.demonitor(r.number) {
        return Ok(Term::bool(true));
    }
    let result = Term::bool(!info);
    if !flush {
        return Ok(result);
    }
    let module = cx.atom("erts_internal")?.as_atom();
    let function = cx.atom("flush_monitor_messages")?.as_atom();
    let (Some(module), Some(function)) = (module, function) else { return Err(Raise::badarg()) };
    Err(Raise::trap(module, function, vec![reference, Term::bool(false), result]))
}

fn alias<'p>(cx: &mut Native<'p>, [options]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut mode = AliasMode::Explicit;
    for o in options.list_to_vec().ok_or_else(Raise::badarg)? {
        mode = match o.as_atom().map(Atom::name) {
            Some("explicit_unalias") => AliasMode::Explicit,
            // For an alias that is no monitor: until the first message through it.
            Some("reply") => AliasMode::ReplyDemonitor,
            _ => return Err(Raise::badarg()),
        };
    }
    Ok(cx.alias(mode))
}

fn unalias<'p>(cx: &mut Native<'p>, [reference]: [Term<'p>; 1]) -> Outcome<'p> {
    let r = reference.as_ref().ok_or_else(Raise::badarg)?;
    let mine = r.alias_of == Some(cx.self_pid());
    Ok(Term::bool(mine && cx.unalias(r.number)))
}

/// What has come to the caller before `exit/2` to itself is acted on before it returns.
fn exit<'p>(cx: &mut Native<'p>, [to, reason]: [Term<'p>; 2]) -> Outcome<'p> {
    match to.view() {
        View::Pid(pid) => cx.exit_signal(pid, reason),
        View::Port(port) => drop(cx.port_exit(port, reason)),
        _ if is_external_pid(to) => {}
        _ => return Err(Raise::badarg()),
    }
    Ok(Term::bool(true))
}

/// As `exit/2`, but a process that sends itself `normal` goes on.
fn exit_signal<'p>(cx: &mut Native<'p>, [to, reason]: [Term<'p>; 2]) -> Outcome<'p> {
    let to_self = to.as_pid() == Some(cx.self_pid());
    if to_self && reason.is_atom(atoms::NORMAL) && !cx.trap_exit() {
        return Ok(Term::bool(true));
    }
    exit(cx, [to, reason])
}

fn register<'p>(cx: &mut Native<'p>, [name, pid]: [Term<'p>; 2]) -> Outcome<'p> {
    let name = name.as_atom().ok_or_else(Raise::badarg)?;
    let done = match pid.view() {
        View::Pid(pid) => cx.register(name, pid),
        View::Port(port) => cx.vm().ports.register(cx.vm(), name, port),
        _ => false,
    };
    if done { Ok(Term::bool(true)) } else { Err(Raise::badarg()) }
}

fn unregister<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let name = name.as_atom().ok_or_else(Raise::badarg)?;
    if cx.unregister(name) { Ok(Term::bool(true)) } else { Err(Raise::badarg()) }
}

fn whereis<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let name = name.as_atom().ok_or_else(Raise::badarg)?;
    Ok(match cx.vm().names.whereis(name) {
        Some(Named::Process(pid)) => Term::pid(pid),
        Some(Named::Port(port)) => Term::port(port).ok_or_else(Raise::badarg)?,
        None => Term::atom(atoms::UNDEFINED),
    })
}

fn registered<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let names: Vec<_> = cx.vm().names.names().into_iter().map(Term::atom).collect();
    Ok(cx.list(&names))
}

fn processes<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(all_processes(cx))
}

/// All processes, in the order of their pids.
pub(super) fn all_processes<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let mut pids = cx.vm().processes.pids();
    pids.sort();
    cx.bump_reductions(pids.len());
    let pids: Vec<_> = pids.into_iter().map(Term::pid).collect();
    cx.list(&pids)
}

fn make_ref<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.make_ref())
}

fn group_leader<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.group_leader())
}
