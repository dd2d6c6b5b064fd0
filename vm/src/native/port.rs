//! What natives can do to ports.

use super::Native;
use crate::io::port::command::{self, IfBusy, Output};
use crate::io::port::{Name, OpenError, Reply, Settings, info, open};
use crate::process::link;
use crate::term::{Pid, PortId, Term, copy};

impl<'p> Native<'p> {
    /// Opens a port that belongs and is linked to the calling process. Blocks. Nothing comes in before
    /// `begin_port`.
    pub fn open_port(&mut self, name: &Name, settings: &Settings) -> Result<PortId, OpenError> {
        let (w, p) = self.both();
        open::open(w, p, name, settings)
    }

    /// Has a port that the calling process has opened look for what comes in. Does not block.
    pub fn begin_port(&mut self, port: PortId) {
        open::begin(self.both().0, port);
    }

    /// `port_command/3`. After `Busy` with `Wait` the calling process is suspended and the native
    /// has to be called again.
    pub fn port_output(&mut self, port: PortId, data: Term<'p>, if_busy: IfBusy) -> Output {
        let (w, p) = self.both();
        command::output(w, p, port, data, if_busy)
    }

    /// `port_close/1`: false if there is no such port.
    pub fn port_close(&mut self, port: PortId) -> bool {
        command::close(self.both().0, port)
    }

    /// `exit/2` to a port: false if there is no such port.
    pub fn port_exit(&mut self, port: PortId, reason: Term<'p>) -> bool {
        command::exit_signal(self.both().0, port, reason)
    }

    /// `port_connect/2`: false if there is no such port or process.
    pub fn port_connect(&mut self, port: PortId, to: Pid) -> bool {
        command::connect(self.both().0, port, to)
    }

    /// `port_control/3`: `None` if there is no such port or operation.
    pub fn port_control(&mut self, port: PortId, operation: u32, data: &[u8]) -> Option<Reply> {
        let caller = self.self_pid();
        command::control(self.both().0, caller, port, operation, data)
    }

    /// `port_info/1`: `None` if there is no such port.
    pub fn port_info(&mut self, port: PortId) -> Option<Term<'p>> {
        assert!(!self.worker.is_null(), "this native needs a worker");
        // SAFETY: the worker is the caller's during the call; the area is another object.
        info::all(unsafe { &mut *self.worker }, &mut self.area, port)
    }

    /// `port_info/2`: `None` if there is no such port, `Some(None)` if there is no such item.
    pub fn port_info_item(&mut self, port: PortId, item: &str) -> Option<Option<Term<'p>>> {
        assert!(!self.worker.is_null(), "this native needs a worker");
        // SAFETY: as above.
        info::item(unsafe { &mut *self.worker }, &mut self.area, port, item)
    }

    /// `port_set_data/2`: false if there is no such port.
    pub fn port_set_data(&mut self, port: PortId, data: Term<'p>) -> bool {
        command::set_data(self.both().0, port, data)
    }

    /// `port_get_data/1`: `None` if there is no such port.
    pub fn port_data(&mut self, port: PortId) -> Option<Term<'p>> {
        assert!(!self.worker.is_null(), "this native needs a worker");
        let (area, literals) = (&mut self.area, self.vm.literals.range());
        // SAFETY: as above.
        command::data(unsafe { &mut *self.worker }, port, |t| copy::to_area(t, area, literals))
    }

    /// Links the calling process to a port; false if there is none.
    pub fn link_port(&mut self, port: PortId) -> bool {
        let (w, p) = self.both();
        link::link_port(w, p, port).is_ok()
    }

    /// Takes a link to a port away.
    pub fn unlink_port(&mut self, port: PortId) {
        // A link that the port has set up is known by then.
        self.handle_signals();
        let (w, p) = self.both();
        link::unlink_port(w, p, port);
    }

    /// Stops the machine with that status once all ports have written what they were given. The
    /// calling process does nothing more.
    ///
    /// Before that it lets those run that have something to do, for a moment, since what is on its
    /// way to a port counts too. False: that is what it does, and the native is to be called again.
    pub fn halt_when_written(&mut self, status: i32, asked: u64) -> bool {
        const MOMENT: u64 = 5_000_000;
        let (w, p) = self.both();
        let vm = w.vm.clone();
        p.yielding = true;
        if !vm.others_idle() && vm.world.now() < asked + MOMENT {
            return false;
        }
        p.suspended += 1;
        vm.ports.halt(w, status);
        true
    }
}
