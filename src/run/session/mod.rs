//! A run that this process has to itself: begun, taken up again, driven, ended.

mod accept;
mod claims;
mod confirm;
mod credentials;
mod databases;
mod drive;
pub(super) mod load;
mod moved;
mod options;
pub(super) mod prepared;
mod reentered;
mod resume;
mod start;

pub use drive::{Finished, Session};
pub use load::saved_documents;
pub use options::{OnChange, Options};
pub use resume::{Resumed, give_back_after_end, resume};
pub use start::start;
