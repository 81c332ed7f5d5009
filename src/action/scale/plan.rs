//! What becomes of a workload: from what it is, what was kept with it, and what is asked for. Asks nobody.

use super::held::Held;
use crate::{
    action::workload::{Found, owners_of_replicas},
    plan::actions::ScaleGoal,
};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Scale(ScaleGoal),
    /// Only the hold ends.
    Release,
}

impl Goal {
    /// Whether the workloads are held from then on.
    pub(super) fn holds(self) -> bool {
        self == Self::Scale(ScaleGoal::Number(0))
    }
}

/// What it was before houseplan scaled it. Where somebody has changed the number since, that is what it was.
pub(super) fn before(workload: &Found) -> u64 {
    match Held::of(workload) {
        Some(held) if held.now == workload.replicas() => held.before,
        _ => workload.replicas(),
    }
}

/// What is kept with a workload that is scaled to `now`.
pub(super) fn held(workload: &Found, now: u64) -> Held {
    let owners = match Held::of(workload) {
        // By now houseplan owns it, perhaps alone.
        Some(held) => held.owners,
        None => owners_of_replicas(&workload.object),
    };
    Held { before: before(workload), now, owners }
}

/// How many pods a workload is to have; `None` where only what was kept with it could tell, and nothing was.
pub(super) fn wanted(workload: &Found, goal: Goal) -> Option<u64> {
    let live = workload.replicas();
    match goal {
        Goal::Scale(ScaleGoal::Number(number)) => Some(number),
        Goal::Release => Some(live),
        Goal::Scale(ScaleGoal::Previous) => match Held::of(workload) {
            // Somebody has started it meanwhile, an upgrade perhaps: that is newer.
            Some(held) if live > held.now => Some(live),
            Some(held) => Some(held.before),
            None => (live > 0).then_some(live),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{action::scale::held::SCALED, connect::kubernetes::Resource};

    fn workload(replicas: u64, kept: Option<Value>) -> Found {
        let annotations = kept.map(|kept| json!({ SCALED: kept.to_string() }));
        Found {
            reference: "n/deployment/a".parse().unwrap(),
            resource: Resource::DEPLOYMENT,
            object: json!({
                "metadata": { "annotations": annotations, "managedFields": [
                    { "manager": "helm", "operation": "Apply", "fieldsV1": { "f:spec": { "f:replicas": {} } } },
                ] },
                "spec": { "replicas": replicas },
            }),
        }
    }

    fn kept(before: u64, now: u64) -> Option<Value> {
        Some(json!({ "before": before, "now": now, "owners": [] }))
    }

    #[test]
    fn what_it_was_is_kept_once_however_often_it_is_scaled() {
        let first = held(&workload(3, None), 0);
        assert_eq!((first.before, first.now, first.owners[0].manager.as_str()), (3, 0, "helm"));
        let again = held(&workload(0, Some(json!(first))), 0);
        assert_eq!(again, first);
        // It had been kept, and the process died before it scaled.
        assert_eq!(held(&workload(3, Some(json!(first))), 0).before, 3);
        // Somebody has started it by hand since.
        assert_eq!(held(&workload(5, kept(3, 0)), 0).before, 5);
    }

    #[test]
    fn the_way_back_goes_to_what_was_kept_and_undoes_nobody_elses() {
        let previous = Goal::Scale(ScaleGoal::Previous);
        assert_eq!(wanted(&workload(0, kept(3, 0)), previous), Some(3));
        assert_eq!(wanted(&workload(2, kept(3, 0)), previous), Some(2));
        assert_eq!(wanted(&workload(2, None), previous), Some(2));
        assert_eq!(wanted(&workload(0, None), previous), None);
        assert_eq!(wanted(&workload(0, kept(0, 0)), previous), Some(0));
        assert_eq!(wanted(&workload(0, None), Goal::Release), Some(0));
    }
}
