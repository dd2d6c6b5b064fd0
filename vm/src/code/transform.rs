//! From verified generic instructions to the specific ones that the interpreter executes.
//!
//! One pass over the code with an [`Emitter`], then branch offsets and addresses are filled in.
//! Which generic instruction becomes what is decided here and in `transform/`; what the specific
//! ones mean is in `ops`. Names, literals and natives have been looked up before ([`Resolved`]).

mod binary;
mod calls;
mod emitter;
mod tests_and_selection;

pub use emitter::{Emitter, Unsupported};

use super::breakpoints::Slot;
use super::ops::Op;
use super::table::FunctionInfo;
use super::{Export, Lambda};
use crate::native::NativeDef;
use crate::term::layout::tuple_header;
use crate::term::{Atom, Word};
use loader::{Arg, GenOp, Instr, VerifiedModule};

/// A module's tables, with everything looked up.
pub struct Resolved {
    /// By index in the file's atom table.
    pub atoms: Vec<Atom>,
    /// By index in its import table.
    pub imports: Vec<&'static Export>,
    /// By index in its literal table.
    pub literals: Vec<Word>,
    /// By index in its lambda table.
    pub lambdas: Vec<&'static Lambda>,
    /// Integers of the code that are no small ones, as literals.
    pub bigs: hashbrown::HashMap<BigKey, Word>,
    /// The literal `{}`.
    pub empty_tuple: Word,
    /// The strings chunk, somewhere it stays.
    pub strings: *const u8,
    /// Functions of this module that are native: what the file has for them is not used.
    pub own_natives: Vec<(Atom, u8, &'static NativeDef)>,
}

/// How an integer operand that is no small one is found again.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum BigKey {
    /// `Arg::I`: its value.
    Value(i64),
    /// `Arg::BigInt`: where its bytes start.
    Bytes(u32),
}

/// The result: code words and what is known of them.
pub struct Transformed {
    /// The code, complete but for `places`.
    pub code: Vec<u64>,
    /// Which of the words are to be addresses of others, whose offsets they are.
    pub places: Vec<usize>,
    /// Its functions; the words before their entries hold addresses of these.
    pub functions: Box<[FunctionInfo]>,
    /// Lines: offset, file index, line.
    pub lines: Vec<(u32, u32, u32)>,
    /// Offsets of the instructions that call natives.
    pub native_calls: Box<[u32]>,
    /// Where instructions begin: a bit for each word.
    pub starts: Box<[u64]>,
}

/// Makes a literal tuple of constants, if there is room for more of them.
pub type MakeTuple<'a> = dyn Fn(&[Word]) -> Option<Word> + 'a;

/// Transforms a module. `calls_until_compiled`: how often a function is called before it gets native
/// code.
pub fn transform(
    module: &VerifiedModule,
    resolved: &Resolved,
    name: Atom,
    make_tuple: &MakeTuple<'_>,
    calls_until_compiled: u32,
) -> Result<Transformed, Unsupported> {
    let mut e = Emitter::new(module, resolved, make_tuple, calls_until_compiled);
    let mut functions = Vec::with_capacity(module.functions().len());
    for f in module.functions() {
        let start = e.here();
        let function = resolved.atoms[f.name as usize];
        functions.push(FunctionInfo {
            module: name,
            function,
            arity: f.arity,
            start: start as u32,
            traced: Slot::default(),
        });
        // Instructions before this one have been dealt with together with an earlier one.
        let mut next = f.code.start;
        e.begin_function(uses_floats(&module.code.instrs[f.code.clone()]));
        for index in f.code.clone() {
            if index < next {
                continue;
            }
            let instr = &module.code.instrs[index];
            e.instr = index;
            if index == f.func_info {
                // A line before `func_info` is that of the clause error.
                e.set_function_start(start);
                e.op(Op::FuncInfo, 0, 0, 0);
                e.function_address(functions.len() - 1);
                continue;
            }
            if module.is_trap(index) {
                e.op(Op::Unreachable, 0, 0, 0);
                if instr.op == GenOp::Jump {
                    continue;
                }
            }
            if let Some(taken) = binary::in_steps(&mut e, &module.code.instrs[index..f.code.end])? {
                next = index + taken;
                continue;
            }
            instruction(&mut e, instr.op, module.code.args(instr))?;
            if index == f.body {
                match e.native_of(name, function, f.arity) {
                    // The function is one of ours: what the module has for it is a placeholder.
                    Some(native) => {
                        e.op(Op::CallNativeStub, 0, 0, 0);
                        e.word(std::ptr::from_ref(native) as u64);
                    }
                    None => e.entry(),
                }
            }
        }
        e.end_function();
    }
    Ok(e.finish(functions.into_boxed_slice()))
}

/// Whether some of the instructions are about float registers.
fn uses_floats(code: &[Instr]) -> bool {
    use GenOp as G;
    code.iter().any(|i| {
        matches!(i.op, G::Fmove | G::Fconv | G::Fadd | G::Fsub | G::Fmul | G::Fdiv | G::Fnegate)
    })
}

fn instruction(e: &mut Emitter<'_>, op: GenOp, args: &[Arg]) -> Result<(), Unsupported> {
    use GenOp as G;
    match (op, args) {
        (G::Label, [label]) => e.label(*label),
        (G::Line, [index]) => e.line(*index),
        (G::IntCodeEnd | G::NifStart | G::ExecutableLine | G::DebugLine, _) => {}
        (G::OnLoad, []) => {}

        (G::Move, [from, to]) => e.move_(*from, *to),
        (G::Swap, [a, b]) => {
            let (a, b) = (e.dst(*a), e.dst(*b));
            e.op(Op::Swap, a, b, 0);
        }
        (G::InitYregs, [list]) => e.init_y(e.list(*list)),
        (G::Init, [slot]) => e.init_y(&[*slot]),
        // A new frame's slots are all [] in any case.
        (G::Allocate | G::AllocateZero, [slots, live]) => {
            let slots = e.small(*slots);
            let at = e.op(Op::Allocate, slots, e.small(*live), e.floats());
            e.number_in_opcode(at, slots);
            e.allocated();
        }
        (G::AllocateHeap | G::AllocateHeapZero, [slots, need, live]) => {
            let need = e.need(*need);
            e.op(Op::AllocateHeap, e.small(*slots), e.small(*live), e.floats());
            e.word(need);
            e.allocated();
        }
        (G::TestHeap, [need, live]) => {
            let need = e.need(*need);
            e.op(Op::TestHeap, 0, e.small(*live), e.floats());
            e.word(need);
        }
        (G::Deallocate, [slots]) => e.deallocate(*slots),
        (G::Trim, [slots, _]) => e.trim(*slots),
        (G::Return, []) => e.return_(),
        (G::Jump, [label]) => {
            let at = e.op(Op::Jump, 0, 0, 0);
            e.rel_high(at, *label);
        }

        (G::GetList, [from, head, tail]) => {
            let from = cons(e, *from);
            let (head, tail) = (e.dst(*head), e.dst(*tail));
            e.get_list(from, head, tail);
        }
        (G::GetHd, [from, to]) => {
            let (from, to) = (cons(e, *from), e.dst(*to));
            e.op(Op::GetHd, from, to, 0);
        }
        (G::GetTl, [from, to]) => {
            let (from, to) = (cons(e, *from), e.dst(*to));
            e.op(Op::GetTl, from, to, 0);
        }
        (G::PutList, [head, tail, to]) => {
            let to = e.dst(*to);
            if tail.reg().is_none() {
                let (head, tail) = (e.reg(*head), e.constant(*tail));
                e.op(Op::PutListRC, head, 0, to);
                e.word(tail.0);
            } else if head.reg().is_none() {
                let (head, tail) = (e.constant(*head), e.reg(*tail));
                e.op(Op::PutListCR, 0, tail, to);
                e.word(head.0);
            } else {
                let (head, tail) = (e.reg(*head), e.reg(*tail));
                e.put_list(head, tail, to);
            }
        }
        (G::GetTupleElement, [from, index, to]) => {
            let (from, to) = (e.reg(*from), e.dst(*to));
            let Some(index) = e.index(*index) else {
                // So large a tuple is rare: as `element/2` has it.
                let position = e.reg(Arg::I(e.number(*index) as i64 + 1));
                let at = e.op(Op::Element, position, from, to);
                e.rel(at, Arg::F(0));
                return Ok(());
            };
            if e.unproven() {
                let size = e.elements_taken().min(u16::MAX.into());
                e.op(Op::CheckTuple, from, size as u16, 0);
            }
            e.get_tuple_element(from, index, to);
        }
        (G::SetTupleElement, [new, tuple, index]) => {
            let (new, tuple) = (e.reg(*new), e.reg(*tuple));
            e.op(Op::SetTupleElement, new, tuple, 0);
            let i = e.number(*index);
            e.word(i);
        }
        (G::PutTuple2, [to, list]) => {
            let to = e.dst(*to);
            if let [first, second] = *e.list(*list) {
                put_pair(e, to, first, second);
                return Ok(());
            }
            let elements: Vec<u64> = e.list(*list).iter().map(|a| e.tagged(*a)).collect();
            if elements.is_empty() {
                let empty = e.empty_tuple();
                e.op(Op::MoveConst, 0, to, 0);
                e.word(empty);
            } else {
                e.op(Op::PutTuple, to, 0, 0);
                e.word(tuple_header(elements.len()).0);
                elements.into_iter().for_each(|w| e.word(w));
            }
        }

        (G::Catch, [slot, label]) | (G::Try, [slot, label]) => {
            let slot = e.dst(*slot);
            let at = e.op(Op::Catch, slot, 0, 0);
            e.rel_high(at, *label);
        }
        (G::CatchEnd, [slot]) => one(e, Op::CatchEnd, *slot),
        (G::TryEnd, [slot]) => one(e, Op::TryEnd, *slot),
        (G::TryCase, [slot]) => one(e, Op::TryCase, *slot),
        (G::Raise, [trace, value]) => {
            let (trace, value) = (e.reg(*trace), e.reg(*value));
            e.op(Op::Raise, trace, value, 0);
        }
        (G::RawRaise, []) => {
            e.op(Op::RawRaise, 0, 0, 0);
        }
        (G::BuildStacktrace, []) => {
            e.op(Op::BuildStacktrace, 0, 0, 0);
        }
        (G::Badmatch, [v]) => one(e, Op::Badmatch, *v),
        (G::CaseEnd, [v]) => one(e, Op::CaseEnd, *v),
        (G::TryCaseEnd, [v]) => one(e, Op::TryCaseEnd, *v),
        (G::Badrecord, [v]) => one(e, Op::Badrecord, *v),
        (G::IfEnd, []) => {
            e.op(Op::IfEnd, 0, 0, 0);
        }

        (G::Send, []) => {
            e.op(Op::Send, 0, 0, 0);
        }
        (G::LoopRec, [label, to]) => {
            let to = e.dst(*to);
            let at = e.op(Op::LoopRec, to, 0, 0);
            e.rel_high(at, *label);
            if e.unproven() {
                e.op(Op::KeepMessage, to, 0, 0);
            }
        }
        (G::LoopRecEnd, [label]) => {
            let at = e.op(Op::LoopRecEnd, 0, 0, 0);
            e.rel_high(at, *label);
        }
        (G::RemoveMessage, []) => {
            e.op(Op::RemoveMessage, 0, 0, 0);
        }
        (G::Wait, [label]) => {
            let at = e.op(Op::Wait, 0, 0, 0);
            e.rel_high(at, *label);
        }
        (G::WaitTimeout, [label, time]) => {
            let time = e.reg(*time);
            let at = e.op(Op::WaitTimeout, time, 0, 0);
            e.rel_high(at, *label);
        }
        (G::Timeout, []) => {
            e.op(Op::Timeout, 0, 0, 0);
        }
        (G::RecvMark | G::RecvSet, _) => {}
        (G::RecvMarkerReserve, [to]) => one(e, Op::MarkerReserve, *to),
        (G::RecvMarkerBind, [marker, reference]) => {
            let (a, b) = (e.reg(*marker), e.reg(*reference));
            e.op(Op::MarkerBind, a, b, 0);
        }
        (G::RecvMarkerClear, [r]) => one(e, Op::MarkerClear, *r),
        (G::RecvMarkerUse, [r]) => one(e, Op::MarkerUse, *r),

        (G::PutMapAssoc, [fail, map, to, live, list]) => {
            if e.new_map(*map, *to, *live, *list) {
                return Ok(());
            }
            put_map(e, Op::PutMapAssoc, *fail, *map, *to, *live, *list);
        }
        (G::PutMapExact, [fail, map, to, live, list]) => {
            put_map(e, Op::PutMapExact, *fail, *map, *to, *live, *list);
        }
        (G::HasMapFields, [fail, map, list]) => {
            let map = e.reg(*map);
            let keys = e.list(*list);
            let plain: Option<Vec<_>> = keys.iter().map(|k| e.plain_immediate(*k)).collect();
            if let Some(plain) = plain {
                plain.into_iter().for_each(|key| map_element(e, *fail, map, Emitter::UNUSED, key));
                return Ok(());
            }
            let keys: Vec<u64> = keys.iter().map(|a| e.tagged(*a)).collect();
            let at = e.op(Op::HasMapFields, map, 0, 0);
            e.rel_high(at, *fail);
            e.word(keys.len() as u64);
            keys.into_iter().for_each(|w| e.word(w));
        }
        (G::GetMapElements, [fail, map, list]) => {
            let map = e.reg(*map);
            let pairs: Vec<(Arg, u16)> =
                e.list(*list).chunks_exact(2).map(|p| (p[0], e.dst(p[1]))).collect();
            let singly: Option<Vec<(Word, u16)>> =
                pairs.iter().map(|(key, to)| Some((e.plain_immediate(*key)?, *to))).collect();
            if let Some(mut singly) = singly {
                // What takes the place of the map itself comes last.
                singly.sort_by_key(|(_, to)| *to == map);
                singly.into_iter().for_each(|(key, to)| map_element(e, *fail, map, to, key));
                return Ok(());
            }
            let at = e.op(Op::GetMapElements, map, 0, 0);
            e.rel_high(at, *fail);
            e.word(pairs.len() as u64);
            for (key, to) in pairs {
                let key = e.tagged(key);
                e.word(key);
                e.word(u64::from(to));
            }
        }

        (G::Fmove, [from, to]) => e.float_move(*from, *to),
        (G::Fconv, [from, to]) => {
            let from = e.reg(*from);
            let to = e.float(*to);
            e.op(Op::FloatConv, from, to, 0);
        }
        (G::Fadd, [_, a, b, to]) => float(e, Op::FloatAdd, Op::FloatLoadAdd, [*a, *b, *to]),
        (G::Fsub, [_, a, b, to]) => float(e, Op::FloatSub, Op::FloatLoadSub, [*a, *b, *to]),
        (G::Fmul, [_, a, b, to]) => float(e, Op::FloatMul, Op::FloatLoadMul, [*a, *b, *to]),
        (G::Fdiv, [_, a, b, to]) => float(e, Op::FloatDiv, Op::FloatLoadDiv, [*a, *b, *to]),
        (G::Fnegate, [_, a, to]) => {
            let (a, to) = (e.float(*a), e.float(*to));
            e.op(Op::FloatNegate, a, 0, to);
        }

        _ => {
            let done = calls::instruction(e, op, args)?
                || tests_and_selection::instruction(e, op, args)?
                || binary::instruction(e, op, args)?;
            if !done {
                return Err(Unsupported::instruction(op));
            }
        }
    }
    Ok(())
}

fn put_pair(e: &mut Emitter<'_>, to: u16, first: Arg, second: Arg) {
    if first.reg().is_some() || second.reg().is_none() {
        let (first, second) = (e.reg(first), e.reg(second));
        e.op(Op::PutTuple2, to, first, second);
    } else {
        let (first, second) = (e.constant(first), e.reg(second));
        e.op(Op::PutTuple2CR, to, 0, second);
        e.word(first.0);
    }
}

/// A register that is taken apart as a cons cell, which is tested if nobody has proved it.
fn cons(e: &mut Emitter<'_>, from: Arg) -> u16 {
    let from = e.reg(from);
    if e.unproven() {
        e.op(Op::CheckCons, from, 0, 0);
    }
    from
}

/// An instruction with one register operand.
fn one(e: &mut Emitter<'_>, op: Op, arg: Arg) {
    let a = e.reg(arg);
    e.op(op, a, 0, 0);
}

fn put_map(e: &mut Emitter<'_>, op: Op, fail: Arg, map: Arg, to: Arg, live: Arg, list: Arg) {
    let map = e.reg(map);
    let to = e.dst(to);
    let live = e.small(live);
    let pairs = e.map_pairs(list);
    let at = e.op(op, map, to, live);
    e.rel_with(at, fail, pairs.len() as u32);
    for (key, value) in pairs {
        e.word(key);
        e.word(value);
    }
}

/// Gets the value of a key that is a plain immediate. At first it is expected at the front.
fn map_element(e: &mut Emitter<'_>, fail: Arg, map: u16, to: u16, key: Word) {
    let at = e.op(Op::GetMapElement, map, to, 0);
    e.rel(at, fail);
    e.word(key.0);
}

/// Float arithmetic. Its label is never used: what it does in a guard has been tested before.
fn float(e: &mut Emitter<'_>, alone: Op, loading: Op, args: [Arg; 3]) {
    let operands = args.map(|a| e.float(a));
    e.float_operator(alone, loading, operands);
}

/// The arity that a test compares with, as a tuple's header word.
fn arity_header(n: u64) -> u64 {
    tuple_header(n as usize).0
}
