//! What an instruction stream must satisfy before anything may run it.
//!
//! Five passes over plain data, each in its own file: `operands` (each operand is of a kind that its
//! position admits and within the table or limit it refers to; `lists` for list operands), `layout`
//! (functions, labels, tables that refer to them), `flow` (along every path frames balance, stack
//! slots lie within the frame, calls have the frame they need, and nothing runs off the end of a
//! function), `init` (along every path registers and slots are initialised before they are read,
//! and handlers nest), `types` (enough words are reserved, terms are of the kinds that instructions
//! take for granted, or the instruction is marked). What the machine has to do in return is said at
//! the top of the last three.
//!
//! Not proved here: that float registers are set before they are read (a float register holds some
//! float, never a term), and that the claims of the type table are true.
//!
//! Invariant: a [`VerifiedModule`] is only made by [`verify`], or of a module that [`verify`] has seen
//! before (`record.rs`), and its content cannot be changed afterwards, so whoever holds one may rely
//! on all of the above.

mod bits;
mod flow;
mod init;
mod layout;
mod lists;
mod operands;
mod ty;
mod type_facts;
mod type_state;
mod types;

use crate::chunks::code::Instr;
use crate::error::LoadError;
use crate::module::Module;
use layout::Layout;
use std::ops::{Deref, Range};

/// A function of a verified module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Atom index of the name.
    pub name: u32,
    /// Number of arguments.
    pub arity: u8,
    /// Label of the entry: the one that follows `func_info`.
    pub entry: u32,
    /// Index of the `func_info` instruction. The instructions between the start of `code` and this
    /// are only `label` and `line`.
    pub func_info: usize,
    /// Index of the entry's `label` instruction: always `func_info + 1`.
    pub body: usize,
    /// Indices of all instructions of the function.
    pub code: Range<usize>,
}

/// A module that has passed [`verify`]; there is no other way to make one.
#[derive(Clone, Debug)]
pub struct VerifiedModule {
    module: Module,
    layout: Layout,
    findings: Findings,
}

/// What following the paths of a module has found out for who executes it: indices of instructions,
/// each list in order.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    traps: Vec<u32>,
    set_on_failure: Vec<u32>,
    unproven: Vec<u32>,
}

impl Findings {
    pub(crate) fn lists(&self) -> [&[u32]; 3] {
        [&self.traps, &self.set_on_failure, &self.unproven]
    }

    pub(crate) fn from_lists([traps, set_on_failure, unproven]: [Vec<u32>; 3]) -> Findings {
        Findings { traps, set_on_failure, unproven }
    }
}

impl VerifiedModule {
    /// All functions in the order of the code; their ranges follow one another without a gap and
    /// leave out only the final `int_code_end`.
    pub fn functions(&self) -> &[Function] {
        &self.layout.functions
    }

    /// Index of the instruction that defines a label. Labels are below `code.label_count`; numbers
    /// that no `label` instruction defines give `None`, and no operand refers to them.
    pub fn label(&self, label: u32) -> Option<usize> {
        let index = *self.layout.labels.get(label as usize)?;
        (index != layout::UNDEFINED).then_some(index as usize)
    }

    /// Index into [`Self::functions`] of the function whose entry has this label.
    pub fn function_at(&self, entry: u32) -> Option<usize> {
        let at = self.label(entry)?;
        let functions = &self.layout.functions;
        let index = functions.binary_search_by_key(&at, |f| f.body).ok()?;
        (functions[index].entry == entry).then_some(index)
    }

    /// Index into [`Self::functions`] of the function to run when the module is loaded.
    pub fn on_load(&self) -> Option<usize> {
        self.layout.on_load.map(|f| f as usize)
    }

    /// Whether control must not get past the instruction with this index, a `label` or a `jump`.
    /// After calls that compilers know to raise they let control run or jump into the `try_case` of
    /// a handler, which only an exception prepares registers for. The linker puts a trap (not a
    /// jump) in place of such a `jump`, and before such a `label` if the instruction before it can
    /// go on; exceptions and other jumps arrive behind that trap.
    pub fn is_trap(&self, instr: usize) -> bool {
        self.findings.traps.binary_search(&(instr as u32)).is_ok()
    }

    /// Whether the instruction with this index, a `bif1`, `bif2` or `gc_bif` with a label, has to
    /// write some term to its destination when it branches: code there reads it. Compilers make such
    /// code where they know that the function does not fail. Nothing has been written there before.
    pub fn sets_on_failure(&self, instr: usize) -> bool {
        self.findings.set_on_failure.binary_search(&(instr as u32)).is_ok()
    }

    /// Whether the instruction with this index takes a term for granted that may be another: a pair
    /// (`get_list`, `get_hd`, `get_tl`), a tuple (`test_arity`) that has that element
    /// (`get_tuple_element`) or a match context (`bs_start_match4` that resumes). Who executes it
    /// has to look first. A `loop_rec` is unproven if the message that is looked at may get
    /// elsewhere before it is taken out of the mailbox: it has to be part of the heap then.
    pub fn is_unproven(&self, instr: usize) -> bool {
        self.findings.unproven.binary_search(&(instr as u32)).is_ok()
    }

    /// How many elements the tuple must have that an unproven `get_tuple_element` takes one from:
    /// those right behind it that take others of the same tuple count on what it finds.
    pub fn elements_taken(&self, instr: usize) -> u32 {
        types::elements_taken(&self.module, instr)
    }

    /// Whether calls of this import always end with an exception (`erlang:error/1,2,3`, `exit/1`,
    /// `throw/1`). For these the frame that `call_ext`, `call_ext_only` or `call_ext_last` declares
    /// is not checked and may be wrong: executing one must raise without touching the frame.
    ///
    /// # Panics
    /// If the index is outside `imports`.
    pub fn never_returns(&self, import: u32) -> bool {
        flow::never_returns(&self.module, import)
    }

    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Gives the decoded module back, without the proof.
    pub fn into_module(self) -> Module {
        self.module
    }
}

impl Deref for VerifiedModule {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.module
    }
}

/// Checks a decoded module.
///
/// # Errors
/// The first thing that is wrong, with module, function and offset in the code.
pub fn verify(module: Module) -> Result<VerifiedModule, LoadError> {
    match check(&module) {
        Ok((layout, findings)) => Ok(VerifiedModule { module, layout, findings }),
        Err(e) => Err(e.in_module(module.name())),
    }
}

/// What [`verify`] says of a module that it has found this out about before.
pub(crate) fn recall(module: Module, findings: Findings) -> Result<VerifiedModule, LoadError> {
    match layout::labels(&module).and_then(|labels| layout::check(&module, labels)) {
        Ok(layout) => Ok(VerifiedModule { module, layout, findings }),
        Err(e) => Err(e.in_module(module.name())),
    }
}

fn check(module: &Module) -> Result<(Layout, Findings), LoadError> {
    let labels = layout::labels(module)?;
    // Operands first: what follows relies on every instruction having the shape of its signature.
    operands::check(module, &labels)?;
    let layout = layout::check(module, labels)?;
    let mut flow = flow::Flow::new(module, &layout);
    for function in &layout.functions {
        flow.function(function).map_err(|e| in_function(module, function, e))?;
    }
    let frames = |label| flow.frame(label);
    let mut init = init::Init::new(module, &layout, &frames);
    for function in &layout.functions {
        init.function(function).map_err(|e| in_function(module, function, e))?;
    }
    let traps = in_order(std::mem::take(&mut init.traps));
    let set_on_failure = in_order(std::mem::take(&mut init.set_on_failure));
    let mut types = types::Types::new(module, &layout, &set_on_failure);
    for function in &layout.functions {
        types.function(function).map_err(|e| in_function(module, function, e))?;
    }
    let unproven = types.finish();
    Ok((layout, Findings { traps, set_on_failure, unproven }))
}

fn in_order(mut instrs: Vec<u32>) -> Vec<u32> {
    instrs.sort_unstable();
    instrs.dedup();
    instrs
}

fn in_function(module: &Module, function: &Function, mut e: LoadError) -> LoadError {
    e.function = Some(format!("{}/{}", module.atom(function.name), function.arity));
    e
}

fn at(instr: &Instr, what: impl Into<std::borrow::Cow<'static, str>>) -> LoadError {
    LoadError::new("Code", instr.offset as usize, what)
}
