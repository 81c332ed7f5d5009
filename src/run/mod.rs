//! A plan at work: its templates rendered against the state of a run, its targets connected, its actions made.
//!
//! This is where the language meets the world: the engine's [`Performer`](crate::engine::performer::Performer), and what
//! begins, resumes and ends a run around it. What an action does is [`crate::action`]'s; in which order things happen is
//! [`crate::engine`]'s.

mod binding;
mod changes;
mod checks;
mod claims;
mod error;
mod facts;
mod fan_out;
mod given;
mod kept;
mod lost;
mod now;
mod outputs;
mod parts;
mod performer;
mod prepare;
mod recheck;
mod resume;
mod scripts;
mod session;
mod start;
mod targets;
mod tasks;
mod without;

pub use binding::Binding;
pub use changes::Changes;
pub use error::{Claim, SessionError};
pub use kept::kept_documents;
pub use lost::{Insisting, Lost, release_lost};
pub use now::{CheckState, Checked, CheckedNow, check_now};
pub use performer::PlanPerformer;
pub use prepare::{Documents, PrepareError};
pub use resume::{OnChange, Resumed, give_back_after_end, resume};
pub use session::{Finished, GivingUp, Options, Session};
pub use start::start;
