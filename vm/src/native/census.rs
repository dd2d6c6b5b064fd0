//! What natives find out by looking everywhere while the machine stands.

use super::{Native, Raise};
use crate::census;
use crate::code::Lambda;
use crate::sched::standstill::Stand;
use crate::term::{Pid, Term};
use crate::vm::Vm;

impl<'p> Native<'p> {
    /// Calls `f` while the machine stands. Not on an ordinary worker, which would wait for itself.
    fn standing<R>(&mut self, f: impl FnOnce(&Vm, &Stand<'_>) -> R) -> Result<R, Raise<'p>> {
        if !self.worker().dirty {
            return Err(Raise::Dirty);
        }
        let (participant, vm) = (self.worker().participant, self.vm);
        Ok(crate::crash_dump::standing(vm, participant, self.process, |stand| f(vm, stand)))
    }

    /// How often there is a fun of that lambda, outside of code.
    pub fn count_funs(&mut self, lambda: &Lambda) -> Result<usize, Raise<'p>> {
        self.standing(|vm, stand| census::funs(vm, stand, lambda))
    }

    /// All references to nodes, as `get_internal_state(node_and_dist_references)` tells them.
    pub fn node_references(&mut self) -> Result<Term<'p>, Raise<'p>> {
        self.vm.nodes.forget(self.vm);
        let found = self.standing(census::nodes::find)?;
        Ok(found.term(self.vm, &mut self.area))
    }

    /// `{Ref, Name}` for each monitor of that process which was set by name.
    pub fn names_of_monitors(&mut self, of: Pid) -> Result<Term<'p>, Raise<'p>> {
        let names = self.standing(|vm, stand| census::names_of_monitors(vm, stand, of))?;
        let pairs: Vec<_> = names
            .into_iter()
            .map(|(number, name)| {
                let reference = self.area.reference(number, None);
                self.area.tuple(&[reference, Term::atom(name)])
            })
            .collect();
        Ok(self.area.list(&pairs))
    }
}
