//! A template that cannot be evaluated once something of its step has started: another thing is to be done about it then than
//! before, when the plan can be fixed and the run goes on.

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    catalogue,
    engine::performer::{Answer, CheckAnswer, CheckRun, Settlement, TaskContext, TaskRun},
    failure::Failure,
};

/// The failure as it is told where something of its step has started.
pub(super) fn after_start(failure: Failure) -> Failure {
    if failure.unsent || !failure.is(&catalogue::template::FAILED) {
        return failure;
    }
    let told = catalogue::template::FAILED_AFTER_START.failure();
    Failure { code: told.code, help: told.help, ..failure }
}

/// A task, or checks of a step of which something has started.
pub(super) struct Started<T>(pub T);

#[async_trait]
impl TaskRun for Started<Box<dyn TaskRun>> {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        match self.0.perform(task_context).await {
            Answer::Failed(failure) => Answer::Failed(after_start(failure)),
            answer => answer,
        }
    }

    async fn settle(self: Box<Self>, task_context: TaskContext, notes: Vec<Value>) -> Settlement {
        self.0.settle(task_context, notes).await
    }
}

#[async_trait]
impl CheckRun for Started<Box<dyn CheckRun>> {
    async fn check(self: Box<Self>, task_context: TaskContext) -> CheckAnswer {
        match self.0.check(task_context).await {
            CheckAnswer::Failed(failure) => CheckAnswer::Failed(after_start(failure)),
            answer => answer,
        }
    }
}
