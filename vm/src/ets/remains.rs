//! What is left of a table that has been deleted or emptied: its objects, which nobody can see any
//! more. Many of them are freed in rounds, so that other processes get their turn in between, or,
//! where the process exits, by a dirty worker.

use super::select::{PER_REDUCTION, ROUND};
use super::{Store, Tables};
use crate::native::{Native, NativeDef, Outcome, Raise};
use crate::sched::dirty::DirtyWorkers;
use crate::sync::{Arc, Mutex, Ordering};
use crate::term::Term;
use crate::vm::Vm;
use std::sync::Weak;

/// Objects that nobody can see.
pub struct Remains(Store);

impl Remains {
    /// Frees them.
    pub(crate) fn free(self, tables: &Tables) {
        drop(self.0);
        tables.being_freed.fetch_sub(1, Ordering::Release);
    }
}

/// Those of a process that frees them in rounds. Should it be killed in between, a dirty worker
/// frees the rest, once the process's heap is given up, which may be after its end is known: so they
/// count as being freed from the first round on.
struct Kept {
    store: Mutex<Option<Store>>,
    vm: Weak<Vm>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let (Some(store), Some(vm)) = (self.store.lock().take(), self.vm.upgrade()) {
            DirtyWorkers::push_free(&vm, Remains(store));
        }
    }
}

/// Has a store freed by a dirty worker, unless it is small.
pub(super) fn free_later(vm: &Arc<Vm>, store: Store) {
    if store.kept() > ROUND {
        vm.ets.being_freed.fetch_add(1, Ordering::Release);
        DirtyWorkers::push_free(vm, Remains(store));
    }
}

crate::natives! {
    /// A further round of `ets:delete/1`: the objects, and the answer when all are gone.
    pub static OF_DELETE: "ets" {
        "delete"/2 = delete_round,
    }
}

crate::natives! {
    /// A further round of `ets:delete_all_objects/1`, likewise.
    pub static OF_DELETE_ALL: "ets" {
        "internal_delete_all"/2 = delete_all_round,
    }
}

fn delete_round<'p>(cx: &mut Native<'p>, left: [Term<'p>; 2]) -> Outcome<'p> {
    next_round(cx, &OF_DELETE[0], left)
}

fn delete_all_round<'p>(cx: &mut Native<'p>, left: [Term<'p>; 2]) -> Outcome<'p> {
    next_round(cx, &OF_DELETE_ALL[0], left)
}

/// Frees a store, then answers.
pub(super) fn free_in_rounds<'p>(
    cx: &mut Native<'p>,
    store: Store,
    round: &'static NativeDef,
    answer: Term<'p>,
) -> Outcome<'p> {
    let n = store.kept();
    if n <= ROUND {
        drop(store);
        cx.bump_reductions(n / PER_REDUCTION);
        return Ok(answer);
    }
    cx.vm().ets.being_freed.fetch_add(1, Ordering::Release);
    let kept = Kept { store: Mutex::new(Some(store)), vm: Arc::downgrade(&cx.worker().vm) };
    let kept = cx.make_magic_ref(Arc::new(kept));
    next_round(cx, round, [kept, answer])
}

fn next_round<'p>(
    cx: &mut Native<'p>,
    round: &'static NativeDef,
    [kept, answer]: [Term<'p>; 2],
) -> Outcome<'p> {
    let mut store = kept.magic_object::<Kept>().ok_or_else(Raise::badarg)?.store.lock();
    if let Some(left) = &mut *store
        && left.free_some(ROUND)
    {
        *store = None;
        cx.vm().ets.being_freed.fetch_sub(1, Ordering::Release);
    }
    cx.bump_reductions(ROUND / PER_REDUCTION);
    if store.is_some() {
        return Err(Raise::trap_native(round, vec![kept, answer]));
    }
    Ok(answer)
}

impl Store {
    /// How many objects there are, with those that only keep their place.
    fn kept(&self) -> usize {
        match self {
            Store::Hash(h) => h.len + h.dead(),
            Store::Tree(t) => t.len(),
        }
    }

    /// Frees some of the objects, about `n`; whether all are gone. Nobody else sees the store.
    fn free_some(&mut self, n: usize) -> bool {
        match self {
            Store::Hash(h) => h.free_some(n),
            Store::Tree(t) => t.free_some(n),
        }
    }
}
