//! A readable difference of two outputs: the first places where lines part, with a little of what
//! came before. Not a minimal edit script: one wrong line is what a reader wants to see first.

use std::fmt::Write;

/// Lines of agreement shown before a difference.
const BEFORE: usize = 2;
/// Lines shown of each side at a difference.
const SHOWN: usize = 8;
/// Characters shown of one line.
const WIDTH: usize = 240;
/// How far ahead the two sides are searched for a line where they meet again.
const AHEAD: usize = 40;
/// Differences shown of one program.
const HUNKS: usize = 4;

/// The difference between two texts, or `None` where they are equal byte for byte.
#[must_use]
pub fn diff(expected: &[u8], actual: &[u8]) -> Option<String> {
    if expected == actual {
        return None;
    }
    let old: Vec<&[u8]> = lines(expected);
    let new: Vec<&[u8]> = lines(actual);
    let mut text = String::new();
    let (mut i, mut j, mut hunks) = (0, 0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        if hunks == HUNKS {
            text.push_str("    ... and more\n");
            break;
        }
        hunks += 1;
        let (next_i, next_j) = meet(&old, i, &new, j);
        let _ = writeln!(text, "    line {} (stock), {} (girder):", i + 1, j + 1);
        for line in &old[i.saturating_sub(BEFORE)..i] {
            show(&mut text, ' ', line);
        }
        side(&mut text, '-', &old[i..next_i]);
        side(&mut text, '+', &new[j..next_j]);
        (i, j) = (next_i, next_j);
    }
    Some(text)
}

/// Lines with their line ends, so that a missing last line end is a difference too.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

/// Where the two sides agree again after `i` and `j`: the nearest such place, else both ends.
fn meet(old: &[&[u8]], i: usize, new: &[&[u8]], j: usize) -> (usize, usize) {
    for total in 1..=2 * AHEAD {
        for step in 0..=total {
            let (a, b) = (i + step, j + total - step);
            if a < old.len() && b < new.len() && old[a] == new[b] {
                return (a, b);
            }
        }
    }
    (old.len(), new.len())
}

fn side(text: &mut String, mark: char, lines: &[&[u8]]) {
    for line in lines.iter().take(SHOWN) {
        show(text, mark, line);
    }
    if lines.len() > SHOWN {
        let _ = writeln!(text, "    {mark} ... {} more lines", lines.len() - SHOWN);
    }
}

fn show(text: &mut String, mark: char, line: &[u8]) {
    let body = line.strip_suffix(b"\n").unwrap_or(line);
    let shown: String = body
        .iter()
        .map(|&byte| match byte {
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect();
    let end = if body.len() == line.len() { " (no line end)" } else { "" };
    match shown.char_indices().nth(WIDTH) {
        Some((cut, _)) => writeln!(text, "    {mark} {}...", &shown[..cut]),
        None => writeln!(text, "    {mark} {shown}{end}"),
    }
    .expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff(b"a\nb\n", b"a\nb\n"), None);
    }

    #[test]
    fn one_changed_line_is_shown_alone() {
        let text = diff(b"a\nb\nc\n", b"a\nx\nc\n").expect("they differ");
        assert_eq!(text, "    line 2 (stock), 2 (girder):\n      a\n    - b\n    + x\n");
    }

    #[test]
    fn a_missing_line_end_is_a_difference() {
        let text = diff(b"a\n", b"a").expect("they differ");
        assert!(text.contains("- a\n") && text.contains("+ a (no line end)"), "{text}");
    }
}
