//! Type tests as functions, and the boolean operators.

use vm::native::{Native, Outcome, Raise, arg};
use vm::term::layout::Kind;
use vm::term::{Atom, Term, View};

vm::natives! {
    /// Type tests.
    pub static NATIVES: "erlang" {
        guard "is_atom"/1 = is_atom,
        guard "is_list"/1 = is_list,
        guard "is_tuple"/1 = is_tuple,
        guard "is_float"/1 = is_float,
        guard "is_integer"/1 = is_integer,
        guard "is_number"/1 = is_number,
        guard "is_pid"/1 = is_pid,
        guard "is_port"/1 = is_port,
        guard "is_reference"/1 = is_reference,
        guard "is_binary"/1 = is_binary,
        guard "is_bitstring"/1 = is_bitstring,
        guard "is_function"/1 = is_function,
        guard "is_function"/2 = is_function_2,
        guard "is_record"/2 = is_record,
        guard "is_record"/3 = is_record_3,
        guard "is_boolean"/1 = is_boolean,
        guard "is_map"/1 = is_map,
        guard "and"/2 = and,
        guard "or"/2 = or,
        guard "xor"/2 = xor,
        guard "not"/1 = not,
    }
}

macro_rules! tests {
    ($($name:ident: $pattern:pat $(if $guard:expr)?,)*) => {
        $(fn $name<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
            Ok(Term::bool(matches!(t.view(), $pattern $(if $guard)?)))
        })*
    };
}

tests! {
    is_atom: View::Atom(_),
    is_list: View::Nil | View::Cons(..),
    is_tuple: View::Tuple(_),
    is_float: View::Float(_),
    is_integer: View::Small(_) | View::Big(_),
    is_number: View::Small(_) | View::Big(_) | View::Float(_),
    is_bitstring: View::Bits(_),
    is_binary: View::Bits(b) if b.is_binary(),
    is_function: View::Fun(_) | View::ExportFun(_),
    is_map: View::Map(_),
}

fn is_external(t: Term<'_>, kind: Kind) -> bool {
    matches!(t.view(), View::External(e) if e.kind == kind)
}

fn is_pid<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(matches!(t.view(), View::Pid(_)) || is_external(t, Kind::ExtPid)))
}

fn is_port<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(matches!(t.view(), View::Port(_)) || is_external(t, Kind::ExtPort)))
}

fn is_reference<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(matches!(t.view(), View::Ref(_)) || is_external(t, Kind::ExtRef)))
}

fn is_boolean<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(t.as_bool().is_some()))
}

fn is_function_2<'p>(_: &mut Native<'p>, [t, arity]: [Term<'p>; 2]) -> Outcome<'p> {
    let wanted = match arity.as_small() {
        Some(n) if n >= 0 => n,
        None if matches!(arity.view(), View::Big(b) if !b.negative) => i64::MAX,
        _ => return Err(Raise::badarg()),
    };
    Ok(Term::bool(t.view_fun_arity().is_some_and(|n| i64::from(n) == wanted)))
}

fn has_tag(t: Term<'_>, tag: Term<'_>, size: Option<usize>) -> bool {
    let tuple = t.as_tuple().filter(|items| size.is_none_or(|n| n == items.len()));
    tuple.and_then(|items| items.first()).is_some_and(|first| first.as_atom() == tag.as_atom())
}

fn is_record<'p>(_: &mut Native<'p>, [t, tag]: [Term<'p>; 2]) -> Outcome<'p> {
    arg::<Atom>(tag)?;
    Ok(Term::bool(has_tag(t, tag, None)))
}

fn is_record_3<'p>(_: &mut Native<'p>, [t, tag, size]: [Term<'p>; 3]) -> Outcome<'p> {
    arg::<Atom>(tag)?;
    let size = size.as_small().ok_or_else(Raise::badarg)?;
    Ok(Term::bool(usize::try_from(size).is_ok_and(|n| has_tag(t, tag, Some(n)))))
}

fn and<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(arg::<bool>(a)? & arg::<bool>(b)?))
}

fn or<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(arg::<bool>(a)? | arg::<bool>(b)?))
}

fn xor<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(arg::<bool>(a)? ^ arg::<bool>(b)?))
}

fn not<'p>(_: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(!arg::<bool>(a)?))
}
