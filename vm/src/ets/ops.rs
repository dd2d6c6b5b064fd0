//! What natives do with single objects and keys.

use super::object::{self, Object};
use super::{Access, EtsError, State, Store, Table, TableKind, remains};
use crate::heap::LiteralRange;
use crate::native::{Native, Outcome};
use crate::term::compare::exact_eq;
use crate::term::{Area, Term, atoms, copy};

/// Tables hold no literals.
pub(super) const NO_LITERALS: LiteralRange = LiteralRange::NONE;

/// A copy of something in a table.
#[inline(always)]
pub(super) fn copy_out<'p>(t: Term<'_>, area: &mut Area<'p>) -> Term<'p> {
    copy::to_area(t, area, NO_LITERALS)
}

/// Whether a caller's term and a table's are the same.
pub(super) fn same(a: Term<'_>, b: Term<'_>) -> bool {
    // SAFETY: both are valid now and seen during this call only.
    unsafe { exact_eq(Term::from_word(a.word()), Term::from_word(b.word())) }
}

impl Table {
    /// The object's tuple, if it can be an object of this table.
    #[inline(always)]
    fn as_object<'p>(&self, t: Term<'p>) -> Result<&'p [Term<'p>], EtsError> {
        t.as_tuple().filter(|e| e.len() >= self.key_position).ok_or(EtsError::BadArgument)
    }

    /// The objects of a list.
    fn objects(&self, cx: &mut Native<'_>, list: Term<'_>) -> Result<Vec<Object>, EtsError> {
        let mut items = list.list();
        let mut count = 0;
        for t in items.by_ref() {
            self.as_object(t)?;
            count += 1;
        }
        if !items.rest().is_nil() {
            return Err(EtsError::BadArgument);
        }
        cx.bump_reductions(count);
        let mut objects = Vec::with_capacity(count);
        objects.extend(list.list().map(Object::copy));
        Ok(objects)
    }

    /// `ets:insert/2`
    pub fn insert(&self, cx: &mut Native<'_>, what: Term<'_>) -> Result<(), EtsError> {
        if let Some(elements) = what.as_tuple() {
            self.as_object(what)?;
            let immediate = elements.iter().all(|e| e.is_immediate());
            // These often need no copy, or one that takes no time.
            if immediate || self.kind == TableKind::Bag {
                self.write(cx)?.store.insert_copy(what, elements, immediate);
            } else {
                let object = Object::copy(what);
                self.write(cx)?.store.insert(object);
            }
            return Ok(());
        }
        let objects = self.objects(cx, what)?;
        self.insert_all(&mut *self.write(cx)?, objects);
        Ok(())
    }

    /// `ets:insert_new/2`
    pub fn insert_new(&self, cx: &mut Native<'_>, what: Term<'_>) -> Result<bool, EtsError> {
        if let Some(elements) = what.as_tuple() {
            let mut state = self.write(cx)?;
            let key = *elements.get(self.key_position - 1).ok_or(EtsError::BadArgument)?;
            let is_new = !state.store.contains(key);
            if is_new {
                state.store.insert(Object::copy(what));
            }
            return Ok(is_new);
        }
        self.check(cx, Access::Write)?;
        let objects = self.objects(cx, what)?;
        let mut state = self.write(cx)?;
        if objects.iter().any(|o| state.store.contains(o.key(self.key_position))) {
            return Ok(false);
        }
        self.insert_all(&mut state, objects);
        Ok(true)
    }

    fn insert_all(&self, state: &mut State, objects: Vec<Object>) {
        // Of a list, the last goes into a bag first, as in stock.
        if self.kind == TableKind::Bag {
            objects.into_iter().rev().for_each(|o| state.store.insert(o));
        } else {
            objects.into_iter().for_each(|o| state.store.insert(o));
        }
    }

    /// `ets:lookup/2`
    pub fn lookup<'p>(&self, cx: &mut Native<'p>, key: Term<'p>) -> Result<Term<'p>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let one = match &state.store {
            Store::Hash(h) if h.is_set() => h.get(key),
            Store::Hash(_) => return Ok(Self::lookup_all(&state, cx, key)),
            Store::Tree(t) => t.get(key),
        };
        let Some(t) = one else { return Ok(Term::nil()) };
        // SAFETY: an object of the table.
        let t = unsafe { object::copy_out(t, cx) };
        Ok(cx.cons(t, Term::nil()))
    }

    #[inline(never)]
    fn lookup_all<'p>(state: &State, cx: &mut Native<'p>, key: Term<'p>) -> Term<'p> {
        let mut list = Term::nil();
        let mut n = 0;
        state.store.each_of(key, |t| {
            // SAFETY: an object of the table.
            let t = unsafe { object::copy_out(t, cx) };
            list = cx.cons(t, list);
            n += 1;
        });
        cx.bump_reductions(n / 8);
        list
    }

    /// `ets:member/2`
    pub fn member(&self, cx: &Native<'_>, key: Term<'_>) -> Result<bool, EtsError> {
        Ok(self.read(cx, Access::Read)?.store.contains(key))
    }

    /// `ets:lookup_element/3`; `position` from 1.
    pub fn lookup_element<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
        position: Option<usize>,
    ) -> Result<Term<'p>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let i = position.filter(|p| *p >= 1).ok_or(EtsError::BadArgument)? - 1;
        let single = matches!(self.kind, TableKind::Set | TableKind::OrderedSet);
        let mut result: Result<Option<Term<'p>>, EtsError> = Ok(None);
        state.store.each_of(key, |t| {
            let Ok(so_far) = result else { return };
            let element = t.as_tuple().and_then(|e| e.get(i));
            result = element.ok_or(EtsError::BadArgument).map(|e| {
                let e = copy_out(*e, cx);
                Some(if single { e } else { cx.cons(e, so_far.unwrap_or(Term::nil())) })
            });
        });
        result?.ok_or(EtsError::BadKey)
    }

    /// `ets:delete/2`
    pub fn delete_key(&self, cx: &Native<'_>, key: Term<'_>) -> Result<(), EtsError> {
        self.write(cx)?.store.remove_of(key, |_| true);
        Ok(())
    }

    /// `ets:delete_object/2`
    pub fn delete_object(&self, cx: &Native<'_>, object: Term<'_>) -> Result<(), EtsError> {
        let mut state = self.write(cx)?;
        let elements = object.as_tuple().ok_or(EtsError::BadArgument)?;
        if let Some(key) = elements.get(self.key_position - 1) {
            state.store.remove_of(*key, |t| same(t, object));
        }
        Ok(())
    }

    /// `ets:take/2`
    pub fn take<'p>(&self, cx: &mut Native<'p>, key: Term<'p>) -> Result<Term<'p>, EtsError> {
        let mut state = self.write(cx)?;
        let mut list = Term::nil();
        state.store.remove_of(key, |t| {
            let t = copy_out(t, cx);
            list = cx.cons(t, list);
            true
        });
        Ok(list)
    }

    /// `ets:delete_all_objects/1`: how many there were.
    pub fn delete_all<'p>(&self, cx: &mut Native<'p>) -> Outcome<'p> {
        let mut state = self.write(cx)?;
        let n = state.store.len();
        if let Store::Hash(h) = &mut state.store
            && h.fixed
        {
            for slot in 0..h.slots() {
                h.update_in(slot, |_| super::hash::Change::Remove);
            }
            drop(state);
            cx.bump_reductions(n);
            return Ok(cx.uint(n as u64));
        }
        let old = std::mem::replace(&mut state.store, Store::new(self.kind, self.key_position));
        drop(state);
        let n = cx.uint(n as u64);
        remains::free_in_rounds(cx, old, &remains::OF_DELETE_ALL[0], n)
    }

    /// A copy of the key of an object that was found.
    #[inline(always)]
    fn key_out<'p>(&self, cx: &mut Native<'p>, object: Option<Term<'_>>) -> Option<Term<'p>> {
        // SAFETY: the tuple of an object of this table, which has a key.
        let key = unsafe { object::key(object?, self.key_position) };
        Some(copy_out(key, cx))
    }

    /// `ets:first/1` or `ets:last/1`
    #[inline(always)]
    pub fn first<'p>(&self, cx: &mut Native<'p>, last: bool) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let object = match &state.store {
            Store::Hash(h) => h.first_from(0),
            Store::Tree(t) if last => t.end::<true>(),
            Store::Tree(t) => t.end::<false>(),
        };
        Ok(self.key_out(cx, object))
    }

    /// `ets:next/2` or `ets:prev/2`
    #[inline(always)]
    pub fn next<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
        previous: bool,
    ) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let object = match &state.store {
            Store::Hash(h) => h.behind(key).map_err(|()| EtsError::BadArgument)?,
            // What there is no more of has nothing behind it, though an atom could have.
            Store::Tree(_) if key.is_atom(atoms::END_OF_TABLE) => {
                return Err(EtsError::BadArgument);
            }
            Store::Tree(t) if previous => t.beside::<true>(key),
            Store::Tree(t) => t.beside::<false>(key),
        };
        Ok(self.key_out(cx, object))
    }

    /// `erts_internal:ets_raw_first/1`: what was deleted while the table is fixed counts too.
    pub fn raw_first<'p>(&self, cx: &mut Native<'p>) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let object = match &state.store {
            Store::Hash(h) => h.raw_first_from(0),
            Store::Tree(t) => t.end::<false>(),
        };
        Ok(self.key_out(cx, object))
    }

    /// `erts_internal:ets_raw_next/2`
    pub fn raw_next<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
    ) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let object = match &state.store {
            Store::Hash(h) => h.raw_behind(key).map_err(|()| EtsError::BadArgument)?,
            Store::Tree(t) => t.beside::<false>(key),
        };
        Ok(self.key_out(cx, object))
    }

    /// `erts_internal:ets_lookup_binary_info/2`: address, bytes and references of each binary
    /// outside heaps that the objects of that key refer to.
    pub fn binaries_of<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
    ) -> Result<Term<'p>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let mut all = Vec::new();
        state.store.each_of(key, |t| {
            // SAFETY: an object of the table, whose lock is held.
            all.extend(unsafe { object::binaries(t) });
        });
        Ok(list_of_binaries(cx, &all))
    }

    /// `ets:slot/2`: the objects of slot `i`; `None` behind the last slot.
    pub fn slot<'p>(&self, cx: &mut Native<'p>, i: usize) -> Result<Option<Term<'p>>, EtsError> {
        let state = self.read(cx, Access::Read)?;
        let mut list = Term::nil();
        let n = match &state.store {
            Store::Hash(h) => h.slots(),
            Store::Tree(t) => t.len(),
        };
        if i >= n {
            return if i == n { Ok(None) } else { Err(EtsError::BadArgument) };
        }
        let mut add = |t: Term<'_>| {
            let t = copy_out(t, cx);
            list = cx.cons(t, list);
        };
        match &state.store {
            Store::Hash(h) => {
                let _ = h.each_in(i, |t| {
                    add(t);
                    std::ops::ControlFlow::Continue(())
                });
            }
            Store::Tree(t) => {
                if let Some(t) = t.nth(i) {
                    add(t);
                }
            }
        }
        Ok(Some(list))
    }
}

/// Binaries by address, bytes and references.
pub(super) fn list_of_binaries<'p>(
    cx: &mut Native<'p>,
    binaries: &[(usize, usize, usize)],
) -> Term<'p> {
    binaries.iter().fold(Term::nil(), |list, (address, bytes, references)| {
        let item = [address, bytes, references].map(|n| cx.uint(*n as u64));
        let item = cx.tuple(&item);
        cx.cons(item, list)
    })
}
