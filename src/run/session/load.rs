//! What a run that is taken up has been so far, and what it goes on with. Asks no server, but where the run is abandoned without
//! one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use camino::Utf8Path;
use jiff::Timestamp;

use super::{
    moved::Begun,
    options::{OnChange, Options},
    prepared::PreparedRun,
    reentered,
};
use crate::{
    action::check::names_task,
    bundle::TargetNames,
    document::Limits,
    engine::{
        command::{self, Opened},
        event::{Event, RunCreated},
        resume::{findings, replay},
        spec::RunSpec,
        state::{Lifecycle, State, StepPhase},
    },
    journal::{
        Journal, Record, Torn,
        folder::{RunFolder, RunStore},
        lock::this_host,
    },
    name::TaskId,
    plan::{
        binding::InputSources,
        expanded::{ExpandedPlan, ExpandedStep},
    },
    run::{
        abandon::abandon_without,
        documents::{Changes, Documents, changes, saved, scripts, unusable},
        error::SessionError,
    },
    template::RunFacts,
};

/// A run as it stands in its folder, with what the person says now.
pub(super) struct Loaded {
    pub folder: RunFolder,
    pub journal: Journal,
    pub records: Vec<Record<Event>>,
    /// What was cut off the journal's end.
    pub torn: Option<Torn>,
    pub created: RunCreated,
    pub documents: Documents,
    /// What changed since the run began and is accepted.
    pub changes: Option<Changes>,
    pub prepared: PreparedRun,
    /// That the run is abandoned. It is applied to the state, and not on record yet.
    pub word: Option<Event>,
    pub state: State,
}

impl Loaded {
    /// Whether the run only ends: what it has done is put back, and nothing else is begun.
    pub fn ends(&self) -> bool {
        self.state.abandoned_by().is_some() || self.state.finally_begun()
    }
}

/// The documents that a run began with, for what only looks at it.
pub fn saved_documents(store: &RunStore, id: &str, target_names: &TargetNames) -> Result<Documents, SessionError> {
    Ok(saved::read(store.documents_of(id)?, target_names)?)
}

/// Reads the run, and refuses what cannot go on.
pub(super) async fn load(
    store: &RunStore,
    id: &str,
    variables: Vec<(String, String)>,
    on_change: OnChange,
    limits: &Limits,
    options: &Options,
) -> Result<Loaded, SessionError> {
    let Opened { folder, journal, records, torn } = command::open(store, id)?;
    let created = created(&records)?;
    let began = saved::read(folder.documents()?, &created.targets)?;
    let known = replayed(&began.plan, &records)?;
    if let Lifecycle::Ended(outcome) = known.lifecycle() {
        return Err(command::CommandError::Ended { run: id.to_owned(), outcome }.into());
    }
    command::lends_nothing(store, id)?;
    let abandoning = options.abandoning.is_some();
    let said = Said { on_change, abandoning, variables: &variables, options };
    let (documents, changes) = chosen(&created, began, &known, said, limits, &records).await?;
    let is_left = |step: &ExpandedStep| {
        let is_done = known.step_index(&step.id).is_some_and(|index| known.step(index).phase.is_done());
        !is_done && (step.finally || !abandoning)
    };
    let mut prepared = prepared(&documents, &created, variables, options, &is_left).await?;
    let state = replay(Arc::clone(&prepared.spec), &records).map_err(inconsistent)?.state;
    let in_doubt = findings(&state, &records).in_doubt;
    let word = match &options.abandoning {
        Some(how) => {
            let members = prepared.members();
            Some(abandon_without::word(how, &prepared.context, &members, &state, &in_doubt, &options.by).await?)
        }
        None => None,
    };
    let state = applied(state, word.as_ref())?;
    prepared.context.without = state.without().cloned().collect();
    prepared.context.elsewhere = begun_elsewhere(&records, &in_doubt);
    Ok(Loaded { folder, journal, records, torn, created, documents, changes, prepared, word, state })
}

pub(in crate::run) fn created(records: &[Record<Event>]) -> Result<RunCreated, SessionError> {
    let created = records.iter().find_map(|record| match &record.event {
        Event::RunCreated(created) => Some(created.clone()),
        _ => None,
    });
    created.ok_or_else(|| SessionError::Inconsistent { record: 1, reason: "it does not start a run".to_owned() })
}

pub(super) async fn prepared(
    documents: &Documents,
    created: &RunCreated,
    variables: Vec<(String, String)>,
    options: &Options,
    is_left: &dyn Fn(&ExpandedStep) -> bool,
) -> Result<PreparedRun, SessionError> {
    let inputs = created.inputs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let given = InputSources { set: Vec::new(), file: Some(("the run's journal".to_owned(), inputs)), variables };
    let run = RunFacts { id: created.run.clone(), started: created.started.to_string() };
    PreparedRun::new(documents, &given, run, Utf8Path::new(&created.directory), options.max_parallel, is_left).await
}

pub(in crate::run) fn replayed(plan: &Arc<ExpandedPlan>, records: &[Record<Event>]) -> Result<State, SessionError> {
    let spec = Arc::new(RunSpec::from_plan(plan, 1, names_task)?);
    Ok(replay(spec, records).map_err(inconsistent)?.state)
}

fn inconsistent((record, reason): (u64, crate::engine::state::ApplyError)) -> SessionError {
    SessionError::Inconsistent { record, reason: reason.to_string() }
}

/// The state as it will be once the word is on record.
fn applied(mut state: State, word: Option<&Event>) -> Result<State, SessionError> {
    if let Some(word) = word {
        state.apply(word, Timestamp::now()).map_err(|error| inconsistent((0, error)))?;
    }
    Ok(state)
}

/// Of the tasks in doubt, those that a process on another machine has begun: the attempt, and where.
fn begun_elsewhere(records: &[Record<Event>], in_doubt: &[TaskId]) -> HashMap<(TaskId, u32), String> {
    let (here, mut host, mut begun) = (this_host(), None, HashMap::new());
    let in_doubt: HashSet<&TaskId> = in_doubt.iter().collect();
    for record in records {
        match &record.event {
            Event::RunResumed { host: other, .. } => host = (*other != here).then_some(other),
            Event::TaskStarted { task, attempt } if in_doubt.contains(task) => {
                begun.extend(host.map(|host| ((task.clone(), *attempt), host.clone())));
            }
            _ => {}
        }
    }
    begun
}

/// What the person says of changes, and what the run is prepared with.
struct Said<'a> {
    on_change: OnChange,
    abandoning: bool,
    variables: &'a [(String, String)],
    options: &'a Options,
}

/// The documents to go on with: as the run began, or as they are now where that is asked for and allowed.
///
/// A file that a command names is run from its place, so there is no going on with it as it was. Whether its step has begun
/// is nothing to it: an attempt runs what is there, and fixing a script is how a step that failed is fixed.
async fn chosen(
    created: &RunCreated,
    began: Documents,
    known: &State,
    said: Said<'_>,
    limits: &Limits,
    records: &[Record<Event>],
) -> Result<(Documents, Option<Changes>), SessionError> {
    let Said { on_change, abandoning, variables, options } = said;
    let id = &created.run;
    // Its word may not be on record yet.
    let abandoned = abandoning || known.abandoned_by().is_some();
    let scripts = scripts::changed(&began, created, records, known, abandoned)?;
    let changed = if on_change.as_begun() { None } else { changes(&began, limits) };
    let (mut changes, now) = match changed {
        Some((changes, now)) => (changes, now),
        None if scripts.is_empty() => return Ok((began, None)),
        None => (Changes::default(), None),
    };
    changes.scripts = scripts;
    let steps = begun_steps(&began.plan, known);
    changes.fixed = changes.steps.iter().filter(|step| steps.contains(*step)).cloned().collect();
    if let Some(now) = &now {
        if !changes.fixed.is_empty()
            && let Ok(now) = prepared(now, created, variables.to_vec(), options, &|_| false).await
        {
            let same = reentered::as_entered(&began.plan, known, &changes.fixed, &now, records);
            changes.fixed.retain(|step| !same.contains(step));
        }
        let directory = Utf8Path::new(&created.directory);
        let begun = Begun { plan: &began.plan, state: known, steps: &steps, directory, run: id };
        match begun.refused(&changes.targets, now).await {
            Ok(refused) => changes.fixed.extend(refused),
            Err(error) => changes.unusable = Some(unusable(&error)),
        }
    }
    // What is abandoned has only to be put back: it takes them as they are, and says so.
    let taken = on_change.accepts() || abandoned && on_change == OnChange::AsBegun;
    if !taken || changes.unusable.is_some() {
        return Err(SessionError::Changed { run: id.to_owned(), changes, as_begun: on_change.as_begun() });
    }
    match changes.fixed.is_empty() {
        true => Ok((now.unwrap_or(began), Some(changes))),
        false => Err(SessionError::ChangedSteps { run: id.to_owned(), changes }),
    }
}

/// The steps that the run has begun, expanded, settled or skipped, by name: these must stay as they are. A skipped one is never
/// looked at again, so that a change to it would be accepted and come to nothing. One that has sent nothing may change if it is
/// entered as it was: see [`reentered`].
fn begun_steps(plan: &ExpandedPlan, state: &State) -> HashSet<String> {
    let begun = |index: &usize| {
        let skipped = state.step(*index).phase == StepPhase::Skipped;
        skipped || state.has_started(*index) || state.is_expanded(*index) || state.was_settled(*index)
    };
    (0..plan.steps.len()).filter(begun).map(|index| plan.steps[index].id.to_string()).collect()
}
