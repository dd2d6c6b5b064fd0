//! Walks over tables with a match specification: all at once, some objects at a time, counting,
//! deleting and replacing.
//!
//! Where every clause names its key, only those keys are looked up; where the key of an ordered
//! table begins with known elements, only that range is walked.
//!
//! Results come in the order that stock gives them: lists are made from the front, so what a walk
//! over a hashed table meets first is last; a walk that is continued hands what it has too much to
//! the next round.

use super::hash::Change;
use super::match_run::Runner;
use super::match_spec::{Borrowed, MatchSpec, Owned, Pattern, Source, keeps_key};
use super::object::Object;
use super::tree::{From, TreeStore};
use super::{Access, EtsError, Store, Table, TableKind, table};
use crate::native::{Native, Raise};
use crate::num::BigRef;
use crate::sync::Arc;
use crate::term::compare::{compare, eq, exact_eq};
use crate::term::{Term, Word, atoms, hash};
use smallvec::SmallVec;
use std::ops::ControlFlow;

pub(super) type Result<'p, T> = std::result::Result<T, Raise<'p>>;

/// Objects looked at for one reduction.
pub(super) const PER_REDUCTION: usize = 1;

/// Objects looked at before other processes get their turn.
pub(super) const ROUND: usize = 1000;

/// A word of a specification or table as a term.
///
/// # Safety
/// The word stays valid for the call, and only copies of the term are given out.
unsafe fn term<'a>(w: Word) -> Term<'a> {
    // SAFETY: the caller's promise.
    unsafe { Term::from_word(w) }
}

/// Mostly there is one.
type Keys = SmallVec<[Word; 4]>;

/// Which objects a specification can match at all.
enum Candidates {
    All,
    /// Those with these keys, each key once.
    Keys(Keys),
    /// Those whose key is a tuple of that size that begins so.
    Prefix(usize, Vec<Word>),
}

fn candidates(spec: &MatchSpec, kind: TableKind, key_position: usize) -> Candidates {
    let ordered = kind == TableKind::OrderedSet;
    let mut keys = Keys::new();
    for clause in &spec.clauses {
        match &clause.head {
            Pattern::Any | Pattern::Bind(_) | Pattern::Same(_) => return Candidates::All,
            // No object is one of these.
            Pattern::List(..) | Pattern::Map(_) => {}
            Pattern::Const(w) => {
                // SAFETY: a constant of the specification.
                let t = unsafe { term(*w) };
                keys.extend(t.as_tuple().and_then(|e| e.get(key_position - 1)).map(|k| k.word()));
            }
            Pattern::Tuple(parts) => match parts.get(key_position - 1) {
                // Objects have the element of the key.
                None => {}
                Some(Pattern::Const(w)) => keys.push(*w),
                Some(Pattern::Tuple(key)) if ordered && spec.clauses.len() == 1 => {
                    let known = key.iter().map_while(|p| match p {
                        Pattern::Const(w) => Some(*w),
                        _ => None,
                    });
                    let known: Vec<_> = known.collect();
                    return if known.is_empty() {
                        Candidates::All
                    } else {
                        Candidates::Prefix(key.len(), known)
                    };
                }
                Some(_) => return Candidates::All,
            },
        }
    }
    if keys.len() < 2 {
        return Candidates::Keys(keys);
    }
    // SAFETY: constants of the specification.
    unsafe {
        if ordered {
            keys.sort_by(|a, b| compare(term(*a), term(*b)));
            keys.dedup_by(|a, b| eq(term(*a), term(*b)));
        } else {
            let mut once = Keys::new();
            for k in keys {
                if !once.iter().any(|o| exact_eq(term(*o), term(k))) {
                    once.push(k);
                }
            }
            keys = once;
        }
    }
    Candidates::Keys(keys)
}

/// Walks the objects of an ordered table whose key is a tuple of `size` that begins with `known`,
/// upwards.
fn each_with_prefix<'p>(
    cx: &mut Native<'p>,
    tree: &TreeStore,
    key_position: usize,
    size: usize,
    known: &[Word],
    mut f: impl FnMut(&mut Native<'p>, Term<'_>),
) {
    let fits = |t: Term<'_>| {
        let key = t.as_tuple().and_then(|e| e[key_position - 1].as_tuple());
        key.is_some_and(|key| {
            key.len() == size
                // SAFETY: constants of the specification.
                && key.iter().zip(known).all(|(e, k)| unsafe { eq(term(e.word()), term(*k)) })
        })
    };
    // There is no least term; but few integers are less than this one, and those are looked for.
    let mut limbs = [0; 18];
    limbs[17] = 1;
    let low = cx.integer(BigRef { negative: true, limbs: &limbs });
    // SAFETY: constants of the specification.
    let mut start: Vec<Term<'p>> = known.iter().map(|k| unsafe { term(*k) }).collect();
    start.resize(size, low);
    let start = cx.tuple(&start);
    let below: Vec<_> = tree.descending(From::Behind(start)).take_while(|t| fits(*t)).collect();
    for t in below.into_iter().rev() {
        f(cx, t);
    }
    for t in tree.ascending(From::At(start)).take_while(|t| fits(*t)) {
        f(cx, t);
    }
}

impl Table {
    /// Runs `f` on those objects, in the order of the walk.
    fn each_candidate<'p>(
        &self,
        cx: &mut Native<'p>,
        store: &Store,
        candidates: Candidates,
        mut f: impl FnMut(&mut Native<'p>, Term<'_>),
    ) {
        let mut seen = 0;
        let mut each = |cx: &mut Native<'p>, t: Term<'_>| {
            seen += 1;
            f(cx, t);
        };
        match (candidates, store) {
            (Candidates::Keys(keys), _) => {
                for k in keys {
                    // SAFETY: a constant of the specification.
                    store.each_of(unsafe { term(k) }, |t| each(cx, t));
                }
            }
            (Candidates::Prefix(size, known), Store::Tree(tree)) => {
                each_with_prefix(cx, tree, self.key_position, size, &known, each);
            }
            (_, Store::Tree(tree)) => {
                for t in tree.ascending(From::End) {
                    each(cx, t);
                }
            }
            (_, Store::Hash(h)) => {
                for slot in 0..h.slots() {
                    let _ = h.each_in(slot, |t| {
                        each(cx, t);
                        ControlFlow::Continue(())
                    });
                }
            }
        }
        cx.bump_reductions(seen / PER_REDUCTION);
    }

    /// `ets:select/2` and its like.
    pub fn select<'p>(
        &self,
        cx: &mut Native<'p>,
        source: Source<'p>,
        reverse: bool,
    ) -> Result<'p, Term<'p>> {
        let spec = Borrowed::compile(cx, source)?;
        let state = self.read(cx, Access::Read)?;
        let candidates = candidates(&spec.spec, self.kind, self.key_position);
        if state.store.len() > ROUND
            && let Candidates::All = candidates
        {
            drop(state);
            return self.select_in_rounds(cx, source, reverse);
        }
        let mut found = SmallVec::<[Term<'p>; 8]>::new();
        // SAFETY: the specification is the caller's; the table is locked.
        let mut runner = unsafe { Runner::new(&spec.spec, false, true) };
        self.each_candidate(cx, &state.store, candidates, |cx, t| {
            if let Some(v) = runner.run(cx, t) {
                found.push(v.take(cx));
            }
        });
        drop(state);
        // Tables that hash have no other direction.
        if reverse || self.kind != TableKind::OrderedSet {
            found.reverse();
        }
        Ok(cx.list(&found))
    }

    /// `ets:select_count/2`
    pub fn select_count<'p>(&self, cx: &mut Native<'p>, spec: Term<'p>) -> Result<'p, usize> {
        let spec = Borrowed::compile(cx, Source::Spec(spec))?;
        let state = self.read(cx, Access::Read)?;
        let mut n = 0;
        // SAFETY: as in `select`.
        let mut runner = unsafe { Runner::new(&spec.spec, false, true) };
        let candidates = candidates(&spec.spec, self.kind, self.key_position);
        self.each_candidate(cx, &state.store, candidates, |cx, t| {
            n += usize::from(runner.run(cx, t).is_some_and(|v| v.term.is_atom(atoms::TRUE)));
        });
        Ok(n)
    }

    /// `ets:select_delete/2`: how many were deleted.
    pub fn select_delete<'p>(&self, cx: &mut Native<'p>, spec: Term<'p>) -> Result<'p, usize> {
        self.select_change(cx, spec, |_, v| {
            if v.is_atom(atoms::TRUE) { Change::Remove } else { Change::Keep }
        })
    }

    /// `ets:select_replace/2`: how many were replaced.
    pub fn select_replace<'p>(&self, cx: &mut Native<'p>, spec: Term<'p>) -> Result<'p, usize> {
        if self.kind == TableKind::Bag {
            return Err(EtsError::TableType.into());
        }
        if !keeps_key(spec, self.key_position) {
            return Err(Raise::badarg());
        }
        let at = self.key_position - 1;
        self.select_change(cx, spec, move |old, new| {
            // The specification says that the key is kept; what a failing body gives has none.
            let key = |t: Term<'_>| t.as_tuple().and_then(|e| e.get(at)).map(|k| k.word());
            match (key(old), key(new)) {
                // SAFETY: parts of the two objects.
                (Some(a), Some(b)) if unsafe { exact_eq(term(a), term(b)) } => {
                    Change::Replace(Object::copy(new))
                }
                _ => Change::Keep,
            }
        })
    }

    fn select_change<'p>(
        &self,
        cx: &mut Native<'p>,
        spec: Term<'p>,
        change: impl Fn(Term<'_>, Term<'_>) -> Change,
    ) -> Result<'p, usize> {
        let spec = Borrowed::compile(cx, Source::Spec(spec))?;
        let mut state = self.write(cx)?;
        // SAFETY: as in `select`; what a run gives is used before the object changes.
        let mut runner = unsafe { Runner::new(&spec.spec, false, true) };
        let (mut seen, mut changed) = (0, 0);
        let mut f = |t: Term<'_>| {
            seen += 1;
            let change = match runner.run(cx, t) {
                Some(v) => change(t, v.term),
                None => Change::Keep,
            };
            changed += usize::from(!matches!(change, Change::Keep));
            change
        };
        let found = candidates(&spec.spec, self.kind, self.key_position);
        match (&mut state.store, found) {
            (Store::Hash(h), Candidates::Keys(keys)) => {
                // SAFETY: constants of the specification.
                let slot = |k: &Word| h.slot_of(hash::internal(unsafe { term(*k) }));
                let mut slots: Vec<_> = keys.iter().map(slot).collect();
                slots.sort_unstable();
                slots.dedup();
                for slot in slots {
                    h.update_in(slot, &mut f);
                }
            }
            (Store::Hash(h), _) => {
                for slot in 0..h.slots() {
                    h.update_in(slot, &mut f);
                }
            }
            (Store::Tree(tree), Candidates::Keys(keys)) => {
                for k in keys {
                    // SAFETY: a constant of the specification.
                    tree.update_one(unsafe { term(k) }, &mut f);
                }
            }
            (Store::Tree(tree), _) => tree.update(&mut f),
        }
        drop(state);
        cx.bump_reductions(seen / PER_REDUCTION);
        Ok(changed)
    }

    /// `ets:select/3` and its like: `{Results, Continuation}` or `'$end_of_table'`. `id` is how
    /// the caller named the table.
    pub fn select_some<'p>(
        &self,
        cx: &mut Native<'p>,
        id: Term<'p>,
        source: Source<'p>,
        limit: usize,
        reverse: bool,
    ) -> Result<'p, Term<'p>> {
        let spec = Arc::new(Owned::compile(cx, source)?);
        let state = self.read(cx, Access::Read)?;
        let candidates = candidates(&spec.spec, self.kind, self.key_position);
        if let Candidates::Keys(_) = candidates {
            let mut found = Vec::new();
            // SAFETY: the specification is kept during the call; the table is locked.
            let mut runner = unsafe { Runner::new(&spec.spec, true, true) };
            self.each_candidate(cx, &state.store, candidates, |cx, t| {
                if let Some(v) = runner.run(cx, t) {
                    found.push(v.take(cx));
                }
            });
            if let Store::Hash(_) = &state.store {
                found.reverse();
                drop(state);
                return Ok(self.chunk(cx, None, None, limit, &spec, &found));
            }
            if reverse {
                found.reverse();
            }
            return Ok(end_with(cx, &found));
        }
        match &state.store {
            Store::Hash(_) => {
                drop(state);
                self.walk_on(cx, 0, limit, &spec, None, Vec::new())
            }
            Store::Tree(_) => {
                drop(state);
                self.climb_on(cx, id, None, limit, &spec, None, reverse)
            }
        }
    }

    /// Goes on with a hashed table from `slot`; `have` is what the last round had too much, last
    /// first.
    fn walk_on<'p>(
        &self,
        cx: &mut Native<'p>,
        slot: usize,
        limit: usize,
        spec: &Arc<Owned>,
        spec_ref: Option<Term<'p>>,
        have: Vec<Term<'p>>,
    ) -> Result<'p, Term<'p>> {
        let state = self.read(cx, Access::Read)?;
        let Store::Hash(h) = &state.store else { return Err(Raise::badarg()) };
        let mut found: SmallVec<[Term<'p>; 32]> = have.into_iter().rev().collect();
        // SAFETY: the specification is kept during the call; the table is locked.
        let mut runner = unsafe { Runner::new(&spec.spec, true, true) };
        let mut at = slot;
        let mut seen = 0;
        while at < h.slots() && (found.len() < limit) {
            let _ = h.each_in(at, |t| {
                seen += 1;
                if let Some(v) = runner.run(cx, t) {
                    found.push(v.take(cx));
                }
                ControlFlow::Continue(())
            });
            at += 1;
        }
        cx.bump_reductions(seen / PER_REDUCTION);
        let next = (at < h.slots()).then_some(at);
        drop(state);
        found.reverse();
        Ok(self.chunk(cx, next, spec_ref, limit, spec, &found))
    }

    /// The answer of a round over a hashed table: `found` is last first.
    fn chunk<'p>(
        &self,
        cx: &mut Native<'p>,
        next: Option<usize>,
        spec_ref: Option<Term<'p>>,
        limit: usize,
        spec: &Arc<Owned>,
        found: &[Term<'p>],
    ) -> Term<'p> {
        let (rest, results) = found.split_at(found.len().saturating_sub(limit));
        if rest.is_empty() && next.is_none() {
            return end_with(cx, results);
        }
        let tid = self.tid(cx);
        let slot = cx.int(next.map_or(-1, |n| n as i64));
        let limit = cx.uint(limit as u64);
        let spec = spec_ref.unwrap_or_else(|| cx.make_magic_ref(spec.clone()));
        let n = cx.uint(rest.len() as u64);
        let rest = cx.list(rest);
        let continuation = cx.tuple(&[tid, slot, limit, spec, rest, n]);
        let results = cx.list(results);
        cx.tuple(&[results, continuation])
    }

    /// Goes on with an ordered table behind a key.
    #[expect(clippy::too_many_arguments, reason = "the parts of a continuation")]
    fn climb_on<'p>(
        &self,
        cx: &mut Native<'p>,
        id: Term<'p>,
        behind: Option<Term<'p>>,
        limit: usize,
        spec: &Arc<Owned>,
        spec_ref: Option<Term<'p>>,
        reverse: bool,
    ) -> Result<'p, Term<'p>> {
        let state = self.read(cx, Access::Read)?;
        let Store::Tree(tree) = &state.store else { return Err(Raise::badarg()) };
        let mut found = Vec::new();
        let mut last = None;
        let mut seen = 0;
        // SAFETY: as in `walk_on`.
        let mut runner = unsafe { Runner::new(&spec.spec, true, true) };
        let from = behind.map_or(From::End, From::Behind);
        let mut each = |t: Term<'_>| {
            seen += 1;
            if let Some(v) = runner.run(cx, t) {
                found.push(v.take(cx));
                if found.len() == limit {
                    last = t.as_tuple().map(|e| super::ops::copy_out(e[self.key_position - 1], cx));
                }
            }
            last.is_some()
        };
        if reverse {
            tree.descending(from).any(&mut each);
        } else {
            tree.ascending(from).any(&mut each);
        }
        drop(state);
        cx.bump_reductions(seen / PER_REDUCTION);
        let Some(last) = last else { return Ok(end_with(cx, &found)) };
        let limit = cx.uint(limit as u64);
        let spec = spec_ref.unwrap_or_else(|| cx.make_magic_ref(spec.clone()));
        let direction = Term::small(i64::from(reverse));
        let nil = Term::nil();
        let continuation = cx.tuple(&[id, last, nil, limit, spec, nil, direction, Term::small(0)]);
        let results = cx.list(&found);
        Ok(cx.tuple(&[results, continuation]))
    }
}

/// The last answer of a walk in rounds.
fn end_with<'p>(cx: &mut Native<'p>, results: &[Term<'p>]) -> Term<'p> {
    let end = Term::atom(atoms::END_OF_TABLE);
    if results.is_empty() {
        return end;
    }
    let results = cx.list(results);
    cx.tuple(&[results, end])
}

/// `ets:select/1` and its like.
pub fn select_more<'p>(cx: &mut Native<'p>, continuation: Term<'p>) -> Result<'p, Term<'p>> {
    if continuation.is_atom(atoms::END_OF_TABLE) {
        return Ok(continuation);
    }
    let parts = continuation.as_tuple().ok_or_else(Raise::badarg)?;
    let owned =
        |t: Term<'p>| t.as_ref().and_then(|r| r.object::<Owned>()).ok_or_else(Raise::badarg);
    let limit = |t: Term<'p>| t.as_usize().filter(|n| *n > 0).ok_or_else(Raise::badarg);
    match *parts {
        [tid, slot, n, spec_ref, have, _] => {
            let found = table(cx, tid, Access::Read)?;
            let (limit, spec) = (limit(n)?, owned(spec_ref)?);
            let have = have.list_to_vec().ok_or_else(Raise::badarg)?;
            let slot = slot.as_i64().ok_or_else(Raise::badarg)?;
            // -1: there are no more slots, only what was too much.
            let slot = usize::try_from(slot).unwrap_or(usize::MAX);
            found.walk_on(cx, slot, limit, &spec, Some(spec_ref), have)
        }
        [id, key, _, n, spec_ref, _, direction, _] => {
            let found = table(cx, id, Access::Read)?;
            let (limit, spec) = (limit(n)?, owned(spec_ref)?);
            let reverse = direction.as_i64().ok_or_else(Raise::badarg)? != 0;
            found.climb_on(cx, id, Some(key), limit, &spec, Some(spec_ref), reverse)
        }
        _ => Err(Raise::badarg()),
    }
}

/// `ets:match_spec_compile/1`
pub fn match_spec_compile<'p>(cx: &mut Native<'p>, spec: Term<'p>) -> Result<'p, Term<'p>> {
    // Walks take one without clauses, which matches nothing.
    if spec.is_nil() {
        return Err(Raise::badarg());
    }
    let spec = Owned::compile(cx, Source::Spec(spec))?;
    Ok(cx.make_magic_ref(Arc::new(spec)))
}

/// `ets:is_compiled_ms/1`
pub fn is_compiled(t: Term<'_>) -> bool {
    t.magic_object::<Owned>().is_some()
}

/// `ets:match_spec_run_r/3`: the results, last first, before `results`.
pub fn match_spec_run<'p>(
    cx: &mut Native<'p>,
    list: Term<'p>,
    spec: Term<'p>,
    mut results: Term<'p>,
) -> Result<'p, Term<'p>> {
    let spec = spec.magic_object::<Owned>().ok_or_else(Raise::badarg)?;
    // SAFETY: the reference keeps the specification; the list is the caller's.
    let mut runner = unsafe { Runner::new(&spec.spec, true, false) };
    let mut items = list.list();
    let mut n = 0;
    for t in items.by_ref() {
        n += 1;
        if let Some(v) = runner.run(cx, t) {
            let v = v.take(cx);
            results = cx.cons(v, results);
        }
    }
    cx.bump_reductions(n);
    if items.rest().is_nil() { Ok(results) } else { Err(Raise::badarg()) }
}
