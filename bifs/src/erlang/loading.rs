//! Natives that load code: from object code to modules that are current, and what can be told of
//! object code that is not loaded.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vm::code::load::{LoadFailure, Prepared, object_chunk, object_md5};
use vm::native::{Native, Outcome, Raise, arg};
use vm::process::signal::Request;
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Publishing what was prepared.
    pub static NATIVES: "erlang" {
        "has_prepared_code_on_load"/1 = has_prepared_code_on_load,
        "finish_loading"/1 = finish_loading,
    }
}

vm::natives! {
    /// Object code, and the end of old code.
    pub static INTERNAL_NATIVES: "erts_internal" {
        dirty_cpu "prepare_loading"/2 = prepare_loading,
        "beamfile_chunk"/2 = beamfile_chunk,
        dirty_cpu "beamfile_module_md5"/1 = beamfile_module_md5,
        "purge_module"/2 = purge_module,
    }
}

vm::natives! {
    /// What `erts_literal_area_collector`, and nobody else, asks.
    pub static COLLECTOR_NATIVES: "erts_literal_area_collector" {
        "release_area_switch"/0 = release_area_switch,
        "send_copy_request"/3 = send_copy_request,
    }
}

/// A module between `prepare_loading` and `finish_loading`, which takes it out.
struct Slot(Mutex<Option<Prepared>>);

impl Slot {
    fn with<R>(&self, f: impl FnOnce(&mut Option<Prepared>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn slot<'p>(t: Term<'p>) -> Result<Arc<Slot>, Raise<'p>> {
    t.as_ref().and_then(|r| r.object::<Slot>()).ok_or_else(Raise::badarg)
}

fn prepare_loading<'p>(cx: &mut Native<'p>, [module, code]: [Term<'p>; 2]) -> Outcome<'p> {
    let name: Atom = arg(module)?;
    let bytes: Cow<'_, [u8]> = arg(code)?;
    let prepared = cx.vm().prepare_module(&bytes).and_then(|p| match p.name() == name {
        true => Ok(p),
        false => Err(LoadFailure::WrongModule(p.name().name().to_owned())),
    });
    match prepared {
        Ok(p) => Ok(cx.make_magic_ref(Arc::new(Slot(Mutex::new(Some(p)))))),
        Err(e) => {
            cx.log_error(&format!("Error loading module {}:\n  {e}\n", name.name()));
            let reason = cx.atom("badfile")?;
            Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
        }
    }
}

fn has_prepared_code_on_load<'p>(_: &mut Native<'p>, [code]: [Term<'p>; 1]) -> Outcome<'p> {
    let on_load = slot(code)?.with(|s| s.as_ref().map(Prepared::has_on_load));
    on_load.map(Term::bool).ok_or_else(Raise::badarg)
}

fn finish_loading<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let slots: Vec<Arc<Slot>> = list
        .list_to_vec()
        .ok_or_else(Raise::badarg)?
        .into_iter()
        .map(slot)
        .collect::<Result<_, _>>()?;
    let modules: Vec<(Atom, bool)> = slots
        .iter()
        .map(|s| s.with(|s| s.as_ref().map(|p| (p.name(), p.has_on_load()))))
        .collect::<Option<_>>()
        .ok_or_else(Raise::badarg)?;
    if modules.len() > 1 && modules.iter().any(|m| m.1) {
        return Err(Raise::system_limit());
    }
    let vm = cx.vm();
    let names = |wrong: Vec<Atom>| wrong.into_iter().map(Term::atom).collect::<Vec<_>>();
    let seen = |i: usize| modules[..i].iter().any(|m| m.0 == modules[i].0);
    let twice: Vec<Atom> = (0..modules.len()).filter(|i| seen(*i)).map(|i| modules[i].0).collect();
    if !twice.is_empty() {
        return failed(cx, "duplicated", &names(twice));
    }
    let is_old = |m: &Atom| {
        let versions = vm.code.module(*m);
        versions.old.is_some() && versions.current.is_some()
    };
    let not_purged: Vec<Atom> = modules.iter().map(|m| m.0).filter(is_old).collect();
    if !not_purged.is_empty() {
        return failed(cx, "not_purged", &names(not_purged));
    }
    for (slot, (name, on_load)) in slots.iter().zip(&modules) {
        let prepared = slot.with(Option::take).ok_or_else(Raise::badarg)?;
        // Another process may have loaded the module since.
        if vm.install_module(prepared).is_err() {
            return failed(cx, "not_purged", &[Term::atom(*name)]);
        }
        if *on_load {
            return failed(cx, "on_load", &[Term::atom(*name)]);
        }
    }
    Ok(Term::atom(atoms::OK))
}

fn failed<'p>(cx: &mut Native<'p>, why: &str, modules: &[Term<'p>]) -> Outcome<'p> {
    let why = cx.atom(why)?;
    let modules = cx.list(modules);
    Ok(cx.tuple(&[why, modules]))
}

/// `prepare`, or `prepare_on_load` for code whose `on_load` function failed; then `complete` or
/// `abort`.
fn purge_module<'p>(cx: &mut Native<'p>, [module, what]: [Term<'p>; 2]) -> Outcome<'p> {
    let (name, what): (Atom, Atom) = (arg(module)?, arg(what)?);
    let code = &cx.vm().code;
    let done = match what.name() {
        "prepare" => code.prepare_purge(name, false).ok_or_else(Raise::badarg)?,
        "prepare_on_load" => code.prepare_purge(name, true).ok_or_else(Raise::badarg)?,
        complete @ ("complete" | "abort") => {
            let complete = complete == "complete";
            if !cx.end_purge(name, complete) {
                return Err(Raise::badarg());
            }
            complete
        }
        _ => return Err(Raise::badarg()),
    };
    Ok(Term::bool(done))
}

fn beamfile_chunk<'p>(cx: &mut Native<'p>, [code, name]: [Term<'p>; 2]) -> Outcome<'p> {
    let bytes: Cow<'_, [u8]> = arg(code)?;
    let name: Vec<u8> = name
        .list_to_vec()
        .ok_or_else(Raise::badarg)?
        .into_iter()
        .map(arg)
        .collect::<Result<_, _>>()?;
    let name: [u8; 4] = name.try_into().map_err(|_| Raise::badarg())?;
    match object_chunk(&bytes, &name) {
        Some(data) => Ok(cx.binary(&data)),
        None => Ok(Term::atom(atoms::UNDEFINED)),
    }
}

fn beamfile_module_md5<'p>(cx: &mut Native<'p>, [code]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes: Cow<'_, [u8]> = arg(code)?;
    match object_md5(&bytes) {
        Some(md5) => Ok(cx.binary(&md5)),
        None => Ok(Term::atom(atoms::UNDEFINED)),
    }
}

/// Calls of [`release_area_switch`] by which it yields before it sleeps in between: a thread is in a
/// native for long.
const YIELDS: i64 = 50;

vm::natives! {
    /// The rest of one that waits for the machine's threads.
    pub static SWITCH: "erts_literal_area_collector" {
        "release_area_switch"/1 = switch_area,
        dirty_io "release_area_switch"/1 = switch_area_later,
    }
}

fn only_collector<'p>(cx: &Native<'p>) -> Result<(), Raise<'p>> {
    match cx.vm().given_up.is_collector(cx.self_pid()) {
        true => Ok(()),
        false => Err(Raise::notsup()),
    }
}

/// Has a process say (`{copy_literals, {Area, How, Pid}, ok}`) when it refers to the literals no more.
fn send_copy_request<'p>(cx: &mut Native<'p>, [pid, area, how]: [Term<'p>; 3]) -> Outcome<'p> {
    only_collector(cx)?;
    let to = pid.as_pid().ok_or_else(Raise::badarg)?;
    let tag = cx.atom("copy_literals")?;
    let id = cx.tuple(&[area, how, pid]);
    let request = cx.tuple(&[tag, id, how]);
    cx.request_for(cx.self_pid(), to, Request::CopyLiterals, 0, request);
    Ok(Term::atom(atoms::OK))
}

fn release_area_switch<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    only_collector(cx)?;
    switch_area(cx, [Term::small(0)])
}

fn switch_area<'p>(cx: &mut Native<'p>, [tries]: [Term<'p>; 1]) -> Outcome<'p> {
    if let Some(more) = cx.next_given_up() {
        return Ok(Term::bool(more));
    }
    let tries: i64 = arg(tries)?;
    cx.yield_slice();
    let next = if tries < YIELDS { &SWITCH[0] } else { &SWITCH[1] };
    Err(Raise::trap_native(next, vec![Term::small(tries + 1)]))
}

fn switch_area_later<'p>(cx: &mut Native<'p>, [tries]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.aside().run(|| std::thread::sleep(Duration::from_millis(10)));
    Err(Raise::trap_native(&SWITCH[0], vec![tries]))
}
