//! Every .beam file of the installed OTP release, whole and damaged.
//!
//! The oracle for what a file says is stock `erl` (`beam_lib`); the property for damaged files is
//! that decoding answers, whatever the answer.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn otp_root() -> PathBuf {
    let out = Command::new("erl")
        .args(["-noshell", "-eval", "io:put_chars(code:root_dir()),halt()."])
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    PathBuf::from(String::from_utf8(out.stdout).unwrap())
}

fn beams(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            beams(&path, found);
        } else if path.extension().is_some_and(|e| e == "beam") {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    beams(&otp_root().join("lib"), &mut found);
    found.sort();
    assert!(found.len() > 200, "only {} .beam files under the OTP root", found.len());
    found
}

#[test]
fn every_module_of_the_release_loads() {
    for path in corpus() {
        let bytes = std::fs::read(&path).unwrap();
        let module = loader::load(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(Some(module.name()), path.file_stem().and_then(|s| s.to_str()));
        assert_eq!(module.exports.len() + module.locals.len(), module.functions().len());
        for export in &module.exports {
            let f = &module.functions()[module.function_at(export.label).unwrap()];
            assert_eq!((f.name, f.arity), (export.function, export.arity));
        }
        let text = loader::disasm::disassemble(&module);
        let headers = text.lines().filter(|l| l.ends_with(':') && !l.starts_with(' '));
        assert_eq!(headers.count(), module.functions().len(), "{}", path.display());
    }
}

/// Module checksums are what `beam_lib:md5/1` says.
#[test]
fn checksums_agree_with_stock() {
    let program = "[case beam_lib:md5(F) of {ok,{M,D}} -> io:format(\"~s ~s~n\", \
                   [M,binary:encode_hex(D)]) end || F <- \
                   filelib:wildcard(code:lib_dir(stdlib)++\"/ebin/*.beam\")],halt().";
    let out = Command::new("erl")
        .args(["-noshell", "-eval", program])
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.lines().count() > 50);
    let files = corpus();
    for line in text.lines() {
        let (name, md5) = line.split_once(' ').unwrap();
        let path = files.iter().find(|p| p.file_stem().unwrap() == name).unwrap();
        let module = loader::decode(&std::fs::read(path).unwrap()).unwrap();
        let hex: String = module.md5.iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(hex, md5, "{name}");
    }
}

/// A small deterministic generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Files to damage: every twentieth, cut down to the chunks that a loader reads.
fn samples() -> Vec<Vec<u8>> {
    let files = corpus();
    files.iter().step_by(20).map(|p| essential(&std::fs::read(p).unwrap())).collect()
}

fn essential(bytes: &[u8]) -> Vec<u8> {
    let container = loader::Container::parse(bytes).unwrap();
    let mut body = b"BEAM".to_vec();
    for chunk in container.chunks() {
        let data = container.data(chunk);
        if !matches!(&chunk.name, b"Dbgi" | b"Docs") {
            body.extend(chunk.name);
            body.extend((data.len() as u32).to_be_bytes());
            body.extend(data);
            body.resize(body.len().next_multiple_of(4), 0);
        }
    }
    let mut file = b"FOR1".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

/// A module on record is the very one that verification gives; any other file, were it one bit away,
/// has no record.
#[test]
fn records_stand_for_verification() {
    let files = samples();
    let mut recorder = loader::Recorder::default();
    for file in &files {
        recorder.add(file).unwrap();
    }
    let records = loader::Records::new(recorder.finish().leak());
    let outcome = |loaded: Result<_, _>| format!("{loaded:?}");
    let mut random = Random(4);
    for file in files {
        assert!(records.has(&file));
        assert_eq!(outcome(records.load(&file)), outcome(loader::load(&file)));
        let longer = [&file[..], b"Dbgi"].concat();
        assert!(records.has(&longer), "what decoding does not look at does not count");
        for _ in 0..10 {
            // Behind the form's header and the first chunk's name.
            let place = 16 + random.below(file.len() - 16);
            let mut damaged = file.clone();
            damaged[place] ^= 1 << random.below(8);
            if loader::Container::parse(&damaged).is_ok_and(|c| is_different(&c, &file)) {
                assert!(!records.has(&damaged), "byte {place}");
            }
            assert_eq!(outcome(records.load(&damaged)), outcome(loader::load(&damaged)));
        }
    }
}

/// Whether any chunk differs: padding does not count.
fn is_different(container: &loader::Container<'_>, file: &[u8]) -> bool {
    let whole = loader::Container::parse(file).unwrap();
    whole.chunks().iter().any(|c| container.get(&c.name) != whole.get(&c.name))
}

#[test]
fn truncated_files_are_refused() {
    let mut random = Random(1);
    for file in samples() {
        loader::load(&file).unwrap();
        for _ in 0..40 {
            let cut = random.below(file.len());
            assert!(loader::load(&file[..cut]).is_err(), "cut to {cut} of {}", file.len());
        }
    }
}

/// The property is that the call returns; a damaged constant can leave a valid file.
#[test]
fn flipped_bits_never_panic() {
    let mut random = Random(2);
    let (mut good, mut bad) = (0, 0);
    for file in samples() {
        let mut damaged = file.clone();
        for _ in 0..100 {
            let flips = 1 + random.below(4);
            let mut places = Vec::new();
            for _ in 0..flips {
                let place = random.below(file.len());
                damaged[place] ^= 1 << random.below(8);
                places.push(place);
            }
            if let Ok(module) = loader::decode(&damaged) {
                assert!(loader::disasm::disassemble(&module).starts_with("module "));
            }
            match loader::load(&damaged) {
                Ok(_) => good += 1,
                Err(e) => {
                    assert!(!e.to_string().is_empty());
                    bad += 1;
                }
            }
            for place in places {
                damaged[place] = file[place];
            }
        }
    }
    // Both outcomes must occur, or the test damages nothing that matters, or everything.
    assert!(good > 100 && bad > 1000, "{good} loaded, {bad} refused");
}
