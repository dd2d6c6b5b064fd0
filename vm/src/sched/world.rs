//! The one door for nondeterminism: clocks, seeds, slice lengths.
//!
//! Nothing else in the machine asks the system for the time or for randomness.

use crate::sync::{AtomicI64, AtomicU64, Ordering};
use rustix::time::{ClockId, clock_gettime};

/// How long a process may run before others get their turn, in reductions.
pub const SLICE: i64 = 4_000;

/// Where time, randomness and slice lengths come from.
pub struct World {
    /// The clock that never goes back, in nanoseconds, when the machine started.
    start: i64,
    /// Unix time at `start`, in nanoseconds.
    offset: AtomicI64,
    /// State of the slice lengths' generator; 0: every slice is `SLICE`.
    slices: AtomicU64,
    /// The last of the unique integers.
    unique: AtomicU64,
    /// What `unique_microseconds` last gave.
    last_micros: AtomicI64,
}

impl World {
    /// The real world. With a seed, slices have random lengths, for tests.
    pub fn new(slice_seed: Option<u64>) -> World {
        World {
            start: nanos(ClockId::Monotonic),
            offset: AtomicI64::new(unix_nanos()),
            slices: AtomicU64::new(slice_seed.map_or(0, |s| s | 1)),
            unique: AtomicU64::new(0),
            last_micros: AtomicI64::new(0),
        }
    }

    /// Nanoseconds since the machine started, never going back.
    #[inline]
    pub fn now(&self) -> u64 {
        (nanos(ClockId::Monotonic) - self.start) as u64
    }

    /// What `now` is to be increased by to give Unix time in nanoseconds, as found at start, or later
    /// where it may change (`sched/clock.rs`).
    pub fn time_offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// What it would be by the system's clock now.
    pub fn measured_offset(&self) -> i64 {
        // What is measured without another thread in between is right to a microsecond or so.
        let measure = |_| {
            let before = self.now();
            let system = unix_nanos();
            let after = self.now();
            (after - before, system - (before + (after - before) / 2) as i64)
        };
        let (_, offset) = (0..3).map(measure).min().expect("there are three");
        offset
    }

    /// Sets the offset.
    pub(super) fn set_time_offset(&self, offset: i64) {
        self.offset.store(offset, Ordering::Relaxed);
    }

    /// A number greater than 0 and than every one given before.
    pub fn unique_integer(&self) -> u64 {
        self.unique.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// The last one that was given. For test suites.
    pub fn last_unique_integer(&self) -> u64 {
        self.unique.load(Ordering::Relaxed)
    }

    /// Has them go on behind that one. For test suites.
    pub fn set_last_unique_integer(&self, last: u64) {
        self.unique.store(last, Ordering::Relaxed);
    }

    /// Unix time in microseconds, or a little more, so that no value is given twice
    /// (`erlang:now/0`).
    pub fn unique_microseconds(&self) -> i64 {
        let now = (self.now() as i64 + self.time_offset()) / 1_000;
        let set = |last: i64| Some(now.max(last + 1));
        match self.last_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, set) {
            Ok(last) | Err(last) => now.max(last + 1),
        }
    }

    /// Processor time that the program has used, in nanoseconds.
    pub fn cpu_time(&self) -> u64 {
        nanos(ClockId::ProcessCPUTime) as u64
    }

    /// Unix time of the system's clock, in nanoseconds.
    pub fn system_time(&self) -> i64 {
        unix_nanos()
    }

    /// Reductions of the next slice.
    #[inline]
    pub fn slice(&self) -> i64 {
        if self.slices.load(Ordering::Relaxed) == 0 {
            return SLICE;
        }
        self.random_slice()
    }

    #[cold]
    fn random_slice(&self) -> i64 {
        // SplitMix64 (Steele, Lea, Flood 2014), one step a slice. Mostly short slices.
        let mut z = self.slices.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        if z & 3 == 0 { 1 + (z >> 8) as i64 % SLICE } else { 1 + (z >> 8) as i64 % 40 }
    }

    /// Bytes that nobody can guess, for seeds.
    pub fn random_bytes(&self, out: &mut [u8]) -> std::io::Result<()> {
        use std::io::Read;
        std::fs::File::open("/dev/urandom")?.read_exact(out)
    }
}

#[inline]
fn unix_nanos() -> i64 {
    nanos(ClockId::Realtime)
}

/// What a clock shows, in nanoseconds.
#[inline]
fn nanos(clock: ClockId) -> i64 {
    let t = clock_gettime(clock);
    t.tv_sec * 1_000_000_000 + t.tv_nsec
}
