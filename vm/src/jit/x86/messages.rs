//! Looking for a message in the mailbox.

use super::Function;
use super::asm::{Mem, R10, R11, RAX, X, any_register};
use crate::code::ops::Op;
use crate::heap::Fragment;
use crate::process::Process;
use crate::process::mailbox::Mailbox;
use crate::process::signal::InQueue;
use crate::sched::Worker;
use dynasmrt::{DynasmLabelApi, dynasm};
use std::mem::offset_of;

impl Function<'_> {
    pub(super) fn message(&mut self, op: Op) -> bool {
        match op {
            Op::LoopRec => self.look(),
            Op::LoopRecEnd => {
                self.count();
                self.current();
                self.next_message();
                self.store(Mem::new(RAX, BEFORE), R10);
                self.store_byte(Mem::new(RAX, PEEKING), 0);
                let look = self.rel();
                dynasm!(self.ops ; .arch x64 ; jmp =>look);
            }
            _ => return false,
        }
        true
    }

    /// A message that is looked at first and has words of its own is left to the interpreter, which
    /// moves it to the heap; and so are signals that have come in.
    fn look(&mut self) {
        let leave = self.leave();
        let [there, looked] = [(); 2].map(|()| self.ops.new_dynamic_label());
        self.current();
        self.next_message();
        dynasm!(self.ops ; .arch x64 ; test r10, r10 ; jnz =>there);
        self.compare_mem_const(Mem::new(RAX, SIGNALS), 0);
        self.unless_equal(leave);
        self.store_byte(Mem::new(RAX, PEEKING), 0);
        let none = self.rel();
        dynasm!(self.ops ; .arch x64 ; jmp =>none);
        self.bind(there);
        dynasm!(self.ops ; .arch x64 ; test r11, r11 ; jnz =>looked);
        self.compare_mem_const(Mem::new(R10, offset_of!(Fragment, used) as i32), 0);
        self.unless_equal(leave);
        self.bind(looked);
        self.store_byte(Mem::new(RAX, PEEKING), 1);
        self.load(RAX, Mem::new(R10, offset_of!(Fragment, term) as i32));
        self.store(any_register(self.half(1)), RAX);
    }

    /// The process, in `rax`.
    fn current(&mut self) {
        self.load(RAX, Mem::new(X, offset_of!(Worker, current) as i32));
    }

    /// The message to be looked at, in `r10`, and the one before, in `r11`; zero if there is none.
    fn next_message(&mut self) {
        let (next, at_first) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load(R11, Mem::new(RAX, BEFORE));
        dynasm!(self.ops ; .arch x64 ; test r11, r11 ; jz =>at_first);
        self.load(R10, Mem::new(R11, offset_of!(Fragment, next) as i32));
        dynasm!(self.ops ; .arch x64 ; jmp =>next);
        self.bind(at_first);
        self.load(R10, Mem::new(RAX, FIRST));
        self.bind(next);
    }
}

// Fields of a process.
const SIGNALS: i32 = (offset_of!(Process, queue) + InQueue::HEAD) as i32;
const PEEKING: i32 = offset_of!(Process, peeking) as i32;
const FIRST: i32 = (offset_of!(Process, mailbox) + Mailbox::FIRST) as i32;
const BEFORE: i32 = (offset_of!(Process, mailbox) + Mailbox::BEFORE) as i32;
