//! What a run is made of before any server is asked: its documents, read, compared with what they were, and kept.

mod changes;
mod prepare;
pub(super) mod saved;
pub(super) mod scripts;
pub(super) mod targets;

pub use changes::Changes;
pub(super) use changes::changes;
pub use prepare::{Documents, PrepareError};
pub(super) use prepare::{here, secrets};
pub use saved::saved_documents;
