//! The interpreter: dispatch, and what every instruction family works on.
//!
//! The running process's state is in [`M`], a few words that are passed from handler to handler by
//! value so that they stay in machine registers. Handlers are inlined into what [`dispatch`]
//! goes through; what is long or rare is a function of its own that takes and returns an `M`.
//!
//! A handler never leaves the loop: to stop, it makes `ip` the address of a `Stop` instruction and
//! says in [`Worker::after`] what becomes of the process.
//!
//! # What handlers may rely on (kept by the verifier, the transformer and each other)
//! - `ip` is at an instruction of live code; its operands are as the table in `code::ops` says.
//! - Register operands name X registers below `X_REGS + SCRATCH_REGS`, or slots of the current
//!   frame.
//! - The words between `hp` and `sp` are free; an instruction that builds without checking has
//!   had them reserved by `TestHeap` or its like.

/// Defines functions that are calls and not part of the interpreter's loop: they take and give
/// back the state through the worker's memory. Passed as an argument it would have to live in
/// memory everywhere, also in the handlers that never make the call.
macro_rules! outlined {
    ($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($m:ident: M $(, $arg:ident: $ty:ty)*) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        $vis unsafe fn $name(m: $crate::interp::M $(, $arg: $ty)*) -> $crate::interp::M {
            #[inline(always)]
            unsafe fn body($m: $crate::interp::M $(, $arg: $ty)*) -> $crate::interp::M $body

            #[inline(never)]
            unsafe fn out(w: *mut $crate::sched::Worker $(, $arg: $ty)*) {
                // SAFETY: the caller has just put its state there, and hands on its promise.
                unsafe { body($crate::interp::M::unspill(w) $(, $arg)*).spill() };
            }
            // SAFETY: the worker is ours; the promise of `$name` itself is handed on.
            unsafe {
                m.spill();
                out(m.w $(, $arg)*);
                $crate::interp::M::unspill(m.w)
            }
        }
    };
}

/// Defines the rest of an instruction that its handler leaves for: like `outlined!`, and the
/// handler goes there in place of calling it, so that it needs no frame itself. The handler has to
/// return what it gets from here as it is, and must not have been called through `outlined!`.
macro_rules! slow {
    ($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($m:ident: M) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        $vis unsafe fn $name(m: $crate::interp::M) -> $crate::interp::M {
            #[inline(never)]
            unsafe fn out(w: *mut $crate::sched::Worker) {
                #[inline(always)]
                unsafe fn body($m: $crate::interp::M) -> $crate::interp::M $body
                // SAFETY: the caller has just put its state there, and hands on its promise.
                unsafe { body($crate::interp::M::unspill(w)).spill() };
            }
            #[cfg(debug_assertions)]
            // SAFETY: the worker is ours; the promise of `$name` itself is handed on.
            unsafe {
                m.spill();
                out(m.w);
                $crate::interp::M::unspill(m.w)
            }
            #[cfg(not(debug_assertions))]
            {
                #[cold]
                unsafe fn entry(
                    ip: *const u64,
                    x: *mut $crate::term::Word,
                    sp: *mut $crate::term::Word,
                    hp: *mut $crate::term::Word,
                    cp: *const u64,
                    reds: i64,
                ) {
                    // SAFETY: as in builds without optimisation.
                    unsafe {
                        let m = $crate::interp::M::of_registers(ip, x, sp, hp, cp, reds);
                        m.spill();
                        out(m.w);
                        $crate::interp::go_on($crate::interp::M::unspill(m.w))
                    }
                }
                $crate::interp::M { then: Some(entry), ..m }
            }
        }
    };
}

/// Defines a second way of an instruction that its handler leaves for: quick too, but with needs of
/// its own in machine registers, which the first way shall not pay for. As with `slow!` the handler
/// has to return what it gets from here as it is.
macro_rules! aside {
    ($(#[$meta:meta])* unsafe fn $name:ident<const K: u8>($m:ident: M) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        unsafe fn $name<const K: u8>(m: $crate::interp::M) -> $crate::interp::M {
            #[inline(always)]
            unsafe fn body<const K: u8>($m: $crate::interp::M) -> $crate::interp::M $body
            #[cfg(debug_assertions)]
            // SAFETY: the promise of `$name` itself is handed on.
            unsafe {
                body::<K>(m)
            }
            #[cfg(not(debug_assertions))]
            {
                unsafe fn entry<const K: u8>(
                    ip: *const u64,
                    x: *mut $crate::term::Word,
                    sp: *mut $crate::term::Word,
                    hp: *mut $crate::term::Word,
                    cp: *const u64,
                    reds: i64,
                ) {
                    // SAFETY: as in builds without optimisation.
                    unsafe {
                        let m = $crate::interp::M::of_registers(ip, x, sp, hp, cp, reds);
                        $crate::interp::go_on(body::<K>(m))
                    }
                }
                $crate::interp::M { then: Some(entry::<K>), ..m }
            }
        }
    };
}

pub mod stubs;

mod arith;
mod bif;
pub(crate) mod binary_build;
pub(crate) mod binary_match;
mod call;
mod common;
mod control;
mod exception;
mod float;
mod fun;
mod list;
mod map;
mod message;
mod native_call;
mod select;
mod test;
pub mod trace;
mod tuple;

#[cfg(not(debug_assertions))]
use crate::code::ops::{KIND_BITS, OPS};
use crate::code::ops::{Op, Y_BIT};
use crate::for_each_op;
use crate::heap::collect::{Roots, collect};
use crate::process::{INLINE_REGS, Process};
use crate::sched::Worker;
use crate::sched::worker::After;
use crate::term::{Term, Word};
use crate::vm::Vm;

/// The running process's state.
#[derive(Clone, Copy)]
pub(crate) struct M {
    /// The current instruction.
    pub ip: *const u64,
    /// X register 0.
    pub x: *mut Word,
    /// Top of the stack. With a frame: its return address, then its Y registers.
    pub sp: *mut Word,
    /// First free word of the heap.
    pub hp: *mut Word,
    /// Where a function without a frame returns to; null in a function with one.
    pub cp: *const u64,
    /// Reductions left.
    pub reds: i64,
    /// The process.
    pub p: *mut Process,
    /// The worker.
    pub w: *mut Worker,
    /// What goes on in place of the instruction at `ip`, if a handler has left for it.
    #[cfg(not(debug_assertions))]
    pub then: Option<Handler>,
}

/// In place of the kinds of an instruction's operands: they are read from its opcode.
pub(crate) const ANY: u8 = 0xFF;

/// What changes of an [`M`] while it is in the worker's memory.
#[derive(Clone, Copy)]
pub struct Spilled {
    ip: *const u64,
    sp: *mut Word,
    hp: *mut Word,
    cp: *const u64,
    reds: i64,
}

impl Spilled {
    /// Before anything runs.
    pub const NOTHING: Spilled = Spilled {
        ip: std::ptr::null(),
        sp: std::ptr::null_mut(),
        hp: std::ptr::null_mut(),
        cp: std::ptr::null(),
        reds: 0,
    };
}

impl M {
    /// The instruction's first word.
    #[inline(always)]
    unsafe fn word0(self) -> u64 {
        // SAFETY: `ip` is at an instruction.
        unsafe { *self.ip }
    }

    /// Its `i`th further word, from 1.
    #[inline(always)]
    unsafe fn word(self, i: usize) -> u64 {
        // SAFETY: the caller's instruction has that many words.
        unsafe { *self.ip.add(i) }
    }

    #[inline(always)]
    unsafe fn a(self) -> u16 {
        // SAFETY: as `word0`.
        unsafe { (self.word0() >> 16) as u16 }
    }

    #[inline(always)]
    unsafe fn b(self) -> u16 {
        // SAFETY: as `word0`.
        unsafe { (self.word0() >> 32) as u16 }
    }

    #[inline(always)]
    unsafe fn c(self) -> u16 {
        // SAFETY: as `word0`.
        unsafe { (self.word0() >> 48) as u16 }
    }

    /// The address of a register operand.
    #[inline(always)]
    unsafe fn reg(self, operand: u16) -> *mut Word {
        let base = if operand & Y_BIT != 0 { self.sp } else { self.x };
        // SAFETY: operands name registers that exist.
        unsafe { base.add((operand & !Y_BIT) as usize) }
    }

    #[inline(always)]
    unsafe fn get(self, operand: u16) -> Word {
        // SAFETY: as `reg`.
        unsafe { *self.reg(operand) }
    }

    #[inline(always)]
    unsafe fn set(self, operand: u16, w: Word) {
        // SAFETY: as `reg`.
        unsafe { *self.reg(operand) = w }
    }

    /// The address of the register operand in the `i`th half-word, whose kind is in bit `i - 1`
    /// of `K` or of the opcode.
    #[inline(always)]
    unsafe fn reg_at<const K: u8>(self, i: usize) -> *mut Word {
        // SAFETY: operands name registers that exist; `ip` is at an instruction.
        unsafe {
            let kinds = if K == ANY { self.word0() as u8 } else { K };
            let base = if kinds >> (i - 1) & 1 != 0 { self.sp } else { self.x };
            base.add(*self.ip.cast::<u16>().add(i) as usize)
        }
    }

    #[inline(always)]
    unsafe fn get_a<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(1) }
    }

    #[inline(always)]
    unsafe fn get_b<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(2) }
    }

    #[inline(always)]
    unsafe fn get_c<const K: u8>(self) -> Word {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(3) }
    }

    #[inline(always)]
    unsafe fn set_a<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(1) = w }
    }

    #[inline(always)]
    unsafe fn set_b<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(2) = w }
    }

    #[inline(always)]
    unsafe fn set_c<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(3) = w }
    }

    #[inline(always)]
    unsafe fn set_d<const K: u8>(self, w: Word) {
        // SAFETY: as `reg_at`.
        unsafe { *self.reg_at::<K>(4) = w }
    }

    /// Register operand `c` of an instruction that comes in variants, kind and all.
    #[inline(always)]
    unsafe fn any_c(self) -> u16 {
        // SAFETY: as `word0`.
        unsafe { self.c() | ((self.word0() >> 2 & 1) << 15) as u16 }
    }

    /// The value of a tagged operand.
    #[inline(always)]
    unsafe fn tagged(self, operand: u64) -> Word {
        if operand & 3 == 0 {
            // SAFETY: as `reg`.
            unsafe { self.get((operand >> 2) as u16) }
        } else {
            Word(operand)
        }
    }

    /// The value of register `a` as a term.
    #[inline(always)]
    unsafe fn term_a<'a>(self) -> Term<'a> {
        // SAFETY: registers that instructions read hold terms.
        unsafe { term(self.get(self.a())) }
    }

    /// Goes on after an instruction of `words` words.
    #[inline(always)]
    unsafe fn next(mut self, words: usize) -> M {
        // SAFETY: code goes on behind every instruction that does this.
        self.ip = unsafe { self.ip.add(words) };
        self
    }

    /// Branches by the `rel` in the first word.
    #[inline(always)]
    unsafe fn branch(self) -> M {
        // SAFETY: branch offsets lead to instructions of the same module.
        unsafe { self.branch_by((self.word0() >> 32) as i32) }
    }

    /// Branches by the `rel` in the low half of further word 1.
    #[inline(always)]
    unsafe fn branch_w1(self) -> M {
        // SAFETY: as `branch`.
        unsafe { self.branch_by(self.word(1) as i32) }
    }

    #[inline(always)]
    unsafe fn branch_by(mut self, rel: i32) -> M {
        // SAFETY: as `branch`.
        self.ip = unsafe { self.ip.offset(rel as isize) };
        self
    }

    /// Goes on if `ok`, else branches by the `rel` in the first word.
    #[inline(always)]
    unsafe fn test(self, ok: bool, words: usize) -> M {
        // SAFETY: as `next` and `branch`.
        unsafe { if ok { self.next(words) } else { self.branch() } }
    }

    /// Goes on if `ok`, else branches by the `rel` in further word 1.
    #[inline(always)]
    unsafe fn test_w1(self, ok: bool, words: usize) -> M {
        // SAFETY: as `next` and `branch_w1`.
        unsafe { if ok { self.next(words) } else { self.branch_w1() } }
    }

    /// Free words between heap and stack.
    #[inline(always)]
    fn free(self) -> usize {
        (self.sp as usize - self.hp as usize) / 8
    }

    /// The machine.
    #[inline(always)]
    unsafe fn vm<'a>(self) -> &'a Vm {
        // SAFETY: the worker holds the machine for as long as it runs processes.
        unsafe { &*std::sync::Arc::as_ptr(&(*self.w).vm) }
    }

    /// Puts the state into the worker's memory (see `outlined`).
    #[inline(always)]
    unsafe fn spill(self) {
        #[cfg(not(debug_assertions))]
        assert!(self.then.is_none(), "what a handler leaves for is not left to a function");
        // SAFETY: the worker is ours.
        unsafe {
            (*self.w).spilled =
                Spilled { ip: self.ip, sp: self.sp, hp: self.hp, cp: self.cp, reds: self.reds };
        }
    }

    /// The state of what is passed from instruction to instruction; the rest is found from it.
    #[cfg(not(debug_assertions))]
    #[inline(always)]
    unsafe fn of_registers(
        ip: *const u64,
        x: *mut Word,
        sp: *mut Word,
        hp: *mut Word,
        cp: *const u64,
        reds: i64,
    ) -> M {
        // SAFETY: the X registers lie in the worker, which runs a process.
        unsafe {
            let w = x.byte_sub(std::mem::offset_of!(Worker, x)).cast::<Worker>();
            M { ip, x, sp, hp, cp, reds, p: (*w).current, w, then: None }
        }
    }

    /// Takes the state from there.
    #[inline(always)]
    unsafe fn unspill(w: *mut Worker) -> M {
        // SAFETY: the worker is ours and runs a process.
        unsafe {
            let s = &raw const (*w).spilled;
            M {
                ip: (*s).ip,
                x: (&raw mut (*w).x).cast(),
                sp: (*s).sp,
                hp: (*s).hp,
                cp: (*s).cp,
                reds: (*s).reds,
                p: (*w).current,
                w,
                #[cfg(not(debug_assertions))]
                then: None,
            }
        }
    }

    /// Writes heap and stack tops back to the process.
    #[inline(always)]
    unsafe fn save_tops(self) {
        // SAFETY: the worker owns the process.
        unsafe {
            (*self.p).heap.top = self.hp;
            (*self.p).heap.stop = self.sp;
        }
    }

    /// Takes heap and stack tops from the process.
    #[inline(always)]
    unsafe fn load_tops(mut self) -> M {
        // SAFETY: the worker owns the process.
        unsafe {
            self.hp = (*self.p).heap.top;
            self.sp = (*self.p).heap.stop;
        }
        self
    }

    /// Stops the loop; `after` says what becomes of the process.
    unsafe fn stop(mut self, after: After) -> M {
        // SAFETY: the worker is ours.
        unsafe { (*self.w).after = after };
        self.ip = stubs::stop();
        self
    }
}

/// A word that is a term, seen as one.
#[inline(always)]
unsafe fn term<'a>(w: Word) -> Term<'a> {
    // SAFETY: the caller's words are terms; the lifetime ends before anything collects, since
    // handlers keep no `Term` across a collection.
    unsafe { Term::from_word(w) }
}

outlined! {
    /// Makes at least `need` words free. Registers from `live` on are dead.
    unsafe fn garbage_collect(m: M, need: usize, live: usize) -> M {
        // SAFETY: the caller's promise: registers below `live` are terms.
        unsafe { garbage_collect_with(m, need, live, &mut Word::NIL.clone(), false) }
    }
}

outlined! {
    /// As [`garbage_collect`], with one more root, and a choice of kind.
    unsafe fn garbage_collect_with(m: M, need: usize, live: usize, extra: &mut Word, major: bool) -> M {
        // SAFETY: the worker owns the process; the roots are all there are: registers, the extra word,
        // the stack (which the collector finds itself), and what the process lists.
        unsafe {
            m.save_tops();
            let p = &mut *m.p;
            if p.peeking {
                let (words, list) = p.mailbox.bring_current_to_heap();
                // There must be room for them, as for what lies in the heap's own fragments.
                p.heap.fragment_words += words;
                p.heap.adopt_off_heap(list);
            }
            let mut slices = smallvec::smallvec![(m.x, live), (std::ptr::from_mut(extra), 1)];
            p.roots(&mut slices);
            let range = m.vm().literals.range();
            (*m.w).collections += 1;
            collect(&mut p.heap, &Roots { slices: &slices }, need, range, major);
            let over = p.rare.as_ref().is_some_and(|r| {
                r.max_heap_size != 0
                    && p.heap.block_words() + p.heap.old_block_words() > r.max_heap_size
            });
            let m = m.load_tops();
            if over { exception::max_heap_size_reached(m) } else { m }
        }
    }
}

/// Collects if fragments or binaries have made it due. Registers from `live` on are dead, `extra`
/// is a root.
#[inline(always)]
unsafe fn collect_if_due(m: M, live: usize, extra: &mut Word) -> M {
    // SAFETY: the worker owns the process; as `garbage_collect_with`.
    unsafe {
        if (*m.p).heap.collection_due() {
            garbage_collect_with(m, 0, live, extra, false)
        } else {
            m
        }
    }
}

/// Puts a process's registers in place and runs it until its slice is over, it waits or exits.
/// Gives the reductions used and what becomes of it.
pub(crate) fn run_slice(w: &mut Worker, p: *mut Process) -> (i64, After) {
    // SAFETY: the worker has just become the process's owner.
    unsafe {
        // A dirty worker gives the process back after one instruction.
        let slice = if w.dirty { 1 } else { w.vm.world.slice() };
        if !crate::process::receive::begin_slice(w, p) {
            return (1, After::Gone);
        }
        w.current = p;
        let mut m = swap_in(w, p, slice);
        dispatch(&mut m);
        let after = (*m.w).after;
        let used = slice - m.reds;
        if after != After::Gone {
            (*p).reductions += used.max(0) as u64;
        }
        (used, after)
    }
}

unsafe fn swap_in(w: &mut Worker, p: *mut Process, slice: i64) -> M {
    // SAFETY: the worker owns the process; at most X_REGS registers were saved.
    unsafe {
        let pr = &mut *p;
        let live = pr.live as usize;
        let x = (&raw mut *w).cast::<Word>().byte_add(std::mem::offset_of!(Worker, x));
        for i in 0..live.min(INLINE_REGS) {
            *x.add(i) = pr.regs[i];
        }
        for (i, r) in pr.more_regs.iter().enumerate() {
            *x.add(INLINE_REGS + i) = *r;
        }
        pr.more_regs.clear();
        M {
            ip: pr.ip,
            x,
            sp: pr.heap.stop,
            hp: pr.heap.top,
            cp: pr.cp,
            reds: slice,
            p,
            w,
            #[cfg(not(debug_assertions))]
            then: None,
        }
    }
}

/// Saves `live` registers and all else that the process needs to go on at `ip`.
unsafe fn swap_out(m: M, ip: *const u64, live: usize) {
    // SAFETY: the worker owns the process; `live` registers hold terms.
    unsafe {
        m.save_tops();
        let p = &mut *m.p;
        p.ip = ip;
        p.cp = m.cp;
        p.live = live as u16;
        for i in 0..live.min(INLINE_REGS) {
            p.regs[i] = *m.x.add(i);
        }
        p.more_regs.clear();
        for i in INLINE_REGS..live {
            p.more_regs.push(*m.x.add(i));
        }
    }
}

outlined! {
    /// The slice is over: the process goes on at `ip` with `live` registers when its turn comes.
    unsafe fn preempt(m: M, ip: *const u64, live: usize) -> M {
        let mut m = m;
        // SAFETY: the worker owns the process; `live` registers hold terms.
        unsafe {
            m.ip = ip;
            m = collect_if_due(m, live, &mut Word::NIL.clone());
            if (*m.w).after == After::Gone && m.ip == stubs::stop() {
                return m;
            }
            swap_out(m, m.ip, live);
            m.stop(After::Requeue)
        }
    }
}

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
        /// By opcode.
        static HANDLERS: [[Handler; 1 << KIND_BITS]; OPS] = [
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

        #[expect(non_snake_case, reason = "named as the instructions are")]
        mod threaded {
            use super::*;
            $(pub(super) unsafe fn $name<const K: u8>(
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
type Handler = unsafe fn(*const u64, *mut Word, *mut Word, *mut Word, *const u64, i64);

/// Goes on with what a handler has left for, or with the instruction at `m.ip`.
#[cfg(not(debug_assertions))]
#[inline(always)]
unsafe fn go_on(m: M) {
    // SAFETY: `ip` is at an instruction, whose opcode is an `Op` and kinds.
    unsafe {
        let handler = match m.then {
            Some(handler) => handler,
            None => *(&raw const HANDLERS).cast::<Handler>().add(*m.ip as u16 as usize),
        };
        handler(m.ip, m.x, m.sp, m.hp, m.cp, m.reds)
    }
}

#[cfg(not(debug_assertions))]
unsafe fn stop(
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
#[inline(never)]
fn stack_address() -> usize {
    let here = 0u8;
    std::hint::black_box(&raw const here).addr()
}

/// Executes instructions until a `Stop`.
#[cfg(not(debug_assertions))]
unsafe fn dispatch(m: &mut M) {
    // SAFETY: `Stop` has left the state in the worker's memory.
    unsafe {
        let before = stack_address();
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
        unsafe fn dispatch(m: &mut M) {
            loop {
                // SAFETY: `ip` is at an instruction; the handlers keep what the head of this file
                // lists.
                unsafe {
                    *m = match Op::of(*m.ip) {
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
