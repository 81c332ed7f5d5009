//! The files that commands name: what a process runs or reads, and the plan does not say. Nothing is read here.
//!
//! One is meant where an argument, or what stands behind its `=`, is the relative path of a file that is there, seen from the
//! folder the process runs in. What PATH finds, and absolute paths, are the machine's own and not the plan's.

use camino::Utf8PathBuf;

use super::Files;
use crate::name::Name;

/// What may be a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedFile {
    Path(NamedPath),
    /// Only the run tells which file it is.
    OnlyInRun(String),
}

/// A relative path in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The environment's name of the target that the command runs on.
    pub target: Name,
    /// From that target's folder, or absolute where the step's own folder is.
    pub path: Utf8PathBuf,
    /// Whether it is what is run, and not an argument.
    pub program: bool,
}

impl NamedPath {
    /// How the digest calls it: the same in every checkout.
    pub fn called(&self) -> String {
        format!("{}: {}", self.target, self.path)
    }
}

impl NamedFile {
    /// What the digest covers of it, and what not; `None` where it is no file.
    pub fn words(&self, files: &Files) -> Option<String> {
        match self {
            NamedFile::OnlyInRun(text) => {
                Some(format!("not in the digest: a file that is known only during the run: {text}"))
            }
            NamedFile::Path(it) => match files.get(&it.called()) {
                Some(Some(sha256)) => Some(format!("in the digest: {}, sha256 {sha256}", it.path)),
                Some(None) => Some(format!("not in the digest: what the folder {} holds", it.path)),
                None => it.program.then(|| format!("not in the digest: {}, which is not there", it.path)),
            },
        }
    }
}
