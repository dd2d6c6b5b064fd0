//! Multiplication: one and few limbs here, long ones in the library.

use super::big::{BigBuf, BigRef, Limbs};
use super::{MAX_LIMBS, SystemLimit, library};

/// Up to so many limbs of the shorter operand the plain method beats the library's set-up.
const PLAIN_LIMBS: usize = 16;

/// `a * b`.
pub fn mul(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    let negative = a.negative != b.negative;
    if let (&[x], &[y]) = (a.limbs, b.limbs) {
        let product = BigBuf::from(u128::from(x) * u128::from(y));
        return Ok(if negative { product.negated() } else { product });
    }
    if a.is_zero() || b.is_zero() {
        return Ok(BigBuf::default());
    }
    // A product has at least this many limbs: what is too large is refused before any work.
    if a.limbs.len() + b.limbs.len() - 1 > MAX_LIMBS {
        return Err(SystemLimit);
    }
    let limbs = if a.limbs.len().min(b.limbs.len()) <= PLAIN_LIMBS {
        plain(a.limbs, b.limbs)
    } else {
        library::mul(a.limbs, b.limbs)
    };
    BigBuf::new(negative, limbs)
}

fn plain(a: &[u64], b: &[u64]) -> Limbs {
    let mut product = Limbs::from_elem(0, a.len() + b.len());
    mul_to(&mut product, a, b);
    product
}

/// Whether a product is best made by [`mul_to`].
pub fn is_short(a: &[u64], b: &[u64]) -> bool {
    let least = a.len().min(b.len());
    (1..=PLAIN_LIMBS).contains(&least) && a.len().max(b.len()) < MAX_LIMBS - PLAIN_LIMBS
}

/// Writes the product of two magnitudes to `product`, which is zero and as long as both together.
pub fn mul_to(product: &mut [u64], a: &[u64], b: &[u64]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if let &[y] = short {
        let mut carry = 0;
        for (&x, out) in long.iter().zip(product.iter_mut()) {
            let t = u128::from(x) * u128::from(y) + carry;
            *out = t as u64;
            carry = t >> 64;
        }
        product[long.len()] = carry as u64;
        return;
    }
    for (i, &y) in short.iter().enumerate() {
        let mut carry = 0u128;
        for (&x, out) in long.iter().zip(&mut product[i..]) {
            // At most (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
            let t = u128::from(x) * u128::from(y) + u128::from(*out) + carry;
            *out = t as u64;
            carry = t >> 64;
        }
        product[i + long.len()] = carry as u64;
    }
}

/// `limbs * factor + addend` in place.
pub(super) fn mul_add_limb(limbs: &mut Limbs, factor: u64, addend: u64) {
    let mut carry = u128::from(addend);
    for limb in limbs.iter_mut() {
        let t = u128::from(*limb) * u128::from(factor) + carry;
        *limb = t as u64;
        carry = t >> 64;
    }
    if carry != 0 {
        limbs.push(carry as u64);
    }
}
