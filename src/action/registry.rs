//! Which action acts for what a plan says. All that knows the actions one by one is here, and the compiler asks for each.

use super::{
    Attempt,
    acting::{Acting, Reading},
    context::{EvalContext, internal},
    output_guard::guarded,
    restore::Restoring,
};

use crate::{
    engine::{event::TaskSeed, performer::TaskRun},
    failure::Failure,
    plan::actions::{Action, Check, CheckAction},
};

/// What acts for an action; `None` for the start and the end of an inclusion, which do nothing themselves.
pub fn acting(action: &Action) -> Option<Box<dyn Acting + '_>> {
    Some(match action {
        Action::Sql(it) => Box::new(it.as_ref()),
        Action::Backup(it) => Box::new(it.as_ref()),
        Action::Restore(restore) => Box::new(Restoring { restore, phase: restore.phase() }),
        Action::Inspect(it) => Box::new(it.as_ref()),
        Action::Inventory(it) => Box::new(it.as_ref()),
        Action::Compare(it) => Box::new(it.as_ref()),
        Action::KnownBugs(it) => Box::new(it.as_ref()),
        Action::Check(it) => Box::new(it.as_ref()),
        Action::Exec(it) => Box::new(it.as_ref()),
        Action::Helm(it) => Box::new(it.as_ref()),
        Action::Job(it) => Box::new(it.as_ref()),
        Action::PodExec(it) => Box::new(it.as_ref()),
        Action::Keeper(it) => Box::new(it.as_ref()),
        Action::S3(it) => Box::new(it.as_ref()),
        Action::Scale(it) => Box::new(it.as_ref()),
        Action::Secret(it) => Box::new(it.as_ref()),
        Action::Retain(it) => Box::new(it.as_ref()),
        Action::Writers(it) => Box::new(it.as_ref()),
        Action::Approve(it) => Box::new(it.as_ref()),
        #[cfg(test)]
        Action::Echo(it) => Box::new(it.as_ref()),
        Action::IncludeStart | Action::IncludeEnd(_) => return None,
    })
}

/// A task of a step, ready to act, with what it gives held against the secrets.
pub fn task(at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
    let action = acting(&at.step.action).ok_or_else(|| internal("an inclusion has no tasks of its own"))?;
    Ok(guarded(action.prepare(at, seed, attempt)?, at, action.identifiers()))
}

/// What reads for a check, whichever of its keys is there; `None` where none is, which validation refuses.
pub fn reading(check: &Check) -> Option<&dyn Reading> {
    check.action().map(|action| match action {
        CheckAction::Sql(it) => it as &dyn Reading,
        CheckAction::Inspect(it) => it,
        CheckAction::Inventory(it) => it,
        CheckAction::Compare(it) => it,
        CheckAction::KnownBugs(it) => it,
        CheckAction::Keeper(it) => it,
        CheckAction::S3(it) => it,
        CheckAction::Writers(it) => it,
    })
}
