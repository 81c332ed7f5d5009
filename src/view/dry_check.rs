//! What `render --check` found, as text and as Markdown.

use std::fmt::Write as _;

use crate::{
    failure::Failure,
    humanize,
    run::{CheckState, DryCheck, DryChecked},
};

/// So many steps are named of those whose checks need what is not there.
const MOST_STEPS: usize = 4;

/// A line a thing that was asked, and a line a check, with what was found where it does not hold.
pub fn text(checked: &DryCheck) -> String {
    let mut text = String::from("whether it could start, as of now\n");
    if !checked.refused.iter().any(is_of_a_server) {
        text.push_str("  ✓ the servers are as the plan needs them, and no run has locked them\n");
    }
    checked.answered.iter().for_each(|line| _ = writeln!(text, "  ✓ {line}"));
    checked.unknown.iter().for_each(|line| _ = writeln!(text, "  · {line}"));
    refused(&mut text, checked);
    if !checked.approvals.is_empty() {
        let all_may = checked.approvals.iter().all(|approval| !approval.only_if.is_empty());
        let stops = if all_may { "may stop" } else { "will stop" };
        let _ = writeln!(text, "\nthe run {stops} for an approval");
    }
    for approval in &checked.approvals {
        let only_if = match approval.only_if.as_slice() {
            [] => String::new(),
            conditions => format!(" (only if {})", conditions.join(" and ")),
        };
        let _ = writeln!(text, "  ? {}{only_if}", approval.step);
    }
    if !checked.upgrades.is_empty() {
        text.push_str("\nwhat upgrades of releases would change, as of now\n");
    }
    for upgrade in &checked.upgrades {
        let _ = writeln!(text, "  · {}", upgrade.step);
        upgrade.changes.iter().for_each(|line| found(&mut text, line));
    }
    if !checked.checks.is_empty() {
        text.push_str("\nchecks, as of now\n");
    }
    checked.checks.iter().filter(|it| it.because.is_none()).for_each(|it| check(&mut text, it));
    let _ = writeln!(text, "\n{}", verdict(checked));
    text
}

/// What comes of it all, in one line.
fn verdict(checked: &DryCheck) -> String {
    let count =
        |state: CheckState| checked.checks.iter().filter(|it| it.because.is_none() && it.state == state).count();
    let (no, unread) = (count(CheckState::DoesNotHold), count(CheckState::NotRead));
    let of =
        |number: usize, what: &str| (number > 0).then(|| format!("{} {what}", humanize::count(number as u64, "check")));
    let verb = |number: usize, one: &'static str, many: &'static str| if number == 1 { one } else { many };
    let checks = [
        of(no, verb(no, "does not hold", "do not hold")),
        of(unread, verb(unread, "cannot be read", "cannot be read")),
    ];
    let checks: Vec<String> = checks.into_iter().flatten().collect();
    match (checked.refused.len(), checks.as_slice()) {
        (0, []) => "it could start now".to_owned(),
        (0, checks) => format!("it could start now, but {} as of now", humanize::list(checks)),
        (refused, _) => format!("it could not start now: {} above", humanize::count(refused as u64, "reason")),
    }
}

/// Why it could not start; each with the checks that cannot be read for it.
fn refused(text: &mut String, checked: &DryCheck) {
    let mut said = None;
    for (index, failure) in checked.refused.iter().enumerate() {
        let whose = failure.member.as_ref().filter(|member| !failure.message.contains(member.as_str()));
        let whose = whose.map(|member| format!("{member}: ")).unwrap_or_default();
        let _ = writeln!(text, "  ✗ {whose}{} ({})", failure.message, failure.code);
        let steps = checked.checks.iter().filter(|it| it.because == Some(index)).map(|it| it.step.as_str());
        let mut steps: Vec<&str> = steps.collect();
        let checks = humanize::count(steps.len() as u64, "check");
        steps.dedup();
        if !steps.is_empty() {
            let of = humanize::first_of(&steps, MOST_STEPS);
            found(text, &format!("{checks} cannot be read without it: of {of}"));
        }
        // Of several members the same is to be done.
        if said != Some(&failure.help) {
            failure.help.iter().flat_map(|help| help.lines()).for_each(|line| found(text, line));
        }
        said = Some(&failure.help);
    }
}

/// Whether it is about the servers themselves: one that does not get into a store is as it should be.
fn is_of_a_server(failure: &Failure) -> bool {
    let others = ["houseplan::store::", "houseplan::keeper::", "houseplan::exec::", "houseplan::helm::"];
    !others.iter().any(|area| failure.code.starts_with(area))
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
