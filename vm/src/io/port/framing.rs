//! How a stream of bytes is cut into what the owner of a port receives: packets with a length in
//! front, and lines. Plain data in, plain data out.

/// Cuts packets with a length of 1, 2 or 4 bytes in front, most significant first.
pub struct Packets {
    header: usize,
    /// What has come of a packet, header included.
    partial: Vec<u8>,
}

impl Packets {
    /// For lengths of `header` bytes.
    pub fn new(header: usize) -> Packets {
        Packets { header, partial: Vec::new() }
    }

    /// Takes more bytes and calls `f` with every packet that is whole.
    pub fn feed(&mut self, bytes: &[u8], mut f: impl FnMut(&[u8])) {
        let mut bytes = bytes;
        if !self.partial.is_empty() {
            // Complete what has begun, the header first.
            loop {
                let wanted = match self.length(&self.partial) {
                    None => self.header,
                    Some(n) => self.header + n,
                };
                let missing = wanted.saturating_sub(self.partial.len());
                let (now, rest) = bytes.split_at(missing.min(bytes.len()));
                self.partial.extend_from_slice(now);
                bytes = rest;
                if self.partial.len() < wanted {
                    return;
                }
                if self.length(&self.partial).is_some_and(|n| self.partial.len() == self.header + n)
                {
                    f(&self.partial[self.header..]);
                    self.partial.clear();
                    break;
                }
            }
        }
        while let Some(n) = self.length(bytes)
            && let Some(packet) = bytes.get(self.header..self.header + n)
        {
            f(packet);
            bytes = &bytes[self.header + n..];
        }
        self.partial.extend_from_slice(bytes);
    }

    /// The length that stands at the front of `bytes`, if they are that many.
    fn length(&self, bytes: &[u8]) -> Option<usize> {
        let header = bytes.get(..self.header)?;
        Some(header.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
    }
}

/// Cuts lines, which end in `\n` or `\r\n`; those longer than the limit come in pieces.
pub struct Lines {
    most: usize,
    line: Vec<u8>,
    /// A `\r` has come that is part of the line's end or else of the line.
    cr: bool,
}

impl Lines {
    /// For lines of up to `most` bytes.
    pub fn new(most: usize) -> Lines {
        Lines { most, line: Vec::new(), cr: false }
    }

    /// Takes more bytes and calls `f` with every line, and whether its end has come.
    pub fn feed(&mut self, bytes: &[u8], mut f: impl FnMut(bool, &[u8])) {
        for &b in bytes {
            if b == b'\n' {
                self.cr = false;
                f(true, &self.line);
                self.line.clear();
                continue;
            }
            self.keep_cr(&mut f);
            if b == b'\r' {
                self.cr = true;
            } else {
                self.push(b, &mut f);
            }
        }
    }

    /// No more will come: calls `f` with what is left.
    pub fn finish(&mut self, mut f: impl FnMut(bool, &[u8])) {
        self.keep_cr(&mut f);
        if !self.line.is_empty() {
            f(false, &self.line);
            self.line.clear();
        }
    }

    /// A `\r` that no `\n` followed belongs to the line.
    fn keep_cr(&mut self, f: &mut impl FnMut(bool, &[u8])) {
        if std::mem::take(&mut self.cr) {
            self.push(b'\r', f);
        }
    }

    fn push(&mut self, b: u8, f: &mut impl FnMut(bool, &[u8])) {
        if self.line.len() == self.most {
            f(false, &self.line);
            self.line.clear();
        }
        self.line.push(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(most: usize, pieces: &[&[u8]]) -> Vec<(bool, String)> {
        let mut lines = Lines::new(most);
        let mut out = Vec::new();
        let mut f = |end, l: &[u8]| out.push((end, String::from_utf8_lossy(l).into_owned()));
        for p in pieces {
            lines.feed(p, &mut f);
        }
        lines.finish(f);
        out
    }

    #[test]
    fn lines_end_in_nl_or_cr_nl() {
        let got = lines(4, &[b"a\nbc\r\n\r\nde\rf", b"g\r", b"\nabcdefgh\r\nabcd", b"\r\rx"]);
        let want = [
            (true, "a"),
            (true, "bc"),
            (true, ""),
            (false, "de\rf"),
            (true, "g"),
            (false, "abcd"),
            (true, "efgh"),
            (false, "abcd"),
            (false, "\r\rx"),
        ];
        assert_eq!(got, want.map(|(e, l)| (e, l.to_owned())));
    }

    proptest! {
        #[test]
        fn packets_come_whole_whatever_the_pieces(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
            cuts in prop::collection::vec(1usize..50, 1..20),
            header in prop::sample::select(vec![1usize, 2, 4]),
        ) {
            let mut stream = Vec::new();
            for p in &packets {
                stream.extend_from_slice(&(p.len() as u32).to_be_bytes()[4 - header..]);
                stream.extend_from_slice(p);
            }
            let mut reader = Packets::new(header);
            let mut got: Vec<Vec<u8>> = Vec::new();
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let n = (*cuts.next().unwrap()).min(rest.len());
                reader.feed(&rest[..n], |p| got.push(p.to_vec()));
                rest = &rest[n..];
            }
            prop_assert_eq!(got, packets);
        }
    }
}
