//! Against stock Erlang: every pair of many terms.

use super::*;
use crate::term::hash;
use crate::term::testing::{stock, term, with_area};

/// Hex of the terms, then for each a row of what it is against all: order by value, exact order,
/// and whether `=:=`.
const ROWS: &str = r#"
    All = Terms ++ Large,
    [Put(Hex(term_to_binary(T))) || T <- All],
    Put("rows"),
    Sign = fun(X) -> if X < 0 -> $<; X > 0 -> $>; true -> $= end end,
    [Put([[if A < B -> $<; A > B -> $>; A == B -> $= end,
           Sign(erts_internal:cmp_term(A, B)),
           if A =:= B -> $=; true -> $/ end] || B <- All]) || A <- All]
"#;

#[test]
fn every_pair_is_ordered_as_in_stock() {
    let lines = stock(ROWS);
    let split = lines.iter().position(|l| l == "rows").unwrap();
    let (terms, rows) = (&lines[..split], &lines[split + 1..]);
    assert!(terms.len() > 300 && rows.len() == terms.len());
    with_area(|area, vm| {
        let terms: Vec<_> = terms.iter().map(|t| term(area, vm, t)).collect();
        let sign = |o| match o {
            Ordering::Less => '<',
            Ordering::Equal => '=',
            Ordering::Greater => '>',
        };
        for (i, row) in rows.iter().enumerate() {
            for (j, want) in row.as_bytes().as_chunks::<3>().0.iter().enumerate() {
                let (a, b) = (terms[i], terms[j]);
                let same = exact_eq(a, b);
                let got = [
                    sign(compare(a, b)),
                    sign(compare_map_keys(a, b)),
                    if same { '=' } else { '/' },
                ];
                let want = want.map(char::from);
                assert_eq!(got, want, "{i} and {j}: {} {}", lines[i], lines[j]);
                assert_eq!(eq(a, b), want[0] == '=', "{i} == {j}: {} {}", lines[i], lines[j]);
                if same {
                    assert_eq!(hash::internal(a), hash::internal(b), "{i} {j}: {}", lines[i]);
                }
            }
        }
    });
}

#[test]
fn deep_terms_need_no_stack() {
    with_area(|area, _| {
        let mut build = |last| {
            let (mut list, mut tuple, mut map) = (last, last, last);
            for _ in 0..1_000_000 {
                list = area.cons(list, Term::nil());
                tuple = area.tuple(&[tuple, Term::nil()]);
                map = area.flat_map(&[Term::nil()], &[map]);
            }
            [list, tuple, map]
        };
        let (x, y, z) = (build(Term::small(1)), build(Term::small(1)), build(Term::small(2)));
        for i in 0..3 {
            assert_eq!(compare(x[i], y[i]), Ordering::Equal);
            assert_eq!(compare(x[i], z[i]), Ordering::Less);
            assert!(exact_eq(x[i], y[i]) && !exact_eq(x[i], z[i]));
            assert_eq!(hash::internal(x[i]), hash::internal(y[i]));
            assert_ne!(hash::internal(x[i]), hash::internal(z[i]));
        }
    });
}

#[test]
fn large_maps_as_keys_of_large_maps_need_no_stack() {
    with_area(|area, _| {
        let mut build = |last: i64| {
            let mut key = Term::small(last);
            for _ in 0..300 {
                let mut pairs: Vec<_> = (0..40).map(|i| (Term::small(i), Term::nil())).collect();
                pairs.push((key, Term::nil()));
                key = map::from_pairs(area, &mut pairs);
            }
            key
        };
        let (x, y, z) = (build(100), build(100), build(200));
        assert_eq!(compare(x, y), Ordering::Equal);
        assert_eq!(compare(x, z), Ordering::Less);
        assert_eq!(compare(z, x), Ordering::Greater);
    });
}
