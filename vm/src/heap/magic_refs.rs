//! Magic references that have been text or bytes: what is read back is the same reference again, for as
//! long as one of it has been somewhere all along.
//!
//! A reference is noted when it is written, and looked for where one of this node is read. While none
//! has been written that costs a look at a number.

use super::magic::Magic;
use crate::sync::{AtomicUsize, Mutex, Ordering};
use hashbrown::HashMap;
use std::sync::{Arc, Weak};

/// More than these are looked through now and then for what is gone.
const MANY: usize = 256;

/// Those of one machine.
#[derive(Default)]
pub struct MagicRefs {
    /// How many are noted.
    count: AtomicUsize,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    by_number: HashMap<u64, Weak<Magic>>,
    /// With so many it is looked through.
    crowded: usize,
}

impl MagicRefs {
    /// Notes the object of the reference of that number.
    pub(crate) fn note(&self, number: u64, object: Weak<Magic>) {
        let mut noted = self.noted.lock();
        if noted.by_number.len() >= noted.crowded.max(MANY) {
            noted.by_number.retain(|_, object| object.strong_count() > 0);
            noted.crowded = 2 * noted.by_number.len();
        }
        noted.by_number.insert(number, object);
        self.count.store(noted.by_number.len(), Ordering::Release);
    }

    /// The object of the reference of that number, if it is still there.
    pub(crate) fn find(&self, number: u64) -> Option<Arc<Magic>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.noted.lock().by_number.get(&number)?.upgrade()
    }

    /// Whether a reference of that number is known to have been written, and to have been magic.
    pub fn knows(&self, number: u64) -> bool {
        self.noted.lock().by_number.contains_key(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_forgotten() {
        let refs = MagicRefs::default();
        assert!(refs.find(1).is_none());
        let kept = Arc::new(Magic::new(Arc::new(7_u8)));
        refs.note(1, Arc::downgrade(&kept));
        for number in 2..10 * MANY as u64 {
            refs.note(number, Arc::downgrade(&Arc::new(Magic::new(Arc::new(8_u8)))));
            assert!(refs.find(number).is_none());
        }
        assert!(refs.noted.lock().by_number.len() <= MANY + 1);
        assert!(refs.find(1).is_some_and(|found| Arc::ptr_eq(&found, &kept)));
    }
}
