//! What to type next where a run stands still.

use super::{
    model::{Model, Standing, StepState, Task, TaskState},
    paint::{Paint, hang, width},
    undone::abandoning,
};
use crate::{engine::event::SuspendReason, name::TaskId};

/// Why one would type it, and what.
struct Step {
    why: String,
    command: String,
}

/// The block, for `columns`.
pub fn next(model: &Model, columns: usize, paint: Paint) -> String {
    let steps = steps(model);
    let label = format!("  {}   ", paint.strong("next"));
    let indent = " ".repeat(width(&label));
    let longest = steps.iter().map(|step| width(&step.why)).max().unwrap_or(0);
    let beside = steps.iter().all(|step| width(&label) + longest + 3 + width(&step.command) <= columns);
    let mut out = String::new();
    for (index, step) in steps.iter().enumerate() {
        let before = if index == 0 { &label } else { &indent };
        let command = paint.live(&step.command);
        out.push_str(&match beside {
            true => format!("{before}{}{}   {command}\n", step.why, " ".repeat(longest - width(&step.why))),
            false => format!("{before}{}\n{indent}  {command}\n", step.why),
        });
    }
    if model.abandoned.is_none() {
        out.push_str(&hang(&format!("{indent}  "), &format!("giving up {}", abandoning(model)), columns));
    }
    out
}

fn steps(model: &Model) -> Vec<Step> {
    let run = model.run();
    let (mut steps, mut by_hand) = (Vec::new(), Vec::new());
    // What is in doubt in `finally` is not left: it is what the run ends with.
    let is_left = |task: &Task| matches!(task.state, TaskState::Unsettled(_)) && !model.outline.is_finally(&task.step);
    for (id, task) in &model.tasks {
        let attempt = task.attempts.last().map_or(1, |attempt| attempt.number);
        let settle = |word| format!("houseplan settle {run} {} --attempt {attempt} --as {word}", quoted(id));
        match &task.state {
            TaskState::Unsettled(_) => {
                steps.push(Step { why: "if it was done".to_owned(), command: settle("done") });
                steps
                    .push(Step { why: "if nothing of it was (said for good)".to_owned(), command: settle("not-done") });
            }
            TaskState::Failed(_) if model.outline.is_finally(&task.step) => {
                by_hand.push(Step { why: "or, once you have done it by hand".to_owned(), command: settle("done") })
            }
            TaskState::AwaitingApproval { digest, .. } if model.is_left(&task.step) => {
                let digest: String = digest.chars().take(12).collect();
                let command = format!("houseplan approve {run} {} --digest {digest}", quoted(id));
                steps.push(Step { why: "if this is right".to_owned(), command });
            }
            _ => {}
        }
    }
    let person = !steps.is_empty();
    let why = match model.standing {
        _ if person => "then go on",
        Standing::Suspended(SuspendReason::Failed) => "mend that, then go on",
        Standing::Suspended(SuspendReason::Stopped) => "make it so, then go on",
        _ => "go on",
    };
    steps.push(Step { why: why.to_owned(), command: format!("houseplan resume {run}") });
    steps.extend(by_hand);
    if model.abandoned.is_none() {
        let why = if may_want_other_inputs(model) { OTHER_INPUTS } else { "or give up" };
        steps.push(Step { why: why.to_owned(), command: format!("houseplan abandon {run}") });
    } else if model.tasks.values().any(is_left) {
        let command = format!("houseplan abandon {run} --leave-in-doubt");
        steps.push(Step { why: "or end it in doubt".to_owned(), command });
    }
    steps
}

/// A run keeps its inputs.
const OTHER_INPUTS: &str = "or give up (for other inputs, begin anew)";

/// Whether a check that goes by the inputs has stopped it before anything was changed.
fn may_want_other_inputs(model: &Model) -> bool {
    let outlined = |id| model.outline.steps.get(id);
    let untouched = model
        .steps
        .iter()
        .filter(|(id, _)| outlined(*id).is_some_and(|it| it.changes))
        .all(|(_, step)| model.tasks_of(step).all(|(_, task)| task.attempts.iter().all(|attempt| attempt.refused)));
    let stopped = model.steps.iter().filter(|(_, step)| model.state(step) == StepState::Stopped);
    untouched && stopped.into_iter().any(|(id, _)| outlined(id).is_some_and(|it| it.checks_inputs))
}

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
