//! Models of the in-queue: loom runs them in every order that the memory model allows, up to a number
//! of preemptions. What a signal carries lies in cells that loom watches for races.

use super::{InQueue, Pushed, SignalKind};
use crate::heap::Fragment;
use crate::term::Word;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::ptr::NonNull;

/// Preemptions of one run. More find nothing new and take minutes.
const PREEMPTIONS: usize = 3;

/// What all threads of a model see.
struct Shared<const N: usize> {
    queue: InQueue,
    /// How often a sender has put the process in a run queue.
    woken: AtomicUsize,
    /// What each signal says, written by its sender and read by its receiver.
    said: [UnsafeCell<usize>; N],
}

impl<const N: usize> Shared<N> {
    fn new() -> Arc<Shared<N>> {
        let said = std::array::from_fn(|_| UnsafeCell::new(0));
        Arc::new(Shared { queue: InQueue::new(), woken: AtomicUsize::new(0), said })
    }

    /// Sends signal `n`. False: it came back.
    fn send(&self, n: usize) -> bool {
        // SAFETY: nobody else writes this cell, and who reads it has the signal.
        self.said[n].with_mut(|cell| unsafe { *cell = n + 1 });
        let signal = Fragment::new(0);
        // SAFETY: fresh and ours, until it is given up.
        let pushed = unsafe {
            (*signal.as_ptr()).signal = SignalKind::Message;
            (*signal.as_ptr()).term = Word::small(n as i64);
            self.queue.push(signal)
        };
        match pushed {
            Pushed::Delivered => true,
            Pushed::MustWake => {
                self.woken.fetch_add(1, Ordering::Release);
                true
            }
            Pushed::Closed(signal) => {
                // SAFETY: ours again.
                unsafe { Fragment::free(signal) };
                false
            }
        }
    }

    /// The numbers of the signals in a chain that has been taken.
    fn receive(&self, mut chain: *mut Fragment) -> Vec<usize> {
        let mut got = Vec::new();
        while let Some(signal) = NonNull::new(chain) {
            // SAFETY: the chain is ours.
            let n = unsafe {
                chain = signal.as_ref().next;
                let n = signal.as_ref().term.small_value() as usize;
                Fragment::free(signal);
                n
            };
            // SAFETY: the sender has written it before it sent the signal.
            self.said[n].with(|cell| assert_eq!(unsafe { *cell }, n + 1));
            got.push(n);
        }
        got
    }
}

fn check(f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(PREEMPTIONS);
    model.check(f);
}

/// Two senders and an owner that sleeps whenever there is nothing: nothing is lost, the order of
/// one sender is kept, and each sleep is ended by exactly one sender.
#[test]
fn a_sleep_is_ended_once_and_nothing_is_lost() {
    check(|| {
        let shared = Shared::<3>::new();
        let senders = [vec![0, 1], vec![2]].map(|signals| {
            let shared = shared.clone();
            thread::spawn(move || signals.into_iter().for_each(|n| assert!(shared.send(n))))
        });
        let mut got = Vec::new();
        let mut sleeps = 0;
        while got.len() < 3 {
            let single = shared.queue.take_message().map(NonNull::as_ptr);
            let chain = single.unwrap_or_else(|| shared.queue.take());
            if !chain.is_null() {
                got.extend(shared.receive(chain));
            } else if shared.queue.try_wait() {
                sleeps += 1;
                while shared.woken.load(Ordering::Acquire) < sleeps {
                    thread::yield_now();
                }
                assert!(shared.queue.has_signals(), "woken for nothing");
            }
        }
        let _ = senders.map(|s| s.join().unwrap());
        assert_eq!(shared.woken.load(Ordering::Acquire), sleeps, "woken twice");
        let place = |n| got.iter().position(|g| *g == n).unwrap();
        assert!(place(0) < place(1), "out of order: {got:?}");
    });
}

/// A process that exits while others send to it: every signal is either taken or comes back.
#[test]
fn what_is_sent_to_a_process_that_exits_is_taken_or_comes_back() {
    check(|| {
        let shared = Shared::<3>::new();
        let senders = [vec![0, 1], vec![2]].map(|signals| {
            let shared = shared.clone();
            thread::spawn(move || signals.into_iter().filter(|n| !shared.send(*n)).count())
        });
        let taken = shared.queue.take();
        let mut got = shared.receive(taken);
        let rest = shared.queue.close();
        got.extend(shared.receive(rest));
        let back: usize = senders.map(|s| s.join().unwrap()).into_iter().sum();
        assert_eq!(got.len() + back, 3);
        assert_eq!(shared.woken.load(Ordering::Acquire), 0);
        assert!(shared.queue.is_closed());
    });
}

/// Whoever wakes the process may be the next to run it, and sees what the last owner left.
#[test]
fn who_wakes_a_process_sees_what_its_last_owner_left() {
    check(|| {
        let shared = Shared::<2>::new();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.send(0);
                if shared.woken.load(Ordering::Acquire) == 1 {
                    // It is ours now.
                    // SAFETY: the owner wrote it before it went to sleep, and nobody does again.
                    shared.said[1].with(|cell| assert_eq!(unsafe { *cell }, 7));
                    let taken = shared.queue.take();
                    assert_eq!(shared.receive(taken), [0]);
                }
            })
        };
        // SAFETY: the process is ours until it sleeps.
        shared.said[1].with_mut(|cell| unsafe { *cell = 7 });
        if !shared.queue.try_wait() {
            let taken = shared.queue.take();
            assert_eq!(shared.receive(taken), [0]);
        }
        other.join().unwrap();
    });
}

/// A process that is given up while its native blocks and taken back: either its owner gets it
/// back, with what whoever had it meanwhile left, or exactly one sender has it.
#[test]
fn who_takes_a_process_back_has_it_alone() {
    check(|| {
        let shared = Shared::<2>::new();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.send(0);
                if shared.woken.load(Ordering::Acquire) == 1 {
                    // It is ours now; we handle what has come and let it sleep again.
                    let taken = shared.queue.take();
                    assert_eq!(shared.receive(taken), [0]);
                    // SAFETY: nobody else has the process.
                    shared.said[1].with_mut(|cell| unsafe { *cell = 7 });
                    assert!(shared.queue.try_wait());
                    return true;
                }
                false
            })
        };
        if shared.queue.try_wait() {
            while !shared.queue.try_resume() {
                thread::yield_now();
            }
        }
        // SAFETY: the process is ours again.
        let left = shared.said[1].with(|cell| unsafe { *cell });
        let taken = shared.queue.take();
        let got = shared.receive(taken);
        // Whether it was handled elsewhere, before or after it was taken back, or is here.
        if other.join().unwrap() {
            assert_eq!((left, got.len()), (7, 0));
        } else if got.is_empty() {
            let taken = shared.queue.take();
            assert_eq!(shared.receive(taken), [0]);
        }
    });
}
