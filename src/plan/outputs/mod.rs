//! What each action gives, as data: written by the action, recorded in the journal, read by later steps, by screens and by
//! reports. One file an action. Each is the only place that says how its outputs are called; what a plan is let read of them
//! ([`super::actions::ActionSpec::outputs`]) is held against these types by a test.
//!
//! A field that is added has a default, so that what an earlier houseplan has recorded can still be read.

mod approve;
mod backup;
mod check;
mod compare;
#[cfg(test)]
mod echo;
mod exec;
mod helm;
mod inspect;
mod inventory;
mod job;
mod keeper;
mod known_bugs;
mod restore;
mod retain;
mod s3;
mod same_by;
mod scale;
mod secret;
mod sql;
mod writers;

#[cfg(test)]
pub use self::echo::EchoOutput;
pub use self::{
    approve::{ApprovalRequest, ApproveOutput},
    backup::{BackupOutput, BackupPlace},
    check::CheckOutput,
    compare::{CompareOutput, ComparisonRow},
    exec::ExecOutput,
    helm::{HelmOutput, ReleaseState},
    inspect::{Acting, BackedUpTable, EqualParts, InspectOutput, Inspection, MadeBy, Release, WrongSize},
    inventory::{Column, Definition, Inventory, Nondeterministic, PartFiles, Parts, Rows, Table, TableCopy, TableKind},
    job::JobOutput,
    keeper::{KeeperOutput, KeeperRow},
    known_bugs::{BugRow, KnownBugsOutput},
    restore::{RestoreOutput, Restored},
    retain::{KeptObject, RetainOutput, RetainedVolume},
    s3::{S3Output, S3Row},
    same_by::SameBy,
    scale::{FieldOwner, ScaleOutput, ScaledWorkload},
    secret::{SecretDone, SecretOutput},
    sql::{SqlOutput, SqlRows},
    writers::{WriterRow, WritersOutput},
};

#[cfg(test)]
mod tests;
