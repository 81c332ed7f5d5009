//! The screen of a run that has ended: what a person would otherwise check by hand, and nothing that the data do not prove.

use std::cmp::Reverse;

use super::{
    evidence::{self, BackedUp, Compared, ComparedTable},
    model::{Model, Standing, StepState},
    outline::Kind,
    paint::{Paint, cut, hang, left, right, width},
};
use crate::{
    engine::event::Outcome,
    humanize::{self, NOT_IN_A_BACKUP},
    plan::actions::Aspect,
};

/// So many tables are shown; of more only the largest, and every one that differs.
const MOST_TABLES: usize = 20;
/// How many are shown then.
const LARGEST: usize = 12;
/// So many of the tables that were left out are named in the headline; below it all are.
const MOST_LEFT_OUT: usize = 3;
/// So many members have a column each; of more only their number is shown.
const MOST_MEMBERS: usize = 4;

/// The screen, for a terminal of `columns`. Empty where the run has not ended.
pub fn closing(model: &Model, columns: usize, paint: Paint) -> String {
    let Standing::Ended(outcome) = model.standing else { return String::new() };
    let columns = columns.clamp(60, 100);
    let compared = evidence::compared(model);
    let backups = evidence::backups(model);
    let mut out = headline(model, outcome, compared.last(), columns, paint);
    if let Some(compared) = compared.last() {
        out.push('\n');
        out.push_str(&table(compared, columns, paint));
    }
    out.push('\n');
    out.push_str(&done(model, &backups, compared.last(), columns, paint));
    out
}

fn headline(model: &Model, outcome: Outcome, compared: Option<&Compared<'_>>, columns: usize, paint: Paint) -> String {
    let took = humanize::duration(model.took());
    let resumed = match model.sessions.len() {
        0 | 1 => String::new(),
        2 => ", resumed once".to_owned(),
        more => format!(", resumed {} times", more - 1),
    };
    let differs = compared.is_some_and(|it| !it.all_equal || it.tables.is_empty());
    let (sign, ended) = match outcome {
        Outcome::Succeeded if differs => (paint.warn("!"), "succeeded in"),
        Outcome::Succeeded => (paint.good("✓"), "succeeded in"),
        Outcome::Abandoned => (paint.bad("■"), "was abandoned after"),
    };
    let claim = compared.filter(|_| outcome == Outcome::Succeeded).map(|it| format!(": {}", claim(it)));
    let text = format!("{} {ended} {took}{resumed}{}", model.plan(), claim.unwrap_or_default());
    hang(&format!("{sign} "), &text, columns)
}

/// What the comparison proves, in words.
fn claim(compared: &Compared<'_>) -> String {
    let wherever = match compared.members.as_slice() {
        few if few.len() <= 3 => humanize::list(few),
        many => format!("all {} members", many.len()),
    };
    let every = match compared.database {
        Some(database) => format!("every table of `{database}`"),
        None => "every table".to_owned(),
    };
    let every = match compared.left_out.as_slice() {
        [] => every,
        names => format!("{every} but {}", humanize::first_of(&quoted(names), MOST_LEFT_OUT)),
    };
    let merged = match compared.by_final() {
        0 => String::new(),
        tables => format!(" ({} only as after all merges, FINAL)", humanize::count(tables as u64, "table")),
    };
    let differ = compared.tables.iter().filter(|table| !table.all_equal()).count();
    if compared.tables.is_empty() {
        "nothing was compared".to_owned()
    } else if compared.proves(&[Aspect::Rows, Aspect::Checksum]) || compared.proves(&[Aspect::Checksum]) {
        format!("{every} is the same on {wherever}{merged}")
    } else if compared.proves(&[]) {
        format!("{every} has the same {} on {wherever}{merged}", aspects(compared.by))
    } else if differ > 0 {
        let verb = if differ == 1 { "differs" } else { "differ" };
        format!(
            "{} of {} {verb}",
            humanize::thousands(differ as u64),
            humanize::count(compared.tables.len() as u64, "table")
        )
    } else if compared.all_equal {
        format!("what was compared has the same {} on {wherever}{merged}", aspects(compared.by))
    } else {
        "its comparison says nothing".to_owned()
    }
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

fn aspects(by: &[Aspect]) -> String {
    let words: Vec<&str> = by
        .iter()
        .map(|aspect| match aspect {
            Aspect::Columns => "columns",
            Aspect::Rows => "number of rows",
            Aspect::Checksum => "checksums",
        })
        .collect();
    humanize::list(&words)
}

/// The tables as they are shown: those that differ, then the largest.
fn chosen<'a, 'b>(compared: &'b Compared<'a>) -> Vec<&'b ComparedTable<'a>> {
    let mut tables: Vec<_> = compared.tables.iter().collect();
    tables.sort_by_key(|table| (table.all_equal(), Reverse(table.bytes), Reverse(table.rows)));
    if tables.len() > MOST_TABLES {
        let differing = tables.iter().filter(|table| !table.all_equal()).count();
        tables.truncate(LARGEST.max(differing));
    }
    tables
}

fn table(compared: &Compared<'_>, columns: usize, paint: Paint) -> String {
    let shown = chosen(compared);
    let wide = compared.members.len() <= MOST_MEMBERS;
    let members: Vec<&str> = if wide { compared.members.clone() } else { vec!["members"] };
    let mut rows: Vec<Vec<String>> = vec![["table", "rows", "size"].map(str::to_owned).to_vec()];
    rows[0].extend(members.iter().map(|member| (*member).to_owned()));
    rows[0].push("checksum".to_owned());
    for table in &shown {
        let mut row = vec![
            cut(table.name, 32),
            table.rows.map(humanize::thousands).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
        ];
        if wide {
            row.extend(members.iter().map(|member| sign(table, member).to_owned()));
        } else {
            let equal = table.found.values().filter(|found| found.verdict.is_equal()).count();
            row.push(format!("= on {equal} of {}", compared.members.len()));
        }
        row.push(table.checksum.as_deref().map(humanize::checksum).unwrap_or_default());
        rows.push(row);
    }
    for column in (0..rows[0].len()).rev() {
        let empty = rows[1..].iter().all(|row| row[column].is_empty());
        if empty && rows.len() > 1 {
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, columns))| match at {
            0 => left(cell, *columns),
            _ => right(cell, *columns),
        });
        let line = format!("  {}", cells.collect::<Vec<_>>().join("   "));
        let line = cut(line.trim_end(), columns);
        let differs = index > 0 && !shown[index - 1].all_equal();
        out.push_str(&if index == 0 {
            paint.dim(&line)
        } else if differs {
            paint.bad(&line)
        } else {
            line
        });
        out.push('\n');
    }
    let hidden = compared.tables.len() - shown.len();
    if hidden > 0 {
        out.push_str(&format!("  …{} more, all equal\n", humanize::thousands(hidden as u64)));
    }
    out.push_str(&differences(&shown, columns, paint));
    out.push_str(&hang("  ", &totals(compared), columns));
    out
}

fn sign(table: &ComparedTable<'_>, member: &str) -> &'static str {
    table.found.get(member).map_or("not compared", |found| found.verdict.sign())
}

fn differences(tables: &[&ComparedTable<'_>], columns: usize, paint: Paint) -> String {
    let mut out = String::new();
    for table in tables {
        for (member, found) in table.found.iter().filter(|(_, found)| !found.verdict.is_equal()) {
            let text = match found.differences.is_empty() {
                true => found.verdict.sign().to_owned(),
                false => found.differences.join("; "),
            };
            out.push_str(&hang(
                &format!("  {} ", paint.bad("≠")),
                &format!("{} on {member}: {text}", table.name),
                columns,
            ));
        }
    }
    out
}

/// `12 tables · 1,240,551 rows · 318 MiB · compared by columns, number of rows and checksums`.
fn totals(compared: &Compared<'_>) -> String {
    let mut parts = vec![humanize::count(compared.tables.len() as u64, "table")];
    parts.extend(compared.rows().map(|rows| humanize::count(rows, "row")));
    parts.extend(compared.bytes().map(humanize::size));
    parts.push(format!("compared by {}", aspects(compared.by)));
    parts.join(" · ")
}

/// The lines below: what there is now, and where to read more.
fn done(
    model: &Model,
    backups: &[BackedUp<'_>],
    compared: Option<&Compared<'_>>,
    columns: usize,
    paint: Paint,
) -> String {
    let restored = evidence::restored(model);
    let uncompared = compared.is_none();
    let mut lines: Vec<(&str, String)> = Vec::new();
    for backup in backups {
        let keep = if restored.done.is_empty() { "" } else { "; keep it until you trust what was restored" };
        lines.push(("backup", format!("{}{keep}", backup_words(backup))));
    }
    if uncompared && restored.tasks > 0 {
        let all = format!("{} of {}", restored.done.len(), humanize::count(restored.tasks as u64, "task"));
        lines.push((
            "restored",
            match restored.done.is_empty() {
                true => format!("{all} done"),
                false => {
                    format!(
                        "{all} done: {}; not compared with what was backed up",
                        humanize::first_of(&restored.done, 6)
                    )
                }
            },
        ));
    }
    if uncompared && backups.is_empty() && restored.tasks == 0 {
        let shown = model.shown_steps().filter(|(_, step)| step.state == StepState::Succeeded);
        lines.extend(
            shown
                .filter(|(id, _)| model.outline.kind(id) != Kind::IncludeStart)
                .filter_map(|(id, step)| Some((id.as_str(), step.summary.clone()?))),
        );
    }
    if let Some(compared) = compared.filter(|it| !it.left_out.is_empty()) {
        lines.push(("left out", compared.left_out.join(", ")));
    }
    lines.extend(notes(model).into_iter().map(|note| ("note", note.to_owned())));
    let skipped: Vec<&str> =
        model.shown_steps().filter(|(_, step)| step.state == StepState::Skipped).map(|(id, _)| id.as_str()).collect();
    if !skipped.is_empty() {
        lines.push(("skipped", humanize::first_of(&skipped, 6)));
    }
    lines.push(("report", format!("houseplan report {}", model.run())));
    let names = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    lines.iter().map(|(name, text)| hang(&format!("  {}   ", paint.dim(&left(name, names))), text, columns)).collect()
}

/// What the inventories say that no table of numbers does: what a backup leaves out, what starts by itself when restored.
pub fn notes(model: &Model) -> Vec<&str> {
    let inventories = model.shown_steps().filter(|(id, _)| model.outline.kind(id) == Kind::Inventory);
    let held = inventories.filter(|(_, step)| {
        step.outputs.get("tables").and_then(|tables| tables.as_array()).is_some_and(|tables| !tables.is_empty())
    });
    let noted = held.filter_map(|(_, step)| step.outputs.get("notes")?.as_array());
    let mut notes: Vec<&str> = noted.flatten().filter_map(|note| note.as_str()).collect();
    let mut seen = std::collections::HashSet::new();
    let backs_up = model.outline.steps.values().any(|step| step.kind == Kind::Backup);
    notes.retain(|note| seen.insert(*note) && (backs_up || *note != NOT_IN_A_BACKUP));
    notes
}

/// `clickhouse-backup/2026-… in store, 318 MiB`.
pub fn backup_words(backup: &BackedUp<'_>) -> String {
    let store = backup.store.map(|store| format!(" in `{store}`")).unwrap_or_default();
    let size = backup.bytes.map(|bytes| format!(", {}", humanize::size(bytes))).unwrap_or_default();
    format!("{}{store}{size}", backup.path)
}
