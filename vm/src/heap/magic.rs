//! What magic references refer to: counted objects of the machine or of a native (an atomics array, a
//! compiled pattern, a table).

use std::any::{Any, TypeId};
use std::sync::Arc;

/// One such object. What is asked at each use lies here, so that no function of the object's need be
/// called: its type, and where it lies.
pub struct Magic {
    is: TypeId,
    at: *const (),
    object: Arc<dyn Any + Send + Sync>,
}

// SAFETY: `at` is the address of `object`, which may go to any thread.
unsafe impl Send for Magic {}
// SAFETY: as for Send.
unsafe impl Sync for Magic {}

impl Magic {
    /// A magic reference's `object`.
    pub fn new(object: Arc<dyn Any + Send + Sync>) -> Magic {
        Magic { is: (*object).type_id(), at: Arc::as_ptr(&object).cast(), object }
    }

    /// The object, if it is of that type.
    #[inline(always)]
    pub fn as_ref<T: Any>(&self) -> Option<&T> {
        // SAFETY: `at` is where the object lies, which `self` keeps alive, and the object is a `T`.
        (self.is == TypeId::of::<T>()).then(|| unsafe { &*self.at.cast::<T>() })
    }

    /// Another count of the object, if it is of that type.
    pub fn count_of<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.object.clone().downcast().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_of_their_type_alone() {
        let magic = Magic::new(Arc::new([1_u64, 2]));
        assert_eq!(magic.as_ref::<[u64; 2]>(), Some(&[1, 2]));
        assert_eq!(magic.count_of::<[u64; 2]>().as_deref(), Some(&[1, 2]));
        assert!(magic.as_ref::<[i64; 2]>().is_none() && magic.count_of::<u64>().is_none());
    }
}
