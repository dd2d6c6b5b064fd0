//! `vm::num` against stock Erlang: thousands of cases, one start of `erl`.
//!
//! The Erlang half is `num_oracle/num_oracle.erl`. The cases come from a fixed seed.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use vm::num::{self, BigBuf, BigRef, Endian, InlineInt, Limbs, ParseError, SystemLimit};

/// Xorshift; good enough to choose cases.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }

    fn limb(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << self.below(64),
            3 => (1 << self.below(64)) - 1,
            4 => (1 << 59) - self.below(3),
            _ => self.next() >> self.below(64),
        }
    }

    fn big(&mut self, longest: u64) -> BigBuf {
        let len = match self.below(10) {
            0..6 => self.below(4),
            6..9 => self.below(20),
            _ => self.below(longest),
        };
        let limbs: Limbs = (0..len).map(|_| self.limb()).collect();
        BigBuf::new(self.below(2) == 0, limbs).expect("far below the limit")
    }

    /// Any finite float, with edges more often than chance has them.
    fn float(&mut self) -> f64 {
        let f = match self.below(8) {
            0 => f64::from_bits(self.next()),
            1 => self.below(1000) as f64 / 8.0,
            2 => self.below(1_000_000) as f64 / 1000.0,
            3 => self.next() as f64,
            4 => 10f64.powi(self.below(40) as i32 - 15) * self.below(1000) as f64,
            5 => (1u64 << 53) as f64 + (self.below(64) as f64 - 32.0) * 0.5,
            6 => 2f64.powi(self.below(2098) as i32 - 1074),
            _ => f64::from_bits((1023 - 60 + self.below(140)) << 52 | self.next() >> 12),
        };
        if !f.is_finite() {
            return self.float();
        }
        if self.below(2) == 0 { -f } else { f }
    }

    /// A float near an integer.
    fn float_near(&mut self, a: BigRef<'_>) -> f64 {
        match num::to_f64(a) {
            Some(f) if self.below(4) > 0 => {
                let near = match self.below(4) {
                    0 => f.next_up(),
                    1 => f.next_down(),
                    2 => f + 0.5,
                    _ => f,
                };
                if near.is_finite() { near } else { f }
            }
            _ => self.float(),
        }
    }
}

/// Questions for stock and our answers, line by line.
#[derive(Default)]
struct Cases {
    questions: String,
    ours: Vec<String>,
}

impl Cases {
    fn ask(&mut self, op: &str, args: &[&str], ours: String) {
        self.questions.push_str(op);
        for arg in args {
            let _ = write!(self.questions, " {arg}");
        }
        self.questions.push('\n');
        self.ours.push(ours);
    }

    fn check(self, name: &str) {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let (questions, answers) =
            (dir.join(format!("{name}.in")), dir.join(format!("{name}.out")));
        std::fs::write(&questions, &self.questions).expect("questions written");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/num_oracle/num_oracle.erl");
        let run = format!(
            "{{ok, M, B}} = compile:file({source:?}, [binary, report]), \
             {{module, M}} = code:load_binary(M, \"num_oracle.erl\", B), \
             M:main({questions:?}, {answers:?}), halt()."
        );
        let status = Command::new("erl")
            .args(["-noshell", "-eval", &run])
            .status()
            .expect("this test needs stock Erlang on the path; make test provides it");
        assert!(status.success(), "stock erl: {status}");
        let answers = std::fs::read_to_string(&answers).expect("answers read");
        let answers: Vec<&str> = answers.lines().collect();
        assert_eq!(answers.len(), self.ours.len(), "one answer a question");
        assert!(answers.len() > 1000);
        let mut wrong = String::new();
        let mut count = 0;
        for ((question, ours), stock) in self.questions.lines().zip(&self.ours).zip(answers) {
            if ours != stock {
                count += 1;
                if count <= 20 {
                    let cut = |s: &str| s.chars().take(300).collect::<String>();
                    let _ = writeln!(
                        wrong,
                        "{}\n  ours  {}\n  stock {}",
                        cut(question),
                        cut(ours),
                        cut(stock)
                    );
                }
            }
        }
        assert_eq!(count, 0, "answers differ from stock:\n{wrong}");
    }
}

fn hex(a: BigRef<'_>) -> String {
    num::to_text(a, 16)
}

fn limited(result: Result<BigBuf, SystemLimit>) -> String {
    match result {
        Ok(big) => hex(big.as_ref()),
        Err(SystemLimit) => "system_limit".to_owned(),
    }
}

fn divided(result: Option<BigBuf>) -> String {
    result.map_or("badarith".to_owned(), |big| hex(big.as_ref()))
}

fn float_bits(f: f64) -> String {
    format!("{:X}", f.to_bits())
}

#[test]
fn integers_compute_as_on_stock() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut cases = Cases::default();
    for _ in 0..4000 {
        let (a, b) = (random.big(150), random.big(150));
        let (a, b) = (a.as_ref(), b.as_ref());
        let (x, y) = (&*hex(a), &*hex(b));
        cases.ask("add", &[x, y], limited(num::add(a, b)));
        cases.ask("sub", &[x, y], limited(num::sub(a, b)));
        cases.ask("mul", &[x, y], limited(num::mul(a, b)));
        cases.ask("mul", &[x, x], limited(num::mul(a, a)));
        cases.ask("div", &[x, y], divided(num::div(a, b)));
        cases.ask("rem", &[x, y], divided(num::rem(a, b)));
        cases.ask("band", &[x, y], limited(num::band(a, b)));
        cases.ask("bor", &[x, y], limited(num::bor(a, b)));
        cases.ask("bxor", &[x, y], limited(num::bxor(a, b)));
        cases.ask("bnot", &[x], limited(num::bnot(a)));
        cases.ask("neg", &[x], hex(num::neg(a)));
        cases.ask("abs", &[x], hex(num::abs(a)));
        cases.ask("cmp", &[x, y], format!("{:?}", num::cmp(a, b)));
        cases.ask("cmp", &[x, x], format!("{:?}", num::cmp(a, a)));
        let count = random.below(700) as i64 - 350;
        let count = if random.below(20) == 0 { i64::MIN / 16 } else { count };
        let c = &*hex(InlineInt::from(count).as_ref());
        cases.ask("bsl", &[x, c], limited(num::bsl(a, count)));
        let back = &*hex(InlineInt::from(-count).as_ref());
        cases.ask("bsr", &[x, back], limited(num::bsr(a, -count)));
        if let Some(small) = a.to_i64() {
            cases.ask("bsl", &[x, c], limited(num::bsl_i64(small, count)));
            cases.ask("bsr", &[x, c], limited(num::bsr_i64(small, count)));
        }
    }
    // The largest integers there are. A big integer takes a word more than its limbs.
    let limit = num::MAX_LIMBS as i64 * 64;
    for (a, count) in [
        (1, limit - 1),
        (1, limit),
        (-1, limit - 1),
        (3, limit - 2),
        (3, limit - 1),
        (1, 1 << 40),
        (0, 1 << 40),
    ] {
        let (x, c) = (format!("{a:X}"), format!("{count:X}"));
        let x = if a < 0 { "-1" } else { &*x };
        let size = |result: Result<BigBuf, SystemLimit>| match result {
            Ok(big) if big.as_ref().to_small().is_some() => "0".to_owned(),
            Ok(big) => format!("{:X}", big.limbs().len() + 1),
            Err(SystemLimit) => "system_limit".to_owned(),
        };
        cases.ask("bslsize", &[x, &c], size(num::bsl_i64(a, count)));
    }
    cases.check("integers");
}

#[test]
fn integers_and_floats_meet_as_on_stock() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    let mut cases = Cases::default();
    for _ in 0..12000 {
        let a = random.big(20);
        let a = a.as_ref();
        let x = &*hex(a);
        let float = num::to_f64(a).map_or("badarg".to_owned(), float_bits);
        cases.ask("float", &[x], float);
        let f = random.float_near(a);
        let order = num::cmp_f64(a, f);
        cases.ask("cmpf", &[x, &float_bits(f)], format!("{order:?}"));
        if let Some(n) = a.to_i64() {
            assert_eq!(num::cmp_i64_f64(n, f), order, "{n} and {f}");
        }
        let f = random.float();
        let bits = &*float_bits(f);
        cases.ask("trunc", &[bits], divided(num::whole(f.trunc())));
        cases.ask("floor", &[bits], divided(num::whole(f.floor())));
        cases.ask("ceil", &[bits], divided(num::whole(f.ceil())));
        cases.ask("round", &[bits], divided(num::whole(f.round())));
    }
    cases.check("floats");
}

#[test]
fn integer_texts_and_bits_are_as_on_stock() {
    let mut random = Random(0xA076_1D64_78BD_642F);
    let mut cases = Cases::default();
    let parsed = |result: Result<BigBuf, ParseError>| match result {
        Ok(big) => hex(big.as_ref()),
        Err(ParseError::Syntax) => "badarg".to_owned(),
        Err(ParseError::SystemLimit) => "system_limit".to_owned(),
    };
    for round in 0..6000u32 {
        let a = random.big(if round % 50 == 0 { 1500 } else { 60 });
        let a = a.as_ref();
        let x = &*hex(a);
        let base = 2 + round % 35;
        let text = num::to_text(a, base);
        assert_eq!(parsed(num::parse(text.as_bytes(), base)), *x);
        cases.ask("text", &[x, &base.to_string()], text.clone());
        // Now and then something in the text that is not a digit, or not of this base.
        let mut odd = text.to_lowercase().into_bytes();
        let at = random.below(odd.len() as u64) as usize;
        odd[at] = b"+-_Zz0./:@[`{A"[random.below(14) as usize];
        let odd = String::from_utf8(odd).expect("ASCII");
        let ours = parsed(num::parse(odd.as_bytes(), base));
        cases.ask("parse", &[&odd, &base.to_string()], ours);

        let bits = random.below(a.bit_len() + 70) as usize;
        let (endian, name) = match random.below(2) {
            0 => (Endian::Big, "big"),
            _ => (Endian::Little, "little"),
        };
        let mut out = vec![0xAA; bits.div_ceil(8)];
        num::to_bits(a, &mut out, bits, endian);
        let hex_out: String = out.iter().map(|byte| format!("{byte:02X}")).collect();
        let width = &*bits.to_string();
        cases.ask("tobits", &[x, width, name], hex_out.clone());
        if bits > 0 {
            let unsigned = limited(num::from_bits(&out, bits, endian, false));
            cases.ask("frombits", &[&hex_out, width, name, "unsigned"], unsigned);
            let signed = limited(num::from_bits(&out, bits, endian, true));
            cases.ask("frombits", &[&hex_out, width, name, "signed"], signed);
        }
    }
    for text in ["", "-", "+", "+5", "-0", "--1", "0x1", "00012", " 1", "1_000"] {
        // The lines are split at blanks: those texts are not for here.
        if !text.contains(' ') {
            cases.ask("parse", &[text, "10"], parsed(num::parse(text.as_bytes(), 10)));
        }
    }
    cases.check("texts");
}

#[test]
fn float_texts_are_as_on_stock() {
    use num::float_text;
    let mut random = Random(0xE703_7ED1_A0B4_28DB);
    let mut cases = Cases::default();
    let ascii = |text: &[u8]| String::from_utf8(text.to_vec()).expect("ASCII");
    let or_badarg = |text: Option<String>| text.unwrap_or("badarg".to_owned());
    let mut floats = vec![
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        1.005,
        0.125,
        0.375,
        0.05,
        9.95,
        0.999_999_999_999_999_9,
        5e-324,
        f64::MIN_POSITIVE,
        f64::MAX,
        -f64::MAX,
        1e300,
        1e17,
        1e22,
        1e23,
        9_007_199_254_740_991.0,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        9_007_199_254_740_990.0,
        9_007_199_254_741_000.0,
    ];
    // Every power of ten, and its neighbours: where `short` changes form.
    for exponent in -323..=308 {
        let f: f64 = format!("1e{exponent}").parse().expect("float");
        floats.extend([f, f.next_up(), f.next_down(), f * 12.0, f * 1.234_567_8]);
    }
    floats.extend((0..6000).map(|_| random.float()));
    floats.retain(|f| f.is_finite());
    for f in floats {
        let bits = &*float_bits(f);
        cases.ask("f", &[bits], float_text::default(f, ascii));
        let short = float_text::short(f, ascii);
        assert_eq!(short.parse(), Ok(f));
        cases.ask("short", &[bits], short);
        let few = random.below(25) as i64;
        let many = random.below(262) as i64 - 4;
        for decimals in [few, many, 0, 2] {
            let d = &*decimals.to_string();
            cases.ask("sci", &[bits, d], or_badarg(float_text::scientific(f, decimals, ascii)));
            for (op, compact) in [("dec", false), ("compact", true)] {
                let ours = or_badarg(float_text::fixed(f, decimals, compact, ascii));
                cases.ask(op, &[bits, d], ours);
            }
        }
    }
    // More than 32 bits of decimals: stock looks at the low ones.
    let d = (1i64 << 32) + 3;
    let bits = &*float_bits(1.5);
    cases.ask("dec", &[bits, &d.to_string()], or_badarg(float_text::fixed(1.5, d, false, ascii)));
    cases.ask("sci", &[bits, &d.to_string()], or_badarg(float_text::scientific(1.5, d, ascii)));

    let mut texts: Vec<String> = [
        "1.0",
        "1",
        "1.",
        ".5",
        "1.e5",
        "1.0e",
        "1.0e+",
        "1.0e5",
        "1.0E5",
        "1.0e+05",
        "1.0e-5",
        "+1.0",
        "-1.0",
        "--1.0",
        "1,5",
        "1.0x",
        "1.0e400",
        "1.0e-400",
        "-1.0e-400",
        "1e5",
        "inf",
        "nan",
        "0x1.8p1",
        "1.0e5.0",
        "00001.5000",
        "1.7976931348623159e308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1_0.0",
        "1.0_0",
        "e5",
        "-",
        "-.5",
        "1.0e99999999999999999999",
        "0.0e99999999999999999999",
        "-0.0",
    ]
    .map(String::from)
    .to_vec();
    for _ in 0..3000 {
        let len = 1 + random.below(12);
        let digits = b"0123456789.eE+-,";
        let text = (0..len).map(|_| char::from(digits[random.below(16) as usize]));
        let free: String = text.collect();
        texts.push(format!("1.{free}"));
        texts.push(free);
        // Long digit strings, where rounding is hard.
        let f = random.float();
        texts.push(format!("{f:.1}"));
        texts.push(format!("{:.40e}", f));
    }
    for text in texts {
        let ours = float_text::parse(text.as_bytes()).map_or("badarg".to_owned(), float_bits);
        cases.ask("readf", &[&text], ours);
        let prefix = float_text::parse_prefix(text.as_bytes());
        let ours = prefix.map_or("none".to_owned(), |(_, length)| length.to_string());
        cases.ask("scan", &[&text], ours);
    }
    cases.check("float_texts");
}
