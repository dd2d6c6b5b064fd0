//! The process dictionary.
//!
//! Entries lie in the order they were made; a hash index is added once there are many. The words
//! are roots; hashes are those of the terms, so a collection does not disturb the index.

use super::Process;
use crate::term::{Term, Word, compare, hash};
use hashbrown::HashTable;

/// From how many entries on there is an index.
const INDEX_FROM: usize = 12;

/// The entries of a process dictionary.
#[derive(Default)]
pub struct Dictionary {
    entries: Vec<[Word; 2]>,
    /// Places in `entries` by the hash of the key; empty while there are few.
    index: HashTable<u32>,
}

/// # Safety
/// `w` is a term of the process's heap, and nothing collects during `'a`.
unsafe fn term<'a>(w: Word) -> Term<'a> {
    // SAFETY: the caller's promise.
    unsafe { Term::from_word(w) }
}

fn same(a: Word, key: Term<'_>) -> bool {
    // SAFETY: keys are terms of the process that `key` is one of.
    compare::exact_eq(unsafe { term(a) }, key)
}

impl Dictionary {
    #[inline(always)]
    fn find(&self, key: Term<'_>) -> Option<usize> {
        if self.index.is_empty() {
            let found = self.entries.iter().position(|e| e[0] == key.word());
            // Most keys equal none but those of the same word.
            if found.is_some() || key.word().is_plain() {
                return found;
            }
        }
        self.find_other(key)
    }

    /// What stands at a key.
    #[inline(always)]
    fn get(&self, key: Term<'_>) -> Option<Word> {
        // As `find`, but that the entry need not be looked up.
        if self.index.is_empty() {
            let found = self.entries.iter().find(|e| e[0] == key.word());
            if found.is_some() || key.word().is_plain() {
                return found.map(|e| e[1]);
            }
        }
        self.find_other(key).map(|i| self.entries[i][1])
    }

    #[inline(never)]
    fn find_other(&self, key: Term<'_>) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|e| same(e[0], key));
        }
        let found =
            self.index.find(hash::internal(key), |i| same(self.entries[*i as usize][0], key));
        found.map(|i| *i as usize)
    }

    fn hash_at(&self, i: usize) -> u64 {
        // SAFETY: a key of the process's own.
        hash::internal(unsafe { term(self.entries[i][0]) })
    }

    fn add(&mut self, key: Term<'_>, value: Word) {
        self.entries.push([key.word(), value]);
        let n = self.entries.len();
        // One that was large keeps its index.
        if n < INDEX_FROM && self.index.is_empty() {
            return;
        }
        let first = if self.index.is_empty() { 0 } else { n - 1 };
        for i in first..n {
            let h = self.hash_at(i);
            let entries = &self.entries;
            self.index.insert_unique(h, i as u32, |i| {
                // SAFETY: a key of the process's own.
                hash::internal(unsafe { term(entries[*i as usize][0]) })
            });
        }
    }

    fn remove(&mut self, i: usize) -> Word {
        if !self.index.is_empty() {
            let h = self.hash_at(i);
            if let Ok(e) = self.index.find_entry(h, |j| *j as usize == i) {
                e.remove();
            }
            let last = self.entries.len() - 1;
            if i != last {
                let h = self.hash_at(last);
                if let Some(j) = self.index.find_mut(h, |j| *j as usize == last) {
                    *j = i as u32;
                }
            }
        }
        self.entries.swap_remove(i)[1]
    }

    /// The words that are roots.
    pub fn words(&mut self) -> &mut [Word] {
        self.entries.as_flattened_mut()
    }
}

impl Process {
    /// `get/1`
    #[inline(always)]
    pub fn dictionary_get(&self, key: Term<'_>) -> Option<Word> {
        self.rare.as_ref()?.dictionary.get(key)
    }

    /// `put/2`: gives what was there.
    pub fn dictionary_put(&mut self, key: Term<'_>, value: Term<'_>) -> Option<Word> {
        let d = &mut self.rare().dictionary;
        match d.find(key) {
            Some(i) => Some(std::mem::replace(&mut d.entries[i][1], value.word())),
            None => {
                d.add(key, value.word());
                None
            }
        }
    }

    /// `erase/1`: gives what was there.
    pub fn dictionary_erase(&mut self, key: Term<'_>) -> Option<Word> {
        let d = &mut self.rare.as_mut()?.dictionary;
        let i = d.find(key)?;
        Some(d.remove(i))
    }

    /// All entries, the latest first, as `get/0` has them in small dictionaries.
    pub fn dictionary_entries(&self) -> Vec<[Word; 2]> {
        self.rare
            .as_ref()
            .map_or(Vec::new(), |r| r.dictionary.entries.iter().rev().copied().collect())
    }

    /// `erase/0`
    pub fn dictionary_clear(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.dictionary = Dictionary::default();
        }
    }
}
