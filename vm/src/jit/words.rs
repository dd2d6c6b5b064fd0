//! What the compiler reads of code words, and how it makes them lead to native code.

use crate::code::Export;
use crate::code::ops::{BREAK, Op};
use crate::code::table::LoadedModule;
use crate::code::words::Code;
use crate::sync::{AtomicU16, AtomicU32, AtomicU64, Ordering};

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

/// Where in code `address` is, if it is there.
pub(super) fn offset(code: &Code, address: *const u64) -> Option<u32> {
    let word = (address as usize).wrapping_sub(code.as_ptr() as usize) / 8;
    (word < code.len()).then_some(word as u32)
}

/// Where instructions begin, among those words.
pub(super) fn instructions(
    module: &LoadedModule,
    words: std::ops::Range<u32>,
) -> impl Iterator<Item = u32> {
    words.filter(|word| module.starts[*word as usize / 64] >> (word % 64) & 1 != 0)
}

/// The words of a function of a module.
pub(super) fn of_function(module: &LoadedModule, function: usize) -> std::ops::Range<u32> {
    let start = module.functions[function].start;
    let end = module.functions.get(function + 1).map_or(module.code.len() as u32, |f| f.start);
    start..end
}

/// The entries of the functions that a function calls, but for funs.
pub(super) fn calls(module: &LoadedModule, function: usize) -> impl Iterator<Item = *const u64> {
    instructions(module, of_function(module, function)).filter_map(|at| {
        let target = || module.code.operand(at + 1);
        match Op::of(opcode(&module.code, at)) {
            Op::Call | Op::CallLast | Op::CallOnly | Op::MoveCall | Op::MoveCallOnly => {
                Some(target() as *const u64)
            }
            Op::CallExt | Op::CallExtLast | Op::CallExtOnly => Some(exported(target())),
            _ => None,
        }
    })
}

/// Where calls of an export go now.
pub(super) fn exported(export: u64) -> *const u64 {
    // SAFETY: exports live as long as the program.
    let export = unsafe { &*(export as *const Export) };
    export.code.load(Ordering::Acquire)
}

/// The native code of the function whose entry is at that address of `code`, if it has been compiled. It
/// stays where it is for as long as `code` does.
pub(super) fn native_code(code: &Code, entry: *const u64) -> Option<u64> {
    let offset = offset(code, entry)?;
    if Op::of(opcode_at(code, offset).load(Ordering::Acquire)) != Op::Native {
        return None;
    }
    // SAFETY: further word 1, which was written before the opcode.
    let target = unsafe { AtomicU64::from_ptr(code.at(offset + 1).cast_mut()) };
    Some(target.load(Ordering::Relaxed))
}

/// How often the function whose entry is at that address of `code` is still called before it is compiled.
/// `None`: it has been.
pub(super) fn calls_left(code: &Code, entry: *const u64) -> Option<u32> {
    let offset = offset(code, entry)?;
    if Op::of(opcode(code, offset)) != Op::Entry {
        return None;
    }
    // SAFETY: the count of an `Entry`, which is read and written as an atomic alone.
    let left = unsafe { AtomicU32::from_ptr(code.at(offset).cast::<u32>().add(1).cast_mut()) };
    Some(left.load(Ordering::Relaxed))
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
