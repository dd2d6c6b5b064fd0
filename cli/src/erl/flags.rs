//! The emulator's flags: which there are, what they may be, and what they say of the machine.
//!
//! Flags about things that this machine does differently (allocators, busy waiting, sizes of stacks,
//! ...) are checked and then have no effect; `docs/differences-from-beam.md` lists them.

use super::refusal::{Refusal, bad_flag};
use super::topology_flags;
use super::words::Word;
use vm::io::file_names::{Encoding, Invalid};
use vm::settings::{BreakKey, Settings, TimeWarp, WarningMap};

/// What the flags say.
#[derive(Debug)]
pub struct Flags {
    /// `+S`: workers.
    pub workers: usize,
    /// `+P`
    pub process_limit: usize,
    /// `+t`
    pub atom_limit: usize,
    /// `+i`: the module that boots.
    pub init: String,
    /// `+V`: show the version and end.
    pub version: bool,
    /// What programs can read back.
    pub settings: Settings,
}

/// Numbers of `+S` and its like are at most this.
const MAX_SCHEDULERS: i64 = 1024;
/// The most processes or ports that can be asked for.
const MAX_TABLE: i64 = 134_217_727;

const BUSY_WAITS: &str = "none very_short short medium long very_long";
const WAKEUPS: &str = "very_low low medium high very_high";
const CLEANUPS: &str = "very_lazy lazy medium eager very_eager";
const BOOLEANS: &str = "true false";

/// Flags that have no effect but whose value is checked: name, values, what is wrong with others.
/// Longer names come before those that they begin with.
const WORDS: &[(&str, &str, &str)] = &[
    ("sbwtdcpu", BUSY_WAITS, "bad dirty CPU scheduler busy wait threshold: "),
    ("sbwtdio", BUSY_WAITS, "bad dirty IO scheduler busy wait threshold: "),
    ("sbwt", BUSY_WAITS, "bad scheduler busy wait threshold: "),
    ("swct", CLEANUPS, "scheduler wake cleanup threshold: "),
    ("swtdcpu", WAKEUPS, "dirty CPU scheduler wakeup threshold: "),
    ("swtdio", WAKEUPS, "dirty IO scheduler wakeup threshold: "),
    ("swt", WAKEUPS, "scheduler wakeup threshold: "),
    ("sws", "default legacy", "scheduler wakeup strategy: "),
    ("scl", BOOLEANS, "bad scheduler compact load value "),
    ("sub", BOOLEANS, "bad scheduler utilization balancing  value "),
    (
        "zebwt",
        "none very_short short medium long very_long extremely_long",
        "Invalid ets busy wait threshold: ",
    ),
    ("n", "s a d", "bad -n option "),
];

/// Flags that have no effect but whose value is a number in a range.
const NUMBERS: &[(&str, i64, i64, &str)] = &[
    ("sssdcpu", 20, 8192, "bad stack size for dirty CPU scheduler threads "),
    ("sssdio", 20, 8192, "bad stack size for dirty IO scheduler threads "),
    ("sss", 20, 8192, "bad stack size for scheduler threads "),
    ("sfwi", 0, i64::MAX, "bad scheduler forced wakeup interval "),
    ("a", 16, 8192, "bad stack size for async threads "),
    ("hpds", 1, i64::MAX, "bad initial process dictionary size "),
    ("rg", 0, i64::MAX, "bad reader groups limit: "),
    ("dcg", 0, i64::MAX, "bad decentralized counter groups limit: "),
    ("h", 1, i64::MAX, "bad heap size "),
];

/// Flags that have no effect, whatever their value.
const IGNORED: &[&str] = &["IOPt", "IOPp", "IOt", "IOp", "IOs", "K", "secio"];

/// Flags without a value that have no effect.
const SWITCHES: &[&str] = &["L", "d", "r", "ec", "H"];

/// How many processors there are.
#[derive(Clone, Copy)]
pub struct Count {
    /// All that the computer has.
    pub all: usize,
    /// Those that this program can keep busy.
    pub usable: usize,
}

/// Reads flags; a machine has as many workers as the computer has `processors` unless they say
/// otherwise, of which those are online that can be kept busy. `variable` gives those of the
/// environment.
pub fn parse(
    words: &[Word],
    processors: Count,
    variable: impl Fn(&str) -> Option<Word>,
) -> Result<Flags, Refusal> {
    let mut f = Flags {
        workers: processors.all,
        process_limit: 262_144,
        atom_limit: 1_048_576,
        init: "init".to_owned(),
        version: false,
        settings: Settings::new(processors.all),
    };
    if let Some(most) = variable("ERL_MAX_ETS_TABLES") {
        let most = leading_number(&String::from_utf8_lossy(&most));
        f.settings.ets_limit = usize::try_from(most).unwrap_or(0).max(8_192);
    }
    let words: Vec<String> =
        words.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
    f.settings.topology_unread = topology_flags::unread(&words);
    let mut shape = Shape::default();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(name) = word.strip_prefix('-') else { return Err(bad_flag("bad flags")) };
        let taken = shape.take(name, &mut rest)?
            || topology_flags::take(&mut f.settings, name, &mut rest)?
            || f.take(name, &mut rest)?;
        if !taken && !accept(name, &mut rest)? {
            return Err(bad_flag(&format!("beam.smp unknown flag {word}")));
        }
        if f.version {
            return Ok(f);
        }
    }
    shape.apply(&mut f, processors)?;
    Ok(f)
}

pub(super) type Rest<'a> = std::iter::Peekable<std::slice::Iter<'a, String>>;

/// The value of a flag: right behind its name, or the next word.
pub(super) fn value<'a>(attached: &'a str, rest: &mut Rest<'a>) -> Result<&'a str, Refusal> {
    if !attached.is_empty() {
        return Ok(attached);
    }
    rest.next().map(String::as_str).ok_or_else(|| bad_flag("too few arguments"))
}

/// As C's `atoi`: the number that the text begins with, else 0.
fn leading_number(text: &str) -> i64 {
    scan(text.trim_start()).0.unwrap_or(0)
}

fn in_range(text: &str, min: i64, max: i64, wrong: &str) -> Result<i64, Refusal> {
    let n = leading_number(text);
    if (min..=max).contains(&n) { Ok(n) } else { Err(bad_flag(&format!("{wrong}{text}"))) }
}

fn boolean(text: &str, wrong: &str) -> Result<bool, Refusal> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad_flag(&format!("{wrong}{text}"))),
    }
}

/// Checks a flag that has no effect. False: there is none of that name.
fn accept<'a>(name: &'a str, rest: &mut Rest<'a>) -> Result<bool, Refusal> {
    if SWITCHES.contains(&name) {
        return Ok(true);
    }
    if let Some(m) = name.strip_prefix('M') {
        super::memory_flags::accept(m, rest)?;
        return Ok(true);
    }
    if let Some(j) = name.strip_prefix('J') {
        return accept_of_compiler(j, rest);
    }
    for (flag, allowed, wrong) in WORDS {
        if let Some(attached) = name.strip_prefix(flag) {
            let v = value(attached, rest)?;
            if !allowed.split(' ').any(|a| a == v) {
                return Err(bad_flag(&format!("{wrong}{v}")));
            }
            return Ok(true);
        }
    }
    for (flag, min, max, wrong) in NUMBERS {
        if let Some(attached) = name.strip_prefix(flag) {
            in_range(value(attached, rest)?, *min, *max, wrong)?;
            return Ok(true);
        }
    }
    for flag in IGNORED {
        if let Some(attached) = name.strip_prefix(flag) {
            value(attached, rest)?;
            return Ok(true);
        }
    }
    match name.chars().next() {
        Some('s') => Err(bad_flag(&format!("bad scheduling option -{name}"))),
        Some('z') => Err(bad_flag(&format!("bad -z option -{name}"))),
        _ => Ok(false),
    }
}

/// Checks a flag of stock's native code compiler, whose name is `J` and `name`.
fn accept_of_compiler<'a>(name: &'a str, rest: &mut Rest<'a>) -> Result<bool, Refusal> {
    let (attached, allowed, wrong) = if let Some(attached) = name.strip_prefix("Ddump") {
        (attached, "true false", "bad +JDdump flag ")
    } else if let Some(attached) = name.strip_prefix("Pperf") {
        (attached, "true false dump map", "bad +JPperf support flag ")
    } else if name.starts_with(['D', 'P']) {
        return Ok(true);
    } else {
        return Err(bad_flag(&format!("invalid JIT option -J{name}")));
    };
    let v = value(attached, rest)?;
    if allowed.split(' ').any(|a| a == v) {
        return Ok(true);
    }
    Err(bad_flag(&format!("{wrong}{v}")))
}

impl Flags {
    /// Takes a flag that has an effect. False: this is none.
    fn take<'a>(&mut self, name: &'a str, rest: &mut Rest<'a>) -> Result<bool, Refusal> {
        let s = &mut self.settings;
        let mut value = |prefix: usize| value(&name[prefix..], rest);
        match name.as_bytes() {
            [b'P', ..] => match value(1)? {
                "legacy" => {}
                v => {
                    let n = in_range(v, 1024, MAX_TABLE, "bad number of processes ")?;
                    self.process_limit = n as usize;
                }
            },
            [b'Q', ..] => match value(1)? {
                "legacy" => {}
                v => {
                    let n = in_range(v, 1024, MAX_TABLE, "bad number of ports ")?;
                    s.port_limit = (n as usize).next_power_of_two();
                }
            },
            [b't', ..] => {
                let n = in_range(value(1)?, 8192, i64::from(i32::MAX), "bad atom table size ")?;
                self.atom_limit = n as usize;
            }
            [b'h', b'm', b'b', b's', ..] => {
                let n = in_range(value(4)?, 1, i64::from(i32::MAX), "bad heap size ")?;
                s.min_bin_vheap_size = n as usize;
            }
            [b'h', b'm', b's', ..] => {
                let n = in_range(value(3)?, 1, i64::from(i32::MAX), "bad heap size ")?;
                s.min_heap_size = n as usize;
            }
            [b'h', b'm', b'a', b'x', b'k', ..] => {
                s.max_heap_size.kill = boolean(value(5)?, "bad max heap kill ")?;
            }
            [b'h', b'm', b'a', b'x', b'e', b'l', ..] => {
                s.max_heap_size.log = boolean(value(6)?, "bad max heap error logger ")?;
            }
            [b'h', b'm', b'a', b'x', ..] => {
                let n = in_range(value(4)?, 0, 1 << 59, "bad max heap size ")?;
                s.max_heap_size.size = n as usize;
            }
            [b'h', b'm', b'q', b'd', ..] => {
                s.off_heap_messages = match value(4)? {
                    "off_heap" => true,
                    "on_heap" => false,
                    v => return Err(bad_flag(&format!("Invalid message_queue_data flag: {v}"))),
                };
            }
            [b'i', ..] => self.init = value(1)?.to_owned(),
            [b'V', ..] => self.version = true,
            [b'A', ..] => {
                let n = in_range(value(1)?, 0, 1024, "bad number of async threads ")?;
                s.async_threads = n.max(1) as usize;
            }
            [b'e'] | [b'e', b'0'..=b'9', ..] => {
                let wrong = "bad maximum number of ets tables ";
                s.ets_limit = (in_range(value(1)?, 0, i64::MAX, wrong)? as usize).max(8_192);
            }
            [b'R', ..] => {
                let wrong = "bad compatibility release number ";
                s.compat_release = Some(in_range(value(1)?, 23, 25, wrong)? as u32);
            }
            [b'T', ..] => {
                let n = in_range(value(1)?, 0, 9, "bad modified timing level ")?;
                s.modified_timing_level = Some(n as u8);
            }
            [b'W', ..] => {
                let v = value(1)?;
                s.warnings = match v.as_bytes().first() {
                    Some(b'i') => WarningMap::Info,
                    Some(b'e') => WarningMap::Error,
                    Some(b'w') => WarningMap::Warning,
                    _ => return Err(bad_flag(&format!("unrecognized warning_map option {v}"))),
                };
            }
            [b'C', ..] => {
                s.time_warp = match value(1)? {
                    "no_time_warp" => TimeWarp::No,
                    "single_time_warp" => TimeWarp::Single,
                    "multi_time_warp" => TimeWarp::Multi,
                    v => return Err(bad_flag(&format!("Invalid time warp mode: {v}"))),
                }
            }
            [b'c'] => {
                let next = rest.next_if(|w| *w == "true" || *w == "false");
                s.time_correction = next.is_some_and(|w| w == "true");
            }
            [b'c', ..] => {
                s.time_correction = boolean(&name[1..], "Invalid time correnction value: ")?;
            }
            [b'B', ..] => {
                let letter =
                    rest.next_if(|w| name.len() == 1 && ["i", "c", "d"].contains(&w.as_str()));
                s.break_key = match letter.map_or(&name[1..], String::as_str) {
                    "i" => BreakKey::Ignored,
                    "c" => BreakKey::Shell,
                    "d" => BreakKey::Ends,
                    _ => BreakKey::Menu,
                };
            }
            [b'p', b'c', ..] => {
                s.printable_unicode = match value(2)? {
                    "unicode" => true,
                    "latin1" => false,
                    v => return Err(bad_flag(&format!("bad range of printable characters: {v}"))),
                };
            }
            [b'f', b'n', ..] => {
                let v = value(2)?;
                let wrong = || {
                    let why = "can be (l,u or a, optionally followed by w, i or e)";
                    bad_flag(&format!("bad filename encoding {v}, {why}"))
                };
                let (encoding, invalid) = match v.as_bytes() {
                    [b'l', ..] => (Some(Encoding::Latin1), &b"w"[..]),
                    [b'u', invalid @ ..] => (Some(Encoding::Utf8), invalid),
                    [b'a', invalid @ ..] => (None, invalid),
                    _ => return Err(wrong()),
                };
                s.name_encoding = encoding;
                s.invalid_names = match invalid {
                    [] | b"w" => Invalid::Warning,
                    b"i" => Invalid::Ignore,
                    b"e" => Invalid::Error,
                    _ => return Err(wrong()),
                };
            }
            [b's', b'p', b'p', ..] => {
                let wrong = "bad port parallelism scheduling hint ";
                s.port_parallelism = boolean(value(3)?, wrong)?;
            }
            [b'z', b'd', b'b', b'b', b'l', ..] => {
                let n = in_range(value(5)?, 1, 2_097_151, "Invalid dbbl limit: ")?;
                s.dist_buf_busy_limit = n as usize;
            }
            [b'z', b'd', b'n', b't', b'g', b'c', ..] => {
                let wrong = "Invalid delayed node table gc: ";
                s.delayed_node_table_gc = match value(6)? {
                    "infinity" => None,
                    v => Some(in_range(v, 0, 100_000_000, wrong)? as u32),
                };
            }
            [b'z', b'o', b's', b'r', b'l', ..] => {
                let wrong = "Invalid outstanding requests limit ";
                s.outstanding_system_requests =
                    Some(in_range(value(5)?, 1, MAX_TABLE, wrong)? as usize);
            }
            [b'v', ..] => eprintln!("warning: -v (only in debug compiled code)"),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// What `+S`, `+SP`, `+SDcpu`, `+SDPcpu` and `+SDio` say. All are read before any is applied.
#[derive(Default)]
struct Shape {
    schedulers: Option<(Option<i64>, Option<i64>)>,
    percent: Option<(i64, i64)>,
    dirty_cpu: Option<(Option<i64>, Option<i64>)>,
    dirty_percent: Option<(i64, i64)>,
    dirty_io: Option<i64>,
}

/// `N`, `N:M` or `:M`. As in stock, what stands behind is of no matter.
fn two(text: &str, wrong: &str) -> Result<(Option<i64>, Option<i64>), Refusal> {
    let (n, rest) = scan(text);
    let m = rest.strip_prefix(':').and_then(|rest| scan(rest).0);
    if n.is_none() && m.is_none() {
        return Err(bad_flag(&format!("{wrong}{text}")));
    }
    Ok((n, m))
}

/// The number that a text begins with, and the rest of it.
pub(super) fn scan(text: &str) -> (Option<i64>, &str) {
    let sign = usize::from(text.starts_with(['-', '+']));
    let end = text[sign..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| n + sign);
    (text[..end].parse().ok(), &text[end..])
}

fn percentages(text: &str, wrong: &str) -> Result<(i64, i64), Refusal> {
    let (n, m) = two(text, wrong)?;
    let pair = (n.unwrap_or(100), m.or(n.map(|n| n.min(100))).unwrap_or(100));
    if pair.0 < 0 || pair.1 < 0 {
        return Err(bad_flag(&format!("{wrong}{text}")));
    }
    Ok(pair)
}

impl Shape {
    fn take<'a>(&mut self, name: &'a str, rest: &mut Rest<'a>) -> Result<bool, Refusal> {
        let Some(name) = name.strip_prefix('S') else { return Ok(false) };
        if let Some(attached) = name.strip_prefix('P') {
            let v = value(attached, rest)?;
            self.percent = Some(percentages(v, "bad schedulers percentage specifier ")?);
        } else if let Some(attached) = name.strip_prefix("DPcpu") {
            let v = value(attached, rest)?;
            self.dirty_percent =
                Some(percentages(v, "bad dirty CPU schedulers percentage specifier ")?);
        } else if let Some(attached) = name.strip_prefix("Dcpu") {
            let v = value(attached, rest)?;
            self.dirty_cpu = Some(two(v, "bad amount of dirty CPU schedulers ")?);
        } else if let Some(attached) = name.strip_prefix("Dio") {
            let v = value(attached, rest)?;
            self.dirty_io =
                Some(in_range(v, 1, MAX_SCHEDULERS, "bad number of dirty I/O schedulers ")?);
        } else {
            let v = value(name, rest)?;
            self.schedulers = Some(two(v, "bad amount of schedulers ")?);
        }
        Ok(true)
    }

    fn apply(&self, f: &mut Flags, processors: Count) -> Result<(), Refusal> {
        let (all, usable) = (processors.all as i64, processors.usable as i64);
        // A number that is not above 0 counts from the number of processors.
        let total = |n: i64| if n > 0 { n } else { all + n };
        let online = |n: i64| if n > 0 { n } else { usable + n };
        let pair = |given: Option<(Option<i64>, Option<i64>)>| match given {
            None => (all, usable),
            Some((None, m)) => (all, online(m.unwrap_or(0))),
            Some((Some(n), None)) => (total(n), online(n.min(usable))),
            Some((Some(n), Some(m))) => (total(n), online(m)),
        };
        let (mut total, mut online) = pair(self.schedulers);
        if !(1..=MAX_SCHEDULERS).contains(&total) {
            let asked = self.schedulers.and_then(|s| s.0).unwrap_or(total);
            return Err(bad_flag(&format!("bad amount of schedulers {asked}")));
        }
        if online < 1 || total < online {
            return Err(bad_flag(&format!(
                "bad amount of schedulers online {online} (total amount of schedulers {total})"
            )));
        }
        if let Some((p, q)) = self.percent {
            total = (total * p / 100).max(1);
            online = (online * q / 100).max(1);
            if total > MAX_SCHEDULERS {
                return Err(bad_flag(&format!(
                    "bad schedulers percentage {p} (total amount of schedulers {total})"
                )));
            }
            if total < online {
                return Err(bad_flag(&format!(
                    "bad schedulers online percentage {q} (total amount of schedulers {total}, \
                     online {online})"
                )));
            }
        }
        let (mut dirty, mut dirty_online) = pair(self.dirty_cpu);
        if !(1..=MAX_SCHEDULERS).contains(&dirty) {
            let asked = self.dirty_cpu.and_then(|s| s.0).unwrap_or(dirty);
            return Err(bad_flag(&format!("bad amount of dirty CPU schedulers {asked}")));
        }
        if dirty_online < 1 || dirty < dirty_online {
            return Err(bad_flag(&format!(
                "bad amount of dirty CPU schedulers online {dirty_online} (total amount of dirty \
                 CPU schedulers {dirty})"
            )));
        }
        if let Some((p, q)) = self.dirty_percent {
            dirty = dirty * p / 100;
            dirty_online = dirty_online * q / 100;
        }
        f.workers = total as usize;
        f.settings.schedulers_online = online as usize;
        f.settings.dirty_cpu_schedulers = dirty.clamp(1, total) as usize;
        f.settings.dirty_cpu_schedulers_online = dirty_online.clamp(1, online.min(dirty)) as usize;
        f.settings.dirty_io_schedulers = self.dirty_io.unwrap_or(10) as usize;
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn flags(list: &[&str]) -> Result<Flags, Refusal> {
        on(Count { all: 2, usable: 2 }, list)
    }

    fn on(processors: Count, list: &[&str]) -> Result<Flags, Refusal> {
        let words = list.iter().map(|w| w.as_bytes().to_vec()).collect::<Vec<_>>();
        parse(&words, processors, |_| None)
    }

    fn wrong(list: &[&str]) -> String {
        let Err(Refusal(why)) = flags(list) else { panic!("{list:?} is right") };
        why.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn limits_and_workers_are_taken() {
        let f = flags(&["-P", "5000", "-S1", "-t20000", "-A", "3", "-sbt", "u", "-zdbbl", "7"])
            .expect("nothing to refuse");
        assert_eq!((f.process_limit, f.workers, f.atom_limit), (5000, 1, 20000));
        assert_eq!((f.settings.async_threads, f.settings.dist_buf_busy_limit), (3, 7));
        let f = flags(&["-S", "4:3"]).expect("nothing to refuse");
        assert_eq!((f.workers, f.settings.schedulers_online), (4, 3));
        let f = flags(&["-SP", "50:50"]).expect("nothing to refuse");
        assert_eq!((f.workers, f.settings.schedulers_online), (1, 1));
    }

    #[test]
    fn what_can_be_kept_busy_is_online() {
        let numbers = |list: &[&str]| {
            let f = on(Count { all: 8, usable: 3 }, list).expect("nothing to refuse");
            let s = f.settings;
            let dirty = [s.dirty_cpu_schedulers, s.dirty_cpu_schedulers_online];
            (f.workers, s.schedulers_online, dirty)
        };
        assert_eq!(numbers(&[]), (8, 3, [8, 3]));
        assert_eq!(numbers(&["-S", "4"]), (4, 3, [4, 3]));
        assert_eq!(numbers(&["-S", "2"]), (2, 2, [2, 2]));
        assert_eq!(numbers(&["-S", "-1"]), (7, 2, [7, 2]));
        assert_eq!(numbers(&["-S", ":5"]), (8, 5, [8, 3]));
        assert_eq!(numbers(&["-SP", "50:50"]), (4, 1, [4, 1]));
    }

    #[test]
    fn what_is_wrong_is_said_as_stock_says_it() {
        assert_eq!(wrong(&["-foo"]), "beam.smp unknown flag -foo");
        assert_eq!(wrong(&["-P", "7"]), "bad number of processes 7");
        assert_eq!(wrong(&["-S", "x"]), "bad amount of schedulers x");
        assert_eq!(
            wrong(&["-S", "1:2"]),
            "bad amount of schedulers online 2 (total amount of schedulers 1)"
        );
        assert_eq!(wrong(&["-sbwt", "much"]), "bad scheduler busy wait threshold: much");
        assert_eq!(wrong(&["-sxy"]), "bad scheduling option -sxy");
        assert_eq!(wrong(&["-zxy"]), "bad -z option -zxy");
    }
}
