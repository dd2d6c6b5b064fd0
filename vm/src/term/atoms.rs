//! The atoms that the machine itself names, as constants: `atoms::OK`.

use super::atom::{Atom, AtomEntry};

macro_rules! atoms {
    ($($ident:ident = $name:literal,)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "named like the constants they number")]
        #[derive(Clone, Copy)]
        enum Index { $($ident,)* }

        const COUNT: usize = [$($name),*].len();

        /// The entries of all the machine's own atoms.
        pub(super) static ENTRIES: [AtomEntry; COUNT] = [$(AtomEntry::new($name),)*];

        $(
            #[doc = concat!("`", $name, "`")]
            pub const $ident: Atom = Atom::of(&ENTRIES[Index::$ident as usize]);
        )*
    };
}

atoms! {
    EMPTY = "",
    TRUE = "true",
    FALSE = "false",
    UNDEFINED = "undefined",
    OK = "ok",
    ERROR = "error",
    EXIT = "exit",
    THROW = "throw",
    EXIT_UPPER = "EXIT",
    DOWN_UPPER = "DOWN",
    NORMAL = "normal",
    KILL = "kill",
    KILLED = "killed",
    NOPROC = "noproc",
    NOCONNECTION = "noconnection",
    PROCESS = "process",
    PORT = "port",
    TIME_OFFSET = "time_offset",
    BADARG = "badarg",
    BADARITH = "badarith",
    BADARITY = "badarity",
    BADFUN = "badfun",
    BADKEY = "badkey",
    BADMAP = "badmap",
    BADMATCH = "badmatch",
    BADRECORD = "badrecord",
    CASE_CLAUSE = "case_clause",
    IF_CLAUSE = "if_clause",
    TRY_CLAUSE = "try_clause",
    FUNCTION_CLAUSE = "function_clause",
    UNDEF = "undef",
    NOCATCH = "nocatch",
    SYSTEM_LIMIT = "system_limit",
    NOTSUP = "notsup",
    TIMEOUT_VALUE = "timeout_value",
    TIMEOUT = "timeout",
    ERLANG = "erlang",
    ERROR_HANDLER = "error_handler",
    UNDEFINED_FUNCTION = "undefined_function",
    UNDEFINED_LAMBDA = "undefined_lambda",
    MODULE_INFO = "module_info",
    ERROR_INFO = "error_info",
    MODULE = "module",
    FUNCTION = "function",
    CAUSE = "cause",
    FILE = "file",
    LINE = "line",
    ERL_ERTS_ERRORS = "erl_erts_errors",
    ERL_STDLIB_ERRORS = "erl_stdlib_errors",
    ERL_KERNEL_ERRORS = "erl_kernel_errors",
    APPLY = "apply",
    NIL_NODE = "nonode@nohost",
    INFINITY = "infinity",
    LINK = "link",
    MONITOR = "monitor",
    ALIAS = "alias",
    EXPLICIT_UNALIAS = "explicit_unalias",
    REPLY_DEMONITOR = "reply_demonitor",
    DEMONITOR = "demonitor",
    TAG = "tag",
    FLUSH = "flush",
    INFO = "info",
    PRIORITY = "priority",
    MAX = "max",
    HIGH = "high",
    LOW = "low",
    MIN_HEAP_SIZE = "min_heap_size",
    MIN_BIN_VHEAP_SIZE = "min_bin_vheap_size",
    MAX_HEAP_SIZE = "max_heap_size",
    FULLSWEEP_AFTER = "fullsweep_after",
    MESSAGE_QUEUE_DATA = "message_queue_data",
    OFF_HEAP = "off_heap",
    ON_HEAP = "on_heap",
    TRAP_EXIT = "trap_exit",
    SIZE = "size",
    INIT = "init",
    LOGGER = "logger",
    GROUP_LEADER = "group_leader",
    REGISTERED_NAME = "registered_name",
    TRUE_NAME = "true_name",
    ASYNC = "async",
    NANOSECOND = "nanosecond",
    MICROSECOND = "microsecond",
    MILLISECOND = "millisecond",
    SECOND = "second",
    NATIVE = "native",
    UNICODE = "unicode",
    LATIN1 = "latin1",
    UTF8 = "utf8",
    BINARY = "binary",
    NONE = "none",
    VALUE = "value",
    EOF = "eof",
}
