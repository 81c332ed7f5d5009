//! `houseplan status`: all runs in a table, or one with its steps and tasks.

use jiff::Timestamp;
use serde::Serialize;

use super::account::{standing_of, task_state};

use crate::{
    engine::event::{Outcome, SuspendReason},
    humanize,
    name::{StepId, TaskId},
    view::{
        line::{Mark, reason_words, short, summary},
        model::{self, Model, Step, StepState, Task, TaskState},
        next::next,
        paint::{Paint, cut, hang, left, one_line, right, width},
        suspended::suspended,
    },
};

/// How a run stands, the process that may hold it included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A process is at work.
    Running,
    /// Nothing ended it, and no process is at work: it crashed.
    BrokenOff,
    Failed,
    Stopped,
    InDoubt,
    AwaitingApproval,
    /// It waited for an approval, which has been given.
    Approved,
    Interrupted,
    Succeeded,
    Abandoned,
}

impl Standing {
    /// `at_work`: whether a process holds the run's lock.
    pub fn of(model: &Model, at_work: bool) -> Self {
        match model.standing {
            model::Standing::Ended(Outcome::Succeeded) => Self::Succeeded,
            model::Standing::Ended(Outcome::Abandoned) => Self::Abandoned,
            _ if at_work => Self::Running,
            model::Standing::Open => Self::BrokenOff,
            model::Standing::Suspended(reason) => match reason {
                SuspendReason::Failed => Self::Failed,
                SuspendReason::Stopped => Self::Stopped,
                SuspendReason::InDoubt => Self::InDoubt,
                SuspendReason::AwaitingApproval if !model.awaits_approval() => Self::Approved,
                SuspendReason::AwaitingApproval => Self::AwaitingApproval,
                SuspendReason::Interrupted => Self::Interrupted,
            },
        }
    }

    /// As a person says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::BrokenOff => "broken off",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::InDoubt => "in doubt",
            Self::AwaitingApproval => "awaits approval",
            Self::Approved => "approved",
            Self::Interrupted => "interrupted",
            Self::Succeeded => "succeeded",
            Self::Abandoned => "abandoned",
        }
    }

    fn mark(self) -> Mark {
        match self {
            Self::Running => Mark::Work,
            Self::Succeeded => Mark::Done,
            Self::Failed => Mark::Fail,
            Self::BrokenOff | Self::InDoubt | Self::AwaitingApproval | Self::Approved => Mark::Doubt,
            Self::Stopped | Self::Interrupted => Mark::Stop,
            Self::Abandoned => Mark::Skip,
        }
    }
}

/// One run among all.
#[derive(Debug, Clone, Serialize)]
pub struct RunLine {
    pub run: String,
    pub plan: String,
    pub environment: String,
    pub standing: Standing,
    pub by: String,
    pub started: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub steps_done: usize,
    pub steps: usize,
}

impl RunLine {
    pub fn of(model: &Model, at_work: bool) -> Self {
        let created = model.created.as_ref();
        Self {
            run: model.run().to_owned(),
            plan: model.plan().to_owned(),
            environment: created.map(|it| it.environment.clone()).unwrap_or_default(),
            standing: Standing::of(model, at_work),
            by: created.map(|it| it.by.clone()).unwrap_or_default(),
            started: model.first,
            last: model.last,
            steps_done: model.shown_steps().filter(|(_, step)| is_over(step)).count(),
            steps: model.shown_steps().count(),
        }
    }
}

fn is_over(step: &Step) -> bool {
    matches!(step.state, StepState::Succeeded | StepState::Skipped)
}

/// All runs, as they are given (the newest first, as a rule), for `columns`. A run's id is never cut: it is to be copied.
pub fn runs(lines: &[RunLine], now: Timestamp, columns: usize, paint: Paint) -> String {
    if lines.is_empty() {
        return "no runs yet\n".to_owned();
    }
    let heads = ["run", "plan", "environment", "state", "steps", "last", "by"];
    let rows: Vec<[String; 7]> = lines
        .iter()
        .map(|line| {
            [
                line.run.clone(),
                line.plan.clone(),
                line.environment.clone(),
                line.standing.word().to_owned(),
                format!("{}/{}", line.steps_done, line.steps),
                line.last.map(|last| humanize::ago(last, now)).unwrap_or_default(),
                line.by.clone(),
            ]
        })
        .collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0).max(width(heads[at])))
        .collect();
    let line = |row: &[&str]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| left(cell, *width)).collect();
        cells.join("  ")
    };
    let fit = |text: &str| cut(text.trim_end(), columns.max(width(&rows[0][0]) + 8));
    let mut out = format!("{}\n", paint.dim(&fit(&format!("  {}", line(&heads)))));
    for (row, run) in rows.iter().zip(lines) {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        out.push_str(&fit(&format!("{} {}", run.standing.mark().sign(paint), line(&cells))));
        out.push('\n');
    }
    out
}

/// One run: its steps, the tasks of those that are neither over nor waiting, and where it stands still, why and what to type.
pub fn run(model: &Model, at_work: bool, now: Timestamp, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let standing = Standing::of(model, at_work);
    let mut out =
        format!("{} {}\n", standing.mark().sign(paint), crate::view::terminal::heading(model, columns, paint));
    let last = model.last.map(|last| humanize::ago(last, now)).unwrap_or_default();
    let by = model.created.as_ref().map(|it| format!(" · by {}", it.by)).unwrap_or_default();
    let why = match model.standing {
        model::Standing::Suspended(reason) if !at_work && standing != Standing::Approved => {
            format!(": {}", reason_words(reason))
        }
        _ => String::new(),
    };
    out.push_str(&hang("  ", &format!("{}{why} · last heard of {last}{by}", standing.word()), columns));
    out.push('\n');
    let names = crate::view::terminal::names(model);
    for (id, step) in model.shown_steps() {
        out.push_str(&step_line(model, id, step, names, columns, paint));
        reasons(model, id, step).iter().for_each(|line| out.push_str(&hang("        ", &one_line(line), columns)));
        if !is_over(step) {
            // A task that is the whole of its step has nothing to say besides.
            let own = |(task, known): &(&TaskId, &Task)| {
                known.state != TaskState::Waiting && (task.as_str() != id.as_str() || known.attempts.len() > 1)
            };
            for (task, known) in model.tasks_of(step).filter(own) {
                let attempts = known.attempts.last().map_or(0, |attempt| attempt.number);
                let attempts = if attempts > 1 { format!(", attempt {attempts}") } else { String::new() };
                out.push_str(&hang("        ", &format!("{task}  {}{attempts}", task_state(&known.state)), columns));
            }
        }
    }
    let next = match model.standing {
        _ if at_work => String::new(),
        model::Standing::Open => next(model, columns, paint),
        _ => suspended(model, &|_| None, columns, paint),
    };
    if !next.is_empty() {
        out.push_str(&format!("\n{next}"));
    }
    out
}

/// Why a step came to no good end, where no screen below says it: the run has ended, or is given up.
fn reasons(model: &Model, id: &StepId, step: &Step) -> Vec<String> {
    if !matches!(model.standing, model::Standing::Ended(_)) && model.is_left(id) {
        return Vec::new();
    }
    match (model.state(step), step.refusals.last()) {
        (StepState::Stopped, Some((_, refusal))) => {
            let found = refusal.found.iter().map(|cells| format!("found: {}", cells.join(" · ")));
            std::iter::once(format!("does not hold: {}", refusal.check)).chain(found).collect()
        }
        (StepState::Failed, _) => {
            let of_tasks = model.tasks_of(step).filter_map(|(_, task)| match &task.state {
                TaskState::Failed(failure) => Some(failure),
                _ => None,
            });
            step.failures.last().map(|(_, failure)| failure).into_iter().chain(of_tasks).map(short).collect()
        }
        _ => Vec::new(),
    }
}

fn step_line(model: &Model, id: &StepId, step: &Step, names: usize, columns: usize, paint: Paint) -> String {
    let state = model.state(step);
    let word = standing_of(model, step);
    let asks = model.tasks_of(step).any(|(_, task)| task.awaits_approval()) && model.is_left(id);
    let sign = match state {
        _ if asks => Mark::Doubt.sign(paint),
        _ if word == "done" => Mark::Done.sign(paint),
        _ if word == "given up" => Mark::Stop.sign(paint),
        StepState::Waiting => " ".to_owned(),
        StepState::Entered | StepState::CheckingBefore | StepState::Running | StepState::CheckingAfter => {
            Mark::Work.sign(paint)
        }
        StepState::Succeeded => Mark::Done.sign(paint),
        StepState::Skipped => Mark::Skip.sign(paint),
        StepState::Stopped => Mark::Stop.sign(paint),
        StepState::Failed => Mark::Fail.sign(paint),
    };
    let done = model.tasks_of(step).filter(|(_, task)| task.state.is_done()).count();
    let tasks = match step.tasks.len() {
        many @ 2.. => format!(", {done} of {} done", humanize::count(many as u64, "task")),
        _ => String::new(),
    };
    let began = step.entered.map(|at| at.strftime("%H:%M:%SZ").to_string()).unwrap_or_default();
    let took = match state {
        StepState::Succeeded => model.step_took(id, step).map(humanize::duration),
        _ => None,
    };
    let text = match (state, &summary(model, id)) {
        (StepState::Succeeded, Some(summary)) => one_line(summary),
        (_, Some(summary)) => format!("{word}: {}", one_line(summary)),
        (_, None) if asks => "waits for an approval".to_owned(),
        (_, None) => format!("{word}{tasks}"),
    };
    let (name, took) = (left(id.as_str(), names), right(&took.unwrap_or_default(), 11));
    hang(&format!("  {sign} {name}  {}{took}  ", left(&began, 9)), &text, columns)
}
