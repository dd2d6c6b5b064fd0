//! Literal areas that are given up: erased and replaced persistent terms, literals of purged
//! modules. Processes may go on to refer to their terms, so each copies out what it refers to, and
//! only then is the memory free. As in stock it is OTP's own `erts_literal_area_collector`, a process
//! of the machine's, that goes from process to process; the natives it calls lead here.
//!
//! # One round
//! All areas that wait are given up together. A round has these phases, and [`GivenUp::step`] takes
//! it from one to the next:
//!
//! 1. The areas are shown: from now on whatever copies terms (messages, arguments of spawned
//!    processes, answers) copies those of the areas too, like ordinary ones
//!    ([`LiteralRange::keeps`](super::literals::LiteralRange::keeps)).
//! 2. Every thread passes a quiescent point. What was copied without seeing the areas has been sent
//!    by then.
//! 3. Every process is asked, by a signal, and so after whatever came to it from before. It looks for words
//!    that could refer to one of the areas (`process::literals`); if there are some, it is collected,
//!    in a way that copies what it refers to. A process that comes later can refer to nothing of them,
//!    since its arguments and its messages have been copied.
//! 4. When all have answered, every thread passes a quiescent point again: a native of a process that
//!    has exited may still have been looking at its arguments.
//! 5. The areas are shown no longer, and freed. Threads may go on to look at the list of them until
//!    they have passed a quiescent point once more; the next round begins after that.
//!
//! Purged code goes the same way, with its literals: no process returns to it or would go on in it,
//! which has been made sure of before, but a native that is called from it may still be running.
//!
//! What keeps terms outside processes (tables, timers, tags of monitors, persistent terms) never
//! refers to literals, so nobody else has to be asked. A process in a native that lasts long, or
//! blocks, holds up the round, and nothing else.

use super::literals::{Areas, LiteralArea};
use crate::code::LoadedModule;
use crate::sync::{Arc, Mutex};
use crate::term::Pid;
use crate::vm::Vm;

/// What is given up at a time: an area, and the code that it belongs to if it is a module's.
pub struct Forgotten {
    area: LiteralArea,
    code: Option<Arc<LoadedModule>>,
}

impl Forgotten {
    /// A module that has been purged, with its literals.
    pub fn code(module: Arc<LoadedModule>) -> Forgotten {
        let area = std::mem::take(&mut *module.literals.lock());
        Forgotten { area, code: Some(module) }
    }
}

impl From<LiteralArea> for Forgotten {
    fn from(area: LiteralArea) -> Forgotten {
        Forgotten { area, code: None }
    }
}

/// What is given up in one machine.
#[derive(Default)]
pub struct GivenUp {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Who goes from process to process.
    collector: Option<Pid>,
    /// It has been told that something waits, and has not yet found that nothing does.
    told: bool,
    waiting: Vec<Forgotten>,
    phase: Phase,
    /// The areas of this round, and the list of them that is shown.
    areas: Vec<Forgotten>,
    list: Option<Box<Areas>>,
}

/// How far a round is.
#[derive(Clone, Copy, Default)]
enum Phase {
    /// There is none.
    #[default]
    None,
    /// The areas are shown; all threads are to have seen this epoch.
    Shown(u64),
    /// Processes are being asked.
    Asking,
    /// They have answered; all threads are to have seen this epoch.
    Answered(u64),
    /// The areas are gone; all threads are to have seen this epoch before there are others.
    Gone(u64),
}

impl GivenUp {
    /// Says who goes from process to process. Until then areas only wait.
    pub fn set_collector(&self, pid: Pid) {
        self.state.lock().collector = Some(pid);
    }

    /// Whether that is this one.
    pub fn is_collector(&self, pid: Pid) -> bool {
        self.state.lock().collector == Some(pid)
    }

    /// Gives something up, to which nobody can get a new reference but from who has one. The process
    /// that is to be told (`copy_literals`), if it does not know yet that there is something to do.
    #[must_use]
    pub fn give_up(&self, what: impl IntoIterator<Item = Forgotten>) -> Option<Pid> {
        let mut state = self.state.lock();
        state.waiting.extend(what);
        if state.waiting.is_empty() || state.told {
            return None;
        }
        state.told = state.collector.is_some();
        state.collector
    }

    /// Goes on, for the collector, which has heard from all processes if there is a round: ends that
    /// and begins the next. Whether there is one; `None`: threads have yet to pass a quiescent point.
    pub fn step(&self, vm: &Vm) -> Option<bool> {
        let mut state = self.state.lock();
        loop {
            state.phase = match state.phase {
                Phase::None | Phase::Gone(_) if state.waiting.is_empty() => {
                    state.told = false;
                    return Some(false);
                }
                Phase::None => {
                    let areas = std::mem::take(&mut state.waiting);
                    let mut list = Box::new(Areas::of(areas.iter().map(|f| &f.area)));
                    vm.literals.show(&raw mut *list);
                    (state.areas, state.list) = (areas, Some(list));
                    Phase::Shown(vm.quiescence.begin())
                }
                Phase::Shown(epoch) | Phase::Answered(epoch) | Phase::Gone(epoch)
                    if !vm.quiescence.passed(epoch) =>
                {
                    return None;
                }
                Phase::Shown(_) => {
                    state.phase = Phase::Asking;
                    return Some(true);
                }
                Phase::Asking => Phase::Answered(vm.quiescence.begin()),
                Phase::Answered(_) => {
                    vm.literals.show(std::ptr::null_mut());
                    for Forgotten { area, code } in std::mem::take(&mut state.areas) {
                        // SAFETY: no process refers to it any more, as the head of this file says.
                        unsafe { vm.literals.free(area) };
                        drop(code);
                    }
                    Phase::Gone(vm.quiescence.begin())
                }
                Phase::Gone(_) => {
                    state.list = None;
                    Phase::None
                }
            };
        }
    }
}
