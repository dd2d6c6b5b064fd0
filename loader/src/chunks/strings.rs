//! The string table, chunk `StrT`: constant bytes for binary instructions, addressed by offset.

use crate::container::Container;

/// The bytes; a module without the chunk has none.
pub(crate) fn decode(container: &Container<'_>) -> Vec<u8> {
    container.get(b"StrT").unwrap_or_default().to_vec()
}
