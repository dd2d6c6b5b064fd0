//! The external term format, both ways: bytes to terms and terms to bytes.
//!
//! What lives here knows terms and atoms; what a name stands for in loaded code, and which node
//! is this one, it asks of [`Names`]. Not here: the distribution header and its atom cache.
//!
//! Invariant: nothing recurses, so no depth of nesting exhausts a stack, and what is allocated
//! while decoding is at most a small multiple of the input (or of what it inflates to).
//!
//! Format: <https://www.erlang.org/doc/apps/erts/erl_ext_dist.html>.

mod decode;
mod encode;
mod ids;
mod names;
#[cfg(test)]
mod tests;

pub use decode::{DecodeError, DecodeOptions, decode, decode_with_atoms};
pub use encode::{
    DEFAULT_LEVEL, EncodeError, EncodeOptions, Encoded, append, encode, encode_iovec, encoded_size,
};
pub use ids::{PidIds, pid_from_ids, pid_ids, ref_from_words, ref_words};
pub use names::{LambdaId, Names, NamesAside};

use loader::etf::tag;
