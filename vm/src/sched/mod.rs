//! Scheduling: workers, their run queues, parking, and freeing what others may still look at.

pub mod accounts;
pub mod active;
pub mod binding;
pub mod clock;
pub mod dirty;
mod lookout;
pub mod queues;
pub mod quiescence;
pub mod rest;
pub mod retired;
pub mod standstill;
pub mod statistics;
pub mod worker;
pub mod world;

pub use worker::{Worker, WorkerShared};
