//! Options of the spawn family as terms.

use super::monitor::MonitorOptions;
use super::signal::SignalKind;
use super::spawn::{MaxHeapSize, SpawnOptions};
use super::{AliasMode, Parcel, Priority};
use crate::heap::LiteralRange;
use crate::term::{Atom, Term, atoms};
use crate::vm::Vm;

/// What an option list says.
pub struct Parsed<'p> {
    /// What the process is made with.
    pub options: SpawnOptions,
    /// Whether to reply on success and on failure.
    pub reply: (bool, bool),
    /// What the reply begins with.
    pub tag: Option<Term<'p>>,
}

/// Why an option list says nothing.
#[derive(PartialEq, Eq, Debug)]
pub enum BadOptions {
    /// It is none.
    NotAList,
    /// With the reply settings, which apply to the failure too.
    Option {
        /// Whether to reply on failure.
        on_error: bool,
    },
}

fn size(t: Term<'_>) -> Option<usize> {
    usize::try_from(t.as_small()?).ok()
}

/// Reads an option list; `request`: of `spawn_request`.
pub fn parse<'p>(vm: &Vm, list: Term<'p>, request: bool) -> Result<Parsed<'p>, BadOptions> {
    let mut parsed = Parsed { options: SpawnOptions::default(), reply: (true, true), tag: None };
    let mut good = true;
    let mut items = list.list();
    for option in items.by_ref() {
        good &= one_option(vm, option, request, &mut parsed).is_some();
    }
    if !items.rest().is_nil() {
        return Err(BadOptions::NotAList);
    }
    let max = parsed.options.max_heap_size.map_or(0, |m| m.size);
    good &= max == 0 || max >= parsed.options.min_heap_size.unwrap_or(0).max(233);
    if good { Ok(parsed) } else { Err(BadOptions::Option { on_error: parsed.reply.1 }) }
}

fn one_option<'p>(vm: &Vm, option: Term<'p>, request: bool, parsed: &mut Parsed<'p>) -> Option<()> {
    let o = &mut parsed.options;
    if option.is_atom(atoms::LINK) {
        o.link = true;
        return Some(());
    }
    if option.is_atom(atoms::MONITOR) {
        o.monitor = Some(MonitorOptions::default());
        return Some(());
    }
    let [name, value] = option.as_tuple_of::<2>()?;
    match name.as_atom()?.name() {
        "priority" => o.priority = Some(priority(value)?),
        "message_queue_data" => o.off_heap_messages = Some(off_heap(value)?),
        "min_heap_size" => o.min_heap_size = Some(size(value)?),
        "min_bin_vheap_size" => o.min_bin_vheap_size = Some(size(value)?),
        "max_heap_size" => o.max_heap_size = Some(max_heap_size(vm, value)?),
        "fullsweep_after" => {
            o.fullsweep_after = Some(size(value)?.min(usize::from(u16::MAX)) as u16);
        }
        "scheduler" => o.scheduler = scheduler(vm, value)?,
        "async_dist" => {
            value.as_bool()?;
        }
        "monitor" => o.monitor = Some(monitor_options(value)?),
        "reply" if request => {
            parsed.reply = match value.as_atom()?.name() {
                "yes" => (true, true),
                "no" => (false, false),
                "error_only" => (false, true),
                "success_only" => (true, false),
                _ => return None,
            }
        }
        "reply_tag" if request => parsed.tag = Some(value),
        _ => return None,
    }
    Some(())
}

/// A priority by its name.
pub fn priority(t: Term<'_>) -> Option<Priority> {
    Some(match t.as_atom()?.name() {
        "max" => Priority::Max,
        "high" => Priority::High,
        "normal" => Priority::Normal,
        "low" => Priority::Low,
        _ => return None,
    })
}

/// A `message_queue_data` setting: whether off the heap.
pub fn off_heap(t: Term<'_>) -> Option<bool> {
    match t.as_atom()?.name() {
        "off_heap" => Some(true),
        "on_heap" => Some(false),
        _ => None,
    }
}

/// The number of a worker, or 0 for any.
pub fn scheduler(vm: &Vm, t: Term<'_>) -> Option<u8> {
    let n = size(t).filter(|n| *n <= vm.workers.len())?;
    u8::try_from(n).ok()
}

/// A `max_heap_size` setting: a number of words or a map.
pub fn max_heap_size(vm: &Vm, t: Term<'_>) -> Option<MaxHeapSize> {
    let mut max = vm.flags.max_heap_size();
    let Some(map) = t.as_map() else {
        max.size = size(t)?;
        return Some(max);
    };
    let mut sized = false;
    for (key, value) in map.iter() {
        match key.as_atom().map(Atom::name) {
            Some("size") => {
                max.size = size(value)?;
                sized = true;
            }
            Some("kill") => max.kill = value.as_bool()?,
            Some("error_logger") => max.log = value.as_bool()?,
            // Other keys are for releases to come.
            _ => {}
        }
    }
    sized.then_some(max)
}

/// The options of `monitor/3`.
pub fn monitor_options(list: Term<'_>) -> Option<MonitorOptions> {
    let mut options = MonitorOptions::default();
    for option in list.proper_list() {
        let [name, value] = option?.as_tuple_of::<2>()?;
        match name.as_atom()?.name() {
            "alias" => {
                options.alias = Some(match value.as_atom()?.name() {
                    "explicit_unalias" => AliasMode::Explicit,
                    "demonitor" => AliasMode::Demonitor,
                    "reply_demonitor" => AliasMode::ReplyDemonitor,
                    _ => return None,
                });
            }
            "tag" => options.tag = Some(Parcel::copy(SignalKind::Data, value, LiteralRange::NONE)),
            _ => return None,
        }
    }
    Some(options)
}
