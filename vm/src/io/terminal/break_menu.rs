//! What `^C` brings up: stop the machine or go on, or look at it a little.
//!
//! The terminal's mode is locked meanwhile, and whoever reads the terminal waits for it with its
//! port locked: nothing here may lock a port.

use crate::term::external::{PidIds, pid_ids};
use crate::vm::Vm;
use std::io::Write;

const HELP: &str = "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n       \
                    (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

/// All processes, and the names of those that have one.
fn processes(vm: &Vm) -> Vec<(PidIds, &'static str)> {
    // As one that looks up processes without being a worker.
    let _turn = vm.outside.lock();
    let id = vm.workers.len();
    vm.quiescence.online(id);
    let pids = vm.processes.pids();
    vm.quiescence.offline(id);
    let name = |pid| vm.names.name_of(pid).map_or("", |name| name.name());
    pids.into_iter().map(|pid| (pid_ids(pid), name(pid))).collect()
}

/// Shows the menu on standard output and does what is chosen. The machine runs on meanwhile, but
/// what it reads from the terminal waits.
pub(crate) fn run(vm: &Vm) {
    vm.terminal.suspended(|| {
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "\n{HELP}").and_then(|()| out.flush());
        loop {
            let mut line = [0; 64];
            let key = match rustix::io::read(rustix::stdio::stdin(), &mut line) {
                Ok(n) if n > 0 => line[0],
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Ok(_) | Err(_) => b'a',
            };
            match key {
                b'a' | b'q' => return vm.stop(0),
                b'A' => return vm.crash("Crash dump requested by user"),
                b'c' | b'm' => return,
                b'\n' => continue,
                b'v' => {
                    let _ = writeln!(
                        out,
                        "Girder {} running Erlang/OTP {}",
                        env!("CARGO_PKG_VERSION"),
                        vm.release
                    );
                }
                b'i' => {
                    let _ = writeln!(
                        out,
                        "processes: {}\nports: {}\natoms: {}",
                        vm.processes.count(),
                        vm.ports.count(),
                        vm.atoms.count()
                    );
                }
                b'p' => {
                    for (pid, name) in processes(vm) {
                        let _ = writeln!(out, "<0.{}.{}> {name}", pid.id, pid.serial);
                    }
                }
                b'l' => {
                    let mut names: Vec<_> =
                        vm.code.loaded().into_iter().map(|m| m.name()).collect();
                    names.sort_unstable();
                    let _ = writeln!(out, "{}", names.join("\n"));
                }
                b'd' => {
                    let _ = writeln!(out, "This node is not alive.");
                }
                b'k' | b'D' => {
                    let _ = writeln!(out, "This is not there yet.");
                }
                other => {
                    let _ = write!(
                        out,
                        "Invalid option '{}'. Please enter one of the following:\n{HELP}",
                        char::from(other)
                    );
                    let _ = out.flush();
                    continue;
                }
            }
            let _ = out.flush();
            return;
        }
    });
}
