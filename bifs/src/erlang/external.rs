//! The external term format: `term_to_binary`, `binary_to_term` and their like.

use crate::text;
use vm::native::{Native, Outcome, Raise};
use vm::term::external::{
    DEFAULT_LEVEL, DecodeOptions, EncodeError, EncodeOptions, Encoded, NamesAside, decode,
    encode_iovec, encoded_size,
};
use vm::term::{Term, View, atoms};

vm::natives! {
    /// The external term format.
    pub static NATIVES: "erlang" {
        "term_to_binary"/1 = term_to_binary,
        "term_to_binary"/2 = term_to_binary_2,
        "term_to_iovec"/1 = term_to_iovec,
        "term_to_iovec"/2 = term_to_iovec_2,
        "external_size"/1 = external_size,
        "external_size"/2 = external_size_2,
        "binary_to_term"/1 = binary_to_term,
        "binary_to_term"/2 = binary_to_term_2,
    }
}

/// Bytes of the format that count as one reduction.
const BYTES_A_REDUCTION: usize = 64;

fn refuse<'p>(cx: &mut Native<'p>, error: EncodeError) -> Raise<'p> {
    match error {
        EncodeError::TooLarge => Raise::system_limit(),
        EncodeError::TooManyParts => cx.too_much(),
        // The process has exited, and hears of nothing.
        EncodeError::GivenUp => Raise::badarg(),
    }
}

fn default_options(cx: &Native<'_>) -> EncodeOptions {
    // From OTP 26 on atoms are written as UTF-8.
    let minor_version = if cx.vm().release >= 26 { 2 } else { 1 };
    EncodeOptions { minor_version, parts: cx.parts_at_once(), ..EncodeOptions::default() }
}

fn options<'p>(cx: &Native<'p>, list: Term<'p>) -> Result<EncodeOptions, Raise<'p>> {
    let mut options = default_options(cx);
    for item in list.list_to_vec().ok_or_else(Raise::badarg)? {
        match item.view() {
            View::Atom(a) if a.name() == "compressed" => options.compressed = DEFAULT_LEVEL,
            View::Atom(a) if a.name() == "deterministic" => options.deterministic = true,
            View::Tuple([key, value]) => {
                let key = key.as_atom().ok_or_else(Raise::badarg)?;
                let value = value.as_small().ok_or_else(Raise::badarg)?;
                match (key.name(), value) {
                    ("compressed", 0..=9) => options.compressed = value as u8,
                    ("minor_version", 0..=2) => options.minor_version = value as u8,
                    _ => return Err(Raise::badarg()),
                }
            }
            _ => return Err(Raise::badarg()),
        }
    }
    Ok(options)
}

#[inline(always)]
fn write<'p>(cx: &mut Native<'p>, term: Term<'p>, options: EncodeOptions) -> Outcome<'p> {
    let aside = cx.aside();
    let names = NamesAside { vm: cx.vm(), wanted: aside.wanted() };
    let mut encoded = Encoded::new(cx.take_scratch());
    aside.run(|| encoded.encode(term, &names, &options)).map_err(|e| refuse(cx, e))?;
    let (binary, size) = encoded.binary(cx);
    cx.give_scratch(encoded.into_buffer());
    cx.bump_reductions(size / BYTES_A_REDUCTION);
    Ok(binary)
}

fn term_to_binary<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    let options = default_options(cx);
    write(cx, term, options)
}

fn term_to_binary_2<'p>(cx: &mut Native<'p>, [term, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let options = options(cx, list)?;
    write(cx, term, options)
}

fn write_iovec<'p>(cx: &mut Native<'p>, term: Term<'p>, options: EncodeOptions) -> Outcome<'p> {
    let vm = cx.vm();
    let parts = encode_iovec(cx, term, vm, &options).map_err(|e| refuse(cx, e))?;
    let bytes: usize = parts.iter().filter_map(|part| part.as_bits()).map(|b| b.bits / 8).sum();
    cx.bump_reductions(bytes / BYTES_A_REDUCTION);
    Ok(cx.list(&parts))
}

fn term_to_iovec<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    let options = default_options(cx);
    write_iovec(cx, term, options)
}

fn term_to_iovec_2<'p>(cx: &mut Native<'p>, [term, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let options = options(cx, list)?;
    write_iovec(cx, term, options)
}

#[inline(always)]
fn size<'p>(cx: &mut Native<'p>, term: Term<'p>, options: EncodeOptions) -> Outcome<'p> {
    let vm = cx.vm();
    let n = cx.aside().run(|| encoded_size(term, vm, &options)).map_err(|e| refuse(cx, e))?;
    cx.bump_reductions(n / BYTES_A_REDUCTION);
    Ok(cx.uint(n as u64))
}

fn external_size<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    let options = default_options(cx);
    size(cx, term, options)
}

fn external_size_2<'p>(cx: &mut Native<'p>, [term, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut options = default_options(cx);
    let newest = if cx.vm().release >= 26 { 2 } else { 1 };
    for item in list.list_to_vec().ok_or_else(Raise::badarg)? {
        match item.as_tuple() {
            Some([key, value]) if key.as_atom().is_some_and(|a| a.name() == "minor_version") => {
                let value = value.as_small().filter(|n| (0..=newest).contains(n));
                options.minor_version = value.ok_or_else(Raise::badarg)? as u8;
            }
            _ => return Err(Raise::badarg()),
        }
    }
    size(cx, term, options)
}

#[inline(always)]
fn read<'p>(
    cx: &mut Native<'p>,
    binary: Term<'p>,
    options: DecodeOptions,
) -> Result<(Term<'p>, usize), Raise<'p>> {
    let bytes = text::binary(binary).ok_or_else(Raise::badarg)?;
    // A compressed term says how long it is.
    let size = match *bytes {
        [131, 80, a, b, c, d, ..] => u32::from_be_bytes([a, b, c, d]) as usize,
        _ => bytes.len(),
    };
    cx.work(size / BYTES_A_REDUCTION)?;
    let vm = cx.vm();
    decode(cx, vm, &bytes, options).map_err(|_| Raise::badarg())
}

fn binary_to_term<'p>(cx: &mut Native<'p>, [binary]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(read(cx, binary, DecodeOptions::default())?.0)
}

fn binary_to_term_2<'p>(cx: &mut Native<'p>, [binary, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let mut options = DecodeOptions::default();
    let mut used = false;
    let badopt = Term::atom(atoms::BADOPT);
    let refused = || Raise::error_with_cause(atoms::BADARG, badopt);
    for item in list.list_to_vec().ok_or_else(refused)? {
        match item.as_atom().map(|a| a.name()) {
            Some("safe") => options.safe = true,
            Some("used") => used = true,
            _ => return Err(refused()),
        }
    }
    let (term, taken) = read(cx, binary, options)?;
    if !used {
        return Ok(term);
    }
    let taken = cx.uint(taken as u64);
    Ok(cx.tuple(&[term, taken]))
}
