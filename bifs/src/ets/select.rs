//! `ets`: what walks tables with patterns and match specifications.

use vm::ets::{self, Access, Gives, Source, table};
use vm::native::{Native, Outcome, Raise};
use vm::term::Term;

vm::natives! {
    /// Walks.
    pub static NATIVES: "ets" {
        "select"/1 = more,
        "select"/2 = select,
        "select"/3 = select_some,
        "select_reverse"/1 = more,
        "select_reverse"/2 = select_reverse,
        "select_reverse"/3 = select_reverse_some,
        "select_count"/2 = select_count,
        "internal_select_delete"/2 = select_delete,
        "select_replace"/2 = select_replace,
        "match"/1 = more,
        "match"/2 = match_all,
        "match"/3 = match_some,
        "match_object"/1 = more,
        "match_object"/2 = match_object,
        "match_object"/3 = match_object_some,
        "match_spec_compile"/1 = match_spec_compile,
        "match_spec_run_r"/3 = match_spec_run,
        "is_compiled_ms"/1 = is_compiled_ms,
    }
}

fn all<'p>(cx: &mut Native<'p>, id: Term<'p>, source: Source<'p>, reverse: bool) -> Outcome<'p> {
    table(cx, id, Access::Read)?.select(cx, source, reverse)
}

fn some<'p>(
    cx: &mut Native<'p>,
    id: Term<'p>,
    source: Source<'p>,
    limit: Term<'p>,
    reverse: bool,
) -> Outcome<'p> {
    let table = table(cx, id, Access::Read)?;
    let small = limit.as_small().and_then(|n| usize::try_from(n).ok());
    let limit = small.filter(|n| *n > 0).ok_or_else(Raise::badarg)?;
    table.select_some(cx, id, source, limit, reverse)
}

fn more<'p>(cx: &mut Native<'p>, [continuation]: [Term<'p>; 1]) -> Outcome<'p> {
    ets::select_more(cx, continuation)
}

fn select<'p>(cx: &mut Native<'p>, [id, spec]: [Term<'p>; 2]) -> Outcome<'p> {
    all(cx, id, Source::Spec(spec), false)
}

fn select_some<'p>(cx: &mut Native<'p>, [id, spec, limit]: [Term<'p>; 3]) -> Outcome<'p> {
    some(cx, id, Source::Spec(spec), limit, false)
}

fn select_reverse<'p>(cx: &mut Native<'p>, [id, spec]: [Term<'p>; 2]) -> Outcome<'p> {
    all(cx, id, Source::Spec(spec), true)
}

fn select_reverse_some<'p>(cx: &mut Native<'p>, [id, spec, limit]: [Term<'p>; 3]) -> Outcome<'p> {
    some(cx, id, Source::Spec(spec), limit, true)
}

fn select_count<'p>(cx: &mut Native<'p>, [id, spec]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = table(cx, id, Access::Read)?.select_count(cx, spec)?;
    Ok(cx.uint(n as u64))
}

fn select_delete<'p>(cx: &mut Native<'p>, [id, spec]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = table(cx, id, Access::Write)?.select_delete(cx, spec)?;
    Ok(cx.uint(n as u64))
}

fn select_replace<'p>(cx: &mut Native<'p>, [id, spec]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = table(cx, id, Access::Write)?.select_replace(cx, spec)?;
    Ok(cx.uint(n as u64))
}

fn match_all<'p>(cx: &mut Native<'p>, [id, pattern]: [Term<'p>; 2]) -> Outcome<'p> {
    all(cx, id, Source::Pattern(pattern, Gives::Bindings), false)
}

fn match_some<'p>(cx: &mut Native<'p>, [id, pattern, limit]: [Term<'p>; 3]) -> Outcome<'p> {
    some(cx, id, Source::Pattern(pattern, Gives::Bindings), limit, false)
}

fn match_object<'p>(cx: &mut Native<'p>, [id, pattern]: [Term<'p>; 2]) -> Outcome<'p> {
    all(cx, id, Source::Pattern(pattern, Gives::Object), false)
}

fn match_object_some<'p>(cx: &mut Native<'p>, [id, pattern, limit]: [Term<'p>; 3]) -> Outcome<'p> {
    some(cx, id, Source::Pattern(pattern, Gives::Object), limit, false)
}

fn match_spec_compile<'p>(cx: &mut Native<'p>, [spec]: [Term<'p>; 1]) -> Outcome<'p> {
    ets::match_spec_compile(cx, spec)
}

fn match_spec_run<'p>(cx: &mut Native<'p>, [list, spec, results]: [Term<'p>; 3]) -> Outcome<'p> {
    ets::match_spec_run(cx, list, spec, results)
}

fn is_compiled_ms<'p>(_: &mut Native<'p>, [spec]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(ets::is_compiled(spec)))
}
