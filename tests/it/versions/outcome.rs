//! What became of one step of the scenario.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use serde_json::Value;

use crate::support::{operator::Operator, panic_message};

/// No step takes longer than this unless something hangs, on a machine that has much else to do either.
const PATIENCE: Duration = Duration::from_secs(300);
const SHOWN: usize = 400;

pub enum Outcome {
    Passed,
    Failed(String),
    /// It could not be tried.
    Untried(String),
}

impl Outcome {
    /// Tries a step, which panics where something is not as it should be.
    pub async fn of(operator: &Operator, step: impl Future<Output = ()>) -> Self {
        match tokio::time::timeout(PATIENCE, AssertUnwindSafe(step).catch_unwind()).await {
            Ok(Ok(())) => Self::Passed,
            Ok(Err(panic)) => Self::Failed(reason(operator, &panic_message(panic.as_ref()))),
            Err(_) => Self::Failed(format!("not done after {} s; {}", PATIENCE.as_secs(), last_trouble(operator))),
        }
    }

    pub fn is_pass(&self) -> bool {
        matches!(self, Self::Passed)
    }

    pub fn cell(&self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed(_) => "FAIL",
            Self::Untried(_) => "not tried",
        }
    }

    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::Untried(reason) => Some(reason),
        }
    }
}

/// Where a command ended otherwise than it should, its journal knows more than its screen.
fn reason(operator: &Operator, message: &str) -> String {
    if message.contains("--- stderr") && !operator.all_runs().is_empty() {
        return shortened(&last_trouble(operator));
    }
    shortened(message)
}

/// The last thing that went wrong in the last run: where, and in whose words.
fn last_trouble(operator: &Operator) -> String {
    let events = operator.events();
    let trouble = events.iter().rev().find(|event| event.get("failure").or(event.get("refusal")).is_some());
    let Some(event) = trouble else { return "its journal tells of no failure".to_owned() };
    let place = event["task"].as_str().or(event["step"].as_str()).unwrap_or_default();
    let said = event.get("failure").or(event.get("refusal")).unwrap_or(&Value::Null);
    let server = &said["server"];
    if let Some(words) = server["message"].as_str() {
        return format!("`{place}`: {} {words}", server["code"]);
    }
    if let Some(check) = said["check"].as_str() {
        let found = said["found"].as_array().map(|lines| lines.iter().map(line).collect::<Vec<_>>().join("; "));
        return format!("`{place}`: {check}: found {}", found.unwrap_or_default());
    }
    let cause = said["cause"].as_str().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("`{place}`: {}{cause}", said["message"].as_str().unwrap_or_default())
}

fn line(cells: &Value) -> String {
    let cells: Vec<&str> = cells.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    cells.join(" · ")
}

fn shortened(text: &str) -> String {
    let one_line: Vec<&str> = text.split_whitespace().collect();
    let mut short: String = one_line.join(" ").chars().take(SHOWN).collect();
    if short.len() < one_line.join(" ").len() {
        short.push('…');
    }
    short
}
