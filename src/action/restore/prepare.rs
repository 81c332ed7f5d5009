//! `restore` from templates to what is sent: a task for each statement, and what has to hold before the first one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    statement::{RestoreScope, RestoreTask},
    tables_match::TablesMatch,
};

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::{EvalContext, internal},
        inventory,
        stored_backup::BackupSource,
        task_seed::seed,
    },
    catalogue,
    check::CheckTask,
    engine::{
        event::TaskSeed,
        performer::{Phase, TaskRun},
        state::TaskState,
    },
    failure::Failure,
    humanize,
    name::item_label,
    plan::{
        actions::{Into, Restore, RestoreMembers, RestorePhase, RestoreStatements},
        outputs::{BackedUpTable, RestoreOutput},
    },
};

/// A restore, in one of its phases.
pub struct Restoring<'a> {
    pub restore: &'a Restore,
    pub phase: RestorePhase,
}

impl Acting for Restoring<'_> {
    /// One for each statement that the phase sends to a member.
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        let cluster = at.cluster(&self.restore.on)?;
        let members: Vec<_> = match self.phase.members {
            RestoreMembers::Every => cluster.members.iter().collect(),
            RestoreMembers::OneOfEachShard => cluster.one_of_each_shard(),
        };
        let tables: Vec<Option<Value>> = match (self.phase.statements, &self.restore.tables) {
            (RestoreStatements::EachTable, Some(tables)) => at.list(tables)?.into_iter().map(Some).collect(),
            _ => vec![None],
        };
        let mut seeds = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let name = table.as_ref().map(|table| item_label(table, index));
            let name = match (label, name) {
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

    fn prepare(&self, at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        Ok(Box::new(self.task(at, seed, attempt)?))
    }

    /// That the tables which it fills are as they have to be: all of them, before anything is sent for the first one.
    fn before_all(
        &self,
        at: EvalContext<'_>,
        tasks: &[TaskState],
        attempt: &Attempt,
    ) -> Result<Option<CheckTask>, Failure> {
        if !at.step.compares_tables() || tasks.is_empty() {
            return Ok(None);
        }
        let of = |task: &TaskState| {
            let seed = &task.seed;
            let member = seed.target.as_ref().zip(seed.member.as_ref());
            let member = member.and_then(|(target, member)| at.context.member_facts(target, member));
            let at = EvalContext { item: seed.item.as_ref(), member: member.as_ref(), ..at };
            self.task(at, seed, attempt.clone())
        };
        Ok(Some(CheckTask {
            name: "the tables are there, as they were backed up".to_owned(),
            reading: Box::new(TablesMatch(tasks.iter().map(of).collect::<Result<_, _>>()?)),
            expect: None,
            within: None,
            otherwise: Some(
                "RESTORE compares no definitions: a part under another type breaks when it is read, of a column that is missing \
                 the values are lost, and rows older than a column read its default. Nothing was restored. Fix the tables \
                 (`ALTER TABLE … MODIFY COLUMN … DEFAULT …` changes no row that is there), or leave them out."
                    .to_owned(),
            ),
            phase: Some(Phase::Before),
            pace: Default::default(),
        }))
    }

    fn output(&self, _: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        json!(RestoreOutput::of(tasks))
    }

    fn summary(&self, _: &Value, tasks: &[TaskState]) -> Option<String> {
        let number = tasks.len() as u64;
        if self.phase.structure_only {
            return Some(format!("the tables, on {}", humanize::count(number, "replica")));
        }
        let tables = self.restore.tables.as_ref().map(|_| humanize::count(number, "table"));
        let parts: Vec<String> = tables.into_iter().chain(RestoreOutput::of(tasks).notes()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["database", "table", "id"]
    }
}

impl Restoring<'_> {
    fn task(&self, at: EvalContext<'_>, seed: &TaskSeed, attempt: Attempt) -> Result<RestoreTask, Failure> {
        let scope = self.scope(at, seed)?;
        let (source, _) = BackupSource::of(at, &self.restore.from, self.restore.store.as_ref())?;
        Ok(RestoreTask {
            attempt,
            member: at.member_of(seed)?,
            cluster: at.cluster(&self.restore.on)?,
            scope,
            source,
            into: self.phase.into,
            made_from_backup: self.restore.into == Into::Absent,
            settings: at.settings(&self.restore.settings)?,
        })
    }

    fn scope(&self, at: EvalContext<'_>, seed: &TaskSeed) -> Result<RestoreScope, Failure> {
        let database = || match &self.restore.database {
            Some(database) => at.plain(database),
            None => Err(internal("a restore names no database")),
        };
        Ok(match (self.phase.statements, &self.restore.all, &seed.item) {
            (RestoreStatements::All, Some(all), _) => RestoreScope::AllExcept(at.plain_list(&all.except)?),
            (RestoreStatements::EachTable, _, Some(table)) => {
                RestoreScope::Table { database: database()?, name: item_label(table, 0), expected: expected(table)? }
            }
            (RestoreStatements::Database, ..) => {
                let except = self.restore.except.as_ref().map(|except| at.names(except)).transpose()?;
                RestoreScope::Database {
                    name: database()?,
                    except: except.unwrap_or_default(),
                    structure_only: self.phase.structure_only,
                }
            }
            (RestoreStatements::All | RestoreStatements::EachTable, ..) => {
                return Err(internal("the task of a restore says not what is restored"));
            }
        })
    }
}

/// What an inventory holds of the table; `None` where the item is no more than a name.
///
/// Anything else has to be an inventory's table: one that an older houseplan wrote down differently must not be restored
/// without its columns being compared.
fn expected(item: &Value) -> Result<Option<Box<inventory::Table>>, Failure> {
    let only_a_name = item.is_string() || BackedUpTable::deserialize(item).is_ok();
    if only_a_name {
        return Ok(None);
    }
    serde_json::from_value(item.clone()).map(Some).map_err(|error| {
        let what = format!("the table `{}`", item_label(item, 0));
        catalogue::template::NOT_AN_INVENTORY.with("what", what).with("reason", error).failure()
    })
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
