//! A small set of register numbers. Most functions stay below 64, so those cost no allocation.

/// A set of numbers.
#[derive(Clone, Debug, Default, Eq)]
pub(super) struct Bits {
    low: u64,
    /// Numbers from 64 on; never ends with a zero, so that equal sets are equal values.
    high: Vec<u64>,
}

impl PartialEq for Bits {
    /// Comparing vectors without elements reads no memory, but processors spend hundreds of cycles
    /// on the way in which the C library does not read it.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.low == other.low && (self.is_low(other) || self.high == other.high)
    }
}

fn low_mask(n: u32) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

impl Bits {
    /// The numbers below `n`.
    pub fn first(n: u32) -> Self {
        let mut bits = Self { low: low_mask(n), high: Vec::new() };
        let mut rest = n.saturating_sub(64);
        while rest > 0 {
            bits.high.push(low_mask(rest));
            rest = rest.saturating_sub(64);
        }
        bits
    }

    #[inline]
    fn word(&self, i: usize) -> u64 {
        match i.checked_sub(1) {
            None => self.low,
            Some(i) => self.high.get(i).copied().unwrap_or(0),
        }
    }

    /// Whether neither has a number from 64 on.
    #[inline]
    fn is_low(&self, other: &Self) -> bool {
        self.high.is_empty() && other.high.is_empty()
    }

    #[inline]
    fn combine(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        if self.is_low(other) {
            return Self { low: f(self.low, other.low), high: Vec::new() };
        }
        let words = self.high.len().max(other.high.len());
        let mut bits = Self {
            low: f(self.low, other.low),
            high: (1..=words).map(|i| f(self.word(i), other.word(i))).collect(),
        };
        bits.tidy();
        bits
    }

    fn tidy(&mut self) {
        while self.high.last() == Some(&0) {
            self.high.pop();
        }
    }

    pub fn and(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    pub fn or(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    pub fn xor(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a ^ b)
    }

    pub fn is_empty(&self) -> bool {
        self.low == 0 && self.high.is_empty()
    }

    pub fn get(&self, n: u32) -> bool {
        self.word(n as usize / 64) >> (n % 64) & 1 != 0
    }

    pub fn set(&mut self, n: u32) {
        match (n as usize / 64).checked_sub(1) {
            None => self.low |= 1 << n,
            Some(i) => {
                if self.high.len() <= i {
                    self.high.resize(i + 1, 0);
                }
                self.high[i] |= 1 << (n % 64);
            }
        }
    }

    pub fn clear(&mut self, n: u32) {
        match (n as usize / 64).checked_sub(1) {
            None => self.low &= !(1 << n),
            Some(i) => {
                if let Some(word) = self.high.get_mut(i) {
                    *word &= !(1 << (n % 64));
                }
                self.tidy();
            }
        }
    }

    /// Drops the numbers from `n` on.
    pub fn keep_first(&mut self, n: u32) {
        self.low &= low_mask(n);
        for (i, word) in self.high.iter_mut().enumerate() {
            *word &= low_mask(n.saturating_sub(64 * (i as u32 + 1)));
        }
        self.tidy();
    }

    /// The lowest number below `n` that is not in the set.
    pub fn first_missing(&self, n: u32) -> Option<u32> {
        let missing = (0..).find_map(|i| {
            let word = self.word(i);
            (word != u64::MAX).then(|| 64 * i as u32 + word.trailing_ones())
        });
        missing.filter(|&m| m < n)
    }

    /// Whether all numbers below `n` are in the set.
    pub fn has_first(&self, n: u32) -> bool {
        self.first_missing(n).is_none()
    }

    /// Whether some number below `n` is in the set.
    pub fn any_below(&self, n: u32) -> bool {
        if n <= 64 || self.high.is_empty() {
            return self.low & low_mask(n) != 0;
        }
        let mut below = self.clone();
        below.keep_first(n);
        !below.is_empty()
    }

    /// Subtracts `n` from every number, dropping what would be negative.
    pub fn shift_down(&mut self, n: u32) {
        if self.high.is_empty() {
            self.low = self.low.checked_shr(n).unwrap_or(0);
            return;
        }
        let mut shifted = Self::default();
        for i in n..64 * (self.high.len() as u32 + 1) {
            if self.get(i) {
                shifted.set(i - n);
            }
        }
        *self = shifted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn across_the_word_boundary() {
        let mut bits = Bits::first(130);
        assert!(bits.get(129) && !bits.get(130));
        assert!(bits.has_first(130) && !bits.has_first(131));
        bits.clear(70);
        assert_eq!(bits.first_missing(130), Some(70));
        bits.shift_down(66);
        assert_eq!(bits.first_missing(64), Some(4));
        assert!(bits.get(63) && !bits.get(64));
        bits.keep_first(3);
        assert_eq!(bits, Bits::first(3));
        assert!(Bits::first(70).and(&Bits::first(3)) == bits);
        assert!(bits.xor(&Bits::first(3)).is_empty());
        let mut far = Bits::default();
        far.set(200);
        assert!(far.get(200) && !far.any_below(200) && far.any_below(201));
        far.clear(200);
        assert!(far.is_empty());
    }
}
