//! What natives can do with timers.

use super::Native;
use crate::heap::LiteralRange;
use crate::process::Parcel;
use crate::process::signal::{SignalKind, Target};
use crate::term::Term;

impl<'p> Native<'p> {
    /// Starts a timer that sends to `to` at `due`, in the world's nanoseconds: `message`, or with
    /// `wrap` `{timeout, Ref, message}`. Its reference.
    pub fn start_timer(&mut self, due: u64, to: Target, message: Term<'p>, wrap: bool) -> Term<'p> {
        let number = self.vm.next_reference();
        let reference = self.area.reference(number, None);
        let message = if wrap {
            self.area.tuple(&[Term::atom(crate::term::atoms::TIMEOUT), reference, message])
        } else {
            message
        };
        let parcel = Parcel::copy(SignalKind::SystemMessage, message, LiteralRange::NONE);
        self.vm.timers.start(self.vm, number, due, to, parcel);
        reference
    }

    /// Cancels a timer; milliseconds that were left, if it was there.
    pub fn cancel_timer(&mut self, number: u64) -> Option<u64> {
        let due = self.vm.timers.cancel(self.vm, number)?;
        Some(due.saturating_sub(self.vm.world.now()).div_ceil(1_000_000))
    }

    /// Milliseconds that are left of a timer, if it is there.
    pub fn read_timer(&mut self, number: u64) -> Option<u64> {
        let due = self.vm.timers.read(self.vm, number)?;
        Some(due.saturating_sub(self.vm.world.now()).div_ceil(1_000_000))
    }
}
