//! What a table tells about itself.

use super::hash::HashStore;
use super::tree::From;
use super::{Access, EtsError, Options, Protection, State, Store, Table, TableKind};
use super::{object, ops};
use crate::native::Native;
use crate::sync::Ordering;
use crate::term::{Atom, Term, atoms};
use smallvec::SmallVec;
use std::ops::ControlFlow;

/// What tells an item.
type Tell = for<'p> fn(&Table, &State, &mut Native<'p>) -> Term<'p>;

/// What `ets:info/1` tells, in its order.
static ALL: &[(Atom, Tell)] = &[
    (atoms::ID, |t, _, cx| t.tid(cx)),
    (atoms::DECENTRALIZED_COUNTERS, |t, _, _| Term::bool(t.decentralized())),
    (atoms::READ_CONCURRENCY, |t, _, _| Term::bool(t.options_in_force().read_concurrency)),
    (atoms::WRITE_CONCURRENCY, |t, _, cx| t.write_concurrency(cx)),
    (atoms::COMPRESSED, |t, _, _| Term::bool(t.options.compressed)),
    (atoms::MEMORY, |_, state, cx| cx.uint((EMPTY_TABLE + state.store.words()) as u64)),
    (atoms::OWNER, |t, _, _| Term::pid(t.owner())),
    (atoms::HEIR, |_, state, _| match &state.heir {
        Some((pid, _)) => Term::pid(*pid),
        None => Term::atom(atoms::NONE),
    }),
    (atoms::NAME, |_, state, _| Term::atom(state.name)),
    (atoms::SIZE, |_, state, cx| cx.uint(state.store.len() as u64)),
    (atoms::NODE, |_, _, cx| Term::atom(cx.vm().nodes.name())),
    (atoms::NAMED_TABLE, |t, _, _| Term::bool(t.named)),
    (atoms::TYPE, |t, _, _| {
        Term::atom(match t.kind {
            TableKind::Set => atoms::SET,
            TableKind::OrderedSet => atoms::ORDERED_SET,
            TableKind::Bag => atoms::BAG,
            TableKind::DuplicateBag => atoms::DUPLICATE_BAG,
        })
    }),
    (atoms::KEYPOS, |t, _, cx| cx.uint(t.key_position as u64)),
    (atoms::PROTECTION, |t, _, _| {
        Term::atom(match t.access.load(Ordering::Relaxed) {
            a if a == Protection::Private as u8 => atoms::PRIVATE,
            a if a == Protection::Protected as u8 => atoms::PROTECTED,
            _ => atoms::PUBLIC,
        })
    }),
];

/// What only `ets:info/2` tells.
static MORE: &[(Atom, Tell)] = &[
    (atoms::FIXED, |_, state, _| Term::bool(!state.fixed_by.is_empty())),
    (atoms::SAFE_FIXED, |t, state, cx| t.safe_fixed(cx, false, state)),
    (atoms::SAFE_FIXED_MONOTONIC_TIME, |t, state, cx| t.safe_fixed(cx, true, state)),
    (atoms::STATS, |t, state, cx| match &state.store {
        Store::Hash(h) => t.stats(cx, h),
        Store::Tree(_) => Term::bool(false),
    }),
    (atoms::BINARY, |_, state, cx| ops::list_of_binaries(cx, &binaries(&state.store))),
];

/// Words of a table without objects, about.
pub(super) const EMPTY_TABLE: usize = size_of::<Table>() / 8;

/// Address, bytes and references of each binary outside heaps that the objects refer to.
fn binaries(store: &Store) -> Vec<(usize, usize, usize)> {
    let mut all = Vec::new();
    // SAFETY: an object of the table, whose lock is held.
    let note = |t: Term<'_>| all.extend(unsafe { object::binaries(t) });
    match store {
        Store::Hash(h) => h.each_kept(note),
        Store::Tree(t) => t.ascending(From::End).for_each(note),
    }
    all
}

impl Table {
    pub(super) fn options_in_force(&self) -> Options {
        let private = self.access.load(Ordering::Relaxed) == Protection::Private as u8;
        if private {
            Options { compressed: self.options.compressed, ..Options::default() }
        } else {
            self.options
        }
    }

    fn decentralized(&self) -> bool {
        let options = self.options_in_force();
        options.write_concurrency.is_some() && options.decentralized_counters
    }

    fn write_concurrency<'p>(&self, cx: &mut Native<'p>) -> Term<'p> {
        match self.options_in_force().write_concurrency {
            Some(true) => Term::atom(atoms::AUTO),
            Some(false) if let Some(n) = self.options.told_locks => {
                let name = Term::atom(atoms::DEBUG_HASH_FIXED_NUMBER_OF_LOCKS);
                cx.tuple(&[name, Term::small(i64::from(n))])
            }
            Some(false) => Term::bool(true),
            None => Term::bool(false),
        }
    }

    /// One item; `None` if there is no such item.
    pub fn info<'p>(&self, cx: &mut Native<'p>, item: Atom) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Info)?;
        let known = ALL.iter().chain(MORE).find(|(known, _)| *known == item);
        Ok(known.map(|(_, tell)| tell(self, &state, cx)))
    }

    /// `ets:info/1`
    pub fn info_all<'p>(&self, cx: &mut Native<'p>) -> Result<Term<'p>, EtsError> {
        let state = self.read(cx, Access::Info)?;
        let pairs = ALL.iter().map(|(item, tell)| {
            let value = tell(self, &state, cx);
            cx.tuple(&[Term::atom(*item), value])
        });
        let pairs: SmallVec<[Term<'p>; 16]> = pairs.collect();
        Ok(cx.list(&pairs))
    }

    fn safe_fixed<'p>(&self, cx: &mut Native<'p>, monotonic: bool, state: &State) -> Term<'p> {
        let (at, by) = (state.fixed_at, &state.fixed_by);
        if by.is_empty() {
            return Term::bool(false);
        }
        let pairs: Vec<_> = by
            .iter()
            .map(|(pid, n)| {
                let n = cx.uint(*n as u64);
                cx.tuple(&[Term::pid(*pid), n])
            })
            .collect();
        let pairs = cx.list(&pairs);
        let when = if monotonic {
            cx.uint(at)
        } else {
            let micros = (at as i64 + cx.vm().world.time_offset()) / 1000;
            let part = |n: i64| Term::small(n);
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            cx.tuple(&[part(seconds / 1_000_000), part(seconds % 1_000_000), part(rest)])
        };
        cx.tuple(&[when, pairs])
    }

    /// `{Buckets, AverageLength, Deviation, ExpectedDeviation, Least, Most, Deleted, Joined}` of
    /// the chains; the last two, objects that only keep their place and pending joins, are what
    /// stock calls so.
    fn stats<'p>(&self, cx: &mut Native<'p>, store: &HashStore) -> Term<'p> {
        let c = self.chains(store);
        let [average, deviation, expected] =
            [c.average, c.deviation, c.expected].map(|x| cx.float(x));
        let numbers = [c.slots, c.least, c.most, store.dead()];
        let [slots, least, most, dead] = numbers.map(|n| cx.uint(n as u64));
        cx.tuple(&[slots, average, deviation, expected, least, most, dead, Term::small(0)])
    }

    pub(super) fn chains(&self, store: &HashStore) -> Chains {
        let lengths: Vec<usize> = (0..store.slots())
            .map(|slot| {
                let mut n = 0;
                let _ = store.each_in(slot, |_| {
                    n += 1;
                    ControlFlow::Continue(())
                });
                n
            })
            .collect();
        let slots = lengths.len() as f64;
        let average = store.len as f64 / slots;
        let squares: f64 = lengths.iter().map(|n| (*n as f64 - average).powi(2)).sum();
        Chains {
            slots: lengths.len(),
            average,
            deviation: (squares / slots).sqrt(),
            // Of a hash that spreads evenly: a binomial distribution's.
            expected: (average * (1.0 - 1.0 / slots)).sqrt(),
            least: lengths.iter().copied().min().unwrap_or(0),
            most: lengths.iter().copied().max().unwrap_or(0),
        }
    }
}

/// How long the chains of a hashed table are.
pub(super) struct Chains {
    pub slots: usize,
    pub average: f64,
    pub deviation: f64,
    pub expected: f64,
    pub least: usize,
    pub most: usize,
}
