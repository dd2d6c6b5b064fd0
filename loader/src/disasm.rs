//! Text form of a module: what people read and snapshot tests hold.
//!
//! Works on any decoded module, verified or not: what an operand refers to is shown by name where
//! it exists and as a number where it does not. Not meant to be read back.

mod term;

use crate::chunks::code::{Arg, Instr, Reg};
use crate::chunks::types::{KIND_NAMES, TypeEntry};
use crate::module::Module;
use crate::ops::{GenOp, Kind};
use std::fmt::{self, Display, Write};

pub use term::Literal;

/// The whole module as text.
///
/// ```text
/// module m
/// export f/1
///
/// f/1:
///   L1:
///     line m.erl:4
///     func_info m, f, 1
///   L2:
///     move 5, x0
///     return
/// ```
pub fn disassemble(module: &Module) -> String {
    Text { module }.to_string()
}

/// One instruction as text.
pub fn instruction(module: &Module, instr: &Instr) -> String {
    let mut out = String::new();
    let text = Text { module };
    // Writing to a string does not fail.
    let _ = text.instruction(&mut out, instr);
    out
}

/// An atom as Erlang source would have it: quoted where it must be.
pub struct AtomText<'a>(pub &'a str);

impl Display for AtomText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        let plain = chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
        if plain {
            return f.write_str(self.0);
        }
        f.write_char('\'')?;
        for c in self.0.chars() {
            match c {
                '\'' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c if c.is_control() => write!(f, "\\x{{{:X}}}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('\'')
    }
}

struct Text<'a> {
    module: &'a Module,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module = self.module;
        writeln!(f, "module {}", AtomText(module.name()))?;
        for export in &module.exports {
            writeln!(f, "export {}/{}", self.atom(export.function), export.arity)?;
        }
        let instrs = &module.code.instrs;
        for (i, instr) in instrs.iter().enumerate() {
            // A function starts with the label before its func_info.
            if instr.op == GenOp::Label
                && let Some(info) = instrs[i + 1..].iter().find(|i| i.op != GenOp::Line)
                && info.op == GenOp::FuncInfo
                && let &[_, Arg::Atom(name), Arg::U(arity)] = module.code.args(info)
            {
                writeln!(f, "\n{}/{arity}:", self.atom(name))?;
            }
            match (instr.op, module.code.args(instr)) {
                (GenOp::Label, &[Arg::U(n)]) => writeln!(f, "  L{n}:")?,
                _ => {
                    f.write_str("    ")?;
                    self.instruction(f, instr)?;
                    f.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

impl Text<'_> {
    fn atom(&self, index: u32) -> AtomText<'_> {
        AtomText(self.module.atoms.get(index as usize).map_or("?", |a| a))
    }

    fn instruction(&self, out: &mut dyn Write, instr: &Instr) -> fmt::Result {
        out.write_str(instr.op.name())?;
        let args = self.module.code.args(instr);
        for (i, (&arg, &kind)) in args.iter().zip(instr.op.kinds()).enumerate() {
            out.write_str(if i == 0 { " " } else { ", " })?;
            // The length of a run of the string table is the operand before its offset.
            let len = match (instr.op, i.checked_sub(1).map(|i| args[i])) {
                (GenOp::BsPutString, Some(Arg::U(bytes))) => bytes as usize,
                (GenOp::BsMatchString, Some(Arg::U(bits))) => (bits as usize).div_ceil(8),
                _ => 0,
            };
            self.operand(out, arg, kind, len)?;
        }
        Ok(())
    }

    /// Shows an operand by its meaning in this position; `len` is for runs of the string table.
    fn operand(&self, out: &mut dyn Write, arg: Arg, kind: Kind, len: usize) -> fmt::Result {
        let module = self.module;
        let index = match arg {
            Arg::U(n) => n as usize,
            _ => usize::MAX,
        };
        match kind {
            Kind::Import if let Some(i) = module.imports.get(index) => {
                write!(out, "{}:{}/{}", self.atom(i.module), self.atom(i.function), i.arity)
            }
            Kind::Lambda | Kind::FunTag if let Some(l) = module.lambdas.get(index) => {
                write!(out, "fun {}/{}", self.atom(l.function), l.arity)
            }
            Kind::Line if let Some(item) = module.lines.items.get(index) => {
                match module.lines.files.get(item.file as usize) {
                    _ if item.line == 0 => out.write_str("none"),
                    Some(file) if item.file > 0 => write!(out, "{file}:{}", item.line),
                    _ => write!(out, "{}.erl:{}", module.name(), item.line),
                }
            }
            Kind::Str => match module.strings.get(index..).and_then(|s| s.get(..len)) {
                Some(bytes) => term::bytes(out, bytes),
                None => self.plain(out, arg),
            },
            Kind::BinOps => self.segments(out, module.code.list(arg)),
            _ => self.plain(out, arg),
        }
    }

    /// Segments of `bs_create_bin`; string segments show their bytes.
    fn segments(&self, out: &mut dyn Write, list: &[Arg]) -> fmt::Result {
        let module = self.module;
        out.write_char('[')?;
        for (i, &arg) in list.iter().enumerate() {
            if i > 0 {
                out.write_str(if i % 6 == 0 { "; " } else { ", " })?;
            }
            let string = match (i % 6, arg, list.get(i + 1)) {
                (4, Arg::U(at), Some(&Arg::I(len))) => {
                    let rest = module.strings.get(at as usize..);
                    rest.and_then(|s| s.get(..usize::try_from(len).ok()?))
                }
                _ => None,
            };
            match string {
                Some(bytes) => term::bytes(out, bytes)?,
                None => self.plain(out, arg)?,
            }
        }
        out.write_char(']')
    }

    fn plain(&self, out: &mut dyn Write, arg: Arg) -> fmt::Result {
        let module = self.module;
        match arg {
            Arg::U(n) => write!(out, "{n}"),
            Arg::I(n) => write!(out, "{n}"),
            Arg::BigInt { .. } => term::big_endian(out, module.code.big(arg)),
            Arg::Nil => out.write_str("[]"),
            Arg::Atom(a) => write!(out, "{}", self.atom(a)),
            Arg::X(n) => write!(out, "x{n}"),
            Arg::Y(n) => write!(out, "y{n}"),
            Arg::F(0) => out.write_char('-'),
            Arg::F(n) => write!(out, "L{n}"),
            Arg::Fr(n) => write!(out, "fr{n}"),
            Arg::Lit(n) => match module.literals.get(n) {
                Some(bytes) => write!(out, "{}", Literal(bytes)),
                None => write!(out, "literal {n}"),
            },
            Arg::List { .. } => {
                out.write_char('[')?;
                for (i, &element) in module.code.list(arg).iter().enumerate() {
                    if i > 0 {
                        out.write_str(", ")?;
                    }
                    self.plain(out, element)?;
                }
                out.write_char(']')
            }
            Arg::Alloc { words, floats, funs } => {
                write!(out, "{{words {words}, floats {floats}, funs {funs}}}")
            }
            Arg::Typed { reg, ty } => {
                match reg {
                    Reg::X(n) => write!(out, "x{n}")?,
                    Reg::Y(n) => write!(out, "y{n}")?,
                }
                kinds(out, module.types.get(ty))
            }
        }
    }
}

/// A type claim after its register: `:integer(0..255)`.
fn kinds(out: &mut dyn Write, ty: TypeEntry) -> fmt::Result {
    if ty == TypeEntry::ANY {
        return out.write_str(":any");
    }
    let mut sep = ':';
    for (i, name) in KIND_NAMES.iter().enumerate() {
        if ty.kinds >> i & 1 != 0 {
            write!(out, "{sep}{name}")?;
            sep = '|';
        }
    }
    match (ty.min, ty.max) {
        (None, None) => {}
        (Some(min), Some(max)) => write!(out, "({min}..{max})")?,
        (Some(min), None) => write!(out, "({min}..)")?,
        (None, Some(max)) => write!(out, "(..{max})")?,
    }
    if ty.unit > 1 {
        write!(out, "/{}", ty.unit)?;
    }
    Ok(())
}
