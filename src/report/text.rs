//! A run's account as plain text.

use super::sections::{Section, StepRow, facts, sections, steps};
use crate::{
    account::Account,
    view::{
        paint::{Paint, pad_right, width},
        table::{Align, labelled, table},
        wrap::hang,
    },
};

/// The account, for `columns`.
pub fn text(account: &Account, columns: usize) -> String {
    let columns = columns.clamp(60, 100);
    let facts: Vec<(String, String)> =
        facts(account).into_iter().map(|fact| (fact.name, fact.value + &fact.note)).collect();
    let mut out = labelled(&facts, 0, columns, Paint::NONE);
    out.push_str("\nsteps\n");
    let steps = steps(account);
    let widest = |of: fn(&StepRow) -> &str| steps.iter().map(|step| width(of(step))).max().unwrap_or(0);
    let widths = (widest(|it| &it.step).min(32), widest(|it| it.state));
    steps.iter().for_each(|step| out.push_str(&row(step, widths, columns)));
    sections(account).iter().for_each(|it| out.push_str(&section(it, columns)));
    out
}

fn row(step: &StepRow, (names, states): (usize, usize), columns: usize) -> String {
    let started = step.started.map(|at| at.strftime("%H:%M:%SZ").to_string()).unwrap_or_default();
    let (name, state) = (pad_right(&step.step, names), pad_right(step.state, states));
    let head = format!("  {name}  {state}  {}  {}  ", pad_right(&started, 9), pad_right(&step.took, 11));
    hang(&head, &step.summary, columns)
}

/// A checksum is to be compared: tables are never cut.
fn section(section: &Section, columns: usize) -> String {
    let lines = section.lines.iter().map(|line| hang("  ", line, columns));
    let tables = section.tables.iter().map(|rows| table(rows, &[Align::Left, Align::Right], 4, 2));
    format!("\n{}\n{}", section.title.to_lowercase(), lines.chain(tables).collect::<String>())
}
