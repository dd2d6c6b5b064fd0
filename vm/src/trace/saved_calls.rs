//! `process_flag(save_calls)`: what a process has done last, kept for `process_info(last_calls)`.
//!
//! Calls are noted by the interpreter, for whose slices of such a process the worker has handlers of
//! their own (`interp::saved_calls`); messages and timeouts where they are traced too, on the way that
//! is not the quick one.

use super::tracees;
use crate::process::Process;
use crate::term::Atom;

/// Something that a process did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It called a function by its name.
    Call(Atom, Atom, u8),
    /// It sent a message.
    Send,
    /// It took one.
    Receive,
    /// Its wait for one was over.
    Timeout,
}

/// The last things that a process did: at most as many as it is set to keep.
#[derive(Debug)]
pub struct SavedCalls {
    most: usize,
    /// Where the next one goes, once there are `most`.
    next: usize,
    ring: Vec<Saved>,
}

impl SavedCalls {
    fn new(most: usize) -> SavedCalls {
        SavedCalls { most, next: 0, ring: Vec::new() }
    }

    fn note(&mut self, what: Saved) {
        if self.ring.len() < self.most {
            self.ring.push(what);
        } else {
            self.ring[self.next] = what;
            self.next = (self.next + 1) % self.most;
        }
    }

    /// From the oldest to the newest.
    pub fn all(&self) -> impl Iterator<Item = Saved> + '_ {
        let (newer, older) = self.ring.split_at(self.next);
        older.iter().chain(newer).copied()
    }
}

impl Process {
    /// Notes what it does, if it keeps that and is not sensitive.
    #[cold]
    pub(crate) fn note_call(&mut self, what: Saved) {
        if self.trace.any(tracees::SENSITIVE) {
            return;
        }
        if let Some(saved) = self.rare.as_mut().and_then(|rare| rare.saved_calls.as_mut()) {
            saved.note(what);
        }
    }

    /// Sets how much it keeps, and forgets what it has; 0: nothing. Gives what it was set to. From its
    /// next slice on it does so, which it has to begin soon.
    pub(crate) fn set_save_calls(&mut self, most: usize) -> usize {
        let new = (most > 0).then(|| Box::new(SavedCalls::new(most)));
        self.trace.set_internal(tracees::SAVES_CALLS, most > 0);
        let old = std::mem::replace(&mut self.rare().saved_calls, new);
        if old.is_some() != (most > 0) {
            self.yielding = true;
        }
        old.map_or(0, |old| old.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut saved = SavedCalls::new(2);
        let seen = |s: &SavedCalls| s.all().collect::<Vec<_>>();
        assert_eq!(seen(&saved), []);
        saved.note(Saved::Send);
        assert_eq!(seen(&saved), [Saved::Send]);
        saved.note(Saved::Receive);
        saved.note(Saved::Timeout);
        assert_eq!(seen(&saved), [Saved::Receive, Saved::Timeout]);
        saved.note(Saved::Send);
        saved.note(Saved::Send);
        saved.note(Saved::Receive);
        assert_eq!(seen(&saved), [Saved::Send, Saved::Receive]);
    }
}
