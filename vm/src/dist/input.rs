//! What comes in: from packets to signals of processes.
//!
//! Whatever the bytes are, the answer is signals or a refusal, upon which the connection is closed
//! as OTP does. What is said about processes that are no longer there is answered as they would.

use super::connection::who_of;
use super::ids::{PidId, RefId, Who};
use super::node::{Channel, Spawning, Watched, Watching};
use super::process::Requested;
use super::protocol::{
    Control, Invalid, Op, PASS_THROUGH, Reason, SPAWNED_LINKED, SPAWNED_MONITORED, is_pid,
};
use crate::process::registry::Named;
use crate::process::report::report_plainly;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, spawn, spawn_options};
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::external::{self, DecodeOptions};
use crate::term::print::Shown;
use crate::term::{Area, Pid, Term, View, Word, atoms, copy};
use crate::trace::seq::{self, Asked, Token};
use crate::vm::Vm;

/// Words that a term of so many bytes takes, roughly: at most, while it is small.
fn words_for(bytes: usize) -> usize {
    const MOST: usize = 8 << 10;
    (2 * bytes + 16).min(MOST)
}

/// Takes a packet; gives the packets that answer it.
pub fn packet(
    w: &mut Worker,
    channel: &Arc<Channel>,
    packet: &[u8],
) -> Result<Vec<Vec<u8>>, Invalid> {
    channel.received.fetch_add(1, Ordering::Relaxed);
    let rest = match packet {
        // A tick.
        [] => return Ok(Vec::new()),
        [PASS_THROUGH, rest @ ..] => rest,
        _ => return Err(Invalid),
    };
    let vm = w.vm.clone();
    let mut taken = None;
    let literals = vm.literals.range();
    let control = Parcel::build(SignalKind::Data, 64, literals, |a| {
        match external::decode(a, &*vm, rest, DecodeOptions::default()) {
            Ok((control, n)) => {
                taken = Some(n);
                control
            }
            Err(_) => Term::nil(),
        }
    });
    let payload = &rest[taken.ok_or(Invalid)?..];
    let mut input = Input { w, vm: &vm, channel, payload, answers: Vec::new() };
    let done = Control::of(control.term()).and_then(|c| input.take(c));
    let answers = input.answers;
    if done.is_err() {
        let text = format!("Invalid distribution message: {}", Shown(control.term(), 200));
        report_plainly(w, &text);
    }
    done.map(|()| answers)
}

struct Input<'a> {
    w: &'a mut Worker,
    vm: &'a Vm,
    channel: &'a Arc<Channel>,
    payload: &'a [u8],
    answers: Vec<Vec<u8>>,
}

/// A process that is said to be of this node.
enum Local {
    /// It may be there.
    Pid(Pid),
    /// It was there before this node was started last.
    Gone,
}

impl Input<'_> {
    /// The kind of a message that has come with such a token, or none.
    fn message_with(&self, token: Option<Term<'_>>) -> Result<SignalKind, Invalid> {
        let Some(token) = token else {
            let named = self.vm.tracing.names_senders.load(Ordering::Relaxed);
            let from = Word::from_atom(self.channel.node.name);
            return Ok(if named { SignalKind::MessageFrom { from } } else { SignalKind::Message });
        };
        let token = Token::of(token).ok_or(Invalid)?;
        Ok(SignalKind::TokenMessage { token: Arc::into_raw(Arc::new(token)) })
    }

    fn take(&mut self, control: Control<'_>) -> Result<(), Invalid> {
        match control {
            Control::Send { to, token } => {
                is_pid(to)?;
                let Some(to) = to.as_pid() else { return Ok(()) };
                let message = self.payload_as(self.message_with(token)?)?;
                drop(deliver(self.w, to, message));
            }
            Control::SendName { to, token } => {
                let message = self.payload_as(self.message_with(token)?)?;
                if let Some(Named::Process(pid)) = self.vm.names.whereis(to) {
                    drop(deliver(self.w, pid, message));
                }
            }
            Control::SendAlias { to, token } => match to.view() {
                View::Ref(r) => {
                    let reference = r.number;
                    let kind = match self.message_with(token)? {
                        SignalKind::MessageFrom { from } => {
                            SignalKind::AliasMessageFrom { reference, from }
                        }
                        SignalKind::TokenMessage { token } => {
                            SignalKind::TokenAliasMessage { reference, token }
                        }
                        _ => SignalKind::AliasMessage { reference },
                    };
                    let message = self.payload_as(kind)?;
                    if let Some(owner) = r.alias_of {
                        drop(deliver(self.w, owner, message));
                    }
                }
                _ => drop(RefId::external(to).ok_or(Invalid)?),
            },
            Control::Link { from, to } => self.link(from, to)?,
            Control::Unlink { from, to, id } => {
                let from = self.peer(from)?;
                if let Local::Pid(to) = self.local(to)? {
                    // One that is being taken away from here stays so until the answer comes.
                    let mut state = self.channel.node.state.lock();
                    if state.links.get(&(to, from)) == Some(&0) {
                        state.links.remove(&(to, from));
                    }
                    drop(state);
                    let kind = SignalKind::RemoteUnlink { id: id.unwrap_or(0) };
                    let unlink = self.signal(kind, |a| from.term(a));
                    if deliver(self.w, to, unlink).is_err()
                        && let Some(id) = id
                    {
                        let from_here = PidId::local(self.vm, to);
                        self.answer(&Op::UnlinkAck { from: from_here, to: from, id });
                    }
                }
            }
            Control::UnlinkAck { from, to, id } => {
                let from = self.peer(from)?;
                if let Local::Pid(to) = self.local(to)? {
                    // There may be a new link by now.
                    let mut state = self.channel.node.state.lock();
                    if state.links.get(&(to, from)) == Some(&id) {
                        state.links.remove(&(to, from));
                    }
                    drop(state);
                    let ack = self.signal(SignalKind::RemoteUnlinkAck { id }, |a| from.term(a));
                    drop(deliver(self.w, to, ack));
                }
            }
            Control::Exit { from, to, reason, token } => {
                let from = self.peer(from)?;
                let to = to.as_pid().ok_or(Invalid)?;
                self.channel.node.state.lock().links.remove(&(to, from));
                let connection = self.channel.connection;
                let kind = match self.message_with(token)? {
                    SignalKind::TokenMessage { token } => {
                        SignalKind::RemoteTokenExit { connection, token }
                    }
                    _ => SignalKind::RemoteExit { linked: true, connection },
                };
                self.exit(kind, from, to, reason)?;
            }
            Control::Exit2 { from, to, reason } => {
                let from = self.peer(from)?;
                if let Local::Pid(to) = self.local(to)? {
                    let kind = SignalKind::RemoteExit { linked: false, connection: 0 };
                    self.exit(kind, from, to, reason)?;
                }
            }
            Control::GroupLeader { leader, to } => {
                is_pid(leader)?;
                is_pid(to)?;
                if let Some(to) = to.as_pid() {
                    let literals = self.vm.literals.range();
                    let kind = SignalKind::RemoteGroupLeader;
                    drop(deliver(self.w, to, Parcel::copy(kind, leader, literals)));
                }
            }
            Control::Monitor { from, to, reference } => self.monitor(from, to, reference)?,
            Control::Demonitor { from, to, reference } => {
                self.peer(from)?;
                if to.as_atom().is_none() {
                    self.local(to)?;
                }
                let reference = self.any_reference(reference)?;
                let watched = self.channel.node.state.lock().watched.remove(&reference);
                if let Some(watched) = watched {
                    let kind = SignalKind::RemoteDemonitor;
                    let demonitor = self.signal(kind, |a| reference.term(a));
                    drop(deliver(self.w, watched.pid, demonitor));
                }
            }
            Control::Down { from, to, reference, reason } => {
                who_of(from).ok_or(Invalid)?;
                let Local::Pid(to) = self.local(to)? else { return Ok(()) };
                self.any_reference(reference)?;
                let Some(reference) = reference.as_ref() else { return Ok(()) };
                let reference = reference.number;
                let down = self.reason_as(SignalKind::Down { reference }, reason)?;
                let watching = self.channel.node.state.lock().watching.remove(&reference);
                if watching.is_some_and(|watching| watching.by == to) {
                    drop(deliver(self.w, to, down));
                }
            }
            Control::Spawn { reference, from, leader, function, options, token } => {
                let asked = Asked { reference, from, leader, function, options };
                self.spawn(&asked, token)?;
            }
            Control::SpawnReply { reference, to, flags, result, token } => {
                self.spawn_reply(reference, to, flags, result, token)?;
            }
        }
        Ok(())
    }

    /// A process of the node that speaks.
    fn peer(&self, t: Term<'_>) -> Result<PidId, Invalid> {
        PidId::external(t).filter(|p| p.node == self.channel.node.name).ok_or(Invalid)
    }

    /// A process of this node.
    fn local(&self, t: Term<'_>) -> Result<Local, Invalid> {
        if let Some(pid) = t.as_pid() {
            return Ok(Local::Pid(pid));
        }
        let id = PidId::external(t).ok_or(Invalid)?;
        if id.node == self.vm.nodes.name() { Ok(Local::Gone) } else { Err(Invalid) }
    }

    fn any_reference(&self, t: Term<'_>) -> Result<RefId, Invalid> {
        match t.view() {
            View::Ref(r) => Ok(RefId::local(self.vm, &r)),
            _ => RefId::external(t).ok_or(Invalid),
        }
    }

    fn answer(&mut self, op: &Op<Term<'_>>) {
        if op.needs() & !self.channel.flags != 0 {
            return;
        }
        // What is too large is none of these.
        if let Ok(packet) = op.packet(self.vm, self.channel.flags) {
            self.channel.sent.fetch_add(1, Ordering::Relaxed);
            self.answers.push(packet);
        }
    }

    fn signal(
        &self,
        kind: SignalKind,
        make: impl for<'q> FnOnce(&mut Area<'q>) -> Term<'q>,
    ) -> Parcel {
        Parcel::build(kind, 16, self.vm.literals.range(), make)
    }

    /// A signal with the payload.
    fn payload_as(&self, kind: SignalKind) -> Result<Parcel, Invalid> {
        self.with_payload(kind, 0, |_, payload| payload)
    }

    /// A signal with something made of the payload, of `words` more.
    fn with_payload(
        &self,
        kind: SignalKind,
        words: usize,
        make: impl for<'q> FnOnce(&mut Area<'q>, Term<'q>) -> Term<'q>,
    ) -> Result<Parcel, Invalid> {
        let mut whole = false;
        let size = words_for(self.payload.len()) + words;
        let parcel =
            Parcel::build(kind, size, self.vm.literals.range(), |a| {
                match external::decode(a, self.vm, self.payload, DecodeOptions::default()) {
                    Ok((payload, _)) => {
                        whole = true;
                        make(a, payload)
                    }
                    Err(_) => Term::nil(),
                }
            });
        if whole { Ok(parcel) } else { Err(Invalid) }
    }

    fn reason_as(&self, kind: SignalKind, reason: Reason<'_>) -> Result<Parcel, Invalid> {
        match reason {
            Reason::Payload => self.payload_as(kind),
            Reason::Is(reason) => Ok(Parcel::copy(kind, reason, self.vm.literals.range())),
        }
    }

    /// Delivers `{From, Reason}`.
    fn exit(
        &mut self,
        kind: SignalKind,
        from: PidId,
        to: Pid,
        reason: Reason<'_>,
    ) -> Result<(), Invalid> {
        let signal = match reason {
            Reason::Payload => self.with_payload(kind, 16, |a, reason| {
                let from = from.term(a);
                a.tuple(&[from, reason])
            })?,
            Reason::Is(reason) => {
                let literals = self.vm.literals.range();
                let words = 16 + copy::copied_size(reason, literals);
                Parcel::build(kind, words, literals, |a| {
                    let from = from.term(a);
                    let reason = copy::to_area(reason, a, literals);
                    a.tuple(&[from, reason])
                })
            }
        };
        drop(deliver(self.w, to, signal));
        Ok(())
    }

    fn link(&mut self, from: Term<'_>, to: Term<'_>) -> Result<(), Invalid> {
        let from = self.peer(from)?;
        if let Local::Pid(pid) = self.local(to)? {
            // One that is being taken away from here stays so.
            self.channel.node.state.lock().links.entry((pid, from)).or_insert(0);
            let kind = SignalKind::RemoteLink { connection: self.channel.connection };
            let link = self.signal(kind, |a| from.term(a));
            if deliver(self.w, pid, link).is_ok() {
                return Ok(());
            }
            self.channel.node.state.lock().links.remove(&(pid, from));
        }
        let here = PidId::of(self.vm, to).ok_or(Invalid)?;
        let reason = Term::atom(atoms::NOPROC);
        self.answer(&Op::Exit { from: here, to: from, reason, token: None });
        Ok(())
    }

    fn monitor(
        &mut self,
        from: Term<'_>,
        to: Term<'_>,
        reference: Term<'_>,
    ) -> Result<(), Invalid> {
        let from = self.peer(from)?;
        let reference = self.any_reference(reference)?;
        let (who, pid) = match to.as_atom() {
            Some(name) => (Who::Name(name), self.vm.names.process(name)),
            None => {
                let pid = match self.local(to)? {
                    Local::Pid(pid) => Some(pid),
                    Local::Gone => None,
                };
                (Who::Pid(PidId::of(self.vm, to).ok_or(Invalid)?), pid)
            }
        };
        if let Some(pid) = pid {
            let name = to.as_atom();
            self.channel.node.state.lock().watched.insert(reference, Watched { pid, name });
            let monitor = self.signal(SignalKind::RemoteMonitor, |a| {
                let (reference, from) = (reference.term(a), from.term(a));
                a.tuple(&[reference, from, name.map_or(Term::nil(), Term::atom)])
            });
            if deliver(self.w, pid, monitor).is_ok() {
                return Ok(());
            }
            self.channel.node.state.lock().watched.remove(&reference);
        }
        let reason = Term::atom(atoms::NOPROC);
        self.answer(&Op::Down { from: who, to: from, reference, reason });
        Ok(())
    }

    fn spawn(&mut self, asked: &Asked<'_, '_>, token: Option<Term<'_>>) -> Result<(), Invalid> {
        let Asked { leader, function: (module, function, arity), options, .. } = *asked;
        let reference = RefId::external(asked.reference).ok_or(Invalid)?;
        let from = self.peer(asked.from)?;
        let token = token.map(|t| Token::of(t).ok_or(Invalid)).transpose()?;
        let parsed = match spawn_options::parse(self.vm, options, false) {
            Ok(parsed) => Some(parsed.options),
            Err(spawn_options::BadOptions::NotAList) => return Err(Invalid),
            Err(spawn_options::BadOptions::Option { .. }) => None,
        };
        let arguments = self.payload_as(SignalKind::Data)?;
        let refuse = |input: &mut Self, why| {
            let result = Who::Name(why);
            // SAFETY: the worker is the one that takes the packet.
            let token =
                token.as_ref().map(|t| unsafe { seq::refused_other(input.w, t, asked, why) });
            input.answer(&Op::SpawnReply { reference, to: from, flags: 0, result, token });
            Ok(())
        };
        let Some(mut options) = parsed else {
            let badopt = self.vm.atoms.intern("badopt").map_err(|_| Invalid)?;
            return refuse(self, badopt);
        };
        let args = arguments.term().list_to_vec().filter(|a| a.len() == arity).ok_or(Invalid)?;
        let (link, monitor) = (options.link, options.monitor.take().is_some());
        let call = spawn::Call { module, function, args: &args };
        let channel = self.channel.clone();
        let requested =
            Requested { from, leader, reference, connection: channel.connection, link, monitor };
        let note = |pid| {
            let mut state = channel.node.state.lock();
            if link {
                state.links.insert((pid, from), 0);
            }
            if monitor {
                state.watched.insert(reference, Watched { pid, name: None });
            }
        };
        let mut answer = None;
        let traced = |w: &mut Worker, p| {
            let Some(token) = &token else { return };
            // SAFETY: the process is complete, and nobody else has it.
            answer = unsafe { seq::spawned_for_other(w, p, token, asked, arguments.term()) };
        };
        match spawn::spawn_for_other(self.w, call, &options, &requested, note, traced) {
            Ok(pid) => {
                let flags = if link { SPAWNED_LINKED } else { 0 }
                    | if monitor { SPAWNED_MONITORED } else { 0 };
                let result = Who::Pid(PidId::local(self.vm, pid));
                let token = answer;
                self.answer(&Op::SpawnReply { reference, to: from, flags, result, token });
                Ok(())
            }
            Err(spawn::SystemLimit) => refuse(self, atoms::SYSTEM_LIMIT),
        }
    }

    fn spawn_reply(
        &mut self,
        reference: Term<'_>,
        to: Term<'_>,
        flags: u32,
        result: Term<'_>,
        token: Option<Term<'_>>,
    ) -> Result<(), Invalid> {
        let result = who_of(result).ok_or(Invalid)?;
        let Local::Pid(parent) = self.local(to)? else { return Ok(()) };
        let reference = match reference.view() {
            View::Ref(r) => r.number,
            _ => {
                let id = RefId::external(reference).ok_or(Invalid)?;
                return if id.node == self.vm.nodes.name() { Ok(()) } else { Err(Invalid) };
            }
        };
        let child = match result {
            Who::Pid(pid) => Some(pid),
            Who::Name(_) => None,
        };
        let (linked, monitored) = (flags & SPAWNED_LINKED != 0, flags & SPAWNED_MONITORED != 0);
        let kind = SignalKind::SpawnReply { reference, flags, connection: self.channel.connection };
        let literals = self.vm.literals.range();
        let words = 16 + token.map_or(0, |t| copy::copied_size(t, literals));
        let reply = Parcel::build(kind, words, literals, |a| {
            let result = result.term(a);
            let Some(token) = token else { return result };
            let token = copy::to_area(token, a, literals);
            a.tuple(&[result, token])
        });
        let orphaned = {
            let mut state = self.channel.node.state.lock();
            let Some(spawning) = state.spawning.remove(&reference) else { return Ok(()) };
            if spawning.parent == parent
                && spawning.orphaned.is_none()
                && let Some(child) = child
            {
                if linked {
                    state.links.insert((parent, child), 0);
                }
                if monitored {
                    state.watching.insert(reference, Watching { by: parent, name: None });
                }
            }
            if spawning.orphaned.is_none() {
                let told = deliver(self.w, parent, reply).is_ok();
                if !told && let Some(child) = child {
                    // It is exiting, and sees to the child when it comes to that.
                    let child = Some((child, flags));
                    state.spawning.insert(reference, Spawning { child, ..spawning });
                }
                return Ok(());
            }
            spawning.orphaned
        };
        // Who has asked is gone: the child is left alone, or hears that its parent has exited.
        let Some(child) = child else { return Ok(()) };
        let here = PidId::local(self.vm, parent);
        if monitored {
            let number = RefId::numbered(self.vm, reference, None);
            self.answer(&Op::Demonitor { from: here, to: Who::Pid(child), reference: number });
        }
        if linked {
            let reason = orphaned.as_ref().map_or(Term::atom(atoms::NOPROC), Parcel::term);
            self.answer(&Op::Exit { from: here, to: child, reason, token: None });
        }
        Ok(())
    }
}
