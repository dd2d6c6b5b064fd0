//! Sequential tracing (`seq_trace`): a token that goes from process to process with messages.
//!
//! A process's token is in its `rare` part, with the flag `SEQUENTIAL` to tell that it is there. A
//! message that has one is a signal of a kind of its own, which owns it until the message is
//! received or dropped.

use super::messages::{self, name, send_to_tracer, timestamp, with_scratch};
use super::tracees::{self, SEQUENTIAL};
use crate::heap::LiteralRange;
use crate::native::Native;
use crate::process::signal::SignalKind;
use crate::process::spawn::Call;
use crate::process::{Parcel, Process};
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Area, Pid, Term, Word, atoms, copy};
use crate::vm::Vm;

/// Sending is shown.
pub const SEND: u32 = 1;
/// Receiving is shown.
pub const RECEIVE: u32 = 2;
/// What programs print is shown.
pub const PRINT: u32 = 4;
/// What is shown has time stamps as of `erlang:now/0`.
pub const NOW: u32 = 8;
/// Or strictly monotonic ones.
pub const STRICT_MONOTONIC: u32 = 16;
/// Or monotonic ones.
pub const MONOTONIC: u32 = 32;

/// The flag of that name.
pub fn flag(name: &str) -> Option<u32> {
    Some(match name {
        "send" => SEND,
        "receive" => RECEIVE,
        "print" => PRINT,
        "timestamp" => NOW,
        "strict_monotonic_timestamp" => STRICT_MONOTONIC,
        "monotonic_timestamp" => MONOTONIC,
        _ => return None,
    })
}

/// A term that several tokens share.
struct Kept(Parcel);

// SAFETY: the parcel's term is only read.
unsafe impl Sync for Kept {}

/// A token.
#[derive(Clone)]
pub struct Token {
    /// Which events are shown, and how.
    pub flags: u32,
    label: Arc<Kept>,
    /// Its number.
    pub serial: i64,
    /// Who sent it last: a pid.
    pub from: Word,
    /// The number before.
    pub last: i64,
}

/// What a process has of sequential tracing.
#[derive(Default)]
pub struct State {
    token: Option<Arc<Token>>,
    /// The last number given away.
    clock: i64,
    /// The number of the last token that came.
    last: i64,
}

impl Token {
    /// A token without flags, of a process.
    fn new(p: &Process, last: i64) -> Token {
        Token {
            flags: 0,
            label: kept(Term::small(0)),
            serial: 0,
            from: Word::from_pid(p.pid),
            last,
        }
    }

    /// The label.
    pub fn label(&self) -> Term<'_> {
        self.label.0.term()
    }

    /// `{Flags, Label, Serial, From, Last}`
    pub fn term<'q>(&self, area: &mut Area<'q>) -> Term<'q> {
        let label = copy::to_area(self.label(), area, LiteralRange::NONE);
        // SAFETY: who sent it is a pid, which is immediate.
        let from = unsafe { Term::from_word(self.from) };
        let [flags, serial, last] =
            [i64::from(self.flags), self.serial, self.last].map(|n| area.int(n));
        area.tuple(&[flags, label, serial, from, last])
    }
}

fn kept(t: Term<'_>) -> Arc<Kept> {
    Arc::new(Kept(Parcel::copy(SignalKind::Data, t, LiteralRange::NONE)))
}

impl Process {
    /// Its token, if it has one.
    pub fn token(&self) -> Option<&Arc<Token>> {
        // Others may have taken it away (`reset_tokens`).
        if !self.trace.any(SEQUENTIAL) {
            return None;
        }
        self.rare.as_ref()?.sequential.token.as_ref()
    }

    /// Gives it a token, or none.
    pub fn set_token(&mut self, token: Option<Token>) {
        self.trace.set_internal(SEQUENTIAL, token.is_some());
        if token.is_some() || self.rare.is_some() {
            self.rare().sequential.token = token.map(Arc::new);
        }
    }

    /// A copy of its token to be changed; a new one if it has none.
    fn any_token(&mut self) -> Token {
        if self.trace.any(tracees::RESETS_NUMBERS) {
            self.trace.set_internal(tracees::RESETS_NUMBERS, false);
            self.rare().sequential = State::default();
        }
        match self.token() {
            Some(token) => Token::clone(token),
            None => {
                let last = self.rare().sequential.last;
                Token::new(self, last)
            }
        }
    }

    /// Sets one of the token's flags: what it was.
    pub fn set_token_flag(&mut self, flag: u32, on: bool) -> bool {
        let mut token = self.any_token();
        let was = token.flags & flag != 0;
        token.flags = if on { token.flags | flag } else { token.flags & !flag };
        self.set_token(Some(token));
        was
    }

    /// Sets the token's label.
    pub fn set_token_label(&mut self, label: Term<'_>) {
        let label = kept(label);
        let token = Token { label, ..self.any_token() };
        self.set_token(Some(token));
    }

    /// Sets the token's numbers.
    pub fn set_token_serial(&mut self, last: i64, serial: i64) {
        let token = Token { last, serial, ..self.any_token() };
        self.set_token(Some(token));
        let state = &mut self.rare().sequential;
        (state.clock, state.last) = (serial, last);
    }

    /// The token with the next number, as it goes out with a message. While there is a tracer that
    /// may not trace the process the number stays.
    fn next_token(&mut self, vm: &Vm) -> Option<Arc<Token>> {
        let mut token = Token::clone(self.token()?);
        let tracer = vm.tracing.sequential_tracer();
        let counts = tracer.is_none_or(|t| super::messages::is_there(vm, t));
        if counts && tracer != Some(Word::from_pid(self.pid)) {
            let state = &mut self.rare().sequential;
            state.clock += 1;
            token.serial = state.clock;
            token.last = state.last;
            token.from = Word::from_pid(self.pid);
            self.set_token(Some(token));
        }
        self.token().cloned()
    }
}

/// A message to `to` is about to be sent by a process with a token: the kind of signal that
/// carries it.
///
/// # Safety
/// The worker is the caller's and owns the process; the message is a term.
pub(crate) unsafe fn sends(
    w: *mut Worker,
    p: *mut Process,
    to: Term<'_>,
    message: Term<'_>,
) -> Option<SignalKind> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let token = (*p).next_token(&vm)?;
        shows(w, p, &token, SEND, to.word(), message.word(), None);
        Some(SignalKind::TokenMessage { token: Arc::into_raw(token) })
    }
}

/// A process that has a token exits: the kind of the exit signal to a process linked to it.
///
/// # Safety
/// As `sends`; the reason is a term.
pub(crate) unsafe fn exits(
    w: *mut Worker,
    p: *mut Process,
    to: Pid,
    reason: Term<'_>,
) -> Option<SignalKind> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let token = (*p).next_token(&vm)?;
        let own = (*p).pid;
        shows(w, p, &token, SEND, Word::from_pid(to), reason.word(), Some(own));
        Some(SignalKind::TokenExit { from: own, token: Arc::into_raw(token) })
    }
}

/// A process receives a message, with a token or without.
///
/// # Safety
/// As `sends`; the token, if there is one, is the caller's and given up.
#[cold]
pub(crate) unsafe fn received(
    w: *mut Worker,
    p: *mut Process,
    token: Option<*const Token>,
    message: Word,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(token) = token.map(|t| Arc::from_raw(t)) else { return (*p).set_token(None) };
        (*p).set_token(Some(Token::clone(&token)));
        let state = &mut (*p).rare().sequential;
        state.last = token.serial;
        state.clock = state.clock.max(token.serial);
        let me = Word::from_pid((*p).pid);
        shows(w, p, &token, RECEIVE, me, message, None);
    }
}

/// A process that has a token makes another, which gets it too.
///
/// # Safety
/// The worker is the caller's and owns both; nobody else knows the new one.
pub(crate) unsafe fn spawned(
    w: *mut Worker,
    parent: *mut Process,
    child: *mut Process,
    call: Call<'_, '_>,
    options: &[&str],
    reference: Option<u64>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let Some(token) = (*parent).next_token(&vm) else { return };
        (*child).set_token(Some(Token::clone(&token)));
        let state = &mut (*child).rare().sequential;
        (state.clock, state.last) = (token.serial, token.serial);
        // As if the two had asked and answered each other.
        let (ours, theirs) = (Word::from_pid((*parent).pid), Word::from_pid((*child).pid));
        let number = reference.unwrap_or_else(|| vm.next_reference());
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let reference = cx.reference(number, None);
            let options: Vec<Term<'_>> = options.iter().map(|o| Term::atom(name(&vm, o))).collect();
            let options = cx.list(&options);
            let args: Vec<Term<'_>> = call.args.iter().map(|t| Term::from_word(t.word())).collect();
            let args = cx.list(&args);
            let function = messages::mfa(cx, (call.module, call.function, call.args.len() as u8));
            let asked = cx.tuple(&[
                Term::atom(name(&vm, "spawn_request")),
                reference,
                Term::from_word(ours),
                Term::from_word((*parent).group_leader),
                function,
                options,
                Term::atom(name(&vm, "spawn_reply")),
                args,
            ]);
            shows(w, parent, &token, SEND, theirs, asked.word(), None);
            shows(w, child, &token, RECEIVE, theirs, asked.word(), None);
            let Some(token) = (*child).next_token(&vm) else { return };
            let answer = cx.tuple(&[
                Term::atom(name(&vm, "spawn_reply")),
                reference,
                Term::atom(atoms::OK),
                Term::from_word(theirs),
            ]);
            shows(w, child, &token, SEND, ours, answer.word(), None);
            let state = &mut (*parent).rare().sequential;
            state.last = token.serial;
            state.clock = state.clock.max(token.serial);
            shows(w, parent, &token, RECEIVE, ours, answer.word(), None);
        });
    }
}

/// `seq_trace:print/1,2`: whether the process has a token (of that label).
///
/// # Safety
/// As `sends`.
pub(crate) unsafe fn prints(w: *mut Worker, p: *mut Process, what: Term<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let Some(token) = (*p).next_token(&vm) else { return };
        shows(w, p, &token, PRINT, Word::NIL, what.word(), None);
    }
}

/// Tells the system's tracer of an event, if there is one and the token says so. An exit signal is
/// from `exit_from`.
unsafe fn shows(
    w: *mut Worker,
    p: *mut Process,
    token: &Token,
    event: u32,
    to: Word,
    message: Word,
    exit_from: Option<Pid>,
) {
    // SAFETY: the caller's promise; the words are terms.
    unsafe {
        let vm = (*w).vm.clone();
        let Some(tracer) = vm.tracing.sequential_tracer() else { return };
        let sensitive = !p.is_null() && (*p).trace.any(tracees::SENSITIVE);
        let own = !p.is_null() && tracer == Word::from_pid((*p).pid);
        if sensitive || own || token.flags & event == 0 || !super::messages::is_there(&vm, tracer) {
            return;
        }
        with_scratch(w, p, |cx| {
            let what = match event {
                SEND => "send",
                RECEIVE => "receive",
                _ => "print",
            };
            let what = Term::atom(name(&vm, what));
            let numbers = [cx.int(token.last), cx.int(token.serial)];
            let numbers = cx.tuple(&numbers);
            let mut message = Term::from_word(message);
            if let Some(pid) = exit_from {
                message = cx.tuple(&[Term::atom(atoms::EXIT_UPPER), Term::pid(pid), message]);
            }
            let (from, to) = (Term::from_word(token.from), Term::from_word(to));
            let event = cx.tuple(&[what, numbers, from, to, message]);
            let label = copy::to_area(token.label(), cx, LiteralRange::NONE);
            let mut parts = vec![Term::atom(name(&vm, "seq_trace")), label, event];
            parts.extend(stamp(cx, token.flags));
            let whole = cx.tuple(&parts);
            send_to_tracer(cx, tracer, whole);
        });
    }
}

fn stamp<'s>(cx: &mut Native<'s>, flags: u32) -> Option<Term<'s>> {
    let kind = match () {
        () if flags & NOW != 0 => tracees::NOW,
        () if flags & STRICT_MONOTONIC != 0 => tracees::STRICT_MONOTONIC,
        () if flags & MONOTONIC != 0 => tracees::MONOTONIC,
        () => return None,
    };
    Some(timestamp(cx, kind))
}

/// A message that will not be received is dropped: its token too.
///
/// # Safety
/// The signal is the caller's, and its kind is not used afterwards.
pub(crate) unsafe fn drop_token(kind: SignalKind) {
    if let SignalKind::TokenMessage { token }
    | SignalKind::TokenData { token }
    | SignalKind::TokenExit { token, .. }
    | SignalKind::TokenAliasMessage { token, .. } = kind
    {
        // SAFETY: it came from `Arc::into_raw`, and the signal owned it.
        drop(unsafe { Arc::from_raw(token) });
    }
}
