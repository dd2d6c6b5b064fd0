//! `erlang:system_flag/2`: what programs change of the whole machine.

use super::{machine_info, topology};
use vm::native::{Native, Outcome, Raise, arg};
use vm::process::spawn::told_min_heap_size;
use vm::process::spawn_options::max_heap_size;
use vm::sched::active::Block;
use vm::system_flags::{MAX_BACKTRACE_DEPTH, Number, SystemLogger};
use vm::term::{Atom, Term, View, atoms};

vm::natives! {
    /// Flags of the machine.
    pub static NATIVES: "erlang" {
        "system_flag"/2 = system_flag,
    }
}

fn system_flag<'p>(cx: &mut Native<'p>, [flag, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let flags = &cx.vm().flags;
    match flag.as_atom().map(Atom::name) {
        Some("backtrace_depth") => {
            let depth: usize = arg(value)?;
            replace(&flags.backtrace_depth, depth.min(MAX_BACKTRACE_DEPTH))
        }
        Some("fullsweep_after") => {
            let n: usize = arg(value)?;
            replace(&flags.fullsweep_after, n.min(usize::from(u16::MAX)))
        }
        Some("min_heap_size") => {
            let words: usize = arg(value)?;
            let old = flags.min_heap_size.set(vm::process::spawn::heap_size(words));
            Ok(Term::small(told_min_heap_size(old) as i64))
        }
        Some("min_bin_vheap_size") => {
            let words: usize = arg(value)?;
            let old = flags.min_bin_vheap_size.set(vm::process::spawn::told_heap_size(words));
            let default = vm::process::flags::MIN_BIN_VHEAP_SIZE;
            Ok(Term::small(if old == 0 { default } else { old } as i64))
        }
        Some("max_heap_size") => {
            let new = max_heap_size(cx.vm(), value).ok_or_else(Raise::badarg)?;
            if new.size != 0 && new.size < told_min_heap_size(flags.min_heap_size.get()) {
                return Err(Raise::badarg());
            }
            let old = flags.set_max_heap_size(new);
            Ok(cx.max_heap_size_term(old))
        }
        Some("schedulers_online") => schedulers_online(cx, value),
        Some("dirty_cpu_schedulers_online") => {
            let vm = cx.vm();
            let n = up_to(value, vm.settings.dirty_cpu_schedulers.min(vm.workers_online()))?;
            Ok(Term::small(vm.dirty.set_cpu_online(n) as i64))
        }
        Some("outstanding_system_requests_limit") => {
            replace(&flags.outstanding_system_requests, up_to(value, 134_217_727)?)
        }
        Some("system_logger") => system_logger(cx, value),
        Some("time_offset") if value.as_atom().is_some_and(|v| v.name() == "finalize") => {
            let before = cx.finalize_time_offset();
            cx.atom(before)
        }
        Some("sequential_tracer") => sequential_tracer(cx, value),
        Some("reset_seq_trace") if value.as_bool() == Some(true) => {
            vm::trace::tracees::reset_tokens(cx.vm());
            Ok(Term::bool(true))
        }
        Some("trace_control_word") => {
            let new = value.as_u64().and_then(|n| u32::try_from(n).ok());
            let new = new.ok_or_else(Raise::badarg)?;
            let old = cx.vm().tracing.control_word.swap(new, vm::sync::Ordering::Relaxed);
            Ok(cx.uint(u64::from(old)))
        }
        Some("multi_scheduling") => multi_scheduling(cx, value),
        Some("scheduler_wall_time") => {
            value.as_bool().ok_or_else(Raise::badarg)?;
            let atom = |s| cx.vm().atoms.intern(s).map_err(|_| Raise::system_limit());
            let function = atom("system_flag_scheduler_wall_time")?;
            Err(Raise::trap(atom("erts_internal")?, function, vec![value]))
        }
        Some("microstate_accounting") => match value.as_bool() {
            Some(on) => Ok(Term::bool(cx.vm().set_accounts(on))),
            None if value.as_atom().is_some_and(|a| a.name() == "reset") => {
                Ok(Term::bool(cx.vm().reset_accounts()))
            }
            None => Err(Raise::badarg()),
        },
        Some("cpu_topology") => topology::set(cx, value),
        Some("internal_cpu_topology") => topology::set_internal(cx, value),
        Some("scheduler_bind_type") => topology::bind(cx, value),
        _ => {
            let cause = cx.atom("badopt")?;
            Err(Raise::error_with_cause(atoms::BADARG, cause))
        }
    }
}

fn replace<'p>(number: &Number, new: usize) -> Outcome<'p> {
    Ok(Term::small(number.set(new) as i64))
}

fn up_to<'p>(value: Term<'p>, most: usize) -> Result<usize, Raise<'p>> {
    let n: usize = arg(value)?;
    if n == 0 || n > most { Err(Raise::badarg()) } else { Ok(n) }
}

vm::natives! {
    /// The second half of flags that say how many workers run processes: waits until it is so.
    pub static NARROWED: "erlang" {
        "system_flag"/1 = narrowed,
    }
}

fn narrowed<'p>(cx: &mut Native<'p>, [answer]: [Term<'p>; 1]) -> Outcome<'p> {
    if cx.vm().has_narrowed() {
        return Ok(answer);
    }
    cx.yield_slice();
    Err(Raise::trap_native(&NARROWED[0], vec![answer]))
}

fn schedulers_online<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    let n = up_to(value, cx.vm().workers.len())?;
    let old = cx.vm().set_workers_online(n);
    narrowed(cx, [Term::small(old as i64)])
}

fn multi_scheduling<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    let (vm, me) = (cx.vm(), cx.self_pid());
    match value.as_atom().map(Atom::name) {
        Some("block") => vm.block_workers(me, Block::All),
        Some("block_normal") => vm.block_workers(me, Block::Normal),
        Some("unblock") => vm.unblock_workers(me, Block::All),
        Some("unblock_normal") => vm.unblock_workers(me, Block::Normal),
        _ => return Err(Raise::badarg()),
    }
    let answer = machine_info::multi_scheduling(cx)?;
    narrowed(cx, [answer])
}

fn system_logger<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    let new = match value.view() {
        View::Atom(a) if a == atoms::LOGGER => SystemLogger::Logger,
        View::Atom(a) if a == atoms::UNDEFINED => SystemLogger::Undefined,
        View::Pid(pid) if cx.is_there(pid) => SystemLogger::Process(pid),
        _ => return Err(Raise::badarg()),
    };
    let old = std::mem::replace(&mut *cx.vm().flags.logger.lock(), new);
    Ok(logger_term(old))
}

/// How programs see where the machine's messages go.
pub fn logger_term<'p>(logger: SystemLogger) -> Term<'p> {
    match logger {
        SystemLogger::Logger => Term::atom(atoms::LOGGER),
        SystemLogger::Process(pid) => Term::pid(pid),
        SystemLogger::Undefined => Term::atom(atoms::UNDEFINED),
    }
}

/// Who is told of sequential tracing: a process, a port, or `{erl_tracer, ProcessOrPort}`.
fn sequential_tracer<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    let vm = cx.vm();
    let tracer = match value.as_bool() {
        Some(false) => None,
        _ => Some(vm::trace::actions::any_tracer(vm, value).ok_or_else(Raise::badarg)?),
    };
    let old = vm.tracing.set_sequential_tracer(vm, tracer);
    Ok(cx.tracer_term(old))
}
