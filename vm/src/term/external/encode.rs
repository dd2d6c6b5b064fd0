//! Terms to bytes.
//!
//! One walk over the term, with a stack of what is still to be written, serves three sinks: a
//! buffer, a counter that only measures, and a buffer that leaves large binaries out and notes
//! where they belong.

use super::{Names, maps, pid_ids, ref_words, tag};
use crate::num::BigRef;
use crate::term::compare::compare_map_keys;
use crate::term::layout::{HEAP_BITS_MAX_BYTES, Kind};
use crate::term::view::{ExternalView, FunView, View};
use crate::term::{Area, Atom, BitsView, Term};
use std::io::Write;

/// The term has a part whose size the format cannot tell; Erlang says `system_limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

type Result<T> = std::result::Result<T, TooLarge>;

/// How to encode.
#[derive(Clone, Copy, Debug)]
pub struct EncodeOptions {
    /// `minor_version`: 0 writes floats as text, 1 atoms as Latin-1 where possible, 2 as UTF-8.
    pub minor_version: u8,
    /// zlib level, 0 to 9; 0 does not compress.
    pub compressed: u8,
    /// Write the keys of every map in term order.
    pub deterministic: bool,
}

impl Default for EncodeOptions {
    /// What `term_to_binary/1` does in OTP 25.
    fn default() -> Self {
        EncodeOptions { minor_version: 1, compressed: 0, deterministic: false }
    }
}

/// The level that `compressed` without a level means.
pub const DEFAULT_LEVEL: u8 = 6;
/// The longest list of bytes that is written as a string.
const STRING_MAX: usize = 0xFFFF;
const FLOAT_TEXT_LEN: usize = 31;

/// The bytes of `term`, from the version byte on.
pub fn encode(term: Term<'_>, names: &dyn Names, options: EncodeOptions) -> Result<Vec<u8>> {
    let mut w = Writer::new(names, options, Buffer(vec![tag::VERSION]));
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
    let mut w = Writer::new(names, options, Buffer(before));
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
pub fn encoded_size(term: Term<'_>, names: &dyn Names, options: EncodeOptions) -> Result<usize> {
    let mut w = Writer::new(names, options, Counter(1));
    w.run(term)?;
    Ok(w.sink.0)
}

/// The bytes of `term` as a list of binaries which refers to large binaries instead of copying.
pub fn encode_iovec<'p>(
    area: &mut Area<'p>,
    term: Term<'p>,
    names: &dyn Names,
    options: EncodeOptions,
) -> Result<Vec<Term<'p>>> {
    if options.compressed > 0 {
        let bytes = encode(term, names, options)?;
        return Ok(vec![area.binary(&bytes)]);
    }
    let sink = Gather { bytes: vec![tag::VERSION], apart: Vec::new(), apart_len: 0 };
    let mut w = Writer::new(names, options, sink);
    w.run(term)?;
    let Gather { bytes, apart, .. } = w.sink;
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

/// Where the bytes go.
trait Sink<'p> {
    /// Whether only the size is asked for.
    const MEASURE: bool = false;
    fn put(&mut self, bytes: &[u8]);
    /// The bytes of a bitstring, the last one filled up with zero bits.
    fn bits(&mut self, term: Term<'p>, bits: BitsView<'p>);
    /// The place where the next bytes go.
    fn mark(&self) -> Mark;
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
    apart: Vec<(usize, Term<'p>, usize)>,
    apart_len: usize,
}

fn patch(bytes: &mut [u8], at: usize, len: usize) {
    // A fun of 4 GB of text would not fit; its parts are checked one by one, and no reader
    // relies on this number.
    bytes[at..at + 4].copy_from_slice(&(len as u32).to_be_bytes());
}

impl<'p> Sink<'p> for Buffer {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn bits(&mut self, _: Term<'p>, bits: BitsView<'p>) {
        self.0.extend_from_slice(&bits.to_bytes());
        mask_last(&mut self.0, bits.bits);
    }

    fn mark(&self) -> Mark {
        Mark { at: self.0.len(), len: self.0.len() }
    }

    fn patch_length(&mut self, mark: Mark) {
        let len = self.0.len() - mark.len;
        patch(&mut self.0, mark.at, len);
    }
}

/// Clears what is not part of a bitstring of `bits` bits in the last byte.
fn mask_last(bytes: &mut [u8], bits: usize) {
    if let (1.., Some(b)) = (bits % 8, bytes.last_mut()) {
        *b &= !(0xFF >> (bits % 8));
    }
}

impl<'p> Sink<'p> for Counter {
    const MEASURE: bool = true;

    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    fn bits(&mut self, _: Term<'p>, bits: BitsView<'p>) {
        self.0 += bits.bits.div_ceil(8);
    }

    fn mark(&self) -> Mark {
        Mark { at: 0, len: self.0 }
    }

    fn patch_length(&mut self, _: Mark) {}
}

impl<'p> Sink<'p> for Gather<'p> {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn bits(&mut self, term: Term<'p>, bits: BitsView<'p>) {
        let whole = bits.bits / 8;
        if whole <= HEAP_BITS_MAX_BYTES {
            self.bytes.extend_from_slice(&bits.to_bytes());
            mask_last(&mut self.bytes, bits.bits);
            return;
        }
        self.apart.push((self.bytes.len(), term, whole));
        self.apart_len += whole;
        if !bits.is_binary() {
            self.bytes.extend_from_slice(&bits.part(whole * 8, bits.bits % 8).to_bytes());
            mask_last(&mut self.bytes, bits.bits);
        }
    }

    fn mark(&self) -> Mark {
        Mark { at: self.bytes.len(), len: self.bytes.len() + self.apart_len }
    }

    fn patch_length(&mut self, mark: Mark) {
        let len = self.bytes.len() + self.apart_len - mark.len;
        patch(&mut self.bytes, mark.at, len);
    }
}

/// What is still to be written.
enum Todo<'p> {
    Terms(&'p [Term<'p>]),
    /// The rest of a list, tail included.
    List(Term<'p>),
    Pairs(std::vec::IntoIter<(Term<'p>, Term<'p>)>),
    One(Term<'p>),
    /// The length of a fun that began there.
    Length(Mark),
}

struct Writer<'a, 'p, S> {
    names: &'a dyn Names,
    options: EncodeOptions,
    sink: S,
    todo: Vec<Todo<'p>>,
}

fn u32_of(n: usize) -> Result<[u8; 4]> {
    u32::try_from(n).map(u32::to_be_bytes).map_err(|_| TooLarge)
}

impl<'a, 'p, S: Sink<'p>> Writer<'a, 'p, S> {
    fn new(names: &'a dyn Names, options: EncodeOptions, sink: S) -> Self {
        Writer { names, options, sink, todo: Vec::new() }
    }

    fn run(&mut self, term: Term<'p>) -> Result<()> {
        self.term(term)?;
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::One(t) => self.term(t)?,
                Todo::Terms([first, rest @ ..]) => {
                    if !rest.is_empty() {
                        self.todo.push(Todo::Terms(rest));
                    }
                    self.term(*first)?;
                }
                Todo::Terms([]) => {}
                Todo::List(t) => match t.as_cons() {
                    Some((head, tail)) => {
                        self.todo.push(Todo::List(tail));
                        self.term(head)?;
                    }
                    None => self.term(t)?,
                },
                Todo::Pairs(mut it) => {
                    if let Some((k, v)) = it.next() {
                        self.todo.push(Todo::Pairs(it));
                        self.todo.push(Todo::One(v));
                        self.term(k)?;
                    }
                }
                Todo::Length(mark) => self.sink.patch_length(mark),
            }
        }
        Ok(())
    }

    fn tagged(&mut self, tag: u8, rest: &[u8]) {
        self.sink.put(&[tag]);
        self.sink.put(rest);
    }

    /// Writes a term up to its parts, which it leaves to do.
    fn term(&mut self, term: Term<'p>) -> Result<()> {
        match term.view() {
            View::Small(n) => self.int(n),
            View::Big(b) => self.big(b)?,
            View::Float(x) => self.float(x),
            View::Atom(a) => self.atom(a),
            View::Nil => self.sink.put(&[tag::NIL]),
            View::Cons(..) => self.list(term)?,
            View::Tuple(parts) => {
                match u8::try_from(parts.len()) {
                    Ok(n) => self.sink.put(&[tag::SMALL_TUPLE, n]),
                    Err(_) => self.tagged(tag::LARGE_TUPLE, &u32_of(parts.len())?),
                }
                self.todo.push(Todo::Terms(parts));
            }
            View::Map(map) => {
                let mut pairs = maps::pairs(map);
                if self.options.deterministic {
                    pairs.sort_by(|a, b| compare_map_keys(a.0, b.0));
                }
                self.tagged(tag::MAP, &u32_of(pairs.len())?);
                self.todo.push(Todo::Pairs(pairs.into_iter()));
            }
            View::Bits(bits) => {
                let len = u32_of(bits.bits.div_ceil(8))?;
                if bits.is_binary() {
                    self.tagged(tag::BINARY, &len);
                } else {
                    self.tagged(tag::BIT_BINARY, &len);
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
            View::Fun(f) => self.fun(&f)?,
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
                let (words, n) = ref_words(&r);
                self.reference(node, creation, &words[..n]);
            }
            View::External(e) => self.external(&e),
        }
        Ok(())
    }

    fn int(&mut self, n: i64) {
        if let Ok(n) = u8::try_from(n) {
            self.sink.put(&[tag::SMALL_INTEGER, n]);
        } else if let Ok(n) = i32::try_from(n) {
            self.tagged(tag::INTEGER, &n.to_be_bytes());
        } else {
            let bytes = n.unsigned_abs().to_le_bytes();
            let len = 8 - n.unsigned_abs().leading_zeros() as usize / 8;
            self.sink.put(&[tag::SMALL_BIG, len as u8, u8::from(n < 0)]);
            self.sink.put(&bytes[..len]);
        }
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
            Err(_) => self.tagged(tag::LARGE_BIG, &u32_of(len)?),
        }
        self.sink.put(&[u8::from(n.negative)]);
        for limb in low {
            self.sink.put(&limb.to_le_bytes());
        }
        self.sink.put(&top.to_le_bytes()[..top_len]);
        Ok(())
    }

    fn float(&mut self, x: f64) {
        if self.options.minor_version > 0 {
            return self.tagged(tag::NEW_FLOAT, &x.to_be_bytes());
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
        self.tagged(tag::FLOAT, &text);
    }

    fn atom(&mut self, a: Atom) {
        let name = a.name();
        if self.options.minor_version < 2 {
            if name.is_ascii() {
                self.tagged(tag::ATOM, &(name.len() as u16).to_be_bytes());
                return self.sink.put(name.as_bytes());
            }
            let latin1: Option<Vec<u8>> =
                name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            if let Some(b) = latin1 {
                self.tagged(tag::ATOM, &(b.len() as u16).to_be_bytes());
                return self.sink.put(&b);
            }
        }
        match u8::try_from(name.len()) {
            Ok(n) => self.sink.put(&[tag::SMALL_ATOM_UTF8, n]),
            // An atom has at most 255 characters, so at most 1020 bytes.
            Err(_) => self.tagged(tag::ATOM_UTF8, &(name.len() as u16).to_be_bytes()),
        }
        self.sink.put(name.as_bytes());
    }

    fn list(&mut self, list: Term<'p>) -> Result<()> {
        let mut it = list.list();
        let mut bytes = Vec::new();
        let mut count = 0usize;
        let mut string = true;
        for item in it.by_ref() {
            count += 1;
            string = string && count <= STRING_MAX;
            match item.as_small().map(u8::try_from) {
                Some(Ok(b)) if string => bytes.push(b),
                _ => string = false,
            }
        }
        if string && it.rest().is_nil() {
            self.tagged(tag::STRING, &(count as u16).to_be_bytes());
            self.sink.put(&bytes);
        } else {
            self.tagged(tag::LIST, &u32_of(count)?);
            self.todo.push(Todo::List(list));
        }
        Ok(())
    }

    fn fun(&mut self, f: &FunView<'p>) -> Result<()> {
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
        self.todo.push(Todo::Length(mark));
        self.todo.push(Todo::Terms(f.env));
        self.todo.push(Todo::One(f.creator));
        Ok(())
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
        self.tagged(tag::NEWER_REFERENCE, &(words.len() as u16).to_be_bytes());
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
