//! Control messages: what nodes tell each other, as plain data.
//!
//! A packet is a byte that says how atoms are written (here: whole), a control message, which is a
//! tuple in the external format that begins with a number, and for some a second term, the payload.
//! Which of several forms is sent is decided by what the other node can do (*flags*).
//!
//! Format: <https://www.erlang.org/doc/apps/erts/erl_dist_protocol.html>, "Protocol between
//! Connected Nodes".

mod control;

pub use control::{Control, Invalid, Reason, is_pid};

use super::ids::{PidId, RefId, Who};
use crate::process::Parcel;
use crate::process::signal::SignalKind;
use crate::sync::Arc;
use crate::term::external::{self, EncodeError, EncodeOptions};
use crate::term::{Area, Atom, Term, atoms, copy};
use crate::trace::seq::Token;
use crate::vm::Vm;

/// What nodes can do, as they tell each other when they connect.
pub mod flags {
    /// It is to be told of to others.
    pub const PUBLISHED: u64 = 1;
    /// References of several words.
    pub const EXTENDED_REFERENCES: u64 = 1 << 2;
    /// Monitors of pids.
    pub const DIST_MONITOR: u64 = 1 << 3;
    /// Funs, in the old form.
    pub const FUN_TAGS: u64 = 1 << 4;
    /// Monitors of names.
    pub const DIST_MONITOR_NAME: u64 = 1 << 5;
    /// Funs.
    pub const NEW_FUN_TAGS: u64 = 1 << 7;
    /// Larger pids and ports.
    pub const EXTENDED_PIDS_PORTS: u64 = 1 << 8;
    /// External funs.
    pub const EXPORT_PTR_TAG: u64 = 1 << 9;
    /// Bitstrings.
    pub const BIT_BINARIES: u64 = 1 << 10;
    /// Floats in eight bytes.
    pub const NEW_FLOATS: u64 = 1 << 11;
    /// I/O requests in unicode.
    pub const UNICODE_IO: u64 = 1 << 12;
    /// Short atoms.
    pub const SMALL_ATOM_TAGS: u64 = 1 << 14;
    /// Atoms in UTF-8.
    pub const UTF8_ATOMS: u64 = 1 << 16;
    /// Maps.
    pub const MAP_TAG: u64 = 1 << 17;
    /// Creations of 32 bits.
    pub const BIG_CREATION: u64 = 1 << 18;
    /// Messages say who sent them.
    pub const SEND_SENDER: u64 = 1 << 19;
    /// Labels of sequential tracing may be any term.
    pub const BIG_SEQTRACE_LABELS: u64 = 1 << 20;
    /// Reasons are payloads.
    pub const EXIT_PAYLOAD: u64 = 1 << 22;
    /// Messages in pieces.
    pub const FRAGMENTS: u64 = 1 << 23;
    /// The handshake of OTP 23.
    pub const HANDSHAKE_23: u64 = 1 << 24;
    /// `unlink` has an acknowledgement.
    pub const UNLINK_ID: u64 = 1 << 25;
    /// All that OTP 25 demands.
    pub const MANDATORY_25_DIGEST: u64 = 1 << 26;
    /// Spawning by request.
    pub const SPAWN: u64 = 1 << 32;
    /// Pids, ports and references of 64 bits.
    pub const V4_NC: u64 = 1 << 34;
    /// Messages to aliases.
    pub const ALIAS: u64 = 1 << 35;
    /// Atoms that both have seen are numbers.
    pub const DIST_HDR_ATOM_CACHE: u64 = 1 << 13;
    /// The same for nodes that are hidden.
    pub const HIDDEN_ATOM_CACHE: u64 = 1 << 6;
    /// An older form of it.
    pub const ATOM_CACHE: u64 = 1 << 1;

    /// What the other node must be able to do.
    pub const MANDATORY: u64 = EXTENDED_REFERENCES
        | FUN_TAGS
        | EXTENDED_PIDS_PORTS
        | NEW_FUN_TAGS
        | EXPORT_PTR_TAG
        | BIT_BINARIES
        | NEW_FLOATS
        | UTF8_ATOMS
        | MAP_TAG
        | BIG_CREATION
        | HANDSHAKE_23;
    /// What this node can do.
    pub const OURS: u64 = MANDATORY
        | DIST_MONITOR
        | DIST_MONITOR_NAME
        | SPAWN
        | ALIAS
        | UNLINK_ID
        | UNICODE_IO
        | SMALL_ATOM_TAGS
        | SEND_SENDER
        | BIG_SEQTRACE_LABELS
        | EXIT_PAYLOAD
        | V4_NC
        | MANDATORY_25_DIGEST;
    /// What a carrier may refuse for us.
    pub const REJECTABLE: u64 = DIST_HDR_ATOM_CACHE | HIDDEN_ATOM_CACHE | FRAGMENTS | ATOM_CACHE;
    /// What needs packets in the order in which they were sent.
    pub const STRICT_ORDER: u64 = DIST_HDR_ATOM_CACHE;
    /// Both kinds of monitors.
    pub const MONITORS: u64 = DIST_MONITOR | DIST_MONITOR_NAME;
}

/// The numbers that control messages begin with.
mod op {
    pub const LINK: i64 = 1;
    pub const SEND: i64 = 2;
    pub const EXIT: i64 = 3;
    pub const UNLINK: i64 = 4;
    pub const REG_SEND: i64 = 6;
    pub const GROUP_LEADER: i64 = 7;
    pub const EXIT2: i64 = 8;
    pub const SEND_TT: i64 = 12;
    pub const EXIT_TT: i64 = 13;
    pub const REG_SEND_TT: i64 = 16;
    pub const EXIT2_TT: i64 = 18;
    pub const MONITOR_P: i64 = 19;
    pub const DEMONITOR_P: i64 = 20;
    pub const MONITOR_P_EXIT: i64 = 21;
    pub const SEND_SENDER: i64 = 22;
    pub const SEND_SENDER_TT: i64 = 23;
    pub const PAYLOAD_EXIT: i64 = 24;
    pub const PAYLOAD_EXIT_TT: i64 = 25;
    pub const PAYLOAD_EXIT2: i64 = 26;
    pub const PAYLOAD_EXIT2_TT: i64 = 27;
    pub const PAYLOAD_MONITOR_P_EXIT: i64 = 28;
    pub const SPAWN_REQUEST: i64 = 29;
    pub const SPAWN_REQUEST_TT: i64 = 30;
    pub const SPAWN_REPLY: i64 = 31;
    pub const SPAWN_REPLY_TT: i64 = 32;
    pub const ALIAS_SEND: i64 = 33;
    pub const ALIAS_SEND_TT: i64 = 34;
    pub const UNLINK_ID: i64 = 35;
    pub const UNLINK_ID_ACK: i64 = 36;
}

/// In a reply to a spawn request: there is a link.
pub const SPAWNED_LINKED: u32 = 1;
/// In a reply to a spawn request: there is a monitor.
pub const SPAWNED_MONITORED: u32 = 2;

/// What says that atoms are written whole.
pub const PASS_THROUGH: u8 = 112;

/// What goes out. `T` is a term, or a copy of one for what has to wait. A `token` is one of sequential
/// tracing.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields are named for what they are")]
pub enum Op<T> {
    /// Sets up a link.
    Link { from: PidId, to: PidId },
    /// Takes a link away.
    Unlink { from: PidId, to: PidId, id: u64 },
    /// Acknowledges that.
    UnlinkAck { from: PidId, to: PidId, id: u64 },
    /// A linked process has exited.
    Exit { from: PidId, to: PidId, reason: T, token: Option<Arc<Token>> },
    /// `exit/2`
    Exit2 { from: PidId, to: PidId, reason: T },
    /// A message to a process.
    Send { from: PidId, to: PidId, message: T, token: Option<Arc<Token>> },
    /// A message to a name.
    SendName { from: PidId, to: Atom, message: T, token: Option<Arc<Token>> },
    /// A message to an alias.
    SendAlias { from: PidId, to: RefId, message: T, token: Option<Arc<Token>> },
    /// `group_leader/2`
    GroupLeader { leader: PidId, to: PidId },
    /// Sets up a monitor.
    Monitor { from: PidId, to: Who, reference: RefId },
    /// Takes a monitor away.
    Demonitor { from: PidId, to: Who, reference: RefId },
    /// A watched process is gone.
    Down { from: Who, to: PidId, reference: RefId, reason: T },
    /// Asks for a process. `arguments` are for the function, whose arity the request tells.
    Spawn {
        reference: RefId,
        from: PidId,
        leader: PidId,
        function: (Atom, Atom, usize),
        options: T,
        arguments: T,
        token: Option<Arc<Token>>,
    },
    /// Answers that.
    SpawnReply { reference: RefId, to: PidId, flags: u32, result: Who, token: Option<Arc<Token>> },
}

impl<T> Op<T> {
    /// The same with another kind of terms.
    pub fn map<'a, U>(&'a self, mut f: impl FnMut(&'a T) -> U) -> Op<U> {
        match *self {
            Op::Link { from, to } => Op::Link { from, to },
            Op::Unlink { from, to, id } => Op::Unlink { from, to, id },
            Op::UnlinkAck { from, to, id } => Op::UnlinkAck { from, to, id },
            Op::Exit { from, to, ref reason, ref token } => {
                Op::Exit { from, to, reason: f(reason), token: token.clone() }
            }
            Op::Exit2 { from, to, ref reason } => Op::Exit2 { from, to, reason: f(reason) },
            Op::Send { from, to, ref message, ref token } => {
                Op::Send { from, to, message: f(message), token: token.clone() }
            }
            Op::SendName { from, to, ref message, ref token } => {
                Op::SendName { from, to, message: f(message), token: token.clone() }
            }
            Op::SendAlias { from, to, ref message, ref token } => {
                Op::SendAlias { from, to, message: f(message), token: token.clone() }
            }
            Op::GroupLeader { leader, to } => Op::GroupLeader { leader, to },
            Op::Monitor { from, to, reference } => Op::Monitor { from, to, reference },
            Op::Demonitor { from, to, reference } => Op::Demonitor { from, to, reference },
            Op::Down { from, to, reference, ref reason } => {
                Op::Down { from, to, reference, reason: f(reason) }
            }
            Op::Spawn {
                reference,
                from,
                leader,
                function,
                ref options,
                ref arguments,
                ref token,
            } => {
                let (options, arguments) = (f(options), f(arguments));
                let token = token.clone();
                Op::Spawn { reference, from, leader, function, options, arguments, token }
            }
            Op::SpawnReply { reference, to, flags, result, ref token } => {
                Op::SpawnReply { reference, to, flags, result, token: token.clone() }
            }
        }
    }

    /// The same with a token of sequential tracing, if it is a kind that has one.
    pub fn with_token(mut self, with: Option<Arc<Token>>) -> Op<T> {
        match &mut self {
            Op::Exit { token, .. }
            | Op::Send { token, .. }
            | Op::SendName { token, .. }
            | Op::SendAlias { token, .. }
            | Op::Spawn { token, .. }
            | Op::SpawnReply { token, .. } => *token = with,
            _ => {}
        }
        self
    }

    /// What the other node must be able to do for it.
    pub fn needs(&self) -> u64 {
        match self {
            Op::Monitor { .. } | Op::Demonitor { .. } | Op::Down { .. } => flags::MONITORS,
            Op::UnlinkAck { .. } => flags::UNLINK_ID,
            Op::SendAlias { .. } => flags::ALIAS,
            Op::Spawn { .. } | Op::SpawnReply { .. } => flags::SPAWN,
            _ => 0,
        }
    }
}

/// The largest packet; its length takes four bytes, of which some C programs read a sign.
const MAX_PACKET: usize = i32::MAX as usize;

impl<'t> Op<Term<'t>> {
    /// The packet, for a node that can do `can`, which is what it [needs](Op::needs).
    pub fn packet(&self, vm: &Vm, can: u64) -> Result<Vec<u8>, EncodeError> {
        let options = EncodeOptions { minor_version: 2, ..EncodeOptions::default() };
        let literals = vm.literals.range();
        let control = Parcel::build(SignalKind::Data, 64, literals, |a| self.control(vm, can, a));
        let mut bytes = vec![PASS_THROUGH];
        external::append(&mut bytes, control.term(), vm, options)?;
        if let Some(payload) = self.payload(can) {
            external::append(&mut bytes, payload, vm, options)?;
        }
        if bytes.len() > MAX_PACKET { Err(EncodeError::TooLarge) } else { Ok(bytes) }
    }

    fn token(&self) -> Option<&Arc<Token>> {
        match self {
            Op::Exit { token, .. }
            | Op::Send { token, .. }
            | Op::SendName { token, .. }
            | Op::SendAlias { token, .. }
            | Op::Spawn { token, .. }
            | Op::SpawnReply { token, .. } => token.as_ref(),
            _ => None,
        }
    }

    fn payload(&self, can: u64) -> Option<Term<'t>> {
        match self {
            Op::Send { message, .. } | Op::SendName { message, .. } => Some(*message),
            Op::SendAlias { message, .. } => Some(*message),
            Op::Exit { reason, .. } | Op::Exit2 { reason, .. } | Op::Down { reason, .. } => {
                (can & flags::EXIT_PAYLOAD != 0).then_some(*reason)
            }
            Op::Spawn { arguments, .. } => Some(*arguments),
            _ => None,
        }
    }

    fn control<'q>(&self, vm: &Vm, can: u64, a: &mut Area<'q>) -> Term<'q> {
        let has = |flag| can & flag != 0;
        let literals = vm.literals.range();
        // A label that the other node does not know stays here, with its token.
        let sendable =
            |token: &&Arc<Token>| has(flags::BIG_SEQTRACE_LABELS) || token.has_small_label();
        let token = self.token().filter(sendable).map(|t| t.term(a));
        let no_cookie = Term::atom(atoms::EMPTY);
        match *self {
            Op::Link { from, to } => tuple(a, op::LINK, &[&from, &to]),
            Op::Unlink { from, to, id } if has(flags::UNLINK_ID) => {
                tuple(a, op::UNLINK_ID, &[&id, &from, &to])
            }
            Op::Unlink { from, to, .. } => tuple(a, op::UNLINK, &[&from, &to]),
            Op::UnlinkAck { from, to, id } => tuple(a, op::UNLINK_ID_ACK, &[&id, &from, &to]),
            Op::Exit { from, to, reason, .. } => {
                let ops = match token {
                    None => [op::PAYLOAD_EXIT, op::EXIT],
                    Some(_) => [op::PAYLOAD_EXIT_TT, op::EXIT_TT],
                };
                exit(a, ops, can, &[&from, &to], token, reason, literals)
            }
            Op::Exit2 { from, to, reason } => {
                exit(a, [op::PAYLOAD_EXIT2, op::EXIT2], can, &[&from, &to], None, reason, literals)
            }
            Op::Down { from, to, reference, reason } => {
                let ops = [op::PAYLOAD_MONITOR_P_EXIT, op::MONITOR_P_EXIT];
                exit(a, ops, can, &[&from, &to, &reference], None, reason, literals)
            }
            Op::Send { from, to, .. } if has(flags::SEND_SENDER) => {
                let parts = [from.term(a), to.term(a)];
                tokened(a, [op::SEND_SENDER, op::SEND_SENDER_TT], &parts, token)
            }
            Op::Send { to, .. } => {
                let to = to.term(a);
                tokened(a, [op::SEND, op::SEND_TT], &[no_cookie, to], token)
            }
            Op::SendName { from, to, .. } => {
                let parts = [from.term(a), no_cookie, Term::atom(to)];
                tokened(a, [op::REG_SEND, op::REG_SEND_TT], &parts, token)
            }
            Op::SendAlias { from, to, .. } => {
                let parts = [from.term(a), to.term(a)];
                tokened(a, [op::ALIAS_SEND, op::ALIAS_SEND_TT], &parts, token)
            }
            Op::GroupLeader { leader, to } => tuple(a, op::GROUP_LEADER, &[&leader, &to]),
            Op::Monitor { from, to, reference } => {
                tuple(a, op::MONITOR_P, &[&from, &to, &reference])
            }
            Op::Demonitor { from, to, reference } => {
                tuple(a, op::DEMONITOR_P, &[&from, &to, &reference])
            }
            Op::Spawn { reference, from, leader, function: (m, f, n), options, .. } => {
                let [reference, from, leader] = [reference.term(a), from.term(a), leader.term(a)];
                let function = a.tuple(&[Term::atom(m), Term::atom(f), Term::small(n as i64)]);
                let options = copy::to_area(options, a, literals);
                let parts = [reference, from, leader, function, options];
                tokened(a, [op::SPAWN_REQUEST, op::SPAWN_REQUEST_TT], &parts, token)
            }
            Op::SpawnReply { reference, to, flags, result, .. } => {
                let parts = [reference.term(a), to.term(a), a.uint(flags.into()), result.term(a)];
                tokened(a, [op::SPAWN_REPLY, op::SPAWN_REPLY_TT], &parts, token)
            }
        }
    }
}

/// A part of a control message.
trait Part {
    fn part<'q>(&self, a: &mut Area<'q>) -> Term<'q>;
}

impl Part for PidId {
    fn part<'q>(&self, a: &mut Area<'q>) -> Term<'q> {
        self.term(a)
    }
}

impl Part for RefId {
    fn part<'q>(&self, a: &mut Area<'q>) -> Term<'q> {
        self.term(a)
    }
}

impl Part for Who {
    fn part<'q>(&self, a: &mut Area<'q>) -> Term<'q> {
        self.term(a)
    }
}

impl Part for u64 {
    fn part<'q>(&self, a: &mut Area<'q>) -> Term<'q> {
        a.uint(*self)
    }
}

fn parts<'q>(a: &mut Area<'q>, op: i64, parts: &[&dyn Part]) -> Vec<Term<'q>> {
    let mut all = vec![Term::small(op)];
    all.extend(parts.iter().map(|p| p.part(a)));
    all
}

fn tuple<'q>(a: &mut Area<'q>, op: i64, rest: &[&dyn Part]) -> Term<'q> {
    let all = parts(a, op, rest);
    a.tuple(&all)
}

/// A message that has a token at its end, if there is one, and then is of another kind.
fn tokened<'q>(
    a: &mut Area<'q>,
    [plain, with]: [i64; 2],
    rest: &[Term<'q>],
    token: Option<Term<'q>>,
) -> Term<'q> {
    let mut all = vec![Term::small(if token.is_some() { with } else { plain })];
    all.extend_from_slice(rest);
    all.extend(token);
    a.tuple(&all)
}

/// A message with a reason, which is its last part or a payload.
fn exit<'q>(
    a: &mut Area<'q>,
    [payload, whole]: [i64; 2],
    can: u64,
    rest: &[&dyn Part],
    token: Option<Term<'q>>,
    reason: Term<'_>,
    literals: crate::heap::LiteralRange,
) -> Term<'q> {
    let mut all = parts(a, if can & flags::EXIT_PAYLOAD != 0 { payload } else { whole }, rest);
    all.extend(token);
    if can & flags::EXIT_PAYLOAD != 0 {
        return a.tuple(&all);
    }
    all.push(copy::to_area(reason, a, literals));
    a.tuple(&all)
}

#[cfg(test)]
mod tests;
