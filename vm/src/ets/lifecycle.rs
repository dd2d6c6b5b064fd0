//! Birth and death of tables, their names, owners and heirs.
//!
//! What a process holds (tables it owns, tables it keeps fixed) is noted under its pid. A process
//! that exits looks there only if its `tables` flag says that there may be something. The flag is
//! set, under the lock of the note, before the giving side looks whether the receiver has closed
//! its queue, and read after the exiting side has closed it: one of the two sees the other (the
//! scheme of `process::registry`).

use super::object::Object;
use super::{
    Access, EtsError, Found, Options, Protection, State, Store, Table, TableKind, remains,
};
use crate::heap::LiteralRange;
use crate::native::{Native, Outcome};
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process, send};
use crate::sched::Worker;
use crate::sync::{Arc, AtomicU8, AtomicU64, AtomicUsize, Mutex, Ordering, RwLock, fence};
use crate::term::{Area, Atom, Pid, Term, Word, atoms, copy};
use crate::vm::Vm;
use hashbrown::HashMap;

const PARTS: usize = 16;

/// What a process holds.
#[derive(Default)]
struct Held {
    owned: Vec<Arc<Table>>,
    fixed: Vec<Arc<Table>>,
}

/// All tables of one machine.
#[derive(Default)]
pub struct Tables {
    /// Named tables, by parts of the names' hashes.
    names: [RwLock<HashMap<Atom, Arc<Table>>>; PARTS],
    /// What processes hold, by parts of the pids' indices.
    held: [Mutex<HashMap<Pid, Held>>; PARTS],
    /// How many stores are freed in rounds or wait for a dirty worker to free them.
    pub(super) being_freed: AtomicUsize,
}

/// What a table is made with.
pub struct NewTable<'p> {
    /// Its name.
    pub name: Atom,
    /// Whether the name is its identifier.
    pub named: bool,
    /// Which kind.
    pub kind: TableKind,
    /// Which element is the key, from 1.
    pub key_position: usize,
    /// Who may use it.
    pub protection: Protection,
    /// Who inherits it, and what to tell them.
    pub heir: Option<(Pid, Term<'p>)>,
    /// What it is told about its use.
    pub options: Options,
}

impl Tables {
    fn names(&self, name: Atom) -> &RwLock<HashMap<Atom, Arc<Table>>> {
        &self.names[crate::term::hash::internal(Term::atom(name)) as usize % PARTS]
    }

    fn held(&self, pid: Pid) -> &Mutex<HashMap<Pid, Held>> {
        &self.held[pid.index() % PARTS]
    }

    /// The table of that name.
    #[inline]
    pub fn named(&self, name: Atom) -> Option<Arc<Table>> {
        self.names(name).read().get(&name).cloned()
    }

    /// The table whose identifier has that number: it may come from an identifier as text or in the
    /// external format, which does not refer to the table itself.
    #[cold]
    pub fn numbered(&self, number: u64) -> Option<Arc<Table>> {
        let of = |t: &&Arc<Table>| t.number == number;
        self.held
            .iter()
            .find_map(|part| part.lock().values().flat_map(|h| h.owned.iter()).find(of).cloned())
    }

    /// Whether objects of tables that nobody sees are still to be freed.
    pub fn are_freeing(&self) -> bool {
        self.being_freed.load(Ordering::Acquire) != 0
    }

    /// All tables.
    pub fn all(&self) -> Vec<Arc<Table>> {
        let mut all: Vec<Arc<Table>> = Vec::new();
        for part in &self.held {
            all.extend(part.lock().values().flat_map(|h| h.owned.iter().cloned()));
        }
        all.sort_by_key(|t| t.number);
        all
    }

    /// Notes something of a process that is alive; false: it is not.
    fn note(&self, vm: &Vm, pid: Pid, note: impl FnOnce(&mut Held)) -> bool {
        let mut held = self.held(pid).lock();
        let Some(p) = vm.processes.lookup(pid) else { return false };
        // SAFETY: workers may use what they looked up until their next quiescent point; `tables`
        // and `queue` are everybody's.
        let (tables, queue) = unsafe { (&(*p).tables, &(*p).queue) };
        tables.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if queue.is_closed() {
            return false;
        }
        note(held.entry(pid).or_default());
        true
    }

    fn forget_owned(&self, pid: Pid, table: &Table) {
        let mut held = self.held(pid).lock();
        if let Some(h) = held.get_mut(&pid) {
            h.owned.retain(|t| !std::ptr::eq(&raw const **t, table));
            if h.owned.is_empty() && h.fixed.is_empty() {
                held.remove(&pid);
            }
        }
    }

    /// A process that has closed its queue gives up its tables: heirs get them or they are
    /// deleted, and what it kept fixed is free.
    pub(crate) fn process_exits(&self, w: &mut Worker, p: &Process) {
        // Closing the queue and this load are sequentially consistent, as the fence of who sets it and
        // then looks at the queue: one of the two sees the other.
        if !p.tables.load(Ordering::SeqCst) {
            return;
        }
        let Some(held) = self.held(p.pid).lock().remove(&p.pid) else { return };
        for table in held.fixed {
            table.unfix(p.pid, usize::MAX);
        }
        for table in held.owned {
            if !self.bequeath(w, &table, p.pid)
                && let Some(store) = self.delete(&table)
            {
                remains::free_later(&w.vm, store);
            }
        }
    }

    /// Makes the heir the owner; false if there is none.
    fn bequeath(&self, w: &mut Worker, table: &Arc<Table>, from: Pid) -> bool {
        let state = table.state.write();
        let Some((heir, data)) = &state.heir else { return false };
        let heir = *heir;
        if heir == from || !self.note(&w.vm, heir, |h| h.owned.push(table.clone())) {
            return false;
        }
        table.owner.store(Word::from_pid(heir).0, Ordering::Release);
        let message = table.transfer_message(&state, from, data.elements()[0]);
        drop(state);
        drop(send::deliver(w, heir, message));
        true
    }

    /// Deletes a table; its objects, which the caller frees. `None`: somebody else has deleted it.
    fn delete(&self, table: &Table) -> Option<Store> {
        let mut state = table.state.write();
        if table.access.swap(Protection::Deleted as u8, Ordering::AcqRel)
            == Protection::Deleted as u8
        {
            return None;
        }
        if table.named {
            let mut names = self.names(state.name).write();
            if names.get(&state.name).is_some_and(|t| std::ptr::eq(&raw const **t, table)) {
                names.remove(&state.name);
            }
        }
        let store = std::mem::replace(&mut state.store, Store::new(table.kind, 1));
        let heir = state.heir.take();
        let fixed_by = std::mem::take(&mut state.fixed_by);
        self.forget_owned(table.owner(), table);
        drop(state);
        for (pid, _) in fixed_by {
            self.forget_fixed(pid, table);
        }
        // Without the lock: objects may hold the last reference to other things.
        drop(heir);
        Some(store)
    }

    fn forget_fixed(&self, pid: Pid, table: &Table) {
        let mut held = self.held(pid).lock();
        if let Some(h) = held.get_mut(&pid) {
            h.fixed.retain(|t| !std::ptr::eq(&raw const **t, table));
        }
    }
}

/// Who inherits, and what to tell them; one that does not live inherits nothing.
fn living_heir(cx: &Native<'_>, heir: Option<(Pid, Term<'_>)>) -> Option<(Pid, Object)> {
    let (pid, data) = heir.filter(|(pid, _)| cx.vm().processes.lookup(*pid).is_some())?;
    Some((pid, Object::of_elements(&[data])))
}

/// `ets:new`
pub fn new<'p>(cx: &mut Native<'p>, new: &NewTable<'p>) -> Result<Term<'p>, EtsError> {
    let vm = cx.vm();
    let owner = cx.self_pid();
    let table = Arc::new_cyclic(|me| Table {
        me: me.clone(),
        number: vm.next_reference(),
        kind: new.kind,
        key_position: new.key_position,
        named: new.named,
        options: new.options,
        owner: AtomicU64::new(Word::from_pid(owner).0),
        access: AtomicU8::new(new.protection as u8),
        state: RwLock::new(State {
            store: Store::new(new.kind, new.key_position),
            name: new.name,
            heir: living_heir(cx, new.heir),
            fixed_by: Vec::new(),
            fixed_at: 0,
        }),
    });
    if new.named {
        let mut names = vm.ets.names(new.name).write();
        if names.contains_key(&new.name) {
            return Err(EtsError::AlreadyExists);
        }
        names.insert(new.name, table.clone());
    }
    // The caller runs, so it is alive.
    vm.ets.note(vm, owner, |h| h.owned.push(table.clone()));
    Ok(if new.named { Term::atom(new.name) } else { table.tid(cx) })
}

/// `ets:delete/1`
pub fn delete<'p>(cx: &mut Native<'p>, table: &Found<'p>) -> Outcome<'p> {
    table.check(cx, Access::Write)?;
    let done = Term::bool(true);
    match cx.vm().ets.delete(table) {
        Some(store) => remains::free_in_rounds(cx, store, &remains::OF_DELETE[0], done),
        None => Ok(done),
    }
}

/// `ets:internal_request_all/0`: a reference; `{Reference, Tables}` follows as a message from
/// every scheduler, which together list all tables.
pub fn request_all<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let reference = cx.make_ref();
    let all: Vec<_> = cx.vm().ets.all().iter().map(|t| t.id(cx)).collect();
    let all = cx.list(&all);
    let first = cx.tuple(&[reference, all]);
    let other = cx.tuple(&[reference, Term::nil()]);
    let me = cx.self_pid();
    send::send_message(cx.worker(), me, first);
    for _ in 1..cx.vm().workers.len() {
        send::send_message(cx.worker(), me, other);
    }
    reference
}

impl Table {
    fn id_in<'q>(&self, state: &State, area: &mut Area<'q>) -> Term<'q> {
        if self.named { Term::atom(state.name) } else { self.tid(area) }
    }

    /// What identifies the table to programs: its name, if it is named, or its tid.
    pub fn id<'q>(&self, area: &mut Area<'q>) -> Term<'q> {
        let name = self.state.read().name;
        if self.named { Term::atom(name) } else { self.tid(area) }
    }

    /// `{'ETS-TRANSFER', Table, From, Data}`
    fn transfer_message(&self, state: &State, from: Pid, data: Term<'_>) -> Parcel {
        let none = LiteralRange::NONE;
        let words = 5 + 4 + copy::copied_size(data, none);
        Parcel::build(SignalKind::Message, words, none, |area| {
            let id = self.id_in(state, area);
            let data = copy::to_area(data, area, none);
            area.tuple(&[Term::atom(atoms::ETS_TRANSFER), id, Term::pid(from), data])
        })
    }

    /// `ets:give_away/3`
    pub fn give_away(
        &self,
        cx: &mut Native<'_>,
        to: Option<Pid>,
        data: Term<'_>,
    ) -> Result<(), EtsError> {
        let vm = cx.vm();
        let from = cx.self_pid();
        let state = self.state.write();
        self.check(cx, Access::Write)?;
        let to = to.filter(|to| vm.processes.lookup(*to).is_some()).ok_or(EtsError::BadArgument)?;
        if self.owner() != from {
            return Err(EtsError::NotOwner);
        }
        if to == from {
            return Err(EtsError::Owner);
        }
        let me = self.arc();
        if !vm.ets.note(vm, to, |h| h.owned.push(me)) {
            return Err(EtsError::BadArgument);
        }
        vm.ets.forget_owned(from, self);
        self.owner.store(Word::from_pid(to).0, Ordering::Release);
        let message = self.transfer_message(&state, from, data);
        drop(state);
        // The receiver was alive; should it exit now, it deletes the table with its others.
        drop(send::deliver(cx.worker(), to, message));
        Ok(())
    }

    /// `ets:rename/2`: what identifies the table afterwards, if it is named.
    pub fn rename(&self, cx: &Native<'_>, name: Atom) -> Result<Option<Atom>, EtsError> {
        let mut state = self.write(cx)?;
        if !self.named {
            state.name = name;
            return Ok(None);
        }
        let ets = &cx.vm().ets;
        {
            let mut names = ets.names(name).write();
            if names.contains_key(&name) {
                return Err(EtsError::BadArgument);
            }
            names.insert(name, self.arc());
        }
        ets.names(state.name).write().remove(&state.name);
        state.name = name;
        Ok(Some(name))
    }

    /// `ets:setopts/2`: another heir (or none), another protection.
    pub fn set_options(
        &self,
        cx: &Native<'_>,
        heir: Option<Option<(Pid, Term<'_>)>>,
        protection: Option<Protection>,
    ) -> Result<(), EtsError> {
        let mut state = self.write(cx)?;
        if self.owner() != cx.self_pid() {
            return Err(EtsError::BadArgument);
        }
        if let Some(heir) = heir {
            state.heir = living_heir(cx, heir);
        }
        if let Some(p) = protection {
            self.access.store(p as u8, Ordering::Release);
        }
        Ok(())
    }

    /// `ets:safe_fixtable/2`
    pub fn fix(&self, cx: &Native<'_>, on: bool) -> Result<(), EtsError> {
        let me = cx.self_pid();
        let vm = cx.vm();
        let mut state = self.state.write();
        self.check(cx, Access::Read)?;
        if !on {
            drop(state);
            if self.unfix(me, 1) {
                vm.ets.forget_fixed(me, self);
            }
            return Ok(());
        }
        if state.fixed_by.is_empty() {
            state.fixed_at = vm.world.now();
            if let Store::Hash(h) = &mut state.store {
                h.fixed = true;
            }
        }
        match state.fixed_by.iter_mut().find(|(pid, _)| *pid == me) {
            Some((_, n)) => *n += 1,
            None => {
                state.fixed_by.push((me, 1));
                vm.ets.note(vm, me, |h| h.fixed.push(self.arc()));
            }
        }
        Ok(())
    }

    /// Takes back `times` that `pid` has fixed the table; whether it no longer does.
    fn unfix(&self, pid: Pid, times: usize) -> bool {
        let mut state = self.state.write();
        let Some(i) = state.fixed_by.iter().position(|(p, _)| *p == pid) else { return false };
        let left = state.fixed_by[i].1.saturating_sub(times);
        if left > 0 {
            state.fixed_by[i].1 = left;
            return false;
        }
        state.fixed_by.swap_remove(i);
        if state.fixed_by.is_empty()
            && let Store::Hash(h) = &mut state.store
        {
            h.unfix();
        }
        true
    }
}
