//! The claim of a run on what it acts on: taken, lent, given back, and on record. See [`crate::claims`].

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    claims::{ClaimPlace, ClaimStore, Claimant, Owner, Ownership, Released, claim, release},
    engine::{
        event::{Event, MemberName},
        recorder::Recorder,
        state::State,
    },
    failure::Failure,
    journal::lock::this_host,
    name::Name,
    run::error::{Claim, SessionError},
};

/// Refuses where the claim of `run` says that another machine has the run, unless that one is `gone`: its folder was copied, and
/// a process there may be at work. Gives the places whose claim `gone` has made, to be taken over.
///
/// What cannot be asked is passed over.
pub(in crate::run) async fn elsewhere<'a>(
    stores: &'a [Arc<dyn ClaimStore>],
    run: &str,
    gone: Option<&str>,
) -> Result<Vec<&'a dyn ClaimStore>, SessionError> {
    let (here, mut theirs) = (this_host(), Vec::new());
    let claimant = Claimant { run, host: Some(&here), lender: None, gone };
    for store in stores {
        let Ok(owner) = store.owner().await else { continue };
        match claimant.ownership(owner, false) {
            Ownership::Elsewhere(Owner { host, since, .. }) => {
                let (run, member) = (run.to_owned(), store.place().member);
                return Err(SessionError::Elsewhere { run, member, host, since });
            }
            Ownership::TakenOver(_) => theirs.push(store.as_ref()),
            _ => {}
        }
    }
    Ok(theirs)
}

/// The places where the run had claimed, or worked under another's claim, and where no claim stands any more: somebody has
/// freed it, and whoever came since may have changed the server and gone again.
///
/// What cannot be asked is passed over.
pub(in crate::run) async fn freed(stores: &[Arc<dyn ClaimStore>], run: &str, state: &State) -> Vec<Name> {
    let lender = state.created().and_then(|created| created.under.as_deref());
    let claimant = Claimant { run, host: None, lender, gone: None };
    let mut freed = Vec::new();
    for store in stores {
        let ClaimPlace { target, member } = store.place();
        let place = (target, member);
        let had = state.claims().contains(&place) || (lender.is_some() && state.pins().contains_key(&place));
        if let Ok(owner) = store.owner().await
            && claimant.ownership(owner, had) == Ownership::Freed
        {
            freed.push(place.1);
        }
    }
    freed
}

/// Makes claims of the run that another machine has made this machine's.
pub(in crate::run) async fn take_over(stores: &[&dyn ClaimStore], run: &str, by: &str) -> Result<(), SessionError> {
    let owner = this_owner(run, by);
    for store in stores {
        if let Err(failure) = store.rewrite(&owner).await {
            return Err(SessionError::Claimed { failure: Box::new(failure), claim: None });
        }
    }
    Ok(())
}

fn this_owner(run: &str, by: &str) -> Owner {
    Owner { run: run.to_owned(), who: by.to_owned(), host: this_host(), since: Timestamp::now(), expired: false }
}

/// Claims every place for a run and puts each claim on record. Those whose claim `lender` holds are lent, and left as they are.
/// The inner result is the refusal.
pub(in crate::run) async fn take(
    recorder: &mut Recorder,
    stores: &[Arc<dyn ClaimStore>],
    run: &str,
    by: &str,
    lender: Option<&str>,
) -> Result<Result<(), SessionError>, SessionError> {
    let here = this_host();
    let claimant = Claimant { run, host: Some(&here), lender, gone: None };
    let mut own: Vec<Arc<dyn ClaimStore>> = Vec::new();
    for store in stores {
        match store.owner().await {
            Ok(owner) if claimant.ownership(owner.clone(), false) == Ownership::Lent => {}
            Ok(_) => own.push(Arc::clone(store)),
            Err(failure) => return Ok(Err(refused(std::slice::from_ref(store), failure).await)),
        }
    }
    match claim(&own, &this_owner(run, by)).await {
        Ok(_) => {
            // Also those that were ours before: a crash may have come between a claim and its record.
            let on_record = recorder.state().claims();
            let places = own.iter().map(|store| store.place()).map(|it| (it.target, it.member));
            let new = places.filter(|place| !on_record.contains(place));
            let claimed: Vec<_> = new.map(|(target, member)| Event::Claimed { target, member }).collect();
            recorder.record(claimed)?;
            Ok(Ok(()))
        }
        Err(failure) => Ok(Err(refused(&own, failure).await)),
    }
}

/// Whose claim was met, and where, if it is that.
async fn refused(stores: &[Arc<dyn ClaimStore>], failure: Failure) -> SessionError {
    let met = stores.iter().find(|store| failure.member.as_ref() == Some(&store.place().member));
    let owner = match met {
        Some(store) => store.owner().await.ok().flatten(),
        None => None,
    };
    let claim = met.zip(owner).map(|(store, owner)| claim_of(store.place(), owner));
    SessionError::Claimed { failure: Box::new(failure), claim }
}

fn claim_of(place: ClaimPlace, owner: Owner) -> Claim {
    Claim { target: place.target, member: place.member, run: owner.run }
}

/// The claim of a run other than the lender, where a place bears one: the reason behind `failures`.
pub(in crate::run) async fn met(
    stores: &[Arc<dyn ClaimStore>],
    run: &str,
    lender: Option<&str>,
    failures: &[Failure],
) -> Option<SessionError> {
    let claimant = Claimant { run, host: None, lender, gone: None };
    for store in stores {
        if let Ok(owner) = store.owner().await
            && let Ownership::Foreign(owner) = claimant.ownership(owner, false)
        {
            let claim = Some(claim_of(store.place(), owner));
            return Some(SessionError::Claimed { failure: Box::new(failures.first()?.clone()), claim });
        }
    }
    None
}

/// Of each member that the run was abandoned without, that its claim is left there, what of `finally` was not done there
/// (`undone`: its steps), and how both go.
pub(in crate::run) fn left_behind(
    state: &State,
    run: &str,
    environment: &str,
    undone: impl Fn(&MemberName) -> Vec<String>,
) -> Vec<String> {
    let claimed = |member: &MemberName| {
        state.claims().iter().any(|(target, name)| *target == member.target && *name == member.member)
    };
    let said = state.without().filter_map(|member| {
        let by_hand = match undone(member).as_slice() {
            [] => None,
            steps => Some(format!("do by hand what `finally` has skipped there (`{}`)", steps.join("`, `"))),
        };
        let (state, then) = match (claimed(member), by_hand) {
            (false, None) => return None,
            (false, Some(by_hand)) => (format!("{} was skipped", member.member), by_hand),
            (true, by_hand) => {
                let first = by_hand.map(|it| format!("{it}; then ")).unwrap_or_default();
                let then = format!("{first}{}", gives_back(run, environment));
                (format!("the lock on {} is not released", member.member), then)
            }
        };
        Some(format!("{state}, for the run was abandoned without it: {}", if_it_comes_back(&then)))
    });
    said.collect()
}

/// What is to be done about a server that is not there.
fn if_it_comes_back(then: &str) -> String {
    format!("if that server never comes back, there is nothing to do; if it comes back, {then}")
}

fn gives_back(run: &str, environment: &str) -> String {
    format!("`houseplan abandon {run} --env {environment}` releases the lock")
}

/// Gives the claim back in every place that bears it, and says of each that cannot be asked.
///
/// All are asked, not only those on record: a crash may have come between a claim and its record.
pub(in crate::run) async fn give_back(
    recorder: &mut Recorder,
    stores: &[Arc<dyn ClaimStore>],
    run: &str,
    environment: &str,
) -> Result<Vec<String>, SessionError> {
    let claims = recorder.state().claims().to_vec();
    let (mut events, mut not_released) = (Vec::new(), Vec::new());
    for (ClaimPlace { target, member }, outcome) in release(stores, run).await {
        let on_record = claims.contains(&(target.clone(), member.clone()));
        match outcome {
            Ok(Released::Unreachable(reason)) => not_released.push(format!(
                "the lock on {member} is not released ({reason}): {}",
                if_it_comes_back(&gives_back(run, environment))
            )),
            Ok(_) if on_record => events.push(Event::Released { target, member }),
            Ok(_) => {}
            Err(failure) => not_released.push(format!("the lock on {member} is not released: {}", failure.message)),
        }
    }
    recorder.record(events)?;
    Ok(not_released)
}
