//! What is known at one place of a function of the types of its registers and of the words that are
//! reserved, for `types`.

use super::bits::Bits;
use super::ty::Ty;
use super::type_facts::{may_not_peek, number, words};
use crate::chunks::code::{Arg, Reg};
use crate::module::Module;
use crate::ops::GenOp;

#[derive(Clone, Debug)]
pub(super) struct State {
    /// By register; what is beyond may be anything.
    pub x: Vec<Ty>,
    pub y: Vec<Ty>,
    /// Words that are reserved and not used yet.
    pub room: u32,
    /// A tuple that nobody else has seen, made since anything could be built or collected.
    pub fresh: Option<Reg>,
    /// Whether a message may be looked at that has not been taken out of the mailbox.
    pub peeking: bool,
    /// Slots that may hold a part of it.
    pub fragile: Bits,
    /// The number in x0, 0 if that is not known.
    pub index: u32,
    /// Slot and label of handlers that may be in force.
    pub handlers: Vec<(u16, u32)>,
    /// Whether a slot has been written that they have not been told of.
    pub told: bool,
}

impl State {
    pub fn unknown() -> Self {
        Self {
            x: Vec::new(),
            y: Vec::new(),
            room: 0,
            fresh: None,
            peeking: false,
            fragile: Bits::default(),
            index: 0,
            handlers: Vec::new(),
            told: true,
        }
    }

    pub fn at_entry(arity: u8) -> Self {
        Self { x: (0..arity).map(Ty::argument).collect(), ..Self::unknown() }
    }

    /// What holds in both; whether that is less than in `self`.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut less = merge_types(&mut self.x, &other.x) | merge_types(&mut self.y, &other.y);
        if other.room < self.room {
            self.room = other.room;
            less = true;
        }
        if self.fresh.is_some() && self.fresh != other.fresh {
            self.fresh = None;
            less = true;
        }
        if other.peeking && !self.peeking {
            self.peeking = true;
            less = true;
        }
        if self.index != 0 && self.index != other.index {
            self.index = 0;
            less = true;
        }
        for handler in &other.handlers {
            if !self.handlers.contains(handler) {
                self.handlers.push(*handler);
                less = true;
            }
        }
        let fragile = self.fragile.or(&other.fragile);
        if fragile != self.fragile {
            self.fragile = fragile;
            less = true;
        }
        less
    }

    /// Forgets all that can be forgotten.
    pub fn forget(&mut self) {
        self.forget_x();
        self.y.clear();
    }

    /// Forgets what calls and the like leave nothing of.
    pub fn forget_x(&mut self) {
        self.x.clear();
        self.room = 0;
        self.fresh = None;
        self.index = 0;
    }

    /// What a handler finds that is told of now. Raising takes care of a message that is looked at.
    pub fn raised(&self, handler: usize) -> Self {
        Self { y: self.y.clone(), handlers: self.handlers[..=handler].to_vec(), ..Self::unknown() }
    }

    pub fn register(&self, reg: Reg) -> Ty {
        let (table, n) = match reg {
            Reg::X(n) => (&self.x, n),
            Reg::Y(n) => (&self.y, n),
        };
        table.get(usize::from(n)).copied().unwrap_or(Ty::ANY)
    }

    pub fn refine(&mut self, arg: Arg, f: impl FnOnce(Ty) -> Ty) {
        if let Some(reg) = arg.reg() {
            let ty = f(self.register(reg));
            self.assume(reg, ty);
        }
    }

    pub fn assume(&mut self, reg: Reg, ty: Ty) {
        let (table, n) = match reg {
            Reg::X(n) => (&mut self.x, usize::from(n)),
            Reg::Y(n) => (&mut self.y, usize::from(n)),
        };
        if n >= table.len() {
            if ty == Ty::ANY {
                return;
            }
            table.resize(n + 1, Ty::ANY);
        }
        table[n] = ty;
    }

    /// The register gets a new value.
    pub fn write(&mut self, arg: Arg, ty: Ty) {
        let Some(reg) = arg.reg() else { return };
        self.assume(reg, ty);
        if self.fresh == Some(reg) {
            self.fresh = None;
        }
        if reg == Reg::X(0) {
            self.index = 0;
        }
        if let Reg::Y(n) = reg {
            self.told = false;
            if self.peeking {
                self.fragile.set(n.into());
            } else {
                self.fragile.clear(n.into());
            }
        }
    }

    /// Whether a message that is only looked at is passed on, or a part of it kept.
    pub fn leaves_message(&self, module: &Module, op: GenOp, args: &[Arg]) -> bool {
        self.peeking && may_not_peek(module, op, args)
            || op == GenOp::LoopRecEnd && !self.fragile.is_empty()
    }

    /// Takes words of what is reserved.
    pub fn take(&mut self, words: u32) -> Result<(), String> {
        match self.room.checked_sub(words) {
            Some(left) => {
                self.room = left;
                Ok(())
            }
            None => Err(format!("builds {words} words where {} are reserved", self.room)),
        }
    }
}

fn merge_types(known: &mut Vec<Ty>, other: &[Ty]) -> bool {
    let mut less = false;
    if other.len() < known.len() {
        less = known[other.len()..].iter().any(|t| *t != Ty::ANY);
        known.truncate(other.len());
    }
    for (a, b) in known.iter_mut().zip(other) {
        let merged = a.or(*b);
        less |= merged != *a;
        *a = merged;
    }
    less
}

/// A new reserve takes the place of what is left of the last one.
pub(super) fn reserve(state: &mut State, need: Arg, live: Arg) {
    state.room = words(need);
    state.fresh = None;
    state.x.truncate(number(live) as usize);
}
