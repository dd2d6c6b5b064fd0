//! Against stock Erlang, term by term; and that the machine's own hash spreads.

use super::*;
use crate::term::testing::{stock, term, with_area};
use std::collections::HashSet;

const HASHES: &str = r#"
    [Put(io_lib:format("~s ~b ~b", [Hex(term_to_binary(T)), erlang:phash2(T, 1 bsl 32),
                                    erlang:phash(T, 1 bsl 32) - 1]))
     || T <- Terms ++ Large ++ [Terms, Large, binary:copy(<<"abcdefghijk">>, 10000)]]
"#;

#[test]
fn portable_hashes_are_those_of_stock() {
    let lines = stock(HASHES);
    assert!(lines.len() > 300);
    for line in lines {
        let [hex, new, old]: [&str; 3] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"));
        with_area(|area, vm| {
            let t = term(area, vm, hex);
            assert_eq!(phash2(t), new.parse().unwrap(), "phash2 of {hex}");
            assert_eq!(
                phash_within(t, &mut { usize::MAX }).unwrap(),
                old.parse().unwrap(),
                "phash of {hex}"
            );
        });
    }
}

#[test]
fn keys_of_every_usual_kind_spread() {
    with_area(|area, vm| {
        let n = 10_000;
        let mut kinds: [Vec<u64>; 5] = Default::default();
        for i in 0..n {
            let tuple = area.tuple(&[Term::small(i), Term::nil()]);
            let float = area.float(i as f64 + 0.5);
            let binary = area.binary(format!("key-{i}").as_bytes());
            let atom = Term::atom(vm.atoms.intern(&format!("a{i}")).unwrap());
            for (kind, t) in [Term::small(i), tuple, float, binary, atom].into_iter().enumerate() {
                kinds[kind].push(internal(t));
            }
        }
        for (kind, hashes) in kinds.iter().enumerate() {
            assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), n as usize, "kind {kind}");
            // Chance leaves about 37 of 100 of as many slots empty: no kind is far worse.
            let slots: HashSet<_> =
                hashes.iter().map(|h| h >> 48 & 0x3FFF | h >> 63 << 14).collect();
            assert!(slots.len() > 6000, "kind {kind}: {}", slots.len());
        }
    });
}

/// As OTP's `hash_SUITE:test_phash2_4GB_plus_bin` has it.
#[test]
fn of_4_gib_and_more_only_the_rest_counts() {
    use super::portable::counted_bits;
    for bits in [0, 1, 8, 1 << 32, (1 << 35) - 1] {
        assert_eq!(counted_bits(bits), bits);
        assert_eq!(counted_bits((1 << 35) + bits), bits);
    }
}
