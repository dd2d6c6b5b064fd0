//! Sequential tracing (`seq_trace`): a token that goes from process to process with messages.
//!
//! A process's token is in its `rare` part, with the flag `SEQUENTIAL` to tell that it is there. A
//! message that has one is a signal of a kind of its own, which owns it until the message is
//! received or dropped.

use super::messages::{self, name, send_to_tracer, timestamp, with_scratch};
use super::tracees::{self, SEQUENTIAL};
use crate::dist::ids::{PidId, Who};
use crate::heap::LiteralRange;
use crate::native::Native;
use crate::process::signal::SignalKind;
use crate::process::spawn::Call;
use crate::process::{Parcel, Process};
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Area, Atom, Pid, Term, Word, atoms, copy};
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
#[derive(Debug)]
struct Kept(Parcel);

// SAFETY: the parcel's term is only read.
unsafe impl Sync for Kept {}

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// Which events are shown, and how.
    pub flags: u32,
    label: Arc<Kept>,
    /// Its number.
    pub serial: i64,
    /// Who sent it last.
    pub from: Sender,
    /// The number before.
    pub last: i64,
}

/// Who sent a token last.
#[derive(Clone, Copy, Debug)]
pub enum Sender {
    /// A process of this node.
    Local(Pid),
    /// One of another node; or a node, which has made no process.
    Remote(Who),
}

impl Sender {
    fn term<'q>(self, area: &mut Area<'q>) -> Term<'q> {
        match self {
            Sender::Local(pid) => Term::pid(pid),
            Sender::Remote(who) => who.term(area),
        }
    }
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
        Token { flags: 0, label: kept(Term::small(0)), serial: 0, from: Sender::Local(p.pid), last }
    }

    /// A token that has come from another node: `{Flags, Label, Serial, From, Last}`.
    pub(crate) fn of(t: Term<'_>) -> Option<Token> {
        let [flags, label, serial, from, last] = t.as_tuple_of::<5>()?;
        let from = match (from.as_atom(), from.as_pid()) {
            (Some(node), _) => Sender::Remote(Who::Name(node)),
            (_, Some(pid)) => Sender::Local(pid),
            _ => Sender::Remote(Who::Pid(PidId::external(from)?)),
        };
        Some(Token {
            flags: u32::try_from(flags.as_small()?).ok()?,
            label: kept(label),
            serial: serial.as_small()?,
            from,
            last: last.as_small()?,
        })
    }

    /// Whether a node that does not know of labels of all kinds takes it.
    pub(crate) fn has_small_label(&self) -> bool {
        // What is small on machines of 32 bits.
        self.label().as_small().is_some_and(|n| (-1 << 27..1 << 27).contains(&n))
    }

    /// The label.
    pub fn label(&self) -> Term<'_> {
        self.label.0.term()
    }

    /// `{Flags, Label, Serial, From, Last}`
    pub fn term<'q>(&self, area: &mut Area<'q>) -> Term<'q> {
        let label = copy::to_area(self.label(), area, LiteralRange::NONE);
        let from = self.from.term(area);
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

    /// The token with the next number, as it goes out with a message. Where the tracer is the process
    /// itself the number stays.
    fn next_token(&mut self, vm: &Vm) -> Option<Arc<Token>> {
        let mut token = Token::clone(self.token()?);
        let tracer = vm.tracing.sequential_tracer(vm);
        if tracer != Some(Word::from_pid(self.pid)) {
            let state = &mut self.rare().sequential;
            state.clock += 1;
            token.serial = state.clock;
            token.last = state.last;
            token.from = Sender::Local(self.pid);
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

/// A process that has a token is about to send a message, or an exit signal because of a link, to
/// another node: the token that goes with it.
///
/// # Safety
/// As `sends`; `to` and the message are terms.
pub(crate) unsafe fn sends_away(
    w: *mut Worker,
    p: *mut Process,
    to: Term<'_>,
    message: Term<'_>,
    exits: bool,
) -> Option<Arc<Token>> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let token = (*p).next_token(&vm)?;
        let exit_from = exits.then_some((*p).pid);
        shows(w, p, &token, SEND, to.word(), message.word(), exit_from);
        Some(token)
    }
}

/// What one node asks another for: a process, as sequential tracing shows it.
pub(crate) struct Asked<'r, 'p> {
    /// The request's reference.
    pub reference: Term<'r>,
    /// Who asks.
    pub from: Term<'p>,
    /// The group leader.
    pub leader: Term<'p>,
    /// Module, function and arity.
    pub function: (Atom, Atom, usize),
    /// As they were given.
    pub options: Term<'p>,
}

impl Asked<'_, '_> {
    fn term<'q>(&self, cx: &mut Native<'q>, vm: &Vm) -> Term<'q> {
        let reference = copy::to_area(self.reference, cx, LiteralRange::NONE);
        let [from, leader, options] = [self.from, self.leader, self.options]
            .map(|t| copy::to_area(t, cx, LiteralRange::NONE));
        let (m, f, n) = self.function;
        let function = cx.tuple(&[Term::atom(m), Term::atom(f), Term::small(n as i64)]);
        cx.tuple(&[
            Term::atom(name(vm, "spawn_request")),
            reference,
            from,
            leader,
            function,
            options,
        ])
    }
}

/// A process that has a token asks another node for a process: the token that goes with that. The
/// request is shown as two messages, of which the second is the list of arguments.
///
/// # Safety
/// As `sends`.
pub(crate) unsafe fn asks_away(
    w: *mut Worker,
    p: *mut Process,
    node: Atom,
    asked: &Asked<'_, '_>,
    arguments: Term<'_>,
) -> Option<Arc<Token>> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let to = Word::from_atom(node);
        let token = (*p).next_token(&vm)?;
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let asked = asked.term(cx, &vm);
            shows(w, p, &token, SEND, to, asked.word(), None);
        });
        let token = (*p).next_token(&vm)?;
        shows(w, p, &token, SEND, to, arguments.word(), None);
        Some(token)
    }
}

/// Another node has asked for a process, with a token, which the process gets; the token that goes
/// with the answer.
///
/// # Safety
/// As `spawned`.
pub(crate) unsafe fn spawned_for_other(
    w: *mut Worker,
    child: *mut Process,
    token: &Token,
    asked: &Asked<'_, '_>,
    arguments: Term<'_>,
) -> Option<Arc<Token>> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let me = Word::from_pid((*child).pid);
        // The two messages have numbers of their own, of which the token has the second.
        let first = Token { serial: token.serial - 1, ..token.clone() };
        (*child).set_token(Some(token.clone()));
        let state = &mut (*child).rare().sequential;
        (state.clock, state.last) = (first.serial, first.serial);
        let mut answer = None;
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let request = asked.term(cx, &vm);
            shows(w, child, &first, RECEIVE, me, request.word(), None);
            let Some(token) = (*child).next_token(&vm) else { return };
            let reference = copy::to_area(asked.reference, cx, LiteralRange::NONE);
            let reply = [Term::atom(name(&vm, "spawn_reply")), reference, Term::atom(atoms::OK)];
            let reply = [&reply[..], &[Term::from_word(me)]].concat();
            let reply = cx.tuple(&reply);
            shows(w, child, &token, SEND, asked.from.word(), reply.word(), None);
            answer = Some(token);
        });
        received(w, child, Some(Arc::into_raw(Arc::new(token.clone()))), arguments.word());
        answer
    }
}

/// Another node has asked for a process, with a token, and is refused; the token that goes with the
/// answer, which is this node's.
///
/// # Safety
/// The worker is the caller's.
pub(crate) unsafe fn refused_other(
    w: *mut Worker,
    token: &Token,
    asked: &Asked<'_, '_>,
    why: Atom,
) -> Arc<Token> {
    // SAFETY: the caller's promise; there is no process.
    unsafe {
        let vm = (*w).vm.clone();
        let own = vm.nodes.name();
        let first = Token { serial: token.serial - 1, ..token.clone() };
        let from = Sender::Remote(Who::Name(own));
        let answer = Token { from, last: first.serial, ..token.clone() };
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let none = std::ptr::null_mut();
            let request = asked.term(cx, &vm);
            shows(w, none, &first, RECEIVE, Word::from_atom(own), request.word(), None);
            let reference = copy::to_area(asked.reference, cx, LiteralRange::NONE);
            let reply = cx.tuple(&[
                Term::atom(name(&vm, "spawn_reply")),
                reference,
                Term::atom(atoms::ERROR),
                Term::atom(why),
            ]);
            shows(w, none, &answer, SEND, asked.from.word(), reply.word(), None);
        });
        Arc::new(answer)
    }
}

/// The answer to `spawn_request/5` goes from the new process to the one that has asked, with the
/// token that `spawned` gave.
///
/// # Safety
/// The worker is the caller's; the reply is a term.
pub(crate) unsafe fn answers(
    w: *mut Worker,
    to: Pid,
    token: &Arc<Token>,
    reply: Term<'_>,
) -> SignalKind {
    // SAFETY: the caller's promise; the new process, which may run already, is not touched.
    unsafe {
        shows(w, std::ptr::null_mut(), token, SEND, Word::from_pid(to), reply.word(), None);
    }
    SignalKind::TokenMessage { token: Arc::into_raw(token.clone()) }
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

/// A process that has a token makes another, which gets it too. The token that goes with the answer,
/// if that will be a message (`spawn_request/5`).
///
/// # Safety
/// The worker is the caller's and owns both; nobody else knows the new one.
pub(crate) unsafe fn spawned(
    w: *mut Worker,
    parent: *mut Process,
    child: *mut Process,
    call: Call<'_, '_>,
    options: &[&str],
    (number, alias_of): (u64, Option<Pid>),
    request: bool,
) -> Option<Arc<Token>> {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let token = (*parent).next_token(&vm)?;
        (*child).set_token(Some(Token::clone(&token)));
        let state = &mut (*child).rare().sequential;
        (state.clock, state.last) = (token.serial, token.serial);
        // As if the two had asked and answered each other.
        let (ours, theirs) = (Word::from_pid((*parent).pid), Word::from_pid((*child).pid));
        let mut answered = None;
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let reference = cx.reference(number, alias_of);
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
            if request {
                answered = Some(token);
                return;
            }
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
        answered
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
        let Some(tracer) = vm.tracing.sequential_tracer(&vm) else { return };
        let sensitive = !p.is_null() && (*p).trace.any(tracees::SENSITIVE);
        let own = !p.is_null() && tracer == Word::from_pid((*p).pid);
        if sensitive || own || token.flags & event == 0 {
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
            let (from, to) = (token.from.term(cx), Term::from_word(to));
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
    | SignalKind::RemoteTokenExit { token, .. }
    | SignalKind::TokenAliasMessage { token, .. } = kind
    {
        // SAFETY: it came from `Arc::into_raw`, and the signal owned it.
        drop(unsafe { Arc::from_raw(token) });
    }
}
