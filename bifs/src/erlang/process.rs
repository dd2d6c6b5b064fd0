//! Processes talking to processes: messages, links, monitors, aliases, names, exit signals.

use vm::Vm;
use vm::dist::PidId;
use vm::dist::ids::Who;
use vm::dist::process::Linked;
use vm::native::{Native, Outcome, Raise};
use vm::process::AliasMode;
use vm::process::monitor::MonitorOptions;
use vm::process::registry::Named;
use vm::process::send::{PATIENTLY, Sent};
use vm::process::signal::{Target, Watched};
use vm::process::spawn_options::monitor_options;
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

/// Where the process or port behind an identifier of another node is.
pub(super) enum Elsewhere {
    /// Nowhere: it is one that this node had before it was started last.
    Gone,
    /// On a node that there is no way to, since this one has no name.
    NoWay,
    /// On that node.
    Node(Atom),
}

impl Elsewhere {
    /// Why there is none, as links and monitors tell it.
    fn why_not(&self) -> Atom {
        match self {
            Elsewhere::Gone => atoms::NOPROC,
            Elsewhere::NoWay | Elsewhere::Node(_) => atoms::NOCONNECTION,
        }
    }
}

/// Where that is; `None`: it is no such identifier of that kind.
pub(super) fn elsewhere(vm: &Vm, t: Term<'_>, kind: Kind) -> Option<Elsewhere> {
    match t.view() {
        View::External(e) if e.kind == kind => Some(if e.node == vm.nodes.name() {
            Elsewhere::Gone
        } else if vm.nodes.is_alive() {
            Elsewhere::Node(e.node)
        } else {
            Elsewhere::NoWay
        }),
        _ => None,
    }
}

fn self_<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::pid(cx.self_pid()))
}

fn send<'p>(cx: &mut Native<'p>, [to, message]: [Term<'p>; 2]) -> Outcome<'p> {
    match cx.send(to, message, PATIENTLY) {
        Sent::Sent | Sent::ThenSuspended | Sent::NotConnected => Ok(message),
        Sent::TooLarge => Err(Raise::system_limit()),
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

fn send_with_options<'p>(cx: &mut Native<'p>, [to, message, all]: [Term<'p>; 3]) -> Outcome<'p> {
    let mut how = PATIENTLY;
    for option in all.proper_list() {
        match option.and_then(Term::as_atom).map(Atom::name) {
            Some("noconnect") => how.connect = false,
            Some("nosuspend") => how.may_wait = false,
            _ => return Err(Raise::badarg()),
        }
    }
    match cx.send(to, message, how) {
        Sent::Sent | Sent::ThenSuspended => Ok(Term::atom(atoms::OK)),
        Sent::NotConnected if how.connect => Ok(Term::atom(atoms::OK)),
        Sent::NotConnected => cx.atom("noconnect"),
        Sent::TooLarge => Err(Raise::system_limit()),
        Sent::BadDestination => Err(Raise::badarg()),
        Sent::Busy if how.may_wait => Err(Raise::trap_native(&AGAIN[1], vec![to, message, all])),
        Sent::Busy => cx.atom("nosuspend"),
    }
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
        let there = elsewhere(cx.vm(), to, Kind::ExtPid).ok_or_else(Raise::badarg)?;
        if let (Elsewhere::Node(_), Some(pid)) = (&there, PidId::external(to))
            && cx.link_remote(pid) == Linked::Yes
        {
            return Ok(Term::bool(true));
        }
        let why = there.why_not();
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
    } else if let Some(pid) = PidId::external(to) {
        cx.unlink_remote(pid);
    } else {
        return Err(Raise::badarg());
    }
    Ok(Term::bool(true))
}

fn target(vm: &Vm, t: Term<'_>) -> Option<Target> {
    if let Some(pid) = t.as_pid() {
        return Some(Target::Pid(pid));
    }
    if let Some(name) = t.as_atom() {
        return Some(Target::Name(name));
    }
    let [name, node] = t.as_tuple_of::<2>()?;
    let (name, node) = (name.as_atom()?, node.as_atom()?);
    (node == vm.nodes.name()).then_some(Target::Name(name))
}

/// A process of another node. One that is not alive can watch none by its name.
fn remote_target(vm: &Vm, t: Term<'_>) -> Option<Watched> {
    if let Some(Elsewhere::Node(node)) = elsewhere(vm, t, Kind::ExtPid) {
        return PidId::external(t).map(|pid| Watched::Remote(Who::Pid(pid), node));
    }
    let [name, node] = t.as_tuple_of::<2>()?;
    let (name, node) = (name.as_atom()?, node.as_atom()?);
    let other = node != vm.nodes.name() && vm.nodes.is_alive();
    other.then_some(Watched::Remote(Who::Name(name), node))
}

fn watch<'p>(
    cx: &mut Native<'p>,
    kind: Term<'p>,
    item: Term<'p>,
    options: MonitorOptions,
) -> Outcome<'p> {
    if kind.is_atom(atoms::PROCESS)
        && let Some(pid) = item.as_pid()
    {
        return Ok(cx.monitor(Watched::Process(Target::Pid(pid)), options));
    }
    let name = kind.as_atom().map(Atom::name);
    let why_not = match name {
        Some("process") => match elsewhere(cx.vm(), item, Kind::ExtPid) {
            Some(Elsewhere::Node(_)) | None => None,
            Some(nowhere) => Some(nowhere.why_not()),
        },
        // Ports of other nodes cannot be watched at all.
        Some("port") => match elsewhere(cx.vm(), item, Kind::ExtPort) {
            Some(Elsewhere::Gone) => Some(atoms::NOPROC),
            _ => None,
        },
        _ => None,
    };
    if let Some(why) = why_not {
        return watch_nothing(cx, kind, item, why, options);
    }
    match name {
        Some("process") => {
            if let Some(remote) = remote_target(cx.vm(), item) {
                return Ok(cx.monitor(remote, options));
            }
            let target = target(cx.vm(), item).ok_or_else(Raise::badarg)?;
            Ok(cx.monitor(Watched::Process(target), options))
        }
        Some("port") => {
            let target = match (item.view(), target(cx.vm(), item)) {
                (View::Port(port), _) => Watched::Port(port),
                (_, Some(Target::Name(name))) => Watched::PortName(name),
                _ => return Err(Raise::badarg()),
            };
            Ok(cx.monitor(target, options))
        }
        Some("time_offset") if item.is_atom(atoms::CLOCK_SERVICE) => {
            Ok(cx.monitor(Watched::Clock, options))
        }
        Some("time_offset") => Err(Raise::badarg()),
        _ => {
            let badtype = cx.atom("badtype")?;
            Err(Raise::error_with_cause(atoms::BADARG, badtype))
        }
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
    let Some(options) = monitor_options(options) else {
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
    for option in options.proper_list() {
        match option.and_then(Term::as_atom).map(Atom::name) {
            Some("flush") => flush = true,
            Some("info") => info = true,
            _ => return Err(Raise::badarg()),
        }
    }
    let r = reference.as_ref().ok_or_else(Raise::badarg)?;
    // Of a monitor that was there nothing has come yet, but of the time offset.
    let (result, several) = match cx.demonitor(r.number) {
        Some(Watched::Clock) => (Term::bool(true), Term::bool(true)),
        Some(_) => return Ok(Term::bool(true)),
        None => (Term::bool(!info), Term::bool(false)),
    };
    if !flush {
        return Ok(result);
    }
    let module = cx.atom("erts_internal")?.as_atom();
    let function = cx.atom("flush_monitor_messages")?.as_atom();
    let (Some(module), Some(function)) = (module, function) else { return Err(Raise::badarg()) };
    Err(Raise::trap(module, function, vec![reference, several, result]))
}

fn alias<'p>(cx: &mut Native<'p>, [options]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut mode = AliasMode::Explicit;
    for option in options.proper_list() {
        mode = match option.and_then(Term::as_atom).map(Atom::name) {
            Some("explicit_unalias") => AliasMode::Explicit,
            // For an alias that is no monitor: until the first message through it.
            Some("reply") => AliasMode::ReplyDemonitor,
            _ => return Err(Raise::badarg()),
        };
    }
    Ok(cx.alias(mode))
}

fn unalias<'p>(cx: &mut Native<'p>, [reference]: [Term<'p>; 1]) -> Outcome<'p> {
    if matches!(reference.view(), View::External(e) if e.kind == Kind::ExtRef) {
        return Ok(Term::bool(false));
    }
    let r = reference.as_ref().ok_or_else(Raise::badarg)?;
    let mine = r.alias_of == Some(cx.self_pid());
    Ok(Term::bool(mine && cx.unalias(r.number)))
}

/// What has come to the caller before `exit/2` to itself is acted on before it returns.
fn exit<'p>(cx: &mut Native<'p>, [to, reason]: [Term<'p>; 2]) -> Outcome<'p> {
    match to.view() {
        View::Pid(pid) => cx.exit_signal(pid, reason),
        View::Port(port) => drop(cx.port_exit(port, reason)),
        _ => match elsewhere(cx.vm(), to, Kind::ExtPid).ok_or_else(Raise::badarg)? {
            Elsewhere::Node(_) => {
                let pid = PidId::external(to).ok_or_else(Raise::badarg)?;
                cx.exit_remote(pid, reason)?;
            }
            Elsewhere::Gone | Elsewhere::NoWay => {}
        },
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

/// Processes that are listed for a reduction: as many as places in the table on stock.
const PIDS_A_REDUCTION: usize = 25;

/// All processes, in the order of their pids.
pub(super) fn all_processes<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let mut pids = cx.vm().processes.pids();
    pids.sort();
    cx.bump_reductions(pids.len() / PIDS_A_REDUCTION);
    let pids: Vec<_> = pids.into_iter().map(Term::pid).collect();
    cx.list(&pids)
}

fn make_ref<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.make_ref())
}

fn group_leader<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.group_leader())
}
