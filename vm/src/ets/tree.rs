//! Ordered tables: objects in the order of their keys, in a B+ tree (Comer 1979).
//!
//! The keys' words lie in the tree itself, so that immediate keys are compared without a look at
//! the object. Invariants:
//! - A [`Key`] in a leaf is the key of the object beside it, which owns what the word refers to; one in
//!   an inner node is the first key under the node beside it. Whatever changes a node notes its first key
//!   again above, before the object goes that had the key before. A key that is looked for is a term of
//!   the caller's for the call.
//! - All leaves are on one level. No node is empty, but for the root, and an inner root has two nodes.

use super::hash::Change;
use super::object::{Object, add_small, overwrite, replace_immediate};
use crate::heap::words::stays_branch;
use crate::sync::{AtomicU64, Ordering as Atomically};
use crate::term::{Term, Word, compare::compare};
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::slice::Iter;

/// A key, ordered as `<` has it: `1` and `1.0` are the same.
#[derive(Clone, Copy)]
struct Key(Word);

impl Key {
    /// Whether it is before another one, or, if `or_same`, the same. It is what takes the time of a
    /// search, and says so of small integers without making an order of it.
    #[inline(always)]
    fn is_before(self, other: Key, or_same: bool) -> bool {
        let (a, b) = (self.0, other.0);
        if a.both_small(b) {
            // The tag is the same in both words, so their order is that of the values.
            let (a, b) = (a.0 as i64, b.0 as i64);
            return if or_same { a <= b } else { a < b };
        }
        let order = self.order(other);
        order == Ordering::Less || or_same && order == Ordering::Equal
    }

    /// Whether it is the same as another one. Of immediates that are not the same word it says no
    /// without a look, though numbers may be.
    #[inline(always)]
    fn is_plainly(self, other: Key) -> bool {
        self.0 == other.0
            || !self.0.is_immediate()
                && !other.0.is_immediate()
                && self.order(other) == Ordering::Equal
    }

    #[inline(never)]
    fn order(self, other: Key) -> Ordering {
        // SAFETY: the invariant of this file; the terms are seen during this call only.
        unsafe { compare(Term::from_word(self.0), Term::from_word(other.0)) }
    }
}

struct Entry {
    key: Key,
    object: Object,
}

/// Most entries or nodes of a node.
const MOST: usize = 64;

/// What has become of an object that was put in.
enum Put {
    Added,
    InPlaceOf(Entry),
    /// Its elements have been written over those of another one.
    Written,
}

enum Node {
    Leaf(Vec<Entry>),
    Inner(Inner),
}

/// Nodes, and the first key under each.
struct Inner {
    firsts: Vec<Key>,
    nodes: Vec<Node>,
}

/// The items of a full node that are to be another one behind it if the next item is to be at `at`:
/// half of them, but none where items come in order.
fn split<T>(items: &mut Vec<T>, at: usize) -> Vec<T> {
    let cut = if at == items.len() { at } else { items.len() / 2 };
    let mut right = Vec::with_capacity(MOST);
    right.extend(items.drain(cut..));
    right
}

impl Inner {
    /// Under which of the nodes a key is, or would be.
    #[inline]
    fn place(&self, key: Key) -> usize {
        count_before(&self.firsts, |first| *first, key, true).saturating_sub(1)
    }

    fn note_first(&mut self, at: usize) {
        self.firsts[at] = self.nodes[at].first_key();
    }

    fn insert(&mut self, at: usize, node: Node) -> Option<Inner> {
        let mut right = (self.nodes.len() == MOST).then(|| {
            let nodes = split(&mut self.nodes, at);
            Inner { firsts: self.firsts.split_off(self.nodes.len()), nodes }
        });
        let (inner, at) = match (&mut right, at.checked_sub(self.nodes.len())) {
            (Some(right), Some(at)) => (right, at),
            _ => (self, at),
        };
        inner.firsts.insert(at, node.first_key());
        inner.nodes.insert(at, node);
        right
    }

    /// Makes one node of two neighbours if they have become small; whether it did.
    fn join(&mut self, at: usize) -> bool {
        if self.nodes.get(at + 1).is_none_or(|next| self.nodes[at].len() + next.len() > MOST / 2) {
            return false;
        }
        self.firsts.remove(at + 1);
        match (self.nodes.remove(at + 1), &mut self.nodes[at]) {
            (Node::Leaf(mut next), Node::Leaf(entries)) => entries.append(&mut next),
            (Node::Inner(mut next), Node::Inner(inner)) => {
                inner.firsts.append(&mut next.firsts);
                inner.nodes.append(&mut next.nodes);
            }
            _ => unreachable!("all leaves are on one level"),
        }
        true
    }
}

/// How many of some items are before a key, or, if `or_same`, not behind it. Searches by branches: a
/// processor that foresees them goes on before a key has come from memory.
#[inline(always)]
fn count_before<T>(items: &[T], key_of: impl Fn(&T) -> Key, key: Key, or_same: bool) -> usize {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = (low + high) / 2;
        if key_of(&items[middle]).is_before(key, or_same) {
            low = stays_branch(middle + 1);
        } else {
            high = middle;
        }
    }
    low
}

/// Where a key is among entries, or would be.
#[inline]
fn search(entries: &[Entry], key: Key) -> Result<usize, usize> {
    let at = count_before(entries, |e| e.key, key, false);
    let is_there = |e: &Entry| e.key.0 == key.0 || e.key.is_before(key, true);
    if entries.get(at).is_some_and(is_there) { Ok(at) } else { Err(at) }
}

impl Node {
    fn len(&self) -> usize {
        match self {
            Node::Leaf(entries) => entries.len(),
            Node::Inner(inner) => inner.nodes.len(),
        }
    }

    /// The first key under it; it is not empty.
    fn first_key(&self) -> Key {
        match self {
            Node::Leaf(entries) => entries[0].key,
            Node::Inner(inner) => inner.firsts[0],
        }
    }

    /// Puts in what `make` makes, whose key is that key, or writes over what is there. Gives what it takes
    /// the place of, and what has become another node behind.
    fn insert(
        &mut self,
        key: Key,
        immediates: Option<&[Term<'_>]>,
        make: impl FnOnce() -> Entry,
    ) -> (Put, Option<Node>) {
        match self {
            Node::Leaf(entries) => match search(entries, key) {
                Ok(at) => {
                    let entry = &mut entries[at];
                    // With another word for the key, keys in inner nodes would have to change too.
                    if let Some(immediates) = immediates
                        && entry.key.0 == key.0
                        // SAFETY: an object of ours, and `self` is borrowed whole.
                        && unsafe { overwrite(entry.object.head().cast_mut(), immediates) }
                    {
                        return (Put::Written, None);
                    }
                    (Put::InPlaceOf(std::mem::replace(entry, make())), None)
                }
                Err(at) => {
                    let new = make();
                    let mut right = (entries.len() == MOST).then(|| split(entries, at));
                    match (&mut right, at.checked_sub(entries.len())) {
                        (Some(right), Some(at)) => right.insert(at, new),
                        _ => entries.insert(at, new),
                    }
                    (Put::Added, right.map(Node::Leaf))
                }
            },
            Node::Inner(inner) => {
                let at = inner.place(key);
                let (put, right) = inner.nodes[at].insert(key, immediates, make);
                if let Put::Written = put {
                    return (put, None);
                }
                inner.note_first(at);
                (put, right.and_then(|right| inner.insert(at + 1, right)).map(Node::Inner))
            }
        }
    }

    fn remove(&mut self, key: Key) -> Option<Entry> {
        match self {
            Node::Leaf(entries) => search(entries, key).ok().map(|at| entries.remove(at)),
            Node::Inner(inner) => {
                let at = inner.place(key);
                let gone = inner.nodes[at].remove(key)?;
                if inner.nodes[at].len() == 0 {
                    inner.firsts.remove(at);
                    inner.nodes.remove(at);
                } else {
                    inner.note_first(at);
                    inner.join(at);
                    inner.join(at.saturating_sub(1));
                }
                Some(gone)
            }
        }
    }

    /// Changes entries as it is told.
    fn change(&mut self, changes: &mut Changes, gone: &mut Vec<Object>) {
        match self {
            Node::Leaf(entries) => {
                let mut place = changes.place;
                changes.place += entries.len();
                if changes.have_one_before(changes.place) {
                    let goes = |entry: &mut Entry| {
                        place += 1;
                        changes.make(place - 1, entry)
                    };
                    gone.extend(entries.extract_if(.., goes).map(|entry| entry.object));
                }
            }
            Node::Inner(inner) => {
                let mut at = 0;
                while at < inner.nodes.len() {
                    inner.nodes[at].change(changes, gone);
                    if inner.nodes[at].len() == 0 {
                        inner.firsts.remove(at);
                        inner.nodes.remove(at);
                        continue;
                    }
                    inner.note_first(at);
                    at += 1;
                    // What has been joined may be joined with the next one yet.
                    if at > 1 && inner.join(at - 2) {
                        at -= 1;
                    }
                }
            }
        }
    }

    /// Frees the last entries, `left` of them or fewer, and takes from `left` how many; whether none is
    /// left.
    fn free_some(&mut self, left: &mut usize) -> bool {
        match self {
            Node::Leaf(entries) => {
                let n = entries.len().min(*left);
                *left -= n;
                entries.truncate(entries.len() - n);
                entries.is_empty()
            }
            Node::Inner(inner) => {
                while let Some(node) = inner.nodes.last_mut() {
                    if !node.free_some(left) {
                        break;
                    }
                    inner.nodes.pop();
                }
                inner.nodes.is_empty()
            }
        }
    }
}

/// What is to become of entries.
struct Changes {
    /// By their places among all entries, in their order: nothing, or another object with the same key,
    /// which afterwards is the one that was there.
    all: Vec<(usize, Option<Object>)>,
    /// Which is the next one to be made.
    next: usize,
    /// The place of the first entry of the next leaf.
    place: usize,
    key_position: usize,
}

impl Changes {
    fn have_one_before(&self, place: usize) -> bool {
        self.all.get(self.next).is_some_and(|(at, _)| *at < place)
    }

    /// Makes the change of the entry at that place, if there is one; whether it is to go.
    fn make(&mut self, place: usize, entry: &mut Entry) -> bool {
        let Some((at, new)) = self.all.get_mut(self.next) else { return false };
        if *at != place {
            return false;
        }
        self.next += 1;
        let Some(new) = new else { return true };
        std::mem::swap(&mut entry.object, new);
        entry.key = Key(entry.object.key(self.key_position).word());
        false
    }
}

pub(super) struct TreeStore {
    root: Node,
    len: usize,
    key_position: usize,
    pub words: usize,
    /// The way to the entry that a step from key to key has come to last, as a [`Way`]: who goes on from
    /// there, or looks the key up, need not search. It is a guess: whoever follows it looks what key is
    /// there.
    last: AtomicU64,
    /// The word of the key of that entry: who is after another immediate need not follow the way.
    last_key: AtomicU64,
}

/// Bits that tell which of the items of a node, the root's lowest.
const WAY_BITS: u32 = MOST.trailing_zeros();

/// No way that there is: the tree would have to be ten levels high.
const NO_WAY: u64 = u64::MAX;

/// The way from the root to an entry.
#[derive(Clone, Copy)]
struct Way {
    bits: u64,
    /// Where the next level goes.
    shift: u32,
}

impl Way {
    const START: Way = Way { bits: 0, shift: 0 };

    /// That way, and on to the item at `at`. What is too long for it leads elsewhere.
    #[inline(always)]
    fn to(self, at: usize) -> Way {
        let bits = self.bits | (at as u64).wrapping_shl(self.shift);
        Way { bits, shift: self.shift + WAY_BITS }
    }
}

/// Where a walk begins.
#[derive(Clone, Copy)]
pub(super) enum From<'a> {
    /// At the end that it starts from.
    End,
    /// At that key, if it is there.
    At(Term<'a>),
    /// Behind that key, in the direction of the walk.
    Behind(Term<'a>),
}

/// A walk over the objects, from the last to the first if `BACK`.
struct Walk<'t, const BACK: bool> {
    /// Of the leaf that it has come to what is left.
    entries: Iter<'t, Entry>,
    /// The same of the nodes above, from the root down.
    above: SmallVec<[Iter<'t, Node>; 6]>,
}

impl<'t, const BACK: bool> Walk<'t, BACK> {
    fn new(root: &'t Node, from: From<'_>) -> Walk<'t, BACK> {
        let mut above = SmallVec::new();
        let mut node = root;
        loop {
            match node {
                Node::Inner(inner) => {
                    let at = match from {
                        From::At(key) | From::Behind(key) => inner.place(Key(key.word())),
                        From::End if BACK => inner.nodes.len() - 1,
                        From::End => 0,
                    };
                    node = &inner.nodes[at];
                    above.push(Self::rest(&inner.nodes, if BACK { at } else { at + 1 }));
                }
                Node::Leaf(entries) => {
                    let before = |key: Term<'_>, or_same: bool| {
                        count_before(entries, |e| e.key, Key(key.word()), or_same)
                    };
                    let at = match from {
                        From::At(key) => before(key, BACK),
                        From::Behind(key) => before(key, !BACK),
                        From::End if BACK => entries.len(),
                        From::End => 0,
                    };
                    return Walk { entries: Self::rest(entries, at), above };
                }
            }
        }
    }

    /// Those that the walk has before it at the gap before `at`.
    #[inline(always)]
    fn rest<T>(items: &'t [T], at: usize) -> Iter<'t, T> {
        if BACK { items[..at].iter() } else { items[at..].iter() }
    }

    #[inline(always)]
    fn step<T>(items: &mut Iter<'t, T>) -> Option<&'t T> {
        if BACK { items.next_back() } else { items.next() }
    }
}

impl<'t, const BACK: bool> Iterator for Walk<'t, BACK> {
    type Item = Term<'t>;

    #[inline]
    fn next(&mut self) -> Option<Term<'t>> {
        loop {
            if let Some(e) = Self::step(&mut self.entries) {
                return Some(e.object.term());
            }
            match Self::step(self.above.last_mut()?) {
                None => drop(self.above.pop()),
                Some(Node::Leaf(entries)) => self.entries = entries.iter(),
                Some(Node::Inner(inner)) => self.above.push(inner.nodes.iter()),
            }
        }
    }
}

impl TreeStore {
    pub fn new(key_position: usize) -> TreeStore {
        TreeStore {
            root: Node::Leaf(Vec::new()),
            len: 0,
            key_position,
            words: 0,
            last: AtomicU64::new(NO_WAY),
            last_key: AtomicU64::new(Word::NIL.0),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Frees `n` objects; whether none is left. Of no use as a table afterwards.
    pub fn free_some(&mut self, n: usize) -> bool {
        let mut left = n;
        let all = self.root.free_some(&mut left);
        self.len -= n - left;
        all
    }

    /// The leaf and place of a key, and the way there, if the last step has led there.
    #[inline]
    fn guessed(&self, key: Key) -> Option<(&[Entry], usize, Way)> {
        let other = self.last_key.load(Atomically::Relaxed) != key.0.0;
        let bits = self.last.load(Atomically::Relaxed);
        if bits == NO_WAY || other && key.0.is_immediate() {
            return None;
        }
        let (mut node, mut way) = (&self.root, Way::START);
        let found = loop {
            let at = bits.wrapping_shr(way.shift) as usize % MOST;
            match node {
                Node::Inner(inner) => node = inner.nodes.get(at)?,
                Node::Leaf(entries) => break (&entries[..], at, way),
            }
            way = way.to(at);
        };
        found.0.get(found.1)?.key.is_plainly(key).then_some(found)
    }

    /// The entry at the end that a walk starts from.
    #[inline(never)]
    pub fn end<const BACK: bool>(&self) -> Option<Term<'_>> {
        self.end_under::<BACK>(&self.root, Way::START)
    }

    fn end_under<'t, const BACK: bool>(
        &'t self,
        mut node: &'t Node,
        mut way: Way,
    ) -> Option<Term<'t>> {
        loop {
            let at = if BACK { node.len().checked_sub(1)? } else { 0 };
            match node {
                Node::Inner(inner) => node = &inner.nodes[at],
                Node::Leaf(entries) => return self.step_to(entries.get(at)?, way.to(at)),
            }
            way = way.to(at);
        }
    }

    /// The object of an entry that somebody comes to, and may go on from.
    #[inline(always)]
    fn step_to<'t>(&'t self, entry: &'t Entry, way: Way) -> Option<Term<'t>> {
        self.last.store(way.bits, Atomically::Relaxed);
        self.last_key.store(entry.key.0.0, Atomically::Relaxed);
        Some(entry.object.term())
    }

    /// The object behind a key, which need not be there itself, or, if `BACK`, before it.
    #[inline(never)]
    pub fn beside<const BACK: bool>(&self, key: Term<'_>) -> Option<Term<'_>> {
        let key = Key(key.word());
        let next = |at: usize| if BACK { at.checked_sub(1) } else { Some(at + 1) };
        if let Some((entries, at, way)) = self.guessed(key)
            && let Some(at) = next(at)
            && let Some(entry) = entries.get(at)
        {
            return self.step_to(entry, way.to(at));
        }
        let (mut node, mut way) = (&self.root, Way::START);
        // The node beside the lowest one on the way that has one there.
        let mut aside = None;
        loop {
            match node {
                Node::Inner(inner) => {
                    let at = inner.place(key);
                    if let Some(next) = next(at)
                        && let Some(beside) = inner.nodes.get(next)
                    {
                        aside = Some((beside, way.to(next)));
                    }
                    node = &inner.nodes[at];
                    way = way.to(at);
                }
                Node::Leaf(entries) => {
                    let at = count_before(entries, |e| e.key, key, !BACK);
                    let at = if BACK { at.checked_sub(1) } else { Some(at) };
                    if let Some(at) = at
                        && let Some(entry) = entries.get(at)
                    {
                        return self.step_to(entry, way.to(at));
                    }
                    let (node, way) = aside?;
                    return self.end_under::<BACK>(node, way);
                }
            }
        }
    }

    #[inline]
    fn find(&self, key: Term<'_>) -> Option<&Object> {
        let key = Key(key.word());
        if let Some((entries, at, _)) = self.guessed(key) {
            return Some(&entries[at].object);
        }
        self.search(key)
    }

    fn search(&self, key: Key) -> Option<&Object> {
        // Whoever walks from key to key looks up what has been come to; this is somebody else.
        if self.last.load(Atomically::Relaxed) != NO_WAY {
            self.last.store(NO_WAY, Atomically::Relaxed);
        }
        let mut node = &self.root;
        loop {
            match node {
                Node::Inner(inner) => node = &inner.nodes[inner.place(key)],
                Node::Leaf(entries) => {
                    return search(entries, key).ok().map(|at| &entries[at].object);
                }
            }
        }
    }

    #[inline]
    pub fn get(&self, key: Term<'_>) -> Option<Term<'_>> {
        self.find(key).map(Object::term)
    }

    pub fn insert(&mut self, object: Object) {
        let key = Key(object.key(self.key_position).word());
        self.put(key, None, || object);
    }

    /// Puts in a copy of a tuple of immediates.
    pub fn insert_immediates(&mut self, elements: &[Term<'_>]) {
        let key = Key(elements[self.key_position - 1].word());
        self.put(key, Some(elements), || Object::of_immediates(elements));
    }

    fn put(&mut self, key: Key, immediates: Option<&[Term<'_>]>, make: impl FnOnce() -> Object) {
        let (words, at) = (&mut self.words, self.key_position);
        let entry = || {
            let object = make();
            *words += object.size_in_words();
            Entry { key: Key(object.key(at).word()), object }
        };
        let (put, right) = self.root.insert(key, immediates, entry);
        match put {
            Put::Written => return,
            Put::InPlaceOf(old) => self.words -= old.object.size_in_words(),
            Put::Added => self.len += 1,
        }
        if let Some(right) = right {
            let left = std::mem::replace(&mut self.root, Node::Leaf(Vec::new()));
            let firsts = vec![left.first_key(), right.first_key()];
            self.root = Node::Inner(Inner { firsts, nodes: vec![left, right] });
        }
    }

    /// Takes the object of that key out if `which` holds; whether it did.
    pub fn remove_of(&mut self, key: Term<'_>, which: impl FnOnce(Term<'_>) -> bool) -> bool {
        let found = self.get(key).is_some_and(which);
        if found {
            self.remove(Key(key.word()));
        }
        found
    }

    fn remove(&mut self, key: Key) {
        let Some(gone) = self.root.remove(key) else { return };
        self.words -= gone.object.size_in_words();
        self.len -= 1;
        self.lower();
    }

    /// Takes away what levels are of no use any more.
    fn lower(&mut self) {
        if matches!(&self.root, Node::Inner(inner) if inner.nodes.is_empty()) {
            self.root = Node::Leaf(Vec::new());
        }
        while let Node::Inner(inner) = &mut self.root
            && inner.nodes.len() == 1
        {
            self.root = inner.nodes.remove(0);
        }
    }

    /// As for tables that hash.
    pub fn replace_immediate(&mut self, key: Term<'_>, i: usize, value: Term<'_>) -> bool {
        match self.find(key) {
            // SAFETY: an object of ours, and `self` is borrowed whole; it is no key that changes.
            Some(o) => unsafe { replace_immediate(o.head().cast_mut(), i, value) },
            None => false,
        }
    }

    /// As for tables that hash.
    pub fn add_small(&mut self, key: Term<'_>, i: usize, n: i64) -> Option<Word> {
        let o = self.find(key)?;
        // SAFETY: an object of ours, and `self` is borrowed whole; it is no key that changes.
        unsafe { add_small(o.head().cast_mut(), i, n) }
    }

    /// The objects in order from a place on.
    pub fn ascending(&self, from: From<'_>) -> impl Iterator<Item = Term<'_>> {
        Walk::<false>::new(&self.root, from)
    }

    /// The objects from the last on, or from a place downwards.
    pub fn descending(&self, from: From<'_>) -> impl Iterator<Item = Term<'_>> {
        Walk::<true>::new(&self.root, from)
    }

    /// The `i`th object.
    pub fn nth(&self, i: usize) -> Option<Term<'_>> {
        self.ascending(From::End).nth(i)
    }

    /// Changes the object of that key as `f` says.
    pub fn update_one(&mut self, key: Term<'_>, f: impl FnOnce(Term<'_>) -> Change) {
        if let Some(t) = self.get(key) {
            self.change(Key(key.word()), f(t));
        }
    }

    /// Changes the objects for which `f` says so.
    pub fn update(&mut self, mut f: impl FnMut(Term<'_>) -> Change) {
        let mut all = Vec::new();
        for (place, t) in self.ascending(From::End).enumerate() {
            match f(t) {
                Change::Keep => {}
                Change::Remove => all.push((place, None)),
                Change::Replace(new) => all.push((place, Some(new))),
            }
        }
        if all.is_empty() {
            return;
        }
        // All that `f` says is known before anything changes, and no object goes before everything has:
        // meanwhile keys in inner nodes may be those of objects that are no longer below.
        let words = |all: &[(usize, Option<Object>)]| -> usize {
            all.iter().filter_map(|(_, o)| o.as_ref()).map(Object::size_in_words).sum()
        };
        let new = words(&all);
        let mut changes = Changes { all, next: 0, place: 0, key_position: self.key_position };
        let mut gone = Vec::new();
        self.root.change(&mut changes, &mut gone);
        self.words += new;
        self.words -= words(&changes.all);
        self.words -= gone.iter().map(Object::size_in_words).sum::<usize>();
        self.len -= gone.len();
        self.lower();
    }

    fn change(&mut self, key: Key, change: Change) {
        match change {
            Change::Keep => {}
            Change::Remove => self.remove(key),
            Change::Replace(new) => self.insert(new),
        }
    }
}
