//! Moves, stack frames, heap reservation, return.

use super::{M, garbage_collect};
use crate::term::Word;

#[inline(always)]
pub(super) unsafe fn move_(m: M) -> M {
    // SAFETY: operands as in the table (see the head of `interp`).
    unsafe {
        m.set(m.b(), m.get(m.a()));
        m.next(1)
    }
}

/// Two moves, one after the other.
#[inline(always)]
pub(super) unsafe fn move2(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set(m.b(), m.get(m.a()));
        m.set(m.word(1) as u16, m.get(m.c()));
        m.next(2)
    }
}

/// Three moves, one after the other.
#[inline(always)]
pub(super) unsafe fn move3(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.word(1);
        m.set(m.b(), m.get(m.a()));
        m.set(w as u16, m.get(m.c()));
        m.set((w >> 32) as u16, m.get((w >> 16) as u16));
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn move_const(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set(m.b(), Word(m.word(1)));
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn swap(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        std::ptr::swap(m.reg(m.a()), m.reg(m.b()));
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn init_y(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let n = m.a() as usize;
        for i in 0..n {
            let r = (m.word(1 + i / 4) >> (16 * (i % 4))) as u16;
            m.set(r, Word::NIL);
        }
        m.next(1 + n.div_ceil(4))
    }
}

/// Pushes a frame of `slots` Y registers, all `[]` (so that the stack never holds what is not a
/// term), and the return address.
#[inline(always)]
pub(super) unsafe fn push_frame(mut m: M, slots: usize) -> M {
    // SAFETY: the caller has seen that there is room.
    unsafe {
        m.sp = m.sp.sub(slots + 1);
        *m.sp = Word(m.cp as u64);
        for i in 1..=slots {
            *m.sp.add(i) = Word::NIL;
        }
        m.cp = std::ptr::null();
        m
    }
}

#[inline(always)]
pub(super) unsafe fn allocate(mut m: M) -> M {
    // SAFETY: operands as in the table; registers below `live` are terms.
    unsafe {
        let slots = m.a() as usize;
        if m.free() < slots + 1 {
            m = collect_for_frame(m, slots + 1);
        }
        push_frame(m, slots).next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn allocate_heap(mut m: M) -> M {
    // SAFETY: as `allocate`.
    unsafe {
        let slots = m.a() as usize;
        let need = m.word(1) as usize;
        if m.free() < slots + 1 + need || cfg!(feature = "gc_zeal") {
            m = collect_for_frame(m, slots + 1 + need);
        }
        push_frame(m, slots).next(2)
    }
}

outlined! {
    /// A leaf function is about to push its frame: its return address is still in `cp`.
    unsafe fn collect_for_frame(m: M, need: usize) -> M {
        // SAFETY: `cp` is a code address, which the collector passes over; `b` is the live count.
        unsafe { garbage_collect(m, need, m.b() as usize) }
    }
}

#[inline(always)]
pub(super) unsafe fn test_heap(mut m: M) -> M {
    // SAFETY: operands as in the table; registers below `live` are terms.
    unsafe {
        let need = m.word(1) as usize;
        if m.free() < need || cfg!(feature = "gc_zeal") {
            m = garbage_collect(m, need, m.b() as usize);
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
