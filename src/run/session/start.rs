//! Beginning a run.

use std::sync::Arc;

use camino::Utf8Path;
use futures::future::join;
use jiff::Timestamp;

use super::{claims, credentials, drive::Session, options::Options, prepared::PreparedRun};

use crate::{
    connect::kubernetes::Kubernetes,
    diagnose::{Activity, Context, diagnose_kubernetes},
    engine::{
        event::{Event, RunCreated},
        recorder::Recorder,
        state::{Lifecycle, State},
        summary,
    },
    failure::Failure,
    journal::{
        FORMAT, Journal,
        folder::{RunFolder, RunStore, new_run_id},
        lock::{Holder, TargetLocks},
    },
    name::Name,
    plan::{binding::InputSources, describe::Files},
    run::{
        documents::{Documents, here, saved, scripts},
        error::SessionError,
        readiness::ask,
    },
    template::{InputValue, RunFacts},
    world::preflight,
};

/// Begins a run: everything up to where the engine takes over.
///
/// `digest` is what the plan has to have; `under` the suspended run whose claim it works under.
pub async fn start(
    store: &RunStore,
    documents: Documents,
    given: &InputSources,
    digest: Option<&str>,
    under: Option<&str>,
    options: Options,
) -> Result<Session, SessionError> {
    let (found, files) = documents.digest_and_files(given)?;
    if let Some(expected) = digest.filter(|expected| *expected != found) {
        return Err(SessionError::Digest { expected: expected.to_owned(), found });
    }
    let started = Timestamp::now();
    let id = new_run_id(started);
    let run = RunFacts { id: id.clone(), started: started.to_string() };
    let directory = here();
    let prepared = PreparedRun::new(&documents, given, run, &directory, options.max_parallel, &|_| true).await?;
    let lender = under.map(|lender| lender_of(store, lender)).transpose()?;
    let locks = TargetLocks::acquire(&store.target_locks(), &prepared.locks, &Holder::this(Some(&id)))?;

    let clusters = clusters(&prepared.kubernetes).await?;
    let lent: Vec<String> = under.map(str::to_owned).into_iter().collect();
    let expectations = prepared.expectations(&documents.plan);
    let (pinned, ready) = join(preflight(&expectations, &id, &lent), ask(&prepared.context, |_| true)).await;
    let pinned = match pinned {
        Ok(pinned) => pinned,
        // Another run at work is why the servers are not as they should be: whose it is says more than what it does.
        Err(failures) => {
            let met = if prepared.writes { claims::met(&prepared.claims(), &id, under, &failures).await } else { None };
            return Err(met.unwrap_or_else(|| SessionError::World([failures, ready.failures].concat())));
        }
    };
    if !ready.failures.is_empty() {
        return Err(SessionError::World(ready.failures));
    }

    let saved = saved::saved(&documents);
    let folder = store.create(&id, &saved.iter().map(saved::document).collect::<Vec<_>>())?;
    let journal = Journal::create(&folder.journal())?;
    let mut recorder = prepared.recorder(State::new(Arc::clone(&prepared.spec)), journal);
    let created = created(&documents, &prepared, (found, files), started, under, &directory, &options.by);
    let pins = pinned.into_iter().map(|(target, member, identity)| Event::MemberPinned {
        target,
        member,
        identity: serde_json::to_value(identity).expect("an identity has string keys only"),
    });
    let clusters = clusters.into_iter().map(|(target, uid)| Event::ClusterPinned { target, uid });
    recorder.record(std::iter::once(Event::RunCreated(created)).chain(clusters).chain(pins))?;

    if prepared.writes
        && let Err(refused) = claims::take(&mut recorder, &prepared.claims(), &id, &options.by, under).await?
    {
        // The run has done nothing, and its claim was given back: it never was.
        let _ = std::fs::remove_dir_all(folder.path());
        return Err(refused);
    }
    if let Err(refused) = credentials::lend(&mut recorder, &prepared.context, |_| true).await? {
        return Err(never_was(&prepared, recorder, &folder, refused).await);
    }
    Ok(Session::new(documents, folder, recorder, prepared, options, locks, lender))
}

/// The refusal of a run that has its claims and nothing else: they are given back, and it never was. Where that cannot be done on
/// every server the run stays on record, for `abandon`.
async fn never_was(
    prepared: &PreparedRun,
    mut recorder: Recorder,
    folder: &RunFolder,
    mut refused: Vec<Failure>,
) -> SessionError {
    let run = folder.id();
    let given_back = claims::give_back(&mut recorder, &prepared.claims(), run, "ENV").await;
    if given_back.is_ok_and(|left| left.is_empty()) && recorder.state().lent().is_empty() {
        let _ = std::fs::remove_dir_all(folder.path());
    } else if let Some(first) = refused.first_mut() {
        first
            .message
            .push_str(&format!("; not all of the servers could be left as they were: `houseplan abandon {run}`"));
    }
    SessionError::World(refused)
}

/// Which clusters of Kubernetes the targets are.
async fn clusters(all: &[Kubernetes]) -> Result<Vec<(Name, String)>, SessionError> {
    let mut found = Vec::with_capacity(all.len());
    for kubernetes in all {
        let context = Context { member: Some(kubernetes.name.clone()), ..Context::new(Activity::Preflight) };
        let uid = kubernetes.cluster().await;
        let uid = uid.map_err(|error| SessionError::World(vec![diagnose_kubernetes(&error, &context)]))?;
        found.push((kubernetes.name.clone(), uid));
    }
    Ok(found)
}

/// Locks the run that lends its claim, so that nothing resumes it meanwhile. It has to stand still, not to have ended, and to
/// lend to nobody else.
fn lender_of(store: &RunStore, lender: &str) -> Result<RunFolder, SessionError> {
    let not = |why: &str| SessionError::NotLent { run: lender.to_owned(), reason: why.to_owned() };
    let folder = store.open(lender)?;
    match summary::summary(store, lender).map_err(|broken| not(&broken.to_string()))?.lifecycle {
        Lifecycle::Ended(_) => Err(not("it has ended")),
        _ => match summary::borrowers(store, lender)?.first() {
            Some(other) => Err(not(&format!("run {other} works under it, and has not ended"))),
            None => Ok(folder),
        },
    }
}

fn created(
    documents: &Documents,
    prepared: &PreparedRun,
    (digest, files): (String, Files),
    started: Timestamp,
    under: Option<&str>,
    directory: &Utf8Path,
    by: &str,
) -> RunCreated {
    let inputs = &prepared.context.inputs[0];
    let plain = |(name, value): (&Name, &InputValue)| match value {
        InputValue::Plain(value) => Some((name.clone(), value.clone())),
        InputValue::Secret(_) => None,
    };
    let secret = |(name, value): (&Name, &InputValue)| matches!(value, InputValue::Secret(_)).then(|| name.clone());
    let environment = documents.bundle.environment().map(|it| it.document.metadata.name.clone());
    RunCreated {
        format: FORMAT,
        run: prepared.context.run.id.clone(),
        houseplan: env!("CARGO_PKG_VERSION").to_owned(),
        plan: documents.plan.metadata.name.clone(),
        plan_version: documents.plan.metadata.version.clone(),
        environment: environment.unwrap_or_default(),
        digest,
        started,
        by: by.to_owned(),
        directory: directory.to_string(),
        under: under.map(str::to_owned),
        named_files: scripts::recorded(files),
        targets: documents.bundle.target_names().clone(),
        inputs: inputs.iter().filter_map(plain).collect(),
        secret_inputs: inputs.iter().filter_map(secret).collect(),
    }
}
