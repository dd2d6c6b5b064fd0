//! The time offset: when it may change (`+C`), and who is told when it does
//! (`monitor(time_offset, clock_service)`).

use crate::heap::LiteralRange;
use crate::process::Parcel;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::sched::Worker;
use crate::settings::TimeWarp;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::term::Pid;
use crate::vm::Vm;
use hashbrown::HashMap;

/// How often the offset is measured where it may change, in nanoseconds.
const CHECK_AFTER: u64 = 1_000_000_000;
/// How far the system's time is from that of the machine when it has been set, in nanoseconds: what
/// it is slewed by the monotonic clock is too.
const WARP: u64 = 1_000_000;
/// So many monitors are kept before those of processes that have exited are looked for.
const FEW: usize = 64;

/// What a machine knows of its time offset beside its value.
#[derive(Default)]
pub struct Clock {
    finalized: AtomicBool,
    /// When it was measured last.
    checked: AtomicU64,
    watchers: Mutex<Watchers>,
}

/// Monitors by the numbers of their references. Those of processes that have exited may be among
/// them.
#[derive(Default)]
struct Watchers {
    all: HashMap<u64, Pid>,
    /// How many of them were of living processes when that was looked for last.
    living: usize,
}

/// Whether the offset is `preliminary`, `final` or `volatile`.
pub fn offset_state(vm: &Vm) -> &'static str {
    match vm.settings.time_warp {
        TimeWarp::No => "final",
        TimeWarp::Single if vm.clock.finalized.load(Ordering::Acquire) => "final",
        TimeWarp::Single => "preliminary",
        TimeWarp::Multi => "volatile",
    }
}

/// `system_flag(time_offset, finalize)`: what it was before.
pub fn finalize(w: &mut Worker) -> &'static str {
    let vm = w.vm.clone();
    let before = offset_state(&vm);
    if before == "preliminary" && !vm.clock.finalized.swap(true, Ordering::AcqRel) {
        change(w, vm.world.measured_offset());
    }
    before
}

/// Follows the system's clock, where it is to be followed at once.
#[inline]
pub fn check(w: &mut Worker) {
    if matches!(w.vm.settings.time_warp, TimeWarp::Multi) {
        measure(w);
    }
}

#[cold]
fn measure(w: &mut Worker) {
    let vm = w.vm.clone();
    let now = vm.world.now();
    let last = vm.clock.checked.load(Ordering::Relaxed);
    let due = now >= last + CHECK_AFTER;
    let relaxed = Ordering::Relaxed;
    if !due || vm.clock.checked.compare_exchange(last, now, relaxed, relaxed).is_err() {
        return;
    }
    let offset = vm.world.measured_offset();
    if offset.abs_diff(vm.world.time_offset()) > WARP {
        change(w, offset);
    }
}

fn change(w: &mut Worker, offset: i64) {
    let vm = w.vm.clone();
    vm.world.set_time_offset(offset);
    let all: Vec<(u64, Pid)> = vm.clock.watchers.lock().all.iter().map(|(n, p)| (*n, *p)).collect();
    for (reference, pid) in all {
        let kind = SignalKind::ClockChange { reference };
        let signal = Parcel::build(kind, 4, LiteralRange::NONE, |a| a.int(offset));
        drop(deliver(w, pid, signal));
    }
}

impl Clock {
    /// A process that is alive is to be told of changes.
    pub(crate) fn watch(&self, vm: &Vm, reference: u64, pid: Pid) {
        let mut watchers = self.watchers.lock();
        watchers.all.insert(reference, pid);
        if watchers.all.len() > FEW + 2 * watchers.living {
            watchers.all.retain(|_, pid| vm.processes.lookup(*pid).is_some());
            watchers.living = watchers.all.len();
        }
    }

    /// Such a monitor is gone.
    pub(crate) fn forget(&self, reference: u64) {
        self.watchers.lock().all.remove(&reference);
    }
}
