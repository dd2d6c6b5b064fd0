//! What is left behind when the machine cannot go on: a few words on standard error, and a file
//! in the form of OTP's crash dumps with what they begin with (why, when, which machine). Tables
//! of processes, ports and memory are not in it.

use crate::vm::Vm;
use std::io::Write;

/// Says why on standard error and writes the dump, unless `ERL_CRASH_DUMP_SECONDS` is 0.
pub fn announce(vm: &Vm, slogan: &str) {
    let mut out = std::io::stderr().lock();
    // Nothing can be done about a standard error that is gone.
    let _ = write!(out, "{}\r\n", slogan.replace('\n', "\r\n"));
    let get = |name: &[u8]| vm.environment.get(name);
    if get(b"ERL_CRASH_DUMP_SECONDS").as_deref() == Some(b"0") {
        return;
    }
    let name = get(b"ERL_CRASH_DUMP").unwrap_or_else(|| b"erl_crash.dump".to_vec());
    let name = String::from_utf8_lossy(&name);
    let _ = write!(out, "\r\nCrash dump is being written to: {name}...");
    let _ = out.flush();
    let text = format!(
        "=erl_crash_dump:0.5\n{} s since 1970\nSlogan: {slogan}\nSystem version: Erlang/OTP {} [girder {}]\n\
         Atoms: {}\nProcesses: {}\n=end\n",
        vm.world.system_time() / 1_000_000_000,
        vm.release,
        env!("CARGO_PKG_VERSION"),
        vm.atoms.count(),
        vm.processes.count(),
    );
    let _ = match std::fs::write(name.as_ref(), text) {
        Ok(()) => write!(out, "done\r\n"),
        Err(e) => write!(out, "failed: {e}\r\n"),
    };
}
