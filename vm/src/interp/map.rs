//! Maps.

use super::bif::finish;
use super::zeal::zealous;
use super::{ANY, M, exception, term};
use crate::sync::{AtomicU8, Ordering};
use crate::term::layout::{Kind, header, header_arity, header_kind};
use crate::term::map::{put, put_many, update, update_many};
use crate::term::{Term, Word, atoms};
use smallvec::SmallVec;

/// A flat map taken apart.
#[derive(Clone, Copy)]
struct Flat {
    map: *const Word,
    /// The first key.
    keys: *const Word,
    /// How many keys.
    len: usize,
}

impl Flat {
    #[inline(always)]
    unsafe fn of(w: Word) -> Option<Flat> {
        // SAFETY: `w` is a term; layouts as in `term::layout`.
        unsafe {
            if !w.is_boxed() || header_kind(*w.boxed_ptr()) != Kind::FlatMap {
                return None;
            }
            let map = w.boxed_ptr();
            let keys = (*map.add(1)).boxed_ptr();
            Some(Flat { map, keys: keys.add(1), len: header_arity(*map) - 1 })
        }
    }

    /// Where a key is that equals only words that are the same.
    #[inline(always)]
    unsafe fn find(self, key: Word) -> Option<usize> {
        // SAFETY: there are `len` keys.
        unsafe { (0..self.len).find(|i| *self.keys.add(*i) == key) }
    }
}

/// How many pairs an update has.
#[inline(always)]
unsafe fn count(m: M) -> usize {
    // SAFETY: operands as in the table.
    unsafe { (m.word(1) >> 32) as usize }
}

/// The usual case of both updates: a flat map that has all the keys, and room for another. Keys that
/// are constants are in the order of maps.
#[inline(always)]
unsafe fn update_flat(mut m: M) -> Option<M> {
    // SAFETY: operands as in the table; what is written behind `hp` counts only when it moves.
    unsafe {
        let old = Flat::of(m.get(m.a()))?;
        let n = count(m);
        if m.free() < old.len + 2 || !copy_updated(old.map, m.hp, m.ip, m.x, m.sp) {
            return None;
        }
        m.set(m.b(), Word::from_boxed_ptr(m.hp));
        m.hp = m.hp.add(2 + old.len);
        Some(m.next(2 + 2 * n))
    }
}

/// Words that mostly suffice for the nodes of a large map that are made anew for one key.
const NODES: usize = 96;

/// Collects if there is no room for an update of a map, and makes the update if it is of the usual
/// case then, that of [`update_flat`]: what is built elsewhere has to be moved later.
#[inline(always)]
unsafe fn update_with_room(m: M) -> Result<M, M> {
    // SAFETY: operands as in the table.
    unsafe {
        let old = m.get(m.a());
        let need = match Flat::of(old) {
            // The map and, with keys that are new, the tuple of its keys.
            Some(old) => 2 * (old.len + count(m)) + 3,
            None if old.is_boxed() => NODES * count(m).min(4),
            None => return Err(m),
        };
        if m.free() >= need && !zealous(m) {
            return Err(m);
        }
        update_after_collection(m, need)
    }
}

#[cold]
unsafe fn update_after_collection(mut m: M, need: usize) -> Result<M, M> {
    // SAFETY: operands as in the table; registers below `live` are terms.
    unsafe {
        m = super::garbage_collect(m, need, m.c() as usize);
        update_flat(m).ok_or(m)
    }
}

/// Copies the flat map `old` to `new` with the values of the instruction at `ip`. False: a key is not
/// there, or it equals others than the same words. Apart from the handlers, which have no registers
/// left for it.
#[inline(never)]
unsafe fn copy_updated(
    old: *const Word,
    new: *mut Word,
    ip: *const u64,
    x: *mut Word,
    sp: *mut Word,
) -> bool {
    // SAFETY: as `update_flat`.
    unsafe {
        let m = M::of_registers(ip, x, sp, new, std::ptr::null(), 0);
        let keys = (*old.add(1)).boxed_ptr().add(1);
        let len = header_arity(*old) - 1;
        *new = *old;
        *new.add(1) = *old.add(1);
        let (old, new) = (old.add(2), new.add(2));
        let mut pair = ip.add(2);
        let behind = pair.add(2 * count(m));
        let mut i = 0;
        while pair != behind {
            let key = m.tagged(*pair);
            loop {
                if i == len {
                    return false;
                }
                if *keys.add(i) == key {
                    break;
                }
                *new.add(i) = *old.add(i);
                i += 1;
            }
            *new.add(i) = m.tagged(*pair.add(1));
            i += 1;
            pair = pair.add(2);
        }
        while i < len {
            // Volatile, as the compiler would make ready for long maps.
            new.add(i).write_volatile(*old.add(i));
            i += 1;
        }
        true
    }
}

/// A pair of an instruction that updates a map.
#[inline(always)]
unsafe fn pair<'p>(m: M, i: usize) -> (Term<'p>, Term<'p>) {
    // SAFETY: operands as in the table.
    unsafe { (term(m.tagged(m.word(2 + 2 * i))), term(m.tagged(m.word(3 + 2 * i)))) }
}

/// What `f` makes of all of them, if there are several.
#[inline(always)]
unsafe fn with_pairs<'p, R>(m: M, n: usize, f: impl FnOnce(&[(Term<'p>, Term<'p>)]) -> R) -> R {
    let mut few = [(Term::nil(), Term::nil()); 4];
    let Some(pairs) = few.get_mut(..n) else {
        // SAFETY: as `pair`.
        let pairs: Vec<_> = (0..n).map(|i| unsafe { pair(m, i) }).collect();
        return f(&pairs);
    };
    for (i, p) in pairs.iter_mut().enumerate() {
        // SAFETY: as `pair`.
        *p = unsafe { pair(m, i) };
    }
    f(pairs)
}

/// Raises `error:{Tag, Value}`, or branches.
#[inline(always)]
unsafe fn fail(m: M, tag: crate::term::Atom, value: Word) -> M {
    // SAFETY: `value` is a term.
    unsafe {
        if m.word(1) as i32 != 0 {
            return m.branch_w1();
        }
        exception::error_with_value(m, tag, value)
    }
}

#[inline(always)]
pub(super) unsafe fn put_map_assoc(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { update_flat(m).unwrap_or_else(|| put_map_any_assoc(m)) }
}

#[inline(always)]
pub(super) unsafe fn put_map_exact(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { update_flat(m).unwrap_or_else(|| put_map_any_exact(m)) }
}

slow! {
    unsafe fn put_map_any_assoc(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let m = match update_with_room(m) {
                Ok(m) => return m,
                Err(m) => m,
            };
            let n = count(m);
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let (m, w) = exception::build(m, |area| match n {
                1 => {
                    let (key, value) = pair(m, 0);
                    put(area, view, key, value)
                }
                _ => with_pairs(m, n, |pairs| put_many(area, view, pairs)),
            });
            finish(m, w, m.b(), m.c(), 2 + 2 * n)
        }
    }
}

slow! {
    unsafe fn put_map_any_exact(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let m = match update_with_room(m) {
                Ok(m) => return m,
                Err(m) => m,
            };
            let n = count(m);
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let mut missing = None;
            let (m, w) = exception::build(m, |area| {
                let updated = match n {
                    1 => {
                        let (key, value) = pair(m, 0);
                        update(area, view, key, value).ok_or(key)
                    }
                    _ => with_pairs(m, n, |pairs| update_many(area, view, pairs)),
                };
                updated.unwrap_or_else(|key| {
                    missing = Some(key);
                    Term::nil()
                })
            });
            if let Some(key) = missing {
                return fail(m, atoms::BADKEY, key.word());
            }
            finish(m, w, m.b(), m.c(), 2 + 2 * n)
        }
    }
}

/// A flat map of a literal's keys.
#[inline(always)]
pub(super) unsafe fn new_map(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if m.free() < m.b() as usize + 2 || zealous(m) {
            return new_map_without_room(m);
        }
        new_map_with_room(m)
    }
}

#[inline(always)]
unsafe fn new_map_with_room(mut m: M) -> M {
    // SAFETY: operands as in the table; the caller has seen that there is room.
    unsafe {
        let n = m.b() as usize;
        let p = m.hp;
        *p = header(Kind::FlatMap, 1 + n);
        *p.add(1) = Word(m.word(1));
        let mut i = 0;
        while i < n {
            *p.add(2 + i) = m.tagged(m.word(2 + i));
            i += 1;
        }
        m.hp = p.add(2 + n);
        m.set(m.a(), Word::from_boxed_ptr(p));
        m.next(2 + n)
    }
}

slow! {
    unsafe fn new_map_without_room(m: M) -> M {
        // SAFETY: registers below `live` are terms.
        unsafe {
            let need = m.b() as usize + 2;
            new_map_with_room(super::garbage_collect(m, need, m.c() as usize))
        }
    }
}

#[inline(always)]
pub(super) unsafe fn has_map_fields(m: M) -> M {
    // SAFETY: operands as in the table; the compiler has tested that `a` is a map.
    unsafe {
        let n = m.word(1) as usize;
        let Some(map) = m.term_a().as_map() else { return m.branch() };
        for i in 0..n {
            if !map.contains(term(m.tagged(m.word(2 + i)))) {
                return m.branch();
            }
        }
        m.next(2 + n)
    }
}

/// The value of a key that equals only the same words, found where it was last.
#[inline(always)]
pub(super) unsafe fn get_map_element<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if let Some(map) = Flat::of(m.get_a::<K>()) {
            let at = usize::from((*hint(m)).load(Ordering::Relaxed));
            if at < map.len && *map.keys.add(at) == Word(m.word(2)) {
                m.set_b::<K>(*map.map.add(2 + at));
                return m.next(3);
            }
        }
        search_map_element::<K>(m)
    }
}

/// Which byte of a `GetMapElement` is its hint.
pub(crate) const MAP_HINT: usize = 6;

/// Where [`get_map_element`] notes at which place in a map the key was. Workers write it as they
/// please: it is looked at before it is believed.
#[inline(always)]
unsafe fn hint(m: M) -> *const AtomicU8 {
    // SAFETY: operand `c` is this byte and one that is not used; nothing else reads it.
    unsafe { m.ip.cast::<AtomicU8>().add(MAP_HINT) }
}

aside! {
    unsafe fn search_map_element<const K: u8>(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let Some(map) = Flat::of(m.get_a::<K>()) else { return get_any_map_element(m) };
            let Some(at) = map.find(Word(m.word(2))) else { return m.branch_w1() };
            // Now and then only, so that code that meets maps of many kinds is not written to by
            // several workers all the time.
            if m.reds & 15 == 0 {
                (*hint(m)).store(at as u8, Ordering::Relaxed);
            }
            m.set_b::<K>(*map.map.add(2 + at));
            m.next(3)
        }
    }
}

slow! {
    unsafe fn get_any_map_element(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let map = term(m.get_a::<ANY>()).as_map();
            match map.and_then(|map| map.get(term(Word(m.word(2))))) {
                Some(v) => {
                    m.set_b::<ANY>(v.word());
                    m.next(3)
                }
                None => m.branch_w1(),
            }
        }
    }
}

/// The quick way is that of a single key, which is mostly a variable: constants that are immediates
/// have instructions of their own.
#[inline(always)]
pub(super) unsafe fn get_map_elements<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let key = m.tagged(m.word(2));
        match Flat::of(m.get_a::<K>()) {
            Some(map) if m.word(1) == 1 && key.is_plain() => match map.find(key) {
                Some(at) => {
                    m.set(m.word(3) as u16, *map.map.add(2 + at));
                    m.next(4)
                }
                None => m.branch(),
            },
            _ => get_any_map_elements(m),
        }
    }
}

slow! {
    unsafe fn get_any_map_elements(m: M) -> M {
        // SAFETY: as `has_map_fields`.
        unsafe {
            let n = m.word(1) as usize;
            let Some(map) = term(m.get_a::<ANY>()).as_map() else { return m.branch() };
            let value = |i| map.get(term(m.tagged(m.word(2 + 2 * i))));
            if n == 1 {
                let Some(v) = value(0) else { return m.branch() };
                m.set(m.word(3) as u16, v.word());
                return m.next(4);
            }
            let values: Option<SmallVec<[Term<'_>; 8]>> = (0..n).map(value).collect();
            let Some(values) = values else { return m.branch() };
            // After all have been read: the map, or a key, may be in one of their places.
            for (i, v) in values.into_iter().enumerate() {
                m.set(m.word(3 + 2 * i) as u16, v.word());
            }
            m.next(2 + 2 * n)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn map_get<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let key = m.get_a::<K>();
        match Flat::of(m.get_b::<K>()) {
            Some(map) if key.is_plain() => match map.find(key) {
                Some(at) => {
                    m.set_c::<K>(*map.map.add(2 + at));
                    m.next(2)
                }
                None => map_get_any(m),
            },
            _ => map_get_any(m),
        }
    }
}

#[inline(always)]
pub(super) unsafe fn is_map_key<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let key = m.get_a::<K>();
        match Flat::of(m.get_b::<K>()) {
            Some(map) if key.is_plain() => {
                m.set_c::<K>(Term::bool(map.find(key).is_some()).word());
                m.next(2)
            }
            _ => is_key_of_any_map(m),
        }
    }
}

slow! {
    unsafe fn map_get_any(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (key, map) = (m.get_a::<ANY>(), m.get_b::<ANY>());
            let Some(view) = term(map).as_map() else {
                return guard_fails(m, "map_get", atoms::BADMAP, map);
            };
            let Some(value) = view.get(term(key)) else {
                return guard_fails(m, "map_get", atoms::BADKEY, key);
            };
            m.set_c::<ANY>(value.word());
            m.next(2)
        }
    }
}

slow! {
    unsafe fn is_key_of_any_map(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (key, map) = (m.get_a::<ANY>(), m.get_b::<ANY>());
            let Some(view) = term(map).as_map() else {
                return guard_fails(m, "is_map_key", atoms::BADMAP, map);
            };
            m.set_c::<ANY>(Term::bool(view.contains(term(key))).word());
            m.next(2)
        }
    }
}

outlined! {
    /// Branches, or raises `error:{Tag, Value}` of a function of a key and a map.
    unsafe fn guard_fails(m: M, name: &'static str, tag: crate::term::Atom, value: Word) -> M {
        // SAFETY: operands as in the table; 0 means that there is no label.
        unsafe {
            if m.word(1) as i32 != 0 {
                return m.branch_w1();
            }
            let args = [m.get_a::<ANY>(), m.get_b::<ANY>()];
            let (m, reason) = exception::build(m, |area| area.tuple(&[Term::atom(tag), term(value)]));
            exception::raise_function(m, reason, name, &args)
        }
    }
}
