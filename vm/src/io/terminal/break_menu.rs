//! What `^C` brings up: stop the machine or go on, look at it, kill a process.
//!
//! The machine stands still meanwhile. The terminal's mode is locked, and whoever reads the terminal
//! waits for it with its port locked: nothing here may wait for a port's lock for good.

use crate::crash_dump::machine;
use crate::crash_dump::process::{self, For};
use crate::process::Parcel;
use crate::process::send::deliver_from_outside;
use crate::process::signal::SignalKind;
use crate::sched::standstill::Stand;
use crate::term::{Term, Word, atoms};
use crate::vm::Vm;
use std::io::{self, Write};
use std::time::Duration;

const HELP: &str = "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n       \
                    (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

/// How long workers are waited for that are busy.
const PATIENCE: Duration = Duration::from_millis(200);

/// What becomes of the machine.
enum Then {
    GoesOn,
    Stops,
    Crashes,
}

/// The first character of the next line; `None` at the end of input.
fn key() -> Option<u8> {
    let mut line = [0; 64];
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut line) {
            Ok(n) if n > 0 => return Some(line[0]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

/// Shows the menu on standard output and does what is chosen.
pub(crate) fn run(vm: &Vm) {
    vm.terminal.suspended(|| {
        let mut out = io::stdout().lock();
        let stand = vm.stand_still(PATIENCE);
        // Nothing can be done about an output that is gone.
        let then = choose(vm, &stand, &mut out).unwrap_or(Then::Stops);
        let _ = out.flush();
        drop((stand, out));
        match then {
            Then::GoesOn => {}
            Then::Stops => vm.stop(0),
            Then::Crashes => vm.crash("Crash dump requested by user"),
        }
    });
}

fn choose(vm: &Vm, stand: &Stand<'_>, out: &mut impl Write) -> io::Result<Then> {
    write!(out, "\n{HELP}")?;
    loop {
        out.flush()?;
        let Some(key) = key() else { return Ok(Then::Stops) };
        match key {
            b'a' | b'q' => return Ok(Then::Stops),
            b'A' => return Ok(Then::Crashes),
            b'c' | b'm' => {}
            b'\n' => continue,
            b'v' => {
                let version = env!("CARGO_PKG_VERSION");
                writeln!(out, "Girder {version} running Erlang/OTP {}", vm.release)?;
            }
            b'i' => machine::info(vm, out)?,
            b'p' => {
                for p in process::all(vm) {
                    process::info(vm, stand, p, For::Menu, out)?;
                }
                vm.ports.report(out)?;
            }
            b'o' => vm.ports.report(out)?,
            b'l' => machine::module_list(vm, out)?,
            b'd' => machine::distribution(vm, out)?,
            b'D' => vm.ets.report(out, true)?,
            b'k' => return kill(vm, stand, out),
            other => {
                let other = char::from(other);
                write!(
                    out,
                    "Invalid option '{other}'. Please enter one of the following:\n{HELP}"
                )?;
                continue;
            }
        }
        return Ok(Then::GoesOn);
    }
}

/// Shows one process after the other, the last first, and kills those that are chosen.
fn kill(vm: &Vm, stand: &Stand<'_>, out: &mut impl Write) -> io::Result<Then> {
    write!(out, "\n\nProcess Information\n\n{}\n", "-".repeat(50))?;
    for p in process::all(vm).into_iter().rev() {
        let pid = p.pid;
        process::info(vm, stand, p, For::Menu, out)?;
        writeln!(out, "(k)ill (n)ext (r)eturn:")?;
        out.flush()?;
        match key() {
            None => return Ok(Then::Stops),
            Some(b'k') => {
                let init = vm.processes.pids().first().copied().unwrap_or(pid);
                let kind = SignalKind::Exit { from: Word::from_pid(init), linked: false };
                let signal = Parcel::copy(kind, Term::atom(atoms::KILL), vm.literals.range());
                // It acts on it when the machine goes on.
                drop(deliver_from_outside(vm, pid, signal));
            }
            Some(b'n') => {}
            Some(_) => return Ok(Then::GoesOn),
        }
    }
    Ok(Then::GoesOn)
}
