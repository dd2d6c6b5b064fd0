//! List operands: what their elements must be, instruction family by instruction family.

use super::operands::{MAX_FRAME, Operands};
use crate::chunks::code::Arg;
use crate::ops::Kind;

/// A tuple of more elements than this exists nowhere (the limit of the format, 24 bits).
const MAX_TUPLE: u64 = (1 << 24) - 1;

pub(super) fn check(on: &Operands<'_>, list: &[Arg], kind: Kind) -> Result<(), String> {
    match kind {
        Kind::Sources => each(list, |arg| on.operand(arg, Kind::Src)),
        // The machine counts them in 15 bits, as it does a frame's slots.
        Kind::YList if list.len() as u64 >= MAX_FRAME => {
            Err(format!("{} slots, of which a frame cannot have as many", list.len()))
        }
        Kind::YList => each(list, |arg| on.operand(arg, Kind::YDst)),
        Kind::SelectVals => pairs(list, |value, label| {
            if value.reg().is_some() {
                return Err(format!("a value to select on must be a constant, not {value:?}"));
            }
            on.operand(value, Kind::Src)?;
            on.operand(label, Kind::Label)
        }),
        Kind::SelectArities => pairs(list, |size, label| {
            position(size, 0)?;
            on.operand(label, Kind::Label)
        }),
        Kind::MapPairs => pairs(list, |key, value| {
            on.operand(key, Kind::Src)?;
            on.operand(value, Kind::Src)
        }),
        Kind::MapGets => pairs(list, |key, dst| {
            on.operand(key, Kind::Src)?;
            on.operand(dst, Kind::Dst)
        }),
        Kind::Updates => pairs(list, |index, value| {
            position(index, 1)?;
            on.operand(value, Kind::Src)
        }),
        Kind::BinOps => segments(on, list),
        Kind::MatchOps => commands(on, list),
        _ => Err("this operand cannot be a list".into()),
    }
}

fn each(list: &[Arg], mut f: impl FnMut(Arg) -> Result<(), String>) -> Result<(), String> {
    list.iter().try_for_each(|&arg| f(arg))
}

fn pairs(list: &[Arg], mut f: impl FnMut(Arg, Arg) -> Result<(), String>) -> Result<(), String> {
    let (pairs, rest) = list.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("a list of pairs with an odd number of elements".into());
    }
    pairs.iter().try_for_each(|&[a, b]| f(a, b))
}

fn position(arg: Arg, from: u64) -> Result<(), String> {
    match arg {
        Arg::U(n) if (from..=MAX_TUPLE).contains(&n) => Ok(()),
        _ => Err(format!("expected a tuple size or position, found {arg:?}")),
    }
}

/// Segments of `bs_create_bin`: type, number, unit, flags, value, size.
fn segments(on: &Operands<'_>, list: &[Arg]) -> Result<(), String> {
    let (segments, rest) = list.as_chunks::<6>();
    if !rest.is_empty() {
        return Err("segments take six operands each".into());
    }
    for &[kind, number, unit, flags, value, size] in segments {
        on.operand(number, Kind::U)?;
        on.operand(unit, Kind::U)?;
        // Flags: nil or a literal list of atoms.
        on.operand(flags, Kind::Src)?;
        if flags.reg().is_some() {
            return Err("segment flags in a register".into());
        }
        let Arg::Atom(kind) = kind else {
            return Err(format!("expected a segment type, found {kind:?}"));
        };
        match on.module.atom(kind) {
            "string" => {
                let Arg::I(size) = size else {
                    return Err(format!("a string segment with size {size:?}"));
                };
                let size = u64::try_from(size).map_err(|_| "a negative size")?;
                on.string(value, Arg::U(size), 1)?;
            }
            "append" | "private_append" | "binary" | "integer" | "float" | "utf8" | "utf16"
            | "utf32" => {
                on.operand(value, Kind::Src)?;
                on.operand(size, Kind::Src)?;
            }
            other => return Err(format!("unknown segment type {other}")),
        }
    }
    Ok(())
}

/// Commands of `bs_match`: an atom and its operands, one after another.
fn commands(on: &Operands<'_>, list: &[Arg]) -> Result<(), String> {
    let mut rest = list;
    while let Some((&head, tail)) = rest.split_first() {
        let Arg::Atom(name) = head else {
            return Err(format!("expected a command, found {head:?}"));
        };
        let kinds: &[Kind] = match on.module.atom(name) {
            "ensure_at_least" => &[Kind::U, Kind::U],
            "ensure_exactly" | "skip" => &[Kind::U],
            "integer" | "binary" => &[Kind::Live, Kind::Src, Kind::U, Kind::U, Kind::Dst],
            "get_tail" => &[Kind::Live, Kind::U, Kind::Dst],
            "=:=" => &[Kind::Src, Kind::U, Kind::U],
            other => return Err(format!("unknown command {other}")),
        };
        let Some((args, after)) = tail.split_at_checked(kinds.len()) else {
            return Err("a command without all its operands".into());
        };
        for (&arg, &kind) in args.iter().zip(kinds) {
            on.operand(arg, kind)?;
        }
        rest = after;
    }
    Ok(())
}
