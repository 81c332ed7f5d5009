//! File locks: one process at a time on a run, and on a target.
//!
//! They die with the process. What has to outlive it (a claim on the target itself) is not here.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
};

use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::catalogue::{Shown, run, shown_by_the_catalogue};

/// Who holds a lock, as it wrote itself down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub process: u32,
    pub host: String,
    pub run: Option<String>,
    pub since: Timestamp,
}

/// How this machine is called in locks, claims and journals.
pub fn this_host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

impl Holder {
    /// This process.
    pub fn this(run: Option<&str>) -> Self {
        Self { process: std::process::id(), host: this_host(), run: run.map(str::to_owned), since: Timestamp::now() }
    }
}

/// A lock that could not be had.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum LockError {
    Held {
        what: String,
        holder: Option<Holder>,
    },
    Io {
        what: String,
        #[source]
        source: io::Error,
    },
}

shown_by_the_catalogue!(LockError);

impl LockError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Held { what, holder } => {
                run::LOCKED.with("what", what).with("holder", describe(holder.as_ref())).into()
            }
            Self::Io { what, .. } => run::LOCK_FAILED.with("what", what).into(),
        }
    }
}

fn describe(holder: Option<&Holder>) -> String {
    let Some(holder) = holder else { return "another process".to_owned() };
    let run = holder.run.as_ref().map(|run| format!(", run {run}")).unwrap_or_default();
    format!("process {} on {}{run}", holder.process, holder.host)
}

/// An exclusive lock on a file, held until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock, or says at once who holds it. `what` is how it is called towards the user.
    ///
    /// The file itself stays when the lock is let go: to remove it could take it from under another process.
    pub fn acquire(path: &Utf8Path, what: &str, holder: &Holder) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { what: what.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                return Err(LockError::Held { what: what.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let text = serde_json::to_vec(holder).map_err(io::Error::from).map_err(failed)?;
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&text)).map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// Who holds the lock just now; `None` where nobody does. Takes nothing for longer than a moment.
    pub fn holder(path: &Utf8Path) -> Option<Holder> {
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).ok()?;
                serde_json::from_str(&text).ok()
            }
            _ => None,
        }
    }
}

/// The locks on all targets that a run acts on.
#[derive(Debug)]
pub struct TargetLocks {
    _locks: Vec<FileLock>,
}

impl TargetLocks {
    /// Locks every one of `addresses` (canonical: two ways to write one server are one address), or none.
    ///
    /// They are taken in one order by everybody and never waited for, so two processes cannot block each other.
    pub fn acquire(folder: &Utf8Path, addresses: &[String], holder: &Holder) -> Result<Self, LockError> {
        let mut sorted: Vec<_> = addresses.iter().collect();
        sorted.sort();
        sorted.dedup();
        fs::create_dir_all(folder).map_err(|source| LockError::Io { what: folder.to_string(), source })?;
        let lock = |address: &String| {
            let name: String = Sha256::digest(address).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
            FileLock::acquire(&folder.join(format!("{name}.lock")), &format!("target {address}"), holder)
        };
        Ok(Self { _locks: sorted.into_iter().map(lock).collect::<Result<_, _>>()? })
    }
}
