//! What is left in Keeper: `remove` the paths of tables whose replicas are gone, and see whether a path `exists`.
//!
//! Removing is dangerous where anything is alive, so the order is: no drop of a replicated table may be pending on any member
//! (a delayed drop would later delete the nodes of a *new* table at the same path, *run*), no member may have a table at
//! the path, and then the servers themselves remove one replica after the other. Only what is half gone already, which no
//! server removes (305), is removed by Keeper's own client: only where no replica is active, and where the servers have shown
//! that this client sees the Keeper that they use ([`same`]).

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    action::Attempt,
    catalogue,
    connect::{
        keeper::{KeeperClient, KeeperError},
        target::{Cluster, Keeper},
    },
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::outputs::{KeeperOutput, KeeperRow},
};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperOperation {
    /// Removes the paths of replicated tables, as an inventory has them.
    Remove { paths: Vec<String> },
    /// Whether there is a path.
    Exists { path: String },
}

/// Something in Keeper. Gives `rows`.
pub struct KeeperTask {
    pub attempt: Attempt,
    pub keeper: Arc<Keeper>,
    /// The servers that remove; all of them are asked whether they still use a path.
    pub through: Option<Arc<Cluster>>,
    pub action: KeeperOperation,
}

impl KeeperTask {
    /// The row of `exists`, for a check.
    pub async fn look(&self, path: &str) -> Result<KeeperRow, Failure> {
        let children = self.client().await?.children(path).await.map_err(|error| failed(&error))?;
        let (path, exists) = (path.to_owned(), children.is_some());
        Ok(KeeperRow::Exists { path, exists, children: children.unwrap_or_default() })
    }

    pub(super) async fn client(&self) -> Result<KeeperClient, Failure> {
        KeeperClient::connect(&self.keeper).await.map_err(|error| failed(&error))
    }
}

pub(super) fn failed(error: &KeeperError) -> Failure {
    catalogue::keeper::UNREACHABLE.failure_in(&Context::new(Activity::Keeper)).with_message(error.to_string())
}

#[async_trait]
impl TaskRun for KeeperTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        match &self.action {
            KeeperOperation::Remove { paths } => self.remove(&task_context, paths).await,
            KeeperOperation::Exists { path } => match self.look(path).await {
                Ok(row) => Answer::Acted(json!(KeeperOutput { rows: vec![row] })),
                Err(failure) => Answer::Failed(failure),
            },
        }
    }

    /// What is gone stays gone, and what is alive is refused: again.
    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
