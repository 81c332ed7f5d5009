//! `sql` from templates to what is sent.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{output::summary, reading::SqlReading, task::SqlTask};

use crate::{
    action::{
        Attempt,
        acting::{Acting, Around, Reading},
        context::EvalContext,
        task_seed::seed,
    },
    catalogue,
    check::{CheckTask, Read},
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    name::Name,
    plan::{
        actions::{Absent, Sql},
        outputs::SqlOutput,
        text::TemplateText,
    },
    sql::{needs_session, split},
    statements::setting_text,
};

impl Acting for &Sql {
    /// One a member of each target.
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        let clusters: Vec<_> =
            self.on.0.iter().map(|name| at.context.whole_cluster(at.step.scope, name)).collect::<Result<_, _>>()?;
        let members: Vec<_> = clusters.iter().flat_map(|cluster| &cluster.members).collect();
        let twice = |name: &Name| members.iter().filter(|member| member.name == *name).count() > 1;
        Ok(members
            .iter()
            .map(|member| {
                let shown = match twice(&member.name) {
                    true => format!("{}.{}", member.target, member.name),
                    false => member.name.to_string(),
                };
                let shown = (members.len() > 1).then_some(shown);
                seed(at, label, Some((&member.target, &member.name, shown.as_deref())), at.item)
            })
            .collect())
    }

    fn prepare(&self, at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(SqlTask {
            attempt,
            member: at.member_of(seed)?,
            statements: statements(at, &self.query)?,
            effect: self.effect(),
            settings: as_text(at.settings(&self.settings)?),
            skip_unreachable: self.absent == Some(Absent::Skip),
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, _: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        json!(SqlOutput::of(tasks))
    }

    fn summary(&self, _: &Value, tasks: &[TaskState]) -> Option<String> {
        summary(tasks)
    }

    /// What its columns mean only the steps know that read them.
    fn identifiers(&self) -> &'static [&'static str] {
        &[]
    }
}

impl Reading for Sql {
    /// Around a task of the same target, the task's member only.
    fn reading(&self, at: EvalContext<'_>, around: &Around<'_>) -> Result<Box<dyn Read>, Failure> {
        let (mut members, mut sent) = (Vec::new(), Vec::new());
        for target in &self.on.0 {
            let cluster = around.without_past(&at.cluster(target)?);
            let own = around.task.filter(|task| task.target.as_ref() == Some(&cluster.name));
            let own = own.and_then(|task| task.member.as_ref());
            for member in cluster.members.iter().filter(|member| own.is_none_or(|own| *own == member.name)) {
                let facts = at.context.member_facts(&member.target, &member.name);
                let at = EvalContext { member: facts.as_ref().or(at.member), ..at };
                for statement in statements(at, &self.query)? {
                    members.push(Arc::clone(member));
                    sent.push(statement);
                }
            }
        }
        let settings = as_text(at.settings(&self.settings)?);
        Ok(Box::new(SqlReading { members, statements: sent, settings, mark: around.attempt.mark() }))
    }
}

/// The statements of a query, each whole and without what stands around it; at least one. A check that sends nothing would read
/// no rows, and where none are expected it would hold.
fn statements(at: EvalContext<'_>, query: &TemplateText) -> Result<Vec<String>, Failure> {
    let rendered = at.sql(query)?;
    let statements = split(rendered.text());
    if statements.is_empty() {
        return Err(catalogue::template::MALFORMED.with("reason", "the query has no statement").failure());
    }
    // Validation has read what stands in the plan; this is for what templates have made.
    if let Some(instead) = statements.iter().find_map(needs_session) {
        let reason = format!("a statement needs a session, and houseplan sends each statement without one; {instead}");
        return Err(catalogue::template::MALFORMED.with("reason", reason).failure());
    }
    Ok(statements.into_iter().map(|statement| statement.text.to_owned()).collect())
}

/// Settings as a URL has them.
fn as_text(settings: IndexMap<String, Value>) -> IndexMap<String, String> {
    settings.into_iter().map(|(name, value)| (name, setting_text(&value))).collect()
}
