//! tmp
/// There is an old version of the module already.
#[derive(Debug)]
pub struct NotPurged;
