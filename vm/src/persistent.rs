//! Persistent terms: a table from terms to terms that any process reads without copying.
//!
//! Each pair `{Key, Value}` is a tuple in a literal area of its own, which refers to nothing else, the
//! sharing within it kept. Processes may go on to refer to what is replaced or erased, so its area
//! comes back to the caller, who gives it up (`heap::given_up`).
//!
//! The table is open-addressed: an entry is in the first free slot from that of its hash on. At
//! most half of the slots are in use, and at least a quarter once it has grown, as in OTP.

use crate::heap::LiteralArea;
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
    /// `{Key, Value}`
    pair: Word,
    area: LiteralArea,
}

impl Entry {
    fn parts<'p>(&self) -> [Term<'p>; 2] {
        literal(self.pair).as_tuple_of().expect("an entry is a pair")
    }

    fn words(&self) -> usize {
        self.area.words()
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

/// A literal of the table as a term, which stays for as long as the process that looks is not asked
/// to copy what it refers to.
fn literal<'p>(w: Word) -> Term<'p> {
    // SAFETY: words in the table are literals, which never move or change; they are not freed
    // before all processes have been asked after they were taken out.
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
            if e.hash == hash && exact_eq(e.parts()[0], literal(key.word())) {
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
            let i = self.slot(e.hash, e.parts()[0]);
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
        table.slots[table.slot(hash, key)].as_ref().map(|e| e.parts()[1])
    }

    /// Gives `key` a value. An equal value is left as it is. What was there before is to be given up.
    pub fn put<'p>(
        &self,
        vm: &Vm,
        area: &mut Area<'p>,
        key: Term<'p>,
        value: Term<'p>,
    ) -> Result<Option<LiteralArea>, Full> {
        let hash = hash::internal(key);
        let is_there = |table: &Table| {
            let entry = table.slots[table.slot(hash, key)].as_ref();
            entry.is_some_and(|e| exact_eq(e.parts()[1], value))
        };
        if is_there(&self.read()) {
            return Ok(None);
        }
        let pair = area.tuple(&[key, value]);
        let (pair, area) = vm.share_to_literals(pair).ok_or(Full)?;
        let entry = Box::new(Entry { hash, pair, area });
        let mut table = self.table.write();
        let mut i = table.slot(hash, key);
        table.words += entry.words();
        if let Some(e) = &mut table.slots[i] {
            let before = std::mem::replace(e, entry);
            table.words -= before.words();
            return Ok(Some(before.area));
        }
        if 2 * (table.count + 1) > table.slots.len() {
            let slots = 2 * table.slots.len();
            table.resize(slots);
            i = table.slot(hash, key);
        }
        table.count += 1;
        table.slots[i] = Some(entry);
        Ok(None)
    }

    /// Takes `key` out, if it is there: what is to be given up.
    pub fn erase<'p>(&self, key: Term<'p>) -> Option<LiteralArea> {
        let mut table = self.table.write();
        let i = table.slot(hash::internal(key), key);
        let old = table.take(i)?;
        table.count -= 1;
        table.words -= old.words();
        if 4 * table.count < table.slots.len() && table.slots.len() > FIRST_SLOTS {
            let slots = table.slots.len() / 2;
            table.resize(slots);
        }
        Some(old.area)
    }

    /// All pairs, each a tuple.
    pub(crate) fn pairs(&self) -> Vec<Word> {
        self.read().entries().map(|e| e.pair).collect()
    }

    /// All pairs, as a list of `{Key, Value}`.
    pub fn all<'p>(&self, area: &mut Area<'p>) -> Term<'p> {
        let items: Vec<Term<'p>> = self.pairs().into_iter().map(literal).collect();
        area.list(&items)
    }

    /// Takes all out: what is to be given up.
    pub fn clear(&self) -> Vec<LiteralArea> {
        let table = std::mem::take(&mut *self.table.write());
        table.slots.into_iter().flatten().map(|e| e.area).collect()
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
