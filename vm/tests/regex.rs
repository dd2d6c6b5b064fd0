//! Regular expressions: what the wrapper promises; what patterns mean is tested against stock (`bifs/tests/oracle`).

use std::sync::Arc;
use vm::regex::{Cache, Limits, MatchError, Regex, Source, Subject, compile_option};

fn source(pattern: &[u8], options: u32) -> Source {
    Source { options, newline: 0, bsr: 0, pattern: pattern.to_vec() }
}

#[test]
fn a_source_survives_its_bytes() {
    let s = Source { options: 8, newline: 5, bsr: 2, pattern: b"a(b)\0".to_vec() };
    assert_eq!(Source::from_bytes(&s.to_bytes()), Some(s.clone()));
    for n in 0..10 {
        assert_eq!(Source::from_bytes(&s.to_bytes()[..n]), None, "{n} bytes");
    }
    let mut hostile = s.to_bytes();
    hostile[7] = 0x40; // PCRE2_NO_UTF_CHECK
    assert_eq!(Source::from_bytes(&hostile), None);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let regex = Regex::compile(&source("ä.".as_bytes(), compile_option::UNICODE)).unwrap();
    assert!(Subject::of(b"\xE4x", &regex).is_none());
    let find = |s, at| regex.find(s, at, 0, Limits::default());
    assert_eq!(find(Subject::bytes("äx".as_bytes()), 0), Err(MatchError::BadText));
    let good = Subject::of("äx".as_bytes(), &regex).unwrap();
    assert_eq!(find(good, 0), Ok(Some(vec![Some((0, 3))])));
    assert_eq!(find(good, 1), Err(MatchError::BadOffset));
    assert_eq!(find(good, 4), Err(MatchError::BadOffset));
    let by_verb = Regex::compile(&source(b"(*UTF8)x", 0)).unwrap();
    assert!(Subject::of(b"\xE4x", &by_verb).is_none());
}

#[test]
fn half_characters_cannot_be_matched() {
    assert!(Regex::compile(&source(b"\\C", 0)).is_ok());
    assert!(Regex::compile(&source(b"\\C", compile_option::UNICODE)).is_err());
    assert!(Regex::compile(&source(b"(*CRLF)(*UTF)\\C", 0)).is_err());
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let nested = |n: usize| [vec![b'('; n], vec![b')'; n]].concat();
    assert!(Regex::compile(&source(&nested(790), 0)).is_ok());
    let e = Regex::compile(&source(&nested(100_000), 0)).err().unwrap();
    assert_eq!(e.text, "regular expression is too complicated");
}

#[test]
fn limits_end_a_match() {
    let regex = Regex::compile(&source(b"^(a+)+$", 0)).unwrap();
    let subject = Subject::bytes(b"aaaaaaaaaaaaaaaaaaaaaaaaab");
    let limits = Limits { steps: Some(1000), depth: None };
    assert_eq!(regex.find(subject, 0, 0, limits), Err(MatchError::MatchLimit));
}

#[test]
fn patterns_are_kept() {
    let cache = Cache::default();
    let a = cache.get(&source(b"a", 0)).unwrap();
    assert!(Arc::ptr_eq(&a, &cache.get(&source(b"a", 0)).unwrap()));
    for i in 0..1500 {
        cache.get(&source(i.to_string().as_bytes(), 0)).unwrap();
    }
    let again = cache.get(&source(b"a", 0)).unwrap();
    assert!(!Arc::ptr_eq(&a, &again), "kept for ever");
}
