//! The one door for nondeterminism: clocks, seeds, slice lengths.
//!
//! Nothing else in the machine asks the system for the time or for randomness.

use crate::sync::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How long a process may run before others get their turn, in reductions.
pub const SLICE: i64 = 4_000;

/// Where time, randomness and slice lengths come from.
pub struct World {
    start: Instant,
    /// Unix time at `start`, in nanoseconds.
    offset: AtomicI64,
    /// State of the slice lengths' generator; 0: every slice is `SLICE`.
    slices: AtomicU64,
}

impl World {
    /// The real world. With a seed, slices have random lengths, for tests.
    pub fn new(slice_seed: Option<u64>) -> World {
        World {
            start: Instant::now(),
            offset: AtomicI64::new(unix_nanos()),
            slices: AtomicU64::new(slice_seed.map_or(0, |s| s | 1)),
        }
    }

    /// Nanoseconds since the machine started, never going back.
    #[inline]
    pub fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// What `now` is to be increased by to give Unix time in nanoseconds, as found at start.
    pub fn time_offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
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

fn unix_nanos() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i64)
}
