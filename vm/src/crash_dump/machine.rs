//! What concerns the whole machine: why it stopped, workers, memory, tables, code and atoms.

use super::process;
use crate::code::LoadedModule;
use crate::dist::node::Kind;
use crate::memory::Memory;
use crate::sched::standstill::Stand;
use crate::term::Term;
use crate::term::external::{self, EncodeOptions};
use crate::term::print::{Shown, node_number};
use crate::vm::{Crash, Vm};
use std::io::{self, Write};

/// Why, when, which machine.
pub(super) fn head(vm: &Vm, crash: &Crash, out: &mut impl Write) -> io::Result<()> {
    let seconds = vm.world.system_time() / 1_000_000_000;
    let when = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let when = when.to_zoned(jiff::tz::TimeZone::system());
    writeln!(out, "=erl_crash_dump:0.5\n{}", when.strftime("%a %b %e %H:%M:%S %Y"))?;
    write!(out, "Slogan: {}\nSystem version: {}", crash.slogan, vm.system_version())?;
    writeln!(out, "Taints: \nAtoms: {}\nCalling Thread: {}", vm.atoms.count(), crash.thread)
}

/// What workers do, and how much waits for each.
pub(super) fn schedulers(vm: &Vm, stand: &Stand<'_>, out: &mut impl Write) -> io::Result<()> {
    for i in 0..vm.workers.len() {
        writeln!(out, "=scheduler:{}", i + 1)?;
        for (name, n) in ["Max", "High", "Normal", "Low"].iter().zip(vm.queue_lengths(i)) {
            writeln!(out, "Run Queue {name} Length: {n}")?;
        }
        write!(out, "Run Queue Port Length: 0\nCurrent Process: ")?;
        let current = process::all(vm).into_iter().find(|p| stand.is_run_by(i, p.address));
        match current {
            Some(p) => writeln!(out, "{}", p.name())?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// Memory, and sizes of tables.
pub(crate) fn info(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    let Memory { total, processes, atoms, binaries, code, tables } = vm.memory();
    writeln!(out, "=memory\ntotal: {total}\nprocesses: {processes}\nprocesses_used: {processes}")?;
    writeln!(out, "system: {}\natom: {atoms}\natom_used: {atoms}", total - processes)?;
    writeln!(out, "binary: {binaries}\ncode: {code}\nets: {tables}")?;
    let atoms = vm.atoms.count();
    let limit = vm.atoms.limit();
    writeln!(out, "=index_table:atom_tab\nsize: {atoms}\nlimit: {limit}\nentries: {atoms}")?;
    let modules = vm.code.loaded().len();
    writeln!(out, "=hash_table:module_code\nsize: {modules}\nused: {modules}\nobjs: {modules}")?;
    let names = vm.names.names().len();
    writeln!(out, "depth: 1\n=hash_table:process_reg\nsize: {names}\nused: {names}")?;
    writeln!(out, "objs: {names}\ndepth: 1")?;
    let process_table = vm.processes.limit() * 8;
    writeln!(out, "=allocated_areas\nloaded_code: {code}\nprocess_table: {process_table}")
}

/// Which nodes there are: this one, and others if it has a name.
pub(crate) fn distribution(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    let shown = |name| Shown(Term::atom(name), 1000).to_string();
    writeln!(out, "=node:{}", shown(vm.nodes.name()))?;
    if !vm.nodes.is_alive() {
        return writeln!(out, "=no_distribution");
    }
    for node in vm.nodes.list_free() {
        let kind = match node.kind {
            Kind::Visible => "visible_node",
            Kind::Hidden => "hidden_node",
            Kind::Known => "not_connected",
        };
        writeln!(out, "={kind}:{}\nName: {}", node_number(node.name), shown(node.name))?;
    }
    Ok(())
}

/// Words of a module's code, in bytes.
fn size(module: Option<&LoadedModule>) -> usize {
    module.map_or(0, |m| m.code.len() * 8)
}

/// Loaded modules with their sizes, one a line, as the break menu shows them.
pub(crate) fn module_list(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    for (name, versions) in sizes(vm, out)? {
        write!(out, "{} {}", Shown(Term::atom(name), 1000), size(versions.current.as_deref()))?;
        match &versions.old {
            Some(old) => writeln!(out, " ({} old)", size(Some(old)))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

type Modules = Vec<(crate::term::Atom, crate::code::table::Versions)>;

/// Writes how much code there is, and gives the modules.
fn sizes(vm: &Vm, out: &mut impl Write) -> io::Result<Modules> {
    let modules = vm.code.versions();
    let sum = |of: fn(&crate::code::table::Versions) -> Option<&LoadedModule>| {
        modules.iter().map(|(_, v)| size(of(v))).sum::<usize>()
    };
    let (current, old) = (sum(|v| v.current.as_deref()), sum(|v| v.old.as_deref()));
    writeln!(out, "Current code: {current}\nOld code: {old}")?;
    Ok(modules)
}

pub(super) fn modules(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "=loaded_modules")?;
    for (name, versions) in sizes(vm, out)? {
        writeln!(out, "=mod:{}", Shown(Term::atom(name), 1000))?;
        for (kind, version) in [("Current", &versions.current), ("Old", &versions.old)] {
            let Some(module) = version else { continue };
            writeln!(out, "{kind} size: {}", size(Some(module)))?;
            let words =
                [("attributes", module.attributes), ("compilation info", module.compile_info)];
            for (what, word) in words {
                // SAFETY: a literal, which lives as long as the machine.
                let term = unsafe { Term::from_word(word) };
                if term.is_nil() {
                    continue;
                }
                if let Ok(bytes) = external::encode(term, vm, EncodeOptions::default()) {
                    write!(out, "{kind} {what}: ")?;
                    super::heap::base64(out, &bytes)?;
                    writeln!(out)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn funs(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    for lambda in vm.code.all_lambdas() {
        let code = lambda.code.load(crate::sync::Ordering::Relaxed);
        let module = Shown(Term::atom(lambda.module), 1000);
        writeln!(out, "=fun\nModule: {module}\nUniq: {}", lambda.old_uniq)?;
        writeln!(out, "Index: {}\nAddress: {code:#018x?}\nRefc: 1", lambda.index)?;
    }
    Ok(())
}

/// All atoms, the latest first.
pub(super) fn atoms(vm: &Vm, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "=atoms")?;
    for atom in vm.atoms.all().into_iter().rev() {
        writeln!(out, "{}", Shown(Term::atom(atom), 10_000))?;
    }
    Ok(())
}
