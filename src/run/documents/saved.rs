//! The copies that a run keeps of its documents.

use camino::Utf8Path;

use super::prepare::{Documents, PrepareError};
use crate::{
    bundle::{Bundle, Role, SavedFile, TargetNames},
    document::Limits,
    journal::folder::{DocumentToSave, SavedDocument},
};

/// The documents in the folder of a run, as it began with them or accepted them last.
pub(in crate::run) fn read(
    kept: Vec<(SavedDocument, Vec<u8>)>,
    target_names: &TargetNames,
) -> Result<Documents, PrepareError> {
    // They were within the limits that the person gave when the run began.
    let limits = Limits::none();
    let saved = kept.into_iter().map(|(kept, text)| {
        let Some(role) = Role::of(&kept.role) else {
            return Err(PrepareError::UnknownRole { document: kept.name, role: kept.role });
        };
        Ok(SavedFile { role, origin: kept.name, text: String::from_utf8_lossy(&text).into_owned() })
    });
    let saved = saved.collect::<Result<_, _>>()?;
    let bundle = Bundle::from_saved(saved, target_names, &limits)?;
    Documents::new(bundle)
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
pub(in crate::run) fn document(saved: &SavedFile) -> DocumentToSave<'_> {
    DocumentToSave { name: &saved.origin, role: saved.role.as_str(), text: saved.text.as_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_a_role_that_is_not_known_is_refused() {
        let kept = |role: &str| SavedDocument {
            name: "x.yaml".to_owned(),
            role: role.to_owned(),
            copy: "files/1".into(),
            sha256: String::new(),
        };
        let error = read(vec![(kept("procedure"), Vec::new())], &TargetNames::new()).err().unwrap();
        assert!(matches!(&error, PrepareError::UnknownRole { role, .. } if role == "procedure"), "{error}");
        for role in [Role::Plan, Role::Environment, Role::Included] {
            assert_eq!(Role::of(role.as_str()), Some(role));
        }
    }
}
