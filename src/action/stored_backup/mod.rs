//! A backup in a store: what its `.backup` file names, what of that is there, and the definitions of its tables.
//!
//! Contents are not read: a file with the right size and wrong bytes is found by RESTORE, which checks parts by their own
//! checksums. Of an archive (`.tar.gz`, `.tar.zst`) only its existence can be seen.

mod definitions;
mod inspection;
mod made_by;
mod manifest;
mod reader;
mod source;

pub(super) use definitions::Definitions;
pub use inspection::{Inspection, WrongSize};
pub use made_by::{MadeBy, id_of};
pub use source::BackupSource;

#[cfg(test)]
mod tests;
