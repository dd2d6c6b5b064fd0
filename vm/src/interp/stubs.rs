//! Code that belongs to no module: where the bottom of a stack returns to, where the loop stops.

use crate::code::ops::Op;

static STOP: [u64; 1] = [Op::Stop.opcode()];
static EXIT_NORMAL: [u64; 2] = [Op::ExitNormal.opcode(); 2];

static ILLEGAL: [u64; 1] = [Op::Unreachable.opcode()];

/// Ends the process: code that no compiler made has come to where it cannot go on.
pub(crate) fn illegal() -> *const u64 {
    ILLEGAL.as_ptr()
}

/// Makes the loop stop.
pub(crate) fn stop() -> *const u64 {
    STOP.as_ptr()
}

/// Where the function that a process was started with returns to.
pub fn exit_normal_stub() -> *const u64 {
    EXIT_NORMAL.as_ptr()
}
