//! Frames on the process's stack.

use super::asm::{CP, Mem, RAX, SP};
use super::{Function, words};
use crate::code::ops::Op;
use crate::term::Word;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

/// The most slots that are filled one by one.
const FEW: i32 = 12;

impl Function<'_> {
    pub(super) fn pop(&mut self, slots: u16) {
        self.add(SP, (i32::from(slots) + 1) * 8);
    }

    pub(super) fn pop_frame(&mut self, slots: u16) {
        self.load(CP, Mem::new(SP, 0));
        self.pop(slots);
    }

    /// Makes a frame of which all slots hold terms, and leaves `need` words free behind the heap.
    pub(super) fn allocate(&mut self, need: i32) {
        let slots = i32::from(self.half(1));
        let leave = self.leave();
        if need == 0 {
            self.unless_free(slots + 1, leave);
            self.changing(SP, |f| dynasm!(f.ops ; .arch x64 ; mov rdx, r11));
        } else {
            self.unless_free(slots + 1 + need, leave);
            self.add(SP, -(slots + 1) * 8);
        }
        if slots <= FEW {
            let written = self.written_at_once();
            for slot in (1..=slots).filter(|slot| written >> slot & 1 == 0) {
                self.store_const(slot_at(slot), Word::NIL.0);
            }
        } else {
            let again = self.ops.new_dynamic_label();
            self.load_const(RAX, slots as u64);
            dynasm!(self.ops ; .arch x64
                ; =>again
                ; mov QWORD [rdx + rax * 8], Word::NIL.0 as i32
                ; dec eax
                ; jnz =>again);
        }
        self.store(slot_at(0), CP);
        self.changing(CP, |f| dynasm!(f.ops ; .arch x64 ; xor r8d, r8d));
    }

    /// The slots, as bits, that the instructions behind this one write before they are read: those
    /// instructions alone that never leave native code, so that nobody else sees the slots before.
    fn written_at_once(&mut self) -> u32 {
        let (at, opcode) = (self.at, self.opcode);
        let (mut read, mut written) = (0, 0);
        for next in words::instructions(self.module, at + 1..self.words.end) {
            self.begin(next);
            let op = Op::of(self.opcode);
            let (from, to): (&[Mem], &[Mem]) = match op {
                Op::Move | Op::GetHd | Op::GetTl => (&[self.reg(1)], &[self.reg(2)]),
                Op::Move2 if self.reg(3) != self.reg(2) => {
                    (&[self.reg(1), self.reg(3)], &[self.reg(2), self.reg_d()])
                }
                Op::MoveConst => (&[], &[self.reg(2)]),
                Op::GetList => (&[self.reg(1)], &[self.reg(2), self.reg(3)]),
                Op::GetTupleElement => (&[self.reg(1)], &[self.reg(3)]),
                Op::GetTupleElements => (&[self.reg(1)], &[self.reg(3), self.reg_d()]),
                _ => break,
            };
            read |= from.iter().fold(0, |slots, mem| slots | slot_bit(*mem)) & !written;
            written |= to.iter().fold(0, |slots, mem| slots | slot_bit(*mem));
        }
        (self.at, self.opcode) = (at, opcode);
        written & !read
    }
}

/// The place of a slot, from 1, or of the return address: 0.
fn slot_at(slot: i32) -> Mem {
    Mem::new(SP, slot * 8)
}

/// The bit of a slot among the first, of what is no such slot none.
fn slot_bit(mem: Mem) -> u32 {
    if mem.base == SP && mem.disp <= FEW * 8 { 1 << (mem.disp / 8) } else { 0 }
}
