//! The actions as people write them, one file each: what a person may write, what is wrong with it, what it names, destroys,
//! fills and proves. What they do is told in [`crate::action`].

mod approve;
mod backup;
mod backup_place;
mod chart;
mod check;
mod compare;
#[cfg(test)]
mod echo;
mod effect;
mod exec;
mod helm;
mod include;
mod inspect;
mod inventory;
mod job;
mod keeper;
mod known_bugs;
mod phase;
mod pod_exec;
mod registry;
mod restore;
mod retain;
mod s3;
mod scale;
mod secret;
mod spec;
mod sql;
mod store_use;
mod writers;

#[cfg(test)]
pub use self::echo::Echo;
pub use self::{
    approve::Approve,
    backup::{AllDatabases, Backup, StorePath},
    chart::{PreviousValues, is_on_this_machine, is_one_version},
    check::{Check, CheckList, validate_checks},
    compare::{Aspect, Compare, Extra},
    effect::Effect,
    exec::Exec,
    helm::Helm,
    include::PlanInclusion,
    inspect::Inspect,
    inventory::Inventory,
    job::{ChartHook, DeleteJob, Job},
    keeper::KeeperAction,
    known_bugs::KnownBugs,
    phase::{PhaseName, RestoreMembers, RestorePhase, RestoreStatements},
    pod_exec::{NamedPod, PodExec},
    registry::{Action, ActionKind, CheckAction},
    restore::{Into, Restore},
    retain::Retain,
    s3::S3Action,
    scale::{Scale, ScaleGoal},
    secret::{SecretAction, SecretCopy},
    spec::{ActionSpec, Around, Destruction, FanOut, Fill, MakesTables, Outputs, Proof, Repeat, StepOf, Written},
    sql::{Absent, Sql},
    store_use::{StoreRight, StoreUse, UsedRight},
    writers::{Writers, WritersOf},
};
