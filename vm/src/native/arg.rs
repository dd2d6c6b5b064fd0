//! Decoding of native arguments by type.

use crate::term::view::{MapView, RefView};
use crate::term::{Atom, BitsView, Pid, Term};

/// An argument was not of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadArg;

/// What a term can be decoded to.
pub trait FromTerm<'p>: Sized {
    /// The value, if `t` is of that type.
    fn from_term(t: Term<'p>) -> Option<Self>;
}

/// Decodes an argument; the wrong type is `badarg`.
#[inline]
pub fn arg<'p, T: FromTerm<'p>>(t: Term<'p>) -> Result<T, BadArg> {
    T::from_term(t).ok_or(BadArg)
}

macro_rules! from_term {
    ($($ty:ty = $f:expr;)*) => {
        $(impl<'p> FromTerm<'p> for $ty {
            #[inline]
            fn from_term(t: Term<'p>) -> Option<Self> {
                ($f)(t)
            }
        })*
    };
}

from_term! {
    Term<'p> = Some;
    i64 = Term::as_i64;
    u64 = Term::as_u64;
    usize = Term::as_usize;
    u32 = |t: Term<'p>| t.as_u64()?.try_into().ok();
    u8 = |t: Term<'p>| t.as_u64()?.try_into().ok();
    char = |t: Term<'p>| char::from_u32(t.as_u64()?.try_into().ok()?);
    bool = Term::as_bool;
    f64 = Term::as_float;
    Atom = Term::as_atom;
    Pid = Term::as_pid;
    BitsView<'p> = Term::as_bits;
    MapView<'p> = Term::as_map;
    RefView<'p> = Term::as_ref;
    &'p [Term<'p>] = Term::as_tuple;
    Vec<Term<'p>> = Term::list_to_vec;
}

impl<'p, const N: usize> FromTerm<'p> for [Term<'p>; N] {
    fn from_term(t: Term<'p>) -> Option<Self> {
        t.as_tuple_of::<N>()
    }
}

/// A binary of whole bytes, where they lie if aligned.
impl<'p> FromTerm<'p> for std::borrow::Cow<'p, [u8]> {
    fn from_term(t: Term<'p>) -> Option<Self> {
        let b = t.as_bits()?;
        b.is_binary().then(|| b.to_bytes())
    }
}
