//! Where native code is entered (see [`jit`](crate::jit)).

use super::M;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
use super::dispatch::Handler;
use crate::code::ops::BREAK;
use crate::sync::{AtomicU32, Ordering};

/// Counts the calls of a function. Who makes the last has it compiled; what others count at the same
/// time may be lost.
#[inline(always)]
pub(super) unsafe fn entry(m: M) -> M {
    // SAFETY: operands as in the table; those 32 bits are read and written as an atomic alone.
    unsafe {
        let left = AtomicU32::from_ptr(m.ip.cast::<u32>().add(1).cast_mut());
        let now = left.load(Ordering::Relaxed).wrapping_sub(1);
        left.store(now, Ordering::Relaxed);
        if now == 0 {
            return compile(m);
        }
        m.next(2)
    }
}

slow! {
    unsafe fn compile(m: M) -> M {
        // SAFETY: as `entry`.
        unsafe {
            let left = m.vm().jit.compile(m.vm(), m.ip);
            AtomicU32::from_ptr(m.ip.cast::<u32>().add(1).cast_mut()).store(left, Ordering::Relaxed);
            // Once more, by what it has become; but a breakpoint has been met already.
            if m.opcode() & BREAK == 0 { m } else { m.next(2) }
        }
    }
}

/// There is no native code yet.
#[inline(always)]
pub(super) unsafe fn resume(m: M) -> M {
    // SAFETY: code goes on behind it.
    unsafe { m.next(2) }
}

#[inline(always)]
pub(super) unsafe fn native(m: M) -> M {
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    // SAFETY: further word 1 is the address of machine code that takes the state as handlers do; it
    // was written before the opcode.
    unsafe {
        let code = std::mem::transmute::<u64, Handler>(m.word(1));
        M { then: Some(code), ..m }
    }
    #[cfg(not(all(target_arch = "x86_64", not(debug_assertions))))]
    // SAFETY: never made in such a build; the interpreter goes on behind it.
    unsafe {
        m.next(2)
    }
}
