//! From valid documents to everything that a run needs before it begins: inputs bound, secrets read, targets connected.
//!
//! Connects to nothing, and changes nothing.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use secrecy::SecretString;
use thiserror::Error;

use crate::{
    bundle::{Bundle, LoadError, expand},
    catalogue::{self, Shown, shown_by_the_catalogue},
    connect::clickhouse::QueryError,
    document::{Invalid, Problem},
    environment::resolve,
    name::Name,
    plan::{
        binding::{InputSources, InvalidInputs, VARIABLE_PREFIX, bind, bind_scopes, known_before_run},
        expanded::ExpandedPlan,
        lint::lint,
        model::InputType,
        store_path::wrong_paths,
    },
    targets::{
        Connecting, Connections, LocatedTarget, Target, find_pods, kubernetes,
        secret::{SecretRef, SecretSource, Secrets},
    },
    template::{InputValue, InputValues, RunFacts},
};

/// Why a run cannot begin: the plan, the environment or the inputs are wrong. Exit code 2.
#[derive(Debug, Error)]
#[error("{}", self.shown().title())]
pub enum PrepareError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Inputs(#[from] InvalidInputs),
    NoEnvironment,
    File {
        path: String,
        by: &'static str,
        reason: std::io::Error,
    },
    UnknownRole {
        document: String,
        role: String,
    },
    Connection(QueryError),
}

shown_by_the_catalogue!(PrepareError);

impl PrepareError {
    fn shown(&self) -> Shown<'_> {
        match self {
            Self::Load(error) => Shown::As(error),
            Self::Invalid(error) => Shown::As(error),
            Self::Inputs(error) => Shown::As(error),
            Self::NoEnvironment => catalogue::environment::MISSING.bare().into(),
            Self::File { path, by, reason } => {
                let file = catalogue::environment::FILE_UNREADABLE.with("path", path);
                file.with("by", by).with("reason", reason).into()
            }
            Self::UnknownRole { document, role } => {
                catalogue::run::UNKNOWN_ROLE.with("document", document).with("role", role).into()
            }
            Self::Connection(error) => catalogue::environment::TARGET_INVALID.with("reason", error).into(),
        }
    }
}

/// A plan and its environment, ready to be bound.
pub struct Documents {
    pub bundle: Bundle,
    pub plan: Arc<ExpandedPlan>,
    /// The certificates that the environment names, with what they hold.
    pub(super) certificates: Vec<(String, Vec<u8>)>,
}

impl Documents {
    /// Expands a bundle of valid documents.
    pub fn new(bundle: Bundle) -> Result<Self, PrepareError> {
        let plan = match expand(&bundle) {
            Ok(plan) => Arc::new(plan),
            Err(problem) => match bundle.report(&[problem]) {
                Some(invalid) => return Err(invalid.into()),
                None => unreachable!("a problem makes a report"),
            },
        };
        let certificates = certificates(&bundle)?;
        Ok(Self { bundle, plan, certificates })
    }

    /// The inputs, with what only a run knows as symbols in them.
    pub(super) fn symbolic(&self, given: &InputSources) -> Result<InputValues, PrepareError> {
        let symbols = RunFacts { id: "{{ run.id }}".to_owned(), started: "{{ run.started }}".to_owned() };
        let inputs = bind(&self.plan.inputs, given, &symbols)?;
        self.paths(&known_before_run(&self.plan, &inputs))?;
        Ok(inputs)
    }

    /// Refuses paths in stores that would not mean one thing everywhere, as far as the inputs tell them.
    fn paths(&self, inputs: &[Arc<InputValues>]) -> Result<(), PrepareError> {
        let wrong = wrong_paths(&self.plan, inputs);
        if wrong.is_empty() { Ok(()) } else { Err(self.invalid(&wrong)) }
    }

    /// What the plan does without saying that it means it.
    pub fn lint(&self) -> Vec<Problem> {
        let environment = self.bundle.environment().map(|environment| &environment.document);
        let members = |target: &Name| {
            environment?.targets.get(target).map(|target| target.members().len()).filter(|count| *count > 0)
        };
        lint(&self.plan, &members).into_iter().map(Problem::from).collect()
    }

    /// The inputs of every scope.
    pub fn bind(&self, given: &InputSources, run: &RunFacts) -> Result<Vec<Arc<InputValues>>, PrepareError> {
        let inputs = bind_scopes(&self.plan, given, run)?;
        self.paths(&inputs)?;
        Ok(inputs)
    }

    /// The variables that the environment and the inputs of type secret take secrets from.
    pub fn secret_variables(&self) -> Vec<String> {
        let inputs = self.plan.inputs.iter().filter(|(_, input)| input.kind == InputType::Secret);
        let inputs = inputs.map(|(name, _)| format!("{VARIABLE_PREFIX}{}", name.as_str().to_ascii_uppercase()));
        let targets = self.bundle.environment().map(|it| &it.document.targets);
        let sources = targets.into_iter().flat_map(IndexMap::values).flat_map(Target::secret_sources);
        let variables = sources.filter_map(|source| match source {
            SecretSource::Env(name) => Some(name.clone()),
            SecretSource::File(_) | SecretSource::Command(_) | SecretSource::Secret(_) => None,
        });
        inputs.chain(variables).collect()
    }

    /// Where the environment's targets are. Reads no secret.
    pub fn targets(&self) -> Result<IndexMap<Name, LocatedTarget>, PrepareError> {
        let environment = self.bundle.environment().ok_or(PrepareError::NoEnvironment)?;
        resolve(&environment.document, environment.file, &environment.directory)
            .map_err(|problems| self.invalid(&problems))
    }

    /// Finds the pods that servers are in, reads the environment's secrets and makes clients of all its targets, for this run. Where
    /// something is in Kubernetes, it is asked; no server is. Of a target that is not wanted nothing is asked and no secret is read.
    ///
    /// Processes start in `directory` where neither the environment nor the plan says otherwise.
    pub async fn connect(
        &self,
        directory: &Utf8Path,
        run: &str,
        wanted: &dyn Fn(&Name) -> Wanted,
    ) -> Result<Connected, PrepareError> {
        let mut targets = self.targets()?;
        let clusters = kubernetes::clients(&targets);
        let (mut problems, mut secrets) = (Vec::new(), Secrets::default());
        for (name, target) in &mut targets {
            let (found, wanted) = match wanted(name) {
                Wanted::No => continue,
                wanted => (find_pods(target, &clusters).await, wanted),
            };
            problems.extend(found.into_iter().filter(|_| wanted == Wanted::Needed));
        }
        let of = |wanting: Wanted| {
            let those = targets.iter().filter(move |(name, _)| wanted(name) == wanting);
            those.map(|(_, target)| target.secrets())
        };
        let needed: Vec<&SecretRef> = of(Wanted::Needed).flatten().collect();
        match Secrets::read(&needed, &clusters).await {
            Ok(read) => secrets.add(read),
            Err(wrong) => problems.extend(wrong),
        }
        if !problems.is_empty() {
            return Err(self.invalid(&problems));
        }
        for secret in of(Wanted::IfPossible).flatten() {
            if let Ok(read) = Secrets::read(&[secret], &clusters).await {
                secrets.add(read);
            }
        }
        let refs: Vec<&SecretRef> = targets.values().flat_map(LocatedTarget::secrets).collect();
        let hidden = secrets.redacted(&refs);
        let certificates = &self.certificates;
        let with = Connecting { secrets: &secrets, kubernetes: &clusters, certificates, here: directory, run };
        let connections = Connections::new(&targets, &with).map_err(PrepareError::Connection)?;
        Ok(Connected { targets, connections, secrets: hidden })
    }

    fn invalid(&self, problems: &[Problem]) -> PrepareError {
        match self.bundle.report(problems) {
            Some(invalid) => invalid.into(),
            None => unreachable!("problems make a report"),
        }
    }
}

/// Whether a run wants a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    No,
    /// What the run still does can do without it: it may be gone by now, and its Secret with it.
    IfPossible,
    Needed,
}

/// The targets of an environment, with clients of them.
pub struct Connected {
    pub targets: IndexMap<Name, LocatedTarget>,
    pub connections: Connections,
    /// What must never be shown.
    pub secrets: Vec<SecretString>,
}

/// The inputs of type secret, which must never be shown.
pub fn secret_inputs(inputs: &[Arc<InputValues>]) -> impl Iterator<Item = SecretString> {
    inputs.iter().flat_map(|scope| scope.values()).filter_map(|value| match value {
        InputValue::Secret(secret) => Some(secret.clone()),
        InputValue::Plain(_) => None,
    })
}

/// The folder that houseplan runs in, which relative paths of processes start from, also when the run is resumed elsewhere.
pub(in crate::run) fn here() -> Utf8PathBuf {
    std::env::current_dir().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok()).unwrap_or_else(|| ".".into())
}

/// The certificates that the environment names. Files with secrets are not read here, and do not count.
fn certificates(bundle: &Bundle) -> Result<Vec<(String, Vec<u8>)>, PrepareError> {
    let Some(environment) = bundle.environment() else { return Ok(Vec::new()) };
    let mut files: IndexMap<String, Vec<u8>> = IndexMap::new();
    for path in environment.document.targets.values().flat_map(Target::certificates) {
        let whole = environment.directory.join(Utf8Path::new(path));
        let text = std::fs::read(&whole).map_err(|reason| PrepareError::File {
            path: whole.to_string(),
            by: "the environment",
            reason,
        })?;
        files.insert(whole.into_string(), text);
    }
    Ok(files.into_iter().collect())
}
