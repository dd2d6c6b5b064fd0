//! Along every path through a function frames balance, stack slots lie within the frame, and
//! nothing runs off the end.
//!
//! What is known on arrival at a label is what everybody who gets there agrees on. Where they do not
//! agree the frame is [`Frame::Mixed`], and such code may do nothing with it but read and end in a
//! call that never returns or an instruction that raises: compilers share the code that raises an error between paths with different frames.
//! Whoever executes `call_ext`, `call_ext_only` or `call_ext_last` of [`never_returns`] must
//! therefore leave the frame alone. Code that nothing reaches is not checked here, and cannot run.

use super::layout::Layout;
use super::{Function, at};
use crate::chunks::code::{Arg, Instr, Reg};
use crate::error::LoadError;
use crate::module::Module;
use crate::ops::{GenOp, Kind};

/// The stack frame at a point of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// There is none.
    None,
    /// One of so many slots.
    Slots(u32),
    /// It depends on the path; on each there are at least so many slots.
    Mixed(u32),
}

impl Frame {
    /// How many slots there are for sure.
    fn slots(self) -> u32 {
        match self {
            Frame::None => 0,
            Frame::Slots(n) | Frame::Mixed(n) => n,
        }
    }
}

/// What a label knows, and how often that has changed; `None` until somebody has got there.
type Known = Option<(Frame, u8)>;

/// A label that has changed this often is taken to have no slot for sure. Without a limit a hostile
/// file could have the same code visited once for every frame size there is; no compiler shares one
/// piece of code between so many frames.
const MAX_CHANGES: u8 = 32;

pub(super) struct Flow<'a> {
    module: &'a Module,
    layout: &'a Layout,
    known: Vec<Known>,
    /// Labels that are known but whose code has not been visited.
    pending: Vec<u32>,
}

/// Where control goes after an instruction.
enum Next {
    /// To the following instruction, with this frame.
    Through(Frame),
    /// Elsewhere.
    End,
}

impl<'a> Flow<'a> {
    pub fn new(module: &'a Module, layout: &'a Layout) -> Self {
        Self { module, layout, known: vec![None; layout.labels.len()], pending: Vec::new() }
    }

    /// The frame at a label, if something reaches it.
    pub fn frame(&self, label: u32) -> Option<Frame> {
        self.known[label as usize].map(|(frame, _)| frame)
    }

    pub fn function(&mut self, function: &Function) -> Result<(), LoadError> {
        let instrs = &self.module.code.instrs;
        self.block(function, function.code.start, Frame::None)?;
        self.arrive(function, &instrs[function.body], function.entry, Frame::None)?;
        while let Some(label) = self.pending.pop() {
            let Some((frame, _)) = self.known[label as usize] else { continue };
            // Skip the label itself, it is known.
            self.block(function, self.layout.labels[label as usize] as usize + 1, frame)?;
        }
        Ok(())
    }

    /// Visits instructions until control goes elsewhere.
    fn block(&mut self, function: &Function, start: usize, frame: Frame) -> Result<(), LoadError> {
        let mut frame = frame;
        for i in start..function.code.end {
            let instr = &self.module.code.instrs[i];
            let args = self.module.code.args(instr);
            if let (GenOp::Label, &[Arg::U(n)]) = (instr.op, args) {
                let Some(merged) = self.meet(n as u32, frame) else { return Ok(()) };
                frame = merged;
                continue;
            }
            self.slots(instr, args, frame)?;
            // The frame that a failing instruction leaves is the one it found.
            self.branches(function, instr, args, frame)?;
            match self.step(instr, args, frame)? {
                Next::Through(after) => frame = after,
                Next::End => return Ok(()),
            }
        }
        let last = &self.module.code.instrs[function.code.end - 1];
        Err(at(last, "control runs off the end of the function"))
    }

    /// Records what a label knows. Answers that if it is news, so that the code there has to be
    /// visited, again when paths turn out to disagree.
    fn meet(&mut self, label: u32, frame: Frame) -> Option<Frame> {
        let slot = &mut self.known[label as usize];
        let (merged, changes) = match *slot {
            None => (frame, 0),
            Some((known, _)) if known == frame => return None,
            Some((known, MAX_CHANGES)) => {
                (Frame::Mixed(0), if known == Frame::Mixed(0) { return None } else { MAX_CHANGES })
            }
            Some((known, changes)) => {
                let merged = Frame::Mixed(known.slots().min(frame.slots()));
                if merged == known {
                    return None;
                }
                (merged, changes + 1)
            }
        };
        *slot = Some((merged, changes));
        Some(merged)
    }

    fn arrive(
        &mut self,
        function: &Function,
        from: &Instr,
        label: u32,
        frame: Frame,
    ) -> Result<(), LoadError> {
        let target = self.layout.labels[label as usize];
        if !function.code.contains(&(target as usize)) {
            return Err(at(from, format!("label {label} is in another function")));
        }
        if self.meet(label, frame).is_some() {
            self.pending.push(label);
        }
        Ok(())
    }

    fn branches(
        &mut self,
        function: &Function,
        instr: &Instr,
        args: &[Arg],
        frame: Frame,
    ) -> Result<(), LoadError> {
        for (&arg, kind) in args.iter().zip(instr.op.kinds()) {
            match (kind, arg) {
                (Kind::Label | Kind::Fail | Kind::FailMode, Arg::F(label)) if label != 0 => {
                    self.arrive(function, instr, label, frame)?;
                }
                (Kind::SelectVals | Kind::SelectArities, list) => {
                    let module = self.module;
                    for &target in module.code.list(list) {
                        if let Arg::F(label) = target {
                            self.arrive(function, instr, label, frame)?;
                        }
                    }
                }
                (Kind::Entry, Arg::F(label)) => {
                    let Some(Arg::U(arity)) = args.first().copied() else { continue };
                    match self.layout.function_at(label) {
                        Some(callee) if u64::from(callee.arity) == arity => {}
                        _ => {
                            return Err(at(
                                instr,
                                format!(
                                    "label {label} is not the entry of a function of arity {arity}"
                                ),
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Every stack slot that the instruction mentions lies within the frame.
    fn slots(&self, instr: &Instr, args: &[Arg], frame: Frame) -> Result<(), LoadError> {
        let size = frame.slots();
        let check = |arg: &Arg| match arg.reg() {
            Some(Reg::Y(n)) if u32::from(n) >= size => Err(at(
                instr,
                format!("{} uses y{n} but there is {}", instr.op.name(), show(frame)),
            )),
            _ => Ok(()),
        };
        for arg in args {
            check(arg)?;
            self.module.code.list(*arg).iter().try_for_each(check)?;
        }
        Ok(())
    }

    fn step(&self, instr: &Instr, args: &[Arg], frame: Frame) -> Result<Next, LoadError> {
        let number = |i: usize| match args.get(i) {
            Some(&Arg::U(n)) => n as u32,
            _ => 0,
        };
        let wrong = |what: String| Err(at(instr, format!("{}: {what}", instr.op.name())));
        let needs = |size: u32| {
            if frame == Frame::Slots(size) {
                Ok(())
            } else {
                wrong(format!("needs a frame of {size} slots but there is {}", show(frame)))
            }
        };
        let no_frame = || {
            if frame == Frame::None {
                Ok(())
            } else {
                wrong(format!("leaves {} behind", show(frame)))
            }
        };
        let body_call = || {
            if matches!(frame, Frame::Slots(_)) {
                Ok(())
            } else {
                wrong(format!("needs a frame to return to but there is {}", show(frame)))
            }
        };
        Ok(match instr.op {
            GenOp::Allocate
            | GenOp::AllocateHeap
            | GenOp::AllocateZero
            | GenOp::AllocateHeapZero => {
                if frame != Frame::None {
                    wrong(format!("there is already {}", show(frame)))?;
                }
                Next::Through(Frame::Slots(number(0)))
            }
            GenOp::Deallocate => {
                needs(number(0))?;
                Next::Through(Frame::None)
            }
            GenOp::Trim => {
                let (drop, remaining) = (number(0), number(1));
                needs(drop.saturating_add(remaining))?;
                Next::Through(Frame::Slots(remaining))
            }
            GenOp::CallExt | GenOp::CallExtOnly | GenOp::CallExtLast
                if never_returns(self.module, number(1)) =>
            {
                Next::End
            }
            GenOp::CallLast | GenOp::CallExtLast => {
                needs(number(2))?;
                Next::End
            }
            GenOp::ApplyLast => {
                needs(number(1))?;
                Next::End
            }
            GenOp::CallOnly | GenOp::CallExtOnly | GenOp::Return | GenOp::FuncInfo => {
                no_frame()?;
                Next::End
            }
            GenOp::Call | GenOp::CallExt | GenOp::CallFun | GenOp::CallFun2 | GenOp::Apply => {
                body_call()?;
                Next::Through(frame)
            }
            GenOp::LoopRecEnd
            | GenOp::Wait
            | GenOp::SelectVal
            | GenOp::SelectTupleArity
            | GenOp::Jump
            | GenOp::Badmatch
            | GenOp::IfEnd
            | GenOp::CaseEnd
            | GenOp::TryCaseEnd
            | GenOp::Badrecord
            | GenOp::Raise => Next::End,
            _ => Next::Through(frame),
        })
    }
}

/// Whether calls of this import end with an exception, always. Compilers put nothing after them.
pub(super) fn never_returns(module: &Module, import: u32) -> bool {
    let import = &module.imports[import as usize];
    module.atom(import.module) == "erlang"
        && matches!(
            (module.atom(import.function), import.arity),
            ("error", 1..=3) | ("exit" | "throw", 1)
        )
}

fn show(frame: Frame) -> String {
    match frame {
        Frame::None => "no frame".into(),
        Frame::Slots(n) => format!("a frame of {n} slots"),
        Frame::Mixed(n) => format!("a frame that depends on the path, of at least {n} slots"),
    }
}
