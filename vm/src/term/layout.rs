//! The layout of boxed objects: their header word, kinds and fields.
//!
//! A header is `arity << 8 | kind << 2`; the object is the header and `arity` words after it, for
//! every kind, so that a scan can step over any object without knowing it. [`Kind::RAW_PREFIX`]
//! tells how many of the words after the header are not terms; the others are.
//!
//! ```text
//! Tuple      e1 .. en
//! FlatMap    keys(tuple, in term order)  v1 .. vn                 n <= 32
//! HashMap    count(small)  root(HamtNode)                         n > 32
//! HamtNode   bitmap(small)  child ..      child: HamtNode, HamtCollision or cons [K|V]
//! HamtCollision  [K|V] ..                 same hash, all different keys
//! Fun        entry(raw)  creator(pid)  free variable ..
//! ExportFun  export(raw)
//! BigPos/Neg limb ..                      little end first, no leading zero
//! Float      IEEE bits                    only what has no immediate form
//! HeapBits   size in bits  data ..        bits beyond the size are zero
//! SubBits    offset in bits  size in bits  of(HeapBits or BinRef)
//! MatchCtx   position in bits  end in bits  of(HeapBits or BinRef)   never seen by programs
//! BinRef     binary(raw)  next(raw)       off-heap list; never seen by programs
//! Ref        number  pid of an alias or 0
//! MagicRef   number  object(raw)  next(raw)                       off-heap list
//! ExtPid, ExtPort, ExtRef   node(atom)  creation  id words ..
//! Trace      code address ..              what an exception saves; never seen by programs
//! ```

use super::word::Word;

/// What a boxed object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the table above says it")]
pub enum Kind {
    Tuple,
    FlatMap,
    HashMap,
    HamtNode,
    HamtCollision,
    Fun,
    ExportFun,
    BigPos,
    BigNeg,
    Float,
    HeapBits,
    SubBits,
    MatchCtx,
    BinRef,
    Ref,
    MagicRef,
    ExtPid,
    ExtPort,
    ExtRef,
    Trace,
}

/// How many kinds there are.
pub const KINDS: usize = Kind::Trace as usize + 1;
const ALL_RAW: u8 = u8::MAX;

impl Kind {
    /// How many words after the header are not terms; `u8::MAX` when none is a term.
    pub const RAW_PREFIX: [u8; KINDS] = {
        let mut t = [ALL_RAW; KINDS];
        t[Kind::Tuple as usize] = 0;
        t[Kind::FlatMap as usize] = 0;
        t[Kind::HashMap as usize] = 0;
        t[Kind::HamtNode as usize] = 0;
        t[Kind::HamtCollision as usize] = 0;
        t[Kind::Fun as usize] = 1;
        t[Kind::SubBits as usize] = 2;
        t[Kind::MatchCtx as usize] = 2;
        t
    };

    /// How many words after the header hold no term, of `arity`.
    #[inline(always)]
    pub fn raw_words(self, arity: usize) -> usize {
        let n = Kind::RAW_PREFIX[self as usize];
        if n == ALL_RAW { arity } else { n as usize }
    }
}

/// The most keys that a flat map holds.
pub const FLAT_MAP_MAX: usize = 32;
/// The most bytes that a binary on the heap holds.
pub const HEAP_BITS_MAX_BYTES: usize = 64;

/// A header word.
#[inline(always)]
pub const fn header(kind: Kind, arity: usize) -> Word {
    Word((arity as u64) << 8 | (kind as u64) << 2)
}

/// The kind in a header word.
#[inline(always)]
pub fn header_kind(h: Word) -> Kind {
    let k = (h.0 >> 2) as u8 & 0x3F;
    debug_assert!(h.is_header() && (k as usize) < KINDS, "not a header: {:#x}", h.0);
    // SAFETY: headers are made by `header` alone, from a `Kind`; the heap's owner keeps header
    // words apart from other words.
    unsafe { std::mem::transmute::<u8, Kind>(k) }
}

/// The number of words after the header.
#[inline(always)]
pub const fn header_arity(h: Word) -> usize {
    (h.0 >> 8) as usize
}

/// The header of a tuple of `n`.
#[inline(always)]
pub const fn tuple_header(n: usize) -> Word {
    header(Kind::Tuple, n)
}

/// Whether this is the header of a tuple that has `n` elements or more, and not billions more: with one test.
#[inline(always)]
pub const fn is_tuple_of(h: Word, n: usize) -> bool {
    // Another kind is in the lowest bits, which become the highest; so does the sign of fewer elements.
    h.0.wrapping_sub(tuple_header(n).0).rotate_right(8) <= i32::MAX as u64
}

/// Which word of an object is its size in bits, if that is the header of a bitstring: told without asking
/// which of the two kinds it is.
#[inline(always)]
pub(super) const fn bit_size_place(h: Word) -> Option<usize> {
    const {
        assert!(Kind::HeapBits as u8 & 1 == 0 && Kind::HeapBits as u8 + 1 == Kind::SubBits as u8);
    }
    let kind = (h.0 >> 2) as u8 & 0x3F;
    if kind & !1 == Kind::HeapBits as u8 { Some(1 + (kind & 1) as usize) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_told_by_kind_and_size() {
        for size in [0, 1, 2, 32, 255, 256, (1 << 24) - 1] {
            for n in [0, 1, 2, 32, 255, 256, (1 << 24) - 1, u32::MAX as usize] {
                assert_eq!(is_tuple_of(tuple_header(size), n), size >= n, "{size} {n}");
                assert!(!is_tuple_of(header(Kind::FlatMap, size), n));
                assert!(!is_tuple_of(header(Kind::Trace, size), n));
            }
        }
    }
}
