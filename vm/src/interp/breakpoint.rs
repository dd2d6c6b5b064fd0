//! Breakpoints: the instruction's side of call tracing. How they get into code is in
//! `code::breakpoints`; what is said to tracers is decided in `trace::calls`.
//!
//! # Frames that trace
//! A function whose return is to be traced returns to one of the stubs of [`TraceFrame`]. Below its
//! own frame (or in place of one) then lies a frame like any other: the address that it would have
//! returned to, and words that are terms. So the collector needs to know nothing of them; stack
//! traces leave the stubs out ([`super::trace`]), and an exception that goes past one does what is
//! to be done then ([`unwound`]). `hibernate` gives them up with the rest of the stack.

use super::common::push_frame;
use super::stubs::TraceFrame;
use super::{M, call, garbage_collect, term};
use crate::code::FunctionInfo;
use crate::code::breakpoints::Breakpoint;
use crate::code::ops::Op;
use crate::native::{Class, NativeDef};
use crate::sync::{Ordering, fence};
use crate::term::{Atom, Term, Word};
use crate::trace::calls::{self, Call, Frames, Wants};
use crate::trace::messages::with_scratch;
use crate::trace::tracees;

outlined! {
    /// An instruction that has a breakpoint: does what is to be traced. The instruction at `ip` is
    /// executed afterwards, whether it has one or not.
    pub(super) unsafe fn hit(m: M) -> M {
        // With the bit that has been seen: the breakpoint was published before it.
        fence(Ordering::Acquire);
        // SAFETY: `ip` is at an instruction; breakpoints are set at calls of natives and at entries
        // of functions, whose word before is the address of their description.
        unsafe {
            match Op::of(m.opcode()) {
                Op::CallNative | Op::CallNativeLast | Op::CallNativeStub => native(m),
                _ => {
                    let f = &*(*m.ip.sub(1) as *const FunctionInfo);
                    match f.traced.get() {
                        Some(b) => entered(m, &b, f.arity as usize),
                        None => m,
                    }
                }
            }
        }
    }
}

slow! {
    /// The code that the export of a function leads to while its calls by name are traced.
    pub(super) unsafe fn traced_export(m: M) -> M {
        // SAFETY: operands as in the table; the arguments are in the first X registers.
        unsafe {
            let e = call::export(m);
            let (target, breakpoint) = m.vm().code.breakpoints.of_export(e);
            let mut m = m;
            if let Some(b) = breakpoint {
                m = entered(m, &b, e.arity as usize);
            }
            m.ip = target;
            m
        }
    }
}

/// A call of a native that is traced. It is made through a stub, so that the native returns like a
/// function, wherever it is called from.
unsafe fn native(m: M) -> M {
    // SAFETY: further word 1 of these instructions is the address of a native.
    unsafe {
        let def = &*(m.word(1) as *const NativeDef);
        let Some(b) = m.vm().code.breakpoints.of_native(def) else { return m };
        let mut m = m;
        match Op::of(m.opcode()) {
            Op::CallNative => m.cp = m.ip.add(2),
            // As in stock the caller is where it returns to: the `DeallocateReturn` behind it.
            Op::CallNativeLast if m.c() != 0 => {
                let next = m.ip.add(2);
                if m.b() == 0 {
                    if m.free() == 0 {
                        m = garbage_collect(m, 1, def.arity as usize);
                    }
                    m = push_frame(m, 0);
                }
                m.cp = next;
            }
            _ => {}
        }
        m.ip = m.vm().code.native_stub(def);
        entered(m, &b, def.arity as usize)
    }
}

/// A function is entered that has a breakpoint: its arguments are in the X registers, and where it
/// returns to is in `cp`.
unsafe fn entered(m: M, b: &Breakpoint, arity: usize) -> M {
    // SAFETY: the worker owns the process, whose arguments and stack are whole; the scratch area
    // leaves its heap alone.
    let frames = unsafe {
        m.save_tops();
        let (caller, shows_return_to) = past_trace_frames(m.cp, m.sp);
        let call = Call {
            caller,
            shows_return_to,
            is_traced: TraceFrame::of(m.cp).is_some(),
            args: std::slice::from_raw_parts(m.x, arity),
        };
        // What a match specification shows of the process.
        (*m.p).ip = m.ip;
        (*m.p).cp = m.cp;
        with_scratch(m.w, m.p, |cx| calls::called(cx, &*m.p, b, &call))
    };
    // SAFETY: as here.
    let m = if frames.is_empty() { m } else { unsafe { push_frames(m, b, arity, frames) } };
    if b.debug {
        let (module, function, _) = b.mfa;
        // SAFETY: the arguments are in the X registers.
        return unsafe { call::call_debugger(m, module, function, arity) };
    }
    m
}

/// Pushes what a traced call wants below the function's own frame.
unsafe fn push_frames(m: M, b: &Breakpoint, arity: usize, frames: Frames) -> M {
    let mut m = m;
    let (module, function, n) = b.mfa;
    let parts = [Term::atom(module), Term::atom(function), Term::small(i64::from(n))];
    // SAFETY: room is made for all frames, with the arguments live; their words are immediates.
    unsafe {
        let need = frames.len() * (1 + TraceFrame::Return.slots());
        if m.free() < need {
            m = garbage_collect(m, need, arity);
        }
        for frame in frames {
            let kind = match frame {
                Wants::Return(_) => TraceFrame::Return,
                Wants::Exception(_) => TraceFrame::Exception,
                Wants::ReturnTo => TraceFrame::ReturnTo,
                Wants::Time(_) => TraceFrame::Time,
            };
            m.sp = m.sp.sub(1 + kind.slots());
            *m.sp = Word(m.cp as u64);
            match frame {
                Wants::Return(who) | Wants::Exception(who) => {
                    for (i, part) in parts.iter().enumerate() {
                        *m.sp.add(1 + i) = part.word();
                    }
                    *m.sp.add(4) = who;
                    (*m.p).trace.set_internal(tracees::TRACE_FRAMES, true);
                }
                Wants::ReturnTo => (*m.p).trace.set_internal(tracees::TRACE_FRAMES, true),
                Wants::Time(before) => *m.sp.add(1) = Word::small(before as i64),
            }
            m.cp = kind.code();
        }
    }
    m
}

/// Where code goes on that returns to `cp` with the stack at `sp`, past frames that trace; and
/// whether one of these shows where it returns to.
pub(super) unsafe fn past_trace_frames(cp: *const u64, sp: *const Word) -> (*const u64, bool) {
    let (mut address, mut at, mut shows) = (cp, sp, false);
    while let Some(kind) = TraceFrame::of(address) {
        shows |= kind == TraceFrame::ReturnTo;
        // SAFETY: such an address stands above such a frame.
        unsafe {
            address = (*at).0 as *const u64;
            at = at.add(1 + kind.slots());
        }
    }
    (address, shows)
}

/// Function and tracer of the frame at `sp`.
unsafe fn frame_words(sp: *const Word) -> ((Atom, Atom, u8), Word) {
    // SAFETY: the frame has been made by `entered`.
    unsafe {
        let [m, f, n] = [1, 2, 3].map(|i| term(*sp.add(i)));
        let atom = |t: Term<'_>| t.as_atom().expect("frames that trace name a function");
        ((atom(m), atom(f), n.as_small().unwrap_or(0) as u8), *sp.add(4))
    }
}

/// Returns from the frame on top of the stack.
unsafe fn leave(mut m: M, kind: TraceFrame) -> M {
    // SAFETY: the frame's first word is where it returns to.
    unsafe {
        m.ip = (*m.sp).0 as *const u64;
        m.sp = m.sp.add(1 + kind.slots());
        m.cp = std::ptr::null();
        m
    }
}

slow! {
    /// A function whose return is traced has returned.
    pub(super) unsafe fn return_trace(m: M) -> M {
        // SAFETY: the frame on top is one that traces; x0 is the result.
        unsafe {
            m.save_tops();
            let (function, who) = frame_words(m.sp);
            let value = *m.x;
            with_scratch(m.w, m.p, |cx| {
                calls::returned(cx, &*m.p, function, who, term(value));
            });
            leave(m, TraceFrame::Return)
        }
    }
}

slow! {
    /// A function is returned from, and it is to be shown where to.
    pub(super) unsafe fn return_to_trace(m: M) -> M {
        // SAFETY: the frame on top is one that traces.
        unsafe {
            m.save_tops();
            let m = leave(m, TraceFrame::ReturnTo);
            let (address, _) = past_trace_frames(m.ip, m.sp);
            with_scratch(m.w, m.p, |cx| calls::returned_to(cx, &*m.p, address));
            m
        }
    }
}

slow! {
    /// A function has returned whose time was measured.
    pub(super) unsafe fn return_time_trace(m: M) -> M {
        // SAFETY: the frame on top is one that traces.
        unsafe {
            let before = term(*m.sp.add(1)).as_small().unwrap_or(0);
            calls::switch_times(m.vm(), &*m.p, before as u64);
            leave(m, TraceFrame::Time)
        }
    }
}

/// An exception leaves the part of the stack below `handled`, the slot of its handler (or the end
/// of the stack, if there is none): says so of functions for which that is traced.
pub(super) unsafe fn unwound(m: M, handled: *const Word, class: Class, value: Word) {
    // SAFETY: the words from `sp` to `handled` are the stack; the value is a term.
    unsafe {
        m.save_tops();
        let end = (*m.p).heap.end.cast_const();
        let mut at = m.sp.cast_const();
        // What the frame at `at` is; its own return address says what the next one is.
        let mut kind = TraceFrame::of(m.cp);
        // Where the last function that is shown to return would have returned to.
        let mut returns_to = None;
        let mut shown = kind == Some(TraceFrame::ReturnTo);
        while at < handled {
            let w = *at;
            if !w.is_header() {
                at = at.add(1);
                continue;
            }
            if matches!(kind, Some(TraceFrame::Exception)) {
                let (function, who) = frame_words(at);
                with_scratch(m.w, m.p, |cx| {
                    calls::raised(cx, &*m.p, function, who, class.atom(), term(value));
                });
            }
            let size = kind.map_or(0, TraceFrame::slots);
            let address = w.0 as *const u64;
            kind = TraceFrame::of(address);
            match kind {
                Some(TraceFrame::ReturnTo) => (shown, returns_to) = (true, None),
                Some(_) => {}
                None => {
                    returns_to = shown.then_some(address);
                    shown = false;
                }
            }
            at = at.add(1 + size);
        }
        if handled < end
            && let Some(address) = returns_to
        {
            with_scratch(m.w, m.p, |cx| calls::returned_to(cx, &*m.p, address));
        }
    }
}
