//! `erts_debug`: what programs ask about how terms are stored, and what only an emulator built for
//! it could tell of itself.

use vm::code::breakpoints::Functions;
use vm::code::ops::Op;
use vm::heap::LiteralRange;
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::copy;
use vm::term::external::decode_with_atoms;
use vm::term::sharing::{share_to_area, shared_size};
use vm::term::{Atom, Term, atoms, map, print};

vm::natives! {
    /// The storage of terms.
    pub static NATIVES: "erts_debug" {
        "flat_size"/1 = flat_size,
        "size_shared"/1 = size_shared,
        "copy_shared"/2 = copy_shared,
        "same"/2 = same,
        "map_info"/1 = map_info,
        "display"/1 = display,
        "dist_ext_to_term"/2 = dist_ext_to_term,
    }
}

vm::natives! {
    /// The emulator itself.
    pub static EMULATOR_NATIVES: "erts_debug" {
        "breakpoint"/2 = breakpoint,
        "instructions"/0 = instructions,
        "interpreter_size"/0 = interpreter_size,
        "disassemble"/1 = disassemble,
        "lcnt_clear"/0 = lcnt_answer,
        "lcnt_collect"/0 = lcnt_answer,
        "lcnt_control"/1 = lcnt_control,
        "lcnt_control"/2 = lcnt_control,
    }
}

/// Has calls of functions go to `error_handler:breakpoint/3`, or no longer: how many functions match.
fn breakpoint<'p>(cx: &mut Native<'p>, [of, on]: [Term<'p>; 2]) -> Outcome<'p> {
    let on: bool = arg(on)?;
    let [m, f, a] = of.as_tuple_of::<3>().ok_or_else(Raise::badarg)?;
    let any = |t: Term<'p>| t.as_atom().is_some_and(|a| a.name() == "_");
    let name = |t: Term<'p>| if any(t) { Ok(None) } else { arg::<Atom>(t).map(Some) };
    let (module, function) = (name(m)?, name(f)?);
    // What follows one that is not specified is not either.
    if module.is_none() && function.is_some() || function.is_none() && !any(a) {
        return Err(Raise::badarg());
    }
    let arity = if any(a) { None } else { Some(arg::<i64>(a)?) };
    let arity = match arity.map(u8::try_from) {
        None => None,
        Some(Ok(arity)) => Some(arity),
        // No function has so many.
        Some(Err(_)) => return Ok(Term::small(0)),
    };
    let functions = Functions { module, function, arity };
    let matched = cx.vm().code.set_debug_breaks(functions, on);
    Ok(cx.uint(matched as u64))
}

/// The words of a copy that shares nothing. `{}` takes none, as in stock.
fn flat_size<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    if matches!(term.as_tuple(), Some([])) {
        return Ok(Term::small(0));
    }
    let limit = cx.parts_at_once();
    let Some(words) = copy::flat_size(term, limit) else { return Err(cx.too_much()) };
    cx.bump_parts(words);
    Ok(cx.uint(words as u64))
}

/// The words of all parts, each counted once, literals not at all.
fn size_shared<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.work_on(term)?;
    let literals = cx.vm().literals.range();
    Ok(cx.uint(shared_size(term, literals) as u64))
}

/// A copy that keeps sharing, of literals too if that is asked for.
fn copy_shared<'p>(cx: &mut Native<'p>, [term, whole]: [Term<'p>; 2]) -> Outcome<'p> {
    let literals = if arg(whole)? { LiteralRange::NONE } else { cx.vm().literals.range() };
    cx.work_on(term)?;
    Ok(share_to_area(term, cx, literals))
}

/// Whether both are one object.
fn same<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(a.word() == b.word()))
}

/// How a large map is laid out: levels, nodes by children, pairs by level. Stock has nodes of
/// another kind where all 16 children of the root are there.
fn map_info<'p>(cx: &mut Native<'p>, [m]: [Term<'p>; 1]) -> Outcome<'p> {
    let Some(view) = m.as_map() else {
        return Err(Raise::error(cx.tuple(&[Term::atom(atoms::BADMAP), m])));
    };
    let shape = map::shape(view).ok_or_else(Raise::badarg)?;
    cx.work(view.len() / 4)?;
    let mut row = |name: &str, count: usize, of: Option<[usize; 16]>| -> Outcome<'p> {
        let detail = match of {
            Some(numbers) => cx.tuple(&numbers.map(|n| Term::small(n as i64))),
            None => Term::nil(),
        };
        let name = cx.atom(name)?;
        Ok(cx.tuple(&[name, Term::small(count as i64), detail]))
    };
    let rows = [
        row("arrays", usize::from(shape.full_root), None)?,
        row("bitmaps", shape.nodes.iter().sum(), Some(shape.nodes))?,
        row("leafs", shape.leaves.iter().sum(), Some(shape.leaves))?,
    ];
    let depth = cx.atom("depth")?;
    let depth = cx.tuple(&[depth, Term::small(shape.depth as i64)]);
    let rest = cx.list(&rows);
    Ok(cx.cons(depth, rest))
}

/// Writes a term as `erlang:display/1` does, and gives what it wrote.
fn display<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    use std::io::Write as _;
    let mut text = print::display(term);
    text.push(b'\n');
    {
        let mut out = cx.vm().stdout.lock();
        // As in stock, output that fails is lost.
        let _ = out.write_all(&super::display::returns(&text)).and_then(|()| out.flush());
    }
    Ok(cx.byte_list(&text, Term::nil()))
}

/// A term as connections carry it: numbers stand for the atoms of the tuple.
fn dist_ext_to_term<'p>(cx: &mut Native<'p>, [table, binary]: [Term<'p>; 2]) -> Outcome<'p> {
    let table = table.as_tuple().ok_or_else(Raise::badarg)?;
    let atoms: Vec<Atom> = table.iter().map(|t| arg(*t)).collect::<Result<_, _>>()?;
    let bytes = crate::text::binary(binary).ok_or_else(Raise::badarg)?;
    let vm = cx.vm();
    decode_with_atoms(cx, vm, &bytes, &atoms).map_err(|_| Raise::badarg())
}

/// The names of the instructions that are executed.
fn instructions<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let names: Vec<_> = Op::ALL.iter().map(|op| cx.string(op.name())).collect();
    Ok(cx.list(&names))
}

/// There is no one function that all instructions are part of, as in stock with its JIT.
fn interpreter_size<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::small(0))
}

/// There is no text to give, as in stock with its JIT.
fn disassemble<'p>(_: &mut Native<'p>, [_]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(false))
}

/// Locks are not counted, as in all but emulators built for it.
fn lcnt_answer<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(Term::atom(atoms::ERROR))
}

fn lcnt_control<'p, const N: usize>(_: &mut Native<'p>, _: [Term<'p>; N]) -> Outcome<'p> {
    Err(Raise::badarg())
}
