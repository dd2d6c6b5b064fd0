//! What the tables declare, against stock's own list.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
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
    const LIST: &str = r#"[io:format("~ts:~ts/~b~n", [M, F, A])
        || {M, F, A} <- erlang:system_info(snifs)], halt()."#;
    let out = Command::new("erl")
        .args(["-noshell", "-eval", LIST])
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stdout).unwrap();
    let stock: BTreeSet<&str> = text.lines().collect();
    assert!(stock.len() > 300);
    let wrong: Vec<String> = declared()
        .into_iter()
        .filter(|(name, since)| {
            let module = name.split(':').next().unwrap();
            MODULES.contains(&module) && *since <= 25
        })
        .map(|d| d.0)
        .filter(|name| !stock.contains(name.as_str()) && !OURS.contains(&name.as_str()))
        .collect();
    assert!(wrong.is_empty(), "stock has no {wrong:?}");
}
