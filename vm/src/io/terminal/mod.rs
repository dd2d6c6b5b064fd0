//! The terminal as a port: the driver `tty_sl`, which OTP's `user_drv` opens.
//!
//! It puts the terminal into raw mode, gives what is typed to its owner as it comes, and shows and
//! edits a line as it is told (see `line`). The mode is put back when the port is closed and when
//! the machine stops (see `mode`).

pub mod break_menu;
mod line;
pub mod mode;

use super::file::duplicate;
use super::file_names::Encoding;
use super::poller::Direction;
use super::port::device::{Context, Device, Ready, Reply};
use super::port::writer::Writer;
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{PortId, Term, atoms};
use crate::vm::Vm;
use line::Line;
use mode::Switches;
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// What operations of `port_control/3` begin at (`ERTS_TTYSL_DRV_CONTROL_MAGIC_NUMBER`).
pub const CONTROL: u32 = 0x018b_0900;
const GET_WINDOW_SIZE: u32 = CONTROL + 100;
const GET_UNICODE_STATE: u32 = CONTROL + 101;
const SET_UNICODE_STATE: u32 = CONTROL + 102;

/// First bytes of what is sent to the port.
const PUT: u8 = 0;
const MOVE: u8 = 1;
const INSERT: u8 = 2;
const DELETE: u8 = 3;
const BEEP: u8 = 4;
const PUT_SYNC: u8 = 5;

/// With more than that to write, `PUT_SYNC` is not answered.
const MUCH: usize = 1024;

/// The terminal of the machine.
pub(super) struct Terminal {
    input: OwnedFd,
    watching: bool,
    output: Arc<Writer>,
    line: Line,
    /// Bytes of a character whose other bytes have not come.
    partial: Vec<u8>,
    /// An answer to `PUT_SYNC` is due.
    owes_ok: bool,
    flushing: bool,
}

impl Terminal {
    /// Opens the terminal; `words` are what follows the driver's name: `-c` for no line mode, `-e`
    /// for no echo, `-s` for no signals. Fails if standard input and output are no terminal, or one
    /// without a cursor that can be moved.
    pub fn open(vm: &Arc<Vm>, id: PortId, words: &[u8]) -> Result<Terminal, Errno> {
        use rustix::termios::isatty;
        if !isatty(rustix::stdio::stdin()) || !isatty(rustix::stdio::stdout()) {
            return Err(Errno::INVAL);
        }
        match vm.environment.get(b"TERM").as_deref() {
            None | Some(b"" | b"dumb" | b"unknown") => return Err(Errno::INVAL),
            Some(_) => {}
        }
        let switches = Switches::parse(words).ok_or(Errno::INVAL)?;
        vm.terminal.enter(switches, vm.settings.break_key)?;
        let utf8 = vm.file_names.encoding == Encoding::Utf8;
        let open = || {
            let input = duplicate(0)?;
            let output = Writer::start(vm, duplicate(1)?, id)?;
            Ok(Terminal {
                input,
                watching: false,
                output,
                line: Line::new(utf8),
                partial: Vec::new(),
                owes_ok: false,
                flushing: false,
            })
        };
        open().inspect_err(|_| vm.terminal.leave())
    }

    fn window(&self) -> (u32, u32) {
        let size = rustix::termios::tcgetwinsize(&self.input).ok();
        let (columns, rows) = size.map_or((0, 0), |s| (s.ws_col, s.ws_row));
        let or = |n: u16, default| if n == 0 { default } else { u32::from(n) };
        (or(columns, 80), or(rows, 24))
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) {
        let n = match cx.vm().terminal.read(&self.input, buffer) {
            Ok(0) => {
                self.unwatch(&cx.vm(), cx.id());
                return cx.eof();
            }
            Ok(n) => n,
            Err(Errno::INTR | Errno::AGAIN) => return,
            Err(e) => {
                self.unwatch(&cx.vm(), cx.id());
                return cx.fail(e);
            }
        };
        let mut bytes = std::mem::take(&mut self.partial);
        bytes.extend_from_slice(&buffer[..n]);
        if self.line.utf8 {
            match std::str::from_utf8(&bytes) {
                Ok(_) => {}
                Err(e) if e.error_len().is_none() => {
                    self.partial = bytes.split_off(e.valid_up_to())
                }
                // What is no UTF-8 says that the terminal sends something else.
                Err(_) => self.line.utf8 = false,
            }
        }
        if !self.line.utf8 {
            bytes = bytes.iter().map(|b| char::from(*b)).collect::<String>().into_bytes();
        }
        if !bytes.is_empty() {
            cx.deliver(&bytes);
        }
    }

    fn unwatch(&mut self, vm: &Vm, id: PortId) {
        if std::mem::take(&mut self.watching) {
            vm.poller.unwatch(&self.input, id, Direction::Read);
        }
    }

    fn ok(&mut self, cx: &mut Context<'_>, left: usize) {
        if left > MUCH {
            self.owes_ok = true;
            self.output.tell_at(&cx.vm(), cx.id(), MUCH);
        } else {
            self.owes_ok = false;
            cx.tell_owner(|_| Term::atom(atoms::OK));
        }
    }
}

/// The number in the first two bytes.
fn number(bytes: &[u8]) -> isize {
    match bytes {
        [a, b, ..] => isize::from(i16::from_be_bytes([*a, *b])),
        _ => 0,
    }
}

impl Device for Terminal {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let Some((operation, rest)) = data.split_first() else { return };
        self.line.set_columns(self.window().0 as usize);
        match *operation {
            PUT | PUT_SYNC => self.line.put(rest),
            MOVE => self.line.move_by(number(rest)),
            INSERT => self.line.insert(rest),
            DELETE => self.line.delete(number(rest)),
            BEEP => self.line.beep(),
            _ => {}
        }
        let out = self.line.take_output();
        let left = if out.is_empty() { self.queued() } else { self.output.push(&out) };
        if *operation == PUT_SYNC {
            self.ok(cx, left);
        }
    }

    fn ready(&mut self, cx: &mut Context<'_>, ready: Ready, buffer: &mut [u8]) {
        match ready {
            Ready::Read => self.read(cx, buffer),
            Ready::Look => {
                if !self.watching {
                    match cx.vm().poller.watch(&self.input, cx.id(), Direction::Read) {
                        Ok(()) => self.watching = true,
                        Err(e) => return cx.fail(e),
                    }
                }
                let (left, error) = self.output.look();
                if let Some(e) = error {
                    return cx.fail(e);
                }
                if self.owes_ok {
                    self.ok(cx, left);
                }
                if self.flushing && left == 0 {
                    cx.end();
                }
            }
            Ready::Write | Ready::ChildEnded(_) | Ready::Timer(_) => {}
        }
    }

    fn control(&mut self, _: &mut Context<'_>, operation: u32, data: &[u8]) -> Option<Reply> {
        match operation {
            GET_WINDOW_SIZE => {
                let (columns, rows) = self.window();
                Some(Reply::List([columns, rows].iter().flat_map(|n| n.to_ne_bytes()).collect()))
            }
            GET_UNICODE_STATE => Some(Reply::List(vec![u8::from(self.line.utf8)])),
            SET_UNICODE_STATE => {
                let Some(new) = data.first() else { return Some(Reply::List(Vec::new())) };
                let old = std::mem::replace(&mut self.line.utf8, *new != 0);
                Some(Reply::List(vec![u8::from(old)]))
            }
            _ => None,
        }
    }

    fn queued(&self) -> usize {
        self.output.look().0
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        self.flushing = true;
        self.output.tell_at(&cx.vm(), cx.id(), 0);
    }

    fn close(&mut self, w: &mut Worker, id: PortId) {
        let vm = &w.vm;
        self.unwatch(vm, id);
        self.output.close();
        vm.terminal.leave();
    }
}
