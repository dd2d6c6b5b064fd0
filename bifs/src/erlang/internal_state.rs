//! `erts_debug:get_internal_state/1` and `set_internal_state/2`: what OTP's own test suites ask of the
//! machine and have it do. Only what means something here; the rest is `badarg`.

use super::time::UNIQUE_FROM;
use std::sync::Arc;
use std::time::Duration;
use vm::dist::node::Controller;
use vm::ets::{Access, TableKind, table};
use vm::native::{Native, Outcome, Raise, arg};
use vm::process::info;
use vm::process::signal::Request;
use vm::system_flags::LOOP_LIMITS;
use vm::term::print::node_number;
use vm::term::{Atom, Term, atoms, hash, map};

vm::natives! {
    /// What the test suites ask of the machine.
    pub static NATIVES: "erts_debug" {
        "get_internal_state"/1 = get,
        "set_internal_state"/2 = set,
    }
}

fn name(t: Term<'_>) -> Option<&str> {
    t.as_atom().map(Atom::name)
}

fn check<'p>(cx: &Native<'p>) -> Result<(), Raise<'p>> {
    match cx.vm().flags.internal_state.get() {
        0 => Err(Raise::error_atom(atoms::UNDEF)),
        _ => Ok(()),
    }
}

fn get<'p>(cx: &mut Native<'p>, [what]: [Term<'p>; 1]) -> Outcome<'p> {
    check(cx)?;
    match name(what) {
        Some("available_internal_state") => Ok(Term::bool(true)),
        Some("force_heap_frags") => Ok(Term::bool(false)),
        Some("reds_left") => Ok(Term::small(cx.reductions_left() as i64)),
        Some("persistent_term") => {
            let table = cx.atom("table")?;
            let slots = cx.vm().persistent.slots() as i64;
            Ok(map::from_pairs(cx, &mut [(table, Term::small(slots))]))
        }
        Some("process_info_args") => {
            let items = info::items();
            Ok(cx.list_of(items.len(), items.map(Term::atom), Term::nil()))
        }
        Some("processes") => Ok(super::process::all_processes(cx)),
        // All of them in one go: the table is one chunk, in which nothing is put off.
        Some("processes_bif_info") => {
            let limit = cx.vm().processes.limit() as i64;
            let numbers = [1, 1, limit, limit, 1, 1, 1, limit, 0].map(Term::small);
            let mut parts = vec![cx.atom("ptab_list_bif_info")?];
            parts.extend(numbers);
            Ok(cx.tuple(&parts))
        }
        Some("next_pid") => Ok(number(cx.vm().processes.next())),
        Some("next_port") => Ok(number(cx.vm().ports.next_number())),
        Some("memory") => super::memory::uses(cx),
        // All unique integers are monotonic ones.
        Some("min_unique_monotonic_integer" | "min_unique_integer") => Ok(cx.int(UNIQUE_FROM)),
        Some("unique_monotonic_integer_state") => {
            let last = cx.vm().world.last_unique_integer();
            Ok(cx.uint(last))
        }
        Some("nbalance") => {
            let balances = cx.vm().total_balances();
            Ok(cx.uint(balances))
        }
        // Locks have no order that could be told, and no memory is counted in a way of its own.
        Some("lc_graph" | "flxctr_memory_usage") => cx.atom("notsup"),
        Some("node_and_dist_references") => cx.node_references(),
        Some("monitoring_nodes") => monitoring_nodes(cx),
        // Threads that hang are not in crash dumps.
        Some("scheduler_dump") => Ok(Term::bool(false)),
        Some(_) => Err(Raise::badarg()),
        None => match what.as_tuple() {
            Some([item, of]) => get_of(cx, name(*item), *of),
            Some([item, correction, warp]) if name(*item) == Some("check_time_config") => {
                arg::<bool>(*correction)?;
                match name(*warp) {
                    // All are possible where the system has a clock that only goes forward.
                    Some("no_time_warp" | "single_time_warp" | "multi_time_warp") => {
                        Ok(Term::bool(true))
                    }
                    _ => Err(Raise::badarg()),
                }
            }
            _ => Err(Raise::badarg()),
        },
    }
}

fn get_of<'p>(cx: &mut Native<'p>, item: Option<&str>, of: Term<'p>) -> Outcome<'p> {
    match item {
        Some("internal_hash") => {
            cx.work_on(of)?;
            // The bits by which large maps are laid out first; stock's hash has no more.
            Ok(cx.uint(hash::internal(of) >> 32))
        }
        Some("binary_info") => binary_info(cx, of),
        // The atom of that number; others are made until there are so many.
        Some("atom") => {
            let i = arg::<usize>(of)?;
            while cx.vm().atoms.count() <= i {
                let name = format!("am{:x}", cx.vm().atoms.count());
                cx.atom(&name)?;
            }
            Ok(Term::atom(cx.vm().atoms.all()[i]))
        }
        Some("fake_scheduler_bindings") => super::topology::fake_bindings(cx, of),
        Some("process_status") => {
            let pid = of.as_pid().ok_or_else(Raise::badarg)?;
            match () {
                () if cx.is_idle(pid) => cx.atom("waiting"),
                () if cx.is_there(pid) => cx.atom("runnable"),
                () => Ok(Term::atom(atoms::UNDEFINED)),
            }
        }
        Some(list @ ("link_list" | "monitor_list")) => links(cx, list, of),
        // Where its object lies, how many references there are, and whether it is a test's own.
        Some("magic_ref") => {
            let Some(r) = of.as_ref() else { return Ok(Term::bool(false)) };
            let Some((address, references)) = r.magic_address() else {
                return Ok(Term::bool(cx.vm().magic_refs.knows(r.number)));
            };
            let own = Term::bool(of.magic_object::<TestObject>().is_some());
            let parts = [cx.uint(address as u64), cx.uint(references as u64), own];
            Ok(cx.tuple(&parts))
        }
        Some("dist_ctrl") => {
            let node: Atom = arg(of)?;
            let all = cx.vm().nodes.controllers();
            Ok(match all.iter().find(|c| c.0 == node).map(|c| c.1) {
                Some(Controller::Port(id)) => Term::port(id).ok_or_else(Raise::badarg)?,
                Some(Controller::Process(pid)) => Term::pid(pid),
                None => Term::atom(atoms::UNDEFINED),
            })
        }
        Some("channel_number") => {
            let node: Atom = arg(of)?;
            let known = node == cx.vm().nodes.name() || cx.vm().nodes.find(node).is_some();
            Ok(match known {
                true => Term::small(node_number(node).into()),
                false => Term::atom(atoms::UNDEFINED),
            })
        }
        Some("connection_id") => {
            let node: Atom = arg(of)?;
            let known = cx.vm().nodes.list();
            let number = known.iter().find(|n| n.name == node).and_then(|n| n.connection);
            number.map(|n| Term::small(n.into())).ok_or_else(Raise::badarg)
        }
        _ => Err(Raise::badarg()),
    }
}

/// What a magic reference refers to that a test has made.
struct TestObject;

/// The bits in which stock numbers processes and ports.
const NUMBER_BITS: u32 = 28;

/// A number of a process or port as stock would have it.
fn number<'p>(n: u64) -> Term<'p> {
    Term::small((n & ((1 << NUMBER_BITS) - 1)).cast_signed())
}

/// The links or monitors of a process, of a node's connection or this node (which has none of its own).
fn links<'p>(cx: &mut Native<'p>, list: &str, of: Term<'p>) -> Outcome<'p> {
    if let Some(node) = of.as_atom() {
        let vm = cx.vm();
        return Ok(match vm.nodes.find(node) {
            _ if node == vm.nodes.name() => Term::nil(),
            Some(node) if list == "link_list" => node.link_list(vm, cx),
            Some(node) => node.monitor_list(vm, cx),
            None => Term::atom(atoms::UNDEFINED),
        });
    }
    let pid = of.as_pid().ok_or_else(Raise::badarg)?;
    let mut what = cx.atom(list)?;
    if list == "monitor_list" {
        let names = cx.names_of_monitors(pid)?;
        what = cx.tuple(&[what, names]);
    }
    if pid == cx.self_pid() {
        cx.handle_signals();
        return Ok(cx.own_info(what));
    }
    match cx.ask(pid, Request::Info, what) {
        Some(wait) => Err(wait),
        None => Ok(Term::atom(atoms::UNDEFINED)),
    }
}

/// `heap_binary`, or `{refc_binary, Bytes, {binary, Room}, Flags}` of what a binary is a part of.
fn binary_info<'p>(cx: &mut Native<'p>, of: Term<'p>) -> Outcome<'p> {
    of.as_bits().ok_or_else(Raise::badarg)?;
    let Some(off_heap) = of.off_heap_info() else { return cx.atom("heap_binary") };
    let (refc, binary) = (cx.atom("refc_binary")?, cx.atom("binary")?);
    let [used, room] = [off_heap.used, off_heap.capacity].map(|n| cx.uint(n as u64));
    let room = cx.tuple(&[binary, room]);
    Ok(cx.tuple(&[refc, used, room, Term::small(0)]))
}

fn set<'p>(cx: &mut Native<'p>, [what, value]: [Term<'p>; 2]) -> Outcome<'p> {
    if name(what) == Some("available_internal_state")
        && let Some(on) = value.as_bool()
    {
        return Ok(Term::bool(cx.vm().flags.internal_state.set(usize::from(on)) != 0));
    }
    check(cx)?;
    match name(what) {
        Some("reds_left") => {
            // A slice can be made shorter, not longer.
            let left = usize::try_from(arg::<i64>(value)?).unwrap_or(0);
            let used = cx.reductions_left().saturating_sub(left);
            cx.bump_reductions(used);
            Ok(Term::bool(true))
        }
        Some("binary_loop_limit") => limit(cx, 0, value),
        Some("re_loop_limit") => limit(cx, 1, value),
        Some("unicode_loop_limit") => limit(cx, 2, value),
        // All that is put off are the objects of tables whose owners have exited.
        Some("wait") => match name(value) {
            Some("deallocations") if cx.vm().ets.are_freeing() => {
                cx.yield_slice();
                let set = [cx.atom("erts_debug")?, cx.atom("set_internal_state")?];
                let [module, function] = set.map(|t| t.as_atom().expect("an atom"));
                Err(Raise::trap(module, function, vec![what, value]))
            }
            Some("deallocations" | "timer_cancellations" | "aux_work" | "thread_progress") => {
                cx.yield_slice();
                Ok(Term::atom(atoms::OK))
            }
            _ => Err(Raise::badarg()),
        },
        Some("unique_monotonic_integer_state") => {
            let last = value.as_u64().or_else(|| value.as_i64().map(i64::cast_unsigned));
            cx.vm().world.set_last_unique_integer(last.ok_or_else(Raise::badarg)?);
            Ok(Term::bool(true))
        }
        Some("next_pid") => {
            cx.vm().processes.go_on_with(arg::<u64>(value)?, NUMBER_BITS);
            Ok(number(cx.vm().processes.next()))
        }
        Some("next_port") => {
            cx.vm().ports.skip_to(arg::<u64>(value)?, NUMBER_BITS);
            Ok(number(cx.vm().ports.next_number()))
        }
        Some("make") if name(value) == Some("magic_ref") => {
            let made = cx.make_magic_ref(Arc::new(TestObject));
            let (address, _) = made.as_ref().and_then(|r| r.magic_address()).expect("it is magic");
            let address = cx.uint(address as u64);
            Ok(cx.tuple(&[made, address]))
        }
        Some("mbuf") => {
            let copy = cx.parcel(value);
            Ok(cx.unpack(&copy))
        }
        Some("force_gc") => match value.as_pid() {
            Some(pid) if cx.is_system(pid).is_some() => {
                cx.request_collection(true);
                Ok(Term::bool(true))
            }
            _ => Ok(Term::bool(false)),
        },
        Some("block") => {
            let time = arg::<i64>(value)?;
            cx.hold_machine(Duration::from_millis(time.max(0).cast_unsigned()))?;
            Ok(Term::bool(true))
        }
        // How long entries of nodes stay that nothing needs, in milliseconds; less than 0: as is set.
        Some("node_tab_delayed_delete") => {
            let millis = arg::<i64>(value)?;
            match millis {
                ..0 => cx.vm().nodes.set_linger_by(&cx.vm().settings),
                _ => cx.vm().nodes.set_linger(millis),
            }
            Ok(Term::atom(atoms::OK))
        }
        // Holds up the worker, which is what it is for.
        Some("sleep" | "block_scheduler") => {
            let time = arg::<i64>(value)?;
            std::thread::sleep(Duration::from_millis(time.max(0).cast_unsigned()));
            Ok(Term::bool(true))
        }
        // No heap is ever left in a state that a collection could not deal with: what comes back is a
        // whole term.
        Some("inconsistent_heap") => match name(value) {
            Some("start") => Ok(cx.tuple(&[what, Term::small(1)])),
            _ if value.as_tuple_of::<2>().is_some() => Ok(Term::atom(atoms::OK)),
            _ => Err(Raise::badarg()),
        },
        Some("test_long_gc_sleep") => {
            let millis = arg::<usize>(value)?;
            cx.vm().flags.test_long_gc_sleep.set(millis);
            Ok(Term::bool(true))
        }
        Some("fill_heap") => {
            cx.fill_heap(value.as_bool() == Some(true));
            Ok(Term::atom(atoms::OK))
        }
        // What numbers of a process's own are taken from: those of receive markers.
        Some("process_uniq_counter") => {
            let n = arg::<i64>(value)?;
            cx.set_marker_counter(n as u32);
            Ok(Term::atom(atoms::OK))
        }
        // Whether signals of many senders may come at a time: here they always may, in stock where
        // messages are kept off the heap.
        Some("proc_sig_buffers") if value.as_bool() == Some(true) => {
            Ok(Term::bool(cx.has_off_heap_messages()))
        }
        Some("proc_sig_block") => {
            let [of, time] = value.as_tuple_of::<2>().ok_or_else(Raise::badarg)?;
            let of = of.as_pid().ok_or_else(Raise::badarg)?;
            arg::<i64>(time)?;
            Ok(Term::bool(cx.request(of, Request::Block, 0, time)))
        }
        Some("ets_force_trap") => cx.atom("notsup"),
        Some("ets_force_split" | "ets_debug_random_split_join") => split(cx, value),
        _ => Err(Raise::badarg()),
    }
}

/// `{Pid, Options}` for each time that a process hears of nodes by `net_kernel:monitor_nodes`.
fn monitoring_nodes<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let mut all = Vec::new();
    for (pid, wish, count) in cx.vm().nodes.watchers() {
        let mut options = Vec::new();
        if wish.reason {
            options.push(cx.atom("nodedown_reason")?);
        }
        let kind = match (wish.visible, wish.hidden) {
            (true, true) => Some("all"),
            (true, false) => Some("visible"),
            (false, true) => Some("hidden"),
            (false, false) => None,
        };
        if let Some(kind) = kind {
            let pair = [cx.atom("node_type")?, cx.atom(kind)?];
            options.push(cx.tuple(&pair));
        }
        let options = cx.list(&options);
        let item = cx.tuple(&[Term::pid(pid), options]);
        all.extend((0..if cx.is_there(pid) { count } else { 0 }).map(|_| item));
    }
    Ok(cx.list(&all))
}

/// `{Table, On}`: how often an ordered set that many may write to at a time is split into parts with
/// locks of their own. Here it never is.
fn split<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    let [id, _] = value.as_tuple_of::<2>().ok_or_else(Raise::badarg)?;
    let table = table(cx, id, Access::Info).map_err(|_| Raise::badarg())?;
    let concurrent = table.info(cx, atoms::WRITE_CONCURRENCY).ok().flatten();
    let concurrent = concurrent.is_some_and(|c| c.as_bool() != Some(false));
    if table.kind() == TableKind::OrderedSet && concurrent {
        Ok(Term::atom(atoms::OK))
    } else {
        Err(Raise::badarg())
    }
}

/// How long loops of natives may be before they yield: kept and told, with no effect.
fn limit<'p>(cx: &mut Native<'p>, which: usize, value: Term<'p>) -> Outcome<'p> {
    let limit = match name(value) {
        Some("default") => LOOP_LIMITS[which],
        _ => arg::<usize>(value)?,
    };
    Ok(Term::small(cx.vm().flags.loop_limits[which].set(limit) as i64))
}
