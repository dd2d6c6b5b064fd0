//! Bytes to terms.
//!
//! What has parts is begun when their count is known, and they are put in their places as they come
//! (`term::assembly`); large maps and funs are made when all is there. An announced count is only
//! believed as far as there are bytes for it and for all other parts, as each takes at least one.

use super::{LambdaId, Names, PidIds, pid_from_ids, ref_from_words, tag};
use crate::num::{MAX_LIMBS, SystemLimit};
use crate::term::assembly::{Assembly, Complete, assemble};
use crate::term::build::word_of;
use crate::term::layout::{FLAT_MAP_MAX, Kind};
use crate::term::word::PortId;
use crate::term::{Area, Atom, Term, View, map};
use std::borrow::Cow;
use std::io::Read;

/// The bytes are no external term (or one that this machine cannot hold); Erlang says `badarg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;

/// How to decode.
#[derive(Clone, Copy, Default, Debug)]
pub struct DecodeOptions {
    /// Refuse what would make new atoms or exports.
    pub safe: bool,
}

type Result<T> = std::result::Result<T, DecodeError>;

/// Most words of a reference, as in OTP.
const MAX_REF_WORDS: usize = 5;
/// A reference of another node with more bits in its first word is none.
const REF_WORD_0_BITS: u32 = 18;
/// What the inflated form of a compressed term is first given, and at most grows by at once.
const INFLATE_STEP: usize = 64 << 10;

/// Makes the term that `bytes` start with, from the version byte on. Answers it and how many
/// bytes it took; what follows is not looked at.
pub fn decode<'p>(
    area: &mut Area<'p>,
    names: &dyn Names,
    bytes: &[u8],
    options: DecodeOptions,
) -> Result<(Term<'p>, usize)> {
    match bytes {
        [tag::VERSION, tag::COMPRESSED, rest @ ..] => {
            let (size, data) = rest.split_first_chunk().ok_or(DecodeError)?;
            let size = u32::from_be_bytes(*size) as usize;
            let (inflated, taken) = inflate(data, size)?;
            let (term, _) = Decoder::new(names, options, &inflated).run(area)?;
            Ok((term, 6 + taken))
        }
        [tag::VERSION, rest @ ..] => {
            let (term, left) = Decoder::new(names, options, rest).run(area)?;
            Ok((term, bytes.len() - left))
        }
        _ => Err(DecodeError),
    }
}

/// As [`decode`] for what comes over a connection: `atoms` is what its header says that the numbers in
/// the term stand for.
pub fn decode_with_atoms<'p>(
    area: &mut Area<'p>,
    names: &dyn Names,
    bytes: &[u8],
    atoms: &[Atom],
) -> Result<Term<'p>> {
    let [tag::VERSION, rest @ ..] = bytes else { return Err(DecodeError) };
    let mut decoder = Decoder::new(names, DecodeOptions::default(), rest);
    decoder.atoms = atoms;
    Ok(decoder.run(area)?.0)
}

/// Inflates to exactly `size` bytes; answers also how many bytes of `data` that took. The buffer
/// grows with what really comes out.
fn inflate(data: &[u8], size: usize) -> Result<(Vec<u8>, usize)> {
    let mut z = flate2::bufread::ZlibDecoder::new(data);
    let mut out = Vec::new();
    loop {
        let from = out.len();
        let step = from.clamp(INFLATE_STEP, 1 << 24).min(size - from + 1);
        out.resize(from + step, 0);
        let n = z.read(&mut out[from..]).map_err(|_| DecodeError)?;
        out.truncate(from + n);
        if out.len() > size {
            return Err(DecodeError);
        }
        if n == 0 {
            break;
        }
    }
    if out.len() != size {
        return Err(DecodeError);
    }
    Ok((out, z.total_in() as usize))
}

/// What is made of parts that are all there.
enum Group {
    /// Key, value, key, value ...
    Map,
    /// Module, function, arity.
    Export,
    /// Module, old index, old unique number, creator, free variables.
    Fun(Box<FunHead>),
}

struct FunHead {
    arity: u8,
    uniq: [u8; 16],
    index: u32,
    num_free: u32,
}

/// How many atoms are remembered by a few of their bytes.
const RECENT_ATOMS: usize = 16;

struct Decoder<'a> {
    names: &'a dyn Names,
    options: DecodeOptions,
    /// What a connection's header says that numbers stand for.
    atoms: &'a [Atom],
    /// Atoms that came, as most come again: those that are looked for do not look in the table.
    recent: [Option<Atom>; RECENT_ATOMS],
    /// What has not been read.
    bytes: &'a [u8],
    /// How many more terms may be announced: in all, no more than there were bytes.
    believed: usize,
}

impl<'a> Decoder<'a> {
    fn new(names: &'a dyn Names, options: DecodeOptions, bytes: &'a [u8]) -> Self {
        let recent = [None; RECENT_ATOMS];
        // One is taken by the term itself.
        let believed = bytes.len().saturating_sub(1);
        Decoder { names, options, atoms: &[], recent, bytes, believed }
    }

    /// The term, and how many bytes there are behind it.
    fn run<'p>(mut self, area: &mut Area<'p>) -> Result<(Term<'p>, usize)> {
        let term = assemble(area, |assembly| self.read(assembly))?;
        Ok((term, self.bytes.len()))
    }

    fn read<'p>(&mut self, to: &mut Assembly<'_, 'p, Group>) -> Result<()> {
        loop {
            while to.has_place() {
                self.term(to)?;
            }
            match to.complete() {
                Complete::Whole => return Ok(()),
                Complete::Made => {}
                Complete::SameKeys => return Err(DecodeError),
                Complete::Parts(group) => {
                    let term = self.make(to.area, &group.what, group.parts())?;
                    to.put_group(term);
                }
            }
        }
    }

    #[inline(always)]
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, behind) = self.bytes.split_at_checked(n).ok_or(DecodeError)?;
        self.bytes = behind;
        Ok(taken)
    }

    #[inline(always)]
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, behind) = self.bytes.split_first_chunk().ok_or(DecodeError)?;
        self.bytes = behind;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u16(&mut self) -> Result<usize> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize> {
        Ok(self.u32()? as usize)
    }

    /// Believes that so many parts come, if there are bytes for them.
    #[inline(always)]
    fn expect(&mut self, parts: usize) -> Result<()> {
        self.believed = self.believed.checked_sub(parts).ok_or(DecodeError)?;
        Ok(())
    }

    /// Reads a term up to its parts, which come before the others then.
    #[inline(always)]
    fn term<'p>(&mut self, to: &mut Assembly<'_, 'p, Group>) -> Result<()> {
        let t = self.u8()?;
        let term = match t {
            tag::SMALL_INTEGER => Term::small(self.u8()?.into()),
            tag::INTEGER => Term::small(i32::from_be_bytes(self.array()?).into()),
            tag::NEW_FLOAT => {
                let x = f64::from_be_bytes(self.array()?);
                self.float(to.area, x)?
            }
            tag::FLOAT => {
                let text = self.take(31)?;
                self.float_text(to.area, text)?
            }
            tag::ATOM
            | tag::ATOM_UTF8
            | tag::SMALL_ATOM
            | tag::SMALL_ATOM_UTF8
            | tag::ATOM_CACHE_REF => Term::atom(self.atom_of(t)?),
            tag::SMALL_TUPLE | tag::LARGE_TUPLE => {
                let n = if t == tag::SMALL_TUPLE { self.u8()?.into() } else { self.size()? };
                if n > 0 {
                    self.expect(n)?;
                    to.tuple(n);
                    return Ok(());
                }
                to.area.tuple(&[])
            }
            tag::NIL => Term::nil(),
            tag::STRING => {
                let n = self.u16()?;
                let b = self.take(n)?;
                to.area.byte_list(b, Term::nil())
            }
            tag::LIST => {
                let n = self.size()?;
                // The tail of an empty one comes in its place.
                if n > 0 {
                    self.expect(n + 1)?;
                    to.list(n);
                }
                return Ok(());
            }
            tag::MAP => {
                let n = self.size()?;
                if n > 0 {
                    self.expect(2 * n)?;
                    match n {
                        ..=FLAT_MAP_MAX => to.flat_map(n),
                        _ => to.group(Group::Map, 2 * n),
                    }
                    return Ok(());
                }
                map::empty(to.area)
            }
            tag::BINARY => {
                let n = self.size()?;
                let b = self.take(n)?;
                to.area.binary(b)
            }
            tag::BIT_BINARY => {
                let n = self.size()?;
                let last = self.u8()?;
                if last > 8 || (last == 0) != (n == 0) {
                    return Err(DecodeError);
                }
                let b = self.take(n)?;
                let bits = (n * 8).saturating_sub(8 - usize::from(last));
                to.area.bits_with(bits, |to| {
                    to.copy_from_slice(b);
                    if let Some(b) = to.last_mut() {
                        *b &= 0xFFu8 << (8 - last);
                    }
                })
            }
            tag::SMALL_BIG | tag::LARGE_BIG => {
                let n = if t == tag::SMALL_BIG { self.u8()?.into() } else { self.size()? };
                let negative = self.u8()? != 0;
                let b = self.take(n)?;
                self.big(to.area, negative, b)?
            }
            tag::NEW_PID | tag::PID => {
                let node = self.atom()?;
                let (id, serial) = (self.u32()?, self.u32()?);
                let creation = self.creation(t == tag::NEW_PID)?;
                self.pid(to.area, node, creation, PidIds { id, serial })?
            }
            tag::V4_PORT | tag::NEW_PORT | tag::PORT => {
                let node = self.atom()?;
                let number = if t == tag::V4_PORT {
                    u64::from_be_bytes(self.array()?)
                } else {
                    self.u32()?.into()
                };
                let creation = self.creation(t != tag::PORT)?;
                self.port(to.area, node, creation, number)?
            }
            tag::NEWER_REFERENCE | tag::NEW_REFERENCE | tag::REFERENCE => {
                self.reference(to.area, t)?
            }
            tag::EXPORT => {
                self.expect(3)?;
                to.group(Group::Export, 3);
                return Ok(());
            }
            tag::NEW_FUN => {
                // What it says of its size is not needed, and stock does not look at it.
                self.size()?;
                let head = Box::new(FunHead {
                    arity: self.u8()?,
                    uniq: self.array()?,
                    index: self.u32()?,
                    num_free: self.u32()?,
                });
                if head.num_free > 255 {
                    return Err(DecodeError);
                }
                let count = 4 + head.num_free as usize;
                self.expect(count)?;
                to.group(Group::Fun(head), count);
                return Ok(());
            }
            _ => return Err(DecodeError),
        };
        to.put(term);
        Ok(())
    }

    /// Makes a term of its parts.
    fn make<'p>(
        &mut self,
        area: &mut Area<'p>,
        what: &Group,
        parts: &[Term<'p>],
    ) -> Result<Term<'p>> {
        Ok(match what {
            Group::Map => {
                let pairs = parts.as_chunks::<2>().0;
                let mut pairs: Vec<_> = pairs.iter().map(|[k, v]| (*k, *v)).collect();
                let t = map::from_pairs(area, &mut pairs);
                // No key comes twice.
                if t.as_map().is_none_or(|m| m.len() != pairs.len()) {
                    return Err(DecodeError);
                }
                t
            }
            Group::Export => {
                let &[m, f, a] = parts else { return Err(DecodeError) };
                let (Some(m), Some(f)) = (m.as_atom(), f.as_atom()) else {
                    return Err(DecodeError);
                };
                let a = a.as_small().and_then(|a| u8::try_from(a).ok()).ok_or(DecodeError)?;
                let export = if self.options.safe {
                    self.names.existing_export(m, f, a).ok_or(DecodeError)?
                } else {
                    self.names.export(m, f, a)
                };
                area.export_fun(export)
            }
            Group::Fun(head) => {
                let [module, old_index, old_uniq, creator, env @ ..] = parts else {
                    return Err(DecodeError);
                };
                if !matches!(creator.view(), View::Pid(_)) && creator.kind() != Some(Kind::ExtPid) {
                    return Err(DecodeError);
                }
                let number = |t: &Term<'p>| {
                    t.as_small().and_then(|n| i32::try_from(n).ok()).ok_or(DecodeError)
                };
                let id = LambdaId {
                    module: module.as_atom().ok_or(DecodeError)?,
                    arity: head.arity,
                    num_free: head.num_free,
                    index: head.index,
                    old_index: number(old_index)? as u32,
                    old_uniq: number(old_uniq)? as u32,
                    uniq: head.uniq,
                };
                let lambda = self.names.lambda(&id);
                if lambda.num_free as usize != env.len() || lambda.arity != id.arity {
                    return Err(DecodeError);
                }
                area.fun(lambda, *creator, env)
            }
        })
    }

    fn float<'p>(&mut self, area: &mut Area<'p>, x: f64) -> Result<Term<'p>> {
        if x.is_finite() { Ok(area.float(x)) } else { Err(DecodeError) }
    }

    /// `%.20e` text, filled up with zero bytes.
    fn float_text<'p>(&mut self, area: &mut Area<'p>, text: &[u8]) -> Result<Term<'p>> {
        let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
        let text = std::str::from_utf8(&text[..end]).map_err(|_| DecodeError)?;
        // Rust also reads names of infinities and NaN, which all have other letters.
        if text.bytes().any(|b| !(b.is_ascii_digit() || b"+-.eE".contains(&b))) {
            return Err(DecodeError);
        }
        let x = text.parse().map_err(|_| DecodeError)?;
        self.float(area, x)
    }

    /// Sign and bytes, little end first.
    fn big<'p>(
        &mut self,
        area: &mut Area<'p>,
        negative: bool,
        mut bytes: &[u8],
    ) -> Result<Term<'p>> {
        while let [rest @ .., 0] = bytes {
            bytes = rest;
        }
        if bytes.len() > MAX_LIMBS * 8 {
            return Err(DecodeError);
        }
        area.integer_in_place(negative, bytes.len().div_ceil(8), |limbs| {
            let (whole, last) = bytes.as_chunks();
            for (limb, bytes) in limbs.iter_mut().zip(whole) {
                *limb = u64::from_le_bytes(*bytes);
            }
            if let [.., top] = limbs
                && !last.is_empty()
            {
                *top = u64::from_le(word_of(last));
            }
        })
        .map_err(|SystemLimit| DecodeError)
    }

    fn atom(&mut self) -> Result<Atom> {
        let t = self.u8()?;
        self.atom_of(t)
    }

    fn atom_of(&mut self, t: u8) -> Result<Atom> {
        let n = match t {
            tag::ATOM | tag::ATOM_UTF8 => self.u16()?,
            tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => self.u8()?.into(),
            tag::ATOM_CACHE_REF => {
                let i = usize::from(self.u8()?);
                return self.atoms.get(i).copied().ok_or(DecodeError);
            }
            _ => return Err(DecodeError),
        };
        let b = self.take(n)?;
        let utf8 = matches!(t, tag::ATOM_UTF8 | tag::SMALL_ATOM_UTF8);
        let place = match b {
            [first, .., last] => usize::from(*first) * 3 + usize::from(*last) + n,
            _ => n,
        } % RECENT_ATOMS;
        if let Some(atom) = self.recent[place]
            && atom.name().as_bytes() == b
            && (utf8 || atom.is_ascii())
        {
            return Ok(atom);
        }
        let name: Cow<'_, str> = if utf8 || b.is_ascii() {
            std::str::from_utf8(b).map_err(|_| DecodeError)?.into()
        } else {
            b.iter().map(|b| char::from(*b)).collect::<String>().into()
        };
        let atom = if self.options.safe {
            self.names.existing_atom(&name)
        } else {
            self.names.atom(&name)
        };
        self.recent[place] = atom;
        atom.ok_or(DecodeError)
    }

    /// A short one has two bits only.
    fn creation(&mut self, long: bool) -> Result<u32> {
        if long {
            return self.u32();
        }
        let creation = self.u8()?;
        if creation > 3 { Err(DecodeError) } else { Ok(creation.into()) }
    }

    fn is_this_node(&self, node: Atom, creation: u32) -> bool {
        self.names.this_node() == (node, creation)
    }

    fn pid<'p>(
        &mut self,
        area: &mut Area<'p>,
        node: Atom,
        creation: u32,
        ids: PidIds,
    ) -> Result<Term<'p>> {
        if self.is_this_node(node, creation) {
            return pid_from_ids(ids).map(Term::pid).ok_or(DecodeError);
        }
        let ids = [ids.id.into(), ids.serial.into()];
        Ok(area.external(Kind::ExtPid, node, creation, &ids))
    }

    fn port<'p>(
        &mut self,
        area: &mut Area<'p>,
        node: Atom,
        creation: u32,
        number: u64,
    ) -> Result<Term<'p>> {
        if self.is_this_node(node, creation) {
            return Term::port(PortId(number)).ok_or(DecodeError);
        }
        Ok(area.external(Kind::ExtPort, node, creation, &[number]))
    }

    fn reference<'p>(&mut self, area: &mut Area<'p>, t: u8) -> Result<Term<'p>> {
        let count = if t == tag::REFERENCE { 1 } else { self.u16()? };
        if count == 0 || count > MAX_REF_WORDS {
            return Err(DecodeError);
        }
        let node = self.atom()?;
        let mut words = [0; MAX_REF_WORDS];
        let creation = if t == tag::REFERENCE {
            words[0] = self.u32()?;
            self.creation(false)?
        } else {
            let creation = self.creation(t == tag::NEWER_REFERENCE)?;
            for w in &mut words[..count] {
                *w = self.u32()?;
            }
            creation
        };
        let words = &words[..count];
        if words[0] >> REF_WORD_0_BITS != 0 {
            return Err(DecodeError);
        }
        if self.is_this_node(node, creation)
            && let Some((number, alias_of)) = ref_from_words(words)
        {
            return Ok(match self.names.magic(number) {
                Some(object) => area.same_magic_reference(number, object),
                None => area.reference(number, alias_of),
            });
        }
        // Also one that another incarnation of this node wrote, of numbers that we never make.
        let ids: Vec<u64> = words.iter().map(|w| u64::from(*w)).collect();
        Ok(area.external(Kind::ExtRef, node, creation, &ids))
    }
}
