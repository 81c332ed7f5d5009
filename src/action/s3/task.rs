//! What is in a store: `probe`, `exists`, `list`, `remove`.
//!
//! A probe proves what BACKUP needs, from where BACKUP runs; see [`probe`]. Listing and looking go through a server where one
//! is named. Removing is this machine's: ClickHouse has no statement that deletes an object.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::probe::{self, Probe};

use crate::{
    action::{Attempt, failure::store_failed, store_reader::StoreReader},
    catalogue,
    connect::target::{Member, Store},
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::outputs::{S3Output, S3Row},
};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Operation {
    /// Writes, reads, lists and deletes below the path, through each server; by this machine where none is named.
    Probe,
    /// Whether there is an object with this key.
    Exists,
    /// What lies below the path.
    List,
    /// Removes everything below the path.
    Remove,
}

/// Something in a store. Gives `rows`.
pub struct S3Task {
    pub attempt: Attempt,
    pub store: Arc<Store>,
    pub path: String,
    pub action: S3Operation,
    /// The servers that do it. The first of them lists and looks; all of them probe.
    pub through: Vec<Arc<Member>>,
}

impl S3Task {
    /// Does it, as an action or for a check.
    pub async fn rows(&self) -> Result<Vec<S3Row>, Failure> {
        let path = self.path.trim_matches('/');
        if path.is_empty() {
            let message = "the path is empty: that would be the whole store".to_owned();
            let failure = catalogue::store::PATH.failure_in(&Context::new(Activity::Store)).with_message(message);
            return Err(failure.before_sending());
        }
        let reader = StoreReader::of(&self.store, self.through.first().map(Arc::as_ref));
        match self.action {
            S3Operation::Probe => {
                let probe = Probe { attempt: &self.attempt, store: &self.store, through: &self.through };
                probe::rows(probe, path).await
            }
            S3Operation::Exists => {
                let size = reader.size(path).await?;
                Ok(vec![S3Row::Exists { path: path.to_owned(), exists: size.is_some(), size }])
            }
            S3Operation::List => {
                let objects = reader.list(path).await?;
                Ok(objects.into_iter().map(|object| S3Row::Object { path: object.key, size: object.size }).collect())
            }
            S3Operation::Remove => {
                let store = StoreReader::of(&self.store, None).direct().await.map_err(Failure::before_sending)?;
                let removed = store.delete_below(path).await;
                let removed = removed.map_err(|error| store_failed(&error, Activity::Store))?;
                Ok(vec![S3Row::Removed { path: path.to_owned(), removed: removed as u64 }])
            }
        }
    }
}

#[async_trait]
impl TaskRun for S3Task {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        tokio::select! {
            rows = self.rows() => match rows {
                Ok(rows) => Answer::Acted(json!(S3Output { rows })),
                Err(failure) => Answer::Failed(failure),
            },
            () = task_context.interrupted.cancelled() => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Store)))
            }
        }
    }

    /// Each of them ends in the same state when it is repeated.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
