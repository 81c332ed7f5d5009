//! A person's word, on real folders.

use std::{fs, sync::Arc};

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    engine::{
        command::{CommandError, approve, open, settle},
        event::{Event, RunCreated, SuspendReason, TaskSeed, Verdict},
        recorder::Recorder,
        resume::{findings, replay},
        spec::{RunSpec, StepSpec},
        state::{Lifecycle, State, TaskPhase},
        summary::{Broken, summary},
    },
    failure::Failure,
    journal::{
        FORMAT, Journal,
        folder::{FolderError, RunStore},
    },
    name::TaskId,
    plan::model::OnFailure,
};

const RUN: &str = "2026-11-22_143000-k7q2";

fn spec() -> Arc<RunSpec> {
    let steps = ["drop", "allow"].map(StepSpec::new);
    Arc::new(RunSpec::new(steps.to_vec(), OnFailure::Suspend, 8).unwrap())
}

fn created() -> Event {
    Event::RunCreated(RunCreated {
        format: FORMAT,
        run: RUN.into(),
        houseplan: "0.1.0".into(),
        plan: "move".into(),
        plan_version: None,
        environment: "sandbox".into(),
        digest: "d".into(),
        started: Timestamp::UNIX_EPOCH,
        by: "ada".into(),
        directory: "/home/ada".into(),
        under: None,
        named_files: Default::default(),
        targets: IndexMap::new(),
        inputs: IndexMap::new(),
        secret_inputs: vec![],
    })
}

/// A run whose process died with `drop` running and `allow` waiting for an approval of `d1`.
fn died() -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::at(Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap());
    let run = store.create(RUN, &[]).unwrap();
    let mut recorder = Recorder::new(State::new(spec()), Journal::create(&run.journal()).unwrap());
    recorder.record([created(), Event::RunResumed { process: 1, host: "h".into(), user: "u".into() }]).unwrap();
    for id in ["drop", "allow"] {
        let step = crate::name::StepId::new(id);
        let task = TaskId::new(&step, None, None);
        let seed = TaskSeed { id: task.clone(), target: None, member: None, item: None };
        let events = [
            Event::StepEntered { step: step.clone() },
            Event::StepExpanded { step: step.clone(), tasks: vec![seed] },
            Event::StepAdmitted { step },
            Event::TaskStarted { task, attempt: 1 },
        ];
        recorder.record(events).unwrap();
    }
    let shown = json!("3 tables");
    recorder.record([Event::ApprovalAwaited { task: task("allow"), attempt: 1, shown, digest: "d1".into() }]).unwrap();
    (folder, store)
}

fn task(name: &str) -> TaskId {
    TaskId::new(&crate::name::StepId::new(name), None, None)
}

fn state(store: &RunStore) -> State {
    replay(spec(), &open(store, RUN).unwrap().records).unwrap().state
}

#[test]
fn what_a_dead_process_left_running_can_be_settled_once() {
    let (_kept, store) = died();
    // Whether it was done the next resume may find out, with what it gave.
    let early = settle(&store, RUN, &task("drop"), None, Verdict::Done(Value::Null), "ada");
    assert!(matches!(early, Err(CommandError::NotAsked(..))));
    let other = settle(&store, RUN, &task("drop"), Some(2), Verdict::NotDone, "ada");
    assert!(matches!(other, Err(CommandError::OtherAttempt { said: Some(2), now: 1, .. })));
    settle(&store, RUN, &task("drop"), None, Verdict::NotDone, "ada").unwrap();
    assert_eq!(state(&store).task(0).phase, TaskPhase::Failed);
    let again = settle(&store, RUN, &task("drop"), None, Verdict::NotDone, "ada");
    assert!(matches!(again, Err(CommandError::NotInDoubt(..))));
    let unknown = settle(&store, RUN, &task("dorp"), None, Verdict::NotDone, "ada");
    assert!(matches!(unknown, Err(CommandError::UnknownTask(..))));
}

#[test]
fn what_is_settled_as_done_gives_what_was_noted() {
    let (_kept, store) = died();
    let note = json!({ "id": "r/drop/1", "gives": { "path": "backups/a", "id": "r/drop/1" } });
    let opened = open(&store, RUN).unwrap();
    let mut recorder = Recorder::new(state_of(&opened.records), opened.journal);
    recorder.record([Event::TaskNoted { task: task("drop"), attempt: 1, note }]).unwrap();
    drop((recorder, opened.folder));
    settle(&store, RUN, &task("drop"), None, Verdict::Done(json!({})), "ada").unwrap();
    let given = json!({ "path": "backups/a", "id": "r/drop/1", "settled_by": "ada" });
    assert_eq!(state(&store).task(0).output, Some(given));
}

#[test]
fn what_asks_again_is_approved_by_its_digest_only() {
    let (_kept, store) = died();
    settle(&store, RUN, &task("drop"), None, Verdict::NotDone, "ada").unwrap();
    let opened = open(&store, RUN).unwrap();
    let mut recorder = Recorder::new(state_of(&opened.records), opened.journal);
    let asks = [
        Event::RunResumed { process: 2, host: "h".into(), user: "u".into() },
        Event::StepAdmitted { step: crate::name::StepId::new("drop") },
        Event::TaskStarted { task: task("drop"), attempt: 2 },
        Event::ApprovalAwaited { task: task("drop"), attempt: 2, shown: json!("4 tables"), digest: "d2".into() },
    ];
    recorder.record(asks).unwrap();
    drop((recorder, opened.folder));
    let blind = approve(&store, RUN, &task("drop"), None, "ada");
    assert!(matches!(blind, Err(CommandError::DigestNotSaid { asks: 2, .. })), "{blind:?}");
    approve(&store, RUN, &task("drop"), Some("d2"), "ada").unwrap();
}

#[test]
fn an_approval_is_bound_to_what_was_shown() {
    let (_kept, store) = died();
    let other = approve(&store, RUN, &task("allow"), Some("d2"), "ada");
    assert!(matches!(other, Err(CommandError::OtherDigest { shown, .. }) if shown == "d1"));
    assert!(matches!(approve(&store, RUN, &task("drop"), None, "ada"), Err(CommandError::NotAwaited(..))));
    approve(&store, RUN, &task("allow"), Some("d1"), "ada").unwrap();
    assert_eq!(state(&store).task(1).output, Some(json!({ "by": "ada", "digest": "d1" })));
}

#[test]
fn nobody_speaks_while_a_process_drives_the_run() {
    let (_kept, store) = died();
    let _driving = store.open(RUN).unwrap();
    let said = approve(&store, RUN, &task("allow"), None, "ada");
    assert!(matches!(said, Err(CommandError::Folder(FolderError::Locked(_)))));
}

#[test]
fn what_was_left_is_found() {
    let (_kept, store) = died();
    let opened = open(&store, RUN).unwrap();
    let found = findings(&state_of(&opened.records), &opened.records);
    assert_eq!(found.process, Some((1, "h".to_owned())));
    assert_eq!((found.suspended, found.remaining), (None, 2));
    assert_eq!((found.in_doubt, found.awaiting), (vec![task("drop")], vec![task("allow")]));
}

fn state_of(records: &[crate::journal::Record<Event>]) -> State {
    replay(spec(), records).unwrap().state
}

#[test]
fn one_broken_run_hides_no_other() {
    let (_kept, store) = died();
    let never = store.create("2026-11-23_000000-aaaa", &[]).unwrap();
    let torn = store.create("2026-11-24_000000-aaaa", &[]).unwrap();
    fs::write(torn.journal(), "{\"n\":1}\n").unwrap();
    let found = summary(&store, RUN).unwrap();
    assert_eq!((found.created.plan.as_str(), found.lifecycle), ("move", Lifecycle::Running));
    assert!(matches!(summary(&store, never.id()), Err(Broken::NeverBegun)));
    assert!(matches!(summary(&store, torn.id()), Err(Broken::Journal(_))));
    assert_eq!(store.holder_of(torn.id()).map(|holder| holder.process), Some(std::process::id()));
}

#[test]
fn a_run_that_ended_takes_no_word() {
    let (_kept, store) = died();
    let opened = open(&store, RUN).unwrap();
    let mut recorder = Recorder::new(state_of(&opened.records), opened.journal);
    let outcome = crate::engine::event::Outcome::Abandoned;
    recorder.record([Event::FinallyBegun, Event::RunEnded { outcome }]).unwrap();
    drop((recorder, opened.folder));
    assert!(matches!(approve(&store, RUN, &task("allow"), None, "ada"), Err(CommandError::Ended { .. })));
}

#[test]
fn a_step_that_left_nothing_may_leave_the_plan() {
    let (_kept, store) = died();
    let opened = open(&store, RUN).unwrap();
    let mut records = opened.records;
    let last = records.last().unwrap().clone();
    let with = |event| crate::journal::Record { event, ..last.clone() };
    let gone = crate::name::StepId::new("gone");
    records.push(with(Event::StepEntered { step: gone.clone() }));
    records.push(with(Event::StepFailed { step: gone.clone(), failure: Failure::new("c", "m") }));
    records.push(with(Event::RunSuspended { reason: SuspendReason::Failed }));
    assert_eq!(replay(spec(), &records).unwrap().forgotten, vec![gone.clone()]);
    records.push(with(Event::StepAdmitted { step: gone }));
    assert!(replay(spec(), &records).is_err(), "what was begun may not leave it");
}
