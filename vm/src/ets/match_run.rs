//! Running compiled match specifications on terms.
//!
//! While it runs, terms of three places meet: the caller's, those of a locked table, and the
//! specification's own. A value says whether it may reach into the latter two: then it is copied
//! before it becomes part of anything that stays.

use super::match_spec::{Arith, Clause, Compare, Expr, MatchSpec, Owned, Pattern, make_map};
use super::ops::copy_out;
use crate::native::{Native, Raise};
use crate::term::compare::{compare, eq, exact_eq};
use crate::term::{Term, Word, arith, atoms};
use crate::trace::actions::{self, Context};
use smallvec::SmallVec;

/// What a specification is run with.
pub(super) struct Runner<'s> {
    spec: &'s MatchSpec,
    /// Its constants are not the caller's.
    foreign_constants: bool,
    /// What it is run on is not the caller's.
    foreign_objects: bool,
    bindings: SmallVec<[Word; 8]>,
    /// What a specification for tracing works on and leaves behind.
    tracing: Option<&'s Context>,
}

impl Owned {
    /// Runs a specification for tracing on a list of arguments: whether a clause matches. What its
    /// body did is left in `context`. Nothing of it may be used when the specification is gone.
    pub(crate) fn run_trace(&self, cx: &mut Native<'_>, args: Term<'_>, context: &Context) -> bool {
        // SAFETY: specification and arguments are there during the run, and what it gives is used
        // for a message right after it.
        let mut runner = unsafe { Runner::new(&self.spec, false, false) };
        runner.tracing = Some(context);
        runner.run_trace(cx, args)
    }
}

/// What was computed.
#[derive(Clone, Copy)]
pub(super) struct Value<'p> {
    pub term: Term<'p>,
    /// It may reach outside the caller's heap.
    pub foreign: bool,
}

impl<'p> Value<'p> {
    fn own(term: Term<'p>) -> Value<'p> {
        Value { term, foreign: false }
    }

    /// The value as a term of the caller's.
    pub fn take(self, cx: &mut Native<'p>) -> Term<'p> {
        if self.foreign && !self.term.is_immediate() { copy_out(self.term, cx) } else { self.term }
    }
}

/// A guard or a call in one failed.
struct Failed;

type Result<T> = std::result::Result<T, Failed>;

/// The term that `w` is, during the run.
#[inline(always)]
fn term<'p>(w: Word) -> Term<'p> {
    // SAFETY: words of the specification, of bindings and of the object: they stay in place while
    // it runs, and only copies are given out (`Value::take`).
    unsafe { Term::from_word(w) }
}

impl<'s> Runner<'s> {
    /// # Safety
    /// The specification's words are valid as long as the runner; what is run on, for each run.
    pub unsafe fn new(
        spec: &'s MatchSpec,
        foreign_constants: bool,
        foreign_objects: bool,
    ) -> Runner<'s> {
        // A place for each variable. What is there of another object is never looked at: a variable is
        // bound where it is first met.
        let most = spec.clauses.iter().map(|c| c.vars).max();
        let bindings = SmallVec::from_elem(Word::NIL, most.unwrap_or(0));
        Runner { spec, foreign_constants, foreign_objects, bindings, tracing: None }
    }

    /// What the first clause that matches gives; the value is taken before the object changes.
    pub fn run<'p>(&mut self, cx: &mut Native<'p>, object: Term<'_>) -> Option<Value<'p>> {
        let object = object.word();
        for clause in &self.spec.clauses {
            if !matches(&mut self.bindings, &clause.head, object) {
                continue;
            }
            let mut run = Run { runner: self, clause, object, in_body: false };
            if !clause.guards.iter().all(|g| run.is_true(cx, g)) {
                continue;
            }
            run.in_body = true;
            let mut value = None;
            for e in &clause.body {
                value = run.eval(cx, e).ok();
            }
            return value;
        }
        None
    }

    /// Whether a clause of a specification for tracing matches; if so, its body has been run.
    fn run_trace(&mut self, cx: &mut Native<'_>, args: Term<'_>) -> bool {
        let args = args.word();
        for clause in &self.spec.clauses {
            if !matches(&mut self.bindings, &clause.head, args) {
                continue;
            }
            let mut run = Run { runner: self, clause, object: args, in_body: false };
            if !clause.guards.iter().all(|g| run.is_true(cx, g)) {
                continue;
            }
            run.in_body = true;
            for e in &clause.body {
                // A failure is a value in a body.
                let _ = run.eval(cx, e);
            }
            return true;
        }
        false
    }
}

/// As [`matches`], without a call for what is mostly there.
#[inline(always)]
fn matches_part(bindings: &mut [Word], pattern: &Pattern, w: Word) -> bool {
    match pattern {
        Pattern::Any => true,
        Pattern::Bind(i) => {
            bindings[*i] = w;
            true
        }
        Pattern::Const(c) if *c == w => true,
        _ => matches(bindings, pattern, w),
    }
}

/// Whether that is what the pattern says; binds its variables.
fn matches(bindings: &mut [Word], pattern: &Pattern, w: Word) -> bool {
    match pattern {
        Pattern::Any => true,
        Pattern::Bind(i) => {
            bindings[*i] = w;
            true
        }
        Pattern::Same(i) => exact_eq(term(bindings[*i]), term(w)),
        Pattern::Const(c) => exact_eq(term(*c), term(w)),
        Pattern::Tuple(parts) => match term(w).as_tuple() {
            Some(elements) if elements.len() == parts.len() => {
                parts.iter().zip(elements).all(|(p, e)| matches_part(bindings, p, e.word()))
            }
            _ => false,
        },
        Pattern::List(parts, rest) => {
            let mut t = term(w);
            for p in parts {
                let Some((head, tail)) = t.as_cons() else { return false };
                if !matches(bindings, p, head.word()) {
                    return false;
                }
                t = tail;
            }
            matches(bindings, rest, t.word())
        }
        Pattern::Map(pairs) => {
            let Some(m) = term(w).as_map() else { return false };
            pairs.iter().all(|(k, p)| match m.get(term(*k)) {
                Some(v) => matches(bindings, p, v.word()),
                None => false,
            })
        }
    }
}

/// Whether two terms compare so. The orders are one way, where what is asked for is a number.
fn holds<'p>(op: Compare, a: Term<'p>, b: Term<'p>) -> bool {
    let any_of = |orders: i8| {
        let order = compare(a, b) as i8 + 1;
        orders >> order & 1 != 0
    };
    match op {
        Compare::Equal => eq(a, b),
        Compare::NotEqual => !eq(a, b),
        Compare::Same => exact_eq(a, b),
        Compare::NotSame => !exact_eq(a, b),
        Compare::Less => any_of(0b001),
        Compare::LessOrEqual => any_of(0b011),
        Compare::Greater => any_of(0b100),
        Compare::GreaterOrEqual => any_of(0b110),
    }
}

struct Run<'a, 's> {
    runner: &'a Runner<'s>,
    clause: &'a Clause,
    object: Word,
    in_body: bool,
}

impl Run<'_, '_> {
    fn is_true<'p>(&self, cx: &mut Native<'p>, e: &Expr) -> bool {
        self.eval(cx, e).is_ok_and(|v| v.term.is_atom(atoms::TRUE))
    }

    /// What a failure stands for: in a guard it makes the guard fail, in a body it is a value.
    fn failure<'p>(&self) -> Result<Value<'p>> {
        if self.in_body { Ok(Value::own(Term::atom(atoms::EXIT_UPPER))) } else { Err(Failed) }
    }

    fn own<'p>(&self, cx: &mut Native<'p>, e: &Expr) -> Result<Term<'p>> {
        Ok(self.eval(cx, e)?.take(cx))
    }

    fn all_own<'p>(&self, cx: &mut Native<'p>, parts: &[Expr]) -> Result<SmallVec<[Term<'p>; 8]>> {
        parts.iter().map(|e| self.own(cx, e)).collect()
    }

    /// Most operands are told here, without a jump by a table.
    #[inline(always)]
    fn eval<'p>(&self, cx: &mut Native<'p>, e: &Expr) -> Result<Value<'p>> {
        match e {
            Expr::Const(w) => Ok(Value { term: term(*w), foreign: self.runner.foreign_constants }),
            Expr::Var(i) => Ok(Value {
                term: term(self.runner.bindings[*i]),
                foreign: self.runner.foreign_objects,
            }),
            _ => self.eval_other(cx, e),
        }
    }

    fn eval_other<'p>(&self, cx: &mut Native<'p>, e: &Expr) -> Result<Value<'p>> {
        Ok(match e {
            Expr::Const(_) | Expr::Var(_) => unreachable!("told by eval"),
            Expr::Whole => Value { term: term(self.object), foreign: self.runner.foreign_objects },
            Expr::AllBindings => {
                let foreign = self.runner.foreign_objects;
                let mut own =
                    |i: usize| Value { term: term(self.runner.bindings[i]), foreign }.take(cx);
                let all: SmallVec<[Term<'p>; 8]> = match &self.clause.in_order {
                    Some(in_order) => in_order.iter().map(|i| own(*i)).collect(),
                    None => (0..self.clause.vars).map(own).collect(),
                };
                Value::own(cx.list(&all))
            }
            Expr::SelfPid => Value::own(Term::pid(cx.self_pid())),
            Expr::Tuple(parts) => {
                let parts = self.all_own(cx, parts)?;
                Value::own(cx.tuple(&parts))
            }
            Expr::List(parts, rest) => {
                let parts = self.all_own(cx, parts)?;
                let rest = self.own(cx, rest)?;
                Value::own(cx.list_with_tail(&parts, rest))
            }
            Expr::Map(pairs) => {
                let pairs = pairs.iter().map(|(k, v)| Ok((self.own(cx, k)?, self.own(cx, v)?)));
                let pairs = pairs.collect::<Result<Vec<_>>>()?;
                Value::own(make_map(cx, pairs))
            }
            Expr::And(parts) => return self.boolean(cx, parts, atoms::FALSE, false),
            Expr::Or(parts) => return self.boolean(cx, parts, atoms::TRUE, false),
            Expr::AndAlso(parts) => return self.boolean(cx, parts, atoms::FALSE, true),
            Expr::OrElse(parts) => return self.boolean(cx, parts, atoms::TRUE, true),
            Expr::Compare(op, both) => {
                let [a, b] = [self.eval(cx, &both[0])?.term, self.eval(cx, &both[1])?.term];
                Value::own(Term::bool(holds(*op, a, b)))
            }
            Expr::Arith(op, both) => {
                let [a, b] = [self.eval(cx, &both[0])?, self.eval(cx, &both[1])?];
                let foreign = a.foreign || b.foreign;
                let (a, b) = (a.term, b.term);
                let result = match op {
                    Arith::Add => arith::add(cx, a, b),
                    Arith::Sub => arith::sub(cx, a, b),
                    Arith::Mul => arith::mul(cx, a, b),
                    Arith::Div => arith::div_float(cx, a, b),
                    Arith::IntDiv => arith::div(cx, a, b),
                    Arith::Rem => arith::rem(cx, a, b),
                    Arith::And => arith::band(cx, a, b),
                    Arith::Or => arith::bor(cx, a, b),
                    Arith::Xor => arith::bxor(cx, a, b),
                    Arith::ShiftLeft => arith::bsl(cx, a, b),
                    Arith::ShiftRight => arith::bsr(cx, a, b),
                };
                // It may be one of the operands.
                result.map_or_else(|_| self.failure(), |term| Ok(Value { term, foreign }))?
            }
            Expr::Call(native, args) => {
                let args = args.iter().map(|e| self.eval(cx, e));
                let args = args.collect::<Result<SmallVec<[Value<'p>; 3]>>>()?;
                let foreign = args.iter().any(|v| v.foreign);
                let terms: SmallVec<[Term<'p>; 3]> = args.iter().map(|v| v.term).collect();
                // What has been done here cannot begin anew.
                match cx.patiently(|cx| (native.call)(cx, &terms)).outcome() {
                    // It may be a part of an argument.
                    Ok(term) => Value { term, foreign },
                    Err(Raise::Exception(_)) => self.failure()?,
                    Err(_) => unreachable!("guard functions do not trap"),
                }
            }
            Expr::Action(action, args) => {
                let args = args.iter().map(|e| Ok(self.eval(cx, e)?.term));
                let args = args.collect::<Result<SmallVec<[Term<'p>; 3]>>>()?;
                let context = self.runner.tracing.expect("only tracing has actions");
                match actions::perform(cx, *action, &args, context) {
                    Some(term) => Value::own(term),
                    None => return self.failure(),
                }
            }
        })
    }

    /// `and` and its like: `decisive` is the value that decides. `lazy`: what comes after that is
    /// not looked at, and the last value may be anything.
    fn boolean<'p>(
        &self,
        cx: &mut Native<'p>,
        parts: &[Expr],
        decisive: crate::term::Atom,
        lazy: bool,
    ) -> Result<Value<'p>> {
        let mut result = Term::bool(decisive == atoms::FALSE);
        for (i, part) in parts.iter().enumerate() {
            let v = self.eval(cx, part)?;
            if lazy && i + 1 == parts.len() {
                return Ok(v);
            }
            if v.term.is_atom(decisive) {
                result = v.term;
                if lazy {
                    return Ok(v);
                }
            } else if v.term.as_bool().is_none() {
                return self.failure();
            }
        }
        Ok(Value::own(result))
    }
}
