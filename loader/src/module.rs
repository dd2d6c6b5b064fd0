//! The result of decoding: one plain value with everything a .beam file says.
//!
//! Not here: what each chunk looks like (`chunks/`), whether the code makes sense (`verify/`).

use crate::chunks::{
    atoms, attributes, code::Code, exports, exports::Export, imports, imports::Import, lambdas,
    lambdas::Lambda, lines::Lines, literals::Literals, strings, types::Types,
};
use crate::container::Container;
use crate::error::LoadError;

/// A chunk that the machine does not need, listed by name (`Dbgi`, `Docs`, `Meta`, ...).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherChunk {
    /// Four bytes, usually ASCII.
    pub name: [u8; 4],
    /// Bytes of data.
    pub size: usize,
}

/// Everything a .beam file says, as plain data. Indices that refer to `atoms` are checked; operands
/// of instructions are not until [`crate::verify()`].
#[derive(Clone, Debug)]
pub struct Module {
    /// Atom table. The file counts from 1; entry 0 is an empty string that no operand refers to
    /// (`{atom,0}` means nil and is decoded as [`crate::Arg::Nil`]). Entry 1 is the module's name.
    pub atoms: Vec<String>,
    /// Functions of other modules (and BIFs) that the code refers to by index.
    pub imports: Vec<Import>,
    /// Exported functions.
    pub exports: Vec<Export>,
    /// Functions that are not exported; empty when the chunk has been stripped.
    pub locals: Vec<Export>,
    /// Funs that the code makes.
    pub lambdas: Vec<Lambda>,
    /// Literals, each as an external term.
    pub literals: Literals,
    /// Source positions.
    pub lines: Lines,
    /// Operand types that the compiler proved; entry 0 is always "any".
    pub types: Types,
    /// String table, the constant bytes that binary instructions refer to by offset.
    pub strings: Vec<u8>,
    /// External term of the module's attributes (with the 131), if present.
    pub attributes: Option<Vec<u8>>,
    /// External term of the compile information (with the 131), if present.
    pub compile_info: Option<Vec<u8>>,
    /// MD5 over the chunks that matter, as `beam_lib:md5/1` and `Mod:module_info(md5)` give it.
    pub md5: [u8; 16],
    /// The instructions.
    pub code: Code,
    /// Remaining chunks by name, in file order.
    pub other: Vec<OtherChunk>,
}

impl Module {
    /// Index of the module's name in `atoms`: always 1.
    pub const NAME_ATOM: u32 = 1;

    /// The module's name.
    pub fn name(&self) -> &str {
        &self.atoms[Self::NAME_ATOM as usize]
    }

    /// The atom at a checked index.
    pub fn atom(&self, index: u32) -> &str {
        &self.atoms[index as usize]
    }
}

/// The chunks that make a [`Module`]. `Meta` counts for its checksum only.
pub(crate) const CHUNKS: [&[u8; 4]; 14] = [
    b"AtU8", b"Atom", b"Code", b"StrT", b"ImpT", b"ExpT", b"LocT", b"FunT", b"LitT", b"Line",
    b"Type", b"Attr", b"CInf", b"Meta",
];

/// Reads a .beam file, gzip-compressed or not.
///
/// # Errors
/// Truncated, damaged or unknown content gives a [`LoadError`] with chunk and offset.
pub fn decode(bytes: &[u8]) -> Result<Module, LoadError> {
    decode_container(&Container::parse(bytes)?, None)
}

/// As [`decode`], of a file whose checksum may be known already.
pub(crate) fn decode_container(
    container: &Container<'_>,
    md5: Option<[u8; 16]>,
) -> Result<Module, LoadError> {
    let atoms = atoms::decode(container)?;
    let name = atoms[1].clone();
    decode_with(container, atoms, md5).map_err(|e| e.in_module(&name))
}

fn decode_with(
    container: &Container<'_>,
    atoms: Vec<String>,
    md5: Option<[u8; 16]>,
) -> Result<Module, LoadError> {
    let required = |name: &'static [u8; 4], text: &'static str| {
        container
            .get(name)
            .ok_or_else(|| LoadError::new(text, 0, format!("the file has no {text} chunk")))
    };
    let optional = |name: &'static [u8; 4]| container.get(name).filter(|d| !d.is_empty());

    let code = Code::decode(required(b"Code", "Code")?, atoms.len())?;
    let imports = imports::decode(required(b"ImpT", "ImpT")?, atoms.len())?;
    let exports = exports::decode("ExpT", required(b"ExpT", "ExpT")?, atoms.len())?;
    let locals = match optional(b"LocT") {
        Some(data) => exports::decode("LocT", data, atoms.len())?,
        None => Vec::new(),
    };
    let lambdas = match optional(b"FunT") {
        Some(data) => lambdas::decode(data, atoms.len())?,
        None => Vec::new(),
    };
    let literals = optional(b"LitT").map(Literals::decode).transpose()?.unwrap_or_default();
    let lines = optional(b"Line").map(Lines::decode).transpose()?.unwrap_or_default();
    let types = match optional(b"Type") {
        Some(data) => Types::decode(data)?,
        None => Types::fallback(),
    };
    let other = container
        .chunks()
        .iter()
        .filter(|c| c.name == *b"Meta" || !CHUNKS.contains(&&c.name))
        .map(|c| OtherChunk { name: c.name, size: container.data(c).len() })
        .collect();
    Ok(Module {
        imports,
        exports,
        locals,
        lambdas,
        literals,
        lines,
        types,
        strings: strings::decode(container),
        attributes: attributes::decode(container, b"Attr", "Attr")?,
        compile_info: attributes::decode(container, b"CInf", "CInf")?,
        md5: md5.unwrap_or_else(|| attributes::md5(container)),
        code,
        other,
        atoms,
    })
}
