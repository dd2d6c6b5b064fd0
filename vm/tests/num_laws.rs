//! `vm::num` against machine arithmetic, and laws that hold at any length.

use proptest::prelude::*;
use vm::num::{self, BigBuf, Endian, InlineInt, Limbs};

fn value(big: &BigBuf) -> i128 {
    let magnitude = big.limbs().iter().rev().fold(0i128, |sum, &limb| sum << 64 | i128::from(limb));
    if big.is_negative() { -magnitude } else { magnitude }
}

fn ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("below the limit")
}

/// Integers of up to 300 limbs, so that the library's part is met, too.
fn long() -> impl Strategy<Value = BigBuf> {
    (any::<bool>(), prop::collection::vec(any::<u64>(), 0..300))
        .prop_map(|(negative, limbs)| ok(BigBuf::new(negative, Limbs::from_vec(limbs))))
}

/// Integers of up to 126 bits, of every length equally likely.
fn wide() -> impl Strategy<Value = i128> {
    (any::<i128>(), 2u32..128).prop_map(|(n, shift)| n >> shift)
}

proptest! {
    #[test]
    fn machine_integers_agree(a in wide(), b in wide(), count in 0i64..130) {
        let (x, y) = (BigBuf::from(a), BigBuf::from(b));
        let (x, y) = (x.as_ref(), y.as_ref());
        prop_assert_eq!(value(&x.to_owned()), a);
        prop_assert_eq!(value(&ok(num::add(x, y))), a + b);
        prop_assert_eq!(value(&ok(num::sub(x, y))), a - b);
        prop_assert_eq!(num::div(x, y).map(|q| value(&q)), a.checked_div(b));
        prop_assert_eq!(num::rem(x, y).map(|r| value(&r)), a.checked_rem(b));
        prop_assert_eq!(value(&ok(num::band(x, y))), a & b);
        prop_assert_eq!(value(&ok(num::bor(x, y))), a | b);
        prop_assert_eq!(value(&ok(num::bxor(x, y))), a ^ b);
        prop_assert_eq!(value(&ok(num::bnot(x))), !a);
        prop_assert_eq!(value(&ok(num::bsr(x, count))), a >> count.min(127));
        prop_assert_eq!(num::cmp(x, y), a.cmp(&b));
        prop_assert_eq!(num::to_text(x, 10), a.to_string());
        prop_assert_eq!(x.to_i64(), i64::try_from(a).ok());
        prop_assert_eq!(x.to_u64(), u64::try_from(a).ok());
        let (low, high) = (a as i64, b as i64);
        let product = num::mul(InlineInt::from(low).as_ref(), InlineInt::from(high).as_ref());
        prop_assert_eq!(ok(product), BigBuf::from(num::mul_i64(low, high)));
        let mut bytes = [0; 16];
        num::to_bytes(x, &mut bytes, Endian::Little);
        prop_assert_eq!(bytes, a.to_le_bytes());
        prop_assert_eq!(ok(num::from_bytes(&bytes, Endian::Little, true)), x.to_owned());
        num::to_bytes(x, &mut bytes, Endian::Big);
        prop_assert_eq!(bytes, a.to_be_bytes());
        prop_assert_eq!(ok(num::from_bytes(&bytes, Endian::Big, true)), x.to_owned());
    }

    #[test]
    fn long_integers_keep_the_laws(a in long(), b in long(), base in 2u32..=36, count in 0i64..2000) {
        let (x, y) = (a.as_ref(), b.as_ref());
        if let Some((q, r)) = num::div_rem(x, y) {
            let back = ok(num::add(ok(num::mul(q.as_ref(), y)).as_ref(), r.as_ref()));
            prop_assert_eq!(&back, &a);
            prop_assert!(r.as_ref().is_zero() || r.is_negative() == a.is_negative());
            prop_assert!(num::cmp(num::abs(r.as_ref()), num::abs(y)).is_lt());
        } else {
            prop_assert!(y.is_zero());
        }
        prop_assert_eq!(&ok(num::sub(ok(num::add(x, y)).as_ref(), y)), &a);
        // Shifts are multiplication and division by powers of two.
        let shifted = ok(num::bsl(x, count));
        prop_assert_eq!(&ok(num::bsr(shifted.as_ref(), count)), &a);
        let power = ok(num::bsl_i64(1, count));
        prop_assert_eq!(&ok(num::mul(x, power.as_ref())), &shifted);
        // a + b = (a xor b) + 2 (a and b)
        let both = ok(num::bsl(ok(num::band(x, y)).as_ref(), 1));
        let sum = ok(num::add(ok(num::bxor(x, y)).as_ref(), both.as_ref()));
        prop_assert_eq!(sum, ok(num::add(x, y)));
        prop_assert_eq!(&ok(num::parse(num::to_text(x, base).as_bytes(), base)), &a);
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let most = ok(num::bsl_i64(1, num::MAX_LIMBS as i64 * 64 - 1));
    let one = InlineInt::from(1);
    assert_eq!(num::bsl(most.as_ref(), 1), Err(num::SystemLimit));
    assert_eq!(num::add(most.as_ref(), most.as_ref()), Err(num::SystemLimit));
    assert_eq!(num::mul(most.as_ref(), most.as_ref()), Err(num::SystemLimit));
    let largest = ok(num::add(most.as_ref(), ok(num::sub(most.as_ref(), one.as_ref())).as_ref()));
    assert_eq!(largest.limbs().len(), num::MAX_LIMBS);
    assert!(largest.limbs().iter().all(|&limb| limb == u64::MAX));
    assert_eq!(num::add(largest.as_ref(), one.as_ref()), Err(num::SystemLimit));
    assert_eq!(num::bnot(largest.as_ref()), Err(num::SystemLimit));
    let ones = vec![b'1'; num::MAX_LIMBS * 64];
    assert_eq!(ok(num::parse(&ones, 2)), largest);
    let ones = vec![b'1'; num::MAX_LIMBS * 64 + 1];
    assert_eq!(num::parse(&ones, 2), Err(num::ParseError::SystemLimit));
}

#[test]
fn small_range_is_sixty_bits() {
    for (n, small) in [
        (num::SMALL_MAX, true),
        (num::SMALL_MAX + 1, false),
        (num::SMALL_MIN, true),
        (num::SMALL_MIN - 1, false),
    ] {
        assert_eq!(num::is_small(n), small);
        assert_eq!(InlineInt::from(n).as_ref().to_small().is_some(), small);
    }
}
