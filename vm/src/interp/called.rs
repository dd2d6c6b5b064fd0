//! What native code calls (see [`jit`](crate::jit)): natives, functions of guards, comparisons,
//! arithmetic.
//!
//! Comparisons are functions of two terms. The others take the state as handlers take it. Where all
//! goes as it mostly does (a term is the answer, all that was built lies in the heap) they give back what
//! has changed of it, and native code goes on behind the call. Else they leave the state and the answer
//! with the worker, and native code goes to a handler that deals with it. No collection has come due
//! where nothing was built beside the heap, so only that handler looks whether one has.
//!
//! Native code has no unwinding information, so no panic may leave these functions: natives are called
//! as they are elsewhere, and a panic in what is beside them ends the program at once.

use super::arith::{self, General, live};
use super::bif::{finish, guard_answered};
use super::dispatch::{Handler, go_on};
use super::native_call::{
    Panic, adopt, answered, answered_last, answered_stub, begin, called_at, def, panicked,
    take_over,
};
use super::term;
use super::{ANY, M, narrow};
use crate::code::ops::{NO_LIVE, Op};
use crate::native::{Answer, Callee, NativeDef, NativeKind};
use crate::process::Process;
use crate::sched::Worker;
use crate::term::compare::{self, compare, eq};
use crate::term::{Area, Term, Word, atoms};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a call of an operator has changed of the state.
#[repr(C)]
pub(crate) struct Changed {
    /// Top of the heap. Null: the state is with the worker, and so is the answer.
    hp: *mut Word,
    reds: i64,
}

/// What native code calls in place of an operator.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// The function.
    pub(crate) function: unsafe extern "C-unwind" fn(
        *const u64,
        *mut Word,
        *mut Word,
        *mut Word,
        *const u64,
        i64,
    ) -> Changed,
    /// The handler that goes on where it has left the state with the worker.
    pub(crate) otherwise: Handler,
}

/// What a native has answered, and what that has left of the state: the top of the heap is where the area
/// has it ([`native::Native::TOP`](crate::native::Native::TOP)).
#[repr(C)]
pub(crate) struct Answered {
    /// A term. 0, which is none: the state is with the worker, and so is the answer.
    word: u64,
    reds: i64,
}

/// What native code calls a native by. It takes the state but for the reductions, which are with the worker,
/// and where the arguments are.
pub(crate) type Native = unsafe extern "C-unwind" fn(
    *const u64,
    *mut Word,
    *mut Word,
    *mut Word,
    *const u64,
    *const Word,
) -> Answered;

/// What an operator of arithmetic calls for terms that it does nothing with itself.
pub(crate) fn arithmetic(op: Op) -> Option<Call> {
    let function = match op {
        Op::Add | Op::AddFloats => add,
        Op::AddC => add_c,
        Op::Sub | Op::SubFloats => sub,
        Op::SubC => sub_c,
        Op::Mul | Op::MulFloats => mul,
        Op::Div => float_div,
        Op::IntDiv => int_div,
        Op::Rem => rem,
        Op::Band => band,
        Op::Bor => bor,
        Op::Bxor => bxor,
        Op::Bnot => bnot,
        Op::Neg => neg,
        Op::Bsl => bsl,
        Op::Bsr => bsr,
        _ => return None,
    };
    Some(Call { function, otherwise: after_arithmetic })
}

/// Defines what operators call, which do not change where the process stands but for the heap's top.
macro_rules! operators {
    ($($name:ident = $general:expr, |$m:ident| $b:expr;)*) => {
        $(unsafe extern "C-unwind" fn $name(
            ip: *const u64,
            x: *mut Word,
            sp: *mut Word,
            hp: *mut Word,
            cp: *const u64,
            reds: i64,
        ) -> Changed {
            // SAFETY: native code hands on the state of a process at such an instruction, whose
            // operands are as in the table.
            unsafe {
                let $m = M::of_registers(ip, x, sp, hp, cp, reds);
                compute($m, $general, $m.get_a::<ANY>(), $b)
            }
        })*
    };
}

operators! {
    add = arith::ADD, |m| m.get_b::<ANY>();
    add_c = arith::ADD, |m| Word(m.word(2));
    sub = arith::SUB, |m| m.get_b::<ANY>();
    sub_c = arith::SUB, |m| Word(m.word(2));
    mul = arith::MUL, |m| m.get_b::<ANY>();
    float_div = arith::FLOAT_DIV, |m| m.get_b::<ANY>();
    int_div = arith::INT_DIV, |m| m.get_b::<ANY>();
    rem = arith::REM, |m| m.get_b::<ANY>();
    band = arith::BAND, |m| m.get_b::<ANY>();
    bor = arith::BOR, |m| m.get_b::<ANY>();
    bxor = arith::BXOR, |m| m.get_b::<ANY>();
    bnot = arith::BNOT, |_m| Word::small(-1);
    neg = arith::NEG, |_m| Word::small(0);
    bsl = arith::BSL, |m| m.get_b::<ANY>();
    bsr = arith::BSR, |m| m.get_b::<ANY>();
}

/// Computes what an operator makes of two terms. An error is left to the interpreter, which does the
/// instruction again.
#[inline(always)]
unsafe fn compute(m: M, general: General, a: Word, b: Word) -> Changed {
    // SAFETY: both are terms; the words from `hp` to `sp` are free.
    unsafe {
        if let Some((m, result)) = narrow::compute(m, general.narrow, a, b, NO_LIVE) {
            m.set(m.any_c(), result);
            return Changed { hp: m.hp, reds: m.reds };
        }
        // Nothing but the area is used, as it is at hand.
        let area: &mut Area<'_> = (*m.w).native.begin(m.hp, m.sp);
        let result = (general.wide)(area, term(a), term(b)).ok();
        let area: &mut Area<'_> = (*worker(m.x)).native.native();
        if let (Some(t), Some(hp)) = (result, area.plain_end()) {
            m.set(m.any_c(), t.word());
            return Changed { hp, reds: m.reds };
        }
        let m = adopt(m, area.close());
        m.spill();
        (*m.w).answer = result.map(|t| Answer::of(Ok(Term::from_word(t.word()))));
        Changed { hp: std::ptr::null_mut(), reds: m.reds }
    }
}

slow! {
    unsafe fn go_on_after_arithmetic(m: M) -> M {
        // SAFETY: operands as in the table; the worker is ours.
        unsafe {
            let Some(answer) = (*m.w).answer.take() else { return m };
            let result = answer.term().expect("arithmetic answers with terms alone").word();
            let words = if matches!(Op::of(m.opcode()), Op::AddC | Op::SubC) { 3 } else { 2 };
            finish(m, result, m.any_c(), live(m), words)
        }
    }
}

/// Calls a native that is [plain](crate::native::NativeKind::is_plain), or a function of a guard, with the
/// arguments at `args`. There is one for each of them, with the native in it if that is small: native code
/// calls what it knows, and nothing has to be found out on the way.
///
/// What is needed again behind the call is looked up again, from the registers' place, which is all that
/// is kept: what were kept in registers would have to be saved first.
pub(crate) unsafe extern "C-unwind" fn native<C: Callee>(
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    args: *const Word,
) -> Answered {
    // SAFETY: native code hands on the state of a process at such an instruction, and so many terms.
    unsafe {
        let cx = begin(M::of_registers(ip, x, sp, hp, cp, 0));
        let args = std::slice::from_raw_parts(args.cast(), C::ARITY as usize);
        let answer = match catch_unwind(AssertUnwindSafe(|| C::call(cx, args))) {
            Ok(answer) => answer,
            Err(panic) => return leave_panicked(x, panic),
        };
        let w = worker(x);
        if let (Some(t), Some(counted)) = (answer.term(), (*w).native.native().plain_end()) {
            let reds = (*w).spilled.reds() - counted as i64;
            // Those that are allowed in guards have no effect.
            let quiet =
                C::KIND == NativeKind::Guard || !(*(*w).current).wants_attention() && !(*w).dirty;
            // The call itself may count as one.
            if reds > 1 && quiet {
                return Answered { word: t.word().0, reds };
            }
        }
        leave(x, answer)
    }
}

/// In place of [`native`] for natives that native code leaves to the interpreter.
pub(crate) unsafe extern "C-unwind" fn no_native(
    _: *const u64,
    _: *mut Word,
    _: *mut Word,
    _: *mut Word,
    _: *const u64,
    _: *const Word,
) -> Answered {
    // Nothing may unwind.
    std::process::abort()
}

/// The worker that those X registers are in.
#[inline(always)]
unsafe fn worker(x: *mut Word) -> *mut Worker {
    // SAFETY: the X registers lie in the worker, which is ours.
    unsafe { x.byte_sub(offset_of!(Worker, x)).cast() }
}

/// Leaves state and answer with the worker. The process has the state of before the call.
#[cold]
unsafe fn leave(x: *mut Word, answer: Answer<'_>) -> Answered {
    // SAFETY: the worker is ours. The answer's terms are the process's: nothing collects before they
    // are taken.
    unsafe {
        let w = worker(x);
        let (p, reds) = ((*w).current, (*w).spilled.reds());
        let m = M::of_registers((*p).ip, x, (*p).heap.stop, (*p).heap.top, (*p).cp, reds);
        let m = take_over(m, (*w).native.native());
        m.spill();
        (*m.w).answer = Some(std::mem::transmute::<Answer<'_>, Answer<'static>>(answer));
        Answered { word: 0, reds: m.reds }
    }
}

/// The same where the native has panicked.
#[cold]
unsafe fn leave_panicked(x: *mut Word, panic: Panic) -> Answered {
    // SAFETY: as `leave`; the process has the address of the instruction. If that is none of those that
    // call natives it is a `GuardCall`, whose further word 2 is the address of a static.
    unsafe {
        let w = worker(x);
        let ip = (*(*w).current).ip;
        let def = called_at(ip).unwrap_or_else(|| &*(*ip.add(2) as *const NativeDef));
        leave(x, panicked((*w).native.native(), def, panic))
    }
}

/// The answer that [`leave`] has left.
#[inline(always)]
unsafe fn left(m: M) -> Answer<'static> {
    // SAFETY: the worker is ours.
    unsafe { (*m.w).answer.take() }.expect("native code comes here with an answer alone")
}

slow! {
    unsafe fn go_on_after_native(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { answered(m, def(m), left(m)) }
    }
}

slow! {
    unsafe fn go_on_after_native_last(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { answered_last(m, def(m), left(m)) }
    }
}

slow! {
    unsafe fn go_on_after_native_stub(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { answered_stub(m, def(m), left(m)) }
    }
}

slow! {
    unsafe fn go_on_after_guard(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { guard_answered(m, left(m)) }
    }
}

/// Defines handlers that native code goes to.
macro_rules! handlers {
    ($($name:ident = $goes_on:ident;)*) => {
        $(#[cold]
        pub(crate) unsafe extern "C-unwind" fn $name(
            ip: *const u64,
            x: *mut Word,
            sp: *mut Word,
            hp: *mut Word,
            cp: *const u64,
            reds: i64,
        ) {
            // SAFETY: as `go_on`.
            unsafe { go_on($goes_on(M::of_registers(ip, x, sp, hp, cp, reds))) }
        })*
    };
}

handlers! {
    after_native = go_on_after_native;
    after_native_last = go_on_after_native_last;
    after_native_stub = go_on_after_native_stub;
    after_guard = go_on_after_guard;
    after_arithmetic = go_on_after_arithmetic;
}

/// The order of two terms, by value: less than 0, 0, more than 0.
pub(crate) unsafe extern "C" fn order(a: Word, b: Word) -> i32 {
    // SAFETY: native code hands on two terms.
    unsafe { compare(term(a), term(b)) as i32 }
}

/// What the process dictionary has at a key: `get/1`.
pub(crate) unsafe extern "C" fn dictionary_get(p: *const Process, key: Word) -> u64 {
    // SAFETY: native code hands on the process that it runs, and a term.
    let found = unsafe { (*p).dictionary_get(term(key)) };
    found.unwrap_or(Word::from_atom(atoms::UNDEFINED)).0
}

/// Whether two terms are `==`.
pub(crate) unsafe extern "C" fn equal(a: Word, b: Word) -> i32 {
    // SAFETY: as `order`.
    unsafe { i32::from(eq(term(a), term(b))) }
}

/// Whether two terms are `=:=` whose words differ.
pub(crate) unsafe extern "C" fn equal_exactly(a: Word, b: Word) -> i32 {
    // SAFETY: as `order`.
    unsafe { i32::from(compare::equal::<true>(term(a), term(b))) }
}
