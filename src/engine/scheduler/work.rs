//! What runs on a task of its own: an attempt, a settlement, checks.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::message::{Line, Report};
use crate::{
    catalogue,
    engine::{
        performer::{Answer, CheckAnswer, CheckRun, NoteSender, Phase, Settlement, TaskContext, TaskRun},
        state::Item,
    },
    failure::Failure,
};

/// Something that was decided, and begins once that is durable.
pub enum Work {
    Perform { task: usize, attempt: u32, run: Box<dyn TaskRun>, timeout: Option<Duration> },
    Settle { task: usize, attempt: u32, run: Box<dyn TaskRun>, notes: Vec<Value>, timeout: Option<Duration> },
    CheckStep { step: usize, phase: Phase, run: Box<dyn CheckRun> },
    CheckTask { task: usize, phase: Phase, run: Box<dyn CheckRun> },
}

impl Work {
    /// Does it, and reports. Whatever happens in it (it panics, its time runs out), exactly one report is made, unless it is
    /// dropped.
    pub async fn go(self, line: Line, interrupted: CancellationToken) {
        let report = match self {
            Self::Perform { task, attempt, run, timeout } => {
                let task_context = |notes| task_context(Item::Task(task as u32), notes, &line, &interrupted);
                let answer =
                    with_notes(task, attempt, &line, |notes| limited(timeout, run.perform(task_context(notes)))).await;
                Report::Answered { task, attempt, answer: answer.unwrap_or_else(Answer::Unknown) }
            }
            Self::Settle { task, attempt, run, notes: past, timeout } => {
                let task_context = |notes| task_context(Item::Task(task as u32), notes, &line, &interrupted);
                let settled =
                    with_notes(task, attempt, &line, |notes| limited(timeout, run.settle(task_context(notes), past)))
                        .await;
                Report::Settled { task, attempt, settlement: settled.unwrap_or_else(Settlement::Unsettled) }
            }
            Self::CheckStep { step, phase, run } => {
                let answer = checked(run, task_context(Item::Step(step as u32), mute(), &line, &interrupted)).await;
                Report::StepChecked { step, phase, answer }
            }
            Self::CheckTask { task, phase, run } => {
                let answer = checked(run, task_context(Item::Task(task as u32), mute(), &line, &interrupted)).await;
                Report::TaskChecked { task, phase, answer }
            }
        };
        line.report(report);
    }
}

fn task_context(item: Item, notes: NoteSender, line: &Line, interrupted: &CancellationToken) -> TaskContext {
    let line = line.clone();
    TaskContext {
        progress: Arc::new(move |progress| line.progress(item, progress)),
        notes,
        interrupted: interrupted.clone(),
    }
}

/// Checks change nothing, so they have nothing to note.
fn mute() -> NoteSender {
    NoteSender(unbounded_channel().0)
}

async fn checked(run: Box<dyn CheckRun>, task_context: TaskContext) -> CheckAnswer {
    limited(None, run.check(task_context)).await.unwrap_or_else(CheckAnswer::Failed)
}

/// Drives `work`, and passes its notes on meanwhile, under the name of its task.
async fn with_notes<W: Future>(
    task: usize,
    attempt: u32,
    line: &Line,
    work: impl FnOnce(NoteSender) -> W,
) -> W::Output {
    let (sender, mut notes) = unbounded_channel();
    let mut work = std::pin::pin!(work(NoteSender(sender)));
    loop {
        tokio::select! {
            done = &mut work => return done,
            Some((note, durable)) = notes.recv() => line.report(Report::Noted { task, attempt, note, durable }),
        }
    }
}

/// The failure is that of a limit: the time ran out, or the code broke. What it left in the world is unknown.
async fn limited<T>(timeout: Option<Duration>, work: impl Future<Output = T>) -> Result<T, Failure> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    let done = match timeout {
        None => caught.await,
        Some(timeout) => tokio::time::timeout(timeout, caught)
            .await
            .map_err(|_| catalogue::task::TIMEOUT.with("timeout", format!("{} s", timeout.as_secs_f64())).failure())?,
    };
    done.map_err(|panic| {
        let said = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        catalogue::internal::PANIC.with("what", said.unwrap_or("no message")).failure()
    })
}

/// From now until then; nothing where that is past.
pub fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}
