//! A run from its first record to its last: begun, taken up again, driven, ended.
//!
//! In this order: documents and inputs are right; no other process of this machine acts on the targets; the servers are the
//! ones that were meant; the run is on record; the targets are claimed. Only then does the engine begin.

use std::{borrow::Cow, collections::HashSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use miette::Diagnostic;
use thiserror::Error;

use super::{
    Binding, PlanPerformer,
    changes::{Changes, changes},
    checks::names_task,
    prepare::{Documents, PrepareError, secrets},
    targets::{addresses, changes_something, used_by},
};
use crate::{
    bundle::{Bundle, Role, SavedFile},
    connect::target::{Cluster, Connections, Member},
    document::Limits,
    engine::{
        command::{self, CommandError, Opened},
        event::{Event, Failure, Outcome, RunCreated},
        observer::Observer,
        recorder::{RecordError, Recorder},
        resume::{Findings, findings, replay},
        scheduler::{Ending, Scheduler, signals},
        spec::{RunSpec, SpecError},
        state::{Lifecycle, State},
    },
    journal::{
        FORMAT, Journal, JournalError, Record, Torn,
        folder::{Document, FolderError, Kept, RunFolder, RunStore, new_run_id},
        lock::{Holder, LockError, TargetLocks},
    },
    plan::{binding::Given, expanded::ExpandedPlan, inputs::InputValue, name::Name},
    template::{RunFacts, redact::Redactor},
    world::{
        Expectation, Identity,
        claim::{self, Owner, Released, release},
        identity::confirm,
        preflight,
    },
};

/// Another run's claim, as it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub target: Name,
    pub member: Name,
    /// The run whose it is.
    pub run: String,
}

/// How a run is to be driven.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much is under way at once.
    pub max_parallel: usize,
    /// How long to wait for what cannot be let go when the process has to end.
    pub grace: Duration,
    /// Who says so: `user@host`.
    pub by: String,
}

/// Why a run was not begun, or not taken up again. Nothing was changed, but where it says so.
#[derive(Debug, Error, Diagnostic)]
pub enum SessionError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Prepare(#[from] PrepareError),
    #[error("the plan's digest is {found}, not {expected}")]
    #[diagnostic(
        code(houseplan::run::digest),
        help(
            "the plan, the environment or the inputs are not those that were reviewed; `houseplan render` prints what would run now"
        )
    )]
    Digest { expected: String, found: String },
    #[error("the servers are not as the plan needs them")]
    World(Vec<Failure>),
    #[error("the target is claimed by another run")]
    Claimed { failure: Box<Failure>, claim: Option<Claim> },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error("the run cannot be recorded: {0}")]
    #[diagnostic(code(houseplan::journal::unusable))]
    Record(#[from] RecordError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Command(#[from] CommandError),
    #[error("record {record} of the run's journal does not follow from those before it: {reason}")]
    #[diagnostic(
        code(houseplan::run::inconsistent),
        help("the plan has changed in a step that has begun, or the journal was edited; nothing was done")
    )]
    Inconsistent { record: u64, reason: String },
    #[error("run {run} has ended ({outcome}); an ended run is not taken up again")]
    #[diagnostic(code(houseplan::run::ended), help("to do it again, begin a new run: `houseplan run …`"))]
    Ended { run: String, outcome: &'static str },
    #[error("the files of run {run} have changed since it began:\n{}", changes.lines().join("\n"))]
    #[diagnostic(
        code(houseplan::run::changed),
        help(
            "`houseplan resume {run} --accept-changes` goes on with them as they are now; without it, put them back, or leave them out with `--as-begun`"
        )
    )]
    Changed { run: String, changes: Changes },
    #[error("what has changed cannot be accepted: {}", steps.join(", "))]
    #[diagnostic(
        code(houseplan::run::changed_steps),
        help(
            "these steps have begun, or were expanded or settled; go on as the run began with `houseplan resume {run} --as-begun`, or abandon it"
        )
    )]
    ChangedSteps { run: String, steps: Vec<String> },
    #[error("the plan cannot be scheduled: {0}")]
    #[diagnostic(code(houseplan::internal))]
    Spec(#[from] SpecError),
    #[error("signals cannot be heard: {0}")]
    #[diagnostic(code(houseplan::internal))]
    Signals(std::io::Error),
}

/// A run that this process has to itself, ready to be driven.
pub struct Session {
    pub documents: Documents,
    pub folder: RunFolder,
    recorder: Recorder,
    performer: Arc<PlanPerformer>,
    claimed: bool,
    options: Options,
    _locks: TargetLocks,
}

/// What a resume found.
pub struct Resumed {
    pub session: Session,
    pub findings: Findings,
    /// What was cut off the journal's end.
    pub torn: Option<Torn>,
    /// What changed since the run began and was accepted.
    pub changes: Option<Changes>,
}

/// What became of a run, for now.
pub struct Finished {
    pub ending: Ending,
    pub state: State,
    pub documents: Documents,
    pub folder: RunFolder,
    /// What could not be given back when the run ended, each in a sentence.
    pub left: Vec<String>,
}

/// Begins a run.
pub async fn start(
    store: &RunStore,
    documents: Documents,
    given: &Given,
    digest: Option<&str>,
    under: Option<&str>,
    options: Options,
) -> Result<Session, SessionError> {
    let found = documents.render(given)?.digest;
    if let Some(expected) = digest.filter(|expected| *expected != found) {
        return Err(SessionError::Digest { expected: expected.to_owned(), found });
    }
    let started = Timestamp::now();
    let id = new_run_id(started);
    let run = RunFacts { id: id.clone(), started: started.to_string() };
    let parts = Parts::new(&documents, given, run, &options)?;
    let locks = TargetLocks::acquire(&store.target_locks(), &parts.addresses, &Holder::this(Some(&id)))?;

    let lent: Vec<String> = under.map(str::to_owned).into_iter().collect();
    let expectations = parts.expectations(&documents.plan);
    let pinned = match preflight(&expectations, &id, &lent).await {
        Ok(pinned) => pinned,
        // Another run at work is why the servers are not as they should be: whose it is says more than what it does.
        Err(failures) => return Err(met(&parts, &lent, &failures).await.unwrap_or(SessionError::World(failures))),
    };
    if let Some(lender) = under.filter(|_| parts.writes) {
        lends(&parts, lender).await?;
    }

    let saved = documents.bundle.saved();
    let folder = store.create(&id, &saved.iter().map(document).collect::<Vec<_>>())?;
    let journal = Journal::create(&folder.journal())?;
    let mut recorder = parts.recorder(State::new(Arc::clone(&parts.spec)), journal);
    let created = created(&documents, &parts, found, started, under, &options.by);
    let pins = pinned.into_iter().map(|(target, member, identity)| Event::MemberPinned {
        target,
        member,
        identity: serde_json::to_value(identity).expect("an identity has string keys only"),
    });
    recorder.record(std::iter::once(Event::RunCreated(created)).chain(pins))?;

    let claimed = parts.writes && under.is_none();
    if claimed && let Err(refused) = take_claim(&mut recorder, &parts.members(), &id, &options.by).await? {
        // The run has done nothing, and its claim was given back: it never was.
        let _ = std::fs::remove_dir_all(folder.path());
        return Err(refused);
    }
    Ok(Session {
        performer: Arc::new(PlanPerformer(parts.binding)),
        documents,
        folder,
        recorder,
        claimed,
        options,
        _locks: locks,
    })
}

/// How files that have changed since the run began are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// They are told, and nothing is done.
    Refuse,
    /// The run goes on with them as they are now.
    Accept,
    /// The run goes on with them as they were.
    AsBegun,
}

/// Takes a suspended run up again, or one whose process has died.
pub async fn resume(
    store: &RunStore,
    id: &str,
    variables: Vec<(String, String)>,
    on_change: OnChange,
    limits: &Limits,
    options: Options,
) -> Result<Resumed, SessionError> {
    let Opened { folder, journal, records, torn } = command::open(store, id)?;
    let created = records.iter().find_map(|record| match &record.event {
        Event::RunCreated(created) => Some(created.clone()),
        _ => None,
    });
    let created = created
        .ok_or_else(|| SessionError::Inconsistent { record: 1, reason: "it does not begin a run".to_owned() })?;
    let kept = Documents::new(Bundle::from_saved(saved(folder.documents()?)?, limits).map_err(PrepareError::from)?)?;
    let given = Given {
        set: Vec::new(),
        file: Some((
            "the run's journal".to_owned(),
            created.inputs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        )),
        variables,
    };

    let changed = match on_change {
        OnChange::AsBegun => None,
        OnChange::Refuse | OnChange::Accept => changes(&kept, limits),
    };
    let (documents, changes) = match changed {
        None => (kept, None),
        Some((changes, now)) => match (on_change, now) {
            (OnChange::Accept, Some(now)) => {
                let begun = begun_steps(&kept.plan, &records)?;
                let steps: Vec<String> = changes.steps.iter().filter(|step| begun.contains(*step)).cloned().collect();
                if !steps.is_empty() {
                    return Err(SessionError::ChangedSteps { run: id.to_owned(), steps });
                }
                (now, Some(changes))
            }
            _ => return Err(SessionError::Changed { run: id.to_owned(), changes }),
        },
    };

    let run = RunFacts { id: id.to_owned(), started: created.started.to_string() };
    let parts = Parts::new(&documents, &given, run, &options)?;
    let replayed = replay(Arc::clone(&parts.spec), &records)
        .map_err(|(record, reason)| SessionError::Inconsistent { record, reason: reason.to_string() })?;
    let state = replayed.state;
    if let Lifecycle::Ended(outcome) = state.lifecycle() {
        return Err(SessionError::Ended { run: id.to_owned(), outcome: outcome_word(outcome) });
    }
    let locks = TargetLocks::acquire(&store.target_locks(), &parts.addresses, &Holder::this(Some(id)))?;
    confirm_members(&parts, &documents.plan, &state).await?;
    let findings = findings(&state, &records);
    let mut recorder = parts.recorder(state, journal);
    let claimed = parts.writes && created.under.is_none();
    if claimed {
        // Claims that still stand stay as they are; a member that is gone has none to lose.
        let needed = parts.needed_members(&documents.plan, recorder.state());
        take_claim(&mut recorder, &needed, id, &created.by).await??;
    }
    let session = Session {
        performer: Arc::new(PlanPerformer(parts.binding)),
        documents,
        folder,
        recorder,
        claimed,
        options,
        _locks: locks,
    };
    Ok(Resumed { session, findings, torn, changes })
}

impl Session {
    /// The run's id.
    pub fn id(&self) -> &str {
        self.folder.id()
    }

    /// The state before this process has done anything.
    pub fn state(&self) -> &State {
        self.recorder.state()
    }

    /// Runs until the run ends or has to wait, and gives the claim back if it has ended.
    pub async fn drive(self, observer: impl Observer + 'static) -> Result<Finished, SessionError> {
        let interrupts = signals().map_err(SessionError::Signals)?;
        let performer = Arc::clone(&self.performer);
        let scheduler =
            Scheduler::new(self.recorder, performer, observer).with_grace(self.options.grace).for_user(self.options.by);
        let (ending, mut recorder) = scheduler.run(interrupts).await?;
        let mut left = Vec::new();
        if self.claimed && matches!(ending, Ending::Ended(_)) {
            left = give_back(&mut recorder, &self.performer.0.connections, self.folder.id()).await?;
        }
        Ok(Finished { ending, state: recorder.state().clone(), documents: self.documents, folder: self.folder, left })
    }
}

/// What a run is made of, before anything is asked of any server.
struct Parts {
    binding: Binding,
    spec: Arc<RunSpec>,
    /// Where the ClickHouse targets are that the plan uses.
    addresses: Vec<String>,
    used: HashSet<Name>,
    writes: bool,
}

impl Parts {
    fn new(documents: &Documents, given: &Given, run: RunFacts, options: &Options) -> Result<Self, SessionError> {
        let inputs = documents.bind(given, &run)?;
        let (targets, connections) = documents.connect()?;
        let plan = &documents.plan;
        let used: HashSet<Name> =
            plan.steps.iter().flat_map(|step| used_by(plan, step)).map(|(name, _)| name).collect();
        let spec = Arc::new(RunSpec::from_plan(plan, options.max_parallel, names_task)?);
        let secrets = secrets(&targets, &inputs);
        let redactor = Arc::new(Redactor::new(&secrets));
        Ok(Self {
            addresses: addresses(&targets, |name| used.contains(name)),
            writes: plan.steps.iter().any(changes_something),
            binding: Binding {
                plan: Arc::clone(plan),
                inputs,
                run,
                connections: Arc::new(connections),
                redactor,
                secrets,
            },
            spec,
            used,
        })
    }

    fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        let clusters = self.binding.connections.clickhouse.values();
        clusters.filter(|cluster| self.used.contains(&cluster.name)).map(Arc::as_ref)
    }

    fn members(&self) -> Vec<Arc<Member>> {
        self.clusters().flat_map(|cluster| cluster.members.iter().cloned()).collect()
    }

    /// The members that the steps which are left cannot do without.
    fn needed_members(&self, plan: &ExpandedPlan, state: &State) -> Vec<Arc<Member>> {
        let left = plan.steps.iter().enumerate().filter(|(index, _)| !state.step(*index).phase.is_done());
        let needed: HashSet<Name> = left
            .flat_map(|(_, step)| used_by(plan, step))
            .filter_map(|(name, can_be_absent)| (!can_be_absent).then_some(name))
            .collect();
        self.members().into_iter().filter(|member| needed.contains(&member.target)).collect()
    }

    fn expectations<'a>(&'a self, plan: &'a ExpandedPlan) -> Vec<Expectation<'a>> {
        let expectation = |target: &'a Cluster| {
            // By their names in the environment, which for the plan's own targets are the same.
            let required = plan.targets.get(&target.name);
            Expectation {
                target,
                members: required.and_then(|required| required.members),
                shards: required.and_then(|required| required.shards),
                databases: self.databases(plan),
            }
        };
        self.clusters().map(expectation).collect()
    }

    /// The databases that the plan's inputs name.
    fn databases(&self, plan: &ExpandedPlan) -> Vec<String> {
        let named = plan.inputs.iter().filter(|(name, _)| name.as_str().contains("database"));
        let value = |name: &Name| match self.binding.inputs[0].get(name) {
            Some(InputValue::Plain(value)) => value.as_str().map(str::to_owned),
            _ => None,
        };
        named.filter_map(|(name, _)| value(name)).collect()
    }

    fn recorder(&self, state: State, journal: Journal) -> Recorder {
        let redactor = Arc::clone(&self.binding.redactor);
        Recorder::new(state, journal).redacting(Arc::new(move |text| match redactor.redact(text) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(redacted) => Cow::Owned(redacted),
        }))
    }
}

fn created(
    documents: &Documents,
    parts: &Parts,
    digest: String,
    started: Timestamp,
    under: Option<&str>,
    by: &str,
) -> RunCreated {
    let inputs = &parts.binding.inputs[0];
    let plain = |(name, value): (&Name, &InputValue)| match value {
        InputValue::Plain(value) => Some((name.clone(), value.clone())),
        InputValue::Secret(_) => None,
    };
    let secret = |(name, value): (&Name, &InputValue)| matches!(value, InputValue::Secret(_)).then(|| name.clone());
    let environment = documents.bundle.environment().map(|it| it.document.metadata.name.clone());
    RunCreated {
        format: FORMAT,
        run: parts.binding.run.id.clone(),
        houseplan: env!("CARGO_PKG_VERSION").to_owned(),
        plan: documents.plan.metadata.name.clone(),
        plan_version: documents.plan.metadata.version.clone(),
        environment: environment.unwrap_or_default(),
        digest,
        started,
        by: by.to_owned(),
        under: under.map(str::to_owned),
        inputs: inputs.iter().filter_map(plain).collect(),
        secret_inputs: inputs.iter().filter_map(secret).collect(),
    }
}

/// Claims members and puts each claim on record. The inner result is the refusal.
async fn take_claim(
    recorder: &mut Recorder,
    members: &[Arc<Member>],
    run: &str,
    by: &str,
) -> Result<Result<(), SessionError>, SessionError> {
    let host = Holder::this(None).host;
    let owner = Owner { run: run.to_owned(), who: by.to_owned(), host, since: Timestamp::now() };
    let members: Vec<&Member> = members.iter().map(Arc::as_ref).collect();
    match claim::claim(&members, &owner).await {
        Ok(taken) => {
            let claimed =
                |member: &&Member| Event::Claimed { target: member.target.clone(), member: member.name.clone() };
            recorder.record(taken.iter().map(claimed).collect::<Vec<_>>())?;
            Ok(Ok(()))
        }
        Err(failure) => {
            let claim = claimed_by(&members, &failure).await;
            Ok(Err(SessionError::Claimed { failure: Box::new(failure), claim }))
        }
    }
}

/// The claim of a run that lends none to this one, where a member bears one.
async fn met(parts: &Parts, lent: &[String], failures: &[Failure]) -> Option<SessionError> {
    if !parts.writes {
        return None;
    }
    for member in parts.members() {
        if let Ok(Some(owner)) = claim::owner(&member).await
            && !lent.contains(&owner.run)
        {
            let claim = Claim { target: member.target.clone(), member: member.name.clone(), run: owner.run };
            return Some(SessionError::Claimed { failure: Box::new(failures.first()?.clone()), claim: Some(claim) });
        }
    }
    None
}

/// The run that is to lend its claim has to have one, on every member that is acted on.
async fn lends(parts: &Parts, lender: &str) -> Result<(), SessionError> {
    for member in parts.members() {
        let found = claim::owner(&member).await.map_err(|failure| SessionError::World(vec![failure]))?;
        let whose = found.as_ref().map_or("nobody", |owner| owner.run.as_str());
        if whose == lender {
            continue;
        }
        let message = format!("run {lender} has no claim on {} to lend: it is claimed by {whose}", member.name);
        let mut failure = Failure::new("houseplan::run::no_claim_to_lend", message)
            .with_help("`--under` names a run that stands still and has not ended; `houseplan status` lists them");
        failure.member = Some(member.name.clone());
        let claim =
            found.map(|owner| Claim { target: member.target.clone(), member: member.name.clone(), run: owner.run });
        return Err(match claim {
            Some(claim) => SessionError::Claimed { failure: Box::new(failure), claim: Some(claim) },
            None => SessionError::World(vec![failure]),
        });
    }
    Ok(())
}

/// Whose claim was met, and where.
async fn claimed_by(members: &[&Member], failure: &Failure) -> Option<Claim> {
    let member = members.iter().find(|member| failure.member.as_ref() == Some(&member.name))?;
    let owner = claim::owner(member).await.ok()??;
    Some(Claim { target: member.target.clone(), member: member.name.clone(), run: owner.run })
}

/// Gives the claim back on every member that bears it, and says of each that cannot be asked.
async fn give_back(recorder: &mut Recorder, connections: &Connections, run: &str) -> Result<Vec<String>, SessionError> {
    let members: Vec<&Member> =
        connections.clickhouse.values().flat_map(|cluster| &cluster.members).map(Arc::as_ref).collect();
    let claims = recorder.state().claims().to_vec();
    let ours: Vec<&Member> =
        members.into_iter().filter(|member| claims.contains(&(member.target.clone(), member.name.clone()))).collect();
    let (mut events, mut left) = (Vec::new(), Vec::new());
    for (member, outcome) in release(&ours, run).await {
        match outcome {
            Ok(Released::Unreachable(reason)) => {
                left.push(format!(
                    "{} cannot be reached ({reason}); if it comes back, drop its database houseplan_claim",
                    member.name
                ));
            }
            Ok(_) => events.push(Event::Released { target: member.target.clone(), member: member.name.clone() }),
            Err(failure) => left.push(format!("the claim on {} was not given back: {}", member.name, failure.message)),
        }
    }
    recorder.record(events)?;
    Ok(left)
}

/// Each member that is still needed has to be the server that it was when the run began.
async fn confirm_members(parts: &Parts, plan: &ExpandedPlan, state: &State) -> Result<(), SessionError> {
    let needed = parts.needed_members(plan, state);
    let checks = needed.iter().filter_map(|member| {
        let pinned = state.pins().get(&(member.target.clone(), member.name.clone()))?;
        Some(async move {
            let pinned: Identity = serde_json::from_value(pinned.clone()).map_err(|error| {
                Failure::new("houseplan::journal::unusable", format!("a pinned identity cannot be read: {error}"))
            })?;
            confirm(member, &pinned).await
        })
    });
    let failures: Vec<Failure> = futures::future::join_all(checks).await.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() { Ok(()) } else { Err(SessionError::World(failures)) }
}

/// The steps that the run has begun, expanded or settled, by name: these must stay as they are.
fn begun_steps(plan: &Arc<ExpandedPlan>, records: &[Record<Event>]) -> Result<HashSet<String>, SessionError> {
    let spec = Arc::new(RunSpec::from_plan(plan, 1, names_task)?);
    let replayed = replay(spec, records)
        .map_err(|(record, reason)| SessionError::Inconsistent { record, reason: reason.to_string() })?;
    let state = replayed.state;
    let begun = |index: &usize| state.has_started(*index) || state.is_expanded(*index) || state.was_settled(*index);
    Ok((0..plan.steps.len()).filter(begun).map(|index| plan.steps[index].id.to_string()).collect())
}

fn document(saved: &SavedFile) -> Document<'_> {
    Document { name: &saved.origin, role: saved.role.as_str(), text: saved.text.as_bytes() }
}

/// The documents as they were when the run began.
fn saved(kept: Vec<(Kept, Vec<u8>)>) -> Result<Vec<SavedFile>, SessionError> {
    let mut files = Vec::new();
    for (kept, text) in kept {
        let text = String::from_utf8_lossy(&text).into_owned();
        let role = match kept.role.as_str() {
            "plan" => Role::Plan,
            "environment" => Role::Environment,
            _ => Role::Included,
        };
        files.push(SavedFile { role, origin: kept.name, text });
    }
    Ok(files)
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Abandoned => "abandoned",
    }
}

/// The documents that a run began with, for what only looks at it.
pub fn kept_documents(store: &RunStore, id: &str) -> Result<Documents, SessionError> {
    let saved = saved(store.documents_of(id)?)?;
    Ok(Documents::new(Bundle::from_saved(saved, &Limits::with_nodes(usize::MAX >> 16)).map_err(PrepareError::from)?)?)
}
