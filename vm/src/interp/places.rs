//! What places in the source have lately been in stack traces: a worker's memory of searches, since most
//! exceptions come from where others have come from.

use crate::code::{Location, Ranges};

/// Places by address.
pub struct Places {
    /// Of the code that they are in ([`Ranges::generation`]).
    generation: u64,
    /// Empty until the first is looked for: most workers of a program look for none.
    all: Vec<Option<(*const u64, Location)>>,
}

/// A few deep stacks.
const SIZE: usize = 128;

impl Places {
    /// None.
    pub fn new() -> Places {
        Places { generation: 0, all: Vec::new() }
    }

    /// Where `at` is, if it is in a module's code.
    #[inline]
    pub fn find(&mut self, ranges: &Ranges<'_>, at: *const u64) -> Option<Location> {
        if self.generation != ranges.generation() || self.all.is_empty() {
            self.generation = ranges.generation();
            self.all.clear();
            self.all.resize(SIZE, None);
        }
        // Neighbours are calls of the same function.
        let place = &mut self.all[(at.addr() / 8) % SIZE];
        match place {
            Some((address, location)) if *address == at => Some(*location),
            _ => {
                let location = ranges.module_at(at)?.locate(at)?;
                *place = Some((at, location));
                Some(location)
            }
        }
    }
}
