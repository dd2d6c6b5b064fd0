//! Which words of an `erl` command line are the emulator's (`+FLAG`), which change how it is
//! started, and which go to `init`.

use super::refusal::{Refusal, failed, missing, usage};
use super::words::Word;

/// A command line taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    /// The emulator's flags, with `-` in place of `+`, values behind them.
    pub flags: Vec<Word>,
    /// What `init` gets, without what is in every command line.
    pub init: Vec<Word>,
    /// `-env`: variables of the environment.
    pub environment: Vec<(Word, Word)>,
    /// `-detached`
    pub detached: bool,
    /// The port mapper is to be started: `-name` or `-sname`, and nothing that says otherwise.
    pub start_epmd: bool,
    /// `-epmd`: the program that starts it.
    pub epmd: Option<Word>,
    /// `-emu_flavor emu`: no native code is made.
    pub interpreted: bool,
    /// `-emu_args`
    pub show: bool,
    /// Show what would be started, and end.
    pub only_show: Option<Show>,
}

/// What is shown in place of starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// `-emu_args_exit`: the words, one a line.
    Words,
    /// `-emu_qouted_cmd_exit`: the command line, each word in quotes.
    Quoted,
    /// `-emu_name_exit`: the emulator's name.
    Name,
}

/// `+M` followed by one of these letters and one of [`ALLOCATOR`] takes a value.
const ALLOCATORS: &[u8] = b"uBIDEFHLRSTZ";

const ALLOCATOR: &str = "as asbcst atags acul acnl acfml acful cp e t lmbcs mbcgs mbsd mmbcs \
    mmmbc mmsbc msbclt ramv rmbcmt rsbcmt rsbcst sbct smbcs";

/// Flags that take a value behind them, or right behind their last letter.
const VALUED: &str = "a A C e i n P Q t T R W K IOt IOp IOPt IOPp IOs S SP SDcpu SDPcpu SDio pc \
    sbt sbwtdcpu sbwtdio sbwt scl sct secio sfwi stbt swct swtdcpu swtdio swt sws sss sssdcpu \
    sssdio spp sub hms hmbs hpds hmax hmaxk hmaxel hmqd h rg zdbbl zdntgc zebwt zosrl \
    Mea Mummc Muycs Musac Mim Mis Mlpm MMamcbf MMrmcbf MMmcs MMscs MMscrfsd MMsco MMscrpm MYe \
    MYm MYtp MYtt MIscs MXscs Mdai";

/// Whether `+name` takes a word behind it.
fn takes_value(name: &str) -> bool {
    let among = |list: &str, name: &str| list.split_ascii_whitespace().any(|w| w == name);
    let allocator = |name: &str| {
        let letter = name.as_bytes().first().is_some_and(|c| ALLOCATORS.contains(c));
        letter && among(ALLOCATOR, &name[1..])
    };
    name.starts_with('J') || among(VALUED, name) || name.strip_prefix('M').is_some_and(allocator)
}

/// Takes a command line apart.
pub fn sort(words: Vec<Word>) -> Result<Sorted, Refusal> {
    let mut s = Sorted::default();
    let (mut no_epmd, mut proto_dist, mut halt) = (false, false, false);
    let (mut distributed, mut start_epmd) = (false, true);
    let mut words = words.into_iter().peekable();
    let word = |s: &str| s.as_bytes().to_vec();
    while let Some(w) = words.next() {
        let name = String::from_utf8_lossy(&w).into_owned();
        let mut value = |of: &str| words.next_if(|v| v != b"--").ok_or_else(|| missing(of));
        match name.as_str() {
            "-extra" => {
                s.init.push(w);
                s.init.extend(words);
                break;
            }
            "-smp" => {
                if words.peek().is_some_and(|v| v == b"disable") {
                    return Err(not_supported("-smp disable"));
                }
                s.init.push(w);
            }
            "-smpdisable" => return Err(not_supported("-smp disable")),
            // There is one kind of this machine, which may be told to make no native code.
            "-emu_type" | "-emu_flavor" => {
                let v = value(&name)?;
                s.interpreted |= name == "-emu_flavor" && v == b"emu";
                s.init.extend([w, v]);
            }
            "-compile" => {
                s.init.extend(["-noshell", "-noinput", "-s", "c", "lc_batch"].map(word));
                s.flags.push(word("-B"));
            }
            "-make" => {
                s.init.extend(["-noshell", "-noinput", "-s", "make", "all_or_nothing"].map(word));
                s.flags.push(word("-B"));
                halt = true;
                break;
            }
            "-configfd" => {
                if words.peek().is_none_or(|v| v == b"--") {
                    return Err(missing("-configfd"));
                }
                if words.peek().is_some_and(|v| v == b"0") {
                    s.init.extend(["-noshell", "-noinput"].map(word));
                }
                s.init.push(w);
            }
            "-detached" => {
                s.detached = true;
                s.init.extend(["-noshell", "-noinput"].map(word));
            }
            "-noinput" => s.init.extend(["-noshell", "-noinput"].map(word)),
            "-emu_args" => s.show = true,
            "-emu_args_exit" => s.only_show = Some(Show::Words),
            "-emu_qouted_cmd_exit" => s.only_show = Some(Show::Quoted),
            "-emu_name_exit" => {
                s.only_show = Some(Show::Name);
                return Ok(s);
            }
            "-env" => {
                let variable = value("-env")?;
                let value = words.next_if(|v| v != b"--").ok_or_else(|| missing("-env"))?;
                s.environment.push((variable, value));
            }
            "-epmd" => s.epmd = Some(value(&name)?),
            "-man" => return Err(failed("-man is not supported.")),
            "-name" | "-sname" => {
                let v = value(&name)?;
                s.init.extend([w, v]);
                distributed = true;
            }
            "-no_epmd" => {
                s.init.push(w);
                no_epmd = true;
                start_epmd = false;
            }
            "-proto_dist" => {
                let v = value(&name)?;
                s.init.extend([w, v]);
                proto_dist = true;
            }
            "-start_epmd" => {
                let v = value(&name)?;
                if v != b"true" && v != b"false" {
                    return Err(usage("Expected boolean argument for '-start_epmd'."));
                }
                start_epmd = v == b"true";
                s.init.extend([w, v]);
            }
            "-version" => s.flags.push(word("-V")),
            _ if name.starts_with('+') => {
                let mut flag = w.clone();
                flag[0] = b'-';
                s.flags.push(flag);
                let optional: &[&[u8]] = match &name[1..] {
                    "B" => &[b"i", b"c", b"d"],
                    "c" => &[b"true", b"false"],
                    _ => &[],
                };
                if takes_value(&name[1..]) {
                    s.flags.push(value(&name)?);
                } else if let Some(v) = words.next_if(|v| optional.contains(&v.as_slice())) {
                    s.flags.push(v);
                } else if wrong_letters(&name[1..]) {
                    return Err(missing(&name));
                }
            }
            _ => s.init.push(w),
        }
    }
    if no_epmd && !proto_dist {
        return Err(failed("Missing -proto_dist option, expected when using -no_epmd."));
    }
    s.start_epmd = distributed && start_epmd;
    if halt {
        s.init.extend(["-s", "erlang", "halt"].map(word));
    }
    Ok(s)
}

/// Flags that `erl` itself looks into and finds wrong.
fn wrong_letters(name: &str) -> bool {
    let bytes = name.as_bytes();
    match bytes.first() {
        Some(b'B') => bytes.get(1).is_some_and(|c| !b"icd".contains(c)),
        Some(b'I') => !["IOt", "IOp", "IOPt", "IOPp", "IOs"].iter().any(|p| name.starts_with(p)),
        Some(b'S') if bytes.get(1) == Some(&b'D') => {
            !["SDcpu", "SDPcpu", "SDio"].iter().any(|p| name.starts_with(p))
        }
        _ => false,
    }
}

fn not_supported(what: &str) -> Refusal {
    usage(&format!("Argument '{what}' not supported. Use \"+S 1\" instead."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(list: &[&str]) -> Result<Sorted, Refusal> {
        sort(list.iter().map(|w| w.as_bytes().to_vec()).collect())
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn flags_go_to_the_emulator_with_their_values() {
        let s = sorted(&["+P", "2000", "-pa", "x", "+A0", "+sbt", "u", "+Bi", "+MBas", "gf", "y"])
            .expect("nothing to refuse");
        assert_eq!(text(&s.flags), "-P 2000 -A0 -sbt u -Bi -MBas gf");
        assert_eq!(text(&s.init), "-pa x y");
    }

    #[test]
    fn behind_extra_nothing_has_a_meaning() {
        let s = sorted(&["-detached", "-extra", "+P", "-env"]).expect("nothing to refuse");
        assert!(s.detached && s.flags.is_empty());
        assert_eq!(text(&s.init), "-noshell -noinput -extra +P -env");
    }

    #[test]
    fn a_value_may_not_be_missing() {
        for list in [&["+P"][..], &["+P", "--"], &["-env", "A"], &["-sname"]] {
            let Err(Refusal(why)) = sorted(list) else { panic!("{list:?} is complete") };
            let wrong = if list[0] == "-env" { "-env" } else { list[0] };
            assert!(why.starts_with(&format!("Missing argument(s) for '{wrong}'.\n")), "{why}");
        }
    }
}
