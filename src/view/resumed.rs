//! The first lines of `houseplan resume`: what it found before it goes on.

use jiff::Timestamp;

use super::{
    paint::{Paint, pad_right},
    wrap::hang,
};

use crate::{
    account::{Account, StepStatus, Task, TaskStatus, outline::Kind, standing::reason_words},
    engine::{event::SuspendReason, state::Lifecycle},
    humanize,
    name::{StepId, TaskId},
};

/// The lines, from the run as its journal tells it before this process took it up.
pub fn resumed(account: &Account, now: Timestamp, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let mut out = hang("", &format!("run {} {}", account.run(), title(account, now)), columns);
    let mut say = |what: &str, text: &str| {
        let label = pad_right(what, 9);
        let label = if what == "in doubt" { paint.warn(&label) } else { paint.dim(&label) };
        out.push_str(&hang(&format!("  {label} "), text, columns));
    };
    for (id, task) in &account.tasks {
        if let Some((what, text)) = task_line(account, id, task) {
            say(what, &text);
        }
    }
    for (id, step) in account.steps.iter().filter(|(_, step)| account.state(step) == StepStatus::Stopped) {
        if let Some(refused) = step.refusals.last() {
            let again = again(account, id, "it is checked again");
            say("stopped", &format!("{}: {}{again}", account.name(id), refused.what.check));
        }
    }
    let done = account.shown_steps().filter(|(_, step)| step.state == StepStatus::Succeeded).count() as u64;
    if done > 0 {
        let they = if done == 1 { "it is not repeated" } else { "they are not repeated" };
        say("done", &format!("{}; {they}", humanize::count(done, "step")));
    }
    out
}

/// What had become of the run, behind its name.
fn title(account: &Account, now: Timestamp) -> String {
    let ago = account.last.map(|last| humanize::ago(last, now)).unwrap_or_default();
    match account.lifecycle {
        Lifecycle::Created | Lifecycle::Running if account.abandoned.is_some() => {
            "was abandoned; what remains is `finally`".to_owned()
        }
        Lifecycle::Suspended(SuspendReason::Interrupted) => format!("was interrupted {ago}"),
        Lifecycle::Suspended(SuspendReason::AwaitingApproval) if !account.awaits_approval() => {
            format!("waited for an approval, which was given {ago}")
        }
        Lifecycle::Suspended(reason) => format!("was suspended {ago}: {}", reason_words(reason)),
        Lifecycle::Ended(_) => "has ended".to_owned(),
        Lifecycle::Created | Lifecycle::Running => match account.sessions.last() {
            Some(session) => {
                format!("was cut short: process {} on {} died; last update {ago}", session.process, session.host)
            }
            None => format!("was cut short: its process died; last update {ago}"),
        },
    }
}

/// What is found of a task that is not done, and what is done about it now.
fn task_line(account: &Account, id: &TaskId, task: &Task) -> Option<(&'static str, String)> {
    let name = format!("{} {}", account.name(&task.step), account.subject(id));
    let name = name.trim_end();
    match &task.state {
        TaskStatus::Running | TaskStatus::InDoubt(_) | TaskStatus::Settling => {
            let how = match account.outline.kind(&task.step) {
                _ if account.left_in_doubt.contains(id) => {
                    "its outcome stays unknown, for the run was abandoned without its server"
                }
                Kind::Backup | Kind::Restore => "houseplan asks the server, and follows it if it still runs there",
                _ => "houseplan finds out whether it was done",
            };
            Some(("in doubt", format!("{name}, attempt {}: {how}", task.attempt())))
        }
        TaskStatus::Unsettled(_) => {
            Some(("in doubt", format!("{name}, attempt {}: needs your decision", task.attempt())))
        }
        TaskStatus::Failed(failure) | TaskStatus::Retrying(failure, _) => {
            let again = again(account, &task.step, "it is tried again");
            Some(("failed", format!("{name}: {}{again}", failure.message)))
        }
        TaskStatus::AwaitingApproval { .. } if account.may_still_run(&task.step) => {
            Some(("waits", format!("{name} for an approval")))
        }
        _ => None,
    }
}

fn again(account: &Account, step: &StepId, what: &str) -> String {
    if account.may_still_run(step) { format!("; {what}") } else { String::new() }
}
