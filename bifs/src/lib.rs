//! The native functions, one file per Erlang module and topic.
//!
//! Every file has a table of what it declares at its top; [`tables`] lists them all for whoever
//! makes a machine. Not here: anything unsafe, and what natives share with the interpreter.
#![forbid(unsafe_code)]

pub mod erlang;
pub mod girder;
mod iolist;
pub mod lists;
pub mod maps;
pub mod math;
mod text;

use vm::native::NativeDef;

/// The tables of all native functions.
pub fn tables() -> &'static [&'static [NativeDef]] {
    static TABLES: &[&[NativeDef]] = &[
        erlang::binary::NATIVES,
        erlang::binary::BINARY_NATIVES,
        erlang::checksum::NATIVES,
        erlang::code::NATIVES,
        erlang::compare::INTERNAL_NATIVES,
        erlang::compare::NATIVES,
        erlang::control::NATIVES,
        erlang::convert::NATIVES,
        erlang::display::NATIVES,
        erlang::external::NATIVES,
        erlang::float_text::NATIVES,
        erlang::float_text::STRING_NATIVES,
        erlang::hash::NATIVES,
        erlang::identifiers::NATIVES,
        erlang::integer_text::NATIVES,
        erlang::integer_text::STRING_NATIVES,
        erlang::list::NATIVES,
        erlang::math::NATIVES,
        erlang::tuple::NATIVES,
        erlang::types::NATIVES,
        girder::CODE_NATIVES,
        girder::STDIO_NATIVES,
        lists::NATIVES,
        maps::ERLANG_NATIVES,
        maps::INTERNAL_NATIVES,
        maps::NATIVES,
        math::NATIVES,
    ];
    TABLES
}
