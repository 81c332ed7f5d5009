//! A plan at work: its templates rendered against the state of a run, its targets connected, its actions made.
//!
//! This is where the language meets the world. From below: [`documents`] are what a run is made of, before any server is asked;
//! [`perform`] is the engine's [`Performer`](crate::engine::performer::Performer); [`abandon`] is what a person ends without
//! some of its servers, or without its folder; [`session`] begins, resumes and ends a run. [`dry_check`] asks what a run asks
//! before it begins. What an action does is [`crate::action`]'s; in which order things happen is [`crate::engine`]'s.

mod abandon;
mod documents;
mod dry_check;
mod error;
mod foretold;
mod perform;
mod permissions;
mod readiness;
mod session;

pub use abandon::{Abandoning, Insisting, OrphanedClaim, release_orphaned_claim};
pub use documents::{ChangedTarget, Changes, Documents, PrepareError};
pub use dry_check::{CheckState, DryCheck, DryChecked, DryUpgrade, dry_check};
pub use error::{Claim, SessionError};
pub use foretold::account_of;
pub use perform::PlanPerformer;
pub use permissions::Permissions;
pub use readiness::ApprovalToCome;
pub use session::{Finished, OnChange, Options, Resumed, Session, give_back_after_end, resume, saved_documents, start};
