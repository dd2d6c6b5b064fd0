//! `process_info`: what a process tells about itself.
//!
//! Always answered by the process itself: directly, or by a `Request::Info` signal. What it tells
//! of its terms is copied.

mod internal;

use super::signal::{SignalKind, Watched};
use super::{Parcel, Priority, Process};
use crate::heap::process_heap::words_between;
use crate::sched::Worker;
use crate::sync::Ordering;
use crate::term::{Area, Atom, Pid, Term, Word, atoms, copy};
use crate::trace::saved_calls::Saved;
use crate::vm::Vm;
use smallvec::SmallVec;

/// Items that `process_info/1` gives, in its order.
const ALL: &[Atom] = &[
    atoms::REGISTERED_NAME,
    atoms::CURRENT_FUNCTION,
    atoms::INITIAL_CALL,
    atoms::STATUS,
    atoms::MESSAGE_QUEUE_LEN,
    atoms::LINKS,
    atoms::DICTIONARY,
    atoms::TRAP_EXIT,
    atoms::ERROR_HANDLER,
    atoms::PRIORITY,
    atoms::GROUP_LEADER,
    atoms::TOTAL_HEAP_SIZE,
    atoms::HEAP_SIZE,
    atoms::STACK_SIZE,
    atoms::REDUCTIONS,
    atoms::GARBAGE_COLLECTION,
    atoms::SUSPENDING,
];

/// What tells an item.
type Tell = for<'q> fn(&mut Info<'_, '_, 'q>) -> Term<'q>;

/// Items that `process_info/2` knows, first those that are mostly asked for.
static ITEMS: &[(Atom, Tell)] = &[
    (atoms::MESSAGE_QUEUE_LEN, |i| i.size(i.p.mailbox.len)),
    (atoms::REGISTERED_NAME, |i| i.name().map_or(Term::nil(), Term::atom)),
    (atoms::MEMORY, |i| {
        let words = i.p.heap.words() + i.p.mailbox.words();
        i.size(size_of::<Process>() + words * 8)
    }),
    (atoms::REDUCTIONS, |i| i.size(i.p.reductions as usize)),
    (atoms::HEAP_SIZE, |i| i.size(i.p.heap.block_words())),
    (atoms::STACK_SIZE, |i| i.size(i.p.heap.stack_words())),
    (atoms::TOTAL_HEAP_SIZE, |i| i.size(i.p.heap.words() + i.p.on_heap_message_words())),
    (atoms::CURRENT_FUNCTION, |i| i.current_function()),
    (atoms::INITIAL_CALL, |i| {
        let (m, f, n) = i.p.initial_function();
        i.a.tuple(&[Term::atom(m), Term::atom(f), Term::small(i64::from(n))])
    }),
    (atoms::STATUS, |i| Term::atom(i.status())),
    (atoms::LINKS, |i| i.links()),
    (atoms::DICTIONARY, |i| i.dictionary()),
    (atoms::TRAP_EXIT, |i| Term::bool(i.p.trap_exit)),
    (atoms::ERROR_HANDLER, |i| {
        let handler = i.p.rare.as_ref().and_then(|r| r.error_handler);
        Term::atom(handler.unwrap_or(atoms::ERROR_HANDLER))
    }),
    (atoms::PRIORITY, |i| Term::atom(priority_atom(i.p.priority))),
    (atoms::GROUP_LEADER, |i| i.copy(i.p.group_leader)),
    (atoms::GARBAGE_COLLECTION, |i| i.collection()),
    (atoms::SUSPENDING, |i| i.suspending()),
    (atoms::MONITORS, |i| i.monitors()),
    (atoms::MONITORED_BY, |i| i.monitored_by()),
    (atoms::MESSAGES, |i| i.messages()),
    (atoms::CURRENT_LOCATION, |i| i.current_location()),
    (atoms::CURRENT_STACKTRACE, |i| i.stacktrace()),
    (atoms::PARENT, |i| i.copy(i.p.parent)),
    (atoms::BINARY, |i| i.binaries()),
    (atoms::MESSAGE_QUEUE_DATA, |i| {
        let off = i.p.rare.as_ref().is_some_and(|r| r.message_queue_off_heap);
        Term::atom(if off { atoms::OFF_HEAP } else { atoms::ON_HEAP })
    }),
    (atoms::GARBAGE_COLLECTION_INFO, |i| i.collection_info()),
    (atoms::MIN_HEAP_SIZE, |i| {
        i.size(super::spawn::told_min_heap_size(i.p.heap.min_words as usize))
    }),
    (atoms::MIN_BIN_VHEAP_SIZE, |i| i.size(i.p.min_bin_vheap_size())),
    (atoms::MAX_HEAP_SIZE, |i| i.p.max_heap_size().to_term(i.vm, i.a)),
    (atoms::FULLSWEEP_AFTER, |i| i.size(usize::from(i.p.heap.fullsweep_after))),
    (atoms::CATCHLEVEL, |i| {
        let n = stack_words(i.p).filter(|w| w.is_catch()).count();
        i.size(n)
    }),
    // Nothing is traced, and which references are magic is not told.
    (atoms::TRACE, |_| Term::small(0)),
    (atoms::MAGIC_REF, |_| Term::nil()),
    (atoms::LAST_CALLS, |i| i.last_calls()),
    (atoms::BACKTRACE, |i| i.backtrace()),
    (atoms::SEQUENTIAL_TRACE_TOKEN, |i| i.p.token().map_or(Term::nil(), |t| t.term(i.a))),
];

/// The atom of that name, which is one of the machine's own words.
pub(crate) fn name_term<'q>(vm: &Vm, name: &str) -> Term<'q> {
    Term::atom(vm.atoms.intern(name).expect("the machine's own names fit the atom table"))
}

/// All process_info items.
pub fn items() -> impl ExactSizeIterator<Item = Atom> {
    ITEMS.iter().map(|(item, _)| *item)
}

/// Whether `item` is a process_info item.
pub fn is_item(item: Atom) -> bool {
    tell(item).is_some()
}

#[inline(never)]
fn tell(item: Atom) -> Option<Tell> {
    ITEMS.iter().find(|(known, _)| *known == item).map(|(_, tell)| *tell)
}

/// Builds the answer for `what`: an item, a list of items, or `[]` in a tuple for all.
pub fn build<'q>(
    vm: &Vm,
    p: &Process,
    asked_by_self: bool,
    a: &mut Area<'q>,
    what: Term<'_>,
) -> Term<'q> {
    let mut info = Info { vm, p, asked_by_self, a };
    if let Some(item) = what.as_atom() {
        // A process without a name has no such pair.
        if item == atoms::REGISTERED_NAME && info.name().is_none() {
            return Term::nil();
        }
        // What `erts_debug:get_internal_state/1` asks, and nobody else: the answer is the value alone.
        if item == atoms::LINK_LIST {
            return info.link_list();
        }
        return info.pair(item);
    }
    // The same, in a tuple with names that the process does not know.
    if let Some([item, names]) = what.as_tuple_of::<2>()
        && item.is_atom(atoms::MONITOR_LIST)
    {
        return info.monitor_list(names);
    }
    let pairs: SmallVec<[Term<'q>; ALL.len()]> = if what.as_tuple().is_some() {
        let has_name = info.name().is_some();
        let items = ALL.iter().filter(|item| has_name || **item != atoms::REGISTERED_NAME);
        items.map(|item| info.pair(*item)).collect()
    } else {
        what.list().filter_map(Term::as_atom).map(|item| info.pair(item)).collect()
    };
    info.a.list(&pairs)
}

impl Process {
    /// Answers a `Request::Info`.
    pub(super) fn answer_info(&mut self, w: &mut Worker, to: Pid, reference: u64, what: Term<'_>) {
        let literals = w.vm.literals.range();
        let vm = w.vm.clone();
        let p = &*self;
        let message = Parcel::build(SignalKind::SystemMessage, 64, literals, |a| {
            let result = build(&vm, p, false, a, what);
            let reference = a.reference(reference, None);
            a.tuple(&[reference, result])
        });
        drop(super::send::deliver(w, to, message));
        w.answered = true;
    }
}

struct Info<'v, 'a, 'q> {
    vm: &'v Vm,
    p: &'v Process,
    asked_by_self: bool,
    a: &'a mut Area<'q>,
}

impl<'q> Info<'_, '_, 'q> {
    fn name(&self) -> Option<Atom> {
        self.vm.names.name_of(self.p.pid)
    }

    /// `{Address, Bytes, References}` of each binary outside the heap that it refers to, in messages
    /// too that count as part of its heap.
    fn binaries(&mut self) -> Term<'q> {
        let heap = &self.p.heap;
        // SAFETY: the process is not collected while it is asked.
        let mut all = unsafe { [heap.off_heap.binaries(), heap.old_off_heap.binaries()].concat() };
        if !self.p.rare.as_ref().is_some_and(|rare| rare.message_queue_off_heap) {
            for fragment in self.p.mailbox.fragments() {
                // SAFETY: the mailbox is not touched while the process is asked.
                all.extend(unsafe { (*fragment).off_heap.binaries() });
            }
        }
        let all: Vec<Term<'q>> = all
            .into_iter()
            .map(|(address, bytes, references)| {
                let item = [address, bytes, references].map(|n| self.size(n));
                self.a.tuple(&item)
            })
            .collect();
        self.a.list(&all)
    }

    fn word(&self, name: &str) -> Term<'q> {
        name_term(self.vm, name)
    }

    fn copy(&mut self, w: Word) -> Term<'q> {
        // SAFETY: a term of the process, which is not collected while it is asked.
        let t = unsafe { Term::from_word(w) };
        copy::to_area(t, self.a, self.vm.literals.range())
    }

    fn size(&mut self, n: usize) -> Term<'q> {
        self.a.uint(n as u64)
    }

    fn pair(&mut self, item: Atom) -> Term<'q> {
        let value = tell(item).expect("nothing else is asked for")(self);
        self.named(item, value)
    }

    fn named(&mut self, name: Atom, value: Term<'q>) -> Term<'q> {
        self.a.tuple(&[Term::atom(name), value])
    }

    /// Of one that is sensitive their number alone is told.
    fn messages(&mut self) -> Term<'q> {
        if is_sensitive(self.p) {
            return Term::nil();
        }
        let mut words = Vec::with_capacity(self.p.mailbox.len);
        self.p.mailbox.for_each(|w| words.push(w));
        let v: Vec<_> = words.into_iter().map(|w| self.copy(w)).collect();
        self.a.list(&v)
    }

    fn dictionary(&mut self) -> Term<'q> {
        if is_sensitive(self.p) {
            return Term::nil();
        }
        let entries = self.p.dictionary_entries();
        let v: Vec<_> = entries
            .into_iter()
            .map(|[k, v]| {
                let (k, v) = (self.copy(k), self.copy(v));
                self.a.tuple(&[k, v])
            })
            .collect();
        self.a.list(&v)
    }

    fn monitored_by(&mut self) -> Term<'q> {
        let watchers = self.p.relations.watchers();
        let mut v: Vec<_> = watchers.into_iter().map(|(_, pid)| Term::pid(pid)).collect();
        v.extend(self.p.remote_watchers().into_iter().map(|pid| pid.term(self.a)));
        self.a.list(&v)
    }

    fn last_calls(&mut self) -> Term<'q> {
        let saved = self.p.rare.as_ref().and_then(|rare| rare.saved_calls.as_ref());
        let Some(saved) = saved else { return Term::bool(false) };
        let all: Vec<Term<'q>> = saved
            .all()
            .map(|what| match what {
                Saved::Call(m, f, arity) => {
                    let arity = Term::small(i64::from(arity));
                    self.a.tuple(&[Term::atom(m), Term::atom(f), arity])
                }
                Saved::Send => self.word("send"),
                Saved::Receive => self.word("receive"),
                Saved::Timeout => self.word("timeout"),
            })
            .collect();
        self.a.list(&all)
    }

    fn links(&mut self) -> Term<'q> {
        let ports = self.p.port_links().into_iter().filter_map(Term::port);
        let mut v: Vec<_> = self.p.links().into_iter().map(Term::pid).chain(ports).collect();
        v.extend(self.p.remote_links().into_iter().map(|pid| pid.term(self.a)));
        self.a.list(&v)
    }

    fn status(&self) -> Atom {
        if self.p.exiting {
            atoms::EXITING
        } else if self.asked_by_self || self.p.is_aside() {
            atoms::RUNNING
        } else if self.p.suspended > 0 {
            atoms::SUSPENDED
        } else if self.p.waiting {
            atoms::WAITING
        } else {
            atoms::RUNNABLE
        }
    }

    fn monitors(&mut self) -> Term<'q> {
        let mut v: Vec<(u64, Watched)> = self
            .p
            .rare
            .as_ref()
            .map_or(Vec::new(), |r| r.monitors.iter().map(|(n, m)| (*n, m.target)).collect());
        v.sort_by_key(|m| m.0);
        let v: Vec<_> = v
            .into_iter()
            .map(|(_, target)| {
                let words = target.terms(self.vm, self.a);
                self.a.tuple(&words)
            })
            .collect();
        self.a.list(&v)
    }

    fn suspending(&mut self) -> Term<'q> {
        let mut v: Vec<(Pid, u32)> = self
            .p
            .rare
            .as_ref()
            .map_or(Vec::new(), |r| r.suspending.iter().map(|(pid, n)| (*pid, *n)).collect());
        v.sort();
        let v: Vec<_> = v
            .into_iter()
            .map(|(pid, n)| {
                let n = Term::small(i64::from(n));
                self.a.tuple(&[Term::pid(pid), n, Term::small(0)])
            })
            .collect();
        self.a.list(&v)
    }

    fn collection(&mut self) -> Term<'q> {
        let max = self.p.max_heap_size().to_term(self.vm, self.a);
        let vheap = self.size(self.p.min_bin_vheap_size());
        let min = self.size(super::spawn::told_min_heap_size(self.p.heap.min_words as usize));
        let full = self.size(usize::from(self.p.heap.fullsweep_after));
        let minors = self.size(usize::from(self.p.heap.minors));
        let v = [
            self.named(atoms::MAX_HEAP_SIZE, max),
            self.named(atoms::MIN_BIN_VHEAP_SIZE, vheap),
            self.named(atoms::MIN_HEAP_SIZE, min),
            self.named(atoms::FULLSWEEP_AFTER, full),
            self.named(atoms::MINOR_GCS, minors),
        ];
        self.a.list(&v)
    }

    fn collection_info(&mut self) -> Term<'q> {
        let h = &self.p.heap;
        let words = [
            (atoms::OLD_HEAP_BLOCK_SIZE, h.old_block_words()),
            (atoms::HEAP_BLOCK_SIZE, h.block_words()),
            (atoms::MBUF_SIZE, h.fragment_words),
            (atoms::RECENT_SIZE, words_between(h.start, h.high_water)),
            (atoms::STACK_SIZE, h.stack_words()),
            (atoms::OLD_HEAP_SIZE, words_between(h.old_start, h.old_top)),
            (atoms::HEAP_SIZE, words_between(h.start, h.top)),
            (atoms::BIN_VHEAP_SIZE, h.virtual_bytes / 8),
            (atoms::BIN_VHEAP_BLOCK_SIZE, h.virtual_limit / 8),
            (atoms::BIN_OLD_VHEAP_SIZE, 0),
            (atoms::BIN_OLD_VHEAP_BLOCK_SIZE, 46_422),
        ];
        let v: Vec<_> = words
            .into_iter()
            .map(|(name, n)| {
                let n = self.size(n);
                self.named(name, n)
            })
            .collect();
        self.a.list(&v)
    }

    fn addresses(&self) -> Vec<*const u64> {
        addresses(self.p)
    }

    /// Whether it sleeps in `erlang:hibernate/3`.
    fn hibernates(&self) -> bool {
        let hibernate = self.vm.code.existing_export(atoms::ERLANG, atoms::HIBERNATE, 3);
        self.p.waiting
            && hibernate.is_some_and(|e| e.code.load(Ordering::Relaxed).cast_const() == self.p.ip)
    }

    fn current_function(&mut self) -> Term<'q> {
        if self.p.is_aside()
            // SAFETY: its native has been called by the instruction at `ip`.
            && let Some(def) = unsafe { crate::interp::native_called_at(self.p.ip) }
        {
            let (m, f) = def.names(self.vm);
            let n = Term::small(i64::from(def.arity));
            return self.a.tuple(&[Term::atom(m), Term::atom(f), n]);
        }
        if self.hibernates() {
            let (m, f) = (Term::atom(atoms::ERLANG), Term::atom(atoms::HIBERNATE));
            return self.a.tuple(&[m, f, Term::small(3)]);
        }
        for address in self.addresses() {
            let at = address.wrapping_sub(1);
            if let Some(module) = self.vm.code.module_at(at)
                && let Some(l) = module.locate(at)
            {
                let n = Term::small(i64::from(l.arity));
                return self.a.tuple(&[Term::atom(l.module), Term::atom(l.function), n]);
            }
        }
        // It has not begun.
        let (m, f, n) = self.p.initial_function();
        self.a.tuple(&[Term::atom(m), Term::atom(f), Term::small(i64::from(n))])
    }

    fn current_location(&mut self) -> Term<'q> {
        if self.hibernates() {
            let (m, f) = (Term::atom(atoms::ERLANG), Term::atom(atoms::HIBERNATE));
            return self.a.tuple(&[m, f, Term::small(3), Term::nil()]);
        }
        if let Some((first, _)) = self.stacktrace().as_cons() {
            return first;
        }
        let (m, f, n) = self.p.initial_function();
        self.a.tuple(&[Term::atom(m), Term::atom(f), Term::small(i64::from(n)), Term::nil()])
    }

    fn stacktrace(&mut self) -> Term<'q> {
        if self.hibernates() {
            return Term::nil();
        }
        let depth = self.vm.flags.backtrace_depth.get();
        let mut items = Vec::new();
        let mut addresses = self.addresses();
        // Repeated returns to one place are told once, as stock does.
        addresses.dedup();
        for address in addresses {
            if items.len() >= depth {
                break;
            }
            let at = address.wrapping_sub(1);
            let Some(module) = self.vm.code.module_at(at) else { continue };
            items.extend(crate::interp::trace_item(&module, self.a, at));
        }
        self.a.list(&items)
    }

    fn backtrace(&mut self) -> Term<'q> {
        let text = backtrace(self.vm, self.p);
        self.a.binary(&text)
    }
}

impl Process {
    /// The words that are terms and that it goes on with: registers, stack, dictionary, and what else
    /// it refers to, but for messages. It is not being run.
    pub(crate) fn words(&self) -> Vec<Word> {
        let live = usize::from(self.live).min(self.regs.len());
        let mut words = self.regs[..live].to_vec();
        words.extend(self.more_regs.iter().flat_map(|more| &more.0));
        words.extend(stack_words(self).filter(|w| !w.is_header() && !w.is_catch()));
        words.extend(self.dictionary_entries().into_iter().flatten());
        words.extend([self.group_leader, self.parent, self.exit_reason]);
        words
    }
}

fn is_sensitive(p: &Process) -> bool {
    p.rare.as_ref().is_some_and(|r| r.sensitive)
}

/// Nothing of one that is sensitive.
fn backtrace(vm: &Vm, p: &Process) -> Vec<u8> {
    let mut text = Vec::new();
    if !is_sensitive(p) {
        crate::crash_dump::process::backtrace(vm, p, &mut text)
            .expect("memory takes all that is written to it");
    }
    text
}

/// `process_display`: the backtrace, to standard error.
pub(crate) fn display(vm: &Vm, p: &Process) {
    eprint!("{}", String::from_utf8_lossy(&backtrace(vm, p)));
}

/// Code addresses of the running functions, innermost first.
fn addresses(p: &Process) -> Vec<*const u64> {
    let mut v = Vec::new();
    // A process that runs is asked from a native: what called it is where `cp` or the stack
    // lead to. One that waits goes on at `ip`.
    if !p.ip.is_null() {
        v.push(p.ip.wrapping_add(1));
    }
    if !p.cp.is_null() {
        v.push(p.cp);
    }
    v.extend(stack_words(p).filter(|w| w.is_header()).map(|w| w.0 as *const u64));
    v
}

fn stack_words(p: &Process) -> impl Iterator<Item = Word> + '_ {
    let (stop, n) = (p.heap.stop, p.heap.stack_words());
    // SAFETY: the words of the process's own stack.
    (0..n).map(move |i| unsafe { *stop.add(i) })
}

/// A priority as an atom.
pub fn priority_atom(p: Priority) -> Atom {
    match p {
        Priority::Max => atoms::MAX,
        Priority::High => atoms::HIGH,
        Priority::Normal => atoms::NORMAL,
        Priority::Low => atoms::LOW,
    }
}
