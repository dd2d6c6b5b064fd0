//! Code that belongs to no module: where the bottom of a stack returns to, where the loop stops.

use crate::code::ops::Op;

static STOP: [u64; 1] = [Op::Stop as u64];
static EXIT_NORMAL: [u64; 2] = [Op::ExitNormal as u64; 2];

/// Makes the loop stop.
pub(crate) fn stop() -> *const u64 {
    STOP.as_ptr()
}

/// Where the function that a process was started with returns to.
pub fn exit_normal_stub() -> *const u64 {
    EXIT_NORMAL.as_ptr()
}
