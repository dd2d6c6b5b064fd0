//! Tags of the system's own tracing tools (DTrace, SystemTap), which stock can be built with. This
//! machine is built without, as stock usually is, and answers what stock then answers.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, atoms};

vm::natives! {
    /// Dynamic trace tags.
    pub static NATIVES: "erlang" {
        "dt_get_tag"/0 = none,
        "dt_get_tag_data"/0 = none,
        "dt_put_tag"/1 = put,
        "dt_prepend_vm_tag_data"/1 = same,
        "dt_append_vm_tag_data"/1 = same,
        "dt_spread_tag"/1 = done,
        "dt_restore_tag"/1 = restore,
    }
}

fn none<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::atom(atoms::UNDEFINED))
}

fn put<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::atom(atoms::UNDEFINED))
}

fn same<'p>(_: &mut Native<'p>, [data]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(data)
}

fn done<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(true))
}

fn restore<'p>(_: &mut Native<'p>, [tag]: [Term<'p>; 1]) -> Outcome<'p> {
    match tag.as_bool() {
        Some(true) => Ok(Term::bool(true)),
        _ => Err(Raise::badarg()),
    }
}
