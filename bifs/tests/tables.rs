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
    for (name, _) in declared() {
        assert!(seen.insert(name.clone()), "{name} is declared twice");
    }
}

/// In modules of which stock lists all natives, we declare none that stock of the release does
/// not have: a native goes before code, so that a wrong name would hide a function.
#[test]
fn stock_has_the_same_natives() {
    const MODULES: [&str; 7] =
        ["erlang", "erts_internal", "lists", "maps", "math", "string", "binary"];
    const LIST: &str = r#"[io:format("~ts:~ts/~b~n", [M, F, A])
        || {M, F, A} <- erlang:system_info(snifs)], halt()."#;
    let out = Command::new("erl").args(["-noshell", "-eval", LIST]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let stock: BTreeSet<&str> = text.lines().collect();
    assert!(stock.len() > 300);
    for (name, since) in declared() {
        // What is an instruction in stock.
        if name == "erlang:yield/0" {
            continue;
        }
        let module = name.split(':').next().unwrap();
        if MODULES.contains(&module) && since <= 25 {
            assert!(stock.contains(name.as_str()), "stock has no {name}");
        }
    }
}
