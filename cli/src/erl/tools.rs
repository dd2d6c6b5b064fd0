//! `erlc` and `escript`: each is a command line for `erl`.

use super::refusal::Refusal;
use super::words::Word;
use super::{Failure, Start, bytes};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

fn list(words: &[&str]) -> Vec<Word> {
    words.iter().map(|w| w.as_bytes().to_vec()).collect()
}

/// The command line by which `erl` compiles.
pub fn erlc(start: Start) -> Result<Start, Failure> {
    // The front: what is for the machine. The compiler is one process, so one worker will do.
    let mut front = list(&["+S1"]);
    let mut rest = list(&["+sbtu", "+A0", "-noinput", "-mode", "minimal", "-boot"]);
    rest.extend(list(&["no_dot_erlang", "-s", "erl_compile", "compile_cmdline", "-extra"]));
    let mut words = start.words.into_iter();
    while let Some(word) = words.next() {
        match word.as_slice() {
            // A compiler that stays: there is none here, so each compilation is one of its own.
            b"-server" | b"-no-server" => {}
            b"-smp" => front.push(word),
            [b'-', b'p', b'a' | b'z', attached @ ..] => {
                let value = match attached {
                    [] => words.next().ok_or_else(|| no_value(&word))?,
                    _ => attached.to_vec(),
                };
                // As in stock, the last of them comes first.
                front.splice(0..0, [word[..3].to_vec(), value]);
            }
            _ => rest.push(word),
        }
    }
    front.append(&mut rest);
    let name = start.link.as_deref().map_or(b"erlc".to_vec(), bytes);
    let environment = vec![(b"ESCRIPT_NAME".to_vec(), name)];
    Ok(Start { words: front, environment, link: start.link })
}

fn no_value(word: &[u8]) -> Refusal {
    Refusal(format!("erlc: No value given to {} option", String::from_utf8_lossy(&word[..2])))
}

/// The command line by which `erl` runs a script.
pub fn escript(start: Start) -> Result<Start, Failure> {
    let mut given = start.words.into_iter().peekable();
    let mut options: Vec<Word> = Vec::new();
    while let Some(word) = given.next_if(|w| w.first() == Some(&b'-')) {
        options.push(word);
    }
    let refuse = |why: String| Failure::Refused(Refusal(format!("escript: {why}")));
    let script = given.next().ok_or_else(|| refuse("Missing filename\n".to_owned()))?;
    let path = Path::new(OsStr::from_bytes(&script));
    let text = std::fs::read(path)
        .map_err(|_| refuse(format!("Failed to open file: {}", path.display())))?;
    let mut words = list(&["+B", "-boot", "no_dot_erlang", "-noshell"]);
    words.extend(script_words(&text));
    words.extend(list(&["-run", "escript", "start"]));
    words.extend(options.into_iter().map(|w| w[1..].to_vec()));
    words.push(b"-extra".to_vec());
    words.push(script.clone());
    words.extend(given);
    let environment = vec![(b"ESCRIPT_NAME".to_vec(), script)];
    Ok(Start { words, environment, link: start.link })
}

/// The words that a script gives to the machine: those of its second line, or else of its third,
/// if that begins with `%%!`.
fn script_words(text: &[u8]) -> Vec<Word> {
    let mut lines = text.split(|c| *c == b'\n').skip(1).take(2);
    let Some(line) = lines.find_map(|l| l.strip_prefix(b"%%!")) else { return Vec::new() };
    line.split(|c| *c == b' ').filter(|w| !w.is_empty()).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gives_words_in_its_second_or_third_line() {
        let words = list(&["-smp", "enable", "-sname", "x"]);
        assert_eq!(script_words(b"#!/x\n%%! -smp enable  -sname x\nmain(_) -> ok.\n"), words);
        assert_eq!(script_words(b"#!/x\n%% -*- erlang -*-\n%%! -smp enable -sname x"), words);
        assert!(script_words(b"#!/x\n\n\n%%! -a").is_empty());
    }

    #[test]
    fn paths_of_the_compiler_come_first() {
        let words = list(&["-pa", "a", "+debug_info", "-pzb", "x.erl"]);
        let start = Start { words, environment: Vec::new(), link: None };
        let Ok(start) = erlc(start) else { panic!("nothing is wrong") };
        assert_eq!(start.words[..5], list(&["-pz", "b", "-pa", "a", "+S1"]));
        let at = start.words.iter().position(|w| w == b"-extra").expect("it is there");
        assert_eq!(start.words[at + 1..], list(&["+debug_info", "x.erl"]));
    }
}
