//! What natives can do with open files of the calling process.

use super::Native;
use crate::io::file::File;
use crate::sync::Arc;
use crate::term::Term;
use rustix::fd::OwnedFd;

impl<'p> Native<'p> {
    /// A reference to a new file, which the calling process owns.
    pub fn open_file(&mut self, fd: OwnedFd) -> Term<'p> {
        let file = File::new(fd);
        self.both().1.rare().files.add(file.clone());
        self.make_magic_ref(file)
    }

    /// Tells the calling process that a file has been closed, if it owns it.
    pub fn file_closed(&mut self, file: &Arc<File>) {
        if let Some(rare) = &mut self.both().1.rare {
            rare.files.remove(file);
        }
    }
}
