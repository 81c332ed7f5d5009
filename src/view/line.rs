//! What is said of one event, in one line. The terminal and the log say the same words; the log says more of them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    paint::{Paint, one_line, pad_left, pad_right, width},
    wrap::{hang, wrap},
};

use crate::{
    account::{Account, Record, at, decisions::without, outline::Kind, standing::reason_words, task_of},
    engine::event::{Event, Verdict},
    failure::{Failure, ServerError},
    humanize,
    name::{StepId, TaskId},
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
        let head = format!("  {} {}  ", self.mark.sign(paint), pad_right(&self.name, names));
        let indent = width(&head);
        let took = self.took.map(humanize::duration).unwrap_or_default();
        let room = columns.saturating_sub(indent + 10);
        let lines = wrap(&self.text, room.max(1));
        let beside = room >= 24 && lines.iter().all(|line| width(line) <= room);
        if took.is_empty() || !beside {
            let took = if took.is_empty() { took } else { format!(" ({took})") };
            return hang(&head, &format!("{}{took}", self.text), columns).trim_end().to_owned();
        }
        let mut out = format!("{head}{}{}", pad_right(&lines[0], room), paint.dim(&pad_left(&took, 10)));
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

/// What stands for good on a terminal once this has happened: ends, and whatever went wrong. `account` has it folded in.
pub fn standing(account: &Account, record: &Record) -> Option<Line> {
    match &record.event {
        Event::StepSucceeded { step, .. } if account.is_shown(step) => {
            let known = account.steps.get(step)?;
            let text = account.summary(step).unwrap_or_else(|| account.done_words(step));
            let took = account.step_took(step, known).filter(|_| !account.is_empty_inclusion(step));
            // Nothing was done, for the server that it is for is gone.
            let mark = if text.starts_with("skipped: ") { Mark::Skip } else { Mark::Done };
            Some(Line { took, ..Line::new(mark, account.name(step), one_line(&text)) })
        }
        Event::StepSkipped { step, reason } if account.is_shown(step) => {
            Some(Line::new(Mark::Skip, account.name(step), format!("skipped: {}", one_line(reason))))
        }
        Event::StepStopped { step, refusal } => Some(Line::new(
            Mark::Stop,
            account.name(step),
            format!("stopped: check does not hold: {}", one_line(&refusal.check)),
        )),
        Event::StepFailed { step, failure } => Some(Line::new(Mark::Fail, account.name(step), short(failure))),
        Event::InterruptRequested { signal } => {
            let text = "nothing new starts; what ends soon is waited for, the rest is no longer followed and still runs on the servers; again to leave at once";
            Some(Line::new(Mark::Stop, "interrupted", format!("{signal}: {text}")))
        }
        Event::RunAbandoned { by, without, .. } => {
            let without = self::without(without);
            Some(Line::new(Mark::Stop, "run", format!("abandoned by {by}{without}; what remains is `finally`")))
        }
        event => task_line(account, record.at, task_of(event)?, event),
    }
}

fn task_line(account: &Account, at: Timestamp, id: &TaskId, event: &Event) -> Option<Line> {
    let task = account.tasks.get(id)?;
    let subject = account.subject(id);
    let of = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    let line = |mark, text: String| Some(Line::new(mark, account.name(&task.step), format!("{of}{text}")));
    match event {
        Event::TaskFailed { attempt, failure, retry_at: Some(again), .. } => {
            let wait = humanize::duration(humanize::between(at, *again));
            line(Mark::Again, format!("attempt {attempt} failed, next one in {wait}: {}", short(failure)))
        }
        Event::TaskFailed { failure, .. } => line(Mark::Fail, short(failure)),
        Event::TaskStopped { refusal, .. } => {
            line(Mark::Stop, format!("stopped: check does not hold: {}", one_line(&refusal.check)))
        }
        Event::TaskDoubted { attempt, failure, .. } => {
            line(Mark::Doubt, format!("in doubt, attempt {attempt}: {}", short(failure)))
        }
        Event::TaskSettled { attempt, verdict, by, retry_at, .. } => {
            let wait =
                retry_at.map(|again| humanize::between(at, again)).filter(|wait| *wait >= Duration::from_secs(1));
            let again = wait.map(|wait| format!(" in {}", humanize::duration(wait))).unwrap_or_default();
            let (mark, found) = match verdict {
                Verdict::Done(_) => (Mark::Done, "it was done".to_owned()),
                Verdict::NotDone if !account.may_still_run(&task.step) => (Mark::Stop, "it was not done".to_owned()),
                Verdict::NotDone => (Mark::Again, format!("it was not done, and runs again{again}")),
                Verdict::Failed(failure) if retry_at.is_none() => {
                    (Mark::Fail, format!("it failed: {}", short(failure)))
                }
                Verdict::Failed(failure) => {
                    (Mark::Again, format!("it failed, and runs again{again}: {}", short(failure)))
                }
            };
            line(mark, format!("attempt {attempt} settled by {by}: {found}"))
        }
        Event::TaskUnsettled { attempt, .. } => {
            line(Mark::Doubt, format!("attempt {attempt} needs your decision: its outcome cannot be found out"))
        }
        Event::ApprovalAwaited { .. } => line(Mark::Doubt, "needs an approval".to_owned()),
        Event::Approved { by, .. } => line(Mark::Done, format!("approved by {by}")),
        _ => None,
    }
}

/// What a log says besides: who and where, and every beginning.
pub fn passing(account: &Account, record: &Record) -> Option<Line> {
    let step_line =
        |step: &StepId, text: &str| account.is_shown(step).then(|| Line::new(Mark::Work, account.name(step), text));
    match &record.event {
        Event::RunResumed { process, host, user } => {
            let verb = if account.sessions.len() > 1 { "resumed" } else { "started" };
            let by = format!("{verb} by process {process} of {}", humanize::person(user, host));
            Some(Line::new(Mark::Work, "run", by))
        }
        Event::MemberPinned { target, member, .. } => {
            Some(Line::new(Mark::Done, at(target, member), "is the expected server"))
        }
        Event::ClusterPinned { target, .. } => {
            Some(Line::new(Mark::Done, target.as_str(), "is the cluster of Kubernetes of this run"))
        }
        Event::Claimed { target, member } => Some(Line::new(Mark::Done, at(target, member), "locked for this run")),
        Event::Released { target, member } => Some(Line::new(Mark::Done, at(target, member), "lock released")),
        Event::CredentialsLent { target, member, collection } => {
            let words = format!("gets the store's credentials in the named collection {collection}");
            Some(Line::new(Mark::Work, at(target, member), words))
        }
        Event::CredentialsTakenBack { target, member, collection } => {
            Some(Line::new(Mark::Done, at(target, member), format!("named collection {collection} dropped")))
        }
        Event::StepExpanded { step, tasks } if tasks.len() > 1 => {
            step_line(step, &humanize::count(tasks.len() as u64, account.noun(step)))
        }
        Event::StepReopened { step } => step_line(step, "its preconditions are checked again"),
        Event::PreconditionsBegun { step } => step_line(step, "checks its preconditions"),
        Event::PostconditionsBegun { step } if account.outline.steps.get(step).is_some_and(|it| it.checked_after) => {
            step_line(step, "checks its postconditions")
        }
        Event::FinallyBegun => account.outline.finally().next().map(|_| Line::new(Mark::Work, "finally", "starts")),
        Event::RunSuspended { reason } => {
            Some(Line::new(Mark::Stop, "run", format!("suspended: {}", reason_words(*reason))))
        }
        event => passing_task(account, record.at, event),
    }
}

fn passing_task(account: &Account, now: Timestamp, event: &Event) -> Option<Line> {
    let id = task_of(event)?;
    let task = account.tasks.get(id)?;
    if !account.is_shown(&task.step) || account.outline.kind(&task.step) == Kind::IncludeEnd {
        return None;
    }
    let line = |mark, text: String| Some(Line::new(mark, id.as_str(), text));
    match event {
        Event::TaskPreconditionsBegun { .. } => line(Mark::Work, "checks its preconditions".to_owned()),
        Event::TaskStarted { attempt: 1, .. } => line(Mark::Work, "starts".to_owned()),
        Event::TaskStarted { attempt, .. } => line(Mark::Work, format!("starts, attempt {attempt}")),
        Event::SettlementBegun { attempt, .. } => {
            line(Mark::Work, format!("finds out whether attempt {attempt} was done"))
        }
        Event::TaskSucceeded { .. } if id.as_str() != task.step.as_str() => {
            let began = task.attempts.last().map(|attempt| attempt.started);
            let took = began.map(|began| humanize::between(began, now));
            Some(Line { took, ..Line::new(Mark::Done, id.as_str(), "done") })
        }
        _ => None,
    }
}

/// `standalone-to-replicated 1.0.0 · environment sandbox · run 2026-11-22_143000-k7q2`.
pub fn heading(account: &Account, columns: usize, paint: Paint) -> String {
    let Some(created) = &account.created else { return String::new() };
    let version = created.plan_version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let rest = format!(" · environment {} · run {}", created.environment, created.run);
    let one_line = format!("{}{version}{rest}", paint.strong(&created.plan));
    if width(&one_line) < columns { one_line } else { one_line.replace(" · ", "\n  ") }
}

/// The width of the column of names: that of the longest that will be shown, within bounds.
pub fn names(account: &Account) -> usize {
    account.shown_steps().map(|(id, _)| width(id.as_str())).max().unwrap_or(0).clamp(10, 24)
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
