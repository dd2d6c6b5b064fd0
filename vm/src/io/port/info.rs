//! What `port_info/1,2` tells.

use super::{Port, State};
use crate::sched::Worker;
use crate::term::{Area, PortId, Term, atoms};
use crate::vm::Vm;

/// The items of `port_info/1`, in its order; the first only if the port has a name.
const ALL: [&str; 8] =
    ["registered_name", "name", "links", "id", "connected", "input", "output", "os_pid"];

/// `port_info/1`: `None` if there is no such port.
pub fn all<'q>(w: &mut Worker, a: &mut Area<'q>, id: PortId) -> Option<Term<'q>> {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        let items: Vec<Term<'q>> =
            ALL.iter().filter_map(|item| value(&vm, a, port, state, item)).collect();
        let items: Vec<Term<'q>> = items.into_iter().filter(|t| !t.is_nil()).collect();
        a.list(&items)
    })
}

/// `port_info/2`: `None` if there is no such port, `Some(None)` if there is no such item.
pub fn item<'q>(
    w: &mut Worker,
    a: &mut Area<'q>,
    id: PortId,
    item: &str,
) -> Option<Option<Term<'q>>> {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| value(&vm, a, port, state, item))
}

/// `{Item, Value}`, or `[]` for the name of a port without one.
fn value<'q>(
    vm: &Vm,
    a: &mut Area<'q>,
    port: &Port,
    state: &State,
    item: &str,
) -> Option<Term<'q>> {
    let pids = |a: &mut Area<'q>, pids: &mut dyn Iterator<Item = crate::term::Pid>| {
        let pids: Vec<Term<'q>> = pids.map(Term::pid).collect();
        a.list(&pids)
    };
    let value = match item {
        "registered_name" => match state.registered {
            Some(name) => Term::atom(name),
            None => return Some(Term::nil()),
        },
        "name" => a.byte_list(&state.label, Term::nil()),
        "links" => pids(a, &mut state.links.iter().copied()),
        "id" => a.uint(port.id.0),
        "connected" => Term::pid(state.owner),
        "input" => a.uint(state.input),
        "output" => a.uint(state.output),
        "os_pid" => match state.os_pid {
            Some(pid) => a.uint(u64::from(pid)),
            None => Term::atom(atoms::UNDEFINED),
        },
        "monitors" => Term::nil(),
        "monitored_by" => pids(a, &mut state.watchers.values().copied()),
        "memory" => {
            let links = (state.links.len() + state.watchers.len()) * 64;
            a.uint((size_of::<Port>() + links + state.label.len()) as u64)
        }
        "queue_size" => a.uint(state.device.as_ref().map_or(0, |d| d.queued()) as u64),
        "parallelism" => Term::bool(state.parallelism),
        "locking" => crate::process::info::name_term(vm, "port_level"),
        _ => return None,
    };
    let item = crate::process::info::name_term(vm, item);
    Some(a.tuple(&[item, value]))
}
