//! Each operand is of a kind that its position admits, and within the table or limit it refers to.
//!
//! Where labels and functions lie is `layout`. Invariant: no panic on any operand, this is the first pass that looks at them.

use super::{at, layout, lists};
use crate::chunks::code::{Arg, Instr};
use crate::error::LoadError;
use crate::module::Module;
use crate::ops::{GenOp, Kind};

/// Most words that one instruction may reserve: 128 MiB. Real code needs a few thousand at most.
const MAX_HEAP: u32 = 1 << 24;
/// Most slots of a stack frame: the machine keeps their numbers in 15 bits.
pub(super) const MAX_FRAME: u64 = (1 << 15) - 2;

pub(super) fn check(module: &Module, labels: &[u32]) -> Result<(), LoadError> {
    let checker = Operands { module, labels };
    for instr in &module.code.instrs {
        if instr.op.is_obsolete() {
            return Err(at(
                instr,
                format!(
                    "{} is an obsolete instruction: the module needs recompiling with OTP 24 or \
                     later",
                    instr.op.name()
                ),
            ));
        }
        checker.instruction(instr)?;
    }
    Ok(())
}

/// Checks single operands; `lists` uses it for elements.
pub(super) struct Operands<'a> {
    pub module: &'a Module,
    /// Instruction index by label number.
    labels: &'a [u32],
}

impl Operands<'_> {
    fn instruction(&self, instr: &Instr) -> Result<(), LoadError> {
        let args = self.module.code.args(instr);
        for (i, (&arg, &kind)) in args.iter().zip(instr.op.kinds()).enumerate() {
            self.operand(arg, kind).map_err(|what| {
                at(instr, format!("operand {} of {}: {what}", i + 1, instr.op.name()))
            })?;
        }
        self.relations(instr, args)
            .map_err(|what| at(instr, format!("{}: {what}", instr.op.name())))
    }

    /// What one operand says about another.
    fn relations(&self, instr: &Instr, args: &[Arg]) -> Result<(), String> {
        match instr.op {
            GenOp::CallExt | GenOp::CallExtLast | GenOp::CallExtOnly => {
                self.import_arity(args[1], args[0])
            }
            GenOp::Bif0 => self.import_arity(args[0], Arg::U(0)),
            GenOp::Bif1 => self.import_arity(args[1], Arg::U(1)),
            GenOp::Bif2 => self.import_arity(args[1], Arg::U(2)),
            GenOp::Bif3 => self.import_arity(args[1], Arg::U(3)),
            GenOp::GcBif1 => self.import_arity(args[2], Arg::U(1)),
            GenOp::GcBif2 => self.import_arity(args[2], Arg::U(2)),
            GenOp::GcBif3 => self.import_arity(args[2], Arg::U(3)),
            GenOp::Fmove if !args.iter().any(|a| matches!(a, Arg::Fr(_))) => {
                Err("neither operand is a float register".into())
            }
            GenOp::IsTaggedTuple if args[2] == Arg::U(0) => {
                Err("a tuple without elements has no tag".into())
            }
            GenOp::BsPutString => self.string(args[1], args[0], 1),
            GenOp::BsMatchString => self.string(args[3], args[2], 8),
            GenOp::MakeFun3 => {
                let (Arg::U(lambda), Arg::List { len, .. }) = (args[0], args[2]) else {
                    return Ok(());
                };
                let wanted = self.module.lambdas[lambda as usize].num_free;
                if wanted == len {
                    Ok(())
                } else {
                    Err(format!("{len} free variables for a fun that has {wanted}"))
                }
            }
            _ => Ok(()),
        }
    }

    fn import_arity(&self, import: Arg, arity: Arg) -> Result<(), String> {
        let (Arg::U(import), Arg::U(arity)) = (import, arity) else { return Ok(()) };
        let wanted = self.module.imports[import as usize].arity;
        if u64::from(wanted) == arity {
            Ok(())
        } else {
            Err(format!("{arity} arguments for an import of arity {wanted}"))
        }
    }

    /// A run of the string table, its length in units of `1 / per_byte` bytes.
    pub fn string(&self, offset: Arg, len: Arg, per_byte: u64) -> Result<(), String> {
        let (Arg::U(offset), Arg::U(len)) = (offset, len) else {
            return Err("expected an offset into the string table and a length".into());
        };
        let end = offset.checked_add(len.div_ceil(per_byte));
        if end.is_none_or(|end| end > self.module.strings.len() as u64) {
            return Err(format!("string {len} at {offset} is outside the string table"));
        }
        Ok(())
    }

    pub fn operand(&self, arg: Arg, kind: Kind) -> Result<(), String> {
        let good = match kind {
            Kind::NewLabel => matches!(arg, Arg::U(n) if n > 0 && n < self.labels.len() as u64),
            Kind::Label | Kind::Entry => self.label(arg),
            Kind::Fail => self.fail(arg),
            Kind::FailMode => match arg {
                Arg::Atom(a) => matches!(self.module.atom(a), "no_fail" | "resume"),
                _ => self.fail(arg),
            },
            Kind::Arity => matches!(arg, Arg::U(n) if n <= 255),
            Kind::Live => matches!(arg, Arg::U(n) if n <= 1024),
            Kind::Frame => matches!(arg, Arg::U(n) if n < MAX_FRAME),
            Kind::Heap => heap_words(arg).is_some_and(|n| n <= MAX_HEAP),
            Kind::U => matches!(arg, Arg::U(n) if u32::try_from(n).is_ok()),
            Kind::Bits => matches!(arg, Arg::U(_)),
            Kind::Src => return self.source(arg),
            Kind::Size => match arg {
                Arg::U(n) => u32::try_from(n).is_ok(),
                _ => return self.source(arg),
            },
            Kind::Dst => return self.register(arg),
            Kind::YSrc | Kind::YDst => matches!(arg.untyped(), Arg::Y(_)),
            Kind::Fr => matches!(arg, Arg::Fr(_)),
            Kind::FloatSrc => match arg {
                Arg::Fr(_) => true,
                _ => return self.source(arg),
            },
            Kind::FloatDst => match arg {
                Arg::Fr(_) => true,
                _ => return self.register(arg),
            },
            Kind::Atom => matches!(arg, Arg::Atom(_)),
            Kind::Import => self.index(arg, self.module.imports.len()),
            Kind::Lambda => self.index(arg, self.module.lambdas.len()),
            Kind::FunTag => match arg {
                Arg::Atom(a) => matches!(self.module.atom(a), "safe" | "unsafe"),
                _ => self.index(arg, self.module.lambdas.len()),
            },
            // A module may be stripped of its table and keep the instructions: then no index means
            // anything, and the linker treats it as "no position".
            Kind::Line => match arg {
                Arg::U(n) => {
                    self.module.lines.items.len() == 1 && u32::try_from(n).is_ok()
                        || self.index(arg, self.module.lines.items.len())
                }
                _ => false,
            },
            Kind::Str => matches!(arg, Arg::U(_)),
            Kind::Sources
            | Kind::YList
            | Kind::SelectVals
            | Kind::SelectArities
            | Kind::MapPairs
            | Kind::MapGets
            | Kind::Updates
            | Kind::BinOps
            | Kind::MatchOps => {
                return match arg {
                    Arg::List { .. } => lists::check(self, self.module.code.list(arg), kind),
                    _ => Err(format!("expected a list, found {arg:?}")),
                };
            }
            Kind::Any => false,
        };
        if good { Ok(()) } else { Err(format!("expected {}, found {arg:?}", describe(kind))) }
    }

    fn label(&self, arg: Arg) -> bool {
        let Arg::F(n) = arg else { return false };
        n != 0 && self.labels.get(n as usize).is_some_and(|&at| at != layout::UNDEFINED)
    }

    fn fail(&self, arg: Arg) -> bool {
        arg == Arg::F(0) || self.label(arg)
    }

    fn index(&self, arg: Arg, len: usize) -> bool {
        matches!(arg, Arg::U(n) if n < len as u64)
    }

    fn source(&self, arg: Arg) -> Result<(), String> {
        match arg {
            Arg::I(_) | Arg::BigInt { .. } | Arg::Nil | Arg::Atom(_) => Ok(()),
            Arg::Lit(n) if (n as usize) < self.module.literals.len() => Ok(()),
            Arg::Lit(n) => Err(format!(
                "literal {n} is outside the literal table of {}",
                self.module.literals.len()
            )),
            Arg::X(_) | Arg::Y(_) | Arg::Typed { .. } => self.register(arg),
            _ => Err(format!("expected a term, found {arg:?}")),
        }
    }

    fn register(&self, arg: Arg) -> Result<(), String> {
        match arg {
            Arg::X(_) | Arg::Y(_) => Ok(()),
            Arg::Typed { ty, .. } => {
                let types = &self.module.types;
                if types.version == 0 || (ty as usize) < types.entries.len() {
                    Ok(())
                } else {
                    Err(format!("type {ty} is outside the type table"))
                }
            }
            _ => Err(format!("expected a register, found {arg:?}")),
        }
    }
}

/// Words to reserve, counting a float as two and a fun as a few words: only a limit is derived.
fn heap_words(arg: Arg) -> Option<u32> {
    match arg {
        Arg::U(n) => u32::try_from(n).ok(),
        Arg::Alloc { words, floats, funs } => {
            words.checked_add(floats.checked_mul(2)?)?.checked_add(funs.checked_mul(8)?)
        }
        _ => None,
    }
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::NewLabel => "the number of a new label",
        Kind::Label | Kind::Entry => "a label of this module",
        Kind::Fail => "a label of this module or 0",
        Kind::FailMode => "a label, no_fail or resume",
        Kind::Arity => "an arity of at most 255",
        Kind::Live => "a number of live X registers, at most 1024",
        Kind::Frame => "a frame size below 32766",
        Kind::Heap => "a reasonable number of words to reserve",
        Kind::U => "a plain number of at most 32 bits",
        Kind::Bits => "a plain number",
        Kind::YSrc | Kind::YDst => "a Y register",
        Kind::Fr => "a float register",
        Kind::Atom => "an atom",
        Kind::Import => "an index into the import table",
        Kind::Lambda => "an index into the fun table",
        Kind::FunTag => "an index into the fun table, safe or unsafe",
        Kind::Line => "an index into the line table",
        Kind::Str => "an offset into the string table",
        _ => "another operand",
    }
}
