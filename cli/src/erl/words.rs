//! The words of a command line as `erl` puts them together: those given, those of the environment
//! (`ERL_AFLAGS` before, `ERL_FLAGS` and `ERL_ZFLAGS` behind) and those of `-args_file` files.
//!
//! Not here: what a word means.

use super::refusal::{Refusal, missing, usage};

/// A word: any bytes without a zero.
pub type Word = Vec<u8>;

/// Splits text at white space, as a shell would: quotes keep white space, a backslash takes the
/// next character as it is. In files, `#` begins a comment that ends with the line.
pub fn split(text: &[u8], comments: bool) -> Vec<Word> {
    const SPACE: &[u8] = b" \n\x0c\r\t\x0b";
    let mut words = Vec::new();
    let mut rest = text.iter().copied().peekable();
    loop {
        while rest.next_if(|c| SPACE.contains(c)).is_some() {}
        match rest.peek() {
            None => return words,
            Some(b'#') if comments => {
                while rest.next_if(|c| *c != b'\n').is_some() {}
                continue;
            }
            Some(_) => {}
        }
        let mut word = Word::new();
        while let Some(c) = rest.next_if(|c| !(SPACE.contains(c) || comments && *c == b'#')) {
            match c {
                b'"' | b'\'' => {
                    word.extend(std::iter::from_fn(|| rest.next_if(|d| *d != c)));
                    rest.next();
                }
                b'\\' => word.extend(rest.next()),
                _ => word.push(c),
            }
        }
        words.push(word);
    }
}

/// Words that are collected: those before `-extra`, which may come again, and those behind.
#[derive(Default)]
struct Collected {
    plain: Vec<Word>,
    extra: Vec<Word>,
}

impl Collected {
    fn add(&mut self, words: Vec<Word>) -> Result<(), Refusal> {
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.as_slice() {
                b"-args_file" => {
                    let name = words.next().ok_or_else(|| missing("-args_file"))?;
                    self.add(read_file(&name)?)?;
                }
                b"-extra" => {
                    self.extra.extend(words);
                    return Ok(());
                }
                _ => self.plain.push(word),
            }
        }
        Ok(())
    }
}

/// All words: `given` with those of the environment and of files.
pub fn merge(
    given: Vec<Word>,
    environment: impl Fn(&str) -> Option<Word>,
) -> Result<Vec<Word>, Refusal> {
    let from = |name: &str| environment(name).map(|text| terminated(split(&text, false)));
    let before = from("ERL_AFLAGS").unwrap_or_default();
    let later: Vec<Vec<Word>> = ["ERL_FLAGS", "ERL_ZFLAGS"].into_iter().filter_map(from).collect();
    let plain = given.iter().take_while(|w| *w != b"-extra");
    let files = plain.into_iter().any(|w| w == b"-args_file");
    if before.is_empty() && later.iter().all(Vec::is_empty) && !files {
        return Ok(given);
    }
    let mut all = Collected::default();
    all.add(before)?;
    let any = !given.is_empty();
    all.add(given)?;
    // What one source says ends with it.
    if any {
        all.plain.push(b"--".to_vec());
    }
    for words in later {
        all.add(words)?;
    }
    if !all.extra.is_empty() {
        all.plain.push(b"-extra".to_vec());
        all.plain.append(&mut all.extra);
    }
    Ok(all.plain)
}

/// With an end mark, if there is anything.
fn terminated(mut words: Vec<Word>) -> Vec<Word> {
    if !words.is_empty() {
        words.push(b"--".to_vec());
    }
    words
}

fn read_file(name: &[u8]) -> Result<Vec<Word>, Refusal> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name));
    match std::fs::read(path) {
        Ok(text) => Ok(terminated(split(&text, true))),
        Err(e) => {
            let here = std::env::current_dir().unwrap_or_default();
            let why = rustix::io::Errno::from_io_error(&e).map_or(e.to_string(), describe);
            Err(usage(&format!(
                "Failed to open arguments file \"{}\" at \"{}\": {why}",
                path.display(),
                here.display(),
            )))
        }
    }
}

/// The system's words for an error, without its number.
fn describe(e: rustix::io::Errno) -> String {
    let text = std::io::Error::from(e).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<Word> {
        list.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn quotes_and_backslashes_keep_what_they_hold() {
        let text = br#" -a "b c"d  'e "f' g\ h "" # no comment"#;
        let list = ["-a", "b cd", "e \"f", "g h", "", "#", "no", "comment"];
        assert_eq!(split(text, false), words(&list));
    }

    #[test]
    fn comments_end_with_their_line() {
        assert_eq!(
            split(b"+P 2000 # limit\n#all\n-x#y\nz", true),
            words(&["+P", "2000", "-x", "z"])
        );
    }

    #[test]
    fn extra_words_come_last() {
        let environment = |name: &str| (name == "ERL_FLAGS").then(|| b"-c -extra d".to_vec());
        let given = words(&["-a", "-extra", "b"]);
        let merged = merge(given, environment).unwrap_or_else(|_| panic!("nothing to refuse"));
        assert_eq!(merged, words(&["-a", "--", "-c", "-extra", "b", "d", "--"]));
    }

    #[test]
    fn a_command_line_alone_stays_as_it_is() {
        let given = words(&["-a", "b", "-extra", "c"]);
        let merged = merge(given.clone(), |_| None).unwrap_or_else(|_| panic!("nothing to refuse"));
        assert_eq!(merged, given);
    }
}
