//! Calls of natives. What a few that do little do is made in place of the call.

use super::asm::{CP, HP, IP, Mem, R10, RAX, REDS, SP, X, boxed};
use super::{Function, Outward, Rare};
use crate::code::ops::{BREAK, Op};
use crate::interp::Handler;
use crate::interp::Spilled;
use crate::interp::called;
use crate::native::{Native, NativeDef};
use crate::sched::Worker;
use crate::term::Word;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// Larger tuples are left to the native.
const LARGEST: i32 = 256;

impl Function<'_> {
    /// A `CallNative` or `CallNativeLast`.
    pub(super) fn native(&mut self, op: Op) -> bool {
        // SAFETY: further word 1 of these is the address of a static.
        let def = unsafe { &*(self.word(1) as *const NativeDef) };
        if op == Op::CallNativeLast {
            if !def.kind.is_plain() {
                return false;
            }
            self.begin_native();
            self.call_native(def, called::after_native_last);
            match self.half(2) {
                0 => self.return_to_cp(),
                slots => {
                    self.load(IP, Mem::new(SP, 0));
                    self.add(SP, i32::from(slots) * 8);
                }
            }
            self.go_back();
            return true;
        }
        match (def.module, def.name, def.arity) {
            ("erlang", "min" | "max", 2) => {
                self.begin_native();
                let call = self.call_otherwise();
                self.load_two(x(0), x(1));
                self.unless_both_small(RAX, R10, call);
                self.count();
                dynasm!(self.ops ; .arch x64 ; cmp rax, r10);
                if def.name == "min" {
                    dynasm!(self.ops ; .arch x64 ; cmovg rax, r10);
                } else {
                    dynasm!(self.ops ; .arch x64 ; cmovl rax, r10);
                }
                self.store(x(0), RAX);
            }
            ("erlang", "setelement", 3) => self.set_element(),
            _ if def.kind.is_plain() => {
                self.begin_native();
                self.call_native(def, called::after_native);
            }
            _ => return false,
        }
        true
    }

    /// Calls what an instruction has been made in place of, and goes on behind it.
    pub(super) fn call_after_all(&mut self) {
        if Op::of(self.opcode) == Op::GuardCall {
            self.guard_by_call();
            return self.go_on(6);
        }
        // SAFETY: further word 1 of the others is the address of a static.
        let def = unsafe { &*(self.word(1) as *const NativeDef) };
        self.load_const(IP, self.address(self.at));
        self.call_native(def, called::after_native);
        self.go_on(2);
    }

    /// Calls a native for the instruction whose address is in `rdi`, with what is in the first X registers.
    fn call_native(&mut self, def: &NativeDef, otherwise: Handler) {
        let target = def.called as usize as u64;
        self.call_counted(otherwise, |f| f.call_function(target));
    }

    /// What makes `call` calls a native with the first X registers, and counts that. Its answer goes to
    /// the first of them.
    pub(super) fn call_counted(&mut self, otherwise: Handler, call: impl FnOnce(&mut Self)) {
        self.call_with(x(0), otherwise, call);
        self.store(x(0), RAX);
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; dec r9));
    }

    /// What makes `call` calls a native with the arguments at `args`. Its answer is in `rax`.
    pub(super) fn call_with(
        &mut self,
        args: Mem,
        otherwise: Handler,
        call: impl FnOnce(&mut Self),
    ) {
        let reds = offset_of!(Worker, spilled) + offset_of!(Spilled, reds);
        self.store(Mem::new(X, reds as i32), REDS);
        self.address_of(REDS, args);
        self.call_out(otherwise, call);
        self.load(HP, Mem::new(X, offset_of!(Worker, native) as i32));
        self.load(HP, Mem::new(HP, Native::TOP as i32));
    }

    /// What makes `call` calls a function of the machine for the instruction whose address is in `rdi`. It
    /// gives back the reductions, and a word in `rax`: nothing if that handler is to go on.
    pub(super) fn call_out(&mut self, otherwise: Handler, call: impl FnOnce(&mut Self)) {
        let otherwise = self.rare(Rare::Answered { handler: otherwise as usize as u64 });
        // What the state has in registers that are lost and does not change. That makes the machine's
        // stack aligned as calls want it.
        dynasm!(self.ops ; .arch x64 ; push rsi ; push rdx ; push r8);
        call(self);
        dynasm!(self.ops ; .arch x64
            ; pop r8
            ; mov r9, rdx
            ; pop rdx
            ; pop rsi
            ; test rax, rax
            ; jz =>otherwise);
    }

    /// Calls a function of the machine that neither builds nor fails, with what `arguments` puts where it takes
    /// that. It answers in `rax`, and changes none of the state.
    pub(super) fn call_pure(&mut self, target: u64, arguments: impl FnOnce(&mut Self)) {
        // With the state the machine's stack is aligned as calls want it.
        dynasm!(self.ops ; .arch x64 ; push rsi ; push rdx ; push rcx ; push r8 ; push r9);
        arguments(self);
        self.call_function(target);
        dynasm!(self.ops ; .arch x64 ; pop r9 ; pop r8 ; pop rcx ; pop rdx ; pop rsi);
    }

    /// Calls a function of the machine.
    pub(super) fn call_function(&mut self, target: u64) {
        if self.arena.reaches(target) {
            self.fixed(|f| f.outward(&[0xE8], target));
        } else {
            self.load_const(RAX, target);
            self.fixed(|f| dynasm!(f.ops ; .arch x64 ; call rax));
        }
    }

    /// An instruction that ends with the distance of a target within reach.
    pub(super) fn outward(&mut self, instruction: &[u8], target: u64) {
        self.ops.extend(instruction);
        let at = self.ops.offset().0 as u32;
        self.outward.push(Outward { at, target });
        self.ops.push_i32(0);
    }

    /// The state is with the worker: a handler goes on with it.
    pub(super) fn answered(&mut self, handler: u64) {
        let spilled = offset_of!(Worker, spilled) as i32;
        for (register, field) in [
            (IP, offset_of!(Spilled, ip)),
            (SP, offset_of!(Spilled, sp)),
            (HP, offset_of!(Spilled, hp)),
            (CP, offset_of!(Spilled, cp)),
            (REDS, offset_of!(Spilled, reds)),
        ] {
            self.load(register, Mem::new(X, spilled + field as i32));
        }
        self.load_const(RAX, handler);
        let out = self.out;
        dynasm!(self.ops ; .arch x64 ; jmp =>out);
        self.does_not_fall_through();
    }

    /// What comes before what a native does: is the call traced or noted? The instruction's address
    /// is in `rdi`.
    fn begin_native(&mut self) {
        let leave = self.leave();
        self.load_const(IP, self.address(self.at));
        self.test_byte(Mem::new(IP, 1), (BREAK >> 8) as u8);
        dynasm!(self.ops ; .arch x64 ; jnz =>leave);
        self.unless_calls_are_saved();
    }

    /// A copy of a tuple with another element.
    fn set_element(&mut self) {
        self.begin_native();
        let call = self.call_otherwise();
        self.load(RAX, x(1));
        self.tuple_arity(R10, RAX, call);
        self.load(IP, x(0));
        self.unless_small(IP, call);
        let source = boxed(RAX, 0).disp as i8;
        // 1 to the arity: one less is below it, as a number without a sign.
        dynasm!(self.ops ; .arch x64
            ; sar rdi, 4
            ; lea r11, [BYTE rdi - 1]
            ; cmp r11, r10
            ; jae =>call
            ; cmp r10, LARGEST
            ; ja =>call
            ; lea r11, [BYTE rcx + r10 * 8 + 8]
            ; cmp r11, rdx
            ; ja =>call);
        self.count();
        // Word by word, as the old one may just have been written so. An odd one comes first.
        let pairs = self.ops.new_dynamic_label();
        dynasm!(self.ops ; .arch x64
            ; test r10b, 1
            ; jnz =>pairs
            ; mov r11, [BYTE rax + r10 * 8 + source]
            ; mov [rcx + r10 * 8], r11
            ; dec r10
            ; =>pairs
            ; mov r11, [BYTE rax + r10 * 8 + source]
            ; mov [rcx + r10 * 8], r11
            ; mov r11, [BYTE rax + r10 * 8 + source - 8]
            ; mov [rcx + r10 * 8 - 8], r11
            ; sub r10, 2
            ; jns =>pairs);
        // The arity once more, from the old tuple: the new one's words are not yet to be read.
        self.load(R10, boxed(RAX, 0));
        self.load(RAX, x(2));
        dynasm!(self.ops ; .arch x64
            ; shr r10, 8
            ; mov [rcx + rdi * 8], rax);
        self.address_of(RAX, Mem::new(HP, Word::from_boxed_ptr(std::ptr::null()).0 as i32));
        dynasm!(self.ops ; .arch x64 ; lea rcx, [BYTE rcx + r10 * 8 + 8]);
        self.store(x(0), RAX);
    }
}

/// The place of an X register.
fn x(n: i32) -> Mem {
    Mem::new(X, n * 8)
}
