//! Against what stock Erlang displays.

use super::*;
use crate::term::testing::{stock, term, unhex, with_area};

/// Numbers of other nodes are the index of an atom in stock, so those terms are left out.
const SHOWN: &str = r#"
    Foreign = fun F(T) when is_list(T) -> T =/= [] andalso (F(hd(T)) orelse F(tl(T)));
                  F(T) when is_tuple(T) -> F(tuple_to_list(T));
                  F(T) when is_map(T) -> F(maps:to_list(T));
                  F(T) -> lists:member(T, Exts) end,
    [Put([Hex(term_to_binary(T)), " ", Hex(lists:droplast(erts_debug:display(T)))])
     || T <- Terms, not Foreign(T)]
"#;

#[test]
fn displays_as_stock_does() {
    let lines = stock(SHOWN);
    assert!(lines.len() > 250, "{}", lines.len());
    for line in lines {
        let (hex, want) = line.split_once(' ').unwrap();
        with_area(|area, vm| {
            let got = display(term(area, vm, hex));
            let want = unhex(want);
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            assert!(got == want, "{} is not {}", text(&got), text(&want));
        });
    }
}

#[test]
fn limits_stop_where_stock_stops() {
    with_area(|area, vm| {
        let shown = |t, limit| Shown(t, limit).to_string();
        let list: Vec<_> = (1000..1010).map(Term::small).collect();
        let list = area.list(&list);
        assert_eq!(shown(list, 4), "[1000,1001,1002,... ");
        let string = area.string("hello");
        assert_eq!(shown(string, 4), "\"hel... ");
        assert_eq!(shown(string, 100), "\"hello\"");
        let atom = Term::atom(vm.atoms.intern("hello").unwrap());
        assert_eq!(shown(atom, 3), "hello... ");
        let binary = area.binary(&[1, 2, 3, 4]);
        assert_eq!(shown(binary, 3), "<<1,2,3... ");
    });
}

#[test]
fn what_stock_shows_otherwise() {
    with_area(|area, vm| {
        let mut pairs: Vec<_> = (0..40).map(|i| (Term::small(i), Term::nil())).collect();
        let map = crate::term::map::from_pairs(area, &mut pairs);
        let text = Shown(map, 10_000).to_string();
        assert!(text.starts_with("#{") && text.ends_with('}'), "{text}");
        assert_eq!(text.matches("=>[]").count(), 40);
        let node = vm.atoms.intern("a@b").unwrap();
        let pid = area.external(Kind::ExtPid, node, 1, &[5, 6]);
        assert_eq!(format!("{pid:?}"), format!("<{}.5.6>", node_number(node)));
    });
}

#[test]
fn deep_terms_need_no_stack() {
    with_area(|area, _| {
        let mut t = Term::nil();
        for _ in 0..1_000_000 {
            t = area.cons(t, Term::nil());
        }
        assert_eq!(display(t).len(), 2_000_002);
    });
}
