//! How a handler goes another way than its quick one: by a call (`outlined!`), or by leaving for
//! what goes on in its place (`slow!`, `aside!`).

/// Defines functions that are calls and not part of the interpreter's loop: they take and give
/// back the state through the worker's memory. Passed as an argument it would have to live in
/// memory everywhere, also in the handlers that never make the call.
macro_rules! outlined {
    ($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($m:ident: M $(, $arg:ident: $ty:ty)* $(,)?) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        $vis unsafe fn $name(m: $crate::interp::M $(, $arg: $ty)*) -> $crate::interp::M {
            #[inline(always)]
            unsafe fn body($m: $crate::interp::M $(, $arg: $ty)*) -> $crate::interp::M $body

            #[inline(never)]
            unsafe fn out(w: *mut $crate::sched::Worker $(, $arg: $ty)*) {
                // SAFETY: the caller has just put its state there, and hands on its promise.
                unsafe { body($crate::interp::M::unspill(w) $(, $arg)*).spill() };
            }
            // SAFETY: the worker is ours; the promise of `$name` itself is handed on.
            unsafe {
                m.spill();
                out(m.w $(, $arg)*);
                $crate::interp::M::unspill(m.w)
            }
        }
    };
}

/// Defines the rest of an instruction that its handler leaves for: a call that gives the state back
/// through the worker's memory, and the handler goes there in place of making it, so that it needs
/// no frame itself. The handler has to return what it gets from here as it is, and must not have been
/// called through `outlined!`.
macro_rules! slow {
    ($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($m:ident: M) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        $vis unsafe fn $name(m: $crate::interp::M) -> $crate::interp::M {
            #[inline(never)]
            unsafe fn out(
                ip: *const u64,
                x: *mut $crate::term::Word,
                sp: *mut $crate::term::Word,
                hp: *mut $crate::term::Word,
                cp: *const u64,
                reds: i64,
            ) {
                #[inline(always)]
                unsafe fn body($m: $crate::interp::M) -> $crate::interp::M $body
                // SAFETY: the caller hands on its state and its promise.
                unsafe {
                    body($crate::interp::M::of_registers(ip, x, sp, hp, cp, reds)).spill();
                }
            }
            #[cfg(debug_assertions)]
            // SAFETY: the worker is ours; the promise of `$name` itself is handed on.
            unsafe {
                out(m.ip, m.x, m.sp, m.hp, m.cp, m.reds);
                $crate::interp::M::unspill(m.w)
            }
            #[cfg(not(debug_assertions))]
            {
                #[cold]
                unsafe extern "C-unwind" fn entry(
                    ip: *const u64,
                    x: *mut $crate::term::Word,
                    sp: *mut $crate::term::Word,
                    hp: *mut $crate::term::Word,
                    cp: *const u64,
                    reds: i64,
                ) {
                    // SAFETY: as in builds without optimisation.
                    unsafe {
                        let w = $crate::interp::M::of_registers(ip, x, sp, hp, cp, reds).w;
                        out(ip, x, sp, hp, cp, reds);
                        $crate::interp::dispatch::go_on($crate::interp::M::unspill(w))
                    }
                }
                $crate::interp::M { then: Some(entry), ..m }
            }
        }
    };
}

/// Defines a second way of an instruction that its handler leaves for: quick too, but with needs of
/// its own in machine registers, which the first way shall not pay for. As with `slow!` the handler
/// has to return what it gets from here as it is.
macro_rules! aside {
    ($(#[$meta:meta])* unsafe fn $name:ident<const K: u8>($m:ident: M) -> M $body:block) => {
        $(#[$meta])*
        #[inline(always)]
        unsafe fn $name<const K: u8>(m: $crate::interp::M) -> $crate::interp::M {
            #[inline(always)]
            unsafe fn body<const K: u8>($m: $crate::interp::M) -> $crate::interp::M $body
            #[cfg(debug_assertions)]
            // SAFETY: the promise of `$name` itself is handed on.
            unsafe {
                body::<K>(m)
            }
            #[cfg(not(debug_assertions))]
            {
                #[inline(never)]
                unsafe extern "C-unwind" fn entry<const K: u8>(
                    ip: *const u64,
                    x: *mut $crate::term::Word,
                    sp: *mut $crate::term::Word,
                    hp: *mut $crate::term::Word,
                    cp: *const u64,
                    reds: i64,
                ) {
                    // SAFETY: as in builds without optimisation.
                    unsafe {
                        let m = $crate::interp::M::of_registers(ip, x, sp, hp, cp, reds);
                        $crate::interp::dispatch::go_on(body::<K>(m))
                    }
                }
                $crate::interp::M { then: Some(entry::<K>), ..m }
            }
        }
    };
}
