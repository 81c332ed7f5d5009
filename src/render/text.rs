//! A rendered plan as plain text: reads well in a terminal, in a log and in a diff.

use std::fmt::Write;

use serde_json::Value;

use super::{RenderedPlan, RenderedStep, RenderedTarget};
use crate::plan::describe::{RenderedCheck, ShownStatement};

pub(super) fn text(plan: &RenderedPlan) -> String {
    let mut out = title(plan);
    out.push('\n');
    for line in plan.summary.iter().chain([&format!("digest {}", plan.digest)]) {
        _ = writeln!(out, "{line}");
    }
    let inputs = plan.inputs.iter().map(|(name, value)| (name.to_string(), shown(value)));
    table(&mut out, "inputs", inputs.collect());
    let targets = plan.targets.iter().map(|it| {
        let places = if it.places.is_empty() { String::new() } else { format!("  {}", it.places.join(", ")) };
        (called(it), format!("{}{places}", it.kind))
    });
    table(&mut out, "targets", targets.collect());
    for (finally, heading) in [(false, "steps"), (true, "finally")] {
        let mut steps = plan.steps.iter().filter(|it| it.finally == finally).peekable();
        if steps.peek().is_some() {
            _ = writeln!(out, "\n{heading}");
        }
        for it in steps {
            step(&mut out, it);
        }
    }
    out
}

/// `cluster`, or `cluster (destination in the plan)`.
pub(super) fn called(target: &RenderedTarget) -> String {
    target.called.as_ref().map_or_else(|| target.name.to_string(), |it| format!("{} ({it} in the plan)", target.name))
}

/// `name 1.0.0 · environment sandbox`
pub(super) fn title(plan: &RenderedPlan) -> String {
    let version = plan.version.as_ref().map_or_else(String::new, |it| format!(" {it}"));
    let environment = plan.environment.as_ref().map_or_else(String::new, |it| format!(" · environment {it}"));
    format!("{}{version}{environment}", plan.plan)
}

pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `name · action · effect · IRREVERSIBLE`
pub(super) fn heading(step: &RenderedStep) -> String {
    let effect = step.effect.as_ref().map_or_else(String::new, |it| format!(" · {it}"));
    let irreversible = if step.irreversible { " · IRREVERSIBLE" } else { "" };
    format!("{} · {}{effect}{irreversible}", step.id, step.action)
}

/// `name: expectation, within 10m`
pub(super) fn question(check: &RenderedCheck) -> String {
    let expect = check.expect.as_ref().map_or_else(String::new, |it| format!(": {it}"));
    let within = check.within.as_ref().map_or_else(String::new, |it| format!(", within {it}"));
    format!("{}{expect}{within}", check.name)
}

fn table(out: &mut String, name: &str, rows: Vec<(String, String)>) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    if !rows.is_empty() {
        _ = writeln!(out, "\n{name}");
    }
    for (name, value) in rows {
        _ = writeln!(out, "  {name:width$}  {value}");
    }
}

fn step(out: &mut String, step: &RenderedStep) {
    _ = writeln!(out, "\n  {}", heading(step));
    if !step.needs.is_empty() {
        _ = writeln!(out, "    needs {}", step.needs.join(", "));
    }
    for (name, value) in &step.conditions {
        _ = writeln!(out, "    {name} {value}");
    }
    for it in &step.preconditions {
        check(out, "before", it);
    }
    statements(out, 4, &step.does);
    for it in &step.postconditions {
        check(out, "after", it);
    }
    for (name, value) in &step.outputs {
        _ = writeln!(out, "    gives {name}: {value}");
    }
    for (code, why) in &step.accepts {
        _ = writeln!(out, "    accepts {code}: {why}");
    }
}

fn check(out: &mut String, phase: &str, check: &RenderedCheck) {
    _ = writeln!(out, "    {phase}: {}", question(check));
    statements(out, 6, &check.reads);
    if let Some(otherwise) = &check.otherwise {
        _ = writeln!(out, "      otherwise: {otherwise}");
    }
}

fn statements(out: &mut String, indent: usize, statements: &[ShownStatement]) {
    let mut before = None;
    for it in statements {
        if before != Some(&it.on) {
            _ = writeln!(out, "{:indent$}on {}", "", it.on);
            before = Some(&it.on);
        }
        for line in it.text.lines() {
            _ = writeln!(out, "{:indent$}  {line}", "");
        }
        if !it.settings.is_empty() {
            _ = writeln!(out, "{:indent$}  with {}", "", settings(it));
        }
        for line in &it.files {
            _ = writeln!(out, "{:indent$}  {line}", "");
        }
    }
}

/// `readonly = 2, max_threads = 1`
pub(super) fn settings(statement: &ShownStatement) -> String {
    statement.settings.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}
