//! What programs ask about the machine, and the end of it: `system_info`, `statistics`, nodes,
//! `halt`.

use super::{memory, topology};
use vm::crash_dump::Report;
use vm::dist::node::Controller;
use vm::native::{Native, Outcome, Raise};
use vm::sched::accounts::NAMES;
use vm::settings::{BreakKey, TimeWarp, WarningMap};
use vm::term::layout::Kind;
use vm::term::{Atom, Term, View, atoms, map};

vm::natives! {
    /// The machine.
    pub static NATIVES: "erlang" {
        "system_info"/1 = system_info,
        "statistics"/1 = statistics,
        "halt"/2 = halt,
    }
}

vm::natives! {
    /// What `erlang` uses of `erts_internal` for it.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "erase_persistent_terms"/0 = erase_persistent_terms,
        "term_type"/1 = term_type,
    }
}

vm::natives! {
    /// What the command line said of the error logger.
    pub static LOGGER_NATIVES: "error_logger" {
        "warning_map"/0 = warning_map,
    }
}

fn warning_map<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    cx.atom(match cx.vm().settings.warnings {
        WarningMap::Error => "error",
        WarningMap::Info => "info",
        WarningMap::Warning => "warning",
    })
}

pub(super) fn pair<'p>(cx: &mut Native<'p>, name: &str, value: Term<'p>) -> Outcome<'p> {
    let name = cx.atom(name)?;
    Ok(cx.tuple(&[name, value]))
}

fn system_info<'p>(cx: &mut Native<'p>, [item]: [Term<'p>; 1]) -> Outcome<'p> {
    match item.as_atom() {
        Some(name) => match number(cx, name.name()) {
            Some(n) => Ok(cx.uint(n)),
            None => named_info(cx, name.name()),
        },
        None => tuple_info(cx, item),
    }
}

/// Items that are a number.
fn number(cx: &Native<'_>, item: &str) -> Option<u64> {
    let vm = cx.vm();
    let n = match item {
        "schedulers" => vm.workers.len(),
        "schedulers_online" => vm.workers_online(),
        "dirty_cpu_schedulers" => vm.settings.dirty_cpu_schedulers,
        "dirty_cpu_schedulers_online" => vm.dirty.cpu_online(),
        "dirty_io_schedulers" => vm.settings.dirty_io_schedulers,
        "logical_processors" => vm.processors().configured(),
        "logical_processors_online" => vm.processors().online(),
        "logical_processors_available" => vm.processors().available(),
        "process_count" => vm.processes.count(),
        "process_limit" => vm.processes.limit(),
        "atom_count" => vm.atoms.count(),
        "atom_limit" => vm.atoms.limit(),
        "port_count" => vm.ports.count(),
        "ets_count" => vm.ets.all().len(),
        "schedulers_total" => {
            vm.workers.len() + vm.settings.dirty_cpu_schedulers + vm.settings.dirty_io_schedulers
        }
        "context_reductions" => vm::sched::world::SLICE as usize,
        "port_limit" => vm.settings.port_limit,
        "ets_limit" => vm.settings.ets_limit,
        "wordsize" => 8,
        "creation" => vm.nodes.this().1 as usize,
        "thread_pool_size" => vm.settings.async_threads,
        "dist_buf_busy_limit" => vm.settings.dist_buf_busy_limit << 10,
        "delayed_node_table_gc" => vm.settings.delayed_node_table_gc? as usize,
        "outstanding_system_requests_limit" => vm.flags.outstanding_system_requests.get(),
        "compat_rel" => vm.settings.compat_release.unwrap_or(vm.release) as usize,
        "trace_control_word" => {
            u64::from(vm.tracing.control_word.load(vm::sync::Ordering::Relaxed)) as usize
        }
        "start_time" => 0,
        "end_time" => i64::MAX as usize,
        _ => return None,
    };
    Some(n as u64)
}

fn named_info<'p>(cx: &mut Native<'p>, item: &str) -> Outcome<'p> {
    if let Some(value) = super::machine_info::info(cx, item) {
        return value;
    }
    let release = cx.vm().release;
    match item {
        "machine" => Ok(cx.string("BEAM")),
        "otp_release" => Ok(cx.string(&release.to_string())),
        "version" => {
            let version = cx.vm().erts_version();
            Ok(cx.string(version))
        }
        "system_version" => {
            let text = cx.vm().system_version();
            Ok(cx.string(&text))
        }
        "system_architecture" => Ok(cx.string(&format!("{}-pc-linux-gnu", std::env::consts::ARCH))),
        "driver_version" => Ok(cx.string("3.3")),
        "nif_version" => Ok(cx.string("2.16")),
        "heap_type" => cx.atom("private"),
        "emu_type" | "build_type" => cx.atom("opt"),
        "emu_flavor" => cx.atom(if cx.vm().jit.is_on() { "jit" } else { "emu" }),
        "smp_support" | "threads" | "kernel_poll" | "eager_check_io" => Ok(Term::bool(true)),
        "debug_compiled" | "ets_always_compress" => Ok(Term::bool(false)),
        "time_correction" => Ok(Term::bool(cx.vm().settings.time_correction)),
        "port_parallelism" => Ok(Term::bool(cx.vm().settings.port_parallelism)),
        "break_ignored" => Ok(Term::bool(cx.vm().settings.break_key == BreakKey::Ignored)),
        "time_warp_mode" => cx.atom(match cx.vm().settings.time_warp {
            TimeWarp::No => "no_time_warp",
            TimeWarp::Single => "single_time_warp",
            TimeWarp::Multi => "multi_time_warp",
        }),
        // Only that it is without an end is no number.
        "delayed_node_table_gc" => cx.atom("infinity"),
        "modified_timing_level" => Ok(match cx.vm().settings.modified_timing_level {
            Some(n) => Term::small(i64::from(n)),
            None => Term::atom(atoms::UNDEFINED),
        }),
        "tolerant_timeofday" => cx.atom("enabled"),
        "dist_ctrl" => controllers(cx),
        "alloc_util_allocators" => Ok(Term::nil()),
        "cpu_quota" => cx.atom("unknown"),
        "dynamic_trace" => Ok(Term::atom(atoms::NONE)),
        "message_queue_data" => Ok(Term::atom(match cx.vm().settings.off_heap_messages {
            true => atoms::OFF_HEAP,
            false => atoms::ON_HEAP,
        })),
        "scheduler_id" => Ok(Term::small(cx.scheduler_id() as i64)),
        "sequential_tracer" => {
            let tracer = cx.tracer_term(cx.vm().tracing.sequential_tracer(cx.vm()));
            pair(cx, "sequential_tracer", tracer)
        }
        "os_type" => {
            let (family, name) = (cx.atom("unix")?, cx.atom("linux")?);
            Ok(cx.tuple(&[family, name]))
        }
        "os_version" => Ok(os_version(cx)),
        "fullsweep_after" => {
            let n = cx.vm().flags.fullsweep_after.get() as i64;
            pair(cx, item, Term::small(n))
        }
        "min_heap_size" => {
            let words = cx.vm().flags.min_heap_size.get();
            let words = vm::process::spawn::told_min_heap_size(words) as i64;
            pair(cx, item, Term::small(words))
        }
        "min_bin_vheap_size" => {
            let set = cx.vm().flags.min_bin_vheap_size.get();
            let words = if set == 0 { vm::process::flags::MIN_BIN_VHEAP_SIZE } else { set };
            pair(cx, item, Term::small(words as i64))
        }
        "max_heap_size" => {
            let max = cx.vm().flags.max_heap_size();
            Ok(cx.max_heap_size_term(max))
        }
        "system_logger" => Ok(super::system_flag::logger_term(*cx.vm().flags.logger.lock())),
        "loaded" => {
            let mut names = cx.vm().code.loaded();
            names.sort_by(|a, b| a.order(*b));
            let names: Vec<_> = names.iter().map(|a| a.name()).collect();
            Ok(cx.binary(names.join("\n").as_bytes()))
        }
        "allocated_areas" => memory::areas(cx),
        "info" => cx.report(Report::Info),
        "procs" => cx.report(Report::Processes),
        "dist" => {
            let text = vm::crash_dump::distribution(cx.vm());
            Ok(cx.binary(text.as_bytes()))
        }
        "snifs" => natives(cx),
        _ => Err(Raise::badarg()),
    }
}

/// `[{Node, PortOrPid}]`
fn controllers<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let mut pairs = Vec::new();
    for (node, controller) in cx.vm().nodes.controllers() {
        let controller = match controller {
            Controller::Port(id) => Term::port(id).ok_or_else(Raise::badarg)?,
            Controller::Process(pid) => Term::pid(pid),
        };
        pairs.push(cx.tuple(&[Term::atom(node), controller]));
    }
    Ok(cx.list(&pairs))
}

fn os_version<'p>(cx: &mut Native<'p>) -> Term<'p> {
    let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok());
    let parts = [(); 3].map(|()| Term::small(numbers.next().unwrap_or(0)));
    cx.tuple(&parts)
}

/// The natives that are functions of the emulator. In stock those of some modules come from
/// libraries, and a few functions are instructions or Erlang code.
fn natives<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let mut list = Term::nil();
    for def in crate::tables().iter().copied().flatten() {
        let other = def.module == "erlang"
            && matches!(
                (def.name, def.arity),
                ("apply", 2 | 3) | ("max" | "min", 2) | ("yield", 0)
            );
        if other || def.module.starts_with("girder_") || crate::is_of_library(def.module, def.name)
        {
            continue;
        }
        let (m, f) = (cx.atom(def.module)?, cx.atom(def.name)?);
        let mfa = cx.tuple(&[m, f, Term::small(i64::from(def.arity))]);
        list = cx.cons(mfa, list);
    }
    Ok(list)
}

fn tuple_info<'p>(cx: &mut Native<'p>, item: Term<'p>) -> Outcome<'p> {
    let parts = item.as_tuple().ok_or_else(Raise::badarg)?;
    match (parts.first().and_then(|t| t.as_atom()).map(Atom::name), parts.len()) {
        (Some("wordsize"), 2) => match parts[1].as_atom().map(Atom::name) {
            Some("internal" | "external") => Ok(Term::small(8)),
            _ => Err(Raise::badarg()),
        },
        (Some("cpu_topology"), 2) => topology::told(cx, parts[1]),
        (Some("internal_cpu_topology"), 2) => topology::internal(cx, parts[1]),
        (Some("allocator" | "allocator_sizes"), 2) => memory::no_allocator(cx, parts[1]),
        (Some(of @ ("memory_internal" | "allocator" | "allocator_sizes")), 3) => {
            memory::send_allocators(cx, of, parts[1], parts[2])
        }
        _ => Err(Raise::badarg()),
    }
}

fn statistics<'p>(cx: &mut Native<'p>, [item]: [Term<'p>; 1]) -> Outcome<'p> {
    let vm = cx.vm();
    let name = item.as_atom().ok_or_else(Raise::badarg)?.name();
    let two = |cx: &mut Native<'p>, (total, since): (u64, u64)| {
        let parts = [cx.uint(total), cx.uint(since)];
        cx.tuple(&parts)
    };
    match name {
        "wall_clock" => {
            let t = vm.statistics.wall_clock.read(vm.world.now() / 1_000_000);
            Ok(two(cx, t))
        }
        "runtime" => {
            let t = vm.statistics.runtime.read(vm.world.cpu_time() / 1_000_000);
            Ok(two(cx, t))
        }
        "reductions" | "exact_reductions" => {
            let own = if name == "reductions" {
                &vm.statistics.reductions
            } else {
                &vm.statistics.exact_reductions
            };
            let t = own.read(vm.total_reductions());
            Ok(two(cx, t))
        }
        "io" => {
            let (input, output) = vm.ports.bytes();
            let input = [cx.atom("input")?, cx.uint(input)];
            let output = [cx.atom("output")?, cx.uint(output)];
            let both = [cx.tuple(&input), cx.tuple(&output)];
            Ok(cx.tuple(&both))
        }
        "garbage_collection" => {
            let parts = [cx.uint(vm.total_collections()), cx.uint(vm.total_reclaimed())];
            Ok(cx.tuple(&[parts[0], parts[1], Term::small(0)]))
        }
        "context_switches" => {
            let n = cx.uint(vm.total_switches());
            Ok(cx.tuple(&[n, Term::small(0)]))
        }
        "scheduler_wall_time" | "scheduler_wall_time_all" => {
            let Some(times) = vm.wall_times(name.ends_with("_all")) else {
                return Ok(Term::atom(atoms::UNDEFINED));
            };
            let rows = (1..).zip(times).map(|(id, (busy, all))| {
                let parts = [Term::small(id), cx.uint(busy), cx.uint(all)];
                cx.tuple(&parts)
            });
            let rows: Vec<_> = rows.collect();
            Ok(cx.list(&rows))
        }
        "microstate_accounting" => accounts(cx),
        _ => loads(cx, name),
    }
}

/// A map for each thread: what it is and how long it was in each state.
fn accounts<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let [counters, id, kind] = [cx.atom("counters")?, cx.atom("id")?, cx.atom("type")?];
    let mut all = Vec::new();
    for told in cx.vm().told_accounts() {
        let mut pairs = Vec::new();
        for (name, time) in NAMES.into_iter().zip(told.times) {
            pairs.push((cx.atom(name)?, cx.uint(time)));
        }
        let times = map::from_pairs(cx, &mut pairs);
        let (number, name) = (Term::small(told.id as i64), cx.atom(told.kind)?);
        all.push(map::from_pairs(cx, &mut [(counters, times), (id, number), (kind, name)]));
    }
    Ok(cx.list(&all))
}

/// How many processes wait in the queues of the workers, and how many are active: wait or run. The
/// dirty CPU workers have one queue, which counts, and so do the dirty I/O workers, whose queue
/// counts where all are asked for.
fn loads<'p>(cx: &mut Native<'p>, name: &str) -> Outcome<'p> {
    let mut loads = cx.vm().loads();
    let normal = cx.vm().workers.len();
    let short = name.strip_suffix("_all");
    if short.is_none() {
        loads.truncate(normal + 1);
    }
    let short = short.unwrap_or(name);
    let (total, kind) = match short.strip_prefix("total_") {
        Some(kind) => (true, kind),
        None => (false, short),
    };
    let of = |(waiting, running): (usize, usize)| match kind {
        "active_tasks" => Some(waiting + running),
        "run_queue_lengths" => Some(waiting),
        _ => None,
    };
    if name == "run_queue" {
        return Ok(cx.uint(loads.iter().map(|l| l.0 as u64).sum()));
    }
    let numbers: Option<Vec<usize>> = loads.into_iter().map(of).collect();
    let numbers = numbers.ok_or_else(Raise::badarg)?;
    if total {
        return Ok(cx.uint(numbers.iter().sum::<usize>() as u64));
    }
    let numbers: Vec<_> = numbers.into_iter().map(|n| Term::small(n as i64)).collect();
    Ok(cx.list(&numbers))
}

/// Stops the machine; the caller goes no further.
fn halt<'p>(cx: &mut Native<'p>, [status, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut flush = true;
    for o in options.list_to_vec().ok_or_else(Raise::badarg)? {
        let [name, value] = o.as_tuple_of::<2>().ok_or_else(Raise::badarg)?;
        if name.as_atom().is_none_or(|n| n.name() != "flush") {
            return Err(Raise::badarg());
        }
        flush = value.as_bool().ok_or_else(Raise::badarg)?;
    }
    let code = match status.view() {
        View::Small(n) if n >= 0 => (n & 0xFF) as i32,
        // As a shell shows a program that was aborted.
        View::Atom(a) if a.name() == "abort" => 134,
        View::Nil => 1,
        View::Cons(..) => {
            let chars = status.list_to_vec().ok_or_else(Raise::badarg)?;
            let text: Option<String> =
                chars.iter().map(|c| char::from_u32(u32::try_from(c.as_u64()?).ok()?)).collect();
            cx.vm().crash(&text.ok_or_else(Raise::badarg)?);
            1
        }
        _ => return Err(Raise::badarg()),
    };
    // As in stock: only an exit status waits for what ports have still to write.
    if flush && matches!(status.view(), View::Small(_)) {
        let now = cx.vm().world.now();
        let now = cx.uint(now);
        cx.yield_slice();
        return Err(Raise::trap_native(&FLUSH[0], vec![Term::small(i64::from(code)), now]));
    }
    cx.vm().stop(code);
    cx.yield_slice();
    Ok(Term::bool(true))
}

vm::natives! {
    /// The second half of `halt`.
    pub static FLUSH: "erlang" {
        "halt"/2 = flush,
    }
}

fn flush<'p>(cx: &mut Native<'p>, [code, asked]: [Term<'p>; 2]) -> Outcome<'p> {
    let status = code.as_small().unwrap_or(1) as i32;
    if cx.halt_when_written(status, asked.as_u64().unwrap_or(0)) {
        return Ok(Term::bool(true));
    }
    Err(Raise::trap_native(&FLUSH[0], vec![code, asked]))
}

/// When the machine boots again, its persistent terms are gone.
fn erase_persistent_terms<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let vm = cx.vm();
    let erased = vm.persistent.clear(vm);
    cx.give_up(erased);
    Ok(Term::atom(atoms::OK))
}

/// How a term is stored, as far as programs may know.
fn term_type<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.atom(match t.view() {
        View::Nil => "nil",
        View::Cons(..) => "list",
        View::Tuple(_) => "tuple",
        View::Atom(_) => "atom",
        View::Small(_) => "fixnum",
        View::Pid(_) => "pid",
        View::Port(_) => "port",
        View::Ref(_) => "reference",
        View::Fun(_) => "fun",
        View::ExportFun(_) => "export",
        View::Big(_) => "bignum",
        View::Float(_) => "hfloat",
        View::Map(m) if m.flat().is_some() => "flatmap",
        View::Map(_) => "hashmap",
        // What is no view, or one of a whole binary outside the heap.
        View::Bits(b) if b.is_binary() && t.kind() == Some(Kind::HeapBits) => "heap_binary",
        View::Bits(b) if b.is_binary() && t.off_heap_info().is_some_and(|i| i.whole) => {
            "refc_binary"
        }
        View::Bits(_) => "sub_binary",
        View::External(e) => match e.kind {
            Kind::ExtPid => "external_pid",
            Kind::ExtPort => "external_port",
            _ => "external_reference",
        },
    })
}
