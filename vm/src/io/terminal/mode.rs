//! The mode of the machine's terminal: raw while a port reads it key by key, as it was found
//! before and afterwards, whichever way the machine stops.

use crate::settings::BreakKey;
use crate::sync::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcsetattr,
};

/// What the words behind the driver's name switch on (`+`) or off (`-`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Switches {
    lines: Option<bool>,
    echo: Option<bool>,
    signals: Option<bool>,
}

impl Switches {
    /// Understands words as in ` -c -e`. Another terminal than that of standard input cannot be
    /// asked for.
    pub fn parse(words: &[u8]) -> Option<Switches> {
        let mut switches = Switches::default();
        for word in words.split(|b| *b == b' ').filter(|w| !w.is_empty()) {
            let (sign, letter) = word.split_first()?;
            let on = match sign {
                b'+' => true,
                b'-' => false,
                _ => return None,
            };
            match letter.first() {
                Some(b'c') => switches.lines = Some(on),
                Some(b'e') => switches.echo = Some(on),
                Some(b's') => switches.signals = Some(on),
                _ => {}
            }
        }
        Some(switches)
    }

    fn apply(self, mode: &mut Termios) {
        mode.input_modes.remove(InputModes::ISTRIP);
        if let Some(on) = self.lines {
            mode.input_modes.set(InputModes::ICRNL, on);
            mode.local_modes.set(LocalModes::ICANON, on);
            mode.output_modes.set(OutputModes::OPOST, on);
            if !on {
                mode.special_codes[SpecialCodeIndex::VMIN] = 1;
                mode.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
        }
        if let Some(on) = self.echo {
            mode.local_modes.set(LocalModes::ECHO, on);
        }
        if let Some(on) = self.signals {
            let input = InputModes::BRKINT
                | InputModes::IGNPAR
                | InputModes::ICRNL
                | InputModes::IXON
                | InputModes::IXANY;
            mode.input_modes.set(input, on);
            mode.local_modes.set(LocalModes::ISIG | LocalModes::IEXTEN, on);
        }
    }
}

/// The mode of standard input.
#[derive(Default)]
pub struct Mode(Mutex<Option<Modes>>);

struct Modes {
    found: Termios,
    ours: Termios,
}

impl Mode {
    /// Changes the mode. Fails if that has been done already.
    pub(super) fn enter(&self, switches: Switches, key: BreakKey) -> Result<(), Errno> {
        let mut modes = self.0.lock();
        if modes.is_some() {
            return Err(Errno::BUSY);
        }
        let found = tcgetattr(rustix::stdio::stdin())?;
        let mut ours = found.clone();
        switches.apply(&mut ours);
        if key == BreakKey::Shell {
            // `^C` is a key like others.
            ours.special_codes[SpecialCodeIndex::VINTR] = 0;
        }
        set(&ours)?;
        *modes = Some(Modes { found, ours });
        Ok(())
    }

    /// Puts the mode back as it was found.
    pub fn leave(&self) {
        if let Some(modes) = self.0.lock().take() {
            // A terminal that is gone has no mode.
            let _ = set(&modes.found);
        }
    }

    /// Sets the changed mode again: whoever had the terminal meanwhile left another one.
    pub fn resume(&self) {
        if let Some(modes) = &*self.0.lock() {
            let _ = set(&modes.ours);
        }
    }

    /// Reads from a descriptor that others may read from too, without ever waiting for input:
    /// `again` if it has gone to somebody else. Whoever has the terminal keeps it until then.
    pub(in crate::io) fn read(&self, fd: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
        let _turn = self.0.lock();
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&now))? {
            0 => Err(Errno::AGAIN),
            _ => rustix::io::read(fd, buffer),
        }
    }

    /// Does something in the mode that was found.
    pub(super) fn suspended<R>(&self, f: impl FnOnce() -> R) -> R {
        let modes = self.0.lock();
        if let Some(modes) = &*modes {
            let _ = set(&modes.found);
        }
        let result = f();
        if let Some(modes) = &*modes {
            let _ = set(&modes.ours);
        }
        result
    }
}

fn set(mode: &Termios) -> Result<(), Errno> {
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, mode)
}
