//! Arithmetic on terms, as the operators of the language define it.
//!
//! Interpreter and natives share it: the interpreter for what its fast paths leave over. Numbers
//! as such are computed in `num`; here integers are found in terms and results put into an area.
//!
//! Invariant: a float that is made is finite. What would not be is `badarith`.

use super::{Area, Term};
use crate::num::{self, BigBuf, BigRef, InlineInt, Rest, SystemLimit};

/// Why there is no result. As large as a term, so that a [`Result`] is handed on in two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
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
    #[inline]
    pub fn of(t: Term<'p>) -> Option<Int<'p>> {
        match t.as_small() {
            Some(n) => Some(Int::Small(n.into())),
            None => t.as_big().map(Int::Big),
        }
    }

    /// Sign and limbs.
    #[inline]
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

/// The sum of two integers, made where it goes.
fn sum<'p>(area: &mut Area<'p>, a: BigRef<'_>, b: BigRef<'_>) -> Result<'p> {
    if a.negative == b.negative {
        let most = a.limbs.len().max(b.limbs.len()) + 1;
        let sum = |to: &mut [u64]| num::add_to(to, a.limbs, b.limbs);
        return Ok(area.integer_in_place(a.negative, most, sum)?);
    }
    // Opposite signs: the larger magnitude gives the sign, and the result cannot outgrow it.
    let a_is_less = num::cmp_magnitude(a.limbs, b.limbs).is_lt();
    let (more, less) = if a_is_less { (b, a) } else { (a, b) };
    let difference = |to: &mut [u64]| num::sub_to(to, more.limbs, less.limbs);
    Ok(area.integer_in_place(more.negative, more.limbs.len(), difference)?)
}

/// The product of two integers: made where it goes if neither is long or one is short.
fn product<'p>(area: &mut Area<'p>, a: BigRef<'_>, b: BigRef<'_>) -> Result<'p> {
    if !num::is_short(a.limbs, b.limbs) {
        return integer(area, &num::mul(a, b)?);
    }
    let product = |to: &mut [u64]| num::mul_to(to, a.limbs, b.limbs);
    let most = a.limbs.len() + b.limbs.len();
    Ok(area.integer_in_place(a.negative != b.negative, most, product)?)
}

/// The quotient of two integers, made where it goes if they are short.
fn quotient<'p>(area: &mut Area<'p>, a: BigRef<'_>, b: BigRef<'_>) -> Result<'p> {
    if !num::divides_short(a.limbs, b.limbs) {
        return integer(area, &num::div(a, b).ok_or(ArithError::Badarith)?);
    }
    let quotient = |to: &mut [u64]| match *b.limbs {
        [divisor] => {
            to.copy_from_slice(a.limbs);
            num::div_limb(to, divisor);
        }
        _ => num::div_to(to, &mut Rest::from_slice(a.limbs), b.limbs),
    };
    let most = a.limbs.len() + 1 - b.limbs.len();
    Ok(area.integer_in_place(a.negative != b.negative, most, quotient)?)
}

fn remainder<'p>(area: &mut Area<'p>, a: BigRef<'_>, b: BigRef<'_>) -> Result<'p> {
    if !num::divides_short(a.limbs, b.limbs) {
        return integer(area, &num::rem(a, b).ok_or(ArithError::Badarith)?);
    }
    if let [divisor] = *b.limbs {
        let rest = [num::rem_limb(a.limbs, divisor)];
        return Ok(area.integer(BigRef::new(a.negative, &rest)));
    }
    let mut quotient = Rest::from_elem(0, a.limbs.len() + 1 - b.limbs.len());
    let mut rest = Rest::from_slice(a.limbs);
    num::div_to(&mut quotient, &mut rest, b.limbs);
    Ok(area.integer(BigRef { negative: a.negative, limbs: &rest }))
}

/// `a + b`
pub fn add<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a + b));
    }
    match of_ints(a, b, |a, b| sum(area, a, b)) {
        Some(sum) => sum,
        None => float(area, to_f64(a)? + to_f64(b)?),
    }
}

/// `a - b`
pub fn sub<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a - b));
    }
    match of_ints(a, b, |a, b| sum(area, a, num::neg(b))) {
        Some(difference) => difference,
        None => float(area, to_f64(a)? - to_f64(b)?),
    }
}

/// `a * b`
pub fn mul<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int128(num::mul_i64(a, b)));
    }
    match of_ints(a, b, |a, b| product(area, a, b)) {
        Some(product) => product,
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
    of_ints(a, b, |a, b| quotient(area, a, b)).ok_or(ArithError::Badarith)?
}

/// `a rem b`
pub fn rem<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(area.int(a.checked_rem(b).ok_or(ArithError::Badarith)?));
    }
    of_ints(a, b, |a, b| remainder(area, a, b)).ok_or(ArithError::Badarith)?
}

/// So many limbs are computed one by one, into room that is not cleared first.
const FEW_LIMBS: usize = 16;

/// What `op` makes of two integers, bit by bit.
#[inline(always)]
fn bitwise<'p>(
    area: &mut Area<'p>,
    a: Term<'p>,
    b: Term<'p>,
    op: impl Fn(u64, u64) -> u64,
) -> Result<'p> {
    if let Some((a, b)) = smalls(a, b) {
        return Ok(Term::small(op(a as u64, b as u64) as i64));
    }
    let made = of_ints(a, b, |a, b| {
        if !a.negative && !b.negative {
            let masks = op(u64::MAX, 0) == 0;
            let (a, b) = (a.limbs, b.limbs);
            let most = if masks { a.len().min(b.len()) } else { a.len().max(b.len()) };
            if most <= FEW_LIMBS {
                let limb = |limbs: &[u64], i| limbs.get(i).copied().unwrap_or(0);
                return area.integer_of_limbs(false, most, |i| op(limb(a, i), limb(b, i)));
            }
            let fill = |to: &mut [u64]| num::magnitudes_bitwise_to(to, a, b, op);
            return area.integer_in_place(false, most, fill);
        }
        let most = a.limbs.len().max(b.limbs.len()) + 1;
        let negative = num::is_negative_of(a, b, &op);
        area.integer_in_place(negative, most, |to| num::bitwise_to(to, a, b, op))
    });
    Ok(made.ok_or(ArithError::Badarith)??)
}

/// `a band b`
pub fn band<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    bitwise(area, a, b, |x, y| x & y)
}

/// `a bor b`
pub fn bor<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    bitwise(area, a, b, |x, y| x | y)
}

/// `a bxor b`
pub fn bxor<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    bitwise(area, a, b, |x, y| x ^ y)
}

/// `bnot a`
pub fn bnot<'p>(area: &mut Area<'p>, a: Term<'p>) -> Result<'p> {
    match a.as_small() {
        Some(n) => Ok(Term::small(!n)),
        None => Ok(area.complement(a.as_big().ok_or(ArithError::Badarith)?)?),
    }
}

/// `a bsl b`
pub fn bsl<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    shift(area, a, b, false)
}

/// `a bsr b`
pub fn bsr<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>) -> Result<'p> {
    shift(area, a, b, true)
}

#[inline]
fn shift<'p>(area: &mut Area<'p>, a: Term<'p>, b: Term<'p>, right: bool) -> Result<'p> {
    let mut room = [0];
    let a = magnitude(a, &mut room).ok_or(ArithError::Badarith)?;
    // No integer has as many bits as a count that is beyond 64 bits: its sign is what matters.
    let (back, count) = match b.as_small() {
        Some(n) => (n < 0, n.unsigned_abs()),
        None => (b.as_big().ok_or(ArithError::Badarith)?.negative, i64::MAX as u64),
    };
    Ok(if right == back {
        let shifted = |to: &mut [u64]| num::left_to(to, a.limbs, count);
        area.integer_in_place(a.negative, num::left_len(a, count)?, shifted)?
    } else if !a.negative && a.limbs.len() <= FEW_LIMBS {
        let lost = (count / 64) as usize;
        let kept = a.limbs.get(lost..).unwrap_or(&[]);
        area.integer_of_limbs(false, kept.len(), |i| {
            let high = kept.get(i + 1).copied().unwrap_or(0);
            ((u128::from(high) << 64 | u128::from(kept[i])) >> (count % 64)) as u64
        })?
    } else {
        let shifted = |to: &mut [u64]| num::right_to(to, a, count);
        area.integer_in_place(a.negative, num::right_len(a, count), shifted)?
    })
}

/// `-a`
pub fn neg<'p>(area: &mut Area<'p>, a: Term<'p>) -> Result<'p> {
    if let Some(n) = a.as_small() {
        return Ok(area.int(-n));
    }
    if let Some(n) = a.as_big() {
        return Ok(area.integer(num::neg(n)));
    }
    Ok(area.float(-a.as_float().ok_or(ArithError::Badarith)?))
}

/// `+a`
pub fn plus(a: Term<'_>) -> Result<'_> {
    if a.is_integer() || a.as_float().is_some() { Ok(a) } else { Err(ArithError::Badarith) }
}

/// `abs(a)`; `None` if it is no number.
pub fn abs<'p>(area: &mut Area<'p>, a: Term<'p>) -> Option<Term<'p>> {
    if let Some(n) = a.as_small() {
        return Some(area.int(n.abs()));
    }
    if let Some(n) = a.as_big() {
        // What is no small integer below zero is none above.
        return Some(if n.negative { area.big(num::abs(n)) } else { a });
    }
    // Which leaves -0.0 as it is.
    a.as_float().map(|x| if x < 0.0 { area.float(-x) } else { a })
}

/// `trunc(a)`, `round(a)`, `floor(a)` or `ceil(a)`, as `f` does away with a fraction; `None` if it is no
/// number.
pub fn whole<'p>(area: &mut Area<'p>, a: Term<'p>, f: fn(f64) -> f64) -> Option<Term<'p>> {
    let Some(x) = a.as_float() else { return a.is_integer().then_some(a) };
    if x.abs() < num::TWO_63 {
        return Some(area.int(f(x) as i64));
    }
    // So large a float has no fraction.
    let (mantissa, count) = num::mantissa(x);
    if count < 64 {
        return Some(area.magnitude(x < 0.0, u128::from(mantissa) << count));
    }
    large_whole(area, BigRef { negative: x < 0.0, limbs: &[mantissa] }, count)
}

/// The integer that `n` is with so many bits more behind it.
#[inline(never)]
fn large_whole<'p>(area: &mut Area<'p>, n: BigRef<'_>, count: u64) -> Option<Term<'p>> {
    let shifted = |to: &mut [u64]| num::left_to(to, n.limbs, count);
    area.integer_in_place(n.negative, num::left_len(n, count).ok()?, shifted).ok()
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
      (1 bsl 200) - 1, -(1 bsl 200), 1 bsl 1023, 1 bsl 1024, (1 bsl 1088) - 1, 1 bsl 6000,
      0.0, -0.0, 1.5, -2.5, 0.5, 1.0e300, -1.0e308, 5.0e-324, 1.0e18, 9223372036854775808.0,
      -9223372036854775808.0, 1.0e19, -1.0e30, -4.0e34, 1.0e35, a, [], "1"],
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
                    "trunc" => badarg(whole(cx, a, f64::trunc)),
                    "round" => badarg(whole(cx, a, f64::round)),
                    "floor" => badarg(whole(cx, a, f64::floor)),
                    "ceil" => badarg(whole(cx, a, f64::ceil)),
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
