//! Portable hashes of terms.

use vm::native::{Native, Outcome, Raise, arg};
use vm::term::Term;
use vm::term::hash::{phash, phash2_within};

vm::natives! {
    /// Hashes.
    pub static NATIVES: "erlang" {
        "phash"/2 = phash_2,
        "phash2"/1 = phash2_1,
        "phash2"/2 = phash2_2,
    }
}

/// A range of 1 to 2^32.
fn range<'p>(t: Term<'p>) -> Result<u64, Raise<'p>> {
    let n = arg::<u64>(t)?;
    if (1..=1 << 32).contains(&n) { Ok(n) } else { Err(Raise::badarg()) }
}

fn phash_2<'p>(cx: &mut Native<'p>, [t, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = range(n)?;
    cx.work_on(t)?;
    Ok(cx.uint(1 + u64::from(phash(t)) % n))
}

/// `phash2` of a term, before it is brought to a range.
#[inline(always)]
fn hash<'p>(cx: &mut Native<'p>, t: Term<'p>) -> Result<u64, Raise<'p>> {
    let limit = cx.parts_at_once();
    let Some((hash, parts)) = cx.aside().run(|| phash2_within(t, limit)) else {
        return Err(cx.too_much());
    };
    cx.bump_parts(parts);
    Ok(hash.into())
}

fn phash2_1<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let hash = hash(cx, t)?;
    Ok(cx.uint(hash % (1 << 27)))
}

fn phash2_2<'p>(cx: &mut Native<'p>, [t, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = range(n)?;
    let hash = hash(cx, t)?;
    Ok(cx.uint(hash % n))
}
