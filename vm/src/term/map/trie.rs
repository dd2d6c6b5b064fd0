//! The nodes of large maps: finding, building, inserting and removing.

use super::{Pair, SmallVec, compare_map_keys, exact_eq, hash};
use crate::term::layout::Kind;
use crate::term::{Area, Term};

/// How keys are hashed: [`InternalHash`] but in tests, which make collisions.
pub trait KeyHash {
    /// The hash; equal keys (`=:=`) have equal ones.
    fn hash(key: Term<'_>) -> u64;
}

/// [`hash::internal`]
pub struct InternalHash;

impl KeyHash for InternalHash {
    #[inline]
    fn hash(key: Term<'_>) -> u64 {
        hash::internal(key)
    }
}

/// The bits that find a place: the lowest four are beyond the last level.
#[inline]
fn place<H: KeyHash>(key: Term<'_>) -> u64 {
    H::hash(key) | 0xF
}

/// The slot of a hash at a level, 0 to 15.
#[inline(always)]
fn slot(hash: u64, level: u32) -> u32 {
    (hash >> (60 - 4 * level)) as u32 & 0xF
}

/// A key with its hash and value.
#[derive(Clone, Copy)]
pub(super) struct Entry<'p> {
    hash: u64,
    pub(super) key: Term<'p>,
    pub(super) value: Term<'p>,
}

/// What is put into a trie.
#[derive(Clone, Copy)]
struct New<'p> {
    entry: Entry<'p>,
    /// The pair, if there is one already, which then takes the place of whatever is there.
    pair: Option<Term<'p>>,
}

impl<'p> New<'p> {
    fn pair(self, area: &mut Area<'p>) -> Term<'p> {
        self.pair.unwrap_or_else(|| area.cons(self.entry.key, self.entry.value))
    }

    /// What takes the place of a pair with an equal key.
    fn instead_of(self, area: &mut Area<'p>, pair: Term<'p>, value: Term<'p>) -> Term<'p> {
        if self.pair.is_none() && value.word() == self.entry.value.word() {
            pair
        } else {
            self.pair(area)
        }
    }
}

/// Words of a node: the slots in use, and the children.
#[inline]
fn node_parts<'p>(node: Term<'p>) -> (u32, &'p [Term<'p>]) {
    let words = node.object_terms(0);
    (words[0].word().small_value() as u32, &words[1..])
}

/// The children of a node, the pairs of a collision.
#[inline]
pub fn children<'p>(node: Term<'p>) -> &'p [Term<'p>] {
    let words = node.object_terms(0);
    if node.kind() == Some(Kind::HamtNode) { &words[1..] } else { words }
}

/// Whether two nodes use the same slots, or are collisions of as many pairs.
pub fn same_slots<'p>(a: Term<'p>, b: Term<'p>) -> bool {
    let (x, y) = (a.object_terms(0), b.object_terms(0));
    a.kind() == b.kind()
        && x.len() == y.len()
        && (a.kind() != Some(Kind::HamtNode) || x[0].word() == y[0].word())
}

/// Where among the children of a node that of a slot is, or would be.
#[inline(always)]
fn place_of(slots: u32, bit: u32) -> usize {
    const ONES: [u8; 256] = {
        let mut ones = [0; 256];
        let mut i = 0;
        while i < 256 {
            ones[i] = (i as u32).count_ones() as u8;
            i += 1;
        }
        ones
    };
    // Not every processor that the program is for counts bits.
    let below = slots & (bit - 1);
    usize::from(ONES[(below & 0xFF) as usize]) + usize::from(ONES[(below >> 8 & 0xFF) as usize])
}

type Children<'p> = SmallVec<[Term<'p>; 16]>;

fn node<'p>(area: &mut Area<'p>, slots: u32, children: &[Term<'p>]) -> Term<'p> {
    debug_assert_eq!(slots.count_ones() as usize, children.len());
    let (first, others) = children.split_first().expect("a node has children");
    area.hamt_node_inserting(slots, others, 0, *first)
}

/// The value of `key` under `root`.
#[inline]
pub(super) fn get<'p, H: KeyHash>(root: Term<'p>, key: Term<'p>) -> Option<Term<'p>> {
    get_from(root, 0, place::<H>(key), key)
}

/// The value of `key`, whose place is `hash`, under a node on `level`.
#[inline]
fn get_from<'p>(node: Term<'p>, mut level: u32, hash: u64, key: Term<'p>) -> Option<Term<'p>> {
    let mut at = node;
    loop {
        let (slots, children) = node_parts(at);
        let bit = 1u32 << slot(hash, level);
        if slots & bit == 0 {
            return None;
        }
        let child = children[place_of(slots, bit)];
        if let Some((k, v)) = child.as_cons() {
            return exact_eq(k, key).then_some(v);
        }
        if child.kind() == Some(Kind::HamtCollision) {
            let mut pairs = child.object_terms(0).iter().filter_map(|p| p.as_cons());
            return pairs.find(|(k, _)| exact_eq(*k, key)).map(|(_, v)| v);
        }
        at = child;
        level += 1;
    }
}

/// The pairs by hash and key, of several with one key the last.
pub(super) fn hashed<'p, H: KeyHash>(pairs: &[Pair<'p>]) -> Vec<Entry<'p>> {
    let entry = |&(key, value): &Pair<'p>| Entry { hash: place::<H>(key), key, value };
    let mut entries: Vec<_> = pairs.iter().map(entry).collect();
    let order = |a: &Entry<'p>, b: &Entry<'p>| {
        a.hash.cmp(&b.hash).then_with(|| compare_map_keys(a.key, b.key))
    };
    entries.sort_by(order);
    entries.dedup_by(|next, kept| {
        let same = next.hash == kept.hash && exact_eq(next.key, kept.key);
        if same {
            (kept.key, kept.value) = (next.key, next.value);
        }
        same
    });
    entries
}

/// The root node of `entries`, which are by hash and key, all different.
pub(super) fn build<'p>(area: &mut Area<'p>, entries: &[Entry<'p>]) -> Term<'p> {
    build_node(area, entries, 0)
}

fn build_node<'p>(area: &mut Area<'p>, entries: &[Entry<'p>], level: u32) -> Term<'p> {
    let mut slots = 0;
    let mut children = Children::new();
    for group in entries.chunk_by(|a, b| slot(a.hash, level) == slot(b.hash, level)) {
        slots |= 1 << slot(group[0].hash, level);
        children.push(match group {
            [one] => area.cons(one.key, one.value),
            [first, .., last] if first.hash == last.hash => {
                let pairs: Vec<_> = group.iter().map(|e| area.cons(e.key, e.value)).collect();
                area.object(Kind::HamtCollision, &pairs)
            }
            _ => build_node(area, group, level + 1),
        });
    }
    node(area, slots, &children)
}

/// The root with `key`, and whether the key is new. The root itself if nothing changes.
pub(super) fn insert<'p, H: KeyHash>(
    area: &mut Area<'p>,
    root: Term<'p>,
    key: Term<'p>,
    value: Term<'p>,
) -> (Term<'p>, bool) {
    let mut added = true;
    let new = New { entry: Entry { hash: place::<H>(key), key, value }, pair: None };
    let root = insert_in::<H>(area, root, 0, new, &mut added);
    (root, added)
}

/// What takes the place of `child`, which is (or, if it is no node, would be) on `level`.
fn insert_in<'p, H: KeyHash>(
    area: &mut Area<'p>,
    child: Term<'p>,
    level: u32,
    new: New<'p>,
    added: &mut bool,
) -> Term<'p> {
    let Entry { hash: new_hash, key, .. } = new.entry;
    if let Some((k, v)) = child.as_cons() {
        if exact_eq(k, key) {
            *added = false;
            return new.instead_of(area, child, v);
        }
        let hash = place::<H>(k);
        let leaf = new.pair(area);
        if hash != new_hash {
            return split(area, level, (hash, child), (new_hash, leaf));
        }
        let mut pairs = [child, leaf];
        if compare_map_keys(k, key).is_gt() {
            pairs.reverse();
        }
        return area.object(Kind::HamtCollision, &pairs);
    }
    if child.kind() == Some(Kind::HamtCollision) {
        return insert_in_collision::<H>(area, child, level, new, added);
    }
    let (slots, children) = node_parts(child);
    let bit = 1u32 << slot(new_hash, level);
    let at = place_of(slots, bit);
    if slots & bit == 0 {
        let leaf = new.pair(area);
        return area.hamt_node_inserting(slots | bit, children, at, leaf);
    }
    let old = children[at];
    let below = insert_in::<H>(area, old, level + 1, new, added);
    if below.word() == old.word() {
        return child;
    }
    area.hamt_node_replacing(slots, children, at, below)
}

fn insert_in_collision<'p, H: KeyHash>(
    area: &mut Area<'p>,
    collision: Term<'p>,
    level: u32,
    new: New<'p>,
    added: &mut bool,
) -> Term<'p> {
    let Entry { hash: new_hash, key, .. } = new.entry;
    let pairs = collision.object_terms(0);
    let hash = place::<H>(key_of(pairs[0]));
    if hash != new_hash {
        let leaf = new.pair(area);
        return split(area, level, (hash, collision), (new_hash, leaf));
    }
    let at = pairs.partition_point(|p| compare_map_keys(key_of(*p), key).is_lt());
    let mut pairs = pairs.to_vec();
    match pairs.get(at).and_then(|p| p.as_cons()) {
        Some((k, v)) if exact_eq(k, key) => {
            *added = false;
            let old = pairs[at];
            pairs[at] = new.instead_of(area, old, v);
            if pairs[at].word() == old.word() {
                return collision;
            }
        }
        _ => pairs.insert(at, new.pair(area)),
    }
    area.object(Kind::HamtCollision, &pairs)
}

/// A node on `level` that holds two leaves of different hashes.
fn split<'p>(
    area: &mut Area<'p>,
    level: u32,
    (h, a): (u64, Term<'p>),
    (i, b): (u64, Term<'p>),
) -> Term<'p> {
    let (s, t) = (slot(h, level), slot(i, level));
    if s == t {
        let below = split(area, level + 1, (h, a), (i, b));
        return node(area, 1 << s, &[below]);
    }
    let children = if s < t { [a, b] } else { [b, a] };
    node(area, 1 << s | 1 << t, &children)
}

fn key_of<'p>(pair: Term<'p>) -> Term<'p> {
    pair.as_cons().expect("a leaf is a pair").0
}

/// The root of all keys under two roots, what `b` says of a key before what `a` says, and how many keys
/// are under both. Nodes of one that the other has nothing to change in are shared.
pub(super) fn merge<'p, H: KeyHash>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
) -> (Term<'p>, usize) {
    let mut both = 0;
    let root = merge_in::<H>(area, a, b, 0, &mut both);
    (root, both)
}

/// What takes the place of `a` and `b`, which are (or, if they are no nodes, would be) on `level`.
#[inline]
fn merge_in<'p, H: KeyHash>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
    level: u32,
    both: &mut usize,
) -> Term<'p> {
    // Mostly pairs of one key, where there are two.
    if let (Some((k, _)), Some((l, _))) = (a.as_cons(), b.as_cons())
        && exact_eq(k, l)
    {
        *both += 1;
        return b;
    }
    merge_nodes::<H>(area, a, b, level, both)
}

/// As [`merge_in`], of what is not two pairs of one key.
fn merge_nodes<'p, H: KeyHash>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
    level: u32,
    both: &mut usize,
) -> Term<'p> {
    if a.word() == b.word() {
        *both += pairs_under(a);
        return b;
    }
    let new = |pair: Term<'p>| {
        let (key, value) = pair.as_cons().expect("a leaf is a pair");
        New { entry: Entry { hash: place::<H>(key), key, value }, pair: Some(pair) }
    };
    let (mut nodes, mut more) = match (as_node(a), as_node(b)) {
        (Some(nodes), Some(more)) => (nodes, more),
        (_, None) => {
            return pairs_in(&b).iter().fold(a, |a, pair| {
                let mut added = true;
                let merged = insert_in::<H>(area, a, level, new(*pair), &mut added);
                *both += usize::from(!added);
                merged
            });
        }
        (None, Some(_)) => {
            return pairs_in(&a).iter().fold(b, |b, pair| {
                let new = new(*pair);
                if get_from(b, level, new.entry.hash, new.entry.key).is_some() {
                    *both += 1;
                    return b;
                }
                insert_in::<H>(area, b, level, new, &mut true)
            });
        }
    };
    let slots = nodes.0 | more.0;
    let (mut is_a, mut is_b) = (slots == nodes.0, slots == more.0);
    let mut children = Children::new();
    let mut rest = slots;
    while rest != 0 {
        let bit = rest & rest.wrapping_neg();
        rest ^= bit;
        children.push(match (child_at(bit, &mut nodes), child_at(bit, &mut more)) {
            (Some(x), Some(y)) => {
                let merged = merge_in::<H>(area, x, y, level + 1, both);
                is_a &= merged.word() == x.word();
                is_b &= merged.word() == y.word();
                merged
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => unreachable!("one of them uses the slot"),
        });
    }
    if is_b {
        b
    } else if is_a {
        a
    } else {
        node(area, slots, &children)
    }
}

/// Takes the child of a slot, if there is one, from those that are left of a node.
#[inline(always)]
fn child_at<'p>(bit: u32, (slots, children): &mut (u32, &'p [Term<'p>])) -> Option<Term<'p>> {
    let (first, others) = children.split_first().filter(|_| *slots & bit != 0)?;
    *children = others;
    Some(*first)
}

/// The slots and children of a child that is a node.
fn as_node<'p>(child: Term<'p>) -> Option<(u32, &'p [Term<'p>])> {
    (child.kind() == Some(Kind::HamtNode)).then(|| node_parts(child))
}

/// The pairs of a child that is no node.
fn pairs_in<'a, 'p>(child: &'a Term<'p>) -> &'a [Term<'p>] {
    if child.as_cons().is_some() { std::slice::from_ref(child) } else { child.object_terms(0) }
}

fn pairs_under(child: Term<'_>) -> usize {
    match as_node(child) {
        Some((_, children)) => children.iter().map(|child| pairs_under(*child)).sum(),
        None => pairs_in(&child).len(),
    }
}

/// The root without `key`, which is there and not alone.
pub(super) fn remove<'p, H: KeyHash>(
    area: &mut Area<'p>,
    root: Term<'p>,
    key: Term<'p>,
) -> Term<'p> {
    remove_in(area, root, 0, place::<H>(key), key).expect("a root of more than one key")
}

/// What takes the place of `child`; nothing if that was its only key.
fn remove_in<'p>(
    area: &mut Area<'p>,
    child: Term<'p>,
    level: u32,
    hash: u64,
    key: Term<'p>,
) -> Option<Term<'p>> {
    if child.as_cons().is_some() {
        return None;
    }
    if child.kind() == Some(Kind::HamtCollision) {
        let keep = |p: &Term<'p>| p.as_cons().is_some_and(|(k, _)| !exact_eq(k, key));
        let left: Vec<_> = child.object_terms(0).iter().copied().filter(keep).collect();
        return match left[..] {
            [one] => Some(one),
            _ => Some(area.object(Kind::HamtCollision, &left)),
        };
    }
    let (slots, children) = node_parts(child);
    let bit = 1u32 << slot(hash, level);
    let at = place_of(slots, bit);
    // What stands alone is no node below the root, but if it is one itself.
    let alone = |one: Term<'p>| level > 0 && one.kind() != Some(Kind::HamtNode);
    match (remove_in(area, children[at], level + 1, hash, key), children) {
        (Some(below), [_]) if alone(below) => Some(below),
        (Some(below), _) => Some(area.hamt_node_replacing(slots, children, at, below)),
        (None, [_]) => None,
        (None, [a, b]) if alone(if at == 0 { *b } else { *a }) => {
            Some(if at == 0 { *b } else { *a })
        }
        (None, _) => {
            let mut left = Children::from_slice(children);
            left.remove(at);
            Some(node(area, slots & !bit, &left))
        }
    }
}
