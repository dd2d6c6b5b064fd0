//! Timers with references: `send_after`, `start_timer`, and cancelling and reading them.

use vm::native::{Native, Outcome, Raise};
use vm::process::signal::Target;
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Timers.
    pub static NATIVES: "erlang" {
        "start_timer"/3 = start_timer,
        "start_timer"/4 = start_timer_with_options,
        "send_after"/3 = send_after,
        "send_after"/4 = send_after_with_options,
        "cancel_timer"/1 = cancel_timer,
        "cancel_timer"/2 = cancel_timer_with_options,
        "read_timer"/1 = read_timer,
        "read_timer"/2 = read_timer_with_options,
    }
}

/// Milliseconds that the clock can tell, less the second in which it may be read.
const LONGEST: i64 = i64::MAX / 1_000_000 - 1000;

/// Whether the time is an absolute one. `None`: the options are wrong.
fn is_absolute(options: Term<'_>) -> Option<bool> {
    let mut absolute = false;
    for o in options.list_to_vec()? {
        let [name, value] = o.as_tuple_of::<2>()?;
        name.as_atom().filter(|name| name.name() == "abs")?;
        absolute = value.as_bool()?;
    }
    Some(absolute)
}

/// When that is, in the world's nanoseconds. `None`: the time is none, or out of reach.
fn due(now: u64, time: Term<'_>, absolute: bool) -> Option<u64> {
    let time = time.as_i64()?;
    if absolute {
        let there = (-LONGEST..=LONGEST).contains(&time);
        return there.then(|| time.max(0).cast_unsigned() * 1_000_000);
    }
    let longest = LONGEST.cast_unsigned() - now / 1_000_000;
    let time = u64::try_from(time).ok().filter(|t| *t <= longest)?;
    Some(now + time * 1_000_000)
}

fn start<'p>(
    cx: &mut Native<'p>,
    [time, to, message]: [Term<'p>; 3],
    options: Term<'p>,
    wrap: bool,
) -> Outcome<'p> {
    let because = |cause| Raise::error_with_cause(atoms::BADARG, cause);
    let absolute = is_absolute(options).ok_or_else(|| because(Term::atom(atoms::BADOPT)))?;
    let Some(due) = due(cx.vm().world.now(), time, absolute) else {
        return Err(because(cx.atom("time")?));
    };
    let to = match (to.as_pid(), to.as_atom()) {
        (Some(pid), _) => Target::Pid(pid),
        (_, Some(name)) => Target::Name(name),
        _ => return Err(Raise::badarg()),
    };
    Ok(cx.start_timer(due, to, message, wrap))
}

fn start_timer<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    start(cx, args, Term::nil(), true)
}

fn start_timer_with_options<'p>(
    cx: &mut Native<'p>,
    [time, to, message, options]: [Term<'p>; 4],
) -> Outcome<'p> {
    start(cx, [time, to, message], options, true)
}

fn send_after<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    start(cx, args, Term::nil(), false)
}

fn send_after_with_options<'p>(
    cx: &mut Native<'p>,
    [time, to, message, options]: [Term<'p>; 4],
) -> Outcome<'p> {
    start(cx, [time, to, message], options, false)
}

fn left<'p>(cx: &mut Native<'p>, ms: Option<u64>) -> Term<'p> {
    match ms {
        Some(ms) => cx.uint(ms),
        None => Term::bool(false),
    }
}

fn cancel_timer<'p>(cx: &mut Native<'p>, [timer]: [Term<'p>; 1]) -> Outcome<'p> {
    let r = timer.as_ref().ok_or_else(Raise::badarg)?;
    let ms = cx.cancel_timer(r.number);
    Ok(left(cx, ms))
}

fn read_timer<'p>(cx: &mut Native<'p>, [timer]: [Term<'p>; 1]) -> Outcome<'p> {
    let r = timer.as_ref().ok_or_else(Raise::badarg)?;
    let ms = cx.read_timer(r.number);
    Ok(left(cx, ms))
}

/// `async` and, where allowed, `info`.
fn access_options<'p>(list: Term<'p>, with_info: bool) -> Result<(bool, bool), Raise<'p>> {
    let (mut asynchronous, mut info) = (false, true);
    for o in list.list_to_vec().ok_or_else(Raise::badarg)? {
        let [name, value] = o.as_tuple_of::<2>().ok_or_else(Raise::badarg)?;
        let value = value.as_bool().ok_or_else(Raise::badarg)?;
        match name.as_atom().map(Atom::name) {
            Some("async") => asynchronous = value,
            Some("info") if with_info => info = value,
            _ => return Err(Raise::badarg()),
        }
    }
    Ok((asynchronous, info))
}

/// `ok` now, `{Name, Timer, Result}` as a message.
fn answer_later<'p>(
    cx: &mut Native<'p>,
    name: &str,
    timer: Term<'p>,
    result: Term<'p>,
) -> Outcome<'p> {
    let name = cx.atom(name)?;
    let message = cx.tuple(&[name, timer, result]);
    let me = cx.self_pid();
    cx.send_to_pid(me, message);
    Ok(Term::atom(atoms::OK))
}

fn cancel_timer_with_options<'p>(
    cx: &mut Native<'p>,
    [timer, options]: [Term<'p>; 2],
) -> Outcome<'p> {
    let (asynchronous, info) = access_options(options, true)?;
    let result = cancel_timer(cx, [timer])?;
    match (info, asynchronous) {
        (false, _) => Ok(Term::atom(atoms::OK)),
        (true, true) => answer_later(cx, "cancel_timer", timer, result),
        (true, false) => Ok(result),
    }
}

fn read_timer_with_options<'p>(
    cx: &mut Native<'p>,
    [timer, options]: [Term<'p>; 2],
) -> Outcome<'p> {
    let (asynchronous, _) = access_options(options, false)?;
    let result = read_timer(cx, [timer])?;
    if asynchronous { answer_later(cx, "read_timer", timer, result) } else { Ok(result) }
}
