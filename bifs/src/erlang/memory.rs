//! What `erlang:memory/0,1` adds up, and what is asked about stock's allocators.
//!
//! OTP takes part of it from `system_info(allocated_areas)`, and part from what each thread sends of
//! its allocators. There are none of stock's here; what is known of binaries comes as if from one.

use super::system::pair;
use vm::heap::counted::{Purpose, in_use};
use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, View};

vm::natives! {
    /// What asks all threads about their allocators.
    pub static NATIVES: "erts_internal" {
        "no_aux_work_threads"/0 = no_aux_work_threads,
        "gather_alloc_histograms"/1 = gather,
        "gather_carrier_info"/1 = gather,
    }
}

/// One more than those that answer a request to all: OTP does not wait for the first.
fn no_aux_work_threads<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::small(2))
}

/// What memory allocators have counted. There is none of those that could be asked for.
fn gather<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::badarg())
}

/// All memory, as far as [`send_allocators`] does not tell it, and what it is used for.
pub(super) fn areas<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let memory = cx.vm().memory();
    let areas = [
        ("external_alloc", memory.total - memory.binaries),
        ("loaded_code", memory.code),
        ("process_table", memory.processes),
        ("atom_table", memory.atoms),
        ("ets_misc", memory.tables),
    ];
    numbers(cx, &areas)
}

/// `[{Name, Number}]`
fn numbers<'p>(cx: &mut Native<'p>, all: &[(&str, u64)]) -> Outcome<'p> {
    let mut pairs = Vec::with_capacity(all.len());
    for (name, n) in all {
        let n = cx.uint(*n);
        pairs.push(pair(cx, name, n)?);
    }
    Ok(cx.list(&pairs))
}

/// What `erlang:memory/0` comes to, in one piece as a crash dump has it.
pub(super) fn uses<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let memory = cx.vm().memory();
    let uses = [
        ("total", memory.total),
        ("processes", memory.processes),
        ("processes_used", memory.processes),
        ("system", memory.total - memory.processes),
        ("atom", memory.atoms),
        ("atom_used", memory.atoms),
        ("binary", memory.binaries),
        ("code", memory.code),
        ("ets", memory.tables),
    ];
    numbers(cx, &uses)
}

/// Sends the caller the answer that it waits for, `{Ref, Thread, Allocators}`.
pub(super) fn send_allocators<'p>(
    cx: &mut Native<'p>,
    of: &str,
    to: Term<'p>,
    which: Term<'p>,
) -> Outcome<'p> {
    if !matches!(to.view(), View::Ref(_)) {
        return Err(Raise::badarg());
    }
    let which = which.list_to_vec().ok_or_else(Raise::badarg)?;
    let allocators = if let [one] = which[..]
        && one.as_atom().is_some_and(|a| a.name() == "fix_alloc")
    {
        // Who asks for that alone wants to know what it has for objects of a kind: it is switched
        // off. Among others it says nothing, as `erlang:memory/0` would give up.
        let off = cx.tuple(&[one, Term::bool(false)]);
        cx.list(&[off])
    } else if of == "memory_internal" {
        let binaries = in_use(Purpose::Binaries);
        let (size, size_of) = (cx.uint(binaries), "binary_alloc");
        let mut data = pair(cx, "size", size)?;
        for name in [size_of, "blocks", "mbcs"] {
            let inner = cx.list(&[data]);
            data = pair(cx, name, inner)?;
        }
        let data = cx.list(&[data]);
        let name = cx.atom(size_of)?;
        let allocator = cx.tuple(&[name, Term::small(0), data]);
        cx.list(&[allocator])
    } else {
        Term::nil()
    };
    let answer = cx.tuple(&[to, Term::small(0), allocators]);
    let me = cx.self_pid();
    cx.send_to_pid(me, answer);
    Ok(Term::bool(true))
}

/// As of one that is switched off, or a list of such: there is none of stock's allocators.
pub(super) fn no_allocator<'p>(cx: &mut Native<'p>, of: Term<'p>) -> Outcome<'p> {
    const NAMES: [&str; 15] = [
        "sys_alloc",
        "temp_alloc",
        "sl_alloc",
        "std_alloc",
        "ll_alloc",
        "eheap_alloc",
        "ets_alloc",
        "fix_alloc",
        "literal_alloc",
        "exec_alloc",
        "binary_alloc",
        "driver_alloc",
        "test_alloc",
        "mseg_alloc",
        "erts_mmap",
    ];
    let known = |t: Term<'_>| t.as_atom().is_some_and(|a| NAMES.contains(&a.name()));
    if known(of) {
        return Ok(Term::bool(false));
    }
    // What `alloc_util_allocators` lists, nothing, may be asked about too.
    let list =
        of.list_to_vec().filter(|l| l.iter().all(|t| known(*t))).ok_or_else(Raise::badarg)?;
    let pairs: Vec<_> = list.into_iter().map(|t| cx.tuple(&[t, Term::bool(false)])).collect();
    Ok(cx.list(&pairs))
}
