//! What a run of a suite came to: the events that the hook in `erl/girder_conf.erl` wrote, one a
//! line, and behind them what the watchdog added when the machine went down.

use std::collections::BTreeMap;

use super::Verdict;

/// What became of one case and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// One line; empty for a case that passed.
    pub reason: String,
}

/// Cases by name: `CASE`, or `GROUP:CASE` with the innermost group.
pub type Outcomes = BTreeMap<String, Outcome>;

/// A run, or the part of one that has been written so far.
#[derive(Debug, Default)]
pub struct Events {
    /// Cases that have a verdict. One that ran several times has its worst.
    pub done: Outcomes,
    /// Cases that were started and have none, in order.
    pub in_flight: Vec<String>,
    /// All cases that the suite wants to run.
    pub planned: Vec<String>,
    /// The function of the suite that is under way, such as `init_per_suite`, if no case is.
    pub function: Option<String>,
    /// `common_test` came to its end.
    pub ended: bool,
}

impl Events {
    /// Reads events; a last line that is not complete is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Events {
        let mut events = Events::default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            events.add(&fields);
        }
        events
    }

    fn add(&mut self, fields: &[&str]) {
        match *fields {
            ["plan", group, case] => {
                let name = name(group, case);
                if !self.planned.contains(&name) {
                    self.planned.push(name);
                }
            }
            ["start", group, case] => {
                self.function = None;
                self.in_flight.push(name(group, case));
            }
            ["conf", _, function] => self.function = Some(function.to_string()),
            ["confdone", ..] => self.function = None,
            ["done", group, case, verdict, ..] => {
                let verdict = Verdict::parse(verdict).unwrap_or(Verdict::Failed);
                let reason = fields.get(4).unwrap_or(&"").to_string();
                self.finish(name(group, case), Outcome { verdict, reason });
            }
            // A new process goes on: what was under way in the one before has its verdict.
            ["again"] => {
                self.in_flight.clear();
                self.function = None;
            }
            ["end"] => self.ended = true,
            _ => {}
        }
    }

    fn finish(&mut self, name: String, outcome: Outcome) {
        self.in_flight.retain(|other| *other != name);
        match self.done.get_mut(&name) {
            Some(before) if before.verdict >= outcome.verdict => {}
            Some(before) => *before = outcome,
            None => _ = self.done.insert(name, outcome),
        }
    }

    /// Cases of the plan that have no verdict.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        self.planned.iter().filter(|name| !self.done.contains_key(*name)).cloned().collect()
    }
}

/// How a case is called in data files.
#[must_use]
pub fn name(group: &str, case: &str) -> String {
    let name = if group == "-" { case.to_string() } else { format!("{group}:{case}") };
    name.replace(char::is_whitespace, "_")
}

/// The event that says what became of a case.
#[must_use]
pub fn done(name: &str, verdict: Verdict, reason: &str) -> String {
    let (group, case) = name.split_once(':').unwrap_or(("-", name));
    format!("done\t{group}\t{case}\t{verdict}\t{reason}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_of_a_case_counts() {
        let text = "plan\t-\ta\nplan\tg\tb\nstart\t-\ta\ndone\t-\ta\tok\nstart\t-\ta\n\
                    done\t-\ta\tfailed\twhy\nstart\tg\tb\ndone\tg\tb\tok\nsta";
        let events = Events::parse(text);
        assert_eq!(events.done["a"].verdict, Verdict::Failed);
        assert_eq!(events.done["g:b"].verdict, Verdict::Ok);
        assert!(events.in_flight.is_empty() && events.left().is_empty() && !events.ended);
    }

    #[test]
    fn what_was_under_way_is_known() {
        let events = Events::parse("plan\t-\ta\nplan\t-\tb\nstart\t-\ta\n");
        assert_eq!(events.in_flight, ["a"]);
        assert_eq!(events.left(), ["a", "b"]);
        let events = Events::parse("conf\t-\tinit_per_suite\n");
        assert_eq!(events.function.as_deref(), Some("init_per_suite"));
    }
}
