//! The texts of BACKUP, RESTORE and the other statements that houseplan makes by itself: as they are sent, and as they are
//! reviewed.
//!
//! Each has one builder, used by the action that sends it and by the rendering that shows it, so that what is reviewed is what
//! is sent. What only a run knows is a symbol in the one and a value in the other, and a store's credentials are there in the
//! one only: which of the two a statement is, is its type ([`Form`]). Sends nothing and knows no server.

mod backup;
mod check_grant;
mod collection;
mod drop_replica;
mod form;
mod place;
mod restore;
mod settings;
mod subject;

pub use backup::{Backup, probe};
pub use check_grant::{NOT_ASKED, instead_of_check_grant};
pub use collection::{
    TRIALS, collection_name, collection_prefix, drop_collection, fill_collection, make_collection, try_collection,
};
pub use drop_replica::drop_replica;
pub use form::{AsReviewed, AsSent, Form, ReviewedName, ReviewedValue, WHERE_KNOWN};
pub use place::{ReviewedAccess, ReviewedPlace, SentAccess, SentPlace, encoded, url_of};
pub use restore::{Into, Restore};
pub use settings::{Beside, SettingRefused, Settings, Worded, setting_text};
pub use subject::{CLAIM_DATABASE, NEVER, Subject};

#[cfg(test)]
mod tests;
