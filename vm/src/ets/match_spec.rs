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
use std::cell::RefCell;
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

/// A compiled match specification.
pub(super) struct MatchSpec {
    pub clauses: Box<[Clause]>,
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
        let terms = spec.own_constants();
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

/// What `f` makes of each of `n` terms.
fn each<'t, T>(
    n: usize,
    terms: impl Iterator<Item = Term<'t>>,
    mut f: impl FnMut(Term<'t>) -> Result<T>,
) -> Result<Box<[T]>> {
    let mut all = Vec::with_capacity(n);
    for t in terms {
        all.push(f(t)?);
    }
    Ok(all.into())
}

/// The same, of a list of which is known that it is one.
fn few<'t, T>(list: Term<'t>, mut f: impl FnMut(Term<'t>) -> Result<T>) -> Result<Few<T>> {
    let mut all = Few::new();
    for t in list.list() {
        all.push(f(t)?);
    }
    Ok(all)
}

fn compile(cx: &Native<'_>, source: Source<'_>) -> Result<MatchSpec> {
    let clauses = match source {
        Source::Pattern(pattern, gives) => {
            let mut c = Compiler { cx, vars: SmallVec::new(), dialect: Dialect::Table, lint: None };
            let head = c.pattern(pattern, 0)?;
            let body = match gives {
                Gives::Bindings => Expr::AllBindings,
                Gives::Object => Expr::Whole,
            };
            Box::new([c.clause(head, Few::new(), Few::from_buf([body]))])
        }
        Source::Spec(spec) => clauses(cx, spec, Dialect::Table, None)?,
        Source::Trace(spec, dialect) => {
            if spec.is_nil() {
                return Err(BadSpec::BadArgument);
            }
            clauses(cx, spec, dialect, None)?
        }
    };
    Ok(MatchSpec { clauses })
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
        let clauses = clauses(cx, spec, dialect, Some(&complaints));
        let complaints = complaints.into_inner();
        let spec = match clauses {
            Ok(_) if !complaints.is_empty() => Err(BadSpec::BadArgument),
            clauses => {
                clauses.map(|clauses| Borrowed { spec: MatchSpec { clauses }, brand: PhantomData })
            }
        };
        (complaints, spec)
    }
}

fn clauses(
    cx: &Native<'_>,
    spec: Term<'_>,
    dialect: Dialect,
    lint: Complaints<'_>,
) -> Result<Box<[Clause]>> {
    let wrong = |text: &str| {
        lint.iter().for_each(|all| all.borrow_mut().push(text.to_owned()));
        BadSpec::BadArgument
    };
    if spec.as_cons().is_none() && dialect != Dialect::Table {
        return Err(wrong("Match programs are not in a list."));
    }
    let count = spec.list_len();
    let count = count.ok_or_else(|| wrong("Match programs are not in a proper list."))?;
    let clause = |clause: Term<'_>| {
        let [head, guards, body] = clause
            .as_tuple_of()
            .ok_or_else(|| wrong("Match program part is not a tuple of arity 3."))?;
        let mut c = Compiler { cx, vars: SmallVec::new(), dialect, lint };
        let head = if dialect == Dialect::Table { c.pattern(head, 0) } else { c.arguments(head) }?;
        let guards = c.exprs(guards, false)?;
        let body = c.exprs(body, true)?;
        if body.is_empty() && dialect == Dialect::Table {
            return Err(BadSpec::BadArgument);
        }
        Ok(c.clause(head, guards, body))
    };
    each(count, spec.list(), clause)
}

struct Compiler<'a, 'p> {
    cx: &'a Native<'p>,
    dialect: Dialect,
    lint: Complaints<'a>,
    /// Numbers of the variables, in the order they were met.
    vars: SmallVec<[u64; 8]>,
}

impl Compiler<'_, '_> {
    /// Something is wrong: the end, or a complaint, after which it goes on with `instead`.
    fn wrong<T>(&self, text: impl FnOnce() -> String, instead: T) -> Result<T> {
        let Some(all) = self.lint else { return Err(BadSpec::BadArgument) };
        all.borrow_mut().push(text());
        Ok(instead)
    }

    fn clause(self, head: Pattern, guards: Few<Expr>, body: Few<Expr>) -> Clause {
        let in_order = (!self.vars.is_sorted()).then(|| {
            let mut in_order: Box<[usize]> = (0..self.vars.len()).collect();
            in_order.sort_by_key(|i| self.vars[*i]);
            in_order
        });
        Clause { head, guards, body, vars: self.vars.len(), in_order }
    }

    /// The pattern of a list of arguments, which a tuple stands for too.
    fn arguments(&mut self, head: Term<'_>) -> Result<Pattern> {
        if let Some(parts) = head.as_tuple() {
            let parts = each(parts.len(), parts.iter().copied(), |e| self.pattern(e, 1))?;
            return Ok(Pattern::List(parts, Box::new(Pattern::Const(Word::NIL))));
        }
        if head.as_cons().is_some() && head.list_to_vec().is_none() {
            return Err(BadSpec::BadArgument);
        }
        self.pattern(head, 0)
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

    fn pattern(&mut self, t: Term<'_>, depth: usize) -> Result<Pattern> {
        if depth > MAX_DEPTH {
            return Err(BadSpec::TooDeep);
        }
        if let Some(a) = t.as_atom() {
            return Ok(self.atom_pattern(a));
        }
        Ok(match t.view() {
            View::Tuple(elements) => {
                let pattern = |e| self.pattern(e, depth + 1);
                let parts = each(elements.len(), elements.iter().copied(), pattern)?;
                if parts.iter().all(|p| matches!(p, Pattern::Const(_))) {
                    Pattern::Const(t.word())
                } else {
                    Pattern::Tuple(parts)
                }
            }
            View::Cons(..) => {
                let mut list = t.list();
                let mut parts = Vec::new();
                for e in list.by_ref() {
                    parts.push(self.pattern(e, depth + 1)?);
                }
                let rest = self.pattern(list.rest(), depth + 1)?;
                let constant = |p: &Pattern| matches!(p, Pattern::Const(_));
                if constant(&rest) && parts.iter().all(constant) {
                    Pattern::Const(t.word())
                } else {
                    Pattern::List(parts.into(), Box::new(rest))
                }
            }
            View::Map(m) => {
                let pairs = m.iter().map(|(k, v)| {
                    if k.as_atom().is_some_and(|a| a.name() == "_" || variable(a).is_some()) {
                        return Err(BadSpec::BadArgument);
                    }
                    Ok((k.word(), self.pattern(v, depth + 1)?))
                });
                Pattern::Map(pairs.collect::<Result<_>>()?)
            }
            _ => Pattern::Const(t.word()),
        })
    }

    fn exprs(&self, list: Term<'_>, body: bool) -> Result<Few<Expr>> {
        if list.list_len().is_none() {
            return self.wrong(|| "Match expression is not a list.".to_owned(), Few::new());
        }
        few(list, |e| self.expr(e, 0, body))
    }

    fn all(&self, terms: &[Term<'_>], depth: usize, body: bool) -> Result<Box<[Expr]>> {
        each(terms.len(), terms.iter().copied(), |e| self.expr(e, depth + 1, body))
    }

    fn expr(&self, t: Term<'_>, depth: usize, body: bool) -> Result<Expr> {
        if depth > MAX_DEPTH {
            let near = "Excessive nesting; system limit reached near: ";
            let _ = self.wrong(|| format!("{near}{}", Shown(t, NEAR)), NOTHING);
            return Err(BadSpec::TooDeep);
        }
        // Whether what an expression gives is the term that stands for it.
        let itself = |e: &Expr, t: Term<'_>| matches!(e, Expr::Const(w) if *w == t.word());
        if let Some(a) = t.as_atom() {
            return match variable(a) {
                Some(n) => match self.vars.iter().position(|v| *v == n) {
                    Some(i) => Ok(Expr::Var(i)),
                    None => self.wrong(|| format!("Variable ${n} is unbound."), NOTHING),
                },
                None => Ok(match a.name() {
                    "$_" => Expr::Whole,
                    "$$" => Expr::AllBindings,
                    _ => Expr::Const(t.word()),
                }),
            };
        }
        if t.is_immediate() {
            return Ok(Expr::Const(t.word()));
        }
        Ok(match t.view() {
            View::Cons(..) => {
                let mut list = t.list();
                let items: Vec<_> = list.by_ref().collect();
                let parts = self.all(&items, depth, body)?;
                let rest = self.expr(list.rest(), depth + 1, body)?;
                let constant = itself(&rest, list.rest())
                    && parts.iter().zip(&items).all(|(e, t)| itself(e, *t));
                if constant { Expr::Const(t.word()) } else { Expr::List(parts, Box::new(rest)) }
            }
            View::Map(m) => {
                let mut constant = true;
                let pairs = m.iter().map(|(k, v)| {
                    let (a, b) = (self.expr(k, depth + 1, body)?, self.expr(v, depth + 1, body)?);
                    constant &= itself(&a, k) && itself(&b, v);
                    Ok((a, b))
                });
                let pairs = pairs.collect::<Result<_>>()?;
                if constant { Expr::Const(t.word()) } else { Expr::Map(pairs) }
            }
            View::Tuple([tuple]) if tuple.as_tuple().is_some() => {
                let elements = tuple.as_tuple().unwrap_or_default();
                let parts = self.all(elements, depth, body)?;
                let constant = parts.iter().zip(elements).all(|(e, t)| itself(e, *t));
                if constant { Expr::Const(tuple.word()) } else { Expr::Tuple(parts) }
            }
            View::Tuple([function, args @ ..])
                if function.as_atom().is_some_and(|a| variable(a).is_none()) =>
            {
                let function = function.as_atom().ok_or(BadSpec::BadArgument)?;
                self.call(t, function, args, depth, body)?
            }
            View::Tuple(_) => {
                let text = || {
                    let no =
                        "is neither a function call, nor a tuple (tuples are written {{ ... }}).";
                    format!("{} {no}", Shown(t, SHOWN))
                };
                return self.wrong(text, NOTHING);
            }
            _ => Expr::Const(t.word()),
        })
    }

    fn call(
        &self,
        whole: Term<'_>,
        function: Atom,
        args: &[Term<'_>],
        depth: usize,
        body: bool,
    ) -> Result<Expr> {
        let name = function.name();
        match (name, args) {
            ("const", [constant]) => return Ok(Expr::Const(constant.word())),
            ("self", []) => return Ok(Expr::SelfPid),
            ("and", [_, ..]) => return Ok(Expr::And(self.all(args, depth, body)?)),
            ("or", [_, ..]) => return Ok(Expr::Or(self.all(args, depth, body)?)),
            ("andalso" | "andthen", [_, ..]) => {
                return Ok(Expr::AndAlso(self.all(args, depth, body)?));
            }
            ("orelse", [_, ..]) => return Ok(Expr::OrElse(self.all(args, depth, body)?)),
            _ => {}
        }
        if let [a, b] = args {
            let compare = match name {
                "<" => Some(Compare::Less),
                "=<" => Some(Compare::LessOrEqual),
                ">" => Some(Compare::Greater),
                ">=" => Some(Compare::GreaterOrEqual),
                "==" => Some(Compare::Equal),
                "/=" => Some(Compare::NotEqual),
                "=:=" => Some(Compare::Same),
                "=/=" => Some(Compare::NotSame),
                _ => None,
            };
            let arith = match name {
                "+" => Some(Arith::Add),
                "-" => Some(Arith::Sub),
                "*" => Some(Arith::Mul),
                "/" => Some(Arith::Div),
                "div" => Some(Arith::IntDiv),
                "rem" => Some(Arith::Rem),
                "band" => Some(Arith::And),
                "bor" => Some(Arith::Or),
                "bxor" => Some(Arith::Xor),
                "bsl" => Some(Arith::ShiftLeft),
                "bsr" => Some(Arith::ShiftRight),
                _ => None,
            };
            if compare.is_some() || arith.is_some() {
                let both =
                    Box::new([self.expr(*a, depth + 1, body)?, self.expr(*b, depth + 1, body)?]);
                return Ok(match (compare, arith) {
                    (Some(c), _) => Expr::Compare(c, both),
                    (None, Some(a)) => Expr::Arith(a, both),
                    (None, None) => unreachable!("one of them is there"),
                });
            }
        }
        if let Some((arities, anywhere)) = actions::form(name) {
            return self.action(whole, name, args, depth, body, arities, anywhere);
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
            return self.wrong(text, NOTHING);
        }
        if !is_guard_function(name, args.len()) {
            let text = || format!("Function {name}/{} does_not_exist.", args.len());
            return self.wrong(text, NOTHING);
        }
        let args = self.all(args, depth, body)?;
        let native = self.cx.vm().code.native(atoms::ERLANG, function, args.len() as u8);
        Ok(Expr::Call(native.ok_or(BadSpec::NoNative)?, args))
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
    ) -> Result<Expr> {
        let n = args.len();
        let special = |what: &str| format!("Special form '{name}' {what}");
        if function {
            return match Action::of(name, n) {
                None => self.wrong(|| format!("Function {name}/{n} does_not_exist."), NOTHING),
                Some(action) if action.is_allowed(self.dialect, body) => {
                    Ok(Expr::Action(action, self.all(args, depth, body)?))
                }
                Some(_) => {
                    let text = || format!("Function {name}/{n} cannot be called in this context.");
                    self.wrong(text, NOTHING)
                }
            };
        }
        if self.dialect == Dialect::Table {
            return self.wrong(|| special("used in wrong dialect."), NOTHING);
        }
        let action = Action::of(name, *arities.start()).ok_or(BadSpec::BadArgument)?;
        if !action.is_allowed(self.dialect, true) {
            return self.wrong(|| special("not allow for this trace event."), NOTHING);
        }
        if !action.is_allowed(self.dialect, body) {
            return self.wrong(|| special("called in guard context."), NOTHING);
        }
        if !arities.contains(&n) {
            let wrong = if *arities.end() == 0 { "arguments" } else { "wrong number of arguments" };
            let text = || special(&format!("called with {wrong} in {}.", Shown(whole, SHOWN)));
            return self.wrong(text, NOTHING);
        }
        Ok(Expr::Action(action, self.all(args, depth, body)?))
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
