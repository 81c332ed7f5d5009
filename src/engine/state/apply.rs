//! Folds one event in.

use jiff::Timestamp;
use thiserror::Error;

use super::{LentCredentials, State, StepPhase, TaskPhase};
use crate::{
    engine::event::{Event, MemberName},
    name::{StepId, TaskId},
};

/// An event that cannot have happened in this state: the journal is of another plan, or the engine has a defect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    #[error("the plan has no step `{0}`")]
    UnknownStep(StepId),
    #[error("there is no task `{0}`")]
    UnknownTask(TaskId),
    #[error("there are two tasks `{0}`")]
    DuplicateTask(TaskId),
    #[error("step `{step}` was {from:?} when it is said to have become {to:?}")]
    Step { step: StepId, from: StepPhase, to: StepPhase },
    #[error("task `{task}` was {from:?} when it is said to have become {to:?}")]
    Task { task: TaskId, from: TaskPhase, to: TaskPhase },
    #[error("task `{task}` was at attempt {at} when attempt {said} is spoken of")]
    Attempt { task: TaskId, at: u32, said: u32 },
    #[error("the approval of `{0}` is of something else than what was shown")]
    Approval(TaskId),
    #[error("the run has ended")]
    Ended,
}

impl State {
    /// Folds `event`, which happened at `at`, in. After an error the state is as it was before.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), ApplyError> {
        match event {
            Event::RunCreated(created) => {
                self.created = Some(created.clone());
                Ok(())
            }
            Event::MemberPinned { target, member, identity } => {
                self.pins.insert((target.clone(), member.clone()), identity.clone());
                Ok(())
            }
            Event::ClusterPinned { target, uid } => {
                self.clusters.insert(target.clone(), uid.clone());
                Ok(())
            }
            Event::Claimed { target, member } => {
                let claim = (target.clone(), member.clone());
                if !self.claims.contains(&claim) {
                    self.claims.push(claim);
                }
                Ok(())
            }
            Event::Released { target, member } => {
                self.claims.retain(|claim| claim.0 != *target || claim.1 != *member);
                Ok(())
            }
            Event::CredentialsLent { target, member, collection } => {
                let lent = LentCredentials {
                    to: MemberName { target: target.clone(), member: member.clone() },
                    collection: collection.clone(),
                };
                if !self.lent.contains(&lent) {
                    self.lent.push(lent);
                }
                Ok(())
            }
            Event::CredentialsTakenBack { target, member, collection } => {
                self.lent
                    .retain(|it| it.collection != *collection || it.to.target != *target || it.to.member != *member);
                Ok(())
            }
            Event::ChangesAccepted { .. } => Ok(()),
            _ if matches!(self.lifecycle, super::Lifecycle::Ended(_)) => Err(ApplyError::Ended),

            Event::RunResumed { .. } => self.resumed(),
            Event::InterruptRequested { .. } => self.interrupt(),
            Event::RunSuspended { reason } => self.suspended(*reason),
            Event::RunAbandoned { by, leave_in_doubt, without, left_in_doubt } => {
                self.abandon(by, *leave_in_doubt, without, left_in_doubt)
            }
            Event::FinallyBegun => self.begin_finally(),
            Event::RunEnded { outcome } => self.end(*outcome),

            Event::StepEntered { step } => self.step_entered(step, at),
            Event::StepSkipped { step, reason } => self.step_skipped(step, reason, at),
            Event::StepExpanded { step, tasks } => self.step_expanded(step, tasks),
            Event::PreconditionsBegun { step } => self.step_checking(step),
            Event::StepReopened { step } => self.step_reopened(step),
            Event::StepAdmitted { step } => self.step_admitted(step),
            Event::PostconditionsBegun { step } => self.step_concluding(step),
            Event::StepSucceeded { step, outputs, summary } => self.step_succeeded(step, outputs, summary.as_ref(), at),
            Event::StepStopped { step, refusal } => self.step_stopped(step, refusal, at),
            Event::StepFailed { step, failure } => self.step_failed(step, failure, at),

            Event::TaskPreconditionsBegun { task } => self.task_checking(task),
            Event::TaskAdmitted { task } => self.task_admitted(task),
            Event::TaskStarted { task, attempt } => self.task_started(task, *attempt, at),
            Event::TaskNoted { task, attempt, note } => self.task_noted(task, *attempt, note),
            Event::TaskActed { task, attempt, output } => self.task_acted(task, *attempt, output),
            Event::TaskPostconditionsBegun { task } => self.task_concluding(task),
            Event::TaskSucceeded { task } => self.task_succeeded(task, at),
            Event::TaskFailed { task, attempt, failure, retry_at } => {
                self.task_failed(task, *attempt, failure, *retry_at, at)
            }
            Event::TaskStopped { task, refusal } => self.task_stopped(task, refusal, at),
            Event::TaskDoubted { task, attempt, failure } => self.task_doubted(task, *attempt, failure),
            Event::SettlementBegun { task, attempt } => self.settlement_begun(task, *attempt),
            Event::TaskSettled { task, attempt, verdict, by, retry_at } => {
                self.task_settled(task, *attempt, verdict, by, *retry_at, at)
            }
            Event::TaskUnsettled { task, attempt, failure } => self.task_unsettled(task, *attempt, failure),
            Event::ApprovalAwaited { task, attempt, shown, digest } => {
                self.approval_awaited(task, *attempt, shown, digest)
            }
            Event::Approved { task, digest, by } => self.approved(task, digest, by),
        }
    }
}
