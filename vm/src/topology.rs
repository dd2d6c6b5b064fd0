//! Where logical processors lie: which hardware thread of which core, processor and NUMA node each
//! is. Read from the system or said by the user (`+sct`, `erlang:system_flag(cpu_topology, _)`), and the
//! orders in which workers are bound to them.

use std::fmt;
use std::path::{Path, PathBuf};

/// The highest number that anything may have.
pub const MAX_ID: i32 = 0xffff;

/// A logical processor. What is -1 is not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cpu {
    /// The NUMA node that its processor is part of.
    pub node: i32,
    /// Its processor.
    pub processor: i32,
    /// The NUMA node that is part of its processor.
    pub processor_node: i32,
    /// Its core.
    pub core: i32,
    /// Its hardware thread.
    pub thread: i32,
    /// Its own number.
    pub logical: i32,
}

/// Logical processors that may be together, in the order of the processors they lie in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topology(Vec<Cpu>);

/// What is wrong with one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "their texts say what they mean")]
pub enum Wrong {
    Id,
    Range,
    Hierarchy,
    Kind,
    Nodes,
    NoLogical,
    LogicalTwice,
    Twice,
    Empty,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Id => "invalid identifier",
            Wrong::Range => "invalid identifier range",
            Wrong::Hierarchy => "invalid hierarchy",
            Wrong::Kind => "invalid identifier type",
            Wrong::Nodes => "invalid nodes declaration",
            Wrong::NoLogical => "missing logical identifier",
            Wrong::LogicalTwice => "not unique logical identifiers",
            Wrong::Twice => "not unique entities",
            Wrong::Empty => "missing cpu topology",
        })
    }
}

impl Topology {
    /// Puts logical processors together.
    ///
    /// # Errors
    /// Two that cannot be told apart; nodes that are parts of processors and have them as parts.
    pub fn new(mut cpus: Vec<Cpu>) -> Result<Topology, Wrong> {
        let mut logical: Vec<i32> = cpus.iter().map(|cpu| cpu.logical).collect();
        logical.sort_unstable();
        if logical.windows(2).any(|two| two[0] == two[1]) {
            return Err(Wrong::LogicalTwice);
        }
        let place = |c: &Cpu| [c.processor, c.node, c.processor_node, c.core, c.thread];
        cpus.sort_by_key(place);
        if cpus.windows(2).any(|two| place(&two[0]) == place(&two[1])) {
            return Err(Wrong::Twice);
        }
        // Either nobody tells a node, or everybody but the first, of whom it is not asked, just one.
        let nodes = |c: &Cpu| usize::from(c.node >= 0) + usize::from(c.processor_node >= 0);
        let each = cpus.first().map_or(0, |first| nodes(first).min(1));
        let torn = |two: &[Cpu]| two[0].processor == two[1].processor && two[0].node != two[1].node;
        if cpus.iter().skip(1).any(|cpu| nodes(cpu) != each)
            || each > 0 && cpus.windows(2).any(torn)
        {
            return Err(Wrong::Nodes);
        }
        Ok(Topology(cpus))
    }

    /// Its logical processors.
    #[must_use]
    pub fn cpus(&self) -> &[Cpu] {
        &self.0
    }

    /// Reads the text of `+sct`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Topology, Wrong> {
        if text.is_empty() {
            return Err(Wrong::Empty);
        }
        let entries = text.strip_suffix(':').unwrap_or(text).split(':');
        let cpus: Vec<Vec<Cpu>> = entries.map(entry).collect::<Result<_, _>>()?;
        Topology::new(cpus.concat())
    }

    /// What the system tells, if that is all of the processors that are online.
    #[must_use]
    pub fn detect(configured: usize, online: usize) -> Option<Topology> {
        let nodes = numbered(Path::new("/sys/devices/system/node"), "node");
        let folders = match &nodes {
            Some(nodes) => nodes.clone(),
            None => vec![(-1, PathBuf::from("/sys/devices/system/cpu"))],
        };
        let mut cpus = Vec::new();
        for (node, folder) in folders {
            for (logical, folder) in numbered(&folder, "cpu")? {
                let number = |file: &str| -> Option<i32> {
                    let text = std::fs::read_to_string(folder.join("topology").join(file));
                    text.ok()?.trim().parse().ok()
                };
                let found = (number("physical_package_id"), number("core_id"));
                let (Some(processor), Some(core)) = found else { continue };
                cpus.push(Cpu { node, processor, processor_node: -1, core, thread: 0, logical });
            }
        }
        if cpus.is_empty() || cpus.len() < online || cpus.len() > configured {
            return None;
        }
        // Nodes of one processor are parts of it.
        let all = cpus.clone();
        for cpu in &mut cpus {
            let others = |c: &&Cpu| c.processor == cpu.processor && c.node != cpu.node;
            if all.iter().any(|c| others(&c)) {
                (cpu.node, cpu.processor_node) = (-1, cpu.node);
            }
        }
        let core = |c: &Cpu| [c.node, c.processor, c.processor_node, c.core];
        cpus.sort_by_key(|cpu| (core(cpu), cpu.logical));
        for i in 1..cpus.len() {
            if core(&cpus[i - 1]) == core(&cpus[i]) {
                cpus[i].thread = cpus[i - 1].thread + 1;
            }
        }
        Topology::new(cpus).ok()
    }

    /// The logical processors in the order in which workers are bound to them.
    #[must_use]
    pub fn order(&self, how: BindType) -> Vec<i32> {
        let mut cpus = self.counted();
        cpus.sort_by_key(|cpu| how.key(cpu));
        cpus.iter().map(|cpu| cpu.logical).collect()
    }

    /// The same with all parts counted from 0 within what they are parts of, and nodes of either kind
    /// from 0 through all of the machine.
    fn counted(&self) -> Vec<Cpu> {
        let mut counted: Vec<Cpu> = Vec::new();
        let mut nodes = -1;
        for (i, cpu) in self.0.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| (&self.0[i], counted[i]));
            let new = |part: fn(&Cpu) -> i32| before.is_none_or(|(b, _)| part(b) != part(cpu));
            // Whatever begins makes its parts begin.
            let node = new(|c| c.node);
            let processor = node || new(|c| c.processor);
            let inner = processor || new(|c| c.processor_node);
            let core = inner || new(|c| c.core);
            let thread = core || new(|c| c.thread);
            let next = |begins: bool, whole: bool, part: fn(&Cpu) -> i32| match before {
                Some((_, before)) if !whole => part(&before) + i32::from(begins),
                _ => 0,
            };
            if node && cpu.node >= 0 || inner && cpu.processor_node >= 0 {
                nodes += 1;
            }
            counted.push(Cpu {
                node: nodes,
                processor: next(processor, node, |c| c.processor),
                processor_node: next(inner, processor, |c| c.processor_node),
                core: next(core, inner, |c| c.core),
                thread: next(thread, core, |c| c.thread),
                logical: cpu.logical,
            });
        }
        counted
    }
}

/// The subfolders `NAMEnumber` of a folder, by number.
fn numbered(folder: &Path, name: &str) -> Option<Vec<(i32, PathBuf)>> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut found: Vec<(i32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(name)?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort_unstable();
    Some(found)
}

/// A part of the text of `+sct` between colons: a letter for each level, from below, and numbers.
fn entry(text: &str) -> Result<Vec<Cpu>, Wrong> {
    // Logical processors, threads, cores, nodes within processors, processors, nodes.
    let mut levels: [Vec<i32>; 6] = [vec![], vec![0], vec![0], vec![-1], vec![0], vec![-1]];
    let mut least = 0;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let level = match letter {
            'L' => 0,
            't' | 'T' => 1,
            'c' | 'C' => 2,
            'n' | 'N' if rest.contains(['p', 'P']) => 3,
            'p' | 'P' => 4,
            'n' | 'N' => 5,
            _ => return Err(Wrong::Kind),
        };
        if level < least {
            return Err(Wrong::Hierarchy);
        }
        least = level + 1;
        (levels[level], rest) = ids(rest)?;
    }
    let count = levels[0].len();
    if count == 0 {
        return Err(Wrong::NoLogical);
    }
    if levels.iter().any(|ids| ids.len() != 1 && ids.len() != count) {
        return Err(Wrong::Range);
    }
    let at = |level: usize, i: usize| levels[level][if levels[level].len() == 1 { 0 } else { i }];
    let cpu = |i: usize| Cpu {
        logical: at(0, i),
        thread: at(1, i),
        core: at(2, i),
        processor_node: at(3, i),
        processor: at(4, i),
        node: at(5, i),
    };
    Ok((0..count).map(cpu).collect())
}

/// Numbers and ranges such as `0-3,8`, which may go downwards, and what is behind them.
fn ids(text: &str) -> Result<(Vec<i32>, &str), Wrong> {
    let id = |text: &'_ str| -> Option<(i32, usize)> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let id = text[..end].parse().ok().filter(|id| *id <= MAX_ID)?;
        Some((id, end))
    };
    let mut ids = Vec::new();
    let mut rest = text;
    loop {
        let (first, end) = id(rest).ok_or(Wrong::Id)?;
        rest = &rest[end..];
        let mut last = first;
        if let Some(range) = rest.strip_prefix('-') {
            let end;
            (last, end) = id(range).ok_or(Wrong::Range)?;
            rest = &range[end..];
        }
        if first <= last {
            ids.extend(first..=last)
        } else {
            ids.extend((last..=first).rev())
        }
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok((ids, rest)),
        }
    }
}

/// How workers are bound to processors (`+sbt`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the kinds by OTP's names")]
pub enum BindType {
    Unbound,
    NoSpread,
    ThreadSpread,
    ProcessorSpread,
    Spread,
    NoNodeThreadSpread,
    NoNodeProcessorSpread,
    ThreadNoNodeProcessorSpread,
}

impl BindType {
    /// All with their names and what `+sbt` calls them.
    pub const ALL: [(BindType, &str, &str); 8] = [
        (BindType::Unbound, "unbound", "u"),
        (BindType::NoSpread, "no_spread", "ns"),
        (BindType::ThreadSpread, "thread_spread", "ts"),
        (BindType::ProcessorSpread, "processor_spread", "ps"),
        (BindType::Spread, "spread", "s"),
        (BindType::NoNodeThreadSpread, "no_node_thread_spread", "nnts"),
        (BindType::NoNodeProcessorSpread, "no_node_processor_spread", "nnps"),
        (BindType::ThreadNoNodeProcessorSpread, "thread_no_node_processor_spread", "tnnps"),
    ];

    /// What `default_bind` and `+sbt db` mean.
    pub const DEFAULT: BindType = BindType::ThreadNoNodeProcessorSpread;

    /// The one with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<BindType> {
        let named = BindType::ALL.iter().find(|known| known.1 == name).map(|known| known.0);
        named.or((name == "default_bind").then_some(BindType::DEFAULT))
    }

    /// The one that `+sbt` calls so.
    #[must_use]
    pub fn of_flag(text: &str) -> Option<BindType> {
        let known = BindType::ALL.iter().find(|known| known.2 == text).map(|known| known.0);
        known.or((text == "db").then_some(BindType::DEFAULT))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        BindType::ALL[self as usize].1
    }

    /// What workers take in order: that of which they are to be spread over most comes first.
    fn key(self, cpu: &Cpu) -> [i32; 5] {
        let Cpu { node, processor, processor_node: inner, core, thread, .. } = *cpu;
        match self {
            BindType::Unbound | BindType::NoSpread => [node, processor, inner, core, thread],
            BindType::ThreadSpread => [thread, node, processor, inner, core],
            BindType::ProcessorSpread => [thread, inner, core, node, processor],
            BindType::Spread => [thread, core, inner, processor, node],
            BindType::NoNodeThreadSpread => [node, thread, processor, core, 0],
            BindType::NoNodeProcessorSpread => [node, thread, core, processor, 0],
            BindType::ThreadNoNodeProcessorSpread => [thread, node, core, processor, 0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Wrong {
        Topology::parse(text).expect_err(text)
    }

    #[test]
    fn texts_are_read() {
        let topology =
            Topology::parse("L0-3t0,1,0,1c0,0,1,1p0n0:L7-4c0-3p1n1:").expect("well formed");
        let last =
            Cpu { node: 1, processor: 1, processor_node: -1, core: 3, thread: 0, logical: 4 };
        assert_eq!(topology.cpus().len(), 8);
        assert_eq!(topology.cpus()[7], last);
        let inside = Topology::parse("L0-1c0-1n1p1").expect("well formed");
        assert_eq!(inside.cpus()[0].processor_node, 1);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let texts = [
            ("", Wrong::Empty),
            (":", Wrong::NoLogical),
            ("L0::L1", Wrong::NoLogical),
            ("c0", Wrong::NoLogical),
            ("L", Wrong::Id),
            ("L65536", Wrong::Id),
            ("L0-", Wrong::Range),
            ("L0-3c0-1", Wrong::Range),
            ("L0x0", Wrong::Kind),
            ("c0L0", Wrong::Hierarchy),
            ("L0p0p1", Wrong::Hierarchy),
            ("L0c0:L0c1", Wrong::LogicalTwice),
            ("L0c0:L1c0", Wrong::Twice),
            ("L0p0n0:L1p1", Wrong::Nodes),
            ("L0p0n0:L1c1p0n1", Wrong::Nodes),
        ];
        for (text, why) in texts {
            assert_eq!(wrong(text), why, "{text}");
        }
    }

    #[test]
    fn workers_are_spread() {
        let two = "L0-3t0-1c0,0,1,1p0n0:L4-7t0-1c0,0,1,1p1n1";
        assert_eq!(wrong(two), Wrong::Range);
        let two = "L0-3t0,1,0,1c0,0,1,1p0n0:L4-7t0,1,0,1c0,0,1,1p1n1";
        let topology = Topology::parse(two).expect("well formed");
        assert_eq!(topology.order(BindType::NoSpread), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(topology.order(BindType::ThreadSpread), [0, 2, 4, 6, 1, 3, 5, 7]);
        assert_eq!(topology.order(BindType::Spread), [0, 4, 2, 6, 1, 5, 3, 7]);
        assert_eq!(topology.order(BindType::DEFAULT), [0, 2, 4, 6, 1, 3, 5, 7]);
        assert_eq!(topology.order(BindType::NoNodeThreadSpread), [0, 2, 1, 3, 4, 6, 5, 7]);
    }

    #[test]
    fn names_are_known() {
        for (how, name, flag) in BindType::ALL {
            assert_eq!((BindType::named(name), BindType::of_flag(flag)), (Some(how), Some(how)));
            assert_eq!(how.name(), name);
        }
    }
}
