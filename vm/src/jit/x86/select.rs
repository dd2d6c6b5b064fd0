//! Selection among many values.

use super::Function;
use super::asm::{R10, RAX, boxed};
use super::held::other;
use crate::code::ops::Op;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// So many values are compared one after another.
const FEW: usize = 4;

impl Function<'_> {
    pub(super) fn selection(&mut self, op: Op) -> bool {
        match op {
            Op::SelectDense => {
                self.load(RAX, self.reg(1));
                self.select_dense();
            }
            Op::SelectImm => {
                let value = self.load_any(self.reg(1));
                self.select_word(value);
            }
            Op::SelectArity => {
                let tuple = self.load_any(self.reg(1));
                let no = self.label_from_here(self.by_rel());
                self.unless_boxed(tuple, no);
                self.load(other(tuple), boxed(tuple, 0));
                self.select_word(other(tuple));
            }
            _ => return false,
        }
        self.does_not_fall_through();
        true
    }

    /// By the difference of the value in `rax` and the lowest, as a number.
    fn select_dense(&mut self) {
        let (lowest, count) = (self.word(1), self.word(2) as u32);
        self.load_const(R10, lowest.wrapping_neg());
        // The difference of two smalls has the lower tag bits clear; of anything else it has not.
        self.changing(R10, |f| dynasm!(f.ops ; .arch x64 ; add r10, rax ; ror r10, 4));
        let no = self.label_from_here(self.by_rel());
        let to: Vec<DynamicLabel> =
            (0..count).map(|i| self.label_from_here(self.by(self.word(3 + i) as i32))).collect();
        if to.len() <= FEW {
            let choices: Vec<_> = (0..).zip(to).collect();
            return self.choose(R10, &choices, no);
        }
        let table = self.ops.new_dynamic_label();
        // Each branch in the table has five bytes.
        dynasm!(self.ops ; .arch x64
            ; cmp r10, count as i32
            ; jae =>no
            ; lea r11, [=>table]
            ; lea r10, [r10 + r10 * 4]
            ; add r10, r11);
        self.fixed(|f| dynasm!(f.ops ; .arch x64 ; jmp r10));
        self.bind(table);
        for to in to {
            self.ops.long_branch(to);
        }
    }

    /// By the word in a register.
    fn select_word(&mut self, reg: u8) {
        let n = self.word(1) as u32;
        let no = self.label_from_here(self.by_rel());
        let choices: Vec<_> = (0..n)
            .map(|i| {
                let to = self.by(self.word(2 + n + i) as i32);
                (self.word(2 + i), self.label_from_here(to))
            })
            .collect();
        self.choose(reg, &choices, no);
    }

    /// Goes to the place of the value in a register, of values in ascending order.
    fn choose(&mut self, reg: u8, choices: &[(u64, DynamicLabel)], no: DynamicLabel) {
        if choices.len() > FEW {
            let (low, high) = choices.split_at(choices.len() / 2);
            let upper = self.ops.new_dynamic_label();
            self.compare_const(reg, high[0].0);
            dynasm!(self.ops ; .arch x64 ; jae =>upper);
            self.choose(reg, low, no);
            self.bind(upper);
            return self.choose(reg, high, no);
        }
        for (value, to) in choices {
            self.compare_const(reg, *value);
            self.if_equal(*to);
        }
        dynasm!(self.ops ; .arch x64 ; jmp =>no);
    }
}
