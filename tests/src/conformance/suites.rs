//! Which suites there are and when they are run: `tests/conformance/suites.txt`, one line each,
//! `APP SUITE WHEN REASON`, with `named` and `slow` in place of a reason where they are run. A suite of
//! the source that has no line is an error, so that none is left out without a word. The variants that
//! OTP's makefiles make of suites are suites too.

use std::path::Path;

use super::{APPS, data, variants};

/// When a suite is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Always, also in the fast part.
    Fast,
    /// When everything is run.
    Full,
    /// Never, for a reason.
    Out(String),
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// `emulator`, `stdlib`, ...
    pub app: String,
    /// The module.
    pub name: String,
    /// When it is run.
    pub when: When,
    /// Whether the node that runs it has a name, so that others can be started beside it.
    pub named: bool,
    /// Whether its cases may give no sign for [`SLOWER`] times longer than others.
    pub slow: bool,
}

/// How many times longer cases of slow suites may give no sign.
pub const SLOWER: u32 = 4;

/// Reads the list.
///
/// # Errors
/// A line that is not of that form.
pub fn list() -> Result<Vec<Suite>, String> {
    let file = data().join("suites.txt");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Suite>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(parse_line).collect()
}

fn parse_line(line: &str) -> Result<Suite, String> {
    let bad = || {
        format!(
            "suites.txt: \"{line}\" is not APP SUITE fast|full [named] [slow], APP SUITE out REASON"
        )
    };
    let mut words = line.splitn(4, ' ');
    let (Some(app), Some(name), Some(when)) = (words.next(), words.next(), words.next()) else {
        return Err(bad());
    };
    let rest = words.next();
    let (named, slow) = match rest {
        Some("named") => (true, false),
        Some("slow") => (false, true),
        Some("named slow") => (true, true),
        _ => (false, false),
    };
    let when = match (when, rest) {
        ("fast", rest) if rest.is_none() || named || slow => When::Fast,
        ("full", rest) if rest.is_none() || named || slow => When::Full,
        ("out", Some(reason)) => When::Out(reason.to_string()),
        _ => return Err(bad()),
    };
    if !APPS.contains(&app) {
        return Err(bad());
    }
    Ok(Suite { app: app.to_string(), name: name.to_string(), when, named, slow })
}

/// Compares the list with the sources of an application.
///
/// # Errors
/// A suite that is in one and not in the other.
pub fn check(suites: &[Suite], app: &str, sources: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(sources)
        .map_err(|error| format!("{}: {error}", sources.display()))?
        .flatten();
    let mut there: Vec<String> = entries
        .filter_map(|entry| {
            let file = entry.file_name();
            let name = file.to_str()?;
            let name = name.strip_suffix(".erl").or_else(|| name.strip_suffix(".core"))?;
            name.ends_with("_SUITE").then(|| name.to_string())
        })
        .collect();
    there.extend(variants::list(app, sources)?.into_iter().map(|variant| variant.name));
    there.sort();
    let listed = |name: &String| suites.iter().any(|suite| suite.app == app && suite.name == *name);
    if let Some(missing) = there.iter().find(|name| !listed(name)) {
        return Err(format!("suites.txt has no line for {app} {missing}"));
    }
    match suites.iter().find(|suite| suite.app == app && !there.contains(&suite.name)) {
        Some(gone) => Err(format!("suites.txt: {app} has no {}", gone.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_needs_a_reason() {
        let suites = parse("# note\nstdlib lists_SUITE fast\nkernel net_SUITE out no network\n");
        let suites = suites.expect("well formed");
        assert_eq!(suites[0].when, When::Fast);
        assert_eq!(suites[1].when, When::Out("no network".to_string()));
        assert!(parse("kernel net_SUITE out").is_err());
        assert!(parse("nothing net_SUITE full").is_err());
        assert!(parse("kernel net_SUITE full later").is_err());
    }

    #[test]
    fn a_node_has_a_name_where_that_is_said() {
        let suites =
            parse("kernel pg_SUITE full named\nkernel os_SUITE fast\n").expect("well formed");
        assert_eq!(suites.iter().map(|suite| suite.named).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_suite_may_be_slow() {
        let suites = parse("kernel pg_SUITE full named slow\nkernel os_SUITE fast slow\n");
        let suites = suites.expect("well formed");
        assert!(suites.iter().all(|suite| suite.slow) && suites[0].named && !suites[1].named);
        assert!(parse("kernel pg_SUITE full slow named").is_err());
    }
}
