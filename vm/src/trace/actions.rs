//! What match specifications have in tracing alone: the "actions" of the ERTS user's guide.

use super::messages::{self, name};
use super::seq;
use super::tracees::{self, Flags};
use crate::ets::Dialect;
use crate::native::Native;
use crate::sync::Ordering;
use crate::term::{Term, View, Word, atoms, print};
use std::cell::Cell;
use std::io::Write;

/// A function that only specifications for tracing have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the functions by their own names")]
pub enum Action {
    Message,
    ReturnTrace,
    ExceptionTrace,
    IsSeqTrace,
    SetSeqToken,
    GetSeqToken,
    EnableTrace,
    DisableTrace,
    Trace,
    Caller,
    CallerLine,
    Silent,
    Display,
    ProcessDump,
    GetTcw,
    SetTcw,
}

impl Action {
    /// That of a name and number of arguments.
    pub fn of(name: &str, args: usize) -> Option<Action> {
        Some(match (name, args) {
            ("message", 1) => Action::Message,
            ("return_trace", 0) => Action::ReturnTrace,
            ("exception_trace", 0) => Action::ExceptionTrace,
            ("is_seq_trace", 0) => Action::IsSeqTrace,
            ("set_seq_token", 2) => Action::SetSeqToken,
            ("get_seq_token", 0) => Action::GetSeqToken,
            ("enable_trace", 1 | 2) => Action::EnableTrace,
            ("disable_trace", 1 | 2) => Action::DisableTrace,
            ("trace", 2 | 3) => Action::Trace,
            ("caller", 0) => Action::Caller,
            ("caller_line", 0) => Action::CallerLine,
            ("silent", 1) => Action::Silent,
            ("display", 1) => Action::Display,
            ("process_dump", 0) => Action::ProcessDump,
            ("get_tcw", 0) => Action::GetTcw,
            ("set_tcw", 1) => Action::SetTcw,
            _ => return None,
        })
    }

    /// Whether a guard or body of that dialect may have it.
    pub fn is_allowed(self, dialect: Dialect, body: bool) -> bool {
        match (self, dialect) {
            (_, Dialect::Table) => false,
            (Action::GetTcw, _) => true,
            (Action::Message | Action::Display | Action::SetTcw, _) => body,
            (Action::ReturnTrace | Action::ExceptionTrace, _) => body,
            (Action::Caller | Action::CallerLine, _) => body && dialect == Dialect::Call,
            (_, Dialect::Receive) => false,
            (Action::IsSeqTrace, _) => true,
            _ => body,
        }
    }
}

/// The numbers of arguments that an action takes, if it is one; and whether it is a function like
/// others as far as complaints go.
pub(crate) fn form(name: &str) -> Option<(std::ops::RangeInclusive<usize>, bool)> {
    Some(match name {
        "get_tcw" => (0..=0, true),
        "set_tcw" => (1..=1, true),
        "message" | "silent" | "display" => (1..=1, false),
        "set_seq_token" => (2..=2, false),
        "enable_trace" | "disable_trace" => (1..=2, false),
        "trace" => (2..=3, false),
        "return_trace" | "exception_trace" | "is_seq_trace" | "get_seq_token" | "caller"
        | "caller_line" | "process_dump" => (0..=0, false),
        _ => return None,
    })
}

/// What a specification is run with, and what its body leaves behind.
pub struct Context {
    /// Where the traced function returns to; null: it is not called.
    pub caller: *const u64,
    /// It is only tried out (`match_spec_test`): nothing but `result` and what is to be traced of
    /// the return is changed.
    pub fake: bool,
    /// `{message, _}`, if the body has one.
    pub result: Cell<Option<Word>>,
    /// `{return_trace}`
    pub return_trace: Cell<bool>,
    /// `{exception_trace}`
    pub exception_trace: Cell<bool>,
}

impl Context {
    /// For a function that returns to `caller`.
    pub fn new(caller: *const u64) -> Context {
        Context {
            caller,
            fake: false,
            result: Cell::new(None),
            return_trace: Cell::new(false),
            exception_trace: Cell::new(false),
        }
    }

    /// What `{message, _}` says of a message that is to be sent: not at all (`None`), or with what.
    pub(crate) fn verdict<'s>(&self) -> Option<Option<Term<'s>>> {
        let Some(word) = self.result.get() else { return Some(None) };
        // SAFETY: a term of the specification, the arguments or the scratch area, which are there
        // until the message has been sent.
        let term = unsafe { Term::from_word(word) };
        match () {
            () if term.is_atom(atoms::FALSE) => None,
            () if term.is_atom(atoms::TRUE) => Some(None),
            () => Some(Some(term)),
        }
    }
}

/// Does what an action says; `None`: it fails.
pub(crate) fn perform<'p>(
    cx: &mut Native<'p>,
    action: Action,
    args: &[Term<'p>],
    context: &Context,
) -> Option<Term<'p>> {
    let done = Some(Term::atom(atoms::TRUE));
    match (action, args) {
        (Action::Message, [what]) => {
            context.result.set(Some(what.word()));
            done
        }
        (Action::ReturnTrace, _) => {
            context.return_trace.set(true);
            done
        }
        (Action::ExceptionTrace, _) => {
            context.exception_trace.set(true);
            done
        }
        (Action::Caller, _) => Some(caller(cx, context.caller, false)),
        (Action::CallerLine, _) => Some(caller(cx, context.caller, true)),
        (Action::Display, [what]) => {
            let mut text = print::display(*what);
            text.push(b'\n');
            let mut out = cx.vm().stdout.lock();
            // As in stock, output that fails is lost.
            let _ = out.write_all(&text).and_then(|()| out.flush());
            done
        }
        (Action::GetTcw, _) => {
            let word = cx.vm().tracing.control_word.load(Ordering::Relaxed);
            Some(cx.uint(u64::from(word)))
        }
        (Action::SetTcw, [new]) => {
            let new = new.as_u64().and_then(|n| u32::try_from(n).ok())?;
            let word = &cx.vm().tracing.control_word;
            let old = if context.fake {
                word.load(Ordering::Relaxed)
            } else {
                word.swap(new, Ordering::Relaxed)
            };
            Some(cx.uint(u64::from(old)))
        }
        (Action::Silent, [on]) => {
            if !context.fake
                && let Some(on) = on.as_bool()
            {
                let vm = cx.vm();
                let _changing = vm.tracing.changing.lock();
                let own = cx.self_pid();
                tracees::with_tracee(vm, own, |t| {
                    let flags = t.flags();
                    let silent = tracees::SILENT;
                    t.set(vm, if on { flags | silent } else { flags & !silent }, None);
                });
            }
            Some(*on)
        }
        (Action::EnableTrace, [what]) => change(cx, context, None, *what, true),
        (Action::EnableTrace, [who, what]) => change(cx, context, Some(*who), *what, true),
        (Action::DisableTrace, [what]) => change(cx, context, None, *what, false),
        (Action::DisableTrace, [who, what]) => change(cx, context, Some(*who), *what, false),
        (Action::Trace, [off, on]) => trace(cx, context, None, *off, *on),
        (Action::Trace, [who, off, on]) => trace(cx, context, Some(*who), *off, *on),
        (Action::ProcessDump, _) => {
            let what = name(cx.vm(), "backtrace");
            let stack = cx.own_info(Term::atom(what));
            let [_, stack] = stack.as_tuple_of()?;
            let head = format!("=proc:{:?}\nState: Running\n", Term::pid(cx.self_pid()));
            let stack = crate::term::iolist::to_bytes(stack)?;
            Some(cx.binary(&[head.as_bytes(), &stack].concat()))
        }
        (Action::IsSeqTrace, _) => Some(Term::bool(cx.has_token())),
        (Action::GetSeqToken, _) => Some(cx.token().unwrap_or(Term::nil())),
        (Action::SetSeqToken, [item, value]) => {
            let item = item.as_atom()?.name();
            let known = seq::flag(item).is_some() || matches!(item, "label" | "serial");
            match (known, context.fake) {
                // As a body that fails is told, but this one goes on.
                (false, _) => Some(Term::atom(atoms::EXIT_UPPER)),
                (true, true) => done,
                (true, false) => cx.set_token_item(item, *value),
            }
        }
        _ => None,
    }
}

/// The function that an address is in, or `undefined`.
fn caller<'p>(cx: &mut Native<'p>, address: *const u64, with_line: bool) -> Term<'p> {
    let undefined = Term::atom(atoms::UNDEFINED);
    if address.is_null() {
        return undefined;
    }
    let at = address.wrapping_sub(1);
    let Some(module) = cx.vm().code.module_at(at) else { return undefined };
    let Some(l) = module.locate(at) else { return undefined };
    if !with_line {
        return messages::mfa(cx, (l.module, l.function, l.arity));
    }
    let line = match l.line {
        Some(line) => {
            let name = line.file().as_tuple().map_or(undefined, |pair| pair[1]);
            cx.tuple(&[name, Term::small(i64::from(line.number))])
        }
        None => undefined,
    };
    let arity = Term::small(i64::from(l.arity));
    cx.tuple(&[Term::atom(l.module), Term::atom(l.function), arity, line])
}

/// The process that `{enable_trace, Who, _}` and its like name.
fn process(cx: &Native<'_>, who: Option<Term<'_>>) -> Option<crate::term::Pid> {
    match who.map(Term::view) {
        None => Some(cx.self_pid()),
        Some(View::Pid(pid)) => Some(pid),
        Some(View::Atom(name)) => cx.vm().names.process(name),
        Some(_) => None,
    }
}

fn change<'p>(
    cx: &mut Native<'p>,
    context: &Context,
    who: Option<Term<'p>>,
    what: Term<'p>,
    on: bool,
) -> Option<Term<'p>> {
    let flag = tracees::flag(what.as_atom()?.name())?;
    let (off, on) = if on { (0, flag) } else { (flag, 0) };
    let pid = process(cx, who)?;
    let vm = cx.vm();
    if !context.fake {
        let _changing = vm.tracing.changing.lock();
        let tracer = tracees::with_tracee(vm, cx.self_pid(), |t| t.tracer(vm)).flatten();
        tracees::with_tracee(vm, pid, |t| t.take_over(vm, tracer, off, on))?;
    }
    Some(Term::atom(atoms::TRUE))
}

/// Flags and tracer of a list as `erlang:trace/3` takes them; `None`: it is no such list.
pub fn flag_list(vm: &crate::vm::Vm, list: Term<'_>) -> Option<(Flags, Option<Word>)> {
    let mut flags = 0;
    let mut tracer = None;
    for item in list.list_to_vec()? {
        match item.view() {
            View::Atom(a) => flags |= tracees::flag(a.name())?,
            View::Tuple(parts) => tracer = Some(tracer_of(vm, "tracer", parts)?),
            _ => return None,
        }
    }
    Some((flags, tracer))
}

/// The tracer that `{tracer, Tracer}`, `{tracer, Module, State}` or, with another tag, their like
/// names. A module but `erl_tracer` would have to be native code from a file, which this machine
/// does not load.
pub fn tracer_of(vm: &crate::vm::Vm, tag: &str, parts: &[Term<'_>]) -> Option<Word> {
    match parts {
        [t, who] if t.as_atom()?.name() == tag => any_tracer(vm, *who),
        [t, module, state] if t.as_atom()?.name() == tag => tracer_of_module(vm, *module, *state),
        _ => None,
    }
}

fn tracer_of_module(vm: &crate::vm::Vm, module: Term<'_>, state: Term<'_>) -> Option<Word> {
    module.is_atom(name(vm, "erl_tracer")).then(|| any_tracer(vm, state)).flatten()
}

/// The tracer that a process, a port or `{Module, State}` is.
pub fn any_tracer(vm: &crate::vm::Vm, who: Term<'_>) -> Option<Word> {
    if let Some([module, state]) = who.as_tuple_of::<2>() {
        return tracer_of_module(vm, module, state);
    }
    let known = match who.view() {
        View::Pid(_) | View::Port(_) => messages::is_there(vm, who.word()),
        _ => false,
    };
    known.then_some(who.word())
}

fn trace<'p>(
    cx: &mut Native<'p>,
    context: &Context,
    who: Option<Term<'p>>,
    off: Term<'p>,
    on: Term<'p>,
) -> Option<Term<'p>> {
    let vm = cx.vm();
    let (off, given) = flag_list(vm, off)?;
    let (on, tracer) = flag_list(vm, on)?;
    let pid = process(cx, who)?;
    if context.fake {
        return Some(Term::atom(atoms::TRUE));
    }
    let _changing = vm.tracing.changing.lock();
    let own = || tracees::with_tracee(vm, cx.self_pid(), |t| t.tracer(vm)).flatten();
    let tracer = tracer.or(given).or_else(own);
    if tracer.is_some_and(|t| t == Word::from_pid(pid) || !messages::is_there(vm, t)) {
        return None;
    }
    let changed = tracees::with_tracee(vm, pid, |t| t.take_over(vm, tracer, off, on))?;
    Some(Term::bool(changed))
}
