//! The checks around a step, or of one: all of them are read, at the same time, and everything that does not hold is told at
//! once. What was quick is read again where another took long, so that what holds does so when all have held.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::time::Instant;

use super::CheckTask;
use crate::{
    engine::performer::{CheckAnswer, CheckRun, TaskContext},
    failure::{Failure, Refusal},
};

/// What was read longer ago has grown old.
const FRESH: Duration = Duration::from_secs(5);

/// What took less than this part of the longest is read again.
const QUICK: u32 = 10;

/// Checks that belong together.
pub struct Checks(pub Vec<CheckTask>);

impl Checks {
    async fn run(&self, task_context: &TaskContext) -> CheckAnswer {
        tokio::select! {
            answer = self.read(task_context) => answer,
            () = task_context.interrupted.cancelled() => CheckAnswer::Interrupted,
        }
    }

    async fn read(&self, task_context: &TaskContext) -> CheckAnswer {
        let timed = async |check: &CheckTask| {
            let begun = Instant::now();
            (check.run(task_context).await, begun.elapsed())
        };
        let (answers, took): (Vec<_>, Vec<_>) = join_all(self.0.iter().map(timed)).await.into_iter().unzip();
        let longest = took.iter().max().copied().unwrap_or_default();
        match judge(answers) {
            CheckAnswer::Held if longest > FRESH => {
                let quick = self.0.iter().zip(took).filter(|(_, took)| *took < longest / QUICK);
                judge(join_all(quick.map(|(check, _)| check.run(task_context))).await)
            }
            answer => answer,
        }
    }
}

/// One answer for all of them.
fn judge(answers: Vec<CheckAnswer>) -> CheckAnswer {
    let (mut refusals, mut failures) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            CheckAnswer::Held => {}
            CheckAnswer::Refused(refusal) => refusals.push(refusal),
            CheckAnswer::Failed(failure) => failures.push(failure),
            CheckAnswer::Interrupted => return CheckAnswer::Interrupted,
        }
    }
    conclude(refusals, failures)
}

/// A no is certain, so it goes before what could not be read; that is told with it.
fn conclude(refusals: Vec<Refusal>, failures: Vec<Failure>) -> CheckAnswer {
    let mut refusals = refusals.into_iter();
    let mut failures = failures.into_iter();
    let Some(mut all) = refusals.next() else {
        let Some(mut first) = failures.next() else { return CheckAnswer::Held };
        for other in failures {
            first.message = format!("{}; {}", first.message, other.message);
            first.temporary &= other.temporary;
        }
        return CheckAnswer::Failed(first);
    };
    let others: Vec<Refusal> = refusals.collect();
    if !others.is_empty() {
        all = others.into_iter().fold(named(all), |all, other| join(all, named(other)));
    }
    all.found.extend(failures.map(|failure| vec![failure.message]));
    CheckAnswer::Refused(all)
}

/// A refusal whose lines say which check they belong to.
fn named(refusal: Refusal) -> Refusal {
    let with_name = |line: Vec<String>| std::iter::once(refusal.check.clone()).chain(line).collect();
    Refusal { found: refusal.found.into_iter().map(with_name).collect(), ..refusal }
}

fn join(mut all: Refusal, other: Refusal) -> Refusal {
    all.check = format!("{}; {}", all.check, other.check);
    all.expected = format!("{}; {}", all.expected, other.expected);
    all.found.extend(other.found);
    all.otherwise = match (all.otherwise, other.otherwise) {
        (Some(one), Some(another)) if !one.contains(&another) => Some(format!("{one}\n{another}")),
        (one, another) => one.or(another),
    };
    all.waited = all.waited.max(other.waited);
    all
}

#[async_trait]
impl CheckRun for Checks {
    async fn check(self: Box<Self>, task_context: TaskContext) -> CheckAnswer {
        self.run(&task_context).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use tokio::{sync::mpsc, time::sleep};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        check::{Pace, Read},
        connect::clickhouse::Row,
        engine::performer::NoteSender,
    };

    /// Takes its time, counts how often it is read, and gives a row until the world has changed.
    struct Reading {
        takes: Duration,
        times: Arc<AtomicU64>,
        until: Instant,
    }

    #[async_trait]
    impl Read for Reading {
        async fn read(&self, _: &TaskContext) -> Result<Vec<Row>, Failure> {
            self.times.fetch_add(1, Ordering::Relaxed);
            let held = Instant::now() < self.until;
            sleep(self.takes).await;
            Ok(if held { vec![Row::default()] } else { Vec::new() })
        }
    }

    /// Reads a quick check and a slow one; what was answered, and how often the two were read.
    async fn read(quick: u64, slow: u64, quick_holds_for: u64) -> (CheckAnswer, u64, u64) {
        let check = |name: &str, takes, holds_for| {
            let times = Arc::new(AtomicU64::new(0));
            let until = Instant::now() + Duration::from_secs(holds_for);
            let reading = Reading { takes: Duration::from_secs(takes), times: Arc::clone(&times), until };
            let check = CheckTask {
                name: name.to_owned(),
                reading: Box::new(reading),
                expect: None,
                within: None,
                otherwise: None,
                phase: None,
                pace: Pace::default(),
            };
            (check, times)
        };
        let ((first, once), (second, twice)) = (check("quick", quick, quick_holds_for), check("slow", slow, 1));
        let (notes, _heard) = mpsc::unbounded_channel();
        let task_context =
            TaskContext { progress: Arc::new(|_| {}), notes: NoteSender(notes), interrupted: CancellationToken::new() };
        let answer = Checks(vec![first, second]).run(&task_context).await;
        (answer, once.load(Ordering::Relaxed), twice.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_quick_is_read_again_when_what_was_slow_has_held() {
        let (answer, quick, slow) = read(1, 3600, 60).await;
        assert_eq!((quick, slow), (2, 1));
        assert!(matches!(answer, CheckAnswer::Refused(refusal) if refusal.check == "quick"));
        assert!(matches!(read(1, 3600, 7200).await, (CheckAnswer::Held, 2, 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_read_again_that_is_fresh_or_dear() {
        assert!(matches!(read(0, 2, 60).await, (CheckAnswer::Held, 1, 1)));
        assert!(matches!(read(1800, 3600, 7200).await, (CheckAnswer::Held, 1, 1)));
    }
}
