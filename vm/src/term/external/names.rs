//! What decoding and encoding must ask the machine: names in loaded code, and who we are.

use crate::code::{Export, Lambda};
use crate::heap::magic::Magic;
use crate::native::Wanted;
use crate::sync::{Arc, AtomicPtr};
use crate::term::view::RefView;
use crate::term::{Atom, atoms};
use crate::vm::Vm;

/// What tells one lambda from all others, as the format writes it.
#[derive(Clone, Copy, Debug)]
pub struct LambdaId {
    /// Module that made it.
    pub module: Atom,
    /// Arguments that a caller gives.
    pub arity: u8,
    /// Number of free variables.
    pub num_free: u32,
    /// Its number in the module.
    pub index: u32,
    /// The number that older releases gave it.
    pub old_index: u32,
    /// Hash of its source form.
    pub old_uniq: u32,
    /// MD5 of the module that made it.
    pub uniq: [u8; 16],
}

/// The machine as decoding and encoding see it.
pub trait Names {
    /// The atom of that name, made if new. `None` if it is too long or the table is full.
    fn atom(&self, name: &str) -> Option<Atom>;

    /// The atom of that name if there is one.
    fn existing_atom(&self, name: &str) -> Option<Atom>;

    /// The export `module:function/arity`, made if new.
    fn export(&self, module: Atom, function: Atom, arity: u8) -> &'static Export;

    /// The export `module:function/arity` if there is one.
    fn existing_export(&self, module: Atom, function: Atom, arity: u8) -> Option<&'static Export>;

    /// The lambda of that identity, made (as one whose code is not loaded) if new.
    fn lambda(&self, id: &LambdaId) -> &'static Lambda;

    /// The name and incarnation of this node.
    fn this_node(&self) -> (Atom, u32);

    /// A reference of this node is written.
    fn shows(&self, _: &RefView<'_>) {}

    /// The object of the magic reference of that number, if one has been written and is still there.
    fn magic(&self, _: u64) -> Option<Arc<Magic>> {
        None
    }

    /// Whether what is being encoded is still of use to somebody. Asked before steps that take long.
    fn want_more(&self) -> bool {
        true
    }
}

/// The machine, asked by a native that is aside.
pub struct NamesAside<'a> {
    /// The machine.
    pub vm: &'a Vm,
    /// Whether to go on.
    pub wanted: Wanted<'a>,
}

impl Names for NamesAside<'_> {
    fn atom(&self, name: &str) -> Option<Atom> {
        self.vm.atom(name)
    }

    fn existing_atom(&self, name: &str) -> Option<Atom> {
        self.vm.existing_atom(name)
    }

    fn export(&self, module: Atom, function: Atom, arity: u8) -> &'static Export {
        self.vm.export(module, function, arity)
    }

    fn existing_export(&self, module: Atom, function: Atom, arity: u8) -> Option<&'static Export> {
        self.vm.existing_export(module, function, arity)
    }

    fn lambda(&self, id: &LambdaId) -> &'static Lambda {
        self.vm.lambda(id)
    }

    fn this_node(&self) -> (Atom, u32) {
        self.vm.this_node()
    }

    fn shows(&self, reference: &RefView<'_>) {
        self.vm.shows(reference);
    }

    fn magic(&self, number: u64) -> Option<Arc<Magic>> {
        self.vm.magic(number)
    }

    fn want_more(&self) -> bool {
        self.wanted.is_wanted()
    }
}

impl Names for Vm {
    fn atom(&self, name: &str) -> Option<Atom> {
        self.atoms.intern(name).ok()
    }

    fn existing_atom(&self, name: &str) -> Option<Atom> {
        self.atoms.existing(name)
    }

    fn export(&self, module: Atom, function: Atom, arity: u8) -> &'static Export {
        self.code.export(module, function, arity)
    }

    fn existing_export(&self, module: Atom, function: Atom, arity: u8) -> Option<&'static Export> {
        self.code.existing_export(module, function, arity)
    }

    fn lambda(&self, id: &LambdaId) -> &'static Lambda {
        self.code.external_lambda(Lambda {
            code: AtomicPtr::new(std::ptr::null_mut()),
            module: id.module,
            // Which function it is, the module says when it is loaded.
            function: atoms::UNDEFINED,
            arity: id.arity,
            num_free: id.num_free,
            index: id.index,
            old_uniq: id.old_uniq,
            uniq: id.uniq,
        })
    }

    fn this_node(&self) -> (Atom, u32) {
        self.nodes.this()
    }

    fn shows(&self, r: &RefView<'_>) {
        r.is_shown(self);
    }

    fn magic(&self, number: u64) -> Option<Arc<Magic>> {
        self.magic_refs.find(number)
    }
}
