//! What crash dumps and the break menu say about ports. A port that is locked by somebody who does
//! not let go (who reads the terminal waits for the menu) has its name there alone.

use super::{Life, Ports};
use crate::sync::Arc;
use crate::term::external::ref_words;
use crate::term::print::Shown;
use crate::term::{Term, view::RefView};
use std::io::{self, Write};
use std::time::Duration;

/// How long a port's lock is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

impl Ports {
    /// Writes what there is to say about each port.
    pub(crate) fn report(&self, out: &mut impl Write) -> io::Result<()> {
        let ports: Vec<Arc<super::Port>> = self.table.read().values().cloned().collect();
        for port in ports {
            writeln!(out, "=port:#Port<0.{}>", port.id.0)?;
            let Some(state) = port.state.try_lock_for(PATIENCE) else {
                writeln!(out, "State: CONNECTED")?;
                continue;
            };
            let closing = if state.life == Life::Open { "" } else { "|CLOSING" };
            let binary = if state.delivery.binary { "|BINARY_IO" } else { "" };
            let soft = if state.delivery.eof { "|SOFT_EOF" } else { "" };
            let busy = if state.busy { "|PORT_BUSY" } else { "" };
            writeln!(out, "State: CONNECTED{closing}{binary}{soft}{busy}")?;
            let pid = |p| Shown(Term::pid(p), 1000);
            writeln!(out, "Slot: {}\nConnected: {}", port.id.0, pid(state.owner))?;
            if !state.links.is_empty() {
                let links: String = state.links.iter().map(|p| pid(*p).to_string()).collect();
                writeln!(out, "Links: {links}")?;
            }
            if !state.watchers.is_empty() {
                write!(out, "Monitors: ")?;
                for (number, watcher) in &state.watchers {
                    let (words, n) = ref_words(&RefView::plain(*number));
                    let reference =
                        words[..n].iter().rev().fold(String::new(), |s, w| format!("{s}.{w}"));
                    write!(out, "({},#Ref<0{reference}>)", pid(*watcher))?;
                }
                writeln!(out)?;
            }
            if !state.suspended.is_empty() {
                let all: String = state.suspended.iter().map(|p| pid(*p).to_string()).collect();
                writeln!(out, "Suspended: {all}")?;
            }
            if let Some(name) = state.registered {
                writeln!(out, "Registered as: {}", Shown(Term::atom(name), 1000))?;
            }
            let label = String::from_utf8_lossy(&state.label).replace('\n', " ");
            if state.os_pid.is_some() {
                writeln!(out, "Port controls external process: {label}")?;
            } else if label.split('/').all(|n| n.parse::<u32>().is_ok()) {
                writeln!(out, "Port is UNIX fd not opened by emulator: {label}")?;
            } else {
                writeln!(out, "Port controls linked-in driver: {label}")?;
            }
            let queued = state.device.as_ref().map_or(0, |d| d.queued());
            writeln!(out, "Input: {}\nOutput: {}\nQueue: {queued}", state.input, state.output)?;
        }
        Ok(())
    }
}
