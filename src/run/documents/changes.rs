//! What has changed in a run's files since it began.

use std::collections::{HashMap, HashSet};

use camino::Utf8PathBuf;

use super::prepare::{Documents, PrepareError};
use crate::{
    bundle::{Bundle, Role},
    document::Limits,
    name::Name,
    plan::expanded::{Action, ExpandedPlan},
    targets::Moved,
};

/// What has changed, for a person to read, and which steps are no longer what they were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// `plans/move.yaml: changed`, one each.
    pub files: Vec<String>,
    /// The same of files that commands name. They run from their place, so there is no going on with them as they were.
    pub scripts: Vec<String>,
    /// The names of steps that are changed, new or gone.
    pub steps: Vec<String>,
    /// The targets that are elsewhere now, or others.
    pub targets: Vec<ChangedTarget>,
    /// What of it cannot be accepted: steps that have begun, and targets that the run depends on.
    pub fixed: Vec<String>,
    /// Why the files as they are now cannot be used at all.
    pub unusable: Option<String>,
}

/// A target that is elsewhere now, or another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedTarget {
    /// Its name in the environment.
    pub name: Name,
    pub moved: Moved,
}

impl ChangedTarget {
    /// One line a server, or one for the target.
    pub fn lines(&self) -> Vec<String> {
        let name = &self.name;
        match &self.moved {
            Moved::Nowhere => Vec::new(),
            Moved::Free(how) | Moved::Another(how) => vec![format!("target {name}: {how}")],
            Moved::Servers(servers) => servers
                .iter()
                .map(|it| format!("target {name}: {} at {} instead of {}", it.member, it.now, it.was))
                .collect(),
        }
    }
}

impl Changes {
    /// The documents and the files that commands name.
    pub fn all_files(&self) -> impl Iterator<Item = &String> {
        self.files.iter().chain(&self.scripts)
    }

    /// One line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.all_files().map(|file| format!("  {file}")).collect();
        if !self.steps.is_empty() {
            lines.push(format!("  steps that differ: {}", self.steps.join(", ")));
        }
        lines.extend(self.targets.iter().flat_map(ChangedTarget::lines).map(|line| format!("  {line}")));
        lines.extend(self.unusable.iter().map(|why| format!("  {why}")));
        lines
    }
}

/// Compares what the run began with, with what stands in the files now. `None` where nothing has changed; else the changes,
/// and the documents as they are now where they can be used.
///
/// A file that is gone is no change: the run has its own copy, and shipped plans are part of the program.
pub(in crate::run) fn changes(kept: &Documents, limits: &Limits) -> Option<(Changes, Option<Documents>)> {
    let mut changes = Changes::default();
    for file in kept.bundle.saved() {
        let now = match crate::bundle::current_text(&file.origin) {
            Some(now) if now != file.text => now,
            _ => continue,
        };
        let lines = similar::TextDiff::from_lines(file.text.as_str(), now.as_str());
        let changed = lines.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal).count();
        changes.files.push(format!("{}: {changed} lines differ", file.origin));
    }
    if changes.files.is_empty() {
        return None;
    }
    let saved = kept.bundle.saved();
    let of = |role: Role| saved.iter().find(|file| file.role == role).map(|file| file.origin.clone());
    let environment = of(Role::Environment).map(Utf8PathBuf::from);
    let plan = of(Role::Plan).unwrap_or_default();
    let plan = plan.strip_prefix("shipped:").unwrap_or(&plan);
    let now = Bundle::load(plan, environment.as_deref(), kept.bundle.target_names(), limits)
        .map_err(PrepareError::from)
        .and_then(Documents::new);
    let now = now.and_then(|now| Ok((moved(kept, &now)?, now)));
    match now {
        Ok((targets, now)) => {
            changes.steps = differing(&kept.plan, &now.plan);
            changes.targets = targets;
            Some((changes, Some(now)))
        }
        Err(error) => {
            changes.unusable = Some(unusable(&error));
            Some((changes, None))
        }
    }
}

/// Why the files as they are now cannot be used.
pub(in crate::run) fn unusable(error: &PrepareError) -> String {
    format!("they cannot be used as they are now: {error}")
}

/// The targets that are not where they were, or that are no more; how they are let in (users, secrets, certificates) may change.
fn moved(before: &Documents, now: &Documents) -> Result<Vec<ChangedTarget>, PrepareError> {
    let now = now.targets()?;
    let changed = before.targets()?.into_iter().map(|(name, was)| {
        let moved = match now.get(&name) {
            Some(now) => was.moved(now),
            None => Moved::Another("the environment has it no more".to_owned()),
        };
        ChangedTarget { name, moved }
    });
    Ok(changed.filter(|it| it.moved != Moved::Nowhere).collect())
}

/// The names under which not the same stands in both.
fn unequal(old: &HashMap<String, String>, new: &HashMap<String, String>) -> Vec<String> {
    let all: HashSet<&String> = old.keys().chain(new.keys()).collect();
    let mut unequal: Vec<String> = all.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
    unequal.sort();
    unequal
}

/// The steps that are not the same in both plans.
fn differing(before: &ExpandedPlan, now: &ExpandedPlan) -> Vec<String> {
    let forms = |plan: &ExpandedPlan| -> HashMap<String, String> {
        (0..plan.steps.len()).map(|index| (plan.steps[index].id.to_string(), form(plan, index))).collect()
    };
    unequal(&forms(before), &forms(now))
}

/// A step as text: all that it says, and by their names the steps that it needs; not where it stands in the file.
fn form(plan: &ExpandedPlan, index: usize) -> String {
    let step = &plan.steps[index];
    // The number of the opening that a step closes is no part of what it says.
    let action = match &step.action {
        Action::IncludeEnd(_) => "close".to_owned(),
        action => format!("{action:?}"),
    };
    let needs: Vec<&str> = step.needs.iter().map(|need| plan.steps[*need].id.as_str()).collect();
    let scope = &plan.scopes[step.scope];
    format!(
        "{needs:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        scope.inputs,
        scope.targets,
        step.finally,
        step.when,
        step.for_each,
        step.preconditions,
        step.postconditions,
        step.retry,
        step.timeout,
        step.stalled_after,
        step.irreversible,
        step.outputs,
        action,
    )
}
