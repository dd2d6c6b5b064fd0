//! The order and the two equalities of terms.
//!
//! `number < atom < reference < fun < port < pid < tuple < map < nil < list < bitstring`, as the
//! Erlang reference manual has it ("Term Comparisons"). Two modes: *by value*, where `1 == 1.0`,
//! and *exact*, where every integer comes before every float; keys of maps are always compared
//! exactly. `0.0` and `-0.0` are the same in both (OTP 25 and 26).
//!
//! Functions call themselves so deep as most terms are, and no deeper: what is deeper waits, of equality
//! in a list, as it does not matter what is compared first; of order on a stack.

use super::external::ref_words;
use super::layout::{KINDS, Kind};
use super::view::{ExternalView, FunView, MapView, View};
use super::word::{IMM_MASK, PRIMARY_MASK, SMALL_MASK, TAG_ATOM, TAG_SMALL};
use super::{Atom, BitsView, Term, Word, atoms, map};
use crate::num;
use crate::sched::standstill::participant;
use smallvec::SmallVec;
use std::cmp::Ordering;

/// Order of terms, numbers by value: what `<` and sorting use.
#[inline]
pub fn compare<'p>(a: Term<'p>, b: Term<'p>) -> Ordering {
    compare_in(a, b, false)
}

/// Order of terms in which integers come before floats and only `=:=` terms are equal: the order
/// of keys in maps.
#[inline]
pub fn compare_map_keys<'p>(a: Term<'p>, b: Term<'p>) -> Ordering {
    compare_in(a, b, true)
}

/// `a =:= b`
#[inline]
pub fn exact_eq<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    if a.word() == b.word() {
        return true;
    }
    if a.is_immediate() || b.is_immediate() {
        return both_zero(a.word(), b.word());
    }
    equal::<true>(a, b)
}

/// `a == b`
#[inline]
pub fn eq<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    if a.word() == b.word() {
        return true;
    }
    !surely_differ(a, b) && equal::<false>(a, b)
}

/// `a == b`, of terms of different words that are not [`Unlike`] each other.
#[inline(always)]
pub fn eq_of_others<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    equal::<false>(a, b)
}

/// Whether two terms of different words tell at once that they are not `==`.
#[inline(always)]
fn surely_differ<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    a.word().both_small(b.word()) || a.word().is_atom() || b.word().is_atom()
}

/// What a term is surely not `==` to that has another word: terms whose low bits say what they are.
#[derive(Clone, Copy)]
pub struct Unlike {
    mask: u64,
    bits: u64,
}

impl Unlike {
    /// What `t` is not `==` to, if `t` is an atom or a small integer.
    #[inline(always)]
    pub fn simple<'p>(t: Term<'p>) -> Option<Unlike> {
        let word = t.word();
        if word.is_small() {
            // It may be equal to a float.
            Some(Unlike { mask: SMALL_MASK, bits: TAG_SMALL })
        } else if word.is_atom() {
            Some(Unlike::ANY)
        } else {
            None
        }
    }

    /// All terms.
    const ANY: Unlike = Unlike { mask: 0, bits: 0 };

    /// What `t` is not `==` to.
    pub fn to<'p>(t: Term<'p>) -> Unlike {
        Unlike::simple(t).unwrap_or(if t.is_immediate() && !t.word().is_immediate_float() {
            Unlike::ANY
        } else if rank(t) == NUMBER {
            Unlike { mask: IMM_MASK, bits: TAG_ATOM }
        } else {
            Unlike { mask: PRIMARY_MASK, bits: PRIMARY_MASK }
        })
    }

    /// Whether it surely is not `==` to `item`, which has another word.
    #[inline(always)]
    pub fn surely<'p>(self, item: Term<'p>) -> bool {
        item.word().0 & self.mask == self.bits
    }
}

/// One value that has two words: zero as a float.
#[inline(always)]
fn both_zero(a: Word, b: Word) -> bool {
    a.is_float_zero() && b.is_float_zero()
}

#[inline]
fn compare_in<'p>(a: Term<'p>, b: Term<'p>, exact: bool) -> Ordering {
    let (x, y) = (a.word(), b.word());
    if x == y {
        return Ordering::Equal;
    }
    if x.both_small(y) {
        // The tag is the same in both words, so their order is that of the values.
        return (x.0 as i64).cmp(&(y.0 as i64));
    }
    if let (Some(a), Some(b)) = (a.as_atom(), b.as_atom()) {
        return a.order(b);
    }
    order(a, b, exact)
}

const NUMBER: u8 = 0;
const ATOM: u8 = 1;
const FUN: u8 = 3;

/// What [`rank`] says of objects on the heap.
const RANKS: [u8; KINDS] = {
    let mut t = [8; KINDS];
    t[Kind::Tuple as usize] = 6;
    t[Kind::FlatMap as usize] = 7;
    t[Kind::HashMap as usize] = 7;
    t[Kind::Fun as usize] = FUN;
    t[Kind::ExportFun as usize] = FUN;
    t[Kind::BigPos as usize] = NUMBER;
    t[Kind::BigNeg as usize] = NUMBER;
    t[Kind::Float as usize] = NUMBER;
    t[Kind::HeapBits as usize] = 10;
    t[Kind::SubBits as usize] = 10;
    t[Kind::Ref as usize] = 2;
    t[Kind::MagicRef as usize] = 2;
    t[Kind::ExtRef as usize] = 2;
    t[Kind::ExtPort as usize] = 4;
    t[Kind::ExtPid as usize] = 5;
    t
};

/// Types in their order.
#[inline]
fn rank(t: Term<'_>) -> u8 {
    let w = t.word();
    match t.boxed_kind() {
        Some(kind) => RANKS[kind as usize],
        None if w.is_small() || w.is_immediate_float() => NUMBER,
        None if w.is_atom() => ATOM,
        None if w.is_cons() => 9,
        None if w.is_local_pid() => 5,
        None if w.is_local_port() => 4,
        None => 8,
    }
}

/// How deep functions here call themselves. What is deeper in terms waits.
const DEPTH: u32 = 40;

// ---------------------------------------------------------------------------------------------
// Equality

/// What is too deep, and whether it must be equal exactly.
type Later<'p> = Vec<(Term<'p>, Term<'p>, bool)>;

/// `a =:= b` if `EXACT`, else `a == b`, of two terms whose words differ.
#[inline(never)]
pub(crate) fn equal<'p, const EXACT: bool>(a: Term<'p>, b: Term<'p>) -> bool {
    if !EXACT && a.is_immediate() && b.is_immediate() {
        return order_immediates(a, b, false).is_eq();
    }
    let kind = a.shared_header(b);
    if let Some(equal) = equal_words(a, b, kind) {
        return equal;
    }
    if EXACT && let Some(Kind::Tuple | Kind::FlatMap) = kind {
        let (x, y) = (a.object_terms(0), b.object_terms(0));
        let mut from = 0;
        // Keys that are not the same tuple mostly have the same words.
        if kind == Some(Kind::FlatMap) && x[0].word() != y[0].word() {
            let (k, l) = (x[0].object_terms(0), y[0].object_terms(0));
            match first_difference(k, l) {
                None => from = 1,
                Some(i) if k[i].word().is_plain() || l[i].word().is_plain() => return false,
                Some(_) => return equal_slices(x, y),
            }
        }
        return equal_shallow(&x[from..], &y[from..]);
    }
    let mut later = Later::new();
    equal_deep::<EXACT>(a, b, kind, DEPTH, &mut later) && (later.is_empty() || equal_later(later))
}

/// Whether the terms of two slices of one length are equal exactly. Most are shallow: nothing is saved as
/// long as they are.
#[inline(always)]
fn equal_shallow<'p>(x: &'p [Term<'p>], y: &'p [Term<'p>]) -> bool {
    for (i, (a, b)) in x.iter().zip(y).enumerate() {
        if a.word() == b.word() {
            continue;
        }
        match equal_if_shallow(*a, *b) {
            Some(true) => {}
            Some(false) => return false,
            None => return equal_slices(&x[i..], &y[i..]),
        }
    }
    true
}

/// Whether two terms of different words are equal exactly, if that can be told without looking into terms in
/// terms.
#[inline(always)]
fn equal_if_shallow<'p>(mut a: Term<'p>, mut b: Term<'p>) -> Option<bool> {
    for _ in 0..FEW_CELLS {
        if a.is_immediate() || b.is_immediate() {
            return Some(both_zero(a.word(), b.word()));
        }
        let (Some([h, t]), Some([i, u])) = (a.as_cell(), b.as_cell()) else {
            return equal_words(a, b, a.shared_header(b));
        };
        if h.word() != i.word() {
            let plain = h.word().is_plain() || i.word().is_plain();
            return plain.then_some(false);
        }
        if t.word() == u.word() {
            return Some(true);
        }
        (a, b) = (*t, *u);
    }
    None
}

/// So many cells of a list are looked at without more ado.
const FEW_CELLS: usize = 16;

/// Whether the terms of two slices of one length are equal exactly.
#[inline(never)]
fn equal_slices<'p>(x: &'p [Term<'p>], y: &'p [Term<'p>]) -> bool {
    let mut later = Later::new();
    equal_terms::<true>(x, y, DEPTH, &mut later) && (later.is_empty() || equal_later(later))
}

/// Whether all that has been left for later is equal.
#[cold]
fn equal_later(mut later: Later<'_>) -> bool {
    while let Some((a, b, exact)) = later.pop() {
        let equal = if exact { equal_within::<true> } else { equal_within::<false> };
        if !equal(a, b, DEPTH, &mut later) {
            return false;
        }
    }
    true
}

/// Whether two objects are equal that have the same header, of a kind in which the words tell.
#[inline(always)]
fn equal_words<'p>(a: Term<'p>, b: Term<'p>, kind: Option<Kind>) -> Option<bool> {
    match kind? {
        // Bits beyond the size are zero.
        Kind::HeapBits | Kind::BigPos | Kind::BigNeg => {
            let (x, y) = (a.object_words(), b.object_words());
            // Mostly they are few: a call for them takes longer.
            Some(x.iter().zip(y).all(|(x, y)| x == y))
        }
        Kind::Ref | Kind::MagicRef => Some(a.object_words()[0] == b.object_words()[0]),
        _ => None,
    }
}

/// Whether `a` and `b`, whose words differ, are equal if what is left for later is.
#[inline(always)]
fn equal_parts<'p, const EXACT: bool>(
    a: Term<'p>,
    b: Term<'p>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    if EXACT && (a.is_immediate() || b.is_immediate()) {
        return both_zero(a.word(), b.word());
    }
    equal_within::<EXACT>(a, b, depth, later)
}

/// As [`equal_parts`], of terms of which neither is an immediate, or by value.
#[inline(always)]
fn equal_within<'p, const EXACT: bool>(
    a: Term<'p>,
    b: Term<'p>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    let kind = a.shared_header(b);
    equal_words(a, b, kind).unwrap_or_else(|| equal_deep::<EXACT>(a, b, kind, depth, later))
}

/// As [`equal_within`], of terms whose words do not tell. `kind` is that of both, if they have the same
/// header.
fn equal_deep<'p, const EXACT: bool>(
    mut a: Term<'p>,
    mut b: Term<'p>,
    kind: Option<Kind>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    if depth == 0 {
        later.push((a, b, EXACT));
        return true;
    }
    if let Some(Kind::Tuple | Kind::FlatMap) = kind {
        // The keys of a map come first.
        let (x, y) = (a.object_terms(0), b.object_terms(0));
        let keys = usize::from(!EXACT && kind == Some(Kind::FlatMap));
        return (EXACT || equal_terms::<true>(&x[..keys], &y[..keys], depth, later))
            && equal_terms::<EXACT>(&x[keys..], &y[keys..], depth, later);
    }
    if a.word().is_cons() && b.word().is_cons() {
        while let (Some((h, t)), Some((i, u))) = (a.as_cons(), b.as_cons()) {
            if h.word() != i.word() && !equal_parts::<EXACT>(h, i, depth - 1, later) {
                return false;
            }
            if t.word() == u.word() {
                return true;
            }
            (a, b) = (t, u);
        }
        return equal_parts::<EXACT>(a, b, depth - 1, later);
    }
    equal_others::<EXACT>(a, b, depth, later)
}

/// As [`equal_within`], of what are not two lists, tuples or small maps of one size. Apart from it, which
/// is to have little to save.
#[inline(never)]
fn equal_others<'p, const EXACT: bool>(
    a: Term<'p>,
    b: Term<'p>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    match a.boxed_kind() {
        Some(Kind::Tuple | Kind::FlatMap) => false,
        Some(Kind::HeapBits | Kind::SubBits) => {
            let (Some(x), Some(y)) = (a.as_bits(), b.as_bits()) else { return false };
            equal_bits(x, y)
        }
        Some(Kind::HashMap) => {
            let (Some(x), Some(y)) = (a.as_map(), b.as_map()) else { return false };
            x.len() == y.len()
                && y.flat().is_none()
                && equal_nodes::<EXACT>(x.root(), y.root(), depth, later)
        }
        Some(Kind::Fun) => equal_funs::<EXACT>(a, b, depth, later),
        _ => rank(a) == rank(b) && equal_leaves(a, b, EXACT),
    }
}

/// As [`equal_parts`], of all terms of two slices of one length.
#[inline(always)]
fn equal_terms<'p, const EXACT: bool>(
    x: &'p [Term<'p>],
    y: &'p [Term<'p>],
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    for (x, y) in x.iter().zip(y) {
        if x.word() != y.word() && !equal_parts::<EXACT>(*x, *y, depth - 1, later) {
            return false;
        }
    }
    true
}

/// As [`equal_within`], of a fun and another term.
#[inline(never)]
fn equal_funs<'p, const EXACT: bool>(
    a: Term<'p>,
    b: Term<'p>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    let (View::Fun(f), View::Fun(g)) = (a.view(), b.view()) else { return false };
    order_lambdas(&f, &g).is_eq() && equal_terms::<EXACT>(f.env, g.env, depth, later)
}

/// Whether two terms of one rank that have no parts are equal.
#[inline(never)]
fn equal_leaves<'p>(a: Term<'p>, b: Term<'p>, exact: bool) -> bool {
    match (a.view(), b.view()) {
        // By value integers and floats may be equal.
        (View::Float(_), View::Big(_)) | (View::Big(_), View::Float(_)) if exact => false,
        (x, y) => order_leaves(&x, &y, exact).is_eq(),
    }
}

/// As [`equal_within`], of two nodes of large maps, whose shape depends on keys alone.
fn equal_nodes<'p, const EXACT: bool>(
    m: Term<'p>,
    n: Term<'p>,
    depth: u32,
    later: &mut Later<'p>,
) -> bool {
    let same = |x: Term<'p>, y: Term<'p>| x.word() == y.word();
    map::same_slots(m, n)
        && map::children(m).iter().zip(map::children(n)).all(|(x, y)| {
            same(*x, *y)
                || match (x.as_cons(), y.as_cons()) {
                    (Some((k, v)), Some((l, w))) => {
                        (same(k, l) || equal_parts::<true>(k, l, depth - 1, later))
                            && (same(v, w) || equal_parts::<EXACT>(v, w, depth - 1, later))
                    }
                    // Nodes lie no deeper in each other than a hash has parts.
                    (None, None) => equal_nodes::<EXACT>(*x, *y, depth, later),
                    _ => false,
                }
        })
}

// ---------------------------------------------------------------------------------------------
// Order

/// What must be compared yet; the last field tells whether exactly.
enum Next<'p> {
    Pair(Term<'p>, Term<'p>, bool),
    Terms(&'p [Term<'p>], &'p [Term<'p>], bool),
    Least(Box<Least<'p>>),
}

type NextStack<'p> = SmallVec<[Next<'p>; 6]>;

/// The search for the least of some keys of two large maps: what differs there is the order of
/// the maps.
struct Least<'p> {
    candidates: Vec<(Term<'p>, Verdict<'p>)>,
    /// Index of the least so far.
    best: usize,
    /// Index of the one that is being compared with it.
    at: usize,
}

impl<'p> Least<'p> {
    /// Goes on from `at` to what must be compared with the best, if that waits for other terms.
    fn next_pair(&mut self) -> Option<(Term<'p>, Term<'p>)> {
        while let Some((key, _)) = self.candidates.get(self.at) {
            let best = self.candidates[self.best].0;
            match order_within(*key, best, true, DEPTH) {
                None => return Some((*key, best)),
                Some(Ordering::Less) => self.best = self.at,
                Some(_) => {}
            }
            self.at += 1;
        }
        None
    }
}

/// What is the order of two maps if a key is the least in which they differ.
#[derive(Clone, Copy)]
enum Verdict<'p> {
    /// One map does not have it.
    Known(Ordering),
    /// Both have it, with these values.
    Values(Term<'p>, Term<'p>, bool),
}

/// The order of what is not both small integers or both atoms.
#[inline(never)]
fn order<'p>(a: Term<'p>, b: Term<'p>, exact: bool) -> Ordering {
    if a.is_immediate() && b.is_immediate() {
        return order_immediates(a, b, exact);
    }
    if !a.word().both_point_alike(b.word()) {
        return order_simple(a, b, exact);
    }
    match (a.boxed_kind(), b.boxed_kind()) {
        (Some(Kind::HeapBits), Some(Kind::HeapBits)) => return order_heap_bits(a, b),
        (Some(Kind::BigPos | Kind::BigNeg), Some(Kind::BigPos | Kind::BigNeg)) => {
            if let Some(order) = order_bigs(a, b) {
                return order;
            }
        }
        _ => {}
    }
    order_within(a, b, exact, DEPTH).unwrap_or_else(|| order_any(a, b, exact))
}

/// The order of two terms, unless they are deeper than that or have large maps in them.
fn order_within<'p>(mut a: Term<'p>, mut b: Term<'p>, exact: bool, depth: u32) -> Option<Ordering> {
    if a.is_immediate() && b.is_immediate() {
        return Some(order_immediates(a, b, exact));
    }
    let depth = depth.checked_sub(1)?;
    if a.word().is_cons() && b.word().is_cons() {
        while let (Some((h, t)), Some((i, u))) = (a.as_cons(), b.as_cons()) {
            if h.word() != i.word() {
                let order = order_within(h, i, exact, depth)?;
                if order != Ordering::Equal {
                    return Some(order);
                }
            }
            if t.word() == u.word() {
                return Some(Ordering::Equal);
            }
            (a, b) = (t, u);
        }
        return order_within(a, b, exact, depth);
    }
    if let (Some(x), Some(y)) = (a.as_tuple(), b.as_tuple()) {
        return if x.len() == y.len() {
            order_terms(x, y, exact, depth)
        } else {
            Some(x.len().cmp(&y.len()))
        };
    }
    order_others(a, b, exact, depth)
}

/// As [`order_within`], of what are not two lists or two tuples. Apart from it, which is to have little to
/// save.
#[inline(never)]
fn order_others<'p>(a: Term<'p>, b: Term<'p>, exact: bool, depth: u32) -> Option<Ordering> {
    match a.boxed_kind() {
        Some(Kind::HeapBits) if b.boxed_kind() == Some(Kind::HeapBits) => {
            return Some(order_heap_bits(a, b));
        }
        Some(Kind::HeapBits | Kind::SubBits) => {
            if let (Some(x), Some(y)) = (a.as_bits(), b.as_bits()) {
                return Some(order_bits(x, y));
            }
        }
        Some(Kind::FlatMap | Kind::HashMap) => {
            if let (Some(x), Some(y)) = (a.as_map(), b.as_map()) {
                return order_maps(x, y, exact, depth);
            }
        }
        Some(Kind::BigPos | Kind::BigNeg) => {
            if let Some(order) = order_bigs(a, b) {
                return Some(order);
            }
        }
        _ => {}
    }
    if (rank(a), rank(b)) == (FUN, FUN) { None } else { Some(order_simple(a, b, exact)) }
}

/// The order of two integers that are both large.
#[inline(never)]
fn order_bigs<'p>(a: Term<'p>, b: Term<'p>) -> Option<Ordering> {
    Some(num::cmp(a.as_big()?, b.as_big()?))
}

/// The order of two immediates.
#[inline(always)]
fn order_immediates<'p>(a: Term<'p>, b: Term<'p>, exact: bool) -> Ordering {
    let (x, y) = (a.word(), b.word());
    if x.both_small(y) {
        // The tag is the same in both words, so their order is that of the values.
        (x.0 as i64).cmp(&(y.0 as i64))
    } else if x.is_immediate_float() && y.is_immediate_float() {
        let (x, y) = (x.immediate_float_value(), y.immediate_float_value());
        x.partial_cmp(&y).unwrap_or(Ordering::Equal)
    } else if let (Some(a), Some(b)) = (a.as_atom(), b.as_atom()) {
        a.order(b)
    } else if x.is_small() && y.is_immediate_float() && !exact {
        num::cmp_i64_f64(x.small_value(), y.immediate_float_value())
    } else if x.is_immediate_float() && y.is_small() && !exact {
        num::cmp_i64_f64(y.small_value(), x.immediate_float_value()).reverse()
    } else if let (Some(p), Some(q)) = (a.as_pid(), b.as_pid()) {
        (p.generation(), p.index()).cmp(&(q.generation(), q.index()))
    } else {
        order_simple(a, b, exact)
    }
}

/// The order of two terms that are of different types, or have no parts.
#[inline(never)]
fn order_simple<'p>(a: Term<'p>, b: Term<'p>, exact: bool) -> Ordering {
    let (x, y) = (rank(a), rank(b));
    if x != y { x.cmp(&y) } else { order_leaves(&a.view(), &b.view(), exact) }
}

/// As [`order_within`], of two maps.
fn order_maps<'p>(x: MapView<'p>, y: MapView<'p>, exact: bool, depth: u32) -> Option<Ordering> {
    if x.len() != y.len() {
        return Some(x.len().cmp(&y.len()));
    }
    let ((k, v), (l, w)) = x.flat().zip(y.flat())?;
    let same = std::ptr::eq(k, l);
    let keys = if same { Ordering::Equal } else { order_terms(k, l, true, depth)? };
    if keys.is_eq() { order_terms(v, w, exact, depth) } else { Some(keys) }
}

/// As [`order_within`], of the terms of two slices of one length.
#[inline(always)]
fn order_terms<'p>(
    x: &'p [Term<'p>],
    y: &'p [Term<'p>],
    exact: bool,
    depth: u32,
) -> Option<Ordering> {
    for (x, y) in x.iter().zip(y).filter(|(x, y)| x.word() != y.word()) {
        let order = order_within(*x, *y, exact, depth)?;
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

/// Where two slices of one length first have different words.
#[inline]
fn first_difference<'p>(x: &[Term<'p>], y: &[Term<'p>]) -> Option<usize> {
    x.iter().zip(y).position(|(x, y)| x.word() != y.word())
}

fn order_any<'p>(mut a: Term<'p>, mut b: Term<'p>, mut exact: bool) -> Ordering {
    let mut stack = NextStack::new();
    loop {
        let mut found = if a.word() == b.word() {
            Ordering::Equal
        } else {
            order_step(a, b, exact, &mut stack)
        };
        (a, b, exact) = loop {
            match stack.pop() {
                None => return found,
                Some(Next::Least(mut l)) => {
                    if found == Ordering::Less {
                        l.best = l.at;
                    }
                    l.at += 1;
                    if let Some(pair) = l.next_pair() {
                        stack.push(Next::Least(l));
                        break (pair.0, pair.1, true);
                    }
                    match l.candidates[l.best].1 {
                        Verdict::Known(o) => found = o,
                        Verdict::Values(v, w, e) => break (v, w, e),
                    }
                }
                // Decided: nothing else matters up to where a search waits for this.
                Some(_) if found != Ordering::Equal => {}
                Some(Next::Pair(x, y, e)) => break (x, y, e),
                Some(Next::Terms(x, y, e)) => {
                    let Some(i) = first_difference(x, y) else { continue };
                    if i + 1 < x.len() {
                        stack.push(Next::Terms(&x[i + 1..], &y[i + 1..], e));
                    }
                    break (x[i], y[i], e);
                }
            }
        };
    }
}

/// The order of `a` and `b`, whose words differ, as far as they tell themselves: `Equal` leaves
/// on the stack what decides further.
fn order_step<'p>(
    mut a: Term<'p>,
    mut b: Term<'p>,
    exact: bool,
    stack: &mut NextStack<'p>,
) -> Ordering {
    while let (Some((h, t)), Some((i, u))) = (a.as_cons(), b.as_cons()) {
        if h.word() != i.word() {
            if h.word().both_small(i.word()) {
                return h.as_small().cmp(&i.as_small());
            }
            stack.push(Next::Pair(t, u, exact));
            (a, b) = (h, i);
            continue;
        }
        if t.word() == u.word() {
            return Ordering::Equal;
        }
        (a, b) = (t, u);
    }
    if rank(a) != rank(b) {
        return rank(a).cmp(&rank(b));
    }
    match (a.view(), b.view()) {
        (View::Tuple(x), View::Tuple(y)) => {
            stack.push(Next::Terms(x, y, exact));
            // A push too many does no harm when the sizes decide.
            x.len().cmp(&y.len())
        }
        (View::Map(x), View::Map(y)) => x.len().cmp(&y.len()).then_with(|| {
            match (x.flat(), y.flat()) {
                (Some((k, v)), Some((l, w))) => {
                    stack.push(Next::Terms(v, w, exact));
                    stack.push(Next::Terms(k, l, true));
                }
                _ => order_large_maps(x, y, exact, stack),
            }
            Ordering::Equal
        }),
        (View::Fun(f), View::Fun(g)) => {
            stack.push(Next::Terms(f.env, g.env, exact));
            order_lambdas(&f, &g)
        }
        (View::Bits(x), View::Bits(y)) => order_bits(x, y),
        (x, y) => order_leaves(&x, &y, exact),
    }
}

/// Maps of one size are ordered by their keys in order, then by their values in key order. So the
/// least key that one of them lacks decides; if there is none, the least key with two values.
fn order_large_maps<'p>(x: MapView<'p>, y: MapView<'p>, exact: bool, stack: &mut NextStack<'p>) {
    let lacks =
        |y: MapView<'p>, o| move |(k, _)| (!y.contains(k)).then_some((k, Verdict::Known(o)));
    let mut candidates = Vec::new();
    // Mostly the keys' words tell already that both have the same.
    if x.iter().zip(y.iter()).any(|((k, _), (l, _))| k.word() != l.word()) {
        candidates.extend(x.iter().filter_map(lacks(y, Ordering::Less)));
    }
    if candidates.is_empty() {
        // Same keys, so same shape and order.
        candidates.extend(x.iter().zip(y.iter()).filter_map(|((k, v), (_, w))| {
            let same = if exact { exact_eq(v, w) } else { eq(v, w) };
            (!same).then_some((k, Verdict::Values(v, w, exact)))
        }));
    } else {
        candidates.extend(y.iter().filter_map(lacks(x, Ordering::Greater)));
    }
    let Some((first, _)) = candidates.first().copied() else { return };
    // The first is the least so far; comparing it with itself starts the search.
    stack.push(Next::Least(Box::new(Least { candidates, best: 0, at: 0 })));
    stack.push(Next::Pair(first, first, true));
}

fn order_lambdas(f: &FunView<'_>, g: &FunView<'_>) -> Ordering {
    if std::ptr::eq(f.lambda, g.lambda) {
        return Ordering::Equal;
    }
    let (l, m) = (f.lambda, g.lambda);
    // OTP compares the last two as C's signed integers.
    l.module
        .order(m.module)
        .then_with(|| (l.index as i32).cmp(&(m.index as i32)))
        .then_with(|| (l.old_uniq as i32).cmp(&(m.old_uniq as i32)))
        .then_with(|| f.env.len().cmp(&g.env.len()))
}

#[inline]
fn equal_bits(x: BitsView<'_>, y: BitsView<'_>) -> bool {
    x.bits == y.bits
        && match (x.as_bytes(), y.as_bytes()) {
            (Some(x), Some(y)) => x == y,
            _ => order_bits(x, y).is_eq(),
        }
}

/// The order of two `HeapBits`: of the first words that differ, as bits beyond the size are zero, or else
/// of the sizes.
#[inline(always)]
fn order_heap_bits<'p>(a: Term<'p>, b: Term<'p>) -> Ordering {
    let (x, y) = (a.object_words(), b.object_words());
    for (x, y) in x[1..].iter().zip(&y[1..]) {
        if x != y {
            return u64::from_be(*x).cmp(&u64::from_be(*y));
        }
    }
    x[0].cmp(&y[0])
}

#[inline]
fn order_bits(x: BitsView<'_>, y: BitsView<'_>) -> Ordering {
    if let (Some(x), Some(y)) = (x.as_bytes(), y.as_bytes()) {
        return x.cmp(y);
    }
    // The common bits, then the sizes.
    let common = x.bits.min(y.bits);
    let (a, b) = (x.part(0, common), y.part(0, common));
    a.to_bytes().cmp(&b.to_bytes()).then_with(|| x.bits.cmp(&y.bits))
}

/// Order within a type that has no parts.
fn order_leaves(x: &View<'_>, y: &View<'_>, exact: bool) -> Ordering {
    let float = |v: &View<'_>| matches!(v, View::Float(_));
    match (x, y) {
        (View::Small(_) | View::Big(_), View::Float(_)) if exact => Ordering::Less,
        (View::Float(_), View::Small(_) | View::Big(_)) if exact => Ordering::Greater,
        (View::Small(m), View::Small(n)) => m.cmp(n),
        (View::Small(_), View::Big(n)) if n.negative => Ordering::Greater,
        (View::Small(_), View::Big(_)) => Ordering::Less,
        (View::Big(m), View::Small(_)) if m.negative => Ordering::Less,
        (View::Big(_), View::Small(_)) => Ordering::Greater,
        (View::Big(m), View::Big(n)) => num::cmp(*m, *n),
        (View::Float(a), View::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (View::Small(n), View::Float(b)) => num::cmp_i64_f64(*n, *b),
        (View::Float(a), View::Small(n)) => num::cmp_i64_f64(*n, *a).reverse(),
        (View::Big(n), View::Float(b)) => num::cmp_f64(*n, *b),
        (View::Float(a), View::Big(n)) => num::cmp_f64(*n, *a).reverse(),
        (View::Atom(a), View::Atom(b)) => a.order(*b),
        (View::Fun(_), View::ExportFun(_)) => Ordering::Less,
        (View::ExportFun(_), View::Fun(_)) => Ordering::Greater,
        (View::ExportFun(e), View::ExportFun(f)) => e
            .module
            .order(f.module)
            .then_with(|| e.function.order(f.function))
            .then_with(|| e.arity.cmp(&f.arity)),
        _ => {
            debug_assert!(!float(x) && !float(y));
            order_identifiers(x, y)
        }
    }
}

/// Where an identifier is from. One of this node is from the one that the calling thread works for.
fn node(v: &View<'_>) -> (Atom, u32) {
    match v {
        View::External(e) => (e.node, e.creation),
        _ => participant().map_or((atoms::NIL_NODE, 0), |(vm, _)| vm.nodes.this()),
    }
}

fn order_nodes(x: &View<'_>, y: &View<'_>) -> Ordering {
    let external = |v: &View<'_>| matches!(v, View::External(_));
    if !external(x) && !external(y) {
        return Ordering::Equal;
    }
    let ((m, c), (n, d)) = (node(x), node(y));
    m.order(n).then_with(|| c.cmp(&d))
}

/// Order of two pids, two ports or two references. Pids: serial, number, node; the others: node
/// first. What is left equal is told apart by whether it is of this node.
fn order_identifiers(x: &View<'_>, y: &View<'_>) -> Ordering {
    let external = |v: &View<'_>| matches!(v, View::External(_));
    order_numbers(x, y).then_with(|| external(x).cmp(&external(y)))
}

fn order_numbers(x: &View<'_>, y: &View<'_>) -> Ordering {
    let pid = |v: &View<'_>| match v {
        View::Pid(p) => Some((p.generation(), p.index() as u64)),
        View::External(ExternalView { kind: Kind::ExtPid, ids: [id, serial], .. }) => {
            Some((*serial, *id))
        }
        _ => None,
    };
    if let (Some(p), Some(q)) = (pid(x), pid(y)) {
        return p.cmp(&q).then_with(|| order_nodes(x, y));
    }
    order_nodes(x, y).then_with(|| {
        let (x, y) = (significant(x), significant(y));
        x.len().cmp(&y.len()).then_with(|| x.iter().rev().cmp(y.iter().rev()))
    })
}

/// The numbers of a port or reference, lowest first, without zeros at the end: they count for
/// nothing.
fn significant(v: &View<'_>) -> SmallVec<[u64; 5]> {
    let mut ids = match v {
        View::Ref(r) => ref_words(r).0[..3].iter().map(|w| u64::from(*w)).collect(),
        View::Port(p) => SmallVec::from_slice(&[p.0]),
        // An alias has two more words, which say whose.
        View::External(e) => SmallVec::from_slice(&e.ids[..e.ids.len().min(3)]),
        _ => SmallVec::new(),
    };
    while ids.last() == Some(&0) {
        ids.pop();
    }
    ids
}

#[cfg(test)]
mod tests;
