//! Portable hashes of terms.

use vm::native::{Native, Outcome, Raise, arg};
use vm::term::Term;
use vm::term::hash::{phash_within, phash2_short, phash2_within};

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

/// A hash of parts, which are counted; what has too many is left to a dirty worker.
#[inline(always)]
fn counted<'p>(
    cx: &mut Native<'p>,
    hash: impl FnOnce(&mut usize) -> Option<u32> + Send,
) -> Result<u64, Raise<'p>> {
    if cx.is_patient() {
        return Ok(counted_aside(cx, hash));
    }
    let parts = cx.parts_at_once();
    let mut left = parts;
    match hash(&mut left) {
        Some(hash) => {
            cx.bump_parts(parts - left);
            Ok(hash.into())
        }
        None => Err(cx.too_much()),
    }
}

/// The same on a dirty worker.
#[cold]
#[inline(never)]
fn counted_aside<'p>(
    cx: &mut Native<'p>,
    hash: impl FnOnce(&mut usize) -> Option<u32> + Send,
) -> u64 {
    let mut left = usize::MAX;
    let hash = cx.aside().run(|| hash(&mut left)).expect("no term has so many parts");
    cx.bump_parts(usize::MAX - left);
    hash.into()
}

fn phash_2<'p>(cx: &mut Native<'p>, [t, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = range(n)?;
    let hash = counted(cx, |left| phash_within(t, left))?;
    Ok(Term::small((1 + hash % n) as i64))
}

/// `phash2` of a term, before it is brought to a range.
#[inline(always)]
fn hash<'p>(cx: &mut Native<'p>, t: Term<'p>) -> Result<u64, Raise<'p>> {
    match phash2_short(t) {
        Some(hash) => Ok(hash.into()),
        None => counted(cx, |left| phash2_within(t, left)),
    }
}

fn phash2_1<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let hash = hash(cx, t)?;
    Ok(Term::small((hash % (1 << 27)) as i64))
}

fn phash2_2<'p>(cx: &mut Native<'p>, [t, n]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = range(n)?;
    let hash = hash(cx, t)?;
    Ok(Term::small((hash % n) as i64))
}
