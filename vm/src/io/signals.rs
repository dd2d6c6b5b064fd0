//! Signals of the operating system: what is done with each that programs may set, and the thread
//! that tells `erl_signal_server`, brings up the break menu, and puts the terminal's mode right.
//!
//! A signal that nobody has set does what the system does with it. One that has been set stays
//! with the thread, which does as was set last; so the default is done by the thread too.

use crate::process::Parcel;
use crate::process::send::deliver_from_outside;
use crate::process::signal::SignalKind;
use crate::settings::BreakKey;
use crate::sync::{Arc, Mutex};
use crate::term::Term;
use crate::vm::Vm;
use signal_hook::consts::signal as number;
use signal_hook::iterator::{Handle, Signals as Incoming};
use std::sync::Weak;

/// What is done with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// What the system does.
    Default,
    /// Nothing.
    Ignore,
    /// `erl_signal_server` is told.
    Handle,
}

/// The signals that programs may set, by their names.
const NAMES: [(&str, i32); 10] = [
    ("sighup", number::SIGHUP),
    ("sigquit", number::SIGQUIT),
    ("sigabrt", number::SIGABRT),
    ("sigalrm", number::SIGALRM),
    ("sigterm", number::SIGTERM),
    ("sigusr1", number::SIGUSR1),
    ("sigusr2", number::SIGUSR2),
    ("sigchld", number::SIGCHLD),
    ("sigstop", number::SIGSTOP),
    ("sigtstp", number::SIGTSTP),
];

/// There is no such signal, or programs may not set it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoSignal;

/// What a machine does with signals.
#[derive(Default)]
pub struct Signals(Mutex<Set>);

#[derive(Default)]
struct Set {
    dispositions: Vec<(i32, Disposition)>,
    /// Adds signals to those that the thread gets; `None` until there is a thread.
    thread: Option<Handle>,
}

impl Set {
    /// Lets the thread get a signal.
    fn get(&mut self, vm: &Arc<Vm>, signal: i32) {
        match &self.thread {
            Some(handle) => drop(handle.add_signal(signal)),
            None => self.thread = start(vm, signal),
        }
    }
}

impl Signals {
    /// Sets what is done with a signal from now on.
    pub fn set(&self, vm: &Arc<Vm>, name: &str, disposition: Disposition) -> Result<(), NoSignal> {
        let (_, signal) = *NAMES.iter().find(|(n, _)| *n == name).ok_or(NoSignal)?;
        let mut set = self.0.lock();
        set.dispositions.retain(|(s, _)| *s != signal);
        set.dispositions.push((signal, disposition));
        // The system gives this one to nobody; OTP does not say so either.
        if signal != number::SIGSTOP {
            set.get(vm, signal);
        }
        Ok(())
    }

    /// Lets `erl_signal_server` hear of what a release handles from its start.
    pub fn handle_at_boot(&self, vm: &Arc<Vm>) {
        for name in ["sigterm", "sigusr1", "sigquit"] {
            let _ = self.set(vm, name, Disposition::Handle);
        }
        let mut set = self.0.lock();
        set.get(vm, number::SIGCONT);
        if vm.settings.break_key != BreakKey::Ends {
            set.get(vm, number::SIGINT);
        }
    }

    fn disposition(&self, signal: i32) -> Disposition {
        let set = self.0.lock();
        let of = |(s, d): &(i32, Disposition)| (*s == signal).then_some(*d);
        set.dispositions.iter().find_map(of).unwrap_or(Disposition::Default)
    }
}

fn start(vm: &Arc<Vm>, first: i32) -> Option<Handle> {
    let incoming = Incoming::new([first]).ok()?;
    let handle = incoming.handle();
    let its_vm = Arc::downgrade(vm);
    let body = move || run(incoming, &its_vm);
    let thread = std::thread::Builder::new().name("signals".into());
    vm.unbound(|| thread.spawn(body)).ok()?;
    Some(handle)
}

fn run(mut incoming: Incoming, vm: &Weak<Vm>) {
    for signal in incoming.forever() {
        let Some(vm) = vm.upgrade() else { return };
        if signal == number::SIGCONT {
            vm.terminal.resume();
            continue;
        }
        if signal == number::SIGINT {
            if vm.settings.break_key != BreakKey::Ignored {
                super::terminal::break_menu::run(&vm);
            }
            continue;
        }
        match vm.signals.disposition(signal) {
            Disposition::Ignore => {}
            Disposition::Default => {
                // Nothing to be done about a default that the system refuses.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
            Disposition::Handle => notify(&vm, signal),
        }
    }
}

/// `erl_signal_server ! {notify, Signal}`
fn notify(vm: &Vm, signal: i32) {
    let Some((name, _)) = NAMES.iter().find(|(_, s)| *s == signal) else { return };
    let atom = |s| vm.atoms.intern(s).ok();
    let (Some(server), Some(notify), Some(name)) =
        (atom("erl_signal_server"), atom("notify"), atom(name))
    else {
        return;
    };
    let Some(to) = vm.names.process(server) else { return };
    let parcel = Parcel::build(SignalKind::Message, 3, vm.literals.range(), |area| {
        area.tuple(&[Term::atom(notify), Term::atom(name)])
    });
    // A server that has just gone hears nothing, like one that is not there.
    drop(deliver_from_outside(vm, to, parcel));
}
