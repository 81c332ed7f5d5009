//! All documents of a run together: the plan, the environment, and every plan that they include.
//!
//! Reads files, or the copies that a run keeps; gives typed documents or everything that is wrong with them, and the flat plan
//! that they make together. What each means by itself is said by [`crate::plan::validate`].

mod expand;
#[cfg(test)]
pub(crate) mod fixture;
mod include;
mod library;
mod load;
mod order;
mod typed;

use std::collections::{HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use crate::{
    catalogue,
    document::{Document, Finding, Heading, Invalid, Limits, Place, Problem, suggestion},
    environment::{fit, model::EnvironmentDocument, resolve},
    name::Name,
    plan::{
        model::{PlanDocument, TargetKind, TargetRequirement},
        validate::{self, Body},
    },
};

pub use self::{
    expand::expand,
    library::{Library, ShippedPlan},
    load::LoadError,
};

/// What a file is in a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Plan,
    Environment,
    Included,
}

impl Role {
    /// As the run's folder keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Environment => "environment",
            Self::Included => "included",
        }
    }

    /// The role that is kept by this word; `None` where this houseplan knows none.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Plan, Self::Environment, Self::Included].into_iter().find(|role| role.as_str() == word)
    }

    fn code(self) -> &'static str {
        match self {
            Self::Environment => catalogue::environment::INVALID.code,
            Self::Plan | Self::Included => catalogue::plan::INVALID.code,
        }
    }

    /// What is said of a file whose only fault is that it does not fit the other.
    fn unfit(self) -> Heading {
        let instead = match self {
            Self::Environment => "does not fit the plan",
            Self::Plan | Self::Included => "does not fit the environment",
        };
        Heading { code: catalogue::environment::MISMATCH.code, instead: Some(instead) }
    }
}

/// A file as a run keeps it, so that it can go on when the original has changed or is gone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFile {
    pub role: Role,
    /// Where it was read from: a path, or `shipped:name`.
    pub origin: String,
    pub text: String,
}

/// One file of a bundle. [`Place::file`] counts them.
#[derive(Debug)]
pub struct BundleFile {
    pub role: Role,
    pub origin: String,
    pub document: Document,
}

/// A plan of the bundle.
#[derive(Debug)]
pub struct LoadedPlan {
    pub file: usize,
    pub document: PlanDocument,
    incomplete: HashSet<String>,
}

/// The environment of the bundle.
#[derive(Debug)]
pub struct LoadedEnvironment {
    pub file: usize,
    pub document: EnvironmentDocument,
    /// What relative paths in it are relative to.
    pub directory: Utf8PathBuf,
    incomplete: HashSet<String>,
    /// The targets of which nothing is left to look at.
    unreadable: HashSet<String>,
}

/// The plan's targets that the environment calls otherwise, each with its name there: `--target destination=cluster`.
pub type TargetNames = IndexMap<Name, Name>;

/// The documents of a run, all of them valid.
#[derive(Debug)]
pub struct Bundle {
    files: Vec<BundleFile>,
    /// The plan itself is the first.
    plans: Vec<LoadedPlan>,
    environment: Option<LoadedEnvironment>,
    target_names: TargetNames,
    /// From the file that includes and the name it uses, to an index into `plans`.
    inclusions: HashMap<(usize, String), usize>,
}

impl Bundle {
    /// Reads `plan` (a path, or a shipped plan's name), the environment, and all that they include, and validates it.
    pub fn load(
        plan: &str,
        environment: Option<&Utf8Path>,
        target_names: &TargetNames,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        load::from_disk(plan, environment, target_names, limits)
    }

    /// The same from the copies that a run keeps; the order is that of [`Bundle::saved`].
    pub fn from_saved(saved: Vec<SavedFile>, target_names: &TargetNames, limits: &Limits) -> Result<Self, LoadError> {
        load::from_saved(saved, target_names, limits)
    }

    /// Copies of all files, for a run to keep.
    pub fn saved(&self) -> Vec<SavedFile> {
        let save = |file: &BundleFile| SavedFile {
            role: file.role,
            origin: file.origin.clone(),
            text: file.document.source.text.to_string(),
        };
        self.files.iter().map(save).collect()
    }

    pub fn plan(&self) -> &LoadedPlan {
        &self.plans[0]
    }

    pub fn environment(&self) -> Option<&LoadedEnvironment> {
        self.environment.as_ref()
    }

    /// Where the environment was read from.
    pub fn environment_origin(&self) -> Option<&str> {
        self.environment.as_ref().map(|it| self.files[it.file].origin.as_str())
    }

    pub fn target_names(&self) -> &TargetNames {
        &self.target_names
    }

    /// The plan that the file with this number calls `name`.
    pub fn included(&self, file: usize, name: &str) -> Option<&LoadedPlan> {
        self.inclusions.get(&(file, name.to_owned())).map(|index| &self.plans[*index])
    }

    /// The shipped plans that are included, directly and through others, by name.
    pub fn shipped_inclusions(&self) -> impl Iterator<Item = &str> {
        let included = self.files.iter().filter(|file| file.role == Role::Included);
        included.filter_map(|file| file.origin.strip_prefix(library::SHIPPED))
    }

    /// The file and the bytes that a place means, to point at them.
    pub fn locate(&self, place: &Place) -> (&BundleFile, std::ops::Range<usize>) {
        let file = &self.files[place.file];
        (file, file.document.span(place, false))
    }

    /// Problems, lints for instance, as a report over the bundle's files; `None` where there are none.
    pub fn report(&self, problems: &[Problem]) -> Option<Invalid> {
        report(&self.files, problems, |_| Vec::new())
    }

    /// The same as a warning.
    pub fn warning(&self, problems: &[Problem]) -> Option<Invalid> {
        self.report(problems).map(Invalid::into_warning)
    }

    /// Everything that is wrong beyond the schemas.
    fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for plan in &self.plans {
            let document = &plan.document;
            problems.extend(validate::declarations(document, plan.file, self.stem(plan.file)));
            problems.extend(validate::body(&Body {
                place: Place::new(plan.file, ""),
                steps: &document.steps,
                finally: Some(&document.finally),
                inputs: Some(&document.inputs),
                targets: Some(&document.targets),
                procedures: &document.procedures,
                incomplete: &plan.incomplete,
            }));
        }
        problems.extend(include::check(self));
        problems.extend(self.unknown_target_names());
        if let Some(environment) = &self.environment {
            problems.extend(self.validate_environment(environment));
        }
        problems
    }

    fn unknown_target_names(&self) -> Vec<Problem> {
        let Some(plan) = self.plans.first() else { return Vec::new() };
        let targets = &plan.document.targets;
        let unknown = self.target_names.iter().filter(|(name, _)| !targets.contains_key(*name));
        let problem = |(name, there): (&Name, &Name)| {
            let near = suggestion(name.as_str(), targets.keys().map(Name::as_str));
            let message = format!("`--target {name}={there}`: the plan has no target `{name}`{near}");
            Problem {
                code: Some(catalogue::environment::MISMATCH.code),
                ..Problem::at_key(Place::new(plan.file, "/targets"), message)
            }
        };
        unknown.map(problem).collect()
    }

    fn validate_environment(&self, environment: &LoadedEnvironment) -> Vec<Problem> {
        let (file, document) = (environment.file, &environment.document);
        let plan = self.plans.first();
        let mut problems = resolve(document, file, &environment.directory).err().unwrap_or_default();
        if let Some(plan) = plan {
            problems.extend(fit(
                &plan.document,
                plan.file,
                document,
                file,
                &self.target_names,
                &environment.unreadable,
            ));
        }
        for (name, procedure) in &document.procedures {
            // Other plans may name it; then its inputs are theirs.
            let plan = plan.map(|plan| &plan.document).filter(|plan| plan.procedures.contains(name));
            let Some(steps) = &procedure.steps else { continue };
            let targets = plan.map(|plan| {
                let of_kubernetes = TargetRequirement { kind: TargetKind::Kubernetes, members: None, shards: None };
                let own = document.own_targets().map(|name| (name.clone(), of_kubernetes));
                own.chain(plan.targets.clone()).collect::<IndexMap<_, _>>()
            });
            problems.extend(validate::body(&Body {
                place: Place::new(file, "/procedures").child(name.as_str()),
                steps,
                finally: None,
                inputs: plan.map(|plan| &plan.inputs),
                targets: targets.as_ref(),
                procedures: &[],
                incomplete: &environment.incomplete,
            }));
        }
        problems
    }

    /// What the plan in a file has to be called; saved copies and shipped plans keep the name they had.
    fn stem(&self, file: usize) -> Option<&str> {
        let origin = &self.files[file].origin;
        match origin.strip_prefix(library::SHIPPED) {
            Some(name) => Some(name),
            None => Utf8Path::new(origin).file_stem(),
        }
    }

    /// The procedure's binding, where there is an environment that binds it.
    pub fn procedure(&self, name: &Name) -> Option<&crate::environment::model::Procedure> {
        self.environment.as_ref()?.document.procedures.get(name)
    }
}

/// What stands now at the origin of a saved file; `None` where it is gone or cannot be read.
pub fn current_text(origin: &str) -> Option<String> {
    load::current_text(origin)
}

/// One report over several files.
fn report(files: &[BundleFile], problems: &[Problem], further: impl Fn(usize) -> Vec<Finding>) -> Option<Invalid> {
    Invalid::collect(files.iter().enumerate().map(|(index, file)| {
        let mut findings = further(index);
        let here: Vec<&Problem> = problems.iter().filter(|problem| problem.place.file == index).collect();
        let fits = !findings.is_empty()
            || here.iter().any(|problem| problem.code != Some(catalogue::environment::MISMATCH.code));
        let heading = if fits { file.role.code().into() } else { file.role.unfit() };
        let here: Vec<Finding> = here
            .into_iter()
            .map(|problem| file.document.finding(problem))
            // What YAML itself makes nothing of is told once.
            .filter(|found| findings.iter().all(|known| known.range != found.range))
            .collect();
        findings.extend(here);
        (heading, file.document.source.clone(), findings)
    }))
}
