//! The hashes that programs see and store: `erlang:phash2/1,2` and `erlang:phash/2`. They are the
//! same on every node of every release, so their every detail is given.
//!
//! Both walk a term in order and mix what they meet into 32 bits. `phash2` mixes with Bob
//! Jenkins's function of 1996 (burtleburtle.net/bob/hash/evahash.html), `phash` multiplies with
//! primes. Nothing recurses.

use super::super::external::{pid_ids, ref_words};
use super::super::layout::Kind;
use super::super::map::MapIter;
use super::super::view::View;
use super::super::{BitsView, Term};
use crate::term::BYTES_A_PART;
use smallvec::SmallVec;

/// The hash of `erlang:phash2`, before it is brought to a range.
pub fn phash2(t: Term<'_>) -> u32 {
    phash2_within(t, usize::MAX).expect("no term has so many parts").0
}

/// [`phash2`] of a term of fewer parts than that, and how many it has, some bytes of a binary as one.
pub fn phash2_within(t: Term<'_>, parts: usize) -> Option<(u32, usize)> {
    if let Some(a) = t.as_atom() {
        return Some((a.portable_hash(), 1));
    }
    let mut h = Mixer { hash: 0, left: parts };
    if let Some(n) = t.as_small() {
        h.small(n);
        return Some((h.hash, 1));
    }
    h.term(t);
    (h.left > 0).then(|| (h.hash, parts - h.left))
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
    let step = |x: &mut u32, y: u32, z: u32, shifted: u32| {
        *x = x.wrapping_sub(y).wrapping_sub(z) ^ shifted;
    };
    step(a, *b, *c, *c >> 13);
    step(b, *c, *a, *a << 8);
    step(c, *a, *b, *b >> 13);
    step(a, *b, *c, *c >> 12);
    step(b, *c, *a, *a << 16);
    step(c, *a, *b, *b >> 5);
    step(a, *b, *c, *c >> 3);
    step(b, *c, *a, *a << 10);
    step(c, *a, *b, *b >> 15);
}

/// What waits to be hashed.
enum Work<'p> {
    One(Term<'p>),
    Many(&'p [Term<'p>]),
    /// The pairs of a map that are left, the sum of those done, and the hash before the map.
    Pairs(Box<MapIter<'p>>, u32, u32),
}

/// Most terms are shallow: their stacks need no allocation.
type Stack<'p> = SmallVec<[Work<'p>; 6]>;

/// Whether there are terms in it, which wait while it is hashed.
fn has_parts(t: Term<'_>) -> bool {
    t.word().is_cons()
        || matches!(t.boxed_kind(), Some(Kind::Tuple | Kind::FlatMap | Kind::HashMap | Kind::Fun))
}

struct Mixer {
    hash: u32,
    /// How many parts may still be walked; at 0 it stops.
    left: usize,
}

impl Mixer {
    fn count(&mut self, parts: usize) {
        self.left = self.left.saturating_sub(parts);
    }

    fn mix2(&mut self, x: u32, y: u32, of: u32) {
        let (mut a, mut b) = (of.wrapping_add(x), of.wrapping_add(y));
        jenkins(&mut a, &mut b, &mut self.hash);
    }

    fn mix(&mut self, x: u32, of: u32) {
        self.mix2(x, 0, of);
    }

    fn term<'p>(&mut self, root: Term<'p>) {
        let mut stack = Stack::new();
        self.one(root, &mut stack);
        while self.left > 0
            && let Some(work) = stack.pop()
        {
            match work {
                Work::One(t) => self.one(t, &mut stack),
                Work::Many(mut items) => {
                    while self.left > 0
                        && let [t, rest @ ..] = items
                    {
                        items = rest;
                        if has_parts(*t) {
                            stack.push(Work::Many(rest));
                            self.one(*t, &mut stack);
                            break;
                        }
                        self.one(*t, &mut stack);
                    }
                }
                Work::Pairs(pairs, sum, before) => {
                    self.pairs(*pairs, sum ^ self.hash, before, &mut stack);
                }
            }
        }
    }

    /// Each pair is hashed alone, so that their order does not count.
    fn pairs<'p>(&mut self, mut pairs: MapIter<'p>, sum: u32, before: u32, stack: &mut Stack<'p>) {
        let mut sum = sum;
        while self.left > 0 {
            let Some((k, v)) = pairs.next() else {
                self.hash = before;
                return self.mix(sum, OF_PAIRS);
            };
            self.hash = 0;
            if has_parts(k) || has_parts(v) {
                stack.push(Work::Pairs(Box::new(pairs), sum, before));
                stack.push(Work::One(v));
                stack.push(Work::One(k));
                return;
            }
            self.one(k, stack);
            self.one(v, stack);
            sum ^= self.hash;
        }
    }

    fn one<'p>(&mut self, t: Term<'p>, stack: &mut Stack<'p>) {
        self.count(1);
        match t.view_inline() {
            View::Cons(..) => self.list(t, stack),
            View::Nil if self.hash == 0 => self.hash = NIL_FIRST,
            View::Nil => self.mix(NIL_LATER, OF_NIL),
            View::Atom(a) if self.hash == 0 => self.hash = a.portable_hash(),
            View::Atom(a) => self.mix(a.portable_hash(), OF_ATOM),
            View::Small(n) => self.small(n),
            View::Big(n) => n.limbs.iter().for_each(|limb| self.limb(*limb, n.negative)),
            View::Float(x) => {
                // Both zeros are one.
                let bits = if x == 0.0 { 0 } else { x.to_bits() };
                self.mix2((bits >> 32) as u32, bits as u32, OF_FLOAT);
            }
            View::Tuple(items) => {
                self.mix(items.len() as u32, OF_TUPLE);
                stack.push(Work::Many(items));
            }
            View::Map(m) => {
                self.mix(m.len() as u32, OF_MAP);
                if !m.is_empty() {
                    self.pairs(m.iter(), 0, self.hash, stack);
                }
            }
            View::Bits(b) => self.bits(b),
            View::Fun(f) => {
                self.mix2(f.env.len() as u32, f.lambda.module.portable_hash(), GOLDEN);
                self.mix2(f.lambda.index, f.lambda.old_uniq, GOLDEN);
                stack.push(Work::Many(f.env));
            }
            View::ExportFun(e) => {
                self.mix2(e.arity.into(), e.module.portable_hash(), GOLDEN);
                self.mix(e.function.portable_hash(), OF_FUNCTION);
            }
            View::Pid(_) | View::Port(_) | View::Ref(_) | View::External(_) => {
                match Identifier::of(t) {
                    Identifier::Pid(n) => self.mix(n, OF_PID),
                    Identifier::Port(n) => self.mix2(n as u32, (n >> 32) as u32, OF_PORT),
                    Identifier::Ref(n) => self.mix(n, OF_REF),
                }
            }
        }
    }

    /// Runs of bytes in a list count four at a time; what comes after them and the other small integers
    /// is left on the stack.
    fn list<'p>(&mut self, list: Term<'p>, stack: &mut Stack<'p>) {
        let mut rest = list;
        let (mut word, mut count) = (0u32, 0);
        let last = loop {
            let Some((head, tail)) = rest.as_cons() else { break rest };
            let small = head.as_small();
            if let Some(b) = small.and_then(|n| u8::try_from(n).ok()) {
                word = word << 8 | u32::from(b);
                count += 1;
                if count == 4 {
                    self.mix(word, OF_BYTES);
                    (word, count) = (0, 0);
                    self.count(4);
                    if self.left == 0 {
                        return;
                    }
                }
            } else if let Some(n) = small {
                if count > 0 {
                    self.mix(word, OF_BYTES);
                    (word, count) = (0, 0);
                }
                self.small(n);
                // The cell and what is in it.
                self.count(2);
                if self.left == 0 {
                    return;
                }
            } else {
                stack.push(Work::One(tail));
                break head;
            }
            rest = tail;
        };
        if count > 0 {
            self.mix(word, OF_BYTES);
        }
        if has_parts(last) {
            stack.push(Work::One(last));
        } else {
            self.one(last, stack);
        }
    }

    fn small(&mut self, n: i64) {
        if (-(1 << 27)..1 << 27).contains(&n) {
            if n < 0 {
                self.mix(n.unsigned_abs() as u32, GOLDEN);
            }
            self.mix(n as u32, GOLDEN);
        } else {
            self.limb(n.unsigned_abs(), n < 0);
        }
    }

    fn limb(&mut self, limb: u64, negative: bool) {
        let of = if negative { OF_NEGATIVE } else { OF_POSITIVE };
        self.mix2(limb as u32, (limb >> 32) as u32, of);
    }

    fn bits(&mut self, b: BitsView<'_>) {
        // Of the whole bytes so many as the lower 32 bits of their number say, as it always was.
        let bits = counted_bits(b.bits);
        let bytes = &b.bytes[..(b.start + bits).div_ceil(8)];
        let b = BitsView { bytes, bits, ..b };
        let bytes = b.to_bytes();
        // What is not a whole byte comes afterwards.
        let (whole, part) = bytes.split_at(b.bits / 8);
        self.count(whole.len() / BYTES_A_PART);
        let start = self.hash.wrapping_add(OF_BINARY);
        self.hash = if b.bits == 0 { start } else { block(whole, start) };
        if let [last] = part {
            let count = (b.bits % 8) as u32;
            self.mix2(count, u32::from(last >> (8 - count)), OF_BITS);
        }
    }
}

/// How many bits of so many count.
pub(super) fn counted_bits(bits: usize) -> usize {
    ((bits / 8) & 0xFFFF_FFFF) * 8 + bits % 8
}

/// Jenkins's hash of bytes.
fn block(bytes: &[u8], start: u32) -> u32 {
    let (mut a, mut b, mut c) = (GOLDEN, GOLDEN, start);
    let word = |bytes: &[u8], i: usize| {
        u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]])
    };
    let (blocks, rest) = bytes.as_chunks::<12>();
    for block in blocks {
        a = a.wrapping_add(word(block, 0));
        b = b.wrapping_add(word(block, 4));
        c = c.wrapping_add(word(block, 8));
        jenkins(&mut a, &mut b, &mut c);
    }
    let (low, high) = rest.split_at(rest.len().min(8));
    let last = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
    let low = last(low);
    a = a.wrapping_add(low as u32);
    b = b.wrapping_add((low >> 32) as u32);
    // The lowest byte of the last word is for the length.
    c = c.wrapping_add((last(high) as u32) << 8).wrapping_add(bytes.len() as u32);
    jenkins(&mut a, &mut b, &mut c);
    c
}

fn byte(t: Term<'_>) -> Option<u8> {
    u8::try_from(t.as_small()?).ok()
}

/// What the hashes take of a pid, port or reference.
enum Identifier {
    Pid(u32),
    Port(u64),
    Ref(u32),
}

impl Identifier {
    fn of(t: Term<'_>) -> Identifier {
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

/// The hash of `erlang:phash`, before it is brought to a range.
pub fn phash(t: Term<'_>) -> u32 {
    let mut h = Primes(0);
    h.term(t);
    h.0
}

const PRIMES: [u32; 14] = [
    268440163, 268439161, 268435459, 268436141, 268438633, 268437017, 268438039, 268437511,
    268439627, 268440479, 268440577, 268440581, 268440593, 268440611,
];

/// The `n`th prime, from 1.
const fn prime(n: usize) -> u32 {
    PRIMES[n - 1]
}

enum Old<'p> {
    One(Term<'p>),
    /// Items that are left, and the size of the tuple if they are one's.
    Many(&'p [Term<'p>], Option<u32>),
    /// What is left of a list.
    Tail(Term<'p>),
    EndOfList,
}

struct Primes(u32);

impl Primes {
    fn add(&mut self, x: u32, n: usize) {
        self.0 = self.0.wrapping_mul(prime(n)).wrapping_add(x);
    }

    fn times(&mut self, n: usize) {
        self.0 = self.0.wrapping_mul(prime(n));
    }

    fn bytes(&mut self, x: u32, n: usize) {
        x.to_le_bytes().into_iter().for_each(|b| self.add(b.into(), n));
    }

    fn term<'p>(&mut self, root: Term<'p>) {
        let mut stack = vec![Old::One(root)];
        while let Some(work) = stack.pop() {
            match work {
                Old::One(t) => self.one(t, &mut stack),
                Old::Many([t, rest @ ..], size) => {
                    stack.push(Old::Many(rest, size));
                    self.one(*t, &mut stack);
                }
                Old::Many([], Some(size)) => self.add(size, 9),
                Old::Many([], None) => {}
                Old::Tail(t) if t.as_cons().is_some() => self.one(t, &mut stack),
                Old::Tail(t) => {
                    stack.push(Old::EndOfList);
                    self.one(t, &mut stack);
                }
                Old::EndOfList => self.times(8),
            }
        }
    }

    fn one<'p>(&mut self, t: Term<'p>, stack: &mut Vec<Old<'p>>) {
        match t.view() {
            View::Cons(..) => {
                let mut rest = t;
                while let Some((head, tail)) = rest.as_cons() {
                    let Some(b) = byte(head) else {
                        stack.push(Old::Tail(tail));
                        stack.push(Old::One(head));
                        return;
                    };
                    self.add(b.into(), 2);
                    rest = tail;
                }
                stack.push(Old::Tail(rest));
            }
            View::Nil => self.add(1, 3),
            View::Atom(a) => self.add(a.portable_hash(), 1),
            View::Small(n) => self.integer(&[n.unsigned_abs()], n < 0),
            View::Big(n) => self.integer(n.limbs, n.negative),
            View::Float(x) => {
                let bits = if x == 0.0 { 0 } else { x.to_bits() };
                self.add((bits >> 32) as u32 ^ bits as u32, 6);
            }
            View::Tuple(items) => stack.push(Old::Many(items, Some(items.len() as u32))),
            View::Map(_) => self.add(prime(14).wrapping_add(phash2(t)), 13),
            View::Bits(b) => {
                let bytes = b.to_bytes();
                let (whole, part) = bytes.split_at(b.bits / 8);
                whole.iter().for_each(|b| self.add((*b).into(), 1));
                if let [last] = part {
                    let count = (b.bits % 8) as u32;
                    self.add(u32::from(last >> (8 - count)), 1);
                    self.add(count, 12);
                }
                self.add(whole.len() as u32, 4);
            }
            View::Fun(f) => {
                self.add(f.env.len() as u32, 10);
                self.add(f.lambda.module.portable_hash(), 1);
                self.add(f.lambda.index, 2);
                self.add(f.lambda.old_uniq, 2);
                stack.push(Old::Many(f.env, None));
            }
            View::ExportFun(e) => {
                self.add(e.arity.into(), 11);
                self.add(e.module.portable_hash(), 1);
                self.add(e.function.portable_hash(), 1);
            }
            View::Pid(_) | View::Port(_) | View::Ref(_) | View::External(_) => {
                match Identifier::of(t) {
                    Identifier::Pid(n) => {
                        self.bytes(n, 5);
                        self.times(6);
                    }
                    Identifier::Port(n) => {
                        if n >> 32 != 0 {
                            self.bytes((n >> 32) as u32, 11);
                        }
                        self.bytes(n as u32, 9);
                        self.times(10);
                    }
                    Identifier::Ref(n) => {
                        self.bytes(n, 9);
                        self.times(10);
                    }
                }
            }
        }
    }

    fn integer(&mut self, limbs: &[u64], negative: bool) {
        for (i, limb) in limbs.iter().enumerate() {
            self.bytes(*limb as u32, 2);
            if i + 1 < limbs.len() || limb >> 32 != 0 {
                self.bytes((limb >> 32) as u32, 2);
            }
        }
        self.times(if negative { 4 } else { 3 });
    }
}
