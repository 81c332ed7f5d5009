//! Taking a run up again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use camino::Utf8Path;
use jiff::Timestamp;

use super::{claims, drive::Session, options::Options, prepared::PreparedRun};

use crate::{
    catalogue,
    connect::target::Member,
    document::Limits,
    engine::{
        command::{self, Opened},
        event::{Event, MemberName, RunCreated},
        resume::{Findings, findings, replay},
        spec::RunSpec,
        state::{Lifecycle, State, StepPhase},
    },
    failure::Failure,
    journal::{
        Record, Torn,
        folder::{FolderError, RunFolder, RunStore},
        lock::{Holder, TargetLocks, this_host},
    },
    name::{Name, TaskId},
    plan::{binding::Given, expanded::ExpandedPlan},
    run::{
        abandon::abandon_without,
        documents::{Changes, Documents, changes, saved, scripts},
        error::SessionError,
        perform::checks::names_task,
    },
    template::RunFacts,
    world::{
        Identity,
        identity::{OtherVersion, confirm},
    },
};

/// What a resume found.
pub struct Resumed {
    pub session: Session,
    pub findings: Findings,
    /// What was cut off the journal's end.
    pub torn: Option<Torn>,
    /// What changed since the run began and was accepted.
    pub changes: Option<Changes>,
    /// The servers that run another version than when the run began, which was accepted.
    pub versions: Vec<OtherVersion>,
    /// The members that the run is given up without.
    pub without: Vec<MemberName>,
    /// The members whose claim was gone, which was accepted.
    pub freed: Vec<Name>,
}

/// How files that have changed since the run began are taken, and servers that run another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// They are told, and nothing is done.
    Refuse,
    /// The run goes on with them as they are now.
    Accept,
    /// The run goes on with the files as they were; servers have to be as they were.
    AsBegun,
    /// The run goes on with the documents as they were, and with all else as it is now.
    AcceptOthers,
}

impl OnChange {
    /// Whether the documents are to be as they were.
    fn as_begun(self) -> bool {
        matches!(self, Self::AsBegun | Self::AcceptOthers)
    }

    /// Whether what has changed is taken: of what the run has no copy, at least.
    fn accepts(self) -> bool {
        matches!(self, Self::Accept | Self::AcceptOthers)
    }
}

/// Takes a suspended run up again, or one whose process has died.
///
/// `variables` are the process's own, for inputs that are secret; all others are those that the run began with.
pub async fn resume(
    store: &RunStore,
    id: &str,
    variables: Vec<(String, String)>,
    on_change: OnChange,
    limits: &Limits,
    options: Options,
) -> Result<Resumed, SessionError> {
    let Opened { folder, journal, records, torn } = command::open(store, id)?;
    let created = created(&records)?;
    let began = saved::of_folder(&folder, &created.targets)?;
    let known = replayed(&began.plan, &records)?;
    if let Lifecycle::Ended(outcome) = known.lifecycle() {
        return Err(command::CommandError::Ended { run: id.to_owned(), outcome }.into());
    }
    command::lends_nothing(store, id)?;
    let giving_up = options.giving_up.is_some();
    let (documents, changes) = documents(&created, began, &known, on_change, giving_up, limits, &records)?;
    let mut parts = parts(&documents, &created, variables, &options)?;
    let state = replay(Arc::clone(&parts.spec), &records).map_err(inconsistent)?.state;
    let in_doubt = findings(&state, &records).in_doubt;
    let word = match &options.giving_up {
        Some(how) => Some(abandon_without::given_up(how, &parts, &state, &in_doubt, &options.by).await?),
        None => None,
    };
    let state = applied(state, word.as_ref())?;
    parts.binding.without = state.without().cloned().collect();
    parts.binding.elsewhere = begun_elsewhere(&records, &in_doubt);

    let lender = created.under.as_deref().map(|lender| lender_of(store, lender)).transpose()?.flatten();
    let locks = TargetLocks::acquire(&store.target_locks(), &parts.addresses, &Holder::this(Some(id)))?;
    let claimed = parts.claims();
    let theirs = claims::elsewhere(&claimed, id, options.gone.as_deref()).await?;
    // What is given up has only to be put back, and cannot wait for an older version, or for what somebody else has changed.
    let ends = state.abandoned_by().is_some() || state.finally_begun();
    let confirmed = confirm_members(&parts, &documents.plan, &state).await;
    let versions = confirmed.map_err(|failed| abandon_without::not_confirmed(failed, ends.then_some((&parts, id))))?;
    if !on_change.accepts() && !ends && !versions.is_empty() {
        return Err(SessionError::World(versions.iter().map(OtherVersion::refusal).collect()));
    }
    let needed = crate::claims::of(&parts.needed_members(&documents.plan, &state));
    let freed = match parts.writes {
        true => claims::freed(if ends { &claimed } else { &needed }, id, &state).await,
        false => Vec::new(),
    };
    if !freed.is_empty() && !ends && !options.claim_again {
        return Err(SessionError::ClaimGone { run: id.to_owned(), members: freed });
    }
    let findings = findings(&state, &records);
    let without = parts.binding.without.clone();
    let mut recorder = parts.recorder(state, journal);
    if parts.writes {
        claims::take_over(&theirs, id, &options.by).await?;
        // Claims that still stand stay as they are; a member that is gone has none to lose.
        claims::take(&mut recorder, &needed, id, &created.by, created.under.as_deref()).await??;
    }
    // What is said is on record only now that nothing more can refuse it.
    if changes.is_some() {
        let saved = saved::saved(&documents);
        folder.keep_instead(&saved.iter().map(saved::document).collect::<Vec<_>>())?;
    }
    recorder.record(word)?;
    if changes.is_some() || !versions.is_empty() || !freed.is_empty() {
        let files = scripts::read(&documents, &scripts::inputs(&created), Utf8Path::new(&created.directory), |_| true)?;
        recorder.record(accepted(changes.as_ref(), &versions, &freed, scripts::recorded(files), &options.by))?;
    }
    let session = Session::new(documents, folder, recorder, parts, options, locks, lender);
    Ok(Resumed { session, findings, torn, changes, versions, without, freed })
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

/// The state as it will be once the word is on record.
fn applied(mut state: State, word: Option<&Event>) -> Result<State, SessionError> {
    if let Some(word) = word {
        state.apply(word, Timestamp::now()).map_err(|error| inconsistent((0, error)))?;
    }
    Ok(state)
}

/// That the run goes on with what has changed, and the servers' identities as they are now.
fn accepted(
    changes: Option<&Changes>,
    versions: &[OtherVersion],
    freed: &[Name],
    named_files: BTreeMap<String, String>,
    by: &str,
) -> Vec<Event> {
    let of = |changes: &Changes| (changes.all_files().cloned().collect(), changes.steps.clone());
    let (files, steps) = changes.map(of).unwrap_or_default();
    let claimed = freed.iter().map(|member| format!("the claim on {member} was gone"));
    let servers = versions.iter().map(OtherVersion::words).chain(claimed).collect();
    let pins = versions.iter().map(|version| Event::MemberPinned {
        target: version.target.clone(),
        member: version.member.clone(),
        identity: serde_json::to_value(&version.now).expect("an identity has string keys only"),
    });
    std::iter::once(Event::ChangesAccepted { files, steps, servers, named_files, by: by.to_owned() })
        .chain(pins)
        .collect()
}

/// Gives back the claim of a run that has ended, where its record still holds one: its process died in between, or a server
/// could not be reached. Gives what could still not be given back, each in a sentence; `None` where there is nothing to give
/// back, or the run has not ended.
pub async fn give_back_after_end(
    store: &RunStore,
    id: &str,
    variables: Vec<(String, String)>,
    options: &Options,
) -> Result<Option<Vec<String>>, SessionError> {
    let Opened { folder, journal, records, .. } = command::open(store, id)?;
    let created = created(&records)?;
    let documents = saved::of_folder(&folder, &created.targets)?;
    let state = replayed(&documents.plan, &records)?;
    if !matches!(state.lifecycle(), Lifecycle::Ended(_)) || state.claims().is_empty() {
        return Ok(None);
    }
    command::lends_nothing(store, id)?;
    let parts = parts(&documents, &created, variables, options)?;
    let claimed = crate::claims::of(&parts.members());
    claims::elsewhere(&claimed, id, options.gone.as_deref()).await?;
    let mut recorder = parts.recorder(state, journal);
    let environment = documents.bundle.environment_origin().unwrap_or("ENV");
    claims::give_back(&mut recorder, &claimed, id, environment).await.map(Some)
}

fn created(records: &[Record<Event>]) -> Result<RunCreated, SessionError> {
    let created = records.iter().find_map(|record| match &record.event {
        Event::RunCreated(created) => Some(created.clone()),
        _ => None,
    });
    created.ok_or_else(|| SessionError::Inconsistent { record: 1, reason: "it does not begin a run".to_owned() })
}

fn parts(
    documents: &Documents,
    created: &RunCreated,
    variables: Vec<(String, String)>,
    options: &Options,
) -> Result<PreparedRun, SessionError> {
    let inputs = created.inputs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let given = Given { set: Vec::new(), file: Some(("the run's journal".to_owned(), inputs)), variables };
    let run = RunFacts { id: created.run.clone(), started: created.started.to_string() };
    PreparedRun::new(documents, &given, run, Utf8Path::new(&created.directory), options.max_parallel)
}

/// Locks the run under whose claim this one works. One that has ended, or whose folder is gone, has no claim to lend: where
/// none of it stands any more, this run claims for itself.
fn lender_of(store: &RunStore, lender: &str) -> Result<Option<RunFolder>, SessionError> {
    match store.open(lender) {
        Ok(folder) => Ok(Some(folder)),
        Err(FolderError::Unknown(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The documents to go on with: as the run began, or as they are now where that is asked for and allowed.
///
/// A file that a command names is run from its place, so there is no going on with it as it was. Whether its step has begun
/// is nothing to it: an attempt runs what is there, and mending a script is how a step that failed is mended.
fn documents(
    created: &RunCreated,
    began: Documents,
    known: &State,
    on_change: OnChange,
    giving_up: bool,
    limits: &Limits,
    records: &[Record<Event>],
) -> Result<(Documents, Option<Changes>), SessionError> {
    let id = &created.run;
    // Its word may not be on record yet.
    let given_up = giving_up || known.abandoned_by().is_some();
    let scripts = scripts::changed(&began, created, records, known, given_up)?;
    let changed = if on_change.as_begun() { None } else { changes(&began, limits) };
    let (mut changes, now) = match changed {
        Some((changes, now)) => (changes, now),
        None if scripts.is_empty() => return Ok((began, None)),
        None => (Changes::default(), None),
    };
    changes.scripts = scripts;
    // What is given up has only to be put back: it takes them as they are, and says so.
    let taken = on_change.accepts() || given_up && on_change == OnChange::AsBegun;
    if !taken || changes.unusable.is_some() {
        return Err(SessionError::Changed { run: id.to_owned(), changes, as_begun: on_change.as_begun() });
    }
    let begun = begun_steps(&began.plan, known);
    let mut fixed: Vec<String> = changes.steps.iter().filter(|step| begun.contains(*step)).cloned().collect();
    fixed.extend(changes.targets.iter().map(|target| format!("target {target}")));
    match fixed.is_empty() {
        true => Ok((now.unwrap_or(began), Some(changes))),
        false => {
            let scripts = !changes.scripts.is_empty();
            Err(SessionError::ChangedSteps { run: id.to_owned(), steps: fixed, scripts })
        }
    }
}

fn replayed(plan: &Arc<ExpandedPlan>, records: &[Record<Event>]) -> Result<State, SessionError> {
    let spec = Arc::new(RunSpec::from_plan(plan, 1, names_task)?);
    Ok(replay(spec, records).map_err(inconsistent)?.state)
}

fn inconsistent((record, reason): (u64, crate::engine::state::ApplyError)) -> SessionError {
    SessionError::Inconsistent { record, reason: reason.to_string() }
}

/// Each member that is still needed has to be the server that it was when the run began. Gives those that run another version.
async fn confirm_members(
    parts: &PreparedRun,
    plan: &ExpandedPlan,
    state: &State,
) -> Result<Vec<OtherVersion>, Vec<(Arc<Member>, Failure)>> {
    let needed = parts.needed_members(plan, state);
    let checks = needed.iter().filter_map(|member| {
        let pinned = state.pins().get(&(member.target.clone(), member.name.clone()))?;
        Some(async move {
            let pinned: Result<Identity, Failure> = serde_json::from_value(pinned.clone()).map_err(|error| {
                catalogue::journal::UNREADABLE.with("reason", format!("the identity of a server: {error}")).failure()
            });
            let confirmed = match pinned {
                Ok(pinned) => confirm(member, &pinned).await,
                Err(failure) => Err(failure),
            };
            confirmed.map_err(|failure| (Arc::clone(member), failure))
        })
    });
    let (mut versions, mut failures) = (Vec::new(), Vec::new());
    for confirmed in futures::future::join_all(checks).await {
        match confirmed {
            Ok(version) => versions.extend(version),
            Err(failed) => failures.push(failed),
        }
    }
    if failures.is_empty() { Ok(versions) } else { Err(failures) }
}

/// The steps that the run has begun, expanded, settled or skipped, by name: these must stay as they are. A skipped one is never
/// looked at again, so that a change to it would be accepted and come to nothing.
fn begun_steps(plan: &ExpandedPlan, state: &State) -> HashSet<String> {
    let begun = |index: &usize| {
        let skipped = state.step(*index).phase == StepPhase::Skipped;
        skipped || state.has_started(*index) || state.is_expanded(*index) || state.was_settled(*index)
    };
    (0..plan.steps.len()).filter(begun).map(|index| plan.steps[index].id.to_string()).collect()
}
