//! Variants of suites: the same source as a module of another name, compiled with other options.
//! OTP's makefiles make them, and say of which suites; what each kind is compiled with is here.

use std::fs;
use std::path::Path;

/// A kind of variants: of which application, what the name gets before `_SUITE`, the makefile's
/// variable with the suites, the options.
type Kind = (&'static str, &'static str, &'static str, &'static [&'static str]);

const KINDS: &[Kind] = &[
    ("compiler", "no_opt", "NO_OPT", &["no_copt", NO_SSA, "no_postopt"]),
    ("compiler", "post_opt", "NO_OPT", &["no_copt", NO_SSA]),
    ("compiler", "no_copt", "NO_OPT", &["no_copt"]),
    ("compiler", "no_ssa_opt", "NO_SSA_OPT", &[NO_SSA]),
    ("compiler", "no_module_opt", "NO_MOD_OPT", &["no_module_opt"]),
    ("compiler", "no_type_opt", "NO_TYPE_OPT", &["no_type_opt"]),
    ("compiler", "inline", "INLINE", &["inline"]),
    ("compiler", "r23", "R23", &["r23"]),
    ("compiler", "r24", "R24", &["r24"]),
    ("compiler", "dialyzer", "DIALYZER", &["dialyzer"]),
    ("emulator", "no_opt", "NO_OPT", &["no_copt", "no_postopt", "no_ssa_opt", "no_bsm_opt"]),
    ("emulator", "native", "NATIVE", &[]),
];

/// The compiler's passes over code in single-assignment form, left out.
const NO_SSA: &str = "no_bool_opt. no_share_opt. no_bsm_opt. no_fun_opt. no_ssa_opt. no_recv_opt";

/// A suite that is made of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The module.
    pub name: String,
    /// The module whose source it has.
    pub of: String,
    /// What it is compiled with besides, as a file of terms.
    pub options: String,
}

impl Variant {
    /// Its source, made of the other's.
    #[must_use]
    pub fn source(&self, of: &str) -> String {
        of.replace(&format!("-module({})", self.of), &format!("-module({})", self.name))
    }
}

/// The variants that the makefile among an application's suites makes.
///
/// # Errors
/// A makefile that is not there, or does not say of which suites.
pub fn list(app: &str, sources: &Path) -> Result<Vec<Variant>, String> {
    let kinds = KINDS.iter().filter(|kind| kind.0 == app).collect::<Vec<_>>();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let file = sources.join("Makefile");
    let makefile =
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut variants = Vec::new();
    for (_, suffix, variable, options) in kinds {
        let suites = words(&makefile, variable)
            .ok_or_else(|| format!("{} has no {variable}", file.display()))?;
        variants.extend(suites.into_iter().map(|suite| Variant {
            name: format!("{suite}_{suffix}_SUITE"),
            of: format!("{suite}_SUITE"),
            options: options.iter().map(|option| format!("{option}.\n")).collect(),
        }));
    }
    Ok(variants)
}

/// The words of a makefile's variable, with those of a variable that it names in their place.
fn words(makefile: &str, variable: &str) -> Option<Vec<String>> {
    let text = makefile.replace("\\\n", " ");
    let value = text.lines().find_map(|line| {
        line.strip_prefix(variable)?.trim_start().strip_prefix('=').map(str::to_string)
    })?;
    let mut all = Vec::new();
    for word in value.split_whitespace() {
        match word.strip_prefix("$(").and_then(|word| word.strip_suffix(')')) {
            Some(name) if name != variable => all.extend(words(makefile, name)?),
            Some(_) => return None,
            None => all.push(word.to_string()),
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makefile_says_of_which_suites() {
        let makefile = "NO_OPT= \\\n\tandor \\\n\tapply\n\nNO_SSA_OPT = $(NO_OPT)\nLOOP= $(LOOP)\n";
        assert_eq!(words(makefile, "NO_OPT").expect("it is there"), ["andor", "apply"]);
        assert_eq!(words(makefile, "NO_SSA_OPT"), words(makefile, "NO_OPT"));
        assert_eq!(words(makefile, "LOOP"), None);
        assert_eq!(words(makefile, "NO"), None);
    }

    #[test]
    fn a_variant_is_a_module_of_another_name() {
        let variant = Variant {
            name: "lc_inline_SUITE".to_string(),
            of: "lc_SUITE".to_string(),
            options: String::new(),
        };
        assert_eq!(variant.source("-module(lc_SUITE).\n"), "-module(lc_inline_SUITE).\n");
    }
}
