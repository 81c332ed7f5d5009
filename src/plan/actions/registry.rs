//! The list of all actions. What is generated from it: the enum, the words, and which one action a step or a check has.
//!
//! A field of [`Step`] or [`Check`] that is not on the list does not compile, and neither does an action on the list that does
//! not answer all of [`ActionSpec`].

use serde::Serialize;

#[cfg(test)]
use super::Echo;
use super::{
    ActionSpec, Approve, Backup, Check, CheckList, Compare, Exec, Helm, Inspect, Inventory, Job, KeeperAction,
    KnownBugs, PodExec, Repeat, Restore, Retain, S3Action, Scale, SecretAction, Sql, Writers,
    include::{IncludeEnd, IncludeStart},
};
use crate::plan::model::Step;

macro_rules! actions {
    (
        step { $($(#[$attribute:meta])* $action:ident($type:ty) = $key:ident,)* }
        check { $($read:ident($read_type:ty) = $read_key:ident,)* }
    ) => {
        /// What a step does.
        #[derive(Debug, Clone, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[$attribute])* $action(Box<$type>),)*
            /// Starts an inclusion.
            IncludeStart,
            /// Ends the inclusion that the step with this index started.
            IncludeEnd(usize),
        }

        impl Action {
            /// What the language knows of it.
            pub fn spec(&self) -> &dyn ActionSpec {
                match self {
                    $($(#[$attribute])* Self::$action(action) => action.as_ref(),)*
                    Self::IncludeStart => &IncludeStart,
                    Self::IncludeEnd(_) => &IncludeEnd,
                }
            }

            /// The key that says it in a plan.
            pub fn word(&self) -> &'static str {
                match self {
                    $($(#[$attribute])* Self::$action(_) => stringify!($key),)*
                    Self::IncludeStart => "begin",
                    Self::IncludeEnd(_) => "end",
                }
            }
        }

        /// Which action a step has, for who asks no more than that.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum ActionKind {
            /// Nothing is known of the step.
            #[default]
            Unknown,
            $($(#[$attribute])* $action,)*
            /// Starts an inclusion; it is not shown.
            IncludeStart,
            /// Ends it; it is shown as the inclusion itself.
            IncludeEnd,
        }

        impl Action {
            /// Which action it is.
            pub fn kind(&self) -> ActionKind {
                match self {
                    $($(#[$attribute])* Self::$action(_) => ActionKind::$action,)*
                    Self::IncludeStart => ActionKind::IncludeStart,
                    Self::IncludeEnd(_) => ActionKind::IncludeEnd,
                }
            }
        }

        impl Step {
            /// The keys of a step that say what it does; a step has exactly one of them.
            pub const ACTIONS: &[&str] = &[$($(#[$attribute])* stringify!($key),)* "procedure", "plan"];

            /// Its action, with its key; `None` where it includes other steps.
            pub fn spec(&self) -> Option<(&'static str, &dyn ActionSpec)> {
                let Self {
                    needs: _,
                    when: _,
                    for_each: _,
                    preconditions: _,
                    postconditions: _,
                    retry: _,
                    timeout: _,
                    stalled_after: _,
                    irreversible: _,
                    outputs: _,
                    accepts: _,
                    procedure: _,
                    plan: _,
                    $($(#[$attribute])* $key,)*
                } = self;
                $($(#[$attribute])* {
                    if let Some(action) = $key.as_deref() {
                        return Some((stringify!($key), action));
                    }
                })*
                None
            }
        }

        /// What a check reads.
        #[derive(Debug, Clone, Copy)]
        pub enum CheckAction<'a> {
            $($read(&'a $read_type),)*
        }

        impl Check {
            /// The keys of a check that say what it reads; a check has exactly one of them.
            pub const ACTIONS: &[&str] = &[$(stringify!($read_key),)*];

            /// What it reads. The schema has seen that there is exactly one such key.
            pub fn action(&self) -> Option<CheckAction<'_>> {
                let Self { name: _, expect: _, within: _, otherwise: _, $($read_key,)* } = self;
                $(
                    if let Some(action) = $read_key {
                        return Some(CheckAction::$read(action));
                    }
                )*
                None
            }

            /// The same, with its key.
            pub fn spec(&self) -> Option<(&'static str, &dyn ActionSpec)> {
                self.action().map(|action| match action {
                    $(CheckAction::$read(action) => (stringify!($read_key), action as &dyn ActionSpec),)*
                })
            }
        }
    };
}

actions! {
    step {
        Sql(Sql) = sql,
        Backup(Backup) = backup,
        Restore(Restore) = restore,
        Inspect(Inspect) = inspect,
        Inventory(Inventory) = inventory,
        Compare(Compare) = compare,
        KnownBugs(KnownBugs) = known_bugs,
        Check(CheckList) = check,
        Exec(Exec) = exec,
        Helm(Helm) = helm,
        Job(Job) = job,
        PodExec(PodExec) = pod_exec,
        Keeper(KeeperAction) = keeper,
        S3(S3Action) = s3,
        Scale(Scale) = scale,
        Secret(SecretAction) = secret,
        Retain(Retain) = retain,
        Writers(Writers) = writers,
        Approve(Approve) = approve,
        #[cfg(test)]
        Echo(Echo) = echo,
    }
    check {
        Sql(Sql) = sql,
        Inspect(Inspect) = inspect,
        Inventory(Inventory) = inventory,
        Compare(Compare) = compare,
        KnownBugs(KnownBugs) = known_bugs,
        Keeper(KeeperAction) = keeper,
        S3(S3Action) = s3,
        Writers(Writers) = writers,
    }
}

impl Action {
    /// Whether it may change anything outside houseplan's own records; a plan of steps that do not needs no claim.
    ///
    /// A probe of a store leaves nothing behind, and counts as reading.
    pub fn changes(&self) -> bool {
        self.spec().repeat().is_some_and(|repeat| repeat != Repeat::Read)
    }

    /// Whether repeating it is not known to be harmless.
    pub fn is_once(&self) -> bool {
        self.spec().repeat() == Some(Repeat::Once)
    }
}
