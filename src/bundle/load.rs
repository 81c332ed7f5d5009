//! Gathering the files of a bundle.

use std::{collections::HashMap, sync::Arc};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use thiserror::Error;

use super::{
    Bundle, BundleFile, LoadedEnvironment, LoadedPlan, Role, SavedFile, TargetNames,
    library::{Library, SHIPPED},
    report, typed,
};
use crate::{
    catalogue::{self, Filled, Shown, shown_by_the_catalogue},
    document::{Finding, Invalid, Limits, Place, Problem, Source, parse, suggestion},
    environment::{self, model::EnvironmentDocument},
    name::Name,
    plan::{
        self,
        actions::PlanInclusion,
        model::{PlanDocument, Step},
    },
    schema,
    targets::SECRET_KEYS,
};

/// Why there is no bundle. Exit code 2.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A document that cannot be read.
    #[error("{}", .0.title())]
    Unreadable(Filled),
    #[error(transparent)]
    Invalid(#[from] Box<Invalid>),
}

shown_by_the_catalogue!(LoadError);

impl LoadError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Unreadable(filled) => filled.clone().into(),
            Self::Invalid(error) => Shown::As(&**error),
        }
    }
}

/// How far plans may include one another.
const INCLUSION_DEPTH: usize = 16;

pub(super) fn from_disk(
    plan: &str,
    environment: Option<&Utf8Path>,
    target_names: &TargetNames,
    limits: &Limits,
) -> Result<Bundle, LoadError> {
    let origin = if Library::is_name(plan) { format!("{SHIPPED}{plan}") } else { plan.to_owned() };
    Loader::new(Shelf::Disk, *limits).load(&origin, environment.map(Utf8Path::as_str), target_names)
}

pub(super) fn from_saved(
    saved: Vec<SavedFile>,
    target_names: &TargetNames,
    limits: &Limits,
) -> Result<Bundle, LoadError> {
    let origin = |role| saved.iter().find(|file| file.role == role).map(|file| file.origin.clone());
    let no_plan = || LoadError::Unreadable(catalogue::run::COPY_MISSING.with("name", "the plan"));
    let plan = origin(Role::Plan).ok_or_else(no_plan)?;
    let environment = origin(Role::Environment);
    let texts = saved.into_iter().map(|file| (file.origin, file.text)).collect();
    Loader::new(Shelf::Saved(texts), *limits).load(&plan, environment.as_deref(), target_names)
}

/// Where texts come from.
enum Shelf {
    Disk,
    Saved(HashMap<String, String>),
}

impl Shelf {
    fn read(&self, origin: &str, limits: &Limits) -> Result<String, LoadError> {
        if let Self::Saved(texts) = self {
            let missing = || LoadError::Unreadable(catalogue::run::COPY_MISSING.with("name", origin));
            return texts.get(origin).cloned().ok_or_else(missing);
        }
        if let Some(name) = origin.strip_prefix(SHIPPED) {
            return Library::find(name).map(|plan| plan.text.to_owned()).ok_or_else(|| {
                let near = suggestion(name, Library::plans().iter().map(|plan| plan.name));
                let unknown = catalogue::plan::UNKNOWN.with("name", name).with("near", near);
                LoadError::Unreadable(match std::fs::exists(format!("{name}.yaml")) {
                    Ok(true) => unknown.with("here", format!(", as in `{name}.yaml`, which is in this folder")),
                    _ => unknown,
                })
            });
        }
        read_file(origin, limits)
    }
}

fn read_file(path: &str, limits: &Limits) -> Result<String, LoadError> {
    let cannot = |error: std::io::Error| {
        LoadError::Unreadable(catalogue::plan::UNREADABLE.with("path", path).with("reason", error))
    };
    let length = std::fs::metadata(path).map_err(cannot)?.len();
    if length > limits.bytes as u64 {
        let too_large = catalogue::plan::TOO_LARGE.with("path", path);
        let too_large = too_large.with("size", length >> 20).with("limit", limits.bytes >> 20);
        return Err(LoadError::Unreadable(too_large));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        LoadError::Unreadable(catalogue::plan::NOT_UTF8.with("path", path).with("byte", at).with("line", line))
    })
}

struct Loader {
    shelf: Shelf,
    limits: Limits,
    files: Vec<BundleFile>,
    plans: Vec<LoadedPlan>,
    by_origin: HashMap<String, usize>,
    inclusions: HashMap<(usize, String), usize>,
    problems: Vec<Problem>,
    /// Files of which nothing is left to look at.
    broken: bool,
}

impl Loader {
    fn new(shelf: Shelf, limits: Limits) -> Self {
        Self {
            shelf,
            limits,
            files: Vec::new(),
            plans: Vec::new(),
            by_origin: HashMap::new(),
            inclusions: HashMap::new(),
            problems: Vec::new(),
            broken: false,
        }
    }

    fn load(mut self, plan: &str, environment: Option<&str>, names: &TargetNames) -> Result<Bundle, LoadError> {
        let main = self.plan(plan, Role::Plan, &mut Vec::new())?;
        let environment = match environment {
            Some(origin) => self.environment(origin)?,
            None => None,
        };
        let (target_names, inclusions) = (names.clone(), self.inclusions);
        let bundle = Bundle { files: self.files, plans: self.plans, environment, target_names, inclusions };
        if main.is_some() && !self.broken {
            self.problems.extend(bundle.validate());
        }
        let own = |file: usize| bundle.files[file].document.findings().to_vec();
        match report(&bundle.files, &self.problems, own) {
            Some(invalid) => Err(Box::new(invalid).into()),
            None => Ok(bundle),
        }
    }

    /// Reads one file as YAML. A file that is none ends the loading: there is nothing else to say of it.
    fn file(&mut self, origin: &str, role: Role) -> Result<(usize, serde_json::Value), LoadError> {
        let text: Arc<str> = self.shelf.read(origin, &self.limits)?.into();
        let name: Arc<str> = match origin.strip_prefix(SHIPPED) {
            Some(name) => format!("plans/{name}.yaml (shipped)").into(),
            None => origin.into(),
        };
        let (document, value) =
            parse(Source { name, text, secret_keys: secret_keys(role), concealed: Vec::new() }, &self.limits).map_err(
                |failed| {
                    let (source, finding): (Source, Finding) = *failed;
                    Box::new(Invalid::new(role.code(), &source, vec![finding]))
                },
            )?;
        self.files.push(BundleFile { role, origin: origin.to_owned(), document });
        Ok((self.files.len() - 1, value))
    }

    /// Reads a plan and what it includes; gives its index. `chain` is who includes whom, from the first on.
    fn plan(&mut self, origin: &str, role: Role, chain: &mut Vec<String>) -> Result<Option<usize>, LoadError> {
        if let Some(index) = self.by_origin.get(origin) {
            return Ok(Some(*index));
        }
        let (file, value) = self.file(origin, role)?;
        for place in secret_defaults(&value, file) {
            self.files[file].document.conceal(&place);
        }
        let typed = typed::typed::<PlanDocument>(&schema::PLAN, value, file, plan::incomplete::take_out);
        self.problems.extend(typed.problems);
        let Some(document) = typed.document else {
            self.broken = true;
            return Ok(None);
        };
        let index = self.plans.len();
        self.by_origin.insert(origin.to_owned(), index);
        let wanted = inclusions(&document, file);
        self.plans.push(LoadedPlan { file, document, incomplete: typed.taken_out.incomplete });
        chain.push(origin.to_owned());
        for (inclusion, place) in wanted {
            self.include(&inclusion, origin, &place, chain)?;
        }
        chain.pop();
        Ok(Some(index))
    }

    fn environment(&mut self, origin: &str) -> Result<Option<LoadedEnvironment>, LoadError> {
        let (file, value) = self.file(origin, Role::Environment).map_err(|error| match error {
            LoadError::Unreadable(filled) if filled.entry.code == catalogue::plan::UNREADABLE.code => {
                LoadError::Unreadable(filled.told_as(&catalogue::environment::UNREADABLE))
            }
            error => error,
        })?;
        let typed =
            typed::typed::<EnvironmentDocument>(&schema::ENVIRONMENT, value, file, environment::incomplete::take_out);
        self.problems.extend(typed.problems);
        let Some(document) = typed.document else {
            self.broken = true;
            return Ok(None);
        };
        for (name, procedure) in &document.procedures {
            let place = Place::new(file, "/procedures").child(name.as_str());
            if let Some(inclusion) = &procedure.plan {
                self.include(inclusion, origin, &place.child("plan"), &mut Vec::new())?;
            }
            for (inclusion, place) in procedure.steps.iter().flat_map(|steps| of_steps(steps, &place.child("steps"))) {
                self.include(&inclusion, origin, &place, &mut Vec::new())?;
            }
        }
        let directory = Utf8Path::new(origin).parent().map(Utf8Path::to_path_buf).unwrap_or_default();
        Ok(Some(LoadedEnvironment {
            file,
            document,
            directory,
            incomplete: typed.taken_out.incomplete,
            unreadable: typed.taken_out.unreadable,
        }))
    }

    fn include(
        &mut self,
        inclusion: &PlanInclusion,
        from: &str,
        place: &Place,
        chain: &mut Vec<String>,
    ) -> Result<(), LoadError> {
        let name = place.child("name");
        let origin = match beside(from, &inclusion.name) {
            Ok(origin) => origin,
            Err(message) => {
                self.problems.push(Problem::at(name, message));
                return Ok(());
            }
        };
        if let Some(start) = chain.iter().position(|link| *link == origin) {
            let path: Vec<&str> = chain[start..].iter().chain([&origin]).map(|link| shown(link)).collect();
            self.problems.push(Problem::at(name, format!("plans that include one another: {}", path.join(" → "))));
            self.broken = true;
            return Ok(());
        }
        if chain.len() >= INCLUSION_DEPTH {
            self.problems
                .push(Problem::at(name, format!("plans include one another more than {INCLUSION_DEPTH} deep")));
            self.broken = true;
            return Ok(());
        }
        match self.plan(&origin, Role::Included, chain) {
            Ok(Some(index)) => {
                self.inclusions.insert((place.file, inclusion.name.clone()), index);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(LoadError::Unreadable(filled)) => {
                self.problems.push(Problem::at(name, filled.title()));
                Ok(())
            }
            Err(invalid) => Err(invalid),
        }
    }
}

/// Where a plan has a default for an input of type secret, which it may not.
fn secret_defaults(plan: &serde_json::Value, file: usize) -> Vec<Place> {
    let inputs = plan["inputs"].as_object().into_iter().flatten();
    let secret = inputs.filter(|(_, input)| input["type"] == "secret" && input.get("default").is_some());
    secret.map(|(name, _)| Place::new(file, "/inputs").child(name).child("default")).collect()
}

/// The keys of a file behind which a secret may stand.
fn secret_keys(role: Role) -> Vec<&'static str> {
    match role {
        Role::Environment => SECRET_KEYS.concat(),
        Role::Plan | Role::Included => Vec::new(),
    }
}

/// The inclusions of a plan, each with the place of its `plan` key.
fn inclusions(plan: &PlanDocument, file: usize) -> Vec<(PlanInclusion, Place)> {
    let root = Place::new(file, "");
    let mut found: Vec<_> = of_steps(&plan.steps, &root.child("steps")).collect();
    found.extend(of_steps(&plan.finally, &root.child("finally")));
    found
}

fn of_steps<'a>(
    steps: &'a indexmap::IndexMap<Name, Step>,
    place: &'a Place,
) -> impl Iterator<Item = (PlanInclusion, Place)> + use<> {
    let found: Vec<_> = steps
        .iter()
        .filter_map(|(name, step)| Some((step.plan.as_deref()?.clone(), place.child(name.as_str()).child("plan"))))
        .collect();
    found.into_iter()
}

/// The origin of what the file at `from` calls `name`.
fn beside(from: &str, name: &str) -> Result<String, String> {
    if Library::is_name(name) {
        return Ok(format!("{SHIPPED}{name}"));
    }
    if from.starts_with(SHIPPED) {
        return Err("a shipped plan includes shipped plans only, by name".to_owned());
    }
    let directory = Utf8Path::new(from).parent().unwrap_or(Utf8Path::new(""));
    Ok(normal(&directory.join(name)).into_string())
}

/// Without `.` and, where that is possible, `..`, so that one file has one origin.
fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if normal.file_name().is_some_and(|name| name != "..") => {
                normal.pop();
            }
            other => normal.push(other.as_str()),
        }
    }
    normal
}

fn shown(origin: &str) -> &str {
    origin.strip_prefix(SHIPPED).unwrap_or(origin)
}

/// What stands at an origin now; `None` where it is gone or cannot be read.
pub(super) fn current_text(origin: &str) -> Option<String> {
    Shelf::Disk.read(origin, &Limits::with_nodes(usize::MAX)).ok()
}
