//! `backup` from templates to what is sent.

use serde_json::Value;

use super::task::{BackupSubject, BackupTask};

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::{EvalContext, internal},
        stored_backup::BackupSource,
        task_seed::{one_output, one_task},
    },
    check::CheckTask,
    engine::{event::TaskSeed, performer::TaskRun, state::TaskState},
    failure::Failure,
    plan::{actions::Backup, outputs::BackupOutput},
};

impl Acting for &Backup {
    fn tasks(&self, at: EvalContext<'_>, label: Option<&str>) -> Result<Vec<TaskSeed>, Failure> {
        Ok(one_task(at, label))
    }

    fn prepare(&self, at: EvalContext<'_>, _: &TaskSeed, attempt: Attempt) -> Result<Box<dyn TaskRun>, Failure> {
        let base = match &self.base {
            Some(base) => Some(BackupSource::of(at, base, Some(&self.to.store))?.0.path),
            None => None,
        };
        Ok(Box::new(BackupTask {
            attempt,
            member: at.first_member(&self.on)?,
            subject: subject(self, at)?,
            store: at.store(&self.to.store)?,
            path: at.store_path(&self.to.path)?,
            base,
            settings: at.settings(&self.settings)?,
        }))
    }

    fn before_all(&self, _: EvalContext<'_>, _: &[TaskState], _: &Attempt) -> Result<Option<CheckTask>, Failure> {
        Ok(None)
    }

    fn output(&self, at: EvalContext<'_>, tasks: &[TaskState]) -> Value {
        one_output(at, tasks)
    }

    fn summary(&self, output: &Value, _: &[TaskState]) -> Option<String> {
        Some(serde_json::from_value::<BackupOutput>(output.clone()).ok()?.summary())
    }

    fn identifiers(&self) -> &'static [&'static str] {
        &["store", "path", "url", "id"]
    }
}

fn subject(backup: &Backup, at: EvalContext<'_>) -> Result<BackupSubject, Failure> {
    match (&backup.database, &backup.tables, &backup.all) {
        (_, _, Some(all)) => Ok(BackupSubject::AllExcept(at.plain_list(&all.except)?)),
        (Some(database), Some(tables), _) => {
            Ok(BackupSubject::Tables { database: at.plain(database)?, tables: at.names(tables)? })
        }
        (Some(database), None, _) => Ok(BackupSubject::Database(at.plain(database)?)),
        (None, ..) => Err(internal("a backup names nothing")),
    }
}
