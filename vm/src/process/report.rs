//! What the machine itself logs about processes: messages to the process registered as `logger`,
//! in the form that OTP's logger expects.

use super::Process;
use super::info::name_term;
use super::signal::SignalKind;
use super::{Parcel, info, send};
use crate::heap::LiteralRange;
use crate::sched::Worker;
use crate::term::{Area, Term, Word, atoms, copy};
use crate::vm::Vm;

/// Logs that a process ends with an error that it did not catch. False: there is no logger.
///
/// # Safety
/// The worker owns the process, and `reason` is a term of it.
pub unsafe fn report_crash(w: &mut Worker, p: *mut Process, reason: Word) -> bool {
    // SAFETY: the caller's promise.
    let (p, reason) = unsafe { (&*p, Term::from_word(reason)) };
    let literals = w.vm.literals.range();
    let format = format!("Error in process ~p {}with exit value:~n~p~n", place(&w.vm));
    log(w, p, &format, |vm, a| {
        let mut items = named(vm, p);
        items.push(copy::to_area(reason, a, literals));
        a.list(&items)
    })
}

/// Logs that a process has reached its `max_heap_size`. False: there is no logger.
///
/// # Safety
/// The worker owns the process.
pub unsafe fn report_max_heap(w: &mut Worker, p: *mut Process) -> bool {
    // SAFETY: the caller's promise.
    let p = unsafe { &*p };
    let format = format!("     Process:            ~p {}", place(&w.vm).trim_end())
        + "~n     Context:            maximum heap size reached~n\
                  \x20    Max Heap Size:      ~p~n     Total Heap Size:    ~p~n\
                  \x20    Kill:               ~p~n     Error Logger:       ~p~n\
                  \x20    Message Queue Len:  ~p~n     GC Info:            ~p~n";
    log(w, p, &format, |vm, a| {
        let max = p.max_heap_size();
        let total = p.heap.words() + p.on_heap_message_words();
        let gc = info::build(vm, p, true, a, name_term(vm, "garbage_collection_info"));
        let gc = gc.as_tuple().map_or(Term::nil(), |pair| pair[1]);
        let mut items = named(vm, p);
        items.extend([
            a.uint(max.size as u64),
            a.uint(total as u64),
            Term::bool(max.kill),
            Term::bool(true),
            a.uint(p.mailbox.len as u64),
            gc,
        ]);
        a.list(&items)
    })
}

/// What is told of where a process is, if the node has a name.
fn place(vm: &Vm) -> &'static str {
    if vm.nodes.is_alive() { "on node ~p " } else { "" }
}

/// A process, and the node if it has a name.
fn named<'q>(vm: &Vm, p: &Process) -> Vec<Term<'q>> {
    let node = vm.nodes.is_alive().then(|| Term::atom(vm.nodes.name()));
    [Term::pid(p.pid)].into_iter().chain(node).collect()
}

/// Logs a text of the machine. False: there is no logger.
pub fn report_text(w: &mut Worker, p: &Process, text: &str) -> bool {
    log(w, p, "~ts", |_, a| {
        let text = a.string(text);
        a.list(&[text])
    })
}

fn log(
    w: &mut Worker,
    p: &Process,
    format: &str,
    args: impl for<'q> FnOnce(&Vm, &mut Area<'q>) -> Term<'q>,
) -> bool {
    log_of(w, Some(p), format, args)
}

/// Logs a text that no process is behind. False: there is no logger.
pub fn report_plainly(w: &mut Worker, text: &str) -> bool {
    log_of(w, None, "~ts", |_, a| {
        let text = a.string(text);
        a.list(&[text])
    })
}

/// `{log, error, Format, Args, Metadata}`, of a process if one is behind it.
fn log_of(
    w: &mut Worker,
    p: Option<&Process>,
    format: &str,
    args: impl for<'q> FnOnce(&Vm, &mut Area<'q>) -> Term<'q>,
) -> bool {
    let Some(to) = w.vm.system_logger() else { return false };
    let vm = w.vm.clone();
    let time = (vm.world.now() as i64 + vm.world.time_offset()) / 1_000;
    let message = Parcel::build(SignalKind::Message, 256, vm.literals.range(), |a| {
        let name = |s| name_term(&vm, s);
        let error = Term::atom(atoms::ERROR);
        let args = args(&vm, a);
        let format = a.string(format);
        let old =
            a.flat_map(&[name("emulator"), Term::atom(atoms::TAG)], &[Term::bool(true), error]);
        let time = a.int(time);
        let meta = match p {
            Some(p) => {
                let leader = copy_leader(p, a);
                let keys = [name("error_logger"), name("gl"), name("pid"), name("time")];
                a.flat_map(&keys, &[old, leader, Term::pid(p.pid), time])
            }
            None => a.flat_map(&[name("error_logger"), name("time")], &[old, time]),
        };
        a.tuple(&[name("log"), error, format, args, meta])
    });
    send::deliver(w, to, message).is_ok()
}

fn copy_leader<'q>(p: &Process, a: &mut Area<'q>) -> Term<'q> {
    // SAFETY: the group leader is a term of the process, which is not collected meanwhile.
    copy::to_area(unsafe { Term::from_word(p.group_leader) }, a, LiteralRange::NONE)
}
