//! Files in memory: the device that `ram_file` opens as `ram_file_drv`.
//!
//! A command is a byte that names the operation, then its arguments; every one is answered by one
//! message, `[What | Rest]`. Numbers are big-endian and of 32 bits, which limits a file to 2 GiB.
//! Commands that are not known are not answered, as in OTP.

use super::device::{Context, Device, Ready};
use crate::io::errno;
use crate::sched::Worker;
use crate::term::PortId;
use rustix::io::Errno;

/// A file in memory.
#[derive(Default)]
pub struct RamFile {
    readable: bool,
    writable: bool,
    bytes: Vec<u8>,
    at: usize,
}

/// What an operation answers.
enum Answer {
    Ok,
    Number(usize),
    Data(Vec<u8>),
}

/// The largest size and place.
const MAX: usize = i32::MAX as usize;

/// A number at the head of a command, and what follows it.
fn number(args: &[u8]) -> Result<(i32, &[u8]), Errno> {
    let (head, rest) = args.split_first_chunk().ok_or(Errno::INVAL)?;
    Ok((i32::from_be_bytes(*head), rest))
}

/// As `number`, of a size or place.
fn size(args: &[u8]) -> Result<(usize, &[u8]), Errno> {
    let (n, rest) = number(args)?;
    Ok((usize::try_from(n).map_err(|_| Errno::INVAL)?, rest))
}

impl RamFile {
    fn open(&mut self, args: &[u8]) -> Result<Answer, Errno> {
        let (mode, content) = number(args)?;
        self.readable = mode & 1 != 0;
        self.writable = mode & 2 != 0;
        self.bytes = content.to_vec();
        self.at = 0;
        Ok(Answer::Number(0))
    }

    fn is_open(&self) -> Result<(), Errno> {
        if self.readable || self.writable { Ok(()) } else { Err(Errno::BADF) }
    }

    fn read(&self, at: usize, n: usize) -> Result<Vec<u8>, Errno> {
        if !self.readable {
            return Err(Errno::BADF);
        }
        let there = self.bytes.get(at..).unwrap_or_default();
        Ok(there[..n.min(there.len())].to_vec())
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<usize, Errno> {
        if !self.writable {
            return Err(Errno::BADF);
        }
        let end = at.checked_add(bytes.len()).filter(|n| *n <= MAX).ok_or(Errno::INVAL)?;
        if end > self.bytes.len() {
            let more = end - self.bytes.len();
            self.bytes.try_reserve(more).map_err(|_| Errno::NOMEM)?;
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn seek(&mut self, args: &[u8]) -> Result<Answer, Errno> {
        let (offset, rest) = number(args)?;
        let (from, _) = number(rest)?;
        self.is_open()?;
        let from = match from {
            0 => 0,
            1 => self.at,
            2 => self.bytes.len(),
            _ => return Err(Errno::INVAL),
        };
        let to = from.checked_add_signed(offset as isize).filter(|n| *n <= MAX);
        self.at = to.ok_or(Errno::INVAL)?;
        Ok(Answer::Number(self.at))
    }

    /// Does what a command says; `None`: it is not known.
    fn command(&mut self, operation: u8, args: &[u8]) -> Option<Result<Answer, Errno>> {
        Some(match operation {
            1 => self.open(args),
            2 => size(args).and_then(|(n, _)| {
                let bytes = self.read(self.at, n)?;
                self.at += bytes.len();
                Ok(Answer::Data(bytes))
            }),
            3 => self.seek(args),
            4 => self.write(self.at, args).map(|n| {
                self.at += n;
                Answer::Number(n)
            }),
            // Nothing has to be synchronised, advised or allocated.
            9 | 19 | 38 | 39 => self.is_open().map(|()| Answer::Ok),
            14 => {
                if !self.writable {
                    return Some(Err(Errno::ACCESS));
                }
                self.bytes.resize(self.at, 0);
                Ok(Answer::Ok)
            }
            17 => size(args).and_then(|(at, rest)| {
                let (n, _) = size(rest)?;
                self.read(at, n).map(Answer::Data)
            }),
            18 => size(args).and_then(|(at, bytes)| self.write(at, bytes).map(Answer::Number)),
            30 => Ok(Answer::Data(self.bytes.clone())),
            37 => Ok(Answer::Number(self.bytes.len())),
            _ => return None,
        })
    }
}

impl Device for RamFile {
    fn output(&mut self, cx: &mut Context<'_>, data: Vec<u8>) {
        let Some((operation, args)) = data.split_first() else { return };
        let numbered = |what: u8, n: usize| {
            let [a, b, c, d] = (n as u32).to_be_bytes();
            [what, a, b, c, d]
        };
        match self.command(*operation, args) {
            None => {}
            Some(Ok(Answer::Ok)) => cx.deliver_with_head(&[0], None),
            Some(Ok(Answer::Number(n))) => cx.deliver_with_head(&numbered(3, n), None),
            Some(Ok(Answer::Data(bytes))) => {
                cx.deliver_with_head(&numbered(2, bytes.len()), Some(&bytes));
            }
            Some(Err(e)) => {
                let mut head = vec![1];
                head.extend(errno::name(e).as_bytes());
                cx.deliver_with_head(&head, None);
            }
        }
    }

    fn ready(&mut self, _: &mut Context<'_>, _: Ready, _: &mut [u8]) {}

    fn flush(&mut self, cx: &mut Context<'_>) {
        cx.end();
    }

    fn close(&mut self, _: &mut Worker, _: PortId) {}
}
