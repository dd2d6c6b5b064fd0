//! The tables that declare native functions.

use super::{Answer, Class, Native};
use crate::term::{Atom, Term};
use crate::vm::Vm;

/// A native function as the machine calls it. `args` has the declared arity.
pub type NativeFn = for<'p> fn(&mut Native<'p>, &[Term<'p>]) -> Answer<'p>;

/// How a native may be called. Those up to `Ordinary` are merely called, whatever calls them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum NativeKind {
    /// Allowed in guards: builds little, never traps, has no effect.
    Guard,
    /// Runs on a worker, briefly; counts its work.
    Ordinary,
    /// `apply/2` or `apply/3`: the interpreter calls what they apply in place of them where it can.
    Apply,
    /// Does nothing but raise its argument, from its caller: the interpreter does it where it can.
    /// `error/1`
    Error,
    /// The same: `exit/1`
    Exit,
    /// The same: `throw/1`
    Throw,
    /// `raise/3`: the interpreter raises what it raises in place of it where it can.
    Raise,
    /// May compute for long: runs on a dirty CPU worker.
    DirtyCpu,
    /// May block: runs on a dirty I/O worker.
    DirtyIo,
}

impl NativeKind {
    /// Whether it is just called where it is.
    #[inline(always)]
    pub const fn is_plain(self) -> bool {
        matches!(self, NativeKind::Guard | NativeKind::Ordinary)
    }

    /// Whether it runs on a dirty worker.
    pub fn is_dirty(self) -> bool {
        matches!(self, NativeKind::DirtyCpu | NativeKind::DirtyIo)
    }

    /// What it does nothing but raise.
    pub fn raises(self) -> Option<Class> {
        match self {
            NativeKind::Error => Some(Class::Error),
            NativeKind::Exit => Some(Class::Exit),
            NativeKind::Throw => Some(Class::Throw),
            _ => None,
        }
    }
}

/// What [`natives!`](crate::natives) makes of a function. That it is a type has the machine make what
/// native code calls for each anew, with the function in it.
#[doc(hidden)]
pub trait Callee {
    /// Its number of arguments.
    const ARITY: u8;
    /// How it may be called.
    const KIND: NativeKind;

    /// As [`NativeFn`].
    fn call<'p>(cx: &mut Native<'p>, args: &[Term<'p>]) -> Answer<'p>;
}

/// One native function.
#[derive(Clone, Copy)]
pub struct NativeDef {
    /// Erlang module.
    pub module: &'static str,
    /// Function name.
    pub name: &'static str,
    /// Number of arguments.
    pub arity: u8,
    /// How it may be called.
    pub kind: NativeKind,
    /// The first OTP release that has it.
    pub since: u8,
    /// The function.
    pub call: NativeFn,
    /// What native code calls, if it is plain.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) called: crate::interp::called::Native,
}

impl NativeDef {
    /// The function `module:name`.
    #[doc(hidden)]
    pub const fn of<C: Callee>(module: &'static str, name: &'static str, since: u8) -> NativeDef {
        NativeDef {
            module,
            name,
            arity: C::ARITY,
            kind: C::KIND,
            since,
            call: C::call,
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            called: if C::KIND.is_plain() {
                crate::interp::called::native::<C>
            } else {
                crate::interp::called::no_native
            },
        }
    }

    /// What comes of a native that is called with more or fewer arguments than it takes.
    #[doc(hidden)]
    #[cold]
    pub fn wrong_arity() -> ! {
        panic!("natives are called with their arity")
    }

    /// Module and name as atoms.
    pub fn names(&self, vm: &Vm) -> (Atom, Atom) {
        let atom = |s| vm.atoms.intern(s).expect("made when the machine was");
        (atom(self.module), atom(self.name))
    }
}

/// Declares a table of native functions of one Erlang module.
///
/// ```
/// use vm::native::{Native, NativeKind, Outcome, arg};
/// use vm::term::Term;
///
/// vm::natives! {
///     /// Module `example`.
///     pub static NATIVES: "example" {
///         "twice"/1 = twice,
///         guard "length"/1 = length,          // allowed in guards
///         dirty_cpu "sort"/1 = twice,         // or dirty_io
///         "since_27"/1 = twice, since 27,
///     }
/// }
///
/// fn twice<'p>(cx: &mut Native<'p>, [item]: [Term<'p>; 1]) -> Outcome<'p> {
///     Ok(cx.tuple(&[item, item]))
/// }
///
/// fn length<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
///     let items: Vec<Term<'p>> = arg(list)?;
///     Ok(cx.int(items.len() as i64))
/// }
///
/// assert_eq!(NATIVES.len(), 4);
/// assert_eq!(NATIVES[1].kind, NativeKind::Guard);
/// assert_eq!(NATIVES[3].since, 27);
/// ```
#[macro_export]
macro_rules! natives {
    ($(#[$doc:meta])* pub static $table:ident : $module:literal { $($body:tt)* }) => {
        $(#[$doc])*
        pub static $table: &[$crate::native::NativeDef] =
            $crate::natives!(@list $module [] $($body)*);
    };
    (@list $module:literal [$($done:expr,)*]) => { &[$($done,)*] };
    (@list $module:literal [$($done:expr,)*] guard $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Guard $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] apply $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Apply $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] error $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Error $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] exit $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Exit $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] throw $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Throw $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] raise $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Raise $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] dirty_cpu $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] DirtyCpu $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] dirty_io $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] DirtyIo $($rest)*)
    };
    (@list $module:literal [$($done:expr,)*] $($rest:tt)*) => {
        $crate::natives!(@one $module [$($done,)*] Ordinary $($rest)*)
    };
    (@one $module:literal [$($done:expr,)*] $kind:ident $name:literal / $arity:literal = $f:path, since $since:literal, $($rest:tt)*) => {
        $crate::natives!(@list $module [$($done,)* $crate::natives!(@def $module $kind $name $arity $f, $since),] $($rest)*)
    };
    (@one $module:literal [$($done:expr,)*] $kind:ident $name:literal / $arity:literal = $f:path, $($rest:tt)*) => {
        $crate::natives!(@list $module [$($done,)* $crate::natives!(@def $module $kind $name $arity $f, 0),] $($rest)*)
    };
    (@def $module:literal $kind:ident $name:literal $arity:literal $f:path, $since:literal) => {{
        struct Callee;
        impl $crate::native::Callee for Callee {
            const ARITY: u8 = $arity;
            const KIND: $crate::native::NativeKind = $crate::native::NativeKind::$kind;

            fn call<'p>(
                cx: &mut $crate::native::Native<'p>,
                args: &[$crate::term::Term<'p>],
            ) -> $crate::native::Answer<'p> {
                match <[$crate::term::Term<'p>; $arity]>::try_from(args) {
                    Ok(args) => $crate::native::Answer::from($f(cx, args)),
                    Err(_) => $crate::native::NativeDef::wrong_arity(),
                }
            }
        }
        $crate::native::NativeDef::of::<Callee>($module, $name, $since)
    }};
}
