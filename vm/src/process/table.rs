//! The process table: from pids to processes.
//!
//! A fixed array of slots. Pids are numbered upwards; a number's slot is its remainder by the
//! table's size, so a slot's next process has another generation. Reading a slot is one load. The
//! process it leads to may exit at any time, but its block is not freed before every worker has
//! passed a quiescent point, so a worker may use what it read until its slice ends.

use super::Process;
use crate::sync::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, Padded};
use crate::term::Pid;
use std::ptr::null_mut;

/// All processes of one machine.
pub struct ProcessTable {
    slots: Box<[AtomicPtr<Process>]>,
    // Apart from `slots`, which everybody reads all the time.
    next: Padded<AtomicU64>,
    /// How far `next` has been before it was set back.
    reached: AtomicU64,
    count: Padded<AtomicUsize>,
}

const RESERVED: *mut Process = std::ptr::without_provenance_mut(1);

impl ProcessTable {
    /// A table for up to `limit` processes at a time; `limit` is rounded up to a power of two.
    pub fn new(limit: usize) -> ProcessTable {
        let size = limit.clamp(1024, 1 << 27).next_power_of_two();
        let mut v = Vec::with_capacity(size);
        v.resize_with(size, || AtomicPtr::new(null_mut()));
        ProcessTable {
            slots: v.into_boxed_slice(),
            next: Padded::default(),
            reached: AtomicU64::new(0),
            count: Padded::default(),
        }
    }

    /// How many processes there may be.
    pub fn limit(&self) -> usize {
        self.slots.len()
    }

    /// How many processes there are.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether there are as many as there may be.
    pub fn is_full(&self) -> bool {
        self.count() >= self.limit()
    }

    /// Reserves a slot and gives its pid; `None` when the table is full.
    pub fn reserve(&self) -> Option<Pid> {
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.slots.len() {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let size = self.slots.len() as u64;
        // There is a free slot: the count says so, and it is found within a few rounds.
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let slot = &self.slots[(n % size) as usize];
            if slot.load(Ordering::Relaxed).is_null()
                && slot
                    .compare_exchange(null_mut(), RESERVED, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                return Some(Pid::new((n % size) as usize, n / size));
            }
        }
    }

    /// The number that is tried for the next pid.
    pub fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Goes on with the number that has these low `bits` bits and is else as it would be; if it is
    /// behind, pids come again. For test suites.
    pub fn go_on_with(&self, number: u64, bits: u32) {
        let mask = (1 << bits) - 1;
        let with = |now: u64| Some(now & !mask | number & mask);
        let before = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with);
        self.reached.fetch_max(before.unwrap_or(0), Ordering::Relaxed);
    }

    /// Puts a process in the slot reserved for its pid: from now on it can be found.
    ///
    /// # Safety
    /// `p` is a live process whose pid `reserve` gave.
    pub unsafe fn insert(&self, p: *mut Process) {
        // SAFETY: the caller's promise.
        let pid = unsafe { (*p).pid };
        self.slots[pid.index()].store(p, Ordering::Release);
    }

    /// Empties the slot of a process that exits.
    pub fn remove(&self, pid: Pid) {
        self.slots[pid.index()].store(null_mut(), Ordering::Release);
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    /// The process of that pid, if it is there. The address is good until the calling worker's
    /// next quiescent point; only `queue` and `pid` may be used.
    #[inline(always)]
    pub fn lookup(&self, pid: Pid) -> Option<*mut Process> {
        let p = self.slots.get(pid.index())?.load(Ordering::Acquire);
        if p as usize <= RESERVED as usize {
            return None;
        }
        // SAFETY: blocks are freed only after every worker's quiescent point; `pid` never changes.
        (unsafe { (*p).pid } == pid).then_some(p)
    }

    /// The pids of all processes, in the order of their slots.
    pub fn pids(&self) -> Vec<Pid> {
        // Slots that no number has reached yet are not touched: they may have no memory yet.
        let reached = self.next().max(self.reached.load(Ordering::Relaxed));
        let reached = usize::try_from(reached).unwrap_or(usize::MAX).min(self.slots.len());
        self.slots[..reached]
            .iter()
            .filter_map(|s| {
                let p = s.load(Ordering::Acquire);
                // SAFETY: as in `lookup`.
                (p as usize > RESERVED as usize).then(|| unsafe { (*p).pid })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full table gives no pid; a slot that is used again gives another.
    #[test]
    fn a_full_table_and_slots_used_again() {
        let table = ProcessTable::new(1000);
        let pids: Vec<Pid> = std::iter::from_fn(|| table.reserve()).collect();
        assert_eq!(pids.len(), table.limit());
        assert_eq!(table.limit(), 1024);
        table.remove(pids[7]);
        let again = table.reserve().expect("there is room for one");
        assert_eq!(again.index(), pids[7].index());
        assert_ne!(again, pids[7]);
        assert!(table.reserve().is_none());
    }
}
