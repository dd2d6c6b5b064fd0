//! Making function values.

use super::M;
use crate::term::Word;
use crate::term::layout::{Kind, header};

#[inline(always)]
pub(super) unsafe fn make_fun(mut m: M) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved 3 + count words (the transformer
    // counts a fun that way).
    unsafe {
        let n = m.word(2) as usize;
        let p = m.hp;
        *p = header(Kind::Fun, 2 + n);
        *p.add(1) = Word(m.word(1));
        *p.add(2) = Word::from_pid((*m.p).pid);
        for i in 0..n {
            *p.add(3 + i) = m.tagged(m.word(3 + i));
        }
        m.hp = p.add(3 + n);
        m.set(m.a(), Word::from_boxed_ptr(p));
        m.next(3 + n)
    }
}
