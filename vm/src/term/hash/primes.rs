//! `erlang:phash/2`: the older of the hashes that programs see and store. It is the same on every
//! node of every release, so its every detail is given.
//!
//! It walks a term in order; each byte or number that it meets is added to the hash so far times a
//! prime. Nothing recurses.

use super::super::view::View;
use super::super::{BitsView, Term};
use super::portable::{Identifier, phash2_within};
use crate::term::BYTES_A_PART;
use smallvec::SmallVec;
use std::slice;

/// The hash of `erlang:phash`, before it is brought to a range, of a term that has fewer parts than are
/// `left`, some bytes of a binary as one. Takes those that it has.
pub fn phash_within(t: Term<'_>, left: &mut usize) -> Option<u32> {
    let mut walk = Walk { left: left.saturating_sub(1) };
    let hash = walk.term(t);
    *left = walk.left;
    hash
}

const PRIMES: [u32; 14] = [
    268440163, 268439161, 268435459, 268436141, 268438633, 268437017, 268438039, 268437511,
    268439627, 268440479, 268440577, 268440581, 268440593, 268440611,
];

/// The `n`th prime, from 1.
const fn prime(n: usize) -> u32 {
    PRIMES[n - 1]
}

/// Times the `N`th prime, and a number.
#[inline(always)]
fn add<const N: usize>(hash: u32, x: u32) -> u32 {
    hash.wrapping_mul(const { prime(N) }).wrapping_add(x)
}

#[inline(always)]
fn times<const N: usize>(hash: u32) -> u32 {
    add::<N>(hash, 0)
}

/// The four bytes of `x`, the lowest first, one after the other. They do not wait for the hash, which
/// takes one multiplication.
#[inline(always)]
fn bytes<const N: usize>(hash: u32, x: u32) -> u32 {
    let p = const { prime(N) };
    let p2 = p.wrapping_mul(p);
    let p4 = p2.wrapping_mul(p2);
    let [a, b, c, d] = x.to_le_bytes().map(u32::from);
    let all = a.wrapping_mul(p).wrapping_add(b).wrapping_mul(p2);
    let all = all.wrapping_add(c.wrapping_mul(p)).wrapping_add(d);
    hash.wrapping_mul(p4).wrapping_add(all)
}

/// What waits to be hashed.
enum Work<'p> {
    /// At least one.
    Items(&'p [Term<'p>]),
    /// A tuple of so many has come to its end.
    Size(u32),
    /// What is left of a list.
    Tail(&'p Term<'p>),
    EndOfList,
}

/// Most terms are shallow: their stacks need no allocation.
type Stack<'p> = SmallVec<[Work<'p>; 8]>;

struct Walk {
    /// How many parts may still be walked; at 0 it stops, and the hash is none.
    left: usize,
}

impl Walk {
    #[inline(always)]
    fn count(&mut self, parts: usize) {
        self.left = self.left.saturating_sub(parts);
    }

    /// The hash of a term. `None`: it has too many parts.
    fn term(&mut self, root: Term<'_>) -> Option<u32> {
        let mut stack = Stack::new();
        let mut hash = 0;
        let (mut term, mut rest) = (root, &[][..]);
        loop {
            let mut items = self.one(&mut hash, term, rest, &mut stack);
            (term, rest) = loop {
                if self.left == 0 {
                    return None;
                }
                if let [t, rest @ ..] = items {
                    break (*t, rest);
                }
                match stack.pop() {
                    None => return Some(hash),
                    Some(Work::Items(next)) => items = next,
                    Some(Work::Size(n)) => hash = add::<9>(hash, n),
                    Some(Work::EndOfList) => hash = times::<8>(hash),
                    Some(Work::Tail(tail)) => items = self.tail(&mut hash, tail, &mut stack),
                }
            };
        }
    }

    /// Adds a term up to its parts: those that come next, or the `rest`, which comes after all else.
    #[inline(always)]
    fn one<'p>(
        &mut self,
        hash: &mut u32,
        t: Term<'p>,
        rest: &'p [Term<'p>],
        stack: &mut Stack<'p>,
    ) -> &'p [Term<'p>] {
        let mut later = || {
            if !rest.is_empty() {
                stack.push(Work::Items(rest));
            }
        };
        match t.view_inline() {
            View::Cons(..) => {
                later();
                return self.list(hash, t, stack);
            }
            View::Nil => *hash = add::<3>(*hash, 1),
            View::Atom(a) => *hash = add::<1>(*hash, a.portable_hash()),
            View::Small(n) => *hash = integer(*hash, &[n.unsigned_abs()], n < 0),
            View::Big(n) => *hash = integer(*hash, n.limbs, n.negative),
            View::Float(x) => {
                let bits = if x == 0.0 { 0 } else { x.to_bits() };
                *hash = add::<6>(*hash, (bits >> 32) as u32 ^ bits as u32);
            }
            View::Tuple(items) => {
                later();
                self.count(items.len());
                stack.push(Work::Size(items.len() as u32));
                return items;
            }
            View::Map(_) => match phash2_within(t, &mut self.left) {
                Some(h) => *hash = add::<13>(*hash, const { prime(14) }.wrapping_add(h)),
                None => self.left = 0,
            },
            View::Bits(b) => *hash = self.bits(*hash, b),
            View::Fun(f) => {
                later();
                self.count(f.env.len());
                let h = add::<10>(*hash, f.env.len() as u32);
                let h = add::<1>(h, f.lambda.module.portable_hash());
                *hash = add::<2>(add::<2>(h, f.lambda.index), f.lambda.old_uniq);
                return f.env;
            }
            View::ExportFun(e) => {
                let h = add::<11>(*hash, e.arity.into());
                let h = add::<1>(h, e.module.portable_hash());
                *hash = add::<1>(h, e.function.portable_hash());
            }
            View::Pid(_) | View::Port(_) | View::Ref(_) | View::External(_) => {
                *hash = identifier(*hash, t);
            }
        }
        rest
    }

    /// Adds the bytes that a list begins with: what comes next.
    #[inline(always)]
    fn list<'p>(
        &mut self,
        hash: &mut u32,
        list: Term<'p>,
        stack: &mut Stack<'p>,
    ) -> &'p [Term<'p>] {
        let mut rest = list;
        while let Some([head, tail]) = rest.as_cell() {
            self.count(1);
            match head.as_byte() {
                Some(b) if self.left > 0 => *hash = add::<2>(*hash, b.into()),
                _ => {
                    self.count(1);
                    stack.push(Work::Tail(tail));
                    return slice::from_ref(head);
                }
            }
            if tail.as_cell().is_none() {
                return self.tail(hash, tail, stack);
            }
            rest = *tail;
        }
        &[]
    }

    /// As [`list`](Self::list), of what is left of one, which may be its end.
    #[inline(always)]
    fn tail<'p>(
        &mut self,
        hash: &mut u32,
        tail: &'p Term<'p>,
        stack: &mut Stack<'p>,
    ) -> &'p [Term<'p>] {
        if tail.is_nil() {
            *hash = times::<8>(add::<3>(*hash, 1));
            return &[];
        }
        if tail.as_cell().is_none() {
            stack.push(Work::EndOfList);
        }
        slice::from_ref(tail)
    }

    fn bits(&mut self, hash: u32, b: BitsView<'_>) -> u32 {
        self.count(b.bits / 8 / BYTES_A_PART);
        if self.left == 0 {
            return hash;
        }
        let all = b.to_bytes();
        let (whole, part) = all.split_at(b.bits / 8);
        let (words, rest) = whole.as_chunks();
        let h = words.iter().fold(hash, |h, w| bytes::<1>(h, u32::from_le_bytes(*w)));
        let mut h = rest.iter().fold(h, |h, b| add::<1>(h, (*b).into()));
        if let [last] = part {
            let count = (b.bits % 8) as u32;
            h = add::<12>(add::<1>(h, u32::from(last >> (8 - count))), count);
        }
        add::<4>(h, whole.len() as u32)
    }
}

#[inline(always)]
fn integer(hash: u32, limbs: &[u64], negative: bool) -> u32 {
    let mut h = hash;
    for (i, limb) in limbs.iter().enumerate() {
        h = bytes::<2>(h, *limb as u32);
        if i + 1 < limbs.len() || limb >> 32 != 0 {
            h = bytes::<2>(h, (limb >> 32) as u32);
        }
    }
    if negative { times::<4>(h) } else { times::<3>(h) }
}

fn identifier(hash: u32, t: Term<'_>) -> u32 {
    match Identifier::of(t) {
        Identifier::Pid(n) => times::<6>(bytes::<5>(hash, n)),
        Identifier::Port(n) => {
            let high = (n >> 32) as u32;
            let h = if high == 0 { hash } else { bytes::<11>(hash, high) };
            times::<10>(bytes::<9>(h, n as u32))
        }
        Identifier::Ref(n) => times::<10>(bytes::<9>(hash, n)),
    }
}
