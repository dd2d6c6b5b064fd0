//! Terms to bytes.
//!
//! One walk over the term, with a stack of what is still to be written, serves three sinks: a
//! buffer, a counter that only measures, and a buffer that leaves large binaries out and notes
//! where they belong.

use super::{Names, pid_ids, ref_words, tag};
use crate::num::BigRef;
use crate::term::BYTES_A_PART;
use crate::term::compare::compare_map_keys;
use crate::term::layout::{HEAP_BITS_MAX_BYTES, Kind};
use crate::term::view::{ExternalView, FunView, MapView, View};
use crate::term::{Area, Atom, BitsView, Term};
use smallvec::SmallVec;
use std::io::Write;
use std::slice;

/// Why a term was not encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// It has a part whose size the format cannot tell; Erlang says `system_limit`.
    TooLarge,
    /// Nobody wants the result any more.
    GivenUp,
    /// It has more parts than [`EncodeOptions::parts`].
    TooManyParts,
}

type Result<T> = std::result::Result<T, EncodeError>;

/// How to encode.
#[derive(Clone, Copy, Debug)]
pub struct EncodeOptions {
    /// `minor_version`: 0 writes floats as text, 1 atoms as Latin-1 where possible, 2 as UTF-8.
    pub minor_version: u8,
    /// zlib level, 0 to 9; 0 does not compress.
    pub compressed: u8,
    /// Write the keys of every map in term order.
    pub deterministic: bool,
    /// How many parts of the term may be walked; some bytes of a binary count as one.
    pub parts: usize,
}

impl Default for EncodeOptions {
    /// What `term_to_binary/1` does in OTP 25.
    fn default() -> Self {
        EncodeOptions { minor_version: 1, compressed: 0, deterministic: false, parts: usize::MAX }
    }
}

/// The level that `compressed` without a level means.
pub const DEFAULT_LEVEL: u8 = 6;
/// The longest list of bytes that is written as a string.
const STRING_MAX: usize = 0xFFFF;
const FLOAT_TEXT_LEN: usize = 31;
/// What the bytes of a term are first given.
const FIRST_BYTES: usize = 256;

/// The bytes of `term`, from the version byte on.
pub fn encode(term: Term<'_>, names: &dyn Names, options: EncodeOptions) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(FIRST_BYTES);
    bytes.push(tag::VERSION);
    let mut w = Writer::new(names, &options, Buffer(bytes));
    w.run(term)?;
    let plain = w.sink.0;
    match options.compressed {
        0 => Ok(plain),
        level => Ok(compress(&plain, level).unwrap_or(plain)),
    }
}

/// Adds the bytes of `term`, from the version byte on, to what is there. Nothing is compressed.
pub fn append(
    bytes: &mut Vec<u8>,
    term: Term<'_>,
    names: &dyn Names,
    options: EncodeOptions,
) -> Result<()> {
    let mut before = std::mem::take(bytes);
    before.push(tag::VERSION);
    let mut w = Writer::new(names, &options, Buffer(before));
    let result = w.run(term);
    *bytes = w.sink.0;
    result
}

/// The compressed form, if it is not longer than the plain one.
fn compress(plain: &[u8], level: u8) -> Option<Vec<u8>> {
    let data = plain.get(1..)?;
    let mut out = vec![tag::VERSION, tag::COMPRESSED];
    out.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
    let mut z = flate2::write::ZlibEncoder::new(out, flate2::Compression::new(level.min(9).into()));
    z.write_all(data).ok()?;
    let out = z.finish().ok()?;
    (out.len() <= plain.len()).then_some(out)
}

/// How many bytes [`encode`] writes at most, without compression: as in OTP, which counts the two
/// old numbers of a fun at their largest.
pub fn encoded_size(term: Term<'_>, names: &dyn Names, options: &EncodeOptions) -> Result<usize> {
    let mut w = Writer::new(names, options, Counter(1));
    w.run(term)?;
    Ok(w.sink.0)
}

/// The bytes of `term` as a list of binaries which refers to large binaries instead of copying.
pub fn encode_iovec<'p>(
    area: &mut Area<'p>,
    term: Term<'p>,
    names: &dyn Names,
    options: &EncodeOptions,
) -> Result<Vec<Term<'p>>> {
    if options.compressed > 0 {
        let bytes = encode(term, names, *options)?;
        return Ok(vec![area.binary(&bytes)]);
    }
    let mut sink = Gather::new(Vec::new(), HEAP_BITS_MAX_BYTES + 1);
    gather(&mut sink, term, names, options)?;
    let Gather { bytes, apart, .. } = sink;
    let whole = area.binary(&bytes);
    let mut out = Vec::with_capacity(2 * apart.len() + 1);
    let mut from = 0;
    for (at, binary, len) in apart {
        if at > from {
            out.push(area.sub_bits(whole, from * 8, (at - from) * 8));
        }
        from = at;
        // Only whole bytes are in the list; a last partial byte is in the bytes that follow.
        out.push(area.sub_bits(binary, 0, len * 8));
    }
    if bytes.len() > from {
        out.push(area.sub_bits(whole, from * 8, (bytes.len() - from) * 8));
    }
    Ok(out)
}

fn gather<'p>(
    sink: &mut Gather<'p>,
    term: Term<'p>,
    names: &dyn Names,
    options: &EncodeOptions,
) -> Result<()> {
    sink.bytes.reserve(FIRST_BYTES);
    sink.bytes.push(tag::VERSION);
    Writer::new(names, options, sink).run(term)
}

/// From so many bytes on, bytes of a binary are copied once, to where they go in the end.
const COPIED_ONCE: usize = 1024;

/// What [`encode`] gives, but that the bytes of large binaries are still where they were.
pub struct Encoded<'p>(Gather<'p>);

impl<'p> Encoded<'p> {
    /// Nothing so far. What comes is written to `buffer`, which is empty.
    pub fn new(buffer: Vec<u8>) -> Self {
        Encoded(Gather::new(buffer, COPIED_ONCE))
    }

    /// As [`encode`], of what goes to a heap then.
    pub fn encode(
        &mut self,
        term: Term<'p>,
        names: &dyn Names,
        options: &EncodeOptions,
    ) -> Result<()> {
        if options.compressed > 0 {
            self.0.bytes = encode(term, names, *options)?;
            return Ok(());
        }
        gather(&mut self.0, term, names, options)
    }
}

impl Encoded<'_> {
    /// The buffer that it was written to.
    pub fn into_buffer(self) -> Vec<u8> {
        self.0.bytes
    }

    /// The binary of the bytes, and how many they are.
    pub fn binary<'q>(&self, area: &mut Area<'q>) -> (Term<'q>, usize) {
        let Gather { bytes, apart, apart_len, .. } = &self.0;
        if apart.is_empty() {
            return (area.binary(bytes), bytes.len());
        }
        let size = bytes.len() + apart_len;
        let binary = area.binary_of_runs(size, |out| {
            let mut from = 0;
            for (at, binary, len) in apart {
                out.put(&bytes[from..*at]);
                let bits = binary.as_bits().expect("only bitstrings are left out");
                out.put(&bits.part(0, len * 8).to_bytes());
                from = *at;
            }
            out.put(&bytes[from..]);
        });
        (binary, size)
    }
}

/// Where the bytes go.
trait Sink<'p> {
    /// Whether only the size is asked for.
    const MEASURE: bool = false;
    fn put(&mut self, bytes: &[u8]);
    /// Only the size of so many bytes counts.
    fn skip(&mut self, _: usize) {
        unreachable!("only where sizes are measured");
    }
    /// The first `n` of eight bytes.
    fn put_first(&mut self, n: usize, bytes: [u8; 8]);
    /// The bytes of a bitstring, the last one filled up with zero bits.
    fn bits(&mut self, term: Term<'p>, bits: BitsView<'p>);
    /// The place where the next bytes go.
    fn mark(&self) -> Mark;
    /// Takes back what came since `mark`, which are no bits.
    fn back_to(&mut self, mark: Mark);
    /// Writes two bytes over those at `mark`.
    fn patch(&mut self, mark: Mark, bytes: [u8; 2]);
    /// Writes how many bytes came since `mark` into the four bytes there.
    fn patch_length(&mut self, mark: Mark);
}

/// A place in the output: where in the bytes, and how much was written before it.
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    len: usize,
}

struct Buffer(Vec<u8>);
struct Counter(usize);
struct Gather<'p> {
    bytes: Vec<u8>,
    /// At which of `bytes` how many bytes of which binary belong.
    apart: SmallVec<[(usize, Term<'p>, usize); 1]>,
    apart_len: usize,
    /// How many bytes a binary has that is left out.
    large: usize,
}

impl<'p> Gather<'p> {
    fn new(bytes: Vec<u8>, large: usize) -> Self {
        Gather { bytes, apart: SmallVec::new(), apart_len: 0, large }
    }
}

fn patch_length(bytes: &mut [u8], at: usize, len: usize) {
    // A fun of 4 GB of text would not fit; its parts are checked one by one, and no reader
    // relies on this number.
    bytes[at..at + 4].copy_from_slice(&(len as u32).to_be_bytes());
}

fn put_first(bytes: &mut Vec<u8>, n: usize, first: [u8; 8]) {
    // All eight at once are less work than some.
    bytes.extend_from_slice(&first);
    bytes.truncate(bytes.len() - (8 - n));
}

impl<'p> Sink<'p> for Buffer {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    #[inline(always)]
    fn put_first(&mut self, n: usize, bytes: [u8; 8]) {
        put_first(&mut self.0, n, bytes);
    }

    #[inline(always)]
    fn bits(&mut self, _: Term<'p>, bits: BitsView<'p>) {
        put_bits(&mut self.0, bits);
    }

    fn mark(&self) -> Mark {
        Mark { at: self.0.len(), len: self.0.len() }
    }

    #[inline(always)]
    fn back_to(&mut self, mark: Mark) {
        self.0.truncate(mark.at);
    }

    #[inline(always)]
    fn patch(&mut self, mark: Mark, bytes: [u8; 2]) {
        self.0[mark.at..mark.at + 2].copy_from_slice(&bytes);
    }

    fn patch_length(&mut self, mark: Mark) {
        let len = self.0.len() - mark.len;
        patch_length(&mut self.0, mark.at, len);
    }
}

fn put_bits(bytes: &mut Vec<u8>, bits: BitsView<'_>) {
    if let Some(whole) = bits.as_bytes() {
        return bytes.extend_from_slice(whole);
    }
    bytes.extend_from_slice(&bits.to_bytes());
    mask_last(bytes, bits.bits);
}

/// Clears what is not part of a bitstring of `bits` bits in the last byte.
fn mask_last(bytes: &mut [u8], bits: usize) {
    if let (1.., Some(b)) = (bits % 8, bytes.last_mut()) {
        *b &= !(0xFF >> (bits % 8));
    }
}

impl<'p> Sink<'p> for Counter {
    const MEASURE: bool = true;

    #[inline(always)]
    fn skip(&mut self, bytes: usize) {
        self.0 += bytes;
    }

    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    fn put_first(&mut self, n: usize, _: [u8; 8]) {
        self.0 += n;
    }

    fn bits(&mut self, _: Term<'p>, bits: BitsView<'p>) {
        self.0 += bits.bits.div_ceil(8);
    }

    fn mark(&self) -> Mark {
        Mark { at: 0, len: self.0 }
    }

    fn back_to(&mut self, mark: Mark) {
        self.0 = mark.len;
    }

    fn patch(&mut self, _: Mark, _: [u8; 2]) {}

    fn patch_length(&mut self, _: Mark) {}
}

impl<'p> Sink<'p> for &mut Gather<'p> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline(always)]
    fn put_first(&mut self, n: usize, bytes: [u8; 8]) {
        put_first(&mut self.bytes, n, bytes);
    }

    fn bits(&mut self, term: Term<'p>, bits: BitsView<'p>) {
        let whole = bits.bits / 8;
        if whole < self.large {
            return put_bits(&mut self.bytes, bits);
        }
        self.apart.push((self.bytes.len(), term, whole));
        self.apart_len += whole;
        if !bits.is_binary() {
            put_bits(&mut self.bytes, bits.part(whole * 8, bits.bits % 8));
        }
    }

    fn mark(&self) -> Mark {
        Mark { at: self.bytes.len(), len: self.bytes.len() + self.apart_len }
    }

    #[inline(always)]
    fn back_to(&mut self, mark: Mark) {
        self.bytes.truncate(mark.at);
    }

    #[inline(always)]
    fn patch(&mut self, mark: Mark, bytes: [u8; 2]) {
        self.bytes[mark.at..mark.at + 2].copy_from_slice(&bytes);
    }

    fn patch_length(&mut self, mark: Mark) {
        let len = self.bytes.len() + self.apart_len - mark.len;
        patch_length(&mut self.bytes, mark.at, len);
    }
}

/// What is still to be written.
enum Todo<'p> {
    Terms(&'p [Term<'p>]),
    /// Of a list: this cell and those behind it, and their tail.
    Cells(&'p [Term<'p>; 2]),
    /// Keys and values of a flat map.
    Flat(&'p [Term<'p>], &'p [Term<'p>]),
    /// Keys and values of other maps.
    Leaves(std::vec::IntoIter<&'p [Term<'p>; 2]>),
    /// The length of a fun that began there.
    Length(Mark),
}

struct Writer<'a, 'p, S> {
    names: &'a dyn Names,
    options: &'a EncodeOptions,
    /// How many parts may still be walked.
    parts: usize,
    sink: S,
    /// What is to be written when what is being written has come to its end, last first.
    todo: Vec<Todo<'p>>,
}

/// How many bytes a small integer takes that is no byte.
#[inline(always)]
fn int_size(n: i64) -> usize {
    if i32::try_from(n).is_ok() { 5 } else { 3 + 8 - n.unsigned_abs().leading_zeros() as usize / 8 }
}

fn u32_of(n: usize) -> Result<[u8; 4]> {
    u32::try_from(n).map(u32::to_be_bytes).map_err(|_| EncodeError::TooLarge)
}

impl<'a, 'p, S: Sink<'p>> Writer<'a, 'p, S> {
    fn new(names: &'a dyn Names, options: &'a EncodeOptions, sink: S) -> Self {
        Writer { names, options, parts: options.parts, sink, todo: Vec::new() }
    }

    fn run(&mut self, term: Term<'p>) -> Result<()> {
        let (mut term, mut rest) = (term, &[][..]);
        loop {
            let mut terms = self.term(term, rest)?;
            (term, rest) = loop {
                if S::MEASURE {
                    terms = self.skip_plain(terms);
                }
                match terms {
                    [first, rest @ ..] => break (*first, rest),
                    [] => match self.next() {
                        Some(next) => terms = next,
                        None => return Ok(()),
                    },
                }
            };
        }
    }

    /// Measures those of some terms, from the first on, whose sizes are seen at a look.
    #[inline(always)]
    fn skip_plain(&mut self, mut terms: &'p [Term<'p>]) -> &'p [Term<'p>] {
        let mut size = 0;
        while let [first, rest @ ..] = terms {
            size += if let Some(n) = first.as_small() {
                if u8::try_from(n).is_ok() { 2 } else { int_size(n) }
            } else if self.options.minor_version == 1 {
                match first.as_atom() {
                    Some(a) if a.is_ascii() => 3 + a.name().len(),
                    None if first.word().is_immediate_float() => 9,
                    _ => break,
                }
            } else {
                break;
            };
            terms = rest;
        }
        self.sink.skip(size);
        terms
    }

    /// Writes a term up to its parts; with what to go on then, of its parts and of the `rest`.
    #[inline(always)]
    fn term(&mut self, term: Term<'p>, rest: &'p [Term<'p>]) -> Result<&'p [Term<'p>]> {
        if let Some(first) = term.as_cell() {
            if let Some(cells) = self.list(first)? {
                self.later(rest);
                self.todo.push(cells);
                return Ok(&[]);
            }
            return Ok(rest);
        }
        match term.view_inline() {
            View::Small(n) => self.int(n),
            View::Tuple(parts) => {
                self.count(parts.len())?;
                match u8::try_from(parts.len()) {
                    Ok(n) => self.sink.put(&[tag::SMALL_TUPLE, n]),
                    Err(_) => self.tagged_u32(tag::LARGE_TUPLE, parts.len())?,
                }
                self.later(rest);
                return Ok(parts);
            }
            View::Map(map) => {
                self.later(rest);
                self.map(map)?;
                return Ok(&[]);
            }
            View::Fun(f) => {
                self.later(rest);
                let mark = self.fun(&f)?;
                self.todo.push(Todo::Length(mark));
                // The creator and the free variables.
                return Ok(term.object_terms(1));
            }
            other => self.leaf(term, other)?,
        }
        Ok(rest)
    }

    /// Leaves terms to be written later.
    #[inline(always)]
    fn later(&mut self, terms: &'p [Term<'p>]) {
        if !terms.is_empty() {
            self.todo.push(Todo::Terms(terms));
        }
    }

    /// Takes some terms of what was left for later. `None`: there is nothing.
    #[inline(always)]
    fn next(&mut self) -> Option<&'p [Term<'p>]> {
        match self.todo.last_mut()? {
            Todo::Terms(terms) => {
                let terms = *terms;
                self.todo.pop();
                Some(terms)
            }
            Todo::Cells(cell) => {
                let mut this = *cell;
                self.todo.pop();
                while let Some(next) = this[1].as_cell() {
                    // Mostly a run of small integers.
                    let Some(n) = this[0].as_small() else {
                        self.todo.push(Todo::Cells(next));
                        return Some(&this[..1]);
                    };
                    self.int(n);
                    this = next;
                }
                Some(this)
            }
            Todo::Flat(keys, values) => {
                let ([key, others @ ..], [value, more @ ..]) = (*keys, *values) else {
                    self.todo.pop();
                    return Some(&[]);
                };
                (*keys, *values) = (others, more);
                self.todo.push(Todo::Terms(slice::from_ref(value)));
                Some(slice::from_ref(key))
            }
            Todo::Leaves(leaves) => match leaves.next() {
                Some(leaf) => Some(leaf),
                None => {
                    self.todo.pop();
                    Some(&[])
                }
            },
            Todo::Length(mark) => {
                self.sink.patch_length(*mark);
                self.todo.pop();
                Some(&[])
            }
        }
    }

    /// Counts parts that are about to be walked.
    #[inline(always)]
    fn count(&mut self, parts: usize) -> Result<()> {
        self.parts = self.parts.checked_sub(parts).ok_or(EncodeError::TooManyParts)?;
        Ok(())
    }

    /// Writes a map up to its keys and values.
    fn map(&mut self, map: MapView<'p>) -> Result<()> {
        self.count(2 * map.len())?;
        self.tagged_u32(tag::MAP, map.len())?;
        self.todo.push(match map.flat() {
            Some((keys, values)) => Todo::Flat(keys, values),
            None => {
                let mut iter = map.iter();
                let mut leaves: Vec<_> = std::iter::from_fn(|| iter.next_leaf()).collect();
                if self.options.deterministic {
                    self.sort(&mut leaves)?;
                }
                Todo::Leaves(leaves.into_iter())
            }
        });
        Ok(())
    }

    /// Sorts by the keys: in steps, between which it may be given up. What a step has put in order the
    /// next merges.
    fn sort(&self, leaves: &mut [&'p [Term<'p>; 2]]) -> Result<()> {
        for width in [1 << 12, 1 << 16, usize::MAX] {
            for part in leaves.chunks_mut(width) {
                if !self.names.want_more() {
                    return Err(EncodeError::GivenUp);
                }
                part.sort_by(|a, b| compare_map_keys(a[0], b[0]));
            }
            if leaves.len() <= width {
                break;
            }
        }
        Ok(())
    }

    /// Writes a tag and a number of 16 bits.
    #[inline(always)]
    fn tagged_u16(&mut self, tag: u8, n: u16) {
        let [a, b] = n.to_be_bytes();
        self.sink.put(&[tag, a, b]);
    }

    /// Writes a tag and a number that must fit 32 bits.
    #[inline(always)]
    fn tagged_u32(&mut self, tag: u8, n: usize) -> Result<()> {
        let [a, b, c, d] = u32_of(n)?;
        self.sink.put(&[tag, a, b, c, d]);
        Ok(())
    }

    /// Writes a term that has no parts.
    #[inline(always)]
    fn leaf(&mut self, term: Term<'p>, view: View<'p>) -> Result<()> {
        match view {
            View::Atom(a) => self.atom(a),
            View::Nil => self.sink.put(&[tag::NIL]),
            View::Float(x) => self.float(x),
            View::Big(b) => self.big(b)?,
            View::Bits(bits) => {
                let len = bits.bits.div_ceil(8);
                self.count(len / BYTES_A_PART)?;
                if bits.is_binary() {
                    self.tagged_u32(tag::BINARY, len)?;
                } else {
                    self.tagged_u32(tag::BIT_BINARY, len)?;
                    self.sink.put(&[(bits.bits % 8) as u8]);
                }
                self.sink.bits(term, bits);
            }
            View::ExportFun(e) => {
                self.sink.put(&[tag::EXPORT]);
                self.atom(e.module);
                self.atom(e.function);
                self.int(e.arity.into());
            }
            View::Pid(pid) => {
                let ids = pid_ids(pid);
                let (node, creation) = self.names.this_node();
                self.pid(node, creation, ids.id, ids.serial);
            }
            View::Port(port) => {
                let (node, creation) = self.names.this_node();
                self.port(node, creation, port.0);
            }
            View::Ref(r) => {
                let (node, creation) = self.names.this_node();
                self.names.shows(&r);
                let (words, n) = ref_words(&r);
                self.reference(node, creation, &words[..n]);
            }
            View::External(e) => self.external(&e),
            View::Small(_) | View::Cons(..) | View::Tuple(_) | View::Map(_) | View::Fun(_) => {
                unreachable!("a term with parts, or a small integer")
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn int(&mut self, n: i64) {
        if let Ok(n) = u8::try_from(n) {
            self.sink.put(&[tag::SMALL_INTEGER, n]);
        } else if let Ok(n) = i32::try_from(n) {
            let [a, b, c, d] = n.to_be_bytes();
            self.sink.put(&[tag::INTEGER, a, b, c, d]);
        } else {
            self.wide_int(n);
        }
    }

    fn wide_int(&mut self, n: i64) {
        let bytes = n.unsigned_abs().to_le_bytes();
        let len = 8 - n.unsigned_abs().leading_zeros() as usize / 8;
        self.sink.put(&[tag::SMALL_BIG, len as u8, u8::from(n < 0)]);
        self.sink.put_first(len, bytes);
    }

    fn big(&mut self, n: BigRef<'_>) -> Result<()> {
        let Some((top, low)) = n.limbs.split_last() else {
            self.int(0);
            return Ok(());
        };
        let top_len = 8 - top.leading_zeros() as usize / 8;
        let len = low.len() * 8 + top_len;
        match u8::try_from(len) {
            Ok(len) => self.sink.put(&[tag::SMALL_BIG, len]),
            Err(_) => self.tagged_u32(tag::LARGE_BIG, len)?,
        }
        self.sink.put(&[u8::from(n.negative)]);
        for limb in low {
            self.sink.put(&limb.to_le_bytes());
        }
        self.sink.put_first(top_len, top.to_le_bytes());
        Ok(())
    }

    fn float(&mut self, x: f64) {
        if self.options.minor_version > 0 {
            let [a, b, c, d, e, f, g, h] = x.to_be_bytes();
            return self.sink.put(&[tag::NEW_FLOAT, a, b, c, d, e, f, g, h]);
        }
        let mut text = [0; FLOAT_TEXT_LEN];
        let s = format!("{x:.20e}");
        let (digits, exponent) = s.split_once('e').unwrap_or((&s, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(e) => ('-', e),
            None => ('+', exponent),
        };
        let s = format!("{digits}e{sign}{exponent:0>2}");
        text[..s.len()].copy_from_slice(s.as_bytes());
        self.sink.put(&[tag::FLOAT]);
        self.sink.put(&text);
    }

    #[inline(always)]
    fn atom(&mut self, a: Atom) {
        if self.options.minor_version >= 2 || !a.is_ascii() {
            return self.other_atom(a);
        }
        let name = a.name();
        self.tagged_u16(tag::ATOM, name.len() as u16);
        self.sink.put(name.as_bytes());
    }

    /// An atom as UTF-8, or one with characters beyond ASCII.
    #[inline(never)]
    fn other_atom(&mut self, a: Atom) {
        let name = a.name();
        if self.options.minor_version < 2 {
            let latin1: Option<Vec<u8>> =
                name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            if let Some(b) = latin1 {
                self.tagged_u16(tag::ATOM, b.len() as u16);
                return self.sink.put(&b);
            }
        }
        match u8::try_from(name.len()) {
            Ok(n) => self.sink.put(&[tag::SMALL_ATOM_UTF8, n]),
            // An atom has at most 255 characters, so at most 1020 bytes.
            Err(_) => self.tagged_u16(tag::ATOM_UTF8, name.len() as u16),
        }
        self.sink.put(name.as_bytes());
    }

    /// Writes a list: the whole of it if it is a string, else up to its elements. `None`: the whole.
    fn list(&mut self, first: &'p [Term<'p>; 2]) -> Result<Option<Todo<'p>>> {
        if S::MEASURE {
            return self.measure_list(first);
        }
        let mut len = 0;
        let mut rest = Ok(first);
        if first[0].as_byte().is_some() {
            let begin = self.sink.mark();
            self.sink.put(&[tag::STRING]);
            let length = self.sink.mark();
            self.sink.put(&[0, 0]);
            while let Ok([head, tail]) = rest
                && let Some(byte) = head.as_byte()
                && len < STRING_MAX
            {
                self.sink.put(&[byte]);
                len += 1;
                rest = tail.as_cell().ok_or(*tail);
            }
            if matches!(rest, Err(tail) if tail.is_nil()) {
                self.sink.patch(length, (len as u16).to_be_bytes());
                self.count(len / BYTES_A_PART)?;
                return Ok(None);
            }
            self.sink.back_to(begin);
        }
        let left = self.parts;
        while let Ok([_, tail]) = rest {
            len += 1;
            if len > left {
                return Err(EncodeError::TooManyParts);
            }
            rest = tail.as_cell().ok_or(*tail);
        }
        self.count(len + 1)?;
        self.tagged_u32(tag::LIST, len)?;
        Ok(Some(Todo::Cells(first)))
    }

    /// As [`list`](Self::list), where only the size is asked for: the small integers that it begins with
    /// are measured on the way.
    fn measure_list(&mut self, first: &'p [Term<'p>; 2]) -> Result<Option<Todo<'p>>> {
        let (mut cell, mut size, mut len, mut all_bytes) = (first, 0, 0, true);
        let left = self.parts;
        let rest = loop {
            let Some(n) = cell[0].as_small() else { break Todo::Cells(cell) };
            len += 1;
            if len > left {
                return Err(EncodeError::TooManyParts);
            }
            let is_byte = u8::try_from(n).is_ok();
            all_bytes &= is_byte;
            size += if is_byte { 2 } else { int_size(n) };
            match cell[1].as_cell() {
                Some(next) => cell = next,
                None => break Todo::Terms(slice::from_ref(&cell[1])),
            }
        };
        match rest {
            Todo::Terms([end]) if end.is_nil() && all_bytes && len <= STRING_MAX => {
                self.sink.skip(3 + len);
                self.count(len / BYTES_A_PART)?;
                return Ok(None);
            }
            Todo::Cells(others) => {
                let mut others = Ok(others);
                while let Ok([_, tail]) = others {
                    len += 1;
                    if len > left {
                        return Err(EncodeError::TooManyParts);
                    }
                    others = tail.as_cell().ok_or(*tail);
                }
            }
            _ => {}
        }
        self.count(len + 1)?;
        u32_of(len)?;
        self.sink.skip(5 + size);
        Ok(Some(rest))
    }

    /// Writes a fun up to its creator; where its length belongs.
    fn fun(&mut self, f: &FunView<'p>) -> Result<Mark> {
        self.sink.put(&[tag::NEW_FUN]);
        let mark = self.sink.mark();
        let l = f.lambda;
        self.sink.put(&[0, 0, 0, 0, l.arity]);
        self.sink.put(&l.uniq);
        self.sink.put(&l.index.to_be_bytes());
        self.sink.put(&u32_of(f.env.len())?);
        self.atom(l.module);
        if S::MEASURE {
            self.sink.put(&[0; 10]);
        } else {
            // Both are signed 32 bits in the format.
            self.int((l.index as i32).into());
            self.int((l.old_uniq as i32).into());
        }
        Ok(mark)
    }

    fn pid(&mut self, node: Atom, creation: u32, id: u32, serial: u32) {
        self.sink.put(&[tag::NEW_PID]);
        self.atom(node);
        self.sink.put(&id.to_be_bytes());
        self.sink.put(&serial.to_be_bytes());
        self.sink.put(&creation.to_be_bytes());
    }

    fn port(&mut self, node: Atom, creation: u32, number: u64) {
        // Older peers know 28 bits.
        let short = u32::try_from(number).ok().filter(|n| n >> 28 == 0);
        self.sink.put(&[if short.is_some() { tag::NEW_PORT } else { tag::V4_PORT }]);
        self.atom(node);
        match short {
            Some(n) => self.sink.put(&n.to_be_bytes()),
            None => self.sink.put(&number.to_be_bytes()),
        }
        self.sink.put(&creation.to_be_bytes());
    }

    fn reference(&mut self, node: Atom, creation: u32, words: &[u32]) {
        self.tagged_u16(tag::NEWER_REFERENCE, words.len() as u16);
        self.atom(node);
        self.sink.put(&creation.to_be_bytes());
        for w in words {
            self.sink.put(&w.to_be_bytes());
        }
    }

    fn external(&mut self, e: &ExternalView<'p>) {
        match (e.kind, e.ids) {
            (Kind::ExtPid, &[id, serial]) => {
                self.pid(e.node, e.creation, id as u32, serial as u32);
            }
            (Kind::ExtPort, &[number]) => self.port(e.node, e.creation, number),
            (_, ids) => {
                let words: Vec<u32> = ids.iter().map(|w| *w as u32).collect();
                self.reference(e.node, e.creation, &words);
            }
        }
    }
}
