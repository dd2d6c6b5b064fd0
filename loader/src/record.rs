//! Modules whose verification is on record: what [`verify()`](crate::verify()) found out about each
//! when the program was built, so that a node need not find it out again at every start.
//!
//! A record goes by a digest (SHA-256) of every chunk that decoding looks at, names and lengths
//! included. A file for which there is a record therefore decodes to the very module that was
//! verified; whoever wants another one taken for it has to find a second file with the digest of one
//! of ours, which nobody can. Whatever has no record is verified.
//!
//! The form is one block of bytes that is looked up where it lies: the number of records, their
//! digests in order, the ends of their contents, the contents. Numbers are little-endian, 32 bits;
//! those of a content are differences in groups of seven bits. Invariant: a block is only made by
//! [`Recorder`], with the verifier that is built into the same program.

use crate::container::Container;
use crate::module::decode_container;
use crate::verify::{self, Findings, VerifiedModule};
use crate::{LoadError, module};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const DIGEST: usize = 32;
const NUMBER: usize = 4;

/// Records that are part of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records(&'static [u8]);

impl Records {
    /// The records of a block that [`Recorder::finish`] made.
    pub const fn new(block: &'static [u8]) -> Records {
        Records(block)
    }

    /// Decodes a module and, unless it is on record, verifies it.
    ///
    /// # Errors
    /// As [`decode`](crate::decode) and [`verify()`](crate::verify()).
    pub fn load(self, bytes: &[u8]) -> Result<VerifiedModule, LoadError> {
        let container = Container::parse(bytes)?;
        match self.find(&container).and_then(read) {
            Some((md5, findings)) => {
                verify::recall(decode_container(&container, Some(md5))?, findings)
            }
            None => crate::verify(decode_container(&container, None)?),
        }
    }

    /// Whether there is a record of a file.
    pub fn has(self, bytes: &[u8]) -> bool {
        Container::parse(bytes).is_ok_and(|container| self.find(&container).is_some())
    }

    /// The content of the record of a file.
    fn find(self, container: &Container<'_>) -> Option<&'static [u8]> {
        let (count, rest) = self.0.split_first_chunk::<NUMBER>()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (digests, rest) = rest.split_at_checked(count * DIGEST)?;
        let (ends, contents) = rest.split_at_checked(count * NUMBER)?;
        let digests = digests.as_chunks::<DIGEST>().0;
        let ends = ends.as_chunks::<NUMBER>().0;
        let at = digests.binary_search(&digest(container)).ok()?;
        let end = |at: usize| u32::from_le_bytes(ends[at]) as usize;
        contents.get(at.checked_sub(1).map_or(0, end)..end(at))
    }
}

/// Makes a block of records.
#[derive(Debug, Default)]
pub struct Recorder(BTreeMap<[u8; DIGEST], Vec<u8>>);

impl Recorder {
    /// Verifies a module and adds what was found out.
    ///
    /// # Errors
    /// As [`decode`](crate::decode) and [`verify()`](crate::verify()); there is no record then.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        let container = Container::parse(bytes)?;
        let module = crate::verify(decode_container(&container, None)?)?;
        self.0.insert(digest(&container), write(&module.md5, module.findings()));
        Ok(())
    }

    /// The block. The same modules give the same bytes.
    pub fn finish(self) -> Vec<u8> {
        let number =
            |n: usize| u32::try_from(n).expect("a release is not that large").to_le_bytes();
        let mut block = number(self.0.len()).to_vec();
        block.extend(self.0.keys().flatten());
        let mut end = 0;
        for content in self.0.values() {
            end += content.len();
            block.extend(number(end));
        }
        block.extend(self.0.values().flatten());
        block
    }
}

/// The digest of everything that decoding looks at.
fn digest(container: &Container<'_>) -> [u8; DIGEST] {
    let mut sha = Sha256::new();
    for name in module::CHUNKS {
        let data = container.get(name);
        // No chunk is as long as what stands for one that is not there.
        let len = data.map_or(u64::MAX, |d| d.len() as u64);
        sha.update(name);
        sha.update(len.to_le_bytes());
        sha.update(data.unwrap_or_default());
    }
    sha.finalize().into()
}

fn write(md5: &[u8; 16], findings: &Findings) -> Vec<u8> {
    let mut out = md5.to_vec();
    for list in findings.lists() {
        write_number(&mut out, list.len() as u32);
        let mut last = 0;
        for &n in list {
            write_number(&mut out, n - last);
            last = n;
        }
    }
    out
}

fn read(content: &[u8]) -> Option<([u8; 16], Findings)> {
    let (md5, mut rest) = content.split_first_chunk::<16>()?;
    let mut list = || {
        let len = read_number(&mut rest)?;
        let mut last = 0;
        let next = |_| {
            last += read_number(&mut rest)?;
            Some(last)
        };
        (0..len).map(next).collect::<Option<Vec<_>>>()
    };
    Some((*md5, Findings::from_lists([list()?, list()?, list()?])))
}

fn write_number(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn read_number(from: &mut &[u8]) -> Option<u32> {
    let mut n = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        n |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}
