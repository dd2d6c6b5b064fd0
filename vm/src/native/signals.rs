//! What natives can do with signals of the operating system.

use super::Native;
use crate::io::signals::{Disposition, NoSignal};

impl Native<'_> {
    /// Sets what is done with a signal, by its name (`sigterm`).
    pub fn set_signal(&mut self, name: &str, disposition: Disposition) -> Result<(), NoSignal> {
        let vm = self.worker().vm.clone();
        vm.signals.set(&vm, name, disposition)
    }
}
