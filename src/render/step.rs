//! One step, as a person reviews it.

use indexmap::IndexMap;

use super::{
    RenderedCheck, RenderedStep, ShownStatement,
    action::{Describe, Site},
};
use crate::plan::{
    actions::{Action, Check},
    expanded::ExpandedStep,
    quantity::HumanDuration,
};

pub(super) fn step(site: &Site<'_>, step: &ExpandedStep) -> RenderedStep {
    RenderedStep {
        id: step.id.to_string(),
        action: action(&step.action).to_owned(),
        needs: step.needs.iter().map(|need| site.plan.steps[*need].id.to_string()).collect(),
        finally: step.finally,
        irreversible: step.irreversible,
        effect: step.action.spec().repeat().map(|it| it.word().to_owned()),
        conditions: conditions(step),
        preconditions: step.preconditions.iter().map(|it| check(site, it)).collect(),
        does: does(site, step),
        postconditions: step.postconditions.iter().map(|it| check(site, it)).collect(),
        outputs: step.outputs.iter().map(|(name, it)| (name.to_string(), it.0.clone())).collect(),
        accepts: step.accepts.clone(),
    }
}

fn does(site: &Site<'_>, step: &ExpandedStep) -> Vec<ShownStatement> {
    match &step.action {
        Action::Check(checks) => checks.iter().flat_map(|it| check_step(site, it)).collect(),
        Action::IncludeEnd(start) if site.plan.steps.iter().all(|it| it.enclosing != Some(*start)) => {
            let what = match site.environment {
                Some(_) => "nothing is bound to it here",
                None => "what the environment binds to it",
            };
            vec![ShownStatement::words("houseplan", what)]
        }
        action => action.describe(site),
    }
}

/// A check of a `check` step: its question, then what it reads.
fn check_step(site: &Site<'_>, it: &Check) -> Vec<ShownStatement> {
    let rendered = check(site, it);
    let within = rendered.within.map_or_else(String::new, |within| format!(", within {within}"));
    let expect = rendered.expect.map_or_else(String::new, |expect| format!(": {expect}"));
    let otherwise = rendered.otherwise.map_or_else(String::new, |it| format!("\notherwise: {}", it.trim_end()));
    std::iter::once(ShownStatement::words("houseplan", format!("{}{expect}{within}{otherwise}", rendered.name)))
        .chain(rendered.reads)
        .collect()
}

fn check(site: &Site<'_>, check: &Check) -> RenderedCheck {
    RenderedCheck {
        name: check.name.clone(),
        expect: check.expect.as_ref().map(|it| it.0.clone()).or_else(|| Some(check.spec()?.1.expects()?.to_owned())),
        within: check.within.map(|it| it.to_string()),
        otherwise: check.otherwise.as_ref().map(|it| site.text(it)),
        reads: check.action().map(|action| action.describe(site)).unwrap_or_default(),
    }
}

fn conditions(step: &ExpandedStep) -> IndexMap<String, String> {
    let retry = step.retry.map(|it| {
        let delay = it.delay.map_or_else(String::new, |delay| format!(", {delay} before the second"));
        format!("{} attempts{delay}", it.attempts)
    });
    let entries = [
        ("when", step.when.as_ref().map(|it| it.0.clone())),
        ("for each", step.for_each.as_ref().map(|it| it.0.clone())),
        ("retry", retry),
        ("timeout", step.timeout.map(|it| HumanDuration(it).to_string())),
        ("stalled after", step.stalled_after.map(|it| HumanDuration(it).to_string())),
    ];
    entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn action(action: &Action) -> &'static str {
    match action {
        Action::Restore(restore) if restore.phase().structure_only => "restore (structure only)",
        action => action.word(),
    }
}
