//! The machine: terms, heaps, processes, schedulers, code and the interpreter.
