//! Whether an upgrade of a release could begin: by the helm that is there, and by the release's newest revision.

use super::{Readiness, Use, needed};
use crate::{
    action::{context::RunContext, helm},
    plan::actions::Action,
};

/// Asks helm for the release of this step.
pub(super) async fn ask(context: &RunContext, step: usize, by: &Use) -> Readiness {
    let mut found = Readiness::default();
    let Action::Helm(action) = &context.step(step).action else { return found };
    match helm::looked_at(context, context.step(step), action).await {
        None => found.unknown.push(format!("which release `{}` upgrades is known only in the run", by.step)),
        Some(Ok(helm::Looked { said, is_there: true })) => found.answered.push(said),
        Some(Ok(helm::Looked { said, is_there: false })) => {
            found.unknown.push(format!("{said}: `{}` needs it, and a step before it may install it", by.step));
        }
        Some(Err(failure)) => found.failures.push(needed(failure, std::slice::from_ref(by))),
    }
    found
}
