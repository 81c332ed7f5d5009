//! What is said of one event, in one line. The terminal and the log say the same words; the log says more of them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Record,
    fold::task_of,
    model::{Model, StepState, without},
    outline::Kind,
    paint::{self, Paint, hang, left, one_line, right, width},
};

use crate::{
    engine::event::{Event, SuspendReason, Verdict},
    failure::{Failure, ServerError},
    humanize,
    name::{Name, StepId, TaskId},
};

/// What kind of thing a line tells; its sign stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Done,
    Work,
    Stop,
    Fail,
    Doubt,
    Again,
    Skip,
}

impl Mark {
    pub fn sign(self, paint: Paint) -> String {
        match self {
            Self::Done => paint.good("✓"),
            Self::Work => paint.live("●"),
            Self::Stop => paint.bad("■"),
            Self::Fail => paint.bad("✗"),
            Self::Doubt => paint.warn("?"),
            Self::Again => paint.warn("↻"),
            Self::Skip => paint.dim("–"),
        }
    }
}

/// One line: of what, what, and how long it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub mark: Mark,
    pub name: String,
    pub text: String,
    pub took: Option<Duration>,
}

impl Line {
    fn new(mark: Mark, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { mark, name: name.into(), text: text.into(), took: None }
    }

    /// For a screen of `columns`: the names in a column of their own, the times at the right (behind the text, where there
    /// is no room for a column), long texts wrapped, never cut.
    pub fn on_screen(&self, names: usize, columns: usize, paint: Paint) -> String {
        let head = format!("  {} {}  ", self.mark.sign(paint), left(&self.name, names));
        let indent = width(&head);
        let took = self.took.map(humanize::duration).unwrap_or_default();
        let room = columns.saturating_sub(indent + 10);
        let lines = paint::wrap(&self.text, room.max(1));
        let beside = room >= 24 && lines.iter().all(|line| width(line) <= room);
        if took.is_empty() || !beside {
            let took = if took.is_empty() { took } else { format!(" ({took})") };
            return hang(&head, &format!("{}{took}", self.text), columns).trim_end().to_owned();
        }
        let mut out = format!("{head}{}{}", left(&lines[0], room), paint.dim(&right(&took, 10)));
        for line in &lines[1..] {
            out.push_str(&format!("\n{}{line}", " ".repeat(indent)));
        }
        out
    }

    /// For a log: time first, everything in one line.
    pub fn in_log(&self, at: Timestamp) -> String {
        let text = if self.text.is_empty() { String::new() } else { format!("  {}", self.text) };
        let took = self.took.map(|took| format!("  ({})", humanize::duration(took))).unwrap_or_default();
        format!("{}  {} {}{text}{took}", humanize::moment(at), self.mark.sign(Paint::NONE), self.name)
    }
}

/// What stands for good on a terminal once this has happened: ends, and whatever went wrong. `model` has it folded in.
pub fn standing(model: &Model, record: &Record) -> Option<Line> {
    match &record.event {
        Event::StepSucceeded { step, .. } if model.is_shown(step) => {
            let known = model.steps.get(step)?;
            let text = summary(model, step).unwrap_or_else(|| done(model, step));
            let nothing = model.outline.kind(step) == Kind::IncludeEnd && model.outline.included(step) == 0;
            let took = model.step_took(step, known).filter(|_| !nothing);
            Some(Line { took, ..Line::new(Mark::Done, model.name(step), one_line(&text)) })
        }
        Event::StepSkipped { step, reason } if model.is_shown(step) => {
            Some(Line::new(Mark::Skip, model.name(step), format!("skipped: {}", one_line(reason))))
        }
        Event::StepStopped { step, refusal } => Some(Line::new(
            Mark::Stop,
            model.name(step),
            format!("stopped: does not hold: {}", one_line(&refusal.check)),
        )),
        Event::StepFailed { step, failure } => Some(Line::new(Mark::Fail, model.name(step), short(failure))),
        Event::InterruptRequested { signal } => {
            let text = "nothing new starts; what is under way is let go of or waited for";
            Some(Line::new(Mark::Stop, "interrupted", format!("{signal}: {text}")))
        }
        Event::RunAbandoned { by, without, .. } => {
            let without = self::without(without);
            Some(Line::new(Mark::Stop, "abandoned", format!("by {by}{without}; what remains is `finally`")))
        }
        event => task_line(model, record.at, task_of(event)?, event),
    }
}

fn task_line(model: &Model, at: Timestamp, id: &TaskId, event: &Event) -> Option<Line> {
    let task = model.tasks.get(id)?;
    let subject = model.subject(id);
    let of = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    let line = |mark, text: String| Some(Line::new(mark, model.name(&task.step), format!("{of}{text}")));
    match event {
        Event::TaskFailed { attempt, failure, retry_at: Some(again), .. } => {
            let wait = humanize::duration(humanize::between(at, *again));
            line(Mark::Again, format!("attempt {attempt} failed, again in {wait}: {}", short(failure)))
        }
        Event::TaskFailed { failure, .. } => line(Mark::Fail, short(failure)),
        Event::TaskStopped { refusal, .. } => {
            line(Mark::Stop, format!("stopped: does not hold: {}", one_line(&refusal.check)))
        }
        Event::TaskDoubted { attempt, failure, .. } => {
            line(Mark::Doubt, format!("in doubt, attempt {attempt}: {}", short(failure)))
        }
        Event::TaskSettled { attempt, verdict, by, retry_at, .. } => {
            let again = retry_at.map(|again| format!(" in {}", humanize::duration(humanize::between(at, again))));
            let again = again.unwrap_or_default();
            let (mark, found) = match verdict {
                Verdict::Done(_) => (Mark::Done, "it was done".to_owned()),
                Verdict::NotDone => (Mark::Again, format!("it is done again{again}")),
                Verdict::Failed(failure) if again.is_empty() => (Mark::Fail, format!("it failed: {}", short(failure))),
                Verdict::Failed(failure) => (Mark::Again, format!("it failed, again{again}: {}", short(failure))),
            };
            line(mark, format!("attempt {attempt} settled by {by}: {found}"))
        }
        Event::TaskUnsettled { failure, .. } => line(Mark::Doubt, format!("a person has to look: {}", short(failure))),
        Event::ApprovalAwaited { .. } => line(Mark::Doubt, "waits for an approval".to_owned()),
        Event::Approved { by, .. } => line(Mark::Done, format!("approved by {by}")),
        _ => None,
    }
}

/// What a log says besides: who and where, and every beginning.
pub fn passing(model: &Model, record: &Record) -> Option<Line> {
    let step_line =
        |step: &StepId, text: &str| model.is_shown(step).then(|| Line::new(Mark::Work, model.name(step), text));
    match &record.event {
        Event::RunResumed { process, host, user } => {
            let text = format!("process {process} of {}", humanize::person(user, host));
            Some(Line::new(Mark::Work, if model.sessions.len() > 1 { "resumed" } else { "begins" }, text))
        }
        Event::MemberPinned { target, member, .. } => {
            Some(Line::new(Mark::Done, at(target, member), "is the server meant"))
        }
        Event::Claimed { target, member } => Some(Line::new(Mark::Done, at(target, member), "claimed")),
        Event::Released { target, member } => Some(Line::new(Mark::Done, at(target, member), "claim given back")),
        Event::StepExpanded { step, tasks } if tasks.len() > 1 => {
            step_line(step, &humanize::count(tasks.len() as u64, model.noun(step)))
        }
        Event::StepReopened { step } => step_line(step, "its preconditions are to be read again"),
        Event::PreconditionsBegun { step } => step_line(step, "reads its preconditions"),
        Event::PostconditionsBegun { step } if model.outline.steps.get(step).is_some_and(|it| it.checked_after) => {
            step_line(step, "reads its postconditions")
        }
        Event::FinallyBegun => model.outline.finally().next().map(|_| Line::new(Mark::Work, "finally", "begins")),
        Event::RunSuspended { reason } => Some(Line::new(Mark::Stop, "suspended", reason_words(*reason))),
        event => passing_task(model, record.at, event),
    }
}

fn passing_task(model: &Model, now: Timestamp, event: &Event) -> Option<Line> {
    let id = task_of(event)?;
    let task = model.tasks.get(id)?;
    if !model.is_shown(&task.step) || model.outline.kind(&task.step) == Kind::IncludeEnd {
        return None;
    }
    let line = |mark, text: String| Some(Line::new(mark, id.as_str(), text));
    match event {
        Event::TaskPreconditionsBegun { .. } => line(Mark::Work, "reads its preconditions".to_owned()),
        Event::TaskStarted { attempt: 1, .. } => line(Mark::Work, "starts".to_owned()),
        Event::TaskStarted { attempt, .. } => line(Mark::Work, format!("starts, attempt {attempt}")),
        Event::SettlementBegun { attempt, .. } => {
            line(Mark::Work, format!("finds out what became of attempt {attempt}"))
        }
        Event::TaskSucceeded { .. } if id.as_str() != task.step.as_str() => {
            let began = task.attempts.last().map(|attempt| attempt.started);
            let took = began.map(|began| humanize::between(began, now));
            Some(Line { took, ..Line::new(Mark::Done, id.as_str(), "done") })
        }
        _ => None,
    }
}

/// `source`, or `cluster/replica1`.
pub fn at(target: &Name, member: &Name) -> String {
    if target == member { target.to_string() } else { format!("{target}/{member}") }
}

/// A step's summary. An inclusion that nothing is bound to has done nothing, which is not to be read as done.
pub fn summary(model: &Model, step: &StepId) -> Option<String> {
    let known = model.steps.get(step)?;
    let empty = known.state == StepState::Succeeded
        && model.outline.kind(step) == Kind::IncludeEnd
        && model.outline.included(step) == 0;
    known.summary.clone().or_else(|| empty.then(|| done(model, step)))
}

/// What can be said of a step that was done and has no summary of its own.
fn done(model: &Model, step: &StepId) -> String {
    let tasks = model.steps.get(step).map_or(0, |step| step.tasks.len()) as u64;
    match model.outline.kind(step) {
        Kind::IncludeEnd => match model.outline.included(step) {
            0 => "nothing is bound to it here".to_owned(),
            steps => humanize::count(steps as u64, "step"),
        },
        _ if tasks > 1 => humanize::count(tasks, model.noun(step)),
        _ => "done".to_owned(),
    }
}

/// A failure in one line: what is so, and the server's words.
pub fn short(failure: &Failure) -> String {
    let place = failure.member.as_ref().map(|member| format!("{member}: ")).unwrap_or_default();
    let server = failure.server.as_ref().map(|server| format!(": {}", server_words(server))).unwrap_or_default();
    format!("{place}{}{server}", one_line(&failure.message))
}

/// The server's own words, with their code: `Code: 608. Cannot restore … (CANNOT_RESTORE_TABLE)`.
pub fn server_words(server: &ServerError) -> String {
    let name = if server.name.is_empty() { String::new() } else { format!(" ({})", server.name) };
    format!("Code: {}. {}{name}", server.code, one_line(&server.message))
}

/// Why a run stands still.
pub fn reason_words(reason: SuspendReason) -> &'static str {
    match reason {
        SuspendReason::Failed => "a step failed",
        SuspendReason::Stopped => "a check stopped it",
        SuspendReason::InDoubt => "something is in doubt",
        SuspendReason::AwaitingApproval => "it waits for an approval",
        SuspendReason::Interrupted => "it was interrupted",
    }
}
