//! `houseplan status`: all runs in a table, or one with its steps and tasks.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    account::{Account, Step, StepStatus, Task, TaskStatus, standing::Standing},
    engine::state::Lifecycle,
    humanize,
    name::{StepId, TaskId},
    view::{
        line::{Mark, heading, names, short},
        next::next,
        paint::{Paint, cut, one_line, pad_left, pad_right, width},
        suspended::suspended,
        table::{Align, layout},
        wrap::hang,
    },
};

fn mark(standing: Standing) -> Mark {
    match standing {
        Standing::Running => Mark::Work,
        Standing::Succeeded => Mark::Done,
        Standing::Failed => Mark::Fail,
        Standing::ProcessDied | Standing::InDoubt | Standing::AwaitingApproval | Standing::Approved => Mark::Doubt,
        Standing::Stopped | Standing::Interrupted => Mark::Stop,
        Standing::Abandoned => Mark::Skip,
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
    pub fn of(account: &Account) -> Self {
        let created = account.created.as_ref();
        Self {
            run: account.run().to_owned(),
            plan: account.plan().to_owned(),
            environment: created.map(|it| it.environment.clone()).unwrap_or_default(),
            standing: account.standing(),
            by: created.map(|it| it.by.clone()).unwrap_or_default(),
            started: account.first,
            last: account.last,
            steps_done: account.shown_steps().filter(|(_, step)| step.state.is_over()).count(),
            steps: account.shown_steps().count(),
        }
    }
}

/// All runs, as they are given (the newest first, as a rule), for `columns`. A run's id is never cut: it is to be copied.
pub fn runs(lines: &[RunLine], now: Timestamp, columns: usize, paint: Paint) -> String {
    if lines.is_empty() {
        return "no runs yet\n".to_owned();
    }
    let heads = ["run", "plan", "environment", "state", "steps", "last update", "by"].map(str::to_owned).to_vec();
    let row = |line: &RunLine| {
        vec![
            line.run.clone(),
            line.plan.clone(),
            line.environment.clone(),
            line.standing.word().to_owned(),
            format!("{}/{}", line.steps_done, line.steps),
            line.last.map(|last| humanize::ago(last, now)).unwrap_or_default(),
            line.by.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(lines.iter().map(row)).collect();
    let fit = |text: &str| cut(text.trim_end(), columns.max(width(&lines[0].run) + 8));
    let mut laid_out = layout(&rows, &[Align::Left], 2).into_iter();
    let heads = laid_out.next().unwrap_or_default();
    let mut out = format!("{}\n", paint.dim(&fit(&format!("  {heads}"))));
    for (line, run) in laid_out.zip(lines) {
        out.push_str(&format!("{}\n", fit(&format!("{} {line}", mark(run.standing).sign(paint)))));
    }
    out
}

/// One run: its steps, the tasks of those that are neither over nor waiting, and where it is suspended, why and what to type.
pub fn run(account: &Account, now: Timestamp, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let standing = account.standing();
    let mut out = format!("{} {}\n", mark(standing).sign(paint), heading(account, columns, paint));
    let last = account.last.map(|last| humanize::ago(last, now)).unwrap_or_default();
    let by = account.created.as_ref().map(|it| format!(" · by {}", it.by)).unwrap_or_default();
    out.push_str(&hang("  ", &format!("{} · last update {last}{by}", standing.word()), columns));
    out.push('\n');
    let names = names(account);
    for (id, step) in account.shown_steps() {
        out.push_str(&step_line(account, id, step, names, columns, paint));
        let below = reasons(account, id, step).into_iter().map(|line| one_line(&line)).chain(tasks(account, id, step));
        below.for_each(|line| out.push_str(&hang("        ", &line, columns)));
    }
    let next = match account.lifecycle {
        _ if account.at_work => String::new(),
        Lifecycle::Created | Lifecycle::Running => next(account, columns, paint),
        _ => suspended(account, &|_| None, columns, paint),
    };
    if !next.is_empty() {
        out.push_str(&format!("\n{next}"));
    }
    out
}

/// How the tasks of a step stand that is not over. A task that is the whole of its step has nothing to say besides.
fn tasks(account: &Account, id: &StepId, step: &Step) -> Vec<String> {
    if step.state.is_over() {
        return Vec::new();
    }
    let own = |(task, known): &(&TaskId, &Task)| {
        known.state != TaskStatus::Waiting && (task.as_str() != id.as_str() || known.attempts.len() > 1)
    };
    let line = |(task, known): (&TaskId, &Task)| {
        let attempt = known.attempt();
        let attempt = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        format!("{task}  {}{attempt}", known.state.word())
    };
    account.tasks_of(step).filter(own).map(line).collect()
}

/// Whether what it showed is approved, and it has not gone on since.
fn is_approved(task: &Task) -> bool {
    task.approved.is_some() && task.state == TaskStatus::Waiting
}

/// Why a step came to no good end, where no screen below says it: the run has ended, or was abandoned.
fn reasons(account: &Account, id: &StepId, step: &Step) -> Vec<String> {
    if account.outcome().is_none() && account.may_still_run(id) {
        return Vec::new();
    }
    match (account.state(step), step.refusals.last()) {
        (StepStatus::Stopped, Some(refused)) => {
            let refusal = &refused.what;
            let found = refusal.found.iter().map(|cells| format!("found: {}", cells.join(" · ")));
            std::iter::once(format!("check does not hold: {}", refusal.check)).chain(found).collect()
        }
        (StepStatus::Failed, _) => {
            let of_tasks = account.tasks_of(step).filter_map(|(_, task)| match &task.state {
                TaskStatus::Failed(failure) => Some(failure),
                _ => None,
            });
            step.failures.last().map(|failed| &failed.what).into_iter().chain(of_tasks).map(short).collect()
        }
        _ => Vec::new(),
    }
}

fn step_line(account: &Account, id: &StepId, step: &Step, names: usize, columns: usize, paint: Paint) -> String {
    let state = account.state(step);
    let word = account.step_word(step);
    let asks = account.tasks_of(step).any(|(_, task)| task.awaits_approval()) && account.may_still_run(id);
    let sign = match state {
        _ if asks => Mark::Doubt.sign(paint),
        _ if word == "done" => Mark::Done.sign(paint),
        _ if word == "not finished" => Mark::Stop.sign(paint),
        StepStatus::Waiting => " ".to_owned(),
        StepStatus::Entered | StepStatus::CheckingBefore | StepStatus::Running | StepStatus::CheckingAfter => {
            Mark::Work.sign(paint)
        }
        StepStatus::Succeeded => Mark::Done.sign(paint),
        StepStatus::Skipped => Mark::Skip.sign(paint),
        StepStatus::Stopped => Mark::Stop.sign(paint),
        StepStatus::Failed => Mark::Fail.sign(paint),
    };
    let done = account.tasks_of(step).filter(|(_, task)| task.state.is_done()).count();
    let tasks = match step.tasks.len() {
        many @ 2.. => format!(", {done} of {} done", humanize::count(many as u64, "task")),
        _ => String::new(),
    };
    let began = step.entered.map(|at| at.strftime("%H:%M:%SZ").to_string()).unwrap_or_default();
    let took = match state {
        StepStatus::Succeeded => account.step_took(id, step).map(humanize::duration),
        _ => None,
    };
    let text = match (state, &account.summary(id)) {
        (StepStatus::Succeeded, Some(summary)) => one_line(summary),
        (_, Some(summary)) => format!("{word}: {}", one_line(summary)),
        (_, None) if asks => "needs an approval".to_owned(),
        (_, None) if account.tasks_of(step).any(|(_, task)| is_approved(task)) => "approved".to_owned(),
        (_, None) => format!("{word}{tasks}"),
    };
    let (name, took) = (pad_right(id.as_str(), names), pad_left(&took.unwrap_or_default(), 11));
    hang(&format!("  {sign} {name}  {}{took}  ", pad_right(&began, 9)), &text, columns)
}
