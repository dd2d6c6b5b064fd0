//! Tracing, profiling and monitoring of the machine. There is none yet: what is asked about is
//! off, turning it off does nothing, and turning it on is `notsup`.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term, View, atoms};

vm::natives! {
    /// Questions and switches.
    pub static NATIVES: "erlang" {
        "trace_info"/2 = trace_info,
        "trace_delivered"/1 = trace_delivered,
        "system_monitor"/0 = nothing,
        "system_monitor"/1 = system_monitor,
        "system_monitor"/2 = set_system_monitor,
        "system_profile"/0 = nothing,
        "system_profile"/2 = set_system_monitor,
        "seq_trace"/2 = seq_trace,
        "seq_trace_info"/1 = seq_trace_info,
        "seq_trace_print"/1 = seq_trace_print,
        "seq_trace_print"/2 = seq_trace_print2,
    }
}

vm::natives! {
    /// What `erlang:trace` and `erlang:trace_pattern` are made of.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "trace"/3 = trace,
        "trace_pattern"/3 = trace_pattern,
        "scheduler_wall_time"/1 = scheduler_wall_time,
        "system_check"/1 = system_check,
    }
}

fn nothing<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::atom(atoms::UNDEFINED))
}

/// What trace flags a process or port has, or trace settings a function.
fn trace_info<'p>(cx: &mut Native<'p>, [of, item]: [Term<'p>; 2]) -> Outcome<'p> {
    let name = item.as_atom().map(Atom::name).ok_or_else(Raise::badarg)?;
    let value = match (of.view(), name) {
        (View::Pid(pid), _) if !cx.is_there(pid) => return Ok(Term::atom(atoms::UNDEFINED)),
        (View::Pid(_) | View::Port(_) | View::Atom(_), "flags" | "tracer") => Term::nil(),
        (View::Tuple([m, f, a]), _) if m.as_atom().is_some() => {
            let (Some(m), Some(f), Some(a)) = (m.as_atom(), f.as_atom(), a.as_usize()) else {
                return Err(Raise::badarg());
            };
            let known = u8::try_from(a).ok().and_then(|a| cx.vm().code.existing_export(m, f, a));
            match known {
                Some(_) => Term::bool(false),
                None => Term::atom(atoms::UNDEFINED),
            }
        }
        (View::Atom(_), _) => Term::bool(false),
        _ => return Err(Raise::badarg()),
    };
    Ok(cx.tuple(&[item, value]))
}

/// Nothing is ever under way to a tracer.
fn trace_delivered<'p>(cx: &mut Native<'p>, [of]: [Term<'p>; 1]) -> Outcome<'p> {
    let all = of.as_atom().is_some_and(|a| a.name() == "all");
    if !all && of.as_pid().is_none() {
        return Err(Raise::badarg());
    }
    let reference = cx.make_ref();
    let tag = cx.atom("trace_delivered")?;
    let message = cx.tuple(&[tag, of, reference]);
    let me = cx.self_pid();
    cx.send_to_pid(me, message);
    Ok(reference)
}

fn system_monitor<'p>(_: &mut Native<'p>, [setting]: [Term<'p>; 1]) -> Outcome<'p> {
    match setting.view() {
        View::Atom(a) if a == atoms::UNDEFINED => Ok(Term::atom(atoms::UNDEFINED)),
        View::Tuple([_, _]) => Err(Raise::notsup()),
        _ => Err(Raise::badarg()),
    }
}

fn set_system_monitor<'p>(_: &mut Native<'p>, [who, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let off = who.as_atom() == Some(atoms::UNDEFINED) || options.is_nil();
    if off { Ok(Term::atom(atoms::UNDEFINED)) } else { Err(Raise::notsup()) }
}

fn seq_trace<'p>(_: &mut Native<'p>, [_, value]: [Term<'p>; 2]) -> Outcome<'p> {
    match value.as_bool() {
        Some(false) => Ok(Term::bool(false)),
        _ if value.is_nil() => Ok(Term::nil()),
        _ => Err(Raise::notsup()),
    }
}

fn seq_trace_info<'p>(_: &mut Native<'p>, [item]: [Term<'p>; 1]) -> Outcome<'p> {
    item.as_atom().ok_or_else(Raise::badarg)?;
    Ok(Term::nil())
}

fn seq_trace_print<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(false))
}

fn seq_trace_print2<'p>(_: &mut Native<'p>, [_, _]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(false))
}

fn trace<'p>(cx: &mut Native<'p>, [of, on, flags]: [Term<'p>; 3]) -> Outcome<'p> {
    flags.list_to_vec().ok_or_else(Raise::badarg)?;
    match on.as_bool() {
        Some(true) => Err(Raise::notsup()),
        Some(false) => {
            let all = of.as_atom().is_some();
            Ok(Term::small(if all { cx.vm().processes.count() as i64 } else { 1 }))
        }
        None => Err(Raise::badarg()),
    }
}

fn trace_pattern<'p>(_: &mut Native<'p>, [_, on, _]: [Term<'p>; 3]) -> Outcome<'p> {
    match on.as_bool() {
        Some(false) => Ok(Term::small(0)),
        _ => Err(Raise::notsup()),
    }
}

fn scheduler_wall_time<'p>(_: &mut Native<'p>, [on]: [Term<'p>; 1]) -> Outcome<'p> {
    match on.as_bool() {
        Some(false) => Ok(Term::bool(false)),
        Some(true) => Err(Raise::notsup()),
        None => Err(Raise::badarg()),
    }
}

fn system_check<'p>(_: &mut Native<'p>, [what]: [Term<'p>; 1]) -> Outcome<'p> {
    match what.as_atom().map(Atom::name) {
        Some("schedulers") => Ok(Term::atom(atoms::OK)),
        _ => Err(Raise::badarg()),
    }
}
