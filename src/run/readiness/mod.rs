//! What a run needs besides its ClickHouse servers, asked before anything is changed: every Keeper, every store from where it
//! is used, every program that a command names, every release that Helm upgrades. And where the run will stop for an approval.
//!
//! All are asked side by side, each with a deadline of its own; nothing is written. So whether a server may write to a store is
//! not known here: that is what a plan's probe is for.

mod helm;
mod keeper;
mod needs;
mod program;
mod store;

pub(super) use self::needs::through_servers;
use futures::future::{join_all, join3};
use serde::Serialize;

use self::needs::Needs;
use crate::{action::context::RunContext, failure::Failure, name::StepId};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    /// What is not there, or does not let us in.
    pub failures: Vec<Failure>,
    /// What is there, a line each.
    pub answered: Vec<String>,
    /// What could not be asked, or is known only in the run, a line each.
    pub unknown: Vec<String>,
    pub approvals: Vec<ApprovalToCome>,
}

/// A step at which the run will stop until a person approves what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalToCome {
    pub step: StepId,
    /// The conditions under which it comes to that, which only the run knows; none where it always does.
    pub only_if: Vec<String>,
}

/// A step that needs something, and under which conditions it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Use {
    step: StepId,
    only_if: Vec<String>,
    /// Where in a store, as far as that is known.
    path: Option<String>,
}

/// So many steps are named of those that need a thing.
const MOST_NAMED: usize = 2;

/// Asks for what the `wanted` steps need, where they can happen at all.
pub(super) async fn ask(context: &RunContext, wanted: impl Fn(usize) -> bool) -> Readiness {
    let needs = Needs::of(context, wanted);
    let keepers = join_all(needs.keepers.iter().map(|(keeper, uses)| keeper::ask(context, keeper, uses)));
    let stores = join_all(needs.stores.iter().map(|(store, uses)| store::ask(context, store, uses)));
    let releases = join_all(needs.releases.iter().map(|(step, by)| helm::ask(context, *step, by)));
    let (keepers, stores, releases) = join3(keepers, stores, releases).await;
    let too_short = join_all(needs.backups.iter().map(|step| store::token_of_backup(context, *step))).await;
    let mut found = Readiness { approvals: needs.approvals, unknown: needs.unknown, ..Readiness::default() };
    found.failures.extend(too_short.into_iter().filter_map(Result::err));
    for readiness in keepers.into_iter().chain(stores).chain(releases).chain([program::find(&needs.programs)]) {
        found.failures.extend(readiness.failures);
        found.answered.extend(readiness.answered);
        found.unknown.extend(readiness.unknown);
    }
    found
}

/// `` `probe`, `backup` and 3 more steps need it ``, with the condition of a step that may not happen.
fn needed_by(uses: &[Use]) -> String {
    let named = uses.iter().take(MOST_NAMED).map(|it| match it.only_if.as_slice() {
        [] => format!("`{}`", it.step),
        conditions => format!("`{}` (only if {})", it.step, conditions.join(" and ")),
    });
    let named: Vec<String> = named.collect();
    let more = uses.len() - named.len();
    match (named.as_slice(), more) {
        ([one], 0) => format!("{one} needs it"),
        (_, 0) => format!("{} need it", named.join(" and ")),
        (_, 1) => format!("{} and 1 more step need it", named.join(", ")),
        _ => format!("{} and {more} more steps need it", named.join(", ")),
    }
}

/// The failure, with who needs what is not there.
fn needed(failure: Failure, uses: &[Use]) -> Failure {
    let message = format!("{}; {}", failure.message, needed_by(uses));
    failure.with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_needs_a_thing_is_told_shortly() {
        let only = |step: &str, conditions: &[&str]| Use {
            step: StepId::new(step),
            only_if: conditions.iter().map(|it| (*it).to_owned()).collect(),
            path: None,
        };
        let uses: Vec<Use> = ["a", "b", "c", "d"].map(|step| only(step, &[])).to_vec();
        assert_eq!(needed_by(&uses[..1]), "`a` needs it");
        assert_eq!(needed_by(&uses[..2]), "`a` and `b` need it");
        assert_eq!(needed_by(&uses[..3]), "`a`, `b` and 1 more step need it");
        assert_eq!(needed_by(&uses), "`a`, `b` and 2 more steps need it");
        assert_eq!(
            needed_by(&[only("a", &["steps.x.rows", "not steps.y.skipped"])]),
            "`a` (only if steps.x.rows and not steps.y.skipped) needs it"
        );
    }
}
