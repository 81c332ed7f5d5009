//! The screen of a run that did not begin, for what it would act on is claimed by another.

use super::{paint::Paint, wrap::hang};

use crate::name::Name;

/// A claim that stands in the way.
#[derive(Debug, Clone)]
pub struct Claim {
    pub target: Name,
    /// The member that it was met on.
    pub member: Name,
    /// The run whose it is.
    pub run: String,
    pub folder: Whereabouts,
    /// What the claim says of itself: whose it is, and since when.
    pub said: Option<String>,
}

/// Where the folder of the run is whose claim it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// The run can be resumed here.
    Here,
    /// Here, and the run has ended: it was cut short before it released its lock.
    Ended,
    Elsewhere,
}

/// The screen, for `columns`.
pub fn claimed(claim: &Claim, environment: &str, columns: usize, paint: Paint) -> String {
    let columns = columns.clamp(60, 100);
    let Claim { target, member, run, folder, said } = claim;
    let mut out = hang(
        &format!("{} ", paint.bad("■")),
        &format!("`{target}` is locked by run {run} (found on {member}); nothing has been changed"),
        columns,
    );
    out.push('\n');
    let why = "A run locks what it changes until it has ended, also while it is suspended, so that no two runs change one server.";
    out.push_str(&hang("  ", why, columns));
    if let (Whereabouts::Elsewhere, Some(said)) = (folder, said) {
        out.push_str(&hang("  ", &format!("Its folder is not on this machine: {said}."), columns));
    }
    out.push('\n');
    let mut say = |label: &str, why: &str, command: String| {
        out.push_str(&format!("  {}   {why}\n           {}\n", paint.strong(label), paint.live(&command)));
    };
    match folder {
        Whereabouts::Here => {
            say("next", "see its state", format!("houseplan status {run}"));
            say("    ", "go on with it", format!("houseplan resume {run}"));
            say("    ", "or abandon it", format!("houseplan abandon {run}"));
            say("    ", "or work under its lock while it is suspended", format!("houseplan run PLAN --under {run}"));
        }
        Whereabouts::Ended => {
            say("next", "it has ended, but its lock was not released: release it", format!("houseplan abandon {run}"));
        }
        Whereabouts::Elsewhere => {
            let resume = format!("houseplan resume {run}");
            say("next", "ask who runs it, and resume it there", resume);
            say("    ", "or, if its folder is lost", format!("houseplan abandon {run} --env {environment}"));
        }
    }
    out
}
