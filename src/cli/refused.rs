//! What is said of a run that was not begun, or not taken up again.

use houseplan::{
    engine::{event::Failure, state::Lifecycle, summary},
    exit::Exit,
    run::SessionError,
    view::{
        claimed::{Claim, Whereabouts, claimed},
        failure::Failed,
    },
};

use super::{global::Global, screen::columns};

/// Says why, and gives the exit code. What is wrong with documents and files is left to be said as any other error.
pub fn refused(error: SessionError, environment: &str, global: &Global) -> miette::Result<Exit> {
    let stderr = std::io::stderr();
    let (columns, paint) = (columns(&stderr), global.color.paint(&stderr));
    match error {
        SessionError::Claimed { claim: Some(claim), .. } => {
            let folder = whereabouts(&claim.run, global);
            let claim = Claim { target: claim.target, member: claim.member, run: claim.run, folder };
            anstream::eprint!("{}", claimed(&claim, environment, columns, paint));
            Ok(Exit::Claimed)
        }
        SessionError::Claimed { failure, claim: None } => {
            anstream::eprint!("{}", shown("the targets cannot be claimed", &failure, global));
            Ok(Exit::Failed)
        }
        SessionError::World(failures) => {
            for failure in &failures {
                anstream::eprintln!("{}", shown("the servers are not as the plan needs them", failure, global));
            }
            anstream::eprintln!("nothing was begun");
            Ok(Exit::Failed)
        }
        other => Err(other.into()),
    }
}

fn whereabouts(run: &str, global: &Global) -> Whereabouts {
    let Ok(store) = global.runs() else { return Whereabouts::Elsewhere };
    match summary::summary(&store, run) {
        Ok(it) if matches!(it.lifecycle, Lifecycle::Ended(_)) => Whereabouts::Ended,
        _ if store.journal_of(run).is_ok() => Whereabouts::Here,
        _ => Whereabouts::Elsewhere,
    }
}

/// A failure that belongs to no step, and what it stopped.
pub fn shown(what: &str, failure: &Failure, global: &Global) -> String {
    let stderr = std::io::stderr();
    let what = failure.member.as_ref().map_or_else(|| what.to_owned(), |member| format!("{what} ({member})"));
    Failed { what, failure, attempt: None, place: None }.render(columns(&stderr), global.color.paint(&stderr))
}
