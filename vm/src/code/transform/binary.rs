//! Bit syntax: matching, building, and what older compilers used for building.

use super::super::ops::{NO_LIVE, Op};
use super::{Emitter, Unsupported};
use crate::interp::binary_build::Segment;
use crate::interp::binary_match::{LITTLE, SIGNED};
use crate::term::{MAX_BITS, Term, View};
use loader::{Arg, GenOp, Instr};

/// Emits the instruction, if it is of this family and stands for itself.
pub(super) fn instruction(
    e: &mut Emitter<'_>,
    op: GenOp,
    args: &[Arg],
) -> Result<bool, Unsupported> {
    use GenOp as G;
    match (op, args) {
        (G::BsStartMatch3, [fail, from, live, to]) => start_match(e, *fail, *live, *from, *to),
        (G::BsStartMatch4, [Arg::Atom(mode), live, from, to]) => {
            // A resumed context that is not proved to be one is looked at: it stays what it is.
            if e.atom(*mode).name() == "resume" && !e.unproven() {
                e.move_(*from, *to);
            } else {
                start_match(e, Arg::F(0), *live, *from, *to);
            }
        }
        (G::BsStartMatch4, [fail, live, from, to]) => start_match(e, *fail, *live, *from, *to),
        (G::BsGetInteger2, [fail, ctx, live, size, unit, flags, to]) => {
            get_integer(e, *fail, *ctx, *live, (*size, *unit), *flags, *to);
        }
        (G::BsGetFloat2, [fail, ctx, live, size, unit, flags, to]) => {
            let flags = match_flags(e, *flags);
            field(e, Op::BsGetFloat, *fail, *ctx, *live, (*size, *unit), flags, *to);
        }
        (G::BsGetBinary2, [fail, ctx, live, size, unit, _, to]) => {
            if is_all(e, *size) {
                let (ctx, to, live) = (e.reg(*ctx), e.dst(*to), e.small(*live));
                let unit = unit_of(e, *unit) as u32;
                let at = e.op(Op::BsGetBinaryAll, ctx, to, live);
                e.rel_with(at, *fail, unit);
            } else {
                field(e, Op::BsGetBinary, *fail, *ctx, *live, (*size, *unit), 0, *to);
            }
        }
        (G::BsGetTail, [ctx, to, live]) => {
            let (ctx, to, live) = (e.reg(*ctx), e.dst(*to), e.small(*live));
            e.op(Op::BsGetTail, ctx, to, live);
        }
        (G::BsSkipBits2, [fail, ctx, size, unit, _]) => skip(e, *fail, *ctx, *size, *unit),
        (G::BsTestTail2, [fail, ctx, bits]) => {
            let bits = e.number(*bits);
            test(e, Op::BsTestTail, *fail, *ctx, bits);
        }
        (G::BsTestUnit, [fail, ctx, unit]) => {
            let unit = unit_of(e, *unit);
            test(e, Op::BsTestUnit, *fail, *ctx, unit);
        }
        (G::BsMatchString, [fail, ctx, bits, offset]) => {
            let bits = e.number(*bits);
            let address = e.string_address(e.number(*offset) as usize);
            test(e, Op::BsMatchString, *fail, *ctx, bits);
            e.word(address as u64);
        }
        (G::BsGetPosition, [ctx, to, _]) => {
            let (ctx, to) = (e.reg(*ctx), e.dst(*to));
            e.op(Op::BsGetPosition, ctx, to, 0);
        }
        (G::BsSetPosition, [ctx, position]) => {
            let (ctx, position) = (e.reg(*ctx), e.reg(*position));
            e.op(Op::BsSetPosition, ctx, position, 0);
        }
        (G::BsGetUtf8, [fail, ctx, _, flags, to]) => {
            character(e, Op::BsGetUtf8, *fail, *ctx, *flags, Some(*to));
        }
        (G::BsGetUtf16, [fail, ctx, _, flags, to]) => {
            character(e, Op::BsGetUtf16, *fail, *ctx, *flags, Some(*to));
        }
        (G::BsGetUtf32, [fail, ctx, _, flags, to]) => {
            character(e, Op::BsGetUtf32, *fail, *ctx, *flags, Some(*to));
        }
        (G::BsSkipUtf8, [fail, ctx, _, flags]) => {
            character(e, Op::BsSkipUtf8, *fail, *ctx, *flags, None);
        }
        (G::BsSkipUtf16, [fail, ctx, _, flags]) => {
            character(e, Op::BsSkipUtf16, *fail, *ctx, *flags, None);
        }
        (G::BsSkipUtf32, [fail, ctx, _, flags]) => {
            character(e, Op::BsSkipUtf32, *fail, *ctx, *flags, None);
        }

        (G::BsCreateBin, [fail, need, live, _, to, list]) => {
            let mut b = Building::new(*fail, e.need(*need), e.small(*live), *to);
            for (i, segment) in e.list(*list).chunks_exact(6).enumerate() {
                b.add_from_list(e, segment, i == 0)?;
            }
            b.emit(e)?;
        }
        (G::BsInitWritable, []) => {
            e.op(Op::BsInitWritable, 0, 0, 0);
        }
        (G::BsAdd, [fail, sum, size, unit, to]) => {
            let (sum, size, to) = (e.reg(*sum), e.reg(*size), e.dst(*to));
            let unit = e.number(*unit);
            let at = e.op(Op::BsAdd, sum, size, to);
            e.rel(at, *fail);
            e.word(unit);
        }
        (G::BsUtf8Size, [_, from, to]) => {
            let (from, to) = (e.reg(*from), e.dst(*to));
            e.op(Op::BsUtf8Size, from, to, 0);
        }
        (G::BsUtf16Size, [_, from, to]) => {
            let (from, to) = (e.reg(*from), e.dst(*to));
            e.op(Op::BsUtf16Size, from, to, 0);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn start_match(e: &mut Emitter<'_>, fail: Arg, live: Arg, from: Arg, to: Arg) {
    let (from, to, live) = (e.reg(from), e.dst(to), e.small(live));
    let at = e.op(Op::BsStartMatch, from, to, live);
    e.rel(at, fail);
}

/// Flags of a field as matching instructions have them: numbers.
fn match_flags(e: &Emitter<'_>, arg: Arg) -> u32 {
    let n = e.number(arg);
    let little = n & 2 != 0 || n & 16 != 0 && cfg!(target_endian = "little");
    (if little { LITTLE } else { 0 }) | (if n & 4 != 0 { SIGNED } else { 0 })
}

/// Flags of a segment as `bs_create_bin` has them: a list of atoms.
fn segment_flags(e: &Emitter<'_>, arg: Arg) -> u32 {
    let Some(list) = e.literal(arg) else { return 0 };
    let has =
        |name| Term::list(list).any(|t| matches!(t.view(), View::Atom(a) if a.name() == name));
    if has("little") || has("native") && cfg!(target_endian = "little") { LITTLE } else { 0 }
}

fn is_all(e: &Emitter<'_>, size: Arg) -> bool {
    matches!(size, Arg::Atom(a) if e.atom(a).name() == "all")
}

/// A unit, which compilers never make zero.
fn unit_of(e: &Emitter<'_>, unit: Arg) -> u64 {
    e.number(unit).max(1)
}

/// A constant size in bits, if it is constant and sensible.
fn fixed(size: Arg, unit: u64) -> Option<u64> {
    let n = match size {
        Arg::I(n) => u64::try_from(n).ok()?,
        Arg::U(n) => n,
        _ => return None,
    };
    n.checked_mul(unit).filter(|bits| *bits <= MAX_BITS as u64)
}

fn get_integer(
    e: &mut Emitter<'_>,
    fail: Arg,
    ctx: Arg,
    live: Arg,
    (size, unit): (Arg, Arg),
    flags: Arg,
    to: Arg,
) {
    let flags = match_flags(e, flags);
    let op = match fixed(size, e.number(unit)) {
        Some(8) if flags & SIGNED == 0 => Op::BsGet8,
        Some(16) if flags == 0 => Op::BsGet16,
        Some(32) if flags == 0 => Op::BsGet32,
        Some(0..=59) => Op::BsGetSmall,
        _ => return field(e, Op::BsGetInteger, fail, ctx, live, (size, unit), flags, to),
    };
    let bits = fixed(size, e.number(unit)).unwrap_or(0) as u16;
    let (ctx, to) = (e.reg(ctx), e.dst(to));
    let at = e.op(op, ctx, to, bits);
    e.rel_with(at, fail, flags);
}

/// An instruction that matches a field of a size and unit.
#[expect(clippy::too_many_arguments, reason = "the instruction's operands, one by one")]
fn field(
    e: &mut Emitter<'_>,
    op: Op,
    fail: Arg,
    ctx: Arg,
    live: Arg,
    (size, unit): (Arg, Arg),
    flags: u32,
    to: Arg,
) {
    let (ctx, to, live) = (e.reg(ctx), e.dst(to), e.small(live));
    let size = e.tagged(size);
    let unit = e.number(unit);
    let at = e.op(op, ctx, to, live);
    e.rel_with(at, fail, flags);
    e.word(size);
    e.word(unit);
}

fn skip(e: &mut Emitter<'_>, fail: Arg, ctx: Arg, size: Arg, unit: Arg) {
    if is_all(e, size) {
        let unit = unit_of(e, unit);
        return test(e, Op::BsSkipAll, fail, ctx, unit);
    }
    if let Some(bits) = fixed(size, e.number(unit)) {
        return test(e, Op::BsSkip, fail, ctx, bits);
    }
    let ctx = e.reg(ctx);
    let (size, unit) = (e.tagged(size), e.number(unit));
    let at = e.op(Op::BsSkipSize, ctx, 0, 0);
    e.rel(at, fail);
    e.word(size);
    e.word(unit);
}

/// An instruction with a number and the label in its first word.
fn test(e: &mut Emitter<'_>, op: Op, fail: Arg, ctx: Arg, n: u64) {
    let ctx = e.reg(ctx);
    let at = e.op(op, ctx, 0, 0);
    e.rel_high(at, fail);
    e.word(n);
}

fn character(e: &mut Emitter<'_>, op: Op, fail: Arg, ctx: Arg, flags: Arg, to: Option<Arg>) {
    let ctx = e.reg(ctx);
    let to = to.map_or(0, |to| e.dst(to));
    let flags = match_flags(e, flags);
    let at = e.op(op, ctx, to, 0);
    e.rel_with(at, fail, flags);
}

/// A `BsCreateBin` in the making.
struct Building {
    fail: Arg,
    need: u64,
    live: u16,
    to: Arg,
    segments: Vec<[u64; 3]>,
    fixed_bits: u64,
    /// Whether there is a segment whose size is not fixed.
    varies: bool,
}

impl Building {
    fn new(fail: Arg, need: u64, live: u16, to: Arg) -> Building {
        Building { fail, need, live, to, segments: Vec::new(), fixed_bits: 0, varies: false }
    }

    fn push(&mut self, kind: Segment, flags: u32, number: u64, unit: u64, value: u64, size: u64) {
        match kind {
            Segment::Append => {}
            Segment::String
            | Segment::BinaryFixed
            | Segment::IntegerFixed
            | Segment::FloatFixed => self.fixed_bits += size,
            _ => self.varies = true,
        }
        let number = number.min(0xFFFF);
        let head = kind as u64 | u64::from(flags) << 8 | number << 16 | unit << 32;
        self.segments.push([head, value, size]);
    }

    /// Adds a segment whose size is a term.
    #[expect(clippy::too_many_arguments, reason = "a segment's parts, one by one")]
    fn push_sized(
        &mut self,
        e: &Emitter<'_>,
        [sized, fixed_kind]: [Segment; 2],
        flags: u32,
        number: u64,
        unit: u64,
        value: Arg,
        size: Arg,
    ) {
        let value = e.tagged(value);
        match fixed(size, unit) {
            Some(bits) => self.push(fixed_kind, flags, number, unit, value, bits),
            None => {
                let size = if let Arg::U(n) = size { Arg::I(n as i64) } else { size };
                self.push(sized, flags, number, unit, value, e.tagged(size));
            }
        }
    }

    fn push_string(&mut self, e: &Emitter<'_>, number: u64, offset: Arg, bytes: u64) {
        let address = e.string_address(e.number(offset) as usize);
        self.push(Segment::String, 0, number, 8, address as u64, bytes * 8);
    }

    /// Adds a segment as `bs_create_bin` lists it.
    fn add_from_list(
        &mut self,
        e: &Emitter<'_>,
        segment: &[Arg],
        first: bool,
    ) -> Result<(), Unsupported> {
        let [Arg::Atom(kind), number, unit, flags, value, size] = *segment else {
            unreachable!("the verifier lets only a segment stand here: {segment:?}");
        };
        let (number, unit) = (e.number(number), e.number(unit));
        let flags = segment_flags(e, flags);
        match e.atom(kind).name() {
            "append" | "private_append" if first => {
                self.push(Segment::Append, 0, number, unit, e.tagged(value), 0);
            }
            "string" => self.push_string(e, number, value, e.number(size)),
            "binary" if is_all(e, size) => {
                self.push(Segment::All, 0, number, unit, e.tagged(value), 0);
            }
            "binary" => {
                let kinds = [Segment::BinarySized, Segment::BinaryFixed];
                self.push_sized(e, kinds, 0, number, unit, value, size);
            }
            "integer" => {
                let kinds = [Segment::IntegerSized, Segment::IntegerFixed];
                self.push_sized(e, kinds, flags, number, unit, value, size);
            }
            "float" => {
                let kinds = [Segment::FloatSized, Segment::FloatFixed];
                self.push_sized(e, kinds, flags, number, unit, value, size);
            }
            "utf8" => self.push(Segment::Utf8, flags, number, unit, e.tagged(value), 0),
            "utf16" => self.push(Segment::Utf16, flags, number, unit, e.tagged(value), 0),
            "utf32" => self.push(Segment::Utf32, flags, number, unit, e.tagged(value), 0),
            other => {
                return Err(Unsupported(format!(
                    "a segment of type {other} that is not the first"
                )));
            }
        }
        Ok(())
    }

    /// The instruction: one of its own where a first segment is appended to, and what is appended are
    /// integers of fixed size that a machine word holds, or those and characters in UTF-8.
    fn op(&self) -> Op {
        let is = |[head, ..]: &[u64; 3], kind: Segment| *head as u8 == kind as u8;
        let integer = |s: &[u64; 3]| is(s, Segment::IntegerFixed) && s[2] <= 64;
        match &self.segments[..] {
            [first, rest @ ..] if is(first, Segment::Append) => {
                if rest.iter().all(integer) {
                    Op::BsAppendIntegers
                } else if rest.iter().all(|s| integer(s) || is(s, Segment::Utf8)) {
                    Op::BsAppendCharacters
                } else {
                    Op::BsCreateBin
                }
            }
            _ => Op::BsCreateBin,
        }
    }

    fn emit(self, e: &mut Emitter<'_>) -> Result<(), Unsupported> {
        if self.fixed_bits > MAX_BITS as u64 {
            return Err(Unsupported("a bitstring of more than 32 GiB".into()));
        }
        let to = e.dst(self.to);
        let need = u32::try_from(self.need).map_err(|_| Unsupported("too many words".into()))?;
        let at = e.op(self.op(), to, self.live, u16::from(self.varies));
        e.rel_with(at, self.fail, need);
        e.word(self.fixed_bits);
        e.word(self.segments.len() as u64);
        self.segments.iter().flatten().for_each(|w| e.word(*w));
        Ok(())
    }
}

/// Whether an instruction names a register.
fn args_name(e: &Emitter<'_>, instr: &Instr, register: Arg) -> bool {
    e.args(instr).iter().any(|a| a.reg().is_some() && a.reg() == register.reg())
}

/// Emits a bitstring that an older compiler builds in steps: an instruction that makes it, and
/// one behind the other those that fill it. The steps become one `BsCreateBin`, so that there is
/// never a bitstring that is not filled. Answers how many instructions that takes; `None` if the
/// first of `instrs` begins nothing of the kind.
pub(super) fn in_steps(
    e: &mut Emitter<'_>,
    instrs: &[Instr],
) -> Result<Option<usize>, Unsupported> {
    use GenOp as G;
    let Some(first) = instrs.first() else { return Ok(None) };
    let mut b = match (first.op, e.args(first)) {
        // The size is not looked at: it is what the segments add up to.
        (G::BsInit2 | G::BsInitBits, [fail, _, need, live, _, to]) => {
            Building::new(*fail, e.need(*need), e.small(*live), *to)
        }
        (G::BsAppend, [fail, _, need, live, unit, from, _, to]) => {
            let mut b = Building::new(*fail, e.need(*need), e.small(*live), *to);
            b.push(Segment::Append, 0, 0, e.number(*unit), e.tagged(*from), 0);
            b
        }
        (G::BsPrivateAppend, [fail, _, unit, from, _, to]) => {
            let mut b = Building::new(*fail, 0, NO_LIVE, *to);
            b.push(Segment::Append, 0, 0, e.number(*unit), e.tagged(*from), 0);
            b
        }
        _ => return Ok(None),
    };
    let mut taken = 1;
    for instr in &instrs[1..] {
        match (instr.op, e.args(instr)) {
            (G::BsPutInteger, [_, size, unit, flags, value]) => {
                let flags = match_flags(e, *flags);
                let kinds = [Segment::IntegerSized, Segment::IntegerFixed];
                b.push_sized(e, kinds, flags, 0, e.number(*unit), *value, *size);
            }
            (G::BsPutFloat, [_, size, unit, flags, value]) => {
                let flags = match_flags(e, *flags);
                let kinds = [Segment::FloatSized, Segment::FloatFixed];
                b.push_sized(e, kinds, flags, 0, e.number(*unit), *value, *size);
            }
            (G::BsPutBinary, [_, size, unit, _, value]) if is_all(e, *size) => {
                b.push(Segment::All, 0, 0, e.number(*unit), e.tagged(*value), 0);
            }
            (G::BsPutBinary, [_, size, unit, _, value]) => {
                let kinds = [Segment::BinarySized, Segment::BinaryFixed];
                b.push_sized(e, kinds, 0, 0, e.number(*unit), *value, *size);
            }
            (G::BsPutString, [bytes, offset]) => b.push_string(e, 0, *offset, e.number(*bytes)),
            (G::BsPutUtf8, [_, _, value]) => {
                b.push(Segment::Utf8, 0, 0, 0, e.tagged(*value), 0);
            }
            (G::BsPutUtf16, [_, flags, value]) => {
                b.push(Segment::Utf16, match_flags(e, *flags), 0, 0, e.tagged(*value), 0);
            }
            (G::BsPutUtf32, [_, flags, value]) => {
                b.push(Segment::Utf32, match_flags(e, *flags), 0, 0, e.tagged(*value), 0);
            }
            _ => break,
        }
        if args_name(e, instr, b.to) {
            return Err(Unsupported("a bitstring that is made of itself".into()));
        }
        taken += 1;
    }
    b.emit(e)?;
    Ok(Some(taken))
}
