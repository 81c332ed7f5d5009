//! The files that commands name, as they are now: their bytes count in the digest, and a resume tells when they have changed.
//!
//! They run from their place. A run keeps what their bytes were as a number, and no copy of them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use camino::Utf8Path;
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::prepare::{Documents, PrepareError};
use crate::{
    engine::{
        event::{Event, RunCreated},
        state::State,
    },
    journal::Record,
    name::Name,
    plan::{
        binding::known_before_run,
        describe::{Files, NamedFile, NamedPath, RenderContext},
    },
    render::hexadecimal,
    targets::Target,
    template::{InputValue, InputValues},
};

/// Reads the files that the commands of these steps name. Processes start in `directory` where nothing else is said.
pub(in crate::run) fn read(
    documents: &Documents,
    inputs: &InputValues,
    directory: &Utf8Path,
    wanted: impl Fn(usize) -> bool,
) -> Result<Files, PrepareError> {
    read_all(documents, &paths(documents, inputs, wanted), directory)
}

/// What these steps' commands name, by how the digest calls it.
fn paths(documents: &Documents, inputs: &InputValues, wanted: impl Fn(usize) -> bool) -> IndexMap<String, NamedPath> {
    let (plan, no_files) = (&documents.plan, Files::new());
    let inputs = known_before_run(plan, inputs);
    let context = |index| RenderContext { plan, index, inputs: &inputs, environment: None, files: &no_files };
    let steps = (0..plan.steps.len()).filter(|step| wanted(*step));
    let named = steps.flat_map(|step| plan.steps[step].action.spec().files(&context(step)));
    let path = |named| match named {
        NamedFile::Path(path) => Some((path.called(), path)),
        NamedFile::OnlyInRun(_) => None,
    };
    named.filter_map(path).collect()
}

fn read_all(
    documents: &Documents,
    paths: &IndexMap<String, NamedPath>,
    directory: &Utf8Path,
) -> Result<Files, PrepareError> {
    let mut files = Files::new();
    for (called, named) in paths {
        let path = folder(documents, &named.target, directory).join(&named.path);
        if path.is_file() {
            let read = File::open(&path).and_then(sha256);
            let read = read.map_err(|reason| PrepareError::File { path: path.into_string(), by: "a command", reason });
            files.insert(called.clone(), Some(read?));
        } else if path.is_dir() {
            files.insert(called.clone(), None);
        }
    }
    Ok(files)
}

/// Where processes on a target start.
fn folder(documents: &Documents, target: &Name, here: &Utf8Path) -> camino::Utf8PathBuf {
    let Some(environment) = documents.bundle.environment() else { return here.to_owned() };
    let directory = environment.document.targets.get(target).and_then(Target::directory);
    directory.map_or_else(|| here.to_owned(), |directory| environment.directory.join(directory))
}

fn sha256(mut file: File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

/// What is recorded of them: those that are files.
pub(in crate::run) fn recorded(files: Files) -> BTreeMap<String, String> {
    files.into_iter().filter_map(|(called, sha256)| Some((called, sha256?))).collect()
}

/// The inputs that a run began with, as far as they are recorded.
pub(in crate::run) fn inputs(created: &RunCreated) -> InputValues {
    created.inputs.iter().map(|(name, value)| (name.clone(), InputValue::Plain(value.clone()))).collect()
}

/// The files that steps which are left name (of a run that is abandoned, those of `finally`), and that are not what they were
/// when the run began or they were last accepted.
pub(in crate::run) fn changed(
    documents: &Documents,
    created: &RunCreated,
    records: &[Record<Event>],
    state: &State,
    given_up: bool,
) -> Result<Vec<String>, PrepareError> {
    let accepted = records.iter().rev().find_map(|record| match &record.event {
        Event::ChangesAccepted { named_files, .. } if !named_files.is_empty() => Some(named_files),
        _ => None,
    });
    let known = accepted.unwrap_or(&created.named_files);
    let ends = given_up || state.finally_begun();
    let left = |step: usize| !state.step(step).phase.is_done() && (documents.plan.steps[step].finally || !ends);
    let paths = paths(documents, &inputs(created), left);
    let now = read_all(documents, &paths, Utf8Path::new(&created.directory))?;
    let other = |(called, was): (&String, &String)| match now.get(called) {
        _ if !paths.contains_key(called) => None,
        Some(Some(is)) if is == was => None,
        Some(Some(_)) => Some(format!(
            "{called}: changed since then; there is no copy, so the changed file runs, also with `--as-begun`"
        )),
        _ => Some(format!("{called}: no longer there")),
    };
    Ok(known.iter().filter_map(other).collect())
}
