//! `erlang:system_monitor` and `erlang:system_profile`: watching the whole machine.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term, View, Word, atoms};
use vm::trace::actions::any_tracer;
use vm::trace::{monitor, profile, tracees};

vm::natives! {
    /// Questions and switches.
    pub static NATIVES: "erlang" {
        "system_monitor"/0 = system_monitor,
        "system_monitor"/1 = system_monitor_pair,
        "system_monitor"/2 = set_system_monitor,
        "system_profile"/0 = system_profile,
        "system_profile"/2 = set_system_profile,
    }
}

vm::natives! {
    /// Switches.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "scheduler_wall_time"/1 = scheduler_wall_time,
        "system_check"/1 = system_check,
    }
}

fn name(t: Term<'_>) -> Option<&'static str> {
    t.as_atom().map(Atom::name)
}

/// What is watched, and who is told.
fn monitor_term<'p>(cx: &mut Native<'p>, s: monitor::Settings) -> Outcome<'p> {
    let Some(who) = s.who else { return Ok(Term::atom(atoms::UNDEFINED)) };
    let mut items = Vec::new();
    for (on, what) in [(s.busy_dist_port, "busy_dist_port"), (s.busy_port, "busy_port")] {
        if on {
            items.push(cx.atom(what)?);
        }
    }
    let limits =
        [(s.large_heap, "large_heap"), (s.long_schedule, "long_schedule"), (s.long_gc, "long_gc")];
    for (n, what) in limits {
        if n != 0 {
            let what = cx.atom(what)?;
            let n = cx.uint(n);
            items.push(cx.tuple(&[what, n]));
        }
    }
    let items = cx.list(&items);
    Ok(cx.tuple(&[Term::pid(who), items]))
}

fn system_monitor<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let now = cx.vm().tracing.monitor(cx.vm());
    monitor_term(cx, now)
}

fn system_monitor_pair<'p>(cx: &mut Native<'p>, [setting]: [Term<'p>; 1]) -> Outcome<'p> {
    match setting.view() {
        View::Atom(a) if a == atoms::UNDEFINED => set_system_monitor(cx, [setting, Term::nil()]),
        View::Tuple([who, options]) => set_system_monitor(cx, [*who, *options]),
        _ => Err(Raise::badarg()),
    }
}

fn set_system_monitor<'p>(cx: &mut Native<'p>, [who, options]: [Term<'p>; 2]) -> Outcome<'p> {
    /// 16 Kwords are no unusual size of a heap.
    const LEAST_HEAP: u64 = 16_384;
    let vm = cx.vm();
    let mut new = monitor::Settings::default();
    if !who.is_atom(atoms::UNDEFINED) && !options.is_nil() {
        let pid = who.as_pid().filter(|pid| cx.is_there(*pid)).ok_or_else(Raise::badarg)?;
        new.who = Some(pid);
        for option in options.list_to_vec().ok_or_else(Raise::badarg)? {
            let pair = option.as_tuple_of::<2>().map(|[k, v]| (name(k), v.as_u64()));
            match (name(option), pair) {
                (Some("busy_port"), _) => new.busy_port = true,
                (Some("busy_dist_port"), _) => new.busy_dist_port = true,
                (_, Some((Some("long_gc"), Some(n)))) => new.long_gc = n.max(1),
                (_, Some((Some("long_schedule"), Some(n)))) => new.long_schedule = n.max(1),
                (_, Some((Some("large_heap"), Some(n)))) => new.large_heap = n.max(LEAST_HEAP),
                _ => return Err(Raise::badarg()),
            }
        }
    }
    let old = vm.tracing.set_monitor(vm, new);
    monitor_term(cx, old)
}

fn profile_term<'p>(cx: &mut Native<'p>, s: profile::Settings) -> Outcome<'p> {
    let Some(who) = vm::trace::exists(Word(s.who)) else {
        return Ok(Term::atom(atoms::UNDEFINED));
    };
    let all = [
        (s.exclusive, "exclusive"),
        (s.scheduler, "scheduler"),
        (s.runnable_procs, "runnable_procs"),
        (s.runnable_ports, "runnable_ports"),
    ];
    let items = all.iter().filter(|i| i.0).map(|i| cx.atom(i.1)).collect::<Result<Vec<_>, _>>()?;
    let items = cx.list(&items);
    Ok(cx.tuple(&[who, items]))
}

fn system_profile<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let now = cx.vm().tracing.profile(cx.vm());
    profile_term(cx, now)
}

fn set_system_profile<'p>(cx: &mut Native<'p>, [who, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let vm = cx.vm();
    let mut new = profile::Settings { timestamps: tracees::NOW, ..profile::Settings::default() };
    if !who.is_atom(atoms::UNDEFINED) && !options.is_nil() {
        let options = options.list_to_vec().ok_or_else(Raise::badarg)?;
        if !matches!(who.view(), View::Pid(_) | View::Port(_)) {
            return Err(Raise::badarg());
        }
        new.who = any_tracer(vm, who).ok_or_else(Raise::badarg)?.0;
        for option in options {
            match name(option) {
                Some("runnable_procs") => new.runnable_procs = true,
                Some("runnable_ports") => new.runnable_ports = true,
                Some("scheduler") => new.scheduler = true,
                Some("exclusive") => new.exclusive = true,
                Some("timestamp") => new.timestamps = tracees::NOW,
                Some("strict_monotonic_timestamp") => {
                    new.timestamps = tracees::STRICT_MONOTONIC;
                }
                Some("monotonic_timestamp") => new.timestamps = tracees::MONOTONIC,
                _ => return Err(Raise::badarg()),
            }
        }
    }
    let old = vm.tracing.set_profile(vm, new);
    profile_term(cx, old)
}

/// `kernel` counts who wants it to be on. All but `true` is off, as in stock.
fn scheduler_wall_time<'p>(cx: &mut Native<'p>, [on]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(cx.vm().set_wall_time(on.as_bool() == Some(true))))
}

fn system_check<'p>(_: &mut Native<'p>, [what]: [Term<'p>; 1]) -> Outcome<'p> {
    match what.as_atom().map(Atom::name) {
        Some("schedulers") => Ok(Term::atom(atoms::OK)),
        _ => Err(Raise::badarg()),
    }
}
