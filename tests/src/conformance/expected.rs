//! What is expected of a suite: `tests/conformance/APP/SUITE.txt`. Its first line that is no comment
//! counts the cases; then each case that does not pass on Girder or on stock has a line with both
//! verdicts and why. Cases that pass on both have none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::results::{Outcome, Outcomes};
use super::{Verdict, data};

/// Put before a reason that nobody has looked for yet.
const UNEXPLAINED: &str = "unexplained: ";
/// Put before the reason of a case that does not pass on stock either.
const STOCK_TOO: &str = "on stock too: ";
/// How reasons begin of cases that need what Girder is not meant to have: code in C that runs inside
/// the machine. Only for a case that itself needs it.
const FOREIGN: [&str; 2] = ["needs a linked-in driver", "needs a NIF"];

/// A case that does not pass everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `None` where it may pass or not: `flaky`.
    pub girder: Option<Verdict>,
    /// What stock does.
    pub stock: Verdict,
    /// Why.
    pub reason: String,
}

/// How many cases there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases on either machine.
    pub cases: usize,
    /// Those that pass on stock.
    pub stock: usize,
    /// Those that pass on Girder; flaky ones do not count.
    pub girder: usize,
    /// Those that pass on both.
    pub both: usize,
}

/// What is expected of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The counts.
    pub counts: Counts,
    /// The cases that do not pass everywhere.
    pub lines: BTreeMap<String, Line>,
}

/// Where the expectations of a suite are.
#[must_use]
pub fn file(app: &str, suite: &str) -> PathBuf {
    data().join(app).join(format!("{suite}.txt"))
}

/// Reads what is expected of a suite; `None` if nobody has said.
///
/// # Errors
/// A line that is not of the form.
pub fn read(app: &str, suite: &str) -> Result<Option<Expected>, String> {
    let file = file(app, suite);
    match fs::read_to_string(&file) {
        Ok(text) => match parse(&text) {
            Ok(expected) => Ok(Some(expected)),
            Err(line) => Err(format!("{}: \"{line}\"", file.display())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

fn parse(text: &str) -> Result<Expected, String> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let counts = lines.next().unwrap_or_default();
    let mut expected =
        Expected { counts: parse_counts(counts).ok_or(counts)?, lines: BTreeMap::new() };
    for line in lines {
        let (case, rest) = parse_case(line).ok_or(line)?;
        if expected.lines.insert(case.to_string(), rest).is_some() {
            return Err(line.to_string());
        }
    }
    Ok(expected)
}

fn parse_counts(line: &str) -> Option<Counts> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["cases", cases, "stock", stock, "girder", girder, "both", both] = words[..] else {
        return None;
    };
    let number = |word: &str| word.parse().ok();
    Some(Counts {
        cases: number(cases)?,
        stock: number(stock)?,
        girder: number(girder)?,
        both: number(both)?,
    })
}

fn parse_case(line: &str) -> Option<(&str, Line)> {
    let mut words = line.splitn(4, ' ');
    let case = words.next()?;
    let girder = match words.next()? {
        "flaky" => None,
        word => Some(Verdict::parse(word)?),
    };
    let stock = Verdict::parse(words.next()?)?;
    let reason = words.next().filter(|reason| !reason.trim().is_empty())?.to_string();
    Some((case, Line { girder, stock, reason }))
}

impl Expected {
    /// The text of the file.
    #[must_use]
    pub fn text(&self, app: &str, suite: &str) -> String {
        let Counts { cases, stock, girder, both } = self.counts;
        let mut text = format!("# {app} {suite}: CASE GIRDER STOCK REASON, where not both pass.\n");
        let _ = writeln!(text, "cases {cases} stock {stock} girder {girder} both {both}");
        for (case, line) in &self.lines {
            let girder = line.girder.map_or("flaky".to_string(), |verdict| verdict.to_string());
            let _ = writeln!(text, "{case} {girder} {} {}", line.stock, line.reason);
        }
        text
    }

    /// Of the cases that pass on stock and not on Girder, those that need code in C inside the machine.
    #[must_use]
    pub fn foreign(&self) -> usize {
        let foreign = |line: &&Line| {
            let told = FOREIGN.iter().any(|reason| line.reason.starts_with(reason));
            told && line.stock == Verdict::Ok
                && line.girder.is_some_and(|girder| girder != Verdict::Ok)
        };
        self.lines.values().filter(foreign).count()
    }

    /// What a run on Girder did otherwise, in words.
    #[must_use]
    pub fn surprises(&self, girder: &Outcomes) -> Vec<String> {
        let mut surprises = Vec::new();
        for (case, outcome) in girder {
            let expected = match self.lines.get(case) {
                Some(line) => line.girder,
                None => Some(Verdict::Ok),
            };
            if expected.is_some_and(|verdict| !alike(verdict, outcome.verdict)) {
                let expected = expected.expect("it is some");
                surprises.push(format!(
                    "{case}: {}, expected {expected}  {}",
                    outcome.verdict, outcome.reason
                ));
            }
        }
        for (case, line) in &self.lines {
            if !girder.contains_key(case) && line.girder != Some(Verdict::Absent) {
                surprises.push(format!("{case}: is not there any more"));
            }
        }
        // Those without a line are known by their number alone.
        let absent = self.lines.values().filter(|line| line.girder == Some(Verdict::Absent));
        let expected = self.counts.cases - absent.count();
        if girder.len() != expected {
            surprises.push(format!("{} cases were there, expected {expected}", girder.len()));
        }
        surprises
    }

    /// The expectations after these runs. Reasons that somebody has given are kept; what has not
    /// been run again stays as it was.
    #[must_use]
    pub fn updated(
        before: Option<&Expected>,
        girder: Option<&Outcomes>,
        stock: Option<&Outcomes>,
    ) -> Expected {
        let mut names: BTreeSet<&String> = BTreeSet::new();
        names.extend(girder.into_iter().flat_map(BTreeMap::keys));
        names.extend(stock.into_iter().flat_map(BTreeMap::keys));
        let mut after = Expected::default();
        for name in names {
            let old = before.and_then(|before| before.lines.get(name));
            let now = |outcomes: Option<&Outcomes>, kept: Option<Verdict>| match outcomes {
                Some(outcomes) => outcomes.get(name).map_or(Verdict::Absent, |o| o.verdict),
                None => kept.unwrap_or(Verdict::Ok),
            };
            let stock_verdict = now(stock, old.map(|line| line.stock));
            let girder_verdict = now(girder, old.and_then(|line| line.girder));
            after.counts.cases += 1;
            after.counts.stock += usize::from(stock_verdict == Verdict::Ok);
            let flaky = old.is_some_and(|line| line.girder.is_none());
            if flaky || girder_verdict != Verdict::Ok || stock_verdict != Verdict::Ok {
                let why = girder.and_then(|outcomes| outcomes.get(name));
                let reason = reason(old, stock_verdict, why);
                let verdict = (!flaky).then_some(girder_verdict);
                let line = Line { girder: verdict, stock: stock_verdict, reason };
                after.lines.insert(name.clone(), line);
            }
            if !flaky && girder_verdict == Verdict::Ok {
                after.counts.girder += 1;
                after.counts.both += usize::from(stock_verdict == Verdict::Ok);
            }
        }
        after
    }
}

/// Skipped is skipped, however `common_test` calls it.
fn alike(one: Verdict, other: Verdict) -> bool {
    let rough = |verdict| if verdict == Verdict::AutoSkipped { Verdict::Skipped } else { verdict };
    rough(one) == rough(other)
}

fn reason(old: Option<&Line>, stock: Verdict, why: Option<&Outcome>) -> String {
    let given =
        |line: &&Line| ![UNEXPLAINED, STOCK_TOO].iter().any(|mark| line.reason.starts_with(mark));
    if let Some(line) = old.filter(given) {
        return line.reason.clone();
    }
    let words = why.map_or(String::new(), |outcome| shortened(&outcome.reason));
    let words = if words.is_empty() { "no reason told" } else { words.trim() };
    let mark = if stock == Verdict::Ok { UNEXPLAINED } else { STOCK_TOO };
    format!("{mark}{words}")
}

/// What a failure says before its stack trace, and where: nothing that differs from run to run.
fn shortened(reason: &str) -> String {
    let (what, stack) = reason.split_once(",[{").unwrap_or((reason, ""));
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut frame = stack.split(',').take(2).filter(is_name);
    let place = match (frame.next(), frame.next()) {
        (Some(module), Some(function)) => format!(" in {module}:{function}"),
        _ => String::new(),
    };
    let root = crate::target();
    let what = what.replace(&*root.to_string_lossy(), "TARGET").replace("/usr/lib/erlang", "ROOT");
    let what = without_paths(&without_numbers(what.trim_start_matches('{')));
    let what: String = what.chars().take(80).collect();
    if what == "not_alive" && place == " in peer:verify_args" {
        return "needs a node with a name".to_string();
    }
    format!("{}{place}", what.trim())
}

/// The text with `PATH` for what is left of paths: they are those of one machine.
fn without_paths(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "/._-+~@".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('/') {
        let (before, from) = rest.split_at(start);
        let path = &from[..from.find(|c| !is_part(c)).unwrap_or(from.len())];
        out.push_str(before);
        // What has a word before it is the arity of a function or a path below a known folder.
        let whole = path.matches('/').count() > 1 && !before.ends_with(is_part);
        out.push_str(if whole { "PATH" } else { path });
        rest = &from[path.len()..];
    }
    out + rest
}

/// The text with the numbers of pids, references and funs left out.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split('<');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let number = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let is_number = number.len() < part.len() && number.starts_with('>');
        out.push('<');
        out.push_str(if is_number { number } else { part });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(cases: &[(&str, Verdict)]) -> Outcomes {
        let outcome = |verdict| Outcome { verdict, reason: "why".to_string() };
        cases.iter().map(|(name, verdict)| (name.to_string(), outcome(*verdict))).collect()
    }

    #[test]
    fn an_unexpected_pass_surprises_as_a_failure_does() {
        let run = outcomes(&[("a", Verdict::Ok), ("b", Verdict::Failed)]);
        let expected = Expected::updated(None, Some(&run), Some(&run));
        assert_eq!(expected.surprises(&run), [""; 0]);
        let other = outcomes(&[("a", Verdict::Failed), ("b", Verdict::Ok)]);
        assert_eq!(expected.surprises(&other).len(), 2);
        assert_eq!(expected.surprises(&outcomes(&[("b", Verdict::Failed)])).len(), 1);
    }

    #[test]
    fn reasons_that_were_given_are_kept() {
        let run = outcomes(&[("a", Verdict::Failed), ("b", Verdict::Failed)]);
        let stock = outcomes(&[("a", Verdict::Ok), ("b", Verdict::Failed), ("c", Verdict::Ok)]);
        let mut expected = Expected::updated(None, Some(&run), Some(&stock));
        assert_eq!(expected.lines["a"].reason, "unexplained: why");
        assert_eq!(expected.lines["b"].reason, "on stock too: why");
        assert_eq!(expected.lines["c"].girder, Some(Verdict::Absent));
        assert_eq!(expected.counts, Counts { cases: 3, stock: 2, girder: 0, both: 0 });
        expected.lines.get_mut("a").expect("there").reason = "no tracing".to_string();
        let again = Expected::updated(Some(&expected), Some(&run), None);
        assert_eq!(again.lines["a"].reason, "no tracing");
        assert_eq!(again.lines["a"].stock, Verdict::Ok);
        assert_eq!(again.lines["b"].stock, Verdict::Failed);
    }

    #[test]
    fn code_in_c_is_counted_by_reason() {
        let run =
            outcomes(&[("a", Verdict::Failed), ("b", Verdict::Failed), ("c", Verdict::Failed)]);
        let stock = outcomes(&[("a", Verdict::Ok), ("b", Verdict::Failed), ("c", Verdict::Ok)]);
        let mut expected = Expected::updated(None, Some(&run), Some(&stock));
        assert_eq!(expected.foreign(), 0);
        for case in ["a", "b"] {
            expected.lines.get_mut(case).expect("there").reason = "needs a NIF".to_string();
        }
        assert_eq!(expected.foreign(), 1, "b does not pass on stock");
    }

    #[test]
    fn reasons_do_not_differ_from_run_to_run() {
        let reason =
            "{{badmatch,{notsup,[{erlang,trace,[<0.20.0>,true,[running]],[]},{a,b,1,[]}]}}";
        assert_eq!(shortened(reason), "badmatch,{notsup in erlang:trace");
        assert_eq!(shortened("{bad,#Ref<0.1.2.3>,<0.5.0>}"), "bad,#Ref<>,<>}");
        assert_eq!(shortened("timetrap_timeout"), "timetrap_timeout");
        let alone = "{not_alive,[{peer,verify_args,1,[]},{peer,start_it,2,[]}]}";
        assert_eq!(shortened(alone), "needs a node with a name");
        assert_eq!(shortened("{enoent,\"/home/me/x.erl\"}"), "enoent,\"PATH\"}");
        assert_eq!(shortened("{undef,f/1,1/2/3,\"a/b/c\"}"), "undef,f/1,1/2/3,\"a/b/c\"}");
    }

    #[test]
    fn the_text_is_read_as_it_was_written() {
        let run = outcomes(&[("a", Verdict::Ok), ("g:b", Verdict::Crashed)]);
        let mut expected = Expected::updated(None, Some(&run), Some(&run));
        expected.lines.get_mut("g:b").expect("there").girder = None;
        assert_eq!(parse(&expected.text("x", "y")), Ok(expected.clone()));
        assert!(
            expected.surprises(&outcomes(&[("a", Verdict::Ok), ("g:b", Verdict::Ok)])).is_empty()
        );
        assert!(parse("cases 1 stock 1 girder 0 both 0\na failed ok\n").is_err(), "no reason");
    }
}
