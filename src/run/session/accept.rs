//! What a person accepts when a run is taken up, on record.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::{
    engine::{
        event::{Event, RunCreated},
        recorder::Recorder,
    },
    journal::folder::RunFolder,
    name::Name,
    run::{
        documents::{ChangedTarget, Changes, Documents, saved, scripts},
        error::SessionError,
    },
    world::identity::OtherVersion,
};

/// What the person says, and what is accepted with it.
pub(super) struct Accepted<'a> {
    /// That the run is abandoned.
    pub word: Option<Event>,
    /// What changed since the run began.
    pub changes: Option<&'a Changes>,
    /// The servers that run another version than when the run began.
    pub versions: &'a [OtherVersion],
    /// The members whose claim was gone.
    pub freed: &'a [Name],
    pub by: &'a str,
}

/// Keeps the documents as they are accepted, and puts on record what the person says. Called once nothing can refuse it any
/// more.
pub(super) fn record(
    accepted: Accepted<'_>,
    recorder: &mut Recorder,
    folder: &RunFolder,
    documents: &Documents,
    created: &RunCreated,
) -> Result<(), SessionError> {
    let Accepted { word, changes, versions, freed, by } = accepted;
    if changes.is_some() {
        let saved = saved::saved(documents);
        folder.save_instead(&saved.iter().map(saved::document).collect::<Vec<_>>())?;
    }
    recorder.record(word)?;
    if changes.is_some() || !versions.is_empty() || !freed.is_empty() {
        let directory = Utf8Path::new(&created.directory);
        let files = scripts::recorded(scripts::read(documents, &scripts::inputs(created), directory, |_| true)?);
        recorder.record(changes_accepted(changes, versions, freed, files, by))?;
    }
    Ok(())
}

/// That the run goes on with what has changed, and the servers' identities as they are now.
fn changes_accepted(
    changes: Option<&Changes>,
    versions: &[OtherVersion],
    freed: &[Name],
    named_files: BTreeMap<String, String>,
    by: &str,
) -> Vec<Event> {
    let of = |changes: &Changes| (changes.all_files().cloned().collect(), changes.steps.clone());
    let (files, steps) = changes.map(of).unwrap_or_default();
    let claimed = freed.iter().map(|member| format!("the lock on {member} was gone"));
    let moved = changes.into_iter().flat_map(|it| &it.targets).flat_map(ChangedTarget::lines);
    let servers = versions.iter().map(OtherVersion::words).chain(claimed).chain(moved).collect();
    let pins = versions.iter().map(|version| Event::MemberPinned {
        target: version.target.clone(),
        member: version.member.clone(),
        identity: serde_json::to_value(&version.now).expect("an identity has string keys only"),
    });
    std::iter::once(Event::ChangesAccepted { files, steps, servers, named_files, by: by.to_owned() })
        .chain(pins)
        .collect()
}
