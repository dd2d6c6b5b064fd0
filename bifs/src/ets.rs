//! `ets`: making tables, their names, owners and properties. Objects are in `objects`, what walks
//! whole tables in `select`, what tools look at in `internal`.

pub mod internal;
pub mod objects;
pub mod select;

use vm::ets::{self, Access, EtsError, Found, NewTable, Options, Protection, TableKind, table};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Pid, Term, atoms};

vm::natives! {
    /// Tables as such.
    pub static NATIVES: "ets" {
        "new"/2 = new,
        "delete"/1 = delete,
        "rename"/2 = rename,
        "whereis"/1 = whereis,
        "give_away"/3 = give_away,
        "setopts"/2 = setopts,
        "safe_fixtable"/2 = safe_fixtable,
        "info"/1 = info_all,
        "info"/2 = info,
        "internal_request_all"/0 = internal_request_all,
    }
}

/// `{heir, Pid, Data}` or `{heir, none}`
fn heir<'p>(option: &[Term<'p>]) -> Result<Option<(Pid, Term<'p>)>, Raise<'p>> {
    match option {
        [_, none] if none.is_atom(atoms::NONE) => Ok(None),
        [_, pid, data] => Ok(Some((arg(*pid)?, *data))),
        _ => Err(Raise::badarg()),
    }
}

fn protection(name: Term<'_>) -> Option<Protection> {
    match name.as_atom()?.name() {
        "private" => Some(Protection::Private),
        "protected" => Some(Protection::Protected),
        "public" => Some(Protection::Public),
        _ => None,
    }
}

fn new<'p>(cx: &mut Native<'p>, [name, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut table = NewTable {
        name: arg(name)?,
        named: false,
        kind: TableKind::Set,
        key_position: 1,
        protection: Protection::Protected,
        heir: None,
        options: Options::default(),
    };
    let mut decentralized = None;
    for option in arg::<Vec<Term<'p>>>(options)? {
        match option.as_atom() {
            Some(word) => option_word(&mut table, word)?,
            None => option_tuple(&mut table, &mut decentralized, arg(option)?)?,
        }
    }
    if let Some(said) = decentralized {
        table.options.decentralized_counters = said;
    }
    if table.options.told_locks.is_some() && table.kind == TableKind::OrderedSet {
        return Err(Raise::badarg());
    }
    Ok(ets::new(cx, &table)?)
}

fn option_word<'p>(table: &mut NewTable<'p>, word: Atom) -> Result<(), Raise<'p>> {
    if let Some(p) = protection(Term::atom(word)) {
        // As stock has it: `protected` is what holds if nothing else is said, and says nothing.
        if p != Protection::Protected {
            table.protection = p;
        }
        return Ok(());
    }
    match word.name() {
        // Likewise.
        "set" => {}
        "ordered_set" => {
            table.kind = TableKind::OrderedSet;
            table.options.decentralized_counters = true;
        }
        "bag" => table.kind = TableKind::Bag,
        "duplicate_bag" => table.kind = TableKind::DuplicateBag,
        "named_table" => table.named = true,
        "compressed" => table.options.compressed = true,
        _ => return Err(Raise::badarg()),
    }
    Ok(())
}

/// `decentralized` is what is said of counters; else later options change what earlier ones make of them.
fn option_tuple<'p>(
    table: &mut NewTable<'p>,
    decentralized: &mut Option<bool>,
    option: &'p [Term<'p>],
) -> Result<(), Raise<'p>> {
    let name: Atom = arg(*option.first().ok_or_else(Raise::badarg)?)?;
    if name.name() == "heir" {
        table.heir = heir(option)?;
        return Ok(());
    }
    let [_, value] = option else { return Err(Raise::badarg()) };
    match name.name() {
        "keypos" => {
            let small = value.as_small().and_then(|n| usize::try_from(n).ok());
            table.key_position = small.filter(|n| *n > 0).ok_or_else(Raise::badarg)?;
        }
        "read_concurrency" => table.options.read_concurrency = arg(*value)?,
        "write_concurrency" => {
            let auto = value.as_atom().is_some_and(|a| a.name() == "auto");
            table.options.told_locks = None;
            table.options.write_concurrency = match value.as_tuple_of::<2>() {
                Some(locks) => {
                    table.options.told_locks = Some(number_of_locks(locks)?);
                    table.options.decentralized_counters = true;
                    Some(false)
                }
                None if auto => {
                    table.options.decentralized_counters = true;
                    Some(true)
                }
                None => {
                    let on: bool = arg(*value)?;
                    table.options.decentralized_counters &=
                        !on || table.kind == TableKind::OrderedSet;
                    on.then_some(false)
                }
            };
        }
        "decentralized_counters" => *decentralized = Some(arg(*value)?),
        _ => return Err(Raise::badarg()),
    }
    Ok(())
}

/// `{debug_hash_fixed_number_of_locks, N}`: what stock would make of `N`. Here a table has one lock.
fn number_of_locks<'p>([name, n]: [Term<'p>; 2]) -> Result<u32, Raise<'p>> {
    const FEWEST: u32 = 64;
    const MOST: u32 = 32_768;
    let named = name.as_atom().is_some_and(|a| a.name() == "debug_hash_fixed_number_of_locks");
    let n = arg::<u32>(n)?;
    if !named || n == 0 || n > MOST {
        return Err(Raise::badarg());
    }
    Ok((1 << n.ilog2()).max(FEWEST))
}

fn delete<'p>(cx: &mut Native<'p>, [id]: [Term<'p>; 1]) -> Outcome<'p> {
    let table = table(cx, id, Access::Write)?;
    ets::delete(cx, &table)
}

fn rename<'p>(cx: &mut Native<'p>, [id, name]: [Term<'p>; 2]) -> Outcome<'p> {
    let table = table(cx, id, Access::Write)?;
    let named = table.rename(cx, arg(name)?)?;
    Ok(named.map_or(id, Term::atom))
}

fn whereis<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let name: Atom = arg(name)?;
    Ok(match table(cx, Term::atom(name), Access::Info) {
        Ok(t) => t.tid(cx),
        Err(_) => Term::atom(atoms::UNDEFINED),
    })
}

fn give_away<'p>(cx: &mut Native<'p>, [id, to, data]: [Term<'p>; 3]) -> Outcome<'p> {
    let table = table(cx, id, Access::Write)?;
    table.give_away(cx, to.as_pid(), data)?;
    Ok(Term::bool(true))
}

fn setopts<'p>(cx: &mut Native<'p>, [id, options]: [Term<'p>; 2]) -> Outcome<'p> {
    let table = table(cx, id, Access::Write)?;
    let options = match options.as_tuple() {
        Some(_) => vec![options],
        None => arg(options)?,
    };
    let (mut new_heir, mut new_protection) = (None, None);
    for option in options {
        let option: &[Term<'p>] = arg(option)?;
        let name: Atom = arg(*option.first().ok_or_else(Raise::badarg)?)?;
        match (name.name(), option) {
            ("heir", _) if new_heir.is_none() => new_heir = Some(heir(option)?),
            ("protection", [_, p]) if new_protection.is_none() => {
                new_protection = Some(protection(*p).ok_or_else(Raise::badarg)?);
            }
            _ => return Err(Raise::badarg()),
        }
    }
    table.set_options(cx, new_heir, new_protection)?;
    Ok(Term::bool(true))
}

fn safe_fixtable<'p>(cx: &mut Native<'p>, [id, on]: [Term<'p>; 2]) -> Outcome<'p> {
    let table = table(cx, id, Access::Read)?;
    table.fix(cx, arg(on)?)?;
    Ok(Term::bool(true))
}

/// The table to ask about; `None` if it does not exist.
fn asked<'p>(cx: &Native<'p>, id: Term<'p>) -> Result<Option<Found<'p>>, Raise<'p>> {
    match table(cx, id, Access::Info) {
        Ok(t) => Ok(Some(t)),
        Err(EtsError::Id) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn info_all<'p>(cx: &mut Native<'p>, [id]: [Term<'p>; 1]) -> Outcome<'p> {
    let Some(table) = asked(cx, id)? else { return Ok(Term::atom(atoms::UNDEFINED)) };
    // It may have been deleted meanwhile.
    Ok(table.info_all(cx).unwrap_or(Term::atom(atoms::UNDEFINED)))
}

fn info<'p>(cx: &mut Native<'p>, [id, item]: [Term<'p>; 2]) -> Outcome<'p> {
    let Some(table) = asked(cx, id)? else { return Ok(Term::atom(atoms::UNDEFINED)) };
    let item: Atom = arg(item)?;
    match table.info(cx, item) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(Raise::badarg()),
        Err(_) => Ok(Term::atom(atoms::UNDEFINED)),
    }
}

/// The answers come as messages, one for each scheduler.
fn internal_request_all<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(ets::request_all(cx))
}
