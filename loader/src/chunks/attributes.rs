//! Module attributes (`Attr`), compile information (`CInf`) and the module's checksum.
//!
//! The first two are external terms, handed on as bytes after a structural check.

use crate::container::Container;
use crate::error::LoadError;
use crate::etf;
use md5::{Digest, Md5};

pub(crate) fn decode(
    container: &Container<'_>,
    name: &[u8; 4],
    text: &'static str,
) -> Result<Option<Vec<u8>>, LoadError> {
    let Some(data) = container.get(name).filter(|d| !d.is_empty()) else {
        return Ok(None);
    };
    etf::check(data).map_err(|e| LoadError::new(text, e.offset, e.what))?;
    Ok(Some(data.to_vec()))
}

/// The checksum that `beam_lib:md5/1` documents: over the chunks that decide what the module does,
/// in a fixed order. The `old_uniq` field of funs counts as zero because it is derived from the
/// checksum.
pub(crate) fn md5(container: &Container<'_>) -> [u8; 16] {
    let mut md5 = Md5::new();
    let order: [&[u8; 4]; 9] =
        [b"Atom", b"AtU8", b"Code", b"StrT", b"ImpT", b"ExpT", b"FunT", b"LitT", b"Meta"];
    for name in order {
        let Some(data) = container.get(name) else {
            continue;
        };
        if name == b"FunT" && data.len() >= 4 {
            md5.update(&data[..4]);
            let entries = data[4..].chunks_exact(24);
            let tail = entries.remainder();
            for entry in entries {
                md5.update(&entry[..20]);
                md5.update([0; 4]);
            }
            md5.update(tail);
        } else {
            md5.update(data);
        }
    }
    md5.finalize().into()
}
