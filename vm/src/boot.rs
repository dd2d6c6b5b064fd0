//! The processes that a machine has before any other, as OTP's releases expect them.
//!
//! `erl_init:start/2` runs in the first, which becomes `init`; the others are servers of the
//! machine itself (they ask natives what is to be done). None of them may exit.

use crate::process::Priority;
use crate::process::spawn::{Call, SpawnOptions, SystemLimit, spawn_system};
use crate::term::{Atom, Term};
use crate::vm::Vm;

/// The modules that OTP builds into its emulator, in its order, but for those of the `socket`
/// module's natives, which an emulator may lack.
pub const PRELOADED: [&str; 18] = [
    "erts_code_purger",
    "erl_init",
    "init",
    "prim_buffer",
    "prim_eval",
    "prim_inet",
    "prim_file",
    "zlib",
    "prim_zip",
    "erl_prim_loader",
    "erlang",
    "erts_internal",
    "erl_tracer",
    "erts_literal_area_collector",
    "erts_dirty_process_signal_handler",
    "atomics",
    "counters",
    "persistent_term",
];

/// The server that has literals given back (`heap::given_up`).
pub const COLLECTOR: &str = "erts_literal_area_collector";

/// Servers of the machine: module, priority. The last serves processes on dirty workers, one for
/// each priority.
const SERVERS: [(&str, Priority); 5] = [
    ("erts_code_purger", Priority::High),
    (COLLECTOR, Priority::High),
    ("erts_dirty_process_signal_handler", Priority::Normal),
    ("erts_dirty_process_signal_handler", Priority::High),
    ("erts_dirty_process_signal_handler", Priority::Max),
];

/// Makes the first processes: `erl_init:start(module, args)`, `args` being a list of binaries, and
/// the machine's servers. The preloaded modules are loaded already.
pub fn spawn_first(vm: &Vm, module: Atom, args: Term<'_>) -> Result<(), SystemLimit> {
    let name = |s| vm.atoms.intern(s).map_err(|_| SystemLimit);
    let start = name("start")?;
    let args = [Term::atom(module), args];
    let call = Call { module: name("erl_init")?, function: start, args: &args };
    let init = spawn_system(vm, call, None, SpawnOptions::default())?;
    for (server, priority) in SERVERS {
        let call = Call { module: name(server)?, function: start, args: &[] };
        let options = SpawnOptions {
            priority: Some(priority),
            off_heap_messages: Some(true),
            ..SpawnOptions::default()
        };
        let pid = spawn_system(vm, call, Some(init), options)?;
        if server == COLLECTOR {
            vm.given_up.set_collector(pid);
        }
    }
    Ok(())
}

/// Makes the server that has literals given back, for a machine with no other. Its module is loaded
/// already.
pub fn spawn_collector(vm: &Vm) -> Result<(), SystemLimit> {
    let name = |s| vm.atoms.intern(s).map_err(|_| SystemLimit);
    let call = Call { module: name(COLLECTOR)?, function: name("start")?, args: &[] };
    let options = SpawnOptions { priority: Some(Priority::High), ..SpawnOptions::default() };
    vm.given_up.set_collector(spawn_system(vm, call, None, options)?);
    Ok(())
}
