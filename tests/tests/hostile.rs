//! Modules that no compiler made and that the verifier accepts. Whatever they do, the machine must
//! stay in order: it ends with an exit status or runs on, and nothing in it panics.
//!
//! Some are written by hand, `tests/hostile/*.S`: instructions in the form that the compiler's
//! assembler takes, where a comment `%% expect stdout TEXT` (or `stderr`) says what running `main/0`
//! prints. Others are instruction streams of real modules, damaged at random.
//!
//! Environment: `GIRDER_BIN` as for the differential tests, `GIRDER_HOSTILE_COUNT` (how many modules
//! to run, default 60), `GIRDER_HOSTILE_SEED`.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use loader::GenOp;
use tests::corpus::{self, Program};
use tests::otp::Otp;
use tests::run::{End, run};

/// Assembles the plain arguments, the last of which is the folder to write to.
const ASSEMBLE: &str = "{Files, [Out]} = lists:split(length(init:get_plain_arguments()) - 1, \
    init:get_plain_arguments()), \
    Make = fun(File) -> \
        {ok, Terms} = file:consult(File), \
        [M, Exports, Labels] = [proplists:get_value(K, Terms) || K <- [module, exports, labels]], \
        Fs = lists:foldl( \
            fun({function, F, A, L}, Acc) -> [{function, F, A, L, []} | Acc]; \
               (_, []) -> []; \
               (I, [{function, F, A, L, Is} | Acc]) -> [{function, F, A, L, Is ++ [I]} | Acc] \
            end, [], Terms), \
        Code = {M, Exports, [], lists:reverse(Fs), Labels + 1}, \
        {ok, Bin} = beam_asm:module(Code, [], [], []), \
        ok = file:write_file(filename:join(Out, atom_to_list(M) ++ \".beam\"), Bin) \
    end, \
    lists:foreach(Make, Files), halt().";

/// A damaged module that loops is killed; that is no failure.
const LIMIT: Duration = Duration::from_secs(2);
/// Topics that would act on the outside, or only wait.
const LEFT_OUT: [&str; 3] = ["uncaught", "code", "otp"];

/// Every function has native code, or none has.
const COMPILE_AFTER: [&str; 2] = ["1", "never"];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn girder() -> PathBuf {
    std::env::var_os("GIRDER_BIN")
        .map_or_else(|| tests::target().join("release/girder"), PathBuf::from)
}

#[test]
fn what_is_taken_for_granted_is_looked_at() {
    let otp = Otp::find().unwrap();
    let sources = tests::root().join("tests/hostile");
    let mut files: Vec<PathBuf> =
        fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let out = tests::target().join("hostile/by_hand");
    fs::create_dir_all(&out).unwrap();
    let mut assemble = otp.erl();
    assemble.args(["-noshell", "-eval", ASSEMBLE, "-extra"]).args(&files).arg(&out);
    let ended = run(&mut assemble, Duration::from_secs(60)).unwrap();
    assert_eq!(ended.end, End::Status(0), "{}", String::from_utf8_lossy(&ended.stdout));
    for (file, calls) in files.iter().flat_map(|file| COMPILE_AFTER.map(|calls| (file, calls))) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut command = Command::new(girder());
        command.env("GIRDER_COMPILE_AFTER", calls).arg("run").arg(out.join(format!("{name}.beam")));
        let ended = run(&mut command, Duration::from_secs(20)).unwrap();
        let stdout = String::from_utf8_lossy(&ended.stdout);
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let all = format!("{name}: {}\n{stdout}\n{stderr}", ended.end);
        assert!(matches!(ended.end, End::Status(_)), "{all}");
        assert!(!stderr.contains("panicked at"), "{all}");
        let text = fs::read_to_string(file).unwrap();
        let expected: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("%% expect ")).collect();
        assert!(!expected.is_empty(), "{name} expects nothing");
        for line in expected {
            let (stream, wanted) = line.split_once(' ').unwrap();
            let said = if stream == "stdout" { &stdout } else { &stderr };
            assert!(said.contains(wanted), "{wanted} is not in {stream} of {all}");
        }
    }
}

#[test]
fn the_machine_outlives_damaged_modules() {
    let otp = Otp::find().unwrap();
    let programs: Vec<Program> = corpus::prepare(&otp)
        .unwrap()
        .into_iter()
        .filter(|p| !LEFT_OUT.contains(&p.topic.as_str()))
        .collect();
    let mut random = Random(number("GIRDER_HOSTILE_SEED", 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let count = number("GIRDER_HOSTILE_COUNT", 60);
    let folder = tests::target().join("hostile");
    fs::create_dir_all(&folder).unwrap();
    let mut failures = Vec::new();
    for n in 0..count {
        let program = &programs[random.below(programs.len())];
        let file = fs::read(program.beams.join(format!("{}.beam", program.module))).unwrap();
        let Some(damaged) = (0..2000).find_map(|_| damage(&file, &mut random)) else { continue };
        let path = folder.join(format!("{}.beam", program.module));
        fs::write(&path, &damaged).unwrap();
        let calls = COMPILE_AFTER[n as usize % COMPILE_AFTER.len()];
        if let Err(what) = survives(&path, program, calls) {
            let kept = folder.join(format!("failed-{n}"));
            fs::create_dir_all(&kept).unwrap();
            let kept = kept.join(path.file_name().unwrap());
            fs::rename(&path, &kept).unwrap();
            failures.push(format!("{}: {what}", kept.display()));
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn survives(path: &Path, program: &Program, calls: &str) -> Result<(), String> {
    let mut command = Command::new(girder());
    command.env("GIRDER_COMPILE_AFTER", calls).arg("run").arg("-pa").arg(&program.beams).arg(path);
    let ended = run(&mut command, LIMIT).map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    // Code that asks for endless memory gets what the system gives.
    if said.contains("memory allocation of") {
        return Ok(());
    }
    if said.contains("panicked at") || matches!(ended.end, End::Abnormal(_)) {
        return Err(format!("{}\n{said}", ended.end));
    }
    Ok(())
}

/// The file with its code damaged, if the verifier accepts that.
fn damage(file: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let module = loader::decode(file).ok()?;
    let code = {
        let container = loader::Container::parse(file).ok()?;
        container.get(b"Code")?.to_vec()
    };
    let starts: Vec<usize> = module.code.instrs.iter().map(|i| i.offset as usize).collect();
    let piece = |i: usize| &code[starts[i]..starts.get(i + 1).copied().unwrap_or(code.len())];
    let mut pieces: Vec<Vec<u8>> = (0..starts.len()).map(|i| piece(i).to_vec()).collect();
    for _ in 0..1 + random.below(3) {
        // The last is the end of the code.
        let i = random.below(pieces.len() - 2);
        if matches!(module.code.instrs[i].op, GenOp::Label | GenOp::FuncInfo | GenOp::Line) {
            continue;
        }
        match random.below(6) {
            0 => pieces[i].clear(),
            1 => {
                let twice = pieces[i].repeat(2);
                pieces[i] = twice;
            }
            2 => pieces.swap(i, i + 1),
            3 => {
                let near = (i + random.below(40)).saturating_sub(20).min(pieces.len() - 2);
                pieces[i] = pieces[near].clone();
            }
            4 => {
                let arity = module.code.instrs[i].op.arity();
                let alike: Vec<_> = loader::ops::ALL
                    .iter()
                    .filter(|o| o.arity() == arity && !o.is_obsolete())
                    .collect();
                if let Some(first) = pieces[i].first_mut() {
                    *first = alike[random.below(alike.len())].number();
                }
            }
            _ => {
                if pieces[i].len() > 1 {
                    let at = 1 + random.below(pieces[i].len() - 1);
                    let tag = match random.below(4) {
                        0 => 3,
                        1 => 4,
                        _ => pieces[i][at] & 7,
                    };
                    pieces[i][at] = (random.below(16) as u8) << 4 | tag;
                }
            }
        }
    }
    let mut damaged = code[..starts[0]].to_vec();
    damaged.extend(pieces.concat());
    if damaged == code {
        return None;
    }
    let file = with_code(file, &damaged)?;
    loader::load(&file).ok()?;
    Some(file)
}

fn with_code(file: &[u8], code: &[u8]) -> Option<Vec<u8>> {
    let container = loader::Container::parse(file).ok()?;
    let mut body = b"BEAM".to_vec();
    for chunk in container.chunks() {
        let data = if &chunk.name == b"Code" { code } else { container.data(chunk) };
        body.extend(chunk.name);
        body.extend((data.len() as u32).to_be_bytes());
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut file = b"FOR1".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    Some(file)
}
