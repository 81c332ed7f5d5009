//! One step, as a person reviews it.

use indexmap::IndexMap;

use super::RenderedStep;
use crate::plan::{actions::Action, describe::RenderContext, expanded::ExpandedStep, quantity::HumanDuration};

pub(super) fn step(context: &RenderContext<'_>) -> RenderedStep {
    let (plan, step) = (context.plan, context.step());
    let action = step.action.spec();
    RenderedStep {
        id: step.id.to_string(),
        action: called(&step.action).to_owned(),
        needs: step.needs.iter().map(|need| plan.steps[*need].id.to_string()).collect(),
        finally: step.finally,
        irreversible: step.irreversible,
        effect: action.repeat().map(|it| it.word().to_owned()),
        conditions: conditions(step),
        preconditions: step.preconditions.iter().map(|it| it.describe(context)).collect(),
        does: action.describe(context),
        postconditions: step.postconditions.iter().map(|it| it.describe(context)).collect(),
        outputs: step.outputs.iter().map(|(name, it)| (name.to_string(), it.0.clone())).collect(),
        accepts: step.accepts.clone(),
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

fn called(action: &Action) -> &'static str {
    match action {
        Action::Restore(restore) if restore.phase().structure_only => "restore (structure only)",
        action => action.word(),
    }
}
