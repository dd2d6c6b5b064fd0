//! Clocks, calendar and unique integers.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::sync::OnceLock;
use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Time.
    pub static NATIVES: "erlang" {
        "monotonic_time"/0 = monotonic_time,
        "monotonic_time"/1 = monotonic_time_in,
        "system_time"/0 = system_time,
        "system_time"/1 = system_time_in,
        "time_offset"/0 = time_offset,
        "time_offset"/1 = time_offset_in,
        "timestamp"/0 = timestamp,
        "now"/0 = now,
        "unique_integer"/0 = unique_integer,
        "unique_integer"/1 = unique_integer_with,
        "date"/0 = date,
        "time"/0 = time,
        "localtime"/0 = localtime,
        "universaltime"/0 = universaltime,
        "localtime_to_universaltime"/2 = localtime_to_universaltime,
        "universaltime_to_localtime"/1 = universaltime_to_localtime,
        "universaltime_to_posixtime"/1 = universaltime_to_posixtime,
        "posixtime_to_universaltime"/1 = posixtime_to_universaltime,
    }
}

vm::natives! {
    /// Clocks of the operating system.
    pub static OS_NATIVES: "os" {
        "timestamp"/0 = os_timestamp,
        "system_time"/0 = os_system_time,
        "system_time"/1 = os_system_time_in,
        "perf_counter"/0 = monotonic_time,
    }
}

vm::natives! {
    /// Units of the clocks.
    pub static INTERNAL_NATIVES: "erts_internal" {
        "time_unit"/0 = time_unit,
        "perf_counter_unit"/0 = time_unit,
    }
}

/// Native units, nanoseconds, in a second.
const UNIT: i64 = 1_000_000_000;

fn time_unit<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::small(UNIT))
}

/// Nanoseconds in another unit, rounded down.
fn in_unit<'p>(cx: &mut Native<'p>, nanos: i64, unit: Term<'p>) -> Outcome<'p> {
    let parts = match unit.as_atom().map(Atom::name) {
        Some("second" | "seconds") => 1,
        Some("millisecond" | "milli_seconds") => 1_000,
        Some("microsecond" | "micro_seconds") => 1_000_000,
        Some("nanosecond" | "nano_seconds" | "native" | "perf_counter") => UNIT,
        Some(_) => return Err(Raise::badarg()),
        None => unit.as_i64().filter(|n| *n > 0).ok_or_else(Raise::badarg)?,
    };
    let n = (i128::from(nanos) * i128::from(parts)).div_euclid(i128::from(UNIT));
    Ok(cx.int128(n))
}

fn monotonic(cx: &Native<'_>) -> i64 {
    cx.vm().world.now() as i64
}

fn system(cx: &mut Native<'_>) -> i64 {
    cx.time_offset() + monotonic(cx)
}

fn monotonic_time<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = monotonic(cx);
    Ok(cx.int(t))
}

fn monotonic_time_in<'p>(cx: &mut Native<'p>, [unit]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = monotonic(cx);
    in_unit(cx, t, unit)
}

fn system_time<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = system(cx);
    Ok(cx.int(t))
}

fn system_time_in<'p>(cx: &mut Native<'p>, [unit]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = system(cx);
    in_unit(cx, t, unit)
}

fn time_offset<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = cx.time_offset();
    Ok(cx.int(t))
}

fn time_offset_in<'p>(cx: &mut Native<'p>, [unit]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = cx.time_offset();
    in_unit(cx, t, unit)
}

fn os_system_time<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = cx.vm().world.system_time();
    Ok(cx.int(t))
}

fn os_system_time_in<'p>(cx: &mut Native<'p>, [unit]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = cx.vm().world.system_time();
    in_unit(cx, t, unit)
}

/// `{MegaSecs, Secs, MicroSecs}`
pub(crate) fn triple<'p>(cx: &mut Native<'p>, micros: i64) -> Term<'p> {
    let secs = micros.div_euclid(1_000_000);
    let parts =
        [secs.div_euclid(1_000_000), secs.rem_euclid(1_000_000), micros.rem_euclid(1_000_000)];
    cx.tuple(&parts.map(Term::small))
}

fn timestamp<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = system(cx).div_euclid(1_000);
    Ok(triple(cx, t))
}

fn os_timestamp<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = cx.vm().world.system_time().div_euclid(1_000);
    Ok(triple(cx, t))
}

fn now<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = cx.vm().world.unique_microseconds();
    Ok(triple(cx, t))
}

/// Where unique integers that need not be positive begin, as in stock.
pub(super) const UNIQUE_FROM: i64 = -(1 << 59);

fn unique_integer<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let n = cx.vm().world.unique_integer();
    Ok(unique_from(cx, n))
}

fn unique_from<'p>(cx: &mut Native<'p>, n: u64) -> Term<'p> {
    match UNIQUE_FROM.checked_add_unsigned(n) {
        Some(value) => cx.int(value),
        None => cx.uint(n.wrapping_add_signed(UNIQUE_FROM)),
    }
}

/// Every unique integer is greater than those before, so `monotonic` asks for nothing more.
fn unique_integer_with<'p>(cx: &mut Native<'p>, [options]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut positive = false;
    for option in options.proper_list() {
        let option = option.ok_or_else(Raise::badarg)?;
        if option.is_atom(atoms::POSITIVE) {
            positive = true;
        } else if !option.is_atom(atoms::MONOTONIC) {
            return Err(Raise::badarg());
        }
    }
    let n = cx.vm().world.unique_integer();
    Ok(if positive { cx.uint(n) } else { unique_from(cx, n) })
}

/// `{{Year, Month, Day}, {Hour, Minute, Second}}`
fn date_time_term<'p>(cx: &mut Native<'p>, t: DateTime) -> Term<'p> {
    let d = [i64::from(t.year()), i64::from(t.month()), i64::from(t.day())].map(Term::small);
    let t = [i64::from(t.hour()), i64::from(t.minute()), i64::from(t.second())].map(Term::small);
    let (d, t) = (cx.tuple(&d), cx.tuple(&t));
    cx.tuple(&[d, t])
}

fn date_time(t: Term<'_>) -> Option<DateTime> {
    let [date, time] = t.as_tuple_of::<2>()?;
    let [y, mo, d] = date.as_tuple_of::<3>()?;
    let [h, mi, s] = time.as_tuple_of::<3>()?;
    let small = |t: Term<'_>| i8::try_from(t.as_small()?).ok();
    let y = i16::try_from(y.as_small()?).ok()?;
    DateTime::new(y, small(mo)?, small(d)?, small(h)?, small(mi)?, small(s)?, 0).ok()
}

/// From that year on times are converted from and to those of a zone, as in stock.
const FIRST_ZONED_YEAR: i16 = 1902;
/// From that year on they are converted to seconds.
const FIRST_YEAR: i16 = 1600;

fn zoned_date_time(t: Term<'_>) -> Option<DateTime> {
    date_time(t).filter(|t| t.year() >= FIRST_ZONED_YEAR)
}

fn timestamp_of<'p>(cx: &Native<'p>) -> Result<Timestamp, Raise<'p>> {
    let t = cx.vm().world.system_time();
    Timestamp::new(t.div_euclid(UNIT), t.rem_euclid(UNIT) as i32).map_err(|_| Raise::system_limit())
}

/// The computer's time zone, as it was when it was first asked for: it stays what it is while a machine
/// runs, as on stock. Unless `TZ` says another one it is what its file tells; to find out its name
/// would mean looking through all zones that there are.
fn zone() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| {
        let unnamed = std::env::var_os("TZ").is_none();
        let told = unnamed.then(|| std::fs::read("/etc/localtime").ok()).flatten();
        told.and_then(|told| TimeZone::tzif("", &told).ok()).unwrap_or_else(TimeZone::system)
    })
}

fn local_now<'p>(cx: &Native<'p>) -> Result<DateTime, Raise<'p>> {
    Ok(zone().to_datetime(timestamp_of(cx)?))
}

fn localtime<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = local_now(cx)?;
    Ok(date_time_term(cx, t))
}

fn date<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let both = localtime(cx, [])?;
    Ok(both.as_tuple_of::<2>().map_or(Term::nil(), |[d, _]| d))
}

fn time<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let both = localtime(cx, [])?;
    Ok(both.as_tuple_of::<2>().map_or(Term::nil(), |[_, t]| t))
}

fn universaltime<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let t = TimeZone::UTC.to_datetime(timestamp_of(cx)?);
    Ok(date_time_term(cx, t))
}

/// The time between the clocks' change back is taken as the summer's if `IsDst` is true, else as
/// the winter's.
fn localtime_to_universaltime<'p>(cx: &mut Native<'p>, [t, is_dst]: [Term<'p>; 2]) -> Outcome<'p> {
    let t = zoned_date_time(t).ok_or_else(Raise::badarg)?;
    let dst = match is_dst.as_atom().map(Atom::name) {
        Some("true") => true,
        Some("false" | "undefined") => false,
        _ => return Err(Raise::badarg()),
    };
    let ambiguous = zone().to_ambiguous_timestamp(t);
    let found = if dst { ambiguous.earlier() } else { ambiguous.later() };
    let found = found.map_err(|_| Raise::badarg())?;
    Ok(date_time_term(cx, TimeZone::UTC.to_datetime(found)))
}

fn utc(t: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(t).ok()
}

fn universaltime_to_localtime<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = zoned_date_time(t).and_then(utc).ok_or_else(Raise::badarg)?;
    Ok(date_time_term(cx, zone().to_datetime(t)))
}

fn universaltime_to_posixtime<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = date_time(t).filter(|t| t.year() >= FIRST_YEAR);
    let t = t.and_then(utc).ok_or_else(Raise::badarg)?;
    Ok(cx.int(t.as_second()))
}

fn posixtime_to_universaltime<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let t = t.as_i64().and_then(|s| Timestamp::from_second(s).ok()).ok_or_else(Raise::badarg)?;
    Ok(date_time_term(cx, TimeZone::UTC.to_datetime(t)))
}
