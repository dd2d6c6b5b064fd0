//! What `types` has to know of instructions, one by one, and of their operands.

use super::flow::never_returns;
use super::ty::Ty;
use crate::chunks::code::Arg;
use crate::etf::tag;
use crate::module::Module;
use crate::ops::GenOp;

/// Words of a boxed float, and of a fun without free variables.
pub(super) const FLOAT_WORDS: u32 = 2;
pub(super) const FUN_WORDS: u32 = 3;

pub(super) fn number(arg: Arg) -> u32 {
    match arg {
        Arg::U(n) => n as u32,
        _ => 0,
    }
}

/// Words that a heap operand reserves.
pub(super) fn words(need: Arg) -> u32 {
    match need {
        Arg::Alloc { words, floats, funs } => words + floats * FLOAT_WORDS + funs * FUN_WORDS,
        other => number(other),
    }
}

/// What a literal is, from its external form.
pub(super) fn literal(bytes: &[u8]) -> Ty {
    match *bytes {
        [_, tag::SMALL_TUPLE, n, ..] => Ty::tuple(n.into()),
        [_, tag::LARGE_TUPLE, a, b, c, d, ..] => Ty::tuple(u32::from_be_bytes([a, b, c, d])),
        [_, tag::NIL, ..] => Ty::NIL,
        [_, tag::LIST | tag::STRING | tag::COMPRESSED, ..] => Ty::ANY,
        _ => Ty::OTHER,
    }
}

/// Their label says where the receive is, it is not jumped to.
pub(super) fn is_mark(op: GenOp) -> bool {
    matches!(op, GenOp::RecvMark | GenOp::RecvSet)
}

/// Instructions that call, return or wait, or look at a message.
pub(super) fn may_not_peek(module: &Module, op: GenOp, args: &[Arg]) -> bool {
    if matches!(op, GenOp::CallExt | GenOp::CallExtOnly | GenOp::CallExtLast) {
        return !never_returns(module, number(args[1]));
    }
    matches!(
        op,
        GenOp::Call
            | GenOp::CallOnly
            | GenOp::CallLast
            | GenOp::CallFun
            | GenOp::CallFun2
            | GenOp::Apply
            | GenOp::ApplyLast
            | GenOp::Return
            | GenOp::Send
            | GenOp::LoopRec
            | GenOp::Wait
            | GenOp::WaitTimeout
            | GenOp::Timeout
    )
}

/// Instructions that take a match context for granted.
pub(super) fn matches_context(op: GenOp) -> bool {
    matches!(
        op,
        GenOp::BsGetInteger2
            | GenOp::BsGetFloat2
            | GenOp::BsGetBinary2
            | GenOp::BsSkipBits2
            | GenOp::BsTestTail2
            | GenOp::BsTestUnit
            | GenOp::BsMatchString
            | GenOp::BsGetUtf8
            | GenOp::BsSkipUtf8
            | GenOp::BsGetUtf16
            | GenOp::BsSkipUtf16
            | GenOp::BsGetUtf32
            | GenOp::BsSkipUtf32
            | GenOp::BsGetTail
            | GenOp::BsGetPosition
            | GenOp::BsSetPosition
    )
}

/// Whether what is reserved is still there after the instruction: it builds and collects nothing.
pub(super) fn keeps_room(module: &Module, op: GenOp, args: &[Arg]) -> bool {
    match op {
        GenOp::Bif0 | GenOp::Bif1 | GenOp::Bif2 => {
            let import = args[usize::from(op != GenOp::Bif0)];
            let import = &module.imports[number(import) as usize];
            module.atom(import.module) == "erlang" && builds_nothing(module.atom(import.function))
        }
        GenOp::Line
        | GenOp::RemoveMessage
        | GenOp::RecvMarkerBind
        | GenOp::RecvMarkerClear
        | GenOp::RecvMarkerUse
        | GenOp::Fmove
        | GenOp::Fconv
        | GenOp::Fadd
        | GenOp::Fsub
        | GenOp::Fmul
        | GenOp::Fdiv
        | GenOp::Fnegate
        | GenOp::Fclearerror
        | GenOp::Fcheckerror
        | GenOp::IsLt
        | GenOp::IsGe
        | GenOp::IsEq
        | GenOp::IsNe
        | GenOp::IsBinary
        | GenOp::IsBitstr
        | GenOp::IsFunction2
        | GenOp::HasMapFields
        | GenOp::GetMapElements
        | GenOp::BsPutInteger
        | GenOp::BsPutBinary
        | GenOp::BsPutFloat
        | GenOp::BsPutString
        | GenOp::BsPutUtf8
        | GenOp::BsPutUtf16
        | GenOp::BsPutUtf32 => true,
        _ => false,
    }
}

/// Functions allowed in guards whose result is an immediate or a part of an argument.
pub(super) fn builds_nothing(function: &str) -> bool {
    matches!(
        function,
        "self"
            | "node"
            | "hd"
            | "tl"
            | "element"
            | "tuple_size"
            | "map_get"
            | "is_map_key"
            | "=:="
            | "=/="
            | "=="
            | "/="
            | "<"
            | ">"
            | "=<"
            | ">="
            | "not"
            | "and"
            | "or"
            | "xor"
            | "get"
            | "is_function"
            | "is_record"
    ) || function.starts_with("is_")
}
