//! Along every path registers and stack slots are initialised before they are read, collected or
//! scanned for a handler, and handlers (`try`, `catch`) nest.
//!
//! Runs after `flow`, whose frames it takes as given. What is known at a label is what holds on all
//! paths to it, so it only ever shrinks; code is visited again when it does.
//!
//! What the machine may rely on, besides: at an instruction with a live count, registers from that
//! number on are dead and those below hold terms; at one that can collect, raise, call or wait
//! every slot of the frame holds a term or a handler; a slot with a handler is only written by the
//! instruction that ends it, and inner handlers have lower slot numbers than outer ones.
//!
//! What the machine has to do for this to hold:
//! - `allocate` and `allocate_heap` fill the frame with nil (or anything that is not a handler):
//!   `bif1` to `bif3` may raise while slots are not initialised.
//! - `wait_timeout` leaves a term in the register that holds its time, and does not read it when the
//!   timer is running: code that loops on it comes back with nothing else in the register.
//! - [`VerifiedModule::is_trap`] instructions are made into traps.
//! - `bs_match` collects only at commands with a live count, and in order.
//! - instructions that [`VerifiedModule::sets_on_failure`] names write a term to their destination
//!   when they branch.

#[cfg(doc)]
use super::VerifiedModule;
use super::bits::Bits;
use super::flow::{Frame, never_returns};
use super::layout::Layout;
use super::{Function, at};
use crate::chunks::code::{Arg, Instr, Reg};
use crate::error::LoadError;
use crate::module::Module;
use crate::ops::{GenOp, Kind};

/// A label whose knowledge has shrunk this often is taken to know nothing, so that no file can have
/// its code visited once per register.
const MAX_CHANGES: u8 = 64;

/// Registers that an exception sets: its mark, class, value and trace.
const RAISED: u32 = 4;
/// There are so many X registers.
const X_REGISTERS: u32 = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    frame: Frame,
    /// X registers that hold terms.
    x: Bits,
    /// Slots that hold a term or a handler.
    y: Bits,
    /// Slots that hold a handler, on some path at least.
    handlers: Bits,
    /// Of these, the ones that do not on every path.
    doubtful: Bits,
    /// Whether every slot is initialised; only of meaning for [`Frame::Mixed`].
    full: bool,
    /// X registers that hold a term on some path, in a function that is gone through with
    /// destinations set on failure.
    maybe: Option<Bits>,
}

impl State {
    fn at_entry(arity: u8, setting: bool) -> Self {
        Self {
            maybe: setting.then(|| Bits::first(arity.into())),
            frame: Frame::None,
            x: Bits::first(arity.into()),
            y: Bits::default(),
            handlers: Bits::default(),
            doubtful: Bits::default(),
            full: true,
        }
    }

    fn full(&self) -> bool {
        match self.frame {
            Frame::None => true,
            Frame::Slots(n) => self.y.has_first(n),
            Frame::Mixed(_) => self.full,
        }
    }

    /// What holds in both.
    fn merge(&self, other: &Self, frame: Frame) -> Self {
        let differ = self.handlers.xor(&other.handlers);
        Self {
            frame,
            x: self.x.and(&other.x),
            y: self.y.and(&other.y),
            handlers: self.handlers.or(&other.handlers),
            doubtful: self.doubtful.or(&other.doubtful).or(&differ),
            full: self.full() && other.full(),
            maybe: self.maybe.as_ref().zip(other.maybe.as_ref()).map(|(a, b)| a.or(b)),
        }
    }

    /// All other X registers are dead.
    fn keep_x(&mut self, n: u32) {
        self.x.keep_first(n);
        if let Some(maybe) = &mut self.maybe {
            maybe.keep_first(n);
        }
    }

    /// These registers hold terms, and no others.
    fn only_x(&mut self, n: u32) {
        self.x = Bits::first(n);
        if let Some(maybe) = &mut self.maybe {
            *maybe = Bits::first(n);
        }
    }
}

pub(super) struct Init<'a> {
    module: &'a Module,
    layout: &'a Layout,
    /// Frames at labels, from `flow`.
    frames: &'a dyn Fn(u32) -> Option<Frame>,
    known: Vec<Option<(State, u8)>>,
    pending: Vec<u32>,
    /// See [`VerifiedModule::is_trap`].
    pub traps: Vec<u32>,
    /// See [`VerifiedModule::sets_on_failure`].
    pub set_on_failure: Vec<u32>,
    /// Whether the function is gone through with destinations set on failure.
    setting: bool,
}

impl<'a> Init<'a> {
    pub fn new(
        module: &'a Module,
        layout: &'a Layout,
        frames: &'a dyn Fn(u32) -> Option<Frame>,
    ) -> Self {
        Self {
            module,
            layout,
            frames,
            known: vec![None; layout.labels.len()],
            pending: Vec::new(),
            traps: Vec::new(),
            set_on_failure: Vec::new(),
            setting: false,
        }
    }

    /// Compilers know of some functions in guards that they cannot fail, and read their result on
    /// the way of failure too. What is refused for that is gone through once more, with a term
    /// there.
    pub fn function(&mut self, function: &Function) -> Result<(), LoadError> {
        let traps = self.traps.len();
        let Err(wrong) = self.paths(function) else { return Ok(()) };
        self.traps.truncate(traps);
        self.forget(function);
        self.setting = true;
        let done = self.paths(function);
        self.setting = false;
        done.map_err(|_| wrong)
    }

    fn paths(&mut self, function: &Function) -> Result<(), LoadError> {
        let entry = State::at_entry(function.arity, self.setting);
        self.block(function, function.code.start, entry.clone())?;
        self.arrive(function.entry, &entry);
        while let Some(label) = self.pending.pop() {
            let Some((state, _)) = self.known[label as usize].clone() else { continue };
            self.block(function, self.layout.labels[label as usize] as usize + 1, state)?;
        }
        self.forget(function);
        Ok(())
    }

    /// The memory of one function is enough.
    fn forget(&mut self, function: &Function) {
        self.pending.clear();
        for instr in &self.module.code.instrs[function.code.clone()] {
            if let (GenOp::Label, &[Arg::U(n)]) = (instr.op, self.module.code.args(instr)) {
                self.known[n as usize] = None;
            }
        }
    }

    fn block(
        &mut self,
        function: &Function,
        start: usize,
        mut state: State,
    ) -> Result<(), LoadError> {
        for i in start..function.code.end {
            let instr = &self.module.code.instrs[i];
            let args = self.module.code.args(instr);
            if let (GenOp::Label, &[Arg::U(n)]) = (instr.op, args) {
                if self.is_trap(i, &state) {
                    self.traps.push(i as u32);
                    return Ok(());
                }
                if !self.meet(n as u32, &state) {
                    return Ok(());
                }
                if let Some((merged, _)) = &self.known[n as usize] {
                    state = merged.clone();
                }
                continue;
            }
            if let (GenOp::Jump, &[Arg::F(label)]) = (instr.op, args)
                && self.is_trap(self.layout.labels[label as usize] as usize, &state)
            {
                self.traps.push(i as u32);
                return Ok(());
            }
            let through = self
                .instruction(function, i, instr, args, &mut state)
                .map_err(|what| at(instr, format!("{}: {what}", instr.op.name())))?;
            if !through {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether going to this label is going to a `try_case` without what an exception leaves there.
    fn is_trap(&self, label: usize, state: &State) -> bool {
        let rest = self.module.code.instrs[label..].iter();
        rest.map(|i| i.op).find(|&op| op != GenOp::Label) == Some(GenOp::TryCase)
            && !state.x.has_first(RAISED)
    }

    fn meet(&mut self, label: u32, state: &State) -> bool {
        let slot = &mut self.known[label as usize];
        let frame = (self.frames)(label).unwrap_or(state.frame);
        let (merged, changes) = match slot {
            None => (State { full: state.full(), frame, ..state.clone() }, 0),
            Some((known, changes)) => {
                let mut merged = known.merge(state, frame);
                if merged == *known {
                    return false;
                }
                if *changes == MAX_CHANGES {
                    merged.x = Bits::default();
                    merged.y = Bits::default();
                    merged.doubtful = merged.handlers.clone();
                    merged.full = false;
                    merged.maybe = merged.maybe.map(|_| Bits::first(X_REGISTERS));
                    if merged == *known {
                        return false;
                    }
                }
                (merged, (*changes + 1).min(MAX_CHANGES))
            }
        };
        *slot = Some((merged, changes));
        true
    }

    fn arrive(&mut self, label: u32, state: &State) {
        if self.meet(label, state) {
            self.pending.push(label);
        }
    }

    /// One instruction; answers whether control goes on to the next.
    fn instruction(
        &mut self,
        function: &Function,
        index: usize,
        instr: &Instr,
        args: &[Arg],
        state: &mut State,
    ) -> Result<bool, String> {
        let module = self.module;
        let kinds = instr.op.kinds();
        let number = |i: usize| match args.get(i) {
            Some(&Arg::U(n)) => n as u32,
            _ => 0,
        };
        for (&arg, &kind) in args.iter().zip(kinds) {
            reads(module, state, arg, kind)?;
        }
        if instr.op == GenOp::Swap {
            args.iter().try_for_each(|&a| read(state, a))?;
        }
        if let Some(n) = arguments(module, function, instr.op, args) {
            need_x(state, n)?;
        }
        if can_leave(instr.op, args) && !state.full() {
            return Err("a slot of the frame is not initialised".into());
        }
        if let Some(i) = kinds.iter().position(|&k| k == Kind::Live) {
            need_x(state, number(i))?;
            state.keep_x(number(i));
            // What it reads must survive the collection that it may do first. Compilers count on
            // `bs_start_match` to keep what it is given itself: they load a literal beyond the live.
            let keeps = matches!(instr.op, GenOp::BsStartMatch3 | GenOp::BsStartMatch4);
            if !keeps && !matches!(instr.op, GenOp::DebugLine) {
                for (&arg, &kind) in args.iter().zip(kinds) {
                    reads(module, state, arg, kind)?;
                }
            }
        }
        match instr.op {
            GenOp::LoopRecEnd | GenOp::Wait => state.keep_x(0),
            // Compilers come back here with the timeout register dead, relying on the running timer.
            GenOp::WaitTimeout => {
                state.keep_x(0);
                write(state, args[1])?;
            }
            GenOp::Try | GenOp::Catch => return self.begin_handler(instr.op, args, state),
            GenOp::BsMatch => return self.commands(state, args),
            _ => {}
        }
        match self.setting.then(|| unset_destination(instr.op, args, state)).flatten() {
            Some(to) => {
                self.set_on_failure.push(index as u32);
                let mut failed = state.clone();
                write(&mut failed, to)?;
                self.branches(instr.op, args, &failed);
            }
            None => self.branches(instr.op, args, state),
        }
        for (&arg, &kind) in args.iter().zip(kinds) {
            writes(module, state, arg, kind)?;
        }
        effects(module, instr.op, args, state)
    }

    fn begin_handler(
        &mut self,
        op: GenOp,
        args: &[Arg],
        state: &mut State,
    ) -> Result<bool, String> {
        let (Arg::Y(slot), Arg::F(label)) = (args[0].untyped(), args[1]) else {
            return Err("a handler needs a slot and a label".into());
        };
        let slot = u32::from(slot);
        if !state.doubtful.is_empty() || state.handlers.any_below(slot + 1) {
            return Err(format!("y{slot} does not lie inside all handlers that are in force"));
        }
        state.y.set(slot);
        state.handlers.set(slot);
        // Raising leaves a mark in x0 that is no term, which the instruction there takes away.
        let end = if op == GenOp::Try { GenOp::TryCase } else { GenOp::CatchEnd };
        let instrs = &self.module.code.instrs[self.layout.labels[label as usize] as usize..];
        let first = instrs.iter().find(|i| i.op != GenOp::Label && i.op != GenOp::Line);
        let ends = first.is_some_and(|i| {
            i.op == end && self.module.code.args(i)[0].untyped() == args[0].untyped()
        });
        if !ends {
            return Err(format!("the handler does not begin with {} of y{slot}", end.name()));
        }
        // `catch_end` is reached with the value in x0 either way.
        let mut raised = state.clone();
        raised.only_x(if op == GenOp::Try { RAISED } else { 1 });
        self.arrive(label, &raised);
        Ok(true)
    }

    /// The commands of `bs_match`, one after another: each may collect, with its own live count,
    /// and those that test may fail with what the ones before it have left.
    fn commands(&mut self, state: &mut State, args: &[Arg]) -> Result<bool, String> {
        let module = self.module;
        let mut rest = module.code.list(args[2]);
        while let Some((&Arg::Atom(name), tail)) = rest.split_first() {
            let (live, dst, len) = match module.atom(name) {
                "integer" | "binary" => (tail.first(), tail.get(4), 5),
                "get_tail" => (tail.first(), tail.get(2), 3),
                "ensure_at_least" => (None, None, 2),
                "=:=" => (None, None, 3),
                _ => (None, None, 1),
            };
            // The context is in use until the last command.
            read(state, args[1])?;
            if let Some(&Arg::U(live)) = live {
                need_x(state, live as u32)?;
                state.keep_x(live as u32);
                read(state, args[1])?;
            } else if let Arg::F(label @ 1..) = args[0] {
                self.arrive(label, state);
            }
            if let Some(&dst) = dst {
                write(state, dst)?;
            }
            rest = tail.get(len..).unwrap_or(&[]);
        }
        Ok(true)
    }

    fn branches(&mut self, op: GenOp, args: &[Arg], state: &State) {
        // Their label says where the receive is, it is not jumped to.
        if matches!(op, GenOp::RecvMark | GenOp::RecvSet) {
            return;
        }
        for (&arg, kind) in args.iter().zip(op.kinds()) {
            match (kind, arg) {
                (Kind::Label | Kind::Fail | Kind::FailMode, Arg::F(label @ 1..)) => {
                    self.arrive(label, state);
                }
                (Kind::SelectVals | Kind::SelectArities, list) => {
                    let module = self.module;
                    for &target in module.code.list(list) {
                        if let Arg::F(label) = target {
                            self.arrive(label, state);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn need_x(state: &State, n: u32) -> Result<(), String> {
    match state.x.first_missing(n) {
        None => Ok(()),
        Some(missing) => Err(format!("x{missing} is not initialised")),
    }
}

fn read(state: &State, arg: Arg) -> Result<(), String> {
    match arg.reg() {
        Some(Reg::X(n)) if !state.x.get(n.into()) => Err(format!("x{n} is not initialised")),
        Some(Reg::Y(n)) if !state.y.get(n.into()) => Err(format!("y{n} is not initialised")),
        Some(Reg::Y(n)) if state.handlers.get(n.into()) => Err(format!("y{n} holds a handler")),
        _ => Ok(()),
    }
}

fn write(state: &mut State, arg: Arg) -> Result<(), String> {
    match arg.reg() {
        Some(Reg::X(n)) => {
            state.x.set(n.into());
            if let Some(maybe) = &mut state.maybe {
                maybe.set(n.into());
            }
        }
        Some(Reg::Y(n)) if state.handlers.get(n.into()) => {
            return Err(format!("y{n} holds a handler"));
        }
        Some(Reg::Y(n)) => state.y.set(n.into()),
        None => {}
    }
    Ok(())
}

fn reads(module: &Module, state: &State, arg: Arg, kind: Kind) -> Result<(), String> {
    let list = module.code.list(arg);
    match kind {
        Kind::Src | Kind::Size | Kind::FloatSrc => read(state, arg),
        Kind::Sources | Kind::MapPairs | Kind::Updates | Kind::BinOps => {
            list.iter().try_for_each(|&a| read(state, a))
        }
        Kind::MapGets => list.iter().step_by(2).try_for_each(|&a| read(state, a)),
        _ => Ok(()),
    }
}

fn writes(module: &Module, state: &mut State, arg: Arg, kind: Kind) -> Result<(), String> {
    let list = module.code.list(arg);
    match kind {
        Kind::Dst | Kind::FloatDst | Kind::YDst => write(state, arg),
        Kind::YList => list.iter().try_for_each(|&a| write(state, a)),
        Kind::MapGets => list.iter().skip(1).step_by(2).try_for_each(|&a| write(state, a)),
        _ => Ok(()),
    }
}

/// The destination of a function in a guard, if nothing has been written there on any path.
fn unset_destination(op: GenOp, args: &[Arg], state: &State) -> Option<Arg> {
    let guard =
        matches!(op, GenOp::Bif1 | GenOp::Bif2 | GenOp::GcBif1 | GenOp::GcBif2 | GenOp::GcBif3);
    let to = *args.last().filter(|_| guard && matches!(args[0], Arg::F(1..)))?;
    let maybe = state.maybe.as_ref()?;
    matches!(to.reg(), Some(Reg::X(n)) if !maybe.get(n.into())).then_some(to)
}

/// How many X registers, from x0 on, the instruction reads without naming them.
fn arguments(module: &Module, function: &Function, op: GenOp, args: &[Arg]) -> Option<u32> {
    let arity = match args.first() {
        Some(&Arg::U(n)) => n as u32,
        _ => 0,
    };
    Some(match op {
        GenOp::Call
        | GenOp::CallLast
        | GenOp::CallOnly
        | GenOp::CallExt
        | GenOp::CallExtLast
        | GenOp::CallExtOnly => arity,
        GenOp::CallFun => arity + 1,
        GenOp::CallFun2 => match args[1] {
            Arg::U(n) => n as u32,
            _ => 0,
        },
        GenOp::Apply | GenOp::ApplyLast => arity + 2,
        GenOp::FuncInfo => function.arity.into(),
        GenOp::Return | GenOp::BuildStacktrace | GenOp::BsInitWritable => 1,
        // A handler's label may be jumped to as well; what raising puts there must be there then.
        GenOp::CatchEnd => 1,
        GenOp::Send => 2,
        GenOp::RawRaise => 3,
        GenOp::TryCase => RAISED,
        GenOp::MakeFun2 => module.lambdas[arity as usize].num_free,
        _ => return None,
    })
}

/// Whether the instruction can collect, raise, call or wait.
fn can_leave(op: GenOp, args: &[Arg]) -> bool {
    let kinds = op.kinds();
    // Label 0 of a BIF also means that it cannot fail for these arguments, so it says nothing.
    let bif = matches!(op, GenOp::Bif1 | GenOp::Bif2 | GenOp::Bif3);
    let raises = !bif && args.iter().zip(kinds).any(|(&a, &k)| k == Kind::Fail && a == Arg::F(0));
    // The frame does not exist yet when these collect.
    let allocates = matches!(
        op,
        GenOp::Allocate | GenOp::AllocateHeap | GenOp::AllocateZero | GenOp::AllocateHeapZero
    );
    raises
        || kinds.contains(&Kind::Live) && !allocates
        || matches!(
            op,
            GenOp::Call
                | GenOp::CallExt
                | GenOp::CallExtLast
                | GenOp::CallFun
                | GenOp::CallFun2
                | GenOp::Apply
                | GenOp::Send
                | GenOp::LoopRecEnd
                | GenOp::Wait
                | GenOp::WaitTimeout
                | GenOp::Badmatch
                | GenOp::IfEnd
                | GenOp::CaseEnd
                | GenOp::TryCaseEnd
                | GenOp::Badrecord
                | GenOp::Raise
                | GenOp::RawRaise
                | GenOp::MakeFun2
                | GenOp::BuildStacktrace
                | GenOp::BsInitWritable
                | GenOp::BsMatch
        )
}

/// What an instruction does to the state besides writing the registers that it names.
fn effects(module: &Module, op: GenOp, args: &[Arg], state: &mut State) -> Result<bool, String> {
    let number = |i: usize| match args.get(i) {
        Some(&Arg::U(n)) => n as u32,
        _ => 0,
    };
    let unhandled = |state: &State| {
        if state.handlers.is_empty() {
            Ok(())
        } else {
            Err("a handler is still in force".to_owned())
        }
    };
    match op {
        GenOp::Allocate | GenOp::AllocateHeap => {
            state.frame = Frame::Slots(number(0));
            state.y = Bits::default();
        }
        GenOp::AllocateZero | GenOp::AllocateHeapZero => {
            state.frame = Frame::Slots(number(0));
            state.y = Bits::first(number(0));
        }
        GenOp::Deallocate => {
            unhandled(state)?;
            state.frame = Frame::None;
            state.y = Bits::default();
        }
        GenOp::Trim => {
            unhandled(state)?;
            state.frame = Frame::Slots(number(1));
            state.y.shift_down(number(0));
        }
        GenOp::CallExt | GenOp::CallExtOnly | GenOp::CallExtLast
            if never_returns(module, number(1)) =>
        {
            return Ok(false);
        }
        GenOp::CallLast | GenOp::CallExtLast | GenOp::ApplyLast => {
            unhandled(state)?;
            return Ok(false);
        }
        GenOp::Call
        | GenOp::CallExt
        | GenOp::CallFun
        | GenOp::CallFun2
        | GenOp::Apply
        | GenOp::Send
        | GenOp::BuildStacktrace
        | GenOp::BsInitWritable
        | GenOp::RawRaise
        | GenOp::MakeFun2 => state.only_x(1),
        GenOp::TryEnd | GenOp::TryCase | GenOp::CatchEnd => {
            let Arg::Y(slot) = args[0].untyped() else { return Ok(true) };
            let slot = slot.into();
            let innermost = !state.handlers.any_below(slot);
            if !state.handlers.get(slot) || state.doubtful.get(slot) || !innermost {
                return Err(format!("y{slot} does not hold the innermost handler"));
            }
            state.handlers.clear(slot);
            match op {
                GenOp::TryCase => state.only_x(3),
                GenOp::CatchEnd => write(state, Arg::X(0))?,
                _ => {}
            }
        }
        GenOp::CallOnly
        | GenOp::CallExtOnly
        | GenOp::Return
        | GenOp::FuncInfo
        | GenOp::LoopRecEnd
        | GenOp::Wait
        | GenOp::SelectVal
        | GenOp::SelectTupleArity
        | GenOp::Jump
        | GenOp::Badmatch
        | GenOp::IfEnd
        | GenOp::CaseEnd
        | GenOp::TryCaseEnd
        | GenOp::Badrecord
        | GenOp::Raise => return Ok(false),
        _ => {}
    }
    Ok(true)
}
