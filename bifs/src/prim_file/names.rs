//! Names of files between terms and what the operating system takes.

use vm::io::file_names::{Encoding, Invalid};
use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, View, atoms};

vm::natives! {
    /// Names.
    pub static NATIVES: "prim_file" {
        "internal_name2native"/1 = name_to_native,
        "internal_native2name"/1 = native_to_name,
        "is_translatable"/1 = is_translatable,
        "internal_normalize_utf8"/1 = normalize_utf8,
    }
}

vm::natives! {
    /// The encoding of names.
    pub static FILE_NATIVES: "file" {
        "native_name_encoding"/0 = native_name_encoding,
    }
}

/// The bytes of a name: a list of characters, which may contain lists, in the machine's encoding.
/// `None` if it is no name: a zero, a character that the encoding does not have, anything else.
pub fn encode_list(t: Term<'_>, encoding: Encoding) -> Option<Vec<u8>> {
    // Mostly it has not to grow.
    let mut bytes = Vec::with_capacity(64);
    let mut outer = Vec::new();
    let mut at = t;
    loop {
        let Some((head, tail)) = at.as_cons() else {
            if !at.is_nil() {
                return None;
            }
            match outer.pop() {
                Some(rest) => at = rest,
                None => return Some(bytes),
            }
            continue;
        };
        let Some(n) = head.as_small() else {
            outer.push(tail);
            at = head;
            continue;
        };
        at = tail;
        let c = char::from_u32(u32::try_from(n).ok()?).filter(|c| *c != '\0')?;
        match encoding {
            Encoding::Latin1 => bytes.push(u8::try_from(c).ok()?),
            Encoding::Utf8 if c.is_ascii() => bytes.push(c as u8),
            Encoding::Utf8 => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn name_to_native<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut bytes = if let View::Bits(bits) = name.view() {
        // Raw: the bytes themselves, without what is no whole byte at the end.
        let bytes = bits.part(0, bits.bits / 8 * 8).to_bytes().into_owned();
        if bytes.contains(&0) {
            return Err(Raise::badarg());
        }
        bytes
    } else {
        encode_list(name, cx.vm().file_names.encoding).ok_or_else(Raise::badarg)?
    };
    bytes.push(0);
    Ok(cx.binary(&bytes))
}

fn native_to_name<'p>(cx: &mut Native<'p>, [native]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes = crate::text::binary(native).ok_or_else(Raise::badarg)?;
    let names = cx.vm().file_names;
    match names.encoding {
        Encoding::Latin1 => Ok(cx.byte_list(&bytes, Term::nil())),
        Encoding::Utf8 => match std::str::from_utf8(&bytes) {
            Ok(name) => Ok(cx.string(name)),
            Err(_) => {
                let what = cx.atom(match names.invalid {
                    Invalid::Warning => "warning",
                    Invalid::Ignore => "ignore",
                    Invalid::Error => "error",
                })?;
                Ok(cx.tuple(&[Term::atom(atoms::ERROR), what]))
            }
        },
    }
}

fn is_translatable<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes = crate::text::binary(name).ok_or_else(Raise::badarg)?;
    Ok(Term::bool(match cx.vm().file_names.encoding {
        Encoding::Latin1 => true,
        Encoding::Utf8 => std::str::from_utf8(&bytes).is_ok(),
    }))
}

/// The characters of UTF-8, those put together that can be: by OTP's own `unicode`.
fn normalize_utf8<'p>(cx: &mut Native<'p>, [name]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes = crate::text::binary(name).ok_or_else(Raise::badarg)?;
    std::str::from_utf8(&bytes).map_err(|_| Raise::badarg())?;
    let atom = |s| cx.vm().atoms.intern(s).map_err(|_| Raise::system_limit());
    Err(Raise::trap(atom("unicode")?, atom("characters_to_nfc_list")?, vec![name]))
}

fn native_name_encoding<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    cx.atom(match cx.vm().file_names.encoding {
        Encoding::Latin1 => "latin1",
        Encoding::Utf8 => "utf8",
    })
}
