//! Where machine code lies: branches within a function as short as they can be, and none across a boundary.
//!
//! What is made has room for branches of any distance. In the end each whose target turns out to be near
//! takes two bytes, and what follows moves up.
//!
//! Some processors decode 32 bytes anew, and slowly, each time that they execute a branch that crosses the
//! end of them or ends there (Intel, Mitigations for Jump Conditional Code Erratum, 2019), where a comparison
//! and its branch may count as one instruction. Such branches, which calls and returns are too, are moved behind
//! the boundary, with their comparisons.

use super::super::memory::ALIGN;
use dynasmrt::components::LabelRegistry;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{AssemblyOffset, DynamicLabel, DynasmApi, DynasmLabelApi};

/// No branch crosses multiples of this.
const BOUNDARY: usize = 32;

const _: () = assert!(ALIGN.is_multiple_of(BOUNDARY), "places in code tell places in memory");

/// No operation, by bytes.
const NOPS: [&[u8]; 9] = [
    &[],
    &[0x90],
    &[0x66, 0x90],
    &[0x0F, 0x1F, 0x00],
    &[0x0F, 0x1F, 0x40, 0x00],
    &[0x0F, 0x1F, 0x44, 0x00, 0x00],
    &[0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00],
    &[0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/// Machine code as it is made: what the assembler's macros write to. All labels are dynamic ones.
pub(super) struct Assembler {
    code: Vec<u8>,
    /// Makes labels; where they are is in `labels`.
    registry: LabelRegistry,
    /// By label: where it is.
    labels: Vec<Option<usize>>,
    /// What refers to labels, in the order of the code.
    references: Vec<Reference>,
}

/// What refers to a label, or is to be moved for what follows.
struct Reference {
    /// Where it begins.
    at: usize,
    kind: Kind,
    /// Of what refers to one.
    to: Option<DynamicLabel>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A branch on a condition, with its number.
    If(u8),
    /// One without.
    Always,
    /// The distance alone, of what has no short form.
    Distance,
    /// Nothing itself, but what follows, of so many bytes, is a branch that does not change.
    Fixed(usize),
    /// Nothing itself, but what follows is a comparison of so many bytes.
    Comparison(usize),
}

impl Kind {
    /// How many bytes the long and the short form take.
    fn sizes(self) -> (usize, usize) {
        match self {
            Kind::If(_) => (6, 2),
            Kind::Always => (5, 2),
            Kind::Distance => (4, 4),
            Kind::Fixed(_) | Kind::Comparison(_) => (0, 0),
        }
    }
}

impl Reference {
    /// Where it ends as it has been made.
    fn end(&self) -> usize {
        self.at + self.kind.sizes().0
    }
}

/// What does not change, while it is made.
#[must_use]
pub(super) struct Made(usize);

/// Where what has been made lies in the end.
pub(super) struct Layout<'a> {
    references: &'a [Reference],
    /// By reference: where it begins and ends.
    placed: Vec<(usize, usize)>,
}

impl Layout<'_> {
    /// Where that offset of what has been made has come to be.
    pub(super) fn place(&self, made: usize) -> usize {
        match self.references.partition_point(|r| r.end() <= made) {
            0 => made,
            i => self.placed[i - 1].1 + (made - self.references[i - 1].end()),
        }
    }
}

impl Assembler {
    pub(super) fn new() -> Assembler {
        Assembler {
            code: Vec::new(),
            registry: LabelRegistry::new(),
            labels: Vec::new(),
            references: Vec::new(),
        }
    }

    pub(super) fn new_dynamic_label(&mut self) -> DynamicLabel {
        self.labels.push(None);
        self.registry.new_dynamic_label()
    }

    /// A branch that is never shortened nor moved: of five bytes.
    pub(super) fn long_branch(&mut self, to: DynamicLabel) {
        self.push(0xE9);
        self.references.push(Reference { at: self.code.len(), kind: Kind::Distance, to: Some(to) });
        self.push_i32(0);
    }

    /// A branch that does not change comes next, until [`ends`](Self::ends) is told.
    pub(super) fn fixed(&mut self) -> Made {
        self.begins(Kind::Fixed)
    }

    /// The same of a comparison, which a branch may follow.
    pub(super) fn comparison(&mut self) -> Made {
        self.begins(Kind::Comparison)
    }

    fn begins(&mut self, kind: fn(usize) -> Kind) -> Made {
        self.references.push(Reference { at: self.code.len(), kind: kind(0), to: None });
        Made(self.references.len() - 1)
    }

    /// Here ends what [`fixed`](Self::fixed) or [`comparison`](Self::comparison) has begun.
    pub(super) fn ends(&mut self, Made(i): Made) {
        let made = &mut self.references[i];
        let bytes = self.code.len() - made.at;
        if let Kind::Fixed(size) | Kind::Comparison(size) = &mut made.kind {
            *size = bytes;
        }
    }

    /// Lays out all that has been made.
    pub(super) fn finish(&self) -> (Vec<u8>, Layout<'_>) {
        let references = &self.references;
        let mut layout = Layout { references, placed: vec![(0, 0); references.len()] };
        let mut is_long = vec![false; references.len()];
        loop {
            self.place_all(&is_long, &mut layout.placed);
            let mut found = false;
            for (i, reference) in references.iter().enumerate() {
                if !is_long[i] && i8::try_from(self.distance(&layout, i)).is_err() {
                    is_long[i] = true;
                    found |= !matches!(reference.kind, Kind::Distance);
                }
            }
            if !found {
                break;
            }
        }
        (self.write(&layout, &is_long), layout)
    }

    /// How far it is from behind a reference to its label.
    fn distance(&self, layout: &Layout<'_>, reference: usize) -> isize {
        let Some(to) = self.references[reference].to else { return 0 };
        let to = self.labels[to.get_id()].expect("all labels are somewhere in the end");
        layout.place(to) as isize - layout.placed[reference].1 as isize
    }

    fn place_all(&self, is_long: &[bool], placed: &mut [(usize, usize)]) {
        let (mut made, mut at) = (0, 0);
        // Whether a comparison has been moved with the branch behind it.
        let mut moved = false;
        for (i, reference) in self.references.iter().enumerate() {
            at += reference.at - made;
            made = reference.end();
            let size_of = |i: usize| {
                let (long, short) = self.references[i].kind.sizes();
                if is_long[i] { long } else { short }
            };
            let size = size_of(i);
            at += match reference.kind {
                Kind::If(_) if moved => 0,
                Kind::If(_) | Kind::Always => padding(at, size),
                Kind::Fixed(size) => padding(at, size),
                Kind::Comparison(size) if self.is_compared(i) => padding(at, size + size_of(i + 1)),
                Kind::Distance | Kind::Comparison(_) => 0,
            };
            moved = self.is_compared(i);
            placed[i] = (at, at + size);
            at += size;
        }
    }

    /// Whether that is a comparison with a branch right behind it.
    fn is_compared(&self, i: usize) -> bool {
        let (Kind::Comparison(size), Some(next)) =
            (self.references[i].kind, self.references.get(i + 1))
        else {
            return false;
        };
        matches!(next.kind, Kind::If(_)) && next.at == self.references[i].at + size
    }

    fn write(&self, layout: &Layout<'_>, is_long: &[bool]) -> Vec<u8> {
        let mut code = Vec::with_capacity(self.code.len() + 8 * self.references.len());
        let mut made = 0;
        for (i, reference) in self.references.iter().enumerate() {
            code.extend_from_slice(&self.code[made..reference.at]);
            made = reference.end();
            while code.len() < layout.placed[i].0 {
                let most = NOPS.len() - 1;
                code.extend_from_slice(NOPS[(layout.placed[i].0 - code.len()).min(most)]);
            }
            let distance = self.distance(layout, i) as i32;
            match (reference.kind, is_long[i]) {
                (Kind::If(condition), true) => code.extend([0x0F, 0x80 | condition]),
                (Kind::If(condition), false) => code.extend([0x70 | condition, distance as u8]),
                (Kind::Always, true) => code.push(0xE9),
                (Kind::Always, false) => code.extend([0xEB, distance as u8]),
                (Kind::Distance | Kind::Fixed(_) | Kind::Comparison(_), _) => {}
            }
            if code.len() < layout.placed[i].1 {
                code.extend(distance.to_le_bytes());
            }
        }
        code.extend_from_slice(&self.code[made..]);
        code
    }
}

/// How many bytes come before what has that size and would be at `at`.
fn padding(at: usize, size: usize) -> usize {
    let into = at % BOUNDARY;
    if into + size >= BOUNDARY { BOUNDARY - into } else { 0 }
}

impl Extend<u8> for Assembler {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        self.code.extend(bytes);
    }
}

impl<'a> Extend<&'a u8> for Assembler {
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.code.extend(bytes);
    }
}

impl DynasmApi for Assembler {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.code.len())
    }

    fn push(&mut self, byte: u8) {
        self.code.push(byte);
    }

    fn align(&mut self, _: usize, _: u8) {
        unreachable!("places are not known yet");
    }
}

impl DynasmLabelApi for Assembler {
    type Relocation = X64Relocation;

    fn dynamic_label(&mut self, id: DynamicLabel) {
        let before = self.labels[id.get_id()].replace(self.code.len());
        assert!(before.is_none(), "a label is at one place");
    }

    fn dynamic_relocation(
        &mut self,
        to: DynamicLabel,
        target_offset: isize,
        field_offset: u8,
        ref_offset: u8,
        _: X64Relocation,
    ) {
        assert!(
            (target_offset, field_offset, ref_offset) == (0, 4, 0),
            "it is the last four bytes"
        );
        let field = self.code.len() - 4;
        let (at, kind) = match self.code[..field] {
            [.., 0x0F, opcode] if opcode & 0xF0 == 0x80 => (field - 2, Kind::If(opcode & 0x0F)),
            [.., 0xE9] => (field - 1, Kind::Always),
            _ => (field, Kind::Distance),
        };
        self.references.push(Reference { at, kind, to: Some(to) });
    }

    fn local_label(&mut self, _: &'static str) {
        unreachable!("no label of this kind");
    }

    fn global_label(&mut self, _: &'static str) {
        unreachable!("no label of this kind");
    }

    fn forward_relocation(&mut self, _: &'static str, _: isize, _: u8, _: u8, _: X64Relocation) {
        unreachable!("no label of this kind");
    }

    fn backward_relocation(&mut self, _: &'static str, _: isize, _: u8, _: u8, _: X64Relocation) {
        unreachable!("no label of this kind");
    }

    fn global_relocation(&mut self, _: &'static str, _: isize, _: u8, _: u8, _: X64Relocation) {
        unreachable!("no label of this kind");
    }

    fn value_relocation(&mut self, _: usize, _: u8, _: u8, _: X64Relocation) {
        unreachable!("no label of this kind");
    }
}
