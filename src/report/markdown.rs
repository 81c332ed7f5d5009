//! A run's account as Markdown, to be put beside the change that it belongs to.

use serde_json::Value;

use super::account::{Account, ComparisonAccount, StepAccount};
use crate::{
    humanize,
    view::{line::short, paint::one_line},
};

/// The account. Cells of tables have their `|` escaped; nothing else of what servers said is trusted to be Markdown either.
pub fn markdown(account: &Account) -> String {
    let mut out = format!("# {}: {}\n\n", cell(&account.plan), account.standing.word());
    out.push_str("| | |\n|---|---|\n");
    let version = account.plan_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let mut fact = |name: &str, value: String| out.push_str(&format!("| {name} | {value} |\n"));
    fact("run", code(&account.run));
    fact("plan", format!("{}{version}", cell(&account.plan)));
    fact("environment", cell(&account.environment));
    fact("digest", code(&account.digest));
    fact("by", cell(&account.by));
    fact("began", account.started.map(humanize::moment).unwrap_or_default());
    fact("last", account.last.map(humanize::moment).unwrap_or_default());
    fact("took", humanize::duration(account.took()));
    for (name, value) in &account.inputs {
        fact(&format!("input `{name}`"), code(&value.to_string()));
    }
    for name in &account.secret_inputs {
        fact(&format!("input `{name}`"), "secret, not kept".to_owned());
    }
    for backup in &account.backups {
        let size = backup.bytes.map(|bytes| format!(", {}", humanize::size(bytes))).unwrap_or_default();
        fact(&format!("backup `{}`", backup.step), format!("{}{size}", code(&backup.path)));
    }
    out.push_str("\n## Steps\n\n| step | state | began | took | |\n|---|---|---|---|---|\n");
    account.steps.iter().for_each(|step| out.push_str(&row(step)));
    out.push_str(&section("What was compared", comparisons(account)));
    account.comparisons.iter().for_each(|it| out.push_str(&table(&compared_tables(it))));
    out.push_str(&section("What went wrong on the way", wrong(account)));
    out.push_str(&section("What was decided", decisions(account)));
    out.push_str(&section("Notes", account.notes.clone()));
    out.push_str(&section("The servers", members(account)));
    out.push_str(&section("The processes", sessions(account)));
    out
}

fn row(step: &StepAccount) -> String {
    let began = step.started.map(humanize::moment).unwrap_or_default();
    let took = step.seconds.map(|seconds| humanize::duration(std::time::Duration::from_secs_f64(seconds)));
    let summary = cell(step.summary.as_deref().unwrap_or_default());
    format!("| `{}` | {} | {began} | {} | {summary} |\n", step.step, step.state, took.unwrap_or_default())
}

fn section(title: &str, lines: Vec<String>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("\n## {title}\n\n{}", lines.iter().map(|line| format!("- {}\n", cell(line))).collect::<String>())
}

/// One line for each comparison, and one for each difference.
pub(super) fn comparisons(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for it in &account.comparisons {
        let database = it.database.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
        let by_final = match it.equal_only_by_final {
            0 => String::new(),
            tables => format!(", {} only as after all merges (FINAL)", humanize::count(tables as u64, "table")),
        };
        let covers = if it.covers_inventory { "" } else { "; not known to be all of the inventory on all members" };
        let left_out = match it.left_out.is_empty() {
            true => String::new(),
            false => format!("; left out: {}", it.left_out.join(", ")),
        };
        let tables = humanize::count(it.tables as u64, "table");
        lines.push(format!(
            "{}: {} of {tables}{database} equal on {}{by_final}{covers}{left_out}",
            it.step,
            it.equal,
            humanize::list(&it.members)
        ));
        lines.extend(it.differences.iter().cloned());
    }
    lines
}

fn table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.iter().map(|it| cell(it)).collect::<Vec<_>>().join(" | "));
    match rows {
        [] | [_] => String::new(),
        [head, rest @ ..] => {
            let rule = format!("|---|{}\n", "---:|".repeat(head.len() - 1));
            format!("\n{}{rule}{}", line(head), rest.iter().map(line).collect::<String>())
        }
    }
}

/// Every table that was compared, a row each, below the row of headings.
pub(super) fn compared_tables(comparison: &ComparisonAccount) -> Vec<Vec<String>> {
    let heads = ["table", "rows", "size"].map(str::to_owned).into_iter().chain(comparison.members.iter().cloned());
    let rows = comparison.compared.iter().map(|table| {
        let figures = [
            table.table.clone(),
            table.rows.map(humanize::thousands).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
        ];
        let found = |member: &String| table.found.get(member).copied().unwrap_or("not compared").to_owned();
        let checksum = table.checksum.clone().unwrap_or_default();
        figures.into_iter().chain(comparison.members.iter().map(found)).chain([checksum]).collect()
    });
    std::iter::once(heads.chain(["checksum".to_owned()]).collect()).chain(rows).collect()
}

/// Every failure and refusal, in the order of the steps, each refusal with what was found.
pub(super) fn wrong(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &account.steps {
        for refused in &step.refusals {
            lines.push(format!(
                "{} {} stopped: does not hold: {}",
                humanize::moment(refused.at),
                step.step,
                refused.what.check
            ));
            lines.extend(refused.what.found.iter().map(|cells| format!("found: {}", one_line(&cells.join(" · ")))));
        }
        for failed in &step.failures {
            lines.push(format!("{} {} failed: {}", humanize::moment(failed.at), step.step, short(&failed.what)));
        }
        for task in &step.tasks {
            for attempt in &task.attempts {
                if let Some(failure) = &attempt.failure {
                    let at = attempt.ended.map(humanize::moment).unwrap_or_default();
                    lines.push(format!("{at} {}, attempt {}: {}", task.task, attempt.number, short(failure)));
                }
            }
        }
    }
    lines
}

/// What persons did.
pub(super) fn decisions(account: &Account) -> Vec<String> {
    let line = |it: &super::account::Decision| format!("{} {} {}", humanize::moment(it.at), it.by, it.what);
    account.decisions.iter().map(line).collect()
}

/// Which servers were recognised, and by what.
pub(super) fn members(account: &Account) -> Vec<String> {
    account.members.iter().map(|it| format!("{}/{}: {}", it.target, it.member, identity(&it.identity))).collect()
}

/// `address 127.0.0.1:9000, version 26.9.1.1`.
fn identity(value: &Value) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key} {}", shown(value))).collect();
            fields.join(", ")
        }
        other => shown(other),
    }
}

/// Which processes worked at it.
pub(super) fn sessions(account: &Account) -> Vec<String> {
    let line = |it: &super::account::SessionAccount| {
        format!("{} {}, process {}", humanize::moment(it.at), humanize::person(&it.user, &it.host), it.process)
    };
    account.sessions.iter().map(line).collect()
}

/// Text in one line, with what Markdown or HTML would take for its own made harmless.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '|' | '<' | '*' | '[' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
