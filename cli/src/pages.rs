//! How the system hands out memory.

/// Asks for memory in ordinary pages, not huge ones. A machine has many threads with little memory
/// each; in huge pages every one of them would have megabytes cleared at its first step, which costs
/// time at the start and memory ever after. (Measured: a booted system took 170 MB in place of 32,
/// and messages between 100,000 processes were slower by a third.) Answers whether that changed
/// something that child programs are to have as it was.
pub fn ordinary() -> bool {
    use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};
    // A system that knows no such thing has none to disable.
    matches!(transparent_huge_pages_are_disabled(), Ok(false))
        && disable_transparent_huge_pages(true).is_ok()
}
