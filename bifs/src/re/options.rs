//! The options of `re:compile/2` and `re:run/3`.

use vm::native::{Native, Raise};
use vm::regex::{Limits, Source, bsr, compile_option as c, match_option as m, newline};
use vm::term::{Atom, Term, atoms};

/// Options, as far as one list gives them.
#[derive(Clone, Copy, Default)]
pub struct Options<'p> {
    compile: u32,
    newline: u32,
    bsr: u32,
    /// For `Regex::find`.
    pub find: u32,
    /// Where to begin.
    pub offset: usize,
    /// What to capture, and as what.
    pub capture: Option<(Term<'p>, Term<'p>)>,
    /// Match all.
    pub global: bool,
    /// Tell why there is no result.
    pub report_errors: bool,
    /// Limits of the match.
    pub limits: Limits,
    /// There is one that only `compile` takes.
    pub only_for_compile: bool,
    /// There is one that only `run` takes.
    pub only_for_run: bool,
}

/// `badarg` with the cause that an option is wrong.
pub fn bad_option<'p>(_: &Native<'p>) -> Result<Raise<'p>, Raise<'p>> {
    Ok(Raise::error_with_cause(atoms::BADARG, Term::atom(atoms::BADOPT)))
}

impl<'p> Options<'p> {
    /// The options of a list.
    pub fn of(cx: &Native<'p>, list: Term<'p>) -> Result<Options<'p>, Raise<'p>> {
        let mut options = Options::default();
        let mut items = list.list();
        for item in items.by_ref() {
            if options.add(item).is_none() {
                return Err(bad_option(cx)?);
            }
        }
        if items.rest().is_nil() { Ok(options) } else { Err(bad_option(cx)?) }
    }

    /// Whether `unicode` is among them.
    pub fn is_unicode(&self) -> bool {
        self.compile & c::UNICODE != 0
    }

    /// A pattern with those of the options that are for compilation.
    pub fn source(&self, pattern: Vec<u8>) -> Source {
        Source { options: self.compile, newline: self.newline, bsr: self.bsr, pattern }
    }

    /// A compiled pattern under the options for running that change what it means.
    pub fn override_in(&self, mut source: Source) -> Source {
        if self.newline != 0 {
            source.newline = self.newline;
        }
        if self.bsr != 0 {
            source.bsr = self.bsr;
        }
        source
    }

    /// Whether they change what a compiled pattern means.
    pub fn overrides(&self) -> bool {
        self.newline != 0 || self.bsr != 0
    }

    fn add(&mut self, option: Term<'p>) -> Option<()> {
        match option.as_tuple() {
            None => self.add_atom(option.as_atom()?),
            Some(&[tag, what, kind]) if tag.is_atom(atoms::CAPTURE) => {
                self.run_only().capture = Some((what, kind));
                Some(())
            }
            Some(&[tag, value]) => self.add_pair(tag.as_atom()?, value),
            Some(_) => None,
        }
    }

    fn run_only(&mut self) -> &mut Self {
        self.only_for_run = true;
        self
    }

    fn add_pair(&mut self, tag: Atom, value: Term<'p>) -> Option<()> {
        let number = || value.as_small().and_then(|n| u32::try_from(n).ok()?.try_into().ok());
        let number = || number().map(|n: i32| n as u32);
        if tag == atoms::CAPTURE {
            self.run_only().capture = Some((value, Term::atom(atoms::INDEX)));
        } else if tag == atoms::OFFSET {
            self.run_only().offset = number()? as usize;
        } else if tag == atoms::MATCH_LIMIT {
            self.run_only().limits.steps = Some(number()?);
        } else if tag == atoms::MATCH_LIMIT_RECURSION {
            self.run_only().limits.depth = Some(number()?);
        } else if tag == atoms::NEWLINE {
            self.newline |= match value.as_atom()?.name() {
                "cr" => newline::CR,
                "lf" => newline::LF,
                "crlf" => newline::CRLF,
                "any" => newline::ANY,
                "anycrlf" => newline::ANYCRLF,
                _ => return None,
            };
        } else {
            return None;
        }
        Some(())
    }

    fn add_atom(&mut self, option: Atom) -> Option<()> {
        let for_compile = match option.name() {
            "anchored" => {
                self.compile |= c::ANCHORED;
                self.find |= m::ANCHORED;
                return Some(());
            }
            "bsr_anycrlf" => {
                self.bsr |= bsr::ANYCRLF;
                return Some(());
            }
            "bsr_unicode" => {
                self.bsr |= bsr::UNICODE;
                return Some(());
            }
            "notempty" => return self.add_find(m::NOTEMPTY),
            "notempty_atstart" => return self.add_find(m::NOTEMPTY_ATSTART),
            "notbol" => return self.add_find(m::NOTBOL),
            "noteol" => return self.add_find(m::NOTEOL),
            "report_errors" => {
                self.run_only().report_errors = true;
                return Some(());
            }
            "global" => {
                self.run_only().global = true;
                return Some(());
            }
            "no_start_optimize" => c::NO_START_OPTIMIZE,
            "caseless" => c::CASELESS,
            "dollar_endonly" => c::DOLLAR_ENDONLY,
            "dotall" => c::DOTALL,
            "extended" => c::EXTENDED,
            "firstline" => c::FIRSTLINE,
            "multiline" => c::MULTILINE,
            "no_auto_capture" => c::NO_AUTO_CAPTURE,
            "dupnames" => c::DUPNAMES,
            "ungreedy" => c::UNGREEDY,
            "ucp" => c::UCP,
            "never_utf" => c::NEVER_UTF,
            "unicode" => c::UNICODE,
            _ => return None,
        };
        self.compile |= for_compile;
        self.only_for_compile = true;
        Some(())
    }

    fn add_find(&mut self, option: u32) -> Option<()> {
        self.run_only().find |= option;
        Some(())
    }
}
