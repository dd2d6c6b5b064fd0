//! Who watches a process and whom it is linked with: what other processes of the node set up on it.
//!
//! Many processes have one such relation for all of their life, to who started them. It lies in the
//! control block itself; a few more are a list, and where there are many they are found by hash.

use super::LinkState;
use crate::term::Pid;
use hashbrown::HashMap;

/// More than so many are found by hash.
const FEW: usize = 16;

/// One relation.
#[derive(Clone, Copy)]
struct Relation {
    /// What it is: the number of a monitor's reference, or `LINK` with the number of an unlink that
    /// is still to be acknowledged.
    key: u64,
    /// The other process.
    other: Pid,
}

/// Numbers of references never come so far.
const LINK: u64 = 1 << 63;

impl Relation {
    fn link(other: Pid, state: LinkState) -> Relation {
        Relation { key: LINK | state.unlinking, other }
    }

    fn is_link(self) -> bool {
        self.key & LINK != 0
    }

    fn state(self) -> LinkState {
        LinkState { unlinking: self.key & !LINK }
    }
}

#[derive(Default)]
struct Many {
    links: HashMap<Pid, LinkState>,
    watchers: HashMap<u64, Pid>,
}

#[derive(Default)]
enum Kept {
    #[default]
    None,
    One(Relation),
    /// In no order.
    List(Vec<Relation>),
    Many(Box<Many>),
}

/// The links of a process, and the monitors that others have set on it.
#[derive(Default)]
pub struct Relations(Kept);

const _: () = assert!(size_of::<Relations>() == 24);

impl Relations {
    /// Whether there is none. May be false where there was one.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Kept::None)
    }

    /// Whether there may be links: not if there is nothing, or one watcher.
    #[inline(always)]
    pub fn may_have_links(&self) -> bool {
        match &self.0 {
            Kept::None => false,
            Kept::One(one) => one.is_link(),
            Kept::List(_) | Kept::Many(_) => true,
        }
    }

    fn few(&self) -> &[Relation] {
        match &self.0 {
            Kept::None | Kept::Many(_) => &[],
            Kept::One(one) => std::slice::from_ref(one),
            Kept::List(list) => list,
        }
    }

    fn few_mut(&mut self) -> &mut [Relation] {
        match &mut self.0 {
            Kept::None | Kept::Many(_) => &mut [],
            Kept::One(one) => std::slice::from_mut(one),
            Kept::List(list) => list,
        }
    }

    /// Adds one that is not there.
    #[inline]
    fn add(&mut self, new: Relation) {
        match &mut self.0 {
            Kept::None => self.0 = Kept::One(new),
            Kept::One(one) => self.0 = Kept::List(vec![*one, new]),
            Kept::List(list) if list.len() < FEW => list.push(new),
            Kept::List(list) => {
                let mut many = Box::<Many>::default();
                for r in list.iter().copied().chain([new]) {
                    many.add(r);
                }
                self.0 = Kept::Many(many);
            }
            Kept::Many(many) => many.add(new),
        }
    }

    /// Removes what `is` tells, of those that are few.
    #[inline]
    fn take(&mut self, is: impl Fn(&Relation) -> bool) -> Option<Relation> {
        match &mut self.0 {
            Kept::One(one) if is(one) => {
                let one = *one;
                self.0 = Kept::None;
                Some(one)
            }
            Kept::List(list) => {
                let i = list.iter().rposition(is)?;
                Some(list.swap_remove(i))
            }
            Kept::None | Kept::One(_) | Kept::Many(_) => None,
        }
    }

    /// The state of the link to `other`, if there is one.
    pub fn link(&self, other: Pid) -> Option<LinkState> {
        match &self.0 {
            Kept::Many(many) => many.links.get(&other).copied(),
            _ => self.few().iter().find(|r| r.is_link() && r.other == other).map(|r| r.state()),
        }
    }

    /// Sets the state of the link to `other`; gives what it was, if there was one.
    pub fn set_link(&mut self, other: Pid, state: LinkState) -> Option<LinkState> {
        if let Kept::Many(many) = &mut self.0 {
            return many.links.insert(other, state);
        }
        let new = Relation::link(other, state);
        match self.few_mut().iter_mut().find(|r| r.is_link() && r.other == other) {
            Some(link) => Some(std::mem::replace(link, new).state()),
            None => {
                self.add(new);
                None
            }
        }
    }

    /// Takes the link to `other` away; gives its state, if there was one.
    pub fn remove_link(&mut self, other: Pid) -> Option<LinkState> {
        match &mut self.0 {
            Kept::Many(many) => many.links.remove(&other),
            _ => self.take(|r| r.is_link() && r.other == other).map(Relation::state),
        }
    }

    /// The other ends of all links, and their states, in order.
    pub fn links(&self) -> Vec<(Pid, LinkState)> {
        let mut all: Vec<_> = match &self.0 {
            Kept::Many(many) => many.links.iter().map(|(pid, state)| (*pid, *state)).collect(),
            _ => self.few().iter().filter(|r| r.is_link()).map(|r| (r.other, r.state())).collect(),
        };
        all.sort_unstable_by_key(|(pid, _)| *pid);
        all
    }

    /// `watcher` has set a monitor, whose reference has that number.
    #[inline]
    pub fn add_watcher(&mut self, reference: u64, watcher: Pid) {
        debug_assert!(reference & LINK == 0);
        self.add(Relation { key: reference, other: watcher });
    }

    /// The monitor whose reference has that number is gone.
    #[inline]
    pub fn remove_watcher(&mut self, reference: u64) {
        match &mut self.0 {
            Kept::Many(many) => drop(many.watchers.remove(&reference)),
            _ => drop(self.take(|r| r.key == reference)),
        }
    }

    /// The monitors that others have set, by the numbers of their references, in order.
    pub fn watchers(&self) -> Vec<(u64, Pid)> {
        let mut all: Vec<_> = match &self.0 {
            Kept::Many(many) => many.watchers.iter().map(|(n, pid)| (*n, *pid)).collect(),
            _ => self.few().iter().filter(|r| !r.is_link()).map(|r| (r.key, r.other)).collect(),
        };
        all.sort_unstable();
        all
    }

    /// The one watcher, if that is all there is.
    #[inline]
    pub fn only_watcher(&self) -> Option<(u64, Pid)> {
        match &self.0 {
            Kept::One(one) if !one.is_link() => Some((one.key, one.other)),
            _ => None,
        }
    }
}

impl Many {
    fn add(&mut self, r: Relation) {
        if r.is_link() {
            self.links.insert(r.other, r.state());
        } else {
            self.watchers.insert(r.key, r.other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A random run of setting up and taking away, against plain maps.
    #[test]
    fn few_and_many_are_the_same_to_others() {
        let mut relations = Relations::default();
        let mut links: BTreeMap<Pid, u64> = BTreeMap::new();
        let mut watchers: BTreeMap<u64, Pid> = BTreeMap::new();
        let mut seed = 7_u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        let mut most = 0;
        for round in 1..40_000_u64 {
            // More are set up in some rounds than in others, so that all ways of keeping are met.
            let up = random(100) < if (round / 500).is_multiple_of(2) { 60 } else { 35 };
            let pid = Pid(1 + random(40));
            match (random(2) == 0, up) {
                (true, true) => {
                    let unlinking = random(2) * round;
                    let before = relations.set_link(pid, LinkState { unlinking });
                    assert_eq!(before.map(|l| l.unlinking), links.insert(pid, unlinking));
                }
                (true, false) => {
                    assert_eq!(relations.link(pid).map(|l| l.unlinking), links.get(&pid).copied());
                    let before = relations.remove_link(pid);
                    assert_eq!(before.map(|l| l.unlinking), links.remove(&pid));
                }
                (false, true) => {
                    relations.add_watcher(round, pid);
                    watchers.insert(round, pid);
                }
                (false, false) => {
                    let skip = random(watchers.len() as u64 + 1) as usize;
                    let reference = watchers.keys().nth(skip).copied().unwrap_or(round);
                    relations.remove_watcher(reference);
                    watchers.remove(&reference);
                }
            }
            let told: Vec<_> =
                relations.links().iter().map(|(pid, l)| (*pid, l.unlinking)).collect();
            assert_eq!(told, links.iter().map(|(p, u)| (*p, *u)).collect::<Vec<_>>());
            let told = relations.watchers();
            assert_eq!(told, watchers.iter().map(|(n, p)| (*n, *p)).collect::<Vec<_>>());
            let only = (links.is_empty() && told.len() == 1).then(|| told[0]);
            if let Some(one) = relations.only_watcher() {
                assert_eq!(only, Some(one));
            }
            most = most.max(links.len() + watchers.len());
        }
        assert!(most > 2 * FEW, "never many: {most}");
    }
}
