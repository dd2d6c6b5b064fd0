//! Natives of module `maps`, those of `erlang` on maps, and what `maps` in Erlang builds on.

use crate::walk;
use vm::native::{Native, Outcome, Raise};
use vm::term::view::MapView;
use vm::term::{Term, atoms, map};

vm::natives! {
    /// Module `maps`.
    pub static NATIVES: "maps" {
        "find"/2 = find,
        "get"/2 = get,
        "from_list"/1 = from_list,
        "from_keys"/2 = from_keys,
        "is_key"/2 = is_key,
        "keys"/1 = keys,
        "merge"/2 = merge,
        "put"/3 = put,
        "remove"/2 = remove,
        "take"/2 = take,
        "update"/3 = update,
        "values"/1 = values,
    }
}

vm::natives! {
    /// Maps in guards.
    pub static ERLANG_NATIVES: "erlang" {
        guard "map_size"/1 = map_size,
        guard "map_get"/2 = get,
        guard "is_map_key"/2 = is_key,
    }
}

vm::natives! {
    /// What iterators and printing in Erlang build on.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "map_next"/3 = map_next,
        "map_to_tuple_keys"/1 = map_to_tuple_keys,
        "map_hashmap_children"/1 = map_hashmap_children,
    }
}

/// Most pairs that one step of an iteration hands out.
const STEP: usize = 32;

fn tagged<'p>(cx: &mut Native<'p>, tag: vm::term::Atom, t: Term<'p>) -> Raise<'p> {
    Raise::error(cx.tuple(&[Term::atom(tag), t]))
}

fn as_map<'p>(cx: &mut Native<'p>, t: Term<'p>) -> Result<MapView<'p>, Raise<'p>> {
    t.as_map().ok_or_else(|| tagged(cx, atoms::BADMAP, t))
}

fn badkey<'p>(cx: &mut Native<'p>, key: Term<'p>) -> Raise<'p> {
    tagged(cx, atoms::BADKEY, key)
}

fn find<'p>(cx: &mut Native<'p>, [key, m]: [Term<'p>; 2]) -> Outcome<'p> {
    match as_map(cx, m)?.get(key) {
        Some(value) => Ok(cx.tuple(&[Term::atom(atoms::OK), value])),
        None => Ok(Term::atom(atoms::ERROR)),
    }
}

fn get<'p>(cx: &mut Native<'p>, [key, m]: [Term<'p>; 2]) -> Outcome<'p> {
    as_map(cx, m)?.get(key).ok_or_else(|| badkey(cx, key))
}

fn is_key<'p>(cx: &mut Native<'p>, [key, m]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(as_map(cx, m)?.contains(key)))
}

fn map_size<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::small(as_map(cx, m)?.len() as i64))
}

fn from_list<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut pairs = map::Pairs::new();
    walk::each(cx, list, |t| {
        let [key, value] = t.as_tuple_of()?;
        pairs.push((key, value));
        Some(())
    })?;
    cx.work(pairs.len())?;
    Ok(map::from_pairs(cx, &mut pairs))
}

fn from_keys<'p>(cx: &mut Native<'p>, [list, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut pairs = map::Pairs::new();
    walk::each(cx, list, |key| {
        pairs.push((key, value));
        Some(())
    })?;
    cx.work(pairs.len())?;
    Ok(map::from_pairs(cx, &mut pairs))
}

fn keys<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    cx.work(m.len() / 4)?;
    Ok(map::keys(cx, m))
}

fn values<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    cx.work(m.len() / 4)?;
    Ok(map::values(cx, m))
}

fn merge<'p>(cx: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    let (a, b) = (as_map(cx, a)?, as_map(cx, b)?);
    cx.work((a.len() + b.len()) / 4)?;
    Ok(map::merge(cx, a, b))
}

fn put<'p>(cx: &mut Native<'p>, [key, value, m]: [Term<'p>; 3]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    Ok(map::put(cx, m, key, value))
}

fn update<'p>(cx: &mut Native<'p>, [key, value, m]: [Term<'p>; 3]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    map::update(cx, m, key, value).ok_or_else(|| badkey(cx, key))
}

fn remove<'p>(cx: &mut Native<'p>, [key, m]: [Term<'p>; 2]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    Ok(map::remove(cx, m, key))
}

fn take<'p>(cx: &mut Native<'p>, [key, m]: [Term<'p>; 2]) -> Outcome<'p> {
    let m = as_map(cx, m)?;
    match map::take(cx, m, key) {
        Some((value, rest)) => Ok(cx.tuple(&[value, rest])),
        None => Ok(Term::atom(atoms::ERROR)),
    }
}

/// `map_next(Path, Map, What)`: from place `Path` on, the next pairs. With `What` `iterator`
/// nested as `{K, V, {K, V, .. [Path | Map]}}`, where `none` stands for the rest if there are no more;
/// else all of them, consed on the list `What`.
fn map_next<'p>(cx: &mut Native<'p>, [path, m, what]: [Term<'p>; 3]) -> Outcome<'p> {
    let view = m.as_map().ok_or_else(Raise::badarg)?;
    if !what.is_atom(atoms::ITERATOR) && !what.is_nil() && what.as_cons().is_none() {
        return Err(Raise::badarg());
    }
    let start = map::path_from_term(path).ok_or_else(Raise::badarg)?;
    let nested = what.is_atom(atoms::ITERATOR);
    if let Some((keys, values)) = view.flat() {
        if start != 0 {
            return Err(Raise::badarg());
        }
        cx.bump_reductions(keys.len());
        let pairs = keys.iter().copied().zip(values.iter().copied());
        return Ok(if nested {
            cx.nested_pairs(keys.len(), pairs, Term::atom(atoms::NONE))
        } else {
            cx.list_of_pairs(keys.len(), pairs, what)
        });
    }
    if nested {
        let mut places = [None; STEP];
        let (pairs, more) = step(cx, view, start, &mut places)?;
        let rest = more.map_or(Term::atom(atoms::NONE), |path| cx.cons(path, m));
        return Ok(cx.nested_pairs(pairs.len(), each(pairs), rest));
    }
    // Whoever asks for a list wants all of them.
    cx.work(view.len() / 2)?;
    if start == 0 {
        return Ok(cx.list_of_pairs(view.len(), view.iter(), what));
    }
    let mut places = vec![None; view.len()];
    let (pairs, _) = step(cx, view, start, &mut places)?;
    Ok(cx.list_of_pairs(pairs.len(), each(pairs), what))
}

/// A pair of a map, where it lies, or none.
type Place<'p> = Option<&'p [Term<'p>; 2]>;

/// The pairs of a large map from a place on, and the path to the next.
fn step<'a, 'p>(
    cx: &mut Native<'p>,
    m: MapView<'p>,
    start: u128,
    places: &'a mut [Place<'p>],
) -> Result<(&'a [Place<'p>], Option<Term<'p>>), Raise<'p>> {
    let end = map::step(m, start, places).ok_or_else(Raise::badarg)?;
    cx.bump_reductions(end.taken);
    let path = end.path.map(|path| i128::try_from(path).expect("a collision is below 2^63"));
    Ok((&places[..end.taken], path.map(|path| cx.int128(path))))
}

fn each<'p>(pairs: &[Place<'p>]) -> impl Iterator<Item = (Term<'p>, Term<'p>)> {
    pairs.iter().flatten().map(|[k, v]| (*k, *v))
}

fn map_to_tuple_keys<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    let view = as_map(cx, m)?;
    let (keys, _) = view.flat().ok_or_else(Raise::badarg)?;
    Ok(cx.tuple(keys))
}

/// The parts of a large map, for tools that measure; here its pairs.
fn map_hashmap_children<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    let view = as_map(cx, m)?;
    if view.flat().is_some() {
        return Err(Raise::badarg());
    }
    cx.work(view.len() / 4)?;
    let pairs: Vec<_> = view.iter().map(|(k, v)| cx.cons(k, v)).collect();
    Ok(cx.tuple(&pairs))
}
