//! What the steps of a plan need besides ClickHouse servers, and which of them.

use indexmap::{IndexMap, IndexSet};

use super::{ApprovalToCome, Use, program::NamedProgram};
use crate::{
    action::context::{EvalContext, RunContext},
    name::Name,
    plan::{
        actions::{Action, Check, Effect, Exec, StoreUse},
        describe::{Files, RenderContext},
        expanded::ExpandedStep,
        model::TargetKind,
        visit::{Leaf, Part, TargetLeaf},
    },
    run::documents::branches::{Branches, Happens},
};

/// From where a thing is used, and by which steps: through the servers of these targets, or (`None`) by this machine.
pub(super) type Uses = IndexMap<Option<Name>, Vec<Use>>;

/// What is needed, by its name in the environment.
#[derive(Default)]
pub(super) struct Needs {
    pub keepers: IndexMap<Name, Uses>,
    pub stores: IndexMap<Name, Uses>,
    pub programs: Vec<NamedProgram>,
    /// The steps that back up: their indices in the plan.
    pub backups: Vec<usize>,
    /// Steps that upgrade a release.
    pub releases: Vec<(usize, Use)>,
    pub approvals: Vec<ApprovalToCome>,
    /// What only the run tells, a line each.
    pub unknown: Vec<String>,
}

impl Needs {
    pub fn of(context: &RunContext, wanted: impl Fn(usize) -> bool) -> Self {
        let branches = Branches { plan: &context.plan, inputs: &context.inputs, run: &context.run };
        let happens: Vec<Happens> = (0..context.plan.steps.len()).map(|step| branches.happens(step)).collect();
        let (mut needs, made_before) = (Self::default(), made_before(context, &happens));
        for (index, step) in context.plan.steps.iter().enumerate().filter(|(index, _)| wanted(*index)) {
            let only_if = match &happens[index] {
                Happens::Never => continue,
                Happens::Always => Vec::new(),
                Happens::If(conditions) => conditions.clone(),
            };
            let by = Use { step: context.plan.called(index).clone(), only_if, path: path_in_store(context, step) };
            for group in groups(step) {
                needs.targets(context, step, &group, &by);
            }
            match &step.action {
                Action::Approve(_) => {
                    needs.approvals.push(ApprovalToCome { step: by.step, only_if: by.only_if });
                }
                Action::Backup(_) => needs.backups.push(index),
                Action::Helm(_) => needs.releases.push((index, by)),
                Action::Exec(exec) => needs.program(context, (step, made_before[index]), exec, by),
                _ => {}
            }
        }
        needs
    }

    /// What one action or check names: a store beside servers is used by those.
    fn targets(&mut self, context: &RunContext, step: &ExpandedStep, group: &[TargetLeaf<'_>], by: &Use) {
        let scope = context.plan.scope_of(step);
        let of_kind = |kind: TargetKind| {
            group.iter().filter(move |it| it.kind == kind).map(|it| scope.target(it.name)).cloned().collect()
        };
        let servers: IndexSet<Name> = of_kind(TargetKind::Clickhouse);
        // ClickHouse has no statement that deletes an object.
        let by_this_machine = matches!(&step.action, Action::S3(s3) if s3.remove.is_some());
        let through: Vec<Option<Name>> = match servers.is_empty() || by_this_machine {
            true => vec![None],
            false => servers.into_iter().map(Some).collect(),
        };
        let keepers: IndexSet<Name> = of_kind(TargetKind::Keeper);
        let stores: IndexSet<Name> = of_kind(TargetKind::S3);
        for (names, needed) in [(keepers, &mut self.keepers), (stores, &mut self.stores)] {
            for name in names {
                let uses = needed.entry(name).or_default();
                for through in &through {
                    let uses = uses.entry(through.clone()).or_default();
                    if uses.last() != Some(by) {
                        uses.push(by.clone());
                    }
                }
            }
        }
    }

    /// `may_be_made`: whether a command that the step waits for may make files.
    fn program(&mut self, context: &RunContext, (step, may_be_made): (&ExpandedStep, bool), exec: &Exec, by: Use) {
        let nothing = |_: &str| None;
        let at = EvalContext { context, step, steps: &nothing, member: None, item: None };
        let Some((program, directory, path)) = known(at, exec) else {
            self.unknown.push(format!("what `{}` starts is known only in the run", by.step));
            return;
        };
        let same = |it: &&mut NamedProgram| it.program == program && it.directory == directory && it.path == path;
        match self.programs.iter_mut().find(same) {
            // What one of them finds made, another may need before.
            Some(it) => {
                it.files.extend(files(at, exec));
                it.may_be_made &= may_be_made;
                it.uses.push(by);
            }
            None => {
                let files = files(at, exec);
                self.programs.push(NamedProgram { program, directory, path, files, may_be_made, uses: vec![by] });
            }
        }
    }
}

/// The stores that the `wanted` steps may use through servers: of each the store, the ClickHouse target, and where in the store, as far
/// as that is known. Each pair once. Of a backup that another step gives the store is not named beside it; where only the run knows it,
/// it may be any.
pub(in crate::run) fn through_servers(
    context: &RunContext,
    wanted: impl Fn(usize) -> bool,
) -> Vec<(Name, Name, Option<String>)> {
    let branches = Branches { plan: &context.plan, inputs: &context.inputs, run: &context.run };
    let mut found: Vec<(Name, Name, Option<String>)> = Vec::new();
    for (index, step) in context.plan.steps.iter().enumerate().filter(|(index, _)| wanted(*index)) {
        if matches!(branches.happens(index), Happens::Never) {
            continue;
        }
        let (path, scope) = (path_in_store(context, step), context.plan.scope_of(step));
        let targets: Vec<TargetLeaf<'_>> = groups(step).concat();
        let of_kind =
            |kind: TargetKind| targets.iter().filter(move |it| it.kind == kind).map(|it| scope.target(it.name));
        let named = of_kind(TargetKind::S3).cloned().chain(stores_of_backups(context, index));
        for store in named.collect::<IndexSet<_>>() {
            for target in of_kind(TargetKind::Clickhouse) {
                match found.iter_mut().find(|(of, on, _)| *of == store && on == target) {
                    Some((.., known)) => *known = known.take().or_else(|| path.clone()),
                    None => found.push((store.clone(), target.clone(), path.clone())),
                }
            }
        }
    }
    found
}

/// The stores of the backups that a step reads; all where only the run knows it.
fn stores_of_backups(context: &RunContext, index: usize) -> Vec<Name> {
    let files = Files::new();
    let shown = RenderContext { plan: &context.plan, index, inputs: &context.inputs, environment: None, files: &files };
    let step = context.step(index);
    let checks = step.preconditions.iter().chain(&step.postconditions).filter_map(|check| check.spec());
    let specs = std::iter::once(step.action.spec()).chain(checks.map(|(_, action)| action));
    let used: Vec<StoreUse> = specs.flat_map(|action| action.uses_stores(&shown)).collect();
    let all = || context.connections.stores.keys().cloned().collect::<Vec<_>>();
    used.into_iter().flat_map(|it| it.store.map_or_else(all, |store| vec![store])).collect()
}

/// Where in its store an action works, as far as that is known before the run; a key may have rights there alone.
fn path_in_store(context: &RunContext, step: &ExpandedStep) -> Option<String> {
    let path = match &step.action {
        Action::S3(s3) => s3.probe.as_ref().or(s3.exists.as_ref()).or(s3.list.as_ref()).or(s3.remove.as_ref())?,
        Action::Backup(backup) => &backup.to.path,
        _ => return None,
    };
    let nothing = |_: &str| None;
    let at = EvalContext { context, step, steps: &nothing, member: None, item: None };
    // In what a server lists these would be a pattern.
    at.plain(path).ok().filter(|path| !path.contains(['*', '?', '{', '}', '[', ']']))
}

/// The targets of a step, those of each check and of its action by themselves.
fn groups(step: &ExpandedStep) -> Vec<Vec<TargetLeaf<'_>>> {
    let own: &[Check] = match &step.action {
        Action::Check(checks) => checks,
        _ => &[],
    };
    let checks = own.iter().chain(&step.preconditions).chain(&step.postconditions);
    let mut groups: Vec<Vec<TargetLeaf<'_>>> = checks
        .map(|check| {
            let mut targets = Vec::new();
            check.visit(&mut |visited| {
                if let Leaf::Target(target) = visited.leaf {
                    targets.push(target);
                }
            });
            targets
        })
        .collect();
    if own.is_empty() {
        let of_action = step.targets().into_iter().filter(|(part, _)| *part == Part::Action);
        groups.push(of_action.map(|(_, target)| target).collect());
    }
    groups
}

/// What it starts, the folder it starts in, and the `PATH` that it is looked for in where that is not our own; `None` where only
/// the run knows.
fn known(at: EvalContext<'_>, exec: &Exec) -> Option<(String, std::path::PathBuf, Option<String>)> {
    let local = at.local(&exec.on).ok()?;
    let directory = exec.directory.as_ref().map(|it| at.plain(it)).transpose().ok()?;
    let directory = directory.map_or_else(|| local.directory.clone(), |it| local.directory.join(it));
    let path = exec.env.get("PATH").map(|it| at.plain(it)).transpose().ok()?;
    Some((at.plain(exec.command.first()?).ok()?, directory, path))
}

/// What its arguments name by the relative path of a file (`k8s/up.yaml`, not `deployment/backend`), behind a `=` too, as far as
/// that is known before the run.
fn files(at: EvalContext<'_>, exec: &Exec) -> Vec<String> {
    let arguments = exec.command.iter().skip(1).filter_map(|it| at.plain(it).ok());
    let values = arguments.map(|it| it.split_once('=').map_or(it.clone(), |(_, value)| value.to_owned()));
    let named = |it: &String| {
        let extension = camino::Utf8Path::new(it).extension().unwrap_or_default();
        let is_file = !extension.is_empty() && extension.chars().all(|c| c.is_ascii_alphabetic());
        is_file && it.contains('/') && !it.starts_with(['/', '-']) && !it.contains("://")
    };
    values.filter(named).collect()
}

/// Of each step, whether a command that it waits for may make files.
fn made_before(context: &RunContext, happens: &[Happens]) -> Vec<bool> {
    let steps = &context.plan.steps;
    let makes = |step: usize| {
        let changes = matches!(&steps[step].action, Action::Exec(exec) if exec.effect() != Effect::Read);
        changes && happens[step] != Happens::Never
    };
    let mut made: Vec<bool> = Vec::with_capacity(steps.len());
    for step in steps {
        // What it needs stands before it.
        let before = step.needs.iter().any(|need| made[*need] || makes(*need));
        made.push(before);
    }
    made
}
