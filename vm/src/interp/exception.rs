//! Exceptions: raising, catching, and a process's end.
//!
//! A `catch` or `try` puts a catch mark in its stack slot. Raising looks for the mark nearest to
//! the top of the stack; the frame it is in becomes the current one and the handler finds
//! `Word::NONE` in x0, the class in x1, the value in x2 and the saved trace in x3.

use super::native_call::adopt;
use super::trace::Addresses;
use super::zeal::zealous;
use super::{M, breakpoint, stubs, term, trace};
use crate::code::FunctionInfo;
use crate::native::Class;
use crate::sched::worker::After;
use crate::term::{Area, Atom, Term, Word, atoms};
use crate::trace::tracees;

/// Builds terms in the process's room. Nothing moves.
#[inline(always)]
pub(super) unsafe fn build<'p>(m: M, f: impl FnOnce(&mut Area<'p>) -> Term<'p>) -> (M, Word) {
    // SAFETY: the words from `hp` to `sp` are free, and what the area leaves is taken over.
    unsafe {
        let mut area = Area::in_block(m.hp, m.sp);
        let w = f(&mut area).word();
        (adopt(m, area.close()), w)
    }
}

/// Raises `error:Value` of a built value at the current instruction.
#[inline(always)]
pub(super) unsafe fn raise_built<'p>(m: M, f: impl FnOnce(&mut Area<'p>) -> Term<'p>) -> M {
    // SAFETY: as `build`.
    unsafe {
        let (m, value) = build(m, f);
        raise_at(m, Class::Error, value)
    }
}

outlined! {
    /// Raises `error:Atom` at the current instruction.
    pub(super) unsafe fn raise_atom(m: M, value: Atom) -> M {
        // SAFETY: as `raise_at`.
        unsafe { raise_at(m, Class::Error, Term::atom(value).word()) }
    }
}

outlined! {
    /// Raises an exception whose trace begins at the current instruction.
    pub(super) unsafe fn raise_at(m: M, class: Class, value: Word) -> M {
        // SAFETY: the process's state is whole.
        unsafe {
            let mut from = Addresses::none();
            from.find(m, true, 0);
            let from = from.as_slice();
            let (m, [value, _]) = with_room(m, trace::words(from.len()), [value, Word::NIL]);
            let (m, saved) = build(m, |area| trace::save(area, class, from, Term::nil()));
            throw(m, class, value, saved)
        }
    }
}

/// Raises an exception whose trace begins with a ready item; the current instruction comes next if
/// `here`.
#[inline(always)]
pub(super) unsafe fn raise_with_item<'p>(
    m: M,
    class: Class,
    value: Word,
    here: bool,
    item: impl FnOnce(&mut Area<'p>) -> Term<'p>,
) -> M {
    // SAFETY: the process's state is whole.
    unsafe {
        let mut from = Addresses::none();
        from.find(m, here, 1);
        raise_from(m, from.as_slice(), class, value, item)
    }
}

/// Raises an exception whose trace begins with a ready item and goes on with those addresses.
#[inline(always)]
pub(super) unsafe fn raise_from<'p>(
    m: M,
    from: &[u64],
    class: Class,
    value: Word,
    item: impl FnOnce(&mut Area<'p>) -> Term<'p>,
) -> M {
    // SAFETY: the process's state is whole.
    unsafe {
        let (m, saved) = build(m, |area| {
            let first = item(area);
            trace::save(area, class, from, first)
        });
        throw(m, class, value, saved)
    }
}

outlined! {
    /// Raises an exception with a stack trace that the program gives.
    pub(super) unsafe fn raise_with_given(m: M, class: Class, value: Word, given: Word) -> M {
        // SAFETY: the process's state is whole.
        unsafe {
            let before = trace::class(given);
            if before == Some(class) {
                return throw(m, class, value, given);
            }
            if before.is_some() {
                // Whoever raises it again goes by the class in the trace.
                let (m, saved) = build(m, |area| trace::with_class(area, class, given));
                return throw(m, class, value, saved);
            }
            let (m, [value, given]) = with_room(m, trace::words(0), [value, given]);
            let (m, saved) = build(m, |area| trace::save(area, class, &[], term(given)));
            throw(m, class, value, saved)
        }
    }
}

/// Has `need` words free for what an exception saves, so that a process that does little else makes no
/// fragment for each. Of all registers two words alone stay: those.
#[inline(always)]
unsafe fn with_room(m: M, need: usize, mut kept: [Word; 2]) -> (M, [Word; 2]) {
    // SAFETY: the process's state is whole; the words are terms.
    unsafe {
        let m = if m.free() < need || zealous(m) { collect_keeping(m, need, &mut kept) } else { m };
        (m, kept)
    }
}

outlined! {
    /// Collects, so that `need` words are free.
    unsafe fn collect_keeping(m: M, need: usize, kept: &mut [Word; 2]) -> M {
        // SAFETY: what the registers hold is dead.
        unsafe {
            (*m.x, *m.x.add(1)) = (kept[0], kept[1]);
            let m = super::garbage_collect(m, need, 2);
            *kept = [*m.x, *m.x.add(1)];
            m
        }
    }
}

/// Whether an exit exception does nothing but end the process: nobody catches it or is told of it.
pub(super) unsafe fn ends_process(m: M) -> bool {
    // SAFETY: the words from `sp` to the heap's end are the stack.
    unsafe {
        let stack = std::slice::from_raw_parts(m.sp, (*m.p).heap.end.offset_from(m.sp) as usize);
        let quiet = !(*m.p).peeking && (*m.p).trace.flags() == 0;
        quiet && !stack.iter().any(|w| w.is_catch())
    }
}

/// Goes to the nearest handler, or ends the process.
#[inline(always)]
unsafe fn throw(m: M, class: Class, value: Word, saved: Word) -> M {
    // SAFETY: the process's state is whole; `value` and `saved` are terms.
    unsafe {
        if (*m.p).peeking || (*m.p).trace.any(tracees::TRACE_FRAMES) {
            return throw_watched(m, class, value, saved);
        }
        go_to(nearest(m), m, class, value, saved)
    }
}

outlined! {
    /// As [`throw`], of a process that looks at a message or whose calls are traced.
    unsafe fn throw_watched(m: M, class: Class, value: Word, saved: Word) -> M {
        let (mut m, mut kept) = (m, [value, saved]);
        // SAFETY: as `throw`.
        unsafe {
            if (*m.p).peeking {
                // They, and what the handler finds, may be parts of the message.
                m = collect_keeping(m, 0, &mut kept);
                (*m.p).peeking = false;
            }
            let ([value, saved], found) = (kept, nearest(m));
            if (*m.p).trace.any(tracees::TRACE_FRAMES) {
                let until = found.as_ref().map_or((*m.p).heap.end, |found| found.mark);
                if found.is_none() && class == Class::Throw {
                    // Now that nobody has caught it, it is an error.
                    let pair;
                    (m, pair) =
                        build(m, |area| area.tuple(&[Term::atom(atoms::NOCATCH), term(value)]));
                    breakpoint::unwound(m, until, Class::Error, pair);
                } else {
                    breakpoint::unwound(m, until, class, value);
                }
            }
            go_to(found, m, class, value, saved)
        }
    }
}

/// Where exceptions are caught.
struct Catcher {
    /// The frame.
    frame: *mut Word,
    /// The slot with the mark.
    mark: *mut Word,
}

/// Where the process catches exceptions now.
#[inline(always)]
unsafe fn nearest(m: M) -> Option<Catcher> {
    // SAFETY: the words from `sp` to the heap's end are the stack.
    unsafe {
        let end = (*m.p).heap.end;
        let (mut frame, mut mark) = (m.sp, m.sp);
        while mark < end {
            if (*mark).is_header() {
                frame = mark;
            } else if (*mark).is_catch() {
                return Some(Catcher { frame, mark });
            }
            mark = mark.add(1);
        }
        None
    }
}

/// Has a handler handle an exception; there may be none.
#[inline(always)]
unsafe fn go_to(found: Option<Catcher>, m: M, class: Class, value: Word, saved: Word) -> M {
    // SAFETY: as `throw`; the stack is as it was when the handler was looked for.
    unsafe {
        let Some(Catcher { frame, mark }) = found else { return uncaught(m, class, value, saved) };
        *m.x = Word::NONE;
        *m.x.add(1) = Term::atom(class.atom()).word();
        *m.x.add(2) = value;
        *m.x.add(3) = saved;
        M { sp: frame, cp: std::ptr::null(), ip: (*mark).catch_handler(), ..m }
    }
}

outlined! {
    /// No handler: the process exits. Errors and throws are reported.
    unsafe fn uncaught(m: M, class: Class, value: Word, saved: Word) -> M {
        // SAFETY: the process's state is whole; `value` and `saved` are terms.
        unsafe {
            if class == Class::Exit {
                return exit_process(m, value);
            }
            let (vm, places) = (m.vm(), &mut (*m.w).places);
            let (m, reason) = build(m, |area| {
                let stack = trace::build(vm, places, area, saved);
                let value = match class {
                    Class::Throw => area.tuple(&[Term::atom(atoms::NOCATCH), term(value)]),
                    _ => term(value),
                };
                area.tuple(&[value, stack])
            });
            m.save_tops();
            if !crate::process::exit::report_crash(&mut *m.w, m.p, reason) {
                let pid = term(Word::from_pid((*m.p).pid));
                eprintln!("Error in process {pid:?} with exit value:\n{:?}", term(reason));
            }
            exit_process(m, reason)
        }
    }
}

outlined! {
    /// Ends the process.
    pub(super) unsafe fn exit_process(m: M, reason: Word) -> M {
        // SAFETY: the worker owns the process; after this nobody does.
        unsafe {
            m.save_tops();
            crate::process::exit::terminate(&mut *m.w, m.p, reason);
            m.stop(After::Gone)
        }
    }
}

outlined! {
    /// The heap has grown beyond `max_heap_size`.
    pub(super) unsafe fn max_heap_size_reached(m: M) -> M {
        // SAFETY: as `exit_process`; `rare` is there, since the limit is in it.
        unsafe {
            if m.ip == stubs::stop() || (*m.p).exiting {
                return m;
            }
            m.save_tops();
            if !(*m.p).rare().max_heap_silent {
                crate::process::exit::report_max_heap(&mut *m.w, m.p);
            }
            if (*m.p).rare().max_heap_spares {
                return m;
            }
            (*m.p).exiting = true;
            (*m.p).exit_reason = Term::atom(atoms::KILLED).word();
            // It ends with its slice, which it has no more use for.
            M { reds: m.reds.min(0), ..m }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn func_info(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { function_clause(m, &*(m.word(1) as *const FunctionInfo)) }
}

outlined! {
    unsafe fn function_clause(m: M, info: &FunctionInfo) -> M {
        // SAFETY: at `func_info` the function's arguments are in the X registers.
        unsafe {
            let value = Term::atom(atoms::FUNCTION_CLAUSE).word();
            raise_with_item(m, Class::Error, value, false, |area| {
                trace::function_clause_item(m, area, info)
            })
        }
    }
}

outlined! {
    /// `undef` of a function that neither code nor the error handler provides.
    pub(super) unsafe fn raise_undef(m: M, module: Word, function: Word, arity: usize) -> M {
        // SAFETY: the argument registers, module and function are terms.
        unsafe {
            let value = Term::atom(atoms::UNDEF).word();
            raise_with_item(m, Class::Error, value, false, |area| {
                let args = arguments(area, std::slice::from_raw_parts(m.x, arity));
                area.tuple(&[term(module), term(function), args, Term::nil()])
            })
        }
    }
}

outlined! {
    /// `apply` of what is no atom.
    pub(super) unsafe fn raise_apply_badarg(m: M, module: Word, function: Word, arity: usize) -> M {
        // SAFETY: as `raise_undef`.
        unsafe {
            let value = Term::atom(atoms::BADARG).word();
            raise_with_item(m, Class::Error, value, true, |area| {
                let args = arguments(area, std::slice::from_raw_parts(m.x, arity));
                let args = area.list(&[term(module), term(function), args]);
                native_item(area, atoms::ERLANG, atoms::APPLY, args, None, true)
            })
        }
    }
}

/// The list of a function's arguments.
///
/// # Safety
/// The words are terms of `area`'s process.
pub(super) unsafe fn arguments<'p>(area: &mut Area<'p>, args: &[Word]) -> Term<'p> {
    // SAFETY: a Term is a transparent Word; the words are terms, as the caller promises.
    area.list(unsafe { std::slice::from_raw_parts(args.as_ptr().cast(), args.len()) })
}

/// `{Module, Function, Args, [{error_info, #{module => ...}}]}` of a native that failed.
pub(super) fn native_item<'p>(
    area: &mut Area<'p>,
    module: Atom,
    function: Atom,
    args: Term<'p>,
    cause: Option<Term<'p>>,
    with_info: bool,
) -> Term<'p> {
    let info = if with_info {
        let formatter = match module.name() {
            "binary" | "ets" | "lists" | "maps" | "math" | "re" | "unicode" | "io" | "io_lib"
            | "string" => atoms::ERL_STDLIB_ERRORS,
            "os" | "code" | "prim_file" | "file" => atoms::ERL_KERNEL_ERRORS,
            _ => atoms::ERL_ERTS_ERRORS,
        };
        let module = [Term::atom(atoms::MODULE), Term::atom(formatter)];
        let map = match cause {
            Some(cause) => area.flat_map_of(&[[Term::atom(atoms::CAUSE), cause], module]),
            None => area.flat_map_of(&[module]),
        };
        let pair = area.tuple(&[Term::atom(atoms::ERROR_INFO), map]);
        area.list(&[pair])
    } else {
        Term::nil()
    };
    area.tuple(&[Term::atom(module), Term::atom(function), args, info])
}

outlined! {
    /// Raises an error of a native or built-in operator called with `args`.
    pub(super) unsafe fn raise_native(m: M, value: Word, module: Atom, function: Atom, args: &[Word]) -> M {
        // SAFETY: `value` and `args` are terms.
        unsafe {
            raise_with_item(m, Class::Error, value, true, |area| {
                let args = arguments(area, args);
                native_item(area, module, function, args, None, true)
            })
        }
    }
}

outlined! {
    /// Raises an error of an operator or guard function of module `erlang`, by its name.
    pub(super) unsafe fn raise_operator(m: M, value: Atom, name: &str, args: &[Word]) -> M {
        // SAFETY: `args` are terms.
        unsafe { raise_function(m, Term::atom(value).word(), name, args) }
    }
}

outlined! {
    /// As [`raise_operator`], with any term as the reason.
    pub(super) unsafe fn raise_function(m: M, reason: Word, name: &str, args: &[Word]) -> M {
        // SAFETY: `reason` and `args` are terms.
        unsafe {
            let name = m.vm().atoms.intern(name).unwrap_or(atoms::APPLY);
            raise_native(m, reason, atoms::ERLANG, name, args)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn catch(m: M) -> M {
    // SAFETY: operands as in the table; `rel` leads to the handler.
    unsafe {
        let handler = m.branch().ip;
        m.set(m.a(), Word::catch_mark(handler));
        m.next(1)
    }
}

slow! {
    pub(super) unsafe fn catch_end(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            m.set(m.a(), Word::NIL);
            if (*m.x).is_none() { caught(m) } else { m.next(1) }
        }
    }
}

outlined! {
    unsafe fn caught(m: M) -> M {
        // SAFETY: a raised exception has put class, value and trace in x1 to x3.
        unsafe {
            let (class, value, saved) = (term(*m.x.add(1)), *m.x.add(2), *m.x.add(3));
            let (vm, places) = (m.vm(), &mut (*m.w).places);
            let (m, result) = build(m, |area| {
                if class.is_atom(atoms::THROW) {
                    return term(value);
                }
                let reason = if class.is_atom(atoms::ERROR) {
                    let stack = trace::build(vm, places, area, saved);
                    area.tuple(&[term(value), stack])
                } else {
                    term(value)
                };
                area.tuple(&[Term::atom(atoms::EXIT_UPPER), reason])
            });
            *m.x = result;
            let mut result = result;
            let m = super::collect_if_due(m, 1, &mut result);
            m.next(1)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn try_end(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        m.set(m.a(), Word::NIL);
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn try_case(m: M) -> M {
    // SAFETY: as `caught`.
    unsafe {
        m.set(m.a(), Word::NIL);
        *m.x = *m.x.add(1);
        *m.x.add(1) = *m.x.add(2);
        *m.x.add(2) = *m.x.add(3);
        m.next(1)
    }
}

slow! {
    /// Raises again what a `try` caught and did not handle.
    pub(super) unsafe fn raise(m: M) -> M {
        // SAFETY: operands as in the table: `a` is a saved trace.
        unsafe {
            let saved = m.get(m.a());
            let value = m.get(m.b());
            let class = trace::class(saved).unwrap_or(Class::Error);
            throw(m, class, value, saved)
        }
    }
}

slow! {
    pub(super) unsafe fn raw_raise(m: M) -> M {
        // SAFETY: class, value and trace are in x0 to x2.
        unsafe {
            let class = term(*m.x).as_atom().and_then(Class::from_atom);
            match class {
                Some(class) => raise_with_given(m, class, *m.x.add(1), *m.x.add(2)),
                None => {
                    *m.x = Term::atom(atoms::BADARG).word();
                    m.next(1)
                }
            }
        }
    }
}

slow! {
    pub(super) unsafe fn build_stacktrace(m: M) -> M {
        // SAFETY: x0 is a saved trace or a list; it is the only live register.
        unsafe {
            let (vm, places) = (m.vm(), &mut (*m.w).places);
            let saved = *m.x;
            let (m, list) = build(m, |area| trace::build(vm, places, area, saved));
            *m.x = list;
            m.next(1)
        }
    }
}

macro_rules! errors_with_value {
    ($($name:ident = $atom:expr;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe { error_with_value(m, $atom, m.get(m.a())) }
        })*
    };
}

errors_with_value! {
    badmatch = atoms::BADMATCH;
    case_end = atoms::CASE_CLAUSE;
    try_case_end = atoms::TRY_CLAUSE;
    badrecord = atoms::BADRECORD;
}

outlined! {
    /// Raises `error:{Tag, Value}`.
    pub(super) unsafe fn error_with_value(m: M, tag: Atom, value: Word) -> M {
        // SAFETY: `value` is a term.
        unsafe { raise_built(m, |area| area.tuple(&[Term::atom(tag), term(value)])) }
    }
}

#[inline(always)]
pub(super) unsafe fn if_end(m: M) -> M {
    // SAFETY: the process's state is whole.
    unsafe { raise_atom(m, atoms::IF_CLAUSE) }
}
