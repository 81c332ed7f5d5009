//! The rules, and the texts that explain them.

use super::{
    Finding, Members, Rule,
    declares::{Destruction, inspects, reads},
    order::Order,
};
use crate::{
    document::Place,
    name::Name,
    plan::{
        actions::{Action, Into},
        facts, text,
    },
    template::Expression,
};

const RESTORE_WITHOUT_TABLES: &str = "houseplan::lint::restore_without_tables";
const BEFORE_BACKUP: &str = "houseplan::lint::before_backup";
const DESTROYS_WITHOUT_CHECK: &str = "houseplan::lint::destroys_without_check";
const APPENDS: &str = "houseplan::lint::appends";
const RETRIES_ONCE: &str = "houseplan::lint::retries_once";
const IRREVERSIBLE_NOT_MARKED: &str = "houseplan::lint::irreversible_not_marked";
const RESTORES_ALL: &str = "houseplan::lint::restores_all";
pub(super) const UNUSED_ACCEPTANCE: &str = "houseplan::lint::unused_acceptance";

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule {
        code: RESTORE_WITHOUT_TABLES,
        summary: "a restore into existing tables that no earlier step makes",
        explanation: "`into: existing` restores rows into tables that are there already, made by migrations. Where the \
            restore does not need the step that makes them (a procedure, a plan, a process, CREATE TABLE), it may run before \
            it. Then the restore is refused at best; at worst RESTORE makes the tables itself, as they were on the old \
            server: not replicated, on one replica, without a warning. Add the step to `needs`. Where a step drops the \
            tables first, what makes them has to come after that step.",
    },
    Rule {
        code: BEFORE_BACKUP,
        summary: "something that cannot be undone happens to the source before its backup is known to be complete",
        explanation: "The plan backs up a target, and a step that destroys something on it, or is marked `irreversible`, does \
            not wait for that backup to be made and inspected. A backup that is said to be created may still lack files. \
            Let the step need the `backup` step, and give it the precondition `inspect: { on: <store>, backup: \"{{ \
            steps.<backup> }}\" }`, which reads that every file is there with its size.",
    },
    Rule {
        code: DESTROYS_WITHOUT_CHECK,
        summary: "something is destroyed without an approval, and without a look at what is there",
        explanation: "DROP, TRUNCATE, DETACH, RENAME, DELETE, UPDATE, ALTER … DROP, `keeper: { remove }` and `s3: { remove }` destroy what is \
            there when the step runs, which may be more than there was when the plan was written. Let the step need an \
            `approve` step that shows what is destroyed, or give it a precondition that reads the same target: that it is empty, \
            or equal to an inventory. An approval under a `when` counts where that goes by what an earlier step has found, \
            or is the step's own; a precondition counts where its `expect` reads `row` or `rows`.",
    },
    Rule {
        code: APPENDS,
        summary: "a restore adds to tables that may hold rows",
        explanation: "`into: append` sends allow_non_empty_tables. Where the restore is repeated, every row is there twice, \
            FINAL hides it on Replacing tables, and the targets of Summing and Aggregating ones stay wrong. Prefer \
            `into: existing`, where the server itself refuses a second restore.",
    },
    Rule {
        code: RETRIES_ONCE,
        summary: "a step that must not be repeated is retried",
        explanation: "`effect: once` (the default of what may write) says that repeating the step does harm, and `retry` repeats \
            it. houseplan retries it only where the failure is known to have changed nothing. Say `effect: idempotent` where \
            that is so, or leave `retry` out.",
    },
    Rule {
        code: RESTORES_ALL,
        summary: "RESTORE ALL into a replicated target",
        explanation: "A backup of one server holds its tables as they were there, in one piece: RESTORE ALL makes them anew, not \
            replicated, on the one replica that it runs on, and brings `schema_migrations` back over the new one. Restore \
            table by table into what the migrations made: `tables: \"{{ steps.<inventory>.tables }}\"`, `into: existing`.",
    },
    Rule {
        code: IRREVERSIBLE_NOT_MARKED,
        summary: "the irreversible step of an inclusion is not marked",
        explanation: "An inclusion that is `irreversible` has several steps that change something, and each counts as the irreversible \
            one. Then its preconditions are not read again once the first of them was done, though the \
            one that matters may come a crash, an approval or hours later. Mark that step with `irreversible: true`: until it \
            starts, what was to hold before all of them is read again.",
    },
    Rule {
        code: UNUSED_ACCEPTANCE,
        summary: "an acceptance that nothing needs",
        explanation: "`accepts` names a lint that does not exist, finds nothing here, or has no reason. It would hide a finding \
            that only appears later. Remove it.",
    },
];

/// Checks one step against every rule.
pub(super) fn check(order: &Order<'_>, members: Members<'_>, index: usize, found: &mut Vec<(usize, Finding)>) {
    let step = order.step(index);
    let mut report = |code: &'static str, place: Place, message: String| {
        found.push((index, Finding { code, step: step.id.clone(), place, message }));
    };
    if let Some(fill) = step.action.spec().fills() {
        let place = step.place.child(step.action.word());
        if fill.into == Into::Append {
            report(APPENDS, place.child("into"), "`append` adds rows, and a repeat doubles them".to_owned());
        }
        let target = order.plan.scope_of(step).target(fill.target);
        if fill.into == Into::Existing && !tables_are_made(order, index, target) {
            let message =
                format!("nothing that it needs makes tables on `{}`; let it need the step that does", fill.target);
            report(RESTORE_WITHOUT_TABLES, step.place.clone(), message);
        }
        let least = order.plan.targets.get(target).and_then(|it| it.members).map_or(0, |it| it.min);
        if fill.all && members(target).unwrap_or(0).max(least) > 1 {
            let message = format!("`all` brings tables back as they were on one server; `{target}` has several");
            report(RESTORES_ALL, place.child("all"), message);
        }
    }
    if step.retry.is_some_and(|it| it.attempts > 1) && step.action.is_once() {
        let message = "it must run once, and `retry` repeats it; say `effect: idempotent` where that is so".to_owned();
        report(RETRIES_ONCE, step.place.child("retry"), message);
    }
    for destruction in &order.declared[index].destroys {
        if !asked(order, index, destruction) {
            let Destruction { what, target, .. } = destruction;
            let message =
                format!("{what} on `{target}`, without an approval or a precondition that looks at `{target}` first");
            report(DESTROYS_WITHOUT_CHECK, place(order, index, destruction), message);
        }
    }
    if let Action::IncludeEnd(start) = step.action
        && step.irreversible
        && order.changes_irreversibly(start) > 1
    {
        let message =
            "it is irreversible, and several of its steps change something; mark the one that matters".to_owned();
        report(IRREVERSIBLE_NOT_MARKED, step.place.clone(), message);
    }
    if let Some((message, place)) = before_backup(order, index) {
        report(BEFORE_BACKUP, place, message);
    }
}

fn place(order: &Order<'_>, index: usize, destruction: &Destruction) -> Place {
    let place = &order.step(index).place;
    match &destruction.range {
        Some(range) => place.child(order.step(index).action.word()).child("query").part(range.clone()),
        None => place.clone(),
    }
}

/// Whether something that a restore needs makes the tables on its target, after what it needs has destroyed any there.
fn tables_are_made(order: &Order<'_>, index: usize, target: &Name) -> bool {
    let before = order.before(index);
    let destroys = |at: &usize| order.declared[*at].destroys.iter().any(|it| it.target == *target);
    let destroyers: Vec<usize> = before.iter().copied().filter(destroys).collect();
    let makers = before.iter().copied().filter(|at| {
        let declared = &order.declared[*at];
        declared.opaque || declared.makes_tables.contains(target)
    });
    makers.into_iter().any(|maker| {
        let earlier = order.before(maker);
        destroyers.iter().all(|destroyer| *destroyer == maker || earlier.contains(destroyer))
    })
}

/// Whether a person is asked, or the target looked at, before something on it is destroyed.
fn asked(order: &Order<'_>, index: usize, destruction: &Destruction) -> bool {
    let looks = order.guards(index).any(|(step, check)| {
        let scope = order.plan.scope_of(step);
        reads(check).into_iter().any(|target| *scope.target(target) == destruction.target)
    });
    looks || order.before(index).into_iter().any(|at| order.declared[at].approves && is_met(order, at, index))
}

/// Whether an approval is asked for whenever the step does something: it has no `when`, or the step's own, or one that goes
/// by what an earlier step has found.
fn is_met(order: &Order<'_>, approval: usize, index: usize) -> bool {
    let own: Vec<&str> = order.conditions(index).map(|when| when.0.as_str()).collect();
    order.conditions(approval).all(|when| own.contains(&when.0.as_str()) || goes_by_a_finding(when))
}

/// Whether an expression reads what a step gives, and not only whether it has run.
fn goes_by_a_finding(when: &text::ExpressionText) -> bool {
    Expression::parse(&when.0).is_ok_and(|when| {
        when.references().iter().any(|it| {
            it.step().is_some() && it.path.get(2).is_none_or(|output| !facts::OF_PROGRESS.contains(&output.as_str()))
        })
    })
}

/// What a step does, before the backup of what it does it to is known to be complete.
fn before_backup(order: &Order<'_>, index: usize) -> Option<(String, Place)> {
    let step = order.step(index);
    let source = |at: usize| order.declared[at].backs_up.as_ref();
    let destruction = order.declared[index]
        .destroys
        .iter()
        .find(|destruction| order.backups.iter().any(|at| source(*at) == Some(&destruction.target)));
    let (what, place, backups) = match destruction {
        Some(it) => {
            let backups: Vec<usize> =
                order.backups.iter().copied().filter(|at| source(*at) == Some(&it.target)).collect();
            (format!("{} on `{}`", it.what, it.target), place(order, index, it), backups)
        }
        // What lies in something irreversible is judged with it.
        None if step.irreversible && !step.enclosing.is_some_and(|at| order.step(at).irreversible) => {
            if matches!(step.action, Action::IncludeEnd(start) if order.holds_irreversible(start)) {
                return None;
            }
            ("this is irreversible, and".to_owned(), step.place.child("irreversible"), order.backups.clone())
        }
        None => return None,
    };
    if backups.is_empty() {
        return None;
    }
    let before = order.before(index);
    let late: Vec<usize> = backups.iter().copied().filter(|at| !before.contains(at)).collect();
    if let Some(late) = late.first() {
        return Some((format!("{what} does not wait for the backup; let it need `{}`", order.step(*late).id), place));
    }
    let guarded = order.guards(index).any(|(_, check)| inspects(check));
    let inspected = guarded
        || before.iter().any(|at| {
            order.declared[*at].inspects && {
                let earlier = order.before(*at);
                backups.iter().all(|backup| backup == at || earlier.contains(backup))
            }
        });
    (!inspected).then(|| {
        (
            format!("{what} comes before it is known that the backup is complete; give it the precondition `inspect`"),
            place,
        )
    })
}
