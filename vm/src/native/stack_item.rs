//! Items of stack traces that programs give to `erlang:raise/3`.

use crate::term::Term;

/// One that is accepted. Nobody asks what is in place of an arity.
pub enum StackItem<'p> {
    /// As the machine makes them: with a place.
    Whole,
    /// A fun and its arguments.
    OfFun(Term<'p>, Term<'p>),
    /// Module, function and arity.
    OfNames(Term<'p>, Term<'p>, Term<'p>),
}

impl<'p> StackItem<'p> {
    /// What a term is as an item; `None`: it is none.
    pub fn of(item: Term<'p>) -> Option<StackItem<'p>> {
        let is_place = |t: Term<'_>| t.is_nil() || t.as_cons().is_some();
        let is_fun = |t: Term<'_>| t.view_fun_arity().is_some();
        let are_names = |m: Term<'_>, f: Term<'_>| m.as_atom().is_some() && f.as_atom().is_some();
        match *item.as_tuple()? {
            [m, f, _, place] if are_names(m, f) && is_place(place) => Some(StackItem::Whole),
            [m, f, arity] if are_names(m, f) => Some(StackItem::OfNames(m, f, arity)),
            [f, _, place] if is_fun(f) && is_place(place) => Some(StackItem::Whole),
            [f, args] if is_fun(f) => Some(StackItem::OfFun(f, args)),
            _ => None,
        }
    }
}
