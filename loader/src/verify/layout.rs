//! Functions and labels: where each function starts and ends, that labels are unique, and that the
//! tables of exports, local functions and funs name real entries.
//!
//! A function is `label`, any number of `line`, `func_info`, and then its body, which starts with
//! the entry label. The label before `func_info` is where clauses that do not match jump to.

use super::{Function, at};
use crate::chunks::code::{Arg, Instr};
use crate::chunks::exports::Export;
use crate::error::LoadError;
use crate::module::Module;
use crate::ops::GenOp;
use std::collections::HashSet;

/// In the label table: no `label` instruction defines this number.
pub(super) const UNDEFINED: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub functions: Vec<Function>,
    /// Instruction index by label number.
    pub labels: Vec<u32>,
    /// Index of the function with the `on_load` instruction.
    pub on_load: Option<u32>,
}

impl Layout {
    /// The function whose entry is this label.
    pub fn function_at(&self, entry: u32) -> Option<&Function> {
        Some(&self.functions[self.function_index(entry)?])
    }

    /// Its index.
    pub fn function_index(&self, entry: u32) -> Option<usize> {
        let &at = self.labels.get(entry as usize)?;
        self.functions.binary_search_by_key(&(at as usize), |f| f.body).ok()
    }
}

pub(super) fn check(module: &Module, labels: Vec<u32>) -> Result<Layout, LoadError> {
    let layout = Layout { labels, functions: functions(module)?, on_load: None };
    let on_load = on_load(module, &layout)?;
    let layout = Layout { on_load, ..layout };
    for (chunk, table) in [("ExpT", &module.exports), ("LocT", &module.locals)] {
        for (i, export) in table.iter().enumerate() {
            entry_matches(module, &layout, export)
                .map_err(|what| LoadError::new(chunk, 4 + 12 * i, what))?;
        }
    }
    for (i, l) in module.lambdas.iter().enumerate() {
        let body = Export { function: l.function, arity: l.arity, label: l.label };
        entry_matches(module, &layout, &body)
            .map_err(|what| LoadError::new("FunT", 4 + 24 * i, what))?;
    }
    Ok(layout)
}

fn label_number(module: &Module, instr: &Instr) -> Option<u32> {
    match (instr.op, module.code.args(instr)) {
        (GenOp::Label, &[Arg::U(n)]) => u32::try_from(n).ok(),
        _ => None,
    }
}

/// Where each label is defined. Runs before operands are checked, so it takes no shape for granted.
pub(super) fn labels(module: &Module) -> Result<Vec<u32>, LoadError> {
    let mut labels = vec![UNDEFINED; module.code.label_count as usize];
    for (i, instr) in module.code.instrs.iter().enumerate() {
        if let Some(n) = label_number(module, instr) {
            match labels.get_mut(n as usize) {
                Some(slot) if *slot == UNDEFINED => *slot = i as u32,
                _ => return Err(at(instr, format!("label {n} is defined twice"))),
            }
        }
    }
    Ok(labels)
}

fn functions(module: &Module) -> Result<Vec<Function>, LoadError> {
    let instrs = &module.code.instrs;
    let mut functions: Vec<Function> = Vec::with_capacity(module.code.function_count as usize);
    let mut seen = HashSet::new();
    for (i, instr) in instrs.iter().enumerate() {
        if instr.op != GenOp::FuncInfo {
            continue;
        }
        let &[Arg::Atom(owner), Arg::Atom(name), Arg::U(arity)] = module.code.args(instr) else {
            return Err(at(instr, "func_info needs module, function and arity"));
        };
        if owner != Module::NAME_ATOM {
            return Err(at(instr, "func_info names another module"));
        }
        let lines = instrs[..i].iter().rev().take_while(|i| i.op == GenOp::Line).count();
        let start = (i - lines).checked_sub(1).filter(|&s| instrs[s].op == GenOp::Label);
        let Some(start) = start else {
            return Err(at(instr, "func_info must come right after a label"));
        };
        let Some(entry) = instrs.get(i + 1).and_then(|next| label_number(module, next)) else {
            return Err(at(instr, "func_info must be followed by the function's entry label"));
        };
        match functions.last_mut() {
            Some(last) => last.code.end = start,
            None if start == 0 => {}
            None => return Err(at(&instrs[0], "code before the first function")),
        }
        let arity = arity as u8;
        if !seen.insert((name, arity)) {
            return Err(at(
                instr,
                format!("function {}/{arity} is defined twice", module.atom(name)),
            ));
        }
        functions.push(Function {
            name,
            arity,
            entry,
            func_info: i,
            body: i + 1,
            // The end becomes known with the next function.
            code: start..instrs.len() - 1,
        });
    }
    if functions.is_empty() && instrs.len() > 1 {
        return Err(at(&instrs[0], "code outside any function"));
    }
    if let Some(empty) = functions.iter().find(|f| f.code.end <= f.body) {
        return Err(at(&instrs[empty.func_info], "a function without a body"));
    }
    if functions.len() != module.code.function_count as usize {
        return Err(LoadError::new(
            "Code",
            16,
            format!(
                "{} functions are announced but there are {}",
                module.code.function_count,
                functions.len()
            ),
        ));
    }
    Ok(functions)
}

fn on_load(module: &Module, layout: &Layout) -> Result<Option<u32>, LoadError> {
    let mut found = None;
    for (i, instr) in module.code.instrs.iter().enumerate() {
        if instr.op != GenOp::OnLoad {
            continue;
        }
        let index = layout.functions.partition_point(|f| f.code.start <= i).checked_sub(1);
        let good = index.filter(|&f| found.is_none() && layout.functions[f].arity == 0);
        let Some(index) = good else {
            return Err(at(instr, "on_load must stand once, in a function without arguments"));
        };
        found = Some(index as u32);
    }
    Ok(found)
}

fn entry_matches(module: &Module, layout: &Layout, export: &Export) -> Result<(), String> {
    let name = module.atom(export.function);
    let label = export.label;
    match layout.function_at(label) {
        Some(f) if f.name == export.function && f.arity == export.arity => Ok(()),
        _ => Err(format!("label {label} is not the entry of {name}/{}", export.arity)),
    }
}
