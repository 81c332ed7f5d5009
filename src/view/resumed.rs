//! The opening of `houseplan resume`: what it found before it goes on.

use jiff::Timestamp;

use super::{
    line::reason_words,
    model::{Model, Standing, StepState, TaskState},
    outline::Kind,
    paint::{Paint, hang, left},
};

use crate::{engine::event::SuspendReason, humanize, name::StepId};

/// The lines, from the run as its journal tells it before this process took it up.
pub fn resumed(model: &Model, now: Timestamp, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let ago = model.last.map(|last| humanize::ago(last, now)).unwrap_or_default();
    let title = match model.standing {
        Standing::Open if model.abandoned.is_some() => "is given up; what remains is `finally`".to_owned(),
        Standing::Suspended(SuspendReason::Interrupted) => format!("was interrupted {ago}"),
        Standing::Suspended(SuspendReason::AwaitingApproval) if !model.awaits_approval() => {
            format!("waited for an approval, which was given {ago}")
        }
        Standing::Suspended(reason) => format!("was suspended {ago}: {}", reason_words(reason)),
        Standing::Ended(_) => "has ended".to_owned(),
        Standing::Open => match model.sessions.last() {
            Some(session) => {
                format!("broke off, last heard of {ago} (process {} on {} is gone)", session.process, session.host)
            }
            None => format!("broke off, last heard of {ago}"),
        },
    };
    let again = |step: &StepId, what: &str| if model.is_left(step) { format!("; {what}") } else { String::new() };
    let mut out = hang("", &format!("run {} {title}", model.run()), columns);
    let mut say = |what: &str, text: &str| {
        let label = left(what, 9);
        let label = if what == "in doubt" { paint.warn(&label) } else { paint.dim(&label) };
        out.push_str(&hang(&format!("  {label} "), text, columns));
    };
    for (id, task) in &model.tasks {
        let subject = model.subject(id);
        let name = format!("{} {subject}", model.name(&task.step));
        let attempt = task.attempts.last().map(|it| it.number).unwrap_or(1);
        match &task.state {
            TaskState::Running | TaskState::InDoubt(_) | TaskState::Settling => {
                let how = match model.outline.kind(&task.step) {
                    _ if model.left.contains(id) => {
                        "it is left so, for the run is given up without the server to be asked"
                    }
                    Kind::Backup | Kind::Restore => {
                        "the server is asked for it, and it is followed if it goes on there"
                    }
                    _ => "it is found out what became of it",
                };
                say("in doubt", &format!("{}, attempt {attempt}: {how}", name.trim_end()));
            }
            TaskState::Unsettled(_) => {
                say("in doubt", &format!("{}, attempt {attempt}: a person has to say", name.trim_end()));
            }
            TaskState::Failed(failure) | TaskState::Retrying(failure, _) => {
                let again = again(&task.step, "it is tried again");
                say("failed", &format!("{}: {}{again}", name.trim_end(), failure.message));
            }
            TaskState::AwaitingApproval { .. } if model.is_left(&task.step) => {
                say("waits", &format!("{} for an approval", name.trim_end()))
            }
            _ => {}
        }
    }
    for (id, step) in model.steps.iter().filter(|(_, step)| model.state(step) == StepState::Stopped) {
        if let Some((_, refusal)) = step.refusals.last() {
            let again = again(id, "it is checked again");
            say("stopped", &format!("{}: {}{again}", model.name(id), refusal.check));
        }
    }
    let done = model.shown_steps().filter(|(_, step)| step.state == StepState::Succeeded).count() as u64;
    if done > 0 {
        let they = if done == 1 { "it is not repeated" } else { "they are not repeated" };
        say("done", &format!("{}; {they}", humanize::count(done, "step")));
    }
    out
}
