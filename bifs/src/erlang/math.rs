//! Arithmetic operators as functions, and number conversions.

use vm::native::{Native, Outcome, Raise};
use vm::term::Term;
use vm::term::arith::{self, ArithError};

vm::natives! {
    /// Arithmetic.
    pub static NATIVES: "erlang" {
        guard "+"/2 = add,
        guard "-"/2 = sub,
        guard "*"/2 = mul,
        guard "/"/2 = div_float,
        guard "div"/2 = div,
        guard "rem"/2 = rem,
        guard "band"/2 = band,
        guard "bor"/2 = bor,
        guard "bxor"/2 = bxor,
        guard "bsl"/2 = bsl,
        guard "bsr"/2 = bsr,
        guard "bnot"/1 = bnot,
        guard "-"/1 = neg,
        guard "+"/1 = plus,
        guard "abs"/1 = abs,
        guard "float"/1 = float,
        guard "round"/1 = round,
        guard "trunc"/1 = trunc,
        guard "floor"/1 = floor,
        guard "ceil"/1 = ceil,
    }
}

fn raise<'p>(e: ArithError) -> Raise<'p> {
    match e {
        ArithError::Badarith => Raise::badarith(),
        ArithError::SystemLimit => Raise::system_limit(),
    }
}

macro_rules! binary {
    ($($name:ident)*) => {
        $(fn $name<'p>(cx: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
            arith::$name(cx, a, b).map_err(raise)
        })*
    };
}

binary!(add sub mul div_float div rem band bor bxor bsl bsr);

fn bnot<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::bnot(cx, a).map_err(raise)
}

fn neg<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::neg(cx, a).map_err(raise)
}

fn plus<'p>(_: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::plus(a).map_err(raise)
}

fn abs<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::abs(cx, a).ok_or_else(Raise::badarg)
}

fn float<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    let x = arith::to_f64(a).map_err(|_| Raise::badarg())?;
    Ok(cx.float(x))
}

fn round<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::whole(cx, a, f64::round).ok_or_else(Raise::badarg)
}

fn trunc<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::whole(cx, a, f64::trunc).ok_or_else(Raise::badarg)
}

fn floor<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::whole(cx, a, f64::floor).ok_or_else(Raise::badarg)
}

fn ceil<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    arith::whole(cx, a, f64::ceil).ok_or_else(Raise::badarg)
}
