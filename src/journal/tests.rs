//! The journal's promises, on whole, torn and damaged files.

use std::{fs, os::unix::fs::PermissionsExt};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Contents, FORMAT, Journal, JournalError,
    folder::{DocumentToSave, FolderError, RunStore, new_run_id},
    lock::{Holder, LockError, TargetLocks},
    parse, read,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    Created { format: u32 },
    Word { text: String },
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

fn word(text: &str) -> (Timestamp, Said) {
    (Timestamp::from_second(1_800_000_000).unwrap(), Said::Word { text: text.to_owned() })
}

fn written(path: &Utf8Path, words: &[&str]) -> Vec<u8> {
    let mut journal = Journal::create(path).unwrap();
    journal.append(&words.iter().map(|text| word(text)).collect::<Vec<_>>()).unwrap();
    fs::read(path).unwrap()
}

fn words<'contents>(contents: &'contents Contents<Said>) -> Vec<&'contents str> {
    let text = |said: &'contents Said| match said {
        Said::Word { text } => text.as_str(),
        Said::Created { .. } => "created",
    };
    contents.records.iter().map(|record| text(&record.event)).collect()
}

#[test]
fn a_line_is_what_it_was_when_the_format_was_fixed() {
    let (_kept, folder) = folder();
    let bytes = written(&folder.join("journal.jsonl"), &["one", "two"]);
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
    {"n":1,"at":"2027-01-15T08:00:00Z","event":"word","text":"one","crc":"0620541a"}
    {"n":2,"at":"2027-01-15T08:00:00Z","event":"word","text":"two","crc":"41df825d"}
    "#);
}

#[test]
fn a_journal_goes_on_where_it_was() {
    let (_kept, folder) = folder();
    let path = folder.join("journal.jsonl");
    written(&path, &["one", "two"]);
    let (mut journal, contents) = Journal::open::<Said>(&path).unwrap();
    assert_eq!((words(&contents), &contents.torn), (vec!["one", "two"], &None));
    assert_eq!(journal.append(&[word("three")]).unwrap(), 3);
    assert_eq!(words(&read(&path).unwrap()), ["one", "two", "three"]);
}

#[test]
fn a_torn_end_is_set_aside_and_cut_off() {
    let (_kept, folder) = folder();
    let path = folder.join("journal.jsonl");
    let whole = written(&path, &["one", "two"]);
    for (number, torn) in [&whole[..40], b"\0\0\0\0", b"{\"n\":3,\0\0{"].into_iter().enumerate() {
        fs::write(&path, [&whole, torn].concat()).unwrap();
        let (mut journal, contents) = Journal::open::<Said>(&path).unwrap();
        assert!(contents.torn.is_some());
        assert_eq!(fs::read(&path).unwrap(), whole);
        assert_eq!(fs::read(folder.join(format!("journal.torn-{}", number + 1))).unwrap(), torn);
        journal.append(&[word("three")]).unwrap();
        assert_eq!(words(&read(&path).unwrap()), ["one", "two", "three"]);
    }
}

#[track_caller]
fn damaged(bytes: &[u8], at: u64) {
    match parse::<Said>(bytes, Utf8Path::new("journal.jsonl")) {
        Err(JournalError::Damaged { line, .. }) => assert_eq!(line, at),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_no_crash_explains_is_refused_with_its_line() {
    let (_kept, folder) = folder();
    let whole = String::from_utf8(written(&folder.join("journal.jsonl"), &["one", "two", "three"])).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    // A word was changed, also in the last line: whoever changed it may have changed what was done.
    damaged(whole.replace("two", "six").as_bytes(), 2);
    damaged(whole.replace("three", "seven").as_bytes(), 3);
    // A line is missing, there twice, or out of order.
    damaged([lines[0], lines[2]].concat().as_bytes(), 2);
    damaged([lines[0], lines[0], lines[1]].concat().as_bytes(), 2);
    damaged([lines[1], lines[0]].concat().as_bytes(), 1);
    // Something is torn, and whole lines follow.
    damaged([lines[0], "{\"n\":2,\n", lines[2]].concat().as_bytes(), 2);
    // The last line is whole, and is no record any more: not JSON, or not even text.
    damaged(whole.replace("{\"n\":3", "?\"n\":3").as_bytes(), 3);
    damaged([&whole.as_bytes()[..whole.len() - 20], b"\0\0\0\n"].concat().as_slice(), 3);
    // Only its line feed is another byte.
    damaged([whole.trim_end(), "?"].concat().as_bytes(), 3);
}

#[test]
fn another_format_is_refused_as_such() {
    for format in [FORMAT - 1, FORMAT + 1] {
        let (_kept, folder) = folder();
        let path = folder.join("journal.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(&[(Timestamp::UNIX_EPOCH, Said::Created { format })]).unwrap();
        let refused = read::<Said>(&path);
        assert!(
            matches!(refused, Err(JournalError::OtherFormat { found, known: FORMAT, .. }) if found == u64::from(format))
        );
    }
}

#[test]
fn a_journal_is_not_made_over_another() {
    let (_kept, folder) = folder();
    let path = folder.join("journal.jsonl");
    written(&path, &["one"]);
    assert!(matches!(Journal::create(&path), Err(JournalError::Io { doing: "create", .. })));
}

#[test]
fn after_a_write_that_failed_nothing_more_is_written() {
    // /dev/full refuses every write, as a full disk does.
    let full = fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
    let mut journal = Journal::on(full, Utf8Path::new("journal.jsonl"));
    assert!(matches!(journal.append(&[word("one")]), Err(JournalError::Io { .. })));
    assert!(matches!(journal.append(&[word("one")]), Err(JournalError::Poisoned { .. })));
}

#[test]
fn a_run_keeps_its_documents_for_itself() {
    let (_kept, folder) = folder();
    let store = RunStore::at(&folder);
    let documents = [DocumentToSave { name: "plans/move.yaml (shipped)", role: "plan", text: b"kind: Plan" }];
    let run = store.create("2026-11-22_143000-k7q2", &documents).unwrap();
    let kept = run.documents().unwrap();
    let (document, text) = &kept[0];
    assert_eq!((document.copy.as_str(), text.as_slice()), ("files/0-move.yaml", b"kind: Plan".as_slice()));
    assert_eq!(fs::metadata(run.path()).unwrap().permissions().mode() & 0o777, 0o700);
    fs::write(run.path().join(&document.copy), "kind: Plot").unwrap();
    assert!(matches!(run.documents(), Err(FolderError::Changed(_))));
    assert!(matches!(store.create(run.id(), &[]), Err(FolderError::Exists(_))));
}

#[test]
fn a_run_is_for_one_process_at_a_time() {
    let (_kept, folder) = folder();
    let store = RunStore::at(folder);
    let run = store.create("r", &[]).unwrap();
    let holder = match store.open("r") {
        Err(FolderError::Locked(LockError::Held { holder: Some(holder), .. })) => holder,
        other => panic!("{other:?}"),
    };
    assert_eq!((holder.process, holder.run.as_deref()), (std::process::id(), Some("r")));
    assert_eq!(store.holder_of("r"), Some(holder));
    drop(run);
    assert_eq!(store.holder_of("r"), None);
    store.open("r").unwrap();
}

#[test]
fn a_runs_name_leads_nowhere_else() {
    let (_kept, folder) = folder();
    let store = RunStore::at(&folder);
    store.create("r", &[]).unwrap();
    for name in ["", "..", "../runs/r", "r/", "other"] {
        assert!(matches!(store.open(name), Err(FolderError::Unknown(_))), "{name}");
    }
}

#[test]
fn targets_are_locked_all_or_none() {
    let (_kept, folder) = folder();
    let holder = Holder::this(Some("r"));
    let acquire = |addresses: &[&str]| {
        TargetLocks::acquire(&folder, &addresses.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), &holder)
    };
    let first = acquire(&["b", "a", "b"]).unwrap();
    assert!(acquire(&["c", "b"]).unwrap_err().to_string().starts_with("target b is in use by process"));
    acquire(&["c"]).expect("what could not be had altogether is let go of");
    drop(first);
    acquire(&["b", "a"]).unwrap();
}

#[test]
fn state_is_kept_where_the_environment_says() {
    #[track_caller]
    fn case(set: &[(&str, &str)], expected: Option<&str>) {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(RunStore::from_environment(find).ok(), expected.map(RunStore::at));
    }
    case(&[("HOUSEPLAN_STATE_DIR", "here"), ("HOME", "/h")], Some("here"));
    case(&[("XDG_STATE_HOME", "/x"), ("HOME", "/h")], Some("/x/houseplan"));
    case(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")], Some("/h/.local/state/houseplan"));
    case(&[("HOUSEPLAN_STATE_DIR", "")], None);
}

#[test]
fn a_runs_id_begins_with_its_time() {
    let id = new_run_id("2026-11-22T14:30:00Z".parse().unwrap());
    let (time, tail) = id.rsplit_once('-').unwrap();
    assert_eq!((time, tail.len()), ("2026-11-22_143000", 4));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse::<Said>(&bytes, Utf8Path::new("journal.jsonl"));
    }

    /// Wherever a write is cut short: what was whole is kept, and the rest is torn.
    #[test]
    fn a_cut_anywhere_keeps_what_is_whole(texts in proptest::collection::vec(".{0,20}", 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for (n, text) in (1..).zip(&texts) {
            super::line::write(&mut bytes, n, Timestamp::UNIX_EPOCH, &Said::Word { text: text.clone() }).unwrap();
            ends.push(bytes.len());
        }
        let cut = cut.index(bytes.len() + 1);
        let contents = parse::<Said>(&bytes[..cut], Utf8Path::new("journal.jsonl")).unwrap();
        let whole = ends.iter().rposition(|end| *end <= cut).unwrap();
        prop_assert_eq!(words(&contents), &texts[..whole]);
        prop_assert_eq!(contents.torn.is_some(), ends[whole] < cut);
    }

    /// A changed byte is never taken for the end of a write that was cut short, wherever it is: it is refused. (A last line
    /// feed that became a NUL is what a crash of the machine may leave.)
    #[test]
    fn a_changed_byte_is_refused(
        texts in proptest::collection::vec("[a-z]{0,20}", 1..6),
        place in any::<prop::sample::Index>(),
        by in 1_u8..,
    ) {
        let mut bytes = Vec::new();
        for (n, text) in (1..).zip(&texts) {
            super::line::write(&mut bytes, n, Timestamp::UNIX_EPOCH, &Said::Word { text: text.clone() }).unwrap();
        }
        let place = place.index(bytes.len());
        bytes[place] ^= by;
        prop_assume!(bytes.last() != Some(&0));
        let parsed = parse::<Said>(&bytes, Utf8Path::new("journal.jsonl"));
        prop_assert!(matches!(parsed, Err(JournalError::Damaged { .. } | JournalError::OtherFormat { .. })), "{parsed:?}");
    }
}
