//! The claim of a run on the servers that it acts on: taken, lent, given back. See [`crate::world::claim`].

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    connect::target::Member,
    engine::{
        event::{Event, MemberName},
        recorder::Recorder,
        state::State,
    },
    failure::Failure,
    journal::lock::this_host,
    name::Name,
    run::error::{Claim, SessionError},
    world::claim::{self, Owner, Released},
};

/// Refuses where the claim of `run` says that another machine has the run, unless that one is `gone`: its folder was copied, and
/// a process there may be at work. Gives the members whose claim `gone` has made, to be taken over.
///
/// A member that cannot be asked is passed over.
pub(in crate::run) async fn elsewhere<'a>(
    members: &'a [Arc<Member>],
    run: &str,
    gone: Option<&str>,
) -> Result<Vec<&'a Member>, SessionError> {
    let (here, mut theirs) = (this_host(), Vec::new());
    for member in members {
        match claim::owner(member).await {
            Ok(Some(owner)) if owner.run == run && owner.host != here => {
                if gone != Some(owner.host.as_str()) {
                    let (run, member) = (run.to_owned(), member.name.clone());
                    return Err(SessionError::Elsewhere { run, member, host: owner.host, since: owner.since });
                }
                theirs.push(member.as_ref());
            }
            _ => {}
        }
    }
    Ok(theirs)
}

/// The members on which the run had claimed, or worked under another's claim, and where no claim stands any more: somebody has
/// freed it, and whoever came since may have changed the server and gone again.
///
/// A member that cannot be asked is passed over.
pub(in crate::run) async fn freed(members: &[Arc<Member>], state: &State) -> Vec<Name> {
    let lent = state.created().is_some_and(|created| created.under.is_some());
    let mut freed = Vec::new();
    for member in members {
        let place = (member.target.clone(), member.name.clone());
        let had = state.claims().contains(&place) || (lent && state.pins().contains_key(&place));
        if had && matches!(claim::owner(member).await, Ok(None)) {
            freed.push(member.name.clone());
        }
    }
    freed
}

/// Makes claims of the run that another machine has made this machine's.
pub(in crate::run) async fn take_over(members: &[&Member], run: &str, by: &str) -> Result<(), SessionError> {
    let owner = this_owner(run, by);
    for member in members {
        if let Err(failure) = claim::take_over(member, &owner).await {
            return Err(SessionError::Claimed { failure: Box::new(failure), claim: None });
        }
    }
    Ok(())
}

fn this_owner(run: &str, by: &str) -> Owner {
    Owner { run: run.to_owned(), who: by.to_owned(), host: this_host(), since: Timestamp::now() }
}

/// Claims members for a run and puts each claim on record. Members whose claim `lender` holds are lent, and left as they are.
/// The inner result is the refusal.
pub(in crate::run) async fn take(
    recorder: &mut Recorder,
    members: &[Arc<Member>],
    run: &str,
    by: &str,
    lender: Option<&str>,
) -> Result<Result<(), SessionError>, SessionError> {
    let mut own: Vec<&Member> = Vec::new();
    for member in members {
        match claim::owner(member).await {
            Ok(Some(owner)) if lender == Some(owner.run.as_str()) => {}
            Ok(_) => own.push(member),
            Err(failure) => return Ok(Err(refused(&[member.as_ref()], failure).await)),
        }
    }
    match claim::claim(&own, &this_owner(run, by)).await {
        Ok(_) => {
            // Also those that were ours before: a crash may have come between a claim and its record.
            let on_record = recorder.state().claims();
            let places = own.iter().map(|member| (member.target.clone(), member.name.clone()));
            let new = places.filter(|place| !on_record.contains(place));
            let claimed: Vec<_> = new.map(|(target, member)| Event::Claimed { target, member }).collect();
            recorder.record(claimed)?;
            Ok(Ok(()))
        }
        Err(failure) => Ok(Err(refused(&own, failure).await)),
    }
}

/// Whose claim was met, and where, if it is that.
async fn refused(members: &[&Member], failure: Failure) -> SessionError {
    let met = members.iter().find(|member| failure.member.as_ref() == Some(&member.name));
    let owner = match met {
        Some(member) => claim::owner(member).await.ok().flatten(),
        None => None,
    };
    let claim = met.zip(owner).map(|(member, owner)| Claim {
        target: member.target.clone(),
        member: member.name.clone(),
        run: owner.run,
    });
    SessionError::Claimed { failure: Box::new(failure), claim }
}

/// The claim of a run other than the lender, where a member bears one: the reason behind `failures`.
pub(in crate::run) async fn met(
    members: &[Arc<Member>],
    lender: Option<&str>,
    failures: &[Failure],
) -> Option<SessionError> {
    for member in members {
        if let Ok(Some(owner)) = claim::owner(member).await
            && lender != Some(owner.run.as_str())
        {
            let claim = Claim { target: member.target.clone(), member: member.name.clone(), run: owner.run };
            return Some(SessionError::Claimed { failure: Box::new(failures.first()?.clone()), claim: Some(claim) });
        }
    }
    None
}

/// Of each member that the run was given up without, that its claim is left there, what of `finally` was not done there
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
            steps => Some(format!("do by hand what `finally` has passed over there (`{}`)", steps.join("`, `"))),
        };
        let (left, then) = match (claimed(member), by_hand) {
            (false, None) => return None,
            (false, Some(by_hand)) => (format!("{} was passed over", member.member), by_hand),
            (true, by_hand) => {
                let first = by_hand.map(|it| format!("{it}; then ")).unwrap_or_default();
                let then = format!("{first}{}", gives_back(run, environment));
                (format!("the claim on {} is left there", member.member), then)
            }
        };
        Some(format!("{left}, for the run was given up without it: {}", if_it_comes_back(&then)))
    });
    said.collect()
}

/// What is to be done about a server that is not there.
fn if_it_comes_back(then: &str) -> String {
    format!("if that server is gone for good, nothing is to be done; if it comes back, {then}")
}

fn gives_back(run: &str, environment: &str) -> String {
    format!("`houseplan abandon {run} --env {environment}` gives the claim back")
}

/// Gives the claim back on every member that bears it, and says of each that cannot be asked.
///
/// All members are asked, not only those on record: a crash may have come between a claim and its record.
pub(in crate::run) async fn give_back(
    recorder: &mut Recorder,
    members: &[Arc<Member>],
    run: &str,
    environment: &str,
) -> Result<Vec<String>, SessionError> {
    let members: Vec<&Member> = members.iter().map(Arc::as_ref).collect();
    let claims = recorder.state().claims().to_vec();
    let (mut events, mut left) = (Vec::new(), Vec::new());
    for (member, outcome) in claim::release(&members, run).await {
        let on_record = claims.contains(&(member.target.clone(), member.name.clone()));
        match outcome {
            Ok(Released::Unreachable(reason)) => left.push(format!(
                "the claim on {} is left there ({reason}): {}",
                member.name,
                if_it_comes_back(&gives_back(run, environment))
            )),
            Ok(_) if on_record => {
                events.push(Event::Released { target: member.target.clone(), member: member.name.clone() });
            }
            Ok(_) => {}
            Err(failure) => left.push(format!("the claim on {} was not given back: {}", member.name, failure.message)),
        }
    }
    recorder.record(events)?;
    Ok(left)
}
