//! What `render --check` found, as text and as Markdown.

use std::fmt::Write as _;

use crate::run::{CheckState, DryCheck, DryChecked};

/// A line a check, with what was found where it does not hold.
pub fn text(checked: &DryCheck) -> String {
    let mut text = String::from("whether it could start, as of now\n");
    if checked.refused.is_empty() {
        text.push_str("  ✓ the servers are as the plan needs them, and no run has locked them\n");
    }
    let mut said = None;
    for failure in &checked.refused {
        let _ = writeln!(text, "  ✗ {} ({})", failure.message, failure.code);
        // Of several members the same is to be done.
        if said != Some(&failure.help) {
            failure.help.iter().flat_map(|help| help.lines()).for_each(|line| found(&mut text, line));
        }
        said = Some(&failure.help);
    }
    text.push_str("\nchecks, as of now\n");
    checked.checks.iter().for_each(|it| check(&mut text, it));
    text
}

fn check(text: &mut String, it: &DryChecked) {
    let name = format!("{}: {}", it.step, it.check);
    let _ = match it.state {
        CheckState::Holds => writeln!(text, "  ✓ {name}"),
        CheckState::NotYet => writeln!(text, "  · {name}: cannot be checked before the run"),
        CheckState::DoesNotHold | CheckState::NotRead => writeln!(text, "  ✗ {name}"),
    };
    it.found.iter().for_each(|line| found(text, line));
}

fn found(text: &mut String, line: &str) {
    let _ = writeln!(text, "      {line}");
}

/// The same for a merge request.
pub fn markdown(checked: &DryCheck) -> String {
    let text = text(checked);
    let fence = "`".repeat(text.split(|it| it != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
    format!("## As of now\n\n{fence}text\n{text}{fence}\n")
}
