//! Natives of module `erlang` (and those of `string` that belong to them), by topic.

pub mod binary;
pub mod checksum;
pub mod code;
pub mod compare;
pub mod control;
pub mod convert;
pub mod debug;
pub mod dictionary;
pub mod display;
pub mod external;
pub mod float_text;
pub mod hash;
pub mod identifiers;
pub mod integer_text;
pub mod list;
pub mod loading;
pub mod math;
pub mod nif;
pub mod process;
pub mod process_state;
pub mod spawn;
pub mod system;
pub mod time;
pub mod timer;
pub mod tuple;
pub mod types;
