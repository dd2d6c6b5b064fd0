//! `erlang:phash2/1,2`: a hash that programs see and store. It is the same on every node of every
//! release, so its every detail is given.
//!
//! It walks a term in order and mixes what it meets into 32 bits with Bob Jenkins's function of 1996
//! (burtleburtle.net/bob/hash/evahash.html). Each mixing waits for the one before, so that a walk is
//! best that has the next words ready by then: terms without parts take no turn through the stack of
//! what waits. Nothing recurses.

use super::super::build::word_of;
use super::super::external::{pid_ids, ref_words};
use super::super::layout::Kind;
use super::super::map::MapIter;
use super::super::view::View;
use super::super::{BitsView, Term};
use crate::heap::words::apart;
use crate::num::BigRef;
use crate::term::BYTES_A_PART;
use smallvec::SmallVec;
use std::slice;

/// The hash of `erlang:phash2`, before it is brought to a range.
pub fn phash2(t: Term<'_>) -> u32 {
    phash2_within(t, &mut { usize::MAX }).expect("no term has so many parts")
}

/// [`phash2`] of a term that is no more than its word, or an integer of a few: work that is not worth
/// counting.
#[inline(always)]
pub fn phash2_short(t: Term<'_>) -> Option<u32> {
    immediate(0, t).or_else(|| t.as_big().filter(|n| n.limbs.len() <= 8).map(|n| big(0, n)))
}

/// [`phash2`] of a term that has fewer parts than are `left`, some bytes of a binary as one. Takes those
/// that it has.
#[inline]
pub fn phash2_within(t: Term<'_>, left: &mut usize) -> Option<u32> {
    let mut walk = Walk { left: left.saturating_sub(1) };
    let hash = if has_parts(t) { walk.parts(t) } else { walk.leaf(0, t) };
    *left = walk.left;
    hash.filter(|_| walk.left > 0)
}

/// Constants that tell kinds apart are multiples of this.
const GOLDEN: u32 = 0x9E37_79B9;

const fn golden(n: u32) -> u32 {
    GOLDEN.wrapping_mul(n)
}

const OF_NIL: u32 = golden(2);
const OF_ATOM: u32 = golden(3);
const OF_BYTES: u32 = golden(4);
const OF_PID: u32 = golden(5);
const OF_PORT: u32 = golden(6);
const OF_REF: u32 = golden(7);
const OF_TUPLE: u32 = golden(9);
const OF_NEGATIVE: u32 = golden(10);
const OF_POSITIVE: u32 = golden(11);
const OF_FLOAT: u32 = golden(12);
const OF_BINARY: u32 = golden(13);
const OF_FUNCTION: u32 = golden(14);
const OF_BITS: u32 = golden(15);
const OF_MAP: u32 = golden(16);
const OF_PAIRS: u32 = golden(19);

/// What the empty list is where nothing came before it.
const NIL_FIRST: u32 = 3_468_870_702;
/// What is mixed for it elsewhere.
const NIL_LATER: u32 = 2;

#[inline(always)]
fn jenkins(a: &mut u32, b: &mut u32, c: &mut u32) {
    (*a, *b, *c) = until_last(*a, *b, *c);
    // `b` comes last: the compiler would add it to `a` first and wait for the sum.
    *c = (apart(c.wrapping_sub(*a).into()) as u32).wrapping_sub(*b) ^ *b >> 15;
}

/// All steps but the last.
#[inline(always)]
const fn until_last(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    const fn step(x: u32, y: u32, z: u32, shifted: u32) -> u32 {
        x.wrapping_sub(y).wrapping_sub(z) ^ shifted
    }
    a = step(a, b, c, c >> 13);
    b = step(b, c, a, a << 8);
    c = step(c, a, b, b >> 13);
    a = step(a, b, c, c >> 12);
    b = step(b, c, a, a << 16);
    c = step(c, a, b, b >> 5);
    a = step(a, b, c, c >> 3);
    b = step(b, c, a, a << 10);
    (a, b, c)
}

/// What short tuples begin with where nothing came before them, by their size.
const TUPLES_FIRST: [u32; 16] = {
    let (mut all, mut n) = ([0; 16], 0);
    while n < all.len() {
        let (a, b, c) = until_last(OF_TUPLE.wrapping_add(n as u32), OF_TUPLE, 0);
        all[n] = c.wrapping_sub(a).wrapping_sub(b) ^ b >> 15;
        n += 1;
    }
    all
};

/// Mixes in that a tuple of so many elements begins.
#[inline(always)]
fn tuple(hash: u32, size: usize) -> u32 {
    match TUPLES_FIRST.get(size) {
        Some(first) if hash == 0 => *first,
        _ => mix(hash, size as u32, OF_TUPLE),
    }
}

#[inline(always)]
fn mix2(mut hash: u32, x: u32, y: u32, of: u32) -> u32 {
    let (mut a, mut b) = (of.wrapping_add(x), of.wrapping_add(y));
    jenkins(&mut a, &mut b, &mut hash);
    hash
}

#[inline(always)]
fn mix(hash: u32, x: u32, of: u32) -> u32 {
    mix2(hash, x, 0, of)
}

/// Mixes a term in that is no more than its word.
#[inline(always)]
fn immediate(hash: u32, t: Term<'_>) -> Option<u32> {
    // What is mixed, so that the code that mixes is there once.
    let (x, y, of) = if let Some(n) = t.as_small() {
        if !(0..1 << 27).contains(&n) {
            return Some(other_small(hash, n));
        }
        (n as u32, 0, GOLDEN)
    } else if let Some(a) = t.as_atom() {
        let name = a.portable_hash();
        if hash == 0 {
            return Some(name);
        }
        (name, 0, OF_ATOM)
    } else if !t.is_immediate() {
        return None;
    } else if let Some(x) = t.as_float() {
        let (high, low) = float(x);
        (high, low, OF_FLOAT)
    } else if t.is_nil() {
        if hash == 0 {
            return Some(NIL_FIRST);
        }
        (NIL_LATER, 0, OF_NIL)
    } else {
        return Some(identifier(hash, t));
    };
    Some(mix2(hash, x, y, of))
}

/// Both zeros are one.
#[inline(always)]
fn float(x: f64) -> (u32, u32) {
    let bits = if x == 0.0 { 0 } else { x.to_bits() };
    ((bits >> 32) as u32, bits as u32)
}

/// A small integer that is negative or has more than 27 bits.
fn other_small(hash: u32, n: i64) -> u32 {
    if (-(1 << 27)..0).contains(&n) {
        let hash = mix(hash, n.unsigned_abs() as u32, GOLDEN);
        return mix(hash, n as u32, GOLDEN);
    }
    limb(hash, n.unsigned_abs(), n < 0)
}

fn limb(hash: u32, limb: u64, negative: bool) -> u32 {
    let of = if negative { OF_NEGATIVE } else { OF_POSITIVE };
    mix2(hash, limb as u32, (limb >> 32) as u32, of)
}

#[inline(always)]
fn big(hash: u32, n: BigRef<'_>) -> u32 {
    n.limbs.iter().fold(hash, |h, word| limb(h, *word, n.negative))
}

fn identifier(hash: u32, t: Term<'_>) -> u32 {
    match Identifier::of(t) {
        Identifier::Pid(n) => mix(hash, n, OF_PID),
        Identifier::Port(n) => mix2(hash, n as u32, (n >> 32) as u32, OF_PORT),
        Identifier::Ref(n) => mix(hash, n, OF_REF),
    }
}

/// What waits to be hashed.
#[derive(Default)]
struct Waiting<'p> {
    /// Items, never none but where a pair of a map ends, of which the rest waits in `maps`. Most terms are
    /// shallow: this needs no allocation.
    items: SmallVec<[&'p [Term<'p>]; 8]>,
    maps: Vec<Map<'p>>,
}

/// A map that is being hashed.
struct Map<'p> {
    /// Pairs that are left.
    pairs: Pairs<'p>,
    /// Of those that are done.
    sum: u32,
    /// The hash before the map.
    before: u32,
}

/// Pairs of a map.
enum Pairs<'p> {
    Flat(&'p [Term<'p>], &'p [Term<'p>]),
    Large(Box<MapIter<'p>>),
}

/// Whether there are terms in it, which take a turn through what waits.
#[inline(always)]
fn has_parts(t: Term<'_>) -> bool {
    t.word().is_cons()
        || matches!(t.kind(), Some(Kind::Tuple | Kind::FlatMap | Kind::HashMap | Kind::Fun))
}

struct Walk {
    /// How many parts may still be walked; at 0 it stops, and the hash is none.
    left: usize,
}

impl Walk {
    #[inline(always)]
    fn count(&mut self, parts: usize) {
        self.left = self.left.saturating_sub(parts);
    }

    /// Mixes a term in that has no terms in it.
    #[inline(always)]
    fn leaf(&mut self, hash: u32, t: Term<'_>) -> Option<u32> {
        match immediate(hash, t) {
            None if has_parts(t) => None,
            None => Some(self.whole(hash, t)),
            hash => hash,
        }
    }

    /// The same of one that lies on a heap.
    #[inline(never)]
    fn whole(&mut self, hash: u32, t: Term<'_>) -> u32 {
        if let Some(b) = t.as_bits() {
            return self.bits(hash, b);
        }
        if let Some(n) = t.as_big() {
            return big(hash, n);
        }
        match t.view_inline() {
            View::Float(x) => {
                let (high, low) = float(x);
                mix2(hash, high, low, OF_FLOAT)
            }
            View::ExportFun(e) => {
                let hash = mix2(hash, e.arity.into(), e.module.portable_hash(), GOLDEN);
                mix(hash, e.function.portable_hash(), OF_FUNCTION)
            }
            View::Ref(_) | View::External(_) => identifier(hash, t),
            // What programs should never see looks like an empty list.
            View::Nil => immediate(hash, Term::nil()).unwrap_or(hash),
            _ => unreachable!("immediate, or with terms in it"),
        }
    }

    /// The hash of a term that has terms in it. `None`: they have too many parts.
    #[inline(never)]
    fn parts<'p>(&mut self, root: Term<'p>) -> Option<u32> {
        let mut waiting = Waiting::default();
        let mut hash = 0;
        let (mut term, mut rest) = (root, &[][..]);
        loop {
            let mut items: &'p [Term<'p>];
            (hash, items) = self.begin(hash, term, rest, &mut waiting);
            (term, rest) = loop {
                if self.left == 0 {
                    return None;
                }
                if let [t, others @ ..] = items {
                    match self.leaf(hash, *t) {
                        Some(h) => (hash, items) = (h, others),
                        None => break (*t, others),
                    }
                    continue;
                }
                items = match waiting.items.pop() {
                    None => return Some(hash),
                    Some([]) => {
                        let mut map = waiting.maps.pop().expect("one for every end of a pair");
                        map.sum ^= hash;
                        (hash, items) = self.pairs(map, &mut waiting);
                        items
                    }
                    Some(next) => next,
                };
            };
        }
    }

    /// Mixes in what a term with parts begins with: the hash then, and the parts that come next. What is
    /// to come after them and the `rest` are left waiting.
    #[inline(always)]
    fn begin<'p>(
        &mut self,
        hash: u32,
        t: Term<'p>,
        rest: &'p [Term<'p>],
        waiting: &mut Waiting<'p>,
    ) -> (u32, &'p [Term<'p>]) {
        if !rest.is_empty() {
            waiting.items.push(rest);
        }
        if let Some(cell) = t.as_cell() {
            return self.list(hash, cell);
        }
        if let Some(items) = t.as_tuple() {
            self.count(items.len());
            return (tuple(hash, items.len()), items);
        }
        self.map_or_fun(hash, t, waiting)
    }

    fn map_or_fun<'p>(
        &mut self,
        hash: u32,
        t: Term<'p>,
        waiting: &mut Waiting<'p>,
    ) -> (u32, &'p [Term<'p>]) {
        match t.view_inline() {
            View::Fun(f) => {
                self.count(f.env.len());
                let count = f.env.len() as u32;
                let hash = mix2(hash, count, f.lambda.module.portable_hash(), GOLDEN);
                (mix2(hash, f.lambda.index, f.lambda.old_uniq, GOLDEN), f.env)
            }
            View::Map(m) => {
                let before = mix(hash, m.len() as u32, OF_MAP);
                self.count(2 * m.len());
                if m.is_empty() || self.left == 0 {
                    return (before, &[]);
                }
                let pairs = match m.flat() {
                    Some((keys, values)) => Pairs::Flat(keys, values),
                    None => Pairs::Large(Box::new(m.iter())),
                };
                self.pairs(Map { pairs, sum: 0, before }, waiting)
            }
            _ => unreachable!("neither a list nor a tuple has parts else"),
        }
    }

    /// Each pair is hashed alone, so that their order does not count. Those that have terms in them wait
    /// for what comes next.
    fn pairs<'p>(&mut self, mut map: Map<'p>, waiting: &mut Waiting<'p>) -> (u32, &'p [Term<'p>]) {
        let next = match &mut map.pairs {
            Pairs::Flat(keys, values) => loop {
                let ([k, others @ ..], [v, more @ ..]) = (*keys, *values) else { break None };
                (*keys, *values) = (others, more);
                match self.pair(*k, *v) {
                    Some(h) => map.sum ^= h,
                    None => break Some((slice::from_ref(k), slice::from_ref(v))),
                }
            },
            Pairs::Large(leaves) => loop {
                let Some(leaf) = leaves.next_leaf() else { break None };
                match self.pair(leaf[0], leaf[1]) {
                    Some(h) => map.sum ^= h,
                    None => break Some((&leaf[..], &[][..])),
                }
            },
        };
        let Some((first, then)) = next else {
            return (mix(map.before, map.sum, OF_PAIRS), &[]);
        };
        waiting.maps.push(map);
        waiting.items.push(&[]);
        if !then.is_empty() {
            waiting.items.push(then);
        }
        (0, first)
    }

    /// The hash of a pair without terms in it.
    #[inline(always)]
    fn pair(&mut self, k: Term<'_>, v: Term<'_>) -> Option<u32> {
        let hash = self.leaf(0, k)?;
        if self.left == 0 {
            return None;
        }
        self.leaf(hash, v)
    }

    /// Mixes in the small integers that a list begins with: the hash then, and what comes after them.
    /// Runs of bytes count four at a time.
    #[inline(always)]
    fn list<'p>(&mut self, hash: u32, first: &'p [Term<'p>; 2]) -> (u32, &'p [Term<'p>]) {
        let (mut hash, mut cell) = (hash, first);
        let (mut word, mut count) = (0u32, 0);
        let end = loop {
            let [head, mut tail] = cell.each_ref();
            if let Some(b) = head.as_byte() {
                word = word << 8 | u32::from(b);
                count += 1;
                if count == 1
                    && let Some((others, last)) = three_bytes(tail)
                {
                    word = word << 24 | others;
                    (tail, count) = (&last[1], 4);
                }
                if count == 4 {
                    hash = mix(hash, word, OF_BYTES);
                    (word, count) = (0, 0);
                    self.count(4);
                    if self.left == 0 {
                        return (hash, &[]);
                    }
                }
            } else if let Some(n) = head.as_small() {
                if count > 0 {
                    hash = mix(hash, word, OF_BYTES);
                    (word, count) = (0, 0);
                }
                hash = if (0..1 << 27).contains(&n) {
                    mix(hash, n as u32, GOLDEN)
                } else {
                    other_small(hash, n)
                };
                // The cell and what is in it.
                self.count(2);
                if self.left == 0 {
                    return (hash, &[]);
                }
            } else {
                self.count(2);
                break &cell[..];
            }
            match tail.as_cell() {
                Some(next) => cell = next,
                None => break slice::from_ref(tail),
            }
        };
        if count > 0 {
            hash = mix(hash, word, OF_BYTES);
        }
        (hash, end)
    }

    fn bits(&mut self, hash: u32, b: BitsView<'_>) -> u32 {
        self.count(b.bits / 8 / BYTES_A_PART);
        if self.left == 0 {
            return hash;
        }
        match b.as_bytes() {
            Some(bytes) if bytes.len() <= u32::MAX as usize => binary(hash, bytes),
            _ => odd_bits(hash, b),
        }
    }
}

/// The three bytes that a list begins with, as a number, and the cell of the last.
#[inline(always)]
fn three_bytes<'p>(list: &Term<'p>) -> Option<(u32, &'p [Term<'p>; 2])> {
    let first = list.as_cell()?;
    let second = first[1].as_cell()?;
    let third = second[1].as_cell()?;
    let [a, b, c] = [first, second, third].map(|cell| cell[0].word().byte_or_more());
    (a | b | c <= 0xFF).then_some(((a << 16 | b << 8 | c) as u32, third))
}

#[inline(always)]
fn binary(hash: u32, bytes: &[u8]) -> u32 {
    let start = hash.wrapping_add(OF_BINARY);
    if bytes.is_empty() { start } else { block(bytes, start) }
}

/// Bits that are no whole bytes, or do not begin at one, or are very many.
fn odd_bits(hash: u32, b: BitsView<'_>) -> u32 {
    // Of the whole bytes so many as the lower 32 bits of their number say, as it always was.
    let bits = counted_bits(b.bits);
    let bytes = &b.bytes[..(b.start + bits).div_ceil(8)];
    let b = BitsView { bytes, bits, ..b };
    let bytes = b.to_bytes();
    // What is not a whole byte comes afterwards.
    let (whole, part) = bytes.split_at(b.bits / 8);
    if b.bits == 0 {
        return hash.wrapping_add(OF_BINARY);
    }
    let hash = block(whole, hash.wrapping_add(OF_BINARY));
    match part {
        [last] => {
            let count = (b.bits % 8) as u32;
            mix2(hash, count, u32::from(last >> (8 - count)), OF_BITS)
        }
        _ => hash,
    }
}

/// How many bits of so many count.
pub(super) fn counted_bits(bits: usize) -> usize {
    ((bits / 8) & 0xFFFF_FFFF) * 8 + bits % 8
}

/// Jenkins's hash of bytes.
#[inline]
fn block(bytes: &[u8], start: u32) -> u32 {
    let (mut a, mut b, mut c) = (GOLDEN, GOLDEN, start);
    let word = |bytes: &[u8], i: usize| {
        u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]])
    };
    let mut rest = bytes;
    while let Some((block, others)) = rest.split_first_chunk::<12>() {
        a = a.wrapping_add(word(block, 0));
        b = b.wrapping_add(word(block, 4));
        c = c.wrapping_add(word(block, 8));
        jenkins(&mut a, &mut b, &mut c);
        rest = others;
    }
    // The lowest byte of the last word is for the length.
    c = c.wrapping_add(bytes.len() as u32);
    let low = match rest.split_first_chunk::<8>() {
        Some((low, high)) => {
            c = c.wrapping_add((u64::from_le(word_of(high)) as u32) << 8);
            u64::from_le_bytes(*low)
        }
        None => u64::from_le(word_of(rest)),
    };
    a = a.wrapping_add(low as u32);
    b = b.wrapping_add((low >> 32) as u32);
    jenkins(&mut a, &mut b, &mut c);
    c
}

/// What the hashes take of a pid, port or reference.
pub(super) enum Identifier {
    Pid(u32),
    Port(u64),
    Ref(u32),
}

impl Identifier {
    pub(super) fn of(t: Term<'_>) -> Identifier {
        match t.view() {
            View::Pid(p) => Identifier::Pid(pid_ids(p).id),
            View::Port(p) => Identifier::Port(p.0),
            View::Ref(r) => Identifier::Ref(ref_words(&r).0[0]),
            View::External(e) => {
                let first = e.ids.first().copied().unwrap_or(0);
                match e.kind {
                    Kind::ExtPid => Identifier::Pid(first as u32),
                    Kind::ExtPort => Identifier::Port(first),
                    _ => Identifier::Ref(first as u32),
                }
            }
            _ => unreachable!("asked of identifiers alone"),
        }
    }
}
