//! The screen of a suspended run: what happened, what has and has not been done, and what to type next.

use super::{
    approval_text::approval_text,
    effects_so_far::effects_so_far,
    failure::{Failed, Places},
    line::short,
    next::next,
    paint::{Paint, one_line},
    stops::stops,
    wrap::hang,
};

use crate::{
    account::{Account, Step, StepStatus, Task, TaskStatus, next::Typed, outline::Kind},
    engine::{event::SuspendReason, state::Lifecycle},
    failure::Failure,
    humanize,
    name::{StepId, TaskId},
};

/// So many failures are shown whole, and so many more in a line each.
const MOST_FAILURES: usize = 4;
const MOST_SHORT: usize = 20;

/// The screen, for `columns`. Empty where the run is neither suspended nor was left at once after an interruption.
pub fn suspended(account: &Account, places: Places<'_>, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let mut blocks = Vec::new();
    match account.lifecycle {
        Lifecycle::Suspended(SuspendReason::Interrupted) => blocks.push(interrupted(account, columns, paint)),
        Lifecycle::Suspended(_) => {}
        _ if account.is_cut_short() => blocks.push(interrupted(account, columns, paint)),
        _ => return String::new(),
    }
    blocks.extend(failures(account, places, columns, paint));
    blocks.extend(stops(account, columns, paint));
    blocks.extend(doubts(account, columns, paint));
    blocks.extend(approvals(account, columns, paint));
    if blocks.is_empty() {
        blocks.push(format!("{} the run is suspended; nothing stops it any more\n", paint.bad("■")));
    }
    let effects = effects_so_far(account);
    if !effects.is_empty() {
        blocks.push(effects.iter().map(|sentence| hang("  ", sentence, columns)).collect());
    }
    blocks.push(next(account, columns, paint));
    blocks.join("\n")
}

fn interrupted(account: &Account, columns: usize, paint: Paint) -> String {
    let signal = account.interrupted.as_ref().map(|signal| format!(" ({signal})")).unwrap_or_default();
    let done = account.shown_steps().filter(|(_, step)| step.state == StepStatus::Succeeded).count() as u64;
    let done = humanize::count(done, "step");
    let text = if account.is_cut_short() {
        let left = "what was under way was not waited for, and may still run; `resume` finds out what became of it";
        format!("run {} was left at once after an interruption{signal}: {done} done; {left}", account.run())
    } else {
        format!("interrupted{signal}: {done} done; this process does nothing more")
    };
    hang(&format!("{} ", paint.bad("■")), &text, columns)
}

fn failures(account: &Account, places: Places<'_>, columns: usize, paint: Paint) -> Vec<String> {
    let mut all: Vec<Failed<'_>> = Vec::new();
    let left = |(id, step): &(&StepId, &Step)| step.state == StepStatus::Failed && account.may_still_run(id);
    for (id, step) in account.steps.iter().filter(left) {
        if let Some(failed) = step.failures.last() {
            let failure = &failed.what;
            all.push(Failed {
                what: format!("`{}` failed", account.name(id)),
                failure,
                help: help(account, failure, None),
                attempt: None,
                place: places(id),
            });
        }
    }
    let failed = account.tasks_in(|task| match &task.state {
        TaskStatus::Failed(failure) if account.may_still_run(&task.step) => Some(failure),
        _ => None,
    });
    all.extend(failed.map(|(id, task, failure)| {
        let attempt = task.attempts.last().map(|attempt| attempt.number);
        Failed {
            what: format!("{} failed", called(account, id, task)),
            failure,
            help: help(account, failure, attempt.map(|attempt| (id, attempt))),
            attempt,
            place: places(&task.step),
        }
    }));
    let mut blocks: Vec<String> = all.iter().take(MOST_FAILURES).map(|it| it.render(columns, paint)).collect();
    if all.len() > MOST_FAILURES {
        let rest: String = all[MOST_FAILURES..]
            .iter()
            .take(MOST_SHORT)
            .map(|it| hang(&format!("  {} ", paint.bad("✗")), &format!("{}: {}", it.what, short(it.failure)), columns))
            .collect();
        let more = all.len().saturating_sub(MOST_FAILURES + MOST_SHORT);
        let more = if more > 0 {
            format!("  …and {} more failed\n", humanize::thousands(more as u64))
        } else {
            String::new()
        };
        blocks.push(format!("{rest}{more}"));
    }
    blocks
}

/// The failure's help, with its commands as they are to be typed.
fn help(account: &Account, failure: &Failure, task: Option<(&TaskId, u32)>) -> Option<String> {
    failure.help.as_ref().map(|help| Typed { run: Some(account.run()), task }.fill(help))
}

/// `` `restore` for runs on replica1 ``.
pub fn called(account: &Account, id: &TaskId, task: &Task) -> String {
    let subject = account.subject(id);
    let name = account.name(&task.step);
    match &task.member {
        _ if subject.is_empty() => format!("`{name}`"),
        Some(member) if subject == member.as_str() => format!("`{name}` on {member}"),
        Some(member) if !subject.ends_with(&format!(" on {member}")) => format!("`{name}` for {subject} on {member}"),
        _ => format!("`{name}` for {subject}"),
    }
}

fn doubts(account: &Account, columns: usize, paint: Paint) -> Option<String> {
    let doubted = account.tasks_in(|task| match &task.state {
        TaskStatus::InDoubt(failure) => Some((failure.as_ref(), false)),
        TaskStatus::Unsettled(failure) => Some((Some(failure), true)),
        TaskStatus::Settling => Some((None, false)),
        _ => None,
    });
    let text: String =
        doubted.map(|(id, task, (failure, asked))| doubt(account, id, task, failure, asked, columns, paint)).collect();
    (!text.is_empty()).then_some(text)
}

fn doubt(
    account: &Account,
    id: &TaskId,
    task: &Task,
    failure: Option<&Failure>,
    asked: bool,
    columns: usize,
    paint: Paint,
) -> String {
    let attempt = task.attempts.last();
    let started = attempt.map(|it| format!(", attempt {} started at {}", it.number, humanize::moment(it.started)));
    let title = format!("in doubt: {}{}", called(account, id, task), started.unwrap_or_default());
    let mut out = hang(&format!("{} ", paint.warn("?")), &title, columns);
    let why = failure.map(short).unwrap_or_else(|| {
        "no answer was recorded: houseplan ended before there was one, or could not write it".to_owned()
    });
    out.push_str(&hang("  ", &why, columns));
    // Its last lines, where it was a process or a Job: by them a person judges.
    let is_of_one =
        |it: &&Failure| ["exec", "job", "helm"].iter().any(|area| it.code.starts_with(&format!("houseplan::{area}::")));
    for line in failure.into_iter().filter(is_of_one).flat_map(|it| it.cause.as_deref()) {
        line.lines().for_each(|line| out.push_str(&hang("    ", &one_line(line), columns)));
    }
    let meaning = match (asked, account.outline.kind(&task.step)) {
        (true, _) => {
            "Its outcome is unknown: it may be done, or not, and houseplan cannot find out. It needs your decision: look, then settle it."
        }
        (false, Kind::Backup | Kind::Restore) => {
            "Its outcome is unknown: it may still run on the server. `resume` finds it there and follows it."
        }
        (false, _) => "Its outcome is unknown: it may be done, or not. `resume` finds out before it goes on.",
    };
    out.push_str(&hang("  ", meaning, columns));
    let help = attempt.and_then(|it| help(account, it.failure.as_ref()?, Some((id, it.number))));
    if let Some(help) = help {
        out.push_str(&hang(&format!("  {}  ", paint.strong("help:")), &help, columns));
    }
    out
}

fn approvals(account: &Account, columns: usize, paint: Paint) -> Option<String> {
    let awaited = account.tasks_in(|task| match &task.state {
        TaskStatus::AwaitingApproval { shown, digest } if account.may_still_run(&task.step) => Some((shown, digest)),
        _ => None,
    });
    let text: String = awaited
        .map(|(id, task, (shown, digest))| {
            let title = format!("{} needs your approval of this:", called(account, id, task));
            let title = hang(&format!("{} ", paint.warn("?")), &title, columns);
            format!("{title}\n{}    {} {digest}\n", approval_text(shown, columns), paint.dim("digest"))
        })
        .collect();
    (!text.is_empty()).then_some(text)
}
