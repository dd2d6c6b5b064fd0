//! `update_counter` and `update_element`: changes to elements of the one object of a key.

use super::object::Object;
use super::ops::copy_out;
use super::{EtsError, Store, Table, TableKind};
use crate::native::Native;
use crate::term::compare::compare;
use crate::term::view::FewTerms;
use crate::term::{Term, arith};
use smallvec::SmallVec;
use std::cmp::Ordering;

/// One change of `update_counter`.
struct Change<'p> {
    /// Element, from 0.
    at: usize,
    increment: Term<'p>,
    /// Beyond the first, the second takes the sum's place.
    limit: Option<(Term<'p>, Term<'p>)>,
}

/// Checks `{Position, Increment}` or `{Position, Increment, Threshold, SetValue}` against an
/// object of `size` elements; the position from 0.
fn change<'p>(op: Term<'p>, key_position: usize, size: usize) -> Result<Change<'p>, EtsError> {
    let (position, increment, limit) = match op.as_tuple() {
        Some([p, i]) => (*p, *i, None),
        Some([p, i, t, s]) => (*p, *i, Some((*t, *s))),
        _ => return Err(EtsError::BadArgument),
    };
    let integers = limit.is_none_or(|(t, s)| t.is_integer() && s.is_integer());
    let position = position.as_small().filter(|_| integers && increment.is_integer());
    let position = position.ok_or(EtsError::BadArgument)?;
    if position == key_position as i64 {
        return Err(EtsError::KeyPosition);
    }
    if position < 1 || position > size as i64 {
        return Err(EtsError::Position);
    }
    Ok(Change { at: position as usize - 1, increment, limit })
}

/// What adds a small integer to another element than the key: which (from 0), and how much.
fn plain_addition(ops: Term<'_>, key_position: usize) -> Option<(usize, i64)> {
    if let Some(n) = ops.as_small() {
        return Some((key_position, n));
    }
    let [position, increment] = ops.as_tuple_of()?;
    let at = element_at(position)?;
    (at != key_position - 1).then_some((at, increment.as_small()?))
}

/// The element (from 0) that a position (from 1) tells.
fn element_at(position: Term<'_>) -> Option<usize> {
    usize::try_from(position.as_small()?).ok()?.checked_sub(1)
}

/// Elements of the one object of a key, for computing with them and the caller's terms together.
///
/// # Safety
/// The caller keeps the table locked and gives out only copies.
unsafe fn elements_of<'p>(store: &Store, key: Term<'_>) -> Option<SmallVec<[Term<'p>; 8]>> {
    let mut found = None;
    store.each_of(key, |object| {
        let elements = object.as_tuple().expect("objects are tuples");
        // SAFETY: the object stays as it is while the table is locked.
        found = Some(elements.iter().map(|e| unsafe { Term::from_word(e.word()) }).collect());
    });
    found
}

impl Table {
    fn has_one_object_a_key(&self) -> bool {
        matches!(self.kind, TableKind::Set | TableKind::OrderedSet)
    }

    /// `ets:update_counter/3,4`: an integer, or a list of integers if `ops` is a list.
    pub fn update_counter<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
        ops: Term<'p>,
        default: Option<Term<'p>>,
    ) -> Result<Term<'p>, EtsError> {
        let mut state = self.write(cx)?;
        if !self.has_one_object_a_key() {
            return Err(EtsError::TableType);
        }
        if default.is_some_and(|d| d.as_tuple().is_none()) {
            return Err(EtsError::BadArgument);
        }
        // By far the most frequent, and done where the counter lies.
        if let Some((at, n)) = plain_addition(ops, self.key_position)
            && let Some(sum) = state.store.add_small(key, at, n)
        {
            return Ok(Term::small(sum.small_value()));
        }
        // SAFETY: the table is locked for writing until the end; only copies are given out.
        let found: Option<SmallVec<[Term<'p>; 8]>> = unsafe { elements_of(&state.store, key) };
        let is_new = found.is_none();
        let mut elements = match found {
            Some(elements) => elements,
            None => {
                let default = default.and_then(Term::as_tuple);
                let default = default.filter(|d| d.len() >= self.key_position);
                let mut e = SmallVec::from_slice(default.ok_or(EtsError::BadKey)?);
                e[self.key_position - 1] = key;
                e
            }
        };
        let size = elements.len();
        let one = |op| change(op, self.key_position, size).map(|c| SmallVec::from_iter([c]));
        let changes: SmallVec<[Change<'p>; 1]> = if ops.is_integer() {
            let position = Term::small(self.key_position as i64 + 1);
            let op = cx.tuple(&[position, ops]);
            one(op)?
        } else if ops.as_tuple().is_some() {
            one(ops)?
        } else {
            let ops = ops.list_to_vec().ok_or(EtsError::BadArgument)?;
            ops.into_iter()
                .map(|op| {
                    let c = change(op, self.key_position, size)?;
                    elements[c.at].is_integer().then_some(c).ok_or(EtsError::BadArgument)
                })
                .collect::<Result<_, _>>()?
        };
        let is_list = !ops.is_integer() && ops.as_tuple().is_none();
        let mut results: SmallVec<[Term<'p>; 1]> = SmallVec::new();
        let mut all_immediate = !is_new;
        for c in &changes {
            let sum = arith::add(cx, elements[c.at], c.increment)
                .ok()
                .filter(|t| t.is_integer())
                .ok_or(EtsError::BadArgument)?;
            let new = match c.limit {
                Some((threshold, set)) => {
                    let down = compare(c.increment, Term::small(0)) == Ordering::Less;
                    let beyond = if down { Ordering::Less } else { Ordering::Greater };
                    if compare(sum, threshold) == beyond { set } else { sum }
                }
                None => sum,
            };
            all_immediate &= elements[c.at].is_immediate() && new.is_immediate();
            elements[c.at] = new;
            results.push(new);
        }
        // Copied before the old object goes: a sum may be the old value itself.
        let results: SmallVec<[Term<'p>; 1]> = results
            .into_iter()
            .map(|t| if t.is_immediate() { t } else { copy_out(t, cx) })
            .collect();
        if all_immediate {
            for c in changes {
                state.store.replace_immediate(key, c.at, elements[c.at]);
            }
        } else {
            state.store.insert(Object::of_elements(&elements));
        }
        Ok(if is_list { cx.list(&results) } else { results[0] })
    }

    /// `ets:update_element/3`: whether there is such an object.
    pub fn update_element<'p>(
        &self,
        cx: &mut Native<'p>,
        key: Term<'p>,
        spec: Term<'p>,
    ) -> Result<bool, EtsError> {
        let mut state = self.write(cx)?;
        // As stock has it, without a cause.
        if !self.has_one_object_a_key() {
            return Err(EtsError::BadArgument);
        }
        // By far the most frequent, and done where the element lies.
        if let Some([position, value]) = spec.as_tuple_of()
            && let Some(at) = element_at(position).filter(|at| *at != self.key_position - 1)
            && state.store.replace_immediate(key, at, value)
        {
            return Ok(true);
        }
        // SAFETY: the table is locked for writing until the end; nothing is given out.
        let found: Option<SmallVec<[Term<'p>; 8]>> = unsafe { elements_of(&state.store, key) };
        let Some(mut elements) = found else { return Ok(false) };
        let specs = match spec.as_tuple() {
            Some(_) => FewTerms::from_slice(&[spec]),
            None => spec.list_to_vec().ok_or(EtsError::BadArgument)?.into(),
        };
        let mut changed: SmallVec<[usize; 4]> = SmallVec::new();
        let mut all_immediate = true;
        for s in specs {
            let [position, value] = s.as_tuple_of().ok_or(EtsError::BadArgument)?;
            let position = position.as_small().ok_or(EtsError::BadArgument)?;
            if position == self.key_position as i64 {
                return Err(EtsError::KeyPosition);
            }
            if position < 1 || position > elements.len() as i64 {
                return Err(EtsError::BadArgument);
            }
            let at = position as usize - 1;
            all_immediate &= elements[at].is_immediate() && value.is_immediate();
            elements[at] = value;
            changed.push(at);
        }
        if all_immediate {
            for at in changed {
                state.store.replace_immediate(key, at, elements[at]);
            }
        } else {
            state.store.insert(Object::of_elements(&elements));
        }
        Ok(true)
    }
}
