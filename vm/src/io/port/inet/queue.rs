//! What is to be written and has not been yet, in the pieces in which it came.

use std::collections::VecDeque;
use std::io::IoSlice;

/// Pieces that are written in one call of the system.
const PIECES: usize = 64;

/// Bytes to write.
#[derive(Default)]
pub struct Queue {
    parts: VecDeque<Vec<u8>>,
    /// How much of the first is written.
    written: usize,
    size: usize,
}

impl Queue {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Adds a piece, of which `written` bytes are written already.
    pub fn push(&mut self, piece: Vec<u8>, written: usize) {
        if written >= piece.len() {
            return;
        }
        self.size += piece.len() - written;
        if self.parts.is_empty() {
            self.written = written;
            self.parts.push_back(piece);
        } else if written == 0 {
            self.parts.push_back(piece);
        } else {
            self.parts.push_back(piece[written..].to_vec());
        }
    }

    /// Calls `f` with what is first to be written, at most `most` bytes.
    pub fn peek<R>(&self, most: usize, f: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let mut n = 0;
        let mut left = most;
        let mut skip = self.written;
        for part in self.parts.iter().take(PIECES) {
            let bytes = &part[skip..];
            let bytes = &bytes[..bytes.len().min(left)];
            skip = 0;
            left -= bytes.len();
            slices[n] = IoSlice::new(bytes);
            n += 1;
            if left == 0 {
                break;
            }
        }
        f(&slices[..n])
    }

    /// `n` bytes have been written.
    pub fn advance(&mut self, n: usize) {
        self.size -= n;
        let mut n = n + self.written;
        while let Some(first) = self.parts.front().filter(|p| p.len() <= n) {
            n -= first.len();
            self.parts.pop_front();
        }
        self.written = n;
        if self.parts.is_empty() {
            self.parts.shrink_to(0);
        }
    }

    pub fn clear(&mut self) {
        *self = Queue::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What comes out is what went in.
        #[test]
        fn bytes_come_out_in_order(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), 0usize..10), 0..100),
            takes in prop::collection::vec(1usize..50, 1..20),
        ) {
            let mut queue = Queue::default();
            let mut want = Vec::new();
            for (piece, written) in pieces {
                let written = written.min(piece.len());
                want.extend(&piece[written..]);
                queue.push(piece, written);
            }
            prop_assert_eq!(queue.len(), want.len());
            let mut got = Vec::new();
            let mut takes = takes.iter().cycle();
            while !queue.is_empty() {
                let most = *takes.next().unwrap();
                let bytes = queue.peek(most, |slices| slices.iter().flat_map(|s| s.to_vec()).collect::<Vec<u8>>());
                prop_assert!(!bytes.is_empty() && bytes.len() <= most);
                queue.advance(bytes.len());
                got.extend(bytes);
            }
            prop_assert_eq!(got, want);
        }
    }
}
