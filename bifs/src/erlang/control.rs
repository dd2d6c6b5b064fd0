//! `erlang` natives that change where control goes: raising, applying, hibernating.

use vm::native::{Class, Native, Outcome, Raise, Stack, Trap, TrapTarget, arg};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Exceptions and application.
    pub static NATIVES: "erlang" {
        error "error"/1 = error,
        "error"/2 = error2,
        "error"/3 = error3,
        exit "exit"/1 = exit,
        throw "throw"/1 = throw,
        "raise"/3 = raise,
        "nif_error"/1 = nif_error,
        "nif_error"/2 = nif_error2,
        apply "apply"/2 = apply2,
        apply "apply"/3 = apply3,
        "hibernate"/3 = hibernate,
    }
}

fn error<'p>(_: &mut Native<'p>, [reason]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::from_caller(Class::Error, reason))
}

fn with_args<'p>(reason: Term<'p>, args: Term<'p>, info: Option<Term<'p>>) -> Raise<'p> {
    // What is no list is no argument list: `none` is said for it.
    let args = (args.is_nil() || args.as_cons().is_some()).then_some(args);
    Raise::exception(Class::Error, reason, Stack::CallerWith(args, info))
}

fn error2<'p>(_: &mut Native<'p>, [reason, args]: [Term<'p>; 2]) -> Outcome<'p> {
    Err(with_args(reason, args, None))
}

fn error3<'p>(_: &mut Native<'p>, [reason, args, options]: [Term<'p>; 3]) -> Outcome<'p> {
    Err(with_args(reason, args, error_info(options)))
}

/// The last `error_info` of options, nothing if any of them is bad.
fn error_info<'p>(options: Term<'p>) -> Option<Term<'p>> {
    let mut info = None;
    for option in options.list_to_vec()? {
        let [key, map] = option.as_tuple_of::<2>()?;
        if !key.is_atom(atoms::ERROR_INFO) || map.as_map().is_none() {
            return None;
        }
        info = Some(map);
    }
    info
}

/// Unlike `error/1`, this one is in the trace itself.
fn nif_error<'p>(_: &mut Native<'p>, [reason]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::error(reason))
}

fn nif_error2<'p>(_: &mut Native<'p>, [reason, _]: [Term<'p>; 2]) -> Outcome<'p> {
    Err(Raise::error(reason))
}

fn exit<'p>(_: &mut Native<'p>, [reason]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::from_caller(Class::Exit, reason))
}

fn throw<'p>(_: &mut Native<'p>, [value]: [Term<'p>; 1]) -> Outcome<'p> {
    Err(Raise::from_caller(Class::Throw, value))
}

/// A stack trace item as `raise/3` accepts it.
fn is_stack_item(item: Term<'_>) -> bool {
    let arity_or_args =
        |t: Term<'_>| t.as_small().is_some_and(|n| n >= 0) || t.list_len().is_some();
    let location = |t: Term<'_>| t.list_len().is_some();
    match item.as_tuple() {
        Some([f, args]) => f.view_fun_arity().is_some() && arity_or_args(*args),
        Some([f, args, l]) if f.view_fun_arity().is_some() => arity_or_args(*args) && location(*l),
        Some([m, f, a]) => m.as_atom().is_some() && f.as_atom().is_some() && arity_or_args(*a),
        Some([m, f, a, l]) => {
            m.as_atom().is_some() && f.as_atom().is_some() && arity_or_args(*a) && location(*l)
        }
        _ => false,
    }
}

fn raise<'p>(cx: &mut Native<'p>, [class, reason, stack]: [Term<'p>; 3]) -> Outcome<'p> {
    // What is not well-formed makes it return badarg, not raise it (OTP documentation).
    let badarg = Ok(Term::atom(atoms::BADARG));
    let Some(class) = class.as_atom().and_then(Class::from_atom) else { return badarg };
    let is_short =
        |item: Term<'p>| matches!(item.as_tuple(), Some([m, _, _]) if m.as_atom().is_some());
    let mut items = stack.list();
    let mut any_short = false;
    for item in items.by_ref() {
        if !is_stack_item(item) {
            return badarg;
        }
        any_short |= is_short(item);
    }
    if !items.rest().is_nil() {
        return badarg;
    }
    let mut stack = stack;
    if any_short {
        // Items without a location get an empty one.
        let full = |item: Term<'p>| match item.as_tuple() {
            Some([m, f, a]) if is_short(item) => cx.tuple(&[*m, *f, *a, Term::nil()]),
            _ => item,
        };
        let full: Vec<Term<'p>> = stack.list().map(full).collect();
        stack = cx.list(&full);
    }
    Err(Raise::exception(class, reason, Stack::Given(stack)))
}

fn trap<'p>(target: TrapTarget<'p>, args: Term<'p>) -> Outcome<'p> {
    let args: Vec<Term<'p>> = arg(args)?;
    if args.len() > 255 {
        return Err(Raise::system_limit());
    }
    Err(Raise::Trap(Box::new(Trap { target, args })))
}

fn apply2<'p>(_: &mut Native<'p>, [fun, args]: [Term<'p>; 2]) -> Outcome<'p> {
    trap(TrapTarget::Fun(fun), args)
}

fn apply3<'p>(_: &mut Native<'p>, [m, f, args]: [Term<'p>; 3]) -> Outcome<'p> {
    let (m, f): (Atom, Atom) = (arg(m)?, arg(f)?);
    trap(TrapTarget::Function(m, f), args)
}

fn hibernate<'p>(_: &mut Native<'p>, [m, f, args]: [Term<'p>; 3]) -> Outcome<'p> {
    let _: (Atom, Atom) = (arg(m)?, arg(f)?);
    if arg::<Vec<Term<'p>>>(args)?.len() > 255 {
        return Err(Raise::system_limit());
    }
    Err(Raise::Trap(Box::new(Trap { target: TrapTarget::Hibernate, args: vec![m, f, args] })))
}
