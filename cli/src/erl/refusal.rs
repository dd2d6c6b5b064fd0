//! Command lines that are refused: what is said on standard error before the program ends with
//! status 1. The first line is stock's.

/// Why a command line is refused.
#[derive(Debug)]
pub struct Refusal(pub String);

/// What `erl` takes, in short.
const USAGE: &str = "Usage: erl [-version] [-sname NAME | -name NAME] [-noshell] [-noinput] \
    [-env VAR VALUE] [-compile file ...] [-make] [-emu_args] [-args_file FILENAME] [+FLAG ...] \
    [args ...]";

/// What the emulator takes, in short.
const EMULATOR_USAGE: &str = "Usage: beam.smp [flags] [ -- [init_args] ]\n\
    The flags are those of `erl`(1), each with + in place of -; docs/differences-from-beam.md\n\
    says which of them have an effect.";

/// `erl` cannot make sense of its words.
pub fn usage(why: &str) -> Refusal {
    Refusal(format!("{why}\n{USAGE}"))
}

/// A word needs another behind it.
pub fn missing(word: &str) -> Refusal {
    usage(&format!("Missing argument(s) for '{word}'."))
}

/// `erl` cannot do what it is asked for.
pub fn failed(why: &str) -> Refusal {
    Refusal(format!("erlexec: {why}"))
}

/// The emulator cannot make sense of a flag.
pub fn bad_flag(why: &str) -> Refusal {
    Refusal(format!("{why}\n{EMULATOR_USAGE}"))
}
