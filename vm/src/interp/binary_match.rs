//! Bit syntax: matching.
//!
//! A *match context* (`MatchCtx`, see `term::layout`) holds the position and the end of what is
//! matched, in bits from the first byte of the bits' owner. Instructions that match move the
//! position of the context itself; the code goes back with `BsSetPosition`. Invariant: position
//! <= end, and all bits below the end are readable.
//!
//! A match that fails moves nothing and branches. Only results are built.

use super::zeal::zealous;
use super::{ANY, M, exception, garbage_collect_with, stubs};
use crate::num::{Endian, MAX_LIMBS, from_bits};
use crate::term::bitfield as field;
use crate::term::bits::{BitsView, base_of};
use crate::term::layout::{Kind, header, header_kind};
use crate::term::{Area, Term, Word, atoms};

/// Flag of a field: its bytes come least significant first.
pub(crate) const LITTLE: u32 = 1;
/// Flag of an integer field: two's complement.
pub(crate) const SIGNED: u32 = 2;

/// What is at most as many bits is copied when it is matched out; a view would cost as much room.
const COPIED_BITS: usize = 128;
/// Words of a match context.
pub(crate) const CONTEXT_WORDS: usize = 4;
/// Room that a part of a bitstring needs, view or copy.
pub(super) const PART_WORDS: usize = 4;

/// A match context at hand, until the next collection.
#[derive(Clone, Copy)]
struct Ctx(*mut Word);

impl Ctx {
    /// The context in register `a`.
    #[inline(always)]
    unsafe fn a(m: M) -> Ctx {
        // SAFETY: the operand of instructions that match is a context, as the verifier has proved.
        unsafe { Ctx::of(m.get(m.a())) }
    }

    /// The same in instructions that come in variants.
    #[inline(always)]
    unsafe fn in_a<const K: u8>(m: M) -> Ctx {
        // SAFETY: as above.
        unsafe { Ctx::of(m.get_a::<K>()) }
    }

    #[inline(always)]
    unsafe fn of(w: Word) -> Ctx {
        // SAFETY: as the caller says, a context.
        debug_assert!(unsafe { w.is_boxed() && header_kind(*w.boxed_ptr()) == Kind::MatchCtx });
        Ctx(w.boxed_ptr())
    }

    #[inline(always)]
    unsafe fn position(self) -> usize {
        // SAFETY: fields as in `term::layout`.
        unsafe { (*self.0.add(1)).0 as usize }
    }

    #[inline(always)]
    unsafe fn end(self) -> usize {
        // SAFETY: as above.
        unsafe { (*self.0.add(2)).0 as usize }
    }

    /// Bits from the position to the end.
    #[inline(always)]
    unsafe fn left(self) -> usize {
        // SAFETY: as above.
        unsafe { self.end() - self.position() }
    }

    /// The owner of the bits: a term that only contexts and views see.
    #[inline(always)]
    unsafe fn owner(self) -> Word {
        // SAFETY: as above.
        unsafe { *self.0.add(3) }
    }

    /// The owner's first byte.
    #[inline(always)]
    unsafe fn base(self) -> *const u8 {
        // SAFETY: as above.
        unsafe { base_of(self.owner().boxed_ptr()) }
    }

    #[inline(always)]
    unsafe fn move_to(self, position: usize) {
        // SAFETY: as above; the caller keeps position <= end.
        unsafe { *self.0.add(1) = Word(position as u64) }
    }

    /// Moves on by `n` bits if there are as many. Says where they begin.
    #[inline(always)]
    unsafe fn take(self, n: usize) -> Option<usize> {
        // SAFETY: as above.
        unsafe {
            let at = self.position();
            (self.end() - at >= n).then(|| {
                self.move_to(at + n);
                at
            })
        }
    }
}

/// A term that others may see: a match context is the rest of what it matches.
///
/// # Safety
/// `w` is a term or a match context, and what it refers to stays during `'s`.
pub(crate) unsafe fn plain<'s>(area: &mut Area<'s>, w: Word) -> Term<'s> {
    // SAFETY: as the caller promises; the bits up to the context's end are readable.
    unsafe {
        if w.is_boxed() && header_kind(*w.boxed_ptr()) == Kind::MatchCtx {
            let ctx = Ctx::of(w);
            let rest = BitsView::new(ctx.base(), ctx.position(), ctx.left());
            return area.bits(rest);
        }
        Term::from_word(w)
    }
}

/// The match fails: branches by the `rel` in further word 1.
#[inline(always)]
unsafe fn no_match(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { no_match_by(m, m.word(1) as i32) }
}

/// The match fails: branches by the `rel` in the first word.
#[inline(always)]
unsafe fn no_match_rel(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { no_match_by(m, m.rel()) }
}

#[inline(always)]
unsafe fn no_match_by(m: M, rel: i32) -> M {
    // SAFETY: operands as in the table. Compilers give a label where a match can fail; without one
    // there is nowhere to go.
    unsafe { if rel == 0 { M { ip: stubs::illegal(), ..m } } else { m.branch_by(rel) } }
}

/// Makes sure of `need` free words. `keep` is a root, besides the `live` registers.
#[inline(always)]
pub(super) unsafe fn room(m: M, need: usize, live: u16, keep: &mut Word) -> M {
    // SAFETY: registers below `live` are terms, as the instruction says.
    unsafe {
        if m.free() < need || zealous(m) {
            garbage_collect_with(m, need, live as usize, keep, false)
        } else {
            m
        }
    }
}

/// A field's size in bits; `None` if the size is no small integer, is negative or too large for
/// any bitstring.
#[inline(always)]
pub(super) fn field_size(size: Word, unit: u64) -> Option<usize> {
    if size.is_small() && size.small_value() >= 0 {
        (size.small_value() as u64).checked_mul(unit).map(|n| n as usize)
    } else {
        None
    }
}

/// The size operand in further words 2 (tagged) and 3 (unit).
#[inline(always)]
unsafe fn size_operand(m: M) -> Option<usize> {
    // SAFETY: operands as in the table.
    unsafe { field_size(m.tagged(m.word(2)), m.word(3)) }
}

#[inline(always)]
unsafe fn flags(m: M) -> u32 {
    // SAFETY: operands as in the table.
    unsafe { (m.word(1) >> 32) as u32 }
}

/// The bits from `at` on of the owner of a context, as a term. `PART_WORDS` words are free.
pub(super) unsafe fn part(mut m: M, owner: Word, at: usize, bits: usize) -> (M, Word) {
    // SAFETY: the owner has those bits, and the heap the words.
    unsafe {
        let p = m.hp;
        if bits <= COPIED_BITS {
            let words = bits.div_ceil(64);
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(bits as u64);
            p.add(2).write_bytes(0, words);
            field::copy(base_of(owner.boxed_ptr()), at, p.add(2).cast(), 0, bits);
            m.hp = p.add(2 + words);
        } else {
            *p = header(Kind::SubBits, 3);
            *p.add(1) = Word(at as u64);
            *p.add(2) = Word(bits as u64);
            *p.add(3) = owner;
            m.hp = p.add(4);
        }
        (m, Word::from_boxed_ptr(p))
    }
}

/// Makes a context of a bitstring; a context stays what it is.
#[inline(always)]
pub(super) unsafe fn start_match<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; layouts as in `term::layout`.
    unsafe {
        let w = m.get_a::<K>();
        if !w.is_boxed() {
            return no_match(m);
        }
        match header_kind(*w.boxed_ptr()) {
            Kind::MatchCtx => {
                m.set_b::<K>(w);
                m.next(2)
            }
            Kind::HeapBits | Kind::SubBits => {
                if m.free() < CONTEXT_WORDS || zealous(m) {
                    return start_match_without_room(m);
                }
                new_context::<K>(m, w)
            }
            _ => no_match(m),
        }
    }
}

/// Makes a context of the bitstring `w`; `CONTEXT_WORDS` words are free.
#[inline(always)]
unsafe fn new_context<const K: u8>(mut m: M, w: Word) -> M {
    // SAFETY: layouts as in `term::layout`.
    unsafe {
        let from = w.boxed_ptr();
        let p = m.hp;
        *p = header(Kind::MatchCtx, 3);
        if header_kind(*from) == Kind::HeapBits {
            *p.add(1) = Word(0);
            *p.add(2) = *from.add(1);
            *p.add(3) = w;
        } else {
            let (offset, bits) = ((*from.add(1)).0, (*from.add(2)).0);
            *p.add(1) = Word(offset);
            *p.add(2) = Word(offset + bits);
            *p.add(3) = *from.add(3);
        }
        m.hp = p.add(CONTEXT_WORDS);
        m.set_b::<K>(Word::from_boxed_ptr(p));
        m.next(2)
    }
}

slow! {
    unsafe fn start_match_without_room(m: M) -> M {
        // SAFETY: as `start_match`.
        unsafe {
            let mut w = m.get_a::<ANY>();
            let m = room(m, CONTEXT_WORDS, m.c(), &mut w);
            new_context::<ANY>(m, w)
        }
    }
}

/// An unsigned big-endian integer of a usual width.
#[inline(always)]
unsafe fn get_usual<const BITS: usize, const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the bits are there.
    unsafe {
        let ctx = Ctx::in_a::<K>(m);
        let Some(at) = ctx.take(BITS) else { return no_match(m) };
        let base = ctx.base();
        let v = if at.is_multiple_of(8) {
            let p = base.add(at / 8);
            match BITS {
                8 => i64::from(*p),
                16 => i64::from(p.cast::<u16>().read_unaligned().to_be()),
                _ => i64::from(p.cast::<u32>().read_unaligned().to_be()),
            }
        } else {
            field::read(base, at, BITS) as i64
        };
        m.set_b::<K>(Word::small(v));
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn get_8<const K: u8>(m: M) -> M {
    // SAFETY: as `get_usual`.
    unsafe { get_usual::<8, K>(m) }
}

#[inline(always)]
pub(super) unsafe fn get_16<const K: u8>(m: M) -> M {
    // SAFETY: as `get_usual`.
    unsafe { get_usual::<16, K>(m) }
}

#[inline(always)]
pub(super) unsafe fn get_32<const K: u8>(m: M) -> M {
    // SAFETY: as `get_usual`.
    unsafe { get_usual::<32, K>(m) }
}

/// The value of an integer field of at most 64 bits as the bits of an `i64`, or of a `u64` if it
/// is not signed.
#[inline(always)]
fn value(wire: u64, n: usize, flags: u32) -> u64 {
    let v = if flags & LITTLE != 0 { field::from_little(wire, n) } else { wire };
    if flags & SIGNED != 0 && n > 0 { field::sign_extend(v, n) as u64 } else { v }
}

/// An integer of at most 59 bits: it is small whatever its bits are.
#[inline(always)]
pub(super) unsafe fn get_small<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the bits are there.
    unsafe {
        let ctx = Ctx::in_a::<K>(m);
        let n = m.c() as usize;
        let end = ctx.end();
        let Some(at) = ctx.take(n) else { return no_match(m) };
        let (first, start) = (at / 8, at % 8);
        let wire = if start + n <= 64 && first * 8 + 64 <= end && n > 0 {
            // The word that begins with the field's first byte, all of which belongs to the owner.
            let word = ctx.base().add(first).cast::<u64>().read_unaligned().to_be();
            word << start >> (64 - n)
        } else {
            field::read(ctx.base(), at, n)
        };
        m.set_b::<K>(Word::small(value(wire, n, flags(m)) as i64));
        m.next(2)
    }
}

slow! {
    /// An integer of any width.
    pub(super) unsafe fn get_integer(m: M) -> M {
        // SAFETY: operands as in the table; the bits are there.
        unsafe {
            let ctx = Ctx::a(m);
            let Some(n) = size_operand(m) else { return no_match(m) };
            if n > 64 {
                return get_large(m, n);
            }
            let Some(at) = ctx.take(n) else { return no_match(m) };
            let flags = flags(m);
            let v = value(field::read(ctx.base(), at, n), n, flags);
            let negative = flags & SIGNED != 0 && (v as i64) < 0;
            let small =
                if flags & SIGNED != 0 || (v as i64) >= 0 { Word::try_small(v as i64) } else { None };
            if let Some(w) = small {
                m.set(m.b(), w);
                return m.next(4);
            }
            let mut m = room(m, 2, m.c(), &mut Word::NIL.clone());
            let p = m.hp;
            *p = header(if negative { Kind::BigNeg } else { Kind::BigPos }, 1);
            *p.add(1) = Word(if negative { (v as i64).unsigned_abs() } else { v });
            m.hp = p.add(2);
            m.set(m.b(), Word::from_boxed_ptr(p));
            m.next(4)
        }
    }
}

outlined! {
    /// An integer of more than 64 bits.
    unsafe fn get_large(m: M, n: usize) -> M {
        // SAFETY: operands as in the table; the bits are there.
        unsafe {
            let mut w = m.get(m.a());
            if Ctx::of(w).left() < n {
                return no_match(m);
            }
            let m = room(m, 1 + n.div_ceil(64).min(MAX_LIMBS), m.c(), &mut w);
            let ctx = Ctx::of(w);
            let at = ctx.position();
            let endian = if flags(m) & LITTLE != 0 { Endian::Little } else { Endian::Big };
            let signed = flags(m) & SIGNED != 0;
            let number = if at.is_multiple_of(8) {
                let bytes = std::slice::from_raw_parts(ctx.base().add(at / 8), n.div_ceil(8));
                from_bits(bytes, n, endian, signed)
            } else {
                let mut bytes = vec![0u8; n.div_ceil(8)];
                field::copy(ctx.base(), at, bytes.as_mut_ptr(), 0, n);
                from_bits(&bytes, n, endian, signed)
            };
            let Ok(number) = number else { return no_match(m) };
            ctx.move_to(at + n);
            let (m, w) = exception::build(m, |area| area.integer(number.as_ref()));
            m.set(m.b(), w);
            m.next(4)
        }
    }
}

slow! {
    pub(super) unsafe fn get_float(m: M) -> M {
        // SAFETY: operands as in the table; the bits are there.
        unsafe {
            let ctx = Ctx::a(m);
            let Some(n) = size_operand(m) else { return no_match(m) };
            if !matches!(n, 0 | 16 | 32 | 64) || ctx.left() < n {
                return no_match(m);
            }
            let at = ctx.position();
            let wire = field::read(ctx.base(), at, n);
            let v = if flags(m) & LITTLE != 0 { field::from_little(wire, n) } else { wire };
            let x = match n {
                // Not documented, but so it is.
                0 => 0.0,
                16 => field::f16_to_f64(v as u16),
                32 => f64::from(f32::from_bits(v as u32)),
                _ => f64::from_bits(v),
            };
            if !x.is_finite() {
                return no_match(m);
            }
            ctx.move_to(at + n);
            if let Some(w) = Word::try_float(x) {
                m.set(m.b(), w);
                return m.next(4);
            }
            let mut m = room(m, 2, m.c(), &mut Word::NIL.clone());
            let p = m.hp;
            *p = header(Kind::Float, 1);
            *p.add(1) = Word(x.to_bits());
            m.hp = p.add(2);
            m.set(m.b(), Word::from_boxed_ptr(p));
            m.next(4)
        }
    }
}

/// A part of `n` bits, of which there are enough. The instruction has `words` words.
#[inline(always)]
unsafe fn get_part(m: M, n: usize, words: usize, advance: bool) -> M {
    // SAFETY: operands as in the table; the context is kept over a collection, be it in a live
    // register or not.
    unsafe {
        let mut w = m.get(m.a());
        let m = room(m, PART_WORDS, m.c(), &mut w);
        let ctx = Ctx::of(w);
        let at = ctx.position();
        if advance {
            ctx.move_to(at + n);
        }
        let (m, w) = part(m, ctx.owner(), at, n);
        m.set(m.b(), w);
        m.next(words)
    }
}

slow! {
    pub(super) unsafe fn get_binary(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            match size_operand(m) {
                Some(n) if n <= Ctx::a(m).left() => get_part(m, n, 4, true),
                _ => no_match(m),
            }
        }
    }
}

slow! {
    /// All that is left, if it is a multiple of the unit.
    pub(super) unsafe fn get_binary_all(m: M) -> M {
        // SAFETY: operands as in the table; the unit is not zero.
        unsafe {
            let n = Ctx::a(m).left();
            if !n.is_multiple_of(flags(m) as usize) {
                return no_match(m);
            }
            get_part(m, n, 2, true)
        }
    }
}

slow! {
    /// All that is left, whatever it is; the context stays where it is.
    pub(super) unsafe fn get_tail(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { get_part(m, Ctx::a(m).left(), 1, false) }
    }
}

#[inline(always)]
pub(super) unsafe fn skip(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        match Ctx::a(m).take(m.word(1) as usize) {
            Some(_) => m.next(2),
            None => no_match_rel(m),
        }
    }
}

#[inline(always)]
pub(super) unsafe fn skip_size(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        match size_operand(m).and_then(|n| Ctx::a(m).take(n)) {
            Some(_) => m.next(4),
            None => no_match(m),
        }
    }
}

#[inline(always)]
pub(super) unsafe fn skip_all(m: M) -> M {
    // SAFETY: operands as in the table; the unit is not zero.
    unsafe {
        let ctx = Ctx::a(m);
        if !ctx.left().is_multiple_of(m.word(1) as usize) {
            return no_match_rel(m);
        }
        ctx.move_to(ctx.end());
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn test_tail<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if Ctx::in_a::<K>(m).left() == m.word(1) as usize { m.next(2) } else { no_match_rel(m) }
    }
}

#[inline(always)]
pub(super) unsafe fn test_unit<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the unit is not zero.
    unsafe {
        let (left, unit) = (Ctx::in_a::<K>(m).left(), m.word(1) as usize);
        // Whole bytes are what is mostly asked for, and to divide by anything takes long.
        let whole = if unit == 8 { left.is_multiple_of(8) } else { left.is_multiple_of(unit) };
        if whole { m.next(2) } else { no_match_rel(m) }
    }
}

#[inline(always)]
pub(super) unsafe fn match_string<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table: the module's strings stay where they are.
    unsafe {
        let n = m.word(1) as usize;
        let ctx = Ctx::in_a::<K>(m);
        let at = ctx.position();
        if ctx.left() < n || !field::equal(ctx.base(), at, m.word(2) as *const u8, n) {
            return no_match_rel(m);
        }
        ctx.move_to(at + n);
        m.next(3)
    }
}

#[inline(always)]
pub(super) unsafe fn get_position<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table. No bitstring has 2^59 bits.
    unsafe {
        m.set_b::<K>(Word::small(Ctx::in_a::<K>(m).position() as i64));
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn set_position<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table. What is no position in the context is refused.
    unsafe {
        let (ctx, w) = (Ctx::in_a::<K>(m), m.get_b::<K>());
        if !w.is_small() || w.small_value() < 0 || w.small_value() as usize > ctx.end() {
            return exception::raise_atom(m, atoms::BADARG);
        }
        ctx.move_to(w.small_value() as usize);
        m.next(1)
    }
}

/// The character at the position, in UTF-8, and how many bits it takes.
#[inline(always)]
unsafe fn utf8(ctx: Ctx) -> Option<(u32, usize)> {
    // SAFETY: no more than what is left is read.
    unsafe {
        let (at, left) = (ctx.position(), ctx.left());
        if left < 8 {
            return None;
        }
        let first = field::read(ctx.base(), at, 8);
        if first < 0x80 {
            return Some((first as u32, 8));
        }
        let bytes = (left / 8).min(4);
        let v = field::read(ctx.base(), at, bytes * 8) << (64 - bytes * 8);
        field::decode_utf8(&v.to_be_bytes()[..bytes]).map(|(c, n)| (c, n * 8))
    }
}

unsafe fn utf16(ctx: Ctx, flags: u32) -> Option<(u32, usize)> {
    // SAFETY: no more than what is left is read.
    unsafe {
        let (at, left) = (ctx.position(), ctx.left());
        let unit = |at| value(field::read(ctx.base(), at, 16), 16, flags & LITTLE) as u32;
        if left < 16 {
            return None;
        }
        match unit(at) {
            high @ 0xD800..0xDC00 if left >= 32 => match unit(at + 16) {
                low @ 0xDC00..0xE000 => Some((0x1_0000 + ((high & 0x3FF) << 10 | low & 0x3FF), 32)),
                _ => None,
            },
            0xD800..0xE000 => None,
            c => Some((c, 16)),
        }
    }
}

unsafe fn utf32(ctx: Ctx, flags: u32) -> Option<(u32, usize)> {
    // SAFETY: no more than what is left is read.
    unsafe {
        if ctx.left() < 32 {
            return None;
        }
        let c = value(field::read(ctx.base(), ctx.position(), 32), 32, flags & LITTLE);
        field::is_character(c).then_some((c as u32, 32))
    }
}

/// Puts a matched character in register `b` if it is wanted.
#[inline(always)]
unsafe fn character(m: M, ctx: Ctx, found: Option<(u32, usize)>, wanted: bool) -> M {
    // SAFETY: operands as in the table; the character's bits are there.
    unsafe {
        let Some((c, bits)) = found else { return no_match(m) };
        ctx.move_to(ctx.position() + bits);
        if wanted {
            m.set(m.b(), Word::small(i64::from(c)));
        }
        m.next(2)
    }
}

macro_rules! characters {
    ($($name:ident: $find:expr, $wanted:literal;)*) => {
        $(slow! {
            pub(super) unsafe fn $name(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe {
                    let ctx = Ctx::a(m);
                    character(m, ctx, $find(ctx, flags(m)), $wanted)
                }
            }
        })*
    };
}

characters! {
    skip_utf8: |ctx, _| utf8(ctx), false;
    get_utf16: utf16, true;
    skip_utf16: utf16, false;
    get_utf32: utf32, true;
    skip_utf32: utf32, false;
}

#[inline(always)]
pub(super) unsafe fn get_utf8<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; no more than what is left is read.
    unsafe {
        let ctx = Ctx::in_a::<K>(m);
        let at = ctx.position();
        if ctx.left() >= 8 && at.is_multiple_of(8) {
            let byte = *ctx.base().add(at / 8);
            if byte < 0x80 {
                ctx.move_to(at + 8);
                m.set_b::<K>(Word::small(i64::from(byte)));
                return m.next(2);
            }
        }
        get_utf8_general(m)
    }
}

slow! {
    unsafe fn get_utf8_general(m: M) -> M {
        // SAFETY: as `get_utf8`.
        unsafe {
            let ctx = Ctx::in_a::<ANY>(m);
            let Some((c, bits)) = utf8(ctx) else { return no_match(m) };
            ctx.move_to(ctx.position() + bits);
            m.set_b::<ANY>(Word::small(i64::from(c)));
            m.next(2)
        }
    }
}
