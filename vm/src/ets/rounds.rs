//! `select` and its like over a whole large table: so many objects at a time, so that other
//! processes get their turn in between.
//!
//! A hashed table is kept fixed for the caller from the first round to the last, so that every
//! object that stays is met once; should the caller be killed in between, its exit frees the
//! table. An ordered table goes on behind the last key.

use super::match_run::Runner;
use super::match_spec::{Owned, Source};
use super::ops::copy_out;
use super::select::{ROUND, Result};
use super::tree::From;
use super::{Access, Store, Table, table};
use crate::native::{Native, Outcome, Raise, Trap, TrapTarget};
use crate::sync::Arc;
use crate::term::Term;
use std::ops::ControlFlow;

crate::natives! {
    /// A further round: the table, the specification, where to go on, and the results so far. Nothing but
    /// the one before traps to it.
    pub static NEXT_ROUND: "ets" {
        "select"/4 = next_round,
    }
}

fn next_round<'p>(cx: &mut Native<'p>, [tid, spec_ref, at, results]: [Term<'p>; 4]) -> Outcome<'p> {
    let found = table(cx, tid, Access::Read)?;
    found.round(cx, [tid, spec_ref, at, results])
}

impl Table {
    /// The first round.
    pub(super) fn select_in_rounds<'p>(
        &self,
        cx: &mut Native<'p>,
        source: Source<'p>,
        reverse: bool,
    ) -> Result<'p, Term<'p>> {
        let spec = Arc::new(Owned::compile(cx, source)?);
        let spec_ref = cx.make_magic_ref(spec);
        let tid = self.tid(cx);
        let at = match self.kind {
            super::TableKind::OrderedSet => cx.tuple(&[Term::bool(reverse)]),
            _ => {
                self.fix(cx, true)?;
                Term::small(0)
            }
        };
        self.round(cx, [tid, spec_ref, at, Term::nil()])
    }

    fn round<'p>(
        &self,
        cx: &mut Native<'p>,
        [tid, spec_ref, at, mut results]: [Term<'p>; 4],
    ) -> Result<'p, Term<'p>> {
        let spec = spec_ref.magic_object::<Owned>().ok_or_else(Raise::badarg)?;
        let state = self.read(cx, Access::Read)?;
        // SAFETY: the reference keeps the specification; the table is locked.
        let mut runner = unsafe { Runner::new(&spec.spec, true, true) };
        let mut seen = 0;
        let mut look = |cx: &mut Native<'p>, t: Term<'_>| {
            seen += 1;
            if let Some(v) = runner.run(cx, t) {
                let v = v.take(cx);
                results = cx.cons(v, results);
            }
            seen
        };
        let next = match &state.store {
            Store::Hash(h) => {
                let mut slot = at.as_usize().ok_or_else(Raise::badarg)?;
                let mut n = 0;
                while slot < h.slots() && n < ROUND {
                    let _ = h.each_in(slot, |t| {
                        n = look(cx, t);
                        ControlFlow::Continue(())
                    });
                    // Empty slots take time too.
                    n += 1;
                    slot += 1;
                }
                (slot < h.slots()).then(|| Term::small(slot as i64))
            }
            Store::Tree(tree) => {
                let (reverse, from) = match at.as_tuple() {
                    Some([reverse]) => (*reverse, From::End),
                    Some([reverse, key]) => (*reverse, From::Behind(*key)),
                    _ => return Err(Raise::badarg()),
                };
                let mut last = None;
                let mut each = |t| {
                    let enough = look(cx, t) >= ROUND;
                    if enough {
                        last = Some(t);
                    }
                    enough
                };
                // Lists are made from their ends.
                if reverse.as_bool() == Some(true) {
                    tree.ascending(from).any(&mut each);
                } else {
                    tree.descending(from).any(&mut each);
                }
                last.and_then(Term::as_tuple).map(|e| {
                    let key = copy_out(e[self.key_position - 1], cx);
                    cx.tuple(&[reverse, key])
                })
            }
        };
        let fixed = matches!(state.store, Store::Hash(_));
        drop(state);
        cx.bump_reductions(seen);
        match next {
            Some(next) => Err(Raise::Trap(Box::new(Trap {
                target: TrapTarget::Native(&NEXT_ROUND[0]),
                args: vec![tid, spec_ref, next, results],
            }))),
            None => {
                if fixed {
                    self.fix(cx, false)?;
                }
                Ok(results)
            }
        }
    }
}
