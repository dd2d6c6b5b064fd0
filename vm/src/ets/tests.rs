//! The stores by themselves: what goes in is found until it is taken out, as the buckets grow,
//! shrink and are kept fixed.

use super::hash::{Change, HashStore, Multiplicity};
use super::object::Object;
use super::tree::{From, TreeStore};
use crate::term::testing::with_area;
use crate::term::{Area, Term};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

fn object(area: &mut Area<'_>, key: i64, value: i64) -> Object {
    let value = area.string(&value.to_string());
    let t = area.tuple(&[Term::small(key), value]);
    Object::copy(t)
}

fn keys(h: &HashStore) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    for slot in 0..h.slots() {
        let _ = h.each_in(slot, |t| {
            let key = t.as_tuple().and_then(|e| e[0].as_i64()).unwrap();
            assert!(found.insert(key), "{key} is there twice");
            ControlFlow::Continue(())
        });
    }
    found
}

#[test]
fn a_set_keeps_every_key_while_it_grows_and_shrinks() {
    with_area(|area, _| {
        let mut h = HashStore::new(1, Multiplicity::Set);
        let mut model = BTreeSet::new();
        let mut most = 0;
        for round in 0..3 {
            for k in 0..3000 {
                h.insert(object(area, k * 7, round));
                model.insert(k * 7);
            }
            assert_eq!(h.len, model.len());
            assert_eq!(keys(&h), model);
            most = most.max(h.slots());
            for k in (0..3000).filter(|k| k % 50 != round) {
                assert_eq!(h.remove_of(Term::small(k * 7), |_| true), 1);
                model.remove(&(k * 7));
            }
            assert_eq!(keys(&h), model);
            assert!(h.slots() < most / 2, "{} buckets are left", h.slots());
            assert!(model.iter().all(|k| h.contains(Term::small(*k))));
            assert!(!h.contains(Term::small(1)));
        }
    });
}

#[test]
fn a_table_that_could_not_grow_catches_up_by_and_by() {
    with_area(|area, _| {
        let mut h = HashStore::new(1, Multiplicity::Set);
        h.fixed = true;
        let few = h.slots();
        (0..1000).for_each(|k| h.insert(object(area, k, 0)));
        assert_eq!(h.slots(), few);
        h.unfix();
        h.insert(object(area, 1000, 0));
        assert!((few + 1..=few + 4).contains(&h.slots()), "{} buckets", h.slots());
        (1001..2000).for_each(|k| h.insert(object(area, k, 0)));
        assert!(h.slots() >= 2 * h.len - 8, "{} buckets", h.slots());
        assert!(keys(&h).into_iter().eq(0..2000));
    });
}

#[test]
fn a_walk_over_a_fixed_set_meets_every_key_once() {
    with_area(|area, _| {
        let mut h = HashStore::new(1, Multiplicity::Set);
        for k in 0..500 {
            h.insert(object(area, k, 0));
        }
        let words = h.words;
        h.fixed = true;
        let mut seen = Vec::new();
        let mut at = h.first_from(0).map(|t| t.as_tuple().unwrap()[0].as_i64().unwrap());
        while let Some(k) = at {
            seen.push(k);
            h.remove_of(Term::small(k), |_| true);
            assert!(!h.contains(Term::small(k)));
            // Among those that the walk meets yet or not.
            h.insert(object(area, 1000 + k, 0));
            h.remove_of(Term::small(1000 + k), |_| true);
            let next = h.behind(Term::small(k)).unwrap();
            at = next.map(|t| t.as_tuple().unwrap()[0].as_i64().unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        assert_eq!(h.len, 0);
        h.unfix();
        assert!(h.first_from(0).is_none());
        assert!(h.behind(Term::small(3)).is_err());
        for k in 0..500 {
            h.insert(object(area, k, 0));
        }
        assert_eq!(h.words, words);
    });
}

#[test]
fn bags_give_objects_of_a_key_newest_first() {
    with_area(|area, _| {
        let mut bag = HashStore::new(1, Multiplicity::Bag);
        let mut duplicates = HashStore::new(1, Multiplicity::DuplicateBag);
        for k in 0..100 {
            for v in [3, 1, 3, 2] {
                bag.insert(object(area, k, v));
                duplicates.insert(object(area, k, v));
            }
        }
        let values = |h: &HashStore, k| {
            let mut v = Vec::new();
            h.each_of(Term::small(k), |t| {
                let (digit, _) = t.as_tuple().unwrap()[1].as_cons().unwrap();
                v.push(digit.as_small().unwrap() - i64::from(b'0'));
            });
            v
        };
        for k in 0..100 {
            assert_eq!(values(&bag, k), [2, 1, 3]);
            assert_eq!(values(&duplicates, k), [2, 3, 1, 3]);
        }
        assert_eq!((bag.len, duplicates.len), (300, 400));
        for slot in 0..duplicates.slots() {
            duplicates.update_in(slot, |t| {
                let three = t.as_tuple().unwrap()[1].as_cons().unwrap().0.as_small() == Some(51);
                if three { Change::Remove } else { Change::Keep }
            });
        }
        assert_eq!(values(&duplicates, 7), [2, 1]);
    });
}

#[test]
fn ordered_keys_are_the_same_by_value() {
    with_area(|area, _| {
        let mut t = TreeStore::new(1);
        for k in [5, 3, 9, 1] {
            t.insert(object(area, k, k));
        }
        let float = area.float(3.0);
        assert!(t.get(float).is_some());
        let replaced = area.tuple(&[float, Term::nil()]);
        t.insert(Object::copy(replaced));
        assert_eq!(t.len(), 4);
        let key = |t: Term<'_>| t.as_tuple().unwrap()[0].as_float().unwrap_or(-1.0);
        assert_eq!(key(t.get(Term::small(3)).unwrap()), 3.0);
        let up: Vec<_> = t
            .ascending(From::Behind(Term::small(3)))
            .map(|t| t.as_tuple().unwrap()[0].as_i64().unwrap())
            .collect();
        assert_eq!(up, [5, 9]);
        let down: Vec<_> = t
            .descending(From::At(Term::small(5)))
            .map(|t| t.as_tuple().unwrap()[0].as_i64())
            .collect();
        assert_eq!(down, [Some(5), None, Some(1)]);
        assert!(t.remove_of(float, |_| true));
        assert!(t.get(float).is_none());
    });
}

/// Every walk from every key that may be there, against an ordered set.
fn check_walks(t: &TreeStore, model: &BTreeSet<i64>) {
    let keys = |walk: &mut dyn Iterator<Item = Term<'_>>| {
        walk.map(|t| t.as_tuple().unwrap()[0].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(t.len(), model.len());
    assert!(keys(&mut t.ascending(From::End)).iter().eq(model));
    assert!(keys(&mut t.descending(From::End)).iter().eq(model.iter().rev()));
    for k in [-1, 0, 1, 63, 64, 65, 499, 500, 1777, 2999, 3000] {
        let key = Term::small(k);
        assert_eq!(t.get(key).is_some(), model.contains(&k));
        assert!(keys(&mut t.ascending(From::At(key))).iter().eq(model.range(k..)));
        assert!(keys(&mut t.ascending(From::Behind(key))).iter().eq(model.range(k + 1..)));
        assert!(keys(&mut t.descending(From::At(key))).iter().eq(model.range(..=k).rev()));
        assert!(keys(&mut t.descending(From::Behind(key))).iter().eq(model.range(..k).rev()));
        let one =
            |found: Option<Term<'_>>| found.map(|t| t.as_tuple().unwrap()[0].as_i64().unwrap());
        assert_eq!(one(t.beside::<false>(key)).as_ref(), model.range(k + 1..).next());
        assert_eq!(one(t.beside::<true>(key)).as_ref(), model.range(..k).next_back());
        assert_eq!(one(t.end::<false>()).as_ref(), model.first());
        // From where the last step has led, on and back.
        if let Some(first) = model.first() {
            let mut steps = model.range(first + 1..);
            for (step, at) in model.iter().enumerate() {
                let at = Term::small(*at);
                assert!(step % 3 > 0 || t.get(at).is_some());
                assert_eq!(one(t.beside::<false>(at)).as_ref(), steps.next());
            }
        }
        assert_eq!(one(t.end::<true>()).as_ref(), model.last());
        for (at, before) in model.iter().rev().zip(model.iter().rev().skip(1)) {
            assert_eq!(one(t.beside::<true>(Term::small(*at))), Some(*before));
        }
    }
}

#[test]
fn a_tree_holds_what_an_ordered_set_holds() {
    with_area(|area, _| {
        let orders: [fn(i64) -> i64; 3] = [|i| i, |i| 2999 - i, |i| i * 1777 % 3000];
        for put in orders {
            for take in orders {
                let mut t = TreeStore::new(1);
                let mut model = BTreeSet::new();
                let mut step = |area: &mut Area<'_>, t: &mut TreeStore, k: i64, add: bool| {
                    if add {
                        t.insert(object(area, k, k));
                        model.insert(k);
                    } else {
                        assert_eq!(t.remove_of(Term::small(k), |_| true), model.remove(&k));
                    }
                    if model.len().is_power_of_two() || model.len() % 700 == 0 {
                        check_walks(t, &model);
                    }
                };
                (0..3000).for_each(|i| step(area, &mut t, put(i), true));
                // There already.
                (0..3000).step_by(7).for_each(|i| step(area, &mut t, put(i), true));
                (0..2900).for_each(|i| step(area, &mut t, take(i), false));
                (0..1000).for_each(|i| step(area, &mut t, put(i), i % 3 > 0));
                (0..3000).for_each(|i| step(area, &mut t, take(i), false));
                assert_eq!((t.len(), t.words), (0, 0));
            }
        }
    });
}

#[test]
fn a_tree_changes_what_it_is_told_to_and_is_freed_bit_by_bit() {
    with_area(|area, _| {
        let mut t = TreeStore::new(1);
        (0..2000).for_each(|k| t.insert(object(area, k, k)));
        let key = |t: Term<'_>| t.as_tuple().unwrap()[0].as_i64().unwrap();
        let new: Vec<_> = (0..2000).map(|k| area.tuple(&[Term::small(k), Term::nil()])).collect();
        t.update(|t| match key(t) {
            k if k % 3 == 0 => Change::Remove,
            k if k % 3 == 1 => Change::Replace(Object::copy(new[k as usize])),
            _ => Change::Keep,
        });
        assert!(t.ascending(From::End).map(key).eq((0..2000).filter(|k| k % 3 > 0)));
        let replaced = |t: Term<'_>| t.as_tuple().unwrap()[1].is_nil();
        assert!(t.ascending(From::End).all(|t| replaced(t) == (key(t) % 3 == 1)));
        let mut rounds = 0;
        let mut left = t.len();
        while !t.free_some(100) {
            rounds += 1;
            left -= 100;
            assert_eq!(t.len(), left);
        }
        assert_eq!((rounds, t.len()), (13, 0));
    });
}
