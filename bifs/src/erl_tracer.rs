//! The native half of OTP's preloaded module `erl_tracer`: the tracer that sends trace messages to
//! a process.

use crate::erlang::time;
use vm::native::{Native, Outcome, Raise};
use vm::term::view::MapView;
use vm::term::{Term, atoms};

vm::natives! {
    /// The tracer.
    pub static NATIVES: "erl_tracer" {
        "enabled"/3 = enabled,
        "trace"/5 = trace,
    }
}

fn enabled<'p>(cx: &mut Native<'p>, [tag, tracer, tracee]: [Term<'p>; 3]) -> Outcome<'p> {
    let there = tracer.as_pid().is_some_and(|pid| cx.is_there(pid));
    if there && tracer.word() != tracee.word() {
        return cx.atom("trace");
    }
    let status = tag.as_atom().is_some_and(|a| a.name() == "trace_status");
    cx.atom(if status && !there { "remove" } else { "discard" })
}

fn option<'p>(cx: &Native<'p>, options: Option<MapView<'p>>, name: &str) -> Option<Term<'p>> {
    options?.get(cx.atom(name).ok()?)
}

fn timestamp<'p>(cx: &mut Native<'p>, clock: Term<'p>) -> Outcome<'p> {
    let world = &cx.vm().world;
    match clock.as_atom().map(|a| a.name()) {
        Some("monotonic") => Ok(cx.int(world.now() as i64)),
        Some("strict_monotonic") => {
            let now = cx.int(world.now() as i64);
            let unique = cx.uint(world.unique_integer());
            Ok(cx.tuple(&[now, unique]))
        }
        Some("timestamp") => Ok(time::triple(cx, world.unique_microseconds())),
        // The clock of one processor is not asked for here.
        _ => Err(Raise::notsup()),
    }
}

fn trace<'p>(
    cx: &mut Native<'p>,
    [tag, tracer, tracee, what, options]: [Term<'p>; 5],
) -> Outcome<'p> {
    let done = Ok(Term::atom(atoms::OK));
    let Some(to) = tracer.as_pid() else { return done };
    let options = options.as_map();
    let extra = option(cx, options, "extra");
    let of_sequence = extra.is_none() && tag.as_atom().is_some_and(|a| a.name() == "seq_trace");
    let mut parts = if of_sequence {
        vec![tag, tracee, what]
    } else {
        vec![cx.atom("trace")?, tracee, tag, what]
    };
    parts.extend(extra);
    parts.extend(option(cx, options, "match_spec_result"));
    parts.extend(option(cx, options, "scheduler_id"));
    if let Some(clock) = option(cx, options, "timestamp") {
        parts.push(timestamp(cx, clock)?);
        if !of_sequence {
            parts[0] = cx.atom("trace_ts")?;
        }
    }
    let message = cx.tuple(&parts);
    cx.send_to_pid(to, message);
    done
}
