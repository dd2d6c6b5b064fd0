//! How the system hands out memory to this program: in ordinary pages, not huge ones.
//!
//! A machine has many threads with little memory each; in huge pages every one of them would have
//! megabytes cleared at its first step, which costs time at the start and memory ever after.
//! (Measured: a booted system took 170 MB in place of 32, and messages between 100,000 processes were
//! slower by a third.) The allocator asks for huge pages as soon as it is first called, which is
//! before `main`; so this is said before that, where constructors of libraries run.

use crate::sync::{AtomicBool, Ordering};
use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

static CHANGED: AtomicBool = AtomicBool::new(false);

/// Runs before constructors without a number, the allocator's among them.
// SAFETY: the section holds addresses of functions of this type, which are called once, on the only
// thread there is. What this one calls needs nothing of the library to be ready: two system calls.
#[used]
#[unsafe(link_section = ".init_array.00100")]
static AT_START: extern "C" fn() = ask_for_ordinary;

extern "C" fn ask_for_ordinary() {
    // A system that knows no such thing has none to disable.
    let changed = matches!(transparent_huge_pages_are_disabled(), Ok(false))
        && disable_transparent_huge_pages(true).is_ok();
    CHANGED.store(changed, Ordering::Relaxed);
}

/// Whether something was changed that child programs are to have as it was.
pub fn are_changed() -> bool {
    CHANGED.load(Ordering::Relaxed)
}
