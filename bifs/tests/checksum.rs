//! MD5 in pieces, whose context is ours and so not comparable with stock's.
#![forbid(unsafe_code)]

use vm::native::{Native, Raise, with_detached};
use vm::term::{Atom, Term};
use vm::vm::{Config, Vm};

fn call<'p>(cx: &mut Native<'p>, name: &str, args: &[Term<'p>]) -> Option<Term<'p>> {
    let atom = |s| -> Atom { cx.vm().atoms.intern(s).unwrap() };
    let def = cx.vm().code.native(atom("erlang"), atom(name), args.len() as u8).unwrap();
    match (def.call)(cx, args).outcome() {
        Ok(t) => Some(t),
        Err(Raise::Exception(e)) => {
            assert_eq!(e.reason.as_atom().unwrap().name(), "badarg");
            None
        }
        Err(_) => panic!("neither a term nor an exception"),
    }
}

#[test]
fn md5_in_pieces_is_md5_at_once() {
    let machine = Vm::new(Config::bare(bifs::tables())).unwrap();
    with_detached(&machine, |cx| {
        for size in [0, 1, 63, 64, 65, 1000] {
            let whole: Vec<u8> = (0..size).map(|i| (i * 7) as u8).collect();
            let mut context = call(cx, "md5_init", &[]).unwrap();
            for piece in whole.chunks(37) {
                let piece = cx.binary(piece);
                context = call(cx, "md5_update", &[context, piece]).unwrap();
            }
            let sum = call(cx, "md5_final", &[context]).unwrap();
            let whole = cx.binary(&whole);
            let at_once = call(cx, "md5", &[whole]).unwrap();
            assert_eq!(sum.as_bits().unwrap().to_bytes(), at_once.as_bits().unwrap().to_bytes());
        }
        for bad in [Term::small(1), cx.binary(b"short"), cx.binary(&[0xFF; 88])] {
            let data = cx.binary(b"x");
            assert!(call(cx, "md5_update", &[bad, data]).is_none());
            assert!(call(cx, "md5_final", &[bad]).is_none());
        }
    });
}
