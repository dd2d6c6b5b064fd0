//! Maps.

use super::bif::finish;
use super::{ANY, M, exception, term};
use crate::heap::words::copy_words;
use crate::term::layout::{Kind, header, header_arity, header_kind};
use crate::term::map::{put, put_many, update_many};
use crate::term::{Area, Term, Word, atoms};
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

/// The usual case of both updates: a flat map that has all the keys, and room for another.
#[inline(always)]
unsafe fn update_flat(mut m: M, n: usize) -> Option<M> {
    // SAFETY: operands as in the table; what is written behind `hp` counts only when it moves.
    unsafe {
        let old = Flat::of(m.get(m.a()))?;
        let words = old.len + 2;
        if n == 0 || m.free() < words {
            return None;
        }
        let place = |i: usize| {
            let key = m.tagged(m.word(2 + 2 * i));
            if key.is_plain() { old.find(key) } else { None }
        };
        // Before anything is copied: mostly it is the only one.
        let first = place(0)?;
        let new = m.hp;
        copy_words(old.map, new, words);
        *new.add(2 + first) = m.tagged(m.word(3));
        for i in 1..n {
            *new.add(2 + place(i)?) = m.tagged(m.word(3 + 2 * i));
        }
        m.hp = new.add(words);
        m.set(m.b(), Word::from_boxed_ptr(new));
        Some(m.next(2 + 2 * n))
    }
}

/// The pairs of the instruction's `count`.
unsafe fn pairs<'p>(m: M, n: usize) -> SmallVec<[(Term<'p>, Term<'p>); 4]> {
    // SAFETY: operands as in the table.
    unsafe {
        (0..n)
            .map(|i| (term(m.tagged(m.word(2 + 2 * i))), term(m.tagged(m.word(3 + 2 * i)))))
            .collect()
    }
}

/// Raises `error:{Tag, Value}`, or branches.
unsafe fn fail(m: M, tag: crate::term::Atom, value: Word) -> M {
    // SAFETY: `value` is a term.
    unsafe {
        if m.word(1) as i32 != 0 {
            return m.branch_w1();
        }
        exception::raise_built(m, |area: &mut Area<'_>| area.tuple(&[Term::atom(tag), term(value)]))
    }
}

slow! {
    pub(super) unsafe fn put_map_assoc(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = (m.word(1) >> 32) as usize;
            if n > 1 && let Some(m) = update_flat(m, n) {
                return m;
            }
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let (m, w) = if n == 1 {
                let (key, value) = (m.tagged(m.word(2)), m.tagged(m.word(3)));
                exception::build(m, |area| put(area, view, term(key), term(value)))
            } else {
                let pairs = pairs(m, n);
                exception::build(m, |area| put_many(area, view, &pairs))
            };
            finish(m, w, m.b(), m.c(), 2 + 2 * n)
        }
    }
}

slow! {
    pub(super) unsafe fn put_map_exact(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = (m.word(1) >> 32) as usize;
            if let Some(m) = update_flat(m, n) {
                return m;
            }
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let pairs = pairs(m, n);
            let mut missing = None;
            let (m, w) = exception::build(m, |area| {
                update_many(area, view, &pairs).unwrap_or_else(|key| {
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
        if m.free() < m.b() as usize + 2 || cfg!(feature = "gc_zeal") {
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

#[inline(always)]
pub(super) unsafe fn get_map_elements<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let Some(map) = Flat::of(m.get_a::<K>()) else { return get_any_map_elements(m) };
        let n = m.word(1) as usize;
        let mut i = 0;
        while i < n {
            let key = m.tagged(m.word(2 + 2 * i));
            if !key.is_plain() {
                return get_any_map_elements(m);
            }
            let Some(at) = map.find(key) else { return m.branch() };
            m.set(m.word(3 + 2 * i) as u16, *map.map.add(2 + at));
            i += 1;
        }
        m.next(2 + 2 * n)
    }
}

slow! {
    unsafe fn get_any_map_elements(m: M) -> M {
        // SAFETY: as `has_map_fields`.
        unsafe {
            let n = m.word(1) as usize;
            let Some(map) = term(m.get_a::<ANY>()).as_map() else { return m.branch() };
            for i in 0..n {
                match map.get(term(m.tagged(m.word(2 + 2 * i)))) {
                    Some(v) => m.set(m.word(3 + 2 * i) as u16, v.word()),
                    None => return m.branch(),
                }
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

/// Branches, or raises `error:{Tag, Value}` of a function of a key and a map.
unsafe fn guard_fails(m: M, name: &str, tag: crate::term::Atom, value: Word) -> M {
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
