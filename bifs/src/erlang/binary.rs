//! Bitstrings and iolists.

use crate::iolist::{self, Part};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{BitsView, MAX_BITS, Term, View};

vm::natives! {
    /// Bitstrings and iolists.
    pub static NATIVES: "erlang" {
        guard "byte_size"/1 = byte_size,
        guard "bit_size"/1 = bit_size,
        guard "size"/1 = size,
        guard "binary_part"/2 = binary_part,
        guard "binary_part"/3 = binary_part_3,
        "split_binary"/2 = split_binary,
        "binary_to_list"/1 = binary_to_list,
        "binary_to_list"/3 = binary_to_list_3,
        "bitstring_to_list"/1 = bitstring_to_list,
        "list_to_binary"/1 = list_to_binary,
        "list_to_bitstring"/1 = list_to_bitstring,
        "iolist_to_binary"/1 = iolist_to_binary,
        "iolist_to_iovec"/1 = iolist_to_iovec,
        "iolist_size"/1 = iolist_size,
    }
}

vm::natives! {
    /// The same under module `binary`'s names.
    pub static BINARY_NATIVES: "binary" {
        "list_to_bin"/1 = list_to_binary,
        "part"/2 = binary_part,
        "part"/3 = binary_part_3,
    }
}

/// From so many bytes on a binary is referred to rather than copied, where that can be.
const LARGE: usize = 256;

fn byte_size<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::small(arg::<BitsView<'p>>(t)?.bits.div_ceil(8) as i64))
}

fn bit_size<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::small(arg::<BitsView<'p>>(t)?.bits as i64))
}

fn size<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    match t.view() {
        View::Tuple(items) => Ok(Term::small(items.len() as i64)),
        View::Bits(bits) => Ok(Term::small((bits.bits / 8) as i64)),
        _ => Err(Raise::badarg()),
    }
}

/// The bits of a binary, whole bytes.
fn whole<'p>(t: Term<'p>) -> Result<BitsView<'p>, Raise<'p>> {
    t.as_bits().filter(BitsView::is_binary).ok_or_else(Raise::badarg)
}

fn part<'p>(cx: &mut Native<'p>, binary: Term<'p>, start: Term<'p>, len: Term<'p>) -> Outcome<'p> {
    let (start, len) = (arg::<usize>(start)?, arg::<i64>(len)?);
    // A negative length counts back from the start.
    let end = start.checked_add_signed(len as isize).ok_or_else(Raise::badarg)?;
    cx.sub_bytes(binary, start.min(end), start.max(end)).ok_or_else(Raise::badarg)
}

fn binary_part<'p>(cx: &mut Native<'p>, [binary, pos_len]: [Term<'p>; 2]) -> Outcome<'p> {
    let [start, len] = arg::<[Term<'p>; 2]>(pos_len)?;
    part(cx, binary, start, len)
}

fn binary_part_3<'p>(cx: &mut Native<'p>, [binary, start, len]: [Term<'p>; 3]) -> Outcome<'p> {
    part(cx, binary, start, len)
}

fn split_binary<'p>(cx: &mut Native<'p>, [binary, at]: [Term<'p>; 2]) -> Outcome<'p> {
    let (bits, at) = (arg::<BitsView<'p>>(binary)?.bits, arg::<usize>(at)?);
    if at > bits / 8 {
        return Err(Raise::badarg());
    }
    let left = cx.sub_bits(binary, 0, at * 8);
    let right = cx.sub_bits(binary, at * 8, bits - at * 8);
    Ok(cx.tuple(&[left, right]))
}

fn binary_to_list<'p>(cx: &mut Native<'p>, [binary]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes = whole(binary)?.to_bytes();
    cx.work(bytes.len() / 16)?;
    Ok(cx.byte_list(&bytes, Term::nil()))
}

fn binary_to_list_3<'p>(cx: &mut Native<'p>, [binary, first, last]: [Term<'p>; 3]) -> Outcome<'p> {
    let bits = arg::<BitsView<'p>>(binary)?;
    let (first, last) = (arg::<usize>(first)?, arg::<usize>(last)?);
    if first < 1 || first > last || last > bits.bits / 8 {
        return Err(Raise::badarg());
    }
    cx.work((last - first) / 16)?;
    let bytes = bits.part((first - 1) * 8, (last - first + 1) * 8).to_bytes();
    Ok(cx.byte_list(&bytes, Term::nil()))
}

fn bitstring_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let bits = arg::<BitsView<'p>>(t)?;
    let (len, odd) = (bits.bits / 8, bits.bits % 8);
    cx.work(len / 16)?;
    let tail = if odd == 0 {
        Term::nil()
    } else {
        let last = cx.bits(bits.part(len * 8, odd));
        cx.cons(last, Term::nil())
    };
    Ok(cx.byte_list(&bits.part(0, len * 8).to_bytes(), tail))
}

/// The size of an iolist in bits, of `whole` bytes if it must be. Long ones are left to a dirty worker.
fn measure<'p>(cx: &mut Native<'p>, list: Term<'p>, whole: bool) -> Result<u128, Raise<'p>> {
    measure_inline(cx, list, whole)
}

/// [`measure`] for who does little else.
#[inline(always)]
fn measure_inline<'p>(cx: &mut Native<'p>, list: Term<'p>, whole: bool) -> Result<u128, Raise<'p>> {
    if cx.is_patient() {
        return measure_aside(cx, list, whole);
    }
    let limit = cx.parts_at_once();
    let m = iolist::measure_inline(list, limit).map_err(|_| Raise::badarg())?;
    if m.parts > limit {
        return Err(cx.too_much());
    }
    cx.bump_parts(m.parts);
    if whole && m.odd { Err(Raise::badarg()) } else { Ok(m.bits) }
}

/// The same on a dirty worker.
#[cold]
fn measure_aside<'p>(cx: &mut Native<'p>, list: Term<'p>, whole: bool) -> Result<u128, Raise<'p>> {
    let m = cx.aside().run(|| iolist::measure(list, usize::MAX)).map_err(|_| Raise::badarg())?;
    cx.bump_parts(m.parts);
    if whole && m.odd { Err(Raise::badarg()) } else { Ok(m.bits) }
}

fn gather<'p>(cx: &mut Native<'p>, list: Term<'p>, bits: u128) -> Outcome<'p> {
    let fits = usize::try_from(bits).ok().filter(|bits| *bits <= MAX_BITS);
    let bits = fits.ok_or_else(Raise::system_limit)?;
    let mut filled = Ok(());
    let t = cx.bits_with(bits, |out| filled = iolist::fill(list, out));
    filled.map(|()| t).map_err(|_| Raise::badarg())
}

fn iolist_to_binary<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    if list.as_bits().is_some_and(|b| b.is_binary()) {
        return Ok(list);
    }
    let bits = measure(cx, list, true)?;
    gather(cx, list, bits)
}

fn is_list(t: Term<'_>) -> bool {
    t.is_nil() || t.as_cons().is_some()
}

fn list_to_binary<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    if !is_list(list) {
        return Err(Raise::badarg());
    }
    iolist_to_binary(cx, [list])
}

fn list_to_bitstring<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    if !is_list(list) {
        return Err(Raise::badarg());
    }
    let bits = measure(cx, list, false)?;
    gather(cx, list, bits)
}

fn iolist_size<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let bits = measure_inline(cx, list, true)?;
    Ok(match i64::try_from(bits / 8) {
        Ok(bytes) => cx.int(bytes),
        Err(_) => cx.int128((bits / 8) as i128),
    })
}

/// Refers to large binaries and gathers what is between them, so that no part is small but the
/// last (and large ones give a piece to what was gathered before them).
fn iolist_to_iovec<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    measure(cx, list, true)?;
    let mut parts = Vec::new();
    let mut gathered: Vec<u8> = Vec::new();
    iolist::walk(list, |part| match part {
        Part::Bytes(run) => gathered.extend(run),
        Part::Bits(term, bits) => {
            let size = bits.bits / 8;
            let large = size >= LARGE;
            if large && (gathered.is_empty() || gathered.len() >= LARGE) {
                if !gathered.is_empty() {
                    parts.push(cx.binary(&gathered));
                    gathered.clear();
                }
                parts.push(term);
            } else if !large || size + gathered.len() < 2 * LARGE {
                gathered.extend_from_slice(&bits.to_bytes());
            } else {
                let taken = LARGE - gathered.len();
                gathered.extend_from_slice(&bits.part(0, taken * 8).to_bytes());
                parts.push(cx.binary(&gathered));
                gathered.clear();
                parts.push(cx.sub_bits(term, taken * 8, (size - taken) * 8));
            }
        }
    })
    .map_err(|_| Raise::badarg())?;
    if !gathered.is_empty() {
        parts.push(cx.binary(&gathered));
    }
    Ok(cx.list(&parts))
}
