//! Bytes of binaries: single ones, copies, common parts, unsigned integers.

use crate::text::binary;
use std::borrow::Cow;
use vm::native::{Native, Outcome, Raise, arg};
use vm::num::{Endian, MAX_LIMBS, bytes_to, limb_of};
use vm::term::arith::Int;
use vm::term::bits::referenced_bytes;
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Bytes of binaries.
    pub static NATIVES: "binary" {
        "first"/1 = first,
        "last"/1 = last,
        "at"/2 = at,
        "copy"/1 = copy,
        "copy"/2 = copy_times,
        "referenced_byte_size"/1 = referenced_byte_size,
        "longest_common_prefix"/1 = longest_common_prefix,
        "longest_common_suffix"/1 = longest_common_suffix,
        "encode_unsigned"/1 = encode_unsigned,
        "encode_unsigned"/2 = encode_unsigned_as,
        "decode_unsigned"/1 = decode_unsigned,
        "decode_unsigned"/2 = decode_unsigned_as,
    }
}

/// The bytes of a binary argument.
pub(super) fn bytes_of(t: Term<'_>) -> Result<Cow<'_, [u8]>, Raise<'_>> {
    binary(t).ok_or_else(Raise::badarg)
}

fn byte<'p>(t: Term<'p>, index: impl FnOnce(usize) -> Option<usize>) -> Outcome<'p> {
    let bits = t.as_bits().filter(|b| b.is_binary()).ok_or_else(Raise::badarg)?;
    let size = bits.bits / 8;
    let i = index(size).filter(|i| *i < size).ok_or_else(Raise::badarg)?;
    Ok(Term::small(i64::from(bits.byte(i))))
}

fn first<'p>(_: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    byte(b, |_| Some(0))
}

fn last<'p>(_: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    byte(b, |size| size.checked_sub(1))
}

fn at<'p>(_: &mut Native<'p>, [b, i]: [Term<'p>; 2]) -> Outcome<'p> {
    byte(b, |_| i.as_usize())
}

/// So many bytes there always are.
const MUCH: usize = 1 << 16;

fn copy<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    copy_times(cx, [b, Term::small(1)])
}

fn copy_times<'p>(cx: &mut Native<'p>, [b, times]: [Term<'p>; 2]) -> Outcome<'p> {
    let bits = b.as_bits().ok_or_else(Raise::badarg)?;
    let times: usize = arg(times)?;
    if times == 0 {
        return Ok(cx.binary(b""));
    }
    if !bits.is_binary() {
        return Err(Raise::badarg());
    }
    let bytes = bits.to_bytes();
    let size = bytes.len().checked_mul(times).ok_or_else(Raise::system_limit)?;
    // Much is asked for first in a way that may be refused.
    if size > MUCH && Vec::<u8>::new().try_reserve_exact(size).is_err() {
        return Err(Raise::system_limit());
    }
    cx.work(size / 1000)?;
    Ok(cx.binary_with(size, |out| match *bytes {
        [] => {}
        [one] => out.fill(one),
        _ => out.chunks_exact_mut(bytes.len()).for_each(|to| to.copy_from_slice(&bytes)),
    }))
}

fn referenced_byte_size<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    let size = referenced_bytes(b).ok_or_else(Raise::badarg)?;
    Ok(cx.uint(size as u64))
}

fn longest_common<'p>(
    cx: &mut Native<'p>,
    list: Term<'p>,
    common: impl Fn(&[u8], &[u8]) -> usize,
) -> Outcome<'p> {
    let items: Vec<Term<'p>> = arg(list)?;
    let all = items.iter().map(|t| bytes_of(*t)).collect::<Result<Vec<_>, _>>()?;
    cx.work(all.iter().map(|b| b.len()).sum::<usize>() / 1000)?;
    let (head, tail) = all.split_first().ok_or_else(Raise::badarg)?;
    let length = tail.iter().map(|b| common(head, b)).min().unwrap_or(head.len());
    Ok(cx.uint(length as u64))
}

fn longest_common_prefix<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    longest_common(cx, list, |a, b| a.iter().zip(b).take_while(|(a, b)| a == b).count())
}

fn longest_common_suffix<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    longest_common(cx, list, |a, b| {
        a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
    })
}

fn endian<'p>(t: Term<'p>) -> Result<Endian, Raise<'p>> {
    match arg::<Atom>(t)? {
        a if a == atoms::BIG => Ok(Endian::Big),
        a if a == atoms::LITTLE => Ok(Endian::Little),
        _ => Err(Raise::badarg()),
    }
}

fn encode_unsigned<'p>(cx: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    encode(cx, n, Endian::Big)
}

fn encode_unsigned_as<'p>(cx: &mut Native<'p>, [n, order]: [Term<'p>; 2]) -> Outcome<'p> {
    encode(cx, n, endian(order)?)
}

#[inline(always)]
fn encode<'p>(cx: &mut Native<'p>, n: Term<'p>, order: Endian) -> Outcome<'p> {
    match n.as_small().map(u64::try_from) {
        Some(Ok(limb)) => Ok(encode_limb(cx, limb, order)),
        Some(Err(_)) => Err(Raise::badarg()),
        None => encode_large(cx, n, order),
    }
}

#[inline(always)]
fn encode_limb<'p>(cx: &mut Native<'p>, limb: u64, order: Endian) -> Term<'p> {
    // One byte for zero.
    let size = 8 - (limb | 1).leading_zeros() as usize / 8;
    let bytes = match order {
        Endian::Big => (limb << (64 - 8 * size)).to_be_bytes(),
        Endian::Little => limb.to_le_bytes(),
    };
    cx.short_binary(bytes, size)
}

#[inline(never)]
fn encode_large<'p>(cx: &mut Native<'p>, n: Term<'p>, order: Endian) -> Outcome<'p> {
    let n = Int::of(n).ok_or_else(Raise::badarg)?;
    let n = n.as_ref();
    if n.negative {
        return Err(Raise::badarg());
    }
    if let Some(limb) = n.to_u64() {
        return Ok(encode_limb(cx, limb, order));
    }
    Ok(cx.binary_of_limbs(n.limbs, order))
}

fn decode_unsigned<'p>(cx: &mut Native<'p>, [b]: [Term<'p>; 1]) -> Outcome<'p> {
    decode(cx, b, Endian::Big)
}

fn decode_unsigned_as<'p>(cx: &mut Native<'p>, [b, order]: [Term<'p>; 2]) -> Outcome<'p> {
    decode(cx, b, endian(order)?)
}

#[inline(always)]
fn decode<'p>(cx: &mut Native<'p>, b: Term<'p>, order: Endian) -> Outcome<'p> {
    let short = b.as_bits().and_then(|b| b.as_bytes()).filter(|bytes| bytes.len() <= 8);
    match short.map(|bytes| limb_of(bytes, order)) {
        Some(limb) => Ok(cx.uint(limb)),
        None => decode_long(cx, b, order),
    }
}

#[inline(never)]
fn decode_long<'p>(cx: &mut Native<'p>, b: Term<'p>, order: Endian) -> Outcome<'p> {
    let bytes = bytes_of(b)?;
    let mut bytes = &*bytes;
    while let (Endian::Big, [0, rest @ ..]) | (Endian::Little, [rest @ .., 0]) = (order, bytes) {
        bytes = rest;
    }
    if bytes.len() > MAX_LIMBS * 8 {
        return Err(Raise::system_limit());
    }
    let limbs = bytes.len().div_ceil(8);
    cx.integer_in_place(false, limbs, |limbs| bytes_to(limbs, bytes, order))
        .map_err(|_| Raise::system_limit())
}
