//! Against an ordinary ordered map, with good, bad and useless hashes.

use super::*;
use crate::term::Word;
use crate::term::testing::with_area;
use std::cmp::Ordering;
use std::collections::BTreeMap;

struct Few;
impl KeyHash for Few {
    /// Eight hashes in all, two of which share their first 14 slots.
    fn hash(key: Term<'_>) -> u64 {
        match hash::internal(key) & 7 {
            0 => 0xAAAA_AAAA_AAAA_AA10,
            1 => 0xAAAA_AAAA_AAAA_AA20,
            n => n << 60,
        }
    }
}

struct Same;
impl KeyHash for Same {
    fn hash(_: Term<'_>) -> u64 {
        0x1234_5678_9ABC_DEF0
    }
}

#[derive(Clone, Copy)]
struct Key<'p>(Term<'p>);
impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Key<'_> {}
impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_map_keys(self.0, other.0)
    }
}

fn random(seed: &mut u64, n: u64) -> u64 {
    *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*seed >> 33) % n
}

fn key<'p>(area: &mut Area<'p>, n: u64) -> Term<'p> {
    let i = n as i64 / 6;
    match n % 6 {
        0 | 1 => Term::small(i),
        2 => area.float(i as f64),
        3 => area.binary(format!("key {i}").as_bytes()),
        4 => area.tuple(&[Term::small(i)]),
        _ => area.list(&[Term::small(i), Term::nil()]),
    }
}

/// Everything that can be asked of `map`, against what it should hold.
fn check<'p, H: KeyHash>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    want: &BTreeMap<Key<'p>, Term<'p>>,
    canonical: bool,
) {
    assert_eq!(map.len(), want.len());
    assert_eq!(map.flat().is_some(), want.len() <= FLAT_MAP_MAX);
    let mut pairs: Vec<_> = map.iter().collect();
    assert_eq!(pairs.len(), want.len());
    for (k, v) in &pairs {
        assert_eq!(want[&Key(*k)].word(), v.word());
    }
    if !canonical {
        return;
    }
    // Built at once from the pairs in another order, it is the same down to each node.
    pairs.reverse();
    let again = as_map(from_pairs_by::<H>(area, &mut pairs));
    let order = |m: MapView<'p>| m.iter().map(|(k, _)| Key(k)).collect::<Vec<_>>();
    assert!(order(map) == order(again));
    assert!(exact_eq(map.as_term(), again.as_term()));
    assert_eq!(hash::internal(map.as_term()), hash::internal(again.as_term()));
    check_paths(map);
}

/// Stopping after every pair and going on by the path gives the same.
fn check_paths(map: MapView<'_>) {
    if map.flat().is_some() {
        return;
    }
    let whole: Vec<_> = map.iter().map(|(k, v)| (k.word(), v.word())).collect();
    let mut path = Some(0);
    let mut parts = Vec::new();
    while let Some(p) = path {
        let mut places = [None; 3];
        let end = step(map, p, &mut places).unwrap();
        assert!(end.taken > 0 && (end.taken == 3 || end.path.is_none()));
        let taken = places[..end.taken].iter().flatten();
        parts.extend(taken.map(|[k, v]| (k.word(), v.word())));
        path = end.path;
        assert_ne!(path, Some(0));
    }
    assert_eq!(whole, parts);
    // All at once, and all but what has been taken one by one.
    for n in [0, 1, whole.len() / 2, whole.len()] {
        let mut it = map.iter();
        let mut parts: Vec<_> = it.by_ref().take(n).map(|(k, v)| (k.word(), v.word())).collect();
        it.for_each(|(k, v)| parts.push((k.word(), v.word())));
        assert_eq!(whole, parts);
    }
}

fn get_by<'p, H: KeyHash>(map: MapView<'p>, key: Term<'p>) -> Option<Word> {
    let value = match map.flat() {
        Some(_) => map.get(key),
        None => trie::get::<H>(map.root(), key),
    };
    value.map(Term::word)
}

fn against_btree<H: KeyHash>(steps: u64, keys: u64) {
    with_area(|area, _| {
        let mut seed = keys;
        let mut map = as_map(empty(area));
        let mut want = BTreeMap::new();
        let mut largest = 0;
        for step in 0..steps {
            // Grows for a while, then shrinks, and again.
            let growing = (step / (steps / 4)).is_multiple_of(2);
            let k = key(area, random(&mut seed, keys));
            assert_eq!(get_by::<H>(map, k), want.get(&Key(k)).map(|v: &Term<'_>| v.word()));
            if random(&mut seed, 10) < if growing { 8 } else { 1 } {
                let v = Term::small(step as i64);
                map = as_map(put_by::<H>(area, map, k, v));
                want.insert(Key(k), v);
                assert_eq!(get_by::<H>(map, k), Some(v.word()));
                assert_eq!(put_by::<H>(area, map, k, v).word(), map.as_term().word());
            } else {
                map = as_map(remove_by::<H>(area, map, k));
                want.remove(&Key(k));
                assert_eq!(get_by::<H>(map, k), None);
            }
            largest = largest.max(want.len());
            check::<H>(area, map, &want, step % 37 == 0);
        }
        assert!(largest > 2 * FLAT_MAP_MAX);
        while let Some((k, _)) = map.iter().next() {
            map = as_map(remove_by::<H>(area, map, k));
            want.remove(&Key(k));
            check::<H>(area, map, &want, true);
        }
    });
}

#[test]
fn holds_what_an_ordered_map_holds() {
    against_btree::<InternalHash>(4000, 3000);
    against_btree::<InternalHash>(2000, 200);
}

#[test]
fn collisions_do_no_harm() {
    against_btree::<Few>(2000, 300);
    against_btree::<Same>(1000, 200);
}

fn merges<H: KeyHash>() {
    with_area(|area, _| {
        let mut seed = 7;
        for (n, m) in
            [(0, 50), (10, 10), (30, 30), (100, 5), (5, 100), (200, 100), (2000, 20), (20, 2000)]
        {
            let mut side = |count: u64, value: i64| {
                let mut pairs: Vec<_> = (0..count)
                    .map(|_| (key(area, random(&mut seed, 3 * (n + m))), Term::small(value)))
                    .collect();
                let want: BTreeMap<_, _> = pairs.iter().map(|(k, v)| (Key(*k), *v)).collect();
                (as_map(from_pairs_by::<H>(area, &mut pairs)), want)
            };
            let ((a, mut want), (b, more)) = (side(n, 1), side(m, 2));
            want.extend(more);
            let merged = as_map(merge_by::<H>(area, a, b));
            check::<H>(area, merged, &want, true);
        }
    });
}

#[test]
fn merging_takes_the_second_map_before_the_first() {
    merges::<InternalHash>();
    merges::<Few>();
    merges::<Same>();
}

#[test]
fn several_pairs_at_once() {
    with_area(|area, _| {
        let n = Term::small;
        for count in [0, 3, 31, 32, 33, 100] {
            let mut pairs: Vec<_> = (0..count).map(|i| (n(i), n(i))).collect();
            let m = as_map(from_pairs(area, &mut pairs));
            let put = as_map(put_many(area, m, &[(n(1), n(7)), (n(500), n(8)), (n(1), n(9))]));
            assert_eq!(put.get(n(1)).and_then(Term::as_small), Some(9));
            assert_eq!(put.get(n(500)).and_then(Term::as_small), Some(8));
            assert_eq!(put.len() as i64, if count == 0 { 2 } else { count + 1 });
            let bad = update_many(area, m, &[(n(0), n(7)), (n(600), n(8)), (n(700), n(8))]);
            let lacks = if count == 0 { 0 } else { 600 };
            assert_eq!(bad.err().and_then(Term::as_small), Some(lacks));
            if count > 2 {
                let good = update_many(area, m, &[(n(0), n(7)), (n(2), n(8))]).ok().map(as_map);
                let good = good.unwrap();
                assert_eq!(good.get(n(0)).and_then(Term::as_small), Some(7));
                assert_eq!(good.get(n(2)).and_then(Term::as_small), Some(8));
                assert_eq!(good.len(), m.len());
                assert!(update(area, m, n(600), n(1)).is_none());
            }
        }
    });
}

#[test]
fn flat_maps_share_their_keys() {
    with_area(|area, _| {
        let mut pairs: Vec<_> = (0..5).map(|i| (Term::small(i), Term::nil())).collect();
        let m = as_map(from_pairs(area, &mut pairs));
        let updated = as_map(put(area, m, Term::small(3), Term::small(1)));
        let (Some((k, _)), Some((l, _))) = (m.flat(), updated.flat()) else { panic!() };
        assert!(std::ptr::eq(k, l));
    });
}

#[test]
fn zeros_are_one_key_and_numbers_of_two_types_are_two() {
    with_area(|area, _| {
        let (zero, minus) = (area.float(0.0), area.float(-0.0));
        let one = area.float(1.0);
        for extra in [0, 100] {
            let mut pairs =
                vec![(zero, Term::nil()), (minus, Term::small(5)), (one, Term::small(6))];
            pairs.extend((1..=extra).map(|i| (Term::small(i), Term::small(7))));
            let m = as_map(from_pairs(area, &mut pairs));
            assert_eq!(m.len(), 2 + extra as usize);
            for z in [zero, minus] {
                assert_eq!(m.get(z).and_then(Term::as_small), Some(5));
            }
            assert_eq!(m.get(one).and_then(Term::as_small), Some(6));
            assert!(!m.contains(Term::small(0)));
        }
    });
}

#[test]
fn there_are_paths_that_lead_nowhere() {
    with_area(|area, _| {
        let mut pairs: Vec<_> = (0..40).map(|i| (Term::small(i), Term::nil())).collect();
        // One slot in the root, with all pairs.
        let m = as_map(from_pairs_by::<Same>(area, &mut pairs));
        let end = |path| step(m, path, &mut [None; 50]);
        assert_eq!(end(39 << 64), Some(StepEnd { taken: 1, path: None }));
        assert_eq!(end(40 << 64), None);
        assert_eq!(end(1), None);
    });
}
