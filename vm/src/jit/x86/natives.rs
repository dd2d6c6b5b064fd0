//! Calls of natives. What a few that do little do is made in place of the call.

use super::Function;
use super::asm::{CP, HP, IP, Mem, R10, RAX, REDS, SP, X, boxed};
use crate::code::ops::{BREAK, Op};
use crate::interp::Spilled;
use crate::interp::called::{self, Call};
use crate::native::NativeDef;
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
            self.call_out(called::NATIVE_LAST);
            match self.half(2) {
                0 => dynasm!(self.ops ; .arch x64 ; mov rdi, r8 ; xor r8d, r8d),
                slots => {
                    self.load(IP, Mem::new(SP, 0));
                    self.add(SP, i32::from(slots) * 8);
                }
            }
            self.go();
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
                self.call_out(called::NATIVE);
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
        self.load_const(IP, self.address(self.at));
        self.call_out(called::NATIVE);
        self.go_on(2);
    }

    /// Calls a function of the machine for the instruction whose address is in `rdi`.
    pub(super) fn call_out(&mut self, call: Call) {
        let otherwise =
            self.rare(super::Rare::Answered { handler: call.otherwise as usize as u64 });
        // What the state has in registers that are lost and does not change. That makes the machine's
        // stack aligned as calls want it.
        dynasm!(self.ops ; .arch x64 ; push rsi ; push rdx ; push r8);
        self.load_const(RAX, call.function as usize as u64);
        dynasm!(self.ops ; .arch x64
            ; call rax
            ; pop r8
            ; mov r9, rdx
            ; pop rdx
            ; pop rsi
            ; test rax, rax
            ; jz =>otherwise
            ; mov rcx, rax);
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
        dynasm!(self.ops ; .arch x64 ; jmp rax);
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
