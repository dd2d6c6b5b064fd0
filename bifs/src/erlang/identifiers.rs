//! Pids, ports, references and funs to text, and local ones from text.

use crate::text::byte_list;
use vm::native::{Native, Outcome, Raise};
use vm::term::external::{PidIds, pid_from_ids, ref_from_words};
use vm::term::layout::Kind;
use vm::term::print::display;
use vm::term::{Atom, PortId, Term, View};

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
    let local = t.as_ref();
    if let Some(r) = &local {
        r.is_shown(cx.vm());
    }
    text(cx, t, local.is_some() || is_external(t, Kind::ExtRef))
}

fn port_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, matches!(t.view(), View::Port(_)) || is_external(t, Kind::ExtPort))
}

fn fun_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    text(cx, t, matches!(t.view(), View::Fun(_) | View::ExportFun(_)))
}

/// Another node and its incarnation.
type Elsewhere = Option<(Atom, u32)>;

/// Where an identifier is from, and its numbers, of `prefix Node.N1.N2...>`.
fn numbers<'p, N: TryFrom<u64>>(
    cx: &Native<'p>,
    list: Term<'p>,
    prefix: &str,
) -> Result<(Elsewhere, Vec<N>), Raise<'p>> {
    let text = byte_list(list).ok_or_else(Raise::badarg)?;
    let inner = text.strip_prefix(prefix.as_bytes()).and_then(|t| t.strip_suffix(b">"));
    let mut parts = inner.ok_or_else(Raise::badarg)?.split(|byte| *byte == b'.');
    let node: u32 = parts.next().and_then(number).ok_or_else(Raise::badarg)?;
    let node = match node {
        0 => None,
        n => Some(cx.vm().nodes.numbered(n).ok_or_else(Raise::badarg)?),
    };
    let mut numbers = Vec::with_capacity(4);
    for part in parts {
        numbers.push(number(part).ok_or_else(Raise::badarg)?);
    }
    Ok((node, numbers))
}

fn number<N: TryFrom<u64>>(digits: &[u8]) -> Option<N> {
    let add = |n: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    };
    let n = digits.iter().try_fold(0, add)?;
    if digits.is_empty() { None } else { n.try_into().ok() }
}

fn list_to_pid<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, numbers) = numbers::<u32>(cx, list, "<")?;
    let [id, serial] = numbers[..] else { return Err(Raise::badarg()) };
    match node {
        None => pid_from_ids(PidIds { id, serial }).map(Term::pid).ok_or_else(Raise::badarg),
        Some((node, creation)) => {
            Ok(cx.external(Kind::ExtPid, node, creation, &[id.into(), serial.into()]))
        }
    }
}

fn list_to_ref<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, mut words) = numbers::<u32>(cx, list, "#Ref<")?;
    words.reverse();
    if words.len() > 5 {
        return Err(Raise::badarg());
    }
    if let Some((node, creation)) = node {
        let words: Vec<u64> = words.into_iter().map(u64::from).collect();
        return Ok(cx.external(Kind::ExtRef, node, creation, &words));
    }
    let (number, alias_of) = ref_from_words(&words).ok_or_else(Raise::badarg)?;
    Ok(cx.reference_of_text(number, alias_of))
}

fn list_to_port<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let (node, numbers) = numbers::<u64>(cx, list, "#Port<")?;
    let [n] = numbers[..] else { return Err(Raise::badarg()) };
    match node {
        None => Term::port(PortId(n)).ok_or_else(Raise::badarg),
        Some((node, creation)) => Ok(cx.external(Kind::ExtPort, node, creation, &[n])),
    }
}
