//! Pids, ports, references and funs to text, and local ones from text.

use crate::text::byte_list;
use vm::native::{Native, Outcome, Raise};
use vm::term::external::{PidIds, pid_from_ids, ref_from_words};
use vm::term::layout::Kind;
use vm::term::print::display;
use vm::term::{PortId, Term, View};

vm::natives! {
    /// Identifiers and text.
    pub static NATIVES: "erlang" {
        "pid_to_list"/1 = pid_to_list,
        "list_to_pid"/1 = list_to_pid,
        "ref_to_list"/1 = ref_to_list,
        "list_to_ref"/1 = list_to_ref,
        "port_to_list"/1 = port_to_list,
        "list_to_port"/1 = list_to_port,
        "fun_to_list"/1 = fun_to_list,
    }
}

/// The text of a term that is a `wanted`.
fn text<'p>(cx: &mut Native<'p>, t: Term<'p>, wanted: bool) -> Outcome<'p> {
    if !wanted {
        return Err(Raise::badarg());
    }
    let text = display(t);
    Ok(cx.string(&String::from_utf8_lossy(&text)))
}

fn is_external(t: Term<'_>, kind: Kind) -> bool {
    matches!(t.view(), View::External(e) if e.kind == kind)
}

fn pid_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, t.as_pid().is_some() || is_external(t, Kind::ExtPid))
}

fn ref_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, t.as_ref().is_some() || is_external(t, Kind::ExtRef))
}

fn port_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, matches!(t.view(), View::Port(_)) || is_external(t, Kind::ExtPort))
}

fn fun_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, matches!(t.view(), View::Fun(_) | View::ExportFun(_)))
}

/// The numbers of `prefix 0.N1.N2...>`.
fn numbers<'p, N: std::str::FromStr>(list: Term<'p>, prefix: &str) -> Result<Vec<N>, Raise<'p>> {
    let text = byte_list(list).and_then(|b| String::from_utf8(b).ok());
    let text = text.ok_or_else(Raise::badarg)?;
    let inner = text.strip_prefix(prefix).and_then(|t| t.strip_suffix('>'));
    let inner = inner.and_then(|t| t.strip_prefix("0.")).ok_or_else(Raise::badarg)?;
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse().ok())?;
    inner.split('.').map(number).collect::<Option<_>>().ok_or_else(Raise::badarg)
}

fn list_to_pid<'p>(_: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let [id, serial] = numbers(list, "<")?[..] else { return Err(Raise::badarg()) };
    pid_from_ids(PidIds { id, serial }).map(Term::pid).ok_or_else(Raise::badarg)
}

fn list_to_ref<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut words: Vec<u32> = numbers(list, "#Ref<")?;
    words.reverse();
    if words.len() > 5 {
        return Err(Raise::badarg());
    }
    let (number, alias_of) = ref_from_words(&words).ok_or_else(Raise::badarg)?;
    Ok(cx.reference(number, alias_of))
}

fn list_to_port<'p>(_: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let [n] = numbers(list, "#Port<")?[..] else { return Err(Raise::badarg()) };
    Term::port(PortId(n)).ok_or_else(Raise::badarg)
}
