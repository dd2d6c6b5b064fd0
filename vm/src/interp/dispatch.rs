//! Dispatch: from one instruction to the next. Made from the table of instructions, in two ways of
//! which a build has one.

#[cfg(debug_assertions)]
use super::state::ANY;
use super::state::M;
use super::{
    arith, bif, binary_build, binary_match, breakpoint, call, common, control, exception, float,
    fun, list, map, message, native_call, native_code, saved_calls, select, test, tuple,
};
use crate::code::ops::{BREAK, Op};
#[cfg(not(debug_assertions))]
use crate::code::ops::{KIND_BITS, OPCODES, OPS};
use crate::for_each_op;
use crate::sched::Worker;
#[cfg(not(debug_assertions))]
use crate::term::Word;
#[cfg(debug_assertions)]
use crate::trace::tracees;

/// Calls a handler, with the kinds of operands if it comes in variants.
macro_rules! call_handler {
    ($family:ident $handler:ident [$($kind:ident)+] $kinds:expr, $m:expr) => {
        $family::$handler::<{ $kinds }>($m)
    };
    ($family:ident $handler:ident [] $kinds:expr, $m:expr) => {
        $family::$handler($m)
    };
}

/// How dispatch is made: the table of instructions becomes [`dispatch`].
///
/// Each instruction is a function of its own that ends by calling the next one's. The calls are
/// sibling calls: the state stays in the registers that arguments are passed in, and every
/// instruction has an indirect jump of its own, which the processor predicts by where it stands.
/// The compiler makes them jumps whenever it optimises, provided that no address of a local
/// variable is alive, which is why handlers call what is long or rare through `outlined!`, and
/// leave for it through `slow!` where the call would cost a frame on the quick way too.
/// `dispatch` checks that the stack is where it was.
#[cfg(not(debug_assertions))]
macro_rules! define_dispatch {
    ($($name:ident = $family:ident :: $handler:ident $([$($kind:ident)+])?, $operands:literal;)*) => {
        /// By opcode without [`BREAK`].
        const PLAIN: [[Handler; 1 << KIND_BITS]; OPS] = [
            [stop; 1 << KIND_BITS],
            $({
                use threaded::$name as h;
                const K: u8 = Op::$name.kinds() as u8;
                [h::<{ 0 & K }>, h::<{ 1 & K }>, h::<{ 2 & K }>, h::<{ 3 & K }>,
                 h::<{ 4 & K }>, h::<{ 5 & K }>, h::<{ 6 & K }>, h::<{ 7 & K }>,
                 h::<{ 8 & K }>, h::<{ 9 & K }>, h::<{ 10 & K }>, h::<{ 11 & K }>,
                 h::<{ 12 & K }>, h::<{ 13 & K }>, h::<{ 14 & K }>, h::<{ 15 & K }>]
            },)*
        ];

        /// The table that every worker has a copy of.
        pub(crate) static HANDLERS: Handlers = Handlers({
            let mut all = [hit as Handler; 2 * OPCODES];
            let mut i = 0;
            while i < OPS << KIND_BITS {
                all[i] = PLAIN[i >> KIND_BITS][i & ((1 << KIND_BITS) - 1)];
                i += 1;
            }
            all
        });

        #[expect(non_snake_case, reason = "named as the instructions are")]
        mod threaded {
            use super::*;
            $(pub(super) unsafe extern "C-unwind" fn $name<const K: u8>(
                ip: *const u64, x: *mut Word, sp: *mut Word, hp: *mut Word, cp: *const u64,
                reds: i64,
            ) {
                // SAFETY: the handlers keep what the head of this file lists.
                unsafe {
                    let m = M::of_registers(ip, x, sp, hp, cp, reds);
                    go_on(call_handler!($family $handler [$($($kind)+)?] K, m))
                }
            })*
        }
    };
}

/// An instruction: instruction pointer, X registers, stack and heap tops, return address,
/// reductions.
#[cfg(not(debug_assertions))]
pub(crate) type Handler =
    unsafe extern "C-unwind" fn(*const u64, *mut Word, *mut Word, *mut Word, *const u64, i64);

/// The handlers by opcode: behind the plain ones, the same with a breakpoint. They lie in the worker,
/// beside the X registers, so that they are found from a machine register that is there anyway.
#[cfg(not(debug_assertions))]
#[derive(Clone, Copy)]
pub(crate) struct Handlers([Handler; 2 * OPCODES]);

/// Goes on with what a handler has left for, or with the instruction at `m.ip`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(super) unsafe fn go_on(m: M) {
    // SAFETY: `ip` is at an instruction, whose opcode is an `Op` and kinds.
    unsafe {
        match m.then {
            Some(handler) => {
                // So that the two calls stay two, and where the handler goes is no variable on the
                // quick way.
                #[cfg(target_arch = "x86_64")]
                std::arch::asm!("", options(nomem, nostack, preserves_flags));
                handler(m.ip, m.x, m.sp, m.hp, m.cp, m.reds)
            }
            None => {
                let handlers = (&raw const (*m.w).handlers).cast::<Handler>();
                (*handlers.add(m.opcode_index()))(m.ip, m.x, m.sp, m.hp, m.cp, m.reds)
            }
        }
    }
}

/// An instruction with a breakpoint: what is to be traced, then the instruction itself.
#[cfg(not(debug_assertions))]
#[cold]
unsafe extern "C-unwind" fn hit(
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    reds: i64,
) {
    // SAFETY: as `go_on`.
    unsafe {
        let m = M::of_registers(ip, x, sp, hp, cp, reds);
        let m = breakpoint::hit(m);
        let handler = HANDLERS.0[(m.opcode() & !BREAK) as usize];
        handler(m.ip, m.x, m.sp, m.hp, m.cp, m.reds)
    }
}

/// An instruction that may call something by name, of a process that saves its calls: notes that,
/// then does as ever.
#[cfg(not(debug_assertions))]
#[cold]
unsafe extern "C-unwind" fn saves(
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    reds: i64,
) {
    // SAFETY: as `go_on`.
    unsafe {
        let m = saved_calls::note(M::of_registers(ip, x, sp, hp, cp, reds));
        let handler = HANDLERS.0[m.opcode_index()];
        handler(m.ip, m.x, m.sp, m.hp, m.cp, m.reds)
    }
}

/// Has a worker note calls by name from here on, or no longer.
#[cfg(not(debug_assertions))]
pub(super) fn save_calls(w: &mut Worker, on: bool) {
    w.saves_calls = on;
    for op in saved_calls::CALLS {
        for kinds in 0..1 << KIND_BITS {
            let i = op.opcode() as usize | kinds;
            for i in [i, i | usize::from(BREAK)] {
                w.handlers.0[i] = if on { saves } else { HANDLERS.0[i] };
            }
        }
    }
}

/// The loop asks the process itself.
#[cfg(debug_assertions)]
pub(super) fn save_calls(_: &mut Worker, _: bool) {}

#[cfg(not(debug_assertions))]
unsafe extern "C-unwind" fn stop(
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    reds: i64,
) {
    // SAFETY: as `go_on`.
    unsafe {
        let m = M::of_registers(ip, x, sp, hp, cp, reds);
        (*m.w).stack_at_stop = stack_address();
        m.spill()
    }
}

/// Where the machine's own stack is, more or less.
#[cfg(not(debug_assertions))]
#[inline(always)]
fn stack_address() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let address: usize;
        // SAFETY: reads a register.
        unsafe {
            std::arch::asm!("mov {}, rsp", out(reg) address, options(nomem, nostack, preserves_flags));
        }
        address
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let here = 0u8;
        std::hint::black_box(&raw const here).addr()
    }
}

/// How far below `rbp` the machine's stack is in instructions, where their return address is (see
/// [`enter`]).
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(crate) const STACK_BELOW_FRAME: i8 = 24;

/// Goes on with the instruction at `ip`. Native code puts addresses on the machine's stack (see
/// [`jit`](crate::jit)): above the return address is 0, which is none, and `rbp`, which whoever uses it has
/// to restore, tells where that is.
///
/// # Safety
/// As for handlers.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
#[unsafe(naked)]
unsafe extern "C-unwind" fn enter(
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    reds: i64,
) {
    std::arch::naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        // The second makes the stack aligned as calls want it.
        "push 0",
        "push 0",
        "movzx eax, word ptr [rdi]",
        "call qword ptr [rsi + rax * 8 + {handlers}]",
        "leave",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        handlers = const std::mem::offset_of!(Worker, handlers) - std::mem::offset_of!(Worker, x),
    )
}

/// Executes instructions until a `Stop`.
#[cfg(not(debug_assertions))]
pub(super) unsafe fn dispatch(m: &mut M) {
    // SAFETY: `Stop` has left the state in the worker's memory.
    unsafe {
        let before = stack_address();
        #[cfg(target_arch = "x86_64")]
        enter(m.ip, m.x, m.sp, m.hp, m.cp, m.reds);
        // Elsewhere instructions want nothing of the machine's stack.
        #[cfg(not(target_arch = "x86_64"))]
        go_on(*m);
        // An instruction that calls where it should jump would use up the stack in long loops.
        assert!(
            before.abs_diff((*m.w).stack_at_stop) < 256,
            "an instruction has left something on the stack"
        );
        *m = M::unspill(m.w);
    }
}

/// Without optimisation the sibling calls would be calls, so there it is a loop.
#[cfg(debug_assertions)]
macro_rules! define_dispatch {
    ($($name:ident = $family:ident :: $handler:ident $([$($kind:ident)+])?, $operands:literal;)*) => {
        /// Executes instructions until a `Stop`.
        pub(super) unsafe fn dispatch(m: &mut M) {
            loop {
                // SAFETY: `ip` is at an instruction; the handlers keep what the head of this file
                // lists.
                unsafe {
                    if (*m.p).trace.any(tracees::SAVES_CALLS)
                        && !(*m.w).dirty
                        && saved_calls::CALLS.contains(&Op::of(m.opcode()))
                    {
                        *m = saved_calls::note(*m);
                    }
                    if m.opcode() & BREAK != 0 {
                        *m = breakpoint::hit(*m);
                    }
                    *m = match Op::of(m.opcode()) {
                        Op::Stop => return,
                        $(Op::$name => {
                            call_handler!($family $handler [$($($kind)+)?] ANY, *m)
                        })*
                    };
                }
            }
        }
    };
}

for_each_op!(define_dispatch);
