//! The data of the conformance suites, without running any: the page agrees with the expectations,
//! and what is run always has some.
#![forbid(unsafe_code)]

use tests::conformance::suites::{self, When};
use tests::conformance::{expected, modes, table};

#[test]
fn the_page_is_what_the_expectations_say() {
    let suites = suites::list().unwrap_or_else(|error| panic!("{error}"));
    let page = std::fs::read_to_string(table::page()).expect("the page is there");
    let made = table::made(&suites).unwrap_or_else(|error| panic!("{error}"));
    assert!(page == made, "docs/conformance.md: run `make conformance ARGS=--update`");
}

#[test]
fn the_fast_part_has_expectations() {
    let suites = suites::list().unwrap_or_else(|error| panic!("{error}"));
    let fast: Vec<_> = suites.iter().filter(|suite| suite.when == When::Fast).collect();
    assert!(fast.len() > 30, "too few suites are run always");
    for suite in fast {
        let expected = expected::read(&suite.app, &suite.name);
        let expected = expected.unwrap_or_else(|error| panic!("{error}"));
        let counts = expected.unwrap_or_default().counts;
        assert!(counts.cases > 0, "nothing is expected of {} {}", suite.app, suite.name);
    }
}

#[test]
fn what_is_left_out_has_no_expectations() {
    let suites = suites::list().unwrap_or_else(|error| panic!("{error}"));
    for suite in suites.iter().filter(|suite| matches!(suite.when, When::Out(_))) {
        assert!(!expected::file(&suite.app, &suite.name).exists(), "{suite:?}");
    }
}

#[test]
fn what_is_run_in_every_mode_has_expectations() {
    let modes = modes::list().unwrap_or_else(|error| panic!("{error}"));
    assert!(modes.suites().len() > 30, "too few suites are run in every mode");
    for (app, suite) in modes.suites() {
        assert!(expected::file(app, suite).exists(), "nothing is expected of {app} {suite}");
    }
}
