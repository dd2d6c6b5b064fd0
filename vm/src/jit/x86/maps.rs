//! Maps: the values of keys that are constants, and new maps.

use super::asm::{HP, IP, Mem, R10, R11, RAX, any_register, boxed};
use super::type_tests::kind_byte;
use super::{Function, Rare};
use crate::code::ops::Op;
use crate::interp::map::MAP_HINT;
use crate::term::Word;
use crate::term::layout::{Kind, header};
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};

/// The most pairs of an update that is made here.
const MOST_PAIRS: u32 = 8;

impl Function<'_> {
    pub(super) fn map(&mut self, op: Op) -> bool {
        match op {
            Op::GetMapElement => {
                let (leave, search) = (self.leave(), self.rare(Rare::SearchMap { at: self.at }));
                self.load(RAX, self.reg(1));
                self.unless_boxed(RAX, leave);
                self.compare_byte(boxed(RAX, 0), kind_byte(Kind::FlatMap));
                dynasm!(self.ops ; .arch x64 ; jne =>leave);
                self.load(R10, boxed(RAX, 1));
                // Keys are counted from 1: the place in the tuple of keys.
                self.load_const(IP, self.address(self.at) + MAP_HINT as u64);
                self.arity();
                dynasm!(self.ops ; .arch x64
                    ; movzx edi, BYTE [rdi]
                    ; inc edi
                    ; cmp edi, r11d
                    ; jae =>search);
                self.load_const(R11, self.word(2));
                let keys = boxed(R10, 0).disp as i8;
                dynasm!(self.ops ; .arch x64 ; cmp r11, [BYTE r10 + rdi * 8 + keys] ; jne =>search);
                self.found();
            }
            Op::NewMap => {
                let n = i32::from(self.half(2));
                let leave = self.leave();
                self.unless_free(n + 2, leave);
                for i in 0..n {
                    self.put(self.word(2 + i as u32), Mem::new(HP, (2 + i) * 8));
                }
                self.store_const(Mem::new(HP, 8), self.word(1));
                self.store_const(Mem::new(HP, 0), header(Kind::FlatMap, 1 + n as usize).0);
                let to = any_register(self.half(1));
                self.built(Word::from_boxed_ptr(std::ptr::null()), n + 2, to);
            }
            Op::PutMapAssoc | Op::PutMapExact => return self.update(),
            _ => return false,
        }
        true
    }

    /// An update of a flat map that has all the keys: a copy, to which the values are put. It counts only
    /// once all keys have been found.
    fn update(&mut self) -> bool {
        let pairs = (self.word(1) >> 32) as u32;
        if pairs > MOST_PAIRS {
            return false;
        }
        let leave = self.leave();
        self.load(RAX, any_register(self.half(1)));
        self.unless_boxed(RAX, leave);
        self.compare_byte(boxed(RAX, 0), kind_byte(Kind::FlatMap));
        dynasm!(self.ops ; .arch x64 ; jne =>leave);
        self.arity();
        // The new map has one word more.
        dynasm!(self.ops ; .arch x64
            ; lea rdi, [BYTE rcx + r11 * 8 + 8]
            ; cmp rdi, rdx
            ; ja =>leave);
        let next = self.ops.new_dynamic_label();
        let last = boxed(RAX, 0).disp as i8;
        dynasm!(self.ops ; .arch x64
            ; mov edi, r11d
            ; =>next
            ; mov r10, [BYTE rax + r11 * 8 + last]
            ; mov [rcx + r11 * 8], r10
            ; dec r11d
            ; jns =>next);
        self.load(R10, boxed(RAX, 1));
        for pair in 0..pairs {
            let (key, value) = (self.word(2 + 2 * pair), self.word(3 + 2 * pair));
            self.load_tagged(R11, key);
            let next = self.ops.new_dynamic_label();
            let keys = boxed(R10, 0).disp as i8;
            // Keys are counted from 1, as in their tuple.
            dynasm!(self.ops ; .arch x64
                ; mov eax, edi
                ; =>next
                ; dec eax
                ; jz =>leave
                ; cmp r11, [BYTE r10 + rax * 8 + keys]
                ; jne =>next);
            self.load_tagged(R11, value);
            dynasm!(self.ops ; .arch x64 ; mov [BYTE rcx + rax * 8 + 8], r11);
        }
        dynasm!(self.ops ; .arch x64
            ; lea rax, [BYTE rcx + Word::from_boxed_ptr(std::ptr::null()).0 as i8]
            ; lea rcx, [BYTE rcx + rdi * 8 + 8]);
        self.store(any_register(self.half(2)), RAX);
        true
    }

    /// One more than the keys of the flat map in `rax`: in `r11`. There are at most 32.
    fn arity(&mut self) {
        // The whole word, as it has mostly just been written.
        self.load(R11, boxed(RAX, 0));
        dynasm!(self.ops ; .arch x64 ; shr r11, 8);
    }

    /// The value at the place in `edi`.
    fn found(&mut self) {
        let values = boxed(RAX, 1).disp as i8;
        dynasm!(self.ops ; .arch x64 ; mov rax, [BYTE rax + rdi * 8 + values]);
        self.store(self.reg(2), RAX);
    }

    /// The key of a `GetMapElement` is not where it was last: the flat map is in `rax`, its keys in
    /// `r10`.
    pub(super) fn search_map(&mut self) {
        let no = self.rel_w1();
        let [next, here, kept] = [(); 3].map(|()| self.ops.new_dynamic_label());
        let keys = boxed(R10, 0).disp as i8;
        self.arity();
        dynasm!(self.ops ; .arch x64 ; mov edi, r11d);
        self.load_const(R11, self.word(2));
        dynasm!(self.ops ; .arch x64
            ; =>next
            ; dec edi
            ; jz =>no
            ; cmp r11, [BYTE r10 + rdi * 8 + keys]
            ; jne =>next
            ; =>here
            // Noted now and then only, as the interpreter does.
            ; test r9b, 15
            ; jnz =>kept);
        self.load_const(R11, self.address(self.at) + MAP_HINT as u64);
        dynasm!(self.ops ; .arch x64
            ; lea r10d, [BYTE rdi - 1]
            ; mov BYTE [r11], r10b
            ; =>kept);
        self.found();
        self.go_on(3);
    }
}
