//! What the machine's memory is used for.

use crate::code::LoadedModule;
use crate::heap::counted::{Purpose, in_use};
use crate::process::Process;
use crate::vm::Vm;

/// Bytes of memory by use.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All of it, as the system counts what is resident, and at least what is told below.
    pub total: u64,
    /// Control blocks, heaps, stacks and messages of processes.
    pub processes: u64,
    /// Names of atoms and what finds them, by a rough count.
    pub atoms: u64,
    /// Binaries outside heaps.
    pub binaries: u64,
    /// Code and literals.
    pub code: u64,
    /// Tables of `ets`.
    pub tables: u64,
}

/// What an atom takes, roughly.
const ATOM: usize = 64;

impl Vm {
    /// What memory is used for now.
    pub fn memory(&self) -> Memory {
        let size = |m: &LoadedModule| m.code.len() * 8 + m.native_code.lock().bytes();
        let code = self.code.versions().into_iter().flat_map(|(_, v)| [v.current, v.old]).flatten();
        let code = self.literals.used_bytes() + code.map(|m| size(&m)).sum::<usize>();
        let blocks = self.processes.count() * size_of::<Process>();
        let memory = Memory {
            total: 0,
            processes: in_use(Purpose::Processes) + blocks as u64,
            atoms: (self.atoms.count() * ATOM) as u64,
            binaries: in_use(Purpose::Binaries),
            code: code as u64,
            tables: in_use(Purpose::Tables),
        };
        let Memory { processes, atoms, binaries, code, tables, .. } = memory;
        // What is not touched yet is in use but not resident.
        let total = resident().max(processes + atoms + binaries + code + tables);
        Memory { total, ..memory }
    }
}

fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
    resident.unwrap_or(0) * rustix::param::page_size() as u64
}
