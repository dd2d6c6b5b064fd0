//! The two shapes of an integer, borrowed and owned, and their order.
//!
//! Magnitude is little-endian 64-bit limbs, sign apart. No arithmetic here.

use smallvec::SmallVec;
use std::cmp::Ordering;

use super::{MAX_LIMBS, SystemLimit, small};

/// Limbs of a result, least significant first. Four limbs need no allocation.
pub type Limbs = SmallVec<[u64; 4]>;

/// An integer someone else owns.
///
/// `limbs` is little-endian and has no leading zero limb; zero has no limbs and is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BigRef<'a> {
    /// Whether the integer is below zero.
    pub negative: bool,
    /// Magnitude, least significant limb first.
    pub limbs: &'a [u64],
}

impl<'a> BigRef<'a> {
    /// Zero.
    pub const ZERO: BigRef<'static> = BigRef { negative: false, limbs: &[] };

    /// Normalises: drops leading zero limbs, and the sign of zero.
    #[inline]
    pub fn new(negative: bool, mut limbs: &'a [u64]) -> Self {
        while let [rest @ .., 0] = limbs {
            limbs = rest;
        }
        BigRef { negative: negative && !limbs.is_empty(), limbs }
    }

    /// Whether this is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.limbs.is_empty()
    }

    /// Bits of the magnitude: 0 for 0, 1 for 1 and -1, 8 for 255.
    #[inline]
    pub fn bit_len(self) -> u64 {
        match self.limbs.last() {
            None => 0,
            Some(top) => self.limbs.len() as u64 * 64 - u64::from(top.leading_zeros()),
        }
    }

    /// The value, when 64 bits signed hold it.
    #[inline]
    pub fn to_i64(self) -> Option<i64> {
        match (self.negative, self.limbs) {
            (_, []) => Some(0),
            (false, &[limb]) => i64::try_from(limb).ok(),
            (true, &[limb]) => 0i64.checked_sub_unsigned(limb),
            _ => None,
        }
    }

    /// The value, when 64 bits unsigned hold it.
    pub fn to_u64(self) -> Option<u64> {
        match (self.negative, self.limbs) {
            (_, []) => Some(0),
            (false, &[limb]) => Some(limb),
            _ => None,
        }
    }

    /// The value, when it is in the machine's range of small integers.
    #[inline]
    pub fn to_small(self) -> Option<i64> {
        self.to_i64().filter(|&n| small::is_small(n))
    }

    /// An owned copy.
    pub fn to_owned(self) -> BigBuf {
        BigBuf { negative: self.negative, limbs: Limbs::from_slice(self.limbs) }
    }
}

/// An integer as a result. Kept normalised by every function of this module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BigBuf {
    negative: bool,
    limbs: Limbs,
}

impl BigBuf {
    /// Normalises; may hold more than [`MAX_LIMBS`] limbs only if the caller rules that out.
    pub(super) fn normalised(negative: bool, mut limbs: Limbs) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        BigBuf { negative: negative && !limbs.is_empty(), limbs }
    }

    /// Normalises and holds the result to [`MAX_LIMBS`].
    pub fn new(negative: bool, limbs: Limbs) -> Result<Self, SystemLimit> {
        let big = Self::normalised(negative, limbs);
        if big.limbs.len() > MAX_LIMBS {
            return Err(SystemLimit);
        }
        Ok(big)
    }

    /// The view the functions of this module take.
    pub fn as_ref(&self) -> BigRef<'_> {
        BigRef { negative: self.negative, limbs: &self.limbs }
    }

    /// Whether the integer is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Magnitude, least significant limb first, no leading zero.
    pub fn limbs(&self) -> &[u64] {
        &self.limbs
    }

    /// The same magnitude with the other sign.
    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.limbs.is_empty();
        self
    }
}

impl From<u128> for BigBuf {
    fn from(n: u128) -> Self {
        Self::normalised(false, Limbs::from_slice(&[n as u64, (n >> 64) as u64]))
    }
}

impl From<i128> for BigBuf {
    fn from(n: i128) -> Self {
        let mut big = Self::from(n.unsigned_abs());
        big.negative = n < 0;
        big
    }
}

impl From<i64> for BigBuf {
    fn from(n: i64) -> Self {
        Self::normalised(n < 0, Limbs::from_slice(&[n.unsigned_abs()]))
    }
}

impl From<u64> for BigBuf {
    fn from(n: u64) -> Self {
        Self::normalised(false, Limbs::from_slice(&[n]))
    }
}

/// A machine integer in a form that lends a [`BigRef`], without allocation.
#[derive(Clone, Copy, Debug)]
pub struct InlineInt {
    negative: bool,
    limb: [u64; 1],
}

impl InlineInt {
    /// The view the functions of this module take.
    pub fn as_ref(&self) -> BigRef<'_> {
        BigRef::new(self.negative, &self.limb)
    }
}

impl From<i64> for InlineInt {
    fn from(n: i64) -> Self {
        InlineInt { negative: n < 0, limb: [n.unsigned_abs()] }
    }
}

/// Order of two integers.
pub fn cmp(a: BigRef<'_>, b: BigRef<'_>) -> Ordering {
    match (a.negative, b.negative) {
        (false, false) => cmp_magnitude(a.limbs, b.limbs),
        (true, true) => cmp_magnitude(b.limbs, a.limbs),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// Order of two magnitudes without leading zero limbs.
#[inline]
pub fn cmp_magnitude(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}
