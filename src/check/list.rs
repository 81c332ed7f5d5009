//! The checks around a step, or of one: all of them are read, at the same time, and everything that does not hold is told at
//! once.

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Value, json};

use super::CheckTask;
use crate::{
    diagnose::{Action, Context, failure},
    engine::{
        event::{Failure, Refusal, Verdict},
        performer::{Answer, CheckAnswer, CheckRun, Settlement, Site, TaskRun},
    },
};

/// Checks that belong together.
pub struct Checks(pub Vec<CheckTask>);

impl Checks {
    async fn run(&self, site: &Site) -> CheckAnswer {
        let answers = tokio::select! {
            answers = join_all(self.0.iter().map(|check| check.run(site))) => answers,
            () = site.interrupted.cancelled() => return CheckAnswer::Interrupted,
        };
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
        (Some(one), Some(another)) => Some(format!("{one}\n{another}")),
        (one, another) => one.or(another),
    };
    all.waited = all.waited.max(other.waited);
    all
}

#[async_trait]
impl CheckRun for Checks {
    async fn check(self: Box<Self>, site: Site) -> CheckAnswer {
        self.run(&site).await
    }
}

/// The action `check`. It only reads, so in doubt it is read again.
#[async_trait]
impl TaskRun for Checks {
    async fn perform(self: Box<Self>, site: Site) -> Answer {
        match self.run(&site).await {
            CheckAnswer::Held => {
                let held: Vec<&str> = self.0.iter().map(|check| check.name.as_str()).collect();
                Answer::Acted(json!({ "held": held }))
            }
            CheckAnswer::Refused(refusal) => Answer::Stopped(refusal),
            CheckAnswer::Failed(failure) => Answer::Failed(failure),
            CheckAnswer::Interrupted => {
                Answer::Unknown(failure("houseplan::run::interrupted", None, &Context::new(Action::Check)))
            }
        }
    }

    async fn settle(self: Box<Self>, _: Site, _: Vec<Value>) -> Settlement {
        Settlement::Settled(Verdict::NotDone)
    }
}
