//! Atoms and the table that makes them unique.
//!
//! An atom is the address of its entry, so that its name is at hand without the table and
//! equality is one compare. Entries of the machine's own atoms (`atoms.rs`) are constants of the
//! program; the others belong to one machine's table and are never freed (as in OTP), which is
//! what makes the `'static` in [`Atom`] true.

use super::build::word_of;
use crate::sync::{AtomicPtr, Ordering as MemoryOrder, RwLock};
use hashbrown::HashMap;
use std::cmp::Ordering;

/// An atom's name and what is precomputed from it.
pub struct AtomEntry {
    name: &'static str,
    /// The first bytes of the name, zeros behind it: where they differ, they tell the order.
    beginning: u64,
    /// What OTP's portable hashes make of the name.
    portable_hash: u32,
    /// What the machine's own hash makes of the name.
    pub(crate) hash: u64,
    is_ascii: bool,
    /// How many atoms there were before it; 0 for the machine's own.
    number: usize,
}

impl AtomEntry {
    pub(super) const fn new(name: &'static str) -> AtomEntry {
        AtomEntry {
            name,
            beginning: beginning(name.as_bytes()),
            portable_hash: super::hash::atom_portable(name),
            hash: super::hash::atom_internal(name),
            is_ascii: name.is_ascii(),
            number: 0,
        }
    }
}

const fn beginning(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let mut i = 0;
    while i < bytes.len() && i < name.len() {
        bytes[i] = name[i];
        i += 1;
    }
    u64::from_be_bytes(bytes)
}

/// An atom: two are equal if they are the same entry.
#[derive(Clone, Copy)]
pub struct Atom(&'static AtomEntry);

impl Atom {
    pub(super) const fn of(entry: &'static AtomEntry) -> Atom {
        Atom(entry)
    }

    pub(super) fn entry(self) -> &'static AtomEntry {
        self.0
    }

    /// The atom whose entry is at `p`.
    ///
    /// # Safety
    /// `p` came from [`Atom::entry`].
    pub(super) unsafe fn from_entry_ptr(p: *const AtomEntry) -> Atom {
        // SAFETY: the caller promises that `p` is an entry, and entries are never freed.
        Atom(unsafe { &*p })
    }

    /// The atom's text.
    #[inline]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether its text is ASCII.
    #[inline]
    pub fn is_ascii(self) -> bool {
        self.0.is_ascii
    }

    /// What the portable hashes (`erlang:phash2` and the like) start from.
    #[inline]
    pub(super) fn portable_hash(self) -> u32 {
        self.0.portable_hash
    }

    /// The machine's own hash: of the name alone, so the same in every run.
    #[inline]
    pub(super) fn hash64(self) -> u64 {
        self.0.hash
    }

    /// The order of atoms is that of their names, character by character; for UTF-8 that is the
    /// order of bytes.
    #[inline]
    pub fn order(self, other: Atom) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match self.0.beginning.cmp(&other.0.beginning) {
            Ordering::Equal => self.name().as_bytes().cmp(other.name().as_bytes()),
            order => order,
        }
    }
}

impl PartialEq for Atom {
    #[inline(always)]
    fn eq(&self, other: &Atom) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Atom {}

impl std::hash::Hash for Atom {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        (self.0 as *const AtomEntry as usize).hash(h);
    }
}

impl std::fmt::Debug for Atom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The longest atom, in characters.
pub const MAX_ATOM_CHARS: usize = 255;

/// Why an atom could not be made.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum AtomError {
    /// More than [`MAX_ATOM_CHARS`] characters.
    TooLong,
    /// The table holds as many atoms as its limit allows.
    Full,
}

/// How many atoms are remembered as looked for lately: 2 to the power of that.
const RECENT_BITS: u32 = 9;

/// All atoms of one machine, by name.
pub struct AtomTable {
    by_name: RwLock<HashMap<&'static str, Atom>>,
    limit: usize,
    /// The last that was looked for of all whose names have the same [place](recent_place) here, or null.
    /// Whoever finds it here needs no lock.
    recent: Box<[AtomicPtr<AtomEntry>]>,
}

/// Where an atom of that name is remembered: by its first and last bytes.
#[inline]
fn recent_place(name: &[u8]) -> usize {
    let most = name.len().min(8);
    let (first, last) = (word_of(&name[..most]), word_of(&name[name.len() - most..]));
    let mixed = first.rotate_left(23) ^ last ^ (name.len() as u64) << 56;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - RECENT_BITS)) as usize
}

impl AtomTable {
    /// A table that holds the machine's own atoms and will take up to `limit` in all.
    pub fn new(limit: usize) -> AtomTable {
        let mut map = HashMap::with_capacity(16 * 1024);
        for entry in &super::atoms::ENTRIES {
            map.insert(entry.name, Atom(entry));
        }
        let recent = (0..1 << RECENT_BITS).map(|_| AtomicPtr::default()).collect();
        AtomTable { by_name: RwLock::new(map), limit, recent }
    }

    /// The atom of that name, made if it is new.
    pub fn intern(&self, name: &str) -> Result<Atom, AtomError> {
        if let Some(a) = self.existing(name) {
            return Ok(a);
        }
        if name.len() > MAX_ATOM_CHARS && name.chars().count() > MAX_ATOM_CHARS {
            return Err(AtomError::TooLong);
        }
        let mut map = self.by_name.write();
        if let Some(a) = map.get(name) {
            return Ok(*a);
        }
        if map.len() >= self.limit {
            drop(map);
            self.full();
            return Err(AtomError::Full);
        }
        let name: &'static str = Box::leak(name.into());
        let entry = AtomEntry { number: map.len(), ..AtomEntry::new(name) };
        let atom = Atom(Box::leak(Box::new(entry)));
        map.insert(name, atom);
        Ok(atom)
    }

    /// Ends the machine whose table this is, as OTP does. Where none runs, the caller is told.
    #[cold]
    fn full(&self) {
        if let Some((vm, _)) = crate::sched::standstill::participant()
            && std::ptr::eq(&raw const vm.atoms, self)
        {
            let limit = self.limit;
            vm.crash(&format!("no more index entries in atom_tab (max={limit})"));
        }
    }

    /// The atom of that name if there is one already.
    pub fn existing(&self, name: &str) -> Option<Atom> {
        let recent = &self.recent[recent_place(name.as_bytes())];
        // SAFETY: null or an entry, and those are never freed.
        if let Some(entry) = unsafe { recent.load(MemoryOrder::Acquire).as_ref() }
            && entry.name == name
        {
            return Some(Atom(entry));
        }
        let found = self.by_name.read().get(name).copied()?;
        recent.store(std::ptr::from_ref(found.0).cast_mut(), MemoryOrder::Release);
        Some(found)
    }

    /// All atoms, in the order in which they were made.
    pub fn all(&self) -> Vec<Atom> {
        let mut all: Vec<Atom> = self.by_name.read().values().copied().collect();
        all.sort_by_key(|a| a.0.number);
        all
    }

    /// How many atoms there are.
    pub fn count(&self) -> usize {
        self.by_name.read().len()
    }

    /// How many atoms there may be.
    pub fn limit(&self) -> usize {
        self.limit
    }
}
