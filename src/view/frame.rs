//! The moving part of a terminal's view, as text: one line for each thing at work, and a footer. A pure function of the
//! account, the progress and the time, so that it can be read in a test.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    line::{Mark, short},
    live::{Live, Tracks},
    paint::{Paint, cut, one_line, pad_left, pad_right, width},
};

use crate::{
    account::{Account, Step, StepStatus, Task, TaskStatus, outline::Kind},
    engine::{performer::Progress, state::Lifecycle},
    humanize,
    name::{StepId, TaskId},
};

/// What a frame is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub columns: usize,
    pub rows: usize,
    pub now: Timestamp,
    pub paint: Paint,
    /// Which picture of the spinner.
    pub beat: usize,
}

const SPINNER: &[&str] = &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const BAR: usize = 22;

/// One thing at work.
struct Row<'a> {
    since: Timestamp,
    step: &'a str,
    subject: String,
    what: What<'a>,
}

enum What<'a> {
    Work(Option<&'a Progress>, &'static str),
    Retry(u32, Timestamp, String),
}

/// The lines, none wider than the screen, and never more than leave room for what stands above them.
pub fn frame(live: &Live, screen: Screen) -> Vec<String> {
    let Live { account, tracks } = live;
    if matches!(account.lifecycle, Lifecycle::Suspended(_) | Lifecycle::Ended(_)) {
        return Vec::new();
    }
    let live = at_work(account, tracks);
    let most = (screen.rows / 2).clamp(3, 16);
    let shown = if live.len() > most + 1 { most } else { live.len() };
    let (hidden, shown) = (live.len() - shown, &live[..shown]);
    let longest = |of: fn(&Row<'_>) -> usize| shown.iter().map(of).max().unwrap_or(0);
    let room = screen.columns.saturating_sub(30);
    let names = longest(|it| width(it.step)).min(room / 2);
    let subjects = longest(|it| width(&it.subject)).min(room.saturating_sub(names));
    let mut lines: Vec<String> = shown.iter().map(|it| row(it, names, subjects, screen)).collect();
    if hidden > 0 {
        lines.push(format!(
            "    {}",
            screen.paint.dim(&format!("…and {} more at work", humanize::thousands(hidden as u64)))
        ));
    }
    lines.extend(footer(account, screen));
    lines.into_iter().map(|line| cut(line.trim_end(), screen.columns.saturating_sub(1))).collect()
}

fn at_work<'a>(account: &'a Account, tracks: &'a Tracks) -> Vec<Row<'a>> {
    let mut live = Vec::new();
    for (id, step) in account.steps.iter().filter(|(_, step)| is_live(step)) {
        let doing = match step.state {
            StepStatus::CheckingBefore => "checks its preconditions",
            StepStatus::CheckingAfter => "checks its postconditions",
            _ => "",
        };
        if !doing.is_empty() {
            let track = tracks.get(&TaskId::new(id, None, None));
            let since = step.entered.unwrap_or(Timestamp::UNIX_EPOCH);
            live.push(Row { since, step: account.name(id), subject: String::new(), what: What::Work(track, doing) });
            continue;
        }
        if account.outline.kind(id) == Kind::IncludeEnd {
            continue;
        }
        live.extend(account.tasks_of(step).filter(|(_, task)| task.state.is_live()).map(|(id, task)| Row {
            since: task.attempts.last().map(|it| it.started).or(step.entered).unwrap_or(Timestamp::UNIX_EPOCH),
            step: account.name(&task.step),
            subject: account.subject(id),
            what: what(task, tracks.get(id)),
        }));
    }
    live.sort_by_key(|it| it.since);
    live
}

fn is_live(step: &Step) -> bool {
    matches!(step.state, StepStatus::CheckingBefore | StepStatus::Running | StepStatus::CheckingAfter)
}

fn what<'a>(task: &Task, track: Option<&'a Progress>) -> What<'a> {
    match &task.state {
        TaskStatus::Retrying(failure, at) => What::Retry(task.attempts.len() as u32 + 1, *at, short(failure)),
        TaskStatus::CheckingBefore => What::Work(track, "checks its preconditions"),
        TaskStatus::CheckingAfter => What::Work(track, "checks its postconditions"),
        TaskStatus::Settling => What::Work(track, "finds out whether it was done"),
        _ => What::Work(track, ""),
    }
}

fn row(it: &Row<'_>, names: usize, subjects: usize, screen: Screen) -> String {
    let paint = screen.paint;
    let mut head = pad_right(&cut(it.step, names), names);
    if subjects > 0 {
        head = format!("{head}  {}", pad_right(&cut(&it.subject, subjects), subjects));
    }
    let clock = humanize::clock(humanize::between(it.since, screen.now));
    let used = 4 + width(&head) + 2 + 9;
    let room = screen.columns.saturating_sub(used + 1);
    let (sign, middle) = match &it.what {
        What::Retry(attempt, at, why) => {
            let wait = humanize::between(screen.now, *at);
            let again = format!("attempt {attempt} in {}: {why}", countdown(wait));
            (Mark::Again.sign(paint), cut(&again, room))
        }
        What::Work(track, doing) => {
            let spinner = SPINNER[screen.beat % SPINNER.len()];
            (paint.live(spinner), middle(track.as_ref().copied(), doing, room, paint))
        }
    };
    format!("  {sign} {head}  {}{}", pad_right(&middle, room), paint.dim(&pad_left(&clock, 9)))
}

/// In whole seconds, so that it does not flicker.
fn countdown(span: Duration) -> String {
    match span.as_secs() + u64::from(span.subsec_nanos() > 0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => humanize::duration(Duration::from_secs(seconds)),
    }
}

/// A bar where there is a total, and what is being done otherwise.
fn middle(track: Option<&Progress>, doing: &str, room: usize, paint: Paint) -> String {
    let Some(track) = track else { return cut(doing, room) };
    let said = track.doing.as_deref().map(one_line);
    let printed = track.line.as_deref().map(one_line);
    match (track.done, track.total) {
        (Some(done), Some(total)) if total > 0 => measured(done.min(total), total, track.bytes, room, paint),
        (Some(done), _) if done > 0 => {
            let amount = if track.bytes { humanize::size(done) } else { humanize::thousands(done) };
            cut(&format!("{}  {amount}", said.unwrap_or_default()), room)
        }
        _ => cut(&printed.or(said).unwrap_or_else(|| doing.to_owned()), room),
    }
}

/// What has no room is left out: first the amount, then most of the bar, then the bar. The percentage stays.
fn measured(done: u64, total: u64, bytes: bool, room: usize, paint: Paint) -> String {
    let fraction = done as f64 / total as f64;
    // 100 % is said only when it is all
    let percent = format!("{:>3} %", if done == total { 100 } else { ((fraction * 100.0) as u64).min(99) });
    let amount = match bytes {
        true => humanize::size_of(done, total),
        false => format!("{} / {}", humanize::thousands(done), humanize::thousands(total)),
    };
    let amount = pad_left(&amount, 16);
    let spare = room.saturating_sub(width(&percent) + 2);
    let with_amount = spare.saturating_sub(width(&amount) + 2);
    match (with_amount, spare) {
        (columns @ 6.., _) => format!("{}  {percent}  {amount}", bar(fraction, columns.min(BAR), paint)),
        (_, columns @ 4..) => format!("{}  {percent}", bar(fraction, columns.min(BAR), paint)),
        _ => cut(&percent, room),
    }
}

fn bar(fraction: f64, columns: usize, paint: Paint) -> String {
    let halves = (fraction.clamp(0.0, 1.0) * columns as f64 * 2.0) as usize;
    let (full, half) = (halves / 2, halves % 2);
    let done = format!("{}{}", "━".repeat(full), if half == 1 { "╸" } else { "" });
    let rest = "━".repeat(columns - full - half);
    // without colour the rest has to look different by itself
    let rest = if paint.is_on() { paint.dim(&rest) } else { "─".repeat(columns - full - half) };
    format!("{}{rest}", paint.live(&done))
}

/// `9 of 12 tables · then verify, thaw and 3 more`.
fn footer(account: &Account, screen: Screen) -> Option<String> {
    let fanned = account.steps.iter().filter(|(_, step)| step.state == StepStatus::Running && step.tasks.len() > 1);
    let counts = fanned.map(|(id, step)| {
        let done = account.tasks_of(step).filter(|(_, task)| task.state.is_done()).count() as u64;
        format!("{} of {}", humanize::thousands(done), humanize::count(step.tasks.len() as u64, account.noun(id)))
    });
    let mut parts: Vec<String> = counts.take(2).collect();
    let next: Vec<&str> = ahead(account).map(StepId::as_str).collect();
    if !next.is_empty() {
        let before: usize = parts.iter().map(|part| width(part) + 3).sum();
        let room = screen.columns.saturating_sub(before + 10);
        let most = (1..=next.len()).rev().find(|most| width(&humanize::first_of(&next, *most)) <= room).unwrap_or(1);
        parts.push(format!("then {}", humanize::first_of(&next, most)));
    }
    (!parts.is_empty()).then(|| format!("    {}", screen.paint.dim(&parts.join(" · "))))
}

/// The steps that nothing has been done about yet, as the plan has them.
fn ahead(account: &Account) -> impl Iterator<Item = &StepId> {
    let waits = |(_, step): &(&StepId, &Step)| step.state == StepStatus::Waiting;
    account.shown_steps().filter(waits).map(|(id, _)| id)
}
