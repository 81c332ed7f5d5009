//! What each action declares that it destroys, fills and proves: the facts that the rules are about.

use std::ops::Range;

use super::order::Order;
use crate::{
    name::Name,
    plan::{
        actions::Sql,
        destruction::destroys,
        expanded::{Action, ExpandedPlan, ExpandedStep},
        model::Check,
    },
    sql::{self, Statement},
    template::{Expression, without_placeholders},
};

/// What a step does to the world, as far as it can be told without running it.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) destroys: Vec<Destruction>,
    /// Targets on which it makes tables.
    pub(super) makes_tables: Vec<Name>,
    /// It may do anything anywhere: a process, or the environment's own steps for a procedure.
    pub(super) opaque: bool,
    pub(super) backs_up: Option<Name>,
    pub(super) inspects: bool,
    pub(super) approves: bool,
}

/// Something that is gone afterwards.
#[derive(Debug)]
pub(super) struct Destruction {
    pub(super) target: Name,
    /// What destroys it, as in `DROP DATABASE`.
    pub(super) what: String,
    /// The statement in the query.
    pub(super) range: Option<Range<usize>>,
}

impl Declared {
    pub(super) fn of(plan: &ExpandedPlan, step: &ExpandedStep) -> Self {
        let target = |name: &Name| Order::target(plan, step, name);
        let mut declared = Self::default();
        match &step.action {
            Action::Sql(sql) => declared.sql(sql, &target),
            Action::Backup(backup) => declared.backs_up = Some(target(&backup.on)),
            Action::Restore { restore, phase } if phase.structure_only => {
                declared.makes_tables.push(target(&restore.on))
            }
            Action::Inspect(_) => declared.inspects = true,
            Action::Check(checks) => declared.inspects = checks.iter().any(inspects),
            Action::Exec(_) => declared.opaque = true,
            Action::Keeper(keeper) if keeper.remove.is_some() => declared.destroy(target(&keeper.on), "keeper remove"),
            Action::S3(s3) if s3.remove.is_some() => declared.destroy(target(&s3.on), "s3 remove"),
            Action::Approve(_) => declared.approves = true,
            Action::Restore { .. }
            | Action::Inventory(_)
            | Action::Compare(_)
            | Action::Keeper(_)
            | Action::S3(_)
            | Action::IncludeStart
            | Action::IncludeEnd(_) => {}
        }
        declared.inspects |= step.preconditions.iter().chain(&step.postconditions).any(inspects);
        declared
    }

    fn sql(&mut self, sql: &Sql, target: &dyn Fn(&Name) -> Name) {
        let query = without_placeholders(&sql.query.0);
        let statements = sql::split(&query);
        for on in &sql.on.0 {
            for statement in &statements {
                if let Some(what) = destroys(statement) {
                    let range = Some(statement.range.clone());
                    self.destroys.push(Destruction { target: target(on), what, range });
                }
                if makes_tables(statement) {
                    self.makes_tables.push(target(on));
                }
            }
        }
    }

    fn destroy(&mut self, target: Name, what: &str) {
        self.destroys.push(Destruction { target, what: what.to_owned(), range: None });
    }
}

/// Whether a check stops where a backup is not whole.
pub(super) fn inspects(check: &Check) -> bool {
    check.inspect.is_some() && can_fail(check)
}

/// Whether it depends on what is read: without an `expect` the check has an expectation of its own.
fn can_fail(check: &Check) -> bool {
    let reads_rows = |source: &str| {
        Expression::parse(source)
            .is_ok_and(|expect| expect.references().iter().any(|it| ["row", "rows"].contains(&it.namespace())))
    };
    check.expect.as_ref().is_none_or(|expect| reads_rows(&expect.0))
}

/// The targets that a check reads, and that may make it stop.
pub(super) fn reads(check: &Check) -> Vec<&Name> {
    if !can_fail(check) {
        return Vec::new();
    }
    let mut targets: Vec<&Name> = check.sql.iter().flat_map(|sql| &sql.on.0).collect();
    targets.extend(check.inventory.iter().map(|it| &it.on));
    targets.extend(check.compare.iter().map(|it| &it.right));
    targets.extend(check.keeper.iter().map(|it| &it.on));
    targets.extend(check.s3.iter().map(|it| &it.on));
    targets
}

/// Whether a statement makes tables that data can be restored into.
fn makes_tables(statement: &Statement<'_>) -> bool {
    matches!(statement.keyword(), "CREATE" | "ATTACH" | "UNDROP" | "RENAME" | "EXCHANGE")
        && ["TABLE", "TABLES", "VIEW", "DICTIONARY"].iter().any(|it| statement.has(it))
}
