//! Why a `when` is false, in words.

use crate::{
    plan::facts::OF_PROGRESS,
    template::{Expression, StepFacts},
};

/// The condition as it is written, and what it reads of the steps that it names: whether they started, succeeded, were skipped.
pub(in crate::run) fn why_false(condition: &Expression, steps: &dyn StepFacts) -> String {
    let mut facts: Vec<String> = Vec::new();
    for reference in condition.references() {
        let Some(words) = fact(&reference.path, steps) else { continue };
        if !facts.contains(&words) {
            facts.push(words);
        }
    }
    let because = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join("; ")) };
    format!("condition is false: {}{because}", condition.source())
}

/// `` `migrate` has not started ``
fn fact(path: &[String], steps: &dyn StepFacts) -> Option<String> {
    let [namespace, step, name] = path else { return None };
    let known = namespace == "steps" && OF_PROGRESS.contains(&name.as_str());
    let is_so = steps.facts(step).filter(|_| known)?.get(name)?.as_bool()?;
    let (auxiliary, what) = if name == "skipped" { ("was", "skipped") } else { ("has", name.as_str()) };
    let not = if is_so { "" } else { " not" };
    Some(format!("`{step}` {auxiliary}{not} {what}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_became_of_the_steps_is_told_once_each() {
        let facts = |step: &str| {
            let started = step == "migrate";
            Some(Arc::new(json!({ "started": started, "succeeded": false, "skipped": false, "rows": [] })))
        };
        let case = |source: &str| why_false(&Expression::parse(source).expect("an expression"), &facts);
        assert_eq!(
            case("steps.verify.succeeded or not steps.migrate.started or not steps.migrate.started"),
            "condition is false: steps.verify.succeeded or not steps.migrate.started or not steps.migrate.started \
             (`verify` has not succeeded; `migrate` has started)"
        );
        assert_eq!(case("steps.verify.skipped"), "condition is false: steps.verify.skipped (`verify` was not skipped)");
        assert_eq!(case("steps.verify.rows | length > 0"), "condition is false: steps.verify.rows | length > 0");
    }
}
