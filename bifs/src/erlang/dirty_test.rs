//! `erts_debug:dirty_cpu/2`, `dirty_io/2`, `dirty/3`: what OTP's test suites have processes do on
//! dirty workers.

use std::time::Duration;
use vm::native::{Native, NativeDef, Outcome, Raise};
use vm::term::copy::to_area;
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Doing something on a worker of some kind.
    pub static NATIVES: "erts_debug" {
        dirty_cpu "dirty_cpu"/2 = dirty_cpu,
        dirty_io "dirty_io"/2 = dirty_io,
        "dirty"/3 = dirty,
    }
}

vm::natives! {
    /// `dirty/3` once it has found out where it belongs.
    pub static ELSEWHERE: "erts_debug" {
        dirty_cpu "dirty"/3 = dirty_on_cpu,
        dirty_io "dirty"/3 = dirty_on_io,
    }
}

vm::natives! {
    /// `reschedule` on its way from worker to worker.
    pub static HOPS: "erts_debug" {
        "dirty"/1 = hop_normal,
        dirty_cpu "dirty"/1 = hop_cpu,
        dirty_io "dirty"/1 = hop_io,
    }
}

/// A kind of worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Cpu,
    Io,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Normal => "normal",
            Kind::Cpu => "dirty_cpu",
            Kind::Io => "dirty_io",
        }
    }

    fn hop(self) -> &'static NativeDef {
        &HOPS[self as usize]
    }

    /// Where `reschedule` goes from here when it is to go elsewhere.
    fn next(self) -> Kind {
        match self {
            Kind::Normal => Kind::Cpu,
            Kind::Cpu => Kind::Io,
            Kind::Io => Kind::Normal,
        }
    }
}

fn dirty_cpu<'p>(cx: &mut Native<'p>, [what, with]: [Term<'p>; 2]) -> Outcome<'p> {
    test(cx, Kind::Cpu, what, with)
}

fn dirty_io<'p>(cx: &mut Native<'p>, [what, with]: [Term<'p>; 2]) -> Outcome<'p> {
    test(cx, Kind::Io, what, with)
}

fn dirty<'p>(cx: &mut Native<'p>, [kind, what, with]: [Term<'p>; 3]) -> Outcome<'p> {
    let elsewhere = |i: usize| Err(Raise::trap_native(&ELSEWHERE[i], vec![kind, what, with]));
    match kind.as_atom().map(Atom::name) {
        Some("normal") => test(cx, Kind::Normal, what, with),
        Some("dirty_cpu") => elsewhere(0),
        Some("dirty_io") => elsewhere(1),
        _ => Err(Raise::badarg()),
    }
}

fn dirty_on_cpu<'p>(cx: &mut Native<'p>, [_, what, with]: [Term<'p>; 3]) -> Outcome<'p> {
    test(cx, Kind::Cpu, what, with)
}

fn dirty_on_io<'p>(cx: &mut Native<'p>, [_, what, with]: [Term<'p>; 3]) -> Outcome<'p> {
    test(cx, Kind::Io, what, with)
}

fn hop_normal<'p>(_: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    hop(Kind::Normal, n)
}

fn hop_cpu<'p>(_: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    hop(Kind::Cpu, n)
}

fn hop_io<'p>(_: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    hop(Kind::Io, n)
}

/// Goes on two steps further down, elsewhere where four divides the number.
fn hop<'p>(kind: Kind, n: Term<'p>) -> Outcome<'p> {
    match n.as_small() {
        Some(0) => Ok(Term::atom(atoms::OK)),
        Some(n) => {
            let next = if n % 4 == 0 { kind.next() } else { kind };
            Err(Raise::trap_native(next.hop(), vec![Term::small(n - 2)]))
        }
        None => Err(Raise::badarg()),
    }
}

fn test<'p>(cx: &mut Native<'p>, kind: Kind, what: Term<'p>, with: Term<'p>) -> Outcome<'p> {
    match what.as_atom().map(Atom::name) {
        Some("scheduler") if with.as_atom().is_some_and(|a| a.name() == "type") => {
            cx.atom(kind.name())
        }
        Some("error") => match with.as_atom().map(Atom::name) {
            Some("notsup" | "undef" | "badarith" | "noproc" | "system_limit") => {
                Err(Raise::error(with))
            }
            _ => Err(Raise::badarg()),
        },
        Some("copy") => {
            let literals = cx.vm().literals.range();
            let mut list = Term::nil();
            for _ in 0..1000 {
                let copy = to_area(with, cx, literals);
                list = cx.cons(copy, list);
            }
            Ok(list)
        }
        Some("send") => {
            send(cx, with, "ok")?;
            Ok(Term::atom(atoms::OK))
        }
        Some("wait") => {
            let ms = with.as_i64().ok_or_else(Raise::badarg)?;
            wait(cx, ms);
            Ok(Term::atom(atoms::OK))
        }
        // An odd number of steps never ends well; no need to take them.
        Some("reschedule") => match with.as_small() {
            Some(n) if n >= 0 && n % 2 == 0 => hop(kind, with),
            _ => Err(Raise::badarg()),
        },
        Some("ready_wait6_done") => {
            send(cx, with, "ready")?;
            wait(cx, 6000);
            send(cx, with, "done")?;
            Ok(Term::atom(atoms::OK))
        }
        Some("alive_waitexiting") => {
            send(cx, with, "alive")?;
            while !cx.is_exiting() {
                wait(cx, 10);
            }
            wait(cx, 1000);
            Ok(Term::atom(atoms::OK))
        }
        _ => Err(Raise::badarg()),
    }
}

/// Sends `{Tag, self()}`, unless `to` is no process.
fn send<'p>(cx: &mut Native<'p>, to: Term<'p>, tag: &str) -> Result<(), Raise<'p>> {
    let (tag, me) = (cx.atom(tag)?, Term::pid(cx.self_pid()));
    let message = cx.tuple(&[tag, me]);
    if let Some(to) = to.as_pid() {
        cx.send_to_pid(to, message);
    }
    Ok(())
}

fn wait(cx: &mut Native<'_>, ms: i64) {
    let time = Duration::from_millis(ms.max(0).cast_unsigned());
    cx.aside().run(|| std::thread::sleep(time));
}
