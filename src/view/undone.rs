//! What a run that stands still has done, and what it has not: derived from which steps and tasks have started.

use super::{
    closing::backup_words,
    evidence,
    model::{Model, Step, StepState},
    outline::{Kind, OutlineStep},
    words,
};
use crate::plan::name::StepId;

/// Sentences, the most important first. Without an outline there are none: what is not known is not said.
pub fn undone(model: &Model) -> Vec<String> {
    if model.outline.steps.is_empty() {
        return Vec::new();
    }
    let changing = |(id, _): &(&StepId, &Step)| model.outline.steps.get(*id).is_some_and(|step| step.changes);
    if !model.steps.iter().filter(changing).any(|(_, step)| has_started(model, step)) {
        let claims: Vec<&str> = model.claims.iter().map(|(_, member)| member.as_str()).collect();
        return vec![match claims.is_empty() {
            true => "Nothing has been changed.".to_owned(),
            false => format!("Nothing has been changed; the run keeps its claim on {}.", words::first_of(&claims, 6)),
        }];
    }
    [irreversible(model), restores(model), backup(model)].into_iter().flatten().collect()
}

fn has_started(model: &Model, step: &Step) -> bool {
    model.tasks_of(step).any(|(_, task)| !task.attempts.is_empty())
}

/// The steps of the plan that cannot be taken back, by what became of them.
fn irreversible(model: &Model) -> Option<String> {
    let meant = |step: &OutlineStep| step.irreversible && step.changes;
    let steps: Vec<(&StepId, &Step)> = model
        .outline
        .steps
        .iter()
        .filter(|(_, step)| meant(step))
        .filter_map(|(id, _)| model.steps.get_key_value(id))
        .collect();
    let (begun, waiting): (Vec<_>, Vec<_>) = steps.into_iter().partition(|(_, step)| has_started(model, step));
    let names = |steps: &[(&StepId, &Step)]| {
        words::first_of(&steps.iter().map(|(id, _)| format!("`{id}`")).collect::<Vec<_>>(), 4)
    };
    let done = begun.iter().all(|(_, step)| step.state == StepState::Succeeded);
    match (begun.is_empty(), waiting.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("Nothing irreversible has begun: {} comes later.", names(&waiting))),
        (false, _) if done => Some(format!("What cannot be taken back is done: {}.", names(&begun))),
        (false, _) => Some(format!("What cannot be taken back has begun: {}.", names(&begun))),
    }
}

fn restores(model: &Model) -> Option<String> {
    if !model.outline.steps.values().any(|step| step.kind == Kind::Restore) {
        return None;
    }
    let restored = evidence::restored(model);
    Some(match (restored.started, restored.done.len()) {
        (0, _) => "Nothing has been restored.".to_owned(),
        (started, 0) => {
            let began = if started == 1 { "has begun and is" } else { "have begun and are" };
            format!("{started} of {} {began} not known to be done.", words::count(restored.tasks as u64, "restore"))
        }
        (_, done) => {
            let is = if done == 1 { "is" } else { "are" };
            let all = words::count(restored.tasks as u64, "restore");
            format!("{done} of {all} {is} done: {}.", words::first_of(&restored.done, 6))
        }
    })
}

fn backup(model: &Model) -> Option<String> {
    let steps = || model.steps.iter().filter(|(id, _)| model.outline.kind(id) == Kind::Backup);
    let backups = evidence::backups(model);
    if let Some(backup) = backups.last() {
        let words = backup_words(backup);
        return Some(match found_whole(model) {
            true => format!("The backup was made and found whole: {words}."),
            false => format!("The backup was made: {words}."),
        });
    }
    let (id, step) = steps().next_back()?;
    Some(match has_started(model, step) {
        true if model.state(step) == StepState::Failed => format!("The backup `{id}` has failed: there is none."),
        true => format!("The backup `{id}` has begun and is not known to be whole."),
        false => "No backup has been made.".to_owned(),
    })
}

/// Whether a check has read the backup and found it whole: an `inspect` step, or the preconditions of a step. Never said
/// where the plan makes several: which one was read is not known here.
fn found_whole(model: &Model) -> bool {
    if model.outline.steps.values().filter(|step| step.kind == Kind::Backup).count() > 1 {
        return false;
    }
    model.steps.iter().any(|(id, step)| {
        let Some(outlined) = model.outline.steps.get(id) else { return false };
        let inspected = outlined.kind == Kind::Inspect && step.state == StepState::Succeeded;
        inspected || (outlined.needs_whole_backup && step.admitted)
    })
}

/// What giving up would do, and what it would leave.
pub fn abandoning(model: &Model) -> String {
    let finally: Vec<String> = model.outline.finally().map(|id| format!("`{id}`")).collect();
    // A plan that only reads has no claim, nor has a run under the claim of another.
    let ends = if model.claims.is_empty() { "ends the run" } else { "gives the claim back" };
    let runs = match finally.is_empty() {
        true => ends.to_owned(),
        false => format!("runs {} (where it applies), then {ends}", words::list(&finally)),
    };
    let mut stays: Vec<String> = evidence::backups(model).iter().map(|it| format!("the backup {}", it.path)).collect();
    let restored = evidence::restored(model);
    if !restored.done.is_empty() {
        stays.push(format!("what was restored ({})", words::first_of(&restored.done, 4)));
    }
    let stays = if stays.is_empty() { String::new() } else { format!("; what stays: {}", words::list(&stays)) };
    format!("{runs}, and undoes nothing{stays}")
}
