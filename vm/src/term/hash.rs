//! Hashes of terms: the machine's own, for maps and tables; those that programs see are in
//! `portable` and `primes`.
//!
//! Invariant: terms that are `=:=` have the same hash, whatever heap they lie on; no hash depends
//! on an address, so that the order of large maps is the same in every run. Nothing recurses.

mod portable;
mod primes;

pub use portable::{phash2, phash2_short, phash2_within};
pub use primes::phash_within;

use super::build::word_of;
use super::layout::Kind;
use super::view::View;
use super::{BitsView, Term};
use smallvec::SmallVec;

/// What the portable hashes make of an atom's name: the "hashpjw" of the dragon book over its
/// characters; two UTF-8 bytes that encode a Latin-1 character count as that one character.
pub(super) const fn atom_portable(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let mut h = 0u32;
    let mut i = 0;
    while i < bytes.len() {
        let mut c = bytes[i];
        if c & 0xFE == 0xC2 && i + 1 < bytes.len() {
            i += 1;
            c = c << 6 | bytes[i] & 0x3F;
        }
        i += 1;
        h = (h << 4).wrapping_add(c as u32);
        let top = h & 0xF000_0000;
        h ^= top >> 24 ^ top;
    }
    h
}

/// What [`internal`] makes of an atom.
pub(super) const fn atom_internal(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut h = mix(SEED_ATOM, bytes.len() as u64);
    let mut i = 0;
    while i < bytes.len() {
        h = mix(h, bytes[i] as u64);
        i += 1;
    }
    finish(h)
}

// What tells kinds apart; any different odd numbers do.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const SEED_ATOM: u64 = 0xD1B5_4A32_D192_ED03;
const CONS: u64 = 0xC011;
const TUPLE: u64 = 0x7091_0000_0000;
const MAP: u64 = 0x3A90_0000_0000;
const BITS: u64 = 0xB175_0000_0000;
const BIG: u64 = 0xB160_0000_0000;
const FUN: u64 = 0xF070_0000_0000;
const REF: u64 = 0x4EF0_0000_0000;
const EXTERNAL: u64 = 0xE873_0000_0000;

/// What [`internal`] does to the word of a small integer, for native code: exclusive or, a product, and
/// between two foldings of the upper half into the lower another product.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) const SMALL: [u64; 3] = [SEED.rotate_left(26), MIXES, FINISHES];

const MIXES: u64 = 0x9FB2_1C65_1E98_DF25;
const FINISHES: u64 = 0xD6E8_FEB8_6659_FD93;

#[inline(always)]
const fn mix(h: u64, x: u64) -> u64 {
    (h.rotate_left(26) ^ x).wrapping_mul(MIXES)
}

/// Spreads every bit over all; a bijection, so that different small integers never collide.
#[inline(always)]
const fn finish(mut h: u64) -> u64 {
    h ^= h >> 32;
    h = h.wrapping_mul(FINISHES);
    h ^= h >> 32;
    h
}

/// What waits to be hashed.
enum Work<'p> {
    One(Term<'p>),
    Many(&'p [Term<'p>]),
    /// Children of a node of a large map.
    Nodes(&'p [Term<'p>]),
}

/// Keys are shallow: their stacks need no allocation.
type Stack<'p> = SmallVec<[Work<'p>; 8]>;

/// The machine's own hash: fast, the same in every run, consistent with `=:=`.
#[inline]
pub fn internal(t: Term<'_>) -> u64 {
    if t.is_immediate() {
        return match t.as_atom() {
            Some(a) => a.hash64(),
            None => finish(mix(SEED, immediate(t))),
        };
    }
    compound(t)
}

/// The word of an immediate that is no atom; both zeros have the same.
#[inline(always)]
fn immediate(t: Term<'_>) -> u64 {
    let w = t.word();
    if w == super::Word::FLOAT_NEG_ZERO { super::Word::FLOAT_ZERO.0 } else { w.0 }
}

fn compound(root: Term<'_>) -> u64 {
    // As below, without the stack: what most keys are that are no immediates.
    if let Some(items) = root.as_tuple()
        && items.iter().all(|t| t.is_immediate())
    {
        let h = mix(SEED, TUPLE | items.len() as u64);
        return finish(items.iter().fold(h, |h, t| mix(h, leaf(*t))));
    }
    if let Some(b) = root.as_bits() {
        return finish(bits(mix(SEED, BITS ^ b.bits as u64), b));
    }
    let mut stack = Stack::new();
    let mut h = step(SEED, root, &mut stack);
    while let Some(work) = stack.pop() {
        let t = match work {
            Work::One(t) => t,
            Work::Many([]) | Work::Nodes([]) => continue,
            Work::Many([t, rest @ ..]) => {
                if !rest.is_empty() {
                    stack.push(Work::Many(rest));
                }
                *t
            }
            Work::Nodes([node, rest @ ..]) => {
                stack.push(Work::Nodes(rest));
                match node.as_cons() {
                    Some((k, v)) => {
                        stack.push(Work::One(v));
                        k
                    }
                    None => {
                        stack.push(Work::Nodes(super::map::children(*node)));
                        continue;
                    }
                }
            }
        };
        h = step(h, t, &mut stack);
    }
    finish(h)
}

/// Hashes what `t` itself says and leaves its parts on the stack.
fn step<'p>(mut h: u64, mut t: Term<'p>, stack: &mut Stack<'p>) -> u64 {
    // Lists of immediates, strings above all, without the stack.
    while let Some((head, tail)) = t.as_cons() {
        h = mix(h, CONS);
        if !head.is_immediate() {
            stack.push(Work::One(tail));
            t = head;
            continue;
        }
        h = mix(h, leaf(head));
        t = tail;
    }
    if t.is_immediate() {
        return mix(h, leaf(t));
    }
    match t.view() {
        View::Tuple(items) => {
            h = mix(h, TUPLE | items.len() as u64);
            stack.push(Work::Many(items));
        }
        View::Map(m) => {
            h = mix(h, MAP | m.len() as u64);
            match m.flat() {
                Some((keys, values)) => {
                    stack.push(Work::Many(values));
                    stack.push(Work::Many(keys));
                }
                None => stack.push(Work::Nodes(super::map::children(m.root()))),
            }
        }
        View::Float(x) => h = mix(h, x.to_bits()),
        View::Big(n) => {
            h = mix(h, BIG | u64::from(n.negative) << 40 | n.limbs.len() as u64);
            h = n.limbs.iter().fold(h, |h, limb| mix(h, *limb));
        }
        View::Bits(b) => h = bits(mix(h, BITS ^ b.bits as u64), b),
        View::Fun(f) => {
            h = mix(h, FUN | f.env.len() as u64);
            h = mix(h, f.lambda.module.hash64());
            h = mix(h, u64::from(f.lambda.index) << 32 | u64::from(f.lambda.old_uniq));
            stack.push(Work::Many(f.env));
        }
        View::ExportFun(e) => {
            h = mix(h, FUN << 1 | u64::from(e.arity));
            h = mix(mix(h, e.module.hash64()), e.function.hash64());
        }
        View::Ref(r) => h = mix(mix(h, REF), r.number),
        View::External(e) => {
            h = mix(h, EXTERNAL | e.kind as u64);
            h = mix(mix(h, e.node.hash64()), u64::from(e.creation));
            let mut ids = e.ids;
            // References that differ in zeros at the end are the same.
            while let (Kind::ExtRef, [rest @ .., 0]) = (e.kind, ids) {
                ids = rest;
            }
            h = ids.iter().fold(h, |h, id| mix(h, *id));
        }
        View::Small(_)
        | View::Atom(_)
        | View::Nil
        | View::Cons(..)
        | View::Pid(_)
        | View::Port(_) => {
            unreachable!("immediates and lists are done above")
        }
    }
    h
}

#[inline(always)]
fn leaf(t: Term<'_>) -> u64 {
    match t.as_atom() {
        Some(a) => a.hash64(),
        None => immediate(t),
    }
}

fn bits(mut h: u64, b: BitsView<'_>) -> u64 {
    let bytes = b.to_bytes();
    let (words, rest) = bytes.as_chunks::<8>();
    h = words.iter().fold(h, |h, w| mix(h, u64::from_le_bytes(*w)));
    match rest {
        [] => h,
        rest => mix(h, u64::from_le(word_of(rest))),
    }
}

#[cfg(test)]
mod tests;
