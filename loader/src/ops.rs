//! The generic instruction set: what compilers emit into .beam files, defined once.
//!
//! One row an instruction: number, variant, name as the compiler writes it, operand kinds, the OTP
//! release that introduced it, and whether a release since OTP 24 still emits it (`kept`) or it is
//! only found in older files (`gone`). Everything else about generic instructions is derived from
//! this table. What the machine executes is another table, in `vm`.
//!
//! Invariant: rows are numbered 1, 2, 3... without a gap, as in OTP's `genop.tab`.

/// What may stand in one operand position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The number of the label that starts here.
    NewLabel,
    /// A label of this module.
    Label,
    /// A label of this module, or 0 for "raise an exception instead" (or "cannot fail").
    Fail,
    /// The entry label of a function of this module.
    Entry,
    /// A fail label, or the atoms `no_fail` or `resume`.
    FailMode,
    /// A number of arguments, 0 to 255.
    Arity,
    /// How many X registers hold live values, 0 to 1024.
    Live,
    /// Size of a stack frame in words.
    Frame,
    /// Words of heap to reserve: a number or an allocation list.
    Heap,
    /// A plain unsigned number: a position, unit, flags, size.
    U,
    /// A number of bits, which may be more than there can be.
    Bits,
    /// A term: register, integer, atom, nil or literal.
    Src,
    /// A term, or a plain unsigned number.
    Size,
    /// A register to write.
    Dst,
    /// A stack slot to read.
    YSrc,
    /// A stack slot to write.
    YDst,
    /// A float register.
    Fr,
    /// A term or a float register.
    FloatSrc,
    /// A register or a float register to write.
    FloatDst,
    /// An atom.
    Atom,
    /// Index into the imports.
    Import,
    /// Index into the lambdas.
    Lambda,
    /// Index into the lambdas, or the atoms `safe` or `unsafe`.
    FunTag,
    /// Index into the line items.
    Line,
    /// Byte offset into the string table; the operand before it is the length (in bytes for
    /// `bs_put_string`, in bits for `bs_match_string`).
    Str,
    /// List of terms.
    Sources,
    /// List of stack slots to write.
    YList,
    /// List of alternating constant and label.
    SelectVals,
    /// List of alternating tuple size and label.
    SelectArities,
    /// List of alternating key and value to store.
    MapPairs,
    /// List of alternating key and register to write.
    MapGets,
    /// List of alternating element position (from 1) and value.
    Updates,
    /// Segments of `bs_create_bin`, six operands each.
    BinOps,
    /// Commands of `bs_match`.
    MatchOps,
    /// Anything; only instructions that the verifier refuses have it.
    Any,
}

macro_rules! ops {
    ($($number:literal $variant:ident $name:literal [$($kind:ident)*] $since:literal $status:ident;)*) => {
        /// A generic instruction. The discriminant is its number in the file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum GenOp {
            $(#[doc = concat!("`", $name, "`")] $variant = $number,)*
        }

        /// All instructions by number, starting with 1.
        pub const ALL: &[GenOp] = &[$(GenOp::$variant),*];

        const NAMES: &[&str] = &[$($name),*];
        const KINDS: &[&[Kind]] = &[$(&[$(Kind::$kind),*]),*];
        const SINCE: &[u8] = &[$($since),*];
        const KEPT: &[bool] = &[$(ops!(@ $status)),*];
    };
    (@ kept) => { true };
    (@ gone) => { false };
}

impl GenOp {
    /// The instruction with this number.
    #[inline]
    pub fn from_number(number: u8) -> Option<Self> {
        ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }

    /// Its number in the file.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Name as the compiler writes it.
    pub const fn name(self) -> &'static str {
        NAMES[self as usize - 1]
    }

    /// Number of operands.
    pub const fn arity(self) -> usize {
        self.kinds().len()
    }

    /// What each operand may be.
    pub const fn kinds(self) -> &'static [Kind] {
        KINDS[self as usize - 1]
    }

    /// The OTP release that introduced it.
    pub const fn since(self) -> u8 {
        SINCE[self as usize - 1]
    }

    /// Whether it has been gone since before OTP 24, so that only recompiling helps.
    pub const fn is_obsolete(self) -> bool {
        !KEPT[self as usize - 1]
    }
}

const _: () = {
    assert!(ALL.len() == 191);
    let mut i = 0;
    while i < ALL.len() {
        assert!(ALL[i] as usize == i + 1);
        i += 1;
    }
};

ops! {
    1 Label "label" [NewLabel] 5 kept;
    2 FuncInfo "func_info" [Atom Atom Arity] 5 kept;
    3 IntCodeEnd "int_code_end" [] 5 kept;
    4 Call "call" [Arity Entry] 5 kept;
    5 CallLast "call_last" [Arity Entry Frame] 5 kept;
    6 CallOnly "call_only" [Arity Entry] 5 kept;
    7 CallExt "call_ext" [Arity Import] 5 kept;
    8 CallExtLast "call_ext_last" [Arity Import Frame] 5 kept;
    9 Bif0 "bif0" [Import Dst] 5 kept;
    10 Bif1 "bif1" [Fail Import Src Dst] 5 kept;
    11 Bif2 "bif2" [Fail Import Src Src Dst] 5 kept;
    12 Allocate "allocate" [Frame Live] 5 kept;
    13 AllocateHeap "allocate_heap" [Frame Heap Live] 5 kept;
    14 AllocateZero "allocate_zero" [Frame Live] 5 kept;
    15 AllocateHeapZero "allocate_heap_zero" [Frame Heap Live] 5 kept;
    16 TestHeap "test_heap" [Heap Live] 5 kept;
    17 Init "init" [YDst] 5 kept;
    18 Deallocate "deallocate" [Frame] 5 kept;
    19 Return "return" [] 5 kept;
    20 Send "send" [] 5 kept;
    21 RemoveMessage "remove_message" [] 5 kept;
    22 Timeout "timeout" [] 5 kept;
    23 LoopRec "loop_rec" [Label Dst] 5 kept;
    24 LoopRecEnd "loop_rec_end" [Label] 5 kept;
    25 Wait "wait" [Label] 5 kept;
    26 WaitTimeout "wait_timeout" [Label Src] 5 kept;
    27 MPlus "m_plus" [Any Any Any Any] 5 gone;
    28 MMinus "m_minus" [Any Any Any Any] 5 gone;
    29 MTimes "m_times" [Any Any Any Any] 5 gone;
    30 MDiv "m_div" [Any Any Any Any] 5 gone;
    31 IntDiv "int_div" [Any Any Any Any] 5 gone;
    32 IntRem "int_rem" [Any Any Any Any] 5 gone;
    33 IntBand "int_band" [Any Any Any Any] 5 gone;
    34 IntBor "int_bor" [Any Any Any Any] 5 gone;
    35 IntBxor "int_bxor" [Any Any Any Any] 5 gone;
    36 IntBsl "int_bsl" [Any Any Any Any] 5 gone;
    37 IntBsr "int_bsr" [Any Any Any Any] 5 gone;
    38 IntBnot "int_bnot" [Any Any Any] 5 gone;
    39 IsLt "is_lt" [Fail Src Src] 5 kept;
    40 IsGe "is_ge" [Fail Src Src] 5 kept;
    41 IsEq "is_eq" [Fail Src Src] 5 kept;
    42 IsNe "is_ne" [Fail Src Src] 5 kept;
    43 IsEqExact "is_eq_exact" [Fail Src Src] 5 kept;
    44 IsNeExact "is_ne_exact" [Fail Src Src] 5 kept;
    45 IsInteger "is_integer" [Fail Src] 5 kept;
    46 IsFloat "is_float" [Fail Src] 5 kept;
    47 IsNumber "is_number" [Fail Src] 5 kept;
    48 IsAtom "is_atom" [Fail Src] 5 kept;
    49 IsPid "is_pid" [Fail Src] 5 kept;
    50 IsReference "is_reference" [Fail Src] 5 kept;
    51 IsPort "is_port" [Fail Src] 5 kept;
    52 IsNil "is_nil" [Fail Src] 5 kept;
    53 IsBinary "is_binary" [Fail Src] 5 kept;
    54 IsConstant "is_constant" [Any Any] 5 gone;
    55 IsList "is_list" [Fail Src] 5 kept;
    56 IsNonemptyList "is_nonempty_list" [Fail Src] 5 kept;
    57 IsTuple "is_tuple" [Fail Src] 5 kept;
    58 TestArity "test_arity" [Fail Src U] 5 kept;
    59 SelectVal "select_val" [Src Fail SelectVals] 5 kept;
    60 SelectTupleArity "select_tuple_arity" [Src Fail SelectArities] 5 kept;
    61 Jump "jump" [Label] 5 kept;
    62 Catch "catch" [YDst Label] 5 kept;
    63 CatchEnd "catch_end" [YSrc] 5 kept;
    64 Move "move" [Src Dst] 5 kept;
    65 GetList "get_list" [Src Dst Dst] 5 kept;
    66 GetTupleElement "get_tuple_element" [Src U Dst] 5 kept;
    67 SetTupleElement "set_tuple_element" [Src Src U] 5 kept;
    68 PutString "put_string" [Any Any Any] 5 gone;
    69 PutList "put_list" [Src Src Dst] 5 kept;
    70 PutTuple "put_tuple" [Any Any] 5 gone;
    71 Put "put" [Any] 5 gone;
    72 Badmatch "badmatch" [Src] 5 kept;
    73 IfEnd "if_end" [] 5 kept;
    74 CaseEnd "case_end" [Src] 5 kept;
    75 CallFun "call_fun" [Arity] 5 kept;
    76 MakeFun "make_fun" [Any Any Any] 5 gone;
    77 IsFunction "is_function" [Fail Src] 5 kept;
    78 CallExtOnly "call_ext_only" [Arity Import] 5 kept;
    79 BsStartMatch "bs_start_match" [Any Any] 7 gone;
    80 BsGetInteger "bs_get_integer" [Any Any Any Any Any] 7 gone;
    81 BsGetFloat "bs_get_float" [Any Any Any Any Any] 7 gone;
    82 BsGetBinary "bs_get_binary" [Any Any Any Any Any] 7 gone;
    83 BsSkipBits "bs_skip_bits" [Any Any Any Any] 7 gone;
    84 BsTestTail "bs_test_tail" [Any Any] 7 gone;
    85 BsSave "bs_save" [Any] 7 gone;
    86 BsRestore "bs_restore" [Any] 7 gone;
    87 BsInit "bs_init" [Any Any] 7 gone;
    88 BsFinal "bs_final" [Any Any] 7 gone;
    89 BsPutInteger "bs_put_integer" [Fail Size U U Src] 7 kept;
    90 BsPutBinary "bs_put_binary" [Fail Size U U Src] 7 kept;
    91 BsPutFloat "bs_put_float" [Fail Size U U Src] 7 kept;
    92 BsPutString "bs_put_string" [U Str] 7 kept;
    93 BsNeedBuf "bs_need_buf" [Any] 7 gone;
    94 Fclearerror "fclearerror" [] 8 kept;
    95 Fcheckerror "fcheckerror" [Fail] 8 kept;
    96 Fmove "fmove" [FloatSrc FloatDst] 8 kept;
    97 Fconv "fconv" [Src Fr] 8 kept;
    98 Fadd "fadd" [Fail Fr Fr Fr] 8 kept;
    99 Fsub "fsub" [Fail Fr Fr Fr] 8 kept;
    100 Fmul "fmul" [Fail Fr Fr Fr] 8 kept;
    101 Fdiv "fdiv" [Fail Fr Fr Fr] 8 kept;
    102 Fnegate "fnegate" [Fail Fr Fr] 8 kept;
    103 MakeFun2 "make_fun2" [Lambda] 8 kept;
    104 Try "try" [YDst Label] 10 kept;
    105 TryEnd "try_end" [YSrc] 10 kept;
    106 TryCase "try_case" [YSrc] 10 kept;
    107 TryCaseEnd "try_case_end" [Src] 10 kept;
    108 Raise "raise" [Src Src] 10 kept;
    109 BsInit2 "bs_init2" [Fail Size Heap Live U Dst] 10 kept;
    110 BsBitsToBytes "bs_bits_to_bytes" [Any Any Any] 10 gone;
    111 BsAdd "bs_add" [Fail Src Src U Dst] 10 kept;
    112 Apply "apply" [Arity] 10 kept;
    113 ApplyLast "apply_last" [Arity Frame] 10 kept;
    114 IsBoolean "is_boolean" [Fail Src] 10 kept;
    115 IsFunction2 "is_function2" [Fail Src Src] 10 kept;
    116 BsStartMatch2 "bs_start_match2" [Any Any Any Any Any] 11 gone;
    117 BsGetInteger2 "bs_get_integer2" [Fail Src Live Src U U Dst] 11 kept;
    118 BsGetFloat2 "bs_get_float2" [Fail Src Live Src U U Dst] 11 kept;
    119 BsGetBinary2 "bs_get_binary2" [Fail Src Live Src U U Dst] 11 kept;
    120 BsSkipBits2 "bs_skip_bits2" [Fail Src Src U U] 11 kept;
    121 BsTestTail2 "bs_test_tail2" [Fail Src Bits] 11 kept;
    122 BsSave2 "bs_save2" [Any Any] 11 gone;
    123 BsRestore2 "bs_restore2" [Any Any] 11 gone;
    124 GcBif1 "gc_bif1" [Fail Live Import Src Dst] 11 kept;
    125 GcBif2 "gc_bif2" [Fail Live Import Src Src Dst] 11 kept;
    126 BsFinal2 "bs_final2" [Any Any] 11 gone;
    127 BsBitsToBytes2 "bs_bits_to_bytes2" [Any Any] 11 gone;
    128 PutLiteral "put_literal" [Any Any] 11 gone;
    129 IsBitstr "is_bitstr" [Fail Src] 11 kept;
    130 BsContextToBinary "bs_context_to_binary" [Any] 12 gone;
    131 BsTestUnit "bs_test_unit" [Fail Src U] 12 kept;
    132 BsMatchString "bs_match_string" [Fail Src U Str] 12 kept;
    133 BsInitWritable "bs_init_writable" [] 12 kept;
    134 BsAppend "bs_append" [Fail Src Heap Live U Src U Dst] 12 kept;
    135 BsPrivateAppend "bs_private_append" [Fail Src U Src U Dst] 12 kept;
    136 Trim "trim" [U U] 12 kept;
    137 BsInitBits "bs_init_bits" [Fail Size Heap Live U Dst] 12 kept;
    138 BsGetUtf8 "bs_get_utf8" [Fail Src Live U Dst] 12 kept;
    139 BsSkipUtf8 "bs_skip_utf8" [Fail Src Live U] 12 kept;
    140 BsGetUtf16 "bs_get_utf16" [Fail Src Live U Dst] 12 kept;
    141 BsSkipUtf16 "bs_skip_utf16" [Fail Src Live U] 12 kept;
    142 BsGetUtf32 "bs_get_utf32" [Fail Src Live U Dst] 12 kept;
    143 BsSkipUtf32 "bs_skip_utf32" [Fail Src Live U] 12 kept;
    144 BsUtf8Size "bs_utf8_size" [Fail Src Dst] 12 kept;
    145 BsPutUtf8 "bs_put_utf8" [Fail U Src] 12 kept;
    146 BsUtf16Size "bs_utf16_size" [Fail Src Dst] 12 kept;
    147 BsPutUtf16 "bs_put_utf16" [Fail U Src] 12 kept;
    148 BsPutUtf32 "bs_put_utf32" [Fail U Src] 12 kept;
    149 OnLoad "on_load" [] 13 kept;
    150 RecvMark "recv_mark" [Label] 14 kept;
    151 RecvSet "recv_set" [Label] 14 kept;
    152 GcBif3 "gc_bif3" [Fail Live Import Src Src Src Dst] 14 kept;
    153 Line "line" [Line] 15 kept;
    154 PutMapAssoc "put_map_assoc" [Fail Src Dst Live MapPairs] 17 kept;
    155 PutMapExact "put_map_exact" [Fail Src Dst Live MapPairs] 17 kept;
    156 IsMap "is_map" [Fail Src] 17 kept;
    157 HasMapFields "has_map_fields" [Fail Src Sources] 17 kept;
    158 GetMapElements "get_map_elements" [Fail Src MapGets] 17 kept;
    159 IsTaggedTuple "is_tagged_tuple" [Fail Src U Atom] 20 kept;
    160 BuildStacktrace "build_stacktrace" [] 21 kept;
    161 RawRaise "raw_raise" [] 21 kept;
    162 GetHd "get_hd" [Src Dst] 21 kept;
    163 GetTl "get_tl" [Src Dst] 21 kept;
    164 PutTuple2 "put_tuple2" [Dst Sources] 22 kept;
    165 BsGetTail "bs_get_tail" [Src Dst Live] 22 kept;
    166 BsStartMatch3 "bs_start_match3" [Fail Src Live Dst] 22 kept;
    167 BsGetPosition "bs_get_position" [Src Dst Live] 22 kept;
    168 BsSetPosition "bs_set_position" [Src Src] 22 kept;
    169 Swap "swap" [Dst Dst] 23 kept;
    170 BsStartMatch4 "bs_start_match4" [FailMode Live Src Dst] 23 kept;
    171 MakeFun3 "make_fun3" [Lambda Dst Sources] 24 kept;
    172 InitYregs "init_yregs" [YList] 24 kept;
    173 RecvMarkerBind "recv_marker_bind" [Src Src] 24 kept;
    174 RecvMarkerClear "recv_marker_clear" [Src] 24 kept;
    175 RecvMarkerReserve "recv_marker_reserve" [Dst] 24 kept;
    176 RecvMarkerUse "recv_marker_use" [Src] 24 kept;
    177 BsCreateBin "bs_create_bin" [Fail Heap Live U Dst BinOps] 25 kept;
    178 CallFun2 "call_fun2" [FunTag Arity Src] 25 kept;
    179 NifStart "nif_start" [] 25 kept;
    180 Badrecord "badrecord" [Src] 25 kept;
    181 UpdateRecord "update_record" [Atom U Src Dst Updates] 26 kept;
    182 BsMatch "bs_match" [Fail Src MatchOps] 26 kept;
    183 ExecutableLine "executable_line" [Line U] 27 kept;
    184 DebugLine "debug_line" [Atom Line U Live] 28 kept;
    185 Bif3 "bif3" [Fail Import Src Src Src Dst] 29 kept;
    186 IsAnyNativeRecord "is_any_native_record" [Fail Src] 29 kept;
    187 IsNativeRecord "is_native_record" [Fail Src Src Src] 29 kept;
    188 GetRecordElements "get_record_elements" [Fail Src MapGets] 29 kept;
    189 PutRecord "put_record" [Fail Src Src Dst Live MapPairs] 29 kept;
    190 IsRecordAccessible "is_record_accessible" [Fail Src Src] 29 kept;
    191 GetRecordField "get_record_field" [Fail Src Src Src Dst] 29 kept;
}
