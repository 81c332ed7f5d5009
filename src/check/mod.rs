//! Checks: something read, and what is expected of it. What pre- and postconditions are made of.
//!
//! This module reads again until a check holds or its time is over, and says what was found. What is read is said in
//! [`reading`]; the expressions are the template engine's, behind [`Expect`]. A check changes nothing in the world.

pub mod found;
mod list;
mod reading;

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

pub use list::Checks;
pub use reading::{Read, to_row};

use crate::{
    connect::clickhouse::Row,
    engine::performer::{CheckAnswer, Phase, Progress, TaskContext},
    failure::{Failure, Refusal},
};

/// A row of more cells than these is not read at a glance.
const MANY_CELLS: usize = 6;

/// What has to hold, as the plan's expression says it.
pub trait Expect: Send + Sync {
    /// The expression, as it is written.
    fn text(&self) -> &str;

    /// The columns of a row that it names.
    fn columns(&self) -> Vec<&str>;

    /// Whether it names `row`: then it has to hold for each row, and every member has to give at least one.
    fn names_row(&self) -> bool;

    /// Whether it holds. `row` is there where [`names_row`](Self::names_row) says so; `rows` are all of them.
    fn holds(&self, row: Option<&Row>, rows: &[Row]) -> Result<bool, Failure>;
}

/// One check, rendered.
pub struct CheckTask {
    pub name: String,
    pub reading: Box<dyn Read>,
    /// Where there is none, what the reading expects by itself (a comparison: `row.equal`).
    pub expect: Option<Box<dyn Expect>>,
    /// How long it is repeated until it holds.
    pub within: Option<Duration>,
    /// The plan's own word for when it does not hold.
    pub otherwise: Option<String>,
    /// `None` where the check is a step of its own.
    pub phase: Option<Phase>,
    pub pace: Pace,
}

/// How fast a check is repeated: slower each time.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(10) }
    }
}

/// What one look at the world said.
enum Look {
    Held,
    /// These rows are not as expected; none where there were none at all.
    No(Vec<Vec<String>>),
    Unread(Failure),
}

impl CheckTask {
    /// Reads until the check holds, or its time is over.
    pub async fn run(&self, task_context: &TaskContext) -> CheckAnswer {
        let begun = Instant::now();
        let deadline = begun + self.within.unwrap_or_default();
        let mut pause = self.pace.first;
        loop {
            let look = self.look(task_context).await;
            let repeatable = match &look {
                Look::Held => return CheckAnswer::Held,
                Look::No(_) => true,
                Look::Unread(failure) => failure.temporary,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if !repeatable || left.is_zero() {
                return self.answer(look, begun.elapsed());
            }
            (task_context.progress)(Progress {
                doing: Some(format!("waiting until {}", self.name)),
                done: Some(begun.elapsed().as_secs()),
                total: self.within.map(|within| within.as_secs()),
                ..Progress::default()
            });
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(self.pace.longest);
        }
    }

    async fn look(&self, task_context: &TaskContext) -> Look {
        match self.reading.read(task_context).await.and_then(|rows| self.judge(&rows)) {
            Ok(None) => Look::Held,
            Ok(Some(found)) => Look::No(found),
            Err(failure) => Look::Unread(failure),
        }
    }

    /// The rows that are not as expected, for people; `None` where all is as it should be.
    fn judge(&self, rows: &[Row]) -> Result<Option<Vec<Vec<String>>>, Failure> {
        let cells = |rows: &[&Row]| rows.iter().map(|row| self.cells(row)).collect();
        let each = match &self.expect {
            Some(expect) if !expect.names_row() => {
                let all: Vec<&Row> = rows.iter().collect();
                return Ok((!expect.holds(None, rows)?).then(|| cells(&all)));
            }
            Some(expect) => rows.iter().map(|row| expect.holds(Some(row), rows)).collect::<Result<Vec<_>, _>>()?,
            None => rows.iter().map(|row| self.reading.as_expected(row)).collect(),
        };
        let failing: Vec<&Row> = rows.iter().zip(&each).filter(|(_, holds)| !**holds).map(|(row, _)| row).collect();
        let mut found: Vec<Vec<String>> = cells(&failing);
        found.extend(self.silent(rows).map(|member| vec![member.to_owned(), "no rows".to_owned()]));
        Ok((!found.is_empty() || rows.is_empty()).then_some(found))
    }

    /// The members that were asked and gave no row, where others did: a word that was not said is no yes.
    fn silent(&self, rows: &[Row]) -> impl Iterator<Item = &str> {
        let spoke = |member: &str| rows.iter().any(|row| row.get("member").and_then(Value::as_str) == Some(member));
        let silent: Vec<&str> = self.reading.asked().into_iter().filter(|member| !spoke(member)).collect();
        silent.into_iter().filter(|_| !rows.is_empty())
    }

    /// A row for people; of one with many columns only those that the expectation names, and where it was read.
    fn cells(&self, row: &Row) -> Vec<String> {
        let cells = self.reading.cells(row);
        let named = self.expect.as_ref().map(|expect| expect.columns()).unwrap_or_default();
        if cells.len() <= MANY_CELLS || named.is_empty() {
            return cells;
        }
        let told = |column: &String| column == "member" || named.contains(&column.as_str());
        found::cells(
            &row.iter().filter(|(column, _)| told(column)).map(|(name, it)| (name.clone(), it.clone())).collect(),
        )
    }

    fn answer(&self, look: Look, waited: Duration) -> CheckAnswer {
        match look {
            Look::Held => CheckAnswer::Held,
            Look::No(found) => CheckAnswer::Refused(Refusal {
                check: self.name.clone(),
                phase: self.phase_name().to_owned(),
                expected: self.expected().to_owned(),
                found: match found.is_empty() {
                    true => vec![vec!["no rows".to_owned()]],
                    false => Refusal::shorten(found),
                },
                otherwise: self.otherwise.clone(),
                waited: self.within.map(|_| waited),
            }),
            Look::Unread(failure) => CheckAnswer::Failed(Failure {
                message: format!("check `{}`: {}", self.name, failure.message),
                ..failure
            }),
        }
    }

    fn expected(&self) -> &str {
        self.expect.as_ref().map_or(self.reading.expected(), |expect| expect.text())
    }

    fn phase_name(&self) -> &'static str {
        match self.phase {
            Some(Phase::Before) => "precondition",
            Some(Phase::After) => "postcondition",
            None => "check",
        }
    }
}
