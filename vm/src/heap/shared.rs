//! Bytes of an off-heap binary held outside any heap: what a native keeps of a binary between
//! calls, and what it fills before a term shows it.
//!
//! Invariant: the bytes shown lie in the binary and do not change (see `binary`); one count of the
//! binary belongs to each value here.

use super::Binary;
use super::binary::BinaryCount;
use crate::term::Term;

/// Some bytes of a binary, kept alive.
#[derive(Clone)]
pub struct SharedBytes {
    binary: BinaryCount,
    start: usize,
    len: usize,
}

impl SharedBytes {
    /// The bytes of a binary term, where they lie if they are off-heap; `None` for anything else.
    pub fn of(t: Term<'_>) -> Option<SharedBytes> {
        let bits = t.as_bits().filter(|b| b.is_binary())?;
        if let (Some(bytes), Some(binary)) = (bits.as_bytes(), BinaryCount::of(t)) {
            let start = bytes.as_ptr() as usize - binary.data() as usize;
            return Some(SharedBytes { binary, start, len: bytes.len() });
        }
        Some(SharedBytes::copied(&bits.to_bytes()))
    }

    /// A copy of `bytes`.
    pub fn copied(bytes: &[u8]) -> SharedBytes {
        // A new binary has one count, which is handed over.
        let binary = BinaryCount::take(Binary::from_bytes(bytes));
        SharedBytes { binary, start: 0, len: bytes.len() }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.binary.bytes(self.start, self.len)
    }

    /// Leaves out the first `n` bytes. Panics if there are fewer.
    pub fn skip(&mut self, n: usize) {
        assert!(n <= self.len, "no more than there is");
        self.start += n;
        self.len -= n;
    }

    /// The binary, and where in it the bytes begin.
    pub(crate) fn parts(&self) -> (&BinaryCount, usize) {
        (&self.binary, self.start)
    }
}
