//! What the verifier refuses, and what it says. Each case is a module `m` with one function `f/1`
//! (label 1 before `func_info`, entry label 2) whose body is given in the file's own encoding.
#![forbid(unsafe_code)]

use std::fmt::Write;

fn small(tag: u8, n: u16) -> Vec<u8> {
    if n < 16 { vec![(n as u8) << 4 | tag] } else { vec![(n >> 8 << 5) as u8 | 8 | tag, n as u8] }
}

fn u(n: u16) -> Vec<u8> {
    small(0, n)
}
fn i(n: u16) -> Vec<u8> {
    small(1, n)
}
fn a(n: u16) -> Vec<u8> {
    small(2, n)
}
fn x(n: u16) -> Vec<u8> {
    small(3, n)
}
fn y(n: u16) -> Vec<u8> {
    small(4, n)
}
fn l(n: u16) -> Vec<u8> {
    small(5, n)
}
fn lit(n: u16) -> Vec<u8> {
    [small(7, 4), u(n)].concat()
}
fn list(elements: &[Vec<u8>]) -> Vec<u8> {
    [small(7, 1), u(elements.len() as u16), elements.concat()].concat()
}

fn op(name: &str, args: &[Vec<u8>]) -> Vec<u8> {
    let op = loader::ops::ALL.iter().find(|o| o.name() == name).expect(name);
    assert_eq!(op.arity(), args.len(), "{name}");
    [&[op.number()], &args.concat()[..]].concat()
}

fn chunk(name: &str, data: &[u8]) -> Vec<u8> {
    let mut out = name.as_bytes().to_vec();
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).collect()
}

fn prologue() -> Vec<u8> {
    [op("label", &[u(1)]), op("func_info", &[a(1), a(2), u(1)]), op("label", &[u(2)])].concat()
}

/// A module with exactly this code.
fn raw(code: &[u8]) -> Vec<u8> {
    // 1 m, 2 f, 3 erlang, 4 error, 5 hd
    let atoms = [&words(&[5])[..], b"\x01m\x01f\x06erlang\x05error\x02hd"].concat();
    let imports = words(&[2, 3, 4, 1, 3, 5, 1]);
    let labels = code.len().min(10) as u32;
    let code = [&words(&[16, 0, 191, labels, 1])[..], code].concat();
    let body = [
        b"BEAM".to_vec(),
        chunk("AtU8", &atoms),
        chunk("Code", &code),
        chunk("StrT", b"abc"),
        chunk("ImpT", &imports),
        chunk("ExpT", &words(&[1, 2, 1, 2])),
    ]
    .concat();
    [b"FOR1", &(body.len() as u32).to_be_bytes()[..], &body].concat()
}

fn with_body(instrs: &[Vec<u8>]) -> Vec<u8> {
    raw(&[prologue(), instrs.concat(), op("int_code_end", &[])].concat())
}

/// A body that runs `instrs` with a handler in force: slot 1 of 2, at label 3.
fn handler(instrs: &[Vec<u8>]) -> Vec<u8> {
    with_body(&[
        op("allocate", &[u(2), u(1)]),
        op("init_yregs", &[list(&[y(0), y(1)])]),
        op("try", &[y(1), l(3)]),
        instrs.concat(),
        op("badmatch", &[i(1)]),
        op("label", &[u(3)]),
        op("try_case", &[y(1)]),
        op("deallocate", &[u(2)]),
        ret(),
    ])
}

fn ret() -> Vec<u8> {
    op("return", &[])
}

#[test]
fn sound_bodies_load() {
    let bodies: [&[Vec<u8>]; 4] = [
        &[ret()],
        &[
            op("allocate", &[u(1), u(1)]),
            op("move", &[x(0), y(0)]),
            op("deallocate", &[u(1)]),
            ret(),
        ],
        // Shared code that raises may be reached with any frame, and may declare any.
        &[
            op("is_nil", &[l(3), x(0)]),
            op("allocate", &[u(2), u(1)]),
            op("init_yregs", &[list(&[y(0), y(1)])]),
            op("jump", &[l(3)]),
            op("label", &[u(3)]),
            op("call_ext_last", &[u(1), u(0), u(7)]),
        ],
        &[op("bs_put_string", &[u(3), u(0)]), op("jump", &[l(1)])],
    ];
    for body in bodies {
        let module = loader::load(&with_body(body)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(module.functions().len(), 1);
        assert_eq!(module.functions()[0].func_info, 1);
        assert_eq!(module.label(2), Some(2));
        assert_eq!(module.label(9), None);
    }
}

/// Label 3 is where exceptions arrive; getting there otherwise is made a trap.
#[test]
fn ways_into_a_handler_are_traps() {
    let jumps = loader::load(&handler(&[op("jump", &[l(3)])])).unwrap();
    assert!(jumps.is_trap(6));
    let falls = with_body(&[
        op("allocate", &[u(1), u(1)]),
        op("try", &[y(0), l(3)]),
        op("label", &[u(3)]),
        op("try_case", &[y(0)]),
        op("deallocate", &[u(1)]),
        ret(),
    ]);
    let falls = loader::load(&falls).unwrap();
    assert!(falls.is_trap(5) && !falls.is_trap(2));
}

/// Where a term is taken apart that may be another, the instruction is marked.
#[test]
fn what_is_not_proved_is_marked() {
    let marks = |instrs: &[Vec<u8>]| {
        let module = loader::load(&with_body(instrs)).unwrap_or_else(|e| panic!("{e}"));
        // The body's first instruction is number 3.
        (0..instrs.len()).filter(|i| module.is_unproven(i + 3)).collect::<Vec<_>>()
    };
    let hd = || op("get_hd", &[x(0), x(1)]);
    let element = |i| op("get_tuple_element", &[x(0), u(i), x(1)]);
    assert_eq!(marks(&[hd(), op("get_tl", &[x(0), x(0)]), hd(), ret()]), [0, 2]);
    assert!(marks(&[op("is_nonempty_list", &[l(1), x(0)]), hd(), ret()]).is_empty());
    assert!(
        marks(&[op("is_list", &[l(1), x(0)]), op("is_ne_exact", &[l(1), x(0), a(0)]), hd(), ret()])
            .is_empty()
    );
    assert_eq!(marks(&[op("is_tuple", &[l(1), x(0)]), element(0), ret()]), [1]);
    let arity = || op("test_arity", &[l(1), x(0), u(2)]);
    assert_eq!(marks(&[arity(), element(1), element(2), ret()]), [0, 2]);
    // The pair is one on one path only.
    assert_eq!(
        marks(&[op("is_nonempty_list", &[l(3), x(0)]), op("label", &[u(3)]), hd(), ret()]),
        [2]
    );
    // A slot may have been written since the handler was put in force.
    assert_eq!(
        marks(&[
            op("is_nonempty_list", &[l(1), x(0)]),
            op("allocate", &[u(2), u(1)]),
            op("move", &[x(0), y(0)]),
            op("try", &[y(1), l(3)]),
            op("move", &[i(1), y(0)]),
            op("badmatch", &[x(0)]),
            op("label", &[u(3)]),
            op("try_case", &[y(1)]),
            op("get_hd", &[y(0), x(0)]),
            op("deallocate", &[u(2)]),
            ret(),
        ]),
        [8]
    );
    // A message that is not taken out of the mailbox stays in a slot.
    let receive = |kept: u16| {
        marks(&[
            op("allocate", &[u(1), u(1)]),
            op("move", &[x(0), y(0)]),
            op("label", &[u(3)]),
            op("loop_rec", &[l(4), x(0)]),
            op("move", &[x(0), if kept == 0 { x(1) } else { y(0) }]),
            op("loop_rec_end", &[l(3)]),
            op("label", &[u(4)]),
            op("wait", &[l(3)]),
        ])
    };
    assert!(receive(0).is_empty());
    assert_eq!(receive(1), [3]);
}

/// What a failing guard reads of its own result has to be set; what was there before stays.
#[test]
fn results_of_failed_guards_are_set_where_they_are_read() {
    let marks = |instrs: &[Vec<u8>]| {
        let module = loader::load(&with_body(instrs)).unwrap_or_else(|e| panic!("{e}"));
        (0..instrs.len()).filter(|i| module.sets_on_failure(i + 3)).collect::<Vec<_>>()
    };
    let hd = || op("bif1", &[l(3), u(1), x(0), x(1)]);
    let rest = || [op("label", &[u(3)]), op("move", &[x(1), x(0)]), ret()].concat();
    assert_eq!(marks(&[hd(), rest()]), [0]);
    assert!(marks(&[op("move", &[x(0), x(1)]), hd(), rest()]).is_empty());
    assert!(marks(&[hd(), op("label", &[u(3)]), ret()]).is_empty());
    let collecting = |live| {
        marks(&[
            op("move", &[i(1), x(1)]),
            op("gc_bif1", &[l(3), u(live), u(1), x(0), x(1)]),
            rest(),
        ])
    };
    assert_eq!((collecting(1), collecting(2)), (vec![1], vec![]));
    // What the register held before it died is not taken for what is there now.
    let stale = with_body(&[
        op("test_heap", &[u(2), u(1)]),
        op("put_list", &[x(0), x(0), x(1)]),
        op("gc_bif1", &[l(3), u(1), u(1), x(0), x(1)]),
        op("label", &[u(3)]),
        op("get_hd", &[x(1), x(0)]),
        ret(),
    ]);
    let stale = loader::load(&stale).unwrap_or_else(|e| panic!("{e}"));
    assert!(stale.sets_on_failure(5) && stale.is_unproven(7));
}

#[test]
fn what_is_refused() {
    let end = || op("int_code_end", &[]);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("falls off the end", with_body(&[op("move", &[x(0), x(1)])])),
        ("slot without frame", with_body(&[op("move", &[y(0), x(0)]), ret()])),
        (
            "slot beyond the frame",
            with_body(&[op("allocate", &[u(1), u(1)]), op("move", &[x(0), y(1)]), ret()]),
        ),
        (
            "slot beyond the frame, in a list",
            with_body(&[op("put_tuple2", &[x(0), list(&[i(1), y(0)])]), ret()]),
        ),
        (
            "wrong deallocate",
            with_body(&[op("allocate", &[u(2), u(1)]), op("deallocate", &[u(1)]), ret()]),
        ),
        ("return with a frame", with_body(&[op("allocate", &[u(2), u(1)]), ret()])),
        (
            "two frames",
            with_body(&[op("allocate", &[u(2), u(1)]), op("allocate", &[u(2), u(1)]), ret()]),
        ),
        (
            "paths disagree",
            with_body(&[
                op("is_nil", &[l(3), x(0)]),
                op("allocate", &[u(2), u(1)]),
                op("label", &[u(3)]),
                ret(),
            ]),
        ),
        ("call without a frame", with_body(&[op("call", &[u(1), l(2)]), ret()])),
        ("call of another arity", with_body(&[op("call_only", &[u(2), l(2)])])),
        ("call into a body", with_body(&[op("label", &[u(3)]), op("call_only", &[u(1), l(3)])])),
        ("register never written", with_body(&[op("move", &[x(1), x(0)]), ret()])),
        (
            "register dead after a call",
            with_body(&[
                op("allocate", &[u(0), u(1)]),
                op("move", &[x(0), x(1)]),
                op("call", &[u(1), l(2)]),
                op("move", &[x(1), x(0)]),
                op("deallocate", &[u(0)]),
                ret(),
            ]),
        ),
        ("live count too high", with_body(&[op("test_heap", &[u(2), u(2)]), ret()])),
        (
            "register dead after collecting",
            with_body(&[op("test_heap", &[u(2), u(0)]), op("badmatch", &[x(0)])]),
        ),
        (
            "slot never written",
            with_body(&[
                op("allocate", &[u(1), u(1)]),
                op("move", &[y(0), x(0)]),
                op("badmatch", &[i(1)]),
            ]),
        ),
        (
            "call with an uninitialised slot",
            with_body(&[
                op("allocate", &[u(1), u(1)]),
                op("call", &[u(1), l(2)]),
                op("badmatch", &[i(1)]),
            ]),
        ),
        (
            "initialised on one path only",
            with_body(&[
                op("is_nil", &[l(3), x(0)]),
                op("move", &[i(1), x(1)]),
                op("label", &[u(3)]),
                op("move", &[x(1), x(0)]),
                ret(),
            ]),
        ),
        (
            "result of a failed guard, with something there on one path",
            with_body(&[
                op("is_nil", &[l(3), x(0)]),
                op("move", &[i(1), x(1)]),
                op("label", &[u(3)]),
                op("bif1", &[l(4), u(1), x(0), x(1)]),
                op("label", &[u(4)]),
                op("move", &[x(1), x(0)]),
                ret(),
            ]),
        ),
        ("return with a handler in force", handler(&[op("deallocate", &[u(2)]), ret()])),
        ("handler overwritten", handler(&[op("move", &[x(0), y(1)])])),
        ("handler read as a term", handler(&[op("move", &[y(1), x(0)])])),
        ("handlers out of order", handler(&[op("try", &[y(1), l(3)])])),
        ("end of another handler", handler(&[op("try_end", &[y(0)])])),
        (
            "handler that begins with something else",
            with_body(&[
                op("allocate", &[u(1), u(1)]),
                op("try", &[y(0), l(3)]),
                op("badmatch", &[x(0)]),
                op("label", &[u(3)]),
                op("badmatch", &[x(0)]),
            ]),
        ),
        ("builds without room", with_body(&[op("put_list", &[x(0), x(0), x(0)]), ret()])),
        (
            "builds more than there is room for",
            with_body(&[
                op("test_heap", &[u(4), u(1)]),
                op("put_list", &[x(0), x(0), x(0)]),
                op("put_tuple2", &[x(0), list(&[x(0), x(0)])]),
                ret(),
            ]),
        ),
        (
            "builds in room from before a call",
            with_body(&[
                op("allocate_heap", &[u(0), u(2), u(1)]),
                op("call", &[u(1), l(2)]),
                op("put_list", &[x(0), x(0), x(0)]),
                op("deallocate", &[u(0)]),
                ret(),
            ]),
        ),
        (
            "room on one path only",
            with_body(&[
                op("is_nil", &[l(3), x(0)]),
                op("test_heap", &[u(2), u(1)]),
                op("label", &[u(3)]),
                op("put_list", &[x(0), x(0), x(0)]),
                ret(),
            ]),
        ),
        (
            "matches what is no context",
            with_body(&[op("bs_test_tail2", &[l(1), x(0), u(0)]), ret()]),
        ),
        (
            "changes a tuple",
            with_body(&[
                op("is_tuple", &[l(1), x(0)]),
                op("test_arity", &[l(1), x(0), u(1)]),
                op("set_tuple_element", &[i(1), x(0), u(0)]),
                ret(),
            ]),
        ),
        (
            "tag of a tuple without elements",
            with_body(&[op("is_tagged_tuple", &[l(1), x(0), u(0), a(1)]), ret()]),
        ),
        (
            "frame beyond what the machine can number",
            with_body(&[op("allocate", &[vec![0x18, 0x7F, 0xFF], u(1)]), ret()]),
        ),
        (
            "more slots than a frame can have",
            with_body(&[
                op("allocate", &[u(1), u(1)]),
                op("init_yregs", &[[vec![0x17, 0x18, 0x7F, 0xFF], y(0).repeat(0x7FFF)].concat()]),
                op("deallocate", &[u(1)]),
                ret(),
            ]),
        ),
        ("undefined label", with_body(&[op("jump", &[l(9)])])),
        ("label beyond the count", with_body(&[op("jump", &[l(20)])])),
        ("undefined label in dead code", with_body(&[ret(), op("jump", &[l(9)])])),
        ("label 0 as a target", with_body(&[op("jump", &[l(0)])])),
        ("label twice", with_body(&[op("label", &[u(2)]), ret()])),
        ("no such literal", with_body(&[op("move", &[lit(0), x(0)]), ret()])),
        ("no such import", with_body(&[op("call_ext_only", &[u(1), u(2)])])),
        ("import of another arity", with_body(&[op("call_ext_only", &[u(2), u(1)])])),
        ("no such fun", with_body(&[op("make_fun3", &[u(0), x(0), list(&[])]), ret()])),
        ("no such atom", with_body(&[op("move", &[a(6), x(0)]), ret()])),
        ("no such string", with_body(&[op("bs_put_string", &[u(4), u(0)]), ret()])),
        ("writes to a constant", with_body(&[op("move", &[x(0), i(1)]), ret()])),
        ("register too high", with_body(&[op("move", &[x(1024), x(0)]), ret()])),
        ("odd pairs", with_body(&[op("select_val", &[x(0), l(1), list(&[i(1)])])])),
        ("obsolete", with_body(&[op("put", &[x(0)]), ret()])),
        ("unknown instruction", with_body(&[vec![200]])),
        (
            "another module's func_info",
            raw(&[
                op("label", &[u(1)]),
                op("func_info", &[a(2), a(2), u(1)]),
                op("label", &[u(2)]),
                ret(),
                end(),
            ]
            .concat()),
        ),
        (
            "no label before func_info",
            raw(&[op("func_info", &[a(1), a(2), u(1)]), op("label", &[u(2)]), ret(), end()]
                .concat()),
        ),
        ("no functions", raw(&end())),
        ("no end", raw(&[prologue(), ret()].concat())),
        ("not a file", b"hello".to_vec()),
    ];
    let mut text = String::new();
    for (name, file) in cases {
        let said = loader::load(&file).map(|_| ()).expect_err(name);
        writeln!(text, "{name}:\n    {said}").unwrap();
    }
    insta::assert_snapshot!(text);
}
