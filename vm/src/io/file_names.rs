//! How names of files are written outside: the settings of `+fnu`, `+fnl` and `+fna`.

use crate::environment::Environment;
use crate::settings::Settings;

/// How a name is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the encodings by their own names")]
pub enum Encoding {
    Latin1,
    Utf8,
}

/// What is done with a name in a folder that is not valid in the encoding (`+fn{u,a}{w,i,e}`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the ways by their own names")]
pub enum Invalid {
    Warning,
    Ignore,
    Error,
}

/// How names of files are read and written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileNames {
    /// The encoding.
    pub encoding: Encoding,
    /// What is done with names that are not in it.
    pub invalid: Invalid,
}

impl FileNames {
    /// What the command line said, or the locale.
    pub fn new(settings: &Settings, environment: &Environment) -> FileNames {
        let encoding = settings.name_encoding.unwrap_or_else(|| Encoding::of_locale(environment));
        FileNames { encoding, invalid: settings.invalid_names }
    }
}

impl Encoding {
    /// UTF-8 if it is a UTF-8 locale. The name of the locale is believed; whether the system knows
    /// it is not asked.
    fn of_locale(environment: &Environment) -> Encoding {
        let names = [&b"LC_ALL"[..], b"LC_CTYPE", b"LANG"];
        let locale = names.iter().find_map(|n| environment.get(n).filter(|v| !v.is_empty()));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let charset = locale.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let charset = charset.split(|b| *b == b'@').next().unwrap_or_default();
        let utf8 = charset == b"utf-8" || charset == b"utf8";
        if utf8 { Encoding::Utf8 } else { Encoding::Latin1 }
    }
}
