//! `erlang:trace/3` and what goes with it: who is traced, and which functions.

use vm::code::breakpoints::{Breakpoint, Change, Functions, Kinds, OnLoad, PatternChange, Spec};
use vm::ets::{BadSpec, Dialect, OwnedSpec, Source};
use vm::native::{Native, Outcome, Raise};
use vm::sync::{Arc, Ordering};
use vm::term::{Atom, Term, View, Word, atoms};
use vm::trace::actions::{flag_list, tracer_of};
use vm::trace::tracees::{self, CannotTrace, Flags, Setting};
use vm::trace::{Event, exists};

vm::natives! {
    /// Questions.
    pub static NATIVES: "erlang" {
        "trace_info"/2 = trace_info,
        "trace_delivered"/1 = trace_delivered,
        "match_spec_test"/3 = match_spec_test,
    }
}

vm::natives! {
    /// What `erlang:trace` and `erlang:trace_pattern` are made of.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "trace"/3 = trace,
        "trace_pattern"/3 = trace_pattern,
    }
}

fn name<'p>(t: Term<'p>) -> Option<&'static str> {
    t.as_atom().map(Atom::name)
}

/// `badarg` with a cause that `erl_erts_errors` explains.
fn badarg<'p>(cx: &Native<'p>, cause: &str) -> Raise<'p> {
    match cx.atom(cause) {
        Ok(cause) => Raise::error_with_cause(atoms::BADARG, cause),
        Err(e) => e,
    }
}

fn trace<'p>(cx: &mut Native<'p>, [of, on, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let vm = cx.vm();
    // The clock of one processor is not asked for here.
    let (flags, tracer) = flag_list(vm, list).ok_or_else(|| badarg(cx, "badopt"))?;
    let on = on.as_bool().ok_or_else(Raise::badarg)?;
    let tracer = match on {
        true => Some(tracer.unwrap_or_else(|| Term::pid(cx.self_pid()).word())),
        false => tracer,
    };
    let one = |done: Result<(), CannotTrace>, cx: &mut Native<'p>| match done {
        Ok(()) => Ok(Term::small(1)),
        Err(why) => {
            if why == CannotTrace::HasTracer {
                cx.log_error("** can only have one tracer per process\n");
            }
            Err(Raise::badarg())
        }
    };
    let what = match of.view() {
        View::Pid(pid) => return one(tracees::trace_process(vm, pid, on, flags, tracer), cx),
        View::Port(port) => return one(tracees::trace_port(vm, port, on, flags, tracer), cx),
        View::Atom(what) => what.name(),
        _ => return Err(Raise::badarg()),
    };
    let (existing, new) = match what {
        "all" | "ports" | "processes" => (true, true),
        "existing" | "existing_ports" | "existing_processes" => (true, false),
        "new" | "new_ports" | "new_processes" => (false, true),
        _ => return Err(Raise::badarg()),
    };
    let only_ports = what.ends_with("ports");
    let only_processes = what.ends_with("processes");
    let mut matched = 0;
    if existing {
        let modifies = flags & tracees::MODIFIERS != 0;
        let own = |kind: Flags| flags & kind & !tracees::MODIFIERS != 0;
        let (mut processes, mut ports) =
            (own(tracees::OF_PROCESSES) && !only_ports, own(tracees::OF_PORTS) && !only_processes);
        if modifies {
            processes |= !only_ports;
            ports |= !only_processes;
        }
        if processes {
            matched += tracees::trace_all(vm, on, flags, tracer);
        }
        if ports {
            matched += tracees::trace_all_ports(vm, on, flags, tracer);
        }
    }
    if new {
        let settings = |setting: &mut Setting, kind| {
            tracees::trace_new(setting, on, flags & kind, tracer);
        };
        if flags & tracees::OF_PROCESSES != 0 && !only_ports {
            settings(&mut vm.tracing.new_processes.write(), tracees::OF_PROCESSES);
        }
        if flags & tracees::OF_PORTS != 0 && !only_processes {
            settings(&mut vm.tracing.new_ports.write(), tracees::OF_PORTS);
        }
    }
    Ok(Term::small(matched as i64))
}

/// A pattern's options.
fn kinds<'p>(cx: &Native<'p>, list: Term<'p>) -> Result<(Kinds, bool, Option<Word>), Raise<'p>> {
    let bad = || badarg(cx, "badopt");
    let mut kinds = Kinds::default();
    let mut global = false;
    let mut tracer = None;
    for item in list.list_to_vec().ok_or_else(bad)? {
        if let Some(parts) = item.as_tuple() {
            tracer = Some(tracer_of(cx.vm(), "meta", parts).ok_or_else(bad)?);
            kinds.meta = true;
            continue;
        }
        match name(item) {
            Some("local") if !global => kinds.local = true,
            Some("meta") if !global => {
                kinds.meta = true;
                tracer = tracer.or_else(|| Some(Term::pid(cx.self_pid()).word()));
            }
            Some("global") if !kinds.any() => global = true,
            Some("call_count") if !global => kinds.count = true,
            Some("call_time") if !global => kinds.time = true,
            _ => return Err(bad()),
        }
    }
    Ok((kinds, global, tracer))
}

fn trace_pattern<'p>(cx: &mut Native<'p>, [of, pattern, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let event = name(of).filter(|n| matches!(*n, "send" | "receive"));
    let change = match name(pattern) {
        Some("false") => Change::Off,
        Some("true") => Change::On(None),
        Some("restart") => Change::Restart,
        Some("pause") => Change::Pause,
        _ if pattern.is_nil() => Change::On(None),
        _ => {
            let dialect = match event {
                Some("send") => Dialect::Send,
                Some(_) => Dialect::Receive,
                None => Dialect::Call,
            };
            let spec = OwnedSpec::compile(cx, Source::Trace(pattern, dialect));
            let spec = spec.map_err(|e| match e {
                BadSpec::TooDeep => Raise::system_limit(),
                BadSpec::BadArgument | BadSpec::NoNative => badarg(cx, "match_spec"),
            })?;
            Change::On(Some(Arc::new(spec)))
        }
    };
    let (kinds, global, meta_tracer) = kinds(cx, list)?;
    let with_spec = matches!(change, Change::On(Some(_)));
    if with_spec && !kinds.local && !kinds.meta && (kinds.count || kinds.time) {
        return Err(badarg(cx, "call_count"));
    }
    let none = || badarg(cx, "none");
    match of.view() {
        View::Atom(a) if a.name() == "on_load" => {
            set_on_load(cx, &change, kinds, meta_tracer);
            Ok(Term::small(0))
        }
        View::Atom(_) => {
            let event = event.filter(|_| !global && !kinds.any()).ok_or_else(none)?;
            let event_pattern = match change {
                Change::Off => Event::Off,
                Change::On(None) => Event::All,
                Change::On(Some(spec)) => Event::Matching(spec),
                Change::Restart | Change::Pause => return Err(none()),
            };
            cx.vm().tracing.set_event(cx.vm(), event == "send", event_pattern);
            Ok(Term::small(1))
        }
        View::Tuple([m, f, a]) => {
            let part = |t: Term<'p>| match name(t) {
                Some("_") => Ok(None),
                Some(_) => Ok(t.as_atom()),
                None => Err(none()),
            };
            let (module, function) = (part(*m)?, part(*f)?);
            let arity = match (name(*a), a.as_small()) {
                (Some("_"), _) => None,
                (_, Some(n)) => Some(n),
                _ => return Err(none()),
            };
            if module.is_none() && function.is_some() || function.is_none() && arity.is_some() {
                return Err(none());
            }
            let arity = match arity.map(u8::try_from) {
                None => None,
                Some(Ok(n)) => Some(n),
                // There is none of that arity.
                Some(Err(_)) => return Ok(Term::small(0)),
            };
            let functions = Functions { module, function, arity };
            let n =
                cx.vm().code.set_pattern(functions, &PatternChange { change, kinds, meta_tracer });
            Ok(Term::small(n as i64))
        }
        _ => Err(none()),
    }
}

/// `trace_pattern(on_load, ...)`: the settings for modules to come.
fn set_on_load(cx: &Native<'_>, change: &Change, kinds: Kinds, meta_tracer: Option<Word>) {
    let breakpoints = &cx.vm().code.breakpoints;
    let mut s = breakpoints.on_load();
    let spec: Spec = if let Change::On(spec) = change { spec.clone() } else { None };
    let on = !matches!(change, Change::Off);
    let sets = matches!(change, Change::On(_));
    let breaks = kinds.any();
    if kinds.local || !breaks {
        s.spec = spec.clone();
    }
    if kinds.meta {
        s.meta_spec = spec;
        s.meta_tracer = meta_tracer.map_or(0, |t| t.0);
    } else if !breaks {
        s.meta_spec = None;
        s.meta_tracer = 0;
    }
    match (s.kinds.any(), breaks) {
        (true, true) if on => {
            s.kinds.local |= kinds.local;
            s.kinds.meta |= kinds.meta;
            s.kinds.count |= sets && kinds.count;
            s.kinds.time |= sets && kinds.time;
        }
        (true, true) => {
            s.kinds.local &= !kinds.local;
            s.kinds.meta &= !kinds.meta;
            s.kinds.count &= !kinds.count;
            s.kinds.time &= !kinds.time;
            s.on &= s.kinds.any();
        }
        (false, false) => s.on = on,
        (true, false) if on => (s.kinds, s.on) = (kinds, true),
        (false, true) if on => {
            s.kinds = Kinds { count: sets && kinds.count, time: sets && kinds.time, ..kinds };
            s.on = s.kinds.any();
        }
        _ => {}
    }
    breakpoints.set_on_load(s);
}

/// What trace flags a process or port has, or trace settings a function.
fn trace_info<'p>(cx: &mut Native<'p>, [of, item]: [Term<'p>; 2]) -> Outcome<'p> {
    match of.view() {
        View::Atom(a) => match a.name() {
            "on_load" => on_load_info(cx, item),
            "send" => event_info(cx, true, item),
            "receive" => event_info(cx, false, item),
            "new" | "new_processes" => {
                let s = tracees::new_setting(cx.vm(), &cx.vm().tracing.new_processes);
                tracee_info(cx, s, item)
            }
            "new_ports" => {
                let s = tracees::new_setting(cx.vm(), &cx.vm().tracing.new_ports);
                tracee_info(cx, s, item)
            }
            _ => Err(badarg(cx, "badopt")),
        },
        View::Pid(pid) => {
            if !matches!(name(item), Some("flags" | "tracer")) {
                return Err(Raise::badarg());
            }
            match tracees::process_setting(cx.vm(), pid) {
                Some(s) => tracee_info(cx, s, item),
                None => Ok(Term::atom(atoms::UNDEFINED)),
            }
        }
        View::Port(port) => match tracees::port_setting(cx.vm(), port) {
            Some(s) => tracee_info(cx, s, item),
            None => Ok(Term::atom(atoms::UNDEFINED)),
        },
        View::Tuple([m, f, a]) => {
            let (Some(m), Some(f), Some(a)) = (m.as_atom(), f.as_atom(), a.as_small()) else {
                return Err(Raise::badarg());
            };
            function_info(cx, (m, f, a), item)
        }
        View::Tuple(_) => Err(Raise::badarg()),
        _ => Err(badarg(cx, "badopt")),
    }
}

fn tracee_info<'p>(cx: &mut Native<'p>, setting: Setting, item: Term<'p>) -> Outcome<'p> {
    let value = match name(item) {
        Some("flags") => {
            let names = tracees::NAMES.iter().rev().filter(|n| setting.flags & n.1 != 0);
            let names = names.map(|n| cx.atom(n.0)).collect::<Result<Vec<_>, _>>()?;
            cx.list(&names)
        }
        Some("tracer") => tracer_term(setting.tracer).unwrap_or(Term::nil()),
        _ => return Err(Raise::badarg()),
    };
    Ok(cx.tuple(&[item, value]))
}

/// The tracer that a word names.
fn tracer_term<'p>(tracer: u64) -> Option<Term<'p>> {
    exists(Word(tracer))
}

fn event_info<'p>(cx: &mut Native<'p>, send: bool, item: Term<'p>) -> Outcome<'p> {
    if name(item) != Some("match_spec") {
        return Err(Raise::badarg());
    }
    let tracing = &cx.vm().tracing;
    let event = if send { tracing.send.read().clone() } else { tracing.receive.read().clone() };
    let value = match event {
        Event::Off => Term::bool(false),
        Event::All => Term::bool(true),
        Event::Matching(spec) => spec.source(cx),
    };
    Ok(cx.tuple(&[item, value]))
}

fn spec_term<'p>(cx: &mut Native<'p>, spec: &Spec) -> Term<'p> {
    match spec {
        Some(spec) => spec.source(cx),
        None => Term::nil(),
    }
}

fn function_info<'p>(
    cx: &mut Native<'p>,
    (m, f, a): (Atom, Atom, i64),
    item: Term<'p>,
) -> Outcome<'p> {
    const ITEMS: [&str; 6] =
        ["traced", "match_spec", "meta", "meta_match_spec", "call_time", "call_count"];
    let found = u8::try_from(a).ok().and_then(|a| cx.vm().code.breakpoint(m, f, a));
    let breakpoint = match found {
        None => return Ok(cx.tuple(&[item, Term::atom(atoms::UNDEFINED)])),
        Some(None) => return Ok(cx.tuple(&[item, Term::bool(false)])),
        Some(Some(b)) => b,
    };
    let what = name(item).ok_or_else(Raise::badarg)?;
    let value = if what == "all" {
        let mut pairs = Vec::new();
        for item in ITEMS {
            let value = breakpoint_info(cx, &breakpoint, item).expect("these are items");
            let item = cx.atom(item)?;
            pairs.push(cx.tuple(&[item, value]));
        }
        cx.list(&pairs)
    } else {
        match breakpoint_info(cx, &breakpoint, what).ok_or_else(Raise::badarg)? {
            // As for those that have lost their tracer.
            none if what == "meta" && none.is_atom(atoms::FALSE) => Term::nil(),
            value => value,
        }
    };
    Ok(cx.tuple(&[item, value]))
}

fn breakpoint_info<'p>(cx: &mut Native<'p>, b: &Breakpoint, item: &str) -> Option<Term<'p>> {
    let off = Term::bool(false);
    Some(match item {
        "traced" => match (&b.global, &b.local) {
            (Some(_), _) => cx.atom("global").ok()?,
            (_, Some(_)) => cx.atom("local").ok()?,
            _ => off,
        },
        "match_spec" => match b.global.as_ref().or(b.local.as_ref()) {
            Some(spec) => spec_term(cx, spec),
            None => off,
        },
        "meta" => match &b.meta {
            Some(meta) => tracer_term(meta.tracer.load(Ordering::Relaxed)).unwrap_or(Term::nil()),
            None => off,
        },
        "meta_match_spec" => match &b.meta {
            Some(meta) => spec_term(cx, &meta.spec),
            None => off,
        },
        "call_count" => match &b.count {
            Some(count) => cx.int(count.calls.load(Ordering::Relaxed)),
            None => off,
        },
        "call_time" => match &b.time {
            Some(times) => {
                let all: Vec<_> =
                    times.by_process.lock().iter().map(|(pid, t)| (*pid, *t)).collect();
                let items: Vec<_> = all
                    .into_iter()
                    .map(|(pid, (calls, nanos))| {
                        let micros = nanos / 1_000;
                        let parts = [calls, micros / 1_000_000, micros % 1_000_000];
                        let [n, s, us] = parts.map(|n| cx.uint(n));
                        cx.tuple(&[Term::pid(pid), n, s, us])
                    })
                    .collect();
                cx.list(&items)
            }
            None => off,
        },
        _ => return None,
    })
}

fn on_load_info<'p>(cx: &mut Native<'p>, item: Term<'p>) -> Outcome<'p> {
    let s = cx.vm().code.breakpoints.on_load();
    let what = name(item).ok_or_else(Raise::badarg)?;
    if !s.on {
        return Ok(cx.tuple(&[item, Term::bool(false)]));
    }
    let value = if what == "all" {
        let mut pairs = Vec::new();
        for item in ["traced", "match_spec", "meta", "meta_match_spec", "call_count"] {
            let value = on_load_item(cx, &s, item).expect("these are items");
            let item = cx.atom(item)?;
            pairs.push(cx.tuple(&[item, value]));
        }
        cx.list(&pairs)
    } else {
        on_load_item(cx, &s, what).ok_or_else(Raise::badarg)?
    };
    Ok(cx.tuple(&[item, value]))
}

fn on_load_item<'p>(cx: &mut Native<'p>, s: &OnLoad, item: &str) -> Option<Term<'p>> {
    let off = Term::bool(false);
    let global = !s.kinds.any();
    Some(match item {
        "traced" if global => cx.atom("global").ok()?,
        "traced" if s.kinds.local => cx.atom("local").ok()?,
        "traced" => off,
        "match_spec" if global || s.kinds.local => spec_term(cx, &s.spec),
        "match_spec" => off,
        "meta" if s.kinds.meta => tracer_term(s.meta_tracer).unwrap_or(Term::nil()),
        "meta" => off,
        "meta_match_spec" if s.kinds.meta => spec_term(cx, &s.meta_spec),
        "meta_match_spec" => off,
        "call_count" => Term::bool(s.kinds.count),
        "call_time" => Term::bool(s.kinds.time),
        _ => return None,
    })
}

/// Tries out a match specification.
fn match_spec_test<'p>(cx: &mut Native<'p>, [of, spec, kind]: [Term<'p>; 3]) -> Outcome<'p> {
    match name(kind) {
        Some("trace") => vm::ets::match_spec_test(cx, of, spec, true),
        Some("table") => vm::ets::match_spec_test(cx, of, spec, false),
        _ => Err(Raise::badarg()),
    }
}

/// What a process does is reported before others see it, so there is nothing to wait for.
fn trace_delivered<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    if name(of) != Some("all") && of.as_pid().is_none() {
        return Err(Raise::badarg());
    }
    let reference = cx.make_ref();
    let tag = cx.atom("trace_delivered")?;
    let message = cx.tuple(&[tag, of, reference]);
    let me = cx.self_pid();
    cx.send_to_pid(me, message);
    Ok(reference)
}
