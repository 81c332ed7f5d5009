//! How one event changes the [`Account`].

use jiff::Timestamp;

use super::{
    Account, Approved, At, Attempt, Pinned, Session, Settled, Step, StepStatus, Task, TaskStatus, outline::Kind,
};
use crate::{
    engine::{
        event::{Event, TaskSeed, Verdict},
        state::Lifecycle,
    },
    failure::Failure,
    name::{StepId, TaskId},
};

pub(super) fn apply(account: &mut Account, at: Timestamp, event: &Event) {
    match event {
        Event::RunCreated(created) => account.created = Some(created.clone()),
        Event::RunResumed { process, host, user } => {
            if !account.sessions.is_empty() {
                take_up(account);
            }
            account.sessions.push(Session { at, process: *process, host: host.clone(), user: user.clone() });
        }
        Event::MemberPinned { target, member, identity } => {
            let pinned = Pinned { target: target.clone(), member: member.clone(), identity: identity.clone() };
            account.members.retain(|known| (&known.target, &known.member) != (target, member));
            account.members.push(pinned);
        }
        Event::ClusterPinned { target, uid } => drop(account.clusters.insert(target.clone(), uid.clone())),
        Event::Claimed { target, member } => account.claims.push((target.clone(), member.clone())),
        Event::Released { target, member } => account.claims.retain(|it| (&it.0, &it.1) != (target, member)),
        Event::CredentialsLent { target, member, collection } => {
            let lent = (target.clone(), member.clone(), collection.clone());
            if !account.lent.contains(&lent) {
                account.lent.push(lent);
            }
        }
        Event::CredentialsTakenBack { target, member, collection } => {
            account.lent.retain(|it| (&it.0, &it.1, &it.2) != (target, member, collection));
        }
        Event::FinallyBegun => {}
        Event::InterruptRequested { signal } => account.interrupted = Some(signal.clone()),
        Event::RunSuspended { reason } => account.lifecycle = Lifecycle::Suspended(*reason),
        Event::RunAbandoned { by, without, left_in_doubt, .. } => {
            account.without.extend(without.iter().cloned());
            account.left_in_doubt.extend(left_in_doubt.iter().cloned());
            account.abandoned = Some((at, by.clone()));
            account.lifecycle = Lifecycle::Running;
        }
        Event::RunEnded { outcome } => account.lifecycle = Lifecycle::Ended(*outcome),
        event => match step_of(event) {
            Some(step) => apply_step(account, step, at, event),
            None => apply_task(account, at, event),
        },
    }
}

/// A process took a suspended or broken run up: what was under way is in doubt, what had failed is tried again; of a run that
/// was abandoned, only what is in `finally`.
fn take_up(account: &mut Account) {
    account.lifecycle = Lifecycle::Running;
    account.interrupted = None;
    let (outline, abandoned) = (&account.outline, account.abandoned.is_some());
    let again = |step: &StepId| !abandoned || outline.is_finally(step);
    for (_, step) in account.steps.iter_mut().filter(|(id, _)| again(id)) {
        match step.state {
            StepStatus::Stopped | StepStatus::Failed if step.admitted => step.state = StepStatus::Running,
            StepStatus::Stopped | StepStatus::Failed => step.state = StepStatus::Entered,
            _ => {}
        }
    }
    for task in account.tasks.values_mut() {
        match &task.state {
            TaskStatus::Running => task.state = TaskStatus::InDoubt(None),
            TaskStatus::Settling => task.state = TaskStatus::InDoubt(last_failure(task)),
            TaskStatus::Failed(_) | TaskStatus::Retrying(..) | TaskStatus::Stopped(_) | TaskStatus::CheckingBefore
                if again(&task.step) =>
            {
                task.state = TaskStatus::Waiting;
            }
            TaskStatus::CheckingAfter => task.state = TaskStatus::Acted,
            _ => {}
        }
    }
}

fn step_of(event: &Event) -> Option<&StepId> {
    match event {
        Event::StepEntered { step }
        | Event::StepSkipped { step, .. }
        | Event::StepExpanded { step, .. }
        | Event::PreconditionsBegun { step }
        | Event::StepReopened { step }
        | Event::StepAdmitted { step }
        | Event::PostconditionsBegun { step }
        | Event::StepSucceeded { step, .. }
        | Event::StepStopped { step, .. }
        | Event::StepFailed { step, .. } => Some(step),
        _ => None,
    }
}

fn apply_step(account: &mut Account, id: &StepId, at: Timestamp, event: &Event) {
    if let Event::StepExpanded { tasks, .. } = event {
        for seed in tasks {
            account.tasks.entry(seed.id.clone()).or_insert_with(|| task(id, seed));
        }
    }
    let step = account.steps.entry(id.clone()).or_default();
    match event {
        Event::StepEntered { .. } => {
            step.state = StepStatus::Entered;
            step.entered.get_or_insert(at);
        }
        Event::StepSkipped { reason, .. } => {
            step.summary = Some(reason.clone());
            end(step, StepStatus::Skipped, at);
        }
        Event::StepExpanded { tasks, .. } => step.tasks = tasks.iter().map(|seed| seed.id.clone()).collect(),
        Event::StepReopened { .. } => {
            step.state = StepStatus::Entered;
            step.ended = None;
        }
        Event::PreconditionsBegun { .. } => step.state = StepStatus::CheckingBefore,
        Event::StepAdmitted { .. } => {
            step.state = StepStatus::Running;
            step.admitted = true;
        }
        Event::PostconditionsBegun { .. } => step.state = StepStatus::CheckingAfter,
        Event::StepSucceeded { outputs, summary, .. } => {
            step.outputs = outputs.clone();
            step.summary = summary.clone();
            end(step, StepStatus::Succeeded, at);
        }
        Event::StepStopped { refusal, .. } => {
            step.refusals.push(At { at, what: refusal.clone() });
            end(step, StepStatus::Stopped, at);
        }
        Event::StepFailed { failure, .. } => {
            step.failures.push(At { at, what: failure.clone() });
            end(step, StepStatus::Failed, at);
        }
        _ => {}
    }
}

fn end(step: &mut Step, state: StepStatus, at: Timestamp) {
    step.state = state;
    step.ended = Some(at);
}

fn task(step: &StepId, seed: &TaskSeed) -> Task {
    Task {
        step: step.clone(),
        target: seed.target.clone(),
        member: seed.member.clone(),
        item: seed.item.clone(),
        state: TaskStatus::Waiting,
        attempts: Vec::new(),
        approved: None,
        backed_up: None,
        ended: None,
    }
}

/// The task that an event is about.
pub fn task_of(event: &Event) -> Option<&TaskId> {
    match event {
        Event::TaskPreconditionsBegun { task }
        | Event::TaskAdmitted { task }
        | Event::TaskStarted { task, .. }
        | Event::TaskNoted { task, .. }
        | Event::TaskActed { task, .. }
        | Event::TaskPostconditionsBegun { task }
        | Event::TaskSucceeded { task }
        | Event::TaskFailed { task, .. }
        | Event::TaskStopped { task, .. }
        | Event::TaskDoubted { task, .. }
        | Event::SettlementBegun { task, .. }
        | Event::TaskSettled { task, .. }
        | Event::TaskUnsettled { task, .. }
        | Event::ApprovalAwaited { task, .. }
        | Event::Approved { task, .. } => Some(task),
        _ => None,
    }
}

fn apply_task(account: &mut Account, at: Timestamp, event: &Event) {
    let Some(task) = task_of(event).and_then(|id| account.tasks.get_mut(id)) else { return };
    if let Event::TaskActed { output, .. } | Event::TaskSettled { verdict: Verdict::Done(output), .. } = event
        && account.outline.kind(&task.step) == Kind::Backup
    {
        task.backed_up = Some(output.clone());
    }
    match event {
        Event::TaskPreconditionsBegun { .. } => task.state = TaskStatus::CheckingBefore,
        Event::TaskAdmitted { .. } => task.state = TaskStatus::Waiting,
        Event::TaskStarted { attempt, .. } => {
            task.attempts.push(Attempt {
                number: *attempt,
                started: at,
                ended: None,
                failure: None,
                refused: false,
                settled: None,
            });
            task.state = TaskStatus::Running;
        }
        Event::TaskActed { .. } => close(task, TaskStatus::Acted, at, None),
        Event::TaskPostconditionsBegun { .. } => task.state = TaskStatus::CheckingAfter,
        Event::TaskSucceeded { .. } => {
            task.state = TaskStatus::Succeeded;
            task.ended = Some(at);
        }
        Event::TaskFailed { failure, retry_at, .. } => {
            let state = match retry_at {
                Some(again) => TaskStatus::Retrying(failure.clone(), *again),
                None => TaskStatus::Failed(failure.clone()),
            };
            close(task, state, at, Some(failure));
        }
        Event::TaskStopped { refusal, .. } => {
            // One that has its end has acted, and a postcondition says no.
            task.attempts.last_mut().into_iter().for_each(|it| it.refused |= it.ended.is_none());
            close(task, TaskStatus::Stopped(refusal.clone()), at, None);
            let id = task.step.clone();
            if let Some(step) = account.steps.get_mut(&id) {
                step.refusals.push(At { at, what: refusal.clone() });
            }
        }
        Event::TaskDoubted { failure, .. } => {
            let state = TaskStatus::InDoubt(Some(failure.clone()));
            close(task, state, at, Some(failure));
        }
        Event::SettlementBegun { .. } => task.state = TaskStatus::Settling,
        Event::TaskSettled { verdict, by, retry_at, .. } => settle(task, verdict, by, *retry_at, at),
        Event::TaskUnsettled { failure, .. } => {
            let state = TaskStatus::Unsettled(failure.clone());
            close(task, state, at, Some(failure));
        }
        Event::ApprovalAwaited { shown, digest, .. } => {
            task.state = TaskStatus::AwaitingApproval { shown: shown.clone(), digest: digest.clone() };
        }
        Event::Approved { digest, by, .. } => {
            task.approved = Some(Approved { at, digest: digest.clone(), by: by.clone() });
            task.state = TaskStatus::Waiting;
        }
        _ => {}
    }
}

/// The attempt has an end, or at least nothing more is heard of it.
fn close(task: &mut Task, state: TaskStatus, at: Timestamp, failure: Option<&Failure>) {
    task.state = state;
    task.ended = Some(at);
    if let Some(attempt) = task.attempts.last_mut() {
        attempt.ended = Some(at);
        if failure.is_some() {
            attempt.failure = failure.cloned();
        }
    }
}

fn settle(task: &mut Task, verdict: &Verdict, by: &str, retry_at: Option<Timestamp>, at: Timestamp) {
    let (word, state, failure) = match verdict {
        Verdict::Done(_) => ("done", TaskStatus::Acted, None),
        Verdict::NotDone => ("not done", TaskStatus::Waiting, None),
        Verdict::Failed(failure) => {
            let state = match retry_at {
                Some(again) => TaskStatus::Retrying(failure.clone(), again),
                None => TaskStatus::Failed(failure.clone()),
            };
            ("failed", state, Some(failure.clone()))
        }
    };
    task.state = state;
    task.ended = Some(at);
    if let Some(attempt) = task.attempts.last_mut() {
        attempt.settled = Some(Settled { at, verdict: word, by: by.to_owned() });
        // the end of an attempt that was in doubt is when the doubt began, where that is known
        attempt.ended.get_or_insert(at);
        attempt.failure = failure.or(attempt.failure.take());
    }
}

fn last_failure(task: &Task) -> Option<Failure> {
    task.attempts.last().and_then(|attempt| attempt.failure.clone())
}
