//! Comparison operators as functions.

use std::cmp::Ordering;
use vm::native::{Native, Outcome};
use vm::term::Term;
use vm::term::compare::{compare, compare_map_keys, eq, exact_eq};

vm::natives! {
    /// Comparison.
    pub static NATIVES: "erlang" {
        guard "=="/2 = equal,
        guard "/="/2 = not_equal,
        guard "=:="/2 = same,
        guard "=/="/2 = not_same,
        guard "<"/2 = less,
        guard ">"/2 = greater,
        guard "=<"/2 = at_most,
        guard ">="/2 = at_least,
        guard "min"/2 = min, since 26,
        guard "max"/2 = max, since 26,
    }
}

vm::natives! {
    /// The order of map keys.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "cmp_term"/2 = cmp_term,
    }
}

macro_rules! comparisons {
    ($($name:ident($a:ident, $b:ident) = $e:expr;)*) => {
        $(fn $name<'p>(_: &mut Native<'p>, [$a, $b]: [Term<'p>; 2]) -> Outcome<'p> {
            Ok(Term::bool($e))
        })*
    };
}

comparisons! {
    equal(a, b) = eq(a, b);
    not_equal(a, b) = !eq(a, b);
    same(a, b) = exact_eq(a, b);
    not_same(a, b) = !exact_eq(a, b);
    less(a, b) = compare(a, b).is_lt();
    greater(a, b) = compare(a, b).is_gt();
    at_most(a, b) = compare(a, b).is_le();
    at_least(a, b) = compare(a, b).is_ge();
}

// Of equal terms (1 and 1.0) the first.
fn min<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(if compare(a, b).is_le() { a } else { b })
}

fn max<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(if compare(a, b).is_ge() { a } else { b })
}

/// Negative, zero or positive.
fn cmp_term<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::small(match compare_map_keys(a, b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}
