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
use super::object::{Object, add_small, replace_immediate};
use crate::heap::words::stays_branch;
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

    /// Makes one node of two neighbours if they have become small.
    fn join(&mut self, at: usize) {
        if self.nodes.get(at + 1).is_none_or(|next| self.nodes[at].len() + next.len() > MOST / 2) {
            return;
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
    if entries.get(at).is_some_and(|e| e.key.is_before(key, true)) { Ok(at) } else { Err(at) }
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

    /// Puts an entry in. Gives what it takes the place of, and what has become another node behind.
    fn insert(&mut self, new: Entry) -> (Option<Entry>, Option<Node>) {
        match self {
            Node::Leaf(entries) => match search(entries, new.key) {
                Ok(at) => (Some(std::mem::replace(&mut entries[at], new)), None),
                Err(at) => {
                    let mut right = (entries.len() == MOST).then(|| split(entries, at));
                    match (&mut right, at.checked_sub(entries.len())) {
                        (Some(right), Some(at)) => right.insert(at, new),
                        _ => entries.insert(at, new),
                    }
                    (None, right.map(Node::Leaf))
                }
            },
            Node::Inner(inner) => {
                let at = inner.place(new.key);
                let (old, right) = inner.nodes[at].insert(new);
                inner.note_first(at);
                (old, right.and_then(|right| inner.insert(at + 1, right)).map(Node::Inner))
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

pub(super) struct TreeStore {
    root: Node,
    len: usize,
    key_position: usize,
    pub words: usize,
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
        TreeStore { root: Node::Leaf(Vec::new()), len: 0, key_position, words: 0 }
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

    #[inline]
    fn find(&self, key: Term<'_>) -> Option<&Object> {
        let key = Key(key.word());
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
        self.words += object.size_in_words();
        let key = Key(object.key(self.key_position).word());
        let (old, right) = self.root.insert(Entry { key, object });
        match old {
            Some(old) => self.words -= old.object.size_in_words(),
            None => self.len += 1,
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
        let mut changes = Vec::new();
        for t in self.ascending(From::End) {
            match f(t) {
                Change::Keep => {}
                change => {
                    let elements = t.as_tuple().expect("objects are tuples");
                    changes.push((Key(elements[self.key_position - 1].word()), change));
                }
            }
        }
        // The object whose key it is is there until then.
        for (key, change) in changes {
            self.change(key, change);
        }
    }

    fn change(&mut self, key: Key, change: Change) {
        match change {
            Change::Keep => {}
            Change::Remove => self.remove(key),
            Change::Replace(new) => self.insert(new),
        }
    }
}
