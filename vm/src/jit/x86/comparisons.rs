//! Comparisons of terms.

use super::asm::{Mem, R10, RAX};
use super::floats::Then;
use super::{Function, Rare};
use crate::code::ops::Op;
use crate::interp::called;
use crate::term::word::{IMM_MASK, TAG_ATOM, TAG_ZERO};
use crate::term::{Word, atoms};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// What a comparison looks at.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Register(Mem),
    Constant(u64),
}

impl Function<'_> {
    pub(super) fn comparison(&mut self, op: Op) -> bool {
        match op {
            Op::IsLt | Op::IsLtRC | Op::IsLtCR | Op::IsGe | Op::IsGeRC | Op::IsGeCR => {
                self.order(op)
            }
            Op::LtValue | Op::GeValue => self.order_value(op),
            _ => self.equality(op),
        }
        true
    }

    /// What a comparison compares.
    pub(super) fn operands(&self, op: Op) -> (Operand, Operand) {
        let a = Operand::Register(self.reg(1));
        match op {
            Op::IsLtRC | Op::IsGeRC => (a, Operand::Constant(self.word(1))),
            Op::IsLtCR | Op::IsGeCR => (Operand::Constant(self.word(1)), a),
            _ => (a, Operand::Register(self.reg(2))),
        }
    }

    /// Where a test goes that fails, with what registers have now.
    pub(super) fn unless_it_holds(&mut self, op: Op) -> DynamicLabel {
        let no = match op {
            Op::IsLtRC | Op::IsGeRC | Op::IsLtCR | Op::IsGeCR => self.by_rel(),
            _ => self.by_rel_w1(),
        };
        self.label_from_here(no)
    }

    pub(super) fn load_operand(&mut self, to: u8, from: Operand) {
        match from {
            Operand::Register(mem) => self.load(to, mem),
            Operand::Constant(w) => self.load_const(to, w),
        }
    }

    fn order(&mut self, op: Op) {
        let (left, right) = self.operands(op);
        let less = is_less(op);
        match (left, right) {
            (Operand::Register(a), Operand::Constant(c)) if Word(c).is_small() => {
                let a = self.load_any(a);
                self.ask_for_small(a);
                let no = self.unless_it_holds(op);
                self.compare_const(a, c);
                self.unless_order(less, no);
            }
            (Operand::Constant(c), Operand::Register(b)) if Word(c).is_small() => {
                let b = self.load_any(b);
                self.ask_for_small(b);
                let no = self.unless_it_holds(op);
                self.compare_const(b, c);
                self.keep(|f| match less {
                    true => dynasm!(f.ops ; .arch x64 ; jle =>no),
                    false => dynasm!(f.ops ; .arch x64 ; jg =>no),
                });
            }
            _ => {
                match (left, right) {
                    (Operand::Register(a), Operand::Register(b)) => self.load_two(a, b),
                    _ => {
                        self.load_operand(RAX, left);
                        self.load_operand(R10, right);
                    }
                }
                let no = self.unless_it_holds(op);
                let floats = self.order_of_floats();
                self.unless_both_small(RAX, R10, floats);
                self.keep(|f| f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp rax, r10)));
                self.unless_order(less, no);
            }
        }
    }

    /// Where the order of two words is told that are not both small integers.
    pub(super) fn order_of_floats(&mut self) -> DynamicLabel {
        let less = is_less(Op::of(self.opcode));
        self.rare(Rare::Floats { at: self.at, then: Then::Compare { less } })
    }

    /// Branches unless what was compared is less than the other, or not less.
    fn unless_order(&mut self, less: bool, no: DynamicLabel) {
        self.keep(|f| match less {
            true => dynasm!(f.ops ; .arch x64 ; jge =>no),
            false => dynasm!(f.ops ; .arch x64 ; jl =>no),
        });
    }

    /// The order of two terms, or whether they are equal, by a call: of an instruction whose operands do
    /// not tell at once.
    pub(super) fn compare(&mut self) {
        let op = Op::of(self.opcode);
        let function = match op {
            Op::IsEq | Op::IsNe | Op::EqValue | Op::NeValue => called::equal as *const () as u64,
            Op::IsEqExact | Op::IsNeExact | Op::EqExactValue | Op::NeExactValue => {
                called::equal_exactly as *const () as u64
            }
            _ => called::order as *const () as u64,
        };
        let (left, right) = self.operands(op);
        self.load_operand(RAX, left);
        self.load_operand(R10, right);
        self.call_pure(function, |f| dynasm!(f.ops ; .arch x64 ; mov rdi, rax ; mov rsi, r10));
        dynasm!(self.ops ; .arch x64 ; test eax, eax);
        if matches!(
            op,
            Op::LtValue
                | Op::GeValue
                | Op::EqValue
                | Op::NeValue
                | Op::EqExactValue
                | Op::NeExactValue
        ) {
            self.load_const(RAX, Word::from_atom(atoms::FALSE).0);
            self.load_const(R10, Word::from_atom(atoms::TRUE).0);
            match op {
                Op::LtValue => dynasm!(self.ops ; .arch x64 ; cmovs rax, r10),
                Op::GeValue => dynasm!(self.ops ; .arch x64 ; cmovns rax, r10),
                Op::EqValue | Op::EqExactValue => dynasm!(self.ops ; .arch x64 ; cmovnz rax, r10),
                _ => dynasm!(self.ops ; .arch x64 ; cmovz rax, r10),
            }
            self.store(self.reg(3), RAX);
            return self.go_on(1);
        }
        let no = self.unless_it_holds(op);
        match op {
            Op::IsLt | Op::IsLtRC | Op::IsLtCR => dynasm!(self.ops ; .arch x64 ; jns =>no),
            Op::IsGe | Op::IsGeRC | Op::IsGeCR => dynasm!(self.ops ; .arch x64 ; js =>no),
            Op::IsEq | Op::IsEqExact => dynasm!(self.ops ; .arch x64 ; jz =>no),
            _ => dynasm!(self.ops ; .arch x64 ; jnz =>no),
        }
        self.go_on(2);
    }

    fn order_value(&mut self, op: Op) {
        let less = is_less(op);
        let floats = self.order_of_floats();
        self.load_two(self.reg(1), self.reg(2));
        self.unless_both_small(RAX, R10, floats);
        dynasm!(self.ops ; .arch x64 ; cmp rax, r10);
        self.load_const(RAX, Word::from_atom(atoms::FALSE).0);
        self.load_const(R10, Word::from_atom(atoms::TRUE).0);
        if less {
            dynasm!(self.ops ; .arch x64 ; cmovl rax, r10);
        } else {
            dynasm!(self.ops ; .arch x64 ; cmovge rax, r10);
        }
        self.store(self.reg(3), RAX);
    }

    fn equality(&mut self, op: Op) {
        let compare = self.rare(Rare::Compare { at: self.at });
        let [equal, differ] = [(); 2].map(|()| self.ops.new_dynamic_label());
        self.load_two(self.reg(1), self.reg(2));
        // Nothing here changes either of them.
        self.keep(|f| {
            f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp rax, r10));
            dynasm!(f.ops ; .arch x64 ; je =>equal)
        });
        let exact =
            matches!(op, Op::IsEqExact | Op::IsNeExact | Op::EqExactValue | Op::NeExactValue);
        if exact {
            // If one is an immediate they differ, but for the zeros of floats.
            let immediate = self.ops.new_dynamic_label();
            self.keep(|f| {
                dynasm!(f.ops ; .arch x64
                    ; lea r11d, [BYTE rax + 1]
                    ; test r11b, 3
                    ; jz =>immediate
                    ; lea r11d, [BYTE r10 + 1]
                    ; test r11b, 3
                    ; jnz =>compare
                    ; jmp =>differ
                    ; =>immediate);
            });
            self.if_tagged(RAX, IMM_MASK, TAG_ZERO, compare);
        } else {
            let others = self.ops.new_dynamic_label();
            self.unless_both_small(RAX, R10, others);
            self.keep(|f| dynasm!(f.ops ; .arch x64 ; jmp =>differ ; =>others));
            for reg in [RAX, R10] {
                self.compare_tag(reg, IMM_MASK as i8, TAG_ATOM as i8);
                self.if_equal(differ);
                self.compare_const(reg, Word::NIL.0);
                self.if_equal(differ);
            }
            self.keep(|f| dynasm!(f.ops ; .arch x64 ; jmp =>compare));
        }
        self.join(differ);
        let end = self.ops.new_dynamic_label();
        match op {
            Op::IsEq | Op::IsEqExact => {
                let no = self.unless_it_holds(op);
                self.keep(|f| dynasm!(f.ops ; .arch x64 ; jmp =>no ; =>equal));
            }
            Op::IsNe | Op::IsNeExact => {
                let no = self.unless_it_holds(op);
                self.keep(|f| {
                    dynasm!(f.ops ; .arch x64 ; jmp =>end ; =>equal ; jmp =>no ; =>end);
                });
            }
            _ => {
                let wanted = matches!(op, Op::EqValue | Op::EqExactValue);
                let value = |holds| {
                    Word::from_atom(if holds == wanted { atoms::TRUE } else { atoms::FALSE }).0
                };
                self.store_const(self.reg(3), value(false));
                self.keep(|f| dynasm!(f.ops ; .arch x64 ; jmp =>end ; =>equal));
                self.store_const(self.reg(3), value(true));
                self.join(end);
            }
        }
    }
}

/// Whether a comparison of order asks whether one is less than the other.
fn is_less(op: Op) -> bool {
    matches!(op, Op::IsLt | Op::IsLtRC | Op::IsLtCR | Op::LtValue)
}
