//! Building numbers.

use super::{Area, Kind, Term, Word, header};
use crate::heap::words::{copy_words, zero_words};
use crate::num::{self, BigRef, MAX_LIMBS, SystemLimit};

#[inline(always)]
fn big_header(n: BigRef<'_>) -> Word {
    header(if n.negative { Kind::BigNeg } else { Kind::BigPos }, n.limbs.len())
}

impl<'p> Area<'p> {
    /// Any integer.
    #[inline]
    pub fn int(&mut self, n: i64) -> Term<'p> {
        match Word::try_small(n) {
            Some(w) => Term::immediate(w),
            None => self.big(BigRef { negative: n < 0, limbs: &[n.unsigned_abs()] }),
        }
    }

    /// Any integer that is not negative.
    #[inline]
    pub fn uint(&mut self, n: u64) -> Term<'p> {
        if n <= num::SMALL_MAX as u64 {
            return Term::small(n as i64);
        }
        self.big(BigRef { negative: false, limbs: &[n] })
    }

    /// An integer of up to 128 bits.
    pub fn int128(&mut self, n: i128) -> Term<'p> {
        match i64::try_from(n) {
            Ok(n) => self.int(n),
            Err(_) => {
                let m = n.unsigned_abs();
                self.integer(BigRef { negative: n < 0, limbs: &[m as u64, (m >> 64) as u64] })
            }
        }
    }

    /// An integer given by its limbs, in its one representation.
    #[inline]
    pub fn integer(&mut self, n: BigRef<'_>) -> Term<'p> {
        let mut limbs = n.limbs;
        while let [rest @ .., 0] = limbs {
            limbs = rest;
        }
        let n = BigRef { limbs, ..n };
        match n.to_small() {
            Some(v) => Term::small(v),
            None => self.big(n),
        }
    }

    /// The integer whose magnitude `fill` writes to so many limbs, which are zero.
    #[inline]
    pub fn integer_in_place(
        &mut self,
        negative: bool,
        most: usize,
        fill: impl FnOnce(&mut [u64]),
    ) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(1 + most);
        // SAFETY: 1 + most fresh words, all written before a slice shows them or the object is whole.
        unsafe {
            zero_words(p.add(1), most);
            fill(std::slice::from_raw_parts_mut(p.add(1).cast(), most));
            self.integer_at(p, negative, most)
        }
    }

    /// The integer of so many limbs, which `next` gives from the lowest on. For such as are few.
    #[inline(always)]
    pub fn integer_of_limbs(
        &mut self,
        negative: bool,
        most: usize,
        mut next: impl FnMut(usize) -> u64,
    ) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(1 + most);
        // SAFETY: 1 + most fresh words, all written before the object is whole. Volatile, as the compiler
        // would prepare for many.
        unsafe {
            for i in 0..most {
                p.add(1 + i).write_volatile(Word(next(i)));
            }
            self.integer_at(p, negative, most)
        }
    }

    /// `bnot` of an integer on a heap: `-n - 1`, the other sign and a magnitude of one more or less. It is
    /// no small one either.
    #[inline]
    pub(in crate::term) fn complement(&mut self, n: BigRef<'_>) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(2 + n.limbs.len());
        let mut len = 0;
        // SAFETY: 2 + n fresh words, of which 1 + len are written and kept.
        unsafe {
            let mut over = true;
            for limb in n.limbs {
                let step = u64::from(over);
                let next;
                (next, over) = if n.negative {
                    limb.overflowing_sub(step)
                } else {
                    limb.overflowing_add(step)
                };
                len += 1;
                // As the compiler would prepare for many.
                p.add(len).write_volatile(Word(next));
            }
            if over {
                len += 1;
                *p.add(len) = Word(1);
            } else if (*p.add(len)).0 == 0 {
                len -= 1;
            }
            if len > MAX_LIMBS {
                self.hp = p;
                return Err(SystemLimit);
            }
            *p = header(if n.negative { Kind::BigPos } else { Kind::BigNeg }, len);
            self.hp = p.add(1 + len);
        }
        Ok(self.boxed(p))
    }

    /// The integer whose limbs are at `p` behind the room for a header. What is not used is given back.
    ///
    /// # Safety
    /// `p` is where the last that was taken of the area lies: 1 + `most` words, all but the first written.
    #[inline(always)]
    unsafe fn integer_at(
        &mut self,
        p: *mut Word,
        negative: bool,
        most: usize,
    ) -> Result<Term<'p>, SystemLimit> {
        // SAFETY: the caller's promise.
        unsafe {
            let limbs = std::slice::from_raw_parts(p.add(1).cast(), most);
            let n = BigRef::new(negative, limbs);
            if n.limbs.len() < 2
                && let Some(v) = n.to_small()
            {
                self.hp = p;
                return Ok(Term::small(v));
            }
            if n.limbs.len() > MAX_LIMBS {
                self.hp = p;
                return Err(SystemLimit);
            }
            *p = big_header(n);
            self.hp = p.add(1 + n.limbs.len());
        }
        Ok(self.boxed(p))
    }

    /// An integer of a sign and a magnitude of more bits than a small integer has.
    #[inline(always)]
    pub(in crate::term) fn magnitude(&mut self, negative: bool, n: u128) -> Term<'p> {
        debug_assert!(n > num::SMALL_MAX as u128 + 1);
        let (low, high) = (n as u64, (n >> 64) as u64);
        if high == 0 {
            self.big(BigRef { negative, limbs: &[low] })
        } else {
            self.big(BigRef { negative, limbs: &[low, high] })
        }
    }

    /// An integer of limbs as they are where one is on a heap.
    #[inline(always)]
    pub(in crate::term) fn big(&mut self, n: BigRef<'_>) -> Term<'p> {
        // Few words that there is room for need no call.
        if n.limbs.len() <= 4 && self.room_at_hp() > n.limbs.len() {
            self.big_here(n)
        } else {
            self.big_anywhere(n.negative, n.limbs)
        }
    }

    #[inline(never)]
    fn big_anywhere(&mut self, negative: bool, limbs: &[u64]) -> Term<'p> {
        self.big_here(BigRef { negative, limbs })
    }

    #[inline(always)]
    fn big_here(&mut self, n: BigRef<'_>) -> Term<'p> {
        let p = self.alloc(1 + n.limbs.len());
        // SAFETY: 1 + n fresh words.
        unsafe {
            *p = big_header(n);
            copy_words(n.limbs.as_ptr().cast(), p.add(1), n.limbs.len());
        }
        self.boxed(p)
    }

    /// A float; not an infinity or a NaN, which Erlang does not have.
    #[inline]
    pub fn float(&mut self, x: f64) -> Term<'p> {
        debug_assert!(x.is_finite());
        match Word::try_float(x) {
            Some(w) => Term::immediate(w),
            None => {
                let p = self.alloc(2);
                // SAFETY: two fresh words.
                unsafe {
                    *p = header(Kind::Float, 1);
                    *p.add(1) = Word(x.to_bits());
                }
                self.boxed(p)
            }
        }
    }
}
