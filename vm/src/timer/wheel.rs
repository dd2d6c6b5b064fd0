//! A hierarchical timing wheel (Varghese and Lauck 1987), with ticks of one millisecond.
//!
//! Six levels of 64 slots; a slot of level n covers 64^n ticks. An entry lies on the lowest level
//! whose slots tell its tick from the wheel's own; when the wheel reaches a slot of a higher level
//! its entries move down. Each level has a bit for each slot that is in use, so that the next one
//! is found without looking at empty ones. Entries are doubly linked by index: adding and removing
//! take constant time.

const LEVELS: usize = 6;
const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
const NIL: u32 = u32::MAX;
/// How far ahead the wheel tells ticks apart; what is later waits in the last slot and is sorted
/// in again when that comes round.
const SPAN: u64 = 1 << (SLOT_BITS * LEVELS as u32);

/// Where an entry is; good until it is removed or expires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u32);

struct Node<T> {
    next: u32,
    prev: u32,
    /// Level and slot.
    place: u16,
    tick: u64,
    /// `None`: the node is free.
    value: Option<T>,
}

/// The wheel.
pub struct Wheel<T> {
    /// All ticks up to this one have expired.
    now: u64,
    used: [u64; LEVELS],
    heads: Box<[[u32; SLOTS]; LEVELS]>,
    nodes: Vec<Node<T>>,
    free: u32,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Wheel {
            now: 0,
            used: [0; LEVELS],
            heads: Box::new([[NIL; SLOTS]; LEVELS]),
            nodes: Vec::new(),
            free: NIL,
        }
    }
}

impl<T> Wheel<T> {
    /// Adds an entry that expires at `tick`, or with the next one if that has passed.
    pub fn insert(&mut self, tick: u64, value: T) -> Key {
        let node = Node { next: NIL, prev: NIL, place: 0, tick, value: Some(value) };
        let i = if self.free == NIL {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        } else {
            let i = self.free;
            self.free = self.nodes[i as usize].next;
            self.nodes[i as usize] = node;
            i
        };
        self.link(i);
        Key(i)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: Key) -> T {
        self.unlink(key.0);
        self.release(key.0)
    }

    /// The entry.
    pub fn get(&self, key: Key) -> &T {
        self.nodes[key.0 as usize].value.as_ref().expect("a key of an entry that is there")
    }

    fn release(&mut self, i: u32) -> T {
        let node = &mut self.nodes[i as usize];
        node.next = self.free;
        self.free = i;
        node.value.take().expect("a key of an entry that is there")
    }

    fn link(&mut self, i: u32) {
        let tick = self.nodes[i as usize].tick.clamp(self.now + 1, self.now + SPAN - 1);
        // The highest bit in which the two differ tells the level.
        let differ = (tick ^ self.now) | (SLOTS as u64 - 1);
        let level = ((63 - differ.leading_zeros()) / SLOT_BITS).min(LEVELS as u32 - 1) as usize;
        let slot = (tick >> (level as u32 * SLOT_BITS)) as usize % SLOTS;
        let head = self.heads[level][slot];
        let node = &mut self.nodes[i as usize];
        node.place = (level * SLOTS + slot) as u16;
        // Slots are circular lists, so that an entry is added at the end in one step.
        if head == NIL {
            (node.next, node.prev) = (i, i);
            self.heads[level][slot] = i;
            self.used[level] |= 1 << slot;
        } else {
            let last = self.nodes[head as usize].prev;
            let node = &mut self.nodes[i as usize];
            (node.next, node.prev) = (head, last);
            self.nodes[last as usize].next = i;
            self.nodes[head as usize].prev = i;
        }
    }

    fn unlink(&mut self, i: u32) {
        let Node { next, prev, place, .. } = self.nodes[i as usize];
        let (level, slot) = (place as usize / SLOTS, place as usize % SLOTS);
        if next == i {
            self.heads[level][slot] = NIL;
            self.used[level] &= !(1 << slot);
            return;
        }
        self.nodes[prev as usize].next = next;
        self.nodes[next as usize].prev = prev;
        if self.heads[level][slot] == i {
            self.heads[level][slot] = next;
        }
    }

    /// The next slot that the wheel will reach: level, slot and the tick at which it begins.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        (0..LEVELS).find_map(|level| {
            if self.used[level] == 0 {
                return None;
            }
            let shift = level as u32 * SLOT_BITS;
            let here = (self.now >> shift) as usize % SLOTS;
            // The slots behind `here` first; on the top level those up to it come a round later.
            let behind = self.used[level].rotate_right(here as u32 + 1);
            let slot = (here + 1 + behind.trailing_zeros() as usize) % SLOTS;
            let round = 1u64 << (shift + SLOT_BITS);
            let mut begins = (self.now & !(round - 1)) + ((slot as u64) << shift);
            if begins <= self.now {
                begins += round;
            }
            Some((level, slot, begins))
        })
    }

    /// A tick before which nothing expires; exact for what is due within 64 ticks.
    pub fn next_tick(&self) -> Option<u64> {
        self.next_slot().map(|(_, _, begins)| begins)
    }

    /// Moves on to tick `to` and adds what has expired to `out`, in the order of ticks.
    pub fn advance(&mut self, to: u64, out: &mut Vec<T>) {
        while let Some((level, slot, begins)) = self.next_slot().filter(|s| s.2 <= to) {
            self.now = begins;
            let first = std::mem::replace(&mut self.heads[level][slot], NIL);
            self.used[level] &= !(1 << slot);
            let mut i = first;
            loop {
                let next = self.nodes[i as usize].next;
                if self.nodes[i as usize].tick <= begins {
                    out.push(self.release(i));
                } else {
                    self.link(i);
                }
                i = next;
                if i == first {
                    break;
                }
            }
        }
        self.now = self.now.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u64),
        Remove(usize),
        Advance(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..40u32, any::<u64>()).prop_map(|(bits, n)| Step::Insert(n & ((1 << bits) - 1))),
            any::<usize>().prop_map(Step::Remove),
            (0..34u32, any::<u64>()).prop_map(|(bits, n)| Step::Advance(n & ((1 << bits) - 1))),
        ]
    }

    proptest! {
        /// Against an ordered map: everything expires at its tick, never before, and only once.
        #[test]
        fn expires_like_an_ordered_map(steps in proptest::collection::vec(step(), 1..200)) {
            let mut wheel = Wheel::default();
            let mut model: BTreeMap<(u64, usize), Key> = BTreeMap::new();
            let mut now = 0;
            for (id, s) in steps.into_iter().enumerate() {
                match s {
                    Step::Insert(delay) => {
                        let tick = now + 1 + delay;
                        model.insert((tick, id), wheel.insert(tick, (tick, id)));
                    }
                    Step::Remove(n) if !model.is_empty() => {
                        let k = *model.keys().nth(n % model.len()).unwrap();
                        let key = model.remove(&k).unwrap();
                        prop_assert_eq!(*wheel.get(key), k);
                        prop_assert_eq!(wheel.remove(key), k);
                    }
                    Step::Remove(_) => {}
                    Step::Advance(by) => {
                        now += by;
                        let mut out = Vec::new();
                        wheel.advance(now, &mut out);
                        let later = model.split_off(&(now + 1, 0));
                        let due: Vec<_> = std::mem::replace(&mut model, later).into_keys().collect();
                        let mut sorted = out.clone();
                        sorted.sort();
                        prop_assert_eq!(&sorted, &due);
                        prop_assert!(out.is_sorted_by_key(|e| e.0));
                    }
                }
                let first = model.keys().next().map(|k| k.0);
                match (wheel.next_tick(), first) {
                    (None, None) => {}
                    (Some(t), Some(first)) => prop_assert!(t <= first && t > now),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }
}
