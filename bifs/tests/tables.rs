//! What the tables declare, against stock's own list: nothing else, and all of it but what is
//! documented as missing.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// All natives as `module:function/arity`.
fn declared() -> Vec<(String, u8)> {
    let all = bifs::tables().iter().copied().flatten();
    all.map(|d| (format!("{}:{}/{}", d.module, d.name, d.arity), d.since)).collect()
}

#[test]
fn nothing_is_declared_twice() {
    let mut seen = BTreeSet::new();
    let twice: Vec<String> =
        declared().into_iter().map(|d| d.0).filter(|name| !seen.insert(name.clone())).collect();
    assert!(twice.is_empty(), "declared twice: {twice:?}");
}

/// What is an instruction or Erlang code in stock, and native here.
const OURS: [&str; 3] = ["erlang:apply/2", "erlang:apply/3", "erlang:yield/0"];

/// In modules of which stock lists all natives, we declare none that stock of the release does
/// not have: a native goes before code, so that a wrong name would hide a function.
#[test]
fn stock_has_the_same_natives() {
    const MODULES: [&str; 7] =
        ["erlang", "erts_internal", "lists", "maps", "math", "string", "binary"];
    let stock = stock();
    let wrong: Vec<String> = declared()
        .into_iter()
        .filter(|(name, since)| {
            let module = name.split(':').next().unwrap();
            MODULES.contains(&module) && *since <= 25
        })
        .map(|d| d.0)
        .filter(|name| !stock.contains(name) && !OURS.contains(&name.as_str()))
        .collect();
    assert!(wrong.is_empty(), "stock has no {wrong:?}");
}

/// All natives of stock's emulator.
fn stock() -> BTreeSet<String> {
    const LIST: &str = r#"[io:format("~ts:~ts/~b~n", [M, F, A])
        || {M, F, A} <- erlang:system_info(snifs)], halt()."#;
    let out = Command::new("erl")
        .args(["-noshell", "-eval", LIST])
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stdout).unwrap();
    let stock: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    assert!(stock.len() > 300);
    stock
}

/// What `docs/differences-from-beam.md` says is missing: `- `M:F/A`: ...` under its heading.
fn documented_as_missing() -> BTreeSet<String> {
    let doc = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/differences-from-beam.md");
    let doc = fs::read_to_string(doc).unwrap();
    let (_, section) = doc.split_once("\n## Native functions that are missing\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let name = |line: &str| line.strip_prefix("- `")?.split_once('`').map(|n| n.0.to_owned());
    section.lines().filter_map(name).collect()
}

/// Every native of stock's emulator is one here, or the documentation says what a program sees.
#[test]
fn what_stock_has_is_there_or_documented_as_missing() {
    let (stock, documented) = (stock(), documented_as_missing());
    let declared: BTreeSet<String> = declared().into_iter().map(|d| d.0).collect();
    let missing: BTreeSet<String> = stock.difference(&declared).cloned().collect();
    assert_eq!(missing, documented, "what is missing, and what is documented as missing");
}
