//! Checks as a step of their own. They only read, so in doubt they are read again.

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    catalogue,
    check::Checks,
    diagnose::{Activity, Context},
    engine::{
        event::Verdict,
        performer::{Answer, CheckAnswer, CheckRun, Settlement, TaskContext, TaskRun},
    },
    plan::outputs::CheckOutput,
};

pub(super) struct CheckStep(pub Checks);

#[async_trait]
impl TaskRun for CheckStep {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        let held = self.0.0.iter().map(|check| check.name.clone()).collect();
        match Box::new(self.0).check(task_context).await {
            CheckAnswer::Held => Answer::Acted(json!(CheckOutput { held })),
            CheckAnswer::Refused(refusal) => Answer::Stopped(refusal),
            CheckAnswer::Failed(failure) => Answer::Failed(failure),
            CheckAnswer::Interrupted => {
                Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&Context::new(Activity::Check)))
            }
        }
    }

    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
