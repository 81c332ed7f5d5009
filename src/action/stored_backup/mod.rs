//! A backup in a store: what its `.backup` file names, what of that is there, and the definitions of its tables.
//!
//! Contents of parts are not read, but for their `count.txt`: a file with the right size and wrong bytes is found by RESTORE, which checks parts by their own
//! checksums. Of an archive (`.tar.gz`, `.tar.zst`) only its existence can be seen.

mod contents;
mod definitions;
mod inspection;
mod made_by;
mod manifest;
mod reader;
mod source;

pub use crate::plan::outputs::{Inspection, MadeBy, WrongSize};
pub(super) use definitions::Definitions;
pub use made_by::id_of;
pub use source::BackupSource;

#[cfg(test)]
mod tests;
