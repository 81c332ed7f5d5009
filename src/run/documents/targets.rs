//! Which targets a plan uses.

use crate::{
    name::Name,
    plan::{
        actions::{Absent, Inspect, KeeperAction, S3Action, Sql},
        expanded::{Action, ExpandedPlan, ExpandedStep},
        model::Check,
    },
};

/// The targets that a step acts on or reads, by their names in the environment; and whether it can do without them
/// (`absent: skip`).
pub(in crate::run) fn used_by(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<(Name, bool)> {
    let named = of_action(step).into_iter().chain(of_checks(step));
    named.map(|(name, skip)| (in_environment(plan, step, name), skip)).collect()
}

/// The targets that a step acts on, by their names in the environment.
pub(in crate::run) fn acted_on(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    of_action(step).into_iter().map(|(name, _)| in_environment(plan, step, name)).collect()
}

/// The targets that the checks around a step read, by their names in the environment.
pub(in crate::run) fn looked_at(plan: &ExpandedPlan, step: &ExpandedStep) -> Vec<Name> {
    of_checks(step).map(|(name, _)| in_environment(plan, step, name)).collect()
}

fn in_environment(plan: &ExpandedPlan, step: &ExpandedStep, name: &Name) -> Name {
    plan.scopes[step.scope].targets.get(name).unwrap_or(name).clone()
}

fn of_checks(step: &ExpandedStep) -> impl Iterator<Item = (&Name, bool)> {
    step.preconditions.iter().chain(&step.postconditions).flat_map(of_check)
}

fn of_action(step: &ExpandedStep) -> Vec<(&Name, bool)> {
    let mut names: Vec<(&Name, bool)> = Vec::new();
    match &step.action {
        Action::Sql(it) => names.extend(of_sql(it)),
        Action::Backup(it) => names.extend([(&it.on, false), (&it.to.store, false)]),
        Action::Restore { restore, .. } => {
            names.push((&restore.on, false));
            names.extend(restore.store.as_ref().map(|store| (store, false)));
        }
        Action::Inspect(it) => names.extend(of_inspect(it)),
        Action::Inventory(it) => names.push((&it.on, false)),
        Action::Compare(it) => names.push((&it.right, false)),
        Action::Check(checks) => names.extend(checks.iter().flat_map(of_check)),
        Action::Exec(it) => names.push((&it.on, false)),
        Action::Keeper(it) => names.extend(of_keeper(it)),
        Action::S3(it) => names.extend(of_s3(it)),
        Action::Approve(_) | Action::IncludeStart | Action::IncludeEnd(_) => {}
    }
    names
}

fn of_check(check: &Check) -> Vec<(&Name, bool)> {
    let mut names = Vec::new();
    names.extend(check.sql.iter().flat_map(of_sql));
    names.extend(check.inspect.iter().flat_map(of_inspect));
    names.extend(check.inventory.iter().map(|it| (&it.on, false)));
    names.extend(check.compare.iter().map(|it| (&it.right, false)));
    names.extend(check.keeper.iter().flat_map(of_keeper));
    names.extend(check.s3.iter().flat_map(of_s3));
    names
}

fn of_sql(sql: &Sql) -> Vec<(&Name, bool)> {
    sql.on.0.iter().map(|name| (name, sql.absent == Some(Absent::Skip))).collect()
}

fn of_inspect(inspect: &Inspect) -> Vec<(&Name, bool)> {
    std::iter::once(&inspect.on).chain(&inspect.through).map(|name| (name, false)).collect()
}

fn of_keeper(keeper: &KeeperAction) -> Vec<(&Name, bool)> {
    std::iter::once(&keeper.on).chain(&keeper.through).map(|name| (name, false)).collect()
}

fn of_s3(s3: &S3Action) -> Vec<(&Name, bool)> {
    let through = s3.through.iter().flat_map(|through| &through.0);
    std::iter::once(&s3.on).chain(through).map(|name| (name, false)).collect()
}
