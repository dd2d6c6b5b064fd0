//! Sockets as ports: the drivers `tcp_inet` and `udp_inet`, which OTP's `prim_inet` opens.
//!
//! `prim_inet` speaks to them in bytes, with `port_control/3` and `port_command/3`, and is answered
//! in messages: `{inet_async, S, Ref, Result}` to who asked for something that may take time,
//! `{inet_reply, S, Result}` to who sent, and `{tcp, S, Data}` and its like to the owner. The codes
//! are in `codes`.
//!
//! # How a socket waits
//! All sockets are non-blocking and one thread, the poller's, waits for all of them. `selected`
//! says what a socket waits for, `armed` what the poller watches. Reading is given up lazily: when
//! the poller tells that there is something to read which nobody wants, it is no longer watched.
//! So a process that asks for packet after packet costs no system call beside its reads.
//!
//! # How much memory a peer can take
//! A packet's buffer grows as bytes come, whatever length the packet's head states. What is sent and
//! not taken by the peer waits in a queue whose senders are made to wait from `high_watermark` on.
//! An active socket that is far ahead of its owner reads slowly, as other ports do.
//!
//! # What is shared and what is not
//! `socket` has what all sockets are made of, `control` what can be asked of all, `set_options` and
//! `get_options` the options. `tcp` and `udp` are the devices. `sys` is the one file with `unsafe`:
//! the calls of the system that rustix does not have.

mod address;
mod codes;
mod control;
mod get_options;
mod interfaces;
mod queue;
mod set_options;
mod socket;
mod sys;
mod tcp;
mod udp;

pub(super) use tcp::Tcp;
pub(super) use udp::Udp;
