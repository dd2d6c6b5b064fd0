//! The machine's environment variables: a copy of those it was started with, which programs change
//! and the programs they start get. The process's own are never changed, so that no other thread
//! sees them change.

use crate::sync::Mutex;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;

/// The environment of one machine. Names and values are bytes without a zero.
pub struct Environment(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Environment {
    /// What the process was started with.
    pub fn inherited() -> Environment {
        let all = std::env::vars_os().map(|(k, v)| (k.into_vec(), v.into_vec()));
        Environment(Mutex::new(all.collect()))
    }

    /// The value of a variable.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().get(name).cloned()
    }

    /// Sets a variable.
    pub fn put(&self, name: Vec<u8>, value: Vec<u8>) {
        self.0.lock().insert(name, value);
    }

    /// Removes a variable, if it is there.
    pub fn unset(&self, name: &[u8]) {
        self.0.lock().remove(name);
    }

    /// All variables, in order of their names.
    pub fn all(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.0.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}
