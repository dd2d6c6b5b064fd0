//! `erlang` natives that change where control goes: raising, applying, hibernating.

use vm::native::{Class, Native, Outcome, Raise, Stack, StackItem, Trap, TrapTarget, arg};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Exceptions and application.
    pub static NATIVES: "erlang" {
        error "error"/1 = error,
        "error"/2 = error2,
        "error"/3 = error3,
        exit "exit"/1 = exit,
        throw "throw"/1 = throw,
        raise "raise"/3 = raise,
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

fn raise<'p>(cx: &mut Native<'p>, [class, reason, stack]: [Term<'p>; 3]) -> Outcome<'p> {
    // What is not well-formed makes it return badarg, not raise it (OTP documentation).
    let badarg = Ok(Term::atom(atoms::BADARG));
    let Some(class) = class.as_atom().and_then(Class::from_atom) else { return badarg };
    let mut items = stack.list();
    let (mut depth, mut all_whole) = (0, true);
    for item in items.by_ref() {
        let Some(item) = StackItem::of(item) else { return badarg };
        all_whole &= matches!(item, StackItem::Whole);
        depth += 1;
    }
    if !items.rest().is_nil() {
        return badarg;
    }
    // As traces that the machine makes: one item at least.
    let most = cx.vm().flags.backtrace_depth.get().max(1);
    let mut stack = stack;
    if !all_whole || depth > most {
        let whole = |item: Term<'p>| match StackItem::of(item) {
            Some(StackItem::OfFun(f, args)) => cx.tuple(&[f, args, Term::nil()]),
            Some(StackItem::OfNames(m, f, arity)) => cx.tuple(&[m, f, arity, Term::nil()]),
            _ => item,
        };
        let whole: Vec<Term<'p>> = stack.list().take(most).map(whole).collect();
        stack = cx.list(&whole);
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
