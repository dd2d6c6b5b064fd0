//! What is known of the term in a register, as one word. Only what `types` asks for.

/// A set of kinds of terms; of tuples, the least size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Ty {
    kinds: u8,
    /// Of tuples, the least number of elements. `u32::MAX` if the term is no tuple.
    size: u32,
}

const CONS: u8 = 1;
const NIL: u8 = 2;
const TUPLE: u8 = 4;
const CONTEXT: u8 = 8;
const OTHER: u8 = 16;
const ALL: u8 = CONS | NIL | TUPLE | CONTEXT | OTHER;
/// The term is the function's argument whose index is in bits 8 on of `size`. Nothing else is
/// known of it.
const ARGUMENT: u8 = 32;

impl Ty {
    pub const ANY: Ty = Ty { kinds: ALL, size: 0 };
    pub const CONS: Ty = Ty { kinds: CONS, size: u32::MAX };
    pub const NIL: Ty = Ty { kinds: NIL, size: u32::MAX };
    pub const LIST: Ty = Ty { kinds: CONS | NIL, size: u32::MAX };
    /// Neither list nor tuple. A match context counts as the bitstring that is left of it.
    pub const OTHER: Ty = Ty { kinds: OTHER | CONTEXT, size: u32::MAX };
    pub const CONTEXT: Ty = Ty { kinds: CONTEXT, size: u32::MAX };

    /// A tuple of at least so many elements.
    pub fn tuple(size: u32) -> Ty {
        Ty { kinds: TUPLE, size }
    }

    /// The function's `i`th argument.
    pub fn argument(i: u8) -> Ty {
        Ty { kinds: ALL | ARGUMENT, size: i.into() }
    }

    /// Which argument this still is.
    pub fn argument_index(self) -> Option<u8> {
        (self.kinds & ARGUMENT != 0).then_some(self.size as u8)
    }

    /// Without the claim to be an argument.
    fn plain(self) -> Ty {
        if self.kinds & ARGUMENT != 0 { Ty::ANY } else { self }
    }

    /// What may be either.
    pub fn or(self, other: Ty) -> Ty {
        if self == other {
            return self;
        }
        let (a, b) = (self.plain(), other.plain());
        Ty { kinds: a.kinds | b.kinds, size: a.size.min(b.size) }
    }

    /// What is both.
    pub fn and(self, other: Ty) -> Ty {
        let (a, b) = (self.plain(), other.plain());
        let kinds = a.kinds & b.kinds;
        Ty { kinds, size: if kinds & TUPLE == 0 { u32::MAX } else { a.size.max(b.size) } }
    }

    /// What is this and a tuple of at least so many elements.
    pub fn and_tuple(self, size: u32) -> Ty {
        self.and(Ty::tuple(size))
    }

    /// What is this and of none of the other's kinds.
    pub fn without(self, other: Ty) -> Ty {
        let a = self.plain();
        let kinds = a.kinds & !other.kinds;
        Ty { kinds, size: if kinds & TUPLE == 0 { u32::MAX } else { a.size } }
    }

    pub fn is_cons(self) -> bool {
        self.kinds & !CONS == 0
    }

    /// Whether it is a tuple with at least so many elements.
    pub fn is_tuple_of(self, size: u32) -> bool {
        self.kinds & !TUPLE == 0 && self.size >= size
    }
}

impl std::fmt::Debug for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}/{}", self.kinds, self.size)
    }
}
