//! A rendered plan as Markdown, for a merge request.

use std::fmt::Write;

use super::{
    RenderedPlan, RenderedStep,
    text::{called, heading, question, settings, shown, title},
};
use crate::plan::describe::{ShownStatement, StatementKind};

pub(super) fn markdown(plan: &RenderedPlan) -> String {
    let mut out = format!("# {}\n", title(plan));
    if let Some(summary) = &plan.summary {
        _ = writeln!(out, "\n{summary}");
    }
    _ = writeln!(out, "\nDigest: `{}`", plan.digest);
    if !plan.inputs.is_empty() {
        out.push_str("\n| input | value |\n| --- | --- |\n");
    }
    for (name, value) in &plan.inputs {
        _ = writeln!(out, "| {name} | {} |", code(&shown(value)).replace('|', "\\|"));
    }
    if !plan.targets.is_empty() {
        out.push_str("\n| target | kind | where |\n| --- | --- | --- |\n");
    }
    for it in &plan.targets {
        _ = writeln!(out, "| {} | {} | {} |", called(it), it.kind, it.places.join("<br>"));
    }
    for (finally, name) in [(false, "Steps"), (true, "Finally")] {
        let mut steps = plan.steps.iter().filter(|it| it.finally == finally).peekable();
        if steps.peek().is_some() {
            _ = writeln!(out, "\n## {name}");
        }
        for it in steps {
            step(&mut out, it);
        }
    }
    out
}

fn step(out: &mut String, step: &RenderedStep) {
    _ = writeln!(out, "\n### {}\n", heading(step).replace("IRREVERSIBLE", "**irreversible**"));
    if !step.needs.is_empty() {
        _ = writeln!(out, "- needs {}", step.needs.join(", "));
    }
    for (name, value) in &step.conditions {
        _ = writeln!(out, "- {name} {}", code(value));
    }
    for (name, value) in &step.outputs {
        _ = writeln!(out, "- gives {name}: {}", code(value));
    }
    for (name, why) in &step.accepts {
        _ = writeln!(out, "- accepts `{name}`: {why}");
    }
    for (phase, checks) in [("before", &step.preconditions), ("after", &step.postconditions)] {
        if phase == "after" {
            statements(out, &step.does);
        }
        for check in checks {
            _ = writeln!(out, "\n*{phase}:* {}", question(check));
            statements(out, &check.reads);
        }
    }
}

fn statements(out: &mut String, statements: &[ShownStatement]) {
    for it in statements {
        let with = if it.settings.is_empty() { String::new() } else { format!(", with {}", code(&settings(it))) };
        let language = match it.kind {
            StatementKind::Words => {
                _ = writeln!(out, "\n{}: {}{with}", it.on, it.text);
                continue;
            }
            StatementKind::Sql => "sql",
            StatementKind::Command => "sh",
        };
        let fence = "`".repeat(longest_run(&it.text).max(2) + 1);
        _ = writeln!(out, "\n{}{with}:\n\n{fence}{language}\n{}\n{fence}", it.on, it.text);
        for (index, line) in it.files.iter().enumerate() {
            _ = writeln!(out, "{}- {line}", if index == 0 { "\n" } else { "" });
        }
    }
}

/// A piece of code in a line, whatever backticks it holds.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}
