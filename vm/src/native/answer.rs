//! How what a native answers comes from its function to the machine: in two registers, which an
//! [`Outcome`] does not.

use super::{Exception, Outcome, Raise, Trap};
use crate::term::{Term, Word};
use std::marker::PhantomData;

/// An [`Outcome`] in two words.
#[must_use]
pub struct Answer<'p> {
    kind: Kind,
    /// The term's word, or the address of a box of what `kind` says.
    word: u64,
    brand: PhantomData<fn(&'p ()) -> &'p ()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum Kind {
    Term,
    Exception,
    Trap,
    Dirty,
}

impl<'p> From<Outcome<'p>> for Answer<'p> {
    #[inline(always)]
    fn from(outcome: Outcome<'p>) -> Answer<'p> {
        Answer::of(outcome)
    }
}

impl<'p> Answer<'p> {
    /// The answer of that outcome.
    #[inline(always)]
    pub fn of(outcome: Outcome<'p>) -> Answer<'p> {
        let (kind, word) = match outcome {
            Ok(t) => (Kind::Term, t.word().0),
            Err(Raise::Exception(e)) => (Kind::Exception, Box::into_raw(e) as u64),
            Err(Raise::Trap(t)) => (Kind::Trap, Box::into_raw(t) as u64),
            Err(Raise::Dirty) => (Kind::Dirty, 0),
        };
        Answer { kind, word, brand: PhantomData }
    }

    /// The term, if it is one.
    #[inline(always)]
    pub fn term(&self) -> Option<Term<'p>> {
        // SAFETY: an answer is only made by `of`, which says what the word is.
        (self.kind == Kind::Term).then(|| unsafe { Term::from_word(Word(self.word)) })
    }

    /// Whether it is to begin anew on a dirty worker.
    #[inline(always)]
    pub fn is_dirty(&self) -> bool {
        self.kind == Kind::Dirty
    }

    /// What it is other than a term. Panics if it is one.
    #[inline(always)]
    pub fn raise(self) -> Raise<'p> {
        match self.outcome() {
            Ok(_) => panic!("a term has been looked for first"),
            Err(raise) => raise,
        }
    }

    /// The outcome that it is the answer of.
    #[inline(always)]
    pub fn outcome(self) -> Outcome<'p> {
        // SAFETY: an answer is only made by `of`, which says what the word is, and is used up here.
        unsafe {
            match self.kind {
                Kind::Term => Ok(Term::from_word(Word(self.word))),
                Kind::Exception => {
                    Err(Raise::Exception(Box::from_raw(self.word as *mut Exception<'p>)))
                }
                Kind::Trap => Err(Raise::Trap(Box::from_raw(self.word as *mut Trap<'p>))),
                Kind::Dirty => Err(Raise::Dirty),
            }
        }
    }
}
