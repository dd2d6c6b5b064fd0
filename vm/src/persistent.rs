//! Persistent terms: a table from terms to terms that any process reads without copying.
//!
//! Keys and values live in the literal arena, their sharing kept. What is replaced or erased stays
//! there, since processes may still refer to it (stock collects it in the end; we do not yet).
//!
//! The table is open-addressed: an entry is in the first free slot from that of its hash on. At
//! most half of the slots are in use, and at least a quarter once it has grown, as in OTP.

use crate::sync::{RwLock, RwLockReadGuard};
use crate::term::compare::exact_eq;
use crate::term::{Area, Term, Word, hash};
use crate::vm::Vm;

/// Slots that there are at least.
const FIRST_SLOTS: usize = 8;

/// The persistent terms of one machine.
#[derive(Default)]
pub struct PersistentTerms {
    table: RwLock<Table>,
}

/// The literal arena has no room for another term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

struct Entry {
    hash: u64,
    key: Word,
    value: Word,
    /// What key and value take in the arena.
    key_words: usize,
    value_words: usize,
}

impl Entry {
    fn words(&self) -> usize {
        self.key_words + self.value_words
    }
}

struct Table {
    /// A power of two.
    slots: Vec<Option<Box<Entry>>>,
    count: usize,
    /// Of all entries.
    words: usize,
}

impl Default for Table {
    fn default() -> Self {
        Table { slots: Self::empty(FIRST_SLOTS), count: 0, words: 0 }
    }
}

/// A literal as a term: it lives as long as the machine.
fn literal<'p>(w: Word) -> Term<'p> {
    // SAFETY: words in the table are literals or immediates, which never move or change.
    unsafe { Term::from_word(w) }
}

impl Table {
    fn empty(slots: usize) -> Vec<Option<Box<Entry>>> {
        std::iter::repeat_with(|| None).take(slots).collect()
    }

    /// The slot of `key`, or the free one where it would go.
    fn slot(&self, hash: u64, key: Term<'_>) -> usize {
        let mask = self.slots.len() - 1;
        let mut i = hash as usize & mask;
        while let Some(e) = &self.slots[i] {
            if e.hash == hash && exact_eq(literal(e.key), literal(key.word())) {
                break;
            }
            i = (i + 1) & mask;
        }
        i
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flatten().map(|e| &**e)
    }

    fn resize(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, Self::empty(slots));
        for e in old.into_iter().flatten() {
            let i = self.slot(e.hash, literal(e.key));
            self.slots[i] = Some(e);
        }
    }

    /// Takes the entry of a slot out and closes the gap.
    fn take(&mut self, mut gap: usize) -> Option<Box<Entry>> {
        let mask = self.slots.len() - 1;
        let taken = self.slots[gap].take();
        let mut i = (gap + 1) & mask;
        while let Some(e) = &self.slots[i] {
            // What begins its search behind the gap is not found through it.
            let way = i.wrapping_sub(e.hash as usize) & mask;
            if way >= (i.wrapping_sub(gap) & mask) {
                self.slots[gap] = self.slots[i].take();
                gap = i;
            }
            i = (i + 1) & mask;
        }
        taken
    }
}

impl PersistentTerms {
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read()
    }

    /// The value of `key`.
    pub fn get<'p>(&self, key: Term<'p>) -> Option<Term<'p>> {
        let hash = hash::internal(key);
        let table = self.read();
        table.slots[table.slot(hash, key)].as_ref().map(|e| literal(e.value))
    }

    /// Gives `key` a value. An equal value is left as it is.
    pub fn put<'p>(&self, vm: &Vm, key: Term<'p>, value: Term<'p>) -> Result<(), Full> {
        let hash = hash::internal(key);
        let mut table = self.table.write();
        let mut i = table.slot(hash, key);
        if table.slots[i].as_ref().is_some_and(|e| exact_eq(literal(e.value), value)) {
            return Ok(());
        }
        let (value, value_words) = vm.share_to_literals(value).ok_or(Full)?;
        if let Some(e) = &mut table.slots[i] {
            let before = std::mem::replace(&mut e.value_words, value_words);
            e.value = value;
            table.words = table.words - before + value_words;
            return Ok(());
        }
        let (key, key_words) = vm.share_to_literals(key).ok_or(Full)?;
        if 2 * (table.count + 1) > table.slots.len() {
            let slots = 2 * table.slots.len();
            table.resize(slots);
            i = table.slot(hash, literal(key));
        }
        let entry = Entry { hash, key, value, key_words, value_words };
        table.count += 1;
        table.words += entry.words();
        table.slots[i] = Some(Box::new(entry));
        Ok(())
    }

    /// Takes `key` out. False if it was not there.
    pub fn erase<'p>(&self, key: Term<'p>) -> bool {
        let mut table = self.table.write();
        let i = table.slot(hash::internal(key), key);
        let Some(old) = table.take(i) else { return false };
        table.count -= 1;
        table.words -= old.words();
        if 4 * table.count < table.slots.len() && table.slots.len() > FIRST_SLOTS {
            let slots = table.slots.len() / 2;
            table.resize(slots);
        }
        true
    }

    /// All pairs.
    pub(crate) fn pairs(&self) -> Vec<[Word; 2]> {
        self.read().entries().map(|e| [e.key, e.value]).collect()
    }

    /// All pairs, as a list of `{Key, Value}`.
    pub fn all<'p>(&self, area: &mut Area<'p>) -> Term<'p> {
        let pairs = self.pairs();
        let items: Vec<Term<'p>> =
            pairs.into_iter().map(|[k, v]| area.tuple(&[literal(k), literal(v)])).collect();
        area.list(&items)
    }

    /// Takes all out.
    pub fn clear(&self) {
        *self.table.write() = Table::default();
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.read().count
    }

    /// How many slots the table has.
    pub fn slots(&self) -> usize {
        self.read().slots.len()
    }

    /// Bytes that the table and all its keys and values take.
    pub fn bytes(&self) -> usize {
        let table = self.read();
        size_of_val(&table.slots[..]) + table.count * size_of::<Entry>() + table.words * 8
    }
}
