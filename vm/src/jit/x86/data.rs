//! Moves, jumps, lists, tuples, funs, and catch marks.

use super::asm::{HP, Mem, R10, R11, RAX, X, any_register, boxed, cell};
use super::held::other;
use super::{Function, register, words};
use crate::code::ops::Op;
use crate::process::Process;
use crate::sched::Worker;
use crate::sched::worker::FIRST_SCRATCH;
use crate::term::Word;
use crate::term::layout::{Kind, header, header_arity, tuple_header};
use crate::term::word::{IMM_SHIFT, TAG_PID};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// The largest tuple that is built here.
const LARGEST: usize = 64;

impl Function<'_> {
    pub(super) fn data(&mut self, op: Op) -> bool {
        match op {
            Op::Jump => {
                let to = self.label_from_here(self.by_rel());
                dynasm!(self.ops ; .arch x64 ; jmp =>to);
                self.does_not_fall_through();
            }
            Op::Move => self.copy(self.reg(1), self.reg(2)),
            Op::Move2 => {
                self.copy(self.reg(1), self.reg(2));
                self.copy(self.reg(3), self.reg_d());
            }
            // The next instruction works with a constant in a scratch register.
            Op::MoveConst if usize::from(self.half(2)) >= FIRST_SCRATCH => {
                self.load_const(R10, self.word(1));
                self.store(self.reg(2), R10);
            }
            Op::MoveConst => self.store_const(self.reg(2), self.word(1)),
            Op::Swap => {
                self.load_two(self.reg(1), self.reg(2));
                self.store(self.reg(1), R10);
                self.store(self.reg(2), RAX);
            }
            Op::GetList | Op::IsNonemptyGetList => {
                self.load(RAX, self.reg(1));
                if op == Op::IsNonemptyGetList {
                    let none = self.label_from_here(self.by_rel_w1());
                    self.unless_cons(RAX, none);
                }
                self.load(R10, cell(RAX, 0));
                self.load(RAX, cell(RAX, 1));
                self.store(self.reg(2), R10);
                self.store(self.reg(3), RAX);
            }
            Op::GetHd | Op::GetTl => {
                self.load(RAX, self.reg(1));
                self.load(RAX, cell(RAX, i32::from(op == Op::GetTl)));
                self.store(self.reg(2), RAX);
            }
            Op::Hd | Op::Tl => {
                let fails = self.fails();
                self.load(RAX, self.reg(1));
                self.unless_cons(RAX, fails);
                self.load(RAX, cell(RAX, i32::from(op == Op::Tl)));
                self.store(self.reg(3), RAX);
            }
            Op::CheckCons => {
                let leave = self.leave();
                let list = self.load_any(self.reg(1));
                self.unless_cons(list, leave);
            }
            Op::CheckTuple => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.tuple_arity(R10, RAX, leave);
                dynasm!(self.ops ; .arch x64 ; cmp r10, i32::from(self.half(2)) ; jb =>leave);
            }
            Op::PutList | Op::TestHeapPutList => {
                if op == Op::TestHeapPutList {
                    let leave = self.leave();
                    // At most 2 to the 32nd: what does not fit is left.
                    let Ok(need) = i32::try_from((self.word(1) as u32).saturating_mul(8)) else {
                        return false;
                    };
                    self.unless_free(need / 8, leave);
                }
                self.load_two(self.reg(1), self.reg(2));
                self.cons();
            }
            Op::PutListCR => {
                self.load(R10, self.reg(2));
                self.load_const(RAX, self.word(1));
                self.cons();
            }
            Op::PutListRC => {
                self.load(RAX, self.reg(1));
                self.load_const(R10, self.word(1));
                self.cons();
            }
            Op::GetTupleElement => {
                // The tuple stays for its next element.
                let tuple = self.load_any(self.reg(1));
                self.load(other(tuple), boxed(tuple, 1 + i32::from(self.half(2))));
                self.store(self.reg(3), other(tuple));
            }
            Op::GetTupleElements => {
                self.load(RAX, self.reg(1));
                self.load(R10, boxed(RAX, 1 + i32::from(self.half(2))));
                // The tuple stays if there is more to come of it.
                let second = if self.takes_more_of(self.reg(1), 2) { R11 } else { RAX };
                self.load(second, boxed(RAX, 1 + i32::from((self.word(1) >> 16) as u16)));
                self.store(self.reg(3), R10);
                self.store(self.reg_d(), second);
            }
            Op::SetTupleElement => {
                let Ok(index) = i32::try_from(self.word(1).saturating_mul(8)) else {
                    return false;
                };
                self.load(RAX, any_register(self.half(2)));
                self.load(R10, any_register(self.half(1)));
                self.store(boxed(RAX, 1 + index / 8), R10);
            }
            Op::PutTuple2 => {
                self.load_two(self.reg(2), self.reg(3));
                self.pair();
            }
            Op::PutTuple2CR => {
                self.load(R10, self.reg(3));
                self.load_const(RAX, self.word(1));
                self.pair();
            }
            Op::PutTuple => {
                let h = Word(self.word(1));
                let n = header_arity(h);
                if n > LARGEST {
                    return false;
                }
                self.store_const(Mem::new(HP, 0), h.0);
                for i in 1..=n {
                    self.put(self.word(1 + i as u32), Mem::new(HP, i as i32 * 8));
                }
                self.built(Word::from_boxed_ptr(std::ptr::null()), 1 + n as i32, self.reg(1));
            }
            Op::SelfPid => {
                self.own_pid();
                self.store(self.reg(1), RAX);
            }
            Op::Element => {
                let fails = self.fails();
                self.load(RAX, self.reg(2));
                self.tuple_arity(R10, RAX, fails);
                self.load(super::IP, self.reg(1));
                self.unless_small(super::IP, fails);
                // 1 to n: one less is below n, as a number without a sign.
                dynasm!(self.ops ; .arch x64
                    ; sar rdi, 4
                    ; lea r11, [BYTE rdi - 1]
                    ; cmp r11, r10
                    ; jae =>fails
                    ; mov rax, [BYTE rax + rdi * 8 + boxed(RAX, 0).disp as i8]);
                self.store(self.reg(3), RAX);
            }
            Op::TupleSize => {
                let fails = self.fails();
                self.load(RAX, self.reg(1));
                self.tuple_arity(R10, RAX, fails);
                dynasm!(self.ops ; .arch x64 ; shl r10, 4 ; or r10, BYTE Word::small(0).0 as i8);
                self.store(self.reg(3), R10);
            }
            Op::Catch => {
                let rel = (u32::from(self.half(2)) | u32::from(self.half(3)) << 16) as i32;
                let handler = self.address(self.at.wrapping_add_signed(rel));
                let mark = Word::catch_mark(handler as *const u64);
                self.store_const(any_register(self.half(1)), mark.0);
            }
            Op::TryEnd => self.store_const(any_register(self.half(1)), Word::NIL.0),
            Op::CatchEnd => {
                let leave = self.leave();
                self.compare_mem_const(Mem::new(X, 0), Word::NONE.0);
                self.if_equal(leave);
                self.store_const(any_register(self.half(1)), Word::NIL.0);
            }
            Op::MakeFun => {
                let n = self.word(2);
                if n > LARGEST as u64 {
                    return false;
                }
                self.own_pid();
                self.store(Mem::new(HP, 16), RAX);
                for i in 0..n as i32 {
                    self.put(self.word(3 + i as u32), Mem::new(HP, (3 + i) * 8));
                }
                self.store_const(Mem::new(HP, 8), self.word(1));
                self.store_const(Mem::new(HP, 0), header(Kind::Fun, 2 + n as usize).0);
                let to = any_register(self.half(1));
                self.built(Word::from_boxed_ptr(std::ptr::null()), 3 + n as i32, to);
            }
            _ => return false,
        }
        true
    }

    /// Whether the instruction `words` words further takes an element of that tuple.
    fn takes_more_of(&self, tuple: Mem, words: u32) -> bool {
        let next = self.at + words;
        let opcode = words::opcode(&self.module.code, next);
        matches!(Op::of(opcode), Op::GetTupleElement | Op::GetTupleElements)
            && register(words::half(&self.module.code, next, 1), opcode & 1 != 0) == tuple
    }

    /// The process's own pid: in `rax`.
    fn own_pid(&mut self) {
        self.load(RAX, Mem::new(X, offset_of!(Worker, current) as i32));
        self.load(RAX, Mem::new(RAX, offset_of!(Process, pid) as i32));
        dynasm!(self.ops ; .arch x64 ; shl rax, IMM_SHIFT as i8 ; or rax, BYTE TAG_PID as i8);
    }

    /// Stores the value of a tagged operand.
    pub(super) fn put(&mut self, operand: u64, to: Mem) {
        if operand & 3 == 0 {
            self.copy(any_register((operand >> 2) as u16), to);
        } else {
            self.store_const(to, operand);
        }
    }

    /// Where a guard function goes that does not apply: to its label, or to its handler, which raises.
    fn fails(&mut self) -> DynamicLabel {
        if self.word(1) as i32 != 0 { self.rel_w1() } else { self.leave() }
    }

    /// The arity of a tuple.
    pub(super) fn tuple_arity(&mut self, to: u8, of: u8, no: DynamicLabel) {
        self.unless_boxed(of, no);
        self.compare_byte(boxed(of, 0), header(Kind::Tuple, 0).0 as u8);
        self.unless_equal(no);
        self.load(to, boxed(of, 0));
        dynasm!(self.ops ; .arch x64 ; shr Rq(to), 8);
    }

    /// A cell of `rax` and `r10`.
    fn cons(&mut self) {
        self.store(Mem::new(HP, 0), RAX);
        self.store(Mem::new(HP, 8), R10);
        self.built(Word::from_cons_ptr(std::ptr::null()), 2, self.reg(3));
    }

    /// A pair of `rax` and `r10`.
    fn pair(&mut self) {
        self.store(Mem::new(HP, 8), RAX);
        self.store(Mem::new(HP, 16), R10);
        self.store_const(Mem::new(HP, 0), tuple_header(2).0);
        self.built(Word::from_boxed_ptr(std::ptr::null()), 3, self.reg(1));
    }

    /// What has been built in so many words at the heap's top is a term now.
    pub(super) fn built(&mut self, tag: Word, words: i32, to: Mem) {
        self.address_of(RAX, Mem::new(HP, tag.0 as i32));
        self.add(HP, words * 8);
        self.store(to, RAX);
    }
}
