//! Along every path enough words are reserved for what is built, matching instructions get match
//! contexts, and only a tuple that nobody else has seen is changed. Where it cannot be proved that
//! a term is a pair or a tuple that is large enough, or that a message that is only looked at is
//! not kept, the instruction is marked as unproven.
//!
//! Compilers leave out tests by reasoning over calls, which nothing in the file proves. So the
//! marked instructions are no errors: whoever executes them has to look before they take the term
//! apart ([`VerifiedModule::is_unproven`]). The claims of the type table are not used.
//!
//! What the machine has to do for this to hold: raising an exception while a message is looked at
//! makes it part of the heap, and whoever takes a message or a term apart by anything else than
//! the instructions named here looks at what it is. A match context in a register may get
//! anywhere a term may, and has to be bearable there.
//!
//! Runs after `init`. What is known at a label is what holds on all paths to it.

#[cfg(doc)]
use super::VerifiedModule;
use super::bits::Bits;
use super::flow::never_returns;
use super::layout::Layout;
use super::ty::Ty;
use super::type_facts::*;
use super::type_state::{State, reserve};
use super::{Function, at};
use crate::chunks::code::{Arg, Instr, Reg};
use crate::error::LoadError;
use crate::module::Module;
use crate::ops::{GenOp, Kind};

/// A label whose knowledge has shrunk this often is taken to know nothing.
const MAX_CHANGES: u8 = 64;
/// Words of a pair.
const CONS_WORDS: u32 = 2;

/// Why a function cannot be followed to its end.
enum Wrong {
    /// A message is looked at, and neither taken nor left before it or a part of it goes elsewhere.
    Looking,
    Error(LoadError),
}

pub(super) struct Types<'a> {
    module: &'a Module,
    layout: &'a Layout,
    /// See [`VerifiedModule::sets_on_failure`].
    set_on_failure: &'a [u32],
    known: Vec<Option<(State, u8)>>,
    pending: Vec<u32>,
    /// See [`VerifiedModule::is_unproven`].
    pub unproven: Vec<u32>,
    /// By function: arguments that are match contexts in all calls seen so far.
    contexts: Vec<u64>,
    /// Whether messages of the current function are made part of the heap before they are looked at.
    keeps: bool,
    /// Instructions that go on with the context in an argument: instruction, function, argument.
    resumed: Vec<(u32, u32, u8)>,
}

impl<'a> Types<'a> {
    pub fn new(module: &'a Module, layout: &'a Layout, set_on_failure: &'a [u32]) -> Self {
        let mut contexts = vec![u64::MAX; layout.functions.len()];
        // Others call these with whatever they like.
        let labels = module.exports.iter().map(|e| e.label);
        let labels = labels.chain(module.lambdas.iter().map(|l| l.label));
        for index in labels
            .filter_map(|l| layout.function_index(l))
            .chain(layout.on_load.map(|f| f as usize))
        {
            contexts[index] = 0;
        }
        Self {
            module,
            layout,
            set_on_failure,
            known: vec![None; layout.labels.len()],
            pending: Vec::new(),
            unproven: Vec::new(),
            contexts,
            keeps: false,
            resumed: Vec::new(),
        }
    }

    pub fn function(&mut self, function: &Function) -> Result<(), LoadError> {
        self.keeps = false;
        let done = match self.paths(function) {
            Err(Wrong::Looking) => {
                self.forget_labels(function);
                self.keeps = true;
                self.paths(function)
            }
            done => done,
        };
        self.forget_labels(function);
        done.map_err(|wrong| match wrong {
            Wrong::Looking => unreachable!("nothing is looked at that is not kept"),
            Wrong::Error(e) => e,
        })
    }

    /// The memory of one function is enough.
    fn forget_labels(&mut self, function: &Function) {
        self.pending.clear();
        for instr in &self.module.code.instrs[function.code.clone()] {
            if let (GenOp::Label, &[Arg::U(n)]) = (instr.op, self.module.code.args(instr)) {
                self.known[n as usize] = None;
            }
        }
    }

    fn paths(&mut self, function: &Function) -> Result<(), Wrong> {
        self.block(function, function.code.start, State::at_entry(function.arity))?;
        self.arrive(function.entry, &State::at_entry(function.arity));
        while let Some(label) = self.pending.pop() {
            let Some((state, _)) = self.known[label as usize].clone() else { continue };
            self.block(function, self.layout.labels[label as usize] as usize + 1, state)?;
        }
        Ok(())
    }

    /// All functions have been seen: what was claimed of arguments is proved or not.
    pub fn finish(mut self) -> Vec<u32> {
        for &(instr, function, argument) in &self.resumed {
            if self.contexts[function as usize] >> argument & 1 == 0 {
                self.unproven.push(instr);
            }
        }
        self.unproven.sort_unstable();
        self.unproven.dedup();
        self.unproven
    }

    fn block(&mut self, function: &Function, start: usize, mut state: State) -> Result<(), Wrong> {
        for i in start..function.code.end {
            let instr = &self.module.code.instrs[i];
            let args = self.module.code.args(instr);
            if let (GenOp::Label, &[Arg::U(n)]) = (instr.op, args) {
                if !self.meet(n as u32, &state) {
                    return Ok(());
                }
                if let Some((merged, _)) = &self.known[n as usize] {
                    state.clone_from(merged);
                }
                continue;
            }
            if state.leaves_message(self.module, instr.op, args) {
                return Err(Wrong::Looking);
            }
            let through = self
                .instruction(i, instr, args, &mut state)
                .map_err(|what| Wrong::Error(at(instr, format!("{}: {what}", instr.op.name()))))?;
            if !state.told {
                state.told = true;
                for h in 0..state.handlers.len() {
                    self.arrive(state.handlers[h].1, &state.raised(h));
                }
            }
            if !through {
                return Ok(());
            }
        }
        Ok(())
    }

    fn meet(&mut self, label: u32, state: &State) -> bool {
        match &mut self.known[label as usize] {
            slot @ None => *slot = Some((state.clone(), 0)),
            Some((known, changes)) => {
                if !known.merge(state) {
                    return false;
                }
                if *changes == MAX_CHANGES {
                    known.forget();
                } else {
                    *changes += 1;
                }
            }
        }
        true
    }

    fn arrive(&mut self, label: u32, state: &State) {
        if self.meet(label, state) {
            self.pending.push(label);
        }
    }

    fn to(&mut self, target: Arg, state: &State) {
        if let Arg::F(label @ 1..) = target {
            self.arrive(label, state);
        }
    }

    fn ty(&self, state: &State, arg: Arg) -> Ty {
        if let Some(reg) = arg.reg() {
            return state.register(reg);
        }
        match arg {
            Arg::Nil => Ty::NIL,
            Arg::Lit(n) => self.module.literals.get(n).map_or(Ty::OTHER, literal),
            _ => Ty::OTHER,
        }
    }

    /// Marks the instruction if the term may be another than the one it takes for granted.
    fn needs(&mut self, index: usize, state: &State, arg: Arg, proved: impl Fn(Ty) -> bool) {
        if !proved(self.ty(state, arg)) {
            self.unproven.push(index as u32);
        }
    }

    /// One instruction; answers whether control goes on to the next.
    fn instruction(
        &mut self,
        index: usize,
        instr: &Instr,
        args: &[Arg],
        state: &mut State,
    ) -> Result<bool, String> {
        match (instr.op, args) {
            (GenOp::IsNonemptyList, &[fail, a]) => self.test(state, fail, a, Ty::CONS),
            (GenOp::IsList, &[fail, a]) => self.test(state, fail, a, Ty::LIST),
            (GenOp::IsNil, &[fail, a]) => self.test(state, fail, a, Ty::NIL),
            (GenOp::IsTuple, &[fail, a]) => self.test(state, fail, a, Ty::tuple(0)),
            (GenOp::IsTaggedTuple, &[fail, a, size, _]) => {
                self.to(fail, state);
                state.refine(a, |t| t.and_tuple(number(size)));
            }
            (GenOp::TestArity, &[fail, a, size]) => {
                self.needs(index, state, a, |t| t.is_tuple_of(0));
                self.to(fail, state);
                state.refine(a, |t| t.and_tuple(number(size)));
            }
            (
                GenOp::IsAtom
                | GenOp::IsInteger
                | GenOp::IsNumber
                | GenOp::IsFloat
                | GenOp::IsMap
                | GenOp::IsPid
                | GenOp::IsPort
                | GenOp::IsReference
                | GenOp::IsBoolean
                | GenOp::IsFunction,
                &[fail, a],
            ) => {
                self.to(fail, state);
                state.refine(a, |t| t.and(Ty::OTHER));
            }
            (GenOp::IsEqExact, &[fail, a, b]) => self.equal(state, fail, a, b, true),
            (GenOp::IsNeExact, &[fail, a, b]) => self.equal(state, fail, a, b, false),
            (GenOp::SelectVal, &[a, fail, list]) => {
                let before = self.ty(state, a);
                let mut rest = before;
                for pair in self.module.code.list(list).chunks_exact(2) {
                    let value = self.ty(state, pair[0]);
                    if value == Ty::NIL {
                        rest = rest.without(Ty::NIL);
                    }
                    state.refine(a, |_| before.and(value));
                    self.to(pair[1], state);
                }
                state.refine(a, |_| rest);
                self.to(fail, state);
                return Ok(false);
            }
            (GenOp::SelectTupleArity, &[a, fail, list]) => {
                self.to(fail, state);
                let before = self.ty(state, a);
                for pair in self.module.code.list(list).chunks_exact(2) {
                    state.refine(a, |_| before.and_tuple(number(pair[0])));
                    self.to(pair[1], state);
                }
                return Ok(false);
            }
            (GenOp::Jump, &[label]) => {
                self.to(label, state);
                return Ok(false);
            }
            (GenOp::Move, &[from, to]) => {
                let ty = self.ty(state, from);
                let durable = from.reg().is_none();
                state.write(to, ty);
                if let (Arg::I(n @ 1..=0xFF_FFFF), Some(Reg::X(0))) = (from, to.reg()) {
                    state.index = n as u32;
                }
                if let (true, Some(Reg::Y(n))) = (durable, to.reg()) {
                    state.fragile.clear(n.into());
                }
            }
            (GenOp::Swap, &[a, b]) => {
                let (ta, tb) = (self.ty(state, a), self.ty(state, b));
                state.write(a, tb);
                state.write(b, ta);
            }
            (GenOp::GetList, &[from, head, tail]) => {
                self.needs(index, state, from, Ty::is_cons);
                state.refine(from, |_| Ty::CONS);
                state.write(head, Ty::ANY);
                state.write(tail, Ty::ANY);
            }
            (GenOp::GetHd | GenOp::GetTl, &[from, to]) => {
                self.needs(index, state, from, Ty::is_cons);
                state.refine(from, |_| Ty::CONS);
                state.write(to, Ty::ANY);
            }
            (GenOp::GetTupleElement, &[from, i, to]) => {
                let size = number(i).saturating_add(1);
                if self.ty(state, from).is_tuple_of(size) {
                    state.refine(from, |t| t.and_tuple(size));
                } else {
                    // One look is enough for all that follow.
                    self.unproven.push(index as u32);
                    let size = elements_taken(self.module, index);
                    state.refine(from, |t| t.and_tuple(size));
                }
                state.write(to, Ty::ANY);
            }
            (GenOp::SetTupleElement, &[_, tuple, i]) => {
                let large = self.ty(state, tuple).is_tuple_of(number(i).saturating_add(1));
                if state.fresh.is_none() || state.fresh != tuple.reg() || !large {
                    return Err("a tuple that may be known elsewhere is changed".into());
                }
            }
            (GenOp::PutList, &[_, _, to]) => {
                state.take(CONS_WORDS)?;
                state.write(to, Ty::CONS);
            }
            (GenOp::PutTuple2, &[to, list]) => {
                let n = self.module.code.list(list).len() as u32;
                state.take(if n == 0 { 0 } else { n + 1 })?;
                state.write(to, Ty::tuple(n));
            }
            (GenOp::MakeFun3, &[_, to, list]) => {
                state.take(FUN_WORDS + self.module.code.list(list).len() as u32)?;
                state.write(to, Ty::OTHER);
            }
            (GenOp::Fmove, &[Arg::Fr(_), to]) if !matches!(to, Arg::Fr(_)) => {
                state.take(FLOAT_WORDS)?;
                state.write(to, Ty::OTHER);
            }
            (GenOp::TestHeap, &[need, live]) => reserve(state, need, live),
            (GenOp::AllocateHeap | GenOp::AllocateHeapZero, &[_, need, live]) => {
                reserve(state, need, live);
                state.y.clear();
                state.fragile = Bits::default();
            }
            (GenOp::Allocate | GenOp::AllocateZero, &[_, live]) => {
                reserve(state, Arg::U(0), live);
                state.y.clear();
                state.fragile = Bits::default();
            }
            (GenOp::Deallocate, _) => {
                state.y.clear();
                state.fragile = Bits::default();
                if matches!(state.fresh, Some(Reg::Y(_))) {
                    state.fresh = None;
                }
            }
            (GenOp::Trim, &[drop, _]) => {
                let n = number(drop) as usize;
                state.y.drain(..n.min(state.y.len()));
                state.fragile.shift_down(number(drop));
                if matches!(state.fresh, Some(Reg::Y(_))) {
                    state.fresh = None;
                }
            }
            (GenOp::InitYregs, &[list]) => {
                for &slot in self.module.code.list(list) {
                    state.write(slot, Ty::NIL);
                    if let Some(Reg::Y(n)) = slot.reg() {
                        state.fragile.clear(n.into());
                    }
                }
            }
            (GenOp::Try | GenOp::Catch, &[slot, label]) => {
                // Any raising instruction in its scope leads there. It is told of the slots as they
                // are now, and whenever one is written.
                state.write(slot, Ty::OTHER);
                if let (Arg::Y(slot), Arg::F(label)) = (slot.untyped(), label) {
                    state.handlers.push((slot, label));
                }
            }
            (GenOp::TryEnd | GenOp::TryCase | GenOp::CatchEnd, &[slot]) => {
                if let Arg::Y(slot) = slot.untyped() {
                    state.handlers.retain(|h| h.0 != slot);
                }
                if instr.op != GenOp::TryEnd {
                    state.forget_x();
                }
                state.write(slot, Ty::NIL);
            }
            (GenOp::LoopRec, &[label, to]) => {
                state.room = 0;
                state.fresh = None;
                self.to(label, state);
                if self.keeps {
                    self.unproven.push(index as u32);
                } else {
                    state.peeking = true;
                }
                state.write(to, Ty::ANY);
            }
            (GenOp::RemoveMessage, []) => {
                state.peeking = false;
                state.fragile = Bits::default();
            }
            (GenOp::LoopRecEnd, &[label]) => {
                state.peeking = false;
                state.forget();
                self.to(label, state);
                return Ok(false);
            }
            (GenOp::BsStartMatch3, &[fail, from, live, to])
            | (GenOp::BsStartMatch4, &[fail, live, from, to]) => {
                if matches!(fail, Arg::Atom(mode) if self.module.atom(mode) == "resume") {
                    self.resume(index, state, from);
                } else {
                    state.room = 0;
                    state.fresh = None;
                    self.to(fail, state);
                    state.x.truncate(number(live) as usize);
                }
                state.write(to, Ty::CONTEXT);
            }
            (GenOp::Call | GenOp::CallLast | GenOp::CallOnly, &[arity, Arg::F(entry), ..]) => {
                if let Some(callee) = self.layout.function_index(entry) {
                    for i in 0..number(arity).min(64) {
                        if state.register(Reg::X(i as u16)) != Ty::CONTEXT {
                            self.contexts[callee] &= !(1 << i);
                        }
                    }
                }
                return Ok(self.leave(instr, args, state));
            }
            (GenOp::CallExt, &[_, import]) if self.is_setelement(import) => {
                // It has returned: the tuple has that many elements.
                let size = state.index;
                self.leave(instr, args, state);
                state.write(Arg::X(0), Ty::tuple(size));
                state.fresh = Some(Reg::X(0));
            }
            _ => return self.other(index, instr, args, state),
        }
        Ok(true)
    }

    /// What needs no rule of its own, by the kinds of its operands.
    fn other(
        &mut self,
        index: usize,
        instr: &Instr,
        args: &[Arg],
        state: &mut State,
    ) -> Result<bool, String> {
        let kinds = instr.op.kinds();
        if matches_context(instr.op) {
            let context = if instr.op.kinds()[0] == Kind::Fail { args[1] } else { args[0] };
            if self.ty(state, context) != Ty::CONTEXT {
                return Err("matches what may be no match context".into());
            }
        }
        if !keeps_room(self.module, instr.op, args) {
            state.room = 0;
            state.fresh = None;
        }
        if let Some(i) = kinds.iter().position(|&k| k == Kind::Live) {
            state.x.truncate(number(args[i]) as usize);
        }
        // Some elements may have been written when it fails.
        if let (GenOp::GetMapElements, &[_, _, list]) = (instr.op, args) {
            for &to in self.module.code.list(list).iter().skip(1).step_by(2) {
                state.write(to, Ty::ANY);
            }
        }
        // A function that fails may have built what is wrong.
        let room = state.room;
        if matches!(instr.op, GenOp::Bif1 | GenOp::Bif2) {
            state.room = 0;
        }
        // Only of use on the way of failure: the result takes its place otherwise.
        if let (Ok(_), Some(&to)) =
            (self.set_on_failure.binary_search(&(index as u32)), args.last())
        {
            state.write(to, Ty::NIL);
        }
        for (&arg, &kind) in args.iter().zip(kinds) {
            if matches!(kind, Kind::Label | Kind::Fail) && !is_mark(instr.op) {
                self.to(arg, state);
            }
        }
        state.room = room;
        for (&arg, &kind) in args.iter().zip(kinds) {
            if matches!(kind, Kind::Dst | Kind::FloatDst | Kind::YDst) {
                state.write(arg, Ty::ANY);
            }
        }
        if matches!(
            instr.op,
            GenOp::BsCreateBin | GenOp::BsInit2 | GenOp::BsInitBits | GenOp::BsAppend
        ) {
            let i = if instr.op == GenOp::BsCreateBin { 1 } else { 2 };
            state.room = words(args[i]);
        }
        if let (GenOp::Bif1, &[_, import, a, _]) = (instr.op, args) {
            match self.import_name(import) {
                "hd" | "tl" => state.refine(a, |t| t.and(Ty::CONS)),
                "tuple_size" => state.refine(a, |t| t.and_tuple(0)),
                _ => {}
            }
        }
        Ok(self.leave(instr, args, state))
    }

    /// What calls and the like leave behind; whether control goes on.
    fn leave(&self, instr: &Instr, args: &[Arg], state: &mut State) -> bool {
        match instr.op {
            GenOp::Call
            | GenOp::CallExt
            | GenOp::CallFun
            | GenOp::CallFun2
            | GenOp::Apply
            | GenOp::Send
            | GenOp::BuildStacktrace
            | GenOp::BsInitWritable
            | GenOp::MakeFun2
            | GenOp::RawRaise => {
                state.forget_x();
                // A call that never returns may leave the frame as it likes.
                !matches!((instr.op, args), (GenOp::CallExt, &[_, Arg::U(import)])
                    if never_returns(self.module, import as u32))
            }
            GenOp::WaitTimeout => {
                state.forget_x();
                true
            }
            GenOp::CallOnly
            | GenOp::CallLast
            | GenOp::CallExtOnly
            | GenOp::CallExtLast
            | GenOp::ApplyLast
            | GenOp::Return
            | GenOp::FuncInfo
            | GenOp::Wait
            | GenOp::Badmatch
            | GenOp::IfEnd
            | GenOp::CaseEnd
            | GenOp::TryCaseEnd
            | GenOp::Badrecord
            | GenOp::Raise => false,
            _ => true,
        }
    }

    fn test(&mut self, state: &mut State, fail: Arg, a: Arg, ty: Ty) {
        let before = self.ty(state, a);
        state.refine(a, |_| before.without(ty));
        self.to(fail, state);
        state.refine(a, |_| before.and(ty));
    }

    /// `is_eq_exact` goes on if the terms are equal, `is_ne_exact` branches.
    fn equal(&mut self, state: &mut State, fail: Arg, a: Arg, b: Arg, through: bool) {
        let (ta, tb) = (self.ty(state, a), self.ty(state, b));
        let same = |state: &mut State| {
            state.refine(a, |_| ta.and(tb));
            state.refine(b, |_| ta.and(tb));
        };
        let not = |state: &mut State| {
            state.refine(a, |_| if tb == Ty::NIL { ta.without(Ty::NIL) } else { ta });
            state.refine(b, |_| tb);
        };
        if through {
            not(state);
            self.to(fail, state);
            same(state);
        } else {
            same(state);
            self.to(fail, state);
            not(state);
        }
    }

    /// The code goes on with a context that its caller has made.
    fn resume(&mut self, index: usize, state: &State, from: Arg) {
        let ty = self.ty(state, from);
        if ty == Ty::CONTEXT {
            return;
        }
        let function = self.layout.functions.partition_point(|f| f.code.start <= index) - 1;
        match ty.argument_index() {
            Some(argument) if argument < 64 => {
                self.resumed.push((index as u32, function as u32, argument));
            }
            _ => self.unproven.push(index as u32),
        }
    }

    fn import_name(&self, import: Arg) -> &'a str {
        let import = &self.module.imports[number(import) as usize];
        let module = self.module.atom(import.module);
        if module == "erlang" { self.module.atom(import.function) } else { "" }
    }

    fn is_setelement(&self, import: Arg) -> bool {
        self.import_name(import) == "setelement"
            && self.module.imports[number(import) as usize].arity == 3
    }
}

/// See [`VerifiedModule::elements_taken`].
pub(super) fn elements_taken(module: &Module, index: usize) -> u32 {
    let code = &module.code;
    let tuple = code.args(&code.instrs[index]).first().and_then(|a| a.reg());
    let mut size = 0;
    for instr in code.instrs[index..].iter().take_while(|i| i.op == GenOp::GetTupleElement) {
        let &[from, i, to] = code.args(instr) else { break };
        if from.reg() == tuple {
            size = size.max(number(i).saturating_add(1));
        }
        if to.reg() == tuple {
            break;
        }
    }
    size
}
