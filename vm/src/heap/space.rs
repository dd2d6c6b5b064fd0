//! Which words of a range are in use: a range of addresses from which blocks of any size are taken
//! and to which they are given back. Places are counted in words from the range's beginning; the
//! memory itself is nobody's business here.
//!
//! Behind `end` nothing has been handed out. What has been given back below it is listed by place,
//! to become one with its neighbours, and by size, so that the smallest that suits is taken.

use std::collections::{BTreeMap, BTreeSet};

/// The space of a range.
pub struct Space {
    limit: usize,
    end: usize,
    /// Free blocks below `end`: words by place.
    free: BTreeMap<usize, usize>,
    /// The same: size and place.
    sizes: BTreeSet<(usize, usize)>,
    used: usize,
}

impl Space {
    /// The words from `first` to `limit`, all free.
    pub fn new(first: usize, limit: usize) -> Space {
        Space { limit, end: first, free: BTreeMap::new(), sizes: BTreeSet::new(), used: 0 }
    }

    /// How many words are in use.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Takes a block of `words` words. `None`: there is none so large.
    pub fn take(&mut self, words: usize) -> Option<usize> {
        let place = match self.sizes.range((words, 0)..).next() {
            Some(&(size, place)) => {
                self.remove(place, size);
                if size > words {
                    self.insert(place + words, size - words);
                }
                place
            }
            None if words <= self.limit - self.end => {
                self.end += words;
                self.end - words
            }
            None => return None,
        };
        self.used += words;
        Some(place)
    }

    /// Gives a block back that has been taken.
    pub fn give_back(&mut self, mut place: usize, words: usize) {
        self.used -= words;
        let mut size = words;
        if let Some((&before, &length)) = self.free.range(..place).next_back()
            && before + length == place
        {
            self.remove(before, length);
            (place, size) = (before, size + length);
        }
        if let Some(&length) = self.free.get(&(place + size)) {
            self.remove(place + size, length);
            size += length;
        }
        if place + size == self.end {
            self.end = place;
        } else {
            self.insert(place, size);
        }
    }

    fn insert(&mut self, place: usize, size: usize) {
        self.free.insert(place, size);
        self.sizes.insert((size, place));
    }

    fn remove(&mut self, place: usize, size: usize) {
        self.free.remove(&place);
        self.sizes.remove(&(size, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a random run of taking and giving back leaves, against a list of what is in use.
    #[test]
    fn blocks_never_overlap_and_all_come_back() {
        let mut space = Space::new(8, 10_000);
        let mut taken: Vec<(usize, usize)> = Vec::new();
        let mut seed = 12_345_u64;
        let mut random = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % n
        };
        for _ in 0..20_000 {
            if taken.is_empty() || random(5) < 3 {
                let words = 1 + random(200);
                let Some(place) = space.take(words) else { continue };
                assert!(place >= 8 && place + words <= 10_000);
                let apart = |&(p, n): &(usize, usize)| place + words <= p || p + n <= place;
                assert!(taken.iter().all(apart));
                taken.push((place, words));
            } else {
                let (place, words) = taken.swap_remove(random(taken.len()));
                space.give_back(place, words);
            }
            assert_eq!(space.used(), taken.iter().map(|t| t.1).sum::<usize>());
        }
        for (place, words) in taken {
            space.give_back(place, words);
        }
        assert_eq!((space.end, space.used()), (8, 0));
        assert!(space.free.is_empty() && space.sizes.is_empty());
    }

    #[test]
    fn the_smallest_that_suits_is_taken_again() {
        let mut space = Space::new(0, 100);
        let all: Vec<usize> = [10, 1, 5, 1, 7, 1].map(|n| space.take(n).unwrap()).to_vec();
        for (i, n) in [(0, 10), (2, 5), (4, 7)] {
            space.give_back(all[i], n);
        }
        assert_eq!(space.take(6), Some(all[4]));
        assert_eq!(space.take(5), Some(all[2]));
        assert_eq!(space.take(80), None);
    }
}
