//! What words in memory the registers that are free to use have too.
//!
//! All that is stored to registers for terms is in memory at once, so that whoever goes on from anywhere
//! finds it there. What has just been loaded or stored needs not be loaded again all the same: from one
//! instruction to the next it is remembered which registers have which words.
//!
//! # How it is kept true
//! - What is remembered holds at one place in the machine code: where it ends while it is being made
//!   ([`Function::held_at`]). Code that has been made without a word of what it leaves alone is behind
//!   that place, and all is forgotten. [`Function::keep`] is for code that leaves the registers alone.
//! - At a label within an instruction nothing is remembered ([`Function::bind`]), unless all that
//!   branches there has in registers what is remembered ([`Function::join`]).
//! - An instruction is made with what all have in registers that are known to lead there: the one before
//!   it, and branches made before ([`Function::label_from_here`]). Branches that are made later, and
//!   where it is entered from the interpreter, first load what it relies on ([`Rare::Load`]).
//! - That a word has been found to be a small integer is remembered too, for instructions that ask for just
//!   that ([`Function::asks_for_small`]). Who goes on there later asks first.

use super::asm::{Mem, R10, RAX, SP, X};
use super::{Function, Rare, is_entered};
use crate::code::ops::Op;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};

/// The registers of which is remembered what they have.
const REGISTERS: [u8; 2] = [RAX, R10];

/// For each of them, the word that it has. Of several it is the last that was loaded or stored: that two words
/// are the same need not hold where other code comes from, and no load would make it so.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held([Option<Known>; REGISTERS.len()]);

/// What a register has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known {
    /// The word that is in memory too.
    mem: Mem,
    /// Whether it is known to be a small integer.
    is_small: bool,
}

impl Held {
    fn is_empty(&self) -> bool {
        *self == Held::default()
    }

    fn has(&self, reg: u8, mem: Mem) -> bool {
        self.known(reg).is_some_and(|known| known.mem == mem)
    }

    fn known(&self, reg: u8) -> Option<Known> {
        self.0[index(reg)?]
    }

    /// Whether what a register has is known to be a small integer.
    fn is_small(&self, reg: u8) -> bool {
        self.known(reg).is_some_and(|known| known.is_small)
    }

    fn note_small(&mut self, reg: u8) {
        if let Some(known) = index(reg).and_then(|i| self.0[i].as_mut()) {
            known.is_small = true;
        }
    }

    /// The same for an instruction that asks of no other word than that whether it is a small integer.
    fn small_only(mut self, asked: Option<Mem>) -> Held {
        for known in self.0.iter_mut().flatten() {
            known.is_small &= Some(known.mem) == asked;
        }
        self
    }

    /// A register that has that word.
    fn register(&self, mem: Mem) -> Option<u8> {
        REGISTERS.into_iter().find(|reg| self.has(*reg, mem))
    }

    /// A register is not what it was.
    fn lose(&mut self, reg: u8) {
        match index(reg) {
            Some(i) => self.0[i] = None,
            // It may be what places are told by.
            None => self.forget(|mem| mem.base == reg),
        }
    }

    /// A word is not what it was.
    fn overwrite(&mut self, mem: Mem) {
        self.forget(|word| word == mem);
    }

    fn forget(&mut self, which: impl Fn(Mem) -> bool) {
        for word in &mut self.0 {
            word.take_if(|known| which(known.mem));
        }
    }

    /// Both are the same now.
    fn note(&mut self, reg: u8, mem: Mem) {
        if let (Some(i), true) = (index(reg), is_remembered(mem)) {
            self.0[i] = Some(Known { mem, is_small: self.is_small(reg) });
        }
    }

    /// What both have.
    fn and(mut self, other: Held) -> Held {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word = word
                .zip(other)
                .filter(|(a, b)| a.mem == b.mem)
                .map(|(a, b)| Known { mem: a.mem, is_small: a.is_small && b.is_small });
        }
        self
    }

    /// What has to be loaded for all this to be so.
    fn loads(&self) -> impl Iterator<Item = (u8, Known)> {
        REGISTERS.into_iter().zip(self.0).filter_map(|(reg, word)| Some((reg, word?)))
    }
}

/// What a function loads at its beginning, so that its own calls need not if they have it.
#[derive(Clone, Copy)]
pub(super) enum FirstLoad {
    /// It has not begun, or begins otherwise.
    Later,
    /// It may be what is made next, at that offset.
    Next(usize),
    Loaded {
        reg: u8,
        from: Mem,
        behind: DynamicLabel,
    },
}

/// The other one of both.
pub(super) fn other(reg: u8) -> u8 {
    if reg == RAX { R10 } else { RAX }
}

fn index(reg: u8) -> Option<usize> {
    REGISTERS.iter().position(|r| *r == reg)
}

/// Registers for terms and what the worker has: nothing that is stored elsewhere changes them.
fn is_remembered(mem: Mem) -> bool {
    mem.base == X || mem.base == SP
}

impl Function<'_> {
    /// What is remembered where the code ends that has been made.
    fn held(&mut self) -> &mut Held {
        let end = self.ops.offset().0;
        if self.held_at != end {
            self.held = Held::default();
            self.held_at = end;
        }
        &mut self.held
    }

    /// Makes code that changes none of the registers and words that are remembered.
    pub(super) fn keep(&mut self, make: impl FnOnce(&mut Self)) {
        self.held();
        make(self);
        self.held_at = self.ops.offset().0;
    }

    /// Makes code that changes a register, and none else.
    pub(super) fn changing(&mut self, reg: u8, make: impl FnOnce(&mut Self)) {
        self.keep(make);
        self.held.lose(reg);
    }

    /// Makes code that changes a word in memory, and no register.
    pub(super) fn writing(&mut self, mem: Mem, make: impl FnOnce(&mut Self)) {
        self.keep(make);
        self.held.overwrite(mem);
    }

    pub(super) fn load(&mut self, to: u8, from: Mem) {
        let held = *self.held();
        if held.has(to, from) {
            return;
        }
        match held.register(from) {
            Some(reg) => {
                self.changing(to, |f| dynasm!(f.ops ; .arch x64 ; mov Rq(to), Rq(reg)));
                self.held.note(to, from);
                if held.is_small(reg) {
                    self.held.note_small(to);
                }
            }
            None => {
                let begins = matches!(self.first_load, FirstLoad::Next(at) if at == self.held_at);
                self.changing(to, |f| f.load_from_memory(to, from));
                if begins {
                    let behind = self.ops.new_dynamic_label();
                    self.first_load = FirstLoad::Loaded { reg: to, from, behind };
                    self.join(behind);
                }
            }
        }
        self.held.note(to, from);
    }

    /// Where the function's own calls go on, with what is remembered.
    pub(super) fn own_entry(&mut self) -> DynamicLabel {
        let held = *self.held();
        match self.first_load {
            FirstLoad::Loaded { reg, from, behind } if held.has(reg, from) => behind,
            _ => self.labels[(self.entry - self.words.start) as usize],
        }
    }

    pub(super) fn store(&mut self, to: Mem, from: u8) {
        self.writing(to, |f| f.store_to_memory(to, from));
        self.held.note(from, to);
    }

    /// Loads two words, into `rax` and `r10`.
    pub(super) fn load_two(&mut self, rax: Mem, r10: Mem) {
        if self.held().has(RAX, r10) {
            self.load(R10, r10);
            self.load(RAX, rax);
        } else {
            self.load(RAX, rax);
            self.load(R10, r10);
        }
    }

    /// Loads a word into one of both registers, which is given: rather one of which nothing is remembered.
    pub(super) fn load_any(&mut self, from: Mem) -> u8 {
        let held = *self.held();
        let idle = || if held.0[0].is_some() && held.0[1].is_none() { R10 } else { RAX };
        let reg = held.register(from).unwrap_or_else(idle);
        self.load(reg, from);
        reg
    }

    pub(super) fn copy(&mut self, from: Mem, to: Mem) {
        let reg = self.load_any(from);
        self.store(to, reg);
    }

    /// Branches unless what a register has is a small integer: for instructions that ask for just that.
    pub(super) fn ask_for_small(&mut self, reg: u8) {
        if !self.held().is_small(reg) {
            let no = self.not_small();
            self.unless_small(reg, no);
            self.note_small(reg);
        }
    }

    /// What a register has is a small integer.
    pub(super) fn note_small(&mut self, reg: u8) {
        self.held().note_small(reg);
    }

    /// The word of which the instruction in the making asks whether it is a small integer, by
    /// [`ask_for_small`](Self::ask_for_small).
    fn asks_for_small(&self) -> Option<Mem> {
        match Op::of(self.opcode) {
            Op::IsInteger
            | Op::IsLtRC
            | Op::IsLtCR
            | Op::IsGeRC
            | Op::IsGeCR
            | Op::AddC
            | Op::SubC => Some(self.reg(1)),
            _ => None,
        }
    }

    /// Here goes on what branches to a label.
    pub(super) fn bind(&mut self, label: DynamicLabel) {
        dynasm!(self.ops ; .arch x64 ; =>label);
        self.held = Held::default();
        self.falls_through = true;
    }

    /// Here goes on what branches to a label with all in registers that is remembered.
    pub(super) fn join(&mut self, label: DynamicLabel) {
        self.keep(|f| dynasm!(f.ops ; .arch x64 ; =>label));
    }

    /// What has been made does not go on behind its end.
    pub(super) fn does_not_fall_through(&mut self) {
        self.falls_through = false;
    }

    /// Where the machine code of the instruction at `at` begins, which relies on what registers have on
    /// all ways there that have been made.
    pub(super) fn bind_instruction(&mut self, at: u32) {
        let i = (at - self.words.start) as usize;
        self.made = at;
        let before = *self.held();
        let held = match (self.falls_through, self.joined[i]) {
            (true, None) => before,
            (true, Some(joined)) => before.and(joined),
            (false, joined) => joined.unwrap_or_default(),
        };
        let held = held.small_only(self.asks_for_small());
        if !held.is_empty() {
            self.relied_on.insert(at, (held, None));
        }
        self.bind(self.labels[i]);
        self.held = held;
    }

    /// Where code goes on at the instruction at `at` that may have lost what is remembered now when it
    /// branches there.
    pub(super) fn label(&mut self, at: u32) -> DynamicLabel {
        self.label_with(at, Held::default())
    }

    /// The same for code that still has in registers then what is remembered now.
    pub(super) fn label_from_here(&mut self, at: u32) -> DynamicLabel {
        let held = *self.held();
        self.label_with(at, held)
    }

    fn label_with(&mut self, at: u32, held: Held) -> DynamicLabel {
        let i = (at - self.words.start) as usize;
        if at > self.made {
            let joined = self.joined[i].map_or(held, |joined| joined.and(held));
            self.joined[i] = Some(joined);
        } else if let Some((_, loading)) = self.relied_on.get(&at) {
            return loading.unwrap_or_else(|| {
                let label = self.rare(Rare::Load { at });
                self.relied_on.entry(at).and_modify(|(_, loading)| *loading = Some(label));
                label
            });
        }
        self.labels[i]
    }

    /// Loads what the instruction at `at` relies on, and goes on there.
    pub(super) fn load_relied_on(&mut self, at: u32) {
        self.begin(at);
        if is_entered(Op::of(self.opcode)) {
            self.enter_here(at);
        }
        let (held, _) = self.relied_on[&at];
        for (reg, known) in held.loads() {
            self.load_from_memory(reg, known.mem);
            if known.is_small {
                let no = self.not_small();
                self.unless_small(reg, no);
            }
        }
        let label = self.labels[(at - self.words.start) as usize];
        dynasm!(self.ops ; .arch x64 ; jmp =>label);
    }
}
