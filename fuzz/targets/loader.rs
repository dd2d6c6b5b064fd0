//! Any bytes: decoding, verifying and disassembling answer without a panic, and what decodes can be
//! shown.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(module) = loader::decode(bytes) else { return };
    let text = loader::disasm::disassemble(&module);
    assert!(text.starts_with("module "));
    let Ok(verified) = loader::verify(module) else { return };
    for function in verified.functions() {
        assert_eq!(verified.label(function.entry), Some(function.body));
        assert!(function.code.contains(&function.body));
    }
});
