//! Integers from and to bytes and bits, as the bit syntax and the external formats write them.

use super::SystemLimit;
use super::big::{BigBuf, BigRef, Limbs};
use super::bits::{Negation, negate};
use super::{MAX_LIMBS, shift};

/// Order of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Most significant byte first.
    Big,
    /// Least significant byte first.
    Little,
}

/// The integer in whole bytes; `signed` reads two's complement.
pub fn from_bytes(bytes: &[u8], endian: Endian, signed: bool) -> Result<BigBuf, SystemLimit> {
    from_bits(bytes, bytes.len() * 8, endian, signed)
}

/// A field without those of its highest bytes that say no more than the sign.
fn without_sign(mut bytes: &[u8], mut bits: usize, endian: Endian, signed: bool) -> (&[u8], usize) {
    // Of the last byte the upper bits count; in a little-endian field they are the highest.
    let unused = (bytes.len() * 8 - bits) as u32;
    if let (Endian::Little, [rest @ .., top], 1..) = (endian, bytes, unused) {
        if *top >> unused != 0 || signed {
            return (bytes, bits);
        }
        (bytes, bits) = (rest, bits - 8 + unused as usize);
    }
    loop {
        let (rest, top, next) = match (endian, bytes) {
            (Endian::Little, [rest @ .., next, top]) => (&bytes[..=rest.len()], top, next),
            (Endian::Big, [top, next, ..]) => (&bytes[1..], top, next),
            _ => return (bytes, bits),
        };
        let sign = if signed && next >> 7 != 0 { 0xFF } else { 0 };
        if *top != sign {
            return (bytes, bits);
        }
        (bytes, bits) = (rest, bits - 8);
    }
}

/// The integer in the first `bits` bits of `bytes`, laid out as in a bitstring.
///
/// A last byte that is not full has its bits at the top: the low bits of the integer when
/// big-endian, the high bits when little-endian. Bits behind are ignored.
///
/// # Panics
/// When `bytes` has fewer than `bits` bits.
pub fn from_bits(
    bytes: &[u8],
    bits: usize,
    endian: Endian,
    signed: bool,
) -> Result<BigBuf, SystemLimit> {
    let (bytes, bits) = match bits > MAX_LIMBS * 64 {
        true => without_sign(&bytes[..bits.div_ceil(8)], bits, endian, signed),
        false => (&bytes[..bits.div_ceil(8)], bits),
    };
    if bits > MAX_LIMBS * 64 {
        return Err(SystemLimit);
    }
    let unused = (bytes.len() * 8 - bits) as u32;
    let mut limbs = Limbs::from_elem(0, bytes.len().div_ceil(8));
    bytes_to(&mut limbs, bytes, endian);
    if unused != 0 {
        match endian {
            // The last byte is the highest: only its own bits move.
            Endian::Little => {
                let at = (bytes.len() - 1) % 8 * 8;
                if let Some(top) = limbs.last_mut() {
                    let low = *top & ((1 << at) - 1);
                    *top = (*top >> at >> unused) << at | low;
                }
            }
            Endian::Big => {
                let mut carry = 0;
                for limb in limbs.iter_mut().rev() {
                    let low = *limb << (64 - unused);
                    *limb = *limb >> unused | carry;
                    carry = low;
                }
            }
        }
    }
    let negative = signed
        && bits > 0
        && limbs.get((bits - 1) / 64).is_some_and(|limb| limb >> ((bits - 1) % 64) & 1 == 1);
    if negative {
        // Extend the sign through the top limb.
        if let (Some(top), part @ 1..) = (limbs.last_mut(), bits % 64) {
            *top |= u64::MAX << part;
        }
        negate(&mut limbs);
    }
    BigBuf::new(negative, limbs)
}

/// The magnitude in at most eight bytes.
#[inline]
pub fn limb_of(bytes: &[u8], endian: Endian) -> u64 {
    let limb = low_limb(bytes);
    match endian {
        Endian::Little => limb,
        // The bytes are the highest then.
        Endian::Big if bytes.is_empty() => 0,
        Endian::Big => limb.swap_bytes() >> (64 - 8 * bytes.len()),
    }
}

/// The number that bytes are, the lowest first; at most 8.
#[inline(always)]
pub fn low_limb(bytes: &[u8]) -> u64 {
    if let Some(all) = bytes.first_chunk() {
        return u64::from_le_bytes(*all);
    }
    // Both ends, which may overlap.
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (bytes.len() - 4));
    }
    let byte = |i: usize| bytes.get(i).map_or(0, |b| u64::from(*b) << (8 * i));
    byte(0) | byte(1) | byte(2)
}

/// Writes the magnitude in `bytes` to `limbs`, of which there are as many as they need.
#[inline]
pub fn bytes_to(limbs: &mut [u64], bytes: &[u8], endian: Endian) {
    let rest = match endian {
        Endian::Little => {
            let (whole, rest) = bytes.as_chunks();
            for (limb, bytes) in limbs.iter_mut().zip(whole) {
                *limb = u64::from_le_bytes(*bytes);
            }
            rest
        }
        Endian::Big => {
            let (rest, whole) = bytes.as_rchunks();
            for (limb, bytes) in limbs.iter_mut().zip(whole.iter().rev()) {
                *limb = u64::from_be_bytes(*bytes);
            }
            rest
        }
    };
    if let Some(limb) = limbs.get_mut(bytes.len() / 8) {
        *limb = limb_of(rest, endian);
    }
}

/// Fills `out` with the low bytes of `a` in two's complement.
pub fn to_bytes(a: BigRef<'_>, out: &mut [u8], endian: Endian) {
    let mut negation = Negation::of(a.negative);
    let limbs = a.limbs.iter().copied().chain(std::iter::repeat(0));
    let mut limbs = limbs.map(|limb| negation.next(limb));
    match endian {
        Endian::Little => {
            let (whole, rest) = out.as_chunks_mut();
            for (to, limb) in whole.iter_mut().zip(&mut limbs) {
                *to = limb.to_le_bytes();
            }
            let top = limbs.next().unwrap_or(0).to_le_bytes();
            rest.copy_from_slice(&top[..rest.len()]);
        }
        Endian::Big => {
            let (rest, whole) = out.as_rchunks_mut();
            for (to, limb) in whole.iter_mut().rev().zip(&mut limbs) {
                *to = limb.to_be_bytes();
            }
            let top = limbs.next().unwrap_or(0).to_be_bytes();
            rest.copy_from_slice(&top[8 - rest.len()..]);
        }
    }
}

/// Fills the first `bits` bits of `out` with the low bits of `a` in two's complement, laid out as
/// [`from_bits`] reads them; the rest of the last byte becomes zero.
///
/// # Panics
/// When `out` has not exactly as many bytes as `bits` need.
pub fn to_bits(a: BigRef<'_>, out: &mut [u8], bits: usize, endian: Endian) {
    assert_eq!(out.len(), bits.div_ceil(8), "bytes for {bits} bits");
    let unused = out.len() * 8 - bits;
    match (endian, out.last_mut()) {
        (_, None) => {}
        (Endian::Little, Some(_)) => {
            to_bytes(a, out, endian);
            if let Some(last) = out.last_mut() {
                *last <<= unused;
            }
        }
        (Endian::Big, Some(_)) => {
            // Only the low bits matter: shifting a copy of what is written would do, but the
            // whole number shifted is simpler, and unaligned big-endian fields are rare.
            match shift::bsl(a, unused as i64) {
                Ok(shifted) => to_bytes(shifted.as_ref(), out, endian),
                // Within a byte of the limit: shift the bytes instead.
                Err(SystemLimit) => {
                    to_bytes(a, out, endian);
                    let mut carry = 0;
                    for byte in out.iter_mut().rev() {
                        let high = *byte >> (8 - unused);
                        *byte = *byte << unused | carry;
                        carry = high;
                    }
                }
            }
        }
    }
}
