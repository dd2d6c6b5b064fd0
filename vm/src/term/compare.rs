//! The order and the two equalities of terms.
//!
//! `number < atom < reference < fun < port < pid < tuple < map < nil < list < bitstring`, as the
//! Erlang reference manual has it ("Term Comparisons"). Two modes: *by value*, where `1 == 1.0`,
//! and *exact*, where every integer comes before every float; keys of maps are always compared
//! exactly. `0.0` and `-0.0` are the same in both (OTP 25 and 26).
//!
//! Nothing here recurses on terms: what waits is on an explicit stack.

use super::external::ref_words;
use super::layout::Kind;
use super::view::{ExternalView, FunView, MapView, View};
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
    if let (Some(x), Some(y)) = (a.as_tuple(), b.as_tuple())
        && let Some(same) = same_at_once(x, y)
    {
        return same;
    }
    if let (Some(x), Some(y)) = (a.plain_ref_number(), b.plain_ref_number()) {
        return x == y;
    }
    if a.word().is_cons() && b.word().is_cons() {
        return equal_lists(a, b);
    }
    equal(a, b, true)
}

/// Whether two lists are `=:=`: along them as far as words tell, which for text is to the end.
fn equal_lists<'p>(mut a: Term<'p>, mut b: Term<'p>) -> bool {
    while let (Some((h, t)), Some((i, u))) = (a.as_cons(), b.as_cons()) {
        if h.word() != i.word() {
            if differ_at_once(h, i) {
                return false;
            }
            break;
        }
        if t.word() == u.word() {
            return true;
        }
        (a, b) = (t, u);
    }
    !differ_at_once(a, b) && equal(a, b, true)
}

/// Whether two tuples are `=:=`, if the words of their elements tell.
#[inline(always)]
fn same_at_once<'p>(x: &[Term<'p>], y: &[Term<'p>]) -> Option<bool> {
    if x.len() != y.len() || x.iter().zip(y).any(|(p, q)| differ_at_once(*p, *q)) {
        return Some(false);
    }
    first_difference(x, y).is_none().then_some(true)
}

/// Whether two tuples are `=:=`, if their elements are the same, or tuples that tell at once.
#[inline(always)]
fn nested_at_once<'p>(a: Term<'p>, b: Term<'p>) -> Option<bool> {
    let (x, y) = (a.as_tuple()?, b.as_tuple()?);
    if x.len() != y.len() {
        return Some(false);
    }
    for (p, q) in x.iter().zip(y).filter(|(p, q)| p.word() != q.word()) {
        if !same_at_once(p.as_tuple()?, q.as_tuple()?)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether the words of two terms alone tell that they are not `=:=`. Tuples that differ, such as
/// keys of maps, nearly always have such elements.
#[inline(always)]
fn differ_at_once<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    a.word() != b.word() && (a.is_immediate() || b.is_immediate()) && !both_zero(a.word(), b.word())
}

/// `a == b`
#[inline]
pub fn eq<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    if a.word() == b.word() {
        return true;
    }
    if a.word().both_small(b.word()) || a.word().is_atom() || b.word().is_atom() {
        return false;
    }
    equal(a, b, false)
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
const TUPLE: u8 = 6;

/// Type tests in the order of types.
fn rank(v: &View<'_>) -> u8 {
    match v {
        View::Small(_) | View::Big(_) | View::Float(_) => NUMBER,
        View::Atom(_) => ATOM,
        View::Ref(_) => 2,
        View::Fun(_) | View::ExportFun(_) => 3,
        View::Port(_) => 4,
        View::Pid(_) => 5,
        View::Tuple(_) => TUPLE,
        View::Map(_) => 7,
        View::Nil => 8,
        View::Cons(..) => 9,
        View::Bits(_) => 10,
        View::External(e) => match e.kind {
            Kind::ExtRef => 2,
            Kind::ExtPort => 4,
            _ => 5,
        },
    }
}

// ---------------------------------------------------------------------------------------------
// Equality

/// What must be equal yet; the last field tells whether exactly.
enum Same<'p> {
    Pair(Term<'p>, Term<'p>, bool),
    Terms(&'p [Term<'p>], &'p [Term<'p>], bool),
    /// Children of nodes of large maps; exactly or not is for the values.
    Nodes(&'p [Term<'p>], &'p [Term<'p>], bool),
}

/// Most terms are shallow: their stacks need no allocation.
type SameStack<'p> = SmallVec<[Same<'p>; 6]>;

fn equal<'p>(mut a: Term<'p>, mut b: Term<'p>, mut exact: bool) -> bool {
    if exact && let Some(same) = nested_at_once(a, b) {
        return same;
    }
    let mut stack = SameStack::new();
    loop {
        if a.word() != b.word() && !equal_step(a, b, exact, &mut stack) {
            return false;
        }
        (a, b, exact) = loop {
            match stack.pop() {
                None => return true,
                Some(Same::Pair(x, y, e)) => break (x, y, e),
                Some(Same::Terms(x, y, e)) => {
                    let Some(i) = first_difference(x, y) else { continue };
                    if i + 1 < x.len() {
                        stack.push(Same::Terms(&x[i + 1..], &y[i + 1..], e));
                    }
                    break (x[i], y[i], e);
                }
                Some(Same::Nodes(x, y, e)) => {
                    let Some(i) = first_difference(x, y) else { continue };
                    stack.push(Same::Nodes(&x[i + 1..], &y[i + 1..], e));
                    match (x[i].as_cons(), y[i].as_cons()) {
                        (Some((k, v)), Some((l, w))) => {
                            stack.push(Same::Pair(v, w, e));
                            break (k, l, true);
                        }
                        (None, None) => {
                            let (m, n) = (x[i], y[i]);
                            if !map::same_slots(m, n) {
                                return false;
                            }
                            stack.push(Same::Nodes(map::children(m), map::children(n), e));
                        }
                        _ => return false,
                    }
                }
            }
        };
    }
}

/// Where two slices of one length first have different words.
#[inline]
fn first_difference<'p>(x: &[Term<'p>], y: &[Term<'p>]) -> Option<usize> {
    x.iter().zip(y).position(|(x, y)| x.word() != y.word())
}

/// Whether `a` and `b`, whose words differ, may be equal; what that depends on is left on the
/// stack.
fn equal_step<'p>(
    mut a: Term<'p>,
    mut b: Term<'p>,
    exact: bool,
    stack: &mut SameStack<'p>,
) -> bool {
    // Along lists as far as heads are the same.
    while let (Some((h, t)), Some((i, u))) = (a.as_cons(), b.as_cons()) {
        if h.word() != i.word() {
            let simple = h.is_immediate() && i.is_immediate();
            if !simple {
                stack.push(Same::Pair(t, u, exact));
                (a, b) = (h, i);
                continue;
            }
            if !equal_leaves(h, i, exact) {
                return false;
            }
        }
        if t.word() == u.word() {
            return true;
        }
        (a, b) = (t, u);
    }
    if a.is_immediate() && b.is_immediate() {
        return equal_leaves(a, b, exact);
    }
    match (a.view(), b.view()) {
        (View::Tuple(x), View::Tuple(y)) => {
            if x.len() != y.len() {
                return false;
            }
            stack.push(Same::Terms(x, y, exact));
            true
        }
        (View::Map(x), View::Map(y)) => {
            if x.len() != y.len() {
                return false;
            }
            match (x.flat(), y.flat()) {
                (Some((k, v)), Some((l, w))) => {
                    stack.push(Same::Terms(v, w, exact));
                    if !std::ptr::eq(k, l) {
                        stack.push(Same::Terms(k, l, true));
                    }
                    true
                }
                // The shape of a large map depends on its keys alone.
                (None, None) => {
                    let (m, n) = (x.root(), y.root());
                    if !map::same_slots(m, n) {
                        return false;
                    }
                    stack.push(Same::Nodes(map::children(m), map::children(n), exact));
                    true
                }
                _ => false,
            }
        }
        (View::Fun(f), View::Fun(g)) => {
            stack.push(Same::Terms(f.env, g.env, exact));
            order_lambdas(&f, &g) == Ordering::Equal
        }
        (View::Bits(x), View::Bits(y)) => x.bits == y.bits && order_bits(x, y) == Ordering::Equal,
        (x, y) => {
            let numbers = rank(&x) == 0 && rank(&y) == 0;
            let same_type = matches!(x, View::Float(_)) == matches!(y, View::Float(_));
            (!numbers || !exact || same_type)
                && rank(&x) == rank(&y)
                && order_leaves(&x, &y, exact) == Ordering::Equal
        }
    }
}

/// Equality of immediates whose words differ.
#[inline]
fn equal_leaves(a: Term<'_>, b: Term<'_>, exact: bool) -> bool {
    if both_zero(a.word(), b.word()) {
        return true;
    }
    match (a.as_small(), b.as_small()) {
        _ if exact => false,
        (Some(n), None) => b.as_float().is_some_and(|x| num::cmp_i64_f64(n, x).is_eq()),
        (None, Some(n)) => a.as_float().is_some_and(|x| num::cmp_i64_f64(n, x).is_eq()),
        _ => false,
    }
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
    // Sorting mostly compares tuples.
    let both = a.as_tuple().is_some() && b.as_tuple().is_some();
    let at_once = if both { tuples_at_once(a, b) } else { order_at_once(a, b) };
    at_once.unwrap_or_else(|| order_any(a, b, exact))
}

/// The order of two terms whose words differ, if their types tell it, or they are small integers or
/// atoms.
#[inline(always)]
fn order_at_once<'p>(a: Term<'p>, b: Term<'p>) -> Option<Ordering> {
    let (rank, other) = (simple_rank(a)?, simple_rank(b)?);
    if rank != other {
        return Some(rank.cmp(&other));
    }
    match rank {
        // The tag is the same in both words, so their order is that of the values.
        NUMBER => Some((a.word().0 as i64).cmp(&(b.word().0 as i64))),
        ATOM => a.as_atom().zip(b.as_atom()).map(|(a, b)| a.order(b)),
        // Where they are equal, what comes behind them decides.
        _ => None,
    }
}

/// The [`rank`] of small integers, atoms and tuples.
#[inline(always)]
fn simple_rank(t: Term<'_>) -> Option<u8> {
    if t.word().is_small() {
        Some(NUMBER)
    } else if t.word().is_atom() {
        Some(ATOM)
    } else {
        t.as_tuple().map(|_| TUPLE)
    }
}

/// The order of two tuples, if their sizes tell it or the first elements that differ, which may be such
/// tuples themselves: such are keys of maps and members of sets mostly.
#[inline(always)]
fn tuples_at_once<'p>(a: Term<'p>, b: Term<'p>) -> Option<Ordering> {
    let (x, y) = (a.as_tuple()?, b.as_tuple()?);
    if x.len() != y.len() {
        return Some(x.len().cmp(&y.len()));
    }
    let Some(i) = first_difference(x, y) else { return Some(Ordering::Equal) };
    if let Some(order) = order_at_once(x[i], y[i]) {
        return Some(order);
    }
    let (x, y) = (x[i].as_tuple()?, y[i].as_tuple()?);
    if x.len() != y.len() {
        return Some(x.len().cmp(&y.len()));
    }
    let i = first_difference(x, y)?;
    order_at_once(x[i], y[i])
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
                    if let Some((key, _)) = l.candidates.get(l.at) {
                        let pair = (*key, l.candidates[l.best].0, true);
                        stack.push(Next::Least(l));
                        break pair;
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
    let (x, y) = (a.view(), b.view());
    match (rank(&x), rank(&y)) {
        (x, y) if x != y => return x.cmp(&y),
        _ => {}
    }
    match (x, y) {
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
    let mut candidates: Vec<_> = x.iter().filter_map(lacks(y, Ordering::Less)).collect();
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
