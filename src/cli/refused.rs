//! What is said of a run that was not started, or not resumed.

use houseplan::{
    account::next::Typed,
    catalogue,
    engine::{state::Lifecycle, summary},
    exit::Exit,
    failure::Failure,
    run::SessionError,
    view::{
        claimed::{Claim, Whereabouts, claimed},
        failure::Failed,
        wrap::hang,
    },
};

use super::{global::Global, screen::columns};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// That a run starts, in this environment.
    Begin { environment: &'a str },
    /// That this run goes on, or ends.
    GoOn { run: &'a str },
}

/// Says why, and gives the exit code. What is wrong with documents and files is left to be said as any other error.
pub fn refused(error: SessionError, asked: Asked<'_>, global: &Global) -> miette::Result<Exit> {
    let stderr = std::io::stderr();
    let (columns, paint) = (columns(&stderr), global.color.paint(&stderr));
    match error {
        SessionError::Claimed { claim: Some(claim), failure } => {
            let folder = whereabouts(&claim.run, global);
            let environment = match asked {
                Asked::Begin { environment } => environment,
                Asked::GoOn { .. } => "ENV",
            };
            let said = failure.is(&catalogue::claim::HELD).then_some(failure.message);
            let claim = Claim { target: claim.target, member: claim.member, run: claim.run, folder, said };
            anstream::eprint!("{}", claimed(&claim, environment, columns, paint));
            Ok(Exit::Claimed)
        }
        SessionError::Claimed { failure, claim: None } => {
            anstream::eprint!("{}", shown("the targets cannot be locked", &failure, None, global));
            Ok(Exit::Failed)
        }
        SessionError::World(failures) => {
            let run = match asked {
                Asked::Begin { .. } => None,
                Asked::GoOn { run } => Some(run),
            };
            for failure in &failures {
                let what = match failure.member {
                    Some(_) => "the servers are not as the plan needs them",
                    None => "something that the plan needs is not there",
                };
                anstream::eprintln!("{}", shown(what, failure, run, global));
            }
            match run {
                None => anstream::eprintln!("nothing was started"),
                Some(run) => {
                    let text = format!("nothing was done on the servers; fix that, then `houseplan resume {run}`");
                    anstream::eprint!("{}", hang("", &text, columns));
                }
            }
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
///
/// `run` is the run that it is about, where there is one.
pub fn shown(what: &str, failure: &Failure, run: Option<&str>, global: &Global) -> String {
    let stderr = std::io::stderr();
    let what = failure.member.as_ref().map_or_else(|| what.to_owned(), |member| format!("{what} ({member})"));
    let help = failure.help.as_ref().map(|help| Typed { run, task: None }.fill(help));
    Failed { what, failure, help, attempt: None, place: None }.render(columns(&stderr), global.color.paint(&stderr))
}
