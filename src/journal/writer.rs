//! Appends to a journal, durably.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{Contents, JournalError, line, reader};

/// A journal that is being written. Whoever has one holds the run's lock.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: Utf8PathBuf,
    next: u64,
    poisoned: bool,
}

impl Journal {
    /// Makes an empty journal where there is none. After it returns, the file survives a crash of the machine: it and its
    /// folder are synced.
    pub fn create(path: &Utf8Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(JournalError::io("create", path))?;
        file.sync_all().map_err(JournalError::io("sync", path))?;
        sync_folder_of(path).map_err(JournalError::io("sync the folder of", path))?;
        Ok(Self { file, path: path.to_owned(), next: 1, poisoned: false })
    }

    /// Opens a journal to go on with it. What is torn at its end is set aside as `journal.torn-N` and cut off; both are
    /// durable before this returns, in this order, so that a crash in between loses nothing.
    pub fn open<E: DeserializeOwned>(path: &Utf8Path) -> Result<(Self, Contents<E>), JournalError> {
        let bytes = fs::read(path).map_err(JournalError::io("read", path))?;
        let contents: Contents<E> = reader::parse(&bytes, path)?;
        let file = OpenOptions::new().append(true).open(path).map_err(JournalError::io("open", path))?;
        if let Some(torn) = &contents.torn {
            set_aside(path, &bytes[torn.bytes.clone()]).map_err(JournalError::io("set aside the torn end of", path))?;
            file.set_len(torn.bytes.start as u64)
                .and_then(|()| file.sync_all())
                .map_err(JournalError::io("cut off the torn end of", path))?;
        }
        let next = contents.records.len() as u64 + 1;
        Ok((Self { file, path: path.to_owned(), next, poisoned: false }, contents))
    }

    /// An empty journal on a file that is open already.
    #[cfg(test)]
    pub(super) fn on(file: File, path: &Utf8Path) -> Self {
        Self { file, path: path.to_owned(), next: 1, poisoned: false }
    }

    /// Writes all of `events` with one write and one `fdatasync`.
    ///
    /// When it returns `Ok`, they survive a crash of the process and of the machine. When it returns an error, any prefix of
    /// them may have survived; nothing may be done on their word, and the journal takes no more: after a failed sync the
    /// system may have dropped the pages, so a second one that succeeds would prove nothing.
    pub fn append<E: Serialize>(&mut self, events: &[(Timestamp, E)]) -> Result<u64, JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned { path: self.path.clone() });
        }
        let first = self.next;
        if events.is_empty() {
            return Ok(first);
        }
        let mut lines = Vec::with_capacity(events.len() * 160);
        for (n, (at, event)) in (first..).zip(events) {
            line::write(&mut lines, n, *at, event)
                .map_err(io::Error::from)
                .map_err(JournalError::io("write to", &self.path))?;
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.poisoned = true;
            return Err(JournalError::io("write to", &self.path)(error));
        }
        self.next += events.len() as u64;
        Ok(first)
    }
}

fn set_aside(path: &Utf8Path, torn: &[u8]) -> io::Result<()> {
    for number in 1_u32.. {
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path.with_extension(format!("torn-{number}")))
        {
            Ok(mut file) => {
                file.write_all(torn)?;
                file.sync_all()?;
                return sync_folder_of(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a file's name durable.
pub(super) fn sync_folder_of(path: &Utf8Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
