//! The only door to synchronisation types, so that a model checker can stand in for them.
//!
//! With the feature `loom` it does for what is in [`modelled`]; only the tests that are models run
//! then.

pub use parking_lot::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::Arc;
pub use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering, fence,
};

/// Types of what has a model: the in-queue of processes.
pub mod modelled {
    #[cfg(feature = "loom")]
    pub use loom::sync::atomic::{AtomicPtr, Ordering};
    #[cfg(not(feature = "loom"))]
    pub use std::sync::atomic::{AtomicPtr, Ordering};
}

/// What stands alone in its cache lines: one worker's writes to it do not take what lies beside it
/// from others. (Two lines, since processors fetch them in pairs.)
#[derive(Default, Debug)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

impl<T> std::ops::Deref for Padded<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}
