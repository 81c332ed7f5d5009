//! What a step gives to later ones, and the one line that says what was done.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::{
    action::{
        compare::row::{ComparisonRow, summary as comparison},
        context::{EvalContext, expression, failed},
        inventory::Inventory,
    },
    engine::state::TaskState,
    failure::Failure,
    humanize,
    name::Name,
    plan::expanded::Action,
    template::Scope,
};

/// The step's outputs: what its action gives, and what its `outputs:` make of that.
pub(in crate::run) fn conclude(
    at: EvalContext<'_>,
    tasks: &[TaskState],
) -> Result<(IndexMap<Name, Value>, Option<String>), Failure> {
    let given = given(at, tasks);
    let mut outputs: IndexMap<Name, Value> = match &given {
        Value::Object(map) => map.iter().map(|(key, value)| (Name(key.clone()), value.clone())).collect(),
        _ => IndexMap::new(),
    };
    let summary = summary(at, &given, tasks);
    if !at.step.outputs.is_empty() {
        let variables = IndexMap::from([("result".to_owned(), given)]);
        let scope = Scope { variables: Some(&variables), ..at.scope() };
        for (name, source) in &at.step.outputs {
            outputs.insert(name.clone(), expression(source)?.evaluate(&scope).map_err(failed)?);
        }
    }
    Ok((outputs, summary))
}

/// What the action gives: of one task its output, of several theirs together.
fn given(at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
    match (&at.step.action, tasks) {
        (Action::Sql(_), tasks) => json!({ "rows": rows(tasks), "skipped_members": skipped(tasks) }),
        (Action::Restore(_), tasks) => json!({
            "restored": tasks.iter().filter_map(|task| task.output.clone()).collect::<Vec<_>>(),
        }),
        (_, [task]) if at.step.for_each.is_none() => task.output.clone().unwrap_or(Value::Null),
        (_, tasks) => json!({ "results": tasks.iter().map(|task| task.output.clone()).collect::<Vec<_>>() }),
    }
}

/// The rows of all members, each with its `member`.
fn rows(tasks: &[TaskState]) -> Vec<Value> {
    let mut all = Vec::new();
    for task in tasks {
        let rows = task.output.as_ref().and_then(|output| output.get("rows")).and_then(Value::as_array);
        for row in rows.into_iter().flatten() {
            let mut whole = serde_json::Map::new();
            whole.insert("member".to_owned(), json!(task.seed.member));
            whole.extend(row.as_object().cloned().unwrap_or_default());
            all.push(Value::Object(whole));
        }
    }
    all
}

/// Members that were passed over because they could not be reached, and why.
fn skipped(tasks: &[TaskState]) -> Vec<Value> {
    let reasons = tasks.iter().filter_map(|task| task.output.as_ref()?.get("skipped").cloned());
    reasons.collect()
}

fn of_inventory(given: &Value) -> Option<Inventory> {
    serde_json::from_value(given.clone()).ok()
}

/// What is otherwise about restored tables than in the backup, and did no harm.
fn told(tasks: &[TaskState]) -> impl Iterator<Item = String> {
    let lists = tasks.iter().filter_map(|task| task.output.as_ref()?.get("told")?.as_array());
    lists.flatten().filter_map(|told| told.as_str().map(str::to_owned))
}

/// What was done, in one line.
fn summary(at: EvalContext<'_>, given: &Value, tasks: &[TaskState]) -> Option<String> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(str::to_owned);
    match &at.step.action {
        Action::Sql(_) => {
            let skipped = skipped(tasks);
            let done = tasks.iter().filter(|task| task.output.as_ref().is_none_or(|it| it.get("skipped").is_none()));
            let mut names: Vec<String> =
                done.filter_map(|task| task.seed.member.as_ref().map(ToString::to_string)).collect();
            names.extend(skipped.iter().filter_map(Value::as_str).map(|why| format!("passed over: {why}")));
            (!names.is_empty()).then(|| names.join(", "))
        }
        Action::Backup(_) => {
            let size = given.get("total_size").and_then(Value::as_u64).map(humanize::size);
            Some([text("path"), size].into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        Action::Restore(restore) if restore.phase().structure_only => {
            Some(format!("the tables, on {}", humanize::count(tasks.len() as u64, "replica")))
        }
        Action::Restore(restore) => {
            let tables = restore.tables.as_ref().map(|_| humanize::count(tasks.len() as u64, "table"));
            let parts: Vec<String> = tables.into_iter().chain(told(tasks)).collect();
            (!parts.is_empty()).then(|| parts.join("; "))
        }
        Action::Check(checks) => Some(match checks.len() {
            1 => "1 check holds".to_owned(),
            several => format!("{several} checks hold"),
        }),
        Action::Inventory(_) => Some(of_inventory(given)?.summary()),
        Action::Compare(_) => {
            let rows: Vec<ComparisonRow> = serde_json::from_value(given.get("rows")?.clone()).ok()?;
            Some(comparison(&rows))
        }
        Action::Inspect(_) => Some(format!(
            "whole: {}, {}",
            humanize::count(given.get("files")?.as_u64()?, "file"),
            humanize::size(given.get("size")?.as_u64()?)
        )),
        Action::Approve(_) => Some(format!("approved by {}", text("by")?)),
        Action::S3(s3) if s3.probe.is_some() => {
            let rows = given.get("rows")?.as_array()?;
            let by: Vec<&str> = rows.iter().filter_map(|row| row.get("by")?.as_str()).collect();
            Some(format!("store reached by {}", humanize::list(&by)))
        }
        Action::Keeper(keeper) if keeper.remove.is_some() => match given.get("rows")?.as_array()?.len() as u64 {
            0 => Some("nothing was left".to_owned()),
            paths => Some(format!("{} removed", humanize::count(paths, "path"))),
        },
        Action::S3(_) | Action::Keeper(_) | Action::Exec(_) | Action::IncludeStart | Action::IncludeEnd(_) => None,
    }
}
