//! The actions: one file each, which says what the action sends, how it follows it, what it gives back, and how doubt about
//! it is settled.
//!
//! Everything here is rendered: targets are connections, templates are texts. Actions know nothing of plans and of the
//! journal; they are driven through [`TaskRun`](crate::engine::performer::TaskRun).

use std::time::Duration;

use crate::plan::name::TaskId;

pub mod approve;
pub mod backup;
pub mod compare;
pub mod exec;
mod failure;
pub mod inspect;
pub mod inventory;
pub mod keeper;
mod operation;
pub mod restore;
pub mod s3;
pub mod sql;

/// Which attempt of which task of which run an action is.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub run: String,
    pub task: TaskId,
    /// From 1.
    pub number: u32,
    /// How long tracked work may make no progress before it counts as stalled.
    pub stalled_after: Option<Duration>,
}

impl Attempt {
    /// `RUN/TASK/ATTEMPT`: the id of a BACKUP or RESTORE.
    pub fn operation_id(&self) -> String {
        format!("{}/{}/{}", self.run, self.task, self.number)
    }

    /// The comment that every statement of the attempt begins with.
    pub fn mark(&self) -> String {
        format!("houseplan {}", self.operation_id())
    }
}
