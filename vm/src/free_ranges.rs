//! Which parts of a range are free.

use std::collections::BTreeMap;

/// The free parts of a range, by where they begin: how long they are. No two of them touch.
pub(crate) struct FreeRanges(BTreeMap<usize, usize>);

impl FreeRanges {
    /// A range of that size, from 0 on, all free.
    pub(crate) fn new(size: usize) -> FreeRanges {
        FreeRanges(BTreeMap::from([(0, size)]))
    }

    /// Takes a part of that size: the first that is free.
    pub(crate) fn take(&mut self, size: usize) -> Option<usize> {
        let (start, room) = self.0.iter().map(|(s, r)| (*s, *r)).find(|(_, room)| *room >= size)?;
        self.0.remove(&start);
        if room > size {
            self.0.insert(start + size, room - size);
        }
        Some(start)
    }

    /// Gives back what [`take`](FreeRanges::take) has taken.
    pub(crate) fn give_back(&mut self, mut start: usize, mut size: usize) {
        if let Some(behind) = self.0.remove(&(start + size)) {
            size += behind;
        }
        if let Some((before, length)) = self.0.range(..start).next_back().map(|(s, l)| (*s, *l))
            && before + length == start
        {
            (start, size) = (before, size + length);
        }
        self.0.insert(start, size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_free_with_what_is_beside_it() {
        let mut ranges = FreeRanges::new(100);
        let taken = [30, 30, 40].map(|size| ranges.take(size));
        assert_eq!(taken, [Some(0), Some(30), Some(60)]);
        assert_eq!(ranges.take(1), None);
        ranges.give_back(30, 30);
        assert_eq!(ranges.take(31), None);
        ranges.give_back(0, 30);
        ranges.give_back(60, 40);
        assert_eq!(ranges.0, BTreeMap::from([(0, 100)]));
        assert_eq!(ranges.take(100), Some(0));
    }
}
