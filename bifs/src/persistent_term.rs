//! `persistent_term`.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, atoms};

vm::natives! {
    /// Terms that all processes read without copying.
    pub static NATIVES: "persistent_term" {
        "put"/2 = put,
        "get"/1 = get,
        "get"/2 = get2,
        "get"/0 = all,
        "erase"/1 = erase,
        "info"/0 = info,
    }
}

fn put<'p>(cx: &mut Native<'p>, [key, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let vm = cx.vm();
    let before = vm.persistent.put(vm, cx, key, value).map_err(|_| Raise::system_limit())?;
    cx.give_up(before);
    Ok(Term::atom(atoms::OK))
}

fn get<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.vm().persistent.get(key).ok_or_else(Raise::badarg)
}

fn get2<'p>(cx: &mut Native<'p>, [key, default]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(cx.vm().persistent.get(key).unwrap_or(default))
}

fn all<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let vm = cx.vm();
    Ok(vm.persistent.all(cx))
}

fn erase<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    let vm = cx.vm();
    let before = vm.persistent.erase(vm, key);
    let was_there = before.is_some();
    cx.give_up(before);
    Ok(Term::bool(was_there))
}

fn info<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let (count, memory) = (cx.atom("count")?, cx.atom("memory")?);
    let n = Term::small(cx.vm().persistent.count() as i64);
    let bytes = cx.vm().persistent.bytes() as u64;
    let bytes = cx.uint(bytes);
    let mut pairs = vec![(count, n), (memory, bytes)];
    Ok(vm::term::map::from_pairs(cx, &mut pairs))
}
