//! Taking a run up again.

use super::{
    accept::{self, Accepted},
    claims,
    confirm::{Confirmed, confirm},
    credentials,
    drive::Session,
    load::{Loaded, created, load, prepared, replayed},
    options::{OnChange, Options},
};

use crate::{
    document::Limits,
    engine::{
        command::{self, Opened},
        event::MemberName,
        resume::{Findings, findings},
        state::Lifecycle,
    },
    journal::{
        Torn,
        folder::{FolderError, RunFolder, RunStore},
        lock::{Holder, TargetLocks},
    },
    name::Name,
    run::{
        documents::{Changes, saved},
        error::SessionError,
    },
    world::identity::OtherVersion,
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
    /// The members that the run is abandoned without.
    pub without: Vec<MemberName>,
    /// The members whose claim was gone, which was accepted.
    pub freed: Vec<Name>,
}

/// Takes a suspended run up again, or one whose process has died: loads it, confirms the servers, claims them, and puts on
/// record what is accepted.
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
    let loaded = load(store, id, variables, on_change, limits, &options).await?;
    let lender = loaded.created.under.as_deref().map(|lender| lender_of(store, lender)).transpose()?.flatten();
    let locks = TargetLocks::acquire(&store.target_locks(), &loaded.prepared.locks, &Holder::this(Some(id)))?;
    let claimed = loaded.prepared.claims();
    let Confirmed { versions, theirs, needed, freed } = confirm(&loaded, &claimed, on_change, limits, &options).await?;
    let ends = loaded.ends();
    let Loaded { folder, journal, records, torn, created, documents, changes, prepared, word, state } = loaded;
    let findings = findings(&state, &records);
    let left: Vec<bool> = (0..documents.plan.steps.len()).map(|step| !state.step(step).phase.is_done()).collect();
    let without = prepared.context.without.clone();
    let mut recorder = prepared.recorder(state, journal);
    if prepared.writes {
        claims::take_over(&theirs, id, &options.by).await?;
        // Claims that still stand stay as they are; a member that is gone has none to lose.
        claims::take(&mut recorder, &needed, id, &created.by, created.under.as_deref()).await??;
    }
    let accepted = Accepted { word, changes: changes.as_ref(), versions: &versions, freed: &freed, by: &options.by };
    accept::record(accepted, &mut recorder, &folder, &documents, &created)?;
    let lent = credentials::lend(&mut recorder, &prepared.context, |step| left[step]).await?;
    // What ends has only to be put back, and a step that needs them says so itself.
    if let Err(refused) = lent
        && !ends
    {
        return Err(SessionError::World(refused));
    }
    let session = Session::new(documents, folder, recorder, prepared, options, locks, lender);
    Ok(Resumed { session, findings, torn, changes, versions, without, freed })
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

/// Gives back the claim of a run that has ended, and takes back the credentials of a store, where its record still holds one: its process died in between, or a server
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
    let documents = saved::read(folder.documents()?, &created.targets)?;
    let state = replayed(&documents.plan, &records)?;
    if !matches!(state.lifecycle(), Lifecycle::Ended(_)) || state.claims().is_empty() && state.lent().is_empty() {
        return Ok(None);
    }
    command::lends_nothing(store, id)?;
    let prepared = prepared(&documents, &created, variables, options, &|_| false).await?;
    let claimed = prepared.claims_on(&prepared.members());
    claims::elsewhere(&claimed, id, options.gone.as_deref()).await?;
    let mut recorder = prepared.recorder(state, journal);
    let environment = documents.bundle.environment_origin().unwrap_or("ENV");
    let mut left = credentials::take_back(&mut recorder, &prepared.context).await?;
    left.extend(claims::give_back(&mut recorder, &claimed, id, environment).await?);
    Ok(Some(left))
}
