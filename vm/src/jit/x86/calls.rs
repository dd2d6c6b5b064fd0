//! Frames, calls, returns.

use super::asm::{CP, IP, Mem, R10, RAX, SP, X, boxed};
use super::{Function, Rare, words};
use crate::code::ops::{BREAK, Op};
use crate::code::{Export, Lambda};
use crate::interp::called;
use crate::native::{NativeDef, NativeKind};
use crate::sched::Worker;
use crate::term::layout::{Kind, header};
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

/// The most words that are reserved or made a frame of here.
const MOST: u64 = 100_000;

/// How native code goes to a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// That returns behind what goes there: `cp` says where to.
    Call,
    /// In its own place.
    Jump,
}

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
                self.go_back();
            }
            Op::Trim => {
                self.load(RAX, Mem::new(SP, 0));
                self.add(SP, i32::from(self.half(1)) * 8);
                self.store(Mem::new(SP, 0), RAX);
            }
            Op::Return => {
                self.return_to_cp();
                self.go_back();
            }
            Op::Call | Op::CallOnly => {
                self.count();
                self.go_to(self.word(1));
            }
            Op::CallLast => {
                self.count();
                self.pop_frame(self.half(2));
                self.go_to(self.word(1));
            }
            Op::MoveCall | Op::MoveCallOnly => {
                self.count();
                self.load(RAX, self.reg(1));
                self.store(self.reg(2), RAX);
                self.go_to(self.word(1));
            }
            Op::CallExt | Op::CallExtLast | Op::CallExtOnly => {
                self.unless_calls_are_saved();
                self.count();
                if op == Op::CallExtLast {
                    self.pop_frame(self.half(2));
                }
                self.go_to_exported(self.word(1));
            }
            Op::CallFun | Op::CallFunLast => {
                self.fun();
                self.go_to_fun();
            }
            _ => return false,
        }
        true
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
        self.keep(|f| {
            f.comparing(|f| dynasm!(f.ops ; .arch x64 ; dec r9));
            dynasm!(f.ops ; .arch x64 ; jle =>over)
        });
    }

    /// How this instruction goes to what it calls.
    fn way(&self) -> Way {
        match Op::of(self.opcode) {
            Op::Call | Op::MoveCall | Op::CallExt | Op::CallFun => Way::Call,
            _ => Way::Jump,
        }
    }

    /// How many words this call takes.
    fn call_words(&self) -> i32 {
        if Op::of(self.opcode) == Op::CallFun { 1 } else { 2 }
    }

    /// What is called returns behind this instruction, unless it is in its place.
    fn comes_back(&mut self) {
        if self.way() == Way::Call {
            self.load_const(CP, self.address(self.by(self.call_words())));
        }
    }

    /// Returns to where `cp` leads: that is in `rdi` from here on.
    pub(super) fn return_to_cp(&mut self) {
        dynasm!(self.ops ; .arch x64 ; mov rdi, r8 ; xor r8d, r8d);
    }

    /// Goes on at the instruction whose address is in `rdi`, where a process returns to: by the machine's
    /// own return if it was called from native code (see [`jit`](crate::jit)).
    pub(super) fn go_back(&mut self) {
        let otherwise = self.rare(Rare::Return);
        self.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp rdi, [BYTE rsp + 8]));
        dynasm!(self.ops ; .arch x64 ; jne =>otherwise);
        self.fixed(|f| dynasm!(f.ops ; .arch x64 ; ret));
        self.does_not_fall_through();
    }

    /// Goes on at the instruction whose address is in `rdi`: by the machine code that its words lead
    /// to, or by the interpreter.
    pub(super) fn go(&mut self, way: Way) {
        self.if_native(|f| match way {
            Way::Jump => {
                f.fixed(|f| dynasm!(f.ops ; .arch x64 ; jmp QWORD [BYTE rdi + 8]));
                f.does_not_fall_through();
            }
            Way::Call => f.calling(|f| dynasm!(f.ops ; .arch x64 ; call QWORD [BYTE rdi + 8])),
        });
    }

    /// Goes to the function whose entry has that address.
    fn go_to(&mut self, entry: u64) {
        self.comes_back();
        if entry == self.address(self.entry) {
            return self.go_to_itself(entry);
        }
        match words::native_code(&self.module.code, entry as *const u64) {
            Some(code) => {
                self.unless_traced(entry);
                self.go_directly(code);
            }
            None => {
                self.load_const(IP, entry);
                self.go(self.way());
            }
        }
    }

    /// Native code of a function of this module stays what is at its entry, but a breakpoint may be there:
    /// the interpreter goes on then.
    fn unless_traced(&mut self, entry: u64) {
        let traced = self.rare(Rare::Traced { entry });
        self.test_byte_at(entry + 1, (BREAK >> 8) as u8);
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; jnz =>traced));
    }

    fn go_directly(&mut self, code: u64) {
        match self.way() {
            Way::Jump => {
                self.fixed(|f| f.outward(&[0xE9], code));
                self.does_not_fall_through();
            }
            Way::Call => self.calling(|f| f.outward(&[0xE8], code)),
        }
    }

    /// Goes to the function that an export stands for now: directly if it has the native code that it has
    /// while this is made.
    fn go_to_exported(&mut self, export: u64) {
        self.comes_back();
        self.load_const(IP, export);
        self.load(IP, Mem::new(IP, offset_of!(Export, code) as i32));
        let entry = words::exported(export);
        let module = self.modules.module_at(entry);
        let Some(code) = module.and_then(|module| words::native_code(&module.code, entry)) else {
            return self.go(self.way());
        };
        let otherwise = self.rare(Rare::Exported { at: self.at });
        self.outward(&[0x48, 0x8D, 0x05], code);
        // Nothing else is the address of native code there, so that no more than a breakpoint may be there too.
        dynasm!(self.ops ; .arch x64 ; cmp rax, [BYTE rdi + 8] ; jne =>otherwise);
        self.test_byte(Mem::new(IP, 1), (BREAK >> 8) as u8);
        dynasm!(self.ops ; .arch x64 ; jnz =>otherwise);
        self.go_directly(code);
    }

    /// The same where it has other native code now.
    pub(super) fn exported(&mut self) {
        self.go(self.way());
        self.go_on_if_called();
    }

    /// What was called returns here.
    fn go_on_if_called(&mut self) {
        if self.way() == Way::Call {
            self.go_on(self.call_words());
        }
    }

    /// Goes to the function in the making, whose entry has that address.
    fn go_to_itself(&mut self, entry: u64) {
        // What is remembered stays in its registers.
        self.unless_traced(entry);
        let own = self.own_entry();
        match self.way() {
            Way::Jump => {
                dynasm!(self.ops ; .arch x64 ; jmp =>own);
                self.does_not_fall_through();
            }
            Way::Call => self.calling(|f| dynasm!(f.ops ; .arch x64 ; call =>own)),
        }
    }

    /// Goes where `make` has it go if there is native code for the instruction at `rdi`, else the interpreter
    /// goes on.
    fn if_native(&mut self, make: impl FnOnce(&mut Self)) {
        let dispatch = self.dispatch;
        let native = Op::Native.opcode() as i32;
        dynasm!(self.ops ; .arch x64 ; movzx eax, WORD [rdi]);
        self.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp eax, native));
        dynasm!(self.ops ; .arch x64 ; jne =>dispatch);
        make(self);
    }

    /// What `call` makes calls machine code of a function, which returns here if the machine's stack still has
    /// where to; or native code is left (see [`go_out`](Self::go_out)).
    fn calling(&mut self, call: impl FnOnce(&mut Self)) {
        let out = self.out;
        dynasm!(self.ops ; .arch x64 ; push r8);
        self.fixed(call);
        dynasm!(self.ops ; .arch x64 ; pop r11 ; jne =>out);
    }

    /// The interpreter makes calls by name that are noted.
    pub(super) fn unless_calls_are_saved(&mut self) {
        let leave = self.leave();
        self.compare_byte(Mem::new(X, offset_of!(Worker, saves_calls) as i32), 0);
        self.unless_equal(leave);
    }

    /// Goes to the code in `rdi` of the fun that this instruction calls.
    fn go_to_fun(&mut self) {
        match self.way() {
            Way::Call => self.comes_back(),
            Way::Jump => self.pop_frame(self.half(3)),
        }
        self.go(self.way());
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
        if self.way() == Way::Call {
            self.native_at_once();
        }
        self.go_to_fun();
        self.go_on_if_called();
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
        self.comes_back();
        let target = offset_of!(NativeDef, called) as i32;
        self.call_counted(called::after_native_stub, |f| {
            f.fixed(|f| dynasm!(f.ops ; .arch x64 ; call QWORD [DWORD rax + target]));
        });
        // It is returned from.
        dynasm!(self.ops ; .arch x64 ; xor r8d, r8d);
        self.go_on_if_called();
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
