//! Writing code words: operands, labels, addresses.

use super::super::ops::{MANY, Op, Y_BIT, decode, encode};
use super::super::table::{FunctionInfo, LoadedModule};
use super::{BigKey, MakeTuple, Resolved, Transformed};
use crate::jit;
use crate::native::NativeDef;
use crate::sched::worker::{FIRST_SCRATCH, SCRATCH_REGS};
use crate::term::compare::{compare_map_keys, exact_eq};
use crate::term::layout::FLAT_MAP_MAX;
use crate::term::view::MapView;
use crate::term::{Atom, Term, Word};
use hashbrown::HashMap;
use loader::{Arg, GenOp, Instr, Reg, TypeEntry, VerifiedModule};
use std::cell::Cell;

/// Words of a boxed float and of a fun without free variables, as `TestHeap` counts them.
const FLOAT_WORDS: u64 = 2;
pub(super) const FUN_WORDS: u64 = 3;

/// Stock notes no position in a file of that number or at that line, or beyond.
const FILES: u32 = 255;
const LINES: u32 = (1 << 24) - 1;

/// What a module has that this machine cannot execute.
#[derive(Debug)]
pub struct Unsupported(pub String);

impl Unsupported {
    pub(super) fn instruction(op: GenOp) -> Unsupported {
        Unsupported(format!("the instruction {} is not supported yet", op.name()))
    }
}

/// The bit of a Y register among those of a new frame; of registers that are not followed, none.
fn fresh_bit(n: u16) -> u64 {
    1u64.checked_shl(n.into()).unwrap_or(0)
}

enum Place {
    /// Bits 32 to 63 of the word.
    High,
    /// Bits 0 to 31.
    Low,
    /// The whole word, as an address.
    Address,
}

struct Fixup {
    /// The word to be completed.
    word: usize,
    /// The instruction that offsets are relative to.
    instr: usize,
    label: u32,
    place: Place,
}

/// Code in the making.
pub struct Emitter<'a> {
    module: &'a VerifiedModule,
    resolved: &'a Resolved,
    make_tuple: &'a MakeTuple<'a>,
    /// Keys of maps, by their words.
    key_tuples: HashMap<Vec<Word>, Word>,
    words: Vec<u64>,
    labels: Vec<u32>,
    fixups: Vec<Fixup>,
    function_addresses: Vec<(usize, usize)>,
    lines: Vec<(u32, u32, u32)>,
    /// Scratch registers in use by the instruction in the making.
    scratch: u16,
    /// The last instruction, if nothing can come between it and the next: what it is and where
    /// it starts. The next one may be fused with it.
    last: Option<(Op, usize)>,
    /// The generic instruction in the making.
    pub(super) instr: usize,
    /// Start of the last `CallFun`, if no label follows it.
    call_fun: Option<usize>,
    native_calls: Vec<u32>,
    /// Where the function in the making is entered.
    entry: usize,
    /// Whether it uses float registers.
    floats: bool,
    /// Y registers that nothing has named since their frame was made, in code without labels: they
    /// are [] still.
    fresh: Cell<u64>,
    /// Ways of failure on which a register gets a term: label, register, where they go on.
    failures: Vec<(u32, u16, Arg)>,
    /// Where instructions begin: a bit for each word.
    starts: Vec<u64>,
    /// The interpreter comes here: native code is entered here, if what follows is compiled.
    resumes: bool,
    /// By label: whether the interpreter branches to it.
    interpreted_to: Vec<bool>,
    calls_until_compiled: u32,
}

const NO_LABEL: u32 = u32::MAX;

impl<'a> Emitter<'a> {
    pub(super) fn new(
        module: &'a VerifiedModule,
        resolved: &'a Resolved,
        make_tuple: &'a MakeTuple<'a>,
        calls_until_compiled: u32,
    ) -> Emitter<'a> {
        Emitter {
            module,
            resolved,
            make_tuple,
            key_tuples: HashMap::new(),
            words: Vec::with_capacity(module.code.instrs.len() * 2),
            labels: vec![NO_LABEL; module.code.label_count as usize + 1],
            fixups: Vec::new(),
            function_addresses: Vec::new(),
            lines: Vec::new(),
            scratch: 0,
            last: None,
            instr: 0,
            call_fun: None,
            native_calls: Vec::new(),
            floats: false,
            entry: 0,
            fresh: Cell::new(0),
            failures: Vec::new(),
            starts: Vec::new(),
            resumes: false,
            interpreted_to: vec![false; module.code.label_count as usize + 1],
            calls_until_compiled,
        }
    }

    /// A function begins, with a `func_info` that is not yet there.
    pub(super) fn begin_function(&mut self, floats: bool) {
        self.floats = floats;
        self.entry = self.here() + LoadedModule::FUNC_INFO_WORDS as usize;
    }

    /// The operand that says whether float registers may be in use: 0 or 1.
    pub(super) fn floats(&self) -> u16 {
        self.floats.into()
    }

    /// The function is there; what its code has besides follows.
    pub(super) fn end_function(&mut self) {
        for (label, to, fail) in std::mem::take(&mut self.failures) {
            self.label(Arg::U(label.into()));
            self.op(Op::MoveConst, 0, to, 0);
            self.word(Word::NIL.0);
            let at = self.op(Op::Jump, 0, 0, 0);
            self.rel_high(at, fail);
        }
    }

    /// Where a function in a guard branches to when it fails: by way of code that sets its
    /// destination, if others read that there.
    pub(super) fn failure(&mut self, fail: Arg, to: Arg) -> Arg {
        if !self.module.sets_on_failure(self.instr) {
            return fail;
        }
        let label = self.labels.len() as u32;
        self.labels.push(NO_LABEL);
        self.interpreted_to.push(false);
        self.failures.push((label, self.dst(to), fail));
        Arg::F(label)
    }

    /// The function is entered here: a counter until it has native code. Breakpoints are set here
    /// too; they are met by calls alone, as branches go behind it.
    pub(super) fn entry(&mut self) {
        self.begin(Op::Entry.opcode() | u64::from(self.calls_until_compiled) << 32);
        self.words.push(0);
    }

    pub(super) fn note_native_call(&mut self, at: usize) {
        self.native_calls.push(at as u32);
    }

    /// Index of the next word.
    pub fn here(&self) -> usize {
        self.words.len()
    }

    /// Begins an instruction; its words follow by `word` and the like. All `reg` operands must
    /// have been asked for before, since they may emit code.
    // Inlined, as what is asked of `op` is known where it is emitted.
    #[inline(always)]
    pub fn op(&mut self, op: Op, a: u16, b: u16, c: u16) -> usize {
        let compiled = jit::compiles(op);
        let resumes = jit::comes_back(op) || !compiled && jit::goes_on(op);
        if compiled && self.resumes && !self.may_join_call(op) {
            self.begin(Op::Resume.opcode());
            self.words.push(0);
        }
        self.resumes = resumes;
        self.scratch = 0;
        let at = self.begin(encode(op, a, b, c));
        self.last = Some((op, at));
        at
    }

    fn begin(&mut self, word: u64) -> usize {
        let at = self.here();
        // An instruction may be longer than that many words.
        while self.starts.len() <= at / 64 {
            self.starts.push(0);
        }
        self.starts[at / 64] |= 1 << (at % 64);
        self.words.push(word);
        at
    }

    /// Takes back the last instruction, which began at `at`.
    fn take_back(&mut self, at: usize) {
        self.words.truncate(at);
        self.starts[at / 64] &= !(1 << (at % 64));
        self.resumes = false;
    }

    /// Whether the instruction may become one with a call right before it.
    fn may_join_call(&self, op: Op) -> bool {
        op == Op::Deallocate && self.call_fun.is_some_and(|call| call + 1 == self.here())
    }

    /// Adds further word 1 of the instruction at `at`, with operand `d` and what is above it.
    fn word_d(&mut self, at: usize, d: u16, above: u64) {
        self.words[at] |= u64::from(d >> 15) << 3;
        self.words.push(u64::from(d & !Y_BIT) | above << 16);
    }

    /// Makes a number part of the opcode of the instruction at `at`, whose variants are by number.
    pub(super) fn number_in_opcode(&mut self, at: usize, n: u16) {
        self.words[at] |= u64::from(n.min(MANY.into()));
    }

    /// Makes another instruction of the one at `at`, with the same label.
    fn replace(&mut self, at: usize, op: Op, a: u16) {
        self.words[at] = encode(op, a, 0, 0);
    }

    /// Operands of the instruction at `at`.
    fn operands(&self, at: usize) -> [u16; 3] {
        decode(self.words[at]).1
    }

    /// Adds a further word.
    pub fn word(&mut self, w: u64) {
        self.words.push(w);
    }

    /// A register as an operand.
    pub fn dst(&self, arg: Arg) -> u16 {
        match arg.reg() {
            Some(Reg::X(n)) => n,
            Some(Reg::Y(n)) => {
                self.fresh.set(self.fresh.get() & !fresh_bit(n));
                (n + 1) | Y_BIT
            }
            None => unreachable!("the verifier lets only a register stand here: {arg:?}"),
        }
    }

    /// A register for what nobody reads.
    pub(super) const UNUSED: u16 = (FIRST_SCRATCH + SCRATCH_REGS) as u16 - 1;

    /// A value as a register operand; a constant is moved to a scratch register first.
    pub fn reg(&mut self, arg: Arg) -> u16 {
        if arg.reg().is_some() {
            return self.dst(arg);
        }
        let r = FIRST_SCRATCH as u16 + self.scratch;
        let next = self.scratch + 1;
        let w = self.constant(arg);
        self.op(Op::MoveConst, 0, r, 0);
        self.word(w.0);
        self.scratch = next;
        r
    }

    /// A value as a tagged operand.
    pub fn tagged(&self, arg: Arg) -> u64 {
        if arg.reg().is_some() { u64::from(self.dst(arg)) << 2 } else { self.constant(arg).0 }
    }

    /// A constant as a term word.
    pub fn constant(&self, arg: Arg) -> Word {
        match arg {
            Arg::Nil => Word::NIL,
            Arg::Atom(i) => Word::from_atom(self.resolved.atoms[i as usize]),
            Arg::I(n) => match Word::try_small(n) {
                Some(w) => w,
                None => self.resolved.bigs[&BigKey::Value(n)],
            },
            Arg::BigInt { start, .. } => self.resolved.bigs[&BigKey::Bytes(start)],
            Arg::Lit(i) => self.resolved.literals[i as usize],
            other => unreachable!("the verifier lets only a constant stand here: {other:?}"),
        }
    }

    /// A constant that is an immediate.
    pub fn immediate(&self, arg: Arg) -> Option<Word> {
        if arg.reg().is_some() {
            return None;
        }
        Some(self.constant(arg)).filter(|w| w.is_immediate())
    }

    /// A constant that is an immediate other than a float.
    pub fn plain_immediate(&self, arg: Arg) -> Option<Word> {
        self.immediate(arg).filter(|w| !w.is_immediate_float())
    }

    /// A constant that is a small integer.
    pub fn small_constant(&self, arg: Arg) -> Option<Word> {
        self.plain_immediate(arg).filter(|w| w.is_small())
    }

    /// Whether the compiler says that both are floats. Nothing is taken for granted on its word.
    pub fn are_floats(&self, a: Arg, b: Arg) -> bool {
        let is_float = |arg| matches!(arg, Arg::Typed { ty, .. } if self.module.types.get(ty).kinds == TypeEntry::FLOAT);
        is_float(a) && is_float(b)
    }

    /// A float register.
    pub fn float(&self, arg: Arg) -> u16 {
        match arg {
            Arg::Fr(n) => n,
            other => unreachable!("the verifier lets only a float register stand here: {other:?}"),
        }
    }

    /// A plain number.
    pub fn number(&self, arg: Arg) -> u64 {
        match arg {
            Arg::U(n) => n,
            Arg::I(n) => n as u64,
            other => unreachable!("the verifier lets only a number stand here: {other:?}"),
        }
    }

    /// A plain number that the verifier has bounded to a register count or frame size.
    pub fn small(&self, arg: Arg) -> u16 {
        u16::try_from(self.number(arg)).expect("the verifier bounds registers and frames")
    }

    /// An element's index, if it fits an operand.
    pub fn index(&self, arg: Arg) -> Option<u16> {
        u16::try_from(self.number(arg)).ok().filter(|i| *i < u16::MAX)
    }

    /// Words to reserve.
    pub fn need(&self, arg: Arg) -> u64 {
        match arg {
            Arg::Alloc { words, floats, funs } => {
                u64::from(words) + u64::from(floats) * FLOAT_WORDS + u64::from(funs) * FUN_WORDS
            }
            other => self.number(other),
        }
    }

    /// Whether the instruction takes for granted what nobody has proved.
    pub fn unproven(&self) -> bool {
        self.module.is_unproven(self.instr)
    }

    /// How many elements the tuple must have that the instruction takes one from.
    pub fn elements_taken(&self) -> u32 {
        self.module.elements_taken(self.instr)
    }

    /// Operands of a list operand.
    pub fn list(&self, arg: Arg) -> &'a [Arg] {
        self.module.code.list(arg)
    }

    /// Operands of an instruction.
    pub fn args(&self, instr: &Instr) -> &'a [Arg] {
        self.module.code.args(instr)
    }

    /// The literal that an operand names, if it names one.
    pub fn literal(&self, arg: Arg) -> Option<Term<'a>> {
        let Arg::Lit(i) = arg else { return None };
        // SAFETY: the module's literals are whole terms, and stay while it is being made.
        Some(unsafe { Term::from_word(self.resolved.literals[i as usize]) })
    }

    /// The atom at an index of the file's table.
    pub fn atom(&self, index: u32) -> Atom {
        self.resolved.atoms[index as usize]
    }

    /// What has been looked up.
    pub fn resolved(&self) -> &'a Resolved {
        self.resolved
    }

    /// The module's string chunk.
    pub fn strings(&self) -> &'a [u8] {
        &self.module.strings
    }

    /// Address of a byte of the string chunk, as code may hold it.
    pub fn string_address(&self, offset: usize) -> *const u8 {
        self.resolved.strings.wrapping_add(offset)
    }

    /// The native function of that name, if there is one.
    pub fn native_of(&self, module: Atom, function: Atom, arity: u8) -> Option<&'static NativeDef> {
        self.resolved
            .own_natives
            .iter()
            .find(|(f, a, _)| *f == function && *a == arity)
            .map(|(_, _, def)| *def)
            .filter(|_| module == self.resolved.atoms[loader::Module::NAME_ATOM as usize])
    }

    /// The literal `{}`.
    pub fn empty_tuple(&self) -> u64 {
        self.resolved.empty_tuple.0
    }

    pub(super) fn label(&mut self, arg: Arg) {
        let n = self.number(arg) as usize;
        self.labels[n] = self.here() as u32;
        self.last = None;
        self.resumes |= self.interpreted_to[n];
        self.call_fun = None;
        self.fresh.set(0);
    }

    fn label_of(arg: Arg) -> u32 {
        match arg {
            Arg::F(n) => n,
            other => unreachable!("the verifier lets only a label stand here: {other:?}"),
        }
    }

    fn fix(&mut self, word: usize, instr: usize, label: u32, place: Place) {
        if label != 0 {
            if !matches!(place, Place::Address) && !jit::compiles(decode(self.words[instr]).0) {
                self.interpreted_to[label as usize] = true;
            }
            self.fixups.push(Fixup { word, instr, label, place });
        }
    }

    /// Puts the offset to a label into bits 32 to 63 of the instruction's first word.
    pub fn rel_high(&mut self, instr: usize, label: Arg) {
        self.fix(instr, instr, Self::label_of(label), Place::High);
    }

    /// Adds a word with the offset to a label (0 if there is none) in its low half.
    pub fn rel(&mut self, instr: usize, label: Arg) {
        self.rel_with(instr, label, 0);
    }

    /// Adds a word with the offset to a label in its low half and `high` in the other.
    pub fn rel_with(&mut self, instr: usize, label: Arg, high: u32) {
        let word = self.here();
        self.word(u64::from(high) << 32);
        self.fix(word, instr, Self::label_of(label), Place::Low);
    }

    /// Adds a word with the address of a label's code.
    pub fn address(&mut self, label: Arg) {
        let word = self.here();
        self.word(0);
        self.fix(word, word, Self::label_of(label), Place::Address);
    }

    /// Adds a word with the address of a function's description.
    pub(super) fn function_address(&mut self, function: usize) {
        self.function_addresses.push((self.here(), function));
        self.word(0);
    }

    /// Lines noted since `start` belong to the function that begins there.
    pub(super) fn set_function_start(&mut self, start: usize) {
        debug_assert!(self.here() == start);
    }

    pub(super) fn line(&mut self, arg: Arg) {
        // A stripped module has no table; its line operands mean nothing.
        let index = self.number(arg) as usize;
        let mut item = self.module.lines.items.get(index).copied().unwrap_or_default();
        if item.file >= FILES || item.line >= LINES {
            item = Default::default();
        }
        // The first line of a function holds from its entry on.
        let here = match self.here() {
            here if here == self.entry + LoadedModule::ENTRY_WORDS as usize => self.entry as u32,
            here => here as u32,
        };
        match self.lines.last_mut() {
            Some(last) if last.0 == here => *last = (here, item.file, item.line),
            _ => self.lines.push((here, item.file, item.line)),
        }
    }

    pub(super) fn move_(&mut self, from: Arg, to: Arg) {
        if from.reg() == to.reg() {
            return;
        }
        let to = self.dst(to);
        if from.reg().is_some() {
            let from = self.dst(from);
            self.move_register(from, to);
        } else {
            let w = self.constant(from);
            self.op(Op::MoveConst, 0, to, 0);
            self.word(w.0);
        }
    }

    /// A move between registers, fused with one right before it.
    fn move_register(&mut self, from: u16, to: u16) {
        if let Some((Op::Move, at)) = self.last {
            let [a, b, _] = self.operands(at);
            self.take_back(at);
            self.op(Op::Move2, a, b, from);
            self.word_d(at, to, 0);
        } else {
            self.op(Op::Move, from, to, 0);
        }
    }

    /// A call of `arity` but for its address, fused with a move right before it. False: there is none.
    pub(super) fn fuse_move_and_call(&mut self, call: Op, arity: u16) -> bool {
        let fused = match call {
            Op::Call => Op::MoveCall,
            Op::CallOnly => Op::MoveCallOnly,
            _ => return false,
        };
        let Some((Op::Move, at)) = self.last else { return false };
        let [from, to, _] = self.operands(at);
        self.take_back(at);
        self.op(fused, from, to, arity);
        true
    }

    /// A cons cell of two registers, fused with a reserve right before it.
    pub(super) fn put_list(&mut self, head: u16, tail: u16, to: u16) {
        if let Some((Op::TestHeap, at)) = self.last
            && let Ok(need) = u32::try_from(self.words[at + 1])
        {
            let [_, live, floats] = self.operands(at);
            self.take_back(at);
            self.op(Op::TestHeapPutList, head, tail, to);
            self.word(u64::from(floats) << 48 | u64::from(live) << 32 | u64::from(need));
        } else {
            self.op(Op::PutList, head, tail, to);
        }
    }

    /// A test of a tuple's arity, fused with one right before it that it is a tuple and that
    /// branches to the same label. False: there is none.
    pub(super) fn fuse_tuple_test(&mut self, a: u16, fail: Arg, header: u64) -> bool {
        if let Some((Op::IsTuple, at)) = self.last
            && self.operands(at)[0] == a
            && self.fixups.last().is_some_and(|f| f.word == at && f.label == Self::label_of(fail))
        {
            self.replace(at, Op::IsTupleOfArity, a);
            self.word(header);
            self.last = None;
            return true;
        }
        false
    }

    /// `get_list`, fused with a test right before it that the list is not empty.
    pub(super) fn get_list(&mut self, from: u16, head: u16, tail: u16) {
        if let Some((Op::IsNonemptyList, at)) = self.last
            && self.operands(at)[0] == from
            && let Some(fixup) = self.fixups.last_mut()
            && fixup.word == at
        {
            *fixup = Fixup { word: at + 1, place: Place::Low, ..*fixup };
            self.take_back(at);
            self.op(Op::IsNonemptyGetList, from, head, tail);
            self.word(0);
            return;
        }
        self.op(Op::GetList, from, head, tail);
    }

    /// `get_tuple_element`, fused with one right before it that reads the same tuple.
    pub(super) fn get_tuple_element(&mut self, from: u16, index: u16, to: u16) {
        if let Some((Op::GetTupleElement, at)) = self.last {
            let [a, i, t] = self.operands(at);
            if a == from && t != from {
                self.take_back(at);
                self.op(Op::GetTupleElements, a, i, t);
                self.word_d(at, to, u64::from(index));
                return;
            }
        }
        self.op(Op::GetTupleElement, from, index, to);
    }

    /// A map made of nothing with constants as keys: the keys are a literal. False: it is another
    /// kind of update.
    pub(super) fn new_map(&mut self, map: Arg, to: Arg, live: Arg, list: Arg) -> bool {
        let pairs: Vec<(Arg, Arg)> =
            self.list(list).chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let made_of_nothing =
            self.literal(map).and_then(Term::as_map).is_some_and(MapView::is_empty);
        if !made_of_nothing
            || pairs.len() > FLAT_MAP_MAX
            || pairs.iter().any(|(key, _)| key.reg().is_some())
        {
            return false;
        }
        let mut pairs: Vec<(Term<'a>, Arg)> =
            pairs.into_iter().map(|(k, v)| (self.term(k), v)).collect();
        pairs.sort_by(|a, b| compare_map_keys(a.0, b.0));
        let keys: Vec<Term<'a>> = pairs.iter().map(|p| p.0).collect();
        if keys.windows(2).any(|two| exact_eq(two[0], two[1])) {
            return false;
        }
        let words: Vec<Word> = keys.iter().map(|k| k.word()).collect();
        let known = self.key_tuples.get(&words).copied();
        let Some(tuple) = known.or_else(|| (self.make_tuple)(&words)) else { return false };
        self.key_tuples.insert(words, tuple);
        self.op(Op::NewMap, self.dst(to), pairs.len() as u16, self.small(live));
        self.word(tuple.0);
        for (_, value) in pairs {
            let value = self.tagged(value);
            self.word(value);
        }
        true
    }

    /// A constant that is looked at while the module is being made.
    fn term(&self, arg: Arg) -> Term<'a> {
        // SAFETY: constants of the module are whole terms and stay while it is being made.
        unsafe { Term::from_word(self.constant(arg)) }
    }

    /// Keys and values of an update as tagged operands: in the order of maps, if all keys are
    /// constants.
    pub(super) fn map_pairs(&self, list: Arg) -> Vec<(u64, u64)> {
        let mut pairs: Vec<[Arg; 2]> =
            self.list(list).chunks_exact(2).map(|p| [p[0], p[1]]).collect();
        if pairs.iter().all(|[key, _]| key.reg().is_none()) {
            pairs.sort_by(|[a, _], [b, _]| compare_map_keys(self.term(*a), self.term(*b)));
        }
        pairs.into_iter().map(|[key, value]| (self.tagged(key), self.tagged(value))).collect()
    }

    /// A frame is made, whose slots are all [].
    pub(super) fn allocated(&mut self) {
        self.fresh.set(u64::MAX);
    }

    /// The Y registers have other numbers from here on.
    pub(super) fn trim(&mut self, slots: Arg) {
        self.fresh.set(0);
        self.op(Op::Trim, self.small(slots), 0, 0);
    }

    pub(super) fn init_y(&mut self, slots: &[Arg]) {
        let fresh = self.fresh.get();
        let is_fresh = |slot: &Arg| match slot.reg() {
            Some(Reg::Y(n)) => fresh & fresh_bit(n) != 0,
            _ => false,
        };
        // Mostly there are one or two.
        for slot in slots.iter().filter(|slot| !is_fresh(slot)) {
            self.move_(Arg::Nil, *slot);
        }
    }

    pub(super) fn call_fun(&mut self, arity: u16, fun: u16) {
        let at = self.op(Op::CallFun, arity, fun, 0);
        self.call_fun = Some(at);
    }

    pub(super) fn deallocate(&mut self, slots: Arg) {
        self.fresh.set(0);
        self.op(Op::Deallocate, self.small(slots), 0, 0);
    }

    pub(super) fn return_(&mut self) {
        match self.last {
            Some((Op::Deallocate, at)) => {
                let [slots, ..] = self.operands(at);
                self.take_back(at);
                match self.call_fun {
                    // The compiler knows no such instruction; a loop of calls like this one must
                    // not fill the stack.
                    Some(call) if call + 1 == at => {
                        let [arity, fun, _] = self.operands(call);
                        self.words[call] = encode(Op::CallFunLast, arity, fun, slots);
                        self.last = None;
                    }
                    _ => {
                        self.op(Op::DeallocateReturn, slots, 0, 0);
                    }
                }
            }
            _ => {
                self.op(Op::Return, 0, 0, 0);
            }
        }
    }

    pub(super) fn float_move(&mut self, from: Arg, to: Arg) {
        match (from, to) {
            (Arg::Fr(from), Arg::Fr(to)) => {
                self.op(Op::FloatMove, from, to, 0);
            }
            (Arg::Fr(from), _) => {
                let to = self.dst(to);
                if let Some((Op::FloatToReg, at)) = self.last {
                    let [first, first_to, _] = self.operands(at);
                    self.take_back(at);
                    self.op(Op::FloatToReg2, first, first_to, from);
                    self.word_d(at, to, 0);
                } else {
                    self.op(Op::FloatToReg, from, to, 0);
                }
            }
            (_, Arg::Fr(to)) => {
                let from = self.reg(from);
                self.op(Op::FloatFromReg, from, to, 0);
            }
            _ => unreachable!("the verifier lets fmove only between a float register and others"),
        }
    }

    /// An operator on float registers, fused with a load right before it.
    pub(super) fn float_operator(&mut self, alone: Op, loading: Op, [a, b, to]: [u16; 3]) {
        if let Some((Op::FloatFromReg, at)) = self.last {
            let [from, loaded, _] = self.operands(at);
            self.take_back(at);
            let mark = |operand: u16| if operand == loaded { Y_BIT } else { 0 };
            self.op(loading, from, loaded | mark(a), to | mark(b));
            self.word(u64::from(a) | u64::from(b) << 16);
            // The operator's line, which stack traces show, begins with the fused instruction.
            if let Some(line) = self.lines.last_mut() {
                line.0 = line.0.min(at as u32);
            }
        } else {
            self.op(alone, a, b, to);
        }
    }

    pub(super) fn finish(mut self, functions: Box<[FunctionInfo]>) -> Transformed {
        // Control never runs off the end of verified code; this is for what `item_at` reads.
        self.op(Op::Unreachable, 0, 0, 0);
        let (mut code, mut places) = (self.words, Vec::new());
        for f in self.fixups {
            let mut target = self.labels[f.label as usize];
            assert!(target != NO_LABEL, "the verifier checks that labels exist");
            if !matches!(f.place, Place::Address)
                && Op::of(code[target as usize] as u16) == Op::Entry
            {
                target += LoadedModule::ENTRY_WORDS;
            }
            let rel = i64::from(target) - f.instr as i64;
            let rel = u64::from(i32::try_from(rel).expect("code is below 16 GiB") as u32);
            match f.place {
                Place::High => code[f.word] |= rel << 32,
                Place::Low => code[f.word] |= rel,
                Place::Address => {
                    code[f.word] = u64::from(target);
                    places.push(f.word);
                }
            }
        }
        for (word, function) in self.function_addresses {
            code[word] = &raw const functions[function] as u64;
        }
        let native_calls = self.native_calls.into_boxed_slice();
        let starts = self.starts.into_boxed_slice();
        Transformed { code, places, functions, lines: self.lines, native_calls, starts }
    }
}
