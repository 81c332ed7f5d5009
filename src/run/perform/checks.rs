//! Checks with their templates rendered, and their expectations as closures over what is known now.

use std::{collections::HashMap, sync::Arc};

use indexmap::IndexMap;
use serde_json::Value;

use super::tasks;

use crate::{
    action::{
        Attempt,
        context::{EvalContext, expression, failed},
        restore::tables_match::TablesMatch,
    },
    catalogue,
    check::{CheckTask, Expect, Read, reading::SqlReading},
    connect::{clickhouse::Row, target::Cluster},
    engine::{event::TaskSeed, performer::Phase, state::TaskState},
    failure::Failure,
    name::Name,
    plan::{
        actions::{Action, Check, CheckAction, Sql},
        text,
    },
    template::{Expression, InputValues, MemberFacts, RunFacts, Scope},
};

/// Whether a check names `member` or `item`, and so is read around each task.
pub(in crate::run) fn names_task(check: &Check) -> bool {
    check.uses(&["member", "item"])
}

/// The checks of a step, or of one of its tasks. `past` are those of its tasks that may have changed something already: what
/// is compared with, or read by `sql`, on the same target leaves their members out.
pub(in crate::run) fn render<'c>(
    at: EvalContext<'_>,
    checks: impl Iterator<Item = &'c Check>,
    phase: Option<Phase>,
    task: Option<&TaskSeed>,
    past: &[&TaskSeed],
    attempt: &Attempt,
) -> Result<Vec<CheckTask>, Failure> {
    checks.map(|check| one(at, check, phase, task, past, attempt)).collect()
}

/// That the tables which a restore fills are as they have to be: all of them, before anything is sent for the first one. `None`
/// where there are no tables.
pub(in crate::run) fn tables_match(
    at: EvalContext<'_>,
    tasks: &[TaskState],
    attempt: &Attempt,
) -> Result<Option<CheckTask>, Failure> {
    let Action::Restore(restore) = &at.step.action else { return Ok(None) };
    let of = |task: &TaskState| {
        let seed = &task.seed;
        let member = seed.target.as_ref().zip(seed.member.as_ref());
        let member = member.and_then(|(target, member)| at.binding.member_facts(target, member));
        let at = EvalContext { item: seed.item.as_ref(), member: member.as_ref(), ..at };
        tasks::restore_task(at, restore, seed, attempt.clone())
    };
    let all = tasks.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    Ok((!all.is_empty()).then(|| CheckTask {
        name: "the tables are there, as they were backed up".to_owned(),
        reading: Box::new(TablesMatch(all)),
        expect: None,
        within: None,
        otherwise: Some(
            "RESTORE compares no definitions: a part under another type breaks when it is read, and of a column that is \
             missing the values are lost. Nothing was restored. Mend the tables, or leave them out."
                .to_owned(),
        ),
        phase: Some(Phase::Before),
        pace: Default::default(),
    }))
}

fn one(
    at: EvalContext<'_>,
    check: &Check,
    phase: Option<Phase>,
    task: Option<&TaskSeed>,
    past: &[&TaskSeed],
    attempt: &Attempt,
) -> Result<CheckTask, Failure> {
    let expect = match &check.expect {
        Some(expect) => Some(Box::new(Expectation::new(at, expect)?) as Box<dyn Expect>),
        None => None,
    };
    Ok(CheckTask {
        name: check.name.clone(),
        reading: reading(at, check, task, past, attempt)?,
        expect,
        within: check.within.map(|within| within.0),
        otherwise: check.otherwise.as_ref().map(|otherwise| at.plain(otherwise)).transpose()?,
        phase,
        pace: Default::default(),
    })
}

fn reading(
    at: EvalContext<'_>,
    check: &Check,
    task: Option<&TaskSeed>,
    past: &[&TaskSeed],
    attempt: &Attempt,
) -> Result<Box<dyn Read>, Failure> {
    let Some(action) = check.action() else {
        return Err(catalogue::internal::BUG
            .failure()
            .with_message("a check reads nothing; this is a mistake in houseplan"));
    };
    Ok(match action {
        CheckAction::Sql(sql) => Box::new(sql_reading(at, sql, task, past, attempt)?),
        CheckAction::Inspect(inspect) => Box::new(tasks::inspect_task(at, inspect)?),
        CheckAction::Inventory(inventory) => Box::new(tasks::inventory_task(at, inventory)?),
        CheckAction::Compare(compare) => {
            let mut task = tasks::compare_task(at, compare)?;
            task.right = without(&task.right, past);
            Box::new(task)
        }
        CheckAction::Keeper(keeper) => Box::new(tasks::keeper_task(at, keeper, attempt.clone())?),
        CheckAction::S3(s3) => Box::new(tasks::s3_task(at, s3, attempt.clone())?),
    })
}

/// The target without the members that these tasks were for.
fn without(cluster: &Arc<Cluster>, past: &[&TaskSeed]) -> Arc<Cluster> {
    let is_past = |member: &Name| {
        past.iter().any(|seed| seed.target.as_ref() == Some(&cluster.name) && seed.member.as_ref() == Some(member))
    };
    if !cluster.members.iter().any(|member| is_past(&member.name)) {
        return Arc::clone(cluster);
    }
    let mut left = Cluster::clone(cluster);
    left.members.retain(|member| !is_past(&member.name));
    Arc::new(left)
}

/// A check around a task of the same target reads the task's member only.
fn sql_reading(
    at: EvalContext<'_>,
    sql: &Sql,
    task: Option<&TaskSeed>,
    past: &[&TaskSeed],
    attempt: &Attempt,
) -> Result<SqlReading, Failure> {
    let (mut members, mut statements) = (Vec::new(), Vec::new());
    for target in &sql.on.0 {
        let cluster = without(&at.binding.cluster(at.step.scope, target)?, past);
        let own = task.filter(|task| task.target.as_ref() == Some(&cluster.name)).and_then(|task| task.member.as_ref());
        for member in cluster.members.iter().filter(|member| own.is_none_or(|own| *own == member.name)) {
            let facts = at.binding.member_facts(&member.target, &member.name);
            let rendered = EvalContext { member: facts.as_ref().or(at.member), ..at }.sql(&sql.query)?;
            members.push(Arc::clone(member));
            statements.push(rendered.text().trim().trim_end_matches(';').to_owned());
        }
    }
    Ok(SqlReading { members, statements, settings: tasks::as_text(at.settings(&sql.settings)?), mark: attempt.mark() })
}

/// An `expect`, with what it may use of the run as it is now.
struct Expectation {
    expression: Expression,
    inputs: Arc<InputValues>,
    run: RunFacts,
    member: Option<MemberFacts>,
    item: Option<Value>,
    steps: HashMap<String, Arc<Value>>,
}

impl Expectation {
    fn new(at: EvalContext<'_>, source: &text::Expression) -> Result<Self, Failure> {
        let expression = expression(source)?;
        let named = expression.references().iter().filter_map(|reference| reference.step());
        let steps = named.filter_map(|step| Some((step.to_owned(), at.steps.facts(step)?))).collect();
        Ok(Self {
            inputs: Arc::clone(&at.binding.inputs[at.step.scope]),
            run: at.binding.run.clone(),
            member: at.member.cloned(),
            item: at.item.cloned(),
            expression,
            steps,
        })
    }
}

impl Expect for Expectation {
    fn text(&self) -> &str {
        self.expression.source()
    }

    fn columns(&self) -> Vec<&str> {
        let of_row = self.expression.references().iter().filter(|reference| reference.namespace() == "row");
        of_row.filter_map(|reference| reference.path.get(1)).map(String::as_str).collect()
    }

    fn names_row(&self) -> bool {
        self.expression.references().iter().any(|reference| reference.namespace() == "row")
    }

    fn holds(&self, row: Option<&Row>, rows: &[Row]) -> Result<bool, Failure> {
        let object = |row: &Row| Value::Object(row.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
        let mut variables = IndexMap::new();
        if let Some(row) = row {
            variables.insert("row".to_owned(), object(row));
        }
        if self.expression.references().iter().any(|reference| reference.namespace() == "rows") {
            variables.insert("rows".to_owned(), rows.iter().map(object).collect());
        }
        let steps = |step: &str| self.steps.get(step).cloned();
        let scope = Scope {
            inputs: Some(&self.inputs),
            steps: Some(&steps),
            run: Some(&self.run),
            member: self.member.as_ref(),
            item: self.item.as_ref(),
            variables: Some(&variables),
        };
        self.expression.holds(&scope).map_err(failed)
    }
}
