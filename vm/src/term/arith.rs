//! Arithmetic on terms, as the operators of the language define it.
//!
//! Interpreter and natives share it: the interpreter for what its fast paths leave over. Numbers
//! as such are computed in `num`; here integers are found in terms and results put into an area.
//!
//! Invariant: a float that is made is finite. What would not be is `badarith`.

use super::{Area, Term, View};
use crate::num::{self, BigBuf, BigRef, InlineInt, Rest, SystemLimit};

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithError {
    /// An operand is no number (or no integer where one is needed), division by zero, or a float
    /// result that is too large.
    Badarith,
    /// An integer result that is too large.
    SystemLimit,
}

impl From<SystemLimit> for ArithError {
    fn from(SystemLimit: SystemLimit) -> Self {
        ArithError::SystemLimit
    }
}

/// A term or why there is none.
pub type Result<'p> = std::result::Result<Term<'p>, ArithError>;

/// An integer of any size, from a term.
pub enum Int<'p> {
    /// One that was immediate.
    Small(InlineInt),
    /// One on a heap.
    Big(BigRef<'p>),
}

impl<'p> Int<'p> {
    /// The integer that `t` is.
    pub fn of(t: Term<'p>) -> Option<Int<'p>> {
        match t.view() {
            View::Small(n) => Some(Int::Small(n.into())),
            View::Big(b) => Some(Int::Big(b)),
            _ => None,
        }
    }

    /// Sign and limbs.
    pub fn as_ref(&self) -> BigRef<'_> {
        match self {
            Int::Small(n) => n.as_ref(),
            Int::Big(b) => *b,
        }
    }
}

/// The number as a float.
#[inline]
pub fn to_f64(t: Term<'_>) -> std::result::Result<f64, ArithError> {
    if let Some(x) = t.as_float() {
        return Ok(x);
    }
    if let Some(n) = t.as_small() {
        return Ok(n as f64);
    }
    t.as_big().and_then(num::to_f64).ok_or(ArithError::Badarith)
}

/// Sign and limbs of an integer; the one of a small integer is put at `room`.
fn magnitude<'a, 'p: 'a>(t: Term<'p>, room: &'a mut [u64; 1]) -> Option<BigRef<'a>> {
    match t.as_small() {
        Some(n) => {
            *room = [n.unsigned_abs()];
            Some(BigRef::new(n < 0, room))
        }
        None => t.as_big(),
    }
}

/// What `f` makes of two integers, if both are integers. They are seen where they lie: to hand one on
/// takes longer than to add to it.
#[inline(always)]
fn of_ints<R>(a: Term<'_>, b: Term<'_>, f: impl FnOnce(BigRef<'_>, BigRef<'_>) -> R) -> Option<R> {
    let (mut x, mut y) = ([0], [0]);
    Some(f(magnitude(a, &mut x)?, magnitude(b, &mut y)?))
}

/// The integer that `f` makes of two.
fn integer_of<'p>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
    f: impl FnOnce(BigRef<'_>, BigRef<'_>) -> std::result::Result<BigBuf, SystemLimit>,
) -> Result<'p> {
    integer(area, &of_ints(a, b, f).ok_or(ArithError::Badarith)??)
}

#[inline]
fn smalls(a: Term<'_>, b: Term<'_>) -> Option<(i64, i64)> {
    a.as_small().zip(b.as_small())
}

fn float<'p>(area: &mut Area<'p>, x: f64) -> Result<'p> {
    if x.is_finite() { Ok(area.float(x)) } else { Err(ArithError::Badarith) }
}

fn integer<'p>(area: &mut Area<'p>, n: &BigBuf) -> Result<'p> {
    Ok(area.integer(n.as_ref()))
}

/// The sum of two large integers, or with `minus` their difference, if that adds their magnitudes: made
/// where it goes.
fn sum_in_place<'p>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
    minus: bool,
) -> Option<Term<'p>> {
    let (a, b) = (a.as_big()?, b.as_big()?);
    let longest = a.limbs.len().max(b.limbs.len());
    if (a.negative != b.negative) != minus || longest >= num::MAX_LIMBS {
        return None;
    }
    Some(area.integer_in_place(a.negative, longest + 1, |sum| num::add_to(sum, a.limbs, b.limbs)))
}

/// The product of a large integer and one of any size, if neither is long or one is short: made where
/// it goes.
fn product_in_place<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Option<Term<'p>> {
    of_ints(a, b, |a, b| {
        if !num::is_short(a.limbs, b.limbs) {
            return None;
        }
        let most = a.limbs.len() + b.limbs.len();
        Some(area.integer_in_place(a.negative != b.negative, most, |product| {
            num::mul_to(product, a.limbs, b.limbs);
            most
        }))
    })?
}

/// The quotient of two integers if they are short, made where it goes.
fn quotient_in_place<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Option<Term<'p>> {
    of_ints(a, b, |a, b| {
        if !num::divides_short(a.limbs, b.limbs) {
            return None;
        }
        let most = a.limbs.len() + 1 - b.limbs.len();
        Some(area.integer_in_place(a.negative != b.negative, most, |quotient| {
            num::div_to(quotient, &mut Rest::from_slice(a.limbs), b.limbs);
            most
        }))
    })?
}

/// The remainder of two integers if they are short.
fn short_remainder<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Option<Term<'p>> {
    of_ints(a, b, |a, b| {
        if !num::divides_short(a.limbs, b.limbs) {
            return None;
        }
        let mut quotient = Rest::from_elem(0, a.limbs.len() + 1 - b.limbs.len());
        let mut rest = Rest::from_slice(a.limbs);
        num::div_to(&mut quotient, &mut rest, b.limbs);
        Some(area.integer(BigRef { negative: a.negative, limbs: &rest }))
    })?
}

/// `a + b`
pub fn add<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a + b));
    }
    if let Some(sum) = sum_in_place(area, a, b, false) {
        return Ok(sum);
    }
    match of_ints(a, b, num::add) {
        Some(n) => integer(area, &n?),
        None => float(area, to_f64(a)? + to_f64(b)?),
    }
}

/// `a - b`
pub fn sub<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a - b));
    }
    if let Some(difference) = sum_in_place(area, a, b, true) {
        return Ok(difference);
    }
    match of_ints(a, b, num::sub) {
        Some(n) => integer(area, &n?),
        None => float(area, to_f64(a)? - to_f64(b)?),
    }
}

/// `a * b`
pub fn mul<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int128(num::mul_i64(a, b)));
    }
    if let Some(product) = product_in_place(area, a, b) {
        return Ok(product);
    }
    match of_ints(a, b, num::mul) {
        Some(n) => integer(area, &n?),
        None => float(area, to_f64(a)? * to_f64(b)?),
    }
}

/// `a / b`
pub fn div_float<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    // Zero by zero is no number, anything else by zero infinite: neither is finite.
    float(area, to_f64(a)? / to_f64(b)?)
}

/// `a div b`
pub fn div<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a.checked_div(b).ok_or(ArithError::Badarith)?));
    }
    if let Some(quotient) = quotient_in_place(area, a, b) {
        return Ok(quotient);
    }
    integer(area, &of_ints(a, b, num::div).flatten().ok_or(ArithError::Badarith)?)
}

/// `a rem b`
pub fn rem<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a.checked_rem(b).ok_or(ArithError::Badarith)?));
    }
    if let Some(remainder) = short_remainder(area, a, b) {
        return Ok(remainder);
    }
    integer(area, &of_ints(a, b, num::rem).flatten().ok_or(ArithError::Badarith)?)
}

/// `a band b`
pub fn band<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(Term::small(a & b));
    }
    integer_of(area, a, b, num::band)
}

/// `a bor b`
pub fn bor<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(Term::small(a | b));
    }
    integer_of(area, a, b, num::bor)
}

/// `a bxor b`
pub fn bxor<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(Term::small(a ^ b));
    }
    integer_of(area, a, b, num::bxor)
}

/// `bnot a`
pub fn bnot<'p>(area: &mut Area<'p>, a: Term<'p>) -> Result<'p> {
    if let Some(n) = a.as_small() {
        return Ok(Term::small(!n));
    }
    let a = Int::of(a).ok_or(ArithError::Badarith)?;
    integer(area, &num::bnot(a.as_ref())?)
}

/// `a bsl b`
pub fn bsl<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    shift(area, a, b, false)
}

/// `a bsr b`
pub fn bsr<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    shift(area, a, b, true)
}

fn shift<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>, right: bool) -> Result<'p> {
    integer_of(area, a, b, |a, count| {
        // No integer has as many bits as a count that is beyond 64 bits: its sign is what matters.
        let count = match count.to_i64() {
            Some(n) => n,
            None if count.negative => -i64::MAX,
            None => i64::MAX,
        };
        if right { num::bsr(a, count) } else { num::bsl(a, count) }
    })
}

/// `-a`
pub fn neg<'p>(area: &mut Area<'p>, a: Term<'p>) -> Result<'p> {
    match a.view() {
        View::Small(n) => Ok(area.int(-n)),
        View::Big(b) => integer(area, &num::neg(b)),
        View::Float(x) => Ok(area.float(-x)),
        _ => Err(ArithError::Badarith),
    }
}

/// `+a`
pub fn plus(a: Term<'_>) -> Result<'_> {
    match a.view() {
        View::Small(_) | View::Big(_) | View::Float(_) => Ok(a),
        _ => Err(ArithError::Badarith),
    }
}

/// `abs(a)`; `None` if it is no number.
pub fn abs<'p>(area: &mut Area<'p>, a: Term<'p>) -> Option<Term<'p>> {
    match a.view() {
        View::Small(n) => Some(area.int(n.abs())),
        View::Big(b) => Some(area.integer(BigRef { negative: false, ..b })),
        // Which leaves -0.0 as it is.
        View::Float(x) => Some(if x < 0.0 { area.float(-x) } else { a }),
        _ => None,
    }
}

/// `trunc(a)`, `round(a)`, `floor(a)` or `ceil(a)`, as `f` of `num` says; `None` if it is no
/// number.
pub fn whole<'p>(
    area: &mut Area<'p>,
    a: Term<'p>,
    f: fn(f64) -> Option<BigBuf>,
) -> Option<Term<'p>> {
    match a.view() {
        View::Small(_) | View::Big(_) => Some(a),
        View::Float(x) => f(x).map(|n| area.integer(n.as_ref())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::external::{DecodeOptions, EncodeOptions, decode, encode};
    use super::*;
    use crate::native::with_detached;
    use crate::vm::{Config, Vm};

    /// Every operator on every pair: `op tab a tab b tab result`, terms in hexadecimal.
    const STOCK: &str = r#"
Ns = [0, 1, -1, 7, -7, 63, 64, -64, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, (1 bsl 63) - 1,
      -(1 bsl 63), (1 bsl 64) - 1, -(1 bsl 64), 1 bsl 64, 12345678901234567890123, -(1 bsl 100) + 3,
      1 bsl 1023, 1 bsl 1024, 1 bsl 6000,
      0.0, -0.0, 1.5, -2.5, 0.5, 1.0e300, -1.0e308, 5.0e-324, 1.0e18, a, [], "1"],
Hex = fun(T) -> [io_lib:format("~2.16.0b", [X]) || <<X>> <= term_to_binary(T)] end,
Try = fun(Op, Args) -> try apply(erlang, Op, Args) catch error:R -> {error, R} end end,
[io:format("~s ~s ~s ~s~n", [Op, Hex(A), Hex(B), Hex(Try(Op, [A, B]))])
 || Op <- ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', 'bsl', 'bsr'], A <- Ns, B <- Ns],
[io:format("~s ~s ~s ~s~n", [case Op of '-' -> neg; '+' -> plus; _ -> Op end,
                             Hex(A), Hex(A), Hex(Try(Op, [A]))])
 || Op <- ['-', '+', 'bnot', abs, trunc, round, floor, ceil], A <- Ns],
halt().
"#;

    fn badarg(t: Option<Term<'_>>) -> std::result::Result<Term<'_>, Option<ArithError>> {
        t.ok_or(None)
    }

    fn some(t: Result<'_>) -> std::result::Result<Term<'_>, Option<ArithError>> {
        t.map_err(Some)
    }

    fn unhex(s: &str) -> Vec<u8> {
        (0..s.len() / 2).map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn computes_as_stock() {
        let out = std::process::Command::new("erl").args(["-noshell", "-eval", STOCK]).output();
        let text = String::from_utf8(
            out.expect("this test needs stock Erlang on the path; make test provides it").stdout,
        )
        .unwrap();
        assert!(text.lines().count() > 10_000);
        let vm = Vm::new(Config::bare(&[])).unwrap();
        let options = DecodeOptions::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [op, a, b, want] = words[..] else { panic!("{line}") };
            with_detached(&vm, |cx| {
                let (a, _) = decode(cx, &*vm, &unhex(a), options).unwrap();
                let (b, _) = decode(cx, &*vm, &unhex(b), options).unwrap();
                let result = match op {
                    "+" => some(add(cx, a, b)),
                    "-" => some(sub(cx, a, b)),
                    "*" => some(mul(cx, a, b)),
                    "/" => some(div_float(cx, a, b)),
                    "div" => some(div(cx, a, b)),
                    "rem" => some(rem(cx, a, b)),
                    "band" => some(band(cx, a, b)),
                    "bor" => some(bor(cx, a, b)),
                    "bxor" => some(bxor(cx, a, b)),
                    "bsl" => some(bsl(cx, a, b)),
                    "bsr" => some(bsr(cx, a, b)),
                    "neg" => some(neg(cx, a)),
                    "plus" => some(plus(a)),
                    "bnot" => some(bnot(cx, a)),
                    "abs" => badarg(abs(cx, a)),
                    "trunc" => badarg(whole(cx, a, num::trunc)),
                    "round" => badarg(whole(cx, a, num::round)),
                    "floor" => badarg(whole(cx, a, num::floor)),
                    "ceil" => badarg(whole(cx, a, num::ceil)),
                    _ => panic!("{op}"),
                };
                let term = result.unwrap_or_else(|e| {
                    let name = match e {
                        None => "badarg",
                        Some(ArithError::Badarith) => "badarith",
                        Some(ArithError::SystemLimit) => "system_limit",
                    };
                    let reason = Term::atom(vm.atoms.intern(name).unwrap());
                    cx.tuple(&[Term::atom(crate::term::atoms::ERROR), reason])
                });
                let ours = encode(term, &*vm, EncodeOptions::default()).unwrap();
                assert!(ours == unhex(want), "{line}");
            });
        }
    }
}
