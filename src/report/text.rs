//! A run's account as plain text.

use super::{
    account::{Account, StepAccount},
    markdown::{compared_tables, comparisons, decisions, members, sessions, wrong},
};
use crate::humanize;
use crate::view::paint::{hang, left, right, width};

/// The account, for `columns`.
pub fn text(account: &Account, columns: usize) -> String {
    let columns = columns.clamp(60, 100);
    let version = account.plan_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let mut facts: Vec<(String, String)> = vec![
        ("run".to_owned(), account.run.clone()),
        ("plan".to_owned(), format!("{}{version}", account.plan)),
        ("environment".to_owned(), account.environment.clone()),
        ("digest".to_owned(), account.digest.clone()),
        ("by".to_owned(), account.by.clone()),
        ("began".to_owned(), account.started.map(humanize::moment).unwrap_or_default()),
        (
            "state".to_owned(),
            format!("{}, {} from first to last", account.standing.word(), humanize::duration(account.took())),
        ),
    ];
    facts.extend(account.inputs.iter().map(|(name, value)| (format!("input {name}"), value.to_string())));
    facts.extend(account.secret_inputs.iter().map(|name| (format!("input {name}"), "secret, not kept".to_owned())));
    facts.extend(account.backups.iter().map(|backup| {
        let size = backup.bytes.map(|bytes| format!(", {}", humanize::size(bytes))).unwrap_or_default();
        (format!("backup {}", backup.step), format!("{}{size}", backup.path))
    }));
    let names = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let mut out: String =
        facts.iter().map(|(name, value)| hang(&format!("{}   ", left(name, names)), value, columns)).collect();
    out.push_str("\nsteps\n");
    let steps = account.steps.iter().map(|step| width(step.step.as_str())).max().unwrap_or(0).min(32);
    account.steps.iter().for_each(|step| out.push_str(&row(step, steps, columns)));
    for (title, lines) in [
        ("compared", comparisons(account)),
        ("went wrong on the way", wrong(account)),
        ("decided", decisions(account)),
        ("notes", account.notes.clone()),
        ("servers", members(account)),
        ("processes", sessions(account)),
    ] {
        if !lines.is_empty() {
            out.push_str(&format!("\n{title}\n"));
            lines.iter().for_each(|line| out.push_str(&hang("  ", line, columns)));
        }
        if title == "compared" {
            account.comparisons.iter().for_each(|it| out.push_str(&table(&compared_tables(it))));
        }
    }
    out
}

/// Rows of cells in columns: the first at the left, the others at the right. Never cut, for a checksum is to be compared.
fn table(rows: &[Vec<String>]) -> String {
    let cells = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..cells).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, columns))| match at {
            0 => left(cell, *columns),
            _ => right(cell, *columns),
        });
        format!("    {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    if rows.len() > 1 { rows.iter().map(line).collect() } else { String::new() }
}

fn row(step: &StepAccount, names: usize, columns: usize) -> String {
    let began = step.started.map(|at| at.strftime("%H:%M:%SZ").to_string()).unwrap_or_default();
    let took = step.seconds.map(|seconds| humanize::duration(std::time::Duration::from_secs_f64(seconds)));
    let head = format!(
        "  {}  {}  {}  {}  ",
        left(step.step.as_str(), names),
        left(step.state, 9),
        left(&began, 9),
        left(&took.unwrap_or_default(), 11)
    );
    hang(&head, step.summary.as_deref().unwrap_or_default(), columns)
}
