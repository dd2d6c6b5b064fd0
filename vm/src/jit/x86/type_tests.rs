//! Tests of types, and for constants.

use super::asm::{Mem, R10, R11, RAX, boxed};
use super::{Function, Rare};
use crate::code::ops::Op;
use crate::code::{Export, Lambda};
use crate::term::layout::{Kind, header};
use crate::term::word::{FLOAT_MASK, IMM_MASK, TAG_ATOM, TAG_FLOAT, TAG_PID, TAG_PORT, TAG_ZERO};
use crate::term::{Word, atoms};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

impl Function<'_> {
    pub(super) fn test(&mut self, op: Op) -> bool {
        if op == Op::IsInteger {
            let value = self.load_any(self.reg(1));
            self.ask_for_small(value);
            return true;
        }
        let yes = self.ops.new_dynamic_label();
        let reg = match op {
            Op::IsFunction2 => {
                self.load(RAX, self.reg(1));
                RAX
            }
            _ => self.load_any(self.reg(1)),
        };
        // None of the tests but one changes another register.
        let no = match op {
            Op::IsFunction2 => self.rel(),
            _ => self.label_from_here(self.by_rel()),
        };
        match op {
            Op::IsFloat => {
                self.if_tagged(reg, FLOAT_MASK, TAG_FLOAT, yes);
                self.if_tagged(reg, IMM_MASK, TAG_ZERO, yes);
                self.unless_kind(reg, Kind::Float, no);
            }
            Op::IsNumber => {
                self.if_small(reg, yes);
                self.if_tagged(reg, FLOAT_MASK, TAG_FLOAT, yes);
                self.if_tagged(reg, IMM_MASK, TAG_ZERO, yes);
                self.unless_kinds(reg, Kind::BigPos, Kind::Float, no);
            }
            Op::IsAtom => {
                self.compare_tag(reg, IMM_MASK as i8, TAG_ATOM as i8);
                self.unless_equal(no);
            }
            Op::IsBoolean => {
                self.compare_const(reg, Word::from_atom(atoms::TRUE).0);
                self.if_equal(yes);
                self.compare_const(reg, Word::from_atom(atoms::FALSE).0);
                self.unless_equal(no);
            }
            Op::IsPid => {
                self.if_tagged(reg, IMM_MASK, TAG_PID, yes);
                self.unless_kind(reg, Kind::ExtPid, no);
            }
            Op::IsPort => {
                self.if_tagged(reg, IMM_MASK, TAG_PORT, yes);
                self.unless_kind(reg, Kind::ExtPort, no);
            }
            Op::IsReference => {
                self.unless_boxed(reg, no);
                for kind in [Kind::Ref, Kind::MagicRef] {
                    self.compare_byte(boxed(reg, 0), kind_byte(kind));
                    self.if_equal(yes);
                }
                self.unless_kind(reg, Kind::ExtRef, no);
            }
            Op::IsNil => {
                self.compare_const(reg, Word::NIL.0);
                self.unless_equal(no);
            }
            Op::IsBinary => {
                let other = self.ops.new_dynamic_label();
                self.unless_boxed(reg, no);
                self.compare_byte(boxed(reg, 0), kind_byte(Kind::HeapBits));
                self.unless_equal(other);
                self.test_byte(boxed(reg, 1), 7);
                self.keep(|f| dynasm!(f.ops ; .arch x64 ; jnz =>no ; jmp =>yes));
                self.join(other);
                self.compare_byte(boxed(reg, 0), kind_byte(Kind::SubBits));
                self.unless_equal(no);
                self.test_byte(boxed(reg, 2), 7);
                self.keep(|f| dynasm!(f.ops ; .arch x64 ; jnz =>no));
            }
            Op::IsBitstr => self.unless_kinds(reg, Kind::HeapBits, Kind::SubBits, no),
            Op::IsList => {
                self.compare_const(reg, Word::NIL.0);
                self.if_equal(yes);
                self.unless_cons(reg, no);
            }
            Op::IsNonemptyList => self.unless_cons(reg, no),
            Op::IsTuple => self.unless_kind(reg, Kind::Tuple, no),
            Op::IsMap => self.unless_kinds(reg, Kind::FlatMap, Kind::HashMap, no),
            Op::IsFunction => self.unless_kinds(reg, Kind::Fun, Kind::ExportFun, no),
            Op::IsFunction2 => {
                let arity = Word(self.word(1));
                let (export, leave) = (self.ops.new_dynamic_label(), self.leave());
                if !arity.is_small() {
                    dynasm!(self.ops ; .arch x64 ; jmp =>leave);
                    return true;
                }
                let Ok(arity) = u8::try_from(arity.small_value()) else {
                    dynasm!(self.ops ; .arch x64 ; jmp =>no);
                    return true;
                };
                self.unless_boxed(reg, no);
                self.load_byte(R11, boxed(reg, 0));
                self.load(R10, boxed(reg, 1));
                dynasm!(self.ops ; .arch x64
                    ; cmp r11d, i32::from(kind_byte(Kind::Fun))
                    ; jne =>export);
                self.compare_byte(Mem::new(R10, offset_of!(Lambda, arity) as i32), arity);
                dynasm!(self.ops ; .arch x64
                    ; jne =>no
                    ; jmp =>yes
                    ; =>export
                    ; cmp r11d, i32::from(kind_byte(Kind::ExportFun))
                    ; jne =>no);
                self.compare_byte(Mem::new(R10, offset_of!(Export, arity) as i32), arity);
                self.unless_equal(no);
            }
            Op::TestArity | Op::IsTupleOfArity | Op::IsTaggedTuple => {
                if op != Op::TestArity {
                    self.unless_boxed(reg, no);
                }
                self.compare_mem_const(boxed(reg, 0), self.word(1));
                self.unless_equal(no);
                if op == Op::IsTaggedTuple {
                    self.compare_mem_const(boxed(reg, 1), self.word(2));
                    self.unless_equal(no);
                }
            }
            Op::IsEqExactImm | Op::IsNeExactImm => {
                self.compare_const(reg, self.word(1));
                if op == Op::IsEqExactImm {
                    self.unless_equal(no);
                } else {
                    self.if_equal(no);
                }
            }
            _ => return false,
        }
        // Registers have the same on all ways that lead here.
        self.join(yes);
        true
    }

    /// Where an instruction goes on that has asked for a small integer and found something else.
    pub(super) fn not_small(&mut self) -> DynamicLabel {
        match Op::of(self.opcode) {
            Op::IsInteger => self.rare(Rare::LargeInteger { at: self.at }),
            Op::AddC | Op::SubC => self.computed(),
            _ => self.order_of_floats(),
        }
    }

    /// Whether what is no small integer is a large one.
    pub(super) fn large_integer(&mut self) {
        self.load(RAX, self.reg(1));
        let no = self.rel();
        self.unless_kinds(RAX, Kind::BigPos, Kind::BigNeg, no);
        self.go_on(1);
    }

    /// Branches if the word in a register has those low bits, of at most seven.
    pub(super) fn if_tagged(&mut self, reg: u8, mask: u64, tag: u64, yes: DynamicLabel) {
        self.compare_tag(reg, mask as i8, tag as i8);
        self.if_equal(yes);
    }

    /// Branches unless the word in a register is boxed and of that kind.
    fn unless_kind(&mut self, reg: u8, kind: Kind, no: DynamicLabel) {
        self.unless_boxed(reg, no);
        self.compare_byte(boxed(reg, 0), kind_byte(kind));
        self.unless_equal(no);
    }

    /// Branches unless the word in a register is boxed and of one of those kinds, which follow each other.
    fn unless_kinds(&mut self, reg: u8, first: Kind, last: Kind, no: DynamicLabel) {
        self.unless_boxed(reg, no);
        self.load_byte(R11, boxed(reg, 0));
        let (first, last) = (i32::from(kind_byte(first)), i32::from(kind_byte(last)));
        self.keep(|f| {
            dynasm!(f.ops ; .arch x64 ; sub r11d, first ; cmp r11d, last - first ; ja =>no);
        });
    }
}

/// The low byte of the headers of a kind.
pub(super) fn kind_byte(kind: Kind) -> u8 {
    header(kind, 0).0 as u8
}
