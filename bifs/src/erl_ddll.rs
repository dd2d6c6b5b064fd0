//! `erl_ddll`: drivers in files, of which this machine loads none. What it has is linked in;
//! asking for anything else is answered as for a file that cannot be opened.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, View, atoms};

vm::natives! {
    /// Drivers.
    pub static NATIVES: "erl_ddll" {
        "try_load"/3 = try_load,
        "try_unload"/2 = try_unload,
        "loaded_drivers"/0 = loaded_drivers,
        "info"/2 = info,
        "format_error_int"/1 = format_error,
        "monitor"/2 = monitor,
        "demonitor"/1 = demonitor,
    }
}

/// The drivers that are part of the machine, as a release knows them.
const LINKED_IN: [&str; 4] = ["tcp_inet", "udp_inet", "ram_file_drv", "tty_sl"];

/// The number of "the system could not open the file".
const NOT_OPENED: i64 = -10;

fn error<'p>(cx: &mut Native<'p>, reason: Term<'p>) -> Outcome<'p> {
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
}

fn error_atom<'p>(cx: &mut Native<'p>, reason: &str) -> Outcome<'p> {
    let reason = cx.atom(reason)?;
    error(cx, reason)
}

/// A driver's name: an atom or text.
fn name<'p>(t: Term<'p>) -> Result<String, Raise<'p>> {
    match t.view() {
        View::Atom(a) => Ok(a.name().to_owned()),
        _ => crate::text::char_list(t).filter(|s| !s.is_empty()).ok_or_else(Raise::badarg),
    }
}

fn is_linked_in(name: &str) -> bool {
    LINKED_IN.contains(&name)
}

/// Options: a list of `{Key, Value}` of which the machine knows all.
fn options<'p>(
    list: Term<'p>,
    mut known: impl FnMut(&str, Term<'p>) -> bool,
) -> Result<(), Raise<'p>> {
    for option in list.list_to_vec().ok_or_else(Raise::badarg)? {
        let Some([key, value]) = option.as_tuple_of::<2>() else { return Err(Raise::badarg()) };
        if !key.as_atom().is_some_and(|key| known(key.name(), value)) {
            return Err(Raise::badarg());
        }
    }
    Ok(())
}

fn is_one_of(t: Term<'_>, names: &[&str]) -> bool {
    t.as_atom().is_some_and(|a| names.contains(&a.name()))
}

fn try_load<'p>(cx: &mut Native<'p>, [path, driver, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let mut reload = false;
    options(list, |key, value| match key {
        "driver_options" => value.list().all(|o| is_one_of(o, &["kill_ports"])),
        "monitor" => is_one_of(value, &["pending", "pending_driver"]),
        "reload" => {
            reload = true;
            is_one_of(value, &["pending", "pending_driver"])
        }
        _ => false,
    })?;
    let encoding = cx.vm().file_names.encoding;
    let is_path = path.as_atom().is_some()
        || path.as_bits().is_some_and(|b| b.is_binary())
        || crate::prim_file::names::encode_list(path, encoding).is_some();
    let driver = name(driver)?;
    if !is_path {
        return Err(Raise::badarg());
    }
    if is_linked_in(&driver) {
        return error_atom(cx, "linked_in_driver");
    }
    if reload {
        return error_atom(cx, "not_loaded");
    }
    let tag = cx.atom("open_error")?;
    let reason = cx.tuple(&[tag, Term::small(NOT_OPENED)]);
    error(cx, reason)
}

fn try_unload<'p>(cx: &mut Native<'p>, [driver, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let driver = name(driver)?;
    for option in list.list_to_vec().ok_or_else(Raise::badarg)? {
        let known = is_one_of(option, &["kill_ports"])
            || option.as_tuple_of::<2>().is_some_and(|[key, value]| {
                is_one_of(key, &["monitor"]) && is_one_of(value, &["pending", "pending_driver"])
            });
        if !known {
            return Err(Raise::badarg());
        }
    }
    error_atom(cx, if is_linked_in(&driver) { "linked_in_driver" } else { "not_loaded" })
}

fn loaded_drivers<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let names: Vec<Term<'p>> = LINKED_IN.iter().map(|n| cx.string(n)).collect();
    let names = cx.list(&names);
    Ok(cx.tuple(&[Term::atom(atoms::OK), names]))
}

fn info<'p>(cx: &mut Native<'p>, [driver, item]: [Term<'p>; 2]) -> Outcome<'p> {
    let driver = name(driver)?;
    let item = item.as_atom().ok_or_else(Raise::badarg)?;
    if !is_linked_in(&driver) {
        return Err(Raise::badarg());
    }
    match item.name() {
        "processes" | "driver_options" | "port_count" | "awaiting_load" | "awaiting_unload" => {
            cx.atom("linked_in_driver")
        }
        "linked_in_driver" => Ok(Term::bool(true)),
        "permanent" => Ok(Term::bool(false)),
        _ => Err(Raise::badarg()),
    }
}

fn format_error<'p>(cx: &mut Native<'p>, [reason]: [Term<'p>; 1]) -> Outcome<'p> {
    let text = match reason.view() {
        View::Atom(a) => match a.name() {
            "inconsistent" => {
                "Driver name and/or driver options are inconsistent with currently loaded driver"
            }
            "linked_in_driver" => "Driver is statically linked and cannot be loaded/unloaded",
            "permanent" => "DDLL driver is permanent an cannot be unloaded/loaded",
            "not_loaded" => "DDLL driver is not loaded",
            "not_loaded_by_this_process" => "DDLL driver was not loaded by this process",
            "not_pending" => "DDLL load not pending for this driver name",
            "already_loaded" => "DDLL driver is already loaded successfully",
            _ => return Err(Raise::badarg()),
        },
        View::Tuple(&[tag, number]) if is_one_of(tag, &["open_error"]) => {
            match number.as_small().ok_or_else(Raise::badarg)? {
                NOT_OPENED => "This machine loads no drivers from files",
                0.. => "Unspecified error",
                _ => "Unknown dlload error",
            }
        }
        _ => return Err(Raise::badarg()),
    };
    Ok(cx.string(text))
}

/// Whatever is asked for has happened: what is linked in stays, what is not there does not come.
fn monitor<'p>(cx: &mut Native<'p>, [kind, what]: [Term<'p>; 2]) -> Outcome<'p> {
    let Some([driver, when]) = what.as_tuple_of::<2>() else { return Err(Raise::badarg()) };
    let linked_in = is_linked_in(&name(driver)?);
    let known = ["loaded", "unloaded", "unloaded_only"];
    if !is_one_of(kind, &["driver"]) || !is_one_of(when, &known) {
        return Err(Raise::badarg());
    }
    let (tag, state) = if linked_in { ("UP", "permanent") } else { ("DOWN", "unloaded") };
    let (tag, state) = (cx.atom(tag)?, cx.atom(state)?);
    let reference = cx.make_ref();
    let message = cx.tuple(&[tag, reference, kind, driver, state]);
    let me = cx.self_pid();
    cx.send_to_pid(me, message);
    Ok(reference)
}

fn demonitor<'p>(_: &mut Native<'p>, [reference]: [Term<'p>; 1]) -> Outcome<'p> {
    // No monitor outlives the call that set it.
    reference.as_ref().map(|_| Term::bool(true)).ok_or_else(Raise::badarg)
}
