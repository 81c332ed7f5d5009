//! What a task gives, held against what later steps make of it.
//!
//! Secrets are taken out of all that is kept, and later steps are given what is kept. A step may print a secret where nobody
//! reads what it prints; where a step does, it would act on another name than was meant, so the task fails instead. Whether
//! one does is looked for when redaction has altered something, which is rare: the search goes through the whole plan.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::context::EvalContext;

use crate::{
    catalogue,
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
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
pub(super) fn is_read(at: EvalContext<'_>) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let (plan, id) = (Arc::clone(&at.context.plan), at.step.id.clone());
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

/// The task, with its answer held against the secrets. `identifiers` are the keys under which stands what later steps go by,
/// whether one reads it or not.
pub fn guarded(task: Box<dyn TaskRun>, at: EvalContext<'_>, identifiers: &'static [&'static str]) -> Box<dyn TaskRun> {
    let repeatable = match at.step.action.spec().repeat() {
        None | Some(Repeat::Read | Repeat::Idempotent) => true,
        Some(Repeat::Once | Repeat::Tracked) => false,
    };
    let guard = Guard { redactor: Arc::clone(&at.context.redactor), identifiers, is_read: is_read(at), repeatable };
    Box::new(Guarded { task, guard })
}

struct Guarded {
    task: Box<dyn TaskRun>,
    guard: Guard,
}

struct Guard {
    redactor: Arc<Redactor>,
    identifiers: &'static [&'static str],
    is_read: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether the task may be done again: then it fails, else it is for a person.
    repeatable: bool,
}

impl Guard {
    /// Why what the task gives is nothing to go on with.
    fn refuses(&self, output: &Value) -> Option<Failure> {
        if !self.redactor.alters(output) {
            return None;
        }
        match altered_identifier(output, self.identifiers, &self.redactor) {
            Some(key) => Some(refusal(&format!("as `{key}`, which later steps go by"))),
            None => (self.is_read)().then(read_by_another),
        }
    }
}

/// That a secret was taken out of what a task gives, and another step reads it.
pub(super) fn read_by_another() -> Failure {
    refusal("and another step reads it")
}

fn refusal(how: &str) -> Failure {
    let message = format!("what the task gives contains a secret, {how}");
    catalogue::task::SECRET_IN_OUTPUT.failure().with_message(message)
}

/// The key of an output under which redaction would change what later steps go by.
fn altered_identifier<'v>(output: &'v Value, identifiers: &[&str], redactor: &Redactor) -> Option<&'v str> {
    match output {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            let named = identifiers.contains(&key.as_str())
                && match value {
                    Value::Object(_) => false,
                    Value::Array(items) => items.iter().any(|item| item.is_string() && redactor.alters(item)),
                    value => redactor.alters(value),
                };
            if named { Some(key.as_str()) } else { altered_identifier(value, identifiers, redactor) }
        }),
        Value::Array(items) => items.iter().find_map(|item| altered_identifier(item, identifiers, redactor)),
        _ => None,
    }
}

#[async_trait]
impl TaskRun for Guarded {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let Self { task, guard } = *self;
        match task.perform(task_context).await {
            Answer::Acted(output) => match guard.refuses(&output) {
                None => Answer::Acted(output),
                Some(failure) if guard.repeatable => Answer::Failed(failure),
                Some(failure) => Answer::Unknown(failure),
            },
            answer => answer,
        }
    }

    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        let Self { task, guard } = *self;
        match task.settle(task_context, notes).await {
            Settlement::Settled(Verdict::Done(output)) => match guard.refuses(&output) {
                None => Settlement::Settled(Verdict::Done(output)),
                Some(failure) => Settlement::Unsettled(failure),
            },
            settlement => settlement,
        }
    }
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
        async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
            Answer::Acted(self.0)
        }

        async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
            Settlement::Settled(Verdict::Done(self.0))
        }
    }

    #[tokio::test]
    async fn rows_that_redaction_alters_are_given_to_nobody() {
        let redactor = Arc::new(Redactor::new([&SecretString::from("events".to_owned())]));
        let task_context = || TaskContext {
            progress: Arc::new(|_| {}),
            notes: NoteSender(unbounded_channel().0),
            interrupted: Default::default(),
        };
        let given = |table: &str, is_read, repeatable| {
            let task = Box::new(Gives(json!({ "rows": [{ "t": table }] })));
            let (redactor, is_read) = (Arc::clone(&redactor), Arc::new(move || is_read));
            Box::new(Guarded { task, guard: Guard { redactor, identifiers: &[], is_read, repeatable } })
        };
        assert!(matches!(given("events_old", true, true).perform(task_context()).await, Answer::Failed(_)));
        assert!(matches!(given("events_old", true, false).perform(task_context()).await, Answer::Unknown(_)));
        assert!(matches!(given("events_old", false, false).perform(task_context()).await, Answer::Acted(_)));
        assert!(matches!(given("runs", true, true).perform(task_context()).await, Answer::Acted(_)));
        let settled = given("events_old", true, false).settle(task_context(), Vec::new()).await;
        assert!(matches!(settled, Settlement::Unsettled(_)), "{settled:?}");
    }

    #[test]
    fn what_later_steps_go_by_is_refused_whether_one_reads_it_or_not() {
        let redactor = Redactor::new([&SecretString::from("clickhouse".to_owned())]);
        let altered =
            |value: Value| altered_identifier(&value, &["path", "name", "tables"], &redactor).map(str::to_owned);
        assert_eq!(altered(json!({ "path": "clickhouse-backup/a" })).as_deref(), Some("path"));
        assert_eq!(altered(json!({ "tables": [{ "name": "clickhouse_log" }] })).as_deref(), Some("name"));
        assert_eq!(altered(json!({ "tables": ["a", "clickhouse"] })).as_deref(), Some("tables"));
        assert_eq!(altered(json!({ "stdout": "clickhouse", "path": "a" })), None);
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
