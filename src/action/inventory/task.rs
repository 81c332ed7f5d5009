//! The action `inventory`: asks every member of a target, in parallel, and gives one inventory.
//!
//! It only reads, so a task in doubt is simply read again.

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Inventory,
    read::{Depth, Question, read},
    unite::unite,
};
use crate::{
    catalogue,
    connect::target::Cluster,
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
};

/// Takes an inventory of a database.
#[derive(Debug, Clone)]
pub struct InventoryTask {
    pub target: Arc<Cluster>,
    pub database: String,
    /// Tables that are left out.
    pub except: Vec<String>,
    /// How deep to look.
    pub depth: Depth,
}

impl InventoryTask {
    /// Asks all members. Fails where one of them cannot be asked: half an inventory says nothing.
    ///
    /// A member without the database holds no tables; that is noted, not refused.
    pub async fn take(&self, task_context: &TaskContext) -> Result<Inventory, Failure> {
        let question = Question {
            database: self.database.clone(),
            except: self.except.clone(),
            depth: self.depth,
            hashed: IndexMap::new(),
            finals: true,
            action: Activity::Inventory,
        };
        let taken = Timestamp::now();
        let held = futures::future::try_join_all(
            self.target.members.iter().map(|member| read(member, &question, task_context)),
        )
        .await?;
        Ok(unite(&self.target, &question, held, taken))
    }
}

#[async_trait]
impl TaskRun for InventoryTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let taken = tokio::select! {
            taken = self.take(&task_context) => taken,
            () = task_context.interrupted.cancelled() => {
                return Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Inventory)));
            }
        };
        match taken {
            Ok(inventory) => Answer::Acted(to_value(&inventory)),
            Err(failure) => Answer::Failed(failure),
        }
    }

    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}

/// As it is journalled.
pub fn to_value(inventory: &Inventory) -> Value {
    serde_json::to_value(inventory).expect("an inventory has string keys only")
}
