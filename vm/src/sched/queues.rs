//! The run queue of one worker: processes ready to run, by priority.

use crate::process::{Priority, Process};
use std::collections::VecDeque;

/// How often each normal process runs while each low one runs once.
const LOW_EVERY: usize = 8;

/// Processes ready to run. Whoever takes one out owns it.
#[derive(Default)]
pub struct Queues {
    max: VecDeque<*mut Process>,
    high: VecDeque<*mut Process>,
    normal: VecDeque<*mut Process>,
    low: VecDeque<*mut Process>,
    /// Turns of low processes that are due, in parts of which a turn is `LOW_EVERY` for each normal
    /// process.
    low_due: usize,
}

// SAFETY: a process in a queue is owned by the queue; taking it out hands over ownership.
unsafe impl Send for Queues {}

impl Queues {
    /// Adds a process at the end of its priority.
    pub fn push(&mut self, p: *mut Process, priority: Priority) {
        match priority {
            Priority::Max => self.max.push_back(p),
            Priority::High => self.high.push_back(p),
            Priority::Normal => self.normal.push_back(p),
            Priority::Low => self.low.push_back(p),
        }
    }

    /// Adds a process before all others of its priority.
    pub fn push_first(&mut self, p: *mut Process, priority: Priority) {
        match priority {
            Priority::Max => self.max.push_front(p),
            Priority::High => self.high.push_front(p),
            Priority::Normal => self.normal.push_front(p),
            Priority::Low => self.low.push_front(p),
        }
    }

    /// Moves a process that waits at a lower priority; whether it was there.
    pub fn elevate(&mut self, p: *mut Process, priority: Priority) -> bool {
        let lower = [
            (Priority::High, &mut self.high),
            (Priority::Normal, &mut self.normal),
            (Priority::Low, &mut self.low),
        ];
        let found = lower.into_iter().filter(|(of, _)| *of > priority).any(|(_, queue)| {
            let at = queue.iter().position(|q| std::ptr::eq(*q, p));
            at.and_then(|i| queue.remove(i)).is_some()
        });
        if found {
            self.push(p, priority);
        }
        found
    }

    /// Takes the process whose turn it is.
    pub fn pop(&mut self) -> Option<*mut Process> {
        if let Some(p) = self.max.pop_front().or_else(|| self.high.pop_front()) {
            return Some(p);
        }
        if !self.low.is_empty() {
            let turn = LOW_EVERY * self.normal.len();
            if self.low_due >= turn {
                // There may have been many more normal ones when it was counted.
                self.low_due = (self.low_due - turn).min(self.low.len());
                return self.low.pop_front();
            }
            self.low_due += self.low.len();
        }
        self.normal.pop_front()
    }

    /// As `lengths`, without the process whose turn it is.
    pub fn lengths_behind_first(&self) -> [usize; 4] {
        let mut lengths = self.lengths();
        if let Some(first) = lengths.iter_mut().find(|n| **n > 0) {
            *first -= 1;
        }
        lengths
    }

    /// Takes half of what there is more of each priority than elsewhere, and was `before`, behind the
    /// process whose turn it is: the last.
    pub fn take_excess(&mut self, before: [usize; 4], elsewhere: [usize; 4]) -> Vec<*mut Process> {
        let mut taken = Vec::new();
        let lengths = self.lengths_behind_first();
        let queues = [&mut self.max, &mut self.high, &mut self.normal, &mut self.low];
        for (i, queue) in queues.into_iter().enumerate() {
            // Of an odd number the larger half: if there is one more, it goes to and fro, so that all
            // get their share.
            let excess = lengths[i].min(before[i]).saturating_sub(elsewhere[i]).div_ceil(2);
            taken.extend(queue.drain(queue.len() - excess..));
        }
        taken
    }

    /// Takes all that are not more urgent than normal, if others are.
    pub fn take_overtaken(&mut self) -> Vec<*mut Process> {
        if !self.has_urgent() {
            return Vec::new();
        }
        self.normal.drain(..).chain(self.low.drain(..)).collect()
    }

    /// Whether something more urgent than normal is ready.
    pub fn has_urgent(&self) -> bool {
        !self.max.is_empty() || !self.high.is_empty()
    }

    /// The rank of the most urgent process that is ready, the most urgent rank being 0. Normal and low
    /// ones, which run by turns, have the same.
    pub fn urgency(&self) -> u8 {
        match () {
            () if !self.max.is_empty() => 0,
            () if !self.high.is_empty() => 1,
            () if !self.is_empty() => 2,
            () => 3,
        }
    }

    /// How many processes are ready, by priority.
    pub fn lengths(&self) -> [usize; 4] {
        [self.max.len(), self.high.len(), self.normal.len(), self.low.len()]
    }

    /// How many processes are ready.
    pub fn len(&self) -> usize {
        self.max.len() + self.high.len() + self.normal.len() + self.low.len()
    }

    /// Whether none is ready.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
