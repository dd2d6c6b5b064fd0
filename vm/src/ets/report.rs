//! What crash dumps and the break menu say about tables. A table that is locked by somebody who
//! does not let go has its name and owner there.

use super::{Protection, Store, Table, TableKind, Tables};
use crate::sync::Ordering;
use crate::term::external::ref_words;
use crate::term::print::Shown;
use crate::term::{Term, view::RefView};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long a table's lock is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

impl Tables {
    /// Writes what there is to say about each table; `objects`: also what is in it.
    pub(crate) fn report(&self, out: &mut impl Write, objects: bool) -> io::Result<()> {
        for table in self.all() {
            table.report(out, objects)?;
        }
        Ok(())
    }
}

impl Table {
    /// By which its identifier knows it.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Calls `f` with each object, unless somebody holds the table for long.
    pub(crate) fn each_object(&self, mut f: impl FnMut(Term<'_>)) {
        let Some(state) = self.state.try_read_for(PATIENCE) else { return };
        match &state.store {
            Store::Hash(h) => {
                for slot in 0..h.slots() {
                    let _ = h.each_in(slot, |t| {
                        f(t);
                        ControlFlow::Continue(())
                    });
                }
            }
            Store::Tree(t) => t.ascending(super::tree::From::End).for_each(f),
        }
    }

    fn report(&self, out: &mut impl Write, objects: bool) -> io::Result<()> {
        let owner = Shown(Term::pid(self.owner()), 1000);
        writeln!(out, "=ets:{owner}\nSlot: {}", self.number)?;
        let (words, n) = ref_words(&RefView::plain(self.number));
        let id = words[..n].iter().rev().fold("#Ref<0".to_owned(), |s, w| format!("{s}.{w}"));
        let Some(state) = self.state.try_read_for(PATIENCE) else {
            return writeln!(out, "Table: {id}>");
        };
        let name = Shown(Term::atom(state.name), 1000);
        if self.named {
            writeln!(out, "Table: {name}\nName: {name}")?;
        } else {
            writeln!(out, "Table: {id}>\nName: {name}")?;
        }
        match &state.store {
            Store::Hash(h) => {
                let chains = self.chains(h);
                writeln!(out, "Buckets: {}", chains.slots)?;
                writeln!(out, "Chain Length Avg: {:.6}", chains.average)?;
                writeln!(out, "Chain Length Max: {}", chains.most)?;
                writeln!(out, "Chain Length Min: {}", chains.least)?;
                writeln!(out, "Chain Length Std Dev: {:.6}", chains.deviation)?;
                writeln!(out, "Chain Length Expected Std Dev: {:.6}", chains.expected)?;
                if state.fixed_by.is_empty() {
                    writeln!(out, "Fixed: false")?;
                } else {
                    writeln!(out, "Fixed: {}", h.dead())?;
                }
                for slot in 0..if objects { h.slots() } else { 0 } {
                    let mut inside = Vec::new();
                    let _ = h.each_in(slot, |t| {
                        inside.push(Shown(t, 100_000).to_string());
                        ControlFlow::Continue(())
                    });
                    if !inside.is_empty() {
                        writeln!(out, "{slot}: [{}]", inside.join(","))?;
                    }
                }
            }
            Store::Tree(t) => {
                writeln!(out, "Ordered set (AVL tree), Elements: {}", t.len())?;
                if objects {
                    for object in t.ascending(super::tree::From::End) {
                        writeln!(out, "{}", Shown(object, 100_000))?;
                    }
                }
            }
        }
        writeln!(out, "Objects: {}", state.store.len())?;
        writeln!(out, "Words: {}", super::info::EMPTY_TABLE + state.store.words())?;
        writeln!(
            out,
            "Type: {}",
            match self.kind {
                TableKind::Set => "set",
                TableKind::OrderedSet => "ordered_set",
                TableKind::Bag => "bag",
                TableKind::DuplicateBag => "duplicate_bag",
            }
        )?;
        writeln!(
            out,
            "Protection: {}",
            match self.access.load(Ordering::Relaxed) {
                a if a == Protection::Private as u8 => "private",
                a if a == Protection::Protected as u8 => "protected",
                _ => "public",
            }
        )?;
        let options = self.options_in_force();
        writeln!(out, "Compressed: {}", options.compressed)?;
        let write = match options.write_concurrency {
            Some(true) => "auto",
            Some(false) => "true",
            None => "false",
        };
        writeln!(out, "Write Concurrency: {write}")?;
        writeln!(out, "Read Concurrency: {}", options.read_concurrency)
    }
}
