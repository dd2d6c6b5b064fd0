//! What a table tells about itself.

use super::hash::HashStore;
use super::tree::From;
use super::{Access, EtsError, Options, Protection, Store, Table, TableKind};
use super::{object, ops};
use crate::native::Native;
use crate::sync::Ordering;
use crate::term::{Pid, Term, atoms};
use std::ops::ControlFlow;

/// What `ets:info/1` tells, in its order.
pub const ITEMS: &[&str] = &[
    "id",
    "decentralized_counters",
    "read_concurrency",
    "write_concurrency",
    "compressed",
    "memory",
    "owner",
    "heir",
    "name",
    "size",
    "node",
    "named_table",
    "type",
    "keypos",
    "protection",
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

    /// One item; `None` if there is no such item.
    pub fn info<'p>(&self, cx: &mut Native<'p>, item: &str) -> Result<Option<Term<'p>>, EtsError> {
        let vm = cx.vm();
        let word = |name: &str| {
            Term::atom(vm.atoms.intern(name).expect("the machine's own names fit the atom table"))
        };
        let state = self.read(cx, Access::Info)?;
        let value = match item {
            "id" => self.tid(cx),
            "decentralized_counters" => Term::bool(self.decentralized()),
            "read_concurrency" => Term::bool(self.options_in_force().read_concurrency),
            "write_concurrency" => match self.options_in_force().write_concurrency {
                Some(true) => word("auto"),
                Some(false) if let Some(n) = self.options.told_locks => {
                    let name = word("debug_hash_fixed_number_of_locks");
                    cx.tuple(&[name, Term::small(i64::from(n))])
                }
                Some(false) => Term::bool(true),
                None => Term::bool(false),
            },
            "compressed" => Term::bool(self.options.compressed),
            "memory" => cx.uint((EMPTY_TABLE + state.store.words()) as u64),
            "owner" => Term::pid(self.owner()),
            "heir" => match &state.heir {
                Some((pid, _)) => Term::pid(*pid),
                None => Term::atom(atoms::NONE),
            },
            "name" => Term::atom(state.name),
            "size" => cx.uint(state.store.len() as u64),
            "node" => Term::atom(vm.nodes.name()),
            "named_table" => Term::bool(self.named),
            "type" => word(match self.kind {
                TableKind::Set => "set",
                TableKind::OrderedSet => "ordered_set",
                TableKind::Bag => "bag",
                TableKind::DuplicateBag => "duplicate_bag",
            }),
            "keypos" => cx.uint(self.key_position as u64),
            "protection" => word(match self.access.load(Ordering::Relaxed) {
                a if a == Protection::Private as u8 => "private",
                a if a == Protection::Protected as u8 => "protected",
                _ => "public",
            }),
            "fixed" => Term::bool(!state.fixed_by.is_empty()),
            "safe_fixed" | "safe_fixed_monotonic_time" => {
                let (at, by) = (state.fixed_at, state.fixed_by.clone());
                drop(state);
                self.safe_fixed(cx, item == "safe_fixed_monotonic_time", at, &by)
            }
            "stats" => match &state.store {
                Store::Hash(h) => self.stats(cx, h),
                Store::Tree(_) => Term::bool(false),
            },
            "binary" => ops::list_of_binaries(cx, &binaries(&state.store)),
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    fn safe_fixed<'p>(
        &self,
        cx: &mut Native<'p>,
        monotonic: bool,
        at: u64,
        by: &[(Pid, usize)],
    ) -> Term<'p> {
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
