//! Which tasks a step is made of: one for each item of its `for_each`, and for what its action acts on.

use crate::{
    action::{
        context::{EvalContext, expression, failed},
        registry::acting,
    },
    engine::{event::TaskSeed, performer::Entered},
    failure::Failure,
    name::item_label,
};

/// Evaluates `when` and `for_each`, and says which tasks there are.
pub(in crate::run) fn enter(at: EvalContext<'_>) -> Entered {
    match tasks(at) {
        Ok(Some(seeds)) => Entered::Expanded(seeds),
        Ok(None) => Entered::Skipped(
            at.step.when.as_ref().map_or_else(String::new, |when| format!("condition is false: {}", when.0)),
        ),
        Err(failure) => Entered::Failed(failure),
    }
}

fn tasks(at: EvalContext<'_>) -> Result<Option<Vec<TaskSeed>>, Failure> {
    if let Some(when) = &at.step.when
        && !expression(when)?.holds(&at.scope()).map_err(failed)?
    {
        return Ok(None);
    }
    let Some(for_each) = &at.step.for_each else { return seeds(at, None).map(Some) };
    let items = expression(for_each)?.list(&at.scope()).map_err(failed)?;
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        all.extend(seeds(EvalContext { item: Some(item), ..at }, Some(item_label(item, index)))?);
    }
    Ok(Some(all))
}

/// The tasks for one item, or for the step where there is no `for_each`.
fn seeds(at: EvalContext<'_>, item: Option<String>) -> Result<Vec<TaskSeed>, Failure> {
    match acting(&at.step.action) {
        Some(action) => action.tasks(at, item.as_deref()),
        None => Ok(Vec::new()),
    }
}
