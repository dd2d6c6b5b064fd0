//! Reading terms, safely: [`Term`] and what it can be seen as.
//!
//! Invariant: a `Term<'p>` is a whole term (never a header, code address, catch mark or
//! `Word::NONE`), and everything reachable from it stays in place and unchanged during `'p`. Who
//! makes one from a word promises that; everything else here follows.

use super::bits::BitsView;
use super::layout::{self, Kind, header_arity, header_kind};
use super::{Atom, Pid, PortId, Word};
use crate::code::{Export, Lambda};
use crate::heap::words::Foresight;
use crate::num::BigRef;
use std::marker::PhantomData;

/// Terms that are mostly few.
pub type FewTerms<'p> = smallvec::SmallVec<[Term<'p>; 4]>;

/// A term that is valid during `'p`. It cannot outlive it, nor be mixed with another process's.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Term<'p>(Word, PhantomData<fn(&'p ()) -> &'p ()>);

/// What a term is, with its parts at hand.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the kinds of Erlang terms by their own names")]
pub enum View<'p> {
    Small(i64),
    Big(BigRef<'p>),
    Float(f64),
    Atom(Atom),
    Nil,
    Cons(Term<'p>, Term<'p>),
    Tuple(&'p [Term<'p>]),
    Map(MapView<'p>),
    Bits(BitsView<'p>),
    Fun(FunView<'p>),
    ExportFun(&'p Export),
    Pid(Pid),
    Port(PortId),
    Ref(RefView<'p>),
    External(ExternalView<'p>),
}

/// A map, flat or hashed; `term::map` knows how to look into it.
#[derive(Clone, Copy)]
pub struct MapView<'p> {
    pub(super) term: Term<'p>,
    pub(super) kind: Kind,
}

impl<'p> MapView<'p> {
    /// The map itself.
    #[inline]
    pub fn as_term(self) -> Term<'p> {
        self.term
    }
}

/// A function value with its environment.
#[derive(Clone, Copy)]
pub struct FunView<'p> {
    /// The function.
    pub lambda: &'p Lambda,
    /// The process that made it.
    pub creator: Term<'p>,
    /// Its free variables.
    pub env: &'p [Term<'p>],
}

/// A reference of this node.
#[derive(Clone, Copy)]
pub struct RefView<'p> {
    /// Its number, unique in the machine.
    pub number: u64,
    /// The process that it is an alias of, if it was made as an alias.
    pub alias_of: Option<Pid>,
    pub(super) magic: Option<&'p crate::heap::magic::Magic>,
}

impl<'p> RefView<'p> {
    /// The reference of that number that is no alias.
    pub(crate) fn plain(number: u64) -> RefView<'p> {
        RefView { number, alias_of: None, magic: None }
    }

    /// What counts the references to the object of a magic reference.
    fn counted(&self) -> Option<std::mem::ManuallyDrop<std::sync::Arc<crate::heap::magic::Magic>>> {
        // SAFETY: magic references hold a count of it, from `Arc::into_raw`; this one takes none.
        self.magic.map(|m| std::mem::ManuallyDrop::new(unsafe { std::sync::Arc::from_raw(m) }))
    }

    /// Has a magic reference found by its number from now on. It is about to be text or bytes.
    pub fn is_shown(&self, vm: &crate::vm::Vm) {
        if let Some(object) = self.counted() {
            vm.magic_refs.note(self.number, std::sync::Arc::downgrade(&object));
        }
    }

    /// Where the object of a magic reference lies, and how many references there are to it.
    pub fn magic_address(&self) -> Option<(usize, usize)> {
        let object = self.counted()?;
        Some((std::sync::Arc::as_ptr(&object).addr(), std::sync::Arc::strong_count(&object)))
    }

    /// The object that a magic reference refers to, if it is one and of that type.
    pub fn object<T: Send + Sync + 'static>(&self) -> Option<std::sync::Arc<T>> {
        self.magic?.count_of()
    }
}

/// A pid, port or reference of another node.
#[derive(Clone, Copy)]
pub struct ExternalView<'p> {
    /// Which of the three: `ExtPid`, `ExtPort` or `ExtRef`.
    pub kind: Kind,
    /// The node.
    pub node: Atom,
    /// The node's incarnation.
    pub creation: u32,
    /// Pid: id and serial; port: number; reference: its id words, first first.
    pub ids: &'p [u64],
}

impl<'p> Term<'p> {
    /// The term that `w` is.
    ///
    /// # Safety
    /// The invariant of this module: `w` is a whole term, and what it reaches stays in place and
    /// unchanged during `'p`.
    #[inline(always)]
    pub unsafe fn from_word(w: Word) -> Term<'p> {
        Term(w, PhantomData)
    }

    /// An immediate term (small, atom, nil, local pid or port, immediate float).
    #[inline(always)]
    pub(crate) fn immediate(w: Word) -> Term<'p> {
        debug_assert!(w.is_immediate() && !w.is_none() && !w.is_catch());
        Term(w, PhantomData)
    }

    /// The bare word.
    #[inline(always)]
    pub fn word(self) -> Word {
        self.0
    }

    /// The empty list.
    pub const NIL: Term<'static> = Term(Word::NIL, PhantomData);

    /// An atom as a term.
    #[inline(always)]
    pub fn atom(a: Atom) -> Term<'p> {
        Term(Word::from_atom(a), PhantomData)
    }

    /// `true` or `false`.
    #[inline]
    pub fn bool(b: bool) -> Term<'p> {
        Term::atom(if b { super::atoms::TRUE } else { super::atoms::FALSE })
    }

    /// A small integer; `n` must fit 60 bits (see `Area::int` for any integer).
    #[inline(always)]
    pub fn small(n: i64) -> Term<'p> {
        Term(Word::small(n), PhantomData)
    }

    /// The empty list.
    #[inline(always)]
    pub fn nil() -> Term<'p> {
        Term(Word::NIL, PhantomData)
    }

    /// A local pid.
    #[inline(always)]
    pub fn pid(p: Pid) -> Term<'p> {
        Term(Word::from_pid(p), PhantomData)
    }

    /// A local port, if a term holds its number.
    pub fn port(p: PortId) -> Option<Term<'p>> {
        let fits = Word::from_port(p).port_value() == p;
        fits.then(|| Term(Word::from_port(p), PhantomData))
    }

    /// Whether it needs no heap (then equality of words is equality of terms).
    #[inline(always)]
    pub fn is_immediate(self) -> bool {
        self.0.is_immediate()
    }

    #[inline(always)]
    pub(super) fn boxed_kind(self) -> Option<Kind> {
        // SAFETY: a boxed term points to a header, by the invariant of this module.
        self.0.is_boxed().then(|| header_kind(unsafe { *self.0.boxed_ptr() }))
    }

    /// The kind of two objects that have the same header.
    #[inline(always)]
    pub(super) fn shared_header(self, other: Term<'p>) -> Option<Kind> {
        if !self.0.is_boxed() || !other.0.is_boxed() {
            return None;
        }
        // SAFETY: boxed terms point to headers.
        let (h, g) = unsafe { (*self.0.boxed_ptr(), *other.0.boxed_ptr()) };
        (h == g).then(|| header_kind(h))
    }

    /// The words behind the header of an object.
    #[inline(always)]
    pub(super) fn object_words(self) -> &'p [u64] {
        assert!(self.0.is_boxed());
        self.words(0, self.arity())
    }

    /// The `n` words from the `i`th word after the header on.
    #[inline(always)]
    fn words(self, i: usize, n: usize) -> &'p [u64] {
        // SAFETY: callers ask for words that the object's layout has; they stay unchanged in 'p.
        unsafe { std::slice::from_raw_parts(self.0.boxed_ptr().add(1 + i).cast(), n) }
    }

    #[inline(always)]
    fn terms(self, i: usize, n: usize) -> &'p [Term<'p>] {
        // SAFETY: callers ask for words that are terms by the object's layout; Term is a
        // transparent Word.
        unsafe { std::slice::from_raw_parts(self.0.boxed_ptr().add(1 + i).cast(), n) }
    }

    #[inline(always)]
    fn arity(self) -> usize {
        // SAFETY: callers have seen that this is boxed.
        header_arity(unsafe { *self.0.boxed_ptr() })
    }

    /// What the term is.
    pub fn view(self) -> View<'p> {
        self.view_inline()
    }

    /// [`view`](Self::view) for the one place of a walk over terms that all of them come by.
    #[inline(always)]
    pub(crate) fn view_inline(self) -> View<'p> {
        let w = self.0;
        if w.is_small() {
            return View::Small(w.small_value());
        }
        if let Some([head, tail]) = self.as_cell() {
            return View::Cons(*head, *tail);
        }
        if w.is_boxed() {
            return self.view_boxed();
        }
        if w.is_atom() {
            View::Atom(self.atom_unchecked())
        } else if w.is_immediate_float() {
            View::Float(w.immediate_float_value())
        } else if w.is_nil() {
            View::Nil
        } else if w.is_local_pid() {
            View::Pid(w.pid_value())
        } else if w.is_local_port() {
            View::Port(w.port_value())
        } else {
            unreachable!("not a term: {:#x}", w.0)
        }
    }

    #[inline(always)]
    fn view_boxed(self) -> View<'p> {
        // SAFETY: a boxed term points to a header.
        let h = unsafe { *self.0.boxed_ptr() };
        let n = header_arity(h);
        match header_kind(h) {
            Kind::Tuple => View::Tuple(self.terms(0, n)),
            kind @ (Kind::FlatMap | Kind::HashMap) => View::Map(MapView { term: self, kind }),
            Kind::BigPos => View::Big(BigRef { negative: false, limbs: self.words(0, n) }),
            Kind::BigNeg => View::Big(BigRef { negative: true, limbs: self.words(0, n) }),
            Kind::Float => View::Float(f64::from_bits(self.words(0, 1)[0])),
            Kind::HeapBits | Kind::SubBits => View::Bits(self.bits_unchecked()),
            Kind::Fun => {
                // SAFETY: the first word of a fun is the address of its lambda, which lives as
                // long as the machine.
                let lambda = unsafe { &*(self.words(0, 1)[0] as *const Lambda) };
                View::Fun(FunView {
                    lambda,
                    creator: self.terms(1, 1)[0],
                    env: self.terms(2, n - 2),
                })
            }
            Kind::ExportFun => {
                // SAFETY: its word is the address of an export, which lives as long as the machine.
                View::ExportFun(unsafe { &*(self.words(0, 1)[0] as *const Export) })
            }
            Kind::Ref => {
                let w = self.words(0, 2);
                View::Ref(RefView {
                    number: w[0],
                    alias_of: (w[1] != 0).then(|| Word(w[1]).pid_value()),
                    magic: None,
                })
            }
            Kind::MagicRef => {
                let w = self.words(0, 2);
                // SAFETY: the second word is the address of the object that this term keeps alive.
                let magic = Some(unsafe { &*(w[1] as *const crate::heap::magic::Magic) });
                View::Ref(RefView { number: w[0], alias_of: None, magic })
            }
            kind @ (Kind::ExtPid | Kind::ExtPort | Kind::ExtRef) => {
                let w = self.words(0, n);
                // SAFETY: the first word is an atom.
                let node = unsafe { Term::from_word(Word(w[0])) }.atom_unchecked();
                View::External(ExternalView { kind, node, creation: w[1] as u32, ids: &w[2..] })
            }
            // Programs never see a match context or a saved trace, unless their code was written to:
            // then that is what they see.
            Kind::MatchCtx | Kind::Trace => View::Nil,
            k @ (Kind::HamtNode | Kind::HamtCollision | Kind::BinRef) => {
                unreachable!("{k:?} is not a term that programs see")
            }
        }
    }

    #[inline(always)]
    fn atom_unchecked(self) -> Atom {
        // SAFETY: callers have seen that this is an atom, whose address part is an entry.
        unsafe { Atom::from_entry_ptr(self.0.atom_entry_ptr()) }
    }

    #[inline]
    fn bits_unchecked(self) -> BitsView<'p> {
        // SAFETY: callers have seen that this is HeapBits or SubBits.
        unsafe { BitsView::of_object(self.0.boxed_ptr()) }
    }

    /// The atom, if it is one.
    #[inline(always)]
    pub fn as_atom(self) -> Option<Atom> {
        self.0.is_atom().then(|| self.atom_unchecked())
    }

    /// Whether it is this atom.
    #[inline(always)]
    pub fn is_atom(self, a: Atom) -> bool {
        self.0 == Word::from_atom(a)
    }

    /// `true` or `false`, if it is one of them.
    pub fn as_bool(self) -> Option<bool> {
        if self.is_atom(super::atoms::TRUE) {
            Some(true)
        } else if self.is_atom(super::atoms::FALSE) {
            Some(false)
        } else {
            None
        }
    }

    /// The small integer, if it is one.
    #[inline(always)]
    pub fn as_small(self) -> Option<i64> {
        self.0.is_small().then(|| self.0.small_value())
    }

    /// The integer from 0 to 255, if it is one.
    #[inline(always)]
    pub fn as_byte(self) -> Option<u8> {
        self.0.byte_value()
    }

    /// The integer if it fits an `i64`.
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        self.as_small().or_else(|| self.as_big()?.to_i64())
    }

    /// The integer if it is one on a heap.
    #[inline(always)]
    pub fn as_big(self) -> Option<BigRef<'p>> {
        match self.boxed_kind()? {
            kind @ (Kind::BigPos | Kind::BigNeg) => {
                // SAFETY: a boxed term points to a header, behind which there are so many limbs.
                let n = header_arity(unsafe { *self.0.boxed_ptr() });
                Some(BigRef { negative: kind == Kind::BigNeg, limbs: self.words(0, n) })
            }
            _ => None,
        }
    }

    /// The integer if it is not negative and fits a `u64`.
    #[inline]
    pub fn as_u64(self) -> Option<u64> {
        if let Some(n) = self.as_small() {
            return u64::try_from(n).ok();
        }
        match self.as_big()? {
            BigRef { negative: false, limbs: [n] } => Some(*n),
            _ => None,
        }
    }

    /// The integer if it is a size or index.
    #[inline]
    pub fn as_usize(self) -> Option<usize> {
        self.as_u64().and_then(|n| usize::try_from(n).ok())
    }

    /// Whether it is an integer of any size.
    pub fn is_integer(self) -> bool {
        self.0.is_small() || matches!(self.boxed_kind(), Some(Kind::BigPos | Kind::BigNeg))
    }

    /// The float, if it is one.
    #[inline]
    pub fn as_float(self) -> Option<f64> {
        if self.0.is_immediate_float() {
            Some(self.0.immediate_float_value())
        } else if self.boxed_kind() == Some(Kind::Float) {
            Some(f64::from_bits(self.words(0, 1)[0]))
        } else {
            None
        }
    }

    /// Head and tail, if it is a non-empty list.
    #[inline(always)]
    pub fn as_cons(self) -> Option<(Term<'p>, Term<'p>)> {
        self.as_cell().map(|[head, tail]| (*head, *tail))
    }

    /// Head and tail where they lie, if it is a list cell.
    #[inline(always)]
    pub(crate) fn as_cell(self) -> Option<&'p [Term<'p>; 2]> {
        // SAFETY: a cons term points to two terms, which stay unchanged in 'p.
        self.0.is_cons().then(|| unsafe { &*self.0.cons_ptr().cast() })
    }

    /// Whether it is the empty list.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        self.0.is_nil()
    }

    /// The elements, if it is a tuple.
    #[inline]
    pub fn as_tuple(self) -> Option<&'p [Term<'p>]> {
        (self.boxed_kind() == Some(Kind::Tuple)).then(|| self.terms(0, self.arity()))
    }

    /// The elements, if it is a tuple of `N`.
    #[inline]
    pub fn as_tuple_of<const N: usize>(self) -> Option<[Term<'p>; N]> {
        <[Term<'p>; N]>::try_from(self.as_tuple()?).ok()
    }

    /// The map, if it is one.
    #[inline]
    pub fn as_map(self) -> Option<MapView<'p>> {
        match self.boxed_kind() {
            Some(kind @ (Kind::FlatMap | Kind::HashMap)) => Some(MapView { term: self, kind }),
            _ => None,
        }
    }

    /// The bits, if it is a bitstring (a binary or not a whole number of bytes).
    #[inline]
    pub fn as_bits(self) -> Option<BitsView<'p>> {
        match self.boxed_kind() {
            Some(Kind::HeapBits | Kind::SubBits) => Some(self.bits_unchecked()),
            _ => None,
        }
    }

    /// Size in bits, if it is a bitstring. What it may be a part of is not looked at.
    #[inline(always)]
    pub fn bit_size(self) -> Option<usize> {
        if !self.0.is_boxed() {
            return None;
        }
        // SAFETY: a boxed term points to a header, and behind that of a bitstring its size is where the
        // layout has it.
        unsafe {
            let p = self.0.boxed_ptr();
            let place = layout::bit_size_place(*p)?;
            Some((*p.add(place)).0 as usize)
        }
    }

    /// The local pid, if it is one.
    #[inline]
    pub fn as_pid(self) -> Option<Pid> {
        self.0.is_local_pid().then(|| self.0.pid_value())
    }

    /// The object of that type that a magic reference refers to, if it is one.
    #[inline(always)]
    pub fn magic_object<T: Send + Sync + 'static>(self) -> Option<&'p T> {
        if !self.0.is_boxed() {
            return None;
        }
        // SAFETY: a boxed term points to a header; the second word behind that of a magic reference is
        // the address of the object that this term keeps alive.
        unsafe {
            let p = self.0.boxed_ptr();
            if header_kind(*p) != Kind::MagicRef {
                return None;
            }
            (*((*p.add(2)).0 as *const crate::heap::magic::Magic)).as_ref()
        }
    }

    /// The number of a local reference that stands for nothing of the machine's.
    #[inline(always)]
    pub fn plain_ref_number(self) -> Option<u64> {
        if !self.0.is_boxed() {
            return None;
        }
        // SAFETY: a boxed term points to a header; the number is the first word behind it.
        unsafe {
            let p = self.0.boxed_ptr();
            (header_kind(*p) == Kind::Ref).then(|| (*p.add(1)).0)
        }
    }

    /// The local reference, if it is one.
    pub fn as_ref(self) -> Option<RefView<'p>> {
        if let Some(number) = self.plain_ref_number() {
            let alias_of = self.words(0, 2)[1];
            let alias_of = (alias_of != 0).then(|| Word(alias_of).pid_value());
            return Some(RefView { number, alias_of, magic: None });
        }
        match self.boxed_kind()? {
            Kind::MagicRef => match self.view() {
                View::Ref(r) => Some(r),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many arguments it takes, if it is a function value.
    pub fn view_fun_arity(self) -> Option<u8> {
        // Not by `view`: an instruction that asks must not keep a `View` on its stack.
        match self.boxed_kind()? {
            // SAFETY: the first word of a fun is the address of its lambda, which lives as long as
            // the machine.
            Kind::Fun => Some(unsafe { &*(self.words(0, 1)[0] as *const Lambda) }.arity),
            // SAFETY: as above, of its export.
            Kind::ExportFun => Some(unsafe { &*(self.words(0, 1)[0] as *const Export) }.arity),
            _ => None,
        }
    }

    /// Walks a list. Where it ends is asked of the iterator afterwards.
    #[inline]
    pub fn list(self) -> ListIter<'p> {
        ListIter { rest: self, ahead: Foresight::default() }
    }

    /// The elements of a proper list.
    pub fn list_to_vec(self) -> Option<Vec<Term<'p>>> {
        let mut it = self.list();
        let v = it.by_ref().collect();
        it.rest.is_nil().then_some(v)
    }

    /// The elements of a list as they are come to; `None` at the end of what is no proper list.
    #[inline]
    pub fn proper_list(self) -> impl Iterator<Item = Option<Term<'p>>> {
        let mut it = self.list();
        let mut ended = false;
        std::iter::from_fn(move || match it.next() {
            Some(t) => Some(Some(t)),
            None if ended || it.rest.is_nil() => None,
            None => {
                ended = true;
                Some(None)
            }
        })
    }

    /// As [`Term::list_to_vec`], of a list that is mostly short.
    pub fn list_to_few(self) -> Option<FewTerms<'p>> {
        let mut it = self.list();
        let v = it.by_ref().collect();
        it.rest.is_nil().then_some(v)
    }

    /// Length of a proper list.
    pub fn list_len(self) -> Option<usize> {
        let mut it = self.list();
        let n = it.by_ref().count();
        it.rest.is_nil().then_some(n)
    }

    /// What kind of boxed object it is, for the parts of the machine that know layouts.
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        self.boxed_kind()
    }

    /// The term words of a boxed object after its first `skip` words; for layouts that have them.
    #[inline(always)]
    pub(crate) fn object_terms(self, skip: usize) -> &'p [Term<'p>] {
        let n = self.arity();
        debug_assert!(self.boxed_kind().is_some_and(|k| k.raw_words(n) <= skip));
        self.terms(skip, n - skip)
    }
}

impl<'p> Term<'p> {
    /// The terms that a boxed object is made of.
    pub(crate) fn parts(self) -> &'p [Term<'p>] {
        let raw = self.boxed_kind().map_or(0, |kind| kind.raw_words(self.arity()));
        self.object_terms(raw)
    }
}

/// The elements of tuples at one place, which many are asked for: no view of each tuple is made.
#[derive(Clone, Copy)]
pub struct ElementAt {
    /// The first element's is 1; no tuple is so large that a greater one is in it.
    position: u32,
}

impl ElementAt {
    /// Elements at a position, the first of which is 1.
    #[inline(always)]
    pub fn new(position: std::num::NonZero<u64>) -> ElementAt {
        ElementAt { position: u32::try_from(position.get()).unwrap_or(u32::MAX) }
    }

    /// The element of `t`, if it is a tuple that has it.
    #[inline(always)]
    pub fn of<'p>(self, t: Term<'p>) -> Option<Term<'p>> {
        if !t.0.is_boxed() {
            return None;
        }
        let position = self.position as usize;
        // SAFETY: a boxed term points to a header; the words behind that of a tuple are its elements, of
        // which there are at least `position`.
        unsafe {
            let p = t.0.boxed_ptr();
            layout::is_tuple_of(*p, position).then(|| Term::from_word(*p.add(position)))
        }
    }
}

/// Walks the elements of a list up to its end, proper or not.
#[derive(Clone)]
pub struct ListIter<'p> {
    rest: Term<'p>,
    ahead: Foresight,
}

impl<'p> ListIter<'p> {
    /// What has not been walked: after the walk, `[]` for a proper list.
    pub fn rest(&self) -> Term<'p> {
        self.rest
    }
}

impl Foresight {
    /// `tail`, which is that of `list`.
    #[inline(always)]
    pub fn tail<'p>(&mut self, list: Term<'p>, tail: Term<'p>) -> Term<'p> {
        // SAFETY: it is the tail's word, whether foreseen or not.
        unsafe { Term::from_word(Word(self.next(list.0.0, tail.0.0))) }
    }
}

impl<'p> Iterator for ListIter<'p> {
    type Item = Term<'p>;

    #[inline]
    fn next(&mut self) -> Option<Term<'p>> {
        let (h, t) = self.rest.as_cons()?;
        self.rest = self.ahead.tail(self.rest, t);
        Some(h)
    }
}

const _: () = assert!(size_of::<Term<'_>>() == 8);
const _: () = assert!(layout::FLAT_MAP_MAX == 32);
