//! Maps: the values of keys, updates and new maps. Keys equal only the same words here; others are left
//! to the interpreter.

use super::asm::{HP, IP, Mem, R10, R11, RAX, any_register, boxed, cell};
use super::type_tests::kind_byte;
use super::{Function, Rare};
use crate::code::ops::{Op, Y_BIT};
use crate::interp::map::MAP_HINT;
use crate::term::atom::AtomEntry;
use crate::term::layout::{Kind, header};
use crate::term::word::{IMM_MASK, IMM_SHIFT, TAG_ATOM};
use crate::term::{Term, Word, hash};
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use std::mem::offset_of;

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
                let large = self.if_large();
                self.unless_equal(large);
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
                self.load_value();
                self.have(op);
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
            Op::HasMapFields | Op::GetMapElements | Op::MapGet | Op::IsMapKey => {
                return self.find(op);
            }
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
        self.unless_equal(leave);
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

    /// Finds a single key: in a flat map from the last to the first.
    fn find(&mut self, op: Op) -> bool {
        let Some((map, key)) = self.map_and_key(op) else { return false };
        let leave = self.leave();
        self.load(RAX, map);
        self.load_key(key, leave);
        self.unless_boxed(RAX, leave);
        self.compare_byte(boxed(RAX, 0), kind_byte(Kind::FlatMap));
        let large = self.if_large();
        self.unless_equal(large);
        let (next, no) = (self.ops.new_dynamic_label(), self.missing(op));
        self.arity();
        let keys = boxed(R11, 0).disp as i8;
        dynasm!(self.ops ; .arch x64 ; mov edi, r11d);
        self.load(R11, boxed(RAX, 1));
        dynasm!(self.ops ; .arch x64
            ; =>next
            ; dec edi
            ; jz =>no
            ; cmp r10, [BYTE r11 + rdi * 8 + keys]
            ; jne =>next);
        self.load_value();
        self.have(op);
        true
    }

    /// Where a map is searched that is not flat, or what is none.
    fn if_large(&mut self) -> DynamicLabel {
        if std::is_x86_feature_detected!("popcnt") {
            return self.rare(Rare::SearchTrie { at: self.at });
        }
        self.leave()
    }

    /// The map of such an instruction, and its key, a tagged operand. `None`: there are several keys, or
    /// it is one of those that are compared.
    fn map_and_key(&self, op: Op) -> Option<(Mem, u64)> {
        let (map, key) = match op {
            Op::GetMapElement => (self.reg(1), self.word(2)),
            Op::GetMapElements if self.word(1) == 1 => (self.reg(1), self.word(2)),
            Op::HasMapFields if self.word(1) == 1 => (any_register(self.half(1)), self.word(2)),
            Op::MapGet | Op::IsMapKey => {
                let kind = self.opcode & 1;
                (self.reg(2), u64::from(self.half(1) | (kind * Y_BIT)) << 2)
            }
            _ => return None,
        };
        (key & 3 == 0 || hash_of(key).is_some()).then_some((map, key))
    }

    /// Where an instruction that looks for a key goes on without it.
    fn missing(&mut self, op: Op) -> DynamicLabel {
        match op {
            Op::GetMapElement => self.rel_w1(),
            Op::GetMapElements | Op::HasMapFields => self.rel(),
            // The interpreter raises, or finds nothing once more.
            _ => self.leave(),
        }
    }

    /// What becomes of the value in `rax`.
    fn have(&mut self, op: Op) {
        match op {
            Op::GetMapElement => self.store(self.reg(2), RAX),
            Op::GetMapElements => self.store(any_register(self.word(3) as u16), RAX),
            Op::MapGet => self.store(self.reg(3), RAX),
            Op::IsMapKey => self.store_const(self.reg(3), Term::bool(true).word().0),
            _ => {}
        }
    }

    /// The key: in `r10`. It leaves for one that is neither a small integer nor an atom.
    fn load_key(&mut self, key: u64, leave: DynamicLabel) {
        self.load_tagged(R10, key);
        if key & 3 == 0 {
            let plain = self.ops.new_dynamic_label();
            self.if_small(R10, plain);
            self.compare_tag(R10, IMM_MASK as i8, TAG_ATOM as i8);
            self.unless_equal(leave);
            self.bind(plain);
        }
    }

    /// One more than the keys of the flat map in `rax`: in `r11`. There are at most 32.
    fn arity(&mut self) {
        // The whole word, as it has mostly just been written.
        self.load(R11, boxed(RAX, 0));
        dynasm!(self.ops ; .arch x64 ; shr r11, 8);
    }

    /// The value at the place in `edi` of the flat map in `rax`.
    fn load_value(&mut self) {
        let values = boxed(RAX, 1).disp as i8;
        dynasm!(self.ops ; .arch x64 ; mov rax, [BYTE rax + rdi * 8 + values]);
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
            ; mov BYTE [r11], r10b);
        self.bind(kept);
        self.load_value();
        self.have(Op::GetMapElement);
        self.go_on(words_of(Op::GetMapElement));
    }

    /// The key in `r10` (that of a `GetMapElement` is loaded here) is looked for in what is in `rax`,
    /// which is boxed and no flat map.
    pub(super) fn search_trie(&mut self) {
        let op = Op::of(self.opcode);
        let (_, key) = self.map_and_key(op).expect("only where there is a key to be found");
        let (leave, no) = (self.leave(), self.missing(op));
        let [next, leaf, gone] = [(); 3].map(|()| self.ops.new_dynamic_label());
        self.compare_byte(boxed(RAX, 0), kind_byte(Kind::HashMap));
        self.unless_equal(leave);
        if op == Op::GetMapElement {
            self.load_const(R10, key);
        }
        self.hash_key(key);
        self.load(RAX, boxed(RAX, 2));
        // The slots of a node are the lowest 16 bits of a small integer. The wanted one is shifted to
        // the highest of them, those below it are counted: so many children come before.
        let (slots, children) = (boxed(RAX, 1).disp as i8, boxed(RAX, 2).disp as i8);
        let header = boxed(RAX, 0).disp as i8;
        let (key, value) = (cell(RAX, 0).disp as i8, cell(RAX, 1).disp as i8);
        dynasm!(self.ops ; .arch x64
            ; push rcx
            ; =>next
            ; rol r11, 4
            ; mov rdi, [BYTE rax + slots]
            ; mov ecx, r11d
            ; not ecx
            ; and ecx, 15
            ; shr edi, 4
            ; shl edi, cl
            ; test edi, 0x8000
            ; jz =>gone
            ; and edi, 0x7FFF
            ; popcnt edi, edi
            ; mov rax, [BYTE rax + rdi * 8 + children]
            ; lea ecx, [BYTE rax - 1]
            ; test cl, 3
            ; jz =>leaf
            ; cmp BYTE [BYTE rax + header], kind_byte(Kind::HamtNode) as i8
            ; je =>next
            // Keys with one hash.
            ; pop rcx
            ; jmp =>leave
            ; =>gone
            ; pop rcx
            ; jmp =>no
            ; =>leaf
            ; cmp r10, [BYTE rax + key]
            ; jne =>gone
            ; mov rax, [BYTE rax + value]
            ; pop rcx);
        self.have(op);
        self.go_on(words_of(op));
    }

    /// The hash of the key in `r10`: in `r11`. Uses `rdi`.
    fn hash_key(&mut self, key: u64) {
        if let Some(hash) = hash_of(key) {
            return self.load_const(R11, hash);
        }
        let [or, by, then_by] = hash::SMALL;
        let (small, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.if_small(R10, small);
        let of_atom = offset_of!(AtomEntry, hash) as i32;
        dynasm!(self.ops ; .arch x64
            ; mov r11, r10
            ; shr r11, IMM_SHIFT as i8
            ; mov r11, [DWORD r11 + of_atom]
            ; jmp =>done);
        self.bind(small);
        self.load_const(R11, or);
        self.load_const(IP, by);
        dynasm!(self.ops ; .arch x64
            ; xor r11, r10
            ; imul r11, rdi
            ; mov rdi, r11
            ; shr rdi, 32
            ; xor r11, rdi);
        self.load_const(IP, then_by);
        dynasm!(self.ops ; .arch x64
            ; imul r11, rdi
            ; mov rdi, r11
            ; shr rdi, 32
            ; xor r11, rdi);
        self.bind(done);
    }
}

/// The hash of a constant key that equals only the same word.
fn hash_of(key: u64) -> Option<u64> {
    let key = Word(key);
    // SAFETY: an immediate is a term.
    key.is_plain().then(|| hash::internal(unsafe { Term::from_word(key) }))
}

/// How many words such an instruction has.
fn words_of(op: Op) -> i32 {
    match op {
        Op::GetMapElements => 4,
        Op::GetMapElement | Op::HasMapFields => 3,
        _ => 2,
    }
}
