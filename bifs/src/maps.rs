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
    let Some(value) = m.get(key) else { return Ok(Term::atom(atoms::ERROR)) };
    let rest = map::remove(cx, m, key);
    Ok(cx.tuple(&[value, rest]))
}

/// `map_next(Path, Map, What)`: from place `Path` on, the next pairs. With `What` `iterator`
/// nested as `{K, V, {K, V, .. [Path | Map]}}`, else consed on the list `What`, as
/// `[Path, Map | Pairs]`. Without more, `none` or the list stands for the rest.
fn map_next<'p>(cx: &mut Native<'p>, [path, m, what]: [Term<'p>; 3]) -> Outcome<'p> {
    let view = m.as_map().ok_or_else(Raise::badarg)?;
    if !what.is_atom(atoms::ITERATOR) && !what.is_nil() && what.as_cons().is_none() {
        return Err(Raise::badarg());
    }
    let start = map::path_from_term(path).ok_or_else(Raise::badarg)?;
    if let Some((keys, values)) = view.flat() {
        if start != 0 {
            return Err(Raise::badarg());
        }
        cx.bump_reductions(keys.len());
        let pairs = keys.iter().copied().zip(values.iter().copied());
        return Ok(step(cx, pairs.rev(), [m, what], None));
    }
    let mut it = map::MapIter::from_path(view, start).ok_or_else(Raise::badarg)?;
    let mut pairs = map::Pairs::new();
    pairs.extend(it.by_ref().take(STEP));
    cx.bump_reductions(pairs.len());
    let more = it.path_term(cx);
    Ok(step(cx, pairs.iter().rev().copied(), [m, what], more))
}

/// Those pairs, the last first, as [`map_next`] gives them, and the path to what comes behind them.
fn step<'p>(
    cx: &mut Native<'p>,
    pairs: impl Iterator<Item = (Term<'p>, Term<'p>)>,
    [m, what]: [Term<'p>; 2],
    more: Option<Term<'p>>,
) -> Term<'p> {
    if what.is_atom(atoms::ITERATOR) {
        let rest = more.map_or(Term::atom(atoms::NONE), |path| cx.cons(path, m));
        return pairs.fold(rest, |rest, (k, v)| cx.tuple(&[k, v, rest]));
    }
    let list = pairs.fold(what, |list, (k, v)| {
        let pair = cx.tuple(&[k, v]);
        cx.cons(pair, list)
    });
    let Some(path) = more else { return list };
    let list = cx.cons(m, list);
    cx.cons(path, list)
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
