//! Moves, stack frames, heap reservation, return.

use super::zeal::zealous;
use super::{M, make_room, stubs};
use crate::code::ops::MANY;
use crate::term::Word;

#[inline(always)]
pub(super) unsafe fn move_<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table (see the head of `interp`).
    unsafe {
        m.set_b::<K>(m.get_a::<K>());
        m.next(1)
    }
}

/// Two moves, one after the other.
#[inline(always)]
pub(super) unsafe fn move2<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set_b::<K>(m.get_a::<K>());
        m.set_d::<K>(m.get_c::<K>());
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn move_const<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set_b::<K>(Word(m.word(1)));
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn swap<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        std::ptr::swap(m.reg_at::<K>(1), m.reg_at::<K>(2));
        m.next(1)
    }
}

/// Pushes a frame of `slots` Y registers, all `[]` (so that the stack never holds what is not a
/// term), and the return address.
#[inline(always)]
pub(super) unsafe fn push_frame(mut m: M, slots: usize) -> M {
    // SAFETY: the caller has seen that there is room.
    unsafe {
        let end = m.sp;
        m.sp = end.sub(slots + 1);
        // Two at a time, which may fill the place of the return address too; nearly all frames are
        // short.
        let pair = [Word::NIL; 2];
        if slots > 0 {
            end.sub(2).cast::<[Word; 2]>().write(pair);
            if slots > 2 {
                end.sub(4).cast::<[Word; 2]>().write(pair);
                let (mut slot, rest) = (m.sp.add(1), end.sub(4));
                while slot < rest {
                    // Volatile, as the compiler would make ready for long frames.
                    slot.write_volatile(Word::NIL);
                    slot = slot.add(1);
                }
            }
        }
        *m.sp = Word(m.cp as u64);
        m.cp = std::ptr::null();
        m
    }
}

#[inline(always)]
pub(super) unsafe fn allocate<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; registers below `live` are terms.
    unsafe {
        let slots = if K < MANY { usize::from(K) } else { m.a() as usize };
        if m.free() < slots + 1 {
            return allocate_slow(m);
        }
        push_frame(m, slots).next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn allocate_heap(m: M) -> M {
    // SAFETY: as `allocate`.
    unsafe {
        let slots = m.a() as usize;
        let need = m.word(1) as usize;
        if m.free() < slots + 1 + need || zealous(m) {
            return allocate_heap_slow(m);
        }
        push_frame(m, slots).next(2)
    }
}

slow! {
    unsafe fn allocate_slow(m: M) -> M {
        // SAFETY: `cp` is a code address, which the collector passes over; `b` is the live count.
        unsafe {
            let slots = m.a() as usize;
            let m = make_room(m, slots + 1, m.b() as usize, m.c() != 0);
            if m.ip == stubs::stop() { m } else { push_frame(m, slots).next(1) }
        }
    }
}

slow! {
    unsafe fn allocate_heap_slow(m: M) -> M {
        // SAFETY: as `allocate_slow`.
        unsafe {
            let slots = m.a() as usize;
            let need = slots + 1 + m.word(1) as usize;
            let m = make_room(m, need, m.b() as usize, m.c() != 0);
            if m.ip == stubs::stop() { m } else { push_frame(m, slots).next(2) }
        }
    }
}

slow! {
    unsafe fn test_heap_slow(m: M) -> M {
        // SAFETY: registers below `live` are terms.
        unsafe {
            let m = make_room(m, m.word(1) as usize, m.b() as usize, m.c() != 0);
            if m.ip == stubs::stop() { m } else { m.next(2) }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn test_heap(m: M) -> M {
    // SAFETY: operands as in the table; registers below `live` are terms.
    unsafe {
        let need = m.word(1) as usize;
        if m.free() < need || zealous(m) {
            return test_heap_slow(m);
        }
        m.next(2)
    }
}

/// Pops a frame of `slots` Y registers.
#[inline(always)]
pub(super) unsafe fn pop_frame(mut m: M, slots: usize) -> M {
    // SAFETY: the current frame has that many slots.
    unsafe {
        m.cp = (*m.sp).0 as *const u64;
        m.sp = m.sp.add(slots + 1);
        m
    }
}

#[inline(always)]
pub(super) unsafe fn deallocate(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { pop_frame(m, m.a() as usize).next(1) }
}

#[inline(always)]
pub(super) unsafe fn deallocate_return(mut m: M) -> M {
    // SAFETY: operands as in the table; the frame's first word is its return address.
    unsafe {
        let slots = m.a() as usize;
        m.ip = (*m.sp).0 as *const u64;
        m.sp = m.sp.add(slots + 1);
        m
    }
}

#[inline(always)]
pub(super) unsafe fn trim(mut m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let n = m.a() as usize;
        *m.sp.add(n) = *m.sp;
        m.sp = m.sp.add(n);
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn return_(mut m: M) -> M {
    m.ip = m.cp;
    m.cp = std::ptr::null();
    m
}
