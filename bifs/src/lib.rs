//! The native functions, one file per Erlang module and topic.
//!
//! Every file has a table of what it declares at its top; [`tables`] lists them all for whoever
//! makes a machine. Not here: anything unsafe, and what natives share with the interpreter.
#![forbid(unsafe_code)]

pub mod atomics;
pub mod binary;
pub mod erl_ddll;
pub mod erl_tracer;
pub mod erlang;
pub mod ets;
pub mod girder;
pub mod lists;
pub mod maps;
pub mod math;
pub mod net_kernel;
pub mod os;
pub mod persistent_term;
pub mod port;
pub mod prim_buffer;
pub mod prim_file;
pub mod prim_net;
pub mod re;
mod text;
pub mod unicode;
mod walk;
pub mod zlib;

use vm::native::NativeDef;
use vm::term::iolist;

/// Modules whose natives come from a library in stock.
const LIBRARIES: [&str; 5] = ["erl_tracer", "prim_buffer", "prim_file", "prim_net", "zlib"];

/// Whether a native comes from a library in stock: all of those modules but what `prim_file` does
/// with names.
fn is_of_library(module: &str, function: &str) -> bool {
    const NAMES: [&str; 4] = [
        "internal_name2native",
        "internal_native2name",
        "internal_normalize_utf8",
        "is_translatable",
    ];
    LIBRARIES.contains(&module) && !(module == "prim_file" && NAMES.contains(&function))
}

/// The tables of all native functions.
pub fn tables() -> &'static [&'static [NativeDef]] {
    static TABLES: &[&[NativeDef]] = &[
        atomics::INTERNAL_NATIVES,
        atomics::NATIVES,
        binary::bytes::NATIVES,
        binary::pattern::NATIVES,
        binary::search::NATIVES,
        erl_ddll::NATIVES,
        erl_tracer::NATIVES,
        erlang::binary::NATIVES,
        erlang::binary::BINARY_NATIVES,
        erlang::checksum::NATIVES,
        erlang::code::NATIVES,
        erlang::compare::INTERNAL_NATIVES,
        erlang::compare::NATIVES,
        erlang::control::NATIVES,
        erlang::convert::NATIVES,
        erlang::debug::EMULATOR_NATIVES,
        erlang::debug::NATIVES,
        erlang::dirty_test::NATIVES,
        erlang::distribution::INTERNAL_NATIVES,
        erlang::distribution::NATIVES,
        erlang::internal_state::NATIVES,
        erlang::display::NATIVES,
        erlang::dynamic_trace::NATIVES,
        erlang::dictionary::NATIVES,
        erlang::external::NATIVES,
        erlang::float_text::NATIVES,
        erlang::float_text::STRING_NATIVES,
        erlang::hash::NATIVES,
        erlang::identifiers::NATIVES,
        erlang::integer_text::NATIVES,
        erlang::integer_text::STRING_NATIVES,
        erlang::list::NATIVES,
        erlang::loading::COLLECTOR_NATIVES,
        erlang::loading::INTERNAL_NATIVES,
        erlang::loading::NATIVES,
        erlang::math::NATIVES,
        erlang::memory::NATIVES,
        erlang::nif::NATIVES,
        erlang::node::INTERNAL_NATIVES,
        erlang::node::NATIVES,
        erlang::packet::NATIVES,
        erlang::process::NATIVES,
        erlang::process_state::INTERNAL_NATIVES,
        erlang::process_state::NATIVES,
        erlang::spawn::INTERNAL_NATIVES,
        erlang::spawn::NATIVES,
        erlang::system::INTERNAL_NATIVES,
        erlang::system::LOGGER_NATIVES,
        erlang::sequential::NATIVES,
        erlang::system::NATIVES,
        erlang::system_flag::NATIVES,
        erlang::time::INTERNAL_NATIVES,
        erlang::time::NATIVES,
        erlang::time::OS_NATIVES,
        erlang::timer::NATIVES,
        erlang::tracing::INTERNAL_NATIVES,
        erlang::tracing::NATIVES,
        erlang::watching::INTERNAL_NATIVES,
        erlang::watching::NATIVES,
        erlang::tuple::NATIVES,
        erlang::types::NATIVES,
        girder::CODE_NATIVES,
        girder::STDIO_NATIVES,
        ets::NATIVES,
        ets::internal::NATIVES,
        ets::objects::NATIVES,
        ets::select::NATIVES,
        lists::NATIVES,
        maps::ERLANG_NATIVES,
        maps::INTERNAL_NATIVES,
        maps::NATIVES,
        persistent_term::NATIVES,
        prim_buffer::NATIVES,
        prim_file::handle::NATIVES,
        prim_file::info::NATIVES,
        prim_file::names::FILE_NATIVES,
        prim_file::names::NATIVES,
        prim_file::tree::NATIVES,
        prim_net::NATIVES,
        port::INTERNAL_NATIVES,
        port::NATIVES,
        math::NATIVES,
        net_kernel::NATIVES,
        os::NATIVES,
        os::IO_NATIVES,
        re::NATIVES,
        re::run::NATIVES,
        unicode::NATIVES,
        zlib::NATIVES,
    ];
    TABLES
}
