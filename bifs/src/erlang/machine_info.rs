//! What `erlang:system_info/1` tells of the computer, of how the machine was built, and of what
//! stock has and this machine has not (allocators, blocked schedulers).

use super::topology;
use vm::native::{Native, Outcome};
use vm::sched::active::Block;
use vm::sched::clock;
use vm::term::{Pid, Term, atoms};

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
        "time_offset" => {
            let state = clock::offset_state(cx.vm());
            cx.atom(state)
        }
        "dynamic_trace_probes" | "lock_counting" | "lock_checking" | "ets_realloc_moves" => {
            Ok(Term::bool(false))
        }
        "ethread_info" => ethread_info(cx),
        "taints" => Ok(Term::nil()),
        "c_compiler_used" => Ok(two(cx, Term::atom(atoms::UNDEFINED))),
        "allocator" => allocator(cx),
        "garbage_collection" => garbage_collection(cx),
        "heap_sizes" => Ok(heap_sizes(cx)),
        "scheduler_bindings" => topology::bindings(cx),
        "scheduler_bind_type" => {
            let how = cx.vm().bind_type();
            cx.atom(how.name())
        }
        "cpu_topology" => match cx.atom("used") {
            Ok(used) => topology::told(cx, used),
            full => full,
        },
        "schedulers_state" => {
            let vm = cx.vm();
            let numbers = [vm.workers.len(), vm.workers_online(), active_workers(cx)];
            Ok(cx.tuple(&numbers.map(|n| Term::small(n as i64))))
        }
        "schedulers_active" => Ok(Term::small(active_workers(cx) as i64)),
        "run_queues" => Ok(Term::small(cx.vm().workers.len() as i64)),
        "all_schedulers_state" => all_schedulers_state(cx),
        "update_cpu_info" => {
            let changed = cx.vm().look_at_processors();
            cx.atom(if changed { "changed" } else { "unchanged" })
        }
        // Instructions are executed through a table of functions.
        "beam_jump_table" => Ok(Term::bool(true)),
        "multi_scheduling" => multi_scheduling(cx),
        "multi_scheduling_blockers" => Ok(blockers(cx, Block::All)),
        "normal_multi_scheduling_blockers" => Ok(blockers(cx, Block::Normal)),
        "os_monotonic_time_source" => time_source(cx, true),
        "os_system_time_source" => time_source(cx, false),
        _ => return None,
    })
}

/// How many workers run processes.
fn active_workers(cx: &Native<'_>) -> usize {
    let vm = cx.vm();
    if vm.workers_blocked_by().is_empty() { vm.workers_online() } else { 1 }
}

/// `{Kind, All, Online, Active}` of all kinds. Dirty workers are never held back.
fn all_schedulers_state<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let vm = cx.vm();
    let (cpu, io) = (vm.settings.dirty_cpu_schedulers, vm.settings.dirty_io_schedulers);
    let cpu_online = vm.dirty.cpu_online();
    let rows = [
        ("normal", [vm.workers.len(), vm.workers_online(), active_workers(cx)]),
        ("dirty_cpu", [cpu, cpu_online, cpu_online]),
        ("dirty_io", [io, io, io]),
    ];
    let mut list = Vec::new();
    for (kind, numbers) in rows {
        let [all, online, active] = numbers.map(|n| Term::small(n as i64));
        let kind = cx.atom(kind)?;
        list.push(cx.tuple(&[kind, all, online, active]));
    }
    Ok(cx.list(&list))
}

/// Whether all workers may run processes.
pub fn multi_scheduling<'p>(cx: &Native<'p>) -> Outcome<'p> {
    let blocked = cx.vm().workers_blocked_by();
    cx.atom(match () {
        () if blocked.is_empty() => "enabled",
        () if blocked.iter().any(|b| b.1 == Block::All) => "blocked",
        () => "blocked_normal",
    })
}

/// Who sees to it that only one does.
fn blockers<'p>(cx: &mut Native<'p>, kind: Block) -> Term<'p> {
    let vm = cx.vm();
    let all = vm.workers_blocked_by().into_iter().filter(|b| b.1 == kind).map(|b| b.0);
    // Where there is only one worker, nobody has to.
    let mut pids: Vec<Pid> = all.filter(|_| vm.workers.len() > 1).collect();
    pids.sort();
    pids.dedup();
    let pids: Vec<Term<'p>> = pids.into_iter().map(Term::pid).collect();
    cx.list(&pids)
}

fn two<'p>(cx: &mut Native<'p>, t: Term<'p>) -> Term<'p> {
    cx.tuple(&[t, t])
}

/// What threads use: the standard library's.
fn ethread_info<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let rows = [
        ("32-bit native atomics", "std"),
        ("64-bit native atomics", "std"),
        ("Double word native atomics", "no"),
    ];
    let rows = rows.map(|(what, by)| {
        let (what, by) = (cx.string(what), cx.string(by));
        cx.tuple(&[what, by, Term::nil()])
    });
    Ok(cx.list(&rows))
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

/// No step of a heap is longer; as in stock, more than any machine has.
const MAX_HEAP_WORDS: usize = 1 << 50;

/// The steps in which heaps grow.
fn heap_sizes<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let sizes = vm::process::spawn::heap_sizes().take_while(|size| *size < MAX_HEAP_WORDS);
    let sizes: Vec<Term<'p>> = sizes.map(|n| Term::small(n as i64)).collect();
    cx.list(&sizes)
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
