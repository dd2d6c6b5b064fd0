//! Where processors lie and which of them schedulers are bound to: those items of
//! `erlang:system_info/1` and `system_flag/2`. OTP's own Erlang code makes the form that programs see
//! of a topology.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term, atoms};
use vm::topology::{BindType, Cpu, MAX_ID, Topology};

/// `{cpu_topology, Which}`
pub fn told<'p>(cx: &mut Native<'p>, which: Term<'p>) -> Outcome<'p> {
    let topology = internal(cx, which)?;
    through(cx, "format_cpu_topology", topology)
}

/// Goes on with a function of module `erlang`.
fn through<'p>(cx: &Native<'p>, function: &str, argument: Term<'p>) -> Outcome<'p> {
    let atom = |s| cx.vm().atoms.intern(s).map_err(|_| Raise::system_limit());
    Err(Raise::trap(atom("erlang")?, atom(function)?, vec![argument]))
}

/// `{internal_cpu_topology, Which}`: one tuple for each logical processor.
pub fn internal<'p>(cx: &mut Native<'p>, which: Term<'p>) -> Outcome<'p> {
    let vm = cx.vm();
    let topology = match which.as_atom().map(Atom::name) {
        Some("used") => vm.used_topology(),
        Some("detected") => vm.detected_topology(),
        Some("defined") => vm.defined_topology(),
        _ => return Err(Raise::badarg()),
    };
    tuples(cx, topology.as_ref())
}

fn tuples<'p>(cx: &mut Native<'p>, topology: Option<&Topology>) -> Outcome<'p> {
    let cpus = topology.map_or(&[][..], Topology::cpus);
    if cpus.is_empty() {
        return Ok(Term::atom(atoms::UNDEFINED));
    }
    let name = cx.atom("cpu")?;
    let tuple = |c: &Cpu| {
        let parts = [c.node, c.processor, c.processor_node, c.core, c.thread, c.logical];
        let parts = parts.map(|id| Term::small(id.into()));
        cx.tuple(&[&[name][..], &parts].concat())
    };
    let tuples: Vec<Term<'p>> = cpus.iter().map(tuple).collect();
    Ok(cx.list(&tuples))
}

/// `cpu_topology`, as programs see it.
pub fn set<'p>(cx: &mut Native<'p>, topology: Term<'p>) -> Outcome<'p> {
    through(cx, "set_cpu_topology", topology)
}

/// `internal_cpu_topology`: gives the one that was used.
pub fn set_internal<'p>(cx: &mut Native<'p>, topology: Term<'p>) -> Outcome<'p> {
    let new = match topology.as_atom() {
        Some(a) if a == atoms::UNDEFINED => None,
        Some(_) => return Err(Raise::badarg()),
        None => {
            let cpus = topology.list_to_vec().filter(|list| !list.is_empty());
            let cpus = cpus.ok_or_else(Raise::badarg)?;
            let cpus = cpus.into_iter().map(cpu).collect::<Option<_>>();
            let topology = Topology::new(cpus.ok_or_else(Raise::badarg)?);
            Some(topology.map_err(|_| Raise::badarg())?)
        }
    };
    let vm = cx.vm();
    let old = vm.used_topology();
    vm.define_topology(new);
    tuples(cx, old.as_ref())
}

fn cpu(t: Term<'_>) -> Option<Cpu> {
    let [name, ids @ ..] = t.as_tuple()? else { return None };
    let id = |t: &Term<'_>| {
        let id = t.as_small().and_then(|n| i32::try_from(n).ok());
        id.filter(|id| (-1..=MAX_ID).contains(id))
    };
    let ids: Vec<i32> = ids.iter().map(id).collect::<Option<_>>()?;
    let [node, processor, processor_node, core, thread, logical] = ids[..] else { return None };
    let cpu = Cpu { node, processor, processor_node, core, thread, logical };
    name.as_atom().is_some_and(|name| name.name() == "cpu").then_some(cpu)
}

/// `scheduler_bind_type`: gives the one before.
pub fn bind<'p>(cx: &mut Native<'p>, how: Term<'p>) -> Outcome<'p> {
    let how = bind_type(how)?;
    let old = cx.vm().set_bind_type(how).ok_or_else(Raise::badarg)?;
    cx.atom(old.name())
}

fn bind_type<'p>(how: Term<'p>) -> Result<BindType, Raise<'p>> {
    how.as_atom().and_then(|name| BindType::named(name.name())).ok_or_else(Raise::badarg)
}

/// The processors that schedulers are bound to.
pub fn bindings<'p>(cx: &mut Native<'p>) -> Outcome<'p> {
    let unbound = cx.atom("unbound")?;
    let id = |id: Option<i32>| id.map_or(unbound, |id| Term::small(id.into()));
    let all: Vec<Term<'p>> = cx.vm().bound_workers().into_iter().map(id).collect();
    Ok(cx.tuple(&all))
}

/// Those they would be bound to in this way, if the program might use all. For test suites.
pub fn fake_bindings<'p>(cx: &mut Native<'p>, how: Term<'p>) -> Outcome<'p> {
    let how = bind_type(how)?;
    match cx.vm().used_topology() {
        Some(topology) if how != BindType::Unbound => {
            let order = topology.order(how).into_iter().map(|id| Term::small(id.into()));
            Ok(cx.tuple(&order.collect::<Vec<_>>()))
        }
        _ => Ok(Term::bool(false)),
    }
}
