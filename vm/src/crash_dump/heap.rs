//! The terms of processes: messages, dictionary, stack, and everything they lead to.
//!
//! An object of a heap is a line: its address, what it is, and its parts, which are small terms or
//! addresses of other objects. Only what can be reached is written. Which objects have been is a
//! bit for each word of the heap. Floats, which are no objects here, are in dumps: they get
//! addresses that no object has, made of their bits. Literals come once, behind all processes, and
//! so do binaries outside heaps.

use super::process::{self, Found, Place, stack};
use crate::heap::Binary;
use crate::heap::fragment::Fragment;
use crate::num;
use crate::process::Process;
use crate::sched::standstill::Stand;
use crate::term::bits::off_heap_binary;
use crate::term::external::{self, EncodeOptions};
use crate::term::layout::Kind;
use crate::term::print::{Shown, node_number};
use crate::term::{BitsView, Term, View, Word};
use crate::vm::Vm;
use hashbrown::{HashMap, HashSet};
use std::io::{self, Write};

/// Writes bytes in base 64.
pub(super) fn base64(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let n = byte(0) << 16 | byte(1) << 8 | byte(2);
        let mut text = [18, 12, 6, 0].map(|shift| DIGITS[(n >> shift & 63) as usize]);
        text[three.len() + 1..].fill(b'=');
        out.write_all(&text)?;
    }
    Ok(())
}

/// A term of a process that is not run, or a literal.
///
/// # Safety
/// What it leads to stays in place during `'a`.
unsafe fn term<'a>(w: Word) -> Term<'a> {
    // SAFETY: the caller's promise.
    unsafe { Term::from_word(w) }
}

/// The objects of one process's heap that have been written, or met by another walk.
#[derive(Default)]
pub(crate) struct Written {
    /// Where the words of the heap lie, by address: from, to, and the first one's bit.
    ranges: Vec<(usize, usize, usize)>,
    bits: Vec<u64>,
    /// What lies elsewhere, and floats.
    others: HashSet<u64>,
}

impl Written {
    /// None yet, of that process.
    pub(crate) fn of(p: &Process) -> Written {
        let h = &p.heap;
        let mut ranges =
            vec![(h.start as usize, h.top as usize), (h.old_start as usize, h.old_top as usize)];
        ranges.extend(h.fragment_sizes());
        for f in p.mailbox.fragments() {
            ranges.push(words_of(f));
        }
        // SAFETY: nobody takes signals out of the queue while the process is looked at.
        for f in unsafe { p.queue.peek() } {
            ranges.push(words_of(f));
        }
        ranges.sort_unstable();
        let mut bit = 0;
        let ranges: Vec<_> = ranges
            .into_iter()
            .map(|(from, to)| {
                let first = bit;
                bit += (to - from) / 8;
                (from, to, first)
            })
            .collect();
        Written { ranges, bits: vec![0; bit.div_ceil(64)], others: HashSet::new() }
    }

    /// Notes the object at an address; false if it was there.
    pub(crate) fn add(&mut self, address: u64) -> bool {
        let at = address as usize;
        let i = self.ranges.partition_point(|r| r.0 <= at);
        if let Some((from, _, first)) =
            i.checked_sub(1).map(|i| self.ranges[i]).filter(|r| at < r.1)
        {
            let bit = first + (at - from) / 8;
            let mask = 1 << (bit % 64);
            let new = self.bits[bit / 64] & mask == 0;
            self.bits[bit / 64] |= mask;
            return new;
        }
        self.others.insert(address)
    }
}

/// From where to where a signal's words lie.
fn words_of(f: *const Fragment) -> (usize, usize) {
    let from = Fragment::words(f) as usize;
    // SAFETY: a fragment in the mailbox or in-queue of a process that is not run.
    (from, from + unsafe { (*f).capacity() } * 8)
}

/// What has been met that is written later.
pub(super) struct Terms<'v> {
    vm: &'v Vm,
    literals: HashSet<u64>,
    /// Addresses of the first bytes, and how many.
    binaries: HashMap<usize, usize>,
}

/// Writes the objects that terms lead to.
struct Walk<'a, 'v> {
    all: &'a mut Terms<'v>,
    written: Written,
    /// Literals are being written, not what refers to them.
    in_literals: bool,
}

impl<'v> Terms<'v> {
    /// Nothing met yet.
    pub fn new(vm: &'v Vm) -> Terms<'v> {
        Terms { vm, literals: HashSet::new(), binaries: HashMap::new() }
    }

    fn is_literal(&self, t: Term<'_>) -> bool {
        self.vm.literals.range().contains(t.word().ptr())
    }

    /// All terms of a process, unless somebody may be changing them.
    pub fn process(
        &mut self,
        stand: &Stand<'_>,
        found: Found,
        out: &mut impl Write,
    ) -> io::Result<()> {
        // SAFETY: it was found in the process table.
        let Some(p) = (unsafe { stand.process(found.address) }) else { return Ok(()) };
        if p.exiting || p.rare.as_ref().is_some_and(|r| r.sensitive) {
            return Ok(());
        }
        let (vm, name) = (self.vm, found.name());
        let messages = process::messages(p);
        let dictionary = p.dictionary_entries();
        let mut walk = Walk { written: Written::of(p), all: self, in_literals: false };
        if !messages.is_empty() {
            writeln!(out, "=proc_messages:{name}")?;
            for w in &messages {
                // SAFETY: the process is not run.
                walk.part(unsafe { term(*w) }, out)?;
                writeln!(out, ":N")?;
            }
        }
        if !dictionary.is_empty() {
            writeln!(out, "=proc_dictionary:{name}")?;
            for i in 0..dictionary.len() {
                writeln!(out, "H{:X}", pair_address(i))?;
            }
        }
        writeln!(out, "=proc_stack:{name}")?;
        let mut y = 0;
        for (at, w) in stack(p) {
            if w.is_header() {
                let place = Place(vm, w.0 as *const u64);
                writeln!(out, "{:#018x}:SReturn addr 0x{:X} ({place})", at as usize, w.0)?;
                y = 0;
                continue;
            }
            write!(out, "y{y}:")?;
            y += 1;
            if w.is_catch() {
                let handler = w.catch_handler();
                let place = Place(vm, handler);
                writeln!(out, "SCatch 0x{:X} ({place})", handler as usize)?;
                continue;
            }
            // SAFETY: what is neither an address nor a catch mark is a term; nobody runs it.
            walk.part(unsafe { term(w) }, out)?;
            writeln!(out)?;
        }
        writeln!(out, "=proc_heap:{name}")?;
        for (_, w) in stack(p).filter(|(_, w)| !w.is_header() && !w.is_catch()) {
            // SAFETY: as above.
            walk.objects(unsafe { term(w) }, out)?;
        }
        for (i, [k, v]) in dictionary.iter().enumerate() {
            write!(out, "{:X}:t2:", pair_address(i))?;
            // SAFETY: as above.
            let pair = unsafe { [term(*k), term(*v)] };
            walk.parts(&pair, out)?;
            writeln!(out)?;
        }
        for w in messages.into_iter().chain(dictionary.into_iter().flatten()) {
            // SAFETY: as above.
            walk.objects(unsafe { term(w) }, out)?;
        }
        Ok(())
    }

    /// What processes have in common: persistent terms, literals, binaries.
    pub fn rest(&mut self, out: &mut impl Write) -> io::Result<()> {
        let literals = std::mem::take(&mut self.literals);
        // SAFETY: the literals of the table stay while everybody stands.
        let pair = |w| unsafe { term(w).as_tuple_of::<2>().map(|p| p.map(Term::word)) };
        let pairs: Vec<[Word; 2]> =
            self.vm.persistent.pairs().into_iter().filter_map(pair).collect();
        let mut walk = Walk { written: Written::default(), all: self, in_literals: true };
        writeln!(out, "=persistent_terms")?;
        for [k, v] in &pairs {
            // SAFETY: as above.
            walk.part(unsafe { term(*k) }, out)?;
            write!(out, "|")?;
            // SAFETY: as above.
            walk.part(unsafe { term(*v) }, out)?;
            writeln!(out)?;
        }
        writeln!(out, "=literals")?;
        let words = literals.into_iter().map(Word).chain(pairs.into_iter().flatten());
        for w in words {
            // SAFETY: as above.
            walk.objects(unsafe { term(w) }, out)?;
        }
        for (data, size) in &self.binaries {
            writeln!(out, "=binary:{data:X}")?;
            write!(out, "{size:X}:")?;
            // SAFETY: a term that was written refers to the binary, and the process that has the
            // term is not run; bytes in use do not change.
            base64(out, unsafe { std::slice::from_raw_parts(*data as *const u8, *size) })?;
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Walk<'_, '_> {
    /// A term within another: itself if it is small, else where it is.
    fn part(&mut self, t: Term<'_>, out: &mut impl Write) -> io::Result<()> {
        if !t.is_immediate() {
            return write!(out, "H{:X}", t.word().ptr() as usize);
        }
        match t.view() {
            View::Atom(a) => write!(out, "A{:X}:{}", a.name().len(), a.name()),
            View::Small(n) => write!(out, "I{n}"),
            View::Pid(_) => write!(out, "P{}", Shown(t, 1000)),
            View::Port(p) => write!(out, "p<0.{}>", p.0),
            View::Float(_) => write!(out, "H{}", self.float_address(t)),
            _ => write!(out, "N"),
        }
    }

    /// An address for a float: its word, which has the tag of no address. Those of literals have
    /// others, since dumps have them apart.
    fn float_address(&self, t: Term<'_>) -> String {
        let mark = if self.in_literals { "1" } else { "" };
        format!("{mark}{:016X}", t.word().0)
    }

    fn parts(&mut self, parts: &[Term<'_>], out: &mut impl Write) -> io::Result<()> {
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                write!(out, ",")?;
            }
            self.part(*part, out)?;
        }
        Ok(())
    }

    /// All objects that a term leads to and that have not been written.
    fn objects<'p>(&mut self, t: Term<'p>, out: &mut impl Write) -> io::Result<()> {
        let mut left = vec![t];
        while let Some(t) = left.pop() {
            if t.is_immediate() {
                if let View::Float(x) = t.view()
                    && self.written.others.insert(t.word().0)
                {
                    write!(out, "{}:", self.float_address(t))?;
                    float(x, out)?;
                }
                continue;
            }
            if self.all.is_literal(t) && !self.in_literals {
                self.all.literals.insert(t.word().0);
                continue;
            }
            if !self.written.add(t.word().ptr() as u64) {
                continue;
            }
            write!(out, "{:X}:", t.word().ptr() as usize)?;
            if let Some((head, tail)) = t.as_cons() {
                write!(out, "l")?;
                self.part(head, out)?;
                write!(out, "|")?;
                self.part(tail, out)?;
                left.extend([tail, head]);
            } else {
                self.object(t, &mut left, out)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn object<'p>(
        &mut self,
        t: Term<'p>,
        left: &mut Vec<Term<'p>>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let parts = match t.kind() {
            Some(Kind::Tuple) => {
                let parts = t.object_terms(0);
                write!(out, "t{:X}:", parts.len())?;
                parts
            }
            Some(Kind::FlatMap) => {
                let parts = t.object_terms(0);
                write!(out, "Mf{:X}:", parts.len() - 1)?;
                self.part(parts[0], out)?;
                write!(out, ":")?;
                left.push(parts[0]);
                &parts[1..]
            }
            Some(Kind::HashMap) => {
                let size = t.as_map().map_or(0, |m| m.len());
                write!(out, "Mh{size:X}:1:")?;
                &t.object_terms(0)[1..]
            }
            Some(kind @ (Kind::HamtNode | Kind::HamtCollision)) => {
                let parts = t.object_terms(usize::from(kind == Kind::HamtNode));
                write!(out, "Mn{:X}:", parts.len())?;
                parts
            }
            _ => return self.leaf(t, out),
        };
        left.extend_from_slice(parts);
        self.parts(parts, out)
    }

    /// An object without parts.
    fn leaf(&mut self, t: Term<'_>, out: &mut impl Write) -> io::Result<()> {
        match t.view() {
            View::Float(x) => float_text(x, out),
            View::Big(n) => write!(out, "B{}", num::to_text(n, 10)),
            View::Bits(bits) => self.bits(t, bits, out),
            View::External(e) if e.kind == Kind::ExtPid => {
                let id = |i: usize| e.ids.get(i).copied().unwrap_or(0);
                write!(out, "P<{}.{}.{}>", node_number(e.node), id(0), id(1))
            }
            View::External(e) if e.kind == Kind::ExtPort => {
                let id = e.ids.first().copied().unwrap_or(0);
                write!(out, "p<{}.{id}>", node_number(e.node))
            }
            View::Fun(_) | View::ExportFun(_) | View::Ref(_) | View::External(_) => {
                self.external(t, out)
            }
            // What programs do not see: the place where a binary is being matched, a stack trace.
            _ => write!(out, "t0:"),
        }
    }

    fn external(&mut self, t: Term<'_>, out: &mut impl Write) -> io::Result<()> {
        match external::encode(t, self.all.vm, EncodeOptions::default()) {
            Ok(bytes) => {
                write!(out, "E{:X}:", bytes.len())?;
                base64(out, &bytes)
            }
            Err(_) => write!(out, "t0:"),
        }
    }

    fn bits(&mut self, t: Term<'_>, bits: BitsView<'_>, out: &mut impl Write) -> io::Result<()> {
        if !bits.is_binary() {
            // Dumps have no bitstrings of other kinds.
            return self.external(t, out);
        }
        if let (Some(binary), Some(bytes)) = (off_heap_binary(t), bits.as_bytes()) {
            let data = Binary::data(binary.as_ptr()) as usize;
            // SAFETY: the term keeps the binary alive.
            let size = unsafe { binary.as_ref() }.used_bytes();
            self.all.binaries.insert(data, size);
            let offset = bytes.as_ptr() as usize - data;
            return write!(out, "Yc{data:X}:{offset:X}:{:X}", bytes.len());
        }
        let bytes = bits.to_bytes();
        write!(out, "Yh{:X}:", bytes.len())?;
        base64(out, &bytes)
    }
}

fn float_text(x: f64, out: &mut impl Write) -> io::Result<()> {
    let text = format!("{x:.20e}");
    write!(out, "F{:X}:{text}", text.len())
}

fn float(x: f64, out: &mut impl Write) -> io::Result<()> {
    float_text(x, out)?;
    writeln!(out)
}

/// Where the dump has a pair of a dictionary, a tuple that exists there alone: an address that no
/// object has, since it is odd.
fn pair_address(i: usize) -> usize {
    i * 2 + 1
}
