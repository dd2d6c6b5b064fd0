//! Opening ports.

use super::inet::{Tcp, Udp};
use super::ram_file::RamFile;
use super::stream::Stream;
use super::trace_file::TraceFile;
use super::{Delivery, Device, Port, child, device};
use crate::io::file::duplicate;
use crate::io::terminal::Terminal;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process};
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Pid, PortId, Term, Word};
use crate::trace::{events, tracees};
use crate::vm::Vm;
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// What a port is opened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `{spawn, Command}`: a driver of that name, else a command for the shell.
    Spawn(Vec<u8>),
    /// `{spawn_driver, Command}`: a driver.
    Driver(Vec<u8>),
    /// `{spawn_executable, File}`: a program.
    Executable(Vec<u8>),
    /// `{fd, In, Out}`: descriptors that are open already.
    Fd(i32, i32),
    /// A name by itself: a file.
    File(Vec<u8>),
}

/// When a port is busy: with more bytes to write than `high`, until there are less than `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "explained above")]
pub struct Limits {
    pub low: usize,
    pub high: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { low: 4096, high: 8192 }
    }
}

/// The settings of `open_port/2`, as it documents them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the settings by their own names")]
pub struct Settings {
    /// `packet`: 0, 1, 2 or 4.
    pub packet: usize,
    pub line: Option<usize>,
    pub args: Vec<Vec<u8>>,
    pub arg0: Option<Vec<u8>>,
    /// All variables.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    pub cd: Option<Vec<u8>>,
    pub exit_status: bool,
    pub use_stdio: bool,
    pub stderr_to_stdout: bool,
    /// The port is read from.
    pub input: bool,
    /// The port is written to.
    pub output: bool,
    pub eof: bool,
    pub binary: bool,
    pub parallelism: bool,
    pub limits: Limits,
    /// `busy_limits_port` was given.
    pub limits_given: bool,
}

/// Why a port could not be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The arguments make no sense together.
    Badarg,
    /// The system's reason.
    Posix(Errno),
    /// There are as many ports as there may be.
    SystemLimit,
}

impl From<Errno> for OpenError {
    fn from(e: Errno) -> OpenError {
        OpenError::Posix(e)
    }
}

/// Opens a port that is linked to `p`, its owner. May block for as long as starting a program
/// takes. Nothing comes in before [`begin`].
pub fn open(
    w: &mut Worker,
    p: &mut Process,
    name: &Name,
    settings: &Settings,
) -> Result<PortId, OpenError> {
    let vm = w.vm.clone();
    let label = match name {
        Name::Spawn(l) | Name::Driver(l) | Name::Executable(l) | Name::File(l) => l.clone(),
        Name::Fd(input, output) => format!("{input}/{output}").into_bytes(),
    };
    let id = vm.ports.next();
    let port = Port::new(id, p.pid, label, Delivery::new(settings));
    // Nobody can do anything to the port before its device is there.
    let mut state = port.state.lock();
    if !vm.ports.insert(port.clone(), vm.settings.port_limit) {
        return Err(OpenError::SystemLimit);
    }
    state.parallelism = settings.parallelism;
    let opened = start(w, id, name, settings).inspect(|(_, os_pid)| state.os_pid = *os_pid);
    match opened {
        Ok((device, _)) => state.device = Some(device),
        Err(e) => {
            state.life = super::Life::Closed;
            vm.ports.remove(id);
            return Err(e);
        }
    }
    tracees::port_opened(&vm, &port);
    if port.trace.any(tracees::PORTS) {
        let label = String::from_utf8_lossy(&state.label).into_owned();
        let owner = p.pid;
        events::port(w, &port, tracees::PORTS, "open", |cx| {
            let label = Term::atom(crate::trace::messages::name(cx.vm(), &label));
            smallvec::smallvec![Term::pid(owner), label]
        });
        events::port_event(w, &port, "getting_linked", Word::from_pid(owner));
    }
    p.rare().port_links.insert(id);
    Ok(id)
}

/// Has a new port look for what comes in. To be called where the owner runs and knows of the port: a
/// program that ends at once ends the port with it, and what the owner does first is to come before.
pub fn begin(w: &mut Worker, id: PortId) {
    w.vm.clone().ports.with(id, |port, state| {
        device::call(w, port, state, |d, cx| d.ready(cx, super::Ready::Look, &mut []))
    });
}

/// Makes a port of a device that another port's device has made, and links it to `owner`. The
/// device comes back if there are too many ports or if there is no such process.
pub(super) fn adopt(
    w: &mut Worker,
    owner: Pid,
    label: Vec<u8>,
    device: Box<dyn Device>,
) -> Result<PortId, Box<dyn Device>> {
    let vm = w.vm.clone();
    let id = vm.ports.next();
    let port = Port::new(id, owner, label, Delivery { binary: false, lines: None, eof: false });
    // Nobody knows the port yet, so its lock is nobody's.
    port.state.lock().device = Some(device);
    if vm.ports.insert(port.clone(), vm.settings.port_limit) {
        let link = Parcel::empty(SignalKind::PortLink { from: id });
        if deliver(w, owner, link).is_ok() {
            return Ok(id);
        }
        vm.ports.remove(id);
    }
    let mut state = port.state.lock();
    state.life = super::Life::Closed;
    Err(state.device.take().expect("the device that was put there"))
}

/// The release's program that asks the system for names of hosts.
const RESOLVER: &[u8] = b"inet_gethost";

/// What stands in for a program that the release should have and does not.
fn stand_in(w: &Worker, file: &[u8]) -> Option<Vec<u8>> {
    use rustix::fs::{Access, access};
    let own = w.vm.settings.resolver.clone()?;
    let missing = file.rsplit(|b| *b == b'/').next() == Some(RESOLVER)
        && access(file, Access::EXISTS) == Err(Errno::NOENT);
    missing.then_some(own)
}

type Started = (Box<dyn Device>, Option<u32>);

fn start(
    w: &mut Worker,
    id: PortId,
    name: &Name,
    settings: &Settings,
) -> Result<Started, OpenError> {
    match name {
        Name::Spawn(command) | Name::Driver(command) => match driver(command) {
            Some(open) if !settings.exit_status && !settings.limits_given => {
                let words = command.splitn(2, |b| *b == b' ').nth(1).unwrap_or_default();
                // A device of this kind says no more than that it cannot be opened.
                let device = open(&w.vm, id, words).map_err(|_| Errno::INVAL)?;
                Ok((device, None))
            }
            None if matches!(name, Name::Spawn(_)) => {
                program(w, id, child::Program::Shell(command), settings)
            }
            _ => Err(OpenError::Badarg),
        },
        Name::Executable(file) => match stand_in(w, file) {
            None => program(w, id, child::Program::File(file), settings),
            Some(own) => {
                let named = Settings { arg0: Some(RESOLVER.to_vec()), ..settings.clone() };
                program(w, id, child::Program::File(&own), &named)
            }
        },
        Name::Fd(input, output) => {
            let input = settings.input.then(|| duplicate(*input)).transpose();
            let output = settings.output.then(|| duplicate(*output)).transpose();
            // Stock takes any number and finds out when it is used; nothing is gained by that.
            let (Ok(input), Ok(output)) = (input, output) else {
                return Err(Errno::INVAL.into());
            };
            let stream = Stream::new(input, settings).writing_blocking(output);
            Ok((Box::new(stream), None))
        }
        Name::File(file) => {
            let (input, output) = open_file(file, settings).map_err(|_| Errno::INVAL)?;
            let stream = Stream::new(input, settings).writing(output);
            Ok((Box::new(stream), None))
        }
    }
}

/// Opens a device: for its port, with the words behind its name.
type Open = fn(&Arc<Vm>, PortId, &[u8]) -> Result<Box<dyn Device>, Errno>;

/// The devices that are opened by name, as OTP's drivers are.
const DRIVERS: [(&str, Open); 5] = [
    ("ram_file_drv", |_, _, _| Ok(Box::<RamFile>::default())),
    ("tcp_inet", |_, _, _| Ok(Box::<Tcp>::default())),
    ("udp_inet", |_, _, _| Ok(Box::<Udp>::default())),
    ("trace_file_drv", |vm, _, words| Ok(Box::new(TraceFile::open(vm.world.now(), words)?))),
    ("tty_sl", |vm, id, words| Ok(Box::new(Terminal::open(vm, id, words)?))),
];

/// The device that the first word of a command names.
fn driver(command: &[u8]) -> Option<Open> {
    let name = command.split(|b| *b == b' ').next()?;
    DRIVERS.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, open)| *open)
}

fn open_file(
    file: &[u8],
    settings: &Settings,
) -> Result<(Option<OwnedFd>, Option<OwnedFd>), Errno> {
    use rustix::fs::{Mode, OFlags};
    let how = match (settings.input, settings.output) {
        (true, false) => OFlags::RDONLY,
        (false, _) => OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
        (true, true) => OFlags::RDWR | OFlags::CREATE,
    };
    let flags = how | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd = rustix::fs::open(file, flags, Mode::from_raw_mode(0o666))?;
    let output = settings.output.then(|| rustix::io::fcntl_dupfd_cloexec(&fd, 3)).transpose()?;
    Ok((settings.input.then_some(fd), output))
}

fn program(
    w: &mut Worker,
    id: PortId,
    program: child::Program<'_>,
    settings: &Settings,
) -> Result<Started, OpenError> {
    let huge_pages = w.vm.settings.restore_huge_pages.then_some(&w.vm.ports.huge_pages);
    let started = w.vm.unbound(|| child::start(program, settings, huge_pages))?;
    let os_pid = started.child.id();
    let mut stream = Stream::new(started.input, settings).writing(started.output);
    if settings.exit_status {
        stream = stream.reporting_exit();
    }
    if let Err((child, e)) = w.vm.poller.adopt(started.child, id) {
        child.end();
        return Err(e.into());
    }
    Ok((Box::new(stream), Some(os_pid)))
}
