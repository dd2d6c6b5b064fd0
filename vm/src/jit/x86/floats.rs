//! Floats: in float registers, and those that need no heap in others.

use super::asm::{Mem, R10, RAX, X};
use super::{Function, Rare};
use crate::code::ops::Op;
use crate::sched::Worker;
use crate::term::word::{FLOAT_BIAS, FLOAT_MASK, TAG_FLOAT};
use crate::term::{Word, atoms};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// What is done with two words that may be floats.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// A comparison, of `<` or of `>=`.
    Compare { less: bool },
    /// An operator of arithmetic, and where else it is computed.
    Operate(Operator, DynamicLabel),
}

#[derive(Clone, Copy)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

impl Function<'_> {
    pub(super) fn float(&mut self, op: Op) -> bool {
        match op {
            Op::FloatFromReg => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.value(0, RAX, leave);
                self.store_float(float_register(self.half(2)), 0);
            }
            Op::FloatFromConst => self.store_const(float_register(self.half(2)), self.word(1)),
            Op::FloatToReg => {
                let leave = self.leave();
                self.load(RAX, float_register(self.half(1)));
                self.tag(leave);
                self.store(self.reg(2), RAX);
            }
            Op::FloatToReg2 => {
                // Both before any is stored: what leaves has done nothing.
                let leave = self.leave();
                self.load(RAX, float_register(self.half(1)));
                self.tag(leave);
                dynasm!(self.ops ; .arch x64 ; mov r10, rax);
                self.load(RAX, float_register(self.half(3)));
                self.tag(leave);
                self.store(self.reg(2), R10);
                self.store(self.reg_d(), RAX);
            }
            Op::FloatMove => {
                self.load(RAX, float_register(self.half(1)));
                self.store(float_register(self.half(2)), RAX);
            }
            Op::FloatConv => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.unless_small(RAX, leave);
                dynasm!(self.ops ; .arch x64
                    ; sar rax, 4
                    ; xorps xmm0, xmm0
                    ; cvtsi2sd xmm0, rax);
                self.store_float(float_register(self.half(2)), 0);
            }
            Op::FloatNegate => {
                self.load(RAX, float_register(self.half(1)));
                dynasm!(self.ops ; .arch x64 ; btc rax, 63);
                self.store(float_register(self.half(3)), RAX);
            }
            Op::FloatAdd | Op::FloatSub | Op::FloatMul | Op::FloatDiv => {
                let leave = self.leave();
                self.load_float(0, float_register(self.half(1)));
                self.load_float(1, float_register(self.half(2)));
                self.operator(operator(op));
                self.unless_finite(leave);
                self.store_float(float_register(self.half(3)), 0);
            }
            Op::FloatLoadAdd | Op::FloatLoadSub | Op::FloatLoadMul | Op::FloatLoadDiv => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.value(2, RAX, leave);
                let operands = self.word(1);
                for (reg, kind, operand) in
                    [(0, 2, operands as u16), (1, 4, (operands >> 16) as u16)]
                {
                    if self.opcode & kind != 0 {
                        dynasm!(self.ops ; .arch x64 ; movaps Rx(reg), xmm2);
                    } else {
                        self.load_float(reg, float_register(operand));
                    }
                }
                self.operator(operator(op));
                self.unless_finite(leave);
                self.store_float(float_register(self.half(2)), 2);
                self.store_float(float_register(self.half(3)), 0);
            }
            _ => return false,
        }
        true
    }

    /// What is done with two words, not both small integers, if they are floats that need no heap.
    pub(super) fn floats(&mut self, then: Then) {
        match then {
            Then::Compare { less } => {
                let compare = self.rare(Rare::Compare { at: self.at });
                let op = Op::of(self.opcode);
                let (left, right) = self.operands(op);
                self.load_operand(RAX, left);
                self.load_operand(R10, right);
                self.value(0, RAX, compare);
                self.value(1, R10, compare);
                if matches!(op, Op::LtValue | Op::GeValue) {
                    self.load_const(RAX, Word::from_atom(atoms::FALSE).0);
                    self.load_const(R10, Word::from_atom(atoms::TRUE).0);
                    if less {
                        dynasm!(self.ops ; .arch x64 ; ucomisd xmm1, xmm0 ; cmova rax, r10);
                    } else {
                        dynasm!(self.ops ; .arch x64 ; ucomisd xmm0, xmm1 ; cmovae rax, r10);
                    }
                    self.store(self.reg(3), RAX);
                    return self.go_on(1);
                }
                let no = self.unless_it_holds(op);
                if less {
                    dynasm!(self.ops ; .arch x64 ; ucomisd xmm1, xmm0 ; jbe =>no);
                } else {
                    dynasm!(self.ops ; .arch x64 ; ucomisd xmm0, xmm1 ; jb =>no);
                }
                self.go_on(2);
            }
            Then::Operate(operator, otherwise) => {
                self.load_two(self.reg(1), self.reg(2));
                self.operate(operator, otherwise);
                self.store(self.reg(3), RAX);
                self.go_on(2);
            }
        }
    }

    /// An operator on the words in `rax` and `r10`; the result is in `rax`.
    pub(super) fn operate(&mut self, operator: Operator, leave: DynamicLabel) {
        self.value(0, RAX, leave);
        self.value(1, R10, leave);
        self.operator(operator);
        dynasm!(self.ops ; .arch x64 ; movq rax, xmm0);
        self.tag(leave);
    }

    fn operator(&mut self, operator: Operator) {
        match operator {
            Operator::Add => dynasm!(self.ops ; .arch x64 ; addsd xmm0, xmm1),
            Operator::Sub => dynasm!(self.ops ; .arch x64 ; subsd xmm0, xmm1),
            Operator::Mul => dynasm!(self.ops ; .arch x64 ; mulsd xmm0, xmm1),
            Operator::Div => dynasm!(self.ops ; .arch x64 ; divsd xmm0, xmm1),
        }
    }

    /// The value of a word that is a float and needs no heap; zeros do not count. The word is lost.
    pub(super) fn value(&mut self, to: u8, word: u8, no: DynamicLabel) {
        self.compare_tag(word, FLOAT_MASK as i8, TAG_FLOAT as i8);
        dynasm!(self.ops ; .arch x64
            ; jne =>no
            ; shr Rq(word), 3
            ; mov r11, QWORD FLOAT_BIAS as i64
            ; add Rq(word), r11
            ; ror Rq(word), 1
            ; movq Rx(to), Rq(word));
    }

    /// Makes a word of the bits of a float in `rax`, if it needs no heap and is no zero.
    pub(super) fn tag(&mut self, no: DynamicLabel) {
        dynasm!(self.ops ; .arch x64
            ; rol rax, 1
            ; mov r11, QWORD FLOAT_BIAS as i64
            ; sub rax, r11
            ; mov r11, rax
            ; shr r11, 61
            ; jnz =>no
            ; lea rax, [rax * 8 + TAG_FLOAT as i32]);
    }

    fn unless_finite(&mut self, no: DynamicLabel) {
        // Without the sign, infinities and what is no number are the largest.
        dynasm!(self.ops ; .arch x64
            ; movq rax, xmm0
            ; add rax, rax
            ; mov r11, QWORD (f64::INFINITY.to_bits() << 1) as i64
            ; cmp rax, r11
            ; jae =>no);
    }
}

fn operator(op: Op) -> Operator {
    match op {
        Op::FloatAdd | Op::FloatLoadAdd => Operator::Add,
        Op::FloatSub | Op::FloatLoadSub => Operator::Sub,
        Op::FloatMul | Op::FloatLoadMul => Operator::Mul,
        _ => Operator::Div,
    }
}

/// The place of a float register.
fn float_register(index: u16) -> Mem {
    Mem::new(X, offset_of!(Worker, float) as i32 + i32::from(index) * 8)
}
