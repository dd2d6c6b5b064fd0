//! The code, chunk `Code`: header and instructions in the compact encoding.
//!
//! Splits bytes into instructions and operands; whether they make sense is `verify/`. Operands of
//! all instructions lie in one vector so that loading a whole release allocates little: an
//! instruction is a range of it, and so is a list operand.

use crate::error::LoadError;
use crate::ops::GenOp;
use crate::reader::{Reader, Tag, Tagged, to_i64, to_u64};
use std::ops::Range;

/// The version of the instruction format; it has been 0 for as long as there are .beam files.
const FORMAT: u32 = 0;

/// An X or Y register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reg {
    /// Argument and scratch register.
    X(u16),
    /// Stack slot.
    Y(u16),
}

/// One operand. Lists and large integers are ranges that [`Code`] resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Plain unsigned number: an arity, an index into a table, a size, flags.
    U(u64),
    /// The term that is this integer.
    I(i64),
    /// The term that is this integer of more than 64 bits; see [`Code::big`].
    BigInt {
        /// First byte.
        start: u32,
        /// Number of bytes.
        len: u32,
    },
    /// The empty list.
    Nil,
    /// Atom index, never 0.
    Atom(u32),
    /// X register.
    X(u16),
    /// Stack slot.
    Y(u16),
    /// Label; 0 means none.
    F(u32),
    /// Float register.
    Fr(u16),
    /// Literal index.
    Lit(u32),
    /// List of operands, none of which is a list; see [`Code::list`].
    List {
        /// First operand.
        start: u32,
        /// Number of operands.
        len: u32,
    },
    /// What to reserve on the heap: plain words, floats and funs, sizes left to the machine.
    Alloc {
        /// Words.
        words: u32,
        /// Number of floats.
        floats: u32,
        /// Number of funs.
        funs: u32,
    },
    /// A register and an index into the type table: the compiler's claim about its content.
    Typed {
        /// The register.
        reg: Reg,
        /// Type index.
        ty: u32,
    },
}

const _: () = assert!(size_of::<Arg>() == 16);

impl Arg {
    /// The operand without its type claim.
    #[inline]
    pub fn untyped(self) -> Self {
        match self {
            Self::Typed { reg: Reg::X(n), .. } => Self::X(n),
            Self::Typed { reg: Reg::Y(n), .. } => Self::Y(n),
            other => other,
        }
    }

    /// The register, if the operand is one.
    #[inline]
    pub fn reg(self) -> Option<Reg> {
        match self {
            Self::X(n) => Some(Reg::X(n)),
            Self::Y(n) => Some(Reg::Y(n)),
            Self::Typed { reg, .. } => Some(reg),
            _ => None,
        }
    }

    /// The type index, if the operand carries one.
    pub fn type_index(self) -> Option<u32> {
        match self {
            Self::Typed { ty, .. } => Some(ty),
            _ => None,
        }
    }
}

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instr {
    /// Which.
    pub op: GenOp,
    /// Byte offset in the `Code` chunk.
    pub offset: u32,
    /// Where its operands start in [`Code::args`]; `op.arity()` of them.
    first_arg: u32,
}

/// The instructions of a module.
#[derive(Clone, Debug)]
pub struct Code {
    /// In file order; `int_code_end` is the last and stands nowhere else.
    pub instrs: Vec<Instr>,
    /// Highest instruction number that the compiler says it used.
    pub max_opcode: u32,
    /// One more than the highest label (label 0 counts).
    pub label_count: u32,
    /// Number of functions.
    pub function_count: u32,
    args: Vec<Arg>,
    bigs: Vec<u8>,
}

impl Code {
    /// The operands of an instruction of this module.
    #[inline]
    pub fn args(&self, instr: &Instr) -> &[Arg] {
        let first = instr.first_arg as usize;
        &self.args[first..first + instr.op.arity()]
    }

    /// The operands of all instructions, those in lists too, in the order of the file.
    pub fn all_args(&self) -> &[Arg] {
        &self.args
    }

    /// The elements of a list operand of this module; empty for any other operand.
    #[inline]
    pub fn list(&self, arg: Arg) -> &[Arg] {
        match arg {
            Arg::List { start, len } => &self.args[range(start, len)],
            _ => &[],
        }
    }

    /// The bytes of a large integer operand, big-endian two's complement; empty for any other.
    pub fn big(&self, arg: Arg) -> &[u8] {
        match arg {
            Arg::BigInt { start, len } => &self.bigs[range(start, len)],
            _ => &[],
        }
    }

    pub(crate) fn decode(data: &[u8], atoms: usize) -> Result<Self, LoadError> {
        let mut r = Reader::new("Code", data);
        // Offsets are kept in 32 bits; an operand takes a byte at least.
        if u32::try_from(data.len()).is_err() {
            return Err(r.err("more than 4 GiB of code"));
        }
        let head = r.u32()? as usize;
        let mut body = r.clone();
        body.bytes(head)?;
        if head < 16 {
            return Err(r.err(format!("a header of {head} bytes instead of at least 16")));
        }
        let at = r.clone();
        let format = r.u32()?;
        if format != FORMAT {
            return Err(at.err(format!("unknown instruction format {format}")));
        }
        let max_opcode = r.u32()?;
        let at = r.clone();
        let label_count = r.u32()?;
        let function_count = r.u32()?;
        if label_count as usize > body.remaining() || function_count > label_count {
            return Err(at.err(format!(
                "{label_count} labels and {function_count} functions are announced, more than the \
                 chunk can hold"
            )));
        }
        let mut decoder = Decoder {
            r: body,
            atoms,
            // In real files three to four bytes are an instruction and more than one and a half an
            // operand. What is not used has not been touched either.
            code: Self {
                instrs: Vec::with_capacity(data.len() / 3),
                max_opcode,
                label_count,
                function_count,
                args: Vec::with_capacity(data.len() * 2 / 3),
                bigs: Vec::new(),
            },
        };
        decoder.run()?;
        Ok(decoder.code)
    }
}

fn range(start: u32, len: u32) -> Range<usize> {
    start as usize..start as usize + len as usize
}

struct Decoder<'a> {
    r: Reader<'a>,
    atoms: usize,
    code: Code,
}

impl Decoder<'_> {
    fn run(&mut self) -> Result<(), LoadError> {
        loop {
            let at = self.r.clone();
            let number = self.r.u8()?;
            let Some(op) = GenOp::from_number(number) else {
                return Err(at.err(format!(
                    "unknown instruction {number}: the file is damaged or compiled by a release \
                     later than OTP 29"
                )));
            };
            let first_arg = self.code.args.len();
            self.code.instrs.push(Instr {
                op,
                offset: at.offset() as u32,
                first_arg: first_arg as u32,
            });
            let arity = op.arity();
            // A list operand's elements go behind the instruction's own operands.
            self.code.args.resize(first_arg + arity, Arg::Nil);
            for i in first_arg..first_arg + arity {
                self.code.args[i] = match self.short() {
                    Some(arg) => arg,
                    None => self.arg()?,
                };
            }
            if op == GenOp::IntCodeEnd {
                return self.r.finish();
            }
        }
    }

    /// The next operand, if it is one of the kinds that most are and nothing is wrong with it;
    /// otherwise nothing is read. It does what [`Decoder::arg`] does, in a fraction of the time.
    #[inline]
    fn short(&mut self) -> Option<Arg> {
        let at = self.r.clone();
        let arg = self.r.short().and_then(|(tag, n)| match tag {
            Tag::U => Some(Arg::U(n)),
            Tag::I => Some(Arg::I(n as i64)),
            Tag::X if n < 1024 => Some(Arg::X(n as u16)),
            Tag::Y => Some(Arg::Y(n as u16)),
            Tag::F => Some(Arg::F(n as u32)),
            Tag::A if n > 0 && n < self.atoms as u64 => Some(Arg::Atom(n as u32)),
            _ => None,
        });
        if arg.is_none() {
            self.r = at;
        }
        arg
    }

    fn arg(&mut self) -> Result<Arg, LoadError> {
        let at = self.r.clone();
        match self.r.tagged()? {
            Tagged::Small(Tag::Z, 1) => self.list(),
            Tagged::Small(Tag::Z, n) => self.extended(n, &at),
            other => self.simple(other, &at),
        }
    }

    fn list(&mut self) -> Result<Arg, LoadError> {
        let at = self.r.clone();
        let len = self.r.index("the length of a list")?;
        if len as usize > self.r.remaining() {
            return Err(at.err(format!("a list of {len} operands, more than the chunk can hold")));
        }
        let start = self.code.args.len();
        self.code.args.reserve(len as usize);
        for _ in 0..len {
            if let Some(element) = self.short() {
                self.code.args.push(element);
                continue;
            }
            let at = self.r.clone();
            let element = match self.r.tagged()? {
                Tagged::Small(Tag::Z, 1) => return Err(at.err("a list within a list")),
                Tagged::Small(Tag::Z, n) => self.extended(n, &at)?,
                other => self.simple(other, &at)?,
            };
            self.code.args.push(element);
        }
        Ok(Arg::List { start: start as u32, len })
    }

    fn extended(&mut self, kind: u64, at: &Reader<'_>) -> Result<Arg, LoadError> {
        match kind {
            0 => Err(at.err(
                "a float operand in the old form: the module needs recompiling with OTP 24 or later",
            )),
            2 => {
                let n = self.r.index("a float register")?;
                match u16::try_from(n) {
                    Ok(n) if n < 1024 => Ok(Arg::Fr(n)),
                    _ => Err(at.err(format!("float register {n}, beyond 1023"))),
                }
            }
            3 => self.alloc(at),
            4 => Ok(Arg::Lit(self.r.index("a literal index")?)),
            5 => {
                let inner = self.r.clone();
                let value = self.r.tagged()?;
                let reg = match self.simple(value, &inner)?.reg() {
                    Some(reg) => reg,
                    None => return Err(inner.err("expected a register to which a type belongs")),
                };
                Ok(Arg::Typed { reg, ty: self.r.index("a type index")? })
            }
            n => Err(at.err(format!("unknown extended operand {n}"))),
        }
    }

    fn alloc(&mut self, at: &Reader<'_>) -> Result<Arg, LoadError> {
        let count = self.r.index("the length of an allocation list")?;
        let mut sums = [0u32; 3];
        for _ in 0..count {
            let kind = self.r.index("an allocation kind")?;
            let n = self.r.index("an allocation size")?;
            let Some(sum) = sums.get_mut(kind as usize) else {
                return Err(at.err(format!("unknown allocation kind {kind}")));
            };
            *sum = sum.checked_add(n).ok_or_else(|| at.err("an allocation beyond 32 bits"))?;
        }
        let [words, floats, funs] = sums;
        Ok(Arg::Alloc { words, floats, funs })
    }

    #[inline]
    fn simple(&mut self, value: Tagged<'_>, at: &Reader<'_>) -> Result<Arg, LoadError> {
        let (tag, n) = match value {
            Tagged::Small(Tag::I, n) => return Ok(Arg::I(n as i64)),
            Tagged::Bytes(Tag::I, bytes) => return Ok(self.integer(bytes)),
            Tagged::Small(tag, n) => (tag, n),
            Tagged::Bytes(tag, bytes) => match to_u64(bytes) {
                Some(n) => (tag, n),
                // How many bits are to be left: more than there can be is as good as any such number.
                None if tag == Tag::U && bytes[0] < 0x80 => (tag, u64::MAX),
                None => return Err(at.err("a number beyond 64 bits")),
            },
        };
        let small = |what: &str, limit: u64| {
            if n < limit {
                Ok(n as u32)
            } else {
                Err(at.err(format!("{what} {n}, beyond {}", limit - 1)))
            }
        };
        match tag {
            Tag::U => Ok(Arg::U(n)),
            Tag::A if n == 0 => Ok(Arg::Nil),
            Tag::A => Ok(Arg::Atom(small("atom index", self.atoms as u64)?)),
            Tag::X => Ok(Arg::X(small("X register", 1024)? as u16)),
            Tag::Y => Ok(Arg::Y(small("Y register", 1 << 16)? as u16)),
            Tag::F => Ok(Arg::F(small("label", 1 << 32)?)),
            // A character; compilers have not written this tag for decades, and it is an integer.
            Tag::H => Ok(Arg::U(n)),
            Tag::I | Tag::Z => Err(at.err("an extended operand with an unknown kind")),
        }
    }

    fn integer(&mut self, bytes: &[u8]) -> Arg {
        if let Some(n) = to_i64(bytes) {
            return Arg::I(n);
        }
        let start = self.code.bigs.len() as u32;
        self.code.bigs.extend_from_slice(bytes);
        Arg::BigInt { start, len: bytes.len() as u32 }
    }
}
