//! What a suspended run has done, and what it has not: derived from which steps and tasks have started.

use super::closing::backup_words;
use crate::{
    account::{
        Account, Step, StepStatus,
        ending::{Becomes, FinallyStep},
        outline::{Kind, OutlineStep},
    },
    humanize,
    name::StepId,
};

/// Sentences, the most important first. Without an outline there are none: what is not known is not said.
pub fn effects_so_far(account: &Account) -> Vec<String> {
    if account.outline.steps.is_empty() {
        return Vec::new();
    }
    let changing = |(id, _): &(&StepId, &Step)| account.outline.steps.get(*id).is_some_and(|step| step.changes);
    if !account.steps.iter().filter(changing).any(|(_, step)| has_started(account, step)) {
        let locked: Vec<&str> = account.claims.iter().map(|(_, member)| member.as_str()).collect();
        return vec![match locked.is_empty() {
            true => "Nothing has been changed.".to_owned(),
            false => format!("Nothing has been changed. The run keeps its lock on {}.", humanize::first_of(&locked, 6)),
        }];
    }
    [irreversible(account), destroyed(account), restores(account), backup(account)].into_iter().flatten().collect()
}

fn has_started(account: &Account, step: &Step) -> bool {
    account.tasks_of(step).any(|(_, task)| !task.attempts.is_empty())
}

/// The steps of a kind, by whether they have started or come later. What was skipped, or had nothing to do, is neither.
struct Steps<'a> {
    started: Vec<(&'a StepId, &'a Step)>,
    waiting: Vec<(&'a StepId, &'a Step)>,
}

impl<'a> Steps<'a> {
    fn of(account: &'a Account, meant: fn(&OutlineStep) -> bool) -> Self {
        let steps = account.outline.steps.iter().filter(|(_, step)| step.changes && meant(step));
        let known = steps.filter_map(|(id, _)| account.steps.get_key_value(id));
        let (started, rest): (Vec<_>, Vec<_>) = known.partition(|(_, step)| has_started(account, step));
        let comes = |(id, step): &(&StepId, &Step)| !step.state.is_over() && account.is_shown(id);
        Self { started, waiting: rest.into_iter().filter(comes).collect() }
    }

    fn are_done(&self) -> bool {
        self.started.iter().all(|(_, step)| step.state == StepStatus::Succeeded)
    }
}

fn names(steps: &[(&StepId, &Step)]) -> String {
    humanize::first_of(&steps.iter().map(|(id, _)| format!("`{id}`")).collect::<Vec<_>>(), 4)
}

/// `Irreversible steps done: a and b.`
fn named(what: &str, state: &str, steps: &[(&StepId, &Step)]) -> String {
    let noun = if steps.len() == 1 { "step" } else { "steps" };
    format!("{what} {noun} {state}: {}.", names(steps))
}

/// What has become of the steps of the plan that cannot be undone. What drops or deletes counts too, though nobody marked it.
fn irreversible(account: &Account) -> Option<String> {
    let marked = Steps::of(account, |step| step.irreversible);
    let all = Steps::of(account, |step| step.irreversible || step.destroys);
    let come = |steps: &[_]| format!("{} {} later", names(steps), if steps.len() == 1 { "comes" } else { "come" });
    match (marked.started.is_empty(), marked.waiting.is_empty()) {
        (false, _) if marked.are_done() => Some(named("Irreversible", "done", &marked.started)),
        (false, _) => Some(named("Irreversible", "started", &marked.started)),
        (true, _) if all.started.is_empty() && !all.waiting.is_empty() => {
            Some(format!("Nothing irreversible has started: {}.", come(&all.waiting)))
        }
        (true, false) => {
            Some(format!("What the plan marks as irreversible has not started: {}.", come(&marked.waiting)))
        }
        (true, true) => None,
    }
}

/// What has been taken away by steps that are not marked as irreversible.
fn destroyed(account: &Account) -> Option<String> {
    let steps = Steps::of(account, |step| step.destroys && !step.irreversible);
    match steps.started.is_empty() {
        true => None,
        false if steps.are_done() => Some(named("Destructive", "done", &steps.started)),
        false => Some(named("Destructive", "started", &steps.started)),
    }
}

fn restores(account: &Account) -> Option<String> {
    if !account.outline.steps.values().any(|step| step.kind == Kind::Restore) {
        return None;
    }
    let restored = account.restored();
    let all = humanize::count(restored.tasks as u64, "restore");
    Some(match (restored.started, restored.done.len()) {
        (0, _) => "Nothing has been restored.".to_owned(),
        (1, 0) => format!("1 of {all} has started; whether it is done is not known."),
        (started, 0) => format!("{started} of {all} have started; none of them is known to be done."),
        (_, done) => {
            let is = if done == 1 { "is" } else { "are" };
            format!("{done} of {all} {is} done: {}.", humanize::first_of(&restored.done, 6))
        }
    })
}

fn backup(account: &Account) -> Option<String> {
    let mut steps = account.steps.iter().filter(|(id, _)| account.outline.kind(id) == Kind::Backup);
    if let Some(backup) = account.backups().last() {
        let words = backup_words(backup);
        return Some(match is_known_complete(account) {
            true => format!("The backup was made, and a check found it complete: {words}."),
            false => format!("The backup was made: {words}."),
        });
    }
    let (id, step) = steps.next_back()?;
    Some(match has_started(account, step) {
        true if account.state(step) == StepStatus::Failed => format!("The backup `{id}` failed: there is no backup."),
        true => format!("The backup `{id}` has started; whether it is complete is not known."),
        false => "No backup has been made.".to_owned(),
    })
}

/// Whether a check has read the backup and found it complete: an `inspect` step, or the preconditions of a step. Never said
/// where the plan makes several: which one was read is not known here.
fn is_known_complete(account: &Account) -> bool {
    if account.outline.steps.values().filter(|step| step.kind == Kind::Backup).count() > 1 {
        return false;
    }
    account.steps.iter().any(|(id, step)| {
        let Some(outlined) = account.outline.steps.get(id) else { return false };
        let inspected = outlined.kind == Kind::Inspect && step.state == StepStatus::Succeeded;
        inspected || (outlined.needs_complete_backup && step.admitted)
    })
}

/// What `abandon` would do, which steps of `finally` it would skip, and what it would leave.
pub fn abandoning(account: &Account) -> String {
    // A plan that only reads has no lock, nor has a run under the lock of another.
    let ends = if account.claims.is_empty() { "ends the run" } else { "ends the run and releases its lock" };
    let runs: Vec<String> = finally(account, |it| *it == Becomes::Runs).map(|it| format!("`{}`", it.step)).collect();
    let does = match runs.as_slice() {
        [] => ends.to_owned(),
        runs => format!("runs {}, then {ends}", humanize::list(runs)),
    };
    let not: String = account.finally.iter().filter_map(not_run).collect();
    let mut stays: Vec<String> = account.backups().iter().map(|it| format!("the backup {}", it.path)).collect();
    let restored = account.restored();
    if !restored.done.is_empty() {
        stays.push(format!("what was restored ({})", humanize::first_of(&restored.done, 4)));
    }
    let stays = if stays.is_empty() { String::new() } else { format!("; what stays: {}", humanize::list(&stays)) };
    format!("`abandon` {does}.{not} It undoes nothing{stays}.")
}

fn finally(account: &Account, wanted: impl Fn(&Becomes) -> bool) -> impl Iterator<Item = &FinallyStep> {
    account.finally.iter().filter(move |it| wanted(&it.becomes))
}

/// That a step of `finally` is skipped, or that it is not known whether it is.
fn not_run(it: &FinallyStep) -> Option<String> {
    match &it.becomes {
        Becomes::Runs => None,
        Becomes::Skipped(reason) => Some(format!(" It skips `{}`: {reason}.", it.step)),
        Becomes::Unknown(why) => Some(format!(" Whether it runs `{}` cannot be known before: {why}.", it.step)),
    }
}
