//! What the compiler reads of code words, and how it makes them lead to native code.

use crate::code::ops::{BREAK, Op};
use crate::code::table::{Code, LoadedModule};
use crate::sync::{AtomicU16, AtomicU64, Ordering};

/// The opcode of the instruction that begins there, without its breakpoint.
pub(super) fn opcode(code: &Code, offset: u32) -> u16 {
    opcode_at(code, offset).load(Ordering::Relaxed) & !BREAK
}

fn opcode_at(code: &Code, offset: u32) -> &AtomicU16 {
    // SAFETY: the words live as long as `code`; opcodes are read and written as atomics of 16 bits
    // alone.
    unsafe { AtomicU16::from_ptr(code.at(offset).cast_mut().cast()) }
}

/// The `i`th half-word of an instruction's first word, from 1.
pub(super) fn half(code: &Code, offset: u32, i: usize) -> u16 {
    assert!((1..4).contains(&i), "half-words 1 to 3 are operands");
    // SAFETY: within the word. Of operands only the count of an `Entry` and the hint of a
    // `GetMapElement` change, which nobody asks for here.
    unsafe { *code.at(offset).cast::<u16>().add(i) }
}

/// Where in a module's code `address` is, if it is there.
pub(super) fn offset(module: &LoadedModule, address: *const u64) -> Option<u32> {
    let code = module.code.as_ptr();
    module.has(address).then(|| ((address as usize - code as usize) / 8) as u32)
}

/// Where instructions begin, among those words.
pub(super) fn instructions(
    module: &LoadedModule,
    words: std::ops::Range<u32>,
) -> impl Iterator<Item = u32> {
    words.filter(|word| module.starts[*word as usize / 64] >> (word % 64) & 1 != 0)
}

/// Has the `Entry` or `Resume` there lead to native code from here on.
pub(super) fn set_native(code: &Code, offset: u32, address: u64) {
    // SAFETY: further word 1, which is read by those alone that have seen the new opcode.
    let target = unsafe { AtomicU64::from_ptr(code.at(offset + 1).cast_mut()) };
    target.store(address, Ordering::Release);
    let is = Op::of(opcode(code, offset));
    assert!(matches!(is, Op::Entry | Op::Resume), "compiled once");
    // A breakpoint may come and go meanwhile.
    let change = is.opcode() ^ Op::Native.opcode();
    opcode_at(code, offset).fetch_xor(change as u16, Ordering::Release);
}
