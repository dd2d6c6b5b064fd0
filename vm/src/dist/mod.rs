//! Distribution: this node's name, the other nodes it knows, and what goes between them.
//!
//! Connecting is OTP's own (`net_kernel`, `dist_util`, `inet_tcp_dist`, `erl_epmd`): handshakes,
//! cookies and ticks are Erlang code over a socket. When a handshake is done `setnode/3` makes the
//! socket's port the *controller* of the connection, and from then on packets are the machine's:
//! what comes in becomes signals of processes, what processes do to others elsewhere goes out. A
//! carrier of other kind is a process, which gets what is to go out and hands in what has come.
//!
//! # What is where
//! * `ids`: pids and references as they are named between nodes.
//! * `protocol`: control messages, as plain data: to bytes and from terms.
//! * `node`: the table of nodes, and of each its connection and who is to hear of its end.
//! * `carrier`: connections that a process carries.
//! * `connection`: how a connection comes up and how it ends.
//! * `send`: what goes out. `input`: what comes in.
//! * `process`: what a process keeps of links, monitors and spawn requests to other nodes.
//! * `watch`: `monitor_nodes`, `monitor_node`.
//!
//! # A connection's life
//! A node is *idle*, *pending* (somebody wants a connection: `net_kernel` has been told, and what is
//! sent waits in a queue), or *connected*. Each time it becomes pending it gets a new connection
//! number. Whatever depends on one connection names it by that number, so nothing is taken for
//! part of the next one.
//!
//! # Who holds what, and the order of locks
//! A port's lock comes before a node's state, that before the queues of processes. A packet that comes
//! in is handled under the lock of its port, which keeps the order of signals; answers to it leave
//! through the same call. Where a process is the controller, `turn` stands for that lock. Who sends looks at the node's state, lets it go, makes bytes of the term
//! without any lock, and takes the lock of the port to write. A connection comes up and goes down
//! under the locks of both, so nothing overtakes what waited for it.
//!
//! Links and monitors are kept twice: by the process (which decides what they mean) and by the
//! node (which tells the processes when the connection is lost). The node's side is set first and
//! taken away first.

pub mod carrier;
pub mod connection;
pub mod ids;
pub mod input;
pub mod node;
pub mod process;
pub mod protocol;
pub mod send;
pub(crate) mod told;
pub mod watch;

pub use ids::{PidId, RefId};
pub use node::{Handle, Node, Nodes};
pub use process::Remote;
