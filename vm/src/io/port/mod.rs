//! Ports: how processes talk to devices.
//!
//! A port has an owner (the *connected process*), links and monitors like a process, and a
//! [`Device`]. What processes do to it and what the poller tells it is done at once, under the
//! port's lock, by whoever does it: there is no queue of tasks, so the order between one process
//! and one port is the order of its calls. What a port does to processes are signals.
//!
//! # Who may hold what
//! The lock of a port is taken before those of the table of ports, of the names, of the poller and of
//! processes' queues, never after them; nobody holds the locks of two ports. While a device is
//! called it is out of its port, so that it can use the rest of it.
//!
//! # The life of a port
//! *Open*, then *closing* while its device still has something to write (it can no longer be
//! found, its links have been told), then gone from the table.
//!
//! Not here: which devices there are (`stream` with `child` and `spawn` for programs,
//! descriptors and files; `terminal`), and what settings mean as terms, which natives decode to
//! [`Settings`].

pub mod child;
pub mod command;
pub mod device;
pub(crate) mod distribution;
pub mod exit;
pub mod framing;
pub mod inet;
pub mod info;
pub mod open;
pub mod ports;
pub mod ram_file;
mod report;
pub(super) mod spawn;
pub mod stream;
mod trace_file;
pub(super) mod writer;

pub use device::{Context, Device, Ready, Reply};
pub use open::{Name, OpenError, Settings};
pub use ports::Ports;

use crate::process::Parcel;
use crate::sync::{Arc, AtomicBool, AtomicUsize, Mutex};
use crate::term::{Atom, Pid, PortId};
use framing::Lines;
use std::collections::{BTreeMap, BTreeSet};

/// A port.
pub struct Port {
    /// Its identifier.
    pub id: PortId,
    /// What is traced of it.
    pub trace: crate::trace::tracees::Tracee,
    state: Mutex<State>,
    /// `port_set_data/2`: not ordered with anything else.
    data: Mutex<Option<Parcel>>,
    /// About how much memory the messages take that its owner has not received yet.
    unread: AtomicUsize,
    /// It reads slowly because of that.
    slow: AtomicBool,
}

/// How far a port is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Life {
    Open,
    /// It has exited but its device still has something to write. True: its owner is told when
    /// that is done.
    Closing(bool),
    Closed,
}

/// How what comes from a device is handed to the owner.
struct Delivery {
    /// As binaries, not as lists.
    binary: bool,
    /// Line by line.
    lines: Option<Lines>,
    /// The end of input is a message and does not close the port.
    eof: bool,
}

/// What the lock of a port keeps.
struct State {
    life: Life,
    owner: Pid,
    registered: Option<Atom>,
    links: BTreeSet<Pid>,
    /// Monitors on this port: number of the reference and watcher.
    watchers: BTreeMap<u64, Pid>,
    /// Its device takes nothing more for now.
    busy: bool,
    /// Who waits until it is no longer busy.
    suspended: Vec<Pid>,
    /// Bytes that came from the device and went to it.
    input: u64,
    output: u64,
    os_pid: Option<u32>,
    /// What `port_info` calls its name.
    label: Vec<u8>,
    delivery: Delivery,
    parallelism: bool,
    /// Whether the machine waits for it to have written everything before it stops.
    halting: bool,
    /// The connection between nodes that it carries.
    channel: Option<Arc<crate::dist::node::Channel>>,
    /// None while it is being called.
    device: Option<Box<dyn Device>>,
}

impl Delivery {
    fn new(settings: &Settings) -> Delivery {
        Delivery {
            binary: settings.binary,
            lines: settings.line.map(Lines::new),
            eof: settings.eof,
        }
    }
}

impl Port {
    fn new(id: PortId, owner: Pid, label: Vec<u8>, delivery: Delivery) -> Arc<Port> {
        Arc::new(Port {
            id,
            trace: crate::trace::tracees::Tracee::default(),
            state: Mutex::new(State {
                life: Life::Open,
                owner,
                registered: None,
                links: BTreeSet::from([owner]),
                watchers: BTreeMap::new(),
                busy: false,
                suspended: Vec::new(),
                input: 0,
                output: 0,
                os_pid: None,
                label,
                delivery,
                parallelism: false,
                halting: false,
                channel: None,
                device: None,
            }),
            data: Mutex::new(None),
            unread: AtomicUsize::new(0),
            slow: AtomicBool::new(false),
        })
    }
}
