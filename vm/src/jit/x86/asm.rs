//! Machine instructions with operands that are known only when code is made: the shortest form of
//! each.

use super::Function;
use crate::term::Word;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

// The state of the process, in the registers that handlers take it in.
/// Instruction pointer; while native code goes on it is free to use.
pub(super) const IP: u8 = 7;
/// X register 0.
pub(super) const X: u8 = 6;
/// Top of the stack.
pub(super) const SP: u8 = 2;
/// First free word of the heap.
pub(super) const HP: u8 = 1;
/// Return address of a function without a frame.
pub(super) const CP: u8 = 8;
/// Reductions left.
pub(super) const REDS: u8 = 9;

// Free to use.
pub(super) const RAX: u8 = 0;
pub(super) const R10: u8 = 10;
/// What tests use.
pub(super) const R11: u8 = 11;

/// A word in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mem {
    pub(super) base: u8,
    pub(super) disp: i32,
}

impl Mem {
    pub(super) fn new(base: u8, disp: i32) -> Mem {
        Mem { base, disp }
    }
}

/// Makes an instruction with a memory operand, in the shortest form. With a register that is only known
/// when code is made the assembler would make one byte more of each.
macro_rules! with_mem {
    ($f:ident, $mem:ident, $before:tt $after:tt) => {{
        let Mem { base, disp } = $mem;
        match base {
            RAX => with_base!($f, rax, disp, $before $after),
            HP => with_base!($f, rcx, disp, $before $after),
            SP => with_base!($f, rdx, disp, $before $after),
            X => with_base!($f, rsi, disp, $before $after),
            IP => with_base!($f, rdi, disp, $before $after),
            R10 => with_base!($f, r10, disp, $before $after),
            R11 => with_base!($f, r11, disp, $before $after),
            _ => unreachable!("not a register for places"),
        }
    }};
}

macro_rules! with_base {
    ($f:ident, $base:ident, $disp:ident, [$($before:tt)*] [$($after:tt)*]) => {
        match i8::try_from($disp) {
            Ok(0) => dynasm!($f.ops ; .arch x64 ; $($before)* [$base] $($after)*),
            Ok(disp) => dynasm!($f.ops ; .arch x64 ; $($before)* [BYTE $base + disp] $($after)*),
            Err(_) => dynasm!($f.ops ; .arch x64 ; $($before)* [DWORD $base + $disp] $($after)*),
        }
    };
}

impl Function<'_> {
    /// Makes a branch that does not change.
    pub(super) fn fixed(&mut self, branch: impl FnOnce(&mut Self)) {
        let fixed = self.ops.fixed();
        branch(self);
        self.ops.ends(fixed);
    }

    /// Makes a comparison, which counts as one instruction with the branch that comes right behind it.
    pub(super) fn comparing(&mut self, compare: impl FnOnce(&mut Self)) {
        let comparison = self.ops.comparison();
        compare(self);
        self.ops.ends(comparison);
    }

    /// Tests `bits` of the sum of a register and a number. Uses `r11`.
    fn add_and_test(&mut self, reg: u8, plus: i32, bits: i8) {
        let sum = Mem::new(reg, plus);
        with_mem!(self, sum, [lea r11d, ] []);
        self.comparing(|f| dynasm!(f.ops ; .arch x64 ; test r11b, bits));
    }

    /// See [`load`](Self::load).
    pub(super) fn load_from_memory(&mut self, to: u8, from: Mem) {
        with_mem!(self, from, [mov Rq(to), ] []);
    }

    /// See [`store`](Self::store).
    pub(super) fn store_to_memory(&mut self, to: Mem, from: u8) {
        with_mem!(self, to, [mov QWORD ] [, Rq(from)]);
    }

    /// Uses `r11` for constants of more than 32 bits.
    pub(super) fn store_const(&mut self, to: Mem, w: u64) {
        if let Ok(w) = i32::try_from(w as i64) {
            self.writing(to, |f| with_mem!(f, to, [mov QWORD ] [, w]));
        } else {
            self.load_const(R11, w);
            self.store(to, R11);
        }
    }

    /// Leaves the flags alone.
    pub(super) fn load_const(&mut self, to: u8, w: u64) {
        self.changing(to, |f| {
            if let Ok(w) = u32::try_from(w) {
                dynasm!(f.ops ; .arch x64 ; mov Rd(to), w as i32);
            } else if let Ok(w) = i32::try_from(w as i64) {
                dynasm!(f.ops ; .arch x64 ; mov Rq(to), w);
            } else {
                dynasm!(f.ops ; .arch x64 ; mov Rq(to), QWORD w as i64);
            }
        });
    }

    pub(super) fn address_of(&mut self, to: u8, mem: Mem) {
        self.changing(to, |f| with_mem!(f, mem, [lea Rq(to), ] []));
    }

    pub(super) fn compare_byte(&mut self, mem: Mem, with: u8) {
        self.keep(|f| with_mem!(f, mem, [cmp BYTE ] [, with as i8]));
    }

    /// Whether bits of the byte at that address are set.
    pub(super) fn test_byte_at(&mut self, address: u64, bits: u8) {
        if let Ok(address) = i32::try_from(address) {
            self.keep(|f| dynasm!(f.ops ; .arch x64 ; test BYTE [DWORD address], bits as i8));
        } else {
            self.load_const(R11, address);
            self.test_byte(Mem::new(R11, 0), bits);
        }
    }

    /// Whether bits of a byte are set.
    pub(super) fn test_byte(&mut self, mem: Mem, bits: u8) {
        self.keep(|f| with_mem!(f, mem, [test BYTE ] [, bits as i8]));
    }

    pub(super) fn load_byte(&mut self, to: u8, mem: Mem) {
        self.changing(to, |f| with_mem!(f, mem, [movzx Rd(to), BYTE ] []));
    }

    pub(super) fn store_byte(&mut self, to: Mem, n: u8) {
        with_mem!(self, to, [mov BYTE ] [, n as i8]);
    }

    pub(super) fn load_float(&mut self, to: u8, mem: Mem) {
        self.keep(|f| with_mem!(f, mem, [movsd Rx(to), QWORD ] []));
    }

    pub(super) fn store_float(&mut self, mem: Mem, from: u8) {
        self.writing(mem, |f| with_mem!(f, mem, [movsd QWORD ] [, Rx(from)]));
    }

    /// Compares a register with a constant. Uses `r11` for constants of more than 32 bits.
    pub(super) fn compare_const(&mut self, reg: u8, w: u64) {
        if let Ok(w) = i8::try_from(w as i64) {
            // The assembler does not make the short form.
            let code = [0x48 | reg >> 3, 0x83, 0xF8 | reg & 7, w as u8];
            self.keep(|f| f.comparing(|f| f.ops.extend(&code)));
        } else if let Ok(w) = i32::try_from(w as i64) {
            self.keep(|f| f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp Rq(reg), w)));
        } else {
            self.load_const(R11, w);
            self.keep(|f| f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp Rq(reg), r11)));
        }
    }

    /// Compares a word in memory with a constant. Uses `r11` as above.
    pub(super) fn compare_mem_const(&mut self, mem: Mem, w: u64) {
        if let Ok(w) = i32::try_from(w as i64) {
            self.keep(|f| with_mem!(f, mem, [cmp QWORD ] [, w]));
        } else {
            self.load_const(R11, w);
            self.keep(|f| with_mem!(f, mem, [cmp QWORD ] [, r11]));
        }
    }

    /// Adds a constant to a register of the state. The flags are lost.
    pub(super) fn add(&mut self, to: u8, n: i32) {
        self.changing(to, |f| match i8::try_from(n) {
            Ok(n) => dynasm!(f.ops ; .arch x64 ; add Rq(to), BYTE n),
            Err(_) => dynasm!(f.ops ; .arch x64 ; add Rq(to), DWORD n),
        });
    }

    // Branches after a comparison: to `yes` if it found both equal, to `no` unless it did.

    pub(super) fn if_equal(&mut self, yes: DynamicLabel) {
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; je =>yes));
    }

    pub(super) fn unless_equal(&mut self, no: DynamicLabel) {
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; jne =>no));
    }

    // Tests of words: they branch unless it is so.

    pub(super) fn unless_small(&mut self, reg: u8, no: DynamicLabel) {
        self.keep(|f| {
            f.add_and_test(reg, 1, 15);
            dynasm!(f.ops ; .arch x64 ; jnz =>no)
        });
    }

    /// Branches if it is so.
    pub(super) fn if_small(&mut self, reg: u8, yes: DynamicLabel) {
        self.keep(|f| {
            f.add_and_test(reg, 1, 15);
            dynasm!(f.ops ; .arch x64 ; jz =>yes)
        });
    }

    pub(super) fn unless_both_small(&mut self, a: u8, b: u8, no: DynamicLabel) {
        self.keep(|f| {
            dynasm!(f.ops ; .arch x64
            ; mov r11d, Rd(a)
            ; and r11d, Rd(b)
            ; inc r11d);
            f.comparing(|f| dynasm!(f.ops ; .arch x64 ; test r11b, 15));
            dynasm!(f.ops ; .arch x64 ; jnz =>no)
        });
    }

    pub(super) fn unless_cons(&mut self, reg: u8, no: DynamicLabel) {
        self.keep(|f| {
            f.add_and_test(reg, -1, 3);
            dynasm!(f.ops ; .arch x64 ; jnz =>no)
        });
    }

    pub(super) fn unless_boxed(&mut self, reg: u8, no: DynamicLabel) {
        self.keep(|f| {
            f.add_and_test(reg, -2, 3);
            dynasm!(f.ops ; .arch x64 ; jnz =>no)
        });
    }

    /// Whether the low bits of a word are a tag: `mask` is of at most seven bits.
    pub(super) fn compare_tag(&mut self, reg: u8, mask: i8, tag: i8) {
        self.keep(|f| {
            dynasm!(f.ops ; .arch x64
            ; mov r11d, Rd(reg)
            ; and r11b, mask);
            f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp r11b, tag))
        });
    }

    /// The value of a tagged operand.
    pub(super) fn load_tagged(&mut self, to: u8, operand: u64) {
        if operand & 3 == 0 {
            self.load(to, any_register((operand >> 2) as u16));
        } else {
            self.load_const(to, operand);
        }
    }

    /// Leaves unless there are that many words free between heap and stack. Uses `r11`, which is the
    /// stack's top less those words then.
    pub(super) fn unless_free(&mut self, words: i32, no: DynamicLabel) {
        self.address_of(R11, Mem::new(SP, -words * 8));
        self.keep(|f| {
            f.comparing(|f| dynasm!(f.ops ; .arch x64 ; cmp r11, rcx));
            dynasm!(f.ops ; .arch x64 ; jb =>no)
        });
    }
}

/// The place of a register operand with its kind in bit 15.
pub(super) fn any_register(operand: u16) -> Mem {
    use crate::code::ops::Y_BIT;
    super::register(operand & !Y_BIT, operand & Y_BIT != 0)
}

/// What a boxed word points to, `words` behind its header.
pub(super) fn boxed(reg: u8, words: i32) -> Mem {
    Mem::new(reg, words * 8 - (Word::from_boxed_ptr(std::ptr::null()).0 as i32))
}

/// Head (0) or tail (1) of the cell that a word points to.
pub(super) fn cell(reg: u8, word: i32) -> Mem {
    Mem::new(reg, word * 8 - (Word::from_cons_ptr(std::ptr::null()).0 as i32))
}
