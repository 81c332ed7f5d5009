//! What checks have stopped: what was expected, what was found and where.

use indexmap::IndexMap;

use super::{
    paint::{Paint, one_line, pad_right, width},
    suspended::called,
    table::{Align, layout},
    wrap::hang,
};
use crate::{
    account::{Account, Step, StepStatus, Task, TaskStatus},
    failure::Refusal,
    humanize,
    name::{StepId, TaskId},
};

/// So many lines of what a check found: as many as it gives, with the one that counts the rest.
const MOST_FOUND: usize = 21;

/// A block for each step that a check has stopped, and one for the tasks of a step that were stopped for the same reason.
pub fn stops(account: &Account, columns: usize, paint: Paint) -> Vec<String> {
    let is_stopped = |(id, step): &(&StepId, &Step)| step.state == StepStatus::Stopped && account.may_still_run(id);
    let steps = account.steps.iter().filter(is_stopped);
    let steps = steps.filter_map(|(id, step)| {
        let refused = step.refusals.last()?;
        Some(stop(&format!("`{}`", account.name(id)), &refused.what, columns, paint))
    });
    let tasks = account.tasks_in(|task| match &task.state {
        TaskStatus::Stopped(refusal) if account.may_still_run(&task.step) => Some(refusal),
        _ => None,
    });
    let tasks = by_reason(tasks).into_iter().map(|tasks| {
        let (name, refusal) = together(account, &tasks);
        stop(&name, &refusal, columns, paint)
    });
    steps.chain(tasks).collect()
}

/// A task that its check has stopped.
type Stopped<'a> = (&'a TaskId, &'a Task, &'a Refusal);

/// The tasks of a step that were stopped for the same reason, in one.
fn by_reason<'a>(stopped: impl Iterator<Item = Stopped<'a>>) -> Vec<Vec<Stopped<'a>>> {
    let mut groups: IndexMap<_, Vec<Stopped<'_>>> = IndexMap::new();
    for task in stopped {
        let (_, Task { step, .. }, Refusal { check, expected, phase, .. }) = task;
        groups.entry((step, check, expected, phase)).or_default().push(task);
    }
    groups.into_values().collect()
}

/// What tasks are called together, and all that was found.
fn together(account: &Account, tasks: &[Stopped<'_>]) -> (String, Refusal) {
    let (id, task, first) = tasks[0];
    let name = match tasks {
        [_] => called(account, id, task),
        many => {
            let subjects: Vec<String> = many.iter().map(|(id, ..)| account.subject(id)).collect();
            format!("`{}` for {}", account.name(&task.step), humanize::first_of(&subjects, 4))
        }
    };
    let found = tasks.iter().flat_map(|(.., refusal)| refusal.found.iter().cloned()).collect();
    (name, Refusal { found, waited: tasks.iter().filter_map(|(.., it)| it.waited).max(), ..first.clone() })
}

fn stop(name: &str, refusal: &Refusal, columns: usize, paint: Paint) -> String {
    let (when, what) = match refusal.phase.as_str() {
        "precondition" => ("before", "its precondition"),
        "postcondition" => ("after", "its postcondition"),
        _ => ("at", "its check"),
    };
    let title = format!("stopped {when} {name}: {what} does not hold");
    let mut out = hang(&format!("{} ", paint.bad("■")), &title, columns);
    out.push('\n');
    out.push_str(&hang("    ", &paint.strong(&one_line(&refusal.check)), columns));
    out.push_str(&hang(&format!("    {}   ", paint.dim("expected")), &one_line(&refusal.expected), columns));
    for (index, (cells, last)) in found(refusal).into_iter().enumerate() {
        let label = if index == 0 { paint.dim("found") } else { String::new() };
        let label = format!("    {}   ", pad_right(&label, 8));
        // The last cell keeps to its column, where that leaves room for it.
        out.push_str(&match 3 * (width(&label) + width(&cells)) <= 2 * columns {
            true => hang(&format!("{label}{cells}"), &last, columns),
            false => hang(&label, &format!("{cells}{last}"), columns),
        });
    }
    if let Some(waited) = refusal.waited {
        out.push_str(&format!("    {}     {}\n", paint.dim("waited"), humanize::duration(waited)));
    }
    if let Some(otherwise) = &refusal.otherwise {
        out.push('\n');
        out.push_str(&hang("  ", otherwise, columns));
    }
    out
}

/// What was found, its cells in columns; the last cell of a row, which may be long, stands apart.
fn found(refusal: &Refusal) -> Vec<(String, String)> {
    if refusal.found.is_empty() {
        return vec![(String::new(), "nothing (no row came back)".to_owned())];
    }
    let rows =
        refusal.found.iter().take(MOST_FOUND).map(|row| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>());
    let (heads, last): (Vec<Vec<String>>, Vec<String>) = rows
        .map(|mut row| {
            let last = row.pop().unwrap_or_default();
            // What stands between the last cell and those before it.
            if !row.is_empty() {
                row.push(String::new());
            }
            (row, last)
        })
        .unzip();
    let mut lines: Vec<(String, String)> = layout(&heads, &[Align::Left], 3).into_iter().zip(last).collect();
    if refusal.found.len() > MOST_FOUND {
        let more = humanize::count((refusal.found.len() - MOST_FOUND) as u64, "more line");
        lines.push((String::new(), format!("…and {more}")));
    }
    lines
}
