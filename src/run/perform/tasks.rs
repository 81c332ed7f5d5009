//! A task's action with its templates rendered: from what stands in the plan to what is sent.

use std::sync::Arc;

use serde_json::Value;

use super::{
    checks,
    output_guard::{OutputGuard, is_read},
};

use crate::{
    action::{
        Attempt,
        approve::ApproveTask,
        backup::{BackupSubject, BackupTask},
        compare::{CompareTask, PATIENCE},
        context::EvalContext,
        exec::ExecTask,
        inspect::InspectTask,
        inventory::{self, task::InventoryTask},
        keeper::{KeeperOperation, KeeperTask},
        restore::{BackupSource, RestoreScope, RestoreTask},
        s3::{S3Operation, S3Task},
        sql::SqlTask,
    },
    catalogue,
    check::Checks,
    connect::target::{Member, Store},
    diagnose::{Activity, Context},
    engine::{event::TaskSeed, performer::TaskRun},
    failure::Failure,
    name::{Name, item_label as label},
    plan::{
        actions::{self, Absent, RestoreStatements},
        expanded::Action,
        text::{Template, TemplateOrList},
    },
    sql::{needs_session, split},
    statements::setting_text,
};

/// The task's action, ready to act.
pub(in crate::run) fn task(
    at: EvalContext<'_>,
    seed: &TaskSeed,
    attempt: Attempt,
) -> Result<Box<dyn TaskRun>, Failure> {
    Ok(Box::new(OutputGuard::around(action(at, seed, attempt)?, at)))
}

fn action(at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
    Ok(match &at.step.action {
        Action::Sql(sql) => Box::new(sql_task(at, sql, member_of(at, seed)?, attempt)?),
        Action::Backup(backup) => Box::new(backup_task(at, backup, attempt)?),
        Action::Restore(restore) => Box::new(restore_task(at, restore, seed, attempt)?),
        Action::Inspect(inspect) => Box::new(inspect_task(at, inspect)?),
        Action::Inventory(inventory) => Box::new(inventory_task(at, inventory)?),
        Action::Compare(compare) => Box::new(compare_task(at, compare)?),
        Action::Check(list) => Box::new(Checks(checks::render(at, list.iter(), None, None, &[], &attempt)?)),
        Action::Exec(exec) => Box::new(exec_task(at, exec, attempt)?),
        Action::Keeper(keeper) => Box::new(keeper_task(at, keeper, attempt)?),
        Action::S3(s3) => Box::new(s3_task(at, s3, attempt)?),
        Action::Approve(approve) => Box::new(approve_task(at, approve)?),
        // They have no tasks.
        Action::IncludeStart | Action::IncludeEnd(_) => return Err(internal("an inclusion has no tasks of its own")),
    })
}

fn internal(what: &str) -> Failure {
    catalogue::internal::BUG.failure().with_message(format!("{what}; this is a mistake in houseplan"))
}

fn member_of(at: EvalContext<'_>, seed: &TaskSeed) -> Result<Arc<Member>, Failure> {
    let (Some(target), Some(member)) = (&seed.target, &seed.member) else {
        return Err(internal("the task names no member"));
    };
    at.binding.member(target, member).ok_or_else(|| {
        catalogue::task::MEMBER_MISSING
            .failure()
            .with_message(format!("the environment's target `{target}` has no member `{member}` any more"))
    })
}

/// The one member of a target that has one, or the first of several: whose work is the same on any.
fn first_member(at: EvalContext<'_>, target: &Name) -> Result<Arc<Member>, Failure> {
    let cluster = at.binding.cluster(at.step.scope, target)?;
    let first = cluster.members.first().cloned();
    first.ok_or_else(|| internal("a target has no member"))
}

fn sql_task(
    at: EvalContext<'_>,
    sql: &actions::Sql,
    member: Arc<Member>,
    attempt: Attempt,
) -> Result<SqlTask, Failure> {
    let rendered = at.sql(&sql.query)?;
    let statements = split(rendered.text());
    // Validation has read what stands in the plan; this is for what templates have made.
    if let Some(instead) = statements.iter().find_map(needs_session) {
        let message = format!("a statement acts on a session, and each is sent without one; {instead}");
        return Err(catalogue::template::MALFORMED.failure().with_message(message));
    }
    Ok(SqlTask {
        attempt,
        member,
        statements: statements.into_iter().map(|statement| statement.text.to_owned()).collect(),
        effect: sql.effect(),
        settings: as_text(at.settings(&sql.settings)?),
        skip_absent: sql.absent == Some(Absent::Skip),
    })
}

/// Settings as a URL has them.
pub(in crate::run) fn as_text(settings: indexmap::IndexMap<String, Value>) -> indexmap::IndexMap<String, String> {
    settings.into_iter().map(|(name, value)| (name, setting_text(&value))).collect()
}

fn backup_task(at: EvalContext<'_>, backup: &actions::Backup, attempt: Attempt) -> Result<BackupTask, Failure> {
    let subject = match (&backup.database, &backup.tables, &backup.all) {
        (_, _, Some(all)) => BackupSubject::AllExcept(plain_list(at, &all.except)?),
        (Some(database), Some(tables), _) => {
            BackupSubject::Tables { database: at.plain(database)?, tables: names(at, tables)? }
        }
        (Some(database), None, _) => BackupSubject::Database(at.plain(database)?),
        (None, ..) => return Err(internal("a backup names nothing")),
    };
    let store = at.binding.store(at.step.scope, &backup.to.store)?;
    let base = match &backup.base {
        Some(base) => Some(backup_source(at, base, Some(&backup.to.store))?.0.path),
        None => None,
    };
    Ok(BackupTask {
        attempt,
        member: first_member(at, &backup.on)?,
        subject,
        store,
        path: at.plain(&backup.to.path)?,
        base,
        settings: at.settings(&backup.settings)?,
    })
}

/// Where a backup lies, and its id where a `backup` step's outputs were given.
fn backup_source(
    at: EvalContext<'_>,
    from: &Template,
    store: Option<&Name>,
) -> Result<(BackupSource, Option<String>), Failure> {
    let value = at.value(from)?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let (path, store): (String, Arc<Store>) = match &value {
        Value::String(path) => {
            let store = store.ok_or_else(|| internal("a backup's path needs a store"))?;
            (path.clone(), at.binding.store(at.step.scope, store)?)
        }
        _ => {
            let path = text("path").ok_or_else(|| {
                let message = format!("`{}` is neither a path nor what a `backup` or `inspect` step gives", from.0);
                catalogue::template::WRONG_TYPE.failure().with_message(message)
            })?;
            // What a step gives names the store as the environment does.
            let named = text("store").map(Name).and_then(|name| at.binding.connections.stores.get(&name).cloned());
            let store = match (named, store) {
                (Some(store), _) => store,
                (None, Some(store)) => at.binding.store(at.step.scope, store)?,
                (None, None) => return Err(internal("a backup names no store")),
            };
            (path, store)
        }
    };
    Ok((BackupSource { store, path }, text("id")))
}

pub(in crate::run) fn restore_task(
    at: EvalContext<'_>,
    restore: &actions::Restore,
    seed: &TaskSeed,
    attempt: Attempt,
) -> Result<RestoreTask, Failure> {
    let phase = restore.phase();
    let database = || match &restore.database {
        Some(database) => at.plain(database),
        None => Err(internal("a restore names no database")),
    };
    let scope = match (phase.statements, &restore.all, &seed.item) {
        (RestoreStatements::All, Some(all), _) => RestoreScope::AllExcept(plain_list(at, &all.except)?),
        (RestoreStatements::EachTable, _, Some(table)) => {
            RestoreScope::Table { database: database()?, name: label(table, 0), expected: expected(table)? }
        }
        (RestoreStatements::Database, ..) => {
            RestoreScope::Database { name: database()?, structure_only: phase.structure_only }
        }
        (RestoreStatements::All | RestoreStatements::EachTable, ..) => {
            return Err(internal("the task of a restore says not what is restored"));
        }
    };
    let (source, _) = backup_source(at, &restore.from, restore.store.as_ref())?;
    Ok(RestoreTask {
        attempt,
        member: member_of(at, seed)?,
        cluster: at.binding.cluster(at.step.scope, &restore.on)?,
        scope,
        source,
        into: phase.into,
        made_from_backup: restore.into == actions::Into::Absent,
        settings: at.settings(&restore.settings)?,
    })
}

/// What an inventory holds of the table; `None` where the item is no more than a name.
///
/// Anything else has to be an inventory's table: one that an older houseplan wrote down differently must not be restored
/// without its columns being compared.
fn expected(item: &Value) -> Result<Option<Box<inventory::Table>>, Failure> {
    let only_a_name = item.is_string() || item.as_object().is_some_and(|it| it.keys().all(|key| key == "name"));
    if only_a_name {
        return Ok(None);
    }
    serde_json::from_value(item.clone()).map(Some).map_err(|error| {
        let message = format!("the table `{}` is not what an `inventory` step gives: {error}", label(item, 0));
        catalogue::template::WRONG_TYPE.failure().with_message(message).with_help(
            "give `tables` what an `inventory` step gives, or names. Where the run was begun with another version of \
             houseplan, go on with that one",
        )
    })
}

pub(in crate::run) fn inspect_task(at: EvalContext<'_>, inspect: &actions::Inspect) -> Result<InspectTask, Failure> {
    let (source, expected_id) = backup_source(at, &inspect.backup, Some(&inspect.on))?;
    let through = inspect.through.as_ref().map(|target| first_member(at, target)).transpose()?;
    let database = inspect.database.as_ref().map(|database| at.plain(database)).transpose()?;
    Ok(InspectTask { store: source.store, path: source.path, through, expected_id, database })
}

pub(in crate::run) fn inventory_task(
    at: EvalContext<'_>,
    inventory: &actions::Inventory,
) -> Result<InventoryTask, Failure> {
    Ok(InventoryTask {
        target: at.binding.cluster(at.step.scope, &inventory.on)?,
        database: at.plain(&inventory.database)?,
        except: inventory.except.as_ref().map_or_else(|| Ok(Vec::new()), |except| names(at, except))?,
        checksum: inventory.checksum,
    })
}

pub(in crate::run) fn compare_task(at: EvalContext<'_>, compare: &actions::Compare) -> Result<CompareTask, Failure> {
    let left = serde_json::from_value(at.value(&compare.left)?).map_err(|error| {
        let message = format!("`{}` is not what an `inventory` step gives: {error}", compare.left.0);
        catalogue::template::WRONG_TYPE.failure().with_message(message)
    })?;
    Ok(CompareTask {
        left,
        right: at.binding.cluster(at.step.scope, &compare.right)?,
        database: compare.database.as_ref().map(|database| at.plain(database)).transpose()?,
        by: compare.by.clone(),
        extra: compare.extra,
        // Less than the attempt may take, so that what is stuck is told before time runs out.
        patience: at.step.timeout.map_or(PATIENCE, |timeout| timeout.mul_f64(0.9)),
    })
}

fn plain_list(at: EvalContext<'_>, templates: &[Template]) -> Result<Vec<String>, Failure> {
    templates.iter().map(|template| at.plain(template)).collect()
}

/// Names out of a list of names, or of things that have one.
pub(in crate::run) fn names(at: EvalContext<'_>, templates: &TemplateOrList) -> Result<Vec<String>, Failure> {
    Ok(at.list(templates)?.iter().enumerate().map(|(index, value)| label(value, index)).collect())
}

/// An argument, which everyone on the machine may see: no secret may be in it, nor what a filter has made of one.
fn argument(at: EvalContext<'_>, index: usize, argument: &Template) -> Result<String, Failure> {
    let rendered = at.text(argument)?;
    if rendered.is_secret() {
        let message = format!("a secret, or what was made of one, stands in argument {index} of the command");
        return Err(catalogue::exec::SECRET_IN_ARGUMENTS
            .failure_in(&Context::new(Activity::Exec))
            .with_message(message));
    }
    Ok(rendered.text().to_owned())
}

fn exec_task(at: EvalContext<'_>, exec: &actions::Exec, attempt: Attempt) -> Result<ExecTask, Failure> {
    let local = at.binding.local(at.step.scope, &exec.on)?;
    let directory = exec.directory.as_ref().map(|directory| at.plain(directory)).transpose()?;
    Ok(ExecTask {
        begun_on: at.binding.elsewhere.get(&(attempt.task.clone(), attempt.number)).cloned(),
        attempt,
        command: exec
            .command
            .iter()
            .enumerate()
            .map(|(index, argument)| self::argument(at, index, argument))
            .collect::<Result<_, Failure>>()?,
        env: exec
            .env
            .iter()
            .map(|(name, value)| Ok((name.clone(), at.text(value)?.text().to_owned())))
            .collect::<Result<_, Failure>>()?,
        directory: Some(match directory {
            Some(directory) => local.directory.join(directory),
            None => local.directory.clone(),
        }),
        effect: exec.effect(),
        withheld: at.binding.secret_variables.clone(),
        is_read: is_read(at),
        secrets: at.binding.secrets.clone(),
        redact: {
            let redactor = Arc::clone(&at.binding.redactor);
            Arc::new(move |line: &str| redactor.redact(line).into_owned())
        },
    })
}

fn approve_task(at: EvalContext<'_>, approve: &actions::Approve) -> Result<ApproveTask, Failure> {
    Ok(ApproveTask {
        shown: at.value(&approve.show)?,
        message: approve.message.as_ref().map(|message| at.plain(message)).transpose()?,
    })
}

pub(in crate::run) fn keeper_task(
    at: EvalContext<'_>,
    keeper: &actions::KeeperAction,
    attempt: Attempt,
) -> Result<KeeperTask, Failure> {
    let action = match (&keeper.remove, &keeper.exists) {
        (Some(paths), _) => KeeperOperation::Remove { paths: names(at, paths)? },
        (None, Some(path)) => KeeperOperation::Exists { path: at.plain(path)? },
        (None, None) => return Err(internal("a keeper action does nothing")),
    };
    let through = keeper.through.as_ref().map(|target| at.binding.cluster(at.step.scope, target)).transpose()?;
    Ok(KeeperTask { attempt, keeper: at.binding.keeper(at.step.scope, &keeper.on)?, through, action })
}

pub(in crate::run) fn s3_task(
    at: EvalContext<'_>,
    s3: &actions::S3Action,
    attempt: Attempt,
) -> Result<S3Task, Failure> {
    let (action, path) = match (&s3.probe, &s3.exists, &s3.list, &s3.remove) {
        (Some(path), ..) => (S3Operation::Probe, path),
        (_, Some(path), ..) => (S3Operation::Exists, path),
        (_, _, Some(path), _) => (S3Operation::List, path),
        (.., Some(path)) => (S3Operation::Remove, path),
        _ => return Err(internal("an s3 action does nothing")),
    };
    let mut through = Vec::new();
    for target in s3.through.iter().flat_map(|through| &through.0) {
        through.extend(at.binding.cluster(at.step.scope, target)?.members.iter().cloned());
    }
    Ok(S3Task { attempt, store: at.binding.store(at.step.scope, &s3.on)?, path: at.plain(path)?, action, through })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_that_is_not_understood_is_not_taken_for_a_name() {
        assert_eq!(expected(&json!("runs")), Ok(None));
        assert_eq!(expected(&json!({ "name": "runs" })), Ok(None));
        let failure = expected(&json!({ "name": "runs", "columns": [], "sums": "of another version" })).unwrap_err();
        assert!(failure.message.contains("`runs`") && failure.help.is_some(), "{failure:?}");
    }
}
