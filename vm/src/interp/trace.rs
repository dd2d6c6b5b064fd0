//! Stack traces: saving one when an exception is raised, making it readable when it is asked for.
//!
//! A *saved trace* is a cons `[Trace | First]`. `Trace` is an object of raw words: the class of
//! the exception (as an index), then code addresses, each one word past the start of an
//! instruction at the least, so that the address before it is the instruction's. `First` is a
//! ready stack item that comes before all of them, or `[]`. Where a program gives a stack trace
//! itself (`erlang:raise/3`), `Trace` has no addresses and `First` is that list.

use super::places::Places;
use super::stubs::TraceFrame;
use super::{M, term};
use crate::code::{FunctionInfo, Line, LoadedModule, Location};
use crate::heap::words::copy_fresh_words;
use crate::native::Class;
use crate::system_flags::MAX_BACKTRACE_DEPTH;
use crate::term::layout::{Kind, header, header_arity};
use crate::term::{Area, Term, Word, atoms};
use crate::vm::Vm;
use smallvec::SmallVec;
use std::mem::MaybeUninit;
use std::ptr::null;

/// Code addresses of the running functions, innermost first. To be made where it is used: an exception
/// takes little longer than copying it would.
pub(super) struct Addresses {
    count: usize,
    all: [MaybeUninit<u64>; MAX_BACKTRACE_DEPTH],
}

impl Addresses {
    /// None.
    pub(super) fn none() -> Addresses {
        Addresses { count: 0, all: [MaybeUninit::uninit(); MAX_BACKTRACE_DEPTH] }
    }

    pub(super) fn as_slice(&self) -> &[u64] {
        // SAFETY: so many have been written.
        unsafe { std::slice::from_raw_parts(self.all.as_ptr().cast(), self.count) }
    }

    /// Puts those of `m` there, as many as a stack trace may have after `before` other items. `here` says
    /// whether the current instruction is the first of them.
    ///
    /// # Safety
    /// The process's state is whole.
    #[inline(always)]
    pub(super) unsafe fn find(&mut self, m: M, here: bool, before: usize) {
        // SAFETY: the worker holds the machine; the words from `sp` to the heap's end are the stack.
        unsafe {
            let depth = m.vm().flags.backtrace_depth.get();
            // The current instruction is there however low the limit is.
            let room = depth.clamp(1, MAX_BACKTRACE_DEPTH).saturating_sub(before);
            let first = if here { m.ip.add(1) } else { null() };
            self.collect(first, m.cp, m.sp, (*m.p).heap.end, room);
        }
    }

    /// Puts up to `room` there: two addresses, if they are not null, and those on the stack from `at` to
    /// `end`.
    ///
    /// # Safety
    /// As [`Addresses::find`]; `room` is at most [`MAX_BACKTRACE_DEPTH`].
    #[inline(never)]
    unsafe fn collect(
        &mut self,
        first: *const u64,
        second: *const u64,
        mut at: *const Word,
        end: *const Word,
        room: usize,
    ) {
        let (mut count, mut last) = (0, null());
        // Repeated returns to one place are recorded once, as stock does; frames that trace are
        // nobody's.
        let mut add = |address: *const u64| {
            if address != last && !TraceFrame::is_one(address) && count < room {
                self.all[count].write(address as u64);
                count += 1;
                last = address;
            }
            count < room
        };
        let mut goes_on = first.is_null() || add(first);
        goes_on = goes_on && (second.is_null() || add(second));
        // SAFETY: words of the stack; its only ones with the tag of a header are return addresses.
        unsafe {
            while goes_on && at < end {
                if (*at).is_header() {
                    goes_on = add((*at).0 as *const u64);
                }
                at = at.add(1);
            }
        }
        self.count = count;
    }
}

/// How many words a saved trace of so many addresses takes.
pub(super) const fn words(addresses: usize) -> usize {
    addresses + 4
}

/// Makes a saved trace, of [`words`].
pub(super) fn save<'p>(
    area: &mut Area<'p>,
    class: Class,
    from: &[u64],
    first: Term<'p>,
) -> Term<'p> {
    let n = 1 + from.len();
    let p = area.alloc(1 + n);
    // SAFETY: 1 + n fresh words, all raw.
    let trace = unsafe {
        *p = header(Kind::Trace, n);
        *p.add(1) = Word(class as u64);
        copy_fresh_words(from.as_ptr().cast(), p.add(2), from.len());
        term(Word::from_boxed_ptr(p))
    };
    area.cons(trace, first)
}

/// Class, addresses and first item of a saved trace; `None` if `w` is none.
unsafe fn parts<'p>(w: Word) -> Option<(Class, &'p [u64], Term<'p>)> {
    // SAFETY: `w` is a term; only saved traces have an object of kind Trace as head.
    unsafe {
        if !w.is_cons() {
            return None;
        }
        let (head, first) = (*w.cons_ptr(), *w.cons_ptr().add(1));
        if !head.is_boxed() || term(head).kind() != Some(Kind::Trace) {
            return None;
        }
        let p = head.boxed_ptr();
        let n = header_arity(*p);
        let class = match (*p.add(1)).0 {
            0 => Class::Error,
            1 => Class::Exit,
            _ => Class::Throw,
        };
        Some((class, std::slice::from_raw_parts(p.add(2).cast(), n - 1), term(first)))
    }
}

/// A copy of a saved trace with another class.
///
/// # Safety
/// `w` is a saved trace.
pub(super) unsafe fn with_class<'p>(area: &mut Area<'p>, class: Class, w: Word) -> Term<'p> {
    // SAFETY: as the caller promises.
    let (_, addresses, first) = unsafe { parts(w) }.expect("a saved trace");
    save(area, class, addresses, first)
}

/// The class that a saved trace was made with.
pub(super) unsafe fn class(w: Word) -> Option<Class> {
    // SAFETY: `w` is a term.
    unsafe { parts(w).map(|p| p.0) }
}

/// The stack trace as programs see it. What is no saved trace is returned as it is.
pub(super) unsafe fn build<'p>(
    vm: &Vm,
    places: &mut Places,
    area: &mut Area<'p>,
    w: Word,
) -> Term<'p> {
    // SAFETY: `w` is a term.
    let Some((_, addresses, first)) = (unsafe { parts::<'p>(w) }) else {
        // SAFETY: as above.
        return unsafe { term(w) };
    };
    if addresses.is_empty() && first.as_cons().is_some() {
        return first;
    }
    let mut items: SmallVec<[Term<'_>; 9]> = SmallVec::new();
    if !first.is_nil() {
        items.push(first);
    }
    let ranges = vm.code.ranges();
    for a in addresses {
        let at = (*a as *const u64).wrapping_sub(1);
        items.extend(places.find(&ranges, at).map(|location| item(location, area)));
    }
    area.list(&items)
}

/// `{Module, Function, Arity, Location}` of the instruction at an address of a module.
pub(crate) fn item_at<'p>(
    module: &LoadedModule,
    area: &mut Area<'p>,
    at: *const u64,
) -> Option<Term<'p>> {
    module.locate(at).map(|location| item(location, area))
}

/// `{Module, Function, Arity, Location}` of a place.
fn item<'p>(l: Location, area: &mut Area<'p>) -> Term<'p> {
    let where_ = location(area, l.line);
    let arity = Term::small(i64::from(l.arity));
    area.tuple(&[Term::atom(l.module), Term::atom(l.function), arity, where_])
}

/// `[{file, File}, {line, Line}]`, or `[]` when it is not known.
pub(super) fn location<'p>(area: &mut Area<'p>, line: Option<Line>) -> Term<'p> {
    let Some(line) = line else { return Term::nil() };
    let number = area.tuple(&[Term::atom(atoms::LINE), Term::small(i64::from(line.number))]);
    area.list(&[line.file(), number])
}

/// The function whose code `ip` is in, with the place of the instruction.
pub(super) fn current_function(vm: &Vm, ip: *const u64) -> Option<Location> {
    vm.code.ranges().module_at(ip)?.locate(ip)
}

/// `{Module, Function, Args, Location}` of a function that no clause matched.
pub(super) unsafe fn function_clause_item<'p>(
    m: M,
    area: &mut Area<'p>,
    info: &FunctionInfo,
) -> Term<'p> {
    // SAFETY: at `func_info` the function's arguments are in the X registers.
    let args = unsafe {
        super::exception::arguments(area, std::slice::from_raw_parts(m.x, info.arity.into()))
    };
    // SAFETY: the worker holds the machine.
    let here = current_function(unsafe { m.vm() }, m.ip);
    let where_ = location(area, here.and_then(|l| l.line));
    area.tuple(&[Term::atom(info.module), Term::atom(info.function), args, where_])
}
