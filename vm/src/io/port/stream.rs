//! The device that reads and writes streams of bytes through descriptors: programs, descriptors
//! that are open already, files.
//!
//! Reading is done by the poller, a chunk at a time. A port whose owner has not received what
//! came before is read from slowly, so that a program that floods its port fills the pipe and
//! waits, and not the machine's memory; it is never left alone altogether, since an owner may wait
//! for the end of the program before it looks at what came.

use super::device::{Context, Device, Ready, Reply};
use super::framing::Packets;
use super::open::{Limits, Settings};
use super::writer::Writer;
use crate::io::poller::Direction;
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::PortId;
use crate::vm::Vm;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use std::collections::VecDeque;

/// About how much memory a port's messages may take before it reads slowly.
pub(super) const MOST_UNREAD: usize = 32 << 20;

/// `port_control` on descriptors: the size of the window.
const GET_WINDOW_SIZE: u32 = crate::io::terminal::CONTROL + 100;

/// A stream of bytes in each direction.
pub(super) struct Stream {
    input: Option<OwnedFd>,
    /// Others read from it too, so that what was ready may be gone.
    shared: bool,
    /// It is watched for input.
    watching: bool,
    output: Out,
    packet: usize,
    packets: Option<Packets>,
    limits: Limits,
    busy: bool,
    /// It ends when everything is written.
    flushing: bool,
    program: Program,
    eof: bool,
    /// It has been looked at once.
    begun: bool,
}

/// The way out.
enum Out {
    None,
    /// Through a descriptor that does not block, and what it did not take.
    Direct(OwnedFd, VecDeque<u8>),
    /// Through one that may block and that no thread writes to yet.
    Blocking(OwnedFd),
    Thread(Arc<Writer>),
}

/// What is known of the program whose end is to be reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    /// Nobody wants to know.
    NotAsked,
    Running,
    Ended(i32),
}

impl Stream {
    /// Reads from `input`, if there is one, and writes nowhere.
    pub fn new(input: Option<OwnedFd>, settings: &Settings) -> Stream {
        Stream {
            input,
            shared: false,
            watching: false,
            output: Out::None,
            packet: settings.packet,
            packets: (settings.packet > 0).then(|| Packets::new(settings.packet)),
            limits: settings.limits,
            busy: false,
            flushing: false,
            program: Program::NotAsked,
            eof: false,
            begun: false,
        }
    }

    /// Writes to `output`, which does not block.
    pub fn writing(self, output: Option<OwnedFd>) -> Stream {
        let output = output.map_or(Out::None, |fd| Out::Direct(fd, VecDeque::new()));
        Stream { output, ..self }
    }

    /// Writes to `output`, which may block, as may reading.
    pub fn writing_blocking(self, output: Option<OwnedFd>) -> Stream {
        Stream { output: output.map_or(Out::None, Out::Blocking), shared: true, ..self }
    }

    /// Reports how the program ends.
    pub fn reporting_exit(self) -> Stream {
        Stream { program: Program::Running, ..self }
    }

    fn watch_input(&mut self, cx: &mut Context<'_>) {
        let Some(fd) = self.input.as_ref().filter(|_| !self.watching && !self.eof) else { return };
        match cx.vm().poller.watch(fd, cx.id(), Direction::Read) {
            Ok(()) => self.watching = true,
            Err(e) => cx.fail(e),
        }
    }

    fn unwatch_input(&mut self, vm: &Vm, id: PortId) {
        if let Some(fd) = &self.input
            && std::mem::take(&mut self.watching)
        {
            vm.poller.unwatch(fd, id, Direction::Read);
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) {
        let Some(fd) = self.input.as_ref().filter(|_| !self.eof) else { return };
        let read = if self.shared {
            cx.vm().terminal.read(fd, buffer)
        } else {
            rustix::io::read(fd, &mut *buffer)
        };
        match read {
            Ok(0) => {
                self.unwatch_input(&cx.vm(), cx.id());
                self.eof = true;
                self.end_of_input(cx);
            }
            Ok(n) => {
                match &mut self.packets {
                    None => cx.deliver(&buffer[..n]),
                    Some(packets) => packets.feed(&buffer[..n], |packet| cx.deliver(packet)),
                }
                if cx.unread() > MOST_UNREAD {
                    self.unwatch_input(&cx.vm(), cx.id());
                    cx.slow_down();
                } else {
                    self.watch_input(cx);
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => self.watch_input(cx),
            // A terminal whose other side is gone has no more input.
            Err(e) => {
                self.unwatch_input(&cx.vm(), cx.id());
                cx.fail(e);
            }
        }
    }

    /// All input has come: that is the end, unless the program's end is still to be reported.
    fn end_of_input(&mut self, cx: &mut Context<'_>) {
        match self.program {
            Program::Running => return,
            Program::Ended(status) => {
                self.program = Program::NotAsked;
                cx.deliver_exit_status(status);
            }
            Program::NotAsked => {}
        }
        cx.eof();
    }

    /// Does what there is to do when `left` bytes are left to write.
    fn written(&mut self, cx: &mut Context<'_>, left: usize) {
        if self.busy && left < self.limits.low.max(1) {
            self.busy = false;
            cx.set_busy(false);
        }
        if self.flushing && left == 0 {
            cx.end();
        }
    }

    fn queued_now(&mut self, cx: &mut Context<'_>, left: usize) {
        if !self.busy && left >= self.limits.high {
            self.busy = true;
            cx.set_busy(true);
        }
        if let Out::Thread(writer) = &self.output
            && self.busy
        {
            writer.tell_at(&cx.vm(), cx.id(), self.limits.low.saturating_sub(1));
        }
    }

    fn write_queue(&mut self, cx: &mut Context<'_>) {
        let Out::Direct(fd, queue) = &mut self.output else { return };
        if !queue.is_empty() {
            match rustix::io::write(&*fd, queue.as_slices().0) {
                Ok(n) => drop(queue.drain(..n)),
                Err(Errno::INTR | Errno::AGAIN) => return,
                Err(e) => {
                    queue.clear();
                    cx.vm().poller.unwatch(&*fd, cx.id(), Direction::Write);
                    return cx.fail(e);
                }
            }
        }
        let left = queue.len();
        if left == 0 {
            queue.shrink_to(0);
            cx.vm().poller.unwatch(&*fd, cx.id(), Direction::Write);
        }
        self.written(cx, left);
    }
}

impl Device for Stream {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let most = match self.packet {
            1 => 0xFF,
            2 => 0xFFFF,
            _ => usize::MAX,
        };
        if data.len() > most {
            return cx.fail(Errno::INVAL);
        }
        let data = match self.packet {
            0 => data,
            n => {
                let mut framed = (data.len() as u32).to_be_bytes()[4 - n..].to_vec();
                framed.extend_from_slice(&data);
                framed
            }
        };
        match &mut self.output {
            // Nothing ever comes of writing to a port that only reads.
            Out::None => cx.fail(Errno::BADF),
            Out::Direct(fd, queue) => {
                let mut done = 0;
                if queue.is_empty() {
                    match rustix::io::write(&*fd, &data) {
                        Ok(n) => done = n,
                        Err(Errno::INTR | Errno::AGAIN) => {}
                        Err(e) => return cx.fail(e),
                    }
                    if done == data.len() {
                        return;
                    }
                    if let Err(e) = cx.vm().poller.watch(&*fd, cx.id(), Direction::Write) {
                        return cx.fail(e);
                    }
                }
                queue.extend(&data[done..]);
                let left = queue.len();
                self.queued_now(cx, left);
            }
            Out::Blocking(_) => {
                let Out::Blocking(fd) = std::mem::replace(&mut self.output, Out::None) else {
                    return;
                };
                match Writer::start(&cx.vm(), fd, cx.id()) {
                    Ok(writer) => {
                        let left = writer.push(&data);
                        self.output = Out::Thread(writer);
                        self.queued_now(cx, left);
                    }
                    Err(e) => cx.fail(e),
                }
            }
            Out::Thread(writer) => {
                let left = writer.push(&data);
                self.queued_now(cx, left);
            }
        }
    }

    fn ready(&mut self, cx: &mut Context<'_>, ready: Ready, buffer: &mut [u8]) {
        match ready {
            Ready::Read => self.read(cx, buffer),
            Ready::Write => self.write_queue(cx),
            Ready::ChildEnded(status) => {
                if self.program == Program::Running {
                    self.program = Program::Ended(status);
                    if self.eof {
                        self.end_of_input(cx);
                    }
                }
            }
            Ready::Timer(_) => {}
            Ready::Look => {
                if let Out::Thread(writer) = &self.output {
                    let (left, error) = writer.look();
                    match error {
                        Some(e) => cx.fail(e),
                        None => self.written(cx, left),
                    }
                } else if self.begun {
                    self.write_queue(cx);
                }
                self.begun = true;
                self.watch_input(cx);
            }
        }
    }

    fn control(&mut self, _: &mut Context<'_>, operation: u32, _: &[u8]) -> Option<Reply> {
        if operation != GET_WINDOW_SIZE {
            return None;
        }
        let size = match &self.output {
            Out::Blocking(fd) | Out::Direct(fd, _) => rustix::termios::tcgetwinsize(fd).ok(),
            Out::None | Out::Thread(_) => None,
        };
        let size = size.or_else(|| rustix::termios::tcgetwinsize(self.input.as_ref()?).ok())?;
        let words = [u32::from(size.ws_col), u32::from(size.ws_row)];
        Some(Reply::List(words.iter().flat_map(|w| w.to_ne_bytes()).collect()))
    }

    fn queued(&self) -> usize {
        match &self.output {
            Out::None | Out::Blocking(_) => 0,
            Out::Direct(_, queue) => queue.len(),
            Out::Thread(writer) => writer.look().0,
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        self.flushing = true;
        if let Out::Thread(writer) = &self.output {
            writer.tell_at(&cx.vm(), cx.id(), 0);
        }
    }

    fn close(&mut self, w: &mut Worker, id: PortId) {
        let vm = &w.vm;
        self.unwatch_input(vm, id);
        if let Out::Direct(fd, queue) = &self.output
            && !queue.is_empty()
        {
            vm.poller.unwatch(fd, id, Direction::Write);
        }
        if let Out::Thread(writer) = &self.output {
            writer.close();
        }
    }
}
