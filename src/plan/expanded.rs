//! The plan after `plan:` and `procedure:` were inlined: flat steps with all they need, before any input is bound.
//!
//! What includes becomes two steps: `move/begin` (an [`Action::IncludeStart`] with the step's `when`, `for_each` is refused there, and
//! its preconditions) and `move` ([`Action::IncludeEnd`], with its postconditions), with the included steps between them. A skipped
//! start skips what it includes.

use std::time::Duration;

use indexmap::IndexMap;

use super::{
    actions::{
        Approve, Backup, Compare, Effect, Exec, Inspect, Into, Inventory, KeeperAction, Restore, RestorePhase,
        RestoreStatements, S3Action, Sql,
    },
    destruction::destroys,
    model::{Check, Input, Metadata, OnFailure, Retry, TargetRequirement},
    text::Expression,
};
use crate::{
    document::Place,
    name::{Name, StepId},
    sql::split,
    template::without_placeholders,
};

/// A plan, ready to have its inputs bound.
#[derive(Debug, Clone)]
pub struct ExpandedPlan {
    pub metadata: Metadata,
    pub on_failure: OnFailure,
    /// The plan's own inputs: those of scope 0.
    pub inputs: IndexMap<Name, Input>,
    /// The plan's own targets, by their names in the environment.
    pub targets: IndexMap<Name, TargetRequirement>,
    /// Scope 0 is the plan itself; every inclusion adds one.
    pub scopes: Vec<Scope>,
    /// All steps, in an order that no step stands before one that it needs; those of `finally` last.
    pub steps: Vec<ExpandedStep>,
}

/// What names mean at a step: its `inputs.`, `steps.` and targets.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What stands before the names of its steps (`move`), or `None` for the plan itself.
    pub prefix: Option<StepId>,
    /// The scope that its inputs come from, and where they are given there; `None` for the plan itself. A procedure has the
    /// inputs of its parent.
    pub parent: Option<usize>,
    /// For an included plan: its own inputs, and the values that `with` gives them (in terms of the parent's).
    pub inputs: Option<(IndexMap<Name, Input>, IndexMap<Name, serde_json::Value>)>,
    /// From a target's name here to its name in the environment.
    pub targets: IndexMap<Name, Name>,
    pub place: Place,
}

/// One step of the expanded plan.
#[derive(Debug, Clone)]
pub struct ExpandedStep {
    pub id: StepId,
    pub scope: usize,
    pub place: Place,
    /// Indices into [`ExpandedPlan::steps`]: what it needs, the start of the inclusion that it lies in included.
    pub needs: Vec<usize>,
    /// The start of the inclusion that this step lies in: where that is skipped, so is this.
    pub enclosing: Option<usize>,
    pub finally: bool,
    pub when: Option<Expression>,
    pub for_each: Option<Expression>,
    pub preconditions: Vec<Check>,
    pub postconditions: Vec<Check>,
    pub retry: Option<Retry>,
    pub timeout: Option<Duration>,
    pub stalled_after: Option<Duration>,
    /// Its own, or that of a step that includes it.
    pub irreversible: bool,
    pub outputs: IndexMap<Name, Expression>,
    pub accepts: IndexMap<String, String>,
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    Sql(Sql),
    Backup(Backup),
    /// RESTORE, in one of its phases.
    Restore {
        restore: Restore,
        phase: RestorePhase,
    },
    Inspect(Inspect),
    Inventory(Inventory),
    Compare(Compare),
    Check(Vec<Check>),
    Exec(Exec),
    Keeper(KeeperAction),
    S3(S3Action),
    Approve(Approve),
    /// Begins an inclusion.
    IncludeStart,
    /// Ends the inclusion that the step with this index began.
    IncludeEnd(usize),
}

impl ExpandedStep {
    /// Whether it takes something away: then its preconditions must not have grown old when it does.
    pub fn destroys(&self) -> bool {
        match &self.action {
            Action::Sql(sql) => {
                let query = without_placeholders(&sql.query.0);
                self.irreversible || split(&query).iter().any(|statement| destroys(statement).is_some())
            }
            Action::Keeper(keeper) => keeper.remove.is_some(),
            Action::S3(s3) => s3.remove.is_some(),
            Action::Backup(_) | Action::Restore { .. } | Action::Exec(_) => false,
            Action::Inspect(_) | Action::Inventory(_) | Action::Compare(_) | Action::Check(_) => false,
            Action::Approve(_) | Action::IncludeStart | Action::IncludeEnd(_) => false,
        }
    }

    /// Whether it restores rows, table by table, into tables that are there: all of those are compared before the first is filled.
    pub fn compares_tables(&self) -> bool {
        match &self.action {
            Action::Restore { restore, phase } => {
                phase.statements == RestoreStatements::EachTable && restore.into != Into::Absent
            }
            _ => false,
        }
    }
}

impl Action {
    /// The key that says it in a plan.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sql(_) => "sql",
            Self::Backup(_) => "backup",
            Self::Restore { .. } => "restore",
            Self::Inspect(_) => "inspect",
            Self::Inventory(_) => "inventory",
            Self::Compare(_) => "compare",
            Self::Check(_) => "check",
            Self::Exec(_) => "exec",
            Self::Keeper(_) => "keeper",
            Self::S3(_) => "s3",
            Self::Approve(_) => "approve",
            Self::IncludeStart => "begin",
            Self::IncludeEnd(_) => "end",
        }
    }

    /// Whether it may change anything outside houseplan's own records; a plan of steps that do not needs no claim.
    ///
    /// A probe of a store leaves nothing behind, and counts as reading.
    pub fn changes(&self) -> bool {
        match self {
            Self::Sql(sql) => sql.effect() != Effect::Read,
            Self::Exec(exec) => exec.effect() != Effect::Read,
            Self::Keeper(keeper) => keeper.remove.is_some(),
            Self::S3(s3) => s3.remove.is_some(),
            Self::Backup(_) | Self::Restore { .. } => true,
            Self::Inspect(_) | Self::Inventory(_) | Self::Compare(_) | Self::Check(_) => false,
            Self::Approve(_) | Self::IncludeStart | Self::IncludeEnd(_) => false,
        }
    }

    /// Whether repeating it is not known to be harmless.
    pub fn is_once(&self) -> bool {
        match self {
            Self::Sql(sql) => sql.effect() == Effect::Once,
            Self::Exec(exec) => exec.effect() == Effect::Once,
            _ => false,
        }
    }
}
