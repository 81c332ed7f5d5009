//! The screens of a run that stands still: what happened, what has and has not been done, and what to type next.

use indexmap::IndexMap;

use super::{
    failure::{Failed, Places},
    line::short,
    model::{Model, Standing, Step, StepState, Task, TaskState},
    next::{Typed, next},
    outline::Kind,
    paint::{Paint, hang, left, one_line, width},
    undone::undone,
};

use crate::{
    engine::event::SuspendReason,
    failure::{Failure, Refusal},
    humanize,
    name::{StepId, TaskId},
};

/// So many failures are shown whole, and so many more in a line each.
const MOST_FAILURES: usize = 4;
const MOST_SHORT: usize = 20;
/// So many lines of what a check found: as many as it gives, with the one that counts the rest.
const MOST_FOUND: usize = 21;

/// The screen, for `columns`. Empty where the run does not stand still.
pub fn suspended(model: &Model, places: Places<'_>, columns: usize, paint: Paint) -> String {
    let Standing::Suspended(reason) = model.standing else { return String::new() };
    let columns = columns.clamp(60, 100);
    let mut blocks = Vec::new();
    if reason == SuspendReason::Interrupted {
        blocks.push(interrupted(model, columns, paint));
    }
    blocks.extend(failures(model, places, columns, paint));
    blocks.extend(stops(model, columns, paint));
    blocks.extend(doubts(model, columns, paint));
    blocks.extend(approvals(model, columns, paint));
    if blocks.is_empty() {
        blocks.push(format!("{} the run stands still\n", paint.bad("■")));
    }
    let undone = undone(model);
    if !undone.is_empty() {
        blocks.push(undone.iter().map(|sentence| hang("  ", sentence, columns)).collect());
    }
    blocks.push(next(model, columns, paint));
    blocks.join("\n")
}

fn interrupted(model: &Model, columns: usize, paint: Paint) -> String {
    let signal = model.interrupted.as_ref().map(|signal| format!(" ({signal})")).unwrap_or_default();
    let done = model.shown_steps().filter(|(_, step)| step.state == StepState::Succeeded).count() as u64;
    let text =
        format!("interrupted{signal}: {} done, nothing is under way in this process", humanize::count(done, "step"));
    hang(&format!("{} ", paint.bad("■")), &text, columns)
}

/// The tasks that are in a state, by the order of the plan.
fn tasks<'a, T>(
    model: &'a Model,
    wanted: impl Fn(&'a Task) -> Option<T> + 'a,
) -> impl Iterator<Item = (&'a TaskId, &'a Task, T)> {
    let all = model.steps.values().flat_map(|step| model.tasks_of(step));
    all.filter_map(move |(id, task)| wanted(task).map(|it| (id, task, it)))
}

fn failures(model: &Model, places: Places<'_>, columns: usize, paint: Paint) -> Vec<String> {
    let mut all: Vec<Failed<'_>> = Vec::new();
    let left = |(id, step): &(&StepId, &Step)| step.state == StepState::Failed && model.is_left(id);
    for (id, step) in model.steps.iter().filter(left) {
        if let Some((_, failure)) = step.failures.last() {
            all.push(Failed {
                what: format!("`{}` failed", model.name(id)),
                failure,
                help: help(model, failure, None),
                attempt: None,
                place: places(id),
            });
        }
    }
    let failed = tasks(model, |task| match &task.state {
        TaskState::Failed(failure) if model.is_left(&task.step) => Some(failure),
        _ => None,
    });
    all.extend(failed.map(|(id, task, failure)| {
        let attempt = task.attempts.last().map(|attempt| attempt.number);
        Failed {
            what: format!("{} failed", called(model, id, task)),
            failure,
            help: help(model, failure, attempt.map(|attempt| (id, attempt))),
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
fn help(model: &Model, failure: &Failure, task: Option<(&TaskId, u32)>) -> Option<String> {
    failure.help.as_ref().map(|help| Typed { run: Some(model.run()), task }.fill(help))
}

/// `` `restore` for runs on replica1 ``.
fn called(model: &Model, id: &TaskId, task: &Task) -> String {
    let subject = model.subject(id);
    let name = model.name(&task.step);
    match &task.member {
        _ if subject.is_empty() => format!("`{name}`"),
        Some(member) if subject == member.as_str() => format!("`{name}` on {member}"),
        Some(member) if !subject.ends_with(&format!(" on {member}")) => format!("`{name}` for {subject} on {member}"),
        _ => format!("`{name}` for {subject}"),
    }
}

fn stops(model: &Model, columns: usize, paint: Paint) -> Vec<String> {
    let left = |(id, step): &(&StepId, &Step)| step.state == StepState::Stopped && model.is_left(id);
    let steps = model.steps.iter().filter(left);
    let steps = steps.filter_map(|(id, step)| Some((format!("`{}`", model.name(id)), &step.refusals.last()?.1)));
    let stopped = tasks(model, |task| match &task.state {
        TaskState::Stopped(refusal) if model.is_left(&task.step) => Some(refusal),
        _ => None,
    });
    let steps = steps.map(|(name, refusal)| stop(&name, refusal, columns, paint));
    let alike = alike(stopped.collect());
    steps
        .chain(alike.iter().map(|tasks| {
            let (name, refusal) = together(model, tasks);
            stop(&name, &refusal, columns, paint)
        }))
        .collect()
}

/// A task that its check has stopped.
type Stopped<'a> = (&'a TaskId, &'a Task, &'a Refusal);

/// The tasks of a step that were stopped for the same reason, in one.
fn alike(stopped: Vec<Stopped<'_>>) -> Vec<Vec<Stopped<'_>>> {
    let why =
        |(_, task, it): &Stopped<'_>| (task.step.clone(), it.check.clone(), it.expected.clone(), it.phase.clone());
    let mut groups: IndexMap<_, Vec<Stopped<'_>>> = IndexMap::new();
    for task in stopped {
        groups.entry(why(&task)).or_default().push(task);
    }
    groups.into_values().collect()
}

/// What tasks are called together, and all that was found.
fn together(model: &Model, tasks: &[Stopped<'_>]) -> (String, Refusal) {
    let (id, task, first) = tasks[0];
    let name = match tasks {
        [_] => called(model, id, task),
        many => {
            let subjects: Vec<String> = many.iter().map(|(id, ..)| model.subject(id)).collect();
            format!("`{}` for {}", model.name(&task.step), humanize::first_of(&subjects, 4))
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
    let mut out =
        hang(&format!("{} ", paint.bad("■")), &format!("stopped {when} {name}: {what} does not hold"), columns);
    out.push('\n');
    out.push_str(&hang("    ", &paint.strong(&one_line(&refusal.check)), columns));
    out.push_str(&hang(&format!("    {}   ", paint.dim("expected")), &one_line(&refusal.expected), columns));
    for (index, (cells, last)) in found(refusal).into_iter().enumerate() {
        let before = if index == 0 { paint.dim("found") } else { String::new() };
        let before = format!("    {}   ", left(&before, 8));
        // The last cell keeps to its column, where that leaves room for it.
        out.push_str(&match 3 * (width(&before) + width(&cells)) <= 2 * columns {
            true => hang(&format!("{before}{cells}"), &last, columns),
            false => hang(&before, &format!("{cells}{last}"), columns),
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
    let rows: Vec<Vec<String>> =
        refusal.found.iter().take(MOST_FOUND).map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<String>| {
        let (last, cells) = row.split_last()?;
        let cells: String =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{}   ", left(cell, *width))).collect();
        Some((cells, last.clone()))
    };
    let mut lines: Vec<(String, String)> = rows.iter().map(|row| line(row).unwrap_or_default()).collect();
    if rows.is_empty() {
        lines.push((String::new(), "nothing (no row came back)".to_owned()));
    }
    if refusal.found.len() > MOST_FOUND {
        let more = humanize::count((refusal.found.len() - MOST_FOUND) as u64, "more line");
        lines.push((String::new(), format!("…and {more}")));
    }
    lines
}

fn doubts(model: &Model, columns: usize, paint: Paint) -> Option<String> {
    let doubted = tasks(model, |task| match &task.state {
        TaskState::InDoubt(failure) => Some((failure.as_ref(), false)),
        TaskState::Unsettled(failure) => Some((Some(failure), true)),
        TaskState::Settling => Some((None, false)),
        _ => None,
    });
    let text: String =
        doubted.map(|(id, task, (failure, asked))| doubt(model, id, task, failure, asked, columns, paint)).collect();
    (!text.is_empty()).then_some(text)
}

fn doubt(
    model: &Model,
    id: &TaskId,
    task: &Task,
    failure: Option<&Failure>,
    asked: bool,
    columns: usize,
    paint: Paint,
) -> String {
    let attempt = task.attempts.last();
    let began = attempt
        .map(|it| format!("attempt {} began at {}", it.number, humanize::moment(it.started)))
        .unwrap_or_default();
    let title = format!("in doubt: {}, {began}", called(model, id, task));
    let mut out = hang(&format!("{} ", paint.warn("?")), title.trim_end_matches(", "), columns);
    let why = failure.map(short).unwrap_or_else(|| {
        "no answer is on record: houseplan ended before there was one, or could not write it".to_owned()
    });
    out.push_str(&hang("  ", &why, columns));
    // Its last lines, where it was a process: by them a person judges.
    for line in failure.iter().filter(|it| it.code.starts_with("houseplan::exec::")).flat_map(|it| it.cause.as_deref())
    {
        line.lines().for_each(|line| out.push_str(&hang("    ", &one_line(line), columns)));
    }
    let meaning = match (asked, model.outline.kind(&task.step)) {
        (true, _) => "It may have been done, or not; nothing tells which. Look, then say so.",
        (false, Kind::Backup | Kind::Restore) => {
            "It may still be going on in the server; `resume` finds it there and follows it."
        }
        (false, _) => "It may have been done, or not; `resume` finds out before it goes on.",
    };
    out.push_str(&hang("  ", meaning, columns));
    let help = attempt.and_then(|it| help(model, it.failure.as_ref()?, Some((id, it.number))));
    if let Some(help) = help {
        out.push_str(&hang(&format!("  {}  ", paint.strong("help:")), &help, columns));
    }
    out
}

fn approvals(model: &Model, columns: usize, paint: Paint) -> Option<String> {
    let awaited = tasks(model, |task| match &task.state {
        TaskState::AwaitingApproval { shown, digest } if model.is_left(&task.step) => Some((shown, digest)),
        _ => None,
    });
    let text: String = awaited
        .map(|(id, task, (shown, digest))| {
            let title = format!("{} waits for an approval of this:", called(model, id, task));
            let title = hang(&format!("{} ", paint.warn("?")), &title, columns);
            format!("{title}\n{}    {} {digest}\n", super::shown::shown(shown, columns), paint.dim("digest"))
        })
        .collect();
    (!text.is_empty()).then_some(text)
}
