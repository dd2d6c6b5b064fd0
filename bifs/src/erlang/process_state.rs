//! Looking at processes and changing how they run: `process_info`, `process_flag`, suspending,
//! collecting, group leaders of others.

use super::node::monitor_nodes;
use super::process::{Elsewhere, elsewhere};
use vm::dist::PidId;
use vm::native::{Native, Outcome, Raise};
use vm::process::info;
use vm::process::signal::Request;
use vm::process::spawn_options::{max_heap_size, off_heap, priority, scheduler};
use vm::term::layout::Kind;
use vm::term::{Atom, Pid, Term, atoms};

vm::natives! {
    /// State of processes.
    pub static NATIVES: "erlang" {
        "process_info"/1 = process_info,
        "process_info"/2 = process_info_items,
        "process_flag"/2 = process_flag,
        "is_process_alive"/1 = is_process_alive,
        "resume_process"/1 = resume_process,
        "bump_reductions"/1 = bump_reductions,
        "yield"/0 = yield_,
    }
}

vm::natives! {
    /// What `erlang` uses of `erts_internal` for it.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "process_flag"/3 = process_flag_of,
        "is_process_alive"/2 = is_process_alive_later,
        "group_leader"/2 = group_leader,
        "group_leader"/3 = group_leader_later,
        "suspend_process"/2 = suspend_process,
        "garbage_collect"/1 = garbage_collect,
        "check_process_code"/1 = check_process_code,
        "request_system_task"/3 = request_system_task,
        "request_system_task"/4 = request_system_task_for,
        "is_system_process"/1 = is_system_process,
        "is_process_executing_dirty"/1 = is_process_executing_dirty,
        "process_display"/2 = process_display,
        "check_dirty_process_code"/2 = not_handler,
        "dirty_process_handle_signals"/1 = not_handler,
    }
}

fn pid<'p>(t: Term<'p>) -> Result<Pid, Raise<'p>> {
    t.as_pid().ok_or_else(Raise::badarg)
}

fn information<'p>(cx: &mut Native<'p>, of: Term<'p>, what: Term<'p>) -> Outcome<'p> {
    if of.as_pid() == Some(cx.self_pid()) {
        cx.handle_signals();
        return Ok(cx.own_info(what));
    }
    if is_long_gone(cx, of) {
        return Ok(Term::atom(atoms::UNDEFINED));
    }
    let of = pid(of)?;
    match cx.ask(of, Request::Info, what) {
        Some(wait) => Err(wait),
        None => Ok(Term::atom(atoms::UNDEFINED)),
    }
}

/// Whether it is an identifier of a process that this node had before it was started last.
fn is_long_gone(cx: &Native<'_>, t: Term<'_>) -> bool {
    t.as_pid().is_none() && matches!(elsewhere(cx.vm(), t, Kind::ExtPid), Some(Elsewhere::Gone))
}

fn process_info<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let all = cx.tuple(&[]);
    information(cx, of, all)
}

fn process_info_items<'p>(cx: &mut Native<'p>, [of, what]: [Term<'p>; 2]) -> Outcome<'p> {
    let good = match what.as_atom() {
        Some(item) => info::is_item(item),
        None => {
            let mut items = what.list();
            items.all(|i| i.as_atom().is_some_and(info::is_item)) && items.rest().is_nil()
        }
    };
    if !good {
        return Err(Raise::badarg());
    }
    information(cx, of, what)
}

fn small(t: Term<'_>) -> Option<usize> {
    usize::try_from(t.as_small()?).ok()
}

fn process_flag<'p>(cx: &mut Native<'p>, [flag, value]: [Term<'p>; 2]) -> Outcome<'p> {
    if flag.is_atom(atoms::TRAP_EXIT) {
        let on = value.as_bool().ok_or_else(Raise::badarg)?;
        // What has come by now finds the flag as it was.
        cx.handle_signals();
        return Ok(Term::bool(cx.set_trap_exit(on)));
    }
    let name = flag.as_atom().map(Atom::name);
    let old = match flag.as_tuple_of::<2>() {
        Some([kind, options]) if options.as_map().is_some() && is_monitor_nodes(kind) => {
            monitor_nodes(cx, options, value)
        }
        Some(_) => None,
        None => set_flag(cx, name, value),
    };
    old.ok_or_else(|| match name {
        Some("save_calls" | "monitor_nodes") => Raise::badarg(),
        Some(
            "error_handler" | "priority" | "min_heap_size" | "min_bin_vheap_size"
            | "fullsweep_after" | "max_heap_size" | "message_queue_data" | "sensitive"
            | "scheduler",
        ) => Raise::badarg(),
        _ => match cx.atom("badopt") {
            Ok(badopt) => Raise::error_with_cause(atoms::BADARG, badopt),
            Err(e) => e,
        },
    })
}

fn is_monitor_nodes(t: Term<'_>) -> bool {
    t.as_atom().is_some_and(|k| k.name() == "monitor_nodes")
}

fn set_flag<'p>(cx: &mut Native<'p>, name: Option<&str>, value: Term<'p>) -> Option<Term<'p>> {
    let size = |n: usize| Term::small(n as i64);
    let word = |on| Term::atom(if on { atoms::OFF_HEAP } else { atoms::ON_HEAP });
    Some(match name? {
        "error_handler" => Term::atom(cx.set_error_handler(value.as_atom()?)),
        "priority" => Term::atom(info::priority_atom(cx.set_priority(priority(value)?))),
        "min_heap_size" => size(cx.set_min_heap_size(small(value)?)),
        "min_bin_vheap_size" => size(cx.set_min_bin_vheap_size(small(value)?)),
        "fullsweep_after" => {
            let n = small(value)?.min(usize::from(u16::MAX)) as u16;
            size(usize::from(cx.set_fullsweep_after(n)))
        }
        "max_heap_size" => {
            let old = cx.set_max_heap_size(max_heap_size(cx.vm(), value)?).ok()?;
            cx.max_heap_size_term(old)
        }
        "message_queue_data" => word(cx.set_off_heap_messages(off_heap(value)?)),
        "sensitive" => Term::bool(cx.set_sensitive(value.as_bool()?)),
        "scheduler" => {
            let id = scheduler(cx.vm(), value)?;
            size(usize::from(cx.bind_to_scheduler(id)))
        }
        "save_calls" => {
            let n = small(value).filter(|n| *n <= 10_000)?;
            size(cx.set_save_calls(n))
        }
        "monitor_nodes" => monitor_nodes(cx, Term::nil(), value)?,
        _ => return None,
    })
}

/// `process_flag/3` after its checks: the old value, a reference to wait for, `badtype` or
/// `badarg`.
fn process_flag_of<'p>(cx: &mut Native<'p>, [of, flag, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let badarg = Ok(Term::atom(atoms::BADARG));
    let Some(of) = of.as_pid() else { return cx.atom("badtype") };
    let is_save_calls = flag.as_atom().is_some_and(|f| f.name() == "save_calls");
    let Some(n) = small(value).filter(|n| is_save_calls && *n <= 10_000) else { return badarg };
    if of == cx.self_pid() {
        return Ok(Term::small(cx.set_save_calls(n) as i64));
    }
    let argument = cx.tuple(&[flag, value]);
    let reference = cx.make_ref();
    let number = reference.as_ref().map_or(0, |r| r.number);
    if cx.request(of, Request::Flag, number, argument) { Ok(reference) } else { cx.atom("badtype") }
}

fn is_process_alive<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    if is_long_gone(cx, of) {
        return Ok(Term::bool(false));
    }
    let of = pid(of)?;
    if of == cx.self_pid() || cx.is_idle(of) {
        return Ok(Term::bool(true));
    }
    // It may have exit signals still to handle: it answers when it has.
    match cx.ask(of, Request::IsAlive, Term::nil()) {
        Some(wait) => Err(wait),
        None => Ok(Term::bool(false)),
    }
}

fn is_process_alive_later<'p>(cx: &mut Native<'p>, [of, reference]: [Term<'p>; 2]) -> Outcome<'p> {
    let (of, r) = (pid(of)?, reference.as_ref().ok_or_else(Raise::badarg)?);
    let me = cx.self_pid();
    cx.request_for(me, of, Request::IsAlive, r.number, Term::nil());
    Ok(Term::atom(atoms::OK))
}

/// True when done, false when it must be asked for with a reference.
fn group_leader<'p>(cx: &mut Native<'p>, [leader, of]: [Term<'p>; 2]) -> Outcome<'p> {
    let Some(id) = PidId::of(cx.vm(), leader) else { return Ok(Term::atom(atoms::BADARG)) };
    let Some(of) = of.as_pid() else {
        return match (elsewhere(cx.vm(), of, Kind::ExtPid), PidId::external(of)) {
            (Some(Elsewhere::Node(_)), Some(of)) => {
                cx.set_remote_group_leader(id, of);
                Ok(Term::bool(true))
            }
            (Some(Elsewhere::NoWay), _) => Ok(Term::bool(true)),
            _ => Ok(Term::atom(atoms::BADARG)),
        };
    };
    if of == cx.self_pid() {
        cx.set_group_leader(leader);
        return Ok(Term::bool(true));
    }
    Ok(if cx.is_there(of) { Term::bool(false) } else { Term::atom(atoms::BADARG) })
}

fn group_leader_later<'p>(
    cx: &mut Native<'p>,
    [leader, of, reference]: [Term<'p>; 3],
) -> Outcome<'p> {
    let (of, r) = (pid(of)?, reference.as_ref().ok_or_else(Raise::badarg)?);
    PidId::of(cx.vm(), leader).ok_or_else(Raise::badarg)?;
    let me = cx.self_pid();
    cx.request_for(me, of, Request::GroupLeader, r.number, leader);
    Ok(Term::atom(atoms::OK))
}

/// `suspend_process/2` after its checks: a boolean, a reference to wait for, `badarg` or `badopt`.
fn suspend_process<'p>(cx: &mut Native<'p>, [of, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let badarg = Ok(Term::atom(atoms::BADARG));
    let Some(of) = of.as_pid().filter(|of| *of != cx.self_pid()) else { return badarg };
    let (mut unless, mut asynchronous, mut tag) = (false, false, None);
    let Some(options) = options.list_to_vec() else { return cx.atom("badopt") };
    for o in options {
        match (o.as_atom().map(Atom::name), o.as_tuple_of::<2>()) {
            (Some("unless_suspending"), _) => unless = true,
            (Some("asynchronous"), _) => asynchronous = true,
            (_, Some([name, reply]))
                if name.as_atom().is_some_and(|n| n.name() == "asynchronous") =>
            {
                asynchronous = true;
                tag = Some(reply);
            }
            _ => return cx.atom("badopt"),
        }
    }
    if unless && cx.suspensions(of) > 0 {
        return Ok(Term::bool(false));
    }
    let reference = cx.make_ref();
    let number = reference.as_ref().map_or(0, |r| r.number);
    let answer = if asynchronous { Term::nil() } else { Term::bool(true) };
    let done = cx.suspend(of, number, answer).is_ok();
    if let Some(tag) = tag {
        // The answer is sent by the caller for the other, which has the request before anything
        // that the caller sends it from now on.
        let state = if done { cx.atom("suspended")? } else { cx.atom("exited")? };
        let message = cx.tuple(&[tag, state]);
        let me = cx.self_pid();
        cx.send_to_pid(me, message);
    }
    Ok(match (done, asynchronous) {
        (true, false) => reference,
        (false, false) => Term::atom(atoms::BADARG),
        (_, true) => Term::bool(true),
    })
}

fn resume_process<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let of = pid(of)?;
    if cx.resume(of) { Ok(Term::bool(true)) } else { Err(Raise::badarg()) }
}

fn garbage_collect<'p>(cx: &mut Native<'p>, [kind]: [Term<'p>; 1]) -> Outcome<'p> {
    match kind.as_atom().map(Atom::name) {
        Some("major") => cx.request_collection(true),
        Some("minor") => cx.request_collection(false),
        _ => return Err(Raise::badarg()),
    }
    Ok(Term::bool(true))
}

fn check_process_code<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module = module.as_atom().ok_or_else(Raise::badarg)?;
    Ok(Term::bool(cx.runs_old_code(module)))
}

/// What is answered with the first two elements of the request and a result.
fn task<'p>(
    cx: &mut Native<'p>,
    from: Pid,
    of: Pid,
    urgency: Term<'p>,
    request: Term<'p>,
) -> Outcome<'p> {
    let urgency = match urgency.as_atom().map(Atom::name) {
        Some("inherit") => None,
        _ => Some(priority(urgency).ok_or_else(Raise::badarg)?),
    };
    let words = request.as_tuple().ok_or_else(Raise::badarg)?;
    let name = |t: &Term<'p>| t.as_atom().map(Atom::name);
    let what = match (words, words.first().and_then(name), words.last().and_then(name)) {
        ([_, _, _], Some("garbage_collect"), Some("major" | "minor")) => Request::GarbageCollect,
        ([_, _, _], Some("check_process_code"), Some(_)) => Request::CheckCode,
        ([_, _], Some("system_task_test"), _) => Request::Test,
        _ => return Err(Raise::badarg()),
    };
    cx.request_task(from, of, what, urgency, request);
    Ok(Term::atom(atoms::OK))
}

fn request_system_task<'p>(
    cx: &mut Native<'p>,
    [of, urgency, request]: [Term<'p>; 3],
) -> Outcome<'p> {
    let (me, of) = (cx.self_pid(), pid(of)?);
    task(cx, me, of, urgency, request)
}

fn request_system_task_for<'p>(
    cx: &mut Native<'p>,
    [from, of, urgency, request]: [Term<'p>; 4],
) -> Outcome<'p> {
    let (from, of) = (pid(from)?, pid(of)?);
    task(cx, from, of, urgency, request)
}

fn is_system_process<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let of = pid(of)?;
    Ok(Term::bool(cx.is_system(of).unwrap_or(false)))
}

/// No process runs natives on a dirty worker while others look.
fn is_process_executing_dirty<'p>(_: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    pid(of).map(|_| Term::bool(false))
}

/// `true`, a reference to wait for, `badarg` or `badopt`.
fn process_display<'p>(cx: &mut Native<'p>, [of, what]: [Term<'p>; 2]) -> Outcome<'p> {
    if what.as_atom().is_none_or(|w| w.name() != "backtrace") {
        return cx.atom("badopt");
    }
    let Some(of) = of.as_pid() else { return Ok(Term::atom(atoms::BADARG)) };
    if of == cx.self_pid() {
        cx.display_self();
        return Ok(Term::bool(true));
    }
    let reference = cx.make_ref();
    let number = reference.as_ref().map_or(0, |r| r.number);
    let sent = cx.request(of, Request::Display, number, Term::nil());
    Ok(if sent { reference } else { Term::atom(atoms::BADARG) })
}

/// What only the servers that handle signals of processes on dirty workers may ask. Here workers do
/// that themselves, and those servers ask nothing.
fn not_handler<'p, const N: usize>(_: &mut Native<'p>, _: [Term<'p>; N]) -> Outcome<'p> {
    Err(Raise::notsup())
}

fn bump_reductions<'p>(cx: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    let n = n.as_small().and_then(|n| usize::try_from(n).ok()).ok_or_else(Raise::badarg)?;
    cx.bump_reductions(n.min(1 << 30));
    Ok(Term::bool(true))
}

fn yield_<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    cx.yield_slice();
    Ok(Term::bool(true))
}
