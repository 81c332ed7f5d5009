//! What a task gives, held against what later steps make of it.
//!
//! Secrets are taken out of all that is kept, and later steps are given what is kept. A step may print a secret where nobody
//! reads what it prints; where a step does, it would act on another name than was meant, so the task fails instead. Whether
//! one does is looked for when redaction has altered something, which is rare: the search goes through the whole plan.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    action::context::EvalContext,
    catalogue,
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, Site, TaskRun},
    },
    failure::Failure,
    name::StepId,
    plan::{
        actions::Repeat,
        expanded::{ExpandedPlan, ExpandedStep},
        facts,
    },
    redact::Redactor,
    template::Reference,
};

/// Whether a later step reads what the step at `at` gives.
pub(in crate::run) fn is_read(at: EvalContext<'_>) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let (plan, id) = (Arc::clone(&at.binding.plan), at.step.id.clone());
    Arc::new(move || reads(&plan, &id))
}

fn reads(plan: &ExpandedPlan, id: &StepId) -> bool {
    let Some(step) = plan.steps.iter().find(|step| step.id == *id) else { return true };
    let scope = plan.scope_of(step);
    let reads = |reference: &Reference| {
        reference.namespace() == "steps"
            && reference.step().is_none_or(|name| scope.step(name) == *id)
            && reference.path.get(2).is_none_or(|output| !is_harmless(output))
    };
    let fellows = plan.steps.iter().filter(|it| it.scope == step.scope);
    !step.outputs.is_empty() || fellows.into_iter().any(|fellow| any_reference(fellow, reads))
}

/// Whether it tells nothing of what the action gives, or only the number that a process ended with.
fn is_harmless(output: &str) -> bool {
    facts::OF_PROGRESS.contains(&output) || output == "code"
}

fn any_reference(step: &ExpandedStep, is_it: impl Fn(&Reference) -> bool) -> bool {
    let mut found = false;
    step.visit(&mut |visited| found = found || visited.references().iter().any(&is_it));
    found
}

/// A task whose answer is held against the secrets.
pub(in crate::run) struct OutputGuard {
    task: Box<dyn TaskRun>,
    redactor: Arc<Redactor>,
    is_read: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether it may be done again: then it fails, else it is for a person.
    repeatable: bool,
}

impl OutputGuard {
    pub(in crate::run) fn around(task: Box<dyn TaskRun>, at: EvalContext<'_>) -> Self {
        let repeatable = match at.step.action.spec().repeat() {
            None | Some(Repeat::Read | Repeat::Idempotent) => true,
            Some(Repeat::Once | Repeat::Tracked) => false,
        };
        Self { task, redactor: Arc::clone(&at.binding.redactor), is_read: is_read(at), repeatable }
    }
}

#[async_trait]
impl TaskRun for OutputGuard {
    async fn perform(self: Box<Self>, site: Site) -> Answer {
        let Self { task, redactor, is_read, repeatable } = *self;
        match task.perform(site).await {
            Answer::Acted(output) if redactor.alters(&output) && is_read() => match repeatable {
                true => Answer::Failed(altered()),
                false => Answer::Unknown(altered()),
            },
            answer => answer,
        }
    }

    async fn settle(self: Box<Self>, site: Site, notes: Vec<Value>) -> Settlement {
        let Self { task, redactor, is_read, .. } = *self;
        match task.settle(site, notes).await {
            Settlement::Settled(Verdict::Done(output)) if redactor.alters(&output) && is_read() => {
                Settlement::Unsettled(altered())
            }
            settlement => settlement,
        }
    }
}

fn altered() -> Failure {
    let message = "a secret stands in what the task gives, and another step reads that".to_owned();
    catalogue::task::SECRET_IN_OUTPUT.failure_in(&Context::new(Activity::Sql)).with_message(message)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::{engine::performer::NoteSender, plan::sample};

    /// A task that gives this.
    struct Gives(Value);

    #[async_trait]
    impl TaskRun for Gives {
        async fn perform(self: Box<Self>, _: Site) -> Answer {
            Answer::Acted(self.0)
        }

        async fn settle(self: Box<Self>, _: Site, _: Vec<Value>) -> Settlement {
            Settlement::Settled(Verdict::Done(self.0))
        }
    }

    #[tokio::test]
    async fn rows_that_redaction_alters_are_given_to_nobody() {
        let redactor = Arc::new(Redactor::new([&SecretString::from("events".to_owned())]));
        let site = || Site {
            progress: Arc::new(|_| {}),
            notes: NoteSender(unbounded_channel().0),
            interrupted: Default::default(),
        };
        let given = |table: &str, is_read, repeatable| {
            let task = Box::new(Gives(json!({ "rows": [{ "t": table }] })));
            Box::new(OutputGuard {
                task,
                redactor: Arc::clone(&redactor),
                is_read: Arc::new(move || is_read),
                repeatable,
            })
        };
        assert!(matches!(given("events_old", true, true).perform(site()).await, Answer::Failed(_)));
        assert!(matches!(given("events_old", true, false).perform(site()).await, Answer::Unknown(_)));
        assert!(matches!(given("events_old", false, false).perform(site()).await, Answer::Acted(_)));
        assert!(matches!(given("runs", true, true).perform(site()).await, Answer::Acted(_)));
        let settled = given("events_old", true, false).settle(site(), Vec::new()).await;
        assert!(matches!(settled, Settlement::Unsettled(_)), "{settled:?}");
    }

    #[track_caller]
    fn case(later: &str, expected: bool) {
        let yaml = format!(
            "apiVersion: houseplan/v1
kind: Plan
metadata: {{ name: small }}
targets: {{ one: {{ kind: clickhouse }} }}
steps:
  found: {{ sql: {{ on: one, query: SELECT 1 }} }}
  later: {{ needs: [found], {later} }}"
        );
        assert_eq!(reads(&sample::plan(&yaml, &[]), &StepId::new("found")), expected, "{later}");
    }

    #[test]
    fn what_another_step_reads_is_found_wherever_it_stands() {
        case("for_each: steps.found.rows, sql: { on: one, query: SELECT 1 }", true);
        case("when: steps.found.rows | length > 0, sql: { on: one, query: SELECT 1 }", true);
        case("exec: { on: local, command: [a, '{{ steps.found.rows[0].t }}'] }", true);
        case("approve: { show: '{{ steps.found }}' }", true);
        case(
            "check: [{ name: a, sql: { on: one, query: SELECT 1 }, expect: row.n == steps.found.rows | length }]",
            true,
        );
        case("when: steps.found.succeeded, sql: { on: one, query: SELECT 1 }", false);
        case("exec: { on: local, command: [a, steps, found] }", false);
    }
}
