//! Says it.

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    engine::{
        event::Verdict,
        performer::{Answer, Settlement, TaskContext, TaskRun},
    },
    plan::outputs::EchoOutput,
};

pub(super) struct EchoTask {
    pub said: String,
}

#[async_trait]
impl TaskRun for EchoTask {
    async fn perform(self: Box<Self>, _: TaskContext) -> Answer {
        Answer::Acted(json!(EchoOutput { said: self.said }))
    }

    async fn settle(self: Box<Self>, _: TaskContext, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
