//! Sequential tracing, profiling and monitoring of the machine. There is none yet: what is asked
//! about is off, turning it off does nothing, and turning it on is `notsup`.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term, View, atoms};

vm::natives! {
    /// Questions and switches.
    pub static NATIVES: "erlang" {
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
    /// Switches.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "scheduler_wall_time"/1 = scheduler_wall_time,
        "system_check"/1 = system_check,
    }
}

fn nothing<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::atom(atoms::UNDEFINED))
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
