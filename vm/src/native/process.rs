//! What natives can do to processes: their own, and others by signals.

use super::{Native, Raise};
use crate::heap::LiteralRange;
use crate::heap::given_up::Forgotten;
use crate::process::monitor::{self, MonitorOptions};
use crate::process::send::{How, Sent};
use crate::process::signal::{Request, SignalKind, Target, Watched};
use crate::process::spawn::{self, Call, MaxHeapSize, SpawnOptions};
use crate::process::{
    AliasMode, Collection, Parcel, Priority, Process, Role, exit, info, link, receive, report,
    send, suspend,
};
use crate::sched::{Worker, clock};
use crate::sync::Arc;
use crate::term::{Atom, Pid, Term, Word, atoms};
use crate::trace::events;
use crate::trace::seq::{self, Token};

/// Why a process could not be suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendError;

/// A flag cannot have that value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagError;

impl<'p> Native<'p> {
    pub(super) fn both(&mut self) -> (&mut Worker, &mut Process) {
        assert!(!self.process.is_null() && !self.worker.is_null(), "this native needs a process");
        // SAFETY: the worker is the caller's and owns the process during the call; the two are
        // different objects, and this borrows `self` whole.
        unsafe { (&mut *self.worker, &mut *self.process) }
    }

    /// A term of the calling process.
    fn own(&self, w: Word) -> Term<'p> {
        // SAFETY: a term of the process's own heap, which is not collected during the call.
        unsafe { Term::from_word(w) }
    }

    /// Handles the signals that have come to the calling process. It may have to exit afterwards;
    /// it then does so when the native returns.
    pub fn handle_signals(&mut self) {
        let (w, p) = self.both();
        // SAFETY: the worker owns the process; handling signals builds in fragments only.
        unsafe { receive::handle_signals(w, p) }
    }

    /// Makes a process: its pid, and the reference of its monitor if one was asked for.
    pub fn spawn(
        &mut self,
        module: Atom,
        function: Atom,
        args: &[Term<'p>],
        options: SpawnOptions,
    ) -> Result<(Pid, Option<Term<'p>>), Raise<'p>> {
        let alias = options.monitor.as_ref().is_some_and(|m| m.alias.is_some());
        let (w, p) = self.both();
        let me = p.pid;
        let spawned = spawn::spawn(w, p, Call { module, function, args }, options)
            .map_err(|_| Raise::system_limit())?;
        let reference = spawned.monitor.map(|n| self.area.reference(n, alias.then_some(me)));
        Ok((spawned.pid, reference))
    }

    /// As `spawn`, for `spawn_request/5`: pid, the request's reference, and what goes with the answer.
    pub fn spawn_by_request(
        &mut self,
        module: Atom,
        function: Atom,
        args: &[Term<'p>],
        options: SpawnOptions,
    ) -> Result<(Pid, Term<'p>, Option<Arc<Token>>), Raise<'p>> {
        let options = SpawnOptions { request: true, ..options };
        let alias = options.monitor.as_ref().is_some_and(|m| m.alias.is_some());
        let (w, p) = self.both();
        let me = p.pid;
        let spawned = spawn::spawn(w, p, Call { module, function, args }, options)
            .map_err(|_| Raise::system_limit())?;
        let (number, token) = spawned.answer.map_or((None, None), |(n, t)| (Some(n), Some(t)));
        let number = spawned.monitor.or(number).unwrap_or_else(|| w.vm.next_reference());
        Ok((spawned.pid, self.area.reference(number, alias.then_some(me)), token))
    }

    /// Sends the answer to such a request to the calling process.
    pub fn answer_request(&mut self, reply: Term<'p>, token: Option<Arc<Token>>) {
        let (w, p) = self.both();
        let me = p.pid;
        let Some(token) = token else { return send::send_message(w, me, reply) };
        // SAFETY: the worker is the caller's.
        let kind = unsafe { seq::answers(w, me, &token, reply) };
        drop(send::deliver(w, me, Parcel::copy(kind, reply, w.vm.literals.range())));
    }

    /// Sends a message. If it is to a busy port and the process may wait for it, it is suspended
    /// and the native has to be called again.
    #[inline]
    pub fn send(&mut self, to: Term<'p>, message: Term<'p>, how: How) -> Sent {
        let (w, p) = self.both();
        send::send(w, p, to, message, how)
    }

    /// Sends a message to a process.
    pub fn send_to_pid(&mut self, to: Pid, message: Term<'p>) {
        send::send_message(self.both().0, to, message);
    }

    /// Links the calling process to `other`; false if there is no such process.
    pub fn link(&mut self, other: Pid) -> bool {
        let (w, p) = self.both();
        link::link(w, p, other).is_ok()
    }

    /// Takes a link away.
    pub fn unlink(&mut self, other: Pid) {
        let (w, p) = self.both();
        link::unlink(w, p, other);
    }

    /// Sends an exit signal, as `exit/2`. One to the calling process itself, unless trapped, is
    /// acted on when the native returns.
    pub fn exit_signal(&mut self, to: Pid, reason: Term<'p>) {
        let (w, p) = self.both();
        let kind = SignalKind::Exit { from: Word::from_pid(p.pid), linked: false };
        let parcel = Parcel::copy(kind, reason, w.vm.literals.range());
        if to == p.pid {
            p.deliver_to_self(parcel);
            self.handle_signals();
        } else {
            drop(send::deliver(w, to, parcel));
        }
    }

    /// Lets the calling process receive `{'EXIT', From, Reason}` or exit, as if `from` had sent
    /// an exit signal with that reason.
    pub fn exit_signal_from(&mut self, from: Term<'p>, reason: Atom) {
        let (_, p) = self.both();
        debug_assert!(from.is_immediate());
        if p.trap_exit {
            // It is the system's, and so leaves a token of sequential tracing alone.
            let kind = SignalKind::SystemMessage;
            p.deliver_to_self(Parcel::build(kind, 4, LiteralRange::NONE, |a| {
                // SAFETY: it is immediate.
                let from = unsafe { Term::from_word(from.word()) };
                a.tuple(&[Term::atom(atoms::EXIT_UPPER), from, Term::atom(reason)])
            }));
            return;
        }
        let kind = SignalKind::Exit { from: from.word(), linked: false };
        p.deliver_to_self(Parcel::copy(kind, Term::atom(reason), LiteralRange::NONE));
    }

    /// Watches a process; the reference of the monitor.
    pub fn monitor(&mut self, target: Watched, options: MonitorOptions) -> Term<'p> {
        let alias = options.alias.is_some();
        let (w, p) = self.both();
        let me = p.pid;
        let n = match target {
            Watched::Process(Target::Pid(pid)) => {
                monitor::monitor(w, p, Some(pid), target, options)
            }
            Watched::Process(Target::Name(name)) => {
                let pid = w.vm.names.process(name);
                monitor::monitor(w, p, pid, target, options)
            }
            Watched::Port(port) => monitor::monitor_port(w, p, Some(port), target, options),
            Watched::PortName(name) => {
                let port = w.vm.names.port(name);
                monitor::monitor_port(w, p, port, target, options)
            }
            Watched::Remote(who, node) => crate::dist::process::monitor(w, p, who, node, options),
            Watched::Clock => monitor::monitor_clock(w, p, options),
        };
        self.area.reference(n, alias.then_some(me))
    }

    /// The time offset, which follows the system's clock if it is to.
    pub fn time_offset(&mut self) -> i64 {
        if !self.worker.is_null() {
            clock::check(self.worker());
        }
        self.vm.world.time_offset()
    }

    /// `system_flag(time_offset, finalize)`: what it was before.
    pub fn finalize_time_offset(&mut self) -> &'static str {
        clock::finalize(self.worker())
    }

    /// Ends a monitor; what it watched, if there was one.
    pub fn demonitor(&mut self, reference: u64) -> Option<Watched> {
        let (w, p) = self.both();
        monitor::demonitor(w, p, reference)
    }

    /// A copy of a term that outlives the call: a monitor's tag. It refers to no literals.
    pub fn parcel(&self, term: Term<'p>) -> Parcel {
        Parcel::copy(SignalKind::Data, term, LiteralRange::NONE)
    }

    /// The term of such a copy, for the calling process.
    pub fn unpack(&mut self, parcel: &Parcel) -> Term<'p> {
        crate::term::copy::to_area(parcel.term(), &mut self.area, self.vm.literals.range())
    }

    /// A new alias of the calling process.
    pub fn alias(&mut self, mode: AliasMode) -> Term<'p> {
        let (w, p) = self.both();
        let me = p.pid;
        let n = monitor::alias(w, p, mode);
        self.area.reference(n, Some(me))
    }

    /// Ends an alias of the calling process; whether it was active.
    pub fn unalias(&mut self, reference: u64) -> bool {
        monitor::unalias(self.both().1, reference)
    }

    /// Registers a name; false if that cannot be.
    pub fn register(&mut self, name: Atom, pid: Pid) -> bool {
        let done = self.vm.names.register(self.vm, name, pid);
        if done {
            events::named(self.worker(), pid, "register", name);
        }
        done
    }

    /// Takes a registered name away; false if there is none.
    pub fn unregister(&mut self, name: Atom) -> bool {
        let pid = self.vm.names.process(name);
        let done = self.vm.names.unregister(self.vm, name);
        if let Some(pid) = pid.filter(|_| done) {
            events::named(self.worker(), pid, "unregister", name);
        }
        done
    }

    /// Whether a process is there, as far as can be told without asking it.
    pub fn is_there(&self, pid: Pid) -> bool {
        self.vm.processes.lookup(pid).is_some()
    }

    /// Whether a process is there and has nothing left to handle, so that it will not exit for
    /// anything that was sent to it before.
    pub fn is_idle(&self, pid: Pid) -> bool {
        // SAFETY: workers may use what they looked up until their next quiescent point; the queue
        // is everybody's.
        self.vm.processes.lookup(pid).is_some_and(|p| unsafe { (*p).queue.is_idle() })
    }

    /// Asks a process for something; false if it is not there. `{Ref, Result}` comes back, Ref
    /// being `reference`.
    pub fn request(&mut self, to: Pid, what: Request, reference: u64, argument: Term<'p>) -> bool {
        let (w, p) = self.both();
        suspend::request(w, p.pid, to, what, reference, argument)
    }

    /// As [`request`](Self::request) for another process, and one that is not there is answered
    /// for.
    pub fn request_for(
        &mut self,
        from: Pid,
        to: Pid,
        what: Request,
        reference: u64,
        argument: Term<'p>,
    ) {
        suspend::request_or_refuse(self.both().0, from, to, what, reference, argument);
    }

    /// As [`request_for`](Self::request_for), of that urgency if it is not that of the calling
    /// process; the answer begins with the first two elements of the argument.
    pub fn request_task(
        &mut self,
        from: Pid,
        to: Pid,
        what: Request,
        urgency: Option<Priority>,
        argument: Term<'p>,
    ) {
        let (w, p) = self.both();
        let urgency = urgency.unwrap_or(p.priority);
        if !suspend::urgent_request(w, urgency, from, to, what, 0, argument) {
            exit::refuse_request(w, what, from, 0, argument);
        }
    }

    /// Asks a process for something and goes on when the answer has come: what the native
    /// returns. `None` if the process is not there.
    pub fn ask(&mut self, to: Pid, what: Request, argument: Term<'p>) -> Option<Raise<'p>> {
        let n = self.vm.next_reference();
        if !self.request(to, what, n, argument) {
            return None;
        }
        let reference = self.area.reference(n, None);
        Some(self.await_result(reference))
    }

    /// What a native returns to go on with `Result` when `{Ref, Result}` has come.
    pub fn await_result(&mut self, reference: Term<'p>) -> Raise<'p> {
        // The answer is not among the messages that have been taken so far.
        self.both().1.mailbox.skip_all();
        let name = |s| self.vm.atoms.intern(s).expect("the machine's own names fit the atom table");
        Raise::trap(name("erts_internal"), name("await_result"), vec![reference])
    }

    /// What `process_info` says of the calling process; `what` is an item, a list of items, or a
    /// tuple for those of `process_info/1`.
    pub fn own_info(&mut self, what: Term<'p>) -> Term<'p> {
        let (w, p) = self.both();
        w.count_reductions(p);
        // SAFETY: the process is owned by the worker during the call and not changed here.
        let p = unsafe { &*self.process };
        info::build(self.vm, p, true, &mut self.area, what)
    }

    /// Writes where the calling process is to standard error (`process_display`).
    pub fn display_self(&mut self) {
        let vm = self.vm;
        info::display(vm, self.both().1);
    }

    /// Some of what a crash dump says. Not on an ordinary worker, which would wait for itself.
    pub fn report(&mut self, what: crate::crash_dump::Report) -> Result<Term<'p>, Raise<'p>> {
        if !self.worker().dirty {
            return Err(Raise::Dirty);
        }
        let (participant, vm) = (self.worker().participant, self.vm);
        let text = crate::crash_dump::report(vm, participant, self.process, what);
        Ok(self.binary(&text))
    }

    /// Has the whole machine stand for so long. Not on an ordinary worker, which would wait for itself.
    pub fn hold_machine(&mut self, time: std::time::Duration) -> Result<(), Raise<'p>> {
        if !self.worker().dirty {
            return Err(Raise::Dirty);
        }
        let (participant, vm) = (self.worker().participant, self.vm);
        crate::crash_dump::hold(vm, participant, self.process, time);
        Ok(())
    }

    /// Suspends a process once more; gives how often this process has now suspended it.
    pub fn suspend(
        &mut self,
        other: Pid,
        reference: u64,
        answer: Term<'p>,
    ) -> Result<u32, SuspendError> {
        if !self.request(other, Request::Suspend, reference, answer) {
            return Err(SuspendError);
        }
        let count = self.both().1.rare().suspending.entry(other).or_insert(0);
        *count += 1;
        Ok(*count)
    }

    /// How often this process has suspended another.
    pub fn suspensions(&mut self, other: Pid) -> u32 {
        let rare = self.both().1.rare.as_ref();
        rare.and_then(|r| r.suspending.get(&other).copied()).unwrap_or(0)
    }

    /// Takes one suspension back; false if there is none.
    pub fn resume(&mut self, other: Pid) -> bool {
        let (w, p) = self.both();
        suspend::resume(w, p, other)
    }

    /// Gives up what nobody can get a new reference to: literal areas, purged code.
    pub fn give_up(&mut self, what: impl IntoIterator<Item = impl Into<Forgotten>>) {
        if let Some(collector) = self.vm.given_up.give_up(what.into_iter().map(Into::into)) {
            let copy_literals = self.vm.atoms.intern("copy_literals");
            let name = copy_literals.expect("the machine's own names fit the atom table");
            self.send_to_pid(collector, Term::atom(name));
        }
    }

    /// For `erts_literal_area_collector` alone, which has heard from all processes: whether there are
    /// literal areas that they are to be asked about now. `None`: that is known a little later.
    pub fn next_given_up(&self) -> Option<bool> {
        self.vm.given_up.step(self.vm)
    }

    /// Asks for a collection of the calling process when the native returns.
    pub fn request_collection(&mut self, major: bool) {
        self.both().1.request_collection(Collection::of(major));
    }

    /// Ends the calling process's slice when the native returns.
    pub fn yield_slice(&mut self) {
        self.both().1.yielding = true;
    }

    /// Ends the purge of a module (`CodeTable::end_purge`): who has waited goes on, what has been purged
    /// is given up. False: that module is not being purged.
    pub fn end_purge(&mut self, module: Atom, complete: bool) -> bool {
        let Some((waiting, forgotten)) = self.vm.code.end_purge(module, complete) else {
            return false;
        };
        let worker = self.both().0;
        for pid in waiting {
            suspend::resume_self(worker, pid);
        }
        self.give_up(forgotten);
        true
    }

    /// Whether the calling process runs old code of a module.
    pub fn runs_old_code(&mut self, module: Atom) -> bool {
        let vm = self.vm;
        self.both().1.runs_old_code(vm, module)
    }

    /// The group leader.
    pub fn group_leader(&mut self) -> Term<'p> {
        let w = self.both().1.group_leader;
        self.own(w)
    }

    /// Sets the calling process's own group leader, a pid.
    pub fn set_group_leader(&mut self, leader: Term<'p>) {
        self.both().1.group_leader = leader.word();
    }

    /// `get/1`
    pub fn dictionary_get(&mut self, key: Term<'p>) -> Option<Term<'p>> {
        assert!(!self.process.is_null(), "this native needs a process");
        // SAFETY: the worker owns the process during the call.
        let w = unsafe { (*self.process).dictionary_get(key) }?;
        Some(self.own(w))
    }

    /// `put/2`: gives what was there.
    pub fn dictionary_put(&mut self, key: Term<'p>, value: Term<'p>) -> Option<Term<'p>> {
        let w = self.both().1.dictionary_put(key, value)?;
        Some(self.own(w))
    }

    /// `erase/1`: gives what was there.
    pub fn dictionary_erase(&mut self, key: Term<'p>) -> Option<Term<'p>> {
        let w = self.both().1.dictionary_erase(key)?;
        Some(self.own(w))
    }

    /// All of the dictionary: keys and values.
    pub fn dictionary(&mut self) -> Vec<[Term<'p>; 2]> {
        let entries = self.both().1.dictionary_entries();
        entries.into_iter().map(|[k, v]| [self.own(k), self.own(v)]).collect()
    }

    /// Empties the dictionary.
    pub fn dictionary_clear(&mut self) {
        self.both().1.dictionary_clear();
    }

    /// Sets `trap_exit`; gives what it was.
    pub fn set_trap_exit(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.both().1.trap_exit, on)
    }

    /// Whether the calling process traps exits.
    pub fn trap_exit(&mut self) -> bool {
        self.both().1.trap_exit
    }

    /// Sets the priority; gives what it was.
    pub fn set_priority(&mut self, priority: Priority) -> Priority {
        let p = self.both().1;
        p.yielding |= p.priority != priority;
        std::mem::replace(&mut p.priority, priority)
    }

    /// Sets the error handler module; gives what it was.
    pub fn set_error_handler(&mut self, module: Atom) -> Atom {
        self.both().1.rare().error_handler.replace(module).unwrap_or(atoms::ERROR_HANDLER)
    }

    /// Sets `min_heap_size` in words; gives what it was.
    pub fn set_min_heap_size(&mut self, words: usize) -> usize {
        let words = spawn::heap_size(words.max(self.vm.flags.min_heap_size.get()));
        let p = self.both().1;
        let old = std::mem::replace(&mut p.heap.min_words, words as u32);
        spawn::told_min_heap_size(old as usize)
    }

    /// Sets `min_bin_vheap_size` in words; gives what it was.
    pub fn set_min_bin_vheap_size(&mut self, words: usize) -> usize {
        let p = self.both().1;
        let old = p.min_bin_vheap_size();
        p.set_min_bin_vheap_size(words);
        old
    }

    /// Sets `fullsweep_after`; gives what it was.
    pub fn set_fullsweep_after(&mut self, n: u16) -> u16 {
        std::mem::replace(&mut self.both().1.heap.fullsweep_after, n)
    }

    /// Sets `max_heap_size`; gives what it was.
    pub fn set_max_heap_size(&mut self, max: MaxHeapSize) -> Result<MaxHeapSize, FlagError> {
        let p = self.both().1;
        if max.size != 0 && max.size < spawn::told_min_heap_size(p.heap.min_words as usize) {
            return Err(FlagError);
        }
        let old = p.max_heap_size();
        p.set_max_heap_size(max);
        Ok(old)
    }

    /// `max_heap_size` as a term.
    pub fn max_heap_size_term(&mut self, max: MaxHeapSize) -> Term<'p> {
        max.to_term(self.vm, &mut self.area)
    }

    /// Sets whether messages are kept off the heap; gives what it was.
    pub fn set_off_heap_messages(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.both().1.rare().message_queue_off_heap, on)
    }

    /// Whether messages are kept off the heap.
    pub fn has_off_heap_messages(&mut self) -> bool {
        self.both().1.rare.as_ref().is_some_and(|r| r.message_queue_off_heap)
    }

    /// Sets `sensitive`; gives what it was.
    pub fn set_sensitive(&mut self, on: bool) -> bool {
        let p = self.both().1;
        p.trace.set_internal(crate::trace::tracees::SENSITIVE, on);
        std::mem::replace(&mut p.rare().sensitive, on)
    }

    /// Lets the calling process do with ETS tables what their owners may, or no longer.
    pub fn set_ets_super_user(&mut self, on: bool) {
        self.both().1.rare().ets_super_user = on;
    }

    /// Whether it may do with ETS tables what their owners may.
    pub(crate) fn is_ets_super_user(&self) -> bool {
        assert!(!self.process.is_null(), "this native needs a process");
        // SAFETY: the worker owns the process during the call.
        unsafe { (*self.process).rare.as_ref().is_some_and(|r| r.ets_super_user) }
    }

    /// Leaves no room in the heap, so that whatever is built next has it collected; all of it if
    /// `major`. For test suites.
    pub fn fill_heap(&mut self, major: bool) {
        let room = self.area.room();
        if room > 0 {
            let items = vec![Term::nil(); room - 1];
            self.area.tuple(&items);
        }
        let heap = &mut self.both().1.heap;
        if major {
            heap.minors = heap.minors.max(heap.fullsweep_after);
        }
    }

    /// Has ids of receive markers go on from that number. For test suites.
    pub fn set_marker_counter(&mut self, n: u32) {
        self.both().1.mailbox.set_next_marker(n);
    }

    /// Sets `save_calls`; gives what it was.
    pub fn set_save_calls(&mut self, n: usize) -> usize {
        self.both().1.set_save_calls(n)
    }

    /// Logs a text as an error; to standard error while there is no logger.
    pub fn log_error(&mut self, text: &str) {
        let (w, p) = self.both();
        if !report::report_text(w, p, text) {
            eprint!("{text}");
        }
    }

    /// Whether a process is one of the machine's own. `None`: it is not there.
    pub fn is_system(&self, pid: Pid) -> Option<bool> {
        let p = self.vm.processes.lookup(pid)?;
        // SAFETY: workers may use what they looked up until their next quiescent point; the field
        // is everybody's.
        Some(unsafe { (*p).role } == Role::System)
    }

    /// Binds the calling process to a worker, from 1, or to none; gives what it was bound to.
    pub fn bind_to_scheduler(&mut self, id: u8) -> u8 {
        self.yield_slice();
        std::mem::replace(&mut self.both().1.bound, id)
    }

    /// Number of the worker that runs the calling process, from 1.
    pub fn scheduler_id(&mut self) -> usize {
        self.both().0.id + 1
    }
}
