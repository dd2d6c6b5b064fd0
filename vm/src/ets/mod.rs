//! ETS: tables of tuples that processes share.
//!
//! Here: what a table is, how it is found and who may use it. One kind of store a file (`hash`,
//! `tree`); objects lie in `object`; what natives do with tables is in `ops`, `traverse`,
//! `counter`, `info`; birth, owners and death in `lifecycle`; match specifications in
//! `match_spec`.
//!
//! # Locks
//! A table has one read-write lock, on its [`State`]. A tid leads straight to its table; a name
//! goes through one of a few name maps, locked for the look-up only. Order when two are held: a
//! table's lock before the lock of a `held` or `names` map. Nothing that can wait for another
//! table is called under a table's lock.
//!
//! `access` and `owner` are changed under the table's write lock and read under its read lock (or
//! without, where the answer is asked again under the lock).

mod constants;
mod counter;
mod hash;
mod info;
mod lifecycle;
mod match_run;
mod match_spec;
mod object;
mod ops;
mod remains;
mod report;
mod rounds;
mod select;
mod spec_test;
mod tree;

#[cfg(test)]
mod tests;

pub use lifecycle::{NewTable, Tables, delete, new, request_all};
pub use match_spec::{BadSpec, Dialect, Gives, Owned as OwnedSpec, Source};
pub use remains::Remains;
pub use select::{is_compiled, match_spec_compile, match_spec_run, select_more};
pub use spec_test::match_spec_test;

use crate::native::{Native, Raise};
use crate::sync::{Arc, AtomicU8, AtomicU64, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::term::{Area, Atom, Pid, Term, View, Word, atoms};
use hash::{HashStore, Multiplicity};
use object::Object;
use std::ops::Deref;
use std::sync::Weak;
use tree::TreeStore;

/// The kinds of tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the kinds by their own names")]
pub enum TableKind {
    Set,
    OrderedSet,
    Bag,
    DuplicateBag,
}

/// Who may use a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum Protection {
    /// Nobody: it is deleted.
    Deleted,
    /// The owner.
    Private,
    /// The owner; others read.
    Protected,
    /// Everybody.
    Public,
}

/// What somebody wants of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To ask about it: everybody may.
    Info,
    /// To look at objects.
    Read,
    /// To change objects or the table.
    Write,
}

/// Why an operation fails. All are `badarg`; most give error_info a cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EtsError {
    /// Another argument is wrong.
    BadArgument,
    /// The identifier is no table identifier or name.
    Type,
    /// There is no such table (any more).
    Id,
    /// The caller may not do that.
    Access,
    /// Not for this kind of table.
    TableType,
    /// No object has that key.
    BadKey,
    /// The key is not to be changed.
    KeyPosition,
    /// Objects have no such element.
    Position,
    /// The process already owns the table.
    Owner,
    /// The caller does not own the table.
    NotOwner,
    /// There is a table of that name.
    AlreadyExists,
}

impl From<EtsError> for Raise<'_> {
    fn from(e: EtsError) -> Self {
        let cause = match e {
            EtsError::BadArgument => return Raise::badarg(),
            EtsError::Type => atoms::TYPE,
            EtsError::Id => atoms::ID,
            EtsError::Access => atoms::ACCESS,
            EtsError::TableType => atoms::TABLE_TYPE,
            EtsError::BadKey => atoms::BADKEY,
            EtsError::KeyPosition => atoms::KEYPOS,
            EtsError::Position => atoms::POSITION,
            EtsError::Owner => atoms::OWNER,
            EtsError::NotOwner => atoms::NOT_OWNER,
            EtsError::AlreadyExists => atoms::ALREADY_EXISTS,
        };
        Raise::error_with_cause(atoms::BADARG, Term::atom(cause))
    }
}

/// The objects of a table.
enum Store {
    Hash(HashStore),
    Tree(TreeStore),
}

impl Store {
    fn new(kind: TableKind, key_position: usize) -> Store {
        let multiplicity = match kind {
            TableKind::OrderedSet => return Store::Tree(TreeStore::new(key_position)),
            TableKind::Set => Multiplicity::Set,
            TableKind::Bag => Multiplicity::Bag,
            TableKind::DuplicateBag => Multiplicity::DuplicateBag,
        };
        Store::Hash(HashStore::new(key_position, multiplicity))
    }

    fn len(&self) -> usize {
        match self {
            Store::Hash(h) => h.len,
            Store::Tree(t) => t.len(),
        }
    }

    fn words(&self) -> usize {
        match self {
            Store::Hash(h) => h.words + h.slots(),
            Store::Tree(t) => t.words + 2 * t.len(),
        }
    }

    #[inline(always)]
    fn contains(&self, key: Term<'_>) -> bool {
        match self {
            Store::Hash(h) => h.contains(key),
            Store::Tree(t) => t.get(key).is_some(),
        }
    }

    fn insert(&mut self, object: Object) {
        match self {
            Store::Hash(h) => h.insert(object),
            Store::Tree(t) => t.insert(object),
        }
    }

    /// Puts in a copy of a tuple of the caller's; `immediate`: all its elements are. It is made only if
    /// it is needed.
    fn insert_copy(&mut self, tuple: Term<'_>, elements: &[Term<'_>], immediate: bool) {
        match self {
            Store::Hash(h) => h.insert_copy(tuple, elements, immediate),
            Store::Tree(t) if immediate => t.insert_immediates(elements),
            Store::Tree(t) => t.insert(Object::copy(tuple)),
        }
    }

    /// Calls `f` with the objects of that key, the newest first.
    fn each_of(&self, key: Term<'_>, mut f: impl FnMut(Term<'_>)) {
        match self {
            Store::Hash(h) => h.each_of(key, f),
            Store::Tree(t) => {
                if let Some(o) = t.get(key) {
                    f(o);
                }
            }
        }
    }

    fn remove_of(&mut self, key: Term<'_>, which: impl FnMut(Term<'_>) -> bool) {
        match self {
            Store::Hash(h) => {
                h.remove_of(key, which);
            }
            Store::Tree(t) => {
                t.remove_of(key, which);
            }
        }
    }

    fn add_small(&mut self, key: Term<'_>, i: usize, n: i64) -> Option<Word> {
        match self {
            Store::Hash(h) => h.add_small(key, i, n),
            Store::Tree(t) => t.add_small(key, i, n),
        }
    }

    fn replace_immediate(&mut self, key: Term<'_>, i: usize, value: Term<'_>) -> bool {
        match self {
            Store::Hash(h) => h.replace_immediate(key, i, value),
            Store::Tree(t) => t.replace_immediate(key, i, value),
        }
    }
}

/// What of a table changes.
struct State {
    store: Store,
    name: Atom,
    /// Who inherits it, and what to tell them (a tuple of one).
    heir: Option<(Pid, Object)>,
    /// Who keeps it fixed, and how often.
    fixed_by: Vec<(Pid, usize)>,
    /// When it was fixed, in the world's nanoseconds.
    fixed_at: u64,
}

/// A table.
pub struct Table {
    me: Weak<Table>,
    /// The number of the reference that is its identifier.
    number: u64,
    kind: TableKind,
    /// From 1.
    key_position: usize,
    named: bool,
    options: Options,
    owner: AtomicU64,
    access: AtomicU8,
    state: RwLock<State>,
}

/// What a table is told about its use; it answers with it when asked.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// `compressed`
    pub compressed: bool,
    /// `{read_concurrency, true}`
    pub read_concurrency: bool,
    /// `{write_concurrency, _}`: `Some(true)` for `auto`.
    pub write_concurrency: Option<bool>,
    /// `{write_concurrency, {debug_hash_fixed_number_of_locks, _}}`, what test suites ask for.
    pub told_locks: Option<u32>,
    /// `{decentralized_counters, true}`, or what other options make of it.
    pub decentralized_counters: bool,
}

/// A table that was found.
pub enum Found<'p> {
    /// By its identifier, which keeps it alive.
    Borrowed(&'p Table),
    /// By its name, or the number of its identifier.
    Shared(Arc<Table>),
}

impl Deref for Found<'_> {
    type Target = Table;

    #[inline]
    fn deref(&self) -> &Table {
        match self {
            Found::Borrowed(t) => t,
            Found::Shared(t) => t,
        }
    }
}

/// The table that `id` stands for, if the caller may use it so.
#[inline(always)]
pub fn table<'p>(cx: &Native<'p>, id: Term<'p>, access: Access) -> Result<Found<'p>, EtsError> {
    let found = any_table(cx, id)?;
    found.check(cx, access)?;
    Ok(found)
}

/// The table that `id` stands for, for what asks first, and under the table's lock, whether the caller
/// may do that.
#[inline(always)]
pub fn any_table<'p>(cx: &Native<'p>, id: Term<'p>) -> Result<Found<'p>, EtsError> {
    Ok(match id.magic_object::<Table>() {
        Some(t) => Found::Borrowed(t),
        None => Found::Shared(otherwise_named(cx, id)?),
    })
}

/// Why somebody may not use a table, where it is not its owner; but that is no matter for some.
#[cold]
fn refusal(cx: &Native<'_>, access: u8) -> Result<(), EtsError> {
    if access == Protection::Deleted as u8 {
        Err(EtsError::Id)
    } else if cx.is_ets_super_user() {
        Ok(())
    } else {
        Err(EtsError::Access)
    }
}

/// The table of a name, or of a reference that has been text or bytes.
#[inline(never)]
fn otherwise_named<'p>(cx: &Native<'p>, id: Term<'p>) -> Result<Arc<Table>, EtsError> {
    match id.view() {
        View::Ref(r) => cx.vm().ets.numbered(r.number).ok_or(EtsError::Type),
        View::Atom(name) => cx.vm().ets.named(name).ok_or(EtsError::Id),
        _ => Err(EtsError::Type),
    }
}

impl Table {
    /// Whether the caller may use it so.
    #[inline(always)]
    fn check(&self, cx: &Native<'_>, access: Access) -> Result<(), EtsError> {
        let needed = match access {
            Access::Info => Protection::Private,
            Access::Read => Protection::Protected,
            Access::Write => Protection::Public,
        };
        let now = self.access.load(Ordering::Acquire);
        let owns = || now != Protection::Deleted as u8 && self.owner() == cx.self_pid();
        if now >= needed as u8 || owns() { Ok(()) } else { refusal(cx, now) }
    }

    #[inline(always)]
    fn read(
        &self,
        cx: &Native<'_>,
        access: Access,
    ) -> Result<RwLockReadGuard<'_, State>, EtsError> {
        let state = self.state.read();
        self.check(cx, access)?;
        Ok(state)
    }

    #[inline(always)]
    fn write(&self, cx: &Native<'_>) -> Result<RwLockWriteGuard<'_, State>, EtsError> {
        let state = self.state.write();
        self.check(cx, Access::Write)?;
        Ok(state)
    }

    /// The process that owns it.
    pub fn owner(&self) -> Pid {
        Word(self.owner.load(Ordering::Acquire)).pid_value()
    }

    /// What kind of table it is.
    pub fn kind(&self) -> TableKind {
        self.kind
    }

    /// Which element is the key, from 1.
    pub fn key_position(&self) -> usize {
        self.key_position
    }

    fn arc(&self) -> Arc<Table> {
        self.me.upgrade().expect("who has a table keeps it alive")
    }

    /// The table's identifier as a reference.
    pub fn tid<'q>(&self, area: &mut Area<'q>) -> Term<'q> {
        area.magic_reference(self.number, self.arc())
    }
}
