//! Loading: from the bytes of a .beam file to a module that can be called.
//!
//! Bytes are decoded and verified (`loader`), names looked up and literals built, the code
//! transformed, and the result published in the code table.

use super::table::LoadedModule;
use super::transform::{BigKey, Resolved, Unsupported, transform};
use super::{Export, Lambda};
use crate::heap::{Fragment, LiteralArea, LiteralRange};
use crate::sync::{Arc, AtomicPtr, Mutex};
use crate::term::external::{DecodeOptions, decode};
use crate::term::{Area, Atom, Term, Word, copy, sharing};
use crate::vm::Vm;
use hashbrown::HashMap;
use loader::VerifiedModule;
use std::fmt;
use std::ptr::NonNull;

/// There is an old version of the module already.
#[derive(Debug)]
pub struct NotPurged;

/// Why a module could not be loaded.
#[derive(Debug)]
pub enum LoadFailure {
    /// The file is damaged or not a .beam file.
    Bad(loader::LoadError),
    /// The file needs something that the machine does not have.
    Unsupported(Unsupported),
    /// A limit of the machine: atoms, literals.
    Limit(&'static str),
    /// The file holds another module than asked for.
    WrongModule(String),
    /// There is an old version of the module already.
    NotPurged,
}

impl fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadFailure::Bad(e) => e.fmt(f),
            LoadFailure::Unsupported(Unsupported(what)) => f.write_str(what),
            LoadFailure::Limit(what) => write!(f, "no more room for {what}"),
            LoadFailure::WrongModule(name) => write!(f, "the file holds module {name}"),
            LoadFailure::NotPurged => {
                f.write_str("the module has old code that must be purged first")
            }
        }
    }
}

/// What loading did.
pub struct Loaded {
    /// The module's name.
    pub name: Atom,
    /// It has an `on_load` function, which must be run before the module is in use.
    pub on_load: bool,
}

/// A module that has been prepared: everything but publishing.
pub struct Prepared(Arc<LoadedModule>);

impl Prepared {
    /// The module's name.
    pub fn name(&self) -> Atom {
        self.0.name
    }

    /// Whether it has an `on_load` function.
    pub fn has_on_load(&self) -> bool {
        self.0.on_load.is_some()
    }
}

/// A chunk of object code that is not loaded, if it is object code and has one.
pub fn object_chunk(bytes: &[u8], name: &[u8; 4]) -> Option<Vec<u8>> {
    Some(loader::Container::parse(bytes).ok()?.get(name)?.to_vec())
}

/// The MD5 of object code that is not loaded, if it is object code.
pub fn object_md5(bytes: &[u8]) -> Option<[u8; 16]> {
    loader::decode(bytes).ok().map(|m| m.md5)
}

impl Vm {
    /// Loads a module and makes it current. With an `on_load` function it is kept aside until
    /// `finish_pending`.
    pub fn load_module(&self, bytes: &[u8]) -> Result<Loaded, LoadFailure> {
        self.install_module(self.prepare_module(bytes)?)
    }

    /// As [`load_module`](Vm::load_module), of a module of that name and no other.
    pub fn load_module_named(&self, name: Atom, bytes: &[u8]) -> Result<Loaded, LoadFailure> {
        let prepared = self.prepare_module(bytes)?;
        if prepared.name() != name {
            return Err(LoadFailure::WrongModule(prepared.name().name().to_owned()));
        }
        self.install_module(prepared)
    }

    /// Everything up to publishing.
    pub fn prepare_module(&self, bytes: &[u8]) -> Result<Prepared, LoadFailure> {
        let module = self.records.load(bytes).map_err(LoadFailure::Bad)?;
        Ok(Prepared(Arc::new(self.link(&module)?)))
    }

    /// As [`load_module`](Vm::load_module), without its lines: the modules that OTP builds into
    /// its emulator have none, and programs see that in stack traces.
    pub fn load_preloaded(&self, bytes: &[u8]) -> Result<Loaded, LoadFailure> {
        let module = self.records.load(bytes).map_err(LoadFailure::Bad)?;
        let mut module = self.link(&module)?;
        module.lines = Vec::new();
        self.code.note_preloaded(module.name);
        self.install_module(Prepared(Arc::new(module)))
    }

    /// Publishes a prepared module.
    pub fn install_module(&self, Prepared(module): Prepared) -> Result<Loaded, LoadFailure> {
        let loaded = Loaded { name: module.name, on_load: module.on_load.is_some() };
        if loaded.on_load {
            self.code.install_pending(module);
        } else {
            self.code.install(module).map_err(|NotPurged| LoadFailure::NotPurged)?;
        }
        Ok(loaded)
    }

    fn link(&self, module: &VerifiedModule) -> Result<LoadedModule, LoadFailure> {
        let atoms = module
            .atoms
            .iter()
            .map(|a| self.atoms.intern(a))
            .collect::<Result<Vec<Atom>, _>>()
            .map_err(|_| LoadFailure::Limit("atoms"))?;
        let name = atoms[loader::Module::NAME_ATOM as usize];
        let imports = module
            .imports
            .iter()
            .map(|i| {
                self.code.export(atoms[i.module as usize], atoms[i.function as usize], i.arity)
            })
            .collect();
        let mut area = LiteralArea::new();
        let literals = module
            .literals
            .iter()
            .map(|bytes| self.literal(&mut area, bytes))
            .collect::<Result<_, _>>()?;
        let lambdas: Vec<&'static Lambda> = module
            .lambdas
            .iter()
            .map(|l| {
                self.code.lambda(Lambda {
                    code: AtomicPtr::new(std::ptr::null_mut()),
                    module: name,
                    function: atoms[l.function as usize],
                    arity: l.arity - l.num_free as u8,
                    num_free: l.num_free,
                    index: l.index,
                    old_uniq: l.old_uniq,
                    uniq: module.md5,
                })
            })
            .collect();
        let own_natives = self
            .code
            .natives_of(name)
            .into_iter()
            .filter_map(|(f, a)| Some((f, a, self.code.native(name, f, a)?)))
            .collect();
        let resolved = Resolved {
            imports,
            literals,
            lambdas: lambdas.clone(),
            bigs: self.big_integers(&mut area, module)?,
            empty_tuple: self.literal_of(&mut area, |area| area.tuple(&[]))?,
            strings: self.literal_bytes(&mut area, &module.strings)?,
            own_natives,
            atoms,
        };
        let shared = std::cell::RefCell::new(area);
        let make_tuple = |constants: &[Word]| {
            self.literal_of(&mut shared.borrow_mut(), |area| {
                // SAFETY: immediates and literals, which stay where they are.
                let terms = constants.iter().map(|w| unsafe { Term::from_word(*w) });
                area.tuple(&terms.collect::<Vec<_>>())
            })
            .ok()
        };
        let t = transform(module, &resolved, name, &make_tuple, self.jit.calls_until_compiled())
            .map_err(LoadFailure::Unsupported)?;
        let mut area = shared.into_inner();
        let attributes = self.optional_literal(&mut area, module.attributes.as_deref())?;
        let compile_info = self.optional_literal(&mut area, module.compile_info.as_deref())?;
        // The first is not said: it is what the module is called.
        let own = format!("{}.erl", name.name());
        let named = std::iter::once(&own).chain(module.lines.files.iter().skip(1));
        let files = named
            .map(|file| {
                self.literal_of(&mut area, |area| {
                    let file = area.string(file);
                    area.tuple(&[Term::atom(crate::term::atoms::FILE), file])
                })
            })
            .collect::<Result<_, _>>()?;
        let mut loaded = LoadedModule {
            name,
            code: self.code.memory.put(t.code, &t.places),
            functions: t.functions,
            exports: Vec::new(),
            lambdas,
            lines: t.lines,
            files,
            md5: module.md5,
            attributes,
            compile_info,
            literals: Mutex::new(area),
            on_load: None,
            native_calls: t.native_calls,
            starts: t.starts,
            native_code: Mutex::default(),
        };
        loaded.exports = module
            .exports
            .iter()
            .filter_map(|x| {
                let f = resolved.atoms[x.function as usize];
                let e: &'static Export = self.code.export(name, f, x.arity);
                Some((e, loaded.entry(f, x.arity as usize)?))
            })
            .collect();
        loaded.on_load = module.on_load().and_then(|i| {
            let f = &module.functions()[i];
            loaded.entry(resolved.atoms[f.name as usize], f.arity as usize)
        });
        Ok(loaded)
    }

    fn big_integers(
        &self,
        literals: &mut LiteralArea,
        module: &VerifiedModule,
    ) -> Result<HashMap<BigKey, Word>, LoadFailure> {
        let mut bigs = HashMap::new();
        for &arg in module.code.all_args() {
            match arg {
                loader::Arg::I(n) if Word::try_small(n).is_none() => {
                    bigs.insert(BigKey::Value(n), self.literal_of(literals, |area| area.int(n))?);
                }
                loader::Arg::BigInt { start, .. } => {
                    let bytes = module.code.big(arg);
                    let n = crate::num::from_bytes(bytes, crate::num::Endian::Big, true)
                        .map_err(|_| LoadFailure::Limit("an integer of this size"))?;
                    let w = self.literal_of(literals, |area| area.integer(n.as_ref()))?;
                    bigs.insert(BigKey::Bytes(start), w);
                }
                _ => {}
            }
        }
        Ok(bigs)
    }

    fn optional_literal(
        &self,
        literals: &mut LiteralArea,
        bytes: Option<&[u8]>,
    ) -> Result<Word, LoadFailure> {
        bytes.map_or(Ok(Word::NIL), |b| self.literal(literals, b))
    }

    /// A literal from its external form.
    fn literal(&self, literals: &mut LiteralArea, bytes: &[u8]) -> Result<Word, LoadFailure> {
        let mut bad = false;
        let w = self.literal_of(literals, |area| {
            match decode(area, self, bytes, DecodeOptions::default()) {
                Ok((t, _)) => t,
                Err(_) => {
                    bad = true;
                    Term::nil()
                }
            }
        })?;
        if bad { Err(LoadFailure::Limit("a literal")) } else { Ok(w) }
    }

    /// The term that `f` builds, copied to a literal area.
    fn literal_of(
        &self,
        literals: &mut LiteralArea,
        f: impl for<'p> FnOnce(&mut Area<'p>) -> Term<'p>,
    ) -> Result<Word, LoadFailure> {
        // SAFETY: the area is closed and freed below; the copy does not refer to it.
        unsafe {
            let mut area = Area::detached(0);
            let w = f(&mut area).word();
            let copied = self.copy_to_literals(literals, Term::from_word(w));
            let mut closed = area.close();
            closed.off_heap.release_all();
            while let Some(fragment) = NonNull::new(closed.fragments) {
                closed.fragments = fragment.as_ref().next;
                Fragment::free(fragment);
            }
            copied.ok_or(LoadFailure::Limit("literals"))
        }
    }

    /// A copy of a term in a literal area. `None` when the arena is full.
    fn copy_to_literals(&self, area: &mut LiteralArea, t: Term<'_>) -> Option<Word> {
        let range = self.literals.range();
        let size = copy::copied_size(t, range);
        if size == 0 {
            return Some(t.word());
        }
        let mut hp = self.literals.alloc(area, size)?;
        // SAFETY: the block is fresh and as large as the copy.
        Some(unsafe { copy::copy_to(t, &mut hp, area.off_heap(), range) })
    }

    /// A copy of a term in a literal area of its own, which refers to nothing else; the sharing within
    /// it is kept. `None` when the arena is full.
    pub fn share_to_literals(&self, t: Term<'_>) -> Option<(Word, LiteralArea)> {
        let mut area = LiteralArea::new();
        let size = sharing::shared_size(t, LiteralRange::NONE);
        if size == 0 {
            return Some((t.word(), area));
        }
        let mut hp = self.literals.alloc(&mut area, size)?;
        // SAFETY: the block is fresh and as large as the copy.
        let w = unsafe { sharing::share_to(t, &mut hp, area.off_heap(), LiteralRange::NONE) };
        Some((w, area))
    }

    fn literal_bytes(
        &self,
        literals: &mut LiteralArea,
        bytes: &[u8],
    ) -> Result<*const u8, LoadFailure> {
        let p = self
            .literals
            .alloc(literals, bytes.len().div_ceil(8).max(1))
            .ok_or(LoadFailure::Limit("literals"))?
            .cast::<u8>();
        // SAFETY: the block is fresh and large enough.
        unsafe { p.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(p)
    }
}
