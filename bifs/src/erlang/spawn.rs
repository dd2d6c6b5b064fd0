//! The natives under the spawn family.

use vm::dist::process::{SpawnRequest, Wanted};
use vm::native::{Native, Outcome, Raise};
use vm::process::monitor::MonitorOptions;
use vm::process::spawn::SpawnOptions;
use vm::process::spawn_options::{self, BadOptions, parse};
use vm::term::layout::Kind;
use vm::term::{Atom, FewTerms, Term, View, atoms};

vm::natives! {
    /// Making processes.
    pub static NATIVES: "erlang" {
        "spawn"/3 = spawn,
        "spawn_link"/3 = spawn_link,
        "spawn_opt"/4 = spawn_opt,
        "spawn_request_abandon"/1 = spawn_request_abandon,
    }
}

vm::natives! {
    /// What `erlang` uses of `erts_internal` for it.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "spawn_request"/4 = spawn_request,
        "dist_spawn_request"/4 = dist_spawn_request,
        "spawn_system_process"/3 = spawn_system_process,
    }
}

struct Mfa<'p>(Atom, Atom, FewTerms<'p>);

fn mfa<'p>(m: Term<'p>, f: Term<'p>, args: Term<'p>) -> Result<Mfa<'p>, Raise<'p>> {
    let (Some(m), Some(f)) = (m.as_atom(), f.as_atom()) else { return Err(Raise::badarg()) };
    Ok(Mfa(m, f, args.list_to_few().ok_or_else(Raise::badarg)?))
}

fn start<'p>(cx: &mut Native<'p>, call: Mfa<'p>, options: SpawnOptions) -> Outcome<'p> {
    let Mfa(m, f, args) = call;
    let (pid, monitor) = cx.spawn(m, f, &args, options)?;
    Ok(match monitor {
        Some(reference) => cx.tuple(&[Term::pid(pid), reference]),
        None => Term::pid(pid),
    })
}

fn spawn<'p>(cx: &mut Native<'p>, [m, f, args]: [Term<'p>; 3]) -> Outcome<'p> {
    let call = mfa(m, f, args)?;
    start(cx, call, SpawnOptions::default())
}

fn spawn_system_process<'p>(cx: &mut Native<'p>, [m, f, args]: [Term<'p>; 3]) -> Outcome<'p> {
    let call = mfa(m, f, args)?;
    start(cx, call, SpawnOptions { system: true, ..SpawnOptions::default() })
}

fn spawn_link<'p>(cx: &mut Native<'p>, [m, f, args]: [Term<'p>; 3]) -> Outcome<'p> {
    let call = mfa(m, f, args)?;
    start(cx, call, SpawnOptions { link: true, ..SpawnOptions::default() })
}

fn spawn_opt<'p>(cx: &mut Native<'p>, [m, f, args, opts]: [Term<'p>; 4]) -> Outcome<'p> {
    let parsed = parse(cx.vm(), opts, false);
    let call = mfa(m, f, args);
    let Ok(parsed) = parsed else {
        // Bad types go before bad options, but both tell that the options are bad.
        let badopt = cx.atom("badopt")?;
        return Err(Raise::error_with_cause(atoms::BADARG, badopt));
    };
    start(cx, call?, parsed.options)
}

/// `spawn_request/4` without its checks: a reference, `badarg` or `badopt`. The process is made at
/// once, and the reply is a message that the caller sends itself.
fn spawn_request<'p>(cx: &mut Native<'p>, [m, f, args, opts]: [Term<'p>; 4]) -> Outcome<'p> {
    let Ok(Mfa(module, function, args)) = mfa(m, f, args) else {
        return Ok(Term::atom(atoms::BADARG));
    };
    let default_tag = cx.atom("spawn_reply")?;
    let tag = reply_tag(opts).unwrap_or(default_tag);
    let parsed = match parse(cx.vm(), opts, true) {
        Ok(parsed) => parsed,
        Err(BadOptions::NotAList) => return cx.atom("badopt"),
        Err(BadOptions::Option { on_error }) => {
            let badopt = cx.atom("badopt")?;
            return Ok(refuse(cx, tag, badopt, on_error));
        }
    };
    let (on_success, on_error) = parsed.reply;
    match cx.spawn_by_request(module, function, &args, parsed.options) {
        Ok((pid, reference, token)) => {
            if on_success {
                let ok = Term::atom(atoms::OK);
                let reply = cx.tuple(&[tag, reference, ok, Term::pid(pid)]);
                cx.answer_request(reply, token);
            }
            Ok(reference)
        }
        Err(_) => {
            let limit = Term::atom(atoms::SYSTEM_LIMIT);
            Ok(refuse(cx, tag, limit, on_error))
        }
    }
}

fn reply_tag<'p>(opts: Term<'p>) -> Option<Term<'p>> {
    let pairs = opts.list().filter_map(Term::as_tuple_of::<2>);
    let named =
        |[name, value]: [Term<'p>; 2]| (name.as_atom()?.name() == "reply_tag").then_some(value);
    pairs.filter_map(named).last()
}

fn refuse<'p>(cx: &mut Native<'p>, tag: Term<'p>, why: Term<'p>, tell: bool) -> Term<'p> {
    let reference = cx.make_ref();
    if tell {
        let reply = cx.tuple(&[tag, reference, Term::atom(atoms::ERROR), why]);
        let me = cx.self_pid();
        cx.send_to_pid(me, reply);
    }
    reference
}

/// What the options of a request for a process elsewhere say to this node. The others go to that
/// node, as they are.
struct HereOptions<'p> {
    tag: Option<Term<'p>>,
    reply: (bool, bool),
    monitor: Option<MonitorOptions>,
    link: bool,
    /// What goes to the other node.
    theirs: Vec<Term<'p>>,
}

/// Why options cannot be sent.
enum Refused {
    Badarg,
    Badopt { reply: bool },
}

/// `request`: of `spawn_request`, else of `spawn_opt`.
fn here_options<'p>(all: &[Term<'p>], request: bool) -> Result<HereOptions<'p>, Refused> {
    let mut here = HereOptions {
        tag: None,
        reply: (true, true),
        monitor: None,
        link: false,
        theirs: Vec::new(),
    };
    for option in all {
        let pair = option.as_tuple_of::<2>();
        let name = pair.map_or(*option, |[name, _]| name).as_atom().map(Atom::name);
        match (name, pair) {
            (Some("link"), None) => here.link = true,
            (Some("monitor"), None) => here.monitor = Some(MonitorOptions::default()),
            (Some("monitor"), Some([_, options])) => {
                let parsed = spawn_options::monitor_options(options);
                let bad = || {
                    if request { Refused::Badopt { reply: here.reply.1 } } else { Refused::Badarg }
                };
                here.monitor = Some(parsed.ok_or_else(bad)?);
                // Added once, below.
                continue;
            }
            (Some("reply" | "reply_tag"), Some(_)) if !request => return Err(Refused::Badarg),
            (Some("reply_tag"), Some([_, tag])) => {
                here.tag = Some(tag);
                continue;
            }
            (Some("reply"), Some([_, how])) => {
                here.reply = match how.as_atom().map(Atom::name) {
                    Some("yes") => (true, true),
                    Some("no") => (false, false),
                    Some("error_only") => (false, true),
                    Some("success_only") => (true, false),
                    _ => return Err(Refused::Badopt { reply: here.reply.1 }),
                };
                continue;
            }
            _ => {}
        }
        here.theirs.push(*option);
    }
    let monitors = here.theirs.iter().any(|o| o.is_atom(atoms::MONITOR));
    if here.monitor.is_some() && !monitors {
        here.theirs.insert(0, Term::atom(atoms::MONITOR));
    }
    Ok(here)
}

/// A reference, with whether there is to be a monitor for `spawn_opt`; `badarg`.
fn dist_spawn_request<'p>(
    cx: &mut Native<'p>,
    [node, call, opts, kind]: [Term<'p>; 4],
) -> Outcome<'p> {
    let badarg = Ok(Term::atom(atoms::BADARG));
    let request = kind.as_atom().is_some_and(|k| k.name() == "spawn_request");
    let (Some(node), Some([m, f, arguments])) = (node.as_atom(), call.as_tuple_of::<3>()) else {
        return badarg;
    };
    let (Some(m), Some(f), Some(arity)) = (m.as_atom(), f.as_atom(), arguments.list_len()) else {
        return badarg;
    };
    let Some(options) = opts.list_to_vec().filter(|_| node != cx.vm().nodes.name()) else {
        return badarg;
    };
    let default_tag = cx.atom("spawn_reply")?;
    let here = match here_options(&options, request) {
        Ok(here) => here,
        Err(Refused::Badarg) => return badarg,
        Err(Refused::Badopt { reply }) => {
            let badopt = cx.atom("badopt")?;
            let tag = reply_tag(opts).unwrap_or(default_tag);
            return Ok(refuse(cx, tag, badopt, reply));
        }
    };
    let theirs = cx.list(&here.theirs);
    let wanted = Wanted { node, function: (m, f), arguments, arity, options: theirs };
    let alias = here.monitor.as_ref().is_some_and(|m| m.alias.is_some());
    let monitors = here.monitor.is_some();
    let tag = cx.parcel(here.tag.unwrap_or(default_tag));
    let (reply, monitor, link) = (here.reply, here.monitor, here.link);
    let reference = cx.spawn_remote(&wanted, alias, |node| SpawnRequest {
        node,
        tag,
        reply,
        alias,
        monitor,
        link,
        abandoned: false,
    });
    Ok(if request { reference } else { cx.tuple(&[reference, Term::bool(monitors)]) })
}

/// A request to this node is answered when it is made; one to another may be outstanding.
fn spawn_request_abandon<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let number = match t.view() {
        View::Ref(r) => r.number,
        // One of another node is of no request here.
        View::External(e) if e.kind == Kind::ExtRef => return Ok(Term::bool(false)),
        _ => return Err(Raise::badarg()),
    };
    Ok(Term::bool(cx.abandon_spawn(number)))
}
