//! Ordered tables: objects in the order of their keys.
//!
//! The keys' words lie in the tree itself, so that immediate keys are compared without a look at
//! the object. Invariant: a [`Key`] in the tree is the key of the object beside it, which owns
//! what the word refers to; a key that is looked for is a term of the caller's for the call.

use super::hash::Change;
use super::object::{Object, add_small, replace_immediate};
use crate::term::{Term, Word, compare::compare};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

/// A key, ordered as `<` has it: `1` and `1.0` are the same.
#[derive(Clone, Copy)]
struct Key(Word);

impl Ord for Key {
    #[inline]
    fn cmp(&self, other: &Key) -> Ordering {
        // SAFETY: the invariant of this file; the terms are seen during this call only.
        unsafe { compare(Term::from_word(self.0), Term::from_word(other.0)) }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

struct Entry {
    key: Key,
    object: Object,
}

impl Borrow<Key> for Entry {
    fn borrow(&self) -> &Key {
        &self.key
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}

pub(super) struct TreeStore {
    tree: BTreeSet<Entry>,
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

impl TreeStore {
    pub fn new(key_position: usize) -> TreeStore {
        TreeStore { tree: BTreeSet::new(), key_position, words: 0 }
    }

    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Frees the first `n` objects; whether none is left.
    pub fn free_some(&mut self, n: usize) -> bool {
        for _ in 0..n {
            drop(self.tree.pop_first());
        }
        self.tree.is_empty()
    }

    #[inline]
    pub fn get(&self, key: Term<'_>) -> Option<Term<'_>> {
        self.tree.get(&Key(key.word())).map(|e| e.object.term())
    }

    pub fn insert(&mut self, object: Object) {
        self.words += object.size_in_words();
        let key = Key(object.key(self.key_position).word());
        if let Some(old) = self.tree.replace(Entry { key, object }) {
            self.words -= old.object.size_in_words();
        }
    }

    /// Takes the object of that key out if `which` holds; whether it did.
    pub fn remove_of(&mut self, key: Term<'_>, mut which: impl FnMut(Term<'_>) -> bool) -> bool {
        match self.get(key) {
            Some(t) if which(t) => {
                if let Some(e) = self.tree.take(&Key(key.word())) {
                    self.words -= e.object.size_in_words();
                }
                true
            }
            _ => false,
        }
    }

    /// As for tables that hash.
    pub fn replace_immediate(&mut self, key: Term<'_>, i: usize, value: Term<'_>) -> bool {
        match self.tree.get(&Key(key.word())) {
            // SAFETY: an object of ours, and `self` is borrowed whole; it is no key that changes.
            Some(e) => unsafe { replace_immediate(e.object.head().cast_mut(), i, value) },
            None => false,
        }
    }

    /// As for tables that hash.
    pub fn add_small(&mut self, key: Term<'_>, i: usize, n: i64) -> Option<Word> {
        let e = self.tree.get(&Key(key.word()))?;
        // SAFETY: an object of ours, and `self` is borrowed whole; it is no key that changes.
        unsafe { add_small(e.object.head().cast_mut(), i, n) }
    }

    /// The objects in order from a place on.
    pub fn ascending(&self, from: From<'_>) -> impl Iterator<Item = Term<'_>> {
        let lower = match from {
            From::End => Bound::Unbounded,
            From::At(k) => Bound::Included(Key(k.word())),
            From::Behind(k) => Bound::Excluded(Key(k.word())),
        };
        self.tree.range((lower, Bound::Unbounded)).map(|e| e.object.term())
    }

    /// The objects from the last on, or from a place downwards.
    pub fn descending(&self, from: From<'_>) -> impl Iterator<Item = Term<'_>> {
        let upper = match from {
            From::End => Bound::Unbounded,
            From::At(k) => Bound::Included(Key(k.word())),
            From::Behind(k) => Bound::Excluded(Key(k.word())),
        };
        self.tree.range((Bound::Unbounded, upper)).rev().map(|e| e.object.term())
    }

    /// The `i`th object.
    pub fn nth(&self, i: usize) -> Option<Term<'_>> {
        self.tree.iter().nth(i).map(|e| e.object.term())
    }

    /// Changes the object of that key as `f` says.
    pub fn update_one(&mut self, key: Term<'_>, f: impl FnOnce(Term<'_>) -> Change) {
        let Some(t) = self.get(key) else { return };
        match f(t) {
            Change::Keep => {}
            Change::Remove => {
                self.remove_of(key, |_| true);
            }
            Change::Replace(new) => self.insert(new),
        }
    }

    /// Changes the objects for which `f` says so.
    pub fn update(&mut self, mut f: impl FnMut(Term<'_>) -> Change) {
        let mut replaced = Vec::new();
        let words = &mut self.words;
        self.tree.retain(|e| match f(e.object.term()) {
            Change::Keep => true,
            Change::Remove => {
                *words -= e.object.size_in_words();
                false
            }
            Change::Replace(new) => {
                replaced.push(new);
                true
            }
        });
        for new in replaced {
            self.insert(new);
        }
    }
}
