//! The specific instruction set: what the interpreter executes, as one table.
//!
//! An instruction is one or more 64-bit words. The first has the opcode in bits 0 to 15 and up to
//! three operands `a`, `b`, `c` of 16 bits above it; `d` is in the low 16 bits of further word 1; `rel` is a branch offset in words, relative to
//! the instruction, in bits 32 to 63 (in place of `b` and `c`) or in the low half of a further word.
//!
//! A register operand is an index, with bit 15 set for a Y register (whose index is already one
//! more, for the return address at the top of a frame). Instructions that run often come in one
//! variant for each mixture of X and Y: for the operands in brackets the kind is in the low four
//! bits of the opcode and bit 15 is clear. Where the brackets have `n`, those bits are a number, of
//! which 15 stands for all that are larger. A *tagged operand* in a further word is a
//! term, or a register operand shifted left by two (recognised by its low bits being zero, which
//! no term has).
//!
//! To add an instruction: add its line here; the compiler then asks for its handler in the
//! interpreter's family file, and `transform` is where it is emitted.

/// Calls the macro `$m` with the whole table: `Name = family::handler [operands of fixed kind], "operands";`
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
            // Control
            CallErrorHandler = call::call_error_handler, "w1 export";
            CallNativeStub = native_call::call_native_stub, "w1 native";
            ExitNormal = control::exit_normal, "";
            FuncInfo = exception::func_info, "w1 function";
            Unreachable = control::unreachable, "";
            // Tracing: in code of its own
            TracedExport = breakpoint::traced_export, "w1 export";
            ReturnTrace = breakpoint::return_trace, "";
            ReturnToTrace = breakpoint::return_to_trace, "";
            ReturnTimeTrace = breakpoint::return_time_trace, "";
            Jump = control::jump, "rel";
            // Where native code is entered
            Entry = native_code::entry, "rel calls until it is compiled; w1 native code, once it is";
            Resume = native_code::resume, "w1 native code, once there is";
            Native = native_code::native, "w1 native code: what became of the two above";
            // Registers and stack
            Move = common::move_ [a b], "a from, b to";
            Move2 = common::move2 [a b c d], "a from, b to, c from; w1 d to";
            MoveConst = common::move_const [b], "b to; w1 term";
            Swap = common::swap [a b], "a, b";
            Allocate = common::allocate [n], "n slots or more; a slots, b live, c floats";
            AllocateHeap = common::allocate_heap, "a slots, b live, c floats; w1 words";
            TestHeap = common::test_heap, "b live, c floats; w1 words";
            Deallocate = common::deallocate, "a slots";
            DeallocateReturn = common::deallocate_return, "a slots";
            Trim = common::trim, "a slots";
            Return = common::return_, "";
            // Calls
            Call = call::call, "a arity; w1 entry";
            CallLast = call::call_last, "a arity, b slots; w1 entry";
            CallOnly = call::call_only, "a arity; w1 entry";
            MoveCall = call::move_call [a b], "a from, b to, c arity; w1 entry";
            MoveCallOnly = call::move_call_only [a b], "a from, b to, c arity; w1 entry";
            CallExt = call::call_ext, "a arity; w1 export";
            CallExtLast = call::call_ext_last, "a arity, b slots; w1 export";
            CallExtOnly = call::call_ext_only, "a arity; w1 export";
            CallNative = native_call::call_native, "a arity; w1 native";
            CallNativeLast = native_call::call_native_last, "a arity, b slots + 1 or 0, c whether the caller stays in the stack trace of a trap; w1 native";
            CallFun = call::call_fun [b], "a arity, b fun";
            CallFunLast = call::call_fun_last [b], "a arity, b fun, c slots";
            Apply = call::apply, "a arity";
            ApplyLast = call::apply_last, "a arity, b slots";
            MakeFun = fun::make_fun, "a to; w1 lambda; w2 count; tagged..";
            // Type tests
            IsInteger = test::is_integer [a], "a, rel";
            IsFloat = test::is_float [a], "a, rel";
            IsNumber = test::is_number [a], "a, rel";
            IsAtom = test::is_atom [a], "a, rel";
            IsBoolean = test::is_boolean [a], "a, rel";
            IsPid = test::is_pid [a], "a, rel";
            IsPort = test::is_port [a], "a, rel";
            IsReference = test::is_reference [a], "a, rel";
            IsNil = test::is_nil [a], "a, rel";
            IsBinary = test::is_binary [a], "a, rel";
            IsBitstr = test::is_bitstr [a], "a, rel";
            IsList = test::is_list [a], "a, rel";
            IsNonemptyList = test::is_nonempty_list [a], "a, rel";
            IsTuple = test::is_tuple [a], "a, rel";
            IsMap = test::is_map [a], "a, rel";
            IsFunction = test::is_function [a], "a, rel";
            IsFunction2 = test::is_function2 [a], "a, rel; w1 tagged arity";
            TestArity = test::test_arity [a], "a, rel; w1 header";
            IsTupleOfArity = test::is_tuple_of_arity [a], "a, rel; w1 header";
            IsTaggedTuple = test::is_tagged_tuple [a], "a, rel; w1 header; w2 atom";
            // Comparisons
            IsLt = test::is_lt [a b], "a, b; w1 rel";
            IsLtRC = test::is_lt_rc [a], "a, rel; w1 immediate";
            IsLtCR = test::is_lt_cr [a], "a, rel; w1 immediate";
            IsGe = test::is_ge [a b], "a, b; w1 rel";
            IsGeRC = test::is_ge_rc [a], "a, rel; w1 immediate";
            IsGeCR = test::is_ge_cr [a], "a, rel; w1 immediate";
            IsEq = test::is_eq [a b], "a, b; w1 rel";
            IsNe = test::is_ne [a b], "a, b; w1 rel";
            IsEqExact = test::is_eq_exact [a b], "a, b; w1 rel";
            IsEqExactImm = test::is_eq_exact_imm [a], "a, rel; w1 immediate";
            IsNeExact = test::is_ne_exact [a b], "a, b; w1 rel";
            IsNeExactImm = test::is_ne_exact_imm [a], "a, rel; w1 immediate";
            // Selection
            SelectImm = select::select_imm [a], "a, rel; w1 count; words.. ascending; rels..";
            SelectDense = select::select_dense [a], "a, rel; w1 lowest; w2 count; rels..";
            SelectVal = select::select_val, "a, rel; w1 count; terms..; rels..";
            SelectArity = select::select_arity [a], "a, rel; w1 count; headers..; rels..";
            // Lists and tuples
            GetList = list::get_list [a b c], "a, b head, c tail";
            GetHd = list::get_hd [a b], "a, b";
            GetTl = list::get_tl [a b], "a, b";
            IsNonemptyGetList = list::is_nonempty_get_list [a b c], "a, b head, c tail; w1 rel";
            CheckCons = list::check_cons [a], "a";
            CheckTuple = tuple::check_tuple [a], "a, b least size";
            PutList = list::put_list [a b c], "a head, b tail, c to";
            TestHeapPutList = list::test_heap_put_list [a b c], "a head, b tail, c to; w1 words, live and floats";
            PutListCR = list::put_list_cr [b c], "b tail, c to; w1 head";
            PutListRC = list::put_list_rc [a c], "a head, c to; w1 tail";
            GetTupleElement = tuple::get_tuple_element [a c], "a, b index, c to";
            GetTupleElements = tuple::get_tuple_elements [a c d], "a, b index, c to; w1 to, index";
            SetTupleElement = tuple::set_tuple_element, "a new, b tuple; w1 index";
            PutTuple2 = tuple::put_tuple2 [a b c], "a to, b, c";
            PutTuple2CR = tuple::put_tuple2_cr [a c], "a to, c second; w1 first";
            PutTuple = tuple::put_tuple [a], "a to; w1 header; tagged..";
            // Arithmetic
            Add = arith::add [a b c], "a, b, c to; w1 rel and live";
            AddC = arith::add_c [a c], "a, c to; w1 rel and live; w2 small";
            Sub = arith::sub [a b c], "a, b, c to; w1 rel and live";
            SubC = arith::sub_c [a c], "a, c to; w1 rel and live; w2 small";
            Mul = arith::mul [a b c], "a, b, c to; w1 rel and live";
            AddFloats = arith::add_two_floats [a b c], "a, b, c to; w1 rel and live";
            SubFloats = arith::sub_two_floats [a b c], "a, b, c to; w1 rel and live";
            MulFloats = arith::mul_two_floats [a b c], "a, b, c to; w1 rel and live";
            Div = arith::div [a b c], "a, b, c to; w1 rel and live";
            IntDiv = arith::int_div [a b c], "a, b, c to; w1 rel and live";
            Rem = arith::rem [a b c], "a, b, c to; w1 rel and live";
            Band = arith::band [a b c], "a, b, c to; w1 rel and live";
            Bor = arith::bor [a b c], "a, b, c to; w1 rel and live";
            Bxor = arith::bxor [a b c], "a, b, c to; w1 rel and live";
            Bsl = arith::bsl [a b c], "a, b, c to; w1 rel and live";
            Bsr = arith::bsr [a b c], "a, b, c to; w1 rel and live";
            Bnot = arith::bnot [a c], "a, c to; w1 rel and live";
            Neg = arith::neg [a c], "a, c to; w1 rel and live";
            // Guard functions
            GuardCall = bif::guard_call, "a to, b arity, c live or none; w1 rel; w2 native; w3..w5 tagged";
            GuardUndefined = bif::guard_undefined, "a arity; w1 export";
            SelfPid = bif::self_pid [a], "a to";
            Hd = bif::hd [a c], "a, c to; w1 rel";
            Tl = bif::tl [a c], "a, c to; w1 rel";
            Element = bif::element [a b c], "a index, b tuple, c to; w1 rel";
            TupleSize = bif::tuple_size [a c], "a, c to; w1 rel";
            MapGet = map::map_get [a b c], "a key, b map, c to; w1 rel";
            IsMapKey = map::is_map_key [a b c], "a key, b map, c to; w1 rel";
            LtValue = test::lt_value [a b c], "a, b, c to";
            GeValue = test::ge_value [a b c], "a, b, c to";
            EqValue = test::eq_value [a b c], "a, b, c to";
            NeValue = test::ne_value [a b c], "a, b, c to";
            EqExactValue = test::eq_exact_value [a b c], "a, b, c to";
            NeExactValue = test::ne_exact_value [a b c], "a, b, c to";
            // Exceptions
            Catch = exception::catch, "a slot, rel";
            CatchEnd = exception::catch_end, "a slot";
            TryEnd = exception::try_end, "a slot";
            TryCase = exception::try_case, "a slot";
            Raise = exception::raise, "a trace, b value";
            RawRaise = exception::raw_raise, "";
            BuildStacktrace = exception::build_stacktrace, "";
            Badmatch = exception::badmatch, "a";
            CaseEnd = exception::case_end, "a";
            IfEnd = exception::if_end, "";
            TryCaseEnd = exception::try_case_end, "a";
            Badrecord = exception::badrecord, "a";
            // Messages
            Send = message::send, "";
            LoopRec = message::loop_rec, "a to, rel";
            KeepMessage = message::keep_message, "a message";
            LoopRecEnd = message::loop_rec_end, "rel";
            RemoveMessage = message::remove_message, "";
            Wait = message::wait, "rel";
            WaitTimeout = message::wait_timeout, "a time, rel";
            Timeout = message::timeout, "";
            MarkerReserve = message::marker_reserve, "a to";
            MarkerBind = message::marker_bind, "a marker, b reference";
            MarkerClear = message::marker_clear, "a";
            MarkerUse = message::marker_use, "a";
            // Maps
            PutMapAssoc = map::put_map_assoc, "a map, b to, c live; w1 rel and count; tagged key, value..";
            PutMapExact = map::put_map_exact, "a map, b to, c live; w1 rel and count; tagged key, value..";
            NewMap = map::new_map, "a to, b count, c live; w1 keys; tagged value..";
            HasMapFields = map::has_map_fields, "a, rel; w1 count; tagged..";
            GetMapElement = map::get_map_element [a b], "a, b to, c hint; w1 rel; w2 key";
            GetMapElements = map::get_map_elements [a], "a, rel; w1 count; tagged key, register..";
            // Floats
            FloatFromReg = float::float_from_reg [a], "a, b float";
            FloatFromConst = float::float_from_const, "b float; w1 bits";
            FloatToReg = float::float_to_reg [b], "a float, b";
            FloatToReg2 = float::float_to_reg2 [b d], "a float, b, c float; w1 d";
            FloatMove = float::float_move, "a float, b float";
            FloatConv = float::float_conv [a], "a, b float";
            FloatAdd = float::float_add, "a, b, c to";
            FloatSub = float::float_sub, "a, b, c to";
            FloatMul = float::float_mul, "a, b, c to";
            FloatDiv = float::float_div, "a, b, c to";
            FloatNegate = float::float_negate, "a, c to";
            FloatLoadAdd = float::float_load_add [a b c], "a, b float, c to, their kinds whether the first and the second float are the one loaded; w1 two floats";
            FloatLoadSub = float::float_load_sub [a b c], "a, b float, c to, their kinds whether the first and the second float are the one loaded; w1 two floats";
            FloatLoadMul = float::float_load_mul [a b c], "a, b float, c to, their kinds whether the first and the second float are the one loaded; w1 two floats";
            FloatLoadDiv = float::float_load_div [a b c], "a, b float, c to, their kinds whether the first and the second float are the one loaded; w1 two floats";
            // Bit syntax: matching
            BsStartMatch = binary_match::start_match [a b], "a from, b to, c live; w1 rel";
            BsGet8 = binary_match::get_8 [a b], "a context, b to; w1 rel";
            BsGet16 = binary_match::get_16 [a b], "a context, b to; w1 rel";
            BsGet32 = binary_match::get_32 [a b], "a context, b to; w1 rel";
            BsGetSmall = binary_match::get_small [a b], "a context, b to, c bits; w1 rel and flags";
            BsGetInteger = binary_match::get_integer, "a context, b to, c live; w1 rel and flags; w2 tagged size; w3 unit";
            BsGetFloat = binary_match::get_float, "a context, b to, c live; w1 rel and flags; w2 tagged size; w3 unit";
            BsGetBinary = binary_match::get_binary, "a context, b to, c live; w1 rel; w2 tagged size; w3 unit";
            BsGetBinaryAll = binary_match::get_binary_all, "a context, b to, c live; w1 rel and unit";
            BsGetTail = binary_match::get_tail, "a context, b to, c live";
            BsSkip = binary_match::skip, "a context, rel; w1 bits";
            BsSkipSize = binary_match::skip_size, "a context; w1 rel; w2 tagged size; w3 unit";
            BsSkipAll = binary_match::skip_all, "a context, rel; w1 unit";
            BsTestTail = binary_match::test_tail [a], "a context, rel; w1 bits";
            BsTestUnit = binary_match::test_unit [a], "a context, rel; w1 unit";
            BsMatchString = binary_match::match_string [a], "a context, rel; w1 bits; w2 address";
            BsGetPosition = binary_match::get_position [a b], "a context, b to";
            BsSetPosition = binary_match::set_position [a b], "a context, b position";
            BsGetUtf8 = binary_match::get_utf8 [a b], "a context, b to; w1 rel and flags";
            BsGetUtf16 = binary_match::get_utf16, "a context, b to; w1 rel and flags";
            BsGetUtf32 = binary_match::get_utf32, "a context, b to; w1 rel and flags";
            BsSkipUtf8 = binary_match::skip_utf8, "a context; w1 rel and flags";
            BsSkipUtf16 = binary_match::skip_utf16, "a context; w1 rel and flags";
            BsSkipUtf32 = binary_match::skip_utf32, "a context; w1 rel and flags";
            // Bit syntax: building
            BsCreateBin = binary_build::create_bin, "a to, b live, c whether sizes must be added up; w1 rel and words to spare; w2 bits of fixed size; w3 count; segments..";
            BsAppendIntegers = binary_build::append_integers, "as BsCreateBin: an Append, then each an IntegerFixed of at most 64 bits";
            BsAppendCharacters = binary_build::append_characters, "as BsAppendIntegers, with Utf8 among them";
            BsInitWritable = binary_build::init_writable, "";
            BsAdd = binary_build::add, "a, b, c to; w1 rel; w2 unit";
            BsUtf8Size = binary_build::utf8_size, "a, b to";
            BsUtf16Size = binary_build::utf16_size, "a, b to";
        }
    };
}

macro_rules! define_ops {
    ($($name:ident = $family:ident :: $handler:ident $([$($kind:ident)+])?, $operands:literal;)*) => {
        /// A specific instruction.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Op {
            /// Ends the interpreter's run. It stands in `interp::stubs` alone.
            Stop,
            $(#[doc = concat!("Operands: ", $operands)] $name,)*
        }

        /// How many there are.
        pub const OPS: usize = 1 + [$($operands),*].len();

        impl Op {
            /// All, by number.
            pub const ALL: [Op; OPS] = [Op::Stop, $(Op::$name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    Op::Stop => "Stop",
                    $(Op::$name => stringify!($name),)*
                }
            }

            /// The operands whose kind is part of the opcode: bit 0 for `a` to bit 3 for `d`; all
            /// four if they are a number.
            pub const fn kinds(self) -> u16 {
                match self {
                    Op::Stop => 0,
                    $(Op::$name => 0 $($(| kind_bit(stringify!($kind)))+)?,)*
                }
            }

            /// The opcode with all kinds X.
            pub const fn opcode(self) -> u64 {
                (self as u64) << KIND_BITS
            }

            /// The instruction of an opcode, with a breakpoint or without.
            pub const fn of(opcode: u16) -> Op {
                Op::ALL[(opcode & !BREAK) as usize >> KIND_BITS]
            }
        }
    };
}

/// Bits of an opcode that say what kind of register some of the operands are.
pub const KIND_BITS: u32 = 4;

/// The largest number in place of kinds, which stands for all that are larger.
pub const MANY: u8 = (1 << KIND_BITS) - 1;

/// How many opcodes there may be, kinds and all.
pub const OPCODES: usize = 1 << 12;
const _: () = assert!(OPS << KIND_BITS <= OPCODES);

/// Bit of an opcode that says that there is a breakpoint (see `code::breakpoints`). It and what belongs to
/// native code are all that changes of code while it runs.
pub const BREAK: u16 = OPCODES as u16;

const fn kind_bit(operand: &str) -> u16 {
    match operand.as_bytes() {
        b"a" => 1,
        b"b" => 2,
        b"c" => 4,
        b"d" => 8,
        b"n" => 15,
        _ => panic!("operands are a, b, c, d and n"),
    }
}

for_each_op!(define_ops);

/// Bit of a register operand that says Y.
pub const Y_BIT: u16 = 0x8000;
/// In place of a number of live registers: the instruction never collects.
pub const NO_LIVE: u16 = 0xFFFF;

/// The first word of an instruction with operands as described at the head of this file.
pub const fn encode(op: Op, a: u16, b: u16, c: u16) -> u64 {
    let mut operands = [a, b, c];
    let mut word = op.opcode();
    let mut i = 0;
    while i < 3 {
        if op.kinds() >> i & 1 != 0 {
            word |= ((operands[i] >> 15) as u64) << i;
            operands[i] &= !Y_BIT;
        }
        i += 1;
    }
    word | (operands[0] as u64) << 16 | (operands[1] as u64) << 32 | (operands[2] as u64) << 48
}

/// The operands in a first word, kinds and all.
pub const fn decode(word: u64) -> (Op, [u16; 3]) {
    let op = Op::of(word as u16);
    let mut operands = [(word >> 16) as u16, (word >> 32) as u16, (word >> 48) as u16];
    let mut i = 0;
    while i < 3 {
        if op.kinds() >> i & 1 != 0 && word >> i & 1 != 0 {
            operands[i] |= Y_BIT;
        }
        i += 1;
    }
    (op, operands)
}
