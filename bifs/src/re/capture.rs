//! What `re:run/3` gives of a match.

use super::bytes_of;
use std::cmp::Ordering;
use vm::native::{Native, Raise};
use vm::regex::{Groups, Regex};
use vm::term::{Term, View, atoms};

/// In what form groups are given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Index,
    List,
    Binary,
}

/// Which groups are given.
enum Which {
    /// All from this one up to the last that took part.
    From(usize),
    /// Only that there is a match.
    None,
    /// For each item the first of these that took part.
    These(Vec<Vec<usize>>),
}

/// A capture specification, understood.
pub struct Capture {
    form: Form,
    which: Which,
}

impl Capture {
    /// What is captured if nothing else is said.
    pub fn all() -> Capture {
        Capture { form: Form::Index, which: Which::From(0) }
    }

    /// `{capture, What, Form}`
    pub fn of<'p>(what: Term<'p>, form: Term<'p>, regex: &Regex) -> Result<Capture, Raise<'p>> {
        let form = match form.as_atom() {
            Some(a) if a == atoms::INDEX => Form::Index,
            Some(a) if a == atoms::LIST => Form::List,
            Some(a) if a == atoms::BINARY => Form::Binary,
            _ => return Err(Raise::badarg()),
        };
        let which = match what.as_atom() {
            Some(a) if a == atoms::ALL => Which::From(0),
            Some(a) if a == atoms::ALL_BUT_FIRST => Which::From(1),
            Some(a) if a == atoms::NONE => Which::None,
            Some(a) if a == atoms::FIRST => Which::These(vec![vec![0]]),
            Some(a) if a == atoms::ALL_NAMES => all_names(regex),
            Some(_) => return Err(Raise::badarg()),
            None if what.is_nil() => Which::None,
            None => {
                let items = what.list_to_vec().ok_or_else(Raise::badarg)?;
                Which::These(items.into_iter().map(|t| one(t, regex)).collect::<Result<_, _>>()?)
            }
        };
        Ok(Capture { form, which })
    }

    /// The answer of `run` for a match in `subject`, whose bytes are `bytes`.
    pub fn answer<'p>(
        &self,
        cx: &mut Native<'p>,
        subject: Term<'p>,
        bytes: &[u8],
        groups: &Groups,
    ) -> Term<'p> {
        let tag = Term::atom(atoms::MATCH);
        let took_part = |i: &usize| groups.get(*i).copied().flatten();
        let places: Vec<_> = match &self.which {
            Which::None => return tag,
            Which::From(first) => groups.iter().skip(*first).copied().collect(),
            Which::These(items) => {
                items.iter().map(|choices| choices.iter().find_map(took_part)).collect()
            }
        };
        let values: Vec<Term<'p>> =
            places.into_iter().map(|place| self.value(cx, subject, bytes, place)).collect();
        let list = cx.list(&values);
        cx.tuple(&[tag, list])
    }

    fn value<'p>(
        &self,
        cx: &mut Native<'p>,
        subject: Term<'p>,
        bytes: &[u8],
        place: Option<(usize, usize)>,
    ) -> Term<'p> {
        if self.form == Form::Index {
            // With \K in a lookahead a match may end before it begins.
            let (at, length) =
                place.map_or((-1, 0), |(from, to)| (from as i64, to as i64 - from as i64));
            return cx.tuple(&[Term::small(at), Term::small(length)]);
        }
        let (from, to) = place.unwrap_or((0, 0));
        let to = to.max(from);
        match self.form {
            Form::List => cx.byte_list(&bytes[from..to], Term::nil()),
            _ if subject.as_bits().is_some() => cx.sub_bits(subject, from * 8, (to - from) * 8),
            _ => cx.binary(&bytes[from..to]),
        }
    }
}

/// The groups of that name. Without `dupnames` it is one, by a search that halves the table.
fn named(name: &[u8], regex: &Regex) -> Vec<usize> {
    let names = regex.names();
    if regex.has_duplicate_names() {
        return names.into_iter().filter(|(n, _)| *n == name).map(|(_, i)| i).collect();
    }
    let (mut low, mut high) = (0, names.len());
    while low < high {
        let middle = (low + high) / 2;
        match names[middle].0.cmp(name) {
            Ordering::Equal => return vec![names[middle].1],
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    Vec::new()
}

fn all_names(regex: &Regex) -> Which {
    let mut names = regex.names();
    if names.is_empty() {
        return Which::None;
    }
    if !regex.has_duplicate_names() {
        return Which::These(names.into_iter().map(|(_, i)| vec![i]).collect());
    }
    names.dedup_by_key(|(name, _)| *name);
    Which::These(names.into_iter().map(|(name, _)| named(name, regex)).collect())
}

/// The groups that a number or name stands for.
fn one<'p>(t: Term<'p>, regex: &Regex) -> Result<Vec<usize>, Raise<'p>> {
    match t.view() {
        View::Small(n) => match i32::try_from(n) {
            Ok(n @ 0..) => Ok(vec![n as usize]),
            _ => Err(Raise::badarg()),
        },
        View::Atom(a) => Ok(named(a.name().as_bytes(), regex)),
        View::Bits(_) | View::Cons(..) | View::Nil => Ok(named(&bytes_of(t)?, regex)),
        _ => Err(Raise::badarg()),
    }
}
