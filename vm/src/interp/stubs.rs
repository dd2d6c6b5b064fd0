//! Code that belongs to no module: where the bottom of a stack returns to, where the loop stops.

use crate::code::ops::Op;

static STOP: [u64; 1] = [Op::Stop.opcode()];
static EXIT_NORMAL: [u64; 2] = [Op::ExitNormal.opcode(); 2];

static ILLEGAL: [u64; 1] = [Op::Unreachable.opcode()];

/// Ends the process: code that no compiler made has come to where it cannot go on.
pub(crate) fn illegal() -> *const u64 {
    ILLEGAL.as_ptr()
}

/// What functions above frames that trace return to, in one place: two words for each kind.
static TRACES: [[u64; 2]; 4] = [
    [Op::ReturnTrace.opcode(); 2],
    [Op::ReturnTrace.opcode(); 2],
    [Op::ReturnToTrace.opcode(); 2],
    [Op::ReturnTimeTrace.opcode(); 2],
];

/// What a frame that traces the return of a function is for: such a frame lies below that of the
/// function, which returns to code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceFrame {
    /// `return_trace`: module, function, arity, and who is told: a tracer, or `true` for that of
    /// the process.
    Return,
    /// `exception_trace`: the same.
    Exception,
    /// `return_to`
    ReturnTo,
    /// `call_time`: the number of the times that go on after the return, or 0.
    Time,
}

impl TraceFrame {
    const ALL: [TraceFrame; 4] =
        [TraceFrame::Return, TraceFrame::Exception, TraceFrame::ReturnTo, TraceFrame::Time];

    /// Where a function above such a frame returns to.
    pub fn code(self) -> *const u64 {
        TRACES[self as usize].as_ptr()
    }

    /// How many words it has beside its return address.
    pub fn slots(self) -> usize {
        match self {
            TraceFrame::Return | TraceFrame::Exception => 4,
            TraceFrame::ReturnTo => 0,
            TraceFrame::Time => 1,
        }
    }

    /// The kind of frame that lies below one with this return address, if it is such.
    pub fn of(address: *const u64) -> Option<TraceFrame> {
        TraceFrame::ALL.into_iter().find(|f| f.code() == address)
    }

    /// Whether it is the return address of such a frame.
    #[inline(always)]
    pub fn is_one(address: *const u64) -> bool {
        (address as usize).wrapping_sub(TRACES.as_ptr() as usize) < size_of_val(&TRACES)
    }
}

/// Makes the loop stop.
pub(crate) fn stop() -> *const u64 {
    STOP.as_ptr()
}

/// Where the function that a process was started with returns to.
pub fn exit_normal_stub() -> *const u64 {
    EXIT_NORMAL.as_ptr()
}
