//! How many processors the computer has, and which of them this program may use. Told as they were
//! when they were looked at last, as programs learn of a change by asking for it
//! (`erlang:system_info(update_cpu_info)`).

use rustix::thread::{CpuSet, sched_getaffinity};

/// Processors, as far as the system tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Processors {
    configured: usize,
    online: usize,
    /// Those that the first thread may use, which is what `taskset` sets. `None` where there are more
    /// than fit in a set.
    allowed: Option<CpuSet>,
}

impl Processors {
    /// Looks at them.
    #[must_use]
    pub fn look() -> Processors {
        let listed = |file: &str| {
            let text = std::fs::read_to_string(format!("/sys/devices/system/cpu/{file}"));
            text.ok().and_then(|text| listed(text.trim()))
        };
        let fallback = || std::thread::available_parallelism().map_or(1, usize::from);
        let configured = listed("possible").unwrap_or_else(fallback);
        Processors {
            configured,
            online: listed("online").unwrap_or(configured).min(configured),
            allowed: sched_getaffinity(Some(rustix::process::getpid())).ok(),
        }
    }

    /// Looks again; tells whether anything is otherwise.
    pub fn look_again(&mut self) -> bool {
        let now = Processors::look();
        let changed = *self != now;
        *self = now;
        changed
    }

    /// All that there can be.
    #[must_use]
    pub fn configured(&self) -> usize {
        self.configured
    }

    /// Those that are switched on.
    #[must_use]
    pub fn online(&self) -> usize {
        self.online
    }

    /// How many this program may use.
    #[must_use]
    pub fn available(&self) -> usize {
        let allowed = self.allowed.as_ref().map_or(self.online, |set| set.count() as usize);
        allowed.clamp(1, self.online)
    }

    /// Whether this program may use that one.
    #[must_use]
    pub fn may_use(&self, number: i32) -> bool {
        let number = usize::try_from(number).ok().filter(|n| *n < CpuSet::MAX_CPU);
        number.is_some_and(|n| self.allowed.as_ref().is_some_and(|set| set.is_set(n)))
    }

    /// Those that this program may use.
    #[must_use]
    pub fn allowed(&self) -> Option<CpuSet> {
        self.allowed
    }

    /// As many as this program may keep busy: a control group may give it the time of fewer than it
    /// may use.
    #[must_use]
    pub fn usable(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(self.available())
    }
}

/// How many numbers a list such as `0-3,8` names.
fn listed(text: &str) -> Option<usize> {
    text.split(',').try_fold(0, |sum, part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        Some(sum + (last + 1).checked_sub(first)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_counted() {
        assert_eq!(listed("0"), Some(1));
        assert_eq!(listed("0-3,8,10-11"), Some(7));
        for wrong in ["", "a", "3-1", "0-"] {
            assert_eq!(listed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nothing_changes_by_itself() {
        let mut processors = Processors::look();
        assert!(!processors.look_again());
        let (all, online) = (processors.configured(), processors.online());
        assert!(processors.available() <= online && online <= all);
        processors.online += 1;
        assert!(processors.look_again());
    }
}
