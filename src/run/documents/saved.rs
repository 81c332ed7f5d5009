//! The copies that a run keeps of its documents.

use camino::Utf8Path;

use super::prepare::{Documents, PrepareError};
use crate::{
    bundle::{Bundle, Role, SavedFile, TargetNames},
    document::Limits,
    journal::folder::{Document, Kept, RunFolder, RunStore},
    run::error::SessionError,
};

/// The documents that a run began with, for what only looks at it.
pub fn saved_documents(store: &RunStore, id: &str, target_names: &TargetNames) -> Result<Documents, SessionError> {
    read(store.documents_of(id)?, target_names)
}

/// The documents in the folder of a run that is taken up.
pub(in crate::run) fn of_folder(folder: &RunFolder, target_names: &TargetNames) -> Result<Documents, SessionError> {
    read(folder.documents()?, target_names)
}

fn read(kept: Vec<(Kept, Vec<u8>)>, target_names: &TargetNames) -> Result<Documents, SessionError> {
    // They were within the limits that the person gave when the run began.
    let limits = Limits::none();
    let saved = kept.into_iter().map(|(kept, text)| SavedFile {
        role: role(&kept.role),
        origin: kept.name,
        text: String::from_utf8_lossy(&text).into_owned(),
    });
    let bundle = Bundle::from_saved(saved.collect(), target_names, &limits).map_err(PrepareError::from)?;
    Ok(Documents::new(bundle)?)
}

/// The documents as they are kept: files by their absolute paths, so that a resume finds them from any folder.
pub(in crate::run) fn saved(documents: &Documents) -> Vec<SavedFile> {
    let mut files = documents.bundle.saved();
    for file in &mut files {
        let whole = std::path::absolute(Utf8Path::new(&file.origin))
            .ok()
            .and_then(|path| path.into_os_string().into_string().ok());
        if let (false, Some(whole)) = (file.origin.starts_with("shipped:"), whole) {
            file.origin = whole;
        }
    }
    files
}

/// As the run's folder takes it.
pub(in crate::run) fn document(saved: &SavedFile) -> Document<'_> {
    Document { name: &saved.origin, role: saved.role.as_str(), text: saved.text.as_bytes() }
}

fn role(word: &str) -> Role {
    match word {
        "plan" => Role::Plan,
        "environment" => Role::Environment,
        _ => Role::Included,
    }
}
