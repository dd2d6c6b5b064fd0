//! The state of the running process as instructions see it: registers, operands, where to go on.
//!
//! Not here: what instructions do with it. The words are read and written without checks; what they
//! rely on stands at the head of `interp`.

#[cfg(not(debug_assertions))]
use super::dispatch::Handler;
use super::stubs;
use super::term;
use crate::code::ops::Y_BIT;
use crate::process::Process;
use crate::sched::Worker;
use crate::sched::worker::After;
use crate::term::{Term, Word};
use crate::vm::Vm;

/// The running process's state.
#[derive(Clone, Copy)]
pub(crate) struct M {
    /// The current instruction.
    pub ip: *const u64,
    /// X register 0.
    pub x: *mut Word,
    /// Top of the stack. With a frame: its return address, then its Y registers.
    pub sp: *mut Word,
    /// First free word of the heap.
    pub hp: *mut Word,
    /// Where a function without a frame returns to; null in a function with one.
    pub cp: *const u64,
    /// Reductions left.
    pub reds: i64,
    /// The process.
    pub p: *mut Process,
    /// The worker.
    pub w: *mut Worker,
    /// What goes on in place of the instruction at `ip`, if a handler has left for it.
    #[cfg(not(debug_assertions))]
    pub then: Option<Handler>,
}

/// In place of the kinds of an instruction's operands: they are read from its opcode.
pub(crate) const ANY: u8 = 0xFF;

/// What changes of an [`M`] while it is in the worker's memory.
#[derive(Clone, Copy)]
pub struct Spilled {
    pub(crate) ip: *const u64,
    pub(crate) sp: *mut Word,
    pub(crate) hp: *mut Word,
    pub(crate) cp: *const u64,
    pub(crate) reds: i64,
}

impl Spilled {
    /// Reductions that were left.
    pub fn reds(&self) -> i64 {
        self.reds
    }

    /// Before anything runs.
    pub const NOTHING: Spilled = Spilled {
        ip: std::ptr::null(),
        sp: std::ptr::null_mut(),
        hp: std::ptr::null_mut(),
        cp: std::ptr::null(),
        reds: 0,
    };
}

impl M {
    /// The instruction's opcode, which others may change while the code runs (see
    /// `code::breakpoints`): nothing else may read these 16 bits.
    #[inline(always)]
    pub(super) unsafe fn opcode(self) -> u16 {
        // SAFETY: as `opcode_index`.
        unsafe { self.opcode_index() as u16 }
    }

    /// The opcode as the index that dispatch makes of it: a relaxed load.
    #[inline(always)]
    pub(super) unsafe fn opcode_index(self) -> usize {
        // What is made of an atomic load extends the opcode once more, which is one machine
        // instruction in fourteen; so the load is written out.
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `ip` is at an instruction; an aligned load of 16 bits is atomic, and nothing else
        // is done.
        unsafe {
            let opcode: u64;
            std::arch::asm!(
                "movzx {opcode:e}, word ptr [{ip}]",
                opcode = out(reg) opcode,
                ip = in(reg) self.ip,
                options(pure, readonly, nostack, preserves_flags),
            );
            opcode as usize
        }
        #[cfg(not(target_arch = "x86_64"))]
        // SAFETY: `ip` is at an instruction.
        unsafe {
            use crate::sync::{AtomicU16, Ordering};
            usize::from(AtomicU16::from_ptr(self.ip.cast_mut().cast()).load(Ordering::Relaxed))
        }
    }

    /// The `i`th half-word of the instruction, from 1.
    #[inline(always)]
    unsafe fn half(self, i: usize) -> u16 {
        // SAFETY: `ip` is at an instruction of at least one word.
        unsafe { *self.ip.cast::<u16>().add(i) }
    }

    /// Its `i`th further word, from 1.
    #[inline(always)]
    pub(super) unsafe fn word(self, i: usize) -> u64 {
        // SAFETY: the caller's instruction has that many words.
        unsafe { *self.ip.add(i) }
    }

    #[inline(always)]
    pub(super) unsafe fn a(self) -> u16 {
        // SAFETY: as `opcode`.
        unsafe { self.half(1) }
    }

    #[inline(always)]
    pub(super) unsafe fn b(self) -> u16 {
        // SAFETY: as `opcode`.
        unsafe { self.half(2) }
    }

    #[inline(always)]
    pub(super) unsafe fn c(self) -> u16 {
        // SAFETY: as `opcode`.
        unsafe { self.half(3) }
    }

    /// The address of a register operand.
    #[inline(always)]
    pub(super) unsafe fn reg(self, operand: u16) -> *mut Word {
        let base = if operand & Y_BIT != 0 { self.sp } else { self.x };
        // SAFETY: operands name registers that exist.
        unsafe { base.add((operand & !Y_BIT) as usize) }
    }

    #[inline(always)]
    pub(super) unsafe fn get(self, operand: u16) -> Word {
        // SAFETY: as `reg`.
        unsafe { *self.reg(operand) }
    }

    #[inline(always)]
    pub(super) unsafe fn set(self, operand: u16, w: Word) {
        // SAFETY: as `reg`.
        unsafe { *self.reg(operand) = w }
    }

    /// The address of the register operand in the `i`th half-word, whose kind is in bit `i - 1`
    /// of `K` or of the opcode.
    #[inline(always)]
    pub(super) unsafe fn reg_at<const K: u8>(self, i: usize) -> *mut Word {
        // SAFETY: operands name registers that exist; `ip` is at an instruction.
        unsafe {
            let kinds = if K == ANY { self.opcode() as u8 } else { K };
            let base = if kinds >> (i - 1) & 1 != 0 { self.sp } else { self.x };
            base.add(*self.ip.cast::<u16>().add(i) as usize)
        }
    }

    #[inline(always)]
    pub(super) unsafe fn get_a<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(1) }
    }

    #[inline(always)]
    pub(super) unsafe fn get_b<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(2) }
    }

    #[inline(always)]
    pub(super) unsafe fn get_c<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(3) }
    }

    #[inline(always)]
    pub(super) unsafe fn set_a<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(1) = w }
    }

    #[inline(always)]
    pub(super) unsafe fn set_b<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(2) = w }
    }

    #[inline(always)]
    pub(super) unsafe fn set_c<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(3) = w }
    }

    #[inline(always)]
    pub(super) unsafe fn set_d<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(4) = w }
    }

    /// Register operand `c` of an instruction that comes in variants, kind and all.
    #[inline(always)]
    pub(super) unsafe fn any_c(self) -> u16 {
        // SAFETY: as `opcode`.
        unsafe { self.c() | (self.opcode() >> 2 & 1) << 15 }
    }

    /// The value of a tagged operand.
    #[inline(always)]
    pub(super) unsafe fn tagged(self, operand: u64) -> Word {
        if operand & 3 == 0 {
            // SAFETY: as `reg`.
            unsafe { self.get((operand >> 2) as u16) }
        } else {
            Word(operand)
        }
    }

    /// The value of register `a` as a term.
    #[inline(always)]
    pub(super) unsafe fn term_a<'a>(self) -> Term<'a> {
        // SAFETY: registers that instructions read hold terms.
        unsafe { term(self.get(self.a())) }
    }

    /// Goes on after an instruction of `words` words.
    #[inline(always)]
    pub(super) unsafe fn next(mut self, words: usize) -> M {
        // SAFETY: code goes on behind every instruction that does this.
        self.ip = unsafe { self.ip.add(words) };
        self
    }

    /// The `rel` in the first word.
    #[inline(always)]
    pub(super) unsafe fn rel(self) -> i32 {
        // SAFETY: as `opcode`.
        unsafe { *self.ip.cast::<i32>().add(1) }
    }

    /// Branches by the `rel` in the first word.
    #[inline(always)]
    pub(super) unsafe fn branch(self) -> M {
        // SAFETY: branch offsets lead to instructions of the same module.
        unsafe { self.branch_by(self.rel()) }
    }

    /// Branches by the `rel` in the low half of further word 1.
    #[inline(always)]
    pub(super) unsafe fn branch_w1(self) -> M {
        // SAFETY: as `branch`.
        unsafe { self.branch_by(self.word(1) as i32) }
    }

    #[inline(always)]
    pub(super) unsafe fn branch_by(mut self, rel: i32) -> M {
        // SAFETY: as `branch`.
        self.ip = unsafe { self.ip.offset(rel as isize) };
        self
    }

    /// Goes on if `ok`, else branches by the `rel` in the first word.
    #[inline(always)]
    pub(super) unsafe fn test(self, ok: bool, words: usize) -> M {
        // SAFETY: as `next` and `branch`.
        unsafe { if ok { self.next(words) } else { self.branch() } }
    }

    /// Goes on if `ok`, else branches by the `rel` in further word 1.
    #[inline(always)]
    pub(super) unsafe fn test_w1(self, ok: bool, words: usize) -> M {
        // SAFETY: as `next` and `branch_w1`.
        unsafe { if ok { self.next(words) } else { self.branch_w1() } }
    }

    /// Free words between heap and stack.
    #[inline(always)]
    pub(super) fn free(self) -> usize {
        (self.sp as usize - self.hp as usize) / 8
    }

    /// The machine.
    #[inline(always)]
    pub(super) unsafe fn vm<'a>(self) -> &'a Vm {
        // SAFETY: the worker holds the machine for as long as it runs processes.
        unsafe { &*std::sync::Arc::as_ptr(&(*self.w).vm) }
    }

    /// Puts the state into the worker's memory (see `outlined`).
    #[inline(always)]
    pub(super) unsafe fn spill(self) {
        #[cfg(not(debug_assertions))]
        assert!(self.then.is_none(), "what a handler leaves for is not left to a function");
        // SAFETY: the worker is ours.
        unsafe {
            (*self.w).spilled =
                Spilled { ip: self.ip, sp: self.sp, hp: self.hp, cp: self.cp, reds: self.reds };
        }
    }

    /// The state of what is passed from instruction to instruction; the rest is found from it.
    #[inline(always)]
    pub(super) unsafe fn of_registers(
        ip: *const u64,
        x: *mut Word,
        sp: *mut Word,
        hp: *mut Word,
        cp: *const u64,
        reds: i64,
    ) -> M {
        // SAFETY: the X registers lie in the worker, which runs a process.
        unsafe {
            let w = x.byte_sub(std::mem::offset_of!(Worker, x)).cast::<Worker>();
            M {
                ip,
                x,
                sp,
                hp,
                cp,
                reds,
                p: (*w).current,
                w,
                #[cfg(not(debug_assertions))]
                then: None,
            }
        }
    }

    /// Takes the state from there. The words have mostly just been put there one by one: volatile, as
    /// a load of two at once, which the compiler would make where they are only moved on, has to wait
    /// until they have left the processor's queue of stores.
    #[inline(always)]
    pub(super) unsafe fn unspill(w: *mut Worker) -> M {
        // SAFETY: the worker is ours and runs a process.
        unsafe {
            let s = &raw const (*w).spilled;
            M {
                ip: (&raw const (*s).ip).read_volatile(),
                x: (&raw mut (*w).x).cast(),
                sp: (&raw const (*s).sp).read_volatile(),
                hp: (&raw const (*s).hp).read_volatile(),
                cp: (&raw const (*s).cp).read_volatile(),
                reds: (&raw const (*s).reds).read_volatile(),
                p: (*w).current,
                w,
                #[cfg(not(debug_assertions))]
                then: None,
            }
        }
    }

    /// Writes heap and stack tops back to the process.
    #[inline(always)]
    pub(super) unsafe fn save_tops(self) {
        // SAFETY: the worker owns the process.
        unsafe {
            (*self.p).heap.top = self.hp;
            (*self.p).heap.stop = self.sp;
        }
    }

    /// Takes heap and stack tops from the process.
    #[inline(always)]
    pub(super) unsafe fn load_tops(mut self) -> M {
        // SAFETY: the worker owns the process.
        unsafe {
            self.hp = (*self.p).heap.top;
            self.sp = (*self.p).heap.stop;
        }
        self
    }

    /// Stops the loop; `after` says what becomes of the process.
    #[inline(always)]
    pub(super) unsafe fn stop(mut self, after: After) -> M {
        // SAFETY: the worker is ours.
        unsafe { (*self.w).after = after };
        self.ip = stubs::stop();
        self
    }
}
