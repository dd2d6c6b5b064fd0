//! Purging: the end of old code.
//!
//! `erts_code_purger` prepares a purge, asks all processes whether they run the code, ends those that
//! do if it is to, and completes the purge or gives it up. While it lasts, funs that the code made
//! lead nowhere, and who calls one waits, suspended, until it is over: then the fun's code is there
//! again, or the module's current code is asked for it (`error_handler`).
//!
//! What has been purged is found no longer. Its words and its literals are freed when no process can
//! refer to them (`heap::given_up`); addresses in stack traces are looked up in vain.

use super::Lambda;
use super::table::{CodeTable, LoadedModule};
use crate::heap::given_up::Forgotten;
use crate::sync::{Arc, Mutex, Ordering};
use crate::term::{Atom, Pid};

/// The purge that is going on, if there is one.
#[derive(Default)]
pub(super) struct Purging(Mutex<Option<Purge>>);

struct Purge {
    module: Arc<LoadedModule>,
    /// The code is that of an `on_load` function that has failed, which is treated as old meanwhile;
    /// what has been old before.
    instead_of: Option<Option<Arc<LoadedModule>>>,
    /// Its lambdas, and where each led.
    lambdas: Vec<(&'static Lambda, *mut u64)>,
    /// Who waits.
    waiting: Vec<Pid>,
}

// SAFETY: the addresses lead into the module, which is held.
unsafe impl Send for Purge {}

/// What somebody is to do who calls a fun that leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unloaded {
    /// Look again: it leads somewhere.
    Again,
    /// Wait, suspended, until a purge is over.
    Waits,
    /// Ask for the module.
    Gone,
}

impl CodeTable {
    /// Begins to purge the old code of a module, or what is left of one whose `on_load` function has
    /// failed. False if there is none. `None`: another purge is going on.
    pub fn prepare_purge(&self, name: Atom, after_on_load: bool) -> Option<bool> {
        let mut purging = self.purging.0.lock();
        if purging.is_some() {
            return None;
        }
        let mut instead_of = None;
        let module = {
            let mut modules = self.modules_mut();
            let Some(versions) = modules.get_mut(&name) else { return Some(false) };
            if after_on_load {
                let Some(failed) = versions.failed.take() else { return Some(false) };
                instead_of = Some(versions.old.replace(failed));
            }
            let Some(old) = &versions.old else { return Some(false) };
            old.clone()
        };
        let mut lambdas = Vec::new();
        for lambda in self.lambdas_of(name) {
            let code = lambda.code.load(Ordering::Acquire);
            if module.has(code) {
                lambdas.push((lambda, code));
                lambda.code.store(std::ptr::null_mut(), Ordering::Release);
            }
        }
        *purging = Some(Purge { module, instead_of, lambdas, waiting: Vec::new() });
        Some(true)
    }

    /// Ends the purge of a module: with `complete` its code is gone, else it stays old. Who has waited
    /// for that, and what is to be given up. `None`: that module is not being purged.
    pub fn end_purge(&self, name: Atom, complete: bool) -> Option<(Vec<Pid>, Option<Forgotten>)> {
        let mut purging = self.purging.0.lock();
        let purge = purging.take_if(|p| p.module.name == name)?;
        let mut modules = self.modules_mut();
        let versions = modules.entry(name).or_default();
        let mut forgotten = None;
        if complete {
            versions.old = None;
            self.forget_range(&purge.module);
            forgotten = Some(Forgotten::code(purge.module));
        } else {
            for (lambda, code) in purge.lambdas {
                // One that leads elsewhere by now belongs to code that was loaded since.
                let null = std::ptr::null_mut();
                let (set, seen) = (Ordering::Release, Ordering::Relaxed);
                let _ = lambda.code.compare_exchange(null, code, set, seen);
            }
        }
        if let Some(before) = purge.instead_of {
            versions.old = before;
        }
        Some((purge.waiting, forgotten))
    }

    /// What a process is to do that calls a fun of this lambda, which has led nowhere. One that is to
    /// wait is resumed when the purge is over.
    pub(crate) fn unloaded(&self, lambda: &Lambda, pid: Pid) -> Unloaded {
        let mut purging = self.purging.0.lock();
        if !lambda.code.load(Ordering::Acquire).is_null() {
            return Unloaded::Again;
        }
        match &mut *purging {
            Some(purge) if purge.lambdas.iter().any(|(l, _)| std::ptr::eq(*l, lambda)) => {
                purge.waiting.push(pid);
                Unloaded::Waits
            }
            _ => Unloaded::Gone,
        }
    }
}
