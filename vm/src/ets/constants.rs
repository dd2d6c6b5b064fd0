//! The constants of a match specification that is kept: copies of its own in place of the caller's terms.

use super::match_spec::{Expr, MatchSpec, Pattern};
use super::object::Object;
use crate::term::{Term, Word};

impl MatchSpec {
    /// Puts copies in place of the constants that are no immediates: what they refer to, if there are any.
    pub(super) fn own_constants(&mut self) -> Option<Object> {
        let mut constants = Vec::new();
        self.each_constant(&mut |w| {
            if !w.is_immediate() {
                // SAFETY: a term that the caller has compiled from, which is there meanwhile.
                constants.push(unsafe { Term::from_word(*w) });
            }
        });
        if constants.is_empty() {
            return None;
        }
        let copies = Object::outside_tables(&constants);
        let mut copy = copies.elements().iter();
        self.each_constant(&mut |w| {
            if !w.is_immediate() {
                *w = copy.next().expect("there are as many").word();
            }
        });
        Some(copies)
    }

    fn each_constant(&mut self, f: &mut impl FnMut(&mut Word)) {
        for clause in &mut self.clauses {
            clause.head.each_constant(f);
            clause.guards.iter_mut().chain(&mut clause.body).for_each(|e| e.each_constant(f));
        }
    }
}

impl Pattern {
    fn each_constant(&mut self, f: &mut impl FnMut(&mut Word)) {
        match self {
            Pattern::Any | Pattern::Bind(_) | Pattern::Same(_) => {}
            Pattern::Const(w) => f(w),
            Pattern::Tuple(parts) => parts.iter_mut().for_each(|p| p.each_constant(f)),
            Pattern::List(parts, rest) => {
                parts.iter_mut().for_each(|p| p.each_constant(f));
                rest.each_constant(f);
            }
            Pattern::Map(pairs) => pairs.iter_mut().for_each(|(k, p)| {
                f(k);
                p.each_constant(f);
            }),
        }
    }
}

impl Expr {
    fn each_constant(&mut self, f: &mut impl FnMut(&mut Word)) {
        match self {
            Expr::Const(w) => f(w),
            Expr::Var(_) | Expr::Whole | Expr::AllBindings | Expr::SelfPid => {}
            Expr::List(parts, rest) => {
                parts.iter_mut().for_each(|e| e.each_constant(f));
                rest.each_constant(f);
            }
            Expr::Map(pairs) => pairs.iter_mut().for_each(|(k, v)| {
                k.each_constant(f);
                v.each_constant(f);
            }),
            Expr::Tuple(parts)
            | Expr::And(parts)
            | Expr::Or(parts)
            | Expr::AndAlso(parts)
            | Expr::OrElse(parts)
            | Expr::Call(_, parts)
            | Expr::Action(_, parts) => parts.iter_mut().for_each(|e| e.each_constant(f)),
            Expr::Compare(_, both) | Expr::Arith(_, both) => {
                both.iter_mut().for_each(|e| e.each_constant(f));
            }
        }
    }
}
