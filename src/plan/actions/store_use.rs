//! What an action asks of a store, right by right.

use serde::Serialize;

use super::backup_place::Origin;
use crate::{
    name::Name,
    plan::{describe::RenderContext, text::TemplateText},
};

/// One of the rights that BACKUP and RESTORE take, by the names of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum StoreRight {
    PutObject,
    GetObject,
    ListBucket,
    DeleteObject,
}

/// A right, and what an action does with it.
pub type UsedRight = (StoreRight, &'static str);

/// What an action asks of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUse {
    /// As the environment calls it; `None` where only a run knows which it is.
    pub store: Option<Name>,
    pub rights: Vec<UsedRight>,
}

impl StoreRight {
    /// As a policy says it.
    pub fn action(self) -> &'static str {
        match self {
            Self::PutObject => "s3:PutObject",
            Self::GetObject => "s3:GetObject",
            Self::ListBucket => "s3:ListBucket",
            Self::DeleteObject => "s3:DeleteObject",
        }
    }

    /// Whether it is a right on the bucket, and not on its objects.
    pub fn is_of_bucket(self) -> bool {
        self == Self::ListBucket
    }
}

/// What BACKUP asks for *(run: the requests of 26.9)*, and what tells afterwards whether it was done.
pub(super) const OF_BACKUP: [UsedRight; 4] = [
    (StoreRight::PutObject, "BACKUP writes its files, and `.lock`"),
    (StoreRight::GetObject, "BACKUP looks whether a backup is there, and reads its `.lock` again"),
    (
        StoreRight::ListBucket,
        "without it a store answers 403 for a file that is not there, and BACKUP looks for `.backup` first",
    ),
    (StoreRight::DeleteObject, "BACKUP removes its `.lock` at the end"),
];

/// What reading a backup asks for, by RESTORE or by houseplan.
pub(super) const OF_READING: [UsedRight; 2] = [
    (StoreRight::GetObject, "reads the files of the backup"),
    (StoreRight::ListBucket, "lists them; and without it a store answers 403 for a file that is not there"),
];

impl StoreUse {
    /// Of the store that a step calls so.
    pub(super) fn of(context: &RenderContext<'_>, store: &Name, rights: impl Into<Vec<UsedRight>>) -> Self {
        Self { store: Some(context.scope().target(store).clone()), rights: rights.into() }
    }

    /// Of the store where that backup is.
    pub(super) fn of_backup(
        context: &RenderContext<'_>,
        from: &TemplateText,
        store: Option<&Name>,
        rights: impl Into<Vec<UsedRight>>,
    ) -> Self {
        match (context.origin(from), store) {
            (Origin::Step { store, .. }, _) => Self::of(context, &store, rights),
            (_, Some(store)) => Self::of(context, store, rights),
            (_, None) => Self { store: None, rights: rights.into() },
        }
    }
}
