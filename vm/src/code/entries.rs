//! The two things that function values point to: exports (by name) and lambdas (by module).
//!
//! Both are made once and live as long as the machine, so that terms and code can hold their
//! addresses.

use super::ops::Op;
use crate::native::NativeDef;
use crate::sync::{AtomicPtr, AtomicU16, AtomicU64, Ordering};
use crate::term::Atom;

/// A function by name: `Module:Function/Arity`, loaded or not.
pub struct Export {
    /// Where a call goes. Never null: the stub stands in for a function that is not loaded.
    pub code: AtomicPtr<u64>,
    /// Module.
    pub module: Atom,
    /// Function.
    pub function: Atom,
    /// Arity.
    pub arity: u8,
    /// The native function of this name, if there is one; it goes before loaded code.
    pub native: Option<&'static NativeDef>,
    /// Two words of code: call the native, or the error handler.
    stub: [AtomicU64; 2],
}

impl Export {
    pub(super) fn leak(
        module: Atom,
        function: Atom,
        arity: u8,
        native: Option<&'static NativeDef>,
    ) -> &'static Export {
        let e: &'static Export = Box::leak(Box::new(Export {
            code: AtomicPtr::new(std::ptr::null_mut()),
            module,
            function,
            arity,
            native,
            stub: [AtomicU64::new(0), AtomicU64::new(0)],
        }));
        let (op, operand) = match native {
            Some(def) => (Op::CallNativeStub, def as *const NativeDef as u64),
            None => (Op::CallErrorHandler, e as *const Export as u64),
        };
        e.stub[0].store(op.opcode(), Ordering::Relaxed);
        e.stub[1].store(operand, Ordering::Relaxed);
        e.code.store(e.stub_ptr(), Ordering::Release);
        e
    }

    fn stub_ptr(&self) -> *mut u64 {
        self.stub.as_ptr().cast_mut().cast()
    }

    /// The opcode of the stub: a breakpoint may be set in it.
    pub(super) fn stub_opcode(&self) -> &AtomicU16 {
        // SAFETY: the stub lives as long as the machine; once it can be reached its opcode is read
        // and written as an atomic of 16 bits alone.
        unsafe { AtomicU16::from_ptr(self.stub_ptr().cast()) }
    }

    /// Whether a call leads somewhere: to loaded code or a native.
    pub fn is_defined(&self) -> bool {
        self.native.is_some() || self.code.load(Ordering::Acquire) != self.stub_ptr()
    }

    /// Whether there is loaded code (natives aside).
    pub fn is_loaded(&self) -> bool {
        self.code.load(Ordering::Acquire) != self.stub_ptr()
    }

    /// Takes the code away: calls go to the error handler again.
    pub fn unload(&self) {
        self.code.store(self.stub_ptr(), Ordering::Release);
    }
}

/// A function made by `fun` in some module.
pub struct Lambda {
    /// Where a call goes; null while the module is not loaded.
    pub code: AtomicPtr<u64>,
    /// Module that made it.
    pub module: Atom,
    /// The function its body was compiled to.
    pub function: Atom,
    /// Arguments that a caller gives.
    pub arity: u8,
    /// Free variables that come after the arguments.
    pub num_free: u32,
    /// Its number in the module.
    pub index: u32,
    /// Hash of its source form.
    pub old_uniq: u32,
    /// MD5 of the module that made it.
    pub uniq: [u8; 16],
}

impl Lambda {
    /// Whether its code is there.
    pub fn is_loaded(&self) -> bool {
        !self.code.load(Ordering::Acquire).is_null()
    }
}
