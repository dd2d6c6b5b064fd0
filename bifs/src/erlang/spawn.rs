//! The natives under the spawn family.

use vm::native::{Native, Outcome, Raise};
use vm::process::monitor::MonitorOptions;
use vm::process::spawn::{MaxHeapSize, SpawnOptions};
use vm::process::{AliasMode, Priority};
use vm::term::{Atom, Term, atoms};

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

struct Mfa<'p>(Atom, Atom, Vec<Term<'p>>);

fn mfa<'p>(m: Term<'p>, f: Term<'p>, args: Term<'p>) -> Result<Mfa<'p>, Raise<'p>> {
    let (Some(m), Some(f)) = (m.as_atom(), f.as_atom()) else { return Err(Raise::badarg()) };
    Ok(Mfa(m, f, args.list_to_vec().ok_or_else(Raise::badarg)?))
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
    let parsed = parse(cx, opts, false);
    let call = mfa(m, f, args);
    let Ok(parsed) = parsed else {
        // Bad types go before bad options, but both tell that the options are bad.
        let badopt = cx.atom("badopt")?;
        return Err(Raise::error_with_cause(atoms::BADARG, badopt));
    };
    start(cx, call?, parsed.options)
}

struct Parsed<'p> {
    options: SpawnOptions,
    /// Whether to reply on success and on failure.
    reply: (bool, bool),
    tag: Option<Term<'p>>,
}

#[derive(PartialEq, Eq)]
enum BadOptions {
    NotAList,
    /// With the reply settings, which apply to the failure too.
    Option {
        on_error: bool,
    },
}

fn size(t: Term<'_>) -> Option<usize> {
    usize::try_from(t.as_small()?).ok()
}

fn parse<'p>(cx: &mut Native<'p>, list: Term<'p>, request: bool) -> Result<Parsed<'p>, BadOptions> {
    let mut parsed = Parsed { options: SpawnOptions::default(), reply: (true, true), tag: None };
    let mut good = true;
    let mut items = list.list();
    for option in items.by_ref() {
        good &= one_option(cx, option, request, &mut parsed).is_some();
    }
    if !items.rest().is_nil() {
        return Err(BadOptions::NotAList);
    }
    let max = parsed.options.max_heap_size.map_or(0, |m| m.size);
    good &= max == 0 || max >= parsed.options.min_heap_size.unwrap_or(0).max(233);
    if good { Ok(parsed) } else { Err(BadOptions::Option { on_error: parsed.reply.1 }) }
}

fn one_option<'p>(
    cx: &mut Native<'p>,
    option: Term<'p>,
    request: bool,
    parsed: &mut Parsed<'p>,
) -> Option<()> {
    let o = &mut parsed.options;
    if option.is_atom(atoms::LINK) {
        o.link = true;
        return Some(());
    }
    if option.is_atom(atoms::MONITOR) {
        o.monitor = Some(MonitorOptions::default());
        return Some(());
    }
    let [name, value] = option.as_tuple_of::<2>()?;
    match name.as_atom()?.name() {
        "priority" => o.priority = Some(priority(value)?),
        "message_queue_data" => o.off_heap_messages = Some(off_heap(value)?),
        "min_heap_size" => o.min_heap_size = Some(size(value)?),
        "min_bin_vheap_size" => o.min_bin_vheap_size = Some(size(value)?),
        "max_heap_size" => o.max_heap_size = Some(max_heap_size(cx, value)?),
        "fullsweep_after" => {
            o.fullsweep_after = Some(size(value)?.min(usize::from(u16::MAX)) as u16);
        }
        "scheduler" => o.scheduler = scheduler(cx, value)?,
        "async_dist" => {
            value.as_bool()?;
        }
        "monitor" => o.monitor = Some(monitor_options(cx, value)?),
        "reply" if request => {
            parsed.reply = match value.as_atom()?.name() {
                "yes" => (true, true),
                "no" => (false, false),
                "error_only" => (false, true),
                "success_only" => (true, false),
                _ => return None,
            }
        }
        "reply_tag" if request => parsed.tag = Some(value),
        _ => return None,
    }
    Some(())
}

/// A priority by its name.
pub fn priority(t: Term<'_>) -> Option<Priority> {
    Some(match t.as_atom()?.name() {
        "max" => Priority::Max,
        "high" => Priority::High,
        "normal" => Priority::Normal,
        "low" => Priority::Low,
        _ => return None,
    })
}

/// A `message_queue_data` setting: whether off the heap.
pub fn off_heap(t: Term<'_>) -> Option<bool> {
    match t.as_atom()?.name() {
        "off_heap" => Some(true),
        "on_heap" => Some(false),
        _ => None,
    }
}

/// The number of a worker, or 0 for any.
pub fn scheduler(cx: &Native<'_>, t: Term<'_>) -> Option<u8> {
    let n = size(t).filter(|n| *n <= cx.vm().workers.len())?;
    u8::try_from(n).ok()
}

/// A `max_heap_size` setting: a number of words or a map.
pub fn max_heap_size(cx: &Native<'_>, t: Term<'_>) -> Option<MaxHeapSize> {
    let mut max = cx.vm().flags.max_heap_size();
    let Some(map) = t.as_map() else {
        max.size = size(t)?;
        return Some(max);
    };
    let mut sized = false;
    for (key, value) in map.iter() {
        match key.as_atom().map(Atom::name) {
            Some("size") => {
                max.size = size(value)?;
                sized = true;
            }
            Some("kill") => max.kill = value.as_bool()?,
            Some("error_logger") => max.log = value.as_bool()?,
            // Other keys are for releases to come.
            _ => {}
        }
    }
    sized.then_some(max)
}

/// The options of `monitor/3`.
pub fn monitor_options<'p>(cx: &Native<'p>, list: Term<'p>) -> Option<MonitorOptions> {
    let mut options = MonitorOptions::default();
    for option in list.list_to_vec()? {
        let [name, value] = option.as_tuple_of::<2>()?;
        match name.as_atom()?.name() {
            "alias" => {
                options.alias = Some(match value.as_atom()?.name() {
                    "explicit_unalias" => AliasMode::Explicit,
                    "demonitor" => AliasMode::Demonitor,
                    "reply_demonitor" => AliasMode::ReplyDemonitor,
                    _ => return None,
                });
            }
            "tag" => options.tag = Some(cx.parcel(value)),
            _ => return None,
        }
    }
    Some(options)
}

/// `spawn_request/4` without its checks: a reference, `badarg` or `badopt`. The process is made at
/// once, and the reply is a message that the caller sends itself.
fn spawn_request<'p>(cx: &mut Native<'p>, [m, f, args, opts]: [Term<'p>; 4]) -> Outcome<'p> {
    let Ok(Mfa(module, function, args)) = mfa(m, f, args) else {
        return Ok(Term::atom(atoms::BADARG));
    };
    let default_tag = cx.atom("spawn_reply")?;
    let tag = reply_tag(opts).unwrap_or(default_tag);
    let parsed = match parse(cx, opts, true) {
        Ok(parsed) => parsed,
        Err(BadOptions::NotAList) => return cx.atom("badopt"),
        Err(BadOptions::Option { on_error }) => {
            let badopt = cx.atom("badopt")?;
            return Ok(refuse(cx, tag, badopt, on_error));
        }
    };
    let (on_success, on_error) = parsed.reply;
    match cx.spawn(module, function, &args, parsed.options) {
        Ok((pid, monitor)) => {
            let reference = monitor.unwrap_or_else(|| cx.make_ref());
            if on_success {
                let ok = Term::atom(atoms::OK);
                let reply = cx.tuple(&[tag, reference, ok, Term::pid(pid)]);
                let me = cx.self_pid();
                cx.send_to_pid(me, reply);
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

/// There is no other node to spawn on: `noconnection`.
fn dist_spawn_request<'p>(
    cx: &mut Native<'p>,
    [node, call, opts, kind]: [Term<'p>; 4],
) -> Outcome<'p> {
    let good = node.as_atom().is_some() && call.as_tuple_of::<3>().is_some();
    if !good || opts.list_len().is_none() {
        return Ok(Term::atom(atoms::BADARG));
    }
    let default_tag = cx.atom("spawn_reply")?;
    let is_opt = kind.as_atom().is_some_and(|k| k.name() == "spawn_opt");
    let tag = reply_tag(opts).filter(|_| !is_opt).unwrap_or(default_tag);
    let reference = refuse(cx, tag, Term::atom(atoms::NOCONNECTION), true);
    if is_opt {
        let monitors = opts.list().any(|o| o.is_atom(atoms::MONITOR));
        return Ok(cx.tuple(&[reference, Term::bool(monitors)]));
    }
    Ok(reference)
}

/// A spawn request is answered when it is made, so there is never one outstanding.
fn spawn_request_abandon<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    t.as_ref().map(|_| Term::bool(false)).ok_or_else(Raise::badarg)
}
