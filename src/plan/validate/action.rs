//! What an action and the checks around it need beyond their keys; each action says it of itself.

use super::{Body, StepAt};
use crate::{
    document::Problem,
    plan::actions::{Around, Repeat, Written, validate_checks},
};

pub(super) fn check(at: &StepAt<'_>, body: &Body<'_>, problems: &mut Vec<Problem>) {
    let (step, place) = (at.step, &at.place);
    validate_checks(&step.preconditions, &place.child("preconditions"), body.targets, problems);
    validate_checks(&step.postconditions, &place.child("postconditions"), body.targets, problems);
    let action = step.spec();
    if let Some((word, action)) = action {
        let around = if at.finally { Around::Finally } else { Around::Step };
        action.validate(&Written { place: place.child(word), around, targets: body.targets }, problems);
    }
    if (step.procedure.is_some() || step.plan.is_some()) && body.finally.is_some() {
        for (key, is_there) in [("for_each", step.for_each.is_some()), ("retry", step.retry.is_some())] {
            if is_there {
                problems.push(Problem::at_key(
                    place.child(key),
                    format!("a step that includes others takes no `{key}`; give it to the steps inside"),
                ));
            }
        }
    }
    let is_tracked = action.is_some_and(|(_, action)| action.repeat() == Some(Repeat::Tracked));
    if step.stalled_after.is_some() && !is_tracked {
        problems.push(Problem::at_key(
            place.child("stalled_after"),
            "only `backup` and `restore` report progress; use `timeout`",
        ));
    }
}
