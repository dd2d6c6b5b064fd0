//! The line that a terminal shows and that programs edit: what has been written since the last
//! newline, where the cursor is in it, and what to send so that the screen shows a change.
//!
//! The protocol is that of OTP's `tty_sl` driver: write over, move, insert and delete by characters.
//! A line longer than the window goes on in the rows below; terminals that keep the cursor in the
//! last column until another character comes are led to the next row. Plain data in, bytes out; the
//! window is whatever size it is at each operation.

use unicode_width::UnicodeWidthChar;

/// After that many characters without a newline the line is broken.
const LONGEST: usize = 1 << 16;

/// One character of the line as programs count them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item {
    /// Shown as it is.
    Char(char),
    /// Blanks up to a tab stop.
    Tab(usize),
    /// Shown as `^X`.
    Control(u8),
    /// Starts a sequence that the terminal acts on.
    Escape,
    /// Shown by its number, where the terminal has no such character.
    Number(char),
}

/// The line and the cursor.
pub(super) struct Line {
    items: Vec<Item>,
    /// The cursor stands before the item of that index.
    at: usize,
    columns: usize,
    /// The terminal takes UTF-8.
    pub utf8: bool,
    out: Vec<u8>,
}

impl Line {
    /// An empty line.
    pub fn new(utf8: bool) -> Line {
        Line { items: Vec::new(), at: 0, columns: 80, utf8, out: Vec::new() }
    }

    /// How wide the window is now.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = columns.max(1);
    }

    /// What to send to the terminal for what was done since the last call.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Writes text at the cursor, over what stands there.
    pub fn put(&mut self, text: &[u8]) {
        self.break_if_long();
        self.write(text, true);
    }

    /// Writes text at the cursor and moves what stands there.
    pub fn insert(&mut self, text: &[u8]) {
        self.break_if_long();
        self.write(text, false);
        self.show_from(self.at);
        self.move_between(self.items.len(), 0, self.at);
    }

    /// Moves the cursor by `n` characters.
    pub fn move_by(&mut self, n: isize) {
        let to = self.at.saturating_add_signed(n).min(self.items.len());
        self.move_between(self.at, 0, to);
        self.at = to;
    }

    /// Deletes `n` characters after the cursor, or before it if `n` is negative.
    pub fn delete(&mut self, n: isize) {
        let to = self.at.saturating_add_signed(n).min(self.items.len());
        let (from, to) = (self.at.min(to), self.at.max(to));
        if from == to {
            return;
        }
        self.move_between(self.at, 0, from);
        self.at = from;
        let gone = self.column(to) - self.column(from);
        self.items.drain(from..to);
        self.show_from(from);
        // Blanks over what is left of the old end.
        self.out.resize(self.out.len() + gone, b' ');
        let end = self.items.len();
        if (self.column(end) + gone).is_multiple_of(self.columns) {
            self.out.extend_from_slice(b" \x08");
        }
        self.move_between(end, gone, from);
    }

    /// Rings the bell.
    pub fn beep(&mut self) {
        self.out.push(7);
    }

    fn break_if_long(&mut self) {
        if self.at > LONGEST {
            self.write(b"\n", true);
        }
    }

    /// Puts text into the line and shows it up to the cursor.
    fn write(&mut self, text: &[u8], over: bool) {
        let mut shown = self.at;
        for c in characters(text) {
            let item = match c {
                '\n' | '\r' => {
                    self.show(shown, self.at);
                    self.out.push(b'\r');
                    if c == '\n' {
                        self.out.push(b'\n');
                    }
                    self.items.drain(..self.at);
                    (self.at, shown) = (0, 0);
                    continue;
                }
                '\t' => Item::Tab(8 - self.column(self.at) % 8),
                '\x1b' => Item::Escape,
                c if u32::from(c) < 32 || c == '\x7f' => Item::Control(c as u8),
                c if u32::from(c) < 128 || self.utf8 => Item::Char(c),
                c => Item::Number(c),
            };
            match self.items.get_mut(self.at) {
                Some(old) if over => *old = item,
                _ => self.items.insert(self.at, item),
            }
            self.at += 1;
        }
        self.show(shown, self.at);
        if shown < self.at {
            self.leave_last_column(self.at);
        }
    }

    /// Sends the items from there on to the end of the line.
    fn show_from(&mut self, from: usize) {
        let end = self.items.len();
        self.show(from, end);
        if from < end {
            self.leave_last_column(end);
        }
    }

    fn show(&mut self, from: usize, to: usize) {
        for i in from..to {
            self.send(self.items[i]);
        }
    }

    fn send(&mut self, item: Item) {
        match item {
            Item::Char(c) => {
                let mut bytes = [0; 4];
                self.out.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            }
            Item::Tab(n) => self.out.resize(self.out.len() + n, b' '),
            Item::Control(c) => self.out.extend_from_slice(&[b'^', c ^ 0x40]),
            Item::Escape => self.out.push(0x1b),
            Item::Number(c) => self.out.extend_from_slice(number(c).as_bytes()),
        }
    }

    /// After a character in the last column: goes to the first column of the next row, by showing
    /// what stands there, or a blank.
    fn leave_last_column(&mut self, at: usize) {
        let column = self.column(at);
        if column == 0 || !column.is_multiple_of(self.columns) {
            return;
        }
        let next = self.items.get(at).copied().unwrap_or(Item::Char(' '));
        let width = self.width(next);
        if width == 0 {
            self.out.extend_from_slice(b" \x08");
        } else {
            self.send(next);
            self.out.resize(self.out.len() + width, 8);
        }
    }

    fn width(&self, item: Item) -> usize {
        match item {
            Item::Char(c) => c.width().unwrap_or(0),
            Item::Tab(n) => n,
            Item::Control(_) => 2,
            Item::Escape => 0,
            Item::Number(c) => number(c).len(),
        }
    }

    /// The column of an item, counted from the start of the line through all rows. Sequences that
    /// set colours take no room.
    fn column(&self, at: usize) -> usize {
        let mut column = 0;
        let mut i = 0;
        while i < at {
            if self.items[i] == Item::Escape {
                i += self.sequence(i);
            } else {
                column += self.width(self.items[i]);
                i += 1;
            }
        }
        column
    }

    /// How many items the sequence takes that begins at `i`.
    fn sequence(&self, i: usize) -> usize {
        let rest = &self.items[i..];
        match rest.get(1) {
            None => 1,
            Some(Item::Char('[')) => {
                let parameter =
                    |item: &&Item| matches!(item, Item::Char(c) if *c == ';' || c.is_ascii_digit());
                3 + rest[2..].iter().take_while(parameter).count()
            }
            Some(_) => 2,
        }
    }

    /// Moves the cursor from one item, or `beyond` columns behind it, to another.
    fn move_between(&mut self, from: usize, beyond: usize, to: usize) {
        let (from, to) = (self.column(from) + beyond, self.column(to));
        let [(row, column), (to_row, to_column)] =
            [from, to].map(|c| (c / self.columns, c % self.columns));
        for _ in row..to_row {
            self.out.push(b'\n');
        }
        for _ in to_row..row {
            self.out.extend_from_slice(b"\x1b[A");
        }
        for _ in column..to_column {
            self.out.extend_from_slice(b"\x1b[C");
        }
        for _ in to_column..column {
            self.out.push(8);
        }
    }
}

/// How a character is shown that the terminal does not have.
fn number(c: char) -> String {
    match u32::from(c) {
        n if n < 0o1000 => format!("\\{n:03o}"),
        n => format!("\\x{{{n:X}}}"),
    }
}

/// The characters of UTF-8; other bytes count as characters of their own.
fn characters(text: &[u8]) -> impl Iterator<Item = char> + '_ {
    text.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain(chunk.invalid().iter().map(|b| char::from(*b)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A terminal that wraps late: the cursor stays in the last column until the next character.
    struct Screen {
        rows: Vec<Vec<char>>,
        row: usize,
        column: usize,
        columns: usize,
    }

    impl Screen {
        fn new(columns: usize) -> Screen {
            Screen { rows: vec![Vec::new()], row: 0, column: 0, columns }
        }

        fn feed(&mut self, bytes: &[u8]) {
            let text = String::from_utf8(bytes.to_vec()).expect("the line sends UTF-8");
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                match c {
                    '\n' => self.row += 1,
                    '\r' => self.column = 0,
                    '\x08' => {
                        let inside = self.column > 0 && self.column < self.columns;
                        assert!(inside, "back from column {}", self.column);
                        self.column -= 1;
                    }
                    '\x1b' => {
                        assert_eq!(chars.next(), Some('['));
                        match chars.next() {
                            Some('A') => self.row -= 1,
                            Some('C') => self.column += 1,
                            other => panic!("{other:?} is no movement"),
                        }
                    }
                    c => {
                        if self.column == self.columns {
                            (self.row, self.column) = (self.row + 1, 0);
                        }
                        while self.rows.len() <= self.row {
                            self.rows.push(Vec::new());
                        }
                        let row = &mut self.rows[self.row];
                        if row.len() <= self.column {
                            row.resize(self.column + 1, ' ');
                        }
                        row[self.column] = c;
                        self.column += 1;
                    }
                }
                while self.rows.len() <= self.row {
                    self.rows.push(Vec::new());
                }
            }
        }

        fn text(&self) -> String {
            let mut all = String::new();
            for row in &self.rows {
                let mut row = row.clone();
                row.resize(self.columns, ' ');
                all.extend(row);
            }
            all.trim_end().to_owned()
        }
    }

    #[derive(Clone, Debug)]
    enum Op {
        Put(String),
        Insert(String),
        Move(isize),
        Delete(isize),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            "[a-zäö]{0,30}".prop_map(Op::Put),
            "[a-z]{0,12}".prop_map(Op::Insert),
            (-40isize..40).prop_map(Op::Move),
            (-20isize..20).prop_map(Op::Delete),
        ]
    }

    proptest! {
        #[test]
        fn the_screen_shows_the_line(ops in prop::collection::vec(op(), 1..20), columns in 2usize..30) {
            let mut line = Line::new(true);
            line.set_columns(columns);
            let mut screen = Screen::new(columns);
            let mut model: Vec<char> = Vec::new();
            let mut at = 0usize;
            for op in ops {
                match op {
                    Op::Put(s) => {
                        line.put(s.as_bytes());
                        for c in s.chars() {
                            if at < model.len() { model[at] = c } else { model.push(c) }
                            at += 1;
                        }
                    }
                    Op::Insert(s) => {
                        line.insert(s.as_bytes());
                        for c in s.chars() {
                            model.insert(at, c);
                            at += 1;
                        }
                    }
                    Op::Move(n) => {
                        line.move_by(n);
                        at = at.saturating_add_signed(n).min(model.len());
                    }
                    Op::Delete(n) => {
                        line.delete(n);
                        let to = at.saturating_add_signed(n).min(model.len());
                        model.drain(at.min(to)..at.max(to));
                        at = at.min(to);
                    }
                }
                screen.feed(&line.take_output());
                let text: String = model.iter().collect();
                prop_assert_eq!(screen.text(), text);
                prop_assert_eq!(screen.row * columns + screen.column, at);
            }
        }
    }

    #[test]
    fn what_terminals_lack_is_shown_otherwise() {
        let mut line = Line::new(false);
        line.put("a\tb\u{1}\u{e5}\u{3b1}\n".as_bytes());
        assert_eq!(line.take_output(), b"a       b^A\\345\\x{3B1}\r\n");
    }

    #[test]
    fn colours_take_no_room() {
        let mut line = Line::new(true);
        line.set_columns(10);
        line.put(b"\x1b[1;31mred\x1b[0m");
        assert_eq!(line.column(line.at), 3);
    }
}
