//! Any bytes: decoding as an external term answers without a panic, and what decodes can be
//! written, measured and read again.
#![no_main]

use std::sync::{Arc, OnceLock};
use vm::native::with_detached;
use vm::term::compare::exact_eq;
use vm::term::external::{
    DecodeOptions, EncodeOptions, decode, encode, encode_iovec, encoded_size,
};
use vm::vm::{Config, Vm};

fn machine() -> &'static Arc<Vm> {
    static MACHINE: OnceLock<Arc<Vm>> = OnceLock::new();
    MACHINE
        .get_or_init(|| Vm::new(Config::bare(&[])).expect("the system gives a machine its memory"))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let vm = &**machine();
    with_detached(vm, |cx| {
        let Ok((term, taken)) = decode(cx, vm, bytes, DecodeOptions::default()) else { return };
        assert!(taken <= bytes.len());
        let options = EncodeOptions::default();
        let again = encode(term, vm, options).expect("what was read is small enough to write");
        assert!(again.len() <= encoded_size(term, vm, &options).expect("as for writing"));
        let parts = encode_iovec(cx, term, vm, &options).expect("as for writing");
        let parts: Vec<u8> = parts
            .iter()
            .flat_map(|p| p.as_bits().expect("binaries").to_bytes().into_owned())
            .collect();
        assert_eq!(again, parts);
        let (back, taken) =
            decode(cx, vm, &again, DecodeOptions { safe: true }).expect("reads back");
        assert!(taken == again.len() && exact_eq(term, back));
    });
});
