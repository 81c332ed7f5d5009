//! The screen of a run that has ended: what a person would otherwise check by hand, and nothing that the data do not prove.

use std::{cmp::Reverse, fmt::Write as _};

use super::{
    paint::{Paint, cut},
    table::{Align, labelled, layout},
    wrap::hang,
};

use crate::{
    account::{
        Account, StepStatus,
        ending::FinallyStep,
        evidence::{BackedUp, Compared, ComparedTable},
        outline::Kind,
    },
    engine::event::Outcome,
    humanize,
    name::{Name, StepId},
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
pub fn closing(account: &Account, columns: usize, paint: Paint) -> String {
    let Some(outcome) = account.outcome() else { return String::new() };
    let columns = columns.clamp(60, 100);
    let compared = account.compared();
    let mut out = not_done(account, outcome, columns, paint);
    out.push_str(&headline(account, outcome, compared.last(), columns, paint));
    if let Some(compared) = compared.last() {
        out.push('\n');
        out.push_str(&table(compared, columns, paint));
    }
    out.push('\n');
    out.push_str(&done(account, compared.last(), columns, paint));
    out
}

/// The steps of `finally` that an abandoned run has skipped though they change something, with why, and how each is done by
/// hand. It comes first: whoever abandons a run counts on them.
fn not_done(account: &Account, outcome: Outcome, columns: usize, paint: Paint) -> String {
    let skipped = account.finally.iter().filter(|it| outcome == Outcome::Abandoned && !it.by_hand.is_empty());
    let skipped = skipped.filter_map(|it| {
        let step = account.steps.get(shown_start(account, &it.step))?;
        let said = step.summary.as_deref().unwrap_or_default();
        // What lacks a server that the run was abandoned without counts as done, and says so.
        let reason = if step.state == StepStatus::Skipped { Some(said) } else { said.strip_prefix("skipped: ") };
        reason.map(|reason| (it, reason))
    });
    let block = |(it, reason): (&FinallyStep, &str)| {
        let mut out = hang(
            &format!("{} ", paint.bad("!")),
            &format!("NOT DONE: `{}` of `finally` was skipped", it.step),
            columns,
        );
        out.push_str(&hang("  ", reason, columns));
        out.push_str("  by hand, once you are sure that it is wanted:\n");
        for line in it.by_hand.iter().flat_map(|text| text.lines()) {
            let _ = writeln!(out, "    {}", paint.live(line));
        }
        out.push('\n');
        out
    };
    skipped.map(block).collect()
}

/// The step that bears the reason: of an inclusion, its start.
fn shown_start<'a>(account: &'a Account, id: &'a StepId) -> &'a StepId {
    match account.outline.steps.get(id) {
        Some(step) if step.kind == Kind::IncludeEnd => step.enclosing.as_ref().unwrap_or(id),
        _ => id,
    }
}

fn headline(
    account: &Account,
    outcome: Outcome,
    compared: Option<&Compared<'_>>,
    columns: usize,
    paint: Paint,
) -> String {
    let took = humanize::duration(account.took());
    let resumed = match resumed(account) {
        0 => String::new(),
        1 => ", resumed once".to_owned(),
        more => format!(", resumed {more} times"),
    };
    let differs = compared.is_some_and(|it| !it.all_equal || it.tables.is_empty());
    let (sign, ended) = match outcome {
        Outcome::Succeeded if differs => (paint.warn("!"), "succeeded in"),
        Outcome::Succeeded => (paint.good("✓"), "succeeded in"),
        Outcome::Abandoned => (paint.bad("■"), "was abandoned after"),
    };
    let claim = compared.filter(|_| outcome == Outcome::Succeeded).map(|it| format!(": {}", claim(it)));
    let text = format!("{} {ended} {took}{resumed}{}", account.plan(), claim.unwrap_or_default());
    hang(&format!("{sign} "), &text, columns)
}

/// How often it was taken up again to go on; `abandon` takes it up to end it.
fn resumed(account: &Account) -> usize {
    let ending = account.abandoned.as_ref().map(|(abandoned, _)| abandoned);
    let by_abandon = account.sessions.iter().any(|session| ending.is_some_and(|ending| session.at >= *ending));
    account.sessions.len().saturating_sub(1 + usize::from(by_abandon))
}

/// What the comparison proves, in words.
fn claim(compared: &Compared<'_>) -> String {
    let wherever = match compared.members.as_slice() {
        few if few.len() <= 3 => humanize::list(few),
        many => format!("all {} members", many.len()),
    };
    let every = match &compared.database {
        Some(database) => format!("every table of `{database}`"),
        None => "every table".to_owned(),
    };
    let every = match compared.left_out.as_slice() {
        [] => every,
        names => format!("{every} but {}", humanize::first_of(&quoted(names), MOST_LEFT_OUT)),
    };
    let differ = compared.tables.iter().filter(|table| !table.all_equal()).count();
    if compared.tables.is_empty() {
        "nothing was compared".to_owned()
    } else if compared.proves(&[Aspect::Rows, Aspect::Checksum]) || compared.proves(&[Aspect::Checksum]) {
        format!("{every} is the same on {wherever}{}", compared.how())
    } else if compared.proves(&[]) {
        format!("{every} has the same {} on {wherever}{}", aspects(compared.by), compared.only_merged())
    } else if differ > 0 {
        let verb = if differ == 1 { "differs" } else { "differ" };
        format!(
            "{} of {} {verb}",
            humanize::thousands(differ as u64),
            humanize::count(compared.tables.len() as u64, "table")
        )
    } else if compared.all_equal {
        format!("what was compared has the same {} on {wherever}{}", aspects(compared.by), compared.only_merged())
    } else {
        "its comparison proves nothing".to_owned()
    }
}

fn quoted(names: &[String]) -> Vec<String> {
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
fn chosen<'a>(compared: &'a Compared<'_>) -> Vec<&'a ComparedTable> {
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
    let mut rows = rows(compared, &shown);
    drop_empty_columns(&mut rows);
    let mut out = String::new();
    for (index, line) in layout(&rows, &[Align::Left, Align::Right], 3).into_iter().enumerate() {
        let line = cut(format!("  {line}").trim_end(), columns);
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
    for difference in shown.iter().flat_map(|table| table.differences()) {
        out.push_str(&hang(&format!("  {} ", paint.bad("≠")), &difference.to_string(), columns));
    }
    out.push_str(&hang("  ", &totals(compared), columns));
    out
}

/// A row of headings, then a row a table.
fn rows(compared: &Compared<'_>, tables: &[&ComparedTable]) -> Vec<Vec<String>> {
    let wide = compared.members.len() <= MOST_MEMBERS;
    let members: Vec<&str> = if wide { compared.members.iter().map(Name::as_str).collect() } else { vec!["members"] };
    let heads = ["table", "rows", "size"].into_iter().chain(members.iter().copied()).chain(["checksum"]);
    let mut rows: Vec<Vec<String>> = vec![heads.map(str::to_owned).collect()];
    for table in tables {
        let mut row = vec![
            cut(&table.name, 32),
            table.rows.map(humanize::thousands).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
        ];
        if wide {
            row.extend(compared.members.iter().map(|member| sign(table, member).to_owned()));
        } else {
            let equal = table.found.values().filter(|found| found.verdict.is_equal()).count();
            row.push(format!("= on {equal} of {}", compared.members.len()));
        }
        row.push(table.checksum.as_deref().map(humanize::checksum).unwrap_or_default());
        rows.push(row);
    }
    rows
}

/// What is known of no table has no column.
fn drop_empty_columns(rows: &mut [Vec<String>]) {
    for column in (0..rows[0].len()).rev() {
        if rows.len() > 1 && rows[1..].iter().all(|row| row[column].is_empty()) {
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
}

fn sign(table: &ComparedTable, member: &Name) -> &'static str {
    table.found.get(member).map_or("not compared", |found| found.verdict.sign())
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
fn done(account: &Account, compared: Option<&Compared<'_>>, columns: usize, paint: Paint) -> String {
    let restored = account.restored();
    let backups = account.backups();
    let mut lines: Vec<(&str, String)> = Vec::new();
    for backup in &backups {
        let keep = if restored.done.is_empty() { "" } else { "; keep it until you trust what was restored" };
        lines.push(("backup", format!("{}{keep}", backup_words(backup))));
    }
    if compared.is_none() && restored.tasks > 0 {
        let all = format!("{} of {} done", restored.done.len(), humanize::count(restored.tasks as u64, "task"));
        let what = match restored.done.is_empty() {
            true => String::new(),
            false => format!(": {}; not compared with what was backed up", humanize::first_of(&restored.done, 6)),
        };
        lines.push(("restored", format!("{all}{what}")));
    }
    if compared.is_none() && backups.is_empty() && restored.tasks == 0 {
        lines.extend(summaries(account));
    }
    if let Some(compared) = compared.filter(|it| !it.left_out.is_empty()) {
        lines.push(("left out", compared.left_out.join(", ")));
    }
    // What could not be released is told as it is met, with the reason and what to do.
    lines.extend(account.notes().into_iter().map(|note| ("note", note)));
    let skipped = account.shown_steps().filter(|(_, step)| step.state == StepStatus::Skipped);
    let skipped: Vec<&str> = skipped.map(|(id, _)| id.as_str()).collect();
    if !skipped.is_empty() {
        lines.push(("skipped", humanize::first_of(&skipped, 6)));
    }
    lines.push(("report", format!("houseplan report {}", account.run())));
    labelled(&lines, 2, columns, paint)
}

/// What each step says of itself, where nothing was moved.
fn summaries(account: &Account) -> impl Iterator<Item = (&str, String)> {
    let done = account.shown_steps().filter(|(_, step)| step.state == StepStatus::Succeeded);
    let shown = done.filter(|(id, _)| account.outline.kind(id) != Kind::IncludeStart);
    shown.filter_map(|(id, step)| Some((id.as_str(), step.summary.clone()?)))
}

/// `clickhouse-backup/2026-… in store, 318 MiB`.
pub fn backup_words(backup: &BackedUp<'_>) -> String {
    let size = backup.bytes.map(|bytes| format!(", {}", humanize::size(bytes))).unwrap_or_default();
    format!("{} in `{}`{size}", backup.path, backup.store)
}
