//! What has become of an upgrade whose answer is unknown, by the revisions of its release.
//!
//! An attempt makes the revision after the one that was the newest before it, and marks it with a label. So the newest revision, and
//! the label of that one, tell all: nothing is guessed from times.

use serde_json::Value;

use crate::{
    action::kubernetes::{
        helm_program::{HelmProgram, Revision, stored_status},
        mark,
    },
    failure::Failure,
    plan::outputs::ReleaseState,
};

/// What was found of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It has made no revision.
    NotBegun,
    Deployed(ReleaseState),
    Failed(ReleaseState),
    /// Its helm was ended in the middle.
    Pending(ReleaseState),
    /// Its revision is no longer kept.
    Gone,
}

/// What an attempt with this mark has done, where `before` was the newest revision before it.
pub(super) async fn found(
    helm: &HelmProgram,
    release: &str,
    before: Option<&ReleaseState>,
    mark: &str,
) -> Result<Found, Failure> {
    let Some(newest) = helm.newest(release).await? else { return Ok(Found::NotBegun) };
    let own = before.map_or(1, |it| it.revision + 1);
    if newest.number < own {
        return Ok(Found::NotBegun);
    }
    Ok(judged(&newest, own, helm.stored(release, own).await?.as_ref(), mark))
}

/// By the newest revision, and by what is stored of the one that would be the attempt's own.
fn judged(newest: &Revision, own: u64, stored: Option<&Value>, mark: &str) -> Found {
    let status = match stored {
        // Somebody else has made it.
        Some(stored) if mark::on(stored) != Some(mark) => return Found::NotBegun,
        Some(stored) => stored_status(stored).to_owned(),
        // Helm keeps revisions elsewhere than in Secrets: then nobody can have come between.
        None if newest.number == own => newest.status.clone(),
        None => return Found::Gone,
    };
    let state = ReleaseState { revision: own, status };
    match state.status.as_str() {
        "deployed" | "superseded" => Found::Deployed(state),
        "failed" => Found::Failed(state),
        _ => Found::Pending(state),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(newest: (u64, &str), stored: Option<(&str, &str)>, expected: &Found) {
        let newest = Revision { number: newest.0, status: newest.1.to_owned(), since: String::new() };
        let stored = stored
            .map(|(mark, status)| json!({ "metadata": { "labels": { "houseplan-attempt": mark, "status": status } } }));
        assert_eq!(judged(&newest, 4, stored.as_ref(), "r.t.1"), *expected);
    }

    fn state(status: &str) -> ReleaseState {
        ReleaseState { revision: 4, status: status.to_owned() }
    }

    #[test]
    fn an_upgrade_is_known_by_its_own_revision_alone() {
        case((4, "deployed"), Some(("r.t.1", "deployed")), &Found::Deployed(state("deployed")));
        // Another upgrade has followed since: ours was done.
        case((5, "deployed"), Some(("r.t.1", "superseded")), &Found::Deployed(state("superseded")));
        case((5, "pending-upgrade"), Some(("r.t.1", "deployed")), &Found::Deployed(state("deployed")));
        case((4, "failed"), Some(("r.t.1", "failed")), &Found::Failed(state("failed")));
        case((5, "deployed"), Some(("r.t.1", "failed")), &Found::Failed(state("failed")));
        case((4, "pending-upgrade"), Some(("r.t.1", "pending-upgrade")), &Found::Pending(state("pending-upgrade")));
    }

    #[test]
    fn another_ones_revision_is_never_ours() {
        case((4, "deployed"), Some(("r.t.2", "deployed")), &Found::NotBegun);
        case((4, "pending-upgrade"), Some(("", "pending-upgrade")), &Found::NotBegun);
    }

    #[test]
    fn what_is_not_kept_in_secrets_is_told_by_the_newest_revision_and_what_is_pruned_is_gone() {
        case((4, "deployed"), None, &Found::Deployed(state("deployed")));
        case((4, "pending-install"), None, &Found::Pending(state("pending-install")));
        case((15, "deployed"), None, &Found::Gone);
    }
}
