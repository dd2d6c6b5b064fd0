//! The command line of the runner.

use std::path::PathBuf;

/// What `--help` prints.
pub const USAGE: &str = "usage: bench [options]
Runs the same .beam files on stock erl and on Girder by turns and prints medians and
their ratio, stock / Girder: above 1 means that Girder is faster.
  --filter TEXT         only programs whose name begins with TEXT
  --pairs N             runs on each machine (default 3); 0: no times, only --instructions
  --schedulers N,...    scheduler threads of all machines (default: their own choice);
                        several numbers give several columns
  --against ERL         compare with this command in place of the release's erl: a program
                        that is called like erl, with options of it; may be given more than
                        once; the word stock is the release's erl
  --processor-time      compare processor time of all threads, not time that has passed
  --instructions        count instructions retired for each operation (needs valgrind)
  --natives             natives one by one in place of the programs; --filter is for their names
  --girder FILE         the girder program (default: $GIRDER_BIN, else beside this one)
  --otp-root DIR        the OTP release (default: as girder finds it)
  --stock-only          leave Girder out
  --processes N         idle processes for the memory figure (default 1000000)
  --chart FILE          draw the ratios, as an SVG file
  --docs FILE           replace the table of figures in this Markdown file";

/// What was asked for.
#[derive(Debug)]
pub struct Options {
    /// Beginning of the names of the programs to run.
    pub filter: String,
    /// Runs on each machine.
    pub pairs: usize,
    /// Numbers of schedulers; `None` is the machine's own choice.
    pub schedulers: Vec<Option<u32>>,
    /// Commands to compare with; `stock` is the release's.
    pub against: Vec<String>,
    /// Figures are processor time.
    pub processor_time: bool,
    /// Instructions are counted.
    pub instructions: bool,
    /// Natives one by one, in place of the programs.
    pub natives: bool,
    /// The girder program.
    pub girder: Option<PathBuf>,
    /// The OTP release.
    pub otp_root: Option<PathBuf>,
    /// Girder is left out.
    pub stock_only: bool,
    /// Idle processes.
    pub processes: u64,
    /// Where the chart goes.
    pub chart: Option<PathBuf>,
    /// Where the table goes.
    pub docs: Option<PathBuf>,
}

impl Options {
    /// Reads the words of a command line. The error is a text for the user.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            filter: String::new(),
            pairs: 3,
            schedulers: vec![None],
            against: Vec::new(),
            processor_time: false,
            instructions: false,
            natives: false,
            girder: std::env::var_os("GIRDER_BIN").map(PathBuf::from),
            otp_root: None,
            stock_only: false,
            processes: 1_000_000,
            chart: None,
            docs: None,
        };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--stock-only" => options.stock_only = true,
                "--processor-time" => options.processor_time = true,
                "--natives" => options.natives = true,
                "--instructions" => options.instructions = true,
                _ => {
                    let value = arguments.next().ok_or_else(|| format!("{name} wants a value"));
                    options.set(&name, value)?;
                }
            }
        }
        if options.against.is_empty() {
            options.against.push("stock".to_owned());
        }
        if options.natives && (options.stock_only || options.instructions || options.processor_time)
        {
            return Err(
                "--natives compares times with Girder's: it goes with neither --stock-only \
                        nor --instructions nor --processor-time"
                    .to_owned(),
            );
        }
        if options.natives && (options.schedulers != [None] || options.chart.is_some()) {
            return Err(
                "--natives runs with one scheduler and draws nothing: it goes with neither \
                        --schedulers nor --chart"
                    .to_owned(),
            );
        }
        if options.pairs == 0 && !options.instructions {
            return Err("--pairs 0 without --instructions leaves nothing to do".to_owned());
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: Result<String, String>) -> Result<(), String> {
        match name {
            "--filter" => self.filter = value?,
            "--pairs" => self.pairs = number(name, &value?, 0)?,
            "--schedulers" => {
                self.schedulers = value?
                    .split(',')
                    .map(|text| number(name, text, 1).map(Some))
                    .collect::<Result<_, _>>()?;
            }
            "--against" => self.against.push(value?),
            "--girder" => self.girder = Some(value?.into()),
            "--otp-root" => self.otp_root = Some(value?.into()),
            "--processes" => self.processes = number(name, &value?, 1)?,
            "--chart" => self.chart = Some(value?.into()),
            "--docs" => self.docs = Some(value?.into()),
            _ => return Err(format!("unknown option {name}")),
        }
        Ok(())
    }
}

fn number<N: std::str::FromStr + PartialOrd + From<u8>>(
    name: &str,
    text: &str,
    least: u8,
) -> Result<N, String> {
    text.parse()
        .ok()
        .filter(|number| *number >= N::from(least))
        .ok_or_else(|| format!("{name} wants a number of at least {least}, not {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, String> {
        Options::read(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_lists_and_refuses_what_is_none() {
        assert!(read("--natives --schedulers 2").is_err());
        assert!(read("--natives --chart x.svg").is_err());
        let options = read("--schedulers 1,2 --against stock --against x").expect("it is right");
        assert_eq!(options.schedulers, [Some(1), Some(2)]);
        assert_eq!(options.against, ["stock", "x"]);
        assert_eq!(read("").expect("it is right").against, ["stock"]);
        for wrong in [
            "--schedulers 1,",
            "--schedulers 0",
            "--pairs",
            "--pairs 0",
            "--natives --instructions",
            "--natives --stock-only",
            "--pears 1",
        ] {
            read(wrong).expect_err(wrong);
        }
    }
}
