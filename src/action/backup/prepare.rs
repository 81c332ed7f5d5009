//! `backup` from templates to what is sent.

use serde_json::Value;

use super::{
    task::{BackupSubject, BackupTask},
    token,
};

use crate::{
    action::{
        Attempt,
        acting::Acting,
        context::{EvalContext, internal},
        stored_backup::BackupSource,
        task_seed::{one_output, one_task},
    },
    catalogue,
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
        let store = at.store(&self.to.store)?;
        if self.base.is_some() && store.collection.is_some() {
            return Err(catalogue::backup::BASE_BY_COLLECTION.with("store", &store.name).failure().before_sending());
        }
        let base = match &self.base {
            Some(base) => Some(BackupSource::of(at, base, Some(&self.to.store))?.0.path),
            None => None,
        };
        Ok(Box::new(BackupTask {
            attempt,
            member: at.first_member(&self.on)?,
            subject: subject(self, at)?,
            store,
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

/// Fails where the token of the backup's store ends before it could, as far as that is known before the run: what it is of may be
/// known only there.
pub async fn token_outlasts(backup: &Backup, at: EvalContext<'_>) -> Result<(), Failure> {
    let (Ok(subject), Ok(settings)) = (subject(backup, at), at.settings(&backup.settings)) else { return Ok(()) };
    let (member, store) = (at.first_member(&backup.on)?, at.store(&backup.to.store)?);
    token::outlasts(&member, &store, &subject, &settings).await
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
