//! Persistent terms: a table from terms to terms that any process reads without copying.
//!
//! Each pair `{Key, Value}` is a tuple in a literal area of its own, which refers to nothing else, the
//! sharing within it kept. Processes may go on to refer to what is replaced or erased, so its area
//! comes back to the caller, who gives it up (`heap::given_up`).
//!
//! The table is open-addressed: an entry is in the first free slot from that of its hash on. At
//! most half of the slots are in use, and at least a quarter once it has grown, as in OTP.
//!
//! # Who may look when
//! Readers take no lock. Who changes the table has the lock of [`Writer`]. A slot goes from free to a
//! pair, from a pair to another one with the same key, or to *erased*, which readers pass over, and from
//! erased to a pair; its hash is written before its pair. So whoever looks a key up meets it if it is
//! there all the time. Slots become free again only in other [`Slots`], which take the place of all; the
//! old ones are freed when every thread has passed a quiescent point. What a pair refers to is there for
//! as long, since areas that are given up wait for that too.

use crate::heap::LiteralArea;
use crate::sync::{AtomicPtr, AtomicU64, Mutex, Ordering};
use crate::term::compare::exact_eq;
use crate::term::{Area, Term, Word, hash};
use crate::vm::Vm;

/// Slots that there are at least.
const FIRST_SLOTS: usize = 8;

/// The persistent terms of one machine.
pub struct PersistentTerms {
    /// Never null.
    slots: AtomicPtr<Slots>,
    writer: Mutex<Writer>,
}

/// The literal arena has no room for another term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// What only those need who change the table.
#[derive(Default)]
struct Writer {
    /// The areas of the pairs, by their slots.
    areas: Vec<Option<LiteralArea>>,
    count: usize,
    /// Slots of which the pair was erased.
    erased: usize,
    /// Of all areas.
    words: usize,
    /// Slots that others have taken the place of, and the epoch that all threads are to see before they
    /// are freed.
    before: Vec<(u64, Box<Slots>)>,
}

/// A power of two of them.
struct Slots(Box<[Slot]>);

struct Slot {
    /// Of the key.
    hash: AtomicU64,
    /// The word of `{Key, Value}`, or [`FREE`] or [`ERASED`].
    pair: AtomicU64,
}

/// No pair is one of these, which are no addresses.
const FREE: u64 = 0;
const ERASED: u64 = 1;

/// A literal of the table as a term, which stays for as long as the process that looks is not asked
/// to copy what it refers to.
fn literal<'p>(w: Word) -> Term<'p> {
    // SAFETY: words in the table are literals, which never move or change; they are not freed
    // before all processes have been asked after they were taken out.
    unsafe { Term::from_word(w) }
}

/// Key and value of an entry.
fn parts<'p>(pair: Word) -> [Term<'p>; 2] {
    literal(pair).as_tuple_of().expect("an entry is a pair")
}

impl Slots {
    fn new(n: usize) -> Box<Slots> {
        let free = || Slot { hash: AtomicU64::new(0), pair: AtomicU64::new(FREE) };
        Box::new(Slots(std::iter::repeat_with(free).take(n).collect()))
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// The slot of a key and its pair, or the slot where it would go.
    #[inline]
    fn find(&self, hash: u64, key: Term<'_>) -> Result<(usize, Word), usize> {
        let mask = self.len() - 1;
        let mut i = hash as usize & mask;
        let mut place = None;
        loop {
            let slot = &self.0[i];
            match slot.pair.load(Ordering::Acquire) {
                FREE => return Err(place.unwrap_or(i)),
                ERASED => place = place.or(Some(i)),
                pair => {
                    let pair = Word(pair);
                    if slot.hash.load(Ordering::Relaxed) == hash
                        && exact_eq(parts(pair)[0], literal(key.word()))
                    {
                        return Ok((i, pair));
                    }
                }
            }
            i = (i + 1) & mask;
        }
    }

    fn set(&self, i: usize, hash: u64, pair: Word) {
        self.0[i].hash.store(hash, Ordering::Relaxed);
        self.0[i].pair.store(pair.0, Ordering::Release);
    }

    /// Slots and hashes of all pairs.
    fn pairs(&self) -> impl Iterator<Item = (usize, u64, Word)> {
        self.0.iter().enumerate().filter_map(|(i, slot)| {
            let pair = slot.pair.load(Ordering::Acquire);
            let hash = slot.hash.load(Ordering::Relaxed);
            (pair != FREE && pair != ERASED).then_some((i, hash, Word(pair)))
        })
    }
}

impl Default for PersistentTerms {
    fn default() -> Self {
        let writer = Writer { areas: Writer::no_areas(FIRST_SLOTS), ..Writer::default() };
        let slots = AtomicPtr::new(Box::into_raw(Slots::new(FIRST_SLOTS)));
        PersistentTerms { slots, writer: Mutex::new(writer) }
    }
}

impl Writer {
    fn no_areas(n: usize) -> Vec<Option<LiteralArea>> {
        std::iter::repeat_with(|| None).take(n).collect()
    }
}

impl PersistentTerms {
    #[inline(always)]
    fn slots_now(&self) -> &Slots {
        // SAFETY: never null, and freed only after the caller's next quiescent point, or by whoever has
        // the machine alone.
        unsafe { &*self.slots.load(Ordering::Acquire) }
    }

    /// Puts the pairs into so many other slots.
    fn resize(&self, vm: &Vm, writer: &mut Writer, n: usize) {
        let (old, new) = (self.slots_now(), Slots::new(n));
        let mut areas = Writer::no_areas(n);
        for (i, hash, pair) in old.pairs() {
            let to = new.find(hash, parts(pair)[0]).expect_err("each key is there once");
            new.set(to, hash, pair);
            areas[to] = writer.areas[i].take();
        }
        self.replace(vm, writer, new);
        writer.areas = areas;
        writer.erased = 0;
    }

    /// Lets readers look in other slots from now on.
    fn replace(&self, vm: &Vm, writer: &mut Writer, new: Box<Slots>) {
        let old = self.slots.swap(Box::into_raw(new), Ordering::AcqRel);
        // SAFETY: it was made so, and only the holder of the lock takes it out.
        let old = unsafe { Box::from_raw(old) };
        writer.before.retain(|(epoch, _)| !vm.quiescence.passed(*epoch));
        writer.before.push((vm.quiescence.begin(), old));
    }

    /// The value of `key`.
    #[inline]
    pub fn get<'p>(&self, key: Term<'p>) -> Option<Term<'p>> {
        let (_, pair) = self.slots_now().find(hash::internal(key), key).ok()?;
        Some(parts(pair)[1])
    }

    /// Gives `key` a value. An equal value is left as it is. What was there before is to be given up.
    pub fn put<'p>(
        &self,
        vm: &Vm,
        area: &mut Area<'p>,
        key: Term<'p>,
        value: Term<'p>,
    ) -> Result<Option<LiteralArea>, Full> {
        let hash = hash::internal(key);
        if self.get(key).is_some_and(|before| exact_eq(before, value)) {
            return Ok(None);
        }
        let pair = area.tuple(&[key, value]);
        let (pair, area) = vm.share_to_literals(pair).ok_or(Full)?;
        let mut writer = self.writer.lock();
        let writer = &mut *writer;
        writer.words += area.words();
        let mut found = self.slots_now().find(hash, key);
        if let Ok((i, _)) = found {
            self.slots_now().set(i, hash, pair);
            let before = writer.areas[i].replace(area);
            writer.words -= before.as_ref().map_or(0, LiteralArea::words);
            return Ok(before);
        }
        let slots = self.slots_now().len();
        if 2 * (writer.count + writer.erased + 1) > slots {
            let grown = if 2 * (writer.count + 1) > slots { 2 * slots } else { slots };
            self.resize(vm, writer, grown);
            found = self.slots_now().find(hash, key);
        }
        let i = found.expect_err("it is not there");
        if self.slots_now().0[i].pair.load(Ordering::Relaxed) == ERASED {
            writer.erased -= 1;
        }
        writer.count += 1;
        writer.areas[i] = Some(area);
        self.slots_now().set(i, hash, pair);
        Ok(None)
    }

    /// Takes `key` out, if it is there: what is to be given up.
    pub fn erase<'p>(&self, vm: &Vm, key: Term<'p>) -> Option<LiteralArea> {
        let mut writer = self.writer.lock();
        let writer = &mut *writer;
        let slots = self.slots_now();
        let (i, _) = slots.find(hash::internal(key), key).ok()?;
        slots.0[i].pair.store(ERASED, Ordering::Release);
        writer.count -= 1;
        writer.erased += 1;
        let old = writer.areas[i].take();
        writer.words -= old.as_ref().map_or(0, LiteralArea::words);
        if 4 * writer.count < slots.len() && slots.len() > FIRST_SLOTS {
            self.resize(vm, writer, slots.len() / 2);
        }
        old
    }

    /// All pairs, each a tuple.
    pub(crate) fn pairs(&self) -> Vec<Word> {
        let _writer = self.writer.lock();
        self.slots_now().pairs().map(|(_, _, pair)| pair).collect()
    }

    /// All pairs, as a list of `{Key, Value}`.
    pub fn all<'p>(&self, area: &mut Area<'p>) -> Term<'p> {
        let items: Vec<Term<'p>> = self.pairs().into_iter().map(literal).collect();
        area.list(&items)
    }

    /// Takes all out: what is to be given up.
    pub fn clear(&self, vm: &Vm) -> Vec<LiteralArea> {
        let mut writer = self.writer.lock();
        self.replace(vm, &mut writer, Slots::new(FIRST_SLOTS));
        let empty = Writer { areas: Writer::no_areas(FIRST_SLOTS), ..Writer::default() };
        let before = std::mem::take(&mut writer.before);
        let all = std::mem::replace(&mut *writer, Writer { before, ..empty });
        all.areas.into_iter().flatten().collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.writer.lock().count
    }

    /// How many slots the table has.
    pub fn slots(&self) -> usize {
        let _writer = self.writer.lock();
        self.slots_now().len()
    }

    /// Bytes that the table and all its keys and values take. A slot counts as a word, as in OTP, on which
    /// its tests rely; what it takes beyond that is counted with the pairs, which fill about half of them.
    pub fn bytes(&self) -> usize {
        let writer = self.writer.lock();
        let slot = size_of::<Slot>() + size_of::<Option<LiteralArea>>();
        let (slots, word) = (writer.areas.len(), size_of::<Word>());
        slots * word + writer.count * 2 * (slot - word) + writer.words * word
    }
}

impl Drop for PersistentTerms {
    fn drop(&mut self) {
        // SAFETY: nobody looks any more; never null.
        drop(unsafe { Box::from_raw(*self.slots.get_mut()) });
    }
}
