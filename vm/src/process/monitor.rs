//! Monitors and aliases.
//!
//! Both are references of the process that made them; a monitor's reference may be an alias too.
//! The watcher keeps `MonitorOut`, the watched process the watcher's pid. A `Down` counts only
//! while the watcher still has the monitor, so `demonitor` needs no answer.

use super::send::deliver;
use super::signal::{SignalKind, Target, Watched};
use super::{AliasMode, MonitorOut, Parcel, Process};
use crate::heap::LiteralRange;
use crate::io::port::ports;
use crate::sched::Worker;
use crate::term::{Pid, PortId, Term, atoms, copy};

/// What a monitor is set up with.
#[derive(Default)]
pub struct MonitorOptions {
    /// How its reference is an alias.
    pub alias: Option<AliasMode>,
    /// What stands for `'DOWN'`.
    pub tag: Option<Parcel>,
}

/// `monitor/2,3`: watches `pid`, which was named by `target`; `None`: there is no such process.
/// Gives the number of the reference.
pub fn monitor(
    w: &mut Worker,
    p: &mut Process,
    pid: Option<Pid>,
    target: Watched,
    options: MonitorOptions,
) -> u64 {
    let reference = w.vm.next_reference();
    let from = p.pid;
    if pid == Some(from) {
        // Nothing will ever come of a monitor of oneself; only the alias is real.
        if let Some(mode) = options.alias {
            p.rare().aliases.insert(reference, mode);
        }
        return reference;
    }
    note_monitor(p, reference, pid, None, target, options);
    let there = pid.is_some_and(|pid| {
        let kind = SignalKind::Monitor { from, reference };
        let signal = Parcel::empty_spare(&mut w.spares, kind);
        deliver(w, pid, signal).is_ok()
    });
    if !there {
        let kind = SignalKind::Down { reference };
        p.deliver_to_self(Parcel::copy(kind, Term::atom(atoms::NOPROC), LiteralRange::NONE));
    }
    reference
}

/// As [`monitor`], for a port.
pub fn monitor_port(
    w: &mut Worker,
    p: &mut Process,
    port: Option<PortId>,
    target: Watched,
    options: MonitorOptions,
) -> u64 {
    let reference = w.vm.next_reference();
    note_monitor(p, reference, None, port, target, options);
    if !port.is_some_and(|port| ports::monitor(w, port, p.pid, reference)) {
        let kind = SignalKind::Down { reference };
        p.deliver_to_self(Parcel::copy(kind, Term::atom(atoms::NOPROC), LiteralRange::NONE));
    }
    reference
}

/// Watches the time offset; gives the number of the reference.
pub fn monitor_clock(w: &mut Worker, p: &mut Process, options: MonitorOptions) -> u64 {
    let reference = w.vm.next_reference();
    note_monitor(p, reference, None, None, Watched::Clock, options);
    w.vm.clock.watch(&w.vm, reference, p.pid);
    reference
}

pub(crate) fn note_monitor(
    p: &mut Process,
    reference: u64,
    pid: Option<Pid>,
    port: Option<PortId>,
    target: Watched,
    options: MonitorOptions,
) {
    let out = MonitorOut {
        pid,
        port,
        target,
        tag: options.tag,
        alias: options.alias.unwrap_or(AliasMode::None),
        alias_reference: options.alias.is_some(),
    };
    p.rare().monitors.insert(reference, out);
}

/// `demonitor/1`: what was watched, if there was such a monitor.
pub fn demonitor(w: &mut Worker, p: &mut Process, reference: u64) -> Option<Watched> {
    let out = p.take_monitor(reference)?;
    if let Some(pid) = out.pid {
        let kind = SignalKind::Demonitor { from: p.pid, reference };
        let signal = Parcel::empty_spare(&mut w.spares, kind);
        drop(deliver(w, pid, signal));
    }
    if let Some(port) = out.port {
        ports::demonitor(w, port, reference);
    }
    if out.target == Watched::Clock {
        w.vm.clock.forget(reference);
    }
    crate::dist::process::demonitor(w, p, reference, &out);
    Some(out.target)
}

/// `alias/1`: gives the number of the reference.
pub fn alias(w: &mut Worker, p: &mut Process, mode: AliasMode) -> u64 {
    let reference = w.vm.next_reference();
    p.rare().aliases.insert(reference, mode);
    reference
}

/// `unalias/1`: whether it was an active alias.
pub fn unalias(p: &mut Process, reference: u64) -> bool {
    let Some(rare) = &mut p.rare else { return false };
    if rare.aliases.remove(&reference).is_some() {
        return true;
    }
    match rare.monitors.get_mut(&reference) {
        Some(m) if m.alias != AliasMode::None => {
            m.alias = AliasMode::None;
            true
        }
        _ => false,
    }
}

impl Process {
    /// Removes a monitor; an explicit alias outlives it.
    fn take_monitor(&mut self, reference: u64) -> Option<MonitorOut> {
        let rare = self.rare.as_mut()?;
        let out = rare.monitors.remove(&reference)?;
        if out.alias == AliasMode::Explicit {
            rare.aliases.insert(reference, AliasMode::Explicit);
        }
        Some(out)
    }

    /// A message came through an alias: whether it is to be received.
    pub(super) fn accept_alias_message(&mut self, w: &mut Worker, reference: u64) -> bool {
        let Some(rare) = &mut self.rare else { return false };
        let mode = match rare.aliases.get(&reference) {
            Some(mode) => *mode,
            None => match rare.monitors.get(&reference) {
                Some(m) => m.alias,
                None => return false,
            },
        };
        match mode {
            AliasMode::None => false,
            AliasMode::Explicit | AliasMode::Demonitor => true,
            AliasMode::ReplyDemonitor => {
                if rare.aliases.remove(&reference).is_none() {
                    demonitor(w, self, reference);
                }
                true
            }
        }
    }

    /// What `reference` watches is gone: the message to be received, if the monitor is still there.
    pub(super) fn monitor_fired(
        &mut self,
        w: &mut Worker,
        reference: u64,
        reason: Term<'_>,
    ) -> Option<Parcel> {
        let out = self.take_monitor(reference)?;
        Some(self.message_of_monitor(w, &out, reference, reason))
    }

    /// As [`Process::monitor_fired`], of a `ProcessDown` signal. It is the message itself if the
    /// monitor asks for no other.
    pub(super) fn monitored_process_gone(
        &mut self,
        w: &mut Worker,
        reference: u64,
        signal: Parcel,
    ) -> Option<Parcel> {
        let Some(out) = self.take_monitor(reference) else {
            signal.is_done(&mut w.spares);
            return None;
        };
        let by_pid = matches!(out.target, Watched::Process(Target::Pid(_)));
        if by_pid && out.tag.is_none() && !out.alias_reference {
            return Some(signal);
        }
        let [.., reason] = signal.term().as_tuple_of::<5>()?;
        Some(self.message_of_monitor(w, &out, reference, reason))
    }

    /// What `reference` watches, the time offset, has changed: the message to be received, if the
    /// monitor is still there.
    pub(super) fn clock_changed(
        &self,
        w: &Worker,
        reference: u64,
        offset: Term<'_>,
    ) -> Option<Parcel> {
        let out = self.rare.as_ref()?.monitors.get(&reference)?;
        Some(self.message_of_monitor(w, out, reference, offset))
    }

    fn message_of_monitor(
        &self,
        w: &Worker,
        out: &MonitorOut,
        reference: u64,
        reason: Term<'_>,
    ) -> Parcel {
        let vm = &*w.vm;
        let literals = vm.literals.range();
        let tag = out.tag.as_ref().map(|t| t.term());
        let words = 16
            + copy::copied_size(reason, literals)
            + tag.map_or(0, |t| copy::copied_size(t, literals));
        let owner = out.alias_reference.then_some(self.pid);
        Parcel::build(SignalKind::Message, words, literals, |a| {
            let reason = copy::to_area(reason, a, literals);
            let tag = match tag {
                Some(t) => copy::to_area(t, a, literals),
                None if out.target == Watched::Clock => Term::atom(atoms::CHANGE_UPPER),
                None => Term::atom(atoms::DOWN_UPPER),
            };
            let reference = a.reference(reference, owner);
            let [kind, object] = out.target.terms(vm, a);
            a.tuple(&[tag, reference, kind, object, reason])
        })
    }
}
