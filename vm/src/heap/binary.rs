//! Reference-counted binaries outside process heaps.
//!
//! Ownership: every `BinRef` object on a heap holds one count; the heap's off-heap list finds it
//! again when the collector leaves the object behind. Bits below `used` never change while the
//! binary is shared. Bits from `used` on are zero and belong to nobody until someone claims them
//! with [`Binary::claim`], which moves `used` atomically: that one writer may then fill them. This
//! is what makes appending to the latest binary happen in place. `used` counts bits, so that a
//! bitstring that ends within a byte has one successor in that byte and no more.

use super::binary_blocks;
use super::words::copy_bytes;
use crate::sync::{AtomicUsize, Ordering};
use crate::vm::{Wanted, out_of_memory};
use std::alloc::Layout;
use std::ptr::NonNull;

/// The head of an off-heap binary; its bytes follow it in the same allocation.
#[repr(C)]
pub struct Binary {
    count: AtomicUsize,
    /// Bits in use.
    used: AtomicUsize,
    capacity: usize,
    _align: usize,
}

const HEAD: usize = size_of::<Binary>();
const _: () = assert!(HEAD.is_multiple_of(16));

impl Binary {
    fn layout(capacity: usize) -> Layout {
        Layout::from_size_align(HEAD + capacity, binary_blocks::ALIGN)
            .expect("a binary's size is below 2^62")
    }

    /// A binary of `size` bytes, zeroed, with room for `capacity`; its count is one.
    pub fn new(size: usize, capacity: usize) -> NonNull<Binary> {
        Self::new_bits(size * 8, capacity)
    }

    /// A binary of which `bits` bits are in use, zeroed, with room for `capacity` bytes; its count
    /// is one.
    pub fn new_bits(bits: usize, capacity: usize) -> NonNull<Binary> {
        let capacity = capacity.max(bits.div_ceil(8));
        let layout = Self::layout(capacity);
        Self::allocate(layout, bits, capacity)
            .unwrap_or_else(|| out_of_memory(Wanted::Binary, layout))
    }

    /// A binary of `size` bytes, zeroed; its count is one. `None` if there is no memory for it.
    pub fn try_new(size: usize) -> Option<NonNull<Binary>> {
        let bits = size.checked_mul(8)?;
        let layout = Layout::from_size_align(HEAD.checked_add(size)?, binary_blocks::ALIGN).ok()?;
        Self::allocate(layout, bits, size)
    }

    /// `layout` is that of `capacity` bytes, of which `bits` bits are at most all.
    fn allocate(layout: Layout, bits: usize, capacity: usize) -> Option<NonNull<Binary>> {
        // SAFETY: the layout is not empty (HEAD > 0).
        let p = NonNull::new(unsafe { binary_blocks::get_zeroed(layout) }.cast::<Binary>())?;
        // SAFETY: `p` is fresh and large enough for the head.
        unsafe {
            p.write(Binary {
                count: AtomicUsize::new(1),
                used: AtomicUsize::new(bits),
                capacity,
                _align: 0,
            });
        }
        Some(p)
    }

    /// A binary that holds a copy of `bytes`; its count is one.
    pub fn from_bytes(bytes: &[u8]) -> NonNull<Binary> {
        Self::from_runs(bytes.len(), |out| out.put(bytes))
    }

    /// A binary of `size` bytes that `fill` puts in, one run behind the other; its count is one.
    pub fn from_runs(size: usize, fill: impl FnOnce(&mut Runs)) -> NonNull<Binary> {
        let layout = Self::layout(size);
        // SAFETY: the layout is not empty (HEAD > 0).
        let p = unsafe { binary_blocks::get(layout) }.cast::<Binary>();
        let Some(p) = NonNull::new(p) else { out_of_memory(Wanted::Binary, layout) };
        // SAFETY: `p` is fresh and large enough for the head and the bytes.
        unsafe {
            p.write(Binary {
                count: AtomicUsize::new(1),
                used: AtomicUsize::new(size * 8),
                capacity: size,
                _align: 0,
            });
        }
        let mut out = Runs { to: Binary::data(p.as_ptr()), left: size };
        fill(&mut out);
        assert!(out.left == 0, "all bytes of a binary are put in");
        p
    }

    /// Address of the first byte.
    #[inline(always)]
    pub fn data(this: *const Binary) -> *mut u8 {
        this.cast::<u8>().cast_mut().wrapping_add(HEAD)
    }

    /// Bytes there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whole bytes in use.
    pub fn used_bytes(&self) -> usize {
        self.used.load(Ordering::Acquire) / 8
    }

    /// Bits in use.
    pub fn used_bits(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// How many references there are.
    pub fn references(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Claims the bits from `from` (where the caller's view ends) to `to` for writing. True if
    /// `from` was the end of what is used and there is room; the caller alone may then write
    /// `from..to`.
    #[inline(always)]
    pub fn claim(&self, from: usize, to: usize) -> bool {
        if from > to || to.div_ceil(8) > self.capacity {
            return false;
        }
        if self.count.load(Ordering::Acquire) == 1 {
            // The caller's is the only reference, so nobody else can claim, and the atomic step,
            // which costs more than all the rest, is not needed.
            let latest = self.used.load(Ordering::Relaxed) == from;
            if latest {
                self.used.store(to, Ordering::Relaxed);
            }
            return latest;
        }
        self.used.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Adds a reference.
    #[inline]
    pub fn retain(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Drops a reference, and the binary with the last one.
    ///
    /// # Safety
    /// The caller owns one reference and does not use it again.
    pub unsafe fn release(this: NonNull<Binary>) {
        // SAFETY: the caller's reference keeps the head alive until here.
        let (last, capacity) = unsafe {
            let b = this.as_ref();
            (b.count.fetch_sub(1, Ordering::Release) == 1, b.capacity)
        };
        if last {
            crate::sync::fence(Ordering::Acquire);
            // SAFETY: that was the last reference; the layout is the one it was made with.
            unsafe { binary_blocks::give_back(this.as_ptr().cast(), Self::layout(capacity)) };
        }
    }
}

/// Where the bytes of a binary that is being made go.
pub struct Runs {
    /// There is room for `left` bytes, which nothing else refers to.
    to: *mut u8,
    left: usize,
}

impl Runs {
    /// Puts bytes in, behind those that have been.
    #[inline(always)]
    pub fn put(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.left, "no more than there is room for");
        // SAFETY: there is room for them, where no slice can lie.
        unsafe {
            copy_bytes(bytes.as_ptr(), self.to, bytes.len());
            self.to = self.to.add(bytes.len());
        }
        self.left -= bytes.len();
    }
}

/// One count of a binary, held outside heaps.
pub struct BinaryCount(NonNull<Binary>);

// SAFETY: the count is atomic, and bytes that are shown do not change.
unsafe impl Send for BinaryCount {}
// SAFETY: as for Send.
unsafe impl Sync for BinaryCount {}

impl BinaryCount {
    /// Takes over the count of a binary that has just been made.
    pub(crate) fn take(fresh: NonNull<Binary>) -> BinaryCount {
        BinaryCount(fresh)
    }

    /// A count of the binary that `t` shows a part of, if it is an off-heap one.
    pub fn of(t: crate::term::Term<'_>) -> Option<BinaryCount> {
        let binary = crate::term::bits::off_heap_binary(t)?;
        // SAFETY: the term keeps the binary alive.
        unsafe { binary.as_ref() }.retain();
        Some(BinaryCount(binary))
    }

    /// Another count of it, for a term to own.
    pub(crate) fn another(&self) -> NonNull<Binary> {
        // SAFETY: our count keeps it alive.
        unsafe { self.0.as_ref() }.retain();
        self.0
    }

    /// Address of the first byte.
    pub fn data(&self) -> *const u8 {
        Binary::data(self.0.as_ptr())
    }

    /// `len` bytes from `start` on, which a term has shown or the maker has filled.
    pub(crate) fn bytes(&self, start: usize, len: usize) -> &[u8] {
        // SAFETY: our count keeps the binary alive.
        let capacity = unsafe { self.0.as_ref() }.capacity();
        assert!(start <= capacity && len <= capacity - start, "within the binary");
        // SAFETY: within the binary, whose bytes are all initialised; those below `used` do not
        // change, and the caller asks for no others.
        unsafe { std::slice::from_raw_parts(self.data().add(start), len) }
    }
}

impl Clone for BinaryCount {
    fn clone(&self) -> BinaryCount {
        BinaryCount(self.another())
    }
}

impl Drop for BinaryCount {
    fn drop(&mut self) {
        // SAFETY: our count, given up.
        unsafe { Binary::release(self.0) }
    }
}
