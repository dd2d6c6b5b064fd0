//! Bit syntax: building of short bitstrings from parts whose sizes are known.
//!
//! The parts are put together in a register, eight bytes at a time, and each eight bytes are stored
//! once. Values that are no small integers, or floats that lie in no word, are left to the interpreter.

use super::Function;
use super::asm::{HP, Mem, R10, RAX, any_register};
use crate::interp::binary_build::{Value, add_parts};
use crate::term::Word;
use crate::term::layout::{HEAP_BITS_MAX_BYTES, Kind, header};
use dynasmrt::{DynasmApi, dynasm};

/// Words of a bitstring before its bits.
const HEAD: i32 = 2;

impl Function<'_> {
    /// False: some part is not of such a kind.
    pub(super) fn build(&mut self) -> bool {
        let bits = self.word(2);
        if self.half(3) != 0 || bits > HEAP_BITS_MAX_BYTES as u64 * 8 {
            return false;
        }
        let mut parts = Vec::new();
        for i in 0..self.word(3) as u32 {
            let segment = [4, 5, 6].map(|word| self.word(word + 3 * i));
            // SAFETY: the instruction has that many segments.
            if unsafe { add_parts(segment, &mut parts) }.is_none() {
                return false;
            }
        }
        let leave = self.leave();
        let words = HEAD + bits.div_ceil(64) as i32;
        let Ok(spare) = i32::try_from(self.word(1) >> 32) else { return false };
        self.unless_free(words + spare, leave);
        let mut at = 0;
        for part in parts {
            match part.value {
                Value::Constant(n) => self.load_const(RAX, n),
                Value::Integer(operand) => {
                    self.load_tagged(RAX, operand);
                    self.unless_small(RAX, leave);
                    dynasm!(self.ops ; .arch x64 ; sar rax, 4);
                }
                Value::Double(operand) => {
                    self.load_tagged(RAX, operand);
                    self.value(0, RAX, leave);
                    dynasm!(self.ops ; .arch x64 ; movq rax, xmm0);
                }
            }
            if part.little {
                dynasm!(self.ops ; .arch x64 ; bswap rax ; shr rax, 64 - part.bits as i8);
            }
            self.add_bits(at, part.bits);
            at += part.bits;
        }
        if at % 64 != 0 {
            dynasm!(self.ops ; .arch x64 ; shl r10, 64 - (at % 64) as i8);
            self.store_bits(at);
        }
        self.store_const(Mem::new(HP, 0), header(Kind::HeapBits, words as usize - 1).0);
        self.store_const(Mem::new(HP, 8), bits);
        self.built(Word::from_boxed_ptr(std::ptr::null()), words, any_register(self.half(1)));
        true
    }

    /// Puts the low `bits` bits (1 to 64) of `rax` behind the `at` bits that there are. The last of them
    /// that do not make up eight bytes are the lowest of `r10`, below what counts for nothing.
    fn add_bits(&mut self, at: usize, bits: usize) {
        let had = at % 64;
        let room = 64 - had;
        if had == 0 {
            dynasm!(self.ops ; .arch x64 ; mov r10, rax);
        } else {
            // What goes to the same eight bytes, alone.
            let here = bits.min(room);
            let unused = 64 - here as i8;
            dynasm!(self.ops ; .arch x64
                ; mov r11, rax
                ; shl r11, 64 - bits as i8
                ; shr r11, unused
                ; shl r10, here as i8
                ; or r10, r11);
        }
        if bits >= room {
            self.store_bits(at + room);
            // The rest begins the next.
            if bits > room {
                dynasm!(self.ops ; .arch x64 ; mov r10, rax);
            }
        }
    }

    /// Stores the eight bytes in `r10` that end behind so many bits, or begin before.
    fn store_bits(&mut self, end: usize) {
        dynasm!(self.ops ; .arch x64 ; bswap r10);
        self.store(Mem::new(HP, (HEAD + end.div_ceil(64) as i32 - 1) * 8), R10);
    }
}
