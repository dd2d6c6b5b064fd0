//! The tagged 64-bit word: tags, immediates, self-tagged floats.
//!
//! ```text
//! ...... ..00   header word (first word of a boxed object); code address on a stack
//! ...... ..01   cons pointer
//! ...... ..10   boxed pointer
//! ...... .011   float, self-tagged
//! ...... 0111   atom, local pid, local port, nil, catch mark, no value, float zero (bits 4..7 tell)
//! ...... 1111   small integer, 60 bits signed
//! ```
//! Invariant: one value has one representation. An integer that fits 60 bits is never a big
//! integer, a float that fits the self-tagged form is never boxed.

use super::atom::{Atom, AtomEntry};
use std::cmp::Ordering;

/// A tagged word. It may be any kind of term, a header word, a code address or [`Word::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub struct Word(pub u64);

pub(crate) const PRIMARY_MASK: u64 = 0b11;
const TAG_CONS: u64 = 0b01;
const TAG_BOXED: u64 = 0b10;
pub(crate) const FLOAT_MASK: u64 = 0b111;
pub(crate) const TAG_FLOAT: u64 = 0b011;
pub(crate) const SMALL_MASK: u64 = 0b1111;
pub(crate) const TAG_SMALL: u64 = 0b1111;
pub(crate) const IMM_MASK: u64 = 0b111_1111;
pub(crate) const IMM_SHIFT: u32 = 7;
pub(crate) const TAG_ATOM: u64 = 0b000_0111;
pub(crate) const TAG_PID: u64 = 0b001_0111;
pub(crate) const TAG_PORT: u64 = 0b010_0111;
const TAG_NIL: u64 = 0b011_0111;
const TAG_CATCH: u64 = 0b100_0111;
const TAG_NONE: u64 = 0b101_0111;
pub(crate) const TAG_ZERO: u64 = 0b110_0111;

/// The smallest integer that is immediate.
pub const SMALL_MIN: i64 = -(1 << 59);
/// The largest integer that is immediate.
pub const SMALL_MAX: i64 = (1 << 59) - 1;

/// 896 << 53: subtracted from the rotated IEEE bits so that common exponents have three zero
/// bits on top (Melançon, Serrano, Feeley: Float Self-Tagging, OOPSLA 2025).
pub(crate) const FLOAT_BIAS: u64 = 896 << 53;

impl Word {
    /// The empty list.
    pub const NIL: Word = Word(TAG_NIL);
    /// Not a term: marks an absent value (no message, unbound, moved cons head).
    pub const NONE: Word = Word(TAG_NONE);
    /// The float `0.0`.
    pub const FLOAT_ZERO: Word = Word(TAG_ZERO);
    /// The float `-0.0`.
    pub const FLOAT_NEG_ZERO: Word = Word(TAG_ZERO | 1 << IMM_SHIFT);

    /// The small integer `n`, which must lie in `SMALL_MIN..=SMALL_MAX`.
    #[inline(always)]
    pub const fn small(n: i64) -> Word {
        debug_assert!(n >= SMALL_MIN && n <= SMALL_MAX);
        Word((n as u64) << 4 | TAG_SMALL)
    }

    /// The small integer `n` if it fits 60 bits.
    #[inline(always)]
    pub const fn try_small(n: i64) -> Option<Word> {
        if n >= SMALL_MIN && n <= SMALL_MAX { Some(Word::small(n)) } else { None }
    }

    /// Whether this is a small integer.
    #[inline(always)]
    pub const fn is_small(self) -> bool {
        self.0 & SMALL_MASK == TAG_SMALL
    }

    /// The value of a small integer from 0 to 255, if it is one, with one test.
    #[inline(always)]
    pub(crate) const fn byte_value(self) -> Option<u8> {
        let value = self.byte_or_more();
        if value <= 0xFF { Some(value as u8) } else { None }
    }

    /// The value of a small integer from 0 to 255, something greater for anything else: where one test is
    /// to do for several.
    #[inline(always)]
    pub(crate) const fn byte_or_more(self) -> u64 {
        (self.0 ^ TAG_SMALL).rotate_right(4)
    }

    /// Whether both words are small integers, with one test.
    #[inline(always)]
    pub const fn both_small(self, other: Word) -> bool {
        (self.0 & other.0) & SMALL_MASK == TAG_SMALL
    }

    /// The value of a small integer; meaningless for anything else.
    #[inline(always)]
    pub const fn small_value(self) -> i64 {
        (self.0 as i64) >> 4
    }

    /// Whether this points to a cons cell.
    #[inline(always)]
    pub const fn is_cons(self) -> bool {
        self.0 & PRIMARY_MASK == TAG_CONS
    }

    /// Whether this points to a boxed object.
    #[inline(always)]
    pub const fn is_boxed(self) -> bool {
        self.0 & PRIMARY_MASK == TAG_BOXED
    }

    /// Whether two words of terms are both pointers to cells, both to other objects, or both no pointers.
    #[inline(always)]
    pub const fn both_point_alike(self, other: Word) -> bool {
        (self.0 ^ other.0) & PRIMARY_MASK == 0
    }

    /// Whether the two low bits are zero: a header word, or on a stack a code address.
    #[inline(always)]
    pub const fn is_header(self) -> bool {
        self.0 & PRIMARY_MASK == 0
    }

    /// Whether the word carries its whole value (no pointer into a heap, no header).
    #[inline(always)]
    pub const fn is_immediate(self) -> bool {
        self.0 & PRIMARY_MASK == 0b11
    }

    /// The empty list?
    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == TAG_NIL
    }

    /// A cons cell or the empty list?
    #[inline(always)]
    pub const fn is_list(self) -> bool {
        self.is_cons() || self.is_nil()
    }

    /// The word that marks an absent value?
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == TAG_NONE
    }

    /// Points to a cons cell of two words.
    #[inline(always)]
    pub fn from_cons_ptr(p: *const Word) -> Word {
        Word(p as u64 | TAG_CONS)
    }

    /// Points to a boxed object, whose first word is its header.
    #[inline(always)]
    pub fn from_boxed_ptr(p: *const Word) -> Word {
        Word(p as u64 | TAG_BOXED)
    }

    /// The address of the cons cell this points to; only for `is_cons`.
    #[inline(always)]
    pub fn cons_ptr(self) -> *mut Word {
        (self.0 - TAG_CONS) as *mut Word
    }

    /// The address of the boxed object this points to; only for `is_boxed`.
    #[inline(always)]
    pub fn boxed_ptr(self) -> *mut Word {
        (self.0 - TAG_BOXED) as *mut Word
    }

    /// The address part of a cons or boxed word.
    #[inline(always)]
    pub fn ptr(self) -> *mut Word {
        (self.0 & !PRIMARY_MASK) as *mut Word
    }

    /// Whether a term equals (`=:=`) only those of the same word.
    #[inline(always)]
    pub const fn is_plain(self) -> bool {
        self.is_immediate() && !self.is_float_zero()
    }

    /// Whether this is one of the two zeros of floats.
    #[inline(always)]
    pub const fn is_float_zero(self) -> bool {
        self.0 & IMM_MASK == TAG_ZERO
    }

    /// Whether this is a float that needs no heap.
    #[inline(always)]
    pub const fn is_immediate_float(self) -> bool {
        self.0 & FLOAT_MASK == TAG_FLOAT || self.0 & IMM_MASK == TAG_ZERO
    }

    /// The float as a word without heap, if its exponent allows (zero, or 2^-127 <= |x| < 2^129).
    #[inline(always)]
    pub fn try_float(x: f64) -> Option<Word> {
        let bits = x.to_bits();
        let r = bits.rotate_left(1).wrapping_sub(FLOAT_BIAS);
        if r >> 61 == 0 {
            Some(Word(r << 3 | TAG_FLOAT))
        } else if bits << 1 == 0 {
            Some(Word(TAG_ZERO | (bits >> 63) << IMM_SHIFT))
        } else {
            None
        }
    }

    /// The value of an immediate float; only for `is_immediate_float`.
    #[inline(always)]
    pub fn immediate_float_value(self) -> f64 {
        if self.0 & FLOAT_MASK == TAG_FLOAT {
            f64::from_bits(((self.0 >> 3).wrapping_add(FLOAT_BIAS)).rotate_right(1))
        } else {
            f64::from_bits((self.0 >> IMM_SHIFT) << 63)
        }
    }

    /// The value of a self-tagged float (not a zero).
    #[inline(always)]
    pub fn self_tagged_float_value(self) -> Option<f64> {
        (self.0 & FLOAT_MASK == TAG_FLOAT)
            .then(|| f64::from_bits((self.0 >> 3).wrapping_add(FLOAT_BIAS).rotate_right(1)))
    }

    /// The order of two self-tagged floats (not zeros).
    #[inline(always)]
    pub fn compare_self_tagged_floats(self, other: Word) -> Option<Ordering> {
        self.self_tagged_float_value()?.partial_cmp(&other.self_tagged_float_value()?)
    }

    /// The result of `f` on two self-tagged floats (not zeros), if it is one too.
    #[inline(always)]
    pub fn self_tagged_float_op(self, other: Word, f: impl Fn(f64, f64) -> f64) -> Option<Word> {
        let value = f(self.self_tagged_float_value()?, other.self_tagged_float_value()?);
        let r = value.to_bits().rotate_left(1).wrapping_sub(FLOAT_BIAS);
        // Infinities and NaNs have an exponent that does not fit either.
        (r >> 61 == 0).then_some(Word(r << 3 | TAG_FLOAT))
    }

    /// Whether this is an atom.
    #[inline(always)]
    pub const fn is_atom(self) -> bool {
        self.0 & IMM_MASK == TAG_ATOM
    }

    /// The atom as a word.
    #[inline(always)]
    pub fn from_atom(a: Atom) -> Word {
        Word((a.entry() as *const AtomEntry as u64) << IMM_SHIFT | TAG_ATOM)
    }

    /// The address of the atom's entry; only for `is_atom`.
    #[inline(always)]
    pub(super) fn atom_entry_ptr(self) -> *const AtomEntry {
        (self.0 >> IMM_SHIFT) as *const AtomEntry
    }

    /// Whether this is a pid of this node.
    #[inline(always)]
    pub const fn is_local_pid(self) -> bool {
        self.0 & IMM_MASK == TAG_PID
    }

    /// The pid as a word.
    #[inline(always)]
    pub const fn from_pid(p: Pid) -> Word {
        Word(p.0 << IMM_SHIFT | TAG_PID)
    }

    /// The local pid; only for `is_local_pid`.
    #[inline(always)]
    pub const fn pid_value(self) -> Pid {
        Pid(self.0 >> IMM_SHIFT)
    }

    /// Whether this is a port of this node.
    #[inline(always)]
    pub const fn is_local_port(self) -> bool {
        self.0 & IMM_MASK == TAG_PORT
    }

    /// The port as a word.
    #[inline(always)]
    pub const fn from_port(p: PortId) -> Word {
        Word(p.0 << IMM_SHIFT | TAG_PORT)
    }

    /// The local port; only for `is_local_port`.
    #[inline(always)]
    pub const fn port_value(self) -> PortId {
        PortId(self.0 >> IMM_SHIFT)
    }

    /// A catch mark: what a `catch` or `try` puts in its stack slot. `handler` is the address of
    /// the code that goes on after an exception; it is 8-byte aligned and below 2^57.
    #[inline(always)]
    pub fn catch_mark(handler: *const u64) -> Word {
        Word((handler as u64) << IMM_SHIFT | TAG_CATCH)
    }

    /// Whether this is a catch mark.
    #[inline(always)]
    pub const fn is_catch(self) -> bool {
        self.0 & IMM_MASK == TAG_CATCH
    }

    /// The handler of a catch mark.
    #[inline(always)]
    pub fn catch_handler(self) -> *const u64 {
        (self.0 >> IMM_SHIFT) as *const u64
    }
}

/// A process of this node: its index in the process table (low 28 bits) and the generation that
/// tells a reused slot from the process that had it before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Pid(pub u64);

impl Pid {
    const INDEX_BITS: u32 = 28;

    /// The pid of generation `generation` in slot `index`.
    pub const fn new(index: usize, generation: u64) -> Pid {
        debug_assert!(index < 1 << Self::INDEX_BITS);
        Pid((generation & 0x1FFF_FFFF) << Self::INDEX_BITS | index as u64)
    }

    /// Index in the process table.
    #[inline(always)]
    pub const fn index(self) -> usize {
        (self.0 & ((1 << Self::INDEX_BITS) - 1)) as usize
    }

    /// How many processes had this slot before.
    pub const fn generation(self) -> u64 {
        self.0 >> Self::INDEX_BITS
    }
}

/// A port of this node, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PortId(pub u64);

const _: () = assert!(size_of::<Word>() == 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_round_trip() {
        for x in [1.0, -1.0, 0.5, 1e-38, 3.4e38, -1e10, std::f64::consts::PI, 0.0, -0.0] {
            let w = Word::try_float(x).unwrap();
            assert!(w.is_immediate_float() && !w.is_small() && !w.is_atom(), "{x}");
            assert_eq!(w.immediate_float_value().to_bits(), x.to_bits());
        }
        for x in [1e300, -1e-300, 2f64.powi(129), f64::MIN_POSITIVE] {
            assert!(Word::try_float(x).is_none(), "{x}");
        }
    }

    #[test]
    fn smalls_round_trip() {
        for n in [0, 1, 255, 256, -1, SMALL_MAX, SMALL_MIN] {
            assert_eq!(Word::small(n).small_value(), n);
            assert!(Word::small(n).is_small() && Word::small(n).is_immediate());
            assert_eq!(Word::small(n).byte_value(), u8::try_from(n).ok());
            assert_eq!(Word::small(n).byte_or_more() <= 0xFF, (0..256).contains(&n));
        }
        assert!(Word::try_small(SMALL_MAX + 1).is_none());
        assert!(Word::try_small(SMALL_MIN - 1).is_none());
    }
}
