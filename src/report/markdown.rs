//! A run's account as Markdown, to be put beside the change that it belongs to.

use super::sections::{Fact, Section, StepRow, facts, sections, steps};
use crate::{account::Account, humanize, view::paint::one_line};

/// The account. Cells of tables have their `|` escaped; nothing else of what servers said is trusted to be Markdown either.
pub fn markdown(account: &Account) -> String {
    let mut out = format!("# {}: {}\n\n| | |\n|---|---|\n", cell(account.plan()), account.standing().word());
    facts(account).iter().for_each(|it| out.push_str(&fact(it)));
    out.push_str("\n## Steps\n\n| step | state | started | took | |\n|---|---|---|---|---|\n");
    steps(account).iter().for_each(|step| out.push_str(&row(step)));
    sections(account).iter().for_each(|it| out.push_str(&section(it)));
    out
}

fn fact(fact: &Fact) -> String {
    let value = if fact.literal { code(&fact.value) } else { cell(&fact.value) };
    format!("| {} | {value}{} |\n", cell(&fact.name), cell(&fact.note))
}

fn row(step: &StepRow) -> String {
    let started = step.started.map(humanize::moment).unwrap_or_default();
    format!("| `{}` | {} | {started} | {} | {} |\n", step.step, step.state, step.took, cell(&step.summary))
}

fn section(section: &Section) -> String {
    let lines: String = section.lines.iter().map(|line| format!("- {}\n", cell(line))).collect();
    let tables: String = section.tables.iter().map(|rows| table(rows)).collect();
    format!("\n## {}\n\n{lines}{tables}", section.title)
}

fn table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.iter().map(|it| cell(it)).collect::<Vec<_>>().join(" | "));
    let Some((head, rest)) = rows.split_first() else { return String::new() };
    let rule = format!("|---|{}\n", "---:|".repeat(head.len() - 1));
    format!("\n{}{rule}{}", line(head), rest.iter().map(line).collect::<String>())
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
