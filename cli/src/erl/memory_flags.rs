//! The flags of stock's memory allocators (`+M...`): checked as stock checks them, without effect.

use super::flags::{Rest, scan, value};
use super::refusal::{Refusal, bad_flag};

/// What a value may be.
#[derive(Clone, Copy)]
enum Kind {
    Amount,
    /// As many bytes times 1024 are still a size.
    Kilobytes,
    Bool,
    /// `de`, or a percentage.
    Percent,
    /// `de`, or an amount.
    EnabledAmount,
    /// `max`, or an amount.
    Instances,
    /// A pool of carriers.
    Pool,
    Strategy,
    /// One of those words.
    Words(&'static str),
    Anything,
}

/// A name and what its value may be.
type Flag = (&'static str, Kind);

const STRATEGIES: &str = "bf aobf gf af aoff aoffcbf aoffcaobf ageffcaoff ageffcbf ageffcaobf";
/// Allocators by their letters, and `u` for all of them.
const ALLOCATORS: &str = "BIDEFHLRSTZu";
/// Flags of one allocator. A name that begins another comes behind it.
const OF_ALLOCATOR: &[Flag] = &[
    ("acul", Kind::Percent),
    ("acnl", Kind::Amount),
    ("acfml", Kind::Amount),
    ("acful", Kind::EnabledAmount),
    ("asbcst", Kind::Kilobytes),
    ("as", Kind::Strategy),
    ("atags", Kind::Bool),
    ("cp", Kind::Pool),
    ("e", Kind::Bool),
    ("lmbcs", Kind::Kilobytes),
    ("mbcgs", Kind::Amount),
    ("mbsd", Kind::Amount),
    ("mmbcs", Kind::Kilobytes),
    ("mmmbc", Kind::Amount),
    ("mmsbc", Kind::Amount),
    ("rsbcmt", Kind::Amount),
    ("rsbcst", Kind::Amount),
    ("rmbcmt", Kind::Amount),
    ("ramv", Kind::Bool),
    ("sbct", Kind::Kilobytes),
    ("smbcs", Kind::Kilobytes),
    ("t", Kind::Bool),
];
/// Flags of what is no such allocator: the letter that decides, the rest of the name, and how much
/// of the name is told when the rest is unknown.
const OTHERS: &[(char, usize, &[Flag])] = &[
    (
        'M',
        2,
        &[
            ("amcbf", Kind::Kilobytes),
            ("rmcbf", Kind::Amount),
            ("mcs", Kind::Amount),
            ("scs", Kind::Amount),
            ("sco", Kind::Bool),
            ("scrpm", Kind::Bool),
            ("scrfsd", Kind::Amount),
        ],
    ),
    (
        'Y',
        2,
        &[
            ("tt", Kind::Amount),
            ("tp", Kind::Amount),
            ("m", Kind::Anything),
            ("e", Kind::Words("true")),
        ],
    ),
    ('e', 1, &[("a", Kind::Words("min max config r9c r10b r11b"))]),
    ('l', 2, &[("pm", Kind::Words("all no"))]),
    ('d', 2, &[("ai", Kind::Instances)]),
];

/// Checks a flag whose name is `M` and `name`.
pub(super) fn accept<'a>(name: &'a str, rest: &mut Rest<'a>) -> Result<(), Refusal> {
    let letter = name.chars().next();
    let found = |flags: &[Flag], after: &str| {
        flags.iter().copied().find(|(flag, _)| after.starts_with(flag))
    };
    let unknown = |told: usize| {
        let name = format!("M{name}");
        bad_flag(&format!("bad \"{}\" parameter", &name[..told.min(name.len())]))
    };
    let Some(letter) = letter.filter(char::is_ascii) else { return Err(unknown(1)) };
    let after = &name[1..];
    if letter == 'u' {
        let all = [("ycs", Kind::Kilobytes), ("mmc", Kind::Amount), ("sac", Kind::Bool)];
        if let Some((flag, kind)) = found(&all, after) {
            return check(name, 1 + flag.len(), kind, rest);
        }
    }
    if letter == 'I' && after.starts_with("scs") {
        return check(name, 4, Kind::Amount, rest);
    }
    if let Some((_, told, flags)) = OTHERS.iter().find(|(l, ..)| *l == letter) {
        let Some((flag, kind)) = found(flags, after) else { return Err(unknown(*told)) };
        return check(name, 1 + flag.len(), kind, rest);
    }
    if !ALLOCATORS.contains(letter) {
        return Err(unknown(1));
    }
    // Of temporary memory and literals less can be said.
    let fixed = matches!(letter, 'I' | 'T');
    let Some((flag, kind)) = found(OF_ALLOCATOR, after) else { return Err(unknown(2)) };
    if fixed && (flag.starts_with("ac") || flag == "cp") {
        return Err(unknown(2));
    }
    let kind = match flag {
        "e" if fixed => Kind::Words("true"),
        "t" if letter == 'I' => Kind::Words("false"),
        _ => kind,
    };
    check(name, 1 + flag.len(), kind, rest)
}

/// Checks the value of a flag whose name behind the `M` is so long.
fn check<'a>(name: &'a str, len: usize, kind: Kind, rest: &mut Rest<'a>) -> Result<(), Refusal> {
    let v = value(&name[len..], rest)?;
    let amount = scan(v).0.filter(|n| *n >= 0);
    let right = match kind {
        Kind::Amount => amount.is_some(),
        Kind::Kilobytes => amount.is_some_and(|n| n < 1 << 54),
        Kind::Bool => v == "true" || v == "false",
        Kind::Percent => v == "de" || amount.is_some_and(|n| n <= 100),
        Kind::EnabledAmount => v == "de" || amount.is_some(),
        Kind::Pool => v.len() == 1 && "BDEFHLRS@:".contains(v),
        Kind::Strategy => STRATEGIES.split(' ').any(|s| s == v),
        Kind::Instances => v == "max" || amount.is_some(),
        Kind::Words(words) => words.split(' ').any(|w| w == v),
        Kind::Anything => true,
    };
    if right {
        return Ok(());
    }
    // As stock tells it.
    let len = if matches!(kind, Kind::Strategy) { len - 1 } else { len };
    let name = &name[..len];
    if name == "ea" {
        return Err(bad_flag("bad \"Mea\" parameter"));
    }
    Err(bad_flag(&format!("bad \"M{name}\" value: {v}")))
}
