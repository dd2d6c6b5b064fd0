//! Flags about where processors lie (`+sct`, `+ssrct`) and which of them schedulers are bound to (`+sbt`,
//! `+stbt`).

use super::flags::{Rest, value};
use super::refusal::{Refusal, bad_flag};
use vm::processors::Processors;
use vm::settings::Settings;
use vm::topology::{BindType, Topology};

/// Whether one of the flags keeps the system from being asked where its processors lie.
pub(super) fn unread(words: &[String]) -> bool {
    words.iter().any(|word| word.starts_with("-sct") || word == "-ssrct")
}

/// Takes one of them. False: this is none.
pub(super) fn take<'a>(
    settings: &mut Settings,
    name: &'a str,
    rest: &mut Rest<'a>,
) -> Result<bool, Refusal> {
    if let Some(attached) = name.strip_prefix("sct") {
        let text = value(attached, rest)?;
        let topology = Topology::parse(text);
        let topology =
            topology.map_err(|why| bad_flag(&format!("bad cpu topology '{text}': {why}")))?;
        settings.topology = Some(topology);
        return Ok(true);
    }
    let try_to = name.strip_prefix("stbt");
    let Some(attached) = try_to.or(name.strip_prefix("sbt")) else {
        return Ok(name == "ssrct");
    };
    let text = value(attached, rest)?;
    let failed =
        |why: &str| bad_flag(&format!("setting scheduler bind type '{text}' failed: {why}"));
    let how = BindType::of_flag(text).ok_or_else(|| failed("invalid type"))?;
    if how == BindType::Unbound || has_topology(settings) {
        settings.bind_type = how;
    } else if try_to.is_none() {
        return Err(failed("no cpu topology available"));
    }
    Ok(true)
}

fn has_topology(settings: &Settings) -> bool {
    let read = || {
        let processors = Processors::look();
        Topology::detect(processors.configured(), processors.online())
    };
    settings.topology.is_some() || !settings.topology_unread && read().is_some()
}

#[cfg(test)]
mod tests {
    use super::super::flags::tests::flags;
    use super::*;

    #[test]
    fn schedulers_are_bound_where_there_is_a_topology() {
        let settings = |list: &[&str]| flags(list).expect("nothing to refuse").settings;
        let given = settings(&["-sct", "L0c0:L1c1", "-sbt", "db"]);
        assert_eq!(given.topology.expect("it is said").cpus().len(), 2);
        assert_eq!(given.bind_type, BindType::DEFAULT);
        assert!(given.topology_unread);
        let why = |list: &[&str]| flags(list).expect_err("it is wrong").0;
        assert!(why(&["-sbt", "x"]).starts_with("setting scheduler bind type 'x' failed: invalid"));
        assert!(why(&["-ssrct", "-sbt", "ts"]).contains("failed: no cpu topology available"));
        assert_eq!(settings(&["-ssrct", "-stbt", "ts"]).bind_type, BindType::Unbound);
        assert!(
            why(&["-sct", "L0:L0"]).starts_with("bad cpu topology 'L0:L0': not unique logical")
        );
    }
}
