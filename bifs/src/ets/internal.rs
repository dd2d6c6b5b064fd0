//! What `ets` in Erlang and debugging tools use of `erts_internal`.

use super::objects::or_end;
use vm::ets::{Access, table};
use vm::native::{Native, Outcome, arg};
use vm::term::{Term, atoms};

vm::natives! {
    /// Looking into tables.
    pub static NATIVES: "erts_internal" {
        "ets_lookup_binary_info"/2 = lookup_binary_info,
        "ets_raw_first"/1 = raw_first,
        "ets_raw_next"/2 = raw_next,
        "ets_super_user"/1 = super_user,
    }
}

fn lookup_binary_info<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(table(cx, id, Access::Read)?.binaries_of(cx, key)?)
}

fn raw_first<'p>(cx: &mut Native<'p>, [id]: [Term<'p>; 1]) -> Outcome<'p> {
    let key = table(cx, id, Access::Read)?.raw_first(cx)?;
    or_end(key)
}

fn raw_next<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    let key = table(cx, id, Access::Read)?.raw_next(cx, key)?;
    or_end(key)
}

/// Whether the caller may do with all tables what their owners may.
fn super_user<'p>(cx: &mut Native<'p>, [on]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.set_ets_super_user(arg(on)?);
    Ok(Term::atom(atoms::OK))
}
