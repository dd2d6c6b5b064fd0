//! Functions that are called as those in guards are and have no instructions of their own: sizes and
//! lengths, `abs`, those between floats and integers, `get/1`.

use super::asm::{IP, Mem, R10, R11, RAX, X, any_register, boxed, cell};
use super::type_tests::kind_byte;
use super::{Function, Rare};
use crate::interp::called;
use crate::native::NativeDef;
use crate::sched::Worker;
use crate::term::Word;
use crate::term::layout::Kind;
use crate::term::word::{FLOAT_MASK, TAG_FLOAT};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// Lists of so many elements and more take reductions to walk, which the native counts.
const LONG: i32 = 16;

impl Function<'_> {
    pub(super) fn guard(&mut self) -> bool {
        // SAFETY: further word 2 of a `GuardCall` is the address of a static.
        let def = unsafe { &*(self.word(2) as *const NativeDef) };
        // No compiler makes such a call of those, but a file may have it.
        if !def.kind.is_plain() {
            return false;
        }
        if def.module != "erlang" || def.arity != 1 {
            return self.guard_by_call();
        }
        match def.name {
            "byte_size" => {
                self.bits();
                dynasm!(self.ops ; .arch x64 ; add r10, BYTE 7 ; shr r10, 3);
                self.small();
            }
            "bit_size" => {
                self.bits();
                self.small();
            }
            "abs" => {
                let (call, done) = (self.call_otherwise(), self.ops.new_dynamic_label());
                self.load_tagged(R10, self.word(3));
                self.unless_small(R10, call);
                // The tag is kept if the number is taken from twice the tag.
                let twice = 2 * Word::small(0).0 as i32;
                dynasm!(self.ops ; .arch x64
                    ; test r10, r10
                    ; jns =>done
                    ; mov eax, twice
                    ; sub rax, r10
                    ; jo =>call
                    ; mov r10, rax);
                self.bind(done);
            }
            "length" => {
                let (call, done) = (self.call_otherwise(), self.ops.new_dynamic_label());
                let next = self.ops.new_dynamic_label();
                self.load_tagged(RAX, self.word(3));
                dynasm!(self.ops ; .arch x64 ; xor r10d, r10d);
                self.bind(next);
                self.compare_const(RAX, Word::NIL.0);
                self.if_equal(done);
                self.unless_cons(RAX, call);
                self.load(RAX, cell(RAX, 1));
                dynasm!(self.ops ; .arch x64
                    ; inc r10d
                    ; cmp r10d, LONG
                    ; jb =>next
                    ; jmp =>call);
                self.bind(done);
                self.small();
            }
            "trunc" | "round" | "floor" | "ceil" => self.near_integer(def.name),
            "float" => {
                let (call, done) = (self.call_otherwise(), self.ops.new_dynamic_label());
                self.load_tagged(RAX, self.word(3));
                dynasm!(self.ops ; .arch x64 ; mov r10, rax);
                self.if_tagged(RAX, FLOAT_MASK, TAG_FLOAT, done);
                self.unless_small(RAX, call);
                dynasm!(self.ops ; .arch x64
                    ; sar rax, 4
                    ; xorps xmm0, xmm0
                    ; cvtsi2sd xmm0, rax
                    ; movq rax, xmm0);
                self.tag(call);
                dynasm!(self.ops ; .arch x64 ; mov r10, rax);
                self.bind(done);
            }
            "get" => {
                self.load_tagged(RAX, self.word(3));
                self.load(IP, Mem::new(X, offset_of!(Worker, current) as i32));
                self.call_pure(called::dictionary_get as *const () as u64, |f| {
                    dynasm!(f.ops ; .arch x64 ; mov rsi, rax);
                });
                dynasm!(self.ops ; .arch x64 ; mov r10, rax);
            }
            "map_size" => {
                let leave = self.leave();
                let (flat, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
                self.argument();
                self.load_byte(R11, boxed(RAX, 0));
                dynasm!(self.ops ; .arch x64
                    ; cmp r11d, i32::from(kind_byte(Kind::FlatMap))
                    ; je =>flat
                    ; cmp r11d, i32::from(kind_byte(Kind::HashMap))
                    ; jne =>leave);
                // The count of a large map is a term.
                self.load(R10, boxed(RAX, 1));
                dynasm!(self.ops ; .arch x64 ; jmp =>done);
                self.bind(flat);
                self.load(R10, boxed(RAX, 0));
                dynasm!(self.ops ; .arch x64 ; shr r10, 8 ; dec r10);
                self.small();
                self.bind(done);
            }
            _ => return self.guard_by_call(),
        }
        self.store(any_register(self.half(1)), R10);
        true
    }

    /// A small integer near a float that needs no heap, or the same integer: in `r10`.
    fn near_integer(&mut self, name: &str) {
        let (call, done) = (self.call_otherwise(), self.ops.new_dynamic_label());
        self.load_tagged(RAX, self.word(3));
        dynasm!(self.ops ; .arch x64 ; mov r10, rax);
        self.if_small(RAX, done);
        self.value(0, RAX, call);
        // Without what is behind the point. What fits no word becomes the least number that does.
        dynasm!(self.ops ; .arch x64
            ; cvttsd2si rax, xmm0
            ; xorps xmm1, xmm1
            ; cvtsi2sd xmm1, rax
            ; xor r10d, r10d);
        match name {
            "floor" => dynasm!(self.ops ; .arch x64
                ; ucomisd xmm1, xmm0
                ; seta r10b
                ; sub rax, r10),
            "ceil" => dynasm!(self.ops ; .arch x64
                ; ucomisd xmm0, xmm1
                ; seta r10b
                ; add rax, r10),
            // The difference is exact: it is one of the float's own last bits, or nothing.
            "round" => dynasm!(self.ops ; .arch x64
                ; subsd xmm0, xmm1
                ; mov r11, QWORD 0.5f64.to_bits() as i64
                ; movq xmm1, r11
                ; ucomisd xmm0, xmm1
                ; setae r10b
                ; add rax, r10
                ; mov r11, QWORD (-0.5f64).to_bits() as i64
                ; movq xmm1, r11
                ; ucomisd xmm1, xmm0
                ; setae r10b
                ; sub rax, r10),
            _ => {}
        }
        // The least number does not come back from that either, nor do those beside it.
        dynasm!(self.ops ; .arch x64
            ; mov r10, rax
            ; shl r10, 4
            ; mov r11, r10
            ; sar r11, 4
            ; cmp r11, rax
            ; jne =>call
            ; or r10, BYTE Word::small(0).0 as i8);
        self.bind(done);
    }

    /// Where the instruction in the making calls what it has been made in place of.
    pub(super) fn call_otherwise(&mut self) -> DynamicLabel {
        self.rare(Rare::Call { at: self.at })
    }

    /// One that the machine is called for.
    pub(super) fn guard_by_call(&mut self) -> bool {
        let place = |i: usize| Mem::new(X, (offset_of!(Worker, guard_args) + i * 8) as i32);
        for i in 0..usize::from(self.half(2)).min(3) {
            self.load_tagged(RAX, self.word(3 + i as u32));
            self.store(place(i), RAX);
        }
        self.load_const(IP, self.address(self.at));
        // SAFETY: further word 2 is the address of a static.
        let def = unsafe { &*(self.word(2) as *const NativeDef) };
        let target = def.called as usize as u64;
        self.call_with(place(0), called::after_guard, |f| f.call_function(target));
        self.store(any_register(self.half(1)), RAX);
        true
    }

    /// The argument, which must be boxed: in `rax`.
    fn argument(&mut self) {
        let leave = self.leave();
        self.load_tagged(RAX, self.word(3));
        self.unless_boxed(RAX, leave);
    }

    /// The size of a bitstring in bits: in `r10`.
    fn bits(&mut self) {
        let leave = self.leave();
        let (sub, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.argument();
        self.load_byte(R11, boxed(RAX, 0));
        dynasm!(self.ops ; .arch x64
            ; cmp r11d, i32::from(kind_byte(Kind::SubBits))
            ; je =>sub
            ; cmp r11d, i32::from(kind_byte(Kind::HeapBits))
            ; jne =>leave);
        self.load(R10, boxed(RAX, 1));
        dynasm!(self.ops ; .arch x64 ; jmp =>done);
        self.bind(sub);
        self.load(R10, boxed(RAX, 2));
        self.bind(done);
    }

    /// Makes a small integer of the number in `r10`.
    fn small(&mut self) {
        dynasm!(self.ops ; .arch x64 ; shl r10, 4 ; or r10, BYTE Word::small(0).0 as i8);
    }
}
