//! Looking everywhere for what refers to something, while the machine stands: how often a fun is
//! there, which nodes are referred to and from where. Nothing of this is counted meanwhile, so it
//! costs nothing until somebody asks.
//!
//! Of nodes only what can be reached is found, not what a collection would remove. What runs in a native on a
//! dirty worker for longer than the stand is waited for is left out, and so are match specifications
//! of tracing.

pub(crate) mod nodes;

use crate::code::Lambda;
use crate::crash_dump::Written;
use crate::heap::Fragment;
use crate::process::Process;
use crate::sched::standstill::Stand;
use crate::term::layout::{self, Kind};
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

/// Calls `f` with each process that nobody may be changing, but those that exit.
fn processes<'s>(vm: &Vm, stand: &'s Stand<'_>, mut f: impl FnMut(&'s Process)) {
    for pid in vm.processes.pids() {
        let Some(p) = vm.processes.lookup(pid) else { continue };
        // SAFETY: it is in the process table.
        if let Some(p) = unsafe { stand.process(p) }.filter(|p| !p.exiting) {
            f(p);
        }
    }
}

/// Calls `f` with each object that is sought and that somebody refers to, and with whether it is only
/// in a signal that is no message.
pub(crate) fn objects(vm: &Vm, stand: &Stand<'_>, mut f: impl FnMut(Holder, Term<'_>, bool)) {
    processes(vm, stand, |p| {
        // SAFETY: nobody runs it while the machine stands.
        unsafe { of_process(vm, p, &mut |t, signal| f(Holder::Process(p.pid), t, signal)) };
    });
    elsewhere(vm, f);
}

/// As [`objects`], of all but processes.
fn elsewhere(vm: &Vm, mut f: impl FnMut(Holder, Term<'_>, bool)) {
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

/// How many funs of that lambda lie in memory, outside of code. In heaps also those count that nobody
/// can reach any more: a collection has yet to find out.
pub(crate) fn funs(vm: &Vm, stand: &Stand<'_>, lambda: &Lambda) -> usize {
    let mut found = 0;
    let first = layout::header(Kind::Fun, 2 + lambda.num_free as usize);
    let second = Word(std::ptr::from_ref(lambda) as u64);
    let mut count = |from: *mut Word, words: usize| {
        // SAFETY: words of a heap or message that nobody changes; volatile, since not all of them need
        // have been written.
        let at = |i: usize| unsafe { from.add(i).read_volatile() };
        found += (1..words).filter(|i| at(*i) == second && at(i - 1) == first).count();
    };
    processes(vm, stand, |p| {
        p.heap.used_slices(&mut count);
        // SAFETY: nobody takes signals out of the queue.
        let signals = unsafe { p.queue.peek() };
        for fragment in p.mailbox.fragments().into_iter().chain(signals) {
            // SAFETY: a message's or signal's fragment; so many words of it are in use.
            count(Fragment::words(fragment), unsafe { (*fragment).used });
        }
    });
    elsewhere(vm, |_, t, _| {
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
    processes(vm, stand, |p| {
        for (number, monitor) in p.rare.iter().flat_map(|rare| rare.monitors.iter()) {
            if let Watched::Process(Target::Name(name)) = monitor.target
                && monitor.pid == Some(of)
            {
                names.insert(*number, name);
            }
        }
    });
    names
}
