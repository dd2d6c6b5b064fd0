//! How this node's pids and references are split into the numbers that the format (and printing)
//! shows.
//!
//! A pid shows as its table index and its generation (`<0.Index.Generation>`), a reference as
//! three words of 18, 32 and 14 bits, lowest first (`#Ref<0.W2.W1.W0>` prints them backwards).
//! An alias carries the pid that it is an alias of in two more words.

use crate::term::Pid;
use crate::term::view::RefView;

/// A pid's two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PidIds {
    /// Shown in the middle: the index in the process table.
    pub id: u32,
    /// Shown last: the generation.
    pub serial: u32,
}

const INDEX_BITS: u32 = 28;
const GENERATION_BITS: u32 = 29;
const LOW_BITS: u32 = 18;
const TOP_BITS: u32 = 14;

/// The numbers of a local pid.
pub fn pid_ids(pid: Pid) -> PidIds {
    PidIds { id: pid.index() as u32, serial: pid.generation() as u32 }
}

/// The local pid of those numbers, if they are in range.
pub fn pid_from_ids(ids: PidIds) -> Option<Pid> {
    let ok = ids.id >> INDEX_BITS == 0 && ids.serial >> GENERATION_BITS == 0;
    ok.then(|| Pid::new(ids.id as usize, u64::from(ids.serial)))
}

/// The words of a local reference, lowest first: three, or five for an alias.
pub fn ref_words(r: &RefView<'_>) -> ([u32; 5], usize) {
    let n = r.number;
    let mut words =
        [(n & ((1 << LOW_BITS) - 1)) as u32, (n >> LOW_BITS) as u32, (n >> 50) as u32, 0, 0];
    match r.alias_of {
        None => (words, 3),
        Some(Pid(pid)) => {
            words[3] = pid as u32;
            words[4] = (pid >> 32) as u32;
            (words, 5)
        }
    }
}

/// The number of the local reference of those words, and the pid that it is an alias of.
pub fn ref_from_words(words: &[u32]) -> Option<(u64, Option<Pid>)> {
    let word = |i: usize| words.get(i).copied().unwrap_or(0);
    if words.is_empty() || word(0) >> LOW_BITS != 0 || word(2) >> TOP_BITS != 0 {
        return None;
    }
    let number = u64::from(word(0)) | u64::from(word(1)) << LOW_BITS | u64::from(word(2)) << 50;
    let alias_of = match words.len() {
        ..=3 => None,
        _ => {
            let pid = u64::from(word(3)) | u64::from(word(4)) << 32;
            (pid >> (INDEX_BITS + GENERATION_BITS) == 0).then_some(())?;
            Some(Pid(pid))
        }
    };
    Some((number, alias_of))
}

const _: () = assert!(LOW_BITS + 32 + TOP_BITS == 64);
