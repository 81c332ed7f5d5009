//! The mark of an attempt on what it makes in Kubernetes: a label, which may hold little.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::action::Attempt;

/// The label.
pub const LABEL: &str = "houseplan-attempt";
/// How many bytes of a task's hash are in it.
const HASH: usize = 6;
/// What a run's id may have in a label, and how much of it.
const LONGEST_RUN: usize = 40;

/// What the marks of all attempts of a task begin with: `RUN.HASH-OF-TASK.`
pub fn of_task(attempt: &Attempt) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    let is_named = attempt.run.starts_with(|it: char| it.is_ascii_alphanumeric());
    let run = match is_named && attempt.run.len() <= LONGEST_RUN && attempt.run.chars().all(is_plain) {
        true => attempt.run.clone(),
        false => hash(&attempt.run),
    };
    format!("{run}.{}.", hash(&attempt.id_prefix()))
}

/// The mark of one attempt.
pub fn of_attempt(attempt: &Attempt) -> String {
    format!("{}{}", of_task(attempt), attempt.number)
}

/// The mark that an object bears.
pub fn on(object: &Value) -> Option<&str> {
    object.pointer("/metadata/labels")?.get(LABEL)?.as_str()
}

/// Whose an object is, by its mark.
pub fn whose(object: &Value) -> Option<String> {
    let run = on(object)?.split('.').next()?;
    Some(format!("the run {run} of houseplan's"))
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest[..HASH].iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{StepId, TaskId};

    #[test]
    fn a_mark_is_a_label_whatever_a_run_and_a_task_are_called() {
        for run in ["2026-11-26_224512-k7q2", "é/ü", "", &"x".repeat(100), "-a"] {
            let task = TaskId::new(&StepId::new("up/grade"), Some("an item with ünlikely signs"), None);
            let attempt = Attempt { run: run.to_owned(), task, number: 12, stalled_after: None };
            let mark = of_attempt(&attempt);
            assert!(mark.len() <= 63 && mark.ends_with(".12") && mark.starts_with(&of_task(&attempt)), "{mark}");
            assert!(mark.starts_with(|it: char| it.is_ascii_alphanumeric()), "{mark}");
            assert!(mark.chars().all(|it| it.is_ascii_alphanumeric() || "-_.".contains(it)), "{mark}");
        }
    }
}
