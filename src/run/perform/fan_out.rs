//! Which tasks a step is made of: one for each item of its `for_each`, and for what its action acts on.

use super::condition::why_false;
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
        Ok(Entering::Tasks(seeds)) => Entered::Expanded(seeds),
        Ok(Entering::Skipped(reason)) => Entered::Skipped(reason),
        Err(failure) => Entered::Failed(failure),
    }
}

enum Entering {
    Tasks(Vec<TaskSeed>),
    /// Why.
    Skipped(String),
}

fn tasks(at: EvalContext<'_>) -> Result<Entering, Failure> {
    if let Some(when) = &at.step.when {
        let condition = expression(when)?;
        if !condition.holds(&at.scope()).map_err(failed)? {
            return Ok(Entering::Skipped(why_false(&condition, at.steps)));
        }
    }
    let Some(for_each) = &at.step.for_each else { return seeds(at, None).map(Entering::Tasks) };
    let items = expression(for_each)?.list(&at.scope()).map_err(failed)?;
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        all.extend(seeds(EvalContext { item: Some(item), ..at }, Some(item_label(item, index)))?);
    }
    Ok(Entering::Tasks(all))
}

/// The tasks for one item, or for the step where there is no `for_each`.
fn seeds(at: EvalContext<'_>, item: Option<String>) -> Result<Vec<TaskSeed>, Failure> {
    match acting(&at.step.action) {
        Some(action) => action.tasks(at, item.as_deref()),
        None => Ok(Vec::new()),
    }
}
