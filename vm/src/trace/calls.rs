//! What is done at a breakpoint, and when a traced function returns or raises.
//!
//! Here nothing is known of registers and stacks: a call is told with its arguments and return
//! address, and what has to be put on the stack is answered.

use super::actions::Context;
use super::messages::{self, Report, mfa, name, report};
use super::tracees::{self, Flags};
use crate::code::breakpoints::{Breakpoint, Mfa, Spec, Times};
use crate::interp::binary_match::plain;
use crate::native::Native;
use crate::process::Process;
use crate::sync::Ordering;
use crate::term::{Atom, Term, Word, atoms};
use crate::vm::Vm;
use smallvec::SmallVec;

/// A frame that a traced call wants below that of the function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wants {
    /// One that shows the return; the word says who is told.
    Return(Word),
    /// One that shows the return or the exception.
    Exception(Word),
    /// One that shows where it returns to.
    ReturnTo,
    /// One that sets the time that goes on after the return.
    Time(u64),
}

/// The frames that a call wants, in the order in which they are pushed.
pub(crate) type Frames = SmallVec<[Wants; 4]>;

/// A call that met a breakpoint.
pub(crate) struct Call<'a> {
    /// Where it returns to, past frames that trace.
    pub caller: *const u64,
    /// Whether there is a frame already that shows where it returns to.
    pub shows_return_to: bool,
    /// Whether the function returns to a frame that traces.
    pub is_traced: bool,
    /// Its arguments.
    pub args: &'a [Word],
}

/// Does what a breakpoint says.
pub(crate) fn called(
    cx: &mut Native<'_>,
    process: &Process,
    b: &Breakpoint,
    call: &Call<'_>,
) -> Frames {
    let mut frames = Frames::new();
    let own = Word::from_pid(process.pid);
    let flags = process.trace.flags();
    let tracer = process.trace.tracer(cx.vm());
    let there = tracer.is_some_and(|t| t == own || messages::is_there(cx.vm(), t));
    if flags & tracees::CALL != 0 && !there {
        // Forgets it.
        process.trace.tracer_for(cx.vm(), own, tracees::CALL);
    }
    let traced = flags & tracees::CALL != 0 && there;
    let either = b.local.as_ref().map(|s| (s, true)).or(b.global.as_ref().map(|s| (s, false)));
    if let Some((spec, local)) = either
        && traced
        && let Some(tracer) = process.trace.tracer_for(cx.vm(), own, tracees::CALL)
    {
        let to_process = Term::atom(atoms::TRUE).word();
        let how = How { tracer, named: to_process, spec, meta: false, local };
        how.trace(cx, process, b, call, &mut frames);
    }
    if let Some(meta) = &b.meta
        && flags & tracees::SENSITIVE == 0
    {
        let tracer = Word(meta.tracer.load(Ordering::Relaxed));
        if tracer.0 != 0 && !messages::is_there(cx.vm(), tracer) {
            meta.tracer.store(0, Ordering::Relaxed);
        } else if tracer.0 != 0 && tracer != own {
            let how = How { tracer, named: tracer, spec: &meta.spec, meta: true, local: true };
            how.trace(cx, process, b, call, &mut frames);
        }
    }
    if let Some(count) = &b.count
        && count.active.load(Ordering::Relaxed)
    {
        count.calls.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(times) = &b.time
        && traced
        && times.active.load(Ordering::Relaxed)
    {
        let before = enter_timed(cx, process, times);
        if !call.is_traced && frames.is_empty() {
            frames.push(Wants::Time(before));
        }
    }
    frames
}

/// One kind of trace of one call.
struct How<'a> {
    tracer: Word,
    /// How the tracer is named in frames.
    named: Word,
    spec: &'a Spec,
    meta: bool,
    local: bool,
}

impl How<'_> {
    fn trace(
        &self,
        cx: &mut Native<'_>,
        process: &Process,
        b: &Breakpoint,
        call: &Call<'_>,
        frames: &mut Frames,
    ) {
        let context = Context::new(call.caller);
        let args = args_list(cx, call.args);
        if let Some(spec) = self.spec
            && !spec.run_trace(cx, args, &context)
        {
            return;
        }
        // As they are after the specification's body.
        let flags = if self.meta { tracees::NOW } else { process.trace.flags() };
        if flags & tracees::SILENT != 0 {
            return;
        }
        let returns = |frames: &mut Frames| {
            if context.exception_trace.get() {
                frames.push(Wants::Exception(self.named));
            } else if context.return_trace.get() {
                frames.push(Wants::Return(self.named));
            }
        };
        let Some(result) = context.verdict() else { return returns(frames) };
        let (m, f, arity) = b.mfa;
        let shown = if flags & tracees::ARITY != 0 { Term::small(i64::from(arity)) } else { args };
        let called = cx.tuple(&[Term::atom(m), Term::atom(f), shown]);
        let r = Report {
            tracee: Term::pid(process.pid),
            flags,
            what: name(cx.vm(), "call"),
            data: &[called],
            result,
        };
        report(cx, self.tracer, &r);
        let wanted = |w: &Wants| *w == Wants::ReturnTo;
        if self.local
            && flags & tracees::RETURN_TO != 0
            && !call.shows_return_to
            && !frames.iter().any(wanted)
        {
            frames.push(Wants::ReturnTo);
        }
        returns(frames);
    }
}

/// The arguments as a list. A match context among them becomes the rest of its binary.
fn args_list<'s>(cx: &mut Native<'s>, args: &[Word]) -> Term<'s> {
    // SAFETY: the arguments are terms or contexts, which stay while they are shown.
    let terms: SmallVec<[Term<'s>; 8]> = args.iter().map(|w| unsafe { plain(cx, *w) }).collect();
    cx.list(&terms)
}

/// Who is told of a return, and how.
fn told(vm: &Vm, process: &Process, named: Word) -> Option<(Word, Flags)> {
    if named != Term::atom(atoms::TRUE).word() {
        return messages::is_there(vm, named).then_some((named, tracees::NOW));
    }
    let tracer = process.trace.tracer_for(vm, Word::from_pid(process.pid), tracees::CALL)?;
    Some((tracer, process.trace.flags()))
}

/// A traced function returns `value`.
pub(crate) fn returned(
    cx: &mut Native<'_>,
    process: &Process,
    function: Mfa,
    named: Word,
    value: Term<'_>,
) {
    let what = name(cx.vm(), "return_from");
    let mfa = mfa(cx, function);
    // SAFETY: the value stays during this call.
    let value = unsafe { Term::from_word(value.word()) };
    tell(cx, process, named, what, &[mfa, value]);
}

/// A traced function is left because of an exception.
pub(crate) fn raised(
    cx: &mut Native<'_>,
    process: &Process,
    function: Mfa,
    named: Word,
    class: Atom,
    value: Term<'_>,
) {
    let what = name(cx.vm(), "exception_from");
    let mfa = mfa(cx, function);
    // SAFETY: the value stays during this call.
    let value = unsafe { Term::from_word(value.word()) };
    let why = cx.tuple(&[Term::atom(class), value]);
    tell(cx, process, named, what, &[mfa, why]);
}

fn tell<'s>(cx: &mut Native<'s>, process: &Process, named: Word, what: Atom, data: &[Term<'s>]) {
    let Some((tracer, flags)) = told(cx.vm(), process, named) else { return };
    if flags & tracees::SILENT != 0 {
        return;
    }
    let tracee = Term::pid(process.pid);
    report(cx, tracer, &Report { tracee, flags, what, data, result: None });
}

/// A traced function returns to code at `address`.
pub(crate) fn returned_to(cx: &mut Native<'_>, process: &Process, address: *const u64) {
    let vm = cx.vm();
    let own = Word::from_pid(process.pid);
    let Some(tracer) = process.trace.tracer_for(vm, own, tracees::RETURN_TO) else { return };
    let at = address.wrapping_sub(1);
    let module = vm.code.module_at(at);
    let place = module.as_ref().and_then(|m| m.locate(at)).map(|l| (l.module, l.function, l.arity));
    let place = match place {
        Some(function) => mfa(cx, function),
        None => Term::atom(atoms::UNDEFINED),
    };
    let r = Report {
        tracee: Term::pid(process.pid),
        flags: process.trace.flags(),
        what: name(vm, "return_to"),
        data: &[place],
        result: None,
    };
    report(cx, tracer, &r);
}

/// A function whose time is measured is called: its time goes on, that of the one before stops.
/// Gives the number of the one before, 0 if there is none.
fn enter_timed(cx: &mut Native<'_>, process: &Process, times: &Times) -> u64 {
    let before = switch_times(cx.vm(), process, times.id);
    times.by_process.lock().entry(process.pid).or_insert((0, 0)).0 += 1;
    before
}

/// Makes the time of another function go on.
pub(crate) fn switch_times(vm: &Vm, process: &Process, to: u64) -> u64 {
    let now = vm.world.now();
    process.trace.set_internal(tracees::TIMED, true);
    let before = vm.tracing.clocks.lock().insert(process.pid, Clock { function: to, since: now });
    let Some(before) = before else { return 0 };
    charge(vm, process, before.function, now - before.since);
    before.function
}

/// Adds to the time of a function in a process.
fn charge(vm: &Vm, process: &Process, id: u64, nanos: u64) {
    if let Some(times) = vm.code.breakpoints.times(id) {
        times.by_process.lock().entry(process.pid).or_insert((0, 0)).1 += nanos;
    }
}

/// The slice is over: the time stops.
pub(crate) fn stop_clock(vm: &Vm, process: &Process) {
    let now = vm.world.now();
    let clock = vm.tracing.clocks.lock().get(&process.pid).copied();
    if let Some(clock) = clock {
        charge(vm, process, clock.function, now - clock.since);
    }
}

/// A slice begins: the time goes on.
pub(crate) fn start_clock(vm: &Vm, process: &Process) {
    if let Some(clock) = vm.tracing.clocks.lock().get_mut(&process.pid) {
        clock.since = vm.world.now();
    }
}

/// The process is gone.
pub(crate) fn forget_clock(vm: &Vm, process: &Process) {
    vm.tracing.clocks.lock().remove(&process.pid);
}

/// Which function's time goes on in a process.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The number of its times; 0: none.
    function: u64,
    /// Since when, in the world's nanoseconds.
    since: u64,
}
