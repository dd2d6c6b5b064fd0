//! `erts_debug:get_internal_state/1` and `set_internal_state/2`: what OTP's own test suites ask of the
//! machine and have it do. Only what means something here; the rest is `badarg`.

use vm::native::{Native, Outcome, Raise, arg};
use vm::system_flags::LOOP_LIMITS;
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// What the test suites ask of the machine.
    pub static NATIVES: "erts_debug" {
        "get_internal_state"/1 = get,
        "set_internal_state"/2 = set,
    }
}

/// Reductions of a slice.
const SLICE: usize = 4000;

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
        // A native does not know how much of the slice is left.
        Some("reds_left") => Ok(Term::small(SLICE as i64)),
        _ => Err(Raise::badarg()),
    }
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
            let left = arg::<i64>(value)?;
            if let Some(used) = usize::try_from(left).ok().and_then(|left| SLICE.checked_sub(left))
            {
                cx.bump_reductions(used);
            }
            Ok(Term::bool(true))
        }
        Some("binary_loop_limit") => limit(cx, 0, value),
        Some("re_loop_limit") => limit(cx, 1, value),
        Some("unicode_loop_limit") => limit(cx, 2, value),
        // Nothing that a program could see is put off here.
        Some("wait") => match name(value) {
            Some("deallocations" | "timer_cancellations" | "aux_work" | "thread_progress") => {
                cx.yield_slice();
                Ok(Term::atom(atoms::OK))
            }
            _ => Err(Raise::badarg()),
        },
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
        // Holds up the worker, which is what it is for.
        Some("sleep" | "block_scheduler") => {
            let time = arg::<i64>(value)?;
            std::thread::sleep(std::time::Duration::from_millis(time.max(0).cast_unsigned()));
            Ok(Term::bool(true))
        }
        Some("ets_force_trap") => cx.atom("notsup"),
        _ => Err(Raise::badarg()),
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
