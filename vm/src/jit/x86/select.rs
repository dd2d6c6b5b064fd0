//! Selection among many values.

use super::Function;
use super::asm::{R10, RAX, boxed};
use crate::code::ops::Op;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

impl Function<'_> {
    pub(super) fn selection(&mut self, op: Op) -> bool {
        if !matches!(op, Op::SelectImm | Op::SelectDense | Op::SelectArity) {
            return false;
        }
        let no = self.rel();
        self.load(RAX, self.reg(1));
        let choices: Vec<(u64, DynamicLabel)> = if op == Op::SelectDense {
            let count = self.word(2);
            self.load_const(R10, self.word(1));
            // The difference of two smalls has the lower tag bits clear; of anything else it has not.
            dynasm!(self.ops ; .arch x64 ; sub rax, r10 ; ror rax, 4);
            (0..count).map(|i| (i, self.target(self.word(3 + i as u32) as i32))).collect()
        } else {
            if op == Op::SelectArity {
                self.unless_boxed(RAX, no);
                self.load(RAX, boxed(RAX, 0));
            }
            let n = self.word(1) as u32;
            (0..n).map(|i| (self.word(2 + i), self.target(self.word(2 + n + i) as i32))).collect()
        };
        self.choose(&choices, no);
        true
    }

    /// Goes to the place of the value in `rax`, of values in ascending order.
    fn choose(&mut self, choices: &[(u64, DynamicLabel)], no: DynamicLabel) {
        if choices.len() > 4 {
            let (low, high) = choices.split_at(choices.len() / 2);
            let upper = self.ops.new_dynamic_label();
            self.compare_const(RAX, high[0].0);
            dynasm!(self.ops ; .arch x64 ; jae =>upper);
            self.choose(low, no);
            dynasm!(self.ops ; .arch x64 ; =>upper);
            self.choose(high, no);
            return;
        }
        for (value, to) in choices {
            self.compare_const(RAX, *value);
            dynasm!(self.ops ; .arch x64 ; je =>*to);
        }
        dynasm!(self.ops ; .arch x64 ; jmp =>no);
    }
}
