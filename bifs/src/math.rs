//! Module `math`.

use vm::native::{Native, Outcome, Raise};
use vm::term::Term;
use vm::term::arith;

vm::natives! {
    /// Module `math`.
    pub static NATIVES: "math" {
        "cos"/1 = cos,
        "cosh"/1 = cosh,
        "sin"/1 = sin,
        "sinh"/1 = sinh,
        "tan"/1 = tan,
        "tanh"/1 = tanh,
        "acos"/1 = acos,
        "acosh"/1 = acosh,
        "asin"/1 = asin,
        "asinh"/1 = asinh,
        "atan"/1 = atan,
        "atanh"/1 = atanh,
        "erf"/1 = erf,
        "erfc"/1 = erfc,
        "exp"/1 = exp,
        "log"/1 = log,
        "log2"/1 = log2,
        "log10"/1 = log10,
        "sqrt"/1 = sqrt,
        "floor"/1 = floor,
        "ceil"/1 = ceil,
        "atan2"/2 = atan2,
        "pow"/2 = pow,
        "fmod"/2 = fmod,
    }
}

/// The number as a float. What is too large for one is `badarith`, what is no number `badarg`.
#[inline]
fn to_f64<'p>(t: Term<'p>) -> Result<f64, Raise<'p>> {
    arith::to_f64(t).map_err(|_| if t.is_integer() { Raise::badarith() } else { Raise::badarg() })
}

fn finite<'p>(cx: &mut Native<'p>, x: f64) -> Outcome<'p> {
    if x.is_finite() { Ok(cx.float(x)) } else { Err(Raise::badarith()) }
}

macro_rules! functions {
    ($($name:ident = $f:expr;)*) => {
        $(fn $name<'p>(cx: &mut Native<'p>, [x]: [Term<'p>; 1]) -> Outcome<'p> {
            let x = to_f64(x)?;
            finite(cx, $f(x))
        })*
    };
}

// Programs see the last digit: what Rust hands to the C library is what stock calls, too. What it
// does not, or computes itself, comes from `libm`.
functions! {
    cos = f64::cos;
    cosh = f64::cosh;
    sin = f64::sin;
    sinh = f64::sinh;
    tan = f64::tan;
    tanh = f64::tanh;
    acos = f64::acos;
    acosh = libm::acosh;
    asin = f64::asin;
    asinh = libm::asinh;
    atan = f64::atan;
    atanh = libm::atanh;
    erf = libm::erf;
    erfc = libm::erfc;
    exp = f64::exp;
    log = f64::ln;
    log2 = f64::log2;
    log10 = f64::log10;
    sqrt = f64::sqrt;
    floor = f64::floor;
    ceil = f64::ceil;
}

macro_rules! functions_of_two {
    ($($name:ident = $f:expr;)*) => {
        $(fn $name<'p>(cx: &mut Native<'p>, [x, y]: [Term<'p>; 2]) -> Outcome<'p> {
            let (x, y) = (to_f64(x)?, to_f64(y)?);
            finite(cx, $f(x, y))
        })*
    };
}

functions_of_two! {
    atan2 = f64::atan2;
    pow = f64::powf;
    fmod = remainder;
}

/// `x % y`, which takes long, unless their quotient and the digits of `y` are so short that a product of
/// them has no more than a float does. Then it is exact, and so is its difference from `x`: that is a multiple
/// of the same power of two as `x` and `y` are, and less than `y`.
fn remainder(x: f64, y: f64) -> f64 {
    const SHORT: u32 = 26;
    let (size, by) = (x.abs(), y.abs());
    let quotient = size / by;
    let short = by.to_bits() & ((1 << SHORT) - 1) == 0 && quotient < f64::from(1 << SHORT);
    if !short {
        return x % y;
    }
    let rest = size - (quotient as u32 as f64) * by;
    // The quotient may have been rounded up to the next whole number.
    (if rest < 0.0 { rest + by } else { rest }).copysign(x)
}
