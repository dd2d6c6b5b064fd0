//! Arithmetic on small integers; on floats that need no heap too.

use super::asm::{IP, Mem, R10, RAX};
use super::floats::{Operator, Then};
use super::{Function, Rare};
use crate::code::ops::Op;
use crate::interp::called;
use crate::term::Word;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// The low bits of a small integer.
const TAG: i8 = Word::small(0).0 as i8;

impl Function<'_> {
    pub(super) fn arithmetic(&mut self, op: Op) -> bool {
        match op {
            Op::Add | Op::Sub | Op::Mul => {
                let operator = match op {
                    Op::Add => Operator::Add,
                    Op::Sub => Operator::Sub,
                    _ => Operator::Mul,
                };
                let otherwise = self.computed();
                let then = Then::Operate(operator, otherwise);
                let floats = self.rare(Rare::Floats { at: self.at, then });
                self.both(floats);
                match op {
                    Op::Add => dynasm!(self.ops ; .arch x64 ; sub r10, BYTE TAG ; add rax, r10),
                    Op::Sub => dynasm!(self.ops ; .arch x64 ; sub r10, BYTE TAG ; sub rax, r10),
                    // One factor untagged, the other shifted: the product is shifted as a small is.
                    _ => dynasm!(self.ops ; .arch x64
                        ; sub r10, BYTE TAG
                        ; sar rax, 4
                        ; imul rax, r10),
                }
                dynasm!(self.ops ; .arch x64 ; jo =>otherwise);
                if op == Op::Mul {
                    dynasm!(self.ops ; .arch x64 ; or rax, BYTE TAG);
                }
                self.store_small(self.reg(3));
            }
            Op::AddC | Op::SubC => {
                let otherwise = self.computed();
                let n = self.word(2).wrapping_sub(TAG as u64) as i64;
                self.load(RAX, self.reg(1));
                self.ask_for_small(RAX);
                match (i32::try_from(n), op) {
                    (Ok(n), Op::AddC) => dynasm!(self.ops ; .arch x64 ; add rax, n),
                    (Ok(n), _) => dynasm!(self.ops ; .arch x64 ; sub rax, n),
                    (Err(_), _) => {
                        self.load_const(R10, n as u64);
                        if op == Op::AddC {
                            dynasm!(self.ops ; .arch x64 ; add rax, r10);
                        } else {
                            dynasm!(self.ops ; .arch x64 ; sub rax, r10);
                        }
                    }
                }
                dynasm!(self.ops ; .arch x64 ; jo =>otherwise);
                self.store_small(self.reg(3));
            }
            Op::AddFloats | Op::SubFloats | Op::MulFloats | Op::Div => {
                let otherwise = self.computed();
                self.load_two(self.reg(1), self.reg(2));
                self.operate(
                    match op {
                        Op::AddFloats => Operator::Add,
                        Op::SubFloats => Operator::Sub,
                        Op::MulFloats => Operator::Mul,
                        _ => Operator::Div,
                    },
                    otherwise,
                );
                self.store(self.reg(3), RAX);
            }
            Op::IntDiv | Op::Rem => self.divide(op),
            Op::Band | Op::Bor | Op::Bxor => {
                let otherwise = self.computed();
                self.both(otherwise);
                match op {
                    Op::Band => dynasm!(self.ops ; .arch x64 ; and rax, r10),
                    Op::Bor => dynasm!(self.ops ; .arch x64 ; or rax, r10),
                    _ => dynasm!(self.ops ; .arch x64 ; xor rax, r10 ; or rax, BYTE TAG),
                }
                self.store_small(self.reg(3));
            }
            Op::Bsl | Op::Bsr => self.shift(op),
            Op::Bnot => {
                let otherwise = self.computed();
                self.load(RAX, self.reg(1));
                self.unless_small(RAX, otherwise);
                dynasm!(self.ops ; .arch x64 ; xor rax, BYTE !TAG);
                self.store_small(self.reg(3));
            }
            Op::Neg => {
                let otherwise = self.computed();
                self.load(R10, self.reg(1));
                self.unless_small(R10, otherwise);
                // Minus the tag, but for the tag that the result has.
                dynasm!(self.ops ; .arch x64 ; mov eax, 2 * i32::from(TAG) ; sub rax, r10 ; jo =>otherwise);
                self.store_small(self.reg(3));
            }
            _ => return false,
        }
        true
    }

    /// Stores a result in `rax` that is a small integer.
    fn store_small(&mut self, to: Mem) {
        self.store(to, RAX);
        self.note_small(RAX);
    }

    /// Where what the operator in the making does nothing with itself is computed.
    pub(super) fn computed(&mut self) -> DynamicLabel {
        // So that every collection that may come due there does.
        if cfg!(feature = "gc_zeal") {
            return self.leave();
        }
        self.rare(Rare::Compute { at: self.at })
    }

    /// Calls what computes it, and goes on behind the operator.
    pub(super) fn compute(&mut self) {
        let op = Op::of(self.opcode);
        let call = called::arithmetic(op).expect("it is an operator of arithmetic");
        self.load_const(IP, self.address(self.at));
        self.call_out(call.otherwise, |f| f.call_function(call.function as usize as u64));
        dynasm!(self.ops ; .arch x64 ; mov rcx, rax);
        self.go_on(if matches!(op, Op::AddC | Op::SubC) { 3 } else { 2 });
    }

    /// The operands in `rax` and `r10`, if they are small integers.
    fn both(&mut self, no: DynamicLabel) {
        self.load_two(self.reg(1), self.reg(2));
        self.unless_both_small(RAX, R10, no);
    }

    /// By more than zero: else it is an error, or the quotient may be no small integer.
    fn divide(&mut self, op: Op) {
        let otherwise = self.computed();
        let (long, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.both(otherwise);
        // The stack's top is where the division wants the upper half.
        dynasm!(self.ops ; .arch x64
            ; sar r10, 4
            ; jle =>otherwise
            ; sar rax, 4
            ; mov rdi, rdx
            ; mov r11, rax
            ; or r11, r10
            ; shr r11, 32
            ; jnz =>long
            ; xor edx, edx
            ; div r10d
            ; jmp =>done
            ; =>long
            ; cqo
            ; idiv r10);
        self.bind(done);
        if op == Op::Rem {
            dynasm!(self.ops ; .arch x64 ; mov rax, rdx);
        }
        dynasm!(self.ops ; .arch x64 ; mov rdx, rdi ; shl rax, 4 ; or rax, BYTE TAG);
        self.store(self.reg(3), RAX);
    }

    fn shift(&mut self, op: Op) {
        let otherwise = self.computed();
        self.both(otherwise);
        // The heap's top is where the count has to be.
        if op == Op::Bsr {
            dynasm!(self.ops ; .arch x64
                ; sar r10, 4
                ; js =>otherwise
                ; mov r11d, 63
                ; cmp r10, r11
                ; cmovg r10, r11
                ; mov rdi, rcx
                ; mov ecx, r10d
                ; sar rax, 4
                ; sar rax, cl
                ; mov rcx, rdi
                ; shl rax, 4);
        } else {
            dynasm!(self.ops ; .arch x64
                ; sar r10, 4
                ; cmp r10, 60
                ; jae =>otherwise
                ; sar rax, 4
                ; mov rdi, rcx
                ; mov ecx, r10d
                ; mov r11, rax
                ; shl rax, cl
                ; mov r10, rax
                ; sar r10, cl
                ; mov rcx, rdi
                ; cmp r10, r11
                ; jne =>otherwise
                // Whether it fits the bits of a small integer too.
                ; mov r10, rax
                ; shl rax, 4
                ; mov r11, rax
                ; sar r11, 4
                ; cmp r10, r11
                ; jne =>otherwise);
        }
        dynasm!(self.ops ; .arch x64 ; or rax, BYTE TAG);
        self.store(self.reg(3), RAX);
    }
}
