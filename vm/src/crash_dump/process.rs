//! What there is to say about each process.

use crate::dist::PidId;
use crate::dist::ids::Who;
use crate::process::signal::{SignalKind, Watched};
use crate::process::{Parcel, Priority, Process};
use crate::sched::standstill::Stand;
use crate::term::external::ref_words;
use crate::term::print::Shown;
use crate::term::view::RefView;
use crate::term::{Pid, Term, Word};
use crate::vm::Vm;
use std::fmt;
use std::io::{self, Write};

/// Whom it is said to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// The reader of a dump, which has the terms elsewhere.
    Dump,
    /// Somebody at a terminal.
    Menu,
}

/// A process that is in the table, whatever it does.
pub(crate) struct Found {
    pub(super) address: *mut Process,
    /// Its pid.
    pub(crate) pid: Pid,
}

impl Found {
    /// Its pid as text.
    pub(super) fn name(&self) -> Shown<'static> {
        Shown(Term::pid(self.pid), 1000)
    }
}

/// All processes, in the order of the table.
pub(crate) fn all(vm: &Vm) -> Vec<Found> {
    let pids = vm.processes.pids();
    pids.into_iter()
        .filter_map(|pid| Some(Found { address: vm.processes.lookup(pid)?, pid }))
        .collect()
}

/// A code address with the function that it is in.
pub(super) struct Place<'v>(pub &'v Vm, pub *const u64);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place(vm, address) = *self;
        if address.wrapping_sub(1) == crate::interp::stubs::exit_normal_stub()
            || address == crate::interp::stubs::exit_normal_stub()
        {
            return f.write_str("<terminate process normally>");
        }
        // The instruction that is gone on at may be the first of its function.
        for at in [address.wrapping_sub(1), address] {
            let Some(module) = vm.code.module_at(at) else { continue };
            let Some((l, start)) = module.locate(at).zip(module.function_start(at)) else {
                continue;
            };
            let offset = address as usize - start as usize;
            let [m, g] = [l.module, l.function].map(|a| Shown(Term::atom(a), 1000));
            return write!(f, "{m}:{g}/{} + {offset}", l.arity);
        }
        f.write_str("unknown function")
    }
}

/// A function by name.
struct Named(crate::term::Atom, crate::term::Atom, u8);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [m, g] = [self.0, self.1].map(|a| Shown(Term::atom(a), 1000));
        write!(f, "{m}:{g}/{}", self.2)
    }
}

/// The function that a process is in.
fn current(vm: &Vm, p: &Process) -> Option<Named> {
    [p.ip.wrapping_add(1), p.cp].into_iter().chain(returns(p)).find_map(|address| {
        let at = address.wrapping_sub(1);
        let module = vm.code.module_at(at)?;
        let l = module.locate(at)?;
        Some(Named(l.module, l.function, l.arity))
    })
}

/// The words of the stack, the top first.
pub(super) fn stack(p: &Process) -> impl Iterator<Item = (*mut Word, Word)> + '_ {
    let (top, n) = (p.heap.stop, p.heap.stack_words());
    // SAFETY: the words of the process's own stack, which nobody changes while it is looked at.
    (0..n).map(move |i| (top.wrapping_add(i), unsafe { *top.add(i) }))
}

fn returns(p: &Process) -> impl Iterator<Item = *const u64> + '_ {
    stack(p).filter(|(_, w)| w.is_header()).map(|(_, w)| w.0 as *const u64)
}

/// The messages of a process, also those that it has not yet looked for.
pub(super) fn messages(p: &Process) -> Vec<Word> {
    let mut words = Vec::with_capacity(p.mailbox.len);
    p.mailbox.for_each(|w| words.push(w));
    let waiting = |kind: &SignalKind| {
        matches!(
            kind,
            SignalKind::Message
                | SignalKind::MessageFrom { .. }
                | SignalKind::PortMessage { .. }
                | SignalKind::AliasMessage { .. }
                | SignalKind::AliasMessageFrom { .. }
        )
    };
    // SAFETY: nobody takes signals out of the queue: the process is not run while it is looked at.
    for signal in unsafe { p.queue.peek() } {
        // SAFETY: as above.
        let (kind, term) = unsafe { ((*signal).signal, (*signal).term) };
        if waiting(&kind) {
            words.push(term);
        }
    }
    words
}

fn reference(number: u64) -> String {
    let (words, n) = ref_words(&RefView::plain(number));
    words[..n].iter().rev().fold("#Ref<0".to_owned(), |s, w| format!("{s}.{w}")) + ">"
}

fn links(vm: &Vm, p: &Process) -> Vec<String> {
    let pid = |p| Shown(Term::pid(p), 1000).to_string();
    let far = |id: PidId| {
        let copy = Parcel::build(SignalKind::Data, 8, vm.literals.range(), |a| id.term(a));
        Shown(copy.term(), 1000).to_string()
    };
    let named = |name, node| {
        format!("{{{},{}}}", Shown(Term::atom(name), 1000), Shown(Term::atom(node), 1000))
    };
    let mut all: Vec<String> = p.links().into_iter().map(pid).collect();
    all.extend(p.remote_links().into_iter().map(far));
    all.extend(p.port_links().into_iter().map(|p| format!("#Port<0.{}>", p.0)));
    let monitors = p.rare.iter().flat_map(|rare| rare.monitors.iter());
    let mut monitors: Vec<_> = monitors.collect();
    monitors.sort_by_key(|(number, _)| **number);
    for (number, monitor) in monitors {
        let to = match (monitor.target, monitor.pid, monitor.port) {
            (
                Watched::Process(crate::process::signal::Target::Name(name))
                | Watched::PortName(name),
                ..,
            ) => named(name, vm.nodes.name()),
            (Watched::Remote(Who::Name(name), node), ..) => named(name, node),
            (Watched::Remote(Who::Pid(id), _), ..) => far(id),
            (_, Some(p), _) => pid(p),
            (_, _, Some(port)) => format!("#Port<0.{}>", port.0),
            _ => continue,
        };
        all.push(format!("{{to,{to},{}}}", reference(*number)));
    }
    for (number, from) in p.relations.watchers() {
        all.push(format!("{{from,{},{}}}", pid(from), reference(number)));
    }
    all
}

fn state(stand: &Stand<'_>, p: &Process) -> &'static str {
    match () {
        () if p.exiting => "Exiting",
        () if stand.is_running(p) => "Running",
        () if p.suspensions() > 0 => "Suspended",
        () if p.queue.is_idle() => "Waiting",
        () => "Scheduled",
    }
}

fn internal_state(stand: &Stand<'_>, p: &Process) -> String {
    let priority = match p.priority {
        Priority::Max => "MAX",
        Priority::High => "HIGH",
        Priority::Normal => "NORMAL",
        Priority::Low => "LOW",
    };
    let mut s = format!("ACT_PRIO_{priority} | USR_PRIO_{priority} | PRQ_PRIO_{priority}");
    let running = stand.is_running(p);
    let off_heap = p.rare.as_ref().is_some_and(|r| r.message_queue_off_heap);
    for (there, name) in [
        (p.exiting, "EXITING"),
        (running || !p.queue.is_idle(), "ACTIVE"),
        (!running && !p.queue.is_idle(), "IN_RUNQ"),
        (running, "RUNNING"),
        (p.suspensions() > 0, "SUSPENDED"),
        (off_heap, "OFF_HEAP_MSGQ"),
    ] {
        if there {
            s += " | ";
            s += name;
        }
    }
    s
}

/// All about one process but its terms; at a terminal also those, as text.
pub(crate) fn info(
    vm: &Vm,
    stand: &Stand<'_>,
    found: Found,
    to: For,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "=proc:{}", found.name())?;
    let name = vm.names.name_of(found.pid).map(|n| Shown(Term::atom(n), 1000));
    // SAFETY: it was found in the process table.
    let Some(p) = (unsafe { stand.process(found.address) }) else {
        // Only what never changes may be looked at.
        writeln!(out, "State: Running")?;
        if let Some(name) = name {
            writeln!(out, "Name: {name}")?;
        }
        return Ok(());
    };
    writeln!(out, "State: {}", state(stand, p))?;
    if let Some(name) = name {
        writeln!(out, "Name: {name}")?;
    }
    let (module, function, arity) = p.initial_function();
    writeln!(out, "Spawned as: {}", Named(module, function, arity))?;
    let running = stand.is_running(p);
    if let Some(current) = current(vm, p).filter(|_| running || to == For::Dump) {
        let title = if running { "Last scheduled in for" } else { "Current call" };
        writeln!(out, "{title}: {current}")?;
    }
    if p.parent.is_local_pid() {
        writeln!(out, "Spawned by: {}", Shown(Term::pid(p.parent.pid_value()), 1000))?;
    } else {
        writeln!(out, "Spawned by: []")?;
    }
    let messages = messages(p);
    writeln!(out, "Message queue length: {}", messages.len())?;
    // SAFETY: terms of a process that nobody runs while they are looked at.
    let term = |w: Word| Shown(unsafe { Term::from_word(w) }, 100_000);
    if to == For::Menu && !messages.is_empty() {
        write!(out, "Message queue: [")?;
        for (i, message) in messages.iter().enumerate() {
            write!(out, "{}{}", if i > 0 { "," } else { "" }, term(*message))?;
        }
        writeln!(out, "]")?;
    }
    let h = &p.heap;
    writeln!(out, "Number of heap fragments: {}", h.fragment_sizes().len())?;
    writeln!(out, "Heap fragment data: {}", h.fragment_words)?;
    let links = links(vm, p);
    if !links.is_empty() && !p.exiting {
        writeln!(out, "Link list: [{}]", links.join(", "))?;
    }
    let dictionary = p.dictionary_entries();
    if to == For::Menu && !dictionary.is_empty() {
        write!(out, "Dictionary: [")?;
        for (i, [k, v]) in dictionary.iter().enumerate() {
            write!(out, "{}{{{},{}}}", if i > 0 { "," } else { "" }, term(*k), term(*v))?;
        }
        writeln!(out, "]")?;
    }
    let words = h.words();
    let old_free = (h.old_end as usize - h.old_top as usize) / 8;
    // As stock counts it, the stack is not in use.
    let unused = h.free_words() + h.stack_words();
    writeln!(out, "Reductions: {}\nStack+heap: {}", p.reductions, h.block_words())?;
    writeln!(out, "OldHeap: {}\nHeap unused: {unused}", h.old_block_words())?;
    writeln!(out, "OldHeap unused: {old_free}\nBinVHeap: {}", h.virtual_bytes / 8)?;
    writeln!(out, "OldBinVHeap: 0\nBinVHeap unused: {}", {
        h.virtual_limit.saturating_sub(h.virtual_bytes) / 8
    })?;
    writeln!(out, "OldBinVHeap unused: {}", h.old_bytes_left / 8)?;
    writeln!(out, "Memory: {}", size_of::<Process>() + words * 8)?;
    if to == For::Menu {
        writeln!(out, "Stack dump:")?;
    }
    writeln!(out, "Program counter: {:#018x} ({})", p.ip as usize, Place(vm, p.ip))?;
    if !p.cp.is_null() {
        writeln!(out, "CP: {:#018x} ({})", p.cp as usize, Place(vm, p.cp))?;
    }
    if !running && !p.exiting {
        writeln!(out, "arity = {}", p.live)?;
        if to == For::Menu {
            let n = p.live as usize;
            let more = p.more_regs.iter().flat_map(|more| &more.0);
            for w in p.regs.iter().chain(more).take(n) {
                writeln!(out, "   {}", term(*w))?;
            }
        }
    }
    if to == For::Menu {
        stack_text(vm, p, out)?;
    }
    writeln!(out, "Internal State: {}", internal_state(stand, p))
}

/// Where a process is: its program counter and its stack with the terms on it.
pub(crate) fn backtrace(vm: &Vm, p: &Process, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Program counter: {:#018x} ({})", p.ip as usize, Place(vm, p.ip))?;
    if !p.cp.is_null() {
        writeln!(out, "CP: {:#018x} ({})", p.cp as usize, Place(vm, p.cp))?;
    }
    stack_text(vm, p, out)
}

fn stack_text(vm: &Vm, p: &Process, out: &mut impl Write) -> io::Result<()> {
    let mut y = 0;
    for (at, w) in stack(p) {
        if w.is_header() {
            let address = w.0 as *const u64;
            write!(out, "\n{:#018x} Return addr {:#018x}", at as usize, w.0)?;
            writeln!(out, " ({})", Place(vm, address))?;
            y = 0;
            continue;
        }
        write!(out, "{:<9}", format!("y({y})"))?;
        if w.is_catch() {
            let handler = w.catch_handler();
            writeln!(out, "Catch {:#018x} ({})", handler as usize, Place(vm, handler))?;
        } else {
            // SAFETY: what on the stack is neither an address nor a catch mark is a term, of a
            // process that nobody runs.
            writeln!(out, "{}", Shown(unsafe { Term::from_word(w) }, 100_000))?;
        }
        y += 1;
    }
    Ok(())
}
