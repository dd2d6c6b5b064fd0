//! Control messages that have come in.

use super::op;
use crate::dist::ids::PidId;
use crate::term::{Atom, Term, View};

/// Why somebody exits: in the message, or its payload.
#[derive(Clone, Copy, Debug)]
pub enum Reason<'p> {
    /// This.
    Is(Term<'p>),
    /// The payload.
    Payload,
}

/// What has come in. Pids and references are terms of any node; a `token` is as the other node has
/// put it.
#[derive(Debug)]
#[expect(missing_docs, reason = "as in `Op`")]
pub enum Control<'p> {
    Link {
        from: Term<'p>,
        to: Term<'p>,
    },
    /// Without an id: there is no acknowledgement.
    Unlink {
        from: Term<'p>,
        to: Term<'p>,
        id: Option<u64>,
    },
    UnlinkAck {
        from: Term<'p>,
        to: Term<'p>,
        id: u64,
    },
    Exit {
        from: Term<'p>,
        to: Term<'p>,
        reason: Reason<'p>,
        token: Option<Term<'p>>,
    },
    Exit2 {
        from: Term<'p>,
        to: Term<'p>,
        reason: Reason<'p>,
    },
    Send {
        to: Term<'p>,
        token: Option<Term<'p>>,
    },
    SendName {
        to: Atom,
        token: Option<Term<'p>>,
    },
    SendAlias {
        to: Term<'p>,
        token: Option<Term<'p>>,
    },
    GroupLeader {
        leader: Term<'p>,
        to: Term<'p>,
    },
    Monitor {
        from: Term<'p>,
        to: Term<'p>,
        reference: Term<'p>,
    },
    Demonitor {
        from: Term<'p>,
        to: Term<'p>,
        reference: Term<'p>,
    },
    Down {
        from: Term<'p>,
        to: Term<'p>,
        reference: Term<'p>,
        reason: Reason<'p>,
    },
    Spawn {
        reference: Term<'p>,
        from: Term<'p>,
        leader: Term<'p>,
        function: (Atom, Atom, usize),
        options: Term<'p>,
        token: Option<Term<'p>>,
    },
    SpawnReply {
        reference: Term<'p>,
        to: Term<'p>,
        flags: u32,
        result: Term<'p>,
        token: Option<Term<'p>>,
    },
}

/// It is no control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

impl<'p> Control<'p> {
    /// What a term says. Tokens beside `exit/2`, which nobody sends, are taken off.
    pub fn of(t: Term<'p>) -> Result<Control<'p>, Invalid> {
        let [number, parts @ ..] = t.as_tuple().ok_or(Invalid)? else { return Err(Invalid) };
        let number = number.as_small().ok_or(Invalid)?;
        let control = match (number, parts) {
            (op::LINK, &[from, to]) => Control::Link { from, to },
            (op::UNLINK, &[from, to]) => Control::Unlink { from, to, id: None },
            (op::UNLINK_ID, &[id, from, to]) => {
                let id = id.as_u64().filter(|id| *id != 0).ok_or(Invalid)?;
                Control::Unlink { from, to, id: Some(id) }
            }
            (op::UNLINK_ID_ACK, &[id, from, to]) => {
                Control::UnlinkAck { from, to, id: id.as_u64().ok_or(Invalid)? }
            }
            (op::EXIT, &[from, to, reason]) => {
                Control::Exit { from, to, reason: Reason::Is(reason), token: None }
            }
            (op::EXIT_TT, &[from, to, token, reason]) => {
                Control::Exit { from, to, reason: Reason::Is(reason), token: Some(token) }
            }
            (op::PAYLOAD_EXIT, &[from, to]) => {
                Control::Exit { from, to, reason: Reason::Payload, token: None }
            }
            (op::PAYLOAD_EXIT_TT, &[from, to, token]) => {
                Control::Exit { from, to, reason: Reason::Payload, token: Some(token) }
            }
            (op::EXIT2, &[from, to, reason]) | (op::EXIT2_TT, &[from, to, _, reason]) => {
                Control::Exit2 { from, to, reason: Reason::Is(reason) }
            }
            (op::PAYLOAD_EXIT2, &[from, to]) | (op::PAYLOAD_EXIT2_TT, &[from, to, _]) => {
                Control::Exit2 { from, to, reason: Reason::Payload }
            }
            (op::SEND | op::SEND_SENDER, &[_, to]) => Control::Send { to, token: None },
            (op::SEND_TT | op::SEND_SENDER_TT, &[_, to, token]) => {
                Control::Send { to, token: Some(token) }
            }
            (op::REG_SEND, &[from, _, to]) => {
                is_pid(from)?;
                Control::SendName { to: to.as_atom().ok_or(Invalid)?, token: None }
            }
            (op::REG_SEND_TT, &[from, _, to, token]) => {
                is_pid(from)?;
                Control::SendName { to: to.as_atom().ok_or(Invalid)?, token: Some(token) }
            }
            (op::ALIAS_SEND, &[_, to]) => Control::SendAlias { to, token: None },
            (op::ALIAS_SEND_TT, &[_, to, token]) => Control::SendAlias { to, token: Some(token) },
            (op::GROUP_LEADER, &[leader, to]) => Control::GroupLeader { leader, to },
            (op::MONITOR_P, &[from, to, reference]) => Control::Monitor { from, to, reference },
            (op::DEMONITOR_P, &[from, to, reference]) => Control::Demonitor { from, to, reference },
            (op::MONITOR_P_EXIT, &[from, to, reference, reason]) => {
                Control::Down { from, to, reference, reason: Reason::Is(reason) }
            }
            (op::PAYLOAD_MONITOR_P_EXIT, &[from, to, reference]) => {
                Control::Down { from, to, reference, reason: Reason::Payload }
            }
            (op::SPAWN_REQUEST | op::SPAWN_REQUEST_TT, parts) => {
                let (&[reference, from, leader, function, options], token) =
                    without_token(parts, number == op::SPAWN_REQUEST_TT)?;
                let [m, f, n] = function.as_tuple_of::<3>().ok_or(Invalid)?;
                let (Some(m), Some(f)) = (m.as_atom(), f.as_atom()) else { return Err(Invalid) };
                let n = n.as_small().and_then(|n| usize::try_from(n).ok()).ok_or(Invalid)?;
                is_pid(leader)?;
                Control::Spawn { reference, from, leader, function: (m, f, n), options, token }
            }
            (op::SPAWN_REPLY | op::SPAWN_REPLY_TT, parts) => {
                let (&[reference, to, flags, result], token) =
                    without_token(parts, number == op::SPAWN_REPLY_TT)?;
                let flags = flags.as_small().filter(|n| *n < 1 << 27);
                let flags = flags.and_then(|n| u32::try_from(n).ok()).ok_or(Invalid)?;
                Control::SpawnReply { reference, to, flags, result, token }
            }
            _ => return Err(Invalid),
        };
        Ok(control)
    }
}

/// The parts of a message, and the token that is the last if there has to be one.
fn without_token<'a, 'p, const N: usize>(
    parts: &'a [Term<'p>],
    has_token: bool,
) -> Result<(&'a [Term<'p>; N], Option<Term<'p>>), Invalid> {
    let (parts, token) = match parts {
        [parts @ .., token] if has_token => (parts, Some(*token)),
        _ => (parts, None),
    };
    Ok((parts.try_into().map_err(|_| Invalid)?, token))
}

/// Whether it is a pid of any node.
pub fn is_pid(t: Term<'_>) -> Result<(), Invalid> {
    let ok = matches!(t.view(), View::Pid(_)) || PidId::external(t).is_some();
    if ok { Ok(()) } else { Err(Invalid) }
}
