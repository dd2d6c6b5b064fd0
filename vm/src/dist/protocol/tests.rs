//! What goes out comes in as the same, for nodes of all abilities; what is none of the protocol is
//! refused.

use super::*;
use crate::native::with_detached;
use crate::term::external::{DecodeOptions, decode};
use crate::vm::Config;
use proptest::prelude::*;

fn with_vm<R>(f: impl FnOnce(&Vm) -> R) -> R {
    f(&Vm::new(Config::bare(&[])).unwrap())
}

fn pid(vm: &Vm, node: &str, id: u32) -> PidId {
    PidId { node: vm.atoms.intern(node).unwrap(), creation: 7, id, serial: 2 }
}

/// The control message of a packet, shown, and its payload.
fn shown(vm: &Vm, op: &Op<Term<'_>>, can: u64) -> (String, String) {
    let packet = op.packet(vm, can).unwrap();
    assert_eq!(packet[0], PASS_THROUGH);
    with_detached(vm, |cx| {
        let options = DecodeOptions::default();
        let (control, taken) = decode(cx, vm, &packet[1..], options).unwrap();
        let payload = match &packet[1 + taken..] {
            [] => String::new(),
            rest => {
                let (payload, taken) = decode(cx, vm, rest, options).unwrap();
                assert_eq!(taken, rest.len());
                format!("{payload:?}")
            }
        };
        (format!("{:?}", Control::of(control).unwrap()), payload)
    })
}

const NONE: u64 = 0;

/// Each operation as a node that can do everything and one that can do little get it.
#[test]
fn what_goes_out_comes_in() {
    with_vm(|vm| {
        let (a, b) = (pid(vm, "a@x", 5), pid(vm, "b@x", 9));
        let a_shown = with_detached(vm, |cx| format!("{:?}", a.term(cx)));
        let b_shown = with_detached(vm, |cx| format!("{:?}", b.term(cx)));
        let why = Term::atom(atoms::NOPROC);
        let link = |name: &str| format!("{name} {{ from: {a_shown}, to: {b_shown} }}");
        let both = |op: &Op<Term<'_>>| [shown(vm, op, flags::OURS), shown(vm, op, NONE)];
        let same = |op: &Op<Term<'_>>| {
            let [new, old] = both(op);
            assert_eq!(new, old);
            new.0
        };
        assert_eq!(same(&Op::Link { from: a, to: b }), link("Link"));
        let [new, old] = both(&Op::Unlink { from: a, to: b, id: 1 << 40 });
        assert!(new.0.contains("id: Some(1099511627776)"), "{new:?}");
        assert!(old.0.contains("id: None"), "{old:?}");
        let [new, old] = both(&Op::Exit { from: a, to: b, reason: why, token: None });
        assert!(new.0.contains("reason: Payload") && new.1 == "noproc", "{new:?}");
        assert!(old.0.contains("reason: Is(noproc)") && old.1.is_empty(), "{old:?}");
        let [new, old] = both(&Op::Exit2 { from: a, to: b, reason: why });
        assert!(new.0.starts_with("Exit2") && new.1 == "noproc", "{new:?}");
        assert!(old.0.contains("reason: Is(noproc)"), "{old:?}");
        let to = format!("Send {{ to: {b_shown}, token: None }}");
        assert_eq!(
            both(&Op::Send { from: a, to: b, message: why, token: None }),
            [(to.clone(), "noproc".to_owned()), (to, "noproc".to_owned())]
        );
        let name = vm.atoms.intern("some name").unwrap();
        assert!(
            same(&Op::SendName { from: a, to: name, message: why, token: None })
                .contains("to: some name")
        );
        let reference = RefId::numbered(vm, 77, None);
        let alias = RefId::numbered(vm, 78, Some(crate::term::Pid::new(3, 1)));
        assert!(
            same(&Op::SendAlias { from: a, to: alias, message: why, token: None })
                .starts_with("SendAlias")
        );
        for to in [Who::Pid(b), Who::Name(name)] {
            let watch = same(&Op::Monitor { from: a, to, reference });
            assert_eq!(watch.replace("Monitor", "Demonitor"), {
                same(&Op::Demonitor { from: a, to, reference })
            });
        }
        let [new, old] = both(&Op::Down { from: Who::Name(name), to: b, reference, reason: why });
        assert!(new.0.contains("reason: Payload"), "{new:?}");
        assert!(old.0.contains("reason: Is(noproc)"), "{old:?}");
        let spawn = Op::Spawn {
            reference,
            from: a,
            leader: b,
            function: (atoms::ERLANG, name, 2),
            options: Term::nil(),
            arguments: Term::nil(),
            token: None,
        };
        let (control, arguments) = shown(vm, &spawn, flags::OURS);
        assert!(control.contains("function: (erlang, some name, 2)"), "{control}");
        assert_eq!(arguments, "[]");
        let reply = Op::SpawnReply { reference, to: b, flags: 3, result: Who::Pid(a), token: None };
        assert!(same(&reply).contains("flags: 3"));
    });
}

/// A token of sequential tracing goes with what has one, unless its label is one that the other node
/// does not know.
#[test]
fn tokens_go_with_what_has_one() {
    with_vm(|vm| {
        let (a, b) = (pid(vm, "a@x", 5), pid(vm, "b@x", 9));
        let why = Term::atom(atoms::NOPROC);
        let name = vm.atoms.intern("some name").unwrap();
        let reference = RefId::numbered(vm, 77, None);
        let token = |label: Term<'_>| {
            with_detached(vm, |cx| {
                let label = copy::to_area(label, cx, vm.literals.range());
                let from = a.term(cx);
                let [flags, serial, last] = [7, 4, 3].map(Term::small);
                let token = cx.tuple(&[flags, label, serial, from, last]);
                Some(Arc::new(Token::of(token).unwrap()))
            })
        };
        let ops = [
            Op::Send { from: a, to: b, message: why, token: None },
            Op::SendName { from: a, to: name, message: why, token: None },
            Op::SendAlias { from: a, to: reference, message: why, token: None },
            Op::Exit { from: a, to: b, reason: why, token: None },
            Op::Spawn {
                reference,
                from: a,
                leader: b,
                function: (atoms::ERLANG, name, 2),
                options: Term::nil(),
                arguments: Term::nil(),
                token: None,
            },
            Op::SpawnReply { reference, to: b, flags: 3, result: Who::Pid(a), token: None },
        ];
        let old = flags::OURS & !flags::BIG_SEQTRACE_LABELS;
        for op in ops {
            for (label, can, goes) in [
                (Term::atom(name), flags::OURS, true),
                (Term::small(12), old, true),
                (Term::atom(name), old, false),
                (Term::small(1 << 27), old, false),
            ] {
                let op = op.map(|t| *t).with_token(token(label));
                let control = shown(vm, &op, can).0;
                assert_eq!(control.contains("token: Some({7,"), goes, "{control}");
                assert_ne!(control.contains("token: None"), goes, "{control}");
            }
        }
        let link = Op::<Term<'_>>::Link { from: a, to: b }.with_token(token(why));
        assert!(!shown(vm, &link, flags::OURS).0.contains("token"));
    });
}

/// A number that begins no message, too few or too many parts, parts of a wrong kind.
#[test]
fn what_is_no_message_is_refused() {
    with_vm(|vm| {
        with_detached(vm, |cx| {
            let p = pid(vm, "a@x", 1).term(cx);
            let one = Term::small(1);
            let wrong = [
                vec![],
                vec![p],
                vec![one],
                vec![one, p],
                vec![one, p, p, p],
                vec![Term::small(5), p, p],
                vec![Term::small(-1), p, p],
                vec![Term::small(35), Term::small(0), p, p],
                vec![Term::small(36), p, p, p],
                vec![Term::small(6), p, Term::atom(atoms::EMPTY), p],
                vec![Term::small(29), p, p, p, p, p],
                vec![Term::small(31), p, p, p, p],
                vec![Term::small(31), p, p, Term::small(1 << 27), p],
            ];
            for parts in wrong {
                let t = cx.tuple(&parts);
                assert!(Control::of(t).is_err(), "{t:?}");
            }
            assert!(Control::of(one).is_err() && Control::of(Term::nil()).is_err());
        });
    });
}

proptest! {
    /// No bytes do more than to be refused.
    #[test]
    fn bytes_at_random(bytes in prop::collection::vec(any::<u8>(), 0..200), number in 0u8..40, n in 0u8..8) {
        let mut message = vec![131, 104, n, 97, number];
        message.extend(bytes);
        with_vm(|vm| with_detached(vm, |cx| {
            if let Ok((t, _)) = decode(cx, vm, &message, DecodeOptions::default()) {
                let _ = Control::of(t);
            }
        }));
    }
}
