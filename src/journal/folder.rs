//! Where runs live: `<state>/runs/<run id>/` with the journal, copies of every document, and the process's lock.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{Timestamp, tz::TimeZone};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::catalogue::{Shown, run, shown_by_the_catalogue};

use super::{
    JournalError,
    lock::{FileLock, Holder, LockError},
    writer::sync_folder_of,
};

const JOURNAL: &str = "journal.jsonl";
const FILES: &str = "files.json";
/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// A name for a run: its time in UTC, and four random characters (`2026-11-22_143000-k7q2`).
pub fn new_run_id(now: Timestamp) -> String {
    let mut random = rand::rng();
    let tail: String = (0..4).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect();
    format!("{}-{tail}", now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d_%H%M%S"))
}

/// What can be wrong with a run's folder.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum FolderError {
    Unknown(String),
    Exists(String),
    NoStateFolder,
    /// A copy of a document is not what it was.
    Changed(Utf8PathBuf),
    Io {
        doing: &'static str,
        path: Utf8PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

shown_by_the_catalogue!(FolderError);

impl FolderError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Unknown(run) => run::UNKNOWN.with("run", run).into(),
            Self::Exists(run) => run::EXISTS.with("run", run).into(),
            Self::NoStateFolder => run::NO_STATE_FOLDER.bare().into(),
            Self::Changed(path) => run::COPY_CHANGED.with("path", path).into(),
            Self::Io { doing, path, .. } => run::FOLDER.with("doing", doing).with("path", path).into(),
            Self::Locked(error) => Shown::As(error),
            Self::Journal(error) => Shown::As(error),
        }
    }
}

fn failed(doing: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { doing, path, source }
}

/// All runs of this machine's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStore {
    root: Utf8PathBuf,
}

impl RunStore {
    /// The store in this folder (`--state-dir`).
    pub fn at(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `HOUSEPLAN_STATE_DIR`, or `houseplan` in `XDG_STATE_HOME` or `~/.local/state`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, FolderError> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
        // XDG: a path that is not absolute is to be disregarded.
        let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
        set("HOUSEPLAN_STATE_DIR")
            .or_else(|| state.map(|state| state.join("houseplan")))
            .or_else(|| set("HOME").map(|home| home.join(".local/state/houseplan")))
            .map(Self::at)
            .ok_or(FolderError::NoStateFolder)
    }

    /// Where the locks on targets are.
    pub fn target_locks(&self) -> Utf8PathBuf {
        self.root.join("targets")
    }

    /// Makes a run's folder with copies of the documents it begins with, and locks it.
    ///
    /// After it returns, the folder and the copies survive a crash of the machine. A crash before leaves a folder without a
    /// journal, which is shown as a run that was never begun.
    pub fn create(&self, id: &str, documents: &[DocumentToSave<'_>]) -> Result<RunFolder, FolderError> {
        let runs = self.root.join("runs");
        DirBuilder::new().recursive(true).mode(0o700).create(&runs).map_err(failed("make", &runs))?;
        let path = runs.join(id);
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(FolderError::Exists(id.to_owned()));
            }
            made => made.map_err(failed("make", &path))?,
        }
        let folder = RunFolder::lock(id, path)?;
        folder.save(documents)?;
        for path in [&folder.path, &runs, &self.root] {
            sync_folder_of(path).map_err(failed("sync the folder of", path))?;
        }
        Ok(folder)
    }

    /// Opens a run's folder and locks it: from here on, no other process acts for this run.
    pub fn open(&self, id: &str) -> Result<RunFolder, FolderError> {
        RunFolder::lock(id, self.existing(id)?)
    }

    /// A run's journal, to look at without the lock.
    pub fn journal_of(&self, id: &str) -> Result<Utf8PathBuf, FolderError> {
        Ok(self.existing(id)?.join(JOURNAL))
    }

    /// The documents that a run began with, to look at without the lock.
    pub fn documents_of(&self, id: &str) -> Result<Vec<(SavedDocument, Vec<u8>)>, FolderError> {
        documents(&self.existing(id)?)
    }

    /// Who has the run locked now.
    pub fn holder_of(&self, id: &str) -> Option<Holder> {
        FileLock::holder(&self.existing(id).ok()?.join("lock"))
    }

    /// The ids of all runs, the oldest first. What is no run's folder is passed over.
    pub fn list(&self) -> Result<Vec<String>, FolderError> {
        let runs = self.root.join("runs");
        let entries = match fs::read_dir(&runs) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(failed("read", &runs))?,
        };
        let names = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
        let mut names: Vec<_> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }

    fn existing(&self, id: &str) -> Result<Utf8PathBuf, FolderError> {
        let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let path = self.root.join("runs").join(id);
        if plain && path.is_dir() { Ok(path) } else { Err(FolderError::Unknown(id.to_owned())) }
    }
}

/// The documents kept in a run's folder, each with its text.
fn documents(folder: &Utf8Path) -> Result<Vec<(SavedDocument, Vec<u8>)>, FolderError> {
    let path = folder.join(FILES);
    let text = fs::read(&path).map_err(failed("read", &path))?;
    let all: Vec<SavedDocument> =
        serde_json::from_slice(&text).map_err(io::Error::from).map_err(failed("understand", &path))?;
    let whole = |kept: SavedDocument| {
        let path = folder.join(&kept.copy);
        let text = fs::read(&path).map_err(failed("read", &path))?;
        if sha256(&text) == kept.sha256 { Ok((kept, text)) } else { Err(FolderError::Changed(path)) }
    };
    all.into_iter().map(whole).collect()
}

/// A document that a run begins with.
#[derive(Debug, Clone, Copy)]
pub struct DocumentToSave<'text> {
    /// How it is called: the path as it was given, or `plans/x.yaml (shipped)`.
    pub name: &'text str,
    /// What it is to the run: the plan, the environment, or included by one of them.
    pub role: &'text str,
    pub text: &'text [u8],
}

/// A document as it was when the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedDocument {
    pub name: String,
    pub role: String,
    /// Where the copy is, from the run's folder.
    pub copy: Utf8PathBuf,
    pub sha256: String,
}

/// A run's folder, locked for this process until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    id: String,
    path: Utf8PathBuf,
    _lock: FileLock,
}

impl RunFolder {
    fn lock(id: &str, path: Utf8PathBuf) -> Result<Self, FolderError> {
        let lock = FileLock::acquire(&path.join("lock"), &format!("run {id}"), &Holder::this(Some(id)))?;
        Ok(Self { id: id.to_owned(), path, _lock: lock })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Where its journal is, or is to be.
    pub fn journal(&self) -> Utf8PathBuf {
        self.path.join(JOURNAL)
    }

    /// The documents that the run began with, as they were; refused where a copy was changed since.
    pub fn documents(&self) -> Result<Vec<(SavedDocument, Vec<u8>)>, FolderError> {
        documents(&self.path)
    }

    /// Keeps other documents in place of those the run began with; their copies stay beside them.
    ///
    /// After it returns they survive a crash of the machine; a crash before leaves those that were kept before.
    pub fn save_instead(&self, documents: &[DocumentToSave<'_>]) -> Result<(), FolderError> {
        self.save(documents)
    }

    fn save(&self, documents: &[DocumentToSave<'_>]) -> Result<(), FolderError> {
        let name = (1..).map(|number| match number {
            1 => "files".to_owned(),
            again => format!("files-{again}"),
        });
        let unused = name.into_iter().find(|name| !self.path.join(name).exists());
        let folder = unused.unwrap_or_else(|| "files".to_owned());
        let files = self.path.join(&folder);
        DirBuilder::new().mode(0o700).create(&files).map_err(failed("make", &files))?;
        let mut kept = Vec::with_capacity(documents.len());
        for (number, document) in documents.iter().enumerate() {
            let stem = Utf8Path::new(document.name).file_name().unwrap_or("document").split(' ').next();
            let copy = Utf8PathBuf::from(format!("{folder}/{number}-{}", stem.unwrap_or("document")));
            let path = self.path.join(&copy);
            write_synced(&path, document.text).map_err(failed("write", &path))?;
            kept.push(SavedDocument {
                name: document.name.to_owned(),
                role: document.role.to_owned(),
                copy,
                sha256: sha256(document.text),
            });
        }
        let path = self.path.join(FILES);
        let text = serde_json::to_vec_pretty(&kept).map_err(io::Error::from).map_err(failed("write", &path))?;
        let new = self.path.join(format!("{FILES}.new"));
        write_synced(&new, &text).map_err(failed("write", &new))?;
        fs::rename(&new, &path).map_err(failed("replace", &path))?;
        for folder in [&files, &self.path] {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync", folder))?;
        }
        Ok(())
    }
}

fn write_synced(path: &Utf8Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn sha256(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
