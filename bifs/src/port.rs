//! Ports: the natives under `erlang`'s functions, which are Erlang code that waits for and checks
//! what these answer.

use crate::os;
use vm::io::port::command::{IfBusy, Output};
use vm::io::port::open::Limits;
use vm::io::port::{Name, OpenError, Reply, Settings};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::layout::Kind;
use vm::term::{Atom, PortId, Term, View, atoms, iolist};

vm::natives! {
    /// What `erlang`'s functions call.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "open_port"/2 = open_port,
        "port_command"/3 = port_command,
        "port_connect"/2 = port_connect,
        "port_close"/1 = port_close,
        "port_control"/3 = port_control,
        "port_call"/3 = port_call,
        "port_info"/1 = port_info,
        "port_info"/2 = port_info_item,
    }
}

vm::natives! {
    /// Ports.
    pub static NATIVES: "erlang" {
        "ports"/0 = ports,
        "port_set_data"/2 = port_set_data,
        "port_get_data"/1 = port_get_data,
    }
}

vm::natives! {
    /// Sending again when a port is no longer busy.
    pub static AGAIN: "erts_internal" {
        "port_command"/3 = port_command,
    }
}

vm::natives! {
    /// Opening what may block.
    pub static OPEN: "erts_internal" {
        dirty_io "open_port"/2 = open_anything,
    }
}

vm::natives! {
    /// What comes of it.
    pub static OPENED: "erts_internal" {
        "open_port"/1 = begin,
    }
}

/// The port of that identifier or name.
fn find(cx: &Native<'_>, port: Term<'_>) -> Option<PortId> {
    match port.view() {
        View::Port(id) => Some(id),
        View::Atom(name) => cx.vm().names.port(name),
        _ => None,
    }
}

fn is_external_port(t: Term<'_>) -> bool {
    matches!(t.view(), View::External(e) if e.kind == Kind::ExtPort)
}

/// The name of a file, a command, an argument: characters, or bytes as they are.
fn path<'p>(cx: &Native<'p>, t: Term<'p>) -> Option<Vec<u8>> {
    let bytes = match t.view() {
        View::Atom(a) => a.name().as_bytes().to_vec(),
        View::Bits(b) if b.is_binary() => {
            let mut bytes = b.to_bytes().into_owned();
            // Zeros at the end of a binary do not count.
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
            bytes
        }
        _ => os::native(cx, t).ok()?,
    };
    (!bytes.contains(&0)).then_some(bytes)
}

/// Why the arguments of `open_port/2` are refused.
enum Refused {
    Badarg,
    Badopt,
}

fn default_settings(cx: &Native<'_>) -> Settings {
    Settings { env: cx.vm().environment.all(), ..no_settings() }
}

fn no_settings() -> Settings {
    Settings {
        packet: 0,
        line: None,
        args: Vec::new(),
        arg0: None,
        env: Vec::new(),
        cd: None,
        exit_status: false,
        use_stdio: true,
        stderr_to_stdout: false,
        input: false,
        output: false,
        eof: false,
        binary: false,
        parallelism: false,
        limits: Limits::default(),
        limits_given: false,
    }
}

/// The settings, whether they say what the arguments of a program are, and its folder.
struct Given<'p> {
    settings: Settings,
    arguments: bool,
    cd: Option<Term<'p>>,
}

fn settings<'p>(cx: &Native<'p>, list: Term<'p>) -> Option<Given<'p>> {
    let mut g = Given { settings: default_settings(cx), arguments: false, cd: None };
    for setting in list.list_to_vec()? {
        match (setting.as_atom(), setting.as_tuple_of::<2>()) {
            (Some(name), _) => flag(&mut g.settings, name.name())?,
            (_, Some([name, value])) => pair(cx, &mut g, name.as_atom()?.name(), value)?,
            _ => return None,
        }
    }
    let s = &mut g.settings;
    if !s.input && !s.output {
        (s.input, s.output) = (true, true);
    }
    let excluded = s.line.is_some() && s.packet > 0 || s.stderr_to_stdout && !s.use_stdio;
    (!excluded).then_some(g)
}

fn flag(s: &mut Settings, name: &str) -> Option<()> {
    match name {
        "stream" => s.packet = 0,
        "use_stdio" => s.use_stdio = true,
        "nouse_stdio" => s.use_stdio = false,
        "stderr_to_stdout" => s.stderr_to_stdout = true,
        "line" => s.line = Some(512),
        "binary" => s.binary = true,
        "in" => s.input = true,
        "out" => s.output = true,
        "eof" => s.eof = true,
        "exit_status" => s.exit_status = true,
        // Windows only.
        "hide" | "overlapped_io" => {}
        _ => return None,
    }
    Some(())
}

fn pair<'p>(cx: &Native<'p>, g: &mut Given<'p>, name: &str, value: Term<'p>) -> Option<()> {
    let s = &mut g.settings;
    match name {
        "packet" => s.packet = value.as_usize().filter(|n| matches!(n, 1 | 2 | 4))?,
        "line" => s.line = Some(value.as_usize().filter(|n| *n > 0 && *n <= u32::MAX as usize)?),
        "env" => {
            s.env = cx.vm().environment.all();
            for v in value.list_to_vec()? {
                let [key, value] = v.as_tuple_of::<2>()?;
                let key = os::name(cx, key).ok()?;
                s.env.retain(|(k, _)| *k != key);
                if !value.is_nil() && value.as_bool() != Some(false) {
                    s.env.push((key, os::native(cx, value).ok()?));
                }
            }
        }
        "args" => {
            s.args =
                value.list_to_vec()?.into_iter().map(|t| path(cx, t)).collect::<Option<_>>()?;
            g.arguments = true;
        }
        "arg0" => {
            s.arg0 = Some(path(cx, value)?);
            g.arguments = true;
        }
        "cd" => g.cd = Some(value),
        "parallelism" => s.parallelism = value.as_bool()?,
        "busy_limits_port" => {
            s.limits = limits(value)?;
            s.limits_given = true;
        }
        // There is no queue of messages in front of a port.
        "busy_limits_msgq" => drop(limits(value)?),
        _ => return None,
    }
    Some(())
}

fn limits(value: Term<'_>) -> Option<Limits> {
    if value.as_atom().is_some_and(|a| a.name() == "disabled") {
        return Some(Limits { low: usize::MAX, high: usize::MAX });
    }
    let [low, high] = value.as_tuple_of::<2>()?;
    let limit = |t: Term<'_>| t.as_usize().filter(|n| *n >= 1 && *n < usize::MAX);
    let (low, high) = (limit(low)?, limit(high)?);
    Some(Limits { low: low.min(high), high })
}

/// What is to be opened.
fn name<'p>(cx: &Native<'p>, t: Term<'p>) -> Option<Name> {
    if let View::Atom(a) = t.view() {
        return Some(Name::File(a.name().as_bytes().to_vec()));
    }
    if let Some(file) = crate::text::byte_list(t).filter(|f| !f.is_empty()) {
        return Some(Name::File(file));
    }
    match t.as_tuple()? {
        [tag, input, output] if tag.as_atom()?.name() == "fd" => {
            let number = |t: &Term<'_>| t.as_small().map(|n| i32::try_from(n).unwrap_or(-1));
            Some(Name::Fd(number(input)?, number(output)?))
        }
        [tag, what] => {
            let what = path(cx, *what).filter(|w| !w.is_empty());
            match tag.as_atom()?.name() {
                "spawn" => what.map(Name::Spawn),
                "spawn_driver" => what.map(Name::Driver),
                "spawn_executable" => what.map(Name::Executable),
                _ => None,
            }
        }
        _ => None,
    }
}

fn request<'p>(
    cx: &Native<'p>,
    what: Term<'p>,
    list: Term<'p>,
) -> Result<(Name, Settings), Refused> {
    let given = settings(cx, list).ok_or(Refused::Badopt)?;
    let what = name(cx, what).ok_or(Refused::Badarg)?;
    let mut s = given.settings;
    if given.arguments && !matches!(what, Name::Executable(_)) {
        return Err(Refused::Badarg);
    }
    if let Some(folder) = given.cd.filter(|t| !t.is_nil()) {
        s.cd = Some(path(cx, folder).filter(|f| !f.is_empty()).ok_or(Refused::Badarg)?);
    }
    if s.exit_status && matches!(what, Name::Fd(..) | Name::File(_) | Name::Driver(_)) {
        return Err(Refused::Badarg);
    }
    Ok((what, s))
}

/// The driver of sockets that is to be opened, as `prim_inet` opens it.
fn socket<'p>(what: Term<'p>, list: Term<'p>) -> Option<Name> {
    let [tag, name] = what.as_tuple_of::<2>()?;
    let name = crate::text::byte_list(name)?;
    let settings = list.list_to_vec()?;
    let usual = tag.as_atom()?.name() == "spawn_driver"
        && matches!(&settings[..], [s] if s.as_atom().is_some_and(|a| a.name() == "binary"))
        && matches!(&name[..], b"tcp_inet" | b"udp_inet");
    usual.then_some(Name::Driver(name))
}

/// A port, or what is wrong. Sockets are opened at once, what may block on a dirty worker.
fn open_port<'p>(cx: &mut Native<'p>, [what, list]: [Term<'p>; 2]) -> Outcome<'p> {
    match socket(what, list) {
        Some(name) => {
            let settings = Settings { binary: true, ..no_settings() };
            match open(cx, &name, &settings) {
                Ok(port) => begin(cx, [port]),
                Err(why) => Ok(why),
            }
        }
        None => Err(Raise::trap_native(&OPEN[0], vec![what, list])),
    }
}

fn open_anything<'p>(cx: &mut Native<'p>, [what, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let (what, settings) = match request(cx, what, list) {
        Ok(r) => r,
        Err(Refused::Badopt) => return Ok(Term::atom(atoms::BADOPT)),
        Err(Refused::Badarg) => return Ok(Term::atom(atoms::BADARG)),
    };
    match open(cx, &what, &settings) {
        Ok(port) => Err(Raise::trap_native(&OPENED[0], vec![port])),
        Err(why) => Ok(why),
    }
}

/// A port, or the atom that says why there is none.
fn open<'p>(cx: &mut Native<'p>, what: &Name, settings: &Settings) -> Result<Term<'p>, Term<'p>> {
    let why = match cx.open_port(what, settings) {
        Ok(id) => return Term::port(id).ok_or(Term::atom(atoms::SYSTEM_LIMIT)),
        Err(OpenError::Badarg) => atoms::BADARG,
        Err(OpenError::SystemLimit) => atoms::SYSTEM_LIMIT,
        Err(OpenError::Posix(e)) => {
            cx.vm().atoms.intern(vm::io::errno::name(e)).unwrap_or(atoms::SYSTEM_LIMIT)
        }
    };
    Err(Term::atom(why))
}

/// The port, from which something may come from now on.
fn begin<'p>(cx: &mut Native<'p>, [port]: [Term<'p>; 1]) -> Outcome<'p> {
    if let View::Port(id) = port.view() {
        cx.begin_port(id);
    }
    Ok(port)
}

fn true_or_badarg<'p>(done: bool) -> Outcome<'p> {
    Ok(Term::atom(if done { atoms::TRUE } else { atoms::BADARG }))
}

fn port_command<'p>(cx: &mut Native<'p>, [port, data, options]: [Term<'p>; 3]) -> Outcome<'p> {
    let mut if_busy = IfBusy::Wait;
    let Some(list) = options.list_to_vec() else { return Ok(Term::atom(atoms::BADOPT)) };
    for o in list {
        match o.as_atom().map(Atom::name) {
            Some("force") => if_busy = IfBusy::Force,
            Some("nosuspend") if if_busy == IfBusy::Wait => if_busy = IfBusy::Refuse,
            Some("nosuspend") => {}
            _ => return Ok(Term::atom(atoms::BADOPT)),
        }
    }
    let Some(id) = find(cx, port) else { return true_or_badarg(false) };
    match cx.port_output(id, data, if_busy) {
        Output::Done => {
            // What the port did because of it comes before the result.
            cx.handle_signals();
            Ok(Term::bool(true))
        }
        Output::Badarg => true_or_badarg(false),
        Output::Notsup => Ok(Term::atom(atoms::NOTSUP)),
        Output::Busy if if_busy == IfBusy::Wait => {
            Err(Raise::trap_native(&AGAIN[0], vec![port, data, options]))
        }
        Output::Busy => Ok(Term::bool(false)),
    }
}

fn port_connect<'p>(cx: &mut Native<'p>, [port, to]: [Term<'p>; 2]) -> Outcome<'p> {
    let (Some(id), Some(to)) = (find(cx, port), to.as_pid()) else { return true_or_badarg(false) };
    let done = cx.port_connect(id, to);
    cx.handle_signals();
    true_or_badarg(done)
}

fn port_close<'p>(cx: &mut Native<'p>, [port]: [Term<'p>; 1]) -> Outcome<'p> {
    let Some(id) = find(cx, port) else { return true_or_badarg(false) };
    let done = cx.port_close(id);
    cx.handle_signals();
    true_or_badarg(done)
}

fn port_control<'p>(cx: &mut Native<'p>, [port, operation, data]: [Term<'p>; 3]) -> Outcome<'p> {
    let id = find(cx, port);
    let (Some(id), Ok(operation), Some(data)) = (id, arg::<u32>(operation), iolist::to_bytes(data))
    else {
        return true_or_badarg(false);
    };
    let reply = cx.port_control(id, operation, &data);
    cx.handle_signals();
    match reply {
        Some(Reply::List(bytes)) => Ok(cx.byte_list(&bytes, Term::nil())),
        Some(Reply::Binary(bytes)) => Ok(cx.binary(&bytes)),
        None => true_or_badarg(false),
    }
}

/// No device of the machine has calls.
fn port_call<'p>(_: &mut Native<'p>, _: [Term<'p>; 3]) -> Outcome<'p> {
    true_or_badarg(false)
}

fn port_info<'p>(cx: &mut Native<'p>, [port]: [Term<'p>; 1]) -> Outcome<'p> {
    if port.as_atom().is_none() && !matches!(port.view(), View::Port(_)) {
        return true_or_badarg(false);
    }
    let info = find(cx, port).and_then(|id| cx.port_info(id));
    Ok(info.unwrap_or(Term::atom(atoms::UNDEFINED)))
}

fn port_info_item<'p>(cx: &mut Native<'p>, [port, item]: [Term<'p>; 2]) -> Outcome<'p> {
    if port.as_atom().is_none() && !matches!(port.view(), View::Port(_)) || is_external_port(port) {
        return cx.atom("badtype");
    }
    let Some(id) = find(cx, port) else { return Ok(Term::atom(atoms::UNDEFINED)) };
    let item = item.as_atom().map_or("", Atom::name);
    match cx.port_info_item(id, item) {
        None => Ok(Term::atom(atoms::UNDEFINED)),
        Some(None) => true_or_badarg(false),
        Some(Some(info)) => Ok(info),
    }
}

fn ports<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let ports: Vec<Term<'p>> = cx.vm().ports.all().into_iter().filter_map(Term::port).collect();
    cx.bump_reductions(ports.len());
    Ok(cx.list(&ports))
}

fn port_set_data<'p>(cx: &mut Native<'p>, [port, data]: [Term<'p>; 2]) -> Outcome<'p> {
    let id = find(cx, port).ok_or_else(Raise::badarg)?;
    if cx.port_set_data(id, data) { Ok(Term::bool(true)) } else { Err(Raise::badarg()) }
}

fn port_get_data<'p>(cx: &mut Native<'p>, [port]: [Term<'p>; 1]) -> Outcome<'p> {
    let id = find(cx, port).ok_or_else(Raise::badarg)?;
    cx.port_data(id).ok_or_else(Raise::badarg)
}
