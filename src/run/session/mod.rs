//! A run that this process has to itself: begun, taken up again, driven, ended.

pub(super) mod claims;
mod drive;
mod options;
pub(super) mod prepared;
mod resume;
mod start;

pub use drive::{Finished, Session};
pub use options::Options;
pub use resume::{OnChange, Resumed, give_back_after_end, resume};
pub use start::start;
