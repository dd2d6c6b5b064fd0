//! Bit syntax: matching of fields whose size is known.

use super::Function;
use super::asm::{HP, IP, Mem, R10, R11, RAX, any_register, boxed};
use super::type_tests::kind_byte;
use crate::code::ops::Op;
use crate::heap::Binary;
use crate::interp::binary_match::{CONTEXT_WORDS, LITTLE, SIGNED};
use crate::term::Word;
use crate::term::layout::{Kind, header};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// Fields of at most so many bits lie within eight bytes wherever they begin.
const WIDEST: u64 = 56;

// The fields of a match context that a word points to.
const POSITION: i32 = 1;
const END: i32 = 2;
const OWNER: i32 = 3;

impl Function<'_> {
    pub(super) fn binary(&mut self, op: Op) -> bool {
        match op {
            Op::BsStartMatch => self.start_match(),
            Op::BsGet8 => self.integer(8, 0),
            Op::BsGet16 => self.integer(16, 0),
            Op::BsGet32 => self.integer(32, 0),
            Op::BsGetSmall => {
                let flags = (self.word(1) >> 32) as u32;
                let bits = u64::from(self.half(3));
                if flags & LITTLE != 0 || !(1..=WIDEST).contains(&bits) {
                    return false;
                }
                self.integer(bits, flags);
            }
            Op::BsMatchString => {
                let bits = self.word(1);
                if !(1..=WIDEST).contains(&bits) {
                    return false;
                }
                let no = self.no_match(false);
                self.field(bits, no);
                // SAFETY: the instruction has the address of a string of that many bits, which lives
                // as long as the code.
                let string = unsafe {
                    crate::term::bitfield::read(self.word(2) as *const u8, 0, bits as usize)
                };
                self.unsigned(bits);
                self.load_const(IP, string);
                self.keep(|f| dynasm!(f.ops ; .arch x64 ; cmp r11, rdi ; jne =>no));
                self.advance(bits);
            }
            Op::BsSkip => {
                let Ok(bits) = i32::try_from(self.word(1)) else { return false };
                let no = self.no_match(false);
                self.left(any_register(self.half(1)));
                self.changing(R10, |f| {
                    dynasm!(f.ops ; .arch x64 ; cmp r11, bits ; jb =>no ; add r10, bits);
                });
                self.store(boxed(RAX, POSITION), R10);
            }
            Op::BsTestUnit => {
                let unit = self.word(1);
                if !unit.is_power_of_two() || unit > 128 {
                    return false;
                }
                let no = self.no_match(false);
                self.left(self.reg(1));
                self.keep(|f| {
                    dynasm!(f.ops ; .arch x64 ; test r11d, unit as i32 - 1 ; jnz =>no);
                });
            }
            Op::BsTestTail => {
                let no = self.no_match(false);
                self.left(self.reg(1));
                self.compare_left(self.word(1));
                self.unless_equal(no);
            }
            Op::BsGetPosition => {
                self.load(RAX, self.reg(1));
                self.load(RAX, boxed(RAX, POSITION));
                dynasm!(self.ops ; .arch x64 ; shl rax, 4 ; or rax, BYTE Word::small(0).0 as i8);
                self.store(self.reg(2), RAX);
            }
            Op::BsSetPosition => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.load(R10, self.reg(2));
                self.unless_small(R10, leave);
                self.load(R11, boxed(RAX, END));
                // Below zero is far beyond the end, as a number without a sign.
                dynasm!(self.ops ; .arch x64 ; sar r10, 4 ; cmp r10, r11 ; ja =>leave);
                self.store(boxed(RAX, POSITION), R10);
            }
            Op::BsGetUtf8 => {
                let leave = self.leave();
                self.load(RAX, self.reg(1));
                self.load(R10, boxed(RAX, POSITION));
                self.load(R11, boxed(RAX, END));
                self.keep(|f| {
                    dynasm!(f.ops ; .arch x64
                        ; sub r11, r10
                        ; cmp r11, BYTE 8
                        ; jb =>leave
                        ; test r10b, 7
                        ; jnz =>leave);
                });
                self.base();
                self.changing(R10, |f| {
                    dynasm!(f.ops ; .arch x64
                        ; mov r11, r10
                        ; shr r11, 3
                        ; movzx edi, BYTE [rdi + r11]
                        ; test dil, dil
                        ; js =>leave
                        ; add r10, BYTE 8);
                });
                self.store(boxed(RAX, POSITION), R10);
                self.keep(|f| {
                    dynasm!(f.ops ; .arch x64 ; shl edi, 4 ; or edi, BYTE Word::small(0).0 as i8);
                });
                self.store(self.reg(2), IP);
            }
            _ => return false,
        }
        true
    }

    /// Where a match goes on that fails: by the `rel` in further word 1 or in the first one. Without
    /// one there is nowhere to go, which the handler says.
    fn no_match(&mut self, in_word_1: bool) -> DynamicLabel {
        match in_word_1 {
            true if self.word(1) as i32 == 0 => self.leave(),
            true => self.rel_w1(),
            false if self.half(2) == 0 && self.half(3) == 0 => self.leave(),
            false => self.rel(),
        }
    }

    fn start_match(&mut self) {
        let (no, leave) = (self.no_match(true), self.leave());
        let [sub, made, done] = [(); 3].map(|()| self.ops.new_dynamic_label());
        self.load(RAX, self.reg(1));
        self.unless_boxed(RAX, no);
        self.load_byte(R10, boxed(RAX, 0));
        dynasm!(self.ops ; .arch x64
            ; cmp r10d, i32::from(kind_byte(Kind::MatchCtx))
            ; je =>done
            ; sub r10d, i32::from(kind_byte(Kind::HeapBits))
            ; cmp r10d, i32::from(kind_byte(Kind::SubBits) - kind_byte(Kind::HeapBits))
            ; ja =>no
            // Room: the stack's top less what is needed is not below the heap's.
            ; lea r11, [BYTE rdx - CONTEXT_WORDS as i8 * 8]
            ; cmp r11, rcx
            ; jb =>leave
            ; test r10d, r10d
            ; jnz =>sub);
        self.store_const(Mem::new(HP, POSITION * 8), 0);
        self.load(R10, boxed(RAX, 1));
        self.store(Mem::new(HP, END * 8), R10);
        dynasm!(self.ops ; .arch x64 ; jmp =>made);
        self.bind(sub);
        self.load(R10, boxed(RAX, 1));
        self.store(Mem::new(HP, POSITION * 8), R10);
        self.load(R11, boxed(RAX, 2));
        dynasm!(self.ops ; .arch x64 ; add r11, r10);
        self.store(Mem::new(HP, END * 8), R11);
        self.load(RAX, boxed(RAX, 3));
        self.bind(made);
        self.store(Mem::new(HP, OWNER * 8), RAX);
        let header = header(Kind::MatchCtx, CONTEXT_WORDS - 1).0;
        self.store_const(Mem::new(HP, 0), header);
        self.address_of(RAX, Mem::new(HP, Word::from_boxed_ptr(std::ptr::null()).0 as i32));
        self.add(HP, CONTEXT_WORDS as i32 * 8);
        self.bind(done);
        self.store(self.reg(2), RAX);
    }

    /// The bits that are left of a context: in `r11`; the context is in `rax`, its
    /// position in `r10`.
    fn left(&mut self, context: Mem) {
        self.load(RAX, context);
        self.load(R10, boxed(RAX, POSITION));
        self.load(R11, boxed(RAX, END));
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; sub r11, r10));
    }

    fn compare_left(&mut self, bits: u64) {
        if i32::try_from(bits).is_ok() {
            self.compare_const(R11, bits);
        } else {
            self.load_const(R10, bits);
            self.keep(|f| dynasm!(f.ops ; .arch x64 ; cmp r11, r10));
        }
    }

    /// The first byte of the owner of the context in `rax`: in `rdi`.
    fn base(&mut self) {
        let [on_heap, done] = [(); 2].map(|()| self.ops.new_dynamic_label());
        self.load(IP, boxed(RAX, OWNER));
        self.compare_byte(boxed(IP, 0), kind_byte(Kind::HeapBits));
        self.if_equal(on_heap);
        self.load(IP, boxed(IP, 1));
        self.add(IP, Binary::data(std::ptr::null()) as i32);
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; jmp =>done ; =>on_heap));
        self.add(IP, boxed(0, 2).disp);
        self.join(done);
    }

    /// The eight bytes that end with the last byte of the next `bits` bits, of at most [`WIDEST`], if
    /// there are as many: in `r11`, so that the field's first bit is the highest. The context is in `rax`,
    /// its position, which is left as it is, in `r10`.
    fn field(&mut self, bits: u64, no: DynamicLabel) {
        self.left(self.reg(1));
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; cmp r11, bits as i32 ; jb =>no));
        self.base();
        // Before the first byte there is the head of what holds it: whatever is read is there.
        self.keep(|f| {
            dynasm!(f.ops ; .arch x64
            ; lea r11, [BYTE r10 + bits as i8 + 7]
            ; shr r11, 3
            ; mov r11, [BYTE rdi + r11 - 8]
            ; bswap r11
            // What is in the way behind the field: up to seven bits.
            ; mov rdi, rcx
            ; lea ecx, [BYTE r10 + bits as i8]
            ; neg ecx
            ; and ecx, 7
            ; shr r11, cl
            ; mov rcx, rdi
            ; shl r11, 64 - bits as i8)
        });
    }

    /// The number that [`field`](Self::field) has found.
    fn unsigned(&mut self, bits: u64) {
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; shr r11, 64 - bits as i8));
    }

    /// Moves the context in `rax`, whose position is in `r10`, on.
    fn advance(&mut self, bits: u64) {
        self.changing(R10, |f| dynasm!(f.ops ; .arch x64 ; add r10, BYTE bits as i8));
        self.store(boxed(RAX, POSITION), R10);
    }

    /// An integer of at most [`WIDEST`] bits.
    fn integer(&mut self, bits: u64, flags: u32) {
        let no = self.no_match(true);
        self.field(bits, no);
        if flags & SIGNED != 0 {
            self.keep(|f| dynasm!(f.ops ; .arch x64 ; sar r11, 64 - bits as i8));
        } else {
            self.unsigned(bits);
        }
        self.advance(bits);
        self.keep(|f| {
            dynasm!(f.ops ; .arch x64 ; shl r11, 4 ; or r11, BYTE Word::small(0).0 as i8);
        });
        self.store(self.reg(2), R11);
    }
}
