//! What a run that stands still has done, and what it has not: derived from which steps and tasks have started.

use super::{
    closing::backup_words,
    evidence,
    model::{Model, Step, StepState},
    outline::{Kind, OutlineStep},
};

use crate::{humanize, name::StepId};

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
            false => {
                format!("Nothing has been changed; the run keeps its claim on {}.", humanize::first_of(&claims, 6))
            }
        }];
    }
    [irreversible(model), destroyed(model), restores(model), backup(model)].into_iter().flatten().collect()
}

fn has_started(model: &Model, step: &Step) -> bool {
    model.tasks_of(step).any(|(_, task)| !task.attempts.is_empty())
}

/// The steps of a kind, by whether they have begun or come later. What was skipped, or had nothing to do, is neither.
struct Steps<'a> {
    begun: Vec<(&'a StepId, &'a Step)>,
    waiting: Vec<(&'a StepId, &'a Step)>,
}

impl<'a> Steps<'a> {
    fn of(model: &'a Model, meant: fn(&OutlineStep) -> bool) -> Self {
        let steps = model.outline.steps.iter().filter(|(_, step)| step.changes && meant(step));
        let known = steps.filter_map(|(id, _)| model.steps.get_key_value(id));
        let (begun, rest): (Vec<_>, Vec<_>) = known.partition(|(_, step)| has_started(model, step));
        let is_over = |step: &Step| matches!(step.state, StepState::Skipped | StepState::Succeeded);
        let comes = |(id, step): &(&StepId, &Step)| !is_over(step) && model.is_shown(id);
        Self { begun, waiting: rest.into_iter().filter(comes).collect() }
    }

    fn are_done(&self) -> bool {
        self.begun.iter().all(|(_, step)| step.state == StepState::Succeeded)
    }
}

fn names(steps: &[(&StepId, &Step)]) -> String {
    humanize::first_of(&steps.iter().map(|(id, _)| format!("`{id}`")).collect::<Vec<_>>(), 4)
}

/// The steps of the plan that cannot be taken back, by what became of them. What drops or deletes counts too, though
/// nobody marked it.
fn irreversible(model: &Model) -> Option<String> {
    let marked = Steps::of(model, |step| step.irreversible);
    let all = Steps::of(model, |step| step.irreversible || step.destroys);
    let come = |steps: &[_]| format!("{} {} later", names(steps), if steps.len() == 1 { "comes" } else { "come" });
    match (marked.begun.is_empty(), marked.waiting.is_empty()) {
        (false, _) if marked.are_done() => {
            Some(format!("What cannot be taken back is done: {}.", names(&marked.begun)))
        }
        (false, _) => Some(format!("What cannot be taken back has begun: {}.", names(&marked.begun))),
        (true, _) if all.begun.is_empty() && !all.waiting.is_empty() => {
            Some(format!("Nothing irreversible has begun: {}.", come(&all.waiting)))
        }
        (true, false) => Some(format!("What the plan calls irreversible has not begun: {}.", come(&marked.waiting))),
        (true, true) => None,
    }
}

/// What has been taken away by steps that are not marked as irreversible.
fn destroyed(model: &Model) -> Option<String> {
    let steps = Steps::of(model, |step| step.destroys && !step.irreversible);
    match steps.begun.is_empty() {
        true => None,
        false if steps.are_done() => Some(format!("Dropped or deleted already: {}.", names(&steps.begun))),
        false => Some(format!("Dropping or deleting has begun: {}.", names(&steps.begun))),
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
            format!("{started} of {} {began} not known to be done.", humanize::count(restored.tasks as u64, "restore"))
        }
        (_, done) => {
            let is = if done == 1 { "is" } else { "are" };
            let all = humanize::count(restored.tasks as u64, "restore");
            format!("{done} of {all} {is} done: {}.", humanize::first_of(&restored.done, 6))
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
        false => format!("runs {} (where it applies), then {ends}", humanize::list(&finally)),
    };
    let mut stays: Vec<String> = evidence::backups(model).iter().map(|it| format!("the backup {}", it.path)).collect();
    let restored = evidence::restored(model);
    if !restored.done.is_empty() {
        stays.push(format!("what was restored ({})", humanize::first_of(&restored.done, 4)));
    }
    let stays = if stays.is_empty() { String::new() } else { format!("; what stays: {}", humanize::list(&stays)) };
    format!("{runs}, and undoes nothing{stays}")
}
