//! What to type next where a run is suspended, or its process died.

use serde::Serialize;

use super::{Account, Step, StepStatus, Task, TaskStatus};
use crate::{
    catalogue,
    engine::{event::SuspendReason, state::Lifecycle},
    failure::Failure,
    name::TaskId,
};

/// A command, and why one would type it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextCommand {
    pub why: String,
    pub command: String,
}

impl NextCommand {
    fn new(why: &str, command: String) -> Self {
        Self { why: why.to_owned(), command }
    }
}

impl Account {
    /// What may be typed now, what goes on first; nothing where the run has ended, or a process is at work at it.
    pub fn next(&self) -> Vec<NextCommand> {
        if self.at_work || self.outcome().is_some() {
            return Vec::new();
        }
        let run = self.run();
        let (mut next, mut by_hand) = (Vec::new(), Vec::new());
        for (id, task) in &self.tasks {
            let settle =
                |word| format!("houseplan settle {run} {} --attempt {} --as {word}", quoted(id), task.attempt());
            match &task.state {
                TaskStatus::Unsettled(_) => {
                    next.push(NextCommand::new("if it was done", settle("done")));
                    next.push(NextCommand::new(
                        "if nothing of it was done (cannot be changed later)",
                        settle("not-done"),
                    ));
                }
                TaskStatus::Failed(_) if self.outline.is_finally(&task.step) => {
                    by_hand.push(NextCommand::new("or, once you have done it by hand", settle("done")));
                }
                TaskStatus::AwaitingApproval { digest, .. } if self.may_still_run(&task.step) => {
                    let digest: String = digest.chars().take(12).collect();
                    let command = format!("houseplan approve {run} {} --digest {digest}", quoted(id));
                    next.push(NextCommand::new("if this is right", command));
                }
                _ => {}
            }
        }
        let why = match self.lifecycle {
            _ if !next.is_empty() => "then go on",
            _ if self.may_want_another_plan() => "if the plan is right, go on",
            Lifecycle::Suspended(SuspendReason::Failed | SuspendReason::Stopped) => "fix it, then go on",
            _ => "go on",
        };
        next.push(NextCommand::new(why, format!("houseplan resume {run}")));
        next.extend(by_hand);
        next.extend(self.ending());
        next
    }

    /// How the run can be brought to its end without what failed.
    fn ending(&self) -> Option<NextCommand> {
        let run = self.run();
        // What is in doubt in `finally` is not left: it is what the run ends with.
        let is_left =
            |task: &Task| matches!(task.state, TaskStatus::Unsettled(_)) && !self.outline.is_finally(&task.step);
        if self.abandoned.is_none() {
            let why = match (self.may_want_other_inputs(), self.may_want_another_plan()) {
                (true, _) => OTHER_INPUTS,
                (false, true) => ANOTHER_PLAN,
                (false, false) => "or abandon the run",
            };
            return Some(NextCommand::new(why, format!("houseplan abandon {run}")));
        }
        let command = || format!("houseplan abandon {run} --leave-in-doubt");
        self.tasks.values().any(is_left).then(|| NextCommand::new("or end it without knowing", command()))
    }

    /// Whether a template has failed in a step that has started, so that the run takes no change of it.
    fn may_want_another_plan(&self) -> bool {
        let is_one = |failure: &Failure| failure.is(&catalogue::template::FAILED_AFTER_START);
        let of_step = |step: &Step| {
            step.state == StepStatus::Failed && step.failures.last().is_some_and(|failed| is_one(&failed.what))
        };
        self.steps.values().any(of_step)
            || self.tasks.values().any(|task| matches!(&task.state, TaskStatus::Failed(failure) if is_one(failure)))
    }

    /// Whether a check that goes by the inputs has stopped it before anything was changed.
    fn may_want_other_inputs(&self) -> bool {
        let outlined = |id| self.outline.steps.get(id);
        let untouched =
            self.steps.iter().filter(|(id, _)| outlined(*id).is_some_and(|it| it.changes)).all(|(_, step)| {
                self.tasks_of(step).all(|(_, task)| task.attempts.iter().all(|attempt| attempt.refused))
            });
        let mut stopped = self.steps.iter().filter(|(_, step)| self.state(step) == StepStatus::Stopped);
        untouched && stopped.any(|(id, _)| outlined(id).is_some_and(|it| it.checks_inputs))
    }
}

/// A step that has started stays as it is.
const ANOTHER_PLAN: &str = "or abandon the run (a fixed plan needs a new one)";

/// A run keeps its inputs.
const OTHER_INPUTS: &str = "or abandon the run (other inputs need a new one)";

/// What commands are about that a help names by RUN, TASK and N.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    pub run: Option<&'a str>,
    /// The task and its attempt.
    pub task: Option<(&'a TaskId, u32)>,
}

impl Typed<'_> {
    /// The help with its commands as they are to be typed.
    pub fn fill(self, help: &str) -> String {
        let mut filled = help.to_owned();
        if let Some(run) = self.run {
            filled = filled.replace(" RUN", &format!(" {run}"));
        }
        if let Some((task, attempt)) = self.task {
            filled = filled.replace(" TASK", &format!(" {}", quoted(task)));
            filled = filled.replace("--attempt N", &format!("--attempt {attempt}"));
        }
        filled
    }
}

/// As a shell takes it: brackets are a pattern there.
fn quoted(task: &TaskId) -> String {
    let plain = task.as_str().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '@'));
    if plain { task.to_string() } else { format!("'{}'", task.as_str().replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_a_help_can_be_typed() {
        let task = TaskId("restore[runs@replica1]".into());
        let help = "TRUNCATE it, then `houseplan settle RUN TASK --attempt N --as not-done`";
        let filled = Typed { run: Some("r1"), task: Some((&task, 2)) }.fill(help);
        assert_eq!(
            filled,
            "TRUNCATE it, then `houseplan settle r1 'restore[runs@replica1]' --attempt 2 --as not-done`"
        );
        assert_eq!(Typed::default().fill(help), help);
    }
}
