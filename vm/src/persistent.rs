//! Persistent terms: a table from terms to terms that any process reads without copying.
//!
//! Keys and values live in the literal arena. What is replaced or erased stays there, since
//! processes may still refer to it (stock collects it in the end; we do not yet).

use crate::sync::RwLock;
use crate::term::compare::exact_eq;
use crate::term::{Area, Term, Word, hash};
use crate::vm::Vm;
use hashbrown::HashMap;

/// The persistent terms of one machine.
#[derive(Default)]
pub struct PersistentTerms {
    by_hash: RwLock<HashMap<u64, Vec<[Word; 2]>>>,
}

/// The literal arena has no room for another term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A literal as a term: it lives as long as the machine.
fn literal<'p>(w: Word) -> Term<'p> {
    // SAFETY: words in the table are literals or immediates, which never move or change.
    unsafe { Term::from_word(w) }
}

impl PersistentTerms {
    /// The value of `key`.
    pub fn get<'p>(&self, key: Term<'p>) -> Option<Term<'p>> {
        let table = self.by_hash.read();
        let entries = table.get(&hash::internal(key))?;
        entries.iter().find(|e| exact_eq(literal(e[0]), key)).map(|e| literal(e[1]))
    }

    /// Gives `key` a value. An equal value is left as it is.
    pub fn put<'p>(&self, vm: &Vm, key: Term<'p>, value: Term<'p>) -> Result<(), Full> {
        let mut table = self.by_hash.write();
        let entries = table.entry(hash::internal(key)).or_default();
        let copy = |t: Term<'p>| vm.copy_to_literals(t).ok_or(Full);
        let same = |w: Word, t: Term<'p>| exact_eq(literal(w), t);
        match entries.iter_mut().find(|e| same(e[0], key)) {
            Some(e) if same(e[1], value) => {}
            Some(e) => e[1] = copy(value)?,
            None => entries.push([copy(key)?, copy(value)?]),
        }
        Ok(())
    }

    /// Takes `key` out. False if it was not there.
    pub fn erase<'p>(&self, key: Term<'p>) -> bool {
        let mut table = self.by_hash.write();
        let Some(entries) = table.get_mut(&hash::internal(key)) else { return false };
        let before = entries.len();
        entries.retain(|e| !exact_eq(literal(e[0]), key));
        entries.len() < before
    }

    /// All pairs.
    pub(crate) fn pairs(&self) -> Vec<[Word; 2]> {
        self.by_hash.read().values().flatten().copied().collect()
    }

    /// All pairs, as a list of `{Key, Value}`.
    pub fn all<'p>(&self, area: &mut Area<'p>) -> Term<'p> {
        let pairs: Vec<[Word; 2]> = self.by_hash.read().values().flatten().copied().collect();
        let items: Vec<Term<'p>> =
            pairs.into_iter().map(|[k, v]| area.tuple(&[literal(k), literal(v)])).collect();
        area.list(&items)
    }

    /// Takes all out.
    pub fn clear(&self) {
        self.by_hash.write().clear();
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_hash.read().values().map(Vec::len).sum()
    }
}
