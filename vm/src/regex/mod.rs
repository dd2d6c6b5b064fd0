//! Regular expressions: PCRE2, made to behave like the PCRE of OTP 25.
//!
//! Invariants: a [`Regex`] is compiled code that nothing changes, used by many threads at once; it
//! matches only subjects that are valid UTF-8 when it needs that ([`Subject`]), and never contains
//! `\C` then, which are the two conditions under which PCRE's own checks may be left out. A
//! pattern that goes through Erlang hands is its options and its source ([`Source`]), not
//! compiled code: whatever a program makes of it, it is compiled again and checked by that.
//!
//! Differences from OTP's PCRE that remain: `\8` and `\9` refer to groups that come later too;
//! recursion that could loop without end is found when matching; recursion can be backtracked into;
//! parentheses of all kinds may be nested as deep as those that capture.

mod errors;
mod rewrite;
mod tables;

use crate::sync::{Arc, Mutex};
use errors::Wrong;
use hashbrown::HashMap;
use pcre2_sys as pcre;
use rewrite::Pattern;
use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};

/// Options of compilation, by the names of `re:compile/2`.
pub mod compile_option {
    pub use pcre2_sys::{
        PCRE2_ANCHORED as ANCHORED, PCRE2_CASELESS as CASELESS,
        PCRE2_DOLLAR_ENDONLY as DOLLAR_ENDONLY, PCRE2_DOTALL as DOTALL, PCRE2_DUPNAMES as DUPNAMES,
        PCRE2_EXTENDED as EXTENDED, PCRE2_FIRSTLINE as FIRSTLINE, PCRE2_MULTILINE as MULTILINE,
        PCRE2_NEVER_UTF as NEVER_UTF, PCRE2_NO_AUTO_CAPTURE as NO_AUTO_CAPTURE,
        PCRE2_NO_START_OPTIMIZE as NO_START_OPTIMIZE, PCRE2_UCP as UCP, PCRE2_UNGREEDY as UNGREEDY,
        PCRE2_UTF as UNICODE,
    };

    /// All that a program may set.
    pub(super) const ALL: u32 = ANCHORED
        | CASELESS
        | DOLLAR_ENDONLY
        | DOTALL
        | DUPNAMES
        | EXTENDED
        | FIRSTLINE
        | MULTILINE
        | NEVER_UTF
        | NO_AUTO_CAPTURE
        | NO_START_OPTIMIZE
        | UCP
        | UNGREEDY
        | UNICODE;
}

/// Options of matching, by the names of `re:run/3`.
pub mod match_option {
    pub use pcre2_sys::{
        PCRE2_ANCHORED as ANCHORED, PCRE2_NOTBOL as NOTBOL, PCRE2_NOTEMPTY as NOTEMPTY,
        PCRE2_NOTEMPTY_ATSTART as NOTEMPTY_ATSTART, PCRE2_NOTEOL as NOTEOL,
    };

    pub(super) const ALL: u32 = ANCHORED | NOTBOL | NOTEMPTY | NOTEMPTY_ATSTART | NOTEOL;
}

/// What ends a line.
pub mod newline {
    pub use pcre2_sys::{
        PCRE2_NEWLINE_ANY as ANY, PCRE2_NEWLINE_ANYCRLF as ANYCRLF, PCRE2_NEWLINE_CR as CR,
        PCRE2_NEWLINE_CRLF as CRLF, PCRE2_NEWLINE_LF as LF,
    };
}

/// What `\R` matches.
pub mod bsr {
    pub use pcre2_sys::{PCRE2_BSR_ANYCRLF as ANYCRLF, PCRE2_BSR_UNICODE as UNICODE};
}

/// How deep parentheses may be nested: compilation takes stack for each level. In OTP's PCRE that is
/// where those that capture are too complicated.
const NEST_LIMIT: u32 = 798;

/// Memory that one match may take, in KiB.
const HEAP_LIMIT: u32 = 512 << 10;

/// How many places of a pattern are made to mean what they do in OTP's PCRE.
const RETRIES: usize = 32;

/// Compiled patterns that are kept.
const KEPT: usize = 512;

/// A pattern with its options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Of `compile_option`.
    pub options: u32,
    /// Of `newline`, combined by "or"; 0: a line feed.
    pub newline: u32,
    /// Of `bsr`, combined by "or"; 0: any Unicode line ending.
    pub bsr: u32,
    /// The pattern itself.
    pub pattern: Vec<u8>,
}

const MAGIC: [u8; 4] = *b"GRE1";

impl Source {
    /// The form in which it is part of a `re_pattern` tuple.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.options.to_le_bytes());
        out.extend([self.newline as u8, self.bsr as u8]);
        out.extend(&self.pattern);
        out
    }

    /// From that form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Source> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (options, rest) = rest.split_first_chunk::<4>()?;
        let ([newline, bsr], pattern) = rest.split_first_chunk::<2>()?;
        let options = u32::from_le_bytes(*options);
        let sound = options & !compile_option::ALL == 0 && *newline < 8 && *bsr < 4;
        sound.then(|| Source {
            options,
            newline: u32::from(*newline),
            bsr: u32::from(*bsr),
            pattern: pattern.to_vec(),
        })
    }
}

/// Why a pattern cannot be compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// What is wrong.
    pub text: String,
    /// Where, in bytes.
    pub offset: usize,
}

/// A subject to be searched, and whether it is known to be valid UTF-8.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    bytes: &'a [u8],
    text: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// A subject for patterns without Unicode.
    pub fn bytes(bytes: &'a [u8]) -> Subject<'a> {
        Subject { bytes, text: None }
    }

    /// A subject for `regex`: `None` if it must be valid UTF-8 and is not.
    pub fn of(bytes: &'a [u8], regex: &Regex) -> Option<Subject<'a>> {
        let text = if regex.utf { Some(std::str::from_utf8(bytes).ok()?) } else { None };
        Some(Subject { bytes, text })
    }
}

/// Why a match was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchError {
    /// More steps than `match_limit`, or more memory than the machine allows.
    MatchLimit,
    /// Deeper than `match_limit_recursion`.
    RecursionLimit,
    /// The offset lies beyond the subject, or in the middle of a character.
    BadOffset,
    /// The subject is not known to be valid UTF-8.
    BadText,
    /// The pattern recurses without end.
    Loop,
}

/// Limits of a match; `None`: the library's own.
#[derive(Clone, Copy, Default)]
pub struct Limits {
    /// The most steps.
    pub steps: Option<u32>,
    /// The deepest backtracking.
    pub depth: Option<u32>,
}

/// Where the whole and the groups lie, up to the last group that took part; `None` for a group
/// that did not.
pub type Groups = Vec<Option<(usize, usize)>>;

/// A compiled pattern.
pub struct Regex {
    code: NonNull<pcre::pcre2_code_8>,
    utf: bool,
    source: Source,
}

// SAFETY: compiled code is not changed by matching (pcre2api, "Multithreading"); what a match
// changes is its own.
unsafe impl Send for Regex {}
// SAFETY: as for Send.
unsafe impl Sync for Regex {}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: the code is ours and not used after this.
        unsafe { pcre::pcre2_code_free_8(self.code.as_ptr()) }
    }
}

/// The version of PCRE, as `re:version/0` gives it: the one whose patterns are understood here, which
/// is what programs want to know.
pub const VERSION: &str = "8.44 2020-02-12";

impl Regex {
    /// Compiles a pattern.
    pub fn compile(source: &Source) -> Result<Regex, CompileError> {
        if source.newline > 5 || source.bsr > 2 {
            let text = "inconsistent NEWLINE options".into();
            return Err(CompileError { text, offset: 0 });
        }
        let mut pattern = Pattern::of(&source.pattern);
        let mut extra = 0;
        let mut compiled = Regex::compile_with(source, pattern.bytes(), 0, extra);
        for _ in 0..RETRIES {
            let Err(wrong) = compiled else { break };
            let range = pattern.as_end_of_range(wrong);
            let range = range.and_then(|p| Regex::compile_with(source, &p, 0, extra).err());
            if let Some(range) = range.filter(|r| errors::is_invalid_range(*r, wrong.1)) {
                compiled = Err(range);
                break;
            }
            // Letters after a backslash that mean nothing stand for themselves in OTP's PCRE (that
            // way of compiling hides other errors, so it comes second).
            if wrong.0 == pcre::PCRE2_ERROR_UNKNOWN_ESCAPE as c_int {
                extra = pcre::PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL;
            } else if !pattern.mend(wrong) {
                break;
            }
            compiled = Regex::compile_with(source, pattern.bytes(), 0, extra);
        }
        let regex = match compiled {
            Ok(regex) => regex.without_start_of_words(&pattern, extra),
            Err(wrong) => {
                let e = errors::describe(pattern.bytes(), wrong);
                return Err(CompileError { offset: pattern.place(e.offset), ..e });
            }
        };
        match errors::too_long_name(pattern.bytes(), &regex.names()) {
            Some(e) => Err(CompileError { offset: pattern.place(e.offset), ..e }),
            None => Ok(regex),
        }
    }

    /// Where `\w` is for Latin-1 in text that is Unicode, the library takes no other letters for the
    /// beginning of a match than those of ASCII; it does so for the class `[\w]`.
    fn without_start_of_words(self, pattern: &Pattern, extra: u32) -> Regex {
        let latin = self.utf && self.all_options() & pcre::PCRE2_UCP == 0;
        if !latin || !pattern.bytes().windows(2).any(|w| w == b"\\w") {
            return self;
        }
        let classes = rewrite::words_as_classes(pattern.bytes());
        let compiled = classes.and_then(|p| Regex::compile_with(&self.source, &p, 0, extra).ok());
        let plain = || {
            let slowly = pcre::PCRE2_NO_START_OPTIMIZE;
            Regex::compile_with(&self.source, pattern.bytes(), slowly, extra).ok()
        };
        compiled.or_else(plain).unwrap_or(self)
    }

    fn compile_with(
        source: &Source,
        pattern: &[u8],
        also: u32,
        extra: u32,
    ) -> Result<Regex, Wrong> {
        let mut options = source.options & compile_option::ALL | also;
        if options & pcre::PCRE2_UTF != 0 || pattern.windows(5).any(|w| w == b"(*UTF") {
            options |= pcre::PCRE2_NEVER_BACKSLASH_C;
        }
        let newline = if source.newline == 0 { newline::LF } else { source.newline };
        let bsr = if source.bsr == 0 { bsr::UNICODE } else { source.bsr };
        let (mut code, mut offset) = (0, 0);
        // SAFETY: the context is ours and freed below; the tables are static and have the layout
        // of the library that is linked (`tables`); the pattern is as long as said.
        let compiled = unsafe {
            let context = pcre::pcre2_compile_context_create_8(null_mut());
            if context.is_null() {
                return Err((pcre::PCRE2_ERROR_HEAP_FAILED as c_int, 0));
            }
            pcre::pcre2_set_newline_8(context, newline);
            pcre::pcre2_set_bsr_8(context, bsr);
            pcre::pcre2_set_parens_nest_limit_8(context, NEST_LIMIT);
            pcre::pcre2_set_character_tables_8(context, tables::LATIN1.as_ptr());
            let extra = extra | pcre::PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK;
            pcre::pcre2_set_compile_extra_options_8(context, extra);
            let compiled = pcre::pcre2_compile_8(
                pattern.as_ptr(),
                pattern.len(),
                options,
                &mut code,
                &mut offset,
                context,
            );
            pcre::pcre2_compile_context_free_8(context);
            compiled
        };
        let code = NonNull::new(compiled).ok_or((code, offset))?;
        let mut regex = Regex { code, utf: false, source: source.clone() };
        regex.utf = regex.all_options() & pcre::PCRE2_UTF != 0;
        Ok(regex)
    }

    fn info(&self, what: u32) -> u32 {
        let mut value = 0u32;
        // SAFETY: callers ask for values of 32 bits.
        let r = unsafe {
            pcre::pcre2_pattern_info_8(self.code.as_ptr(), what, (&raw mut value).cast())
        };
        assert_eq!(r, 0, "a pattern knows its own properties");
        value
    }

    fn all_options(&self) -> u32 {
        self.info(pcre::PCRE2_INFO_ALLOPTIONS)
    }

    /// What it was compiled from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The number of groups that capture.
    pub fn capture_count(&self) -> u32 {
        self.info(pcre::PCRE2_INFO_CAPTURECOUNT)
    }

    /// Whether it was compiled with `dupnames`; `(?J)` in the pattern does not count.
    pub fn has_duplicate_names(&self) -> bool {
        self.source.options & compile_option::DUPNAMES != 0
    }

    /// Whether a carriage return and a line feed together may end a line.
    pub fn uses_crlf(&self) -> bool {
        let newline = self.info(pcre::PCRE2_INFO_NEWLINE);
        [newline::ANY, newline::CRLF, newline::ANYCRLF].contains(&newline)
    }

    /// The names of groups with their numbers, in order of the names.
    pub fn names(&self) -> Vec<(&[u8], usize)> {
        let count = self.info(pcre::PCRE2_INFO_NAMECOUNT) as usize;
        let size = self.info(pcre::PCRE2_INFO_NAMEENTRYSIZE) as usize;
        if count == 0 {
            return Vec::new();
        }
        let mut table: *const u8 = std::ptr::null();
        // SAFETY: the table has `count` entries of `size` bytes and lives as long as the code.
        let table = unsafe {
            pcre::pcre2_pattern_info_8(
                self.code.as_ptr(),
                pcre::PCRE2_INFO_NAMETABLE,
                (&raw mut table).cast(),
            );
            std::slice::from_raw_parts(table, count * size)
        };
        // Two bytes of number, then the name up to a zero byte.
        table
            .chunks_exact(size)
            .map(|entry| {
                let name = &entry[2..];
                let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
                (&name[..end], usize::from(entry[0]) << 8 | usize::from(entry[1]))
            })
            .collect()
    }

    /// Searches from `offset` on, with options of `match_option`.
    pub fn find(
        &self,
        subject: Subject<'_>,
        offset: usize,
        options: u32,
        limits: Limits,
    ) -> Result<Option<Groups>, MatchError> {
        match subject.text {
            None if self.utf => return Err(MatchError::BadText),
            Some(text) if !text.is_char_boundary(offset) => return Err(MatchError::BadOffset),
            _ if offset > subject.bytes.len() => return Err(MatchError::BadOffset),
            _ => {}
        }
        let options = options & match_option::ALL | pcre::PCRE2_NO_UTF_CHECK;
        // SAFETY: match data and context are ours and freed below. The subject is as long as said,
        // and valid UTF-8 with the offset between characters if the pattern is for that. The
        // vector of offsets has two numbers for each group that the result counts.
        let (result, groups) = unsafe {
            let data = pcre::pcre2_match_data_create_from_pattern_8(self.code.as_ptr(), null_mut());
            let context = pcre::pcre2_match_context_create_8(null_mut());
            if data.is_null() || context.is_null() {
                pcre::pcre2_match_data_free_8(data);
                pcre::pcre2_match_context_free_8(context);
                return Err(MatchError::MatchLimit);
            }
            pcre::pcre2_set_heap_limit_8(context, HEAP_LIMIT);
            if let Some(n) = limits.steps {
                pcre::pcre2_set_match_limit_8(context, n);
            }
            if let Some(n) = limits.depth {
                pcre::pcre2_set_depth_limit_8(context, n);
            }
            let result = pcre::pcre2_match_8(
                self.code.as_ptr(),
                subject.bytes.as_ptr(),
                subject.bytes.len(),
                offset,
                options,
                data,
                context,
            );
            let count = usize::try_from(result).unwrap_or(0);
            let vector = pcre::pcre2_get_ovector_pointer_8(data);
            let groups = std::slice::from_raw_parts(vector.cast::<[usize; 2]>(), count)
                .iter()
                .map(|[from, to]| (*from != pcre::PCRE2_UNSET).then_some((*from, *to)))
                .collect();
            pcre::pcre2_match_data_free_8(data);
            pcre::pcre2_match_context_free_8(context);
            (result, groups)
        };
        match result {
            1.. => Ok(Some(groups)),
            pcre::PCRE2_ERROR_NOMATCH => Ok(None),
            pcre::PCRE2_ERROR_DEPTHLIMIT => Err(MatchError::RecursionLimit),
            pcre::PCRE2_ERROR_RECURSELOOP => Err(MatchError::Loop),
            pcre::PCRE2_ERROR_MATCHLIMIT
            | pcre::PCRE2_ERROR_HEAPLIMIT
            | pcre::PCRE2_ERROR_NOMEMORY => Err(MatchError::MatchLimit),
            code => panic!("PCRE: {}", errors::message(code)),
        }
    }
}

/// The patterns compiled lately, by their source.
#[derive(Default)]
pub struct Cache(Mutex<HashMap<Vec<u8>, Arc<Regex>>>);

impl Cache {
    /// The pattern compiled, now or before.
    pub fn get(&self, source: &Source) -> Result<Arc<Regex>, CompileError> {
        let key = source.to_bytes();
        if let Some(known) = self.0.lock().get(&key) {
            return Ok(known.clone());
        }
        let regex = Arc::new(Regex::compile(source)?);
        let mut kept = self.0.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, regex.clone());
        Ok(regex)
    }
}
