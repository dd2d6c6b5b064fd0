//! Signals: everything one process does to another, and the queue they arrive in.
//!
//! A signal is a [`Fragment`]: its head says what it is, its words hold the terms it carries.
//!
//! # The in-queue's head, and who changes it
//! The head is one atomic word that is at once the queue and the process's scheduling state:
//!
//! | head | meaning | who may change it, to what |
//! |---|---|---|
//! | 0 | running or in a run queue, no new signals | sender: to a signal; owner: to WAITING or CLOSED |
//! | a signal | running or in a run queue; newest signal first | sender: pushes; owner: to 0 or CLOSED |
//! | WAITING | nobody runs it and it is in no run queue | sender: to a signal, **and then puts it in a run queue** |
//! | CLOSED | it has exited | nobody |
//!
//! The owner is whoever took the process from a run queue, until it puts it back or makes the head
//! WAITING. Exactly one sender sees WAITING when it pushes; that one becomes responsible for the
//! process. So a process is never in two run queues and never lost, and sending is one
//! compare-and-swap. Order between two processes is kept because the owner reverses what it takes.

use crate::dist::ids::Who;
use crate::heap::Fragment;
use crate::sync::modelled::{AtomicPtr, Ordering};
use crate::term::{Area, Atom, Pid, PortId, Term, Word, atoms};
use crate::vm::Vm;
use std::ptr::{NonNull, null_mut};

/// What a fragment is on its way as. What each carries as its `term` stands behind it.
#[derive(Clone, Copy, Debug)]
pub enum SignalKind {
    /// No signal: words that a heap adopted.
    Data,
    /// A message; the term.
    Message,
    /// A message that says who sent it, while the patterns of messages that come ask for that; the
    /// term.
    MessageFrom {
        /// The sender: its pid, or the name of its node if that is another one.
        from: Word,
    },
    /// A message with a token of sequential tracing, which it owns; the term.
    TokenMessage {
        /// The token, from `Arc::into_raw`.
        token: *const crate::trace::seq::Token,
    },
    /// A message to an alias with such a token, which it owns; the term.
    TokenAliasMessage {
        /// Number of the alias reference.
        reference: u64,
        /// The token.
        token: *const crate::trace::seq::Token,
    },
    /// An exit signal because of a link with such a token, which it owns; the reason.
    TokenExit {
        /// Who exits.
        from: Pid,
        /// The token.
        token: *const crate::trace::seq::Token,
    },
    /// A message of the system's, which leaves the token of its receiver alone; the term.
    SystemMessage,
    /// No signal any more: what a port's message was when its words went to the heap.
    PortData {
        /// The port.
        port: PortId,
        /// About how much memory it took.
        size: u32,
    },
    /// No signal any more: what a message of the system's was then.
    SystemData,
    /// No signal any more: what a message with a token was when its words went to the heap.
    TokenData {
        /// The token.
        token: *const crate::trace::seq::Token,
    },
    /// A message to an alias; the term.
    AliasMessage {
        /// Number of the alias reference.
        reference: u64,
    },
    /// A message to an alias that says who sent it, as `MessageFrom`; the term.
    AliasMessageFrom {
        /// Number of the alias reference.
        reference: u64,
        /// The sender.
        from: Word,
    },
    /// An exit signal; the reason.
    Exit {
        /// Who sends it: a pid or port.
        from: Word,
        /// Because of a link (else by `exit/2`).
        linked: bool,
    },
    /// Sets up a link.
    Link {
        /// The other end.
        from: Pid,
    },
    /// A port has set up a link.
    PortLink {
        /// The port.
        from: PortId,
    },
    /// A port has taken its link away.
    PortUnlink {
        /// The port.
        from: PortId,
    },
    /// What came from a port's device; the message.
    PortMessage {
        /// The port.
        port: PortId,
        /// About how much memory it takes.
        size: u32,
    },
    /// Takes a link away.
    Unlink {
        /// The other end.
        from: Pid,
        /// Comes back in the acknowledgement.
        id: u64,
    },
    /// Answers `Unlink`.
    UnlinkAck {
        /// The other end.
        from: Pid,
        /// The `Unlink`'s.
        id: u64,
    },
    /// Sets up a monitor.
    Monitor {
        /// The watcher.
        from: Pid,
        /// Number of the monitor reference.
        reference: u64,
    },
    /// Takes a monitor away.
    Demonitor {
        /// The watcher.
        from: Pid,
        /// Number of the monitor reference.
        reference: u64,
    },
    /// The watched process is gone; the reason.
    Down {
        /// Number of the monitor reference.
        reference: u64,
    },
    /// As `Down`, of a process of this node; the message that it makes if the monitor says no more
    /// than that: `{'DOWN', Ref, process, Pid, Reason}`.
    ProcessDown {
        /// Number of the monitor reference.
        reference: u64,
    },
    /// A process of another node has set up a link; its pid.
    RemoteLink {
        /// Number of the connection.
        connection: u32,
    },
    /// Such a link is taken away; the pid.
    RemoteUnlink {
        /// Comes back in the acknowledgement; 0: there is to be none.
        id: u64,
    },
    /// Answers an unlink there; the pid.
    RemoteUnlinkAck {
        /// The unlink's.
        id: u64,
    },
    /// An exit signal from another node; pid and reason.
    RemoteExit {
        /// Because of a link (else by `exit/2`).
        linked: bool,
        /// Number of the connection that the link depends on.
        connection: u32,
    },
    /// An exit signal because of a link to a process of another node, with a token of sequential
    /// tracing, which it owns; pid and reason.
    RemoteTokenExit {
        /// Number of the connection that the link depends on.
        connection: u32,
        /// The token.
        token: *const crate::trace::seq::Token,
    },
    /// A process of another node has set a monitor; its reference, the watcher's pid, and the name that
    /// the monitor is set by, or `[]`.
    RemoteMonitor,
    /// Such a monitor is gone; the reference.
    RemoteDemonitor,
    /// Another node sets the group leader; the pid.
    RemoteGroupLeader,
    /// A request for a process on another node is answered; its pid or why there is none, or a pair
    /// of that and a token of sequential tracing.
    SpawnReply {
        /// Number of the request.
        reference: u64,
        /// Whether it is linked and monitored (`dist::protocol`).
        flags: u32,
        /// Number of the connection.
        connection: u32,
    },
    /// The time offset has changed; the new one.
    ClockChange {
        /// Number of the monitor's reference.
        reference: u64,
    },
    /// The time of a `receive ... after` may have come.
    Timeout,
    /// Asks for something that only the process itself may look at or do; the argument.
    /// `{Ref, Result}` goes back to `from` when it is done.
    Request {
        /// What.
        request: Request,
        /// Who asks.
        from: Pid,
        /// Number of the reference in the answer.
        reference: u64,
    },
}

impl SignalKind {
    /// Whether it is a message, or was one.
    pub fn is_message(&self) -> bool {
        matches!(
            self,
            SignalKind::Message
                | SignalKind::MessageFrom { .. }
                | SignalKind::TokenMessage { .. }
                | SignalKind::TokenAliasMessage { .. }
                | SignalKind::SystemMessage
                | SignalKind::AliasMessage { .. }
                | SignalKind::AliasMessageFrom { .. }
                | SignalKind::PortMessage { .. }
        )
    }

    /// Whether it owns a token of sequential tracing.
    pub fn has_token(&self) -> bool {
        matches!(
            self,
            SignalKind::TokenMessage { .. }
                | SignalKind::TokenAliasMessage { .. }
                | SignalKind::TokenExit { .. }
                | SignalKind::RemoteTokenExit { .. }
                | SignalKind::TokenData { .. }
        )
    }
}

/// What can be asked of another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `process_info`; the argument is the item or list of items.
    Info,
    /// `group_leader/2`; the argument is the new leader.
    GroupLeader,
    /// `garbage_collect/2`; the argument is `{garbage_collect, Id, major | minor}`, the answer
    /// `{garbage_collect, Id, true}`.
    GarbageCollect,
    /// `check_process_code/3`; the argument is `{check_process_code, Id, Module}`, the answer
    /// `{check_process_code, Id, Result}`.
    CheckCode,
    /// Whether it refers to literals that are given up, and to copy them; the argument is
    /// `{copy_literals, Id, _}`, the answer `{copy_literals, Id, ok}` when it does not (any more).
    CopyLiterals,
    /// Nothing; the argument is `{system_task_test, Id}`, the answer `{system_task_test, Id, true}`. For
    /// test suites.
    Test,
    /// `suspend_process`; the argument is the answer, or `[]` for none.
    Suspend,
    /// `resume_process`, as often as the argument says; no answer.
    Resume,
    /// `is_process_alive`: whether it is, once everything sent before has been handled.
    IsAlive,
    /// `process_flag/3`; the argument is `{Flag, Value}`.
    Flag,
    /// `process_display`: writes where it is to standard error.
    Display,
    /// Does nothing else for so many milliseconds; no answer. For test suites.
    Block,
}

/// A name or pid as monitors and links see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A process.
    Pid(Pid),
    /// A registered name.
    Name(Atom),
}

/// What a monitor watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// A process.
    Process(Target),
    /// A port.
    Port(PortId),
    /// A port of that registered name.
    PortName(Atom),
    /// A process of that other node.
    Remote(Who, Atom),
    /// The time offset.
    Clock,
}

impl Watched {
    /// The words for it in `'DOWN'` messages and `process_info`: its kind, and what it is.
    pub fn terms<'q>(self, vm: &Vm, a: &mut Area<'q>) -> [Term<'q>; 2] {
        let kind = match self {
            Watched::Process(_) | Watched::Remote(..) => atoms::PROCESS,
            Watched::Port(_) | Watched::PortName(_) => atoms::PORT,
            Watched::Clock => atoms::TIME_OFFSET,
        };
        let object = match self {
            Watched::Process(Target::Pid(pid)) => Term::pid(pid),
            Watched::Port(port) => Term::port(port).expect("ports have numbers that fit"),
            Watched::Process(Target::Name(name)) | Watched::PortName(name) => {
                a.tuple(&[Term::atom(name), Term::atom(vm.nodes.name())])
            }
            Watched::Remote(Who::Pid(pid), _) => pid.term(a),
            Watched::Remote(Who::Name(name), node) => {
                a.tuple(&[Term::atom(name), Term::atom(node)])
            }
            Watched::Clock => Term::atom(atoms::CLOCK_SERVICE),
        };
        [Term::atom(kind), object]
    }
}

/// What came of pushing a signal.
#[must_use]
pub enum Pushed {
    /// Delivered; somebody runs the process or will.
    Delivered,
    /// Delivered; the process was waiting, and the caller now puts it in a run queue.
    MustWake,
    /// The process has exited; here is the signal again.
    Closed(NonNull<Fragment>),
}

const WAITING: *mut Fragment = std::ptr::without_provenance_mut(1);
const CLOSED: *mut Fragment = std::ptr::without_provenance_mut(2);

/// The in-queue of a process.
pub struct InQueue {
    head: AtomicPtr<Fragment>,
    /// Others change `head` while the owner holds a `&mut Process`: the compiler must not take
    /// such a reference for the only way to the process.
    _shared: std::marker::PhantomPinned,
}

impl InQueue {
    // Where native code finds it.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) const HEAD: usize = std::mem::offset_of!(InQueue, head);

    /// An empty queue of a process that is owned.
    pub fn new() -> InQueue {
        InQueue { head: AtomicPtr::new(null_mut()), _shared: std::marker::PhantomPinned }
    }

    /// Delivers a signal. Anyone may call it.
    ///
    /// # Safety
    /// The caller owns the signal and gives it up unless it comes back.
    #[inline]
    pub unsafe fn push(&self, signal: NonNull<Fragment>) -> Pushed {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == CLOSED {
                return Pushed::Closed(signal);
            }
            // SAFETY: the signal is still the caller's own.
            unsafe { (*signal.as_ptr()).next = if head == WAITING { null_mut() } else { head } };
            match self.head.compare_exchange_weak(
                head,
                signal.as_ptr(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(WAITING) => return Pushed::MustWake,
                Ok(_) => return Pushed::Delivered,
                Err(now) => head = now,
            }
        }
    }

    /// Whether there are signals to take. The owner's alone.
    #[inline(always)]
    pub fn has_signals(&self) -> bool {
        !self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes all signals, oldest first, linked by `next`. The owner's alone.
    #[inline]
    pub fn take(&self) -> *mut Fragment {
        if self.head.load(Ordering::Relaxed).is_null() {
            return null_mut();
        }
        reverse(self.head.swap(null_mut(), Ordering::Acquire))
    }

    /// Takes what has come if it is a single plain message. The owner's alone.
    #[inline(always)]
    pub fn take_message(&self) -> Option<NonNull<Fragment>> {
        let head = self.head.load(Ordering::Acquire);
        let f = NonNull::new(head)?;
        debug_assert!(head != WAITING && head != CLOSED, "an owner that runs");
        // SAFETY: what is in the queue stays there until the owner takes it; only who pushes
        // another changes the head, and then it is not a single one any more.
        unsafe {
            if !f.as_ref().next.is_null() || !matches!(f.as_ref().signal, SignalKind::Message) {
                return None;
            }
        }
        self.head
            .compare_exchange(head, null_mut(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
            .then_some(f)
    }

    /// What has come and has not been taken, oldest first.
    ///
    /// # Safety
    /// Nobody takes signals while the result is used.
    pub(crate) unsafe fn peek(&self) -> Vec<*const Fragment> {
        let mut all = Vec::new();
        let mut signal = self.head.load(Ordering::Acquire);
        while !signal.is_null() && signal != WAITING && signal != CLOSED {
            all.push(signal.cast_const());
            // SAFETY: senders only put signals in front of those that are there.
            signal = unsafe { (*signal).next };
        }
        all.reverse();
        all
    }

    /// Goes to sleep, unless there are signals. After `true` the caller no longer owns the
    /// process and must not touch it.
    #[inline]
    pub fn try_wait(&self) -> bool {
        self.head
            .compare_exchange(null_mut(), WAITING, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes a process back that sleeps; false if it has been woken or has exited. Only for who
    /// let it sleep and knows that the block is still there.
    pub fn try_resume(&self) -> bool {
        self.head
            .compare_exchange(WAITING, null_mut(), Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Closes the queue for good and takes what was in it. The owner's alone. Sequentially consistent:
    /// what is read so afterwards is newer.
    pub fn close(&self) -> *mut Fragment {
        reverse(self.head.swap(CLOSED, Ordering::SeqCst))
    }

    /// Whether the process has exited.
    pub fn is_closed(&self) -> bool {
        self.head.load(Ordering::Acquire) == CLOSED
    }

    /// Whether the process waits and has been sent nothing that it has not handled.
    pub fn is_idle(&self) -> bool {
        self.head.load(Ordering::Acquire) == WAITING
    }
}

impl Default for InQueue {
    fn default() -> Self {
        InQueue::new()
    }
}

fn reverse(mut head: *mut Fragment) -> *mut Fragment {
    let mut out = null_mut();
    while !head.is_null() {
        // SAFETY: the chain was taken from the queue and is ours alone now.
        unsafe {
            let next = (*head).next;
            (*head).next = out;
            out = head;
            head = next;
        }
    }
    out
}

#[cfg(all(test, feature = "loom"))]
mod model;

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    const SENDERS: i64 = 4;
    const EACH: i64 = 20_000;

    fn message(n: i64) -> NonNull<Fragment> {
        let f = Fragment::new(0);
        // SAFETY: fresh and ours.
        unsafe {
            (*f.as_ptr()).signal = SignalKind::Message;
            (*f.as_ptr()).term = Word::small(n);
        }
        f
    }

    /// Senders push; the owner sleeps whenever it finds nothing. Each sleep is ended by exactly
    /// one sender, nothing is lost, and each sender's messages come in its order.
    #[test]
    fn many_senders_and_an_owner_that_sleeps() {
        let queue = InQueue::new();
        let (wake, woken) = mpsc::channel::<()>();
        thread::scope(|s| {
            for sender in 0..SENDERS {
                let (queue, wake) = (&queue, wake.clone());
                s.spawn(move || {
                    for i in 0..EACH {
                        // SAFETY: the message is given up.
                        match unsafe { queue.push(message(sender * EACH + i)) } {
                            Pushed::Delivered => {}
                            Pushed::MustWake => wake.send(()).unwrap(),
                            Pushed::Closed(_) => panic!("nobody closed the queue"),
                        }
                        if i % 64 == 0 {
                            thread::yield_now();
                        }
                    }
                });
            }
            let mut next = [0; SENDERS as usize];
            let mut sleeps = 0;
            while next.iter().sum::<i64>() < SENDERS * EACH {
                let single = queue.take_message().map(NonNull::as_ptr);
                let mut chain = single.unwrap_or_else(|| queue.take());
                if chain.is_null() {
                    if queue.try_wait() {
                        sleeps += 1;
                        woken.recv().unwrap();
                        assert!(queue.has_signals(), "woken for nothing");
                    }
                    continue;
                }
                while let Some(f) = NonNull::new(chain) {
                    // SAFETY: the chain is ours.
                    let n = unsafe {
                        chain = f.as_ref().next;
                        let n = f.as_ref().term.small_value();
                        Fragment::free(f);
                        n
                    };
                    let sender = (n / EACH) as usize;
                    assert_eq!(n % EACH, next[sender], "out of order from sender {sender}");
                    next[sender] += 1;
                }
            }
            assert!(sleeps > 0);
        });
        assert!(woken.try_recv().is_err(), "woken twice for one sleep");
        assert!(queue.close().is_null());
        let refused = message(1);
        // SAFETY: the message comes back, and is freed.
        unsafe {
            let Pushed::Closed(f) = queue.push(refused) else { panic!("the queue is closed") };
            Fragment::free(f);
        }
    }
}
