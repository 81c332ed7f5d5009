//! Which tasks a step is made of: one for each item of its `for_each`, and for what its action acts on.

use serde_json::Value;

use crate::{
    action::context::{EvalContext, expression, failed},
    engine::{event::TaskSeed, performer::Entered},
    failure::Failure,
    name::{Name, TaskId, item_label as label},
    plan::{
        actions::{Restore, RestoreMembers, RestoreStatements, Sql},
        expanded::Action,
    },
};

/// Evaluates `when` and `for_each`, and says which tasks there are.
pub(in crate::run) fn enter(at: EvalContext<'_>) -> Entered {
    match tasks(at) {
        Ok(Some(seeds)) => Entered::Expanded(seeds),
        Ok(None) => {
            Entered::Skipped(at.step.when.as_ref().map_or_else(String::new, |when| format!("not so: {}", when.0)))
        }
        Err(failure) => Entered::Failed(failure),
    }
}

fn tasks(at: EvalContext<'_>) -> Result<Option<Vec<TaskSeed>>, Failure> {
    if let Some(when) = &at.step.when
        && !expression(when)?.holds(&at.scope()).map_err(failed)?
    {
        return Ok(None);
    }
    let Some(for_each) = &at.step.for_each else { return seeds(at, None).map(Some) };
    let items = expression(for_each)?.list(&at.scope()).map_err(failed)?;
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        all.extend(seeds(EvalContext { item: Some(item), ..at }, Some(label(item, index)))?);
    }
    Ok(Some(all))
}

/// The tasks for one item, or for the step where there is no `for_each`.
fn seeds(at: EvalContext<'_>, item: Option<String>) -> Result<Vec<TaskSeed>, Failure> {
    match &at.step.action {
        Action::IncludeStart | Action::IncludeEnd(_) => Ok(Vec::new()),
        Action::Sql(sql) => each_member(at, sql, item.as_deref()),
        Action::Restore(restore) => restored(at, restore, item.as_deref()),
        Action::Backup(_)
        | Action::Inspect(_)
        | Action::Inventory(_)
        | Action::Compare(_)
        | Action::Check(_)
        | Action::Exec(_)
        | Action::Keeper(_)
        | Action::S3(_)
        | Action::Approve(_) => Ok(vec![seed(at, item.as_deref(), None, at.item)]),
    }
}

/// One task a member of each target.
fn each_member(at: EvalContext<'_>, sql: &Sql, item: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
    let clusters: Vec<_> =
        sql.on.0.iter().map(|name| at.binding.whole_cluster(at.step.scope, name)).collect::<Result<_, _>>()?;
    let members: Vec<_> = clusters.iter().flat_map(|cluster| &cluster.members).collect();
    let twice = |name: &Name| members.iter().filter(|member| member.name == *name).count() > 1;
    Ok(members
        .iter()
        .map(|member| {
            let label = if twice(&member.name) {
                format!("{}.{}", member.target, member.name)
            } else {
                member.name.to_string()
            };
            let label = (members.len() > 1).then_some(label);
            seed(at, item, Some((&member.target, &member.name, label.as_deref())), at.item)
        })
        .collect())
}

/// One task for each statement that the phase sends to a member.
fn restored(at: EvalContext<'_>, restore: &Restore, item: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
    let phase = restore.phase();
    let cluster = at.binding.cluster(at.step.scope, &restore.on)?;
    let members: Vec<_> = match phase.members {
        RestoreMembers::Every => cluster.members.iter().collect(),
        RestoreMembers::OneOfEachShard => cluster.one_of_each_shard(),
    };
    let tables: Vec<Option<Value>> = match (phase.statements, &restore.tables) {
        (RestoreStatements::EachTable, Some(tables)) => at.list(tables)?.into_iter().map(Some).collect(),
        _ => vec![None],
    };
    let mut seeds = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let name = table.as_ref().map(|table| label(table, index));
        let name = match (item, name) {
            (Some(item), Some(name)) => Some(format!("{item}/{name}")),
            (item, name) => name.or(item.map(str::to_owned)),
        };
        for member in &members {
            let shown = (members.len() > 1 || table.is_some()).then_some(member.name.as_str());
            let value = table.as_ref().or(at.item);
            seeds.push(seed(at, name.as_deref(), Some((&member.target, &member.name, shown)), value));
        }
    }
    Ok(seeds)
}

/// A task: its id is made of the item's label and the member's, where it is one of several.
fn seed(
    at: EvalContext<'_>,
    item: Option<&str>,
    member: Option<(&Name, &Name, Option<&str>)>,
    value: Option<&Value>,
) -> TaskSeed {
    TaskSeed {
        id: TaskId::new(&at.step.id, item, member.and_then(|(_, _, shown)| shown)),
        target: member.map(|(target, ..)| target.clone()),
        member: member.map(|(_, member, _)| member.clone()),
        item: value.cloned(),
    }
}
