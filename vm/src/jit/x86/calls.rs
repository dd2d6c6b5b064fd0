//! Moves, frames, calls, returns.

use super::asm::{CP, IP, Mem, R10, RAX, SP, X, boxed};
use super::{Function, Rare, words};
use crate::code::ops::Op;
use crate::code::{Export, Lambda};
use crate::interp::called;
use crate::native::{NativeDef, NativeKind};
use crate::sched::Worker;
use crate::term::Word;
use crate::term::layout::{Kind, header};
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// The most words that are reserved or made a frame of here.
const MOST: u64 = 100_000;

impl Function<'_> {
    pub(super) fn call(&mut self, op: Op) -> bool {
        match op {
            Op::Allocate => self.allocate(0),
            Op::AllocateHeap => return self.allocate_heap(),
            Op::TestHeap => {
                let need = self.word(1);
                if need > MOST {
                    return false;
                }
                let leave = self.leave();
                self.unless_free(need as i32, leave);
            }
            Op::Deallocate => {
                self.load(CP, Mem::new(SP, 0));
                self.pop(self.half(1));
            }
            Op::DeallocateReturn => {
                self.load(IP, Mem::new(SP, 0));
                self.pop(self.half(1));
                self.go();
            }
            Op::Trim => {
                self.load(RAX, Mem::new(SP, 0));
                self.add(SP, i32::from(self.half(1)) * 8);
                self.store(Mem::new(SP, 0), RAX);
            }
            Op::Return => {
                dynasm!(self.ops ; .arch x64 ; mov rdi, r8 ; xor r8d, r8d);
                self.go();
            }
            Op::Call => {
                self.count();
                self.come_back(2);
                self.go_to(self.word(1));
            }
            Op::CallLast => {
                self.count();
                self.pop_frame(self.half(2));
                self.go_to(self.word(1));
            }
            Op::CallOnly => {
                self.count();
                self.go_to(self.word(1));
            }
            Op::MoveCall | Op::MoveCallOnly => {
                self.count();
                self.load(RAX, self.reg(1));
                self.store(self.reg(2), RAX);
                if op == Op::MoveCall {
                    self.come_back(2);
                }
                self.go_to(self.word(1));
            }
            Op::CallExt | Op::CallExtLast | Op::CallExtOnly => {
                self.unless_calls_are_saved();
                self.count();
                match op {
                    Op::CallExt => self.come_back(2),
                    Op::CallExtLast => self.pop_frame(self.half(2)),
                    _ => {}
                }
                self.load_const(IP, self.word(1));
                self.load(IP, Mem::new(IP, offset_of!(Export, code) as i32));
                self.go();
            }
            Op::CallFun | Op::CallFunLast => {
                self.fun();
                self.go_to_fun();
            }
            _ => return false,
        }
        true
    }

    fn pop(&mut self, slots: u16) {
        self.add(SP, (i32::from(slots) + 1) * 8);
    }

    fn pop_frame(&mut self, slots: u16) {
        self.load(CP, Mem::new(SP, 0));
        self.pop(slots);
    }

    fn allocate(&mut self, need: i32) {
        let slots = i32::from(self.half(1));
        let leave = self.leave();
        if need == 0 {
            self.unless_free(slots + 1, leave);
            self.changing(SP, |f| dynasm!(f.ops ; .arch x64 ; mov rdx, r11));
        } else {
            self.unless_free(slots + 1 + need, leave);
            self.add(SP, -(slots + 1) * 8);
        }
        match slots {
            0 => {}
            1..=12 => {
                for slot in 1..=slots {
                    self.store_const(Mem::new(SP, slot * 8), Word::NIL.0);
                }
            }
            _ => {
                let again = self.ops.new_dynamic_label();
                self.load_const(RAX, slots as u64);
                dynasm!(self.ops ; .arch x64
                    ; =>again
                    ; mov QWORD [rdx + rax * 8], Word::NIL.0 as i32
                    ; dec eax
                    ; jnz =>again);
            }
        }
        self.store(Mem::new(SP, 0), CP);
        self.changing(CP, |f| dynasm!(f.ops ; .arch x64 ; xor r8d, r8d));
    }

    fn allocate_heap(&mut self) -> bool {
        let need = self.word(1);
        if need > MOST {
            return false;
        }
        self.allocate(need as i32);
        true
    }

    /// Counts a reduction. At the end of the slice the interpreter makes the call.
    pub(super) fn count(&mut self) {
        let over = self.leave_counted();
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; dec r9 ; jle =>over));
    }

    /// What is called returns behind this instruction of `words` words.
    fn come_back(&mut self, words: u32) {
        self.load_const(CP, self.address(self.at + words));
    }

    /// Goes to the function whose entry has that address.
    fn go_to(&mut self, entry: u64) {
        self.load_const(IP, entry);
        if entry != self.address(self.entry) {
            return match words::native_code(self.code, entry) {
                Some(code) => self.go_where(|f| f.outward(0xE9, code)),
                None => self.go(),
            };
        }
        let (dispatch, own) = (self.dispatch, self.own_entry());
        let native = Op::Native.opcode() as i32;
        dynasm!(self.ops ; .arch x64
            ; movzx r11d, WORD [rdi]
            ; cmp r11d, native
            ; je =>own
            ; mov eax, r11d
            ; jmp =>dispatch);
        self.does_not_fall_through();
    }

    /// The interpreter makes calls by name that are noted.
    pub(super) fn unless_calls_are_saved(&mut self) {
        let leave = self.leave();
        self.compare_byte(Mem::new(X, offset_of!(Worker, saves_calls) as i32), 0);
        self.unless_equal(leave);
    }

    /// Goes to the code in `rdi` of the fun that this instruction calls.
    fn go_to_fun(&mut self) {
        match Op::of(self.opcode) {
            Op::CallFun => self.come_back(1),
            _ => self.pop_frame(self.half(3)),
        }
        self.go();
    }

    /// Calls the function that a fun stands for which no module has made (`fun M:F/A`), in `rax`. What is
    /// no such fun, or does not take so many arguments, is left to the interpreter.
    pub(super) fn export_fun(&mut self) {
        let leave = self.leave();
        self.compare_byte(boxed(RAX, 0), header(Kind::ExportFun, 0).0 as u8);
        self.unless_equal(leave);
        self.load(R10, boxed(RAX, 1));
        self.compare_byte(Mem::new(R10, offset_of!(Export, arity) as i32), self.half(1) as u8);
        self.unless_equal(leave);
        self.unless_calls_are_saved();
        self.count();
        self.load(IP, Mem::new(R10, offset_of!(Export, code) as i32));
        if Op::of(self.opcode) == Op::CallFun {
            self.native_at_once();
        }
        self.go_to_fun();
    }

    /// If the code in `rdi` is one that calls a native, makes that call and goes on behind this instruction.
    fn native_at_once(&mut self) {
        let no = self.ops.new_dynamic_label();
        dynasm!(self.ops ; .arch x64
            ; movzx eax, WORD [rdi]
            ; cmp eax, Op::CallNativeStub.opcode() as i32
            ; jne =>no);
        self.load(RAX, Mem::new(IP, 8));
        let kind = Mem::new(RAX, offset_of!(NativeDef, kind) as i32);
        // Others are left to the interpreter.
        self.compare_byte(kind, NativeKind::Ordinary as u8);
        dynasm!(self.ops ; .arch x64 ; ja =>no);
        self.come_back(1);
        let target = offset_of!(NativeDef, called) as i32;
        self.call_counted(called::after_native_stub, |f| {
            dynasm!(f.ops ; .arch x64 ; call QWORD [DWORD rax + target]);
        });
        // It is returned from.
        dynasm!(self.ops ; .arch x64 ; xor r8d, r8d);
        self.go_on(1);
        self.bind(no);
    }

    /// Readies a call of a fun that a module has made: its code is in `rdi`, what it has caught is behind
    /// the arguments. Those that do not take so many arguments are left to the interpreter.
    fn fun(&mut self) {
        let arity = self.half(1);
        let leave = self.leave();
        let export = self.rare(Rare::ExportFun { at: self.at });
        self.load(RAX, self.reg(2));
        self.unless_boxed(RAX, leave);
        self.compare_byte(boxed(RAX, 0), header(Kind::Fun, 0).0 as u8);
        self.unless_equal(export);
        self.load(R10, boxed(RAX, 1));
        self.compare_byte(Mem::new(R10, offset_of!(Lambda, arity) as i32), arity as u8);
        self.unless_equal(leave);
        self.load(IP, Mem::new(R10, offset_of!(Lambda, code) as i32));
        dynasm!(self.ops ; .arch x64 ; test rdi, rdi ; jz =>leave);
        self.unless_calls_are_saved();
        self.count();
        let (again, none) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let num_free = offset_of!(Lambda, num_free) as i32;
        let first = boxed(RAX, 2).disp;
        let to = (i32::from(arity) - 1) * 8;
        dynasm!(self.ops ; .arch x64
            ; mov r10d, [DWORD r10 + num_free]
            ; test r10d, r10d
            ; jz =>none
            ; =>again
            ; mov r11, [DWORD rax + r10 * 8 + first]
            ; mov [DWORD rsi + r10 * 8 + to], r11
            ; dec r10d
            ; jnz =>again);
        self.bind(none);
    }
}
