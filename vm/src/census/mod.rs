//! Looking everywhere for what refers to something, while the machine stands: how often a fun is
//! there, which nodes are referred to and from where. Nothing of this is counted meanwhile, so it
//! costs nothing until somebody asks.
//!
//! Only what can be reached is found, not what a collection would remove. What runs in a native on a
//! dirty worker for longer than the stand is waited for is left out, and so are match specifications
//! of tracing.

pub(crate) mod nodes;

use crate::crash_dump::Written;
use crate::process::Process;
use crate::sched::standstill::Stand;
use crate::term::layout::Kind;
use crate::term::{Atom, Pid, Term, View, Word};
use crate::vm::Vm;
use hashbrown::HashMap;

/// Who refers to something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Holder {
    /// A process.
    Process(Pid),
    /// A table: its number.
    Table(u64),
    /// A timer, for a process or name.
    Timer(Word),
    /// Persistent terms.
    Persistent,
}

/// What somebody looks for.
const SOUGHT: [Kind; 5] = [Kind::Fun, Kind::MagicRef, Kind::ExtPid, Kind::ExtPort, Kind::ExtRef];

/// Reaches objects, each once.
struct Walk<'v> {
    vm: &'v Vm,
    seen: Written,
    /// Literals are reached too, not only what refers to them.
    in_literals: bool,
}

impl Walk<'_> {
    /// Calls `f` with each fun, reference and identifier of another node that `t` leads to and that
    /// has not been reached.
    fn reach<'p>(&mut self, t: Term<'p>, f: &mut impl FnMut(Term<'p>)) {
        let literals = self.vm.literals.range();
        let mut left = vec![t];
        while let Some(t) = left.pop() {
            if t.is_immediate() || !self.in_literals && literals.contains(t.word().ptr()) {
                continue;
            }
            if !self.seen.add(t.word().ptr() as u64) {
                continue;
            }
            match t.as_cons() {
                Some((head, tail)) => left.extend([tail, head]),
                None => {
                    if matches!(t.kind(), Some(kind) if SOUGHT.contains(&kind)) {
                        f(t);
                    }
                    left.extend_from_slice(t.parts());
                }
            }
        }
    }
}

/// Calls `f` with each object that is sought and that a process refers to, and with whether it is only
/// in a signal that is no message.
///
/// # Safety
/// Nobody changes the process meanwhile.
unsafe fn of_process<'p>(vm: &Vm, p: &'p Process, f: &mut impl FnMut(Term<'p>, bool)) {
    let mut walk = Walk { vm, seen: Written::of(p), in_literals: false };
    // SAFETY: terms of the process, which the caller promises that nobody changes.
    let term = |w: Word| unsafe { Term::from_word(w) };
    let mut plain = |t| f(t, false);
    for w in p.words() {
        walk.reach(term(w), &mut plain);
    }
    p.mailbox.for_each(|w| walk.reach(term(w), &mut plain));
    let monitors = p.rare.iter().flat_map(|rare| rare.monitors.iter());
    for tag in monitors.filter_map(|(_, m)| m.tag.as_ref()) {
        // SAFETY: as above; the tag is the process's.
        walk.reach(unsafe { Term::from_word(tag.term().word()) }, &mut plain);
    }
    // SAFETY: nobody takes signals out of the queue.
    for signal in unsafe { p.queue.peek() } {
        // SAFETY: as above.
        let (kind, w) = unsafe { ((*signal).signal, (*signal).term) };
        if w != Word::NONE {
            walk.reach(term(w), &mut |t| f(t, !kind.is_message()));
        }
    }
}

/// Calls `f` with each object that is sought and that somebody refers to, and with whether it is only
/// in a signal that is no message.
pub(crate) fn objects(vm: &Vm, stand: &Stand<'_>, mut f: impl FnMut(Holder, Term<'_>, bool)) {
    for pid in vm.processes.pids() {
        let Some(p) = vm.processes.lookup(pid) else { continue };
        // SAFETY: it is in the process table, and nobody runs it while the machine stands.
        unsafe {
            match stand.process(p) {
                Some(p) if !p.exiting => {
                    of_process(vm, p, &mut |t, signal| f(Holder::Process(pid), t, signal));
                }
                _ => {}
            }
        }
    }
    let mut walk = Walk { vm, seen: Written::default(), in_literals: true };
    for table in vm.ets.all() {
        let number = table.number();
        table.each_object(|t| walk.reach(t, &mut |t| f(Holder::Table(number), t, false)));
    }
    vm.timers.each_message(vm, |to, t| {
        walk.reach(t, &mut |t| f(Holder::Timer(to.word()), t, false));
    });
    for w in vm.persistent.pairs() {
        // SAFETY: literals of the table stay while the machine stands.
        let pair = unsafe { Term::from_word(w) };
        walk.reach(pair, &mut |t| f(Holder::Persistent, t, false));
    }
}

/// How often there is a fun of that lambda, outside of code.
pub(crate) fn funs(vm: &Vm, stand: &Stand<'_>, lambda: &crate::code::Lambda) -> usize {
    let mut found = 0;
    objects(vm, stand, |_, t, _| {
        if let View::Fun(fun) = t.view()
            && std::ptr::eq(fun.lambda, lambda)
        {
            found += 1;
        }
    });
    found
}

/// By which names processes watch `of`, as far as it is by name: by number of the reference.
pub(crate) fn names_of_monitors(vm: &Vm, stand: &Stand<'_>, of: Pid) -> HashMap<u64, Atom> {
    use crate::process::signal::{Target, Watched};
    let mut names = HashMap::new();
    for pid in vm.processes.pids() {
        let Some(p) = vm.processes.lookup(pid) else { continue };
        // SAFETY: it is in the process table.
        let Some(p) = (unsafe { stand.process(p) }) else { continue };
        for (number, monitor) in p.rare.iter().flat_map(|rare| rare.monitors.iter()) {
            if let Watched::Process(Target::Name(name)) = monitor.target
                && monitor.pid == Some(of)
            {
                names.insert(*number, name);
            }
        }
    }
    names
}
