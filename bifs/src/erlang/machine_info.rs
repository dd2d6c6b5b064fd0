//! What `erlang:system_info/1` tells of the computer, of how the machine was built, and of what
//! stock has and this machine has not (allocators, blocked schedulers).

use vm::native::{Native, Outcome};
use vm::process::spawn::heap_size;
use vm::term::{Term, atoms};

/// `[{Name, Value}, ...]`
fn pairs<'p>(cx: &mut Native<'p>, items: &[(&str, Term<'p>)]) -> Outcome<'p> {
    let mut list = Vec::new();
    for (name, value) in items {
        let name = cx.atom(name)?;
        list.push(cx.tuple(&[name, *value]));
    }
    Ok(cx.list(&list))
}

/// The value of an item, if it is one of these.
pub fn info<'p>(cx: &mut Native<'p>, item: &str) -> Option<Outcome<'p>> {
    Some(match item {
        "endian" => cx.atom(if cfg!(target_endian = "big") { "big" } else { "little" }),
        "time_offset" => cx.atom("final"),
        "dynamic_trace_probes" | "lock_counting" | "ets_realloc_moves" => Ok(Term::bool(false)),
        "taints" | "normal_multi_scheduling_blockers" => Ok(Term::nil()),
        "c_compiler_used" => Ok(two(cx, Term::atom(atoms::UNDEFINED))),
        "allocator" => allocator(cx),
        "garbage_collection" => garbage_collection(cx),
        "heap_sizes" => Ok(heap_sizes(cx)),
        "scheduler_bindings" => scheduler_bindings(cx),
        "schedulers_state" => {
            let n = Term::small(cx.vm().workers.len() as i64);
            let online = Term::small(cx.vm().flags.schedulers_online.get() as i64);
            Ok(cx.tuple(&[n, online, online]))
        }
        "os_monotonic_time_source" => time_source(cx, true),
        "os_system_time_source" => time_source(cx, false),
        _ => return None,
    })
}

fn two<'p>(cx: &mut Native<'p>, t: Term<'p>) -> Term<'p> {
    cx.tuple(&[t, t])
}

/// None of stock's: memory comes from one allocator, which has no settings.
fn allocator<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let nil = Term::nil();
    Ok(cx.tuple(&[Term::atom(atoms::UNDEFINED), nil, nil, nil]))
}

fn garbage_collection<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let flags = &cx.vm().flags;
    let vheap = match flags.min_bin_vheap_size.get() {
        0 => vm::process::flags::MIN_BIN_VHEAP_SIZE,
        n => n,
    };
    let heap = vm::process::spawn::told_min_heap_size(flags.min_heap_size.get());
    let n = |n: usize| Term::small(n as i64);
    let items = [
        ("max_heap_size", n(flags.max_heap_size().size)),
        ("min_bin_vheap_size", n(vheap)),
        ("min_heap_size", n(heap)),
        ("fullsweep_after", n(flags.fullsweep_after.get())),
    ];
    pairs(cx, &items)
}

/// The steps in which heaps grow, as OTP's documentation has them, up to a gigaword.
fn heap_sizes<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let mut sizes = vec![vm::process::spawn::told_min_heap_size(0)];
    while let Some(last) = sizes.last().copied().filter(|n| *n < 1 << 30) {
        sizes.push(heap_size(last + 1));
    }
    let sizes: Vec<Term<'p>> = sizes.into_iter().map(|n| Term::small(n as i64)).collect();
    cx.list(&sizes)
}

fn scheduler_bindings<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let unbound = cx.atom("unbound")?;
    let all = vec![unbound; cx.vm().workers.len()];
    Ok(cx.tuple(&all))
}

fn time_source<'p>(cx: &mut Native<'p>, monotonic: bool) -> Outcome<'p> {
    let function = cx.atom("clock_gettime")?;
    let id = cx.atom(if monotonic { "CLOCK_MONOTONIC" } else { "CLOCK_REALTIME" })?;
    let (no, yes) = (cx.atom("no")?, cx.atom("yes")?);
    let world = &cx.vm().world;
    let time = if monotonic { world.now() as i64 } else { world.system_time() };
    let time = cx.int(time);
    let mut items =
        vec![("function", function), ("clock_id", id), ("resolution", Term::small(1_000_000_000))];
    if monotonic {
        items.push(("extended", no));
    }
    items.extend([("parallel", yes), ("time", time)]);
    pairs(cx, &items)
}
