//! Match specifications, compiled: the "match specifications in Erlang" chapter of the ERTS user's
//! guide, for tables and for tracing. Running them is in `match_run`; what only tracing has of them
//! is in `trace::actions`.
//!
//! Invariant: the words in a [`MatchSpec`] are terms that stay in place as long as it is used:
//! terms of the caller for the call ([`Borrowed`]), or of the specification's own copy
//! ([`Owned`]).

use super::object::Object;
use super::ops::{copy_out, same};
use crate::native::{Native, NativeDef, Raise};
use crate::term::print::Shown;
use crate::term::{Atom, Term, View, Word, atoms, map};
use crate::trace::actions::{self, Action};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

/// Deeper nesting of a pattern or expression is `system_limit`.
const MAX_DEPTH: usize = 1000;

/// What a specification is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Objects of tables.
    Table,
    /// Calls of functions.
    Call,
    /// Messages that are sent.
    Send,
    /// Messages that come.
    Receive,
}

/// Why a specification cannot be compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadSpec {
    /// `badarg`
    BadArgument,
    /// `system_limit`
    TooDeep,
    /// The machine was made without a guard function.
    NoNative,
}

impl From<BadSpec> for Raise<'_> {
    fn from(e: BadSpec) -> Self {
        match e {
            BadSpec::BadArgument => Raise::badarg(),
            BadSpec::TooDeep => Raise::system_limit(),
            BadSpec::NoNative => Raise::error_atom(atoms::UNDEF),
        }
    }
}

type Result<T> = std::result::Result<T, BadSpec>;

/// What an object or part of one must look like.
pub(super) enum Pattern {
    Any,
    /// The first place of a variable.
    Bind(usize),
    /// A further place of one.
    Same(usize),
    Const(Word),
    Tuple(Box<[Pattern]>),
    /// Elements and what follows them.
    List(Box<[Pattern]>, Box<Pattern>),
    /// The map has those keys.
    Map(Box<[(Word, Pattern)]>),
}

#[derive(Clone, Copy)]
pub(super) enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Same,
    NotSame,
}

#[derive(Clone, Copy)]
pub(super) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    IntDiv,
    Rem,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// What takes two arguments.
enum Operator {
    Compare(Compare),
    Arith(Arith),
}

impl Operator {
    fn of(name: &str) -> Option<Operator> {
        Some(match name {
            "<" => Operator::Compare(Compare::Less),
            "=<" => Operator::Compare(Compare::LessOrEqual),
            ">" => Operator::Compare(Compare::Greater),
            ">=" => Operator::Compare(Compare::GreaterOrEqual),
            "==" => Operator::Compare(Compare::Equal),
            "/=" => Operator::Compare(Compare::NotEqual),
            "=:=" => Operator::Compare(Compare::Same),
            "=/=" => Operator::Compare(Compare::NotSame),
            "+" => Operator::Arith(Arith::Add),
            "-" => Operator::Arith(Arith::Sub),
            "*" => Operator::Arith(Arith::Mul),
            "/" => Operator::Arith(Arith::Div),
            "div" => Operator::Arith(Arith::IntDiv),
            "rem" => Operator::Arith(Arith::Rem),
            "band" => Operator::Arith(Arith::And),
            "bor" => Operator::Arith(Arith::Or),
            "bxor" => Operator::Arith(Arith::Xor),
            "bsl" => Operator::Arith(Arith::ShiftLeft),
            "bsr" => Operator::Arith(Arith::ShiftRight),
            _ => return None,
        })
    }
}

/// What guards and bodies compute.
pub(super) enum Expr {
    Const(Word),
    Var(usize),
    /// `'$_'`
    Whole,
    /// `'$$'`
    AllBindings,
    /// `{self}`
    SelfPid,
    Tuple(Box<[Expr]>),
    List(Box<[Expr]>, Box<Expr>),
    Map(Box<[(Expr, Expr)]>),
    And(Box<[Expr]>),
    Or(Box<[Expr]>),
    AndAlso(Box<[Expr]>),
    OrElse(Box<[Expr]>),
    Compare(Compare, Box<[Expr; 2]>),
    Arith(Arith, Box<[Expr; 2]>),
    Call(&'static NativeDef, Box<[Expr]>),
    /// What only specifications for tracing have.
    Action(Action, Box<[Expr]>),
}

/// Mostly there is one, which needs no memory of its own.
type Few<T> = SmallVec<[T; 1]>;

pub(super) struct Clause {
    pub head: Pattern,
    pub guards: Few<Expr>,
    /// The last is the result; empty only in tracing.
    pub body: Few<Expr>,
    /// How many variables the head binds.
    pub vars: usize,
    /// The variables in the order of their numbers, if that is not the one they were met in.
    pub in_order: Option<Box<[usize]>>,
}

impl Clause {
    /// One that nothing has been written to yet.
    #[inline(always)]
    fn empty() -> Clause {
        let (guards, body) = (Few::new(), Few::new());
        Clause { head: Pattern::Any, guards, body, vars: 0, in_order: None }
    }
}

/// A compiled match specification.
pub(super) struct MatchSpec {
    pub clauses: Box<[Clause]>,
    /// It may have constants that are no immediates.
    pub has_terms: bool,
}

/// A specification whose constants are the caller's terms.
pub struct Borrowed<'p> {
    pub(super) spec: MatchSpec,
    brand: PhantomData<fn(&'p ()) -> &'p ()>,
}

/// A specification that is kept, with a copy of what terms of it are needed.
pub struct Owned {
    pub(super) spec: MatchSpec,
    /// Of one for tracing what it was compiled from; of others the constants that are no immediates, if
    /// there are any.
    terms: Option<Object>,
}

// SAFETY: the words refer to the object beside them, which is only read.
unsafe impl Send for Owned {}
// SAFETY: as for Send.
unsafe impl Sync for Owned {}

/// What a specification made from a single pattern gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// The list of all bindings: `ets:match`.
    Bindings,
    /// The object: `ets:match_object`.
    Object,
}

/// What is to be compiled.
#[derive(Clone, Copy)]
pub enum Source<'p> {
    /// A whole match specification.
    Spec(Term<'p>),
    /// A pattern.
    Pattern(Term<'p>, Gives),
    /// A specification for tracing.
    Trace(Term<'p>, Dialect),
}

impl<'p> Borrowed<'p> {
    /// Compiles for use in this call.
    pub fn compile(cx: &Native<'p>, source: Source<'p>) -> Result<Borrowed<'p>> {
        Ok(Borrowed { spec: compile(cx, source)?, brand: PhantomData })
    }
}

impl Owned {
    /// Compiles to be kept.
    pub fn compile(cx: &Native<'_>, source: Source<'_>) -> Result<Owned> {
        if let Source::Trace(term, dialect) = source {
            let terms = Object::outside_tables(&[term]);
            let spec = compile(cx, Source::Trace(terms.elements()[0], dialect))?;
            return Ok(Owned { spec, terms: Some(terms) });
        }
        let mut spec = compile(cx, source)?;
        let terms = if spec.has_terms { spec.own_constants() } else { None };
        Ok(Owned { spec, terms })
    }

    /// A copy of what one for tracing was compiled from.
    pub fn source<'p>(&self, area: &mut crate::term::Area<'p>) -> Term<'p> {
        let terms = self.terms.as_ref().expect("one for tracing has it");
        copy_out(terms.elements()[0], area)
    }
}

/// The number of a variable: `'$0'`, `'$1'` and so on.
fn variable(a: Atom) -> Option<u64> {
    let [b'$', digits @ ..] = a.name().as_bytes() else { return None };
    if digits.is_empty() || digits.len() > 1 && digits[0] == b'0' {
        return None;
    }
    let mut n = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // What is too large for a number would be its own variable; nobody has so many.
        n = n.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    }
    Some(n)
}

/// What `f` writes for each of some terms to places that hold something of no account: what is made is
/// written to where it stays, as moving it takes longer than making it.
fn each<'t, T>(
    terms: &[Term<'t>],
    nothing: impl Fn() -> T,
    mut f: impl FnMut(Term<'t>, &mut T) -> Result<()>,
) -> Result<Box<[T]>> {
    let mut all: Box<[T]> = (0..terms.len()).map(|_| nothing()).collect();
    for (t, into) in terms.iter().zip(&mut all) {
        f(*t, into)?;
    }
    Ok(all)
}

/// How many elements a list has. Those of a specification are short, so that nothing of it is foreseen.
fn list_len(list: Term<'_>) -> Option<usize> {
    let (mut rest, mut n) = (list, 0);
    while let Some([_, tail]) = rest.as_cell() {
        (rest, n) = (*tail, n + 1);
    }
    rest.is_nil().then_some(n)
}

fn compile(cx: &Native<'_>, source: Source<'_>) -> Result<MatchSpec> {
    match source {
        Source::Pattern(pattern, gives) => {
            let mut clause = Clause::empty();
            let mut c = Compiler::new(cx, Dialect::Table, None);
            c.pattern(pattern, 0, &mut clause.head)?;
            clause.body.push(match gives {
                Gives::Bindings => Expr::AllBindings,
                Gives::Object => Expr::Whole,
            });
            c.finish(&mut clause);
            Ok(MatchSpec { clauses: Box::new([clause]), has_terms: c.has_terms.get() })
        }
        Source::Spec(spec) => compile_spec(cx, spec, Dialect::Table, None),
        Source::Trace(spec, dialect) => {
            if spec.is_nil() {
                return Err(BadSpec::BadArgument);
            }
            compile_spec(cx, spec, dialect, None)
        }
    }
}

/// Where complaints go that would otherwise end the compilation.
type Complaints<'a> = Option<&'a RefCell<Vec<String>>>;

impl<'p> Borrowed<'p> {
    /// Compiles for use in this call, and tells all that is wrong, in stock's words, which programs
    /// show.
    pub fn checked(
        cx: &Native<'p>,
        spec: Term<'p>,
        dialect: Dialect,
    ) -> (Vec<String>, Result<Borrowed<'p>>) {
        let complaints = RefCell::new(Vec::new());
        let spec = compile_spec(cx, spec, dialect, Some(&complaints));
        let complaints = complaints.into_inner();
        let spec = match spec {
            Ok(_) if !complaints.is_empty() => Err(BadSpec::BadArgument),
            spec => spec.map(|spec| Borrowed { spec, brand: PhantomData }),
        };
        (complaints, spec)
    }
}

fn compile_spec(
    cx: &Native<'_>,
    spec: Term<'_>,
    dialect: Dialect,
    lint: Complaints<'_>,
) -> Result<MatchSpec> {
    let wrong = |text: &str| {
        lint.iter().for_each(|all| all.borrow_mut().push(text.to_owned()));
        BadSpec::BadArgument
    };
    if spec.as_cons().is_none() && dialect != Dialect::Table {
        return Err(wrong("Match programs are not in a list."));
    }
    let count = list_len(spec);
    let count = count.ok_or_else(|| wrong("Match programs are not in a proper list."))?;
    let mut clauses: Box<[Clause]> = (0..count).map(|_| Clause::empty()).collect();
    let (mut rest, mut has_terms) = (spec, false);
    for into in &mut clauses {
        let (clause, tail) = rest.as_cons().expect("there are as many");
        rest = tail;
        let [head, guards, body] = clause
            .as_tuple_of()
            .ok_or_else(|| wrong("Match program part is not a tuple of arity 3."))?;
        let mut c = Compiler::new(cx, dialect, lint);
        if dialect == Dialect::Table {
            c.pattern(head, 0, &mut into.head)?;
        } else {
            c.arguments(head, &mut into.head)?;
        }
        c.exprs(guards, false, &mut into.guards)?;
        c.exprs(body, true, &mut into.body)?;
        if into.body.is_empty() && dialect == Dialect::Table {
            return Err(BadSpec::BadArgument);
        }
        c.finish(into);
        has_terms |= c.has_terms.get();
    }
    Ok(MatchSpec { clauses, has_terms })
}

struct Compiler<'a, 'p> {
    cx: &'a Native<'p>,
    dialect: Dialect,
    lint: Complaints<'a>,
    /// Numbers of the variables, in the order they were met.
    vars: SmallVec<[u64; 8]>,
    /// There has been a constant that is no immediate.
    has_terms: Cell<bool>,
}

impl<'a, 'p> Compiler<'a, 'p> {
    fn new(cx: &'a Native<'p>, dialect: Dialect, lint: Complaints<'a>) -> Self {
        Compiler { cx, dialect, lint, vars: SmallVec::new(), has_terms: Cell::new(false) }
    }

    /// Something is wrong: the end, or a complaint, after which it goes on with `instead`.
    fn wrong<T>(&self, text: impl FnOnce() -> String, instead: T) -> Result<T> {
        let Some(all) = self.lint else { return Err(BadSpec::BadArgument) };
        all.borrow_mut().push(text());
        Ok(instead)
    }

    /// Tells a clause, of which all else has been written, what variables it has.
    fn finish(&self, clause: &mut Clause) {
        clause.vars = self.vars.len();
        clause.in_order = (!self.vars.is_sorted()).then(|| {
            let mut in_order: Box<[usize]> = (0..self.vars.len()).collect();
            in_order.sort_by_key(|i| self.vars[*i]);
            in_order
        });
    }

    /// A constant.
    #[inline(always)]
    fn constant(&self, t: Term<'_>) -> Word {
        if !t.is_immediate() {
            self.has_terms.set(true);
        }
        t.word()
    }

    /// The pattern of a list of arguments, which a tuple stands for too.
    fn arguments(&mut self, head: Term<'_>, into: &mut Pattern) -> Result<()> {
        if let Some(parts) = head.as_tuple() {
            let parts = each(parts, || Pattern::Any, |e, into| self.pattern(e, 1, into))?;
            *into = Pattern::List(parts, Box::new(Pattern::Const(Word::NIL)));
            return Ok(());
        }
        if head.as_cons().is_some() && list_len(head).is_none() {
            return Err(BadSpec::BadArgument);
        }
        self.pattern(head, 0, into)
    }

    #[inline]
    fn atom_pattern(&mut self, a: Atom) -> Pattern {
        let Some(n) = variable(a) else {
            return if a.name() == "_" {
                Pattern::Any
            } else {
                Pattern::Const(Term::atom(a).word())
            };
        };
        match self.vars.iter().position(|v| *v == n) {
            Some(i) => Pattern::Same(i),
            None => {
                self.vars.push(n);
                Pattern::Bind(self.vars.len() - 1)
            }
        }
    }

    /// Writes the pattern that `t` is.
    fn pattern(&mut self, t: Term<'_>, depth: usize, into: &mut Pattern) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(BadSpec::TooDeep);
        }
        let constant = |p: &Pattern| matches!(p, Pattern::Const(_));
        if let Some(a) = t.as_atom() {
            *into = self.atom_pattern(a);
        } else if let Some(elements) = t.as_tuple() {
            let parts =
                each(elements, || Pattern::Any, |e, into| self.pattern(e, depth + 1, into))?;
            *into = if parts.iter().all(constant) {
                Pattern::Const(self.constant(t))
            } else {
                Pattern::Tuple(parts)
            };
        } else if t.as_cons().is_some() {
            let mut list = t.list();
            let items: SmallVec<[Term<'_>; 8]> = list.by_ref().collect();
            let parts = each(&items, || Pattern::Any, |e, into| self.pattern(e, depth + 1, into))?;
            let mut rest = Box::new(Pattern::Any);
            self.pattern(list.rest(), depth + 1, &mut rest)?;
            *into = if constant(&rest) && parts.iter().all(constant) {
                Pattern::Const(self.constant(t))
            } else {
                Pattern::List(parts, rest)
            };
        } else if let Some(m) = t.as_map() {
            let pairs = m.iter().map(|(k, v)| {
                if k.as_atom().is_some_and(|a| a.name() == "_" || variable(a).is_some()) {
                    return Err(BadSpec::BadArgument);
                }
                let mut value = Pattern::Any;
                self.pattern(v, depth + 1, &mut value)?;
                Ok((self.constant(k), value))
            });
            *into = Pattern::Map(pairs.collect::<Result<_>>()?);
        } else {
            *into = Pattern::Const(self.constant(t));
        }
        Ok(())
    }

    /// Writes what the expressions of a list are behind what is there.
    fn exprs(&self, list: Term<'_>, body: bool, into: &mut Few<Expr>) -> Result<()> {
        if list_len(list).is_none() {
            return self.wrong(|| "Match expression is not a list.".to_owned(), ());
        }
        let mut rest = list;
        while let Some((e, tail)) = rest.as_cons() {
            into.push(NOTHING);
            let last = into.last_mut().expect("it has just been put there");
            self.expr(e, 0, body, last)?;
            rest = tail;
        }
        Ok(())
    }

    fn all(&self, terms: &[Term<'_>], depth: usize, body: bool) -> Result<Box<[Expr]>> {
        each(terms, || NOTHING, |e, into| self.expr(e, depth + 1, body, into))
    }

    /// Writes the expression that `t` is to where there is [`NOTHING`].
    fn expr(&self, t: Term<'_>, depth: usize, body: bool, into: &mut Expr) -> Result<()> {
        if depth > MAX_DEPTH {
            let near = "Excessive nesting; system limit reached near: ";
            let _ = self.wrong(|| format!("{near}{}", Shown(t, NEAR)), ());
            return Err(BadSpec::TooDeep);
        }
        // Whether what an expression gives is the term that stands for it.
        let itself = |e: &Expr, t: Term<'_>| matches!(e, Expr::Const(w) if *w == t.word());
        if let Some(a) = t.as_atom() {
            *into = match variable(a) {
                Some(n) => match self.vars.iter().position(|v| *v == n) {
                    Some(i) => Expr::Var(i),
                    None => return self.wrong(|| format!("Variable ${n} is unbound."), ()),
                },
                None => match a.name() {
                    "$_" => Expr::Whole,
                    "$$" => Expr::AllBindings,
                    _ => Expr::Const(t.word()),
                },
            };
            return Ok(());
        }
        if t.is_immediate() {
            *into = Expr::Const(t.word());
            return Ok(());
        }
        if let Some(tuple) = t.as_tuple() {
            return self.tuple(t, tuple, depth, body, into);
        }
        *into = match t.view() {
            View::Cons(..) => {
                let mut list = t.list();
                let items: SmallVec<[Term<'_>; 8]> = list.by_ref().collect();
                let parts = self.all(&items, depth, body)?;
                let mut rest = Box::new(NOTHING);
                self.expr(list.rest(), depth + 1, body, &mut rest)?;
                let constant = itself(&rest, list.rest())
                    && parts.iter().zip(&items).all(|(e, t)| itself(e, *t));
                if constant { Expr::Const(self.constant(t)) } else { Expr::List(parts, rest) }
            }
            View::Map(m) => {
                let mut constant = true;
                let pairs = m.iter().map(|(k, v)| {
                    let (mut a, mut b) = (NOTHING, NOTHING);
                    self.expr(k, depth + 1, body, &mut a)?;
                    self.expr(v, depth + 1, body, &mut b)?;
                    constant &= itself(&a, k) && itself(&b, v);
                    Ok((a, b))
                });
                let pairs = pairs.collect::<Result<_>>()?;
                if constant { Expr::Const(self.constant(t)) } else { Expr::Map(pairs) }
            }
            _ => Expr::Const(self.constant(t)),
        };
        Ok(())
    }

    /// Writes the expression that a tuple is: a call, or a tuple of one that stands for what is in it.
    fn tuple(
        &self,
        t: Term<'_>,
        elements: &[Term<'_>],
        depth: usize,
        body: bool,
        into: &mut Expr,
    ) -> Result<()> {
        match elements {
            [function, args @ ..] if function.as_atom().is_some_and(|a| variable(a).is_none()) => {
                let function = function.as_atom().ok_or(BadSpec::BadArgument)?;
                self.call(t, function, args, depth, body, into)
            }
            [tuple] if tuple.as_tuple().is_some() => {
                let elements = tuple.as_tuple().unwrap_or_default();
                let parts = self.all(elements, depth, body)?;
                let itself =
                    |(e, t): (&Expr, &Term<'_>)| matches!(e, Expr::Const(w) if *w == t.word());
                *into = if parts.iter().zip(elements).all(itself) {
                    Expr::Const(self.constant(*tuple))
                } else {
                    Expr::Tuple(parts)
                };
                Ok(())
            }
            _ => {
                let text = || {
                    let no =
                        "is neither a function call, nor a tuple (tuples are written {{ ... }}).";
                    format!("{} {no}", Shown(t, SHOWN))
                };
                self.wrong(text, ())
            }
        }
    }

    fn call(
        &self,
        whole: Term<'_>,
        function: Atom,
        args: &[Term<'_>],
        depth: usize,
        body: bool,
        into: &mut Expr,
    ) -> Result<()> {
        let name = function.name();
        if let [a, b] = args
            && let Some(operator) = Operator::of(name)
        {
            let mut both = Box::new([NOTHING, NOTHING]);
            self.expr(*a, depth + 1, body, &mut both[0])?;
            self.expr(*b, depth + 1, body, &mut both[1])?;
            *into = match operator {
                Operator::Compare(c) => Expr::Compare(c, both),
                Operator::Arith(a) => Expr::Arith(a, both),
            };
            return Ok(());
        }
        let form = match (name, args) {
            ("const", [constant]) => Some(Expr::Const(self.constant(*constant))),
            ("self", []) => Some(Expr::SelfPid),
            ("and", [_, ..]) => Some(Expr::And(self.all(args, depth, body)?)),
            ("or", [_, ..]) => Some(Expr::Or(self.all(args, depth, body)?)),
            ("andalso" | "andthen", [_, ..]) => Some(Expr::AndAlso(self.all(args, depth, body)?)),
            ("orelse", [_, ..]) => Some(Expr::OrElse(self.all(args, depth, body)?)),
            _ => None,
        };
        if let Some(form) = form {
            *into = form;
            return Ok(());
        }
        if let Some((arities, anywhere)) = actions::form(name) {
            return self.action(whole, name, args, depth, body, arities, anywhere, into);
        }
        if matches!((name, args), ("const" | "self" | "and" | "or" | "andalso" | "orelse", _)) {
            let text = || {
                let how = match name {
                    "const" => "with more than one argument",
                    "self" => "with arguments",
                    _ => "without arguments",
                };
                format!("Special form '{name}' called {how} in {}.", Shown(whole, SHOWN))
            };
            return self.wrong(text, ());
        }
        if !is_guard_function(name, args.len()) {
            let text = || format!("Function {name}/{} does_not_exist.", args.len());
            return self.wrong(text, ());
        }
        let args = self.all(args, depth, body)?;
        let native = self.cx.vm().code.native(atoms::ERLANG, function, args.len() as u8);
        *into = Expr::Call(native.ok_or(BadSpec::NoNative)?, args);
        Ok(())
    }

    /// What only tracing has: with one of `arities` arguments; `anywhere`: in tables it is an
    /// unknown function, not a special form.
    #[expect(clippy::too_many_arguments, reason = "what a call is made of, and what it may be")]
    fn action(
        &self,
        whole: Term<'_>,
        name: &str,
        args: &[Term<'_>],
        depth: usize,
        body: bool,
        arities: std::ops::RangeInclusive<usize>,
        function: bool,
        into: &mut Expr,
    ) -> Result<()> {
        let n = args.len();
        let special = |what: &str| format!("Special form '{name}' {what}");
        if function {
            return match Action::of(name, n) {
                None => self.wrong(|| format!("Function {name}/{n} does_not_exist."), ()),
                Some(action) if action.is_allowed(self.dialect, body) => {
                    *into = Expr::Action(action, self.all(args, depth, body)?);
                    Ok(())
                }
                Some(_) => {
                    let text = || format!("Function {name}/{n} cannot be called in this context.");
                    self.wrong(text, ())
                }
            };
        }
        if self.dialect == Dialect::Table {
            return self.wrong(|| special("used in wrong dialect."), ());
        }
        let action = Action::of(name, *arities.start()).ok_or(BadSpec::BadArgument)?;
        if !action.is_allowed(self.dialect, true) {
            return self.wrong(|| special("not allow for this trace event."), ());
        }
        if !action.is_allowed(self.dialect, body) {
            return self.wrong(|| special("called in guard context."), ());
        }
        if !arities.contains(&n) {
            let wrong = if *arities.end() == 0 { "arguments" } else { "wrong number of arguments" };
            let text = || special(&format!("called with {wrong} in {}.", Shown(whole, SHOWN)));
            return self.wrong(text, ());
        }
        *into = Expr::Action(action, self.all(args, depth, body)?);
        Ok(())
    }
}

/// In place of what there was a complaint of.
const NOTHING: Expr = Expr::Const(Word::NIL);
/// How much of a term it shows that is too deep.
const NEAR: i64 = 10;
/// How much of a term a complaint shows.
const SHOWN: i64 = 10_000;

/// The functions that guards and bodies of ETS may call, beside operators.
fn is_guard_function(name: &str, arity: usize) -> bool {
    match arity {
        0 => name == "node",
        1 => matches!(
            name,
            "is_atom"
                | "is_float"
                | "is_integer"
                | "is_list"
                | "is_number"
                | "is_pid"
                | "is_port"
                | "is_reference"
                | "is_tuple"
                | "is_map"
                | "is_binary"
                | "is_function"
                | "abs"
                | "hd"
                | "length"
                | "node"
                | "round"
                | "size"
                | "map_size"
                | "bit_size"
                | "byte_size"
                | "tl"
                | "trunc"
                | "float"
                | "+"
                | "-"
                | "bnot"
                | "not"
        ),
        2 => matches!(name, "element" | "map_get" | "is_map_key" | "binary_part" | "xor"),
        3 => matches!(name, "is_record" | "binary_part"),
        _ => false,
    }
}

/// Whether every clause gives an object with the key that it matched, as `select_replace` must
/// know beforehand.
pub fn keeps_key(spec: Term<'_>, key_position: usize) -> bool {
    spec.list().all(|clause| {
        let Some([head, _, body]) = clause.as_tuple_of() else { return false };
        clause_keeps_key(head, body, key_position).unwrap_or(false)
    })
}

fn clause_keeps_key(head: Term<'_>, body: Term<'_>, key_position: usize) -> Option<bool> {
    let (result, rest) = body.as_cons()?;
    if !rest.is_nil() {
        return Some(false);
    }
    if is_word(result, "$_") {
        return Some(true);
    }
    let key = |t: Term<'_>| t.as_tuple()?.get(key_position - 1).map(|k| k.word());
    // SAFETY: the words are parts of the caller's terms, which stay for the call.
    let (matched, constant, made) = unsafe {
        let matched = Term::from_word(key(head)?);
        match result.as_tuple()? {
            [c, t] if is_word(*c, "const") => (matched, true, Term::from_word(key(*t)?)),
            [t] => (matched, false, Term::from_word(key(*t)?)),
            _ => return Some(false),
        }
    };
    if equal_key(matched, made, constant, 0) {
        return Some(true);
    }
    Some(match made.as_tuple() {
        Some([f, n, whole]) if !constant => {
            is_word(*f, "element")
                && n.as_small() == Some(key_position as i64)
                && is_word(*whole, "$_")
        }
        _ => false,
    })
}

fn is_word(t: Term<'_>, word: &str) -> bool {
    t.as_atom().is_some_and(|a| a.name() == word)
}

/// Whether the expression `made` (a constant if `constant`) gives what the pattern `matched`
/// matches.
fn equal_key(matched: Term<'_>, made: Term<'_>, constant: bool, depth: usize) -> bool {
    // The last two stand for themselves in a pattern, but stock takes no pains over them.
    if depth > MAX_DEPTH || ["_", "$_", "$$"].iter().any(|word| is_word(matched, word)) {
        return false;
    }
    if matched.as_atom().and_then(variable).is_some() {
        return !constant && same(matched, made);
    }
    match (matched.view(), made.view()) {
        (_, View::Tuple([c, t])) if !constant && is_word(*c, "const") => {
            equal_key(matched, *t, true, depth + 1)
        }
        (View::Tuple(x), View::Tuple([y])) if !constant => match y.as_tuple() {
            Some(y) => {
                x.len() == y.len()
                    && x.iter().zip(y).all(|(a, b)| equal_key(*a, *b, false, depth + 1))
            }
            None => false,
        },
        (View::Tuple(x), View::Tuple(y)) if constant => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| equal_key(*a, *b, true, depth + 1))
        }
        (View::Tuple(_), _) => false,
        (View::Cons(..), View::Cons(..)) => {
            let (mut x, mut y) = (matched.list(), made.list());
            loop {
                match (x.next(), y.next()) {
                    (Some(a), Some(b)) if equal_key(a, b, constant, depth + 1) => {}
                    (None, None) => return equal_key(x.rest(), y.rest(), constant, depth + 1),
                    _ => return false,
                }
            }
        }
        // A pattern of a map matches larger ones too.
        (View::Map(_), _) => false,
        _ => same(matched, made),
    }
}

/// The map of those pairs; here so that running needs no more of `term`.
pub(super) fn make_map<'p>(cx: &mut Native<'p>, mut pairs: Vec<(Term<'p>, Term<'p>)>) -> Term<'p> {
    map::from_pairs(cx, &mut pairs)
}
