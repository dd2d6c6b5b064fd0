//! The characters of ISO 8859-1 as PCRE wants to know them: patterns without `unicode` see bytes
//! as Latin-1, letters with accents included.

const CBITS: usize = 512;
const CTYPES: usize = CBITS + 320;

/// Lower case, flipped case, classes as bit sets, types: the layout of `pcre2_maketables`.
pub(super) static LATIN1: [u8; CTYPES + 256] = tables();

const fn is_lower(c: u8) -> bool {
    matches!(c, b'a'..=b'z' | 170 | 181 | 186 | 223..=246 | 248..=255)
}

const fn is_upper(c: u8) -> bool {
    matches!(c, b'A'..=b'Z' | 192..=214 | 216..=222)
}

/// The same letter in the other case; itself if it has none within Latin-1.
const fn flip(c: u8) -> u8 {
    match c {
        b'a'..=b'z' | b'A'..=b'Z' | 192..=214 | 216..=222 | 224..=246 | 248..=254 => c ^ 32,
        _ => c,
    }
}

const fn is_punctuation(c: u8) -> bool {
    c.is_ascii_punctuation() || c >= 160 && !is_lower(c) && !is_upper(c)
}

const fn is_graphic(c: u8) -> bool {
    matches!(c, 33..=126 | 160..=255)
}

const fn tables() -> [u8; CTYPES + 256] {
    let mut t = [0; CTYPES + 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        let letter = is_lower(c) || is_upper(c);
        let digit = c.is_ascii_digit();
        let word = letter || digit || c == b'_';
        let space = matches!(c, 9..=13 | 32);
        t[i] = if is_upper(c) { flip(c) } else { c };
        t[256 + i] = flip(c);
        // In the order of PCRE's cbit_ constants.
        let classes = [
            space,
            c.is_ascii_hexdigit(),
            digit,
            is_upper(c),
            is_lower(c),
            word,
            is_graphic(c),
            is_graphic(c) || c == b' ',
            is_punctuation(c),
            matches!(c, 0..=31 | 127..=159),
        ];
        let mut k = 0;
        while k < classes.len() {
            if classes[k] {
                t[CBITS + 32 * k + i / 8] |= 1 << (i % 8);
            }
            k += 1;
        }
        // In the order of PCRE's ctype_ constants.
        t[CTYPES + i] = space as u8
            | (letter as u8) << 1
            | (is_lower(c) as u8) << 2
            | (digit as u8) << 3
            | (word as u8) << 4;
        i += 1;
    }
    t
}
