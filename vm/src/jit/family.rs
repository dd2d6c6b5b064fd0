//! Which instructions native code is made of, and how control comes and goes where it is not.

use crate::code::ops::Op;

/// Families of instructions that native code is made of, at least for their usual cases: a file for
/// each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// Moves, jumps, lists, tuples and funs; catch marks.
    Data,
    /// Frames, calls, returns, and reserving memory.
    Calls,
    /// Tests of types and for constants.
    Tests,
    /// Comparisons of terms.
    Comparisons,
    /// Selection among many values.
    Selection,
    /// Arithmetic in registers for terms.
    Arithmetic,
    /// Float registers.
    Floats,
    /// Maps: values of constant keys, new ones.
    Maps,
    /// Matching of binaries.
    Binaries,
    /// Building of binaries.
    Building,
    /// Functions in guards.
    Guards,
    /// Calls of natives.
    Natives,
    /// Looking for messages.
    Messages,
}

/// The family of an instruction, if native code is made of it.
pub(super) const fn family(op: Op) -> Option<Family> {
    use Op as O;
    Some(match op {
        // Their handlers collect every time.
        O::AllocateHeap
        | O::TestHeap
        | O::TestHeapPutList
        | O::NewMap
        | O::BsStartMatch
        | O::BsCreateBin
            if cfg!(feature = "gc_zeal") =>
        {
            return None;
        }
        O::Jump
        | O::Move
        | O::Move2
        | O::MoveConst
        | O::Swap
        | O::GetList
        | O::GetHd
        | O::GetTl
        | O::IsNonemptyGetList
        | O::CheckCons
        | O::CheckTuple
        | O::PutList
        | O::PutListCR
        | O::PutListRC
        | O::TestHeapPutList
        | O::GetTupleElement
        | O::GetTupleElements
        | O::SetTupleElement
        | O::PutTuple2
        | O::PutTuple2CR
        | O::PutTuple
        | O::SelfPid
        | O::Hd
        | O::Tl
        | O::Element
        | O::TupleSize
        | O::MakeFun
        | O::Catch
        | O::TryEnd
        | O::CatchEnd => Family::Data,
        O::Allocate
        | O::AllocateHeap
        | O::TestHeap
        | O::Deallocate
        | O::DeallocateReturn
        | O::Trim
        | O::Return
        | O::Call
        | O::CallLast
        | O::CallOnly
        | O::MoveCall
        | O::MoveCallOnly
        | O::CallExt
        | O::CallExtLast
        | O::CallExtOnly
        | O::CallFun
        | O::CallFunLast => Family::Calls,
        O::IsInteger
        | O::IsFloat
        | O::IsNumber
        | O::IsAtom
        | O::IsBoolean
        | O::IsPid
        | O::IsPort
        | O::IsReference
        | O::IsNil
        | O::IsBinary
        | O::IsBitstr
        | O::IsList
        | O::IsNonemptyList
        | O::IsTuple
        | O::IsMap
        | O::IsFunction
        | O::IsFunction2
        | O::TestArity
        | O::IsTupleOfArity
        | O::IsTaggedTuple
        | O::IsEqExactImm
        | O::IsNeExactImm => Family::Tests,
        O::IsLt
        | O::IsLtRC
        | O::IsLtCR
        | O::IsGe
        | O::IsGeRC
        | O::IsGeCR
        | O::IsEq
        | O::IsNe
        | O::IsEqExact
        | O::IsNeExact
        | O::LtValue
        | O::GeValue
        | O::EqValue
        | O::NeValue
        | O::EqExactValue
        | O::NeExactValue => Family::Comparisons,
        O::SelectImm | O::SelectDense | O::SelectArity => Family::Selection,
        O::Add
        | O::AddC
        | O::Sub
        | O::SubC
        | O::Mul
        | O::AddFloats
        | O::SubFloats
        | O::MulFloats
        | O::Div
        | O::IntDiv
        | O::Rem
        | O::Band
        | O::Bor
        | O::Bxor
        | O::Bsl
        | O::Bsr
        | O::Bnot
        | O::Neg => Family::Arithmetic,
        O::FloatFromReg
        | O::FloatFromConst
        | O::FloatToReg
        | O::FloatToReg2
        | O::FloatMove
        | O::FloatConv
        | O::FloatAdd
        | O::FloatSub
        | O::FloatMul
        | O::FloatDiv
        | O::FloatNegate
        | O::FloatLoadAdd
        | O::FloatLoadSub
        | O::FloatLoadMul
        | O::FloatLoadDiv => Family::Floats,
        O::HasMapFields
        | O::GetMapElement
        | O::GetMapElements
        | O::MapGet
        | O::IsMapKey
        | O::NewMap
        | O::PutMapAssoc
        | O::PutMapExact => Family::Maps,
        O::BsStartMatch
        | O::BsGet8
        | O::BsGet16
        | O::BsGet32
        | O::BsGetSmall
        | O::BsSkip
        | O::BsTestTail
        | O::BsTestUnit
        | O::BsMatchString
        | O::BsGetPosition
        | O::BsSetPosition
        | O::BsGetUtf8 => Family::Binaries,
        O::BsCreateBin => Family::Building,
        O::GuardCall => Family::Guards,
        O::CallNative | O::CallNativeLast => Family::Natives,
        O::LoopRec | O::LoopRecEnd => Family::Messages,
        _ => return None,
    })
}

/// Whether native code is made of an instruction.
pub const fn compiles(op: Op) -> bool {
    family(op).is_some()
}

/// Whether the interpreter comes to what is behind an instruction that is compiled: from what is
/// called, or because it had to do the instruction itself and may have to again and again.
pub const fn comes_back(op: Op) -> bool {
    use Op as O;
    let calls = matches!(op, O::Call | O::MoveCall | O::CallExt | O::CallFun);
    let natives = matches!(op, O::GuardCall | O::CallNative);
    let maps = matches!(
        op,
        O::PutMapAssoc
            | O::HasMapFields
            | O::GetMapElement
            | O::GetMapElements
            | O::MapGet
            | O::IsMapKey
    );
    calls
        || natives
        || maps
        || matches!(op, O::CatchEnd | O::BsGetUtf8 | O::BsCreateBin | O::LoopRec)
}

/// Whether control may go on behind an instruction that is left to the interpreter.
pub const fn goes_on(op: Op) -> bool {
    use Op as O;
    !matches!(
        op,
        O::CallNativeLast
            | O::ApplyLast
            | O::CallErrorHandler
            | O::CallNativeStub
            | O::ExitNormal
            | O::FuncInfo
            | O::Unreachable
            | O::GuardUndefined
            | O::SelectVal
            | O::Raise
            | O::Badmatch
            | O::CaseEnd
            | O::IfEnd
            | O::TryCaseEnd
            | O::Badrecord
            | O::LoopRecEnd
            | O::Wait
    )
}
