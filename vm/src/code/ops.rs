//! tmp
#[derive(Clone, Copy)]
#[repr(u16)]
pub enum Op {
    CallNativeStub,
    CallErrorHandler,
}
