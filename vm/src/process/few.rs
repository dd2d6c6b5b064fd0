//! A map that mostly has few entries: a list until there are many, which costs less to make, to
//! search and to forget than a table.

use hashbrown::HashMap;
use std::hash::Hash;

/// More than so many are found by hash.
const FEW: usize = 16;

/// A map from `K` to `V`.
pub enum Few<K, V> {
    /// In no order.
    List(Vec<(K, V)>),
    /// Many, by hash.
    Many(HashMap<K, V>),
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Few::List(Vec::new())
    }
}

impl<K: Copy + Eq + Hash, V> Few<K, V> {
    /// Sets what `key` leads to; gives what that was.
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let list = match self {
            Few::Many(map) => return map.insert(key, value),
            Few::List(list) => list,
        };
        if let Some(entry) = list.iter_mut().find(|e| e.0 == key) {
            return Some(std::mem::replace(&mut entry.1, value));
        }
        if list.len() < FEW {
            list.push((key, value));
        } else {
            let mut map: HashMap<K, V> = list.drain(..).collect();
            map.insert(key, value);
            *self = Few::Many(map);
        }
        None
    }

    /// What `key` leads to.
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        match self {
            Few::List(list) => list.iter().rev().find(|e| e.0 == *key).map(|e| &e.1),
            Few::Many(map) => map.get(key),
        }
    }

    /// What `key` leads to, to be changed.
    #[inline]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self {
            Few::List(list) => list.iter_mut().rev().find(|e| e.0 == *key).map(|e| &mut e.1),
            Few::Many(map) => map.get_mut(key),
        }
    }

    /// Removes what `key` leads to.
    #[inline]
    pub fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Few::List(list) => {
                let i = list.iter().rposition(|e| e.0 == *key)?;
                Some(list.swap_remove(i).1)
            }
            Few::Many(map) => map.remove(key),
        }
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (list, map) = match self {
            Few::List(list) => (Some(list), None),
            Few::Many(map) => (None, Some(map)),
        };
        list.into_iter().flatten().map(|(k, v)| (k, v)).chain(map.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A random run of inserting and removing, against a plain map.
    #[test]
    fn few_and_many_are_the_same_to_others() {
        let (mut few, mut plain) = (Few::default(), BTreeMap::new());
        let mut seed = 3_u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        for round in 0..20_000_u64 {
            let key = random(60);
            if random(100) < if (round / 300).is_multiple_of(2) { 60 } else { 40 } {
                assert_eq!(few.insert(key, round), plain.insert(key, round));
            } else {
                assert_eq!(few.get(&key), plain.get(&key));
                assert_eq!(few.get_mut(&key), plain.get_mut(&key));
                assert_eq!(few.remove(&key), plain.remove(&key));
            }
            let mut all: Vec<_> = few.iter().map(|(k, v)| (*k, *v)).collect();
            all.sort_unstable();
            assert_eq!(all, plain.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
        }
        assert!(matches!(few, Few::Many(_)));
    }
}
