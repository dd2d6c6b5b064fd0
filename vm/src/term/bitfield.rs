//! Fields of bits in raw memory: reading, writing and copying at any bit offset, byte orders,
//! half-precision floats, UTF-8 and UTF-16. What the bit syntax instructions are made of.
//!
//! Not here: terms and match contexts (`interp`), integers beyond 64 bits (`num`).
//!
//! These work on addresses, not slices: two bitstrings may share a byte (the end of one, the
//! start of what is appended to it), so that a `&mut` to that byte could not be had. Invariant:
//! a write changes no bit outside its field, and nothing is read or written outside the bytes
//! that hold the field's bits.
//!
//! A field's bits as a number, first bit most significant, are called its *wire* form.

/// Reads the `n` (at most 64) bits from bit `at` on.
///
/// # Safety
/// The bytes that hold those bits are readable.
#[inline]
pub(crate) unsafe fn read(base: *const u8, at: usize, n: usize) -> u64 {
    debug_assert!(n <= 64);
    if n == 0 {
        return 0;
    }
    let start = at % 8;
    let bytes = (start + n).div_ceil(8);
    // SAFETY: at most the `bytes` bytes from the field's first on are read.
    unsafe {
        let p = base.add(at / 8);
        if bytes > 8 {
            let high = p.cast::<u64>().read_unaligned().to_be() << start;
            let low = u64::from(*p.add(8)) >> (8 - start);
            return (high | low) >> (64 - n);
        }
        if bytes == 8 {
            return p.cast::<u64>().read_unaligned().to_be() << start >> (64 - n);
        }
        let mut v = 0;
        for i in 0..bytes {
            v = v << 8 | u64::from(*p.add(i));
        }
        v << (64 - bytes * 8 + start) >> (64 - n)
    }
}

/// Writes the low `n` (at most 64) bits of `v` to the bits from bit `at` on.
///
/// # Safety
/// The bytes that hold those bits are readable, and the caller alone may write those bits.
#[inline]
pub(crate) unsafe fn write(base: *mut u8, at: usize, n: usize, v: u64) {
    debug_assert!(n <= 64);
    // SAFETY: only bytes that hold bits of the field are touched.
    unsafe {
        let mut p = base.add(at / 8);
        let mut left = n;
        let start = at % 8;
        match (start, n) {
            (0, 8) => return *p = v as u8,
            (0, 16) => return p.cast::<u16>().write_unaligned((v as u16).to_be()),
            (0, 32) => return p.cast::<u32>().write_unaligned((v as u32).to_be()),
            _ => {}
        }
        if start != 0 {
            let k = (8 - start).min(left);
            let shift = 8 - start - k;
            put_bits(p, k, shift, (v >> (left - k)) as u8);
            left -= k;
            p = p.add(1);
        }
        if left == 64 {
            p.cast::<u64>().write_unaligned(v.to_be());
            return;
        }
        if left >= 32 {
            left -= 32;
            p.cast::<u32>().write_unaligned(((v >> left) as u32).to_be());
            p = p.add(4);
        }
        while left >= 8 {
            left -= 8;
            *p = (v >> left) as u8;
            p = p.add(1);
        }
        if left > 0 {
            put_bits(p, left, 8 - left, v as u8);
        }
    }
}

/// Writes the low `k` bits of `v` to the bits of `*p` from bit `shift` (counted from the lowest)
/// on; `k` may be 0 to 7.
#[inline(always)]
unsafe fn put_bits(p: *mut u8, k: usize, shift: usize, v: u8) {
    let mask = ((1u16 << k) - 1) as u8;
    // SAFETY: the caller's byte.
    unsafe { *p = *p & !(mask << shift) | (v & mask) << shift };
}

/// Copies `n` bits from bit `from` of `src` to bit `to` of `dst`.
///
/// # Safety
/// The bytes that hold the source's bits are readable, those of the target too, and the caller
/// alone may write the target's bits. The two fields have no bit in common (a byte they may).
pub(crate) unsafe fn copy(src: *const u8, from: usize, dst: *mut u8, to: usize, n: usize) {
    let (mut from, mut to, mut left) = (from, to, n);
    // SAFETY: only bytes that hold bits of the fields are touched. Whole bytes of the target are
    // no bytes of the source, since each holds eight of the target's bits.
    unsafe {
        if to % 8 != 0 {
            let k = (8 - to % 8).min(left);
            write(dst, to, k, read(src, from, k));
            from += k;
            to += k;
            left -= k;
        }
        if left == 0 {
            return;
        }
        if from % 8 == 0 {
            let bytes = left / 8;
            dst.add(to / 8).copy_from_nonoverlapping(src.add(from / 8), bytes);
            from += bytes * 8;
            to += bytes * 8;
            left %= 8;
        }
        while left >= 64 {
            let v = read(src, from, 64);
            dst.add(to / 8).cast::<u64>().write_unaligned(v.to_be());
            from += 64;
            to += 64;
            left -= 64;
        }
        write(dst, to, left, read(src, from, left));
    }
}

/// Makes `n` bits from bit `at` on all ones or all zeros.
///
/// # Safety
/// As [`write`].
pub(crate) unsafe fn fill(base: *mut u8, at: usize, n: usize, ones: bool) {
    let v = if ones { u64::MAX } else { 0 };
    let (mut at, mut left) = (at, n);
    // SAFETY: as `write`.
    unsafe {
        if at % 8 != 0 {
            let k = (8 - at % 8).min(left);
            write(base, at, k, v);
            at += k;
            left -= k;
        }
        base.add(at / 8).write_bytes(v as u8, left / 8);
        at += left / 8 * 8;
        write(base, at, left % 8, v);
    }
}

/// Whether `n` bits from bit `at` on are those that `with` begins with.
///
/// # Safety
/// The bytes that hold either's bits are readable.
pub(crate) unsafe fn equal(base: *const u8, at: usize, with: *const u8, n: usize) -> bool {
    let mut done = 0;
    // SAFETY: as the caller promises.
    unsafe {
        if at.is_multiple_of(8) {
            let a = std::slice::from_raw_parts(base.add(at / 8), n / 8);
            if a != std::slice::from_raw_parts(with, n / 8) {
                return false;
            }
            done = n / 8 * 8;
        }
        while done < n {
            let k = (n - done).min(64);
            if read(base, at + done, k) != read(with, done, k) {
                return false;
            }
            done += k;
        }
    }
    true
}

/// The number in a little-endian field of `n` (at most 64) bits, from its wire form. The bytes
/// come least significant first; bits that fill no byte come last and are the most significant.
#[inline]
pub(crate) fn from_little(wire: u64, n: usize) -> u64 {
    let (k, r) = (n / 8 * 8, n % 8);
    if k == 0 {
        return wire;
    }
    let low = (wire >> r << (64 - k)).swap_bytes();
    let high = if r == 0 { 0 } else { (wire & ((1 << r) - 1)) << k };
    high | low
}

/// The wire form of the low `n` (at most 64) bits of `v` in a little-endian field.
#[inline]
pub(crate) fn to_little(v: u64, n: usize) -> u64 {
    let (k, r) = (n / 8 * 8, n % 8);
    if k == 0 {
        return v;
    }
    let bytes = v.swap_bytes() >> (64 - k);
    if r == 0 { bytes } else { bytes << r | v >> k & ((1 << r) - 1) }
}

/// The low `n` (1 to 64) bits of `v` as a number in two's complement.
#[inline(always)]
pub(crate) fn sign_extend(v: u64, n: usize) -> i64 {
    (v << (64 - n)) as i64 >> (64 - n)
}

/// A half-precision float's value; infinities and NaNs as they are.
pub(crate) fn f16_to_f64(h: u16) -> f64 {
    let sign = if h >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(h & 0x3FF);
    let magnitude = match h >> 10 & 0x1F {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1024.0 + fraction) * 2f64.powi(i32::from(e) - 25),
    };
    sign * magnitude
}

/// The nearest half-precision float, halves to even; what is too large becomes infinite.
pub(crate) fn f16_from_f32(x: f32) -> u16 {
    let bits = x.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7FFF_FFFF;
    if magnitude > 0x7F80_0000 {
        return sign | 0x7E00;
    }
    // 2^16 and above.
    if magnitude >= 0x4780_0000 {
        return sign | 0x7C00;
    }
    let rounded = |v: u32, shift: u32| {
        let (kept, cut, half) = (v >> shift, v & ((1 << shift) - 1), 1 << (shift - 1));
        (kept + u32::from(cut > half || cut == half && kept & 1 == 1)) as u16
    };
    // Below 2^-14 the result counts in units of 2^-24.
    if magnitude < 0x3880_0000 {
        let exponent = magnitude >> 23;
        if exponent < 102 {
            return sign;
        }
        return sign | rounded(magnitude & 0x7F_FFFF | 0x80_0000, 126 - exponent);
    }
    // The exponents differ by 112 in their bias. Rounding up may carry into it, as it should.
    sign | rounded(magnitude - (112 << 23), 13)
}

/// Whether a number is a character's: not beyond Unicode, no half of a surrogate pair.
#[inline(always)]
pub(crate) fn is_character(c: u64) -> bool {
    c < 0xD800 || (0xE000..0x11_0000).contains(&c)
}

/// The first character in `bytes` and how many bytes it takes, if they begin with UTF-8.
#[inline]
pub(crate) fn decode_utf8(bytes: &[u8]) -> Option<(u32, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let (len, least, head) = match first {
        0..=0x7F => return Some((u32::from(first), 1)),
        0xC2..=0xDF => (2, 0x80, first & 0x1F),
        0xE0..=0xEF => (3, 0x800, first & 0x0F),
        0xF0..=0xF4 => (4, 0x1_0000, first & 0x07),
        _ => return None,
    };
    let mut c = u32::from(head);
    for &b in rest.get(..len - 1)? {
        if b & 0xC0 != 0x80 {
            return None;
        }
        c = c << 6 | u32::from(b & 0x3F);
    }
    (c >= least && is_character(u64::from(c))).then_some((c, len))
}

/// How many bytes a character takes in UTF-8.
#[inline]
pub(crate) fn utf8_len(c: u64) -> usize {
    match c {
        0..0x80 => 1,
        0x80..0x800 => 2,
        0x800..0x1_0000 => 3,
        _ => 4,
    }
}

/// A character in UTF-8, as a number of so many bytes, first most significant.
pub(crate) fn encode_utf8(c: u32) -> (u64, usize) {
    let c = u64::from(c);
    let tail = |shift: u32| 0x80 | c >> shift & 0x3F;
    match utf8_len(c) {
        1 => (c, 1),
        2 => ((0xC0 | c >> 6) << 8 | tail(0), 2),
        3 => ((0xE0 | c >> 12) << 16 | tail(6) << 8 | tail(0), 3),
        _ => ((0xF0 | c >> 18) << 24 | tail(12) << 16 | tail(6) << 8 | tail(0), 4),
    }
}

/// A character in UTF-16, as one or two units (the second is `None` for most).
pub(crate) fn encode_utf16(c: u32) -> (u16, Option<u16>) {
    if c < 0x1_0000 {
        return (c as u16, None);
    }
    let c = c - 0x1_0000;
    (0xD800 | (c >> 10) as u16, Some(0xDC00 | (c & 0x3FF) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> [u8; 24] {
        std::array::from_fn(|i| (i * 89 + 41) as u8)
    }

    fn bit(b: &[u8], i: usize) -> u64 {
        u64::from(b[i / 8] >> (7 - i % 8) & 1)
    }

    #[test]
    fn reads_at_every_offset_and_width() {
        let b = sample();
        for at in 0..32 {
            for n in 0..=64 {
                let want = (0..n).fold(0, |v, i| v << 1 | bit(&b, at + i));
                // SAFETY: the sample has 192 bits.
                assert_eq!(unsafe { read(b.as_ptr(), at, n) }, want, "{at} {n}");
            }
        }
    }

    #[test]
    fn reads_stay_within_the_bytes_of_the_field() {
        // An exact allocation, so that a checker of memory accesses sees what is beyond.
        for at in 0..8usize {
            for n in 1..=64 {
                let b = vec![0xFFu8; (at + n).div_ceil(8)];
                let want = if n == 64 { u64::MAX } else { (1 << n) - 1 };
                // SAFETY: the bytes are just those of the field.
                assert_eq!(unsafe { read(b.as_ptr(), at, n) }, want);
            }
        }
    }

    #[test]
    fn writes_at_every_offset_and_width_and_nothing_else() {
        let v = 0x9E37_79B9_7F4A_7C15u64;
        for at in 0..16 {
            for n in 0..=64 {
                for background in [0u8, 0xFF] {
                    let mut b = [background; 12];
                    // SAFETY: 96 bits.
                    unsafe { write(b.as_mut_ptr(), at, n, v) };
                    for i in 0..96 {
                        let want = if i >= at && i < at + n {
                            v >> (n - 1 - (i - at)) & 1
                        } else {
                            u64::from(background & 1)
                        };
                        assert_eq!(bit(&b, i), want, "{at} {n} bit {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn copies_and_compares_and_fills_at_every_offset() {
        let src = sample();
        for from in 0..9 {
            for to in 0..9 {
                for n in [0, 1, 5, 7, 8, 9, 15, 16, 31, 63, 64, 65, 71, 72, 127, 128, 150] {
                    let mut dst = [0xA5u8; 24];
                    // SAFETY: both have 192 bits, apart from each other.
                    unsafe { copy(src.as_ptr(), from, dst.as_mut_ptr(), to, n) };
                    for i in 0..192 {
                        let want = if i >= to && i < to + n {
                            bit(&src, from + i - to)
                        } else {
                            bit(&[0xA5; 24], i)
                        };
                        assert_eq!(bit(&dst, i), want, "{from} {to} {n} bit {i}");
                    }
                    let mut aligned = [0u8; 24];
                    // SAFETY: as above.
                    unsafe {
                        copy(src.as_ptr(), from, aligned.as_mut_ptr(), 0, n);
                        assert!(equal(dst.as_ptr(), to, aligned.as_ptr(), n));
                        if n > 0 {
                            aligned[(n - 1) / 8] ^= 0x80 >> ((n - 1) % 8);
                            assert!(!equal(dst.as_ptr(), to, aligned.as_ptr(), n));
                        }
                        fill(dst.as_mut_ptr(), to, n, true);
                    }
                    for i in 0..192 {
                        let want = if i >= to && i < to + n { 1 } else { bit(&[0xA5; 24], i) };
                        assert_eq!(bit(&dst, i), want, "fill {to} {n} bit {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn copies_within_a_shared_byte() {
        // What is appended to a bitstring may be that bitstring.
        let mut b = [0b1011_0000u8, 0];
        // SAFETY: bits 0..4 and 4..8 are apart.
        unsafe {
            let p = b.as_mut_ptr();
            copy(p, 0, p, 4, 4);
        }
        assert_eq!(b, [0b1011_1011, 0]);
    }

    #[test]
    fn little_endian_fields() {
        // <<16#123:12/little>> is <<16#23, 1:4>>
        assert_eq!(to_little(0x123, 12), 0x231);
        assert_eq!(from_little(0x231, 12), 0x123);
        assert_eq!(to_little(0x1234, 16), 0x3412);
        assert_eq!(to_little(5, 3), 5);
        for n in 1..=64 {
            let mask = if n == 64 { u64::MAX } else { (1 << n) - 1 };
            let v = 0x9E37_79B9_7F4A_7C15u64 & mask;
            assert_eq!(from_little(to_little(v, n) & mask, n), v, "{n}");
        }
    }

    #[test]
    fn signs() {
        assert_eq!(sign_extend(0xFF, 8), -1);
        assert_eq!(sign_extend(0x7F, 8), 127);
        assert_eq!(sign_extend(1, 1), -1);
        assert_eq!(sign_extend(u64::MAX, 64), -1);
    }

    #[test]
    fn half_floats() {
        for (x, h) in [
            (1.0f32, 0x3C00u16),
            (-2.0, 0xC000),
            (65504.0, 0x7BFF),
            (65519.0, 0x7BFF),
            (65520.0, 0x7C00),
            (1e10, 0x7C00),
            (0.0, 0),
            (-0.0, 0x8000),
            (2f32.powi(-24), 1),
            (2f32.powi(-25), 0),
            (2f32.powi(-25) * 1.5, 1),
            (2f32.powi(-14), 0x0400),
            (1.0 / 3.0, 0x3555),
        ] {
            assert_eq!(f16_from_f32(x), h, "{x}");
        }
        for h in (0..=u16::MAX).filter(|h| h >> 10 & 31 != 31) {
            assert_eq!(f16_from_f32(f16_to_f64(h) as f32), h, "{h:#x}");
        }
        assert!(f16_to_f64(0x7C00).is_infinite() && f16_to_f64(0x7C01).is_nan());
    }

    #[test]
    fn utf8_agrees_with_the_standard_library() {
        for c in (0..0x11_0000u32).filter_map(char::from_u32) {
            let mut buf = [0; 4];
            let s = c.encode_utf8(&mut buf).as_bytes();
            assert_eq!(decode_utf8(s), Some((u32::from(c), s.len())));
            let (wire, len) = encode_utf8(u32::from(c));
            assert_eq!(&wire.to_be_bytes()[8 - len..], s);
            let mut units = [0; 2];
            let s = c.encode_utf16(&mut units);
            let (a, b) = encode_utf16(u32::from(c));
            assert_eq!((a, b), (s[0], s.get(1).copied()));
        }
        for bad in [
            &[0x80][..],
            &[0xC0, 0x80],
            &[0xE0, 0x80, 0x80],
            &[0xED, 0xA0, 0x80],
            &[0xF4, 0x90, 0x80, 0x80],
            &[0xF0, 0x80, 0x80, 0x80],
            &[0xE2, 0x82],
            &[0xC3, 0x41],
            &[],
        ] {
            assert_eq!(decode_utf8(bad), None, "{bad:x?}");
        }
    }
}
