//! Modules `atomics` and `counters`: arrays of 64-bit numbers that processes share.
//!
//! Both are magic references to an array. Counters are kept with the same strength either way,
//! which `write_concurrency` allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vm::native::{Native, Outcome, Raise};
use vm::term::compare::compare;
use vm::term::{Term, atoms};

vm::natives! {
    /// Arrays of atomics.
    pub static NATIVES: "atomics" {
        "get"/2 = get,
        "put"/3 = put,
        "add"/3 = add,
        "add_get"/3 = add_get,
        "exchange"/3 = exchange,
        "compare_exchange"/4 = compare_exchange,
        "info"/1 = info,
    }
}

vm::natives! {
    /// Making them, and what `counters` is made of.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "atomics_new"/2 = atomics_new,
        "counters_new"/1 = counters_new,
        "counters_get"/2 = get,
        "counters_add"/3 = add,
        "counters_put"/3 = put,
        "counters_info"/1 = counters_info,
    }
}

struct Array {
    cells: Box<[AtomicI64]>,
    signed: bool,
}

/// The bit of `atomics_new`'s options that says `{signed, true}`.
const SIGNED: u64 = 1;

fn new<'p>(cx: &mut Native<'p>, size: Term<'p>, signed: bool) -> Outcome<'p> {
    let n = match size.as_usize() {
        Some(0) => return Err(Raise::badarg()),
        Some(n) => n,
        // An integer that fits no word.
        None if size.is_integer() && compare(size, Term::small(0)).is_gt() => usize::MAX,
        None => return Err(Raise::badarg()),
    };
    if n > 1 << 40 {
        return Err(Raise::system_limit());
    }
    let mut cells = Vec::new();
    cells.try_reserve_exact(n).map_err(|_| Raise::system_limit())?;
    cells.resize_with(n, || AtomicI64::new(0));
    Ok(cx.make_magic_ref(Arc::new(Array { cells: cells.into(), signed })))
}

fn atomics_new<'p>(cx: &mut Native<'p>, [size, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let options = options.as_u64().ok_or_else(Raise::badarg)?;
    new(cx, size, options & SIGNED != 0)
}

fn counters_new<'p>(cx: &mut Native<'p>, [size]: [Term<'p>; 1]) -> Outcome<'p> {
    new(cx, size, true)
}

fn array<'p>(t: Term<'p>) -> Result<&'p Array, Raise<'p>> {
    t.magic_object().ok_or_else(Raise::badarg)
}

impl Array {
    fn cell<'p>(&self, index: Term<'p>) -> Result<&AtomicI64, Raise<'p>> {
        let i = index.as_usize().and_then(|i| i.checked_sub(1)).ok_or_else(Raise::badarg)?;
        self.cells.get(i).ok_or_else(Raise::badarg)
    }

    /// A value to be stored or compared with: one that the array can hold.
    fn operand<'p>(&self, t: Term<'p>) -> Result<i64, Raise<'p>> {
        let fits = if self.signed { t.as_i64() } else { t.as_u64().map(|n| n as i64) };
        fits.ok_or_else(Raise::badarg)
    }

    /// What is added: anything that fits 64 bits, signed or not.
    fn increment<'p>(&self, t: Term<'p>) -> Result<i64, Raise<'p>> {
        let fits = t.as_i64().or_else(|| t.as_u64().map(|n| n as i64));
        fits.ok_or_else(Raise::badarg)
    }

    fn value<'p>(&self, cx: &mut Native<'p>, n: i64) -> Term<'p> {
        if self.signed { cx.int(n) } else { cx.uint(n as u64) }
    }
}

fn ok<'p>() -> Outcome<'p> {
    Ok(Term::atom(atoms::OK))
}

fn get<'p>(cx: &mut Native<'p>, [a, index]: [Term<'p>; 2]) -> Outcome<'p> {
    let a = array(a)?;
    let n = a.cell(index)?.load(Ordering::SeqCst);
    Ok(a.value(cx, n))
}

fn put<'p>(_: &mut Native<'p>, [a, index, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let a = array(a)?;
    a.cell(index)?.store(a.operand(value)?, Ordering::SeqCst);
    ok()
}

fn add<'p>(_: &mut Native<'p>, [a, index, by]: [Term<'p>; 3]) -> Outcome<'p> {
    let a = array(a)?;
    a.cell(index)?.fetch_add(a.increment(by)?, Ordering::SeqCst);
    ok()
}

fn add_get<'p>(cx: &mut Native<'p>, [a, index, by]: [Term<'p>; 3]) -> Outcome<'p> {
    let a = array(a)?;
    let by = a.increment(by)?;
    let old = a.cell(index)?.fetch_add(by, Ordering::SeqCst);
    Ok(a.value(cx, old.wrapping_add(by)))
}

fn exchange<'p>(cx: &mut Native<'p>, [a, index, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let a = array(a)?;
    let old = a.cell(index)?.swap(a.operand(value)?, Ordering::SeqCst);
    Ok(a.value(cx, old))
}

fn compare_exchange<'p>(
    cx: &mut Native<'p>,
    [a, index, expected, desired]: [Term<'p>; 4],
) -> Outcome<'p> {
    let a = array(a)?;
    let (expected, desired) = (a.operand(expected)?, a.operand(desired)?);
    let cell = a.cell(index)?;
    match cell.compare_exchange(expected, desired, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => ok(),
        Err(actual) => Ok(a.value(cx, actual)),
    }
}

fn map<'p>(cx: &mut Native<'p>, pairs: &[(&str, Term<'p>)]) -> Outcome<'p> {
    let pairs: Result<Vec<_>, Raise<'p>> =
        pairs.iter().map(|(k, v)| Ok((cx.atom(k)?, *v))).collect();
    Ok(vm::term::map::from_pairs(cx, &mut pairs?))
}

fn bytes<'p>(cx: &mut Native<'p>, a: &Array) -> Term<'p> {
    cx.uint((size_of::<Array>() + a.cells.len() * 8) as u64)
}

fn info<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    let a = array(a)?;
    let size = cx.uint(a.cells.len() as u64);
    let memory = bytes(cx, a);
    let (max, min) = if a.signed {
        (cx.int(i64::MAX), cx.int(i64::MIN))
    } else {
        (cx.uint(u64::MAX), Term::small(0))
    };
    map(cx, &[("size", size), ("max", max), ("min", min), ("memory", memory)])
}

fn counters_info<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    let a = array(a)?;
    let size = cx.uint(a.cells.len() as u64);
    let memory = bytes(cx, a);
    map(cx, &[("size", size), ("memory", memory)])
}
