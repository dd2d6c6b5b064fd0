//! What natives do with the calling process's token of sequential tracing.

use super::Native;
use crate::heap::LiteralRange;
use crate::term::{Term, atoms};
use crate::trace::seq;

impl<'p> Native<'p> {
    /// Whether it has one.
    pub fn has_token(&mut self) -> bool {
        self.both().1.token().is_some()
    }

    /// The token as a term.
    pub fn token(&mut self) -> Option<Term<'p>> {
        let token = self.both().1.token()?.clone();
        Some(token.term(&mut self.area))
    }

    /// One item of the token, with its name for `seq_trace_info`. `None`: there is no such item.
    pub fn token_item(&mut self, item: &str) -> Option<Term<'p>> {
        let token = self.both().1.token().cloned();
        let Some(token) = token else {
            return match item {
                "label" | "serial" => Some(Term::nil()),
                // The one flag that it may only be asked for.
                "spawn" => Some(Term::bool(false)),
                _ => seq::flag(item).map(|_| Term::bool(false)),
            };
        };
        if let Some(flag) = seq::flag(item) {
            return Some(Term::bool(token.flags & flag != 0));
        }
        match item {
            "label" => {
                Some(crate::term::copy::to_area(token.label(), &mut self.area, LiteralRange::NONE))
            }
            "serial" => {
                let numbers = [self.int(token.last), self.int(token.serial)];
                Some(self.tuple(&numbers))
            }
            _ => None,
        }
    }

    /// `seq_trace:set_token/2`: what was there before. `None`: it cannot be.
    pub fn set_token_item(&mut self, item: &str, value: Term<'p>) -> Option<Term<'p>> {
        if let (Some(flag), Some(on)) = (seq::flag(item), value.as_bool()) {
            return Some(Term::bool(self.both().1.set_token_flag(flag, on)));
        }
        let no_token = !self.has_token();
        match item {
            "label" => {
                let old = if no_token { Term::small(0) } else { self.token_item(item)? };
                self.both().1.set_token_label(value);
                Some(old)
            }
            "serial" => {
                let [last, serial] = value.as_tuple_of::<2>()?;
                let (last, serial) = (last.as_small()?, serial.as_small()?);
                let old = if no_token {
                    self.tuple(&[Term::small(0), Term::small(0)])
                } else {
                    self.token_item(item)?
                };
                self.both().1.set_token_serial(last, serial);
                Some(old)
            }
            "sequential_trace_token" if value.is_nil() => {
                let old = self.token().unwrap_or(Term::nil());
                self.both().1.set_token(None);
                Some(old)
            }
            _ => None,
        }
    }

    /// `seq_trace:print`: whether the process has a token, of that label if one is given.
    pub fn print_with_token(&mut self, label: Option<Term<'p>>, what: Term<'p>) -> bool {
        let Some(token) = self.both().1.token().cloned() else { return false };
        if let Some(label) = label {
            // SAFETY: the token keeps its label during this call.
            let own = unsafe { Term::from_word(token.label().word()) };
            if !crate::term::compare::exact_eq(label, own) {
                return false;
            }
        }
        let (w, p) = self.both();
        let (w, p) = (std::ptr::from_mut(w), std::ptr::from_mut(p));
        // SAFETY: the worker is ours and owns the process; neither is used meanwhile.
        unsafe { seq::prints(w, p, what) };
        true
    }

    /// A tracer as a term: `false` if there is none.
    pub fn tracer_term(&self, tracer: Option<crate::term::Word>) -> Term<'p> {
        tracer.and_then(crate::trace::exists).unwrap_or(Term::atom(atoms::FALSE))
    }
}
