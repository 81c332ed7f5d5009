//! Statements for one member, one after the other.
//!
//! Each begins with `/* houseplan RUN/TASK/ATTEMPT */` and bears the same words as `log_comment`, so that it is known again
//! in `system.processes` and, with ON CLUSTER, in `system.distributed_ddl_queue`, which keeps settings but no comments
//! *(inferred from the sources: the sandbox has no such queue)*.
//!
//! What an error means depends on the effect ([`doubt`]); a task in doubt is settled when nothing of it runs any more
//! ([`await_idle`]): what only reads or is idempotent is done again, what must happen once is for a person to say.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{await_idle::await_idle, doubt, unreachable};

use crate::{
    action::{Attempt, Skipped},
    catalogue,
    connect::{
        clickhouse::{QueryError, Row, Statement},
        target::Member,
    },
    diagnose::{Activity, Context, diagnose, is_no_answer},
    engine::{
        event::Verdict,
        performer::{Answer, Progress, Settlement, TaskContext, TaskRun},
    },
    failure::Failure,
    plan::{actions::Effect, outputs::SqlRows},
};

/// How long a statement that writes may still take when the process has to end.
const GRACE: Duration = Duration::from_secs(5);

/// How long a new attempt waits for the end of an earlier one.
const PATIENCE: Duration = Duration::from_secs(60);

/// Statements for one member.
#[derive(Debug, Clone)]
pub struct SqlTask {
    pub attempt: Attempt,
    pub member: Arc<Member>,
    /// Each whole, without a `;` at its end.
    pub statements: Vec<String>,
    pub effect: Effect,
    pub settings: IndexMap<String, String>,
    /// Whether a member that is unreachable is skipped (`absent: skip`).
    pub skip_unreachable: bool,
}

impl SqlTask {
    fn statement(&self, text: &str) -> Statement {
        let mark = self.attempt.mark();
        let mut settings = IndexMap::from([("log_comment".to_owned(), mark.clone())]);
        settings.extend(self.settings.clone());
        let read_only = self.effect == Effect::Read;
        Statement { text: text.to_owned(), mark: Some(mark), settings, read_only }
    }

    fn context(&self) -> Context {
        Context::on(Activity::Sql, &self.member)
    }

    async fn run(&self, task_context: &TaskContext) -> Answer {
        let mut rows: Vec<Row> = Vec::new();
        for (at, text) in self.statements.iter().enumerate() {
            (task_context.progress)(Progress {
                doing: Some(beginning(text)),
                done: Some(at as u64),
                total: Some(self.statements.len() as u64),
                ..Progress::default()
            });
            match self.member.client.query(&self.statement(text)).await {
                Ok(answer) => rows = answer.0,
                Err(error) => {
                    let skip = match self.skip_unreachable && at == 0 {
                        true => unreachable::after(&error, &self.member, self.effect).await,
                        false => None,
                    };
                    return match skip {
                        Some(reason) => self.skipped(&reason),
                        None => self.answer(&error, at),
                    };
                }
            }
        }
        Answer::Acted(json!(SqlRows { rows }))
    }

    fn skipped(&self, reason: &str) -> Answer {
        Answer::Acted(Skipped { skipped: format!("{} cannot be reached: {reason}", self.member.name) }.to_value())
    }

    /// Why a member that could not be asked is to be skipped; `None` where it is not.
    async fn why_unreachable(&self, failure: &Failure) -> Option<String> {
        match self.skip_unreachable && is_no_answer(failure) {
            true => unreachable::nobody(&self.member).await,
            false => None,
        }
    }

    fn answer(&self, error: &QueryError, at: usize) -> Answer {
        let mut failure = diagnose(error, &self.context());
        if self.statements.len() > 1 {
            failure.message = format!("statement {} of {}: {}", at + 1, self.statements.len(), failure.message);
        }
        let statement = &self.statements[at];
        failure.untouched = at == 0 && doubt::is_untouched(error, statement);
        failure.unsent = at == 0 && matches!(error, QueryError::Unreachable { .. });
        if doubt::is_in_doubt(error, self.effect, statement) {
            Answer::Unknown(failure)
        } else {
            Answer::Failed(failure)
        }
    }

    /// What is left to say once nothing of the attempt runs any more.
    fn settlement(&self) -> Settlement {
        match self.effect {
            Effect::Read | Effect::Idempotent => Settlement::Settled(Verdict::NotDone),
            Effect::Once => Settlement::Unsettled(self.in_doubt()),
        }
    }

    fn in_doubt(&self) -> Failure {
        let what = self.statements.iter().map(|text| beginning(text)).collect::<Vec<_>>().join("; ");
        let message = format!("it is unknown whether this was carried out on {}: {what}", self.member.name);
        let Attempt { run, task, number, .. } = &self.attempt;
        let in_doubt =
            catalogue::sql::IN_DOUBT.with("run", run).with("task", format!("'{task}'")).with("attempt", number);
        in_doubt.failure_in(&self.context()).with_message(message)
    }
}

#[async_trait]
impl TaskRun for SqlTask {
    async fn perform(self: Box<Self>, task_context: TaskContext) -> Answer {
        if self.attempt.number > 1 && self.effect != Effect::Read {
            // Whoever settled the one before may have been mistaken: nothing is sent beside it.
            match await_idle(&self.member, &self.attempt.mark_prefix(), &task_context, Some(PATIENCE)).await {
                Ok(()) => {}
                Err(failure) if failure.is(&catalogue::task::STILL_RUNNING) => return Answer::Unknown(failure),
                Err(failure) => {
                    return match self.why_unreachable(&failure).await {
                        Some(reason) => self.skipped(&reason),
                        None => Answer::Failed(failure.before_sending()),
                    };
                }
            }
        }
        let interrupted = async {
            task_context.interrupted.cancelled().await;
            if self.effect != Effect::Read {
                tokio::time::sleep(GRACE).await;
            }
        };
        tokio::select! {
            biased;
            answer = self.run(&task_context) => answer,
            () = interrupted => Answer::Unknown(catalogue::task::INTERRUPTED.failure_in(&self.context())),
        }
    }

    /// Waits until no statement of the attempt runs on the member.
    ///
    /// A member that is gone cannot be asked whether it still runs anything. What only reads is done again all the same, and
    /// so is what `absent: skip` skips, unless it must happen once: then a person has to say.
    async fn settle(self: Box<Self>, task_context: TaskContext, _: Vec<Value>) -> Settlement {
        match await_idle(&self.member, &self.attempt.mark_prefix(), &task_context, None).await {
            Ok(()) => self.settlement(),
            Err(_) if self.effect == Effect::Read => Settlement::Settled(Verdict::NotDone),
            Err(failure) if self.effect == Effect::Once => Settlement::Unsettled(failure),
            Err(failure) => match self.why_unreachable(&failure).await {
                Some(_) => Settlement::Settled(Verdict::NotDone),
                None => Settlement::Unsettled(failure),
            },
        }
    }
}

/// The first words of a statement, on one line; never what may be a value in it, which may be a secret.
fn beginning(text: &str) -> String {
    let shown: Vec<&str> = text.split_whitespace().take_while(|word| !word.contains('\'')).take(6).collect();
    let whole = shown.len() == text.split_whitespace().count();
    format!("{}{}", shown.join(" "), if whole { "" } else { " …" })
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn a_statement_is_shown_without_its_values() {
        assert_eq!(beginning("DROP DATABASE\n  IF EXISTS `a` SYNC"), "DROP DATABASE IF EXISTS `a` SYNC");
        assert_eq!(beginning("CREATE USER u IDENTIFIED BY 'secret words'"), "CREATE USER u IDENTIFIED BY …");
        assert_eq!(beginning("SELECT 1"), "SELECT 1");
    }
}
