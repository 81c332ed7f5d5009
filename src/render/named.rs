//! The files that commands name: what a process runs or reads, and the plan does not say. Nothing is read here.
//!
//! One is meant where an argument, or what stands behind its `=`, is the relative path of a file that is there, seen from the
//! folder the process runs in. What PATH finds, and absolute paths, are the machine's own and not the plan's.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Files, action::Site};
use crate::{
    name::Name,
    plan::{
        actions::Exec,
        expanded::{Action, ExpandedPlan},
    },
    template::{Dialect, InputValues, Template},
};

/// What may be a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Path(NamedPath),
    /// Only the run tells which file it is.
    Untold(String),
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

/// What the commands of the steps name, each with its step's index. `inputs` are those of every scope.
pub fn named(plan: &ExpandedPlan, inputs: &[InputValues]) -> Vec<(usize, Named)> {
    let files = Files::new();
    let of_step = |index: usize| {
        let site = Site { plan, environment: None, scope: plan.steps[index].scope, inputs, files: &files };
        match &plan.steps[index].action {
            Action::Exec(exec) => of_exec(exec, &site),
            _ => Vec::new(),
        }
    };
    (0..plan.steps.len()).flat_map(|index| of_step(index).into_iter().map(move |it| (index, it))).collect()
}

pub(super) fn of_exec(exec: &Exec, site: &Site<'_>) -> Vec<Named> {
    let folder = exec.directory.as_ref().map(|it| site.text(it)).unwrap_or_default();
    if is_untold(&folder) {
        return vec![Named::Untold(folder)];
    }
    let target = site.plan.scopes[site.scope].target(&exec.on);
    let of_argument = |(index, text): (usize, String)| {
        let program = index == 0;
        let value = if program { &text } else { text.split_once('=').map_or(text.as_str(), |(_, value)| value) };
        if is_untold(value) {
            let likely = program || value.starts_with("{{") || value.contains('/');
            return likely.then(|| Named::Untold(value.to_owned()));
        }
        let relative = !value.is_empty() && !value.starts_with(['/', '-']) && !value.contains("{{");
        (relative && (!program || value.contains('/'))).then(|| {
            let path = Utf8Path::new(&folder).join(value).components().collect();
            Named::Path(NamedPath { target: target.clone(), path, program })
        })
    };
    exec.command.iter().map(|it| site.text(it)).enumerate().filter_map(of_argument).collect()
}

/// Whether it holds what a step or an item tells. A file whose name has the run's own id in it is not there before the run.
fn is_untold(text: &str) -> bool {
    let told = |template: Template| template.references().iter().all(|it| it.namespace() == "run");
    text.contains("{{") && !Template::parse(text, Dialect::Text).is_ok_and(told)
}

/// What the digest covers of it, and what not; `None` where it is no file.
pub(super) fn words(named: &Named, files: &Files) -> Option<String> {
    match named {
        Named::Untold(text) => Some(format!("not in the digest: a file that only the run tells: {text}")),
        Named::Path(it) => match files.get(&it.called()) {
            Some(Some(sha256)) => Some(format!("in the digest: {}, sha256 {sha256}", it.path)),
            Some(None) => Some(format!("not in the digest: what the folder {} holds", it.path)),
            None => it.program.then(|| format!("not in the digest: {}, which is not there", it.path)),
        },
    }
}
