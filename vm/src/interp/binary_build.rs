//! Bit syntax: building.
//!
//! One instruction makes a whole bitstring from its segments. A result of up to 64 bytes lies on the
//! heap, a larger one outside. What is short is made in one pass, if there is room for the largest of
//! that kind; where it turns out to be something else nothing has been done. All else takes two passes.
//! The first adds up the sizes; it is left out when they are all fixed. Then there is room, once and for
//! all. The second pass writes.
//!
//! A bitstring that comes first may be *appended* to: if it is the latest view of a binary with
//! room behind it, what follows is written there and the result is a longer view of that binary
//! (`Binary::claim` sees to it that this happens once). Else it is copied to a binary with room.
//!
//! The order in which things are found wrong is stock's: sizes of all segments, then the first
//! bitstring, then values.

use super::binary_match::{LITTLE, field_size};
use super::zeal::zealous;
use super::{M, exception, garbage_collect_with, term, trace};
use crate::code::ops::NO_LIVE;
use crate::heap::Binary;
use crate::native::Class;
use crate::num::{BigRef, Endian, SMALL_MAX, to_bits, to_f64};
use crate::term::bitfield as field;
use crate::term::bits::{BitsView, MAX_BITS, base_of};
use crate::term::layout::{HEAP_BITS_MAX_BYTES, Kind, header, header_kind};
use crate::term::{Atom, Term, View, Word, atoms};
use std::ptr::NonNull;

/// What a segment is: bits 0 to 7 of its first word.
///
/// A segment is three words. The first has, above the kind, flags in bits 8 to 15, its number for
/// error messages in bits 16 to 31 (0: it came from an instruction that has none), its unit in
/// bits 32 to 63. The second is the value as a tagged operand (the bytes' address for `String`),
/// the third the size: a tagged operand for the kinds named `..Sized`, a number of bits for those
/// named `..Fixed` and `String`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Segment {
    /// A bitstring to append to; only as the first.
    Append,
    /// A whole bitstring.
    All,
    BinarySized,
    BinaryFixed,
    IntegerSized,
    IntegerFixed,
    FloatSized,
    FloatFixed,
    String,
    Utf8,
    Utf16,
    Utf32,
}

/// Words of a segment.
const SEGMENT_WORDS: usize = 3;
/// Words before the segments.
const HEAD_WORDS: usize = 4;
/// The least room that a binary has that something was appended to.
const LEAST_CAPACITY: usize = 256;
/// What a comprehension gets that does not say how much it needs, as in stock.
const WANTED_CAPACITY: usize = 1024;
/// What it gets at most to begin with, whatever it says.
const MOST_WANTED: usize = 1 << 20;

/// A segment of the current instruction.
#[derive(Clone, Copy)]
struct At(*const u64);

impl At {
    /// The `i`th segment.
    #[inline(always)]
    unsafe fn nth(m: M, i: usize) -> At {
        // SAFETY: the instruction has that many segments.
        At(unsafe { m.ip.add(HEAD_WORDS + SEGMENT_WORDS * i) })
    }

    #[inline(always)]
    unsafe fn head(self) -> u64 {
        // SAFETY: a segment's first word.
        unsafe { *self.0 }
    }

    #[inline(always)]
    unsafe fn kind(self) -> Segment {
        // SAFETY: the transformer writes a `Segment` there.
        unsafe { std::mem::transmute::<u8, Segment>(self.head() as u8) }
    }

    #[inline(always)]
    unsafe fn little(self) -> bool {
        // SAFETY: as `head`.
        unsafe { (self.head() >> 8) as u32 & LITTLE != 0 }
    }

    #[inline(always)]
    unsafe fn number(self) -> u16 {
        // SAFETY: as `head`.
        unsafe { (self.head() >> 16) as u16 }
    }

    #[inline(always)]
    unsafe fn unit(self) -> usize {
        // SAFETY: as `head`.
        unsafe { (self.head() >> 32) as usize }
    }

    /// The value.
    #[inline(always)]
    unsafe fn value(self, m: M) -> Word {
        // SAFETY: a segment's second word, of all kinds but `String`.
        unsafe { m.tagged(*self.0.add(1)) }
    }

    /// The third word.
    #[inline(always)]
    unsafe fn size_word(self) -> u64 {
        // SAFETY: a segment's third word.
        unsafe { *self.0.add(2) }
    }
}

/// A segment of known size, or a part of one, as native code sees it.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) struct Part {
    pub(crate) value: Value,
    /// 1 to 64.
    pub(crate) bits: usize,
    /// Whether its lowest byte comes first.
    pub(crate) little: bool,
}

/// What a [`Part`] is made of: a number, or a tagged operand that is an integer or a float.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) enum Value {
    Constant(u64),
    Integer(u64),
    Double(u64),
}

/// Adds a segment to `parts`, if native code is made of such.
///
/// # Safety
/// The words are those of a segment.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) unsafe fn add_parts(words: [u64; SEGMENT_WORDS], parts: &mut Vec<Part>) -> Option<()> {
    // SAFETY: the caller's promise; the address of a `String` is that of so many bits.
    unsafe {
        let at = At(words.as_ptr());
        let bits = at.size_word() as usize;
        let value = match at.kind() {
            Segment::String => {
                parts.extend((0..bits).step_by(64).map(|from| {
                    let bits = (bits - from).min(64);
                    let n = field::read(words[1] as *const u8, from, bits);
                    Part { value: Value::Constant(n), bits, little: false }
                }));
                return Some(());
            }
            Segment::IntegerFixed if (1..=64).contains(&bits) => Value::Integer(words[1]),
            Segment::FloatFixed if bits == 64 => Value::Double(words[1]),
            _ => return None,
        };
        let little = at.little() && bits > 8;
        if little && !bits.is_multiple_of(8) {
            return None;
        }
        parts.push(Part { value, bits, little });
        Some(())
    }
}

/// What is wrong with a segment.
struct Wrong {
    reason: Atom,
    /// What stock's error_info calls it.
    what: &'static str,
    value: Word,
}

fn wrong(what: &'static str, value: Word) -> Wrong {
    Wrong { reason: atoms::BADARG, what, value }
}

/// The size in bits of a segment whose size is a term.
#[inline]
unsafe fn sized(m: M, at: At) -> Result<usize, Wrong> {
    // SAFETY: as the segment's kind says.
    unsafe {
        let size = m.tagged(at.size_word());
        let too_large = Wrong { reason: atoms::SYSTEM_LIMIT, what: "size", value: size };
        if size.is_small() {
            let n = usize::try_from(size.small_value()).map_err(|_| wrong("size", size))?;
            return match n.checked_mul(at.unit()) {
                Some(bits) if bits <= MAX_BITS => Ok(bits),
                _ => Err(too_large),
            };
        }
        let large = matches!(term(size).view(), View::Big(BigRef { negative: false, .. }));
        Err(if large { too_large } else { wrong("size", size) })
    }
}

/// The number of a character, or something too large for one.
#[inline(always)]
fn character(value: Word) -> u64 {
    if value.is_small() { value.small_value() as u64 } else { u64::MAX }
}

/// A character as a segment of that kind has it, and how many bits that are.
#[inline(always)]
fn encoded(kind: Segment, c: u32, little: bool) -> (u64, usize) {
    match kind {
        Segment::Utf8 => {
            let (wire, bytes) = field::encode_utf8(c);
            (wire, bytes * 8)
        }
        Segment::Utf16 => {
            let unit = |u: u16| u64::from(if little { u.swap_bytes() } else { u });
            match field::encode_utf16(c) {
                (unit_alone, None) => (unit(unit_alone), 16),
                (first, Some(second)) => (unit(first) << 16 | unit(second), 32),
            }
        }
        _ => (u64::from(if little { c.swap_bytes() } else { c }), 32),
    }
}

/// The first pass: bits of all segments from the `first`th on.
#[inline(never)]
unsafe fn add_up(m: M, first: usize, count: usize) -> Result<usize, (At, Wrong)> {
    // SAFETY: operands as in the table.
    unsafe {
        let mut bits = m.word(2) as usize;
        for i in first..count {
            let at = At::nth(m, i);
            let n = match at.kind() {
                Segment::Append
                | Segment::BinaryFixed
                | Segment::IntegerFixed
                | Segment::FloatFixed
                | Segment::String => 0,
                Segment::All => {
                    let value = at.value(m);
                    match term(value).as_bits() {
                        Some(v) => v.bits,
                        None => return Err((at, wrong("type", value))),
                    }
                }
                Segment::BinarySized | Segment::IntegerSized | Segment::FloatSized => {
                    sized(m, at).map_err(|e| (at, e))?
                }
                // What is no character is found by the second pass.
                Segment::Utf8 => field::utf8_len(character(at.value(m))) * 8,
                Segment::Utf16 if character(at.value(m)) < 0x1_0000 => 16,
                Segment::Utf16 => 32,
                Segment::Utf32 => {
                    let value = at.value(m);
                    if !field::is_character(character(value)) {
                        return Err((at, wrong("type", value)));
                    }
                    32
                }
            };
            // Each is below 2^60 or so, and they are few: no overflow before the test.
            bits += n;
            if bits > MAX_BITS {
                let value = Word::small(bits as i64);
                return Err((at, Wrong { reason: atoms::SYSTEM_LIMIT, what: "size", value }));
            }
        }
        Ok(bits)
    }
}

/// Where the segments are written to.
#[derive(Clone, Copy)]
struct Target {
    base: *mut u8,
    /// The next bit.
    at: usize,
}

slow! {
    pub(super) unsafe fn create_bin(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let count = m.word(3) as usize;
            match short(m, count) {
                Some(m) => m,
                None => create(m, count),
            }
        }
    }
}

outlined! {
    /// In two passes, whatever it is.
    unsafe fn create(m: M, count: usize) -> M {
        let mut m = m;
        // SAFETY: operands as in the table. Sizes are the same in both passes, since the values are:
        // what the second pass writes has room.
        unsafe {
            let first = usize::from(count > 0 && At::nth(m, 0).kind() == Segment::Append);
            let bits = if m.c() == 0 {
                m.word(2) as usize
            } else {
                match add_up(m, first, count) {
                    Ok(bits) => bits,
                    Err((at, e)) => return fail(m, at, e),
                }
            };
            let result;
            let mut target;
            if first == 1 {
                if let Some((view, claimed)) = claim_in_place(m, bits) {
                    target = claimed;
                    (m, result) = longer_view(m, view, bits);
                } else {
                    match append(m, bits) {
                        Ok(done) => (m, result, target) = done,
                        Err(e) => return fail(m, At::nth(m, 0), e),
                    }
                }
            } else {
                (m, result, target) = fresh(m, bits);
            }
            for i in first..count {
                let at = At::nth(m, i);
                if let Err(e) = put(m, at, &mut target) {
                    return fail(m, at, e);
                }
            }
            m.set(m.a(), result);
            m.next(HEAD_WORDS + SEGMENT_WORDS * count)
        }
    }
}

/// Makes sure that there is room for an object of `words` words, for what the instruction is to
/// leave free behind it, and in the virtual heap for `outside` bytes.
#[inline(always)]
unsafe fn room_for(m: M, words: usize, outside: usize, keep: &mut Word) -> M {
    // SAFETY: operands as in the table. A collection that is due because of the virtual heap must
    // come before the words are promised.
    unsafe {
        let words = words + (m.word(1) >> 32) as usize;
        let heap = &(*m.p).heap;
        let due = outside > 0 && heap.virtual_bytes + outside > heap.virtual_limit;
        let live = m.b();
        if (m.free() < words || due || zealous(m)) && live != NO_LIVE {
            garbage_collect_with(m, words, live as usize, keep, false)
        } else {
            m
        }
    }
}

/// Takes `n` words, for which there is room unless the instruction never collects.
#[inline(always)]
unsafe fn alloc(mut m: M, n: usize) -> (M, *mut Word) {
    if m.free() < n {
        // SAFETY: the words are filled before anything else is built.
        return unsafe { alloc_apart(m, n) };
    }
    let p = m.hp;
    m.hp = p.wrapping_add(n);
    (m, p)
}

#[cold]
#[inline(never)]
unsafe fn alloc_apart(m: M, n: usize) -> (M, *mut Word) {
    let mut p = std::ptr::null_mut();
    // SAFETY: an adopted fragment stays where it is until the next collection.
    let (m, _) = unsafe {
        exception::build(m, |area| {
            p = area.alloc(n);
            Term::nil()
        })
    };
    (m, p)
}

/// Makes a zeroed bitstring on the heap.
#[inline(always)]
unsafe fn on_heap(m: M, bits: usize) -> (M, Word, *mut u8) {
    // SAFETY: fresh words.
    unsafe {
        let words = bits.div_ceil(64);
        let (m, p) = alloc(m, 2 + words);
        *p = header(Kind::HeapBits, 1 + words);
        *p.add(1) = Word(bits as u64);
        p.add(2).write_bytes(0, words);
        (m, Word::from_boxed_ptr(p), p.add(2).cast())
    }
}

/// Words of what refers to a binary outside the heap: a `BinRef` and a view.
const OUTSIDE_WORDS: usize = 3 + VIEW_WORDS;
const VIEW_WORDS: usize = 4;

/// Makes a binary outside the heap.
#[inline(never)]
unsafe fn outside(m: M, bits: usize, capacity: usize) -> (M, Word, *mut u8) {
    // SAFETY: fresh words. The BinRef lies in the heap or a fragment of it, and is in no list.
    unsafe {
        let binary = Binary::new_bits(bits, capacity);
        let (mut m, p) = alloc(m, 3);
        *p = header(Kind::BinRef, 2);
        *p.add(1) = Word(binary.as_ptr() as u64);
        let heap = &mut (*m.p).heap;
        heap.off_heap.push(p);
        heap.virtual_bytes += binary.as_ref().capacity();
        // What fills it takes time: a reduction for a kilobyte, as in stock.
        m.reds -= (bits >> 13) as i64;
        let (m, w) = view(m, 0, bits, Word::from_boxed_ptr(p));
        (m, w, Binary::data(binary.as_ptr()))
    }
}

/// Makes a view of `bits` bits from bit `offset` of `owner`.
#[inline(always)]
unsafe fn view(m: M, offset: usize, bits: usize, owner: Word) -> (M, Word) {
    // SAFETY: fresh words.
    unsafe {
        let (m, p) = alloc(m, VIEW_WORDS);
        (m, put_view(p, offset, bits, owner))
    }
}

/// Writes a view to fresh words.
#[inline(always)]
unsafe fn put_view(p: *mut Word, offset: usize, bits: usize, owner: Word) -> Word {
    // SAFETY: the caller's `VIEW_WORDS` words.
    unsafe {
        *p = header(Kind::SubBits, 3);
        *p.add(1) = Word(offset as u64);
        *p.add(2) = Word(bits as u64);
        *p.add(3) = owner;
        Word::from_boxed_ptr(p)
    }
}

/// A new bitstring of `bits` bits.
#[inline(always)]
unsafe fn fresh(m: M, bits: usize) -> (M, Word, Target) {
    // SAFETY: room is made sure of.
    unsafe {
        let keep = &mut Word::NIL.clone();
        let (m, w, base) = if bits <= HEAP_BITS_MAX_BYTES * 8 {
            on_heap(room_for(m, 2 + bits.div_ceil(64), 0, keep), bits)
        } else {
            let bytes = bits.div_ceil(8);
            outside(room_for(m, OUTSIDE_WORDS, bytes, keep), bits, bytes)
        };
        (m, w, Target { base, at: 0 })
    }
}

/// What [`append`] mostly finds: the first segment is the latest view of a binary with room for `more`
/// bits behind it, which are claimed, and the heap has room for a [`longer_view`]. Answers the view.
#[inline(always)]
unsafe fn claim_in_place(m: M, more: usize) -> Option<(*const Word, Target)> {
    // SAFETY: layouts as in `term::layout`.
    unsafe {
        let at = At::nth(m, 0);
        let src = at.value(m);
        if !src.is_boxed() || *src.boxed_ptr() != header(Kind::SubBits, 3) {
            return None;
        }
        let p = src.boxed_ptr();
        let (offset, old) = ((*p.add(1)).0 as usize, (*p.add(2)).0 as usize);
        let whole = at.unit() == 1 || at.unit() == 8 && old % 8 == 0;
        let room = m.free() >= VIEW_WORDS + (m.word(1) >> 32) as usize;
        if !whole || !room || more == 0 || old + more > MAX_BITS || cfg!(feature = "gc_zeal") {
            return None;
        }
        claim(src, more).map(|base| (p.cast_const(), Target { base, at: offset + old }))
    }
}

/// After [`claim_in_place`]: the view of what there was and the bits claimed.
#[inline(always)]
unsafe fn longer_view(m: M, p: *const Word, more: usize) -> (M, Word) {
    // SAFETY: as `claim_in_place` has found; nothing has been collected since.
    unsafe {
        let (offset, old, owner) = ((*p.add(1)).0 as usize, (*p.add(2)).0 as usize, *p.add(3));
        let w = put_view(m.hp, offset, old + more, owner);
        (M { hp: m.hp.add(VIEW_WORDS), ..m }, w)
    }
}

/// Words in which there is room for any bitstring on the heap and for eight bytes more.
const SHORT_WORDS: usize = 2 + HEAP_BITS_MAX_BYTES / 8 + 1;

/// Builds in one pass what lies on the heap, as most short bitstrings do: into the room that there is,
/// which is taken at the end. `None`: it does not, or is something rare or wrong, and nothing has been
/// done.
#[inline(always)]
unsafe fn short(m: M, count: usize) -> Option<M> {
    // SAFETY: operands as in the table. Nothing is written that does not end within
    // `HEAP_BITS_MAX_BYTES`, behind which there are eight bytes.
    unsafe {
        let long = m.word(2) as usize > HEAP_BITS_MAX_BYTES * 8;
        if long || m.free() < SHORT_WORDS + (m.word(1) >> 32) as usize || zealous(m) {
            return None;
        }
        let mut to = Short { base: m.hp.add(2).cast(), bits: 0 };
        let mut appended_to = usize::MAX;
        for i in 0..count {
            let at = At::nth(m, i);
            match at.kind() {
                kind @ (Segment::IntegerFixed | Segment::IntegerSized) => {
                    let value = at.value(m);
                    let bits = match kind {
                        Segment::IntegerFixed => at.size_word() as usize,
                        _ => sized(m, at).ok()?,
                    };
                    if !value.is_small() || bits > 64 {
                        return None;
                    }
                    let n = value.small_value() as u64;
                    to.wire(if at.little() { field::to_little(n, bits) } else { n }, bits)?;
                }
                Segment::String => {
                    to.copy(*at.0.add(1) as *const u8, 0, at.size_word() as usize)?;
                }
                kind @ (Segment::Utf8 | Segment::Utf16 | Segment::Utf32) => {
                    let c = character(at.value(m));
                    if !field::is_character(c) {
                        return None;
                    }
                    let (wire, bits) = encoded(kind, c as u32, at.little());
                    to.wire(wire, bits)?;
                }
                kind @ (Segment::Append | Segment::All) => {
                    let value = at.value(m);
                    // What may be appended to in place is, if it can be.
                    if kind == Segment::Append
                        && value.is_boxed()
                        && header_kind(*value.boxed_ptr()) != Kind::HeapBits
                    {
                        return None;
                    }
                    let bits = term(value).as_bits()?.bits;
                    if at.unit() != 1 && (at.unit() != 8 || bits % 8 != 0) {
                        return None;
                    }
                    let (from, start) = source(value);
                    to.copy(from, start, bits)?;
                    if kind == Segment::Append {
                        appended_to = bits;
                    }
                }
                kind @ (Segment::BinaryFixed | Segment::BinarySized) => {
                    let value = at.value(m);
                    let bits = match kind {
                        Segment::BinaryFixed => at.size_word() as usize,
                        _ => sized(m, at).ok()?,
                    };
                    if term(value).as_bits()?.bits < bits {
                        return None;
                    }
                    let (from, start) = source(value);
                    to.copy(from, start, bits)?;
                }
                _ => return None,
            }
        }
        // With nothing behind it what is appended to is the result itself.
        if to.bits == appended_to {
            return None;
        }
        let words = to.bits.div_ceil(64);
        // Behind the last bit there are zeros.
        if to.bits.is_multiple_of(8) {
            to.base.add(to.bits / 8).cast::<u64>().write_unaligned(0);
        } else {
            field::write(to.base, to.bits, words * 64 - to.bits, 0);
        }
        *m.hp = header(Kind::HeapBits, 1 + words);
        *m.hp.add(1) = Word(to.bits as u64);
        m.set(m.a(), Word::from_boxed_ptr(m.hp));
        let m = M { hp: m.hp.add(2 + words), ..m };
        Some(m.next(HEAD_WORDS + SEGMENT_WORDS * count))
    }
}

/// Bits that are written one behind the other, so many so far: at most `HEAP_BITS_MAX_BYTES`.
struct Short {
    base: *mut u8,
    bits: usize,
}

impl Short {
    /// The next `n` bits, by the number of the first; `None`: there are not so many.
    #[inline(always)]
    fn take(&mut self, n: usize) -> Option<usize> {
        const MOST: usize = HEAP_BITS_MAX_BYTES * 8;
        let at = self.bits;
        self.bits += n;
        (n <= MOST && self.bits <= MOST).then_some(at)
    }

    /// Writes the low `n` bits, at most 64.
    ///
    /// # Safety
    /// There are eight bytes behind the last one that may be written.
    #[inline(always)]
    unsafe fn wire(&mut self, wire: u64, n: usize) -> Option<()> {
        let at = self.take(n)?;
        // SAFETY: the caller's promise.
        unsafe {
            if at % 8 == 0 && n.is_multiple_of(8) && n > 0 {
                // What is written too far is written again, by what follows or as zeros.
                let bytes = (wire << (64 - n)).to_be();
                self.base.add(at / 8).cast::<u64>().write_unaligned(bytes);
            } else {
                field::write(self.base, at, n, wire);
            }
        }
        Some(())
    }

    /// Writes `n` bits from bit `start` of `from` on.
    ///
    /// # Safety
    /// Those bits are readable, and none of these.
    #[inline(always)]
    unsafe fn copy(&mut self, from: *const u8, start: usize, n: usize) -> Option<()> {
        let at = self.take(n)?;
        // SAFETY: the caller's promise.
        unsafe {
            if (at | start | n).is_multiple_of(8) {
                let to = self.base.add(at / 8);
                to.copy_from_nonoverlapping(from.add(start / 8), n / 8);
            } else {
                field::copy(from, start, self.base, at, n);
            }
        }
        Some(())
    }
}

/// As [`create_bin`], where all that is appended are integers of fixed size, of at most 64 bits each.
#[inline(always)]
pub(super) unsafe fn append_integers(m: M) -> M {
    // SAFETY: operands as in the table; the bits claimed are those that the segments fill.
    unsafe {
        let count = m.word(3) as usize;
        if !(1..count).all(|i| At::nth(m, i).value(m).is_small()) {
            return create_bin(m);
        }
        let bits = m.word(2) as usize;
        let Some((view, mut to)) = claim_in_place(m, bits) else { return create_bin(m) };
        for i in 1..count {
            let at = At::nth(m, i);
            let (n, bits) = (at.value(m).small_value() as u64, at.size_word() as usize);
            put_wire(if at.little() { field::to_little(n, bits) } else { n }, bits, &mut to);
        }
        let (m, result) = longer_view(m, view, bits);
        m.set(m.a(), result);
        m.next(HEAD_WORDS + SEGMENT_WORDS * count)
    }
}

slow! {
    /// The same with characters in UTF-8 among them, whose sizes are added up first.
    pub(super) unsafe fn append_characters(m: M) -> M {
        // SAFETY: as `append_integers`.
        unsafe {
            let count = m.word(3) as usize;
            let mut bits = m.word(2) as usize;
            for i in 1..count {
                let at = At::nth(m, i);
                let value = at.value(m);
                if at.kind() == Segment::Utf8 && field::is_character(character(value)) {
                    bits += field::utf8_len(character(value)) * 8;
                } else if at.kind() == Segment::Utf8 || !value.is_small() {
                    return create(m, count);
                }
            }
            let Some((view, mut to)) = claim_in_place(m, bits) else {
                return match short(m, count) {
                    Some(m) => m,
                    None => create(m, count),
                };
            };
            for i in 1..count {
                let at = At::nth(m, i);
                let (n, bits) = (at.value(m).small_value() as u64, at.size_word() as usize);
                if at.kind() == Segment::Utf8 {
                    let (wire, bits) = encoded(Segment::Utf8, n as u32, false);
                    put_wire(wire, bits, &mut to);
                } else {
                    put_wire(if at.little() { field::to_little(n, bits) } else { n }, bits, &mut to);
                }
            }
            let (m, result) = longer_view(m, view, bits);
            m.set(m.a(), result);
            m.next(HEAD_WORDS + SEGMENT_WORDS * count)
        }
    }
}

/// A bitstring that begins like the first segment's and has `more` bits behind.
#[inline(never)]
unsafe fn append(m: M, more: usize) -> Result<(M, Word, Target), Wrong> {
    // SAFETY: room is made sure of; what was a bitstring before a collection is one after.
    unsafe {
        let at = At::nth(m, 0);
        let mut src = at.value(m);
        let Some(old) = term(src).as_bits().map(|v| v.bits) else {
            return Err(wrong("type", src));
        };
        if old % at.unit().max(1) != 0 {
            return Err(wrong("unit", src));
        }
        let bits = old + more;
        if bits > MAX_BITS {
            let value = Word::small(bits as i64);
            return Err(Wrong { reason: atoms::SYSTEM_LIMIT, what: "size", value });
        }
        if more == 0 {
            let m = room_for(m, 0, 0, &mut src);
            return Ok((m, src, Target { base: NonNull::dangling().as_ptr(), at: 0 }));
        }
        if let Some(base) = claim(src, more) {
            // The claim is for the binary, wherever a collection moves what refers to it.
            let m = room_for(m, VIEW_WORDS, 0, &mut src);
            let p = src.boxed_ptr();
            let offset = (*p.add(1)).0 as usize;
            let (m, w) = view(m, offset, bits, *p.add(3));
            return Ok((m, w, Target { base, at: offset + old }));
        }
        let (m, w, base) = if bits <= HEAP_BITS_MAX_BYTES * 8 {
            on_heap(room_for(m, 2 + bits.div_ceil(64), 0, &mut src), bits)
        } else {
            let capacity = (bits.div_ceil(8) * 2).max(LEAST_CAPACITY);
            outside(room_for(m, OUTSIDE_WORDS, capacity, &mut src), bits, capacity)
        };
        let (from, start) = source(src);
        field::copy(from, start, base, 0, old);
        Ok((m, w, Target { base, at: old }))
    }
}

/// Claims `more` bits behind a bitstring, if it is the latest view of a binary that has room for
/// them. Answers the binary's first byte.
#[inline(always)]
unsafe fn claim(src: Word, more: usize) -> Option<*mut u8> {
    // SAFETY: `src` is a bitstring; layouts as in `term::layout`.
    unsafe {
        let p = src.boxed_ptr();
        if header_kind(*p) != Kind::SubBits {
            return None;
        }
        let owner = (*p.add(3)).boxed_ptr();
        if header_kind(*owner) != Kind::BinRef {
            return None;
        }
        let binary = NonNull::new_unchecked((*owner.add(1)).0 as *mut Binary);
        let end = ((*p.add(1)).0 + (*p.add(2)).0) as usize;
        binary.as_ref().claim(end, end + more).then(|| Binary::data(binary.as_ptr()))
    }
}

/// Where the bits of a bitstring begin: an address and a bit offset from it.
#[inline(always)]
unsafe fn source(src: Word) -> (*const u8, usize) {
    // SAFETY: `src` is a bitstring; layouts as in `term::layout`.
    unsafe {
        let p = src.boxed_ptr();
        if header_kind(*p) == Kind::HeapBits {
            (p.add(2).cast::<u8>().cast_const(), 0)
        } else {
            (base_of((*p.add(3)).boxed_ptr()).cast_const(), (*p.add(1)).0 as usize)
        }
    }
}

/// The second pass: writes a segment.
#[inline(always)]
unsafe fn put(m: M, at: At, to: &mut Target) -> Result<(), Wrong> {
    // SAFETY: the target has room for the segment, as the first pass found.
    unsafe {
        match at.kind() {
            Segment::String => {
                let bits = at.size_word() as usize;
                field::copy(*at.0.add(1) as *const u8, 0, to.base, to.at, bits);
                to.at += bits;
                Ok(())
            }
            Segment::IntegerFixed => {
                let bits = at.size_word() as usize;
                put_integer(at.value(m), bits, at.little(), to)
            }
            Segment::IntegerSized => {
                let bits = sized(m, at)?;
                put_integer(at.value(m), bits, at.little(), to)
            }
            Segment::All => {
                let value = at.value(m);
                let bits = term(value).as_bits().map_or(0, |v| v.bits);
                if bits % at.unit().max(1) != 0 {
                    return Err(wrong("unit", value));
                }
                put_bits(value, bits, to);
                Ok(())
            }
            Segment::BinaryFixed => put_part(at.value(m), at.size_word() as usize, to),
            Segment::BinarySized => {
                let bits = sized(m, at)?;
                put_part(at.value(m), bits, to)
            }
            Segment::FloatFixed => put_float(at.value(m), at.size_word() as usize, at.little(), to),
            Segment::FloatSized => {
                let bits = sized(m, at)?;
                put_float(at.value(m), bits, at.little(), to)
            }
            Segment::Utf8 | Segment::Utf16 | Segment::Utf32 => put_character(m, at, to),
            Segment::Append => unreachable!("only the first segment, which `append` takes"),
        }
    }
}

/// Writes `n` (at most 64) bits.
#[inline(always)]
unsafe fn put_wire(wire: u64, n: usize, to: &mut Target) {
    // SAFETY: the target has room.
    unsafe { field::write(to.base, to.at, n, wire) };
    to.at += n;
}

#[inline(always)]
unsafe fn put_integer(
    value: Word,
    bits: usize,
    little: bool,
    to: &mut Target,
) -> Result<(), Wrong> {
    // SAFETY: the target has room; the value is a term.
    unsafe {
        if !value.is_small() {
            return put_big(value, bits, little, to);
        }
        let n = value.small_value();
        if bits <= 64 {
            let wire = if little { field::to_little(n as u64, bits) } else { n as u64 };
            put_wire(wire, bits, to);
            return Ok(());
        }
        // What a small integer does not fill is all sign.
        let (base, at, fill) = (to.base, to.at, bits - 64);
        if little {
            field::write(base, at, 64, (n as u64).swap_bytes());
            field::fill(base, at + 64, fill, n < 0);
        } else {
            field::fill(base, at, fill, n < 0);
            field::write(base, at + fill, 64, n as u64);
        }
        to.at += bits;
        Ok(())
    }
}

#[cold]
#[inline(never)]
unsafe fn put_big(value: Word, bits: usize, little: bool, to: &mut Target) -> Result<(), Wrong> {
    // SAFETY: the target has room; the value is a term.
    unsafe {
        let View::Big(big) = term(value).view() else { return Err(wrong("type", value)) };
        let endian = if little { Endian::Little } else { Endian::Big };
        let mut bytes: smallvec::SmallVec<[u8; 64]> = smallvec::smallvec![0; bits.div_ceil(8)];
        to_bits(big, &mut bytes, bits, endian);
        field::copy(bytes.as_ptr(), 0, to.base, to.at, bits);
        to.at += bits;
        Ok(())
    }
}

/// Writes the first `bits` bits of a bitstring, which has as many.
#[inline(always)]
unsafe fn put_bits(value: Word, bits: usize, to: &mut Target) {
    // SAFETY: the target has room. A target in a claimed part shares no bit with any value.
    unsafe {
        let (from, start) = source(value);
        field::copy(from, start, to.base, to.at, bits);
    }
    to.at += bits;
}

unsafe fn put_part(value: Word, bits: usize, to: &mut Target) -> Result<(), Wrong> {
    // SAFETY: the target has room; the value is a term.
    unsafe {
        match term(value).as_bits() {
            None => Err(wrong("type", value)),
            Some(BitsView { bits: all, .. }) if all < bits => Err(wrong("short", value)),
            Some(_) => {
                put_bits(value, bits, to);
                Ok(())
            }
        }
    }
}

unsafe fn put_float(value: Word, bits: usize, little: bool, to: &mut Target) -> Result<(), Wrong> {
    if !matches!(bits, 16 | 32 | 64) {
        return Err(wrong("invalid", Word::small(bits as i64)));
    }
    // SAFETY: the target has room; the value is a term.
    unsafe {
        let double = match term(value).view() {
            View::Float(x) => x,
            // To single precision an integer is rounded once.
            View::Small(n) if bits == 32 => f64::from(n as f32),
            View::Small(n) => n as f64,
            View::Big(n) => to_f64(n).ok_or_else(|| wrong("no_float", value))?,
            _ => return Err(wrong("type", value)),
        };
        let wire = match bits {
            64 => double.to_bits(),
            32 => u64::from((double as f32).to_bits()),
            _ => u64::from(field::f16_from_f32(double as f32)),
        };
        put_wire(if little { field::to_little(wire, bits) } else { wire }, bits, to);
        Ok(())
    }
}

#[inline(never)]
unsafe fn put_character(m: M, at: At, to: &mut Target) -> Result<(), Wrong> {
    // SAFETY: the target has room for the character, as the first pass found.
    unsafe {
        let value = at.value(m);
        let c = character(value);
        if !field::is_character(c) {
            return Err(wrong("type", value));
        }
        let (wire, bits) = encoded(at.kind(), c as u32, at.little());
        put_wire(wire, bits, to);
        Ok(())
    }
}

outlined! {
    /// A segment is wrong: branches if there is a label, else raises.
    unsafe fn fail(m: M, at: At, e: Wrong) -> M {
        // SAFETY: `rel` is in further word 1; the value in `e` is a term, and nothing has been
        // collected since it was read.
        unsafe {
            if m.word(1) as i32 != 0 {
                return m.branch_w1();
            }
            let vm = m.vm();
            let here = trace::current_function(vm, m.ip);
            let Some(here) = here.filter(|_| at.number() != 0) else {
                return exception::raise_atom(m, e.reason);
            };
            let reason = Term::atom(e.reason).word();
            exception::raise_with_item(m, Class::Error, reason, false, |area| {
                let named = |name| vm.atoms.intern(name).map_or(Term::nil(), Term::atom);
                let kind = match at.kind() {
                    Segment::Append | Segment::All | Segment::BinarySized | Segment::BinaryFixed => {
                        "binary"
                    }
                    Segment::IntegerSized | Segment::IntegerFixed => "integer",
                    Segment::FloatSized | Segment::FloatFixed => "float",
                    Segment::String => "string",
                    Segment::Utf8 => "utf8",
                    Segment::Utf16 => "utf16",
                    Segment::Utf32 => "utf32",
                };
                let number = Term::small(i64::from(at.number()));
                let cause = area.tuple(&[number, named(kind), named(e.what), term(e.value)]);
                let info = area.flat_map(
                    &[atoms::CAUSE, atoms::FUNCTION, atoms::MODULE].map(Term::atom),
                    &[cause, named("format_bs_fail"), Term::atom(atoms::ERL_ERTS_ERRORS)],
                );
                let info = area.tuple(&[Term::atom(atoms::ERROR_INFO), info]);
                let place = trace::location(area, here.line);
                let place = place.list_to_vec().unwrap_or_default();
                let tail = area.list(&[info]);
                let place = area.list_with_tail(&place, tail);
                let arity = Term::small(i64::from(here.arity));
                area.tuple(&[Term::atom(here.module), Term::atom(here.function), arity, place])
            })
        }
    }
}

slow! {
    /// An empty bitstring to append to, with room for as many bytes as x0 says: what a comprehension
    /// begins with. Compilers ask for what it needs where they can tell.
    pub(super) unsafe fn init_writable(m: M) -> M {
        // SAFETY: x0 is a term and the only live register; it is overwritten.
        unsafe {
            let capacity = term(*m.x).as_usize().unwrap_or(WANTED_CAPACITY).min(MOST_WANTED);
            let heap = &(*m.p).heap;
            let due = heap.virtual_bytes + capacity > heap.virtual_limit;
            let m = if m.free() < OUTSIDE_WORDS || due || zealous(m) {
                garbage_collect_with(m, OUTSIDE_WORDS, 0, &mut Word::NIL.clone(), false)
            } else {
                m
            };
            let (m, w, _) = outside(m, 0, capacity);
            *m.x = w;
            m.next(1)
        }
    }
}

slow! {
    /// Adds the size of a segment to those before it. Compilers of old releases compute sizes with
    /// this; what comes out is used for their checks alone, since `create_bin` adds up itself.
    pub(super) unsafe fn add(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (sum, size) = (m.get(m.a()), m.get(m.b()));
            let large = |w: Word| matches!(term(w).view(), View::Big(BigRef { negative: false, .. }));
            let size = field_size(size, m.word(2)).filter(|n| *n <= MAX_BITS).ok_or(size);
            let reason = match (sum.is_small() && sum.small_value() >= 0, size) {
                (true, Ok(n)) => {
                    m.set(
                        m.c(),
                        Word::small(sum.small_value().saturating_add(n as i64).min(SMALL_MAX)),
                    );
                    return m.next(3);
                }
                (false, _) if !large(sum) => atoms::BADARG,
                (_, Err(w)) if w.is_small() && w.small_value() < 0 => atoms::BADARG,
                (_, Err(w)) if !w.is_small() && !large(w) => atoms::BADARG,
                _ => atoms::SYSTEM_LIMIT,
            };
            if m.word(1) as i32 != 0 { m.branch_w1() } else { exception::raise_atom(m, reason) }
        }
    }
}

slow! {
    /// How many bytes a character takes in UTF-8; anything at all for what is none.
    pub(super) unsafe fn utf8_size(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            m.set(m.b(), Word::small(field::utf8_len(character(m.get(m.a()))) as i64));
            m.next(1)
        }
    }
}

slow! {
    /// How many bytes a character takes in UTF-16; anything at all for what is none.
    pub(super) unsafe fn utf16_size(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = if character(m.get(m.a())) < 0x1_0000 { 2 } else { 4 };
            m.set(m.b(), Word::small(n));
            m.next(1)
        }
    }
}
