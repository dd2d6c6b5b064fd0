//! Functions allowed in guards that have no instructions of their own: sizes, and `abs`.

use super::Function;
use super::asm::{IP, Mem, R10, R11, RAX, X, any_register, boxed};
use super::type_tests::kind_byte;
use crate::interp::called;
use crate::native::NativeDef;
use crate::sched::Worker;
use crate::term::Word;
use crate::term::layout::Kind;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

impl Function<'_> {
    pub(super) fn guard(&mut self) -> bool {
        // SAFETY: further word 2 of a `GuardCall` is the address of a static.
        let def = unsafe { &*(self.word(2) as *const NativeDef) };
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
                let (leave, done) = (self.leave(), self.ops.new_dynamic_label());
                self.load_tagged(R10, self.word(3));
                self.unless_small(R10, leave);
                // The tag is kept if the number is taken from twice the tag.
                let twice = 2 * Word::small(0).0 as i32;
                dynasm!(self.ops ; .arch x64
                    ; test r10, r10
                    ; jns =>done
                    ; mov eax, twice
                    ; sub rax, r10
                    ; jo =>leave
                    ; mov r10, rax
                    ; =>done);
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
                dynasm!(self.ops ; .arch x64 ; jmp =>done ; =>flat);
                self.load(R10, boxed(RAX, 0));
                dynasm!(self.ops ; .arch x64 ; shr r10, 8 ; dec r10);
                self.small();
                dynasm!(self.ops ; .arch x64 ; =>done);
            }
            _ => return self.guard_by_call(),
        }
        self.store(any_register(self.half(1)), R10);
        true
    }

    /// One that the machine is called for.
    fn guard_by_call(&mut self) -> bool {
        let place = |i: usize| Mem::new(X, (offset_of!(Worker, guard_args) + i * 8) as i32);
        for i in 0..usize::from(self.half(2)).min(3) {
            self.load_tagged(RAX, self.word(3 + i as u32));
            self.store(place(i), RAX);
        }
        self.load_const(IP, self.address(self.at));
        self.call_out(called::GUARD);
        self.load(RAX, place(0));
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
        dynasm!(self.ops ; .arch x64 ; jmp =>done ; =>sub);
        self.load(R10, boxed(RAX, 2));
        dynasm!(self.ops ; .arch x64 ; =>done);
    }

    /// Makes a small integer of the number in `r10`.
    fn small(&mut self) {
        dynasm!(self.ops ; .arch x64 ; shl r10, 4 ; or r10, BYTE Word::small(0).0 as i8);
    }
}
